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

typedef enum {
    ESMTP_SORT_SMTP,
    ESMTP_SORT_TLS,
    ESMTP_SORT_SHORT, /* too few to tell: TCP has to bring more */
} esmtp_sort_t;

/* What these octets from TCP are. First visit: decides, from the session and from what they look like, and keeps it. */
esmtp_sort_t esmtp_tls_sort(const esmtp_call_t *call);

/* Gives octets to the TLS dissector. Returns how many it took; 0: it does not want them. */
int esmtp_tls_dissect(const esmtp_call_t *call, proto_tree *tree, void *data);

/* What octets are that the TLS dissector did not want: SMTP where a peer goes on in clear when the handshake has failed
 * (the session says so), else TLS, of which nobody makes anything. */
esmtp_sort_t esmtp_tls_sort_again(const esmtp_call_t *call);

/* Whether nothing is known of the connection, and these octets are no text: maybe amid a record. To ask TCP for more of
 * them would hide where the next record begins. */
bool esmtp_tls_is_noise(const esmtp_call_t *call);

void esmtp_tls_register(void);
void esmtp_tls_handoff(int proto_esmtp, const esmtp_entries_t *entries);

#endif /* ESMTP_TLS_H */
