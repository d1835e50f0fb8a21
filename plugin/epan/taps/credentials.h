/* credentials.h
 * Tools > Credentials, tshark -z credentials: one row for each attempt that shows a password or
 * token.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_CREDENTIALS_H
#define ESMTP_CREDENTIALS_H

#include "../ws_compat.h"

#include "../../core/session/session.h"

/* Reports the attempt if this client line of it is the first that holds a password or token, shown
 * in field hf. */
void esmtp_credentials_tap(packet_info *pinfo, const esmtp_fact_t *fact, int hf);

void esmtp_credentials_register(void);

#endif /* ESMTP_CREDENTIALS_H */
