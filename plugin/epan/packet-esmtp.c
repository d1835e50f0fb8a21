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
#include "message.h"
#include "ports.h"
#include "show.h"
#include "stream.h"
#include "tls.h"

static int proto_esmtp = -1;

static dissector_handle_t tcp_handle;
static dissector_handle_t tls_handle;

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

static int dissect(esmtp_call_t *call, proto_tree *tree)
{
    packet_info *pinfo = call->pinfo;
    size_t captured = tvb_captured_length(call->tvb);
    bool can_ask = pinfo->can_desegment;
    esmtp_found_t found;

    if (captured == 0)
        return 0;
    call->conn = esmtp_conn_get(pinfo);
    call->side = esmtp_conn_side(call->conn, pinfo);
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

static int dissect_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    const struct tcpinfo *tcpinfo = data;
    esmtp_call_t call = {.layer = ESMTP_LAYER_TCP, .tvb = tvb, .pinfo = pinfo};
    if (tcpinfo) {
        call.have_seq = true;
        call.seq = tcpinfo->seq;
        call.ack = tcpinfo->lastackseq;
        call.fin = IS_TH_FIN(tcpinfo->flags);
    }
    return dissect(&call, tree);
}

static int dissect_tls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    esmtp_call_t call = {.layer = ESMTP_LAYER_TLS, .tvb = tvb, .pinfo = pinfo};
    (void)data;
    return dissect(&call, tree);
}

void esmtp_proto_register(void)
{
    module_t *prefs;

    proto_esmtp = proto_register_protocol("Extended SMTP dissector (takes the place of Wireshark's own)", "ESMTP", "esmtp");
    prefs = prefs_register_protocol(proto_esmtp, NULL);
    tcp_handle = register_dissector("esmtp", dissect_tcp, esmtp_smtp_proto());
    tls_handle = register_dissector("esmtp-over-tls", dissect_tls, esmtp_smtp_proto());
    esmtp_stream_register(proto_esmtp);
    esmtp_ports_register(prefs);
    esmtp_message_register(prefs);
    esmtp_expert_register();
    esmtp_show_register();
}

void esmtp_proto_handoff(void)
{
    esmtp_ports_handoff(proto_esmtp, tcp_handle, tls_handle);
    esmtp_tls_handoff(proto_esmtp, tls_handle);
    esmtp_message_handoff(proto_esmtp);
}
