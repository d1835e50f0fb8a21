/* tables.h
 * What SMTP's registries and vendors define, as data: verbs, reply codes, enhanced status codes, EHLO keywords, MAIL
 * and RCPT parameters, SASL mechanisms. One row per entry; the protocol knowledge that other modules act on is a column
 * here, not code there. Every look-up ignores ASCII case and costs a binary search. All rows are constant and live for
 * ever.
 *
 * Texts: "explanation" is one or two sentences for a reader who has no RFC beside the capture; "reference" says where
 * the thing is defined ("RFC 1870", "Microsoft Exchange").
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TABLES_H
#define ESMTP_TABLES_H

#include "../span.h"

/* Verbs that code has to name. A verb that only needs its row has OTHER. */
typedef enum {
    ESMTP_VERB_NONE = 0,
    ESMTP_VERB_OTHER,
    ESMTP_VERB_EHLO,
    ESMTP_VERB_HELO,
    ESMTP_VERB_LHLO,
    ESMTP_VERB_MAIL,
    ESMTP_VERB_RCPT,
    ESMTP_VERB_DATA,
    ESMTP_VERB_EOM, /* the "." row: the end of the message text */
    ESMTP_VERB_BDAT,
    ESMTP_VERB_BURL,
    ESMTP_VERB_RSET,
    ESMTP_VERB_NOOP,
    ESMTP_VERB_QUIT,
    ESMTP_VERB_VRFY,
    ESMTP_VERB_EXPN,
    ESMTP_VERB_HELP,
    ESMTP_VERB_ETRN,
    ESMTP_VERB_ATRN,
    ESMTP_VERB_TURN,
    ESMTP_VERB_AUTH,
    ESMTP_VERB_CANCEL, /* the "*" row: the client gives up a login */
    ESMTP_VERB_STARTTLS,
    ESMTP_VERB_XCLIENT,
    ESMTP_VERB_XFORWARD,
    ESMTP_VERB_XACK,
    ESMTP_VERB_XDFN,
    ESMTP_VERB_VERB,
    ESMTP_VERB_XEXCH50, /* X-EXCH50 as well */
    ESMTP_VERB_SEND,
    ESMTP_VERB_SOML,
    ESMTP_VERB_SAML,
    ESMTP_VERB_XMRG,
    ESMTP_VERB_XPRT,
    ESMTP_VERB_X_EXPS,
    ESMTP_VERB_X_ANONYMOUSTLS,
    ESMTP_VERBS, /* one more than there are */
    /* No verb: the end of the message as a reply to one recipient alone has it (LMTP, PRDR). For contexts only. */
    ESMTP_VERB_EACH = ESMTP_VERBS,
} esmtp_verb_t;

/* What a verb means to the mail transaction. */
typedef enum {
    ESMTP_TXN_NONE,   /* nothing */
    ESMTP_TXN_BEGIN,  /* begins one when accepted: MAIL, XMRG, SEND, SOML, SAML */
    ESMTP_TXN_MEMBER, /* belongs to the one that is open: RCPT, DATA, BDAT, BURL, XDFN, XPRT, XEXCH50 */
    ESMTP_TXN_ABORT,  /* ends it when accepted: RSET, HELO, EHLO, LHLO, QUIT, STARTTLS */
} esmtp_txn_role_t;

/* What octets follow the command line that are no command lines. */
typedef enum {
    ESMTP_PAYLOAD_NONE,
    ESMTP_PAYLOAD_TEXT,  /* after 3yz, text until CRLF.CRLF: DATA, XPRT */
    ESMTP_PAYLOAD_CHUNK, /* at once, the number of octets that the first argument says: BDAT */
    ESMTP_PAYLOAD_BLOB,  /* after 3yz, that many octets: XEXCH50 */
} esmtp_payload_t;

enum {
    ESMTP_VF_HELLO = 1u << 0,    /* its reply lists extensions: EHLO, LHLO */
    ESMTP_VF_TLS = 1u << 1,      /* 220 opens TLS: STARTTLS, X-ANONYMOUSTLS */
    ESMTP_VF_AUTH = 1u << 2,     /* 334 rounds follow: AUTH, X-EXPS */
    ESMTP_VF_SWAP = 1u << 3,     /* 250 swaps the roles: TURN, ATRN */
    ESMTP_VF_RESTART = 1u << 4,  /* 220 starts the session over: XCLIENT */
    ESMTP_VF_NOT_SMTP = 1u << 5, /* another protocol's verb: GET, POST, CONNECT */
    ESMTP_VF_PROBE = 1u << 6,    /* an old back door that only scanners try: DEBUG, WIZ, SHOWQ */
    ESMTP_VF_SECRET = 1u << 7,   /* the parameter may hold a secret: BURL, CLIENTID, XAUTH */
    ESMTP_VF_FROM = 1u << 8,     /* parameter is FROM:<path> and esmtp-params */
    ESMTP_VF_TO = 1u << 9,       /* parameter is TO:<path> and esmtp-params */
    ESMTP_VF_NO_ARG = 1u << 10,  /* takes no parameter: DATA, RSET, QUIT, STARTTLS */
    ESMTP_VF_PSEUDO = 1u << 11,  /* not a verb on the wire: "." and "*" */
};

#define ESMTP_CODES_MAX 6

typedef struct {
    const char *verb; /* capitals */
    esmtp_verb_t id;
    esmtp_txn_role_t txn;
    esmtp_payload_t payload;
    uint32_t flags;                    /* ESMTP_VF_* */
    uint16_t success[ESMTP_CODES_MAX]; /* codes of success, ended by 0 */
    uint16_t intermediate[2];          /* codes that ask for more, ended by 0 */
    const char *syntax;
    const char *reference;
    const char *explanation;
} esmtp_verb_row_t;

/* NULL if no table knows it. "." and "*" are never found: ask esmtp_verb_by_id. */
const esmtp_verb_row_t *esmtp_verb_find(esmtp_span_t verb);
const esmtp_verb_row_t *esmtp_verb_by_id(esmtp_verb_t id);

/* A row's number, from 1 (0 for NULL), and the row of a number: for records that have no room for a pointer. */
uint16_t esmtp_verb_number(const esmtp_verb_row_t *row);
const esmtp_verb_row_t *esmtp_verb_by_number(uint16_t number);

/* Whether a code can be the answer to a verb: any 4yz and 5yz, and of 2yz and 3yz those of the row; row NULL: all but
 * 3yz. A number outside 200..599 never is. */
bool esmtp_verb_expects(const esmtp_verb_row_t *row, uint16_t code);

typedef struct {
    uint16_t code;
    const char *name; /* short: RFC 5321's words where it has some, as users know them */
    const char *reference;
    const char *explanation;
} esmtp_code_row_t;

const esmtp_code_row_t *esmtp_code_find(uint16_t code);

/* What a first digit says: "success", ... for 0..9; never NULL. */
const char *esmtp_code_class_name(unsigned first_digit);

/* What a code means in one context. A row whose code is below ten holds for all codes that begin with this digit. */
typedef struct {
    uint16_t code;
    bool greeting;           /* the code opens the connection */
    esmtp_verb_t verb;       /* the code answers this verb; NONE: any */
    const char *next_step;   /* "" where there is nothing to say */
    const char *explanation; /* NULL: that of the code's own row */
} esmtp_context_row_t;

/* What this code means as the answer to this verb (id NONE: unknown; for the greeting pass greeting true), one or two
 * sentences: a row for the pair if there is one, else the code's, else the class's. Never NULL. */
const char *esmtp_code_explain(uint16_t code, esmtp_verb_t verb, bool greeting);

/* Where that is defined; "" where nothing is known. */
const char *esmtp_code_reference(uint16_t code, esmtp_verb_t verb, bool greeting);

/* What a code is called as the answer to this verb, where the code's own name would mislead: 454 to STARTTLS. Else
 * NULL. */
const char *esmtp_code_name_after(uint16_t code, esmtp_verb_t verb);

/* The row for a code as the answer to this verb inside TLS, where that is another one than outside; else NULL. */
const esmtp_context_row_t *esmtp_context_inside_tls(uint16_t code, esmtp_verb_t verb);

/* What the sender does next, in plain words: retry later, give up, log in, ... "" where there is nothing to say. */
const char *esmtp_code_next_step(uint16_t code, esmtp_verb_t verb, bool greeting);

typedef struct {
    uint8_t class_; /* 2, 4, 5 or 0 for any */
    uint16_t subject;
    uint16_t detail;    /* first of a range ... */
    uint16_t detail_to; /* ... and last */
    const char *reference;
    const char *meaning; /* a sentence */
} esmtp_enhanced_row_t;

/* The registry's row for a code, NULL if it has none. */
const esmtp_enhanced_row_t *esmtp_enhanced_find(uint16_t class_, uint16_t subject, uint16_t detail);
/* What a vendor means by it where that differs from the registry or the registry is silent; NULL if none is known. */
const esmtp_enhanced_row_t *esmtp_enhanced_vendor_find(uint16_t class_, uint16_t subject, uint16_t detail);
/* "success", "persistent transient failure", ...; NULL if not 2, 4, 5. */
const char *esmtp_enhanced_class_name(uint16_t class_);
/* "addressing", "mailbox", ...; NULL if not 0..7. */
const char *esmtp_enhanced_subject_name(uint16_t subject);

/* How the parameters of an EHLO keyword read. */
typedef enum {
    ESMTP_EHLO_NONE = 0,      /* takes none */
    ESMTP_EHLO_TEXT,          /* text of no known form */
    ESMTP_EHLO_SIZE,          /* [octets] */
    ESMTP_EHLO_AUTH,          /* mechanisms */
    ESMTP_EHLO_LIMITS,        /* name=value ... */
    ESMTP_EHLO_DELIVERBY,     /* [seconds][,token...] */
    ESMTP_EHLO_FUTURERELEASE, /* seconds date-time */
    ESMTP_EHLO_MT_PRIORITY,   /* [profile] */
    ESMTP_EHLO_NO_SOLICITING, /* [word,word...] */
    ESMTP_EHLO_BURL,          /* imap imap://host ... */
    ESMTP_EHLO_XCLIENT,       /* attribute names */
    ESMTP_EHLO_XFORWARD,      /* attribute names */
    ESMTP_EHLO_SECURITY,      /* =level,level */
    ESMTP_EHLO_XVERP,         /* [=variant] */
    ESMTP_EHLO_HEX_ID,        /* XLOOP's opaque id */
    ESMTP_EHLO_CONTEXTS,      /* X-MESSAGECONTEXT: name-version ... */
    ESMTP_EHLO_IGNORED,       /* must be ignored if there are any: SMTPUTF8 */
} esmtp_ehlo_form_t;

typedef enum {
    ESMTP_STATUS_STANDARD,
    ESMTP_STATUS_EXPERIMENTAL,
    ESMTP_STATUS_HISTORIC,
    ESMTP_STATUS_VENDOR,
} esmtp_status_t;

typedef struct {
    const char *keyword; /* capitals, without "=": AUTH= of old servers is AUTH with a value glued to it */
    esmtp_ehlo_form_t form;
    esmtp_status_t status;
    const char *syntax; /* of the parameters, "" for none */
    const char *reference;
    const char *explanation;
} esmtp_keyword_row_t;

/* A keyword of at least four X, with other letters at most at its end, is found as XXXXXXXX: a firewall's mask. */
const esmtp_keyword_row_t *esmtp_keyword_find(esmtp_span_t keyword);

/* Whether a row (or NULL) is that mask: keywords that it was found by may differ. */
bool esmtp_keyword_is_mask(const esmtp_keyword_row_t *row);

/* How the value of a MAIL or RCPT parameter reads. */
typedef enum {
    ESMTP_VALUE_FLAG, /* none */
    ESMTP_VALUE_TEXT,
    ESMTP_VALUE_SIZE,
    ESMTP_VALUE_BODY,
    ESMTP_VALUE_RET,
    ESMTP_VALUE_ENVID,
    ESMTP_VALUE_AUTH,
    ESMTP_VALUE_BY,
    ESMTP_VALUE_HOLDFOR,
    ESMTP_VALUE_HOLDUNTIL,
    ESMTP_VALUE_MTRK,
    ESMTP_VALUE_SOLICIT,
    ESMTP_VALUE_MT_PRIORITY,
    ESMTP_VALUE_NOTIFY,
    ESMTP_VALUE_ORCPT,
    ESMTP_VALUE_RRVS,
    ESMTP_VALUE_SECURITY,
    ESMTP_VALUE_XTEXT, /* xtext of no further form */
    ESMTP_VALUE_SMTPUTF8,
    ESMTP_VALUE_REQUIRETLS,
    ESMTP_VALUE_TRANSID,
    ESMTP_VALUE_DIRECTION, /* XATTRDIRECT: Incoming, Originating */
    ESMTP_VALUE_OPTIONAL,  /* XVERP: may have a value */
} esmtp_value_form_t;

enum { ESMTP_ON_MAIL = 1u << 0, ESMTP_ON_RCPT = 1u << 1 };

typedef struct {
    const char *name; /* capitals */
    uint8_t on;       /* ESMTP_ON_MAIL, ESMTP_ON_RCPT or both */
    esmtp_value_form_t form;
    const char *syntax;
    const char *reference;
    const char *explanation;
} esmtp_param_row_t;

/* on: the command it stands on. A parameter of the other command is not found. */
const esmtp_param_row_t *esmtp_param_find(esmtp_span_t name, uint8_t on);

/* How the messages of a SASL mechanism read. */
typedef enum {
    ESMTP_SASL_OPAQUE = 0, /* no known form */
    ESMTP_SASL_PLAIN,
    ESMTP_SASL_LOGIN,
    ESMTP_SASL_CRAM, /* CRAM-MD5 and its kin */
    ESMTP_SASL_DIGEST_MD5,
    ESMTP_SASL_SCRAM,
    ESMTP_SASL_XOAUTH2,
    ESMTP_SASL_OAUTHBEARER,
    ESMTP_SASL_NTLM,
    ESMTP_SASL_GSSAPI,
    ESMTP_SASL_SPNEGO,
    ESMTP_SASL_EXTERNAL,
    ESMTP_SASL_ANONYMOUS,
} esmtp_sasl_form_t;

typedef struct {
    const char *mechanism; /* capitals; "HT-SHA-256-*" stands for all that begin so */
    esmtp_sasl_form_t form;
    bool exposed;         /* a password or token can be read from the exchange */
    const char *exchange; /* who sends what; "" where that is not known */
    const char *reference;
    const char *explanation;
} esmtp_mechanism_row_t;

const esmtp_mechanism_row_t *esmtp_mechanism_find(esmtp_span_t mechanism);

/* Words that stand in values and have a meaning of their own. One set for each place where they stand. */
typedef enum {
    ESMTP_SET_NONE = 0,
    ESMTP_SET_BODY,      /* MAIL BODY= */
    ESMTP_SET_BURL,      /* options of the EHLO keyword BURL, up to "://" */
    ESMTP_SET_BY,        /* mode and trace of MAIL BY= */
    ESMTP_SET_CONTEXT,   /* X-MESSAGECONTEXT, without the version */
    ESMTP_SET_DIRECTION, /* MAIL XATTRDIRECT= */
    ESMTP_SET_NOTIFY,    /* RCPT NOTIFY= */
    ESMTP_SET_ORCPT,     /* address types of RCPT ORCPT= */
    ESMTP_SET_PROFILE,   /* MT-PRIORITY in the EHLO reply */
    ESMTP_SET_RET,       /* MAIL RET= */
    ESMTP_SET_RRVS,      /* action of RCPT RRVS= */
    ESMTP_SET_SECURITY,  /* SECURITY and XSECURITY, EHLO reply and MAIL */
    ESMTP_SET_XCLIENT,   /* attributes */
    ESMTP_SET_XFORWARD,  /* attributes */
} esmtp_word_set_t;

typedef struct {
    esmtp_word_set_t set;
    const char *word;    /* capitals */
    const char *meaning; /* a phrase that can stand in brackets after the word */
} esmtp_word_row_t;

/* NULL if the set has no such word. */
const esmtp_word_row_t *esmtp_word_find(esmtp_word_set_t set, esmtp_span_t word);

/* Walks for tests and documentation: the rows of each table and their number. */
const esmtp_verb_row_t *esmtp_verb_rows(size_t *n);
const esmtp_code_row_t *esmtp_code_rows(size_t *n);
const esmtp_context_row_t *esmtp_context_rows(size_t *n);
const esmtp_context_row_t *esmtp_context_tls_rows(size_t *n);
const esmtp_enhanced_row_t *esmtp_enhanced_rows(size_t *n);
const esmtp_enhanced_row_t *esmtp_enhanced_vendor_rows(size_t *n);
const esmtp_keyword_row_t *esmtp_keyword_rows(size_t *n);
const esmtp_param_row_t *esmtp_param_rows(size_t *n);
const esmtp_mechanism_row_t *esmtp_mechanism_rows(size_t *n);
const esmtp_word_row_t *esmtp_word_rows(size_t *n);

#endif /* ESMTP_TABLES_H */
