/* session_fuzz.c
 * A whole connection: octets of both sides through framing into a session. The script's options: 1 the capture begins
 * with the connection, 2 side B is the server and not A, 4 nobody knows yet who the server is, 8 no comparison.
 *
 * What holds: each octet that was used lies in exactly one fact, facts stand in order and do not overlap, references
 * name what exists. No command has two final replies, and no reply two commands. Verdicts come from codes that judge.
 * Facts change only while something is in doubt. What taking readings back takes of memory is bounded. Where the script
 * has no holes, the same script cut into single octets, and into pieces, gives the same facts, but for the number of
 * message pieces and ESMTP_FINDING_PIPELINE (which is about segments). Runs with small limits, too.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "core/session/framing.h"

/* Without AddressSanitizer nobody sees what blocks of their own are for. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BLOCKS_ALONE true
#endif
#endif
#ifndef BLOCKS_ALONE
#define BLOCKS_ALONE false
#endif

enum { OPENED = 1, SERVER_B = 2, SPEAKER = 4, NO_COMPARISON = 8 };

/* Memory of the worlds that are only compared with: quicker than a block each, and all that a script may take, with
 * what is given back. */
#define ARENA (4u << 20)

typedef struct {
    uint8_t octets[FUZZ_SAID_MAX];
    size_t n;
} buffer_t;

/* What was collected of messages, an octet each. */
typedef struct {
    const esmtp_message_t *message;
    uint8_t octet;
} collected_t;

/* Facts of one side that can change no longer, the newest aside: nothing is in doubt. */
typedef struct {
    size_t n;
    uint32_t sum;
} settled_t;

typedef struct {
    bool strict; /* each allocation stands alone, each input ends where its memory ends */
    fuzz_block_t *blocks;
    size_t arena_used;
    max_align_t arena[ARENA / sizeof(max_align_t)];
    esmtp_allocator_t allocator;
    esmtp_session_ops_t ops;
    uint32_t mails;
    esmtp_session_t *session;
    esmtp_facts_t facts[2][2]; /* layer, side */
    size_t layer;
    bool secured; /* TLS was seen */
    collected_t text[FUZZ_SAID_MAX];
    size_t n_text;
    buffer_t partial[2]; /* that came and are not used yet, by side */
    uint32_t next[2][2]; /* sequence number after what was used */
    uint64_t used[2][2]; /* octets of it that facts have */
    settled_t settled[2][2];
    uint32_t ended;
} world_t;

static void append(buffer_t *buffer, const uint8_t *p, size_t n)
{
    CHECK(n <= sizeof buffer->octets - buffer->n);
    memcpy(buffer->octets + buffer->n, p, n);
    buffer->n += n;
}

static void drop_front(buffer_t *buffer, size_t n)
{
    if (n)
        memmove(buffer->octets, buffer->octets + n, buffer->n - n);
    buffer->n -= n;
}

/* --- the world outside the session ------------------------------------------------------------ */

static esmtp_fact_t *new_fact(void *ctx, esmtp_side_t side)
{
    world_t *w = ctx;
    CHECK(side == ESMTP_SIDE_A || side == ESMTP_SIDE_B);
    return esmtp_facts_add(&w->facts[w->layer][side], &w->allocator);
}

static void take_text(void *ctx, esmtp_message_t *message, const uint8_t *p, size_t n)
{
    world_t *w = ctx;
    CHECK(message && !message->end_frame);
    CHECK(n <= G_N_ELEMENTS(w->text) - w->n_text);
    for (size_t i = 0; i < n; i++)
        w->text[w->n_text++] = (collected_t){message, p[i]};
}

static void take_end(void *ctx, esmtp_message_t *message)
{
    world_t *w = ctx;
    CHECK(message->end_frame);
    w->ended++;
}

/* Readings that are taken back, as stream.c does it. */
static esmtp_mark_t mark(void *ctx)
{
    const world_t *w = ctx;
    return (esmtp_mark_t){{w->facts[w->layer][0].n, w->facts[w->layer][1].n}, w->ended};
}

static void withdraw(void *ctx, const esmtp_mark_t *mark)
{
    world_t *w = ctx;
    for (size_t side = 0; side < 2; side++) {
        CHECK(mark->facts[side] <= w->facts[w->layer][side].n);
        w->facts[w->layer][side].n = (uint32_t)mark->facts[side];
    }
    CHECK(mark->messages <= w->ended);
    w->ended = (uint32_t)mark->messages;
}

static void cut(void *ctx, esmtp_message_t *message, uint64_t octets)
{
    world_t *w = ctx;
    size_t kept = 0;
    for (size_t i = 0; i < w->n_text; i++) {
        bool own = w->text[i].message == message;
        if (own && octets)
            octets--;
        else if (own)
            continue;
        w->text[kept++] = w->text[i];
    }
    CHECK(octets == 0);
    w->n_text = kept;
}

static void *alloc(void *ctx, size_t n)
{
    world_t *w = ctx;
    if (w->strict)
        return fuzz_alloc(&w->blocks, n);
    void *p = w->arena + w->arena_used;
    w->arena_used += (n + sizeof(max_align_t) - 1) / sizeof(max_align_t);
    CHECK(w->arena_used <= G_N_ELEMENTS(w->arena));
    return memset(p, 0, n);
}

static void release(void *ctx, void *p)
{
    world_t *w = ctx;
    if (w->strict)
        fuzz_give_back(&w->blocks, p);
}

static void world_begin(world_t *w, uint8_t options, bool strict)
{
    w->strict = strict;
    w->arena_used = w->layer = w->n_text = w->partial[0].n = w->partial[1].n = 0;
    w->ended = 0;
    memset(w->used, 0, sizeof w->used);
    memset(w->settled, 0, sizeof w->settled);
    w->secured = false;
    memset(w->next, 0, sizeof w->next);
    w->allocator = (esmtp_allocator_t){alloc, w, release, NULL};
    w->ops = (esmtp_session_ops_t){.allocator = &w->allocator,
                                   .mails = &w->mails,
                                   .fact = new_fact,
                                   .text = take_text,
                                   .end = take_end,
                                   .mark = mark,
                                   .withdraw = withdraw,
                                   .cut = cut};
    memset(w->facts, 0, sizeof w->facts);
    w->session = esmtp_session_new(&w->ops, w);
    esmtp_session_set_server(w->session, options & SERVER_B ? ESMTP_SIDE_B : ESMTP_SIDE_A, !(options & SPEAKER));
    if (options & OPENED)
        esmtp_session_opened(w->session, 1);
}

/* --- feeding ---------------------------------------------------------------------------------- */

static uint64_t octets_of(const esmtp_facts_t *facts)
{
    uint64_t n = 0;
    for (size_t i = 0; i < facts->n; i++)
        n += esmtp_facts_at(facts, i)->len;
    return n;
}

/* The first n facts, the newest of them aside: its octets may yet become the beginning of an end mark. */
static uint32_t sum_of(const esmtp_facts_t *facts, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        const esmtp_fact_t *fact = esmtp_facts_at(facts, i);
        sum = sum * 31 + (fact->kind + fact->frame * 64 + fact->seq * 4096 + fact->len * 65536);
    }
    return sum;
}

static void check_used(const world_t *w)
{
    const esmtp_facts_t *facts = w->facts[w->layer];
    const uint64_t *octets = w->used[w->layer];
    CHECK(octets_of(&facts[0]) == octets[0] && octets_of(&facts[1]) == octets[1]);
}

static void check_settled(world_t *w)
{
    for (size_t side = 0; side < 2; side++) {
        const esmtp_facts_t *facts = &w->facts[w->layer][side];
        settled_t *settled = &w->settled[w->layer][side];
        CHECK(facts->n >= settled->n && sum_of(facts, settled->n) == settled->sum);
        if (!esmtp_session_in_doubt(w->session))
            *settled = (settled_t){facts->n, sum_of(facts, facts->n)};
    }
}

static void enter_layer(world_t *w, const fuzz_segment_t *segment)
{
    size_t layer = segment->tls;
    if (layer != w->layer) {
        w->layer = layer;
        w->partial[0].n = w->partial[1].n = 0;
        if (layer)
            esmtp_session_tls_begin(w->session);
        w->secured = true;
    }
    if (segment->failed && esmtp_session_tls_due(w->session))
        esmtp_session_tls_failed(w->session);
}

/* A hole, as stream.c tells of it. */
static void tell_hole(world_t *w, const esmtp_stamp_t *at, esmtp_side_t side, const fuzz_segment_t *segment,
                      esmtp_span_t in)
{
    if (!esmtp_framing_ready(w->session, side, in, segment->missing, segment->last))
        return;
    w->partial[side].n = 0;
    esmtp_session_gap(w->session, at, side, segment->missing);
    w->next[w->layer][side] += segment->missing;
}

/* Octets that one side says, one piece of a segment. */
static void feed(world_t *w, esmtp_stamp_t at, esmtp_side_t side, esmtp_span_t piece, bool last)
{
    buffer_t *partial = &w->partial[side];
    size_t scanned = partial->n ? partial->n - 1 : 0;
    append(partial, piece.p, piece.len);
    esmtp_span_t in = esmtp_span(partial->octets, partial->n);
    if (w->strict)
        in = fuzz_copy(in);
    at.seq = w->next[w->layer][side];
    size_t used = esmtp_framing_feed(w->session, side, at, in, scanned, last);
    CHECK(used <= in.len && (!last || used == in.len));
    w->used[w->layer][side] += used;
    drop_front(partial, used);
    w->next[w->layer][side] += (uint32_t)used;
    if (w->strict)
        fuzz_free(in);
}

/* Feeds a segment in pieces of step octets. */
static void feed_segment(world_t *w, const fuzz_segment_t *segment, uint32_t frame, size_t step)
{
    esmtp_side_t side = segment->server ? ESMTP_SIDE_A : ESMTP_SIDE_B;
    esmtp_stamp_t at = {.frame = frame, .time = 1000 * (int64_t)frame, .peer_ahead = segment->ahead};
    esmtp_span_t rest = segment->octets;
    enter_layer(w, segment);
    at.tls = w->layer == 1;
    at.tls_over = w->layer == 0 && w->secured;
    at.tls_met = w->layer == 0 && (w->secured || segment->failed);
    at.seq = w->next[w->layer][side];
    if (segment->hole)
        tell_hole(w, &at, side, segment, rest);
    if (!esmtp_session_server_certain(w->session)) {
        esmtp_speaker_t speaker = esmtp_framing_speaker(rest);
        if (speaker != ESMTP_SPEAKER_UNKNOWN)
            esmtp_session_set_server(w->session, speaker == ESMTP_SPEAKER_SERVER ? side : !side, true);
    }
    while (rest.len) {
        esmtp_span_t piece = esmtp_span_to(rest, step);
        rest = esmtp_span_from(rest, piece.len);
        feed(w, at, side, piece, segment->last && !rest.len);
    }
    check_used(w);
    check_settled(w);
}

/* --- what holds of the facts ------------------------------------------------------------------ */

/* For whoever looks for the fault. */
static void print_fact(const char *which, const esmtp_fact_t *fact)
{
    fprintf(stderr, "%s: kind %u frame %u seq %u len %u verb %u code %u link %u flags %#x findings", which, fact->kind,
            fact->frame, fact->seq, fact->len, fact->verb, fact->code, fact->link, fact->flags);
    for (const esmtp_finding_t *finding = fact->findings; finding; finding = finding->next)
        fprintf(stderr, " %s", esmtp_finding_short_name(finding->id));
    fputc('\n', stderr);
}

/* Only codes that judge do: not those that greet, take leave or ask for more. */
static void check_verdict(const esmtp_fact_t *fact)
{
    const esmtp_verdict_t *verdict = fact->extra;
    uint16_t code = verdict->decision.code;
    switch (verdict->outcome) {
    case ESMTP_OUTCOME_ACCEPTED: CHECK(code / 100 == 2 && code != 220 && code != 221); break;
    case ESMTP_OUTCOME_REJECTED: CHECK(code >= 500); break;
    case ESMTP_OUTCOME_DEFERRED: CHECK(code / 100 == 4); break;
    case ESMTP_OUTCOME_ABORTED: CHECK(code == 0); break;
    case ESMTP_OUTCOME_NONE: break;
    }
}

static void check_login(const esmtp_fact_t *fact)
{
    const esmtp_login_t *login = fact->extra;
    if (fact->kind == ESMTP_FACT_REPLY && fact->frame == login->end_frame && fact->flags & ESMTP_FF_LAST &&
        login->outcome == ESMTP_LOGIN_SUCCEEDED && fact->code / 100 != 3)
        CHECK(fact->code / 100 == 2 && fact->code != 220 && fact->code != 221);
}

static void check_links(const esmtp_fact_t *fact, uint32_t frames)
{
    CHECK(fact->frame >= 1 && fact->frame <= frames && fact->link <= frames);
    CHECK(fact->kind > ESMTP_FACT_NONE && fact->kind <= ESMTP_FACT_GAP);
    CHECK(fact->eol <= fact->len);
    CHECK(!fact->verb || esmtp_verb_by_number(fact->verb));
    uint32_t is = fact->flags & ESMTP_FF_EXTRA;
    CHECK(!is || fact->extra);
    CHECK(is == 0 || (is & (is - 1)) == 0);
    CHECK(!esmtp_fact_txn(fact) || esmtp_fact_txn(fact)->number);
    if (fact->flags & ESMTP_FF_VERDICT)
        check_verdict(fact);
    if (fact->flags & ESMTP_FF_LOGIN)
        check_login(fact);
}

/* Final replies that what a client says in a frame may have: one for each command, and for a message, which the replies
 * to it name by its DATA, as many as it has recipients and one more. */
static uint64_t replies_due(const esmtp_fact_t *fact)
{
    const esmtp_txn_t *txn = esmtp_fact_txn(fact);
    const esmtp_verb_row_t *row = esmtp_verb_by_number(fact->verb);
    bool message = !row || row->payload != ESMTP_PAYLOAD_NONE || row->id == ESMTP_VERB_EOM;
    return 1 + (message ? 1 : 0) + (message && txn ? txn->n_accepted : 0);
}

/* Facts of a frame, and the replies that name it. */
static void print_frame(const world_t *w, uint32_t frame)
{
    for (size_t i = 0; i < 4; i++) {
        const esmtp_facts_t *facts = &w->facts[i / 2][i % 2];
        for (size_t k = 0; k < facts->n; k++) {
            if (esmtp_facts_at(facts, k)->frame == frame || esmtp_facts_at(facts, k)->link == frame)
                print_fact("fact", esmtp_facts_at(facts, k));
        }
    }
}

/* One that comes while the text of a message still flows ends nothing. */
static bool is_final(const esmtp_fact_t *reply)
{
    return reply->flags & ESMTP_FF_LAST && reply->code / 100 != 3 && !esmtp_fact_has(reply, ESMTP_FINDING_EARLY_REPLY);
}

static void check_pairs(const world_t *w, uint32_t frames)
{
    uint64_t due[FUZZ_SEGMENTS_MAX + 1] = {0}, found[FUZZ_SEGMENTS_MAX + 1] = {0};
    for (size_t i = 0; i < 4; i++) {
        const esmtp_facts_t *facts = &w->facts[i / 2][i % 2];
        for (size_t k = 0; k < facts->n; k++) {
            const esmtp_fact_t *fact = esmtp_facts_at(facts, k);
            if (fact->kind != ESMTP_FACT_REPLY)
                due[fact->frame] += replies_due(fact);
            else
                found[fact->link] += is_final(fact);
        }
    }
    for (uint32_t frame = 1; frame <= frames; frame++) {
        if (found[frame] > due[frame])
            print_frame(w, frame);
        CHECK(found[frame] <= due[frame]);
    }
}

static void check_facts(const world_t *w, uint32_t frames)
{
    for (size_t i = 0; i < 4; i++) {
        const esmtp_facts_t *facts = &w->facts[i / 2][i % 2];
        for (size_t k = 0; k < facts->n; k++) {
            const esmtp_fact_t *fact = esmtp_facts_at(facts, k), *before = k ? esmtp_facts_at(facts, k - 1) : NULL;
            check_links(fact, frames);
            if (!before)
                continue;
            CHECK(before->frame <= fact->frame);
            CHECK(fact->seq - (before->seq + before->len) < 0x40000000);
            CHECK(esmtp_facts_find(facts, fact->frame) <= k);
        }
    }
    check_pairs(w, frames);
}

/* --- cut elsewhere ---------------------------------------------------------------------------- */

static bool is_piece(const esmtp_fact_t *fact)
{
    return fact->kind == ESMTP_FACT_TEXT || fact->kind == ESMTP_FACT_CHUNK || fact->kind == ESMTP_FACT_BLOB;
}

/* A line that began as something else, and what is left of it. */
#define PIECES (ESMTP_FF_PIECE | ESMTP_FF_TAIL)

/* Whether a fact goes on with the piece before it: the dot of an end mark may have been taken for text. */
static bool goes_on(const esmtp_fact_t *piece, const esmtp_fact_t *fact)
{
    if (piece->flags & ESMTP_FF_PIECE && fact->flags & PIECES)
        return fact->frame == piece->frame;
    bool kind = fact->kind == piece->kind || (piece->kind == ESMTP_FACT_TEXT && fact->kind == ESMTP_FACT_EOM);
    return kind && is_piece(piece) && fact->frame == piece->frame && fact->extra == piece->extra && fact->len &&
           !(piece->flags & ESMTP_FF_LAST);
}

static void findings_join(esmtp_finding_set_t *set, const esmtp_fact_t *fact)
{
    for (const esmtp_finding_t *finding = fact->findings; finding; finding = finding->next)
        esmtp_findings_put(set, finding->id);
}

/* A fact, or a run of lines or pieces that one world cut otherwise, taken together; found gets what was found. */
static esmtp_fact_t next_whole(const esmtp_facts_t *facts, size_t *i, esmtp_finding_set_t *found)
{
    esmtp_fact_t sum = *esmtp_facts_at(facts, (*i)++);
    findings_join(found, &sum);
    for (; *i < facts->n && goes_on(&sum, esmtp_facts_at(facts, *i)); ++*i) {
        esmtp_fact_t before = sum;
        sum = *esmtp_facts_at(facts, *i);
        sum.seq = before.seq;
        sum.len += before.len;
        sum.flags |= before.flags & ~PIECES;
        findings_join(found, &sum);
    }
    return sum;
}

static void check_same_txn(const esmtp_txn_t *a, const esmtp_txn_t *b)
{
    CHECK(!a == !b);
    if (!a)
        return;
    CHECK(a->number == b->number && a->frame == b->frame && a->n_rcpts == b->n_rcpts && a->n_accepted == b->n_accepted);
    CHECK(a->closed == b->closed && a->judged == b->judged && a->mail_code == b->mail_code);
}

static void check_same_extra(const esmtp_fact_t *a, const esmtp_fact_t *b)
{
    if (a->flags & ESMTP_FF_LOGIN) {
        const esmtp_login_t *x = a->extra, *y = b->extra;
        CHECK(x->number == y->number && x->outcome == y->outcome && x->client_messages == y->client_messages);
        CHECK(g_strcmp0(x->user, y->user) == 0 && x->secret_message == y->secret_message);
    } else if (a->flags & ESMTP_FF_MESSAGE) {
        const esmtp_message_t *x = a->extra, *y = b->extra;
        CHECK(x->octets == y->octets && x->end_frame == y->end_frame && x->incomplete == y->incomplete);
        CHECK(((x->body_flags ^ y->body_flags) & ~(uint32_t)ESMTP_BODY_FAKE_END) == 0);
    } else if (a->flags & ESMTP_FF_VERDICT) {
        const esmtp_verdict_t *x = a->extra, *y = b->extra;
        CHECK(x->outcome == y->outcome && x->octets == y->octets && g_strcmp0(x->queue_id, y->queue_id) == 0);
    }
}

static bool is_same_line(const esmtp_fact_t *a, const esmtp_fact_t *b)
{
    bool end = a->kind == ESMTP_FACT_EOM;
    uint32_t flags = PIECES | (end ? ESMTP_FF_LOST_PEER : 0);
    return a->kind == b->kind && a->frame == b->frame && a->seq == b->seq && a->len == b->len && a->verb == b->verb &&
           a->code == b->code && a->link == b->link && (end || a->eol == b->eol) &&
           ((a->flags ^ b->flags) & ~flags) == 0;
}

static void check_same_findings(const esmtp_fact_t *fact, esmtp_finding_set_t a, esmtp_finding_set_t b)
{
    for (unsigned id = 1; id < ESMTP_FINDINGS; id++) {
        /* An end that is none, and is taken, may have told of itself in a piece of its own. */
        bool end = id == ESMTP_FINDING_FAKE_END && fact->kind == ESMTP_FACT_EOM;
        bool same = esmtp_findings_have(&a, id) == esmtp_findings_have(&b, id);
        if (!same && !end && id != ESMTP_FINDING_PIPELINE) {
            print_fact(esmtp_finding_short_name(id), fact);
            CHECK(same);
        }
    }
}

static void check_same_fact(const esmtp_fact_t *a, const esmtp_fact_t *b)
{
    bool same = is_same_line(a, b);
    if (!same) {
        print_fact("whole", a);
        print_fact("cut", b);
    }
    CHECK(same);
    CHECK(is_piece(a) || a->index == b->index);
    CHECK(a->kind != ESMTP_FACT_REPLY || a->delta == b->delta);
    check_same_txn(esmtp_fact_txn(a), esmtp_fact_txn(b));
    check_same_extra(a, b);
}

static void check_same_text(const world_t *a, const world_t *b)
{
    CHECK(a->n_text == b->n_text);
    for (size_t i = 0; i < a->n_text; i++) {
        CHECK(a->text[i].octet == b->text[i].octet);
        CHECK(!i || (a->text[i].message == a->text[i - 1].message) == (b->text[i].message == b->text[i - 1].message));
    }
}

static void check_same(const world_t *a, const world_t *b)
{
    check_same_text(a, b);
    CHECK(a->ended == b->ended);
    CHECK(esmtp_session_step(a->session) == esmtp_session_step(b->session));
    for (size_t i = 0; i < 4; i++) {
        const esmtp_facts_t *x = &a->facts[i / 2][i % 2], *y = &b->facts[i / 2][i % 2];
        size_t k = 0, l = 0;
        while (k < x->n && l < y->n) {
            esmtp_finding_set_t found[2] = {{{0}}, {{0}}};
            esmtp_fact_t p = next_whole(x, &k, &found[0]), q = next_whole(y, &l, &found[1]);
            check_same_fact(&p, &q);
            check_same_findings(&p, found[0], found[1]);
        }
        CHECK(k == x->n && l == y->n);
    }
}

static void run(world_t *w, const fuzz_script_t *script, size_t step, bool strict)
{
    world_begin(w, script->options, strict);
    for (size_t i = 0; i < script->n; i++)
        feed_segment(w, &script->segments[i], (uint32_t)i + 1, step);
    check_facts(w, (uint32_t)script->n);
}

/* Whether something in the script is about segments and not about octets. */
static bool about_segments(const fuzz_script_t *script)
{
    bool found = script->options & (NO_COMPARISON | SPEAKER);
    for (size_t i = 0; i < script->n; i++)
        found |= script->segments[i].hole || script->segments[i].ahead;
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fuzz_script_t script;
    static world_t whole, cut;
    fuzz_read(esmtp_span(data, size), &script);
    run(&whole, &script, SIZE_MAX, BLOCKS_ALONE);
    if (!about_segments(&script)) {
        run(&cut, &script, size % 2 ? 1 : 2 + size % 11, false);
        check_same(&whole, &cut);
    }
    fuzz_release(&whole.blocks);
    return 0;
}
