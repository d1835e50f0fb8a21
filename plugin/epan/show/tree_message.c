/* tree_message.c
 * Pieces of a message, its end mark, what is known of the whole where it ends, and the text of a message that cannot be
 * handed over whole.
 *
 * A message whose end never came, or that was given up, can be looked at in the frame of its last piece, on later
 * passes: the first pass does not know yet that no more will come.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree_message.h"

#include "../../core/mime/mime.h"
#include "findings.h"
#include "collect.h"
#include "fields.h"
#include "items.h"
#include "message.h"
#include "tell.h"
#include "tree_common.h"
#include "tree_transaction.h"
#include "wanted.h"

/* Fragments, and lines of text, that are shown at most: a tree may hold a million items, and both lists may be long in
 * one frame. If the user has set gui.max_tree_items lower, a share of that. */
#define SHOWN_MAX   100000
#define SHOWN_SHARE 5
/* Header fields that are shown decoded, and octets of the header that are looked at. */
#define FIELDS_MAX 100
#define HEADER_MAX 262144
/* Octets of one field or of a line that are shown. */
#define VALUE_MAX 10000

static int hf_eom = -1;
static int hf_piece = -1;
static int hf_piece_number = -1;
static int hf_piece_length = -1;
static int hf_piece_octets = -1;
static int hf_piece_total = -1;
static int hf_fragments = -1;
static int hf_fragment = -1;
static int hf_fragment_count = -1;
static int hf_reassembled_in = -1;
static int hf_reassembled_length = -1;
static int hf_total = -1;
static int hf_size_declared = -1;
static int hf_size_note = -1;
static int hf_incomplete = -1;
static int hf_text = -1;
static int hf_line = -1;
static int hf_missing = -1;
static int hf_rest = -1;
static int hf_field = -1;
static int ett_piece = -1;
static int ett_fragments = -1;
static int ett_text = -1;

static unsigned shown_max(void)
{
    return MIN(SHOWN_MAX, prefs.gui_max_tree_items / SHOWN_SHARE);
}

/* --- the pieces of a message ------------------------------------------------------------------ */

/* Walks the facts of one side for the pieces of a message and the holes between them. */
typedef struct {
    const esmtp_facts_t *facts;
    const esmtp_message_t *message;
    size_t i;
    uint32_t seen; /* pieces so far */
} pieces_t;

static pieces_t pieces_from(const esmtp_message_t *message, uint32_t frame)
{
    const esmtp_collected_t *c = esmtp_collected(message);
    pieces_t p = {c ? c->facts : NULL, message, 0, 0};
    if (c)
        p.i = esmtp_facts_find(p.facts, frame);
    return p;
}

/* The next piece, or the hole before one or after the last; NULL at the end. */
static const esmtp_fact_t *next_fact(pieces_t *p)
{
    while (p->facts && p->i < p->facts->n) {
        const esmtp_fact_t *fact = esmtp_facts_at(p->facts, p->i++);
        bool piece = (fact->kind == ESMTP_FACT_TEXT || fact->kind == ESMTP_FACT_CHUNK) && fact->extra == p->message;
        if (p->seen == p->message->pieces && !(fact->kind == ESMTP_FACT_GAP && p->message->incomplete))
            p->facts = NULL; /* what comes after the last piece is none of ours */
        else if (piece)
            p->seen = fact->index;
        if (p->facts && (piece || fact->kind == ESMTP_FACT_GAP))
            return fact;
    }
    return NULL;
}

static const esmtp_fact_t *next_piece(pieces_t *p)
{
    const esmtp_fact_t *fact = next_fact(p);
    while (fact && fact->kind == ESMTP_FACT_GAP)
        fact = next_fact(p);
    return fact;
}

/* The first hole of a message; *before: octets of the message before it, all if there is none. */
static const esmtp_fact_t *first_hole(const esmtp_message_t *m, uint64_t *before)
{
    pieces_t walk = pieces_from(m, m->first_frame);
    const esmtp_fact_t *fact = m->incomplete ? next_fact(&walk) : NULL, *next;
    while (fact && fact->kind != ESMTP_FACT_GAP)
        fact = next_fact(&walk);
    next = fact ? next_piece(&walk) : NULL;
    *before = next ? next->before : m->octets;
    return fact;
}

/* Octets that a piece adds to its message; next: the piece after it, or NULL. */
static uint64_t piece_octets(const esmtp_message_t *m, const esmtp_fact_t *fact, const esmtp_fact_t *next)
{
    return (next ? next->before : m->octets) - fact->before;
}

/* The piece after the one that is being shown. */
static const esmtp_fact_t *piece_after(const esmtp_show_t *show, const esmtp_fact_t *fact)
{
    const esmtp_message_t *m = fact->extra;
    pieces_t walk = {show->facts, m, show->at + 1, fact->index};
    return fact->index == m->pieces ? NULL : next_piece(&walk);
}

static bool is_joined(const esmtp_message_t *m)
{
    const esmtp_collected_t *c = esmtp_collected(m);
    return esmtp_collect_joined() && m->end_frame && !m->incomplete && !m->leftover && !(c && c->too_big);
}

/* For filters alone, unless it says what no other item does. */
static void hidden_unless(bool news, proto_item *item)
{
    if (!news)
        proto_item_set_hidden(item);
}

/* --- the list of fragments -------------------------------------------------------------------- */

/* A piece of a message of n. Which octets the only one holds need not be said. */
static void fragment_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *piece, uint64_t octets, uint32_t n)
{
    proto_item *item = proto_tree_add_uint(tree, hf_fragment, show->tvb, 0, 0, piece->frame);
    char frame[ESMTP_DIGITS], first[ESMTP_DIGITS], last[ESMTP_DIGITS], count[ESMTP_DIGITS];
    proto_item_set_generated(item);
    if (esmtp_seen(tree) && n == 1)
        esmtp_label_as(item, "Frame", esmtp_digits(frame, piece->frame));
    else if (esmtp_seen(tree))
        esmtp_label_as(item, "Frame", esmtp_digits(frame, piece->frame),
                       ", payload: ", esmtp_digits(first, piece->before), "-",
                       esmtp_digits(last, piece->before + (octets ? octets - 1 : 0)), " (", esmtp_digits(count, octets),
                       " bytes)");
}

static void fragments_add(esmtp_show_t *show, proto_tree *tree, const esmtp_message_t *message)
{
    pieces_t walk = pieces_from(message, message->first_frame);
    unsigned n = 0, max = shown_max();
    proto_item *item =
        proto_tree_add_none_format(tree, hf_fragments, show->tvb, 0, 0, "%u DATA fragment%s (%" PRIu64 " bytes)",
                                   message->pieces, plurality(message->pieces, "", "s"), message->octets);
    proto_tree *sub = proto_item_add_subtree(item, ett_fragments);
    proto_item_set_generated(item);
    for (const esmtp_fact_t *f = next_piece(&walk), *next; f && n < max; f = next, n++) {
        next = next_piece(&walk);
        uint64_t octets = piece_octets(message, f, next);
        fragment_add(show, sub, f, octets, message->pieces);
    }
    if (n < message->pieces)
        proto_item_append_text(item, ", the first %u shown", n);
    bool several = message->pieces > 1;
    hidden_unless(several, esmtp_add_gen_uint(sub, hf_fragment_count, show->tvb, message->pieces));
    if (is_joined(message))
        hidden_unless(several, esmtp_add_gen_uint(sub, hf_reassembled_length, show->tvb,
                                                  (uint32_t)MIN(message->octets, UINT32_MAX)));
}

/* --- text of a message that is not handed over ------------------------------------------------ */

/* What is being shown line by line. */
typedef struct {
    esmtp_show_t *show;
    proto_tree *tree;
    tvbuff_t *tvb;
    int at, end;
    unsigned left; /* items that may be added */
} text_t;

/* Lines up to an offset. */
static void lines_add(text_t *t, int end)
{
    while (t->at < end && t->left) {
        int lf = tvb_find_uint8(t->tvb, t->at, end - t->at, '\n');
        int next = lf < 0 ? end : lf + 1;
        esmtp_add_text(t->tree, hf_line, t->tvb, t->at, MIN(next - t->at, VALUE_MAX));
        t->at = next;
        t->left--;
    }
}

static void hole_add(text_t *t, const esmtp_fact_t *gap)
{
    if (!t->left)
        return;
    proto_item *item = proto_tree_add_uint(t->tree, hf_missing, t->tvb, t->at, 0, gap->missing);
    if (!gap->missing)
        proto_item_append_text(item, " (their number is not known)");
    proto_item_set_generated(item);
    t->left--;
}

static void rest_add(text_t *t)
{
    if (t->at >= t->end)
        return;
    proto_item *item = proto_tree_add_uint(t->tree, hf_rest, t->tvb, t->at, t->end - t->at, (unsigned)(t->end - t->at));
    proto_item_set_generated(item);
}

/* Lines and holes of a message in the order of the wire. */
static void text_and_holes_add(text_t *t, const esmtp_message_t *m)
{
    pieces_t walk = pieces_from(m, m->first_frame);
    const esmtp_fact_t *gap = NULL;
    for (const esmtp_fact_t *f = next_fact(&walk); f; f = next_fact(&walk)) {
        if (f->kind != ESMTP_FACT_GAP && gap)
            lines_add(t, MIN((int)f->before, t->end));
        if (f->kind != ESMTP_FACT_GAP && gap)
            hole_add(t, gap);
        gap = f->kind == ESMTP_FACT_GAP ? f : NULL;
    }
    lines_add(t, t->end);
    if (gap)
        hole_add(t, gap);
}

/* The octets of a message that IMF does not get, as lines; tvb: all that there is of it. */
static void text_add(esmtp_show_t *show, proto_tree *tree, const esmtp_message_t *m, tvbuff_t *tvb)
{
    if (!tree)
        return;
    int len = (int)tvb_captured_length(tvb);
    bool binary = m->txn && m->txn->binary;
    proto_item *item = proto_tree_add_none_format(tree, hf_text, tvb, 0, len, "Message, %d byte%s%s", len,
                                                  plurality(len, "", "s"), binary ? ", binary" : "");
    text_t t = {show, proto_item_add_subtree(item, ett_text), tvb, 0, len, shown_max()};
    if (binary)
        return; /* no lines; the octets are in the data source */
    if (m->incomplete)
        text_and_holes_add(&t, m);
    else
        lines_add(&t, len);
    rest_add(&t);
}

/* What there is of a message as a data source of its own; NULL if nothing was kept. */
static tvbuff_t *source_add(esmtp_show_t *show, const esmtp_message_t *m, esmtp_span_t octets, const char *name)
{
    const esmtp_collected_t *c = esmtp_collected(m);
    if (!c || c->too_big)
        return NULL;
    tvbuff_t *tvb = tvb_new_child_real_data(show->tvb, octets.len ? octets.p : (const uint8_t *)"",
                                            (unsigned)octets.len, (int)octets.len);
    add_new_data_source(show->pinfo, tvb, name);
    return tvb;
}

/* --- incomplete messages ---------------------------------------------------------------------- */

static const char *incomplete_reason(const esmtp_message_t *m, const esmtp_fact_t *hole)
{
    if (m->leftover)
        return "an earlier part of it was refused, or there was no MAIL before it";
    if (m->refused)
        return "the server refused a part of it";
    if (m->end_frame && hole && hole->code == ESMTP_GAP_WITHHELD)
        return "TCP withholds octets of it (see the preference tcp.reassemble_out_of_order)";
    if (m->end_frame)
        return "octets are missing from the capture";
    if (m->aborted)
        return "the client aborted it";
    return m->incomplete ? "octets and its end are missing from the capture"
                         : "the connection or the capture ended first";
}

/* Octets up to the first hole are a mail as far as they go: header, text, parts that are whole. What nobody will take
 * over is none. */
static void head_add(esmtp_show_t *show, esmtp_message_t *m, uint64_t head)
{
    const esmtp_collected_t *c = esmtp_collected(m);
    if (!c || c->too_big || !head || m->leftover || m->refused || m->aborted)
        return;
    if (esmtp_collect_joined())
        esmtp_show_info(show, "[message incomplete]");
    (void)esmtp_show_message(show, m, head);
}

static void incomplete_add(esmtp_show_t *show, proto_tree *tree, proto_item *item, esmtp_message_t *m)
{
    uint64_t head;
    const char *reason = incomplete_reason(m, first_hole(m, &head));
    esmtp_span_t octets = esmtp_collected_octets(m, show->pinfo, show->tvb, show->seq);
    head_add(show, m, head);
    tvbuff_t *tvb = source_add(show, m, octets, "SMTP message (incomplete)");
    if (!m->end_frame) /* at an end mark the finding of the fact says it */
        esmtp_finding_add_format(show->pinfo, item, ESMTP_FINDING_MESSAGE_INCOMPLETE, "Message incomplete: %s", reason);
    if (!tree)
        return;
    esmtp_add_gen_words(tree, hf_incomplete, show->tvb, reason);
    if (tvb && tvb_captured_length(tvb))
        text_add(show, tree, m, tvb);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* How the size compares with what MAIL announced. */
static void declared_add(esmtp_show_t *show, proto_tree *tree, const esmtp_message_t *m)
{
    uint64_t declared = m->txn->declared;
    proto_item *item = esmtp_add_gen_uint64(tree, hf_size_declared, show->tvb, declared);
    char digits[ESMTP_DIGITS], more[ESMTP_DIGITS];
    if (!esmtp_seen(tree))
        return;
    if (m->octets == declared)
        esmtp_label(item, esmtp_digits(digits, declared), " (exact)");
    else
        esmtp_label(item, esmtp_digits(digits, declared), " (the message is ",
                    esmtp_digits(more, m->octets > declared ? m->octets - declared : declared - m->octets),
                    m->octets > declared ? " octets larger)" : " octets smaller)");
}

/* How it compares with what the server takes. */
static void offered_add(esmtp_show_t *show, proto_tree *tree, const esmtp_message_t *m)
{
    bool above = m->octets > m->txn->offered;
    char digits[ESMTP_DIGITS];
    const char *note = wmem_strconcat(show->pinfo->pool, above ? "above" : "within", " the server's limit of ",
                                      esmtp_digits(digits, m->txn->offered), " octets", NULL);
    proto_item *item = esmtp_add_gen_words(tree, hf_size_note, show->tvb, note);
    if (above)
        esmtp_finding_add(show->pinfo, item, ESMTP_FINDING_MESSAGE_ABOVE_LIMIT);
}

static void comparison_add(esmtp_show_t *show, proto_tree *tree, const esmtp_message_t *m)
{
    proto_item *item = esmtp_add_gen_uint64(tree, hf_total, show->tvb, m->octets);
    if (m->incomplete) {
        proto_item_append_text(item, " (without those that are missing)");
        return;
    }
    if (!m->txn)
        return;
    if (m->txn->declared != UINT64_MAX)
        declared_add(show, tree, m);
    if (m->txn->offered != UINT64_MAX && m->txn->offered != 0)
        offered_add(show, tree, m);
}

/* Header fields that IMF shows as they are encoded (RFC 2047) or not at all (UTF-8, RFC 6532), readable. */
static void readable_fields_add(esmtp_show_t *show, proto_tree *tree, esmtp_span_t message)
{
    message = esmtp_span_to(message, HEADER_MAX);
    esmtp_span_t header = esmtp_span_to(message, esmtp_mime_header_length(message));
    esmtp_mime_field_t field;
    for (unsigned n = 0; n < FIELDS_MAX && esmtp_mime_field_next(&header, &field);) {
        bool odd = false;
        for (size_t i = 0; i < field.value.len && !odd; i++)
            odd = field.value.p[i] > 127 ||
                  (field.value.p[i] == '=' && i + 1 < field.value.len && field.value.p[i + 1] == '?');
        if (!odd)
            continue;
        char *text = esmtp_mime_text(esmtp_span_to(field.value, VALUE_MAX));
        const char *name = esmtp_text(show->pinfo->pool, (const char *)field.name.p, MIN(field.name.len, VALUE_MAX));
        const char *value = esmtp_text(show->pinfo->pool, text, strlen(text));
        esmtp_add_gen_string(tree, hf_field, show->tvb, wmem_strdup_printf(show->pinfo->pool, "%s: %s", name, value));
        g_free(text);
        n++;
    }
}

/* Everything that is said of pieces and end marks is in these groups. */
#define DETAILS (ESMTP_WANT_MESSAGE | ESMTP_WANT_TXN | ESMTP_WANT_PAIRING | ESMTP_WANT_EXPERT)

void esmtp_completion_add(esmtp_show_t *show, proto_item *item, const esmtp_fact_t *fact)
{
    proto_tree *tree = show->wanted & DETAILS ? show->tree : NULL;
    esmtp_message_t *m = fact->extra;
    const esmtp_collected_t *c = esmtp_collected(m);
    bool too_big = c && c->too_big;
    if (too_big)
        esmtp_finding_add_format(show->pinfo, item, ESMTP_FINDING_LIMIT,
                                 "Message of %" PRIu64 " octets was not reassembled: "
                                 "esmtp.max_message is %" PRIu64,
                                 m->octets, esmtp_collect_limit());
    if (tree) {
        comparison_add(show, tree, m);
        if (m->pieces)
            fragments_add(show, tree, m);
    }
    if (!(fact->flags & ESMTP_FF_COMPLETE)) {
        incomplete_add(show, tree, item, m);
        return;
    }
    const esmtp_completed_t *completed = esmtp_show_message(show, m, UINT64_MAX);
    if (tree && esmtp_collect_joined())
        readable_fields_add(show, tree, completed->octets);
}

void esmtp_message_add(esmtp_show_t *show, const esmtp_completed_t *completed)
{
    const char *why;
    const esmtp_message_t *m = completed->message;
    esmtp_tell_message(show, completed);
    if (!esmtp_collect_joined())
        return;
    bool incomplete = completed->incomplete;
    tvbuff_t *tvb =
        source_add(show, m, completed->octets, incomplete ? "SMTP message (up to the first hole)" : "SMTP message");
    if (!tvb)
        return;
    if (incomplete)
        tvb_set_fragment(tvb);
    esmtp_handed_t how =
        esmtp_message_hand_over(tvb, show->pinfo, show->root, m->txn && m->txn->binary, incomplete, &why);
    proto_item *item = proto_tree_get_parent(show->tree);
    if (how == ESMTP_HANDED_FAILED)
        esmtp_finding_add_format(show->pinfo, item, ESMTP_FINDING_LIMIT, "Dissection of the message content failed: %s",
                                 why);
    if (how == ESMTP_HANDED_HEAD || how == ESMTP_HANDED_UNSEEN)
        esmtp_finding_add_format(show->pinfo, item, ESMTP_FINDING_LIMIT,
                                 "Message has too many lines or parts for the tree: only the first are shown");
    if (!incomplete && (how == ESMTP_HANDED_NOT || how == ESMTP_HANDED_UNSEEN))
        text_add(show, show->tree, m, tvb);
}

/* --- pieces and the end mark ------------------------------------------------------------------ */

static const char the_message[] = "the message";

static void piece_numbers_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact)
{
    const esmtp_message_t *m = fact->extra;
    uint64_t octets = piece_octets(m, fact, piece_after(show, fact));
    bool first = fact->index == 1, stuffed = octets != fact->len, alone = first && m->end_frame == fact->frame;
    hidden_unless(!first, esmtp_add_gen_uint(tree, hf_piece_number, show->tvb, fact->index));
    proto_item_set_hidden(
        esmtp_add_gen_uint(tree, hf_piece_length, show->tvb, fact->len)); /* the piece's label says it */
    hidden_unless(stuffed && !alone, esmtp_add_gen_uint64(tree, hf_piece_octets, show->tvb, octets));
    hidden_unless(!first, esmtp_add_gen_uint64(tree, hf_piece_total, show->tvb, fact->before + octets));
    if (show->later && is_joined(m) && fact->frame != m->end_frame)
        esmtp_add_gen_uint(tree, hf_reassembled_in, show->tvb, m->end_frame);
}

/* With smtp.desegment_data off the lines are shown where they are. */
static void piece_lines_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset)
{
    const esmtp_message_t *m = fact->extra;
    if (!tree || esmtp_collect_joined() || (m->txn && m->txn->binary))
        return;
    text_t t = {show, tree, show->tvb, offset, offset + (int)fact->len, shown_max()};
    lines_add(&t, t.end);
    rest_add(&t);
}

void esmtp_piece_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset)
{
    esmtp_message_t *m = fact->flags & ESMTP_FF_MESSAGE ? fact->extra : NULL;
    const char *name = esmtp_collect_joined() ? "DATA fragment" : "Message Body";
    proto_tree *parent = show->wanted & DETAILS ? show->tree : NULL;
    proto_item *item = proto_tree_add_none_format(parent, hf_piece, show->tvb, offset, (int)fact->len, "%s, %u byte%s",
                                                  name, fact->len, plurality(fact->len, "", "s"));
    proto_tree *tree = proto_item_add_subtree(item, ett_piece);
    if (show->info) {
        char digits[ESMTP_DIGITS];
        esmtp_show_info(show, name);
        esmtp_show_info_more(show, ", ");
        esmtp_show_info_more(show, esmtp_digits(digits, fact->len));
        esmtp_show_info_more(show, fact->len == 1 ? " byte" : " bytes");
    }
    esmtp_findings_add(show->pinfo, show->wanted, item, fact);
    show->about = the_message;
    if (!m)
        return;
    if (tree) {
        piece_numbers_add(show, tree, fact);
        piece_lines_add(show, tree, fact, offset);
    }
    if (fact->flags & ESMTP_FF_LAST) {
        esmtp_response_in_add(show, fact);
        esmtp_completion_add(show, item, fact);
    } else if (show->later && !m->end_frame && fact->index == m->pieces) {
        if (tree)
            fragments_add(show, show->tree, m);
        incomplete_add(show, show->tree, item, m);
    }
    if (tree)
        esmtp_transaction_add(show, show->tree, fact);
}

void esmtp_end_mark_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset)
{
    const esmtp_message_t *m = fact->flags & ESMTP_FF_MESSAGE ? fact->extra : NULL;
    proto_tree *parent = show->wanted & DETAILS ? show->tree : NULL;
    bool inferred = fact->flags & ESMTP_FF_FROM_SERVER; /* the reply after it proves it; no octets are here */
    proto_item *item =
        proto_tree_add_none_format(parent, hf_eom, show->tvb, offset, (int)fact->len, "End of message, %s",
                                   inferred ? "inferred from the reply" : "a line that holds only a dot");
    if (inferred)
        proto_item_set_generated(item);
    esmtp_show_info(show, inferred ? "[end of the message, inferred]" : ".");
    esmtp_findings_add(show->pinfo, show->wanted, item, fact);
    show->about = the_message;
    if (parent) {
        if (inferred)
            esmtp_note_add(show, esmtp_fact_has(fact, ESMTP_FINDING_FAKE_END_TAKEN)
                                     ? "no end mark was sent: the server took the octets before for it"
                                     : "the end mark is not in the capture: the server's reply shows that it came");
        esmtp_response_in_add(show, fact);
    }
    if (m)
        esmtp_completion_add(show, item, fact);
    if (parent && !inferred) /* else the reply says it */
        esmtp_transaction_add(show, show->tree, fact);
}

void esmtp_message_register(void)
{
    static hf_register_info hf[] = {
        {&hf_eom, {"EOM", "smtp.eom", FT_NONE, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_piece, {"DATA fragment", "smtp.data.piece", FT_NONE, BASE_NONE, NULL, 0, "Octets of a message", HFILL}},
        {&hf_piece_number, {"Fragment number", "smtp.data.piece.number", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_piece_length,
         {"Octets of this fragment on the wire", "smtp.data.piece.length", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_piece_octets,
         {"Octets of the message in this fragment", "smtp.data.piece.octets", FT_UINT64, BASE_DEC, NULL, 0,
          "Without the dots that were doubled on the way", HFILL}},
        {&hf_piece_total,
         {"Octets of the message so far", "smtp.data.piece.total", FT_UINT64, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_fragments,
         {"DATA fragments", "smtp.data.fragments", FT_NONE, BASE_NONE, NULL, 0, "Message fragments", HFILL}},
        {&hf_fragment,
         {"DATA fragment", "smtp.data.fragment", FT_FRAMENUM, BASE_NONE, NULL, 0, "Message fragment", HFILL}},
        {&hf_fragment_count,
         {"DATA fragment count", "smtp.data.fragment.count", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_reassembled_in,
         {"Reassembled DATA in frame", "smtp.data.reassembled.in", FT_FRAMENUM, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_reassembled_length,
         {"Reassembled DATA length", "smtp.data.reassembled.length", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_total, {"Octets of the message", "smtp.data.total", FT_UINT64, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_size_declared,
         {"Size announced by MAIL", "smtp.data.size.declared", FT_UINT64, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_size_note,
         {"Size", "smtp.data.size.limit", FT_STRING, BASE_NONE, NULL, 0,
          "The message compared with the SIZE that the server offers", HFILL}},
        {&hf_incomplete,
         {"Message incomplete", "smtp.data.incomplete", FT_STRING, BASE_NONE, NULL, 0, "Why it is not", HFILL}},
        {&hf_text,
         {"Message", "smtp.message.text", FT_NONE, BASE_NONE, NULL, 0, "A message that is not shown as mail", HFILL}},
        {&hf_line, {"Message", "smtp.message", FT_STRING, BASE_NONE, NULL, 0, "A line of a message", HFILL}},
        {&hf_missing,
         {"Octets missing here", "smtp.message.missing", FT_UINT32, BASE_DEC, NULL, 0,
          "Octets of the message that the capture lacks; 0 if their number is not known", HFILL}},
        {&hf_rest,
         {"Octets not shown as lines", "smtp.message.rest", FT_UINT32, BASE_DEC, NULL, 0,
          "The tree has a limit of items", HFILL}},
        {&hf_field,
         {"Header", "smtp.message.header", FT_STRING, BASE_NONE, NULL, 0,
          "A header field that holds other than ASCII or encoded words, readable", HFILL}},
    };
    static int *ett[] = {&ett_piece, &ett_fragments, &ett_text};
    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
}
