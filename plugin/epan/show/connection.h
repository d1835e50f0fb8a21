/* connection.h
 * What is known of a connection as a whole, as whoever shows it needs it: the tree, the list of connections, counts.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_CONNECTION_H
#define ESMTP_CONNECTION_H

#include "../ws_compat.h"

#include "../../core/session/summary.h"

/* Users that one connection lists at most. */
#define ESMTP_USERS_MAX 20

struct tcp_analysis;

/* Lives with the capture file. What it says may change until the capture ends. */
typedef struct {
    const esmtp_summary_t *sum;
    const struct tcp_analysis *tcp;        /* what TCP knows of the connection; NULL if it is not TCP's */
    uint32_t tls_first;                    /* first frame of which TLS made something, readable or not; 0: none */
    uint8_t alert;                         /* the first alert of TLS that tells of a failure; 0: none */
    bool alert_of_server;                  /* who sent it */
    esmtp_left_t left;                     /* what waits for a reply after the newest octets */
    const struct _tcp_flow_t *server_flow; /* of tcp: what the server sent; NULL if that is not known */
    bool server_read;                      /* its octets were read outside of TLS */
    uint32_t server_next;                  /* then: the number that TCP gives the next one */
} esmtp_connection_t;

/* How it was protected, and what became of it, in words. totals: of its summary. */
const char *esmtp_connection_security(const esmtp_connection_t *connection);
const char *esmtp_connection_outcome(const esmtp_connection_t *connection, const esmtp_totals_t *totals);

/* The initial round trip, SYN to the client's first ACK, in nanoseconds; 0: the capture does not show it. */
int64_t esmtp_connection_round_trip(const esmtp_connection_t *connection);

/* Whether beginning and end are in the capture and nothing is missing. */
bool esmtp_connection_is_complete(const esmtp_connection_t *connection);

/* Users that logged in or tried to, each once, the newest first. Returns how many. */
unsigned esmtp_connection_users(const esmtp_connection_t *connection, const char *users[ESMTP_USERS_MAX]);

/* Code and text of the newest refusal, masked if it repeats a secret and secrets are hidden; in pool. NULL: none. */
const char *esmtp_connection_error(wmem_allocator_t *pool, const esmtp_connection_t *connection);

/* The verb that was answered last in time; "greeting" if it was the greeting. */
const char *esmtp_connection_slowest_verb(const esmtp_connection_t *connection);

/* Which side ended TLS and why, as far as an alert can be read; in pool. NULL: none was. */
const char *esmtp_connection_alert(wmem_allocator_t *pool, const esmtp_connection_t *connection);

/* EHLO, HELO or LHLO: the newest that was accepted; "none". A string constant. */
const char *esmtp_connection_hello(const esmtp_connection_t *connection);

/* What is found because the connection was closed, as later passes know: left unanswered by it. NONE: nothing. */
esmtp_finding_id_t esmtp_connection_end_finding(const esmtp_connection_t *connection);

/* Findings that count: warnings and errors. ids: room for ESMTP_FINDINGS. Returns how many. */
unsigned esmtp_connection_findings(const esmtp_connection_t *connection, esmtp_finding_id_t *ids);
/* Highest severity of all findings, as Wireshark numbers it (PI_WARN); 0: nothing was found. */
uint32_t esmtp_connection_worst(const esmtp_connection_t *connection);
/* The names of these numbers. */
extern const value_string esmtp_severities[];

#endif /* ESMTP_CONNECTION_H */
