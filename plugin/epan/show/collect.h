/* collect.h
 * The octets of each message, collected while the session sees them.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_COLLECT_H
#define ESMTP_COLLECT_H

#include "../wire/stream.h"

/* What was collected of a message. Lives with the capture file; changes on first visits only. */
typedef struct {
    uint8_t *data;      /* octets that are kept; NULL if none */
    uint32_t len, room; /* of data */
    uint32_t tail; /* octets behind them that are not kept: they lie in the call that ends the message, and are found
                      there again */
    uint32_t tail_seq;            /* of the first of those */
    bool too_big;                 /* outgrew esmtp.max_message: nothing is kept */
    uint32_t number;              /* in its connection, from 1 */
    const esmtp_stream_t *stream; /* that its pieces are facts of */
} esmtp_collected_t;

/* What is kept of a message; NULL if it had no octets and has not ended. */
const esmtp_collected_t *esmtp_collected(const esmtp_message_t *message);
/* Its octets, as many as were kept, where its end is shown; they last as long as the packet. tvb: the octets of that
 * call; seq: of the first of them. */
esmtp_span_t esmtp_collected_octets(const esmtp_message_t *message, const packet_info *pinfo, tvbuff_t *tvb,
                                    uint32_t seq);

/* Octets that are collected of a message at most: esmtp.max_message. */
uint64_t esmtp_collect_limit(void);

/* Becomes the taker of message octets. */
void esmtp_collect_register(module_t *module);

#endif /* ESMTP_COLLECT_H */
