/* whose.c
 * Whose octets these are: the table of whose.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "whose.h"

#include "../show/fields.h"
#include "kept.h"
#include "look.h"
#include "proxy.h"
#include "roles.h"
#include "tls.h"

/* Where the connection is, as far as that tells whose the next octets of a side are. */
typedef enum {
    PHASE_NOT_MET,
    PHASE_CLEAR,   /* SMTP, where a record of TLS may begin */
    PHASE_DUE,     /* likewise, and one is promised by this side */
    PHASE_MESSAGE, /* inside the octets of a message, or of a line in many pieces */
    PHASE_TLS,
} phase_t;

/* Whether the connection was met in this frame or before it: something of it was SMTP's or TLS's. */
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
    if (esmtp_kept_is_open(call))
        return PHASE_MESSAGE;
    if (call->port == ESMTP_PORT_TLS && !conn->clear)
        return PHASE_TLS;
    uint32_t from = conn->tls_from[call->side];
    if (from && call->pinfo->num >= from)
        return PHASE_TLS;
    return PINFO_FD_VISITED(call->pinfo) ? PHASE_CLEAR : phase_in_clear(call);
}

static void join(esmtp_call_t *call)
{
    esmtp_conn_make(call);
    call->side = esmtp_conn_side(call->conn, call->pinfo);
}

static void meet(esmtp_call_t *call)
{
    join(call);
    if (PINFO_FD_VISITED(call->pinfo))
        return;
    call->conn->frame = MIN(call->conn->frame, call->pinfo->num);
    if (call->shown && !call->conn->proxy.frame)
        esmtp_proxy_note(call, call->segment, call->shown);
}

/* Finds the connection, if there is one. */
static void find(esmtp_call_t *call)
{
    esmtp_conn_find(call);
    if (call->conn)
        call->side = esmtp_conn_side(call->conn, call->pinfo);
}

/* --- headers of the PROXY protocol ------------------------------------------------------------ */

/* Octets of the header that was found here when the frame was visited first; 0: none was. */
static uint32_t known_header(const esmtp_call_t *call)
{
    const esmtp_conn_t *conn = call->conn;
    bool here =
        conn && conn->proxy.frame == call->pinfo->num && conn->proxy.side == call->side && conn->proxy.seq == call->seq;
    bool left = call->port == ESMTP_PORT_ANY && !is_met(call); /* to others */
    return here && !left ? conn->proxy.len : 0;
}

/* Whether these may be the first octets of a client. */
static bool may_begin_client(const esmtp_call_t *call)
{
    const esmtp_conn_t *conn = call->conn;
    if (PINFO_FD_VISITED(call->pinfo) || !esmtp_stream_may_start(call))
        return false;
    if (!conn)
        return true;
    bool server = esmtp_session_server_certain(conn->session) && esmtp_session_server(conn->session) == call->side;
    return !server && !conn->proxy.frame && conn->streams[ESMTP_LAYER_TCP][call->side].facts.n == 0 &&
           !esmtp_kept_is_open(call);
}

/* Whether what follows a header is such that it may be ours; nothing at all: whether the port is the server's. */
static bool is_host(const esmtp_call_t *call, uint32_t header)
{
    bool guest = call->port == ESMTP_PORT_GUEST && !is_met(call);
    if (call->port != ESMTP_PORT_ANY && !guest)
        return true;
    if (header >= call->octets.len)
        return guest && call->pinfo->match_uint == call->pinfo->destport;
    tvbuff_t *rest = tvb_new_subset_remaining(call->tvb, (int)header);
    return guest ? esmtp_look_line(rest) != ESMTP_LOOK_NO || esmtp_proxy_begins(rest) : esmtp_look_own(rest);
}

/* Whether octets are to be waited with that a header may begin with. They may be empty lines, too, which many send to
 * see what happens; they are if the server has spoken and waits for a command. */
static bool is_to_wait_for(const esmtp_call_t *call)
{
    uint32_t len = (uint32_t)call->octets.len;
    bool lines = (len == 2 || len == 4) && call->octets.p[0] == '\r';
    bool greeted = call->conn && call->conn->streams[ESMTP_LAYER_TCP][!call->side].begun;
    return call->pinfo->can_desegment && !call->fin && !(lines && greeted) && is_host(call, len);
}

/* A header alone, on a port of nobody: it is not shown, but what comes after it is the beginning for us. */
static void leave_header(esmtp_call_t *call)
{
    join(call);
    esmtp_proxy_note(call, call->seq, call->header);
}

/* PROXY, WAIT, or NOBODYS if no header begins here. */
static esmtp_whose_t by_header(esmtp_call_t *call)
{
    uint8_t first = call->octets.p[0];
    bool cut;
    if (first != 'P' && first != '\r')
        return ESMTP_WHOSE_NOBODYS;
    call->header = known_header(call);
    if (call->header)
        return ESMTP_WHOSE_PROXY;
    if (!may_begin_client(call))
        return ESMTP_WHOSE_NOBODYS;
    call->header = esmtp_proxy_look(call, &cut);
    if (cut)
        return is_to_wait_for(call) ? ESMTP_WHOSE_WAIT : ESMTP_WHOSE_NOBODYS;
    if (call->port == ESMTP_PORT_ANY && call->header == tvb_reported_length(call->tvb))
        leave_header(call);
    return call->header && is_host(call, call->header) ? ESMTP_WHOSE_PROXY : ESMTP_WHOSE_NOBODYS;
}

/* --- octets from TCP -------------------------------------------------------------------------- */

/* The first octets on a port that may be anybody's, or after what TLS has declined. */
static esmtp_whose_t by_line(const esmtp_call_t *call, esmtp_whose_t others)
{
    esmtp_look_t look = esmtp_look_line(call->tvb);
    if (look == ESMTP_LOOK_SHORT && call->pinfo->can_desegment)
        return ESMTP_WHOSE_WAIT;
    return look == ESMTP_LOOK_YES ? ESMTP_WHOSE_SMTP : others;
}

/* The first octets to a guest's port begin like a record and are no hello that TLS could begin with. Left to others,
 * Wireshark's search for TLS would take them for one, and TCP keep from us what the client says until that is whole. */
static bool is_false_record(const esmtp_call_t *call)
{
    const packet_info *pinfo = call->pinfo;
    return call->port == ESMTP_PORT_GUEST && pinfo->match_uint == pinfo->destport && esmtp_stream_may_start(call) &&
           esmtp_look_record(call->octets) == ESMTP_LOOK_YES && esmtp_look_hello(call->octets) == ESMTP_LOOK_NO;
}

static esmtp_whose_t not_met(const esmtp_call_t *call)
{
    esmtp_whose_t others = call->port == ESMTP_PORT_TLS ? ESMTP_WHOSE_TLS : ESMTP_WHOSE_NOBODYS;
    /* On later visits: had they been SMTP, the connection would be met. */
    if (PINFO_FD_VISITED(call->pinfo))
        return others;
    return is_false_record(call) ? ESMTP_WHOSE_SMTP : by_line(call, others);
}

/* Whether TLS is no surprise: STARTTLS was sent, or the server begins with it, or nothing is known of the connection.
 */
static bool is_announced(const esmtp_call_t *call)
{
    const esmtp_session_t *session = call->conn->session;
    if (esmtp_session_server(session) == ESMTP_SIDE_NONE)
        esmtp_roles_settle(call); /* the client was first to speak */
    return esmtp_session_server(session) == call->side || esmtp_session_server(session) == ESMTP_SIDE_NONE ||
           esmtp_session_tls_asked(session) || esmtp_session_tls_frame(session);
}

/* Whether a record of a client that nobody announced may be one: it begins as a hello does, and the server has not
 * taken such octets for lines before. Then the server has the last word. */
static bool may_be_hello(const esmtp_call_t *call)
{
    esmtp_conn_t *conn = call->conn;
    if (conn->tls_start != ESMTP_TLS_NONE)
        return true; /* that is settled */
    if (conn->tls_refuted || esmtp_look_hello(call->octets) == ESMTP_LOOK_NO)
        return false;
    /* With SMTP switched off nobody will read lines. */
    conn->tls_maybe = call->have_seq && proto_is_protocol_enabled(find_protocol_by_id(esmtp_smtp_proto()));
    return true;
}

static esmtp_whose_t in_clear(const esmtp_call_t *call)
{
    if (PINFO_FD_VISITED(call->pinfo))
        return ESMTP_WHOSE_SMTP;
    esmtp_look_t look = esmtp_look_record(call->octets);
    if (look == ESMTP_LOOK_SHORT && call->pinfo->can_desegment && !call->fin)
        return ESMTP_WHOSE_WAIT;
    if (look == ESMTP_LOOK_NO)
        return ESMTP_WHOSE_SMTP;
    return is_announced(call) || may_be_hello(call) ? ESMTP_WHOSE_TLS : ESMTP_WHOSE_SMTP;
}

/* Whether a side has closed TLS, and goes on with what is no record of it. (TLS would wait for five octets.) */
static bool is_after_tls(const esmtp_call_t *call)
{
    uint32_t closed = call->conn->tls_closed[call->side];
    return closed && call->pinfo->num > closed && esmtp_look_record(call->octets) == ESMTP_LOOK_NO;
}

static esmtp_whose_t in_tls(const esmtp_call_t *call)
{
    if (is_after_tls(call)) {
        if (!PINFO_FD_VISITED(call->pinfo))
            esmtp_tls_back(call);
        return ESMTP_WHOSE_SMTP;
    }
    bool client = esmtp_session_server(call->conn->session) != call->side;
    bool maybe = call->conn->tls_maybe && client && !PINFO_FD_VISITED(call->pinfo);
    return maybe && esmtp_stream_disproves_tls(call) ? ESMTP_WHOSE_SMTP : ESMTP_WHOSE_TLS;
}

static esmtp_whose_t from_tcp(const esmtp_call_t *call, phase_t phase)
{
    switch (phase) {
    case PHASE_NOT_MET: return not_met(call);
    case PHASE_CLEAR:
    case PHASE_DUE: return in_clear(call);
    case PHASE_MESSAGE: return ESMTP_WHOSE_SMTP;
    case PHASE_TLS: return in_tls(call);
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
    bool ours = call->port == ESMTP_PORT_OURS;
    if (ours)
        meet(call);
    phase_t phase = phase_of(call);
    esmtp_whose_t whose = from_tcp(call, phase);
    if (whose == ESMTP_WHOSE_SMTP || whose == ESMTP_WHOSE_TLS) {
        if (!ours)
            meet(call);
        if (!PINFO_FD_VISITED(call->pinfo))
            keep(call, phase, whose);
    }
    return whose;
}

/* Whether a direction begins here: with its first octets, or after a PROXY header. */
static bool may_start(const esmtp_call_t *call)
{
    const esmtp_conn_t *conn = call->conn;
    if (conn && !is_met(call) && conn->proxy.frame && conn->proxy.side == call->side)
        return call->seq == conn->proxy.seq + conn->proxy.len;
    return esmtp_stream_may_start(call);
}

static esmtp_whose_t on_any_port(esmtp_call_t *call)
{
    if (!esmtp_look_own(call->tvb) || !may_start(call))
        return ESMTP_WHOSE_NOBODYS;
    meet(call);
    /* A hello tells what the greeting did not. */
    if (!PINFO_FD_VISITED(call->pinfo) && esmtp_stream_begin_peer(call) &&
        esmtp_look_greet(call->tvb) == ESMTP_GREET_CLIENT)
        esmtp_session_start_missed(call->conn->session);
    return ESMTP_WHOSE_SMTP;
}

static esmtp_whose_t whose_from_tcp(esmtp_call_t *call)
{
    find(call);
    switch (by_header(call)) {
    case ESMTP_WHOSE_PROXY: join(call); return ESMTP_WHOSE_PROXY;
    case ESMTP_WHOSE_WAIT: return call->port == ESMTP_PORT_ANY ? ESMTP_WHOSE_NOBODYS : ESMTP_WHOSE_WAIT;
    default: break;
    }
    return call->port == ESMTP_PORT_ANY ? on_any_port(call) : on_named_port(call);
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
    return conn->guessed && conn->frame == call->pinfo->num && !esmtp_stream_calls(call) && !esmtp_look_own(call->tvb);
}

static esmtp_whose_t inside_tls(esmtp_call_t *call)
{
    bool guess = call->port == ESMTP_PORT_ANY;
    if (guess && !esmtp_look_own(call->tvb))
        return ESMTP_WHOSE_NOBODYS;
    esmtp_conn_find(call);
    if (PINFO_FD_VISITED(call->pinfo) && (!is_met(call) || is_before_guess(call)))
        return ESMTP_WHOSE_NOBODYS;
    meet(call);
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
    esmtp_conn_find(call);
    if (call->port == ESMTP_PORT_GUEST && !is_met(call) && esmtp_look_line(call->tvb) != ESMTP_LOOK_YES)
        return ESMTP_WHOSE_NOBODYS;
    return ESMTP_WHOSE_QUOTED;
}

/* --- all of it -------------------------------------------------------------------------------- */

esmtp_whose_t esmtp_whose(esmtp_call_t *call)
{
    if (call->octets.len == 0)
        return ESMTP_WHOSE_NOBODYS;
    if (call->pinfo->flags.in_error_pkt)
        return quoted(call);
    return call->layer == ESMTP_LAYER_TLS ? inside_tls(call) : whose_from_tcp(call);
}

bool esmtp_whose_is_sure(const esmtp_call_t *call)
{
    return call->layer != ESMTP_LAYER_TCP || esmtp_session_known(call->conn->session) || !esmtp_look_noise(call->tvb);
}
