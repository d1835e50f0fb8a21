/* clang-format off: a table */
/* doubt.h
 * Readings of the client's octets that the server's replies may disprove. What octets are is not decided by how they
 * look but by what the server makes of them: at each doubtful point the likelier reading is followed, and what is
 * needed to take it back is kept until the replies have told.
 *
 * Reading    What is believed, then: what it may be, what refutes it / what confirms it
 * COMMANDS   Lines sent after DATA, or after an unknown verb, before its reply. Or message text: 354 / any other
 *            reply to it.
 * TEXT       What is sent after DATA before its reply, and reads as no command. Or commands: 4yz, 5yz; 421 or 221 to
 *            what stands before it / 354.
 * CHUNK      Octets after BDAT. Or commands: 500, 502; 503 where CHUNKING was not offered, before all octets came; 501
 *            to an argument that breaks the rules, before any octets; more replies than commands; 500 or 502 to MAIL,
 *            RCPT or DATA after it / 2yz, or a reply that fits a command sent when nothing waited.
 * BIG_CHUNK  More octets after BDAT than 32 bits count. Or so many as are left of the number there (Exim): 2yz before
 *            the others were sent / -.
 * EXCHANGE   A line after AUTH, before the challenge that it answers. Or a command: the final reply to AUTH / 334.
 * NO_ANSWER  A command after AUTH, before its reply. Or the answer to a challenge: 334 / the final reply to AUTH.
 * GIVEN_UP   A verb that no login would send as its answer, instead of that. Or the answer: any reply that AUTH can
 *            have / another.
 * BROKEN_OFF RSET, QUIT, a hello or STARTTLS between chunks ends the message. Or that goes on: 4yz, 5yz / any other
 *            reply, 421.
 * FALSE_END  The message goes on after an end that is not CRLF.CRLF. Or it ended there: replies before the true end,
 *            more replies than commands, 354 to the end mark / as for CHUNK.
 * ONE_REPLY  One reply to a message (SMTP; in LMTP one that refuses BDAT LAST). Or LMTP: one for each recipient: a
 *            further reply that names the next recipient, or that nothing asked for.
 * TLS        Octets that look like TLS and that no STARTTLS announced. Or client lines: 2yz, 3yz in plaintext after the
 *            greeting; a refusal in plaintext, and the client goes on in plaintext / TLS of the server.
 *
 * How a reading is taken back: what the session can reach is copied at the doubtful point (what it cannot reach it
 * cannot change), and the octets of both sides since then are kept. To take it back the copies are put where they were,
 * the facts made since are withdrawn, the reading is turned, and the octets are fed again with their old stamps.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* clang-format on */
#ifndef ESMTP_DOUBT_H
#define ESMTP_DOUBT_H

#include "session_priv.h"

/* Octets of both sides since the oldest doubtful point that are kept. Beyond, what is believed stays. */
#define ESMTP_DOUBT_OCTETS (256u << 10)
/* Doubts that may be open at once. */
#define ESMTP_DOUBTS_MAX 8
/* All that is copied and fed again may be so many times what was said meanwhile: a client cannot make it cost more. */
#define ESMTP_DOUBT_TIMES 4

typedef enum {
    ESMTP_DOUBT_NONE = 0,
    ESMTP_DOUBT_COMMANDS,
    ESMTP_DOUBT_TEXT,
    ESMTP_DOUBT_CHUNK,
    ESMTP_DOUBT_BIG_CHUNK,
    ESMTP_DOUBT_BROKEN_OFF,
    ESMTP_DOUBT_EXCHANGE,
    ESMTP_DOUBT_NO_ANSWER,
    ESMTP_DOUBT_GIVEN_UP,
    ESMTP_DOUBT_FALSE_END,
    ESMTP_DOUBT_ONE_REPLY,
    ESMTP_DOUBT_TLS,
} esmtp_doubt_kind_t;

/* Before octets are read that may be something else. entry: number of the pending entry whose reply tells. Returns
 * false if the doubt cannot be kept. */
bool esmtp_doubt_open(esmtp_session_t *s, esmtp_doubt_kind_t kind, uint64_t entry, const esmtp_stamp_t *at);
/* Likewise before a line of which these octets at its front were taken already. */
bool esmtp_doubt_open_carried(esmtp_session_t *s, esmtp_doubt_kind_t kind, uint64_t entry, const esmtp_stamp_t *at,
                              esmtp_span_t carried);
/* Whether one of a kind is open; any: ESMTP_DOUBT_NONE. */
bool esmtp_doubt_is_open(const esmtp_session_t *s, esmtp_doubt_kind_t kind);
/* Octets were taken: they are kept as long as anything is in doubt. last: no more can be had of what they lack. */
void esmtp_doubt_keep(esmtp_session_t *s, esmtp_side_t from, const esmtp_stamp_t *at, esmtp_span_t octets, bool last);
/* The first line of a reply is about to be taken. Returns true if it disproved a reading: all up to it has been made
 * anew, and it is to be judged again. *told gets what the reply is marked with. */
bool esmtp_doubt_reply(esmtp_session_t *s, const esmtp_server_event_t *event, esmtp_finding_set_t *told);
/* The one of a kind was proved right by something else than a reply. */
void esmtp_doubt_confirm(esmtp_session_t *s, esmtp_doubt_kind_t kind);
/* What is believed stays: octets are missing, or the layer changes. */
void esmtp_doubt_settle(esmtp_session_t *s);
/* Octets inside TLS, or outside, are about to come: what is believed of the others stays, for their facts stand
 * elsewhere. */
void esmtp_doubt_layer(esmtp_session_t *s, bool tls);
/* A message is begun: if the reading is taken back, what was collected of it is dropped. */
void esmtp_doubt_message(esmtp_session_t *s, esmtp_message_t *message);
/* A mail begins: its number in the capture file. One that is made anew from the same octets keeps its number. */
uint32_t esmtp_doubt_mail(esmtp_session_t *s, const esmtp_stamp_t *at);

/* A hello was accepted: what the server knows may be other than before. */
void esmtp_doubt_hello(esmtp_session_t *s);
/* A command is about to be sent. */
void esmtp_doubt_quiet(esmtp_session_t *s);
/* Client octets that the caller believes used and that are the beginning of a line as they are read now; and: these
 * are. */
esmtp_span_t esmtp_doubt_carried(const esmtp_session_t *s);
void esmtp_doubt_carry(esmtp_session_t *s, esmtp_span_t octets);

/* framing.c: feeds octets again; last: as with esmtp_framing_feed. */
void esmtp_framing_again(esmtp_session_t *s, esmtp_side_t from, esmtp_stamp_t at, esmtp_span_t in, bool last);

/* Likewise: whether octets begin with what reads as a command. */
bool esmtp_framing_commands(esmtp_span_t in);

#endif /* ESMTP_DOUBT_H */
