/* peer_findings.c
 * What is odd about a connection in the light of earlier ones: peers.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "session_priv.h"

/* Octets that hold a text of here, with a frame's number. */
#define TEXT 160

static bool is_known(const esmtp_host_t *host)
{
    static const esmtp_host_t none;
    return memcmp(host, &none, sizeof none) != 0;
}

/* The client at the other end, if it failed at something before. */
static esmtp_known_client_t *failed_client(const esmtp_session_t *s)
{
    const esmtp_known_server_t *server = s->ends.server;
    return server && server->clients && is_known(&s->ends.client) ? esmtp_peers_client(server, &s->ends.client) : NULL;
}

/* Likewise, but it fails now. */
static esmtp_known_client_t *failing_client(esmtp_session_t *s)
{
    bool known = s->ends.server && is_known(&s->ends.client);
    return known ? esmtp_peers_failed(s->ends.server, s->ops->allocator, &s->ends.client) : NULL;
}

static void raise_with_frame(esmtp_session_t *s, esmtp_fact_t *fact, esmtp_finding_id_t id, const char *format,
                             uint32_t frame)
{
    char *text = esmtp_session_keep(s, TEXT);
    g_snprintf(text, TEXT, format, frame);
    esmtp_session_raise_of(s, fact, id, text);
}

/* Formats for raise_with_frame, each with room for the number. */
#define VANISHED \
    "STARTTLS vanished: this server offered it in frame %u. A device on the way may take it out (downgrade)"
#define FALLBACK \
    "Fallback to plaintext: the TLS handshake of this client failed in frame %u. Who can break that can read mail"
G_STATIC_ASSERT(sizeof VANISHED + 8 <= TEXT && sizeof FALLBACK + 8 <= TEXT);

void esmtp_session_offer_findings(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact)
{
    esmtp_known_server_t *server = s->ends.server;
    if (!server || at->tls || s->sum->inside_tls || s->offer->partial)
        return;
    if (s->offer->starttls && !server->offered_in) {
        server->offered_in = at->frame;
        server->offered_by = s;
    }
    if (!s->offer->starttls && server->offered_in && server->offered_by != s)
        raise_with_frame(s, fact, ESMTP_FINDING_STARTTLS_VANISHED, VANISHED, server->offered_in);
}

void esmtp_session_clear_findings(esmtp_session_t *s, esmtp_fact_t *fact)
{
    const esmtp_known_client_t *client = failed_client(s);
    if (client && client->tls_failed_in && client->tls_failed_by != s)
        raise_with_frame(s, fact, ESMTP_FINDING_TLS_FALLBACK, FALLBACK, client->tls_failed_in);
}

void esmtp_session_handshake_failed(esmtp_session_t *s, uint32_t frame)
{
    if (s->sum->inside_tls)
        return;
    s->sum->handshake_failed = true;
    esmtp_known_client_t *client = failing_client(s);
    if (!client)
        return;
    client->tls_failed_in = frame;
    client->tls_failed_by = s;
}

void esmtp_session_handshake_done(esmtp_session_t *s)
{
    esmtp_known_client_t *client = failed_client(s);
    if (client)
        client->tls_failed_in = 0;
}

bool esmtp_session_guesses(esmtp_session_t *s, const esmtp_stamp_t *at)
{
    esmtp_known_client_t *client = failing_client(s);
    return client && esmtp_peers_login_failed(client, at->frame, at->seq, at->time);
}

bool esmtp_session_guessed(const esmtp_session_t *s)
{
    const esmtp_known_client_t *client = failed_client(s);
    return client && client->guesses;
}
