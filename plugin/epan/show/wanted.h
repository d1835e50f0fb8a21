/* wanted.h
 * What is read of a packet: groups of fields that somebody asks for.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_WANTED_H
#define ESMTP_WANTED_H

#include "../ws_compat.h"

/* What a packet's readers may ask for: groups of fields. */
enum {
    ESMTP_WANT_CODE = 1u << 0,     /* reply code and class */
    ESMTP_WANT_REPLY = 1u << 1,    /* reply lines, enhanced codes, hosts */
    ESMTP_WANT_EHLO = 1u << 2,     /* extensions */
    ESMTP_WANT_COMMAND = 1u << 3,  /* command lines, verbs */
    ESMTP_WANT_ENVELOPE = 1u << 4, /* paths and parameters of MAIL and RCPT */
    ESMTP_WANT_PAIRING = 1u << 5,  /* links and times between commands and replies */
    ESMTP_WANT_TXN = 1u << 6,      /* transactions */
    ESMTP_WANT_MESSAGE = 1u << 7,  /* message octets */
    ESMTP_WANT_AUTH = 1u << 8,
    ESMTP_WANT_CONNECTION = 1u << 9, /* TLS, LMTP */
    ESMTP_WANT_EXPERT = 1u << 10,    /* expert infos, with or without a tree */
    ESMTP_WANT_SESSION = 1u << 11,   /* the connection as a whole */
    ESMTP_WANT_ALL = (1u << 12) - 1,
};

/* The groups that are read in this packet: all in a tree that people see; in another those of the fields that a filter,
 * a statistic or a column asks for; without a tree expert infos alone, if anybody listens to them. Work for other
 * groups may be left undone. */
uint32_t esmtp_fields_wanted(proto_tree *tree, const packet_info *pinfo);

#endif /* ESMTP_WANTED_H */
