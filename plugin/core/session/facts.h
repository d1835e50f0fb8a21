/* facts.h
 * What is known about each piece of a connection: the records that the session writes once, in capture order, and that
 * every display reads. A fact belongs to a span of octets of one direction; facts of one direction never overlap and
 * stand in the order of the capture. Each line has a fact of its own.
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
    ESMTP_FF_TIMED = 1u << 4,    /* REPLY: .delta is known */
    ESMTP_FF_TLS_NEXT = 1u << 5, /* REPLY: the next octets are TLS */
    ESMTP_FF_LOST_PEER =
        1u << 6, /* REPLY: its command is not in the capture, or cannot be told for sure; TEXT: likewise its 354 */
    ESMTP_FF_UNKNOWN_CODE = 1u << 7,     /* REPLY: code is not a number */
    ESMTP_FF_LMTP = 1u << 8,             /* the connection speaks LMTP here */
    ESMTP_FF_COMPLETE = 1u << 9,         /* with LAST: the message is whole */
    ESMTP_FF_BDAT_LAST = 1u << 10,       /* COMMAND: BDAT ... LAST of no octets that completes the message */
    ESMTP_FF_VERDICT = 1u << 11,         /* REPLY: .extra is an esmtp_verdict_t */
    ESMTP_FF_LOGIN = 1u << 12,           /* .extra is an esmtp_login_t: AUTH command, its lines and replies */
    ESMTP_FF_OFFER = 1u << 13,           /* REPLY: .extra is an esmtp_offer_t: last line of an EHLO reply */
    ESMTP_FF_MESSAGE = 1u << 14,         /* .extra is an esmtp_message_t */
    ESMTP_FF_NO_REPLY = 1u << 15,        /* COMMAND: the capture shows that it lacks the reply */
    ESMTP_FF_STATUS = 1u << 16,          /* COMMAND: .code is the code of its reply */
    ESMTP_FF_FROM_SERVER = 1u << 17,     /* spoken by the server */
    ESMTP_FF_UNEXPECTED_NONE = 1u << 18, /* COMMAND: no reply is due (XACK OFF) */
    ESMTP_FF_PLAIN = 1u << 19,           /* a line of nothing but printable ASCII */
    ESMTP_FF_PIECE = 1u << 20,           /* LINE: the beginning of a line that goes on in a later segment */
    ESMTP_FF_TAIL = 1u << 21,            /* the line began in an earlier segment */
    ESMTP_FF_SECRET = 1u << 22,          /* COMMAND, LINE: reads as part of a login that was refused, given up, or begun
                                            before the capture; REPLY: repeats what the client sent as a secret */
};

/* Those that say what .extra is; a fact has one of them at most. */
#define ESMTP_FF_EXTRA (ESMTP_FF_VERDICT | ESMTP_FF_LOGIN | ESMTP_FF_OFFER | ESMTP_FF_MESSAGE)

/* What is wrong with it. Each has an expert item of a stable name in epan. */
#define ESMTP_AN(bit)                 (UINT64_C(1) << (bit))
#define ESMTP_AN_BARE_LF              ESMTP_AN(0)  /* line ends with LF alone */
#define ESMTP_AN_TOO_LONG             ESMTP_AN(1)  /* line was cut at ESMTP_LINE_MAX */
#define ESMTP_AN_NO_EOL               ESMTP_AN(2)  /* line has no end in the capture */
#define ESMTP_AN_CONTROL              ESMTP_AN(3)  /* NUL or bare CR in a line; more than one CR at its end */
#define ESMTP_AN_CLIENT_FIRST         ESMTP_AN(4)  /* client speaks before the greeting */
#define ESMTP_AN_NO_COMMAND           ESMTP_AN(5)  /* reply without a command */
#define ESMTP_AN_NOT_REPLY            ESMTP_AN(6)  /* server line that is no reply */
#define ESMTP_AN_NOT_COMMAND          ESMTP_AN(7)  /* client line that is no command */
#define ESMTP_AN_CODE_CHANGED         ESMTP_AN(8)  /* code differs from that of the reply's first line */
#define ESMTP_AN_WRONG_CODE           ESMTP_AN(9)  /* code cannot answer this command */
#define ESMTP_AN_EARLY_TEXT           ESMTP_AN(10) /* message text before the 354 */
#define ESMTP_AN_EARLY_AUTH           ESMTP_AN(11) /* SASL line before the 334 */
#define ESMTP_AN_EARLY_REPLY          ESMTP_AN(12) /* final reply before the end of the message */
#define ESMTP_AN_GAP                  ESMTP_AN(13) /* octets in front of this are missing */
#define ESMTP_AN_INCOMPLETE           ESMTP_AN(14) /* message ends with octets missing */
#define ESMTP_AN_FAKE_END             ESMTP_AN(15) /* line ends that some servers take for the end of the message */
#define ESMTP_AN_CLEAR_AFTER_STARTTLS ESMTP_AN(16) /* command in clear behind STARTTLS */
#define ESMTP_AN_CLEAR_AFTER_220      ESMTP_AN(17) /* reply in clear behind the 220 that opens TLS */
#define ESMTP_AN_TLS_TWICE            ESMTP_AN(18) /* STARTTLS inside TLS */
#define ESMTP_AN_CLEAR_LOGIN          ESMTP_AN(19) /* AUTH in clear although STARTTLS was offered */
#define ESMTP_AN_CLEAR_MAIL           ESMTP_AN(20) /* MAIL in clear although STARTTLS was offered */
#define ESMTP_AN_NO_TLS_RECORD        ESMTP_AN(21) /* octets behind the 220 that are no TLS record */
#define ESMTP_AN_OVER_LIMIT           ESMTP_AN(22) /* a limit of the session was reached; see session.h */
#define ESMTP_AN_AFTER_DATA           ESMTP_AN(23) /* command pipelined behind DATA, before its reply */
#define ESMTP_AN_BODY_NUL             ESMTP_AN(24) /* NUL in message text */
#define ESMTP_AN_FAKE_END_TAKEN       ESMTP_AN(25) /* the server took a fake end mark for the end of the message */
#define ESMTP_AN_MECH_NOT_OFFERED     ESMTP_AN(26) /* AUTH names a mechanism that the EHLO reply did not offer */
#define ESMTP_AN_AUTH_TWICE           ESMTP_AN(27) /* AUTH after a login that succeeded */
#define ESMTP_AN_AUTH_IN_MAIL         ESMTP_AN(28) /* AUTH inside a mail transaction */
#define ESMTP_AN_PIPELINE             ESMTP_AN(29) /* pipelined although the server does not offer PIPELINING */
#define ESMTP_AN_DUPLICATE_KEYWORD    ESMTP_AN(30) /* EHLO reply: an earlier line has the same keyword */
#define ESMTP_AN_CLEAR_AFTER_TLS \
    ESMTP_AN(31) /* in clear although TLS was begun: its handshake failed, or it has ended */
#define ESMTP_AN_CHUNK_AS_COMMANDS ESMTP_AN(32) /* REPLY: shows that what follows a BDAT was read as commands */
#define ESMTP_AN_BAD_SIZE          ESMTP_AN(33) /* BDAT: its argument is no number, or more than that and LAST */
#define ESMTP_AN_READ_ANEW         ESMTP_AN(34) /* REPLY: shows that what the client sent was read wrongly at first */

/* What is known of octets that are missing: .code of a GAP. */
typedef enum {
    ESMTP_GAP_UNKNOWN = 0,
    ESMTP_GAP_NOT_CAPTURED, /* TCP has not seen them either, up to there */
    ESMTP_GAP_WITHHELD,     /* TCP has seen them and keeps them: sent again in another cut, or out of order */
    ESMTP_GAP_CUT,          /* the capture holds the beginning of the packet only */
} esmtp_gap_t;

/* A line whose octets came in several segments. */
typedef struct {
    uint32_t len; /* octets, line end included */
    uint16_t eol; /* octets of the line end */
    uint8_t octets[];
} esmtp_whole_line_t;

struct esmtp_txn;

/* Connections have dozens, a million commands a million of them. */
typedef struct esmtp_fact {
    uint32_t frame;
    uint32_t seq;   /* of its first octet: TCP sequence number, in TLS octets of this direction so far (modulo 2^32) */
    uint32_t len;   /* octets */
    uint32_t flags; /* ESMTP_FF_* */
    uint64_t anomalies; /* ESMTP_AN_* */
    uint8_t kind;       /* esmtp_fact_kind_t */
    uint8_t verb;       /* 1 + index in esmtp_verb_rows: of the command; of a reply: of what it answers; 0: unknown */
    uint16_t eol;       /* octets of the line end */
    uint16_t code; /* REPLY: its code; AUTH: esmtp_prompt_t that it answers; GAP: esmtp_gap_t; COMMAND with STATUS: code
                      of the reply (LMTP RCPT: of the one after the message) */
    uint16_t call; /* in TLS: which call of the dissector in this frame, from 0 */
    uint32_t link; /* REPLY: frame of the command; COMMAND, EOM, last CHUNK, AUTH: frame of the reply; 0 if none */
    union {
        uint32_t index;   /* REPLY: number of the line in its reply, from 0; TEXT, CHUNK: number of the piece, from 1;
                             AUTH: number of the client's message in the exchange, from 1 */
        uint32_t missing; /* GAP: octets, 0 if unknown */
    };
    union {
        int64_t delta;                   /* REPLY, last line, with TIMED: nanoseconds since the command */
        uint64_t before;                 /* TEXT, CHUNK: octets of the message in front of this piece */
        const esmtp_whole_line_t *whole; /* COMMAND, AUTH, LINE with TAIL: the line, its beginning included */
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
