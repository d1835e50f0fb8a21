/* taps.h
 * All that listens: menus and options of Wireshark that the plugin fills.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TAPS_H
#define ESMTP_TAPS_H

/* In the register routine of the protocol. */
void esmtp_taps_register(void);
/* Where Wireshark registers what listens to taps by an option of tshark alone. */
void esmtp_taps_register_options(void);

#endif /* ESMTP_TAPS_H */
