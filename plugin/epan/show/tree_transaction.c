/* tree_transaction.c
 * The mail transaction: its number on everything that belongs to it, and on the final reply what became of it.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree_transaction.h"

#include "fields.h"
#include "items.h"
#include "wanted.h"

/* Recipients that one reply lists at most: a tree may hold a million items. */
#define SHOWN_MAX 2000

static int hf_number = -1;
static int hf_id = -1;
static int hf_sender = -1;
static int hf_recipient = -1;
static int hf_rejected = -1;
static int hf_outcome = -1;
static int hf_code = -1;
static int hf_reason = -1;
static int hf_size = -1;
static int hf_duration = -1;
static int hf_queue_id = -1;
static int hf_more = -1;
static int ett_transaction = -1;

/* The code that decides about a recipient: in LMTP the one after the message, else that of RCPT. 0: none was seen. */
static uint16_t deciding_code(const esmtp_rcpt_t *rcpt)
{
    return rcpt->final_code ? rcpt->final_code : rcpt->code;
}

static void recipients_add(esmtp_show_t *show, proto_tree *tree, const esmtp_verdict_t *verdict)
{
    uint32_t n = 0;
    for (const esmtp_rcpt_t *rcpt = verdict->txn->rcpts; rcpt && n < MIN(verdict->n_rcpts, SHOWN_MAX);
         rcpt = rcpt->next, n++) {
        uint16_t code = deciding_code(rcpt);
        const char *name = esmtp_text(show->pinfo->pool, rcpt->address, strlen(rcpt->address));
        if (code >= 200 && code < 300)
            esmtp_add_gen_string(tree, hf_recipient, show->tvb, name);
        else if (code >= 400)
            proto_item_append_text(esmtp_add_gen_string(tree, hf_rejected, show->tvb, name), " (%u)", code);
    }
    if (verdict->txn->n_rcpts > n && n == SHOWN_MAX)
        esmtp_add_gen_uint(tree, hf_more, show->tvb, verdict->txn->n_rcpts - n);
}

static void verdict_add(esmtp_show_t *show, proto_tree *tree, const esmtp_verdict_t *verdict)
{
    const char *sender = verdict->txn->sender;
    const esmtp_decision_t *decision = &verdict->decision;
    esmtp_add_gen_words(tree, hf_outcome, show->tvb, esmtp_outcome_name(verdict->outcome));
    if (decision->code)
        esmtp_add_gen_uint(tree, hf_code, show->tvb, decision->code);
    if (decision->code && decision->reason && *decision->reason)
        esmtp_add_gen_string(tree, hf_reason, show->tvb,
                             esmtp_text(show->pinfo->pool, decision->reason, strlen(decision->reason)));
    if (sender)
        esmtp_add_gen_string(tree, hf_sender, show->tvb, esmtp_text(show->pinfo->pool, sender, strlen(sender)));
    recipients_add(show, tree, verdict);
    if (verdict->octets != UINT64_MAX)
        esmtp_add_gen_uint64(tree, hf_size, show->tvb, verdict->octets);
    esmtp_add_gen_time(tree, hf_duration, show->tvb, verdict->duration);
    if (verdict->queue_id)
        esmtp_add_gen_string(tree, hf_queue_id, show->tvb,
                             esmtp_text(show->pinfo->pool, verdict->queue_id, strlen(verdict->queue_id)));
}

/* The transaction, and what became of it; verdict: NULL where that is not to be told. */
static void mail_add(esmtp_show_t *show, proto_tree *tree, const esmtp_txn_t *txn, const esmtp_verdict_t *verdict)
{
    proto_item *item =
        esmtp_add_gen_uint_about(tree, hf_number, show->tvb, "Transaction of ", show->about, "", txn->number);
    proto_tree *own = proto_item_add_subtree(item, ett_transaction);
    proto_item *id = esmtp_add_gen_uint(own, hf_id, show->tvb, txn->id);
    if (verdict)
        verdict_add(show, own, verdict);
    else
        proto_item_set_hidden(id); /* for filters: who reads learns it from the verdict */
}

void esmtp_transaction_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact)
{
    esmtp_txn_t *txn = esmtp_fact_txn(fact);
    if (!tree || !txn || !(show->wanted & ESMTP_WANT_TXN))
        return;
    const esmtp_verdict_t *verdict = esmtp_fact_verdict(fact);
    esmtp_verdict_t left;
    if (verdict && verdict->txn == txn)
        mail_add(show, tree, txn, verdict);
    else if (show->later && txn->last == fact && !txn->judged && esmtp_txn_weigh(txn, &left))
        mail_add(show, tree, txn, &left); /* the connection ended first */
    else
        mail_add(show, tree, txn, NULL);
    if (verdict && verdict->txn != txn) /* a MAIL inside it ended it */
        mail_add(show, tree, verdict->txn, verdict);
}

void esmtp_transaction_register(void)
{
    static hf_register_info hf[] = {
        {&hf_number,
         {"Transaction", "smtp.transaction", FT_UINT32, BASE_DEC, NULL, 0,
          "Number of the mail transaction in its connection", HFILL}},
        {&hf_id,
         {"Mail in the file", "smtp.transaction.id", FT_UINT32, BASE_DEC, NULL, 0,
          "Number of the mail in the capture file", HFILL}},
        {&hf_sender, {"Sender", "smtp.transaction.sender", FT_STRING, BASE_NONE, NULL, 0, "Reverse-path", HFILL}},
        {&hf_recipient,
         {"Recipient", "smtp.transaction.recipient", FT_STRING, BASE_NONE, NULL, 0, "Accepted recipient", HFILL}},
        {&hf_rejected,
         {"Refused recipient", "smtp.transaction.recipient.rejected", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_outcome,
         {"Outcome", "smtp.transaction.outcome", FT_STRING, BASE_NONE, NULL, 0,
          "accepted, rejected, deferred (refused for now) or aborted", HFILL}},
        {&hf_code,
         {"Deciding code", "smtp.transaction.code", FT_UINT32, BASE_DEC, NULL, 0,
          "Code of the reply that decided the outcome", HFILL}},
        {&hf_reason,
         {"Reason", "smtp.transaction.reason", FT_STRING, BASE_NONE, NULL, 0,
          "Enhanced status code and first line of text of that reply", HFILL}},
        {&hf_size,
         {"Message size", "smtp.transaction.size", FT_UINT64, BASE_DEC, NULL, 0,
          "Octets of the message, dot-stuffing removed", HFILL}},
        {&hf_duration,
         {"Duration", "smtp.transaction.duration", FT_RELATIVE_TIME, BASE_NONE, NULL, 0, "Time since MAIL", HFILL}},
        {&hf_queue_id,
         {"Queue id", "smtp.transaction.queue_id", FT_STRING, BASE_NONE, NULL, 0, "What the server calls the message",
          HFILL}},
        {&hf_more,
         {"Further recipients", "smtp.transaction.recipients_not_shown", FT_UINT32, BASE_DEC, NULL, 0,
          "Recipients beyond those listed", HFILL}},
    };
    static int *ett[] = {&ett_transaction};
    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
}
