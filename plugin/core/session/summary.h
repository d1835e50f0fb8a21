/* summary.h
 * What is known of a connection as a whole: kept up to date by the session, read when it is shown.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_SUMMARY_H
#define ESMTP_SUMMARY_H

#include "records.h"

/* Octets of a reply's text that are kept. */
#define ESMTP_SUMMARY_TEXT 200

/* What waits for a reply, if the connection ends here. */
typedef enum {
    ESMTP_LEFT_NOTHING = 0, /* or nobody knows */
    ESMTP_LEFT_COMMAND,     /* a command; or the end of a reply */
    ESMTP_LEFT_MESSAGE,     /* a whole message, for some of its recipients at least */
} esmtp_left_t;

typedef struct esmtp_summary {
    esmtp_txn_t *txns;           /* the newest; further ones by .before */
    const esmtp_login_t *logins; /* likewise */
    esmtp_finding_set_t found;
    int64_t began, ended;            /* SYN or first line; newest line. Nanoseconds */
    int64_t slowest;                 /* longest time between a command and its reply; 0: none is known */
    char *error;                     /* text of the newest refusal, octets as sent; NULL: there was none */
    uint32_t strays, strays_refused; /* RCPT that belong to no mail; those refused */
    uint32_t errors;                 /* replies of class 4 and 5 */
    uint32_t offered, used;          /* keywords, a bit for each number of needs.h */
    uint16_t error_code;
    bool error_secret;     /* it repeats what the client sent as a secret */
    uint8_t slowest_verb;  /* number of its row */
    uint8_t hello;         /* likewise of the newest hello that was accepted; 0: none was */
    bool opened;           /* watched from the SYN on */
    bool turned_away;      /* the greeting refused, or a 421 came before any mail */
    bool holed;            /* octets are missing */
    bool exposed;          /* a password or token went in plaintext */
    bool offer_known;      /* an EHLO reply in plaintext is in the capture: */
    bool starttls_offered; /* and the newest has STARTTLS */
    bool starttls_refused;
    bool handshake_failed; /* of TLS, before anything was said inside it */
    bool masked_offer;     /* a keyword is overwritten */
    bool begun_in_tls;     /* the first octets came inside TLS, and no 220 had opened it */
    bool inside_tls;       /* SMTP inside TLS was seen */
} esmtp_summary_t;

/* What is counted when it is shown. */
typedef struct {
    uint32_t mails, accepted, rejected, deferred, aborted;
    uint32_t open; /* mails that nothing has ended */
    uint32_t recipients, recipients_refused;
    uint32_t logins_failed;
    uint64_t octets; /* of accepted messages */
} esmtp_totals_t;
void esmtp_summary_count(const esmtp_summary_t *sum, esmtp_totals_t *totals);

/* How the connection was protected. tls_records: records were seen, whether they could be read or not. */
const char *esmtp_summary_security(const esmtp_summary_t *sum, bool tls_records);
/* What became of it, in the words of smtp.transaction.outcome. */
const char *esmtp_summary_outcome(const esmtp_summary_t *sum, const esmtp_totals_t *totals, bool tls_records);
/* What became of the last login. */
const char *esmtp_summary_login(const esmtp_summary_t *sum);

#endif /* ESMTP_SUMMARY_H */
