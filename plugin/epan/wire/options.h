/* options.h
 * How far lines are put together: our own preference, and that of Wireshark's SMTP dissector which means the same.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_OPTIONS_H
#define ESMTP_OPTIONS_H

#include "../ws_compat.h"

/* Whether lines that TCP or TLS has cut are put together: esmtp.desegment and smtp.desegment_lines. */
bool esmtp_option_lines(void);

/* Whether TCP keeps segments to itself that were sent again or come out of order: as it does by default. */
bool esmtp_option_tcp_withholds(void);

void esmtp_options_register(module_t *module);

#endif /* ESMTP_OPTIONS_H */
