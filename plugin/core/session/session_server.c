/* session_server.c
 * What a server line does: the greeting, extensions of an EHLO reply, replies and what they answer.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../tables/needs.h"
#include "doubt.h"

/* Keywords that a list takes room for at a time: what most servers offer. */
#define OFFERED_AT_ONCE 10
/* Octets of names of mechanisms, from where on further lines of them are not looked at. */
#define MECHANISMS_MAX 1024

/* --- server: EHLO ----------------------------------------------------------------------------- */

static esmtp_offer_list_t *offer_new(esmtp_session_t *s)
{
    esmtp_offer_list_t *list = esmtp_session_alloc(s, sizeof *list);
    list->end = &list->first;
    list->size = UINT64_MAX;
    return list;
}

/* Whether a line lists mechanisms, in the way of RFC 4954: there may be several of them. */
static bool is_mechanisms(const esmtp_keyword_row_t *row, bool glued)
{
    return row && row->form == ESMTP_EHLO_AUTH && !glued;
}

/* Whether a list has a line of this keyword already. "AUTH=LOGIN" does not repeat "AUTH PLAIN", and what a firewall has
 * written over is no keyword. Of keywords that have a row the name is the row's: equal names are the same one. */
static bool offered_before(const esmtp_offer_list_t *list, const esmtp_keyword_row_t *row, const esmtp_offered_t *item)
{
    if (row && esmtp_keyword_is_mask(row))
        return false;
    for (const esmtp_offered_t *old = list->first; old && old != item; old = old->next) {
        bool same = old->keyword == item->keyword || (!row && strcmp(old->keyword, item->keyword) == 0);
        if (same && old->glued == item->glued)
            return !is_mechanisms(row, item->glued);
    }
    return false;
}

/* Mechanisms of a server that needs several lines for them. */
static void mechanisms_join(esmtp_session_t *s, esmtp_offer_list_t *list, esmtp_span_t more)
{
    size_t n = list->auth ? strlen(list->auth) : 0;
    if (!n || n > MECHANISMS_MAX || more.len > MECHANISMS_MAX) {
        list->auth = n ? list->auth : esmtp_session_strdup(s, more);
        return;
    }
    char *all = esmtp_session_alloc(s, n + 1 + more.len + 1);
    memcpy(all, list->auth, n);
    all[n] = ' ';
    if (more.len)
        memcpy(all + n + 1, more.p, more.len);
    list->auth = all;
}

/* A new item at the end of a list. Room for them is made for several at a time. */
static esmtp_offered_t *item_add(esmtp_session_t *s, esmtp_offer_list_t *list)
{
    uint32_t i = list->n++ % OFFERED_AT_ONCE;
    if (i == 0)
        list->room = esmtp_session_alloc(s, OFFERED_AT_ONCE * sizeof *list->room);
    esmtp_offered_t *item = &list->room[i];
    *list->end = item;
    list->end = &item->next;
    return item;
}

/* Returns false if an earlier line has the same keyword. */
static bool offer_add(esmtp_session_t *s, const esmtp_server_event_t *event)
{
    esmtp_offer_list_t *list = s->offer_new;
    esmtp_span_t keyword = event->extension.keyword;
    if (!list)
        list = s->offer_new = offer_new(s);
    if (!keyword.len)
        return true;
    if (list->n >= ESMTP_OFFER_MAX) {
        list->n++;
        return true;
    }
    const esmtp_keyword_row_t *row = event->extension.row;
    esmtp_offered_t *item = item_add(s, list);
    item->keyword = row && !esmtp_keyword_is_mask(row) ? row->keyword : esmtp_session_strdup_upper(s, keyword);
    item->glued = event->extension.glued;
    int use = esmtp_use_of_keyword(item->keyword);
    if (use >= 0)
        s->sum->offered |= UINT32_C(1) << use;
    if (is_mechanisms(row, event->extension.glued) && esmtp_span_is(keyword, "AUTH"))
        mechanisms_join(s, list, event->extension.parameter);
    if (row && row->form == ESMTP_EHLO_SIZE)
        list->size = event->size;
    list->partial |= s->reply.head_lost;
    list->starttls |= esmtp_span_is(keyword, "STARTTLS");
    list->pipelining |= esmtp_span_is(keyword, "PIPELINING");
    return !offered_before(list, row, item);
}

bool esmtp_offer_has(const esmtp_offer_list_t *list, const char *keyword)
{
    for (const esmtp_offered_t *item = list->first; item; item = item->next) {
        if (strcmp(item->keyword, keyword) == 0)
            return true;
    }
    return false;
}

/* A list that no fact refers to. */
static void offer_release(esmtp_session_t *s, esmtp_offer_list_t *list)
{
    esmtp_offered_t *item = list->first;
    for (uint32_t i = 0; item; i++) {
        esmtp_offered_t *next = item->next;
        if (i % OFFERED_AT_ONCE == OFFERED_AT_ONCE - 1 || !next)
            esmtp_release(s->ops->allocator, item - i % OFFERED_AT_ONCE);
        item = next;
    }
    esmtp_release(s->ops->allocator, list);
}

/* Whether a client may speak before the greeting: Exim, once it has learned that the server takes it. */
static bool takes_early(const esmtp_offer_list_t *offer)
{
    return esmtp_offer_has(offer, "PIPECONNECT") || esmtp_offer_has(offer, "PIPE_CONNECT") ||
           esmtp_offer_has(offer, "X_PIPE_CONNECT");
}

static void offer_commit(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact)
{
    s->offer = s->offer_new ? s->offer_new : offer_new(s);
    if (!s->sum->inside_tls) {
        s->sum->offer_known = true;
        s->sum->starttls_offered = s->offer->starttls;
    }
    esmtp_session_offer_findings(s, at, fact);
    if (s->told.early && takes_early(s->offer))
        esmtp_session_early_client_offered(s);
    s->offer_shown = s->offer_first_tls;
    s->offer_new = NULL;
    if (!s->offer_first_tls)
        return;
    esmtp_offer_t *hook = esmtp_session_keep(s, sizeof *hook);
    hook->list = s->offer;
    hook->clear = s->offer_clear;
    hook->txn = fact->txn;
    fact->extra = hook;
    fact->flags |= ESMTP_FF_OFFER;
    s->offer_first_tls = false;
}

/* --- server: replies -------------------------------------------------------------------------- */

static bool greets(uint16_t code)
{
    return code == 220 || (code >= 400 && code <= 599);
}

/* What servers say of their own accord before they close: Exchange's "451 4.7.0 Timeout waiting for client input". */
static bool is_goodbye(const esmtp_reply_line_t *reply)
{
    const esmtp_enhanced_t *e = &reply->enhanced;
    bool timeout = e->class_ == 4 && ((e->subject == 4 && e->detail == 2) || (e->subject == 7 && e->detail == 0));
    return reply->code == 554 || (reply->code == 451 && timeout);
}

/* Whether a reply that answers nothing is odd, or just the sign of what the capture lacks. */
static void reply_alone(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_server_event_t *event, bool doubt)
{
    uint16_t code = event->reply.code;
    bool goodbye = code == 421 || (code == 221 && !at->peer_ahead);
    if (goodbye || s->reply.early)
        return;
    bool watched = s->opened && s->client_spoke && !s->client_gap && !at->peer_ahead && !s->reply.head_lost && !doubt;
    s->reply.unasked = watched;
    s->reply.no_command = watched && !is_goodbye(&event->reply);
    s->reply.lost_peer = !watched;
}

static void context_from(esmtp_session_t *s, const esmtp_pending_t *p, uint16_t code)
{
    s->reply.paired = true;
    s->reply.entry = s->pairing.popped;
    s->reply.verb = esmtp_verb_number(p->row);
    s->reply.hello = p->row && (p->row->flags & ESMTP_VF_HELLO) && code / 100 == 2;
    s->reply.lhlo = s->reply.hello && p->row->id == ESMTP_VERB_LHLO;
    s->reply.txn = code == 354 && !p->row ? s->txn : p->txn; /* whatever it was, it begins a message */
    s->reply.login = p->login;
    s->reply.wrong_code = !esmtp_verb_expects(p->row, code);
}

bool esmtp_session_verdict_pending(const esmtp_session_t *s)
{
    const esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, 0);
    return p && (p->message || s->pairing.lossy);
}

/* A reply to a login whose AUTH the capture lacks: the first of them is a challenge, which says that there is one. Of
 * the mechanism no more is known than what LOGIN's words tell; so its messages count as secret. */
static void lost_login(esmtp_session_t *s, const esmtp_server_event_t *event)
{
    if (!s->login && event->reply.code == 334) {
        esmtp_login_t *login = esmtp_session_keep(s, sizeof *login);
        login->number = ++s->n_logins;
        login->mechanism = event->prompt ? "LOGIN" : "";
        login->row = esmtp_mechanism_find(esmtp_span_str(login->mechanism));
        login->client_messages = event->prompt == ESMTP_PROMPT_PASSWORD;
        s->login = login;
        s->challenges = 0;
    }
    if (s->login && s->login->frame == 0)
        s->reply.login = s->login;
}

/* Whether a reply decides about something that will be asked for its words. p: what it answers, or NULL. */
static bool decides(const esmtp_session_t *s, const esmtp_pending_t *p, uint16_t code)
{
    if (s->reply.txn)
        return code >= 400 || (p && p->message);
    return code >= 400 && p && s->n_refusals < ESMTP_REFUSALS_MAX;
}

/* First line of a reply: what does it answer? */
static void begin_reply(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_server_event_t *event)
{
    uint16_t code = event->reply.code;
    bool head_lost = s->reply.head_lost;
    bool first = !s->greeted;
    memset(&s->reply, 0, sizeof s->reply);
    s->text_due = false;
    s->offer_new = NULL; /* of a hello's reply whose end is not in the capture */
    s->reply.open = true;
    s->reply.code = code;
    s->reply.head_lost = head_lost;
    s->greeted = true;
    esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, 0);
    if (p && p->leaving && code == 221) {
        esmtp_pairing_pop(s); /* it was the last reply to that message */
        p = esmtp_pairing_at(&s->pairing, 0);
    }
    if (first && (s->opened ? greets(code) : code == 220 && !(p && esmtp_verb_expects(p->row, code)))) {
        s->reply.greeting = true;
        s->synced = true;
        esmtp_session_found(s);
        return;
    }
    if (!p && s->step == ESMTP_STEP_TEXT && code / 100 != 3 && !s->message->answered) {
        s->message->answered = s->reply.early = true;
        s->reply.txn = s->message->txn;
    }
    if (p && esmtp_session_unsynced(s) && !esmtp_verb_expects(p->row, code))
        s->pairing.lossy = s->pairing.hole =
            true;                  /* answers a command from before the capture; maybe not the only one */
    bool doubt = s->pairing.lossy; /* the match may end it */
    p = esmtp_pairing_match(s, &event->reply);
    s->synced |= p != NULL;
    if (p)
        context_from(s, p, code);
    else
        reply_alone(s, at, event, doubt);
    if (s->reply.lost_peer)
        lost_login(s, event);
    s->reply.echo = event->echo;
    if (decides(s, p, code))
        s->reply.reason = esmtp_session_strdup(s, event->reply.parameter);
}

static void time_from(esmtp_session_t *s, esmtp_fact_t *fact, int64_t now, int64_t since)
{
    fact->delta = now - since;
    fact->flags |= ESMTP_FF_TIMED;
    if (fact->delta < 0)
        esmtp_findings_put(&s->sum->found, ESMTP_FINDING_NEGATIVE_TIME); /* said beside the time */
    if (fact->delta <= s->sum->slowest)
        return;
    s->sum->slowest = fact->delta;
    s->sum->slowest_verb = (uint8_t)s->reply.verb;
}

/* The server asks for more. Client lines that the capture lacks are counted by what asked for them. */
static void login_challenged(esmtp_session_t *s, esmtp_login_t *login, esmtp_prompt_t prompt)
{
    login->prompt = s->challenges ? ESMTP_PROMPT_NONE : prompt; /* of several it is not known which is answered */
    login->client_messages = MAX(login->client_messages, login->server_messages + login->initial);
    login->server_messages++;
    s->login = login;
    s->login_hole = false;
    s->challenges++;
}

static void login_ended(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_login_t *login, uint16_t code)
{
    login->end_frame = at->frame;
    if (code >= 400 && !login->server_messages && !login->initial)
        s->gone_login = login; /* clients send user and password all the same */
    if (code >= 200 && code < 300 && code != 220 && code != 221) {
        login->outcome = ESMTP_LOGIN_SUCCEEDED;
        s->logged_in = login;
    } else {
        login->outcome = login->cancelled ? ESMTP_LOGIN_CANCELLED : ESMTP_LOGIN_FAILED;
        s->told.hiding_refused |=
            esmtp_hides_password(login->row) && (login->cancelled || code == 504 || code == 534 || code == 535);
        s->login_refused = true;
    }
    if (s->login == login) {
        s->login = NULL;
        s->challenges = 0;
    }
}

static void tls_answered(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact, uint16_t code)
{
    if (code != 220 || at->tls) {
        if (s->tls_phase == ESMTP_TLS_PHASE_ASKED)
            esmtp_session_enter_tls(s, ESMTP_TLS_PHASE_NONE);
        s->told.after_starttls = false;
        return;
    }
    esmtp_session_enter_tls(s, ESMTP_TLS_PHASE_DUE);
    s->tls_over[ESMTP_SIDE_A] = s->tls_over[ESMTP_SIDE_B] = false; /* what is said of an earlier attempt is said */
    s->tls_frame = at->frame;
    fact->flags |= ESMTP_FF_TLS_NEXT;
    if (s->told.after_starttls)
        esmtp_session_raise(s, fact, ESMTP_FINDING_CLEAR_AFTER_STARTTLS);
}

/* RFC 2645, RFC 821: the former client is the server now and greets. */
static void swap_roles(esmtp_session_t *s)
{
    esmtp_session_set_server(s, esmtp_session_client_side(s), true);
    esmtp_session_restart(s, ESMTP_RESTART_SWAP);
}

/* LMTP or SMTP: what the last hello said that was accepted, for what was sent with it as well. */
static void hello_accepted(esmtp_session_t *s, const esmtp_verb_row_t *row)
{
    s->hello_seen = true;
    s->sum->hello = (uint8_t)esmtp_verb_number(row);
    esmtp_doubt_hello(s);
    s->lmtp = row->id == ESMTP_VERB_LHLO;
    for (uint32_t i = 0; s->lmtp && i < MIN(s->pairing.n, ESMTP_DOUBT_MAX); i++)
        esmtp_pairing_at(&s->pairing, i)->fact->flags |= ESMTP_FF_LMTP;
}

/* The verb's own part of a final reply. */
static void verb_answered(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact,
                          uint16_t code)
{
    const esmtp_verb_row_t *row = p->row;
    bool ok = code >= 200 && code < 300;
    if (!row)
        return;
    if (p->login)
        login_ended(s, at, p->login, code);
    esmtp_session_reply_findings(s, at, p, fact, code);
    if ((row->flags & ESMTP_VF_HELLO) && ok)
        offer_commit(s, at, fact);
    if (row->id == ESMTP_VERB_HELO && ok)
        esmtp_session_restart(s, ESMTP_RESTART_HELLO);
    if (((row->flags & ESMTP_VF_HELLO) || row->id == ESMTP_VERB_HELO) && ok)
        hello_accepted(s, row);
    if (row->id == ESMTP_VERB_XACK && ok) {
        s->xack_off |= p->xack_off;
        if (p->xack_off)
            esmtp_pairing_silence(s);
    }
    if (row->flags & ESMTP_VF_TLS)
        tls_answered(s, at, fact, code);
    if ((row->flags & ESMTP_VF_SWAP) && ok)
        swap_roles(s);
    if ((row->flags & ESMTP_VF_RESTART) && code == 220)
        esmtp_session_restart(s, ESMTP_RESTART_XCLIENT);
    if (row->payload == ESMTP_PAYLOAD_CHUNK && code >= 400 && code != 421 && p->message)
        p->message->refused = true;
}

/* 3yz: more is wanted. Returns false if this verb knows no such thing. */
static bool intermediate(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, uint16_t code,
                         esmtp_prompt_t prompt)
{
    if (p->login && code == 334) {
        login_challenged(s, p->login, prompt);
        return true;
    }
    if (code == 354 && !p->row) { /* whatever it was, it began a message */
        if (!p->text_begun)
            esmtp_session_begin_text(s, at, p->fact, NULL);
        if (s->message && s->message->txn)
            s->message->txn->text_verb = p->unknown;
        esmtp_pairing_pop(s);
        return true;
    }
    if (!p->row || code / 100 != 3)
        return false;
    if (p->row->payload == ESMTP_PAYLOAD_TEXT) {
        if ((s->step == ESMTP_STEP_LINE || s->step == ESMTP_STEP_LOST) && !p->text_begun)
            esmtp_session_begin_text(s, at, p->fact, p->row);
        if (p->txn)
            p->txn->text_verb = NULL;
        esmtp_pairing_pop(s);
        return true;
    }
    if (p->row->payload == ESMTP_PAYLOAD_BLOB && !p->blob_granted && s->octets_left) {
        p->blob_granted = true;
        s->message = NULL;
        esmtp_session_begin_octets(s, s->octets_left, false);
        s->octets_entry = s->pairing.popped;
        return true;
    }
    if (code == 353 && p->message && p->txn && !p->per_recipient) {
        p->per_recipient = p->overall = true;
        esmtp_txn_message(p->txn, p->message);
        p->replies = p->txn->n_accepted + 1;
        p->rcpt = p->txn->rcpts;
        return true;
    }
    return false;
}

/* The oldest line of a login that waits for a reply; NULL if none does. */
static esmtp_fact_t *login_line(esmtp_login_t *login)
{
    if (!login->n_unanswered)
        return NULL;
    esmtp_fact_t *line = login->unanswered[0];
    login->n_unanswered--;
    memmove(login->unanswered, login->unanswered + 1, login->n_unanswered * sizeof line);
    return line;
}

/* A reply of a login answers the client's oldest line; none if that is not in the capture. */
static void link_login(esmtp_login_t *login, esmtp_fact_t *fact)
{
    esmtp_fact_t *line = login_line(login);
    fact->link = line ? line->frame : 0;
    if (line) {
        line->link = fact->frame;
        return;
    }
    fact->flags &= ~(uint32_t)ESMTP_FF_TIMED;
    fact->delta = 0;
}

static void link_facts(esmtp_pending_t *p, esmtp_fact_t *fact, uint16_t code)
{
    fact->link = p->frame;
    esmtp_fact_name(fact, p->unknown);
    if (p->login)
        link_login(p->login, fact);
    else
        p->fact->link = fact->frame;
    if (p->tail)
        p->tail->link = fact->frame;
    if (!(p->fact->flags & ESMTP_FF_STATUS) || !p->per_recipient)
        p->fact->code = code;
    p->fact->flags |= ESMTP_FF_STATUS;
}

/* A reply to a message that is still being sent. */
static void early_reply(esmtp_session_t *s, esmtp_fact_t *fact)
{
    if (s->reply.code >= 400 && s->reply.txn)
        s->reply.txn->message_refusal = (esmtp_decision_t){s->reply.code, s->reply.reason};
    esmtp_session_raise(s, fact, ESMTP_FINDING_EARLY_REPLY);
    if (s->text_command)
        fact->link = s->text_command->frame;
    if (s->text_row)
        fact->verb = esmtp_verb_number(s->text_row);
}

/* The server says goodbye: what only further commands would need is given back. */
static void session_ended(esmtp_session_t *s)
{
    if (esmtp_session_in_doubt(s))
        return;
    if (s->offer && !s->offer_shown)
        offer_release(s, s->offer);
    s->offer = NULL;
    esmtp_pairing_give_back(s);
}

/* A refusal that nothing asked for may be that of a line whose end is still to come: servers need not wait for it. */
static void note_early_refusal(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact)
{
    bool alone = s->reply.unasked || (s->reply.lost_peer && s->opened && !s->client_spoke && !at->peer_ahead);
    bool whole = fact->flags & ESMTP_FF_FIRST && s->step == ESMTP_STEP_LINE && s->reply.code >= 400;
    s->early_refusal = alone && whole && at->ack && !at->tls ? fact : NULL;
    s->early_refusal_ack = at->ack;
}

/* The greeting is complete. */
static void greeted(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_server_event_t *event)
{
    esmtp_session_greeting_findings(s, fact, event->reply.code);
    if (event->host.len)
        s->server_name = esmtp_session_strdup(s, event->host);
}

/* Last line of a reply: does what it says. */
static void finish_reply(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact,
                         const esmtp_server_event_t *event)
{
    uint16_t code = event->reply.code;
    s->reply.open = s->reply.head_lost = false;
    s->goodbye = code == 421 || code == 221;
    s->reply.code = code; /* if lines differ, clients believe the last one */
    fact->flags |= ESMTP_FF_LAST;
    if (s->reply.greeting && s->opened)
        time_from(s, fact, at->time, s->opened_time);
    if (s->reply.greeting)
        greeted(s, fact, event);
    if (s->reply.early)
        early_reply(s, fact);
    note_early_refusal(s, at, fact);
    if (code == 354 && s->reply.lost_peer) {
        s->text_due = true;
        s->text_seq = at->ack;
    }
    if (!s->reply.paired && s->reply.login) {
        if (code == 334)
            login_challenged(s, s->reply.login, event->prompt);
        else
            login_ended(s, at, s->reply.login, code);
    }
    if (!s->reply.paired || s->reply.entry != s->pairing.popped)
        return; /* answers nothing, or its command was given up meanwhile (ESMTP_PENDING_MAX) */
    esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, 0);
    time_from(s, fact, at->time, p->time);
    link_facts(p, fact, code);
    if (intermediate(s, at, p, code, event->prompt))
        return;
    verb_answered(s, at, p, fact, code);
    esmtp_txn_reply(s, at, p, fact, event);
    if (!p->per_recipient || (p->overall && p->replies == 1)) /* else each recipient has its own */
        esmtp_session_refuse(s, p->fact);
    if (p->row && p->row->payload == ESMTP_PAYLOAD_TEXT)
        esmtp_session_text_refused(s, p);
    bool ended = code == 221 && p->row && p->row->id == ESMTP_VERB_QUIT;
    if (--p->replies == 0)
        esmtp_pairing_pop(s);
    if (ended && s->pairing.n == 0)
        session_ended(s);
}

/* A reply whose command the capture lacks, or that cannot be told for sure, is a hello's if it has several lines and
 * the second one is an extension. */
static void hello_by_form(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_server_event_t *event)
{
    esmtp_fact_t *head = s->reply.head;
    s->reply.head = NULL;
    if (fact->flags & ESMTP_FF_FIRST) {
        bool may = s->reply.lost_peer && event->reply.code == 250 && event->reply.more;
        s->reply.head = may && !event->reply.enhanced.whole.len ? fact : NULL;
    } else if (head && event->reply.valid && esmtp_ehlo_is_extension(&event->extension)) {
        if (esmtp_pairing_claim_hello(s)) {
            context_from(s, esmtp_pairing_at(&s->pairing, 0), event->reply.code);
            s->reply.lost_peer = false;
            head->flags &= ~(uint32_t)ESMTP_FF_LOST_PEER;
        } else {
            s->reply.hello = true;
            s->reply.verb = esmtp_verb_number(esmtp_verb_by_id(ESMTP_VERB_EHLO));
        }
        head->verb = s->reply.verb;
        head->flags |= s->reply.lhlo ? ESMTP_FF_HELLO | ESMTP_FF_LMTP : ESMTP_FF_HELLO;
    }
}

/* What the reply that a line belongs to is known to be. */
static void describe_line(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact)
{
    fact->verb = s->reply.verb;
    fact->txn = s->reply.txn;
    esmtp_txn_touch(s->reply.txn, at, fact);
    fact->index = s->reply.lines++;
    if (s->reply.greeting)
        fact->flags |= ESMTP_FF_GREETING;
    if (s->reply.hello)
        fact->flags |= ESMTP_FF_HELLO;
    if (s->reply.lost_peer)
        fact->flags |= ESMTP_FF_LOST_PEER;
    if (s->reply.lhlo)
        fact->flags |= ESMTP_FF_LMTP;
    if (s->reply.wrong_code && (fact->flags & ESMTP_FF_FIRST))
        esmtp_session_raise(s, fact, ESMTP_FINDING_WRONG_CODE);
    if (s->reply.no_command && (fact->flags & ESMTP_FF_FIRST))
        esmtp_session_raise(s, fact, ESMTP_FINDING_NO_COMMAND);
    if (s->reply.login) {
        fact->flags |= ESMTP_FF_LOGIN;
        fact->extra = s->reply.login;
    }
}

/* A server that tempts clients to speak too early (Postfix's postscreen) sends "220-" and waits: if the client falls
 * for it, what comes next answers the client and does not end the greeting. */
static bool greeting_was_half(const esmtp_session_t *s, const esmtp_reply_line_t *reply)
{
    const esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, 0);
    return s->reply.open && s->reply.greeting && reply->valid && reply->code != s->reply.code && p &&
           esmtp_verb_expects(p->row, reply->code);
}

/* A reply in clear where TLS is due. To the client's first records, and when the server hangs up, a refusal is an
 * honest answer. Whatever else comes is meant to be taken for one of the replies inside TLS. */
static void clear_reply(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact,
                        const esmtp_reply_line_t *reply)
{
    bool refusal = reply->code >= 400 && (at->tls_met || at->peer_ahead);
    if (s->tls_phase == ESMTP_TLS_PHASE_DUE && (refusal || reply->code == 421))
        esmtp_session_tls_over(s, s->server, fact);
    else
        esmtp_session_raise(s, fact, ESMTP_FINDING_CLEAR_AFTER_220);
}

esmtp_fact_t *esmtp_session_server_line(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_server_event_t *event)
{
    const esmtp_reply_line_t *reply = &event->reply;
    if (greeting_was_half(s, reply))
        s->reply.open = false;
    if (reply->valid && reply->code >= 200 && !s->reply.open)
        esmtp_session_end_text_by_reply(s, at);
    s->farewell = reply->code == 221 || reply->code == 421;
    esmtp_fact_t *fact = esmtp_session_line_fact(s, at, s->server, ESMTP_FACT_REPLY, &event->line);
    s->server_spoke = true;
    fact->code = reply->code;
    if (event->echo)
        fact->flags |= ESMTP_FF_SECRET;
    if ((s->tls_phase == ESMTP_TLS_PHASE_DUE || s->tls_phase == ESMTP_TLS_PHASE_INSIDE) && !at->tls && !at->tls_over)
        clear_reply(s, at, fact, reply);
    if (reply->valid && !at->tls && s->tls_phase == ESMTP_TLS_PHASE_UNMET)
        esmtp_session_enter_tls(s, ESMTP_TLS_PHASE_NONE); /* the server goes on in clear, too */
    if (!reply->valid) {
        fact->flags |= ESMTP_FF_UNKNOWN_CODE;
        esmtp_session_raise(s, fact, ESMTP_FINDING_NOT_REPLY);
    } else if (reply->code < 200 && !s->reply.open) {
        fact->flags |= ESMTP_FF_FIRST | ESMTP_FF_LAST;
        if (reply->code < 50) /* Sendmail's 050 lines tell of a reply under way; 000 is nothing */
            esmtp_session_raise(s, fact, ESMTP_FINDING_WRONG_CODE);
        return fact;
    } else if (!s->reply.open) {
        fact->flags |= ESMTP_FF_FIRST;
        begin_reply(s, at, event);
        if (esmtp_fact_has(fact, ESMTP_FINDING_CLEAR_AFTER_TLS))
            s->reply.unasked = s->reply.no_command = false; /* it answers the handshake */
    } else if (reply->code != s->reply.code) {
        esmtp_session_raise(s, fact, ESMTP_FINDING_CODE_CHANGED);
    }
    if (!s->reply.open)
        return fact;
    hello_by_form(s, fact, event);
    describe_line(s, at, fact);
    if (s->reply.paired && event->wrapped && s->reply.entry == s->pairing.popped)
        esmtp_txn_wrapped(s, esmtp_pairing_at(&s->pairing, 0), event->wrapped);
    esmtp_session_reply_line_findings(s, at, fact, event);
    bool extension = fact->index > 0 || s->reply.head_lost || esmtp_ehlo_is_extension(&event->extension);
    if (s->reply.hello && reply->valid && extension && !offer_add(s, event))
        esmtp_session_raise(s, fact, ESMTP_FINDING_DUPLICATE_KEYWORD);
    if (reply->valid && !reply->more)
        finish_reply(s, at, fact, event);
    return fact;
}
