/* export.c
 * Messages and attachments as files. See export.h.
 *
 * Names are made of what the peers say, so nothing of them is trusted: no folders, no control or invisible characters,
 * none that some file system or shell gives a meaning, bounded length. "tcp0-mail1-" in front (number of the TCP
 * stream, of the mail in it) makes them unique within a capture.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "export.h"

#include <epan/export_object.h>
#include <epan/tap.h>

#include "../../core/mime/mime.h"
#include "../show/collect.h"
#include "../show/fields.h"
#include "../show/items.h"
#include "../show/tell.h"
#include "record.h"

/* Octets of the parts of a file name; the whole must stay below 255. */
#define SENDER_MAX     100
#define QUEUE_ID_MAX   40
#define ATTACHMENT_MAX 150
/* Octets of a media type in the list of objects. */
#define TYPE_MAX 100

static int mail_tap = -1;
static int attachment_tap = -1;

/* What the taps get. Lives for one packet. */
typedef struct {
    esmtp_message_t *message;
    esmtp_span_t octets;            /* all of it, or up to the first hole; with reply: none */
    bool incomplete;                /* not all of it */
    const esmtp_verdict_t *verdict; /* of that message; NULL while there is none */
    bool reply;                     /* this is the frame of the verdict, not of the message */
    uint32_t stream;                /* number of the TCP stream */
} export_t;

/* --- names ------------------------------------------------------------------------------------ */

static bool is_safe(gunichar c)
{
    if (c < 0x80)
        return c >= 0x20 && c != 0x7f && !strchr("<>:\"/\\|?*%$`", (int)c);
    GUnicodeType type = g_unichar_type(c);
    return g_unichar_isprint(c) && type != G_UNICODE_FORMAT && type != G_UNICODE_PRIVATE_USE;
}

/* Appends text with at most max octets, each character that is not safe as "_". */
static void append_safe(GString *out, const char *text, size_t max)
{
    size_t end = out->len + max;
    char *valid = g_utf8_make_valid(text, -1);
    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (out->len + (size_t)g_unichar_to_utf8(c, NULL) > end)
            break;
        g_string_append_unichar(out, is_safe(c) ? c : '_');
    }
    g_free(valid);
}

/* The beginning of every name. */
static GString *name_begin(const export_t *e)
{
    GString *name = g_string_new(NULL);
    const esmtp_txn_t *txn = e->message->txn;
    g_string_printf(name, "tcp%u-", e->stream);
    if (txn)
        g_string_append_printf(name, "mail%u", txn->number);
    else
        g_string_append_printf(name, "message%u", esmtp_collected(e->message)->number);
    return name;
}

/* What names of mails and parts say that are not whole. */
#define INCOMPLETE "-incomplete"

/* tcp0-mail1-alice@a.example-4XyZ.eml; verdict: NULL leaves out the queue id. */
static char *mail_name(const export_t *e, const esmtp_verdict_t *verdict)
{
    GString *name = name_begin(e);
    const esmtp_txn_t *txn = e->message->txn;
    if (txn && txn->sender) {
        g_string_append_c(name, '-');
        append_safe(name, *txn->sender ? txn->sender : "null", SENDER_MAX);
    }
    if (verdict && verdict->queue_id) {
        g_string_append_c(name, '-');
        append_safe(name, verdict->queue_id, QUEUE_ID_MAX);
    }
    g_string_append(name, e->incomplete ? INCOMPLETE ".eml" : ".eml");
    return g_string_free(name, FALSE);
}

/* The last part of a path of any system, without dots and blanks before or after. */
static const char *base_name(char *path)
{
    char *base = path;
    for (char *p = path; *p; p++) {
        if (*p == '/' || *p == '\\')
            base = p + 1;
    }
    g_strstrip(base);
    while (*base == '.' || *base == ' ')
        base++;
    for (size_t n = strlen(base); n && (base[n - 1] == '.' || base[n - 1] == ' '); n--)
        base[n - 1] = '\0';
    return base;
}

/* A name by type for what has none. */
static const char *extension(esmtp_span_t type)
{
    static const struct {
        const char *type, *extension;
    } rows[] = {
        {"application/gzip", ".gz"},
        {"application/json", ".json"},
        {"application/ms-tnef", ".dat"},
        {"application/pdf", ".pdf"},
        {"application/pgp-encrypted", ".asc"},
        {"application/pgp-signature", ".asc"},
        {"application/xml", ".xml"},
        {"application/zip", ".zip"},
        {"application/pkcs7-mime", ".p7m"},
        {"application/pkcs7-signature", ".p7s"},
        {"audio/mpeg", ".mp3"},
        {"image/bmp", ".bmp"},
        {"image/gif", ".gif"},
        {"image/jpeg", ".jpg"},
        {"image/png", ".png"},
        {"image/svg+xml", ".svg"},
        {"image/tiff", ".tif"},
        {"image/webp", ".webp"},
        {"message/delivery-status", ".txt"},
        {"message/rfc822", ".eml"},
        {"message/global", ".eml"},
        {"text/calendar", ".ics"},
        {"text/csv", ".csv"},
        {"text/html", ".html"},
        {"text/plain", ".txt"},
        {"text/rfc822-headers", ".txt"},
        {"text/vcard", ".vcf"},
        {"text/xml", ".xml"},
        {"video/mp4", ".mp4"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (esmtp_span_is(type, rows[i].type))
            return rows[i].extension;
    }
    return ".bin";
}

/* A long name loses its middle, never what after the last dot tells of the type. */
static void append_shortened(GString *out, const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t tail = dot && strlen(dot) <= 16 ? strlen(dot) : 0;
    if (strlen(name) <= ATTACHMENT_MAX || !tail) {
        append_safe(out, name, ATTACHMENT_MAX);
        return;
    }
    char *head = g_strndup(name, strlen(name) - tail);
    append_safe(out, head, ATTACHMENT_MAX - tail);
    append_safe(out, dot, tail);
    g_free(head);
}

/* tcp0-mail1-2-report.pdf: the second attachment of the mail; tcp0-mail1-2-incomplete-report.pdf: its first octets. */
static char *attachment_name(const export_t *e, const esmtp_mime_part_t *part, unsigned number)
{
    GString *name = name_begin(e);
    char *given = esmtp_mime_file_name(part);
    char *valid = given ? g_utf8_make_valid(given, -1) : NULL;
    const char *base = valid ? base_name(valid) : "";
    g_string_append_printf(name, "-%u%s-", number, e->incomplete && part->open ? INCOMPLETE : "");
    if (*base)
        append_shortened(name, base);
    else
        g_string_append_printf(name, "part%s", extension(esmtp_mime_media_type(part->type)));
    g_free(valid);
    g_free(given);
    return g_string_free(name, FALSE);
}

static char *sender_of(const export_t *e)
{
    const char *sender = e->message->txn ? e->message->txn->sender : NULL;
    return g_utf8_make_valid(sender ? sender : "", -1);
}

/* --- messages --------------------------------------------------------------------------------- */

/* Which objects a list holds: what is told of a verdict must find the entry of its message again. A list that is begun
 * anew says so (mails_reset), and nothing is changed in an entry that is not clearly the one. */
static struct {
    const void *list;
    GHashTable *rows; /* message -> its row in the list */
    int n;
} entries;

static void entries_begin(const void *list)
{
    entries.list = list;
    entries.n = 0;
    if (entries.rows)
        g_hash_table_destroy(entries.rows);
    entries.rows = list ? g_hash_table_new(NULL, NULL) : NULL;
}

static void mails_reset(void)
{
    entries_begin(NULL);
}

static void add_mail(const export_t *e, export_object_list_t *list, const packet_info *pinfo)
{
    export_object_entry_t *entry = g_new0(export_object_entry_t, 1);
    entry->pkt_num = pinfo->num;
    entry->hostname = sender_of(e);
    entry->content_type = g_strdup("message/rfc822");
    entry->filename = mail_name(e, e->verdict);
    entry->payload_len = e->octets.len;
    entry->payload_data = g_malloc(MAX(e->octets.len, 1));
    if (e->octets.len)
        memcpy(entry->payload_data, e->octets.p, e->octets.len);
    if (entries.list != list)
        entries_begin(list);
    g_hash_table_insert(entries.rows, e->message, GINT_TO_POINTER(entries.n++));
    list->add_entry(list->gui_data, entry);
}

/* The queue id has come: the entry of the message gets its whole name. */
static bool rename_mail(const export_t *e, export_object_list_t *list)
{
    void *row;
    if (entries.list != list || !g_hash_table_lookup_extended(entries.rows, e->message, NULL, &row))
        return false;
    export_object_entry_t *entry = list->get_entry(list->gui_data, GPOINTER_TO_INT(row));
    char *name = mail_name(e, NULL);
    bool same = entry && entry->pkt_num == e->message->end_frame && g_strcmp0(entry->filename, name) == 0;
    if (same) {
        g_free(entry->filename);
        entry->filename = mail_name(e, e->verdict);
    }
    g_free(name);
    return same;
}

static tap_packet_status mail_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                     tap_flags_t flags)
{
    export_object_list_t *list = tapdata;
    const export_t *e = data;
    (void)edt;
    (void)flags;
    if (e->reply)
        return rename_mail(e, list) ? TAP_PACKET_REDRAW : TAP_PACKET_DONT_REDRAW;
    add_mail(e, list, pinfo);
    return TAP_PACKET_REDRAW;
}

/* --- attachments ------------------------------------------------------------------------------ */

typedef struct {
    const export_t *e;
    export_object_list_t *list;
    uint32_t frame;
    unsigned n;
} attachments_t;

/* The media type for the list of objects. */
static char *type_shown(const esmtp_mime_part_t *part)
{
    esmtp_span_t type = esmtp_span_to(esmtp_mime_media_type(part->type), TYPE_MAX);
    char *shown = g_strndup((const char *)type.p, type.len);
    for (char *p = shown; *p; p++) {
        if (!g_ascii_isgraph(*p))
            *p = '_';
    }
    return shown;
}

static void add_attachment(void *ctx, const esmtp_mime_part_t *part)
{
    attachments_t *a = ctx;
    if (!esmtp_mime_is_attachment(part))
        return;
    export_object_entry_t *entry = g_new0(export_object_entry_t, 1);
    entry->pkt_num = a->frame;
    entry->hostname = sender_of(a->e);
    entry->content_type = type_shown(part);
    entry->filename = attachment_name(a->e, part, ++a->n);
    entry->payload_data = esmtp_mime_decode(part, &entry->payload_len);
    a->list->add_entry(a->list->gui_data, entry);
}

static tap_packet_status attachment_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                           tap_flags_t flags)
{
    const export_t *e = data;
    attachments_t a = {e, tapdata, pinfo->num, 0};
    (void)edt;
    (void)flags;
    esmtp_mime_walk(e->octets, add_attachment, &a);
    return a.n ? TAP_PACKET_REDRAW : TAP_PACKET_DONT_REDRAW;
}

/* --- from the dissector ----------------------------------------------------------------------- */

static export_t *export_new(const esmtp_show_t *show, esmtp_message_t *message)
{
    export_t *e = wmem_new0(show->pinfo->pool, export_t);
    e->message = message;
    e->verdict = message->verdict;
    e->stream = esmtp_tap_stream(show->pinfo);
    return e;
}

static void on_message(const esmtp_show_t *show, const esmtp_completed_t *completed)
{
    bool mails = have_tap_listener(mail_tap), attachments = have_tap_listener(attachment_tap);
    if (!mails && !attachments)
        return;
    const esmtp_collected_t *c = esmtp_collected(completed->message);
    if (!c || c->too_big)
        return;
    export_t *e = export_new(show, completed->message);
    e->octets = completed->octets;
    e->incomplete = completed->incomplete;
    if (mails)
        tap_queue_packet(mail_tap, show->pinfo, e);
    if (attachments)
        tap_queue_packet(attachment_tap, show->pinfo, e);
}

static void on_verdict(const esmtp_show_t *show, const esmtp_verdict_t *verdict)
{
    if (show->later || !verdict->message || !verdict->queue_id || !have_tap_listener(mail_tap))
        return;
    export_t *e = export_new(show, verdict->message);
    e->reply = true;
    e->incomplete = verdict->message->incomplete;
    if (esmtp_collected(verdict->message))
        tap_queue_packet(mail_tap, show->pinfo, e);
}

void esmtp_export_register(void)
{
    static esmtp_listener_t listener = {.message = on_message, .verdict = on_verdict};
    /* Types are named after protocols. */
    int attachments = proto_register_protocol("SMTP attachments", "SMTP attachments", "smtp-attachments");
    proto_set_cant_toggle(attachments);
    mail_tap = register_export_object(esmtp_smtp_proto(), mail_packet, mails_reset);
    attachment_tap = register_export_object(attachments, attachment_packet, NULL);
    esmtp_listen(&listener);
}
