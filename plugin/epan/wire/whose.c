/* whose.c
 * Whose octets these are: the table of whose.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "whose.h"

#include "look.h"
#include "tls.h"

/* Where the connection is, as far as that tells whose the next octets of a side are. */
typedef enum {
    PHASE_NOT_MET,
    PHASE_CLEAR,   /* SMTP, where a record of TLS may begin */
    PHASE_DUE,     /* likewise, and one is promised by this side */
    PHASE_MESSAGE, /* inside the octets of a message */
    PHASE_TLS,
} phase_t;

/* Whether the connection was met in this frame or before it. */
static bool is_met(const esmtp_call_t *call)
{
    return call->conn && call->conn->frame <= call->pinfo->num;
}

static phase_t phase_in_clear(const esmtp_call_t *call)
{
    const esmtp_session_t *session = call->conn->session;
    bool client = esmtp_session_server(session) != call->side;
    if (client && esmtp_session_step(session) > ESMTP_STEP_LINE)
        return PHASE_MESSAGE;
    return client && esmtp_session_tls_due(session) ? PHASE_DUE : PHASE_CLEAR;
}

/* On later visits only what first visits kept counts. */
static phase_t phase_of(const esmtp_call_t *call)
{
    const esmtp_conn_t *conn = call->conn;
    if (!is_met(call))
        return PHASE_NOT_MET;
    if (call->port == ESMTP_PORT_TLS && !conn->clear)
        return PHASE_TLS;
    uint32_t from = conn->tls_from[call->side];
    if (from && call->pinfo->num >= from)
        return PHASE_TLS;
    return PINFO_FD_VISITED(call->pinfo) ? PHASE_CLEAR : phase_in_clear(call);
}

static void join(esmtp_call_t *call)
{
    if (!call->conn)
        call->conn = esmtp_conn_get(call->pinfo);
    call->side = esmtp_conn_side(call->conn, call->pinfo);
}

/* --- octets from TCP -------------------------------------------------------------------------- */

/* The first octets on a port that may be anybody's, or behind what TLS has declined. */
static esmtp_whose_t by_line(const esmtp_call_t *call, esmtp_whose_t others)
{
    esmtp_look_t look = esmtp_look_line(call->tvb);
    if (look == ESMTP_LOOK_SHORT && call->pinfo->can_desegment)
        return ESMTP_WHOSE_WAIT;
    return look == ESMTP_LOOK_YES ? ESMTP_WHOSE_SMTP : others;
}

static esmtp_whose_t not_met(const esmtp_call_t *call)
{
    esmtp_whose_t others = call->port == ESMTP_PORT_TLS ? ESMTP_WHOSE_TLS : ESMTP_WHOSE_NOBODYS;
    /* On later visits: had they been SMTP, the connection would be met. */
    return PINFO_FD_VISITED(call->pinfo) ? others : by_line(call, others);
}

static esmtp_whose_t in_clear(const esmtp_call_t *call)
{
    if (PINFO_FD_VISITED(call->pinfo))
        return ESMTP_WHOSE_SMTP;
    esmtp_look_t look = esmtp_look_record(call->tvb);
    if (look == ESMTP_LOOK_SHORT && call->pinfo->can_desegment && !call->fin)
        return ESMTP_WHOSE_WAIT;
    return look == ESMTP_LOOK_NO ? ESMTP_WHOSE_SMTP : ESMTP_WHOSE_TLS;
}

static esmtp_whose_t from_tcp(const esmtp_call_t *call, phase_t phase)
{
    switch (phase) {
    case PHASE_NOT_MET: return not_met(call);
    case PHASE_CLEAR:
    case PHASE_DUE: return in_clear(call);
    case PHASE_MESSAGE: return ESMTP_WHOSE_SMTP;
    case PHASE_TLS: return ESMTP_WHOSE_TLS;
    }
    return ESMTP_WHOSE_NOBODYS;
}

/* What the answer changes for the octets that follow. */
static void keep(esmtp_call_t *call, phase_t phase, esmtp_whose_t whose)
{
    if (phase == PHASE_NOT_MET)
        call->conn->clear = whose == ESMTP_WHOSE_SMTP;
    else if (phase == PHASE_DUE && whose == ESMTP_WHOSE_SMTP)
        esmtp_session_tls_failed(call->conn->session);
    else if (phase != PHASE_TLS && whose == ESMTP_WHOSE_TLS)
        esmtp_tls_begin(call);
}

/* A port that somebody named: ours, a guest's, TLS's. */
static esmtp_whose_t on_named_port(esmtp_call_t *call)
{
    if (call->port == ESMTP_PORT_OURS)
        join(call);
    else if ((call->conn = esmtp_conn_find(call->pinfo)))
        call->side = esmtp_conn_side(call->conn, call->pinfo);
    phase_t phase = phase_of(call);
    esmtp_whose_t whose = from_tcp(call, phase);
    if (whose == ESMTP_WHOSE_SMTP || whose == ESMTP_WHOSE_TLS) {
        join(call);
        if (!PINFO_FD_VISITED(call->pinfo))
            keep(call, phase, whose);
    }
    return whose;
}

static esmtp_whose_t on_any_port(esmtp_call_t *call)
{
    if (!esmtp_look_own(call->tvb) || !esmtp_stream_may_start(call))
        return ESMTP_WHOSE_NOBODYS;
    join(call);
    return ESMTP_WHOSE_SMTP;
}

esmtp_whose_t esmtp_whose_declined(esmtp_call_t *call)
{
    esmtp_whose_t whose = by_line(call, ESMTP_WHOSE_NOBODYS);
    if (whose == ESMTP_WHOSE_SMTP && !PINFO_FD_VISITED(call->pinfo))
        esmtp_tls_back(call);
    return whose;
}

/* --- octets out of TLS ------------------------------------------------------------------------ */

/* TLS knows on later visits whose octets these are, wherever in the session it learned that. Records that stood in
 * front of the first line that told, in the same frame, were nobody's. */
static bool is_before_guess(const esmtp_call_t *call)
{
    const esmtp_conn_t *conn = call->conn;
    return conn->guessed && conn->frame == call->pinfo->num && !esmtp_stream_has_calls(call) &&
           !esmtp_look_own(call->tvb);
}

static esmtp_whose_t inside_tls(esmtp_call_t *call)
{
    bool guess = call->port == ESMTP_PORT_ANY;
    if (guess && !esmtp_look_own(call->tvb))
        return ESMTP_WHOSE_NOBODYS;
    call->conn = esmtp_conn_find(call->pinfo);
    if (PINFO_FD_VISITED(call->pinfo) && (!is_met(call) || is_before_guess(call)))
        return ESMTP_WHOSE_NOBODYS;
    join(call);
    esmtp_conn_open_tls(call->conn);
    call->conn->guessed |= guess && call->conn->frame == call->pinfo->num;
    return ESMTP_WHOSE_SMTP;
}

/* --- octets out of an ICMP error -------------------------------------------------------------- */

/* Finds connections and makes none. */
static esmtp_whose_t quoted(esmtp_call_t *call)
{
    if (call->layer == ESMTP_LAYER_TLS || call->port == ESMTP_PORT_ANY)
        return ESMTP_WHOSE_NOBODYS;
    call->conn = esmtp_conn_find(call->pinfo);
    if (call->port == ESMTP_PORT_GUEST && !is_met(call) && esmtp_look_line(call->tvb) != ESMTP_LOOK_YES)
        return ESMTP_WHOSE_NOBODYS;
    return ESMTP_WHOSE_QUOTED;
}

/* --- all of it -------------------------------------------------------------------------------- */

esmtp_whose_t esmtp_whose(esmtp_call_t *call)
{
    if (tvb_captured_length(call->tvb) == 0)
        return ESMTP_WHOSE_NOBODYS;
    if (call->pinfo->flags.in_error_pkt)
        return quoted(call);
    if (call->layer == ESMTP_LAYER_TLS)
        return inside_tls(call);
    return call->port == ESMTP_PORT_ANY ? on_any_port(call) : on_named_port(call);
}

bool esmtp_whose_is_sure(const esmtp_call_t *call)
{
    return call->layer != ESMTP_LAYER_TCP || esmtp_session_known(call->conn->session) || !esmtp_look_noise(call->tvb);
}
