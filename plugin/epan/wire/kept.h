/* kept.h
 * Lines that come in a great many pieces. TCP and TLS put a line together, but begin anew with each piece: a line of n
 * octets, one in a segment, would cost n * n. After ESMTP_KEPT_AFTER pieces the stream keeps the line itself; each
 * further piece is shown as a part of a line, and where the line ends it is handed on whole, as if TCP had put it
 * together: the session never knows.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_KEPT_H
#define ESMTP_KEPT_H

#include "stream.h"

/* Pieces of one line that TCP or TLS puts together. A line of AUTH, 12288 octets at most, comes in a dozen. */
#define ESMTP_KEPT_AFTER 100

/* Whether the octets are in the middle of such a line, or end it. */
bool esmtp_kept_is_open(const esmtp_call_t *call);

/* First visit, when the octets were fed: keeps the beginning of a line if its pieces are too many. Then found gets the
 * part. */
void esmtp_kept_begin(const esmtp_call_t *call, esmtp_found_t *found);
/* First visit, before octets are fed. Returns true if they are one more part of such a line, which found gets: they are
 * not to be fed. Else, if they end it, the call has the whole line. */
bool esmtp_kept_go_on(esmtp_call_t *call, esmtp_found_t *found);
/* Any visit after it: returns and does the same. */
bool esmtp_kept_find(esmtp_call_t *call, esmtp_found_t *found);

#endif /* ESMTP_KEPT_H */
