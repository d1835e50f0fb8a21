/* heuristics.c
 * What Wireshark asks about connections that no port gives to anybody. What SMTP looks like there: look.h.
 *
 * Known limit: a first line that TCP cut before it says enough is not asked for again, as it may be anybody's.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "heuristics.h"

#include "../show/fields.h"
#include "look.h"

static int proto;
static esmtp_bool_t enabled = true;
static esmtp_entries_t entries;
static dissector_table_t tls_ports;

static bool is_on(void)
{
    return enabled && proto_is_protocol_enabled(find_protocol_by_id(proto));
}

static esmtp_bool_t match_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return esmtp_look_starts(tvb) && is_on() && entries.any_tcp(tvb, pinfo, tree, data) > 0;
}

/* Whether the user has said by Decode As what is inside TLS on a port, and it is not SMTP. TLS asks heuristics first.
 */
static bool is_taken(uint32_t port)
{
    dissector_handle_t now = dissector_get_uint_handle(tls_ports, port);
    return now != dissector_get_default_uint_handle("tls.port", port) &&
           (!now || dissector_handle_get_protocol_index(now) != esmtp_smtp_proto());
}

static esmtp_bool_t match_tls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (!esmtp_look_starts(tvb) || !is_on() || is_taken(pinfo->srcport) || is_taken(pinfo->destport))
        return false;
    return entries.any_tls(tvb, pinfo, tree, data) > 0;
}

void esmtp_heuristics_register(module_t *module)
{
    prefs_register_bool_preference(
        module, "heuristics", "Find SMTP on any port",
        "Whether connections on other ports, in clear or decrypted from TLS, are taken for SMTP or LMTP "
        "when their first line is such a greeting or hello.",
        &enabled);
}

void esmtp_heuristics_handoff(int proto_esmtp, const esmtp_entries_t *e)
{
    proto = proto_esmtp;
    entries = *e;
    tls_ports = find_dissector_table("tls.port");
    heur_dissector_add("tcp", match_tcp, "SMTP over TCP", "smtp_tcp", esmtp_smtp_proto(), HEURISTIC_ENABLE);
    heur_dissector_add("tls", match_tls, "SMTP over TLS", "smtp_tls", esmtp_smtp_proto(), HEURISTIC_ENABLE);
}
