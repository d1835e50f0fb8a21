/* reply.h
 * One reply line, RFC 5321 section 4.2: code, separator, enhanced status code (RFC 3463), text; and the lines of an
 * EHLO reply, RFC 5321 section 4.1.1.1. Nothing is copied.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_REPLY_H
#define ESMTP_REPLY_H

#include "../span.h"
#include "../tables/tables.h"

/* Octets of the longest enhanced code, RFC 3463 section 2: "5.999.999". */
#define ESMTP_ENHANCED_MAX 9

typedef struct {
    esmtp_span_t whole; /* "5.1.1", at most ESMTP_ENHANCED_MAX octets; empty if there is none */
    uint16_t class_;    /* 2, 4 or 5 */
    uint16_t subject;   /* 0..999 */
    uint16_t detail;    /* 0..999 */
} esmtp_enhanced_t;

typedef struct {
    bool valid;             /* begins with three digits, then blank or TAB, "-" or the end */
    uint16_t code;          /* 0..999; 0 if not valid */
    bool more;              /* "-": another line of the reply follows */
    bool odd_code;          /* first digit not 2..5 or second not 0..5 (RFC 5321 section 4.2) */
    esmtp_span_t parameter; /* all after the separator, enhanced code included; the whole line if not valid */
    esmtp_span_t text; /* what is after the enhanced code and the blanks there; all of parameter if there is none */
    esmtp_enhanced_t enhanced; /* looked for in 2yz, 4yz and 5yz replies only (RFC 2034 section 4) */
} esmtp_reply_line_t;

/* Splits a line (without its line end). Returns line->valid. */
bool esmtp_reply_parse(esmtp_span_t line, esmtp_reply_line_t *out);

/* Reads "5.1.1" at the start of s, with a blank or the end after it; OpenSMTPD's older "5.1.1: text" too. False if
 * there is none. Leading zeros are taken; the class need not agree with the reply code. */
bool esmtp_enhanced_parse(esmtp_span_t s, esmtp_enhanced_t *out);

/* The first word of a greeting or EHLO reply (esmtp_reply_line_t.text): a host name or address literal; empty if it is
 * no such thing ("****", "Welcome"). */
esmtp_span_t esmtp_reply_host(esmtp_span_t text);
/* Likewise of a 220 greeting, where people write whole sentences: a word without a dot counts only if it stands alone
 * or before ESMTP, SMTP or LMTP, and does not look like a brand. */
esmtp_span_t esmtp_greeting_host(esmtp_span_t text);

typedef struct {
    const esmtp_keyword_row_t *row; /* what is known of the keyword; NULL: nothing */
    esmtp_span_t keyword;           /* without a glued "=value" */
    esmtp_span_t parameter;         /* after the first blank or the "=", trailing blanks cut; may be empty */
    bool glued;                     /* "=" stood directly after the keyword ("AUTH=LOGIN") */
    bool legal;                     /* the keyword is letters, digits and "-" and begins with letter or digit */
} esmtp_ehlo_line_t;

/* Splits one extension line of an EHLO reply (esmtp_reply_line_t.parameter). False for an empty line. */
bool esmtp_ehlo_parse(esmtp_span_t parameter, esmtp_ehlo_line_t *out);

/* Whether an extension line is STARTTLS, which some servers say where the name of the host ought to stand. */
bool esmtp_ehlo_is_extension(const esmtp_ehlo_line_t *line);

/* The queue id that a server gave a message in its final reply, from esmtp_reply_line_t.text of each of its lines:
 * wordings of Postfix, Amavis, Exim, Sendmail, Exchange (InternalId), Gmail, OpenSMTPD, Haraka, qmail, Dovecot's LMTP
 * server (session id), Yandex and Amazon SES; empty if the text follows none of them. */
esmtp_span_t esmtp_reply_queue_id(esmtp_span_t text);

#endif /* ESMTP_REPLY_H */
