/* auth_scram.c
 * SCRAM, RFC 5802, and the GS2 header, RFC 5801.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth_priv.h"

static esmtp_part_kind_t scram_kind(uint8_t letter)
{
    switch (letter) {
    case 'a': return ESMTP_PART_AUTHZID;
    case 'n': return ESMTP_PART_USER;
    case 'r': return ESMTP_PART_SCRAM_NONCE;
    case 's': return ESMTP_PART_SCRAM_SALT;
    case 'i': return ESMTP_PART_SCRAM_ITERATIONS;
    case 'c': return ESMTP_PART_SCRAM_BINDING;
    case 'p': return ESMTP_PART_SCRAM_PROOF;
    case 'v': return ESMTP_PART_SCRAM_SIGNATURE;
    case 'e': return ESMTP_PART_ERROR;
    default: return ESMTP_PART_SCRAM_EXTENSION;
    }
}

static void check_saslname(esmtp_span_t value, esmtp_auth_message_t *m)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] == '=' && !esmtp_auth_saslname_escape(esmtp_span_from(value, i)))
            esmtp_auth_complain(m, "a name holds = that is neither =2C nor =3D");
    }
}

static void scram_attribute(esmtp_span_t s, esmtp_auth_message_t *m)
{
    if (s.len < 2 || s.p[1] != '=') {
        esmtp_auth_complain(m, "an attribute is not of the form letter=value");
        esmtp_auth_add_plain(m, ESMTP_PART_SCRAM_EXTENSION, s);
        return;
    }
    esmtp_part_kind_t kind = scram_kind(s.p[0]);
    esmtp_span_t value = esmtp_span_from(s, 2);
    if (kind == ESMTP_PART_SCRAM_EXTENSION)
        value = s;
    bool name = kind == ESMTP_PART_USER || kind == ESMTP_PART_AUTHZID;
    if (name)
        check_saslname(value, m);
    esmtp_auth_add(m, kind, value, name ? ESMTP_ESCAPE_SASLNAME : ESMTP_ESCAPE_NONE);
}

static void scram_attributes(esmtp_span_t s, esmtp_auth_message_t *m)
{
    esmtp_span_t piece;
    bool more = s.len > 0;
    while (more && m->n < ESMTP_AUTH_PARTS_MAX) {
        more = esmtp_auth_take(&s, ',', &piece);
        scram_attribute(piece, m);
    }
    if (more)
        esmtp_auth_complain(m, "more parts than any mechanism has");
}

bool esmtp_auth_gs2_header(esmtp_span_t *s, esmtp_auth_message_t *m)
{
    esmtp_span_t rest = *s, flag, authzid;
    if (!esmtp_auth_take(&rest, ',', &flag) || !esmtp_auth_take(&rest, ',', &authzid))
        return false;
    if (!esmtp_span_is(flag, "n") && !esmtp_span_is(flag, "y") && !esmtp_span_starts(flag, "p="))
        return false;
    if (authzid.len && !esmtp_span_starts(authzid, "a="))
        return false;
    esmtp_auth_add_plain(m, ESMTP_PART_SCRAM_BINDING_FLAG, flag);
    if (authzid.len)
        scram_attribute(authzid, m);
    *s = rest;
    return true;
}

void esmtp_scram_client_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    static const esmtp_part_kind_t first[] = {ESMTP_PART_USER, ESMTP_PART_SCRAM_NONCE, ESMTP_PART_NONE};
    static const esmtp_part_kind_t final[] = {ESMTP_PART_SCRAM_BINDING, ESMTP_PART_SCRAM_NONCE, ESMTP_PART_SCRAM_PROOF,
                                              ESMTP_PART_NONE};
    if (!s.len && number > 2)
        return; /* the answer to v= */
    bool begins = esmtp_auth_gs2_header(&s, m);
    scram_attributes(s, m);
    if (begins)
        esmtp_auth_require(m, first, "n= or r= is missing");
    else if (number == 1)
        esmtp_auth_complain(m, "it does not begin with n,, y,, or p=");
    else
        esmtp_auth_require(m, final, "c=, r= or p= is missing");
}

void esmtp_scram_server_parse(uint32_t number, esmtp_span_t s, esmtp_auth_message_t *m)
{
    static const esmtp_part_kind_t first[] = {ESMTP_PART_SCRAM_NONCE, ESMTP_PART_SCRAM_SALT,
                                              ESMTP_PART_SCRAM_ITERATIONS, ESMTP_PART_NONE};
    (void)number;
    if (!s.len)
        return; /* asks the client to begin */
    scram_attributes(s, m);
    if (!esmtp_auth_part(m, ESMTP_PART_SCRAM_SIGNATURE) && !esmtp_auth_part(m, ESMTP_PART_ERROR))
        esmtp_auth_require(m, first, "r=, s= or i= is missing");
}
