/* test_peers.c
 * What is remembered of servers and clients: that it is bounded, and that what was read anew counts once.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include "core/session/peers.h"

#define SECOND INT64_C(1000000000)

static void *take(void *ctx, size_t n)
{
    void *block = g_malloc0(n);
    g_ptr_array_add((GPtrArray *)ctx, block);
    return block;
}

typedef struct {
    GPtrArray *blocks;
    esmtp_allocator_t allocator;
    esmtp_peers_t peers;
} memory_t;

static void memory_init(memory_t *memory)
{
    memory->blocks = g_ptr_array_new_with_free_func(g_free);
    memory->allocator = (esmtp_allocator_t){take, memory->blocks, NULL, NULL};
    memory->peers = (esmtp_peers_t){0};
}

static void memory_free(memory_t *memory)
{
    g_ptr_array_free(memory->blocks, TRUE);
}

static esmtp_host_t host(unsigned number)
{
    return (esmtp_host_t){{0x20, 1, [12] = (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
}

static esmtp_known_server_t *server(memory_t *memory, unsigned number, uint16_t port)
{
    esmtp_host_t address = host(number);
    return esmtp_peers_server(&memory->peers, &memory->allocator, &address, port);
}

static void test_servers(void **state)
{
    memory_t memory;
    (void)state;
    memory_init(&memory);
    esmtp_known_server_t *first = server(&memory, 1, 25);
    assert_non_null(first);
    assert_ptr_equal(server(&memory, 1, 25), first);
    assert_ptr_not_equal(server(&memory, 1, 587), first);
    assert_ptr_not_equal(server(&memory, 2, 25), first);
    for (unsigned i = 0; i < 2 * ESMTP_SERVERS_MAX; i++)
        server(&memory, i, 25);
    assert_int_equal(memory.peers.n, ESMTP_SERVERS_MAX);
    assert_null(server(&memory, 3 * ESMTP_SERVERS_MAX, 25));
    assert_ptr_equal(server(&memory, 1, 25), first);
    assert_int_equal(memory.blocks->len, 1 + ESMTP_SERVERS_MAX);
    memory_free(&memory);
}

static void test_clients(void **state)
{
    memory_t memory;
    (void)state;
    memory_init(&memory);
    esmtp_known_server_t *known = server(&memory, 1, 25);
    esmtp_host_t first = host(0);
    esmtp_known_client_t *client = esmtp_peers_failed(known, &memory.allocator, &first);
    assert_ptr_equal(esmtp_peers_client(known, &first), client);
    for (unsigned i = 1; i < 1000; i++) {
        esmtp_host_t other = host(i);
        assert_null(esmtp_peers_client(known, &other));
        esmtp_peers_failed(known, &memory.allocator, &other);
        esmtp_peers_failed(known, &memory.allocator, &first); /* it stays, since it goes on failing */
    }
    assert_ptr_equal(esmtp_peers_client(known, &first), client);
    assert_int_equal(known->n_clients, ESMTP_SERVER_CLIENTS_MAX);
    assert_int_equal(memory.blocks->len, 2 + ESMTP_SERVER_CLIENTS_MAX);
    memory_free(&memory);
}

static void test_guesses(void **state)
{
    esmtp_known_client_t client = {.n_failed = 0};
    (void)state;
    for (uint32_t i = 1; i < ESMTP_GUESSES; i++)
        assert_false(esmtp_peers_login_failed(&client, i, 0, i * SECOND));
    assert_false(esmtp_peers_login_failed(&client, ESMTP_GUESSES - 1, 0, 4 * SECOND)); /* read anew */
    assert_false(esmtp_peers_login_failed(&client, ESMTP_GUESSES, 0, ESMTP_GUESS_SPAN + 2 * SECOND));
    assert_false(client.guesses);
    assert_true(esmtp_peers_login_failed(&client, ESMTP_GUESSES + 1, 7, ESMTP_GUESS_SPAN + 2 * SECOND));
    assert_true(esmtp_peers_login_failed(&client, ESMTP_GUESSES + 1, 7, ESMTP_GUESS_SPAN + 2 * SECOND));
    assert_true(client.guesses);
    assert_false(esmtp_peers_login_failed(&client, 100, 0, 100 * ESMTP_GUESS_SPAN));
    assert_true(client.guesses); /* that it did does not pass */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_servers),
        cmocka_unit_test(test_clients),
        cmocka_unit_test(test_guesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
