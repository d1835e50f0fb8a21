/* check.h
 * What the tables of the unit tests share: comparisons that name the row, and inputs that end where
 * their memory ends, so that AddressSanitizer sees a read after them.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TESTS_CHECK_H
#define ESMTP_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/span.h"

/* A string literal that may hold NUL. */
#define LIT(s)                              \
    {                                       \
        (const uint8_t *)(s), sizeof(s) - 1 \
    }

/* A copy in a block of its own; free it with check_free. */
static inline esmtp_span_t check_copy(esmtp_span_t s)
{
    uint8_t *copy = (uint8_t *)malloc(s.len);

    if (s.len > 0)
        memcpy(copy, s.p, s.len);
    return esmtp_span(copy, s.len);
}

static inline void check_free(esmtp_span_t s)
{
    free((void *)(uintptr_t)s.p);
}

static inline void check_span(const char *label, const char *what, esmtp_span_t got, const char *expected)
{
    if (expected == NULL)
        expected = "";
    if (got.len != strlen(expected) || (got.len > 0 && memcmp(got.p, expected, got.len) != 0))
        fail_msg("%s: %s is '%.*s', expected '%s'", label, what, (int)got.len, got.len > 0 ? (const char *)got.p : "",
                 expected);
}

static inline void check_number(const char *label, const char *what, uint64_t got, uint64_t expected)
{
    if (got != expected)
        fail_msg("%s: %s is %" G_GUINT64_FORMAT ", expected %" G_GUINT64_FORMAT, label, what, (guint64)got,
                 (guint64)expected);
}

#endif /* ESMTP_TESTS_CHECK_H */
