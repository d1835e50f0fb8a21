/* alert.h
 * Why TLS failed: alerts, in plaintext or decrypted. RFC 8446 section 6.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_ALERT_H
#define ESMTP_ALERT_H

#include "stream.h"

/* First visit: notes whether a side closes TLS, and the first alert of the connection that tells of a failure, if it is
 * among these records, of which TLS has made what it could. */
void esmtp_alert_look(const esmtp_call_t *call);

void esmtp_alert_handoff(void);

#endif /* ESMTP_ALERT_H */
