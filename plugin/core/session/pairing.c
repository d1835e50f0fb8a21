/* pairing.c
 * Who answers whom: a queue of commands that wait for their reply. Each reply answers the oldest one. Where octets were
 * lost, an answer is given only when it is certain: a reply that could belong to several commands belongs to none.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "session_priv.h"

#define ROOM_FIRST 4

esmtp_pending_t *esmtp_pairing_at(const esmtp_pairing_t *q, uint32_t i)
{
    return i < q->n ? &q->ring[(q->head + i) % q->room] : NULL;
}

esmtp_pending_t *esmtp_pairing_last(const esmtp_pairing_t *q)
{
    return q->n ? esmtp_pairing_at(q, q->n - 1) : NULL;
}

esmtp_pending_t *esmtp_pairing_by_number(const esmtp_pairing_t *q, uint64_t number)
{
    return number >= q->popped ? esmtp_pairing_at(q, (uint32_t)MIN(number - q->popped, UINT32_MAX)) : NULL;
}

static void drop_front(esmtp_pairing_t *q)
{
    q->head = (q->head + 1) % q->room;
    q->n--;
    q->popped++;
}

void esmtp_pairing_pop(esmtp_session_t *s)
{
    drop_front(&s->pairing);
    if (s->pairing.n == 0 && !s->pairing.hole)
        s->pairing.lossy = false;
}

void esmtp_pairing_give_back(esmtp_session_t *s)
{
    esmtp_release(s->ops->allocator, s->pairing.ring);
    s->pairing.ring = NULL;
    s->pairing.room = s->pairing.head = 0;
}

/* The oldest entry will not get a reply. */
static void pass_over(esmtp_session_t *s)
{
    esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, 0);
    p->fact->flags |= ESMTP_FF_NO_REPLY;
    if (p->login && s->login == p->login) {
        s->login = NULL;
        s->challenges = 0;
    }
    esmtp_pairing_pop(s);
}

/* Gives up the oldest entry: its reply is not in the capture, or cannot be told from another. */
static void forget_front(esmtp_session_t *s)
{
    esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, 0);
    if (p->txn)
        p->txn->uncertain = true;
    pass_over(s);
}

static void grow(esmtp_session_t *s)
{
    esmtp_pairing_t *q = &s->pairing;
    uint32_t room = q->room ? q->room * 2 : ROOM_FIRST;
    esmtp_pending_t *ring = esmtp_session_alloc(s, room * sizeof *ring);
    for (uint32_t i = 0; i < q->n; i++)
        ring[i] = *esmtp_pairing_at(q, i);
    esmtp_release(s->ops->allocator, q->ring);
    q->ring = ring;
    q->room = room;
    q->head = 0;
}

esmtp_pending_t *esmtp_pairing_push(esmtp_session_t *s)
{
    esmtp_pairing_t *q = &s->pairing;
    if (q->n == ESMTP_PENDING_MAX) {
        esmtp_session_raise(s, esmtp_pairing_at(q, 0)->fact, ESMTP_FINDING_LIMIT);
        forget_front(s);
        q->lossy = true;
    }
    if (q->n == q->room)
        grow(s);
    q->n++;
    esmtp_pending_t *p = esmtp_pairing_last(q);
    memset(p, 0, sizeof *p);
    p->replies = 1;
    return p;
}

/* A code that only one kind of command is answered with. */
static bool code_is_telling(uint16_t code)
{
    return code == 354 || code == 334 || code == 235 || code == 221 || code == 220;
}

static bool can_answer(const esmtp_pending_t *p, uint16_t code)
{
    if (p->login && p->login->client_messages == 0 && code == 235)
        return false;
    return esmtp_verb_expects(p->row, code);
}

/* The only entry that a code can answer; the last one of a client that waits for each reply; else NULL. */
static esmtp_pending_t *only_candidate(esmtp_session_t *s, uint16_t code, uint32_t *index)
{
    esmtp_pairing_t *q = &s->pairing;
    uint32_t found = 0;
    if (q->n > ESMTP_DOUBT_MAX || (q->hole && !code_is_telling(code)))
        return NULL;
    for (uint32_t i = 0; i < q->n; i++) {
        if (can_answer(esmtp_pairing_at(q, i), code)) {
            *index = i;
            found++;
        }
    }
    if (found == 1)
        return esmtp_pairing_at(q, *index);
    esmtp_pending_t *last = esmtp_pairing_last(q);
    if (found > 1 && *index == q->n - 1 && !s->batch && last->answers_missed)
        return last;
    return NULL;
}

/* --- by name ------------------------------------------------------------------------------------ */

/* The path that a MAIL or RCPT names; NULL if that is not known. */
static const char *path_of(const esmtp_pending_t *p)
{
    if (p->row && p->row->id == ESMTP_VERB_RCPT)
        return p->rcpt ? p->rcpt->address : p->path;
    return p->row && p->row->id == ESMTP_VERB_MAIL && p->txn ? p->txn->sender : NULL;
}

/* A reply about an address (RFC 3463 section 3.2, 3.3) names the RCPT that it answers, if one alone has that path.
 * Returns where that stands, 0 if none is named: the oldest entry may be the one. */
static uint32_t named_entry(const esmtp_pairing_t *q, const esmtp_reply_line_t *reply)
{
    const esmtp_enhanced_t *e = &reply->enhanced;
    const esmtp_pending_t *front = esmtp_pairing_at(q, 0);
    uint32_t named = 0;
    if (q->n < 2 || (e->subject != 1 && e->subject != 2) || !e->whole.len || !front || !path_of(front) ||
        q->n > ESMTP_DOUBT_MAX)
        return 0;
    if (esmtp_span_find(reply->text, '<') == reply->text.len)
        return 0;
    for (uint32_t i = 1; i < q->n; i++) {
        const esmtp_pending_t *p = esmtp_pairing_at(q, i);
        if (!p->row || p->row->id != ESMTP_VERB_RCPT || !esmtp_txn_names(reply->text, path_of(p)))
            continue;
        if (named)
            return 0;
        named = i;
    }
    return named && !esmtp_txn_names(reply->text, path_of(front)) ? named : 0;
}

static esmtp_pending_t *match_lossy(esmtp_session_t *s, const esmtp_reply_line_t *reply)
{
    uint16_t code = reply->code;
    uint32_t index = named_entry(&s->pairing, reply);
    esmtp_pending_t *p = index ? esmtp_pairing_at(&s->pairing, index) : only_candidate(s, code, &index);
    if (!p) {
        /* The k-th reply after a hole answers the k-th command at the earliest: the first is out of the race. */
        if (s->pairing.n && !s->pairing.hole)
            forget_front(s);
        return NULL;
    }
    while (index--)
        forget_front(s);
    s->pairing.lossy = s->pairing.hole = false;
    return esmtp_pairing_at(&s->pairing, 0);
}

/* Whether an entry asked for a telling code. */
static bool wants(const esmtp_pending_t *p, uint16_t code)
{
    switch (code) {
    case 354: return p->row && (p->row->payload == ESMTP_PAYLOAD_TEXT || p->row->payload == ESMTP_PAYLOAD_BLOB);
    case 334:
    case 235: return p->login != NULL;
    default: return esmtp_verb_expects(p->row, code) && p->row;
    }
}

/* A 354 that no DATA waits for makes a message of whatever the oldest unknown verb was. */
static uint32_t oldest_unknown(const esmtp_pairing_t *q)
{
    for (uint32_t i = 0; i < MIN(q->n, ESMTP_DOUBT_MAX); i++) {
        if (!esmtp_pairing_at(q, i)->row)
            return i;
    }
    return q->n;
}

uint32_t esmtp_pairing_peek(const esmtp_session_t *s, const esmtp_reply_line_t *reply)
{
    const esmtp_pairing_t *q = &s->pairing;
    uint16_t code = reply->code;
    if (!q->n || q->lossy)
        return 0;
    if (!code_is_telling(code))
        return named_entry(q, reply);
    for (uint32_t i = 0; i < MIN(q->n, ESMTP_DOUBT_MAX); i++) {
        if (wants(esmtp_pairing_at(q, i), code))
            return i;
    }
    return code == 354 ? oldest_unknown(q) : q->n;
}

esmtp_pending_t *esmtp_pairing_match(esmtp_session_t *s, const esmtp_reply_line_t *reply)
{
    if (s->pairing.lossy)
        return match_lossy(s, reply);
    uint32_t before = esmtp_pairing_peek(s, reply);
    if (before >= s->pairing.n)
        return NULL;
    while (before--)
        pass_over(s);
    return esmtp_pairing_at(&s->pairing, 0);
}

bool esmtp_pairing_claim_hello(esmtp_session_t *s)
{
    esmtp_pairing_t *q = &s->pairing;
    uint32_t found = 0, hello = 0;
    for (uint32_t i = 0; i < MIN(q->n, ESMTP_DOUBT_MAX); i++) {
        const esmtp_pending_t *p = esmtp_pairing_at(q, i);
        if (p->row && p->row->flags & ESMTP_VF_HELLO) {
            hello = i;
            found++;
        }
    }
    if (!found || (found > 1 && hello != q->n - 1))
        return false;
    while (hello--)
        forget_front(s);
    q->lossy = q->hole = false;
    return true;
}

void esmtp_pairing_silence(esmtp_session_t *s)
{
    esmtp_pairing_t *q = &s->pairing;
    uint32_t kept = 1; /* XACK itself */
    for (uint32_t i = 1; i < q->n; i++) {
        esmtp_pending_t *p = esmtp_pairing_at(q, i);
        if (p->row && (p->row->id == ESMTP_VERB_RCPT || p->row->id == ESMTP_VERB_XDFN))
            p->fact->flags |= ESMTP_FF_UNEXPECTED_NONE;
        else
            *esmtp_pairing_at(q, kept++) = *p;
    }
    q->n = MIN(q->n, kept);
}

/* --- what is left unanswered ---------------------------------------------------------------------- */

/* Whether it is known that the server has not answered, and that it is for it to speak. */
static bool is_servers_turn(const esmtp_session_t *s)
{
    bool answers_challenge = s->login && s->challenges > 0, in_chunk = s->step == ESMTP_STEP_OCTETS;
    if (s->tls_phase == ESMTP_TLS_PHASE_DUE)
        return false; /* what was sent in plaintext after STARTTLS gets no reply */
    return s->server_spoke && !s->goodbye && !s->sum->holed && !s->pairing.lossy && !answers_challenge && !in_chunk;
}

static bool is_message(const esmtp_pending_t *p)
{
    return p->message && (p->last_chunk || (p->row && p->row->id == ESMTP_VERB_EOM));
}

esmtp_left_t esmtp_session_left(const esmtp_session_t *s)
{
    if ((!s->pairing.n && !s->reply.open) || !is_servers_turn(s))
        return ESMTP_LEFT_NOTHING;
    for (uint32_t i = 0; i < MIN(s->pairing.n, ESMTP_DOUBT_MAX); i++) {
        const esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, i);
        if (p->answers_missed)
            return ESMTP_LEFT_NOTHING;
        if (is_message(p))
            return ESMTP_LEFT_MESSAGE;
    }
    const esmtp_pending_t *front = esmtp_pairing_at(&s->pairing, 0);
    bool quit = front && front->row && front->row->id == ESMTP_VERB_QUIT;
    return quit && !s->reply.open ? ESMTP_LEFT_NOTHING : ESMTP_LEFT_COMMAND;
}
