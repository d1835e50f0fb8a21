/* tables_private.h
 * What the table files share: the search. Every table is sorted by its key, so that bsearch() finds
 * a row; a table whose rows begin with their name in capitals is searched here, the others bring a
 * comparison of their own.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_TABLES_PRIVATE_H
#define ESMTP_TABLES_PRIVATE_H

#include "tables.h"
#include <stdlib.h>

/* Compares a span from the wire (key) with the name that a row begins with, ASCII case aside. For
 * bsearch(). */
static inline int esmtp_table_compare_name(const void *key, const void *row)
{
    const esmtp_span_t *span = (const esmtp_span_t *)key;
    const char *name = *(const char *const *)row; /* NOLINT(*core.uninitialized*): bsearch() gives rows of the table */
    size_t i = 0;

    for (; i < span->len && name[i] != '\0'; i++) {
        uint8_t octet = span->p[i];

        if (octet >= 'a' && octet <= 'z') {
            octet -= 'a' - 'A';
        }
        if (octet != (uint8_t)name[i]) {
            return octet - (uint8_t)name[i];
        }
    }
    if (i < span->len) {
        return 1;
    }
    return name[i] == '\0' ? 0 : -1;
}

/* The row of that name in a table of n rows of size octets; NULL if there is none. */
static inline const void *esmtp_table_find_name(const void *rows, size_t n, size_t size,
                                                esmtp_span_t name)
{
    return bsearch(&name, rows, n, size, esmtp_table_compare_name);
}

#endif /* ESMTP_TABLES_PRIVATE_H */
