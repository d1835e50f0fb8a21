/* roles.h
 * Which side of a connection is the server.
 *
 * The side that sent the SYN is the client. Without a SYN in the capture what is said first decides: who greets is the
 * server, who says hello the client; then the port that brought the octets to us; then whether a line is a reply or a
 * command. Inside HTTP CONNECT and SOCKS there is no SYN, and the port is that of the proxy's request.
 *
 * That is a first reading. A server may dial out, and a capture may lie between the two: it is turned when the side
 * that was taken for the server says hello, if the other one has greeted or the port was all that was known.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_ROLES_H
#define ESMTP_ROLES_H

#include "stream.h"

/* First visit, before the octets of the call are fed. */
void esmtp_roles_settle(const esmtp_call_t *call);

#endif /* ESMTP_ROLES_H */
