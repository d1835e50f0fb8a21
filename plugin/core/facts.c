/* facts.c
 * Append-only store of facts in blocks of a fixed size.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "facts.h"

/* The first block of a direction holds FIRST facts, each further one twice as many, up to BLOCK: most connections are short. */
#define FIRST 8
#define DOUBLINGS 5
#define BLOCK (FIRST << DOUBLINGS)
/* Facts in the blocks that are smaller than BLOCK. */
#define GROWING (BLOCK - FIRST)

void esmtp_facts_init(esmtp_facts_t *facts, const esmtp_allocator_t *allocator)
{
    memset(facts, 0, sizeof *facts);
    facts->allocator = allocator;
}

/* Makes room for one more block pointer; the old table stays behind in the file's memory, at most as much again. */
static void grow_table(esmtp_facts_t *facts)
{
    size_t room = facts->n_blocks ? facts->n_blocks * 2 : 4;
    esmtp_fact_t **blocks = facts->allocator->alloc(facts->allocator->ctx, room * sizeof *blocks);
    if (facts->n_blocks)
        memcpy(blocks, facts->blocks, facts->n_blocks * sizeof *blocks);
    facts->blocks = blocks;
    facts->n_blocks = room;
}

/* Which block holds the i-th fact, and where in it. */
static size_t locate(size_t i, size_t *offset)
{
    if (i >= GROWING) {
        *offset = (i - GROWING) % BLOCK;
        return DOUBLINGS + (i - GROWING) / BLOCK;
    }
    size_t block = g_bit_storage(i / FIRST + 1) - 1;
    *offset = i + FIRST - ((size_t)FIRST << block);
    return block;
}

static size_t block_size(size_t block)
{
    return block < DOUBLINGS ? (size_t)FIRST << block : BLOCK;
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

esmtp_fact_t *esmtp_facts_at(const esmtp_facts_t *facts, size_t i)
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
