/* tree_session.h
 * The connection as a whole: one subtree, on its last frame.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_SESSION_H
#define ESMTP_TREE_SESSION_H

#include "call.h"

/* Of show->connection. */
void esmtp_session_add(esmtp_show_t *show);

void esmtp_session_register(void);

#endif /* ESMTP_TREE_SESSION_H */
