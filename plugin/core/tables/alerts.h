/* alerts.h
 * Alerts of TLS: what they are called and what they mean to whoever runs a mail server. RFC 8446 section 6, and the
 * registry of IANA.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_ALERTS_H
#define ESMTP_ALERTS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint8_t number;
    const char *name;
    const char *meaning; /* what was wrong for the side that sent it */
} esmtp_alert_row_t;

/* NULL: not in the table. */
const esmtp_alert_row_t *esmtp_alert_find(uint8_t number);

/* Whether an alert says that TLS failed: it is no way to end or to decline something politely. */
bool esmtp_alert_is_failure(uint8_t number);

#endif /* ESMTP_ALERTS_H */
