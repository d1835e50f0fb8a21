/* tls.c
 * RFC 3207: behind the 220 that answers STARTTLS everything is TLS.
 *
 * The TLS dissector takes whatever it gets once it owns a connection. What comes behind the 220 is therefore looked at
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

#include <epan/exceptions.h>

#include "../show/fields.h"
#include "heuristics.h"

/* packet-tls-utils.h, which declares these, wants the headers of libgcrypt for other things. */
extern uint32_t ssl_starttls_ack(dissector_handle_t tls_handle, packet_info *pinfo, dissector_handle_t app_handle);
extern uint32_t ssl_starttls_post_ack(dissector_handle_t tls_handle, packet_info *pinfo, dissector_handle_t app_handle);

/* Octets of a record's header, RFC 8446 section 5.1: type, version, length. */
#define HEADER 5
/* Octets among which ciphertext is sure to have some that text has not. */
#define NOISE_MAX 256
/* The longest record, RFC 5246 section 6.2.3. */
#define RECORD_MAX (16384 + 2048)

static dissector_handle_t tls_handle;
static dissector_handle_t tcp_handle;
static dissector_handle_t inside_handle;
static expert_field ei_late = EI_INIT;
static expert_field ei_early = EI_INIT;
static expert_field ei_unasked = EI_INIT;

/* --- what a record looks like ----------------------------------------------------------------- */

typedef struct {
    uint8_t from, to;
} octet_range_t;

/* change cipher spec, alert, handshake, application data; SSL 3.0 to TLS 1.3 */
static const octet_range_t record_begin[] = {{20, 23}, {3, 3}, {0, 4}};
/* The hello of SSL 2.0, which old clients use to ask for something better: length, client hello, version. */
static const octet_range_t old_hello_begin[] = {{0x80, 0xff}, {0, 0xff}, {1, 1}, {3, 3}, {0, 3}};

static bool begins(tvbuff_t *tvb, const octet_range_t *ranges, unsigned n)
{
    for (unsigned i = 0; i < MIN(n, tvb_captured_length(tvb)); i++) {
        uint8_t octet = tvb_get_uint8(tvb, (int)i);
        if (octet < ranges[i].from || octet > ranges[i].to)
            return false;
    }
    return true;
}

static bool looks_like_tls(tvbuff_t *tvb)
{
    uint8_t first = tvb_get_uint8(tvb, 0);
    if (first < 0x80 && (first < record_begin[0].from || first > record_begin[0].to))
        return false; /* as all of SMTP in clear */
    if (begins(tvb, old_hello_begin, G_N_ELEMENTS(old_hello_begin)))
        return true;
    if (!begins(tvb, record_begin, G_N_ELEMENTS(record_begin)))
        return false;
    if (tvb_captured_length(tvb) < HEADER)
        return true;
    uint16_t len = tvb_get_ntohs(tvb, 3);
    return len > 0 && len <= RECORD_MAX;
}

/* --- when TLS begins -------------------------------------------------------------------------- */

void esmtp_tls_hand_off(const esmtp_call_t *call, const esmtp_found_t *found)
{
    for (size_t i = found->first; i < found->last; i++) {
        const esmtp_fact_t *fact = esmtp_facts_at(&found->stream->facts, i);
        if (!(fact->flags & ESMTP_FF_TLS_NEXT) || !tls_handle)
            continue;
        ssl_starttls_ack(tls_handle, call->pinfo, inside_handle);
        /* That made TLS the dissector of the whole conversation. From the next frame on it is us, to look at what
         * comes. */
        conversation_set_dissector_from_frame_number(find_or_create_conversation(call->pinfo), call->pinfo->num + 1,
                                                     tcp_handle);
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
    conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, tcp_handle);
    if (conn->tls_start == ESMTP_TLS_LATE)
        esmtp_session_start_missed(conn->session);
}

/* Whether the side may begin with TLS here: not amid the octets of a message. */
static bool may_begin(const esmtp_call_t *call)
{
    const esmtp_session_t *session = call->conn->session;
    return esmtp_session_server(session) == call->side || esmtp_session_step(session) <= ESMTP_STEP_LINE;
}

/* A side that is in clear so far. */
static esmtp_sort_t sort_clear(const esmtp_call_t *call)
{
    esmtp_conn_t *conn = call->conn;
    bool can_wait = call->pinfo->can_desegment && !call->fin;
    if (!tls_handle || !may_begin(call))
        return ESMTP_SORT_SMTP;
    if (!looks_like_tls(call->tvb)) {
        if (esmtp_session_tls_due(conn->session) && esmtp_session_server(conn->session) != call->side)
            esmtp_session_tls_failed(conn->session);
        return ESMTP_SORT_SMTP;
    }
    if (tvb_captured_length(call->tvb) < HEADER && can_wait)
        return ESMTP_SORT_SHORT;
    if (conn->tls_start == ESMTP_TLS_NONE)
        begin(call);
    conn->tls_from[call->side] = call->pinfo->num;
    return ESMTP_SORT_TLS;
}

esmtp_sort_t esmtp_tls_sort(const esmtp_call_t *call)
{
    esmtp_conn_t *conn = call->conn;
    uint32_t from = conn->tls_from[call->side];
    if (from || PINFO_FD_VISITED(call->pinfo))
        return from && call->pinfo->num >= from ? ESMTP_SORT_TLS : ESMTP_SORT_SMTP;
    return sort_clear(call);
}

/* --- TLS and back ----------------------------------------------------------------------------- */

/* Says, with the first octets that TLS made something of, how it began. */
static void start_add(const esmtp_call_t *call, proto_tree *tree)
{
    static expert_field *const fields[] = {
        [ESMTP_TLS_LATE] = &ei_late, [ESMTP_TLS_EARLY] = &ei_early, [ESMTP_TLS_UNASKED] = &ei_unasked};
    const esmtp_conn_t *conn = call->conn;
    bool first = conn->tls_first == call->pinfo->num && conn->tls_first_seq == call->seq;
    if (conn->tls_start > ESMTP_TLS_STARTTLS && first)
        proto_tree_add_expert(tree, call->pinfo, fields[conn->tls_start], call->tvb, 0, 0);
}

/* The octets are TLS. */
static void taken(const esmtp_call_t *call, proto_tree *tree)
{
    packet_info *pinfo = call->pinfo;
    esmtp_conn_t *conn = call->conn;
    bool waits = pinfo->desegment_len && pinfo->desegment_offset == 0;
    if (!PINFO_FD_VISITED(pinfo)) {
        esmtp_stream_pass(call, tvb_reported_length(call->tvb));
        conn->tls_last[call->side] = true;
        if (!conn->tls_first && !waits) {
            conn->tls_first = pinfo->num;
            conn->tls_first_seq = call->seq;
        }
    }
    start_add(call, tree);
}

int esmtp_tls_dissect(const esmtp_call_t *call, proto_tree *tree, void *data)
{
    packet_info *pinfo = call->pinfo;
    volatile int n = 1; /* what it stumbles over in the middle was TLS, too: a frame that the capture cut, say */
    pinfo->can_desegment = pinfo->saved_can_desegment;
    TRY
    {
        n = call_dissector_only(tls_handle, call->tvb, pinfo, tree, data);
    }
    FINALLY
    {
        if (n)
            taken(call, tree);
    }
    ENDTRY;
    return n;
}

esmtp_sort_t esmtp_tls_sort_again(const esmtp_call_t *call)
{
    esmtp_conn_t *conn = call->conn;
    esmtp_guess_t guess = esmtp_heuristics_guess(call->tvb);
    if (guess == ESMTP_GUESS_SHORT && call->pinfo->can_desegment)
        return ESMTP_SORT_SHORT;
    if (guess != ESMTP_GUESS_YES)
        return ESMTP_SORT_TLS;
    if (!PINFO_FD_VISITED(call->pinfo) && conn->tls_last[call->side]) {
        esmtp_stream_pass(call, 0);
        conn->tls_last[call->side] = false;
    }
    return ESMTP_SORT_SMTP;
}

bool esmtp_tls_is_noise(const esmtp_call_t *call)
{
    if (call->layer != ESMTP_LAYER_TCP || esmtp_session_known(call->conn->session))
        return false;
    for (unsigned i = 0; i < MIN(tvb_captured_length(call->tvb), NOISE_MAX); i++) {
        uint8_t octet = tvb_get_uint8(call->tvb, (int)i);
        if (g_ascii_iscntrl(octet) && !g_ascii_isspace(octet))
            return true;
    }
    return false;
}

void esmtp_tls_register(void)
{
    static ei_register_info ei[] = {
        {&ei_late,
         {"smtp.expert.tls_before_capture", PI_ASSUMPTION, PI_NOTE,
          "SMTP inside TLS that was opened before the capture began or where it has a hole", EXPFILL}},
        {&ei_early,
         {"smtp.expert.tls_before_220", PI_SEQUENCE, PI_WARN, "TLS begins before the server's 220", EXPFILL}},
        {&ei_unasked,
         {"smtp.expert.tls_without_starttls", PI_SEQUENCE, PI_WARN,
          "TLS without STARTTLS, on a port where SMTP begins in clear", EXPFILL}},
    };
    esmtp_experts_register(ei, G_N_ELEMENTS(ei));
}

void esmtp_tls_handoff(int proto_esmtp, const esmtp_entries_t *entries)
{
    tls_handle = find_dissector_add_dependency("tls", proto_esmtp);
    tcp_handle = entries->tcp;
    inside_handle = entries->inside;
}
