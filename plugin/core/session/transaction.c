/* transaction.c
 * What becomes of mails: a transaction from MAIL to its final reply, its recipients and their verdicts.
 * RFC 5321 section 3.3, RFC 2033 section 4.2 (LMTP: a reply per recipient), draft-hall-prdr-00 (353).
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "doubt.h"

esmtp_txn_t *esmtp_txn_begin(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    const char *sender;
    esmtp_txn_t *txn = esmtp_session_keep_named(s, sizeof *txn, event->path.address, &sender);
    txn->number = ++s->n_txns;
    txn->id = esmtp_doubt_mail(s, at);
    txn->hello = s->hello;
    txn->login = s->logged_in;
    txn->frame = at->frame;
    txn->time = at->time;
    if (event->path.form != ESMTP_PATH_NONE)
        txn->sender = sender;
    txn->binary = event->binary;
    txn->eight_bit = event->eight_bit;
    txn->declared = event->size;
    txn->offered = s->offer ? s->offer->size : UINT64_MAX;
    txn->rcpts_end = &txn->rcpts;
    txn->outer = s->txn && !s->txn->closed ? s->txn : NULL;
    txn->before = s->newest;
    s->sum->txns = s->newest = s->txn = txn;
    return txn;
}

esmtp_rcpt_t *esmtp_txn_recipient(esmtp_session_t *s, esmtp_txn_t *txn, esmtp_fact_t *fact, esmtp_span_t address)
{
    if (txn->n_rcpts++ >= ESMTP_RECIPIENTS_MAX) {
        esmtp_session_raise(s, fact, ESMTP_FINDING_LIMIT);
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
    case ESMTP_FF_VERDICT: return ((const esmtp_verdict_t *)fact->extra)->own;
    case ESMTP_FF_OFFER: return ((const esmtp_offer_t *)fact->extra)->txn;
    case ESMTP_FF_MESSAGE: return ((const esmtp_message_t *)fact->extra)->txn;
    case ESMTP_FF_NAMED:
    case ESMTP_FF_LOGIN: return NULL; /* no login is part of a mail, though it may be sent in the middle of one */
    default: return fact->txn;
    }
}

void esmtp_txn_touch(esmtp_txn_t *txn, const esmtp_stamp_t *at, const esmtp_fact_t *fact)
{
    if (!txn)
        return;
    txn->last = fact;
    txn->last_time = at->time;
    txn->unheard = at->peer_ahead && !(fact->flags & ESMTP_FF_FROM_SERVER);
}

/* --- verdicts ----------------------------------------------------------------------------------- */

/* What refused the mail; NULL if nothing did: fields.tsv, Transactions. */
static const esmtp_decision_t *refusal_of(const esmtp_txn_t *txn)
{
    if (txn->mail_refusal.code)
        return &txn->mail_refusal;
    if (txn->n_rcpts && txn->n_refused == txn->n_rcpts)
        return &txn->rcpt_refusal;
    return txn->message_refusal.code ? &txn->message_refusal : NULL;
}

bool esmtp_txn_weigh(esmtp_txn_t *txn, esmtp_verdict_t *v)
{
    const esmtp_decision_t *refusal = refusal_of(txn);
    *v = (esmtp_verdict_t){.txn = txn, .own = txn, .octets = UINT64_MAX};
    v->n_rcpts = MIN(txn->n_rcpts, ESMTP_RECIPIENTS_MAX);
    v->duration = txn->last_time - txn->time;
    v->outcome = ESMTP_OUTCOME_ABORTED;
    if (refusal) {
        v->outcome = refusal->code < 500 ? ESMTP_OUTCOME_DEFERRED : ESMTP_OUTCOME_REJECTED;
        v->decision = *refusal;
    }
    /* What was refused stays refused, but a reply that was not heard may have accepted it. */
    return !txn->uncertain && !(txn->unheard && v->outcome == ESMTP_OUTCOME_ABORTED);
}

const char *esmtp_outcome_name(esmtp_outcome_t outcome)
{
    static const char *const names[] = {
        [ESMTP_OUTCOME_NONE] = "unknown",      [ESMTP_OUTCOME_ACCEPTED] = "accepted",
        [ESMTP_OUTCOME_REJECTED] = "rejected", [ESMTP_OUTCOME_DEFERRED] = "deferred",
        [ESMTP_OUTCOME_ABORTED] = "aborted",
    };
    return names[outcome];
}

const esmtp_verdict_t *esmtp_fact_verdict(const esmtp_fact_t *fact)
{
    if (fact->flags & ESMTP_FF_VERDICT)
        return fact->extra;
    return fact->flags & ESMTP_FF_OFFER ? ((const esmtp_offer_t *)fact->extra)->verdict : NULL;
}

const esmtp_verdict_t *esmtp_txn_verdict(const esmtp_txn_t *txn)
{
    return txn->judged && txn->final ? esmtp_fact_verdict(txn->final) : NULL;
}

/* Hangs the verdict on the reply that ends the transaction. accepted: what accepts it; NULL: what is known tells.
 * Returns NULL if it was ended before. */
static esmtp_verdict_t *judge(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact, esmtp_txn_t *txn,
                              const esmtp_decision_t *accepted)
{
    if (txn->judged)
        return NULL;
    esmtp_verdict_t *v = esmtp_session_keep(s, sizeof *v);
    (void)esmtp_txn_weigh(txn, v);
    v->duration = at->time - txn->time;
    if (accepted) {
        v->outcome = ESMTP_OUTCOME_ACCEPTED;
        v->decision = *accepted;
    }
    txn->judged = true;
    if (fact->flags & ESMTP_FF_OFFER) {
        esmtp_offer_t *offer = fact->extra;
        offer->verdict = v;
        offer->txn = txn;
    } else {
        v->own = fact->txn ? fact->txn : txn;
        fact->extra = v;
        fact->flags |= ESMTP_FF_VERDICT;
    }
    txn->final = fact;
    return v;
}

static esmtp_decision_t decision_of(const esmtp_session_t *s)
{
    return (esmtp_decision_t){s->reply.code, s->reply.reason};
}

/* A command that was sent outside of any known transaction belongs to this one. */
static void join(esmtp_session_t *s, esmtp_pending_t *p, esmtp_txn_t *txn)
{
    p->txn = txn;
    if (p->message)
        p->message->txn = txn;
    if (!(p->fact->flags & ESMTP_FF_EXTRA))
        p->fact->txn = txn;
    if (p->row->id != ESMTP_VERB_RCPT)
        return;
    p->rcpt = esmtp_txn_recipient(s, txn, p->fact, esmtp_span_str(p->path ? p->path : ""));
    if (s->sum->strays)
        s->sum->strays--;
}

static void resume(esmtp_session_t *s, esmtp_txn_t *txn);
static void reopen(esmtp_session_t *s, esmtp_txn_t *txn);

/* The accepted transaction that a MAIL was sent into, or NULL. A 503 to it says that there is one. */
static esmtp_txn_t *outer_of(esmtp_session_t *s, esmtp_txn_t *txn, uint16_t code)
{
    esmtp_txn_t *refused = s->refused_txn;
    while (txn->outer && txn->outer->closed)
        txn->outer = txn->outer->outer;
    if (!txn->outer && code == 503 && refused && refused != txn) {
        reopen(s, refused);
        txn->outer = refused;
    }
    return txn->outer && txn->outer->mail_code >= 200 && txn->outer->mail_code < 400 ? txn->outer : NULL;
}

/* A recipient was refused. The newest refusal decides, but a 4yz stays. */
static void refuse_recipient(esmtp_txn_t *txn, esmtp_decision_t decision)
{
    if (decision.code && txn->rcpt_refusal.code / 100 != 4)
        txn->rcpt_refusal = decision;
}

/* A MAIL inside a transaction was refused: what was sent after it belongs to the outer one after all. The MAIL itself
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
        outer->last = p->fact;
        outer->last_time = p->time;
    }
    *outer->rcpts_end = txn->rcpts;
    if (txn->rcpts)
        outer->rcpts_end = txn->rcpts_end;
    outer->n_rcpts += txn->n_rcpts;
    outer->n_accepted += txn->n_accepted;
    outer->n_refused += txn->n_refused;
    refuse_recipient(outer, txn->rcpt_refusal);
    txn->rcpts = NULL;
    txn->rcpts_end = &txn->rcpts;
    txn->n_rcpts = txn->n_accepted = txn->n_refused = 0;
    txn->closed = true;
    if (s->txn == txn)
        s->txn = outer;
    if (s->message && s->message->txn == txn)
        s->message->txn = outer;
}

/* What waits after the entry at the front belongs to a transaction no longer. */
static void release_pending(esmtp_session_t *s, const esmtp_txn_t *txn)
{
    for (uint32_t i = 1; i < s->pairing.n; i++) {
        esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, i);
        if (p->txn != txn)
            continue;
        p->txn = NULL;
        p->rcpt = NULL;
        s->sum->strays += p->row && p->row->id == ESMTP_VERB_RCPT;
        if (p->message)
            p->message->txn = NULL;
        if (!(p->fact->flags & ESMTP_FF_EXTRA))
            p->fact->txn = NULL;
    }
}

/* A MAIL was refused: what was sent in the same batch belongs to no transaction, as if it had been sent later. */
static void abandon(esmtp_session_t *s, esmtp_txn_t *txn)
{
    release_pending(s, txn);
    if (s->message && s->message->txn == txn)
        s->message->txn = NULL;
    txn->rcpts = NULL;
    txn->rcpts_end = &txn->rcpts;
    txn->n_rcpts = 0;
}

static void reply_to_begin(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact,
                           uint16_t code)
{
    esmtp_txn_t *txn = p->txn;
    txn->mail_code = code;
    esmtp_txn_t *outer = outer_of(s, txn, code);
    if (code < 400) {
        if (outer) {
            judge(s, at, fact, outer, NULL);
            close_txn(s, outer);
        }
        txn->outer = s->refused_txn = NULL;
        return;
    }
    txn->mail_refusal = decision_of(s);
    judge(s, at, fact, txn, NULL);
    if (outer) {
        fall_back(s, txn, outer);
        return;
    }
    abandon(s, txn);
    close_txn(s, txn);
}

static void reply_to_rcpt(esmtp_session_t *s, esmtp_pending_t *p, const esmtp_fact_t *fact, uint16_t code)
{
    esmtp_txn_t *txn = p->txn;
    bool refused = code >= 400;
    if (p->rcpt) {
        p->rcpt->code = code;
        p->rcpt->reply = fact;
        p->rcpt->reason = refused ? s->reply.reason : NULL;
    }
    if (code >= 200 && code < 300)
        txn->n_accepted++;
    if (!refused)
        return;
    txn->n_refused++;
    refuse_recipient(txn, decision_of(s));
}

/* A reply to a message that ends no transaction. */
static void tie_message(esmtp_fact_t *reply, esmtp_message_t *message)
{
    if (!message || reply->flags & ESMTP_FF_EXTRA || message->txn != reply->txn)
        return;
    reply->flags |= ESMTP_FF_MESSAGE;
    reply->extra = message;
}

/* The transaction that the server closed last, if it may turn out that it did not: it is still the one to take up. */
static void reopen(esmtp_session_t *s, esmtp_txn_t *txn)
{
    if (txn->final && txn->final->flags & ESMTP_FF_VERDICT) {
        const esmtp_verdict_t *v = txn->final->extra;
        txn->final->flags &= ~(uint32_t)ESMTP_FF_VERDICT;
        esmtp_session_unraise(s, txn->final, ESMTP_FINDING_MAIL_ACCEPTED);
        txn->final->txn = v->own;
        tie_message(txn->final, v->message);
    }
    txn->final = NULL;
    txn->judged = txn->closed = false;
    s->refused_txn = NULL;
}

/* DATA, BDAT or the message itself was refused, or not. A 503 only says that an earlier refusal stands. */
static void refuse_message(esmtp_txn_t *txn, esmtp_decision_t decision)
{
    bool refused = decision.code >= 400;
    if (!(decision.code == 503 && txn->message_refusal.code))
        txn->message_refusal = refused ? decision : (esmtp_decision_t){0, NULL};
}

/* The last reply to the message. */
static void finish(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact, bool accepted)
{
    esmtp_txn_t *txn = p->txn;
    esmtp_decision_t decision = p->decision.code ? p->decision : decision_of(s);
    if (p->leaving && txn->judged)
        reopen(s, txn); /* the server said that it goes away, and goes on all the same */
    if (!accepted)
        refuse_message(txn, decision);
    if (!accepted && p->row && p->row->payload == ESMTP_PAYLOAD_CHUNK && txn->n_accepted == 0) {
        tie_message(fact, p->message);
        resume(s, txn); /* there was nobody to refuse it to: servers leave the transaction open */
        return;
    }
    esmtp_verdict_t *v = judge(s, at, fact, txn, accepted ? &decision : NULL);
    if (v && p->message) {
        v->octets = p->message->octets;
        v->message = p->message;
        p->message->verdict = v;
    }
    if (v && accepted) {
        v->queue_id = p->queue_id;
        esmtp_session_raise(s, fact, ESMTP_FINDING_MAIL_ACCEPTED);
    }
    close_txn(s, txn);
    s->refused_txn = accepted ? NULL : txn;
}

esmtp_rcpt_t *esmtp_txn_next_accepted(esmtp_rcpt_t *rcpt)
{
    while (rcpt && (rcpt->code < 200 || rcpt->code > 299))
        rcpt = rcpt->next;
    return rcpt;
}

/* fact: the reply, if it was for this recipient alone; else NULL. */
static void reply_to_recipient(esmtp_session_t *s, esmtp_pending_t *p, const esmtp_fact_t *fact, uint16_t code)
{
    p->rcpt = esmtp_txn_next_accepted(p->rcpt);
    if (!p->rcpt)
        return;
    p->rcpt->final_code = code;
    p->rcpt->final = fact;
    p->rcpt->reason = code >= 400 ? s->reply.reason : NULL;
    p->rcpt->fact->code = code;
    esmtp_session_refuse(s, p->rcpt->fact);
    p->rcpt = p->rcpt->next;
}

/* Codes that greet or take leave accept nothing. */
static bool is_acceptance(uint16_t code)
{
    return code >= 200 && code < 300 && code != 220 && code != 221;
}

void esmtp_txn_wrapped(esmtp_session_t *s, esmtp_pending_t *p, uint16_t code)
{
    if (!p->message || !p->txn)
        return;
    if (!p->rcpt && !p->any_wrapped)
        p->rcpt = p->txn->rcpts;
    p->any_wrapped = true;
    if (is_acceptance(code)) {
        p->any_accepted = true;
        p->decision = (esmtp_decision_t){code, NULL}; /* not the code that wraps it */
    }
    reply_to_recipient(s, p, NULL, code);
}

/* The server says in the middle of its replies to a message that it goes away: it speaks for the recipients that are
 * left. Some go on all the same, and have the last word then. */
static void speak_for_all(esmtp_session_t *s, esmtp_pending_t *p, uint16_t code)
{
    esmtp_rcpt_t *next = p->rcpt;
    while (p->rcpt)
        reply_to_recipient(s, p, NULL, code);
    p->rcpt = next;
    p->leaving = true;
}

bool esmtp_txn_names(esmtp_span_t text, const char *path)
{
    size_t n = path ? strlen(path) : 0;
    for (size_t i = 0; n && i + n + 2 <= text.len; i++) {
        if (text.p[i] == '<' && text.p[i + 1 + n] == '>' &&
            g_ascii_strncasecmp((const char *)text.p + i + 1, path, n) == 0)
            return true;
    }
    return false;
}

/* The first reply to a message is here: how many will there be? In LMTP one for each accepted recipient (RFC 2033
 * section 4.2), but one alone, for all of them, if it refuses BDAT LAST itself and names nobody. */
static void count_verdicts(esmtp_session_t *s, esmtp_pending_t *p, const esmtp_server_event_t *event)
{
    p->counted = true;
    if (!s->lmtp || !p->txn || p->per_recipient)
        return;
    bool chunk = p->row && p->row->payload == ESMTP_PAYLOAD_CHUNK && !p->each_replies;
    bool follows = p->txn->chunk_refused; /* from that */
    p->rcpt = p->txn->rcpts;
    if (chunk && (p->txn->n_accepted > 1 || follows) && event->reply.code >= 400 &&
        !esmtp_txn_names(event->reply.parameter, esmtp_rcpt_path(esmtp_txn_next_accepted(p->txn->rcpts)))) {
        while (p->rcpt && !follows)
            reply_to_recipient(s, p, NULL, event->reply.code);
        return;
    }
    p->per_recipient = true;
    p->replies = MAX(1, p->txn->n_accepted);
}

void esmtp_txn_message(esmtp_txn_t *txn, esmtp_message_t *message)
{
    if (!message || txn->message == message)
        return;
    message->before = txn->message;
    txn->message = message;
}

static void reply_to_message(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact,
                             const esmtp_server_event_t *event)
{
    uint16_t code = event->reply.code;
    bool ok = is_acceptance(code);
    s->last_txn = p->txn;
    esmtp_txn_message(p->txn, p->message);
    if (!p->counted)
        count_verdicts(s, p, event);
    bool overall = p->overall && p->replies == 1;
    if (p->per_recipient && !overall)
        reply_to_recipient(s, p, fact, code);
    bool leaves = code == 421 && p->replies > 1;
    if (leaves)
        speak_for_all(s, p, code);
    if (!overall)
        p->any_accepted |= ok;
    if (!p->decision.code || ok || (code < 500 && p->decision.code >= 500) || overall)
        p->decision = decision_of(s); /* an acceptance, else a refusal for now, else whatever came first */
    if (ok && !p->queue_id && event->queue_id.len)
        p->queue_id = esmtp_session_strdup(s, event->queue_id);
    if (p->replies == 1 || leaves)
        finish(s, at, p, fact, p->overall ? ok : p->any_accepted);
}

static void reply_to_chunk(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact,
                           const esmtp_server_event_t *event)
{
    if (event->reply.code == 421 && esmtp_session_octets_left(s) > 0) {
        /* The server closes in the middle of the chunk: mostly because the client has gone. */
        judge(s, at, fact, p->txn, NULL);
        close_txn(s, p->txn);
    } else if (p->last_chunk) {
        reply_to_message(s, at, p, fact, event);
    } else {
        p->txn->chunk_refused = event->reply.code >= 400;
        refuse_message(p->txn, decision_of(s));
    }
}

/* RSET, QUIT or a hello was refused: the transaction that it was to end, and that was left when it was sent, goes on.
 * What was sent since belongs to it, and a MAIL among that stands inside it. */
static void resume(esmtp_session_t *s, esmtp_txn_t *txn)
{
    for (uint32_t i = 1; i < s->pairing.n; i++) {
        esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, i);
        if (!p->row || p->row->txn == ESMTP_TXN_NONE)
            continue;
        if (p->row->txn == ESMTP_TXN_BEGIN) {
            if (p->txn && p->txn != txn && !p->txn->outer)
                p->txn->outer = txn;
            return;
        }
        if (!p->txn)
            join(s, p, txn);
        if (p->row->txn == ESMTP_TXN_ABORT)
            return;
    }
    if (!s->txn)
        s->txn = txn;
}

static void reply_to_abort(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact,
                           uint16_t code)
{
    bool quit = p->row->id == ESMTP_VERB_QUIT;
    if (p->txn->closed)
        return;
    if (code >= 300 && !(quit && code == 421)) {
        resume(s, p->txn);
        return;
    }
    if (!p->txn->uncertain) /* a reply that was lost may have been the final one */
        judge(s, at, fact, p->txn, NULL);
    if (quit)
        release_pending(s, p->txn);
    close_txn(s, p->txn);
    s->refused_txn = NULL;
}

/* A recipient is accepted although no transaction was known to be open: the refused one was. */
static void take_up(esmtp_session_t *s, esmtp_pending_t *p, esmtp_fact_t *fact)
{
    esmtp_txn_t *txn = s->refused_txn;
    reopen(s, txn);
    join(s, p, txn);
    if (!(fact->flags & ESMTP_FF_EXTRA))
        fact->txn = txn;
    if (!s->txn)
        s->txn = txn;
}

void esmtp_txn_reply(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact,
                     const esmtp_server_event_t *event)
{
    uint16_t code = event->reply.code;
    if (!p->txn && s->refused_txn && p->row && p->row->id == ESMTP_VERB_RCPT && code / 100 == 2)
        take_up(s, p, fact);
    if (!p->txn && p->row && p->row->id == ESMTP_VERB_RCPT && code >= 400)
        s->sum->strays_refused++;
    if (!p->txn || !p->row)
        return;
    if (p->row->id == ESMTP_VERB_EOM) {
        reply_to_message(s, at, p, fact, event);
    } else if (p->row->payload == ESMTP_PAYLOAD_CHUNK) {
        reply_to_chunk(s, at, p, fact, event);
    } else if (p->row->payload == ESMTP_PAYLOAD_TEXT) {
        refuse_message(p->txn, decision_of(s));
    } else if (p->row->txn == ESMTP_TXN_BEGIN) {
        reply_to_begin(s, at, p, fact, code);
    } else if (p->row->id == ESMTP_VERB_RCPT) {
        reply_to_rcpt(s, p, fact, code);
    } else if (p->row->txn == ESMTP_TXN_ABORT) {
        reply_to_abort(s, at, p, fact, code);
    }
}
