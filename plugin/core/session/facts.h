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
#include "../tables/findings.h"

typedef enum {
    ESMTP_FACT_NONE = 0,
    ESMTP_FACT_COMMAND, /* a command line */
    ESMTP_FACT_REPLY,   /* a reply line */
    ESMTP_FACT_AUTH,    /* a client line of a SASL exchange */
    ESMTP_FACT_TEXT,    /* octets of message text after DATA */
    ESMTP_FACT_EOM,     /* the end mark, or what of it lies in this segment */
    ESMTP_FACT_CHUNK,   /* octets of a BDAT chunk */
    ESMTP_FACT_BLOB,    /* octets after XEXCH50 */
    ESMTP_FACT_LINE,    /* client octets that are neither command nor known message (out of step) */
    ESMTP_FACT_GAP,     /* octets that the capture lacks; len 0, count in .missing */
    ESMTP_FACT_PART,    /* octets of a line that the frame in .link ends; beside the session's facts (wire/kept.h) */
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
    ESMTP_FF_MESSAGE = 1u << 14,         /* .extra is an esmtp_message_t; REPLY: to it, and no verdict */
    ESMTP_FF_NO_REPLY = 1u << 15,        /* COMMAND: the capture shows that it lacks the reply */
    ESMTP_FF_STATUS = 1u << 16,          /* COMMAND: .code is the code of its reply */
    ESMTP_FF_FROM_SERVER = 1u << 17,     /* spoken by the server */
    ESMTP_FF_UNEXPECTED_NONE = 1u << 18, /* COMMAND: no reply is due (XACK OFF) */
    ESMTP_FF_PLAIN = 1u << 19,           /* a line of nothing but printable ASCII */
    ESMTP_FF_PIECE = 1u << 20,           /* LINE: the beginning of a line that goes on in a later segment */
    ESMTP_FF_TAIL = 1u << 21,            /* the line began in an earlier segment */
    ESMTP_FF_SECRET = 1u << 22,          /* COMMAND, LINE: reads as part of a login that was refused, given up, or begun
                                            before the capture; REPLY: repeats what the client sent as a secret */
    ESMTP_FF_CHECK = 1u << 23,           /* COMMAND: MAIL, RCPT and their kin, REPLY: an extension, and not of the
                                               plainest form: at the first visit its syntax is checked, whoever reads */
    ESMTP_FF_NAMED = 1u << 24,           /* REPLY: .extra is the verb that it answers, in capitals: no table has it */
};

/* Those that say what .extra is; a fact has one of them at most. */
#define ESMTP_FF_EXTRA (ESMTP_FF_VERDICT | ESMTP_FF_LOGIN | ESMTP_FF_OFFER | ESMTP_FF_MESSAGE | ESMTP_FF_NAMED)

/* What was found about a fact. */
typedef struct esmtp_finding {
    struct esmtp_finding *next;
    const char *what; /* what to say in place of the row's text, or NULL; NONE: see esmtp_fact_refusal */
    uint16_t id;      /* esmtp_finding_id_t; NONE: no finding, but the words of a refusal */
} esmtp_finding_t;

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

/* Refused commands of one connection of which the words are remembered. */
#define ESMTP_REFUSALS_MAX 10000

struct esmtp_txn;

/* Connections have dozens, a million commands a million of them. */
typedef struct esmtp_fact {
    uint32_t frame;
    uint32_t seq;   /* of its first octet: TCP sequence number, in TLS octets of this direction so far (modulo 2^32) */
    uint32_t len;   /* octets */
    uint32_t flags; /* ESMTP_FF_* */
    esmtp_finding_t *findings; /* the newest first; nearly always none */
    uint8_t kind;              /* esmtp_fact_kind_t */
    uint8_t verb;  /* 1 + index in esmtp_verb_rows: of the command; of a reply: of what it answers; 0: unknown */
    uint16_t eol;  /* octets of the line end */
    uint16_t code; /* REPLY: its code; AUTH: esmtp_prompt_t that it answers; GAP: esmtp_gap_t; COMMAND with STATUS: code
                      of the reply (LMTP RCPT: of the one after the message) */
    uint16_t call; /* in TLS: which call of the dissector in this frame, from 0 */
    uint32_t link; /* REPLY: frame of the command; COMMAND, EOM, last CHUNK, AUTH: frame of the reply; PART: where the
                      line ends; 0 if none */
    union {
        uint32_t index;   /* REPLY: number of the line in its reply, from 0; TEXT, CHUNK: number of the piece, from 1;
                             AUTH: number of the client's message in the exchange, from 1 */
        uint32_t missing; /* GAP: octets, 0 if unknown */
    };
    union {
        int64_t delta;                   /* REPLY, last line, with TIMED: nanoseconds since the command */
        uint64_t before;                 /* TEXT, CHUNK: octets of the message before this piece */
        const esmtp_whole_line_t *whole; /* COMMAND, AUTH, LINE with TAIL, the last PART of
                                            a line: the line, its beginning included */
    };
    union {
        struct esmtp_txn *txn; /* without a flag of ESMTP_FF_EXTRA: the transaction it belongs to, or NULL */
        void *extra;           /* see the flags; esmtp_fact_txn() (session.h) knows the transaction all the same */
    };
} esmtp_fact_t;

static inline bool esmtp_fact_has(const esmtp_fact_t *fact, esmtp_finding_id_t id)
{
    const esmtp_finding_t *finding = fact->findings;
    while (finding && finding->id != id)
        finding = finding->next;
    return finding != NULL;
}

/* Text of the first line of the reply that refused a command, octets as sent, without the code: that is in .code. NULL:
 * it was not refused, or it is one of too many. */
static inline const char *esmtp_fact_refusal(const esmtp_fact_t *fact)
{
    const esmtp_finding_t *finding = fact->findings;
    while (finding && finding->id != ESMTP_FINDING_NONE)
        finding = finding->next;
    return finding ? finding->what : NULL;
}

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
#define ESMTP_FACTS_BLOCK 4
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

/* Index of the first fact of a frame, or of the first after it; facts->n if there is none. */
size_t esmtp_facts_find(const esmtp_facts_t *facts, uint32_t frame);

#endif /* ESMTP_FACTS_H */
