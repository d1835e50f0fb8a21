/* show.h
 * Shows one call of the dissector: tree, Info column, messages handed on. What is shown follows from the octets, the
 * facts about them and the preferences; nothing here changes what is known. tree_*.c: one file per kind of thing.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_SHOW_H
#define ESMTP_SHOW_H

#include "../ws_compat.h"

#include "connection.h"

/* The octets of one call of the dissector, and what is known of them: facts[first] to facts[last - 1]. */
typedef struct {
    tvbuff_t *tvb;
    packet_info *pinfo;
    const esmtp_facts_t *facts; /* of the side that speaks */
    size_t first, last;
    size_t used;          /* octets that they cover, from the start of tvb (octets that were seen before included) */
    size_t old;           /* octets at the start that were seen in an earlier frame */
    bool tls;             /* inside TLS */
    uint16_t tls_version; /* as TLS numbers it, 0x0304 is TLS 1.3; 0: not known, or not TLS */
    bool undecided;       /* how they are read may yet be taken back */
    const esmtp_connection_t *connection;
    bool sum_up;          /* the connection is to be summed up here */
    uint32_t starttls_in; /* frame of the 220 that opened TLS; 0: none did */
} esmtp_shown_t;

void esmtp_show(const esmtp_shown_t *shown, proto_tree *root);

void esmtp_show_register(void);
/* Second step, when every dissector is known. */
void esmtp_show_handoff(int proto_esmtp);

#endif /* ESMTP_SHOW_H */
