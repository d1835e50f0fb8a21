/* tree.h
 * Statistics > SMTP, tshark -z smtp,tree[,FILTER]: commands, replies, refusals, mails, recipients, logins, extensions,
 * counted.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_H
#define ESMTP_TREE_H

void esmtp_tree_register(void);

#endif /* ESMTP_TREE_H */
