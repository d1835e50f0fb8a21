/* tree_auth.c
 * Logins: AUTH commands, the lines of the exchange, challenges, and the reply that ends it. What the base64 holds becomes
 * octets of its own, so that every item points to what it was read from; where a secret must not be shown, items point to the
 * base64 instead.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "show.h"

#include <epan/exceptions.h>
#include <epan/show_exception.h>
#include <wsutil/to_str.h>

#include "../core/auth.h"
#include "anomaly.h"
#include "credentials.h"
#include "secrets.h"

/* Octets of an undecodable or unnamed message that the Info column shows. */
#define INFO_MAX 200

static int hf_mechanism = -1;
static int hf_exchange = -1;
static int hf_line = -1;
static int hf_cancel = -1;
static int hf_empty = -1;
static int hf_username_password = -1;
static int hf_challenge = -1;
static int hf_attempt = -1;
static int hf_outcome = -1;
static int hf_user = -1;
static int hf_begun_in = -1;
static int hf_user_in = -1;
static int hf_ended_in = -1;
static int hf_jwt_header = -1;
static int hf_jwt_claims = -1;
static int hf_parts[ESMTP_PARTS];
static int ett_line = -1;
static int ett_mechanism = -1;
static int ett_challenge = -1;
static int ett_token = -1;
static expert_field ei_base64 = EI_INIT;
static expert_field ei_malformed = EI_INIT;
static expert_field ei_too_long = EI_INIT;
static expert_field ei_no_challenge = EI_INIT;

static dissector_handle_t ntlm_handle;
static dissector_handle_t gssapi_handle;
static dissector_handle_t spnego_handle;

/* How a part is shown, besides its field. Those of later protocols have a dissector instead. */
typedef struct {
    bool secret;
    bool number;
    bool mark;        /* there or not */
    const char *info; /* label in the Info column, as Wireshark's own dissector has it; NULL: not there */
    dissector_handle_t *handle;
} part_row_t;

static const part_row_t part_rows[ESMTP_PARTS] = {
    [ESMTP_PART_USER] = {.info = "User"},
    [ESMTP_PART_PASSWORD] = {.info = "Pass", .secret = true},
    [ESMTP_PART_TOKEN] = {.info = "Token", .secret = true},
    [ESMTP_PART_ERROR] = {.info = "Error"},
    [ESMTP_PART_SCRAM_ITERATIONS] = {.number = true},
    [ESMTP_PART_OAUTH_PORT] = {.number = true},
    [ESMTP_PART_OAUTH_READ] = {.mark = true},
    [ESMTP_PART_NTLM] = {.handle = &ntlm_handle},
    [ESMTP_PART_GSSAPI] = {.handle = &gssapi_handle},
    [ESMTP_PART_SPNEGO] = {.handle = &spnego_handle},
};

/* --- messages ---------------------------------------------------------------------------------------------------------- */

/* One message of an exchange: its base64 on the wire and what that holds. Lives for one call. */
typedef struct {
    esmtp_show_t *show;
    int offset, len;           /* of the base64 in show->tvb */
    uint32_t number;           /* of the client's message; 0: a challenge */
    esmtp_sasl_form_t form;
    bool secret;               /* holds, or may hold, a password or token */
    bool hidden;               /* and items must not show it */
    size_t bad;                /* see esmtp_base64_decode */
    esmtp_span_t octets;       /* decoded */
    tvbuff_t *tvb;             /* over them; NULL: items point to the base64 */
    esmtp_auth_message_t m;
} message_t;

static esmtp_span_t sent(const message_t *msg)
{
    return esmtp_span(msg->len ? tvb_get_ptr(msg->show->tvb, msg->offset, msg->len) : NULL, (size_t)msg->len);
}

/* Takes a message apart. offset, len: of its base64. */
static void message_open(esmtp_show_t *show, const esmtp_fact_t *fact, uint32_t number, int offset, int len, message_t *msg)
{
    const esmtp_login_t *login = fact->extra;
    *msg = (message_t){.show = show, .offset = offset, .len = len, .number = number};
    esmtp_span_t text = esmtp_span_trim_end(sent(msg));
    bool empty = number && fact->kind == ESMTP_FACT_COMMAND && esmtp_span_is(text, "=");
    msg->form = login->row ? login->row->form : ESMTP_SASL_OPAQUE;
    msg->len = empty ? 0 : (int)text.len;
    msg->secret = number && msg->len && esmtp_auth_is_secret(login->row, number);
    msg->hidden = msg->secret && esmtp_secrets_hidden_in_items();
    uint8_t *out = wmem_alloc(show->pinfo->pool, ESMTP_BASE64_ROOM((size_t)msg->len));
    msg->octets = esmtp_auth_open(msg->form, number, sent(msg), out, &msg->bad, &msg->m);
    if (esmtp_auth_part(&msg->m, ESMTP_PART_OAUTH_READ))
        msg->secret = msg->hidden = false;
}

static bool is_raw(const message_t *msg)
{
    return msg->bad < (size_t)msg->len;
}

/* The decoded octets as a tvb of their own. */
static void make_tvb(message_t *msg)
{
    if (msg->hidden || is_raw(msg) || !msg->octets.len)
        return;
    int len = (int)msg->octets.len;
    msg->tvb = tvb_new_child_real_data(msg->show->tvb, msg->octets.p, (unsigned)len, len);
    add_new_data_source(msg->show->pinfo, msg->tvb, "Decoded AUTH");
}

/* Where an item about a span of the message points to: to these octets, or to all of the base64. */
static tvbuff_t *place(const message_t *msg, esmtp_span_t span, int *offset, int *len)
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
        return esmtp_format_text(pool, octets.p, octets.len);
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

/* --- Info column ------------------------------------------------------------------------------------------------------- */

static const char *const ntlm_names[] = {NULL, "NTLMSSP_NEGOTIATE", "NTLMSSP_CHALLENGE", "NTLMSSP_AUTH"};

/* What has no label of its own: text as it is, a name for NTLM, else the number of octets. */
static const char *unnamed_info(const message_t *msg)
{
    wmem_allocator_t *pool = msg->show->pinfo->pool;
    uint32_t ntlm = esmtp_ntlm_type(msg->octets);
    if (ntlm >= 1 && ntlm <= 3)
        return ntlm_names[ntlm];
    if (esmtp_auth_is_text(msg->octets))
        return esmtp_format_text(pool, msg->octets.p, MIN(msg->octets.len, INFO_MAX));
    return wmem_strdup_printf(pool, "%zu octets", msg->octets.len);
}

static void part_info(const message_t *msg, const esmtp_part_t *part, bool hidden, wmem_strbuf_t *text)
{
    const part_row_t *row = &part_rows[part->kind];
    if (!row->info)
        return;
    if (wmem_strbuf_get_len(text))
        wmem_strbuf_append(text, "  ");
    const char *value = row->secret && hidden ? ESMTP_MASK : part_text(msg->show->pinfo->pool, part);
    wmem_strbuf_append_printf(text, "%s: %s", row->info,
                              esmtp_format_text(msg->show->pinfo->pool, value, MIN(strlen(value), INFO_MAX)));
}

/* The message as the Info column has it, without the base64. */
static const char *message_info(const message_t *msg)
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

/* A line undecoded, from octet "from" on. */
static const char *raw_info(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len, int from)
{
    const uint8_t *p = len > 0 ? tvb_get_ptr(show->tvb, offset, len) : NULL;
    int start = esmtp_secrets_hidden_in_columns() ? esmtp_secret_start(fact, p, len) : len;
    int open = MAX(start, from);
    const char *text = open > from ? tvb_format_text(show->pinfo->pool, show->tvb, offset + from, open - from) : "";
    return open < len ? wmem_strconcat(show->pinfo->pool, text, ESMTP_MASK, NULL) : text;
}

/* Where the client's message, or the server's challenge, stands in a line; false if there is none that can be decoded. */
static bool find_message(const esmtp_show_t *show, const esmtp_fact_t *fact, int *offset, int *len)
{
    esmtp_command_t cmd;
    esmtp_span_t mechanism, initial;
    if (*len <= 0)
        return false;
    const uint8_t *p = tvb_get_ptr(show->tvb, *offset, *len);
    if (fact->kind == ESMTP_FACT_REPLY) {
        *offset += 4;
        *len -= 4;
        return fact->code == 334 && *len > 0;
    }
    if (fact->kind == ESMTP_FACT_AUTH)
        return fact->index > 0;
    esmtp_command_parse(esmtp_span(p, (size_t)*len), &cmd);
    esmtp_span_t rest = cmd.parameter;
    if (!esmtp_word_next(&rest, " \t", &mechanism) || !esmtp_word_next(&rest, " \t", &initial))
        return false;
    *offset += (int)(initial.p - p);
    *len = (int)initial.len;
    return true;
}

const char *esmtp_auth_info(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len)
{
    int at = offset, n = len;
    message_t msg;
    if (!(fact->flags & ESMTP_FF_LOGIN) || !esmtp_secrets_decoded() || !find_message(show, fact, &at, &n))
        return raw_info(show, fact, offset, len, 0);
    message_open(show, fact, fact->kind == ESMTP_FACT_REPLY ? 0 : fact->index, at, n, &msg);
    if (!msg.len || is_raw(&msg))
        return raw_info(show, fact, offset, len, 0);
    const char *head = at > offset ? tvb_format_text(show->pinfo->pool, show->tvb, offset, at - offset) : "";
    const char *tail = raw_info(show, fact, offset, len, at - offset + n);
    return wmem_strconcat(show->pinfo->pool, head, message_info(&msg), *tail ? " " : "", tail, NULL);
}

/* --- parts ------------------------------------------------------------------------------------------------------------- */

/* Another protocol's token. Whatever its dissector does must not keep the rest of the frame from being shown. */
static void hand_over(const message_t *msg, proto_tree *tree, dissector_handle_t handle)
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
static void jwt_add(const message_t *msg, proto_item *item, esmtp_span_t token)
{
    wmem_allocator_t *pool = msg->show->pinfo->pool;
    esmtp_jwt_t jwt;
    int offset, len;
    uint8_t *out = wmem_alloc(pool, ESMTP_BASE64_ROOM(token.len));
    if (!item || !esmtp_jwt_open(token, out, &jwt))
        return;
    proto_tree *tree = proto_item_add_subtree(item, ett_token);
    tvbuff_t *tvb = place(msg, jwt.header_sent, &offset, &len);
    proto_tree_add_string(tree, hf_jwt_header, tvb, offset, len, esmtp_text(pool, (const char *)jwt.header.p, jwt.header.len));
    tvb = place(msg, jwt.claims_sent, &offset, &len);
    proto_tree_add_string(tree, hf_jwt_claims, tvb, offset, len, esmtp_text(pool, (const char *)jwt.claims.p, jwt.claims.len));
}

static void malformed(packet_info *pinfo, proto_item *item, const char *problem)
{
    expert_add_info_format(pinfo, item, &ei_malformed, "Message of the exchange is malformed: %s", problem);
}

static void number_add(const message_t *msg, proto_tree *tree, proto_item *parent, const esmtp_part_t *part)
{
    uint64_t value;
    int offset, len;
    tvbuff_t *tvb = place(msg, part->value, &offset, &len);
    if (esmtp_number_parse(part->value, &value) == ESMTP_NUMBER_OK && value <= UINT32_MAX)
        proto_tree_add_uint(tree, hf_parts[part->kind], tvb, offset, len, (uint32_t)value);
    else
        malformed(msg->show->pinfo, parent, "a number does not read");
}

static void part_add(const message_t *msg, proto_tree *tree, proto_item *parent, const esmtp_part_t *part)
{
    const part_row_t *row = &part_rows[part->kind];
    int offset, len;
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
    bool hidden = msg->hidden && (row->secret || part->kind == ESMTP_PART_TEXT);
    tvbuff_t *tvb = place(msg, part->value, &offset, &len);
    if (row->mark) {
        proto_tree_add_item(tree, hf_parts[part->kind], tvb, offset, len, ENC_NA);
        return;
    }
    const char *text = hidden ? ESMTP_MASK : part_text(msg->show->pinfo->pool, part);
    proto_item *item = proto_tree_add_string(tree, hf_parts[part->kind], tvb, offset, len, text);
    if (part->kind == ESMTP_PART_TOKEN && !hidden)
        jwt_add(msg, item, part->value);
}

static void parts_add(const message_t *msg, proto_tree *tree, proto_item *parent)
{
    for (size_t i = 0; i < msg->m.n; i++)
        part_add(msg, tree, parent, &msg->m.parts[i]);
    if (msg->m.problem)
        malformed(msg->show->pinfo, parent, msg->m.problem);
}

/* Says which octet keeps the base64 from being decoded. */
static void base64_check(const message_t *msg, proto_item *item)
{
    packet_info *pinfo = msg->show->pinfo;
    if (msg->bad == ESMTP_BASE64_FINE)
        return;
    if (is_raw(msg)) {
        uint8_t c = sent(msg).p[msg->bad];
        expert_add_info_format(pinfo, item, &ei_base64, "Base64 does not decode: octet %zu is %s (0x%02x)", msg->bad + 1,
                               esmtp_format_text(pinfo->pool, &c, 1), c);
    } else {
        expert_add_info_format(pinfo, item, &ei_base64, "Base64 ends too early: octets or padding are missing behind octet %d",
                               msg->len);
    }
}

/* Undecoded, as Wireshark's own dissector shows it: a field for each line of LOGIN, one for all of PLAIN. */
static void undecoded_add(const message_t *msg, proto_tree *tree)
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
static void response_add(message_t *msg, proto_tree *tree, proto_item *parent)
{
    if (tree && msg->form == ESMTP_SASL_PLAIN && msg->len) {
        esmtp_span_t text = sent(msg);
        proto_tree_add_string(tree, hf_username_password, msg->show->tvb, msg->offset, msg->len,
                              msg->hidden ? ESMTP_MASK : esmtp_text(msg->show->pinfo->pool, (const char *)text.p, text.len));
    }
    if (!msg->len && tree)
        proto_tree_add_item(tree, hf_empty, msg->show->tvb, msg->offset, 0, ENC_NA);
    if (!esmtp_secrets_decoded() || is_raw(msg)) {
        undecoded_add(msg, tree);
    } else {
        make_tvb(msg);
        parts_add(msg, tree, parent);
    }
    if (esmtp_secrets_decoded())
        base64_check(msg, parent);
}

/* --- attempts ---------------------------------------------------------------------------------------------------------- */

static void frame_add(esmtp_show_t *show, proto_tree *tree, int hf, uint32_t frame)
{
    if (frame && frame != show->pinfo->num)
        esmtp_add_gen_uint(tree, hf, show->tvb, frame);
}

/* Which attempt a line or reply belongs to. The AUTH command names the mechanism itself. */
static void attempt_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact)
{
    const esmtp_login_t *login = fact->extra;
    if (!tree)
        return;
    if (fact->kind != ESMTP_FACT_COMMAND && *login->mechanism)
        esmtp_add_gen_string(tree, hf_mechanism, show->tvb,
                             esmtp_text(show->pinfo->pool, login->mechanism, strlen(login->mechanism)));
    esmtp_add_gen_uint(tree, hf_attempt, show->tvb, login->number);
    frame_add(show, tree, hf_begun_in, login->frame);
    if (show->later)
        frame_add(show, tree, hf_ended_in, login->end_frame);
}

static const char *outcome_name(esmtp_login_outcome_t outcome)
{
    switch (outcome) {
    case ESMTP_LOGIN_SUCCEEDED: return "succeeded";
    case ESMTP_LOGIN_FAILED: return "failed";
    case ESMTP_LOGIN_CANCELLED: return "cancelled";
    case ESMTP_LOGIN_OPEN: break;
    }
    return NULL;
}

static void outcome_add(esmtp_show_t *show, proto_tree *tree, const esmtp_login_t *login)
{
    const char *name = outcome_name(login->outcome);
    if (!tree || !name)
        return;
    esmtp_add_gen_string(tree, hf_outcome, show->tvb, name);
    if (login->user && esmtp_secrets_decoded()) {
        esmtp_add_gen_string(tree, hf_user, show->tvb, esmtp_text(show->pinfo->pool, login->user, strlen(login->user)));
        frame_add(show, tree, hf_user_in, login->user_frame);
    }
}

/* --- lines ------------------------------------------------------------------------------------------------------------- */

/* Reports what the line gives away, and a line that no server has to take. */
static void line_check(esmtp_show_t *show, proto_item *item, const esmtp_fact_t *fact)
{
    const esmtp_login_t *login = fact->extra;
    bool token = login->row && (login->row->form == ESMTP_SASL_XOAUTH2 || login->row->form == ESMTP_SASL_OAUTHBEARER);
    esmtp_credentials_tap(show->pinfo, fact, hf_parts[token ? ESMTP_PART_TOKEN : ESMTP_PART_PASSWORD]);
    if (fact->len > ESMTP_AUTH_LINE_MAX)
        expert_add_info_format(show->pinfo, item, &ei_too_long, "Line of %u octets: servers need not take more than %d",
                               fact->len, ESMTP_AUTH_LINE_MAX);
}

static void mechanism_add(esmtp_show_t *show, proto_tree *tree, const esmtp_login_t *login, int offset, int len)
{
    const char *name = esmtp_text(show->pinfo->pool, login->mechanism, strlen(login->mechanism));
    proto_item *item = proto_tree_add_string(tree, hf_mechanism, show->tvb, offset, len, name);
    const esmtp_mechanism_row_t *row = login->row;
    proto_tree *sub = proto_item_add_subtree(item, ett_mechanism);
    if (!row)
        return;
    esmtp_explanation_add(sub, show->tvb, row->explanation, row->reference);
    if (*row->exchange)
        esmtp_add_gen_string(sub, hf_exchange, show->tvb, row->exchange);
}

void esmtp_auth_command_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len)
{
    proto_item *parent = proto_tree_get_parent(tree);
    const uint8_t *p = len > 0 ? tvb_get_ptr(show->tvb, offset, len) : NULL;
    esmtp_span_t rest = esmtp_span(p, (size_t)MAX(len, 0)), mechanism, initial;
    message_t msg;
    if (!(fact->flags & ESMTP_FF_LOGIN))
        return;
    if (esmtp_word_next(&rest, " \t", &mechanism) && tree)
        mechanism_add(show, tree, fact->extra, offset + (int)(mechanism.p - p), (int)mechanism.len);
    if (fact->index && esmtp_word_next(&rest, " \t", &initial)) {
        message_open(show, fact, fact->index, offset + (int)(initial.p - p), (int)initial.len, &msg);
        response_add(&msg, tree, parent);
    }
    rest = esmtp_span_trim(rest);
    if (rest.len)
        malformed(show->pinfo, parent, "words behind the initial response");
    attempt_add(show, tree, fact);
    line_check(show, parent, fact);
}

static proto_item *line_item_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len)
{
    if (!show->tree)
        return NULL;
    const uint8_t *p = fact->len ? tvb_get_ptr(show->tvb, offset, (int)fact->len) : NULL;
    bool secret = esmtp_secret_hidden(fact, p, len);
    return proto_tree_add_string(show->tree, hf_line, show->tvb, offset, (int)fact->len,
                                 secret ? ESMTP_MASK : esmtp_text(show->pinfo->pool, (const char *)p, fact->len));
}

void esmtp_auth_line_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset)
{
    int len = (int)fact->len - fact->eol;
    proto_item *item = line_item_add(show, fact, offset, len);
    proto_tree *tree = proto_item_add_subtree(item, ett_line);
    message_t msg;

    esmtp_request_mark(show);
    if (fact->index) {
        message_open(show, fact, fact->index, offset, len, &msg);
        response_add(&msg, tree, item);
    } else {
        proto_tree_add_item(tree, hf_cancel, show->tvb, offset, len, ENC_NA);
    }
    attempt_add(show, tree, fact);
    esmtp_response_in_add(show, tree, fact);
    line_check(show, item, fact);
    esmtp_anomaly_add(show->pinfo, item, fact);
    if (show->info)
        esmtp_show_info(show, esmtp_auth_info(show, fact, offset, len));
}

/* --- replies ----------------------------------------------------------------------------------------------------------- */

/* Servers that do not follow RFC 4954 ask in clear, as NTLM's are even told to. */
static void clear_challenge_add(const message_t *msg, proto_tree *tree, proto_item *parent)
{
    esmtp_span_t text = sent(msg);
    if (tree)
        proto_tree_add_string(tree, hf_challenge, msg->show->tvb, msg->offset, msg->len,
                              legible(msg->show->pinfo->pool, text));
    if (msg->form != ESMTP_SASL_NTLM)
        base64_check(msg, parent);
}

static void challenge_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len)
{
    proto_item *parent = proto_tree_get_parent(tree), *item;
    int at, n;
    message_t msg;
    if (!esmtp_secrets_decoded())
        return;
    message_open(show, fact, 0, offset, MAX(len, 0), &msg);
    if (is_raw(&msg)) {
        clear_challenge_add(&msg, tree, parent);
        return;
    }
    if (len < 0 || (!msg.len && esmtp_auth_server_first(msg.form)))
        expert_add_info(show->pinfo, parent, &ei_no_challenge);
    if (!msg.len)
        return;
    make_tvb(&msg);
    tvbuff_t *tvb = place(&msg, msg.octets, &at, &n);
    item = tree ? proto_tree_add_string(tree, hf_challenge, tvb, at, n, legible(show->pinfo->pool, msg.octets)) : NULL;
    parts_add(&msg, proto_item_add_subtree(item, ett_challenge), parent);
    base64_check(&msg, parent);
}

void esmtp_auth_reply_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len)
{
    bool last = fact->flags & ESMTP_FF_LAST;
    if (fact->code == 334)
        challenge_add(show, tree, fact, offset, len);
    if (!last)
        return;
    if (fact->code != 334)
        outcome_add(show, tree, fact->extra);
    attempt_add(show, tree, fact);
}

/* --- registration ------------------------------------------------------------------------------------------------------ */

#define FIELD(id, label, name, type, base, blurb) {id, {label, name, type, base, NULL, 0, blurb, HFILL}}
#define TEXT(id, label, name, blurb)              FIELD(id, label, name, FT_STRING, BASE_NONE, blurb)
#define PART(kind, label, name, blurb)            TEXT(&hf_parts[ESMTP_PART_##kind], label, name, blurb)

static hf_register_info fields[] = {
    TEXT(&hf_mechanism, "Mechanism", "smtp.auth.mechanism", "SASL mechanism that AUTH names, in capitals"),
    TEXT(&hf_exchange, "Exchange", "smtp.auth.exchange", "Who says what with this mechanism"),
    TEXT(&hf_line, "Authentication line", "smtp.auth.line", "Line of the client in an exchange, as sent"),
    FIELD(&hf_cancel, "Cancelled by the client", "smtp.auth.cancel", FT_NONE, BASE_NONE, "The line * ends the exchange"),
    FIELD(&hf_empty, "Empty response", "smtp.auth.empty", FT_NONE, BASE_NONE, "A message of no octets"),
    TEXT(&hf_username_password, "Username/Password", "smtp.auth.username_password", "Credentials of PLAIN, undecoded"),
    TEXT(&hf_challenge, "Challenge", "smtp.auth.challenge", "Challenge of the server, decoded"),
    FIELD(&hf_attempt, "Login attempt", "smtp.auth.attempt", FT_UINT32, BASE_DEC, "Number in its connection, from 1"),
    TEXT(&hf_outcome, "Outcome", "smtp.auth.outcome", "What became of the login: succeeded, failed, cancelled"),
    TEXT(&hf_user, "User of this attempt", "smtp.auth.user", "User name that the client gave in this attempt"),
    FIELD(&hf_begun_in, "Attempt begun in", "smtp.auth.begun_in", FT_FRAMENUM, BASE_NONE, "Frame of the AUTH command"),
    FIELD(&hf_user_in, "User name in", "smtp.auth.user_in", FT_FRAMENUM, BASE_NONE, "Frame that holds the user name"),
    FIELD(&hf_ended_in, "Attempt ended in", "smtp.auth.ended_in", FT_FRAMENUM, BASE_NONE, "Frame of the final reply"),
    TEXT(&hf_jwt_header, "Token header", "smtp.auth.oauth.jwt.header", "Header of a JSON Web Token, not verified"),
    TEXT(&hf_jwt_claims, "Token claims", "smtp.auth.oauth.jwt.claims", "Claims of a JSON Web Token, not verified"),
    PART(USER, "Username", "smtp.auth.username", NULL),
    PART(PASSWORD, "Password", "smtp.auth.password", NULL),
    PART(AUTHZID, "Authorization identity", "smtp.auth.authzid", "Whom the user wants to act as"),
    PART(TOKEN, "Token", "smtp.auth.token", "Bearer token"),
    PART(TEXT, "Response", "smtp.auth.response", "Response of the client, decoded: what of it has no field of its own"),
    PART(ERROR, "Error", "smtp.auth.error", "Why the server refuses, in the words of the mechanism"),
    PART(SCRAM_BINDING_FLAG, "Channel binding flag", "smtp.auth.scram.binding_flag",
         "n: client has no channel binding, y: it believes the server has none, p=: of this type"),
    PART(SCRAM_NONCE, "Nonce", "smtp.auth.scram.nonce", "The client's random text, and the server's behind it"),
    PART(SCRAM_SALT, "Salt", "smtp.auth.scram.salt", "Base64"),
    FIELD(&hf_parts[ESMTP_PART_SCRAM_ITERATIONS], "Iterations", "smtp.auth.scram.iterations", FT_UINT32, BASE_DEC,
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
    FIELD(&hf_parts[ESMTP_PART_OAUTH_PORT], "Port", "smtp.auth.oauth.port", FT_UINT32, BASE_DEC,
          "Port that the client means to talk to"),
    PART(OAUTH_SCHEME, "Scheme", "smtp.auth.oauth.scheme", "Kind of token: Bearer"),
    PART(OAUTH_SCOPE, "Scope", "smtp.auth.oauth.scope", "What a token must be good for"),
    PART(OAUTH_SCHEMES, "Schemes", "smtp.auth.oauth.schemes", "Kinds of token that the server takes"),
    PART(OAUTH_CONFIGURATION, "OpenID configuration", "smtp.auth.oauth.openid_configuration", "Where tokens are to be had"),
    PART(OAUTH_OTHER, "Attribute", "smtp.auth.oauth.attribute", "Attribute without a field of its own"),
    FIELD(&hf_parts[ESMTP_PART_OAUTH_READ], "Error received", "smtp.auth.oauth.error_received", FT_NONE, BASE_NONE,
          "The client has read why the server refuses"),
};

void esmtp_auth_register(void)
{
    static int *ett[] = {&ett_line, &ett_mechanism, &ett_challenge, &ett_token};
    static ei_register_info ei[] = {
        {&ei_base64, {"smtp.base64_decode", PI_PROTOCOL, PI_WARN, "base64 decode failed", EXPFILL}},
        {&ei_malformed, {"smtp.expert.auth_malformed", PI_MALFORMED, PI_WARN, "Message of the exchange is malformed", EXPFILL}},
        {&ei_too_long, {"smtp.expert.auth_too_long", PI_PROTOCOL, PI_NOTE,
                        "Line is longer than the 12288 octets that servers must take (RFC 4954)", EXPFILL}},
        {&ei_no_challenge, {"smtp.expert.auth_no_challenge", PI_PROTOCOL, PI_NOTE, "334 without a challenge", EXPFILL}},
    };
    for (size_t i = 0; i < ESMTP_PARTS; i++)
        hf_parts[i] = -1;
    esmtp_fields_register(fields, G_N_ELEMENTS(fields));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
    esmtp_experts_register(ei, G_N_ELEMENTS(ei));
    esmtp_credentials_register();
}

void esmtp_auth_handoff(int proto_esmtp)
{
    ntlm_handle = find_dissector_add_dependency("ntlmssp", proto_esmtp);
    gssapi_handle = find_dissector_add_dependency("gssapi", proto_esmtp);
    spnego_handle = find_dissector_add_dependency("spnego", proto_esmtp);
}
