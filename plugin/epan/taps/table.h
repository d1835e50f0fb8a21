/* table.h
 * Statistics > SMTP Mails: a window with a row for each mail. In Wireshark's own words -z smtp,table[,FILTER], with
 * which Wireshark opens the window; tshark prints what it prints of such tables, not aligned: see listing.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TABLE_H
#define ESMTP_TABLE_H

void esmtp_table_register(void);

#endif /* ESMTP_TABLE_H */
