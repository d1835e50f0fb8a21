/* facts.c
 * Append-only store of facts in blocks of a fixed size.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "facts.h"

/* Most connections are short: a client that sends one mail has 8 to 12 facts, with the EHLO reply of most servers theirs are 15
 * to 20. The first block holds FIRST, the next one SECOND, each further one twice as many, up to BLOCK. */
#define FIRST ESMTP_FACTS_FIRST
#define SECOND 4
#define DOUBLINGS 6
#define BLOCK (SECOND << DOUBLINGS)
/* Facts in the blocks that are smaller than BLOCK. */
#define GROWING (FIRST + BLOCK - SECOND)

G_STATIC_ASSERT(ESMTP_FF_PLAIN < 1u << ESMTP_FF_BITS);
G_STATIC_ASSERT(sizeof(void *) > 8 || sizeof(esmtp_fact_t) <= 56);

void esmtp_facts_init(esmtp_facts_t *facts, const esmtp_allocator_t *allocator)
{
    memset(facts, 0, sizeof *facts);
    facts->allocator = allocator;
    facts->blocks = facts->few;
    facts->n_blocks = G_N_ELEMENTS(facts->few);
}

/* Makes room for one more block pointer. */
static void grow_table(esmtp_facts_t *facts)
{
    uint32_t room = facts->n_blocks * 2;
    esmtp_fact_t **blocks = facts->allocator->alloc(facts->allocator->ctx, room * sizeof *blocks);
    memcpy(blocks, facts->blocks, facts->n_blocks * sizeof *blocks);
    if (facts->blocks != facts->few)
        esmtp_release(facts->allocator, facts->blocks);
    facts->blocks = blocks;
    facts->n_blocks = room;
}

/* Which block holds the i-th fact, and where in it. */
static size_t locate(size_t i, size_t *offset)
{
    if (i < FIRST) {
        *offset = i;
        return 0;
    }
    if (i >= GROWING) {
        *offset = (i - GROWING) % BLOCK;
        return 1 + DOUBLINGS + (i - GROWING) / BLOCK;
    }
    size_t doublings = g_bit_storage((i - FIRST) / SECOND + 1) - 1;
    *offset = i - FIRST + SECOND - ((size_t)SECOND << doublings);
    return 1 + doublings;
}

static size_t block_size(size_t block)
{
    if (block == 0)
        return FIRST;
    return block <= DOUBLINGS ? (size_t)SECOND << (block - 1) : BLOCK;
}

esmtp_fact_t *esmtp_facts_add(esmtp_facts_t *facts)
{
    size_t offset;
    size_t b = locate(facts->n, &offset);
    if (offset == 0) {
        if (b >= facts->n_blocks)
            grow_table(facts);
        facts->blocks[b] = facts->allocator->alloc(facts->allocator->ctx, block_size(b) * sizeof(esmtp_fact_t));
    }
    facts->n++;
    return &facts->blocks[b][offset];
}

esmtp_fact_t *esmtp_facts_behind_first(const esmtp_facts_t *facts, size_t i)
{
    size_t offset;
    size_t b = locate(i, &offset);
    return &facts->blocks[b][offset];
}

size_t esmtp_facts_find(const esmtp_facts_t *facts, uint32_t frame)
{
    size_t lo = 0, hi = facts->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (esmtp_facts_at(facts, mid)->frame < frame)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}
