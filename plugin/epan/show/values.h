/* values.h
 * What the trees of EHLO keywords and of MAIL and RCPT parameters share: items over spans of a
 * line, numbers with their unit, words with their meaning, and the mark on a value that breaks its
 * syntax.
 *
 * No string is built that nobody asks for: see esmtp_wanted().
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_VALUES_H
#define ESMTP_VALUES_H

#include "../../core/parse/command.h"
#include "../../core/span.h"
#include "../../core/tables/tables.h"
#include "items.h"

/* Words of one line that become items. A line of 64 KiB may hold 30000, and a frame several such
 * lines; Wireshark gives up on a tree of a million items. */
#define ESMTP_WORDS_MAX 200

/* A piece of a line on display. Spans that are added point into it. */
typedef struct {
    packet_info *pinfo;
    tvbuff_t *tvb;
    const uint8_t *base; /* its octets ... */
    int offset;          /* ... and where they begin in tvb */
} esmtp_place_t;

/* Offset in tvb of a span; of its beginning for an empty span that points nowhere. */
int esmtp_place_of(const esmtp_place_t *place, esmtp_span_t span);

/* A string field with the octets of a span. */
proto_item *esmtp_span_add(const esmtp_place_t *place, proto_tree *tree, int hf, esmtp_span_t span);

/* A string field with the octets of a span in ASCII capitals. capitals: the same, from a table;
 * NULL if in none. */
proto_item *esmtp_capitals_add(const esmtp_place_t *place, proto_tree *tree, int hf, esmtp_span_t span,
                               const char *capitals);

/* A string field with the octets of a span; after it in brackets what the set says about it.
 * Returns NULL if the set does not know the word: the item was added all the same, to *item. */
const esmtp_word_row_t *esmtp_word_add(const esmtp_place_t *place, proto_tree *tree, int hf, esmtp_span_t word,
                                       esmtp_word_set_t set, proto_item **item);

/* A number of octets: "35882577 octets (34.2 MiB)". */
proto_item *esmtp_octets_add(const esmtp_place_t *place, proto_tree *tree, int hf, esmtp_span_t span, uint64_t octets);

/* A number of seconds: "5400 seconds (1 hour, 30 minutes)"; the field is FT_UINT32. */
proto_item *esmtp_seconds_add(const esmtp_place_t *place, proto_tree *tree, int hf, esmtp_span_t span,
                              uint32_t seconds);

/* A string field over a span with other octets than those of the wire, such as decoded ones. NUL,
 * which would end the string, and what is not UTF-8 become U+FFFD. */
proto_item *esmtp_decoded_add(const esmtp_place_t *place, proto_tree *tree, int hf, esmtp_span_t span, uint8_t *octets,
                              size_t len);

/* Reads a number of min to max from all of a span. Marks the item if it is none; false if there is
 * no number that fits into 64 bits at all. A number out of range is true, as it can be shown. */
bool esmtp_number_check(const esmtp_place_t *place, proto_item *item, esmtp_span_t span, uint64_t min, uint64_t max,
                        uint64_t *value);

/* Counts a word of a line, *n from 0. False, and the item marked, beyond ESMTP_WORDS_MAX. */
bool esmtp_words_count(const esmtp_place_t *place, proto_item *item, unsigned *n);

/* Takes the next word as esmtp_word_next() does, and counts it. */
bool esmtp_words_next(const esmtp_place_t *place, proto_item *item, esmtp_span_t *rest, const char *separators,
                      unsigned *n, esmtp_span_t *word);

/* Marks a value that breaks the rules: smtp.expert.bad_parameter. */
void esmtp_bad_value(const esmtp_place_t *place, proto_item *item, const char *why);
void esmtp_bad_value_format(const esmtp_place_t *place, proto_item *item, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Character classes that the grammars share. */
/* Letters, digits and the octets of others; not empty. */
bool esmtp_span_of(esmtp_span_t span, const char *others);
/* Printable ASCII without blanks. */
bool esmtp_span_is_graphic(esmtp_span_t span);
/* Well-formed UTF-8 without NUL. */
bool esmtp_span_is_utf8(esmtp_span_t span);
/* A class of advertising, RFC 3865 section 2.2. */
bool esmtp_span_is_class(esmtp_span_t span);

#endif /* ESMTP_VALUES_H */
