/* session.c
 * The state machine of one connection. Each event has one function that makes its fact and moves the state: client
 * lines in session_client.c, server lines in session_server.c, message text and counted octets in session_text.c, holes
 * here. Who answers whom is pairing.c, what becomes of mails transaction.c.
 *
 * Known limits: a client that sends further commands after DATA before the 354 is taken at its word (they are shown as
 * commands, with a warning), although a server that then says 354 reads them as message text.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "doubt.h"

void *esmtp_session_alloc(esmtp_session_t *s, size_t n)
{
    return s->ops->allocator->alloc(s->ops->allocator->ctx, n);
}

void *esmtp_session_keep(esmtp_session_t *s, size_t n)
{
    return esmtp_keep(s->ops->allocator, n);
}

/* A name with NULs in it, each written "\000": a C string would end there, and so does the name for some servers. */
static void *keep_with_nuls(esmtp_session_t *s, size_t n, esmtp_span_t span, const char **name)
{
    static const char escape[] = "\\000";
    size_t len = span.len;
    for (size_t i = 0; i < span.len; i++)
        len += span.p[i] ? 0 : strlen(escape) - 1;
    char *p = esmtp_session_keep(s, n + len + 1), *to = p + n;
    for (size_t i = 0; i < span.len; i++) {
        size_t octets = span.p[i] ? 1 : strlen(escape);
        memcpy(to, span.p[i] ? (const char *)&span.p[i] : escape, octets);
        to += octets;
    }
    *name = p + n;
    return p;
}

void *esmtp_session_keep_named(esmtp_session_t *s, size_t n, esmtp_span_t span, const char **name)
{
    span = esmtp_span_to(span, ESMTP_NAME_MAX);
    if (esmtp_span_find(span, '\0') < span.len)
        return keep_with_nuls(s, n, span, name);
    char *p = esmtp_session_keep(s, n + span.len + 1);
    if (span.len)
        memcpy(p + n, span.p, span.len);
    *name = p + n;
    return p;
}

const char *esmtp_session_strdup(esmtp_session_t *s, esmtp_span_t span)
{
    const char *copy;
    esmtp_session_keep_named(s, 0, span, &copy);
    return copy;
}

const char *esmtp_session_strdup_upper(esmtp_session_t *s, esmtp_span_t span)
{
    char *copy = (char *)esmtp_session_strdup(s, span);
    for (char *c = copy; *c; c++)
        *c = g_ascii_toupper(*c);
    return copy;
}

esmtp_session_t *esmtp_session_new(const esmtp_session_ops_t *ops, void *ctx)
{
    esmtp_session_t *s = esmtp_keep(ops->allocator, sizeof *s);
    s->ops = ops;
    s->ctx = ctx;
    s->server = ESMTP_SIDE_NONE;
    s->sum = esmtp_keep(ops->allocator, sizeof *s->sum);
    return s;
}

const esmtp_summary_t *esmtp_session_summary(const esmtp_session_t *s)
{
    return s->sum;
}

void esmtp_session_set_ends(esmtp_session_t *s, const esmtp_ends_t *ends)
{
    s->ends = *ends;
}

void esmtp_session_opened(esmtp_session_t *s, int64_t time)
{
    s->opened = true;
    esmtp_session_found(s);
    s->opened_time = s->sum->began = time;
    s->sum->opened = true;
}

void esmtp_session_set_server(esmtp_session_t *s, esmtp_side_t server, bool certain)
{
    if (s->server != server) {
        esmtp_doubt_settle(s); /* those octets were of the other role */
        esmtp_doubt_carry(s, esmtp_span(NULL, 0));
        s->early_refusal = NULL;
    }
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

esmtp_step_t esmtp_session_step(const esmtp_session_t *s)
{
    return s->step;
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
        return s->reply.hello || s->reply.head;
    for (uint32_t i = 0; i < MIN(s->pairing.n, ESMTP_DOUBT_MAX); i++) {
        const esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, i);
        if (p->row && (p->row->flags & ESMTP_VF_HELLO))
            return true;
        if (!s->pairing.lossy)
            break;
    }
    return false;
}

/* --- states --------------------------------------------------------------------------------------- */

static void trace(const esmtp_session_t *s, const char *state, const char *from, const char *to)
{
    if (s->ops->trace)
        s->ops->trace(s->ctx, state, from, to);
}

void esmtp_session_enter(esmtp_session_t *s, esmtp_step_t step)
{
    static const char *const names[] = {"lost", "line", "text", "octets"};
    if (s->step == step)
        return;
    trace(s, "step", names[s->step], names[step]);
    s->step = step;
}

void esmtp_session_found(esmtp_session_t *s)
{
    if (s->step == ESMTP_STEP_LOST)
        esmtp_session_enter(s, ESMTP_STEP_LINE);
}

void esmtp_session_enter_tls(esmtp_session_t *s, esmtp_tls_phase_t phase)
{
    static const char *const names[] = {"none", "asked", "due", "unmet", "inside"};
    if (s->tls_phase == phase)
        return;
    trace(s, "TLS", names[s->tls_phase], names[phase]);
    s->tls_phase = phase;
}

/* Replies to what was sent in clear will not come: a server that has TLS must forget it. */
static void drop_pending(esmtp_session_t *s)
{
    while (s->pairing.n) {
        if (s->told.after_starttls)
            esmtp_pairing_at(&s->pairing, 0)->fact->flags |= ESMTP_FF_UNEXPECTED_NONE;
        esmtp_pairing_pop(s);
    }
    s->told.after_starttls = false;
    s->pairing.lossy = s->pairing.hole = false;
}

void esmtp_session_restart(esmtp_session_t *s, esmtp_restart_t why)
{
    if (why == ESMTP_RESTART_TLS) {
        s->offer_clear = s->offer;
        s->offer_first_tls = s->offer != NULL;
    }
    s->offer = NULL;
    if (why == ESMTP_RESTART_XCLIENT)
        s->ends.client = (esmtp_host_t){{0}}; /* whoever it is, its packets do not tell */
    if (why == ESMTP_RESTART_HELLO)
        return;
    s->txn = NULL;
    s->message = NULL;
    if (s->step == ESMTP_STEP_TEXT)
        esmtp_session_enter(s, ESMTP_STEP_LINE);
    s->text_due = false;
    s->early_refusal = NULL;
    s->login = NULL;
    s->challenges = 0;
    s->logged_in = NULL;
    s->hello = NULL;
    s->xack_off = false;
    if (why == ESMTP_RESTART_SWAP)
        s->greeted = false;
    if (why != ESMTP_RESTART_TLS)
        return;
    s->reply.open = false;
    drop_pending(s);
}

void esmtp_session_turn(esmtp_session_t *s)
{
    esmtp_session_set_server(s, esmtp_session_client_side(s), true);
    esmtp_session_restart(s, ESMTP_RESTART_SWAP);
    esmtp_session_enter(s, ESMTP_STEP_LINE);
    s->reply.open = false;
    drop_pending(s);
}

/* --- TLS -------------------------------------------------------------------------------------- */

uint32_t esmtp_session_tls_frame(const esmtp_session_t *s)
{
    return s->tls_frame;
}

bool esmtp_session_tls_asked(const esmtp_session_t *s)
{
    return s->tls_phase == ESMTP_TLS_PHASE_ASKED;
}

bool esmtp_session_tls_due(const esmtp_session_t *s)
{
    return s->tls_phase == ESMTP_TLS_PHASE_DUE;
}

bool esmtp_session_known(const esmtp_session_t *s)
{
    return s->opened || s->greeted || s->step != ESMTP_STEP_LOST;
}

void esmtp_session_start_missed(esmtp_session_t *s)
{
    s->opened = false;
    s->greeted = true;
}

void esmtp_session_tls_begin(esmtp_session_t *s)
{
    if (s->tls_phase == ESMTP_TLS_PHASE_INSIDE)
        return;
    esmtp_doubt_settle(s);
    s->sum->begun_in_tls = !s->tls_frame && !s->server_spoke && !s->client_spoke;
    s->sum->inside_tls = true;
    esmtp_session_handshake_done(s);
    esmtp_session_enter_tls(s, ESMTP_TLS_PHASE_INSIDE);
    esmtp_session_restart(s, ESMTP_RESTART_TLS);
    esmtp_session_enter(s, ESMTP_STEP_LINE);
}

void esmtp_session_tls_failed(esmtp_session_t *s)
{
    esmtp_session_enter_tls(s, ESMTP_TLS_PHASE_UNMET);
    s->tls_failed = true;
    esmtp_session_found(s);
}

void esmtp_session_tls_over(esmtp_session_t *s, esmtp_side_t side, esmtp_fact_t *fact)
{
    if (s->tls_over[side])
        return;
    s->tls_over[side] = !s->farewell;
    esmtp_session_handshake_failed(s, fact->frame);
    if (s->tls_phase == ESMTP_TLS_PHASE_ASKED || s->tls_phase == ESMTP_TLS_PHASE_DUE)
        esmtp_session_enter_tls(s, ESMTP_TLS_PHASE_NONE);
    if (!s->farewell)
        esmtp_session_raise(s, fact, ESMTP_FINDING_CLEAR_AFTER_TLS);
}

/* --- facts ------------------------------------------------------------------------------------ */

esmtp_side_t esmtp_session_client_side(const esmtp_session_t *s)
{
    return s->server == ESMTP_SIDE_A ? ESMTP_SIDE_B : ESMTP_SIDE_A;
}

esmtp_fact_t *esmtp_session_new_fact(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side,
                                     esmtp_fact_kind_t kind, uint32_t len)
{
    esmtp_fact_t *fact = s->ops->fact(s->ctx, side);
    fact->frame = at->frame;
    fact->call = at->call;
    fact->seq = at->seq;
    fact->len = len;
    fact->kind = kind;
    if (s->carried && side != s->server) { /* what came before has facts of its own */
        uint32_t before = MIN(fact->len, s->carried);
        fact->seq += s->carried;
        fact->len -= before;
        fact->flags |= ESMTP_FF_TAIL;
        s->carried -= before;
    }
    if (s->lmtp)
        fact->flags |= ESMTP_FF_LMTP;
    if (side == s->server)
        fact->flags |= ESMTP_FF_FROM_SERVER;
    if (s->told.cut_in_message && side != s->server) {
        esmtp_session_raise(s, fact, ESMTP_FINDING_TLS_CLOSED_IN_MESSAGE);
        s->told.cut_in_message = false;
    }
    if (s->tls_failed) {
        esmtp_session_raise(s, fact, ESMTP_FINDING_NO_TLS_RECORD);
        s->tls_failed = false;
    }
    if (s->say_anew) {
        esmtp_session_raise(s, fact, ESMTP_FINDING_READ_ANEW);
        s->say_anew = false;
    }
    return fact;
}

/* What is odd about the octets of a line, and how it ends. */
static void octet_findings(esmtp_session_t *s, esmtp_side_t side, esmtp_fact_t *fact, const esmtp_line_t *line)
{
    bool crlf = s->ends_crlf[side], lf = s->ends_lf[side], known = fact->kind != ESMTP_FACT_LINE;
    s->ends_crlf[side] |= line->eol == ESMTP_EOL_CRLF;
    s->ends_lf[side] |= line->eol == ESMTP_EOL_LF;
    if (s->ends_crlf[side] && s->ends_lf[side] && !(crlf && lf) && known)
        esmtp_session_raise(s, fact, ESMTP_FINDING_MIXED_LINE_ENDS);
    if (line->eol == ESMTP_EOL_LF && known)
        esmtp_session_raise(s, fact, ESMTP_FINDING_BARE_LF);
    if (line->too_long)
        esmtp_session_raise_of(s, fact, ESMTP_FINDING_LIMIT, "Line without end: cut off here");
    else if (line->eol == ESMTP_EOL_NONE && known)
        esmtp_session_raise(s, fact, ESMTP_FINDING_NO_EOL);
    if (line->nul || line->bare_cr || (line->extra_cr && !s->extra_cr[side]))
        esmtp_session_raise(s, fact, ESMTP_FINDING_CONTROL);
    s->extra_cr[side] |= line->extra_cr;
}

esmtp_fact_t *esmtp_session_line_fact(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side,
                                      esmtp_fact_kind_t kind, const esmtp_line_t *line)
{
    esmtp_fact_t *fact = esmtp_session_new_fact(s, at, side, kind, (uint32_t)line->total);
    fact->eol = (uint16_t)MIN(line->total - line->len, fact->len); /* of a tail maybe LF alone */
    if (line->plain)
        fact->flags |= ESMTP_FF_PLAIN;
    s->sum->ended = at->time;
    if (!s->sum->began)
        s->sum->began = at->time;
    if (line->eol != ESMTP_EOL_CRLF || line->extra_cr || !line->plain || s->ends_lf[side])
        octet_findings(s, side, fact, line);
    else
        s->ends_crlf[side] = true;
    if (at->tls_over)
        esmtp_session_tls_over(s, side, fact);
    if (s->ends.tls_port && !at->tls)
        esmtp_session_raise(s, fact, ESMTP_FINDING_CLEAR_ON_TLS_PORT);
    return fact;
}

bool esmtp_session_lf_only(const esmtp_session_t *s)
{
    esmtp_side_t client = esmtp_session_client_side(s);
    return s->ends_lf[client] && !s->ends_crlf[client];
}

bool esmtp_session_server_watched(const esmtp_session_t *s, const esmtp_stamp_t *at)
{
    return s->server_spoke && !at->peer_ahead && !s->pairing.lossy;
}

/* --- holes ------------------------------------------------------------------------------------ */

static void server_gap(esmtp_session_t *s)
{
    s->greeted = true;
    s->reply.open = false;
    s->early_refusal = NULL;
    s->reply.head_lost = true;
    s->pairing.lossy |= s->pairing.n > 0;
    s->challenges = MAX(s->challenges, 0); /* what was answered too early was asked for in the hole */
    esmtp_login_t *login = s->login;
    if (login && login->n_unanswered > 1) {
        login->unanswered[0] = login->unanswered[login->n_unanswered - 1];
        login->n_unanswered = 1;
    }
}

static void octets_gap(esmtp_session_t *s, uint32_t missing)
{
    if (s->message)
        s->message->incomplete = true;
    if (missing && missing < s->octets_left) {
        s->octets_left -= missing;
        return;
    }
    esmtp_session_enter(s, missing && missing == s->octets_left ? ESMTP_STEP_LINE : ESMTP_STEP_LOST);
    s->octets_left = 0;
    if (s->octets_last) {
        if (s->txn && s->message && s->txn == s->message->txn)
            s->txn = NULL;
        s->message = NULL;
    }
}

/* Octets were lost inside an exchange: what comes next answers the last challenge, unless it is surely a command. */
static void login_gap(esmtp_session_t *s)
{
    esmtp_login_t *login = s->login;
    if (!login || s->challenges <= 0) {
        s->login = NULL;
        return;
    }
    login->client_messages = MAX(login->client_messages, login->server_messages - 1 + login->initial);
    s->challenges = 1;
    s->login_hole = true;
}

static void client_gap(esmtp_session_t *s, uint32_t missing)
{
    s->client_gap = true;
    s->early_refusal = NULL;
    s->text_due = false;
    if (s->step == ESMTP_STEP_OCTETS) {
        octets_gap(s, missing);
    } else if (s->step == ESMTP_STEP_TEXT) {
        s->message->incomplete = s->text_gap = true;
        esmtp_body_gap(&s->body);
    } else {
        esmtp_session_enter(s, ESMTP_STEP_LOST);
        login_gap(s);
        s->synced = false;
        if (s->txn)
            s->txn->uncertain = true;
        s->txn = NULL; /* a MAIL, an end of message or a RSET may have been lost */
        if (s->batch || s->pairing.n)
            s->pairing.lossy = s->pairing.hole = true;
    }
}

void esmtp_session_gap(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side, uint32_t missing)
{
    esmtp_doubt_settle(s);
    esmtp_fact_t *fact = esmtp_session_new_fact(s, at, side, ESMTP_FACT_GAP, 0);
    fact->missing = missing;
    s->sum->holed = true;
    esmtp_session_raise(s, fact, ESMTP_FINDING_GAP);
    s->too_long[side] = false;
    if (side == s->server)
        server_gap(s);
    else
        client_gap(s, missing);
}
