/* addresses.h
 * Statistics > Conversations and Endpoints > SMTP mails, tshark -z conv,smtp-mail and -z endpoints,smtp-mail: mail
 * addresses, who wrote to whom, mails and octets.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_ADDRESSES_H
#define ESMTP_ADDRESSES_H

void esmtp_addresses_register(void);

#endif /* ESMTP_ADDRESSES_H */
