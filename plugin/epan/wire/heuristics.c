/* heuristics.c
 * Finding SMTP by its first line. A greeting of 220 is FTP's, too, and others': it counts only if it names SMTP or
 * LMTP. A session whose greeting does not is found one step later, by the client's EHLO, HELO or LHLO. Where the
 * capture has the opening of a connection, only the first octets of a direction count.
 *
 * Known limit: a first line that TCP cut before it says enough is not asked for again, as it may be anybody's.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "heuristics.h"

#include "../../core/parse/command.h"
#include "../../core/parse/line.h"
#include "../../core/parse/reply.h"
#include "../show/fields.h"
#include "stream.h"

/* Octets of a line, RFC 5321 section 4.5.3.1. */
#define HELLO_MAX 512
/* Octets that are looked at: room for a greeting of several lines. */
#define BEGINNING_MAX 2048
/* Octets that the first word of a line of ours has at most: X-ANONYMOUSTLS. */
#define WORD_MAX 14

static int proto;
static esmtp_bool_t enabled = true;
static esmtp_entries_t entries;
static dissector_table_t tls_ports;

/* --- what a line says ------------------------------------------------------------------------- */

static bool is_name_octet(uint8_t octet)
{
    return g_ascii_isalnum(octet) || octet == '.' || octet == '-' || octet == '_' || octet == '@';
}

/* Whether text holds a word, ASCII case aside, that is not part of a host name or address. "SMTPD" and "SMTP-Server"
 * hold SMTP; "smtp.example" does not. closed: the text does not go on behind its end. */
static bool names(esmtp_span_t text, const char *word, bool closed)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++) {
        esmtp_span_t here = esmtp_span_from(text, i), behind = esmtp_span_from(text, i + len);
        if (!esmtp_span_starts(here, word) || (i > 0 && is_name_octet(text.p[i - 1])))
            continue;
        if (behind.len == 0)
            return closed;
        bool goes_on =
            behind.p[0] == '@' || (behind.p[0] == '.' && (behind.len > 1 ? is_name_octet(behind.p[1]) : !closed));
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
    /* What stands behind the host name tells "ftp.example ESMTP" from "smtp.example FTP server"; ProFTPD is no host. */
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
    for (size_t i = 0; i < text->len; i++) {
        if (g_ascii_iscntrl(text->p[i]) && text->p[i] != '\t')
            return false;
    }
    return text->len > 0;
}

/* The octets that may hold the first lines. */
static esmtp_span_t beginning(tvbuff_t *tvb)
{
    size_t len = MIN(tvb_captured_length(tvb), BEGINNING_MAX);
    return esmtp_span(len ? tvb_get_ptr(tvb, 0, (int)len) : NULL, len);
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

bool esmtp_heuristics_match(tvbuff_t *tvb)
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

esmtp_guess_t esmtp_heuristics_guess(tvbuff_t *tvb)
{
    esmtp_span_t rest = beginning(tvb), text;
    bool closed;
    esmtp_reply_line_t reply;
    esmtp_command_t command;
    if (!next_line(&rest, &text, &closed))
        return ESMTP_GUESS_NO;
    if (!closed && text.len <= WORD_MAX && esmtp_span_find(text, ' ') == text.len)
        return g_ascii_isalnum(text.p[0]) ? ESMTP_GUESS_SHORT : ESMTP_GUESS_NO;
    if (esmtp_reply_parse(text, &reply)) {
        bool theirs = reply.code == 220 && greeting_owner(&reply, closed) == OTHERS;
        return reply.code >= 200 && reply.code < 600 && !theirs ? ESMTP_GUESS_YES : ESMTP_GUESS_NO;
    }
    esmtp_command_parse(text, &command);
    bool ours = command.row && command.plausible && !(command.row->flags & ESMTP_VF_NOT_SMTP);
    return ours ? ESMTP_GUESS_YES : ESMTP_GUESS_NO;
}

/* --- the dissectors --------------------------------------------------------------------------- */

static bool is_ours(tvbuff_t *tvb)
{
    return enabled && proto_is_protocol_enabled(find_protocol_by_id(proto)) && esmtp_heuristics_match(tvb);
}

static esmtp_bool_t match_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (!is_ours(tvb) || !esmtp_stream_may_start(pinfo, data))
        return false;
    conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, entries.tcp);
    return entries.dissect_tcp(tvb, pinfo, tree, data) > 0;
}

/* Whether the user has said by Decode As what is inside TLS on a port, and it is not SMTP. TLS asks heuristics first.
 */
static bool is_taken(uint32_t port)
{
    dissector_handle_t now = dissector_get_uint_handle(tls_ports, port);
    return now != dissector_get_default_uint_handle("tls.port", port) &&
           (!now || dissector_handle_get_protocol_index(now) != esmtp_smtp_proto());
}

static esmtp_bool_t match_tls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (!is_ours(tvb) || is_taken(pinfo->srcport) || is_taken(pinfo->destport))
        return false;
    esmtp_set_tls_app_handle(data, entries.inside);
    int n = entries.dissect_inside(tvb, pinfo, tree, data);
    esmtp_conn_t *conn = esmtp_conn_find(pinfo);
    if (conn && conn->frame == pinfo->num)
        conn->guessed = true;
    return n > 0;
}

void esmtp_heuristics_register(module_t *module)
{
    prefs_register_bool_preference(
        module, "heuristics", "Find SMTP on any port",
        "Whether connections on other ports, in clear or decrypted from TLS, are taken for SMTP or LMTP "
        "when their first line is such a greeting or hello.",
        &enabled);
}

void esmtp_heuristics_handoff(int proto_esmtp, const esmtp_entries_t *e)
{
    proto = proto_esmtp;
    entries = *e;
    tls_ports = find_dissector_table("tls.port");
    heur_dissector_add("tcp", match_tcp, "SMTP over TCP", "smtp_tcp", esmtp_smtp_proto(), HEURISTIC_ENABLE);
    heur_dissector_add("tls", match_tls, "SMTP over TLS", "smtp_tls", esmtp_smtp_proto(), HEURISTIC_ENABLE);
}
