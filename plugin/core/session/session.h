/* session.h
 * The state machine of one SMTP or LMTP connection: events in, facts out. Runs once, in capture order. It never parses
 * octets (framing.h feeds it parsed lines and counts) and never shows anything (epan reads the facts).
 *
 * RFC 5321 (SMTP), 2033 (LMTP), 2920 (PIPELINING), 3030 (BDAT), 3207 (STARTTLS), 4954 (AUTH), 1845, 2645.
 *
 * What it knows: who the server is; which commands wait for a reply; the transaction that is open in the client's eyes
 * and the one that the server has accepted; whether the client's next octets are lines, message text, a chunk or TLS.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_SESSION_H
#define ESMTP_SESSION_H

#include "../parse/auth.h"
#include "../parse/body.h"
#include "../parse/command.h"
#include "../parse/hops.h"
#include "../parse/line.h"
#include "../parse/reply.h"
#include "../tables/tables.h"
#include "peers.h"
#include "records.h"
#include "summary.h"

/* Commands that may wait for their reply at once; more come only from a peer that wants to fill memory. The oldest is
 * then given up as unanswered. */
#define ESMTP_PENDING_MAX 65536
/* Extensions of one EHLO reply that are remembered for comparison. */
#define ESMTP_OFFER_MAX 200
/* Candidates that are looked at when replies were lost; with more pending than that nothing is certain. */
#define ESMTP_DOUBT_MAX 64
/* Octets of a name (path, keyword, mechanism) that are remembered: twice what a path may have. */
#define ESMTP_NAME_MAX 1024

typedef enum { ESMTP_SIDE_A = 0, ESMTP_SIDE_B = 1, ESMTP_SIDE_NONE = 2 } esmtp_side_t;

/* Where and when octets were seen. */
typedef struct {
    uint32_t frame;
    uint16_t call;
    uint32_t seq;    /* of the first octet that is fed */
    int64_t time;    /* nanoseconds, any origin */
    bool tls;        /* inside TLS */
    bool cut;        /* the capture lacks the end of this packet: its last word may be half of one */
    bool tls_over;   /* in clear, after TLS of the same direction: the handshake failed, or TLS has ended */
    bool tls_met;    /* the peer has sent TLS */
    uint32_t ack;    /* what the segment acknowledges of the peer; 0 if not known */
    bool peer_ahead; /* the segment acknowledges octets of the peer that the capture has not shown */
} esmtp_stamp_t;

/* How far facts and messages have come. facts: of both sides, of the layer that is fed. */
typedef struct {
    size_t facts[2];
    uint32_t messages;
} esmtp_mark_t;

/* The world outside: memory, places for facts, and a taker for message octets. ctx: what the session was made with. */
typedef struct {
    const esmtp_allocator_t *allocator;
    uint32_t *mails; /* transactions so far, of all sessions of the file */
    /* A new zeroed fact of one side, kept after those that were made before. */
    esmtp_fact_t *(*fact)(void *ctx, esmtp_side_t side);
    /* Message octets, in order, dots removed. May be NULL. */
    void (*text)(void *ctx, esmtp_message_t *message, const uint8_t *p, size_t n);
    /* No more octets of this message will come. May be NULL. */
    void (*end)(void *ctx, esmtp_message_t *message);
    /* For readings that may be taken back (doubt.h): how far have facts come; those made since are withdrawn; only the
     * first octets of a message are its own. All three, or NULL: then the first reading stays. */
    esmtp_mark_t (*mark)(void *ctx);
    void (*withdraw)(void *ctx, const esmtp_mark_t *mark);
    void (*cut)(void *ctx, esmtp_message_t *message, uint64_t octets);
    /* A state changes: which ("step", "TLS"), from, to. For whoever looks for a fault. May be NULL. */
    void (*trace)(void *ctx, const char *state, const char *from, const char *to);
} esmtp_session_ops_t;

typedef struct esmtp_session esmtp_session_t;

/* The two ends of the connection. Zeroed: nothing is known. */
typedef struct {
    uint16_t port;                /* the server's; 0 if not known */
    bool same;                    /* both have one address */
    bool tls_port;                /* the server's port is one for TLS */
    esmtp_host_t client;          /* whoever that is, after all proxies; zero if not known */
    esmtp_known_server_t *server; /* what earlier connections told of it; NULL if it is not remembered */
} esmtp_ends_t;

/* What is known of the connection as a whole, now and later. */
const esmtp_summary_t *esmtp_session_summary(const esmtp_session_t *s);

/* What waits for a reply now. */
esmtp_left_t esmtp_session_left(const esmtp_session_t *s);

/* What was found in octets while they were shown, at the first visit: it counts like what the session finds. */
void esmtp_session_note(esmtp_session_t *s, const esmtp_finding_set_t *found);

void esmtp_session_set_ends(esmtp_session_t *s, const esmtp_ends_t *ends);

/* ops must stay where they are. */
esmtp_session_t *esmtp_session_new(const esmtp_session_ops_t *ops, void *ctx);

/* The connection's first SYN was seen at this time: the session is watched from its beginning. */
void esmtp_session_opened(esmtp_session_t *s, int64_t time);

/* Names the server, by port or by what was said. certain: octets no longer change it. */
void esmtp_session_set_server(esmtp_session_t *s, esmtp_side_t server, bool certain);
/* The server is the other side, as that is found now to be: what waits for a reply waits for none. */
void esmtp_session_turn(esmtp_session_t *s);
esmtp_side_t esmtp_session_server(const esmtp_session_t *s);
bool esmtp_session_server_certain(const esmtp_session_t *s);

/* Frame of the 220 that opened TLS; 0 if there was none. */
uint32_t esmtp_session_tls_frame(const esmtp_session_t *s);
/* TLS was promised and has not been seen yet. */
bool esmtp_session_tls_due(const esmtp_session_t *s);
/* What the connection began with is not in the capture: nobody misses it. */
void esmtp_session_start_missed(esmtp_session_t *s);
/* Something was said that leaves no doubt that this is SMTP, and where in it we are. */
bool esmtp_session_known(const esmtp_session_t *s);
/* STARTTLS was sent and has no answer yet. */
bool esmtp_session_tls_asked(const esmtp_session_t *s);
/* How often facts were withdrawn and made anew; whether some of the newest may be yet. */
uint32_t esmtp_session_taken_back(const esmtp_session_t *s);
bool esmtp_session_in_doubt(const esmtp_session_t *s);

/* Octets of the client that no STARTTLS announced seem to be TLS: they are kept until the server tells. at->seq: of the
 * first. */
void esmtp_session_tls_maybe(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_span_t octets);
/* Whether that is open; and that they are TLS. */
bool esmtp_session_tls_doubted(const esmtp_session_t *s);
void esmtp_session_tls_confirm(esmtp_session_t *s);
/* The client says a line in clear. Returns whether the server has refused what looked like TLS: then it was none, and
 * has been read anew. */
bool esmtp_session_tls_disprove(esmtp_session_t *s);
/* First octets inside TLS (STARTTLS or implicit): what was learned in clear is dropped. */
void esmtp_session_tls_begin(esmtp_session_t *s);
/* The octets after the 220 were no TLS record: the session stays in clear. The next fact says so. */
void esmtp_session_tls_failed(esmtp_session_t *s);
/* A handshake of TLS failed in this frame: later connections of the client may be in clear for that. */
void esmtp_session_handshake_failed(esmtp_session_t *s, uint32_t frame);

/* What the client's next octets are. */
typedef enum {
    ESMTP_STEP_LOST = 0, /* nobody knows where in the session they stand: only what is surely a command is one */
    ESMTP_STEP_LINE,     /* a line: a command, or the answer to a login's challenge */
    ESMTP_STEP_TEXT,     /* message text */
    ESMTP_STEP_OCTETS,   /* counted octets: a chunk of BDAT, what follows XEXCH50 */
} esmtp_step_t;
esmtp_step_t esmtp_session_step(const esmtp_session_t *s);

/* A client line, parsed as far as its verb asks. */
typedef struct {
    esmtp_line_t line;
    esmtp_command_t command;
    esmtp_path_t path;      /* MAIL, RCPT and their kin */
    uint64_t size;          /* MAIL SIZE= (UINT64_MAX: none); BDAT, XEXCH50: octets that follow */
    bool size_ok;           /* BDAT, XEXCH50: size was readable */
    bool odd_size;          /* BDAT: its argument breaks the rules; size and last are what lenient servers make of it */
    bool last;              /* BDAT LAST */
    bool binary;            /* MAIL BODY=BINARYMIME */
    bool eight_bit;         /* MAIL BODY=8BITMIME or BINARYMIME, or SMTPUTF8 */
    bool requiretls;        /* MAIL REQUIRETLS */
    uint64_t needs;         /* MAIL, RCPT: what parameters need of the offer, a bit for each number of needs.h */
    uint32_t suspect;       /* ESMTP_SUSPECT_* */
    bool odd_envelope;      /* MAIL, RCPT: not of the plainest form, so that syntax may be broken */
    bool injected;          /* it goes on with a name or address that the line before it left open */
    esmtp_span_t name;      /* hello: first word of its parameter */
    bool sure;              /* can hardly be anything but this command: known verb, fitting parameter; needed only when
                               esmtp_session_wants_proof says so */
    bool dot;               /* the line is "." */
    esmtp_span_t mechanism; /* AUTH */
    bool initial;           /* AUTH with initial response */
    esmtp_span_t user;      /* user name that this line gives away (AUTH and what follows it), decoded; empty if none */
    bool secret;            /* it holds a password or token */
    esmtp_span_t sent;      /* what it says for a login, undecoded: all of a line that is no command that is known */
    esmtp_span_t password;  /* decoded; empty if it holds none that can be read */
    bool gives_up;          /* a verb alone that decodes to control octets: no answer to a challenge */
    bool base64;            /* the line is a word of base64 */
    unsigned nth;           /* lines of this kind before it in the same call */
} esmtp_client_event_t;

/* The login that a client line belongs to as a message of its exchange, for the caller to know how it reads; NULL if
 * the line is none. */
const esmtp_login_t *esmtp_session_login(const esmtp_session_t *s, const esmtp_client_event_t *event);

/* What the client sent last for logins: as sent, the two newest, and the newest password or token; "" if nothing. A
 * server may repeat it. */
#define ESMTP_SECRETS 3
const char *const *esmtp_session_secrets(const esmtp_session_t *s);

/* Whether the next client line may be something else than a command, so that event->sure is asked for. */
bool esmtp_session_wants_proof(esmtp_session_t *s);

/* Takes a client line; makes its fact. Returns NULL, with nothing consumed, if these octets are message text that came
 * before the 354: esmtp_session_step then says TEXT. */
esmtp_fact_t *esmtp_session_client_line(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event);

/* The scanner for message text, for the caller to feed, and the sink and context to feed it with. */
esmtp_body_t *esmtp_session_body(esmtp_session_t *s);
void esmtp_session_body_sink(void *session, const uint8_t *p, size_t n);
/* Octets that the open message has so far; 0 if none is open. */
uint64_t esmtp_session_message_octets(const esmtp_session_t *s);
/* len octets of message text were fed; the message had "before" octets before them. */
esmtp_fact_t *esmtp_session_text(esmtp_session_t *s, const esmtp_stamp_t *at, uint32_t len, uint64_t before);
/* The end mark is complete; len octets of it lie in this segment. */
esmtp_fact_t *esmtp_session_end_mark(esmtp_session_t *s, const esmtp_stamp_t *at, uint32_t len);

/* Client octets are about to come. If they are in clear and a message that began inside TLS is open, it ends without
 * its end: the client closed TLS in the middle of it. */
void esmtp_session_message_cut(esmtp_session_t *s, const esmtp_stamp_t *at);

/* Client octets are about to come. If the last reply was a 354 whose command the capture lacks, and nothing is missing
 * since, they are message text. */
void esmtp_session_text_due(esmtp_session_t *s, const esmtp_stamp_t *at);

/* Octets that the chunk under way still lacks. */
uint64_t esmtp_session_octets_left(const esmtp_session_t *s);
/* Takes counted octets (BDAT, XEXCH50); returns how many of n belong to the chunk. */
size_t esmtp_session_octets(esmtp_session_t *s, const esmtp_stamp_t *at, const uint8_t *p, size_t n);

/* A server line, parsed. */
typedef struct {
    esmtp_line_t line;
    esmtp_reply_line_t reply;
    esmtp_ehlo_line_t extension; /* of reply.parameter */
    uint64_t size;               /* SIZE extension; UINT64_MAX without number */
    esmtp_span_t queue_id;
    uint16_t wrapped; /* a 558 line wraps a reply to one recipient: the code of that one, on its last line; else 0 */
    esmtp_prompt_t prompt; /* 334 */
    bool echo;             /* it repeats what the client sent for a login */
    bool masked;           /* its text is overwritten */
    bool listed;           /* a refusal that names a list of blocked hosts */
    bool listed_client;    /* and the client's address */
    bool odd_extension;    /* EHLO: the extension is not of the plainest form, so that syntax may be broken */
    bool exposing;         /* EHLO: an AUTH line with a mechanism whose password or token can be read */
    esmtp_span_t host;     /* 220: the server's name */
    unsigned nth;          /* lines before it in the same call */
} esmtp_server_event_t;

/* Whether the line that comes next may be one of an EHLO reply, or a reply to a message, for the caller to know what to
 * parse. */
bool esmtp_session_hello_pending(const esmtp_session_t *s);
bool esmtp_session_verdict_pending(const esmtp_session_t *s);
esmtp_fact_t *esmtp_session_server_line(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_server_event_t *event);

/* Octets of a side are missing before what comes next; missing 0: unknown number. */
void esmtp_session_gap(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side, uint32_t missing);

#endif /* ESMTP_SESSION_H */
