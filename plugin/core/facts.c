/* facts.c
 * Append-only store of facts in blocks of a fixed size.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "facts.h"

/* The first block of a direction is small: most connections are short. Later blocks hold BLOCK facts. */
#define FIRST 16
#define BLOCK 256

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
    if (i < FIRST) {
        *offset = i;
        return 0;
    }
    *offset = (i - FIRST) % BLOCK;
    return 1 + (i - FIRST) / BLOCK;
}

esmtp_fact_t *esmtp_facts_add(esmtp_facts_t *facts)
{
    size_t offset;
    size_t b = locate(facts->n, &offset);
    if (offset == 0) {
        if (b >= facts->n_blocks)
            grow_table(facts);
        size_t size = (b == 0 ? FIRST : BLOCK) * sizeof(esmtp_fact_t);
        facts->blocks[b] = facts->allocator->alloc(facts->allocator->ctx, size);
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
