/* tree_message.h
 * Pieces of a message, its end mark, and the whole where it ends.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_MESSAGE_H
#define ESMTP_TREE_MESSAGE_H

#include "call.h"

void esmtp_piece_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
void esmtp_end_mark_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
/* What is said where a message is complete, beside the line or piece (item) that ends it: its size, its fragments.
 * fact has .extra the message. */
void esmtp_completion_add(esmtp_show_t *show, proto_item *item, const esmtp_fact_t *fact);
/* Hands over one of them. */
void esmtp_message_add(esmtp_show_t *show, const esmtp_completed_t *completed);
void esmtp_message_register(void);

#endif /* ESMTP_TREE_MESSAGE_H */
