/* heuristics.c
 * Finding SMTP by its first line. A greeting of 220 is FTP's, too, and others': it counts only if it names SMTP or LMTP. A
 * session whose greeting does not is found one step later, by the client's EHLO, HELO or LHLO.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "heuristics.h"

#include "../core/command.h"
#include "../core/line.h"
#include "../core/reply.h"
#include "fields.h"

/* A first line that is longer is no greeting and no hello (RFC 5321 section 4.5.3.1: 512 octets). */
#define FIRST_LINE_MAX 1024

static int proto;
static esmtp_bool_t enabled = true;
static esmtp_entries_t entries;

/* Whether text holds a word, ASCII case aside. */
static bool names(esmtp_span_t text, const char *word)
{
    for (; text.len >= strlen(word); text = esmtp_span_from(text, 1)) {
        if (esmtp_span_starts(text, word))
            return true;
    }
    return false;
}

static bool is_greeting(esmtp_span_t line)
{
    esmtp_reply_line_t reply;
    if (!esmtp_reply_parse(line, &reply) || !(reply.code == 220 || reply.code == 421 || reply.code == 521 || reply.code == 554))
        return false;
    return esmtp_reply_host(reply.parameter).len && (names(reply.parameter, "SMTP") || names(reply.parameter, "LMTP"));
}

static bool is_hello(esmtp_span_t line)
{
    esmtp_command_t command;
    esmtp_command_parse(line, &command);
    if (!command.row || !command.plausible || command.leading_space)
        return false;
    if (command.row->id != ESMTP_VERB_EHLO && command.row->id != ESMTP_VERB_HELO && command.row->id != ESMTP_VERB_LHLO)
        return false;
    return command.parameter.len > 0 && esmtp_span_find(command.parameter, ' ') == command.parameter.len;
}

bool esmtp_heuristics_match(tvbuff_t *tvb)
{
    size_t len = MIN(tvb_captured_length(tvb), FIRST_LINE_MAX);
    esmtp_span_t in = esmtp_span(len ? tvb_get_ptr(tvb, 0, (int)len) : NULL, len);
    esmtp_line_t line;
    if (len < 4 || !(g_ascii_isalnum(in.p[0]) && g_ascii_isalnum(in.p[1]) && g_ascii_isalnum(in.p[2])))
        return false;
    if (!esmtp_line_scan(in, 0, &line) || line.too_long || line.nul)
        return false;
    esmtp_span_t text = esmtp_span(in.p, line.len);
    return g_ascii_isdigit(in.p[0]) ? is_greeting(text) : is_hello(text);
}

static bool is_ours(tvbuff_t *tvb)
{
    return enabled && proto_is_protocol_enabled(find_protocol_by_id(proto)) && esmtp_heuristics_match(tvb);
}

static esmtp_bool_t match_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (!is_ours(tvb))
        return false;
    conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, entries.tcp);
    return entries.dissect_tcp(tvb, pinfo, tree, data) > 0;
}

static esmtp_bool_t match_tls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (!is_ours(tvb))
        return false;
    esmtp_set_tls_app_handle(data, entries.inside);
    return entries.dissect_inside(tvb, pinfo, tree, data) > 0;
}

void esmtp_heuristics_register(module_t *prefs)
{
    prefs_register_bool_preference(prefs, "heuristics", "Find SMTP on any port",
                                   "Whether connections on other ports, in clear or decrypted from TLS, are taken for SMTP or LMTP "
                                   "when their first line is such a greeting or hello.",
                                   &enabled);
}

void esmtp_heuristics_handoff(int proto_esmtp, const esmtp_entries_t *e)
{
    proto = proto_esmtp;
    entries = *e;
    heur_dissector_add("tcp", match_tcp, "SMTP over TCP", "smtp_tcp", esmtp_smtp_proto(), HEURISTIC_ENABLE);
    heur_dissector_add("tls", match_tls, "SMTP over TLS", "smtp_tls", esmtp_smtp_proto(), HEURISTIC_ENABLE);
}
