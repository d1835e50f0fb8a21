/* items.c
 * Items of the smtp tree, with labels made here where that is sure to be what Wireshark would write.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "items.h"

#include <epan/charsets.h>

/* Octets of a word that a label names beside what it says: longer than any verb, keyword, parameter or mechanism that
 * is in use. */
#define WORD_SHOWN_MAX 40

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

proto_item *esmtp_add_gen_words_about(proto_tree *tree, int hf, tvbuff_t *tvb, const char *before, const char *what,
                                      const char *words)
{
    proto_item *item = generated(proto_tree_add_string(tree, hf, tvb, 0, 0, words));
    if (esmtp_seen(tree))
        esmtp_label_about(item, before, what, "", words);
    return item;
}

proto_item *esmtp_add_gen_uint_about(proto_tree *tree, int hf, tvbuff_t *tvb, const char *before, const char *what,
                                     const char *after, uint32_t value)
{
    proto_item *item = generated(proto_tree_add_uint(tree, hf, tvb, 0, 0, value));
    char digits[ESMTP_DIGITS];
    if (esmtp_seen(tree))
        esmtp_label_about(item, before, what, after, esmtp_digits(digits, value));
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

const char *esmtp_word_shown(proto_tree *tree, esmtp_span_t word)
{
    bool fits = word.len && word.len <= WORD_SHOWN_MAX && esmtp_seen(tree) && esmtp_span_is_plain(word);
    return fits ? wmem_strndup(PNODE_POOL(tree), (const char *)word.p, word.len) : NULL;
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
    const char *text = esmtp_format_text(pool, octets, len);
    wmem_strbuf_t *out;
    if (!may_be_harmful(esmtp_span_str(text)))
        return text;
    /* Wireshark takes the separators of lines and paragraphs for printable. */
    out = wmem_strbuf_new(pool, NULL);
    return append_escaped(out, text) ? wmem_strbuf_get_str(out) : text;
}

const char *esmtp_text_capitals(wmem_allocator_t *pool, const char *octets, size_t len)
{
    char *text = wmem_strndup(pool, octets, len);
    for (char *c = text; *c; c++)
        *c = g_ascii_toupper(*c);
    return esmtp_text(pool, text, strlen(text));
}
