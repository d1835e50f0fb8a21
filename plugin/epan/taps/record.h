/* record.h
 * What the taps "smtp" and "smtp-mail" tell: one record for each command, each line of a login, each line of a reply,
 * each end mark and each piece of a message, in the order of the octets. All statistics of this folder are made of it,
 * and others may be.
 *
 * "smtp" tells all of them; "smtp-mail" those that belong to a mail or end one. A tap costs nothing while nobody
 * listens. Of what a record points to connections, facts, mails and verdicts live with the capture file, and some of it
 * is known only later: whoever draws at the end reads it then. The record and its tvb live for one packet.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_RECORD_H
#define ESMTP_RECORD_H

#include "../ws_compat.h"

#include <epan/tap.h>

#include "../../core/session/records.h"
#include "../show/connection.h"

#define ESMTP_TAP      "smtp"
#define ESMTP_TAP_MAIL "smtp-mail"

typedef enum {
    ESMTP_RECORD_COMMAND, /* a command line, or a client's line of a login */
    ESMTP_RECORD_LINE,    /* a line of a reply, others follow */
    ESMTP_RECORD_REPLY,   /* the last line of a reply */
    ESMTP_RECORD_END,     /* the end mark of a message */
    ESMTP_RECORD_PIECE,   /* octets of a message */
} esmtp_record_kind_t;

typedef struct {
    esmtp_record_kind_t kind;
    const esmtp_fact_t *fact;
    const esmtp_connection_t *connection; /* as a whole */
    esmtp_txn_t *mail;                    /* that it belongs to; NULL: to none */
    esmtp_txn_t *ended;                   /* the mail whose outcome stands here; NULL: none does */
    bool later;                           /* not the first visit of the frame: what comes after it is known */
    bool server;                          /* the server speaks */
    bool tls;                             /* inside TLS */
    uint16_t tls_version;                 /* as TLS numbers it, 0x0304 is TLS 1.3; 0: not known, or not TLS */
    uint32_t stream;                      /* number of the TCP stream */
    tvbuff_t *tvb;                        /* that holds the octets: of the line, or of the piece */
    int offset, len;                      /* where in it; a line without its end */
} esmtp_record_t;

/* The line of a record, UTF-8, nothing in it that could harm a display; secrets masked as in columns, and everywhere
 * if the user wants that. In pinfo->pool. */
const char *esmtp_record_line(const packet_info *pinfo, const esmtp_record_t *record);

/* The verb, or the verb that a reply answers: "RCPT", "message", "greeting"; "?" if it is not known. */
const char *esmtp_record_verb(const esmtp_record_t *record);

/* What the header of a mail's message says: UTF-8 as its sender wrote it, folding undone, encoded words decoded. NULL:
 * nothing, or the message was not seen. */
typedef struct {
    const char *message_id;
    const char *subject;
} esmtp_mail_header_t;

/* Likewise, as far as the message was seen since somebody listens to a tap. */
const esmtp_mail_header_t *esmtp_mail_header(const esmtp_txn_t *mail);

/* Who is at the ends of a connection. */
typedef struct {
    char *client, *server; /* addresses; g_free */
    uint16_t client_port, server_port;
    uint32_t stream;
} esmtp_tap_ends_t;
/* As of the packet of a record. esmtp_tap_ends_clear frees what is in it. */
esmtp_tap_ends_t esmtp_tap_ends(const packet_info *pinfo, const esmtp_record_t *record);
void esmtp_tap_ends_clear(esmtp_tap_ends_t *ends);

/* Number of the TCP stream of a packet. */
uint32_t esmtp_tap_stream(packet_info *pinfo);

/* The protocol that mails are listed by: the tap "smtp-mail" has its name. */
int esmtp_mail_proto(void);

void esmtp_record_register(void);

#endif /* ESMTP_RECORD_H */
