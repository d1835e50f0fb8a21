/* framing.h
 * From octets of one direction to events of the session: finds lines, message text and chunks, parses them and feeds
 * session.h. Keeps nothing itself: what is not yet a whole line is left to the caller, who offers it again with more
 * after.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_FRAMING_H
#define ESMTP_FRAMING_H

#include "session.h"

/* Feeds octets that one side sent, the next in order. Returns how many were used: each of them lies in a fact now. The
 * rest is the beginning of a line; it must come again, with more octets. last: no more can be had, the rest is taken as
 * it is. scanned: octets at the front that an earlier call has looked at without finding a line end (0: unknown). */
size_t esmtp_framing_feed(esmtp_session_t *s, esmtp_side_t from, esmtp_stamp_t at, esmtp_span_t in, size_t scanned,
                          bool last);

/* Whether feeding these octets, after a hole of "missing" octets (0: unknown), would use any of them. */
bool esmtp_framing_ready(const esmtp_session_t *s, esmtp_side_t from, esmtp_span_t in, uint32_t missing, bool last);

/* Whether feeding these octets, the next in order, would use any of them. scanned, last: as above. */
bool esmtp_framing_takes(const esmtp_session_t *s, esmtp_side_t from, esmtp_span_t in, size_t scanned, bool last);

/* What a first line tells about who speaks. */
typedef enum { ESMTP_SPEAKER_UNKNOWN, ESMTP_SPEAKER_SERVER, ESMTP_SPEAKER_CLIENT } esmtp_speaker_t;
esmtp_speaker_t esmtp_framing_speaker(esmtp_span_t in);

#endif /* ESMTP_FRAMING_H */
