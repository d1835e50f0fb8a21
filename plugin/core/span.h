/* span.h
 * A piece of memory that somebody else owns: what every parser of this folder takes and returns.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_SPAN_H
#define ESMTP_SPAN_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* len octets at p; p may be NULL when len is 0. Never NUL-terminated. */
typedef struct {
    const uint8_t *p;
    size_t len;
} esmtp_span_t;

static inline esmtp_span_t esmtp_span(const void *p, size_t len)
{
    return (esmtp_span_t){(const uint8_t *)p, len};
}

static inline esmtp_span_t esmtp_span_str(const char *s)
{
    return esmtp_span(s, strlen(s));
}

/* The rest of a span from an offset; an offset behind its end gives an empty one. */
static inline esmtp_span_t esmtp_span_from(esmtp_span_t s, size_t offset)
{
    return offset < s.len ? esmtp_span(s.p + offset, s.len - offset) : esmtp_span(NULL, 0);
}

/* Whether a span holds the letters of str, ASCII case aside. */
static inline bool esmtp_span_is(esmtp_span_t s, const char *str)
{
    return strlen(str) == s.len && g_ascii_strncasecmp((const char *)s.p, str, s.len) == 0;
}

/* Whether a span begins with the letters of str, ASCII case aside. */
static inline bool esmtp_span_starts(esmtp_span_t s, const char *str)
{
    size_t n = strlen(str);
    return n <= s.len && g_ascii_strncasecmp((const char *)s.p, str, n) == 0;
}

/* Offset of an octet in a span, or its length if it does not occur. */
static inline size_t esmtp_span_find(esmtp_span_t s, uint8_t octet)
{
    const void *hit = s.len ? memchr(s.p, octet, s.len) : NULL;
    return hit ? (size_t)((const uint8_t *)hit - s.p) : s.len;
}

#endif /* ESMTP_SPAN_H */
