/* session_text.c
 * Message text after DATA, and octets that are counted (BDAT, XEXCH50): where a message begins, goes on and ends.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "doubt.h"

/* --- message text ----------------------------------------------------------------------------- */

void esmtp_session_begin_message(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_txn_t *txn, bool bdat)
{
    esmtp_message_t *m = esmtp_session_keep(s, sizeof *m);
    m->txn = txn;
    m->bdat = bdat;
    m->first_frame = at->frame;
    s->message_tls = at->tls;
    s->message = m;
    memset(&s->hops, 0, sizeof s->hops);
    s->text_fact = NULL;
    esmtp_doubt_message(s, m);
}

void esmtp_session_begin_text(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *command,
                              const esmtp_verb_row_t *row)
{
    if (command && !row && !command->txn)
        command->txn = s->txn; /* an unknown verb that the server took for DATA */
    esmtp_session_begin_message(s, at, command ? command->txn : NULL, false);
    esmtp_body_init(&s->body);
    esmtp_session_enter(s, ESMTP_STEP_TEXT);
    s->false_ends = 0;
    s->false_end = NULL;
    s->false_frames = 0;
    s->text_gap = s->text_lost_head = s->text_early = false;
    s->text_command = command;
    s->text_row = row;
    if (s->hidden)
        s->hidden->open = false;
}

void esmtp_session_message_cut(esmtp_session_t *s, const esmtp_stamp_t *at)
{
    bool open = s->step == ESMTP_STEP_TEXT || s->step == ESMTP_STEP_OCTETS;
    if (at->tls || !open || !s->message || !s->message_tls)
        return;
    s->message->aborted = true;
    s->message = NULL;
    s->octets_left = 0;
    s->told.cut_in_message = true;
    esmtp_session_enter(s, ESMTP_STEP_LOST);
}

esmtp_pending_t *esmtp_session_open_data(esmtp_session_t *s)
{
    esmtp_pending_t *p = esmtp_pairing_last(&s->pairing);
    return p && !p->commands_follow && p->row && p->row->payload == ESMTP_PAYLOAD_TEXT ? p : NULL;
}

/* Text that comes while DATA has no answer: sent too early, or the 354 is not in the capture. */
void esmtp_session_begin_early_text(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *data)
{
    data->text_begun = true;
    esmtp_session_begin_text(s, at, data->fact, data->row);
    s->text_early = esmtp_session_server_watched(s, at);
    s->text_lost_head = !s->text_early;
}

void esmtp_session_text_due(esmtp_session_t *s, const esmtp_stamp_t *at)
{
    bool due = s->text_due && !s->pairing.n && (!s->text_seq || s->text_seq == at->seq);
    s->text_due = false;
    if (!due || (s->step != ESMTP_STEP_LOST && s->step != ESMTP_STEP_LINE))
        return;
    s->synced = true; /* no command waits from before the capture */
    s->pairing.lossy = s->pairing.hole = false;
    esmtp_session_begin_text(s, at, NULL, esmtp_verb_by_id(ESMTP_VERB_DATA));
}

void esmtp_session_body_sink(void *session, const uint8_t *p, size_t n)
{
    esmtp_session_t *s = session;
    s->message->octets += n;
    if (!s->hops.ended)
        esmtp_hops_feed(&s->hops, p, n);
    if (s->ops->text)
        s->ops->text(s->ctx, s->message, p, n);
}

/* What of a message's octets receivers may not take well. */
static const char *odd_octets(uint32_t flags)
{
    static const char *const texts[] = {
        NULL,
        ("The message has lines that end with LF alone: the receiver may change or refuse it, and signatures (DKIM) "
         "can "
         "break"),
        "The message has CR without LF: the receiver may change or refuse it, and signatures (DKIM) can break",
        "The message has lines that end with LF alone, and CR without LF: the receiver may change or refuse it",
        "The message has NUL: the receiver may cut or refuse it",
        "The message has NUL, and lines that end with LF alone: the receiver may cut or refuse it",
        "The message has NUL, and CR without LF: the receiver may cut or refuse it",
        "The message has NUL, CR without LF, and lines that end with LF alone: the receiver may cut or refuse it",
    };
    unsigned lf = flags & ESMTP_BODY_BARE_LF ? 1 : 0, cr = flags & ESMTP_BODY_BARE_CR ? 2 : 0;
    return texts[lf + cr + (flags & ESMTP_BODY_NUL ? 4 : 0)];
}

/* What is odd about a message's text, all of which is known. */
static void text_findings(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_message_t *m)
{
    uint32_t flags = m->body_flags;
    if (!flags || m->leftover || m->bdat)
        return;
    if (esmtp_session_lf_only(s))
        flags &= ~(uint32_t)ESMTP_BODY_BARE_LF;
    const char *what = odd_octets(flags);
    if (what)
        esmtp_session_raise_of(s, fact, ESMTP_FINDING_BODY_OCTETS, what);
    if (flags & ESMTP_BODY_UNSTUFFED_DOT)
        esmtp_session_raise(s, fact, ESMTP_FINDING_UNSTUFFED_DOT);
    if (flags & ESMTP_BODY_LONG_LINE)
        esmtp_session_raise(s, fact, ESMTP_FINDING_LONG_TEXT_LINE);
    if (flags & ESMTP_BODY_EIGHT_BIT && m->txn && !m->txn->eight_bit)
        esmtp_session_raise(s, fact, ESMTP_FINDING_EIGHT_BIT);
}

/* Received fields with which a mail goes in circles: Postfix's hopcount_limit. */
#define HOPS_MAX 50

static void end_message(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact)
{
    esmtp_message_t *m = s->message;
    m->end_frame = at->frame;
    fact->flags |= ESMTP_FF_LAST | ESMTP_FF_MESSAGE;
    fact->extra = m;
    if (m->incomplete)
        esmtp_session_raise(s, fact, ESMTP_FINDING_MESSAGE_INCOMPLETE);
    else if (!m->leftover)
        fact->flags |= ESMTP_FF_COMPLETE;
    text_findings(s, fact, m);
    if (s->hops.n > HOPS_MAX)
        esmtp_session_raise(s, fact, ESMTP_FINDING_MAIL_LOOP);
    if (s->ops->end)
        s->ops->end(s->ctx, m);
    s->message = NULL;
}

static esmtp_fact_t *piece_fact(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_kind_t kind, uint32_t len,
                                uint64_t before)
{
    esmtp_fact_t *fact = esmtp_session_new_fact(s, at, esmtp_session_client_side(s), kind, len);
    fact->flags |= ESMTP_FF_MESSAGE;
    fact->extra = s->message;
    fact->index = ++s->message->pieces;
    fact->before = before;
    esmtp_txn_touch(s->message->txn, at, fact);
    return fact;
}

uint64_t esmtp_session_message_octets(const esmtp_session_t *s)
{
    return s->message ? s->message->octets : 0;
}

/* The newest piece of text, if what comes now lies next to it in the same call: the scanner only stopped in between. */
static esmtp_fact_t *joined_text(const esmtp_session_t *s, const esmtp_stamp_t *at)
{
    esmtp_fact_t *fact = s->text_joins ? s->text_fact : NULL;
    bool next = fact && fact->frame == at->frame && fact->call == at->call && fact->seq + fact->len == at->seq;
    return next ? fact : NULL;
}

/* Frames of one message in which false ends are pointed out. */
#define FALSE_FRAMES 10

/* A piece of text holds a false end. However the frame is cut into pieces, its first such piece says so for all. */
static void found_false_end(esmtp_session_t *s, esmtp_fact_t *fact)
{
    if ((s->false_end && fact->frame == s->false_end->frame) || s->false_frames >= FALSE_FRAMES)
        return;
    s->false_frames++;
    s->false_ends = 0;
    s->false_end = fact;
    esmtp_session_raise(s, fact, ESMTP_FINDING_FAKE_END);
}

esmtp_fact_t *esmtp_session_text(esmtp_session_t *s, const esmtp_stamp_t *at, uint32_t len, uint64_t before)
{
    esmtp_message_t *m = s->message;
    uint32_t news = s->body.flags & ~m->body_flags;
    esmtp_fact_t *fact = joined_text(s, at);
    if (fact)
        fact->len += len;
    else
        fact = piece_fact(s, at, ESMTP_FACT_TEXT, len, before);
    s->text_fact = fact;
    s->text_joins = true;
    m->body_flags |= news;
    if (s->text_row)
        fact->verb = esmtp_verb_number(s->text_row);
    if (s->text_early)
        esmtp_session_raise(s, fact, ESMTP_FINDING_EARLY_TEXT);
    if (s->text_lost_head)
        fact->flags |= ESMTP_FF_LOST_PEER;
    if (s->body.flags & ESMTP_BODY_FAKE_END && !esmtp_session_lf_only(s))
        found_false_end(s, fact);
    s->body.flags &= ~(uint32_t)ESMTP_BODY_FAKE_END; /* the next one is news again */
    s->text_early = s->text_lost_head = false;
    return fact;
}

/* The client has sent its whole message: its transaction is over as far as it is concerned. */
static esmtp_pending_t *await_verdict(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact,
                                      esmtp_message_t *m)
{
    esmtp_pending_t *p = esmtp_pairing_push(s);
    p->fact = fact;
    p->row = esmtp_verb_by_id(ESMTP_VERB_EOM);
    p->frame = s->text_command ? s->text_command->frame : 0;
    p->time = at->time;
    p->txn = m->txn;
    p->message = m;
    p->answers_missed = at->peer_ahead;
    esmtp_txn_touch(m->txn, at, fact);
    return p;
}

static void leave_text(esmtp_session_t *s)
{
    esmtp_session_enter(s, ESMTP_STEP_LINE);
    if (s->txn && s->message && s->txn == s->message->txn)
        s->txn = NULL;
}

esmtp_fact_t *esmtp_session_end_mark(esmtp_session_t *s, const esmtp_stamp_t *at, uint32_t len)
{
    esmtp_message_t *m = s->message;
    esmtp_fact_t *fact = esmtp_session_new_fact(s, at, esmtp_session_client_side(s), ESMTP_FACT_EOM, len);
    fact->txn = m->txn;
    fact->verb = esmtp_verb_number(esmtp_verb_by_id(ESMTP_VERB_EOM));
    fact->eol = (uint16_t)MIN(fact->len, 2); /* the rest of it may lie before */
    if (s->text_early)
        esmtp_session_raise(s, fact, ESMTP_FINDING_EARLY_TEXT);
    s->text_early = s->text_lost_head = false;
    leave_text(s);
    end_message(s, at, fact);
    await_verdict(s, at, fact, m);
    return fact;
}

/* Takes the octets of a false end out of the text and out of the fact that shows it. Returns how many lie in that fact.
 */
static uint32_t cut_false_end(esmtp_session_t *s)
{
    esmtp_message_t *m = s->message;
    esmtp_fact_t *text = s->text_fact;
    uint32_t mark = s->body.mark, in_text = mark - s->body.mark_dropped;
    m->octets -= MIN(in_text, m->octets);
    if (s->ops->cut)
        s->ops->cut(s->ctx, m, m->octets);
    if (!text)
        return 0;
    mark = MIN(mark, text->len); /* more of it may lie in an earlier segment */
    text->len -= mark;
    if (s->false_ends <= 1 && s->false_end)
        esmtp_session_unraise(s, s->false_end, ESMTP_FINDING_FAKE_END); /* it is the end, which says so */
    return mark;
}

void esmtp_session_take_false_end(esmtp_session_t *s, const esmtp_stamp_t *at)
{
    esmtp_message_t *m = s->message;
    esmtp_fact_t *text = s->text_fact, *fact = text;
    esmtp_stamp_t here = *at;
    uint32_t mark = cut_false_end(s);
    here.seq -= mark;
    if (text) {
        here.frame = text->frame;
        here.call = text->call;
    }
    if (text && !text->len) { /* there is nothing else in it */
        bool early = esmtp_fact_has(text, ESMTP_FINDING_EARLY_TEXT);
        uint32_t flags = text->flags & (ESMTP_FF_LMTP | ESMTP_FF_LOST_PEER);
        *fact = (esmtp_fact_t){.frame = here.frame, .call = here.call, .seq = here.seq, .len = mark};
        fact->kind = ESMTP_FACT_EOM;
        fact->flags = flags;
        if (early)
            esmtp_session_raise(s, fact, ESMTP_FINDING_EARLY_TEXT);
        m->pieces--;
    } else {
        fact = esmtp_session_new_fact(s, &here, esmtp_session_client_side(s), ESMTP_FACT_EOM, mark);
    }
    fact->txn = m->txn;
    fact->verb = esmtp_verb_number(esmtp_verb_by_id(ESMTP_VERB_EOM));
    fact->eol = (uint16_t)MIN(fact->len, 1);
    leave_text(s);
    end_message(s, &here, fact);
    await_verdict(s, &here, fact, m);
}

void esmtp_session_line_rest(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side, uint32_t len, bool ends)
{
    esmtp_fact_t *fact = esmtp_session_new_fact(s, at, side, ESMTP_FACT_LINE, len);
    fact->flags |= ends ? ESMTP_FF_TAIL : ESMTP_FF_TAIL | ESMTP_FF_PIECE;
    s->too_long[side] = !ends;
}

void esmtp_session_piece(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side, uint32_t len)
{
    esmtp_fact_t *fact = esmtp_session_new_fact(s, at, side, ESMTP_FACT_LINE, len);
    fact->flags |= ESMTP_FF_PIECE;
}

/* A final reply came while the client is sending its message and nothing else waits for one: the server saw an end that
 * is none, or the end is in a hole of the capture, or it refuses on the way. In the first two cases the message ends
 * here. */
void esmtp_session_end_text_by_reply(esmtp_session_t *s, const esmtp_stamp_t *at)
{
    bool holed = s->text_gap || at->peer_ahead; /* the server has seen octets that the capture lacks */
    bool taken = s->body.at_fake_end && !holed;
    esmtp_message_t *m = s->message;
    if (s->step != ESMTP_STEP_TEXT || s->pairing.n || !(taken || holed))
        return;
    esmtp_fact_t *fact =
        esmtp_session_new_fact(s, at, s->server, ESMTP_FACT_EOM, 0); /* shown with the reply that tells of it */
    fact->txn = m->txn;
    fact->verb = esmtp_verb_number(esmtp_verb_by_id(ESMTP_VERB_EOM));
    if (taken)
        esmtp_session_raise(s, fact,
                            esmtp_session_lf_only(s) ? ESMTP_FINDING_LENIENT_END : ESMTP_FINDING_FAKE_END_TAKEN);
    else
        m->incomplete = true;
    esmtp_body_flush(&s->body, esmtp_session_body_sink, s);
    leave_text(s);
    if (!taken)
        esmtp_session_enter(s, ESMTP_STEP_LOST);
    end_message(s, at, fact);
    await_verdict(s, at, fact, m);
}

/* DATA was refused after its text had begun to flow: the rest of it is for nobody. */
void esmtp_session_text_refused(esmtp_session_t *s, esmtp_pending_t *p)
{
    if (s->step != ESMTP_STEP_TEXT || s->text_command != p->fact)
        return;
    esmtp_session_enter(s, ESMTP_STEP_LOST);
    s->message->refused = s->message->incomplete = true;
    s->message = NULL;
}

/* --- counted octets --------------------------------------------------------------------------- */

/* The chunk is complete. Its reply, if it has not come yet, is timed from here. */
void esmtp_session_end_chunk(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact)
{
    esmtp_session_enter(s, ESMTP_STEP_LINE);
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
        fact = esmtp_session_new_fact(s, at, esmtp_session_client_side(s), ESMTP_FACT_BLOB, (uint32_t)take);
    }
    s->octets_left -= take;
    if (s->octets_left == 0)
        esmtp_session_end_chunk(s, at, fact);
    return take;
}

void esmtp_session_begin_octets(esmtp_session_t *s, uint64_t n, bool last)
{
    esmtp_session_enter(s, ESMTP_STEP_OCTETS);
    s->octets_left = n;
    s->octets_last = last;
    s->octets_entry = s->pairing.popped + s->pairing.n - 1;
}
