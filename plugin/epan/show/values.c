/* values.c
 * Values of EHLO keywords and parameters as items.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "values.h"

#include "findings.h"

#include <epan/to_str.h>

#include "../../core/parse/command.h"
#include "fields.h"

int esmtp_place_of(const esmtp_place_t *place, esmtp_span_t span)
{
    return place->offset + (span.p ? (int)(span.p - place->base) : 0);
}

proto_item *esmtp_span_add(const esmtp_place_t *place, proto_tree *tree, int hf, esmtp_span_t span)
{
    return esmtp_add_text(tree, hf, place->tvb, esmtp_place_of(place, span), (int)span.len);
}

proto_item *esmtp_capitals_add(const esmtp_place_t *place, proto_tree *tree, int hf, esmtp_span_t span,
                               const char *capitals)
{
    if (!capitals)
        capitals =
            esmtp_wanted(tree, hf) ? esmtp_text_capitals(place->pinfo->pool, (const char *)span.p, span.len) : "";
    return esmtp_add_string(tree, hf, place->tvb, esmtp_place_of(place, span), (int)span.len, capitals);
}

const esmtp_word_row_t *esmtp_word_add(const esmtp_place_t *place, proto_tree *tree, int hf, esmtp_span_t word,
                                       esmtp_word_set_t set, proto_item **item)
{
    const esmtp_word_row_t *row = esmtp_word_find(set, word);

    *item = esmtp_span_add(place, tree, hf, word);
    if (row)
        proto_item_append_text(*item, " (%s)", row->meaning);
    return row;
}

proto_item *esmtp_octets_add(const esmtp_place_t *place, proto_tree *tree, int hf, esmtp_span_t span, uint64_t octets)
{
    static const char *const units[] = {"", " KiB)", " MiB)", " GiB)", " TiB)", " PiB)", " EiB)"};
    proto_item *item = proto_tree_add_uint64(tree, hf, place->tvb, esmtp_place_of(place, span), (int)span.len, octets);
    char all[ESMTP_DIGITS], whole[ESMTP_DIGITS];
    double shown = (double)octets;
    size_t unit = 0;

    if (!esmtp_seen(tree))
        return item;
    for (; shown >= 1024 && unit + 1 < G_N_ELEMENTS(units); unit++)
        shown /= 1024;
    if (unit == 0) {
        esmtp_label(item, esmtp_digits(all, octets), octets == 1 ? " octet" : " octets");
        return item;
    }
    uint64_t tenths = (uint64_t)(shown * 10 + 0.5);
    const char tenth[] = {'.', (char)('0' + tenths % 10), '\0'};
    esmtp_label(item, esmtp_digits(all, octets), " octets (", esmtp_digits(whole, tenths / 10), tenth, units[unit]);
    return item;
}

proto_item *esmtp_seconds_add(const esmtp_place_t *place, proto_tree *tree, int hf, esmtp_span_t span, uint32_t seconds)
{
    proto_item *item = proto_tree_add_uint(tree, hf, place->tvb, esmtp_place_of(place, span), (int)span.len, seconds);

    proto_item_append_text(item, " second%s", plurality(seconds, "", "s"));
    if (seconds >= 60 && esmtp_seen(tree))
        proto_item_append_text(item, " (%s)", unsigned_time_secs_to_str(place->pinfo->pool, seconds));
    return item;
}

proto_item *esmtp_decoded_add(const esmtp_place_t *place, proto_tree *tree, int hf, esmtp_span_t span, uint8_t *octets,
                              size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (octets[i] == '\0')
            octets[i] = 0xff;
    }
    return esmtp_add_string(tree, hf, place->tvb, esmtp_place_of(place, span), (int)span.len,
                            esmtp_text(place->pinfo->pool, (const char *)octets, len));
}

bool esmtp_number_check(const esmtp_place_t *place, proto_item *item, esmtp_span_t span, uint64_t min, uint64_t max,
                        uint64_t *value)
{
    bool negative =
        span.len > 1 && span.p[0] == '-' && esmtp_number_parse(esmtp_span_from(span, 1), value) != ESMTP_NUMBER_BAD;

    switch (esmtp_number_parse(span, value)) {
    case ESMTP_NUMBER_OK:
        if (*value < min || *value > max)
            esmtp_bad_value_format(place, item, "Out of range: %" PRIu64 " to %" PRIu64 " are allowed", min, max);
        return true;
    case ESMTP_NUMBER_OVERFLOW: esmtp_bad_value(place, item, "Number too large: more than 64 bits"); return false;
    case ESMTP_NUMBER_NONE: esmtp_bad_value(place, item, "Number is missing"); return false;
    case ESMTP_NUMBER_BAD:
    default: esmtp_bad_value(place, item, negative ? "Number is negative" : "Not a number"); return false;
    }
}

bool esmtp_words_count(const esmtp_place_t *place, proto_item *item, unsigned *n)
{
    if (++*n <= ESMTP_WORDS_MAX)
        return true;
    esmtp_bad_value_format(place, item, "More than %d words: the others are not shown one by one", ESMTP_WORDS_MAX);
    return false;
}

bool esmtp_words_next(const esmtp_place_t *place, proto_item *item, esmtp_span_t *rest, const char *separators,
                      unsigned *n, esmtp_span_t *word)
{
    return esmtp_word_next(rest, separators, word) && esmtp_words_count(place, item, n);
}

void esmtp_bad_value(const esmtp_place_t *place, proto_item *item, const char *why)
{
    esmtp_finding_add_format(place->pinfo, item, ESMTP_FINDING_BAD_PARAMETER, "%s", why);
}

void esmtp_bad_value_format(const esmtp_place_t *place, proto_item *item, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    esmtp_bad_value(place, item, wmem_strdup_vprintf(place->pinfo->pool, format, args));
    va_end(args);
}

bool esmtp_span_of(esmtp_span_t span, const char *others)
{
    for (size_t i = 0; i < span.len; i++) {
        if (!g_ascii_isalnum(span.p[i]) && (span.p[i] == '\0' || !strchr(others, span.p[i])))
            return false;
    }
    return span.len > 0;
}

bool esmtp_span_is_graphic(esmtp_span_t span)
{
    for (size_t i = 0; i < span.len; i++) {
        if (span.p[i] <= ' ' || span.p[i] > '~')
            return false;
    }
    return true;
}

bool esmtp_span_is_utf8(esmtp_span_t span)
{
    return span.len == 0 || g_utf8_validate((const char *)span.p, (gssize)span.len, NULL);
}

bool esmtp_span_is_class(esmtp_span_t span)
{
    return span.len > 0 && g_ascii_isalpha(span.p[0]) && esmtp_span_of(span, ".-_:");
}
