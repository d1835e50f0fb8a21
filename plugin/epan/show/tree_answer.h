/* tree_answer.h
 * What a reply answers: the command, the recipient that it judges, the end of the message.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_ANSWER_H
#define ESMTP_TREE_ANSWER_H

#include "call.h"

/* fact: the last line of a reply. */
/* The recipient whom a reply judges after the message, alone: LMTP, PRDR. NULL if there is none. */
const esmtp_rcpt_t *esmtp_answer_each(const esmtp_fact_t *fact);

void esmtp_answer_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact);

void esmtp_answer_register(void);

#endif /* ESMTP_TREE_ANSWER_H */
