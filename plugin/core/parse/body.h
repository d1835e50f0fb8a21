/* body.h
 * Where the text of a message ends, and what the text is: RFC 5321 sections 4.1.1.4 and 4.5.2. The scanner keeps its
 * state over any cut, looks at each octet a constant number of times and copies none: it names spans of its input.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_BODY_H
#define ESMTP_BODY_H

#include "../span.h"

/* Anomalies, seen in the text so far. */
enum {
    ESMTP_BODY_BARE_LF = 1u << 0,       /* a LF without CR */
    ESMTP_BODY_BARE_CR = 1u << 1,       /* a CR without LF */
    ESMTP_BODY_FAKE_END = 1u << 2,      /* a dot between two of CRLF, CR, LF, CRLF NUL, CR CR LF, not twice CRLF: some
                                         * servers end the message there */
    ESMTP_BODY_UNSTUFFED_DOT = 1u << 3, /* a line begins with one dot and text: the client did not double it. Not set
                                         * for a dot that CR or LF follows: FAKE_END says that */
    ESMTP_BODY_EIGHT_BIT = 1u << 4,
    ESMTP_BODY_NUL = 1u << 5,
    ESMTP_BODY_LONG_LINE = 1u << 6, /* more than 998 octets between two CRLF (RFC 5322 section 2.1.1) */
};

typedef struct {
    uint8_t state;     /* private */
    uint32_t column;   /* private: octets in the line so far */
    uint32_t flags;    /* ESMTP_BODY_* */
    bool stop;         /* the caller wants esmtp_body_feed to return after each fake end that LF completes */
    uint32_t mark;     /* octets of the fake end that was seen last, from the dot on; with at_fake_end */
    bool mark_dropped; /* its dot was taken out of the text */
    bool at_fake_end;  /* the octets seen last are such a fake end: if the server answers now, it took it for the end */
} esmtp_body_t;

/* Called with each run of message octets, dot-stuffing removed. The octets lie in the input, or are the one CR after a
 * dot at the start of a line, which had to be kept back until the octet after it was seen. n is never 0. */
typedef void (*esmtp_body_sink_t)(void *ctx, const uint8_t *p, size_t n);

/* Makes the scanner ready for the first octet after the 354. Each message needs it anew. */
void esmtp_body_init(esmtp_body_t *body);

/* Takes octets; returns how many belong to the message and its end mark (all of them if *end stays false and
 * body->stop does not make it return earlier). When the end
 * mark CRLF.CRLF is complete *end is true and *mark is the number of the returned octets (at the tail) that are part of
 * the ".CRLF" line. The CRLF before the dot belongs to the message. sink may be NULL. */
size_t esmtp_body_feed(esmtp_body_t *body, esmtp_span_t in, esmtp_body_sink_t sink, void *ctx, bool *end, size_t *mark);

/* At a fake end (at_fake_end): whether an LF completes it. */
bool esmtp_body_is_whole_fake(const esmtp_body_t *body);

/* After a hole: the scanner knows no more whether it is at the start of a line; the next CRLF tells. Forgets what was
 * kept back: call esmtp_body_flush first. */
void esmtp_body_gap(esmtp_body_t *body);

/* Hands over what was kept back, when no more octets will come, or not at once. Does not judge it: at_fake_end stays.
 */
void esmtp_body_flush(esmtp_body_t *body, esmtp_body_sink_t sink, void *ctx);

#endif /* ESMTP_BODY_H */
