/* findings.h
 * Findings (core/tables/findings.h) as expert infos: one field per row.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_SHOW_FINDINGS_H
#define ESMTP_SHOW_FINDINGS_H

#include "../ws_compat.h"

#include "../../core/session/facts.h"

/* The expert info of a finding. */
expert_field *esmtp_finding_field(esmtp_finding_id_t id);
/* Adds it to an item (which may be NULL); likewise with a text of its own. */
void esmtp_finding_add(packet_info *pinfo, proto_item *item, esmtp_finding_id_t id);
void esmtp_finding_add_format(packet_info *pinfo, proto_item *item, esmtp_finding_id_t id, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* What was found in octets rather than by the session: emptied before a call is shown, and what it had to say. */
void esmtp_findings_begin(void);
const esmtp_finding_set_t *esmtp_findings_said(void);

void esmtp_findings_show(packet_info *pinfo, uint32_t wanted, proto_item *item, const esmtp_fact_t *fact);

/* What was found about a keyword of an EHLO reply: on its item, while the rest is on that of the reply. */
void esmtp_findings_of_extension(packet_info *pinfo, proto_item *item, const esmtp_fact_t *fact);
/* That something was refused, if it was found so: said: what, the code and the text. */
void esmtp_refusal_show(packet_info *pinfo, proto_item *item, const esmtp_fact_t *fact, const char *said);
/* That a mail was accepted: said: whose, for how many, how large. */
void esmtp_mail_accepted_show(packet_info *pinfo, proto_item *item, const esmtp_fact_t *fact, const char *said);

/* Adds what was found about a fact to the item that shows it (which may be NULL). wanted: what is read of the packet.
 */
static inline void esmtp_findings_add(packet_info *pinfo, uint32_t wanted, proto_item *item, const esmtp_fact_t *fact)
{
    if (fact->findings)
        esmtp_findings_show(pinfo, wanted, item, fact);
}

void esmtp_findings_register(void);

#endif /* ESMTP_SHOW_FINDINGS_H */
