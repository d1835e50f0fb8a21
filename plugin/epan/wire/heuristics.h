/* heuristics.h
 * SMTP and LMTP on ports that nobody named: found by what is said first.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_HEURISTICS_H
#define ESMTP_HEURISTICS_H

#include "../ws_compat.h"

#include "packet-esmtp.h"

/* Whether octets begin with a greeting or hello that only SMTP or LMTP speaks: "220 ... SMTP ...", "EHLO name". */
bool esmtp_heuristics_match(tvbuff_t *tvb);

/* Whether octets on a port of ours may be SMTP: they begin with a reply or a known verb. */
typedef enum { ESMTP_GUESS_NO, ESMTP_GUESS_YES, ESMTP_GUESS_SHORT } esmtp_guess_t;
esmtp_guess_t esmtp_heuristics_guess(tvbuff_t *tvb);

void esmtp_heuristics_register(module_t *module);
void esmtp_heuristics_handoff(int proto_esmtp, const esmtp_entries_t *entries);

#endif /* ESMTP_HEURISTICS_H */
