/* tables_mechanisms.c
 * The SASL mechanisms. Columns: name, form of the messages, whether a password or token can be read
 * from them, the exchange, reference, explanation. Sorted by name.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables_private.h"

static const esmtp_mechanism_row_t mechanisms[] = {
    {"LOGIN", ESMTP_SASL_LOGIN, true,
     "Server: User Name; client: user; server: Password; client: password.", "No standard",
     "User name and password in base64, one after the other."},
    {"PLAIN", ESMTP_SASL_PLAIN, true, "Client: identity NUL user NUL password.", "RFC 4616",
     "User name and password in base64, which anybody can read unless TLS is active."},
};

/* Stands for all names that begin so: the rest names the kind of channel binding. */
#define FAMILY        "HT-SHA-256-*"
#define FAMILY_PREFIX "HT-SHA-256-"

const esmtp_mechanism_row_t *esmtp_mechanism_find(esmtp_span_t mechanism)
{
    const esmtp_mechanism_row_t *row = (const esmtp_mechanism_row_t *)esmtp_table_find_name(
        mechanisms, G_N_ELEMENTS(mechanisms), sizeof mechanisms[0], mechanism);

    if (!row && mechanism.len > strlen(FAMILY_PREFIX) &&
        esmtp_span_starts(mechanism, FAMILY_PREFIX)) {
        row = (const esmtp_mechanism_row_t *)esmtp_table_find_name(
            mechanisms, G_N_ELEMENTS(mechanisms), sizeof mechanisms[0], esmtp_span_str(FAMILY));
    }
    return row;
}

const esmtp_mechanism_row_t *esmtp_mechanism_rows(size_t *n)
{
    *n = G_N_ELEMENTS(mechanisms);
    return mechanisms;
}
