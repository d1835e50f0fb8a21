/* packet-esmtp.c
 * The entries of the dissector: octets from TCP, octets out of TLS. Asks whose they are (whose.h) and hands them to
 * TLS, or lets the session see them once, shows what is known of them, asks TCP for more where a line is cut.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet-esmtp.h"

#include "../ws_compat.h"

#include <epan/dissectors/packet-tcp.h>

#include "../show/findings.h"
#include "../show/collect.h"
#include "../show/explain.h"
#include "../show/extend.h"
#include "../show/fields.h"
#include "../show/secrets.h"
#include "../show/show.h"
#include "../taps/taps.h"
#include "entries.h"
#include "heuristics.h"
#include "kept.h"
#include "options.h"
#include "ports.h"
#include "proxy.h"
#include "quoted.h"
#include "roles.h"
#include "stream.h"
#include "tls.h"
#include "whose.h"

static int proto_esmtp = -1;

static esmtp_entries_t entries;
static dissector_handle_t layer_handle;
static dissector_handle_t quoted_handle;
static dissector_handle_t header_handle;

/* Whether the connection is summed up with these octets: the last of it, as later visits know; on the first visit a
 * reply that says goodbye. */
static bool is_last(const esmtp_call_t *call, const esmtp_found_t *found)
{
    if (found->first >= found->last)
        return false;
    const esmtp_fact_t *fact = esmtp_facts_at(found->facts, found->last - 1);
    if (PINFO_FD_VISITED(call->pinfo))
        return fact == call->conn->last;
    return fact->kind == ESMTP_FACT_REPLY && fact->flags & ESMTP_FF_LAST && (fact->code == 221 || fact->code == 421);
}

static void show(const esmtp_call_t *call, const esmtp_found_t *found, proto_tree *tree)
{
    esmtp_shown_t shown = {
        .tvb = call->tvb,
        .pinfo = call->pinfo,
        .facts = found->facts,
        .first = found->first,
        .last = found->last,
        .used = found->used,
        .old = found->old,
        .undecided = found->undecided,
        .tls = call->layer == ESMTP_LAYER_TLS,
        .tls_version = call->layer == ESMTP_LAYER_TLS ? call->conn->tls_version : 0,
        .connection = &call->conn->whole,
        .sum_up = is_last(call, found),
        .starttls_in = call->conn->starttls_in,
    };
    esmtp_show(&shown, tree);
    if (!PINFO_FD_VISITED(call->pinfo))
        esmtp_session_note(call->conn->session, esmtp_findings_said());
}

static void ask_for_more(packet_info *pinfo, size_t offset)
{
    pinfo->desegment_offset = (int)offset;
    pinfo->desegment_len = DESEGMENT_ONE_MORE_SEGMENT;
}

/* First visit: the session sees the octets, unless they are the middle of a line. */
static void feed(esmtp_call_t *call, esmtp_found_t *found)
{
    if (esmtp_kept_go_on(call, found))
        return;
    esmtp_roles_settle(call);
    if (call->layer == ESMTP_LAYER_TLS)
        esmtp_session_tls_begin(call->conn->session);
    esmtp_stream_feed(call, found);
    esmtp_tls_hand_off(call, found);
    esmtp_kept_begin(call, found);
}

/* Later visits: what that was. */
static void find(esmtp_call_t *call, esmtp_found_t *found)
{
    if (esmtp_kept_find(call, found))
        return;
    esmtp_stream_find(call, found);
    if (found->first == found->last && call->first)
        found->used = found->old = 0; /* not seen before: waited for, as on the first visit */
}

/* Octets that are SMTP, within the layer that the caller made for them. */
static int dissect(esmtp_call_t *call, proto_tree *tree)
{
    packet_info *pinfo = call->pinfo;
    esmtp_found_t found;

    call->can_ask = pinfo->can_desegment && esmtp_option_lines() && esmtp_whose_is_sure(call);
    if (PINFO_FD_VISITED(pinfo))
        find(call, &found);
    else
        feed(call, &found);
    if (found.first < found.last || found.old)
        show(call, &found, tree);
    if (found.used < call->octets.len && call->can_ask)
        ask_for_more(pinfo, found.used - call->kept);
    return (int)(call->octets.len - call->kept);
}

/* Octets before these in the same segment, if Wireshark's own heuristic has found a PROXY header there. */
static uint32_t shown_by_others(tvbuff_t *tvb, packet_info *pinfo, const struct tcpinfo *tcpinfo)
{
    uint32_t segment = tcpinfo->nxtseq - tcpinfo->seq, here = tvb_reported_length(tvb);
    return here < segment && proto_is_frame_protocol(pinfo->layers, "proxy") ? segment - here : 0;
}

/* What TCP tells of its octets. */
static esmtp_call_t call_from_tcp(esmtp_port_t port, tvbuff_t *tvb, packet_info *pinfo, const struct tcpinfo *tcpinfo)
{
    esmtp_call_t call = {.layer = ESMTP_LAYER_TCP, .port = port, .pinfo = pinfo};
    esmtp_call_set_octets(&call, tvb);
    if (tcpinfo) {
        call.have_seq = true;
        call.segment = tcpinfo->seq;
        call.shown = shown_by_others(tvb, pinfo, tcpinfo);
        call.seq = call.segment + call.shown;
        call.ack = tcpinfo->lastackseq;
        call.fin = IS_TH_FIN(tcpinfo->flags);
    }
    return call;
}

/* The SMTP layer of what comes from TCP: data is its esmtp_call_t. */
static int dissect_layer(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    (void)tvb;
    (void)pinfo;
    return dissect(data, tree);
}

/* The SMTP layer of what an ICMP error quotes. */
static int dissect_quoted(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    (void)data;
    return esmtp_quoted_dissect(tvb, pinfo, tree);
}

/* The SMTP layer of a PROXY header: data is the esmtp_call_t that begins with it. */
static int dissect_header(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    (void)tvb;
    (void)pinfo;
    esmtp_proxy_dissect(data, tree);
    return 1;
}

static int dissect_clear(esmtp_call_t *call, proto_tree *tree)
{
    call->pinfo->can_desegment = call->pinfo->saved_can_desegment;
    return call_dissector_only(layer_handle, call->tvb, call->pinfo, tree, call);
}

/* Whether a PROXY header that another dissector has shown stands before the octets. */
static bool is_header_shown(const esmtp_call_t *call, esmtp_whose_t whose)
{
    bool ours = whose == ESMTP_WHOSE_SMTP || whose == ESMTP_WHOSE_TLS;
    return call->shown && ours && call->conn->proxy.frame == call->pinfo->num;
}

/* Octets from TCP without a PROXY header. Returns how many are taken care of. */
static int dissect_octets(esmtp_call_t *call, esmtp_whose_t whose, proto_tree *tree, void *data)
{
    if (whose == ESMTP_WHOSE_TLS) {
        int n = esmtp_tls_dissect(call, tree, data);
        if (n)
            return n;
        whose = esmtp_whose_declined(call);
    }
    switch (whose) {
    case ESMTP_WHOSE_SMTP: return dissect_clear(call, tree);
    case ESMTP_WHOSE_QUOTED: return call_dissector_only(quoted_handle, call->tvb, call->pinfo, tree, NULL);
    case ESMTP_WHOSE_WAIT: ask_for_more(call->pinfo, 0); return (int)call->octets.len;
    case ESMTP_WHOSE_PROXY:
    case ESMTP_WHOSE_TLS:
    case ESMTP_WHOSE_NOBODYS: break;
    }
    return 0;
}

/* What follows the PROXY header that the call was moved past. */
static void dissect_rest(esmtp_call_t *call, proto_tree *tree, const struct tcpinfo *tcpinfo)
{
    packet_info *pinfo = call->pinfo;
    struct tcpinfo after = *tcpinfo;
    uint32_t header = call->header;
    if (!call->tvb)
        return;
    after.seq = call->seq;
    call->first = true;
    if (!dissect_octets(call, esmtp_whose(call), tree, &after))
        call_data_dissector(call->tvb, pinfo, tree);
    if (pinfo->desegment_len)
        pinfo->desegment_offset += (int)header;
}

/* Octets from TCP, on a port that somebody named. */
static int dissect_named(esmtp_call_t *call, proto_tree *tree, void *data)
{
    packet_info *pinfo = call->pinfo;
    tvbuff_t *tvb = call->tvb;
    uint16_t can_desegment = pinfo->saved_can_desegment;
    esmtp_whose_t whose = esmtp_whose(call);
    if (is_header_shown(call, whose))
        esmtp_proxy_add_shown(call, tree);
    if (whose != ESMTP_WHOSE_PROXY)
        return dissect_octets(call, whose, tree, data);
    call_dissector_only(header_handle, tvb, pinfo, tree, call);
    pinfo->saved_can_desegment = can_desegment;
    if (call->port == ESMTP_PORT_GUEST)
        call->port = ESMTP_PORT_OURS; /* what follows has been looked at */
    dissect_rest(call, tree, data);
    return (int)tvb_captured_length(tvb);
}

/* Octets from TCP on any port, within a layer of SMTP. Conversations that begin with a header which another dissector
 * has found stay with that for this frame, so that it finds it again. */
static int dissect_any(esmtp_call_t *call, proto_tree *tree, void *data)
{
    packet_info *pinfo = call->pinfo;
    int len = (int)call->octets.len;
    uint16_t can_desegment = pinfo->saved_can_desegment;
    esmtp_whose_t whose = esmtp_whose(call);
    if (whose != ESMTP_WHOSE_SMTP && whose != ESMTP_WHOSE_PROXY)
        return 0;
    conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num + (call->shown > 0),
                                                 entries.tcp);
    if (is_header_shown(call, whose))
        esmtp_proxy_add_shown(call, tree);
    if (whose == ESMTP_WHOSE_SMTP)
        return dissect(call, tree);
    esmtp_proxy_dissect(call, tree);
    pinfo->saved_can_desegment = can_desegment;
    call->port = ESMTP_PORT_OURS;
    dissect_rest(call, tree, data);
    return len;
}

/* What all entries for TCP have in common. The ends of a proxied connection, which Wireshark's dissector of PROXY
 * headers has set, are not those of ours. */
static int dissect_tcp(esmtp_port_t port, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = call_from_tcp(port, tvb, pinfo, data);
    bool proxied = pinfo->use_conv_addr_port_endpoints;
    pinfo->use_conv_addr_port_endpoints = false;
    int n = port == ESMTP_PORT_ANY ? dissect_any(&call, tree, data) : dissect_named(&call, tree, data);
    pinfo->use_conv_addr_port_endpoints = proxied;
    return n;
}

static int dissect_ours(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return dissect_tcp(ESMTP_PORT_OURS, tvb, pinfo, tree, data);
}

/* Ports that our own preference names and no other protocol has: maybe a client's. */
static int dissect_guest(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return dissect_tcp(ESMTP_PORT_GUEST, tvb, pinfo, tree, data);
}

static int dissect_tls_port(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return dissect_tcp(ESMTP_PORT_TLS, tvb, pinfo, tree, data);
}

/* For the heuristics, which have made a layer: any port, in clear. */
static int dissect_any_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return dissect_tcp(ESMTP_PORT_ANY, tvb, pinfo, tree, data);
}

static int dissect_inside(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = {.layer = ESMTP_LAYER_TLS, .pinfo = pinfo};
    (void)data;
    esmtp_call_set_octets(&call, tvb);
    return esmtp_whose(&call) == ESMTP_WHOSE_SMTP ? dissect(&call, tree) : 0;
}

/* For the heuristics: any port, inside TLS. */
static int dissect_any_tls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = {.layer = ESMTP_LAYER_TLS, .port = ESMTP_PORT_ANY, .pinfo = pinfo};
    esmtp_call_set_octets(&call, tvb);
    if (esmtp_whose(&call) != ESMTP_WHOSE_SMTP)
        return 0;
    esmtp_set_tls_app_handle(data, entries.inside);
    return dissect(&call, tree);
}

void esmtp_proto_register(void)
{
    module_t *module;

    proto_esmtp =
        proto_register_protocol("Extended SMTP dissector (takes the place of Wireshark's own)", "ESMTP", "esmtp");
    module = prefs_register_protocol(proto_esmtp, NULL);
    layer_handle = create_dissector_handle(dissect_layer, esmtp_smtp_proto());
    header_handle = create_dissector_handle(dissect_header, esmtp_smtp_proto());
    quoted_handle = create_dissector_handle(dissect_quoted, esmtp_smtp_proto());
    entries.tcp = register_dissector_with_description("esmtp", "SMTP", dissect_ours, -1);
    entries.guest = register_dissector_with_description("esmtp-guest", "SMTP (ESMTP plugin)", dissect_guest, -1);
    entries.tls_port =
        register_dissector_with_description("esmtp-tls-port", "SMTP over TLS (ESMTP plugin)", dissect_tls_port, -1);
    entries.inside = register_dissector("esmtp-inside-tls", dissect_inside, esmtp_smtp_proto());
    entries.any_tcp = dissect_any_tcp;
    entries.any_tls = dissect_any_tls;
    esmtp_stream_register(proto_esmtp);
    esmtp_ports_register(module);
    esmtp_collect_register(module);
    esmtp_secrets_register(module);
    esmtp_explain_register(module);
    esmtp_heuristics_register(module);
    esmtp_options_register(module);
    esmtp_extend_register(module);
    esmtp_findings_register();
    esmtp_proxy_register();
    esmtp_quoted_register();
    esmtp_show_register();
    esmtp_taps_register();
}

void esmtp_proto_handoff(void)
{
    esmtp_ports_handoff(proto_esmtp, &entries);
    esmtp_tls_handoff(proto_esmtp, &entries);
    esmtp_proxy_handoff(proto_esmtp);
    esmtp_heuristics_handoff(proto_esmtp, &entries);
    esmtp_show_handoff(proto_esmtp);
}
