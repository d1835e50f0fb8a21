/* command_fuzz.c
 * Command lines, paths, parameters and the values inside them: all spans lie inside the line, nothing is taken twice.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "core/parse/command.h"

static void check_path(const char *keyword, esmtp_span_t parameter)
{
    esmtp_path_t path;
    esmtp_span_t rest = {NULL, 0};
    bool found = esmtp_path_parse(parameter, keyword, &path, &rest);
    CHECK(found == (path.form != ESMTP_PATH_NONE));
    CHECK(fuzz_inside(rest, parameter));
    CHECK(fuzz_inside(path.whole, parameter));
    CHECK(fuzz_inside(path.address, path.whole));
    CHECK(fuzz_inside(path.route, path.address));
    CHECK(fuzz_inside(path.local, path.address));
    CHECK(fuzz_inside(path.domain, path.address));
    if (path.form == ESMTP_PATH_NULL)
        CHECK(path.address.len == 0);
    if (path.form == ESMTP_PATH_NORMAL)
        CHECK(path.domain.len);
    if (path.form == ESMTP_PATH_NORMAL || path.form == ESMTP_PATH_ROUTED)
        CHECK(path.local.len && esmtp_span_word(path.route) == path.route.len);
    if (path.whole.len && rest.len)
        CHECK(path.whole.p + path.whole.len <= rest.p);
}

static void check_decoders(esmtp_span_t s)
{
    uint8_t *out = malloc(s.len ? s.len : 1);
    bool bad = false;
    CHECK(esmtp_xtext_decode(s, out, &bad) <= s.len);
    CHECK(esmtp_utf8_addr_decode(s, out, &bad) <= s.len);
    free(out);
}

static void check_numbers(esmtp_span_t s)
{
    uint64_t value = 1;
    int32_t number = 1;
    bool last = false;
    esmtp_number_t kind = esmtp_number_parse(s, &value);
    CHECK((kind == ESMTP_NUMBER_NONE) == (s.len == 0));
    CHECK(kind != ESMTP_NUMBER_OVERFLOW || value == UINT64_MAX);
    esmtp_signed_parse(s, &number);
    esmtp_bdat_parse(s, &value, &last);
    CHECK(!esmtp_datetime_valid(s, true) || esmtp_datetime_valid(s, false));
}

static void check_arguments(esmtp_span_t parameter)
{
    esmtp_span_t rest = parameter, word, before = rest;
    esmtp_argument_t arg;
    while (esmtp_argument_next(&rest, &arg)) {
        CHECK(rest.len < before.len && fuzz_inside(rest, before) && fuzz_inside(arg.whole, before));
        CHECK(arg.whole.len && fuzz_inside(arg.name, arg.whole) && fuzz_inside(arg.value, arg.whole));
        CHECK(arg.has_value || !arg.value.len);
        esmtp_param_find(arg.name, 0xff);
        check_decoders(arg.value);
        check_numbers(arg.value);
        before = rest;
    }
    rest = before = parameter;
    while (esmtp_word_next(&rest, " ,;\t", &word)) {
        CHECK(word.len && rest.len < before.len && fuzz_inside(word, before) && fuzz_inside(rest, before));
        esmtp_mechanism_find(word);
        esmtp_keyword_find(word);
        before = rest;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    esmtp_span_t line = fuzz_copy(esmtp_span(data, size));
    esmtp_command_t command;
    esmtp_command_parse(line, &command);
    CHECK(fuzz_inside(command.verb, line) && fuzz_inside(command.parameter, line));
    if (command.verb.len && command.parameter.len)
        CHECK(command.verb.p + command.verb.len <= command.parameter.p);
    CHECK(!command.row || command.row == esmtp_verb_find(command.verb));
    CHECK(!command.row || esmtp_verb_by_number(esmtp_verb_number(command.row)) == command.row);
    check_path("FROM", command.parameter);
    check_path("TO", command.parameter);
    check_path("FROM", line);
    check_arguments(command.parameter);
    check_decoders(line);
    check_numbers(line);
    check_numbers(command.parameter);
    fuzz_free(line);
    return 0;
}
