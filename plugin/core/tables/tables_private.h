/* tables_private.h
 * What the table files share: the search. Every table is sorted by its key, so that bsearch() finds
 * a row; a table whose rows begin with their name in capitals is searched here, the others bring a
 * comparison of their own. Verbs and keywords, which the session asks for on first visits of every
 * line, have an index by hash besides.
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
static inline const void *esmtp_table_find_name(const void *rows, size_t n, size_t size, esmtp_span_t name)
{
    return bsearch(&name, rows, n, size, esmtp_table_compare_name);
}

/* ---- Tables that every line is looked up in ---- */

/* Slots of an index: more than twice the rows of the longest table. A power of two. */
#define ESMTP_INDEX_SLOTS 512

/* Where the rows of a table are, by a hash of their name; made when it is first asked. Static, so zeroed: slots hold
 * row + 1. */
typedef struct {
    bool made;
    uint8_t slots[ESMTP_INDEX_SLOTS];
} esmtp_index_t;

/* Of the length and of three letters, case aside. */
static inline unsigned esmtp_index_hash(const uint8_t *p, size_t len)
{
    unsigned first = p[0] & 0xdfu, middle = p[len / 2] & 0xdfu, last = p[len - 1] & 0xdfu;

    return (first * 31 + middle * 73 + last * 5 + (unsigned)len * 131) % ESMTP_INDEX_SLOTS;
}

static inline void esmtp_index_make(esmtp_index_t *index, const void *rows, size_t n, size_t size)
{
    G_STATIC_ASSERT(ESMTP_INDEX_SLOTS > UINT8_MAX); /* so that there is always an empty slot */
    for (size_t i = 0; i < n; i++) {
        const char *name;
        memcpy(&name, (const char *)rows + i * size, sizeof name); /* clang-tidy 14 crashes over a cast */

        unsigned slot = esmtp_index_hash((const uint8_t *)name, strlen(name));
        while (index->slots[slot] != 0)
            slot = (slot + 1) % ESMTP_INDEX_SLOTS;
        index->slots[slot] = (uint8_t)(i + 1);
    }
    index->made = true;
}

/* As esmtp_table_find_name, in a third of the instructions. n is at most 255. */
static inline const void *esmtp_index_find(esmtp_index_t *index, const void *rows, size_t n, size_t size,
                                           esmtp_span_t name)
{
    if (name.len == 0)
        return NULL;
    if (!index->made)
        esmtp_index_make(index, rows, n, size);
    for (unsigned slot = esmtp_index_hash(name.p, name.len); index->slots[slot];
         slot = (slot + 1) % ESMTP_INDEX_SLOTS) {
        const void *row = (const char *)rows + (index->slots[slot] - 1u) * size;
        const char *known;
        memcpy(&known, row, sizeof known);
        bool same = strlen(known) == name.len && memcmp(known, name.p, name.len) == 0; /* in capitals, as nearly all */
        if (same || esmtp_table_compare_name(&name, row) == 0)
            return row;
    }
    return NULL;
}

#endif /* ESMTP_TABLES_PRIVATE_H */
