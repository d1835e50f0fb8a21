/* tree_sasl.h
 * One message of an exchange: what its base64 holds, in the tree and in the Info column.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TREE_SASL_H
#define ESMTP_TREE_SASL_H

#include "../../core/parse/auth.h"
#include "call.h"

/* One message: its base64 on the wire and what that holds. Lives for one call. */
typedef struct {
    esmtp_show_t *show;
    int offset, len; /* of the base64 in show->tvb */
    uint32_t number; /* of the client's message; 0: a challenge */
    esmtp_sasl_form_t form;
    size_t blanks;       /* before it */
    bool secret;         /* holds, or may hold, a password or token */
    bool hidden;         /* and items must not show it */
    size_t bad;          /* see esmtp_base64_decode */
    esmtp_span_t octets; /* decoded */
    tvbuff_t *tvb;       /* over them; NULL: items point to the base64 */
    esmtp_auth_message_t m;
} esmtp_sasl_t;

/* Takes a message of a login apart. number: see above; offset, len: of its base64. */
void esmtp_sasl_open(esmtp_show_t *show, const esmtp_fact_t *fact, uint32_t number, int offset, int len,
                     esmtp_sasl_t *msg);
/* Whether it is no base64. */
bool esmtp_sasl_raw(const esmtp_sasl_t *msg);
/* What the Info column has in the place of the base64. */
const char *esmtp_sasl_info(const esmtp_sasl_t *msg);

/* Adds a message of the client below tree; expert infos hang on parent. */
void esmtp_sasl_response_add(esmtp_sasl_t *msg, proto_tree *tree, proto_item *parent);
/* Adds the challenge of a 334; offset, len: of its text, len below 0 if the line ends before. */
void esmtp_sasl_challenge_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len);

/* Says what is wrong with the form of a message. */
void esmtp_sasl_malformed(packet_info *pinfo, proto_item *item, const char *problem);
/* The field that shows the password or token of a mechanism. */
int esmtp_sasl_secret_field(esmtp_sasl_form_t form);

void esmtp_sasl_register(void);
void esmtp_sasl_handoff(int proto_esmtp);

#endif /* ESMTP_TREE_SASL_H */
