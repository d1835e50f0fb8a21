/* proxy_fuzz.c
 * Headers of the PROXY protocol: all spans lie inside the header, the header inside the octets; what is whole does not
 * depend on what follows, and each beginning of it is too short.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "core/parse/proxy.h"

static esmtp_proxy_found_t parse_to(esmtp_span_t all, size_t len, esmtp_proxy_t *header)
{
    esmtp_span_t in = fuzz_copy(esmtp_span_to(all, len));
    esmtp_proxy_found_t found = esmtp_proxy_parse(in, header);
    if (found == ESMTP_PROXY_WHOLE) {
        esmtp_span_t whole = esmtp_span_to(in, header->total);
        CHECK(header->total > 0 && header->total <= in.len);
        CHECK(header->version == 1 || header->version == 2);
        CHECK(fuzz_inside(header->source.address, whole) && fuzz_inside(header->destination.address, whole));
        CHECK(header->form != ESMTP_PROXY_UNKNOWN || (!header->source.address.len && !header->source.port));
        CHECK(header->version != 1 || header->total <= ESMTP_PROXY_LINE_MAX);
    } else {
        CHECK(header->total == 0 && header->version == 0);
    }
    fuzz_free(in);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    esmtp_span_t all = esmtp_span(data, size);
    esmtp_proxy_t header, part;
    esmtp_proxy_found_t found = parse_to(all, size, &header);
    for (size_t len = 0; len < size; len++) {
        esmtp_proxy_found_t so_far = parse_to(all, len, &part);
        if (found == ESMTP_PROXY_SHORT)
            CHECK(so_far == ESMTP_PROXY_SHORT);
        if (found == ESMTP_PROXY_WHOLE)
            CHECK(so_far == (len < header.total ? ESMTP_PROXY_SHORT : ESMTP_PROXY_WHOLE));
        if (found == ESMTP_PROXY_WHOLE && so_far == ESMTP_PROXY_WHOLE)
            CHECK(part.total == header.total && part.form == header.form && part.source.port == header.source.port);
        if (found == ESMTP_PROXY_NONE)
            CHECK(so_far != ESMTP_PROXY_WHOLE);
    }
    return 0;
}
