/* fields.h
 * Registering fields in a namespace that may exist already, and small helpers to add items.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_FIELDS_H
#define ESMTP_FIELDS_H

#include "ws_compat.h"

/* The protocol id that all fields belong to: Wireshark's own "smtp" if it has one. */
int esmtp_smtp_proto(void);

/* Registers fields under "smtp". A field that Wireshark has already is taken over with its id and its value strings. The array
 * must live for ever. To be called in the register routine only. */
void esmtp_fields_register(hf_register_info *hf, size_t n);

/* Registers expert infos under "smtp"; one whose name exists already speaks through the existing field. */
void esmtp_experts_register(ei_register_info *ei, size_t n);

/* Generated items: shown in brackets. All take a NULL tree. */
proto_item *esmtp_add_gen_string(proto_tree *tree, int hf, tvbuff_t *tvb, const char *value);
proto_item *esmtp_add_gen_uint(proto_tree *tree, int hf, tvbuff_t *tvb, uint32_t value);
proto_item *esmtp_add_gen_uint64(proto_tree *tree, int hf, tvbuff_t *tvb, uint64_t value);
proto_item *esmtp_add_gen_time(proto_tree *tree, int hf, tvbuff_t *tvb, int64_t nanoseconds);
proto_item *esmtp_add_gen_true(proto_tree *tree, int hf, tvbuff_t *tvb);

/* Octets of unknown origin as a string that the tree may have. */
const char *esmtp_text(wmem_allocator_t *pool, const char *octets, size_t len);

#endif /* ESMTP_FIELDS_H */
