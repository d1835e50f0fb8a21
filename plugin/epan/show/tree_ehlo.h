/* tree_ehlo.h
 * The extensions that an EHLO reply offers.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_EHLO_H
#define ESMTP_TREE_EHLO_H

#include "call.h"

/* One extension line of an EHLO reply, without its line end. */
void esmtp_extension_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len);
void esmtp_offer_add(esmtp_show_t *show, proto_tree *tree, const esmtp_offer_t *offer);
void esmtp_ehlo_register(void);

#endif /* ESMTP_TREE_EHLO_H */
