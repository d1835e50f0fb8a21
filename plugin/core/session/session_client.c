/* session_client.c
 * What a client line does: commands, lines of a SASL exchange, lines out of step.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "doubt.h"

bool esmtp_session_is_pipelined(const esmtp_session_t *s, const esmtp_stamp_t *at)
{
    const esmtp_pending_t *last = esmtp_pairing_last(&s->pairing);
    return last && (!at->peer_ahead || (at->ack && at->ack == last->ack));
}

/* Whether chunks are no message: there was one and it was refused, or there is no transaction that they could belong
 * to. */
static bool is_leftover(const esmtp_session_t *s, const esmtp_message_t *before)
{
    if (!s->txn)
        return s->opened && !s->client_gap;
    return before && before->refused && before->txn == s->txn;
}

static void bdat_sent(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event,
                      esmtp_pending_t *p)
{
    if (event->odd_size) {
        p->odd_size = true;
        esmtp_session_raise(s, p->fact, ESMTP_FINDING_BAD_SIZE);
    }
    if (!event->size_ok || esmtp_session_takes_no_chunks(s))
        return;
    esmtp_message_t *message = s->message;
    bool goes_on = message && message->bdat && message->txn == s->txn && !message->refused;
    if (!goes_on) {
        if (message)
            message->aborted = true;
        esmtp_session_begin_message(s, at, s->txn, true);
        s->message->leftover = is_leftover(s, message);
    }
    p->message = s->message;
    p->last_chunk = event->last;
    esmtp_session_begin_octets(s, event->size, event->last);
    if (event->size == 0) {
        if (event->last)
            p->fact->flags |= ESMTP_FF_BDAT_LAST;
        esmtp_session_end_chunk(s, at, p->fact);
    }
}

/* A line of a login waits for its reply. Of too many the newest gives way. */
static void await_reply(esmtp_login_t *login, esmtp_fact_t *fact)
{
    login->n_unanswered = (uint8_t)MIN(login->n_unanswered + 1, ESMTP_LOGIN_AHEAD);
    login->unanswered[login->n_unanswered - 1] = fact;
}

static void auth_sent(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event,
                      esmtp_pending_t *p)
{
    esmtp_login_t *login = esmtp_session_keep(s, sizeof *login);
    login->number = ++s->n_logins;
    login->frame = at->frame;
    login->mechanism = esmtp_session_strdup_upper(s, event->mechanism);
    login->row = esmtp_mechanism_find(event->mechanism);
    login->initial = event->initial;
    login->client_messages = event->initial;
    login->before = s->sum->logins;
    s->sum->logins = login;
    p->login = s->login = login;
    s->login_entry = s->pairing.popped + s->pairing.n - 1;
    s->challenges = 0;
    p->fact->flags |= ESMTP_FF_LOGIN;
    p->fact->extra = login;
    p->fact->index = event->initial;
    await_reply(login, p->fact);
}

const char *const *esmtp_session_secrets(const esmtp_session_t *s)
{
    return s->secrets;
}

static void keep_secrets(esmtp_session_t *s, const esmtp_client_event_t *event)
{
    if (event->sent.len) {
        s->secrets[1] = s->secrets[0];
        s->secrets[0] = esmtp_session_strdup(s, event->sent);
    }
    if (event->password.len)
        s->secrets[2] = esmtp_session_strdup(s, event->password);
}

/* Whether a verb that nobody knows begins a login: AUTHPLAIN, AUTH=LOGIN, and those of other protocols. */
static bool begins_login(esmtp_span_t verb)
{
    return esmtp_span_starts(verb, "AUTH") || esmtp_span_is(verb, "USER") || esmtp_span_is(verb, "PASS");
}

/* Lines that a login may still have when the capture begins in the middle of it; later ones are those of a mail. */
#define LOGIN_LINES 2

/* Whether a line reads as part of a login that the server does not want, or that began before the capture. */
static bool reads_as_login(const esmtp_session_t *s, const esmtp_client_event_t *event)
{
    const esmtp_command_t *command = &event->command;
    if (command->row || event->dot || !event->line.len)
        return false;
    return s->login_refused || (!s->opened && !s->synced && event->base64 && s->early_lines < LOGIN_LINES);
}

/* Keeps the secrets of a line that is no part of a login under way. */
static void note_stray_login(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_client_event_t *event)
{
    bool begins = !event->command.row && begins_login(event->command.verb);
    if (reads_as_login(s, event))
        fact->flags |= ESMTP_FF_SECRET;
    if (s->early_lines < LOGIN_LINES)
        s->early_lines++;
    if (begins || fact->flags & ESMTP_FF_SECRET)
        keep_secrets(s, event);
    s->login_refused = (s->login_refused && !event->command.row) || begins;
}

/* What a client's message of the exchange gave away. */
static void note_credentials(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_login_t *login, esmtp_fact_t *fact,
                             const esmtp_client_event_t *event)
{
    keep_secrets(s, event);
    s->sum->exposed |= event->secret && !at->tls;
    if (event->secret && !login->secret_message && !at->tls)
        esmtp_session_raise(s, fact, ESMTP_FINDING_CLEAR_PASSWORD);
    if (event->secret && !login->secret_message)
        login->secret_message = login->client_messages;
    if (!event->user.len || login->user)
        return;
    login->user = esmtp_session_strdup(s, event->user);
    login->user_frame = at->frame;
}

/* Puts a command into its transaction, or begins one. */
static void join_transaction(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event,
                             esmtp_pending_t *p)
{
    switch (p->row ? p->row->txn : ESMTP_TXN_NONE) {
    case ESMTP_TXN_BEGIN: p->txn = esmtp_txn_begin(s, at, event); break;
    case ESMTP_TXN_MEMBER:
        p->txn = s->txn;
        if (p->txn && p->row->id == ESMTP_VERB_RCPT)
            p->rcpt = esmtp_txn_recipient(s, p->txn, p->fact, event->path.address);
        break;
    case ESMTP_TXN_ABORT: p->txn = s->txn; break;
    case ESMTP_TXN_NONE: break;
    }
    if (!p->txn && p->row && p->row->id == ESMTP_VERB_RCPT) {
        p->path = esmtp_session_strdup(s, event->path.address);
        s->sum->strays++;
    }
    p->fact->txn = p->txn;
    esmtp_txn_touch(p->txn, at, p->fact);
}

/* Who the client says it is: the first word of a hello's parameter. */
static void name_client(esmtp_session_t *s, const esmtp_client_event_t *event)
{
    if (!s->hello || !esmtp_span_is(event->name, s->hello))
        s->hello = esmtp_session_strdup(s, event->name);
}

/* XACK OFF counts when it is accepted; after XACK ON replies are awaited at once. */
static void xack_sent(esmtp_session_t *s, const esmtp_client_event_t *event, esmtp_pending_t *p)
{
    p->xack_off = esmtp_span_is(event->command.parameter, "OFF");
    s->xack_off &= p->xack_off;
}

/* Moves the state as the verb asks. */
static void verb_sent(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event,
                      esmtp_pending_t *p)
{
    const esmtp_verb_row_t *row = p->row;
    if (!row)
        return;
    if (row->id == ESMTP_VERB_LHLO)
        p->fact->flags |= ESMTP_FF_LMTP;
    if (row->payload == ESMTP_PAYLOAD_TEXT)
        p->commands_follow = s->goodbye;
    if (row->id == ESMTP_VERB_XACK)
        xack_sent(s, event, p);
    if (row->payload == ESMTP_PAYLOAD_CHUNK)
        bdat_sent(s, at, event, p);
    if (row->payload == ESMTP_PAYLOAD_BLOB)
        s->octets_left = event->size_ok ? event->size : 0;
    if (row->flags & ESMTP_VF_AUTH) {
        auth_sent(s, at, event, p);
        note_credentials(s, at, p->login, p->fact, event);
        esmtp_session_login_findings(s, at, p->fact, event);
    }
    if ((row->flags & ESMTP_VF_TLS) && !at->tls && (s->tls_phase != ESMTP_TLS_PHASE_INSIDE || at->tls_over))
        esmtp_session_enter_tls(s, ESMTP_TLS_PHASE_ASKED);
    if (esmtp_is_hello(event->command.row)) {
        name_client(s, event);
        if (s->tls_phase == ESMTP_TLS_PHASE_UNMET)
            esmtp_session_enter_tls(s, ESMTP_TLS_PHASE_NONE);
    }
    if (row->txn == ESMTP_TXN_ABORT) {
        if (!(row->flags & ESMTP_VF_TLS) && row->id != ESMTP_VERB_QUIT)
            s->txn = NULL;
        if (s->message && s->message->bdat) {
            p->broken = s->message;
            s->message->aborted = true;
            s->message = NULL;
        }
    }
}

/* XACK OFF silences RCPT and XDFN; they wait for nothing. */
static bool silenced(esmtp_session_t *s, const esmtp_client_event_t *event)
{
    const esmtp_verb_row_t *row = event->command.row;
    return row && s->xack_off && (row->id == ESMTP_VERB_RCPT || row->id == ESMTP_VERB_XDFN);
}

/* The verb of a command that no table has; NULL if there is none, or what there is may be a secret. */
static const char *unknown_verb(esmtp_session_t *s, const esmtp_fact_t *fact, const esmtp_command_t *command)
{
    bool secret = fact->flags & ESMTP_FF_SECRET || esmtp_span_starts(command->verb, "AUTH");
    return command->row || secret || !command->verb.len ? NULL : esmtp_session_strdup_upper(s, command->verb);
}

void esmtp_fact_name(esmtp_fact_t *reply, const char *verb)
{
    if (!verb || reply->flags & ESMTP_FF_EXTRA || reply->txn)
        return;
    reply->flags |= ESMTP_FF_NAMED;
    reply->extra = (void *)(uintptr_t)verb;
}

/* Whether a line was refused before its end came. Ties it to its reply. */
static bool refused_early(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact, const char *unknown)
{
    esmtp_fact_t *reply = s->early_refusal;
    s->early_refusal = NULL;
    if (!reply || at->tls || (int32_t)(s->early_refusal_ack - at->seq) <= 0)
        return false;
    fact->code = reply->code;
    fact->link = reply->frame;
    fact->flags |= ESMTP_FF_STATUS;
    reply->link = fact->frame;
    reply->verb = fact->verb;
    esmtp_fact_name(reply, unknown);
    reply->flags &= ~(uint32_t)ESMTP_FF_LOST_PEER;
    esmtp_session_unraise(s, reply, ESMTP_FINDING_NO_COMMAND);
    return true;
}

static esmtp_fact_t *command_sent(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    esmtp_fact_t *fact = esmtp_session_line_fact(s, at, esmtp_session_client_side(s), ESMTP_FACT_COMMAND, &event->line);
    fact->verb = esmtp_verb_number(event->command.row);
    note_stray_login(s, fact, event);
    esmtp_session_command_findings(s, at, fact, event);
    s->batch |= event->nth > 0 || esmtp_session_is_pipelined(s, at);
    if (s->login && (s->challenges <= 0 || event->gives_up) && event->command.row) {
        s->login = NULL; /* the client is through with it */
        s->challenges = 0;
    }
    if (s->gone_login && !(event->command.row && event->command.plausible))
        fact->flags |= ESMTP_FF_SECRET;
    else
        s->gone_login = NULL;
    esmtp_doubt_quiet(s);
    if (esmtp_session_unsynced(s) && s->pairing.n > 0)
        s->pairing.lossy = s->pairing.hole = true; /* the capture goes on in the middle of a batch of commands */
    esmtp_session_found(s);
    if (silenced(s, event)) {
        fact->flags |= ESMTP_FF_UNEXPECTED_NONE;
        fact->txn = s->txn;
        return fact;
    }
    const char *unknown = unknown_verb(s, fact, &event->command);
    if (refused_early(s, at, fact, unknown))
        return fact;
    esmtp_pending_t *p = esmtp_pairing_push(s);
    p->fact = fact;
    p->row = event->command.row;
    p->unknown = unknown;
    p->frame = at->frame;
    p->time = at->time;
    p->answers_missed = at->peer_ahead;
    p->ack = at->ack;
    p->early = !s->greeted;
    join_transaction(s, at, event, p);
    verb_sent(s, at, event, p);
    return fact;
}

/* A line of a SASL exchange, RFC 4954 section 4. */
static esmtp_fact_t *sasl_sent(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    esmtp_login_t *login = s->login;
    esmtp_fact_t *fact = esmtp_session_line_fact(s, at, esmtp_session_client_side(s), ESMTP_FACT_AUTH, &event->line);
    fact->flags |= ESMTP_FF_LOGIN;
    fact->extra = login;
    esmtp_session_length_findings(s, fact, event);
    s->login_hole = s->answer_next = false;
    if (--s->challenges < 0 && esmtp_session_server_watched(s, at) && !login->early) {
        login->early = true;
        esmtp_session_raise(s, fact, ESMTP_FINDING_EARLY_AUTH);
    }
    if (event->line.len == 1 && event->command.verb.len == 1 && event->command.verb.p[0] == '*')
        login->cancelled = true;
    else
        fact->index = ++login->client_messages;
    fact->code = (uint16_t)login->prompt;
    login->prompt = ESMTP_PROMPT_NONE;
    note_credentials(s, at, login, fact, event);
    await_reply(login, fact);
    esmtp_pending_t *p = esmtp_pairing_by_number(&s->pairing, s->login_entry);
    if (p && p->login == login)
        p->time = at->time;
    esmtp_session_found(s);
    return fact;
}

/* The end of a message whose beginning is not in the capture. A client sends text when all commands before it have
 * their replies: the next one is the message's. */
static void lost_end(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact)
{
    fact->kind = ESMTP_FACT_EOM;
    fact->verb = esmtp_verb_number(esmtp_verb_by_id(ESMTP_VERB_EOM));
    esmtp_session_found(s);
    s->text_command = NULL;
    if (!s->pairing.n)
        s->pairing.lossy = s->pairing.hole = false;
    esmtp_pending_t *p = esmtp_pairing_push(s);
    p->fact = fact;
    p->row = esmtp_verb_by_id(ESMTP_VERB_EOM);
    p->time = at->time;
    p->answers_missed = at->peer_ahead;
}

/* Octets of a client whose place in the session is not known. Runs of them make one fact. */
static esmtp_fact_t *unknown_sent(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    esmtp_fact_t *fact = esmtp_session_line_fact(s, at, esmtp_session_client_side(s), ESMTP_FACT_LINE, &event->line);
    if (!event->dot)
        note_stray_login(s, fact, event);
    if (!s->greeted || !s->opened)
        s->pairing.lossy = s->pairing.hole = true; /* who knows what commands stand before this */
    if (event->dot)
        lost_end(s, at, fact);
    return fact;
}

const esmtp_login_t *esmtp_session_login(const esmtp_session_t *s, const esmtp_client_event_t *event)
{
    const esmtp_command_t *command = &event->command;
    if (s->login_hole && event->sure)
        return NULL;
    if (s->login && s->answer_next)
        return s->login;
    if (s->login && s->challenges > 0 && event->gives_up)
        return NULL;
    return s->login && (s->challenges > 0 || !(command->row && command->plausible)) ? s->login : NULL;
}

bool esmtp_session_wants_proof(esmtp_session_t *s)
{
    return s->login_hole || s->step == ESMTP_STEP_LOST || esmtp_session_open_data(s);
}

esmtp_fact_t *esmtp_session_client_line(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    s->client_spoke = true;
    s->farewell = event->command.row && event->command.row->id == ESMTP_VERB_QUIT;
    esmtp_pending_t *data = esmtp_session_open_data(s);
    if (esmtp_session_login(s, event))
        return sasl_sent(s, at, event);
    if (data && !(event->command.row && event->sure)) {
        esmtp_session_begin_early_text(s, at, data);
        return NULL;
    }
    if (s->step == ESMTP_STEP_LOST && !event->sure)
        return unknown_sent(s, at, event);
    return command_sent(s, at, event);
}
