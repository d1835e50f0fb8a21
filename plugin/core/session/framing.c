/* framing.c
 * Octets of one direction to events of the session.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "framing.h"

#include "doubt.h"

#include "../parse/auth.h"
#include "../parse/suspect.h"
#include "../tables/needs.h"

/* One call's work on one direction. */
typedef struct {
    esmtp_session_t *s;
    esmtp_stamp_t at; /* of the next octet */
    esmtp_span_t in;  /* what is left */
    size_t scanned;   /* of in: known to hold no line end */
    bool last;
    unsigned commands; /* command lines so far */
    unsigned replies;  /* lines of replies so far */
    esmtp_side_t from;
    const uint8_t *kept; /* octets before this are kept for doubts, or need not be */
    uint32_t kept_seq;
} feed_t;

/* Keeps what was taken since the last time, if anything is in doubt. */
static void keep_taken(feed_t *f)
{
    uint32_t n = f->at.seq - f->kept_seq;
    if ((int32_t)n <= 0)
        return;
    if (f->s->doubts) {
        esmtp_stamp_t at = f->at;
        at.seq = f->kept_seq;
        esmtp_doubt_keep(f->s, f->from, &at, esmtp_span(f->kept, n), f->last && !f->in.len);
    }
    f->kept += n;
    f->kept_seq = f->at.seq;
}

static void advance(feed_t *f, size_t n)
{
    f->in = esmtp_span_from(f->in, n);
    f->at.seq += (uint32_t)n;
    f->scanned = 0;
}

/* Finds the next line. False: it needs more octets. */
static bool next_line(feed_t *f, esmtp_line_t *line)
{
    if (esmtp_line_scan(f->in, f->scanned, line))
        return true;
    if (!f->last)
        return false;
    esmtp_line_rest(f->in, line);
    return true;
}

/* A parameter of MAIL that the session wants to know. */
static void read_mail_argument(const esmtp_argument_t *arg, esmtp_client_event_t *e)
{
    uint64_t size;
    bool body = esmtp_span_is(arg->name, "BODY");
    if (esmtp_span_is(arg->name, "SIZE") && esmtp_number_parse(arg->value, &size) == ESMTP_NUMBER_OK)
        e->size = size;
    e->binary |= body && esmtp_span_is(arg->value, "BINARYMIME");
    e->eight_bit |=
        e->binary || esmtp_span_is(arg->name, "SMTPUTF8") || (body && esmtp_span_is(arg->value, "8BITMIME"));
    e->requiretls |= esmtp_span_is(arg->name, "REQUIRETLS");
}

/* The parameters of MAIL and RCPT; what they need of the server's offer. */
static void read_arguments(esmtp_span_t rest, esmtp_client_event_t *e)
{
    esmtp_argument_t arg;
    while (esmtp_argument_next(&rest, &arg)) {
        if (e->command.row->id == ESMTP_VERB_MAIL)
            read_mail_argument(&arg, e);
        int need = esmtp_need_of_param(arg.name, arg.value);
        if (need >= 0)
            e->needs |= UINT64_C(1) << need;
    }
}

/* Whether a line of MAIL or RCPT is other than what nearly all programs send: an address in brackets, and a size at
 * most. Only then is its syntax looked at more closely. */
static bool is_odd_envelope(const esmtp_command_t *command, const esmtp_path_t *path, esmtp_span_t rest)
{
    bool plain = path->form == ESMTP_PATH_NORMAL && !path->literal && !path->eight_bit && !path->space_before &&
                 !path->keyword_missing && path->local.len <= 64 && path->domain.len <= 255 && path->whole.len <= 256;
    bool apart = !rest.len || esmtp_is_blank(rest.p[0]);
    esmtp_argument_t arg;
    uint64_t size;
    if (!plain || !apart || !command->plausible)
        return true;
    if (!esmtp_argument_next(&rest, &arg))
        return false;
    return !esmtp_span_is(arg.name, "SIZE") || arg.value.len > 20 || rest.len ||
           !(command->row->flags & ESMTP_VF_FROM) || esmtp_number_parse(arg.value, &size) != ESMTP_NUMBER_OK;
}

static void read_auth(esmtp_span_t rest, esmtp_client_event_t *e)
{
    esmtp_span_t initial;
    if (esmtp_word_next(&rest, " \t", &e->mechanism))
        e->initial = esmtp_word_next(&rest, " \t", &initial);
}

/* XEXCH50's parameter is two numbers, the first of them counts the octets that follow. */
static void read_blob(esmtp_span_t rest, esmtp_client_event_t *e)
{
    esmtp_span_t word;
    if (esmtp_word_next(&rest, " \t", &word))
        e->size_ok = esmtp_number_parse(word, &e->size) == ESMTP_NUMBER_OK;
}

static size_t count_words(esmtp_span_t rest)
{
    esmtp_span_t word;
    size_t n = 0;
    while (esmtp_word_next(&rest, " \t", &word))
        n++;
    return n;
}

/* Letters of the verb all of one case: what programs send, and few sentences begin with. */
static bool one_case(esmtp_span_t verb)
{
    bool upper = false, lower = false;
    for (size_t i = 0; i < verb.len; i++) {
        upper |= g_ascii_isupper(verb.p[i]);
        lower |= g_ascii_islower(verb.p[i]);
    }
    return !(upper && lower);
}

/* Whether a line can hardly be anything but the command that it looks like. */
static bool is_sure(const esmtp_client_event_t *e)
{
    const esmtp_command_t *c = &e->command;
    if (!c->row || !c->plausible || c->leading_space || esmtp_line_is_cut(&e->line))
        return false;
    size_t words = count_words(c->parameter);
    if (c->row->flags & (ESMTP_VF_FROM | ESMTP_VF_TO))
        return e->path.form != ESMTP_PATH_NONE && !e->path.keyword_missing;
    if (c->row->flags & ESMTP_VF_NO_ARG)
        return words == 0;
    if (c->row->payload == ESMTP_PAYLOAD_CHUNK)
        return e->size_ok;
    if (c->row->id == ESMTP_VERB_EHLO || c->row->id == ESMTP_VERB_HELO || c->row->id == ESMTP_VERB_LHLO)
        return words <= 1;
    if (c->row->flags & ESMTP_VF_AUTH)
        return words >= 1 && words <= 2 && esmtp_mechanism_find(e->mechanism);
    if (c->row->flags & ESMTP_VF_NOT_SMTP)
        return words == 2;
    return one_case(c->verb) && words <= 1;
}

/* Whether the last word of a line is cut by the capture: no value is read from it. */
static bool ends_in_piece(const feed_t *f, const esmtp_line_t *line)
{
    return f->at.cut && esmtp_line_is_cut(line) && line->total == f->in.len;
}

/* Whether a line is a verb alone, and no text as base64. */
static bool is_no_answer(const esmtp_command_t *command, esmtp_span_t line)
{
    uint8_t octets[ESMTP_BASE64_ROOM(16)];
    size_t bad = 0;
    if (!command->row || !command->plausible || command->parameter.len || line.len > 16)
        return false;
    size_t n = esmtp_base64_decode(line, octets, &bad);
    for (size_t i = 0; bad == ESMTP_BASE64_FINE && i < n; i++) {
        if (g_ascii_iscntrl(octets[i]))
            return true;
    }
    return false;
}

/* Verbs whose parameter is a name that servers may look up: EHLO, HELO, LHLO, ETRN, VRFY. */
static bool names_somebody(const esmtp_verb_row_t *row)
{
    return esmtp_is_hello(row) || row->id == ESMTP_VERB_ETRN || row->id == ESMTP_VERB_VRFY;
}

static void parse_client_line(const feed_t *f, const esmtp_line_t *line, esmtp_client_event_t *e)
{
    memset(e, 0, sizeof *e);
    e->line = *line;
    e->size = UINT64_MAX;
    e->nth = f->commands;
    esmtp_span_t text = esmtp_span(f->in.p, line->len), rest;
    e->dot = line->len == 1 && text.p[0] == '.';
    esmtp_command_parse(text, &e->command);
    const esmtp_verb_row_t *row = e->command.row;
    if (!row) {
        e->sent = esmtp_span_trim(text);
        e->base64 = esmtp_base64_is_valid(e->sent);
        return;
    }
    e->gives_up = f->s->login && is_no_answer(&e->command, text);
    if (ends_in_piece(f, line))
        e->command.parameter = esmtp_span_but_last_word(e->command.parameter);
    if (row->flags & (ESMTP_VF_FROM | ESMTP_VF_TO)) {
        esmtp_path_parse(e->command.parameter, row->flags & ESMTP_VF_FROM ? "FROM" : "TO", &e->path, &rest);
        read_arguments(rest, e);
        e->suspect = esmtp_suspect_path(&e->path);
        e->odd_envelope = is_odd_envelope(&e->command, &e->path, rest);
    } else if (row->payload == ESMTP_PAYLOAD_CHUNK) {
        e->size_ok = esmtp_bdat_parse(e->command.parameter, &e->size, &e->last);
        e->odd_size = !e->size_ok;
        if (e->odd_size)
            e->size_ok = esmtp_bdat_guess(e->command.parameter, &e->size, &e->last);
    } else if (row->payload == ESMTP_PAYLOAD_BLOB) {
        read_blob(e->command.parameter, e);
    } else if (row->flags & ESMTP_VF_AUTH) {
        read_auth(e->command.parameter, e);
    }
    if (names_somebody(row)) {
        e->name = esmtp_span_to(e->command.parameter, esmtp_span_word(e->command.parameter));
        e->suspect = esmtp_suspect_code(e->command.parameter) ? ESMTP_SUSPECT_CODE : 0;
    }
    e->sure = esmtp_session_wants_proof(f->s) && is_sure(e);
}

/* What the client's message in a line of a login gives away: a line of the exchange, or the end of an AUTH command. */
static esmtp_auth_credentials_t read_credentials(const feed_t *f, esmtp_client_event_t *e)
{
    esmtp_auth_credentials_t nothing = {NULL, NULL, false};
    const esmtp_login_t *login = esmtp_session_login(f->s, e);
    esmtp_span_t text = esmtp_span(f->in.p, e->line.len), rest = e->command.parameter, mechanism, initial;
    if (login) {
        uint32_t number = esmtp_login_number(login, login->client_messages + 1, login->prompt);
        e->sent = esmtp_span_trim(text);
        if (esmtp_span_is(text, "*") || ends_in_piece(f, &e->line))
            return nothing;
        return esmtp_auth_peek(login->row, number, text);
    }
    if (!e->initial || !esmtp_word_next(&rest, " \t", &mechanism) || !esmtp_word_next(&rest, " \t", &initial))
        return nothing;
    e->sent = initial;
    return esmtp_span_is(initial, "=") ? nothing : esmtp_auth_peek(esmtp_mechanism_find(mechanism), 1, initial);
}

/* Before a client line is taken: whether the server may read it otherwise. */
static void open_doubts(feed_t *f, const esmtp_client_event_t *e)
{
    esmtp_session_t *s = f->s;
    const esmtp_pending_t *last = esmtp_pairing_last(&s->pairing), *data = esmtp_session_open_data(s);
    int32_t before = (int32_t)(f->kept_seq - f->at.seq); /* its beginning would not be said again */
    esmtp_span_t carried = esmtp_span(f->in.p, (size_t)MAX(before, 0));
    if (!last || s->step != ESMTP_STEP_LINE || !esmtp_session_server_watched(s, &f->at))
        return;
    uint64_t entry = s->pairing.popped + s->pairing.n - 1;
    if (esmtp_session_login(s, e)) {
        if (s->challenges <= 0 && s->login->frame && esmtp_pairing_by_number(&s->pairing, s->login_entry))
            esmtp_doubt_open_carried(s, ESMTP_DOUBT_EXCHANGE, s->login_entry, &f->at, carried);
    } else if (s->login && s->challenges > 0 && e->gives_up && esmtp_pairing_by_number(&s->pairing, s->login_entry)) {
        esmtp_doubt_open_carried(s, ESMTP_DOUBT_GIVEN_UP, s->login_entry, &f->at, carried);
    } else if (data && !(e->command.row && e->sure)) {
        esmtp_doubt_open_carried(s, ESMTP_DOUBT_TEXT, entry, &f->at, carried);
    } else if (carried.len) {
        return; /* what was shown as a line cannot become something else */
    } else if (last->login && s->login == last->login && s->challenges == 0 && s->login->frame) {
        esmtp_doubt_open(s, ESMTP_DOUBT_NO_ANSWER, entry, &f->at);
    } else if (data || (!last->row && !last->text_begun && !s->gone_login) || last->commands_follow) {
        esmtp_doubt_open(s, ESMTP_DOUBT_COMMANDS, entry, &f->at);
    }
}

/* After a BDAT line: whether a chunk follows. A server that offers CHUNKING and gets a proper number reads one. */
static void open_chunk_doubt(feed_t *f, const esmtp_client_event_t *e)
{
    esmtp_session_t *s = f->s;
    bool offered = s->offer && esmtp_offer_has(s->offer, "CHUNKING");
    if (s->step == ESMTP_STEP_OCTETS && (e->odd_size || !offered))
        esmtp_doubt_open(s, ESMTP_DOUBT_CHUNK, s->octets_entry, &f->at);
    if (s->step == ESMTP_STEP_OCTETS && s->octets_left > UINT32_MAX)
        esmtp_doubt_open(s, ESMTP_DOUBT_BIG_CHUNK, s->octets_entry, &f->at);
}

/* After a command that ends a mail between its chunks: whether it is taken. */
static void open_end_doubt(feed_t *f)
{
    esmtp_session_t *s = f->s;
    const esmtp_pending_t *last = esmtp_pairing_last(&s->pairing);
    if (!last || !last->broken || !esmtp_session_server_watched(s, &f->at))
        return;
    keep_taken(f);
    esmtp_doubt_open(s, ESMTP_DOUBT_BROKEN_OFF, s->pairing.popped + s->pairing.n - 1, &f->at);
}

/* The beginning of the line lies in an earlier segment, which showed it as something else. */
static void keep_line(feed_t *f, esmtp_fact_t *fact, const esmtp_line_t *line)
{
    esmtp_whole_line_t *whole = esmtp_session_keep(f->s, sizeof *whole + line->total);
    whole->len = (uint32_t)line->total;
    whole->eol = (uint16_t)(line->total - line->len);
    memcpy(whole->octets, f->in.p, line->total);
    fact->whole = whole;
}

/* Whether a line goes on with what the line before it, which has no reply yet, left open: a line break in a name or
 * address has made commands of the rest. */
static bool is_injected(const feed_t *f, const esmtp_line_t *line, const esmtp_client_event_t *e)
{
    esmtp_span_t text = esmtp_span(f->in.p, line->len);
    if (!f->s->told.unclosed || !esmtp_session_is_pipelined(f->s, &f->at))
        return false;
    return e->command.row || esmtp_span_find(text, '>') < text.len || esmtp_span_find(text, '"') < text.len;
}

static bool leaves_open(const feed_t *f, const esmtp_line_t *line, const esmtp_client_event_t *e)
{
    const esmtp_verb_row_t *row = e->command.row;
    return row && (row->flags & (ESMTP_VF_FROM | ESMTP_VF_TO) || names_somebody(row)) &&
           esmtp_suspect_unclosed(esmtp_span(f->in.p, line->len));
}

/* Returns false if the line needs more octets. */
static bool feed_client_line(feed_t *f)
{
    esmtp_line_t line;
    esmtp_client_event_t event;
    if (!next_line(f, &line))
        return false;
    parse_client_line(f, &line, &event);
    event.injected = is_injected(f, &line, &event);
    open_doubts(f, &event);
    esmtp_auth_credentials_t credentials = read_credentials(f, &event);
    event.user = esmtp_span(credentials.user, credentials.user ? strlen(credentials.user) : 0);
    event.password = esmtp_span(credentials.password, credentials.password ? strlen(credentials.password) : 0);
    event.secret = credentials.secret;
    esmtp_fact_t *fact = esmtp_session_client_line(f->s, &f->at, &event);
    g_free(credentials.user);
    g_free(credentials.password);
    if (!fact)
        return true; /* message text after all: the next round takes it */
    if (fact->flags & ESMTP_FF_TAIL)
        keep_line(f, fact, &line);
    if (event.odd_envelope && fact->kind == ESMTP_FACT_COMMAND)
        fact->flags |= ESMTP_FF_CHECK;
    f->commands++;
    f->s->told.unclosed = leaves_open(f, &line, &event);
    f->s->too_long[f->from] = line.too_long;
    advance(f, line.total);
    if (event.command.row && event.command.row->payload == ESMTP_PAYLOAD_CHUNK) {
        keep_taken(f);
        open_chunk_doubt(f, &event);
    } else if (event.command.row && event.command.row->txn == ESMTP_TXN_ABORT) {
        open_end_doubt(f);
    }
    return true;
}

/* The text stands after a false end. If the client ends all its lines with LF it is the end; else the server will tell.
 * Returns whether it is. */
static bool at_false_end(feed_t *f)
{
    esmtp_session_t *s = f->s;
    esmtp_body_t *body = esmtp_session_body(s);
    if (!esmtp_session_lf_only(s) || (body->flags & ESMTP_BODY_BARE_CR))
        return false;
    body->flags &= ~(uint32_t)ESMTP_BODY_FAKE_END;
    return true;
}

/* A line of text after a false end is about to be read, or goes on: takes it up to its end. Returns whether it is
 * surely a command, so that a second mail is hidden there. */
static bool hides_command(feed_t *f)
{
    esmtp_hidden_t *h = f->s->hidden;
    if (!h || !h->open)
        return false;
    size_t end = esmtp_span_find(f->in, '\n'), n = MIN(MIN(end + 1, f->in.len), sizeof h->octets - h->n);
    memcpy(h->octets + h->n, f->in.p, n);
    h->n += (uint16_t)n;
    h->open = end >= f->in.len && h->n < sizeof h->octets;
    esmtp_line_t line;
    esmtp_client_event_t event;
    feed_t peek = *f;
    peek.in = esmtp_span(h->octets, h->n);
    if (h->open || !esmtp_line_scan(peek.in, 0, &line))
        return false;
    parse_client_line(&peek, &line, &event);
    return is_sure(&event);
}

/* The text stands after a false end: its next line tells what that was for. */
static void look_for_command(esmtp_session_t *s)
{
    if (!s->hidden)
        s->hidden = esmtp_session_alloc(s, sizeof *s->hidden);
    s->hidden->open = true;
    s->hidden->n = 0;
}

static void feed_text(feed_t *f)
{
    bool end = false;
    size_t mark = 0;
    esmtp_session_t *s = f->s;
    esmtp_body_t *body = esmtp_session_body(s);
    uint64_t before = esmtp_session_message_octets(s);
    bool smuggles = hides_command(f);
    body->stop = true;
    size_t n = esmtp_body_feed(body, f->in, esmtp_session_body_sink, s, &end, &mark);
    bool stopped = body->at_fake_end && esmtp_body_is_whole_fake(body), lf_end = stopped && at_false_end(f);
    if (n > mark) {
        esmtp_fact_t *fact = esmtp_session_text(s, &f->at, (uint32_t)(n - mark), before);
        if (smuggles && !s->message->smuggles)
            esmtp_session_raise(s, fact, ESMTP_FINDING_SMUGGLING_ATTEMPT);
        s->message->smuggles |= smuggles;
        advance(f, n - mark);
    }
    if (end) {
        esmtp_session_end_mark(s, &f->at, (uint32_t)mark);
        advance(f, mark);
    } else if (lf_end) {
        s->message->lf_end = true;
        esmtp_session_take_false_end(s, &f->at);
    } else if (stopped) {
        look_for_command(s);
        keep_taken(f);
        s->false_ends++;
        esmtp_doubt_open(s, ESMTP_DOUBT_FALSE_END, s->pairing.popped + s->pairing.n, &f->at);
    }
}

static void feed_octets(feed_t *f)
{
    advance(f, esmtp_session_octets(f->s, &f->at, f->in.p, f->in.len));
}

static bool feed_client(feed_t *f)
{
    esmtp_session_message_cut(f->s, &f->at);
    esmtp_session_text_due(f->s, &f->at);
    switch (esmtp_session_step(f->s)) {
    case ESMTP_STEP_TEXT: feed_text(f); return true;
    case ESMTP_STEP_OCTETS: feed_octets(f); return true;
    case ESMTP_STEP_LOST:
    case ESMTP_STEP_LINE: break;
    }
    return feed_client_line(f);
}

/* draft-varshavchik-exdata-smtpext: the text of a 558 line is a line of a reply to one recipient. */
static uint16_t wrapped_code(esmtp_span_t text)
{
    esmtp_reply_line_t inner;
    return esmtp_reply_parse(text, &inner) && !inner.more ? inner.code : 0;
}

/* Octets of a secret that are looked for inside words; shorter ones must stand as a word. */
#define ECHO_MIN 8

static bool is_word_at(esmtp_span_t text, size_t at, size_t len)
{
    return (at == 0 || !g_ascii_isalnum(text.p[at - 1])) &&
           (at + len == text.len || !g_ascii_isalnum(text.p[at + len]));
}

static bool contains(esmtp_span_t text, const char *secret)
{
    size_t len = strlen(secret);
    for (size_t i = 0; len && i + len <= text.len; i++) {
        if (memcmp(text.p + i, secret, len) == 0 && (len >= ECHO_MIN || is_word_at(text, i, len)))
            return true;
    }
    return false;
}

/* Whether a reply repeats what the client sent for a login. */
static bool is_echo(const esmtp_session_t *s, esmtp_span_t text)
{
    const char *const *secrets = esmtp_session_secrets(s);
    for (size_t i = 0; i < ESMTP_SECRETS; i++) {
        if (secrets[i] && contains(text, secrets[i]))
            return true;
    }
    return false;
}

/* The last word of a reply line is cut by the capture: it is none that can be read. */
static void drop_piece(esmtp_server_event_t *e)
{
    esmtp_reply_line_t *reply = &e->reply;
    if (reply->enhanced.whole.len && reply->text.len == 0)
        reply->enhanced = (esmtp_enhanced_t){.class_ = 0};
    reply->parameter = esmtp_span_but_last_word(reply->parameter);
    reply->text = esmtp_span_but_last_word(reply->text);
}

/* A reply to a message in what is taken for SMTP names the first of several recipients: another may follow, as in LMTP.
 */
static void open_reply_doubt(feed_t *f, const esmtp_server_event_t *e)
{
    esmtp_session_t *s = f->s;
    if (s->reply.open || e->reply.code < 200)
        return;
    const esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, 0);
    if (!p || !p->message || !p->txn || p->txn->n_accepted < 2 || p->counted)
        return;
    if (p->each_replies)
        return; /* that was taken back before */
    bool named = esmtp_txn_names(e->reply.parameter, esmtp_rcpt_path(esmtp_txn_next_accepted(p->txn->rcpts)));
    bool chunk_refused = s->lmtp && p->last_chunk && e->reply.code >= 400 && !named;
    if (chunk_refused || (named && !s->lmtp && !s->hello_seen))
        esmtp_doubt_open(s, ESMTP_DOUBT_ONE_REPLY, s->pairing.popped, &f->at);
}

/* Whether a line of an EHLO reply is other than what nearly all servers send. Only then is its syntax looked at more
 * closely. said: what follows the code, blanks at its ends included. */
static bool is_odd_extension(const esmtp_server_event_t *e, esmtp_span_t said)
{
    const esmtp_ehlo_line_t *line = &e->extension;
    esmtp_span_t rest = line->parameter, word;
    if (!line->row || line->glued || said.len > 500 || esmtp_is_blank(said.p[0]) ||
        esmtp_is_blank(said.p[said.len - 1]))
        return true;
    if (!rest.len)
        return line->row->syntax[0] && !strchr("[*", line->row->syntax[0]);
    if (line->row->form != ESMTP_EHLO_AUTH)
        return line->row->form != ESMTP_EHLO_SIZE || e->size == UINT64_MAX;
    while (esmtp_word_next(&rest, " \t", &word)) {
        const esmtp_mechanism_row_t *row = esmtp_mechanism_find(word);
        if (!row || g_ascii_islower(word.p[0]))
            return true;
    }
    return false;
}

/* What a line of an EHLO reply offers. */
static void read_extension(esmtp_server_event_t *e)
{
    esmtp_span_t rest, word;
    esmtp_ehlo_parse(e->reply.parameter, &e->extension);
    rest = e->extension.parameter;
    if (rest.len && esmtp_number_parse(rest, &e->size) != ESMTP_NUMBER_OK)
        e->size = UINT64_MAX;
    if (!esmtp_span_is(e->extension.keyword, "AUTH"))
        return;
    while (esmtp_word_next(&rest, " \t", &word)) {
        const esmtp_mechanism_row_t *row = esmtp_mechanism_find(word);
        e->exposing |= row && row->exposed;
    }
}

/* Whether the text names the client's address. */
static bool names_client(const esmtp_session_t *s, esmtp_span_t text)
{
    char address[16];
    const uint8_t *a = s->ends.client.octets + 12;
    bool v4 = s->ends.client.octets[10] == 0xff && !s->ends.client.octets[0];
    g_snprintf(address, sizeof address, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
    return v4 && contains(text, address);
}

/* What the text of a line tells beside its code. */
static void read_text(const feed_t *f, esmtp_server_event_t *e)
{
    esmtp_span_t text = e->reply.parameter;
    if (!f->s->greeted || (f->s->reply.open && f->s->reply.greeting)) {
        e->masked = esmtp_suspect_masked(text);
        e->host = e->reply.code == 220 ? esmtp_greeting_host(text) : e->host;
    }
    if (e->reply.code < 400)
        return;
    e->listed = esmtp_suspect_block_list(text);
    e->listed_client = e->listed && names_client(f->s, text);
}

static bool feed_server(feed_t *f)
{
    esmtp_finding_set_t told = {{0}};
    esmtp_server_event_t event;
    memset(&event, 0, sizeof event);
    event.size = UINT64_MAX;
    event.nth = f->replies++;
    if (!next_line(f, &event.line))
        return false;
    esmtp_reply_parse(esmtp_span(f->in.p, event.line.len), &event.reply);
    /* Three digits where the frame was cut short: nobody knows whether a "-" followed. */
    if (esmtp_line_is_cut(&event.line) && event.line.len == 3)
        event.reply.more = true;
    event.echo = is_echo(f->s, event.reply.parameter);
    if (ends_in_piece(f, &event.line))
        drop_piece(&event);
    for (unsigned i = 0; f->s->doubts && i < ESMTP_DOUBTS_MAX && esmtp_doubt_reply(f->s, &event, &told); i++)
        ;
    if (esmtp_session_server(f->s) != f->from)
        return true; /* as it is read now, an earlier reply swapped the roles (TURN): this is a line of the client */
    if (esmtp_session_hello_pending(f->s)) {
        read_extension(&event);
        event.odd_extension = event.reply.valid && event.line.len > 4 &&
                              is_odd_extension(&event, esmtp_span(f->in.p + 4, event.line.len - 4));
    }
    read_text(f, &event);
    if (event.reply.code / 100 == 2 && esmtp_session_verdict_pending(f->s))
        event.queue_id = esmtp_reply_queue_id(event.reply.text);
    if (event.reply.code == 334)
        event.prompt = esmtp_auth_prompt(event.reply.parameter);
    if (event.reply.code == 558)
        event.wrapped = wrapped_code(event.reply.parameter);
    open_reply_doubt(f, &event);
    esmtp_fact_t *fact = esmtp_session_server_line(f->s, &f->at, &event);
    esmtp_session_raise_all(f->s, fact, &told);
    bool lists = fact->index > 0 || esmtp_ehlo_is_extension(&event.extension); /* the first line names the host */
    if (event.odd_extension && lists && fact->flags & ESMTP_FF_HELLO)
        fact->flags |= ESMTP_FF_CHECK;
    f->s->too_long[f->from] = event.line.too_long;
    advance(f, event.line.total);
    return true;
}

/* What is left of a line that was too long, up to its LF, is no line. Returns false if there is none. */
static bool skip_rest(feed_t *f)
{
    if (!f->s->too_long[f->from])
        return false;
    size_t lf = esmtp_span_find(f->in, '\n');
    bool ends = lf < f->in.len;
    size_t n = ends ? lf + 1 : f->in.len;
    esmtp_session_line_rest(f->s, &f->at, f->from, (uint32_t)n, ends);
    advance(f, n);
    return true;
}

/* carried: octets at the front that were kept, or not, when they came. */
static size_t feed_all(esmtp_session_t *s, esmtp_side_t from, esmtp_stamp_t at, esmtp_span_t in, size_t carried,
                       size_t scanned, bool last)
{
    feed_t f = {.s = s, .at = at, .in = in, .scanned = scanned, .last = last, .from = from};
    f.kept = in.len ? in.p + carried : NULL;
    f.kept_seq = at.seq + (uint32_t)carried;
    s->text_joins = false;
    while (f.in.len) {
        bool server = esmtp_session_server(s) == from;
        if (!skip_rest(&f) && !(server ? feed_server(&f) : feed_client(&f)))
            break;
        keep_taken(&f);
    }
    return in.len - f.in.len;
}

/* Likewise, with the beginning of a line before it that the caller believes used. again: what is left of it may not
 * come again, and is carried on. Returns how many of the octets of in were used. */
static size_t feed_joined(esmtp_session_t *s, esmtp_side_t from, esmtp_stamp_t at, esmtp_span_t in, bool last)
{
    esmtp_span_t carried = esmtp_doubt_carried(s);
    size_t n = carried.len;
    uint8_t *all = g_malloc(n + in.len);
    memcpy(all, carried.p, n);
    if (in.len)
        memcpy(all + n, in.p, in.len);
    esmtp_doubt_carry(s, esmtp_span(NULL, 0));
    at.seq -= (uint32_t)n;
    s->carried = (uint32_t)n;
    size_t used = feed_all(s, from, at, esmtp_span(all, n + in.len), n, 0, last);
    s->carried = 0;
    if (used < n) {
        esmtp_doubt_carry(s, esmtp_span(all + used, n - used)); /* that is no whole line yet */
        used = n;
    }
    g_free(all);
    return used - n;
}

static size_t feed_side(esmtp_session_t *s, esmtp_side_t from, esmtp_stamp_t at, esmtp_span_t in, size_t scanned,
                        bool last)
{
    bool joined = from != esmtp_session_server(s) && esmtp_doubt_carried(s).len;
    return joined ? feed_joined(s, from, at, in, last) : feed_all(s, from, at, in, 0, scanned, last);
}

size_t esmtp_framing_feed(esmtp_session_t *s, esmtp_side_t from, esmtp_stamp_t at, esmtp_span_t in, size_t scanned,
                          bool last)
{
    esmtp_doubt_layer(s, at.tls);
    return feed_side(s, from, at, in, scanned, last);
}

void esmtp_framing_again(esmtp_session_t *s, esmtp_side_t from, esmtp_stamp_t at, esmtp_span_t in, bool last)
{
    size_t used = feed_side(s, from, at, in, 0, last);
    if (used == in.len)
        return;
    esmtp_span_t rest = esmtp_span_from(in, used), carried = esmtp_doubt_carried(s);
    at.seq += (uint32_t)used;
    esmtp_session_piece(s, &at, from, (uint32_t)rest.len);
    esmtp_doubt_keep(s, from, &at, rest, false);
    if (from == esmtp_session_server(s))
        return; /* who was the client is the server now: what follows is a line of its own */
    uint8_t *all = g_malloc(carried.len + rest.len);
    if (carried.len)
        memcpy(all, carried.p, carried.len);
    if (rest.p)
        memcpy(all + carried.len, rest.p, rest.len);
    esmtp_doubt_carry(s, esmtp_span(all, carried.len + rest.len));
    g_free(all);
}

bool esmtp_framing_ready(const esmtp_session_t *s, esmtp_side_t from, esmtp_span_t in, uint32_t missing, bool last)
{
    esmtp_line_t line;
    if (last || s->too_long[from] || esmtp_line_scan(in, 0, &line))
        return true;
    if (esmtp_session_server(s) == from)
        return false;
    if (esmtp_session_step(s) == ESMTP_STEP_OCTETS)
        return missing && missing < esmtp_session_octets_left(s);
    return esmtp_session_step(s) == ESMTP_STEP_TEXT;
}

bool esmtp_framing_takes(const esmtp_session_t *s, esmtp_side_t from, esmtp_span_t in, size_t scanned, bool last)
{
    esmtp_line_t line;
    bool octets = esmtp_session_server(s) != from && esmtp_session_step(s) > ESMTP_STEP_LINE;
    return last || octets || s->too_long[from] || esmtp_line_scan(in, scanned, &line);
}

esmtp_speaker_t esmtp_framing_speaker(esmtp_span_t in)
{
    esmtp_line_t line;
    esmtp_reply_line_t reply;
    esmtp_command_t command;
    if (!esmtp_line_scan(in, 0, &line))
        esmtp_line_rest(in, &line);
    esmtp_span_t text = esmtp_span(in.p, line.len);
    if (line.len >= 4 && esmtp_reply_parse(text, &reply) && reply.code >= 200 && reply.code < 600)
        return ESMTP_SPEAKER_SERVER;
    esmtp_command_parse(text, &command);
    if (command.row && command.plausible)
        return ESMTP_SPEAKER_CLIENT;
    return ESMTP_SPEAKER_UNKNOWN;
}

bool esmtp_framing_commands(esmtp_span_t in)
{
    return esmtp_framing_speaker(in) == ESMTP_SPEAKER_CLIENT;
}
