/* fields.h
 * Registering fields in a namespace that may exist already, and small helpers to add items.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_FIELDS_H
#define ESMTP_FIELDS_H

#include "label.h"

/* The protocol id that all fields belong to: Wireshark's own "smtp" if it has one. */
int esmtp_smtp_proto(void);

/* Registers fields under "smtp". A field that Wireshark has already is taken over with its id and its value strings.
 * The array must live for ever. To be called in the register routine only. */
void esmtp_fields_register(hf_register_info *hf, size_t n);

/* What a packet's readers may ask for: groups of fields. */
enum {
    ESMTP_WANT_CODE = 1u << 0,     /* reply code and class */
    ESMTP_WANT_REPLY = 1u << 1,    /* reply lines, enhanced codes, hosts */
    ESMTP_WANT_EHLO = 1u << 2,     /* extensions */
    ESMTP_WANT_COMMAND = 1u << 3,  /* command lines, verbs */
    ESMTP_WANT_ENVELOPE = 1u << 4, /* paths and parameters of MAIL and RCPT */
    ESMTP_WANT_PAIRING = 1u << 5,  /* links and times between commands and replies */
    ESMTP_WANT_TXN = 1u << 6,      /* transactions */
    ESMTP_WANT_MESSAGE = 1u << 7,  /* message octets */
    ESMTP_WANT_AUTH = 1u << 8,
    ESMTP_WANT_CONNECTION = 1u << 9, /* TLS, LMTP */
    ESMTP_WANT_EXPERT = 1u << 10,    /* expert infos, with or without a tree */
    ESMTP_WANT_ALL = (1u << 11) - 1,
};

/* The groups that are read in this packet: all in a tree that people see; in another those of the fields that a filter,
 * a statistic or a column asks for; without a tree expert infos alone, if anybody listens to them. Work for other
 * groups may be left undone. */
uint32_t esmtp_fields_wanted(proto_tree *tree, const packet_info *pinfo);

/* Whether somebody sees, or asks for, a field in this tree. */
static inline bool esmtp_wanted(proto_tree *tree, int hf)
{
    return tree && proto_field_is_referenced(tree, hf);
}

/* Registers expert infos under "smtp"; one whose name exists already speaks through the existing field. */
void esmtp_experts_register(ei_register_info *ei, size_t n);

/* All of these take a NULL tree and do nothing then. */

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

/* Octets of unknown origin as a string that the tree may have; escaped likewise. */
const char *esmtp_text(wmem_allocator_t *pool, const char *octets, size_t len);
/* Likewise for a line of a column or table: no control character is left. */
const char *esmtp_text_line(wmem_allocator_t *pool, const void *octets, size_t len);

#endif /* ESMTP_FIELDS_H */
