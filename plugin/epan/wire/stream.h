/* stream.h
 * A connection as Wireshark sees it: which octets are new, which were seen before, which are missing; on later visits,
 * which facts belong to the octets at hand.
 *
 * Lifetimes: esmtp_conn_t and its facts live with the capture file and change on first visits only.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_STREAM_H
#define ESMTP_STREAM_H

#include "../ws_compat.h"

#include "../../core/session/session.h"
#include "../show/collect.h"
#include "../show/connection.h"

typedef enum { ESMTP_LAYER_TCP = 0, ESMTP_LAYER_TLS = 1 } esmtp_layer_t;

typedef struct esmtp_kept esmtp_kept_t;

/* One direction of one layer. */
typedef struct {
    uint32_t next;    /* sequence number of the next octet that no fact has */
    uint32_t partial; /* octets after it that were seen: the beginning of a line */
    esmtp_facts_t facts;
    struct esmtp_kept *kept; /* lines in many pieces; NULL while there was none: kept.h */
    bool begun;
    bool holed;     /* octets of it are missing */
    uint16_t asked; /* how often in a row nothing was used: more was asked for */
} esmtp_stream_t;

/* How TLS began. */
typedef enum {
    ESMTP_TLS_NONE = 0,
    ESMTP_TLS_STARTTLS, /* after the 220, as it should */
    ESMTP_TLS_LATE,     /* its STARTTLS or its 220 is not in the capture */
    ESMTP_TLS_EARLY,    /* after STARTTLS, before the 220 */
    ESMTP_TLS_UNASKED,  /* without any STARTTLS, although nothing is missing from the capture */
} esmtp_tls_start_t;

/* Where a header of the PROXY protocol stands. */
typedef struct {
    uint32_t frame; /* 0: there is none */
    uint32_t seq;   /* of its first octet */
    uint32_t len;
    esmtp_side_t side;
} esmtp_proxy_place_t;

/* Calls of one frame and direction that were used. */
typedef struct {
    uint32_t frame;
    unsigned n;
} esmtp_calls_t;

/* One connection. */
typedef struct {
    esmtp_session_t *session;
    conversation_t *conversation;
    esmtp_collector_t collector; /* of its messages */
    esmtp_connection_t whole;    /* what is shown of it */
    uint32_t port;               /* of side A */
    uint32_t frame;              /* in which it was met; UINT32_MAX: nothing but a PROXY header was seen of it */
    bool above;                  /* its address comes after the other's: tells them apart where the ports are equal */
    bool opened;                 /* the capture has its opening */
    bool guessed;                /* its first line told, inside TLS */
    bool clear;                  /* on a TLS port: what is spoken there is SMTP in clear */
    bool roles_by_port;          /* first visits: neither a SYN nor what was said told who the server is */
    bool ends_told;              /* first visits: the session knows who is at the ends, if ends_server is the server */
    esmtp_side_t ends_server;
    esmtp_calls_t calls[2];   /* first visits: of each side, inside TLS */
    bool greeted[2];          /* first visits: the side's first octets were a greeting */
    bool tls_last[2];         /* first visits: the side's last octets went to TLS */
    const esmtp_fact_t *last; /* the newest fact; NULL while there is none */
    esmtp_layer_t layer;      /* first visits: of the octets that are fed now */
    esmtp_tls_start_t tls_start;
    uint32_t starttls_in; /* frame of the 220 that opened TLS; 0: none did */
    bool tls_maybe;       /* TLS that nobody announced: the server has not shown yet what it makes of it */
    bool tls_refuted;     /* the server took such octets for lines: what looks like TLS is none */
    uint32_t tls_told;    /* where the client was when the server said something to that */
    bool tls_withheld;    /* TLS asked for more: TCP brings some of them again in a later frame */
    uint16_t tls_version; /* that the server chose, as TLS numbers it; 0: not known */
    esmtp_proxy_place_t proxy;
    uint32_t tls_first_seq;     /* where in whole.tls_first TLS began */
    uint32_t tls_closed[2];     /* for each side: frame in which it was seen to end TLS politely; 0: none */
    uint32_t tls_from[2];       /* for each side: first frame whose octets went to TLS; 0: none did */
    esmtp_stream_t *streams[2]; /* layer: the streams of both sides; of TLS NULL while there is none */
    esmtp_stream_t in_clear[2];
} esmtp_conn_t;

/* How octets came to us. */
typedef enum {
    ESMTP_PORT_OURS,  /* by a port of SMTP, by a conversation that was ours before, or by STARTTLS */
    ESMTP_PORT_GUEST, /* by a port that may be anybody's */
    ESMTP_PORT_TLS,   /* by a port of SMTP inside TLS */
    ESMTP_PORT_ANY,   /* by a heuristic */
} esmtp_port_t;

/* The octets of one call of the dissector. */
typedef struct {
    esmtp_conn_t *conn;
    conversation_t *conversation; /* that it was looked for in; NULL: there is none, or the connection was found before
                                     that */
    esmtp_layer_t layer;
    esmtp_port_t port;
    esmtp_side_t side;
    tvbuff_t *tvb;
    esmtp_span_t octets; /* of tvb, as far as they were captured; asked for once: each question to a tvb costs */
    packet_info *pinfo;
    uint32_t seq;     /* TCP: of the first octet */
    uint32_t segment; /* TCP: of the first octet of the segment, or of what was put together */
    uint32_t shown;   /* TCP: octets of it before these: a PROXY header, of which another dissector had to do */
    uint32_t header;  /* TCP: octets of a PROXY header that these begin with */
    uint32_t kept;    /* octets at the start that earlier frames brought: kept.h */
    uint32_t ack;     /* TCP: what the segment acknowledges */
    bool have_seq;
    bool first;   /* TCP: the first of their direction, after a PROXY header */
    bool fin;     /* TCP: the segment ends its direction */
    bool can_ask; /* whoever brought the octets can bring them again with more */
} esmtp_call_t;

/* The facts of a call: facts[first] to facts[last - 1]. */
typedef struct {
    const esmtp_facts_t *facts; /* of its stream */
    size_t first, last;
    size_t used;    /* octets that they cover, from the start of the tvb (octets that were seen before included) */
    size_t old;     /* octets at the start that were seen in an earlier frame */
    bool undecided; /* first visit: how they are read may yet be taken back */
} esmtp_found_t;

/* The octets of the call are those of tvb. */
void esmtp_call_set_octets(esmtp_call_t *call, tvbuff_t *tvb);

/* call->conn: the connection if there is one already; NULL if not. */
void esmtp_conn_find(esmtp_call_t *call);
/* What is asked for this packet is that connection, until NULL is lent: TLS has its octets and calls us again. */
void esmtp_conn_lend(const packet_info *pinfo, esmtp_conn_t *conn);
/* Makes one if there is none, on first visits. */
void esmtp_conn_make(esmtp_call_t *call);
/* Makes room for what comes out of TLS. */
void esmtp_conn_open_tls(esmtp_conn_t *conn);
/* The port that the SYN went to; 0 if the capture has none. */
uint32_t esmtp_conn_dialed_port(const esmtp_conn_t *conn);
esmtp_side_t esmtp_conn_side(const esmtp_conn_t *conn, const packet_info *pinfo);

/* Whether octets may be the first of their direction: they are, or nobody knows. The call needs no connection. */
bool esmtp_stream_may_start(const esmtp_call_t *call);

/* First visit: whether nothing is missing before these octets, since the connection was opened. */
bool esmtp_stream_is_whole(const esmtp_call_t *call);
/* First visit: whether the segment acknowledges octets of the other side that the capture has not shown. */
bool esmtp_stream_peer_is_ahead(const esmtp_call_t *call);
/* First visit, of the first octets that are ours: what the peer has said before them, by what they acknowledge, was
 * somebody else's and is not missing. False: that is nothing, or not known. */
bool esmtp_stream_begin_peer(const esmtp_call_t *call);
/* First visit: what lies before the n-th of these octets is TLS's. */
void esmtp_stream_pass(const esmtp_call_t *call, unsigned n);
/* First visit: keeps octets that may be TLS's, or lines. */
void esmtp_stream_maybe_tls(const esmtp_call_t *call);
/* First visit, of octets after such: whether the client goes on with a line in clear, and the server refused what
 * looked like TLS. Then that was lines, too. */
bool esmtp_stream_disproves_tls(const esmtp_call_t *call);
/* Inside TLS: how many calls before this, of the same frame and direction, were used; this one is used, too. By TCP:
 * 0. */
unsigned esmtp_stream_calls(const esmtp_call_t *call);
void esmtp_stream_call_used(const esmtp_call_t *call);

/* When and where octets of a call were seen, seq being that of the first. */
esmtp_stamp_t esmtp_stream_stamp(const esmtp_call_t *call, uint32_t seq);
/* A new fact at the end, for as long as the capture file. */
esmtp_fact_t *esmtp_stream_fact(esmtp_facts_t *facts);
/* Whether a fact of this frame belongs to the octets of the call. */
bool esmtp_stream_belongs(const esmtp_call_t *call, const esmtp_fact_t *fact);

/* First visit: feeds the octets to the session. */
void esmtp_stream_feed(const esmtp_call_t *call, esmtp_found_t *found);
/* Any visit after it: finds what the first one made of them. */
void esmtp_stream_find(const esmtp_call_t *call, esmtp_found_t *found);

void esmtp_stream_register(int proto_esmtp);

#endif /* ESMTP_STREAM_H */
