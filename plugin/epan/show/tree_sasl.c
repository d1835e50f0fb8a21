/* tree_sasl.c
 * One message of an exchange. What the base64 holds becomes octets of its own, so that every item
 * points to what it was read from; where a secret must not be shown, items point to the base64
 * instead.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree_sasl.h"

#include "findings.h"

#include <epan/exceptions.h>
#include <epan/show_exception.h>
#include <wsutil/to_str.h>

#include "../../core/parse/command.h"
#include "fields.h"
#include "items.h"
#include "secrets.h"

/* Octets of an undecodable or unnamed message that the Info column shows. */
#define INFO_MAX 200

static int hf_empty = -1;
static int hf_username_password = -1;
static int hf_challenge = -1;
static int hf_jwt_header = -1;
static int hf_jwt_claims = -1;
static int hf_parts[ESMTP_PARTS];
static int ett_challenge = -1;
static int ett_token = -1;

static dissector_handle_t ntlm_handle;
static dissector_handle_t gssapi_handle;
static dissector_handle_t spnego_handle;

/* How a part is shown, besides its field. Those of later protocols have a dissector instead. */
typedef struct {
    bool open; /* may be shown although the message holds a secret */
    bool number;
    bool mark;        /* there or not */
    const char *info; /* label in the Info column, as Wireshark's own dissector has it */
    dissector_handle_t *handle;
} part_row_t;

static const part_row_t part_rows[ESMTP_PARTS] = {
    [ESMTP_PART_USER] = {.info = "User", .open = true},
    [ESMTP_PART_AUTHZID] = {.open = true},
    [ESMTP_PART_PASSWORD] = {.info = "Pass"},
    [ESMTP_PART_TOKEN] = {.info = "Token"},
    [ESMTP_PART_ERROR] = {.info = "Error"},
    [ESMTP_PART_SCRAM_ITERATIONS] = {.number = true},
    [ESMTP_PART_SCRAM_BINDING_FLAG] = {.open = true},
    [ESMTP_PART_OAUTH_HOST] = {.open = true},
    [ESMTP_PART_OAUTH_PORT] = {.number = true},
    [ESMTP_PART_OAUTH_SCHEME] = {.open = true},
    [ESMTP_PART_OAUTH_READ] = {.mark = true},
    [ESMTP_PART_NTLM] = {.handle = &ntlm_handle},
    [ESMTP_PART_GSSAPI] = {.handle = &gssapi_handle},
    [ESMTP_PART_SPNEGO] = {.handle = &spnego_handle},
};

/* --- messages --------------------------------------------------------------------------------- */

static esmtp_span_t sent(const esmtp_sasl_t *msg)
{
    return esmtp_span(msg->len ? tvb_get_ptr(msg->show->tvb, msg->offset, msg->len) : NULL, (size_t)msg->len);
}

/* Takes a message apart. offset, len: of its base64. */
void esmtp_sasl_open(esmtp_show_t *show, const esmtp_fact_t *fact, uint32_t number, int offset, int len,
                     esmtp_sasl_t *msg)
{
    const esmtp_login_t *login = fact->extra;
    *msg = (esmtp_sasl_t){.show = show, .offset = offset, .len = len, .number = number};
    esmtp_span_t text = esmtp_span_trim_end(sent(msg));
    size_t blanks = number ? esmtp_span_blanks(text) : 0; /* smtplib sends GSSAPI's tokens so */
    text = esmtp_span_from(text, blanks);
    msg->blanks = number ? esmtp_span_blanks(sent(msg)) : 0;
    msg->offset += (int)blanks;
    bool empty = number && fact->kind == ESMTP_FACT_COMMAND && esmtp_span_is(text, "=");
    msg->form = login->row ? login->row->form : ESMTP_SASL_OPAQUE;
    msg->len = empty ? 0 : (int)text.len;
    msg->secret = number && msg->len && esmtp_auth_holds_secret(login->row, number, sent(msg));
    msg->hidden = msg->secret && esmtp_secrets_hidden_in_items();
    uint8_t *out = wmem_alloc(show->pinfo->pool, ESMTP_BASE64_ROOM((size_t)msg->len));
    msg->octets = esmtp_auth_open(msg->form, number, sent(msg), out, &msg->bad, &msg->m);
    if (esmtp_auth_part(&msg->m, ESMTP_PART_OAUTH_READ))
        msg->secret = msg->hidden = false;
}

bool esmtp_sasl_raw(const esmtp_sasl_t *msg)
{
    return msg->bad < (size_t)msg->len;
}

/* The decoded octets as a tvb of their own. */
static void make_tvb(esmtp_sasl_t *msg)
{
    if (msg->hidden || esmtp_sasl_raw(msg) || !msg->octets.len)
        return;
    int len = (int)msg->octets.len;
    msg->tvb = tvb_new_child_real_data(msg->show->tvb, msg->octets.p, (unsigned)len, len);
    add_new_data_source(msg->show->pinfo, msg->tvb, "Decoded AUTH");
}

/* Where an item about a span of the message points to: to these octets, or to all of the base64. */
static tvbuff_t *place(const esmtp_sasl_t *msg, esmtp_span_t span, int *offset, int *len)
{
    *offset = msg->tvb ? (span.p ? (int)(span.p - msg->octets.p) : 0) : msg->offset;
    *len = msg->tvb ? (int)span.len : msg->len;
    return msg->tvb ? msg->tvb : msg->show->tvb;
}

/* Octets as a string for people: text, or hexadecimal. */
static const char *legible(wmem_allocator_t *pool, esmtp_span_t octets)
{
    if (!octets.len)
        return "";
    if (!esmtp_auth_is_text(octets))
        return bytes_to_str_maxlen(pool, octets.p, octets.len, 0);
    if (memchr(octets.p, '\0', octets.len) || memchr(octets.p, 1, octets.len))
        return esmtp_text_line(pool, octets.p, octets.len);
    return esmtp_text(pool, (const char *)octets.p, octets.len);
}

static const char *part_text(wmem_allocator_t *pool, const esmtp_part_t *part)
{
    if (part->kind == ESMTP_PART_TEXT)
        return legible(pool, part->value);
    char *text = esmtp_part_text(part);
    const char *shown = esmtp_text(pool, text, strlen(text));
    g_free(text);
    return shown;
}

/* --- Info column ------------------------------------------------------------------------------ */

static const char *const ntlm_names[] = {NULL, "NTLMSSP_NEGOTIATE", "NTLMSSP_CHALLENGE", "NTLMSSP_AUTH"};

/* What has no label of its own: text as it is, a name for NTLM, else the number of octets. */
static const char *unnamed_info(const esmtp_sasl_t *msg)
{
    wmem_allocator_t *pool = msg->show->pinfo->pool;
    uint32_t ntlm = esmtp_ntlm_type(msg->octets);
    if (ntlm >= 1 && ntlm <= 3)
        return ntlm_names[ntlm];
    if (esmtp_auth_is_text(msg->octets))
        return esmtp_text_line(pool, msg->octets.p, MIN(msg->octets.len, INFO_MAX));
    return wmem_strdup_printf(pool, "%zu octets", msg->octets.len);
}

static void part_info(const esmtp_sasl_t *msg, const esmtp_part_t *part, bool hidden, wmem_strbuf_t *text)
{
    const part_row_t *row = &part_rows[part->kind];
    if (!row->info)
        return;
    if (wmem_strbuf_get_len(text))
        wmem_strbuf_append(text, "  ");
    const char *value = hidden && !row->open ? ESMTP_MASK : part_text(msg->show->pinfo->pool, part);
    wmem_strbuf_append_printf(text, "%s: %s", row->info,
                              esmtp_text_line(msg->show->pinfo->pool, value, MIN(strlen(value), INFO_MAX)));
}

/* The message as the Info column has it, without the base64. */
const char *esmtp_sasl_info(const esmtp_sasl_t *msg)
{
    bool hidden = msg->secret && esmtp_secrets_hidden_in_columns();
    wmem_strbuf_t *text = wmem_strbuf_new(msg->show->pinfo->pool, NULL);
    for (size_t i = 0; i < msg->m.n; i++)
        part_info(msg, &msg->m.parts[i], hidden, text);
    if (wmem_strbuf_get_len(text))
        return wmem_strbuf_get_str(text);
    if (hidden)
        return ESMTP_MASK;
    return unnamed_info(msg);
}

/* --- parts ------------------------------------------------------------------------------------ */

/* Another protocol's token. Whatever its dissector does must not keep the rest of the frame from
 * being shown. */
static void hand_over(const esmtp_sasl_t *msg, proto_tree *tree, dissector_handle_t handle)
{
    packet_info *pinfo = msg->show->pinfo;
    gboolean writable = col_get_writable(pinfo->cinfo, -1);
    if (!handle || !msg->tvb)
        return;
    col_set_writable(pinfo->cinfo, -1, FALSE);
    TRY
    {
        call_dissector_only(handle, msg->tvb, pinfo, tree, NULL);
    }
    CATCH_NONFATAL_ERRORS
    {
        show_exception(msg->tvb, pinfo, tree, EXCEPT_CODE, GET_MESSAGE);
    }
    ENDTRY;
    col_set_writable(pinfo->cinfo, -1, writable);
}

/* What a JSON Web Token says of itself. */
static void jwt_add(const esmtp_sasl_t *msg, proto_item *item, esmtp_span_t token)
{
    wmem_allocator_t *pool = msg->show->pinfo->pool;
    esmtp_jwt_t jwt;
    int offset, len;
    uint8_t *out = wmem_alloc(pool, ESMTP_BASE64_ROOM(token.len));
    if (!item || !esmtp_jwt_open(token, out, &jwt))
        return;
    proto_tree *tree = proto_item_add_subtree(item, ett_token);
    tvbuff_t *tvb = place(msg, jwt.header_sent, &offset, &len);
    proto_tree_add_string(tree, hf_jwt_header, tvb, offset, len,
                          esmtp_text(pool, (const char *)jwt.header.p, jwt.header.len));
    tvb = place(msg, jwt.claims_sent, &offset, &len);
    proto_tree_add_string(tree, hf_jwt_claims, tvb, offset, len,
                          esmtp_text(pool, (const char *)jwt.claims.p, jwt.claims.len));
}

void esmtp_sasl_malformed(packet_info *pinfo, proto_item *item, const char *problem)
{
    esmtp_finding_add_format(pinfo, item, ESMTP_FINDING_AUTH_MALFORMED,
                             "Malformed message of the authentication exchange: %s", problem);
}

static void number_add(const esmtp_sasl_t *msg, proto_tree *tree, proto_item *parent, const esmtp_part_t *part)
{
    uint64_t value;
    int offset, len;
    tvbuff_t *tvb = place(msg, part->value, &offset, &len);
    if (esmtp_number_parse(part->value, &value) == ESMTP_NUMBER_OK && value <= UINT32_MAX)
        proto_tree_add_uint(tree, hf_parts[part->kind], tvb, offset, len, (uint32_t)value);
    else
        esmtp_sasl_malformed(msg->show->pinfo, parent, "a number is malformed");
}

/* The GS2 header, and what of the TLS channel stands after it. */
static void binding_add(const esmtp_sasl_t *msg, proto_item *item, esmtp_span_t base64)
{
    size_t bad;
    if (!item)
        return;
    uint8_t *out = wmem_alloc(msg->show->pinfo->pool, ESMTP_BASE64_ROOM(base64.len));
    esmtp_span_t octets = esmtp_span(out, esmtp_base64_decode(base64, out, &bad));
    if (octets.len)
        proto_item_append_text(item, " (%s)",
                               esmtp_text_line(msg->show->pinfo->pool, octets.p, MIN(octets.len, INFO_MAX)));
}

/* The user that another protocol's token names, in the field that all mechanisms have for it. */
static void ntlm_user_add(const esmtp_sasl_t *msg, proto_tree *tree, const esmtp_part_t *part)
{
    int offset, len;
    char *user = tree && part->kind == ESMTP_PART_NTLM ? esmtp_ntlm_user(part->value) : NULL;
    if (!user)
        return;
    tvbuff_t *tvb = place(msg, part->value, &offset, &len);
    proto_tree_add_string(tree, hf_parts[ESMTP_PART_USER], tvb, offset, len,
                          esmtp_text(msg->show->pinfo->pool, user, strlen(user)));
    g_free(user);
}

static void part_add(const esmtp_sasl_t *msg, proto_tree *tree, proto_item *parent, const esmtp_part_t *part)
{
    const part_row_t *row = &part_rows[part->kind];
    int offset, len;
    ntlm_user_add(msg, tree, part);
    if (row->handle) {
        hand_over(msg, tree, *row->handle);
        return;
    }
    if (row->number) {
        number_add(msg, tree, parent, part);
        return;
    }
    if (!tree)
        return;
    bool hidden = msg->hidden && !row->open;
    tvbuff_t *tvb = place(msg, part->value, &offset, &len);
    if (row->mark) {
        proto_tree_add_item(tree, hf_parts[part->kind], tvb, offset, len, ENC_NA);
        return;
    }
    const char *text = hidden ? ESMTP_MASK : part_text(msg->show->pinfo->pool, part);
    proto_item *item = proto_tree_add_string(tree, hf_parts[part->kind], tvb, offset, len, text);
    if (part->kind == ESMTP_PART_TOKEN && !hidden)
        jwt_add(msg, item, part->value);
    if (part->kind == ESMTP_PART_SCRAM_BINDING)
        binding_add(msg, item, part->value);
}

static void parts_add(const esmtp_sasl_t *msg, proto_tree *tree, proto_item *parent)
{
    for (size_t i = 0; i < msg->m.n; i++)
        part_add(msg, tree, parent, &msg->m.parts[i]);
    if (msg->m.problem)
        esmtp_sasl_malformed(msg->show->pinfo, parent, msg->m.problem);
}

/* Says which octet keeps the base64 from being decoded. */
static void base64_check(const esmtp_sasl_t *msg, proto_item *item)
{
    packet_info *pinfo = msg->show->pinfo;
    if (msg->bad == ESMTP_BASE64_FINE)
        return;
    if (esmtp_sasl_raw(msg)) {
        uint8_t c = sent(msg).p[msg->bad];
        if (msg->hidden)
            esmtp_finding_add_format(pinfo, item, ESMTP_FINDING_BASE64, "Base64 does not decode");
        else
            esmtp_finding_add_format(pinfo, item, ESMTP_FINDING_BASE64,
                                     "Base64 does not decode: octet %zu is %s (0x%02x)", msg->bad + 1,
                                     esmtp_text_line(pinfo->pool, &c, 1), c);
    } else {
        esmtp_finding_add_format(pinfo, item, ESMTP_FINDING_BASE64,
                                 "Base64 is truncated after octet %d: data or padding missing", msg->len);
    }
}

/* Undecoded, as Wireshark's own dissector shows it: a field for each line of LOGIN, one for all of
 * PLAIN. */
static void undecoded_add(const esmtp_sasl_t *msg, proto_tree *tree)
{
    int hf = msg->form != ESMTP_SASL_LOGIN ? hf_parts[ESMTP_PART_TEXT]
             : msg->number == 1            ? hf_parts[ESMTP_PART_USER]
                                           : hf_parts[ESMTP_PART_PASSWORD];
    if (!tree || msg->form == ESMTP_SASL_PLAIN || !msg->len)
        return; /* PLAIN has smtp.auth.username_password */
    esmtp_span_t text = sent(msg);
    const char *shown = msg->hidden ? ESMTP_MASK : esmtp_text(msg->show->pinfo->pool, (const char *)text.p, text.len);
    proto_tree_add_string(tree, hf, msg->show->tvb, msg->offset, msg->len, shown);
}

/* A message of the client, below tree; parent is what expert infos hang on. */
void esmtp_sasl_response_add(esmtp_sasl_t *msg, proto_tree *tree, proto_item *parent)
{
    if (tree && msg->form == ESMTP_SASL_PLAIN && msg->len) {
        esmtp_span_t text = sent(msg);
        proto_tree_add_string(tree, hf_username_password, msg->show->tvb, msg->offset, msg->len,
                              msg->hidden ? ESMTP_MASK
                                          : esmtp_text(msg->show->pinfo->pool, (const char *)text.p, text.len));
    }
    if (msg->blanks)
        esmtp_sasl_malformed(msg->show->pinfo, parent, "it begins with a blank");
    if (!msg->len && tree)
        proto_tree_add_item(tree, hf_empty, msg->show->tvb, msg->offset, 0, ENC_NA);
    if (!esmtp_secrets_decoded() || esmtp_sasl_raw(msg)) {
        undecoded_add(msg, tree);
    } else {
        make_tvb(msg);
        parts_add(msg, tree, parent);
    }
    if (esmtp_secrets_decoded())
        base64_check(msg, parent);
}

/* --- challenges ------------------------------------------------------------------------------- */

/* Servers that do not follow RFC 4954 ask in plaintext, as NTLM's are even told to. */
static void clear_challenge_add(const esmtp_sasl_t *msg, proto_tree *tree, proto_item *parent)
{
    esmtp_span_t text = sent(msg);
    if (tree)
        proto_tree_add_string(tree, hf_challenge, msg->show->tvb, msg->offset, msg->len,
                              legible(msg->show->pinfo->pool, text));
    if (msg->form != ESMTP_SASL_NTLM && msg->form != ESMTP_SASL_GSSAPI && msg->form != ESMTP_SASL_SPNEGO)
        base64_check(msg, parent);
}

void esmtp_sasl_challenge_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len)
{
    proto_item *parent = proto_tree_get_parent(tree), *item;
    int at, n;
    esmtp_sasl_t msg;
    if (!esmtp_secrets_decoded())
        return;
    esmtp_sasl_open(show, fact, 0, offset, MAX(len, 0), &msg);
    if (esmtp_sasl_raw(&msg)) {
        clear_challenge_add(&msg, tree, parent);
        return;
    }
    if (len < 0 || (!msg.len && esmtp_auth_server_first(msg.form)))
        esmtp_finding_add(show->pinfo, parent, ESMTP_FINDING_AUTH_NO_CHALLENGE);
    if (!msg.len)
        return;
    make_tvb(&msg);
    tvbuff_t *tvb = place(&msg, msg.octets, &at, &n);
    item = tree ? proto_tree_add_string(tree, hf_challenge, tvb, at, n, legible(show->pinfo->pool, msg.octets)) : NULL;
    parts_add(&msg, proto_item_add_subtree(item, ett_challenge), parent);
    base64_check(&msg, parent);
}

/* --- registration ----------------------------------------------------------------------------- */

#define PART(kind, label, name, blurb) ESMTP_TEXT(&hf_parts[ESMTP_PART_##kind], label, name, blurb)

static hf_register_info fields[] = {
    ESMTP_FIELD(&hf_empty, "Empty response", "smtp.auth.empty", FT_NONE, BASE_NONE, "A message of no octets"),
    ESMTP_TEXT(&hf_username_password, "Username/Password", "smtp.auth.username_password",
               "Credentials of PLAIN, undecoded"),
    ESMTP_TEXT(&hf_challenge, "Challenge", "smtp.auth.challenge", "Challenge of the server, decoded"),
    ESMTP_TEXT(&hf_jwt_header, "Token header", "smtp.auth.oauth.jwt.header",
               "Header of a JSON Web Token, not verified"),
    ESMTP_TEXT(&hf_jwt_claims, "Token claims", "smtp.auth.oauth.jwt.claims",
               "Claims of a JSON Web Token, not verified"),
    PART(USER, "Username", "smtp.auth.username", NULL),
    PART(PASSWORD, "Password", "smtp.auth.password", NULL),
    PART(AUTHZID, "Authorization identity", "smtp.auth.authzid", "Whom the user wants to act as"),
    PART(TOKEN, "Token", "smtp.auth.token", "Bearer token"),
    PART(TEXT, "Response", "smtp.auth.response", "Response of the client, decoded: what of it has no field of its own"),
    PART(ERROR, "Error", "smtp.auth.error", "Why the server refuses, in the words of the mechanism"),
    PART(SCRAM_BINDING_FLAG, "Channel binding flag", "smtp.auth.scram.binding_flag",
         "n: client has no channel binding, y: it believes the server has none, p=: of this type"),
    PART(SCRAM_NONCE, "Nonce", "smtp.auth.scram.nonce", "The client's random text, and the server's after it"),
    PART(SCRAM_SALT, "Salt", "smtp.auth.scram.salt", "Base64"),
    ESMTP_FIELD(&hf_parts[ESMTP_PART_SCRAM_ITERATIONS], "Iterations", "smtp.auth.scram.iterations", FT_UINT32, BASE_DEC,
                "How often the password is hashed"),
    PART(SCRAM_BINDING, "Channel binding", "smtp.auth.scram.channel_binding", "Header and channel data, base64"),
    PART(SCRAM_PROOF, "Client proof", "smtp.auth.scram.proof", "Base64"),
    PART(SCRAM_SIGNATURE, "Server signature", "smtp.auth.scram.server_signature", "Base64"),
    PART(SCRAM_EXTENSION, "Extension", "smtp.auth.scram.extension", "Attribute that RFC 5802 does not know"),
    PART(DIGEST_REALM, "Realm", "smtp.auth.digest.realm", NULL),
    PART(DIGEST_NONCE, "Nonce", "smtp.auth.digest.nonce", "The server's random text"),
    PART(DIGEST_CNONCE, "Client nonce", "smtp.auth.digest.cnonce", "The client's random text"),
    PART(DIGEST_NC, "Nonce count", "smtp.auth.digest.nc", "How often the nonce was used, hexadecimal"),
    PART(DIGEST_QOP, "Quality of protection", "smtp.auth.digest.qop", "auth, auth-int, auth-conf"),
    PART(DIGEST_URI, "Digest URI", "smtp.auth.digest.uri", "Service and host"),
    PART(DIGEST_RESPONSE, "Digest", "smtp.auth.digest.response", "The client's proof"),
    PART(DIGEST_RSPAUTH, "Server digest", "smtp.auth.digest.rspauth", "The server's proof"),
    PART(DIGEST_ALGORITHM, "Algorithm", "smtp.auth.digest.algorithm", NULL),
    PART(DIGEST_CHARSET, "Charset", "smtp.auth.digest.charset", NULL),
    PART(DIGEST_CIPHER, "Cipher", "smtp.auth.digest.cipher", NULL),
    PART(DIGEST_MAXBUF, "Largest buffer", "smtp.auth.digest.maxbuf", NULL),
    PART(DIGEST_STALE, "Stale", "smtp.auth.digest.stale", "The nonce is too old"),
    PART(DIGEST_OTHER, "Attribute", "smtp.auth.digest.attribute", "Attribute that RFC 2831 does not know"),
    PART(OAUTH_HOST, "Host", "smtp.auth.oauth.host", "Host that the client means to talk to"),
    ESMTP_FIELD(&hf_parts[ESMTP_PART_OAUTH_PORT], "Port", "smtp.auth.oauth.port", FT_UINT32, BASE_DEC,
                "Port that the client means to talk to"),
    PART(OAUTH_SCHEME, "Scheme", "smtp.auth.oauth.scheme", "Kind of token: Bearer"),
    PART(OAUTH_SCOPE, "Scope", "smtp.auth.oauth.scope", "What a token must be good for"),
    PART(OAUTH_SCHEMES, "Schemes", "smtp.auth.oauth.schemes", "Kinds of token that the server takes"),
    PART(OAUTH_CONFIGURATION, "OpenID configuration", "smtp.auth.oauth.openid_configuration",
         "Where tokens are to be had"),
    PART(OAUTH_OTHER, "Attribute", "smtp.auth.oauth.attribute", "Attribute without a field of its own"),
    ESMTP_FIELD(&hf_parts[ESMTP_PART_OAUTH_READ], "Error received", "smtp.auth.oauth.error_received", FT_NONE,
                BASE_NONE, "The client has read why the server refuses"),
};

/* A part without a field would end tshark where it is shown. Five rows are of no part; none, and the three that have a
 * dissector, need no row. */
G_STATIC_ASSERT(G_N_ELEMENTS(fields) == 5 + ESMTP_PARTS - 4);

int esmtp_sasl_secret_field(esmtp_sasl_form_t form)
{
    bool token = form == ESMTP_SASL_XOAUTH2 || form == ESMTP_SASL_OAUTHBEARER;
    return hf_parts[token ? ESMTP_PART_TOKEN : ESMTP_PART_PASSWORD];
}

void esmtp_sasl_register(void)
{
    static int *ett[] = {&ett_challenge, &ett_token};
    for (size_t i = 0; i < ESMTP_PARTS; i++)
        hf_parts[i] = -1;
    esmtp_fields_register(fields, G_N_ELEMENTS(fields));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
}

void esmtp_sasl_handoff(int proto_esmtp)
{
    ntlm_handle = find_dissector_add_dependency("ntlmssp", proto_esmtp);
    gssapi_handle = find_dissector_add_dependency("gssapi", proto_esmtp);
    spnego_handle = find_dissector_add_dependency("spnego", proto_esmtp);
}
