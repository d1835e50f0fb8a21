/* suspect.c
 * Advisories: CVE-2019-10149, CVE-2025-26794 (Exim: "${run{...}}"), CVE-2020-7247 (OpenSMTPD: ";"), CVE-2021-44228
 * ("${jndi:"), GHSA-mm7p-fcc7-pg87 (nodemailer), "Splitting the email atom" (PortSwigger), nmap's smtp-open-relay.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "suspect.h"

/* Stars that make a mask. */
#define MASKED_MIN 4
/* Letters in a row that make a word. */
#define WORD_MIN 3

/* Whether two characters may be the same letter, case aside. */
static bool same_letter(char a, char b)
{
    return ((a ^ b) & 0x1f) == 0;
}

/* ASCII case aside. text: two characters or more. */
static bool holds(esmtp_span_t s, const char *text)
{
    size_t n = strlen(text), ends = s.len < n ? 0 : s.len - n + 1;
    const char *at = (const char *)s.p;
    for (size_t i = 0; i < ends; i++) {
        if (same_letter(at[i], text[0]) && same_letter(at[i + 1], text[1]) && g_ascii_strncasecmp(at + i, text, n) == 0)
            return true;
    }
    return false;
}

/* The letters of a text, case aside, as bits. Other octets share bits with letters. */
static uint32_t letters_of(esmtp_span_t s)
{
    uint32_t letters = 0;
    for (size_t i = 0; i < s.len; i++)
        letters |= 1u << (s.p[i] & 0x1f);
    return letters;
}

static bool holds_octet(esmtp_span_t s, uint8_t c)
{
    return esmtp_span_find(s, (char)c) < s.len;
}

/* ---- Code ---- */

/* "${run{", "${jndi:": a dollar and a brace, letters, then a brace or colon. */
static bool is_expansion(esmtp_span_t s)
{
    size_t n = 2;
    if (s.len < 3 || s.p[0] != '$' || s.p[1] != '{')
        return false;
    while (n < s.len && g_ascii_isalpha(s.p[n]))
        n++;
    return n > 2 && n < s.len && (s.p[n] == '{' || s.p[n] == ':');
}

bool esmtp_suspect_code(esmtp_span_t word)
{
    size_t backquotes = 0;
    bool quote = holds_octet(word, '\'');
    if (!quote && !holds_octet(word, '$') && !holds_octet(word, '`'))
        return false;
    for (size_t i = 0; i < word.len; i++) {
        backquotes += word.p[i] == '`';
        if (is_expansion(esmtp_span_from(word, i)))
            return true;
    }
    return holds(word, "$(") || backquotes >= 2 || (quote && (holds_octet(word, ')') || holds_octet(word, ';')));
}

static bool is_piped(esmtp_span_t local)
{
    return local.len && (local.p[0] == '|' || (local.len > 1 && local.p[0] == '"' && local.p[1] == '|'));
}

/* ---- Addresses ---- */

/* Whether "%" stands before a domain: user%example.net, or "!" after one: example.net!user. */
static bool is_routed(esmtp_span_t local)
{
    size_t percent = esmtp_span_find(local, '%'), bang = esmtp_span_find(local, '!');
    bool to = percent > 0 && percent < local.len && holds_octet(esmtp_span_from(local, percent + 1), '.');
    return to || (bang < local.len && holds_octet(esmtp_span_to(local, bang), '.'));
}

/* A quoted local part, without its quotes. */
static esmtp_span_t quoted(const esmtp_path_t *path)
{
    esmtp_span_t s = path->local;
    return path->quoted && s.len >= 2 ? esmtp_span_to(esmtp_span_from(s, 1), s.len - 2) : esmtp_span(NULL, 0);
}

/* "=?utf-8?q?...?=": an encoded word of RFC 2047, which has no place in an address. */
static bool is_encoded(esmtp_span_t s)
{
    return holds_octet(s, '?') && holds(s, "=?") && holds(s, "?=");
}

/* Whether a path is as nearly all are: one mailbox in brackets, of octets in which nothing can hide. */
static bool is_usual(const esmtp_path_t *path)
{
    esmtp_span_t s = path->address;
    size_t n = 0;
    while (n < s.len && (g_ascii_isalnum(s.p[n]) || s.p[n] == '.' || s.p[n] == '-' || s.p[n] == '_' || s.p[n] == '@'))
        n++;
    return path->form == ESMTP_PATH_NORMAL && n == s.len && !holds_octet(path->local, '@');
}

uint32_t esmtp_suspect_path(const esmtp_path_t *path)
{
    esmtp_span_t inner = quoted(path);
    bool plain = !path->quoted;
    uint32_t suspect = 0;
    if (is_usual(path))
        return 0;
    if (holds_octet(inner, '@') || holds_octet(inner, '>') || is_encoded(path->address) ||
        (plain && (holds_octet(path->local, '@') || (holds_octet(path->local, '(') && holds_octet(path->local, ')')))))
        suspect |= ESMTP_SUSPECT_AMBIGUOUS;
    if (path->form == ESMTP_PATH_ROUTED || is_routed(path->local) || holds_octet(inner, '@'))
        suspect |= ESMTP_SUSPECT_RELAY;
    if (esmtp_suspect_code(path->whole) || is_piped(path->local) || (plain && holds_octet(path->local, ';')))
        suspect |= ESMTP_SUSPECT_CODE;
    return suspect;
}

/* Whether the last angle bracket of a line opens. */
static bool ends_in_bracket(esmtp_span_t line)
{
    size_t n = line.len;
    while (n > 0 && line.p[n - 1] != '<' && line.p[n - 1] != '>')
        n--;
    return n > 0 && line.p[n - 1] == '<';
}

bool esmtp_suspect_unclosed(esmtp_span_t line)
{
    bool in_quotes = false, open = false;
    if (!holds_octet(line, '"'))
        return ends_in_bracket(line);
    for (size_t i = 0; i < line.len; i++) {
        if (line.p[i] == '\\' && in_quotes)
            i++;
        else if (line.p[i] == '"')
            in_quotes = !in_quotes;
        else if (!in_quotes && (line.p[i] == '<' || line.p[i] == '>'))
            open = line.p[i] == '<';
    }
    return open || in_quotes;
}

/* ---- Hellos ---- */

static bool is_ipv4(esmtp_span_t s)
{
    size_t dots = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] != '.' && !g_ascii_isdigit(s.p[i]))
            return false;
        dots += s.p[i] == '.';
    }
    return dots == 3;
}

static bool is_ipv6(esmtp_span_t s)
{
    size_t colons = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] != ':' && s.p[i] != '.' && !g_ascii_isxdigit(s.p[i]))
            return false;
        colons += s.p[i] == ':';
    }
    return colons >= 2;
}

bool esmtp_suspect_hello(esmtp_span_t name)
{
    return is_ipv4(name) || is_ipv6(name) || esmtp_span_starts(name, "localhost");
}

/* ---- Replies ---- */

bool esmtp_suspect_block_list(esmtp_span_t text)
{
    static const char *const lists[] = {
        "spamhaus.org",   "spamcop.net", "barracudacentral", "sorbs.net",  "uceprotect", "abuseat.org", "psbl.surriel",
        "mail-abuse.com", "hostkarma",   "blocked using",    "block list", "blocklist",  "block-list",  "blacklist",
        "DNSBL",          " RBL",
    };
    /* Nearly every refusal lacks a letter of each: a tenth of the cost of a short session would go to looking for them.
     */
    static uint32_t needed[G_N_ELEMENTS(lists)];
    uint32_t letters = letters_of(text);
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        if (!needed[i])
            needed[i] = letters_of(esmtp_span_str(lists[i]));
        if ((needed[i] & ~letters) == 0 && holds(text, lists[i]))
            return true;
    }
    return false;
}

bool esmtp_suspect_masked(esmtp_span_t text)
{
    size_t stars = 0, blanks = 0, letters = 0;
    for (size_t i = 0; i < text.len; i++) {
        stars += text.p[i] == '*';
        blanks += esmtp_is_blank(text.p[i]);
        letters = g_ascii_isalpha(text.p[i]) ? letters + 1 : 0;
        if (letters >= WORD_MIN)
            return false;
    }
    return stars >= MASKED_MIN && stars * 2 > text.len - blanks;
}
