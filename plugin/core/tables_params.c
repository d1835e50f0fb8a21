/* tables_params.c
 * The parameters of MAIL and RCPT. Columns: name, the commands it stands on, form of its value,
 * syntax of the value, reference, explanation. Sorted by name.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables_private.h"

static const esmtp_param_row_t params[] = {
    {"SIZE", ESMTP_ON_MAIL, ESMTP_VALUE_SIZE, "1*20DIGIT", "RFC 1870",
     "How big the message is, by the client's reckoning in octets. The server can refuse at once "
     "what it would not take."},
};

const esmtp_param_row_t *esmtp_param_find(esmtp_span_t name, uint8_t on)
{
    const esmtp_param_row_t *row = (const esmtp_param_row_t *)esmtp_table_find_name(
        params, G_N_ELEMENTS(params), sizeof params[0], name);

    return row && (row->on & on) ? row : NULL;
}

const esmtp_param_row_t *esmtp_param_rows(size_t *n)
{
    *n = G_N_ELEMENTS(params);
    return params;
}
