/* reply_findings.c
 * What is odd, wrong or dangerous in what the server says, and what its replies tell of the client.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../parse/suspect.h"
#include "session_priv.h"

#define NANOSECONDS INT64_C(1000000000)
/* From which a reply is slow, and that to a message: a tenth and a fifth of what clients wait, RFC 5321
 * section 4.5.3.2. */
#define SLOW         (30 * NANOSECONDS)
#define SLOW_MESSAGE (120 * NANOSECONDS)

/* --- refusals and delays ---------------------------------------------------------------------------- */

/* Whether an administrator wants to hear of a refusal of this. */
static bool is_step(const esmtp_verb_row_t *row)
{
    bool envelope = row->id == ESMTP_VERB_MAIL || row->id == ESMTP_VERB_RCPT || row->id == ESMTP_VERB_EOM;
    bool message = row->payload == ESMTP_PAYLOAD_TEXT || row->payload == ESMTP_PAYLOAD_CHUNK;
    return envelope || message || esmtp_is_hello(row) || row->flags & (ESMTP_VF_TLS | ESMTP_VF_AUTH);
}

/* What was refused is said from the line's octets when it is shown. */
static void refused(esmtp_session_t *s, esmtp_fact_t *fact, uint16_t code)
{
    if (code >= 400)
        esmtp_session_raise(s, fact, code < 500 ? ESMTP_FINDING_DEFERRED : ESMTP_FINDING_REFUSED);
}

static void refusal_findings(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_verb_row_t *row, uint16_t code)
{
    if (is_step(row))
        refused(s, fact, code);
}

static void delay_findings(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_verb_row_t *row)
{
    bool message = row && (row->id == ESMTP_VERB_EOM || row->payload == ESMTP_PAYLOAD_CHUNK);
    bool data = row && row->payload == ESMTP_PAYLOAD_TEXT;
    if (!(fact->flags & ESMTP_FF_TIMED) || fact->delta < (message ? SLOW_MESSAGE : SLOW) || (row && !is_step(row)))
        return;
    esmtp_session_raise_of(s, fact, ESMTP_FINDING_SLOW_REPLY,
                           message ? "Slow reply: clients give up after 10 minutes, and send the mail again"
                           : data  ? "Slow reply: clients give up after 2 minutes"
                                   : NULL);
}

void esmtp_session_greeting_findings(esmtp_session_t *s, esmtp_fact_t *fact, uint16_t code)
{
    refused(s, fact, code);
    delay_findings(s, fact, NULL);
}

/* --- lines of a reply ------------------------------------------------------------------------------- */

static void extension_findings(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact,
                               const esmtp_server_event_t *event)
{
    const esmtp_ehlo_line_t *line = &event->extension;
    if (!line->keyword.len)
        return;
    if (!fact->index && !s->reply.head_lost)
        esmtp_session_raise(s, fact, ESMTP_FINDING_STARTTLS_FIRST);
    if (!line->legal)
        esmtp_session_raise(s, fact, ESMTP_FINDING_BAD_KEYWORD);
    if (esmtp_keyword_is_mask(line->row))
        esmtp_session_masked(s, fact, ESMTP_MASKED_KEYWORD);
    s->sum->masked_offer = s->told.masked & ESMTP_MASKED_KEYWORD;
    if (event->exposing && !at->tls)
        esmtp_session_raise(s, fact, ESMTP_FINDING_CLEAR_MECHANISM);
}

/* The newest refusal, for the summary: its first line. */
static void note_error(esmtp_session_t *s, const esmtp_fact_t *fact, const esmtp_reply_line_t *reply)
{
    esmtp_summary_t *sum = s->sum;
    if (reply->code < 400 || !(fact->flags & ESMTP_FF_FIRST))
        return;
    size_t n = MIN(reply->parameter.len, ESMTP_SUMMARY_TEXT - 1);
    if (!sum->error)
        sum->error = esmtp_session_keep(s, ESMTP_SUMMARY_TEXT);
    if (n)
        memcpy(sum->error, reply->parameter.p, n);
    sum->error[n] = '\0';
    sum->error_code = reply->code;
    sum->error_secret = fact->flags & ESMTP_FF_SECRET;
    sum->errors++;
    sum->turned_away |= (s->reply.greeting || reply->code == 421) && !sum->txns;
}

void esmtp_session_reply_line_findings(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact,
                                       const esmtp_server_event_t *event)
{
    const esmtp_reply_line_t *reply = &event->reply;
    bool extension = fact->index > 0 || s->reply.head_lost || esmtp_ehlo_is_extension(&event->extension);
    if (!reply->valid)
        return;
    note_error(s, fact, reply);
    if (s->reply.hello && extension)
        extension_findings(s, at, fact, event);
    if (reply->enhanced.whole.len && reply->enhanced.class_ != reply->code / 100)
        esmtp_session_raise(s, fact, ESMTP_FINDING_ENHANCED_CLASS);
    if (event->listed)
        esmtp_session_raise_of(s, fact, ESMTP_FINDING_BLOCK_LIST,
                               event->listed_client ? "Block list: the text names one, and the client's address. It is "
                                                      "listed there. Ask for its removal"
                                                    : NULL);
    s->reply.unmasked |= !event->masked;
    if (s->reply.greeting && !reply->more && !s->reply.unmasked)
        esmtp_session_masked(s, fact, ESMTP_MASKED_GREETING);
}

/* --- what replies tell of the client ------------------------------------------------------------------ */

/* Logins that failed before it is worth a word. */
#define FAILED_LOGINS 3
/* Recipients that are not known before it is worth a word, if they are four fifths of all. */
#define UNKNOWN_RECIPIENTS 10

/* Of this connection, and of earlier ones between the two. */
static void login_findings(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_login_t *login, esmtp_fact_t *fact)
{
    if (login->outcome == ESMTP_LOGIN_FAILED) {
        s->login_failures = (uint8_t)MIN(s->login_failures + 1, FAILED_LOGINS);
        if (esmtp_session_guesses(s, at) || s->login_failures == FAILED_LOGINS)
            esmtp_session_raise(s, fact, ESMTP_FINDING_MANY_FAILED_LOGINS);
    } else if (login->outcome == ESMTP_LOGIN_SUCCEEDED) {
        if (s->login_failures == FAILED_LOGINS || esmtp_session_guessed(s))
            esmtp_session_raise(s, fact, ESMTP_FINDING_LOGIN_AFTER_FAILURES);
    }
}

/* A recipient, or a name that was asked for, was judged. */
static void recipient_findings(esmtp_session_t *s, esmtp_fact_t *fact, uint16_t code)
{
    s->rcpts++;
    s->unknown_rcpts += code == 550 || code == 551 || code == 553;
    if (s->unknown_rcpts >= UNKNOWN_RECIPIENTS && s->unknown_rcpts >= s->rcpts - s->rcpts / 5)
        esmtp_session_raise(s, fact, ESMTP_FINDING_HARVESTING);
}

/* --- final replies ---------------------------------------------------------------------------------- */

void esmtp_session_reply_findings(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_pending_t *p,
                                  esmtp_fact_t *fact, uint16_t code)
{
    const esmtp_verb_row_t *row = p->row;
    bool refused = code >= 400 && code != 421, asks = row->id == ESMTP_VERB_VRFY || row->id == ESMTP_VERB_EXPN;
    if (p->login)
        login_findings(s, at, p->login, fact);
    if (row->id == ESMTP_VERB_RCPT || (asks && refused))
        recipient_findings(s, fact, code);
    if (asks && (code == 250 || (row->id == ESMTP_VERB_VRFY && (code == 251 || code == 551))))
        esmtp_session_raise(s, fact, ESMTP_FINDING_USER_REVEALED);
    s->sum->starttls_refused |= row->flags & ESMTP_VF_TLS && refused && !s->sum->inside_tls;
    if (row->flags & ESMTP_VF_TLS && refused && s->offer && s->offer->starttls &&
        s->tls_phase != ESMTP_TLS_PHASE_INSIDE)
        esmtp_session_raise(s, fact, ESMTP_FINDING_STARTTLS_REFUSED);
    if (row->id == ESMTP_VERB_EHLO && (code == 500 || code == 502))
        esmtp_session_raise(s, fact, ESMTP_FINDING_EHLO_REFUSED);
    if ((row->flags & ESMTP_VF_RESTART && code == 220) || (row->id == ESMTP_VERB_XFORWARD && code == 250))
        esmtp_session_raise(s, fact, ESMTP_FINDING_IDENTITY_REPLACED);
    if (row->payload == ESMTP_PAYLOAD_TEXT)
        s->data_refused = refused;
    refusal_findings(s, fact, row, code);
    delay_findings(s, fact, row);
    if (p->message && p->message->lf_end && !refused)
        esmtp_session_raise(s, fact, ESMTP_FINDING_LENIENT_END);
}
