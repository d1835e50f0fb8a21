/* mime.c
 * The parts of a message. See mime.h.
 *
 * Known limits: a part header without an empty line after it swallows the part's text up to the next boundary;
 * comments are understood before a field's value and before its parameters only.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mime.h"

/* Pieces of one parameter that are put together, RFC 2231 section 3. */
#define SECTIONS_MAX 64
/* Octets of a charset name; longer ones are none that iconv knows. */
#define CHARSET_MAX 40

/* --- headers ---------------------------------------------------------------------------------- */

static bool is_space(uint8_t octet)
{
    return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

static esmtp_span_t trim(esmtp_span_t s)
{
    while (s.len && is_space(s.p[0]))
        s = esmtp_span(s.p + 1, s.len - 1);
    while (s.len && is_space(s.p[s.len - 1]))
        s.len--;
    return s;
}

/* Octets of the first line, its LF included. */
static size_t line_length(esmtp_span_t s)
{
    size_t lf = esmtp_span_find(s, '\n');
    return MIN(lf + 1, s.len);
}

static bool is_empty_line(esmtp_span_t s, size_t len)
{
    return (len == 1 && s.p[0] == '\n') || (len == 2 && s.p[0] == '\r' && s.p[1] == '\n');
}

size_t esmtp_mime_header_length(esmtp_span_t message)
{
    size_t at = 0;
    while (at < message.len) {
        esmtp_span_t rest = esmtp_span_from(message, at);
        size_t len = line_length(rest);
        if (is_empty_line(rest, len))
            break;
        at += len;
    }
    return at;
}

/* Octets of the first line and of those that continue it. */
static size_t folded_length(esmtp_span_t s)
{
    size_t n = line_length(s);
    while (n < s.len && esmtp_is_blank(s.p[n]))
        n += line_length(esmtp_span_from(s, n));
    return n;
}

bool esmtp_mime_field_next(esmtp_span_t *header, esmtp_mime_field_t *field)
{
    while (header->len) {
        size_t n = folded_length(*header);
        esmtp_span_t whole = esmtp_span_to(*header, n);
        size_t colon = esmtp_span_find(esmtp_span_to(whole, line_length(whole)), ':');
        *header = esmtp_span_from(*header, n);
        if (colon == 0 || colon >= line_length(whole) || esmtp_is_blank(whole.p[0]))
            continue;
        field->name = esmtp_span_trim(esmtp_span_to(whole, colon));
        field->value = trim(esmtp_span_from(whole, colon + 1));
        return true;
    }
    return false;
}

/* --- parameters ------------------------------------------------------------------------------- */

/* Passes over blanks, line ends, semicolons and comments. */
static void skip_separators(esmtp_span_t *s)
{
    unsigned depth = 0;
    while (s->len && (depth || is_space(s->p[0]) || s->p[0] == ';' || s->p[0] == '(')) {
        depth += s->p[0] == '(';
        depth -= depth && s->p[0] == ')';
        *s = esmtp_span_from(*s, 1);
    }
}

/* A quoted string after its first quote: quotes, line ends and backslashes go. */
static void read_quoted(esmtp_span_t *s, GString *value)
{
    size_t i = 0;
    for (; i < s->len && s->p[i] != '"'; i++) {
        if (s->p[i] == '\\' && i + 1 < s->len)
            i++;
        else if (s->p[i] == '\r' || s->p[i] == '\n')
            continue;
        g_string_append_c(value, (char)s->p[i]);
    }
    *s = esmtp_span_from(*s, i + 1);
}

/* A value without quotes goes up to the semicolon or the line's end: some programs forget the quotes around blanks. */
static void read_token(esmtp_span_t *s, GString *value)
{
    size_t i = 0;
    while (i < s->len && s->p[i] != ';' && s->p[i] != '\r' && s->p[i] != '\n')
        i++;
    esmtp_span_t token = trim(esmtp_span_to(*s, i));
    if (token.len)
        g_string_append_len(value, (const char *)token.p, (gssize)token.len);
    *s = esmtp_span_from(*s, i);
}

/* Takes the next "name=value" off the front. value is emptied first. False at the end. */
static bool parameter_next(esmtp_span_t *s, esmtp_span_t *name, GString *value)
{
    g_string_truncate(value, 0);
    skip_separators(s);
    if (!s->len)
        return false;
    size_t i = 0;
    while (i < s->len && s->p[i] != '=' && s->p[i] != ';')
        i++;
    *name = trim(esmtp_span_to(*s, i));
    bool valued = i < s->len && s->p[i] == '=';
    *s = esmtp_span_from(*s, valued ? i + 1 : i);
    if (!valued)
        return true;
    while (s->len && is_space(s->p[0]))
        *s = esmtp_span_from(*s, 1);
    if (s->len && s->p[0] == '"') {
        *s = esmtp_span_from(*s, 1);
        read_quoted(s, value);
        *s = esmtp_span_from(*s, esmtp_span_find(*s, ';')); /* what stands after the quote belongs to nobody */
    } else {
        read_token(s, value);
    }
    return true;
}

/* What stands before the parameters. */
static esmtp_span_t first_word(esmtp_span_t value)
{
    size_t i = 0;
    skip_separators(&value);
    while (i < value.len && value.p[i] != ';' && value.p[i] != '(' && !is_space(value.p[i]))
        i++;
    return esmtp_span_to(value, i);
}

/* Parameters of a field's value. */
static esmtp_span_t parameters_of(esmtp_span_t value)
{
    skip_separators(&value);
    return esmtp_span_from(value, esmtp_span_find(value, ';'));
}

esmtp_span_t esmtp_mime_media_type(esmtp_span_t content_type)
{
    esmtp_span_t type = first_word(content_type);
    return type.len ? type : esmtp_span_str("text/plain");
}

/* --- text in other character sets ------------------------------------------------------------- */

/* Octets of a character set as UTF-8, appended; unknown sets are taken for UTF-8, and what is none for ISO 8859-1. */
static void append_converted(GString *out, const char *octets, size_t len, const char *charset)
{
    size_t n = 0;
    char *text = charset ? g_convert(octets, (gssize)len, "UTF-8", charset, NULL, &n, NULL) : NULL;
    if (text && g_utf8_validate(text, (gssize)n, NULL)) {
        g_string_append_len(out, text, (gssize)n);
    } else if (g_utf8_validate(octets, (gssize)len, NULL)) {
        g_string_append_len(out, octets, (gssize)len);
    } else {
        for (size_t i = 0; i < len; i++)
            g_string_append_unichar(out, octets[i] ? (uint8_t)octets[i] : 0xfffd);
    }
    g_free(text);
}

/* The name of a character set for iconv, in buffer; NULL if it can be none. */
static const char *charset_name(esmtp_span_t name, char buffer[CHARSET_MAX + 1])
{
    size_t star = esmtp_span_find(name, '*'); /* a language follows, RFC 2231 section 5 */
    name = esmtp_span_to(name, star);
    if (name.len == 0 || name.len > CHARSET_MAX)
        return NULL;
    for (size_t i = 0; i < name.len; i++) {
        char c = (char)name.p[i];
        if (!g_ascii_isalnum(c) && !strchr("-_.:+", c))
            return NULL;
        buffer[i] = c;
    }
    buffer[name.len] = '\0';
    return buffer;
}

static void append_hex(GString *out, esmtp_span_t in, char escape, bool underscores)
{
    for (size_t i = 0; i < in.len; i++) {
        char c = (char)in.p[i];
        if (c == escape && i + 2 < in.len && g_ascii_isxdigit(in.p[i + 1]) && g_ascii_isxdigit(in.p[i + 2])) {
            c = (char)(g_ascii_xdigit_value((char)in.p[i + 1]) * 16 + g_ascii_xdigit_value((char)in.p[i + 2]));
            i += 2;
        } else if (c == '_' && underscores) {
            c = ' ';
        }
        g_string_append_c(out, c);
    }
}

/* Octets of a base64 text; out has room for in.len / 4 * 3 + 3. Programs leave out the padding at its end, or lose it:
 * what the last characters say counts all the same. */
static size_t decode_base64(esmtp_span_t in, uint8_t *out)
{
    int state = 0;
    unsigned save = 0;
    size_t n = g_base64_decode_step((const char *)in.p, in.len, out, &state, &save);
    unsigned pending =
        (unsigned)ABS(state); /* characters of a group of four that has not ended; negative: "=" is last */
    if (pending > 2 || state == 2)
        n += g_base64_decode_step("==", 4 - pending, out + n, &state, &save);
    return n;
}

static void append_base64(GString *out, esmtp_span_t in)
{
    size_t at = out->len;
    g_string_set_size(out, at + in.len / 4 * 3 + 3);
    size_t n = in.len ? decode_base64(in, (uint8_t *)out->str + at) : 0;
    g_string_truncate(out, at + n);
}

/* An encoded word "=?charset?B?text?=" at the front of a span. */
typedef struct {
    esmtp_span_t charset, text;
    bool base64;
    size_t len;
} word_t;

static bool encoded_word(esmtp_span_t s, word_t *w)
{
    if (s.len < 8 || s.p[0] != '=' || s.p[1] != '?')
        return false;
    esmtp_span_t rest = esmtp_span_from(s, 2);
    size_t q = esmtp_span_find(esmtp_span_to(rest, (size_t)CHARSET_MAX * 2), '?');
    w->charset = esmtp_span_to(rest, q);
    rest = esmtp_span_from(rest, q);
    if (rest.len < 4 || rest.p[0] != '?' || rest.p[2] != '?' || !strchr("bBqQ", rest.p[1]) || !rest.p[1])
        return false;
    w->base64 = g_ascii_tolower((char)rest.p[1]) == 'b';
    rest = esmtp_span_from(rest, 3);
    q = esmtp_span_find(esmtp_span_to(rest, 1000), '?');
    w->text = esmtp_span_to(rest, q);
    rest = esmtp_span_from(rest, q);
    if (rest.len < 2 || rest.p[0] != '?' || rest.p[1] != '=')
        return false;
    w->len = s.len - rest.len + 2;
    return true;
}

/* Text that is being put together: octets of one character set wait until it changes, as words may cut a character. */
typedef struct {
    GString *out, *waiting;
    esmtp_span_t charset;
} words_t;

static void words_flush(words_t *w)
{
    char buffer[CHARSET_MAX + 1];
    if (w->waiting->len)
        append_converted(w->out, w->waiting->str, w->waiting->len, charset_name(w->charset, buffer));
    g_string_truncate(w->waiting, 0);
}

static void words_take(words_t *w, const word_t *word)
{
    size_t len = word->charset.len;
    if (len != w->charset.len || (len && memcmp(word->charset.p, w->charset.p, len) != 0))
        words_flush(w);
    w->charset = word->charset;
    if (word->base64)
        append_base64(w->waiting, word->text);
    else
        append_hex(w->waiting, word->text, '=', true);
}

/* Text outside encoded words; line ends go. */
static void words_raw(words_t *w, esmtp_span_t raw)
{
    words_flush(w);
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.p[i] != '\r' && raw.p[i] != '\n')
            g_string_append_c(w->waiting, (char)raw.p[i]);
    }
    w->charset = esmtp_span(NULL, 0);
    words_flush(w);
}

char *esmtp_mime_text(esmtp_span_t value)
{
    words_t w = {g_string_new(NULL), g_string_new(NULL), {NULL, 0}};
    size_t raw = 0, at = 0;
    bool behind_word = false;
    while (at < value.len) {
        word_t word;
        if (!encoded_word(esmtp_span_from(value, at), &word)) {
            at++;
            continue;
        }
        esmtp_span_t between = esmtp_span_to(esmtp_span_from(value, raw), at - raw);
        if (!behind_word || trim(between).len) /* blanks between two words are not shown */
            words_raw(&w, between);
        words_take(&w, &word);
        behind_word = true;
        raw = at += word.len;
    }
    words_raw(&w, esmtp_span_from(value, raw));
    g_string_free(w.waiting, TRUE);
    return g_string_free(w.out, FALSE);
}

/* --- file names ------------------------------------------------------------------------------- */

/* A parameter that may come in sections, some of them percent-encoded. */
typedef struct {
    GString *plain;
    GString *sections[SECTIONS_MAX];
    bool encoded[SECTIONS_MAX];
} name_t;

/* Which section a parameter "key*3*" is. False if it is not of this key. */
static bool section_of(esmtp_span_t name, const char *key, int *number, bool *encoded)
{
    if (!esmtp_span_starts(name, key))
        return false;
    esmtp_span_t rest = esmtp_span_from(name, strlen(key));
    *number = -1;
    *encoded = false;
    if (!rest.len)
        return true;
    if (rest.p[0] != '*')
        return false;
    rest = esmtp_span_from(rest, 1);
    *encoded = rest.len == 0 || rest.p[rest.len - 1] == '*';
    *number = 0;
    for (size_t i = 0; i < rest.len && rest.p[i] != '*'; i++) {
        if (!g_ascii_isdigit(rest.p[i]) || i > 2)
            return false;
        *number = *number * 10 + rest.p[i] - '0';
    }
    return *number < SECTIONS_MAX;
}

static void read_sections(esmtp_span_t value, const char *key, name_t *n)
{
    esmtp_span_t rest = parameters_of(value), name;
    GString *text = g_string_new(NULL);
    while (parameter_next(&rest, &name, text)) {
        int number;
        bool encoded;
        if (!section_of(name, key, &number, &encoded))
            continue;
        GString **place = number < 0 ? &n->plain : &n->sections[number];
        if (*place)
            continue; /* the first of its name counts */
        if (number >= 0)
            n->encoded[number] = encoded;
        *place = g_string_new_len(text->str, (gssize)text->len);
    }
    g_string_free(text, TRUE);
}

/* Section 0 begins with "charset'language'" if it is encoded; returns what is after. */
static esmtp_span_t take_charset(esmtp_span_t text, esmtp_span_t *charset)
{
    size_t quote = esmtp_span_find(text, '\'');
    esmtp_span_t rest = esmtp_span_from(text, quote + 1);
    size_t second = esmtp_span_find(rest, '\'');
    if (quote == text.len || second == rest.len)
        return text;
    *charset = esmtp_span_to(text, quote);
    return esmtp_span_from(rest, second + 1);
}

static char *join_sections(const name_t *n)
{
    GString *octets = g_string_new(NULL), *out = g_string_new(NULL);
    esmtp_span_t charset = {NULL, 0};
    char buffer[CHARSET_MAX + 1];
    for (int i = 0; i < SECTIONS_MAX && n->sections[i]; i++) {
        esmtp_span_t text = esmtp_span(n->sections[i]->str, n->sections[i]->len);
        if (i == 0 && n->encoded[0])
            text = take_charset(text, &charset);
        append_hex(octets, text, n->encoded[i] ? '%' : '\0', false);
    }
    append_converted(out, octets->str, octets->len, charset_name(charset, buffer));
    g_string_free(octets, TRUE);
    return g_string_free(out, FALSE);
}

static void name_free(name_t *n)
{
    if (n->plain)
        g_string_free(n->plain, TRUE);
    for (int i = 0; i < SECTIONS_MAX; i++) {
        if (n->sections[i])
            g_string_free(n->sections[i], TRUE);
    }
}

/* A parameter as text; NULL if it is not there or empty. */
static char *parameter_text(esmtp_span_t value, const char *key)
{
    name_t n;
    char *text = NULL;
    memset(&n, 0, sizeof n);
    read_sections(value, key, &n);
    if (n.sections[0])
        text = join_sections(&n);
    else if (n.plain)
        text = esmtp_mime_text(esmtp_span(n.plain->str, n.plain->len));
    name_free(&n);
    if (text && !*text) {
        g_free(text);
        text = NULL;
    }
    return text;
}

char *esmtp_mime_file_name(const esmtp_mime_part_t *part)
{
    char *name = parameter_text(part->disposition, "filename");
    return name ? name : parameter_text(part->type, "name");
}

bool esmtp_mime_is_attachment(const esmtp_mime_part_t *part)
{
    esmtp_span_t type = esmtp_mime_media_type(part->type);
    if (part->message || esmtp_span_is(first_word(part->disposition), "attachment") ||
        !esmtp_span_starts(type, "text/"))
        return true;
    char *name = esmtp_mime_file_name(part);
    g_free(name);
    return name != NULL;
}

/* --- decoding --------------------------------------------------------------------------------- */

/* What a "=" stands for: the octets that it takes; *octet is what it means, -1 for nothing. */
static size_t quoted_octet(esmtp_span_t s, int *octet)
{
    if (s.len >= 3 && g_ascii_isxdigit(s.p[1]) && g_ascii_isxdigit(s.p[2])) {
        *octet = g_ascii_xdigit_value((char)s.p[1]) * 16 + g_ascii_xdigit_value((char)s.p[2]);
        return 3;
    }
    size_t n = 1 + esmtp_span_blanks(esmtp_span_from(s, 1));
    bool cr = n < s.len && s.p[n] == '\r';
    *octet = -1;
    if (n + cr >= s.len)
        return n + cr;
    if (s.p[n + cr] == '\n')
        return n + cr + 1;
    *octet = '=';
    return 1;
}

/* Octets of a quoted-printable body. Blanks at the end of a line were put there on the way: they go (RFC 2045
 * section 6.7). */
static size_t decode_quoted(esmtp_span_t in, uint8_t *out)
{
    size_t n = 0, kept = 0; /* kept: octets of out that are no blanks at the end of a line */
    for (size_t i = 0; i < in.len;) {
        int octet = in.p[i];
        bool blank = esmtp_is_blank(in.p[i]), eol = octet == '\r' || octet == '\n', quoted = octet == '=';
        i += quoted ? quoted_octet(esmtp_span_from(in, i), &octet) : 1;
        if (eol)
            n = kept;
        if (octet >= 0)
            out[n++] = (uint8_t)octet;
        if (!blank)
            kept = n;
    }
    return kept;
}

uint8_t *esmtp_mime_decode(const esmtp_mime_part_t *part, size_t *len)
{
    esmtp_span_t body = part->body;
    *len = 0;
    if (!body.len)
        return NULL;
    uint8_t *out = g_malloc(body.len + 3);
    switch (part->encoding) {
    case ESMTP_MIME_BASE64: *len = decode_base64(body, out); break;
    case ESMTP_MIME_QUOTED: *len = decode_quoted(body, out); break;
    case ESMTP_MIME_PLAIN:
        memcpy(out, body.p, body.len);
        *len = body.len;
        break;
    }
    return out;
}

/* --- the walk --------------------------------------------------------------------------------- */

typedef struct {
    esmtp_mime_part_t part;
    size_t begin; /* of the header, then of the body */
    bool in_header;
    bool multipart;
    bool closed; /* multipart: its last boundary was seen */
    char *boundary;
    size_t boundary_len;
} open_t;

typedef struct {
    esmtp_span_t message;
    esmtp_mime_taker_t taker;
    void *ctx;
    open_t stack[ESMTP_MIME_DEPTH_MAX];
    unsigned depth;
    unsigned multiparts; /* open ones among them */
    unsigned parts;      /* told */
} walk_t;

static void push(walk_t *w, size_t begin)
{
    open_t *o = &w->stack[w->depth++];
    memset(o, 0, sizeof *o);
    o->part.outermost = w->depth == 1;
    o->begin = begin;
    o->in_header = true;
}

/* The innermost open part ends before an offset. open: no boundary says so. */
static void pop(walk_t *w, size_t end, bool open)
{
    open_t *o = &w->stack[--w->depth];
    o->part.open = open;
    end = MAX(end, o->begin);
    if (o->in_header)
        o->begin = end; /* no body */
    o->part.body = esmtp_span(w->message.p + o->begin, end - o->begin);
    if (o->multipart)
        w->multiparts--;
    else if (w->parts++ < ESMTP_MIME_PARTS_MAX)
        w->taker(w->ctx, &o->part);
    g_free(o->boundary);
}

static void read_field(open_t *o, const esmtp_mime_field_t *f)
{
    if (esmtp_span_is(f->name, "Content-Type") && !o->part.type.len)
        o->part.type = f->value;
    if (esmtp_span_is(f->name, "Content-Disposition") && !o->part.disposition.len)
        o->part.disposition = f->value;
    if (!esmtp_span_is(f->name, "Content-Transfer-Encoding"))
        return;
    esmtp_span_t encoding = first_word(f->value);
    if (esmtp_span_is(encoding, "base64"))
        o->part.encoding = ESMTP_MIME_BASE64;
    else if (esmtp_span_is(encoding, "quoted-printable"))
        o->part.encoding = ESMTP_MIME_QUOTED;
}

static void read_boundary(open_t *o)
{
    esmtp_span_t rest = parameters_of(o->part.type), name;
    GString *value = g_string_new(NULL);
    while (!o->boundary && parameter_next(&rest, &name, value)) {
        if (esmtp_span_is(name, "boundary") && value->len && value->len <= ESMTP_MIME_BOUNDARY_MAX)
            o->boundary = g_strndup(value->str, value->len);
    }
    o->boundary_len = value->len;
    g_string_free(value, TRUE);
}

/* Whether a text begins with a header field, which no base64 does. */
static bool is_field(esmtp_span_t s)
{
    size_t n = 0;
    while (n < s.len && (g_ascii_isalnum(s.p[n]) || s.p[n] == '-' || s.p[n] == '_'))
        n++;
    return n > 0 && n < s.len && s.p[n] == ':';
}

/* Whether a part is a message that can be looked into. message/rfc822 has no encoding (RFC 2046 section 5.2.1): where
 * one is named all the same the label is wrong if the octets read as a header. */
static bool is_message(open_t *o, esmtp_span_t type, esmtp_span_t body)
{
    bool rfc822 = esmtp_span_is(type, "message/rfc822");
    bool global = esmtp_span_is(type, "message/global"); /* RFC 6532 section 3.7 lets it have one */
    if (!rfc822 && !global)
        return false;
    if ((rfc822 || o->part.encoding == ESMTP_MIME_BASE64) && is_field(body))
        o->part.encoding = ESMTP_MIME_PLAIN;
    return o->part.encoding == ESMTP_MIME_PLAIN;
}

/* The empty line after a header was seen; the body begins at an offset. */
static void end_header(walk_t *w, size_t header_end, size_t body)
{
    open_t *o = &w->stack[w->depth - 1];
    esmtp_span_t header = esmtp_span(w->message.p + o->begin, header_end - o->begin);
    esmtp_mime_field_t field;
    while (esmtp_mime_field_next(&header, &field))
        read_field(o, &field);
    o->in_header = false;
    o->begin = body;
    if (w->depth == ESMTP_MIME_DEPTH_MAX)
        return;
    esmtp_span_t type = esmtp_mime_media_type(o->part.type);
    if (esmtp_span_starts(type, "multipart/"))
        read_boundary(o);
    o->multipart = o->boundary != NULL;
    w->multiparts += o->multipart;
    o->part.message = is_message(o, type, esmtp_span_from(w->message, body));
    if (o->part.message)
        push(w, body);
}

/* Which open multipart a line is a boundary of: its place in the stack, or -1. *last: the one after its last part. */
static int boundary_at(const walk_t *w, esmtp_span_t line, bool *last)
{
    for (int i = (int)w->depth - 1; i >= 0; i--) {
        const open_t *o = &w->stack[i];
        if (!o->multipart || o->closed || line.len < o->boundary_len ||
            memcmp(line.p, o->boundary, o->boundary_len) != 0)
            continue;
        esmtp_span_t rest = trim(esmtp_span_from(line, o->boundary_len));
        *last = rest.len >= 2 && rest.p[0] == '-' && rest.p[1] == '-';
        if (*last || !rest.len)
            return i;
    }
    return -1;
}

static size_t in_front_of_line_end(esmtp_span_t message, size_t at)
{
    if (at > 0 && message.p[at - 1] == '\n')
        at--;
    if (at > 0 && message.p[at - 1] == '\r')
        at--;
    return at;
}

/* A boundary of the multipart at place i of the stack: ends what is open inside it. */
static void take_boundary(walk_t *w, int i, bool last, size_t line, size_t next)
{
    size_t end = in_front_of_line_end(w->message, line);
    while ((int)w->depth > i + 1)
        pop(w, end, false);
    if (last)
        w->stack[i].closed = true;
    else
        push(w, next);
}

static void take_line(walk_t *w, size_t at, size_t len)
{
    esmtp_span_t line = esmtp_span(w->message.p + at, len);
    bool last = false;
    if (w->multiparts && len > 2 && line.p[0] == '-' && line.p[1] == '-') {
        int i = boundary_at(w, esmtp_span_from(line, 2), &last);
        if (i >= 0) {
            take_boundary(w, i, last, at, at + len);
            return;
        }
    }
    if (w->stack[w->depth - 1].in_header && is_empty_line(line, len))
        end_header(w, at, at + len);
}

void esmtp_mime_walk(esmtp_span_t message, esmtp_mime_taker_t taker, void *ctx)
{
    walk_t *w = g_new0(walk_t, 1);
    w->message = message;
    w->taker = taker;
    w->ctx = ctx;
    push(w, 0);
    for (size_t at = 0; at < message.len && w->parts < ESMTP_MIME_PARTS_MAX;) {
        size_t len = line_length(esmtp_span_from(message, at));
        take_line(w, at, len);
        at += len;
        if (!w->multiparts && !w->stack[w->depth - 1].in_header)
            break; /* nothing ends but with the message */
    }
    while (w->depth)
        pop(w, message.len, true);
    g_free(w);
}
