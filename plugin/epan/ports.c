/* ports.c
 * Taking ports over from Wireshark's own SMTP dissector, and giving them back.
 *
 * Nothing is registered for a port that the other one has: that would make Decode As name two dissectors. Instead, before each
 * capture is dissected, when all preferences and Decode As rules are in force, every table entry that names the other dissector
 * is turned to ours, or back if this plugin is switched off or the port was taken out of its preferences. Our handles have the
 * other one's description, so that rules which are saved meanwhile can be read again, with this plugin or without it.
 *
 * A port that nobody has becomes a plain entry, which other protocols' ports of the same connection come before: a system may
 * have given it to a client.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ports.h"

#define PORT_MAX 65535

static const uint32_t tcp_defaults[] = {25, 587, 0};
static const uint32_t tls_defaults[] = {465, 0};

/* One table of Wireshark: whose entries become ours. */
typedef struct {
    const char *name;
    range_t *const *wanted;    /* preference */
    const uint32_t *defaults;  /* ports that the other one has by itself; ended by 0 */
    dissector_handle_t theirs; /* NULL: this Wireshark has no such dissector */
    dissector_handle_t ours;
    dissector_handle_t plain;  /* for ports that nobody has; NULL: ours */
    bool any;                  /* entries of theirs outside the preference become ours, too */
    range_t *added;            /* ports that became ours though they were not theirs; in epan scope */
} table_t;

static range_t *tcp_ports;
static range_t *tls_ports;

/* Octets out of TLS, octets from TCP on SMTP's ports, octets from TCP on ports of TLS. */
enum { INSIDE, CLEAR, OUTSIDE, TABLES };
static table_t tables[TABLES] = {
    [INSIDE] = {.name = "tls.port", .wanted = &tls_ports, .defaults = tls_defaults, .any = true},
    [CLEAR] = {.name = "tcp.port", .wanted = &tcp_ports, .defaults = tcp_defaults, .any = true},
    [OUTSIDE] = {.name = "tcp.port", .wanted = &tls_ports, .defaults = tls_defaults},
};
static int proto;

static bool is_default(const table_t *table, uint32_t port)
{
    for (const uint32_t *p = table->defaults; *p; p++) {
        if (*p == port)
            return true;
    }
    return false;
}

static bool contains(range_t *range, uint32_t port)
{
    return range && value_is_in_range(range, port);
}

/* --- entries that there are -------------------------------------------------------------------------------------------- */

/* What is to be done with one entry. */
typedef struct {
    uint32_t port;
    enum { TAKE, RESET, HAND_BACK, DROP } what;
} change_t;

typedef struct {
    const table_t *table;
    bool enabled;
    GArray *changes;
} sweep_t;

/* Whether an entry that is theirs or ours is to be ours. */
static bool is_due(const sweep_t *sweep, uint32_t port)
{
    const table_t *table = sweep->table;
    bool given = table->any && !is_default(table, port) && !contains(table->added, port);
    return sweep->enabled && (given || contains(*table->wanted, port));
}

static void plan(const char *name, ftenum_t type, void *key, void *value, void *user_data)
{
    sweep_t *sweep = user_data;
    const table_t *table = sweep->table;
    dissector_handle_t current = dtbl_entry_get_handle(value), initial = dtbl_entry_get_initial_handle(value);
    change_t change = {.port = GPOINTER_TO_UINT(key)};
    bool due = is_due(sweep, change.port);
    (void)name;
    (void)type;

    if (table->plain && current == table->plain && initial == table->plain) {
        if (sweep->enabled && contains(*table->wanted, change.port))
            return;
        change.what = DROP;
    } else if (current == table->ours && !due) {
        change.what = contains(table->added, change.port) ? RESET : HAND_BACK;
    } else if (current == table->theirs && table->theirs && due) {
        change.what = TAKE;
    } else {
        return;
    }
    g_array_append_val(sweep->changes, change);
}

static void carry_out(table_t *table, const change_t *change)
{
    switch (change->what) {
    case TAKE:
        dissector_change_uint(table->name, change->port, table->ours);
        break;
    case RESET:
        dissector_reset_uint(table->name, change->port);
        range_remove_value(wmem_epan_scope(), &table->added, change->port);
        break;
    case HAND_BACK:
        dissector_change_uint(table->name, change->port, table->theirs);
        break;
    case DROP:
        dissector_delete_uint(table->name, change->port, table->plain);
        break;
    }
}

static void sweep_table(table_t *table, bool enabled)
{
    sweep_t sweep = {table, enabled, g_array_new(FALSE, FALSE, sizeof(change_t))};
    dissector_table_foreach(table->name, plan, &sweep);
    for (unsigned i = 0; i < sweep.changes->len; i++)
        carry_out(table, &g_array_index(sweep.changes, change_t, i));
    g_array_free(sweep.changes, TRUE);
}

/* --- ports that are wanted besides ------------------------------------------------------------------------------------- */

/* A port that the other one does not have. One that it has by itself was taken from it by the user, then. */
static void add_port(table_t *table, uint32_t port)
{
    dissector_handle_t current = dissector_get_uint_handle(find_dissector_table(table->name), port);
    dissector_handle_t initial = dissector_get_default_uint_handle(table->name, port);
    if ((is_default(table, port) && table->theirs) || current == table->ours)
        return;
    if (current != initial || (current && (current == table->plain || current == tables[CLEAR].plain)))
        return; /* the user decided otherwise, or it is ours */
    if (!current && table->plain) {
        dissector_add_uint(table->name, port, table->plain);
        return;
    }
    dissector_change_uint(table->name, port, table->ours);
    if (!table->added)
        table->added = range_empty(wmem_epan_scope());
    range_add_value(wmem_epan_scope(), &table->added, port);
}

static void add_wanted(table_t *table)
{
    const range_t *wanted = *table->wanted;
    for (unsigned i = 0; wanted && i < wanted->nranges; i++) {
        for (uint32_t port = MAX(wanted->ranges[i].low, 1); port <= MIN(wanted->ranges[i].high, PORT_MAX); port++)
            add_port(table, port);
    }
}

static void sweep(void)
{
    bool enabled = proto_is_protocol_enabled(find_protocol_by_id(proto));
    for (int i = 0; i < TABLES; i++)
        sweep_table(&tables[i], enabled);
    for (int i = 0; enabled && i < TABLES; i++)
        add_wanted(&tables[i]);
}

void esmtp_ports_register(module_t *prefs)
{
    range_convert_str(wmem_epan_scope(), &tcp_ports, "24,25,587,2525", PORT_MAX);
    range_convert_str(wmem_epan_scope(), &tls_ports, "465", PORT_MAX);
    prefs_register_range_preference(prefs, "tcp.ports", "TCP ports",
                                    "SMTP and LMTP in clear or with STARTTLS. Ports given to Wireshark's own SMTP dissector "
                                    "(preference smtp.tcp.port, Decode As) are taken over as well.",
                                    &tcp_ports, PORT_MAX);
    prefs_register_range_preference(prefs, "tls.ports", "TLS ports", "SMTP inside TLS from the first octet on.", &tls_ports,
                                    PORT_MAX);
    register_init_routine(sweep);
}

void esmtp_ports_handoff(int proto_esmtp, const esmtp_entries_t *entries)
{
    proto = proto_esmtp;
    tables[INSIDE].theirs = tables[CLEAR].theirs = find_dissector("smtp");
    tables[INSIDE].ours = entries->inside;
    tables[CLEAR].ours = entries->tcp;
    tables[CLEAR].plain = entries->guest;
    tables[OUTSIDE].theirs = find_dissector("tls");
    tables[OUTSIDE].ours = tables[OUTSIDE].plain = entries->tls_port;
}
