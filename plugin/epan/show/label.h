/* label.h
 * Labels that are made here and not by Wireshark.
 *
 * Wireshark makes the label of an item when it is printed: it fetches the value once more, looks at each of its octets
 * for what needs an escape, and puts name and value together by printf. Nearly every label of ours is a name and words
 * of printable ASCII that are at hand when the item is made; put together here it costs a tenth. On short sessions that
 * takes a fifth off all that the plugin adds to tshark -V (tests/bench/run --way verbose).
 *
 * What is in these labels is what Wireshark would write (tests/test_text.py); where that is not sure none is made.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_LABEL_H
#define ESMTP_LABEL_H

#include "../ws_compat.h"

#include "../../core/span.h"

/* Whether somebody sees the labels of a tree. Only items of such a tree may be given one. */
static inline bool esmtp_seen(const proto_tree *tree)
{
    return tree && PTREE_DATA(tree)->visible;
}

/* Labels an item with its field's name, ": " and these words of printable ASCII, one after the other. Makes no label
 * if they are too long for one: Wireshark makes it then, and says that it was cut. */
#define esmtp_label(item, ...) esmtp_label_words(item, NULL, (const char *const[]){__VA_ARGS__, NULL})

/* Likewise with this name in place of the field's. */
#define esmtp_label_as(item, name, ...) esmtp_label_words(item, name, (const char *const[]){__VA_ARGS__, NULL})

/* name: NULL for the field's; words: NULL ends them. */
void esmtp_label_words(proto_item *item, const char *name, const char *const *words);

/* Labels an item with a name, NULL for the field's, ": ", n octets of printable ASCII and a word. Returns whether it
 * made the label. */
bool esmtp_label_octets(proto_item *item, const char *name, const void *octets, size_t n, const char *word);

/* Labels an item that says something about another one: "Explanation of SIZE: ...", "Response to MAIL in: 10". what:
 * NULL: the item has its field's name. All of it printable ASCII. */
void esmtp_label_about(proto_item *item, const char *before, const char *what, const char *after, const char *value);

/* Labels an item with its field's name and a time that is not negative, where Wireshark shows times in seconds. */
void esmtp_label_time(proto_item *item, uint64_t nanoseconds);

/* A number in digits; text: room for them. */
#define ESMTP_DIGITS 21
const char *esmtp_digits(char text[ESMTP_DIGITS], uint64_t number);

#endif /* ESMTP_LABEL_H */
