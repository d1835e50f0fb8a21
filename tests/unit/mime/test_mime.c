/* test_mime.c
 * The parts of a message: core/mime.h. Names and encodings are tested by tests/test_export.py as well, with real mails.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include <stdio.h>

#include "core/mime/mime.h"

/* What the walk told: "type|encoding|body" of each part, in lines. */
static void tell(void *ctx, const esmtp_mime_part_t *part)
{
    GString *told = ctx;
    esmtp_span_t type = esmtp_mime_media_type(part->type);

    g_string_append_printf(told, "%.*s|%d%s%s|%.*s\n", (int)type.len, (const char *)type.p, part->encoding,
                           part->message ? "m" : "", part->outermost ? "o" : "", (int)part->body.len,
                           (const char *)part->body.p);
}

#define B  "Content-Type: multipart/mixed; boundary=b\r\n"
#define C2 "Content-Type: multipart/mixed; boundary=\"c d\"\r\n"

static const struct {
    const char *label;
    const char *message;
    const char *told;
} walks[] = {
    {"empty", "", "text/plain|0o|\n"},
    {"no header", "\r\nbody\r\n", "text/plain|0o|body\r\n\n"},
    {"only a header", "A: b\r\n", "text/plain|0o|\n"},
    {"plain", "A: b\r\n\r\nbody", "text/plain|0o|body\n"},
    {"bare LF", "Content-Type: a/b\n\nbody\n", "a/b|0o|body\n\n"},
    {"base64", "Content-Transfer-Encoding: Base64\r\n\r\nx", "text/plain|1o|x\n"},
    {"quoted-printable, folded", "Content-Transfer-Encoding:\r\n quoted-printable\r\n\r\nx", "text/plain|2o|x\n"},
    {"first field counts", "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n", "a/b|0o|\n"},
    {"two parts", B "\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: a/b\r\n\r\ntwo\r\n--b--\r\n",
     "text/plain|0|one\na/b|0|two\n"},
    {"preamble and epilogue", B "\r\npre\r\n--b\r\n\r\none\r\n--b--\r\npost\r\n--b\r\n", "text/plain|0|one\n"},
    {"blanks after a boundary", B "\r\n--b \t\r\n\r\none\r\n--b-- \r\n", "text/plain|0|one\n"},
    {"another word after it", B "\r\n--b\r\n\r\none\r\n--bb\r\n--b--\r\n", "text/plain|0|one\r\n--bb\n"},
    {"line ends of the body stay", B "\r\n--b\r\n\r\none\r\n\r\n--b--\r\n", "text/plain|0|one\r\n\n"},
    {"no part", B "\r\nnothing\r\n", ""},
    {"part without empty line", B "\r\n--b\r\nContent-Type: a/b\r\n--b--\r\n", "text/plain|0|\n"},
    {"empty part", B "\r\n--b\r\n\r\n--b--\r\n", "text/plain|0|\n"},
    {"never closed", B "\r\n--b\r\n\r\none\r\n", "text/plain|0|one\r\n\n"},
    {"multipart in a multipart", B "\r\n--b\r\n" C2 "\r\n--c d\r\n\r\none\r\n--c d--\r\n--b\r\n\r\ntwo\r\n--b--",
     "text/plain|0|one\ntext/plain|0|two\n"},
    {"inner one not closed", B "\r\n--b\r\n" C2 "\r\n--c d\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--",
     "text/plain|0|one\ntext/plain|0|two\n"},
    {"message in a message", "Content-Type: message/rfc822\r\n\r\nContent-Type: a/b\r\n\r\nx",
     "a/b|0|x\nmessage/rfc822|0mo|Content-Type: a/b\r\n\r\nx\n"},
    {"message labelled base64 that is none",
     "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nContent-Type: a/b\r\n\r\nx",
     "a/b|0|x\nmessage/rfc822|0mo|Content-Type: a/b\r\n\r\nx\n"},
    {"message labelled quoted-printable that is none",
     "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nA: b=3D\r\n\r\nx",
     "text/plain|0|x\nmessage/rfc822|0mo|A: b=3D\r\n\r\nx\n"},
    {"message in base64", "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nQTogYg0K",
     "message/rfc822|1o|QTogYg0K\n"},
    {"internationalized message, quoted-printable",
     "Content-Type: message/global\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nA: b=3D\r\n\r\nx",
     "message/global|2o|A: b=3D\r\n\r\nx\n"},
    {"boundary with a comment",
     "Content-Type: (c;) multipart/mixed (d) ; charset=x ; BOUNDARY = b\r\n\r\n--b\r\n\r\n1\r\n--b--",
     "text/plain|0|1\n"},
};

static void test_walk(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(walks); i++) {
        esmtp_span_t copy = check_copy(esmtp_span_str(walks[i].message));
        GString *told = g_string_new(NULL);

        esmtp_mime_walk(copy, tell, told);
        if (strcmp(told->str, walks[i].told) != 0)
            fail_msg("%s: told\n%s\nexpected\n%s", walks[i].label, told->str, walks[i].told);
        g_string_free(told, TRUE);
        check_free(copy);
    }
}

/* Everything that a part can be asked, for the sanitizers. */
static void ask(void *ctx, const esmtp_mime_part_t *part)
{
    size_t len;
    char *name = esmtp_mime_file_name(part);
    uint8_t *octets = esmtp_mime_decode(part, &len);

    (void)ctx;
    assert_true(len <= part->body.len);
    assert_true(!name || g_utf8_validate(name, -1, NULL));
    esmtp_mime_is_attachment(part);
    g_free(name);
    g_free(octets);
}

static void ask_all(esmtp_span_t message)
{
    esmtp_span_t copy = check_copy(message);
    char *text = esmtp_mime_text(copy);

    assert_true(g_utf8_validate(text, -1, NULL));
    esmtp_mime_walk(copy, ask, NULL);
    g_free(text);
    check_free(copy);
}

static const char mail[] =
    "Subject: =?utf-8?B?w7w=?= =?x?Q?=FF_?=\r\nContent-Type: multipart/mixed; boundary=\"b\\\"c\"\r\n"
    "\r\n--b\"c\r\nContent-Type: a/b; name*0*=iso-8859-1'en'%FC; name*1=\"x\\\"\"\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3D=\r\n=zz \r\n=\r\n--b\"c\r\n"
    "Content-Disposition: (x) attachment; filename=\"=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=\"\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\nBB==\r\n--b\"c--\r\n";

/* A mail that ends anywhere, and one with any octet changed. */
static void test_mangled(void **state)
{
    char copy[sizeof mail];

    (void)state;
    for (size_t n = 0; n < sizeof mail; n++)
        ask_all(esmtp_span(mail, n));
    for (size_t n = 0; n + 1 < sizeof mail; n++) {
        static const char octets[] = "\r\n\0\"\\=?*';:(-\xff";
        for (size_t k = 0; k < sizeof octets; k++) {
            memcpy(copy, mail, sizeof mail);
            copy[n] = octets[k];
            ask_all(esmtp_span(copy, sizeof mail - 1));
        }
    }
}

static const struct {
    const char *label;
    const char *value;
    const char *text;
} texts[] = {
    {"ASCII", "plain text", "plain text"},
    {"folded", "a\r\n b", "a b"},
    {"UTF-8", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
    {"Latin 1", "gr\xfc\xdf", "gr\xc3\xbc\xc3\x9f"},
    {"B", "=?utf-8?B?w7w=?=", "\xc3\xbc"},
    {"Q", "=?iso-8859-1?Q?=FC_=3f?=", "\xc3\xbc ?"},
    {"word among text", "a =?utf-8?q?b?= c", "a b c"},
    {"blank between two words", "=?utf-8?q?a?= \r\n =?utf-8?q?b?=", "ab"},
    {"character cut in two", "=?utf-8?B?ww==?= =?utf-8?B?vA==?=", "\xc3\xbc"},
    {"base64 without padding", "=?utf-8?b?w7w?=", "\xc3\xbc"},
    {"language", "=?utf-8*de?q?a?=", "a"},
    {"unknown charset", "=?x-none?q?=C3=BC?=", "\xc3\xbc"},
    {"no word", "=?utf-8?x?a?=", "=?utf-8?x?a?="},
    {"not ended", "=?utf-8?q?a", "=?utf-8?q?a"},
    {"empty word",
     "=?utf-8?q?"
     "?=",
     ""},
};

static void test_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        esmtp_span_t copy = check_copy(esmtp_span_str(texts[i].value));
        char *text = esmtp_mime_text(copy);

        if (strcmp(text, texts[i].text) != 0)
            fail_msg("%s: '%s', expected '%s'", texts[i].label, text, texts[i].text);
        g_free(text);
        check_free(copy);
    }
}

static void count(void *ctx, const esmtp_mime_part_t *part)
{
    (void)part;
    ++*(unsigned *)ctx;
}

/* Depth and number of parts have limits, and time stays in proportion. */
static void test_limits(void **state)
{
    GString *deep = g_string_new(NULL), *many = g_string_new(B "\r\n"), *dashes = g_string_new(NULL);
    unsigned n = 0;

    (void)state;
    for (int i = 0; i < 5000; i++)
        g_string_append_printf(deep, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i);
    esmtp_mime_walk(esmtp_span(deep->str, deep->len), count, &n);
    assert_int_equal(n, 1);
    for (int i = 0; i < 2 * ESMTP_MIME_PARTS_MAX; i++)
        g_string_append(many, "--b\r\n\r\n");
    n = 0;
    esmtp_mime_walk(esmtp_span(many->str, many->len), count, &n);
    assert_int_equal(n, ESMTP_MIME_PARTS_MAX);
    g_string_append_len(dashes, deep->str, 60 * ESMTP_MIME_DEPTH_MAX);
    for (int i = 0; i < 500000; i++)
        g_string_append(dashes, "--b0x\r\n");
    n = 0;
    esmtp_mime_walk(esmtp_span(dashes->str, dashes->len), count, &n);
    assert_int_equal(n, 1);
    g_string_free(deep, TRUE);
    g_string_free(many, TRUE);
    g_string_free(dashes, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_mangled),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
