/* secrets.h
 * Which octets of a line are a secret, and what the user wants to be done about it.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_SECRETS_H
#define ESMTP_SECRETS_H

#include "../ws_compat.h"

#include "../../core/session/records.h"

/* What stands in the place of a secret. */
#define ESMTP_MASK "****"

/* Preference esmtp.decode_auth. */
bool esmtp_secrets_decoded(void);
/* Preference esmtp.mask_secrets: whether secrets are masked in columns (columns, everywhere), in
 * tree items (everywhere). */
bool esmtp_secrets_hidden_in_columns(void);
bool esmtp_secrets_hidden_in_items(void);

/* Octets at the start of a client line (len octets at p, without line end) that are no secret: len
 * if it holds none. A fact of a login tells by its mechanism and step, a command by its verb (BURL,
 * CLIENTID, XAUTH). */
int esmtp_secret_start(const esmtp_fact_t *fact, const uint8_t *p, int len);

/* Whether the items of a line must not show what it holds. */
bool esmtp_secret_hidden(const esmtp_fact_t *fact, const uint8_t *p, int len);
/* The line from octet "from" on, with ESMTP_MASK in the place of its secret. */
const char *esmtp_secret_text(wmem_allocator_t *pool, const esmtp_fact_t *fact, const uint8_t *p, int len, int from);

void esmtp_secrets_register(module_t *module);

#endif /* ESMTP_SECRETS_H */
