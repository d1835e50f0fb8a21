/* line_fuzz.c
 * Lines: as simple code finds them, and found the same however much is offered at a time. Built with a small
 * ESMTP_LINE_MAX.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "core/parse/line.h"

/* What line.h says of the line that begins a span, octet by octet. False: more octets are needed. */
static bool simple_scan(esmtp_span_t s, esmtp_line_t *line)
{
    memset(line, 0, sizeof *line);
    size_t max = MIN(s.len, ESMTP_LINE_MAX), i = 0;
    while (i < max && s.p[i] != '\n')
        i++;
    if (i < max) {
        line->total = i + 1;
        line->len = i;
        while (line->len && s.p[line->len - 1] == '\r')
            line->len--;
        line->eol = line->len < i ? ESMTP_EOL_CRLF : ESMTP_EOL_LF;
        line->extra_cr = i - line->len > 1;
    } else if (s.len < ESMTP_LINE_MAX) {
        return false;
    } else {
        line->too_long = true;
        line->len = line->total = ESMTP_LINE_MAX - (s.p[ESMTP_LINE_MAX - 1] == '\r');
    }
    for (size_t k = 0; k < line->len; k++) {
        line->bare_cr |= s.p[k] == '\r';
        line->nul |= s.p[k] == 0;
        line->eight_bit |= s.p[k] > 127;
    }
    return true;
}

static void check_equal(const esmtp_line_t *a, const esmtp_line_t *b)
{
    CHECK(a->len == b->len && a->total == b->total && a->eol == b->eol && a->too_long == b->too_long);
    CHECK(a->extra_cr == b->extra_cr && a->bare_cr == b->bare_cr && a->nul == b->nul && a->eight_bit == b->eight_bit);
}

/* The same line, offered in growing pieces. */
static void check_pieces(esmtp_span_t s, size_t step, const esmtp_line_t *whole, bool complete)
{
    size_t known = 0;
    for (size_t len = 0; len <= s.len; known = len, len += step) {
        esmtp_span_t piece = fuzz_copy(esmtp_span_to(s, len));
        esmtp_line_t line;
        bool found = esmtp_line_scan(piece, known, &line);
        fuzz_free(piece);
        if (!found)
            continue;
        CHECK(complete);
        check_equal(&line, whole);
        return;
    }
}

static void check_rest(esmtp_span_t s)
{
    esmtp_line_t line;
    esmtp_line_rest(s, &line);
    size_t len = s.len;
    while (len && s.p[len - 1] == '\r')
        len--;
    CHECK(line.len == len && line.total == s.len && line.eol == ESMTP_EOL_NONE && !line.too_long);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    esmtp_span_t in = esmtp_span(data, size);
    size_t step = 1 + fuzz_take(&in) % 32;
    esmtp_span_t all = fuzz_copy(in), s = all;
    esmtp_line_t line, simple;
    while (esmtp_line_scan(s, 0, &line)) {
        CHECK(simple_scan(s, &simple));
        check_equal(&line, &simple);
        CHECK(line.total > 0 && line.total <= s.len && line.len <= line.total);
        check_pieces(s, step, &line, true);
        s = esmtp_span_from(s, line.total);
    }
    CHECK(!simple_scan(s, &simple));
    check_pieces(s, step, NULL, false);
    check_rest(s);
    fuzz_free(all);
    return 0;
}
