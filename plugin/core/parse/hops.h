/* hops.h
 * Received fields in the header of a message, counted as its octets come: each server on the way adds one (RFC 5321
 * section 4.4).
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_HOPS_H
#define ESMTP_HOPS_H

#include "../span.h"

/* Zeroed it is ready for the first octet of a message. */
typedef struct {
    uint16_t n;    /* Received fields so far; no more than UINT16_MAX are counted */
    uint8_t match; /* private: octets of the name at the beginning of this line that fit; OTHER: it is another line */
    bool ended;    /* the header has ended */
} esmtp_hops_t;

void esmtp_hops_feed(esmtp_hops_t *hops, const uint8_t *p, size_t n);

#endif /* ESMTP_HOPS_H */
