/* tls.h
 * The hand-off to the TLS dissector.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TLS_H
#define ESMTP_TLS_H

#include "stream.h"

/* First visit: if the 220 that opens TLS lies in these octets, the connection's next frames go to TLS. */
void esmtp_tls_hand_off(const esmtp_call_t *call, const esmtp_found_t *found);

/* inside: our entry for octets out of TLS. */
void esmtp_tls_handoff(int proto_esmtp, dissector_handle_t inside);

#endif /* ESMTP_TLS_H */
