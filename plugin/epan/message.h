/* message.h
 * Collects the octets of each message while the session sees them, and hands a whole one to the IMF dissector.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_MESSAGE_H
#define ESMTP_MESSAGE_H

#include "ws_compat.h"

#include "../core/session.h"

/* Taker of message octets and of their end, for esmtp_session_ops_t. First visits only. */
void esmtp_message_append(void *ctx, esmtp_message_t *message, const uint8_t *p, size_t n);
void esmtp_message_end(void *ctx, esmtp_message_t *message);

/* The octets collected so far (*len of them); NULL if there are none or if they were too many to keep. */
const uint8_t *esmtp_message_octets(const esmtp_message_t *message, size_t *len);
/* Whether the message outgrew esmtp.max_message. */
bool esmtp_message_too_big(const esmtp_message_t *message);

/* Hands a complete message to IMF, in the frame that completes it. root: the packet's tree. */
void esmtp_message_dissect(const esmtp_message_t *message, tvbuff_t *tvb, packet_info *pinfo, proto_tree *root);

void esmtp_message_register(module_t *prefs);
void esmtp_message_handoff(int proto_esmtp);

#endif /* ESMTP_MESSAGE_H */
