/* test_command.c
 * Command lines, paths, parameters and values: core/command.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include "core/parse/command.h"

/* ---- Verb and parameter ---- */

enum { LEADING = 1, TAB = 2, TRAILING = 4, PLAUSIBLE = 8 };

typedef struct {
    const char *label;
    esmtp_span_t line;
    const char *verb;
    const char *parameter;
    const char *row; /* its verb; NULL: no table knows it */
    unsigned flags;
} command_case_t;

static const command_case_t command_cases[] = {
    {"nothing", LIT(""), "", "", NULL, 0},
    {"only blanks", LIT(" \t "), "", "", NULL, LEADING},
    {"verb alone", LIT("NOOP"), "NOOP", "", "NOOP", PLAUSIBLE},
    {"XMRG", LIT("XMRG FROM:<a>"), "XMRG", "FROM:<a>", "XMRG", PLAUSIBLE},
    {"lower case", LIT("noop"), "noop", "", "NOOP", PLAUSIBLE},
    {"blanks in front", LIT("  NOOP"), "NOOP", "", "NOOP", LEADING | PLAUSIBLE},
    {"blank after the verb", LIT("NOOP "), "NOOP", "", "NOOP", TRAILING | PLAUSIBLE},
    {"longer than four letters", LIT("STARTTLS"), "STARTTLS", "", "STARTTLS", PLAUSIBLE},
    {"MAIL", LIT("MAIL FROM:<a>"), "MAIL", "FROM:<a>", "MAIL", PLAUSIBLE},
    {"two blanks", LIT("MAIL  FROM:<a>"), "MAIL", "FROM:<a>", "MAIL", PLAUSIBLE},
    {"mail", LIT("mail from:<a>"), "mail", "from:<a>", "MAIL", PLAUSIBLE},
    {"TAB", LIT("RCPT\tTO:<x>"), "RCPT", "TO:<x>", "RCPT", TAB | PLAUSIBLE},
    {"blank and TAB", LIT("RCPT \t TO:<x>"), "RCPT", "TO:<x>", "RCPT", TAB | PLAUSIBLE},
    {"TAB further on", LIT("RCPT TO:<x>\tA=B"), "RCPT", "TO:<x>\tA=B", "RCPT", PLAUSIBLE},
    {"blanks at the end", LIT("EHLO a \t"), "EHLO", "a", "EHLO", TRAILING | PLAUSIBLE},
    {"blanks inside", LIT("HELP a  b"), "HELP", "a  b", "HELP", PLAUSIBLE},
    {"hyphen", LIT("X-ANONYMOUSTLS"), "X-ANONYMOUSTLS", "", "X-ANONYMOUSTLS", PLAUSIBLE},
    {"one letter, unknown", LIT("X"), "X", "", NULL, PLAUSIBLE},
    {"underscore and digit, unknown", LIT("X_9 1"), "X_9", "1", NULL, PLAUSIBLE},
    {"dot", LIT("."), ".", "", NULL, 0},
    {"asterisk", LIT("*"), "*", "", NULL, 0},
    {"header field", LIT("Subject: a"), "Subject:", "a", NULL, 0},
    {"base64", LIT("dXNlcg=="), "dXNlcg==", "", NULL, 0},
    {"UTF-8", LIT("MAIL FROM:<\xc3\xa4@b>"), "MAIL", "FROM:<\xc3\xa4@b>", "MAIL", PLAUSIBLE},
    {"not UTF-8", LIT("MAIL FROM:<\xe4@b>"), "MAIL", "FROM:<\xe4@b>", "MAIL", 0},
    {"UTF-8 cut off", LIT("MAIL FROM:<a@b\xc3"), "MAIL", "FROM:<a@b\xc3", "MAIL", 0},
    {"eight bits in the verb", LIT("N\xc3\xb6"), "N\xc3\xb6", "", NULL, 0},
    {"control in the parameter", LIT("HELP \x1b[0m"), "HELP", "\x1b[0m", "HELP", 0},
    {"bare CR", LIT("NOOP a\rb"), "NOOP", "a\rb", "NOOP", 0},
    {"control after the verb", LIT("DATA\x01"), "DATA", "\x01", "DATA", 0},
    {"bare CR after the verb", LIT("QUIT\rRSET"), "QUIT", "\rRSET", "QUIT", 0},
    {"control in front", LIT("\x01QUIT"), "\x01QUIT", "", NULL, 0},
    {"DEL", LIT("NOOP \x7f"), "NOOP", "\x7f", "NOOP", 0},
};

static void commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(command_cases); i++) {
        const command_case_t *c = &command_cases[i];
        esmtp_span_t line = check_copy(c->line);
        esmtp_command_t got;

        esmtp_command_parse(line, &got);
        check_span(c->label, "verb", got.verb, c->verb);
        check_span(c->label, "parameter", got.parameter, c->parameter);
        check_span(c->label, "row", esmtp_span_str(got.row ? got.row->verb : ""), c->row);
        check_number(c->label, "leading_space", got.leading_space, (c->flags & LEADING) != 0);
        check_number(c->label, "tab", got.tab, (c->flags & TAB) != 0);
        check_number(c->label, "trailing_space", got.trailing_space, (c->flags & TRAILING) != 0);
        check_number(c->label, "plausible", got.plausible, (c->flags & PLAUSIBLE) != 0);
        check_free(line);
    }
}

static void nul_ends_the_verb(void **state)
{
    esmtp_command_t got;

    (void)state;
    esmtp_command_parse(esmtp_span("NO\0P a\0b", 8), &got);
    assert_int_equal(got.verb.len, 2);
    assert_int_equal(got.parameter.len, 6);
    assert_null(got.row);
    assert_true(got.named);
    assert_false(got.plausible);
    esmtp_command_parse(esmtp_span("DATA\0", 5), &got);
    assert_int_equal(got.row->id, ESMTP_VERB_DATA);
    assert_int_equal(got.parameter.len, 1);
    esmtp_command_parse(esmtp_span("\0DATA", 5), &got);
    assert_int_equal(got.verb.len, 5);
    assert_false(got.named);
}

/* ---- Path ---- */

enum { QUOTED = 1, LITERAL = 2, EIGHT = 4, SPACE = 8, NO_KEYWORD = 16 };

#define P(form) ESMTP_PATH_##form

typedef struct {
    const char *label;
    const char *parameter;
    esmtp_path_form_t form;
    const char *whole;
    const char *address;
    const char *route;
    const char *local;
    const char *domain;
    unsigned flags;
    const char *rest;
} path_case_t;

/* clang-format off */
static const path_case_t from_cases[] = {
    {"plain", "FROM:<a@b.c>", P(NORMAL), "<a@b.c>", "a@b.c", "", "a", "b.c", 0, ""},
    {"lower case", "from:<a@b>", P(NORMAL), "<a@b>", "a@b", "", "a", "b", 0, ""},
    {"parameters", "FROM:<a@b> SIZE=1 X", P(NORMAL), "<a@b>", "a@b", "", "a", "b", 0, " SIZE=1 X"},
    {"parameter without blank", "FROM:<a@b>SIZE=1", P(NORMAL), "<a@b>", "a@b", "", "a", "b", 0, "SIZE=1"},
    {"null", "FROM:<>", P(NULL), "<>", "", "", "", "", 0, ""},
    {"null with parameters", "FROM:<> SIZE=1", P(NULL), "<>", "", "", "", "", 0, " SIZE=1"},
    {"null with a blank in it", "FROM:< >", P(NULL), "< >", "", "", "", "", 0, ""},
    {"no domain", "FROM:<postmaster>", P(LOCAL), "<postmaster>", "postmaster", "", "postmaster", "", 0, ""},

    {"blank after the colon", "FROM: <a@b>", P(NORMAL), "<a@b>", "a@b", "", "a", "b", SPACE, ""},
    {"TAB after the colon", "FROM:\t<a@b>", P(NORMAL), "<a@b>", "a@b", "", "a", "b", SPACE, ""},
    {"blank before the colon", "FROM :<a@b>", P(NORMAL), "<a@b>", "a@b", "", "a", "b", 0, ""},
    {"blanks in front", "  FROM:<a@b>", P(NORMAL), "<a@b>", "a@b", "", "a", "b", 0, ""},
    {"no colon", "FROM <a@b>", P(NORMAL), "<a@b>", "a@b", "", "a", "b", NO_KEYWORD, ""},
    {"no colon, no blank", "FROM<a@b>", P(NORMAL), "<a@b>", "a@b", "", "a", "b", NO_KEYWORD, ""},
    {"no keyword", "<a@b> SIZE=1", P(NORMAL), "<a@b>", "a@b", "", "a", "b", NO_KEYWORD, " SIZE=1"},
    {"no keyword, address like it", "from@b", P(BARE), "from@b", "from@b", "", "from", "b", NO_KEYWORD, ""},
    {"other keyword", "TO:<a@b>", P(BROKEN), "TO:<a@b>", "a@b", "", "a", "b", NO_KEYWORD, ""},
    {"blanks inside the brackets", "FROM:< a@b >", P(NORMAL), "< a@b >", "a@b", "", "a", "b", 0, ""},

    {"quoted", "FROM:<\"a b\"@c>", P(NORMAL), "<\"a b\"@c>", "\"a b\"@c", "", "\"a b\"", "c", QUOTED, ""},
    {"quoted bracket", "FROM:<\"a>b\"@c> X", P(NORMAL), "<\"a>b\"@c>", "\"a>b\"@c", "", "\"a>b\"", "c", QUOTED, " X"},
    {"quoted opening bracket", "FROM:<\"a<b\"@c>", P(NORMAL), "<\"a<b\"@c>", "\"a<b\"@c", "", "\"a<b\"", "c", QUOTED, ""},
    {"quoted at", "FROM:<\"a@b\"@c>", P(NORMAL), "<\"a@b\"@c>", "\"a@b\"@c", "", "\"a@b\"", "c", QUOTED, ""},
    {"quoted quote", "FROM:<\"a\\\">b\"@c>", P(NORMAL), "<\"a\\\">b\"@c>", "\"a\\\">b\"@c", "", "\"a\\\">b\"", "c", QUOTED, ""},
    {"quoted backslash", "FROM:<\"a\\\\\"@c>", P(NORMAL), "<\"a\\\\\"@c>", "\"a\\\\\"@c", "", "\"a\\\\\"", "c", QUOTED, ""},
    {"quoted nothing", "FROM:<\"\"@c>", P(NORMAL), "<\"\"@c>", "\"\"@c", "", "\"\"", "c", QUOTED, ""},
    {"quotes in part of it", "FROM:<a.\"b\"@c>", P(NORMAL), "<a.\"b\"@c>", "a.\"b\"@c", "", "a.\"b\"", "c", 0, ""},
    {"quote never closed", "FROM:<\"a@b> SIZE=1", P(BROKEN), "<\"a@b>", "\"a@b", "", "\"a", "b", 0, " SIZE=1"},
    {"quoted, without brackets", "FROM:\"a b\"@c X", P(BARE), "\"a b\"@c", "\"a b\"@c", "", "\"a b\"", "c", QUOTED, " X"},

    {"IPv4", "FROM:<a@[192.0.2.1]>", P(NORMAL), "<a@[192.0.2.1]>", "a@[192.0.2.1]", "", "a", "[192.0.2.1]", LITERAL, ""},
    {"IPv6", "FROM:<a@[IPv6:2001:db8::1]>", P(NORMAL), "<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]", "", "a", "[IPv6:2001:db8::1]", LITERAL, ""},
    {"other literal", "FROM:<a@[tag:x]>", P(NORMAL), "<a@[tag:x]>", "a@[tag:x]", "", "a", "[tag:x]", LITERAL, ""},
    {"UTF-8", "FROM:<\xc3\xa4@\xc3\xb6.x>", P(NORMAL), "<\xc3\xa4@\xc3\xb6.x>", "\xc3\xa4@\xc3\xb6.x", "", "\xc3\xa4", "\xc3\xb6.x", EIGHT, ""},
    {"VERP", "FROM:<l-a=b.c@d>", P(NORMAL), "<l-a=b.c@d>", "l-a=b.c@d", "", "l-a=b.c", "d", 0, ""},
    {"two at", "FROM:<a@b@c>", P(NORMAL), "<a@b@c>", "a@b@c", "", "a@b", "c", 0, ""},

    {"route", "FROM:<@a,@b:c@d>", P(ROUTED), "<@a,@b:c@d>", "@a,@b:c@d", "@a,@b", "c", "d", 0, ""},
    {"route over a literal", "FROM:<@[IPv6:::1]:c@d>", P(ROUTED), "<@[IPv6:::1]:c@d>", "@[IPv6:::1]:c@d", "@[IPv6:::1]", "c", "d", 0, ""},
    {"route to a local part", "FROM:<@a:postmaster>", P(ROUTED), "<@a:postmaster>", "@a:postmaster", "@a", "postmaster", "", 0, ""},
    {"route to nowhere", "FROM:<@a:>", P(BROKEN), "<@a:>", "@a:", "@a", "", "", 0, ""},

    {"no brackets", "FROM:a@b SIZE=1", P(BARE), "a@b", "a@b", "", "a", "b", 0, " SIZE=1"},
    {"no brackets, no domain", "FROM:root", P(BARE), "root", "root", "", "root", "", 0, ""},
    {"no brackets, blank", "FROM: a@b", P(BARE), "a@b", "a@b", "", "a", "b", SPACE, ""},
    {"blank in a route", "FROM:<@a,@x b:c@d>", P(BROKEN), "<@a,@x b:c@d>", "@a,@x b:c@d", "@a,@x b", "c", "d", 0, ""},
    {"no opening bracket", "FROM:a@b> X", P(BROKEN), "a@b>", "a@b", "", "a", "b", 0, " X"},
    {"no closing bracket", "FROM:<a@b", P(BROKEN), "<a@b", "a@b", "", "a", "b", 0, ""},
    {"no closing bracket, parameter", "FROM:<a@b SIZE=1", P(BROKEN), "<a@b", "a@b", "", "a", "b", 0, " SIZE=1"},
    {"only an opening bracket", "FROM:<", P(BROKEN), "<", "", "", "", "", 0, ""},
    {"only a closing bracket", "FROM:>", P(BROKEN), ">", "", "", "", "", 0, ""},
    {"brackets twice", "FROM:<<a@b>> X", P(BROKEN), "<<a@b>>", "a@b", "", "a", "b", 0, " X"},
    {"two opened, one closed", "FROM:<<a@b> X", P(BROKEN), "<<a@b>", "a@b", "", "a", "b", 0, " X"},
    {"one opened, two closed", "FROM:<a@b>> X", P(BROKEN), "<a@b>>", "a@b", "", "a", "b", 0, " X"},
    {"name in front", "FROM:Joe Doe <a@b> X", P(BROKEN), "Joe Doe <a@b>", "a@b", "", "a", "b", 0, " X"},
    {"quoted name in front", "FROM:\"Joe Doe\" <a@b>", P(BROKEN), "\"Joe Doe\" <a@b>", "a@b", "", "a", "b", 0, ""},
    {"blank in the local part", "FROM:<a b@c>", P(BROKEN), "<a b@c>", "a b@c", "", "a b", "c", 0, ""},
    {"no local part", "FROM:<@b>", P(BROKEN), "<@b>", "@b", "", "", "b", 0, ""},
    {"nothing after the at", "FROM:<a@>", P(BROKEN), "<a@>", "a@", "", "a", "", 0, ""},
    {"only an at", "FROM:<@>", P(BROKEN), "<@>", "@", "", "", "", 0, ""},

    {"nothing", "", P(NONE), "", "", "", "", "", NO_KEYWORD, ""},
    {"keyword alone", "FROM:", P(NONE), "", "", "", "", "", 0, ""},
    {"keyword and blanks", "FROM:  ", P(NONE), "", "", "", "", "", 0, ""},
    {"word alone", "FROM", P(NONE), "", "", "", "", "", NO_KEYWORD, ""},
    {"parameter in its place", "FROM: SIZE=1", P(NONE), "", "", "", "", "", 0, "SIZE=1"},
};

static const path_case_t to_cases[] = {
    {"plain", "TO:<a@b>", P(NORMAL), "<a@b>", "a@b", "", "a", "b", 0, ""},
    {"postmaster", "TO:<Postmaster> NOTIFY=NEVER", P(LOCAL), "<Postmaster>", "Postmaster", "", "Postmaster", "", 0, " NOTIFY=NEVER"},
    {"address like the keyword", "tony@b", P(BARE), "tony@b", "tony@b", "", "tony", "b", NO_KEYWORD, ""},
    {"address that begins like the keyword", "<to@b>", P(NORMAL), "<to@b>", "to@b", "", "to", "b", NO_KEYWORD, ""},
};
/* clang-format on */

static void check_path(const path_case_t *c, const char *keyword)
{
    esmtp_span_t parameter = check_copy(esmtp_span_str(c->parameter));
    esmtp_path_t got;
    esmtp_span_t rest;
    bool found = esmtp_path_parse(parameter, keyword, &got, &rest);

    check_number(c->label, "found", found, c->form != ESMTP_PATH_NONE);
    check_number(c->label, "form", got.form, c->form);
    check_span(c->label, "whole", got.whole, c->whole);
    check_span(c->label, "address", got.address, c->address);
    check_span(c->label, "route", got.route, c->route);
    check_span(c->label, "local", got.local, c->local);
    check_span(c->label, "domain", got.domain, c->domain);
    check_number(c->label, "quoted", got.quoted, (c->flags & QUOTED) != 0);
    check_number(c->label, "literal", got.literal, (c->flags & LITERAL) != 0);
    check_number(c->label, "eight_bit", got.eight_bit, (c->flags & EIGHT) != 0);
    check_number(c->label, "space_before", got.space_before, (c->flags & SPACE) != 0);
    check_number(c->label, "keyword_missing", got.keyword_missing, (c->flags & NO_KEYWORD) != 0);
    check_span(c->label, "rest", rest, c->rest);
    check_free(parameter);
}

static void paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(from_cases); i++)
        check_path(&from_cases[i], "FROM");
    for (size_t i = 0; i < G_N_ELEMENTS(to_cases); i++)
        check_path(&to_cases[i], "TO");
}

static bool lies_in(esmtp_span_t part, esmtp_span_t whole)
{
    return part.len == 0 || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

static void check_spans(const uint8_t *octets, size_t n)
{
    esmtp_span_t input = check_copy(esmtp_span(octets, n));
    esmtp_path_t path;
    esmtp_span_t rest;

    assert_true(esmtp_path_parse(input, "FROM", &path, &rest) == (path.form != P(NONE)));
    assert_true(lies_in(path.whole, input) && lies_in(rest, input));
    assert_true(lies_in(path.address, path.whole));
    assert_true(lies_in(path.route, path.address) && lies_in(path.local, path.address));
    assert_true(lies_in(path.domain, path.address));
    assert_true(path.whole.len > 0 || path.form == P(NONE));
    check_free(input);
}

/* All texts of up to six of the octets that matter: every span lies in the input, none reads after
 * it. */
static void every_short_path(void **state)
{
    static const char alphabet[] = "<>@\"\\: a";
    uint8_t octets[6];

    (void)state;
    for (size_t n = 0; n <= sizeof octets; n++) {
        for (uint32_t k = 0; k < 1u << (3 * n); k++) {
            for (size_t i = 0; i < n; i++)
                octets[i] = (uint8_t)alphabet[k >> (3 * i) & 7];
            check_spans(octets, n);
        }
    }
}

/* ---- Parameters and words ---- */

typedef struct {
    const char *label;
    const char *input;
    const char *parts; /* whole, name, value of each; "-" for no value */
} argument_case_t;

static const argument_case_t argument_cases[] = {
    {"none", "", ""},
    {"only blanks", " \t ", ""},
    {"flag", " SMTPUTF8", "[SMTPUTF8|SMTPUTF8|-]"},
    {"value", "SIZE=1", "[SIZE=1|SIZE|1]"},
    {"two", " SIZE=1 BODY=8BITMIME ", "[SIZE=1|SIZE|1][BODY=8BITMIME|BODY|8BITMIME]"},
    {"TAB", "A\tB=c", "[A|A|-][B=c|B|c]"},
    {"empty value", "RET=", "[RET=|RET|]"},
    {"value with =", "AUTH=a=b", "[AUTH=a=b|AUTH|a=b]"},
    {"no name", "=1", "[=1||1]"},
    {"only =", "=", "[=||]"},
};

static void arguments(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(argument_cases); i++) {
        const argument_case_t *c = &argument_cases[i];
        esmtp_span_t input = check_copy(esmtp_span_str(c->input));
        esmtp_span_t rest = input;
        GString *parts = g_string_new(NULL);
        esmtp_argument_t arg;

        while (esmtp_argument_next(&rest, &arg)) {
            g_string_append_printf(parts, "[%.*s|%.*s|", (int)arg.whole.len, (const char *)arg.whole.p,
                                   (int)arg.name.len, (const char *)arg.name.p);
            if (arg.has_value)
                g_string_append_len(parts, (const char *)arg.value.p, (gssize)arg.value.len);
            else
                g_string_append_c(parts, '-');
            g_string_append_c(parts, ']');
        }
        check_span(c->label, "parts", esmtp_span(parts->str, parts->len), c->parts);
        check_number(c->label, "rest", rest.len, 0);
        g_string_free(parts, TRUE);
        check_free(input);
    }
}

typedef struct {
    const char *label;
    esmtp_span_t input;
    const char *separators;
    size_t words;
    const char *last;
} word_case_t;

static const word_case_t word_cases[] = {
    {"none", LIT(""), " ", 0, ""},
    {"only separators", LIT(",,,"), ",", 0, ""},
    {"one", LIT("PLAIN"), " ", 1, "PLAIN"},
    {"three", LIT("PLAIN LOGIN  CRAM-MD5 "), " ", 3, "CRAM-MD5"},
    {"either separator", LIT("a,b;c"), ",;", 3, "c"},
    {"NUL is no separator", LIT("\0\0"), " ", 1, NULL},
    {"no separators", LIT("a b"), "", 1, "a b"},
};

static void words(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(word_cases); i++) {
        const word_case_t *c = &word_cases[i];
        esmtp_span_t input = check_copy(c->input);
        esmtp_span_t rest = input;
        esmtp_span_t last = {NULL, 0};
        esmtp_span_t word;
        size_t n = 0;

        for (; esmtp_word_next(&rest, c->separators, &word); n++)
            last = word;
        check_number(c->label, "words", n, c->words);
        if (c->last != NULL)
            check_span(c->label, "last", last, c->last);
        check_free(input);
    }
}

/* ---- Encodings ---- */

typedef struct {
    const char *label;
    esmtp_span_t input;
    esmtp_span_t output;
    bool bad;
} decode_case_t;

static const decode_case_t xtext_cases[] = {
    {"nothing", LIT(""), LIT(""), false},        {"plain", LIT("QQ314159"), LIT("QQ314159"), false},
    {"plus", LIT("a+2Bb"), LIT("a+b"), false},   {"at the end", LIT("a+3D"), LIT("a="), false},
    {"NUL", LIT("+00"), LIT("\0"), false},       {"octet 255", LIT("+FF"), LIT("\xff"), false},
    {"two", LIT("+41+42"), LIT("AB"), false},    {"cut", LIT("a+2"), LIT("a+2"), true},
    {"cut further", LIT("a+"), LIT("a+"), true}, {"small letters", LIT("+2b"), LIT("+2b"), true},
    {"no digits", LIT("+GG"), LIT("+GG"), true}, {"bad, then good", LIT("++2B"), LIT("++"), true},
};

static const decode_case_t utf8_cases[] = {
    {"nothing", LIT(""), LIT(""), false},
    {"plain", LIT("a@b"), LIT("a@b"), false},
    {"two digits", LIT("\\x{E4}b"),
     LIT("\xc3\xa4"
         "b"),
     false},
    {"ASCII", LIT("\\x{5C}\\x{2B}\\x{3D}"), LIT("\\+="), false},
    {"five digits", LIT("\\x{1F600}"), LIT("\xf0\x9f\x98\x80"), false},
    {"greatest", LIT("\\x{10FFFF}"), LIT("\xf4\x8f\xbf\xbf"), false},
    {"small letters", LIT("\\x{20ac}"), LIT("\xe2\x82\xac"), false},
    {"zero before one digit", LIT("\\x{0A}"), LIT("\n"), false},
    {"too great", LIT("\\x{110000}"), LIT("\\x{110000}"), true},
    {"surrogate", LIT("\\x{D800}"), LIT("\\x{D800}"), true},
    {"NUL", LIT("\\x{00}"), LIT("\\x{00}"), true},
    {"one digit", LIT("\\x{A}"), LIT("\\x{A}"), true},
    {"no digits", LIT("\\x{}"), LIT("\\x{}"), true},
    {"seven digits", LIT("\\x{0010000}"), LIT("\\x{0010000}"), true},
    {"superfluous zero", LIT("\\x{0E4}"), LIT("\\x{0E4}"), true},
    {"not closed", LIT("\\x{E4"), LIT("\\x{E4"), true},
    {"closed wrongly", LIT("\\x{E4)"), LIT("\\x{E4)"), true},
    {"cut", LIT("\\x"), LIT("\\x"), true},
    {"capital X", LIT("\\X{E4}"), LIT("\\X{E4}"), true},
    {"bare backslash", LIT("a\\b"), LIT("a\\b"), true},
};

typedef size_t (*decode_t)(esmtp_span_t s, uint8_t *out, bool *bad);

/* The output has exactly the room that the contract asks for. */
static void check_decode(const decode_case_t *c, decode_t decode)
{
    esmtp_span_t input = check_copy(c->input);
    uint8_t *out = (uint8_t *)malloc(input.len);
    bool bad = !c->bad;
    size_t n = decode(input, out, &bad);

    check_number(c->label, "length", n, c->output.len);
    if (n > 0)
        assert_memory_equal(out, c->output.p, n);
    check_number(c->label, "bad", bad, c->bad);
    free(out);
    check_free(input);
}

static void encodings(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(xtext_cases); i++)
        check_decode(&xtext_cases[i], esmtp_xtext_decode);
    for (size_t i = 0; i < G_N_ELEMENTS(utf8_cases); i++)
        check_decode(&utf8_cases[i], esmtp_utf8_addr_decode);
}

/* ---- Numbers ---- */

typedef struct {
    const char *input;
    esmtp_number_t kind;
    uint64_t value;
} number_case_t;

static const number_case_t number_cases[] = {
    {"", ESMTP_NUMBER_NONE, 0},
    {"0", ESMTP_NUMBER_OK, 0},
    {"52428800", ESMTP_NUMBER_OK, 52428800},
    {"007", ESMTP_NUMBER_OK, 7},
    {"18446744073709551615", ESMTP_NUMBER_OK, UINT64_MAX},
    {"18446744073709551616", ESMTP_NUMBER_OVERFLOW, UINT64_MAX},
    {"99999999999999999999999999", ESMTP_NUMBER_OVERFLOW, UINT64_MAX},
    {"00000000000000000000000000001", ESMTP_NUMBER_OK, 1},
    {"99999999999999999999999999x", ESMTP_NUMBER_BAD, 0},
    {"1k", ESMTP_NUMBER_BAD, 0},
    {" 1", ESMTP_NUMBER_BAD, 0},
    {"-1", ESMTP_NUMBER_BAD, 0},
    {"+1", ESMTP_NUMBER_BAD, 0},
    {"0x10", ESMTP_NUMBER_BAD, 0},
};

static const number_case_t signed_cases[] = {
    {"", ESMTP_NUMBER_NONE, 0},
    {"0", ESMTP_NUMBER_OK, 0},
    {"-0", ESMTP_NUMBER_OK, 0},
    {"120", ESMTP_NUMBER_OK, 120},
    {"+9", ESMTP_NUMBER_OK, 9},
    {"-9", ESMTP_NUMBER_OK, (uint64_t)-9},
    {"2147483647", ESMTP_NUMBER_OK, INT32_MAX},
    {"2147483648", ESMTP_NUMBER_OVERFLOW, INT32_MAX},
    {"-2147483648", ESMTP_NUMBER_OK, (uint64_t)INT32_MIN},
    {"-2147483649", ESMTP_NUMBER_OVERFLOW, (uint64_t)INT32_MIN},
    {"-99999999999999999999999", ESMTP_NUMBER_OVERFLOW, (uint64_t)INT32_MIN},
    {"+", ESMTP_NUMBER_BAD, 0},
    {"-", ESMTP_NUMBER_BAD, 0},
    {"--1", ESMTP_NUMBER_BAD, 0},
    {"1-", ESMTP_NUMBER_BAD, 0},
};

static void numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(number_cases); i++) {
        const number_case_t *c = &number_cases[i];
        uint64_t value = 1;

        check_number(c->input, "kind", esmtp_number_parse(esmtp_span_str(c->input), &value), c->kind);
        check_number(c->input, "value", value, c->value);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(signed_cases); i++) {
        const number_case_t *c = &signed_cases[i];
        esmtp_span_t copy = check_copy(esmtp_span_str(c->input));
        int32_t value = 1;

        check_number(c->input, "kind", esmtp_signed_parse(copy, &value), c->kind);
        check_number(c->input, "value", (uint64_t)value, c->value);
        check_free(copy);
    }
    int32_t none = 1;
    check_number("no octets at all", "kind", esmtp_signed_parse(esmtp_span(NULL, 0), &none), ESMTP_NUMBER_NONE);
}

typedef struct {
    const char *input;
    bool ok;
    uint64_t size;
    bool last;
} bdat_case_t;

static const bdat_case_t bdat_cases[] = {
    {"86", true, 86, false},
    {"86 LAST", true, 86, true},
    {"0 LAST", true, 0, true},
    {"86  last ", true, 86, true},
    {"86\tLAST", true, 86, true},
    {"86 LASTER", false, 86, false},
    {"86 FIRST", false, 86, false},
    {"", false, 0, false},
    {"LAST", false, 0, false},
    {"-1", false, 0, false},
    {"86LAST", false, 0, false},
    {"18446744073709551615", true, UINT64_MAX, false},
    {"18446744073709551616 LAST", false, 0, false},
};

static void bdat(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bdat_cases); i++) {
        const bdat_case_t *c = &bdat_cases[i];
        uint64_t size = 1;
        bool last = true;

        check_number(c->input, "ok", esmtp_bdat_parse(esmtp_span_str(c->input), &size, &last), c->ok);
        check_number(c->input, "size", size, c->size);
        check_number(c->input, "last", last, c->last);
    }
}

/* ---- Date and time ---- */

typedef struct {
    const char *input;
    bool any; /* valid */
    bool utc; /* valid where only UTC is */
} datetime_case_t;

static const datetime_case_t datetime_cases[] = {
    {"1985-04-12T23:20:50.52Z", true, true}, /* RFC 3339 section 5.8 */
    {"1996-12-19T16:39:57-08:00", true, false},
    {"1990-12-31T23:59:60Z", true, true},
    {"1990-12-31T15:59:60-08:00", true, false},
    {"1937-01-01T12:00:27.87+00:20", true, false},
    {"2014-04-03T23:01:00Z", true, true},
    {"2014-04-03t23:01:00z", true, true},
    {"0000-01-01T00:00:00Z", true, true},
    {"2024-02-29T00:00:00Z", true, true},
    {"2000-02-29T00:00:00Z", true, true},
    {"2023-02-29T00:00:00Z", false, false},
    {"1900-02-29T00:00:00Z", false, false},
    {"2024-04-31T00:00:00Z", false, false},
    {"2024-12-31T00:00:00Z", true, true},
    {"2024-13-01T00:00:00Z", false, false},
    {"2024-00-01T00:00:00Z", false, false},
    {"2024-01-00T00:00:00Z", false, false},
    {"2024-01-32T00:00:00Z", false, false},
    {"2024-01-01T24:00:00Z", false, false},
    {"2024-01-01T00:60:00Z", false, false},
    {"2024-01-01T00:00:61Z", false, false},
    {"2024-01-01T00:00:00", false, false},
    {"2024-01-01T00:00:00.Z", false, false},
    {"2024-01-01T00:00:00.0000000000000000000000000000001Z", true, true},
    {"2024-01-01T00:00:00+24:00", false, false},
    {"2024-01-01T00:00:00+00:60", false, false},
    {"2024-01-01T00:00:00+23:59", true, false},
    {"2024-01-01T00:00:00+0100", false, false},
    {"2024-01-01 00:00:00Z", false, false},
    {"2024-01-01T00:00Z", false, false},
    {"2024-01-01T00:00:00Z ", false, false},
    {"2024-1-01T00:00:00Z", false, false},
    {"24-01-01T00:00:00Z", false, false},
    {"2024-01-01", false, false},
    {"", false, false},
};

static void datetimes(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(datetime_cases); i++) {
        const datetime_case_t *c = &datetime_cases[i];
        esmtp_span_t input = check_copy(esmtp_span_str(c->input));

        check_number(c->input, "any", esmtp_datetime_valid(input, false), c->any);
        check_number(c->input, "utc", esmtp_datetime_valid(input, true), c->utc);
        check_free(input);
    }
}

/* No part of a valid one is valid, but for the fraction's digits. */
static void datetime_cut_anywhere(void **state)
{
    static const char whole[] = "1996-12-19T16:39:57-08:00";

    (void)state;
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        esmtp_span_t input = check_copy(esmtp_span(whole, n));
        assert_false(esmtp_datetime_valid(input, false));
        check_free(input);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands),
        cmocka_unit_test(nul_ends_the_verb),
        cmocka_unit_test(paths),
        cmocka_unit_test(every_short_path),
        cmocka_unit_test(arguments),
        cmocka_unit_test(words),
        cmocka_unit_test(encodings),
        cmocka_unit_test(numbers),
        cmocka_unit_test(bdat),
        cmocka_unit_test(datetimes),
        cmocka_unit_test(datetime_cut_anywhere),
    };

    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
