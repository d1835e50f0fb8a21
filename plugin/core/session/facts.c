/* facts.c
 * Append-only store of facts in blocks of a fixed size.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "facts.h"

/* Makes a table, or one of twice the room. */
static void grow_table(esmtp_facts_t *facts, const esmtp_allocator_t *allocator)
{
    uint32_t old = facts->room ? facts->room : ESMTP_FACTS_FEW, room = 2 * old;
    esmtp_fact_t **table = allocator->alloc(allocator->ctx, room * sizeof *table);
    memcpy(table, facts->room ? facts->table : facts->few, old * sizeof *table);
    if (facts->room)
        esmtp_release(allocator, facts->table);
    facts->table = table;
    facts->room = room;
}

esmtp_fact_t *esmtp_facts_add(esmtp_facts_t *facts, const esmtp_allocator_t *allocator)
{
    size_t i = facts->n++, block = i / ESMTP_FACTS_BLOCK;
    if (i % ESMTP_FACTS_BLOCK == 0) {
        if (block == (facts->room ? facts->room : ESMTP_FACTS_FEW))
            grow_table(facts, allocator);
        esmtp_fact_t **blocks = facts->room ? facts->table : facts->few;
        if (!blocks[block])
            blocks[block] = esmtp_keep(allocator, ESMTP_FACTS_BLOCK * sizeof(esmtp_fact_t));
    }
    esmtp_fact_t *fact = esmtp_facts_at(facts, i);
    return memset(fact, 0, sizeof *fact); /* one that was withdrawn is used again */
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
