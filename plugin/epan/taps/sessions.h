/* sessions.h
 * tshark -z smtp,sessions[,tsv|json][,FILTER]: a row for each connection, printed at the end.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_SESSIONS_H
#define ESMTP_SESSIONS_H

/* Called where taps are registered, not dissectors. */
void esmtp_sessions_register(void);

#endif /* ESMTP_SESSIONS_H */
