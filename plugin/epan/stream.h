/* stream.h
 * A connection as Wireshark sees it: which octets are new, which were seen before, which are missing; on later visits, which
 * facts belong to the octets at hand.
 *
 * Lifetimes: esmtp_conn_t and its facts live with the capture file and change on first visits only.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_STREAM_H
#define ESMTP_STREAM_H

#include "ws_compat.h"

#include "../core/session.h"

typedef enum { ESMTP_LAYER_TCP = 0, ESMTP_LAYER_TLS = 1 } esmtp_layer_t;

/* One direction of one layer. */
typedef struct {
    bool begun;
    uint32_t next;    /* sequence number of the next octet that no fact has */
    uint32_t partial; /* octets behind it that were seen: the beginning of a line */
    esmtp_facts_t facts;
} esmtp_stream_t;

typedef struct {
    esmtp_session_t *session;
    address addr;  /* of side A, with its port */
    uint32_t port;
    esmtp_layer_t layer; /* first visits: of the octets that are fed now */
    uint32_t tls_from;   /* first frame that went to TLS; 0: none did */
    bool tls_late;       /* that one was the first of its connection: TLS was open when the capture began */
    bool clear;          /* on a TLS port: what is spoken there is SMTP in clear */
    uint32_t messages;   /* collected so far */
    esmtp_stream_t streams[2][2]; /* layer, side */
} esmtp_conn_t;

/* The octets of one call of the dissector. */
typedef struct {
    esmtp_conn_t *conn;
    esmtp_layer_t layer;
    esmtp_side_t side;
    tvbuff_t *tvb;
    packet_info *pinfo;
    uint32_t seq;     /* TCP: of the first octet */
    uint32_t ack;     /* TCP: what the segment acknowledges */
    bool have_seq;
    bool fin;         /* TCP: the segment ends its direction */
} esmtp_call_t;

/* The facts of a call: facts[first] to facts[last - 1] of its stream. */
typedef struct {
    esmtp_stream_t *stream;
    size_t first, last;
    size_t used;  /* octets that they cover, from the start of the tvb (octets that were seen before included) */
    size_t old;   /* octets at the start that were seen in an earlier frame */
} esmtp_found_t;

/* The connection of a packet, made on its first visit. */
esmtp_conn_t *esmtp_conn_get(packet_info *pinfo);
/* The connection if there is one already. */
esmtp_conn_t *esmtp_conn_find(packet_info *pinfo);
esmtp_side_t esmtp_conn_side(const esmtp_conn_t *conn, const packet_info *pinfo);

/* First visit: feeds the octets to the session. */
void esmtp_stream_feed(const esmtp_call_t *call, esmtp_found_t *found);
/* Any visit after it: finds what the first one made of them. */
void esmtp_stream_find(const esmtp_call_t *call, esmtp_found_t *found);

void esmtp_stream_register(int proto_esmtp);

#endif /* ESMTP_STREAM_H */
