/* test_session.c
 * Whole dialogues through framing and state machine: each table row is a dialogue and the facts that it must leave, one
 * short line each. Then: the same facts wherever the octets are cut, and cost that grows with the dialogue and no
 * faster.
 *
 * A line of facts: side and frame, kind, verb, code ("250-": more lines follow), length of text, ">n" the frame it is
 * linked to, "tn" its transaction, flags, "!" findings, then what hangs on it (verdict, login). After them the
 * messages: "=" whole ones, "~" those whose end did not come.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include <stdio.h>

#include "core/session/framing.h"

/* --- kit -------------------------------------------------------------------------------------- */

typedef struct {
    char who; /* C, S: that side speaks; c, s: octets of it are lost, text counts them; a: C, who has octets of S that
                 the capture lacks; T: TLS begins; t: octets of that side are TLS, text names
                 it; P: what follows is plaintext again, both sides have sent TLS; F: after the 220 came no TLS */
    const char *text; /* NULL: the dialogue ends */
} step_t;

#define STEPS_MAX 40

typedef struct {
    const char *label;
    bool unopened; /* the capture lacks the beginning */
    bool whole;    /* it matters which commands come in one segment */
    step_t steps[STEPS_MAX];
    const char *want;
} dialogue_t;

typedef struct {
    esmtp_allocator_t allocator;
    esmtp_session_ops_t ops;
    uint32_t mails;
    GPtrArray *blocks;
    unsigned calls; /* of the allocator, for what may be given back */
    unsigned lent;  /* and was not */
    esmtp_facts_t facts[2];
    esmtp_fact_t **order; /* all facts as they were made */
    size_t n_order, room;
    const esmtp_message_t *open; /* has octets and no end yet */
    GString *open_text, *texts;
    GPtrArray *collected; /* GString of each message */
    GByteArray *rest[2];  /* beginning of a line */
    uint32_t seq[2];
    uint32_t frame;
    bool tls;
    bool records[2]; /* the side has sent TLS */
    esmtp_session_t *s;
} kit_t;

static void *kit_alloc(void *ctx, size_t n)
{
    kit_t *kit = (kit_t *)ctx;
    void *block = g_malloc0(n);
    g_ptr_array_add(kit->blocks, block);
    kit->calls++;
    kit->lent++;
    return block;
}

static void *kit_keep(void *ctx, size_t n)
{
    kit_t *kit = (kit_t *)ctx;
    void *block = kit_alloc(kit, n);
    kit->calls--;
    kit->lent--;
    return block;
}

static void kit_release(void *ctx, void *p)
{
    kit_t *kit = (kit_t *)ctx;
    assert_true(g_ptr_array_remove_fast(kit->blocks, p)); /* frees it: nothing may look at it any longer */
    assert_true(kit->lent-- > 0);
}

static esmtp_fact_t *kit_fact(void *ctx, esmtp_side_t side)
{
    kit_t *kit = (kit_t *)ctx;
    assert_true(side == ESMTP_SIDE_A || side == ESMTP_SIDE_B);
    if (kit->n_order == kit->room) {
        kit->room = kit->room ? kit->room * 2 : 64;
        kit->order = g_renew(esmtp_fact_t *, kit->order, kit->room);
    }
    esmtp_fact_t *fact = esmtp_facts_add(&kit->facts[side], &kit->allocator);
    return kit->order[kit->n_order++] = fact;
}

/* Shows the octets of the open message: "=" its end came, "~" it did not. */
static void close_text(kit_t *kit, char mark)
{
    char *shown = g_strescape(kit->open_text->str, NULL);
    g_string_append_printf(kit->texts, "%c %s\n", mark, shown);
    g_free(shown);
    g_string_truncate(kit->open_text, 0);
    kit->open = NULL;
}

static void kit_text(void *ctx, esmtp_message_t *message, const uint8_t *p, size_t n)
{
    kit_t *kit = (kit_t *)ctx;
    assert_true(n > 0);
    if (kit->open && kit->open != message)
        close_text(kit, '~');
    if (kit->open != message && message->user) /* it goes on after all */
        g_string_assign(kit->open_text, ((GString *)message->user)->str);
    kit->open = message;
    if (!message->user) {
        message->user = g_string_new(NULL);
        g_ptr_array_add(kit->collected, message->user);
    }
    g_string_append_len((GString *)message->user, (const char *)p, (gssize)n);
    g_string_append_len(kit->open_text, (const char *)p, (gssize)n);
}

static void kit_end(void *ctx, esmtp_message_t *message)
{
    kit_t *kit = (kit_t *)ctx;
    if (kit->open && kit->open != message)
        close_text(kit, '~');
    assert_int_equal(message->octets, kit->open_text->len);
    close_text(kit, '=');
}

static esmtp_mark_t kit_mark(void *ctx)
{
    kit_t *kit = (kit_t *)ctx;
    return (esmtp_mark_t){{kit->facts[0].n, kit->facts[1].n}, (uint32_t)kit->texts->len};
}

static void kit_withdraw(void *ctx, const esmtp_mark_t *mark)
{
    kit_t *kit = (kit_t *)ctx;
    for (int side = 0; side < 2; side++) {
        for (size_t i = mark->facts[side]; i < kit->facts[side].n; i++) {
            esmtp_fact_t *gone = esmtp_facts_at(&kit->facts[side], i);
            size_t k = kit->n_order;
            while (kit->order[--k] != gone)
                ;
            memmove(&kit->order[k], &kit->order[k + 1], (--kit->n_order - k) * sizeof *kit->order);
        }
        kit->facts[side].n = (uint32_t)mark->facts[side];
    }
    g_string_truncate(kit->texts, mark->messages);
}

static void kit_cut(void *ctx, esmtp_message_t *message, uint64_t octets)
{
    kit_t *kit = (kit_t *)ctx;
    GString *all = (GString *)message->user;
    if (message->end_frame)
        return; /* was ended since: what it was given then goes with kit->texts */
    if (all)
        g_string_truncate(all, MIN(octets, all->len));
    if (kit->open == message || !kit->open) {
        g_string_truncate(kit->open_text, 0);
        kit->open = octets && all ? message : NULL;
        if (kit->open)
            g_string_append_len(kit->open_text, all->str, (gssize)all->len);
    }
}

static void kit_init(kit_t *kit, bool opened)
{
    memset(kit, 0, sizeof *kit);
    kit->blocks = g_ptr_array_new_with_free_func(g_free);
    kit->allocator = (esmtp_allocator_t){kit_alloc, kit, kit_release, kit_keep};
    kit->open_text = g_string_new(NULL);
    kit->texts = g_string_new(NULL);
    kit->collected = g_ptr_array_new();
    for (int side = 0; side < 2; side++) {
        kit->rest[side] = g_byte_array_new();
    }
    kit->ops = (esmtp_session_ops_t){.allocator = &kit->allocator,
                                     .mails = &kit->mails,
                                     .fact = kit_fact,
                                     .text = kit_text,
                                     .end = kit_end,
                                     .mark = kit_mark,
                                     .withdraw = kit_withdraw,
                                     .cut = kit_cut};
    kit->s = esmtp_session_new(&kit->ops, kit);
    esmtp_session_set_server(kit->s, ESMTP_SIDE_B, true);
    if (opened)
        esmtp_session_opened(kit->s, 0);
}

static void kit_free(kit_t *kit)
{
    for (int side = 0; side < 2; side++)
        g_byte_array_free(kit->rest[side], TRUE);
    g_string_free(kit->open_text, TRUE);
    g_string_free(kit->texts, TRUE);
    for (guint i = 0; i < kit->collected->len; i++)
        g_string_free((GString *)kit->collected->pdata[i], TRUE);
    g_ptr_array_free(kit->collected, TRUE);
    g_free(kit->order);
    g_ptr_array_free(kit->blocks, TRUE);
}

/* Feeds octets of one side, after what an earlier feed has left. */
static void kit_feed(kit_t *kit, esmtp_side_t side, esmtp_span_t in, bool ahead, bool last)
{
    GByteArray *rest = kit->rest[side];
    size_t scanned = rest->len;
    g_byte_array_append(rest, in.p, (guint)in.len);
    if (!rest->len)
        return;
    esmtp_stamp_t at = {.frame = kit->frame,
                        .seq = kit->seq[side],
                        .time = (int64_t)kit->frame * 1000,
                        .tls = kit->tls,
                        .tls_over = kit->records[side],
                        .tls_met = kit->records[!side],
                        .peer_ahead = ahead};
    esmtp_span_t copy = check_copy(esmtp_span(rest->data, rest->len));
    size_t used = esmtp_framing_feed(kit->s, side, at, copy, scanned, last);
    check_free(copy);
    assert_true(used <= rest->len);
    if (last)
        assert_int_equal(used, rest->len);
    kit->seq[side] += (uint32_t)used;
    if (used)
        g_byte_array_remove_range(rest, 0, (guint)used);
}

static void kit_gap(kit_t *kit, esmtp_side_t side, const char *text)
{
    uint32_t missing = (uint32_t)g_ascii_strtoull(text, NULL, 10);
    kit_feed(kit, side, esmtp_span(NULL, 0), false, true);
    esmtp_stamp_t at = {
        .frame = kit->frame, .seq = kit->seq[side], .time = (int64_t)kit->frame * 1000, .tls = kit->tls};
    esmtp_session_gap(kit->s, &at, side, missing);
    kit->seq[side] += missing;
}

/* Feeds a step in pieces: up to the cut and what is after it, or of one octet each. */
static void kit_speak(kit_t *kit, const step_t *step, size_t cut, bool octets)
{
    esmtp_side_t side = step->who == 'S' ? ESMTP_SIDE_B : ESMTP_SIDE_A;
    esmtp_span_t in = esmtp_span_str(step->text);
    bool ahead = step->who == 'a';
    if (octets) {
        for (size_t i = 0; i < in.len; i++)
            kit_feed(kit, side, esmtp_span(in.p + i, 1), ahead, false);
        return;
    }
    if (cut)
        kit_feed(kit, side, esmtp_span_to(in, cut), ahead, false);
    kit_feed(kit, side, esmtp_span_from(in, cut), ahead, false);
}

static void kit_step(kit_t *kit, const step_t *step, size_t cut, bool octets)
{
    kit->frame++;
    switch (step->who) {
    case 'c': kit_gap(kit, ESMTP_SIDE_A, step->text); break;
    case 's': kit_gap(kit, ESMTP_SIDE_B, step->text); break;
    case 'T':
        esmtp_session_tls_begin(kit->s);
        kit->tls = true;
        break;
    case 't': kit->records[step->text[0] == 'S' ? ESMTP_SIDE_B : ESMTP_SIDE_A] = true; break;
    case 'P':
        kit->records[0] = kit->records[1] = true;
        kit->tls = false;
        break;
    case 'F': esmtp_session_tls_failed(kit->s); break;
    default: kit_speak(kit, step, cut, octets); break;
    }
}

/* --- facts as text ---------------------------------------------------------------------------- */

typedef struct {
    uint64_t bit;
    const char *name;
} name_t;

/* Those that say something which the rest of the line does not. */
static const name_t flag_names[] = {
    {ESMTP_FF_GREETING, "greeting"},
    {ESMTP_FF_HELLO, "hello"},
    {ESMTP_FF_TLS_NEXT, "tls-next"},
    {ESMTP_FF_LOST_PEER, "lost-peer"},
    {ESMTP_FF_UNKNOWN_CODE, "no-code"},
    {ESMTP_FF_LMTP, "lmtp"},
    {ESMTP_FF_COMPLETE, "complete"},
    {ESMTP_FF_BDAT_LAST, "bdat-last"},
    {ESMTP_FF_OFFER, "offer"},
    {ESMTP_FF_NO_REPLY, "no-reply"},
    {ESMTP_FF_UNEXPECTED_NONE, "none-due"},
    {ESMTP_FF_PIECE, "piece"},
    {ESMTP_FF_TAIL, "tail"},
    {ESMTP_FF_SECRET, "secret"},
};

/* The ids of all findings; "-" for "_", small letters. */
static const char *const finding_names[ESMTP_FINDINGS] = {
#define ROW(id, name, severity, about, cap, text, reference) [ESMTP_FINDING_##id] = #id,
#include "core/tables/finding_rows.h"
#undef ROW
};

/* They say nothing of the state. */
static bool says_nothing(int id)
{
    return id == ESMTP_FINDING_REFUSED || id == ESMTP_FINDING_DEFERRED || id == ESMTP_FINDING_MAIL_ACCEPTED ||
           id == ESMTP_FINDING_CLEAR_MECHANISM;
}

static void print_finding(GString *out, int id)
{
    g_string_append(out, " !");
    for (const char *p = finding_names[id]; *p; p++)
        g_string_append_c(out, *p == '_' ? '-' : g_ascii_tolower(*p));
}

static const char *const kinds[] = {"NONE", "command", "reply", "auth", "text", "eom", "chunk", "blob", "line", "gap"};
static const char *const outcomes[] = {"none", "accepted", "rejected", "deferred", "aborted"};
static const char *const login_outcomes[] = {"open", "succeeded", "failed", "cancelled"};

static void print_names(GString *out, const char *before, const name_t *names, size_t n, uint64_t bits)
{
    for (size_t i = 0; i < n; i++) {
        if (bits & names[i].bit)
            g_string_append_printf(out, " %s%s", before, names[i].name);
    }
}

static void print_verdict(GString *out, const esmtp_verdict_t *v)
{
    uint32_t i = 0;
    g_string_append_printf(out, " => %s", outcomes[v->outcome]);
    if (v->txn != v->own)
        g_string_append_printf(out, " of t%u", v->txn->number);
    if (v->outcome != ESMTP_OUTCOME_ACCEPTED && v->decision.code)
        g_string_append_printf(out, " by %u", v->decision.code);
    if (v->octets != UINT64_MAX)
        g_string_append_printf(out, " %" G_GUINT64_FORMAT, (guint64)v->octets);
    if (v->queue_id)
        g_string_append_printf(out, " id %s", v->queue_id);
    for (const esmtp_rcpt_t *r = v->txn->rcpts; r && i < v->n_rcpts; r = r->next, i++) {
        g_string_append_printf(out, " %s:%u", r->address, r->code);
        if (r->final_code)
            g_string_append_printf(out, "/%u", r->final_code);
    }
    if (v->txn->uncertain)
        g_string_append(out, " uncertain");
}

static void print_extra(GString *out, const esmtp_fact_t *f)
{
    if (f->flags & ESMTP_FF_VERDICT)
        print_verdict(out, (const esmtp_verdict_t *)f->extra);
    if (f->flags & ESMTP_FF_OFFER) {
        const esmtp_offer_t *offer = (const esmtp_offer_t *)f->extra;
        g_string_append_printf(out, " %u in clear, %u now", offer->clear ? offer->clear->n : 0, offer->list->n);
    }
    if (f->flags & ESMTP_FF_LOGIN) {
        const esmtp_login_t *l = (const esmtp_login_t *)f->extra;
        g_string_append_printf(out, " login%u %s %s", l->number, l->mechanism, login_outcomes[l->outcome]);
        if (f->kind != ESMTP_FACT_REPLY)
            g_string_append_printf(out, " message %u", f->index);
        else if (l->user)
            g_string_append_printf(out, " user %s", l->user);
    }
}

static esmtp_finding_set_t findings_of(const esmtp_fact_t *f)
{
    esmtp_finding_set_t set = {{0}};
    for (const esmtp_finding_t *finding = f->findings; finding; finding = finding->next)
        esmtp_findings_put(&set, finding->id);
    return set;
}

static void print_findings(GString *out, const esmtp_finding_set_t *found)
{
    for (int id = 1; id < ESMTP_FINDINGS; id++) {
        if (esmtp_findings_have(found, (esmtp_finding_id_t)id) && !says_nothing(id))
            print_finding(out, id);
    }
}

/* One fact, of which no others are part. */
static void print_one(GString *out, const esmtp_fact_t *f, const esmtp_finding_set_t *found)
{
    const esmtp_verb_row_t *row = esmtp_verb_by_number(f->verb);
    bool last = f->flags & ESMTP_FF_LAST;
    g_string_append_printf(out, "%c%u %s", f->flags & ESMTP_FF_FROM_SERVER ? 'S' : 'C', f->frame, kinds[f->kind]);
    if (row)
        g_string_append_printf(out, " %s", row->verb);
    if (f->code && f->kind != ESMTP_FACT_AUTH)
        g_string_append_printf(out, " %u%s", f->code, f->kind == ESMTP_FACT_REPLY && !last ? "-" : "");
    if (f->kind == ESMTP_FACT_EOM)
        g_string_append_printf(out, " %u", f->len ? 3 : 0);
    else if (f->kind == ESMTP_FACT_TEXT || f->kind == ESMTP_FACT_CHUNK || f->kind == ESMTP_FACT_BLOB)
        g_string_append_printf(out, " %u", f->len);
    if (f->kind == ESMTP_FACT_GAP)
        g_string_append_printf(out, " %u", f->missing);
    if (f->link)
        g_string_append_printf(out, " >%u", f->link);
    if (esmtp_fact_txn(f))
        g_string_append_printf(out, " t%u", esmtp_fact_txn(f)->number);
    if (last && f->kind == ESMTP_FACT_CHUNK)
        g_string_append(out, " last");
    print_names(out, "", flag_names, G_N_ELEMENTS(flag_names), f->flags);
    print_findings(out, found);
    print_extra(out, f);
    g_string_append_c(out, '\n');
}

/* Text and chunks that lie side by side become one, and an end mark takes back the octets of it that came in pieces. */
static void print_fact(GString *out, const kit_t *kit, size_t *i)
{
    esmtp_fact_t f = *kit->order[*i];
    esmtp_finding_set_t found = findings_of(&f);
    bool text = f.kind == ESMTP_FACT_TEXT;
    while ((text || f.kind == ESMTP_FACT_CHUNK || f.kind == ESMTP_FACT_BLOB) && *i + 1 < kit->n_order) {
        const esmtp_fact_t *next = kit->order[*i + 1];
        bool end = text && next->kind == ESMTP_FACT_EOM && next->len > 0 && next->frame == f.frame;
        if ((next->kind != f.kind && !end) || next->frame != f.frame || next->seq != f.seq + f.len)
            break;
        if (end && next->len == 3)
            break;
        uint32_t len = f.len, flags = f.flags;
        esmtp_finding_set_t more = findings_of(next);
        if (end && len + next->len > 3) {
            /* two lines: the text without the part of the mark, then the mark */
            f.len = len + next->len - 3;
            break;
        }
        f = *next;
        f.len += len;
        f.seq -= len;
        if (f.kind == ESMTP_FACT_EOM && f.eol == 1)
            esmtp_findings_take(&found, ESMTP_FINDING_FAKE_END); /* a piece of the end itself */
        esmtp_findings_join(&found, &more);
        f.flags |= flags & ~(uint32_t)(end ? ESMTP_FF_LOST_PEER : 0);
        ++*i;
        text = f.kind == ESMTP_FACT_TEXT;
    }
    print_one(out, &f, &found);
    ++*i;
}

static char *print_facts(kit_t *kit)
{
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < kit->n_order;)
        print_fact(out, kit, &i);
    if (kit->open)
        close_text(kit, '~');
    g_string_append(out, kit->texts->str);
    return g_string_free(out, FALSE);
}

/* Facts of a side lie one after the other, as facts.h says. */
static void check_order(const char *label, const kit_t *kit)
{
    for (int side = 0; side < 2; side++) {
        const esmtp_facts_t *facts = &kit->facts[side];
        for (size_t i = 1; i < facts->n; i++) {
            const esmtp_fact_t *a = esmtp_facts_at(facts, i - 1), *b = esmtp_facts_at(facts, i);
            bool server_eom = b->kind == ESMTP_FACT_EOM && b->len == 0;
            if (a->frame > b->frame || (!server_eom && a->seq + a->len > b->seq))
                fail_msg("%s: fact %u of side %d begins inside the one before", label, (unsigned)i, side);
        }
    }
}

static char *play(const dialogue_t *d, int cut_step, size_t cut, bool octets)
{
    kit_t kit;
    kit_init(&kit, !d->unopened);
    for (int i = 0; i < STEPS_MAX && d->steps[i].text; i++)
        kit_step(&kit, &d->steps[i], i == cut_step ? cut : 0, octets);
    kit.frame++;
    for (int side = 0; side < 2; side++)
        kit_feed(&kit, side == 0 ? ESMTP_SIDE_A : ESMTP_SIDE_B, esmtp_span(NULL, 0), false, true);
    check_order(d->label, &kit);
    char *got = print_facts(&kit);
    kit_free(&kit);
    return got;
}

/* --- dialogues -------------------------------------------------------------------------------- */

#define HELLO                                               \
    {'S', "220 mx\r\n"}, {'C', "EHLO c\r\n"},               \
    {                                                       \
        'S', "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n" \
    }
#define MAIL_RCPT                                                                  \
    {'C', "MAIL FROM:<a@x>\r\n"}, {'S', "250 ok\r\n"}, {'C', "RCPT TO:<b@y>\r\n"}, \
    {                                                                              \
        'S', "250 ok\r\n"                                                          \
    }
#define HELLO_FACTS              \
    "S1 reply 220 greeting\n"    \
    "C2 command EHLO 250 >3\n"   \
    "S3 reply EHLO 250- hello\n" \
    "S3 reply EHLO 250- hello\n" \
    "S3 reply EHLO 250 >2 hello\n"
#define MAIL_RCPT_FACTS           \
    "C4 command MAIL 250 >5 t1\n" \
    "S5 reply MAIL 250 >4 t1\n"   \
    "C6 command RCPT 250 >7 t1\n" \
    "S7 reply RCPT 250 >6 t1\n"

static const dialogue_t dialogues[] = {
    {.label = "greeting 220",
     .steps = {{'S', "220-mx\r\n220 ready\r\n"}, {'C', "QUIT\r\n"}, {'S', "221 bye\r\n"}},
     .want = "S1 reply 220- greeting\n"
             "S1 reply 220 greeting\n"
             "C2 command QUIT 221 >3\n"
             "S3 reply QUIT 221 >2\n"},
    {.label = "greeting 554",
     .steps = {{'S', "554 no\r\n"}, {'C', "QUIT\r\n"}, {'S', "221 bye\r\n"}},
     .want = "S1 reply 554 greeting\n"
             "C2 command QUIT 221 >3\n"
             "S3 reply QUIT 221 >2\n"},
    {.label = "greeting 421", .steps = {{'S', "421 busy\r\n"}}, .want = "S1 reply 421 greeting\n"},
    {.label = "greeting that is no greeting",
     .steps = {{'S', "250 what\r\n"}, {'C', "NOOP\r\n"}, {'S', "250 ok\r\n"}},
     .want = "S1 reply 250 lost-peer\n"
             "C2 command NOOP 250 >3\n"
             "S3 reply NOOP 250 >2\n"},
    {.label = "client speaks first",
     .steps = {{'C', "EHLO c\r\n"}, {'S', "220 mx\r\n"}, {'S', "250 mx\r\n"}},
     .want = "C1 command EHLO 250 >3 !client-first\n"
             "S2 reply 220 greeting\n"
             "S3 reply EHLO 250 >1 hello\n"},
    {.label = "half greeting",
     .steps = {{'S', "220-wait\r\n"}, {'C', "EHLO c\r\n"}, {'S', "550 too early\r\n"}},
     .want = "S1 reply 220- greeting\n"
             "C2 command EHLO 550 >3\n"
             "S3 reply EHLO 550 >2\n"},
    {.label = "half greeting that goes on",
     .steps = {{'S', "220-wait\r\n"}, {'C', "EHLO c\r\n"}, {'S', "220 mx\r\n"}, {'S', "250 mx\r\n"}},
     .want = "S1 reply 220- greeting\n"
             "C2 command EHLO 250 >4\n"
             "S3 reply 220 greeting\n"
             "S4 reply EHLO 250 >2 hello\n"},
    {.label = "HELO",
     .steps = {{'S', "220 mx\r\n"}, {'C', "HELO c\r\n"}, {'S', "250 mx\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command HELO 250 >3\n"
             "S3 reply HELO 250 >2\n"},
    {.label = "EHLO refused, HELO",
     .steps = {{'S', "220 mx\r\n"}, {'C', "EHLO c\r\n"}, {'S', "502 no\r\n"}, {'C', "HELO c\r\n"}, {'S', "250 mx\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 502 >3\n"
             "S3 reply EHLO 502 >2 !ehlo-refused\n"
             "C4 command HELO 250 >5\n"
             "S5 reply HELO 250 >4\n"},
    {.label = "EHLO with a keyword twice",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-SIZE 10\r\n250-AUTH PLAIN\r\n250-AUTH=LOGIN\r\n250 SIZE 20\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello !duplicate-keyword\n"},
    {.label = "whole mail",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "Subject: s\r\n\r\n..x\r\n.\r\n"},
               {'S', "250 2.0.0 Ok: queued as ABC123\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >9 t1\n"
                                         "S9 reply DATA 354 >8 t1\n"
                                         "C10 text DATA 19 t1\n"
                                         "C10 eom . 250 3 >11 t1 complete\n"
                                         "S11 reply . 250 >8 t1 => accepted 18 id ABC123 b@y:250\n"
                                         "C12 command QUIT 221 >13\n"
                                         "S13 reply QUIT 221 >12\n"
                                         "= Subject: s\\r\\n\\r\\n.x\\r\\n\n"},
    {.label = "empty message",
     .steps = {HELLO, MAIL_RCPT, {'C', "DATA\r\n"}, {'S', "354 go\r\n"}, {'C', ".\r\n"}, {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >9 t1\n"
                                         "S9 reply DATA 354 >8 t1\n"
                                         "C10 eom . 250 3 >11 t1 complete\n"
                                         "S11 reply . 250 >8 t1 => accepted 0 b@y:250\n"
                                         "= \n"},
    {.label = "end mark by itself, message refused",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n"},
               {'C', ".\r\n"},
               {'S', "550 spam\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >9 t1\n"
                                         "S9 reply DATA 354 >8 t1\n"
                                         "C10 text DATA 3 t1\n"
                                         "C11 eom . 550 3 >12 t1 complete\n"
                                         "S12 reply . 550 >8 t1 => rejected by 550 3 b@y:250\n"
                                         "= x\\r\\n\n"},
    {.label = "MAIL refused",
     .steps = {HELLO, {'C', "MAIL FROM:<a@x>\r\n"}, {'S', "550 no\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 550 >5 t1\n"
                         "S5 reply MAIL 550 >4 t1 => rejected by 550\n"},
    {.label = "RCPT refused, DATA refused",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "550 no\r\n"},
               {'C', "DATA\r\n"},
               {'S', "503 no\r\n"},
               {'C', "RSET\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 550 >7 t1\n"
                         "S7 reply RCPT 550 >6 t1\n"
                         "C8 command DATA 503 >9 t1 !out-of-order\n"
                         "S9 reply DATA 503 >8 t1\n"
                         "C10 command RSET 250 >11 t1\n"
                         "S11 reply RSET 250 >10 t1 => rejected by 550 b@y:550\n"},
    {.label = "one of two recipients",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\n"},
               {'S', "250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "C4 command RCPT 250 >5 t1\n"
                         "C4 command RCPT 550 >5 t1\n"
                         "C4 command DATA 354 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "S5 reply RCPT 250 >4 t1\n"
                         "S5 reply RCPT 550 >4 t1\n"
                         "S5 reply DATA 354 >4 t1\n"
                         "C6 text DATA 3 t1\n"
                         "C6 eom . 250 3 >7 t1 complete\n"
                         "S7 reply . 250 >4 t1 => accepted 3 b@y:250 c@y:550\n"
                         "= x\\r\\n\n"},
    {.label = "all refused, pipelined DATA gets 354",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n"},
               {'S', "250 ok\r\n550 no\r\n354 go\r\n"},
               {'C', ".\r\n"},
               {'S', "554 no valid recipients\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "C4 command RCPT 550 >5 t1\n"
                         "C4 command DATA 354 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "S5 reply RCPT 550 >4 t1\n"
                         "S5 reply DATA 354 >4 t1\n"
                         "C6 eom . 554 3 >7 t1 complete\n"
                         "S7 reply . 554 >4 t1 => rejected by 550 0 b@y:550\n"
                         "= \n"},
    {.label = "nested MAIL is 503",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "MAIL FROM:<z@x>\r\n"},
               {'S', "503 nested\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command MAIL 503 >9 t2 !out-of-order\n"
                                         "S9 reply MAIL 503 >8 t2 => rejected by 503\n"
                                         "C10 command DATA 354 >11 t1\n"
                                         "S11 reply DATA 354 >10 t1\n"
                                         "C12 text DATA 3 t1\n"
                                         "C12 eom . 250 3 >13 t1 complete\n"
                                         "S13 reply . 250 >10 t1 => accepted 3 b@y:250\n"
                                         "= x\\r\\n\n"},
    {.label = "nested MAIL pipelined with a recipient",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "MAIL FROM:<z@x>\r\nRCPT TO:<d@y>\r\n"},
               {'S', "503 nested\r\n250 ok\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command MAIL 503 >9 t2 !out-of-order\n"
                                         "C8 command RCPT 250 >9 t1\n"
                                         "S9 reply MAIL 503 >8 t2 => rejected by 503\n"
                                         "S9 reply RCPT 250 >8 t1\n"
                                         "C10 command DATA 354 >11 t1\n"
                                         "S11 reply DATA 354 >10 t1\n"
                                         "C12 text DATA 3 t1\n"
                                         "C12 eom . 250 3 >13 t1 complete\n"
                                         "S13 reply . 250 >10 t1 => accepted 3 b@y:250 d@y:250\n"
                                         "= x\\r\\n\n"},
    {.label = "nested MAIL taken",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "MAIL FROM:<z@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<d@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command MAIL 250 >9 t2 !out-of-order\n"
                                         "S9 reply MAIL 250 >8 t2 => aborted of t1 b@y:250\n"
                                         "C10 command RCPT 250 >11 t2\n"
                                         "S11 reply RCPT 250 >10 t2\n"
                                         "C12 command DATA 354 >13 t2\n"
                                         "S13 reply DATA 354 >12 t2\n"
                                         "C14 text DATA 3 t2\n"
                                         "C14 eom . 250 3 >15 t2 complete\n"
                                         "S15 reply . 250 >12 t2 => accepted 3 d@y:250\n"
                                         "= x\\r\\n\n"},
    {.label = "text before the 354",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'C', "Subject: x\r\n\r\nhello\r\n.\r\n"},
               {'S', "354 go\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >10 t1\n"
                                         "C9 text DATA 21 t1 !early-text\n"
                                         "C9 eom . 250 3 >11 t1 complete\n"
                                         "S10 reply DATA 354 >8 t1\n"
                                         "S11 reply . 250 >8 t1 => accepted 21 b@y:250\n"
                                         "= Subject: x\\r\\n\\r\\nhello\\r\\n\n"},
    {.label = "text although DATA is refused",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'C', "Subject: x\r\n\r\nhello\r\n"},
               {'S', "550 no\r\n"},
               {'C', "more\r\n.\r\n"},
               {'S', "500 what\r\n500 what\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 550 >10 t1\n"
                                         "C9 command 500 >12 !not-command !unsynchronized\n"
                                         "C9 command 500 >12\n"
                                         "C9 command\n"
                                         "S10 reply DATA 550 >8 t1 !read-anew\n"
                                         "C11 command\n"
                                         "C11 command\n"
                                         "S12 reply 500 >9\n"
                                         "S12 reply 500 >9\n"},
    {.label = "421 before DATA is answered: nobody asked for text",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nSubject: x\r\n\r\nRSET\r\n.\r\n"},
               {'S', "250 ok\r\n421 too many\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "C4 command RCPT 421 >5 t1\n"
                         "C4 command DATA t1\n"
                         "C4 command !not-command !unsynchronized\n"
                         "C4 command\n"
                         "C4 command RSET t1\n"
                         "C4 command\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "S5 reply RCPT 421 >4 t1 !read-anew\n"},
    {.label = "DATA after 421: nobody asked for text",
     .steps = {HELLO, {'C', "MAIL FROM:<a@x>\r\n"}, {'S', "421 bye\r\n"}, {'C', "DATA\r\nhello\r\n.\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 421 >5 t1\n"
                         "S5 reply MAIL 421 >4 t1 => deferred by 421\n"
                         "C6 command DATA !out-of-order\n"
                         "C6 command !unsynchronized\n"
                         "C6 command !not-command\n"},
    {.label = "a server that goes on after 421 and asks for text that was sent",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\nhello\r\n.\r\n"},
               {'S', "250 ok\r\n421 busy\r\n250 ok\r\n354 go\r\n250 queued\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "C4 command RCPT 421 >5 t1\n"
                         "C4 command RCPT 250 >5 t1\n"
                         "C4 command DATA 354 >5 t1\n"
                         "C4 text DATA 7 t1 !early-text\n"
                         "C4 eom . 250 3 >5 t1 complete\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "S5 reply RCPT 421 >4 t1\n"
                         "S5 reply RCPT 250 >4 t1\n"
                         "S5 reply DATA 354 >4 t1 !read-anew\n"
                         "S5 reply . 250 >4 t1 => accepted 7 b@y:421 c@y:250\n"
                         "= hello\\r\\n\n"},
    {.label = "command after DATA",
     .steps = {HELLO, MAIL_RCPT, {'C', "DATA\r\nQUIT\r\n"}, {'S', "550 no\r\n221 bye\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 550 >9 t1\n"
                                         "C8 command QUIT 221 >9 t1 !unsynchronized\n"
                                         "S9 reply DATA 550 >8 t1\n"
                                         "S9 reply QUIT 221 >8 t1 => rejected by 550 b@y:250\n"},
    {.label = "reply in the middle of the text",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "Subject: x\r\n"},
               {'S', "552 too much\r\n"},
               {'C', "y\r\n.\r\n"},
               {'S', "552 too much\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >9 t1\n"
                                         "S9 reply DATA 354 >8 t1\n"
                                         "C10 text DATA 12 t1\n"
                                         "S11 reply DATA 552 >8 t1 !early-reply\n"
                                         "C12 text DATA 3 t1\n"
                                         "C12 eom . 552 3 >13 t1 complete\n"
                                         "S13 reply . 552 >8 t1 => rejected by 552 15 b@y:250\n"
                                         "= Subject: x\\r\\ny\\r\\n\n"},
    {.label = "421 in the middle of the text",
     .steps =
         {HELLO, MAIL_RCPT, {'C', "DATA\r\n"}, {'S', "354 go\r\n"}, {'C', "Subject: x\r\n"}, {'S', "421 timeout\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >9 t1\n"
                                         "S9 reply DATA 354 >8 t1\n"
                                         "C10 text DATA 12 t1\n"
                                         "S11 reply DATA 421 >8 t1 !early-reply\n"
                                         "~ Subject: x\\r\\n\n"},
    {.label = "fake end",
     .steps =
         {HELLO, MAIL_RCPT, {'C', "DATA\r\n"}, {'S', "354 go\r\n"}, {'C', "x\n.\ny\r\n.\r\n"}, {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >9 t1\n"
                                         "S9 reply DATA 354 >8 t1\n"
                                         "C10 text DATA 7 t1 !fake-end\n"
                                         "C10 eom . 250 3 >11 t1 complete !body-octets\n"
                                         "S11 reply . 250 >8 t1 => accepted 7 b@y:250\n"
                                         "= x\\n.\\ny\\r\\n\n"},
    {.label = "fake end taken by the server",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\n"},
               {'S', "250 ok queued as 1\r\n"},
               {'C', "MAIL FROM:<e@v>\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >9 t1\n"
                                         "S9 reply DATA 354 >8 t1\n"
                                         "C10 text DATA 2 t1\n"
                                         "C10 eom . 250 3 >11 t1 complete !body-octets\n"
                                         "S11 reply . 250 >8 t1 !fake-end-taken => accepted 3 id 1 b@y:250\n"
                                         "C12 command MAIL 250 >13 t2\n"
                                         "S13 reply MAIL 250 >12 t2\n"
                                         "= x\\r\\n\n"},
    {.label = "chunks",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 5\r\nabcde"},
               {'S', "250 ok\r\n"},
               {'C', "BDAT 4 LAST\r\nfghi"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 250 >9 t1\n"
                                         "C8 chunk BDAT 5 >9 t1\n"
                                         "S9 reply BDAT 250 >8 t1\n"
                                         "C10 command BDAT 250 >11 t1\n"
                                         "C10 chunk BDAT 4 >11 t1 last complete\n"
                                         "S11 reply BDAT 250 >10 t1 => accepted 9 b@y:250\n"
                                         "= abcdefghi\n"},
    {.label = "chunks pipelined, octets of a line",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 6\r\nQUIT\r\nBDAT 3 LAST\r\n.\r\nNOOP\r\n"},
               {'S', "250 ok\r\n250 ok\r\n250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 250 >9 t1\n"
                                         "C8 chunk BDAT 6 >9 t1\n"
                                         "C8 command BDAT 250 >9 t1\n"
                                         "C8 chunk BDAT 3 >9 t1 last complete\n"
                                         "C8 command NOOP 250 >9\n"
                                         "S9 reply BDAT 250 >8 t1\n"
                                         "S9 reply BDAT 250 >8 t1 => accepted 9 b@y:250\n"
                                         "S9 reply NOOP 250 >8\n"
                                         "= QUIT\\r\\n.\\r\\n\n"},
    {.label = "LAST of no octets",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 5\r\nabcde"},
               {'S', "250 ok\r\n"},
               {'C', "BDAT 0 LAST\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 250 >9 t1\n"
                                         "C8 chunk BDAT 5 >9 t1\n"
                                         "S9 reply BDAT 250 >8 t1\n"
                                         "C10 command BDAT 250 >11 t1 complete bdat-last\n"
                                         "S11 reply BDAT 250 >10 t1 => accepted 5 b@y:250\n"
                                         "= abcde\n"},
    {.label = "RSET refused between chunks",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 5\r\nabcde"},
               {'S', "250 ok\r\n"},
               {'C', "RSET now\r\n"},
               {'S', "501 no\r\n"},
               {'C', "BDAT 2 LAST\r\nfg"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command BDAT 250 >9 t1\n"
                         "C8 chunk BDAT 5 >9 t1\n"
                         "S9 reply BDAT 250 >8 t1\n"
                         "C10 command RSET 501 >11 t1\n"
                         "S11 reply RSET 501 >10 t1\n"
                         "C12 command BDAT 250 >13 t1\n"
                         "C12 chunk BDAT 2 >13 t1 last complete\n"
                         "S13 reply BDAT 250 >12 t1 => accepted 7 b@y:250\n"
                         "= abcdefg\n"},
    {.label = "QUIT refused between chunks, all in one go",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 5\r\nabcdeQUIT now\r\nBDAT 2 LAST\r\nfg"},
               {'S', "250 ok\r\n501 no\r\n250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command BDAT 250 >9 t1\n"
                         "C8 chunk BDAT 5 >9 t1\n"
                         "C8 command QUIT 501 >9 t1\n"
                         "C8 command BDAT 250 >9 t1 !unsynchronized\n"
                         "C8 chunk BDAT 2 >9 t1 last complete\n"
                         "S9 reply BDAT 250 >8 t1\n"
                         "S9 reply QUIT 501 >8 t1 !read-anew\n"
                         "S9 reply BDAT 250 >8 t1 => accepted 7 b@y:250\n"
                         "= abcdefg\n"},
    {.label = "RSET between chunks, all in one go",
     .steps =
         {HELLO, MAIL_RCPT, {'C', "BDAT 5\r\nabcdeRSET\r\nBDAT 2 LAST\r\nfg"}, {'S', "250 ok\r\n250 ok\r\n503 no\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command BDAT 250 >9 t1\n"
                         "C8 chunk BDAT 5 >9 t1\n"
                         "C8 command RSET 250 >9 t1\n"
                         "C8 command BDAT 503 >9\n"
                         "C8 chunk BDAT 2 >9 last\n"
                         "S9 reply BDAT 250 >8 t1\n"
                         "S9 reply RSET 250 >8 t1 => aborted b@y:250\n"
                         "S9 reply BDAT 503 >8\n"
                         "~ abcde\n"
                         "= fg\n"},
    {.label = "a hello's reply is known by its form after a hole",
     .steps = {{'S', "220 mx\r\n"},
               {'c', "xxxxxx"},
               {'C', "EHLO a\r\n"},
               {'C', "EHLO a\r\n"},
               {'S', "250-mx\r\n250 SIZE 5\r\n"},
               {'C', "NOOP\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 gap 0 !gap\n"
             "C3 command EHLO no-reply\n"
             "C4 command EHLO 250 >5 !unsynchronized\n"
             "S5 reply EHLO 250- hello\n"
             "S5 reply EHLO 250 >4 hello\n"
             "C6 command NOOP 250 >7\n"
             "S7 reply NOOP 250 >6\n"},
    {.label = "chunk refused",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 5\r\nabcdeBDAT 2 LAST\r\nxy"},
               {'S', "452 full\r\n503 no\r\n"},
               {'C', "RSET\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 452 >9 t1\n"
                                         "C8 chunk BDAT 5 >9 t1\n"
                                         "C8 command BDAT 503 >9 t1\n"
                                         "C8 chunk BDAT 2 >9 t1 last complete\n"
                                         "S9 reply BDAT 452 >8 t1\n"
                                         "S9 reply BDAT 503 >8 t1 => deferred by 452 7 b@y:250\n"
                                         "C10 command RSET 250 >11\n"
                                         "S11 reply RSET 250 >10\n"
                                         "= abcdexy\n"},
    {.label = "chunk refused while it comes",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 10\r\nabcde"},
               {'S', "552 full\r\n"},
               {'C', "fghij"},
               {'C', "RSET\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 552 >9 t1\n"
                                         "C8 chunk BDAT 5 t1\n"
                                         "S9 reply BDAT 552 >8 t1\n"
                                         "C10 chunk BDAT 5 t1\n"
                                         "C11 command RSET 250 >12 t1\n"
                                         "S12 reply RSET 250 >11 t1 => rejected by 552 b@y:250\n"
                                         "~ abcdefghij\n"},
    {.label = "421 in the middle of a chunk",
     .steps = {HELLO, MAIL_RCPT, {'C', "BDAT 10\r\nabcde"}, {'S', "421 bye\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 421 >9 t1\n"
                                         "C8 chunk BDAT 5 t1\n"
                                         "S9 reply BDAT 421 >8 t1 => aborted b@y:250\n"
                                         "~ abcde\n"},
    {.label = "chunk without number",
     .steps = {HELLO, MAIL_RCPT, {'C', "BDAT x\r\n"}, {'S', "501 what\r\n"}, {'C', "RSET\r\n"}, {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 501 >9 t1 !bad-size\n"
                                         "S9 reply BDAT 501 >8 t1\n"
                                         "C10 command RSET 250 >11 t1\n"
                                         "S11 reply RSET 250 >10 t1 => rejected by 501 b@y:250\n"},
    {.label = "RSET between chunks",
     .steps = {HELLO, MAIL_RCPT, {'C', "BDAT 5\r\nabcde"}, {'S', "250 ok\r\n"}, {'C', "RSET\r\n"}, {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 250 >9 t1\n"
                                         "C8 chunk BDAT 5 >9 t1\n"
                                         "S9 reply BDAT 250 >8 t1\n"
                                         "C10 command RSET 250 >11 t1\n"
                                         "S11 reply RSET 250 >10 t1 => aborted b@y:250\n"
                                         "~ abcde\n"},
    {.label = "RSET",
     .steps =
         {HELLO, MAIL_RCPT, {'C', "RSET\r\n"}, {'S', "250 ok\r\n"}, {'C', "MAIL FROM:<e@x>\r\n"}, {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command RSET 250 >9 t1\n"
                                         "S9 reply RSET 250 >8 t1 => aborted b@y:250\n"
                                         "C10 command MAIL 250 >11 t2\n"
                                         "S11 reply MAIL 250 >10 t2\n"},
    {.label = "QUIT in the middle of a mail",
     .steps = {HELLO, MAIL_RCPT, {'C', "QUIT\r\n"}, {'S', "221 bye\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command QUIT 221 >9 t1\n"
                                         "S9 reply QUIT 221 >8 t1 => aborted b@y:250\n"},
    {.label = "QUIT refused in the middle of a mail: it goes on",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "QUIT now\r\n"},
               {'S', "501 no\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command QUIT 501 >9 t1\n"
                         "S9 reply QUIT 501 >8 t1\n"
                         "C10 command DATA 354 >11 t1\n"
                         "S11 reply DATA 354 >10 t1\n"
                         "C12 text DATA 3 t1\n"
                         "C12 eom . 250 3 >13 t1 complete\n"
                         "S13 reply . 250 >10 t1 => accepted 3 b@y:250\n"
                         "= x\\r\\n\n"},
    {.label = "QUIT in the middle of a mail, and the server goes first",
     .steps = {HELLO, MAIL_RCPT, {'C', "QUIT\r\n"}, {'S', "421 bye\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command QUIT 421 >9 t1\n"
                         "S9 reply QUIT 421 >8 t1 => aborted b@y:250\n"},
    {.label = "what answers AUTH comes in the middle of its refusal",
     .steps = {HELLO,
               {'C', "AUTH PLAIN\r\n"},
               {'S', "503-no\r\n"},
               {'C', "AGFsaWNlACo=\r\n"},
               {'S', "503 no\r\n"},
               {'S', "500 what\r\n"}},
     .want = HELLO_FACTS "C4 command AUTH 503 >7 !not-offered login1 PLAIN failed message 0\n"
                         "S5 reply AUTH 503- login1 PLAIN failed\n"
                         "C6 command 500 >8 secret !not-command !unsynchronized\n"
                         "S7 reply AUTH 503 >4 login1 PLAIN failed\n"
                         "S8 reply 500 >6 !read-anew\n"},
    {.label = "text comes in the middle of the refusal of DATA",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "554-no\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "554 no\r\n"},
               {'S', "500 what\r\n"},
               {'S', "500 what\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command DATA 554 >11 t1\n"
                         "S9 reply DATA 554- t1\n"
                         "C10 command 500 >12 !unsynchronized\n"
                         "C10 command 500 >13 !not-command\n"
                         "S11 reply DATA 554 >8 t1\n"
                         "S12 reply 500 >10 !read-anew\n"
                         "S13 reply 500 >10\n"},
    {.label = "text that reads as commands comes in the middle of the 354",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354-go\r\n"},
               {'C', "RSET\r\n.\r\n"},
               {'S', "354 on\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command DATA 354 >11 t1\n"
                         "S9 reply DATA 354- t1\n"
                         "C10 text DATA 6 t1 !early-text\n"
                         "C10 eom . 250 3 >12 t1 complete\n"
                         "S11 reply DATA 354 >8 t1\n"
                         "S12 reply . 250 >8 t1 !read-anew => accepted 6 b@y:250\n"
                         "= RSET\\r\\n\n"},
    {.label = "EHLO in the middle of a mail",
     .steps = {HELLO, MAIL_RCPT, {'C', "EHLO c\r\n"}, {'S', "250 mx\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command EHLO 250 >9 t1\n"
                                         "S9 reply EHLO 250 >8 t1 hello => aborted b@y:250\n"},
    {.label = "421 to a command",
     .steps = {HELLO, MAIL_RCPT, {'C', "DATA\r\n"}, {'S', "421 closing\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 421 >9 t1\n"
                                         "S9 reply DATA 421 >8 t1\n"},
    {.label = "421 by itself", .steps = {HELLO, {'S', "421 idle\r\n"}}, .want = HELLO_FACTS "S4 reply 421\n"},
    {.label = "STARTTLS",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250 STARTTLS\r\n"},
               {'C', "STARTTLS\r\n"},
               {'S', "220 go\r\n"},
               {'T', ""},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-SIZE\r\n250 AUTH PLAIN\r\n"},
               {'C', "STARTTLS\r\n"},
               {'S', "503 twice\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command STARTTLS 220 >5\n"
             "S5 reply STARTTLS 220 >4 tls-next\n"
             "C7 command EHLO 250 >8\n"
             "S8 reply EHLO 250- hello\n"
             "S8 reply EHLO 250- hello\n"
             "S8 reply EHLO 250 >7 hello offer 1 in clear, 2 now\n"
             "C9 command STARTTLS 503 >10 !tls-twice\n"
             "S10 reply STARTTLS 503 >9\n"},
    {.label = "STARTTLS, after a hello whose reply has no end in the capture",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-SIZE\r\n"},
               {'T', ""},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250 SIZE\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "C5 command EHLO 250 >6\n"
             "S6 reply EHLO 250- hello\n"
             "S6 reply EHLO 250 >5 hello\n"},
    {.label = "goodbye inside TLS: lists that were compared stay",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250 STARTTLS\r\n"},
               {'C', "STARTTLS\r\n"},
               {'S', "220 go\r\n"},
               {'T', ""},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-SIZE\r\n250 AUTH PLAIN\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command STARTTLS 220 >5\n"
             "S5 reply STARTTLS 220 >4 tls-next\n"
             "C7 command EHLO 250 >8\n"
             "S8 reply EHLO 250- hello\n"
             "S8 reply EHLO 250- hello\n"
             "S8 reply EHLO 250 >7 hello offer 1 in clear, 2 now\n"
             "C9 command QUIT 221 >10\n"
             "S10 reply QUIT 221 >9\n"},
    {.label = "goodbye, and the session goes on all the same",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S',
                "250-mx\r\n250-A\r\n250-B\r\n250-C\r\n250-D\r\n250-E\r\n250-F\r\n250-G\r\n250-H\r\n250-I\r\n250-J\r\n"
                "250 AUTH LOGIN\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"},
               {'C', "AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n"},
               {'S', "535 no\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-PIPELINING\r\n250 AUTH LOGIN\r\n"},
               {'C', "QUIT\r\nNOOP\r\n"},
               {'S', "221 bye\r\n250 ok\r\n"},
               {'C', "AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n"},
               {'S', "535 no\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command QUIT 221 >5\n"
             "S5 reply QUIT 221 >4\n"
             "C6 command AUTH 535 >7 !clear-password login1 PLAIN failed message 1\n"
             "S7 reply AUTH 535 >6 login1 PLAIN failed user bob\n"
             "C8 command EHLO 250 >9\n"
             "S9 reply EHLO 250- hello\n"
             "S9 reply EHLO 250- hello\n"
             "S9 reply EHLO 250 >8 hello\n"
             "C10 command QUIT 221 >11\n"
             "C10 command NOOP 250 >11 !unsynchronized\n"
             "S11 reply QUIT 221 >10\n"
             "S11 reply NOOP 250 >10\n"
             "C12 command AUTH 535 >13 !clear-password !not-offered login2 PLAIN failed message 1\n"
             "S13 reply AUTH 535 >12 login2 PLAIN failed user bob\n"},
    {.label = "STARTTLS 454",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250 STARTTLS\r\n"},
               {'C', "STARTTLS\r\n"},
               {'S', "454 later\r\n"},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command STARTTLS 454 >5\n"
             "S5 reply STARTTLS 454 >4 !starttls-refused\n"
             "C6 command MAIL 250 >7 t1 !clear-mail\n"
             "S7 reply MAIL 250 >6 t1\n"},
    {.label = "clear after STARTTLS",
     .whole = true,
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250 STARTTLS\r\n"},
               {'C', "STARTTLS\r\nMAIL FROM:<e@v>\r\n"},
               {'S', "220 go\r\n"},
               {'T', ""},
               {'C', "NOOP\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command STARTTLS 220 >5\n"
             "C4 command MAIL t1 none-due !clear-mail !pipeline\n"
             "S5 reply STARTTLS 220 >4 tls-next !clear-after-starttls\n"
             "C7 command NOOP 250 >8\n"
             "S8 reply NOOP 250 >7\n"},
    {.label = "no TLS after the 220",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250 STARTTLS\r\n"},
               {'C', "STARTTLS\r\n"},
               {'S', "220 go\r\n"},
               {'F', ""},
               {'C', "NOOP\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command STARTTLS 220 >5\n"
             "S5 reply STARTTLS 220 >4 tls-next\n"
             "C7 command NOOP 250 >8 !clear-after-starttls !no-tls-record\n"
             "S8 reply NOOP 250 >7\n"},
    {.label = "reply in clear after the 220",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250 STARTTLS\r\n"},
               {'C', "STARTTLS\r\n"},
               {'S', "220 go\r\n250 injected\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command STARTTLS 220 >5\n"
             "S5 reply STARTTLS 220 >4 tls-next\n"
             "S5 reply 250 !no-command !clear-after-220\n"},
    {.label = "handshake refused in clear, tried again",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "STARTTLS\r\n"},
               {'S', "220 go\r\n"},
               {'t', "C"},
               {'S', "454-no\r\n454 TLS\r\n"},
               {'C', "NOOP\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "STARTTLS\r\n"},
               {'S', "220 go\r\n"},
               {'t', "S"},
               {'S', "421 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command STARTTLS 220 >3\n"
             "S3 reply STARTTLS 220 >2 tls-next\n"
             "S5 reply 454- !clear-after-tls\n"
             "S5 reply 454\n"
             "C6 command NOOP 250 >7 !clear-after-tls\n"
             "S7 reply NOOP 250 >6\n"
             "C8 command STARTTLS 220 >9\n"
             "S9 reply STARTTLS 220 >8 tls-next\n"
             "S11 reply 421\n"},
    {.label = "handshake refused in clear, twice",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "STARTTLS\r\n"},
               {'S', "220 go\r\n"},
               {'t', "C"},
               {'S', "454 no\r\n"},
               {'C', "STARTTLS\r\n"},
               {'S', "220 go\r\n"},
               {'t', "C"},
               {'S', "454 no\r\n"},
               {'C', "NOOP\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command STARTTLS 220 >3\n"
             "S3 reply STARTTLS 220 >2 tls-next\n"
             "S5 reply 454 !clear-after-tls\n"
             "C6 command STARTTLS 220 >7 !clear-after-tls\n"
             "S7 reply STARTTLS 220 >6 tls-next\n"
             "S9 reply 454 !clear-after-tls\n"
             "C10 command NOOP 250 >11 !clear-after-tls\n"
             "S11 reply NOOP 250 >10\n"},
    {.label = "handshake answered in clear, by no refusal",
     .steps = {{'S', "220 mx\r\n"}, {'C', "STARTTLS\r\n"}, {'S', "220 go\r\n"}, {'t', "C"}, {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command STARTTLS 220 >3\n"
             "S3 reply STARTTLS 220 >2 tls-next\n"
             "S5 reply 250 !no-command !clear-after-220\n"},
    {.label = "refusal before the handshake, then an end",
     .steps =
         {{'S', "220 mx\r\n"}, {'C', "STARTTLS\r\n"}, {'S', "220 go\r\n"}, {'S', "554 no\r\n"}, {'S', "421 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command STARTTLS 220 >3\n"
             "S3 reply STARTTLS 220 >2 tls-next\n"
             "S4 reply 554 !clear-after-220\n"
             "S5 reply 421\n"},
    {.label = "AUTH LOGIN",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"},
               {'C', "AUTH LOGIN\r\n"},
               {'S', "334 VXNlcm5hbWU6\r\n"},
               {'C', "Ym9i\r\n"},
               {'S', "334 UGFzc3dvcmQ6\r\n"},
               {'C', "c2VjcmV0\r\n"},
               {'S', "235 ok\r\n"},
               {'C', "AUTH LOGIN\r\n"},
               {'S', "503 twice\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command AUTH 235 >5 login1 LOGIN succeeded message 0\n"
             "S5 reply AUTH 334 >4 login1 LOGIN succeeded user bob\n"
             "C6 auth >7 login1 LOGIN succeeded message 1\n"
             "S7 reply AUTH 334 >6 login1 LOGIN succeeded user bob\n"
             "C8 auth >9 !clear-password login1 LOGIN succeeded message 2\n"
             "S9 reply AUTH 235 >8 login1 LOGIN succeeded user bob\n"
             "C10 command AUTH 503 >11 !out-of-order login2 LOGIN failed message 0\n"
             "S11 reply AUTH 503 >10 login2 LOGIN failed\n"},
    {.label = "AUTH PLAIN at once, failed",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"},
               {'C', "AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n"},
               {'S', "535 no\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command AUTH 535 >5 !clear-password login1 PLAIN failed message 1\n"
             "S5 reply AUTH 535 >4 login1 PLAIN failed user bob\n"},
    {.label = "AUTH cancelled",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"},
               {'C', "AUTH PLAIN\r\n"},
               {'S', "334 \r\n"},
               {'C', "*\r\n"},
               {'S', "501 cancelled\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command AUTH 501 >5 login1 PLAIN cancelled message 0\n"
             "S5 reply AUTH 334 >4 login1 PLAIN cancelled\n"
             "C6 auth >7 login1 PLAIN cancelled message 0\n"
             "S7 reply AUTH 501 >6 login1 PLAIN cancelled\n"},
    {.label = "AUTH before its challenge",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"},
               {'C', "AUTH LOGIN\r\n"},
               {'C', "Ym9i\r\n"},
               {'S', "334 VXNlcm5hbWU6\r\n"},
               {'S', "334 UGFzc3dvcmQ6\r\n"},
               {'C', "c2VjcmV0\r\n"},
               {'S', "535 no\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command AUTH 535 >6 login1 LOGIN failed message 0\n"
             "C5 auth >7 !early-auth login1 LOGIN failed message 1\n"
             "S6 reply AUTH 334 >4 login1 LOGIN failed user bob\n"
             "S7 reply AUTH 334 >5 login1 LOGIN failed user bob\n"
             "C8 auth >9 !clear-password login1 LOGIN failed message 2\n"
             "S9 reply AUTH 535 >8 login1 LOGIN failed user bob\n"},
    {.label = "AUTH refused, mechanism not offered",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"},
               {'C', "AUTH CRAM-MD5\r\n"},
               {'S', "504 no\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command AUTH 504 >5 !clear-login !not-offered login1 CRAM-MD5 failed message 0\n"
             "S5 reply AUTH 504 >4 login1 CRAM-MD5 failed\n"},
    {.label = "AUTH inside a mail",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n"},
               {'S', "503 no\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1 !clear-mail\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command AUTH 503 >9 !clear-password !out-of-order login1 PLAIN failed message 1\n"
             "S9 reply AUTH 503 >8 login1 PLAIN failed user bob\n"},
    {.label = "AUTH of which a challenge is lost",
     .steps = {HELLO,
               {'C', "AUTH LOGIN\r\n"},
               {'C', "Ym9i\r\n"},
               {'s', "18"},
               {'S', "334 UGFzc3dvcmQ6\r\n"},
               {'C', "c2VjcmV0\r\n"},
               {'S', "235 ok\r\n"}},
     .want = HELLO_FACTS "C4 command AUTH 235 !not-offered login1 LOGIN succeeded message 0\n"
                         "C5 auth >7 !early-auth login1 LOGIN succeeded message 1\n"
                         "S6 gap 18 !gap\n"
                         "S7 reply AUTH 334 >5 login1 LOGIN succeeded user bob\n"
                         "C8 auth >9 !clear-password login1 LOGIN succeeded message 2\n"
                         "S9 reply AUTH 235 >8 login1 LOGIN succeeded user bob\n"},
    {.label = "AUTH whose command is lost",
     .unopened = true,
     .steps = {{'C', "Ym9i\r\n"}, {'S', "334 UGFzc3dvcmQ6\r\n"}, {'C', "c2VjcmV0\r\n"}, {'S', "235 ok\r\n"}},
     .want = "C1 line secret\n"
             "S2 reply 334 lost-peer login1 LOGIN succeeded\n"
             "C3 auth !clear-password login1 LOGIN succeeded message 2\n"
             "S4 reply 235 lost-peer login1 LOGIN succeeded\n"},
    {.label = "other commands",
     .steps = {HELLO,
               {'C', "VRFY a\r\n"},
               {'S', "252 maybe\r\n"},
               {'C', "EXPN l\r\n"},
               {'S', "250-a\r\n250 b\r\n"},
               {'C', "HELP\r\n"},
               {'S', "214 no\r\n"},
               {'C', "ETRN x\r\n"},
               {'S', "253 ok\r\n"},
               {'C', "NOOP\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "FROB\r\n"},
               {'S', "500 what\r\n"}},
     .want = HELLO_FACTS "C4 command VRFY 252 >5\n"
                         "S5 reply VRFY 252 >4\n"
                         "C6 command EXPN 250 >7\n"
                         "S7 reply EXPN 250-\n"
                         "S7 reply EXPN 250 >6 !user-revealed\n"
                         "C8 command HELP 214 >9\n"
                         "S9 reply HELP 214 >8\n"
                         "C10 command ETRN 253 >11 !not-offered\n"
                         "S11 reply ETRN 253 >10\n"
                         "C12 command NOOP 250 >13\n"
                         "S13 reply NOOP 250 >12\n"
                         "C14 command 500 >15\n"
                         "S15 reply 500 >14\n"},
    {.label = "wrong code",
     .steps = {HELLO, {'C', "NOOP\r\n"}, {'S', "354 go\r\n"}, {'C', "QUIT\r\n"}, {'S', "250 bye\r\n"}},
     .want = HELLO_FACTS "C4 command NOOP 250 >7\n"
                         "S5 reply 354 !no-command\n"
                         "C6 command QUIT\n"
                         "S7 reply NOOP 250 >4\n"},
    {.label = "reply without command",
     .steps = {HELLO, {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "S4 reply 250 !no-command\n"},
    {.label = "no reply at all",
     .steps = {HELLO, {'C', "NOOP\r\n"}, {'S', "hello\r\n"}, {'S', "250-ok\r\n251 ok\r\n"}},
     .want = HELLO_FACTS "C4 command NOOP 251 >6\n"
                         "S5 reply no-code !not-reply\n"
                         "S6 reply NOOP 250-\n"
                         "S6 reply NOOP 251 >4 !code-changed\n"},
    {.label = "050 lines",
     .steps =
         {HELLO, {'C', "VERB\r\n"}, {'S', "250 ok\r\n"}, {'C', "NOOP\r\n"}, {'S', "050 one\r\n050 two\r\n250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command VERB 250 >5\n"
                         "S5 reply VERB 250 >4\n"
                         "C6 command NOOP 250 >7\n"
                         "S7 reply 50\n"
                         "S7 reply 50\n"
                         "S7 reply NOOP 250 >6\n"},
    {.label = "XCLIENT",
     .steps =
         {HELLO, {'C', "XCLIENT ADDR=192.0.2.1\r\n"}, {'S', "220 mx\r\n"}, {'C', "EHLO d\r\n"}, {'S', "250 mx\r\n"}},
     .want = HELLO_FACTS "C4 command XCLIENT 220 >5 !not-offered\n"
                         "S5 reply XCLIENT 220 >4 !identity-replaced\n"
                         "C6 command EHLO 250 >7\n"
                         "S7 reply EHLO 250 >6 hello\n"},
    {.label = "XCLIENT begins the session anew",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"},
               {'C', "AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n"},
               {'S', "235 ok\r\n"},
               {'C', "XCLIENT ADDR=192.0.2.1\r\n"},
               {'S', "550 no\r\n"},
               {'C', "AUTH LOGIN Ym9i\r\n"},
               {'S', "503 twice\r\n"},
               {'C', "XCLIENT ADDR=192.0.2.1\r\n"},
               {'S', "220 mx\r\n"},
               {'C', "AUTH LOGIN Ym9i\r\n"},
               {'S', "535 no\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command AUTH 235 >5 !clear-password login1 PLAIN succeeded message 1\n"
             "S5 reply AUTH 235 >4 login1 PLAIN succeeded user bob\n"
             "C6 command XCLIENT 550 >7 !not-offered\n"
             "S7 reply XCLIENT 550 >6\n"
             "C8 command AUTH 503 >9 !not-offered !out-of-order login2 LOGIN failed message 1\n"
             "S9 reply AUTH 503 >8 login2 LOGIN failed user bob\n"
             "C10 command XCLIENT 220 >11\n"
             "S11 reply XCLIENT 220 >10 !identity-replaced\n"
             "C12 command AUTH 535 >13 login3 LOGIN failed message 1\n"
             "S13 reply AUTH 535 >12 login3 LOGIN failed user bob\n"},
    {.label = "XACK OFF",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "XACK OFF\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nXACK ON\r\nRCPT TO:<d@y>\r\n"},
               {'S', "250 on\r\n250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command XACK 250 >7\n"
                         "S7 reply XACK 250 >6\n"
                         "C8 command RCPT t1 none-due\n"
                         "C8 command RCPT t1 none-due\n"
                         "C8 command XACK 250 >9\n"
                         "C8 command RCPT 250 >9 t1\n"
                         "S9 reply XACK 250 >8\n"
                         "S9 reply RCPT 250 >8 t1\n"},
    {.label = "354 proves that commands after DATA were text",
     .steps =
         {HELLO,
          {'C',
           "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nQUIT\r\n.\r\nMAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nDATA\r\n"},
          {'S', "250 ok\r\n250 ok\r\n354 go\r\n250 queued 1\r\n250 ok\r\n250 ok\r\n354 go\r\n"},
          {'C', "x\r\n.\r\n"},
          {'S', "250 queued 2\r\n"},
          {'C', "QUIT\r\n"},
          {'S', "221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "C4 command RCPT 250 >5 t1\n"
             "C4 command DATA 354 >5 t1\n"
             "C4 text DATA 6 t1 !early-text\n"
             "C4 eom . 250 3 >5 t1 complete\n"
             "C4 command MAIL 250 >5 t2\n"
             "C4 command RCPT 250 >5 t2\n"
             "C4 command DATA 354 >5 t2\n"
             "S5 reply MAIL 250 >4 t1\n"
             "S5 reply RCPT 250 >4 t1\n"
             "S5 reply DATA 354 >4 t1 !read-anew\n"
             "S5 reply . 250 >4 t1 => accepted 6 b@y:250\n"
             "S5 reply MAIL 250 >4 t2\n"
             "S5 reply RCPT 250 >4 t2\n"
             "S5 reply DATA 354 >4 t2\n"
             "C6 text DATA 3 t2\n"
             "C6 eom . 250 3 >7 t2 complete\n"
             "S7 reply . 250 >4 t2 => accepted 3 d@y:250\n"
             "C8 command QUIT 221 >9\n"
             "S9 reply QUIT 221 >8\n"
             "= QUIT\\r\\n\n"
             "= x\\r\\n\n"},
    {.label = "354 to an unknown verb begins a message",
     .steps = {HELLO, MAIL_RCPT, {'C', "DAT\r\n"}, {'S', "354 go\r\n"}, {'C', "RSET\r\n.\r\n"}, {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command 354 >9 t1\n"
             "S9 reply 354 >8 t1 !wrong-code\n"
             "C10 text 6 t1\n"
             "C10 eom . 250 3 >11 t1 complete\n"
             "S11 reply . 250 >8 t1 => accepted 6 b@y:250\n"
             "= RSET\\r\\n\n"},
    {.label = "354 to an unknown verb, text in the same batch",
     .steps = {HELLO, MAIL_RCPT, {'C', "DAT\r\nRSET\r\n.\r\nQUIT\r\n"}, {'S', "354 go\r\n250 ok\r\n221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command 354 >9 t1\n"
             "C8 text 6 t1 !early-text\n"
             "C8 eom . 250 3 >9 t1 complete\n"
             "C8 command QUIT 221 >9\n"
             "S9 reply 354 >8 !wrong-code !read-anew\n"
             "S9 reply . 250 >8 t1 => accepted 6 b@y:250\n"
             "S9 reply QUIT 221 >8\n"
             "= RSET\\r\\n\n"},
    {.label = "LHLO refused is SMTP",
     .whole = true,
     .steps = {{'S', "220 mx\r\n"},
               {'C', "LHLO c\r\n"},
               {'S', "500 no\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250 mx\r\n"},
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\n"},
               {'S', "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command LHLO 500 >3 lmtp\n"
             "S3 reply LHLO 500 >2\n"
             "C4 command EHLO 250 >5\n"
             "S5 reply EHLO 250 >4 hello\n"
             "C6 command MAIL 250 >7 t1\n"
             "C6 command RCPT 250 >7 t1 !pipeline\n"
             "C6 command RCPT 250 >7 t1\n"
             "C6 command DATA 354 >7 t1\n"
             "S7 reply MAIL 250 >6 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "S7 reply DATA 354 >6 t1\n"
             "C8 text DATA 3 t1\n"
             "C8 eom . 250 3 >9 t1 complete\n"
             "S9 reply . 250 >6 t1 => accepted 3 b@y:250 c@y:250\n"
             "C10 command QUIT 221 >11\n"
             "S11 reply QUIT 221 >10\n"
             "= x\\r\\n\n"},
    {.label = "BDAT to a server that does not know it",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250 mx\r\n"},
               {'C', "BDAT 1000\r\n"},
               {'S', "500 what?\r\n"},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command BDAT 500 >5 !not-offered !out-of-order\n"
             "S5 reply BDAT 500 >4\n"
             "C6 command MAIL 250 >7 t1\n"
             "S7 reply MAIL 250 >6 t1\n"},
    {.label = "BDAT unknown, all in one batch",
     .whole = true,
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250 mx\r\n"},
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nBDAT 12 LAST\r\nNOOP\r\nRSET\r\nQUIT\r\n"},
               {'S', "250 ok\r\n250 ok\r\n502 no\r\n250 ok\r\n250 ok\r\n221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "C4 command RCPT 250 >5 t1 !pipeline\n"
             "C4 command BDAT 502 >5 t1 !not-offered\n"
             "C4 command NOOP 250 >5\n"
             "C4 command RSET 250 >5 t1\n"
             "C4 command QUIT 221 >5\n"
             "S5 reply MAIL 250 >4 t1\n"
             "S5 reply RCPT 250 >4 t1\n"
             "S5 reply BDAT 502 >4 t1 !chunk-as-commands !read-anew\n"
             "S5 reply NOOP 250 >4\n"
             "S5 reply RSET 250 >4 t1 => rejected by 502 b@y:250\n"
             "S5 reply QUIT 221 >4\n"},
    {.label = "BDAT refused while the text lies in two segments",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250 mx\r\n"},
               {'C', "BDAT 9\r\nNO"},
               {'C', "OP\r\nRS"},
               {'S', "500 no\r\n250 ok\r\n"},
               {'C', "ET\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command BDAT 500 >6 !not-offered !out-of-order\n"
             "C4 line piece\n"
             "C5 command NOOP 250 >6 tail\n"
             "C5 line piece\n"
             "S6 reply BDAT 500 >4 !chunk-as-commands !read-anew\n"
             "S6 reply NOOP 250 >5\n"
             "C7 command RSET 250 >8 tail\n"
             "S8 reply RSET 250 >7\n"},
    {.label = "BDAT LAST with a word too many is not the last",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 5 LAST x\r\nabcde"},
               {'S', "250 5 octets\r\n"},
               {'C', "BDAT 0 LAST\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command BDAT 250 >9 t1 !bad-size\n"
             "C8 chunk BDAT 5 >9 t1\n"
             "S9 reply BDAT 250 >8 t1\n"
             "C10 command BDAT 250 >11 t1 complete bdat-last\n"
             "S11 reply BDAT 250 >10 t1 => accepted 5 b@y:250\n"
             "= abcde\n"},
    {.label = "BDAT with a bad number, read as commands",
     .steps = {HELLO, MAIL_RCPT, {'C', "BDAT +6\r\nNOOP\r\n"}, {'S', "501 bad\r\n250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command BDAT 501 >9 t1 !bad-size\n"
             "C8 command NOOP 250 >9\n"
             "S9 reply BDAT 501 >8 t1\n"
             "S9 reply NOOP 250 >8 !chunk-as-commands !read-anew\n"},
    {.label = "BDAT with a number that 32 bits do not hold, and a server that counts in 32 bits",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 4294967301 LAST\r\nabcdeNOOP\r\n"},
               {'S', "250 queued\r\n250 ok\r\n"},
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nBDAT 4294967296 LAST\r\nNOOP\r\n"},
               {'S', "250 ok\r\n250 ok\r\n250 queued\r\n250 ok\r\n"},
               {'C', "MAIL FROM:<a@x>\r\nBDAT 4294967396\r\nabcde"},
               {'S', "250 ok\r\n250 early\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command BDAT 250 >9 t1\n"
                         "C8 chunk BDAT 5 >9 t1 last complete\n"
                         "C8 command NOOP 250 >9\n"
                         "S9 reply BDAT 250 >8 t1 !read-anew => accepted 5 b@y:250\n"
                         "S9 reply NOOP 250 >8\n"
                         "C10 command MAIL 250 >11 t2\n"
                         "C10 command RCPT 250 >11 t2\n"
                         "C10 command BDAT 250 >11 t2 complete\n"
                         "C10 command NOOP 250 >11\n"
                         "S11 reply MAIL 250 >10 t2\n"
                         "S11 reply RCPT 250 >10 t2\n"
                         "S11 reply BDAT 250 >10 t2 !read-anew => accepted 0 b@y:250\n"
                         "S11 reply NOOP 250 >10\n"
                         "C12 command MAIL 250 >13 t3\n"
                         "C12 command BDAT 250 >13 t3\n"
                         "C12 chunk BDAT 5 t3\n"
                         "S13 reply MAIL 250 >12 t3\n"
                         "S13 reply BDAT 250 >12 t3\n"
                         "= abcde\n"
                         "= \n"
                         "~ abcde\n"},
    {.label = "BDAT after one with a bad number",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 5LAST\r\n"},
               {'S', "501 bad\r\n"},
               {'C', "BDAT 5 LAST\r\nNOOP\n"},
               {'S', "250 queued\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command BDAT 501 >9 t1 !bad-size\n"
                         "S9 reply BDAT 501 >8 t1\n"
                         "C10 command BDAT 250 >11 t1\n"
                         "C10 chunk BDAT 5 >11 t1 last complete\n"
                         "S11 reply BDAT 250 >10 t1 => accepted 5 b@y:250\n"
                         "= NOOP\\n\n"},
    {.label = "BDAT unknown, until a hello",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "HELO c\r\n"},
               {'S', "250 mx\r\n"},
               {'C', "BDAT 6 LAST\r\nNOOP\r\n"},
               {'S', "500 what\r\n250 ok\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250 CHUNKING\r\n"},
               {'C', "BDAT 6 LAST\r\nNOOP\r\n"},
               {'S', "503 no mail\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command HELO 250 >3\n"
             "S3 reply HELO 250 >2\n"
             "C4 command BDAT 500 >5 !out-of-order\n"
             "C4 command NOOP 250 >5\n"
             "S5 reply BDAT 500 >4 !chunk-as-commands !read-anew\n"
             "S5 reply NOOP 250 >4\n"
             "C6 command EHLO 250 >7\n"
             "S7 reply EHLO 250- hello\n"
             "S7 reply EHLO 250 >6 hello\n"
             "C8 command BDAT 503 >9\n"
             "C8 chunk BDAT 6 >9 last\n"
             "S9 reply BDAT 503 >8\n"
             "= NOOP\\r\\n\n"},
    {.label = "DATA refused while a line of its text is on its way",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\nSubject: x\r\nDATA\r\nhel"},
               {'C', "lo\r\nAUTH LOGIN\r\n.\r\n"},
               {'S', "550 no\r\n500 what\r\n503 no\r\n500 what\r\n503 no\r\n500 what\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command DATA 550 >10 t1\n"
                         "C8 command 500 >10 !not-command !unsynchronized\n"
                         "C8 command DATA 503 >10 t1\n"
                         "C8 line piece\n"
                         "C9 command 500 >10 tail\n"
                         "C9 command AUTH 503 >10 !not-offered login1 LOGIN failed message 0\n"
                         "C9 command 500 >10 secret\n"
                         "S10 reply DATA 550 >8 t1\n"
                         "S10 reply 500 >8\n"
                         "S10 reply DATA 503 >8 t1\n"
                         "S10 reply 500 >9\n"
                         "S10 reply AUTH 503 >9 !read-anew login1 LOGIN failed\n"
                         "S10 reply 500 >9\n"},
    {.label = "MAIL refused by 421: what was sent with it belongs to the open transaction",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "451 later\r\n"},
               {'C', "MAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\n"},
               {'S', "421 bye\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command DATA 451 >9 t1\n"
                         "S9 reply DATA 451 >8 t1\n"
                         "C10 command MAIL 421 >11 t2 !out-of-order\n"
                         "C10 command RCPT t1\n"
                         "S11 reply MAIL 421 >10 t2 => deferred by 421\n"},
    {.label = "a false end taken, and refusals of what follows while it flows",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\n.\n"},
               {'C', "harmless words\r\n."},
               {'S', "554 no\r\n500 what\r\n"},
               {'C', "\r\n"},
               {'S', "500 what\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command DATA 354 >9 t1\n"
                         "S9 reply DATA 354 >8 t1\n"
                         "C10 text DATA 1 t1\n"
                         "C10 eom . 554 3 >12 t1 complete !body-octets\n"
                         "C11 command 500 >12\n"
                         "C11 line piece\n"
                         "S12 reply . 554 >8 t1 => rejected by 554 2 b@y:250\n"
                         "S12 reply 500 >11 !fake-end-taken !read-anew\n"
                         "C13 command 500 >14 tail !not-command\n"
                         "S14 reply 500 >13\n"
                         "= x\\n\n"},
    {.label = "what is sent after QUIT is no part of the mail that it ended",
     .steps = {HELLO, MAIL_RCPT, {'C', "QUIT\r\nRSET\r\n"}, {'S', "221 bye\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command QUIT 221 >9 t1\n"
                         "C8 command RSET !unsynchronized\n"
                         "S9 reply QUIT 221 >8 t1 => aborted b@y:250\n"},
    {.label = "LMTP, BDAT LAST refused for each, twice",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "LHLO c\r\n"},
               {'S', "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n"},
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nBDAT 1 LAST\r\nx"
                     "MAIL FROM:<d@x>\r\nRCPT TO:<e@y>\r\nRCPT TO:<f@y>\r\nBDAT 1 LAST\r\ny"},
               {'S', "250 ok\r\n250 ok\r\n250 ok\r\n554 no\r\n250 ok\r\n"
                     "250 ok\r\n250 ok\r\n250 ok\r\n554 no\r\n250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command LHLO 250 >3 lmtp\n"
             "S3 reply LHLO 250- hello lmtp\n"
             "S3 reply LHLO 250- hello lmtp\n"
             "S3 reply LHLO 250 >2 hello lmtp\n"
             "C4 command MAIL 250 >5 t1 lmtp\n"
             "C4 command RCPT 554 >5 t1 lmtp\n"
             "C4 command RCPT 250 >5 t1 lmtp\n"
             "C4 command BDAT 554 >5 t1 lmtp\n"
             "C4 chunk BDAT 1 >5 t1 last lmtp complete\n"
             "C4 command MAIL 250 >5 t2 lmtp\n"
             "C4 command RCPT 554 >5 t2 lmtp\n"
             "C4 command RCPT 250 >5 t2 lmtp\n"
             "C4 command BDAT 554 >5 t2 lmtp\n"
             "C4 chunk BDAT 1 >5 t2 last lmtp complete\n"
             "S5 reply MAIL 250 >4 t1 lmtp\n"
             "S5 reply RCPT 250 >4 t1 lmtp\n"
             "S5 reply RCPT 250 >4 t1 lmtp\n"
             "S5 reply BDAT 554 >4 t1 lmtp\n"
             "S5 reply BDAT 250 >4 t1 lmtp => accepted 1 b@y:250/554 c@y:250/250\n"
             "S5 reply MAIL 250 >4 t2 lmtp\n"
             "S5 reply RCPT 250 >4 t2 lmtp\n"
             "S5 reply RCPT 250 >4 t2 lmtp\n"
             "S5 reply BDAT 554 >4 t2 lmtp\n"
             "S5 reply BDAT 250 >4 t2 lmtp !read-anew => accepted 1 e@y:250/554 f@y:250/250\n"
             "= x\n"
             "= y\n"},
    {.label = "a reply names its RCPT: replies were lost",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nRCPT TO:<d@y>\r\nNOOP\r\n"},
               {'s', "250 2.1.0 ok\r\n250 2.1.5 <b@y> ok\r\n"},
               {'S', "550 5.1.1 <c@y> unknown\r\n250 2.1.5 ok\r\n250 2.0.0 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL t1 no-reply\n"
                         "C4 command RCPT t1 no-reply\n"
                         "C4 command RCPT 550 >6 t1\n"
                         "C4 command RCPT 250 >6 t1\n"
                         "C4 command NOOP 250 >6\n"
                         "S5 gap 250 !gap\n"
                         "S6 reply RCPT 550 >4 t1\n"
                         "S6 reply RCPT 250 >4 t1\n"
                         "S6 reply NOOP 250 >4\n"},
    {.label = "a reply names its RCPT: the server said nothing to another",
     .steps = {HELLO,
               {'C', "MAIL FROM:<c@y>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nNOOP\r\n"},
               {'S', "250 2.1.0 <c@y> ok\r\n450 4.2.1 <C@Y> full\r\n250 2.0.0 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "C4 command RCPT t1 no-reply\n"
                         "C4 command RCPT 450 >5 t1\n"
                         "C4 command NOOP 250 >5\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "S5 reply RCPT 450 >4 t1\n"
                         "S5 reply NOOP 250 >4\n"},
    {.label = "a reply names a path: of its own, of two, of nobody, or is about something else",
     .steps = {HELLO,
               {'C', "MAIL FROM:<c@y>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nRCPT TO:<c@y>\r\nRCPT TO:<d@y>\r\n"},
               {'S', "250 2.1.0 <c@y> ok\r\n250 2.1.5 <c@y> ok\r\n250 2.1.5 <e@y> ok\r\n250 2.7.1 <d@y> ok\r\n"
                     "250 2.1.5 <d@y> ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "C4 command RCPT 250 >5 t1\n"
                         "C4 command RCPT 250 >5 t1\n"
                         "C4 command RCPT 250 >5 t1\n"
                         "C4 command RCPT 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "S5 reply RCPT 250 >4 t1\n"
                         "S5 reply RCPT 250 >4 t1\n"
                         "S5 reply RCPT 250 >4 t1\n"
                         "S5 reply RCPT 250 >4 t1\n"},
    {.label = "of two false ends the server takes the one that a command stands after",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\n.\r\nwords\r\nmore\r\n.\nNOOP\r\n.\r\n"},
               {'S', "250 queued\r\n250 ok\r\n500 what\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command DATA 354 >9 t1\n"
                         "S9 reply DATA 354 >8 t1\n"
                         "C10 text DATA 17 t1 !fake-end\n"
                         "C10 eom . 250 3 >11 t1 complete !body-octets\n"
                         "C10 command NOOP 250 >11\n"
                         "C10 command 500 >11 !not-command\n"
                         "S11 reply . 250 >8 t1 => accepted 18 b@y:250\n"
                         "S11 reply NOOP 250 >10 !fake-end-taken !read-anew\n"
                         "S11 reply 500 >10\n"
                         "= x\\n.\\r\\nwords\\r\\nmore\\r\\n\n"},
    {.label = "of two false ends the server takes the first",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\n.\r\nRSET\r\nwords\r\n.\nNOOP\r\n"},
               {'S', "250 queued\r\n250 ok\r\n500 what\r\n500 what\r\n250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command DATA 354 >9 t1\n"
                         "S9 reply DATA 354 >8 t1\n"
                         "C10 text DATA 2 t1\n"
                         "C10 eom . 250 3 >11 t1 complete !body-octets\n"
                         "C10 command RSET 250 >11\n"
                         "C10 command 500 >11\n"
                         "C10 command 500 >11 !bare-lf !not-command !mixed-line-ends\n"
                         "C10 command NOOP 250 >11\n"
                         "S11 reply . 250 >8 t1 !fake-end-taken !read-anew => accepted 2 b@y:250\n"
                         "S11 reply RSET 250 >10\n"
                         "S11 reply 500 >10\n"
                         "S11 reply 500 >10\n"
                         "S11 reply NOOP 250 >10\n"
                         "= x\\n\n"},
    {.label = "QUIT instead of the answer to a challenge: taken for what it is, or for the answer",
     .steps = {HELLO,
               {'C', "AUTH LOGIN\r\n"},
               {'S', "334 VXNlcm5hbWU6\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "334 UGFzc3dvcmQ6\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "535 no\r\n"},
               {'C', "AUTH LOGIN\r\n"},
               {'S', "334 VXNlcm5hbWU6\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = HELLO_FACTS "C4 command AUTH 535 >5 !not-offered login1 LOGIN failed message 0\n"
                         "S5 reply AUTH 334 >4 login1 LOGIN failed user AB\n"
                         "C6 auth >7 login1 LOGIN failed message 1\n"
                         "S7 reply AUTH 334 >6 !read-anew login1 LOGIN failed user AB\n"
                         "C8 auth >9 !clear-password login1 LOGIN failed message 2\n"
                         "S9 reply AUTH 535 >8 !read-anew login1 LOGIN failed user AB\n"
                         "C10 command AUTH 334 >11 no-reply login2 LOGIN open message 0\n"
                         "S11 reply AUTH 334 >10 login2 LOGIN open\n"
                         "C12 command QUIT 221 >13\n"
                         "S13 reply QUIT 221 >12\n"},
    {.label = "LMTP, BDAT LAST refused for its one recipient, after a refused DATA",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "LHLO c\r\n"},
               {'S', "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n"},
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n"},
               {'S', "250 ok\r\n550 no\r\n503 no\r\n"},
               {'C', "RCPT TO:<c@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "BDAT 1 LAST\r\nx"},
               {'S', "550 policy\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command LHLO 250 >3 lmtp\n"
             "S3 reply LHLO 250- hello lmtp\n"
             "S3 reply LHLO 250- hello lmtp\n"
             "S3 reply LHLO 250 >2 hello lmtp\n"
             "C4 command MAIL 250 >5 t1 lmtp\n"
             "C4 command RCPT 550 >5 t1 lmtp\n"
             "C4 command DATA 503 >5 t1 lmtp\n"
             "S5 reply MAIL 250 >4 t1 lmtp\n"
             "S5 reply RCPT 550 >4 t1 lmtp\n"
             "S5 reply DATA 503 >4 t1 lmtp\n"
             "C6 command RCPT 550 >7 t1 lmtp\n"
             "S7 reply RCPT 250 >6 t1 lmtp\n"
             "C8 command BDAT 550 >9 t1 lmtp\n"
             "C8 chunk BDAT 1 >9 t1 last lmtp complete\n"
             "S9 reply BDAT 550 >8 t1 lmtp => rejected by 550 1 b@y:550 c@y:250/550\n"
             "= x\n"},
    {.label = "BDAT without a number",
     .steps = {HELLO, MAIL_RCPT, {'C', "BDAT ten\r\nNOOP\r\n"}, {'S', "501 bad\r\n250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command BDAT 501 >9 t1 !bad-size\n"
             "C8 command NOOP 250 >9\n"
             "S9 reply BDAT 501 >8 t1\n"
             "S9 reply NOOP 250 >8\n"},
    {.label = "AUTH refused, user and password already sent",
     .steps = {HELLO,
               {'C', "AUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\nNOOP\r\n"},
               {'S', "503 no\r\n500 what\r\n500 what\r\n250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command AUTH 503 >5 !not-offered login1 LOGIN failed message 0\n"
             "C4 command 500 >5 secret !not-command !unsynchronized\n"
             "C4 command 500 >5 secret\n"
             "C4 command NOOP 250 >5\n"
             "S5 reply AUTH 503 >4 !read-anew login1 LOGIN failed\n"
             "S5 reply 500 >4\n"
             "S5 reply 500 >4\n"
             "S5 reply NOOP 250 >4\n"},
    {.label = "AUTH refused after the first challenge",
     .steps = {HELLO,
               {'C', "AUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n"},
               {'S', "334 VXNlcm5hbWU6\r\n535 no\r\n500 what\r\n"},
               {'C', "NOOP\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command AUTH 535 >5 !not-offered login1 LOGIN failed message 0\n"
             "C4 auth >5 !early-auth login1 LOGIN failed message 1\n"
             "C4 command 500 >5 secret !not-command !unsynchronized\n"
             "S5 reply AUTH 334 >4 login1 LOGIN failed user user\n"
             "S5 reply AUTH 535 >4 !read-anew login1 LOGIN failed user user\n"
             "S5 reply 500 >4\n"
             "C6 command NOOP 250 >7\n"
             "S7 reply NOOP 250 >6\n"},
    {.label = "AUTH, lines sent before their challenges",
     .steps = {HELLO,
               {'C', "AUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n"},
               {'S', "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 ok\r\n"},
               {'C', "NOOP\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command AUTH 235 >5 !not-offered login1 LOGIN succeeded message 0\n"
             "C4 auth >5 !early-auth login1 LOGIN succeeded message 1\n"
             "C4 auth >5 !clear-password login1 LOGIN succeeded message 2\n"
             "S5 reply AUTH 334 >4 login1 LOGIN succeeded user user\n"
             "S5 reply AUTH 334 >4 login1 LOGIN succeeded user user\n"
             "S5 reply AUTH 235 >4 login1 LOGIN succeeded user user\n"
             "C6 command NOOP 250 >7\n"
             "S7 reply NOOP 250 >6\n"},
    {.label = "smuggled mail taken",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\nMAIL FROM:<e@v>\r\nRCPT TO:<b@y>\r\nDATA\r\ny\r\n.\r\n"},
               {'S', "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command DATA 354 >9 t1\n"
             "S9 reply DATA 354 >8 t1\n"
             "C10 text DATA 2 t1\n"
             "C10 eom . 250 3 >11 t1 complete !body-octets\n"
             "C10 command MAIL 250 >11 t2\n"
             "C10 command RCPT 250 >11 t2\n"
             "C10 command DATA 354 >11 t2\n"
             "C10 text DATA 3 t2 !early-text\n"
             "C10 eom . 250 3 >11 t2 complete\n"
             "S11 reply . 250 >8 t1 => accepted 3 b@y:250\n"
             "S11 reply MAIL 250 >10 t2 !fake-end-taken !read-anew\n"
             "S11 reply RCPT 250 >10 t2\n"
             "S11 reply DATA 354 >10 t2\n"
             "S11 reply . 250 >10 t2 => accepted 3 b@y:250\n"
             "C12 command QUIT 221 >13\n"
             "S13 reply QUIT 221 >12\n"
             "= x\\r\\n\n"
             "= y\\r\\n\n"},
    {.label = "smuggled mail not taken",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\nMAIL FROM:<e@v>\r\nRCPT TO:<b@y>\r\nDATA\r\ny\r\n.\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command DATA 354 >9 t1\n"
             "S9 reply DATA 354 >8 t1\n"
             "C10 text DATA 46 t1 !fake-end !smuggling-attempt\n"
             "C10 eom . 250 3 >11 t1 complete !body-octets\n"
             "S11 reply . 250 >8 t1 => accepted 45 b@y:250\n"
             "C12 command QUIT 221 >13\n"
             "S13 reply QUIT 221 >12\n"
             "= x\\r\\n\\nMAIL FROM:<e@v>\\r\\nRCPT TO:<b@y>\\r\\nDATA\\r\\ny\\r\\n\n"},
    {.label = "smuggled mail, the end in two segments",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\n."},
               {'C', "\r\nRSET\r\n.\r\n"},
               {'S', "250 ok\r\n250 reset\r\n500 what\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command DATA 354 >9 t1\n"
             "S9 reply DATA 354 >8 t1\n"
             "C10 text DATA 3 t1\n"
             "C11 eom . 250 3 >12 t1 complete !body-octets\n"
             "C11 command RSET 250 >12\n"
             "C11 command 500 >12 !not-command\n"
             "S12 reply . 250 >8 t1 => accepted 2 b@y:250\n"
             "S12 reply RSET 250 >11 !fake-end-taken !read-anew\n"
             "S12 reply 500 >11\n"
             "= x\\n\n"},
    {.label = "a client that ends lines with LF",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "HELO c\n"},
               {'S', "250 mx\r\n"},
               {'C', "MAIL FROM:<a@x>\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\n"},
               {'S', "250 ok\r\n"},
               {'C', "DATA\n"},
               {'S', "354 go\r\n"},
               {'C', "x\n.\n"},
               {'S', "250 ok\r\n"},
               {'C', "QUIT\n"},
               {'S', "221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command HELO 250 >3 !bare-lf\n"
             "S3 reply HELO 250 >2\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command DATA 354 >9 t1\n"
             "S9 reply DATA 354 >8 t1\n"
             "C10 text DATA 1 t1\n"
             "C10 eom . 250 3 >11 t1 complete\n"
             "S11 reply . 250 >8 t1 !lenient-end => accepted 2 b@y:250\n"
             "C12 command QUIT 221 >13\n"
             "S13 reply QUIT 221 >12\n"
             "= x\\n\n"},
    {.label = "LMTP by the recipients that replies name",
     .unopened = true,
     .steps = {{'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<c@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 2.0.0 <b@y> Saved\r\n451 4.2.0 <c@y> no\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = "C1 command MAIL 250 >2 t1\n"
             "S2 reply MAIL 250 >1 t1\n"
             "C3 command RCPT 250 >4 t1\n"
             "S4 reply RCPT 250 >3 t1\n"
             "C5 command RCPT 451 >6 t1\n"
             "S6 reply RCPT 250 >5 t1\n"
             "C7 command DATA 354 >8 t1\n"
             "S8 reply DATA 354 >7 t1\n"
             "C9 text DATA 3 t1\n"
             "C9 eom . 250 3 >10 t1 complete\n"
             "S10 reply . 250 >7 t1 lmtp\n"
             "S10 reply . 451 >7 t1 lmtp !read-anew => accepted 3 b@y:250/250 c@y:250/451\n"
             "C11 command QUIT 221 >12 lmtp\n"
             "S12 reply QUIT 221 >11 lmtp\n"
             "= x\\r\\n\n"},
    {.label = "LMTP, BDAT LAST refused for each, and QUIT after it",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "LHLO c\r\n"},
               {'S', "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n"},
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nBDAT 1 LAST\r\nxQUIT\r\n"},
               {'S', "250 ok\r\n250 ok\r\n250 ok\r\n452 full\r\n554 no\r\n221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command LHLO 250 >3 lmtp\n"
             "S3 reply LHLO 250- hello lmtp\n"
             "S3 reply LHLO 250- hello lmtp\n"
             "S3 reply LHLO 250 >2 hello lmtp\n"
             "C4 command MAIL 250 >5 t1 lmtp\n"
             "C4 command RCPT 452 >5 t1 lmtp\n"
             "C4 command RCPT 554 >5 t1 lmtp\n"
             "C4 command BDAT 452 >5 t1 lmtp\n"
             "C4 chunk BDAT 1 >5 t1 last lmtp complete\n"
             "C4 command QUIT 221 >5 lmtp\n"
             "S5 reply MAIL 250 >4 t1 lmtp\n"
             "S5 reply RCPT 250 >4 t1 lmtp\n"
             "S5 reply RCPT 250 >4 t1 lmtp\n"
             "S5 reply BDAT 452 >4 t1 lmtp\n"
             "S5 reply BDAT 554 >4 t1 lmtp !read-anew => deferred by 452 1 b@y:250/452 c@y:250/554\n"
             "S5 reply QUIT 221 >4 lmtp\n"
             "= x\n"},
    {.label = "LMTP, BDAT LAST refused as such",
     .whole = true,
     .steps = {{'S', "220 mx\r\n"},
               {'C', "LHLO c\r\n"},
               {'S', "250-mx\r\n250 CHUNKING\r\n"},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\n"},
               {'S', "250 ok\r\n250 ok\r\n"},
               {'C', "BDAT 5 LAST\r\nabcde"},
               {'S', "503 no\r\n"},
               {'C', "RSET\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "NOOP\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command LHLO 250 >3 lmtp\n"
             "S3 reply LHLO 250- hello lmtp\n"
             "S3 reply LHLO 250 >2 hello lmtp\n"
             "C4 command MAIL 250 >5 t1 lmtp\n"
             "S5 reply MAIL 250 >4 t1 lmtp\n"
             "C6 command RCPT 503 >7 t1 lmtp\n"
             "C6 command RCPT 503 >7 t1 lmtp !pipeline\n"
             "S7 reply RCPT 250 >6 t1 lmtp\n"
             "S7 reply RCPT 250 >6 t1 lmtp\n"
             "C8 command BDAT 503 >9 t1 lmtp\n"
             "C8 chunk BDAT 5 >9 t1 last lmtp complete\n"
             "S9 reply BDAT 503 >8 t1 lmtp => rejected by 503 5 b@y:250/503 c@y:250/503\n"
             "C10 command RSET 250 >11 lmtp\n"
             "S11 reply RSET 250 >10 lmtp\n"
             "C12 command NOOP 250 >13 lmtp\n"
             "S13 reply NOOP 250 >12 lmtp\n"
             "= abcde\n"},
    {.label = "503 to MAIL: the refused mail is still open",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 2 LAST\r\nxx"},
               {'S', "554 no\r\n"},
               {'C', "MAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nBDAT 1 LAST\r\nz"},
               {'S', "503 sender already given\r\n250 ok\r\n250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command BDAT 554 >9 t1\n"
             "C8 chunk BDAT 2 >9 t1 last complete\n"
             "S9 reply BDAT 554 >8 t1\n"
             "C10 command MAIL 503 >11 t2\n"
             "C10 command RCPT 250 >11 t1\n"
             "C10 command BDAT 250 >11 t1\n"
             "C10 chunk BDAT 1 >11 t1 last complete\n"
             "S11 reply MAIL 503 >10 t2 => rejected by 503\n"
             "S11 reply RCPT 250 >10 t1\n"
             "S11 reply BDAT 250 >10 t1 => accepted 1 b@y:250 d@y:250\n"
             "= xx\n"
             "= z\n"},
    {.label = "BDAT LAST refused for want of recipients",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "550 no\r\n"},
               {'C', "BDAT 2 LAST\r\nxx"},
               {'S', "503 no recipients\r\n"},
               {'C', "MAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nDATA\r\n"},
               {'S', "503 sender already given\r\n250 ok\r\n354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 550 >7 t1\n"
             "S7 reply RCPT 550 >6 t1\n"
             "C8 command BDAT 503 >9 t1 !out-of-order\n"
             "C8 chunk BDAT 2 >9 t1 last complete\n"
             "S9 reply BDAT 503 >8 t1\n"
             "C10 command MAIL 503 >11 t2 !out-of-order\n"
             "C10 command RCPT 250 >11 t1\n"
             "C10 command DATA 354 >11 t1\n"
             "S11 reply MAIL 503 >10 t2 => rejected by 503\n"
             "S11 reply RCPT 250 >10 t1\n"
             "S11 reply DATA 354 >10 t1\n"
             "C12 text DATA 3 t1\n"
             "C12 eom . 250 3 >13 t1 complete\n"
             "S13 reply . 250 >10 t1 => accepted 3 b@y:550 d@y:250\n"
             "= xx\n"
             "= x\\r\\n\n"},
    {.label = "221 accepts nothing",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nSubject: x\r\n\r\nbuy\r\n.\r\nQUIT\r\n"},
               {'S', "250 ok\r\n550 no\r\n554 no\r\n221 goodbye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "C4 command RCPT 550 >5 t1\n"
             "C4 command DATA 554 >5 t1\n"
             "C4 command no-reply !not-command !unsynchronized\n"
             "C4 command no-reply\n"
             "C4 command no-reply\n"
             "C4 command no-reply\n"
             "C4 command QUIT 221 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "S5 reply RCPT 550 >4 t1\n"
             "S5 reply DATA 554 >4 t1 !read-anew\n"
             "S5 reply QUIT 221 >4 t1 => rejected by 550 b@y:550\n"},
    {.label = "XACK OFF refused",
     .steps = {HELLO,
               {'C', "XACK OFF\r\n"},
               {'S', "500 no\r\n"},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command XACK 500 >5\n"
             "S5 reply XACK 500 >4\n"
             "C6 command MAIL 250 >7 t1\n"
             "S7 reply MAIL 250 >6 t1\n"
             "C8 command RCPT 250 >9 t1\n"
             "S9 reply RCPT 250 >8 t1\n"},
    {.label = "XACK OFF and its recipients in one batch",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\nXACK OFF\r\nRCPT TO:<b@y>\r\nDATA\r\n"},
               {'S', "250 ok\r\n250 ok\r\n354 go\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "C4 command XACK 250 >5\n"
             "C4 command RCPT t1 none-due\n"
             "C4 command DATA 354 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "S5 reply XACK 250 >4\n"
             "S5 reply DATA 354 >4 t1\n"},
    {.label = "334 to the wrong command is nobody's",
     .steps = {HELLO, {'C', "NOOP\r\nQUIT\r\n"}, {'S', "334 what\r\n250 ok\r\n221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command NOOP 250 >5\n"
             "C4 command QUIT 221 >5\n"
             "S5 reply 334 !no-command\n"
             "S5 reply NOOP 250 >4\n"
             "S5 reply QUIT 221 >4\n"},
    {.label = "354 passes over a lost reply",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n"},
               {'S', "250 ok\r\n354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "C4 command RCPT t1 no-reply\n"
             "C4 command DATA 354 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "S5 reply DATA 354 >4 t1\n"
             "C6 text DATA 3 t1\n"
             "C6 eom . 250 3 >7 t1 complete\n"
             "S7 reply . 250 >4 t1 => accepted 3 b@y:0\n"
             "= x\\r\\n\n"},
    {.label = "421 in the middle of text",
     .steps = {HELLO, MAIL_RCPT, {'C', "DATA\r\n"}, {'S', "354 go\r\n"}, {'C', "x\r\n"}, {'S', "421 timeout\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command DATA 354 >9 t1\n"
             "S9 reply DATA 354 >8 t1\n"
             "C10 text DATA 3 t1\n"
             "S11 reply DATA 421 >8 t1 !early-reply\n"
             "~ x\\r\\n\n"},
    {.label = "RSET refused, QUIT",
     .steps = {HELLO, MAIL_RCPT, {'C', "RSET\r\nQUIT\r\n"}, {'S', "500 no\r\n221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command RSET 500 >9 t1\n"
             "C8 command QUIT 221 >9 t1\n"
             "S9 reply RSET 500 >8 t1\n"
             "S9 reply QUIT 221 >8 t1 => aborted b@y:250\n"},
    {.label = "XACK OFF does not reach into TLS",
     .steps = {HELLO,
               {'C', "XACK OFF\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "STARTTLS\r\n"},
               {'S', "220 go\r\n"},
               {'T', ""},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command XACK 250 >5\n"
                         "S5 reply XACK 250 >4\n"
                         "C6 command STARTTLS 220 >7 !not-offered\n"
                         "S7 reply STARTTLS 220 >6 tls-next\n"
                         "C9 command MAIL 250 >10 t1 !out-of-order\n"
                         "S10 reply MAIL 250 >9 t1\n"
                         "C11 command RCPT 250 >12 t1\n"
                         "S12 reply RCPT 250 >11 t1\n"},
    {.label = "hello instead of TLS",
     .steps = {HELLO,
               {'C', "STARTTLS\r\n"},
               {'S', "220 go\r\n"},
               {'F', ""},
               {'C', "EHLO c\r\n"},
               {'C', "NOOP\r\n"},
               {'S', "250 mx\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command STARTTLS 220 >5 !not-offered\n"
                         "S5 reply STARTTLS 220 >4 tls-next\n"
                         "C7 command EHLO 250 >9 !no-tls-record\n"
                         "C8 command NOOP 250 >10 !unsynchronized\n"
                         "S9 reply EHLO 250 >7 hello\n"
                         "S10 reply NOOP 250 >8\n"},
    {.label = "XEXCH50",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "XEXCH50 8 2\r\n"},
               {'S', "354 go\r\n"},
               {'C', "QUIT\r\nxyNOOP\r\n"},
               {'S', "250 ok\r\n250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command XEXCH50 250 >11 t1\n"
                                         "S9 reply XEXCH50 354 >8 t1\n"
                                         "C10 blob 8 >11\n"
                                         "C10 command NOOP 250 >11\n"
                                         "S11 reply XEXCH50 250 >8 t1\n"
                                         "S11 reply NOOP 250 >10\n"},
    {.label = "XEXCH50 refused",
     .steps = {HELLO, MAIL_RCPT, {'C', "XEXCH50 8 2\r\n"}, {'S', "504 no\r\n"}, {'C', "NOOP\r\n"}, {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command XEXCH50 504 >9 t1\n"
                                         "S9 reply XEXCH50 504 >8 t1\n"
                                         "C10 command NOOP 250 >11\n"
                                         "S11 reply NOOP 250 >10\n"},
    {.label = "TURN",
     .steps = {HELLO,
               {'C', "TURN\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "220 here\r\n"},
               {'S', "EHLO s\r\n"},
               {'C', "250 here\r\n"},
               {'S', "MAIL FROM:<a@x>\r\n"},
               {'C', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command TURN 250 >5\n"
                         "S5 reply TURN 250 >4\n"
                         "S6 reply 220 greeting\n"
                         "C7 command EHLO 250 >8\n"
                         "S8 reply EHLO 250 >7 hello\n"
                         "C9 command MAIL 250 >10 t1\n"
                         "S10 reply MAIL 250 >9 t1\n"},
    {.label = "TURN answered by no code of success",
     .steps = {HELLO, {'C', "TURN\r\n"}, {'S', "300 ok\r\n"}, {'C', "NOOP\r\n"}, {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command TURN 300 >5\n"
                         "S5 reply TURN 300 >4 !wrong-code\n"
                         "C6 command NOOP 250 >7\n"
                         "S7 reply NOOP 250 >6\n"},
    {.label = "ATRN refused, ATRN",
     .steps = {HELLO,
               {'C', "ATRN x\r\n"},
               {'S', "530 login\r\n"},
               {'C', "ATRN x\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "220 here\r\n"},
               {'S', "QUIT\r\n"},
               {'C', "221 bye\r\n"}},
     .want = HELLO_FACTS "C4 command ATRN 530 >5 !not-offered\n"
                         "S5 reply ATRN 530 >4\n"
                         "C6 command ATRN 250 >7\n"
                         "S7 reply ATRN 250 >6\n"
                         "S8 reply 220 greeting\n"
                         "C9 command QUIT 221 >10\n"
                         "S10 reply QUIT 221 >9\n"},
    {.label = "ATRN begins the session anew",
     .steps = {HELLO,
               {'C', "AUTH LOGIN Ym9i\r\n"},
               {'S', "235 ok\r\n"},
               {'C', "ATRN x\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "220 here\r\n"},
               {'S', "AUTH LOGIN Ym9i\r\n"},
               {'C', "235 ok\r\n"},
               {'S', "AUTH LOGIN Ym9i\r\n"},
               {'C', "503 twice\r\n"}},
     .want = HELLO_FACTS "C4 command AUTH 235 >5 !not-offered login1 LOGIN succeeded message 1\n"
                         "S5 reply AUTH 235 >4 login1 LOGIN succeeded user bob\n"
                         "C6 command ATRN 250 >7 !not-offered\n"
                         "S7 reply ATRN 250 >6\n"
                         "S8 reply 220 greeting\n"
                         "C9 command AUTH 235 >10 login2 LOGIN succeeded message 1\n"
                         "S10 reply AUTH 235 >9 login2 LOGIN succeeded user bob\n"
                         "C11 command AUTH 503 >12 !out-of-order login3 LOGIN failed message 1\n"
                         "S12 reply AUTH 503 >11 login3 LOGIN failed user bob\n"},
    {.label = "TURN begins the session anew",
     .steps = {HELLO,
               {'C', "AUTH LOGIN Ym9i\r\n"},
               {'S', "235 ok\r\n"},
               {'C', "TURN\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "220 here\r\n"},
               {'S', "AUTH LOGIN Ym9i\r\n"},
               {'C', "235 ok\r\n"},
               {'S', "AUTH LOGIN Ym9i\r\n"},
               {'C', "503 twice\r\n"}},
     .want = HELLO_FACTS "C4 command AUTH 235 >5 !not-offered login1 LOGIN succeeded message 1\n"
                         "S5 reply AUTH 235 >4 login1 LOGIN succeeded user bob\n"
                         "C6 command TURN 250 >7\n"
                         "S7 reply TURN 250 >6\n"
                         "S8 reply 220 greeting\n"
                         "C9 command AUTH 235 >10 login2 LOGIN succeeded message 1\n"
                         "S10 reply AUTH 235 >9 login2 LOGIN succeeded user bob\n"
                         "C11 command AUTH 503 >12 !out-of-order login3 LOGIN failed message 1\n"
                         "S12 reply AUTH 503 >11 login3 LOGIN failed user bob\n"},
    {.label = "PRDR",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "RCPT TO:<c@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "353 each\r\n250 ok\r\n550 no\r\n250 2.0.0 Ok: queued as ABC123\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command RCPT 550 >9 t1\n"
                                         "S9 reply RCPT 250 >8 t1\n"
                                         "C10 command DATA 354 >11 t1\n"
                                         "S11 reply DATA 354 >10 t1\n"
                                         "C12 text DATA 3 t1\n"
                                         "C12 eom . 353 3 >13 t1 complete\n"
                                         "S13 reply . 353 >10 t1\n"
                                         "S13 reply . 250 >10 t1\n"
                                         "S13 reply . 550 >10 t1\n"
                                         "S13 reply . 250 >10 t1 => accepted 3 id ABC123 b@y:250/250 c@y:250/550\n"
                                         "= x\\r\\n\n"},
    {.label = "PRDR, all refuse",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "RCPT TO:<c@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "353 each\r\n550 no\r\n550 no\r\n550 none\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "C6 command RCPT 550 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command RCPT 550 >9 t1\n"
                         "S9 reply RCPT 250 >8 t1\n"
                         "C10 command DATA 354 >11 t1\n"
                         "S11 reply DATA 354 >10 t1\n"
                         "C12 text DATA 3 t1\n"
                         "C12 eom . 353 3 >13 t1 complete\n"
                         "S13 reply . 353 >10 t1\n"
                         "S13 reply . 550 >10 t1\n"
                         "S13 reply . 550 >10 t1\n"
                         "S13 reply . 550 >10 t1 => rejected by 550 3 b@y:250/550 c@y:250/550\n"
                         "= x\\r\\n\n"},
    {.label = "558",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "RCPT TO:<c@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "558-250 ok\r\n558 550 no\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command RCPT 550 >9 t1\n"
                                         "S9 reply RCPT 250 >8 t1\n"
                                         "C10 command DATA 354 >11 t1\n"
                                         "S11 reply DATA 354 >10 t1\n"
                                         "C12 text DATA 3 t1\n"
                                         "C12 eom . 558 3 >13 t1 complete\n"
                                         "S13 reply . 558- t1\n"
                                         "S13 reply . 558 >10 t1 => accepted 3 b@y:250/250 c@y:250/550\n"
                                         "= x\\r\\n\n"},
    {.label = "355",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x> TRANSID=<1@x>\r\n"},
               {'S', "355 2 is the transaction offset\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go on\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 355 >5 t1\n"
                         "S5 reply MAIL 355 >4 t1\n"
                         "C6 command DATA 354 >7 t1 !out-of-order\n"
                         "S7 reply DATA 354 >6 t1\n"
                         "C8 text DATA 3 t1\n"
                         "C8 eom . 250 3 >9 t1 complete\n"
                         "S9 reply . 250 >6 t1 => accepted 3\n"
                         "= x\\r\\n\n"},
    {.label = "LMTP",
     .steps = {{'S', "220 mx LMTP\r\n"},
               {'C', "LHLO c\r\n"},
               {'S', "250-mx\r\n250 PIPELINING\r\n"},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<c@y>\r\n"},
               {'S', "550 no\r\n"},
               {'C', "RCPT TO:<d@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 <b@y> ok\r\n452 <d@y> full\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command LHLO 250 >3 lmtp\n"
             "S3 reply LHLO 250- hello lmtp\n"
             "S3 reply LHLO 250 >2 hello lmtp\n"
             "C4 command MAIL 250 >5 t1 lmtp\n"
             "S5 reply MAIL 250 >4 t1 lmtp\n"
             "C6 command RCPT 250 >7 t1 lmtp\n"
             "S7 reply RCPT 250 >6 t1 lmtp\n"
             "C8 command RCPT 550 >9 t1 lmtp\n"
             "S9 reply RCPT 550 >8 t1 lmtp\n"
             "C10 command RCPT 452 >11 t1 lmtp\n"
             "S11 reply RCPT 250 >10 t1 lmtp\n"
             "C12 command DATA 354 >13 t1 lmtp\n"
             "S13 reply DATA 354 >12 t1 lmtp\n"
             "C14 text DATA 3 t1 lmtp\n"
             "C14 eom . 250 3 >15 t1 lmtp complete\n"
             "S15 reply . 250 >12 t1 lmtp\n"
             "S15 reply . 452 >12 t1 lmtp => accepted 3 b@y:250/250 c@y:550 d@y:250/452\n"
             "C16 command QUIT 221 >17 lmtp\n"
             "S17 reply QUIT 221 >16 lmtp\n"
             "= x\\r\\n\n"},
    {.label = "LMTP, the server goes away in the middle of its replies",
     .steps = {{'S', "220 mx LMTP\r\n"},
               {'C', "LHLO c\r\n"},
               {'S', "250 mx\r\n"},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<c@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<d@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 <b@y> ok\r\n421 going down\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command LHLO 250 >3 lmtp\n"
             "S3 reply LHLO 250 >2 hello lmtp\n"
             "C4 command MAIL 250 >5 t1 lmtp\n"
             "S5 reply MAIL 250 >4 t1 lmtp\n"
             "C6 command RCPT 250 >7 t1 lmtp\n"
             "S7 reply RCPT 250 >6 t1 lmtp\n"
             "C8 command RCPT 421 >9 t1 lmtp\n"
             "S9 reply RCPT 250 >8 t1 lmtp\n"
             "C10 command RCPT 421 >11 t1 lmtp\n"
             "S11 reply RCPT 250 >10 t1 lmtp\n"
             "C12 command DATA 354 >13 t1 lmtp\n"
             "S13 reply DATA 354 >12 t1 lmtp\n"
             "C14 text DATA 3 t1 lmtp\n"
             "C14 eom . 250 3 >15 t1 lmtp complete\n"
             "S15 reply . 250 >12 t1 lmtp\n"
             "S15 reply . 421 >12 t1 lmtp => accepted 3 b@y:250/250 c@y:250/421 d@y:250/421\n"
             "C16 command QUIT 221 >17 lmtp\n"
             "S17 reply QUIT 221 >16 lmtp\n"
             "= x\\r\\n\n"},
    {.label = "LMTP, the server says that it goes away, and goes on",
     .steps = {{'S', "220 mx LMTP\r\n"},
               {'C', "LHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\n"},
               {'S', "250 mx\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"},
               {'C', "x\r\n.\r\nRSET\r\n"},
               {'S', "421 <b@y> busy\r\n250 <c@y> ok\r\n250 reset\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command LHLO 250 >3 lmtp\n"
             "C2 command MAIL 250 >3 t1 lmtp !unsynchronized\n"
             "C2 command RCPT 421 >3 t1 lmtp\n"
             "C2 command RCPT 250 >3 t1 lmtp\n"
             "C2 command DATA 354 >3 t1 lmtp\n"
             "S3 reply LHLO 250 >2 hello lmtp\n"
             "S3 reply MAIL 250 >2 t1 lmtp\n"
             "S3 reply RCPT 250 >2 t1 lmtp\n"
             "S3 reply RCPT 250 >2 t1 lmtp\n"
             "S3 reply DATA 354 >2 t1 lmtp\n"
             "C4 text DATA 3 t1 lmtp\n"
             "C4 eom . 421 3 >5 t1 lmtp complete\n"
             "C4 command RSET 250 >5 lmtp !pipeline\n"
             "S5 reply . 421 >2 t1 lmtp\n"
             "S5 reply . 250 >2 t1 lmtp => accepted 3 b@y:250/421 c@y:250/250\n"
             "S5 reply RSET 250 >4 lmtp\n"
             "= x\\r\\n\n"},
    {.label = "LMTP, chunks",
     .steps = {{'S', "220 mx LMTP\r\n"},
               {'C', "LHLO c\r\n"},
               {'S', "250-mx\r\n250 PIPELINING\r\n"},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<d@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "BDAT 2\r\nabBDAT 0 LAST\r\n"},
               {'S', "250 ok\r\n250 ok\r\n550 no\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command LHLO 250 >3 lmtp\n"
             "S3 reply LHLO 250- hello lmtp\n"
             "S3 reply LHLO 250 >2 hello lmtp\n"
             "C4 command MAIL 250 >5 t1 lmtp\n"
             "S5 reply MAIL 250 >4 t1 lmtp\n"
             "C6 command RCPT 250 >7 t1 lmtp\n"
             "S7 reply RCPT 250 >6 t1 lmtp\n"
             "C8 command RCPT 550 >9 t1 lmtp\n"
             "S9 reply RCPT 250 >8 t1 lmtp\n"
             "C10 command BDAT 250 >11 t1 lmtp !not-offered\n"
             "C10 chunk BDAT 2 >11 t1 lmtp\n"
             "C10 command BDAT 250 >11 t1 lmtp complete bdat-last\n"
             "S11 reply BDAT 250 >10 t1 lmtp\n"
             "S11 reply BDAT 250 >10 t1 lmtp\n"
             "S11 reply BDAT 550 >10 t1 lmtp => accepted 2 b@y:250/250 d@y:250/550\n"
             "= ab\n"},
    {.label = "gap in replies, one answer certain",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n"},
               {'s', "16"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL t1 no-reply\n"
                         "C4 command RCPT t1 no-reply\n"
                         "C4 command DATA 354 >6 t1\n"
                         "S5 gap 16 !gap\n"
                         "S6 reply DATA 354 >4 t1\n"
                         "C7 text DATA 3 t1\n"
                         "C7 eom . 250 3 >8 t1 complete\n"
                         "S8 reply . 250 >4 t1 => accepted 3 b@y:0 uncertain\n"
                         "= x\\r\\n\n"},
    {.label = "gap in replies, not certain",
     .steps = {HELLO,
               {'C', "NOOP\r\nNOOP\r\nNOOP\r\n"},
               {'s', "8"},
               {'S', "250 ok\r\n250 ok\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = HELLO_FACTS "C4 command NOOP no-reply\n"
                         "C4 command NOOP no-reply\n"
                         "C4 command NOOP no-reply\n"
                         "S5 gap 8 !gap\n"
                         "S6 reply 250 lost-peer\n"
                         "S6 reply 250 lost-peer\n"
                         "C7 command QUIT 221 >8\n"
                         "S8 reply QUIT 221 >7\n"},
    {.label = "gap in the middle of a reply",
     .steps = {HELLO, {'C', "HELP\r\n"}, {'S', "214-a\r\n"}, {'s', "20"}, {'S', "214 z\r\n"}},
     .want = HELLO_FACTS "C4 command HELP 214 >7\n"
                         "S5 reply HELP 214-\n"
                         "S6 gap 20 !gap\n"
                         "S7 reply HELP 214 >4\n"},
    {.label = "gap in the middle of an EHLO reply",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n"},
               {'s', "20"},
               {'S', "250-SIZE 10\r\n250 HELP\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >5\n"
             "S3 reply EHLO 250- hello\n"
             "S4 gap 20 !gap\n"
             "S5 reply EHLO 250- hello\n"
             "S5 reply EHLO 250 >2 hello\n"},
    {.label = "gap instead of the greeting",
     .steps = {{'s', "8"}, {'C', "EHLO c\r\n"}, {'S', "250-mx\r\n250 SIZE\r\n"}},
     .want = "S1 gap 8 !gap\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"},
    {.label = "gap holds the 354",
     .steps =
         {HELLO, MAIL_RCPT, {'C', "DATA\r\n"}, {'s', "8"}, {'a', "Subject: x\r\n\r\ny\r\n.\r\n"}, {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA t1 no-reply\n"
                                         "S9 gap 8 !gap\n"
                                         "C10 text DATA 17 t1 lost-peer\n"
                                         "C10 eom . 250 3 >11 t1 complete\n"
                                         "S11 reply . 250 >8 t1 => accepted 17 b@y:250 uncertain\n"
                                         "= Subject: x\\r\\n\\r\\ny\\r\\n\n"},
    {.label = "gap in commands",
     .steps = {HELLO,
               {'C', "NOOP\r\n"},
               {'S', "250 ok\r\n"},
               {'c', "6"},
               {'S', "250 ok\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = HELLO_FACTS "C4 command NOOP 250 >5\n"
                         "S5 reply NOOP 250 >4\n"
                         "C6 gap 6 !gap\n"
                         "S7 reply 250 lost-peer\n"
                         "C8 command QUIT 221 >9\n"
                         "S9 reply QUIT 221 >8\n"},
    {.label = "gap in pipelined commands",
     .whole = true,
     .steps = {HELLO,
               {'C', "NOOP\r\nNOOP\r\n"},
               {'c', "6"},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 1\r\n250 2\r\n250 3\r\n250 4\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = HELLO_FACTS "C4 command NOOP no-reply\n"
                         "C4 command NOOP no-reply\n"
                         "C5 gap 6 !gap\n"
                         "C6 command MAIL t1 no-reply\n"
                         "S7 reply 250 lost-peer\n"
                         "S7 reply 250 lost-peer\n"
                         "S7 reply 250 lost-peer\n"
                         "S7 reply 250 lost-peer\n"
                         "C8 command QUIT 221 >9 t1\n"
                         "S9 reply QUIT 221 >8 t1\n"},
    {.label = "gap in the text",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "abc\r\n"},
               {'c', "10"},
               {'C', "def\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >9 t1\n"
                                         "S9 reply DATA 354 >8 t1\n"
                                         "C10 text DATA 5 t1\n"
                                         "C11 gap 10 !gap\n"
                                         "C12 text DATA 5 t1\n"
                                         "C12 eom . 250 3 >13 t1 !message-incomplete\n"
                                         "S13 reply . 250 >8 t1 => accepted 10 b@y:250\n"
                                         "= abc\\r\\ndef\\r\\n\n"},
    {.label = "gap holds the end mark",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "abc\r\n"},
               {'c', "10"},
               {'S', "250 ok queued as 7\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >9 t1\n"
                                         "S9 reply DATA 354 >8 t1\n"
                                         "C10 text DATA 5 t1\n"
                                         "C11 gap 10 !gap\n"
                                         "S12 eom . 250 0 >12 t1 !message-incomplete\n"
                                         "S12 reply . 250 >8 t1 => accepted 5 b@y:250\n"
                                         "C13 command QUIT 221 >14\n"
                                         "S14 reply QUIT 221 >13\n"
                                         "= abc\\r\\n\n"},
    {.label = "gap in the middle of a chunk",
     .steps = {HELLO, MAIL_RCPT, {'C', "BDAT 10 LAST\r\nab"}, {'c', "3"}, {'C', "fghij"}, {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 250 >11 t1\n"
                                         "C8 chunk BDAT 2 t1\n"
                                         "C9 gap 3 !gap\n"
                                         "C10 chunk BDAT 5 >11 t1 last !message-incomplete\n"
                                         "S11 reply BDAT 250 >8 t1 => accepted 7 b@y:250\n"
                                         "= abfghij\n"},
    {.label = "gap in a login",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"},
               {'C', "AUTH LOGIN\r\n"},
               {'S', "334 VXNlcm5hbWU6\r\n"},
               {'c', "6"},
               {'S', "334 UGFzc3dvcmQ6\r\n"},
               {'C', "c2VjcmV0\r\n"},
               {'S', "235 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command AUTH 235 >5 login1 LOGIN succeeded message 0\n"
             "S5 reply AUTH 334 >4 login1 LOGIN succeeded\n"
             "C6 gap 6 !gap\n"
             "S7 reply AUTH 334 login1 LOGIN succeeded\n"
             "C8 auth >9 !clear-password login1 LOGIN succeeded message 2\n"
             "S9 reply AUTH 235 >8 login1 LOGIN succeeded\n"},
    {.label = "late start at a command",
     .unopened = true,
     .steps = {{'C', "RCPT TO:<b@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "C1 command RCPT 250 >2\n"
             "S2 reply RCPT 250 >1\n"
             "C3 command DATA 354 >4\n"
             "S4 reply DATA 354 >3\n"
             "C5 text DATA 3\n"
             "C5 eom . 250 3 >6 complete\n"
             "S6 reply . 250 >3\n"
             "= x\\r\\n\n"},
    {.label = "late start in the text",
     .unopened = true,
     .steps = {{'C', "some text\r\nof a mail\r\n.\r\n"}},
     .want = "C1 line\n"
             "C1 line\n"
             "C1 eom . 3\n"},
    {.label = "late start in the text: the end mark has its reply",
     .unopened = true,
     .steps = {{'C', "of a mail\r\n.\r\n"}, {'S', "250 ok\r\n"}, {'C', "QUIT\r\n"}, {'S', "221 bye\r\n"}},
     .want = "C1 line\n"
             "C1 eom . 250 3 >2\n"
             "S2 reply . 250\n"
             "C3 command QUIT 221 >4\n"
             "S4 reply QUIT 221 >3\n"},
    {.label = "late start at a 354",
     .unopened = true,
     .steps = {{'S', "354 go\r\n"}, {'C', "x\r\n.\r\nQUIT\r\n"}, {'S', "250 ok\r\n221 bye\r\n"}},
     .want = "S1 reply 354 lost-peer\n"
             "C2 text DATA 3\n"
             "C2 eom . 250 3 >3 complete\n"
             "C2 command QUIT 221 >3\n"
             "S3 reply . 250\n"
             "S3 reply QUIT 221 >2\n"
             "= x\\r\\n\n"},
    {.label = "late start at a 354, the text begins in a hole",
     .unopened = true,
     .steps = {{'S', "354 go\r\n"}, {'c', "7"}, {'C', "x\r\n.\r\n"}, {'S', "250 ok\r\n"}},
     .want = "S1 reply 354 lost-peer\n"
             "C2 gap 7 !gap\n"
             "C3 line\n"
             "C3 eom . 250 3 >4\n"
             "S4 reply . 250\n"},
    {.label = "354, and the server goes on: no text",
     .unopened = true,
     .steps = {{'S', "354 go\r\n"}, {'S', "250 ok\r\n"}, {'C', "NOOP\r\n"}, {'S', "250 ok\r\n"}},
     .want = "S1 reply 354 lost-peer\n"
             "S2 reply 250 lost-peer\n"
             "C3 command NOOP 250 >4\n"
             "S4 reply NOOP 250 >3\n"},
    {.label = "354 that answers nothing in a session watched from its beginning",
     .steps = {HELLO, {'S', "354 go\r\n"}, {'C', "NOOP\r\n"}, {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "S4 reply 354 !no-command\n"
                         "C5 command NOOP 250 >6\n"
                         "S6 reply NOOP 250 >5\n"},
    {.label = "late start at a hello's reply: known by its form",
     .unopened = true,
     .steps = {{'S', "250-mx\r\n250-SIZE 5\r\n250 X-NEW\r\n"},
               {'S', "250-2.1.5 ok\r\n250 2.1.5 SIZE\r\n"},
               {'S', "250-ok\r\n250 fine\r\n"}},
     .want = "S1 reply EHLO 250- hello lost-peer\n"
             "S1 reply EHLO 250- hello lost-peer\n"
             "S1 reply EHLO 250 hello lost-peer\n"
             "S2 reply 250- lost-peer\n"
             "S2 reply 250 lost-peer\n"
             "S3 reply 250- lost-peer\n"
             "S3 reply 250 lost-peer\n"},
    {.label = "late start at a reply",
     .unopened = true,
     .steps = {{'S', "250 ok\r\n"}, {'C', "NOOP\r\n"}, {'S', "250 ok\r\n"}},
     .want = "S1 reply 250 lost-peer\n"
             "C2 command NOOP 250 >3\n"
             "S3 reply NOOP 250 >2\n"},
    {.label = "late start at the greeting",
     .unopened = true,
     .steps = {{'S', "220 mx\r\n"}, {'C', "EHLO c\r\n"}, {'S', "250 mx\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250 >2 hello\n"},
    {.label = "lines of all kinds of ends",
     .steps = {{'S', "220 mx\n"}, {'C', "NOOP\n"}, {'S', "250 o\rk\r\n"}, {'C', "NO"}, {'C', "OP\r\nQUI"}},
     .want = "S1 reply 220 greeting !bare-lf\n"
             "C2 command NOOP 250 >3 !bare-lf\n"
             "S3 reply NOOP 250 >2 !control !mixed-line-ends\n"
             "C5 command NOOP !mixed-line-ends\n"
             "C6 command !no-eol\n"},
    {.label = "pipelined though not offered",
     .whole = true,
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250 mx\r\n"},
               {'C', "NOOP\r\nNOOP\r\n"},
               {'S', "250 ok\r\n250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command NOOP 250 >5\n"
             "C4 command NOOP 250 >5 !pipeline\n"
             "S5 reply NOOP 250 >4\n"
             "S5 reply NOOP 250 >4\n"},
    {.label = "several lines of a 354 and of a verdict",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354-go\r\n354 on\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250-ok\r\n250 2.0.0 Ok: queued as ABC123\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >9 t1\n"
                                         "S9 reply DATA 354- t1\n"
                                         "S9 reply DATA 354 >8 t1\n"
                                         "C10 text DATA 3 t1\n"
                                         "C10 eom . 250 3 >11 t1 complete\n"
                                         "S11 reply . 250- t1\n"
                                         "S11 reply . 250 >8 t1 => accepted 3 id ABC123 b@y:250\n"
                                         "= x\\r\\n\n"},
    {.label = "next mail in the segment of the end mark",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\nMAIL FROM:<c@x>\r\n"},
               {'S', "250 ok\r\n250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >9 t1\n"
                                         "S9 reply DATA 354 >8 t1\n"
                                         "C10 text DATA 3 t1\n"
                                         "C10 eom . 250 3 >11 t1 complete\n"
                                         "C10 command MAIL 250 >11 t2\n"
                                         "S11 reply . 250 >8 t1 => accepted 3 b@y:250\n"
                                         "S11 reply MAIL 250 >10 t2\n"
                                         "= x\\r\\n\n"},
    {.label = "DATA without MAIL",
     .steps = {HELLO, {'C', "DATA\r\n"}, {'S', "503 no\r\n"}},
     .want = HELLO_FACTS "C4 command DATA 503 >5 !out-of-order\n"
                         "S5 reply DATA 503 >4\n"},
    {.label = "chunk without MAIL",
     .steps = {HELLO, {'C', "BDAT 2 LAST\r\nab"}, {'S', "503 no\r\n"}},
     .want = HELLO_FACTS "C4 command BDAT 503 >5 !out-of-order\n"
                         "C4 chunk BDAT 2 >5 last\n"
                         "S5 reply BDAT 503 >4\n"
                         "= ab\n"},
    {.label = "chunk after RSET",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 2\r\nab"},
               {'S', "250 ok\r\n"},
               {'C', "RSET\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "BDAT 3 LAST\r\nxyz"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 250 >9 t1\n"
                                         "C8 chunk BDAT 2 >9 t1\n"
                                         "S9 reply BDAT 250 >8 t1\n"
                                         "C10 command RSET 250 >11 t1\n"
                                         "S11 reply RSET 250 >10 t1 => aborted b@y:250\n"
                                         "C12 command MAIL 250 >13 t2\n"
                                         "S13 reply MAIL 250 >12 t2\n"
                                         "C14 command RCPT 250 >15 t2\n"
                                         "S15 reply RCPT 250 >14 t2\n"
                                         "C16 command BDAT 250 >17 t2\n"
                                         "C16 chunk BDAT 3 >17 t2 last complete\n"
                                         "S17 reply BDAT 250 >16 t2 => accepted 3 b@y:250\n"
                                         "~ ab\n"
                                         "= xyz\n"},
    {.label = "chunks while replies lag",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 2\r\nab"},
               {'C', "BDAT 2\r\ncd"},
               {'C', "BDAT 2 LAST\r\nef"},
               {'S', "250 ok\r\n"},
               {'S', "250 ok\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 250 >11 t1\n"
                                         "C8 chunk BDAT 2 >11 t1\n"
                                         "C9 command BDAT 250 >12 t1\n"
                                         "C9 chunk BDAT 2 >12 t1\n"
                                         "C10 command BDAT 250 >13 t1\n"
                                         "C10 chunk BDAT 2 >13 t1 last complete\n"
                                         "S11 reply BDAT 250 >8 t1\n"
                                         "S12 reply BDAT 250 >9 t1\n"
                                         "S13 reply BDAT 250 >10 t1 => accepted 6 b@y:250\n"
                                         "= abcdef\n"},
    {.label = "STARTTLS in the middle of a mail",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250 STARTTLS\r\n"},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "STARTTLS\r\n"},
               {'S', "220 go\r\n"},
               {'T', ""},
               {'C', "MAIL FROM:<c@x>\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command MAIL 250 >5 t1 !clear-mail\n"
             "S5 reply MAIL 250 >4 t1\n"
             "C6 command RCPT 250 >7 t1\n"
             "S7 reply RCPT 250 >6 t1\n"
             "C8 command STARTTLS 220 >9 t1 !out-of-order\n"
             "S9 reply STARTTLS 220 >8 t1 tls-next => aborted b@y:250\n"
             "C11 command MAIL 250 >12 t2 !out-of-order\n"
             "S12 reply MAIL 250 >11 t2\n"},
    {.label = "TLS ends in the middle of a chunk: what follows in plaintext is none of it",
     .steps = {HELLO,
               {'T', ""},
               MAIL_RCPT,
               {'C', "BDAT 20\r\nabcdefgh"},
               {'P', ""},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = HELLO_FACTS "C5 command MAIL 250 >6 t1 !out-of-order\n"
                         "S6 reply MAIL 250 >5 t1\n"
                         "C7 command RCPT 250 >8 t1\n"
                         "S8 reply RCPT 250 >7 t1\n"
                         "C9 command BDAT t1 no-reply\n"
                         "C9 chunk BDAT 8 t1\n"
                         "C11 command QUIT 221 >12 t1 !tls-closed-in-message\n"
                         "S12 reply QUIT 221 >11 t1 => aborted b@y:250\n"
                         "~ abcdefgh\n"},
    {.label = "TLS ends in the middle of a text: what follows in plaintext is none of it",
     .steps = {HELLO,
               {'T', ""},
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "abc\r\n"},
               {'P', ""},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = HELLO_FACTS "C5 command MAIL 250 >6 t1 !out-of-order\n"
                         "S6 reply MAIL 250 >5 t1\n"
                         "C7 command RCPT 250 >8 t1\n"
                         "S8 reply RCPT 250 >7 t1\n"
                         "C9 command DATA 354 >10 t1\n"
                         "S10 reply DATA 354 >9 t1\n"
                         "C11 text DATA 5 t1\n"
                         "C13 command QUIT 221 >14 t1 !tls-closed-in-message\n"
                         "S14 reply QUIT 221 >13 t1 => aborted b@y:250\n"
                         "~ abc\\r\\n\n"},
    {.label = "TURN in the middle of a mail",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "TURN\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "220 here\r\n"},
               {'S', "QUIT\r\n"},
               {'C', "221 bye\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command TURN 250 >9 t1\n"
                                         "S9 reply TURN 250 >8 t1 => aborted b@y:250\n"
                                         "S10 reply 220 greeting\n"
                                         "C11 command QUIT 221 >12\n"
                                         "S12 reply QUIT 221 >11\n"},
    {.label = "SOML",
     .steps = {HELLO,
               {'C', "SOML FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command SOML 250 >5 t1\n"
                         "S5 reply SOML 250 >4 t1\n"
                         "C6 command RCPT 250 >7 t1\n"
                         "S7 reply RCPT 250 >6 t1\n"
                         "C8 command DATA 354 >9 t1\n"
                         "S9 reply DATA 354 >8 t1\n"
                         "C10 text DATA 3 t1\n"
                         "C10 eom . 250 3 >11 t1 complete\n"
                         "S11 reply . 250 >8 t1 => accepted 3 b@y:250\n"
                         "= x\\r\\n\n"},
    {.label = "XCLIENT refused",
     .steps = {HELLO, {'C', "XCLIENT ADDR=192.0.2.1\r\n"}, {'S', "550 no\r\n"}},
     .want = HELLO_FACTS "C4 command XCLIENT 550 >5 !not-offered\n"
                         "S5 reply XCLIENT 550 >4\n"},
    {.label = "XEXCH50 without size",
     .steps = {HELLO, MAIL_RCPT, {'C', "XEXCH50 x\r\n"}, {'S', "501 what\r\n"}, {'C', "NOOP\r\n"}, {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command XEXCH50 501 >9 t1\n"
                                         "S9 reply XEXCH50 501 >8 t1\n"
                                         "C10 command NOOP 250 >11\n"
                                         "S11 reply NOOP 250 >10\n"},
    {.label = "LMTP, no recipient accepted",
     .steps = {{'S', "220 mx LMTP\r\n"},
               {'C', "LHLO c\r\n"},
               {'S', "250-mx\r\n250 PIPELINING\r\n"},
               {'C', "MAIL FROM:<a@x>\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "RCPT TO:<b@y>\r\n"},
               {'S', "550 no\r\n"},
               {'C', "DATA\r\n"},
               {'S', "503 no\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command LHLO 250 >3 lmtp\n"
             "S3 reply LHLO 250- hello lmtp\n"
             "S3 reply LHLO 250 >2 hello lmtp\n"
             "C4 command MAIL 250 >5 t1 lmtp\n"
             "S5 reply MAIL 250 >4 t1 lmtp\n"
             "C6 command RCPT 550 >7 t1 lmtp\n"
             "S7 reply RCPT 550 >6 t1 lmtp\n"
             "C8 command DATA 503 >9 t1 lmtp !out-of-order\n"
             "S9 reply DATA 503 >8 t1 lmtp\n"
             "C10 command QUIT 221 >11 t1 lmtp\n"
             "S11 reply QUIT 221 >10 t1 lmtp => rejected by 550 b@y:550\n"},
    {.label = "LMTP, pipelined and all refused",
     .steps = {{'S', "220 mx LMTP\r\n"},
               {'C', "LHLO c\r\n"},
               {'S', "250-mx\r\n250 PIPELINING\r\n"},
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n"},
               {'S', "250 ok\r\n550 no\r\n354 go\r\n"},
               {'C', ".\r\n"},
               {'S', "503 no valid recipients\r\n"},
               {'C', "NOOP\r\n"},
               {'S', "250 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command LHLO 250 >3 lmtp\n"
             "S3 reply LHLO 250- hello lmtp\n"
             "S3 reply LHLO 250 >2 hello lmtp\n"
             "C4 command MAIL 250 >5 t1 lmtp\n"
             "C4 command RCPT 550 >5 t1 lmtp\n"
             "C4 command DATA 354 >5 t1 lmtp\n"
             "S5 reply MAIL 250 >4 t1 lmtp\n"
             "S5 reply RCPT 550 >4 t1 lmtp\n"
             "S5 reply DATA 354 >4 t1 lmtp\n"
             "C6 eom . 503 3 >7 t1 lmtp complete\n"
             "S7 reply . 503 >4 t1 lmtp => rejected by 550 0 b@y:550\n"
             "C8 command NOOP 250 >9 lmtp\n"
             "S9 reply NOOP 250 >8 lmtp\n"
             "= \n"},
    {.label = "PRDR after chunks",
     .steps = {HELLO, MAIL_RCPT, {'C', "BDAT 2 LAST\r\nab"}, {'S', "353 each\r\n250 ok\r\n250 all\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 353 >9 t1\n"
                                         "C8 chunk BDAT 2 >9 t1 last complete\n"
                                         "S9 reply BDAT 353 >8 t1\n"
                                         "S9 reply BDAT 250 >8 t1\n"
                                         "S9 reply BDAT 250 >8 t1 => accepted 2 b@y:250/250\n"
                                         "= ab\n"},
    {.label = "gap in a chunk to its very end",
     .steps =
         {HELLO, MAIL_RCPT, {'C', "BDAT 10 LAST\r\nab"}, {'c', "8"}, {'C', "QUIT\r\n"}, {'S', "250 ok\r\n221 bye\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 250 >11 t1\n"
                                         "C8 chunk BDAT 2 t1\n"
                                         "C9 gap 8 !gap\n"
                                         "C10 command QUIT 221 >11\n"
                                         "S11 reply BDAT 250 >8 t1 => accepted 2 b@y:250\n"
                                         "S11 reply QUIT 221 >10\n"
                                         "~ ab\n"},
    {.label = "gap in a blob",
     .steps = {HELLO,
               {'C', "XEXCH50 8 2\r\n"},
               {'S', "354 go\r\n"},
               {'C', "ab"},
               {'c', "2"},
               {'C', "efghNOOP\r\n"},
               {'S', "250 ok\r\n250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command XEXCH50 250 >9\n"
                         "S5 reply XEXCH50 354 >4\n"
                         "C6 blob 2\n"
                         "C7 gap 2 !gap\n"
                         "C8 blob 4 >9\n"
                         "C8 command NOOP 250 >9\n"
                         "S9 reply XEXCH50 250 >4\n"
                         "S9 reply NOOP 250 >8\n"},
    {.label = "gap in the replies to a client that waits",
     .steps = {HELLO,
               {'C', "NOOP\r\n"},
               {'s', "8"},
               {'a', "RSET\r\n"},
               {'S', "250 ok\r\n"},
               {'C', "NOOP\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command NOOP no-reply\n"
                         "S5 gap 8 !gap\n"
                         "C6 command RSET 250 >7\n"
                         "S7 reply RSET 250 >6\n"
                         "C8 command NOOP 250 >9\n"
                         "S9 reply NOOP 250 >8\n"},
    {.label = "gap in replies to recipients",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\n"},
               {'S', "250 ok\r\n"},
               {'s', "8"},
               {'S', "550 no\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 250 >5 t1\n"
                         "C4 command RCPT t1 no-reply\n"
                         "C4 command RCPT t1 no-reply\n"
                         "S5 reply MAIL 250 >4 t1\n"
                         "S6 gap 8 !gap\n"
                         "S7 reply 550 lost-peer\n"
                         "C8 command DATA 354 >9 t1\n"
                         "S9 reply DATA 354 >8 t1\n"
                         "C10 text DATA 3 t1\n"
                         "C10 eom . 250 3 >11 t1 complete\n"
                         "S11 reply . 250 >8 t1 => accepted 3 b@y:0 c@y:0 uncertain\n"
                         "= x\\r\\n\n"},
    {.label = "gap cuts a reply",
     .steps = {HELLO, {'C', "NOOP\r\n"}, {'S', "250 o"}, {'s', "3"}, {'C', "QUIT\r\n"}, {'S', "221 bye\r\n"}},
     .want = HELLO_FACTS "C4 command NOOP 250 >6\n"
                         "S6 reply NOOP 250 >4 !no-eol\n"
                         "S6 gap 3 !gap\n"
                         "C7 command QUIT 221 >8\n"
                         "S8 reply QUIT 221 >7\n"},
    {.label = "AUTH with an empty first message",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"},
               {'C', "AUTH EXTERNAL =\r\n"},
               {'S', "235 ok\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command AUTH 235 >5 !not-offered login1 EXTERNAL succeeded message 1\n"
             "S5 reply AUTH 235 >4 login1 EXTERNAL succeeded\n"},
    {.label = "AUTH that is granted before the client's first message",
     .steps = {HELLO,
               {'C', "AUTH LOGIN\r\n"},
               {'S', "235 ok\r\n"},
               {'C', "Ym9i\r\n"},
               {'S', "500 what\r\n"},
               {'C', "AUTH LOGIN\r\n"},
               {'S', "503 twice\r\n"}},
     .want = HELLO_FACTS "C4 command AUTH 235 >5 !not-offered login1 LOGIN succeeded message 0\n"
                         "S5 reply AUTH 235 >4 login1 LOGIN succeeded\n"
                         "C6 command 500 >7\n"
                         "S7 reply 500 >6\n"
                         "C8 command AUTH 503 >9 !out-of-order login2 LOGIN failed message 0\n"
                         "S9 reply AUTH 503 >8 login2 LOGIN failed\n"},
    {.label = "AUTH with more than two words",
     .steps = {HELLO,
               {'C', "AUTH PLAIN AGJvYgBzZWNyZXQ= again\r\n"},
               {'S', "501 no\r\n"},
               {'C', "AUTH LOGIN Ym9i c2VjcmV0\r\n"},
               {'S', "334 UGFzc3dvcmQ6\r\n"},
               {'C', "c2VjcmV0\r\n"},
               {'S', "235 ok\r\n"}},
     .want = HELLO_FACTS "C4 command AUTH 501 >5 !clear-password !not-offered login1 PLAIN failed message 1\n"
                         "S5 reply AUTH 501 >4 login1 PLAIN failed user bob\n"
                         "C6 command AUTH 235 >7 login2 LOGIN succeeded message 1\n"
                         "S7 reply AUTH 334 >6 login2 LOGIN succeeded user bob\n"
                         "C8 auth >9 !clear-password login2 LOGIN succeeded message 2\n"
                         "S9 reply AUTH 235 >8 login2 LOGIN succeeded user bob\n"},
    {.label = "late start at an AUTH",
     .unopened = true,
     .steps = {{'C', "AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n"}, {'S', "235 ok\r\n"}},
     .want = "C1 command AUTH 235 >2 !clear-password login1 PLAIN succeeded message 1\n"
             "S2 reply AUTH 235 >1 login1 PLAIN succeeded user bob\n"},
    {.label = "late start at words that begin like an AUTH",
     .unopened = true,
     .steps = {{'C', "AUTH PLAIN or LOGIN\r\n"}, {'C', "AUTH PLAIN\r\n"}, {'S', "334 \r\n"}},
     .want = "C1 line\n"
             "C2 command AUTH 334 >3 login1 PLAIN open message 0\n"
             "S3 reply AUTH 334 >2 login1 PLAIN open\n"},
    {.label = "late start at a sentence that begins with a verb",
     .unopened = true,
     .steps = {{'C', "Help me\r\n"}, {'C', "help me\r\n"}},
     .want = "C1 line\n"
             "C2 command HELP\n"},
    {.label = "login given up by a command",
     .steps = {{'S', "220 mx\r\n"},
               {'C', "EHLO c\r\n"},
               {'S', "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"},
               {'C', "AUTH LOGIN\r\n"},
               {'S', "501 no\r\n"},
               {'C', "QUIT\r\n"},
               {'S', "221 bye\r\n"}},
     .want = "S1 reply 220 greeting\n"
             "C2 command EHLO 250 >3\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250- hello\n"
             "S3 reply EHLO 250 >2 hello\n"
             "C4 command AUTH 501 >5 login1 LOGIN failed message 0\n"
             "S5 reply AUTH 501 >4 login1 LOGIN failed\n"
             "C6 command QUIT 221 >7\n"
             "S7 reply QUIT 221 >6\n"},
    {.label = "smuggled commands after a fake end",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', "x\r\n.\nMAIL FROM:<e@v>\r\n.\r\n"},
               {'S', "250 ok\r\n250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command DATA 354 >9 t1\n"
                                         "S9 reply DATA 354 >8 t1\n"
                                         "C10 text DATA 2 t1\n"
                                         "C10 eom . 250 3 >11 t1 complete !body-octets\n"
                                         "C10 command MAIL 250 >11 t2\n"
                                         "C10 command !not-command\n"
                                         "S11 reply . 250 >8 t1 => accepted 3 b@y:250\n"
                                         "S11 reply MAIL 250 >10 t2 !fake-end-taken !read-anew\n"
                                         "= x\\r\\n\n"},
    {.label = "command after QUIT",
     .steps = {HELLO, {'C', "QUIT\r\nNOOP\r\n"}, {'S', "221 bye\r\n"}},
     .want = HELLO_FACTS "C4 command QUIT 221 >5\n"
                         "C4 command NOOP !unsynchronized\n"
                         "S5 reply QUIT 221 >4\n"},
    {.label = "late start in the middle of a reply",
     .unopened = true,
     .steps = {{'S', "250-SIZE\r\n250 HELP\r\n"}, {'C', "MAIL FROM:<a@x>\r\n"}, {'S', "250 ok\r\n"}},
     .want = "S1 reply EHLO 250- hello lost-peer\n"
             "S1 reply EHLO 250 hello lost-peer\n"
             "C2 command MAIL 250 >3 t1\n"
             "S3 reply MAIL 250 >2 t1\n"},
    {.label = "late start in the middle of a mail",
     .unopened = true,
     .steps =
         {{'C', "DATA\r\n"}, {'S', "354 go\r\n"}, {'C', "x\r\n.\r\n"}, {'S', "250 2.0.0 Ok: queued as ABC123\r\n"}},
     .want = "C1 command DATA 354 >2\n"
             "S2 reply DATA 354 >1\n"
             "C3 text DATA 3\n"
             "C3 eom . 250 3 >4 complete\n"
             "S4 reply . 250 >1\n"
             "= x\\r\\n\n"},
    {.label = "DATA in the middle of chunks",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "BDAT 2\r\nab"},
               {'S', "250 ok\r\n"},
               {'C', "DATA\r\n"},
               {'S', "503 no\r\n"},
               {'C', "BDAT 0 LAST\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command BDAT 250 >9 t1\n"
                                         "C8 chunk BDAT 2 >9 t1\n"
                                         "S9 reply BDAT 250 >8 t1\n"
                                         "C10 command DATA 503 >11 t1 !out-of-order\n"
                                         "S11 reply DATA 503 >10 t1\n"
                                         "C12 command BDAT 250 >13 t1 complete bdat-last\n"
                                         "S13 reply BDAT 250 >12 t1 => accepted 2 b@y:250\n"
                                         "= ab\n"},
    {.label = "EHLO refused in the middle of a mail",
     .steps = {HELLO,
               MAIL_RCPT,
               {'C', "EHLO c\r\n"},
               {'S', "503 no\r\n"},
               {'C', "DATA\r\n"},
               {'S', "354 go\r\n"},
               {'C', ".\r\n"},
               {'S', "250 ok\r\n"}},
     .want = HELLO_FACTS MAIL_RCPT_FACTS "C8 command EHLO 503 >9 t1\n"
                                         "S9 reply EHLO 503 >8 t1\n"
                                         "C10 command DATA 354 >11 t1\n"
                                         "S11 reply DATA 354 >10 t1\n"
                                         "C12 eom . 250 3 >13 t1 complete\n"
                                         "S13 reply . 250 >10 t1 => accepted 0 b@y:250\n"
                                         "= \n"},
    {.label = "MAIL refused after which DATA is pipelined",
     .steps = {HELLO,
               {'C', "MAIL FROM:<a@x> SIZE=9 BODY=BINARYMIME\r\nRCPT TO:<b@y>\r\nDATA\r\n"},
               {'S', "552 big\r\n503 no\r\n503 no\r\n"}},
     .want = HELLO_FACTS "C4 command MAIL 552 >5 t1 !not-offered\n"
                         "C4 command RCPT 503 >5\n"
                         "C4 command DATA 503 >5\n"
                         "S5 reply MAIL 552 >4 t1 => rejected by 552\n"
                         "S5 reply RCPT 503 >4\n"
                         "S5 reply DATA 503 >4\n"},
    {.label = "no command at all",
     .steps = {HELLO, {'C', "\001\002\r\n"}, {'S', "500 what\r\n"}},
     .want = HELLO_FACTS "C4 command 500 >5 !not-command\n"
                         "S5 reply 500 >4\n"},
};

static void test_dialogues(void **state)
{
    unsigned bad = 0;
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(dialogues); i++) {
        char *got = play(&dialogues[i], -1, 0, false);
        if (strcmp(got, dialogues[i].want) != 0) {
            fprintf(stderr, "=== %s\n%s--- expected\n%s", dialogues[i].label, got, dialogues[i].want);
            bad++;
        }
        g_free(got);
    }
    assert_int_equal(bad, 0);
}

static void check_same(const dialogue_t *d, char *got, int step, size_t cut)
{
    if (strcmp(got, d->want) != 0)
        fail_msg("%s: cut in step %d at %u:\n%s--- expected\n%s", d->label, step + 1, (unsigned)cut, got, d->want);
    g_free(got);
}

/* Wherever the octets are cut the facts are the same. */
static void test_cuts(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(dialogues); i++) {
        const dialogue_t *d = &dialogues[i];
        if (d->whole)
            continue;
        for (int step = 0; step < STEPS_MAX && d->steps[step].text; step++) {
            for (size_t cut = 1; cut < strlen(d->steps[step].text); cut++)
                check_same(d, play(d, step, cut, false), step, cut);
        }
        check_same(d, play(d, -1, 0, true), -1, 0);
    }
}

/* --- limits and cost -------------------------------------------------------------------------- */

static void speak(kit_t *kit, char who, const char *text)
{
    step_t step = {who, text};
    kit_step(kit, &step, 0, false);
}

static void open_session(kit_t *kit)
{
    kit_init(kit, true);
    speak(kit, 'S', "220 mx\r\n");
    speak(kit, 'C', "EHLO c\r\n");
    speak(kit, 'S', "250-mx\r\n250 PIPELINING\r\n");
}

/* Lines that may be shown as they are. */
static void test_plain(void **state)
{
    kit_t kit;
    (void)state;
    kit_init(&kit, true);
    speak(&kit, 'S', "220 mx\r\n");
    speak(&kit, 'C', "NOOP \tx\r\n");
    speak(&kit, 'C', "NOOP x\r\n");
    for (size_t i = 0; i < kit.n_order; i++)
        assert_int_equal(!(kit.order[i]->flags & ESMTP_FF_PLAIN), i == 1);
    kit_free(&kit);
}

static void test_pending_limit(void **state)
{
    kit_t kit;
    (void)state;
    open_session(&kit);
    size_t before = kit.facts[ESMTP_SIDE_A].n;
    for (unsigned i = 0; i <= ESMTP_PENDING_MAX; i++)
        speak(&kit, 'C', "NOOP\r\n");
    esmtp_fact_t *first = esmtp_facts_at(&kit.facts[ESMTP_SIDE_A], before);
    esmtp_fact_t *second = esmtp_facts_at(&kit.facts[ESMTP_SIDE_A], before + 1);
    assert_true(esmtp_fact_has(first, ESMTP_FINDING_LIMIT));
    assert_true(first->flags & ESMTP_FF_NO_REPLY);
    assert_null(second->findings);
    assert_false(second->flags & ESMTP_FF_NO_REPLY);
    /* Who answers whom is no longer certain. */
    speak(&kit, 'S', "250 ok\r\n");
    esmtp_fact_t *reply = kit.order[kit.n_order - 1];
    assert_int_equal(reply->link, 0);
    assert_true(reply->flags & ESMTP_FF_LOST_PEER);
    kit_free(&kit);
}

static void test_recipients_limit(void **state)
{
    kit_t kit;
    (void)state;
    open_session(&kit);
    speak(&kit, 'C', "MAIL FROM:<a@x>\r\n");
    speak(&kit, 'S', "250 ok\r\n");
    for (unsigned i = 0; i < ESMTP_RECIPIENTS_MAX + 5; i++) {
        speak(&kit, 'C', "RCPT TO:<b@y>\r\n");
        esmtp_fact_t *rcpt = kit.order[kit.n_order - 1];
        assert_int_equal(esmtp_fact_has(rcpt, ESMTP_FINDING_LIMIT), i >= ESMTP_RECIPIENTS_MAX);
        speak(&kit, 'S', "250 ok\r\n");
    }
    speak(&kit, 'C', "DATA\r\n");
    speak(&kit, 'S', "354 go\r\n");
    speak(&kit, 'C', ".\r\n");
    speak(&kit, 'S', "250 ok\r\n");
    esmtp_fact_t *last = kit.order[kit.n_order - 1];
    assert_true(last->flags & ESMTP_FF_VERDICT);
    const esmtp_verdict_t *v = (const esmtp_verdict_t *)last->extra;
    assert_int_equal(v->n_rcpts, ESMTP_RECIPIENTS_MAX);
    assert_int_equal(v->txn->n_rcpts, ESMTP_RECIPIENTS_MAX + 5);
    assert_int_equal(v->txn->n_accepted, ESMTP_RECIPIENTS_MAX + 5);
    assert_int_equal(v->outcome, ESMTP_OUTCOME_ACCEPTED);
    kit_free(&kit);
}

static void test_offer_limit(void **state)
{
    kit_t kit;
    (void)state;
    kit_init(&kit, true);
    speak(&kit, 'S', "220 mx\r\n");
    speak(&kit, 'C', "EHLO c\r\n");
    speak(&kit, 'S', "250-mx\r\n");
    for (unsigned i = 0; i < ESMTP_OFFER_MAX + 5; i++) {
        char line[32];
        g_snprintf(line, sizeof line, "250-X%u\r\n", i);
        speak(&kit, 'S', line);
    }
    speak(&kit, 'S', "250 HELP\r\n");
    speak(&kit, 'C', "STARTTLS\r\n");
    speak(&kit, 'S', "220 go\r\n");
    speak(&kit, 'T', "");
    speak(&kit, 'C', "EHLO c\r\n");
    speak(&kit, 'S', "250-mx\r\n250 HELP\r\n");
    esmtp_fact_t *last = kit.order[kit.n_order - 1];
    assert_true(last->flags & ESMTP_FF_OFFER);
    const esmtp_offer_t *offer = (const esmtp_offer_t *)last->extra;
    unsigned remembered = 0;
    for (const esmtp_offered_t *o = offer->clear->first; o; o = o->next)
        remembered++;
    assert_int_equal(remembered, ESMTP_OFFER_MAX);
    assert_int_equal(offer->clear->n, ESMTP_OFFER_MAX + 6);
    assert_true(esmtp_offer_has(offer->clear, "X0"));
    assert_false(esmtp_offer_has(offer->clear, "HELP"));
    assert_true(esmtp_offer_has(offer->list, "HELP"));
    kit_free(&kit);
}

/* After the goodbye nothing is left but what is shown. */
static void test_goodbye(void **state)
{
    static const struct {
        const char *label;
        const char *client, *server; /* after a mail */
        bool all;                    /* was given back */
    } rows[] = {
        {"quit", "QUIT\r\n", "221 bye\r\n", true},
        {"no quit", "NOOP\r\n", "250 ok\r\n", false},
        {"quit, no answer", "QUIT\r\n", "", false},
        {"quit refused", "QUIT\r\n", "500 what?\r\n", false},
        {"a command after it", "QUIT\r\nNOOP\r\n", "221 bye\r\n", false},
        {"and its answer: the server goes on", "QUIT\r\nNOOP\r\n", "221 bye\r\n250 ok\r\n", false},
        {"a line that has not ended", "QUIT\r\n", "221-see you\r\n", false},
        {"in the middle of a mail", "MAIL FROM:<a@x>\r\nQUIT\r\n", "250 ok\r\n221 bye\r\n", true},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        kit_t kit;
        open_session(&kit);
        speak(&kit, 'C', "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n");
        speak(&kit, 'S', "250 ok\r\n250 ok\r\n354 go\r\n");
        speak(&kit, 'C', "x\r\n.\r\n");
        speak(&kit, 'S', "250 ok\r\n");
        assert_true(kit.lent > 0);
        speak(&kit, 'C', rows[i].client);
        speak(&kit, 'S', rows[i].server);
        check_number(rows[i].label, "given back", kit.lent == 0, rows[i].all);
        kit_free(&kit);
    }
}

/* Calls of the allocator for n commands, each answered at once or all at the end. */
static unsigned cost(unsigned n, bool at_once)
{
    kit_t kit;
    open_session(&kit);
    unsigned before = kit.calls;
    for (unsigned i = 0; i < n; i++) {
        speak(&kit, 'C', "NOOP\r\n");
        if (at_once)
            speak(&kit, 'S', "250 ok\r\n");
    }
    for (unsigned i = 0; i < n && !at_once; i++)
        speak(&kit, 'S', "250 ok\r\n");
    unsigned calls = kit.calls - before;
    kit_free(&kit);
    return calls;
}

static void test_cost(void **state)
{
    (void)state;
    assert_true(cost(100000, true) <= 12 * cost(10000, true));
    assert_true(cost(100000, false) <= 12 * cost(10000, false));
    assert_true(cost(100000, true) <= 100000 / 50);
}

/* --- who speaks ------------------------------------------------------------------------------- */

static void test_speaker(void **state)
{
    static const struct {
        const char *text;
        esmtp_speaker_t want;
    } rows[] = {
        {"220 mx\r\n", ESMTP_SPEAKER_SERVER},  {"250-mx\r\n", ESMTP_SPEAKER_SERVER},
        {"554 no", ESMTP_SPEAKER_SERVER},      {"EHLO c\r\n", ESMTP_SPEAKER_CLIENT},
        {"quit\r\n", ESMTP_SPEAKER_CLIENT},    {"220\r\n", ESMTP_SPEAKER_UNKNOWN},
        {"999 mx\r\n", ESMTP_SPEAKER_UNKNOWN}, {"hello there\r\n", ESMTP_SPEAKER_UNKNOWN},
        {"", ESMTP_SPEAKER_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        check_number(rows[i].text, "speaker", esmtp_framing_speaker(esmtp_span_str(rows[i].text)), rows[i].want);
}

static GString *states;

static void note_state(void *ctx, const char *state, const char *from, const char *to)
{
    (void)ctx;
    g_string_append_printf(states, "%s: %s to %s\n", state, from, to);
}

/* Each change of a state is told by name. */
static void test_states(void **state)
{
    kit_t kit;
    (void)state;
    kit_init(&kit, false);
    kit.ops.trace = note_state;
    states = g_string_new(NULL);
    speak(&kit, 'S', "220 mx\r\n");
    speak(&kit, 'C', "EHLO c\r\n");
    speak(&kit, 'S', "250-mx\r\n250-CHUNKING\r\n250 STARTTLS\r\n");
    speak(&kit, 'C', "BDAT 2\r\nab");
    speak(&kit, 'S', "503 no\r\n");
    speak(&kit, 'C', "STARTTLS\r\n");
    speak(&kit, 'S', "454 no\r\n");
    speak(&kit, 'C', "MAIL FROM:<a@x>\r\n");
    speak(&kit, 'S', "250 ok\r\n");
    speak(&kit, 'C', "DATA\r\n");
    speak(&kit, 'S', "354 go\r\n");
    speak(&kit, 'C', ".\r\n");
    speak(&kit, 'S', "250 ok\r\n");
    speak(&kit, 'C', "STARTTLS\r\n");
    speak(&kit, 'S', "220 go\r\n");
    speak(&kit, 'T', "");
    assert_string_equal(states->str, "step: lost to line\n"
                                     "step: line to octets\n"
                                     "step: octets to line\n"
                                     "TLS: none to asked\n"
                                     "TLS: asked to none\n"
                                     "step: line to text\n"
                                     "step: text to line\n"
                                     "TLS: none to asked\n"
                                     "TLS: asked to due\n"
                                     "TLS: due to inside\n");
    g_string_free(states, TRUE);
    kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dialogues),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_pending_limit),
        cmocka_unit_test(test_recipients_limit),
        cmocka_unit_test(test_offer_limit),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_speaker),
        cmocka_unit_test(test_goodbye),
        cmocka_unit_test(test_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
