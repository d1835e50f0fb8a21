/* call.h
 * The state of one call of the dissector while it is shown, and what all of tree_*.c do with it.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_CALL_H
#define ESMTP_CALL_H

#include "../ws_compat.h"

#include "connection.h"
#include "../../core/session/records.h"

/* A message that is completed in this call. */
typedef struct {
    esmtp_message_t *message;
    esmtp_span_t octets; /* as many as were kept; incomplete: up to the first hole. They last as long as the packet */
    bool incomplete;     /* octets are missing, or its end is */
    size_t info_len;     /* of the Info column so far: what IMF has to say of the message comes after that */
} esmtp_completed_t;

/* Lives for one call. */
typedef struct {
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *root;           /* the packet's tree; may be NULL */
    proto_tree *tree;           /* of the SMTP item; may be NULL */
    const esmtp_facts_t *facts; /* of the side that speaks */
    const esmtp_connection_t *connection;
    uint32_t seq; /* of the first octet of tvb */
    size_t at;    /* which of the facts is being shown; of a reply the first */
    char *info;   /* Info column so far, room for COL_MAX_INFO_LEN octets, no NUL after it; NULL if nobody reads it */
    size_t info_len;
    bool server; /* the server speaks */
    bool later;  /* not the first visit: replies are known */
    bool tls;
    uint16_t tls_version;                 /* as TLS numbers it, 0x0304 is TLS 1.3; 0: not known, or not TLS */
    uint32_t starttls_in;                 /* frame of the 220 that opened TLS; 0: none did */
    uint32_t wanted;                      /* ESMTP_WANT_*: what is read of this packet */
    const esmtp_enhanced_row_t *enhanced; /* of the reply that is being shown, as far as it has one; or NULL */
    const char *about;                    /* what items beside a line say that they are about: MAIL; see esmtp_about */
    bool lists;                           /* lines of the call list extensions: those are explained, not their reply */
    bool extended;         /* other dissectors have registered for keywords of the reply that is being shown */
    bool more;             /* the frame has shown octets before these */
    bool hidden_done;      /* the hidden smtp.req or smtp.rsp was added */
    wmem_list_t *messages; /* esmtp_completed_t, in order; NULL if none */
} esmtp_show_t;

/* Adds a piece to the Info column. */
void esmtp_show_info(esmtp_show_t *show, const char *text);
/* Adds text to the newest piece. */
void esmtp_show_info_more(esmtp_show_t *show, const char *text);
/* Adds, as a piece, octets of the line of a fact, what is not printable escaped. */
void esmtp_show_info_octets(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len);

/* Octets of a line's text (len) that can be read: without the last word where the capture lacks the end of the packet,
 * so that this word may be half of one. */
int esmtp_show_whole(const esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len);

/* Notes that a message ends here: it is handed over when the call's items are all there. head: octets of it that are
 * whole, if it is not complete; else UINT64_MAX. */
const esmtp_completed_t *esmtp_show_message(esmtp_show_t *show, esmtp_message_t *message, uint64_t head);

#endif /* ESMTP_CALL_H */
