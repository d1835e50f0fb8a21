/* times.h
 * Statistics > Service Response Time > SMTP, tshark -z smtp,srt[,FILTER]: how long servers took, by verb.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TIMES_H
#define ESMTP_TIMES_H

void esmtp_times_register(void);

#endif /* ESMTP_TIMES_H */
