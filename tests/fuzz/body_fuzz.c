/* body_fuzz.c
 * Message text: ends where simple code says, gives the octets that simple code gives, and both do not depend on the
 * cuts.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "core/parse/body.h"

typedef struct {
    size_t used, mark, n;
    bool end, at_fake_end;
    uint32_t flags;
    uint8_t *octets; /* n of them */
} result_t;

static void collect(void *ctx, const uint8_t *p, size_t n)
{
    result_t *r = ctx;
    CHECK(n > 0);
    memcpy(r->octets + r->n, p, n);
    r->n += n;
}

/* Feeds everything, in pieces of 1 to step octets. */
static void run(esmtp_span_t in, size_t step, result_t *r)
{
    esmtp_body_t body;
    size_t size = 1;
    *r = (result_t){.octets = malloc(in.len ? in.len : 1)};
    esmtp_body_init(&body);
    while (in.len && !r->end) {
        esmtp_span_t piece = fuzz_copy(esmtp_span_to(in, size));
        size_t mark, used = esmtp_body_feed(&body, piece, collect, r, &r->end, &mark);
        CHECK(used <= piece.len && (r->end || used == piece.len) && mark <= used);
        CHECK(r->end || mark == 0);
        r->used += used;
        r->mark = mark;
        in = esmtp_span_from(in, used);
        fuzz_free(piece);
        size = 1 + (size * 7 + 3) % step;
    }
    r->flags = body.flags;
    r->at_fake_end = body.at_fake_end;
    if (!r->end)
        esmtp_body_flush(&body, collect, r);
}

/* RFC 5321 section 4.5.2, octet by octet: a dot at the start of a line goes, CRLF.CRLF ends. */
static void simple_run(esmtp_span_t in, result_t *r)
{
    bool start = true;
    *r = (result_t){.octets = malloc(in.len ? in.len : 1)};
    for (size_t i = 0; i < in.len; i++) {
        esmtp_span_t rest = esmtp_span_from(in, i);
        if (start && esmtp_span_starts(rest, ".\r\n")) {
            r->end = true;
            r->used = i + 3;
            return;
        }
        if (!start || in.p[i] != '.')
            r->octets[r->n++] = in.p[i];
        if (start && in.p[i] == '.') { /* what follows is no start of a line, but may be its end */
            start = false;
            continue;
        }
        start = i && in.p[i] == '\n' && in.p[i - 1] == '\r';
    }
    r->used = in.len;
}

static void check_same(const result_t *a, const result_t *b)
{
    CHECK(a->end == b->end && a->used == b->used);
    CHECK(fuzz_same(esmtp_span(a->octets, a->n), esmtp_span(b->octets, b->n)));
}

/* Holes anywhere do no harm. */
static void run_with_holes(esmtp_span_t in, size_t step)
{
    result_t r = {.octets = malloc(in.len + 1)};
    esmtp_body_t body;
    size_t mark;
    esmtp_body_init(&body);
    while (in.len && !r.end) {
        size_t n = 1 + in.p[0] % step;
        esmtp_body_feed(&body, esmtp_span_to(in, n), collect, &r, &r.end, &mark);
        esmtp_body_flush(&body, collect, &r);
        esmtp_body_gap(&body);
        CHECK(!body.at_fake_end);
        in = esmtp_span_from(in, n);
    }
    free(r.octets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    esmtp_span_t in = esmtp_span(data, size);
    size_t step = 1 + fuzz_take(&in) % 40;
    esmtp_span_t all = fuzz_copy(in);
    result_t whole, cut, simple;
    simple_run(all, &simple);
    run(all, all.len + 1, &whole);
    run(all, step, &cut);
    check_same(&whole, &simple);
    check_same(&whole, &cut);
    CHECK(whole.flags == cut.flags && whole.at_fake_end == cut.at_fake_end);
    run_with_holes(all, step);
    free(whole.octets);
    free(cut.octets);
    free(simple.octets);
    fuzz_free(all);
    return 0;
}
