/* fields.h
 * Registering fields in a namespace that may exist already.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_FIELDS_H
#define ESMTP_FIELDS_H

#include "../ws_compat.h"

/* The protocol id that all fields belong to: Wireshark's own "smtp" if it has one. */
int esmtp_smtp_proto(void);

/* Registers fields under "smtp". A field that Wireshark has already is taken over with its id and its value strings.
 * The array must live for ever. To be called in the register routine only. */
void esmtp_fields_register(hf_register_info *hf, size_t n);

/* Registers expert infos under "smtp"; one whose name exists already speaks through the existing field. */
void esmtp_experts_register(ei_register_info *ei, size_t n);

/* The fields of "smtp" that were registered here, expert infos among them: n ids. */
const int *esmtp_fields_all(unsigned *n);

/* A row of an array for esmtp_fields_register, of fields that show their value as it is. */
#define ESMTP_FIELD(id, label, name, type, base, blurb)    \
    {                                                      \
        id,                                                \
        {                                                  \
            label, name, type, base, NULL, 0, blurb, HFILL \
        }                                                  \
    }
#define ESMTP_TEXT(id, label, name, blurb) ESMTP_FIELD(id, label, name, FT_STRING, BASE_NONE, blurb)

#endif /* ESMTP_FIELDS_H */
