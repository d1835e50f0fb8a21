/* command.c
 * Reads one command line: verb, parameter, path, ESMTP parameters and the values that need more
 * than a comparison. RFC 5321 sections 4.1.1 and 4.1.2.
 *
 * Takes what real clients send and says where it leaves the grammar. Does not judge: whether an
 * address is deliverable or a parameter allowed here is for others. Every function walks its input
 * a constant number of times and copies nothing.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "command.h"

#define BLANKS " \t"

/* ---- Verb ---- */

static bool is_verb_text(esmtp_span_t s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!g_ascii_isalnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
            return false;
    }
    return s.len > 0;
}

/* Printable ASCII, TAB and well-formed UTF-8. */
static bool is_text(esmtp_span_t s)
{
    bool eight_bit = false;

    if (esmtp_span_is_plain(s))
        return true;
    for (size_t i = 0; i < s.len; i++) {
        if ((s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
            return false;
        eight_bit |= s.p[i] > 127;
    }
    return !eight_bit || g_utf8_validate((const char *)s.p, (gssize)s.len, NULL);
}

/* Offset of what ends a verb, or the length. "DATA" with a NUL after it is DATA to Postfix and others, whose strings
 * end there. */
static size_t verb_end(esmtp_span_t s)
{
    size_t n = 0;

    while (n < s.len && s.p[n] > ' ' && s.p[n] != 0x7f)
        n++;
    return n > 0 ? n : esmtp_span_word(s);
}

void esmtp_command_parse(esmtp_span_t line, esmtp_command_t *cmd)
{
    esmtp_span_t s = esmtp_span_trim_front(line);
    esmtp_span_t after;
    size_t separator;

    *cmd = (esmtp_command_t){.leading_space = s.len < line.len};
    if (s.len == 0)
        return;

    cmd->verb = esmtp_span_to(s, verb_end(s));
    after = esmtp_span_from(s, cmd->verb.len);
    separator = esmtp_span_blanks(after);
    cmd->parameter = esmtp_span_trim_end(esmtp_span_from(after, separator));
    if (cmd->parameter.len > 0) {
        cmd->tab = esmtp_span_find(esmtp_span_to(after, separator), '\t') < separator;
        cmd->trailing_space = separator + cmd->parameter.len < after.len;
    } else {
        cmd->trailing_space = after.len > 0;
    }
    cmd->row = esmtp_verb_find(cmd->verb);
    cmd->named = cmd->row ? g_ascii_isalpha(cmd->verb.p[0]) : is_verb_text(cmd->verb); /* all rows but "." and "*" */
    cmd->plausible = cmd->named && is_text(line);
}

/* ---- Path ---- */

/* Steps over octets that may stand in quotes. */
typedef struct {
    bool quoted;  /* inside a quoted string */
    bool escaped; /* after its backslash */
} quotes_t;

/* Takes one octet. Returns true if it has its special meaning: it neither belongs to a quoted
 * string nor delimits one. */
static bool quotes_step(quotes_t *q, uint8_t c)
{
    if (q->escaped) {
        q->escaped = false;
        return false;
    }
    if (q->quoted && c == '\\')
        q->escaped = true;
    if (c != '"')
        return !q->quoted;
    q->quoted = !q->quoted;
    return false;
}

static bool has_octet(esmtp_span_t s, uint8_t octet)
{
    return esmtp_span_find(s, octet) < s.len;
}

/* Offset after the ">" that closes the "<" at the start of s; 0 if none does. Sets *nested when
 * brackets stand in it. */
static size_t bracket_end(esmtp_span_t s, bool *nested)
{
    quotes_t q = {false, false};
    size_t depth = 0;
    size_t close = esmtp_span_find(s, '>');
    esmtp_span_t inside = esmtp_span_from(esmtp_span_to(s, close), 1);

    if (close < s.len && !has_octet(inside, '"') && !has_octet(inside, '<'))
        return close + 1; /* as nearly all are */
    for (size_t i = 0; i < s.len; i++) {
        if (!quotes_step(&q, s.p[i]))
            continue;
        if (s.p[i] == '<' && ++depth > 1)
            *nested = true;
        if (s.p[i] == '>' && --depth == 0)
            return i + 1;
    }
    return 0;
}

/* Offset of the first blank outside quotes; quotes that are never closed do not count. */
static size_t bare_end(esmtp_span_t s)
{
    quotes_t q = {false, false};

    for (size_t i = 0; i < s.len; i++) {
        if (quotes_step(&q, s.p[i]) && esmtp_is_blank(s.p[i]))
            return i;
    }
    return q.quoted ? esmtp_span_word(s) : s.len;
}

/* Offset of the last "@" outside quotes, else the last one at all, else the length. */
static size_t at_sign(esmtp_span_t s)
{
    quotes_t q = {false, false};
    size_t plain = s.len;
    size_t any = esmtp_span_find(s, '@');

    if (any == s.len || !has_octet(esmtp_span_from(s, any + 1), '@'))
        return any; /* as nearly all are */
    for (size_t i = 0; i < s.len; i++) {
        bool special = quotes_step(&q, s.p[i]);
        if (s.p[i] != '@')
            continue;
        any = i;
        if (special)
            plain = i;
    }
    return plain < s.len ? plain : any;
}

/* Offset of the ":" that ends a source route, or the length: not the one of an address literal. */
static size_t route_end(esmtp_span_t s)
{
    bool literal = false;

    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '[')
            literal = true;
        if (s.p[i] == ']')
            literal = false;
        if (s.p[i] == ':' && !literal)
            return i;
    }
    return s.len;
}

static bool has_eight_bit(esmtp_span_t s)
{
    if (esmtp_span_is_plain(s))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] > 127)
            return true;
    }
    return false;
}

static bool is_wrapped(esmtp_span_t s, uint8_t first, uint8_t last)
{
    return s.len >= 2 && s.p[0] == first && s.p[s.len - 1] == last;
}

/* Takes an address (no brackets around it) apart. Returns the form that it would have in brackets.
 */
static esmtp_path_form_t address_split(esmtp_span_t address, esmtp_path_t *path)
{
    esmtp_span_t mailbox = address;
    bool routed = false;
    size_t at;

    path->address = address;
    path->eight_bit = has_eight_bit(address);
    if (address.len == 0)
        return ESMTP_PATH_NULL;

    if (address.p[0] == '@') {
        size_t colon = route_end(address);
        routed = colon < address.len;
        if (routed) {
            path->route = esmtp_span_to(address, colon);
            mailbox = esmtp_span_from(address, colon + 1);
        }
    }
    at = at_sign(mailbox);
    path->local = esmtp_span_to(mailbox, at);
    path->domain = esmtp_span_from(mailbox, at + 1);
    path->quoted = is_wrapped(path->local, '"', '"');
    path->literal = is_wrapped(path->domain, '[', ']');

    if (path->local.len == 0 || (at < mailbox.len && path->domain.len == 0))
        return ESMTP_PATH_BROKEN;
    if (!path->quoted && (has_octet(mailbox, ' ') || has_octet(mailbox, '\t')))
        return ESMTP_PATH_BROKEN;
    if (esmtp_span_word(path->route) < path->route.len)
        return ESMTP_PATH_BROKEN;
    if (routed)
        return ESMTP_PATH_ROUTED;
    return at < mailbox.len ? ESMTP_PATH_NORMAL : ESMTP_PATH_LOCAL;
}

/* What stands in brackets, however many there are. */
static esmtp_span_t without_brackets(esmtp_span_t s)
{
    while (s.len > 0 && s.p[0] == '<')
        s = esmtp_span_from(s, 1);
    while (s.len > 0 && s.p[s.len - 1] == '>')
        s.len--;
    return esmtp_span_trim(s);
}

/* A path that begins with "<". Returns the octets taken. */
static size_t bracketed_parse(esmtp_span_t s, esmtp_path_t *path)
{
    bool broken = false;
    size_t end = bracket_end(s, &broken);
    esmtp_path_form_t form;

    if (end == 0) {
        size_t close = esmtp_span_find(s, '>');
        broken = true;
        end = close < s.len ? close + 1 : esmtp_span_word(s);
    }
    for (; end < s.len && s.p[end] == '>'; end++)
        broken = true;
    path->whole = esmtp_span_to(s, end);
    form = address_split(broken ? without_brackets(path->whole) : esmtp_span_trim(esmtp_span(s.p + 1, end - 2)), path);
    path->form = broken ? ESMTP_PATH_BROKEN : form;
    return end;
}

/* A path without brackets. Returns the octets taken. */
static size_t bare_parse(esmtp_span_t s, esmtp_path_t *path)
{
    size_t end = bare_end(s);
    esmtp_path_form_t form;

    path->whole = esmtp_span_to(s, end);
    form = address_split(without_brackets(path->whole), path);
    path->form = ESMTP_PATH_BARE;
    if (form == ESMTP_PATH_BROKEN || form == ESMTP_PATH_NULL || path->address.len < end)
        path->form = ESMTP_PATH_BROKEN;
    return end;
}

/* "Some Name <a@b>", as programs send that take a header field for an address. Returns the octets
 * taken, 0 if it is none. */
static size_t named_parse(esmtp_span_t s, esmtp_path_t *path)
{
    size_t open = esmtp_span_find(s, '<');
    size_t taken;

    if (open == s.len || esmtp_span_find(s, '=') < open || esmtp_span_find(s, '@') < open)
        return 0;
    taken = open + bracketed_parse(esmtp_span_from(s, open), path);
    path->whole = esmtp_span_to(s, taken);
    path->form = ESMTP_PATH_BROKEN;
    return taken;
}

/* "SIZE=100" where a path should be. */
static bool is_argument(esmtp_span_t s)
{
    esmtp_span_t word = esmtp_span_to(s, esmtp_span_word(s));
    size_t equals = esmtp_span_find(word, '=');

    return equals < word.len && esmtp_span_find(word, '@') == word.len && is_verb_text(esmtp_span_to(word, equals));
}

/* Steps over "FROM:". Says so when the colon, or all of it, is missing. */
static esmtp_span_t keyword_skip(esmtp_span_t s, const char *keyword, bool *missing)
{
    esmtp_span_t after = esmtp_span_from(s, strlen(keyword));
    size_t blanks = esmtp_span_blanks(after);

    *missing = true;
    if (!esmtp_span_starts(s, keyword))
        return s;
    if (blanks < after.len && after.p[blanks] == ':') {
        *missing = false;
        return esmtp_span_from(after, blanks + 1);
    }
    /* "FROM <a@b>" and "FROM<a@b>", but not the address "from@example.com" */
    if (after.len == 0 || blanks > 0 || after.p[0] == '<')
        return esmtp_span_from(after, blanks);
    return s;
}

bool esmtp_path_parse(esmtp_span_t parameter, const char *keyword, esmtp_path_t *path, esmtp_span_t *rest)
{
    esmtp_span_t s;
    size_t blanks;
    size_t taken = 0;

    *path = (esmtp_path_t){.form = ESMTP_PATH_NONE};
    parameter = esmtp_span_trim_front(parameter);
    s = keyword_skip(parameter, keyword, &path->keyword_missing);
    blanks = esmtp_span_blanks(s);
    s = esmtp_span_from(s, blanks);
    *rest = s;
    if (s.len == 0 || (s.p[0] != '<' && is_argument(s)))
        return false;

    path->space_before = blanks > 0;
    if (s.p[0] == '<')
        taken = bracketed_parse(s, path);
    else
        taken = named_parse(s, path);
    if (taken == 0)
        taken = bare_parse(s, path);
    *rest = esmtp_span_from(s, taken);
    return true;
}

/* ---- Parameters and words ---- */

static bool is_one_of(uint8_t c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

bool esmtp_word_next(esmtp_span_t *rest, const char *separators, esmtp_span_t *word)
{
    size_t start = 0;
    size_t end;

    while (start < rest->len && is_one_of(rest->p[start], separators))
        start++;
    end = start;
    while (end < rest->len && !is_one_of(rest->p[end], separators))
        end++;
    *word = end > start ? esmtp_span(rest->p + start, end - start) : esmtp_span(NULL, 0);
    *rest = esmtp_span_from(*rest, end);
    return word->len > 0;
}

bool esmtp_argument_next(esmtp_span_t *rest, esmtp_argument_t *arg)
{
    size_t equals;

    *arg = (esmtp_argument_t){.has_value = false};
    *rest = esmtp_span_trim_front(*rest);
    if (rest->len == 0)
        return false;
    arg->whole = esmtp_span_to(*rest, esmtp_span_word(*rest));
    *rest = esmtp_span_from(*rest, arg->whole.len);
    equals = esmtp_span_find(arg->whole, '=');
    arg->name = esmtp_span_to(arg->whole, equals);
    arg->has_value = equals < arg->whole.len;
    arg->value = esmtp_span_from(arg->whole, equals + 1);
    return true;
}

/* ---- Encodings ---- */

/* Value of a capital hexadecimal digit, -1 if it is none. */
static int capital_hex(uint8_t c)
{
    return c >= 'a' ? -1 : g_ascii_xdigit_value((char)c);
}

int esmtp_xtext_octet(esmtp_span_t s)
{
    int high = s.len > 2 ? capital_hex(s.p[1]) : -1;
    int low = s.len > 2 ? capital_hex(s.p[2]) : -1;

    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Reads the escape at the start of s: the octets taken, 0 if it is malformed. *n octets are the
 * result. */
typedef size_t (*escape_t)(esmtp_span_t s, uint8_t *out, size_t *n);

static size_t xtext_escape(esmtp_span_t s, uint8_t *out, size_t *n)
{
    int octet = esmtp_xtext_octet(s);

    if (octet < 0)
        return 0;
    *out = (uint8_t)octet;
    *n = 1;
    return 3;
}

/* The longest escape is "\x{10FFFF}"; the result is never longer than its escape. */
static size_t utf8_addr_escape(esmtp_span_t s, uint8_t *out, size_t *n)
{
    char utf8[6];
    uint32_t c = 0;
    size_t i = 3;

    if (!esmtp_span_starts(s, "\\x{") || s.p[1] != 'x')
        return 0;
    for (; i < s.len && i < 9 && g_ascii_isxdigit(s.p[i]); i++)
        c = c << 4 | (uint32_t)g_ascii_xdigit_value((char)s.p[i]);
    if (i < 5 || i == s.len || s.p[i] != '}' || (s.p[3] == '0' && i > 5))
        return 0;
    if (c == 0 || !g_unichar_validate(c))
        return 0;
    *n = (size_t)g_unichar_to_utf8(c, utf8);
    memcpy(out, utf8, *n);
    return i + 1;
}

/* Copies s to out, each escape replaced by what it stands for. */
static size_t decode(esmtp_span_t s, uint8_t mark, escape_t escape, uint8_t *out, bool *bad)
{
    size_t written = 0;

    *bad = false;
    for (size_t i = 0; i < s.len;) {
        size_t n = 0;
        size_t taken = s.p[i] == mark ? escape(esmtp_span_from(s, i), out + written, &n) : 0;
        if (taken == 0) {
            *bad |= s.p[i] == mark;
            out[written] = s.p[i];
            n = taken = 1;
        }
        written += n;
        i += taken;
    }
    return written;
}

size_t esmtp_xtext_decode(esmtp_span_t s, uint8_t *out, bool *bad)
{
    return decode(s, '+', xtext_escape, out, bad);
}

size_t esmtp_utf8_addr_decode(esmtp_span_t s, uint8_t *out, bool *bad)
{
    return decode(s, '\\', utf8_addr_escape, out, bad);
}

/* ---- Numbers ---- */

esmtp_number_t esmtp_number_parse(esmtp_span_t s, uint64_t *value)
{
    uint64_t sum = 0;
    bool overflow = false;

    *value = 0;
    if (s.len == 0)
        return ESMTP_NUMBER_NONE;
    for (size_t i = 0; i < s.len; i++) {
        uint64_t digit = (uint64_t)s.p[i] - '0';
        if (!g_ascii_isdigit(s.p[i]))
            return ESMTP_NUMBER_BAD;
        overflow |= sum > (UINT64_MAX - digit) / 10;
        sum = sum * 10 + digit;
    }
    *value = overflow ? UINT64_MAX : sum;
    return overflow ? ESMTP_NUMBER_OVERFLOW : ESMTP_NUMBER_OK;
}

esmtp_number_t esmtp_signed_parse(esmtp_span_t s, int32_t *value)
{
    bool sign = s.len > 0 && (s.p[0] == '+' || s.p[0] == '-');
    bool negative = sign && s.p[0] == '-';
    uint64_t limit = negative ? (uint64_t)INT32_MAX + 1 : INT32_MAX;
    uint64_t n;
    esmtp_number_t kind = esmtp_number_parse(esmtp_span_from(s, sign), &n);

    *value = 0;
    if (kind == ESMTP_NUMBER_NONE && sign)
        return ESMTP_NUMBER_BAD;
    if (kind == ESMTP_NUMBER_NONE || kind == ESMTP_NUMBER_BAD)
        return kind;
    *value = (int32_t)(negative ? -(int64_t)MIN(n, limit) : (int64_t)MIN(n, limit));
    return n > limit ? ESMTP_NUMBER_OVERFLOW : ESMTP_NUMBER_OK;
}

bool esmtp_bdat_parse(esmtp_span_t parameter, uint64_t *size, bool *last)
{
    esmtp_span_t word;

    *last = false;
    *size = 0;
    if (!esmtp_word_next(&parameter, BLANKS, &word))
        return false;
    if (esmtp_number_parse(word, size) != ESMTP_NUMBER_OK) {
        *size = 0;
        return false;
    }
    if (!esmtp_word_next(&parameter, BLANKS, &word))
        return true;
    *last = esmtp_span_is(word, "LAST");
    return *last && !esmtp_word_next(&parameter, BLANKS, &word);
}

bool esmtp_bdat_guess(esmtp_span_t parameter, uint64_t *size, bool *last)
{
    esmtp_span_t rest = esmtp_span_to(parameter, esmtp_span_find(parameter, '\0'));
    size_t digits = 0;
    if (rest.len && rest.p[0] == '+')
        rest = esmtp_span_from(rest, 1);
    while (digits < rest.len && g_ascii_isdigit(rest.p[digits]))
        digits++;
    if (!digits || esmtp_number_parse(esmtp_span_to(rest, digits), size) != ESMTP_NUMBER_OK)
        return false;
    rest = digits < rest.len ? esmtp_span_from(rest, digits) : esmtp_span(NULL, 0);
    while (rest.len && (rest.p[0] == ' ' || rest.p[0] == '\t'))
        rest = rest.len > 1 ? esmtp_span_from(rest, 1) : esmtp_span(NULL, 0);
    *last = esmtp_span_is(rest, "LAST");
    return true;
}

/* ---- Date and time, RFC 3339 section 5.6 ---- */

/* Takes so many digits off the front of *s; their value, or -1 if they are not there. */
static int digits_take(esmtp_span_t *s, size_t n)
{
    int value = 0;

    if (s->len < n)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (!g_ascii_isdigit(s->p[i]))
            return -1;
        value = value * 10 + (s->p[i] - '0');
    }
    *s = esmtp_span_from(*s, n);
    return value;
}

/* Takes one octet of the set off the front of *s. */
static bool octet_take(esmtp_span_t *s, const char *set)
{
    if (s->len == 0 || !is_one_of(s->p[0], set))
        return false;
    *s = esmtp_span_from(*s, 1);
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

static bool date_take(esmtp_span_t *s)
{
    int year = digits_take(s, 4);
    int month = octet_take(s, "-") ? digits_take(s, 2) : -1;
    int day = octet_take(s, "-") ? digits_take(s, 2) : -1;

    return year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
}

/* "23:59", its parts in range. */
static bool hour_minute_take(esmtp_span_t *s)
{
    int hour = digits_take(s, 2);
    int minute = octet_take(s, ":") ? digits_take(s, 2) : -1;

    return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59;
}

/* ":59", ":60" in a leap second, and a fraction. */
static bool second_take(esmtp_span_t *s)
{
    int second = octet_take(s, ":") ? digits_take(s, 2) : -1;

    if (second < 0 || second > 60)
        return false;
    if (!octet_take(s, "."))
        return true;
    if (digits_take(s, 1) < 0)
        return false;
    while (digits_take(s, 1) >= 0)
        continue;
    return true;
}

bool esmtp_datetime_valid(esmtp_span_t s, bool utc_only)
{
    bool zone;

    if (!date_take(&s) || !octet_take(&s, "Tt") || !hour_minute_take(&s) || !second_take(&s))
        return false;
    zone = octet_take(&s, "Zz") || (!utc_only && octet_take(&s, "+-") && hour_minute_take(&s));
    return zone && s.len == 0;
}
