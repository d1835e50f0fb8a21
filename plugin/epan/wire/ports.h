/* ports.h
 * Which ports are ours: those of the preferences esmtp.tcp.ports and esmtp.tls.ports, and whatever Wireshark's own SMTP
 * dissector was given (its preference, Decode As).
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_PORTS_H
#define ESMTP_PORTS_H

#include "../ws_compat.h"

#include "entries.h"

void esmtp_ports_register(module_t *module);
void esmtp_ports_handoff(int proto_esmtp, const esmtp_entries_t *entries);

#endif /* ESMTP_PORTS_H */
