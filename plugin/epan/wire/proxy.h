/* proxy.h
 * The header of the PROXY protocol before a client's first octets: core/parse/proxy.h. It is no part of the dialogue:
 * no command, nothing that waits for a reply.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_WIRE_PROXY_H
#define ESMTP_WIRE_PROXY_H

#include "stream.h"

/* Octets of the header that a call begins with, by what its octets say; 0: there is none. cut: so far, but more octets
 * have to tell. Where the capture has cut the frame inside a header, all of the frame counts for it. */
uint32_t esmtp_proxy_look(const esmtp_call_t *call, bool *cut);

/* Whether octets begin with a whole header. */
bool esmtp_proxy_begins(tvbuff_t *tvb);

/* First visit: a header of len octets was found, at this sequence number, in the octets of the call or right before
 * them. */
void esmtp_proxy_note(const esmtp_call_t *call, uint32_t seq, uint32_t len);

/* Shows the header that the call begins with, and moves the call past it; tvb is NULL if no octets follow. */
void esmtp_proxy_dissect(esmtp_call_t *call, proto_tree *tree);

/* Shows what a header says that stands right before the call's octets: another dissector has shown the rest. */
void esmtp_proxy_add_shown(const esmtp_call_t *call, proto_tree *tree);

void esmtp_proxy_register(void);
void esmtp_proxy_handoff(int proto_esmtp);

#endif /* ESMTP_WIRE_PROXY_H */
