/* auth_digest.c
 * DIGEST-MD5, RFC 2831.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth_priv.h"

static const esmtp_auth_name_t digest_names[] = {
    {"username", ESMTP_PART_USER},
    {"authzid", ESMTP_PART_AUTHZID},
    {"realm", ESMTP_PART_DIGEST_REALM},
    {"nonce", ESMTP_PART_DIGEST_NONCE},
    {"cnonce", ESMTP_PART_DIGEST_CNONCE},
    {"nc", ESMTP_PART_DIGEST_NC},
    {"qop", ESMTP_PART_DIGEST_QOP},
    {"digest-uri", ESMTP_PART_DIGEST_URI},
    {"response", ESMTP_PART_DIGEST_RESPONSE},
    {"rspauth", ESMTP_PART_DIGEST_RSPAUTH},
    {"algorithm", ESMTP_PART_DIGEST_ALGORITHM},
    {"charset", ESMTP_PART_DIGEST_CHARSET},
    {"cipher", ESMTP_PART_DIGEST_CIPHER},
    {"maxbuf", ESMTP_PART_DIGEST_MAXBUF},
    {"stale", ESMTP_PART_DIGEST_STALE},
    {NULL, ESMTP_PART_DIGEST_OTHER},
};

static bool is_list_white(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_list_white(esmtp_span_t *s)
{
    while (s->len && is_list_white(s->p[0]))
        *s = esmtp_span_from(*s, 1);
}

/* The value after "name=", quoted or not, off the front of *rest. */
static esmtp_span_t digest_value(esmtp_span_t *rest, esmtp_escape_t *escape, esmtp_auth_message_t *m)
{
    esmtp_span_t value;
    skip_list_white(rest);
    if (rest->len && rest->p[0] == '"') {
        *rest = esmtp_span_from(*rest, 1);
        size_t end = esmtp_auth_quoted_end(*rest);
        if (end == rest->len)
            esmtp_auth_complain(m, "a closing quote is missing");
        value = esmtp_span_to(*rest, end);
        *rest = esmtp_span_from(*rest, end + 1);
        *escape = ESMTP_ESCAPE_BACKSLASH;
        return value;
    }
    value = esmtp_span_to(*rest, esmtp_span_find(*rest, ','));
    *rest = esmtp_span_from(*rest, value.len);
    while (value.len && is_list_white(value.p[value.len - 1]))
        value.len--;
    *escape = ESMTP_ESCAPE_NONE;
    return value;
}

/* RFC 2831 section 7.1: name=value, name="value", ... */
static void digest_attributes(esmtp_span_t s, esmtp_auth_message_t *m)
{
    while (s.len && m->n < ESMTP_AUTH_PARTS_MAX) {
        esmtp_span_t start, name;
        esmtp_escape_t escape;
        while (s.len && (s.p[0] == ',' || is_list_white(s.p[0])))
            s = esmtp_span_from(s, 1);
        if (!s.len)
            return;
        start = s;
        size_t word = MIN(esmtp_span_find(s, '='), esmtp_span_find(s, ','));
        name = esmtp_span_trim(esmtp_span_to(s, word));
        esmtp_part_kind_t kind = esmtp_auth_kind(digest_names, name);
        s = esmtp_span_from(s, word);
        if (!s.len || s.p[0] != '=') {
            esmtp_auth_complain(m, "an attribute has no value");
            esmtp_auth_add_plain(m, ESMTP_PART_DIGEST_OTHER, name);
            continue;
        }
        s = esmtp_span_from(s, 1);
        esmtp_span_t value = digest_value(&s, &escape, m);
        if (kind == ESMTP_PART_DIGEST_OTHER)
            value = esmtp_span(start.p, start.len - s.len), escape = ESMTP_ESCAPE_NONE;
        esmtp_auth_add(m, kind, value, escape);
        skip_list_white(&s);
        if (s.len && s.p[0] != ',')
            esmtp_auth_complain(m, "a comma is missing between attributes");
    }
    if (s.len)
        esmtp_auth_complain(m, "more parts than any mechanism has");
}

/* RFC 2831 section 2.1.2: without charset=utf-8 names are ISO 8859-1. */
static void digest_charset(esmtp_auth_message_t *m)
{
    const esmtp_part_t *charset = esmtp_auth_part(m, ESMTP_PART_DIGEST_CHARSET);
    if (charset && esmtp_span_is(charset->value, "utf-8"))
        return;
    for (size_t i = 0; i < m->n; i++)
        m->parts[i].latin1 = true;
}

void esmtp_digest_client_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    static const esmtp_part_kind_t needed[] = {ESMTP_PART_USER, ESMTP_PART_DIGEST_NONCE, ESMTP_PART_DIGEST_RESPONSE,
                                               ESMTP_PART_NONE};
    if (!s.len && number != 1)
        return; /* the answer to rspauth */
    digest_attributes(s, m);
    digest_charset(m);
    esmtp_auth_require(m, needed, "username, nonce or response is missing");
}

void esmtp_digest_server_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    (void)number;
    digest_attributes(s, m);
    digest_charset(m);
    if (!esmtp_auth_part(m, ESMTP_PART_DIGEST_NONCE) && !esmtp_auth_part(m, ESMTP_PART_DIGEST_RSPAUTH))
        esmtp_auth_complain(m, "neither nonce nor rspauth is there");
}
