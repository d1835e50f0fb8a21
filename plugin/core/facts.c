/* facts.c
 * Append-only store of facts in blocks of a fixed size.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "facts.h"

G_STATIC_ASSERT(ESMTP_FF_LINES < 1u << ESMTP_FF_BITS);
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

esmtp_fact_t *esmtp_facts_add(esmtp_facts_t *facts)
{
    size_t i = facts->n++, block = i / ESMTP_FACTS_BLOCK;
    if (i % ESMTP_FACTS_BLOCK == 0) {
        if (block >= facts->n_blocks)
            grow_table(facts);
        facts->blocks[block] = esmtp_keep(facts->allocator, ESMTP_FACTS_BLOCK * sizeof(esmtp_fact_t));
    }
    return esmtp_facts_at(facts, i);
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
