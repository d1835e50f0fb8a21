/* flow.c
 * A flow graph. See flow.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "flow.h"

#include "../show/fields.h"
#include "record.h"

/* Octets of a label: the window gives all of them the width of the longest. */
#define LABEL_MAX 60

/* "RCPT 550 in 0.012 s", "message 250 in 0.045 s, accepted". */
static char *comment_of(const esmtp_record_t *record)
{
    const esmtp_verdict_t *verdict = esmtp_fact_verdict(record->fact);
    GString *text = g_string_new(record->tls ? "TLS" : "");
    if (record->kind == ESMTP_RECORD_REPLY)
        g_string_append_printf(text, "%s%s %03u", text->len ? " " : "", esmtp_record_verb(record), record->fact->code);
    if (record->kind == ESMTP_RECORD_REPLY && record->fact->flags & ESMTP_FF_TIMED)
        g_string_append_printf(text, " in %.3f s", (double)record->fact->delta / 1e9);
    if (verdict)
        g_string_append_printf(text, ", mail %s", esmtp_outcome_name(verdict->outcome));
    return g_string_free(text, FALSE);
}

static char *label_of(const packet_info *pinfo, const esmtp_record_t *record)
{
    if (record->kind == ESMTP_RECORD_REPLY && record->fact->index)
        return g_strdup_printf("%03u, %u lines", record->fact->code, record->fact->index + 1);
    const char *line = record->kind == ESMTP_RECORD_END ? "end of message" : esmtp_record_line(pinfo, record);
    if (g_utf8_strlen(line, -1) <= LABEL_MAX)
        return g_strdup(line);
    char *head = g_utf8_substring(line, 0, LABEL_MAX), *label = g_strconcat(head, "...", NULL);
    g_free(head);
    return label;
}

static tap_packet_status flow_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                     tap_flags_t flags)
{
    esmtp_seq_info_t *info = tapdata;
    const esmtp_record_t *record = data;
    (void)edt, (void)flags;
    if (record->kind == ESMTP_RECORD_PIECE || record->kind == ESMTP_RECORD_LINE)
        return TAP_PACKET_DONT_REDRAW;
    esmtp_seq_item_t *item = sequence_analysis_create_sai_with_addresses(pinfo, info);
    if (!item)
        return TAP_PACKET_DONT_REDRAW;
    item->frame_number = pinfo->num;
    sequence_analysis_use_color_filter(pinfo, item);
    item->port_src = (uint16_t)pinfo->srcport;
    item->port_dst = (uint16_t)pinfo->destport;
    item->frame_label = label_of(pinfo, record);
    item->comment = comment_of(record);
    item->line_style = 1;
    item->conv_num = (uint16_t)record->stream;
    item->display = true;
    g_queue_push_tail(info->items, item);
    return TAP_PACKET_REDRAW;
}

void esmtp_flow_register(void)
{
    register_seq_analysis(ESMTP_TAP, "SMTP Flows", esmtp_smtp_proto(), ESMTP_TAP, 0, flow_packet);
}
