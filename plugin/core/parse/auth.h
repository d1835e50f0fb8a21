/* auth.h
 * The messages of SASL exchanges, RFC 4954: base64 and what each mechanism puts into it. Parsers
 * take one decoded message and return spans inside it; they allocate nothing, check no proof and no
 * signature, and know nothing of the messages before.
 *
 * RFC 4616 (PLAIN), draft-murchison-sasl-login (LOGIN), RFC 2195 (CRAM-MD5), RFC 2831 (DIGEST-MD5),
 * RFC 5802, 7677 (SCRAM), RFC 7628 (OAUTHBEARER), Google's XOAUTH2, RFC 4422 (EXTERNAL), RFC 4505
 * (ANONYMOUS), MS-NLMP (NTLM: only what it is).
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_AUTH_H
#define ESMTP_AUTH_H

#include "../span.h"
#include "../tables/tables.h"

/* Octets that the longest line of an exchange may have, its line end included. RFC 4954 section 4.
 */
#define ESMTP_AUTH_LINE_MAX 12288

/* Parts of one message that are told apart. The longest honest message, a DIGEST-MD5 response, has
 * a dozen; a message of commas alone must not cost an item per comma. */
#define ESMTP_AUTH_PARTS_MAX 40

/* Octets that base64 of len octets can decode to. */
#define ESMTP_BASE64_ROOM(len) ((len) / 4 * 3 + 3)
#define ESMTP_BASE64_FINE      SIZE_MAX

/* Decodes base64 (RFC 4648 section 4) into out, which has ESMTP_BASE64_ROOM(in.len) octets. Returns
 * the octets written. *bad is ESMTP_BASE64_FINE if all is well; the offset of the first octet that
 * must not be there, and then nothing is written; or in.len if octets or padding is missing at the
 * end, and then what is there is decoded. */
size_t esmtp_base64_decode(esmtp_span_t in, uint8_t *out, size_t *bad);

/* What a part of a message is. */
typedef enum {
    ESMTP_PART_NONE = 0,
    ESMTP_PART_USER,
    ESMTP_PART_AUTHZID,
    ESMTP_PART_PASSWORD,
    ESMTP_PART_TOKEN,
    ESMTP_PART_TEXT,  /* octets that have no name of their own */
    ESMTP_PART_ERROR, /* SCRAM e=, OAuth "status": why the server refuses */
    /* SCRAM */
    ESMTP_PART_SCRAM_BINDING_FLAG, /* "n", "y", "p=tls-unique" */
    ESMTP_PART_SCRAM_NONCE,
    ESMTP_PART_SCRAM_SALT,
    ESMTP_PART_SCRAM_ITERATIONS,
    ESMTP_PART_SCRAM_BINDING,
    ESMTP_PART_SCRAM_PROOF,
    ESMTP_PART_SCRAM_SIGNATURE,
    ESMTP_PART_SCRAM_EXTENSION, /* any other attribute, name included */
    /* DIGEST-MD5 */
    ESMTP_PART_DIGEST_REALM,
    ESMTP_PART_DIGEST_NONCE,
    ESMTP_PART_DIGEST_CNONCE,
    ESMTP_PART_DIGEST_NC,
    ESMTP_PART_DIGEST_QOP,
    ESMTP_PART_DIGEST_URI,
    ESMTP_PART_DIGEST_RESPONSE,
    ESMTP_PART_DIGEST_RSPAUTH,
    ESMTP_PART_DIGEST_ALGORITHM,
    ESMTP_PART_DIGEST_CHARSET,
    ESMTP_PART_DIGEST_CIPHER,
    ESMTP_PART_DIGEST_MAXBUF,
    ESMTP_PART_DIGEST_STALE,
    ESMTP_PART_DIGEST_OTHER, /* name included */
    /* XOAUTH2, OAUTHBEARER */
    ESMTP_PART_OAUTH_HOST,
    ESMTP_PART_OAUTH_PORT,
    ESMTP_PART_OAUTH_SCHEME, /* Bearer */
    ESMTP_PART_OAUTH_SCOPE,
    ESMTP_PART_OAUTH_SCHEMES,
    ESMTP_PART_OAUTH_CONFIGURATION,
    ESMTP_PART_OAUTH_OTHER, /* name included */
    ESMTP_PART_OAUTH_READ,  /* ^A alone: the client has read the server's error */
    /* for dissectors of other protocols */
    ESMTP_PART_NTLM,
    ESMTP_PART_GSSAPI,
    ESMTP_PART_SPNEGO,
    ESMTP_PARTS, /* their number */
} esmtp_part_kind_t;

/* How the octets of a part's value stand for others. */
typedef enum {
    ESMTP_ESCAPE_NONE = 0,
    ESMTP_ESCAPE_SASLNAME,  /* "=2C" is ",", "=3D" is "=" (RFC 5802 section 5.1) */
    ESMTP_ESCAPE_BACKSLASH, /* "\x" is "x" (RFC 2831 section 7.2, JSON) */
} esmtp_escape_t;

typedef struct {
    esmtp_part_kind_t kind;
    esmtp_span_t value;
    esmtp_escape_t escape;
    bool latin1; /* ISO 8859-1 unless it is valid UTF-8; else UTF-8 */
} esmtp_part_t;

/* One message, taken apart. */
typedef struct {
    esmtp_part_t parts[ESMTP_AUTH_PARTS_MAX]; /* in the order of the wire */
    size_t n;
    const char *problem; /* what is wrong with its form, a phrase; NULL if nothing is */
} esmtp_auth_message_t;

/* Takes a decoded message apart. number: of the client's message in its exchange, from 1; 0 for a
 * challenge of the server. */
void esmtp_auth_parse(esmtp_sasl_form_t form, uint32_t number, esmtp_span_t octets, esmtp_auth_message_t *m);

/* The value of a part without escapes, in UTF-8 where the mechanism says so; g_free it. */
char *esmtp_part_text(const esmtp_part_t *part);

/* The first part of that kind; NULL if there is none. */
const esmtp_part_t *esmtp_auth_part(const esmtp_auth_message_t *m, esmtp_part_kind_t kind);

/* Whether octets read as text: UTF-8 without control characters but line ends, TAB, and the NUL and
 * ^A that SASL uses to separate. Nothing is text. */
bool esmtp_auth_is_text(esmtp_span_t octets);

/* Whether the client's message of that number may hold a password or token. row NULL: a mechanism
 * that nobody knows, so yes. */
bool esmtp_auth_is_secret(const esmtp_mechanism_row_t *row, uint32_t number);

/* Likewise of what was sent, undecoded: clients put PLAIN's credentials into LOGIN's first message. */
bool esmtp_auth_holds_secret(const esmtp_mechanism_row_t *row, uint32_t number, esmtp_span_t sent);
/* Whether octets are base64 with all its padding. */
bool esmtp_base64_is_valid(esmtp_span_t in);

/* Whether the server speaks first in this mechanism, so that its first challenge cannot be empty.
 */
bool esmtp_auth_server_first(esmtp_sasl_form_t form);

/* What a challenge, as sent, asks for in the words that LOGIN has. NONE: something else. */
typedef enum { ESMTP_PROMPT_NONE = 0, ESMTP_PROMPT_USER, ESMTP_PROMPT_PASSWORD } esmtp_prompt_t;

esmtp_prompt_t esmtp_auth_prompt(esmtp_span_t base64);

/* What a client's message, as sent, gives away. */
typedef struct {
    char *user;     /* UTF-8; NULL if it names none; g_free it */
    char *password; /* or token, decoded; NULL if it holds none that can be read; g_free it */
    bool secret;    /* it holds a password or token */
} esmtp_auth_credentials_t;

esmtp_auth_credentials_t esmtp_auth_peek(const esmtp_mechanism_row_t *row, uint32_t number, esmtp_span_t base64);

/* Takes a client's message, as sent, apart: decodes it into octets (ESMTP_BASE64_ROOM(sent.len))
 * and parses it. What is no base64 is taken as it is. Returns the octets that the parts lie in: a
 * span of out, or sent itself. */
esmtp_span_t esmtp_auth_open(esmtp_sasl_form_t form, uint32_t number, esmtp_span_t sent, uint8_t *out, size_t *bad,
                             esmtp_auth_message_t *m);

/* Header and claims of a JSON Web Token (RFC 7519), decoded into out, which has
 * ESMTP_BASE64_ROOM(token.len) octets. False if the token is not one. Nothing is verified. */
typedef struct {
    esmtp_span_t header, claims;           /* JSON, in out */
    esmtp_span_t header_sent, claims_sent; /* in the token */
} esmtp_jwt_t;

bool esmtp_jwt_open(esmtp_span_t token, uint8_t *out, esmtp_jwt_t *jwt);

/* User name in an NTLM AUTHENTICATE message; NULL if there is none; g_free it. */
char *esmtp_ntlm_user(esmtp_span_t message);
/* 1 NEGOTIATE, 2 CHALLENGE, 3 AUTHENTICATE; 0 if it is no NTLM message. */
uint32_t esmtp_ntlm_type(esmtp_span_t message);

#endif /* ESMTP_AUTH_H */
