/* recent.h
 * The last few connections that were asked for. Wireshark's own look-up of a conversation costs some 1,100
 * instructions; asked here first, what short sessions add is 13 % less (tests/bench/run), those inside TLS more.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_RECENT_H
#define ESMTP_RECENT_H

#include "../ws_compat.h"

void esmtp_recent_register(void);

/* The conversation that a packet belongs to, with what was kept of it; NULL if it is not among the last ones. */
void *esmtp_recent_find(const packet_info *pinfo);
/* Keeps what belongs to a conversation, for as long as the file is open. Any but TCP's common ones are passed over. */
void esmtp_recent_keep(conversation_t *conversation, void *data);

#endif
