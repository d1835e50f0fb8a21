/* tree_auth.h
 * Logins: AUTH commands, the lines of the exchange, challenges, and the reply that ends it.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_AUTH_H
#define ESMTP_TREE_AUTH_H

#include "call.h"

void esmtp_auth_line_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
void esmtp_auth_command_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len);
/* For every line of a reply to a login; offset, len: of the text after the separator, len below 0 if there is none. */
void esmtp_auth_reply_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len);
/* Adds a client line, or a 334, to the Info column: logins decoded, secrets masked. offset, len: of the line without
 * its end. */
void esmtp_auth_info_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len);
void esmtp_auth_register(void);

#endif /* ESMTP_TREE_AUTH_H */
