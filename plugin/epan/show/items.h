/* items.h
 * Small helpers to add items.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_ITEMS_H
#define ESMTP_ITEMS_H

#include "label.h"

/* All of these take a NULL tree and do nothing then. */

/* Whether somebody sees, or asks for, a field in this tree. */
static inline bool esmtp_wanted(proto_tree *tree, int hf)
{
    return tree && proto_field_is_referenced(tree, hf);
}

/* Text from the wire, in UTF-8. What could harm a display is escaped, as in labels: "\000", "\033", "\u202E". */
proto_item *esmtp_add_text(proto_tree *tree, int hf, tvbuff_t *tvb, int offset, int len);
/* Likewise, under this name in place of the field's. */
proto_item *esmtp_add_text_as(proto_tree *tree, int hf, tvbuff_t *tvb, int offset, int len, const char *name);
/* Octets of the wire as a string that differs from them. value: UTF-8. */
proto_item *esmtp_add_string(proto_tree *tree, int hf, tvbuff_t *tvb, int offset, int len, const char *value);
/* A number and what it stands for: "success (2)". name: printable ASCII; NULL: "unknown". */
proto_item *esmtp_add_named(proto_tree *tree, int hf, tvbuff_t *tvb, int offset, int len, uint32_t value,
                            const char *name);

/* Generated items: shown in brackets. Numbers: of fields in decimal digits, without names for values. */
proto_item *esmtp_add_gen_string(proto_tree *tree, int hf, tvbuff_t *tvb, const char *value);
/* Words of our own, as the tables have them: printable ASCII. */
proto_item *esmtp_add_gen_words(proto_tree *tree, int hf, tvbuff_t *tvb, const char *words);
proto_item *esmtp_add_gen_uint(proto_tree *tree, int hf, tvbuff_t *tvb, uint32_t value);
proto_item *esmtp_add_gen_uint64(proto_tree *tree, int hf, tvbuff_t *tvb, uint64_t value);
proto_item *esmtp_add_gen_time(proto_tree *tree, int hf, tvbuff_t *tvb, int64_t nanoseconds);
proto_item *esmtp_add_gen_true(proto_tree *tree, int hf, tvbuff_t *tvb);

/* Likewise, and the label says what they are about: see esmtp_label_about. */
proto_item *esmtp_add_gen_words_about(proto_tree *tree, int hf, tvbuff_t *tvb, const char *before, const char *what,
                                      const char *words);
proto_item *esmtp_add_gen_uint_about(proto_tree *tree, int hf, tvbuff_t *tvb, const char *before, const char *what,
                                     const char *after, uint32_t value);

/* A word from the wire as labels of this tree may have it; NULL: it is too odd or too long for that, or nobody sees
 * them. */
const char *esmtp_word_shown(proto_tree *tree, esmtp_span_t word);
/* Octets of unknown origin as a string that the tree may have. */
const char *esmtp_text(wmem_allocator_t *pool, const char *octets, size_t len);
/* Likewise for a line of a column or table: no control character is left. */
const char *esmtp_text_line(wmem_allocator_t *pool, const void *octets, size_t len);
/* Likewise in ASCII capitals. */
const char *esmtp_text_capitals(wmem_allocator_t *pool, const char *octets, size_t len);

#endif /* ESMTP_ITEMS_H */
