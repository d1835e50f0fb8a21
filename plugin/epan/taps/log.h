/* log.h
 * tshark -z smtp,log[,tsv|json][,FILTER]: a log of the mails for programs, a row for each, printed at the end.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_LOG_H
#define ESMTP_LOG_H

/* Called where taps are registered, not dissectors. */
void esmtp_log_register(void);

#endif /* ESMTP_LOG_H */
