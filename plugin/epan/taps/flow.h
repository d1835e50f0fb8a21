/* flow.h
 * Statistics > Flow Graph > SMTP Flows, tshark -z flow,smtp,standard: an arrow for each command and reply.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_FLOW_H
#define ESMTP_FLOW_H

void esmtp_flow_register(void);

#endif /* ESMTP_FLOW_H */
