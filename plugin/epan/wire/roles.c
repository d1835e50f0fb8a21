/* roles.c
 * Who the server is: roles.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "roles.h"

#include "../../core/session/framing.h"
#include "look.h"

static bool is_first(const esmtp_call_t *call)
{
    return call->conn->streams[call->layer][call->side].facts.n == 0;
}

/* --- what tells ------------------------------------------------------------------------------- */

/* The side that has that port, if it tells them apart. */
static esmtp_side_t side_of_port(const esmtp_call_t *call, uint32_t port)
{
    const packet_info *pinfo = call->pinfo;
    if (pinfo->srcport == pinfo->destport)
        return ESMTP_SIDE_NONE;
    if (port == pinfo->srcport)
        return call->side;
    return port == pinfo->destport ? !call->side : ESMTP_SIDE_NONE;
}

static esmtp_side_t by_syn(const esmtp_call_t *call)
{
    uint32_t port = esmtp_conn_dialed_port(call->conn);
    return port ? side_of_port(call, port) : ESMTP_SIDE_NONE;
}

static esmtp_side_t by_words(const esmtp_call_t *call, esmtp_greet_t said)
{
    switch (said) {
    case ESMTP_GREET_SERVER: return call->side;
    case ESMTP_GREET_CLIENT: return !call->side;
    case ESMTP_GREET_NONE: break;
    }
    return ESMTP_SIDE_NONE;
}

/* Whether the line is a reply or a command, of any kind. */
static esmtp_side_t by_kind(const esmtp_call_t *call)
{
    switch (esmtp_framing_speaker(call->octets)) {
    case ESMTP_SPEAKER_SERVER: return call->side;
    case ESMTP_SPEAKER_CLIENT: return !call->side;
    case ESMTP_SPEAKER_UNKNOWN: break;
    }
    return ESMTP_SIDE_NONE;
}

/* --- settling --------------------------------------------------------------------------------- */

/* The first of these that tells. */
static void read_first(const esmtp_call_t *call, esmtp_greet_t said)
{
    esmtp_conn_t *conn = call->conn;
    esmtp_session_t *session = conn->session;
    esmtp_side_t server = by_syn(call);
    if (server == ESMTP_SIDE_NONE)
        server = by_words(call, said);
    conn->roles_by_port = server == ESMTP_SIDE_NONE;
    if (server == ESMTP_SIDE_NONE)
        server = side_of_port(call, call->pinfo->match_uint);
    if (server == ESMTP_SIDE_NONE)
        server = by_kind(call);
    if (server != ESMTP_SIDE_NONE)
        esmtp_session_set_server(session, server, true);
    else if (esmtp_session_server(session) == ESMTP_SIDE_NONE)
        esmtp_session_set_server(session, !call->side, false);
}

void esmtp_roles_settle(const esmtp_call_t *call)
{
    esmtp_conn_t *conn = call->conn;
    bool certain = esmtp_session_server_certain(conn->session);
    bool server = esmtp_session_server(conn->session) == call->side;
    bool letter = g_ascii_isalpha(call->octets.p[0]);
    /* Nearly all calls: a client that sends words, or in the middle of the session; a server that replies. */
    if (certain && (server ? !is_first(call) && !letter : !is_first(call) || letter))
        return;
    esmtp_greet_t said = esmtp_look_greet(call->tvb);
    if (is_first(call))
        conn->greeted[call->side] = said == ESMTP_GREET_SERVER;
    if (!certain)
        read_first(call, said);
    else if (server && said == ESMTP_GREET_CLIENT && (conn->roles_by_port || conn->greeted[!call->side]))
        esmtp_session_turn(conn->session);
}
