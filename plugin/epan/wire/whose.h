/* whose.h
 * Whose octets a call of the dissector was given: the one place where that is decided.
 *
 * Decided once, when the frame is visited first; later visits are told the same. What it depends on is the port that
 * the octets came by, where in its session the connection is, and what the octets look like:
 *
 *     came by         the connection                    the octets begin with               they are
 *     --------------- --------------------------------- ----------------------------------- -----------
 *     a port of ours  this side has begun with TLS                                          TLS
 *                     inside a message of the client                                        SMTP
 *                     in clear                          a record of TLS                     TLS
 *                                                       what may become one                 to wait for
 *                                                       anything else                       SMTP
 *     a guest's port  not met                           a reply or a known verb             SMTP
 *                                                       what may become one                 to wait for
 *                                                       anything else                       nobody's
 *                     met                               as on a port of ours
 *     a port of TLS   not met                           a reply or a known verb             SMTP in clear
 *                                                       what may become one                 to wait for
 *                                                       anything else                       TLS
 *                     met, its first octets were clear  as on a port of ours
 *                     met                                                                   TLS
 *     any port        where a direction may begin       what only SMTP or LMTP says first   SMTP
 *                                                       anything else                       nobody's
 *     TLS             by its port or by STARTTLS                                            SMTP
 *                     on any port                       what only SMTP or LMTP says first   SMTP
 *                                                       anything else                       nobody's
 *
 * But what an ICMP error quotes comes first, and is decided for itself each time:
 *
 *     a port of ours, of TLS                                                                a quotation
 *     a guest's port  met                                                                   a quotation
 *                     not met                           a reply or a known verb             a quotation
 *                                                       anything else                       nobody's
 *     anything else                                                                         nobody's
 *
 * So does a header of the PROXY protocol, at the beginning of a client's octets and once in a connection:
 *
 *     a port of ours, of TLS                            a header                            a PROXY header
 *                                                       what may become one                 to wait for
 *     a guest's port  met, or it is the server's        as on a port of ours
 *                     not met                           one, and then a reply or a verb     a PROXY header
 *     any port                                          one, and then what only SMTP says   a PROXY header
 *                                                       one alone                           nobody's, but noted
 *
 * What follows the header is decided as if it came alone; a connection of which nothing else was seen is not met.
 *
 * What TLS does not want is asked about once more: a peer may go on in clear when the handshake has failed.
 *
 *     declined by TLS                                   a reply or a known verb             SMTP
 *                                                       what may become one                 to wait for
 *                                                       anything else                       nobody's
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_WHOSE_H
#define ESMTP_WHOSE_H

#include "stream.h"

typedef enum {
    ESMTP_WHOSE_NOBODYS, /* not ours */
    ESMTP_WHOSE_SMTP,
    ESMTP_WHOSE_TLS,
    ESMTP_WHOSE_PROXY,  /* a header of the PROXY protocol, and what follows it: see proxy.h */
    ESMTP_WHOSE_QUOTED, /* SMTP's or TLS's, quoted in an ICMP error: shown, and fed to nobody */
    ESMTP_WHOSE_WAIT,   /* too few to tell: whoever brought them has to bring more */
} esmtp_whose_t;

/* Decides. Sets the connection and the side of the call if the octets are SMTP's or TLS's; likewise, and call->header,
 * if they begin with a PROXY header. */
esmtp_whose_t esmtp_whose(esmtp_call_t *call);

/* Decides anew what the TLS dissector did not want. */
esmtp_whose_t esmtp_whose_declined(esmtp_call_t *call);

/* Whether SMTP may ask for the rest of a line: not where nothing is known of the connection and the octets are no text,
 * so maybe from the middle of a record; that would hide where the next record begins. */
bool esmtp_whose_is_sure(const esmtp_call_t *call);

#endif /* ESMTP_WHOSE_H */
