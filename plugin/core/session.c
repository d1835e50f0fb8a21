/* session.c
 * The state machine of one connection. Each event has one function here that makes its fact and moves the state; who answers
 * whom is pairing.c, what becomes of mails transaction.c.
 *
 * Known limits: a client that sends further commands behind DATA before the 354 is taken at its word (they are shown as
 * commands, with a warning), although a server that then says 354 reads them as message text.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "session_priv.h"

void *esmtp_session_alloc(esmtp_session_t *s, size_t n)
{
    return s->ops.allocator->alloc(s->ops.allocator->ctx, n);
}

const char *esmtp_session_strdup(esmtp_session_t *s, esmtp_span_t span)
{
    size_t n = MIN(span.len, ESMTP_NAME_MAX);
    char *copy = esmtp_session_alloc(s, n + 1);
    if (n)
        memcpy(copy, span.p, n);
    return copy;
}

/* Likewise, in capitals. */
static const char *strdup_upper(esmtp_session_t *s, esmtp_span_t span)
{
    char *copy = (char *)esmtp_session_strdup(s, span);
    for (char *c = copy; *c; c++)
        *c = g_ascii_toupper(*c);
    return copy;
}

esmtp_session_t *esmtp_session_new(const esmtp_session_ops_t *ops)
{
    esmtp_session_t *s = ops->allocator->alloc(ops->allocator->ctx, sizeof *s);
    s->ops = *ops;
    s->server = ESMTP_SIDE_NONE;
    return s;
}

void esmtp_session_opened(esmtp_session_t *s, int64_t time)
{
    s->opened = s->step = true;
    s->opened_time = time;
}

void esmtp_session_set_server(esmtp_session_t *s, esmtp_side_t server, bool certain)
{
    s->server = server;
    s->server_certain = certain;
}

esmtp_side_t esmtp_session_server(const esmtp_session_t *s)
{
    return s->server;
}

bool esmtp_session_server_certain(const esmtp_session_t *s)
{
    return s->server_certain;
}

bool esmtp_session_lmtp(const esmtp_session_t *s)
{
    return s->lmtp;
}

esmtp_expect_t esmtp_session_expect(const esmtp_session_t *s)
{
    return s->expect;
}

uint64_t esmtp_session_octets_left(const esmtp_session_t *s)
{
    return s->octets_left;
}

esmtp_body_t *esmtp_session_body(esmtp_session_t *s)
{
    return &s->body;
}

bool esmtp_session_hello_pending(const esmtp_session_t *s)
{
    if (s->reply.open)
        return s->reply.hello;
    for (uint32_t i = 0; i < MIN(s->pairing.n, ESMTP_DOUBT_MAX); i++) {
        const esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, i);
        if (p->row && (p->row->flags & ESMTP_VF_HELLO))
            return true;
        if (!s->pairing.doubt)
            break;
    }
    return false;
}

/* --- TLS --------------------------------------------------------------------------------------------------------------- */

uint32_t esmtp_session_tls_frame(const esmtp_session_t *s)
{
    return s->tls_frame;
}

bool esmtp_session_tls_due(const esmtp_session_t *s)
{
    return s->tls_due;
}

void esmtp_session_tls_begin(esmtp_session_t *s)
{
    if (s->tls)
        return;
    s->tls = s->step = true;
    s->tls_due = s->starttls_sent = false;
    s->offer_clear = s->offer;
    s->offer_first_tls = s->offer != NULL;
    s->offer = NULL;
    s->expect = ESMTP_EXPECT_LINE;
    s->reply.open = false;
    while (s->pairing.n)
        esmtp_pairing_pop(s);
    s->pairing.doubt = s->pairing.hole = false;
    s->txn = NULL;
    s->message = NULL;
    s->login = NULL;
}

void esmtp_session_tls_failed(esmtp_session_t *s)
{
    s->tls_due = s->starttls_sent = false;
    s->tls_failed = s->step = true;
}

/* --- facts ------------------------------------------------------------------------------------------------------------- */

static esmtp_side_t client_side(const esmtp_session_t *s)
{
    return s->server == ESMTP_SIDE_A ? ESMTP_SIDE_B : ESMTP_SIDE_A;
}

static esmtp_fact_t *new_fact(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side, esmtp_fact_kind_t kind, uint32_t len)
{
    esmtp_fact_t *fact = s->ops.fact(s->ops.ctx, side);
    fact->frame = at->frame;
    fact->call = at->call;
    fact->seq = at->seq;
    fact->len = len;
    fact->kind = kind;
    if (s->lmtp)
        fact->flags |= ESMTP_FF_LMTP;
    if (side == s->server)
        fact->flags |= ESMTP_FF_FROM_SERVER;
    if (s->tls_failed) {
        fact->anomalies |= ESMTP_AN_NO_TLS_RECORD;
        s->tls_failed = false;
    }
    return fact;
}

static esmtp_fact_t *line_fact(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side, esmtp_fact_kind_t kind,
                               const esmtp_line_t *line)
{
    esmtp_fact_t *fact = new_fact(s, at, side, kind, (uint32_t)line->total);
    fact->eol = (uint8_t)(line->total - line->len);
    if (line->eol == ESMTP_EOL_LF)
        fact->anomalies |= ESMTP_AN_BARE_LF;
    if (line->eol == ESMTP_EOL_NONE)
        fact->anomalies |= line->too_long ? ESMTP_AN_TOO_LONG : ESMTP_AN_NO_EOL;
    if (line->nul || line->bare_cr)
        fact->anomalies |= ESMTP_AN_CONTROL;
    return fact;
}

/* Whether the capture would hold the server's octets if there were any. */
static bool server_is_watched(const esmtp_session_t *s, const esmtp_stamp_t *at)
{
    return s->server_spoke && !at->peer_ahead && !s->pairing.doubt;
}

/* --- client: message text ---------------------------------------------------------------------------------------------- */

static void begin_message(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_txn_t *txn, bool bdat)
{
    esmtp_message_t *m = esmtp_session_alloc(s, sizeof *m);
    m->txn = txn;
    m->bdat = bdat;
    m->first_frame = at->frame;
    s->message = m;
}

static void begin_text(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *command, const esmtp_verb_row_t *row)
{
    begin_message(s, at, command ? command->txn : NULL, false);
    esmtp_body_init(&s->body);
    s->expect = ESMTP_EXPECT_TEXT;
    s->text_gap = s->text_lost_head = s->text_early = false;
    s->text_command = command;
    s->text_row = row;
}

/* A DATA that was sent and not yet answered, or NULL. */
static esmtp_pending_t *open_data(esmtp_session_t *s)
{
    esmtp_pending_t *p = esmtp_pairing_last(&s->pairing);
    return p && p->row && p->row->payload == ESMTP_PAYLOAD_TEXT ? p : NULL;
}

/* Text that comes while DATA has no answer: sent too early, or the 354 is not in the capture. */
static void begin_early_text(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *data)
{
    begin_text(s, at, data->fact, data->row);
    s->text_early = server_is_watched(s, at);
    s->text_lost_head = !s->text_early;
}

void esmtp_session_body_sink(void *session, const uint8_t *p, size_t n)
{
    esmtp_session_t *s = session;
    s->message->octets += n;
    if (s->ops.text)
        s->ops.text(s->ops.ctx, s->message, p, n);
}

static void end_message(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact)
{
    esmtp_message_t *m = s->message;
    m->end_frame = at->frame;
    fact->flags |= ESMTP_FF_LAST | ESMTP_FF_MESSAGE;
    fact->extra = m;
    if (m->incomplete)
        fact->anomalies |= ESMTP_AN_INCOMPLETE;
    else
        fact->flags |= ESMTP_FF_COMPLETE;
    if (s->ops.end)
        s->ops.end(s->ops.ctx, m);
    s->message = NULL;
}

static esmtp_fact_t *piece_fact(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_kind_t kind, uint32_t len, uint64_t before)
{
    esmtp_fact_t *fact = new_fact(s, at, client_side(s), kind, len);
    fact->flags |= ESMTP_FF_MESSAGE;
    fact->extra = s->message;
    fact->txn = s->message->txn;
    fact->index = ++s->message->pieces;
    fact->before = before;
    return fact;
}

uint64_t esmtp_session_message_octets(const esmtp_session_t *s)
{
    return s->message ? s->message->octets : 0;
}

esmtp_fact_t *esmtp_session_text(esmtp_session_t *s, const esmtp_stamp_t *at, uint32_t len, uint64_t before)
{
    esmtp_message_t *m = s->message;
    uint32_t news = s->body.flags & ~m->body_flags;
    esmtp_fact_t *fact = piece_fact(s, at, ESMTP_FACT_TEXT, len, before);
    m->body_flags |= news;
    if (s->text_row)
        fact->verb = esmtp_verb_number(s->text_row);
    if (s->text_early)
        fact->anomalies |= ESMTP_AN_EARLY_TEXT;
    if (s->text_lost_head)
        fact->flags |= ESMTP_FF_LOST_PEER;
    if (news & ESMTP_BODY_FAKE_END)
        fact->anomalies |= ESMTP_AN_FAKE_END;
    if (news & ESMTP_BODY_NUL)
        fact->anomalies |= ESMTP_AN_BODY_NUL;
    s->text_early = s->text_lost_head = false;
    return fact;
}

/* In LMTP each accepted recipient gets a reply of its own; in SMTP there is one for all. */
static void expect_verdicts(esmtp_session_t *s, esmtp_pending_t *p)
{
    if (!s->lmtp || !p->txn)
        return;
    p->per_recipient = true;
    p->replies = MAX(1, p->txn->n_accepted);
    p->rcpt = p->txn->rcpts;
}

/* The client has sent its whole message: its transaction is over as far as it is concerned. */
static esmtp_pending_t *await_verdict(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact, esmtp_message_t *m)
{
    esmtp_pending_t *p = esmtp_pairing_push(s);
    p->fact = fact;
    p->row = esmtp_verb_by_id(ESMTP_VERB_EOM);
    p->frame = s->text_command ? s->text_command->frame : 0;
    p->time = at->time;
    p->txn = m->txn;
    p->message = m;
    p->answers_missed = at->peer_ahead;
    expect_verdicts(s, p);
    return p;
}

static void leave_text(esmtp_session_t *s)
{
    s->expect = ESMTP_EXPECT_LINE;
    s->step = true;
    if (s->txn && s->message && s->txn == s->message->txn)
        s->txn = NULL;
}

esmtp_fact_t *esmtp_session_end_mark(esmtp_session_t *s, const esmtp_stamp_t *at, uint32_t len)
{
    esmtp_message_t *m = s->message;
    esmtp_fact_t *fact = new_fact(s, at, client_side(s), ESMTP_FACT_EOM, len);
    fact->txn = m->txn;
    fact->verb = esmtp_verb_number(esmtp_verb_by_id(ESMTP_VERB_EOM));
    fact->eol = (uint8_t)MIN(len, 2);
    if (s->text_early)
        fact->anomalies |= ESMTP_AN_EARLY_TEXT;
    s->text_early = s->text_lost_head = false;
    leave_text(s);
    end_message(s, at, fact);
    await_verdict(s, at, fact, m);
    return fact;
}

/* --- client: counted octets -------------------------------------------------------------------------------------------- */

/* The chunk is complete. Its reply, if it has not come yet, is timed from here. */
static void end_chunk(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact)
{
    s->expect = ESMTP_EXPECT_LINE;
    s->step = true;
    esmtp_pending_t *p = esmtp_pairing_by_number(&s->pairing, s->octets_entry);
    if (p) {
        p->time = at->time;
        p->tail = fact == p->fact ? NULL : fact;
    }
    if (!s->octets_last || !s->message)
        return;
    if (s->txn && s->txn == s->message->txn)
        s->txn = NULL;
    end_message(s, at, fact);
    if (p)
        expect_verdicts(s, p);
}

size_t esmtp_session_octets(esmtp_session_t *s, const esmtp_stamp_t *at, const uint8_t *p, size_t n)
{
    size_t take = (size_t)MIN(n, s->octets_left);
    esmtp_fact_t *fact;
    if (s->message && s->message->bdat) {
        fact = piece_fact(s, at, ESMTP_FACT_CHUNK, (uint32_t)take, s->message->octets);
        fact->verb = esmtp_verb_number(esmtp_verb_by_id(ESMTP_VERB_BDAT));
        esmtp_session_body_sink(s, p, take);
    } else {
        fact = new_fact(s, at, client_side(s), ESMTP_FACT_BLOB, (uint32_t)take);
    }
    s->octets_left -= take;
    if (s->octets_left == 0)
        end_chunk(s, at, fact);
    return take;
}

static void begin_octets(esmtp_session_t *s, uint64_t n, bool last)
{
    s->expect = ESMTP_EXPECT_OCTETS;
    s->octets_left = n;
    s->octets_last = last;
    s->octets_entry = s->pairing.popped + s->pairing.n - 1;
}

/* --- client: lines ----------------------------------------------------------------------------------------------------- */

static void bdat_sent(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event, esmtp_pending_t *p)
{
    if (!event->size_ok)
        return;
    bool goes_on = s->message && s->message->bdat && s->message->txn == s->txn && !s->message->refused;
    if (!goes_on)
        begin_message(s, at, s->txn, true);
    p->message = s->message;
    p->last_chunk = event->last;
    begin_octets(s, event->size, event->last);
    if (event->size == 0) {
        if (event->last)
            p->fact->flags |= ESMTP_FF_BDAT_LAST;
        end_chunk(s, at, p->fact);
    }
}

static void auth_sent(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event, esmtp_pending_t *p)
{
    esmtp_login_t *login = esmtp_session_alloc(s, sizeof *login);
    login->number = ++s->n_logins;
    login->frame = at->frame;
    login->mechanism = strdup_upper(s, event->mechanism);
    login->row = esmtp_mechanism_find(event->mechanism);
    login->initial = event->initial;
    login->client_messages = event->initial;
    p->login = s->login = login;
    s->challenges = 0;
    p->fact->flags |= ESMTP_FF_LOGIN;
    p->fact->extra = login;
    p->fact->index = event->initial;
    if (s->logged_in)
        p->fact->anomalies |= ESMTP_AN_AUTH_TWICE;
    if (s->txn && !s->txn->closed)
        p->fact->anomalies |= ESMTP_AN_AUTH_IN_MAIL;
}

static void note_user(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_login_t *login, esmtp_span_t user)
{
    if (!user.len || login->user)
        return;
    login->user = esmtp_session_strdup(s, user);
    login->user_frame = at->frame;
}

/* Puts a command into its transaction, or begins one. */
static void join_transaction(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event, esmtp_pending_t *p)
{
    switch (p->row ? p->row->txn : ESMTP_TXN_NONE) {
    case ESMTP_TXN_BEGIN:
        p->txn = esmtp_txn_begin(s, at, event);
        break;
    case ESMTP_TXN_MEMBER:
        p->txn = s->txn;
        if (p->txn && p->row->id == ESMTP_VERB_RCPT)
            p->rcpt = esmtp_txn_recipient(s, p->txn, p->fact, event->path.address);
        break;
    case ESMTP_TXN_ABORT:
        p->txn = s->txn;
        break;
    case ESMTP_TXN_NONE:
        break;
    }
    p->fact->txn = p->txn;
}

/* What is wrong with a command at this point of the session. */
static uint32_t command_anomalies(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    const esmtp_verb_row_t *row = event->command.row;
    uint32_t an = 0;
    bool clear_offered = !at->tls && s->offer && s->offer->starttls;
    if (s->opened && !s->greeted && !at->peer_ahead)
        an |= ESMTP_AN_CLIENT_FIRST;
    if (!at->tls && (s->starttls_sent || s->tls_due))
        an |= ESMTP_AN_CLEAR_AFTER_STARTTLS;
    if (open_data(s) && server_is_watched(s, at))
        an |= ESMTP_AN_AFTER_DATA;
    if (event->nth > 0 && s->offer && !s->offer->pipelining)
        an |= ESMTP_AN_PIPELINE;
    if (!row)
        return an;
    if (at->tls && (row->flags & ESMTP_VF_TLS))
        an |= ESMTP_AN_TLS_TWICE;
    if (clear_offered && (row->flags & ESMTP_VF_AUTH))
        an |= ESMTP_AN_CLEAR_LOGIN;
    if (clear_offered && row->id == ESMTP_VERB_MAIL)
        an |= ESMTP_AN_CLEAR_MAIL;
    return an;
}

/* Whether the server's list of mechanisms lacks one. */
static bool mechanism_missing(const esmtp_session_t *s, esmtp_span_t mechanism)
{
    if (!s->offer || !mechanism.len)
        return false;
    esmtp_span_t rest = esmtp_span_str(s->offer->auth ? s->offer->auth : ""), word;
    while (esmtp_word_next(&rest, " \t", &word)) {
        if (word.len == mechanism.len && g_ascii_strncasecmp((const char *)word.p, (const char *)mechanism.p, word.len) == 0)
            return false;
    }
    return true;
}

/* Moves the state as the verb asks. */
static void verb_sent(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event, esmtp_pending_t *p)
{
    const esmtp_verb_row_t *row = p->row;
    if (!row)
        return;
    if (row->id == ESMTP_VERB_LHLO) {
        s->lmtp = true;
        p->fact->flags |= ESMTP_FF_LMTP;
    }
    if (row->payload == ESMTP_PAYLOAD_CHUNK)
        bdat_sent(s, at, event, p);
    if (row->payload == ESMTP_PAYLOAD_BLOB)
        s->octets_left = event->size_ok ? event->size : 0;
    if (row->flags & ESMTP_VF_AUTH) {
        auth_sent(s, at, event, p);
        note_user(s, at, p->login, event->user);
        if (mechanism_missing(s, event->mechanism))
            p->fact->anomalies |= ESMTP_AN_MECH_NOT_OFFERED;
    }
    if ((row->flags & ESMTP_VF_TLS) && !at->tls)
        s->starttls_sent = true;
    if (row->txn == ESMTP_TXN_ABORT) {
        if (row->id != ESMTP_VERB_STARTTLS && row->id != ESMTP_VERB_QUIT)
            s->txn = NULL;
        if (s->message && s->message->bdat)
            s->message = NULL;
    }
}

/* XACK OFF silences RCPT and XDFN; they wait for nothing. */
static bool silenced(esmtp_session_t *s, const esmtp_client_event_t *event)
{
    const esmtp_verb_row_t *row = event->command.row;
    if (!row)
        return false;
    if (row->id == ESMTP_VERB_XACK)
        s->xack_off = esmtp_span_is(event->command.parameter, "OFF");
    return s->xack_off && (row->id == ESMTP_VERB_RCPT || row->id == ESMTP_VERB_XDFN);
}

static esmtp_fact_t *command_sent(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    uint32_t anomalies = command_anomalies(s, at, event);
    esmtp_fact_t *fact = line_fact(s, at, client_side(s), ESMTP_FACT_COMMAND, &event->line);
    fact->anomalies |= anomalies;
    fact->verb = esmtp_verb_number(event->command.row);
    if (!event->command.plausible)
        fact->anomalies |= ESMTP_AN_NOT_COMMAND;
    s->batch |= event->nth > 0;
    s->step = true;
    if (silenced(s, event)) {
        fact->flags |= ESMTP_FF_UNEXPECTED_NONE;
        fact->txn = s->txn;
        return fact;
    }
    esmtp_pending_t *p = esmtp_pairing_push(s);
    p->fact = fact;
    p->row = event->command.row;
    p->frame = at->frame;
    p->time = at->time;
    p->answers_missed = at->peer_ahead;
    join_transaction(s, at, event, p);
    verb_sent(s, at, event, p);
    return fact;
}

/* A line of a SASL exchange, RFC 4954 section 4. */
static esmtp_fact_t *sasl_sent(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    esmtp_login_t *login = s->login;
    esmtp_fact_t *fact = line_fact(s, at, client_side(s), ESMTP_FACT_AUTH, &event->line);
    fact->flags |= ESMTP_FF_LOGIN;
    fact->extra = login;
    if (s->challenges)
        s->challenges--;
    else if (server_is_watched(s, at))
        fact->anomalies |= ESMTP_AN_EARLY_AUTH;
    if (event->line.len == 1 && event->command.verb.len == 1 && event->command.verb.p[0] == '*')
        login->cancelled = true;
    else
        fact->index = ++login->client_messages;
    note_user(s, at, login, event->user);
    for (uint32_t i = s->pairing.n; i-- > 0;) {
        esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, i);
        if (p->login != login)
            continue;
        p->time = at->time;
        p->tail = fact;
        break;
    }
    s->step = true;
    return fact;
}

/* Octets of a client whose place in the session is not known. Runs of them make one fact. */
static esmtp_fact_t *unknown_sent(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    esmtp_fact_t *fact = line_fact(s, at, client_side(s), ESMTP_FACT_LINE, &event->line);
    fact->anomalies &= ~(uint32_t)(ESMTP_AN_NO_EOL | ESMTP_AN_BARE_LF);
    if (event->dot) {
        fact->kind = ESMTP_FACT_EOM;
        fact->flags |= ESMTP_FF_HEAD_LOST;
        fact->verb = esmtp_verb_number(esmtp_verb_by_id(ESMTP_VERB_EOM));
        s->step = true;
        s->text_command = NULL;
        esmtp_pending_t *p = esmtp_pairing_push(s);
        p->fact = fact;
        p->row = esmtp_verb_by_id(ESMTP_VERB_EOM);
        p->time = at->time;
        p->frame = 0;
    }
    return fact;
}

esmtp_fact_t *esmtp_session_client_line(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    s->client_spoke = true;
    esmtp_pending_t *data = open_data(s);
    if (s->login && (s->challenges || !(event->command.row && event->command.plausible)))
        return sasl_sent(s, at, event);
    if (data && !(event->command.row && event->sure)) {
        begin_early_text(s, at, data);
        return NULL;
    }
    if (!s->step && !event->sure)
        return unknown_sent(s, at, event);
    return command_sent(s, at, event);
}

/* --- server: EHLO ------------------------------------------------------------------------------------------------------ */

/* Whether a list has a line of this keyword already. "AUTH=LOGIN" does not repeat "AUTH PLAIN", and what a firewall has
 * written over is no keyword. */
static bool offered_before(const esmtp_offer_list_t *list, const esmtp_keyword_row_t *row, const esmtp_offered_t *item)
{
    if (row && strcmp(row->keyword, "XXXXXXXX") == 0)
        return false;
    for (const esmtp_offered_t *old = list->first; old; old = old->next) {
        if (old->glued == item->glued && strcmp(old->keyword, item->keyword) == 0)
            return true;
    }
    return false;
}

static void offer_add(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_server_event_t *event)
{
    esmtp_offer_list_t *list = s->offer_new;
    esmtp_span_t keyword = event->extension.keyword;
    if (!list) {
        list = s->offer_new = esmtp_session_alloc(s, sizeof *list);
        list->end = &list->first;
        list->size = UINT64_MAX;
    }
    if (!keyword.len || list->n++ >= ESMTP_OFFER_MAX)
        return;
    const esmtp_keyword_row_t *row = esmtp_keyword_find(keyword);
    esmtp_offered_t *item = esmtp_session_alloc(s, sizeof *item);
    item->keyword = row && esmtp_span_is(keyword, row->keyword) ? row->keyword : strdup_upper(s, keyword);
    item->glued = event->extension.glued;
    if (offered_before(list, row, item))
        fact->anomalies |= ESMTP_AN_DUPLICATE_KEYWORD;
    *list->end = item;
    list->end = &item->next;
    if (row && row->form == ESMTP_EHLO_AUTH && esmtp_span_is(keyword, "AUTH") && !event->extension.glued)
        list->auth = esmtp_session_strdup(s, event->extension.parameter);
    if (row && row->form == ESMTP_EHLO_SIZE)
        list->size = event->size;
    list->starttls |= esmtp_span_is(keyword, "STARTTLS");
    list->pipelining |= esmtp_span_is(keyword, "PIPELINING");
}

bool esmtp_offer_has(const esmtp_offer_list_t *list, const char *keyword)
{
    for (const esmtp_offered_t *item = list->first; item; item = item->next) {
        if (strcmp(item->keyword, keyword) == 0)
            return true;
    }
    return false;
}

static void offer_commit(esmtp_session_t *s, esmtp_fact_t *fact)
{
    if (!s->offer_new) {
        s->offer_new = esmtp_session_alloc(s, sizeof *s->offer_new);
        s->offer_new->end = &s->offer_new->first;
        s->offer_new->size = UINT64_MAX;
    }
    s->offer = s->offer_new;
    s->offer_new = NULL;
    if (!s->offer_first_tls)
        return;
    esmtp_offer_t *hook = esmtp_session_alloc(s, sizeof *hook);
    hook->list = s->offer;
    hook->clear = s->offer_clear;
    fact->extra = hook;
    fact->flags |= ESMTP_FF_OFFER;
    s->offer_first_tls = false;
}

/* --- server: replies --------------------------------------------------------------------------------------------------- */

static bool greets(uint16_t code)
{
    return code == 220 || (code >= 400 && code <= 599);
}

/* A final reply came while the client is sending its message and nothing else waits for one: the server saw an end that is
 * none, or the end is in a hole of the capture, or it refuses on the way. In the first two cases the message ends here. */
static void end_text_by_reply(esmtp_session_t *s, const esmtp_stamp_t *at)
{
    bool taken = s->body.at_fake_end && !s->text_gap;
    esmtp_message_t *m = s->message;
    if (s->expect != ESMTP_EXPECT_TEXT || s->pairing.n || !(taken || s->text_gap))
        return;
    esmtp_fact_t *fact = new_fact(s, at, s->server, ESMTP_FACT_EOM, 0); /* shown with the reply that tells of it */
    fact->txn = m->txn;
    fact->verb = esmtp_verb_number(esmtp_verb_by_id(ESMTP_VERB_EOM));
    if (taken)
        fact->anomalies |= ESMTP_AN_FAKE_END_TAKEN;
    else
        m->incomplete = true;
    esmtp_body_flush(&s->body, esmtp_session_body_sink, s);
    leave_text(s);
    s->step = taken;
    end_message(s, at, fact);
    await_verdict(s, at, fact, m);
}

/* Whether a reply that answers nothing is odd, or just the sign of what the capture lacks. */
static void reply_alone(esmtp_session_t *s, const esmtp_stamp_t *at, uint16_t code)
{
    if (code == 421 || s->reply.early)
        return;
    bool watched = s->opened && s->client_spoke && !s->client_gap && !at->peer_ahead && !s->reply.head_lost;
    s->reply.no_command = watched;
    s->reply.lost_peer = !watched;
}

static void context_from(esmtp_session_t *s, const esmtp_pending_t *p, uint16_t code)
{
    s->reply.paired = true;
    s->reply.entry = s->pairing.popped;
    s->reply.verb = esmtp_verb_number(p->row);
    s->reply.hello = p->row && (p->row->flags & ESMTP_VF_HELLO) && code / 100 == 2;
    s->reply.txn = p->txn;
    s->reply.login = p->login;
    s->reply.wrong_code = !esmtp_verb_expects(p->row, code);
    s->reply.recipient = p->per_recipient;
}

bool esmtp_session_verdict_pending(const esmtp_session_t *s)
{
    const esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, 0);
    return p && (p->message || s->pairing.doubt);
}

/* First line of a reply: what does it answer? */
static void begin_reply(esmtp_session_t *s, const esmtp_stamp_t *at, uint16_t code)
{
    bool head_lost = s->reply.head_lost;
    bool first = !s->greeted;
    memset(&s->reply, 0, sizeof s->reply);
    s->reply.open = true;
    s->reply.code = code;
    s->reply.head_lost = head_lost;
    s->greeted = true;
    esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, 0);
    if (first && greets(code) && (s->opened || !p || !esmtp_verb_expects(p->row, code))) {
        s->reply.greeting = true;
        s->step = true;
        return;
    }
    if (!p && s->expect == ESMTP_EXPECT_TEXT) {
        s->reply.early = true;
        s->reply.txn = s->message->txn;
    }
    p = esmtp_pairing_match(s, code);
    if (p)
        context_from(s, p, code);
    else
        reply_alone(s, at, code);
}

static void time_from(esmtp_fact_t *fact, int64_t now, int64_t since)
{
    fact->delta = now - since;
    fact->flags |= ESMTP_FF_TIMED;
}

static void login_ended(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, uint16_t code)
{
    esmtp_login_t *login = p->login;
    login->end_frame = at->frame;
    if (code >= 200 && code < 300) {
        login->outcome = ESMTP_LOGIN_SUCCEEDED;
        s->logged_in = true;
    } else {
        login->outcome = login->cancelled ? ESMTP_LOGIN_CANCELLED : ESMTP_LOGIN_FAILED;
    }
    if (s->login == login) {
        s->login = NULL;
        s->challenges = 0;
    }
}

static void tls_answered(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact, uint16_t code)
{
    s->starttls_sent = false;
    if (code != 220 || at->tls)
        return;
    s->tls_due = true;
    s->tls_frame = at->frame;
    fact->flags |= ESMTP_FF_TLS_NEXT;
}

/* RFC 2645, RFC 821: the former client is the server now and greets. */
static void swap_roles(esmtp_session_t *s)
{
    s->server = client_side(s);
    s->server_certain = true;
    s->greeted = false;
    s->txn = NULL;
    s->offer = NULL;
}

/* The verb's own part of a final reply. */
static void verb_answered(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact, uint16_t code)
{
    const esmtp_verb_row_t *row = p->row;
    bool ok = code >= 200 && code < 300;
    if (!row)
        return;
    if (p->login)
        login_ended(s, at, p, code);
    if ((row->flags & ESMTP_VF_HELLO) && ok)
        offer_commit(s, fact);
    if (row->id == ESMTP_VERB_HELO && ok)
        s->offer = NULL;
    if (row->flags & ESMTP_VF_TLS)
        tls_answered(s, at, fact, code);
    if ((row->flags & ESMTP_VF_SWAP) && ok)
        swap_roles(s);
    if ((row->flags & ESMTP_VF_RESTART) && code == 220) {
        s->offer = NULL;
        s->logged_in = false;
    }
    if (row->payload == ESMTP_PAYLOAD_CHUNK && code >= 400 && p->message)
        p->message->refused = true;
}

/* DATA was refused after its text had begun to flow: the rest of it is for nobody. */
static void text_refused(esmtp_session_t *s, esmtp_pending_t *p)
{
    if (s->expect != ESMTP_EXPECT_TEXT || s->text_command != p->fact)
        return;
    s->expect = ESMTP_EXPECT_LINE;
    s->step = false;
    s->message->refused = s->message->incomplete = true;
    s->message = NULL;
}

/* 3yz: more is wanted. Returns false if this verb knows no such thing. */
static bool intermediate(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, uint16_t code)
{
    if (p->login && code == 334) {
        p->login->server_messages++;
        s->challenges++;
        return true;
    }
    if (!p->row || code / 100 != 3)
        return false;
    if (p->row->payload == ESMTP_PAYLOAD_TEXT) {
        if (s->expect == ESMTP_EXPECT_LINE)
            begin_text(s, at, p->fact, p->row);
        esmtp_pairing_pop(s);
        return true;
    }
    if (p->row->payload == ESMTP_PAYLOAD_BLOB && !p->blob_granted && s->octets_left) {
        p->blob_granted = true;
        s->message = NULL;
        begin_octets(s, s->octets_left, false);
        s->octets_entry = s->pairing.popped;
        return true;
    }
    if (code == 353 && p->message && p->txn) {
        p->per_recipient = p->overall = true;
        p->replies = p->txn->n_accepted + 1;
        p->rcpt = p->txn->rcpts;
        return true;
    }
    return false;
}

static void link_facts(esmtp_pending_t *p, esmtp_fact_t *fact, uint16_t code)
{
    bool answered = p->fact->link != 0;
    fact->link = p->frame;
    if (!p->login || !answered)
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
    fact->anomalies |= ESMTP_AN_EARLY_REPLY;
    if (s->text_command)
        fact->link = s->text_command->frame;
    if (s->text_row)
        fact->verb = esmtp_verb_number(s->text_row);
}

/* Last line of a reply: does what it says. */
static void finish_reply(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact, const esmtp_server_event_t *event)
{
    uint16_t code = event->reply.code;
    s->reply.open = s->reply.head_lost = false;
    fact->flags |= ESMTP_FF_LAST;
    if (s->reply.greeting && s->opened)
        time_from(fact, at->time, s->opened_time);
    if (s->reply.early)
        early_reply(s, fact);
    if (!s->reply.paired || s->reply.entry != s->pairing.popped)
        return; /* answers nothing, or its command was given up meanwhile (ESMTP_PENDING_MAX) */
    esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, 0);
    time_from(fact, at->time, p->time);
    link_facts(p, fact, code);
    if (intermediate(s, at, p, code))
        return;
    verb_answered(s, at, p, fact, code);
    esmtp_txn_reply(s, at, p, fact, event);
    if (p->row && p->row->payload == ESMTP_PAYLOAD_TEXT)
        text_refused(s, p);
    if (--p->replies == 0)
        esmtp_pairing_pop(s);
}

esmtp_fact_t *esmtp_session_server_line(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_server_event_t *event)
{
    const esmtp_reply_line_t *reply = &event->reply;
    if (reply->valid && reply->code >= 200 && !s->reply.open)
        end_text_by_reply(s, at);
    esmtp_fact_t *fact = line_fact(s, at, s->server, ESMTP_FACT_REPLY, &event->line);
    s->server_spoke = true;
    fact->code = reply->code;
    if (s->tls_due && !at->tls)
        fact->anomalies |= ESMTP_AN_CLEAR_AFTER_220;
    if (!reply->valid) {
        fact->flags |= ESMTP_FF_UNKNOWN_CODE;
        fact->anomalies |= ESMTP_AN_NOT_REPLY;
    } else if (reply->code < 200 && !s->reply.open) {
        fact->flags |= ESMTP_FF_INFO | ESMTP_FF_FIRST | ESMTP_FF_LAST;
        return fact;
    } else if (!s->reply.open) {
        if (s->reply.head_lost)
            fact->flags |= ESMTP_FF_HEAD_LOST;
        fact->flags |= ESMTP_FF_FIRST;
        begin_reply(s, at, reply->code);
    } else if (reply->code != s->reply.code) {
        fact->anomalies |= ESMTP_AN_CODE_CHANGED;
    }
    if (!s->reply.open)
        return fact;
    fact->verb = s->reply.verb;
    fact->txn = s->reply.txn;
    fact->index = s->reply.lines++;
    if (s->reply.greeting)
        fact->flags |= ESMTP_FF_GREETING;
    if (s->reply.hello)
        fact->flags |= ESMTP_FF_HELLO;
    if (s->reply.lost_peer)
        fact->flags |= ESMTP_FF_LOST_PEER;
    if (s->reply.wrong_code && (fact->flags & ESMTP_FF_FIRST))
        fact->anomalies |= ESMTP_AN_WRONG_CODE;
    if (s->reply.no_command && (fact->flags & ESMTP_FF_FIRST))
        fact->anomalies |= ESMTP_AN_NO_COMMAND;
    if (s->reply.login) {
        fact->flags |= ESMTP_FF_LOGIN;
        fact->extra = s->reply.login;
    }
    if (s->reply.hello && reply->valid && (fact->index > 0 || s->reply.head_lost))
        offer_add(s, fact, event);
    if (reply->valid && !reply->more)
        finish_reply(s, at, fact, event);
    return fact;
}

/* --- holes ------------------------------------------------------------------------------------------------------------- */

static void server_gap(esmtp_session_t *s)
{
    s->greeted = true;
    s->reply.open = false;
    s->reply.head_lost = true;
    s->offer_new = NULL;
    s->pairing.doubt |= s->pairing.n > 0;
}

static void octets_gap(esmtp_session_t *s, uint32_t missing)
{
    if (s->message)
        s->message->incomplete = true;
    if (missing && missing < s->octets_left) {
        s->octets_left -= missing;
        return;
    }
    s->step = missing && missing == s->octets_left;
    s->expect = ESMTP_EXPECT_LINE;
    s->octets_left = 0;
    if (s->octets_last) {
        if (s->txn && s->message && s->txn == s->message->txn)
            s->txn = NULL;
        s->message = NULL;
    }
}

static void client_gap(esmtp_session_t *s, uint32_t missing)
{
    s->client_gap = true;
    if (s->expect == ESMTP_EXPECT_OCTETS) {
        octets_gap(s, missing);
    } else if (s->expect == ESMTP_EXPECT_TEXT) {
        s->message->incomplete = s->text_gap = true;
        esmtp_body_gap(&s->body);
    } else {
        s->step = false;
        s->login = NULL;
        if (s->batch)
            s->pairing.doubt = s->pairing.hole = true;
    }
}

void esmtp_session_gap(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side, uint32_t missing)
{
    esmtp_fact_t *fact = new_fact(s, at, side, ESMTP_FACT_GAP, 0);
    fact->missing = missing;
    fact->anomalies |= ESMTP_AN_GAP;
    if (side == s->server)
        server_gap(s);
    else
        client_gap(s, missing);
}
