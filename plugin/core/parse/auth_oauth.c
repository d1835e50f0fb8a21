/* auth_oauth.c
 * XOAUTH2 (Google) and OAUTHBEARER (RFC 7628); JSON Web Tokens, RFC 7519.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth_priv.h"

static const esmtp_auth_name_t oauth_names[] = {
    {"user", ESMTP_PART_USER},  {"host", ESMTP_PART_OAUTH_HOST}, {"port", ESMTP_PART_OAUTH_PORT},
    {"auth", ESMTP_PART_TOKEN}, {NULL, ESMTP_PART_OAUTH_OTHER},
};

/* "Bearer TOKEN" */
static void oauth_credentials(esmtp_span_t value, esmtp_auth_message_t *m)
{
    size_t word = esmtp_span_word(value);
    esmtp_auth_add_plain(m, ESMTP_PART_OAUTH_SCHEME, esmtp_span_to(value, word));
    esmtp_span_t token = esmtp_span_trim(esmtp_span_from(value, word));
    if (token.len)
        esmtp_auth_add_plain(m, ESMTP_PART_TOKEN, token);
    else
        esmtp_auth_complain(m, "auth= holds no token");
}

static void oauth_pair(esmtp_span_t piece, esmtp_auth_message_t *m)
{
    size_t at = esmtp_span_find(piece, '=');
    esmtp_span_t value = esmtp_span_from(piece, at + 1);
    esmtp_part_kind_t kind = esmtp_auth_kind(oauth_names, esmtp_span_to(piece, at));
    if (at == piece.len)
        esmtp_auth_complain(m, "a part is not of the form name=value");
    if (kind == ESMTP_PART_TOKEN)
        oauth_credentials(value, m);
    else
        esmtp_auth_add_plain(m, kind, kind == ESMTP_PART_OAUTH_OTHER ? piece : value);
}

/* name=value ^A name=value ^A ... ^A */
static void oauth_pairs(esmtp_span_t s, esmtp_auth_message_t *m)
{
    esmtp_span_t piece;
    while (s.len && m->n < ESMTP_AUTH_PARTS_MAX) {
        if (s.p[0] == 1 && s.len == 1)
            return;
        if (!esmtp_auth_take(&s, 1, &piece))
            esmtp_auth_complain(m, "the ^A at its end is missing");
        if (piece.len)
            oauth_pair(piece, m);
        else
            esmtp_auth_complain(m, "an empty part, or octets after the end");
        if (!s.len)
            esmtp_auth_complain(m, "the ^A at its end is missing");
    }
}

static const esmtp_part_kind_t oauth_needed[] = {ESMTP_PART_USER, ESMTP_PART_TOKEN, ESMTP_PART_NONE};

/* The answer to an error: nothing (XOAUTH2) or ^A (RFC 7628 section 3.2.3). */
static bool oauth_error_read(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (number == 1 || s.len > 1 || (s.len == 1 && s.p[0] != 1))
        return false;
    if (s.len)
        esmtp_auth_add_plain(m, ESMTP_PART_OAUTH_READ, s);
    return true;
}

void esmtp_xoauth2_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (oauth_error_read(number, s, m))
        return;
    oauth_pairs(s, m);
    esmtp_auth_require(m, oauth_needed, "user= or auth= is missing");
}

/* RFC 7628 section 3.1: a GS2 header in front. Its authzid is the user. */
void esmtp_oauthbearer_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (oauth_error_read(number, s, m))
        return;
    if (!esmtp_auth_gs2_header(&s, m))
        esmtp_auth_complain(m, "it does not begin with n,, y,, or p=");
    else if (s.len && s.p[0] == 1)
        s = esmtp_span_from(s, 1);
    else
        esmtp_auth_complain(m, "the ^A after the header is missing");
    const esmtp_part_t *authzid = esmtp_auth_part(m, ESMTP_PART_AUTHZID);
    if (authzid)
        esmtp_auth_add(m, ESMTP_PART_USER, authzid->value, authzid->escape);
    oauth_pairs(s, m);
    esmtp_auth_require(m, oauth_needed + 1, "auth= is missing");
}

static const esmtp_auth_name_t json_names[] = {
    {"status", ESMTP_PART_ERROR},
    {"scope", ESMTP_PART_OAUTH_SCOPE},
    {"schemes", ESMTP_PART_OAUTH_SCHEMES},
    {"openid-configuration", ESMTP_PART_OAUTH_CONFIGURATION},
    {NULL, ESMTP_PART_NONE},
};

/* RFC 7628 section 3.2.2: JSON. The strings of its top level, as far as they have a name here. */
void esmtp_oauth_error_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    esmtp_span_t name = {NULL, 0};
    size_t depth = 0;
    bool value = false;
    (void)number;
    if (s.len && s.p[0] != '{')
        esmtp_auth_complain(m, "it is not JSON");
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.p[i];
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth -= depth > 0;
        else if (c == ':' || c == ',')
            value = c == ':';
        if (c != '"')
            continue;
        esmtp_span_t text = esmtp_span_from(s, i + 1);
        size_t end = esmtp_auth_quoted_end(text);
        i += end + 1;
        if (depth != 1)
            continue;
        text = esmtp_span_to(text, end);
        esmtp_part_kind_t kind = value ? esmtp_auth_kind(json_names, name) : ESMTP_PART_NONE;
        if (kind != ESMTP_PART_NONE)
            esmtp_auth_add(m, kind, text, ESMTP_ESCAPE_BACKSLASH);
        name = value ? esmtp_span(NULL, 0) : text;
    }
    if (s.len && depth)
        esmtp_auth_complain(m, "its JSON does not end");
}

bool esmtp_jwt_open(esmtp_span_t token, uint8_t *out, esmtp_jwt_t *jwt)
{
    esmtp_span_t rest = token, *json[] = {&jwt->header, &jwt->claims};
    if (!esmtp_auth_take(&rest, '.', &jwt->header_sent) || !esmtp_auth_take(&rest, '.', &jwt->claims_sent))
        return false;
    const esmtp_span_t sent[] = {jwt->header_sent, jwt->claims_sent};
    for (size_t i = 0; i < 2; i++) {
        size_t bad;
        uint8_t *text = g_malloc(sent[i].len + 1);
        for (size_t k = 0; k < sent[i].len; k++)
            text[k] = sent[i].p[k] == '-' ? '+' : sent[i].p[k] == '_' ? '/' : sent[i].p[k];
        size_t n = esmtp_base64_decode(esmtp_span(text, sent[i].len), out, &bad);
        g_free(text);
        *json[i] = esmtp_span(out, n);
        if (n < 2 || out[0] != '{' || !esmtp_auth_is_text(*json[i]))
            return false;
        out += n;
    }
    return true;
}
