/* quoted.c
 * What an ICMP error quotes tells nothing that the segment itself did not, and it comes at any time, cut anywhere: it
 * is shown as text and not read. So it has none of the fields of commands and replies, which would count twice.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "quoted.h"

#include "../../core/parse/command.h"
#include "../../core/parse/line.h"
#include "../../core/parse/reply.h"
#include "../show/fields.h"
#include "../show/items.h"
#include "../show/secrets.h"
#include "look.h"

/* Lines that are shown one by one: more than the 64 KiB that IP can quote of real lines. */
#define LINES_MAX 2000

static int hf_quoted = -1;
static int hf_line = -1;
static int hf_octets = -1;
static int ett_quoted = -1;

/* Whether a line may hold a secret: nobody knows where in a login it stood, so all do but replies and commands that
 * have nothing to do with one. */
static bool may_be_secret(esmtp_span_t text)
{
    esmtp_reply_line_t reply;
    esmtp_command_t command;
    if (esmtp_reply_parse(text, &reply) && reply.code != 334)
        return false;
    esmtp_command_parse(text, &command);
    return !command.row || !command.plausible || command.row->flags & (ESMTP_VF_AUTH | ESMTP_VF_SECRET);
}

static void line_add(proto_tree *tree, tvbuff_t *tvb, int offset, const esmtp_line_t *line)
{
    esmtp_span_t text = esmtp_span(tvb_get_ptr(tvb, offset, (int)line->total), line->len);
    if (line->len && esmtp_secrets_hidden_in_items() && may_be_secret(text))
        esmtp_add_string(tree, hf_line, tvb, offset, (int)line->total, ESMTP_MASK);
    else
        esmtp_add_text(tree, hf_line, tvb, offset, (int)line->total);
}

static void lines_add(proto_tree *tree, tvbuff_t *tvb)
{
    size_t len = tvb_captured_length(tvb);
    esmtp_span_t rest = esmtp_span(tvb_get_ptr(tvb, 0, (int)len), len);
    for (unsigned n = 0; rest.len && n < LINES_MAX; n++) {
        esmtp_line_t line;
        if (!esmtp_line_scan(rest, 0, &line))
            esmtp_line_rest(rest, &line);
        line_add(tree, tvb, (int)(len - rest.len), &line);
        rest = esmtp_span_from(rest, line.total);
    }
}

int esmtp_quoted_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    int len = (int)tvb_captured_length(tvb);
    proto_item *item = proto_tree_add_item(tree, esmtp_smtp_proto(), tvb, 0, len, ENC_NA);
    proto_tree *below = proto_item_add_subtree(item, ett_quoted);
    (void)pinfo;
    proto_item_append_text(item, ", quoted in an ICMP error");
    esmtp_add_gen_true(below, hf_quoted, tvb);
    if (esmtp_look_noise(tvb))
        proto_tree_add_item(below, hf_octets, tvb, 0, len, ENC_NA);
    else
        lines_add(below, tvb);
    return len;
}

void esmtp_quoted_register(void)
{
    static hf_register_info hf[] = {
        {&hf_quoted,
         {"Quoted in an ICMP error", "smtp.quoted", FT_BOOLEAN, BASE_NONE, NULL, 0,
          "A copy of octets that were sent before: they are no part of the session", HFILL}},
        {&hf_line,
         {"Line", "smtp.quoted.line", FT_STRING, BASE_NONE, NULL, 0, "A line, or as much of it as is quoted", HFILL}},
        {&hf_octets,
         {"Octets", "smtp.quoted.octets", FT_BYTES, BASE_NONE, NULL, 0, "Octets that are no text: of TLS, say", HFILL}},
    };
    static int *ett[] = {&ett_quoted};
    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
}
