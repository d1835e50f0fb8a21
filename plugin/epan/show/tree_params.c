/* tree_params.c
 * The envelope: path and ESMTP parameters of MAIL, RCPT and their kin.
 *
 * RFC 5321 sections 4.1.1.2, 4.1.1.3 and 4.1.2. What a parameter's value reads like is a column of
 * the parameter table; for each such form there is one function here. Whether a parameter was
 * offered by the server is not looked at.
 *
 * Known limits: whether RCPT may have UTF-8 depends on its MAIL, which is not known here, so it is
 * always taken.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree_params.h"

#include "findings.h"

#include <epan/to_str.h>
#include <wsutil/inet_addr.h>

#include "../../core/parse/command.h"
#include "explain.h"
#include "fields.h"
#include "items.h"
#include "tree_common.h"
#include "values.h"
#include "wanted.h"

/* Octets, RFC 5321 section 4.5.3.1. */
#define LOCAL_PART_MAX 64
#define DOMAIN_MAX     255
#define PATH_MAX_LEN   256
/* Octets of a value whose own definition sets no limit: the longest that any has. */
#define VALUE_MAX 1000
/* Nine digits, RFC 2852 section 4. */
#define BY_TIME_MAX 999999999

static int hf_mail_from = -1;
static int hf_mail_local = -1;
static int hf_mail_domain = -1;
static int hf_rcpt_to = -1;
static int hf_rcpt_local = -1;
static int hf_rcpt_domain = -1;
static int hf_route = -1;
static int hf_literal_ipv4 = -1;
static int hf_literal_ipv6 = -1;
static int hf_utf8 = -1;

static int hf_param = -1;
static int hf_name = -1;
static int hf_value = -1;
static int hf_decoded = -1;
static int hf_size = -1;
static int hf_body = -1;
static int hf_ret = -1;
static int hf_envid = -1;
static int hf_auth = -1;
static int hf_smtputf8 = -1;
static int hf_requiretls = -1;
static int hf_holdfor = -1;
static int hf_holduntil = -1;
static int hf_by_time = -1;
static int hf_by_mode = -1;
static int hf_mt_priority = -1;
static int hf_mtrk_certifier = -1;
static int hf_mtrk_timeout = -1;
static int hf_solicit = -1;
static int hf_transid = -1;
static int hf_security = -1;
static int hf_direction = -1;
static int hf_delimiters = -1;
static int hf_notify = -1;
static int hf_orcpt_type = -1;
static int hf_orcpt_address = -1;
static int hf_rrvs = -1;
static int hf_rrvs_action = -1;

static int ett_path = -1;
static int ett_param = -1;

static const char unknown_parameter[] =
    "Unknown parameter: neither the registry nor a vendor's list that this dissector knows has it.";

/* The parameter of one command while it is shown. */
typedef struct {
    esmtp_place_t place;
    proto_tree *tree;                    /* of the command */
    uint8_t on;                          /* ESMTP_ON_MAIL or ESMTP_ON_RCPT */
    bool smtputf8;                       /* SMTPUTF8 is among the parameters */
    esmtp_span_t parameters;             /* after the path */
    esmtp_span_t names[ESMTP_WORDS_MAX]; /* of the parameters so far */
    unsigned n;
} envelope_t;

/* Whether SMTPUTF8 is among the parameters. */
static bool has_smtputf8(esmtp_span_t parameters)
{
    esmtp_argument_t arg;

    while (esmtp_argument_next(&parameters, &arg)) {
        if (esmtp_span_is(arg.name, "SMTPUTF8"))
            return true;
    }
    return false;
}

/* ---- Path ---- */

static void bad_path(const envelope_t *env, proto_item *item, const char *why)
{
    esmtp_finding_add_format(env->place.pinfo, item, ESMTP_FINDING_BAD_PATH, "%s", why);
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" as an address that filters can compare. */
static void literal_add(const envelope_t *env, proto_item *item, proto_tree *tree, esmtp_span_t domain)
{
    int offset = esmtp_place_of(&env->place, domain);
    char text[64] = "";
    ws_in4_addr ipv4;
    ws_in6_addr ipv6;

    if (domain.len - 2 < sizeof text)
        memcpy(text, domain.p + 1, domain.len - 2);
    if (ws_inet_pton4(text, &ipv4))
        proto_tree_add_ipv4(tree, hf_literal_ipv4, env->place.tvb, offset, (int)domain.len, ipv4);
    else if (g_ascii_strncasecmp(text, "IPv6:", 5) == 0 && ws_inet_pton6(text + 5, &ipv6))
        proto_tree_add_ipv6(tree, hf_literal_ipv6, env->place.tvb, offset, (int)domain.len, &ipv6);
    else
        bad_path(env, item, "Address literal is neither [IPv4 address] nor [IPv6:address]");
}

static void address_add(const envelope_t *env, proto_item *item, const esmtp_path_t *path)
{
    bool mail = env->on == ESMTP_ON_MAIL;
    proto_tree *tree = proto_item_add_subtree(item, ett_path);

    if (path->route.len > 0)
        esmtp_span_add(&env->place, tree, hf_route, path->route);
    if (path->local.len > 0)
        esmtp_span_add(&env->place, tree, mail ? hf_mail_local : hf_rcpt_local, path->local);
    if (path->domain.len > 0)
        esmtp_span_add(&env->place, tree, mail ? hf_mail_domain : hf_rcpt_domain, path->domain);
    if (path->literal)
        literal_add(env, item, tree, path->domain);
    if (path->eight_bit)
        esmtp_add_gen_true(tree, hf_utf8, env->place.tvb);
}

/* What the form of a path tells a reader. */
static void form_explain(const envelope_t *env, proto_item *item, const esmtp_path_t *path)
{
    bool mail = env->on == ESMTP_ON_MAIL;

    if (path->form == ESMTP_PATH_NULL)
        proto_item_append_text(item, mail ? "<> (nobody: a report, which must not cause another one)" : "<>");
    if (path->form == ESMTP_PATH_NULL && !mail)
        bad_path(env, item, "Recipient is empty");
    if (path->form == ESMTP_PATH_ROUTED)
        proto_item_append_text(item, " (with a source route, which servers ignore)");
    if (path->form == ESMTP_PATH_BROKEN)
        bad_path(env, item, "Not a path: <local-part@domain>");
    if (path->form == ESMTP_PATH_LOCAL && !mail && esmtp_span_is(path->local, "postmaster"))
        proto_item_append_text(item, " (who looks after this server's mail)");
}

static bool has_control(esmtp_span_t s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (g_ascii_iscntrl(s.p[i]) && s.p[i] != '\t')
            return true;
    }
    return false;
}

static void path_check(const envelope_t *env, proto_item *item, const esmtp_path_t *path)
{
    if (path->keyword_missing)
        bad_path(env, item, env->on == ESMTP_ON_MAIL ? "\"FROM:\" is missing" : "\"TO:\" is missing");
    if (path->local.len > LOCAL_PART_MAX)
        bad_path(env, item, "Local part of more than 64 octets");
    if (path->domain.len > DOMAIN_MAX)
        bad_path(env, item, "Domain of more than 255 octets");
    if (path->whole.len > PATH_MAX_LEN)
        bad_path(env, item, "Path of more than 256 octets");
    if (has_control(path->whole))
        bad_path(env, item, "Control character in the address: servers may end it there");
    if (path->eight_bit && !esmtp_span_is_utf8(path->address))
        bad_path(env, item, "Octets that are neither ASCII nor UTF-8");
    else if (path->eight_bit && env->on == ESMTP_ON_MAIL && !env->smtputf8)
        bad_path(env, item, "UTF-8 in the address, but no parameter SMTPUTF8");
    if (env->parameters.len > 0 && !esmtp_is_blank(env->parameters.p[0]))
        bad_path(env, item, "No blank between path and parameters");
}

static void path_add(const envelope_t *env, const esmtp_path_t *path)
{
    int hf = env->on == ESMTP_ON_MAIL ? hf_mail_from : hf_rcpt_to;
    proto_item *item;

    if (path->form == ESMTP_PATH_NONE) {
        bad_path(env, proto_tree_get_parent(env->tree), "Path is missing");
        return;
    }
    if (path->address.len > 0)
        item = esmtp_span_add(&env->place, env->tree, hf, path->address);
    else
        item = proto_tree_add_string(env->tree, hf, env->place.tvb, esmtp_place_of(&env->place, path->whole),
                                     (int)path->whole.len, "");
    if (path->address.len > 0)
        address_add(env, item, path);
    form_explain(env, item, path);
    path_check(env, item, path);
}

/* ---- Values ---- */

/* One parameter while it is shown. */
typedef struct {
    const esmtp_place_t *place;
    const envelope_t *env;
    esmtp_argument_t arg;
    const esmtp_param_row_t *row;
    proto_item *item;
    proto_tree *tree;
} param_t;

/* Whether an earlier parameter of this command has this name. The last of the names is its own. */
static bool stands_before(const param_t *p, esmtp_span_t name)
{
    for (unsigned i = 0; i + 1 < p->env->n; i++) {
        esmtp_span_t earlier = p->env->names[i];
        if (earlier.len == name.len &&
            g_ascii_strncasecmp((const char *)earlier.p, (const char *)name.p, name.len) == 0)
            return true;
    }
    return false;
}

/* Marks a parameter that excludes another one. */
static void exclusion_check(const param_t *p, const char *other)
{
    if (stands_before(p, esmtp_span_str(other)))
        esmtp_bad_value(p->place, p->item, "HOLDFOR and HOLDUNTIL cannot be used together");
}

static void flag_add(const param_t *p)
{
    (void)p;
}

static void true_add(const param_t *p, int hf)
{
    proto_tree_add_boolean(p->tree, hf, p->place->tvb, esmtp_place_of(p->place, p->arg.whole), (int)p->arg.whole.len,
                           1);
}

static void smtputf8_add(const param_t *p)
{
    true_add(p, hf_smtputf8);
}

static void requiretls_add(const param_t *p)
{
    true_add(p, hf_requiretls);
}

static void size_add(const param_t *p)
{
    uint64_t size;

    if (esmtp_number_check(p->place, p->item, p->arg.value, 0, UINT64_MAX, &size))
        esmtp_octets_add(p->place, p->tree, hf_size, p->arg.value, size);
}

static void holdfor_add(const param_t *p)
{
    uint64_t seconds;

    exclusion_check(p, "HOLDUNTIL");
    if (esmtp_number_check(p->place, p->item, p->arg.value, 1, 999999999, &seconds) && seconds <= UINT32_MAX)
        esmtp_seconds_add(p->place, p->tree, hf_holdfor, p->arg.value, (uint32_t)seconds);
}

static void holduntil_add(const param_t *p)
{
    esmtp_span_add(p->place, p->tree, hf_holduntil, p->arg.value);
    exclusion_check(p, "HOLDFOR");
    if (!esmtp_datetime_valid(p->arg.value, true))
        esmtp_bad_value(p->place, p->item, "Not a date and time in UTC, such as 2030-12-31T23:59:59Z");
}

/* A value that is one word of a set. */
static void word_add(const param_t *p, int hf, esmtp_word_set_t set, const char *rule)
{
    proto_item *item;

    if (!esmtp_word_add(p->place, p->tree, hf, p->arg.value, set, &item))
        esmtp_bad_value(p->place, p->item, rule);
}

static void body_add(const param_t *p)
{
    word_add(p, hf_body, ESMTP_SET_BODY, "None of 7BIT, 8BITMIME, BINARYMIME");
}

static void ret_add(const param_t *p)
{
    word_add(p, hf_ret, ESMTP_SET_RET, "Neither FULL nor HDRS");
}

static void security_add(const param_t *p)
{
    word_add(p, hf_security, ESMTP_SET_SECURITY, "Neither NONE nor STARTTLS");
}

static void direction_add(const param_t *p)
{
    word_add(p, hf_direction, ESMTP_SET_DIRECTION, "Neither Incoming nor Originating");
}

static void notify_add(const param_t *p)
{
    esmtp_span_t rest = p->arg.value, word;
    bool never = false;
    unsigned n = 0;
    proto_item *item;

    while (esmtp_words_next(p->place, p->item, &rest, ",", &n, &word)) {
        never |= esmtp_span_is(word, "NEVER");
        if (!esmtp_word_add(p->place, p->tree, hf_notify, word, ESMTP_SET_NOTIFY, &item))
            esmtp_bad_value(p->place, p->item, "Not one of NEVER, SUCCESS, FAILURE, DELAY");
    }
    if (never && n > 1)
        esmtp_bad_value(p->place, p->item, "NEVER must be the only value");
}

static void solicit_add(const param_t *p)
{
    esmtp_span_t rest = p->arg.value, word;
    unsigned n = 0;

    while (esmtp_words_next(p->place, p->item, &rest, ",", &n, &word)) {
        esmtp_span_add(p->place, p->tree, hf_solicit, word);
        if (!esmtp_span_is_class(word))
            esmtp_bad_value(p->place, p->item, "Not a class: a letter, then letters, digits, '.', '-', '_' and ':'");
    }
}

static void deadline_add(const param_t *p, esmtp_span_t time, int32_t seconds)
{
    proto_item *item =
        proto_tree_add_int(p->tree, hf_by_time, p->place->tvb, esmtp_place_of(p->place, time), (int)time.len, seconds);

    proto_item_append_text(item, " second%s", plurality(seconds, "", "s"));
    if (seconds < 0)
        proto_item_append_text(item, " (the deadline has passed)");
    else if (seconds >= 60 && esmtp_seen(p->tree))
        proto_item_append_text(item, " (%s)", signed_time_secs_to_str(p->place->pinfo->pool, seconds));
}

/* The time of BY=. Returns whether it reads. */
static bool by_time_add(const param_t *p, esmtp_span_t time, int32_t *seconds)
{
    esmtp_number_t kind = esmtp_signed_parse(time, seconds);

    if (kind == ESMTP_NUMBER_OK)
        deadline_add(p, time, *seconds);
    if (kind == ESMTP_NUMBER_OVERFLOW || *seconds > BY_TIME_MAX || *seconds < -BY_TIME_MAX)
        esmtp_bad_value(p->place, p->item, "Time of more than nine digits");
    else if (kind != ESMTP_NUMBER_OK)
        esmtp_bad_value(p->place, p->item, "Time is not a number");
    return kind == ESMTP_NUMBER_OK;
}

static void by_add(const param_t *p)
{
    size_t semicolon = esmtp_span_find(p->arg.value, ';');
    esmtp_span_t mode = esmtp_span_from(p->arg.value, semicolon + 1);
    int32_t seconds;
    bool timed = by_time_add(p, esmtp_span_to(p->arg.value, semicolon), &seconds);
    proto_item *item;

    if (mode.len == 0) {
        esmtp_bad_value(p->place, p->item, "Mode is missing: ;N or ;R");
        return;
    }
    if (!esmtp_word_add(p->place, p->tree, hf_by_mode, mode, ESMTP_SET_BY, &item))
        esmtp_bad_value(p->place, p->item, "Mode is not one of N, R, NT, RT");
    if (timed && seconds <= 0 && g_ascii_toupper((gchar)mode.p[0]) == 'R')
        esmtp_bad_value(p->place, p->item, "Mode R needs a time above zero");
}

static void mt_priority_add(const param_t *p)
{
    esmtp_span_t value = p->arg.value;
    bool sign = value.len > 0 && value.p[0] == '-';
    esmtp_span_t digit = esmtp_span_from(value, sign);
    int32_t priority;
    proto_item *item;

    if (esmtp_signed_parse(value, &priority) == ESMTP_NUMBER_OK) {
        item = proto_tree_add_int(p->tree, hf_mt_priority, p->place->tvb, esmtp_place_of(p->place, value),
                                  (int)value.len, priority);
        proto_item_append_text(item, priority > 0   ? " (more urgent than normal)"
                                     : priority < 0 ? " (less urgent than normal)"
                                                    : " (normal)");
    }
    if (digit.len != 1 || !g_ascii_isdigit(digit.p[0]) || (sign && digit.p[0] == '0'))
        esmtp_bad_value(p->place, p->item, "Not a number from -9 to 9");
}

/* ---- Values that are encoded ---- */

/* Marks what is no xtext. utf8: octets above 127 may stand in it (RFC 6533). */
static void xtext_check(const param_t *p, esmtp_span_t s, bool utf8)
{
    const char *why = NULL;

    for (size_t i = 0; i < s.len && !why; i++) {
        int octet = s.p[i] == '+' ? esmtp_xtext_octet(esmtp_span_from(s, i)) : s.p[i];
        if (octet < 0)
            why = "Not xtext: \"+\" is not followed by two upper-case hexadecimal digits";
        else if ((octet < ' ' && octet != '\t') || octet == 0x7f)
            why = "Control character in the decoded value";
        else if (s.p[i] == '=')
            why = "Not xtext: \"=\" has to be written +3D";
        else if (s.p[i] > '~' && !utf8)
            why = "Not xtext: octets that are not ASCII";
    }
    if (why)
        esmtp_bad_value(p->place, p->item, why);
}

/* Undoes xtext, and RFC 6533's \x{...} for addresses of type utf-8. */
static proto_item *xtext_add(const param_t *p, int hf, esmtp_span_t s, bool utf8)
{
    bool plain = esmtp_span_find(s, '+') == s.len && (!utf8 || esmtp_span_find(s, '\\') == s.len);
    uint8_t *octets;
    bool bad = false;
    size_t len;

    xtext_check(p, s, utf8);
    if (plain || (!utf8 && !esmtp_wanted(p->tree, hf)))
        return esmtp_span_add(p->place, p->tree, hf, s);
    octets = (uint8_t *)wmem_alloc(p->place->pinfo->pool, s.len);
    len = esmtp_xtext_decode(s, octets, &bad);
    if (utf8)
        len = esmtp_utf8_addr_decode(esmtp_span(octets, len), octets, &bad);
    if (utf8 && bad)
        esmtp_bad_value(p->place, p->item, "\"\\\" is not followed by x{...}");
    return esmtp_decoded_add(p->place, p->tree, hf, s, octets, len);
}

static void xtext_value_add(const param_t *p)
{
    xtext_add(p, hf_decoded, p->arg.value, false);
}

static void envid_add(const param_t *p)
{
    xtext_add(p, hf_envid, p->arg.value, false);
}

static void auth_add(const param_t *p)
{
    proto_item *item = xtext_add(p, hf_auth, p->arg.value, p->env->smtputf8);

    if (esmtp_span_is(p->arg.value, "<>"))
        proto_item_append_text(item, " (nobody is known)");
}

static void orcpt_add(const param_t *p)
{
    size_t semicolon = esmtp_span_find(p->arg.value, ';');
    esmtp_span_t type = esmtp_span_to(p->arg.value, semicolon);
    esmtp_span_t recipient = esmtp_span_from(p->arg.value, semicolon + 1);
    proto_item *item;

    if (semicolon == p->arg.value.len || type.len == 0) {
        esmtp_bad_value(p->place, p->item, "Not of the form type;address");
        return;
    }
    esmtp_word_add(p->place, p->tree, hf_orcpt_type, type, ESMTP_SET_ORCPT, &item);
    if (!esmtp_span_is_graphic(type))
        esmtp_bad_value(p->place, p->item, "Address type is not a word");
    if (recipient.len == 0)
        esmtp_bad_value(p->place, p->item, "Address is missing");
    else
        xtext_add(p, hf_orcpt_address, recipient, esmtp_span_is(type, "utf-8"));
}

/* ---- Values of several parts ---- */

static void rrvs_add(const param_t *p)
{
    size_t semicolon = esmtp_span_find(p->arg.value, ';');
    esmtp_span_t date = esmtp_span_to(p->arg.value, semicolon);
    esmtp_span_t action = esmtp_span_from(p->arg.value, semicolon + 1);
    proto_item *item;

    esmtp_span_add(p->place, p->tree, hf_rrvs, date);
    if (!esmtp_datetime_valid(date, false) || esmtp_span_find(date, '.') < date.len)
        esmtp_bad_value(p->place, p->item, "Not a date and time without fraction, such as 2014-04-03T23:01:00Z");
    if (semicolon == p->arg.value.len)
        return;
    if (!esmtp_word_add(p->place, p->tree, hf_rrvs_action, action, ESMTP_SET_RRVS, &item))
        esmtp_bad_value(p->place, p->item, "Action is neither C nor R");
}

/* Base64 with its padding. */
static bool is_base64(esmtp_span_t s)
{
    size_t padding = 0;

    while (padding < 2 && padding < s.len && s.p[s.len - 1 - padding] == '=')
        padding++;
    return s.len % 4 == 0 && esmtp_span_of(esmtp_span_to(s, s.len - padding), "+/");
}

static void mtrk_add(const param_t *p)
{
    size_t colon = esmtp_span_find(p->arg.value, ':');
    esmtp_span_t certifier = esmtp_span_to(p->arg.value, colon);
    esmtp_span_t timeout = esmtp_span_from(p->arg.value, colon + 1);
    uint64_t seconds;

    esmtp_span_add(p->place, p->tree, hf_mtrk_certifier, certifier);
    if (!is_base64(certifier))
        esmtp_bad_value(p->place, p->item, "Certifier is not base64");
    if (colon == p->arg.value.len)
        return;
    if (esmtp_number_check(p->place, p->item, timeout, 0, 999999999, &seconds) && seconds <= UINT32_MAX)
        esmtp_seconds_add(p->place, p->tree, hf_mtrk_timeout, timeout, (uint32_t)seconds);
}

static void transid_add(const param_t *p)
{
    esmtp_span_t id = p->arg.value;
    bool bracketed = id.len > 2 && id.p[0] == '<' && id.p[id.len - 1] == '>';

    esmtp_span_add(p->place, p->tree, hf_transid, id);
    if (!bracketed || esmtp_span_find(id, '@') == id.len)
        esmtp_bad_value(p->place, p->item, "Not of the form <local@domain>");
}

static void delimiters_add(const param_t *p)
{
    if (!p->arg.has_value)
        return;
    esmtp_span_add(p->place, p->tree, hf_delimiters, p->arg.value);
    if (p->arg.value.len != 2)
        esmtp_bad_value(p->place, p->item, "Not two characters");
}

/* ---- Parameter ---- */

typedef enum { VALUE_NEVER, VALUE_ALWAYS, VALUE_OPTIONAL } value_need_t;

/* How a form is shown, and what it may be. */
typedef struct {
    void (*add)(const param_t *p);
    value_need_t need;
    size_t max; /* octets of the value */
} rule_t;

static rule_t rule_of(esmtp_value_form_t form)
{
    switch (form) {
    case ESMTP_VALUE_FLAG: return (rule_t){flag_add, VALUE_NEVER, VALUE_MAX};
    case ESMTP_VALUE_TEXT: return (rule_t){flag_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_SIZE: return (rule_t){size_add, VALUE_ALWAYS, 20};
    case ESMTP_VALUE_BODY: return (rule_t){body_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_RET: return (rule_t){ret_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_ENVID: return (rule_t){envid_add, VALUE_ALWAYS, 100};
    case ESMTP_VALUE_AUTH: return (rule_t){auth_add, VALUE_ALWAYS, 500};
    case ESMTP_VALUE_BY: return (rule_t){by_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_HOLDFOR: return (rule_t){holdfor_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_HOLDUNTIL: return (rule_t){holduntil_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_MTRK: return (rule_t){mtrk_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_SOLICIT: return (rule_t){solicit_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_MT_PRIORITY: return (rule_t){mt_priority_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_NOTIFY: return (rule_t){notify_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_ORCPT: return (rule_t){orcpt_add, VALUE_ALWAYS, 500};
    case ESMTP_VALUE_RRVS: return (rule_t){rrvs_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_SECURITY: return (rule_t){security_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_XTEXT: return (rule_t){xtext_value_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_SMTPUTF8: return (rule_t){smtputf8_add, VALUE_NEVER, VALUE_MAX};
    case ESMTP_VALUE_REQUIRETLS: return (rule_t){requiretls_add, VALUE_NEVER, VALUE_MAX};
    case ESMTP_VALUE_TRANSID: return (rule_t){transid_add, VALUE_ALWAYS, 80};
    case ESMTP_VALUE_DIRECTION: return (rule_t){direction_add, VALUE_ALWAYS, VALUE_MAX};
    case ESMTP_VALUE_OPTIONAL: return (rule_t){delimiters_add, VALUE_OPTIONAL, VALUE_MAX};
    }
    return (rule_t){flag_add, VALUE_OPTIONAL, VALUE_MAX}; /* no form; the compiler has seen that all are above */
}

/* Marks what every parameter has to heed. */
static void param_check(const param_t *p, size_t max)
{
    bool orcpt = p->row && p->row->form == ESMTP_VALUE_ORCPT;

    if (!esmtp_span_of(p->arg.name, "-") || p->arg.name.p[0] == '-')
        esmtp_bad_value(p->place, p->item, "Name has characters other than letters, digits and '-'");
    if (!esmtp_span_is_utf8(p->arg.value))
        esmtp_bad_value(p->place, p->item, "Octets that are neither ASCII nor UTF-8");
    else if (!esmtp_span_is_graphic(p->arg.value) && !orcpt && !p->env->smtputf8)
        esmtp_bad_value(p->place, p->item, "Octets that are not printable ASCII");
    if (p->arg.value.len > max)
        esmtp_bad_value_format(p->place, p->item, "Value too long: %zu octets, %zu are allowed", p->arg.value.len, max);
    if (stands_before(p, p->arg.name))
        esmtp_bad_value(p->place, p->item, "An earlier parameter has the same name");
}

static void value_add(const param_t *p, const rule_t *rule)
{
    value_need_t need = rule->need;

    if (need == VALUE_NEVER && p->arg.has_value)
        esmtp_bad_value(p->place, p->item, "This parameter takes no value");
    if (p->arg.value.len == 0 && (need == VALUE_ALWAYS || (need == VALUE_OPTIONAL && p->arg.has_value)))
        esmtp_bad_value(p->place, p->item, "Value is missing");
    else
        rule->add(p);
}

static void known_add(const param_t *p)
{
    rule_t rule = rule_of(p->row->form);

    if (!(p->row->on & p->env->on))
        esmtp_bad_value(p->place, p->item,
                        p->env->on == ESMTP_ON_MAIL ? "This parameter belongs to RCPT"
                                                    : "This parameter belongs to MAIL");
    param_check(p, rule.max);
    value_add(p, &rule);
    esmtp_explanation_add(p->env->tree, p->place->tvb, p->row->name, p->row->explanation, p->row->reference);
}

static void param_add(const envelope_t *env, const esmtp_argument_t *arg)
{
    param_t p = {.place = &env->place, .env = env, .arg = *arg};

    p.row = esmtp_param_find(p.arg.name, ESMTP_ON_MAIL | ESMTP_ON_RCPT);
    p.item = esmtp_span_add(p.place, env->tree, hf_param, p.arg.whole);
    p.tree = proto_item_add_subtree(p.item, ett_param);
    esmtp_capitals_add(p.place, p.tree, hf_name, p.arg.name, p.row ? p.row->name : NULL);
    if (p.arg.has_value)
        esmtp_span_add(p.place, p.tree, hf_value, p.arg.value);
    if (p.row) {
        known_add(&p);
        return;
    }
    param_check(&p, VALUE_MAX);
    if (p.arg.has_value && p.arg.value.len == 0)
        esmtp_bad_value(p.place, p.item, "Value is missing");
    esmtp_explanation_add(env->tree, p.place->tvb, esmtp_word_shown(env->tree, p.arg.name), unknown_parameter, NULL);
}

static void params_add(envelope_t *env)
{
    esmtp_span_t rest = env->parameters;
    esmtp_argument_t arg;
    unsigned n = 0;

    while (esmtp_argument_next(&rest, &arg) && esmtp_words_count(&env->place, proto_tree_get_parent(env->tree), &n)) {
        env->names[env->n++] = arg.name;
        param_add(env, &arg);
    }
}

void esmtp_envelope_add(esmtp_show_t *show, proto_tree *tree, const esmtp_verb_row_t *row, int offset, int len)
{
    envelope_t env;
    esmtp_path_t path;

    env.place = (esmtp_place_t){show->pinfo, show->tvb, NULL, offset};
    env.tree = tree;
    env.n = 0;
    env.place.base = len > 0 ? tvb_get_ptr(show->tvb, offset, len) : NULL;
    env.on = row->flags & ESMTP_VF_FROM ? ESMTP_ON_MAIL : ESMTP_ON_RCPT;
    esmtp_path_parse(esmtp_span(env.place.base, (size_t)len), env.on == ESMTP_ON_MAIL ? "FROM" : "TO", &path,
                     &env.parameters);
    env.smtputf8 = has_smtputf8(env.parameters);
    path_add(&env, &path);
    params_add(&env);
}

/* ---- Registration ---- */

static void path_fields_register(void)
{
    static hf_register_info hf[] = {
        {&hf_mail_from,
         {"Sender (reverse-path)", "smtp.mail.from", FT_STRING, BASE_NONE, NULL, 0,
          "Where reports of failure go; empty for <>", HFILL}},
        {&hf_mail_local,
         {"Local part", "smtp.mail.from.local", FT_STRING, BASE_NONE, NULL, 0, "Of the sender, as written", HFILL}},
        {&hf_mail_domain,
         {"Domain", "smtp.mail.from.domain", FT_STRING, BASE_NONE, NULL, 0,
          "Of the sender; address literals with their brackets", HFILL}},
        {&hf_rcpt_to,
         {"Recipient (forward-path)", "smtp.rcpt.to", FT_STRING, BASE_NONE, NULL, 0, "Whom the message is for", HFILL}},
        {&hf_rcpt_local,
         {"Local part", "smtp.rcpt.to.local", FT_STRING, BASE_NONE, NULL, 0, "Of the recipient, as written", HFILL}},
        {&hf_rcpt_domain,
         {"Domain", "smtp.rcpt.to.domain", FT_STRING, BASE_NONE, NULL, 0,
          "Of the recipient; address literals with their brackets", HFILL}},
        {&hf_route,
         {"Source route", "smtp.path.route", FT_STRING, BASE_NONE, NULL, 0,
          "Hosts that a path names before the mailbox (obsolete)", HFILL}},
        {&hf_literal_ipv4,
         {"Address literal", "smtp.path.ipv4", FT_IPv4, BASE_NONE, NULL, 0, "IPv4 address in place of a domain",
          HFILL}},
        {&hf_literal_ipv6,
         {"Address literal", "smtp.path.ipv6", FT_IPv6, BASE_NONE, NULL, 0, "IPv6 address in place of a domain",
          HFILL}},
        {&hf_utf8,
         {"Non-ASCII address", "smtp.path.utf8", FT_BOOLEAN, BASE_NONE, NULL, 0, "The address is not ASCII (SMTPUTF8)",
          HFILL}},
    };

    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
}

static void param_fields_register(void)
{
    static hf_register_info hf[] = {
        {&hf_param,
         {"Parameter", "smtp.param", FT_STRING, BASE_NONE, NULL, 0, "A parameter of MAIL or RCPT, as written", HFILL}},
        {&hf_name, {"Name", "smtp.param.name", FT_STRING, BASE_NONE, NULL, 0, "In capitals", HFILL}},
        {&hf_value, {"Value", "smtp.param.value", FT_STRING, BASE_NONE, NULL, 0, "As written", HFILL}},
        {&hf_decoded,
         {"Decoded", "smtp.param.decoded", FT_STRING, BASE_NONE, NULL, 0,
          "Value of a parameter without a field of its own, xtext decoded", HFILL}},
        {&hf_size,
         {"Message size", "smtp.mail.size", FT_UINT64, BASE_DEC, NULL, 0, "SIZE=: octets, as the client counts them",
          HFILL}},
        {&hf_body, {"Body type", "smtp.mail.body", FT_STRING, BASE_NONE, NULL, 0, "BODY=", HFILL}},
        {&hf_ret, {"Returned in a failure report", "smtp.mail.ret", FT_STRING, BASE_NONE, NULL, 0, "RET=", HFILL}},
        {&hf_envid, {"Envelope id", "smtp.mail.envid", FT_STRING, BASE_NONE, NULL, 0, "ENVID=, xtext decoded", HFILL}},
        {&hf_auth, {"Submitted by", "smtp.mail.auth", FT_STRING, BASE_NONE, NULL, 0, "AUTH=, xtext decoded", HFILL}},
        {&hf_smtputf8,
         {"UTF-8", "smtp.mail.smtputf8", FT_BOOLEAN, BASE_NONE, NULL, 0, "SMTPUTF8: addresses or header may hold UTF-8",
          HFILL}},
        {&hf_requiretls,
         {"TLS required", "smtp.mail.requiretls", FT_BOOLEAN, BASE_NONE, NULL, 0,
          "REQUIRETLS: over TLS with a verified certificate or not at all", HFILL}},
        {&hf_holdfor, {"Hold for", "smtp.mail.holdfor", FT_UINT32, BASE_DEC, NULL, 0, "HOLDFOR=, seconds", HFILL}},
        {&hf_holduntil, {"Hold until", "smtp.mail.holduntil", FT_STRING, BASE_NONE, NULL, 0, "HOLDUNTIL=", HFILL}},
        {&hf_by_time, {"Deliver within", "smtp.mail.by.time", FT_INT32, BASE_DEC, NULL, 0, "BY=, seconds", HFILL}},
        {&hf_by_mode,
         {"By-mode", "smtp.mail.by.mode", FT_STRING, BASE_NONE, NULL, 0, "BY=: N (notify) or R (return), and T (trace)",
          HFILL}},
        {&hf_mt_priority,
         {"Priority", "smtp.mail.mt_priority", FT_INT32, BASE_DEC, NULL, 0, "MT-PRIORITY=, -9 to 9", HFILL}},
        {&hf_mtrk_certifier,
         {"Certifier", "smtp.mail.mtrk.certifier", FT_STRING, BASE_NONE, NULL, 0,
          "MTRK=: hash of the secret that whoever asks has to know", HFILL}},
        {&hf_mtrk_timeout,
         {"Tracking data kept for", "smtp.mail.mtrk.timeout", FT_UINT32, BASE_DEC, NULL, 0, "MTRK=, seconds", HFILL}},
        {&hf_solicit,
         {"Class of advertising", "smtp.mail.solicit", FT_STRING, BASE_NONE, NULL, 0, "SOLICIT=, one per class",
          HFILL}},
        {&hf_transid, {"Transfer id", "smtp.mail.transid", FT_STRING, BASE_NONE, NULL, 0, "TRANSID=", HFILL}},
        {&hf_security,
         {"Required transport security", "smtp.mail.security", FT_STRING, BASE_NONE, NULL, 0, "SECURITY=", HFILL}},
        {&hf_direction, {"Direction", "smtp.mail.xattrdirect", FT_STRING, BASE_NONE, NULL, 0, "XATTRDIRECT=", HFILL}},
        {&hf_delimiters, {"Delimiters", "smtp.mail.xverp", FT_STRING, BASE_NONE, NULL, 0, "XVERP=", HFILL}},
        {&hf_notify, {"Notify", "smtp.rcpt.notify", FT_STRING, BASE_NONE, NULL, 0, "NOTIFY=, one per value", HFILL}},
        {&hf_orcpt_type,
         {"Original recipient's type", "smtp.rcpt.orcpt.type", FT_STRING, BASE_NONE, NULL, 0,
          "ORCPT=: type of the address", HFILL}},
        {&hf_orcpt_address,
         {"Original recipient", "smtp.rcpt.orcpt.address", FT_STRING, BASE_NONE, NULL, 0,
          "ORCPT=: address, xtext decoded", HFILL}},
        {&hf_rrvs,
         {"Same owner since", "smtp.rcpt.rrvs", FT_STRING, BASE_NONE, NULL, 0, "RRVS=: date and time", HFILL}},
        {&hf_rrvs_action,
         {"Where RRVS is not supported", "smtp.rcpt.rrvs.action", FT_STRING, BASE_NONE, NULL, 0,
          "RRVS=: C (continue) or R (refuse)", HFILL}},
    };

    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
}

void esmtp_params_register(void)
{
    static int *ett[] = {&ett_path, &ett_param};

    path_fields_register();
    param_fields_register();
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
}
