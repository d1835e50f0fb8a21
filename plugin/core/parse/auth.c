/* auth.c
 * SASL messages: one small parser for each family of mechanisms, chosen by a table. All work on a
 * decoded message in memory and go over it once.
 *
 * Known limits: messages are read one by one, so that what a server announced (a realm, a charset)
 * does not help to read what the client answers. JSON is read as far as its top level's strings.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth_priv.h"

/* --- base64 ----------------------------------------------------------------------------------- */

static bool in_alphabet(uint8_t c)
{
    return g_ascii_isalnum(c) || c == '+' || c == '/';
}

/* The first octet that base64 cannot have there; in.len if it ends too early. */
static size_t find_bad(esmtp_span_t in)
{
    size_t n = 0, end;
    while (n < in.len && in_alphabet(in.p[n]))
        n++;
    end = n;
    while (end < in.len && in.p[end] == '=' && n % 4 >= 2 && end / 4 == n / 4)
        end++;
    if (end < in.len)
        return end;
    return end % 4 ? in.len : ESMTP_BASE64_FINE;
}

size_t esmtp_base64_decode(esmtp_span_t in, uint8_t *out, size_t *bad)
{
    gint state = 0;
    guint save = 0;
    *bad = find_bad(in);
    if (!in.len || (*bad != ESMTP_BASE64_FINE && *bad != in.len))
        return 0;
    size_t n = g_base64_decode_step((const gchar *)in.p, in.len, out, &state, &save);
    if (*bad == in.len && in.len % 4 >= 2) /* with the padding that is missing */
        n += g_base64_decode_step("==", 4 - in.len % 4, out + n, &state, &save);
    return n;
}

/* --- parts ------------------------------------------------------------------------------------ */

void esmtp_auth_add(esmtp_auth_message_t *m, esmtp_part_kind_t kind, esmtp_span_t value, esmtp_escape_t escape)
{
    if (m->n < ESMTP_AUTH_PARTS_MAX)
        m->parts[m->n++] = (esmtp_part_t){kind, value, escape, false};
    else
        m->problem = "more parts than any mechanism has";
}

void esmtp_auth_add_plain(esmtp_auth_message_t *m, esmtp_part_kind_t kind, esmtp_span_t value)
{
    esmtp_auth_add(m, kind, value, ESMTP_ESCAPE_NONE);
}

void esmtp_auth_complain(esmtp_auth_message_t *m, const char *problem)
{
    if (!m->problem)
        m->problem = problem;
}

const esmtp_part_t *esmtp_auth_part(const esmtp_auth_message_t *m, esmtp_part_kind_t kind)
{
    for (size_t i = 0; i < m->n; i++) {
        if (m->parts[i].kind == kind)
            return &m->parts[i];
    }
    return NULL;
}

void esmtp_auth_require(esmtp_auth_message_t *m, const esmtp_part_kind_t *kinds, const char *problem)
{
    for (; *kinds != ESMTP_PART_NONE; kinds++) {
        if (!esmtp_auth_part(m, *kinds))
            esmtp_auth_complain(m, problem);
    }
}

bool esmtp_auth_take(esmtp_span_t *rest, uint8_t octet, esmtp_span_t *piece)
{
    size_t at = esmtp_span_find(*rest, octet);
    bool found = at < rest->len;
    *piece = esmtp_span_to(*rest, at);
    *rest = esmtp_span_from(*rest, at + 1);
    return found;
}

/* Both hexadecimal digits of "=2C" or "=3D", in capitals as RFC 5802 wants them or not. */
uint8_t esmtp_auth_saslname_escape(esmtp_span_t s)
{
    if (s.len < 3 || s.p[0] != '=')
        return 0;
    esmtp_span_t digits = esmtp_span(s.p + 1, 2);
    return esmtp_span_is(digits, "2C") ? ',' : esmtp_span_is(digits, "3D") ? '=' : 0;
}

static size_t unescape(const esmtp_part_t *part, char *out)
{
    esmtp_span_t s = part->value;
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t name = part->escape == ESMTP_ESCAPE_SASLNAME ? esmtp_auth_saslname_escape(esmtp_span_from(s, i)) : 0;
        if (part->escape == ESMTP_ESCAPE_BACKSLASH && s.p[i] == '\\' && i + 1 < s.len)
            i++;
        out[n++] = (char)(name ? name : s.p[i]);
        i += name ? 2 : 0;
    }
    return n;
}

char *esmtp_part_text(const esmtp_part_t *part)
{
    char *text = g_malloc(part->value.len + 1);
    text[unescape(part, text)] = '\0';
    if (!part->latin1 || g_utf8_validate(text, -1, NULL)) /* clients forget to say charset=utf-8 */
        return text;
    char *utf8 = g_convert(text, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
    if (!utf8)
        return text;
    g_free(text);
    return utf8;
}

bool esmtp_auth_is_text(esmtp_span_t octets)
{
    while (octets.len) {
        size_t run = 0;
        while (run < octets.len && octets.p[run] != '\0' && octets.p[run] != 1)
            run++;
        for (size_t i = 0; i < run; i++) {
            if (g_ascii_iscntrl(octets.p[i]) && !strchr("\t\r\n", octets.p[i]))
                return false;
        }
        if (run && !g_utf8_validate((const gchar *)octets.p, (gssize)run, NULL))
            return false;
        octets = esmtp_span_from(octets, run + 1);
    }
    return true;
}

esmtp_part_kind_t esmtp_auth_kind(const esmtp_auth_name_t *names, esmtp_span_t name)
{
    while (names->name && !esmtp_span_is(name, names->name))
        names++;
    return names->kind;
}

size_t esmtp_auth_quoted_end(esmtp_span_t s)
{
    size_t i = 0;
    while (i < s.len && s.p[i] != '"')
        i += s.p[i] == '\\' ? 2 : 1;
    return MIN(i, s.len);
}

/* --- PLAIN, LOGIN, CRAM, EXTERNAL, and what is of no form ------------------------------------- */

static void parse_nothing(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    (void)number, (void)s, (void)m;
}

/* A challenge is shown whole anyway. */
static void parse_text(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (number && s.len)
        esmtp_auth_add_plain(m, ESMTP_PART_TEXT, s);
}

/* RFC 4616: authzid NUL user NUL password. Some clients leave out the first NUL. */
static void parse_plain(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    esmtp_span_t rest = s, first, second, third;
    (void)number;
    if (!s.len)
        return;
    if (!esmtp_auth_take(&rest, '\0', &first)) {
        esmtp_auth_complain(m, "two NULs are missing");
        esmtp_auth_add_plain(m, ESMTP_PART_TEXT, s);
        return;
    }
    if (!esmtp_auth_take(&rest, '\0', &second)) {
        esmtp_auth_complain(m, "a NUL is missing");
        esmtp_auth_add_plain(m, ESMTP_PART_USER, first.len ? first : second);
        if (first.len)
            esmtp_auth_add_plain(m, ESMTP_PART_PASSWORD, second);
        return;
    }
    if (first.len)
        esmtp_auth_add_plain(m, ESMTP_PART_AUTHZID, first);
    esmtp_auth_add_plain(m, ESMTP_PART_USER, second);
    if (esmtp_auth_take(&rest, '\0', &third))
        esmtp_auth_complain(m, "a NUL stands in the password or after it");
    esmtp_auth_add_plain(m, ESMTP_PART_PASSWORD, third);
    if (rest.len)
        esmtp_auth_add_plain(m, ESMTP_PART_TEXT, rest);
    if (!second.len)
        esmtp_auth_complain(m, "the user name is empty");
}

static void parse_login(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (number == 1 && esmtp_span_find(s, '\0') < s.len) {
        parse_plain(number, s, m);
        m->problem = "the credentials of PLAIN in the place of LOGIN's user name";
        return;
    }
    if (number == 1)
        esmtp_auth_add_plain(m, ESMTP_PART_USER, s);
    else
        esmtp_auth_add_plain(m, ESMTP_PART_PASSWORD, s);
}

/* RFC 2195: user, blank, digest in hexadecimal. User names may hold blanks. */
static void parse_cram(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    size_t at = s.len;
    (void)number;
    while (at > 0 && s.p[at - 1] != ' ')
        at--;
    if (at == 0) {
        esmtp_auth_complain(m, "the blank between user and digest is missing");
        parse_text(number, s, m);
        return;
    }
    esmtp_span_t digest = esmtp_span_from(s, at);
    esmtp_auth_add_plain(m, ESMTP_PART_USER, esmtp_span_to(s, at - 1));
    esmtp_auth_add_plain(m, ESMTP_PART_TEXT, digest);
    for (size_t i = 0; i < digest.len; i++) {
        if (!g_ascii_isxdigit(digest.p[i]))
            esmtp_auth_complain(m, "the digest is not hexadecimal");
    }
    if (digest.len < 32 || digest.len % 2)
        esmtp_auth_complain(m, "the digest has the wrong length");
}

static void parse_external(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    (void)number;
    if (s.len)
        esmtp_auth_add_plain(m, ESMTP_PART_AUTHZID, s);
}

/* --- NTLM, GSSAPI, SPNEGO --------------------------------------------------------------------- */

#define NTLM_SIGNATURE "NTLMSSP" /* with its NUL */
#define NTLM_USER      36        /* MS-NLMP section 2.2.1.3: length, room, offset */
#define NTLM_FLAGS     60
#define NTLM_UNICODE   1u

static uint32_t le(esmtp_span_t s, size_t at, size_t n)
{
    uint32_t value = 0;
    for (size_t i = 0; i < n; i++)
        value |= (uint32_t)s.p[at + i] << (8 * i);
    return value;
}

uint32_t esmtp_ntlm_type(esmtp_span_t s)
{
    if (s.len < 12 || memcmp(s.p, NTLM_SIGNATURE, 8) != 0)
        return 0;
    return le(s, 8, 4);
}

char *esmtp_ntlm_user(esmtp_span_t s)
{
    if (esmtp_ntlm_type(s) != 3 || s.len < NTLM_FLAGS + 4)
        return NULL;
    size_t len = le(s, NTLM_USER, 2), at = le(s, NTLM_USER + 4, 4);
    if (!len || at > s.len || len > s.len - at)
        return NULL;
    if (!(le(s, NTLM_FLAGS, 4) & NTLM_UNICODE))
        return g_strndup((const char *)s.p + at, len);
    gunichar2 *wide = g_new(gunichar2, len / 2 + 1);
    for (size_t i = 0; i < len / 2; i++)
        wide[i] = (gunichar2)le(s, at + 2 * i, 2);
    char *user = g_utf16_to_utf8(wide, (glong)(len / 2), NULL, NULL, NULL);
    g_free(wide);
    return user;
}

static void parse_ntlm(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (esmtp_ntlm_type(s)) {
        esmtp_auth_add_plain(m, ESMTP_PART_NTLM, s);
        return;
    }
    if (number && s.len)
        esmtp_auth_complain(m, "it is no NTLM message");
    parse_text(number, s, m);
}

/* RFC 4752: tokens with the frame of RFC 2743 are for GSS-API; what comes later is wrapped by the
 * mechanism. */
static void parse_gssapi(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (s.len && s.p[0] == 0x60)
        esmtp_auth_add_plain(m, ESMTP_PART_GSSAPI, s);
    else
        parse_text(number, s, m);
}

/* Windows sends NTLM without SPNEGO around it, too. */
static void parse_spnego(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (esmtp_ntlm_type(s))
        esmtp_auth_add_plain(m, ESMTP_PART_NTLM, s);
    else if (s.len && (s.p[0] == 0x60 || s.p[0] == 0xa0 || s.p[0] == 0xa1))
        esmtp_auth_add_plain(m, s.p[0] == 0x60 ? ESMTP_PART_GSSAPI : ESMTP_PART_SPNEGO, s);
    else
        parse_text(number, s, m);
}

/* --- mechanisms ------------------------------------------------------------------------------- */

typedef struct {
    void (*client)(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m);
    void (*server)(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m);
    bool server_first;
} form_t;

static form_t form_of(esmtp_sasl_form_t form)
{
    switch (form) {
    case ESMTP_SASL_OPAQUE: return (form_t){parse_text, parse_nothing, false};
    case ESMTP_SASL_PLAIN: return (form_t){parse_plain, parse_nothing, false};
    case ESMTP_SASL_LOGIN: return (form_t){parse_login, parse_nothing, true};
    case ESMTP_SASL_CRAM: return (form_t){parse_cram, parse_nothing, true};
    case ESMTP_SASL_DIGEST_MD5: return (form_t){esmtp_digest_client_parse, esmtp_digest_server_parse, true};
    case ESMTP_SASL_SCRAM: return (form_t){esmtp_scram_client_parse, esmtp_scram_server_parse, false};
    case ESMTP_SASL_XOAUTH2: return (form_t){esmtp_xoauth2_parse, esmtp_oauth_error_parse, false};
    case ESMTP_SASL_OAUTHBEARER: return (form_t){esmtp_oauthbearer_parse, esmtp_oauth_error_parse, false};
    case ESMTP_SASL_NTLM: return (form_t){parse_ntlm, parse_ntlm, false};
    case ESMTP_SASL_GSSAPI: return (form_t){parse_gssapi, parse_gssapi, false};
    case ESMTP_SASL_SPNEGO: return (form_t){parse_spnego, parse_spnego, false};
    case ESMTP_SASL_EXTERNAL: return (form_t){parse_external, parse_nothing, false};
    case ESMTP_SASL_ANONYMOUS: return (form_t){parse_text, parse_nothing, false};
    }
    return (form_t){parse_text, parse_nothing, false}; /* no form; the compiler has seen that all are above */
}

void esmtp_auth_parse(esmtp_sasl_form_t form, uint32_t number, esmtp_span_t octets, esmtp_auth_message_t *m)
{
    m->n = 0;
    m->problem = NULL;
    (number ? form_of(form).client : form_of(form).server)(number, octets, m);
}

bool esmtp_auth_server_first(esmtp_sasl_form_t form)
{
    return form_of(form).server_first;
}

bool esmtp_auth_is_secret(const esmtp_mechanism_row_t *row, uint32_t number)
{
    if (!row)
        return true;
    if (row->form == ESMTP_SASL_LOGIN)
        return number != 1;
    /* OAUTH10A signs and shows no token; a client that says Bearer there does. */
    return row->exposed || row->form == ESMTP_SASL_OAUTHBEARER;
}

bool esmtp_base64_is_valid(esmtp_span_t in)
{
    return in.len > 0 && find_bad(in) == ESMTP_BASE64_FINE;
}

bool esmtp_auth_holds_secret(const esmtp_mechanism_row_t *row, uint32_t number, esmtp_span_t sent)
{
    if (esmtp_auth_is_secret(row, number))
        return true;
    sent = esmtp_span_trim(sent);
    if (row->form != ESMTP_SASL_LOGIN || !sent.len)
        return false;
    esmtp_auth_message_t m;
    size_t bad;
    uint8_t *out = g_malloc(ESMTP_BASE64_ROOM(sent.len));
    esmtp_auth_open(row->form, number, sent, out, &bad, &m);
    bool secret = esmtp_auth_part(&m, ESMTP_PART_PASSWORD) != NULL;
    g_free(out);
    return secret;
}

esmtp_span_t esmtp_auth_open(esmtp_sasl_form_t form, uint32_t number, esmtp_span_t sent, uint8_t *out, size_t *bad,
                             esmtp_auth_message_t *m)
{
    size_t n = esmtp_base64_decode(sent, out, bad);
    bool raw = *bad < sent.len;
    esmtp_span_t octets = raw ? sent : esmtp_span(out, n);
    /* Without base64 only the two lines of LOGIN can be told apart: people type them by hand. */
    esmtp_auth_parse(raw && form != ESMTP_SASL_LOGIN ? ESMTP_SASL_OPAQUE : form, number, octets, m);
    return octets;
}

esmtp_prompt_t esmtp_auth_prompt(esmtp_span_t base64)
{
    uint8_t out[ESMTP_BASE64_ROOM(64)]; /* no prompt is as long */
    size_t bad;
    if (base64.len > 64)
        return ESMTP_PROMPT_NONE;
    esmtp_span_t text = esmtp_span(out, esmtp_base64_decode(base64, out, &bad));
    return esmtp_span_starts(text, "user")   ? ESMTP_PROMPT_USER
           : esmtp_span_starts(text, "pass") ? ESMTP_PROMPT_PASSWORD
                                             : ESMTP_PROMPT_NONE;
}

static char *user_of(const esmtp_auth_message_t *m)
{
    const esmtp_part_t *part = esmtp_auth_part(m, ESMTP_PART_USER);
    const esmtp_part_t *ntlm = esmtp_auth_part(m, ESMTP_PART_NTLM);
    if (ntlm)
        return esmtp_ntlm_user(ntlm->value);
    if (!part)
        part = esmtp_auth_part(m, ESMTP_PART_AUTHZID);
    return part && part->value.len ? esmtp_part_text(part) : NULL;
}

esmtp_auth_credentials_t esmtp_auth_peek(const esmtp_mechanism_row_t *row, uint32_t number, esmtp_span_t base64)
{
    esmtp_auth_credentials_t credentials = {NULL, NULL, false};
    esmtp_auth_message_t m;
    size_t bad;
    base64 = esmtp_span_trim(base64);
    uint8_t *out = g_malloc(ESMTP_BASE64_ROOM(base64.len));
    esmtp_auth_open(row ? row->form : ESMTP_SASL_OPAQUE, number, base64, out, &bad, &m);
    credentials.user = user_of(&m);
    const esmtp_part_t *secret = esmtp_auth_part(&m, ESMTP_PART_PASSWORD);
    if (!secret)
        secret = esmtp_auth_part(&m, ESMTP_PART_TOKEN);
    credentials.password = secret ? esmtp_part_text(secret) : NULL;
    credentials.secret = esmtp_auth_part(&m, ESMTP_PART_PASSWORD) || esmtp_auth_part(&m, ESMTP_PART_TOKEN) ||
                         (row && row->form == ESMTP_SASL_OPAQUE && row->exposed && base64.len);
    g_free(out);
    return credentials;
}
