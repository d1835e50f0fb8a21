/* mime_fuzz.c
 * Messages taken apart: spans lie inside the message, parts are bounded, what is decoded is text where text is
 * promised.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "core/mime/mime.h"

typedef struct {
    esmtp_span_t message;
    size_t parts;
} walk_t;

static void check_text(char *text)
{
    CHECK(!text || g_utf8_validate(text, -1, NULL));
    g_free(text);
}

static void check_part(void *ctx, const esmtp_mime_part_t *part)
{
    walk_t *walk = ctx;
    size_t len = 0;
    CHECK(++walk->parts <= ESMTP_MIME_PARTS_MAX);
    CHECK(fuzz_inside(part->body, walk->message));
    CHECK(fuzz_inside(part->type, walk->message) && fuzz_inside(part->disposition, walk->message));
    esmtp_mime_media_type(part->type);
    esmtp_mime_is_attachment(part);
    check_text(esmtp_mime_file_name(part));
    uint8_t *octets = esmtp_mime_decode(part, &len);
    CHECK(!octets || len <= part->body.len);
    if (octets && len)
        CHECK(octets[0] + octets[len - 1] >= 0); /* both are there */
    g_free(octets);
}

static void check_header(esmtp_span_t header)
{
    esmtp_span_t rest = header, before = rest;
    esmtp_mime_field_t field;
    while (esmtp_mime_field_next(&rest, &field)) {
        CHECK(rest.len < before.len && fuzz_inside(rest, before));
        CHECK(fuzz_inside(field.name, before) && fuzz_inside(field.value, before));
        check_text(esmtp_mime_text(field.value));
        before = rest;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk_t walk = {fuzz_copy(esmtp_span(data, size)), 0};
    size_t n = esmtp_mime_header_length(walk.message);
    CHECK(n <= walk.message.len);
    esmtp_mime_walk(walk.message, check_part, &walk);
    check_header(esmtp_span_to(walk.message, n));
    check_text(esmtp_mime_text(walk.message));
    fuzz_free(walk.message);
    return 0;
}
