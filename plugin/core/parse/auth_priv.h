/* auth_priv.h
 * What the parsers of SASL messages share, for auth.c and auth_*.c only.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_AUTH_PRIV_H
#define ESMTP_AUTH_PRIV_H

#include "auth.h"

/* Notes a part. One too many is left out, and said. */
void esmtp_auth_add(esmtp_auth_message_t *m, esmtp_part_kind_t kind, esmtp_span_t value, esmtp_escape_t escape);
void esmtp_auth_add_plain(esmtp_auth_message_t *m, esmtp_part_kind_t kind, esmtp_span_t value);
/* Notes what is wrong; what was found first counts. */
void esmtp_auth_complain(esmtp_auth_message_t *m, const char *problem);
/* Complains if one of these parts is missing. A list ends with NONE. */
void esmtp_auth_require(esmtp_auth_message_t *m, const esmtp_part_kind_t *kinds, const char *problem);

/* What stands before an octet is taken off the front of *rest, with the octet. False if the
 * octet is not there; then all is taken. */
bool esmtp_auth_take(esmtp_span_t *rest, uint8_t octet, esmtp_span_t *piece);
/* Offset of the quote that ends a string; the length if none does. s begins after the first. */
size_t esmtp_auth_quoted_end(esmtp_span_t s);

/* Names of attributes. A list ends with a row without name, whose kind is that of all others. */
typedef struct {
    const char *name;
    esmtp_part_kind_t kind;
} esmtp_auth_name_t;

esmtp_part_kind_t esmtp_auth_kind(const esmtp_auth_name_t *names, esmtp_span_t name);

/* What "=2C" or "=3D" at the front stands for; 0 if neither is there. */
uint8_t esmtp_auth_saslname_escape(esmtp_span_t s);
/* RFC 5801 section 4: "n,,", "y,a=name,", "p=tls-unique,,". False, with nothing taken, if it is
 * not there. */
bool esmtp_auth_gs2_header(esmtp_span_t *s, esmtp_auth_message_t *m);

/* The parsers. number: of the client's message; 0 for a challenge. */
void esmtp_digest_client_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m);
void esmtp_digest_server_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m);
void esmtp_scram_client_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m);
void esmtp_scram_server_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m);
void esmtp_xoauth2_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m);
void esmtp_oauthbearer_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m);
void esmtp_oauth_error_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m);

#endif /* ESMTP_AUTH_PRIV_H */
