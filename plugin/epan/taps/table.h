/* table.h
 * Statistics > SMTP Mails, tshark -z smtp,mails[,FILTER]: a row for each mail.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TABLE_H
#define ESMTP_TABLE_H

void esmtp_table_register(void);

#endif /* ESMTP_TABLE_H */
