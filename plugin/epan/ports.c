/* ports.c
 * Taking ports over from Wireshark's own SMTP dissector, and giving them back.
 *
 * Nothing is registered for a port that the other one has: that would make Decode As name two dissectors. Instead, before each
 * capture is dissected, when all preferences and Decode As rules are in force, every table entry that names the other dissector
 * is turned to ours, or back if this plugin is switched off or the port was taken out of its preferences.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ports.h"

#include <epan/dissectors/packet-tls.h>

#define PORT_MAX 65535

/* One dissector table and what is ours in it. */
typedef struct {
    const char *name;
    range_t *wanted;          /* preference */
    range_t *added;           /* ports that nobody had before us; in epan scope */
    const uint32_t *defaults; /* ports that the built-in dissector has by itself; ended by 0 */
    dissector_handle_t ours;
    bool tls;
} table_t;

static const uint32_t tcp_defaults[] = {25, 587, 0};
static const uint32_t tls_defaults[] = {465, 0};

static table_t tables[] = {
    {.name = "tcp.port", .defaults = tcp_defaults},
    {.name = "tls.port", .defaults = tls_defaults, .tls = true},
};

static dissector_handle_t builtin;
static dissector_handle_t tls_handle;
static dissector_handle_t tls_port_handle;
static int proto;

static bool contains(range_t *range, uint32_t port)
{
    return range && value_is_in_range(range, port);
}

static bool is_default(const table_t *table, uint32_t port)
{
    for (const uint32_t *p = table->defaults; *p; p++) {
        if (*p == port)
            return true;
    }
    return false;
}

/* Whether a port that SMTP has is to be ours: one of the preference, or one that the user gave to SMTP in another way. */
static bool wants(const table_t *table, uint32_t port)
{
    return contains(table->wanted, port) || !(is_default(table, port) || contains(table->added, port));
}

/* What is to be done with one port. */
typedef struct {
    uint32_t port;
    enum { TAKE, RESET, HAND_BACK } what;
} change_t;

typedef struct {
    const table_t *table;
    bool enabled;
    GArray *changes;
} sweep_t;

static void plan(const char *name, ftenum_t type, void *key, void *value, void *user_data)
{
    sweep_t *sweep = user_data;
    dissector_handle_t current = dtbl_entry_get_handle(value);
    change_t change = {.port = GPOINTER_TO_UINT(key)};
    bool mine = sweep->enabled && wants(sweep->table, change.port);
    (void)name;
    (void)type;

    if (current == sweep->table->ours && !mine) {
        bool reset = dtbl_entry_get_initial_handle(value) != NULL || contains(sweep->table->added, change.port) || !builtin;
        change.what = reset ? RESET : HAND_BACK;
    } else if (current == builtin && builtin && mine) {
        change.what = TAKE;
    } else {
        return;
    }
    g_array_append_val(sweep->changes, change);
}

static void carry_out(const table_t *table, const change_t *change)
{
    switch (change->what) {
    case TAKE:
        dissector_change_uint(table->name, change->port, table->ours);
        break;
    case RESET:
        if (table->tls && contains(table->added, change->port))
            ssl_dissector_delete(change->port, table->ours);
        else
            dissector_reset_uint(table->name, change->port);
        break;
    case HAND_BACK:
        dissector_change_uint(table->name, change->port, builtin);
        break;
    }
}

/* A wanted port that nobody has, or that another protocol has by default, becomes ours. */
static void add_port(table_t *table, uint32_t port)
{
    dissector_handle_t current = dissector_get_uint_handle(find_dissector_table(table->name), port);
    if (current == table->ours)
        return;
    if (current && (current == builtin || current == tls_port_handle || dissector_get_default_uint_handle(table->name, port) != current))
        return; /* the user decided otherwise by Decode As */
    if (table->tls)
        ssl_dissector_add(port, table->ours);
    else
        dissector_change_uint(table->name, port, table->ours);
    if (!table->added)
        table->added = range_empty(wmem_epan_scope());
    range_add_value(wmem_epan_scope(), &table->added, port);
}

static void add_wanted(table_t *table)
{
    for (unsigned i = 0; table->wanted && i < table->wanted->nranges; i++) {
        const range_admin_t *r = &table->wanted->ranges[i];
        for (uint32_t port = MAX(r->low, 1); port <= MIN(r->high, PORT_MAX); port++)
            add_port(table, port);
    }
}

static void sweep_table(table_t *table, bool enabled)
{
    sweep_t sweep = {table, enabled, g_array_new(FALSE, FALSE, sizeof(change_t))};
    dissector_table_foreach(table->name, plan, &sweep);
    for (unsigned i = 0; i < sweep.changes->len; i++)
        carry_out(table, &g_array_index(sweep.changes, change_t, i));
    g_array_free(sweep.changes, TRUE);
    if (enabled)
        add_wanted(table);
}

/* On our TLS ports TCP asks us first, for the servers that speak in clear there; elsewhere TLS has them back. */
static void plan_tls_ports(const char *name, ftenum_t type, void *key, void *value, void *user_data)
{
    sweep_t *sweep = user_data;
    dissector_handle_t current = dtbl_entry_get_handle(value);
    change_t change = {.port = GPOINTER_TO_UINT(key)};
    bool mine = sweep->enabled && contains(sweep->table->wanted, change.port);
    (void)name;
    (void)type;

    if (current == tls_port_handle && !mine)
        change.what = RESET;
    else if (current == tls_handle && mine)
        change.what = TAKE;
    else
        return;
    g_array_append_val(sweep->changes, change);
}

static void sweep_tls_ports(bool enabled)
{
    sweep_t sweep = {&tables[1], enabled, g_array_new(FALSE, FALSE, sizeof(change_t))};
    dissector_table_foreach("tcp.port", plan_tls_ports, &sweep);
    for (unsigned i = 0; i < sweep.changes->len; i++) {
        const change_t *change = &g_array_index(sweep.changes, change_t, i);
        if (change->what == TAKE)
            dissector_change_uint("tcp.port", change->port, tls_port_handle);
        else
            dissector_reset_uint("tcp.port", change->port);
    }
    g_array_free(sweep.changes, TRUE);
}

static void sweep_all(void)
{
    bool enabled = proto_is_protocol_enabled(find_protocol_by_id(proto));
    sweep_tls_ports(false);
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
        sweep_table(&tables[i], enabled);
    sweep_tls_ports(enabled);
}

bool esmtp_ports_is_doubtful(uint32_t port)
{
    return contains(tables[0].added, port);
}

void esmtp_ports_register(module_t *prefs)
{
    range_convert_str(wmem_epan_scope(), &tables[0].wanted, "25,587,2525", PORT_MAX);
    range_convert_str(wmem_epan_scope(), &tables[1].wanted, "465", PORT_MAX);
    prefs_register_range_preference(prefs, "tcp.ports", "TCP ports",
                                    "SMTP and LMTP in clear or with STARTTLS. Ports given to Wireshark's own SMTP dissector "
                                    "(preference smtp.tcp.port, Decode As) are taken over as well.",
                                    &tables[0].wanted, PORT_MAX);
    prefs_register_range_preference(prefs, "tls.ports", "TLS ports", "SMTP inside TLS from the first octet on.", &tables[1].wanted,
                                    PORT_MAX);
    register_init_routine(sweep_all);
}

void esmtp_ports_handoff(int proto_esmtp, const esmtp_entries_t *entries)
{
    proto = proto_esmtp;
    builtin = find_dissector("smtp");
    tls_handle = find_dissector("tls");
    tls_port_handle = entries->tls_port;
    tables[0].ours = entries->tcp;
    tables[1].ours = entries->inside;
}
