/* reply.c
 * Reads one reply line: code, separator, enhanced status code, text; the lines of an EHLO reply;
 * the host name of a greeting; the queue id of a final reply. RFC 5321 sections 4.1.1.1 and 4.2,
 * RFC 2034, RFC 3463.
 *
 * Only the octets of the line are looked at: whether the code answers the command is for others.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reply.h"

/* The first word, blanks in front passed over. */
static esmtp_span_t first_word(esmtp_span_t s)
{
    s = esmtp_span_trim_front(s);
    return esmtp_span_to(s, esmtp_span_word(s));
}

/* Takes up to max digits off the front of *s. Returns their number. */
static size_t digits_take(esmtp_span_t *s, size_t max, uint16_t *value)
{
    size_t n = 0;

    *value = 0;
    for (; n < s->len && n < max && g_ascii_isdigit(s->p[n]); n++)
        *value = (uint16_t)(*value * 10 + (s->p[n] - '0'));
    *s = esmtp_span_from(*s, n);
    return n;
}

/* ---- Reply line ---- */

/* A colon, then a blank or the end: older OpenSMTPD writes "2.0.0: Ok". */
static bool is_colon_end(esmtp_span_t s)
{
    return s.len > 0 && s.p[0] == ':' && (s.len == 1 || esmtp_is_blank(s.p[1]));
}

/* What stands after an enhanced code. */
static esmtp_span_t enhanced_skip(esmtp_span_t s, const esmtp_enhanced_t *enhanced)
{
    s = esmtp_span_from(s, enhanced->whole.len);
    return esmtp_span_trim_front(is_colon_end(s) ? esmtp_span_from(s, 1) : s);
}

bool esmtp_enhanced_parse(esmtp_span_t s, esmtp_enhanced_t *out)
{
    esmtp_span_t rest = esmtp_span_from(s, strlen("5."));
    esmtp_enhanced_t e = {.class_ = 0};

    *out = e;
    if (rest.len == 0 || s.p[1] != '.' || (s.p[0] != '2' && s.p[0] != '4' && s.p[0] != '5'))
        return false;
    e.class_ = (uint16_t)(s.p[0] - '0');
    if (digits_take(&rest, 3, &e.subject) == 0 || rest.len == 0 || rest.p[0] != '.')
        return false;
    rest = esmtp_span_from(rest, 1);
    if (digits_take(&rest, 3, &e.detail) == 0)
        return false;
    if (rest.len > 0 && !esmtp_is_blank(rest.p[0]) && !is_colon_end(rest))
        return false;
    e.whole = esmtp_span_to(s, s.len - rest.len);
    *out = e;
    return true;
}

bool esmtp_reply_parse(esmtp_span_t line, esmtp_reply_line_t *out)
{
    esmtp_span_t rest = line;
    uint16_t code;
    unsigned first;

    *out = (esmtp_reply_line_t){.parameter = line, .text = line};
    if (digits_take(&rest, 3, &code) < 3)
        return false;
    if (rest.len > 0 && rest.p[0] != '-' && !esmtp_is_blank(rest.p[0]))
        return false;

    first = code / 100u;
    out->valid = true;
    out->code = code;
    out->more = rest.len > 0 && rest.p[0] == '-';
    out->odd_code = first < 2 || first > 5 || code / 10u % 10u > 5;
    out->parameter = esmtp_span_from(rest, 1);
    out->text = out->parameter;
    if ((first == 2 || first == 4 || first == 5) && esmtp_enhanced_parse(out->parameter, &out->enhanced))
        out->text = enhanced_skip(out->parameter, &out->enhanced);
    return true;
}

/* ---- Greeting and EHLO ---- */

/* First words of greetings that name nobody. */
static const char *const no_hosts[] = {
    "ESMTP", "SMTP", "LMTP", "Welcome", "Hello", "Hi", "Greetings", "OK", "Ready", "Service",
};

/* "[192.0.2.1]" */
static bool is_literal(esmtp_span_t s)
{
    if (s.len < 3 || s.p[0] != '[' || s.p[s.len - 1] != ']')
        return false;
    for (size_t i = 1; i + 1 < s.len; i++) {
        if (!g_ascii_isalnum(s.p[i]) && s.p[i] != '.' && s.p[i] != ':' && s.p[i] != '-')
            return false;
    }
    return true;
}

/* Whether the last label is digits only, as in "5.7.1": no domain is so. An IPv4 address without its brackets is taken.
 */
static bool is_number(esmtp_span_t s)
{
    size_t n = s.len, dots = 0;
    while (n > 0 && g_ascii_isdigit(s.p[n - 1]))
        n--;
    for (size_t i = 0; i < s.len; i++)
        dots += s.p[i] == '.';
    return n < s.len && (n == 0 || s.p[n - 1] == '.') && dots != 3;
}

static bool is_host_name(esmtp_span_t s)
{
    if (s.len == 0 || (!g_ascii_isalnum(s.p[0]) && s.p[0] != '_') || is_number(s))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!g_ascii_isalnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '-' && s.p[i] != '_')
            return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(no_hosts); i++) {
        if (esmtp_span_is(s, no_hosts[i]))
            return false;
    }
    return true;
}

esmtp_span_t esmtp_reply_host(esmtp_span_t text)
{
    esmtp_span_t rest = esmtp_span_trim_front(text), word = esmtp_span_to(rest, esmtp_span_word(rest));

    if (word.len > 1 && (word.p[word.len - 1] == ',' || word.p[word.len - 1] == ':'))
        word.len--;
    return is_literal(word) || is_host_name(word) ? word : esmtp_span(NULL, 0);
}

/* Whether a word has letters of both cases, or capitals without a digit: "Welcome", "IBM", not "mx", "EXCHANGE1". */
static bool is_brand(esmtp_span_t s)
{
    bool upper = false, lower = false, digit = false;
    for (size_t i = 0; i < s.len; i++) {
        upper |= g_ascii_isupper(s.p[i]);
        lower |= g_ascii_islower(s.p[i]);
        digit |= g_ascii_isdigit(s.p[i]);
    }
    return upper && (lower || !digit);
}

esmtp_span_t esmtp_greeting_host(esmtp_span_t text)
{
    esmtp_span_t host = esmtp_reply_host(text);
    if (host.len == 0 || host.p[0] == '[' || esmtp_span_find(host, '.') < host.len)
        return host;
    esmtp_span_t rest = esmtp_span_trim_front(text);
    esmtp_span_t next = first_word(esmtp_span_from(rest, esmtp_span_word(rest)));
    bool named =
        next.len == 0 || esmtp_span_is(next, "ESMTP") || esmtp_span_is(next, "SMTP") || esmtp_span_is(next, "LMTP");
    return named && !is_brand(host) ? host : esmtp_span(NULL, 0);
}

bool esmtp_ehlo_parse(esmtp_span_t parameter, esmtp_ehlo_line_t *out)
{
    esmtp_span_t s = esmtp_span_trim(parameter);
    size_t n = 0;

    *out = (esmtp_ehlo_line_t){.legal = false};
    if (s.len == 0)
        return false;
    while (n < s.len && (g_ascii_isalnum(s.p[n]) || (s.p[n] == '-' && n > 0)))
        n++;
    size_t legal = n;
    while (n < s.len && s.p[n] != '=' && !esmtp_is_blank(s.p[n]))
        n++;
    out->keyword = esmtp_span_to(s, n);
    out->row = esmtp_keyword_find(out->keyword);
    out->legal = n > 0 && legal == n;
    out->glued = n < s.len && s.p[n] == '=';
    out->parameter = esmtp_span_from(s, n + 1);
    if (!out->glued)
        out->parameter = esmtp_span_trim_front(out->parameter);
    return true;
}

/* Keywords are written in capitals; a host may be called "size". Only STARTTLS is taken in any case: no host is. */
bool esmtp_ehlo_is_extension(const esmtp_ehlo_line_t *line)
{
    const esmtp_keyword_row_t *row = line->row;
    if (!row || esmtp_keyword_is_mask(row) || (row->form == ESMTP_EHLO_NONE && line->parameter.len))
        return false;
    bool exact = row && strlen(row->keyword) == line->keyword.len &&
                 memcmp(row->keyword, line->keyword.p, line->keyword.len) == 0;
    return exact || esmtp_span_is(line->keyword, "STARTTLS");
}

/* ---- Queue id ---- */

static const esmtp_span_t no_id = {NULL, 0};

/* Offset of words in a text, ASCII case aside, not in the middle of another word; or its length. */
static size_t find_words(esmtp_span_t s, const char *words)
{
    for (size_t i = 0; i < s.len; i++) {
        bool inside = i > 0 && g_ascii_isalnum(s.p[i - 1]);
        if (!inside && esmtp_span_starts(esmtp_span_from(s, i), words))
            return i;
    }
    return s.len;
}

/* What stands after words that occur in a text; empty if they do not. */
static esmtp_span_t words_after(esmtp_span_t s, const char *words)
{
    size_t at = find_words(s, words);

    return at < s.len ? esmtp_span_from(s, at + strlen(words)) : no_id;
}

/* The last word before the words that a text ends with, and what stands before it. Empty
 * if it ends otherwise. */
static esmtp_span_t word_before(esmtp_span_t s, const char *words, esmtp_span_t *front)
{
    size_t n = strlen(words);
    size_t start;

    *front = no_id;
    if (s.len < n || !esmtp_span_is(esmtp_span_from(s, s.len - n), words))
        return no_id;
    s = esmtp_span_trim_end(esmtp_span_to(s, s.len - n));
    for (start = s.len; start > 0 && !esmtp_is_blank(s.p[start - 1]); start--)
        continue;
    *front = esmtp_span_trim_end(esmtp_span_to(s, start));
    return esmtp_span_from(s, start);
}

static bool is_bracketed(esmtp_span_t s)
{
    return s.len >= 2 && s.p[0] == '<' && s.p[s.len - 1] == '>';
}

static bool has_digit(esmtp_span_t s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (g_ascii_isdigit(s.p[i]))
            return true;
    }
    return false;
}

/* The id at the start of s: it ends at a blank or bracket, and a full stop after it is none of it.
 */
static esmtp_span_t id_take(esmtp_span_t s)
{
    size_t n = 0;

    if (s.len > 0 && s.p[0] == '<')
        s = esmtp_span_from(s, 1);
    while (n < s.len && s.p[n] > ' ' && s.p[n] < 0x7f && strchr(",;()[]<>\"'", s.p[n]) == NULL)
        n++;
    while (n > 0 && (s.p[n - 1] == '.' || s.p[n - 1] == ':'))
        n--;
    return esmtp_span_to(s, n);
}

/* Postfix "Ok: queued as 4XyZ1k2mJ1z9rV", Amavis "from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok:
 * queued as 4XyZ", MailHog "Ok: queued as abc=@mailhog.example", ZoneMTA "Message queued as
 * 18f1a2b3c4d000a1b2" */
static esmtp_span_t id_postfix(esmtp_span_t text)
{
    return id_take(words_after(text, "queued as "));
}

/* Yandex "Ok: queued on smtp3m.mail.yandex.net as 1430081058-6ltgNFKSir-iHEKdOrm" */
static esmtp_span_t id_yandex(esmtp_span_t text)
{
    esmtp_span_t host = words_after(text, "queued on ");
    esmtp_span_t rest = esmtp_span_from(host, esmtp_span_word(host));

    return esmtp_span_starts(rest, " as ") ? id_take(esmtp_span_from(rest, 4)) : no_id;
}

/* Exim "OK id=1abcDE-000000-XX", since 4.97 "OK id=1abcDE-00000001abc-2XYZ"; after PRDR "id=1abcDE-000000-XX message
 * accepted for some recipients" */
static esmtp_span_t id_exim(esmtp_span_t text)
{
    if (esmtp_span_starts(text, "id="))
        return id_take(esmtp_span_from(text, 3));
    return id_take(words_after(text, "OK id="));
}

/* Rspamd's and other new servers' "OK ids=2f1f4a6c9e0b11ee8a2c0242ac120002", 1&1 and GMX "Requested mail action okay,
 * completed: id=1MzQkC-1w", "Mail queued for delivery, id=abc123", "Message queued with id 1a2b3c4d5e6f." */
static esmtp_span_t id_named(esmtp_span_t text)
{
    static const char *const wordings[] = {"OK ids=", "completed: id=", "queued for delivery, id=", "queued with id "};

    for (size_t i = 0; i < G_N_ELEMENTS(wordings); i++) {
        esmtp_span_t id = id_take(words_after(text, wordings[i]));
        if (id.len > 0)
            return id;
    }
    return no_id;
}

/* Mimecast "SmtpThread-1234567-1717000000123@de-mta-12.de.example.net Received OK [abcDEF123xyz.de12]" */
static esmtp_span_t id_mimecast(esmtp_span_t text)
{
    return id_take(words_after(text, "Received OK ["));
}

/* Takes n hexadecimal digits, or as many decimal ones as there are (n 0), off the front of *s. */
static bool code_take(esmtp_span_t *s, size_t n)
{
    size_t i = 0;

    while (i < s->len && (n ? i < n && g_ascii_isxdigit(s->p[i]) : g_ascii_isdigit(s->p[i])))
        i++;
    *s = esmtp_span_from(*s, i);
    return n ? i == n : i > 0;
}

static bool octet_take(esmtp_span_t *s, uint8_t octet)
{
    bool there = s->len > 0 && s->p[0] == octet;

    *s = esmtp_span_from(*s, there);
    return there;
}

/* Momentum "OK 5A/3B-12345-6789ABCD" */
static esmtp_span_t id_momentum(esmtp_span_t text)
{
    esmtp_span_t id = esmtp_span_from(text, strlen("OK ")), rest = id;
    bool whole = esmtp_span_starts(text, "OK ") && code_take(&rest, 2) && octet_take(&rest, '/') &&
                 code_take(&rest, 2) && octet_take(&rest, '-') && code_take(&rest, 0) && octet_take(&rest, '-') &&
                 code_take(&rest, 8);

    return whole && rest.len == 0 ? id : no_id;
}

/* Sendmail "46SDx1aB012345 Message accepted for delivery", OpenSMTPD "5a6b7c8d Message accepted for
 * delivery" */
static esmtp_span_t id_sendmail(esmtp_span_t text)
{
    esmtp_span_t front;
    esmtp_span_t id = id_take(word_before(text, " Message accepted for delivery", &front));

    return front.len == 0 && has_digit(id) ? id : no_id;
}

/* Exchange "<a@b> [InternalId=95992519094146, Hostname=c.example.com] 13478 bytes in 0.277, 47.373
 * KB/sec Queued mail for delivery". The id in front is the client's Message-ID. */
static esmtp_span_t id_exchange(esmtp_span_t text)
{
    esmtp_span_t after = words_after(text, "[InternalId=");

    return find_words(after, "Queued mail for delivery") < after.len ? id_take(after) : no_id;
}

/* Gmail "OK  1722170092 d9443c01a7336-1fed7c9e3ecsi12345678.123 - gsmtp" */
static esmtp_span_t id_gmail(esmtp_span_t text)
{
    esmtp_span_t front;
    esmtp_span_t id = word_before(text, " - gsmtp", &front);

    return esmtp_span_starts(front, "OK ") ? id : no_id;
}

/* Haraka "Message Queued (14490C56-76FB-4932-A59B-A8299DB2B693.1)" */
static esmtp_span_t id_haraka(esmtp_span_t text)
{
    return id_take(words_after(text, "Message Queued ("));
}

/* qmail "ok 1722170092 qp 12345" */
static esmtp_span_t id_qmail(esmtp_span_t text)
{
    esmtp_span_t id = esmtp_span_from(text, strlen("ok "));
    esmtp_span_t rest = id;
    uint16_t any;

    if (!esmtp_span_starts(text, "ok ") || digits_take(&rest, rest.len, &any) == 0 || !esmtp_span_starts(rest, " qp "))
        return no_id;
    rest = esmtp_span_from(rest, strlen(" qp "));
    if (digits_take(&rest, rest.len, &any) == 0)
        return no_id;
    return esmtp_span_to(id, id.len - rest.len);
}

/* Dovecot's LMTP server "<user@example.org> 5GjrDafYTFE7WAAABf1gKA Saved"; old ones leave the id
 * out */
static esmtp_span_t id_dovecot(esmtp_span_t text)
{
    esmtp_span_t front;
    esmtp_span_t id = word_before(text, " Saved", &front);

    return is_bracketed(front) && !is_bracketed(id) ? id : no_id;
}

/* Amazon SES "Ok 01000170d10e6a6c-71c65177-ce88-4135-9258-48c0e8bf916d-000000": a word of seven
 * parts */
static esmtp_span_t id_ses(esmtp_span_t text)
{
    esmtp_span_t id = esmtp_span_from(text, strlen("Ok "));
    size_t dashes = 0;

    if (!esmtp_span_starts(text, "Ok "))
        return no_id;
    for (size_t i = 0; i < id.len; i++) {
        if (!g_ascii_isalnum(id.p[i]) && id.p[i] != '-')
            return no_id;
        dashes += id.p[i] == '-';
    }
    return dashes == 6 ? id : no_id;
}

esmtp_span_t esmtp_reply_queue_id(esmtp_span_t text)
{
    static esmtp_span_t (*const wordings[])(esmtp_span_t text) = {
        id_postfix, id_yandex, id_exim,    id_named, id_sendmail, id_exchange, id_gmail,
        id_haraka,  id_qmail,  id_dovecot, id_ses,   id_mimecast, id_momentum,
    };

    text = esmtp_span_trim_end(text);
    for (size_t i = 0; i < G_N_ELEMENTS(wordings); i++) {
        esmtp_span_t id = wordings[i](text);
        if (id.len > 0)
            return id;
    }
    return no_id;
}
