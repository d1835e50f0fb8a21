/* tls.h
 * Hand-over between SMTP and the TLS dissector, RFC 3207. Which octets are whose: whose.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TLS_H
#define ESMTP_TLS_H

#include "entries.h"
#include "stream.h"

/* First visit: if the 220 that opens TLS lies in these octets, what follows in the connection is asked for by TLS. */
void esmtp_tls_hand_off(const esmtp_call_t *call, const esmtp_found_t *found);

/* First visit: the side begins with TLS here. Finds out why, if it is the first to. */
void esmtp_tls_begin(const esmtp_call_t *call);

/* Gives octets to the TLS dissector. Returns how many it took; 0: it does not want them. */
int esmtp_tls_dissect(const esmtp_call_t *call, proto_tree *tree, void *data);

/* First visit: the side goes on in clear with octets that TLS did not want. */
void esmtp_tls_back(const esmtp_call_t *call);

void esmtp_tls_handoff(int proto_esmtp, const esmtp_entries_t *entries);

#endif /* ESMTP_TLS_H */
