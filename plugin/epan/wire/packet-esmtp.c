/* packet-esmtp.c
 * The entries of the dissector: octets from TCP, octets out of TLS. Finds the connection, lets the session see the
 * octets once, shows what is known of them, asks TCP for more where a line is cut.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet-esmtp.h"

#include "../ws_compat.h"

#include <epan/dissectors/packet-tcp.h>

#include "../../core/session/framing.h"
#include "../show/anomaly.h"
#include "../show/collect.h"
#include "../show/extend.h"
#include "../show/fields.h"
#include "../show/secrets.h"
#include "../show/show.h"
#include "../taps/credentials.h"
#include "../taps/export.h"
#include "heuristics.h"
#include "options.h"
#include "ports.h"
#include "stream.h"
#include "tls.h"

static int proto_esmtp = -1;

static esmtp_entries_t entries;
static dissector_handle_t layer_handle;

/* The side whose port brought the octets to us, if that tells them apart. */
static esmtp_side_t server_by_port(const esmtp_call_t *call)
{
    const packet_info *pinfo = call->pinfo;
    if (pinfo->srcport == pinfo->destport)
        return ESMTP_SIDE_NONE;
    if (pinfo->match_uint == pinfo->srcport)
        return call->side;
    if (pinfo->match_uint == pinfo->destport)
        return !call->side;
    return ESMTP_SIDE_NONE;
}

/* Names the server, by port where that is clear, else by what is said. */
static void settle_roles(const esmtp_call_t *call)
{
    esmtp_session_t *session = call->conn->session;
    if (esmtp_session_server_certain(session))
        return;
    esmtp_side_t server = server_by_port(call);
    if (server != ESMTP_SIDE_NONE) {
        esmtp_session_set_server(session, server, true);
        return;
    }
    size_t len = tvb_captured_length(call->tvb);
    esmtp_speaker_t speaker = esmtp_framing_speaker(esmtp_span(tvb_get_ptr(call->tvb, 0, (int)len), len));
    if (speaker != ESMTP_SPEAKER_UNKNOWN)
        esmtp_session_set_server(session, speaker == ESMTP_SPEAKER_SERVER ? call->side : !call->side, true);
    else if (esmtp_session_server(session) == ESMTP_SIDE_NONE)
        esmtp_session_set_server(session, !call->side, false);
}

static void show(const esmtp_call_t *call, const esmtp_found_t *found, proto_tree *tree)
{
    esmtp_shown_t shown = {
        .tvb = call->tvb,
        .pinfo = call->pinfo,
        .facts = &found->stream->facts,
        .first = found->first,
        .last = found->last,
        .used = found->used,
        .old = found->old,
        .tls = call->layer == ESMTP_LAYER_TLS,
        .starttls_in = call->conn->starttls_in,
    };
    esmtp_show(&shown, tree);
}

static void ask_for_more(packet_info *pinfo, size_t offset)
{
    pinfo->desegment_offset = (int)offset;
    pinfo->desegment_len = DESEGMENT_ONE_MORE_SEGMENT;
}

/* Octets that are SMTP, within the layer that the caller made for them. */
static int dissect(esmtp_call_t *call, proto_tree *tree)
{
    packet_info *pinfo = call->pinfo;
    size_t captured = tvb_captured_length(call->tvb);
    esmtp_found_t found;

    call->can_ask = pinfo->can_desegment && esmtp_option_lines() && !esmtp_tls_is_noise(call);
    if (PINFO_FD_VISITED(pinfo)) {
        esmtp_stream_find(call, &found);
    } else {
        settle_roles(call);
        if (call->layer == ESMTP_LAYER_TLS)
            esmtp_session_tls_begin(call->conn->session);
        esmtp_stream_feed(call, &found);
        esmtp_tls_hand_off(call, &found);
    }
    if (found.first < found.last || found.old)
        show(call, &found, tree);
    if (found.used < captured && call->can_ask)
        ask_for_more(pinfo, found.used);
    return (int)captured;
}

/* What TCP tells of its octets. */
static esmtp_call_t call_from_tcp(tvbuff_t *tvb, packet_info *pinfo, const struct tcpinfo *tcpinfo)
{
    esmtp_call_t call = {.layer = ESMTP_LAYER_TCP, .tvb = tvb, .pinfo = pinfo};
    if (tcpinfo) {
        call.have_seq = true;
        call.seq = tcpinfo->seq;
        call.ack = tcpinfo->lastackseq;
        call.fin = IS_TH_FIN(tcpinfo->flags);
    }
    return call;
}

static void join_connection(esmtp_call_t *call)
{
    if (!call->conn)
        call->conn = esmtp_conn_get(call->pinfo);
    call->side = esmtp_conn_side(call->conn, call->pinfo);
    if (call->layer == ESMTP_LAYER_TLS)
        esmtp_conn_open_tls(call->conn);
}

/* The SMTP layer of dissect_tcp: data is its esmtp_call_t. */
static int dissect_layer(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    (void)tvb;
    (void)pinfo;
    return dissect(data, tree);
}

/* As much as TCP brought is too little to tell whose it is. */
static int wait_for_more(const esmtp_call_t *call)
{
    ask_for_more(call->pinfo, 0);
    return (int)tvb_captured_length(call->tvb);
}

static int dissect_clear(esmtp_call_t *call, proto_tree *tree)
{
    call->pinfo->can_desegment = call->pinfo->saved_can_desegment;
    return call_dissector_only(layer_handle, call->tvb, call->pinfo, tree, call);
}

static int dissect_records(esmtp_call_t *call, proto_tree *tree, void *data)
{
    int n = esmtp_tls_dissect(call, tree, data);
    if (n)
        return n;
    switch (esmtp_tls_sort_again(call)) {
    case ESMTP_SORT_SMTP: return dissect_clear(call, tree);
    case ESMTP_SORT_SHORT: return wait_for_more(call);
    case ESMTP_SORT_TLS: break;
    }
    return 0;
}

/* Whether the connection was met in this frame or before it. */
static bool is_met(const esmtp_call_t *call)
{
    return call->conn && call->conn->frame <= call->pinfo->num;
}

/* The first octets on a port: what they may be. On later visits the answer is known: had they been SMTP, they would
 * have been met. */
static esmtp_guess_t guess_first(const esmtp_call_t *call)
{
    if (PINFO_FD_VISITED(call->pinfo))
        return ESMTP_GUESS_NO;
    esmtp_guess_t guess = esmtp_heuristics_guess(call->tvb);
    return guess == ESMTP_GUESS_SHORT && !call->pinfo->can_desegment ? ESMTP_GUESS_NO : guess;
}

static int dissect_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = call_from_tcp(tvb, pinfo, data);
    if (tvb_captured_length(tvb) == 0)
        return 0;
    join_connection(&call);
    switch (esmtp_tls_sort(&call)) {
    case ESMTP_SORT_TLS: return dissect_records(&call, tree, data);
    case ESMTP_SORT_SHORT: return wait_for_more(&call);
    case ESMTP_SORT_SMTP: break;
    }
    return dissect_clear(&call, tree);
}

/* Ports that our own preference names and no other protocol has: maybe a client's. */
static int dissect_guest(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = call_from_tcp(tvb, pinfo, data);
    call.conn = esmtp_conn_find(pinfo);
    esmtp_guess_t guess = is_met(&call) ? ESMTP_GUESS_YES : guess_first(&call);
    if (guess == ESMTP_GUESS_YES)
        return dissect_tcp(tvb, pinfo, tree, data);
    return guess == ESMTP_GUESS_SHORT ? wait_for_more(&call) : 0;
}

/* Ports of TLS: a server that speaks in clear there is recognized by its first line. */
static int dissect_tls_port(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = call_from_tcp(tvb, pinfo, data);
    call.conn = esmtp_conn_find(pinfo);
    if (!is_met(&call)) {
        esmtp_guess_t guess = guess_first(&call);
        if (guess == ESMTP_GUESS_SHORT)
            return wait_for_more(&call);
        join_connection(&call);
        call.conn->clear = guess == ESMTP_GUESS_YES;
    }
    if (call.conn->clear)
        return dissect_tcp(tvb, pinfo, tree, data);
    call.side = esmtp_conn_side(call.conn, pinfo);
    return dissect_records(&call, tree, data);
}

static int dissect_heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = call_from_tcp(tvb, pinfo, data);
    join_connection(&call);
    return dissect(&call, tree);
}

/* TLS knows on later visits whose octets these are, wherever in the session it learned that. Records that stood in
 * front of the first line that told, in the same frame, were nobody's. */
static bool is_before_guess(const esmtp_call_t *call)
{
    const esmtp_conn_t *conn = call->conn;
    return conn->guessed && conn->frame == call->pinfo->num && !esmtp_stream_has_calls(call) &&
           !esmtp_heuristics_match(call->tvb);
}

static int dissect_inside(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = {.layer = ESMTP_LAYER_TLS, .tvb = tvb, .pinfo = pinfo};
    (void)data;
    if (tvb_captured_length(tvb) == 0)
        return 0;
    call.conn = esmtp_conn_find(pinfo);
    if (PINFO_FD_VISITED(pinfo) && (!is_met(&call) || is_before_guess(&call)))
        return 0;
    join_connection(&call);
    return dissect(&call, tree);
}

void esmtp_proto_register(void)
{
    module_t *module;

    proto_esmtp =
        proto_register_protocol("Extended SMTP dissector (takes the place of Wireshark's own)", "ESMTP", "esmtp");
    module = prefs_register_protocol(proto_esmtp, NULL);
    layer_handle = create_dissector_handle(dissect_layer, esmtp_smtp_proto());
    entries.tcp = register_dissector_with_description("esmtp", "SMTP", dissect_tcp, -1);
    entries.guest = register_dissector_with_description("esmtp-guest", "SMTP (ESMTP plugin)", dissect_guest, -1);
    entries.tls_port =
        register_dissector_with_description("esmtp-tls-port", "SMTP over TLS (ESMTP plugin)", dissect_tls_port, -1);
    entries.inside = register_dissector("esmtp-inside-tls", dissect_inside, esmtp_smtp_proto());
    entries.dissect_tcp = dissect_heuristic;
    entries.dissect_inside = dissect_inside;
    esmtp_stream_register(proto_esmtp);
    esmtp_ports_register(module);
    esmtp_collect_register(module);
    esmtp_secrets_register(module);
    esmtp_heuristics_register(module);
    esmtp_options_register(module);
    esmtp_extend_register(module);
    esmtp_anomaly_register();
    esmtp_tls_register();
    esmtp_show_register();
    esmtp_export_register();
    esmtp_credentials_register();
}

void esmtp_proto_handoff(void)
{
    esmtp_ports_handoff(proto_esmtp, &entries);
    esmtp_tls_handoff(proto_esmtp, &entries);
    esmtp_heuristics_handoff(proto_esmtp, &entries);
    esmtp_show_handoff(proto_esmtp);
}
