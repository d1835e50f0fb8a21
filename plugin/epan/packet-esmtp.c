/* packet-esmtp.c
 * The entries of the dissector: octets from TCP, octets out of TLS. Finds the connection, lets the session see the octets once,
 * shows what is known of them, asks TCP for more where a line is cut.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet-esmtp.h"

#include "ws_compat.h"

#include <epan/dissectors/packet-tcp.h>

#include "../core/framing.h"
#include "anomaly.h"
#include "extend.h"
#include "heuristics.h"
#include "message.h"
#include "ports.h"
#include "show.h"
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
    bool can_ask = pinfo->can_desegment;
    esmtp_found_t found;

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
        esmtp_show(call, &found, tree);
    if (found.used < captured && can_ask)
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
    call->conn = esmtp_conn_get(call->pinfo);
    call->side = esmtp_conn_side(call->conn, call->pinfo);
}

/* The SMTP layer of dissect_tcp: data is its esmtp_call_t. */
static int dissect_layer(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    (void)tvb;
    (void)pinfo;
    return dissect(data, tree);
}

static int dissect_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = call_from_tcp(tvb, pinfo, data);
    if (tvb_captured_length(tvb) == 0)
        return 0;
    join_connection(&call);
    if (esmtp_tls_claims(&call))
        return esmtp_tls_dissect(&call, tree, data);
    pinfo->can_desegment = pinfo->saved_can_desegment;
    return call_dissector_only(layer_handle, tvb, pinfo, tree, &call);
}

/* Ports of TLS: a server that speaks in clear there is recognized by its first line. */
static int dissect_tls_port(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = call_from_tcp(tvb, pinfo, data);
    call.conn = esmtp_conn_find(pinfo);
    bool clear = call.conn && call.conn->clear;
    if (!clear && !PINFO_FD_VISITED(pinfo) && esmtp_heuristics_match(tvb)) {
        join_connection(&call);
        clear = call.conn->clear = call.conn->streams[ESMTP_LAYER_TLS][0].facts.n + call.conn->streams[ESMTP_LAYER_TLS][1].facts.n == 0;
    }
    return clear ? dissect_tcp(tvb, pinfo, tree, data) : esmtp_tls_dissect(&call, tree, data);
}

static int dissect_heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = call_from_tcp(tvb, pinfo, data);
    join_connection(&call);
    return dissect(&call, tree);
}

static int dissect_inside(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = {.layer = ESMTP_LAYER_TLS, .tvb = tvb, .pinfo = pinfo};
    (void)data;
    if (tvb_captured_length(tvb) == 0)
        return 0;
    join_connection(&call);
    return dissect(&call, tree);
}

void esmtp_proto_register(void)
{
    module_t *prefs;

    proto_esmtp = proto_register_protocol("Extended SMTP dissector (takes the place of Wireshark's own)", "ESMTP", "esmtp");
    prefs = prefs_register_protocol(proto_esmtp, NULL);
    layer_handle = create_dissector_handle(dissect_layer, esmtp_smtp_proto());
    entries.tcp = register_dissector_with_description("esmtp", "SMTP (ESMTP plugin)", dissect_tcp, -1);
    entries.tls_port = register_dissector_with_description("esmtp-tls-port", "SMTP over TLS (ESMTP plugin)", dissect_tls_port, -1);
    entries.inside = register_dissector("esmtp-inside-tls", dissect_inside, esmtp_smtp_proto());
    entries.dissect_tcp = dissect_heuristic;
    entries.dissect_inside = dissect_inside;
    esmtp_stream_register(proto_esmtp);
    esmtp_ports_register(prefs);
    esmtp_message_register(prefs);
    esmtp_auth_preferences(prefs);
    esmtp_heuristics_register(prefs);
    esmtp_extend_register(prefs);
    esmtp_anomaly_register();
    esmtp_tls_register();
    esmtp_show_register();
}

void esmtp_proto_handoff(void)
{
    esmtp_ports_handoff(proto_esmtp, &entries);
    esmtp_tls_handoff(proto_esmtp, &entries);
    esmtp_heuristics_handoff(proto_esmtp, &entries);
    esmtp_message_handoff(proto_esmtp);
    esmtp_auth_handoff(proto_esmtp);
}
