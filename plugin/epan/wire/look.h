/* look.h
 * What the first octets of a connection, or of one of its directions, look like.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_LOOK_H
#define ESMTP_LOOK_H

#include "../ws_compat.h"

#include "../../core/span.h"

typedef enum {
    ESMTP_LOOK_NO,
    ESMTP_LOOK_YES,
    ESMTP_LOOK_SHORT, /* so far, but they are too few to tell */
} esmtp_look_t;

/* All of these take at least one octet. */

/* Whether octets begin with a record of TLS, or with a hello of SSL 2.0. */
esmtp_look_t esmtp_look_record(esmtp_span_t octets);
/* Whether octets that begin with a record may be a client's hello: its lengths fit each other. */
esmtp_look_t esmtp_look_hello(esmtp_span_t octets);
/* The version of TLS that a server chooses, if octets begin with the record of its hello; else 0. */
uint16_t esmtp_look_version(tvbuff_t *tvb);
/* Whether octets begin with a reply or a known verb, or hold a line that begins a session or a mail. */
esmtp_look_t esmtp_look_line(tvbuff_t *tvb);
/* Whether the first four octets are such that these may be so, or a PROXY header: most of what others say is not. */
bool esmtp_look_starts(tvbuff_t *tvb);
/* Whether octets begin with a greeting or hello that only SMTP or LMTP speaks: "220 ... SMTP ...", "EHLO name". */
bool esmtp_look_own(tvbuff_t *tvb);
/* What octets begin with: a line of a greeting (220), a hello, anything else. */
typedef enum { ESMTP_GREET_NONE, ESMTP_GREET_SERVER, ESMTP_GREET_CLIENT } esmtp_greet_t;
esmtp_greet_t esmtp_look_greet(tvbuff_t *tvb);
/* Whether octets are no text: maybe from the middle of a record. */
bool esmtp_look_noise(tvbuff_t *tvb);

#endif /* ESMTP_LOOK_H */
