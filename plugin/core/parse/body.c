/* body.c
 * Where the text of a message ends, RFC 5321 sections 4.1.1.4 and 4.5.2: at CRLF "." CRLF and
 * nowhere else. A line begins at the first octet and after CRLF; a dot there is never part of the
 * message.
 *
 * The scanner is a table of states. Only odd line ends, dots at the start of a line and the like go
 * through it octet by octet; memchr finds the next CR or LF. Runs go to the sink as
 * they lie in the input. One octet at most is kept back: the CR after such a dot, which is text if
 * no LF follows.
 *
 * Cost: each octet is looked at once for CR, once for LF, once for NUL and once for its high bit,
 * whatever the input.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "body.h"

/* RFC 5322 section 2.1.1; the doubled dot does not count (RFC 5321 section 4.5.3.1.6). */
#define LINE_LIMIT 998

/* What the octets seen last are. */
enum {
    S_START = 0, /* nothing, or CRLF: a line begins here */
    S_TEXT,      /* something inside a line */
    S_CR,        /* CR */
    S_LF,        /* a bare LF */
    S_DOT,       /* "." at the start of a line */
    S_DOT_CR,    /* ".", CR at the start of a line; this CR is kept back */
    S_BARE_DOT,  /* "." after a bare CR or LF: where some servers see the start of a line */
    S_BARE_DOT_CR,
    S_DOT_CRS,    /* either of them and further CRs: many servers take CR CR LF for CRLF */
    S_FAKE_LF,    /* a bare LF that completes a fake end; else as S_LF */
    S_FAKE_START, /* CRLF that completes a fake end; else as S_START */
    S_NUL,        /* NUL at the start of a line: servers that drop it see one after it, too */
    S_LOST,       /* octets that are missing: a CR may have been the last of them, or CRLF */
    S_COUNT,
};

/* Kinds of octets. */
enum { O_OTHER, O_CR, O_LF, O_DOT, O_COUNT };

/* What is to be done with the octet. */
enum {
    A_PASS = 0, /* it is text */
    A_DROP,     /* the dot at the start of a line */
    A_HOLD,     /* the CR after it */
    A_RELEASE,  /* it is text, and so was the CR that was kept back */
    A_END,      /* the end mark is complete */
};

typedef struct {
    uint8_t next;
    uint8_t action;
    uint8_t flags;
} step_t;

#define BARE_LF ESMTP_BODY_BARE_LF
#define BARE_CR ESMTP_BODY_BARE_CR
#define FAKE    ESMTP_BODY_FAKE_END
#define SINGLE  ESMTP_BODY_UNSTUFFED_DOT

/* clang-format off */
static const step_t steps[S_COUNT][O_COUNT] = {
    /*                  other                                  CR                                   LF                                       "." */
    [S_START]       = {{S_TEXT, A_PASS, 0},                   {S_CR, A_PASS, 0},                   {S_LF, A_PASS, BARE_LF},                 {S_DOT, A_DROP, 0}},
    [S_TEXT]        = {{S_TEXT, A_PASS, 0},                   {S_CR, A_PASS, 0},                   {S_LF, A_PASS, BARE_LF},                 {S_TEXT, A_PASS, 0}},
    [S_CR]          = {{S_TEXT, A_PASS, BARE_CR},             {S_CR, A_PASS, BARE_CR},             {S_START, A_PASS, 0},                    {S_BARE_DOT, A_PASS, BARE_CR}},
    [S_LF]          = {{S_TEXT, A_PASS, 0},                   {S_CR, A_PASS, 0},                   {S_LF, A_PASS, BARE_LF},                 {S_BARE_DOT, A_PASS, 0}},
    [S_DOT]         = {{S_TEXT, A_PASS, SINGLE},              {S_DOT_CR, A_HOLD, 0},               {S_FAKE_LF, A_PASS, FAKE | BARE_LF},     {S_TEXT, A_PASS, 0}},
    [S_DOT_CR]      = {{S_TEXT, A_RELEASE, FAKE | BARE_CR},   {S_DOT_CRS, A_RELEASE, FAKE | BARE_CR}, {S_START, A_END, 0},                    {S_BARE_DOT, A_RELEASE, FAKE | BARE_CR}},
    [S_BARE_DOT]    = {{S_TEXT, A_PASS, 0},                   {S_BARE_DOT_CR, A_PASS, FAKE},       {S_FAKE_LF, A_PASS, FAKE | BARE_LF},     {S_TEXT, A_PASS, 0}},
    [S_BARE_DOT_CR] = {{S_TEXT, A_PASS, BARE_CR},             {S_DOT_CRS, A_PASS, BARE_CR},        {S_FAKE_START, A_PASS, 0},               {S_BARE_DOT, A_PASS, BARE_CR}},
    [S_DOT_CRS]     = {{S_TEXT, A_PASS, BARE_CR},             {S_DOT_CRS, A_PASS, BARE_CR},        {S_FAKE_START, A_PASS, 0},               {S_BARE_DOT, A_PASS, BARE_CR}},
    [S_FAKE_LF]     = {{S_TEXT, A_PASS, 0},                   {S_CR, A_PASS, 0},                   {S_LF, A_PASS, BARE_LF},                 {S_BARE_DOT, A_PASS, 0}},
    [S_FAKE_START]  = {{S_TEXT, A_PASS, 0},                   {S_CR, A_PASS, 0},                   {S_LF, A_PASS, BARE_LF},                 {S_DOT, A_DROP, 0}},
    [S_NUL]         = {{S_TEXT, A_PASS, 0},                   {S_CR, A_PASS, 0},                   {S_LF, A_PASS, BARE_LF},                 {S_BARE_DOT, A_PASS, 0}},
    [S_LOST]        = {{S_TEXT, A_PASS, 0},                   {S_CR, A_PASS, 0},                   {S_TEXT, A_PASS, 0},                     {S_TEXT, A_PASS, 0}},
};
/* clang-format on */

/* One call of esmtp_body_feed. */
typedef struct {
    esmtp_body_t *body;
    esmtp_span_t in;
    size_t at;      /* next octet */
    size_t run;     /* first octet that the sink has not got yet */
    size_t next_cr; /* the first CR and LF at or after "at", once looked for; after it they are
                       stale */
    size_t next_lf;
    esmtp_body_sink_t sink;
    void *ctx;
} feed_t;

/* Gives the sink what is due up to an offset. */
static void feed_give(feed_t *f, size_t to)
{
    if (to > f->run && f->sink)
        f->sink(f->ctx, f->in.p + f->run, to - f->run);
    f->run = to;
}

/* Counts octets of the line. A CR may yet be its end: it is judged when the octet after it is
 * counted. */
static void feed_count(esmtp_body_t *body, size_t n, bool cr)
{
    uint32_t sure = body->column;

    body->column += (uint32_t)MIN(n, UINT32_MAX - body->column);
    if (!cr)
        sure = body->column;
    if (sure > LINE_LIMIT)
        body->flags |= ESMTP_BODY_LONG_LINE;
}

/* Inside a line: everything up to the next CR or LF is plain text. The offsets that are found are
 * kept, so that many CRs before a far LF do not make it be looked for again and again. */
static void feed_text(feed_t *f)
{
    size_t from = f->at;

    if (f->next_cr < from)
        f->next_cr = from + esmtp_span_find(esmtp_span_from(f->in, from), '\r');
    if (f->next_lf < from)
        f->next_lf = from + esmtp_span_find(esmtp_span_from(f->in, from), '\n');
    f->at = MIN(f->next_cr, f->next_lf);
    feed_count(f->body, f->at - from, false);
}

/* Where a line begins: takes whole lines as nearly all are, with no dot in front and no other CR or LF than those of
 * the line end, at a quarter of what their octets cost one by one. */
static void feed_lines(feed_t *f)
{
    const esmtp_span_t in = f->in;

    while (f->at < in.len && in.p[f->at] != '.' && in.p[f->at] != '\0') {
        if (f->next_cr < f->at)
            f->next_cr = f->at + esmtp_span_find(esmtp_span_from(in, f->at), '\r');
        if (f->next_lf < f->at)
            f->next_lf = f->at + esmtp_span_find(esmtp_span_from(in, f->at), '\n');
        if (f->next_lf == in.len || f->next_lf != f->next_cr + 1)
            return;
        if (f->next_cr - f->at > LINE_LIMIT)
            f->body->flags |= ESMTP_BODY_LONG_LINE;
        f->at = f->next_lf + 1;
    }
}

static unsigned octet_kind(uint8_t octet)
{
    switch (octet) {
    case '\r': return O_CR;
    case '\n': return O_LF;
    case '.': return O_DOT;
    default: return O_OTHER;
    }
}

/* Whether an octet is a NUL at the start of a line, or after such a one. */
static bool is_leading_nul(uint8_t state, uint8_t octet)
{
    return octet == '\0' && (state == S_START || state == S_FAKE_START || state == S_NUL);
}

/* Counts the octets of what may become a fake end. */
static void note_mark(esmtp_body_t *body)
{
    switch (body->state) {
    case S_DOT:
    case S_BARE_DOT:
        body->mark = 1;
        body->mark_dropped = body->state == S_DOT;
        break;
    case S_DOT_CR:
    case S_BARE_DOT_CR:
    case S_DOT_CRS:
    case S_FAKE_LF:
    case S_FAKE_START: body->mark++; break;
    default: break;
    }
}

/* Takes one octet through the table. Returns true when it completes the end mark. */
static bool feed_octet(feed_t *f)
{
    unsigned kind = octet_kind(f->in.p[f->at]);
    const step_t *step = &steps[f->body->state][kind];
    bool nul = is_leading_nul(f->body->state, f->in.p[f->at]);

    f->body->flags |= step->flags;
    f->body->state = nul ? S_NUL : step->next;
    note_mark(f->body);
    switch (step->action) {
    case A_DROP:
    case A_HOLD:
    case A_END:
        feed_give(f, f->at);
        f->run = f->at + 1;
        break;
    case A_RELEASE:
        if (f->sink)
            f->sink(f->ctx, (const uint8_t *)"\r", 1);
        break;
    default: break;
    }
    if (step->next == S_START || step->next == S_FAKE_START)
        f->body->column = 0;
    else if (step->action != A_DROP)
        feed_count(f->body, 1, kind == O_CR);
    f->at++;
    return step->action == A_END;
}

/* Whether an octet above 127 is among them: eight at a time. */
static bool any_eight_bit(esmtp_span_t s)
{
    uint64_t high = 0;
    size_t i = 0;

    for (; i + sizeof high <= s.len; i += sizeof high) {
        uint64_t word;
        memcpy(&word, s.p + i, sizeof word);
        high |= word;
    }
    for (; i < s.len; i++)
        high |= s.p[i];
    return (high & UINT64_C(0x8080808080808080)) != 0;
}

static void note_octets(esmtp_body_t *body, esmtp_span_t s)
{
    if (!(body->flags & ESMTP_BODY_EIGHT_BIT) && any_eight_bit(s))
        body->flags |= ESMTP_BODY_EIGHT_BIT;
    if (!(body->flags & ESMTP_BODY_NUL) && esmtp_span_find(s, '\0') < s.len)
        body->flags |= ESMTP_BODY_NUL;
}

static bool is_fake_end(uint8_t state)
{
    return state == S_DOT_CR || state == S_BARE_DOT_CR || state == S_FAKE_LF || state == S_FAKE_START;
}

void esmtp_body_init(esmtp_body_t *body)
{
    *body = (esmtp_body_t){.state = S_START};
}

size_t esmtp_body_feed(esmtp_body_t *body, esmtp_span_t in, esmtp_body_sink_t sink, void *ctx, bool *end, size_t *mark)
{
    feed_t f = {.body = body, .in = in, .sink = sink, .ctx = ctx};
    bool ended = false;

    *end = false;
    *mark = 0;
    if (in.len == 0)
        return 0;

    f.next_cr = esmtp_span_find(in, '\r');
    f.next_lf = esmtp_span_find(in, '\n');
    while (f.at < in.len && !ended) {
        if (body->state == S_START)
            feed_lines(&f);
        else if (body->state == S_TEXT)
            feed_text(&f);
        if (f.at < in.len)
            ended = feed_octet(&f);
        if (body->stop && (body->state == S_FAKE_LF || body->state == S_FAKE_START))
            break;
    }
    if (!ended)
        feed_give(&f, f.at);
    note_octets(body, esmtp_span(in.p, f.at));
    body->at_fake_end = is_fake_end(body->state);
    *end = ended;
    *mark = ended ? MIN(f.at, 3) : 0;
    return f.at;
}

bool esmtp_body_is_whole_fake(const esmtp_body_t *body)
{
    return body->state == S_FAKE_LF || body->state == S_FAKE_START;
}

void esmtp_body_gap(esmtp_body_t *body)
{
    body->state = S_LOST;
    body->column = 0; /* the line is at least as long as what comes now */
    body->at_fake_end = false;
}

void esmtp_body_flush(esmtp_body_t *body, esmtp_body_sink_t sink, void *ctx)
{
    if (body->state != S_DOT_CR)
        return;
    body->state = S_LOST;
    if (sink)
        sink(ctx, (const uint8_t *)"\r", 1);
}
