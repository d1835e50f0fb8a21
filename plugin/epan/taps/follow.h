/* follow.h
 * Analyze > Follow > SMTP Stream (Wireshark 4.4 and later), tshark -z follow,smtp,MODE,STREAM, and Tools > SMTP >
 * Dialogue: a connection's whole dialogue, what was said inside TLS included, passwords masked as the preference
 * esmtp.mask_secrets says.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_FOLLOW_H
#define ESMTP_FOLLOW_H

void esmtp_follow_register(void);

#endif /* ESMTP_FOLLOW_H */
