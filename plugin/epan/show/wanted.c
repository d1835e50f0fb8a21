/* wanted.c
 * Which groups of fields somebody reads.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "wanted.h"

#include <epan/column-info.h> /* whether there is a column of expert infos: no function tells */
#include <epan/tap.h>

#include "extend.h"
#include "fields.h"

/* Which group a field belongs to, by the beginning of its name; the first row that fits counts. */
static const struct {
    const char *prefix;
    uint32_t wanted;
} groups[] = {
    {"smtp.response.code.", ESMTP_WANT_ALL},
    {"smtp.response.code", ESMTP_WANT_CODE},
    {"smtp.response.class", ESMTP_WANT_REPLY},
    {"smtp.response.", ESMTP_WANT_REPLY},
    {"smtp.response_in", ESMTP_WANT_PAIRING},
    {"smtp.request", ESMTP_WANT_PAIRING},
    {"smtp.refusal", ESMTP_WANT_PAIRING},
    {"smtp.rcpt.refused", ESMTP_WANT_PAIRING},
    {"smtp.rcpt.address", ESMTP_WANT_PAIRING},
    {"smtp.eom_in", ESMTP_WANT_PAIRING},
    {"smtp.time", ESMTP_WANT_PAIRING},
    {"smtp.rsp.parameter", ESMTP_WANT_REPLY | ESMTP_WANT_EHLO},
    {"smtp.response", ESMTP_WANT_REPLY},
    {"smtp.rsp", ESMTP_WANT_REPLY},
    {"smtp.greeting.", ESMTP_WANT_REPLY},
    {"smtp.ehlo.unused", ESMTP_WANT_SESSION},
    {"smtp.ehlo.domain", ESMTP_WANT_REPLY},
    {"smtp.ehlo.", ESMTP_WANT_EHLO},
    {"smtp.req", ESMTP_WANT_COMMAND},
    {"smtp.command_line", ESMTP_WANT_COMMAND},
    {"smtp.helo.", ESMTP_WANT_COMMAND},
    {"smtp.bdat.", ESMTP_WANT_COMMAND},
    {"smtp.mail.auth", ESMTP_WANT_ENVELOPE},
    {"smtp.mail.", ESMTP_WANT_ENVELOPE | ESMTP_WANT_COMMAND},
    {"smtp.rcpt.", ESMTP_WANT_ENVELOPE | ESMTP_WANT_COMMAND},
    {"smtp.param", ESMTP_WANT_ENVELOPE},
    {"smtp.transaction", ESMTP_WANT_TXN},
    {"smtp.session", ESMTP_WANT_SESSION},
    {"smtp.data", ESMTP_WANT_MESSAGE},
    {"smtp.eom", ESMTP_WANT_MESSAGE},
    {"smtp.message", ESMTP_WANT_MESSAGE},
    {"smtp.tls.alert", ESMTP_WANT_COMMAND | ESMTP_WANT_SESSION},
    {"smtp.tls", ESMTP_WANT_CONNECTION},
    {"smtp.starttls_in", ESMTP_WANT_CONNECTION},
    {"smtp.lmtp", ESMTP_WANT_CONNECTION},
    {"smtp.auth.", ESMTP_WANT_AUTH | ESMTP_WANT_COMMAND | ESMTP_WANT_REPLY},
};

/* A field and its group. Wireshark marks a field as referenced while a filter, a statistic or a column asks for it. */
typedef struct {
    const header_field_info *info;
    uint32_t group;
} grouped_t;

static grouped_t *grouped;
static unsigned n_grouped;
static int expert_tap;
static int hf_expert;

static uint32_t group_by_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        if (g_str_has_prefix(name, groups[i].prefix))
            return groups[i].wanted;
    }
    return ESMTP_WANT_ALL;
}

/* Looks up what can be asked for. Expert infos have their tap and their field when packets are read, not before. */
static void look_up(void)
{
    const int *ids = esmtp_fields_all(&n_grouped);
    grouped = wmem_alloc_array(wmem_epan_scope(), grouped_t, n_grouped);
    for (unsigned i = 0; i < n_grouped; i++) {
        grouped[i].info = proto_registrar_get_nth((unsigned)ids[i]);
        grouped[i].group = group_by_name(grouped[i].info->abbrev);
    }
    expert_tap = find_tap_id("expert");
    hf_expert = proto_registrar_get_id_byname("_ws.expert");
}

static bool is_referenced(const header_field_info *info)
{
    return info->ref_type != HF_REF_TYPE_NONE;
}

static uint32_t groups_referenced(void)
{
    uint32_t wanted = 0;
    if (hf_expert > 0 && is_referenced(proto_registrar_get_nth((unsigned)hf_expert)))
        wanted = ESMTP_WANT_EXPERT;
    /* The protocol is marked with any of its fields. */
    if (!is_referenced(proto_registrar_get_nth((unsigned)esmtp_smtp_proto())))
        return wanted;
    for (unsigned i = 0; i < n_grouped; i++) {
        if (is_referenced(grouped[i].info))
            wanted |= grouped[i].group;
    }
    return wanted;
}

/* What the last packet's readers asked for. One run over a capture uses one tree, asks for the same fields of every
 * packet, and goes up in frame numbers: while both hold, the answer is that of the packet before. Asking each field of
 * each packet took a tenth of the plugin's instructions on short sessions.
 *
 * Which tree it is tells the table of what was found for its readers: it is there from the first hit on, as long as the
 * tree. We hold it, too, so that no other tree can get a table at the same address (Find Packet makes a tree for each
 * packet, and the next search may ask for other fields). */
static struct {
    GHashTable *found;
    uint32_t frame;
    uint32_t wanted;
} last_run;

static void begin_run(GHashTable *found)
{
    if (last_run.found)
        g_hash_table_unref(last_run.found);
    last_run.found = found ? g_hash_table_ref(found) : NULL;
    last_run.wanted = esmtp_extend_in_use() ? ESMTP_WANT_ALL : groups_referenced();
}

static uint32_t groups_of_run(proto_tree *tree, uint32_t frame)
{
    GHashTable *found = PTREE_DATA(tree)->interesting_hfids;
    if (!found || found != last_run.found || frame <= last_run.frame)
        begin_run(found);
    last_run.frame = frame;
    return last_run.wanted;
}

/* Whether expert infos are read of a packet that has no tree: by a tap or in a column. */
static bool experts_read(const packet_info *pinfo)
{
    if (expert_tap > 0 && have_tap_listener(expert_tap))
        return true;
    return pinfo->cinfo && pinfo->cinfo->col_first[COL_EXPERT] >= 0;
}

uint32_t esmtp_fields_wanted(proto_tree *tree, const packet_info *pinfo)
{
    if (tree && PTREE_DATA(tree)->visible)
        return ESMTP_WANT_ALL;
    if (!grouped)
        look_up();
    uint32_t wanted = experts_read(pinfo) ? ESMTP_WANT_EXPERT : 0;
    return tree ? wanted | groups_of_run(tree, pinfo->num) : wanted;
}
