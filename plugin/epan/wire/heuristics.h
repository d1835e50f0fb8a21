/* heuristics.h
 * SMTP and LMTP on ports that nobody named: found by what is said first.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_HEURISTICS_H
#define ESMTP_HEURISTICS_H

#include "../ws_compat.h"

#include "entries.h"

void esmtp_heuristics_register(module_t *module);
void esmtp_heuristics_handoff(int proto_esmtp, const esmtp_entries_t *entries);

#endif /* ESMTP_HEURISTICS_H */
