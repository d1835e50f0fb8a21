/* connection.c
 * A connection as a whole, in words. See connection.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "connection.h"

#include <epan/dissectors/packet-tcp.h>

#include "../../core/tables/alerts.h"
#include "secrets.h"
#include "values.h"

/* Bits of tcp_analysis.conversation_completeness: a FIN,ACK or RST was seen; a RST. */
#define SEEN_END 0x30
#define SEEN_RST 0x20

const value_string esmtp_severities[] = {
    {PI_ERROR, "Error"}, {PI_WARN, "Warning"}, {PI_NOTE, "Note"}, {PI_CHAT, "Chat"}, {0, NULL}};

const char *esmtp_connection_security(const esmtp_connection_t *connection)
{
    return esmtp_summary_security(connection->sum, connection->tls_first != 0);
}

const char *esmtp_connection_outcome(const esmtp_connection_t *connection, const esmtp_totals_t *totals)
{
    return esmtp_summary_outcome(connection->sum, totals, connection->tls_first != 0);
}

int64_t esmtp_connection_round_trip(const esmtp_connection_t *connection)
{
    const struct tcp_analysis *tcp = connection->tcp;
    return tcp ? (int64_t)tcp->ts_first_rtt.secs * 1000000000 + tcp->ts_first_rtt.nsecs : 0;
}

bool esmtp_connection_is_complete(const esmtp_connection_t *connection)
{
    bool closed = connection->tcp && connection->tcp->conversation_completeness & SEEN_END;
    return connection->sum->opened && closed && !connection->sum->holed;
}

/* Whether it was the server that ended it, or somebody broke it off. */
static bool is_ended_by_server(const esmtp_connection_t *connection)
{
    bool reset = connection->tcp->conversation_completeness & SEEN_RST;
    return reset || (connection->server_flow && connection->server_flow->closing_initiator);
}

static bool is_past(uint32_t number, uint32_t next)
{
    return (int32_t)(number - next) > 1; /* a FIN counts, too */
}

/* Whether the server sent more than the capture holds after what was read: by its FIN, and by what the client
 * acknowledges. */
static bool is_server_cut_off(const esmtp_connection_t *connection)
{
    const tcp_flow_t *server = connection->server_flow;
    if (!connection->server_read || !server || !server->tcp_analyze_seq_info)
        return false;
    const tcp_flow_t *client = server == &connection->tcp->flow1 ? &connection->tcp->flow2 : &connection->tcp->flow1;
    return is_past(server->tcp_analyze_seq_info->nextseq, connection->server_next) ||
           (client->tcp_analyze_seq_info && is_past(client->tcp_analyze_seq_info->lastack, connection->server_next));
}

esmtp_finding_id_t esmtp_connection_end_finding(const esmtp_connection_t *connection)
{
    if (!connection->left || !connection->tcp || !(connection->tcp->conversation_completeness & SEEN_END))
        return ESMTP_FINDING_NONE;
    if (is_server_cut_off(connection))
        return ESMTP_FINDING_NONE; /* the reply may lie there */
    if (connection->left == ESMTP_LEFT_MESSAGE)
        return ESMTP_FINDING_NO_VERDICT;
    return is_ended_by_server(connection) ? ESMTP_FINDING_NO_REPLY : ESMTP_FINDING_NONE;
}

/* All that was found. */
static esmtp_finding_set_t all_findings(const esmtp_connection_t *connection)
{
    esmtp_finding_set_t found = connection->sum->found;
    esmtp_finding_id_t end = esmtp_connection_end_finding(connection);
    if (end)
        esmtp_findings_put(&found, end);
    return found;
}

static bool is_listed(const char *const *users, unsigned n, const char *user)
{
    while (n--) {
        if (strcmp(users[n], user) == 0)
            return true;
    }
    return false;
}

unsigned esmtp_connection_users(const esmtp_connection_t *connection, const char *users[ESMTP_USERS_MAX])
{
    unsigned n = 0;
    for (const esmtp_login_t *l = connection->sum->logins; l && n < ESMTP_USERS_MAX; l = l->before) {
        if (l->user && !is_listed(users, n, l->user))
            users[n++] = l->user;
    }
    return n;
}

const char *esmtp_connection_error(wmem_allocator_t *pool, const esmtp_connection_t *connection)
{
    const esmtp_summary_t *sum = connection->sum;
    if (!sum->error)
        return NULL;
    bool hidden = sum->error_secret && esmtp_secrets_hidden_in_items();
    const char *text = hidden ? ESMTP_MASK : esmtp_text(pool, sum->error, strlen(sum->error));
    return wmem_strdup_printf(pool, "%u %s", sum->error_code, text);
}

const char *esmtp_connection_slowest_verb(const esmtp_connection_t *connection)
{
    const esmtp_verb_row_t *row = esmtp_verb_by_number(connection->sum->slowest_verb);
    if (!row)
        return "greeting";
    return row->id == ESMTP_VERB_EOM ? "message" : row->verb;
}

const char *esmtp_connection_alert(wmem_allocator_t *pool, const esmtp_connection_t *connection)
{
    const esmtp_alert_row_t *row = esmtp_alert_find(connection->alert);
    const char *who = connection->alert_of_server ? "server" : "client";
    if (!connection->alert)
        return NULL;
    if (!row)
        return wmem_strdup_printf(pool, "%s: alert %u", who, connection->alert);
    return wmem_strdup_printf(pool, "%s: %s (%u): %s", who, row->name, row->number, row->meaning);
}

const char *esmtp_connection_hello(const esmtp_connection_t *connection)
{
    const esmtp_verb_row_t *row = esmtp_verb_by_number(connection->sum->hello);
    return row ? row->verb : "none";
}

unsigned esmtp_connection_findings(const esmtp_connection_t *connection, esmtp_finding_id_t *ids)
{
    unsigned n = 0;
    esmtp_finding_set_t found = all_findings(connection);
    for (unsigned id = 1; id < ESMTP_FINDINGS; id++) {
        if (esmtp_finding_rows[id].severity >= ESMTP_WARN && esmtp_findings_have(&found, (esmtp_finding_id_t)id))
            ids[n++] = (esmtp_finding_id_t)id;
    }
    return n;
}

uint32_t esmtp_connection_worst(const esmtp_connection_t *connection)
{
    static const uint32_t severity_of[] = {
        [ESMTP_CHAT] = PI_CHAT, [ESMTP_NOTE] = PI_NOTE, [ESMTP_WARN] = PI_WARN, [ESMTP_ERROR] = PI_ERROR};
    int worst = -1;
    esmtp_finding_set_t found = all_findings(connection);
    for (unsigned id = 1; id < ESMTP_FINDINGS; id++) {
        if (esmtp_findings_have(&found, (esmtp_finding_id_t)id))
            worst = MAX(worst, esmtp_finding_rows[id].severity);
    }
    return worst < 0 ? 0 : severity_of[worst];
}
