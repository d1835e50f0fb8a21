/* test_reply.c
 * Reply lines, enhanced codes, hosts, EHLO lines and queue ids: core/reply.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include "core/parse/reply.h"

/* ---- Reply line ---- */

enum { MORE = 1, ODD = 2, INVALID = 4 };

typedef struct {
    const char *label;
    const char *line;
    uint16_t code;
    unsigned flags;
    const char *parameter;
    const char *enhanced;
    const char *text;
} reply_case_t;

static const reply_case_t reply_cases[] = {
    {"nothing", "", 0, INVALID, "", "", ""},
    {"code alone", "250", 250, 0, "", "", ""},
    {"code and blank", "250 ", 250, 0, "", "", ""},
    {"text", "250 Ok", 250, 0, "Ok", "", "Ok"},
    {"more", "250-Ok", 250, MORE, "Ok", "", "Ok"},
    {"more, no text", "250-", 250, MORE, "", "", ""},
    {"TAB", "250\tOk", 250, 0, "Ok", "", "Ok"},
    {"two blanks stay", "250  Ok", 250, 0, " Ok", "", " Ok"},
    {"blank at the end stays", "250 Ok ", 250, 0, "Ok ", "", "Ok "},
    {"text at the code", "250Ok", 0, INVALID, "250Ok", "", "250Ok"},
    {"four digits", "2500 Ok", 0, INVALID, "2500 Ok", "", "2500 Ok"},
    {"two digits", "25", 0, INVALID, "25", "", "25"},
    {"two digits and blank", "25 Ok", 0, INVALID, "25 Ok", "", "25 Ok"},
    {"no digits", "Ok", 0, INVALID, "Ok", "", "Ok"},
    {"blank in front", " 250 Ok", 0, INVALID, " 250 Ok", "", " 250 Ok"},
    {"signed", "-25 Ok", 0, INVALID, "-25 Ok", "", "-25 Ok"},
    {"least", "000 a", 0, ODD, "a", "", "a"},
    {"greatest", "999 a", 999, ODD, "a", "", "a"},
    {"first digit 1", "150 a", 150, ODD, "a", "", "a"},
    {"first digit 6", "650 a", 650, ODD, "a", "", "a"},
    {"second digit 6", "260 a", 260, ODD, "a", "", "a"},
    {"second digit 5", "259 a", 259, 0, "a", "", "a"},
    {"least that is fine", "200 a", 200, 0, "a", "", "a"},

    {"enhanced code", "250 2.1.0 Sender ok", 250, 0, "2.1.0 Sender ok", "2.1.0", "Sender ok"},
    {"enhanced code, more", "250-2.1.0 a", 250, MORE, "2.1.0 a", "2.1.0", "a"},
    {"enhanced code alone", "221 2.0.0", 221, 0, "2.0.0", "2.0.0", ""},
    {"enhanced code, two blanks", "534 5.7.9  a", 534, 0, "5.7.9  a", "5.7.9", "a"},
    {"enhanced code, 4yz", "450 4.7.1 a", 450, 0, "4.7.1 a", "4.7.1", "a"},
    {"enhanced code of another class", "450 5.7.1 a", 450, 0, "5.7.1 a", "5.7.1", "a"},
    {"enhanced code in the greeting", "220 2.0.0 a", 220, 0, "2.0.0 a", "2.0.0", "a"},
    {"enhanced code with colon", "250 2.0.0: Ok", 250, 0, "2.0.0: Ok", "2.0.0", "Ok"},
    {"enhanced code in a 3yz", "354 2.0.0 a", 354, 0, "2.0.0 a", "", "2.0.0 a"},
    {"enhanced code in an odd reply", "650 5.0.0 a", 650, ODD, "5.0.0 a", "", "5.0.0 a"},
    {"enhanced code after a blank", "250  2.1.0 a", 250, 0, " 2.1.0 a", "", " 2.1.0 a"},
    {"qmail's is in the text", "553 a (#5.7.1)", 553, 0, "a (#5.7.1)", "", "a (#5.7.1)"},
};

static void replies(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(reply_cases); i++) {
        const reply_case_t *c = &reply_cases[i];
        esmtp_span_t line = check_copy(esmtp_span_str(c->line));
        esmtp_reply_line_t got;
        bool valid = esmtp_reply_parse(line, &got);

        check_number(c->label, "result", valid, (c->flags & INVALID) == 0);
        check_number(c->label, "valid", got.valid, valid);
        check_number(c->label, "code", got.code, c->code);
        check_number(c->label, "more", got.more, (c->flags & MORE) != 0);
        check_number(c->label, "odd_code", got.odd_code, (c->flags & ODD) != 0);
        check_span(c->label, "parameter", got.parameter, c->parameter);
        check_span(c->label, "enhanced", got.enhanced.whole, c->enhanced);
        check_span(c->label, "text", got.text, c->text);
        check_free(line);
    }
}

/* Every code from 000 to 999: the digits decide alone. */
static void every_code(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 1000; code++) {
        char line[] = {(char)('0' + code / 100), (char)('0' + code / 10 % 10), (char)('0' + code % 10), ' ', 'a'};
        bool fine = code >= 200 && code < 600 && code % 100 < 60;
        esmtp_reply_line_t got;

        assert_true(esmtp_reply_parse(esmtp_span(line, sizeof line), &got));
        assert_int_equal(got.code, code);
        assert_int_equal(got.odd_code, !fine);
    }
}

typedef struct {
    const char *input;
    const char *whole;
    uint16_t class_;
    uint16_t subject;
    uint16_t detail;
} enhanced_case_t;

static const enhanced_case_t enhanced_cases[] = {
    {"2.1.5 a", "2.1.5", 2, 1, 5},
    {"4.0.0", "4.0.0", 4, 0, 0},
    {"5.7.999\ta", "5.7.999", 5, 7, 999},
    {"5.999.0 a", "5.999.0", 5, 999, 0},
    {"5.01.001 a", "5.01.001", 5, 1, 1},
    {"2.0.0: a", "2.0.0", 2, 0, 0},
    {"2.0.0:", "2.0.0", 2, 0, 0},
    {"2.0.0:a", "", 0, 0, 0},
    {"5.1.1000 a", "", 0, 0, 0},
    {"5.1000.1 a", "", 0, 0, 0},
    {"1.0.0 a", "", 0, 0, 0},
    {"3.0.0 a", "", 0, 0, 0},
    {"6.0.0 a", "", 0, 0, 0},
    {"25.0.0 a", "", 0, 0, 0},
    {"5.1 a", "", 0, 0, 0},
    {"5.1. a", "", 0, 0, 0},
    {"5..1 a", "", 0, 0, 0},
    {".1.1 a", "", 0, 0, 0},
    {"5.1.1. a", "", 0, 0, 0},
    {"5.1.1.1 a", "", 0, 0, 0},
    {"5.1.1a", "", 0, 0, 0},
    {"5.1.x a", "", 0, 0, 0},
    {"5-1-1 a", "", 0, 0, 0},
    {"5", "", 0, 0, 0},
    {"", "", 0, 0, 0},
};

static void enhanced_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(enhanced_cases); i++) {
        const enhanced_case_t *c = &enhanced_cases[i];
        esmtp_span_t input = check_copy(esmtp_span_str(c->input));
        esmtp_enhanced_t got;

        check_number(c->input, "found", esmtp_enhanced_parse(input, &got), *c->whole != '\0');
        check_span(c->input, "whole", got.whole, c->whole);
        check_number(c->input, "class", got.class_, c->class_);
        check_number(c->input, "subject", got.subject, c->subject);
        check_number(c->input, "detail", got.detail, c->detail);
        check_free(input);
    }
}

/* ---- Tables of a text and what is found in it ---- */

typedef struct {
    const char *label;
    const char *text;
    const char *expected;
} find_case_t;

static void check_found(const find_case_t *cases, size_t n, const char *what, esmtp_span_t (*find)(esmtp_span_t text))
{
    for (size_t i = 0; i < n; i++) {
        esmtp_span_t text = check_copy(esmtp_span_str(cases[i].text));

        check_span(cases[i].label, what, find(text), cases[i].expected);
        check_free(text);
    }
}

static const find_case_t host_cases[] = {
    {"Gmail", "smtp.gmail.com ESMTP d9443c01a7336-1fed7c9e3ecsm - gsmtp", "smtp.gmail.com"},
    {"name alone", "mail.example.org", "mail.example.org"},
    {"single label", "localhost ESMTP Postfix", "localhost"},
    {"literal", "[192.0.2.1] ready", "[192.0.2.1]"},
    {"IPv6 literal", "[IPv6:2001:db8::1] ready", "[IPv6:2001:db8::1]"},
    {"address without brackets", "192.0.2.1 ready", "192.0.2.1"},
    {"underscore", "mail_1.example.org ESMTP", "mail_1.example.org"},
    {"blanks in front", "  mail.example.org ESMTP", "mail.example.org"},
    {"TAB after", "mail.example.org\tESMTP", "mail.example.org"},
    {"comma after", "mail.example.org, ESMTP", "mail.example.org"},
    {"colon after", "mail.example.org: ESMTP", "mail.example.org"},
    {"dot at the end", "mail.example.org. ESMTP", "mail.example.org."},
    {"EHLO reply", "mx.google.com at your service, [192.0.2.1]", "mx.google.com"},
    {"firewall", "****************************", ""},
    {"firewall, some left", "***********220**2**0****", ""},
    {"ESMTP", "ESMTP", ""},
    {"smtp", "smtp ready", ""},
    {"Welcome", "Welcome to mail.example.org", ""},
    {"Hello", "Hello [192.0.2.1]", ""},
    {"OK", "OK", ""},
    {"punctuation", "-- ESMTP", ""},
    {"dots", "... ESMTP", ""},
    {"empty literal", "[] ESMTP", ""},
    {"literal not closed", "[192.0.2.1 ESMTP", ""},
    {"words in brackets", "[no*name] ESMTP", ""},
    {"colon alone", ": ESMTP", ""},
    {"nothing", "", ""},
    {"only blanks", "  ", ""},
    {"enhanced code", "5.7.1 no", ""},
};

static const find_case_t greeting_cases[] = {
    {"name and protocol", "mx.example ESMTP Postfix", "mx.example"},
    {"name alone", "mx.example", "mx.example"},
    {"name, then words", "mx.example welcomes you", "mx.example"},
    {"single label alone", "mx", "mx"},
    {"single label and protocol", "mx ESMTP Postfix", "mx"},
    {"single label with a digit", "EXCHANGE1 SMTP", "EXCHANGE1"},
    {"literal", "[192.0.2.9] ESMTP", "[192.0.2.9]"},
    {"sentence", "This server is protected by", ""},
    {"brand", "IBM ESMTP Mail Service mtagate6.de.example", ""},
    {"product", "CheckPoint FireWall-1 secure ESMTP server", ""},
    {"Welcome", "Welcome to our mail server", ""},
    {"protocol first", "ESMTP ready", ""},
    {"enhanced code", "5.7.1 Access denied", ""},
    {"nothing", "", ""},
};

/* As servers write them; the comments in reply.c name the servers. */
static const find_case_t queue_id_cases[] = {
    {"Postfix", "Ok: queued as 4XyZ1k2mJ1z9rV", "4XyZ1k2mJ1z9rV"},
    {"Postfix, short ids", "Ok: queued as 9F04854013C", "9F04854013C"},
    {"Postfix, capitals", "OK: QUEUED AS 9F04854013C", "9F04854013C"},
    {"Amavis", "from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 123ABC", "123ABC"},
    {"Amavis and Exim", "from MTA(smtp:[127.0.0.1]:10025): 250 OK id=1tkhHl-0006EV-R3", "1tkhHl-0006EV-R3"},
    {"MailHog", "Ok: queued as abc-_D=@mailhog.example", "abc-_D=@mailhog.example"},
    {"queued with id", "Message queued with id 1a2b3c4d5e6f.", "1a2b3c4d5e6f"},
    {"Momentum", "OK 5A/3B-12345-6789ABCD", "5A/3B-12345-6789ABCD"},
    {"like Momentum, other digits", "OK 5A/3B-12345-6789ABCG", ""},
    {"like Momentum, words after", "OK 5A/3B-12345-6789ABCD done", ""},
    {"ids", "OK ids=2f1f4a6c9e0b11ee8a2c0242ac120002", "2f1f4a6c9e0b11ee8a2c0242ac120002"},
    {"Mimecast", "SmtpThread-1-2@de-mta-12.de.example.net Received OK [abcDEF123xyz.de12]", "abcDEF123xyz.de12"},
    {"completed: id=", "Requested mail action okay, completed: id=1MzQkC-1w", "1MzQkC-1w"},
    {"queued for delivery, id=", "Mail queued for delivery, id=abc123", "abc123"},
    {"a time, no id", "Queued (0.123 seconds)", ""},
    {"completed, no id", "OK , completed", ""},
    {"in brackets", "Message queued as <2123@some-host>", "2123@some-host"},
    {"full stop", "Ok: queued as 4XyZ.", "4XyZ"},
    {"more after it", "OK, queued as 4XyZ [abc]", "4XyZ"},
    {"queued, no id", "Ok: queued as ", ""},
    {"queued", "OK: queued", ""},
    {"Yandex", "Ok: queued on smtp3m.mail.yandex.net as 1430081058-6ltgNFKSir-iHEKdOrm",
     "1430081058-6ltgNFKSir-iHEKdOrm"},
    {"queued on a host", "Ok: queued on smtp.example.org", ""},
    {"Exim, old ids", "OK id=1tkhHl-0006EV-R3", "1tkhHl-0006EV-R3"},
    {"Exim, new ids", "OK id=1rGmQf-0000000A1bc-2Xyz", "1rGmQf-0000000A1bc-2Xyz"},
    {"Exim, after PRDR", "id=1tkhHl-0006EV-R3 message accepted for some recipients", "1tkhHl-0006EV-R3"},
    {"id of something else", "FOOOK id=1", ""},
    {"Sendmail", "46SDx1aB012345 Message accepted for delivery", "46SDx1aB012345"},
    {"OpenSMTPD", "5a6b7c8d Message accepted for delivery", "5a6b7c8d"},
    {"no id in front", "Message accepted for delivery", ""},
    {"a word in front", "OK: Message accepted for delivery", ""},
    {"two words in front", "Mail 12345678 Message accepted for delivery", ""},
    {"Exchange",
     "<a@b.example> [InternalId=95992519094146, Hostname=c.example] 13478 bytes in 0.277, "
     "47.373 KB/sec Queued mail for delivery -> 250 2.1.5",
     "95992519094146"},
    {"Exchange 2010", "<a@b.example> [InternalId=274498] Queued mail for delivery", "274498"},
    {"Exchange without id", "<a@b.example> Queued mail for delivery", ""},
    {"InternalId elsewhere", "<a@b.example> [InternalId=274498] lost", ""},
    {"Gmail", "OK  1722170092 d9443c01a7336-1fed7c9e3ecsi12345678.123 - gsmtp",
     "d9443c01a7336-1fed7c9e3ecsi12345678.123"},
    {"Gmail, one blank", "OK 1433333948 fa5si855896wjc.199 - gsmtp", "fa5si855896wjc.199"},
    {"Gmail's bye", "closing connection ko10sm23097611pbd.52 - gsmtp", ""},
    {"Haraka", "Message Queued (14490C56-76FB-4932-A59B-A8299DB2B693.1)", "14490C56-76FB-4932-A59B-A8299DB2B693.1"},
    {"Haraka without id", "Message Queued", ""},
    {"qmail", "ok 1722170092 qp 12345", "1722170092 qp 12345"},
    {"qmail, host after it", "ok 1722170092 qp 12345 by mx.example.org", "1722170092 qp 12345"},
    {"qmail, no qp", "ok 1722170092", ""},
    {"qmail, no number", "ok 1722170092 qp x", ""},
    {"Yahoo", "ok dirdel", ""},
    {"Dovecot", "<user@example.org> 5GjrDafYTFE7WAAABf1gKA Saved", "5GjrDafYTFE7WAAABf1gKA"},
    {"Dovecot, base64 in full", "<user@example.org> hz3kESIo+1/dLgAAWP5Hkg Saved", "hz3kESIo+1/dLgAAWP5Hkg"},
    {"Dovecot, quoted", "<\"a b\"@example.org> 5GjrDafYTFE7WAAABf1gKA Saved", "5GjrDafYTFE7WAAABf1gKA"},
    {"Dovecot, user of that name", "<saved@example.org> 5GjrDafYTFE7WAAABf1gKA Saved", "5GjrDafYTFE7WAAABf1gKA"},
    {"Dovecot, old", "<user@example.org> Saved", ""},
    {"Amazon SES", "Ok 01000170d10e6a6c-71c65177-ce88-4135-9258-48c0e8bf916d-000000",
     "01000170d10e6a6c-71c65177-ce88-4135-9258-48c0e8bf916d-000000"},
    {"a word after Ok", "Ok done", ""},
    {"a UUID after Ok", "Ok 71c65177-ce88-4135-9258-48c0e8bf916d", ""},
    {"Ok", "Ok", ""},
    {"nothing", "", ""},
};

static void hosts(void **state)
{
    (void)state;
    check_found(host_cases, G_N_ELEMENTS(host_cases), "host", esmtp_reply_host);
    check_found(greeting_cases, G_N_ELEMENTS(greeting_cases), "greeting's host", esmtp_greeting_host);
}

static void queue_ids(void **state)
{
    (void)state;
    check_found(queue_id_cases, G_N_ELEMENTS(queue_id_cases), "queue id", esmtp_reply_queue_id);
}

/* No text that is cut off makes the functions look after its end. */
static void texts_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(queue_id_cases); i++) {
        const char *text = queue_id_cases[i].text;
        for (size_t n = 0; n <= strlen(text); n++) {
            esmtp_span_t cut = check_copy(esmtp_span(text, n));
            esmtp_span_t id = esmtp_reply_queue_id(cut);
            assert_true(id.len == 0 || (id.p >= cut.p && id.p + id.len <= cut.p + n));
            esmtp_reply_host(cut);
            check_free(cut);
        }
    }
}

/* ---- EHLO ---- */

typedef struct {
    const char *label;
    const char *line;
    const char *keyword;
    const char *parameter;
    bool glued;
    bool legal;
} ehlo_case_t;

static const ehlo_case_t ehlo_cases[] = {
    {"keyword", "PIPELINING", "PIPELINING", "", false, true},
    {"parameter", "SIZE 52428800", "SIZE", "52428800", false, true},
    {"several", "AUTH PLAIN LOGIN", "AUTH", "PLAIN LOGIN", false, true},
    {"glued", "AUTH=LOGIN PLAIN", "AUTH", "LOGIN PLAIN", true, true},
    {"glued, nothing after it", "AUTH=", "AUTH", "", true, true},
    {"glued, blank after it", "AUTH= LOGIN", "AUTH", " LOGIN", true, true},
    {"glued, no keyword", "=LOGIN", "", "LOGIN", true, false},
    {"= in a parameter", "LIMITS MAILMAX=5 RCPTMAX=9", "LIMITS", "MAILMAX=5 RCPTMAX=9", false, true},
    {"two blanks", "SIZE  1", "SIZE", "1", false, true},
    {"TAB", "SIZE\t1", "SIZE", "1", false, true},
    {"blanks at the end", "SIZE 1 \t", "SIZE", "1", false, true},
    {"blank after the keyword", "DSN ", "DSN", "", false, true},
    {"blank in front", " DSN", "DSN", "", false, true},
    {"hyphen", "X-EXPS GSSAPI", "X-EXPS", "GSSAPI", false, true},
    {"digit first", "8BITMIME", "8BITMIME", "", false, true},
    {"small letters", "dsn", "dsn", "", false, true},
    {"hyphen first", "-X", "-X", "", false, false},
    {"underscore", "X_A", "X_A", "", false, false},
    {"eight bits", "X\xc3\xa4", "X\xc3\xa4", "", false, false},
    {"stars", "XX**", "XX**", "", false, false},
};

static void ehlo_lines(void **state)
{
    esmtp_ehlo_line_t got;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ehlo_cases); i++) {
        const ehlo_case_t *c = &ehlo_cases[i];
        esmtp_span_t line = check_copy(esmtp_span_str(c->line));

        assert_true(esmtp_ehlo_parse(line, &got));
        check_span(c->label, "keyword", got.keyword, c->keyword);
        check_span(c->label, "parameter", got.parameter, c->parameter);
        check_number(c->label, "glued", got.glued, c->glued);
        check_number(c->label, "legal", got.legal, c->legal);
        check_free(line);
    }
    assert_false(esmtp_ehlo_parse(esmtp_span(NULL, 0), &got));
    assert_false(esmtp_ehlo_parse(esmtp_span_str(" \t"), &got));
    check_span("empty line", "keyword", got.keyword, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies),    cmocka_unit_test(every_code), cmocka_unit_test(enhanced_codes),
        cmocka_unit_test(hosts),      cmocka_unit_test(queue_ids),  cmocka_unit_test(texts_cut_anywhere),
        cmocka_unit_test(ehlo_lines),
    };

    return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
