/* fields.c
 * Fields of the smtp namespace.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fields.h"

#include <epan/charsets.h>
#include <epan/column-info.h> /* whether there is a column of expert infos: no function tells */
#include <epan/tap.h>

#include "extend.h"

int esmtp_smtp_proto(void)
{
    static int proto = -1;

    if (proto < 0)
        proto = proto_get_id_by_filter_name("smtp");
    if (proto < 0)
        proto = proto_register_protocol("Simple Mail Transfer Protocol", "SMTP", "smtp");
    return proto;
}

/* Which group a field belongs to, by the beginning of its name; the first row that fits counts. */
static const struct {
    const char *prefix;
    uint32_t wanted;
} groups[] = {
    {"smtp.response.code.", ESMTP_WANT_ALL},
    {"smtp.response.code", ESMTP_WANT_CODE},
    {"smtp.response.class", ESMTP_WANT_CODE},
    {"smtp.response.", ESMTP_WANT_REPLY},
    {"smtp.response_in", ESMTP_WANT_PAIRING},
    {"smtp.request_in", ESMTP_WANT_PAIRING},
    {"smtp.time", ESMTP_WANT_PAIRING},
    {"smtp.rsp.parameter", ESMTP_WANT_REPLY | ESMTP_WANT_EHLO},
    {"smtp.response", ESMTP_WANT_REPLY},
    {"smtp.rsp", ESMTP_WANT_REPLY},
    {"smtp.greeting.", ESMTP_WANT_REPLY},
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
    {"smtp.data", ESMTP_WANT_MESSAGE},
    {"smtp.eom", ESMTP_WANT_MESSAGE},
    {"smtp.message", ESMTP_WANT_MESSAGE},
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

static wmem_array_t *grouped;
static int expert_tap;

static uint32_t group_by_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        if (g_str_has_prefix(name, groups[i].prefix))
            return groups[i].wanted;
    }
    return ESMTP_WANT_ALL;
}

static void remember_group(int id)
{
    grouped_t g = {.info = proto_registrar_get_nth((unsigned)id)};
    g.group = group_by_name(g.info->abbrev);
    if (!grouped)
        grouped = wmem_array_new(wmem_epan_scope(), sizeof g);
    wmem_array_append_one(grouped, g);
}

static uint32_t groups_referenced(void)
{
    uint32_t wanted = 0;
    static int expert;
    if (expert == 0)
        expert = proto_registrar_get_id_byname("_ws.expert");
    if (expert > 0 && proto_registrar_get_nth((unsigned)expert)->ref_type != HF_REF_TYPE_NONE)
        wanted = ESMTP_WANT_EXPERT;
    /* The protocol is marked with any of its fields. */
    if (proto_registrar_get_nth((unsigned)esmtp_smtp_proto())->ref_type == HF_REF_TYPE_NONE)
        return wanted;
    const grouped_t *g = wmem_array_get_raw(grouped);
    for (unsigned i = 0; i < wmem_array_get_count(grouped); i++) {
        if (g[i].info->ref_type != HF_REF_TYPE_NONE)
            wanted |= g[i].group;
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
    if (expert_tap == 0)
        expert_tap = find_tap_id("expert");
    if (expert_tap > 0 && have_tap_listener(expert_tap))
        return true;
    return pinfo->cinfo && pinfo->cinfo->col_first[COL_EXPERT] >= 0;
}

uint32_t esmtp_fields_wanted(proto_tree *tree, const packet_info *pinfo)
{
    if (tree && PTREE_DATA(tree)->visible)
        return ESMTP_WANT_ALL;
    uint32_t wanted = experts_read(pinfo) ? ESMTP_WANT_EXPERT : 0;
    return tree ? wanted | groups_of_run(tree, pinfo->num) : wanted;
}

void esmtp_fields_register(hf_register_info *hf, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int id = proto_registrar_get_id_byname(hf[i].hfinfo.abbrev);
        if (id > 0)
            *hf[i].p_id = id;
        else
            proto_register_field_array(esmtp_smtp_proto(), &hf[i], 1);
        remember_group(*hf[i].p_id);
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
        remember_group(ei[i].ids->hf);
    }
}

/* --- text ------------------------------------------------------------------------------------- */

/* How a label shows the end of a line; NULL if it is none. */
static const char *line_end_shown(const char *end)
{
    return *end == '\0' ? "" : strcmp(end, "\r\n") == 0 ? "\\r\\n" : strcmp(end, "\n") == 0 ? "\\n" : NULL;
}

/* Labels a string of which the first n octets are printable ASCII. Returns whether it could. */
static bool label_plain(proto_item *item, const char *name, const char *value, size_t n)
{
    const char *end = line_end_shown(value + n);
    return n && end && esmtp_label_octets(item, name, value, n, end);
}

proto_item *esmtp_add_string(proto_tree *tree, int hf, tvbuff_t *tvb, int offset, int len, const char *value)
{
    proto_item *item = proto_tree_add_string(tree, hf, tvb, offset, len, value);
    if (esmtp_seen(tree)) {
        size_t n = strlen(value);
        if (esmtp_span_is_plain(esmtp_span(value, n)))
            (void)label_plain(item, NULL, value, n);
    }
    return item;
}

/* Text of printable ASCII that fits into a label, under the field's name but for its line end; NULL if it is something
 * else. */
static proto_item *plain_text_add(proto_tree *tree, int hf, tvbuff_t *tvb, int offset, int len, const char *name)
{
    char value[ITEM_LABEL_LENGTH];
    if (len <= 0 || len >= (int)sizeof value)
        return NULL;
    const char *text = (const char *)tvb_get_ptr(tvb, offset, len);
    size_t n = (size_t)len;
    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    if (!esmtp_span_is_plain(esmtp_span(text, n)) || (name && n < (size_t)len))
        return NULL;
    memcpy(value, text, (size_t)len);
    value[len] = '\0';
    proto_item *item = proto_tree_add_string(tree, hf, tvb, offset, len, value);
    if (!label_plain(item, name, value, n) && name)
        proto_item_set_text(item, "%s: %s", name, value);
    return item;
}

/* Characters that must not reach a terminal, a window or XML as they are: ESC and the C1 controls steer terminals, the
 * bidirectional controls and the separators of lines and paragraphs make a text read as another one, and the
 * noncharacters are not allowed in XML. */
static bool is_harmful(gunichar c)
{
    return c == 0x1b || (c >= 0x80 && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0xfffe || c == 0xffff;
}

/* Appends UTF-8 with what is harmful as Wireshark's own labels show it. Returns whether there was any. */
static bool append_escaped(wmem_strbuf_t *out, const char *text)
{
    bool any = false;
    for (const char *p = text, *next; *p; p = next) {
        gunichar c = g_utf8_get_char(p);
        next = g_utf8_next_char(p);
        if (!is_harmful(c)) {
            wmem_strbuf_append_len(out, p, (size_t)(next - p));
            continue;
        }
        any = true;
        wmem_strbuf_append_printf(out, c < 0x80 ? "\\%03o" : "\\u%04X", c);
    }
    return any;
}

/* Octets of unknown origin as UTF-8; *odd: whether any of it is not shown as it is. */
static const char *escaped_text(wmem_allocator_t *pool, const char *octets, size_t len, bool *odd)
{
    wmem_strbuf_t *out = wmem_strbuf_new(pool, NULL);
    esmtp_span_t rest = esmtp_span(octets, len);
    *odd = false;
    for (;;) {
        size_t nul = esmtp_span_find(rest, '\0');
        if (nul)
            *odd |= append_escaped(out, (const char *)get_utf_8_string(pool, rest.p, (int)nul));
        if (nul == rest.len)
            return wmem_strbuf_get_str(out);
        *odd = true;
        wmem_strbuf_append(out, "\\000");
        rest = esmtp_span_from(rest, nul + 1);
    }
}

/* Whether octets may hold what is harmful: most odd ones are letters of some language. */
static bool may_be_harmful(esmtp_span_t s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == 0 || s.p[i] == 0x1b || s.p[i] == 0xc2 || s.p[i] == 0xe2 || s.p[i] == 0xef)
            return true;
    }
    return false;
}

/* Text with something harmful in it, which is escaped; NULL if there is nothing. */
static proto_item *harmful_text_add(proto_tree *tree, int hf, tvbuff_t *tvb, int offset, int len)
{
    bool odd;
    if (len <= 0 || !esmtp_wanted(tree, hf))
        return NULL;
    const char *octets = (const char *)tvb_get_ptr(tvb, offset, len);
    if (!may_be_harmful(esmtp_span(octets, (size_t)len)))
        return NULL;
    const char *text = escaped_text(PNODE_POOL(tree), octets, (size_t)len, &odd);
    return odd ? proto_tree_add_string(tree, hf, tvb, offset, len, text) : NULL;
}

proto_item *esmtp_add_text_as(proto_tree *tree, int hf, tvbuff_t *tvb, int offset, int len, const char *name)
{
    proto_item *item = esmtp_seen(tree) ? plain_text_add(tree, hf, tvb, offset, len, name) : NULL;
    if (item)
        return item;
    item = harmful_text_add(tree, hf, tvb, offset, len);
    if (!item)
        item = proto_tree_add_item(tree, hf, tvb, offset, len, ENC_UTF_8 | ENC_NA);
    if (name && esmtp_seen(tree))
        proto_item_set_text(item, "%s: %s", name,
                            len > 0 ? esmtp_text_line(PNODE_POOL(tree), tvb_get_ptr(tvb, offset, len), (size_t)len)
                                    : "");
    return item;
}

proto_item *esmtp_add_text(proto_tree *tree, int hf, tvbuff_t *tvb, int offset, int len)
{
    return esmtp_add_text_as(tree, hf, tvb, offset, len, NULL);
}

/* --- numbers ---------------------------------------------------------------------------------- */

proto_item *esmtp_add_named(proto_tree *tree, int hf, tvbuff_t *tvb, int offset, int len, uint32_t value,
                            const char *name)
{
    proto_item *item = proto_tree_add_uint(tree, hf, tvb, offset, len, value);
    char digits[ESMTP_DIGITS];
    if (esmtp_seen(tree))
        esmtp_label(item, name ? name : "unknown", " (", esmtp_digits(digits, value), ")");
    return item;
}

/* --- generated -------------------------------------------------------------------------------- */

static proto_item *generated(proto_item *item)
{
    proto_item_set_generated(item);
    return item;
}

static void label_number(proto_tree *tree, proto_item *item, uint64_t value)
{
    char digits[ESMTP_DIGITS];
    if (esmtp_seen(tree))
        esmtp_label(item, esmtp_digits(digits, value));
}

proto_item *esmtp_add_gen_string(proto_tree *tree, int hf, tvbuff_t *tvb, const char *value)
{
    return generated(esmtp_add_string(tree, hf, tvb, 0, 0, value));
}

proto_item *esmtp_add_gen_words(proto_tree *tree, int hf, tvbuff_t *tvb, const char *words)
{
    proto_item *item = generated(proto_tree_add_string(tree, hf, tvb, 0, 0, words));
    if (esmtp_seen(tree))
        esmtp_label(item, words);
    return item;
}

proto_item *esmtp_add_gen_uint(proto_tree *tree, int hf, tvbuff_t *tvb, uint32_t value)
{
    proto_item *item = generated(proto_tree_add_uint(tree, hf, tvb, 0, 0, value));
    label_number(tree, item, value);
    return item;
}

proto_item *esmtp_add_gen_uint64(proto_tree *tree, int hf, tvbuff_t *tvb, uint64_t value)
{
    proto_item *item = generated(proto_tree_add_uint64(tree, hf, tvb, 0, 0, value));
    label_number(tree, item, value);
    return item;
}

proto_item *esmtp_add_gen_time(proto_tree *tree, int hf, tvbuff_t *tvb, int64_t nanoseconds)
{
    nstime_t t = {(time_t)(nanoseconds / 1000000000), (int)(nanoseconds % 1000000000)};
    proto_item *item = generated(proto_tree_add_time(tree, hf, tvb, 0, 0, &t));
    if (nanoseconds >= 0 && esmtp_seen(tree))
        esmtp_label_time(item, (uint64_t)nanoseconds);
    return item;
}

proto_item *esmtp_add_gen_true(proto_tree *tree, int hf, tvbuff_t *tvb)
{
    return generated(proto_tree_add_boolean(tree, hf, tvb, 0, 0, 1));
}

const char *esmtp_text(wmem_allocator_t *pool, const char *octets, size_t len)
{
    bool odd;
    if (may_be_harmful(esmtp_span(octets, len)))
        return escaped_text(pool, octets, len, &odd);
    return (const char *)get_utf_8_string(pool, (const uint8_t *)octets, (int)len);
}

const char *esmtp_text_line(wmem_allocator_t *pool, const void *octets, size_t len)
{
    const char *text = esmtp_text(pool, octets, len);
    return esmtp_format_text(pool, text, strlen(text));
}
