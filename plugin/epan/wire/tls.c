/* tls.c
 * RFC 3207: after the 220 that answers STARTTLS everything is TLS.
 *
 * The TLS dissector takes whatever it gets once it owns a connection. What comes after the 220 is therefore looked at
 * here first: from its first record on a direction is TLS's for good; what comes before that is SMTP still (injected,
 * decrypted in place, or broken) and is said to be so. Each direction is looked at by itself: a reply in clear may
 * follow the client's first record.
 *
 * Records that no 220 announced are TLS all the same: nothing that SMTP has to say begins like one. Then the capture
 * began late or has a hole, or the client did not wait, or it takes the port for one of implicit TLS.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls.h"

#include "../show/findings.h"

#include <epan/exceptions.h>

#include "../show/fields.h"
#include "alert.h"
#include "look.h"

/* packet-tls-utils.h, which declares these, wants the headers of libgcrypt for other things. */
extern uint32_t ssl_starttls_ack(dissector_handle_t tls_handle, packet_info *pinfo, dissector_handle_t app_handle);
extern uint32_t ssl_starttls_post_ack(dissector_handle_t tls_handle, packet_info *pinfo, dissector_handle_t app_handle);

static dissector_handle_t tls_handle;
static dissector_handle_t tcp_handle;
static dissector_handle_t inside_handle;

/* --- when TLS begins -------------------------------------------------------------------------- */

void esmtp_tls_hand_off(const esmtp_call_t *call, const esmtp_found_t *found)
{
    bool answered = call->conn->starttls_in != 0; /* by a 220, here or before */
    for (size_t i = found->first; answered && i < found->last; i++) {
        const esmtp_fact_t *fact = esmtp_facts_at(found->facts, i);
        if (!(fact->flags & ESMTP_FF_TLS_NEXT))
            continue;
        ssl_starttls_ack(tls_handle, call->pinfo, inside_handle);
        /* That made TLS the dissector of the whole conversation. From the next frame on it is us, to look at what
         * comes. */
        conversation_set_dissector_from_frame_number(call->conn->conversation, call->pinfo->num + 1, tcp_handle);
    }
}

/* Why there is a record where no 220 announced one. */
static esmtp_tls_start_t reason(const esmtp_call_t *call)
{
    const esmtp_session_t *session = call->conn->session;
    if (esmtp_session_tls_frame(session))
        return ESMTP_TLS_STARTTLS; /* something in clear came in between */
    if (esmtp_session_tls_asked(session))
        return esmtp_stream_peer_is_ahead(call) ? ESMTP_TLS_LATE : ESMTP_TLS_EARLY;
    return esmtp_stream_is_whole(call) ? ESMTP_TLS_UNASKED : ESMTP_TLS_LATE;
}

/* The first record of the connection, in this frame. */
static void begin(const esmtp_call_t *call)
{
    packet_info *pinfo = call->pinfo;
    esmtp_conn_t *conn = call->conn;
    conn->tls_start = esmtp_session_tls_due(conn->session) ? ESMTP_TLS_STARTTLS : reason(call);
    if (conn->tls_start == ESMTP_TLS_STARTTLS)
        return;
    ssl_starttls_post_ack(tls_handle, pinfo, inside_handle);
    conversation_set_dissector_from_frame_number(conn->conversation, pinfo->num, tcp_handle);
    if (conn->tls_start == ESMTP_TLS_LATE)
        esmtp_session_start_missed(conn->session);
}

void esmtp_tls_begin(const esmtp_call_t *call)
{
    if (call->conn->tls_start == ESMTP_TLS_NONE)
        begin(call);
    call->conn->tls_from[call->side] = call->pinfo->num;
    if (esmtp_session_server(call->conn->session) == call->side)
        esmtp_session_tls_confirm(call->conn->session);
}

/* --- TLS and back ----------------------------------------------------------------------------- */

/* What is found where TLS begins as it does not after a 220. */
static const esmtp_finding_id_t findings[] = {[ESMTP_TLS_LATE] = ESMTP_FINDING_TLS_BEFORE_CAPTURE,
                                              [ESMTP_TLS_EARLY] = ESMTP_FINDING_TLS_WITHOUT_STARTTLS,
                                              [ESMTP_TLS_UNASKED] = ESMTP_FINDING_TLS_WITHOUT_STARTTLS};

/* TLS has made something of its octets for the first time. */
static void first_taken(const esmtp_call_t *call)
{
    esmtp_conn_t *conn = call->conn;
    esmtp_finding_set_t found = {0};
    conn->whole.tls_first = call->pinfo->num;
    conn->tls_first_seq = call->seq;
    if (conn->tls_start <= ESMTP_TLS_STARTTLS)
        return;
    esmtp_findings_put(&found, findings[conn->tls_start]);
    esmtp_session_note(conn->session, &found);
}

/* Says, with the first octets that TLS made something of, how it began. */
static void start_add(const esmtp_call_t *call, proto_tree *tree)
{
    const esmtp_conn_t *conn = call->conn;
    bool first = conn->whole.tls_first == call->pinfo->num && conn->tls_first_seq == call->seq;
    if (conn->tls_start <= ESMTP_TLS_STARTTLS || !first)
        return;
    expert_field *field = esmtp_finding_field(findings[conn->tls_start]);
    if (conn->tls_start == ESMTP_TLS_EARLY)
        proto_tree_add_expert_format(tree, call->pinfo, field, call->tvb, 0, 0,
                                     "TLS begins before the server's 220: the client did not wait for it");
    else
        proto_tree_add_expert(tree, call->pinfo, field, call->tvb, 0, 0);
}

/* The octets are TLS. */
static void taken(const esmtp_call_t *call, proto_tree *tree)
{
    packet_info *pinfo = call->pinfo;
    esmtp_conn_t *conn = call->conn;
    bool waits = pinfo->desegment_len && pinfo->desegment_offset == 0;
    if (!PINFO_FD_VISITED(pinfo)) {
        esmtp_stream_pass(call, tvb_reported_length(call->tvb));
        if (!conn->tls_version && call->octets.len)
            conn->tls_version = esmtp_look_version(call->tvb);
        conn->tls_last[call->side] = true;
        if (!conn->whole.tls_first && !waits)
            first_taken(call);
        esmtp_alert_look(call);
    }
    start_add(call, tree);
}

/* TLS asks for more of what may be lines: one segment is as much as TCP may withhold until the server has told. */
static void withhold_less(const esmtp_call_t *call)
{
    packet_info *pinfo = call->pinfo;
    call->conn->tls_withheld = true;
    pinfo->desegment_len = DESEGMENT_ONE_MORE_SEGMENT;
}

int esmtp_tls_dissect(const esmtp_call_t *call, proto_tree *tree, void *data)
{
    packet_info *pinfo = call->pinfo;
    volatile int n = 1; /* what it stumbles over in the middle was TLS, too: a frame that the capture cut, say */
    bool maybe =
        call->conn->tls_maybe && !PINFO_FD_VISITED(pinfo) && esmtp_session_server(call->conn->session) != call->side;
    pinfo->can_desegment = pinfo->saved_can_desegment;
    if (maybe)
        esmtp_stream_maybe_tls(call);
    esmtp_conn_lend(pinfo, call->conn);
    TRY
    {
        n = call_dissector_only(tls_handle, call->tvb, pinfo, tree, data);
    }
    FINALLY
    {
        esmtp_conn_lend(pinfo, NULL);
        if (n)
            taken(call, tree);
    }
    ENDTRY;
    if (maybe && pinfo->desegment_len)
        withhold_less(call);
    return n;
}

void esmtp_tls_back(const esmtp_call_t *call)
{
    esmtp_conn_t *conn = call->conn;
    if (!conn->tls_last[call->side])
        return;
    esmtp_stream_pass(call, 0);
    conn->tls_last[call->side] = false;
}

void esmtp_tls_handoff(int proto_esmtp, const esmtp_entries_t *entries)
{
    tls_handle = find_dissector_add_dependency("tls", proto_esmtp);
    tcp_handle = entries->tcp;
    inside_handle = entries->inside;
    esmtp_alert_handoff();
}
