/* show.h
 * Shows the facts of one call of the dissector: tree and Info column. Everything below here is a function of octets and
 * facts; nothing changes what is known. tree_*.c: one file per kind of thing.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_SHOW_H
#define ESMTP_SHOW_H

#include "fields.h"
#include "../wire/stream.h"

/* A message that ends in this call. */
typedef struct {
    esmtp_message_t *message;
    esmtp_span_t octets; /* as many as were kept; incomplete: up to the first hole. They last as long as the packet */
    bool incomplete;     /* octets are missing, or its end is */
} esmtp_completed_t;

/* Lives for one call. */
typedef struct {
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *root; /* the packet's tree; may be NULL */
    proto_tree *tree; /* of the SMTP item; may be NULL */
    const esmtp_conn_t *conn;
    const esmtp_stream_t *stream;
    uint32_t seq; /* of the first octet of tvb */
    size_t at;    /* which of the stream's facts is being shown; of a reply the first */
    char *info;   /* Info column so far, room for COL_MAX_INFO_LEN octets, no NUL behind it; NULL if nobody reads it */
    size_t info_len;
    bool server; /* the server speaks */
    bool later;  /* not the first visit: replies are known */
    bool tls;
    uint32_t wanted;       /* ESMTP_WANT_*: what is read of this packet */
    bool extended;         /* other dissectors have registered for keywords of the reply that is being shown */
    bool more;             /* the frame has shown octets before these */
    bool hidden_done;      /* the hidden smtp.req or smtp.rsp was added */
    wmem_list_t *messages; /* esmtp_completed_t, in order; NULL if none */
} esmtp_show_t;

/* Adds a piece to the Info column. */
void esmtp_show_info(esmtp_show_t *show, const char *text);
/* Likewise octets of the line of a fact, what is not printable escaped. */
void esmtp_show_info_octets(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len);

/* Octets of a line's text (len) that can be read: without the last word where the capture lacks the end of the packet,
 * so that this word may be half of one. */
int esmtp_show_whole(const esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len);

/* tree_command.c */
void esmtp_command_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
/* Adds the hidden mark of frames with client lines, once per call. */
void esmtp_request_mark(esmtp_show_t *show);
void esmtp_unknown_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
void esmtp_command_register(void);

/* tree_reply.c: the lines of one reply, facts i to n - 1 of show->stream. Returns the offset behind them. */
int esmtp_reply_add(esmtp_show_t *show, size_t i, size_t n, int offset);
void esmtp_reply_register(void);

/* tree_ehlo.c: one extension line of an EHLO reply, without its line end. */
void esmtp_extension_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len);
void esmtp_offer_add(esmtp_show_t *show, proto_tree *tree, const esmtp_offer_t *offer);
void esmtp_ehlo_register(void);

/* tree_params.c: path and parameters of MAIL, RCPT and their kin; the parameter is octets offset to offset + len - 1.
 */
void esmtp_envelope_add(esmtp_show_t *show, proto_tree *tree, const esmtp_verb_row_t *row, int offset, int len);
void esmtp_params_register(void);

/* tree_message.c */
void esmtp_piece_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
void esmtp_end_mark_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
/* What is said where a message is complete: its fragments, its size. fact has .extra the message. */
void esmtp_completion_add(esmtp_show_t *show, proto_tree *tree, proto_item *item, const esmtp_fact_t *fact);
/* Notes that a message ends here: it is handed over when the call's items are all there. head: octets of it that are
 * whole, if it is not complete; else UINT64_MAX. */
const esmtp_completed_t *esmtp_show_message(esmtp_show_t *show, esmtp_message_t *message, uint64_t head);
/* Hands over one of them. */
void esmtp_message_add(esmtp_show_t *show, const esmtp_completed_t *completed);
void esmtp_tree_message_register(void);

/* tree_auth.c */
void esmtp_auth_line_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
void esmtp_auth_command_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len);
/* For every line of a reply to a login; offset, len: of the text behind the separator, len below 0 if there is none. */
void esmtp_auth_reply_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len);
/* Adds a client line, or a 334, to the Info column: logins decoded, secrets masked. offset, len: of the line without
 * its end. */
void esmtp_auth_info_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len);
void esmtp_auth_register(void);
void esmtp_auth_preferences(module_t *module);
void esmtp_auth_handoff(int proto_esmtp);

/* tree_transaction.c: number of the transaction, and on its final reply the verdict. */
void esmtp_transaction_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact);
void esmtp_transaction_register(void);

/* tree_common.c: what several kinds of thing have. */
/* What something means and where it is defined, in the words of a table; NULL or "": nothing is known. */
void esmtp_explanation_add(proto_tree *tree, tvbuff_t *tvb, const char *explanation, const char *reference);
/* Likewise in the user's words. */
void esmtp_user_explanation_add(proto_tree *tree, tvbuff_t *tvb, const char *explanation, const char *reference);
/* Words about what the capture lacks. */
void esmtp_note_add(esmtp_show_t *show, proto_tree *tree, const char *words);
void esmtp_response_in_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact);
void esmtp_request_in_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact);
/* last: the last fact of the call, or NULL */
void esmtp_connection_add(esmtp_show_t *show, const esmtp_fact_t *last);
void esmtp_gap_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset);
void esmtp_retransmission_add(esmtp_show_t *show, size_t n);
void esmtp_common_register(void);

/* The whole call. */
void esmtp_show(const esmtp_call_t *call, const esmtp_found_t *found, proto_tree *root);
void esmtp_show_register(void);

#endif /* ESMTP_SHOW_H */
