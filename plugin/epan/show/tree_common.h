/* tree_common.h
 * What several kinds of thing have: links between commands and replies, marks of the connection, holes.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_COMMON_H
#define ESMTP_TREE_COMMON_H

#include "call.h"

/* Adds the hidden mark of frames with client lines, once per call. */
void esmtp_request_mark(esmtp_show_t *show);
/* What is said beside a line of the client, not in it: words about what the capture lacks, where the reply is, which
 * transaction and login it belongs to. Several kinds of line have them, and in -T ek of Wireshark 4.0 no field may have
 * two parent fields (see explain.h). So that readers see what they are about, their labels name show->about: the verb
 * of a command, "the message" at its end; NULL: nothing is named. */
void esmtp_note_add(esmtp_show_t *show, const char *words);
void esmtp_response_in_add(esmtp_show_t *show, const esmtp_fact_t *fact);
void esmtp_request_in_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact);
/* last: the last fact of the call, or NULL */
void esmtp_connection_add(esmtp_show_t *show, const esmtp_fact_t *last);
/* Octets of a line that a later frame ends. */
void esmtp_part_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
void esmtp_gap_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
void esmtp_retransmission_add(esmtp_show_t *show, size_t n);
void esmtp_common_register(void);

/* Why TLS failed, if an alert told. */
void esmtp_alert_add(esmtp_show_t *show, proto_tree *tree);

#endif /* ESMTP_TREE_COMMON_H */
