/* test_body.c
 * Where the text of a message ends and what it is: core/body.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include <stdio.h>

#include "core/parse/body.h"

enum {
    LF = ESMTP_BODY_BARE_LF,
    CR = ESMTP_BODY_BARE_CR,
    FAKE = ESMTP_BODY_FAKE_END,
    DOT = ESMTP_BODY_UNSTUFFED_DOT,
    EIGHT = ESMTP_BODY_EIGHT_BIT,
    NUL = ESMTP_BODY_NUL,
    LONG = ESMTP_BODY_LONG_LINE,
};

/* What came of a message. */
typedef struct {
    uint8_t text[4096];
    size_t len;
    size_t calls; /* of the sink */
    size_t used;
    size_t mark;
    bool end;
    uint32_t flags;
    bool at_fake_end;
} result_t;

static void collect(void *ctx, const uint8_t *p, size_t n)
{
    result_t *r = (result_t *)ctx;

    assert_true(n > 0);
    assert_true(r->len + n <= sizeof r->text);
    memcpy(r->text + r->len, p, n);
    r->len += n;
    r->calls++;
}

/* Feeds one piece, in memory that ends with it. */
static void feed_piece(esmtp_body_t *body, esmtp_span_t piece, result_t *r)
{
    esmtp_span_t copy = check_copy(piece);
    size_t used = esmtp_body_feed(body, copy, collect, r, &r->end, &r->mark);

    assert_true(used <= piece.len);
    assert_true(r->end || used == piece.len);
    r->used += used;
    check_free(copy);
}

/* Feeds pieces of so many octets each, the first of "first" octets. */
static void feed_pieces(esmtp_span_t input, size_t first, size_t each, result_t *r)
{
    esmtp_body_t body;
    size_t at = 0;
    size_t n = first;

    *r = (result_t){.len = 0};
    esmtp_body_init(&body);
    while (at < input.len && !r->end) {
        n = MIN(n, input.len - at);
        feed_piece(&body, esmtp_span(input.p + at, n), r);
        at += n;
        n = each;
    }
    r->flags = body.flags;
    r->at_fake_end = body.at_fake_end;
    if (!r->end)
        esmtp_body_flush(&body, collect, r);
}

typedef struct {
    const char *label;
    esmtp_span_t input;
    bool end;
    size_t used; /* octets up to and with the end mark; all if there is none */
    esmtp_span_t text;
    uint32_t flags;
    bool at_fake_end;
} body_case_t;

#define TEXT(s) LIT(s), false, sizeof(s) - 1

static const body_case_t body_cases[] = {
    {"nothing", TEXT(""), LIT(""), 0, false},
    {"empty message", LIT(".\r\nQUIT\r\n"), true, 3, LIT(""), 0, false},
    {"one line", LIT("Hello\r\n.\r\n"), true, 10, LIT("Hello\r\n"), 0, false},
    {"empty line", LIT("\r\n.\r\n"), true, 5, LIT("\r\n"), 0, false},
    {"next command after", LIT("A\r\n.\r\nMAIL FROM:<>\r\n"), true, 6, LIT("A\r\n"), 0, false},
    {"no end", TEXT("Hello\r\n"), LIT("Hello\r\n"), 0, false},
    {"end mark without its LF", TEXT("A\r\n.\r"), LIT("A\r\n\r"), 0, true},
    {"end mark without its CRLF", TEXT("A\r\n."), LIT("A\r\n"), 0, false},
    {"doubled dot", LIT("..A\r\n.\r\n"), true, 8, LIT(".A\r\n"), 0, false},
    {"doubled dot alone", LIT("A\r\n..\r\n.\r\n"), true, 10, LIT("A\r\n.\r\n"), 0, false},
    {"three dots", LIT("...\r\n.\r\n"), true, 8, LIT("..\r\n"), 0, false},
    {"dots inside a line", LIT("A..B.\r\n.\r\n"), true, 10, LIT("A..B.\r\n"), 0, false},
    {"dot not doubled", LIT(".A\r\n.\r\n"), true, 7, LIT("A\r\n"), DOT, false},
    {"dot and blank", LIT("A\r\n. \r\n.\r\n"), true, 10, LIT("A\r\n \r\n"), DOT, false},
    {"CRLF NUL.CRLF", TEXT("A\r\n\0.\r\n"), LIT("A\r\n\0.\r\n"), NUL | FAKE, true},
    {"text NUL.CRLF", TEXT("A\0.\r\n"), LIT("A\0.\r\n"), NUL, false},
    {"LF.CRLF", TEXT("A\n.\r\n"), LIT("A\n.\r\n"), LF | FAKE, true},
    {"CRLF.LF", TEXT("A\r\n.\n"), LIT("A\r\n\n"), LF | FAKE, true},
    {"LF.LF", TEXT("A\n.\n"), LIT("A\n.\n"), LF | FAKE, true},
    {"CR.CR", TEXT("A\r.\r"), LIT("A\r.\r"), CR | FAKE, true},
    {"CRLF.CR, nothing known yet", TEXT("A\r\n.\r"), LIT("A\r\n\r"), 0, true},
    {"CRLF.CR", TEXT("A\r\n.\rB"), LIT("A\r\n\rB"), CR | FAKE, false},
    {"CRLF.CRCR", TEXT("A\r\n.\r\r"), LIT("A\r\n\r\r"), CR | FAKE, false},
    {"CRLF.CRCRLF", TEXT("A\r\n.\r\r\n"), LIT("A\r\n\r\r\n"), CR | FAKE, true},
    {"CRLF.CRCRCRLF", TEXT("A\r\n.\r\r\r\n"), LIT("A\r\n\r\r\r\n"), CR | FAKE, true},
    {"LF.CRCRLF", TEXT("A\n.\r\r\n"), LIT("A\n.\r\r\n"), LF | CR | FAKE, true},
    {"CRLF.CRCR.LF", TEXT("A\r\n.\r\r.\n"), LIT("A\r\n\r\r.\n"), LF | CR | FAKE, true},
    {"CRLF.CRCRLF, then text", TEXT("A\r\n.\r\r\nB"), LIT("A\r\n\r\r\nB"), CR | FAKE, false},
    {"CRLF.CRCRLF, then the end", LIT("A\r\n.\r\r\n.\r\nQ"), true, 10, LIT("A\r\n\r\r\n"), CR | FAKE, false},
    {"CRLF.CR.CRLF", TEXT("A\r\n.\r.\r\n"), LIT("A\r\n\r.\r\n"), CR | FAKE, true},
    {"CR.CRLF", TEXT("A\r.\r\n"), LIT("A\r.\r\n"), CR | FAKE, true},
    {"CR.LF", TEXT("A\r.\n"), LIT("A\r.\n"), CR | LF | FAKE, true},
    {"LF.CR", TEXT("A\n.\r"), LIT("A\n.\r"), LF | FAKE, true},
    {"fake end, then text", TEXT("A\n.\r\nB"), LIT("A\n.\r\nB"), LF | FAKE, false},
    {"fake end, then the end", LIT("A\n.\r\n.\r\nQ"), true, 8, LIT("A\n.\r\n"), LF | FAKE, false},
    {"fake ends that share a LF", TEXT("\r\n.\n.\n"), LIT("\r\n\n.\n"), LF | FAKE, true},
    {"LF dot text", TEXT("A\n.B"), LIT("A\n.B"), LF, false},
    {"dot at a bare LF stays", LIT("A\n..\r\n.\r\n"), true, 9, LIT("A\n..\r\n"), LF, false},
    {"first line is .LF", TEXT(".\nA"), LIT("\nA"), LF | FAKE, false},
    {"bare LF", LIT("A\nB\r\n.\r\n"), true, 8, LIT("A\nB\r\n"), LF, false},
    {"bare LF first", LIT("\nB\r\n.\r\n"), true, 7, LIT("\nB\r\n"), LF, false},
    {"bare CR", LIT("A\rB\r\n.\r\n"), true, 8, LIT("A\rB\r\n"), CR, false},
    {"CRCRLF is a line end", LIT("A\r\r\n.\r\n"), true, 7, LIT("A\r\r\n"), CR, false},
    {"CR at the very end is not judged", TEXT("A\r"), LIT("A\r"), 0, false},
    {"eight bits", LIT("\xc3\xa4\r\n.\r\n"), true, 7, LIT("\xc3\xa4\r\n"), EIGHT, false},
    {"eight bits in the ninth octet", TEXT("12345678\xff"), LIT("12345678\xff"), EIGHT, false},
    {"eight bits in the eighth octet", TEXT("1234567\x80"), LIT("1234567\x80"), EIGHT, false},
    {"NUL", TEXT("A\0B"), LIT("A\0B"), NUL, false},
    {"NUL after the end", LIT("A\r\n.\r\n\0\xff"), true, 6, LIT("A\r\n"), 0, false},
};

static void check_result(const body_case_t *c, size_t cut, const result_t *r)
{
    char label[120];

    snprintf(label, sizeof label, "%s (cut %zu)", c->label, cut);
    check_number(label, "end", r->end, c->end);
    check_number(label, "used", r->used, c->used);
    check_number(label, "text length", r->len, c->text.len);
    if (c->text.len > 0 && memcmp(r->text, c->text.p, c->text.len) != 0)
        fail_msg("%s: text is '%.*s'", label, (int)r->len, (const char *)r->text);
    check_number(label, "flags", r->flags, c->flags);
    check_number(label, "at_fake_end", r->at_fake_end, c->at_fake_end);
}

/* Every single cut, and pieces of one, two and three octets. */
static void text_and_end_wherever_it_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(body_cases); i++) {
        const body_case_t *c = &body_cases[i];
        result_t r;

        for (size_t cut = 0; cut <= c->input.len; cut++) {
            feed_pieces(c->input, cut, c->input.len, &r);
            check_result(c, cut, &r);
            if (r.end)
                check_number(c->label, "mark", r.mark, cut < c->used ? MIN(3, c->used - cut) : 3);
        }
        for (size_t each = 1; each <= 3; each++) {
            feed_pieces(c->input, each, each, &r);
            check_result(c, each, &r);
        }
    }
}

/* The same by definition: looks at what stands before and after each octet. */
typedef struct {
    const uint8_t *p;
    size_t n;
} whole_t;

typedef enum { EOL_NONE, EOL_CRLF, EOL_LF, EOL_CR, EOL_NUL } eol_t;

static bool is_at(whole_t w, size_t i, uint8_t octet)
{
    return i < w.n && w.p[i] == octet;
}

/* Which line end stands before octet i; the beginning counts as CRLF. NUL: CRLF and NULs after it. */
static eol_t eol_before(whole_t w, size_t i)
{
    size_t end = i;
    while (end > 0 && w.p[end - 1] == '\0')
        end--;
    if (end < i)
        return eol_before(w, end) == EOL_CRLF ? EOL_NUL : EOL_NONE;
    if (i == 0)
        return EOL_CRLF;
    if (w.p[i - 1] == '\n')
        return i > 1 && w.p[i - 2] == '\r' ? EOL_CRLF : EOL_LF;
    return w.p[i - 1] == '\r' ? EOL_CR : EOL_NONE;
}

static void define_octet(whole_t w, size_t i, result_t *r)
{
    eol_t eol = eol_before(w, i);
    bool dot = w.p[i] == '.';
    bool known = i + 1 < w.n;

    if (w.p[i] == '\n' && (i == 0 || w.p[i - 1] != '\r'))
        r->flags |= LF;
    if (w.p[i] == '\r' && known && w.p[i + 1] != '\n')
        r->flags |= CR;
    if (dot && eol == EOL_CRLF && known && memchr("\r\n.", w.p[i + 1], 3) == NULL)
        r->flags |= DOT;
    if (dot && eol != EOL_NONE && is_at(w, i + 1, '\n'))
        r->flags |= FAKE;
    if (w.p[i] == '\0')
        r->flags |= NUL;
    if (dot && (eol == EOL_LF || eol == EOL_CR || eol == EOL_NUL) && is_at(w, i + 1, '\r'))
        r->flags |= FAKE;
    if (dot && eol == EOL_CRLF && is_at(w, i + 1, '\r') && i + 2 < w.n)
        r->flags |= FAKE; /* not the end, or it would have ended */
    if (!(dot && eol == EOL_CRLF))
        r->text[r->len++] = w.p[i];
}

static bool define_fake_end(whole_t w)
{
    size_t n = w.n, crs = 0;
    eol_t eol;

    if (n >= 2 && w.p[n - 2] == '.' && (w.p[n - 1] == '\n' || w.p[n - 1] == '\r'))
        return eol_before(w, n - 2) != EOL_NONE;
    if (n == 0 || w.p[n - 1] != '\n')
        return false;
    while (crs + 1 < n && w.p[n - 2 - crs] == '\r')
        crs++;
    if (crs == 0 || crs + 1 == n || w.p[n - 2 - crs] != '.')
        return false;
    eol = eol_before(w, n - 2 - crs);
    return eol == EOL_LF || eol == EOL_CR || eol == EOL_NUL || (eol == EOL_CRLF && crs > 1);
}

static void define(whole_t w, result_t *r)
{
    *r = (result_t){.len = 0};
    for (size_t i = 0; i < w.n && !r->end; i++) {
        r->end = w.p[i] == '.' && eol_before(w, i) == EOL_CRLF && is_at(w, i + 1, '\r') && is_at(w, i + 2, '\n');
        if (r->end)
            w.n = i;
        r->used = r->end ? i + 3 : i + 1;
    }
    for (size_t i = 0; i < w.n; i++)
        define_octet(w, i, r);
    r->at_fake_end = !r->end && define_fake_end(w);
}

static void compare(whole_t w, const result_t *got, const result_t *expected)
{
    char *text = g_strescape((const char *)w.p, NULL);

    check_number(text, "end", got->end, expected->end);
    check_number(text, "used", got->used, expected->used);
    check_number(text, "length", got->len, expected->len);
    assert_memory_equal(got->text, expected->text, expected->len);
    check_number(text, "flags", got->flags, expected->flags);
    check_number(text, "at_fake_end", got->at_fake_end, expected->at_fake_end);
    g_free(text);
}

/* All texts of eight of four octets, whole, cut at each position, and octet by octet. */
static void every_text_of(const char *alphabet)
{
    enum { LENGTH = 8 };
    uint8_t octets[LENGTH + 1] = {0};
    result_t expected;
    result_t got;

    for (uint32_t k = 0; k < 1u << (2 * LENGTH); k++) {
        whole_t w = {octets, LENGTH};
        for (size_t i = 0; i < LENGTH; i++)
            octets[i] = (uint8_t)alphabet[k >> (2 * i) & 3];
        define(w, &expected);
        for (size_t cut = 1; cut <= LENGTH; cut++) {
            feed_pieces(esmtp_span(octets, LENGTH), cut, LENGTH, &got);
            compare(w, &got, &expected);
        }
        feed_pieces(esmtp_span(octets, LENGTH), 1, 1, &got);
        compare(w, &got, &expected);
    }
}

static void every_short_text(void **state)
{
    (void)state;
    every_text_of("\r\n.A");
    every_text_of("\r\n.\0");
}

/* So many letters between a head and a tail. */
typedef struct {
    const char *label;
    const char *head;
    size_t letters;
    const char *tail;
    uint32_t flags;
} long_case_t;

static const long_case_t long_cases[] = {
    {"998 octets", "", 998, "\r\n", 0},
    {"999 octets", "", 999, "\r\n", LONG},
    {"999 octets, no end yet", "", 999, "", LONG},
    {"998 octets and half an end", "", 998, "\r", 0},
    {"998 octets and a bare CR", "", 998, "\rA", LONG | CR},
    {"998 octets and a CR more before CRLF", "", 998, "\r\r\n", LONG | CR},
    {"doubled dot does not count", "..", 997, "\r\n", 0},
    {"doubled dot, one too many", "..", 998, "\r\n", LONG},
    {"second line", "A\r\n", 998, "\r\n", 0},
    {"second line, one too many", "A\r\n", 999, "\r\n", LONG},
    {"bare LF does not end a line", "", 998, "\nA\r\n", LONG | LF},
};

static void lines_that_are_too_long(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(long_cases); i++) {
        const long_case_t *c = &long_cases[i];
        uint8_t octets[1100];
        size_t head = strlen(c->head);
        size_t total = head + c->letters + strlen(c->tail);
        result_t r;

        memcpy(octets, c->head, head);
        memset(octets + head, 'A', c->letters);
        memcpy(octets + head + c->letters, c->tail, strlen(c->tail));
        for (size_t cut = 1; cut <= total; cut++) {
            feed_pieces(esmtp_span(octets, total), cut, total, &r);
            check_number(c->label, "flags", r.flags, c->flags);
        }
    }
}

/* A hole between two pieces. */
typedef struct {
    const char *label;
    const char *before;
    const char *after;
    bool end;
    const char *text;
    uint32_t flags;
    bool at_fake_end;
} gap_case_t;

static const gap_case_t gap_cases[] = {
    {"dot after the hole", "A\r\n", ".\r\n", false, "A\r\n.\r\n", 0, false},
    {"line end, then the end", "A", "B\r\n.\r\n", true, "AB\r\n", 0, false},
    {"half line end after the hole", "A\r", "\n.\r\n", false, "A\r\n.\r\n", 0, false},
    {"dot mark in two halves", "A\r\n.", "\r\n.\r\n", true, "A\r\n\r\n", 0, false},
    {"dot CR, then LF", "A\r\n.\r", "\nB", false, "A\r\n\r\nB", 0, false},
    {"no bare CR over the hole", "A\r", "B", false, "A\rB", 0, false},
    {"bare LF further on", "A", "B\nC", false, "AB\nC", LF, false},
    {"fake end is forgotten", "A\n.\r\n", "", false, "A\n.\r\n", LF | FAKE, false},
};

static void holes(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(gap_cases); i++) {
        const gap_case_t *c = &gap_cases[i];
        result_t r = {.len = 0};
        esmtp_body_t body;

        esmtp_body_init(&body);
        feed_piece(&body, esmtp_span_str(c->before), &r);
        esmtp_body_flush(&body, collect, &r);
        esmtp_body_gap(&body);
        feed_piece(&body, esmtp_span_str(c->after), &r);
        check_number(c->label, "end", r.end, c->end);
        check_span(c->label, "text", esmtp_span(r.text, r.len), c->text);
        check_number(c->label, "flags", body.flags, c->flags);
        check_number(c->label, "at_fake_end", body.at_fake_end, c->at_fake_end);
    }
}

static void column_is_unknown_behind_a_hole(void **state)
{
    uint8_t letters[998];
    result_t r = {.len = 0};
    esmtp_body_t body;

    (void)state;
    memset(letters, 'A', sizeof letters);
    esmtp_body_init(&body);
    feed_piece(&body, esmtp_span(letters, 900), &r);
    esmtp_body_gap(&body);
    feed_piece(&body, esmtp_span(letters, 998), &r);
    assert_int_equal(body.flags, 0);
    feed_piece(&body, esmtp_span(letters, 1), &r);
    assert_int_equal(body.flags, LONG);
}

static void flush_gives_what_was_kept_back_once(void **state)
{
    result_t r = {.len = 0};
    esmtp_body_t body;

    (void)state;
    esmtp_body_init(&body);
    feed_piece(&body, esmtp_span_str("A\r\n.\r"), &r);
    check_span("kept back", "text", esmtp_span(r.text, r.len), "A\r\n");
    esmtp_body_flush(&body, collect, &r);
    esmtp_body_flush(&body, collect, &r);
    check_span("flushed", "text", esmtp_span(r.text, r.len), "A\r\n\r");
    assert_true(body.at_fake_end);
}

static void no_sink_no_harm(void **state)
{
    esmtp_body_t body;
    bool end;
    size_t mark;

    (void)state;
    esmtp_body_init(&body);
    assert_int_equal(esmtp_body_feed(&body, esmtp_span_str("A\r\n.\rB\r\n.\r"), NULL, NULL, &end, &mark), 10);
    esmtp_body_flush(&body, NULL, NULL);
    assert_false(end);
    assert_int_equal(esmtp_body_feed(&body, esmtp_span(NULL, 0), NULL, NULL, &end, &mark), 0);
    assert_false(end);
}

typedef struct {
    const char *label;
    const char *input;
    size_t calls;
} run_case_t;

static const run_case_t run_cases[] = {
    {"nothing to take out", "From: a\r\nTo: b\r\n\r\nA\nB\rC. .D\r\nE", 1},
    {"one dot", "A\r\n..B\r\nC", 2},
    {"only the end mark", ".\r\n", 0},
    {"a CR after a dot", "A\r\n.\rB", 3},
};

/* The sink is called as seldom as can be: large pieces pass in one run. */
static void runs_stay_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(run_cases); i++) {
        result_t r = {.len = 0};
        esmtp_body_t body;

        esmtp_body_init(&body);
        feed_piece(&body, esmtp_span_str(run_cases[i].input), &r);
        check_number(run_cases[i].label, "calls", r.calls, run_cases[i].calls);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_end_wherever_it_is_cut),
        cmocka_unit_test(every_short_text),
        cmocka_unit_test(lines_that_are_too_long),
        cmocka_unit_test(holes),
        cmocka_unit_test(column_is_unknown_behind_a_hole),
        cmocka_unit_test(flush_gives_what_was_kept_back_once),
        cmocka_unit_test(no_sink_no_harm),
        cmocka_unit_test(runs_stay_whole),
    };

    return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
