/* tls.c
 * RFC 3207: behind the 220 that answers STARTTLS everything is TLS.
 *
 * The TLS dissector takes whatever it gets once it owns a connection. What comes behind the 220 is therefore looked at here first:
 * a TLS record opens TLS for good, anything else is SMTP still (injected, decrypted in place, or broken) and is said to be so.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls.h"

#include "fields.h"

/* packet-tls-utils.h, which declares these, wants the headers of libgcrypt for other things. */
extern uint32_t ssl_starttls_ack(dissector_handle_t tls_handle, packet_info *pinfo, dissector_handle_t app_handle);
extern uint32_t ssl_starttls_post_ack(dissector_handle_t tls_handle, packet_info *pinfo, dissector_handle_t app_handle);

static dissector_handle_t tls_handle;
static dissector_handle_t tcp_handle;
static dissector_handle_t inside_handle;
static expert_field ei_late = EI_INIT;

bool esmtp_tls_looks_like(tvbuff_t *tvb, bool strict)
{
    unsigned len = tvb_captured_length(tvb);
    uint8_t type = len ? tvb_get_uint8(tvb, 0) : 0;
    if (type < 20 || type > 23) /* change cipher spec, alert, handshake, application data */
        return false;
    if (len < 3)
        return !strict;
    return tvb_get_uint8(tvb, 1) == 3 && tvb_get_uint8(tvb, 2) <= 4;
}

void esmtp_tls_hand_off(const esmtp_call_t *call, const esmtp_found_t *found)
{
    for (size_t i = found->first; i < found->last; i++) {
        const esmtp_fact_t *fact = esmtp_facts_at(&found->stream->facts, i);
        if (!(fact->flags & ESMTP_FF_TLS_NEXT) || !tls_handle)
            continue;
        ssl_starttls_ack(tls_handle, call->pinfo, inside_handle);
        /* That made TLS the dissector of the whole conversation. From the next frame on it is us, to look at what comes. */
        conversation_set_dissector_from_frame_number(find_or_create_conversation(call->pinfo), call->pinfo->num + 1, tcp_handle);
    }
}

/* TLS that was open before the capture began, or whose 220 is in a hole of it. */
static void begin_late(const esmtp_call_t *call)
{
    conversation_t *conversation = find_or_create_conversation(call->pinfo);
    ssl_starttls_post_ack(tls_handle, call->pinfo, inside_handle);
    conversation_set_dissector_from_frame_number(conversation, call->pinfo->num, tcp_handle);
    call->conn->tls_late = true;
}

/* Whether no octet of the connection has been dissected yet. */
static bool is_fresh(const esmtp_conn_t *conn)
{
    return !conn->streams[ESMTP_LAYER_TCP][0].begun && !conn->streams[ESMTP_LAYER_TCP][1].begun;
}

bool esmtp_tls_claims(const esmtp_call_t *call)
{
    esmtp_conn_t *conn = call->conn;
    uint32_t frame = call->pinfo->num;
    if (conn->tls_from || PINFO_FD_VISITED(call->pinfo))
        return conn->tls_from && frame >= conn->tls_from;
    bool due = esmtp_session_tls_due(conn->session);
    bool late = !due && (is_fresh(conn) || esmtp_session_tls_asked(conn->session));
    if (!tls_handle || !(due || late) || !esmtp_tls_looks_like(call->tvb, late)) {
        if (due && esmtp_session_server(conn->session) != call->side)
            esmtp_session_tls_failed(conn->session);
        return false;
    }
    if (late)
        begin_late(call);
    conn->tls_from = frame;
    return true;
}

int esmtp_tls_dissect(const esmtp_call_t *call, proto_tree *tree, void *data)
{
    packet_info *pinfo = call->pinfo;
    if (call->conn && call->conn->tls_late && call->conn->tls_from == pinfo->num)
        proto_tree_add_expert(tree, pinfo, &ei_late, call->tvb, 0, 0);
    pinfo->can_desegment = pinfo->saved_can_desegment;
    return call_dissector_only(tls_handle, call->tvb, pinfo, tree, data);
}

void esmtp_tls_register(void)
{
    static ei_register_info ei[] = {
        {&ei_late, {"smtp.expert.tls_before_capture", PI_ASSUMPTION, PI_NOTE,
                    "SMTP inside TLS that was opened before the capture began or where it has a hole", EXPFILL}},
    };
    esmtp_experts_register(ei, G_N_ELEMENTS(ei));
}

void esmtp_tls_handoff(int proto_esmtp, const esmtp_entries_t *entries)
{
    tls_handle = find_dissector_add_dependency("tls", proto_esmtp);
    tcp_handle = entries->tcp;
    inside_handle = entries->inside;
}
