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
#include "mails.h"

#include <epan/stat_tap_ui.h>

#define TITLE "SMTP Mails"

typedef enum {
    COL_FRAME,
    COL_TIME,
    COL_FROM,
    COL_TO,
    COL_OUTCOME,
    COL_CODE,
    COL_ENHANCED,
    COL_REASON,
    COL_OCTETS,
    COL_SECONDS,
    COL_QUEUE_ID,
    COL_TLS,
    COL_USER,
    COL_CLIENT,
    COL_SERVER,
    COL_HELO,
    COL_MESSAGE_ID,
    COL_SUBJECT,
    COL_MAIL,
    COL_CONNECTION,
    COLUMNS
} column_t;

static stat_tap_table_item columns[COLUMNS] = {
    [COL_FRAME] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Frame", "%u"},
    [COL_TIME] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Time", "%s"},
    [COL_FROM] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "From", "%s"},
    [COL_TO] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "To", "%s"},
    [COL_OUTCOME] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Outcome", "%s"},
    [COL_CODE] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Code", "%s"},
    [COL_ENHANCED] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Enhanced", "%s"},
    [COL_REASON] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Reason", "%s"},
    [COL_OCTETS] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Octets", "%u"},
    [COL_SECONDS] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Seconds", "%.3f"},
    [COL_QUEUE_ID] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Queue id", "%s"},
    [COL_TLS] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "TLS", "%s"},
    [COL_USER] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "User", "%s"},
    [COL_CLIENT] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Client", "%s"},
    [COL_SERVER] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Server", "%s"},
    [COL_HELO] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Hello", "%s"},
    [COL_MESSAGE_ID] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Message-ID", "%s"},
    [COL_SUBJECT] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Subject", "%s"},
    [COL_MAIL] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Mail", "%u"},
    [COL_CONNECTION] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Connection", "%u"},
};

typedef stat_tap_table_item_type cell_t;

/* The mails of the rows: the place of a mail is that of its row. NULL before the first window. */
static esmtp_mails_t *mails;
/* Rows that were taken out of the table. */
static GPtrArray *parked;

/* --- cells ---------------------------------------------------------------------------------------- */

static void set_text(cell_t *row, column_t column, const char *text)
{
    g_free((char *)row[column].value.string_value);
    row[column].value.string_value = g_strdup(text ? text : "");
}

static char *time_text(int64_t nanoseconds)
{
    GDateTime *utc = g_date_time_new_from_unix_utc(nanoseconds / 1000000000);
    char *day = utc ? g_date_time_format(utc, "%Y-%m-%d %H:%M:%S") : g_strdup("");
    char *text = g_strdup_printf("%s.%03u", day, (unsigned)(nanoseconds / 1000000 % 1000));
    if (utc)
        g_date_time_unref(utc);
    g_free(day);
    return text;
}

static char *recipients_text(const esmtp_mail_row_t *mail)
{
    GString *out = g_string_new(NULL);
    for (uint32_t i = 0; i < mail->n_recipients; i++) {
        const esmtp_mail_rcpt_t *rcpt = &mail->recipients[i];
        g_string_append_printf(out, "%s%s", i ? ", " : "", rcpt->address);
        if (rcpt->code >= 400)
            g_string_append_printf(out, " (%03u)", rcpt->code);
    }
    return g_string_free(out, FALSE);
}

static void set_fresh(cell_t *row, column_t column, char *text)
{
    set_text(row, column, text);
    g_free(text);
}

static char *endpoint_text(const char *host, uint16_t port)
{
    return g_strdup_printf(strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

static void fill(cell_t *row, const esmtp_mail_row_t *mail)
{
    row[COL_FRAME].value.uint_value = mail->frame;
    row[COL_OCTETS].value.uint_value = mail->octets == UINT64_MAX ? 0 : (unsigned)MIN(mail->octets, UINT32_MAX);
    row[COL_SECONDS].value.float_value = (double)mail->duration / 1e9;
    row[COL_MAIL].value.uint_value = mail->mail->txn->id;
    row[COL_CONNECTION].value.uint_value = mail->mail->ends.stream;
    set_fresh(row, COL_TIME, time_text(mail->time));
    set_fresh(row, COL_TO, recipients_text(mail));
    set_fresh(row, COL_CODE, mail->code ? g_strdup_printf("%03u", mail->code) : NULL);
    set_fresh(row, COL_CLIENT, endpoint_text(mail->mail->ends.client, mail->mail->ends.client_port));
    set_fresh(row, COL_SERVER, endpoint_text(mail->mail->ends.server, mail->mail->ends.server_port));
    set_text(row, COL_FROM, mail->sender && !*mail->sender ? "<>" : mail->sender);
    set_text(row, COL_OUTCOME, mail->outcome);
    set_text(row, COL_ENHANCED, mail->enhanced);
    set_text(row, COL_REASON, mail->reason);
    set_text(row, COL_QUEUE_ID, mail->queue_id);
    set_text(row, COL_TLS, mail->tls);
    set_text(row, COL_USER, mail->user);
    set_text(row, COL_HELO, mail->helo);
    set_text(row, COL_MESSAGE_ID, mail->message_id);
    set_text(row, COL_SUBJECT, mail->subject);
}

/* --- rows ----------------------------------------------------------------------------------------- */

static void row_add(stat_tap_table *table, unsigned place)
{
    cell_t row[COLUMNS];
    memset(row, 0, sizeof row);
    for (unsigned c = 0; c < COLUMNS; c++)
        row[c].type = columns[c].type;
    stat_tap_init_table_row(table, place, COLUMNS, row);
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
    fill(table->elements[mail->at], &row);
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
    for (unsigned c = 0; c < COLUMNS; c++)
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
        stat_tap_add_table(ui, stat_tap_init_table(TITLE, COLUMNS, 0, NULL));
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
    .cli_string = "smtp,mails",
    .stat_tap_init_cb = table_init,
    .packet_func = table_packet,
    .stat_tap_reset_table_cb = table_reset,
    .stat_tap_free_table_item_cb = cell_free,
    .nfields = COLUMNS,
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
    register_stat_tap_table_ui(&ui);
    register_cleanup_routine(forget);
    register_shutdown_routine(end);
    esmtp_listen(&listener);
}
