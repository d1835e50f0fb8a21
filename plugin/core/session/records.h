/* records.h
 * What hangs on the facts (facts.h): mails and their recipients, messages, verdicts, logins, lists of extensions. The
 * session writes them in capture order and may complete them later; displays and statistics read them.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_RECORDS_H
#define ESMTP_RECORDS_H

#include "../tables/tables.h"
#include "../parse/auth.h"
#include "facts.h"

/* Recipients of one transaction that are remembered by name; further ones are counted. */
#define ESMTP_RECIPIENTS_MAX 10000

/* One recipient of a transaction. */
typedef struct esmtp_rcpt {
    struct esmtp_rcpt *next;
    esmtp_fact_t *fact;        /* its RCPT */
    const char *address;       /* forward-path without brackets, octets as sent, NUL-terminated */
    uint16_t code;             /* reply to RCPT, 0 while there is none */
    uint16_t final_code;       /* LMTP, PRDR: reply after the message; 0 otherwise */
    const char *reason;        /* of the refusal, if one of them is one; else NULL */
    const esmtp_fact_t *reply; /* to RCPT; NULL while there is none */
    const esmtp_fact_t *final; /* the one after the message that was for it alone; NULL if there was none */
} esmtp_rcpt_t;

/* A reply that decides about a mail. */
typedef struct {
    uint16_t code;      /* 0: none did */
    const char *reason; /* enhanced code and text of its first line, octets as sent; NULL if it has none */
} esmtp_decision_t;

/* One mail transaction. */
typedef struct esmtp_txn {
    uint32_t number;                 /* in its connection, from 1 */
    uint32_t id;                     /* in the capture file, from 1 */
    uint32_t frame;                  /* of MAIL */
    int64_t time;                    /* of MAIL */
    const char *sender;              /* reverse-path without brackets; NULL if not known */
    const char *hello;               /* who the client said that it is, octets as sent; NULL if not known */
    const struct esmtp_login *login; /* the one that had succeeded before; NULL if none had */
    uint64_t declared;               /* SIZE=; UINT64_MAX if not given */
    uint64_t offered;                /* the server's SIZE; UINT64_MAX if it gave none */
    esmtp_rcpt_t *rcpts, **rcpts_end;
    uint32_t n_rcpts; /* all, also those not remembered */
    uint32_t n_accepted, n_refused;
    uint16_t mail_code; /* reply to MAIL; 0 while there is none */
    /* Refusals so far: of MAIL; of a recipient (the newest, but a 4yz stays); of the last DATA, BDAT or message. */
    esmtp_decision_t mail_refusal, rcpt_refusal, message_refusal;
    bool binary;                         /* BODY=BINARYMIME */
    bool chunk_refused;                  /* the newest chunk before the last one was refused */
    bool eight_bit;                      /* its message may have octets above 127: 8BITMIME, BINARYMIME, SMTPUTF8 */
    bool uncertain;                      /* octets were lost: recipients may be accepted or not, and the mail, too */
    bool unheard;                        /* the client's newest command acknowledges replies that the capture lacks */
    bool closed;                         /* nothing more belongs to it */
    bool judged;                         /* the reply that ended it was seen */
    bool withdrawn;                      /* there is no such mail: its MAIL was read so, and that was taken back */
    esmtp_fact_t *final;                 /* that one, or NULL */
    const struct esmtp_message *message; /* the last one that a reply was for, or NULL */
    const char *text_verb;               /* that the newest text came after, if it was not DATA; else NULL */
    const esmtp_fact_t *last;            /* the newest fact of it */
    int64_t last_time;                   /* and when that was seen */
    struct esmtp_txn *outer;             /* the one that was open when this MAIL was sent, or NULL */
    struct esmtp_txn *before;            /* the one that began before it in the connection, or NULL */
} esmtp_txn_t;

/* One message: the text of DATA or the chunks of BDAT. */
typedef struct esmtp_message {
    esmtp_txn_t *txn; /* NULL: the capture began inside it */
    uint64_t octets;  /* after dot-unstuffing, so far */
    uint32_t pieces;  /* so far */
    uint32_t first_frame;
    uint32_t end_frame;  /* frame that completes it; 0 while open */
    uint32_t body_flags; /* ESMTP_BODY_* */
    bool smuggles;       /* a command stands after a false end in it */
    bool lf_end;         /* it ended with LF.LF, as all lines of its client end with LF */
    bool bdat;
    bool incomplete;                     /* octets are missing */
    bool refused;                        /* a chunk was refused: nothing will come of it */
    bool leftover;                       /* chunks after a refused one: they are no message of their own */
    bool aborted;                        /* the client gave it up before its end: RSET and the like */
    bool answered;                       /* a final reply came before its end: a second one answers nothing */
    const struct esmtp_verdict *verdict; /* of the last reply to it; NULL while there is none */
    const struct esmtp_message *before;  /* of its transaction, that a reply was for before this one; or NULL */
    void *user;                          /* of whoever collects the octets; ended with the file */
} esmtp_message_t;

typedef enum {
    ESMTP_OUTCOME_NONE = 0,
    ESMTP_OUTCOME_ACCEPTED,
    ESMTP_OUTCOME_REJECTED,
    ESMTP_OUTCOME_DEFERRED, /* refused with a 4yz */
    ESMTP_OUTCOME_ABORTED
} esmtp_outcome_t;

/* What became of a transaction: hangs on the reply that ended it. */
typedef struct esmtp_verdict {
    esmtp_txn_t *txn;
    esmtp_txn_t *own;         /* the one that the reply itself belongs to: another one if it accepts the next MAIL */
    esmtp_message_t *message; /* that was judged; NULL if it did not come so far */
    esmtp_outcome_t outcome;
    esmtp_decision_t decision; /* what decided it; code 0 if it was aborted */
    uint32_t n_rcpts;          /* recipients remembered at that time */
    uint64_t octets;           /* of the message; UINT64_MAX if there was none */
    int64_t duration;          /* nanoseconds since MAIL */
    const char *queue_id;      /* NULL if the reply names none */
} esmtp_verdict_t;

typedef enum {
    ESMTP_LOGIN_OPEN = 0,
    ESMTP_LOGIN_SUCCEEDED,
    ESMTP_LOGIN_FAILED,
    ESMTP_LOGIN_CANCELLED
} esmtp_login_outcome_t;

/* Lines of a login that may wait for their replies; clients that send all at once have three. */
#define ESMTP_LOGIN_AHEAD 4

/* One attempt to log in. */
typedef struct esmtp_login {
    const struct esmtp_login *before; /* the one of the connection before this, or NULL */
    uint32_t number;                  /* in its connection, from 1 */
    uint32_t frame;                   /* of AUTH; 0 if the capture lacks it */
    uint32_t user_frame;              /* frame that holds the user name; 0 if none did */
    uint32_t end_frame;               /* of the final reply */
    const char *mechanism;            /* capitals; "" if none was named */
    const esmtp_mechanism_row_t *row; /* NULL: not in the table */
    const char *user;                 /* as UTF-8 as the client sent it; NULL if not known */
    uint32_t secret_message; /* number of the client's first message that holds a password or token; 0 if none did */
    uint32_t client_messages, server_messages; /* so far */
    esmtp_login_outcome_t outcome;
    esmtp_prompt_t prompt; /* what the last challenge asks for that the client has not answered */
    bool cancelled;        /* the client sent "*" */
    bool early;            /* it sent a message before it was asked for */
    bool initial;          /* the AUTH line held the client's first message */
    uint8_t n_unanswered;
    esmtp_fact_t *unanswered[ESMTP_LOGIN_AHEAD]; /* AUTH and lines of the exchange, the oldest first */
} esmtp_login_t;

/* One keyword of a list of extensions. */
typedef struct esmtp_offered {
    struct esmtp_offered *next;
    const char *keyword; /* capitals */
    bool glued;          /* written "AUTH=LOGIN": old servers repeat AUTH so */
} esmtp_offered_t;

/* One list of extensions. */
typedef struct {
    esmtp_offered_t *first, **end;
    esmtp_offered_t *room; /* the newest items' */
    uint32_t n;            /* lines seen, also those not remembered */
    const char *auth;      /* mechanisms, as written after AUTH; NULL if AUTH is not offered */
    uint64_t size;         /* SIZE; UINT64_MAX if not offered or without number */
    bool starttls, pipelining;
    bool partial; /* lines of it are not in the capture */
} esmtp_offer_list_t;

/* Whether a list holds a keyword. */
bool esmtp_offer_has(const esmtp_offer_list_t *list, const char *keyword);

/* What hangs on the last line of an EHLO reply. */
typedef struct {
    const esmtp_offer_list_t *list;
    const esmtp_offer_list_t *clear; /* the one in clear, for the first reply inside TLS; else NULL */
    esmtp_txn_t *txn;                /* the transaction that the EHLO was to end, or NULL */
    esmtp_verdict_t *verdict;        /* when it did */
} esmtp_offer_t;

/* What is known of a transaction that no reply has ended: as if the connection ended now. Lives with the caller. False:
 * a reply that the capture lacks may have decided otherwise. */
bool esmtp_txn_weigh(esmtp_txn_t *txn, esmtp_verdict_t *verdict);

/* "accepted", "rejected", "deferred", "aborted". */
const char *esmtp_outcome_name(esmtp_outcome_t outcome);

/* The reply that ended a transaction; NULL while there is none. */
const esmtp_verdict_t *esmtp_txn_verdict(const esmtp_txn_t *txn);
/* The verdict that hangs on a fact, or NULL. */
const esmtp_verdict_t *esmtp_fact_verdict(const esmtp_fact_t *fact);

/* The transaction that a fact belongs to, or NULL. */
esmtp_txn_t *esmtp_fact_txn(const esmtp_fact_t *fact);

/* The number by which a client's message of a login is to be read, given what the server asked for: in LOGIN the user
 * is 1, the password 2. */
static inline uint32_t esmtp_login_number(const esmtp_login_t *login, uint32_t number, unsigned prompt)
{
    if (!login->row || login->row->form != ESMTP_SASL_LOGIN || prompt == ESMTP_PROMPT_NONE)
        return number;
    return prompt == ESMTP_PROMPT_USER ? 1 : 2;
}

/* Likewise of the fact of an exchange's line. */
static inline uint32_t esmtp_fact_login_number(const esmtp_fact_t *fact)
{
    const esmtp_login_t *login = (const esmtp_login_t *)fact->extra;
    return fact->kind == ESMTP_FACT_AUTH && fact->index ? esmtp_login_number(login, fact->index, fact->code)
                                                        : fact->index;
}

#endif /* ESMTP_RECORDS_H */
