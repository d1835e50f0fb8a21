/* tree_reply.c
 * Replies: one item per frame for the lines of a reply that lie in it.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree_reply.h"

#include "../../core/parse/reply.h"
#include "findings.h"
#include "explain.h"
#include "extend.h"
#include "fields.h"
#include "items.h"
#include "tell.h"
#include "tree_answer.h"
#include "tree_auth.h"
#include "tree_common.h"
#include "tree_ehlo.h"
#include "tree_transaction.h"
#include "wanted.h"
#include "secrets.h"

static int hf_rsp = -1;
static int hf_response = -1;
static int hf_code = -1;
static int hf_class = -1;
static int hf_parameter = -1;
static int hf_enhanced = -1;
static int hf_enhanced_class = -1;
static int hf_enhanced_subject = -1;
static int hf_enhanced_detail = -1;
static int hf_greeting_domain = -1;
static int hf_ehlo_domain = -1;
static int ett_reply = -1;
static int ett_enhanced = -1;

static void mark_response(esmtp_show_t *show)
{
    if (!show->hidden_done && show->wanted & ESMTP_WANT_REPLY)
        proto_item_set_hidden(proto_tree_add_boolean(show->tree, hf_rsp, show->tvb, 0, 0, 1));
    show->hidden_done = true;
}

static esmtp_verb_t verb_of(const esmtp_fact_t *fact)
{
    const esmtp_verb_row_t *row = esmtp_verb_by_number(fact->verb);
    return row ? row->id : ESMTP_VERB_NONE;
}

/* What the code is called: Wireshark's own words where it has some, ours where it is silent. */
static const char *code_name(uint16_t code)
{
    const header_field_info *info = proto_registrar_get_nth((unsigned)hf_code);
    value_string_ext *known = (value_string_ext *)(intptr_t)info->strings;
    const char *name = known && (info->display & BASE_EXT_STRING) ? try_val_to_str_ext(code, known) : NULL;
    const esmtp_code_row_t *row = name ? NULL : esmtp_code_find(code);
    return name ? name : row ? row->name : "Unknown";
}

/* The name without the server's, which stands beside it: "<domain> Service ready". */
static const char *name_alone(const char *name)
{
    static const char domain[] = "<domain> ";
    return g_str_has_prefix(name, domain) ? name + strlen(domain) : name;
}

static void code_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset)
{
    proto_item *item = proto_tree_add_uint(tree, hf_code, show->tvb, offset, 3, fact->code);
    if (!esmtp_seen(tree))
        return;
    const char digits[] = {(char)('0' + fact->code / 100 % 10), (char)('0' + fact->code / 10 % 10),
                           (char)('0' + fact->code % 10), 0};
    const char *name = esmtp_code_name_after(fact->code, verb_of(fact));
    esmtp_label(item, name ? name : name_alone(code_name(fact->code)), " (", digits, ")");
}

/* Whether RCPT had accepted a recipient before a reply to DATA or BDAT. */
static bool had_recipient(const esmtp_txn_t *txn, const esmtp_fact_t *fact)
{
    const esmtp_rcpt_t *rcpt = txn->n_accepted ? txn->rcpts : NULL;
    while (rcpt && !(rcpt->code / 100 == 2 && rcpt->fact->frame <= fact->link))
        rcpt = rcpt->next;
    return rcpt != NULL;
}

/* Whether what 503 mostly says to a verb cannot be what this one says: there was an accepted MAIL, or recipient. */
static bool is_contradicted(const esmtp_fact_t *fact, esmtp_verb_t verb)
{
    const esmtp_txn_t *txn = fact->code == 503 ? esmtp_fact_txn(fact) : NULL;
    if (!txn)
        return false;
    if (verb == ESMTP_VERB_RCPT)
        return txn->mail_code / 100 == 2;
    return (verb == ESMTP_VERB_DATA || verb == ESMTP_VERB_BDAT) && had_recipient(txn, fact);
}

/* What the reply answers as the tables have it: the end of a message is more than the last chunk; one recipient's part
 * of it is less. */
static esmtp_verb_t context_of(const esmtp_fact_t *fact)
{
    esmtp_verb_t verb = verb_of(fact);
    if (verb != ESMTP_VERB_EOM && verb != ESMTP_VERB_BDAT && verb != ESMTP_VERB_BURL)
        return is_contradicted(fact, verb) ? ESMTP_VERB_NONE : verb;
    if (esmtp_answer_each(fact))
        return ESMTP_VERB_EACH;
    const esmtp_verdict_t *verdict = esmtp_fact_verdict(fact);
    bool taken = verdict && verdict->message && fact->code / 100 == 2;
    return taken ? ESMTP_VERB_EOM : is_contradicted(fact, verb) ? ESMTP_VERB_NONE : verb;
}

/* The code, or the one that says what it means here: RFC 5321 section 4.5.3.1.10 wants 552 for too many recipients
 * taken for 452. */
static uint16_t code_meant(const esmtp_show_t *show, const esmtp_fact_t *fact)
{
    const esmtp_enhanced_row_t *row = show->enhanced;
    bool many = fact->code == 552 && row && row->subject == 5 && row->detail == 3;
    return many && verb_of(fact) == ESMTP_VERB_RCPT ? 452 : fact->code;
}

/* Where the reply's code, and its enhanced code if it has one, are defined. */
static const char *reference_of(const esmtp_show_t *show, const char *reference)
{
    const char *enhanced = show->enhanced ? show->enhanced->reference : NULL;
    bool both = enhanced && *reference && strcmp(enhanced, reference) != 0;
    return both ? wmem_strconcat(show->pinfo->pool, reference, ", ", enhanced, NULL) : enhanced ? enhanced : reference;
}

static void meaning_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact)
{
    char digits[ESMTP_DIGITS];
    uint16_t code = code_meant(show, fact);
    esmtp_verb_t verb = context_of(fact);
    bool greeting = fact->flags & ESMTP_FF_GREETING;
    const esmtp_context_row_t *row = show->tls && !greeting ? esmtp_context_inside_tls(code, verb) : NULL;
    const char *text = row && row->explanation ? row->explanation : esmtp_code_explain(code, verb, greeting);
    if (!show->lists)
        esmtp_explanation_add(tree, show->tvb, esmtp_digits(digits, fact->code), text,
                              reference_of(show, esmtp_code_reference(code, verb, greeting)));
    esmtp_next_step_add(tree, show->tvb,
                        row ? row->next_step
                            : esmtp_code_next_step(code, verb == ESMTP_VERB_NONE ? verb_of(fact) : verb, greeting));
}

/* code: of the reply. */
static void enhanced_add(esmtp_show_t *show, proto_tree *tree, const esmtp_enhanced_t *e, int offset, uint16_t code)
{
    int len = (int)e->whole.len, dot = offset + 2;
    int dot2 = offset + (int)esmtp_span_find(esmtp_span_from(e->whole, 2), '.') + 3;
    proto_item *item = esmtp_add_text(tree, hf_enhanced, show->tvb, offset, len);
    proto_tree *sub = proto_item_add_subtree(item, ett_enhanced);
    const esmtp_enhanced_row_t *row = esmtp_enhanced_find(e->class_, e->subject, e->detail);
    const esmtp_enhanced_row_t *vendor = esmtp_enhanced_vendor_find(e->class_, e->subject, e->detail);
    const char *meaning = row ? row->meaning : vendor ? vendor->meaning : "No registry knows this code.";
    proto_item *class_item =
        esmtp_add_named(sub, hf_enhanced_class, show->tvb, offset, 1, e->class_, esmtp_enhanced_class_name(e->class_));
    if (e->class_ == code / 100) /* the reply's class says so */
        proto_item_set_hidden(class_item);
    esmtp_add_named(sub, hf_enhanced_subject, show->tvb, dot, dot2 - 1 - dot, e->subject,
                    esmtp_enhanced_subject_name(e->subject));
    proto_tree_add_uint(sub, hf_enhanced_detail, show->tvb, dot2, offset + len - dot2, e->detail);
    if (esmtp_seen(tree)) {
        char whole[ESMTP_ENHANCED_MAX + 1] = "";
        memcpy(whole, e->whole.p, MIN(e->whole.len, ESMTP_ENHANCED_MAX));
        esmtp_label(item, whole, " (", meaning, ")");
    }
    if (row)
        show->enhanced = row;
    if (vendor && !show->lists)
        esmtp_explanation_add(tree, show->tvb, esmtp_word_shown(tree, e->whole), vendor->meaning, vendor->reference);
}

static void host_add(esmtp_show_t *show, proto_tree *tree, int hf, esmtp_span_t text, esmtp_span_t host, int offset)
{
    if (host.len)
        esmtp_add_text(tree, hf, show->tvb, offset + (int)(host.p - text.p), (int)host.len);
}

/* Whether the first line of an EHLO reply is an extension where the name of the host ought to stand. */
static bool is_nameless(const esmtp_reply_line_t *reply)
{
    esmtp_ehlo_line_t line;
    return esmtp_ehlo_parse(reply->parameter, &line) && esmtp_ehlo_is_extension(&line);
}

/* The text of one line; index: its number in its reply. */
static void line_add(esmtp_show_t *show, proto_item *item, proto_tree *tree, const esmtp_fact_t *fact, uint32_t index,
                     int offset, int len)
{
    const uint8_t *base = tvb_get_ptr(show->tvb, offset, len);
    esmtp_reply_line_t reply;
    esmtp_reply_parse(esmtp_span(base, (size_t)len), &reply);
    int skip = reply.valid ? 4 : 0;
    if (len < skip)
        return;
    if (fact->flags & ESMTP_FF_HELLO && reply.valid && (index > 0 || is_nameless(&reply))) {
        esmtp_extension_add(show, tree, fact, offset + skip, len - skip);
        return;
    }
    if (fact->flags & ESMTP_FF_SECRET && esmtp_secrets_hidden_in_items()) {
        esmtp_add_string(tree, hf_parameter, show->tvb, offset + skip, len - skip, ESMTP_MASK);
        return;
    }
    esmtp_add_text(tree, hf_parameter, show->tvb, offset + skip, len - skip);
    int whole = esmtp_show_whole(show, fact, offset, len);
    if (whole < len) {
        proto_item_append_text(item, " (cut off by the capture)");
        esmtp_reply_parse(esmtp_span(base, (size_t)whole), &reply);
    }
    if (reply.enhanced.whole.len)
        enhanced_add(show, tree, &reply.enhanced, offset + (int)(reply.enhanced.whole.p - base), reply.code);
    if (fact->flags & ESMTP_FF_GREETING && index == 0 && reply.code == 220)
        host_add(show, tree, hf_greeting_domain, reply.parameter, esmtp_greeting_host(reply.parameter), offset + skip);
    if (fact->flags & ESMTP_FF_HELLO)
        host_add(show, tree, hf_ehlo_domain, reply.parameter, esmtp_reply_host(reply.parameter), offset + skip);
}

/* The line as Wireshark's own dissector puts it into the Info column: code only before the first of a frame. */
static void info_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len, bool first)
{
    if (!show->info)
        return;
    if ((fact->flags & ESMTP_FF_LOGIN && fact->code == 334) || fact->flags & ESMTP_FF_SECRET)
        esmtp_auth_info_add(show, fact, offset, len);
    else if (first || len < 4 || fact->flags & ESMTP_FF_UNKNOWN_CODE)
        esmtp_show_info_octets(show, fact, offset, len);
    else
        esmtp_show_info_octets(show, fact, offset + 4, len - 4);
}

/* What was refused, the code, and the text of the line. */
static const char *refusal_text(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len)
{
    const esmtp_verb_row_t *row = esmtp_verb_by_number((uint16_t)fact->verb);
    const char *what = fact->flags & ESMTP_FF_GREETING ? "the connection"
                       : !row                          ? "this"
                       : row->id == ESMTP_VERB_EOM     ? "the message"
                                                       : row->verb;
    const uint8_t *p = len > 4 ? tvb_get_ptr(show->tvb, offset, len) : NULL;
    bool readable = p && !(fact->flags & ESMTP_FF_SECRET && esmtp_secret_hidden(fact, p, len));
    const char *text = readable ? esmtp_text(show->pinfo->pool, (const char *)p + 4, (size_t)len - 4) : "";
    return wmem_strdup_printf(show->pinfo->pool, "%s (%u %s)", what, fact->code, text);
}

/* Recipients that the server took the mail for. */
static uint32_t taken_for(const esmtp_verdict_t *verdict)
{
    uint32_t n = 0;
    for (const esmtp_rcpt_t *rcpt = verdict->txn->rcpts; rcpt; rcpt = rcpt->next)
        n += rcpt->code / 100 == 2 && (!rcpt->final_code || rcpt->final_code / 100 == 2);
    return n;
}

/* "from <alice@example.org> for 2 of 3 recipients, 433 octets, queue id 4ABC". */
static const char *accepted_text(esmtp_show_t *show, const esmtp_verdict_t *verdict)
{
    wmem_allocator_t *pool = show->pinfo->pool;
    const char *sender = verdict->txn->sender, *id = verdict->queue_id;
    uint32_t all = verdict->txn->n_rcpts, n = taken_for(verdict);
    const char *whom = n == all ? wmem_strdup_printf(pool, "%u recipient%s", n, plurality(n, "", "s"))
                                : wmem_strdup_printf(pool, "%u of %u recipients", n, all);
    const char *size =
        verdict->octets == UINT64_MAX ? "" : wmem_strdup_printf(pool, ", %" PRIu64 " octets", verdict->octets);
    return wmem_strconcat(pool, sender ? "from <" : "", sender ? esmtp_text(pool, sender, strlen(sender)) : "",
                          sender ? "> for " : "for ", whom, size, id ? ", queue id " : "",
                          id ? esmtp_text(pool, id, strlen(id)) : "", NULL);
}

static void reply_findings_add(esmtp_show_t *show, proto_item *item, const esmtp_fact_t *fact, int offset, int len)
{
    if (!fact->findings)
        return;
    if (show->wanted & ESMTP_WANT_EXPERT)
        esmtp_refusal_show(show->pinfo, item, fact, refusal_text(show, fact, offset, len));
    const esmtp_verdict_t *verdict = esmtp_fact_verdict(fact);
    if (verdict && show->wanted & ESMTP_WANT_EXPERT)
        esmtp_mail_accepted_show(show->pinfo, item, fact, accepted_text(show, verdict));
    esmtp_findings_add(show->pinfo, show->wanted, item, fact);
}

static void info_number_add(esmtp_show_t *show, const char *before, uint32_t number)
{
    char digits[ESMTP_DIGITS];
    esmtp_show_info_more(show, before);
    esmtp_show_info_more(show, esmtp_digits(digits, number));
}

/* What became of the mail, after the reply that ended it: " -> accepted 2 of 3, queue id 4ABC", " -> rejected 550". */
static void info_outcome_add(esmtp_show_t *show, const esmtp_verdict_t *verdict)
{
    if (!verdict || !show->info)
        return;
    esmtp_show_info_more(show, " -> ");
    esmtp_show_info_more(show, esmtp_outcome_name(verdict->outcome));
    if (verdict->outcome == ESMTP_OUTCOME_ACCEPTED) {
        info_number_add(show, " ", taken_for(verdict));
        info_number_add(show, " of ", verdict->txn->n_rcpts);
    } else if (verdict->decision.code) {
        info_number_add(show, " ", verdict->decision.code);
    }
    if (!verdict->queue_id)
        return;
    esmtp_show_info_more(show, ", queue id ");
    esmtp_show_info_more(show, esmtp_text_line(show->pinfo->pool, verdict->queue_id, strlen(verdict->queue_id)));
}

/* What is said once of a whole reply, in the frame of its last line: first what it is, then what that means. */
static void whole_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *last, int offset)
{
    unsigned digit = last->code / 100;
    if (show->wanted & ESMTP_WANT_REPLY)
        esmtp_add_named(tree, hf_class, show->tvb, offset, 1, digit, esmtp_code_class_name(digit));
    esmtp_answer_add(show, tree, last);
    esmtp_request_in_add(show, tree, last);
    if (last->flags & ESMTP_FF_OFFER) {
        const esmtp_offer_t *offer = last->extra;
        esmtp_offer_add(show, tree, offer);
    }
    esmtp_transaction_add(show, tree, last);
    if (show->wanted & ESMTP_WANT_REPLY)
        meaning_add(show, tree, last);
}

static proto_item *response_item_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len)
{
    const uint8_t *p = show->tree && fact->flags & ESMTP_FF_SECRET ? tvb_get_ptr(show->tvb, offset, len) : NULL;
    if (p && esmtp_secret_hidden(fact, p, len))
        return esmtp_add_string(show->tree, hf_response, show->tvb, offset, len,
                                esmtp_secret_text(show->pinfo->pool, fact, p, len, 0));
    return esmtp_add_text(show->tree, hf_response, show->tvb, offset, len);
}

/* Everything that is said of single lines is in these groups. */
#define LINE_DETAILS (ESMTP_WANT_REPLY | ESMTP_WANT_EHLO | ESMTP_WANT_EXPERT)

int esmtp_reply_add(esmtp_show_t *show, size_t i, size_t n, int offset)
{
    const esmtp_fact_t *first = esmtp_facts_at(show->facts, i);
    const esmtp_fact_t *last = esmtp_facts_at(show->facts, n - 1);
    bool ends = (last->flags & ESMTP_FF_LAST) && !(last->flags & ESMTP_FF_UNKNOWN_CODE);
    bool details = show->wanted & LINE_DETAILS;
    proto_item *item = details ? response_item_add(show, first, offset, (int)first->len) : NULL;
    proto_tree *tree = details ? proto_item_add_subtree(item, ett_reply) : show->tree;
    int start = offset;

    show->enhanced = NULL;
    show->extended = details && first->flags & ESMTP_FF_HELLO && esmtp_keywords_extended();
    mark_response(show);
    if (ends && tree && show->wanted & ESMTP_WANT_CODE)
        code_add(show, tree, last, offset);
    for (size_t k = i; k < n; k++) {
        const esmtp_fact_t *fact = esmtp_facts_at(show->facts, k);
        int len = (int)fact->len - (int)fact->eol;
        bool checks = !show->later && fact->flags & ESMTP_FF_CHECK;
        if (len > 0 && (details || checks))
            line_add(show, item, details ? tree : NULL, fact, fact->index, offset, len);
        if (fact->flags & ESMTP_FF_LOGIN)
            esmtp_auth_reply_add(show, tree, fact, offset + 4, len - 4);
        info_add(show, fact, offset, len, offset == start);
        const esmtp_verdict_t *verdict = esmtp_fact_verdict(fact);
        info_outcome_add(show, verdict);
        reply_findings_add(show, item, fact, offset, len);
        offset += (int)fact->len;
        if (verdict)
            esmtp_tell_verdict(show, verdict);
    }
    proto_item_set_len(item, offset - start);
    if (ends && tree)
        whole_add(show, tree, last, start);
    else if (tree)
        esmtp_transaction_add(show, tree, last);
    return offset;
}

void esmtp_reply_register(void)
{
    static hf_register_info hf[] = {
        {&hf_rsp, {"Response", "smtp.rsp", FT_BOOLEAN, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_response, {"Response", "smtp.response", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_code, {"Response code", "smtp.response.code", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_class, {"Class", "smtp.response.class", FT_UINT8, BASE_DEC, NULL, 0, "First digit of the code", HFILL}},
        {&hf_parameter, {"Response parameter", "smtp.rsp.parameter", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_enhanced,
         {"Enhanced status code", "smtp.response.enhanced_code", FT_STRING, BASE_NONE, NULL, 0, "RFC 3463", HFILL}},
        {&hf_enhanced_class, {"Class", "smtp.response.enhanced_code.class", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_enhanced_subject,
         {"Subject", "smtp.response.enhanced_code.subject", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_enhanced_detail,
         {"Detail", "smtp.response.enhanced_code.detail", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_greeting_domain,
         {"Greeting host", "smtp.greeting.domain", FT_STRING, BASE_NONE, NULL, 0,
          "What the server says it is called, in its greeting", HFILL}},
        {&hf_ehlo_domain,
         {"EHLO host", "smtp.ehlo.domain", FT_STRING, BASE_NONE, NULL, 0,
          "What the server says it is called, in its EHLO reply", HFILL}},
    };
    static int *ett[] = {&ett_reply, &ett_enhanced};
    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
}
