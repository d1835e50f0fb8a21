/* test_line.c
 * Where lines end: core/line.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include "core/parse/line.h"

enum { BARE_CR = 1, NUL = 2, EIGHT_BIT = 4, TOO_LONG = 8, EXTRA_CR = 16 };

typedef struct {
    const char *label;
    esmtp_span_t input;
    size_t from;
    bool complete;
    size_t len;
    size_t total;
    esmtp_eol_t eol;
    unsigned flags;
} scan_case_t;

static const scan_case_t scan_cases[] = {
    {"nothing", LIT(""), 0, false, 0, 0, ESMTP_EOL_NONE, 0},
    {"no end", LIT("NOOP"), 0, false, 0, 0, ESMTP_EOL_NONE, 0},
    {"CR may be half an end", LIT("NOOP\r"), 0, false, 0, 0, ESMTP_EOL_NONE, 0},
    {"CRLF", LIT("NOOP\r\n"), 0, true, 4, 6, ESMTP_EOL_CRLF, 0},
    {"LF", LIT("NOOP\n"), 0, true, 4, 5, ESMTP_EOL_LF, 0},
    {"only CRLF", LIT("\r\n"), 0, true, 0, 2, ESMTP_EOL_CRLF, 0},
    {"only LF", LIT("\n"), 0, true, 0, 1, ESMTP_EOL_LF, 0},
    {"first of two", LIT("A\r\nB\r\n"), 0, true, 1, 3, ESMTP_EOL_CRLF, 0},
    {"LF, then CRLF", LIT("A\nB\r\n"), 0, true, 1, 2, ESMTP_EOL_LF, 0},
    {"bare CR inside", LIT("A\rB\r\n"), 0, true, 3, 5, ESMTP_EOL_CRLF, BARE_CR},
    {"CR CR LF", LIT("A\r\r\n"), 0, true, 1, 4, ESMTP_EOL_CRLF, EXTRA_CR},
    {"nothing but CR CR LF", LIT("\r\r\n"), 0, true, 0, 3, ESMTP_EOL_CRLF, EXTRA_CR},
    {"many CR", LIT("A\r\r\r\r\r\r\n"), 0, true, 1, 8, ESMTP_EOL_CRLF, EXTRA_CR},
    {"CR CR LF after a bare CR", LIT("A\rB\r\r\n"), 0, true, 3, 6, ESMTP_EOL_CRLF, BARE_CR | EXTRA_CR},
    {"CR, blank, CRLF", LIT("A\r \r\n"), 0, true, 3, 5, ESMTP_EOL_CRLF, BARE_CR},
    {"bare CR first", LIT("\rA\n"), 0, true, 2, 3, ESMTP_EOL_LF, BARE_CR},
    {"bare CR alone is no end", LIT("A\rB"), 0, false, 0, 0, ESMTP_EOL_NONE, 0},
    {"NUL", LIT("A\0B\r\n"), 0, true, 3, 5, ESMTP_EOL_CRLF, NUL},
    {"NUL of the next line", LIT("A\r\n\0\r\n"), 0, true, 1, 3, ESMTP_EOL_CRLF, 0},
    {"eight bits", LIT("A\xc3\xa4\r\n"), 0, true, 3, 5, ESMTP_EOL_CRLF, EIGHT_BIT},
    {"octet 127", LIT("A\x7f\r\n"), 0, true, 2, 4, ESMTP_EOL_CRLF, 0},
    {"octet 128", LIT("A\x80\r\n"), 0, true, 2, 4, ESMTP_EOL_CRLF, EIGHT_BIT},
    {"seen before: half of it", LIT("NOOP\r\n"), 2, true, 4, 6, ESMTP_EOL_CRLF, 0},
    {"seen before: up to CR", LIT("NOOP\r\n"), 5, true, 4, 6, ESMTP_EOL_CRLF, 0},
    {"seen before: all of it", LIT("NOOP"), 4, false, 0, 0, ESMTP_EOL_NONE, 0},
    {"seen before: more than there is", LIT("NOOP"), 9, false, 0, 0, ESMTP_EOL_NONE, 0},
    {"seen before: flags of it count", LIT("\xc3\0\rA\r\n"), 4, true, 4, 6, ESMTP_EOL_CRLF, BARE_CR | NUL | EIGHT_BIT},
};

static void check_line(const char *label, const esmtp_line_t *line, size_t len, size_t total, esmtp_eol_t eol,
                       unsigned flags)
{
    check_number(label, "len", line->len, len);
    check_number(label, "total", line->total, total);
    check_number(label, "eol", line->eol, eol);
    check_number(label, "bare_cr", line->bare_cr, (flags & BARE_CR) != 0);
    check_number(label, "nul", line->nul, (flags & NUL) != 0);
    check_number(label, "eight_bit", line->eight_bit, (flags & EIGHT_BIT) != 0);
    check_number(label, "too_long", line->too_long, (flags & TOO_LONG) != 0);
    check_number(label, "extra_cr", line->extra_cr, (flags & EXTRA_CR) != 0);
}

static void scan_finds_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(scan_cases); i++) {
        const scan_case_t *c = &scan_cases[i];
        esmtp_span_t input = check_copy(c->input);
        esmtp_line_t line;

        check_number(c->label, "complete", esmtp_line_scan(input, c->from, &line), c->complete);
        if (c->complete)
            check_line(c->label, &line, c->len, c->total, c->eol, c->flags);
        check_free(input);
    }
}

/* Octets that come one after the other, and what is known of them passed back, give the same line.
 */
static void scan_does_not_care_about_cuts(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(scan_cases); i++) {
        const scan_case_t *c = &scan_cases[i];
        esmtp_line_t line;

        if (!c->complete)
            continue;
        for (size_t n = 0; n < c->total; n++)
            check_number(c->label, "cut", esmtp_line_scan(esmtp_span(c->input.p, n), n > 0 ? n - 1 : 0, &line), 0);
        for (size_t from = 0; from < c->total; from++) {
            esmtp_span_t input = check_copy(esmtp_span(c->input.p, c->total));
            check_number(c->label, "whole", esmtp_line_scan(input, from, &line), 1);
            check_line(c->label, &line, c->len, c->total, c->eol, c->flags);
            check_free(input);
        }
    }
}

/* Lines about as long as the limit: so many letters and then a tail. */
typedef struct {
    const char *label;
    size_t letters;
    const char *tail;
    bool complete;
    size_t len;
    size_t total;
    esmtp_eol_t eol;
    unsigned flags;
} long_case_t;

#define LIMIT ESMTP_LINE_MAX

static const long_case_t long_cases[] = {
    {"one below, no end", LIMIT - 1, "", false, 0, 0, ESMTP_EOL_NONE, 0},
    {"at the limit, no end", LIMIT, "", true, LIMIT, LIMIT, ESMTP_EOL_NONE, TOO_LONG},
    {"longest that fits", LIMIT - 2, "\r\n", true, LIMIT - 2, LIMIT, ESMTP_EOL_CRLF, 0},
    {"longest that fits, LF", LIMIT - 1, "\n", true, LIMIT - 1, LIMIT, ESMTP_EOL_LF, 0},
    {"CR at the limit, LF after it", LIMIT - 1, "\r\n", true, LIMIT - 1, LIMIT - 1, ESMTP_EOL_NONE, TOO_LONG},
    {"CR at the limit, nothing after it", LIMIT - 1, "\r", true, LIMIT - 1, LIMIT - 1, ESMTP_EOL_NONE, TOO_LONG},
    {"CRLF after the limit", LIMIT, "\r\n", true, LIMIT, LIMIT, ESMTP_EOL_NONE, TOO_LONG},
    {"LF far after the limit", LIMIT, "AAAA\n", true, LIMIT, LIMIT, ESMTP_EOL_NONE, TOO_LONG},
    {"CR CR LF that fits", LIMIT - 3, "\r\r\n", true, LIMIT - 3, LIMIT, ESMTP_EOL_CRLF, EXTRA_CR},
    {"two CR at the limit", LIMIT - 2, "\r\rA", true, LIMIT - 1, LIMIT - 1, ESMTP_EOL_NONE, TOO_LONG | BARE_CR},
};

static void scan_stops_at_the_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(long_cases); i++) {
        const long_case_t *c = &long_cases[i];
        size_t total = c->letters + strlen(c->tail);
        uint8_t *octets = (uint8_t *)malloc(total);
        const size_t froms[] = {0, 1, c->letters, total, SIZE_MAX};
        esmtp_line_t line;

        memset(octets, 'A', c->letters);
        memcpy(octets + c->letters, c->tail, strlen(c->tail));
        check_number(c->label, "complete", esmtp_line_scan(esmtp_span(octets, total), 0, &line), c->complete);
        if (c->complete)
            check_line(c->label, &line, c->len, c->total, c->eol, c->flags);
        for (size_t k = 0; k < G_N_ELEMENTS(froms); k++)
            esmtp_line_scan(esmtp_span(octets, total), froms[k], &line);
        free(octets);
    }
}

static void limit_does_not_depend_on_what_follows(void **state)
{
    static uint8_t octets[LIMIT + 4];
    esmtp_line_t line;

    (void)state;
    memset(octets, 'A', sizeof octets);
    octets[LIMIT - 1] = '\r';
    octets[LIMIT] = '\n';
    for (size_t n = LIMIT; n <= sizeof octets; n++) {
        assert_true(esmtp_line_scan(esmtp_span(octets, n), LIMIT - 1, &line));
        check_line("cut after the limit", &line, LIMIT - 1, LIMIT - 1, ESMTP_EOL_NONE, TOO_LONG);
    }
    assert_true(esmtp_line_scan(esmtp_span(octets + LIMIT - 1, 2), 0, &line));
    check_line("the end of it", &line, 0, 2, ESMTP_EOL_CRLF, 0);
}

typedef struct {
    const char *label;
    esmtp_span_t input;
    size_t len;
    unsigned flags;
} rest_case_t;

static const rest_case_t rest_cases[] = {
    {"nothing", LIT(""), 0, 0},
    {"text", LIT("NOOP"), 4, 0},
    {"CR at the end: its LF is missing", LIT("NOOP\r"), 4, 0},
    {"only CR", LIT("\r"), 0, 0},
    {"two CR", LIT("\r\r"), 0, 0},
    {"CR inside", LIT("A\rB"), 3, BARE_CR},
    {"NUL and eight bits", LIT("\0\xff"), 2, NUL | EIGHT_BIT},
};

static void rest_takes_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rest_cases); i++) {
        const rest_case_t *c = &rest_cases[i];
        esmtp_span_t input = check_copy(c->input);
        esmtp_line_t line;

        esmtp_line_rest(input, &line);
        check_line(c->label, &line, c->len, c->input.len, ESMTP_EOL_NONE, c->flags);
        check_number(c->label, "is cut", esmtp_line_is_cut(&line), c->len == c->input.len);
        check_free(input);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_finds_the_end),      cmocka_unit_test(scan_does_not_care_about_cuts),
        cmocka_unit_test(scan_stops_at_the_limit), cmocka_unit_test(limit_does_not_depend_on_what_follows),
        cmocka_unit_test(rest_takes_all),
    };

    return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
