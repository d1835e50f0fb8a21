/* table.c
 * A table of the mails. See table.h.
 *
 * Several windows may show the table: Wireshark keeps one of rows, which each of them fills anew when it is told of
 * packets. The rows that were there before may still be held by a window, so they are parked, and freed when only one
 * window is left to begin.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "table.h"

#include "../show/tell.h"
#include "cells.h"

#include <epan/stat_tap_ui.h>

#define TITLE "SMTP Mails"

/* Of the columns of cells.h; filled when it is registered. */
static stat_tap_table_item columns[ESMTP_CELLS];

typedef stat_tap_table_item_type cell_t;

/* The mails of the rows: the place of a mail is that of its row. NULL before the first window. */
static esmtp_mails_t *mails;
/* Rows that were taken out of the table. */
static GPtrArray *parked;

/* --- columns and cells ---------------------------------------------------------------------------- */

static void columns_fill(void)
{
    for (unsigned c = 0; c < ESMTP_CELLS; c++) {
        stat_tap_table_item *column = &columns[c];
        column->column_name = esmtp_cell_columns[c].title;
        column->align = esmtp_cell_columns[c].kind == ESMTP_CELL_IS_TEXT ? TAP_ALIGN_LEFT : TAP_ALIGN_RIGHT;
        switch (esmtp_cell_columns[c].kind) {
        case ESMTP_CELL_IS_TEXT: column->type = TABLE_ITEM_STRING, column->field_format = "%s"; break;
        case ESMTP_CELL_IS_COUNT: column->type = TABLE_ITEM_UINT, column->field_format = "%u"; break;
        case ESMTP_CELL_IS_SECONDS: column->type = TABLE_ITEM_FLOAT, column->field_format = "%.3f"; break;
        }
    }
}

static void fill(wmem_allocator_t *pool, cell_t *row, const esmtp_mail_row_t *mail)
{
    for (unsigned c = 0; c < ESMTP_CELLS; c++) {
        esmtp_cell_value_t value = esmtp_cell(pool, mail, c);
        switch (esmtp_cell_columns[c].kind) {
        case ESMTP_CELL_IS_TEXT:
            g_free((char *)row[c].value.string_value);
            row[c].value.string_value = g_strdup(value.text);
            break;
        case ESMTP_CELL_IS_COUNT: row[c].value.uint_value = value.count; break;
        case ESMTP_CELL_IS_SECONDS: row[c].value.float_value = value.seconds; break;
        }
    }
}

/* --- rows ----------------------------------------------------------------------------------------- */

static void row_add(stat_tap_table *table, unsigned place)
{
    cell_t row[ESMTP_CELLS];
    memset(row, 0, sizeof row);
    for (unsigned c = 0; c < ESMTP_CELLS; c++)
        row[c].type = columns[c].type;
    stat_tap_init_table_row(table, place, ESMTP_CELLS, row);
}

/* What is known of the mail now goes into its row of the table, which is made if there is none. */
static void row_show(esmtp_mail_t *mail, void *ctx)
{
    stat_tap_table *table = ctx;
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    esmtp_mail_row_t row;
    if (mail->at >= table->num_elements)
        row_add(table, mail->at);
    esmtp_mail_row(pool, mail, &row);
    fill(pool, table->elements[mail->at], &row);
    wmem_destroy_allocator(pool);
}

static void cell_free(stat_tap_table *of, unsigned row, unsigned column, cell_t *cell)
{
    (void)of, (void)row;
    if (columns[column].type != TABLE_ITEM_STRING)
        return;
    g_free((char *)cell->value.string_value);
    cell->value.string_value = NULL;
}

static void parked_free(void *p)
{
    cell_t *row = p;
    for (unsigned c = 0; c < ESMTP_CELLS; c++)
        cell_free(NULL, 0, c, &row[c]);
    g_free(row);
}

/* --- the table ------------------------------------------------------------------------------------ */

static void table_reset(stat_tap_table *table)
{
    for (unsigned r = 0; r < table->num_elements; r++)
        g_ptr_array_add(parked, table->elements[r]);
    table->num_elements = 0;
    esmtp_mails_clear(mails);
}

static void table_init(stat_tap_table_ui *ui)
{
    if (!mails) {
        mails = esmtp_mails_new();
        parked = g_ptr_array_new_with_free_func(parked_free);
    }
    if (ui->refcount <= 1) /* windows that are open, this one included */
        g_ptr_array_set_size(parked, 0);
    stat_tap_table *table = stat_tap_find_table(ui, TITLE);
    if (table)
        table_reset(table);
    else
        stat_tap_add_table(ui, stat_tap_init_table(TITLE, ESMTP_CELLS, 0, NULL));
}

static tap_packet_status table_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                      tap_flags_t flags)
{
    const stat_data_t *shown = tapdata;
    (void)edt, (void)flags;
    stat_tap_table *table = g_array_index(shown->stat_tap_data->tables, stat_tap_table *, 0);
    if (!esmtp_mails_count(mails) && table->num_elements)
        table_reset(table); /* rows of another file */
    esmtp_mails_take(mails, pinfo, data, row_show, table);
    return TAP_PACKET_REDRAW;
}

/* What came from mails goes with their file. The rows stay until the table is filled anew. */
static void forget(void)
{
    if (mails)
        esmtp_mails_clear(mails);
}

static tap_param params[] = {{PARAM_FILTER, "filter", "Filter", NULL, true}};

static stat_tap_table_ui ui = {
    .group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
    .title = TITLE,
    .tap_name = ESMTP_TAP_MAIL,
    .cli_string = "smtp,table",
    .stat_tap_init_cb = table_init,
    .packet_func = table_packet,
    .stat_tap_reset_table_cb = table_reset,
    .stat_tap_free_table_item_cb = cell_free,
    .nfields = ESMTP_CELLS,
    .fields = columns,
    .nparams = G_N_ELEMENTS(params),
    .params = params,
};

/* A row that is there may change by a frame that the filter lets not pass. */
static void on_verdict(const esmtp_show_t *show, const esmtp_verdict_t *verdict)
{
    esmtp_mail_t *mail = mails ? esmtp_mails_find(mails, verdict->txn) : NULL;
    stat_tap_table *table = stat_tap_find_table(&ui, TITLE);
    (void)show;
    if (mail && table && mail->at < table->num_elements)
        row_show(mail, table);
}

/* The program ends; tshark leaves its tables as they are. Windows that are still open find none. */
static void end(void)
{
    if (!mails)
        return;
    if (ui.tables)
        free_stat_tables(&ui);
    g_ptr_array_free(parked, TRUE);
    esmtp_mails_free(mails);
    parked = NULL;
    mails = NULL;
}

void esmtp_table_register(void)
{
    static esmtp_listener_t listener = {.verdict = on_verdict};
    columns_fill();
    register_stat_tap_table_ui(&ui);
    register_cleanup_routine(forget);
    register_shutdown_routine(end);
    esmtp_listen(&listener);
}
