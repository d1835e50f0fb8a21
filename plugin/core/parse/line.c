/* line.c
 * Where a line ends. Finds the LF with memchr and looks at the octets before it once more for
 * the flags; keeps no state: a caller that comes again with more octets says how many of them it
 * has shown before. RFC 5321 section 2.3.8.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "line.h"

/* What stands inside a line: every CR here is a bare one, for those of the line end are not given. */
static void line_look(esmtp_span_t s, esmtp_line_t *line)
{
    uint64_t high = 0, nul = 0, cr = 0;
    size_t i = 0;

    line->plain = esmtp_span_is_plain(s);
    if (line->plain)
        return;
    for (; i + 8 <= s.len; i += 8) {
        uint64_t word;
        memcpy(&word, s.p + i, 8);
        high |= word;
        nul |= esmtp_word_any_zero(word);
        cr |= esmtp_word_any_zero(word ^ ESMTP_EIGHT('\r'));
    }
    for (; i < s.len; i++) {
        high |= s.p[i];
        nul |= s.p[i] == '\0';
        cr |= s.p[i] == '\r';
    }
    line->eight_bit = (high & ESMTP_EIGHT(0x80)) != 0;
    line->nul = nul != 0;
    line->bare_cr = cr != 0;
}

/* A line that ends with the LF at offset lf. */
static void line_ended(esmtp_span_t s, size_t lf, esmtp_line_t *line)
{
    size_t end = esmtp_line_end_length(esmtp_span(s.p, lf + 1));

    *line = (esmtp_line_t){
        .len = lf + 1 - end,
        .total = lf + 1,
        .eol = end > 1 ? ESMTP_EOL_CRLF : ESMTP_EOL_LF,
        .extra_cr = end > 2,
    };
    line_look(esmtp_span(s.p, line->len), line);
}

bool esmtp_line_scan(esmtp_span_t s, size_t from, esmtp_line_t *line)
{
    esmtp_span_t window = esmtp_span(s.p, MIN(s.len, ESMTP_LINE_MAX));
    size_t lf = MIN(from, window.len) + esmtp_span_find(esmtp_span_from(window, from), '\n');

    if (lf < window.len) {
        line_ended(s, lf, line);
        return true;
    }
    if (s.len < ESMTP_LINE_MAX)
        return false;

    /* The CR may be half of the line end: it opens the next piece, so that no LF loses it. */
    if (window.p[window.len - 1] == '\r')
        window.len--;
    *line = (esmtp_line_t){.len = window.len, .total = window.len, .too_long = true};
    line_look(window, line);
    return true;
}

void esmtp_line_rest(esmtp_span_t s, esmtp_line_t *line)
{
    *line = (esmtp_line_t){.len = s.len - esmtp_line_end_length(s), .total = s.len};
    line_look(esmtp_span(s.p, line->len), line);
}
