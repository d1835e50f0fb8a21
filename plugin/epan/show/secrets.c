/* secrets.c
 * Secrets of client lines, and the preferences about them.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secrets.h"

#include "../../core/parse/auth.h"
#include "../../core/parse/command.h"
#include "items.h"

enum { MASK_OFF, MASK_COLUMNS, MASK_EVERYWHERE };

static esmtp_bool_t decode_auth = true;
static int mask_secrets = MASK_COLUMNS;

bool esmtp_secrets_decoded(void)
{
    return decode_auth;
}

bool esmtp_secrets_hidden_in_columns(void)
{
    return mask_secrets != MASK_OFF;
}

bool esmtp_secrets_hidden_in_items(void)
{
    return mask_secrets == MASK_EVERYWHERE;
}

static int distance(const uint8_t *from, esmtp_span_t to, int none)
{
    return to.len ? (int)(to.p - from) : none;
}

/* AUTH mechanism [initial-response]: where the initial response, or what does not belong on the
 * line, is a secret. */
static int auth_command(const esmtp_login_t *login, const uint8_t *p, int len)
{
    esmtp_command_t cmd;
    esmtp_span_t mechanism, initial;
    esmtp_command_parse(esmtp_span(p, (size_t)len), &cmd);
    esmtp_span_t rest = cmd.parameter;
    if (!esmtp_word_next(&rest, " \t", &mechanism) || !esmtp_word_next(&rest, " \t", &initial))
        return len;
    if (!esmtp_span_is(initial, "=") && esmtp_auth_holds_secret(login->row, 1, initial))
        return distance(p, initial, len);
    return esmtp_auth_is_secret(login->row, 2) ? distance(p, esmtp_span_trim_front(rest), len) : len;
}

/* AUTHPLAIN, AUTH=PLAIN and the like, and PASS of other protocols: what the verb has after a name, and what follows
 * it.
 */
static int unknown_command(const uint8_t *p, int len)
{
    esmtp_command_t cmd;
    if (len < 4)
        return len;
    esmtp_command_parse(esmtp_span(p, (size_t)len), &cmd);
    bool auth = esmtp_span_starts(cmd.verb, "AUTH");
    if (!auth && !esmtp_span_is(cmd.verb, "PASS"))
        return len;
    esmtp_span_t rest = esmtp_span_from(cmd.verb, 4);
    if (auth && rest.len && strchr("=:-", rest.p[0]))
        rest = esmtp_span_from(rest, 1);
    if (rest.len && !esmtp_mechanism_find(rest))
        return distance(p, rest, len);
    return distance(p, cmd.parameter, len);
}

int esmtp_secret_start(const esmtp_fact_t *fact, const uint8_t *p, int len)
{
    const esmtp_verb_row_t *row = esmtp_verb_by_number(fact->verb);
    esmtp_command_t cmd;
    if (fact->flags & ESMTP_FF_SECRET) /* of a reply the code stays */
        return fact->flags & ESMTP_FF_FROM_SERVER ? MIN(4, len) : 0;
    if (fact->flags & ESMTP_FF_FROM_SERVER)
        return len;
    if (fact->kind == ESMTP_FACT_AUTH) {
        const esmtp_login_t *login = fact->extra;
        esmtp_span_t line = esmtp_span_trim(esmtp_span(p, (size_t)MAX(len, 0)));
        uint32_t number = esmtp_fact_login_number(fact);
        return number && esmtp_auth_holds_secret(login->row, number, line) ? 0 : len;
    }
    if (fact->kind != ESMTP_FACT_COMMAND)
        return len;
    if (fact->flags & ESMTP_FF_LOGIN)
        return auth_command(fact->extra, p, len);
    if (!row)
        return unknown_command(p, len);
    if (!(row->flags & ESMTP_VF_SECRET))
        return len;
    esmtp_command_parse(esmtp_span(p, (size_t)len), &cmd);
    return distance(p, cmd.parameter, len);
}

bool esmtp_secret_hidden(const esmtp_fact_t *fact, const uint8_t *p, int len)
{
    return esmtp_secrets_hidden_in_items() && esmtp_secret_start(fact, p, len) < len;
}

const char *esmtp_secret_text(wmem_allocator_t *pool, const esmtp_fact_t *fact, const uint8_t *p, int len, int from)
{
    int start = esmtp_secret_start(fact, p, len);
    const char *text = from < start ? esmtp_text(pool, (const char *)p + from, (size_t)(start - from)) : "";
    return start < len ? wmem_strconcat(pool, text, ESMTP_MASK, NULL) : text;
}

void esmtp_secrets_register(module_t *module)
{
    static const enum_val_t places[] = {
        {"off", "Off", MASK_OFF},
        {"columns", "In columns", MASK_COLUMNS},
        {"everywhere", "Everywhere", MASK_EVERYWHERE},
        {NULL, NULL, 0},
    };
    prefs_register_bool_preference(
        module, "decode_auth", "Decode logins",
        "Decode the base64 of AUTH commands, of what follows them, and of the server's challenges.", &decode_auth);
    prefs_register_enum_preference(module, "mask_secrets", "Mask passwords and tokens",
                                   "Where stars stand in the place of passwords and tokens, and of "
                                   "the base64 that holds them: "
                                   "nowhere, in the Info column, or also in the packet details.",
                                   &mask_secrets, places, false);
}
