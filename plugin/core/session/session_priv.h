/* session_priv.h
 * The inside of a session, for session*.c, pairing.c and transaction.c only.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_SESSION_PRIV_H
#define ESMTP_SESSION_PRIV_H

#include "session.h"

/* A command, or the end of a message, that waits for its reply. */
typedef struct {
    esmtp_fact_t *fact;          /* command line; end mark for the message */
    esmtp_fact_t *tail;          /* last client fact of it: a SASL line, the last piece of a chunk; or NULL */
    const esmtp_verb_row_t *row; /* NULL: unknown verb */
    const char *unknown;         /* which, in capitals; NULL: none, or it may hold a secret */
    uint32_t frame;              /* that smtp.request_in names */
    int64_t time;                /* from which smtp.time counts */
    esmtp_txn_t *txn;
    esmtp_rcpt_t *rcpt;        /* RCPT: its recipient; message: the next one to be judged */
    esmtp_message_t *message;  /* message, BDAT */
    esmtp_message_t *broken;   /* RSET, QUIT, a hello, STARTTLS: chunks that it stands between; else NULL */
    esmtp_login_t *login;      /* AUTH */
    const char *path;          /* RCPT outside of any transaction that is known: its forward-path */
    uint32_t replies;          /* still due */
    bool each_replies;         /* BDAT LAST, refused: each recipient gets a reply all the same (LMTP) */
    bool counted;              /* message: replies says how many there are */
    esmtp_decision_t decision; /* message: of the replies so far the one that decides */
    bool per_recipient;        /* one reply per recipient (LMTP, PRDR after 353) */
    bool overall;              /* and one for all after them (PRDR) */
    bool any_accepted;
    bool leaving;         /* a 421 was among the replies */
    const char *queue_id; /* of the first recipient that was accepted (LMTP); NULL if none was named */
    bool any_wrapped;     /* a 558 line gave the verdict on a recipient */
    bool last_chunk;      /* BDAT LAST */
    bool odd_size;        /* BDAT: its argument is no proper one */
    bool commands_follow; /* DATA that was refused, or sent after a goodbye: what follows it is no text */
    bool text_begun;      /* DATA: its text came before its reply */
    bool xack_off;        /* XACK OFF */
    bool blob_granted;    /* XEXCH50 got its 354 */
    uint32_t ack;         /* of the segment that sent it; 0 if not known */
    bool early;           /* it was sent before the greeting */
    bool answers_missed;  /* when it was sent the client had octets of the server that the capture lacks */
} esmtp_pending_t;

typedef struct {
    esmtp_pending_t *ring;
    uint32_t room, head, n;
    uint64_t popped; /* entries that have left: entry i has the number popped + i */
    bool lossy;      /* replies or commands were lost: who answers whom is not certain */
    bool hole;       /* commands were lost */
} esmtp_pairing_t;

/* Where the session stands in TLS. Only esmtp_session_enter_tls changes it. */
typedef enum {
    ESMTP_TLS_PHASE_NONE = 0, /* in clear, and nothing else was asked for */
    ESMTP_TLS_PHASE_ASKED,    /* STARTTLS was sent and has no answer */
    ESMTP_TLS_PHASE_DUE,      /* 220: the next octets are TLS */
    ESMTP_TLS_PHASE_UNMET,    /* what came then was none, and neither a new session in clear so far */
    ESMTP_TLS_PHASE_INSIDE,   /* octets inside TLS were seen */
} esmtp_tls_phase_t;

/* Why a session begins anew: see esmtp_session_restart. */
typedef enum {
    ESMTP_RESTART_NONE = 0,
    ESMTP_RESTART_HELLO,   /* HELO was accepted: no extensions. (EHLO and LHLO bring new ones.) */
    ESMTP_RESTART_TLS,     /* RFC 3207 section 4.2 */
    ESMTP_RESTART_XCLIENT, /* 220: another client is spoken for */
    ESMTP_RESTART_SWAP,    /* TURN, ATRN: the former client serves, RFC 2645 */
} esmtp_restart_t;

typedef struct esmtp_doubts esmtp_doubts_t;

/* What was found so far in a connection, and how often. */
typedef struct {
    uint8_t n[2][ESMTP_FINDINGS]; /* [1]: of the server, where that is counted by itself */
} esmtp_tally_t;

/* What was said once of each kind, and what findings depend on beside that. */
typedef struct {
    uint64_t disorder;    /* by number of the verb, modulo 64 */
    uint64_t not_offered; /* ESMTP_NEEDS_MAX */
    uint8_t masked;       /* esmtp_masked_t */
    bool cut_in_message;  /* say with the client's next octets that it closed TLS in the middle of a message */
    bool after_starttls;  /* the client went on in plaintext while STARTTLS had no answer */
    bool unclosed;        /* the client's newest line left a "<" or a quote open */
    bool hiding_refused;  /* a login by a mechanism that hides the password was given up or refused */
    esmtp_fact_t *early;  /* the client spoke before the greeting: in this line */
} esmtp_told_t;

/* What a middlebox has overwritten. */
typedef enum {
    ESMTP_MASKED_KEYWORD = 1u << 0,
    ESMTP_MASKED_GREETING = 1u << 1,
    ESMTP_MASKED_COMMAND = 1u << 2,
} esmtp_masked_t;

/* A line of text after a false end, as far as it has come. */
typedef struct {
    bool open; /* it has not ended */
    uint16_t n;
    uint8_t octets[512]; /* a command line, RFC 5321 section 4.5.3.1.4 */
} esmtp_hidden_t;

struct esmtp_session {
    const esmtp_session_ops_t *ops;
    void *ctx;
    esmtp_summary_t *sum;
    esmtp_tally_t *tally;   /* NULL: nothing was found */
    esmtp_hidden_t *hidden; /* NULL: there never was a false end */

    /* roles */
    esmtp_side_t server;
    bool server_certain;
    bool lmtp;
    bool hello_seen; /* a hello was accepted: it says whether this is LMTP */
    bool opened;     /* watched from the SYN on */
    bool server_spoke, client_spoke;
    bool greeted;                  /* the greeting came, or must have come */
    bool synced;                   /* the greeting or a reply to a captured command was seen */
    bool ends_lf[2], ends_crlf[2]; /* for each side: lines of it ended so */
    bool client_gap;               /* a hole was seen in what the client sent */
    bool goodbye;                  /* the newest reply is a 421 or 221: nobody reads what comes, or so it says */
    bool batch;                    /* two commands came in one segment: the client pipelines */
    bool extra_cr[2];              /* for each side: it was said that its lines end with CR CR LF */

    /* what the client's octets are */
    bool text_gap;       /* a hole lies in the text */
    bool message_tls;    /* the message began inside TLS */
    bool text_lost_head; /* say with the next piece that its 354 was not captured */
    bool text_early;     /* say with the next piece that the 354 had not come */
    bool text_due;       /* a 354 came whose command is not in the capture: text follows it */
    uint32_t text_seq;   /* where it begins; 0 if not known */
    bool octets_last;
    esmtp_step_t step;

    int64_t opened_time;
    uint32_t n_txns, n_logins, n_refusals;

    /* EHLO */
    const char *hello;       /* who the client says it is, in its last hello; NULL if none was seen */
    const char *server_name; /* who the server says it is, in its greeting; NULL if it does not */
    esmtp_ends_t ends;
    esmtp_offer_list_t *offer, *offer_new, *offer_clear;

    /* logins */
    const esmtp_login_t *logged_in; /* the one that succeeded last; NULL if none did */
    int32_t challenges; /* 334 that the client has not answered; below 0: lines that were sent before theirs */
    bool answer_next;   /* the next line answers a challenge, whatever it looks like */
    bool login_hole;    /* a hole was seen since the last of them: the next line may answer it, or not */
    uint8_t login_failures;
    bool data_refused;             /* DATA was refused, and no line of the client came since */
    uint32_t unknown_rcpts, rcpts; /* refused as not known; answered */
    esmtp_told_t told;
    bool login_refused; /* a login was refused or given up, and no command that is known came since */
    const char *secrets[ESMTP_SECRETS];
    bool too_long[2];     /* by side: the line that was taken last goes on, its end is still to come */
    unsigned early_lines; /* lines of the client, up to LOGIN_LINES, while it is not known where the capture begins */

    /* TLS */
    esmtp_tls_phase_t tls_phase;
    bool say_anew;        /* say with the next fact that what stands before it was read anew */
    bool tls_failed;      /* say with the next fact that no TLS came after the 220 */
    bool tls_over[2];     /* for each side: it was said that it went back to clear */
    bool farewell;        /* the line at hand says goodbye, as it does after a handshake that failed: QUIT, 221, 421 */
    bool offer_shown;     /* a fact refers to the list of extensions */
    bool offer_first_tls; /* the next EHLO reply is the first inside TLS */
    bool xack_off;
    uint32_t tls_frame;

    esmtp_pairing_t pairing;
    esmtp_doubts_t *doubts; /* NULL: there never was one */

    /* text and counted octets */
    esmtp_body_t body;
    esmtp_hops_t hops;
    esmtp_fact_t *text_command; /* the DATA that the text belongs to; NULL if unknown */
    const esmtp_verb_row_t *text_row;
    esmtp_fact_t *text_fact; /* its newest piece; NULL if there is none or something else came since */
    bool text_joins;         /* and what comes next in this call goes on with it */
    esmtp_fact_t *false_end; /* the first piece with false ends in the newest frame of it that has some; NULL if none */
    uint32_t false_ends;     /* passed since that piece began */
    uint8_t false_frames;    /* frames of which it was said, up to FALSE_FRAMES */
    uint32_t carried;        /* octets of the client's next facts that lie in one before them */
    uint64_t octets_left;
    uint64_t octets_entry;    /* number of the pending entry that the octets belong to */
    esmtp_message_t *message; /* open, or NULL */

    /* the reply that is under way */
    struct {
        bool open;
        bool head_lost; /* lines in front were lost */
        bool paired;
        bool greeting;
        bool hello, lhlo;
        esmtp_fact_t *head; /* first line of what may be a hello's reply, until the second line tells; else NULL */
        bool early;
        bool lost_peer;
        bool wrong_code;
        bool unmasked;   /* a line of it is not overwritten */
        bool unasked;    /* no command waited for it */
        bool no_command; /* likewise, and that is odd */
        uint16_t code;
        const char *reason; /* its first line: kept only of replies that decide about something */
        bool echo;          /* that line repeats a secret */
        uint16_t verb;
        uint32_t lines;
        uint64_t entry; /* number of the pending entry that it answers */
        esmtp_txn_t *txn;
        esmtp_login_t *login;
    } reply;

    esmtp_fact_t
        *early_refusal; /* a refusal that nothing asked for: of the line that the client is sending? else NULL */
    uint32_t early_refusal_ack; /* the server had seen the client's octets up to here */

    esmtp_txn_t *txn;          /* open in the client's eyes */
    esmtp_txn_t *newest;       /* the one that began last */
    esmtp_txn_t *refused_txn;  /* the last one that was closed by a refused message; NULL after another one was ended */
    esmtp_txn_t *last_txn;     /* the one whose message the last reply to a message was for */
    esmtp_login_t *login;      /* under way */
    esmtp_login_t *gone_login; /* was refused while lines that were to answer it were on their way */
    uint64_t login_entry;      /* number of the pending entry of its AUTH, if that was captured */
};

/* EHLO, LHLO, HELO. */
static inline bool esmtp_is_hello(const esmtp_verb_row_t *row)
{
    return row && ((row->flags & ESMTP_VF_HELLO) || row->id == ESMTP_VERB_HELO);
}

/* Whether commands may have been sent that the capture lacks, and no reply since has told where the session stands. */
static inline bool esmtp_session_unsynced(const esmtp_session_t *s)
{
    return !s->synced && (!s->opened || s->client_gap);
}

/* Whether the server was found to take BDAT for an unknown command. */
bool esmtp_session_takes_no_chunks(const esmtp_session_t *s);

/* session.c: the states. A transition is told to ops->trace by name. */
void esmtp_session_enter(esmtp_session_t *s, esmtp_step_t step);
void esmtp_session_enter_tls(esmtp_session_t *s, esmtp_tls_phase_t phase);
/* Something shows where the session stands: lines are commands again if nobody knew. */
void esmtp_session_found(esmtp_session_t *s);
/* Forgets what is not true any longer. The one list of that. */
void esmtp_session_restart(esmtp_session_t *s, esmtp_restart_t why);

/* pairing.c: who answers whom */
esmtp_pending_t *esmtp_pairing_push(esmtp_session_t *s);
esmtp_pending_t *esmtp_pairing_at(const esmtp_pairing_t *q, uint32_t i);
esmtp_pending_t *esmtp_pairing_last(const esmtp_pairing_t *q);
esmtp_pending_t *esmtp_pairing_by_number(const esmtp_pairing_t *q, uint64_t number);
void esmtp_pairing_pop(esmtp_session_t *s);
/* A reply in doubt is a hello's: brings that to the front. The client waits for it, so of several it is the last one,
 * if nothing came after that. False: it is not known which. */
bool esmtp_pairing_claim_hello(esmtp_session_t *s);
/* XACK OFF at the front was accepted: of what was sent after it RCPT and XDFN get no reply. */
void esmtp_pairing_silence(esmtp_session_t *s);
/* Gives back the room of an empty queue. */
void esmtp_pairing_give_back(esmtp_session_t *s);
/* How many entries stand before the one that a reply will answer; the number of all if it answers none. */
uint32_t esmtp_pairing_peek(const esmtp_session_t *s, const esmtp_reply_line_t *reply);
/* The entry that a reply answers, brought to the front; NULL if there is none or if it is not certain. */
esmtp_pending_t *esmtp_pairing_match(esmtp_session_t *s, const esmtp_reply_line_t *reply);

/* transaction.c: what becomes of mails */
esmtp_txn_t *esmtp_txn_begin(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event);
esmtp_rcpt_t *esmtp_txn_recipient(esmtp_session_t *s, esmtp_txn_t *txn, esmtp_fact_t *fact, esmtp_span_t address);
/* Notes that a fact belongs to a transaction (which may be NULL). */
void esmtp_txn_touch(esmtp_txn_t *txn, const esmtp_stamp_t *at, const esmtp_fact_t *fact);
/* That recipient or the next one that RCPT accepted; NULL if there is none. */
esmtp_rcpt_t *esmtp_txn_next_accepted(esmtp_rcpt_t *rcpt);
/* A reply is for a message of the transaction (which may be NULL). */
void esmtp_txn_message(esmtp_txn_t *txn, esmtp_message_t *message);
/* Whether the text of a reply names a path (which may be NULL): "<bob@example.net> Saved". */
bool esmtp_txn_names(esmtp_span_t text, const char *path);
/* That of a recipient, which may be NULL. */
static inline const char *esmtp_rcpt_path(const esmtp_rcpt_t *rcpt)
{
    return rcpt ? rcpt->address : NULL;
}
/* The reply to a command or message of a transaction: verdicts, ends. p may still be at the front of the queue. */
void esmtp_txn_reply(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *p, esmtp_fact_t *fact,
                     const esmtp_server_event_t *event);

/* session_text.c: message text and counted octets */
void esmtp_session_begin_message(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_txn_t *txn, bool bdat);
/* The client's next octets are message text; command: the DATA, NULL if it is not known. */
void esmtp_session_begin_text(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *command,
                              const esmtp_verb_row_t *row);
/* A DATA that was sent and not yet answered, or NULL. */
esmtp_pending_t *esmtp_session_open_data(esmtp_session_t *s);
/* Message text begins although that DATA has no answer. */
void esmtp_session_begin_early_text(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_pending_t *data);
/* The message ended at the false end that was seen last. at: after it. */
void esmtp_session_take_false_end(esmtp_session_t *s, const esmtp_stamp_t *at);
/* Octets that are left of a line that was too long; ends: with its LF. */
void esmtp_session_line_rest(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side, uint32_t len, bool ends);
/* Octets of a line that goes on in a later segment. */
void esmtp_session_piece(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side, uint32_t len);
/* A final reply is about to come: ends a message whose end the server must have seen. */
void esmtp_session_end_text_by_reply(esmtp_session_t *s, const esmtp_stamp_t *at);
/* DATA was refused. */
void esmtp_session_text_refused(esmtp_session_t *s, esmtp_pending_t *p);
/* The next n octets belong to the command that was pushed last. */
void esmtp_session_begin_octets(esmtp_session_t *s, uint64_t n, bool last);
void esmtp_session_end_chunk(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact);

/* session_client.c: whether a command was sent while another waited: no reply came in between that the client
 * acknowledged. */
bool esmtp_session_is_pipelined(const esmtp_session_t *s, const esmtp_stamp_t *at);
/* A reply answers a command whose verb no table has; NULL: its verb is none to name. */
void esmtp_fact_name(esmtp_fact_t *reply, const char *verb);

/* command_findings.c: what a command line shows, before it waits for its reply; likewise an AUTH that has begun its
 * login. */
void esmtp_session_command_findings(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact,
                                    const esmtp_client_event_t *event);
void esmtp_session_login_findings(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact,
                                  const esmtp_client_event_t *event);
/* Likewise of a line of a login's exchange. */
void esmtp_session_length_findings(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_client_event_t *event);
/* Whether a mechanism proves that the client knows a password without sending it. */
bool esmtp_hides_password(const esmtp_mechanism_row_t *row);

/* reply_findings.c: what a final reply to a verb tells; what one line of a reply tells; likewise
 * the last line of the greeting. */
void esmtp_session_reply_findings(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_pending_t *p,
                                  esmtp_fact_t *fact, uint16_t code);
void esmtp_session_reply_line_findings(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact,
                                       const esmtp_server_event_t *event);
void esmtp_session_greeting_findings(esmtp_session_t *s, esmtp_fact_t *fact, uint16_t code);

/* peer_findings.c: what earlier connections make odd: an EHLO reply, s->offer by now; MAIL or AUTH in clear. */
void esmtp_session_offer_findings(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact);
void esmtp_session_clear_findings(esmtp_session_t *s, esmtp_fact_t *fact);
/* SMTP inside TLS is seen. */
void esmtp_session_handshake_done(esmtp_session_t *s);
/* A login failed: whether the client guesses passwords; one is well: whether it did before. */
bool esmtp_session_guesses(esmtp_session_t *s, const esmtp_stamp_t *at);
bool esmtp_session_guessed(const esmtp_session_t *s);

/* session_findings.c: a middlebox has overwritten something: said once of each kind. */
void esmtp_session_masked(esmtp_session_t *s, esmtp_fact_t *fact, esmtp_masked_t kind);
/* The client speaks before the server has: odd, unless the server turns out to offer it; and it does. */
void esmtp_session_early_client(esmtp_session_t *s, esmtp_fact_t *fact);
void esmtp_session_early_client_offered(esmtp_session_t *s);
/* A finding about a fact, if its cap allows one more. what: see esmtp_finding_t. */
void esmtp_session_raise(esmtp_session_t *s, esmtp_fact_t *fact, esmtp_finding_id_t id);
void esmtp_session_raise_of(esmtp_session_t *s, esmtp_fact_t *fact, esmtp_finding_id_t id, const char *what);
void esmtp_session_raise_all(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_finding_set_t *set);
/* The reply under way answers this command: its words are put there if it is a refusal, see esmtp_fact_refusal. */
void esmtp_session_refuse(esmtp_session_t *s, esmtp_fact_t *command);
/* It was none. */
void esmtp_session_unraise(esmtp_session_t *s, esmtp_fact_t *fact, esmtp_finding_id_t id);

/* A reply to one recipient that a 558 line wraps. */
void esmtp_txn_wrapped(esmtp_session_t *s, esmtp_pending_t *p, uint16_t code);

/* session.c */
/* Memory that esmtp_release takes back. */
void *esmtp_session_alloc(esmtp_session_t *s, size_t n);
/* Memory that stays to the end. */
void *esmtp_session_keep(esmtp_session_t *s, size_t n);
/* Likewise n octets, and after them in the same piece of memory a copy of at most ESMTP_NAME_MAX octets of a name. */
void *esmtp_session_keep_named(esmtp_session_t *s, size_t n, esmtp_span_t span, const char **name);
/* A copy of at most ESMTP_NAME_MAX octets; likewise in capitals. */
const char *esmtp_session_strdup(esmtp_session_t *s, esmtp_span_t span);
const char *esmtp_session_strdup_upper(esmtp_session_t *s, esmtp_span_t span);
esmtp_side_t esmtp_session_client_side(const esmtp_session_t *s);
/* The first fact of a side in clear after TLS was begun. */
void esmtp_session_tls_over(esmtp_session_t *s, esmtp_side_t side, esmtp_fact_t *fact);
/* Whether the client ends all its lines with LF alone: then LF.LF ends a message. */
bool esmtp_session_lf_only(const esmtp_session_t *s);
/* Whether the capture would hold the server's octets if there were any. */
bool esmtp_session_server_watched(const esmtp_session_t *s, const esmtp_stamp_t *at);
esmtp_fact_t *esmtp_session_new_fact(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side,
                                     esmtp_fact_kind_t kind, uint32_t len);
/* Likewise for a line, with what is odd about its octets. */
esmtp_fact_t *esmtp_session_line_fact(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_side_t side,
                                      esmtp_fact_kind_t kind, const esmtp_line_t *line);

#endif /* ESMTP_SESSION_PRIV_H */
