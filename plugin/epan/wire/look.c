/* look.c
 * What first octets look like, and nothing else: no state, no decision.
 *
 * A greeting of 220 is FTP's, too, and others': it is SMTP's own only if it names SMTP or LMTP. A session whose
 * greeting does not is known one step later, by the client's EHLO, HELO or LHLO.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "look.h"

#include "../../core/parse/command.h"
#include "../../core/parse/line.h"
#include "../../core/parse/reply.h"

/* Octets of a line, RFC 5321 section 4.5.3.1. */
#define HELLO_MAX 512
/* Octets that are looked at: room for a greeting of several lines. */
#define BEGINNING_MAX 2048
/* Octets that the first word of a line of ours has at most: X-ANONYMOUSTLS. */
#define WORD_MAX 14
/* Octets of a record's header, RFC 8446 section 5.1: type, version, length. */
#define RECORD_HEADER 5
/* The longest record, RFC 5246 section 6.2.3. */
#define RECORD_MAX (16384 + 2048)
/* Octets among which ciphertext is sure to have some that text has not. */
#define NOISE_MAX 256

/* The octets that are looked at. */
static esmtp_span_t beginning(tvbuff_t *tvb)
{
    size_t len = MIN(tvb_captured_length(tvb), BEGINNING_MAX);
    return esmtp_span(len ? tvb_get_ptr(tvb, 0, (int)len) : NULL, len);
}

/* --- records of TLS ----------------------------------------------------------------------------- */

typedef struct {
    uint8_t from, to;
} octet_range_t;

/* change cipher spec, alert, handshake, application data; SSL 3.0 to TLS 1.3 */
static const octet_range_t record_begin[] = {{20, 23}, {3, 3}, {0, 4}};
/* The hello of SSL 2.0, which old clients use to ask for something better: length, client hello, version. */
static const octet_range_t old_hello_begin[] = {{0x80, 0xff}, {0, 0xff}, {1, 1}, {3, 3}, {0, 3}};

static bool begins(esmtp_span_t octets, const octet_range_t *ranges, size_t n)
{
    for (size_t i = 0; i < MIN(n, octets.len); i++) {
        if (octets.p[i] < ranges[i].from || octets.p[i] > ranges[i].to)
            return false;
    }
    return true;
}

static uint16_t number_at(esmtp_span_t octets, size_t i)
{
    return (uint16_t)(octets.p[i] << 8 | octets.p[i + 1]);
}

esmtp_look_t esmtp_look_record(esmtp_span_t octets)
{
    uint8_t first = octets.p[0];
    if (first < 0x80 && (first < record_begin[0].from || first > record_begin[0].to))
        return ESMTP_LOOK_NO; /* as all of SMTP in clear */
    bool whole = octets.len >= RECORD_HEADER;
    if (begins(octets, old_hello_begin, G_N_ELEMENTS(old_hello_begin)))
        return whole ? ESMTP_LOOK_YES : ESMTP_LOOK_SHORT;
    if (!begins(octets, record_begin, G_N_ELEMENTS(record_begin)))
        return ESMTP_LOOK_NO;
    if (!whole)
        return ESMTP_LOOK_SHORT;
    uint16_t len = number_at(octets, 3);
    return len > 0 && len <= RECORD_MAX ? ESMTP_LOOK_YES : ESMTP_LOOK_NO;
}

esmtp_look_t esmtp_look_hello(esmtp_span_t octets)
{
    /* RFC 8446 sections 5.1 and 4: handshake, of at most 4 KiB; client hello, its length, version. */
    static const octet_range_t hello[] = {{22, 22}, {3, 3},    {0, 4},    {0, 0x10}, {0, 0xff}, {1, 1},
                                          {0, 0},   {0, 0x10}, {0, 0xff}, {3, 3},    {0, 3}};
    if (octets.p[0] != 22)
        return ESMTP_LOOK_YES; /* SSL 2.0, or the capture lacks the hello */
    if (!begins(octets, hello, G_N_ELEMENTS(hello)))
        return ESMTP_LOOK_NO;
    if (octets.len < RECORD_HEADER + 4)
        return ESMTP_LOOK_SHORT;
    return number_at(octets, 3) == number_at(octets, RECORD_HEADER + 2) + 4 ? ESMTP_LOOK_YES : ESMTP_LOOK_NO;
}

/* Offset of the value of an extension among those from offset on, RFC 8446 section 4.2; -1 if it is not there. */
static int extension_value(tvbuff_t *tvb, int offset, uint16_t type)
{
    int end = offset + 2 + tvb_get_ntohs(tvb, offset);
    for (offset += 2; offset + 4 <= end && tvb_bytes_exist(tvb, offset, 4);) {
        if (tvb_get_ntohs(tvb, offset) == type)
            return offset + 4;
        offset += 4 + tvb_get_ntohs(tvb, offset + 2);
    }
    return -1;
}

uint16_t esmtp_look_version(tvbuff_t *tvb)
{
    /* RFC 8446 sections 5.1, 4 and 4.1.3: record; server hello and its length; version, random, length of session id.
     */
    static const octet_range_t hello[] = {{22, 22}, {3, 3},    {0, 4},    {0, 0x40}, {0, 0xff}, {2, 2},
                                          {0, 0},   {0, 0xff}, {0, 0xff}, {3, 3},    {0, 4}};
    const int version = RECORD_HEADER + 4, session_id = version + 2 + 32;
    if (!tvb_bytes_exist(tvb, 0, session_id + 1) || !begins(beginning(tvb), hello, G_N_ELEMENTS(hello)))
        return 0;
    int extensions = session_id + 1 + tvb_get_uint8(tvb, session_id) + 3; /* after cipher suite and compression */
    int supported = tvb_bytes_exist(tvb, extensions, 2) ? extension_value(tvb, extensions, 43) : -1;
    int chosen = supported >= 0 && tvb_bytes_exist(tvb, supported, 2) ? supported : version;
    return tvb_get_ntohs(tvb, chosen);
}

bool esmtp_look_noise(tvbuff_t *tvb)
{
    for (unsigned i = 0; i < MIN(tvb_captured_length(tvb), NOISE_MAX); i++) {
        uint8_t octet = tvb_get_uint8(tvb, (int)i);
        if (g_ascii_iscntrl(octet) && !g_ascii_isspace(octet))
            return true;
    }
    return false;
}

/* --- what a line says ------------------------------------------------------------------------- */

static bool is_name_octet(uint8_t octet)
{
    return g_ascii_isalnum(octet) || octet == '.' || octet == '-' || octet == '_' || octet == '@';
}

/* Whether text holds a word, ASCII case aside, that is not part of a host name or address. "SMTPD" and "SMTP-Server"
 * hold SMTP; "smtp.example" does not. closed: the text does not go on after its end. */
static bool names(esmtp_span_t text, const char *word, bool closed)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++) {
        esmtp_span_t here = esmtp_span_from(text, i), after = esmtp_span_from(text, i + len);
        if (!esmtp_span_starts(here, word) || (i > 0 && is_name_octet(text.p[i - 1])))
            continue;
        if (after.len == 0)
            return closed;
        bool goes_on =
            after.p[0] == '@' || (after.p[0] == '.' && (after.len > 1 ? is_name_octet(after.p[1]) : !closed));
        if (!goes_on)
            return true;
    }
    return false;
}

static bool holds(esmtp_span_t text, const char *part)
{
    for (; text.len >= strlen(part); text = esmtp_span_from(text, 1)) {
        if (esmtp_span_starts(text, part))
            return true;
    }
    return false;
}

static bool names_smtp(esmtp_span_t text, bool closed)
{
    static const char *const words[] = {"ESMTP", "SMTP", "LMTP", "Simple Mail Transfer"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (names(text, words[i], closed))
            return true;
    }
    return false;
}

/* A line of a greeting: whose does it say it is? */
typedef enum { OTHERS, ANYBODYS, OURS } owner_t;

static owner_t greeting_owner(const esmtp_reply_line_t *reply, bool closed)
{
    esmtp_span_t text = reply->parameter, host = esmtp_reply_host(text);
    /* What stands after the host name tells "ftp.example ESMTP" from "smtp.example FTP server"; ProFTPD is no host. */
    if (host.len && esmtp_span_find(host, '.') < host.len)
        text = esmtp_span_from(text, (size_t)(host.p - text.p) + host.len);
    if (holds(text, "FTP"))
        return OTHERS;
    return names_smtp(text, closed) ? OURS : ANYBODYS;
}

static bool is_hello(esmtp_span_t line, bool closed)
{
    esmtp_command_t command;
    esmtp_command_parse(line, &command);
    if (!command.row || !command.plausible || command.leading_space || line.len > HELLO_MAX)
        return false;
    if (command.row->id == ESMTP_VERB_EHLO || command.row->id == ESMTP_VERB_LHLO)
        return closed || command.parameter.len > 0;
    /* HELO is a word that others may use. */
    bool one_word = command.parameter.len > 0 && esmtp_span_find(command.parameter, ' ') == command.parameter.len;
    return command.row->id == ESMTP_VERB_HELO && closed && one_word;
}

/* The next line without its end, of what is left of the octets. closed: it has one. False: there is none that could be
 * text. */
static bool next_line(esmtp_span_t *rest, esmtp_span_t *text, bool *closed)
{
    esmtp_line_t line;
    if (!rest->len)
        return false;
    *closed = esmtp_line_scan(*rest, 0, &line);
    if (!*closed)
        esmtp_line_rest(*rest, &line);
    *text = esmtp_span(rest->p, line.len);
    if (!*closed && text->p[text->len - 1] == '\r')
        text->len--;
    *rest = esmtp_span_from(*rest, line.total);
    for (size_t i = 0; !line.plain && i < text->len; i++) {
        if (g_ascii_iscntrl(text->p[i]) && text->p[i] != '\t')
            return false;
    }
    return text->len > 0;
}

static bool is_greeting(esmtp_span_t rest)
{
    esmtp_reply_line_t reply = {.more = true};
    esmtp_span_t text;
    bool closed, ours = false;
    while (reply.more && next_line(&rest, &text, &closed) && esmtp_reply_parse(text, &reply)) {
        owner_t owner = greeting_owner(&reply, closed);
        if (owner == OTHERS || !(reply.code == 220 || reply.code == 421 || reply.code == 521 || reply.code == 554))
            return false;
        ours |= owner == OURS;
    }
    return ours;
}

bool esmtp_look_starts(tvbuff_t *tvb)
{
    static const char *const starts[] = {"220", "EHLO", "HELO", "LHLO", "421", "521", "554", "PROX", "\r\n\r\n"};
    if (tvb_captured_length(tvb) < 4)
        return false;
    esmtp_span_t start = esmtp_span(tvb_get_ptr(tvb, 0, 4), 4);
    if (!start.p[0] || !strchr("245EHLPehlp\r", start.p[0]))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(starts); i++) {
        if (esmtp_span_starts(start, starts[i]))
            return true;
    }
    return false;
}

bool esmtp_look_own(tvbuff_t *tvb)
{
    esmtp_span_t rest = beginning(tvb), text;
    bool closed;
    /* Most of what comes here is no text at all. */
    if (rest.len < 4 || !g_ascii_isalnum(rest.p[0]) || !g_ascii_isalnum(rest.p[1]) || !g_ascii_isalnum(rest.p[2]))
        return false;
    if (g_ascii_isdigit(rest.p[0]))
        return is_greeting(rest);
    return next_line(&rest, &text, &closed) && is_hello(text, closed);
}

esmtp_greet_t esmtp_look_greet(tvbuff_t *tvb)
{
    uint8_t first = tvb_get_uint8(tvb, 0);
    esmtp_reply_line_t reply;
    esmtp_span_t rest, text;
    bool closed;
    if (first != '2' && !g_ascii_isalpha(first))
        return ESMTP_GREET_NONE;
    rest = beginning(tvb);
    if (!next_line(&rest, &text, &closed))
        return ESMTP_GREET_NONE;
    if (first == '2')
        return esmtp_reply_parse(text, &reply) && reply.code == 220 ? ESMTP_GREET_SERVER : ESMTP_GREET_NONE;
    return is_hello(text, closed) ? ESMTP_GREET_CLIENT : ESMTP_GREET_NONE;
}

static bool is_mail(esmtp_span_t line)
{
    esmtp_command_t command;
    esmtp_command_parse(line, &command);
    return command.row && command.row->id == ESMTP_VERB_MAIL && command.plausible && !command.leading_space;
}

/* Whether a whole line of the octets is a hello or begins a mail: one that stands in a request of HTTP. */
static bool mail_follows(esmtp_span_t rest)
{
    esmtp_line_t line;
    while (rest.len && esmtp_line_scan(rest, 0, &line)) {
        esmtp_span_t text = esmtp_span_to(rest, line.len);
        if (is_hello(text, true) || is_mail(text))
            return true;
        rest = esmtp_span_from(rest, line.total);
    }
    return false;
}

esmtp_look_t esmtp_look_line(tvbuff_t *tvb)
{
    esmtp_span_t rest = beginning(tvb), text;
    bool closed;
    esmtp_reply_line_t reply;
    esmtp_command_t command;
    if (!next_line(&rest, &text, &closed))
        return ESMTP_LOOK_NO;
    if (!closed && text.len <= WORD_MAX && esmtp_span_find(text, ' ') == text.len)
        return g_ascii_isalnum(text.p[0]) ? ESMTP_LOOK_SHORT : ESMTP_LOOK_NO;
    if (esmtp_reply_parse(text, &reply)) {
        bool theirs = reply.code == 220 && greeting_owner(&reply, closed) == OTHERS;
        return reply.code >= 200 && reply.code < 600 && !theirs ? ESMTP_LOOK_YES : ESMTP_LOOK_NO;
    }
    esmtp_command_parse(text, &command);
    bool ours = command.row && command.plausible && !(command.row->flags & ESMTP_VF_NOT_SMTP);
    return ours || mail_follows(rest) ? ESMTP_LOOK_YES : ESMTP_LOOK_NO;
}
