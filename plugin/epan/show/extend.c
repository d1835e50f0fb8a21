/* extend.c
 * A table of the user's own EHLO keywords, and two tables of dissectors.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "extend.h"

#include <epan/exceptions.h>
#include <epan/show_exception.h>
#include <epan/uat.h>

#include "fields.h"

/* Longer names are nobody's. */
#define NAME_MAX_OCTETS 64

static esmtp_user_keyword_t *rows;
static unsigned n_rows;

#define KEYWORD_TABLE "smtp.ehlo.keyword"
#define VERB_TABLE    "smtp.command"
static dissector_table_t keyword_table;
static dissector_table_t verb_table;

UAT_CSTRING_CB_DEF(user_keywords, keyword, esmtp_user_keyword_t)
UAT_CSTRING_CB_DEF(user_keywords, explanation, esmtp_user_keyword_t)
UAT_CSTRING_CB_DEF(user_keywords, reference, esmtp_user_keyword_t)

static void *row_copy(void *to, const void *from, size_t len)
{
    const esmtp_user_keyword_t *old = from;
    esmtp_user_keyword_t *new = to;
    (void)len;
    new->keyword = g_strdup(old->keyword);
    new->explanation = g_strdup(old->explanation);
    new->reference = g_strdup(old->reference);
    return new;
}

static esmtp_uat_bool_t row_check(void *row, char **error)
{
    const esmtp_user_keyword_t *r = row;
    *error = r->keyword && *r->keyword ? NULL : g_strdup("The keyword must not be empty.");
    return *error == NULL;
}

static void row_free(void *row)
{
    esmtp_user_keyword_t *r = row;
    g_free(r->keyword);
    g_free(r->explanation);
    g_free(r->reference);
}

const esmtp_user_keyword_t *esmtp_user_keyword_find(esmtp_span_t keyword)
{
    for (unsigned i = 0; i < n_rows; i++) {
        if (esmtp_span_is(keyword, rows[i].keyword))
            return &rows[i];
    }
    return NULL;
}

static void note_entry(const char *name, ftenum_t type, void *key, void *value, void *user_data)
{
    (void)name, (void)type, (void)key, (void)value;
    *(bool *)user_data = true;
}

static bool has_entries(const char *table)
{
    bool any = false;
    dissector_table_foreach(table, note_entry, &any);
    return any;
}

bool esmtp_keywords_extended(void)
{
    return has_entries(KEYWORD_TABLE);
}

bool esmtp_extend_in_use(void)
{
    return has_entries(KEYWORD_TABLE) || has_entries(VERB_TABLE);
}

/* Calls whoever registered for a name, if anybody did. */
static void offer(dissector_table_t table, esmtp_span_t name, const esmtp_octets_t *o, proto_tree *tree)
{
    char capitals[NAME_MAX_OCTETS + 1];
    if (!name.len || name.len > NAME_MAX_OCTETS)
        return;
    for (size_t i = 0; i < name.len; i++)
        capitals[i] = g_ascii_toupper((char)name.p[i]);
    capitals[name.len] = '\0';
    if (!dissector_get_string_handle(table, capitals))
        return;
    tvbuff_t *tvb = tvb_new_subset_length(o->tvb, o->offset, o->len);
    TRY
    {
        esmtp_try_string(table, capitals, tvb, o->pinfo, tree);
    }
    CATCH_NONFATAL_ERRORS
    {
        show_exception(tvb, o->pinfo, tree, EXCEPT_CODE, GET_MESSAGE);
    }
    ENDTRY;
}

void esmtp_keyword_dissect(esmtp_span_t name, const esmtp_octets_t *parameter, proto_tree *tree)
{
    offer(keyword_table, name, parameter, tree);
}

void esmtp_verb_dissect(esmtp_span_t name, const esmtp_octets_t *parameter, proto_tree *tree)
{
    if (has_entries(VERB_TABLE)) /* costs less than the search for a name */
        offer(verb_table, name, parameter, tree);
}

void esmtp_extend_register(module_t *module)
{
    static uat_field_t columns[] = {
        UAT_FLD_CSTRING(user_keywords, keyword, "Keyword",
                        "As in the EHLO reply; capitals and small letters are the same"),
        UAT_FLD_CSTRING(user_keywords, explanation, "Explanation", "What it means, in a sentence"),
        UAT_FLD_CSTRING(user_keywords, reference, "Reference", "Where it is defined"),
        UAT_END_FIELDS,
    };
    uat_t *uat = uat_new("EHLO keywords", sizeof(esmtp_user_keyword_t), "esmtp_keywords", true, &rows, &n_rows,
                         UAT_AFFECTS_DISSECTION, NULL, row_copy, row_check, row_free, NULL, NULL, columns);
    prefs_register_uat_preference(module, "user_keywords", "EHLO keywords of your own",
                                  "Private extensions of your servers: keyword, explanation, reference.", uat);
    keyword_table = register_dissector_table(KEYWORD_TABLE, "SMTP EHLO keyword", esmtp_smtp_proto(), FT_STRING,
                                             STRING_CASE_INSENSITIVE);
    verb_table =
        register_dissector_table(VERB_TABLE, "SMTP command", esmtp_smtp_proto(), FT_STRING, STRING_CASE_INSENSITIVE);
}
