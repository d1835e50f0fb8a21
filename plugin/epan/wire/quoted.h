/* quoted.h
 * Segments that an ICMP error quotes: copies of what was sent, or of its first octets.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_QUOTED_H
#define ESMTP_QUOTED_H

#include "../ws_compat.h"

/* Shows them, line by line where they are text. No connection is looked at or changed. Returns all octets. */
int esmtp_quoted_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree);

void esmtp_quoted_register(void);

#endif /* ESMTP_QUOTED_H */
