/* stream.c
 * Connections and the order of their octets.
 *
 * TCP positions are sequence numbers. Inside TLS there are none that every version tells: there a call is known by its
 * place among the calls of its frame that were used (a call that only asks for more at its first octet is not made
 * again later).
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "stream.h"

#include <epan/dissectors/packet-tcp.h>

#include "../../core/session/framing.h"
#include "look.h"
#include "options.h"
#include "pool.h"
#include "recent.h"

/* A jump of more than this is no hole of one connection but another numbering. */
#define JUMP_MAX 0x40000000

/* Bits of tcp_analysis.conversation_completeness: a SYN or SYN,ACK was seen. */
#define SEEN_OPENING 0x03
/* Bit of tcp_flow_t.static_flags: base_seq is known. */
#define BASE_SEQ_SET 0x01

static int proto_esmtp = -1;

/* Transactions of the capture file so far. */
static uint32_t mails;

/* What is known of its servers, and their clients. */
static esmtp_peers_t peers;

static void begin_file(void)
{
    mails = 0;
    peers = (esmtp_peers_t){0};
}

void esmtp_stream_register(int proto)
{
    proto_esmtp = proto;
    register_init_routine(begin_file);
    esmtp_pool_register();
    esmtp_recent_register();
}

/* --- connections ------------------------------------------------------------------------------ */

void esmtp_call_set_octets(esmtp_call_t *call, tvbuff_t *tvb)
{
    unsigned n = tvb_captured_length(tvb);
    call->tvb = tvb;
    call->octets = esmtp_span(n ? tvb_get_ptr(tvb, 0, (int)n) : NULL, n);
}

static void *file_alloc(void *ctx, size_t n)
{
    (void)ctx;
    return wmem_alloc0(wmem_file_scope(), n);
}

static void file_release(void *ctx, void *p)
{
    (void)ctx;
    wmem_free(wmem_file_scope(), p);
}

static void *file_keep(void *ctx, size_t n)
{
    (void)ctx;
    return esmtp_pool_alloc0(n);
}

static const esmtp_allocator_t file_allocator = {file_alloc, NULL, file_release, file_keep};

esmtp_fact_t *esmtp_stream_fact(esmtp_facts_t *facts)
{
    return esmtp_facts_add(facts, &file_allocator);
}

static esmtp_fact_t *add_fact(void *ctx, esmtp_side_t side)
{
    esmtp_conn_t *conn = ctx;
    return esmtp_stream_fact(&conn->streams[conn->layer][side].facts);
}

static const esmtp_facts_t *client_facts(const esmtp_conn_t *conn)
{
    return &conn->streams[conn->layer][!esmtp_session_server(conn->session)].facts;
}

static void take_text(void *ctx, esmtp_message_t *message, const uint8_t *p, size_t n)
{
    esmtp_conn_t *conn = ctx;
    esmtp_collect_text(&conn->collector, client_facts(conn), message, p, n);
}

static void take_end(void *ctx, esmtp_message_t *message)
{
    esmtp_conn_t *conn = ctx;
    esmtp_collect_end(&conn->collector, client_facts(conn), message);
}

/* Readings that may be taken back: how far facts have come, and back to there. */
static esmtp_mark_t mark_facts(void *ctx)
{
    esmtp_conn_t *conn = ctx;
    const esmtp_stream_t *streams = conn->streams[conn->layer];
    esmtp_collect_keep(&conn->collector);
    return (esmtp_mark_t){{streams[ESMTP_SIDE_A].facts.n, streams[ESMTP_SIDE_B].facts.n}, conn->collector.messages};
}

static void withdraw_facts(void *ctx, const esmtp_mark_t *mark)
{
    esmtp_conn_t *conn = ctx;
    esmtp_stream_t *streams = conn->streams[conn->layer];
    streams[ESMTP_SIDE_A].facts.n = (uint32_t)mark->facts[ESMTP_SIDE_A];
    streams[ESMTP_SIDE_B].facts.n = (uint32_t)mark->facts[ESMTP_SIDE_B];
    conn->collector.messages = mark->messages;
}

static void cut_text(void *ctx, esmtp_message_t *message, uint64_t octets)
{
    esmtp_conn_t *conn = ctx;
    esmtp_collect_cut(&conn->collector, message, octets);
}

/* The time of the connection's first segment, if that opened it. */
static bool opening_time(const struct tcp_analysis *tcpd, int64_t *time)
{
    if (!tcpd || !(tcpd->conversation_completeness & SEEN_OPENING))
        return false;
    *time = (int64_t)tcpd->ts_first.secs * 1000000000 + tcpd->ts_first.nsecs;
    return true;
}

static bool is_above(const packet_info *pinfo)
{
    return cmp_address(&pinfo->src, &pinfo->dst) > 0;
}

static esmtp_conn_t *conn_new(conversation_t *conversation, packet_info *pinfo)
{
    esmtp_conn_t *conn = esmtp_pool_alloc0(sizeof *conn);
    static const esmtp_session_ops_t ops = {
        .allocator = &file_allocator,
        .mails = &mails,
        .fact = add_fact,
        .text = take_text,
        .end = take_end,
        .mark = mark_facts,
        .withdraw = withdraw_facts,
        .cut = cut_text,
    };
    int64_t time;
    conn->session = esmtp_session_new(&ops, conn);
    conn->conversation = conversation;
    conn->whole.sum = esmtp_session_summary(conn->session);
    conn->port = pinfo->srcport;
    conn->above = is_above(pinfo);
    conn->streams[ESMTP_LAYER_TCP] = conn->in_clear;
    conn->frame = UINT32_MAX;
    conn->whole.tcp = pinfo->ptype == PT_TCP ? get_tcp_conversation_data(conversation, pinfo) : NULL;
    conn->opened = opening_time(conn->whole.tcp, &time);
    if (conn->opened)
        esmtp_session_opened(conn->session, time);
    conversation_add_proto_data(conversation, proto_esmtp, conn);
    return conn;
}

void esmtp_conn_make(esmtp_call_t *call)
{
    if (call->conn)
        return;
    conversation_t *conversation = call->conversation;
    if (!conversation) {
        conversation = find_or_create_conversation(call->pinfo);
        call->conn = conversation_get_proto_data(conversation, proto_esmtp);
    }
    if (!call->conn)
        call->conn = conn_new(conversation, call->pinfo);
    esmtp_recent_keep(conversation, call->conn);
}

void esmtp_conn_open_tls(esmtp_conn_t *conn)
{
    if (!conn->streams[ESMTP_LAYER_TLS])
        conn->streams[ESMTP_LAYER_TLS] = esmtp_pool_alloc0(2 * sizeof(esmtp_stream_t));
}

static struct {
    const packet_info *pinfo;
    esmtp_conn_t *conn;
} lent;

void esmtp_conn_lend(const packet_info *pinfo, esmtp_conn_t *conn)
{
    lent.pinfo = conn ? pinfo : NULL;
    lent.conn = conn;
}

void esmtp_conn_find(esmtp_call_t *call)
{
    call->conn = lent.pinfo == call->pinfo ? lent.conn : esmtp_recent_find(call->pinfo);
    if (call->conn)
        return;
    call->conversation = find_conversation_pinfo(call->pinfo, 0);
    call->conn = call->conversation ? conversation_get_proto_data(call->conversation, proto_esmtp) : NULL;
    if (call->conn)
        esmtp_recent_keep(call->conversation, call->conn);
}

uint32_t esmtp_conn_dialed_port(const esmtp_conn_t *conn)
{
    return conn->opened ? conn->whole.tcp->server_port : 0;
}

esmtp_side_t esmtp_conn_side(const esmtp_conn_t *conn, const packet_info *pinfo)
{
    if (pinfo->srcport != conn->port)
        return ESMTP_SIDE_B;
    if (pinfo->destport != conn->port)
        return ESMTP_SIDE_A;
    return is_above(pinfo) == conn->above ? ESMTP_SIDE_A : ESMTP_SIDE_B;
}

/* --- calls inside TLS ------------------------------------------------------------------------- */

/* Which used call of this frame and direction comes next. */
static unsigned *call_counter(const esmtp_call_t *call)
{
    packet_info *pinfo = call->pinfo;
    uint32_t key = 1 + (uint32_t)call->side;
    esmtp_calls_t *first = &call->conn->calls[call->side];
    if (!PINFO_FD_VISITED(pinfo)) { /* of each frame there is one */
        if (first->frame != pinfo->num)
            *first = (esmtp_calls_t){pinfo->num, 0};
        return &first->n;
    }
    unsigned *n = p_get_proto_data(pinfo->pool, pinfo, proto_esmtp, key);
    if (!n) {
        n = wmem_new0(pinfo->pool, unsigned);
        p_add_proto_data(pinfo->pool, pinfo, proto_esmtp, key, n);
    }
    return n;
}

unsigned esmtp_stream_calls(const esmtp_call_t *call)
{
    return call->have_seq ? 0 : *call_counter(call);
}

void esmtp_stream_call_used(const esmtp_call_t *call)
{
    if (!call->have_seq)
        ++*call_counter(call);
}

/* --- first visit ------------------------------------------------------------------------------ */

/* Whether a number is that of the first octet of a direction: they count from 1, or from where the direction began when
 * TCP is told not to make them relative. */
static bool is_first(uint32_t number, const tcp_flow_t *flow)
{
    return number == 1 || (flow && number == flow->base_seq + 1);
}

bool esmtp_stream_may_start(const esmtp_call_t *call)
{
    conversation_t *conversation = find_conversation_pinfo(call->pinfo, 0);
    const struct tcp_analysis *tcpd = conversation ? get_tcp_conversation_data(conversation, call->pinfo) : NULL;
    if (!call->have_seq || !tcpd || !tcpd->fwd || !(tcpd->conversation_completeness & SEEN_OPENING))
        return true;
    return !(tcpd->fwd->static_flags & BASE_SEQ_SET) || is_first(call->segment, tcpd->fwd);
}

bool esmtp_stream_peer_is_ahead(const esmtp_call_t *call)
{
    const esmtp_stream_t *peer = &call->conn->streams[call->layer][!call->side];
    if (!call->have_seq)
        return false;
    if (peer->begun)
        return (int32_t)(call->ack - (peer->next + peer->partial)) > 0;
    return !is_first(call->ack, call->conn->whole.tcp ? call->conn->whole.tcp->rev : NULL);
}

bool esmtp_stream_is_whole(const esmtp_call_t *call)
{
    const esmtp_stream_t *own = &call->conn->streams[call->layer][call->side];
    const esmtp_stream_t *peer = &call->conn->streams[call->layer][!call->side];
    if (!call->conn->opened || own->holed || peer->holed || esmtp_stream_peer_is_ahead(call))
        return false;
    if (own->begun)
        return call->seq == own->next;
    return is_first(call->seq, call->conn->whole.tcp ? call->conn->whole.tcp->fwd : NULL);
}

void esmtp_stream_pass(const esmtp_call_t *call, unsigned n)
{
    esmtp_stream_t *stream = &call->conn->streams[call->layer][call->side];
    stream->begun = true;
    stream->next = call->seq + n;
    stream->partial = 0;
}

bool esmtp_stream_begin_peer(const esmtp_call_t *call)
{
    esmtp_stream_t *peer = &call->conn->streams[call->layer][!call->side];
    if (peer->begun || !call->have_seq || !call->conn->opened)
        return false;
    peer->begun = true;
    peer->next = call->ack;
    return !is_first(call->ack, call->conn->whole.tcp->rev);
}

static esmtp_host_t host_of(const address *addr)
{
    esmtp_host_t host = {{0}};
    if (addr->type == AT_IPv6)
        memcpy(host.octets, addr->data, sizeof host.octets);
    if (addr->type != AT_IPv4)
        return host;
    host.octets[10] = host.octets[11] = 0xff;
    memcpy(host.octets + 12, addr->data, 4);
    return host;
}

static bool has_host(const address *addr)
{
    return addr->type == AT_IPv4 || addr->type == AT_IPv6;
}

/* How far the server's octets were read. */
static void tell_server_next(const esmtp_call_t *call)
{
    esmtp_connection_t *whole = &call->conn->whole;
    if (esmtp_session_server(call->conn->session) != call->side)
        return;
    whole->server_read =
        call->layer == ESMTP_LAYER_TCP && whole->server_flow && whole->server_flow->tcp_analyze_seq_info;
    if (whole->server_read)
        whole->server_next = whole->server_flow->tcp_analyze_seq_info->nextseq;
}

/* Who is at the two ends, which findings depend on: once for each layer, and when the roles turn. */
static void tell_ends(const esmtp_call_t *call)
{
    const packet_info *pinfo = call->pinfo;
    esmtp_conn_t *conn = call->conn;
    esmtp_side_t server = esmtp_session_server(conn->session);
    bool from_server = server == call->side;
    if (conn->ends_told && server == conn->ends_server && call->layer == conn->layer)
        return;
    conn->ends_told = true;
    conn->ends_server = server;
    conn->layer = call->layer;
    if (conn->whole.tcp)
        conn->whole.server_flow = from_server ? conn->whole.tcp->fwd : conn->whole.tcp->rev;
    const address *client = from_server ? &pinfo->dst : &pinfo->src, *host = from_server ? &pinfo->src : &pinfo->dst;
    esmtp_ends_t ends = {
        .port = (uint16_t)(from_server ? pinfo->srcport : pinfo->destport),
        .same = addresses_equal(&pinfo->src, &pinfo->dst),
        .tls_port = call->port == ESMTP_PORT_TLS && call->layer == ESMTP_LAYER_TCP,
    };
    if (!conn->proxy.frame)
        ends.client = host_of(client);
    if (server != ESMTP_SIDE_NONE && has_host(host)) {
        esmtp_host_t known = host_of(host);
        ends.server = esmtp_peers_server(&peers, &file_allocator, &known, ends.port);
    }
    esmtp_session_set_ends(conn->session, &ends);
}

esmtp_stamp_t esmtp_stream_stamp(const esmtp_call_t *call, uint32_t seq)
{
    const nstime_t *t = &call->pinfo->abs_ts;
    esmtp_stamp_t at = {
        .frame = call->pinfo->num,
        .seq = seq,
        .time = (int64_t)t->secs * 1000000000 + t->nsecs,
        .tls = call->layer == ESMTP_LAYER_TLS,
        .tls_over = call->layer == ESMTP_LAYER_TCP && call->conn->tls_from[call->side],
        .tls_met = call->layer == ESMTP_LAYER_TCP && call->conn->tls_from[!call->side],
        .ack = call->have_seq ? call->ack : 0,
        .peer_ahead = esmtp_stream_peer_is_ahead(call),
    };
    return at;
}

void esmtp_stream_maybe_tls(const esmtp_call_t *call)
{
    esmtp_stamp_t at = esmtp_stream_stamp(call, call->seq);
    at.tls_over = false;
    call->conn->layer = call->layer;
    esmtp_session_tls_maybe(call->conn->session, &at, call->octets);
}

/* The server told what octets were that looked like TLS: if they were lines, they are the stream's as if nobody had
 * thought of TLS. */
static void settle_tls(esmtp_conn_t *conn, esmtp_side_t client, bool taken_back)
{
    conn->tls_maybe = false;
    if (!taken_back)
        return;
    conn->tls_refuted = true;
    conn->tls_from[client] = 0;
    conn->tls_last[client] = false;
    conn->tls_start = ESMTP_TLS_NONE;
    conn->whole.tls_first = 0;
}

bool esmtp_stream_disproves_tls(const esmtp_call_t *call)
{
    esmtp_conn_t *conn = call->conn;
    uint32_t before = conn->tls_told - call->seq;
    if (before >= call->octets.len ||
        esmtp_look_line(tvb_new_subset_remaining(call->tvb, (int)before)) != ESMTP_LOOK_YES)
        return false;
    conn->layer = call->layer;
    if (!esmtp_session_tls_disprove(conn->session))
        return false;
    settle_tls(conn, call->side, true);
    return true;
}

/* Octets that TLS asked more for: TCP does not bring them to us in their own frame again, but here. */
static void show_withheld(const esmtp_call_t *call, esmtp_found_t *found)
{
    esmtp_conn_t *conn = call->conn;
    const esmtp_facts_t *facts = found->facts;
    while (found->first > 0 && (int32_t)(esmtp_facts_at(facts, found->first - 1)->seq - call->seq) >= 0)
        esmtp_facts_at(facts, --found->first)->frame = call->pinfo->num;
    if (found->first < found->last)
        found->old = esmtp_facts_at(facts, found->first)->seq - call->seq;
    conn->tls_withheld = false;
}

/* Octets that are missing before a segment, 0 if their number is unknown. */
static uint32_t hole(const esmtp_stream_t *stream, int32_t ahead)
{
    bool numbered = ahead > 0 && ahead < JUMP_MAX;
    return numbered ? (uint32_t)ahead - MIN((uint32_t)ahead, stream->partial) : 0;
}

/* Octets at the start of a segment that were fed before. */
static size_t seen_before(const esmtp_stream_t *stream, uint32_t seq, size_t len)
{
    int32_t ahead = (int32_t)(seq - stream->next);
    return stream->begun && ahead < 0 && ahead > -JUMP_MAX ? MIN((size_t)-ahead, len) : 0;
}

/* TCP's mark on a segment before which octets are missing: "Previous segment not captured". packet-tcp.c. */
#define TCP_A_LOST_PACKET 0x0002

/* What TCP knows of a hole before the octets of this call. It keeps octets from us that were sent again in another cut,
 * or that come out of order; then its own count has no hole. */
static esmtp_gap_t gap_kind(const esmtp_call_t *call)
{
    const struct tcp_analysis *tcpd = call->have_seq ? call->conn->whole.tcp : NULL;
    if (!tcpd || !esmtp_option_tcp_withholds())
        return ESMTP_GAP_UNKNOWN;
    return tcpd->ta && tcpd->ta->flags & TCP_A_LOST_PACKET ? ESMTP_GAP_NOT_CAPTURED : ESMTP_GAP_WITHHELD;
}

/* Tells of a hole. */
static void gap_add(const esmtp_call_t *call, esmtp_stream_t *stream, const esmtp_stamp_t *at, uint32_t missing,
                    esmtp_gap_t kind)
{
    esmtp_session_gap(call->conn->session, at, call->side, missing);
    esmtp_facts_at(&stream->facts, stream->facts.n - 1)->code = kind;
    stream->holed = true;
}

/* Feeds octets that begin at at->seq. Returns how many were used. */
static size_t feed_from(const esmtp_call_t *call, esmtp_stream_t *stream, const esmtp_stamp_t *at, esmtp_span_t in,
                        bool last)
{
    esmtp_session_t *session = call->conn->session;
    int32_t ahead = stream->begun ? (int32_t)(at->seq - stream->next) : 0;
    size_t scanned = 0;
    if (ahead) {
        /* A hole is told together with the octets after it: as long as they are but the start of a line, TCP asks
         * again. */
        uint32_t missing = hole(stream, ahead);
        if (!esmtp_framing_ready(session, call->side, in, missing, last)) {
            stream->asked = MIN(stream->asked, UINT16_MAX - 1) + 1;
            return 0;
        }
        gap_add(call, stream, at, missing, gap_kind(call));
    } else if (stream->partial) {
        scanned = MIN(stream->partial, in.len) - 1;
    }
    esmtp_feeding_t feeding = {in, at->seq, NULL};
    esmtp_collect_feed(&call->conn->collector, &feeding);
    size_t used = esmtp_framing_feed(session, call->side, *at, in, scanned, last);
    esmtp_collect_fed(&call->conn->collector);
    stream->begun = true;
    stream->next = at->seq + (uint32_t)used;
    stream->partial = (uint32_t)(in.len - used);
    stream->asked = used ? 0 : MIN(stream->asked, UINT16_MAX - 1) + 1;
    return used;
}

/* Likewise, what is left of octets that nobody brings again, n of which were used. */
static size_t feed_rest(const esmtp_call_t *call, esmtp_stream_t *stream, esmtp_stamp_t at, esmtp_span_t in, size_t n)
{
    at.seq += (uint32_t)n;
    stream->partial = 0;
    return feed_from(call, stream, &at, esmtp_span_from(in, n), true);
}

/* A connection that was watched from its SYN on begins at a known number: octets between it and the first that were
 * captured are missing like any others. */
static void begin_stream(const esmtp_call_t *call, esmtp_stream_t *stream)
{
    const struct tcp_analysis *tcpd = call->have_seq && !stream->begun ? call->conn->whole.tcp : NULL;
    if (!tcpd || !tcpd->fwd || !(tcpd->conversation_completeness & SEEN_OPENING) || is_first(call->seq, tcpd->fwd))
        return;
    uint32_t from_one = call->seq - 1, from_base = call->seq - (tcpd->fwd->base_seq + 1);
    uint32_t missing = MIN(from_one, from_base); /* numbers are relative, or not if TCP is told so */
    if (missing >= JUMP_MAX)
        return;
    stream->begun = true;
    stream->next = call->seq - missing;
}

static bool belongs(const esmtp_call_t *call, const esmtp_fact_t *fact, unsigned n_call)
{
    if (!call->have_seq)
        return fact->call == n_call;
    return fact->seq - call->seq < tvb_reported_length(call->tvb);
}

bool esmtp_stream_belongs(const esmtp_call_t *call, const esmtp_fact_t *fact)
{
    return belongs(call, fact, esmtp_stream_calls(call));
}

/* The first fact of the octets at hand. */
static size_t first_of_call(const esmtp_call_t *call, const esmtp_stream_t *stream, unsigned n_call)
{
    size_t i = esmtp_facts_find(&stream->facts, call->pinfo->num);
    while (i < stream->facts.n && !belongs(call, esmtp_facts_at(&stream->facts, i), n_call))
        i++;
    return i;
}

void esmtp_stream_feed(const esmtp_call_t *call, esmtp_found_t *found)
{
    esmtp_stream_t *stream = &call->conn->streams[call->layer][call->side];
    size_t captured = call->octets.len;
    size_t lost = tvb_reported_length(call->tvb) - captured;
    esmtp_stamp_t at = esmtp_stream_stamp(call, call->have_seq ? call->seq : stream->next);
    bool last = !call->can_ask || lost || call->fin;
    uint32_t taken_back = esmtp_session_taken_back(call->conn->session);

    begin_stream(call, stream);
    tell_ends(call);
    at.call = (uint16_t)esmtp_stream_calls(call);
    found->facts = &stream->facts;
    found->first = stream->facts.n;
    found->used = found->old = seen_before(stream, at.seq, captured);
    at.seq += (uint32_t)found->old;
    at.cut = lost > 0;
    if (found->old < captured) {
        esmtp_span_t in = esmtp_span_from(call->octets, found->old);
        size_t used = feed_from(call, stream, &at, in, last);
        if (used < call->kept)
            used += feed_rest(call, stream, at, in, used);
        found->used += used;
    }
    if (lost) {
        at.seq = stream->next;
        gap_add(call, stream, &at, (uint32_t)lost, ESMTP_GAP_CUT);
        stream->next += (uint32_t)lost;
    }
    call->conn->starttls_in = esmtp_session_tls_frame(call->conn->session);
    call->conn->whole.left = esmtp_session_left(call->conn->session);
    tell_server_next(call);
    found->last = stream->facts.n;
    found->undecided = esmtp_session_in_doubt(call->conn->session);
    if (taken_back != esmtp_session_taken_back(call->conn->session))
        found->first = first_of_call(call, stream, at.call); /* facts before these were made anew, too */
    bool anew = taken_back != esmtp_session_taken_back(call->conn->session);
    if (call->conn->tls_maybe && esmtp_session_server(call->conn->session) == call->side)
        call->conn->tls_told = call->conn->streams[call->layer][!call->side].next;
    if (call->conn->tls_maybe && !esmtp_session_tls_doubted(call->conn->session))
        settle_tls(call->conn, !call->side, anew && !call->conn->tls_from[call->side]);
    else if (call->conn->tls_refuted && call->conn->tls_withheld && found->old &&
             esmtp_session_server(call->conn->session) != call->side)
        show_withheld(call, found);
    if (found->first < found->last)
        call->conn->last = esmtp_facts_at(&stream->facts, found->last - 1);
    if (found->first < found->last)
        esmtp_stream_call_used(call);
}

/* --- later visits ----------------------------------------------------------------------------- */

void esmtp_stream_find(const esmtp_call_t *call, esmtp_found_t *found)
{
    esmtp_stream_t *stream = &call->conn->streams[call->layer][call->side];
    unsigned n_call = esmtp_stream_calls(call);
    size_t i = esmtp_facts_find(&stream->facts, call->pinfo->num);

    *found = (esmtp_found_t){.facts = &stream->facts};
    for (; i < stream->facts.n; i++) {
        const esmtp_fact_t *fact = esmtp_facts_at(&stream->facts, i);
        if (fact->frame != call->pinfo->num)
            break;
        if (!belongs(call, fact, n_call)) {
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
        found->old = found->used = call->octets.len;
    }
    if (found->first < found->last)
        esmtp_stream_call_used(call);
}
