/* message.c
 * Hands a whole message to the IMF dissector, in the frame that completes it.
 *
 * IMF and the dissectors below it add an item for each line of text, and Wireshark ends a tree of a million items as a
 * bug of the dissector. So lines are counted first, and of a message with too many of them IMF gets the first ones.
 * Whatever else a dissector throws ends here: what comes after the message in the same packet is shown.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "message.h"

#include <epan/exceptions.h>
#include <epan/prefs.h>
#include <epan/show_exception.h>
#include <epan/tap.h>

#include "../../core/mime/mime.h"

/* What IMF shows of a text in the Info column is in these octets: the column takes 4096. */
#define COLUMN_OCTETS 8192

/* Layers that one message may add to a packet (IMF, MIME inside MIME); Wireshark ends a packet at gui.max_tree_depth as
 * a bug. */
#define LAYERS_SPARE 64

static dissector_handle_t imf_handle;
static dissector_handle_t data_handle;
static int imf_proto = -1;
static int imf_export_tap = 0;

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

/* Lines that begin as the boundary of a part does. */
static size_t count_boundaries(esmtp_span_t message)
{
    size_t n = 0;
    while (message.len > 2) {
        n += message.p[0] == '-' && message.p[1] == '-';
        message = esmtp_span_from(message, esmtp_span_find(message, '\n') + 1);
    }
    return n;
}

/* Where the parts end that there is room for. */
typedef struct {
    unsigned room; /* layers */
    const uint8_t *end;
} layers_t;

static void take_layer(void *ctx, const esmtp_mime_part_t *part)
{
    layers_t *layers = ctx;
    if (layers->end)
        return;
    layers->room -= MIN(layers->room, part->message ? 2u : 1u); /* a message has parts of its own, which nobody tells */
    if (!layers->room)
        layers->end = part->body.p + part->body.len;
}

/* Octets of a message whose parts can be shown: each is a layer of the packet. */
static size_t layered_length(const packet_info *pinfo, const uint8_t *p, size_t len)
{
    esmtp_span_t message = esmtp_span(p, len);
    layers_t layers = {prefs.gui_max_tree_depth - wmem_list_count(pinfo->layers) - LAYERS_SPARE, NULL};
    bool short_enough = len < (size_t)5 * layers.room;            /* "--b", an empty line */
    if (short_enough || count_boundaries(message) <= layers.room) /* nearly all */
        return len;
    esmtp_mime_walk(message, take_layer, &layers);
    return layers.end ? (size_t)(layers.end - p) : len;
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
static const char *call_imf(tvbuff_t *octets, packet_info *pinfo, proto_tree *root, bool binary, bool incomplete)
{
    const char *volatile why = NULL;
    const char *proto = pinfo->current_proto;
    uint16_t can_desegment = pinfo->can_desegment;
    unsigned in_error_pkt = pinfo->flags.in_error_pkt;
    /* What is inside a message cannot ask TCP for more. */
    pinfo->can_desegment = 0;
    /* The mark of packets that are quoted in errors: what they hold is shown, but no tap of whole things gets it. It
     * keeps IMF out of the columns, too, so it is set only where somebody listens. */
    if (incomplete && have_tap_listener(imf_export_tap))
        pinfo->flags.in_error_pkt = 1;
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
    pinfo->flags.in_error_pkt = in_error_pkt & 1;
    pinfo->can_desegment = can_desegment;
    pinfo->current_proto = proto;
    return why;
}

esmtp_handed_t esmtp_message_hand_over(tvbuff_t *octets, packet_info *pinfo, proto_tree *root, bool binary,
                                       bool incomplete, const char **why)
{
    esmtp_handed_t how = ESMTP_HANDED_WHOLE;
    size_t len = tvb_captured_length(octets), safe = len;
    bool exporting = have_tap_listener(imf_export_tap) && !incomplete;
    const uint8_t *p = len ? tvb_get_ptr(octets, 0, (int)len) : NULL;
    *why = NULL;
    if (!imf_enabled(pinfo))
        return ESMTP_HANDED_NOT;
    if (root)
        safe = safe_length(root, p, len);
    else if (!exporting && !binary)
        safe = column_length(p, len);
    if (!exporting)
        safe = MIN(safe, layered_length(pinfo, p, len));
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
    *why = call_imf(octets, pinfo, root, binary, incomplete);
    return *why ? ESMTP_HANDED_FAILED : how;
}

/* --- registration ----------------------------------------------------------------------------- */

void esmtp_message_handoff(int proto_esmtp)
{
    imf_handle = find_dissector_add_dependency("imf", proto_esmtp);
    imf_proto = imf_handle ? dissector_handle_get_protocol_index(imf_handle) : -1;
    imf_export_tap = find_tap_id("imf_eo");
    data_handle = find_dissector_add_dependency("data", proto_esmtp);
}
