/* hops.c
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "hops.h"

#include <string.h>

static const char field[] = "received:";
/* match: the line begins with something else. */
#define OTHER 0xff

/* An octet of a line that may still be of interest. */
static void feed_octet(esmtp_hops_t *hops, uint8_t c)
{
    if (c == '\r')
        return;
    if (g_ascii_tolower((gchar)c) != field[hops->match]) {
        hops->match = OTHER;
    } else if (!field[++hops->match]) {
        hops->n = (uint16_t)MIN(hops->n + 1, UINT16_MAX);
        hops->match = OTHER;
    }
}

void esmtp_hops_feed(esmtp_hops_t *hops, const uint8_t *p, size_t n)
{
    const uint8_t *end = p + n;
    while (p < end && !hops->ended) {
        if (hops->match == OTHER) {
            p = memchr(p, '\n', (size_t)(end - p));
            if (!p)
                return;
            hops->match = 0;
            p++;
            continue;
        }
        uint8_t c = *p++;
        if (c != '\n') {
            feed_octet(hops, c);
            continue;
        }
        hops->ended = !hops->match; /* an empty line */
        hops->match = 0;
    }
}
