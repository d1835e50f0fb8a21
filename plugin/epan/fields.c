/* fields.c
 * Fields of the smtp namespace.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fields.h"

#include <epan/charsets.h>

int esmtp_smtp_proto(void)
{
    static int proto = -1;

    if (proto < 0)
        proto = proto_get_id_by_filter_name("smtp");
    if (proto < 0)
        proto = proto_register_protocol("Simple Mail Transfer Protocol", "SMTP", "smtp");
    return proto;
}

void esmtp_fields_register(hf_register_info *hf, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int id = proto_registrar_get_id_byname(hf[i].hfinfo.abbrev);
        if (id > 0)
            *hf[i].p_id = id;
        else
            proto_register_field_array(esmtp_smtp_proto(), &hf[i], 1);
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
    }
}

static proto_item *generated(proto_item *item)
{
    proto_item_set_generated(item);
    return item;
}

proto_item *esmtp_add_gen_string(proto_tree *tree, int hf, tvbuff_t *tvb, const char *value)
{
    return generated(proto_tree_add_string(tree, hf, tvb, 0, 0, value));
}

proto_item *esmtp_add_gen_uint(proto_tree *tree, int hf, tvbuff_t *tvb, uint32_t value)
{
    return generated(proto_tree_add_uint(tree, hf, tvb, 0, 0, value));
}

proto_item *esmtp_add_gen_uint64(proto_tree *tree, int hf, tvbuff_t *tvb, uint64_t value)
{
    return generated(proto_tree_add_uint64(tree, hf, tvb, 0, 0, value));
}

proto_item *esmtp_add_gen_time(proto_tree *tree, int hf, tvbuff_t *tvb, int64_t nanoseconds)
{
    nstime_t t = {(time_t)(nanoseconds / 1000000000), (int)(nanoseconds % 1000000000)};
    return generated(proto_tree_add_time(tree, hf, tvb, 0, 0, &t));
}

proto_item *esmtp_add_gen_true(proto_tree *tree, int hf, tvbuff_t *tvb)
{
    return generated(proto_tree_add_boolean(tree, hf, tvb, 0, 0, 1));
}

const char *esmtp_text(wmem_allocator_t *pool, const char *octets, size_t len)
{
    return (const char *)get_utf_8_string(pool, (const uint8_t *)octets, (int)len);
}
