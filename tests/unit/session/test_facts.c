/* test_facts.c
 * The store of facts: order, addresses that never move, the search by frame, and how often it asks for memory.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include "core/session/facts.h"

static void *take(void *ctx, size_t n)
{
    void *block = g_malloc0(n);
    g_ptr_array_add((GPtrArray *)ctx, block);
    return block;
}

typedef struct {
    GPtrArray *blocks;
    esmtp_allocator_t allocator;
    esmtp_facts_t facts;
} store_t;

static void store_init(store_t *store)
{
    store->blocks = g_ptr_array_new_with_free_func(g_free);
    store->allocator = (esmtp_allocator_t){take, store->blocks, NULL, NULL};
    memset(&store->facts, 0, sizeof store->facts);
}

static void store_free(store_t *store)
{
    g_ptr_array_free(store->blocks, TRUE);
}

static void test_empty(void **state)
{
    store_t store;
    (void)state;
    store_init(&store);
    assert_int_equal(store.facts.n, 0);
    assert_int_equal(esmtp_facts_find(&store.facts, 0), 0);
    assert_int_equal(esmtp_facts_find(&store.facts, 7), 0);
    assert_int_equal(store.blocks->len, 0); /* a connection without facts costs nothing */
    store_free(&store);
}

/* New facts are zeroed, lie where they were first put, and are found by number, across all sizes of blocks. */
static void test_addresses(void **state)
{
    enum { N = 5000 };
    store_t store;
    esmtp_fact_t **made = g_new(esmtp_fact_t *, N);
    (void)state;
    store_init(&store);
    for (uint32_t i = 0; i < N; i++) {
        static const esmtp_fact_t zero;
        made[i] = esmtp_facts_add(&store.facts, &store.allocator);
        assert_memory_equal(made[i], &zero, sizeof zero);
        made[i]->frame = i;
        made[i]->seq = ~i;
        assert_int_equal(store.facts.n, i + 1);
    }
    for (uint32_t i = 0; i < N; i++) {
        assert_ptr_equal(esmtp_facts_at(&store.facts, i), made[i]);
        assert_int_equal(made[i]->frame, i);
        assert_int_equal(made[i]->seq, ~i);
    }
    g_free(made);
    store_free(&store);
}

typedef struct {
    const char *label;
    uint32_t frames[8]; /* 0 ends them */
    uint32_t frame;
    size_t want;
} find_t;

static const find_t finds[] = {
    {"the only one", {5}, 5, 0},
    {"before the only one", {5}, 4, 0},
    {"after the only one", {5}, 6, 1},
    {"first of several of a frame", {1, 3, 3, 3, 9}, 3, 1},
    {"all of one frame", {3, 3, 3}, 3, 0},
    {"between two frames", {1, 3, 3, 9}, 4, 3},
    {"the last frame", {1, 3, 9, 9}, 9, 2},
    {"after all", {1, 3, 9}, 10, 3},
    {"before all", {2, 3, 9}, 1, 0},
    {"the greatest number", {1, UINT32_MAX}, UINT32_MAX, 1},
};

static void test_find(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(finds); i++) {
        store_t store;
        store_init(&store);
        for (const uint32_t *frame = finds[i].frames; *frame; frame++)
            esmtp_facts_add(&store.facts, &store.allocator)->frame = *frame;
        check_number(finds[i].label, "index", esmtp_facts_find(&store.facts, finds[i].frame), finds[i].want);
        store_free(&store);
    }
}

/* Three facts in every second frame, over many blocks. */
static void test_find_many(void **state)
{
    enum { FRAMES = 3000 };
    store_t store;
    (void)state;
    store_init(&store);
    for (uint32_t i = 0; i < FRAMES * 3; i++)
        esmtp_facts_add(&store.facts, &store.allocator)->frame = 2 * (i / 3) + 2;
    for (uint32_t i = 0; i < FRAMES; i++) {
        assert_int_equal(esmtp_facts_find(&store.facts, 2 * i + 1), 3 * i);
        assert_int_equal(esmtp_facts_find(&store.facts, 2 * i + 2), 3 * i);
    }
    assert_int_equal(esmtp_facts_find(&store.facts, 2 * FRAMES + 1), FRAMES * 3);
    store_free(&store);
}

static unsigned allocations(unsigned n)
{
    store_t store;
    store_init(&store);
    while (n--)
        esmtp_facts_add(&store.facts, &store.allocator);
    unsigned calls = store.blocks->len;
    store_free(&store);
    return calls;
}

static void test_cost(void **state)
{
    (void)state;
    enum { BLOCK = ESMTP_FACTS_BLOCK, FEW = ESMTP_FACTS_FEW };
    assert_int_equal(allocations(1), 1);
    assert_int_equal(allocations(BLOCK), 1);
    assert_int_equal(allocations(BLOCK + 1), 2);
    assert_int_equal(allocations(FEW * BLOCK), FEW); /* a short connection needs no table of blocks */
    assert_int_equal(allocations(FEW * BLOCK + 1), FEW + 2);
    assert_true(allocations(100000) <= 100000 / ESMTP_FACTS_BLOCK + 20); /* tables double */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),     cmocka_unit_test(test_addresses), cmocka_unit_test(test_find),
        cmocka_unit_test(test_find_many), cmocka_unit_test(test_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
