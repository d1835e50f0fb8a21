/* message.c
 * Message octets: collected once, in file memory, one copy; handed to the IMF dissector in the frame that completes the
 * message. Of the octets in that frame no copy is kept, as long as the message is short: they are there whenever it is
 * shown. Most mails come in one to four segments.
 *
 * IMF and the dissectors below it add an item for each line of text, and Wireshark ends a tree of a million items as a
 * bug of the dissector. So lines are counted first, and of a message with too many of them IMF gets the first ones.
 * Whatever else a dissector throws ends here: what comes behind the message in the same packet is shown.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "message.h"

#include <epan/exceptions.h>
#include <epan/prefs-int.h>
#include <epan/show_exception.h>
#include <epan/tap.h>

#include "../../core/mime/mime.h"
#include "../wire/pool.h"

/* What the client says its message will take is believed up to here, and up to so many times its first octets: room for
 * it is made at once. */
#define ROOM_DECLARED (64u << 10)
#define ROOM_TIMES    16

/* To put a message together for a packet takes a copy; with more octets in front of the last ones these are kept, too.
 */
#define JOINED_MAX (64u << 10)

/* What IMF shows of a text in the Info column is in these octets: the column takes 4096. */
#define COLUMN_OCTETS 8192

/* Layers that one message may add to a packet (IMF, MIME inside MIME); Wireshark ends a packet at gui.max_tree_depth as
 * a bug. */
#define LAYERS_SPARE 64

/* Octets of one message that are kept at most; beyond, a tvb (31 bits) and memory end. */
static unsigned max_message = 1u << 30;

static dissector_handle_t imf_handle;
static dissector_handle_t data_handle;
static int imf_proto = -1;
static int imf_export_tap = 0;
static pref_t *desegment_data;

uint64_t esmtp_message_limit(void)
{
    return MIN(max_message, INT32_MAX);
}

bool esmtp_message_joined(void)
{
    return !desegment_data || prefs_get_bool_value(desegment_data, pref_current);
}

/* --- collecting ------------------------------------------------------------------------------- */

static esmtp_collected_t *collected(esmtp_conn_t *conn, esmtp_message_t *message)
{
    esmtp_collected_t *c = message->user;
    if (c)
        return c;
    c = message->user = esmtp_pool_alloc0(sizeof *c);
    c->number = ++conn->messages;
    c->stream = &conn->streams[conn->layer][!esmtp_session_server(conn->session)];
    return c;
}

/* Most messages are small, and pieces of memory that are given back are seldom of a size that is asked for again: the
 * first room is what is known to be needed. */
static uint32_t room_first(const esmtp_message_t *message, uint32_t n)
{
    uint64_t declared = message->txn ? message->txn->declared : UINT64_MAX;
    return declared <= ROOM_DECLARED ? (uint32_t)MAX(n, MIN(declared, (uint64_t)n * ROOM_TIMES)) : n;
}

static void keep(const esmtp_message_t *message, const uint8_t *p, uint32_t n)
{
    esmtp_collected_t *c = message->user;
    if (c->len + n > c->room) {
        uint64_t room = c->room ? c->room : room_first(message, n);
        while (room < c->len + n)
            room *= 2;
        c->room = (uint32_t)room;
        c->data = wmem_realloc(wmem_file_scope(), c->data, room);
    }
    memcpy(c->data + c->len, p, n);
    c->len += n;
}

/* Leaves octets where they are, as long as they are there. */
static bool borrow(esmtp_feeding_t *feeding, esmtp_message_t *message, const uint8_t *p, uint32_t n)
{
    esmtp_collected_t *c = message->user;
    if (c->len > JOINED_MAX || !feeding || p < feeding->octets.p || p >= feeding->octets.p + feeding->octets.len)
        return false;
    feeding->borrowing = message;
    c->tail_seq = feeding->seq + (uint32_t)(p - feeding->octets.p);
    c->tail = n;
    return true;
}

void esmtp_message_fed(esmtp_feeding_t *feeding)
{
    esmtp_message_t *message = feeding->borrowing;
    if (!message)
        return;
    esmtp_collected_t *c = message->user;
    uint32_t n = c->tail;
    feeding->borrowing = NULL;
    c->tail = 0;
    keep(message, feeding->octets.p + (c->tail_seq - feeding->seq), n);
}

void esmtp_message_append(void *ctx, esmtp_message_t *message, const uint8_t *p, size_t n)
{
    esmtp_conn_t *conn = ctx;
    esmtp_collected_t *c = collected(conn, message);
    if (conn->feeding)
        esmtp_message_fed(conn->feeding);
    if (!c->too_big && c->len + n > esmtp_message_limit()) {
        wmem_free(wmem_file_scope(), c->data);
        c->data = NULL;
        c->len = c->room = 0;
        c->too_big = true;
    }
    if (!c->too_big && !borrow(conn->feeding, message, p, (uint32_t)n))
        keep(message, p, (uint32_t)n);
}

void esmtp_message_end(void *ctx, esmtp_message_t *message)
{
    esmtp_conn_t *conn = ctx;
    esmtp_collected_t *c = collected(conn, message);
    if (conn->feeding && conn->feeding->borrowing == message && !message->incomplete)
        conn->feeding->borrowing = NULL; /* never to be given back */
    if (!c->data || c->room == c->len)
        return;
    c->data = wmem_realloc(wmem_file_scope(), c->data, c->len);
    c->room = c->len;
}

const esmtp_collected_t *esmtp_message_collected(const esmtp_message_t *message)
{
    return message->user;
}

esmtp_span_t esmtp_message_octets(const esmtp_message_t *message, const packet_info *pinfo, tvbuff_t *tvb, uint32_t seq)
{
    const esmtp_collected_t *c = message->user;
    if (!c || !c->tail)
        return esmtp_span(c ? c->data : NULL, c ? c->len : 0);
    const uint8_t *tail = tvb_get_ptr(tvb, (int)(c->tail_seq - seq), (int)c->tail);
    if (!c->len)
        return esmtp_span(tail, c->tail);
    uint8_t *joined = wmem_alloc(pinfo->pool, (size_t)c->len + c->tail);
    memcpy(joined, c->data, c->len);
    memcpy(joined + c->len, tail, c->tail);
    return esmtp_span(joined, (size_t)c->len + c->tail);
}

/* --- how much a tree takes -------------------------------------------------------------------- */

/* Lines as Wireshark counts them (LF, CR, CRLF), counted up to a limit. */
typedef struct {
    uint64_t n, limit;
} lines_t;

/* Counts lines; returns the octets up to the one that reaches the limit, or all. */
static size_t count_lines(lines_t *lines, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (p[i] != '\n' && (p[i] != '\r' || (i + 1 < len && p[i + 1] == '\n')))
            continue;
        if (++lines->n >= lines->limit)
            return i + 1;
    }
    return len;
}

static bool has_parameters(esmtp_span_t content_type)
{
    return esmtp_span_find(content_type, ';') < content_type.len;
}

/* The Content-Type of a message; empty if it has none. */
static esmtp_span_t content_type(esmtp_span_t header)
{
    esmtp_mime_field_t field;
    while (esmtp_mime_field_next(&header, &field)) {
        if (esmtp_span_is(field.name, "Content-Type"))
            return field.value;
    }
    return esmtp_span(NULL, 0);
}

/* Lines of a part of a message as the dissectors show it. A coded file makes no items; a coded text is shown as it is
 * or decoded, as the preferences say; and 4.0 takes a whole message for text if its type has no parameters. */
static void count_part(void *ctx, const esmtp_mime_part_t *part)
{
    lines_t *lines = ctx;
    bool text = esmtp_span_starts(esmtp_mime_media_type(part->type), "text/");
    bool coded = part->encoding == ESMTP_MIME_BASE64;
    if (lines->n >= lines->limit || part->message)
        return;
    if (!coded || text || (part->outermost && !has_parameters(part->type)))
        count_lines(lines, part->body.p, part->body.len);
    if (!coded || !text || lines->n >= lines->limit)
        return;
    size_t len;
    uint8_t *decoded = esmtp_mime_decode(part, &len);
    count_lines(lines, decoded, len);
    g_free(decoded);
}

/* Octets of a message that IMF may make items of, in a tree that has some already. */
static size_t safe_length(const proto_tree *root, const uint8_t *p, size_t len)
{
    uint64_t used = PTREE_DATA(root)->count, room = prefs.gui_max_tree_items;
    lines_t lines = {0, used < room ? (room - used) / 2 : 0};
    if (len < lines.limit)
        return len;
    if (lines.limit)
        esmtp_mime_walk(esmtp_span(p, len), count_part, &lines);
    if (lines.n < lines.limit)
        return len;
    lines.n = 0;
    return lines.limit ? count_lines(&lines, p, len) : 0;
}

/* Octets of a message that matter if nobody looks at a tree: plain text ends in the Info column only. */
static size_t column_length(const uint8_t *p, size_t len)
{
    if (len <= (size_t)2 * COLUMN_OCTETS)
        return len;
    size_t header = esmtp_mime_header_length(esmtp_span(p, len));
    esmtp_span_t type = esmtp_mime_media_type(content_type(esmtp_span(p, header)));
    return esmtp_span_is(type, "text/plain") ? MIN(len, header + COLUMN_OCTETS) : len;
}

/* --- hand-over -------------------------------------------------------------------------------- */

static bool imf_enabled(const packet_info *pinfo)
{
    return imf_handle && proto_is_protocol_enabled(find_protocol_by_id(imf_proto)) &&
           wmem_list_count(pinfo->layers) + LAYERS_SPARE < prefs.gui_max_tree_depth;
}

/* A binary message whose type has no parameters, or that has none, would be shown as lines: it is octets. */
static void call_for_binary(tvbuff_t *octets, packet_info *pinfo, proto_tree *root)
{
    int len = (int)tvb_captured_length(octets);
    size_t header = esmtp_mime_header_length(esmtp_span(tvb_get_ptr(octets, 0, len), (size_t)len));
    int body = MIN((int)header + 2, len);
    if (has_parameters(content_type(esmtp_span(tvb_get_ptr(octets, 0, len), header))) || body == len) {
        call_dissector_only(imf_handle, octets, pinfo, root, NULL);
        return;
    }
    call_dissector_only(imf_handle, tvb_new_subset_length(octets, 0, body), pinfo, root, NULL);
    call_dissector(data_handle, tvb_new_subset_remaining(octets, body), pinfo, root);
}

/* Returns what a dissector said when it gave up; NULL if none did. */
static const char *call_imf(tvbuff_t *octets, packet_info *pinfo, proto_tree *root, bool binary)
{
    const char *volatile why = NULL;
    const char *proto = pinfo->current_proto;
    uint16_t can_desegment = pinfo->can_desegment;
    /* What is inside a message cannot ask TCP for more. */
    pinfo->can_desegment = 0;
    TRY
    {
        if (binary && tvb_captured_length(octets))
            call_for_binary(octets, pinfo, root);
        else
            call_dissector_only(imf_handle, octets, pinfo, root, NULL);
    }
    CATCH(DissectorError)
    {
        /* Mostly a limit of Wireshark that a message reached by what it holds. */
        why = wmem_strdup(pinfo->pool, GET_MESSAGE ? GET_MESSAGE : "no reason given");
    }
    CATCH_NONFATAL_ERRORS
    {
        show_exception(octets, pinfo, root, EXCEPT_CODE, GET_MESSAGE);
    }
    ENDTRY;
    pinfo->can_desegment = can_desegment;
    pinfo->current_proto = proto;
    return why;
}

esmtp_handed_t esmtp_message_hand_over(tvbuff_t *octets, packet_info *pinfo, proto_tree *root, bool binary,
                                       const char **why)
{
    esmtp_handed_t how = ESMTP_HANDED_WHOLE;
    size_t len = tvb_captured_length(octets), safe = len;
    bool exporting = have_tap_listener(imf_export_tap);
    const uint8_t *p = len ? tvb_get_ptr(octets, 0, (int)len) : NULL;
    *why = NULL;
    if (!imf_enabled(pinfo))
        return ESMTP_HANDED_NOT;
    if (root)
        safe = safe_length(root, p, len);
    else if (!exporting && !binary)
        safe = column_length(p, len);
    if (safe < len && (exporting || !safe)) {
        how = ESMTP_HANDED_UNSEEN;
        root = NULL;
    } else if (safe < len) {
        how = root ? ESMTP_HANDED_HEAD : ESMTP_HANDED_WHOLE;
        octets = tvb_new_subset_length(octets, 0, (int)safe);
    }
    /* IMF begins by clearing what is not fenced. */
    if (len)
        col_append_str(pinfo->cinfo, COL_INFO, " | ");
    col_set_fence(pinfo->cinfo, COL_INFO);
    *why = call_imf(octets, pinfo, root, binary);
    return *why ? ESMTP_HANDED_FAILED : how;
}

/* --- registration ----------------------------------------------------------------------------- */

void esmtp_message_register(module_t *module)
{
    prefs_register_uint_preference(
        module, "max_message", "Largest message to collect (octets)",
        "Messages of more octets are not put together, handed to the IMF dissector or exported.", 10, &max_message);
}

void esmtp_message_handoff(int proto_esmtp)
{
    module_t *smtp = prefs_find_module("smtp");
    imf_handle = find_dissector_add_dependency("imf", proto_esmtp);
    imf_proto = imf_handle ? dissector_handle_get_protocol_index(imf_handle) : -1;
    imf_export_tap = find_tap_id("imf_eo");
    data_handle = find_dissector_add_dependency("data", proto_esmtp);
    desegment_data = smtp ? prefs_find_preference(smtp, "desegment_data") : NULL;
}
