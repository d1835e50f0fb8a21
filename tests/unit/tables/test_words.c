/* test_words.c
 * The words inside values, core/tables/words.c: sorted, found, and worded to stand in brackets.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include "core/tables/tables.h"

static void rows_are_sorted_and_found(void **state)
{
    size_t n;
    const esmtp_word_row_t *rows = esmtp_word_rows(&n);

    (void)state;
    assert_true(n > 30);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (rows[i].set < rows[i - 1].set ||
                      (rows[i].set == rows[i - 1].set && strcmp(rows[i].word, rows[i - 1].word) <= 0)))
            fail_msg("%s stands after %s", rows[i].word, rows[i - 1].word);
        if (esmtp_word_find(rows[i].set, esmtp_span_str(rows[i].word)) != &rows[i])
            fail_msg("%s is not found", rows[i].word);
    }
}

static void meanings_are_phrases(void **state)
{
    size_t n;
    const esmtp_word_row_t *rows = esmtp_word_rows(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(rows[i].meaning);

        if (len < 5 || len > 100 || rows[i].meaning[len - 1] == '.' || strpbrk(rows[i].meaning, "()"))
            fail_msg("%s: '%s'", rows[i].word, rows[i].meaning);
    }
}

typedef struct {
    const char *label;
    esmtp_word_set_t set;
    esmtp_span_t word;
    bool known;
} word_case_t;

static const word_case_t word_cases[] = {
    {"capitals", ESMTP_SET_RET, LIT("FULL"), true},
    {"small letters", ESMTP_SET_RET, LIT("full"), true},
    {"of another set", ESMTP_SET_NOTIFY, LIT("FULL"), false},
    {"too short", ESMTP_SET_RET, LIT("FUL"), false},
    {"too long", ESMTP_SET_RET, LIT("FULLY"), false},
    {"nothing", ESMTP_SET_RET, LIT(""), false},
    {"NUL after it", ESMTP_SET_RET, LIT("FULL\0"), false},
    {"octets above 127", ESMTP_SET_RET, LIT("\xff\xfe"), false},
    {"same word, first set", ESMTP_SET_XCLIENT, LIT("ADDR"), true},
    {"same word, second set", ESMTP_SET_XFORWARD, LIT("ADDR"), true},
    {"no set", ESMTP_SET_NONE, LIT("FULL"), false},
};

static void words_are_found_in_their_set(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(word_cases); i++) {
        const word_case_t *c = &word_cases[i];
        esmtp_span_t copy = check_copy(c->word);

        check_number(c->label, "known", esmtp_word_find(c->set, copy) != NULL, c->known);
        check_free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sorted_and_found),
        cmocka_unit_test(meanings_are_phrases),
        cmocka_unit_test(words_are_found_in_their_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
