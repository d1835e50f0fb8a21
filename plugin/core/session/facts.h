/* facts.h
 * What is known about each piece of a connection: the records that the session writes once, in capture order, and that
 * every display reads. A fact belongs to a span of octets of one direction; facts of one direction never overlap and
 * stand in the order of the capture. Each line has a fact of its own, but for those of EHLO replies (ESMTP_FF_LINES).
 *
 * Facts are kept packed in blocks, found by frame number in O(log n), at addresses that never move: a million commands
 * cost a million times sizeof(esmtp_fact_t) and up to eight octets each for finding them.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_FACTS_H
#define ESMTP_FACTS_H

#include "../span.h"

typedef enum {
    ESMTP_FACT_NONE = 0,
    ESMTP_FACT_COMMAND, /* a command line */
    ESMTP_FACT_REPLY,   /* a reply line */
    ESMTP_FACT_AUTH,    /* a client line of a SASL exchange */
    ESMTP_FACT_TEXT,    /* octets of message text behind DATA */
    ESMTP_FACT_EOM,     /* the end mark, or what of it lies in this segment */
    ESMTP_FACT_CHUNK,   /* octets of a BDAT chunk */
    ESMTP_FACT_BLOB,    /* octets behind XEXCH50 */
    ESMTP_FACT_LINE,    /* client octets that are neither command nor known message (out of step) */
    ESMTP_FACT_GAP,     /* octets that the capture lacks; len 0, count in .missing */
} esmtp_fact_kind_t;

/* What a fact is, besides its kind. */
enum {
    ESMTP_FF_FIRST = 1u << 0,    /* REPLY: first line of its reply */
    ESMTP_FF_LAST = 1u << 1,     /* REPLY: last line; TEXT, CHUNK: the piece that completes the message */
    ESMTP_FF_GREETING = 1u << 2, /* REPLY: the server's greeting */
    ESMTP_FF_HELLO = 1u << 3,    /* REPLY: answers EHLO or LHLO, lines after the first are extensions */
    ESMTP_FF_INFO = 1u << 4,     /* REPLY: not a reply of its own (Sendmail's 050 lines) */
    ESMTP_FF_TIMED = 1u << 5,    /* REPLY: .delta is known */
    ESMTP_FF_TLS_NEXT = 1u << 6, /* REPLY: the next octets are TLS */
    ESMTP_FF_LOST_PEER =
        1u << 7, /* REPLY: its command is not in the capture, or cannot be told for sure; TEXT: likewise its 354 */
    ESMTP_FF_HEAD_LOST = 1u << 8, /* REPLY: lines in front of this one are not in the capture; TEXT: likewise octets */
    ESMTP_FF_UNKNOWN_CODE = 1u << 9,     /* REPLY: code is not a number */
    ESMTP_FF_LMTP = 1u << 10,            /* the connection speaks LMTP here */
    ESMTP_FF_COMPLETE = 1u << 11,        /* with LAST: the message is whole */
    ESMTP_FF_BDAT_LAST = 1u << 12,       /* COMMAND: BDAT ... LAST of no octets that completes the message */
    ESMTP_FF_VERDICT = 1u << 13,         /* REPLY: .extra is an esmtp_verdict_t */
    ESMTP_FF_LOGIN = 1u << 14,           /* .extra is an esmtp_login_t: AUTH command, its lines and replies */
    ESMTP_FF_OFFER = 1u << 15,           /* REPLY: .extra is an esmtp_offer_t: last line of an EHLO reply */
    ESMTP_FF_MESSAGE = 1u << 16,         /* .extra is an esmtp_message_t */
    ESMTP_FF_NO_REPLY = 1u << 17,        /* COMMAND: the capture shows that it lacks the reply */
    ESMTP_FF_STATUS = 1u << 18,          /* COMMAND: .code is the code of its reply */
    ESMTP_FF_FROM_SERVER = 1u << 19,     /* spoken by the server */
    ESMTP_FF_RECIPIENT = 1u << 20,       /* REPLY: the verdict on one recipient after the message (LMTP, PRDR) */
    ESMTP_FF_UNEXPECTED_NONE = 1u << 21, /* COMMAND: no reply is due (XACK OFF) */
    ESMTP_FF_PLAIN = 1u << 22,           /* a line of nothing but printable ASCII */
    ESMTP_FF_LINES =
        1u << 23, /* REPLY: several lines, all of them PLAIN and with CRLF; .index is the number of the first */
};

/* Those that say what .extra is; a fact has one of them at most. */
#define ESMTP_FF_EXTRA (ESMTP_FF_VERDICT | ESMTP_FF_LOGIN | ESMTP_FF_OFFER | ESMTP_FF_MESSAGE)

/* Bits of a fact that are kept for them. */
#define ESMTP_FF_BITS 25

/* What is wrong with it. Each has an expert item of a stable name in epan. */
enum {
    ESMTP_AN_BARE_LF = 1u << 0,               /* line ends with LF alone */
    ESMTP_AN_TOO_LONG = 1u << 1,              /* line was cut at ESMTP_LINE_MAX */
    ESMTP_AN_NO_EOL = 1u << 2,                /* line has no end in the capture */
    ESMTP_AN_CONTROL = 1u << 3,               /* NUL or bare CR in a line; more than one CR at its end */
    ESMTP_AN_CLIENT_FIRST = 1u << 4,          /* client speaks before the greeting */
    ESMTP_AN_NO_COMMAND = 1u << 5,            /* reply without a command */
    ESMTP_AN_NOT_REPLY = 1u << 6,             /* server line that is no reply */
    ESMTP_AN_NOT_COMMAND = 1u << 7,           /* client line that is no command */
    ESMTP_AN_CODE_CHANGED = 1u << 8,          /* code differs from that of the reply's first line */
    ESMTP_AN_WRONG_CODE = 1u << 9,            /* code cannot answer this command */
    ESMTP_AN_EARLY_TEXT = 1u << 10,           /* message text before the 354 */
    ESMTP_AN_EARLY_AUTH = 1u << 11,           /* SASL line before the 334 */
    ESMTP_AN_EARLY_REPLY = 1u << 12,          /* final reply before the end of the message */
    ESMTP_AN_GAP = 1u << 13,                  /* octets in front of this are missing */
    ESMTP_AN_INCOMPLETE = 1u << 14,           /* message ends with octets missing */
    ESMTP_AN_FAKE_END = 1u << 15,             /* line ends that some servers take for the end of the message */
    ESMTP_AN_CLEAR_AFTER_STARTTLS = 1u << 16, /* command in clear behind STARTTLS */
    ESMTP_AN_CLEAR_AFTER_220 = 1u << 17,      /* reply in clear behind the 220 that opens TLS */
    ESMTP_AN_TLS_TWICE = 1u << 18,            /* STARTTLS inside TLS */
    ESMTP_AN_CLEAR_LOGIN = 1u << 19,          /* AUTH in clear although STARTTLS was offered */
    ESMTP_AN_CLEAR_MAIL = 1u << 20,           /* MAIL in clear although STARTTLS was offered */
    ESMTP_AN_NO_TLS_RECORD = 1u << 21,        /* octets behind the 220 that are no TLS record */
    ESMTP_AN_OVER_LIMIT = 1u << 22,           /* a limit of the session was reached; see session.h */
    ESMTP_AN_AFTER_DATA = 1u << 23,           /* command pipelined behind DATA, before its reply */
    ESMTP_AN_BODY_NUL = 1u << 24,             /* NUL in message text */
    ESMTP_AN_FAKE_END_TAKEN = 1u << 25,       /* the server took a fake end mark for the end of the message */
    ESMTP_AN_MECH_NOT_OFFERED = 1u << 26,     /* AUTH names a mechanism that the EHLO reply did not offer */
    ESMTP_AN_AUTH_TWICE = 1u << 27,           /* AUTH after a login that succeeded */
    ESMTP_AN_AUTH_IN_MAIL = 1u << 28,         /* AUTH inside a mail transaction */
    ESMTP_AN_PIPELINE = 1u << 29,             /* pipelined although the server does not offer PIPELINING */
    ESMTP_AN_DUPLICATE_KEYWORD = 1u << 30,    /* EHLO reply: an earlier line has the same keyword */
    ESMTP_AN_CLEAR_AFTER_TLS = 1u << 31, /* in clear although TLS was begun: its handshake failed, or it has ended */
};

/* A line end of CR CR LF, or with still more CRs: esmtp_line_end_length() (line.h) tells its octets. */
#define ESMTP_FACT_EOL_LONG 3

struct esmtp_txn;

/* 48 octets: connections have dozens, a million commands a million of them. */
typedef struct esmtp_fact {
    uint32_t frame;
    uint32_t seq; /* of its first octet: TCP sequence number, in TLS octets of this direction so far (modulo 2^32) */
    uint32_t len; /* octets */
    uint32_t flags : ESMTP_FF_BITS; /* ESMTP_FF_* */
    uint32_t kind : 5;              /* esmtp_fact_kind_t */
    uint32_t eol : 2;               /* octets of the line end; ESMTP_FACT_EOL_LONG: count them */
    uint32_t
        verb : 8; /* 1 + index in esmtp_verb_rows: of the command; of a reply: of what it answers; 0: none or unknown */
    uint32_t code : 10; /* REPLY: its code; COMMAND with STATUS: code of the reply (LMTP RCPT: of the one after the
                           message) */
    uint32_t call : 14; /* in TLS: which call of the dissector in this frame, from 0; a segment holds some 3,000 records
                           at most */
    uint32_t anomalies; /* ESMTP_AN_* */
    uint32_t
        link; /* REPLY: frame of the command; COMMAND, EOM, last CHUNK, AUTH: frame of the reply; 0 if none (yet) */
    union {
        uint32_t index;   /* REPLY: number of the line in its reply, from 0; TEXT, CHUNK: number of the piece, from 1;
                             AUTH: number of the client's message in the exchange, from 1 */
        uint32_t missing; /* GAP: octets, 0 if unknown */
    };
    union {
        int64_t delta;   /* REPLY, last line, with TIMED: nanoseconds since the command */
        uint64_t before; /* TEXT, CHUNK: octets of the message in front of this piece */
    };
    union {
        struct esmtp_txn *txn; /* without a flag of ESMTP_FF_EXTRA: the transaction it belongs to, or NULL */
        void *extra;           /* see the flags; esmtp_fact_txn() (session.h) knows the transaction all the same */
    };
} esmtp_fact_t;

/* Memory that lives as long as the facts. Zeroed. Never fails. */
typedef struct {
    void *(*alloc)(void *ctx, size_t n);
    void *ctx;
    void (*release)(void *ctx,
                    void *p); /* takes back what nobody needs any longer; NULL: everything is kept to the end */
    void *(*keep)(void *ctx,
                  size_t n); /* as alloc, cheaper, for what is never released; NULL: there is nothing cheaper */
} esmtp_allocator_t;

static inline void *esmtp_keep(const esmtp_allocator_t *allocator, size_t n)
{
    return (allocator->keep ? allocator->keep : allocator->alloc)(allocator->ctx, n);
}

static inline void esmtp_release(const esmtp_allocator_t *allocator, void *p)
{
    if (allocator->release && p)
        allocator->release(allocator->ctx, p);
}

/* Facts in a block, and blocks that need no table. Most connections are short: a client that sends one mail has 8 to 10
 * facts, its server as many. */
#define ESMTP_FACTS_BLOCK 2
#define ESMTP_FACTS_FEW   5

/* Zeroed it is empty. */
typedef struct {
    union {
        esmtp_fact_t *few[ESMTP_FACTS_FEW];
        esmtp_fact_t **table;
    };
    uint32_t room; /* blocks that the table has room for; 0: few holds them */
    uint32_t n;    /* facts */
} esmtp_facts_t;

/* A new zeroed fact at the end; its frame must be set to no less than that of the one before. allocator: the same each
 * time. */
esmtp_fact_t *esmtp_facts_add(esmtp_facts_t *facts, const esmtp_allocator_t *allocator);

/* The i-th fact, i < facts->n. */
static inline esmtp_fact_t *esmtp_facts_at(const esmtp_facts_t *facts, size_t i)
{
    esmtp_fact_t *const *blocks = facts->room ? facts->table : facts->few;
    return &blocks[i / ESMTP_FACTS_BLOCK][i % ESMTP_FACTS_BLOCK];
}

/* Index of the first fact of a frame, or of the first behind it; facts->n if there is none. */
size_t esmtp_facts_find(const esmtp_facts_t *facts, uint32_t frame);

#endif /* ESMTP_FACTS_H */
