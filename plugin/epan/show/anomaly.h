/* anomaly.h
 * One expert info per anomaly of facts.h, with stable names: smtp.expert.*.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_ANOMALY_H
#define ESMTP_ANOMALY_H

#include "../ws_compat.h"

#include "../../core/session/facts.h"

/* Adds what is wrong with a fact to the item that shows it (which may be NULL). */
void esmtp_anomalies_add(packet_info *pinfo, proto_item *item, const esmtp_fact_t *fact);

static inline void esmtp_anomaly_add(packet_info *pinfo, proto_item *item, const esmtp_fact_t *fact)
{
    if (fact->anomalies)
        esmtp_anomalies_add(pinfo, item, fact);
}

void esmtp_anomaly_register(void);

#endif /* ESMTP_ANOMALY_H */
