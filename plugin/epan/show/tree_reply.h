/* tree_reply.h
 * Replies.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_REPLY_H
#define ESMTP_TREE_REPLY_H

#include "call.h"

/* The lines of one reply, facts i to n - 1 of show->facts. Returns the offset after them. */
int esmtp_reply_add(esmtp_show_t *show, size_t i, size_t n, int offset);
void esmtp_reply_register(void);

#endif /* ESMTP_TREE_REPLY_H */
