/* auth.c
 * SASL messages: one small parser for each family of mechanisms, chosen by a table. All work on a decoded message in memory
 * and go over it once.
 *
 * Known limits: messages are read one by one, so that what a server announced (a realm, a charset) does not help to read what
 * the client answers. JSON is read as far as its top level's strings.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth.h"

/* --- base64 ------------------------------------------------------------------------------------------------------------ */

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

/* --- parts ------------------------------------------------------------------------------------------------------------- */

static void add(esmtp_auth_message_t *m, esmtp_part_kind_t kind, esmtp_span_t value, esmtp_escape_t escape)
{
    if (m->n < ESMTP_AUTH_PARTS_MAX)
        m->parts[m->n++] = (esmtp_part_t){kind, value, escape, false};
    else
        m->problem = "more parts than any mechanism has";
}

static void add_plain(esmtp_auth_message_t *m, esmtp_part_kind_t kind, esmtp_span_t value)
{
    add(m, kind, value, ESMTP_ESCAPE_NONE);
}

/* Notes what is wrong; what was found first counts. */
static void complain(esmtp_auth_message_t *m, const char *problem)
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

/* The phrase if one of these parts is missing. A list ends with NONE. */
static void require(esmtp_auth_message_t *m, const esmtp_part_kind_t *kinds, const char *problem)
{
    for (; *kinds != ESMTP_PART_NONE; kinds++) {
        if (!esmtp_auth_part(m, *kinds))
            complain(m, problem);
    }
}

/* What stands in front of an octet is taken off the front of *rest, with the octet. False if the octet is not there. */
static bool take_to(esmtp_span_t *rest, uint8_t octet, esmtp_span_t *piece)
{
    size_t at = esmtp_span_find(*rest, octet);
    bool found = at < rest->len;
    *piece = esmtp_span_to(*rest, at);
    *rest = esmtp_span_from(*rest, at + 1);
    return found;
}

/* Both hexadecimal digits of "=2C" or "=3D", in capitals as RFC 5802 wants them or not. */
static uint8_t saslname_escape(esmtp_span_t s)
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
        uint8_t name = part->escape == ESMTP_ESCAPE_SASLNAME ? saslname_escape(esmtp_span_from(s, i)) : 0;
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
    if (!part->latin1)
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

/* --- PLAIN, LOGIN, CRAM, EXTERNAL, and what is of no form --------------------------------------------------------------- */

static void parse_nothing(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    (void)number, (void)s, (void)m;
}

/* A challenge is shown whole anyway. */
static void parse_text(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (number && s.len)
        add_plain(m, ESMTP_PART_TEXT, s);
}

/* RFC 4616: authzid NUL user NUL password. Some clients leave out the first NUL. */
static void parse_plain(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    esmtp_span_t rest = s, first, second, third;
    (void)number;
    if (!s.len)
        return;
    if (!take_to(&rest, '\0', &first)) {
        complain(m, "two NULs are missing");
        add_plain(m, ESMTP_PART_TEXT, s);
        return;
    }
    if (!take_to(&rest, '\0', &second)) {
        complain(m, "a NUL is missing");
        add_plain(m, ESMTP_PART_USER, first.len ? first : second);
        if (first.len)
            add_plain(m, ESMTP_PART_PASSWORD, second);
        return;
    }
    if (first.len)
        add_plain(m, ESMTP_PART_AUTHZID, first);
    add_plain(m, ESMTP_PART_USER, second);
    if (take_to(&rest, '\0', &third))
        complain(m, "a NUL stands in the password or behind it");
    add_plain(m, ESMTP_PART_PASSWORD, third);
    if (rest.len)
        add_plain(m, ESMTP_PART_TEXT, rest);
    if (!second.len)
        complain(m, "the user name is empty");
}

static void parse_login(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (number == 1)
        add_plain(m, ESMTP_PART_USER, s);
    else
        add_plain(m, ESMTP_PART_PASSWORD, s);
}

/* RFC 2195: user, blank, digest in hexadecimal. User names may hold blanks. */
static void parse_cram(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    size_t at = s.len;
    (void)number;
    while (at > 0 && s.p[at - 1] != ' ')
        at--;
    if (at == 0) {
        complain(m, "the blank between user and digest is missing");
        parse_text(number, s, m);
        return;
    }
    esmtp_span_t digest = esmtp_span_from(s, at);
    add_plain(m, ESMTP_PART_USER, esmtp_span_to(s, at - 1));
    add_plain(m, ESMTP_PART_TEXT, digest);
    for (size_t i = 0; i < digest.len; i++) {
        if (!g_ascii_isxdigit(digest.p[i]))
            complain(m, "the digest is not hexadecimal");
    }
    if (digest.len < 32 || digest.len % 2)
        complain(m, "the digest has the wrong length");
}

static void parse_external(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    (void)number;
    if (s.len)
        add_plain(m, ESMTP_PART_AUTHZID, s);
}

/* --- DIGEST-MD5 -------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    esmtp_part_kind_t kind;
} name_t;

static const name_t digest_names[] = {
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

/* The kind that a name stands for; that of the row without name if it is not in the list. */
static esmtp_part_kind_t kind_of(const name_t *names, esmtp_span_t name)
{
    while (names->name && !esmtp_span_is(name, names->name))
        names++;
    return names->kind;
}

static bool is_list_white(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_list_white(esmtp_span_t *s)
{
    while (s->len && is_list_white(s->p[0]))
        *s = esmtp_span_from(*s, 1);
}

/* Offset of the quote that ends a string; the length if none does. s begins behind the first quote. */
static size_t quoted_end(esmtp_span_t s)
{
    size_t i = 0;
    while (i < s.len && s.p[i] != '"')
        i += s.p[i] == '\\' ? 2 : 1;
    return MIN(i, s.len);
}

/* The value behind "name=", quoted or not, off the front of *rest. */
static esmtp_span_t digest_value(esmtp_span_t *rest, esmtp_escape_t *escape, esmtp_auth_message_t *m)
{
    esmtp_span_t value;
    skip_list_white(rest);
    if (rest->len && rest->p[0] == '"') {
        *rest = esmtp_span_from(*rest, 1);
        size_t end = quoted_end(*rest);
        if (end == rest->len)
            complain(m, "a closing quote is missing");
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
        esmtp_part_kind_t kind = kind_of(digest_names, name);
        s = esmtp_span_from(s, word);
        if (!s.len || s.p[0] != '=') {
            complain(m, "an attribute has no value");
            add_plain(m, ESMTP_PART_DIGEST_OTHER, name);
            continue;
        }
        s = esmtp_span_from(s, 1);
        esmtp_span_t value = digest_value(&s, &escape, m);
        if (kind == ESMTP_PART_DIGEST_OTHER)
            value = esmtp_span(start.p, start.len - s.len), escape = ESMTP_ESCAPE_NONE;
        add(m, kind, value, escape);
        skip_list_white(&s);
        if (s.len && s.p[0] != ',')
            complain(m, "a comma is missing between attributes");
    }
    if (s.len)
        complain(m, "more parts than any mechanism has");
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

static void parse_digest_client(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    static const esmtp_part_kind_t needed[] = {ESMTP_PART_USER, ESMTP_PART_DIGEST_NONCE, ESMTP_PART_DIGEST_RESPONSE,
                                               ESMTP_PART_NONE};
    if (!s.len && number != 1)
        return; /* the answer to rspauth */
    digest_attributes(s, m);
    digest_charset(m);
    require(m, needed, "username, nonce or response is missing");
}

static void parse_digest_server(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    (void)number;
    digest_attributes(s, m);
    digest_charset(m);
    if (!esmtp_auth_part(m, ESMTP_PART_DIGEST_NONCE) && !esmtp_auth_part(m, ESMTP_PART_DIGEST_RSPAUTH))
        complain(m, "neither nonce nor rspauth is there");
}

/* --- SCRAM ------------------------------------------------------------------------------------------------------------- */

static esmtp_part_kind_t scram_kind(uint8_t letter)
{
    switch (letter) {
    case 'a': return ESMTP_PART_AUTHZID;
    case 'n': return ESMTP_PART_USER;
    case 'r': return ESMTP_PART_SCRAM_NONCE;
    case 's': return ESMTP_PART_SCRAM_SALT;
    case 'i': return ESMTP_PART_SCRAM_ITERATIONS;
    case 'c': return ESMTP_PART_SCRAM_BINDING;
    case 'p': return ESMTP_PART_SCRAM_PROOF;
    case 'v': return ESMTP_PART_SCRAM_SIGNATURE;
    case 'e': return ESMTP_PART_ERROR;
    default: return ESMTP_PART_SCRAM_EXTENSION;
    }
}

static void check_saslname(esmtp_span_t value, esmtp_auth_message_t *m)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] == '=' && !saslname_escape(esmtp_span_from(value, i)))
            complain(m, "a name holds = that is neither =2C nor =3D");
    }
}

static void scram_attribute(esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (s.len < 2 || s.p[1] != '=') {
        complain(m, "an attribute is not of the form letter=value");
        add_plain(m, ESMTP_PART_SCRAM_EXTENSION, s);
        return;
    }
    esmtp_part_kind_t kind = scram_kind(s.p[0]);
    esmtp_span_t value = esmtp_span_from(s, 2);
    if (kind == ESMTP_PART_SCRAM_EXTENSION)
        value = s;
    bool name = kind == ESMTP_PART_USER || kind == ESMTP_PART_AUTHZID;
    if (name)
        check_saslname(value, m);
    add(m, kind, value, name ? ESMTP_ESCAPE_SASLNAME : ESMTP_ESCAPE_NONE);
}

static void scram_attributes(esmtp_span_t s, esmtp_auth_message_t *m)
{
    esmtp_span_t piece;
    bool more = s.len > 0;
    while (more && m->n < ESMTP_AUTH_PARTS_MAX) {
        more = take_to(&s, ',', &piece);
        scram_attribute(piece, m);
    }
    if (more)
        complain(m, "more parts than any mechanism has");
}

/* RFC 5801 section 4: "n,,", "y,a=name,", "p=tls-unique,,". False, with nothing taken, if it is not there. */
static bool gs2_header(esmtp_span_t *s, esmtp_auth_message_t *m)
{
    esmtp_span_t rest = *s, flag, authzid;
    if (!take_to(&rest, ',', &flag) || !take_to(&rest, ',', &authzid))
        return false;
    if (!esmtp_span_is(flag, "n") && !esmtp_span_is(flag, "y") && !esmtp_span_starts(flag, "p="))
        return false;
    if (authzid.len && !esmtp_span_starts(authzid, "a="))
        return false;
    add_plain(m, ESMTP_PART_SCRAM_BINDING_FLAG, flag);
    if (authzid.len)
        scram_attribute(authzid, m);
    *s = rest;
    return true;
}

static void parse_scram_client(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    static const esmtp_part_kind_t first[] = {ESMTP_PART_USER, ESMTP_PART_SCRAM_NONCE, ESMTP_PART_NONE};
    static const esmtp_part_kind_t final[] = {ESMTP_PART_SCRAM_BINDING, ESMTP_PART_SCRAM_NONCE, ESMTP_PART_SCRAM_PROOF,
                                              ESMTP_PART_NONE};
    if (!s.len && number > 2)
        return; /* the answer to v= */
    bool begins = gs2_header(&s, m);
    scram_attributes(s, m);
    if (begins)
        require(m, first, "n= or r= is missing");
    else if (number == 1)
        complain(m, "it does not begin with n,, y,, or p=");
    else
        require(m, final, "c=, r= or p= is missing");
}

static void parse_scram_server(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    static const esmtp_part_kind_t first[] = {ESMTP_PART_SCRAM_NONCE, ESMTP_PART_SCRAM_SALT, ESMTP_PART_SCRAM_ITERATIONS,
                                              ESMTP_PART_NONE};
    (void)number;
    if (!s.len)
        return; /* asks the client to begin */
    scram_attributes(s, m);
    if (!esmtp_auth_part(m, ESMTP_PART_SCRAM_SIGNATURE) && !esmtp_auth_part(m, ESMTP_PART_ERROR))
        require(m, first, "r=, s= or i= is missing");
}

/* --- XOAUTH2, OAUTHBEARER ---------------------------------------------------------------------------------------------- */

static const name_t oauth_names[] = {
    {"user", ESMTP_PART_USER},
    {"host", ESMTP_PART_OAUTH_HOST},
    {"port", ESMTP_PART_OAUTH_PORT},
    {"auth", ESMTP_PART_TOKEN},
    {NULL, ESMTP_PART_OAUTH_OTHER},
};

/* "Bearer TOKEN" */
static void oauth_credentials(esmtp_span_t value, esmtp_auth_message_t *m)
{
    size_t word = esmtp_span_word(value);
    add_plain(m, ESMTP_PART_OAUTH_SCHEME, esmtp_span_to(value, word));
    esmtp_span_t token = esmtp_span_trim(esmtp_span_from(value, word));
    if (token.len)
        add_plain(m, ESMTP_PART_TOKEN, token);
    else
        complain(m, "auth= holds no token");
}

static void oauth_pair(esmtp_span_t piece, esmtp_auth_message_t *m)
{
    size_t at = esmtp_span_find(piece, '=');
    esmtp_span_t value = esmtp_span_from(piece, at + 1);
    esmtp_part_kind_t kind = kind_of(oauth_names, esmtp_span_to(piece, at));
    if (at == piece.len)
        complain(m, "a part is not of the form name=value");
    if (kind == ESMTP_PART_TOKEN)
        oauth_credentials(value, m);
    else
        add_plain(m, kind, kind == ESMTP_PART_OAUTH_OTHER ? piece : value);
}

/* name=value ^A name=value ^A ... ^A */
static void oauth_pairs(esmtp_span_t s, esmtp_auth_message_t *m)
{
    esmtp_span_t piece;
    while (s.len && m->n < ESMTP_AUTH_PARTS_MAX) {
        if (s.p[0] == 1 && s.len == 1)
            return;
        if (!take_to(&s, 1, &piece))
            complain(m, "the ^A at its end is missing");
        if (piece.len)
            oauth_pair(piece, m);
        else
            complain(m, "an empty part, or octets behind the end");
        if (!s.len)
            complain(m, "the ^A at its end is missing");
    }
}

static const esmtp_part_kind_t oauth_needed[] = {ESMTP_PART_USER, ESMTP_PART_TOKEN, ESMTP_PART_NONE};

/* The answer to an error: nothing (XOAUTH2) or ^A (RFC 7628 section 3.2.3). */
static bool oauth_error_read(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (number == 1 || s.len > 1 || (s.len == 1 && s.p[0] != 1))
        return false;
    if (s.len)
        add_plain(m, ESMTP_PART_OAUTH_READ, s);
    return true;
}

static void parse_xoauth2(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (oauth_error_read(number, s, m))
        return;
    oauth_pairs(s, m);
    require(m, oauth_needed, "user= or auth= is missing");
}

/* RFC 7628 section 3.1: a GS2 header in front. Its authzid is the user. */
static void parse_oauthbearer(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (oauth_error_read(number, s, m))
        return;
    if (!gs2_header(&s, m))
        complain(m, "it does not begin with n,, y,, or p=");
    else if (s.len && s.p[0] == 1)
        s = esmtp_span_from(s, 1);
    else
        complain(m, "the ^A behind the header is missing");
    const esmtp_part_t *authzid = esmtp_auth_part(m, ESMTP_PART_AUTHZID);
    if (authzid)
        add(m, ESMTP_PART_USER, authzid->value, authzid->escape);
    oauth_pairs(s, m);
    require(m, oauth_needed + 1, "auth= is missing");
}

static const name_t json_names[] = {
    {"status", ESMTP_PART_ERROR},
    {"scope", ESMTP_PART_OAUTH_SCOPE},
    {"schemes", ESMTP_PART_OAUTH_SCHEMES},
    {"openid-configuration", ESMTP_PART_OAUTH_CONFIGURATION},
    {NULL, ESMTP_PART_NONE},
};

/* RFC 7628 section 3.2.2: JSON. The strings of its top level, as far as they have a name here. */
static void parse_json(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    esmtp_span_t name = {NULL, 0};
    size_t depth = 0;
    bool value = false;
    (void)number;
    if (s.len && s.p[0] != '{')
        complain(m, "it is not JSON");
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
        size_t end = quoted_end(text);
        i += end + 1;
        if (depth != 1)
            continue;
        text = esmtp_span_to(text, end);
        esmtp_part_kind_t kind = value ? kind_of(json_names, name) : ESMTP_PART_NONE;
        if (kind != ESMTP_PART_NONE)
            add(m, kind, text, ESMTP_ESCAPE_BACKSLASH);
        name = value ? esmtp_span(NULL, 0) : text;
    }
    if (s.len && depth)
        complain(m, "its JSON does not end");
}

bool esmtp_jwt_open(esmtp_span_t token, uint8_t *out, esmtp_jwt_t *jwt)
{
    esmtp_span_t rest = token, *json[] = {&jwt->header, &jwt->claims};
    if (!take_to(&rest, '.', &jwt->header_sent) || !take_to(&rest, '.', &jwt->claims_sent))
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

/* --- NTLM, GSSAPI, SPNEGO ---------------------------------------------------------------------------------------------- */

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
        add_plain(m, ESMTP_PART_NTLM, s);
        return;
    }
    if (number && s.len)
        complain(m, "it is no NTLM message");
    parse_text(number, s, m);
}

/* RFC 4752: tokens with the frame of RFC 2743 are for GSS-API; what comes later is wrapped by the mechanism. */
static void parse_gssapi(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (s.len && s.p[0] == 0x60)
        add_plain(m, ESMTP_PART_GSSAPI, s);
    else
        parse_text(number, s, m);
}

/* Windows sends NTLM without SPNEGO around it, too. */
static void parse_spnego(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (esmtp_ntlm_type(s))
        add_plain(m, ESMTP_PART_NTLM, s);
    else if (s.len && (s.p[0] == 0x60 || s.p[0] == 0xa0 || s.p[0] == 0xa1))
        add_plain(m, s.p[0] == 0x60 ? ESMTP_PART_GSSAPI : ESMTP_PART_SPNEGO, s);
    else
        parse_text(number, s, m);
}

/* --- mechanisms -------------------------------------------------------------------------------------------------------- */

typedef struct {
    void (*client)(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m);
    void (*server)(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m);
    bool server_first;
} form_t;

static const form_t forms[] = {
    [ESMTP_SASL_OPAQUE] = {parse_text, parse_nothing, false},
    [ESMTP_SASL_PLAIN] = {parse_plain, parse_nothing, false},
    [ESMTP_SASL_LOGIN] = {parse_login, parse_nothing, true},
    [ESMTP_SASL_CRAM] = {parse_cram, parse_nothing, true},
    [ESMTP_SASL_DIGEST_MD5] = {parse_digest_client, parse_digest_server, true},
    [ESMTP_SASL_SCRAM] = {parse_scram_client, parse_scram_server, false},
    [ESMTP_SASL_XOAUTH2] = {parse_xoauth2, parse_json, false},
    [ESMTP_SASL_OAUTHBEARER] = {parse_oauthbearer, parse_json, false},
    [ESMTP_SASL_NTLM] = {parse_ntlm, parse_ntlm, false},
    [ESMTP_SASL_GSSAPI] = {parse_gssapi, parse_gssapi, false},
    [ESMTP_SASL_SPNEGO] = {parse_spnego, parse_spnego, false},
    [ESMTP_SASL_EXTERNAL] = {parse_external, parse_nothing, false},
    [ESMTP_SASL_ANONYMOUS] = {parse_text, parse_nothing, false},
};

void esmtp_auth_parse(esmtp_sasl_form_t form, uint32_t number, esmtp_span_t octets, esmtp_auth_message_t *m)
{
    m->n = 0;
    m->problem = NULL;
    (number ? forms[form].client : forms[form].server)(number, octets, m);
}

bool esmtp_auth_server_first(esmtp_sasl_form_t form)
{
    return forms[form].server_first;
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

esmtp_auth_gift_t esmtp_auth_peek(const esmtp_mechanism_row_t *row, uint32_t number, esmtp_span_t base64)
{
    esmtp_auth_gift_t gift = {NULL, false};
    esmtp_auth_message_t m;
    size_t bad;
    base64 = esmtp_span_trim_end(base64);
    uint8_t *out = g_malloc(ESMTP_BASE64_ROOM(base64.len));
    esmtp_auth_open(row ? row->form : ESMTP_SASL_OPAQUE, number, base64, out, &bad, &m);
    gift.user = user_of(&m);
    gift.secret = esmtp_auth_part(&m, ESMTP_PART_PASSWORD) || esmtp_auth_part(&m, ESMTP_PART_TOKEN) ||
                  (row && row->form == ESMTP_SASL_OPAQUE && row->exposed && base64.len);
    g_free(out);
    return gift;
}
