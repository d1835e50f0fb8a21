/* message.h
 * Collects the octets of each message while the session sees them, and hands a whole one to the IMF dissector.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_MESSAGE_H
#define ESMTP_MESSAGE_H

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

/* Taker of message octets and of their end, for esmtp_session_ops_t. First visits only. ctx: the connection. */
void esmtp_message_append(void *ctx, esmtp_message_t *message, const uint8_t *p, size_t n);
void esmtp_message_end(void *ctx, esmtp_message_t *message);
/* The octets that are being fed go away. */
void esmtp_message_fed(esmtp_feeding_t *feeding);

/* What is kept of a message; NULL if it had no octets and has not ended. */
const esmtp_collected_t *esmtp_message_collected(const esmtp_message_t *message);
/* Its octets, as many as were kept, where its end is shown; they last as long as the packet. tvb: the octets of that
 * call; seq: of the first of them. */
esmtp_span_t esmtp_message_octets(const esmtp_message_t *message, const packet_info *pinfo, tvbuff_t *tvb,
                                  uint32_t seq);

/* Whether messages are put together: Wireshark's own preference smtp.desegment_data. */
bool esmtp_message_joined(void);
/* Octets that are collected of a message at most. */
uint64_t esmtp_message_limit(void);

/* How a message was handed over. */
typedef enum {
    ESMTP_HANDED_WHOLE = 0,
    ESMTP_HANDED_HEAD,   /* too many lines for a tree: only the first of them */
    ESMTP_HANDED_UNSEEN, /* likewise, and somebody waits for the whole: handed over without a tree */
    ESMTP_HANDED_NOT,    /* IMF is switched off, or the packet holds more layers than Wireshark takes */
    ESMTP_HANDED_FAILED, /* a dissector gave up */
} esmtp_handed_t;

/* Hands a complete message (octets: all of it) to IMF, in the frame that completes it. root: the packet's tree, or
 * NULL. binary: sent as BINARYMIME. *why: what a dissector said when it gave up, in pinfo->pool; else NULL. Throws
 * nothing. */
esmtp_handed_t esmtp_message_hand_over(tvbuff_t *octets, packet_info *pinfo, proto_tree *root, bool binary,
                                       const char **why);

void esmtp_message_register(module_t *module);
void esmtp_message_handoff(int proto_esmtp);

#endif /* ESMTP_MESSAGE_H */
