/* tree_command.c
 * Command lines, and client octets that are none.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree_command.h"

#include "../../core/parse/command.h"
#include "findings.h"
#include "explain.h"
#include "extend.h"
#include "fields.h"
#include "items.h"
#include "secrets.h"
#include "tree_auth.h"
#include "tree_common.h"
#include "tree_message.h"
#include "tree_params.h"
#include "tree_transaction.h"
#include "wanted.h"

static int hf_command_line = -1;
static int hf_command = -1;
static int hf_parameter = -1;
static int hf_verb = -1;
static int hf_helo_domain = -1;
static int hf_mail_status = -1;
static int hf_rcpt_status = -1;
static int hf_rcpt_status_class = -1;
static int hf_bdat_size = -1;
static int hf_bdat_last = -1;
static int hf_message_line = -1;
static int ett_command = -1;

static const char unknown_verb[] = "No registry and no vendor's list that this dissector knows has this verb.";

static int place(const uint8_t *base, int offset, esmtp_span_t span)
{
    return offset + (int)(span.p - base);
}

static void add_span(proto_tree *tree, int hf, tvbuff_t *tvb, const uint8_t *base, int offset, esmtp_span_t span)
{
    if (span.len)
        esmtp_add_text(tree, hf, tvb, place(base, offset, span), (int)span.len);
}

/* The whole line, with stars for a secret if the user wants it so. */
static proto_item *line_item_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len)
{
    const uint8_t *p = show->tree && len > 0 ? tvb_get_ptr(show->tvb, offset, len) : NULL;
    if (!p || !esmtp_secret_hidden(fact, p, len))
        return esmtp_add_text(show->tree, hf_command_line, show->tvb, offset, (int)fact->len);
    return esmtp_add_string(show->tree, hf_command_line, show->tvb, offset, (int)fact->len,
                            esmtp_secret_text(show->pinfo->pool, fact, p, len, 0));
}

static void parameter_item_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, const uint8_t *base,
                               int offset, int len, esmtp_span_t parameter)
{
    int from = (int)(parameter.p - base);
    if (parameter.len && esmtp_secret_hidden(fact, base, len))
        proto_tree_add_string(tree, hf_parameter, show->tvb, offset + from, (int)parameter.len,
                              esmtp_secret_text(show->pinfo->pool, fact, base, len, from));
    else
        add_span(tree, hf_parameter, show->tvb, base, offset, parameter);
}

static void bdat_add(esmtp_show_t *show, proto_tree *tree, int offset, int len, esmtp_span_t parameter)
{
    uint64_t size;
    bool last;
    if (!esmtp_bdat_parse(parameter, &size, &last))
        return;
    proto_tree_add_uint64(tree, hf_bdat_size, show->tvb, offset, len, size);
    proto_tree_add_boolean(tree, hf_bdat_last, show->tvb, offset, len, last);
}

/* At the first visit its syntax is checked for the connection's summary, whoever looks. */
static bool checks_envelope(const esmtp_show_t *show, const esmtp_fact_t *fact)
{
    return !show->later && fact->flags & ESMTP_FF_CHECK;
}

/* Without a tree there are findings only. */
static bool wants_envelope(const esmtp_show_t *show, const esmtp_fact_t *fact)
{
    uint32_t wanted = show->tree ? ESMTP_WANT_ENVELOPE | ESMTP_WANT_EXPERT : ESMTP_WANT_EXPERT;
    return show->wanted & wanted || checks_envelope(show, fact);
}

/* What the parameter of this verb says. */
static void parameter_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, const esmtp_command_t *cmd,
                          int offset)
{
    const esmtp_verb_row_t *row = cmd->row;
    int len = (int)cmd->parameter.len;
    if (!row)
        return;
    if (row->flags & (ESMTP_VF_FROM | ESMTP_VF_TO)) {
        if (wants_envelope(show, fact))
            esmtp_envelope_add(show, tree, row, offset, len);
    } else if (row->flags & ESMTP_VF_AUTH)
        esmtp_auth_command_add(show, tree, fact, offset, len);
    else if (row->payload == ESMTP_PAYLOAD_CHUNK)
        bdat_add(show, tree, offset, len, cmd->parameter);
    else if (len && (row->id == ESMTP_VERB_EHLO || row->id == ESMTP_VERB_HELO || row->id == ESMTP_VERB_LHLO))
        esmtp_add_text(tree, hf_helo_domain, show->tvb, offset, len);
}

/* What became of it, once that is known. */
static void status_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, const esmtp_verb_row_t *row)
{
    if (!show->later || !row || !(fact->flags & ESMTP_FF_STATUS))
        return;
    if (row->id == ESMTP_VERB_MAIL)
        esmtp_add_gen_uint(tree, hf_mail_status, show->tvb, fact->code);
    if (row->id != ESMTP_VERB_RCPT)
        return;
    esmtp_add_gen_uint(tree, hf_rcpt_status, show->tvb, fact->code);
    proto_item_set_hidden(esmtp_add_gen_uint(tree, hf_rcpt_status_class, show->tvb, fact->code / 100));
}

static bool is_in_capitals(esmtp_span_t verb)
{
    for (size_t i = 0; i < verb.len; i++) {
        if (g_ascii_islower(verb.p[i]))
            return false;
    }
    return true;
}

/* The verb in capitals: for filters only, where the command says it so. */
static void verb_add(esmtp_show_t *show, proto_tree *tree, const esmtp_command_t *cmd)
{
    if (!cmd->named || (!cmd->row && !cmd->plausible))
        return;
    proto_item *item;
    if (cmd->row)
        item = esmtp_add_gen_words(tree, hf_verb, show->tvb, cmd->row->verb);
    else
        item = esmtp_add_gen_string(tree, hf_verb, show->tvb,
                                    esmtp_text_capitals(show->pinfo->pool, (const char *)cmd->verb.p, cmd->verb.len));
    if (is_in_capitals(cmd->verb))
        proto_item_set_hidden(item);
}

/* What the items beside it name. */
static const char *name_of(esmtp_show_t *show, const esmtp_command_t *cmd)
{
    const char *word = cmd->row ? cmd->row->verb : cmd->plausible ? esmtp_word_shown(show->tree, cmd->verb) : NULL;
    return word ? word : "this line";
}

/* What the verb means. One that is nobody's is said to be unknown, unless it is what a middlebox has made of a verb
 * that it does not know. */
static void meaning_add(esmtp_show_t *show, proto_tree *tree, const esmtp_command_t *cmd)
{
    if (cmd->row)
        esmtp_explanation_add(tree, show->tvb, cmd->row->verb, cmd->row->explanation, cmd->row->reference);
    else if (cmd->plausible && !esmtp_keyword_is_mask(esmtp_keyword_find(cmd->verb)))
        esmtp_explanation_add(tree, show->tvb, show->about, unknown_verb, NULL);
}

/* What the argument says. end: offset of the end of the line. */
static void argument_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, const esmtp_command_t *cmd,
                         const uint8_t *base, int offset, int end)
{
    int at = cmd->parameter.len ? place(base, offset, cmd->parameter) : end;
    parameter_add(show, tree, fact, cmd, at);
    if (cmd->verb.len) {
        esmtp_octets_t octets = {show->pinfo, show->tvb, at, (int)cmd->parameter.len};
        esmtp_verb_dissect(cmd->verb, &octets, tree);
    }
}

/* Everything below a command's item is in these groups. */
#define DETAILS                                                                                         \
    (ESMTP_WANT_COMMAND | ESMTP_WANT_ENVELOPE | ESMTP_WANT_PAIRING | ESMTP_WANT_TXN | ESMTP_WANT_AUTH | \
     ESMTP_WANT_EXPERT)

/* What the command's words say: not the last one where the capture cuts it. */
static void words_add(esmtp_show_t *show, proto_item *item, proto_tree *tree, const esmtp_fact_t *fact,
                      const esmtp_command_t *all, const uint8_t *base, int offset, int len)
{
    int whole = esmtp_show_whole(show, fact, offset, len);
    esmtp_command_t cmd = *all;
    bool piece = whole < len;
    if (piece)
        proto_item_append_text(item, " (cut off by the capture)");
    if (piece && !cmd.row && !cmd.parameter.len)
        return; /* of the verb itself */
    verb_add(show, tree, &cmd);
    if (piece && cmd.parameter.len)
        cmd.parameter = esmtp_span_but_last_word(cmd.parameter);
    if (!piece || cmd.parameter.len)
        argument_add(show, tree, fact, &cmd, base, offset, offset + len);
    status_add(show, tree, fact, cmd.row);
    if (cmd.row && cmd.row->flags & ESMTP_VF_TLS && fact->link && fact->link == show->starttls_in)
        esmtp_alert_add(show, tree);
    meaning_add(show, tree, &cmd);
}

static void command_tree(esmtp_show_t *show, proto_item *item, const esmtp_fact_t *fact, int offset, int len)
{
    proto_tree *tree = proto_item_add_subtree(item, ett_command);
    const uint8_t *base = tvb_get_ptr(show->tvb, offset, len);
    esmtp_command_t cmd;
    esmtp_command_parse(esmtp_span(base, (size_t)len), &cmd);
    bool hidden = esmtp_secret_hidden(fact, base, len) && esmtp_secret_start(fact, base, len) < (int)cmd.verb.len;
    show->about = hidden ? "this line" : name_of(show, &cmd);
    if (!hidden) { /* else the verb itself is a secret, or holds one */
        add_span(tree, hf_command, show->tvb, base, offset, cmd.verb);
        parameter_item_add(show, tree, fact, base, offset, len, cmd.parameter);
        words_add(show, item, tree, fact, &cmd, base, offset, len);
    }
    esmtp_response_in_add(show, fact);
    esmtp_transaction_add(show, show->tree, fact);
}

void esmtp_command_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset)
{
    int len = (int)fact->len - fact->eol;
    /* A login has more to report than its items, and items of other protocols; a message that ends here has its own. */
    bool details =
        show->wanted & DETAILS || fact->flags & (ESMTP_FF_LOGIN | ESMTP_FF_BDAT_LAST) || checks_envelope(show, fact);
    proto_item *item = details ? line_item_add(show, fact, offset, len) : NULL;
    esmtp_request_mark(show);
    if (len > 0 && details)
        command_tree(show, item, fact, offset, len);
    else if (details)
        esmtp_response_in_add(show, fact);
    esmtp_auth_info_add(show, fact, offset, len);
    if (fact->flags & ESMTP_FF_BDAT_LAST)
        esmtp_completion_add(show, item, fact);
    esmtp_findings_add(show->pinfo, show->wanted, item, fact);
}

void esmtp_unknown_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset)
{
    int len = (int)fact->len - fact->eol;
    const uint8_t *p = len > 0 ? tvb_get_ptr(show->tvb, offset, len) : NULL;
    bool rest = fact->flags & ESMTP_FF_TAIL && !fact->whole;
    const char *name = rest                           ? "Rest of a line that is too long"
                       : fact->flags & ESMTP_FF_PIECE ? "Beginning of a line that goes on in a later segment"
                                                      : NULL;
    proto_item *item;
    if (p && esmtp_secret_hidden(fact, p, len))
        item = esmtp_add_string(show->tree, hf_message_line, show->tvb, offset, (int)fact->len, ESMTP_MASK);
    else
        item = esmtp_add_text_as(show->tree, hf_message_line, show->tvb, offset, (int)fact->len, name);
    esmtp_findings_add(show->pinfo, show->wanted, item, fact);
    if (fact->flags & ESMTP_FF_SECRET)
        esmtp_auth_info_add(show, fact, offset, len);
    else if (!rest)
        esmtp_show_info_octets(show, fact, offset, len);
}

void esmtp_command_register(void)
{
    static hf_register_info hf[] = {
        {&hf_command_line, {"Command Line", "smtp.command_line", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_command, {"Command", "smtp.req.command", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_parameter, {"Request parameter", "smtp.req.parameter", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_verb, {"Verb", "smtp.req.verb", FT_STRING, BASE_NONE, NULL, 0, "The verb in capitals", HFILL}},
        {&hf_helo_domain,
         {"Client name", "smtp.helo.domain", FT_STRING, BASE_NONE, NULL, 0,
          "What the client says it is called (HELO, EHLO, LHLO)", HFILL}},
        {&hf_mail_status,
         {"Reply to this sender", "smtp.mail.status", FT_UINT32, BASE_DEC, NULL, 0, "Code of the reply to MAIL",
          HFILL}},
        {&hf_rcpt_status,
         {"Reply to this recipient", "smtp.rcpt.status", FT_UINT32, BASE_DEC, NULL, 0,
          "Code of the reply to RCPT (LMTP: of its reply after the message)", HFILL}},
        {&hf_rcpt_status_class,
         {"Class of the reply", "smtp.rcpt.status.class", FT_UINT8, BASE_DEC, NULL, 0,
          "First digit of that code: 2 accepted, 4 try again later, 5 refused", HFILL}},
        {&hf_bdat_size,
         {"Chunk size", "smtp.bdat.size", FT_UINT64, BASE_DEC, NULL, 0, "Octets that follow this line", HFILL}},
        {&hf_bdat_last,
         {"Last chunk", "smtp.bdat.last", FT_BOOLEAN, BASE_NONE, NULL, 0, "This chunk ends the message", HFILL}},
        {&hf_message_line, {"Message", "smtp.message", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
    };
    static int *ett[] = {&ett_command};
    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
}
