/* packet-esmtp.h
 * The plugin as a whole: registration.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_PACKET_ESMTP_H
#define ESMTP_PACKET_ESMTP_H

#include "../ws_compat.h"

/* First registration step: protocols, fields, expert infos, preferences. */
void esmtp_proto_register(void);
/* Second step, when every dissector is known: ports and hand-over. */
void esmtp_proto_handoff(void);

#endif /* ESMTP_PACKET_ESMTP_H */
