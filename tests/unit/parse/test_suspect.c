/* test_suspect.c
 * Names, addresses and texts that are suspicious, and near misses; Received fields in pieces.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include "core/parse/hops.h"
#include "core/parse/suspect.h"

static void test_paths(void **state)
{
    static const struct {
        const char *path;
        uint32_t suspect;
    } cases[] = {
        {"<a@b.example>", 0},
        {"<>", 0},
        {"<a%b@c.example>", 0},
        {"<bounce+a=b.example@c.example>", 0},
        {"<\"a b\"@c.example>", 0},
        {"<${x}@c.example>", 0},
        {"<a%b.example@c.example>", ESMTP_SUSPECT_RELAY},
        {"<b.example!a@c.example>", ESMTP_SUSPECT_RELAY},
        {"<@b.example:a@c.example>", ESMTP_SUSPECT_RELAY},
        {"<\"a@b.example\"@c.example>", ESMTP_SUSPECT_RELAY | ESMTP_SUSPECT_AMBIGUOUS},
        {"<a@b@c.example>", ESMTP_SUSPECT_AMBIGUOUS},
        {"<a(x)@c.example>", ESMTP_SUSPECT_AMBIGUOUS},
        {"<=?utf-8?q?a=40b?=@c.example>", ESMTP_SUSPECT_AMBIGUOUS},
        {"<${run{/bin/true}}@c.example>", ESMTP_SUSPECT_CODE},
        {"<${jndi:ldap://x}@c.example>", ESMTP_SUSPECT_CODE},
        {"<$(id)@c.example>", ESMTP_SUSPECT_CODE | ESMTP_SUSPECT_AMBIGUOUS},
        {"<|id@c.example>", ESMTP_SUSPECT_CODE},
        {"<;id;@c.example>", ESMTP_SUSPECT_CODE},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char parameter[100];
        esmtp_path_t path;
        esmtp_span_t rest;
        g_snprintf(parameter, sizeof parameter, "TO:%s", cases[i].path);
        esmtp_path_parse(esmtp_span_str(parameter), "TO", &path, &rest);
        if (esmtp_suspect_path(&path) != cases[i].suspect)
            fail_msg("%s: %u, not %u", cases[i].path, esmtp_suspect_path(&path), cases[i].suspect);
    }
}

typedef bool (*ask_t)(esmtp_span_t);

static void test_texts(void **state)
{
    static const struct {
        ask_t ask;
        const char *text;
        bool yes;
    } cases[] = {
        {esmtp_suspect_code, "x');evil", true},
        {esmtp_suspect_code, "o'neill.example", false},
        {esmtp_suspect_code, "`id`", true},
        {esmtp_suspect_unclosed, "RCPT TO:<a@b>, <c", true},
        {esmtp_suspect_unclosed, "RCPT TO:<<a@b>", false},
        {esmtp_suspect_unclosed, "MAIL FROM:<a", true},
        {esmtp_suspect_unclosed, "MAIL FROM:<\"a", true},
        {esmtp_suspect_unclosed, "MAIL FROM:<\"a<\"@b>", false},
        {esmtp_suspect_unclosed, "MAIL FROM:a", false},
        {esmtp_suspect_hello, "192.0.2.1", true},
        {esmtp_suspect_hello, "2001:db8::1", true},
        {esmtp_suspect_hello, "localhost.localdomain", true},
        {esmtp_suspect_hello, "[192.0.2.1]", false},
        {esmtp_suspect_hello, "cafe.example", false},
        {esmtp_suspect_block_list, "5.7.1 blocked using zen.SPAMHAUS.org", true},
        {esmtp_suspect_block_list, "5.7.1 no such user", false},
        {esmtp_suspect_masked, "****************************************2****200", true},
        {esmtp_suspect_masked, "***** welcome *****", false},
        {esmtp_suspect_masked, "***", false},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (cases[i].ask(esmtp_span_str(cases[i].text)) != cases[i].yes)
            fail_msg("%s", cases[i].text);
    }
}

static void test_hops(void **state)
{
    static const char text[] =
        "Received: a\r\n b\r\nReceivedx: c\r\nRECEIVED: d\r\nX: Received: e\r\n\r\nReceived: f\r\n";
    (void)state;
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        esmtp_hops_t hops = {0};
        for (size_t i = 0; i < strlen(text); i += piece)
            esmtp_hops_feed(&hops, (const uint8_t *)text + i, MIN(piece, strlen(text) - i));
        assert_int_equal(hops.n, 2);
        assert_true(hops.ended);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_hops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
