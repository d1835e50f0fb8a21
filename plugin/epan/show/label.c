/* label.c
 * Labels that are made here and not by Wireshark.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "label.h"

#include <wsutil/to_str.h>

/* A label while it is written. */
typedef struct {
    item_label_t *label;
    size_t n;
    bool too_long;
} writer_t;

static void put(writer_t *w, const void *octets, size_t n)
{
    if (w->n + n >= sizeof w->label->representation) {
        w->too_long = true;
        return;
    }
    memcpy(w->label->representation + w->n, octets, n);
    w->n += n;
}

static void put_word(writer_t *w, const char *word)
{
    put(w, word, strlen(word));
}

/* Begins with a name, or the field's; a label that the item has is written over. Returns where the value begins. */
static size_t begin(writer_t *w, proto_item *item, const char *name)
{
    field_info *info = PITEM_FINFO(item);
    *w = (writer_t){info->rep ? info->rep : wmem_new(PNODE_POOL(item), item_label_t), 0, false};
    info->rep = NULL;
    put_word(w, name ? name : info->hfinfo->name);
    put(w, ": ", 2);
    return w->n;
}

static bool end(writer_t *w, proto_item *item, size_t value)
{
    if (w->too_long)
        return false;
    w->label->representation[w->n] = '\0';
    esmtp_label_value(w->label, value, w->n - value);
    PITEM_FINFO(item)->rep = w->label;
    return true;
}

void esmtp_label_words(proto_item *item, const char *name, const char *const *words)
{
    writer_t w;
    size_t value = begin(&w, item, name);
    for (; *words; words++)
        put_word(&w, *words);
    (void)end(&w, item, value);
}

bool esmtp_label_octets(proto_item *item, const char *name, const void *octets, size_t n, const char *word)
{
    writer_t w;
    size_t value = begin(&w, item, name);
    put(&w, octets, n);
    put_word(&w, word);
    return end(&w, item, value);
}

void esmtp_label_about(proto_item *item, const char *before, const char *what, const char *after, const char *value)
{
    writer_t w;
    size_t start = begin(&w, item, what ? before : NULL);
    if (what) {
        w.n = start - 2; /* over the colon */
        put_word(&w, what);
        put_word(&w, after);
        put(&w, ": ", 2);
        start = w.n;
    }
    put_word(&w, value);
    (void)end(&w, item, start);
}

void esmtp_label_time(proto_item *item, uint64_t nanoseconds)
{
    char whole[ESMTP_DIGITS], fraction[] = "000000000";
    if (!ESMTP_TIMES_IN_SECONDS)
        return;
    (void)uint_to_str_back_len(fraction + 9, (uint32_t)(nanoseconds % 1000000000), 9);
    esmtp_label(item, esmtp_digits(whole, nanoseconds / 1000000000), ".", fraction, " seconds");
}

const char *esmtp_digits(char text[ESMTP_DIGITS], uint64_t number)
{
    text[ESMTP_DIGITS - 1] = '\0';
    return uint64_to_str_back(text + ESMTP_DIGITS - 1, number);
}
