/* reply_fuzz.c
 * Reply lines: all spans lie inside the line, codes in their range, and the tables have an answer or none for each
 * code.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "core/parse/reply.h"
#include "core/tables/tables.h"

static void check_enhanced(const esmtp_enhanced_t *e, esmtp_span_t line)
{
    CHECK(fuzz_inside(e->whole, line));
    if (!e->whole.len)
        return;
    CHECK(e->class_ == 2 || e->class_ == 4 || e->class_ == 5);
    CHECK(e->subject <= 999 && e->detail <= 999);
    esmtp_enhanced_find(e->class_, e->subject, e->detail);
    esmtp_enhanced_vendor_find(e->class_, e->subject, e->detail);
    CHECK(esmtp_enhanced_class_name(e->class_));
    esmtp_enhanced_subject_name(e->subject);
}

static void check_explanations(uint16_t code)
{
    size_t n;
    const esmtp_verb_row_t *rows = esmtp_verb_rows(&n);
    const esmtp_verb_row_t *row = &rows[code % n];
    esmtp_code_find(code);
    esmtp_code_class_name(code / 100);
    esmtp_code_explain(code, row->id, code & 1);
    esmtp_code_next_step(code, row->id, code & 1);
    esmtp_verb_expects(row, code);
}

static void check_extension(esmtp_span_t parameter)
{
    esmtp_ehlo_line_t e;
    bool there = esmtp_ehlo_parse(parameter, &e);
    CHECK(there || !parameter.len || !esmtp_span_trim(parameter).len);
    CHECK(fuzz_inside(e.keyword, parameter) && fuzz_inside(e.parameter, parameter));
    esmtp_keyword_find(e.keyword);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    esmtp_span_t line = fuzz_copy(esmtp_span(data, size));
    esmtp_reply_line_t reply;
    esmtp_enhanced_t enhanced;
    CHECK(esmtp_reply_parse(line, &reply) == reply.valid);
    CHECK(reply.code <= 999 && (reply.valid || reply.code == 0));
    CHECK(fuzz_inside(reply.parameter, line) && fuzz_inside(reply.text, reply.parameter));
    if (!reply.valid)
        CHECK(fuzz_same(reply.parameter, line));
    check_enhanced(&reply.enhanced, line);
    if (esmtp_enhanced_parse(line, &enhanced)) {
        CHECK(enhanced.whole.p == line.p);
        check_enhanced(&enhanced, line);
    }
    CHECK(fuzz_inside(esmtp_reply_host(reply.text), reply.text));
    CHECK(fuzz_inside(esmtp_reply_queue_id(reply.text), reply.text));
    CHECK(fuzz_inside(esmtp_reply_queue_id(line), line));
    check_extension(reply.parameter);
    check_extension(line);
    check_explanations(reply.code);
    fuzz_free(line);
    return 0;
}
