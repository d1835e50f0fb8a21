/* findings.c
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "findings.h"

#include <string.h>

const esmtp_finding_row_t esmtp_finding_rows[ESMTP_FINDINGS] = {
    {NULL, 0, 0, 0, NULL, NULL},
#define ROW(id, name, severity, about, cap, text, reference) \
    {name, ESMTP_##severity, ESMTP_ABOUT_##about, ESMTP_CAP_##cap, text, reference},
#include "finding_rows.h"
#undef ROW
};

const char *esmtp_finding_short_name(esmtp_finding_id_t id)
{
    const char *name = esmtp_finding_rows[id].name;
    if (strncmp(name, "smtp.", 5) == 0)
        name += 5;
    return strncmp(name, "expert.", 7) == 0 ? name + 7 : name;
}
