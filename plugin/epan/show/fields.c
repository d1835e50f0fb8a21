/* fields.c
 * Fields of the smtp namespace.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fields.h"

int esmtp_smtp_proto(void)
{
    static int proto = -1;

    if (proto < 0)
        proto = proto_get_id_by_filter_name("smtp");
    if (proto < 0)
        proto = proto_register_protocol("Simple Mail Transfer Protocol", "SMTP", "smtp");
    return proto;
}

static wmem_array_t *registered;

static void remember(int id)
{
    if (!registered)
        registered = wmem_array_new(wmem_epan_scope(), sizeof id);
    wmem_array_append_one(registered, id);
}

const int *esmtp_fields_all(unsigned *n)
{
    *n = registered ? wmem_array_get_count(registered) : 0;
    return *n ? wmem_array_get_raw(registered) : NULL;
}

void esmtp_fields_register(hf_register_info *hf, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int id = proto_registrar_get_id_byname(hf[i].hfinfo.abbrev);
        if (id > 0)
            *hf[i].p_id = id;
        else
            proto_register_field_array(esmtp_smtp_proto(), &hf[i], 1);
        remember(*hf[i].p_id);
    }
}

void esmtp_experts_register(ei_register_info *ei, size_t n)
{
    static expert_module_t *module;

    if (!module)
        module = expert_register_protocol(esmtp_smtp_proto());
    for (size_t i = 0; i < n; i++) {
        /* A second field of one name would hide the first from statistics: ours gets a name of its own then. */
        int id = proto_registrar_get_id_byname(ei[i].eiinfo.name);
        if (id > 0)
            ei[i].eiinfo.name = wmem_strdup_printf(wmem_epan_scope(), "e%s", ei[i].eiinfo.name);
        expert_register_field_array(module, &ei[i], 1);
        if (id > 0)
            ei[i].ids->hf = id;
        remember(ei[i].ids->hf);
    }
}
