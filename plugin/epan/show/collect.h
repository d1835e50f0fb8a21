/* collect.h
 * The octets of each message, collected while the session sees them.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_COLLECT_H
#define ESMTP_COLLECT_H

#include "../ws_compat.h"

#include "../../core/session/records.h"

/* What was collected of a message. Lives with the capture file; changes on first visits only. */
typedef struct {
    uint8_t *data;      /* octets that are kept; NULL if none */
    uint32_t len, room; /* of data */
    uint32_t tail;     /* octets after them that are not kept: they lie in the call that ends the message, and are found
                          there again */
    uint32_t tail_seq; /* of the first of those */
    bool too_big;      /* outgrew esmtp.max_message: nothing is kept */
    uint32_t number;   /* in its connection, from 1 */
    const esmtp_facts_t *facts; /* its pieces are among these */
} esmtp_collected_t;

/* Octets that the session is being fed. */
typedef struct {
    esmtp_span_t octets;
    uint32_t seq;               /* of the first of them */
    esmtp_message_t *borrowing; /* the octets after those that are kept of it lie in these; NULL if of none */
} esmtp_feeding_t;

/* The messages of one connection, for the session's events to be passed on to: on first visits only. */
typedef struct {
    esmtp_feeding_t *feeding; /* while octets are being fed; else NULL */
    uint32_t messages;        /* so far */
} esmtp_collector_t;

/* Octets of a message, in order, dots removed. facts: of the client. */
void esmtp_collect_text(esmtp_collector_t *collector, const esmtp_facts_t *facts, esmtp_message_t *message,
                        const uint8_t *p, size_t n);
/* No more octets of this message will come. */
void esmtp_collect_end(esmtp_collector_t *collector, const esmtp_facts_t *facts, esmtp_message_t *message);
/* Only the first octets of a message are its own: what came after them was read wrongly. */
void esmtp_collect_cut(esmtp_collector_t *collector, esmtp_message_t *message, uint64_t octets);
/* Octets that lie in what is fed are kept. */
void esmtp_collect_keep(esmtp_collector_t *collector);
/* Around what feeds the session: octets that are at hand now, and that they go away. */
void esmtp_collect_feed(esmtp_collector_t *collector, esmtp_feeding_t *feeding);
void esmtp_collect_fed(esmtp_collector_t *collector);

/* What is kept of a message; NULL if it had no octets and has not ended. */
const esmtp_collected_t *esmtp_collected(const esmtp_message_t *message);
/* Its octets, as many as were kept, where its end is shown; they last as long as the packet. tvb: the octets of that
 * call; seq: of the first of them. */
esmtp_span_t esmtp_collected_octets(const esmtp_message_t *message, const packet_info *pinfo, tvbuff_t *tvb,
                                    uint32_t seq);

/* Whether messages are put together: Wireshark's own preference smtp.desegment_data. */
bool esmtp_collect_joined(void);
/* Octets that are collected of a message at most: esmtp.max_message. */
uint64_t esmtp_collect_limit(void);

void esmtp_collect_register(module_t *module);
void esmtp_collect_handoff(void);

#endif /* ESMTP_COLLECT_H */
