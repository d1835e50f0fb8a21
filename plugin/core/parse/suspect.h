/* suspect.h
 * What makes a name, an address or a reply's text suspicious. Octets are looked at one by one; nothing is kept.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_SUSPECT_H
#define ESMTP_SUSPECT_H

#include "command.h"

enum {
    ESMTP_SUSPECT_AMBIGUOUS = 1u << 0, /* programs read the address differently */
    ESMTP_SUSPECT_RELAY = 1u << 1,     /* a form by which open relays are looked for */
    ESMTP_SUSPECT_CODE = 1u << 2,      /* it holds code that a careless server would run */
};

/* ESMTP_SUSPECT_* of a path. */
uint32_t esmtp_suspect_path(const esmtp_path_t *path);
/* Whether a word that is no path (a hello's name, the parameter of ETRN) holds code. */
bool esmtp_suspect_code(esmtp_span_t word);

/* Whether a line has a "<" or a quote that it does not close. */
bool esmtp_suspect_unclosed(esmtp_span_t line);

/* Whether a name in a hello is one that many servers refuse: an IP address without brackets, "localhost". */
bool esmtp_suspect_hello(esmtp_span_t name);

/* Whether the text of a refusal names a list of blocked hosts. */
bool esmtp_suspect_block_list(esmtp_span_t text);

/* Whether a middlebox has overwritten a greeting: Cisco's "****************************************2****200". People
 * who draw banners of stars write words beside them. */
bool esmtp_suspect_masked(esmtp_span_t text);

#endif /* ESMTP_SUSPECT_H */
