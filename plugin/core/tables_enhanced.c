/* tables_enhanced.c
 * The enhanced status codes of RFC 3463 and the IANA registry, and those that vendors use in ways
 * of their own. Columns: class (0: any), subject, detail from and to, reference, meaning. Each
 * table is sorted by subject, detail and class, so that a code's row stands next to those it
 * competes with: a row of the very class counts before one of any class.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables_private.h"

static const esmtp_enhanced_row_t registry[] = {
    {0, 1, 1, 1, "RFC 3463",
     "There is no such mailbox: the server does not know the part before the @ of the address."},
};

static const esmtp_enhanced_row_t vendors[] = {
    {5, 7, 57, 57, "Microsoft Exchange",
     "The client has to log in before it may send. Microsoft's submission servers say so."},
};

typedef struct {
    uint16_t class_, subject, detail;
} esmtp_enhanced_key_t;

/* Compares a code with the range of a row. For bsearch(). */
static int compare_enhanced(const void *key, const void *row)
{
    const esmtp_enhanced_key_t *k = (const esmtp_enhanced_key_t *)key;
    const esmtp_enhanced_row_t *r = (const esmtp_enhanced_row_t *)row;

    if (k->subject != r->subject) {
        return k->subject - r->subject;
    }
    if (k->detail < r->detail) {
        return -1;
    }
    if (k->detail > r->detail_to) {
        return 1;
    }
    return k->class_ - r->class_;
}

/* The row for a code in one of the tables: that of its class, else that of any class. */
static const esmtp_enhanced_row_t *find_enhanced(const esmtp_enhanced_row_t *rows, size_t n,
                                                 uint16_t class_, uint16_t subject, uint16_t detail)
{
    esmtp_enhanced_key_t key = {class_, subject, detail};
    const esmtp_enhanced_row_t *row;

    if (!esmtp_enhanced_class_name(class_)) {
        return NULL;
    }
    row = (const esmtp_enhanced_row_t *)bsearch(&key, rows, n, sizeof rows[0], compare_enhanced);
    if (row) {
        return row;
    }
    key.class_ = 0;
    return (const esmtp_enhanced_row_t *)bsearch(&key, rows, n, sizeof rows[0], compare_enhanced);
}

const esmtp_enhanced_row_t *esmtp_enhanced_find(uint16_t class_, uint16_t subject, uint16_t detail)
{
    return find_enhanced(registry, G_N_ELEMENTS(registry), class_, subject, detail);
}

const esmtp_enhanced_row_t *esmtp_enhanced_vendor_find(uint16_t class_, uint16_t subject,
                                                       uint16_t detail)
{
    return find_enhanced(vendors, G_N_ELEMENTS(vendors), class_, subject, detail);
}

const char *esmtp_enhanced_class_name(uint16_t class_)
{
    switch (class_) {
    case 2: return "success";
    case 4: return "persistent transient failure";
    case 5: return "permanent failure";
    default: return NULL;
    }
}

const char *esmtp_enhanced_subject_name(uint16_t subject)
{
    static const char *const names[] = {
        "other or undefined", "addressing",          "mailbox",
        "mail system",        "network and routing", "mail delivery protocol",
        "message content",    "security or policy",
    };

    return subject < G_N_ELEMENTS(names) ? names[subject] : NULL;
}

const esmtp_enhanced_row_t *esmtp_enhanced_rows(size_t *n)
{
    *n = G_N_ELEMENTS(registry);
    return registry;
}

const esmtp_enhanced_row_t *esmtp_enhanced_vendor_rows(size_t *n)
{
    *n = G_N_ELEMENTS(vendors);
    return vendors;
}
