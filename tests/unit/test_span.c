/* test_span.c
 * What core/span.h looks at eight octets at a time, against the same octet by octet.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "check.h"

enum { LONGEST = 40 };

static bool is_plain(esmtp_span_t s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < 0x20 || s.p[i] > 0x7e)
            return false;
    }
    return true;
}

static void check_plain(esmtp_span_t octets, size_t at, unsigned value)
{
    esmtp_span_t copy = check_copy(octets);

    if (esmtp_span_is_plain(copy) != is_plain(octets))
        fail_msg("%zu octets, 0x%02x at %zu: plain is %d", octets.len, value, at, !is_plain(octets));
    check_free(copy);
}

/* Any one octet, anywhere in a span of any length, between the least and the greatest that are plain: a sum over eight
 * octets may carry from one into the next. */
static void one_octet(void **state)
{
    static const uint8_t others[] = {' ', 'a', '~'};
    uint8_t octets[LONGEST] = {0};

    (void)state;
    check_plain(esmtp_span(octets, 0), 0, 0);
    assert_true(esmtp_span_is_plain(esmtp_span(NULL, 0)));
    for (size_t k = 0; k < G_N_ELEMENTS(others); k++) {
        memset(octets, others[k], sizeof octets);
        for (size_t len = 1; len <= LONGEST; len++) {
            for (size_t at = 0; at < len; at++) {
                for (unsigned value = 0; value <= UINT8_MAX; value++) {
                    octets[at] = (uint8_t)value;
                    check_plain(esmtp_span(octets, len), at, value);
                }
                octets[at] = others[k];
            }
        }
    }
}

/* Any two octets in one word: what the first carries must not hide the second. */
static void two_octets(void **state)
{
    uint8_t octets[8] = {0};

    (void)state;
    for (size_t at = 0; at + 1 < sizeof octets; at++) {
        for (unsigned value = 0; value <= UINT16_MAX; value++) {
            memset(octets, 'a', sizeof octets);
            octets[at] = (uint8_t)(value >> 8);
            octets[at + 1] = (uint8_t)value;
            if (esmtp_span_is_plain(esmtp_span(octets, sizeof octets)) != is_plain(esmtp_span(octets, sizeof octets)))
                fail_msg("0x%04x at %zu", value, at);
        }
    }
}

static void any_zero(void **state)
{
    (void)state;
    for (unsigned value = 0; value <= UINT16_MAX; value++) {
        for (size_t at = 0; at < 7; at++) {
            uint8_t octets[8] = {1, 0x80, 0xff, 1, 0x7f, 0x81, 1, 0x80};
            uint64_t word;

            octets[at] = (uint8_t)(value >> 8);
            octets[at + 1] = (uint8_t)value;
            memcpy(&word, octets, sizeof word);
            if ((esmtp_word_any_zero(word) != 0) != (memchr(octets, 0, sizeof octets) != NULL))
                fail_msg("0x%04x at %zu", value, at);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_octet),
        cmocka_unit_test(two_octets),
        cmocka_unit_test(any_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
