/* times.c
 * Response times. See times.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "times.h"

#include "../show/fields.h"
#include "record.h"

#include <epan/srt_table.h>

/* A row for what no table knows; then the greeting; then each verb by its number. */
enum { ROW_UNKNOWN, ROW_GREETING, ROW_VERBS };

static void times_init(struct register_srt *srt, GArray *tables)
{
    size_t n;
    const esmtp_verb_row_t *verbs = esmtp_verb_rows(&n);
    srt_stat_table *table = init_srt_table("SMTP", NULL, tables, (int)n + ROW_VERBS, "Command", NULL, NULL);
    (void)srt;
    init_srt_table_row(table, ROW_UNKNOWN, "(unknown)");
    init_srt_table_row(table, ROW_GREETING, "greeting");
    for (size_t i = 0; i < n; i++)
        init_srt_table_row(table, (int)i + ROW_VERBS, verbs[i].id == ESMTP_VERB_EOM ? "message" : verbs[i].verb);
}

static int row_of(const esmtp_fact_t *fact)
{
    if (fact->flags & ESMTP_FF_GREETING)
        return ROW_GREETING;
    return fact->verb ? fact->verb - 1 + ROW_VERBS : ROW_UNKNOWN;
}

static tap_packet_status times_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                      tap_flags_t flags)
{
    const srt_data_t *times = tapdata;
    const esmtp_record_t *record = data;
    const esmtp_fact_t *fact = record->fact;
    (void)edt, (void)flags;
    if (record->kind != ESMTP_RECORD_REPLY || !(fact->flags & ESMTP_FF_TIMED))
        return TAP_PACKET_DONT_REDRAW;
    /* Wireshark takes the time of the request, not how long it is ago. */
    nstime_t request = pinfo->abs_ts, took = {(time_t)(fact->delta / 1000000000), (int)(fact->delta % 1000000000)};
    nstime_subtract(&request, &took);
    add_srt_table_data(g_array_index(times->srt_array, srt_stat_table *, 0), row_of(fact), &request, pinfo);
    return TAP_PACKET_REDRAW;
}

void esmtp_times_register(void)
{
    register_srt_table(esmtp_smtp_proto(), ESMTP_TAP, 1, times_packet, times_init, NULL);
}
