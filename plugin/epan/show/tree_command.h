/* tree_command.h
 * Command lines, and client octets that are none.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_COMMAND_H
#define ESMTP_TREE_COMMAND_H

#include "call.h"

void esmtp_command_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
void esmtp_unknown_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
void esmtp_command_register(void);

#endif /* ESMTP_TREE_COMMAND_H */
