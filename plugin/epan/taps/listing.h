/* listing.h
 * tshark -z smtp,mails[,FILTER]: a row for each mail as an aligned table, printed at the end, in the order of outcomes.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_LISTING_H
#define ESMTP_LISTING_H

/* Called where taps are registered, not dissectors. */
void esmtp_listing_register(void);

#endif /* ESMTP_LISTING_H */
