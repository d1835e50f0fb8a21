/* mails.h
 * A row for each mail: which mails were told of, and what is known of each. The log and the table are made of it.
 *
 * A mail is told of if one of its records passed the filter, whichever: what the row says does not depend on it.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_MAILS_H
#define ESMTP_MAILS_H

#include "record.h"

/* A mail that was told of. */
typedef struct {
    esmtp_txn_t *txn;
    esmtp_tap_ends_t ends;
    bool tls;
    uint16_t tls_version;
    unsigned at; /* its place in the order in which mails were told of */
} esmtp_mail_t;

/* One recipient, as a row shows it. */
typedef struct {
    const char *address;
    uint16_t code;        /* of the reply that decided; 0: none did */
    const char *enhanced; /* NULL: none */
    const char *reason;   /* of a refusal; NULL: none */
    bool accepted;        /* the server took the responsibility for the mail to it */
} esmtp_mail_rcpt_t;

/* What a row says. Strings are UTF-8 without control characters; NULL: not known. */
typedef struct {
    const esmtp_mail_t *mail;
    uint32_t frame;   /* of its outcome; the last of it that was seen if none ended it */
    int64_t time;     /* likewise, nanoseconds since 1970 */
    int64_t duration; /* from MAIL to there, nanoseconds */
    const char *helo, *sender, *user, *tls, *message_id, *subject, *queue_id;
    const char *outcome; /* NULL: nobody can tell, octets are missing */
    uint16_t code;       /* that decided it; 0: none did */
    const char *enhanced, *reason;
    uint64_t octets; /* of the message; UINT64_MAX if there was none */
    esmtp_mail_rcpt_t *recipients;
    uint32_t n_recipients;
} esmtp_mail_row_t;

typedef struct esmtp_mails esmtp_mails_t;

esmtp_mails_t *esmtp_mails_new(void);
void esmtp_mails_free(esmtp_mails_t *mails);
void esmtp_mails_clear(esmtp_mails_t *mails);
unsigned esmtp_mails_count(const esmtp_mails_t *mails);

/* Takes a record. Up to two mails are concerned, which the function is called for. */
typedef void (*esmtp_mail_function_t)(esmtp_mail_t *mail, void *ctx);
void esmtp_mails_take(esmtp_mails_t *mails, packet_info *pinfo, const esmtp_record_t *record,
                      esmtp_mail_function_t function, void *ctx);
/* The mail if it was told of, else NULL. */
esmtp_mail_t *esmtp_mails_find(const esmtp_mails_t *mails, const esmtp_txn_t *txn);
/* Calls the function for each mail, in the order of outcomes; those that nothing ended come last. */
void esmtp_mails_each(const esmtp_mails_t *mails, esmtp_mail_function_t function, void *ctx);

/* For what prints the mails that pass the filter (NULL: all): print is called when the file ends. ctx is freed by
 * g_free() after it. Returns an error as register_tap_listener() does. */
typedef void (*esmtp_mails_print_t)(const esmtp_mails_t *mails, void *ctx);
GString *esmtp_mails_listen(const char *filter, esmtp_mails_print_t print, void *ctx);

/* What is known of a mail now. In pool. */
void esmtp_mail_row(wmem_allocator_t *pool, const esmtp_mail_t *mail, esmtp_mail_row_t *row);

#endif /* ESMTP_MAILS_H */
