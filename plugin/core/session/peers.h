/* peers.h
 * What earlier connections of the capture told of a server and of its clients: some findings need more than one
 * connection. Written and read when a frame is visited first, in capture order, so that what is found with it depends
 * on earlier frames alone.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_PEERS_H
#define ESMTP_PEERS_H

#include "facts.h"

/* Servers that are remembered: the first ones, so that a scan of a network does not fill memory. */
#define ESMTP_SERVERS_MAX 10000
/* Clients of each server that failed at something: those that did so last. */
#define ESMTP_SERVER_CLIENTS_MAX 16
/* Failed logins of one client that are worth a word, when so many nanoseconds hold them. */
#define ESMTP_GUESSES    5
#define ESMTP_GUESS_SPAN (600 * INT64_C(1000000000))

/* An address of IPv6, or one of IPv4 as IPv6 writes it (::ffff:192.0.2.1). All zero: not known. */
typedef struct {
    uint8_t octets[16];
} esmtp_host_t;

/* A client that failed at something. */
typedef struct esmtp_known_client {
    struct esmtp_known_client *next;
    esmtp_host_t host;
    uint32_t tls_failed_in;        /* frame of the newest handshake that failed; 0: none did since one was well */
    const void *tls_failed_by;     /* whose it was */
    int64_t failed[ESMTP_GUESSES]; /* when its newest logins failed, one after the other, round and round */
    uint32_t n_failed;
    uint32_t frame, seq; /* of the newest reply that was counted: one that is read anew is not counted again */
    bool guesses;        /* so many failed within the span, once */
} esmtp_known_client_t;

/* A server. */
typedef struct esmtp_known_server {
    struct esmtp_known_server *next;
    esmtp_host_t host;
    uint16_t port;
    uint8_t n_clients;
    uint32_t offered_in;           /* frame of the first EHLO reply in plaintext with STARTTLS; 0: none */
    const void *offered_by;        /* whose it was */
    esmtp_known_client_t *clients; /* the one that failed last first */
} esmtp_known_server_t;

#define ESMTP_SERVER_BUCKETS 1024

/* All servers of a capture file. Zeroed it is empty. */
typedef struct {
    esmtp_known_server_t **buckets; /* NULL while there is none */
    uint32_t n;
} esmtp_peers_t;

/* That server, remembered from now on; NULL if there are too many. allocator: the same each time; nothing is ever given
 * back before all is. */
esmtp_known_server_t *esmtp_peers_server(esmtp_peers_t *peers, const esmtp_allocator_t *allocator,
                                         const esmtp_host_t *host, uint16_t port);

/* That client of a server, NULL if it failed at nothing; likewise, but it does now. */
esmtp_known_client_t *esmtp_peers_client(const esmtp_known_server_t *server, const esmtp_host_t *host);
esmtp_known_client_t *esmtp_peers_failed(esmtp_known_server_t *server, const esmtp_allocator_t *allocator,
                                         const esmtp_host_t *host);

/* A login of a client failed. Returns whether it guesses, as far as its newest logins tell. */
bool esmtp_peers_login_failed(esmtp_known_client_t *client, uint32_t frame, uint32_t seq, int64_t time);

#endif /* ESMTP_PEERS_H */
