/* packet-esmtp.h
 * The plugin as a whole: registration.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_PACKET_ESMTP_H
#define ESMTP_PACKET_ESMTP_H

#include "../ws_compat.h"

/* The entries of the dissector. The handles of TCP have no protocol of their own: what they add to a packet is TLS's or
 * SMTP's. */
typedef struct {
    dissector_handle_t tcp;      /* octets from TCP */
    dissector_handle_t guest;    /* octets from TCP on a port that may be anybody's */
    dissector_handle_t tls_port; /* octets from TCP on a port of TLS */
    dissector_handle_t inside;   /* octets out of TLS */
    dissector_t any_tcp;         /* octets from TCP on any port, within a layer that the caller made; 0: not ours */
    dissector_t any_tls;         /* likewise out of TLS */
} esmtp_entries_t;

/* First registration step: protocols, fields, expert infos, preferences. */
void esmtp_proto_register(void);
/* Second step, when every dissector is known: ports and hand-over. */
void esmtp_proto_handoff(void);

#endif /* ESMTP_PACKET_ESMTP_H */
