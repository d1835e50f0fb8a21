/* doubt.c
 * Readings that may be taken back: see doubt.h for which, and how.
 *
 * Known limit: of several false ends in one message the server took, it is believed, the first one that a command
 * stands after, or else the oldest.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "doubt.h"

/* What an open doubt costs beside its copies. */
#define DOUBT_COST 4096
/* A copied octet costs less than one that is fed again. */
#define COPY_CHEAPER 16
/* Transactions around one another that are copied: more come only from whoever wants to fill memory. */
#define NESTED_MAX 8

/* Octets that grow. */
typedef struct {
    uint8_t *p;
    size_t n, room;
} buffer_t;

/* A copy of n octets that stand at p; they follow in the buffer. */
typedef struct {
    void *p;
    size_t n;
} copy_t;

/* Octets of one side with the stamp of the first: they stand in the buffer of all octets. */
typedef struct {
    esmtp_side_t from;
    esmtp_stamp_t at;
    size_t offset, n;
    bool last; /* no more could be had of what they lack */
} said_t;

/* What was collected of a message at the doubtful point. */
typedef struct {
    esmtp_message_t *message;
    uint64_t octets;
} collected_t;

/* A mail that began since the oldest doubt. */
typedef struct {
    uint32_t seq; /* of its MAIL */
    uint32_t id;
} mail_t;

typedef struct {
    esmtp_doubt_kind_t kind;
    uint64_t entry;    /* pending entry whose reply tells */
    uint64_t quiet;    /* FALSE_END: entry of the first command since that was sent when nothing waited; 0: none yet */
    uint64_t octets;   /* FALSE_END: of the message so far; BIG_CHUNK: of the chunk */
    uint32_t end_mark; /* FALSE_END: octets of the end, from its dot on */
    bool after_crlf;   /* FALSE_END: before the dot */
    bool refused;      /* TLS: by a reply in clear */
    uint16_t code;     /* of the reply that tells, if its first lines came before the doubtful octets; else 0 */
    esmtp_stamp_t at;
    esmtp_mark_t mark;
    size_t said;        /* octets of both sides since: from this piece on */
    size_t begun;       /* messages since: from this one on */
    buffer_t copies;    /* copy_t and octets */
    buffer_t pending;   /* esmtp_pending_t: the queue */
    buffer_t collected; /* collected_t */
    buffer_t carry;     /* as it was */
} doubt_t;

struct esmtp_doubts {
    doubt_t doubt[ESMTP_DOUBTS_MAX];
    unsigned n;
    buffer_t said;   /* said_t */
    buffer_t octets; /* of all of them */
    buffer_t begun;  /* esmtp_message_t *: messages begun since the oldest doubt */
    buffer_t mails;  /* mail_t, in the order of their octets */
    size_t mail;     /* of them: the first that has not been met again since a reading was taken back */
    buffer_t carry;  /* client octets that the caller believes used: the beginning of a line as they are read now */
    uint64_t seen, spent; /* octets that were kept, each once; what taking back has cost */
    unsigned again;       /* octets are being fed again: so deep */
    uint32_t taken_back;
    uint32_t tls_next; /* TLS: after the octets that are kept */
    bool no_chunks;    /* the server took BDAT for an unknown command: that is the first reading from now on */
};

/* --- buffers ------------------------------------------------------------------------------------ */

static void *buffer_add(esmtp_session_t *s, buffer_t *b, const void *p, size_t n)
{
    if (!n)
        return b->p;
    if (b->n + n > b->room) {
        size_t room = MAX(b->room * 2, MAX(b->n + n, 256));
        uint8_t *more = esmtp_session_alloc(s, room);
        if (b->n)
            memcpy(more, b->p, b->n);
        esmtp_release(s->ops->allocator, b->p);
        b->p = more;
        b->room = room;
    }
    memcpy(b->p + b->n, p, n);
    b->n += n;
    return b->p + b->n - n;
}

static void buffer_free(esmtp_session_t *s, buffer_t *b)
{
    esmtp_release(s->ops->allocator, b->p);
    *b = (buffer_t){NULL, 0, 0};
}

/* --- copies ------------------------------------------------------------------------------------- */

static void copy(esmtp_session_t *s, doubt_t *d, void *p, size_t n)
{
    if (!p)
        return;
    copy_t head = {p, n};
    buffer_add(s, &d->copies, &head, sizeof head);
    buffer_add(s, &d->copies, p, n);
}

static void copy_fact(esmtp_session_t *s, doubt_t *d, esmtp_fact_t *fact)
{
    copy(s, d, fact, sizeof *fact);
}

static void copy_txn(esmtp_session_t *s, doubt_t *d, esmtp_txn_t *txn)
{
    for (unsigned depth = 0; txn && depth < NESTED_MAX; txn = txn->outer, depth++) {
        copy(s, d, txn, sizeof *txn);
        copy_fact(s, d, txn->final);
        for (esmtp_rcpt_t *rcpt = txn->rcpts; rcpt; rcpt = rcpt->next) {
            copy(s, d, rcpt, sizeof *rcpt);
            copy_fact(s, d, rcpt->fact);
        }
    }
}

static void copy_message(esmtp_session_t *s, doubt_t *d, esmtp_message_t *message)
{
    if (!message)
        return;
    collected_t collected = {message, message->octets};
    copy(s, d, message, sizeof *message);
    buffer_add(s, &d->collected, &collected, sizeof collected);
    copy_txn(s, d, message->txn);
}

static void copy_login(esmtp_session_t *s, doubt_t *d, esmtp_login_t *login)
{
    copy(s, d, login, sizeof *login);
    for (unsigned i = 0; login && i < login->n_unanswered; i++)
        copy_fact(s, d, login->unanswered[i]);
}

static void copy_pending(esmtp_session_t *s, doubt_t *d)
{
    const esmtp_pending_t *before = NULL;
    for (uint32_t i = 0; i < s->pairing.n; i++) {
        const esmtp_pending_t *p = esmtp_pairing_at(&s->pairing, i);
        buffer_add(s, &d->pending, p, sizeof *p);
        copy_fact(s, d, p->fact);
        copy_fact(s, d, p->tail);
        copy_login(s, d, p->login);
        if (!before || before->txn != p->txn)
            copy_txn(s, d, p->txn);
        if (!before || before->message != p->message)
            copy_message(s, d, p->message);
        copy_message(s, d, p->broken);
        before = p;
    }
}

/* Copies all that the session can reach and may change. */
static void copy_all(esmtp_session_t *s, doubt_t *d)
{
    copy(s, d, s, sizeof *s);
    copy(s, d, s->sum, sizeof *s->sum);
    copy(s, d, s->tally, sizeof *s->tally);
    copy(s, d, s->hidden, sizeof *s->hidden);
    copy_pending(s, d);
    copy_txn(s, d, s->txn);
    copy_txn(s, d, s->refused_txn);
    copy_message(s, d, s->message);
    copy_login(s, d, s->login);
    copy_txn(s, d, s->reply.txn);
    copy_login(s, d, s->reply.login);
    copy_fact(s, d, s->text_command);
    copy_fact(s, d, s->text_fact);
    copy_fact(s, d, s->told.early);
    copy_fact(s, d, s->reply.head);
    copy_fact(s, d, s->early_refusal);
    copy_fact(s, d, s->false_end);
    copy(s, d, s->offer_new, s->offer_new ? sizeof *s->offer_new : 0);
    buffer_add(s, &d->carry, s->doubts->carry.p, s->doubts->carry.n);
}

/* Puts the copies back. Lists are as long as they were: their ends say so. */
static void put_back(esmtp_session_t *s, const doubt_t *d)
{
    esmtp_pending_t *ring = s->pairing.ring;
    uint32_t room = s->pairing.room;
    esmtp_txn_t *txn = s->newest;
    for (size_t i = 0; i < d->copies.n;) {
        copy_t head;
        memcpy(&head, d->copies.p + i, sizeof head);
        memcpy(head.p, d->copies.p + i + sizeof head, head.n);
        i += sizeof head + head.n;
    }
    s->pairing.ring = ring; /* it has never become smaller */
    s->pairing.room = room;
    s->pairing.head = 0;
    if (d->pending.n)
        memcpy(ring, d->pending.p, d->pending.n);
    if (s->offer_new)
        *s->offer_new->end = NULL;
    for (; txn != s->newest; txn = txn->before)
        txn->withdrawn = true;
}

/* --- what was said ------------------------------------------------------------------------------ */

static said_t *said_at(const esmtp_doubts_t *t, size_t i)
{
    return (said_t *)(void *)t->said.p + i;
}

static size_t n_said(const esmtp_doubts_t *t)
{
    return t->said.n / sizeof(said_t);
}

void esmtp_doubt_keep(esmtp_session_t *s, esmtp_side_t from, const esmtp_stamp_t *at, esmtp_span_t octets, bool last)
{
    esmtp_doubts_t *t = s->doubts;
    if (!t || !t->n || !octets.len)
        return;
    if (t->octets.n + octets.len > ESMTP_DOUBT_OCTETS) {
        esmtp_doubt_settle(s);
        return;
    }
    said_t said = {from, *at, t->octets.n, octets.len, last};
    said_t *before = n_said(t) > t->doubt[t->n - 1].said ? said_at(t, n_said(t) - 1) : NULL;
    t->seen += t->again ? 0 : octets.len;
    buffer_add(s, &t->octets, octets.p, octets.len);
    if (!before || before->from != from || before->at.frame != at->frame || before->at.call != at->call ||
        before->at.seq + before->n != at->seq) {
        buffer_add(s, &t->said, &said, sizeof said);
        return;
    }
    before->n += octets.len;
    before->last = last;
}

void esmtp_doubt_message(esmtp_session_t *s, esmtp_message_t *message)
{
    if (s->doubts && s->doubts->n)
        buffer_add(s, &s->doubts->begun, &message, sizeof message);
}

/* The first mail that begins here or later, of those that have not been met again. */
static mail_t *mail_from(esmtp_doubts_t *t, uint32_t seq)
{
    mail_t *mails = (mail_t *)(void *)t->mails.p;
    size_t n = t->mails.n / sizeof *mails;
    while (t->mail < n && (int32_t)(seq - mails[t->mail].seq) > 0)
        t->mail++;
    return t->mail < n ? &mails[t->mail] : NULL;
}

static void keep_mail(esmtp_session_t *s, const mail_t *mail)
{
    buffer_t *b = &s->doubts->mails;
    size_t at = s->doubts->mail++ * sizeof *mail, after = b->n - at;
    buffer_add(s, b, mail, sizeof *mail);
    memmove(b->p + at + sizeof *mail, b->p + at, after);
    memcpy(b->p + at, mail, sizeof *mail);
}

uint32_t esmtp_doubt_mail(esmtp_session_t *s, const esmtp_stamp_t *at)
{
    esmtp_doubts_t *t = s->doubts;
    mail_t mail = {at->seq, 0}, *known = t ? mail_from(t, at->seq) : NULL;
    if (known && known->seq == at->seq) {
        t->mail++;
        return known->id;
    }
    mail.id = ++*s->ops->mails;
    if (esmtp_session_in_doubt(s))
        keep_mail(s, &mail);
    return mail.id;
}

/* --- opening and closing ------------------------------------------------------------------------ */

bool esmtp_doubt_is_open(const esmtp_session_t *s, esmtp_doubt_kind_t kind)
{
    const esmtp_doubts_t *t = s->doubts;
    for (unsigned i = 0; t && i < t->n; i++) {
        if (kind == ESMTP_DOUBT_NONE || t->doubt[i].kind == kind)
            return true;
    }
    return false;
}

/* Whether the server would have taken the false end of a doubt if it takes the newest one: that has the same form, or
 * LF before the dot where the other has CRLF. */
static bool implies(const esmtp_session_t *s, const doubt_t *d)
{
    return d->end_mark == s->body.mark && (d->after_crlf || !s->body.mark_dropped);
}

static bool is_known(const esmtp_session_t *s, esmtp_doubt_kind_t kind, uint64_t entry)
{
    const esmtp_doubts_t *t = s->doubts;
    for (unsigned i = 0; i < t->n; i++) {
        const doubt_t *d = &t->doubt[i];
        bool other = kind == ESMTP_DOUBT_EXCHANGE || (kind == ESMTP_DOUBT_FALSE_END && !implies(s, d));
        if (d->kind == kind && d->entry == entry && !other)
            return true;
    }
    return false;
}

void esmtp_doubt_layer(esmtp_session_t *s, bool tls)
{
    if (esmtp_session_in_doubt(s) && s->doubts->doubt[0].at.tls != tls)
        esmtp_doubt_settle(s);
}

bool esmtp_doubt_open(esmtp_session_t *s, esmtp_doubt_kind_t kind, uint64_t entry, const esmtp_stamp_t *at)
{
    if (!s->ops->mark || s->pairing.lossy)
        return false;
    esmtp_doubt_layer(s, at->tls);
    if (!s->doubts)
        s->doubts = esmtp_session_alloc(s, sizeof *s->doubts);
    esmtp_doubts_t *t = s->doubts;
    if (t->n == ESMTP_DOUBTS_MAX || t->spent > ESMTP_DOUBT_TIMES * (t->seen + DOUBT_COST) || is_known(s, kind, entry))
        return false;
    doubt_t *d = &t->doubt[t->n++];
    *d = (doubt_t){.kind = kind, .entry = entry, .at = *at};
    d->octets = kind == ESMTP_DOUBT_BIG_CHUNK ? s->octets_left : s->message ? s->message->octets : 0;
    d->end_mark = s->body.mark;
    d->after_crlf = s->body.mark_dropped;
    d->code = s->reply.open && s->reply.paired && s->reply.entry == entry ? s->reply.code : 0;
    d->said = n_said(t);
    d->begun = t->begun.n / sizeof(esmtp_message_t *);
    d->mark = s->ops->mark(s->ctx);
    copy_all(s, d);
    t->spent += d->copies.n / COPY_CHEAPER;
    return true;
}

bool esmtp_doubt_open_carried(esmtp_session_t *s, esmtp_doubt_kind_t kind, uint64_t entry, const esmtp_stamp_t *at,
                              esmtp_span_t carried)
{
    if (!esmtp_doubt_open(s, kind, entry, at))
        return false;
    doubt_t *d = &s->doubts->doubt[s->doubts->n - 1];
    d->carry.n = 0;
    buffer_add(s, &d->carry, carried.p, carried.len);
    return true;
}

static void doubt_free(esmtp_session_t *s, doubt_t *d)
{
    buffer_free(s, &d->copies);
    buffer_free(s, &d->pending);
    buffer_free(s, &d->collected);
    buffer_free(s, &d->carry);
}

/* The i-th doubt is settled: what is believed is right, or the best that can be had. */
static void close_doubt(esmtp_session_t *s, unsigned i)
{
    esmtp_doubts_t *t = s->doubts;
    doubt_free(s, &t->doubt[i]);
    memmove(&t->doubt[i], &t->doubt[i + 1], (t->n - i - 1) * sizeof t->doubt[0]);
    if (--t->n)
        return;
    buffer_free(s, &t->said);
    buffer_free(s, &t->octets);
    buffer_free(s, &t->begun);
    buffer_free(s, &t->mails);
    t->mail = 0;
}

void esmtp_doubt_confirm(esmtp_session_t *s, esmtp_doubt_kind_t kind)
{
    for (unsigned i = s->doubts ? s->doubts->n : 0; i-- > 0;) {
        if (s->doubts->doubt[i].kind == kind)
            close_doubt(s, i);
    }
}

void esmtp_doubt_settle(esmtp_session_t *s)
{
    while (s->doubts && s->doubts->n)
        close_doubt(s, s->doubts->n - 1);
}

/* --- taking back -------------------------------------------------------------------------------- */

/* The octets after BDAT are lines. */
static void turn_chunk(esmtp_session_t *s, esmtp_pending_t *p)
{
    esmtp_session_enter(s, ESMTP_STEP_LINE);
    s->octets_left = 0;
    s->message = NULL;
    s->doubts->no_chunks |= !(p && p->odd_size); /* else it was the argument that the server did not want */
    if (!p)
        return;
    p->message = NULL;
    p->last_chunk = false;
}

/* The number of octets is what 32 bits hold of it. */
static void turn_big_chunk(esmtp_session_t *s, const doubt_t *d, const esmtp_pending_t *p)
{
    s->octets_left = (uint32_t)s->octets_left;
    if (!s->octets_left && p)
        esmtp_session_end_chunk(s, &d->at, p->fact);
}

/* The mail and its message are still open. */
static void turn_broken_off(esmtp_session_t *s, const esmtp_pending_t *p)
{
    p->broken->aborted = false;
    s->message = p->broken;
    s->txn = p->txn;
}

/* Goes the other way from the doubtful point on. */
static void turn(esmtp_session_t *s, const doubt_t *d)
{
    esmtp_pending_t *p = esmtp_pairing_by_number(&s->pairing, d->entry);
    switch (d->kind) {
    case ESMTP_DOUBT_COMMANDS:
        if (p)
            esmtp_session_begin_early_text(s, &d->at, p);
        break;
    case ESMTP_DOUBT_TEXT:
        if (p)
            p->commands_follow = true;
        break;
    case ESMTP_DOUBT_CHUNK: turn_chunk(s, p); break;
    case ESMTP_DOUBT_BIG_CHUNK: turn_big_chunk(s, d, p); break;
    case ESMTP_DOUBT_BROKEN_OFF:
        if (p)
            turn_broken_off(s, p);
        break;
    case ESMTP_DOUBT_EXCHANGE:
        s->gone_login = s->login;
        s->login = NULL;
        s->challenges = 0;
        break;
    case ESMTP_DOUBT_NO_ANSWER:
    case ESMTP_DOUBT_GIVEN_UP: s->answer_next = true; break;
    case ESMTP_DOUBT_FALSE_END: esmtp_session_take_false_end(s, &d->at); break;
    case ESMTP_DOUBT_ONE_REPLY:
        s->lmtp = true;
        if (p)
            p->each_replies = true;
        break;
    case ESMTP_DOUBT_TLS:
    case ESMTP_DOUBT_NONE: break;
    }
}

/* What was collected since of messages goes. */
static void cut_messages(esmtp_session_t *s, const doubt_t *d)
{
    esmtp_doubts_t *t = s->doubts;
    esmtp_message_t **begun = (esmtp_message_t **)(void *)t->begun.p;
    const collected_t *collected = (const collected_t *)(const void *)d->collected.p;
    for (size_t i = d->begun; i < t->begun.n / sizeof *begun; i++)
        s->ops->cut(s->ctx, begun[i], 0);
    for (size_t i = 0; i < d->collected.n / sizeof *collected; i++) {
        if (collected[i].message->octets != collected[i].octets)
            s->ops->cut(s->ctx, collected[i].message, collected[i].octets);
    }
    t->begun.n = d->begun * sizeof *begun;
}

/* Feeds again what was said since the i-th doubtful point; d and what was said are the caller's. */
static void say_again(esmtp_session_t *s, const buffer_t *said, const buffer_t *octets)
{
    const said_t *piece = (const said_t *)(const void *)said->p;
    s->doubts->again++;
    for (size_t i = 0; i < said->n / sizeof *piece; i++) {
        s->doubts->spent += piece[i].n;
        esmtp_framing_again(s, piece[i].from, piece[i].at, esmtp_span(octets->p + piece[i].offset, piece[i].n),
                            piece[i].last);
    }
    s->doubts->again--;
}

/* told gets what the reply that tells it is marked with. */
static void take_back(esmtp_session_t *s, unsigned i, esmtp_finding_set_t *told)
{
    esmtp_doubts_t *t = s->doubts;
    doubt_t d = t->doubt[i];
    buffer_t said = {NULL, 0, 0}, octets = {NULL, 0, 0};
    if (d.said < n_said(t))
        buffer_add(s, &said, said_at(t, d.said), (n_said(t) - d.said) * sizeof(said_t));
    buffer_add(s, &octets, t->octets.p, t->octets.n);
    t->octets.n = d.said < n_said(t) ? said_at(t, d.said)->offset : t->octets.n;
    t->said.n = d.said * sizeof(said_t);
    t->taken_back++;
    t->mail = 0;
    cut_messages(s, &d);
    while (t->n > i + 1)
        doubt_free(s, &t->doubt[--t->n]);
    t->n--;
    put_back(s, &d);
    s->ops->withdraw(s->ctx, &d.mark);
    esmtp_doubt_carry(s, esmtp_span(d.carry.p, d.carry.n));
    turn(s, &d);
    doubt_free(s, &d);
    say_again(s, &said, &octets);
    if (said.n)
        esmtp_findings_put(told, ESMTP_FINDING_READ_ANEW);
    if (d.kind == ESMTP_DOUBT_FALSE_END)
        esmtp_findings_put(told, ESMTP_FINDING_FAKE_END_TAKEN);
    if (d.kind == ESMTP_DOUBT_CHUNK && said.n)
        esmtp_findings_put(told, ESMTP_FINDING_CHUNK_AS_COMMANDS);
    buffer_free(s, &said);
    buffer_free(s, &octets);
}

uint32_t esmtp_session_taken_back(const esmtp_session_t *s)
{
    return s->doubts ? s->doubts->taken_back : 0;
}

bool esmtp_session_in_doubt(const esmtp_session_t *s)
{
    return s->doubts && s->doubts->n;
}

void esmtp_doubt_hello(esmtp_session_t *s)
{
    if (s->doubts)
        s->doubts->no_chunks = false;
}

bool esmtp_session_takes_no_chunks(const esmtp_session_t *s)
{
    return s->doubts && s->doubts->no_chunks;
}

/* --- octets in two pieces ----------------------------------------------------------------------- */

esmtp_span_t esmtp_doubt_carried(const esmtp_session_t *s)
{
    return s->doubts ? esmtp_span(s->doubts->carry.p, s->doubts->carry.n) : esmtp_span(NULL, 0);
}

void esmtp_doubt_carry(esmtp_session_t *s, esmtp_span_t octets)
{
    if (!s->doubts)
        return;
    s->doubts->carry.n = 0;
    buffer_add(s, &s->doubts->carry, octets.p, octets.len);
}

/* --- TLS ---------------------------------------------------------------------------------------- */

void esmtp_session_tls_maybe(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_span_t octets)
{
    esmtp_stamp_t here = *at;
    if (!esmtp_doubt_is_open(s, ESMTP_DOUBT_TLS)) {
        if (!esmtp_doubt_open(s, ESMTP_DOUBT_TLS, 0, at))
            return;
        s->doubts->tls_next = at->seq;
    }
    int32_t seen = (int32_t)(s->doubts->tls_next - at->seq); /* TLS asked for more: they come again */
    if (seen < 0 || (size_t)seen >= octets.len)
        return;
    here.seq += (uint32_t)seen;
    octets = esmtp_span_from(octets, (size_t)seen);
    s->doubts->tls_next = here.seq + (uint32_t)octets.len;
    esmtp_doubt_keep(s, esmtp_session_client_side(s), &here, octets, false);
}

bool esmtp_session_tls_doubted(const esmtp_session_t *s)
{
    return esmtp_doubt_is_open(s, ESMTP_DOUBT_TLS);
}

void esmtp_session_tls_confirm(esmtp_session_t *s)
{
    esmtp_doubt_confirm(s, ESMTP_DOUBT_TLS);
}

bool esmtp_session_tls_disprove(esmtp_session_t *s)
{
    esmtp_finding_set_t told = {{0}};
    for (unsigned i = 0; s->doubts && i < s->doubts->n; i++) {
        if (s->doubts->doubt[i].kind != ESMTP_DOUBT_TLS || !s->doubts->doubt[i].refused)
            continue;
        take_back(s, i, &told);
        s->say_anew = true;
        return true;
    }
    return false;
}

/* --- what a reply tells ------------------------------------------------------------------------- */

typedef enum { OPEN, RIGHT, WRONG } finding_t;

/* Whether the client waits for a reply after a false end. */
static bool waits_after(const esmtp_session_t *s, const doubt_t *d)
{
    return s->step == ESMTP_STEP_TEXT && s->body.at_fake_end && s->message->octets == d->octets;
}

/* The message was read on beyond a false end. */
static finding_t judge_false_end(const esmtp_session_t *s, const doubt_t *d, uint16_t code)
{
    const esmtp_pairing_t *q = &s->pairing;
    const esmtp_pending_t *front = esmtp_pairing_at(q, 0);
    if (code == 421)
        return OPEN;
    if (!front) /* nothing waits for a reply: text still flows, or there are more replies than commands */
        return s->step != ESMTP_STEP_TEXT || code / 100 == 2 || waits_after(s, d) || s->message->answered ? WRONG
                                                                                                          : OPEN;
    if (q->popped <= d->entry)
        return q->popped == d->entry && code == 354 ? WRONG : OPEN;
    if (!esmtp_verb_expects(front->row, code))
        return WRONG;
    return d->quiet && q->popped >= d->quiet ? RIGHT : OPEN;
}

static bool is_of_unknown(uint16_t code)
{
    return code == 500 || code == 502;
}

/* MAIL, RCPT, DATA: no server says that it does not know them. */
static bool is_known_to_all(const esmtp_verb_row_t *row)
{
    return row && (row->id == ESMTP_VERB_MAIL || row->id == ESMTP_VERB_RCPT || row->id == ESMTP_VERB_DATA);
}

static finding_t judge_chunk(const esmtp_session_t *s, const doubt_t *d, uint16_t code)
{
    const esmtp_pairing_t *q = &s->pairing;
    const esmtp_pending_t *p = esmtp_pairing_at(q, 0);
    if (q->popped > d->entry) {
        if (!p && s->step != ESMTP_STEP_TEXT && code != 421)
            return WRONG; /* more replies than commands */
        if (p && is_of_unknown(code) && is_known_to_all(p->row))
            return WRONG; /* it is for a line of what was read as a chunk */
        return d->quiet && q->popped >= d->quiet ? RIGHT : OPEN;
    }
    if (q->popped < d->entry || !p)
        return OPEN;
    bool offered = s->offer && esmtp_offer_has(s->offer, "CHUNKING"), watched = s->hello_seen || s->opened;
    bool waited = n_said(s->doubts) == d->said; /* the client sent no octets before it had this reply */
    bool whole = !waited && !(s->step == ESMTP_STEP_OCTETS && s->octets_entry == d->entry);
    bool unknown = is_of_unknown(code) || (code == 503 && !offered && watched && !whole);
    if (unknown || (code == 501 && p->odd_size && waited))
        return WRONG;
    return code < 400 ? RIGHT : OPEN;
}

static finding_t judge_big_chunk(const esmtp_session_t *s, const doubt_t *d, uint16_t code)
{
    if (s->pairing.popped != d->entry)
        return s->pairing.popped > d->entry ? RIGHT : OPEN;
    bool waits = s->step == ESMTP_STEP_OCTETS && s->octets_entry == d->entry;
    return waits && code / 100 == 2 && d->octets - s->octets_left >= (uint32_t)d->octets ? WRONG : OPEN;
}

/* Whether a reply names the recipient that comes next after the one that the last reply to a message was for. In LMTP,
 * where BDAT LAST was refused without a name, further replies that no command asked for tell as well. */
static finding_t judge_one_reply(const esmtp_session_t *s, const doubt_t *d, const esmtp_server_event_t *event)
{
    const esmtp_pending_t *front = esmtp_pairing_at(&s->pairing, 0);
    uint16_t code = event->reply.code;
    const esmtp_txn_t *txn = s->last_txn;
    const esmtp_rcpt_t *rcpt = txn ? esmtp_txn_next_accepted(txn->rcpts) : NULL;
    rcpt = rcpt ? esmtp_txn_next_accepted(rcpt->next) : NULL;
    if (esmtp_txn_names(event->reply.parameter, esmtp_rcpt_path(rcpt)))
        return WRONG;
    if (!s->lmtp)
        return RIGHT;
    bool quit = front && front->row && front->row->id == ESMTP_VERB_QUIT;
    if (quit && code != 221 && code != 421)
        return WRONG; /* nobody refuses that */
    if (front ? !esmtp_verb_expects(front->row, code) : s->step != ESMTP_STEP_TEXT && code != 421 && code != 221)
        return WRONG;
    return d->quiet && s->pairing.popped >= d->quiet ? RIGHT : OPEN;
}

static finding_t judge(const esmtp_session_t *s, const doubt_t *d, const esmtp_server_event_t *event)
{
    uint16_t code = d->code ? d->code : event->reply.code;
    const esmtp_pairing_t *q = &s->pairing;
    uint64_t reached = d->code ? d->entry : q->popped + esmtp_pairing_peek(s, &event->reply);
    switch (d->kind) {
    case ESMTP_DOUBT_FALSE_END: return judge_false_end(s, d, code);
    case ESMTP_DOUBT_CHUNK: return judge_chunk(s, d, code);
    case ESMTP_DOUBT_BIG_CHUNK: return judge_big_chunk(s, d, code);
    case ESMTP_DOUBT_ONE_REPLY: return judge_one_reply(s, d, event);
    case ESMTP_DOUBT_TEXT:
    case ESMTP_DOUBT_EXCHANGE:
        if ((code == 421 || code == 221) && reached <= d->entry) /* the server goes before it asked for any of it */
            return WRONG;
        break;
    case ESMTP_DOUBT_TLS: return s->greeted && code < 400 ? WRONG : OPEN; /* a refusal may answer a hello of TLS */
    default: break;
    }
    if (reached != d->entry)
        return reached > d->entry ? RIGHT : OPEN;
    switch (d->kind) {
    case ESMTP_DOUBT_COMMANDS: return code == 354 ? WRONG : RIGHT;
    case ESMTP_DOUBT_TEXT: return code >= 400 ? WRONG : code == 354 ? RIGHT : OPEN;
    case ESMTP_DOUBT_BROKEN_OFF: return code >= 400 && code != 421 ? WRONG : RIGHT;
    case ESMTP_DOUBT_EXCHANGE: return code == 334 ? RIGHT : WRONG;
    case ESMTP_DOUBT_NO_ANSWER: return code == 334 ? WRONG : RIGHT;
    case ESMTP_DOUBT_GIVEN_UP: return code == 421 ? RIGHT : WRONG;
    default: return OPEN;
    }
}

/* What the client said first since a doubtful point, up to what the server said next. */
static esmtp_span_t said_after(const esmtp_session_t *s, const doubt_t *d)
{
    const esmtp_doubts_t *t = s->doubts;
    size_t i = d->said, n = 0;
    while (i < n_said(t) && said_at(t, i)->from == s->server)
        i++;
    for (size_t k = i; k < n_said(t) && said_at(t, k)->from != s->server; k++)
        n += said_at(t, k)->n;
    return n ? esmtp_span(t->octets.p + said_at(t, i)->offset, n) : esmtp_span(NULL, 0);
}

/* Whether that reads as a command, or is no whole line yet: text that the server had not waited for would be more. */
static bool command_follows(const esmtp_session_t *s, const doubt_t *d)
{
    esmtp_span_t said = said_after(s, d);
    return said.len && (esmtp_framing_commands(said) || esmtp_span_find(said, '\n') == said.len);
}

/* The server took a false end of the message that the i-th doubt is about, or one after it: which? Those before it it
 * did not. */
static unsigned taken_end(esmtp_session_t *s, unsigned i)
{
    esmtp_doubts_t *t = s->doubts;
    uint64_t entry = t->doubt[i].entry;
    unsigned taken = i;
    for (; taken < t->n; taken++) {
        const doubt_t *d = &t->doubt[taken];
        if (d->kind == ESMTP_DOUBT_FALSE_END && d->entry == entry && (waits_after(s, d) || command_follows(s, d)))
            break;
    }
    if (taken == t->n)
        return i;
    for (unsigned k = taken; k-- > i;) {
        if (t->doubt[k].kind == ESMTP_DOUBT_FALSE_END && t->doubt[k].entry == entry) {
            close_doubt(s, k);
            taken--;
        }
    }
    return taken;
}

bool esmtp_doubt_reply(esmtp_session_t *s, const esmtp_server_event_t *event, esmtp_finding_set_t *told)
{
    esmtp_doubts_t *t = s->doubts;
    if (!t || !t->n || !event->reply.valid || event->reply.code < 200 || s->reply.open)
        return false;
    bool challenged = false;
    for (unsigned i = 0; i < t->n;) {
        bool exchange = t->doubt[i].kind == ESMTP_DOUBT_EXCHANGE;
        finding_t finding = exchange && challenged ? OPEN : judge(s, &t->doubt[i], event);
        if (finding == WRONG) {
            take_back(s, t->doubt[i].kind == ESMTP_DOUBT_FALSE_END ? taken_end(s, i) : i, told);
            return true;
        }
        t->doubt[i].refused = event->reply.code >= 400;
        challenged |= exchange && finding == RIGHT; /* a challenge is for one line */
        if (finding == RIGHT)
            close_doubt(s, i);
        else
            i++;
    }
    return false;
}

/* A command is sent while nothing waits: a reply that fits it tells that the others were understood. */
void esmtp_doubt_quiet(esmtp_session_t *s)
{
    esmtp_doubts_t *t = s->doubts;
    for (unsigned i = 0; t && i < t->n; i++) {
        doubt_t *d = &t->doubt[i];
        if (!d->quiet && !s->pairing.n && s->pairing.popped > d->entry)
            d->quiet = s->pairing.popped;
    }
}
