/* test_auth.c
 * SASL messages: core/auth.h. Examples with a number of an RFC are that RFC's own.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include "core/parse/auth.h"

/* ---- Base64 ---- */

#define FINE -1

typedef struct {
    const char *label;
    const char *input;
    esmtp_span_t expected;
    int bad; /* offset, or FINE */
} base64_case_t;

static const base64_case_t base64_cases[] = {
    {"nothing", "", LIT(""), FINE},
    {"RFC 4648: f", "Zg==", LIT("f"), FINE},
    {"RFC 4648: fo", "Zm8=", LIT("fo"), FINE},
    {"RFC 4648: foo", "Zm9v", LIT("foo"), FINE},
    {"RFC 4648: foob", "Zm9vYg==", LIT("foob"), FINE},
    {"RFC 4648: fooba", "Zm9vYmE=", LIT("fooba"), FINE},
    {"RFC 4648: foobar", "Zm9vYmFy", LIT("foobar"), FINE},
    {"every kind of letter", "+/9A", LIT("\xfb\xff\x40"), FINE},
    {"NUL", "AGEAYg==", LIT("\0a\0b"), FINE},
    {"one letter", "Z", LIT(""), 1},
    {"two letters, no padding", "Zg", LIT("f"), 2},
    {"two letters, half a padding", "Zg=", LIT("f"), 3},
    {"three letters, no padding", "Zm8", LIT("fo"), 3},
    {"five letters", "Zm9vY", LIT("foo"), 5},
    {"six letters", "Zm9vYg", LIT("foob"), 6},
    {"padding alone", "=", LIT(""), 0},
    {"padding too early", "Z===", LIT(""), 1},
    {"padding after a quartet", "Zm9v=", LIT(""), 4},
    {"three padding octets", "Zg===", LIT(""), 4},
    {"letters after padding", "Zg==Zg==", LIT(""), 4},
    {"letter inside padding", "Zg=g", LIT(""), 3},
    {"blank", "Zm 9v", LIT(""), 2},
    {"blank at the end", "Zm9v ", LIT(""), 4},
    {"star", "*", LIT(""), 0},
    {"base64url", "-_9A", LIT(""), 0},
    {"eight bit", "Zm9v\xc3\xa4Z", LIT(""), 4},
    {"DEL", "Zm9\x7f", LIT(""), 3},
};

static void base64(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(base64_cases); i++) {
        const base64_case_t *c = &base64_cases[i];
        esmtp_span_t in = check_copy(esmtp_span_str(c->input));
        uint8_t *out = malloc(ESMTP_BASE64_ROOM(in.len));
        size_t bad, n = esmtp_base64_decode(in, out, &bad);

        check_number(c->label, "bad", bad, c->bad == FINE ? ESMTP_BASE64_FINE : (size_t)c->bad);
        check_number(c->label, "length", n, c->expected.len);
        assert_memory_equal(out, c->expected.p, n);
        free(out);
        check_free(in);
    }
}

/* All texts of up to four octets of every length come back, and each octet that is none is found.
 */
static void base64_round_trip(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 300; n++) {
        uint8_t octets[300], out[ESMTP_BASE64_ROOM(404)];
        size_t bad;

        for (unsigned i = 0; i < n; i++)
            octets[i] = (uint8_t)(i * 37 + n);
        gchar *text = g_base64_encode(octets, n);
        size_t len = strlen(text);

        assert_int_equal(esmtp_base64_decode(esmtp_span(text, len), out, &bad), n);
        assert_true(bad == ESMTP_BASE64_FINE);
        assert_memory_equal(out, octets, n);
        for (size_t k = 0; k < len && text[k] != '='; k++) {
            char kept = text[k];

            text[k] = '%';
            assert_int_equal(esmtp_base64_decode(esmtp_span(text, len), out, &bad), 0);
            assert_int_equal(bad, k);
            text[k] = kept;
        }
        g_free(text);
    }
}

/* ---- Messages ---- */

static const char *const part_names[ESMTP_PARTS] = {
    [ESMTP_PART_USER] = "user",
    [ESMTP_PART_AUTHZID] = "authzid",
    [ESMTP_PART_PASSWORD] = "password",
    [ESMTP_PART_TOKEN] = "token",
    [ESMTP_PART_TEXT] = "text",
    [ESMTP_PART_ERROR] = "error",
    [ESMTP_PART_SCRAM_BINDING_FLAG] = "flag",
    [ESMTP_PART_SCRAM_NONCE] = "r",
    [ESMTP_PART_SCRAM_SALT] = "s",
    [ESMTP_PART_SCRAM_ITERATIONS] = "i",
    [ESMTP_PART_SCRAM_BINDING] = "c",
    [ESMTP_PART_SCRAM_PROOF] = "p",
    [ESMTP_PART_SCRAM_SIGNATURE] = "v",
    [ESMTP_PART_SCRAM_EXTENSION] = "ext",
    [ESMTP_PART_DIGEST_REALM] = "realm",
    [ESMTP_PART_DIGEST_NONCE] = "nonce",
    [ESMTP_PART_DIGEST_CNONCE] = "cnonce",
    [ESMTP_PART_DIGEST_NC] = "nc",
    [ESMTP_PART_DIGEST_QOP] = "qop",
    [ESMTP_PART_DIGEST_URI] = "uri",
    [ESMTP_PART_DIGEST_RESPONSE] = "response",
    [ESMTP_PART_DIGEST_RSPAUTH] = "rspauth",
    [ESMTP_PART_DIGEST_ALGORITHM] = "algorithm",
    [ESMTP_PART_DIGEST_CHARSET] = "charset",
    [ESMTP_PART_DIGEST_CIPHER] = "cipher",
    [ESMTP_PART_DIGEST_MAXBUF] = "maxbuf",
    [ESMTP_PART_DIGEST_STALE] = "stale",
    [ESMTP_PART_DIGEST_OTHER] = "other",
    [ESMTP_PART_OAUTH_HOST] = "host",
    [ESMTP_PART_OAUTH_PORT] = "port",
    [ESMTP_PART_OAUTH_SCHEME] = "scheme",
    [ESMTP_PART_OAUTH_SCOPE] = "scope",
    [ESMTP_PART_OAUTH_SCHEMES] = "schemes",
    [ESMTP_PART_OAUTH_CONFIGURATION] = "configuration",
    [ESMTP_PART_OAUTH_OTHER] = "other",
    [ESMTP_PART_OAUTH_READ] = "read",
    [ESMTP_PART_NTLM] = "ntlm",
    [ESMTP_PART_GSSAPI] = "gssapi",
    [ESMTP_PART_SPNEGO] = "spnego",
};

typedef struct {
    const char *label;
    esmtp_sasl_form_t form;
    uint32_t number; /* 0: challenge */
    esmtp_span_t octets;
    const char *parts; /* name:value, each with a line end after it */
    const char *problem;
} message_case_t;

static const message_case_t message_cases[] = {
    {"PLAIN, RFC 4616", ESMTP_SASL_PLAIN, 1, LIT("\0tim\0tanstaaftanstaaf"), "user:tim\npassword:tanstaaftanstaaf\n",
     NULL},
    {"PLAIN, RFC 4616 with authzid", ESMTP_SASL_PLAIN, 1, LIT("Ursel\0Kurt\0xipj3plmq"),
     "authzid:Ursel\nuser:Kurt\npassword:xipj3plmq\n", NULL},
    {"PLAIN, UTF-8", ESMTP_SASL_PLAIN, 1, LIT("\0j\xc3\xb6rg\0\xe2\x82\xac"),
     "user:j\xc3\xb6rg\npassword:\xe2\x82\xac\n", NULL},
    {"PLAIN, empty password", ESMTP_SASL_PLAIN, 1, LIT("\0a\0"), "user:a\npassword:\n", NULL},
    {"PLAIN, nothing", ESMTP_SASL_PLAIN, 1, LIT(""), "", NULL},
    {"PLAIN, no user", ESMTP_SASL_PLAIN, 1, LIT("\0\0p"), "user:\npassword:p\n", "the user name is empty"},
    {"PLAIN, no NUL", ESMTP_SASL_PLAIN, 1, LIT("alice"), "text:alice\n", "two NULs are missing"},
    {"PLAIN, one NUL", ESMTP_SASL_PLAIN, 1, LIT("alice\0secret"), "user:alice\npassword:secret\n", "a NUL is missing"},
    {"PLAIN, one NUL in front", ESMTP_SASL_PLAIN, 1, LIT("\0alice"), "user:alice\n", "a NUL is missing"},
    {"PLAIN, NUL at the end", ESMTP_SASL_PLAIN, 1, LIT("\0a\0b\0"), "user:a\npassword:b\n",
     "a NUL stands in the password or after it"},
    {"PLAIN, NUL in the password", ESMTP_SASL_PLAIN, 1, LIT("\0a\0b\0c"), "user:a\npassword:b\ntext:c\n",
     "a NUL stands in the password or after it"},
    {"PLAIN, second message", ESMTP_SASL_PLAIN, 2, LIT("\0a\0b"), "user:a\npassword:b\n", NULL},

    {"LOGIN, first", ESMTP_SASL_LOGIN, 1, LIT("root"), "user:root\n", NULL},
    {"LOGIN, second", ESMTP_SASL_LOGIN, 2, LIT("data"), "password:data\n", NULL},
    {"LOGIN, third", ESMTP_SASL_LOGIN, 3, LIT("x"), "password:x\n", NULL},
    {"LOGIN, empty password", ESMTP_SASL_LOGIN, 2, LIT(""), "password:\n", NULL},
    {"LOGIN, challenge", ESMTP_SASL_LOGIN, 0, LIT("Username:"), "", NULL},

    {"CRAM-MD5, RFC 2195", ESMTP_SASL_CRAM, 1, LIT("tim b913a602c7eda7a495b4e6e7334d3890"),
     "user:tim\ntext:b913a602c7eda7a495b4e6e7334d3890\n", NULL},
    {"CRAM-MD5, challenge", ESMTP_SASL_CRAM, 0, LIT("<1896.697170952@postoffice.reston.mci.net>"), "", NULL},
    {"CRAM-MD5, blank in the name", ESMTP_SASL_CRAM, 1, LIT("big tim b913a602c7eda7a495b4e6e7334d3890"),
     "user:big tim\ntext:b913a602c7eda7a495b4e6e7334d3890\n", NULL},
    {"CRAM-MD5, no blank", ESMTP_SASL_CRAM, 1, LIT("tim"), "text:tim\n",
     "the blank between user and digest is missing"},
    {"CRAM-MD5, nothing", ESMTP_SASL_CRAM, 1, LIT(""), "", "the blank between user and digest is missing"},
    {"CRAM-MD5, short digest", ESMTP_SASL_CRAM, 1, LIT("tim b913"), "user:tim\ntext:b913\n",
     "the digest has the wrong length"},
    {"CRAM-MD5, no digest", ESMTP_SASL_CRAM, 1, LIT("tim "), "user:tim\ntext:\n", "the digest has the wrong length"},
    {"CRAM-MD5, not hexadecimal", ESMTP_SASL_CRAM, 1, LIT("tim xyz"), "user:tim\ntext:xyz\n",
     "the digest is not hexadecimal"},

    {"DIGEST-MD5, RFC 2831 challenge", ESMTP_SASL_DIGEST_MD5, 0,
     LIT("realm=\"elwood.innosoft.com\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",algorithm=md5-sess,"
         "charset=utf-8"),
     "realm:elwood.innosoft.com\nnonce:OA6MG9tEQGm2hh\nqop:auth\nalgorithm:md5-sess\n"
     "charset:utf-8\n",
     NULL},
    {"DIGEST-MD5, RFC 2831 response", ESMTP_SASL_DIGEST_MD5, 1,
     LIT("charset=utf-8,username=\"chris\",realm=\"elwood.innosoft.com\",nonce=\"OA6MG9tEQGm2hh\","
         "nc=00000001,cnonce=\"OA6MHXh6VqTrRk\",digest-uri=\"imap/elwood.innosoft.com\","
         "response=d388dad90d4bbd760a152321f2143af7,qop=auth"),
     "charset:utf-8\nuser:chris\nrealm:elwood.innosoft.com\nnonce:OA6MG9tEQGm2hh\nnc:00000001\n"
     "cnonce:OA6MHXh6VqTrRk\nuri:imap/elwood.innosoft.com\n"
     "response:d388dad90d4bbd760a152321f2143af7\nqop:auth\n",
     NULL},
    {"DIGEST-MD5, RFC 2831 rspauth", ESMTP_SASL_DIGEST_MD5, 0, LIT("rspauth=ea40f60335c427b5527b84dbabcdfffd"),
     "rspauth:ea40f60335c427b5527b84dbabcdfffd\n", NULL},
    {"DIGEST-MD5, answer to rspauth", ESMTP_SASL_DIGEST_MD5, 2, LIT(""), "", NULL},
    {"DIGEST-MD5, empty response", ESMTP_SASL_DIGEST_MD5, 1, LIT(""), "", "username, nonce or response is missing"},
    {"DIGEST-MD5, white space, quotes", ESMTP_SASL_DIGEST_MD5, 0,
     LIT(" realm = \"a \\\"b\\\" \\\\\" ,, \tnonce=\"x,y\" , stale=true , maxbuf=65536\r\n"
         ",cipher=\"rc4,des\""),
     "realm:a \"b\" \\\nnonce:x,y\nstale:true\nmaxbuf:65536\ncipher:rc4,des\n", NULL},
    {"DIGEST-MD5, names in capitals", ESMTP_SASL_DIGEST_MD5, 0, LIT("NONCE=\"x\",QOP=auth"), "nonce:x\nqop:auth\n",
     NULL},
    {"DIGEST-MD5, several realms", ESMTP_SASL_DIGEST_MD5, 0, LIT("realm=\"a\",realm=\"b\",nonce=\"n\""),
     "realm:a\nrealm:b\nnonce:n\n", NULL},
    {"DIGEST-MD5, ISO 8859-1", ESMTP_SASL_DIGEST_MD5, 1, LIT("username=\"j\xf6rg\",nonce=\"n\",response=1"),
     "user:j\xc3\xb6rg\nnonce:n\nresponse:1\n", NULL},
    {"DIGEST-MD5, UTF-8 and no word of it", ESMTP_SASL_DIGEST_MD5, 1,
     LIT("username=\"j\xc3\xb6rg\",nonce=\"n\",response=1"), "user:j\xc3\xb6rg\nnonce:n\nresponse:1\n", NULL},
    {"DIGEST-MD5, authzid and unknown", ESMTP_SASL_DIGEST_MD5, 1,
     LIT("username=\"a\",nonce=\"n\",response=1,authzid=\"b\",auth-param=\"c d\",x=y"),
     "user:a\nnonce:n\nresponse:1\nauthzid:b\nother:auth-param=\"c d\"\nother:x=y\n", NULL},
    {"DIGEST-MD5, quote missing", ESMTP_SASL_DIGEST_MD5, 0, LIT("nonce=\"abc"), "nonce:abc\n",
     "a closing quote is missing"},
    {"DIGEST-MD5, backslash at the end", ESMTP_SASL_DIGEST_MD5, 0, LIT("nonce=\"abc\\"), "nonce:abc\\\n",
     "a closing quote is missing"},
    {"DIGEST-MD5, no value", ESMTP_SASL_DIGEST_MD5, 0, LIT("nonce=\"a\",auth"), "nonce:a\nother:auth\n",
     "an attribute has no value"},
    {"DIGEST-MD5, no comma", ESMTP_SASL_DIGEST_MD5, 0, LIT("nonce=\"a\"realm=\"b\""), "nonce:a\nrealm:b\n",
     "a comma is missing between attributes"},
    {"DIGEST-MD5, text", ESMTP_SASL_DIGEST_MD5, 0, LIT("hello"), "other:hello\n", "an attribute has no value"},
    {"DIGEST-MD5, = alone", ESMTP_SASL_DIGEST_MD5, 0, LIT("="), "other:=\n", "neither nonce nor rspauth is there"},

    {"SCRAM, RFC 5802 client first", ESMTP_SASL_SCRAM, 1, LIT("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"),
     "flag:n\nuser:user\nr:fyko+d2lbbFgONRv9qkxdawL\n", NULL},
    {"SCRAM, RFC 5802 server first", ESMTP_SASL_SCRAM, 0,
     LIT("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"),
     "r:fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j\ns:QSXCR+Q6sek8bf92\ni:4096\n", NULL},
    {"SCRAM, RFC 5802 client final", ESMTP_SASL_SCRAM, 2,
     LIT("c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="),
     "c:biws\nr:fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j\np:v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=\n", NULL},
    {"SCRAM, RFC 5802 server final", ESMTP_SASL_SCRAM, 0, LIT("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="),
     "v:rmF9pqV8S7suAoZWja4dJRkFsKQ=\n", NULL},
    {"SCRAM, answer to v=", ESMTP_SASL_SCRAM, 3, LIT(""), "", NULL},
    {"SCRAM, begin, says the server", ESMTP_SASL_SCRAM, 0, LIT(""), "", NULL},
    {"SCRAM, error", ESMTP_SASL_SCRAM, 0, LIT("e=invalid-proof"), "error:invalid-proof\n", NULL},
    {"SCRAM-PLUS, authzid", ESMTP_SASL_SCRAM, 1, LIT("p=tls-unique,a=boss,n=user,r=x"),
     "flag:p=tls-unique\nauthzid:boss\nuser:user\nr:x\n", NULL},
    {"SCRAM, y", ESMTP_SASL_SCRAM, 1, LIT("y,,n=u,r=x"), "flag:y\nuser:u\nr:x\n", NULL},
    {"SCRAM, comma and = in names", ESMTP_SASL_SCRAM, 1, LIT("n,a=x=3Dy=2cz,n=a=2Cb=3Dc,r=x"),
     "flag:n\nauthzid:x=y,z\nuser:a,b=c\nr:x\n", NULL},
    {"SCRAM, bad escape", ESMTP_SASL_SCRAM, 1, LIT("n,,n=a=41=,r=x"), "flag:n\nuser:a=41=\nr:x\n",
     "a name holds = that is neither =2C nor =3D"},
    {"SCRAM, extensions", ESMTP_SASL_SCRAM, 1, LIT("n,,m=1,n=u,r=x,z=q"), "flag:n\next:m=1\nuser:u\nr:x\next:z=q\n",
     NULL},
    {"SCRAM, no header", ESMTP_SASL_SCRAM, 1, LIT("n=user,r=x"), "user:user\nr:x\n",
     "it does not begin with n,, y,, or p="},
    {"SCRAM, no nonce", ESMTP_SASL_SCRAM, 1, LIT("n,,n=user"), "flag:n\nuser:user\n", "n= or r= is missing"},
    {"SCRAM, no proof", ESMTP_SASL_SCRAM, 2, LIT("c=biws,r=x"), "c:biws\nr:x\n", "c=, r= or p= is missing"},
    {"SCRAM, no salt", ESMTP_SASL_SCRAM, 0, LIT("r=x,i=1"), "r:x\ni:1\n", "r=, s= or i= is missing"},
    {"SCRAM, no attribute", ESMTP_SASL_SCRAM, 0, LIT("r=x,,i"), "r:x\next:\next:i\n",
     "an attribute is not of the form letter=value"},
    {"SCRAM, nothing", ESMTP_SASL_SCRAM, 1, LIT(""), "", "it does not begin with n,, y,, or p="},

    {"XOAUTH2, Google", ESMTP_SASL_XOAUTH2, 1,
     LIT("user=someuser@example.com\001auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
         "\001\001"),
     "user:someuser@example.com\nscheme:Bearer\n"
     "token:ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\n",
     NULL},
    {"XOAUTH2, error", ESMTP_SASL_XOAUTH2, 0,
     LIT("{\"status\":\"401\",\"schemes\":\"bearer mac\",\"scope\":\"https://mail.google.com/\"}"),
     "error:401\nschemes:bearer mac\nscope:https://mail.google.com/\n", NULL},
    {"XOAUTH2, answer to an error", ESMTP_SASL_XOAUTH2, 2, LIT(""), "", NULL},
    {"XOAUTH2, no token", ESMTP_SASL_XOAUTH2, 1, LIT("user=a\001auth=Bearer \001\001"), "user:a\nscheme:Bearer\n",
     "auth= holds no token"},
    {"XOAUTH2, no auth", ESMTP_SASL_XOAUTH2, 1, LIT("user=a\001\001"), "user:a\n", "user= or auth= is missing"},
    {"XOAUTH2, one ^A at the end", ESMTP_SASL_XOAUTH2, 1, LIT("user=a\001auth=Bearer t\001"),
     "user:a\nscheme:Bearer\ntoken:t\n", "the ^A at its end is missing"},
    {"XOAUTH2, no ^A at the end", ESMTP_SASL_XOAUTH2, 1, LIT("user=a\001auth=Bearer t"),
     "user:a\nscheme:Bearer\ntoken:t\n", "the ^A at its end is missing"},
    {"XOAUTH2, nothing", ESMTP_SASL_XOAUTH2, 1, LIT(""), "", "user= or auth= is missing"},
    {"XOAUTH2, text", ESMTP_SASL_XOAUTH2, 1, LIT("hello"), "other:hello\n", "the ^A at its end is missing"},

    {"OAUTHBEARER, RFC 7628", ESMTP_SASL_OAUTHBEARER, 1,
     LIT("n,a=user@example.com,\001host=server.example.com\001port=587\001"
         "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\001\001"),
     "flag:n\nauthzid:user@example.com\nuser:user@example.com\nhost:server.example.com\nport:587\n"
     "scheme:Bearer\ntoken:vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\n",
     NULL},
    {"OAUTHBEARER, RFC 7628 error", ESMTP_SASL_OAUTHBEARER, 0,
     LIT("{\"status\":\"invalid_token\",\"scope\":\"example_scope\",\"openid-configuration\":"
         "\"https://example.com/.well-known/openid-configuration\"}"),
     "error:invalid_token\nscope:example_scope\n"
     "configuration:https://example.com/.well-known/openid-configuration\n",
     NULL},
    {"OAUTHBEARER, AQ==", ESMTP_SASL_OAUTHBEARER, 2, LIT("\001"), "read:\001\n", NULL},
    {"OAUTHBEARER, OAUTH10A", ESMTP_SASL_OAUTHBEARER, 1,
     LIT("n,,\001host=h\001auth=OAuth realm=\"x\"\001qs=a=b\001\001"),
     "flag:n\nhost:h\nscheme:OAuth\ntoken:realm=\"x\"\nother:qs=a=b\n", NULL},
    {"OAUTHBEARER, no header", ESMTP_SASL_OAUTHBEARER, 1, LIT("auth=Bearer t\001\001"), "scheme:Bearer\ntoken:t\n",
     "it does not begin with n,, y,, or p="},
    {"OAUTHBEARER, octets after the end", ESMTP_SASL_OAUTHBEARER, 1, LIT("n,,\001auth=Bearer t\001\001x\001\001"),
     "flag:n\nscheme:Bearer\ntoken:t\nother:x\n", "an empty part, or octets after the end"},

    {"JSON, spaces, escapes, nesting", ESMTP_SASL_XOAUTH2, 0,
     LIT(" {\n \"a\" : {\"status\":\"no\", \"b\": [\"scope\", 1]},\n \"status\" : \"4\\\"1\" }"), "error:4\"1\n",
     "it is not JSON"},
    {"JSON, numbers", ESMTP_SASL_XOAUTH2, 0, LIT("{\"status\":401,\"scope\":\"x\"}"), "scope:x\n", NULL},
    {"JSON, cut", ESMTP_SASL_XOAUTH2, 0, LIT("{\"status\":\"40"), "error:40\n", "its JSON does not end"},
    {"JSON, array", ESMTP_SASL_XOAUTH2, 0, LIT("[]"), "", "it is not JSON"},
    {"JSON, names without values", ESMTP_SASL_XOAUTH2, 0, LIT("{\"status\",\"scope\"}"), "", NULL},

    {"EXTERNAL", ESMTP_SASL_EXTERNAL, 1, LIT("fred@example.com"), "authzid:fred@example.com\n", NULL},
    {"EXTERNAL, nothing", ESMTP_SASL_EXTERNAL, 1, LIT(""), "", NULL},
    {"ANONYMOUS", ESMTP_SASL_ANONYMOUS, 1, LIT("sirhc"), "text:sirhc\n", NULL},
    {"unknown", ESMTP_SASL_OPAQUE, 1, LIT("x"), "text:x\n", NULL},
    {"unknown, challenge", ESMTP_SASL_OPAQUE, 0, LIT("x"), "", NULL},

    {"NTLM, text", ESMTP_SASL_NTLM, 0, LIT("NTLM supported"), "", NULL},
    {"NTLM, no signature", ESMTP_SASL_NTLM, 1, LIT("hello"), "text:hello\n", "it is no NTLM message"},
    {"NTLM, short", ESMTP_SASL_NTLM, 1, LIT("NTLMSSP\0\1\0\0"), NULL, "it is no NTLM message"},
    {"GSSAPI, token", ESMTP_SASL_GSSAPI, 1, LIT("\x60x"), "gssapi:`x\n", NULL},
    {"GSSAPI, wrapped", ESMTP_SASL_GSSAPI, 2, LIT("\x05\x04z"), "text:\x05\x04z\n", NULL},
    {"GSSAPI, wrapped challenge", ESMTP_SASL_GSSAPI, 0, LIT("\x05\x04z"), "", NULL},
    {"GSSAPI, nothing", ESMTP_SASL_GSSAPI, 2, LIT(""), "", NULL},
    {"GSS-SPNEGO, token", ESMTP_SASL_SPNEGO, 1, LIT("\x60x"), "gssapi:`x\n", NULL},
    {"GSS-SPNEGO, answer", ESMTP_SASL_SPNEGO, 0, LIT("\xa1x"), "spnego:\xa1x\n", NULL},
};

static char *describe(const esmtp_auth_message_t *m)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < m->n; i++) {
        char *value = esmtp_part_text(&m->parts[i]);

        g_string_append_printf(text, "%s:%s\n", part_names[m->parts[i].kind], value);
        g_free(value);
    }
    return g_string_free(text, FALSE);
}

static void messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(message_cases); i++) {
        const message_case_t *c = &message_cases[i];
        esmtp_span_t octets = check_copy(c->octets);
        esmtp_auth_message_t m;

        esmtp_auth_parse(c->form, c->number, octets, &m);
        char *parts = describe(&m);
        if (c->parts)
            check_span(c->label, "parts", esmtp_span_str(parts), c->parts);
        check_span(c->label, "problem", esmtp_span_str(m.problem ? m.problem : ""), c->problem);
        g_free(parts);
        check_free(octets);
    }
}

/* Every message, cut anywhere or with any octet replaced, is read without a step outside, and its
 * parts lie in it. */
static void mangled(void **state)
{
    static const uint8_t evil[] = {0, 1, ',', '=', '"', '\\', '{', '}', ':', 0xff};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(message_cases); i++) {
        esmtp_span_t whole = message_cases[i].octets;

        for (size_t n = 0; n < whole.len * (1 + sizeof evil); n++) {
            size_t at = n % whole.len, round = n / whole.len;
            esmtp_span_t octets = check_copy(round ? whole : esmtp_span_to(whole, at));

            if (round)
                ((uint8_t *)(uintptr_t)octets.p)[at] = evil[round - 1];
            for (int form = ESMTP_SASL_OPAQUE; form <= ESMTP_SASL_ANONYMOUS; form++) {
                for (uint32_t number = 0; number <= 3; number++) {
                    esmtp_auth_message_t m;

                    esmtp_auth_parse((esmtp_sasl_form_t)form, number, octets, &m);
                    for (size_t k = 0; k < m.n; k++) {
                        esmtp_span_t value = m.parts[k].value;

                        assert_true(value.len == 0 ||
                                    (value.p >= octets.p && value.p + value.len <= octets.p + octets.len));
                        g_free(esmtp_part_text(&m.parts[k]));
                    }
                }
            }
            check_free(octets);
        }
    }
}

/* Separators alone, 64 KiB of them, cost no more than ESMTP_AUTH_PARTS_MAX parts. */
static void many_parts(void **state)
{
    static const struct {
        esmtp_sasl_form_t form;
        const char *piece;
    } floods[] = {
        {ESMTP_SASL_SCRAM, "r=x,"},
        {ESMTP_SASL_SCRAM, ","},
        {ESMTP_SASL_DIGEST_MD5, "nonce=x,"},
        {ESMTP_SASL_DIGEST_MD5, ","},
        {ESMTP_SASL_XOAUTH2, "user=x\001"},
        {ESMTP_SASL_OAUTHBEARER, "\001"},
        {ESMTP_SASL_PLAIN, "a"},
    };
    GString *text = g_string_new(NULL);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(floods); i++) {
        esmtp_auth_message_t m;

        g_string_truncate(text, 0);
        while (text->len < 65536)
            g_string_append(text, floods[i].piece);
        for (uint32_t number = 0; number <= 2; number++) {
            esmtp_auth_parse(floods[i].form, number, esmtp_span(text->str, text->len), &m);
            assert_in_range(m.n, 0, ESMTP_AUTH_PARTS_MAX);
            if (number > 0)
                assert_non_null(m.problem);
        }
    }
    g_string_free(text, TRUE);
}

/* ---- What a line gives away ---- */

typedef struct {
    const char *label;
    const char *mechanism;
    uint32_t number;
    const char *sent;
    const char *user;
    bool secret; /* esmtp_auth_peek: there is one */
    bool may;    /* esmtp_auth_is_secret: there may be one */
} peek_case_t;

static const peek_case_t peek_cases[] = {
    {"PLAIN", "PLAIN", 1, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "tim", true, true},
    {"PLAIN, blank at the end", "plain", 1, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm ", "tim", true, true},
    {"PLAIN, no base64", "PLAIN", 1, "AHRp!", NULL, false, true},
    {"PLAIN, nothing", "PLAIN", 1, "", NULL, false, true},
    {"LOGIN, user", "LOGIN", 1, "cm9vdA==", "root", false, false},
    {"LOGIN, user without padding", "LOGIN", 1, "cm9vdA", "root", false, false},
    {"LOGIN, user typed by hand", "LOGIN", 1, "alice@example.org", "alice@example.org", false, false},
    {"LOGIN, empty user", "LOGIN", 1, "", NULL, false, false},
    {"LOGIN, password", "LOGIN", 2, "ZGF0YQ==", NULL, true, true},
    {"OAUTH10A with a bearer's token", "OAUTH10A", 1, "bixhPWFAYiwBYXV0aD1CZWFyZXIgdAEB", "a@b", true, true},
    {"CRAM-MD5", "CRAM-MD5", 1, "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw", "tim", false, false},
    {"SCRAM", "SCRAM-SHA-256", 1, "biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=", "user", false, false},
    {"XOAUTH2", "XOAUTH2", 1, "dXNlcj1hAWF1dGg9QmVhcmVyIHQBAQ==", "a", true, true},
    {"EXTERNAL", "EXTERNAL", 1, "ZnJlZA==", "fred", false, false},
    {"ATOKEN", "ATOKEN", 1, "ZnJlZA==", NULL, true, true},
    {"unknown", "X-FOO", 1, "ZnJlZA==", NULL, false, true},
    {"NTLM, Unicode", "NTLM", 2,
     "TlRMTVNTUAADAAAAAAAAAEAAAAAAAAAAQAAAAAAAAABAAAAACAAIAEAAAAAAAAAASAAAAAAAAABIAAAAAQAAAHUAcwBlA"
     "HIA",
     "user", false, false},
    {"NTLM, OEM", "NTLM", 2,
     "TlRMTVNTUAADAAAAAAAAAEAAAAAAAAAAQAAAAAAAAABAAAAABAAEAEAAAAAAAAAASAAAAAAAAABIAAAAAAAAAHVzZXI=", "user", false,
     false},
    {"NTLM, user outside", "NTLM", 2,
     "TlRMTVNTUAADAAAAAAAAAEAAAAAAAAAAQAAAAAAAAABAAAAABAAEAEEAAAAAAAAASAAAAAAAAABIAAAAAAAAAHVzZXI=", NULL, false,
     false},
    {"NTLM, NEGOTIATE", "NTLM", 1, "TlRMTVNTUAABAAAAB4IIAAAAAAAAAAAAAAAAAAAAAAA=", NULL, false, false},
};

static void peeks(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(peek_cases); i++) {
        const peek_case_t *c = &peek_cases[i];
        const esmtp_mechanism_row_t *row = esmtp_mechanism_find(esmtp_span_str(c->mechanism));
        esmtp_span_t sent = check_copy(esmtp_span_str(c->sent));
        esmtp_auth_credentials_t credentials = esmtp_auth_peek(row, c->number, sent);

        check_span(c->label, "user", esmtp_span_str(credentials.user ? credentials.user : ""), c->user);
        check_number(c->label, "secret", credentials.secret, c->secret);
        check_number(c->label, "may be secret", esmtp_auth_is_secret(row, c->number), c->may);
        g_free(credentials.user);
        g_free(credentials.password);
        check_free(sent);
    }
}

/* ---- Tokens, text ---- */

typedef struct {
    const char *label;
    const char *token;
    const char *header; /* NULL: no JSON Web Token */
    const char *claims;
} jwt_case_t;

static const jwt_case_t jwt_cases[] = {
    {"RFC 7519", /* section 3.1 */
     "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
     "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
     "Q.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
     "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
     "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"},
    {"no signature", "e30.e30.", "{}", "{}"},
    {"base64url", "e30.eyJhIjoiPj4_In0.x", "{}", "{\"a\":\">>?\"}"},
    {"Google's opaque token", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", NULL, NULL},
    {"three parts that are no JSON", "abcd.abcd.abcd", NULL, NULL},
    {"header alone", "e30.", NULL, NULL},
    {"claims are no JSON", "e30.abcd.x", NULL, NULL},
    {"nothing", "", NULL, NULL},
    {"dots", "..", NULL, NULL},
};

static void tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(jwt_cases); i++) {
        const jwt_case_t *c = &jwt_cases[i];
        esmtp_span_t token = check_copy(esmtp_span_str(c->token));
        uint8_t *out = malloc(ESMTP_BASE64_ROOM(token.len));
        esmtp_jwt_t jwt;
        bool is = esmtp_jwt_open(token, out, &jwt);

        check_number(c->label, "token", is, c->header != NULL);
        if (is) {
            check_span(c->label, "header", jwt.header, c->header);
            check_span(c->label, "claims", jwt.claims, c->claims);
        }
        free(out);
        check_free(token);
    }
}

typedef struct {
    const char *label;
    esmtp_span_t octets;
    bool text;
} text_case_t;

static const text_case_t text_cases[] = {
    {"nothing", LIT(""), true},        {"ASCII", LIT("a b"), true},
    {"lines", LIT("a\r\n\tb"), true},  {"NUL between", LIT("a\0b\0"), true},
    {"^A", LIT("\001\001"), true},     {"UTF-8", LIT("\xc3\xa4"), true},
    {"cut UTF-8", LIT("\xc3"), false}, {"UTF-8 over NUL", LIT("\xc3\0\xa4"), false},
    {"ESC", LIT("a\033"), false},      {"DEL", LIT("\177"), false},
    {"Latin", LIT("\xe4"), false},
};

static void texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(text_cases); i++) {
        const text_case_t *c = &text_cases[i];
        esmtp_span_t octets = check_copy(c->octets);

        check_number(c->label, "text", esmtp_auth_is_text(octets), c->text);
        check_free(octets);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64),     cmocka_unit_test(base64_round_trip),
        cmocka_unit_test(messages),   cmocka_unit_test(mangled),
        cmocka_unit_test(many_parts), cmocka_unit_test(peeks),
        cmocka_unit_test(tokens),     cmocka_unit_test(texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
