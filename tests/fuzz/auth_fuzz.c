/* auth_fuzz.c
 * SASL messages. First octet: mechanism; second: number of the message; the rest is the message, as sent and decoded.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "core/parse/auth.h"

static void check_message(const esmtp_auth_message_t *m, esmtp_span_t octets)
{
    CHECK(m->n <= ESMTP_AUTH_PARTS_MAX);
    for (size_t i = 0; i < m->n; i++) {
        const esmtp_part_t *part = &m->parts[i];
        CHECK(part->kind > ESMTP_PART_NONE && part->kind < ESMTP_PARTS);
        CHECK(fuzz_inside(part->value, octets));
        CHECK(esmtp_auth_part(m, part->kind));
        char *text = esmtp_part_text(part);
        CHECK(strlen(text) <= 2 * part->value.len);
        g_free(text);
    }
}

/* Decoded and encoded again it is the same, and decodes to the same. */
static void check_base64(esmtp_span_t sent)
{
    uint8_t *out = malloc(ESMTP_BASE64_ROOM(sent.len));
    size_t bad, n = esmtp_base64_decode(sent, out, &bad);
    CHECK(bad == ESMTP_BASE64_FINE || bad <= sent.len);
    CHECK(n <= ESMTP_BASE64_ROOM(sent.len) && (bad >= sent.len || n == 0));
    if (bad == ESMTP_BASE64_FINE) {
        char *text = g_base64_encode(out, n);
        esmtp_span_t again = esmtp_span_str(text);
        uint8_t *twice = malloc(ESMTP_BASE64_ROOM(again.len));
        CHECK(again.len == sent.len);
        size_t n2 = esmtp_base64_decode(again, twice, &bad);
        CHECK(bad == ESMTP_BASE64_FINE && fuzz_same(esmtp_span(out, n), esmtp_span(twice, n2)));
        free(twice);
        g_free(text);
    }
    free(out);
}

static void check_opened(const esmtp_mechanism_row_t *row, uint32_t number, esmtp_span_t sent)
{
    esmtp_auth_message_t m;
    size_t bad;
    uint8_t *out = malloc(ESMTP_BASE64_ROOM(sent.len));
    esmtp_span_t octets = esmtp_auth_open(row->form, number, sent, out, &bad, &m);
    CHECK(fuzz_same(octets, sent) || fuzz_inside(octets, esmtp_span(out, ESMTP_BASE64_ROOM(sent.len))));
    check_message(&m, octets);
    esmtp_auth_credentials_t credentials = esmtp_auth_peek(row, number, sent);
    CHECK(!credentials.secret || esmtp_auth_holds_secret(row, number, sent));
    g_free(credentials.user);
    g_free(credentials.password);
    credentials = esmtp_auth_peek(NULL, number, sent);
    g_free(credentials.user);
    g_free(credentials.password);
    free(out);
}

static void check_jwt(esmtp_span_t token)
{
    esmtp_jwt_t jwt;
    size_t room = ESMTP_BASE64_ROOM(token.len);
    uint8_t *out = malloc(room);
    if (esmtp_jwt_open(token, out, &jwt)) {
        CHECK(fuzz_inside(jwt.header, esmtp_span(out, room)) && fuzz_inside(jwt.claims, esmtp_span(out, room)));
        CHECK(fuzz_inside(jwt.header_sent, token) && fuzz_inside(jwt.claims_sent, token));
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    esmtp_span_t in = esmtp_span(data, size);
    size_t n;
    const esmtp_mechanism_row_t *rows = esmtp_mechanism_rows(&n);
    const esmtp_mechanism_row_t *row = &rows[fuzz_take(&in) % n];
    uint32_t number = fuzz_take(&in) % 4;
    esmtp_span_t octets = fuzz_copy(in);
    esmtp_auth_message_t m;
    esmtp_auth_parse(row->form, number, octets, &m);
    check_message(&m, octets);
    check_base64(octets);
    check_opened(row, number, octets);
    check_jwt(octets);
    esmtp_auth_is_text(octets);
    if (esmtp_ntlm_type(octets))
        g_free(esmtp_ntlm_user(octets));
    fuzz_free(octets);
    return 0;
}
