/* fuzz.h
 * What the fuzzers share: a check that stops, inputs that end where their memory ends, memory like that of a capture
 * file, and the script that a session's input is.
 *
 * A script: the first octet holds options (each fuzzer says which), the rest is what is said. FUZZ_MARK and a letter
 * begin a new segment or change something; FUZZ_MARK twice is that octet itself. Any octets are a script.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_FUZZ_H
#define ESMTP_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "core/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Holds, or the fuzzer has found something. */
#define CHECK(condition)                                                            \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                \
        }                                                                           \
    } while (0)

/* A copy in a block of its own, so that AddressSanitizer sees a read after it; free with fuzz_free. */
static inline esmtp_span_t fuzz_copy(esmtp_span_t s)
{
    uint8_t *copy = malloc(s.len ? s.len : 1);
    if (s.len)
        memcpy(copy, s.p, s.len);
    return esmtp_span(copy, s.len);
}

static inline void fuzz_free(esmtp_span_t s)
{
    free((void *)(uintptr_t)s.p);
}

/* Whether a span is empty or lies inside another. */
static inline bool fuzz_inside(esmtp_span_t s, esmtp_span_t outer)
{
    if (!s.len)
        return true;
    return (uintptr_t)s.p >= (uintptr_t)outer.p && (uintptr_t)s.p + s.len <= (uintptr_t)outer.p + outer.len;
}

static inline bool fuzz_same(esmtp_span_t a, esmtp_span_t b)
{
    return a.len == b.len && (!a.len || memcmp(a.p, b.p, a.len) == 0);
}

/* Takes an octet off the front; 0 if there is none. */
static inline uint8_t fuzz_take(esmtp_span_t *s)
{
    uint8_t octet = s->len ? s->p[0] : 0;
    *s = esmtp_span_from(*s, 1);
    return octet;
}

/* --- memory that is freed at once ------------------------------------------------------------- */

typedef struct fuzz_block {
    struct fuzz_block *next;
    max_align_t octets[];
} fuzz_block_t;

/* alloc of esmtp_allocator_t; ctx: a fuzz_block_t *. Each block stands alone. */
static inline void *fuzz_alloc(void *ctx, size_t n)
{
    fuzz_block_t **blocks = ctx, *block = calloc(1, sizeof *block + n);
    block->next = *blocks;
    *blocks = block;
    return block->octets;
}

/* Frees one of them at once. */
static inline void fuzz_give_back(fuzz_block_t **blocks, void *octets)
{
    while ((*blocks)->octets != octets)
        blocks = &(*blocks)->next;
    fuzz_block_t *block = *blocks;
    *blocks = block->next;
    free(block);
}

static inline void fuzz_release(fuzz_block_t **blocks)
{
    while (*blocks) {
        fuzz_block_t *block = *blocks;
        *blocks = block->next;
        free(block);
    }
}

/* --- scripts ---------------------------------------------------------------------------------- */

#define FUZZ_MARK         0xff
#define FUZZ_SEGMENTS_MAX 64
/* Octets of all segments together. */
#define FUZZ_SAID_MAX 4096

typedef struct {
    bool server;
    bool last;   /* L: no more can be had of what the line lacks; FIN */
    bool ahead;  /* A: acknowledges what the capture lacks */
    bool tls;    /* T: inside TLS */
    bool failed; /* F: no TLS came after the 220 */
    bool again;  /* D: the whole segment comes twice */
    bool other;  /* X: of the second connection */
    bool hole;   /* G n: n octets (0: unknown) are missing before it */
    uint8_t missing;
    uint8_t overlap; /* O n: it repeats n octets of the one before */
    uint8_t cut_off; /* P n: the last n octets were not captured */
    esmtp_span_t octets;
} fuzz_segment_t;

typedef struct {
    uint8_t options;
    size_t n;
    fuzz_segment_t segments[FUZZ_SEGMENTS_MAX];
    uint8_t said[FUZZ_SAID_MAX];
} fuzz_script_t;

/* Ends the segment under way, if it holds octets, and begins the next. False: there is no room for one. */
static inline bool fuzz_next_segment(fuzz_script_t *script, size_t *used, bool server)
{
    fuzz_segment_t *now = &script->segments[script->n];
    if (!now->octets.len) {
        now->server = server;
        return true;
    }
    *used += now->octets.len;
    if (++script->n == FUZZ_SEGMENTS_MAX)
        return false;
    script->segments[script->n] = (fuzz_segment_t){.server = server, .tls = now->tls, .other = now->other};
    script->segments[script->n].octets = esmtp_span(script->said + *used, 0);
    return true;
}

static inline void fuzz_mark(fuzz_segment_t *segment, uint8_t letter, esmtp_span_t *in)
{
    switch (letter) {
    case 'L': segment->last = true; break;
    case 'A': segment->ahead = true; break;
    case 'T': segment->tls = !segment->tls; break;
    case 'F': segment->failed = true; break;
    case 'D': segment->again = true; break;
    case 'X': segment->other = !segment->other; break;
    case 'G': segment->hole = true, segment->missing = fuzz_take(in); break;
    case 'O': segment->overlap = fuzz_take(in); break;
    case 'P': segment->cut_off = fuzz_take(in); break;
    default: break;
    }
}

/* Reads a script. A mark that changes something belongs to the segment that begins: where octets stand before it,
 * it begins one of the same side. */
static inline void fuzz_read(esmtp_span_t in, fuzz_script_t *script)
{
    size_t used = 0;
    script->n = 0;
    script->options = fuzz_take(&in);
    script->segments[0] = (fuzz_segment_t){.server = true, .octets = esmtp_span(script->said, 0)};
    while (in.len) {
        fuzz_segment_t *now = &script->segments[script->n];
        uint8_t octet = fuzz_take(&in);
        uint8_t letter = octet == FUZZ_MARK ? fuzz_take(&in) : FUZZ_MARK;
        if (letter == FUZZ_MARK) {
            if (used + now->octets.len == FUZZ_SAID_MAX)
                break;
            script->said[used + now->octets.len++] = octet;
            continue;
        }
        bool server = letter == 'S' || (letter != 'C' && now->server);
        if (!fuzz_next_segment(script, &used, server))
            return;
        fuzz_mark(&script->segments[script->n], letter, &in);
    }
    script->n += script->segments[script->n].octets.len > 0;
}

#endif /* ESMTP_FUZZ_H */
