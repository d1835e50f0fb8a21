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

/* The rest of a span from an offset; an offset after its end gives an empty one. */
static inline esmtp_span_t esmtp_span_from(esmtp_span_t s, size_t offset)
{
    return offset < s.len ? esmtp_span(s.p + offset, s.len - offset) : esmtp_span(NULL, 0);
}

/* Whether the first n octets of a span, which it has, are those of str, ASCII case aside. Nearly all words that are
 * compared differ in the first letter. */
static inline bool esmtp_span_agrees(esmtp_span_t s, const char *str, size_t n)
{
    bool may = n == 0 || ((s.p[0] ^ (uint8_t)str[0]) & 0xdf) == 0;
    return may && (n == 0 || g_ascii_strncasecmp((const char *)s.p, str, n) == 0);
}

/* Whether a span holds the letters of str, ASCII case aside. */
static inline bool esmtp_span_is(esmtp_span_t s, const char *str)
{
    return strlen(str) == s.len && esmtp_span_agrees(s, str, s.len);
}

/* Whether a span begins with the letters of str, ASCII case aside. */
static inline bool esmtp_span_starts(esmtp_span_t s, const char *str)
{
    size_t n = strlen(str);
    return n <= s.len && esmtp_span_agrees(s, str, n);
}

/* Offset of an octet in a span, or its length if it does not occur. */
static inline size_t esmtp_span_find(esmtp_span_t s, uint8_t octet)
{
    const void *hit = s.len ? memchr(s.p, octet, s.len) : NULL;
    return hit ? (size_t)((const uint8_t *)hit - s.p) : s.len;
}

/* The first octets of a span, all if it has no more. */
static inline esmtp_span_t esmtp_span_to(esmtp_span_t s, size_t end)
{
    return esmtp_span(s.p, MIN(s.len, end));
}

/* An octet eight times in a word. */
#define ESMTP_EIGHT(octet) (UINT64_C(0x0101010101010101) * (octet))

/* Not 0 if one of the eight octets of a word is 0. */
static inline uint64_t esmtp_word_any_zero(uint64_t word)
{
    return (word - ESMTP_EIGHT(1)) & ~word & ESMTP_EIGHT(0x80);
}

/* Not 0 if one of the eight octets of a word is no printable ASCII character (0x20 to 0x7e). */
static inline uint64_t esmtp_word_any_odd(uint64_t word)
{
    uint64_t below = (word - ESMTP_EIGHT(0x20)) & ~word, above = (word + ESMTP_EIGHT(1)) | word;
    return (below | above) & ESMTP_EIGHT(0x80);
}

/* Whether all octets of a span are printable ASCII, as nearly all lines are. Eight octets at a time: every octet of
 * every command and reply is looked at here. */
static inline bool esmtp_span_is_plain(esmtp_span_t s)
{
    uint64_t word, odd = 0;
    size_t i = 0;

    for (; i + 8 <= s.len; i += 8) {
        memcpy(&word, s.p + i, 8);
        odd |= esmtp_word_any_odd(word);
    }
    if (i < s.len) {
        word = ESMTP_EIGHT(' ');
        if (i)
            memcpy(&word, s.p + s.len - 8, 8);
        else
            memcpy(&word, s.p, s.len);
        odd |= esmtp_word_any_odd(word);
    }
    return odd == 0;
}

/* What separates words in SMTP: blank, and TAB too, which old clients and servers send. */
static inline bool esmtp_is_blank(uint8_t octet)
{
    return octet == ' ' || octet == '\t';
}

/* Number of blanks in front. */
static inline size_t esmtp_span_blanks(esmtp_span_t s)
{
    size_t n = 0;

    while (n < s.len && esmtp_is_blank(s.p[n]))
        n++;
    return n;
}

/* Offset of the first blank, or the length. */
static inline size_t esmtp_span_word(esmtp_span_t s)
{
    size_t n = 0;

    while (n < s.len && !esmtp_is_blank(s.p[n]))
        n++;
    return n;
}

/* A span without blanks in front, at its end, at both. */
static inline esmtp_span_t esmtp_span_trim_front(esmtp_span_t s)
{
    return esmtp_span_from(s, esmtp_span_blanks(s));
}

static inline esmtp_span_t esmtp_span_trim_end(esmtp_span_t s)
{
    while (s.len > 0 && esmtp_is_blank(s.p[s.len - 1]))
        s.len--;
    return s;
}

static inline esmtp_span_t esmtp_span_trim(esmtp_span_t s)
{
    return esmtp_span_trim_end(esmtp_span_trim_front(s));
}

/* A span without its last word and the blanks before that. */
static inline esmtp_span_t esmtp_span_but_last_word(esmtp_span_t s)
{
    while (s.len > 0 && !esmtp_is_blank(s.p[s.len - 1]))
        s.len--;
    return esmtp_span_trim_end(s);
}

#endif /* ESMTP_SPAN_H */
