/* sessions.c
 * A row for each connection. See sessions.h.
 *
 * A connection is told of if one of its records passed the filter, whichever; what its row says does not depend on it,
 * and is what is known when the row is printed. The names of the columns and their order are a contract: those of the
 * fields smtp.session.*, with "_" for ".".
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sessions.h"

#include <stdio.h>

#include "../show/values.h"
#include "print.h"
#include "record.h"

#include <epan/stat_tap_ui.h>

#define ARGUMENT "smtp,sessions"

/* A connection that was told of. */
typedef struct {
    const esmtp_connection_t *whole;
    esmtp_tap_ends_t ends;
} told_t;

typedef struct {
    GHashTable *by_connection; /* owns what was told */
    GPtrArray *order;          /* as they were told of */
    esmtp_print_format_t format;
} sessions_t;

/* One row. */
typedef struct {
    const told_t *told;
    esmtp_totals_t totals;
} row_t;

/* --- columns -------------------------------------------------------------------------------------- */

#define COLUMN(name, text)                                               \
    static const char *name##_of(wmem_allocator_t *pool, const void *of) \
    {                                                                    \
        const row_t *row = of;                                           \
        const esmtp_connection_t *whole = row->told->whole;              \
        (void)pool, (void)whole;                                         \
        return text;                                                     \
    }

COLUMN(time, esmtp_print_seconds(pool, whole->sum->began))
COLUMN(client, row->told->ends.client)
COLUMN(client_port, esmtp_print_number(pool, row->told->ends.client_port))
COLUMN(server, row->told->ends.server)
COLUMN(server_port, esmtp_print_number(pool, row->told->ends.server_port))
COLUMN(security, esmtp_connection_security(whole))
COLUMN(starttls_offered, whole->sum->offer_known ? esmtp_print_bool(whole->sum->starttls_offered) : NULL)
COLUMN(login, esmtp_summary_login(whole->sum))
COLUMN(login_failed, esmtp_print_number(pool, row->totals.logins_failed))
COLUMN(login_exposed, esmtp_print_bool(whole->sum->exposed))
COLUMN(mails, esmtp_print_number(pool, row->totals.mails))
COLUMN(mails_accepted, esmtp_print_number(pool, row->totals.accepted))
COLUMN(recipients, esmtp_print_number(pool, row->totals.recipients))
COLUMN(recipients_refused, esmtp_print_number(pool, row->totals.recipients_refused))
COLUMN(octets, esmtp_print_number(pool, row->totals.octets))
COLUMN(errors, esmtp_print_number(pool, whole->sum->errors))
COLUMN(outcome, esmtp_connection_outcome(whole, &row->totals))
COLUMN(duration, esmtp_print_seconds(pool, whole->sum->ended - whole->sum->began))
COLUMN(slowest, whole->sum->slowest ? esmtp_print_seconds(pool, whole->sum->slowest) : NULL)
COLUMN(slowest_verb, whole->sum->slowest ? esmtp_connection_slowest_verb(whole) : NULL)
COLUMN(worst, try_val_to_str(esmtp_connection_worst(whole), esmtp_severities))
COLUMN(complete, esmtp_print_bool(esmtp_connection_is_complete(whole)))
COLUMN(connection, esmtp_print_number(pool, row->told->ends.stream))

static const char *last_error_of(wmem_allocator_t *pool, const void *of)
{
    const row_t *row = of;
    const char *error = esmtp_connection_error(pool, row->told->whole);
    return error ? esmtp_text_line(pool, error, strlen(error)) : NULL;
}

static const char *findings_of(wmem_allocator_t *pool, const void *of)
{
    const row_t *row = of;
    esmtp_finding_id_t ids[ESMTP_FINDINGS];
    return esmtp_print_number(pool, esmtp_connection_findings(row->told->whole, ids));
}

static void users_list(esmtp_print_t *print, wmem_allocator_t *pool, const void *of)
{
    const row_t *row = of;
    const char *users[ESMTP_USERS_MAX];
    unsigned n = esmtp_connection_users(row->told->whole, users);
    for (unsigned i = 0; i < n; i++)
        esmtp_print_element(print, esmtp_text_line(pool, users[i], strlen(users[i])));
}

static void findings_list(esmtp_print_t *print, wmem_allocator_t *pool, const void *of)
{
    const row_t *row = of;
    esmtp_finding_id_t ids[ESMTP_FINDINGS];
    unsigned n = esmtp_connection_findings(row->told->whole, ids);
    (void)pool;
    for (unsigned i = 0; i < n; i++)
        esmtp_print_element(print, esmtp_finding_short_name(ids[i]));
}

static const esmtp_print_column_t columns[] = {
    {"time", ESMTP_PRINT_BARE, time_of, NULL},
    {"client", ESMTP_PRINT_TEXT, client_of, NULL},
    {"client_port", ESMTP_PRINT_BARE, client_port_of, NULL},
    {"server", ESMTP_PRINT_TEXT, server_of, NULL},
    {"server_port", ESMTP_PRINT_BARE, server_port_of, NULL},
    {"security", ESMTP_PRINT_TEXT, security_of, NULL},
    {"starttls_offered", ESMTP_PRINT_BARE, starttls_offered_of, NULL},
    {"login", ESMTP_PRINT_TEXT, login_of, NULL},
    {"login_user", ESMTP_PRINT_LIST, NULL, users_list},
    {"login_failed", ESMTP_PRINT_BARE, login_failed_of, NULL},
    {"login_exposed", ESMTP_PRINT_BARE, login_exposed_of, NULL},
    {"mails", ESMTP_PRINT_BARE, mails_of, NULL},
    {"mails_accepted", ESMTP_PRINT_BARE, mails_accepted_of, NULL},
    {"recipients", ESMTP_PRINT_BARE, recipients_of, NULL},
    {"recipients_refused", ESMTP_PRINT_BARE, recipients_refused_of, NULL},
    {"octets", ESMTP_PRINT_BARE, octets_of, NULL},
    {"errors", ESMTP_PRINT_BARE, errors_of, NULL},
    {"last_error", ESMTP_PRINT_TEXT, last_error_of, NULL},
    {"outcome", ESMTP_PRINT_TEXT, outcome_of, NULL},
    {"duration", ESMTP_PRINT_BARE, duration_of, NULL},
    {"slowest", ESMTP_PRINT_BARE, slowest_of, NULL},
    {"slowest_verb", ESMTP_PRINT_TEXT, slowest_verb_of, NULL},
    {"findings", ESMTP_PRINT_BARE, findings_of, NULL},
    {"finding", ESMTP_PRINT_LIST, NULL, findings_list},
    {"worst", ESMTP_PRINT_TEXT, worst_of, NULL},
    {"complete", ESMTP_PRINT_BARE, complete_of, NULL},
    {"connection", ESMTP_PRINT_BARE, connection_of, NULL},
};

/* --- the tap -------------------------------------------------------------------------------------- */

static void told_free(void *p)
{
    told_t *told = p;
    esmtp_tap_ends_clear(&told->ends);
    g_free(told);
}

static told_t *told_new(packet_info *pinfo, const esmtp_record_t *record)
{
    told_t *told = g_new0(told_t, 1);
    told->whole = record->connection;
    told->ends = esmtp_tap_ends(pinfo, record);
    return told;
}

static tap_packet_status sessions_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                         tap_flags_t flags)
{
    sessions_t *sessions = tapdata;
    const esmtp_record_t *record = data;
    (void)edt, (void)flags;
    if (g_hash_table_contains(sessions->by_connection, record->connection))
        return TAP_PACKET_DONT_REDRAW;
    told_t *told = told_new(pinfo, record);
    g_ptr_array_add(sessions->order, told);
    g_hash_table_insert(sessions->by_connection, (void *)record->connection, told);
    return TAP_PACKET_DONT_REDRAW;
}

static void sessions_reset(void *tapdata)
{
    sessions_t *sessions = tapdata;
    g_ptr_array_set_size(sessions->order, 0);
    g_hash_table_remove_all(sessions->by_connection);
}

static void sessions_draw(void *tapdata)
{
    const sessions_t *sessions = tapdata;
    esmtp_print_head(&sessions->format);
    for (unsigned i = 0; i < sessions->order->len; i++) {
        wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
        row_t row = {.told = g_ptr_array_index(sessions->order, i)};
        esmtp_summary_count(row.told->whole->sum, &row.totals);
        esmtp_print_row(&sessions->format, pool, &row);
        wmem_destroy_allocator(pool);
    }
    (void)fflush(stdout);
}

static void sessions_finish(void *tapdata)
{
    sessions_t *sessions = tapdata;
    g_ptr_array_free(sessions->order, TRUE);
    g_hash_table_destroy(sessions->by_connection);
    g_free(sessions);
}

static esmtp_stat_init_t sessions_init(const char *argument, void *userdata)
{
    (void)userdata;
    sessions_t *sessions = g_new0(sessions_t, 1);
    sessions->by_connection = g_hash_table_new_full(NULL, NULL, NULL, told_free);
    sessions->order = g_ptr_array_new();
    sessions->format = (esmtp_print_format_t){.columns = columns, .n = G_N_ELEMENTS(columns)};
    const char *filter = esmtp_print_argument(argument, ARGUMENT, &sessions->format.json);
    GString *error = register_tap_listener(ESMTP_TAP, sessions, filter, TL_REQUIRES_NOTHING, sessions_reset,
                                           sessions_packet, sessions_draw, sessions_finish);
    if (error)
        esmtp_print_fail(ARGUMENT, error->str);
    ESMTP_STAT_INIT_DONE;
}

void esmtp_sessions_register(void)
{
    static stat_tap_ui ui = {REGISTER_STAT_GROUP_GENERIC, NULL, ARGUMENT, sessions_init, 0, NULL};
    register_stat_tap_ui(&ui, NULL);
}
