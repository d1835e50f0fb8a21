/* summary.c
 * What is counted of a connection. See summary.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "summary.h"

static void count_recipients(const esmtp_txn_t *txn, esmtp_totals_t *t)
{
    uint32_t late = 0; /* accepted, and refused after the message (LMTP) */
    for (const esmtp_rcpt_t *rcpt = txn->rcpts; rcpt; rcpt = rcpt->next)
        late += rcpt->code < 400 && rcpt->final_code >= 400;
    t->recipients += txn->n_rcpts;
    t->recipients_refused += txn->n_refused + late;
}

static void count_outcome(esmtp_txn_t *txn, esmtp_totals_t *t)
{
    const esmtp_verdict_t *v = esmtp_txn_verdict(txn);
    esmtp_verdict_t left;
    if (!v) {
        (void)esmtp_txn_weigh(txn, &left);
        t->open += left.outcome == ESMTP_OUTCOME_ABORTED;
    } else {
        left = *v;
        t->aborted += left.outcome == ESMTP_OUTCOME_ABORTED;
    }
    t->accepted += left.outcome == ESMTP_OUTCOME_ACCEPTED;
    t->rejected += left.outcome == ESMTP_OUTCOME_REJECTED;
    t->deferred += left.outcome == ESMTP_OUTCOME_DEFERRED;
    if (left.outcome == ESMTP_OUTCOME_ACCEPTED && left.octets != UINT64_MAX)
        t->octets += left.octets;
}

void esmtp_summary_count(const esmtp_summary_t *sum, esmtp_totals_t *totals)
{
    memset(totals, 0, sizeof *totals);
    totals->recipients = sum->strays;
    totals->recipients_refused = sum->strays_refused;
    for (esmtp_txn_t *txn = sum->txns; txn; txn = txn->before) {
        totals->mails++;
        count_recipients(txn, totals);
        count_outcome(txn, totals);
    }
    for (const esmtp_login_t *login = sum->logins; login; login = login->before)
        totals->logins_failed += login->outcome == ESMTP_LOGIN_FAILED;
}

static bool found(const esmtp_summary_t *sum, esmtp_finding_id_t id)
{
    return esmtp_findings_have(&sum->found, id);
}

static const char *clear_security(const esmtp_summary_t *sum)
{
    if (sum->starttls_refused)
        return "clear, STARTTLS refused";
    if (sum->masked_offer)
        return "clear, STARTTLS masked";
    if (found(sum, ESMTP_FINDING_STARTTLS_VANISHED))
        return "clear, STARTTLS vanished";
    if (sum->starttls_offered)
        return "clear, STARTTLS offered";
    return sum->opened || sum->hello ? "clear" : "not known";
}

const char *esmtp_summary_security(const esmtp_summary_t *sum, bool tls_records)
{
    if (found(sum, ESMTP_FINDING_CLEAR_AFTER_STARTTLS) || found(sum, ESMTP_FINDING_CLEAR_AFTER_220) ||
        found(sum, ESMTP_FINDING_TLS_CLOSED_IN_MESSAGE))
        return "attacked";
    if (sum->begun_in_tls)
        return "tls";
    if (sum->inside_tls)
        return "starttls";
    if (found(sum, ESMTP_FINDING_CLEAR_AFTER_TLS) || sum->handshake_failed)
        return "starttls, failed";
    if (found(sum, ESMTP_FINDING_NO_TLS_RECORD))
        return "starttls, taken off";
    return tls_records ? "starttls" : clear_security(sum);
}

/* What became of the mails. */
static const char *mail_outcome(const esmtp_totals_t *t)
{
    if (t->open)
        return "cut off";
    if (t->accepted)
        return t->accepted == t->mails && !t->recipients_refused ? "accepted" : "partly accepted";
    if (t->rejected)
        return "rejected";
    return t->deferred ? "deferred" : "aborted";
}

const char *esmtp_summary_outcome(const esmtp_summary_t *sum, const esmtp_totals_t *t, bool tls_records)
{
    if (sum->turned_away)
        return "turned away";
    if (tls_records && !sum->inside_tls && !sum->handshake_failed && !t->mails)
        return "not readable";
    if (!sum->opened && !sum->hello && t->mails == t->open)
        return "not known";
    if (t->mails)
        return mail_outcome(t);
    return sum->logins && sum->logins->outcome == ESMTP_LOGIN_FAILED ? "login failed" : "no mail";
}

const char *esmtp_summary_login(const esmtp_summary_t *sum)
{
    static const char *const names[] = {[ESMTP_LOGIN_OPEN] = "open",
                                        [ESMTP_LOGIN_SUCCEEDED] = "succeeded",
                                        [ESMTP_LOGIN_FAILED] = "failed",
                                        [ESMTP_LOGIN_CANCELLED] = "cancelled"};
    return sum->logins ? names[sum->logins->outcome] : "none";
}
