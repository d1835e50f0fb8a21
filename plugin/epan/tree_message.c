/* tree_message.c
 * Pieces of a message, its end mark, and the list of its fragments where it is complete.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "show.h"

#include "anomaly.h"
#include "message.h"

/* Fragments that the list shows at most: a tree may hold a million items. */
#define SHOWN_MAX 100000

static int hf_eom = -1;
static int hf_piece = -1;
static int hf_piece_number = -1;
static int hf_piece_total = -1;
static int hf_fragments = -1;
static int hf_fragment = -1;
static int hf_fragment_count = -1;
static int hf_reassembled_in = -1;
static int hf_reassembled_length = -1;
static int hf_size_declared = -1;
static int hf_size_note = -1;
static int ett_piece = -1;
static int ett_fragments = -1;
static expert_field ei_too_big = EI_INIT;

/* Octets that a piece adds to its message; next: the piece behind it, or NULL. */
static uint64_t piece_octets(const esmtp_fact_t *fact, const esmtp_fact_t *next)
{
    const esmtp_message_t *m = fact->extra;
    return (next ? next->before : m->octets) - fact->before;
}

/* Walks the facts of one side for the pieces of a message. */
typedef struct {
    const esmtp_facts_t *facts;
    const esmtp_message_t *message;
    size_t i;
} pieces_t;

static pieces_t pieces_of(const esmtp_stream_t *stream, const esmtp_message_t *message)
{
    pieces_t p = {&stream->facts, message, esmtp_facts_find(&stream->facts, message->first_frame)};
    return p;
}

static const esmtp_fact_t *next_piece(pieces_t *p)
{
    while (p->i < p->facts->n) {
        const esmtp_fact_t *fact = esmtp_facts_at(p->facts, p->i++);
        if (p->message->end_frame && fact->frame > p->message->end_frame)
            break;
        if ((fact->kind == ESMTP_FACT_TEXT || fact->kind == ESMTP_FACT_CHUNK) && fact->extra == p->message)
            return fact;
    }
    return NULL;
}

static void fragments_add(esmtp_show_t *show, proto_tree *tree, const esmtp_message_t *message)
{
    const esmtp_stream_t *stream = &show->conn->streams[show->tls][!esmtp_session_server(show->conn->session)];
    pieces_t walk = pieces_of(stream, message);
    unsigned n = 0;
    proto_item *item = proto_tree_add_none_format(tree, hf_fragments, show->tvb, 0, 0, "%u DATA fragment%s (%" PRIu64 " bytes)",
                                                  message->pieces, plurality(message->pieces, "", "s"), message->octets);
    proto_tree *sub = proto_item_add_subtree(item, ett_fragments);
    proto_item_set_generated(item);
    for (const esmtp_fact_t *f = next_piece(&walk), *next; f && n < SHOWN_MAX; f = next, n++) {
        next = next_piece(&walk);
        uint64_t octets = piece_octets(f, next);
        proto_item *it = proto_tree_add_uint_format(sub, hf_fragment, show->tvb, 0, 0, f->frame,
                                                    "Frame: %u, payload: %" PRIu64 "-%" PRIu64 " (%" PRIu64 " bytes)", f->frame,
                                                    f->before, octets ? f->before + octets - 1 : f->before, octets);
        proto_item_set_generated(it);
    }
    esmtp_add_gen_uint(sub, hf_fragment_count, show->tvb, message->pieces);
    esmtp_add_gen_uint(sub, hf_reassembled_length, show->tvb, (uint32_t)MIN(message->octets, UINT32_MAX));
}

/* How the size compares with what MAIL announced and with what the server takes. */
static void comparison_add(esmtp_show_t *show, proto_tree *tree, const esmtp_message_t *m)
{
    const esmtp_txn_t *txn = m->txn;
    if (!txn)
        return;
    if (txn->declared != UINT64_MAX) {
        proto_item *item = esmtp_add_gen_uint64(tree, hf_size_declared, show->tvb, txn->declared);
        if (m->octets > txn->declared)
            proto_item_append_text(item, " (the message is %" PRIu64 " octets larger)", m->octets - txn->declared);
        else
            proto_item_append_text(item, m->octets == txn->declared ? " (exact)" : " (not exceeded)");
    }
    if (txn->offered != UINT64_MAX && txn->offered != 0) {
        const char *note = wmem_strdup_printf(show->pinfo->pool, "%s the server's limit of %" PRIu64 " octets",
                                              m->octets > txn->offered ? "above" : "within", txn->offered);
        esmtp_add_gen_string(tree, hf_size_note, show->tvb, note);
    }
}

void esmtp_completion_add(esmtp_show_t *show, proto_tree *tree, proto_item *item, const esmtp_fact_t *fact)
{
    esmtp_message_t *m = fact->extra;
    if (fact->flags & ESMTP_FF_COMPLETE)
        esmtp_show_message(show, m);
    if (esmtp_message_too_big(m))
        expert_add_info(show->pinfo, item, &ei_too_big);
    if (tree) {
        comparison_add(show, tree, m);
        if (m->pieces)
                fragments_add(show, tree, m);
    }
}

void esmtp_piece_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset)
{
    const esmtp_message_t *m = fact->flags & ESMTP_FF_MESSAGE ? fact->extra : NULL;
    proto_item *item = proto_tree_add_none_format(show->tree, hf_piece, show->tvb, offset, (int)fact->len,
                                                  "DATA fragment, %u byte%s", fact->len, plurality(fact->len, "", "s"));
    proto_tree *tree = proto_item_add_subtree(item, ett_piece);
    if (show->info)
        esmtp_show_info(show, wmem_strdup_printf(show->pinfo->pool, "DATA fragment, %u byte%s", fact->len,
                                                 plurality(fact->len, "", "s")));
    esmtp_anomaly_add(show->pinfo, item, fact);
    if (!m)
        return;
    if (tree) {
        esmtp_add_gen_uint(tree, hf_piece_number, show->tvb, fact->index);
        esmtp_add_gen_uint64(tree, hf_piece_total, show->tvb, fact->before);
        if (show->later && m->end_frame && !(fact->flags & ESMTP_FF_LAST))
            esmtp_add_gen_uint(tree, hf_reassembled_in, show->tvb, m->end_frame);
        esmtp_transaction_add(show, tree, fact);
    }
    if (fact->flags & ESMTP_FF_LAST) {
        esmtp_response_in_add(show, tree, fact);
        esmtp_completion_add(show, tree, item, fact);
    }
}

void esmtp_end_mark_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset)
{
    const esmtp_message_t *m = fact->flags & ESMTP_FF_MESSAGE ? fact->extra : NULL;
    proto_item *item = proto_tree_add_none_format(show->tree, hf_eom, show->tvb, offset, (int)fact->len, "C: .");
    proto_tree *tree = proto_item_add_subtree(item, ett_piece);
    esmtp_show_info(show, ".");
    esmtp_anomaly_add(show->pinfo, item, fact);
    if (tree) {
        const esmtp_verb_row_t *row = esmtp_verb_by_id(ESMTP_VERB_EOM);
        esmtp_explanation_add(tree, show->tvb, row ? row->explanation : NULL, row ? row->reference : NULL);
        esmtp_response_in_add(show, tree, fact);
        esmtp_transaction_add(show, tree, fact);
    }
    if (!m)
        return;
    esmtp_completion_add(show, tree, item, fact);
}

void esmtp_tree_message_register(void)
{
    static hf_register_info hf[] = {
        {&hf_eom, {"EOM", "smtp.eom", FT_NONE, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_piece, {"DATA fragment", "smtp.data.piece", FT_NONE, BASE_NONE, NULL, 0, "Octets of a message", HFILL}},
        {&hf_piece_number, {"Fragment number", "smtp.data.piece.number", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_piece_total, {"Octets of the message in front of this fragment", "smtp.data.piece.before", FT_UINT64, BASE_DEC, NULL, 0,
                           NULL, HFILL}},
        {&hf_fragments, {"DATA fragments", "smtp.data.fragments", FT_NONE, BASE_NONE, NULL, 0, "Message fragments", HFILL}},
        {&hf_fragment, {"DATA fragment", "smtp.data.fragment", FT_FRAMENUM, BASE_NONE, NULL, 0, "Message fragment", HFILL}},
        {&hf_fragment_count, {"DATA fragment count", "smtp.data.fragment.count", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_reassembled_in, {"Reassembled DATA in frame", "smtp.data.reassembled.in", FT_FRAMENUM, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_reassembled_length, {"Reassembled DATA length", "smtp.data.reassembled.length", FT_UINT32, BASE_DEC, NULL, 0, NULL,
                                  HFILL}},
        {&hf_size_declared, {"Size announced by MAIL", "smtp.data.size.declared", FT_UINT64, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_size_note, {"Size", "smtp.data.size.limit", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
    };
    static int *ett[] = {&ett_piece, &ett_fragments};
    static ei_register_info ei[] = {
        {&ei_too_big, {"smtp.expert.message_too_big", PI_REASSEMBLE, PI_NOTE,
                       "Message is larger than the preference esmtp.max_message: not put together", EXPFILL}},
    };
    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
    esmtp_experts_register(ei, G_N_ELEMENTS(ei));
}
