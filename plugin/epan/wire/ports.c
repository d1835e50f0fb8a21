/* ports.c
 * Taking ports over from Wireshark's own SMTP dissector, and giving them back.
 *
 * Nothing is registered for a port that the other one has: that would make Decode As name two dissectors. Instead,
 * before each capture is dissected, when all preferences and Decode As rules are in force, every table entry that names
 * the other dissector is turned to ours, or back if this plugin is switched off or the port was taken out of its
 * preferences. Our handles have the other one's description, so that rules which are saved meanwhile can be read again,
 * with this plugin or without it.
 *
 * A port that nobody has becomes a plain entry, which other protocols' ports of the same connection come before: a
 * system may have given it to a client.
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
    dissector_handle_t plain; /* for ports that nobody has; NULL: ours */
    bool any;                 /* entries of theirs outside the preference become ours, too */
    GArray *held; /* of held_t: entries that are ours; Wireshark does not list those of handles without a protocol */
} table_t;

/* An entry that is ours. */
typedef struct {
    uint32_t port;
    enum { TAKEN, REPLACED, MADE } how; /* from theirs, from another protocol, from nobody */
} held_t;

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

static void hold(table_t *table, uint32_t port, int how)
{
    held_t held = {.port = port, .how = how};
    g_array_append_val(table->held, held);
}

static dissector_handle_t current_of(const table_t *table, uint32_t port)
{
    return dissector_get_uint_handle(find_dissector_table(table->name), port);
}

/* --- giving back ------------------------------------------------------------------------------ */

/* Whether an entry stays ours. One that the user gave to theirs is nobody else's business. */
static bool stays(const table_t *table, const held_t *held)
{
    bool given = held->how == TAKEN && table->any && !is_default(table, held->port);
    return given || contains(*table->wanted, held->port);
}

static void give_back(const table_t *table, const held_t *held)
{
    if (held->how == TAKEN)
        dissector_change_uint(table->name, held->port, table->theirs);
    else if (held->how == REPLACED)
        dissector_reset_uint(table->name, held->port);
    else
        dissector_delete_uint(table->name, held->port, table->plain);
}

static void give_back_all(table_t *table, bool enabled)
{
    for (unsigned i = table->held->len; i-- > 0;) {
        const held_t *held = &g_array_index(table->held, held_t, i);
        bool ours = current_of(table, held->port) == (held->how == MADE ? table->plain : table->ours);
        if (ours && enabled && stays(table, held))
            continue;
        if (ours)
            give_back(table, held); /* else the user has changed it meanwhile */
        g_array_remove_index_fast(table->held, i);
    }
}

/* --- taking over ------------------------------------------------------------------------------ */

typedef struct {
    const table_t *table;
    GArray *ports;
} found_t;

/* Notes an entry of theirs that is to be ours. */
static void look_at(const char *name, ftenum_t type, void *key, void *value, void *user_data)
{
    found_t *found = user_data;
    const table_t *table = found->table;
    uint32_t port = GPOINTER_TO_UINT(key);
    bool due = contains(*table->wanted, port) || (table->any && !is_default(table, port));
    (void)name;
    (void)type;

    if (table->theirs && due && dtbl_entry_get_handle(value) == table->theirs)
        g_array_append_val(found->ports, port);
}

static void take_all(table_t *table)
{
    found_t found = {table, g_array_new(FALSE, FALSE, sizeof(uint32_t))};
    dissector_table_foreach(table->name, look_at, &found);
    for (unsigned i = 0; i < found.ports->len; i++) {
        uint32_t port = g_array_index(found.ports, uint32_t, i);
        dissector_change_uint(table->name, port, table->ours);
        hold(table, port, TAKEN);
    }
    g_array_free(found.ports, TRUE);
}

/* A wanted port that is not theirs. One that they have by themselves was taken from them by the user, then. */
static void add_port(table_t *table, uint32_t port)
{
    dissector_handle_t current = current_of(table, port);
    if ((is_default(table, port) && table->theirs) || current != dissector_get_default_uint_handle(table->name, port))
        return; /* the user decided otherwise, or it is ours */
    if (current && (current == table->plain || current == tables[CLEAR].plain))
        return;
    if (!current && table->plain) {
        dissector_add_uint(table->name, port, table->plain);
        hold(table, port, MADE);
    } else {
        dissector_change_uint(table->name, port, table->ours);
        hold(table, port, REPLACED);
    }
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
        give_back_all(&tables[i], enabled);
    for (int i = 0; enabled && i < TABLES; i++) {
        take_all(&tables[i]);
        add_wanted(&tables[i]);
    }
}

static void forget(void)
{
    for (int i = 0; i < TABLES; i++)
        g_array_free(tables[i].held, TRUE);
}

void esmtp_ports_register(module_t *module)
{
    range_convert_str(wmem_epan_scope(), &tcp_ports, "24,25,587,2525", PORT_MAX);
    range_convert_str(wmem_epan_scope(), &tls_ports, "465", PORT_MAX);
    prefs_register_range_preference(
        module, "tcp.ports", "TCP ports",
        "SMTP and LMTP in clear or with STARTTLS. Ports given to Wireshark's own SMTP dissector "
        "(preference smtp.tcp.port, Decode As) are taken over as well.",
        &tcp_ports, PORT_MAX);
    prefs_register_range_preference(module, "tls.ports", "TLS ports", "SMTP inside TLS from the first octet on.",
                                    &tls_ports, PORT_MAX);
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
    for (int i = 0; i < TABLES; i++)
        tables[i].held = g_array_new(FALSE, FALSE, sizeof(held_t));
    register_shutdown_routine(forget);
}
