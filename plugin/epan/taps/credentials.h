/* credentials.h
 * Tools > Credentials, tshark -z credentials: one row for each attempt that shows a password or
 * token.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_CREDENTIALS_H
#define ESMTP_CREDENTIALS_H

void esmtp_credentials_register(void);

#endif /* ESMTP_CREDENTIALS_H */
