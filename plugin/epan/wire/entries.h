/* entries.h
 * The entries of the dissector, for those who make them known to Wireshark.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_ENTRIES_H
#define ESMTP_ENTRIES_H

#include "../ws_compat.h"

/* The handles of TCP have no protocol of their own: what they add to a packet is TLS's or SMTP's. */
typedef struct {
    dissector_handle_t tcp;      /* octets from TCP */
    dissector_handle_t guest;    /* octets from TCP on a port that may be anybody's */
    dissector_handle_t tls_port; /* octets from TCP on a port of TLS */
    dissector_handle_t inside;   /* octets out of TLS */
    dissector_t any_tcp;         /* octets from TCP on any port, within a layer that the caller made; 0: not ours */
    dissector_t any_tls;         /* likewise out of TLS */
} esmtp_entries_t;

#endif /* ESMTP_ENTRIES_H */
