/* transaction.c
 * What becomes of mails: a transaction from MAIL to its final reply, its recipients and their verdicts.
 * RFC 5321 section 3.3, RFC 2033 section 4.2 (LMTP: a reply per recipient), draft-hall-prdr-00 (353).
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "session_priv.h"

esmtp_txn_t *esmtp_txn_begin(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    const char *sender;
    esmtp_txn_t *txn = esmtp_session_keep_named(s, sizeof *txn, event->path.address, &sender);
    txn->number = ++s->n_txns;
    txn->frame = at->frame;
    txn->time = at->time;
    if (event->path.form != ESMTP_PATH_NONE)
        txn->sender = sender;
    txn->binary = event->binary;
    txn->declared = event->size;
    txn->offered = s->offer ? s->offer->size : UINT64_MAX;
    txn->rcpts_end = &txn->rcpts;
    txn->outer = s->txn && !s->txn->closed ? s->txn : NULL;
    s->txn = txn;
    return txn;
}

esmtp_rcpt_t *esmtp_txn_recipient(esmtp_session_t *s, esmtp_txn_t *txn, esmtp_fact_t *fact, esmtp_span_t address)
{
    if (txn->n_rcpts++ >= ESMTP_RECIPIENTS_MAX) {
        fact->anomalies |= ESMTP_AN_OVER_LIMIT;
        return NULL;
    }
    const char *copy;
    esmtp_rcpt_t *rcpt = esmtp_session_keep_named(s, sizeof *rcpt, address, &copy);
    rcpt->fact = fact;
    rcpt->address = copy;
    *txn->rcpts_end = rcpt;
    txn->rcpts_end = &rcpt->next;
    return rcpt;
}

static void close_txn(esmtp_session_t *s, esmtp_txn_t *txn)
{
    txn->closed = true;
    if (s->txn == txn)
        s->txn = NULL;
}

esmtp_txn_t *esmtp_fact_txn(const esmtp_fact_t *fact)
{
    switch (fact->flags & ESMTP_FF_EXTRA) {
    case ESMTP_FF_VERDICT: return ((const esmtp_verdict_t *)fact->extra)->txn;
    case ESMTP_FF_OFFER: return ((const esmtp_offer_t *)fact->extra)->txn;
    case ESMTP_FF_MESSAGE: return ((const esmtp_message_t *)fact->extra)->txn;
    case ESMTP_FF_LOGIN: return NULL; /* no login is part of a mail, though it may be sent amid one */
    default: return fact->txn;
    }
}

/* Hangs the verdict on the reply that gives it. */
static void judge(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact, esmtp_txn_t *txn,
                  esmtp_outcome_t outcome)
{
    esmtp_verdict_t *v = esmtp_session_keep(s, sizeof *v);
    v->txn = txn;
    v->outcome = outcome;
    v->n_rcpts = MIN(txn->n_rcpts, ESMTP_RECIPIENTS_MAX);
    v->octets = UINT64_MAX;
    v->duration = at->time - txn->time;
    if (txn->final) { /* a refused DATA so far; now there is a reply to the message */
        txn->final->flags &= ~(uint32_t)ESMTP_FF_VERDICT;
        txn->final->txn = txn;
        txn->final = NULL;
    }
    txn->judged = true;
    if (fact->flags & ESMTP_FF_OFFER) {
        esmtp_offer_t *offer = fact->extra;
        offer->verdict = v;
        offer->txn = txn;
    } else {
        fact->extra = v;
        fact->flags |= ESMTP_FF_VERDICT;
        txn->final = fact;
    }
}

static esmtp_verdict_t *verdict_of(const esmtp_fact_t *fact)
{
    return fact->flags & ESMTP_FF_VERDICT ? fact->extra : NULL;
}

/* Whether a command that brings the message still waits for its reply: that one will be the final reply. */
static bool message_pending(const esmtp_session_t *s, const esmtp_txn_t *txn, const esmtp_pending_t *except)
{
    for (uint32_t i = 0; i < MIN(s->pairing.n, ESMTP_DOUBT_MAX); i++) {
        const esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, i);
        if (p != except && p->txn == txn && p->row &&
            (p->row->payload == ESMTP_PAYLOAD_TEXT || p->row->payload == ESMTP_PAYLOAD_CHUNK ||
             p->row->id == ESMTP_VERB_EOM))
            return true;
    }
    return false;
}

/* The accepted transaction that a MAIL was sent into, or NULL. */
static esmtp_txn_t *outer_of(esmtp_txn_t *txn)
{
    while (txn->outer && txn->outer->closed)
        txn->outer = txn->outer->outer;
    return txn->outer && txn->outer->mail_code >= 200 && txn->outer->mail_code < 400 ? txn->outer : NULL;
}

/* A MAIL inside a transaction was refused: what was sent behind it belongs to the outer one after all. The MAIL itself
 * is at the front of the queue. */
static void fall_back(esmtp_session_t *s, esmtp_txn_t *txn, esmtp_txn_t *outer)
{
    for (uint32_t i = 1; i < s->pairing.n; i++) {
        esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, i);
        if (p->row && p->row->txn == ESMTP_TXN_BEGIN)
            break;
        if (p->txn != txn)
            continue;
        p->txn = outer;
        if (p->message)
            p->message->txn = outer;
        if (!(p->fact->flags & ESMTP_FF_EXTRA))
            p->fact->txn = outer;
    }
    *outer->rcpts_end = txn->rcpts;
    if (txn->rcpts)
        outer->rcpts_end = txn->rcpts_end;
    outer->n_rcpts += txn->n_rcpts;
    txn->rcpts = NULL;
    txn->rcpts_end = &txn->rcpts;
    txn->n_rcpts = 0;
    txn->closed = true;
    if (s->txn == txn)
        s->txn = outer;
    if (s->message && s->message->txn == txn)
        s->message->txn = outer;
}

static void reply_to_begin(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact,
                           uint16_t code)
{
    esmtp_txn_t *txn = p->txn;
    txn->mail_code = code;
    esmtp_txn_t *outer = outer_of(txn);
    if (code < 400) {
        if (outer)
            close_txn(s, outer);
        txn->outer = NULL;
        return;
    }
    if (outer) {
        fall_back(s, txn, outer);
        return;
    }
    if (!message_pending(s, txn, p))
        judge(s, at, fact, txn, ESMTP_OUTCOME_REJECTED);
    close_txn(s, txn);
}

static void reply_to_rcpt(esmtp_pending_t *p, uint16_t code)
{
    if (p->rcpt)
        p->rcpt->code = code;
    if (code >= 200 && code < 300)
        p->txn->n_accepted++;
}

/* A DATA, or a chunk that is not the last, was refused: the transaction stays open, this is its final reply so far. */
static void refused(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact)
{
    if (!p->txn->judged)
        judge(s, at, fact, p->txn, ESMTP_OUTCOME_REJECTED);
}

/* The last reply to the message. */
static void finish(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact, bool accepted)
{
    if (p->txn->judged && p->row && p->row->payload == ESMTP_PAYLOAD_CHUNK && !accepted) {
        close_txn(s, p->txn);
        return; /* an earlier chunk was refused already */
    }
    judge(s, at, fact, p->txn, accepted ? ESMTP_OUTCOME_ACCEPTED : ESMTP_OUTCOME_REJECTED);
    esmtp_verdict_t *v = verdict_of(fact);
    if (v && p->message) {
        v->octets = p->message->octets;
        v->message = p->message;
        p->message->verdict = v;
    }
    if (v && accepted)
        v->queue_id = p->queue_id;
    close_txn(s, p->txn);
}

static void reply_to_recipient(esmtp_pending_t *p, uint16_t code)
{
    while (p->rcpt && (p->rcpt->code < 200 || p->rcpt->code > 299))
        p->rcpt = p->rcpt->next;
    if (!p->rcpt)
        return;
    p->rcpt->final_code = code;
    p->rcpt->fact->code = code;
    p->rcpt = p->rcpt->next;
}

void esmtp_txn_wrapped(esmtp_pending_t *p, uint16_t code)
{
    if (!p->message || !p->txn)
        return;
    if (!p->rcpt && !p->any_wrapped)
        p->rcpt = p->txn->rcpts;
    p->any_wrapped = true;
    p->any_accepted |= code >= 200 && code < 300;
    reply_to_recipient(p, code);
}

/* The server says amid its replies to a message that it goes away: it speaks for the recipients that are left. Some go
 * on all the same, and have the last word then. */
static void speak_for_all(esmtp_pending_t *p, uint16_t code)
{
    esmtp_rcpt_t *next = p->rcpt;
    while (p->rcpt)
        reply_to_recipient(p, code);
    p->rcpt = next;
    p->leaving = true;
}

static void reply_to_message(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact,
                             const esmtp_server_event_t *event)
{
    uint16_t code = event->reply.code;
    bool ok = code >= 200 && code < 300;
    bool overall = p->overall && p->replies == 1;
    if (p->per_recipient && !overall)
        reply_to_recipient(p, code);
    bool leaves = code == 421 && p->replies > 1;
    if (leaves)
        speak_for_all(p, code);
    if (!overall)
        p->any_accepted |= ok;
    if (ok && !p->queue_id && event->queue_id.len)
        p->queue_id = esmtp_session_strdup(s, event->queue_id);
    if (p->replies == 1 || leaves)
        finish(s, at, p, fact, p->overall ? ok : p->any_accepted);
}

static void reply_to_chunk(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact,
                           const esmtp_server_event_t *event)
{
    if (event->reply.code == 421 && esmtp_session_octets_left(s) > 0) {
        /* The server closes amid the chunk: mostly because the client has gone. */
        if (!p->txn->judged)
            judge(s, at, fact, p->txn, ESMTP_OUTCOME_ABORTED);
        close_txn(s, p->txn);
    } else if (p->last_chunk) {
        reply_to_message(s, at, p, fact, event);
    } else if (event->reply.code >= 400) {
        refused(s, at, p, fact);
    }
}

/* RSET or a hello was refused: the transaction that it was to end, and that was left when it was sent, goes on. A MAIL
 * behind it stands inside that transaction. */
static void resume(esmtp_session_t *s, esmtp_txn_t *txn)
{
    esmtp_txn_t *inner = s->txn;
    if (!inner && s->pairing.n == 1)
        s->txn = txn;
    else if (inner && inner != txn && !inner->outer)
        inner->outer = txn;
}

static void reply_to_abort(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact,
                           uint16_t code)
{
    bool always = p->row->id == ESMTP_VERB_QUIT;
    if (p->txn->closed)
        return;
    if (code >= 300 && !always) {
        resume(s, p->txn);
        return;
    }
    if (!p->txn->judged && !p->txn->uncertain) /* a reply that was lost may have been the final one */
        judge(s, at, fact, p->txn, ESMTP_OUTCOME_ABORTED);
    close_txn(s, p->txn);
}

void esmtp_txn_reply(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact,
                     const esmtp_server_event_t *event)
{
    uint16_t code = event->reply.code;
    if (!p->txn || !p->row)
        return;
    if (p->row->id == ESMTP_VERB_EOM) {
        reply_to_message(s, at, p, fact, event);
    } else if (p->row->payload == ESMTP_PAYLOAD_CHUNK) {
        reply_to_chunk(s, at, p, fact, event);
    } else if (p->row->payload == ESMTP_PAYLOAD_TEXT) {
        if (code >= 400)
            refused(s, at, p, fact);
    } else if (p->row->txn == ESMTP_TXN_BEGIN) {
        reply_to_begin(s, at, p, fact, code);
    } else if (p->row->id == ESMTP_VERB_RCPT) {
        reply_to_rcpt(p, code);
    } else if (p->row->txn == ESMTP_TXN_ABORT) {
        reply_to_abort(s, at, p, fact, code);
    }
}
