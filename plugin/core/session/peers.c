/* peers.c
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "peers.h"

#include <string.h>

static bool is_host(const esmtp_host_t *one, const esmtp_host_t *other)
{
    return memcmp(one->octets, other->octets, sizeof one->octets) == 0;
}

/* FNV-1a. */
static uint32_t hash(const esmtp_host_t *host, uint16_t port)
{
    uint32_t h = 2166136261u ^ port;
    for (size_t i = 0; i < sizeof host->octets; i++)
        h = (h ^ host->octets[i]) * 16777619u;
    return h ^ h >> 16;
}

esmtp_known_server_t *esmtp_peers_server(esmtp_peers_t *peers, const esmtp_allocator_t *allocator,
                                         const esmtp_host_t *host, uint16_t port)
{
    if (!peers->buckets)
        peers->buckets = esmtp_keep(allocator, ESMTP_SERVER_BUCKETS * sizeof(esmtp_known_server_t *));
    esmtp_known_server_t **first = &peers->buckets[hash(host, port) % ESMTP_SERVER_BUCKETS], *server = *first;
    while (server && !(server->port == port && is_host(&server->host, host)))
        server = server->next;
    if (server || peers->n >= ESMTP_SERVERS_MAX)
        return server;
    server = esmtp_keep(allocator, sizeof *server);
    *server = (esmtp_known_server_t){.next = *first, .host = *host, .port = port};
    peers->n++;
    return *first = server;
}

esmtp_known_client_t *esmtp_peers_client(const esmtp_known_server_t *server, const esmtp_host_t *host)
{
    esmtp_known_client_t *client = server->clients;
    while (client && !is_host(&client->host, host))
        client = client->next;
    return client;
}

/* Takes a client out of the list: that one, or the last if it is not there; NULL if there is none. */
static esmtp_known_client_t *take_out(esmtp_known_server_t *server, const esmtp_host_t *host)
{
    esmtp_known_client_t **at = &server->clients, **place = NULL;
    for (; *at && !(place && is_host(&(*place)->host, host)); at = &(*at)->next)
        place = at;
    if (!place)
        return NULL;
    esmtp_known_client_t *client = *place;
    *place = client->next;
    return client;
}

esmtp_known_client_t *esmtp_peers_failed(esmtp_known_server_t *server, const esmtp_allocator_t *allocator,
                                         const esmtp_host_t *host)
{
    bool known = esmtp_peers_client(server, host) != NULL, full = server->n_clients == ESMTP_SERVER_CLIENTS_MAX;
    esmtp_known_client_t *client = known || full ? take_out(server, host) : NULL;
    if (!client)
        client = esmtp_keep(allocator, sizeof *client);
    if (!known)
        *client = (esmtp_known_client_t){.host = *host};
    server->n_clients += !known && !full;
    client->next = server->clients;
    return server->clients = client;
}

bool esmtp_peers_login_failed(esmtp_known_client_t *client, uint32_t frame, uint32_t seq, int64_t time)
{
    bool again = frame < client->frame || (frame == client->frame && (int32_t)(seq - client->seq) <= 0);
    if (!again) {
        client->frame = frame;
        client->seq = seq;
        client->failed[client->n_failed++ % ESMTP_GUESSES] = time;
    }
    int64_t oldest = client->failed[client->n_failed % ESMTP_GUESSES];
    bool guesses = client->n_failed >= ESMTP_GUESSES && time - oldest <= ESMTP_GUESS_SPAN;
    client->guesses |= guesses;
    return guesses;
}
