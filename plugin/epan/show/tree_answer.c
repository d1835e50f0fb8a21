/* tree_answer.c
 * What a reply answers. See tree_answer.h.
 *
 * The command's octets lie in another frame. Of MAIL and RCPT the path is known; of other commands the verb is told.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree_answer.h"

#include "fields.h"
#include "items.h"
#include "wanted.h"

static int hf_request = -1;
static int hf_verb = -1;
static int hf_recipient = -1;
static int hf_refused = -1;
static int hf_eom_in = -1;
static int ett_request = -1;

/* Where the recipient of the last answer stands: the one after it is mostly the next to be asked for. Checked before it
 * is believed; forgotten with the file. */
static const esmtp_txn_t *last_txn;
static const esmtp_rcpt_t *last_rcpt;

static void forget(void)
{
    last_txn = NULL;
    last_rcpt = NULL;
}

static bool is_for(const esmtp_rcpt_t *rcpt, const esmtp_fact_t *reply)
{
    return rcpt->reply == reply || rcpt->final == reply;
}

/* The recipients from one on, up to another one. */
static const esmtp_rcpt_t *find(const esmtp_rcpt_t *from, const esmtp_rcpt_t *end, const esmtp_fact_t *reply)
{
    while (from != end && !is_for(from, reply))
        from = from->next;
    return from != end ? from : NULL;
}

/* The recipient that a reply judges, or NULL. */
static const esmtp_rcpt_t *recipient_of(const esmtp_txn_t *txn, const esmtp_fact_t *reply)
{
    const esmtp_rcpt_t *start = txn == last_txn && last_rcpt ? last_rcpt : txn->rcpts;
    const esmtp_rcpt_t *rcpt = find(start, NULL, reply);
    if (!rcpt)
        rcpt = find(txn->rcpts, start, reply);
    if (rcpt) {
        last_txn = txn;
        last_rcpt = rcpt;
    }
    return rcpt;
}

const esmtp_rcpt_t *esmtp_answer_each(const esmtp_fact_t *fact)
{
    const esmtp_txn_t *txn = esmtp_fact_txn(fact);
    const esmtp_rcpt_t *rcpt = txn ? recipient_of(txn, fact) : NULL;
    return rcpt && rcpt->final == fact ? rcpt : NULL;
}

static const char *path_of(esmtp_show_t *show, const char *before, const char *mailbox)
{
    return wmem_strdup_printf(show->pinfo->pool, "%s<%s>", before,
                              esmtp_text(show->pinfo->pool, mailbox, strlen(mailbox)));
}

/* "RCPT TO:<bob@example.net>". */
static const char *request_of(esmtp_show_t *show, const char *verb, const esmtp_verb_row_t *row, const esmtp_txn_t *txn,
                              const esmtp_rcpt_t *rcpt)
{
    if (row && row->id == ESMTP_VERB_EOM) {
        const char *end = wmem_strdup_printf(show->pinfo->pool, "%s, end of the message", verb);
        return rcpt ? path_of(show, wmem_strdup_printf(show->pinfo->pool, "%s, for ", end), rcpt->address) : end;
    }
    if (row && row->id == ESMTP_VERB_RCPT && rcpt)
        return path_of(show, "RCPT TO:", rcpt->address);
    if (row && row->id == ESMTP_VERB_MAIL && txn && txn->sender)
        return path_of(show, "MAIL FROM:", txn->sender);
    return verb;
}

/* The verb of the command that a reply answers; NULL if it is not known. A message is sent by DATA, or by what the
 * server took for it. */
static const char *verb_of(esmtp_show_t *show, const esmtp_fact_t *reply, const esmtp_verb_row_t *row,
                           const esmtp_txn_t *txn)
{
    const char *unknown = reply->flags & ESMTP_FF_NAMED ? reply->extra : txn ? txn->text_verb : NULL;
    bool text = row ? row->id == ESMTP_VERB_EOM : reply->code == 354;
    if (unknown && (text || !row))
        return esmtp_text(show->pinfo->pool, unknown, strlen(unknown));
    if (row && text)
        return esmtp_verb_by_id(ESMTP_VERB_DATA)->verb;
    return row ? row->verb : NULL;
}

/* Who was refused, and why, in one value: for columns and lists, where a frame has replies to several commands. */
static void refused_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *reply, const esmtp_rcpt_t *rcpt)
{
    if (reply->code < 400 || !rcpt->reason || !esmtp_wanted(tree, hf_refused))
        return;
    const char *whom = esmtp_text(show->pinfo->pool, rcpt->address, strlen(rcpt->address));
    const char *reason = esmtp_text(show->pinfo->pool, rcpt->reason, strlen(rcpt->reason));
    const char *words = wmem_strdup_printf(show->pinfo->pool, "%s: %u %s", whom, reply->code, reason);
    proto_item_set_hidden(esmtp_add_gen_string(tree, hf_refused, show->tvb, words)); /* the reply says it */
}

/* The frame of the end of the message that a reply is for; 0: it is for none. */
static uint32_t message_end(const esmtp_fact_t *fact, const esmtp_verb_row_t *row, const esmtp_txn_t *txn,
                            const esmtp_rcpt_t *rcpt)
{
    const esmtp_verdict_t *verdict = esmtp_fact_verdict(fact);
    if (verdict && verdict->message)
        return verdict->message->end_frame;
    if (fact->flags & ESMTP_FF_MESSAGE)
        return ((const esmtp_message_t *)fact->extra)->end_frame;
    bool chunk = row && row->payload == ESMTP_PAYLOAD_CHUNK;
    bool judges = (row && row->id == ESMTP_VERB_EOM) || ((rcpt || fact->code == 353) && chunk);
    const esmtp_message_t *message = txn ? txn->message : NULL;
    while (message && message->end_frame > fact->frame)
        message = message->before; /* a later one of a transaction that stayed open */
    return judges && message ? message->end_frame : 0;
}

void esmtp_answer_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact)
{
    if (!tree || !(show->wanted & ESMTP_WANT_PAIRING) || fact->flags & ESMTP_FF_GREETING)
        return;
    const esmtp_verb_row_t *row = esmtp_verb_by_number(fact->verb);
    const esmtp_txn_t *txn = esmtp_fact_txn(fact);
    const char *verb = verb_of(show, fact, row, txn);
    if (!verb)
        return;
    const esmtp_rcpt_t *rcpt = txn ? recipient_of(txn, fact) : NULL;
    proto_item *item = esmtp_add_gen_string(tree, hf_request, show->tvb, request_of(show, verb, row, txn, rcpt));
    proto_tree *sub = proto_item_add_subtree(item, ett_request);
    proto_item_set_hidden(esmtp_add_gen_words(sub, hf_verb, show->tvb, verb)); /* the item above says it */
    if (rcpt) {
        esmtp_add_gen_string(sub, hf_recipient, show->tvb,
                             esmtp_text(show->pinfo->pool, rcpt->address, strlen(rcpt->address)));
        refused_add(show, sub, fact, rcpt);
    }
    uint32_t end = message_end(fact, row, txn, rcpt);
    if (end)
        esmtp_add_gen_uint(sub, hf_eom_in, show->tvb, end);
}

void esmtp_answer_register(void)
{
    static hf_register_info hf[] = {
        {&hf_request,
         {"Answers", "smtp.request", FT_STRING, BASE_NONE, NULL, 0, "The command that this reply answers", HFILL}},
        {&hf_verb, {"Verb", "smtp.request.verb", FT_STRING, BASE_NONE, NULL, 0, "Its verb in capitals", HFILL}},
        {&hf_recipient,
         {"Recipient", "smtp.rcpt.address", FT_STRING, BASE_NONE, NULL, 0,
          "Forward-path of the one recipient that this reply judges", HFILL}},
        {&hf_refused,
         {"Refused recipient", "smtp.rcpt.refused", FT_STRING, BASE_NONE, NULL, 0,
          "That recipient, code and first line of the reply, if it refuses", HFILL}},
        {&hf_eom_in,
         {"End of message in", "smtp.eom_in", FT_FRAMENUM, BASE_NONE, NULL, 0,
          "Frame of the end of the message that this reply is for", HFILL}},
    };
    static int *ett[] = {&ett_request};
    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
    register_init_routine(forget);
    register_cleanup_routine(forget);
}
