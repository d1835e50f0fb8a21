/* tree_auth.c
 * Logins: AUTH commands, the lines of the exchange, challenges, and the reply that ends it.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree_auth.h"

#include "../../core/parse/command.h"
#include "findings.h"
#include "explain.h"
#include "fields.h"
#include "items.h"
#include "secrets.h"
#include "tell.h"
#include "tree_common.h"
#include "tree_sasl.h"

static int hf_mechanism = -1;
static int hf_exchange = -1;
static int hf_line = -1;
static int hf_cancel = -1;
static int hf_attempt = -1;
static int hf_outcome = -1;
static int hf_user = -1;
static int hf_begun_in = -1;
static int hf_user_in = -1;
static int hf_ended_in = -1;
static int ett_line = -1;
static int ett_mechanism = -1;
static int ett_attempt = -1;

/* --- Info column ------------------------------------------------------------------------------ */

/* A line undecoded, from octet "from" on. */
static const char *raw_info(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len, int from)
{
    const uint8_t *p = len > 0 ? tvb_get_ptr(show->tvb, offset, len) : NULL;
    int start = esmtp_secrets_hidden_in_columns() ? esmtp_secret_start(fact, p, len) : len;
    int open = MAX(start, from);
    const char *text = open > from
                           ? esmtp_text_line(show->pinfo->pool, tvb_get_ptr(show->tvb, offset + from, open - from),
                                             (size_t)(open - from))
                           : "";
    return open < len ? wmem_strconcat(show->pinfo->pool, text, ESMTP_MASK, NULL) : text;
}

/* Where the client's message, or the server's challenge, stands in a line; false if there is none
 * that can be decoded. */
static bool find_message(const esmtp_show_t *show, const esmtp_fact_t *fact, int *offset, int *len)
{
    esmtp_command_t cmd;
    esmtp_span_t mechanism, initial;
    if (*len <= 0)
        return false;
    const uint8_t *p = tvb_get_ptr(show->tvb, *offset, *len);
    if (fact->kind == ESMTP_FACT_REPLY) {
        *offset += 4;
        *len -= 4;
        return fact->code == 334 && *len > 0;
    }
    if (fact->kind == ESMTP_FACT_AUTH)
        return fact->index > 0;
    esmtp_command_parse(esmtp_span(p, (size_t)*len), &cmd);
    esmtp_span_t rest = cmd.parameter;
    if (!esmtp_word_next(&rest, " \t", &mechanism) || !esmtp_word_next(&rest, " \t", &initial))
        return false;
    *offset += (int)(initial.p - p);
    *len = (int)initial.len;
    return true;
}

/* Likewise decoded. */
static const char *login_info(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len)
{
    int at = offset, n = len;
    esmtp_sasl_t msg;
    if (!esmtp_secrets_decoded() || !find_message(show, fact, &at, &n))
        return raw_info(show, fact, offset, len, 0);
    esmtp_sasl_open(show, fact, fact->kind == ESMTP_FACT_REPLY ? 0 : esmtp_fact_login_number(fact), at, n, &msg);
    if (!msg.len || esmtp_sasl_raw(&msg))
        return raw_info(show, fact, offset, len, 0);
    const char *head = at > offset ? esmtp_text_line(show->pinfo->pool, tvb_get_ptr(show->tvb, offset, at - offset),
                                                     (size_t)(at - offset))
                                   : "";
    const char *tail = raw_info(show, fact, offset, len, at - offset + n);
    return wmem_strconcat(show->pinfo->pool, head, esmtp_sasl_info(&msg), *tail ? " " : "", tail, NULL);
}

static bool is_secret(const esmtp_fact_t *fact)
{
    const esmtp_verb_row_t *row = esmtp_verb_by_number(fact->verb);
    return fact->kind == ESMTP_FACT_AUTH || fact->flags & ESMTP_FF_SECRET || !row || row->flags & ESMTP_VF_SECRET;
}

void esmtp_auth_info_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len)
{
    if (!show->info)
        return;
    if (fact->flags & ESMTP_FF_LOGIN)
        esmtp_show_info(show, login_info(show, fact, offset, len));
    else if (is_secret(fact))
        esmtp_show_info(show, raw_info(show, fact, offset, len, 0));
    else
        esmtp_show_info_octets(show, fact, offset, len);
}

/* --- attempts --------------------------------------------------------------------------------- */

/* A link to another frame; hidden if it leads where the line's own link does. */
static void frame_add(esmtp_show_t *show, proto_tree *tree, int hf, uint32_t frame, uint32_t link)
{
    if (!frame || frame == show->pinfo->num)
        return;
    proto_item *item = esmtp_add_gen_uint(tree, hf, show->tvb, frame);
    if (frame == link)
        proto_item_set_hidden(item);
}

/* Which attempt a line or reply belongs to. The AUTH command names the mechanism itself; so nothing else of its frame
 * does. */
static void attempt_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact)
{
    const esmtp_login_t *login = fact->extra;
    if (!tree)
        return;
    proto_item *item =
        esmtp_add_gen_uint_about(tree, hf_attempt, show->tvb, "Login attempt of ", show->about, "", login->number);
    proto_tree *sub = proto_item_add_subtree(item, ett_attempt);
    if (fact->kind != ESMTP_FACT_COMMAND && login->frame != fact->frame && *login->mechanism)
        esmtp_add_gen_string(sub, hf_mechanism, show->tvb,
                             esmtp_text(show->pinfo->pool, login->mechanism, strlen(login->mechanism)));
    frame_add(show, sub, hf_begun_in, login->frame, fact->link);
    if (show->later)
        frame_add(show, sub, hf_ended_in, login->end_frame, fact->link);
}

static const char *outcome_name(esmtp_login_outcome_t outcome)
{
    switch (outcome) {
    case ESMTP_LOGIN_SUCCEEDED: return "succeeded";
    case ESMTP_LOGIN_FAILED: return "failed";
    case ESMTP_LOGIN_CANCELLED: return "cancelled";
    case ESMTP_LOGIN_OPEN: break;
    }
    return NULL;
}

static void outcome_add(esmtp_show_t *show, proto_tree *tree, const esmtp_login_t *login)
{
    const char *name = outcome_name(login->outcome);
    if (!tree || !name)
        return;
    esmtp_add_gen_string(tree, hf_outcome, show->tvb, name);
    if (login->user && esmtp_secrets_decoded()) {
        esmtp_add_gen_string(tree, hf_user, show->tvb, esmtp_text(show->pinfo->pool, login->user, strlen(login->user)));
        frame_add(show, tree, hf_user_in, login->user_frame, 0);
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Reports what the line gives away. */
static void line_report(esmtp_show_t *show, const esmtp_fact_t *fact)
{
    const esmtp_login_t *login = fact->extra;
    esmtp_sasl_form_t form = login->row ? login->row->form : ESMTP_SASL_OPAQUE;
    esmtp_tell_login(show, fact, esmtp_sasl_secret_field(form));
}

static void mechanism_add(esmtp_show_t *show, proto_tree *tree, const esmtp_login_t *login, int offset, int len)
{
    const char *name = esmtp_text(show->pinfo->pool, login->mechanism, strlen(login->mechanism));
    proto_item *item = proto_tree_add_string(tree, hf_mechanism, show->tvb, offset, len, name);
    const esmtp_mechanism_row_t *row = login->row;
    if (!row)
        return;
    if (*row->exchange)
        esmtp_add_gen_string(proto_item_add_subtree(item, ett_mechanism), hf_exchange, show->tvb, row->exchange);
    esmtp_explanation_add(tree, show->tvb, esmtp_word_shown(tree, esmtp_span_str(name)), row->explanation,
                          row->reference);
}

void esmtp_auth_command_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len)
{
    proto_item *parent = proto_tree_get_parent(tree);
    const uint8_t *p = len > 0 ? tvb_get_ptr(show->tvb, offset, len) : NULL;
    esmtp_span_t rest = esmtp_span(p, (size_t)MAX(len, 0)), mechanism, initial;
    esmtp_sasl_t msg;
    if (!(fact->flags & ESMTP_FF_LOGIN))
        return;
    if (esmtp_word_next(&rest, " \t", &mechanism) && tree)
        mechanism_add(show, tree, fact->extra, offset + (int)(mechanism.p - p), (int)mechanism.len);
    if (fact->index && esmtp_word_next(&rest, " \t", &initial)) {
        esmtp_sasl_open(show, fact, fact->index, offset + (int)(initial.p - p), (int)initial.len, &msg);
        esmtp_sasl_response_add(&msg, tree, parent);
    }
    rest = esmtp_span_trim(rest);
    if (rest.len)
        esmtp_sasl_malformed(show->pinfo, parent, "words after the initial response");
    attempt_add(show, show->tree, fact);
    line_report(show, fact);
}

static proto_item *line_item_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len)
{
    if (!show->tree)
        return NULL;
    const uint8_t *p = fact->len ? tvb_get_ptr(show->tvb, offset, (int)fact->len) : NULL;
    bool secret = esmtp_secret_hidden(fact, p, len);
    return proto_tree_add_string(show->tree, hf_line, show->tvb, offset, (int)fact->len,
                                 secret ? ESMTP_MASK : esmtp_text(show->pinfo->pool, (const char *)p, fact->len));
}

void esmtp_auth_line_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset)
{
    int len = (int)fact->len - fact->eol;
    proto_item *item = line_item_add(show, fact, offset, len);
    proto_tree *tree = proto_item_add_subtree(item, ett_line);
    esmtp_sasl_t msg;

    show->about = "this line";
    esmtp_request_mark(show);
    if (fact->index && esmtp_show_whole(show, fact, offset, len) < len) {
        /* The capture lacks its end: what it holds is shown as it was sent. */
    } else if (fact->index) {
        esmtp_sasl_open(show, fact, esmtp_fact_login_number(fact), offset, len, &msg);
        esmtp_sasl_response_add(&msg, tree, item);
    } else {
        proto_tree_add_item(tree, hf_cancel, show->tvb, offset, len, ENC_NA);
    }
    attempt_add(show, show->tree, fact);
    esmtp_response_in_add(show, fact);
    line_report(show, fact);
    esmtp_findings_add(show->pinfo, show->wanted, item, fact);
    esmtp_auth_info_add(show, fact, offset, len);
}

/* --- replies ---------------------------------------------------------------------------------- */

void esmtp_auth_reply_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len)
{
    bool last = fact->flags & ESMTP_FF_LAST;
    if (fact->code == 334)
        esmtp_sasl_challenge_add(show, tree, fact, offset, len);
    if (!last)
        return;
    if (fact->code != 334)
        outcome_add(show, tree, fact->extra);
    attempt_add(show, tree, fact);
}

/* --- registration ----------------------------------------------------------------------------- */

static hf_register_info fields[] = {
    ESMTP_TEXT(&hf_mechanism, "Mechanism", "smtp.auth.mechanism", "SASL mechanism that AUTH names, in capitals"),
    ESMTP_TEXT(&hf_exchange, "Exchange", "smtp.auth.exchange", "Who says what with this mechanism"),
    ESMTP_TEXT(&hf_line, "Authentication line", "smtp.auth.line", "Line of the client in an exchange, as sent"),
    ESMTP_FIELD(&hf_cancel, "Cancelled by the client", "smtp.auth.cancel", FT_NONE, BASE_NONE,
                "The line * ends the exchange"),
    ESMTP_FIELD(&hf_attempt, "Login attempt", "smtp.auth.attempt", FT_UINT32, BASE_DEC,
                "Number in its connection, from 1"),
    ESMTP_TEXT(&hf_outcome, "Outcome", "smtp.auth.outcome", "What became of the login: succeeded, failed, cancelled"),
    ESMTP_TEXT(&hf_user, "User of this attempt", "smtp.auth.user", "User name that the client gave in this attempt"),
    ESMTP_FIELD(&hf_begun_in, "Attempt started in", "smtp.auth.begun_in", FT_FRAMENUM, BASE_NONE,
                "Frame of the AUTH command"),
    ESMTP_FIELD(&hf_user_in, "User name in", "smtp.auth.user_in", FT_FRAMENUM, BASE_NONE,
                "Frame that holds the user name"),
    ESMTP_FIELD(&hf_ended_in, "Attempt ended in", "smtp.auth.ended_in", FT_FRAMENUM, BASE_NONE,
                "Frame of the final reply"),
};

void esmtp_auth_register(void)
{
    static int *ett[] = {&ett_line, &ett_mechanism, &ett_attempt};
    esmtp_fields_register(fields, G_N_ELEMENTS(fields));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
    esmtp_sasl_register();
}
