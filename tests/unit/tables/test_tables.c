/* test_tables.c
 * The tables of core/tables/tables.h: complete against the lists of names in data/, sorted, each row found
 * by its name, each text one or two sentences that stand nowhere else, and the columns that the
 * session acts on.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include <stdio.h>

#include "core/tables/findings.h"
#include "core/tables/tables.h"

/* --- Lists of names --------------------------------------------------------------------------- */

/* The lines of a file of data/; free them with g_strfreev. */
static char **read_names(const char *file)
{
#ifdef ESMTP_TEST_DATA
    char *path = g_build_filename(ESMTP_TEST_DATA, file, NULL);
#else
    char *folder = g_path_get_dirname(__FILE__);
    char *path = g_build_filename(folder, "data", file, NULL);
#endif
    char *text = NULL;
    char **names;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        fail_msg("cannot read %s", path);
    names = g_strsplit(g_strchomp(text), "\n", -1);
    assert_true(g_strv_length(names) > 30);
    g_free(text);
    g_free(path);
#ifndef ESMTP_TEST_DATA
    g_free(folder);
#endif
    return names;
}

/* The row of a verb, of the pseudo-verbs as well. */
static const esmtp_verb_row_t *verb(const char *name)
{
    if (strcmp(name, ".") == 0)
        return esmtp_verb_by_id(ESMTP_VERB_EOM);
    if (strcmp(name, "*") == 0)
        return esmtp_verb_by_id(ESMTP_VERB_CANCEL);
    return esmtp_verb_find(esmtp_span_str(name));
}

static void complete_verbs(void **state)
{
    char **names = read_names("verbs.txt");

    (void)state;
    for (char **name = names; *name; name++) {
        const esmtp_verb_row_t *row = verb(*name);

        if (!row || strcmp(row->verb, *name) != 0)
            fail_msg("no row for the verb %s", *name);
    }
    g_strfreev(names);
}

static void complete_codes(void **state)
{
    char **names = read_names("codes.txt");

    (void)state;
    for (char **name = names; *name; name++) {
        uint16_t code = (uint16_t)g_ascii_strtoull(*name, NULL, 10);
        const esmtp_code_row_t *row = esmtp_code_find(code);

        if (!row || row->code != code)
            fail_msg("no row for the code %s", *name);
    }
    g_strfreev(names);
}

/* Whether there is a row for "250 EHLO", "220 greeting", "421 any", or "5 RCPT" for a first digit.
 */
static bool has_context(const char *name)
{
    const char *context = strchr(name, ' ') + 1;
    uint16_t code = (uint16_t)g_ascii_strtoull(name, NULL, 10);
    bool greeting = strcmp(context, "greeting") == 0;
    esmtp_verb_t id = ESMTP_VERB_NONE;
    size_t n;
    const esmtp_context_row_t *rows = esmtp_context_rows(&n);

    if (strcmp(context, "other") == 0)
        id = ESMTP_VERB_OTHER;
    else if (!greeting && strcmp(context, "any") != 0)
        id = verb(context)->id;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].code == code && rows[i].greeting == greeting && rows[i].verb == id)
            return true;
    }
    return false;
}

static void complete_contexts(void **state)
{
    char **names = read_names("contexts.txt");

    (void)state;
    for (char **name = names; *name; name++) {
        if (!has_context(*name))
            fail_msg("no row for the context %s", *name);
    }
    g_strfreev(names);
}

/* One line of enhanced.txt: "X.1.1" in the registry, "4.7.500-699" of a vendor, "2.X.X" a class,
 * "X.0.X" a subject. */
static void check_enhanced_name(const char *name)
{
    unsigned class_ = 0;
    unsigned subject = 0;
    unsigned from = 0;
    unsigned to = 0;
    const esmtp_enhanced_row_t *row;

    if (sscanf(name, "X.%u.%u", &subject, &from) == 2) {
        row = esmtp_enhanced_find(4, (uint16_t)subject, (uint16_t)from);
    } else if (sscanf(name, "X.%u.X", &subject) == 1) {
        assert_non_null(esmtp_enhanced_subject_name((uint16_t)subject));
        return;
    } else if (sscanf(name, "%u.%u.%u-%u", &class_, &subject, &from, &to) >= 3) {
        row = esmtp_enhanced_vendor_find((uint16_t)class_, (uint16_t)subject, (uint16_t)from);
        if (to && row)
            assert_int_equal(row->detail_to, to);
    } else {
        assert_int_equal(sscanf(name, "%u.X.X", &class_), 1);
        assert_non_null(esmtp_enhanced_class_name((uint16_t)class_));
        return;
    }
    if (!row || row->subject != subject || row->detail != from)
        fail_msg("no row for the enhanced code %s", name);
}

static void complete_enhanced(void **state)
{
    char **names = read_names("enhanced.txt");

    (void)state;
    for (char **name = names; *name; name++)
        check_enhanced_name(*name);
    g_strfreev(names);
}

static void complete_keywords(void **state)
{
    char **names = read_names("keywords.txt");

    (void)state;
    for (char **name = names; *name; name++) {
        esmtp_span_t keyword = esmtp_span_str(*name);
        const esmtp_keyword_row_t *row;

        /* "AUTH=" is AUTH with its first value glued to it. */
        keyword.len = esmtp_span_find(keyword, '=');
        row = esmtp_keyword_find(keyword);
        if (!row || !esmtp_span_is(keyword, row->keyword))
            fail_msg("no row for the keyword %s", *name);
    }
    g_strfreev(names);
}

static void complete_params(void **state)
{
    char **names = read_names("params.txt");

    (void)state;
    for (char **name = names; *name; name++) {
        esmtp_span_t whole = esmtp_span_str(*name);
        esmtp_span_t param = esmtp_span_from(whole, esmtp_span_find(whole, ' ') + 1);
        uint8_t on = esmtp_span_starts(whole, "MAIL ") ? ESMTP_ON_MAIL : ESMTP_ON_RCPT;
        const esmtp_param_row_t *row = esmtp_param_find(param, on);

        if (!row || !esmtp_span_is(param, row->name))
            fail_msg("no row for the parameter %s", *name);
    }
    g_strfreev(names);
}

static void complete_mechanisms(void **state)
{
    char **names = read_names("mechanisms.txt");

    (void)state;
    for (char **name = names; *name; name++) {
        const esmtp_mechanism_row_t *row = esmtp_mechanism_find(esmtp_span_str(*name));

        if (!row || strcmp(row->mechanism, *name) != 0)
            fail_msg("no row for the mechanism %s", *name);
    }
    g_strfreev(names);
}

/* --- Texts ------------------------------------------------------------------------------------ */

/* A text is printable ASCII, begins with a capital or a sign, ends with a full stop, has at most so
 * many sentences. */
static void check_text(const char *owner, const char *text, unsigned sentences)
{
    unsigned stops = 1;

    if (!text || strlen(text) < 10)
        fail_msg("%s: no text", owner);
    if (!g_str_has_suffix(text, ".") || g_str_has_suffix(text, ".."))
        fail_msg("%s: no full stop at the end of: %s", owner, text);
    if (g_ascii_islower(text[0]) || text[0] == ' ' || strstr(text, "  "))
        fail_msg("%s: not clean: %s", owner, text);
    for (const char *c = text; *c; c++) {
        if (!g_ascii_isprint(*c))
            fail_msg("%s: not printable: %s", owner, text);
        if (c[0] == '.' && c[1] == ' ') {
            stops++;
            if (g_ascii_islower(c[2]))
                fail_msg("%s: a stop inside a sentence: %s", owner, text);
        }
    }
    if (stops > sentences)
        fail_msg("%s: more than %u sentences: %s", owner, sentences, text);
}

/* Enters an explanation into the set of all; a second one with the same words is an error. */
static void enter_text(GHashTable *all, const char *owner, const char *text)
{
    const char *other = (const char *)g_hash_table_lookup(all, text);

    check_text(owner, text, 2);
    if (other)
        fail_msg("%s and %s have the same text: %s", owner, other, text);
    g_hash_table_insert(all, (gpointer)text, (gpointer)owner);
}

/* What stands on a line of the tree: a sentence of a hundred characters, with the second one below it. It is in
 * contract/explanations.tsv with the section that it rests on. */
static void enter_explanation(GHashTable *all, const char *owner, const char *text)
{
    const char *end = strstr(text, ". ");

    enter_text(all, owner, text);
    if ((end ? (size_t)(end - text) + 1 : strlen(text)) > 101)
        fail_msg("%s: the first sentence is too long for a line: %s", owner, text);
}

static void check_reference(const char *owner, const char *reference)
{
    if (!reference || reference[0] == '\0' || strlen(reference) > 60 || strstr(reference, "unconfirmed"))
        fail_msg("%s: reference is '%s'", owner, reference ? reference : "");
}

static void texts_of_enhanced(GHashTable *all, const esmtp_enhanced_row_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enter_explanation(all, "enhanced code", rows[i].meaning);
        check_reference("enhanced code", rows[i].reference);
    }
}

static void texts_of_names(GHashTable *all)
{
    size_t n;
    const esmtp_verb_row_t *verbs = esmtp_verb_rows(&n);

    for (size_t i = 0; i < n; i++) {
        enter_explanation(all, verbs[i].verb, verbs[i].explanation);
        check_reference(verbs[i].verb, verbs[i].reference);
        if (!g_str_has_prefix(verbs[i].syntax, verbs[i].verb))
            fail_msg("%s: syntax is '%s'", verbs[i].verb, verbs[i].syntax);
    }

    const esmtp_keyword_row_t *keywords = esmtp_keyword_rows(&n);

    for (size_t i = 0; i < n; i++) {
        enter_explanation(all, keywords[i].keyword, keywords[i].explanation);
        check_reference(keywords[i].keyword, keywords[i].reference);
        assert_non_null(keywords[i].syntax);
        if (keywords[i].form == ESMTP_EHLO_NONE && keywords[i].syntax[0] != '\0')
            fail_msg("%s: no parameters, but a syntax", keywords[i].keyword);
    }

    const esmtp_param_row_t *params = esmtp_param_rows(&n);

    for (size_t i = 0; i < n; i++) {
        enter_explanation(all, params[i].name, params[i].explanation);
        check_reference(params[i].name, params[i].reference);
        assert_non_null(params[i].syntax);
        assert_true(params[i].on >= ESMTP_ON_MAIL && params[i].on <= (ESMTP_ON_MAIL | ESMTP_ON_RCPT));
    }

    const esmtp_mechanism_row_t *mechanisms = esmtp_mechanism_rows(&n);

    for (size_t i = 0; i < n; i++) {
        enter_explanation(all, mechanisms[i].mechanism, mechanisms[i].explanation);
        check_reference(mechanisms[i].mechanism, mechanisms[i].reference);
        assert_non_null(mechanisms[i].exchange);
        if (mechanisms[i].exchange[0] != '\0')
            enter_text(all, mechanisms[i].mechanism, mechanisms[i].exchange);
    }
}

static void texts_of_codes(GHashTable *all)
{
    size_t n;
    const esmtp_code_row_t *codes = esmtp_code_rows(&n);
    GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);

    for (size_t i = 0; i < n; i++) {
        enter_explanation(all, "code", codes[i].explanation);
        check_reference(codes[i].name, codes[i].reference);
        if (!g_hash_table_add(names, (gpointer)codes[i].name))
            fail_msg("%u: another code has the name %s, too", codes[i].code, codes[i].name);
        assert_false(g_str_has_suffix(codes[i].name, "."));
    }
    g_hash_table_destroy(names);

    const esmtp_context_row_t *contexts = esmtp_context_rows(&n);

    for (size_t i = 0; i < n; i++) {
        if (contexts[i].explanation)
            enter_explanation(all, "code in context", contexts[i].explanation);
        if (contexts[i].next_step[0] != '\0')
            check_text("next step", contexts[i].next_step, 1);
    }

    const esmtp_enhanced_row_t *enhanced = esmtp_enhanced_rows(&n);

    texts_of_enhanced(all, enhanced, n);
    enhanced = esmtp_enhanced_vendor_rows(&n);
    texts_of_enhanced(all, enhanced, n);
}

static void texts_of_tls(GHashTable *all)
{
    size_t n;
    const esmtp_context_row_t *rows = esmtp_context_tls_rows(&n);

    for (size_t i = 0; i < n; i++) {
        if (rows[i].explanation)
            enter_explanation(all, "code inside TLS", rows[i].explanation);
    }
}

/* Each text stands in the contract, with the section that it rests on, and no other. */
static void check_contract(GHashTable *all)
{
    char **lines = read_names("../../../contract/explanations.tsv");
    unsigned n = 0;

    for (char **line = lines; *line; line++) {
        char **words = g_strsplit(*line, "\t", 0);
        if (**line != '#' && **line) {
            n++;
            if (g_strv_length(words) != 2 || !*words[0])
                fail_msg("contract/explanations.tsv: no section: %s", *line);
            if (!g_hash_table_contains(all, words[1]))
                fail_msg("contract/explanations.tsv: no table has: %s", words[1]);
        }
        g_strfreev(words);
    }
    g_strfreev(lines);
    assert_int_equal(n, g_hash_table_size(all));
}

static void texts(void **state)
{
    GHashTable *all = g_hash_table_new(g_str_hash, g_str_equal);

    (void)state;
    texts_of_names(all);
    texts_of_codes(all);
    texts_of_tls(all);
    check_contract(all);
    g_hash_table_destroy(all);
}

/* --- Order and look-up ------------------------------------------------------------------------ */

/* A name has no small letters and is after the one before it. */
static void check_order(const char *previous, const char *name)
{
    for (const char *c = name; *c; c++) {
        if (!g_ascii_isgraph(*c) || g_ascii_islower(*c))
            fail_msg("%s: not in capitals", name);
    }
    if (previous && strcmp(previous, name) >= 0)
        fail_msg("%s stands before %s", previous, name);
}

typedef const void *(*find_fn)(esmtp_span_t name);

/* Whether a row stands for more names than its own. */
static bool is_family(const char *name)
{
    return strcmp(name, "XXXXXXXX") == 0 || strcmp(name, "HT-SHA-256-*") == 0;
}

/* Looks a name up as it is and in small letters; an octet more or less must lead elsewhere. */
static void check_find(find_fn find, const char *name, const void *expected)
{
    char *small = g_ascii_strdown(name, -1);
    char *longer = g_strconcat(name, "Q", NULL);
    esmtp_span_t copy = check_copy(esmtp_span_str(name));
    esmtp_span_t others[] = {esmtp_span_str(longer), esmtp_span(name, strlen(name) - 1),
                             esmtp_span(name, strlen(name) + 1)};

    if (find(copy) != expected)
        fail_msg("%s is not found", name);
    if (find(esmtp_span_str(small)) != expected)
        fail_msg("%s is not found in small letters", name);
    for (size_t i = 0; expected && !is_family(name) && i < G_N_ELEMENTS(others); i++) {
        if (find(others[i]) == expected)
            fail_msg("%s is found under another name", name);
    }
    check_free(copy);
    g_free(longer);
    g_free(small);
}

static const void *find_verb(esmtp_span_t name)
{
    return esmtp_verb_find(name);
}

static const void *find_keyword(esmtp_span_t name)
{
    return esmtp_keyword_find(name);
}

static const void *find_mail_param(esmtp_span_t name)
{
    return esmtp_param_find(name, ESMTP_ON_MAIL);
}

static const void *find_rcpt_param(esmtp_span_t name)
{
    return esmtp_param_find(name, ESMTP_ON_RCPT);
}

static const void *find_mechanism(esmtp_span_t name)
{
    return esmtp_mechanism_find(name);
}

/* Whether any row has that name. */
typedef bool (*has_fn)(esmtp_span_t name);

static bool has_verb(esmtp_span_t name)
{
    size_t n;
    const esmtp_verb_row_t *rows = esmtp_verb_rows(&n);

    for (size_t i = 0; i < n; i++) {
        if (!(rows[i].flags & ESMTP_VF_PSEUDO) && esmtp_span_is(name, rows[i].verb))
            return true;
    }
    return false;
}

static bool has_keyword(esmtp_span_t name)
{
    size_t n;
    const esmtp_keyword_row_t *rows = esmtp_keyword_rows(&n);

    for (size_t i = 0; i < n; i++) {
        if (esmtp_span_is(name, rows[i].keyword))
            return true;
    }
    return false;
}

/* Every mix of capitals and small letters in the first eight letters, the others alike. */
static void check_cases(find_fn find, const char *name, const void *expected)
{
    char *mixed = g_strdup(name);
    size_t n = MIN(strlen(name), 8);

    for (unsigned mix = 0; mix < 1u << n; mix++) {
        for (size_t i = 0; name[i]; i++) {
            bool small = mix >> (i % 8) & 1;
            mixed[i] = small ? g_ascii_tolower(name[i]) : name[i];
        }
        if (find(esmtp_span_str(mixed)) != expected)
            fail_msg("%s is not found as %s", name, mixed);
    }
    g_free(mixed);
}

/* Any other octet in any place: found only if another row has that name. */
static void check_changed(find_fn find, has_fn has, const char *name)
{
    char *changed = g_strdup(name);
    esmtp_span_t span = esmtp_span(changed, strlen(name));

    for (size_t i = 0; i < span.len; i++) {
        for (int octet = 0; octet <= UINT8_MAX; octet++) {
            changed[i] = (char)octet;
            if ((find(span) != NULL) != has(span))
                fail_msg("%s with 0x%02x at %zu: found is %d", name, (unsigned)octet, i, !has(span));
        }
        changed[i] = name[i];
    }
    g_free(changed);
}

static void indexed_names(void **state)
{
    size_t n;
    const esmtp_verb_row_t *verbs = esmtp_verb_rows(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        check_cases(find_verb, verbs[i].verb, verbs[i].flags & ESMTP_VF_PSEUDO ? NULL : &verbs[i]);
        check_changed(find_verb, has_verb, verbs[i].verb);
    }

    const esmtp_keyword_row_t *keywords = esmtp_keyword_rows(&n);

    for (size_t i = 0; i < n; i++) {
        check_cases(find_keyword, keywords[i].keyword, &keywords[i]);
        if (!is_family(keywords[i].keyword))
            check_changed(find_keyword, has_keyword, keywords[i].keyword);
    }
}

static void order_verbs(void **state)
{
    size_t n;
    const esmtp_verb_row_t *rows = esmtp_verb_rows(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const esmtp_verb_row_t *row = &rows[i];

        check_order(i > 0 ? row[-1].verb : NULL, row->verb);
        check_find(find_verb, row->verb, row->flags & ESMTP_VF_PSEUDO ? NULL : row);
        assert_int_equal(esmtp_verb_number(row), i + 1);
        assert_ptr_equal(esmtp_verb_by_number((uint16_t)(i + 1)), row);
        assert_int_not_equal(row->id, ESMTP_VERB_NONE);
        if (row->id != ESMTP_VERB_OTHER)
            assert_int_equal(esmtp_verb_by_id(row->id)->id, row->id);
    }
    assert_int_equal(esmtp_verb_number(NULL), 0);
    assert_null(esmtp_verb_by_number(0));
    assert_null(esmtp_verb_by_number((uint16_t)(n + 1)));
    assert_null(esmtp_verb_by_number(UINT16_MAX));
}

static void order_others(void **state)
{
    size_t n;
    const esmtp_keyword_row_t *keywords = esmtp_keyword_rows(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        check_order(i > 0 ? keywords[i - 1].keyword : NULL, keywords[i].keyword);
        assert_null(strchr(keywords[i].keyword, '='));
        check_find(find_keyword, keywords[i].keyword, &keywords[i]);
    }

    const esmtp_param_row_t *params = esmtp_param_rows(&n);

    for (size_t i = 0; i < n; i++) {
        const esmtp_param_row_t *row = &params[i];

        check_order(i > 0 ? row[-1].name : NULL, row->name);
        check_find(find_mail_param, row->name, row->on & ESMTP_ON_MAIL ? row : NULL);
        check_find(find_rcpt_param, row->name, row->on & ESMTP_ON_RCPT ? row : NULL);
    }

    const esmtp_mechanism_row_t *mechanisms = esmtp_mechanism_rows(&n);

    for (size_t i = 0; i < n; i++) {
        check_order(i > 0 ? mechanisms[i - 1].mechanism : NULL, mechanisms[i].mechanism);
        check_find(find_mechanism, mechanisms[i].mechanism, &mechanisms[i]);
    }
}

static void order_codes(void **state)
{
    size_t n;
    const esmtp_code_row_t *codes = esmtp_code_rows(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && codes[i - 1].code >= codes[i].code)
            fail_msg("the code %u is not in its place", codes[i].code);
        assert_ptr_equal(esmtp_code_find(codes[i].code), &codes[i]);
    }
    assert_null(esmtp_code_find(0));
    assert_null(esmtp_code_find(249));
    assert_null(esmtp_code_find(599));
    assert_null(esmtp_code_find(UINT16_MAX));
}

/* Each row's range lies after that of the one before it, and both its ends are found. */
static void check_enhanced_rows(const esmtp_enhanced_row_t *rows, size_t n,
                                const esmtp_enhanced_row_t *(*find)(uint16_t, uint16_t, uint16_t))
{
    for (size_t i = 0; i < n; i++) {
        const esmtp_enhanced_row_t *row = &rows[i];
        uint16_t class_ = row->class_ ? row->class_ : 2;

        assert_true(row->detail <= row->detail_to);
        if (i > 0 && row[-1].class_ == row->class_ && row[-1].subject == row->subject)
            assert_true(row[-1].detail_to < row->detail);
        else if (i > 0)
            assert_true(row[-1].class_ < row->class_ ||
                        (row[-1].class_ == row->class_ && row[-1].subject < row->subject));
        assert_ptr_equal(find(class_, row->subject, row->detail), row);
        assert_ptr_equal(find(class_, row->subject, row->detail_to), row);
        assert_ptr_not_equal(find(class_, row->subject, (uint16_t)(row->detail_to + 1)), row);
        assert_null(find(3, row->subject, row->detail));
        assert_null(find(0, row->subject, row->detail));
    }
}

static void order_enhanced(void **state)
{
    size_t n;
    const esmtp_enhanced_row_t *rows = esmtp_enhanced_rows(&n);

    (void)state;
    check_enhanced_rows(rows, n, esmtp_enhanced_find);
    rows = esmtp_enhanced_vendor_rows(&n);
    check_enhanced_rows(rows, n, esmtp_enhanced_vendor_find);
}

/* A code of this first digit that has no row of its own. */
static uint16_t unknown_code(uint16_t first_digit)
{
    return (uint16_t)(first_digit * 100 + 99);
}

static int compare_contexts(const esmtp_context_row_t *a, const esmtp_context_row_t *b)
{
    if (a->code != b->code)
        return a->code < b->code ? -1 : 1;
    if (a->greeting != b->greeting)
        return a->greeting ? 1 : -1;
    return (int)a->verb - (int)b->verb;
}

static void order_contexts(void **state)
{
    size_t n;
    const esmtp_context_row_t *rows = esmtp_context_rows(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const esmtp_context_row_t *row = &rows[i];
        uint16_t code = row->code < 10 ? unknown_code(row->code) : row->code;
        const char *next = esmtp_code_next_step(code, row->verb, row->greeting);
        const char *text = esmtp_code_explain(code, row->verb, row->greeting);

        if (i > 0 && compare_contexts(&row[-1], row) >= 0)
            fail_msg("the row %u for verb %d is not in its place", row->code, row->verb);
        if (row->greeting)
            assert_int_equal(row->verb, ESMTP_VERB_NONE);
        if (strcmp(next, row->next_step) != 0)
            fail_msg("%u after verb %d: next step is '%s'", code, row->verb, next);
        if (row->explanation && strcmp(text, row->explanation) != 0)
            fail_msg("%u after verb %d: text is '%s'", code, row->verb, text);
        /* A row of a code says something that the code's own row does not, or what comes next. */
        if (row->code >= 10)
            assert_true(row->explanation || row->next_step[0] != '\0');
    }
}

typedef struct {
    const char *label;
    esmtp_span_t input;
} unknown_case_t;

static const unknown_case_t unknown_cases[] = {
    {"nothing", {NULL, 0}},
    {"empty", LIT("")},
    {"blank", LIT(" ")},
    {"NUL", LIT("\0")},
    {"8 bit", LIT("\xff\xfe")},
    {"shorter", LIT("STARTTL")},
    {"longer", LIT("STARTTLSS")},
    {"glued", LIT("AUTH=")},
    {"between two rows", LIT("MAIK")},
    {"after all", LIT("ZZZZ")},
    {"sign of the alphabet's end", LIT("{EHLO")},
    {"dot", LIT(".")},
    {"asterisk", LIT("*")},
    {"three X", LIT("XXX")},
    {"X, then a digit", LIT("XXXXXX1")},
    {"X, then a sign", LIT("XXXX-EXPS")},
    {"X before a blank", LIT("XXXX ")},
    {"prefix alone", LIT("HT-SHA-256-")},
    {"prefix cut", LIT("HT-SHA-256")},
    {"other hash", LIT("HT-SHA-512-NONE")},
};

static void unknown_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(unknown_cases); i++) {
        const unknown_case_t *c = &unknown_cases[i];

        if (esmtp_verb_find(c->input))
            fail_msg("%s: found as a verb", c->label);
        if (esmtp_keyword_find(c->input))
            fail_msg("%s: found as a keyword", c->label);
        if (esmtp_param_find(c->input, ESMTP_ON_MAIL | ESMTP_ON_RCPT))
            fail_msg("%s: found as a parameter", c->label);
        if (esmtp_mechanism_find(c->input))
            fail_msg("%s: found as a mechanism", c->label);
    }
}

static void families(void **state)
{
    static const char *const masked[] = {"XXXX",     "xxxx",         "XXXXXXXX",
                                         "XXXXXXXA", "XXXXSTARTTLS", "XXXXXXXXXXXXXXXXXXXXXXXX"};
    static const char *const tokens[] = {"HT-SHA-256-NONE", "ht-sha-256-endp", "HT-SHA-256-UNIQ", "HT-SHA-256-EXPR"};
    char *many = g_strnfill(10000, 'X');

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(masked); i++)
        assert_string_equal(esmtp_keyword_find(esmtp_span_str(masked[i]))->keyword, "XXXXXXXX");
    assert_string_equal(esmtp_keyword_find(esmtp_span_str(many))->keyword, "XXXXXXXX");
    for (size_t i = 0; i < G_N_ELEMENTS(tokens); i++)
        assert_string_equal(esmtp_mechanism_find(esmtp_span_str(tokens[i]))->mechanism, "HT-SHA-256-*");
    g_free(many);
}

/* --- What the session acts on ----------------------------------------------------------------- */

typedef struct {
    const char *verb;
    esmtp_verb_t id;
    esmtp_txn_role_t txn;
    esmtp_payload_t payload;
    uint32_t flags;
    const char *success;
    const char *intermediate;
} protocol_case_t;

static const protocol_case_t protocol_cases[] = {
    {"EHLO", ESMTP_VERB_EHLO, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_HELLO, "250", ""},
    {"HELO", ESMTP_VERB_HELO, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, 0, "250", ""},
    {"LHLO", ESMTP_VERB_LHLO, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_HELLO, "250", ""},
    {"MAIL", ESMTP_VERB_MAIL, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, "250", "355"},
    {"RCPT", ESMTP_VERB_RCPT, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_NONE, ESMTP_VF_TO, "250 251", ""},
    {"DATA", ESMTP_VERB_DATA, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_TEXT, ESMTP_VF_NO_ARG, "", "354"},
    {".", ESMTP_VERB_EOM, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_NONE, ESMTP_VF_PSEUDO, "250", "353"},
    {"BDAT", ESMTP_VERB_BDAT, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_CHUNK, 0, "250", "353"},
    {"BURL", ESMTP_VERB_BURL, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_NONE, ESMTP_VF_SECRET, "250", ""},
    {"RSET", ESMTP_VERB_RSET, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_NO_ARG, "250", ""},
    {"NOOP", ESMTP_VERB_NOOP, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, "250", ""},
    {"QUIT", ESMTP_VERB_QUIT, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_NO_ARG, "221", ""},
    {"VRFY", ESMTP_VERB_VRFY, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, "250 251 252", ""},
    {"EXPN", ESMTP_VERB_EXPN, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, "250 252", ""},
    {"HELP", ESMTP_VERB_HELP, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, "211 214 250", ""},
    {"ETRN", ESMTP_VERB_ETRN, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, "250 251 252 253", ""},
    {"ATRN", ESMTP_VERB_ATRN, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_SWAP, "250", ""},
    {"TURN", ESMTP_VERB_TURN, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_SWAP | ESMTP_VF_NO_ARG, "250", ""},
    {"AUTH", ESMTP_VERB_AUTH, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_AUTH, "235", "334"},
    {"X-EXPS", ESMTP_VERB_X_EXPS, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_AUTH, "235", "334"},
    {"*", ESMTP_VERB_CANCEL, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_PSEUDO, "", ""},
    {"STARTTLS", ESMTP_VERB_STARTTLS, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_TLS | ESMTP_VF_NO_ARG, "220", ""},
    {"X-ANONYMOUSTLS", ESMTP_VERB_X_ANONYMOUSTLS, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_TLS | ESMTP_VF_NO_ARG,
     "220", ""},
    {"XCLIENT", ESMTP_VERB_XCLIENT, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_RESTART, "220", ""},
    {"XFORWARD", ESMTP_VERB_XFORWARD, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, "250", ""},
    {"SEND", ESMTP_VERB_SEND, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, "250", ""},
    {"SOML", ESMTP_VERB_SOML, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, "250", ""},
    {"SAML", ESMTP_VERB_SAML, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, "250", ""},
    {"XMRG", ESMTP_VERB_XMRG, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, "250", ""},
    {"XDFN", ESMTP_VERB_XDFN, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_NONE, 0, "250", ""},
    {"XPRT", ESMTP_VERB_XPRT, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_TEXT, 0, "", "354"},
    {"XACK", ESMTP_VERB_XACK, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, "250", ""},
    {"XEXCH50", ESMTP_VERB_XEXCH50, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_BLOB, 0, "250", "354"},
    {"X-EXCH50", ESMTP_VERB_XEXCH50, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_BLOB, 0, "250", "354"},
    {"X-LINK2STATE", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, "200 250", ""},
    {"XQDISCARD", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, "250 251", ""},
    {"VERB", ESMTP_VERB_VERB, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, "250", ""},
    {"STATUS", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, "211", ""},
    {"DEBUG", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_PROBE, "200", ""},
    {"WIZ", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_PROBE, "", ""},
    {"GET", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_NOT_SMTP, "221", ""},
    {"CLIENTID", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_SECRET, "250", ""},
};

/* Compares codes up to a 0 or the end with "250 251". */
static void check_codes(const char *label, const uint16_t *codes, size_t max, const char *expected)
{
    GString *list = g_string_new(NULL);

    for (size_t i = 0; i < max && codes[i]; i++)
        g_string_append_printf(list, "%s%u", i ? " " : "", codes[i]);
    if (strcmp(list->str, expected) != 0)
        fail_msg("%s: the codes are %s, expected %s", label, list->str, expected);
    g_string_free(list, TRUE);
}

static void protocol(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(protocol_cases); i++) {
        const protocol_case_t *c = &protocol_cases[i];
        const esmtp_verb_row_t *row = verb(c->verb);

        assert_non_null(row);
        check_number(c->verb, "id", row->id, c->id);
        check_number(c->verb, "role", row->txn, c->txn);
        check_number(c->verb, "payload", row->payload, c->payload);
        check_number(c->verb, "flags", row->flags, c->flags);
        check_codes(c->verb, row->success, G_N_ELEMENTS(row->success), c->success);
        check_codes(c->verb, row->intermediate, G_N_ELEMENTS(row->intermediate), c->intermediate);
    }
}

/* What holds for every row, so that a new one cannot contradict itself. */
static void protocol_rules(void **state)
{
    size_t n;
    const esmtp_verb_row_t *rows = esmtp_verb_rows(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const esmtp_verb_row_t *row = &rows[i];

        for (size_t j = 0; j < G_N_ELEMENTS(row->success) && row->success[j]; j++)
            check_number(row->verb, "class of a success", row->success[j] / 100, 2);
        for (size_t j = 0; j < G_N_ELEMENTS(row->intermediate) && row->intermediate[j]; j++)
            check_number(row->verb, "class of an intermediate", row->intermediate[j] / 100, 3);
        if (row->payload == ESMTP_PAYLOAD_TEXT || row->payload == ESMTP_PAYLOAD_BLOB)
            assert_true(esmtp_verb_expects(row, 354));
        if (row->flags & (ESMTP_VF_TLS | ESMTP_VF_RESTART))
            assert_true(esmtp_verb_expects(row, 220));
        if (row->flags & ESMTP_VF_AUTH)
            assert_true(esmtp_verb_expects(row, 235) && esmtp_verb_expects(row, 334));
        if (row->flags & (ESMTP_VF_HELLO | ESMTP_VF_SWAP))
            assert_true(esmtp_verb_expects(row, 250));
        assert_int_equal(row->txn == ESMTP_TXN_BEGIN, (row->flags & ESMTP_VF_FROM) != 0);
        assert_true(esmtp_verb_expects(row, 421) && esmtp_verb_expects(row, 500));
        assert_false(esmtp_verb_expects(row, 50) || esmtp_verb_expects(row, 150) || esmtp_verb_expects(row, 600) ||
                     esmtp_verb_expects(row, 0));
    }
}

static void ids(void **state)
{
    (void)state;
    for (int id = ESMTP_VERB_OTHER + 1; id < ESMTP_VERBS; id++) {
        const esmtp_verb_row_t *row = esmtp_verb_by_id((esmtp_verb_t)id);

        if (!row || (int)row->id != id)
            fail_msg("no row for the id %d", id);
        /* The contexts of OTHER are no longer its own. */
        if (esmtp_code_next_step(599, row->id, false) == esmtp_code_next_step(599, ESMTP_VERB_NONE, false))
            fail_msg("%s has no context for the first digit 5", row->verb);
    }
    assert_null(esmtp_verb_by_id(ESMTP_VERB_NONE));
    assert_null(esmtp_verb_by_id(ESMTP_VERB_OTHER));
    assert_null(esmtp_verb_by_id((esmtp_verb_t)10000));
    assert_string_equal(esmtp_verb_by_id(ESMTP_VERB_EOM)->verb, ".");
    assert_string_equal(esmtp_verb_by_id(ESMTP_VERB_CANCEL)->verb, "*");
    assert_string_equal(esmtp_verb_by_id(ESMTP_VERB_XEXCH50)->verb, "XEXCH50");
}

typedef struct {
    const char *verb; /* NULL: an unknown one */
    uint16_t code;
    bool expected;
} expect_case_t;

static const expect_case_t expect_cases[] = {
    {"EHLO", 250, true},  {"EHLO", 220, false}, {"EHLO", 251, false},    {"EHLO", 502, true},      {"MAIL", 250, true},
    {"MAIL", 355, true},  {"MAIL", 354, false}, {"MAIL", 451, true},     {"RCPT", 251, true},      {"RCPT", 252, false},
    {"RCPT", 253, false}, {"RCPT", 556, true},  {"DATA", 354, true},     {"DATA", 250, false},     {"DATA", 353, false},
    {"DATA", 503, true},  {".", 250, true},     {".", 353, true},        {".", 354, false},        {".", 558, true},
    {"BDAT", 250, true},  {"BDAT", 354, false}, {"AUTH", 235, true},     {"AUTH", 334, true},      {"AUTH", 250, false},
    {"QUIT", 221, true},  {"QUIT", 250, false}, {"STARTTLS", 220, true}, {"STARTTLS", 250, false}, {"ETRN", 253, true},
    {"NOOP", 334, false}, {"*", 501, true},     {"*", 250, false},       {"POST", 221, true},      {NULL, 250, true},
    {NULL, 299, true},    {NULL, 354, false},   {NULL, 334, false},      {NULL, 500, true},        {NULL, 421, true},
};

static void expectations(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(expect_cases); i++) {
        const expect_case_t *c = &expect_cases[i];
        const esmtp_verb_row_t *row = c->verb ? verb(c->verb) : NULL;

        if (esmtp_verb_expects(row, c->code) != c->expected)
            fail_msg("%s: %u must %sbe an answer", c->verb ? c->verb : "unknown", c->code, c->expected ? "" : "not ");
    }
}

/* --- Codes ------------------------------------------------------------------------------------ */

/* The words that Wireshark's users have in their filters. */
static const struct {
    uint16_t code;
    const char *name;
} known_names[] = {
    {211, "System status, or system help reply"},
    {214, "Help message"},
    {220, "<domain> Service ready"},
    {221, "<domain> Service closing transmission channel"},
    {235, "Authentication successful"},
    {250, "Requested mail action okay, completed"},
    {251, "User not local; will forward to <forward-path>"},
    {252, "Cannot VRFY user, but will accept message and attempt delivery"},
    {334, "AUTH input"},
    {354, "Start mail input; end with <CRLF>.<CRLF>"},
    {421, "<domain> Service not available, closing transmission channel"},
    {432, "A password transition is needed"},
    {450, "Requested mail action not taken: mailbox unavailable"},
    {451, "Requested action aborted: local error in processing"},
    {452, "Requested action not taken: insufficient system storage"},
    {454, "Temporary authentication failed"},
    {500, "Syntax error, command unrecognized"},
    {501, "Syntax error in parameters or arguments"},
    {502, "Command not implemented"},
    {503, "Bad sequence of commands"},
    {504, "Command parameter not implemented"},
    {530, "Authentication required"},
    {534, "Authentication mechanism is too weak"},
    {535, "Authentication credentials invalid"},
    {538, "Encryption required for requested authentication mechanism"},
    {550, "Requested action not taken: mailbox unavailable"},
    {551, "User not local; please try <forward-path>"},
    {552, "Requested mail action aborted: exceeded storage allocation"},
    {553, "Requested action not taken: mailbox name not allowed"},
    {554, "Transaction failed"},
};

static void names(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(known_names); i++)
        assert_string_equal(esmtp_code_find(known_names[i].code)->name, known_names[i].name);
    for (unsigned digit = 0; digit < 12; digit++)
        assert_true(strlen(esmtp_code_class_name(digit)) > 3);
    assert_string_equal(esmtp_code_class_name(2), "success");
}

static void all_codes(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= UINT16_MAX; code += code < 1000 ? 1 : 997) {
        for (int id = ESMTP_VERB_NONE; id <= ESMTP_VERB_EACH + 1; id++) {
            for (int greeting = 0; greeting < 2; greeting++) {
                const char *text = esmtp_code_explain((uint16_t)code, (esmtp_verb_t)id, greeting);
                const char *next = esmtp_code_next_step((uint16_t)code, (esmtp_verb_t)id, greeting);

                check_text("explanation", text, 2);
                if (!next)
                    fail_msg("%u after verb %d: no next step", code, id);
                /* What failed leaves the sender something to do. */
                if (next[0] == '\0' && id == ESMTP_VERB_MAIL && code >= 400 && code < 600)
                    fail_msg("%u after MAIL: nothing to do", code);
            }
        }
    }
}

/* A piece of the text that a code has in a context, and of the next step; NULL for an empty one. */
typedef struct {
    uint16_t code;
    esmtp_verb_t verb;
    bool greeting;
    const char *text;
    const char *next;
} context_case_t;

static const context_case_t context_cases[] = {
    {220, ESMTP_VERB_NONE, true, "greets", "says hello"},
    {220, ESMTP_VERB_EHLO, true, "greets", "says hello"}, /* a greeting answers no verb */
    {220, ESMTP_VERB_STARTTLS, false, "TLS", "handshake"},
    {220, ESMTP_VERB_X_ANONYMOUSTLS, false, "TLS", "handshake"},
    {220, ESMTP_VERB_XCLIENT, false, "from the beginning", "hello again"},
    {221, ESMTP_VERB_QUIT, false, "goodbye", "close"},
    {221, ESMTP_VERB_OTHER, false, "QUIT", "close"},
    {235, ESMTP_VERB_AUTH, false, "login succeeded", "MAIL"},
    {250, ESMTP_VERB_NONE, false, "carried out", NULL},
    {250, ESMTP_VERB_OTHER, false, "carried out", NULL},
    {250, ESMTP_VERB_EHLO, false, "extension", "TLS"},
    {250, ESMTP_VERB_HELO, false, "no extensions", "MAIL"},
    {250, ESMTP_VERB_LHLO, false, "LMTP", "MAIL"},
    {250, ESMTP_VERB_MAIL, false, "sender", "RCPT"},
    {250, ESMTP_VERB_XMRG, false, "sender", "RCPT"},
    {250, ESMTP_VERB_RCPT, false, "this recipient", "next recipient"},
    {250, ESMTP_VERB_EOM, false, "taken over", "done its duty"},
    {250, ESMTP_VERB_BDAT, false, "chunk", "next chunk"},
    {250, ESMTP_VERB_EACH, false, "this recipient", "this recipient"},
    {251, ESMTP_VERB_EACH, false, "elsewhere", NULL},
    {450, ESMTP_VERB_EACH, false, "this recipient", "this recipient"},
    {452, ESMTP_VERB_EACH, false, "this recipient's copy", "this recipient"},
    {499, ESMTP_VERB_EACH, false, "no table", "this recipient"},
    {552, ESMTP_VERB_EACH, false, "this recipient's mailbox", "This recipient fails"},
    {599, ESMTP_VERB_EACH, false, "no table", "This recipient fails"},
    {250, ESMTP_VERB_RSET, false, "forgotten", NULL},
    {250, ESMTP_VERB_NOOP, false, "alive", NULL},
    {250, ESMTP_VERB_VRFY, false, "exists", NULL},
    {250, ESMTP_VERB_ATRN, false, "swapped", "server"},
    {251, ESMTP_VERB_RCPT, false, "forwards", "next recipient"},
    {251, ESMTP_VERB_ETRN, false, "No mail", NULL},
    {252, ESMTP_VERB_VRFY, false, "would accept", NULL},
    {252, ESMTP_VERB_ETRN, false, "begun", "new connections"},
    {253, ESMTP_VERB_ETRN, false, "number of messages", "new connections"},
    {334, ESMTP_VERB_AUTH, false, "base64", "answers"},
    {353, ESMTP_VERB_EOM, false, "each recipient", "reads the reply"},
    {354, ESMTP_VERB_DATA, false, "lone dot", "sends the message"},
    {354, ESMTP_VERB_XPRT, false, "lone dot", "sends the message"},
    {354, ESMTP_VERB_XEXCH50, false, "block", "block"},
    {355, ESMTP_VERB_MAIL, false, "octet", "continues"},
    {421, ESMTP_VERB_NONE, true, "no connection", "another server"},
    {421, ESMTP_VERB_RCPT, false, "closes the connection", "later"},
    {421, ESMTP_VERB_EOM, false, "not taken", "later"},
    {450, ESMTP_VERB_RCPT, false, "greylisting", "later"},
    {451, ESMTP_VERB_EOM, false, "not taken", "later"},
    {452, ESMTP_VERB_RCPT, false, "recipients", "rest afterwards"},
    {454, ESMTP_VERB_STARTTLS, false, "TLS", "without TLS"},
    {454, ESMTP_VERB_AUTH, false, "password", "later"},
    {454, ESMTP_VERB_RCPT, false, "relay", "later"},
    {459, ESMTP_VERB_ETRN, false, "queue", "stays"},
    {499, ESMTP_VERB_RCPT, false, "no table", "this recipient again later"},
    {499, ESMTP_VERB_EOM, false, "no table", "later"},
    {500, ESMTP_VERB_EHLO, false, "EHLO", "HELO"},
    {502, ESMTP_VERB_STARTTLS, false, "switched off", "policy"},
    {503, ESMTP_VERB_DATA, false, "accepted recipient", "gives up"},
    {504, ESMTP_VERB_AUTH, false, "login method", "another login method"},
    {521, ESMTP_VERB_NONE, true, "never", "another server"},
    {530, ESMTP_VERB_MAIL, false, "login", "logs in"},
    {530, ESMTP_VERB_AUTH, false, "STARTTLS", "starts TLS"},
    {530, ESMTP_VERB_DATA, false, "login", "logs in"},
    {535, ESMTP_VERB_AUTH, false, "login failed", "correct"},
    {535, ESMTP_VERB_X_EXPS, false, "login failed", "correct"},
    {538, ESMTP_VERB_AUTH, false, "inside TLS", "starts TLS"},
    {550, ESMTP_VERB_NONE, false, "Refused", "gives up"},
    {550, ESMTP_VERB_MAIL, false, "sender", "bounce"},
    {550, ESMTP_VERB_RCPT, false, "recipient", "Only this recipient"},
    {550, ESMTP_VERB_EOM, false, "read the message", "bounce"},
    {550, ESMTP_VERB_VRFY, false, "no such user", NULL},
    {552, ESMTP_VERB_MAIL, false, "SIZE", "bounce"},
    {552, ESMTP_VERB_EOM, false, "too big", "bounce"},
    {554, ESMTP_VERB_NONE, true, "block list", "another server"},
    {554, ESMTP_VERB_EOM, false, "read the message", "bounce"},
    {555, ESMTP_VERB_MAIL, false, "parameter", "without the parameter"},
    {556, ESMTP_VERB_RCPT, false, "null MX", "Only this recipient"},
    {558, ESMTP_VERB_EOM, false, "each hold", "as its line says"},
    {571, ESMTP_VERB_EOM, false, "Seen from", "bounce"},
    {599, ESMTP_VERB_EHLO, false, "no table", "HELO"},
    {599, ESMTP_VERB_STARTTLS, false, "no table", "policy"},
    {599, ESMTP_VERB_RCPT, false, "no table", "Only this recipient"},
    {599, ESMTP_VERB_OTHER, false, "no table", "without the command"},
    {450, ESMTP_VERB_NONE, true, "refuses the connection for now", "another server"},
    {553, ESMTP_VERB_NONE, true, "refuses the connection", "another server"},
    {599, ESMTP_VERB_NONE, true, "refuses the connection", "another server"},
};

static void contexts(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(context_cases); i++) {
        const context_case_t *c = &context_cases[i];
        const char *text = esmtp_code_explain(c->code, c->verb, c->greeting);
        const char *next = esmtp_code_next_step(c->code, c->verb, c->greeting);

        if (!strstr(text, c->text))
            fail_msg("%u after verb %d: no '%s' in: %s", c->code, c->verb, c->text, text);
        if (c->next ? !strstr(next, c->next) : next[0] != '\0')
            fail_msg("%u after verb %d: no '%s' in: %s", c->code, c->verb, c->next ? c->next : "", next);
    }
}

/* Inside TLS nobody starts TLS; everything else is as outside. */
static void inside_tls(void **state)
{
    size_t n;
    const esmtp_context_row_t *rows = esmtp_context_tls_rows(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(esmtp_context_inside_tls(rows[i].code, rows[i].verb), &rows[i]);
        if (rows[i].explanation)
            check_text("inside TLS", rows[i].explanation, 1);
        check_text("next step inside TLS", rows[i].next_step, 1);
        assert_null(strstr(rows[i].next_step, "starts TLS"));
    }
    assert_null(esmtp_context_inside_tls(250, ESMTP_VERB_MAIL));
    assert_non_null(esmtp_context_inside_tls(530, ESMTP_VERB_MAIL));
    for (unsigned code = 200; code < 600; code++) {
        for (int id = ESMTP_VERB_NONE; id <= ESMTP_VERB_EACH; id++) {
            const char *next = esmtp_code_next_step((uint16_t)code, (esmtp_verb_t)id, false);
            if (strstr(next, "starts TLS") && !esmtp_context_inside_tls((uint16_t)code, (esmtp_verb_t)id))
                fail_msg("%u after verb %d inside TLS: %s", code, id, next);
        }
    }
}

/* Where a code is defined as the answer to a verb. */
static void references(void **state)
{
    (void)state;
    assert_string_equal(esmtp_code_reference(220, ESMTP_VERB_NONE, true), "RFC 5321 section 3.1");
    assert_string_equal(esmtp_code_reference(220, ESMTP_VERB_STARTTLS, false), "RFC 3207 section 4");
    assert_string_equal(esmtp_code_reference(250, ESMTP_VERB_RCPT, false), "RFC 5321 section 4.3.2");
    assert_string_equal(esmtp_code_reference(250, ESMTP_VERB_OTHER, false), "RFC 5321 section 4.2.3");
    assert_string_equal(esmtp_code_reference(250, ESMTP_VERB_EACH, false), "RFC 2033 section 4.2");
    assert_string_equal(esmtp_code_reference(535, ESMTP_VERB_AUTH, false), "RFC 4954 section 6");
    assert_string_equal(esmtp_code_reference(501, ESMTP_VERB_AUTH, false), "RFC 4954 section 4");
    assert_string_equal(esmtp_code_reference(554, ESMTP_VERB_NONE, true), "RFC 5321 section 3.1");
    assert_string_equal(esmtp_code_reference(521, ESMTP_VERB_NONE, true), "RFC 7504, RFC 1846");
    assert_string_equal(esmtp_code_reference(299, ESMTP_VERB_RCPT, false), "RFC 5321 section 4.2.1");
    assert_string_equal(esmtp_code_reference(7, ESMTP_VERB_NONE, false), "");
    assert_string_equal(esmtp_code_name_after(454, ESMTP_VERB_STARTTLS), "TLS not available due to temporary reason");
    assert_null(esmtp_code_name_after(454, ESMTP_VERB_AUTH));
}

/* --- Enhanced codes --------------------------------------------------------------------------- */

/* Pieces of the registry's and of a vendor's meaning; NULL for none. */
static const struct {
    uint16_t class_, subject, detail;
    const char *registry;
    const char *vendor;
} enhanced_cases[] = {
    {2, 1, 5, "valid", NULL},
    {5, 1, 1, "no such mailbox", NULL},
    {5, 1, 10, "null MX", "directory"},
    {4, 1, 10, "null MX", NULL},
    {4, 2, 2, "full", NULL},
    {2, 0, 0, "beyond success", NULL},
    {4, 7, 27, "null MX", "Gmail"},
    {5, 7, 27, "null MX", "Gmail"},
    {4, 7, 29, "ARC", "TLS"},
    {5, 7, 29, "ARC", NULL},
    {5, 7, 26, "More than one", NULL},
    {4, 7, 26, "More than one", "IPv6"},
    {5, 7, 12, "password", "inside its own organisation"},
    {4, 7, 499, NULL, NULL},
    {4, 7, 500, NULL, "held back"},
    {4, 7, 610, NULL, "held back"},
    {4, 7, 699, NULL, "held back"},
    {4, 7, 700, NULL, NULL},
    {5, 7, 500, NULL, NULL},
    {5, 7, 502, NULL, "banned for spam"},
    {5, 7, 505, NULL, "not valid"},
    {5, 7, 606, NULL, "banned"},
    {5, 7, 649, NULL, "banned"},
    {5, 7, 650, NULL, NULL},
    {5, 7, 749, NULL, "blocked"},
    {5, 7, 750, NULL, "not registered"},
    {5, 7, 999, NULL, "mail-flow rule"},
    {5, 7, 1000, NULL, NULL},
    {5, 9, 0, NULL, NULL},
    {3, 1, 1, NULL, NULL},
    {0, 1, 1, NULL, NULL},
    {UINT16_MAX, UINT16_MAX, UINT16_MAX, NULL, NULL},
    {5, UINT16_MAX, UINT16_MAX, NULL, NULL},
};

static void check_meaning(size_t i, const esmtp_enhanced_row_t *row, const char *expected)
{
    if (!row != !expected || (row && !strstr(row->meaning, expected)))
        fail_msg("%u.%u.%u: '%s', expected '%s'", enhanced_cases[i].class_, enhanced_cases[i].subject,
                 enhanced_cases[i].detail, row ? row->meaning : "", expected ? expected : "");
}

static void enhanced(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(enhanced_cases); i++) {
        uint16_t class_ = enhanced_cases[i].class_;
        uint16_t subject = enhanced_cases[i].subject;
        uint16_t detail = enhanced_cases[i].detail;

        check_meaning(i, esmtp_enhanced_find(class_, subject, detail), enhanced_cases[i].registry);
        check_meaning(i, esmtp_enhanced_vendor_find(class_, subject, detail), enhanced_cases[i].vendor);
    }
    for (uint16_t class_ = 0; class_ < 300; class_++)
        assert_int_equal(esmtp_enhanced_class_name(class_) != NULL, class_ == 2 || class_ == 4 || class_ == 5);
    for (uint16_t subject = 0; subject < 300; subject++)
        assert_int_equal(esmtp_enhanced_subject_name(subject) != NULL, subject <= 7);
    assert_string_equal(esmtp_enhanced_class_name(4), "persistent transient failure");
    assert_string_equal(esmtp_enhanced_subject_name(1), "addressing");
}

/* --- Forms ------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    int form;
} keyword_forms[] = {
    {"size", ESMTP_EHLO_SIZE},
    {"Auth", ESMTP_EHLO_AUTH},
    {"X-EXPS", ESMTP_EHLO_AUTH},
    {"LIMITS", ESMTP_EHLO_LIMITS},
    {"DELIVERBY", ESMTP_EHLO_DELIVERBY},
    {"FUTURERELEASE", ESMTP_EHLO_FUTURERELEASE},
    {"MT-PRIORITY", ESMTP_EHLO_MT_PRIORITY},
    {"NO-SOLICITING", ESMTP_EHLO_NO_SOLICITING},
    {"BURL", ESMTP_EHLO_BURL},
    {"XCLIENT", ESMTP_EHLO_XCLIENT},
    {"XFORWARD", ESMTP_EHLO_XFORWARD},
    {"SECURITY", ESMTP_EHLO_SECURITY},
    {"XSECURITY", ESMTP_EHLO_SECURITY},
    {"XVERP", ESMTP_EHLO_XVERP},
    {"XLOOP", ESMTP_EHLO_HEX_ID},
    {"X-MESSAGECONTEXT", ESMTP_EHLO_CONTEXTS},
    {"SMTPUTF8", ESMTP_EHLO_IGNORED},
    {"UTF8SMTP", ESMTP_EHLO_IGNORED},
    {"STARTTLS", ESMTP_EHLO_NONE},
    {"PIPELINING", ESMTP_EHLO_NONE},
};

static const struct {
    const char *name;
    uint8_t on;
    int form;
} param_forms[] = {
    {"SIZE", ESMTP_ON_MAIL, ESMTP_VALUE_SIZE},         {"BODY", ESMTP_ON_MAIL, ESMTP_VALUE_BODY},
    {"RET", ESMTP_ON_MAIL, ESMTP_VALUE_RET},           {"ENVID", ESMTP_ON_MAIL, ESMTP_VALUE_ENVID},
    {"AUTH", ESMTP_ON_MAIL, ESMTP_VALUE_AUTH},         {"BY", ESMTP_ON_MAIL, ESMTP_VALUE_BY},
    {"HOLDFOR", ESMTP_ON_MAIL, ESMTP_VALUE_HOLDFOR},   {"HOLDUNTIL", ESMTP_ON_MAIL, ESMTP_VALUE_HOLDUNTIL},
    {"MTRK", ESMTP_ON_MAIL, ESMTP_VALUE_MTRK},         {"TRANSID", ESMTP_ON_MAIL, ESMTP_VALUE_TRANSID},
    {"SOLICIT", ESMTP_ON_MAIL, ESMTP_VALUE_SOLICIT},   {"MT-PRIORITY", ESMTP_ON_MAIL, ESMTP_VALUE_MT_PRIORITY},
    {"SMTPUTF8", ESMTP_ON_MAIL, ESMTP_VALUE_SMTPUTF8}, {"REQUIRETLS", ESMTP_ON_MAIL, ESMTP_VALUE_REQUIRETLS},
    {"NOTIFY", ESMTP_ON_RCPT, ESMTP_VALUE_NOTIFY},     {"ORCPT", ESMTP_ON_RCPT, ESMTP_VALUE_ORCPT},
    {"RRVS", ESMTP_ON_RCPT, ESMTP_VALUE_RRVS},         {"ALT-ADDRESS", ESMTP_ON_RCPT, ESMTP_VALUE_XTEXT},
    {"XVERP", ESMTP_ON_MAIL, ESMTP_VALUE_OPTIONAL},    {"XATTRDIRECT", ESMTP_ON_MAIL, ESMTP_VALUE_DIRECTION},
};

static const struct {
    const char *name;
    int form;
    bool exposed;
} mechanism_forms[] = {
    {"PLAIN", ESMTP_SASL_PLAIN, true},
    {"login", ESMTP_SASL_LOGIN, true},
    {"CRAM-MD5", ESMTP_SASL_CRAM, false},
    {"CRAM-SHA256", ESMTP_SASL_CRAM, false},
    {"DIGEST-MD5", ESMTP_SASL_DIGEST_MD5, false},
    {"SCRAM-SHA-1", ESMTP_SASL_SCRAM, false},
    {"SCRAM-SHA-256-PLUS", ESMTP_SASL_SCRAM, false},
    {"XOAUTH2", ESMTP_SASL_XOAUTH2, true},
    {"OAUTHBEARER", ESMTP_SASL_OAUTHBEARER, true},
    {"NTLM", ESMTP_SASL_NTLM, false},
    {"GSSAPI", ESMTP_SASL_GSSAPI, false},
    {"GSS-SPNEGO", ESMTP_SASL_SPNEGO, false},
    {"EXTERNAL", ESMTP_SASL_EXTERNAL, false},
    {"ANONYMOUS", ESMTP_SASL_ANONYMOUS, false},
    {"SECURID", ESMTP_SASL_OPAQUE, true},
    {"HT-SHA-256-NONE", ESMTP_SASL_OPAQUE, false},
};

static void forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(keyword_forms); i++)
        check_number(keyword_forms[i].name, "form", esmtp_keyword_find(esmtp_span_str(keyword_forms[i].name))->form,
                     keyword_forms[i].form);
    for (size_t i = 0; i < G_N_ELEMENTS(param_forms); i++)
        check_number(param_forms[i].name, "form",
                     esmtp_param_find(esmtp_span_str(param_forms[i].name), param_forms[i].on)->form,
                     param_forms[i].form);
    for (size_t i = 0; i < G_N_ELEMENTS(mechanism_forms); i++) {
        const esmtp_mechanism_row_t *row = esmtp_mechanism_find(esmtp_span_str(mechanism_forms[i].name));

        check_number(mechanism_forms[i].name, "form", row->form, mechanism_forms[i].form);
        check_number(mechanism_forms[i].name, "exposed", row->exposed, mechanism_forms[i].exposed);
    }
    assert_null(esmtp_param_find(esmtp_span_str("NOTIFY"), ESMTP_ON_MAIL));
    assert_null(esmtp_param_find(esmtp_span_str("SIZE"), ESMTP_ON_RCPT));
}

/* A filter that is written once goes on to work: names are of one form, and each is there once. */
static void findings(void **state)
{
    (void)state;
    assert_null(esmtp_finding_rows[ESMTP_FINDING_NONE].name);
    for (unsigned i = 1; i < ESMTP_FINDINGS; i++) {
        const esmtp_finding_row_t *row = &esmtp_finding_rows[i];
        bool builtin = i == ESMTP_FINDING_CODE_CHANGED || i == ESMTP_FINDING_BASE64;
        assert_true(g_str_has_prefix(row->name, builtin ? "smtp." : "smtp.expert."));
        assert_true(strspn(esmtp_finding_short_name(i), "abcdefghijklmnopqrstuvwxyz0123456789_.") ==
                    strlen(esmtp_finding_short_name(i)));
        assert_true(row->severity <= ESMTP_ERROR && row->about <= ESMTP_ABOUT_UNDECODED);
        assert_true(*row->text && !g_str_has_suffix(row->text, " "));
        for (unsigned k = 1; k < i; k++)
            assert_string_not_equal(row->name, esmtp_finding_rows[k].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_verbs),
        cmocka_unit_test(complete_codes),
        cmocka_unit_test(complete_enhanced),
        cmocka_unit_test(complete_keywords),
        cmocka_unit_test(complete_params),
        cmocka_unit_test(complete_mechanisms),
        cmocka_unit_test(complete_contexts),
        cmocka_unit_test(texts),
        cmocka_unit_test(indexed_names),
        cmocka_unit_test(order_others),
        cmocka_unit_test(order_verbs),
        cmocka_unit_test(order_codes),
        cmocka_unit_test(order_enhanced),
        cmocka_unit_test(order_contexts),
        cmocka_unit_test(unknown_names),
        cmocka_unit_test(families),
        cmocka_unit_test(protocol),
        cmocka_unit_test(protocol_rules),
        cmocka_unit_test(ids),
        cmocka_unit_test(expectations),
        cmocka_unit_test(names),
        cmocka_unit_test(all_codes),
        cmocka_unit_test(contexts),
        cmocka_unit_test(inside_tls),
        cmocka_unit_test(references),
        cmocka_unit_test(enhanced),
        cmocka_unit_test(forms),
        cmocka_unit_test(findings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
