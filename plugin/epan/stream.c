/* stream.c
 * Connections and the order of their octets.
 *
 * TCP positions are sequence numbers. Inside TLS there are none that every version tells: there a call is known by its place
 * among the calls of its frame that were used (a call that only asks for more at its first octet is not made again later).
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "stream.h"

#include <epan/dissectors/packet-tcp.h>

#include "../core/framing.h"
#include "message.h"

/* A jump of more than this is no hole of one connection but another numbering. */
#define JUMP_MAX 0x40000000

/* Bits of tcp_analysis.conversation_completeness: a SYN or SYN,ACK was seen. */
#define SEEN_OPENING 0x03

static int proto_esmtp = -1;

void esmtp_stream_register(int proto)
{
    proto_esmtp = proto;
}

/* --- connections ------------------------------------------------------------------------------------------------------- */

static void *file_alloc(void *ctx, size_t n)
{
    (void)ctx;
    return wmem_alloc0(wmem_file_scope(), n);
}

static const esmtp_allocator_t file_allocator = {file_alloc, NULL};

static esmtp_fact_t *add_fact(void *ctx, esmtp_side_t side)
{
    esmtp_conn_t *conn = ctx;
    return esmtp_facts_add(&conn->streams[conn->layer][side].facts);
}

/* The time of the connection's first segment, if that opened it. */
static bool opening_time(conversation_t *conversation, packet_info *pinfo, int64_t *time)
{
    struct tcp_analysis *tcpd = pinfo->ptype == PT_TCP ? get_tcp_conversation_data(conversation, pinfo) : NULL;
    if (!tcpd || !(tcpd->conversation_completeness & SEEN_OPENING))
        return false;
    *time = (int64_t)tcpd->ts_first.secs * 1000000000 + tcpd->ts_first.nsecs;
    return true;
}

static esmtp_conn_t *conn_new(conversation_t *conversation, packet_info *pinfo)
{
    esmtp_conn_t *conn = wmem_new0(wmem_file_scope(), esmtp_conn_t);
    esmtp_session_ops_t ops = {&file_allocator, add_fact, esmtp_message_append, esmtp_message_end, conn};
    int64_t time;
    conn->session = esmtp_session_new(&ops);
    copy_address_wmem(wmem_file_scope(), &conn->addr, &pinfo->src);
    conn->port = pinfo->srcport;
    for (int layer = 0; layer < 2; layer++) {
        for (int side = 0; side < 2; side++)
            esmtp_facts_init(&conn->streams[layer][side].facts, &file_allocator);
    }
    if (opening_time(conversation, pinfo, &time))
        esmtp_session_opened(conn->session, time);
    conversation_add_proto_data(conversation, proto_esmtp, conn);
    return conn;
}

esmtp_conn_t *esmtp_conn_get(packet_info *pinfo)
{
    conversation_t *conversation = find_or_create_conversation(pinfo);
    esmtp_conn_t *conn = conversation_get_proto_data(conversation, proto_esmtp);
    return conn ? conn : conn_new(conversation, pinfo);
}

esmtp_conn_t *esmtp_conn_find(packet_info *pinfo)
{
    conversation_t *conversation = find_conversation_pinfo(pinfo, 0);
    return conversation ? conversation_get_proto_data(conversation, proto_esmtp) : NULL;
}

esmtp_side_t esmtp_conn_side(const esmtp_conn_t *conn, const packet_info *pinfo)
{
    if (pinfo->srcport != conn->port)
        return ESMTP_SIDE_B;
    if (pinfo->destport != conn->port)
        return ESMTP_SIDE_A;
    return addresses_equal(&pinfo->src, &conn->addr) ? ESMTP_SIDE_A : ESMTP_SIDE_B;
}

/* --- calls inside TLS -------------------------------------------------------------------------------------------------- */

/* Which used call of this frame and direction comes next. */
static unsigned *call_counter(const esmtp_call_t *call)
{
    packet_info *pinfo = call->pinfo;
    uint32_t key = 1 + (uint32_t)call->side;
    unsigned *n = p_get_proto_data(pinfo->pool, pinfo, proto_esmtp, key);
    if (!n) {
        n = wmem_new0(pinfo->pool, unsigned);
        p_add_proto_data(pinfo->pool, pinfo, proto_esmtp, key, n);
    }
    return n;
}

/* --- first visit ------------------------------------------------------------------------------------------------------- */

/* Whether the segment acknowledges octets of the other side that the capture has not shown. */
static bool peer_is_ahead(const esmtp_call_t *call)
{
    const esmtp_stream_t *peer = &call->conn->streams[call->layer][!call->side];
    if (!call->have_seq)
        return false;
    if (peer->begun)
        return (int32_t)(call->ack - (peer->next + peer->partial)) > 0;
    conversation_t *conversation = find_conversation_pinfo(call->pinfo, 0);
    struct tcp_analysis *tcpd = conversation ? get_tcp_conversation_data(conversation, call->pinfo) : NULL;
    /* The numbers count from 1, or from the peer's first when TCP is told not to make them relative. */
    return call->ack != 1 && !(tcpd && tcpd->rev && call->ack == tcpd->rev->base_seq + 1);
}

static esmtp_stamp_t stamp_of(const esmtp_call_t *call, uint32_t seq)
{
    const nstime_t *t = &call->pinfo->abs_ts;
    esmtp_stamp_t at = {
        .frame = call->pinfo->num,
        .seq = seq,
        .time = (int64_t)t->secs * 1000000000 + t->nsecs,
        .tls = call->layer == ESMTP_LAYER_TLS,
        .peer_ahead = peer_is_ahead(call),
    };
    return at;
}

/* Octets at the start of a segment that were fed before; a hole in front of it is told to the session. */
static size_t align(const esmtp_call_t *call, esmtp_stream_t *stream, esmtp_stamp_t *at, size_t len)
{
    int32_t ahead = (int32_t)(at->seq - stream->next);
    if (!stream->begun || ahead == 0)
        return 0;
    if (ahead < 0 && ahead > -JUMP_MAX)
        return MIN((size_t)-ahead, len);
    bool numbered = ahead > 0 && ahead < JUMP_MAX;
    uint32_t missing = numbered ? (uint32_t)ahead - MIN((uint32_t)ahead, stream->partial) : 0;
    esmtp_session_gap(call->conn->session, at, call->side, missing);
    stream->partial = 0;
    return 0;
}

void esmtp_stream_feed(const esmtp_call_t *call, esmtp_found_t *found)
{
    esmtp_conn_t *conn = call->conn;
    esmtp_stream_t *stream = &conn->streams[call->layer][call->side];
    size_t captured = tvb_captured_length(call->tvb);
    size_t lost = tvb_reported_length(call->tvb) - captured;
    esmtp_stamp_t at = stamp_of(call, call->have_seq ? call->seq : stream->next);
    unsigned *counter = call->have_seq ? NULL : call_counter(call);

    conn->layer = call->layer;
    at.call = counter ? (uint16_t)*counter : 0;
    found->stream = stream;
    found->first = stream->facts.n;
    found->old = align(call, stream, &at, captured);
    esmtp_span_t in = esmtp_span(captured > found->old ? tvb_get_ptr(call->tvb, (int)found->old, -1) : NULL, captured - found->old);
    at.seq += (uint32_t)found->old;
    size_t scanned = stream->begun && at.seq == stream->next && stream->partial ? MIN(stream->partial, in.len) - 1 : 0;
    bool last = !call->pinfo->can_desegment || lost || call->fin;
    size_t used = in.len ? esmtp_framing_feed(conn->session, call->side, at, in, scanned, last) : 0;

    found->used = found->old + used;
    found->last = stream->facts.n;
    if (found->old < captured || !stream->begun) {
        stream->next = at.seq + (uint32_t)used;
        stream->partial = (uint32_t)(in.len - used);
    }
    stream->begun = true;
    if (lost) {
        at.seq = stream->next;
        esmtp_session_gap(conn->session, &at, call->side, (uint32_t)lost);
        stream->next += (uint32_t)lost;
        found->last = stream->facts.n;
    }
    if (counter && used)
        ++*counter;
}

/* --- later visits ------------------------------------------------------------------------------------------------------ */

/* Whether a fact of this frame belongs to the octets at hand. */
static bool belongs(const esmtp_call_t *call, const esmtp_fact_t *fact, unsigned n_call)
{
    if (!call->have_seq)
        return fact->call == n_call;
    return fact->seq - call->seq <= tvb_reported_length(call->tvb);
}

void esmtp_stream_find(const esmtp_call_t *call, esmtp_found_t *found)
{
    esmtp_stream_t *stream = &call->conn->streams[call->layer][call->side];
    unsigned *counter = call->have_seq ? NULL : call_counter(call);
    size_t i = esmtp_facts_find(&stream->facts, call->pinfo->num);

    memset(found, 0, sizeof *found);
    found->stream = stream;
    for (; i < stream->facts.n; i++) {
        const esmtp_fact_t *fact = esmtp_facts_at(&stream->facts, i);
        if (fact->frame != call->pinfo->num)
            break;
        if (!belongs(call, fact, counter ? *counter : 0)) {
            if (found->last)
                break;
            continue;
        }
        if (!found->last) {
            found->first = i;
            found->old = call->have_seq ? fact->seq - call->seq : 0;
            found->used = found->old;
        }
        found->last = i + 1;
        found->used += fact->len;
    }
    if (!found->last) {
        found->first = found->last = stream->facts.n;
        found->old = found->used = tvb_captured_length(call->tvb);
    }
    if (counter && found->first < found->last)
        ++*counter;
}
