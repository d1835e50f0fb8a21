/* record.c
 * Tells the taps. See record.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "record.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/to_str.h>

#include "../../core/mime/mime.h"
#include "../show/items.h"
#include "../show/secrets.h"
#include "../show/tell.h"

static int proto_mail = -1;
static int tap = -1, mail_tap = -1;

/* What was read of a mail's header, and where: of several messages of a mail the last one counts. */
typedef struct {
    esmtp_mail_header_t says;
    const esmtp_message_t *message;
    size_t octets; /* of it */
} header_t;

/* Mail -> header_t, of the capture file; NULL while there are none. */
static wmem_map_t *headers;

static void begin_file(void)
{
    headers = NULL;
}

int esmtp_mail_proto(void)
{
    return proto_mail;
}

uint32_t esmtp_tap_stream(packet_info *pinfo)
{
    conversation_t *conversation = find_conversation_pinfo(pinfo, 0);
    struct tcp_analysis *tcpd =
        conversation && pinfo->ptype == PT_TCP ? get_tcp_conversation_data(conversation, pinfo) : NULL;
    if (tcpd)
        return tcpd->stream;
    return conversation ? conversation->conv_index : 0;
}

/* --- what is asked of a record ------------------------------------------------------------------ */

const char *esmtp_record_line(const packet_info *pinfo, const esmtp_record_t *record)
{
    const uint8_t *p = tvb_get_ptr(record->tvb, record->offset, record->len);
    bool secret = record->kind == ESMTP_RECORD_COMMAND || record->fact->flags & ESMTP_FF_SECRET;
    if (secret && esmtp_secrets_hidden_in_columns() && esmtp_secret_start(record->fact, p, record->len) < record->len) {
        const char *masked = esmtp_secret_text(pinfo->pool, record->fact, p, record->len, 0);
        return esmtp_text_line(pinfo->pool, masked, strlen(masked));
    }
    return esmtp_text_line(pinfo->pool, p, (size_t)record->len);
}

const char *esmtp_record_verb(const esmtp_record_t *record)
{
    const esmtp_verb_row_t *row = esmtp_verb_by_number(record->fact->verb);
    if (record->fact->flags & ESMTP_FF_GREETING)
        return "greeting";
    if (record->kind == ESMTP_RECORD_END || (row && row->id == ESMTP_VERB_EOM))
        return "message";
    return row ? row->verb : "?";
}

/* --- ends of a connection ------------------------------------------------------------------------- */

static char *address_text(const address *a)
{
    char *text = address_to_str(NULL, a), *copy = g_strdup(text);
    wmem_free(NULL, text);
    return copy;
}

esmtp_tap_ends_t esmtp_tap_ends(const packet_info *pinfo, const esmtp_record_t *record)
{
    bool server = record->server;
    return (esmtp_tap_ends_t){
        .client = address_text(server ? &pinfo->dst : &pinfo->src),
        .server = address_text(server ? &pinfo->src : &pinfo->dst),
        .client_port = (uint16_t)(server ? pinfo->destport : pinfo->srcport),
        .server_port = (uint16_t)(server ? pinfo->srcport : pinfo->destport),
        .stream = record->stream,
    };
}

void esmtp_tap_ends_clear(esmtp_tap_ends_t *ends)
{
    g_free(ends->client);
    g_free(ends->server);
}

/* --- headers of messages ------------------------------------------------------------------------ */

const esmtp_mail_header_t *esmtp_mail_header(const esmtp_txn_t *mail)
{
    static const esmtp_mail_header_t none;
    const header_t *header = headers ? wmem_map_lookup(headers, mail) : NULL;
    return header ? &header->says : &none;
}

static const char *value_of(const esmtp_mime_field_t *field)
{
    char *text = esmtp_mime_text(field->value);
    const char *copy = wmem_strdup(wmem_file_scope(), text);
    g_free(text);
    return copy;
}

static header_t *header_read(esmtp_span_t message)
{
    header_t *header = wmem_new0(wmem_file_scope(), header_t);
    esmtp_span_t rest = esmtp_span_to(message, esmtp_mime_header_length(message));
    esmtp_mime_field_t field;
    while (esmtp_mime_field_next(&rest, &field)) {
        if (!header->says.message_id && esmtp_span_is(field.name, "Message-ID"))
            header->says.message_id = value_of(&field);
        else if (!header->says.subject && esmtp_span_is(field.name, "Subject"))
            header->says.subject = value_of(&field);
    }
    return header;
}

static void on_message(const esmtp_show_t *show, const esmtp_completed_t *completed)
{
    const esmtp_txn_t *mail = completed->message->txn;
    (void)show;
    if (!mail || !(have_tap_listener(tap) || have_tap_listener(mail_tap)))
        return;
    if (!headers)
        headers = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    header_t *header = wmem_map_lookup(headers, mail);
    if (header && header->message == completed->message && header->octets == completed->octets.len)
        return;
    header = header_read(completed->octets);
    header->message = completed->message;
    header->octets = completed->octets.len;
    wmem_map_insert(headers, mail, header);
}

/* --- records -------------------------------------------------------------------------------------- */

/* What kind of record a fact makes. False: none. */
static bool kind_of(const esmtp_fact_t *fact, esmtp_record_kind_t *kind)
{
    switch ((esmtp_fact_kind_t)fact->kind) {
    case ESMTP_FACT_COMMAND:
    case ESMTP_FACT_AUTH: *kind = ESMTP_RECORD_COMMAND; return true;
    case ESMTP_FACT_REPLY: *kind = fact->flags & ESMTP_FF_LAST ? ESMTP_RECORD_REPLY : ESMTP_RECORD_LINE; return true;
    case ESMTP_FACT_EOM: *kind = ESMTP_RECORD_END; return true;
    case ESMTP_FACT_TEXT:
    case ESMTP_FACT_CHUNK: *kind = ESMTP_RECORD_PIECE; return true;
    case ESMTP_FACT_BLOB:
    case ESMTP_FACT_LINE:
    case ESMTP_FACT_GAP:
    case ESMTP_FACT_PART:
    case ESMTP_FACT_NONE: break;
    }
    return false;
}

static void tell(const esmtp_show_t *show, const esmtp_fact_t *fact, const esmtp_record_t *record)
{
    esmtp_record_t *copy = wmem_new(show->pinfo->pool, esmtp_record_t);
    *copy = *record;
    copy->fact = fact;
    copy->mail = esmtp_fact_txn(fact);
    const esmtp_verdict_t *verdict = esmtp_fact_verdict(fact);
    copy->ended = verdict ? verdict->txn : NULL;
    tap_queue_packet(tap, show->pinfo, copy);
    if (copy->mail || copy->ended)
        tap_queue_packet(mail_tap, show->pinfo, copy);
}

static bool listens(void)
{
    return have_tap_listener(tap) || have_tap_listener(mail_tap);
}

static void on_call(const esmtp_show_t *show, size_t first, size_t last, int offset)
{
    esmtp_record_t record = {.connection = show->connection,
                             .later = show->later,
                             .server = show->server,
                             .tls = show->tls,
                             .tls_version = show->tls_version,
                             .stream = esmtp_tap_stream(show->pinfo),
                             .tvb = show->tvb,
                             .offset = offset};
    for (size_t i = first; i < last; i++) {
        const esmtp_fact_t *fact = esmtp_facts_at(show->facts, i);
        record.len = (int)fact->len - (int)fact->eol;
        if (kind_of(fact, &record.kind))
            tell(show, fact, &record);
        record.offset += (int)fact->len;
    }
}

void esmtp_record_register(void)
{
    static esmtp_listener_t listener = {.message = on_message, .listens = listens, .call = on_call};
    proto_mail = proto_register_protocol("SMTP mails", "SMTP mails", ESMTP_TAP_MAIL);
    proto_set_cant_toggle(proto_mail);
    tap = register_tap(ESMTP_TAP);
    mail_tap = register_tap(ESMTP_TAP_MAIL);
    register_init_routine(begin_file);
    register_cleanup_routine(begin_file);
    esmtp_listen(&listener);
}
