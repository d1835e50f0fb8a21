/* session_findings.c
 * What the session finds: a list for each fact, empty for nearly all, and a count for the connection.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "session_priv.h"

/* Whether the cap allows another one. */
static bool count(esmtp_session_t *s, const esmtp_fact_t *fact, esmtp_finding_id_t id)
{
    if (!s->tally)
        s->tally = esmtp_session_keep(s, sizeof *s->tally);
    uint8_t cap = esmtp_finding_rows[id].cap;
    bool server = cap & ESMTP_CAP_A_SIDE && fact->flags & ESMTP_FF_FROM_SERVER;
    uint8_t *n = &s->tally->n[server][id];
    if (cap && *n >= ESMTP_CAP_MAX(cap))
        return false;
    if (*n < UINT8_MAX)
        ++*n;
    esmtp_findings_put(&s->sum->found, id);
    return true;
}

static void uncount(esmtp_session_t *s, const esmtp_fact_t *fact, esmtp_finding_id_t id)
{
    bool server = esmtp_finding_rows[id].cap & ESMTP_CAP_A_SIDE && fact->flags & ESMTP_FF_FROM_SERVER;
    uint8_t *n = &s->tally->n[server][id];
    if (*n < UINT8_MAX)
        --*n;
    if (!s->tally->n[0][id] && !s->tally->n[1][id])
        esmtp_findings_take(&s->sum->found, id);
}

static void put(esmtp_session_t *s, esmtp_fact_t *fact, esmtp_finding_id_t id, const char *what)
{
    esmtp_finding_t *finding = esmtp_session_keep(s, sizeof *finding);
    finding->id = (uint16_t)id;
    finding->what = what;
    finding->next = fact->findings;
    fact->findings = finding;
}

void esmtp_session_raise_of(esmtp_session_t *s, esmtp_fact_t *fact, esmtp_finding_id_t id, const char *what)
{
    if (!esmtp_fact_has(fact, id) && count(s, fact, id))
        put(s, fact, id, what);
}

void esmtp_session_refuse(esmtp_session_t *s, esmtp_fact_t *command)
{
    bool refused = s->reply.code >= 400 && s->reply.reason && !s->reply.echo;
    if (!refused || esmtp_fact_refusal(command) || s->n_refusals >= ESMTP_REFUSALS_MAX)
        return;
    s->n_refusals++;
    put(s, command, ESMTP_FINDING_NONE, s->reply.reason);
}

void esmtp_session_raise(esmtp_session_t *s, esmtp_fact_t *fact, esmtp_finding_id_t id)
{
    esmtp_session_raise_of(s, fact, id, NULL);
}

void esmtp_session_raise_all(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_finding_set_t *set)
{
    for (size_t i = 0; i < G_N_ELEMENTS(set->bits); i++) {
        uint64_t bits = set->bits[i];
        for (size_t id = i * 64; bits; bits >>= 1, id++) {
            if (bits & 1)
                esmtp_session_raise(s, fact, (esmtp_finding_id_t)id);
        }
    }
}

/* The list is made anew: parts of the old one may be needed again when a reading is taken back. */
void esmtp_session_unraise(esmtp_session_t *s, esmtp_fact_t *fact, esmtp_finding_id_t id)
{
    const esmtp_finding_t *old = fact->findings;
    if (!esmtp_fact_has(fact, id))
        return;
    uncount(s, fact, id);
    fact->findings = NULL;
    for (; old; old = old->next) {
        if (old->id == id)
            continue;
        esmtp_finding_t *finding = esmtp_session_keep(s, sizeof *finding);
        *finding = *old;
        finding->next = fact->findings;
        fact->findings = finding;
    }
}

void esmtp_session_note(esmtp_session_t *s, const esmtp_finding_set_t *found)
{
    esmtp_findings_join(&s->sum->found, found);
}

void esmtp_session_masked(esmtp_session_t *s, esmtp_fact_t *fact, esmtp_masked_t kind)
{
    if (s->told.masked & kind)
        return;
    s->told.masked |= (uint8_t)kind;
    esmtp_session_raise_of(
        s, fact, ESMTP_FINDING_MASKED,
        kind == ESMTP_MASKED_GREETING ? "Greeting masked: a middlebox has overwritten it, and often "
                                        "hides extensions, too. Switch its SMTP inspection off"
        : kind == ESMTP_MASKED_COMMAND
            ? "Command masked: a middlebox has overwritten it. The server cannot know what the client "
              "asked for. Switch its SMTP inspection off"
            : NULL);
}

void esmtp_session_early_client(esmtp_session_t *s, esmtp_fact_t *fact)
{
    esmtp_session_raise(s, fact, ESMTP_FINDING_CLIENT_FIRST);
    if (esmtp_fact_has(fact, ESMTP_FINDING_CLIENT_FIRST))
        s->told.early = fact;
}

void esmtp_session_early_client_offered(esmtp_session_t *s)
{
    if (s->told.early)
        esmtp_session_unraise(s, s->told.early, ESMTP_FINDING_CLIENT_FIRST);
    s->told.early = NULL;
}
