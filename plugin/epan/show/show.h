/* show.h
 * Shows one call of the dissector: tree and Info column, a function of its octets and of facts. Nothing here changes
 * what is known. tree_*.c: one file per kind of thing.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_SHOW_H
#define ESMTP_SHOW_H

#include "../wire/stream.h"

void esmtp_show(const esmtp_call_t *call, const esmtp_found_t *found, proto_tree *root);

void esmtp_show_register(void);
/* Second step, when every dissector is known. */
void esmtp_show_handoff(int proto_esmtp);

#endif /* ESMTP_SHOW_H */
