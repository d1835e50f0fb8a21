/* tree.c
 * Counts. See tree.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree.h"

#include <epan/stats_tree.h>
#include <epan/to_str.h>

#include "../../core/parse/reply.h"
#include "../show/items.h"
#include "mails.h"

/* Names that a peer chose: so many different ones of a tree have nodes, the others share one. */
#define NAMES_MAX 1000
#define OTHERS    "(others)"

/* Octets of such a name that are shown. */
#define NAME_SHOWN 80

/* What became of a connection whose end was not seen yet. */
static const char NO_END[] = "(no end seen)";

/* Nodes whose children are counted once for each of them at most: a child's percent is its share. */
static const char WITH_FINDINGS[] = "Connections with findings";
static const char EXTENSIONS[] = "Extensions offered, by reply";

/* Nodes that are always there. Their numbers are the same in each tree: Wireshark gives them out in order. */
static int st_connections, st_security, st_outcome, st_hello, st_findings, st_hellos, st_commands, st_replies,
    st_refused, st_by_command, st_by_server, st_mails, st_transfer, st_transport, st_recipients, st_domains, st_logins,
    st_login_tls, st_clients, st_extensions;

/* What a tree keeps. */
typedef struct {
    GHashTable *names;       /* that have nodes */
    GHashTable *connections; /* esmtp_connection_t -> counted_t */
} kept_t;

/* How a connection was counted. */
typedef struct {
    const char *security, *outcome, *hello;
    esmtp_finding_set_t found;
} counted_t;

/* Tree -> what it keeps. */
static GHashTable *trees;

static int tick(stats_tree *st, int parent, const char *name)
{
    return tick_stat_node(st, name, parent, true);
}

/* Likewise a name that came from a peer or from the wire. */
static int tick_name(stats_tree *st, packet_info *pinfo, int parent, const char *name, size_t len)
{
    GHashTable *known = ((kept_t *)g_hash_table_lookup(trees, st))->names;
    const char *text = esmtp_text_line(pinfo->pool, name, MIN(len, NAME_SHOWN));
    char *key = wmem_strdup_printf(pinfo->pool, "%d %s", parent, text);
    if (!g_hash_table_contains(known, key)) {
        if (g_hash_table_size(known) >= NAMES_MAX)
            return tick(st, parent, OTHERS);
        g_hash_table_add(known, g_strdup(key));
    }
    return tick(st, parent, text);
}

/* --- commands and replies --------------------------------------------------------------------------- */

static void count_command(stats_tree *st, const esmtp_record_t *record)
{
    tick_stat_node(st, "Commands", 0, true);
    if (record->kind == ESMTP_RECORD_COMMAND && record->fact->kind == ESMTP_FACT_AUTH) {
        tick(st, st_commands, "(line of a login)");
        return;
    }
    const char *verb = esmtp_record_verb(record);
    int node = tick(st, st_commands, strcmp(verb, "?") == 0 ? "(unknown)" : verb);
    if (record->fact->flags & ESMTP_FF_NO_REPLY)
        tick(st, node, "not answered");
}

static esmtp_span_t line_of(const esmtp_record_t *record)
{
    return esmtp_span(tvb_get_ptr(record->tvb, record->offset, record->len), (size_t)record->len);
}

/* The enhanced code of a reply, in pool; NULL if it has none. */
static const char *enhanced_of(wmem_allocator_t *pool, const esmtp_record_t *record)
{
    esmtp_reply_line_t line;
    if (!esmtp_reply_parse(line_of(record), &line) || !line.enhanced.whole.len)
        return NULL;
    return wmem_strndup(pool, (const char *)line.enhanced.whole.p, line.enhanced.whole.len);
}

static const char *class_of(uint16_t code)
{
    static const char *const classes[] = {"0yz",        "1yz", "2yz success", "3yz go on", "4yz refused for now",
                                          "5yz refused"};
    return code / 100 < G_N_ELEMENTS(classes) ? classes[code / 100] : "others";
}

static void count_refusal(stats_tree *st, packet_info *pinfo, const esmtp_record_t *record, const char *code,
                          const char *enhanced)
{
    tick_stat_node(st, "Refused and deferred", 0, true);
    tick_stat_node(st, "by command", st_refused, true);
    int node = tick(st, tick(st, st_by_command, esmtp_record_verb(record)), code);
    if (enhanced)
        tick(st, node, enhanced);
    const char *server = address_to_str(pinfo->pool, &pinfo->src);
    tick_stat_node(st, "by server", st_refused, true);
    node = tick_name(st, pinfo, st_by_server, server, strlen(server));
    tick(st, node, enhanced ? wmem_strdup_printf(pinfo->pool, "%s %s", code, enhanced) : code);
}

static void count_reply(stats_tree *st, packet_info *pinfo, const esmtp_record_t *record)
{
    const char *code = wmem_strdup_printf(pinfo->pool, "%03u", record->fact->code);
    const char *enhanced = enhanced_of(pinfo->pool, record);
    tick_stat_node(st, "Replies", 0, true);
    int node = tick(st, tick(st, st_replies, class_of(record->fact->code)), code);
    if (enhanced)
        tick(st, node, enhanced);
    if (record->fact->code >= 400)
        count_refusal(st, pinfo, record, code, enhanced);
}

/* --- hellos ----------------------------------------------------------------------------------------- */

static void count_hello(stats_tree *st, const esmtp_record_t *record)
{
    const esmtp_verb_row_t *row = esmtp_verb_by_number(record->fact->verb);
    bool hello = row && (row->flags & ESMTP_VF_HELLO || row->id == ESMTP_VERB_HELO);
    if (!hello || record->fact->code / 100 != 2)
        return;
    tick_stat_node(st, "Hellos accepted", 0, true);
    tick(st, st_hellos, row->verb);
    if (row->flags & ESMTP_VF_HELLO)
        tick_stat_node(st, EXTENSIONS, 0, true);
}

/* A line of a reply to EHLO or LHLO: the first names the server, each other one an extension. Their node counts the
 * replies, so that each keyword's share is that of the replies that have it. */
static void count_extension(stats_tree *st, packet_info *pinfo, const esmtp_record_t *record)
{
    esmtp_reply_line_t line;
    esmtp_ehlo_line_t extension;
    if (!(record->fact->flags & ESMTP_FF_HELLO) || !record->fact->index || !esmtp_reply_parse(line_of(record), &line))
        return;
    if (!esmtp_ehlo_parse(line.parameter, &extension) || extension.glued)
        return;
    char *keyword = wmem_strndup(pinfo->pool, (const char *)extension.keyword.p, extension.keyword.len);
    tick_name(st, pinfo, st_extensions, esmtp_text_capitals(pinfo->pool, keyword, strlen(keyword)), strlen(keyword));
}

/* --- mails ------------------------------------------------------------------------------------------ */

static const char *domain_of(const char *mailbox)
{
    const char *at = strrchr(mailbox, '@');
    return at ? at + 1 : "(no domain)";
}

static void count_recipient(stats_tree *st, packet_info *pinfo, const esmtp_mail_rcpt_t *rcpt)
{
    tick_stat_node(st, "Recipients", 0, true);
    if (rcpt->accepted) {
        tick(st, st_recipients, "accepted");
        return;
    }
    if (rcpt->code < 400) {
        tick(st, st_recipients, "aborted");
        return;
    }
    tick(st, st_recipients, rcpt->code < 500 ? "deferred" : "rejected");
    const char *domain = domain_of(rcpt->address);
    tick_stat_node(st, "Recipients refused, by domain", 0, true);
    tick_name(st, pinfo, st_domains, domain, strlen(domain));
}

static void count_message(stats_tree *st, const esmtp_verdict_t *verdict, const esmtp_mail_row_t *row)
{
    tick_stat_node(st, "Mails, by TLS", 0, true);
    tick(st, st_transport, row->tls ? row->tls : "plaintext");
    if (row->octets == UINT64_MAX)
        return;
    tick_stat_node(st, "Messages, by size in octets", 0, true);
    stats_tree_tick_range(st, "Messages, by size in octets", 0, (int)MIN(row->octets, INT32_MAX));
    tick_stat_node(st, "Messages, by command", 0, true);
    tick(st, st_transfer, verdict && verdict->message && verdict->message->bdat ? "BDAT" : "DATA");
}

static void count_mail(stats_tree *st, packet_info *pinfo, const esmtp_record_t *record, esmtp_txn_t *txn)
{
    esmtp_mail_t mail = {.txn = txn, .tls = record->tls, .tls_version = record->tls_version};
    esmtp_mail_row_t row;
    esmtp_mail_row(pinfo->pool, &mail, &row);
    tick_stat_node(st, "Mails", 0, true);
    tick(st, st_mails, row.outcome ? row.outcome : "(not known)");
    count_message(st, esmtp_txn_verdict(txn), &row);
    for (uint32_t i = 0; i < row.n_recipients; i++)
        count_recipient(st, pinfo, &row.recipients[i]);
}

/* The mail that ends here: by a reply, or, in later passes, because nothing of it comes any more. */
static esmtp_txn_t *ends_here(const esmtp_record_t *record)
{
    if (record->ended)
        return record->ended;
    bool last = record->mail && record->later && record->fact == record->mail->last;
    return last && !record->mail->judged ? record->mail : NULL;
}

/* --- logins ----------------------------------------------------------------------------------------- */

static void count_login(stats_tree *st, packet_info *pinfo, const esmtp_record_t *record)
{
    static const char *const outcomes[] = {
        [ESMTP_LOGIN_OPEN] = "open",
        [ESMTP_LOGIN_SUCCEEDED] = "succeeded",
        [ESMTP_LOGIN_FAILED] = "failed",
        [ESMTP_LOGIN_CANCELLED] = "cancelled",
    };
    const esmtp_login_t *login = record->fact->extra;
    if (login->end_frame != pinfo->num || record->fact->code == 334)
        return;
    tick_stat_node(st, "Logins", 0, true);
    const char *mechanism = login->row ? login->row->mechanism : *login->mechanism ? login->mechanism : "(not known)";
    int node = tick_name(st, pinfo, st_logins, mechanism, strlen(mechanism));
    tick(st, node, outcomes[login->outcome]);
    tick_stat_node(st, "Logins, by TLS", 0, true);
    tick(st, st_login_tls, record->tls ? "inside TLS" : "plaintext");
    if (login->outcome != ESMTP_LOGIN_FAILED)
        return;
    const char *client = address_to_str(pinfo->pool, &pinfo->dst);
    tick_stat_node(st, "Logins failed, by client", 0, true);
    tick_name(st, pinfo, st_clients, client, strlen(client));
}

/* --- connections ------------------------------------------------------------------------------------ */

/* Counts a connection below another name than before, if it changed. Names are string constants. */
static void move(stats_tree *st, int parent, const char **counted, const char *name)
{
    if (*counted == name)
        return;
    if (*counted) {
        increase_stat_node(st, *counted, parent, true, -1);
        increase_stat_node(st, name, parent, true, 1);
    } else {
        tick(st, parent, name);
    }
    *counted = name;
}

/* What smtp.session.findings counts: warnings and errors. */
static esmtp_finding_set_t findings_of(const esmtp_connection_t *connection)
{
    esmtp_finding_id_t ids[ESMTP_FINDINGS];
    esmtp_finding_set_t found = {0};
    for (unsigned n = esmtp_connection_findings(connection, ids); n > 0; n--)
        esmtp_findings_put(&found, ids[n - 1]);
    return found;
}

static void count_findings(stats_tree *st, counted_t *counted, const esmtp_finding_set_t *found)
{
    if (memcmp(&counted->found, found, sizeof *found) == 0)
        return;
    esmtp_finding_set_t none = {0};
    int with = memcmp(found, &none, sizeof none) != 0, before = memcmp(&counted->found, &none, sizeof none) != 0;
    increase_stat_node(st, WITH_FINDINGS, 0, true, with - before);
    for (unsigned id = 1; id < ESMTP_FINDINGS; id++) {
        bool now = esmtp_findings_have(found, (esmtp_finding_id_t)id);
        if (now == esmtp_findings_have(&counted->found, (esmtp_finding_id_t)id))
            continue;
        increase_stat_node(st, esmtp_finding_short_name((esmtp_finding_id_t)id), st_findings, true, now ? 1 : -1);
    }
    counted->found = *found;
}

/* The reply that ends it: on a first visit what became of the connection is known from there on. */
static bool is_goodbye(const esmtp_record_t *record)
{
    return record->kind == ESMTP_RECORD_REPLY && (record->fact->code == 221 || record->fact->code == 421);
}

static void count_connection(stats_tree *st, const esmtp_record_t *record)
{
    GHashTable *known = ((kept_t *)g_hash_table_lookup(trees, st))->connections;
    const esmtp_connection_t *connection = record->connection;
    counted_t *counted = g_hash_table_lookup(known, connection);
    if (!counted) {
        counted = g_new0(counted_t, 1);
        g_hash_table_insert(known, (void *)connection, counted);
        tick_stat_node(st, "Connections", 0, true);
        tick_stat_node(st, "by security", st_connections, true);
        tick_stat_node(st, "by outcome", st_connections, true);
        tick_stat_node(st, "by hello", st_connections, true);
        move(st, st_outcome, &counted->outcome, NO_END);
    }
    move(st, st_security, &counted->security, esmtp_connection_security(connection));
    move(st, st_hello, &counted->hello, esmtp_connection_hello(connection));
    esmtp_finding_set_t found = findings_of(connection);
    count_findings(st, counted, &found);
    if (counted->outcome != NO_END || !(record->later || is_goodbye(record)))
        return;
    esmtp_totals_t totals;
    esmtp_summary_count(connection->sum, &totals);
    move(st, st_outcome, &counted->outcome, esmtp_connection_outcome(connection, &totals));
}

/* --- the tree --------------------------------------------------------------------------------------- */

static tap_packet_status tree_packet(stats_tree *st, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                     tap_flags_t flags)
{
    const esmtp_record_t *record = data;
    (void)edt, (void)flags;
    count_connection(st, record);
    switch (record->kind) {
    case ESMTP_RECORD_COMMAND:
    case ESMTP_RECORD_END: count_command(st, record); break;
    case ESMTP_RECORD_LINE: count_extension(st, pinfo, record); break;
    case ESMTP_RECORD_REPLY:
        count_reply(st, pinfo, record);
        count_hello(st, record);
        count_extension(st, pinfo, record);
        if (record->fact->flags & ESMTP_FF_LOGIN)
            count_login(st, pinfo, record);
        break;
    case ESMTP_RECORD_PIECE: break;
    }
    esmtp_txn_t *txn = ends_here(record);
    if (txn && !txn->withdrawn)
        count_mail(st, pinfo, record, txn);
    return TAP_PACKET_REDRAW;
}

static void kept_free(void *p)
{
    kept_t *kept = p;
    g_hash_table_destroy(kept->names);
    g_hash_table_destroy(kept->connections);
    g_free(kept);
}

static int node(stats_tree *st, const char *name, int parent)
{
    return stats_tree_create_node(st, name, parent, STAT_DT_INT, true);
}

static void tree_init(stats_tree *st)
{
    kept_t *kept = g_new(kept_t, 1);
    kept->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    kept->connections = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    if (!trees)
        trees = g_hash_table_new_full(NULL, NULL, NULL, kept_free);
    g_hash_table_insert(trees, st, kept);
    st_connections = node(st, "Connections", 0);
    st_security = node(st, "by security", st_connections);
    st_outcome = node(st, "by outcome", st_connections);
    st_hello = node(st, "by hello", st_connections);
    st_findings = node(st, WITH_FINDINGS, 0);
    st_hellos = node(st, "Hellos accepted", 0);
    st_extensions = node(st, EXTENSIONS, 0);
    st_commands = node(st, "Commands", 0);
    st_replies = node(st, "Replies", 0);
    st_refused = node(st, "Refused and deferred", 0);
    st_by_command = node(st, "by command", st_refused);
    st_by_server = node(st, "by server", st_refused);
    st_mails = node(st, "Mails", 0);
    (void)stats_tree_create_range_node(st, "Messages, by size in octets", 0, "0-9999", "10000-99999", "100000-999999",
                                       "1000000-9999999", "10000000-", NULL);
    st_transfer = node(st, "Messages, by command", 0);
    st_transport = node(st, "Mails, by TLS", 0);
    st_recipients = node(st, "Recipients", 0);
    st_domains = node(st, "Recipients refused, by domain", 0);
    st_logins = node(st, "Logins", 0);
    st_login_tls = node(st, "Logins, by TLS", 0);
    st_clients = node(st, "Logins failed, by client", 0);
}

static void tree_cleanup(stats_tree *st)
{
    if (trees)
        g_hash_table_remove(trees, st);
}

/* The program ends; tshark leaves its trees as they are. */
static void trees_end(void)
{
    if (trees)
        g_hash_table_destroy(trees);
    trees = NULL;
}

void esmtp_tree_register(void)
{
    stats_tree_register_plugin(ESMTP_TAP, ESMTP_TAP, "SMTP", 0, tree_packet, tree_init, tree_cleanup);
    register_shutdown_routine(trees_end);
}
