/* tree_transaction.h
 * The mail transaction.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_TRANSACTION_H
#define ESMTP_TREE_TRANSACTION_H

#include "call.h"

/* Number of the transaction, and on its final reply the verdict. tree: of the reply; of the client's lines show->tree,
 * beside the line (see tree_common.h). */
void esmtp_transaction_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact);
void esmtp_transaction_register(void);

#endif /* ESMTP_TREE_TRANSACTION_H */
