/* test_proxy.c
 * Headers of the PROXY protocol: core/parse/proxy.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include "core/parse/proxy.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define IPV4      "\xc0\0\2\7\xc6\x33\x64\x09\xdb\xf6\0\x19"
#define SIX_A     "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
#define SIX_B     "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
/* The longest line: 107 octets with its end. */
#define LONGEST \
    "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535 0123456789012345678901234567890123456789012345x"

typedef struct {
    const char *label;
    esmtp_span_t input;
    esmtp_proxy_found_t found;
    unsigned version;
    size_t total;
    esmtp_proxy_form_t form;
    esmtp_span_t source, destination;
    uint16_t source_port, destination_port;
} parse_case_t;

static const parse_case_t whole[] = {
    {"TCP4", LIT("PROXY TCP4 192.0.2.7 198.51.100.9 56324 25\r\n"), ESMTP_PROXY_WHOLE, 1, 44, ESMTP_PROXY_TEXT,
     LIT("192.0.2.7"), LIT("198.51.100.9"), 56324, 25},
    {"TCP6", LIT("PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 0 65535\r\nEHLO a\r\n"), ESMTP_PROXY_WHOLE, 1, 49,
     ESMTP_PROXY_TEXT, LIT("2001:db8::1"), LIT("::ffff:192.0.2.1"), 0, 65535},
    {"UNKNOWN", LIT("PROXY UNKNOWN\r\n"), ESMTP_PROXY_WHOLE, 1, 15, ESMTP_PROXY_UNKNOWN, LIT(""), LIT(""), 0, 0},
    {"UNKNOWN and more", LIT("PROXY UNKNOWN \xff x\r\n"), ESMTP_PROXY_WHOLE, 1, 19, ESMTP_PROXY_UNKNOWN, LIT(""),
     LIT(""), 0, 0},
    {"the longest line", LIT(LONGEST "\r\n"), ESMTP_PROXY_WHOLE, 1, 107, ESMTP_PROXY_UNKNOWN, LIT(""), LIT(""), 0, 0},
    {"LOCAL", LIT(SIGNATURE "\x20\0\0\0"), ESMTP_PROXY_WHOLE, 2, 16, ESMTP_PROXY_UNKNOWN, LIT(""), LIT(""), 0, 0},
    {"LOCAL with an address", LIT(SIGNATURE "\x20\x11\0\x0c" IPV4), ESMTP_PROXY_WHOLE, 2, 28, ESMTP_PROXY_UNKNOWN,
     LIT(""), LIT(""), 0, 0},
    {"IPv4", LIT(SIGNATURE "\x21\x11\0\x0c" IPV4 "EHLO"), ESMTP_PROXY_WHOLE, 2, 28, ESMTP_PROXY_IPV4, LIT("\xc0\0\2\7"),
     LIT("\xc6\x33\x64\x09"), 56310, 25},
    {"IPv4 and more", LIT(SIGNATURE "\x21\x11\0\x0f" IPV4 "\4\0\0"), ESMTP_PROXY_WHOLE, 2, 31, ESMTP_PROXY_IPV4,
     LIT("\xc0\0\2\7"), LIT("\xc6\x33\x64\x09"), 56310, 25},
    {"IPv4 cut by its own length", LIT(SIGNATURE "\x21\x11\0\x0b" IPV4), ESMTP_PROXY_WHOLE, 2, 27, ESMTP_PROXY_UNKNOWN,
     LIT(""), LIT(""), 0, 0},
    {"IPv6", LIT(SIGNATURE "\x21\x21\0\x24" SIX_A SIX_B "\0\1\0\2"), ESMTP_PROXY_WHOLE, 2, 52, ESMTP_PROXY_IPV6,
     LIT(SIX_A), LIT(SIX_B), 1, 2},
    {"UNSPEC", LIT(SIGNATURE "\x21\0\0\2ab"), ESMTP_PROXY_WHOLE, 2, 18, ESMTP_PROXY_UNKNOWN, LIT(""), LIT(""), 0, 0},
    {"a family that nobody knows", LIT(SIGNATURE "\x21\x41\0\0"), ESMTP_PROXY_WHOLE, 2, 16, ESMTP_PROXY_UNKNOWN,
     LIT(""), LIT(""), 0, 0},
};

static void check_bytes(const char *label, const char *what, esmtp_span_t got, esmtp_span_t expected)
{
    check_number(label, what, got.len, expected.len);
    if (got.len > 0 && memcmp(got.p, expected.p, got.len) != 0)
        fail_msg("%s: other octets in %s", label, what);
}

static void test_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(whole); i++) {
        const parse_case_t *c = &whole[i];
        esmtp_span_t input = check_copy(c->input);
        esmtp_proxy_t header;
        check_number(c->label, "found", esmtp_proxy_parse(input, &header), c->found);
        check_number(c->label, "version", header.version, c->version);
        check_number(c->label, "total", header.total, c->total);
        check_number(c->label, "form", header.form, c->form);
        check_bytes(c->label, "source", header.source.address, c->source);
        check_bytes(c->label, "destination", header.destination.address, c->destination);
        check_number(c->label, "source port", header.source.port, c->source_port);
        check_number(c->label, "destination port", header.destination.port, c->destination_port);
        check_free(input);
    }
}

/* Each beginning of a header is too short, none is taken for a header or for something else. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(whole); i++) {
        for (size_t n = 0; n < whole[i].total; n++) {
            esmtp_span_t input = check_copy(esmtp_span_to(whole[i].input, n));
            esmtp_proxy_t header;
            check_number(whole[i].label, "found", esmtp_proxy_parse(input, &header), ESMTP_PROXY_SHORT);
            check_number(whole[i].label, "total", header.total, 0);
            check_free(input);
        }
    }
}

static void test_unix(void **state)
{
    uint8_t octets[ESMTP_PROXY_FIXED + 216] = SIGNATURE "\x21\x31\0\xd8/run/a";
    esmtp_proxy_t header;
    (void)state;
    memset(octets + ESMTP_PROXY_FIXED + 108, 'b', 108);
    check_number("socket", "found", esmtp_proxy_parse(esmtp_span(octets, sizeof octets), &header), ESMTP_PROXY_WHOLE);
    check_number("socket", "form", header.form, ESMTP_PROXY_UNIX);
    check_span("socket", "source", header.source.address, "/run/a");
    check_number("socket", "destination", header.destination.address.len, 108);
}

static void test_none(void **state)
{
    static const struct {
        const char *label;
        esmtp_span_t input;
    } cases[] = {
        {"a command", LIT("EHLO a\r\n")},
        {"another word", LIT("PROXIES\r\n")},
        {"nothing after the word", LIT("PROXY\r\n")},
        {"small letters", LIT("proxy TCP4 192.0.2.7 198.51.100.9 1 2\r\n")},
        {"a family that is none", LIT("PROXY UDP4 192.0.2.7 198.51.100.9 1 2\r\n")},
        {"a family written otherwise", LIT("PROXY tcp4 192.0.2.7 198.51.100.9 1 2\r\n")},
        {"no family", LIT("PROXY \r\n")},
        {"UNKNOWNS", LIT("PROXY UNKNOWNS\r\n")},
        {"no source", LIT("PROXY TCP4\r\n")},
        {"no ports", LIT("PROXY TCP4 192.0.2.7 198.51.100.9\r\n")},
        {"one port", LIT("PROXY TCP4 192.0.2.7 198.51.100.9 1\r\n")},
        {"three ports", LIT("PROXY TCP4 192.0.2.7 198.51.100.9 1 2 3\r\n")},
        {"a port that is none", LIT("PROXY TCP4 192.0.2.7 198.51.100.9 1 65536\r\n")},
        {"a port of six digits", LIT("PROXY TCP4 192.0.2.7 198.51.100.9 000001 2\r\n")},
        {"a port of letters", LIT("PROXY TCP4 192.0.2.7 198.51.100.9 1 x\r\n")},
        {"an address that is none", LIT("PROXY TCP4 192.0.2.256 198.51.100.9 1 2\r\n")},
        {"a name", LIT("PROXY TCP4 mx.example 198.51.100.9 1 2\r\n")},
        {"an address of the other family", LIT("PROXY TCP4 2001:db8::1 198.51.100.9 1 2\r\n")},
        {"and the other way round", LIT("PROXY TCP6 192.0.2.7 2001:db8::1 1 2\r\n")},
        {"a zone", LIT("PROXY TCP6 fe80::1%eth0 2001:db8::1 1 2\r\n")},
        {"NUL in an address", LIT("PROXY TCP4 192.0.2.7\0x 198.51.100.9 1 2\r\n")},
        {"a very long address", LIT("PROXY TCP6 0000:0000:0000:0000:0000:0000:0000:0000:0000:0000 ::1 1 2\r\n")},
        {"two blanks", LIT("PROXY TCP4  192.0.2.7 198.51.100.9 1 2\r\n")},
        {"LF alone", LIT("PROXY TCP4 192.0.2.7 198.51.100.9 1 2\n")},
        {"LF within the word", LIT("PROXY \n")},
        {"too long", LIT(LONGEST "6\r\n")},
        {"empty lines", LIT("\r\n\r\n\r\n")},
        {"version 1 as version 2", LIT(SIGNATURE "\x11\x11\0\x0c")},
        {"version 3", LIT(SIGNATURE "\x31")},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        esmtp_span_t input = check_copy(cases[i].input);
        esmtp_proxy_t header;
        check_number(cases[i].label, "found", esmtp_proxy_parse(input, &header), ESMTP_PROXY_NONE);
        check_number(cases[i].label, "total", header.total, 0);
        check_free(input);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_unix),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
