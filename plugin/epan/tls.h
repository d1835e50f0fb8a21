/* tls.h
 * The border between SMTP in clear and TLS, RFC 3207: which octets are whose.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TLS_H
#define ESMTP_TLS_H

#include "packet-esmtp.h"
#include "stream.h"

/* First visit: if the 220 that opens TLS lies in these octets, what follows in the connection is asked for by TLS. */
void esmtp_tls_hand_off(const esmtp_call_t *call, const esmtp_found_t *found);

/* Whether these octets from TCP belong to TLS; on the first visit this also notes what they say about it. */
bool esmtp_tls_claims(const esmtp_call_t *call);

/* Gives them to the TLS dissector. */
int esmtp_tls_dissect(const esmtp_call_t *call, proto_tree *tree, void *data);

/* Whether octets begin like a TLS record. strict: at least three octets, of a version that exists. */
bool esmtp_tls_looks_like(tvbuff_t *tvb, bool strict);

void esmtp_tls_register(void);
void esmtp_tls_handoff(int proto_esmtp, const esmtp_entries_t *entries);

#endif /* ESMTP_TLS_H */
