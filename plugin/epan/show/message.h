/* message.h
 * Hands messages to the IMF dissector.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_MESSAGE_H
#define ESMTP_MESSAGE_H

#include "../ws_compat.h"

/* How a message was handed over. */
typedef enum {
    ESMTP_HANDED_WHOLE = 0,
    ESMTP_HANDED_HEAD,   /* too many lines for a tree: only the first of them */
    ESMTP_HANDED_UNSEEN, /* likewise, and somebody waits for the whole: handed over without a tree */
    ESMTP_HANDED_NOT,    /* IMF is switched off, or the packet holds more layers than Wireshark takes */
    ESMTP_HANDED_FAILED, /* a dissector gave up */
} esmtp_handed_t;

/* Hands a message (octets: all of it) to IMF, in the frame that completes it. root: the packet's tree, or NULL. binary:
 * sent as BINARYMIME. incomplete: these are its first octets; Wireshark's own export of mails, which could not tell,
 * does not get them. *why: what a dissector said when it gave up, in pinfo->pool; else NULL. Throws nothing. */
esmtp_handed_t esmtp_message_hand_over(tvbuff_t *octets, packet_info *pinfo, proto_tree *root, bool binary,
                                       bool incomplete, const char **why);

void esmtp_message_handoff(int proto_esmtp);

#endif /* ESMTP_MESSAGE_H */
