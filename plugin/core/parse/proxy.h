/* proxy.h
 * The header that a proxy writes before a connection's own octets, so that the server learns who the client is: the
 * PROXY protocol of HAProxy, version 1 (a line of text) and version 2 (binary), "The PROXY protocol" sections 2.1 and
 * 2.2. Takes octets, returns spans of them; allocates nothing.
 *
 * Known limit: what follows the addresses in version 2 (type, length, value) is not looked at.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_PROXY_H
#define ESMTP_PROXY_H

#include "../span.h"

/* Octets of version 1's line, CRLF included. Section 2.1. */
#define ESMTP_PROXY_LINE_MAX 107
/* Octets of version 2's signature, and of all before its addresses. Section 2.2. */
#define ESMTP_PROXY_SIGNATURE 12
#define ESMTP_PROXY_FIXED     16

typedef enum {
    ESMTP_PROXY_NONE,
    ESMTP_PROXY_SHORT, /* so far; more octets have to tell */
    ESMTP_PROXY_WHOLE,
} esmtp_proxy_found_t;

typedef enum {
    ESMTP_PROXY_UNKNOWN, /* the proxy names no address: UNKNOWN, LOCAL, UNSPEC, or a family that nobody knows */
    ESMTP_PROXY_TEXT,    /* version 1: an IPv4 or IPv6 address as text */
    ESMTP_PROXY_IPV4,    /* version 2: four octets */
    ESMTP_PROXY_IPV6,    /* sixteen octets */
    ESMTP_PROXY_UNIX,    /* the path of a socket; there are no ports */
} esmtp_proxy_form_t;

typedef struct {
    esmtp_span_t address; /* empty if the form is UNKNOWN; a path may be empty, too */
    uint16_t port;
} esmtp_proxy_end_t;

typedef struct {
    unsigned version; /* 1 or 2 */
    size_t total;     /* octets of the header */
    bool local;       /* version 2: the proxy speaks for itself, a health check */
    esmtp_proxy_form_t form;
    esmtp_proxy_end_t source, destination;
} esmtp_proxy_t;

/* Looks for a header at the front of octets. WHOLE: *header is filled, its spans lie in the octets. NONE: whatever
 * comes, there is none; a line "PROXY ..." that is not what section 2.1 says is none. */
esmtp_proxy_found_t esmtp_proxy_parse(esmtp_span_t in, esmtp_proxy_t *header);

#endif /* ESMTP_PROXY_H */
