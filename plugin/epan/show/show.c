/* show.c
 * One call of the dissector: SMTP item, its parts in the order of the wire, Info column, messages.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "show.h"

#include "findings.h"

#include <epan/column-info.h> /* where the column's fence stands: no function tells */

#include "collect.h"
#include "explain.h"
#include "fields.h"
#include "message.h"
#include "tell.h"
#include "tree_answer.h"
#include "tree_auth.h"
#include "tree_command.h"
#include "tree_common.h"
#include "tree_ehlo.h"
#include "tree_message.h"
#include "tree_params.h"
#include "tree_reply.h"
#include "tree_sasl.h"
#include "tree_session.h"
#include "tree_transaction.h"
#include "wanted.h"

/* A tree may hold a million items; a frame of empty lines alone would need more. Beyond this number no further line is
 * shown: room is left for what one line may add at most (parameters and lists have limits of their own), and for other
 * layers. */
#define ITEMS_MAX 500000

/* Lines of one reply that are shown as one. */
#define REPLY_LINES_MAX 10000

static int hf_not_shown = -1;
static int ett_smtp = -1;

/* --- Info column ------------------------------------------------------------------------------ */

/* The frame that was shown last, and the octets of its column that no further call for it may change. */
static struct {
    uint32_t frame;
    int fence;
} last_shown;

static int info_fence(const column_info *cinfo)
{
    for (int i = cinfo->col_first[COL_INFO]; i <= cinfo->col_last[COL_INFO]; i++) {
        if (cinfo->columns[i].fmt_matx[COL_INFO])
            return cinfo->columns[i].col_fence;
    }
    return 0;
}

/* Whether the frame has shown octets before these: a further TLS record, or what stands after a line that TCP put
 * together. What they add to the column stands after. When a frame is shown anew, its column is shorter than what the
 * last time left. */
static bool shown_before(const packet_info *pinfo)
{
    return last_shown.frame == pinfo->num && last_shown.fence && info_fence(pinfo->cinfo) >= last_shown.fence;
}

/* Writes octets "from" to end - 1 of what is to stand there after what does. */
static void info_write(esmtp_show_t *show, size_t from, size_t end)
{
    if (!show->info)
        return;
    char text[COL_MAX_INFO_LEN];
    memcpy(text, show->info + from, end - from);
    text[end - from] = '\0';
    if (from)
        col_append_str(show->pinfo->cinfo, COL_INFO, text);
    else
        col_add_str(show->pinfo->cinfo, COL_INFO, text);
}

/* --- facts ------------------------------------------------------------------------------------ */

/* Facts i to n - 1 that are lines of the same reply as the one at i; at least one. */
static size_t reply_end(const esmtp_show_t *show, size_t i, size_t n)
{
    uint32_t end = esmtp_facts_at(show->facts, i)->index + REPLY_LINES_MAX;
    for (size_t k = i; k < n; k++) {
        const esmtp_fact_t *fact = esmtp_facts_at(show->facts, k);
        if (fact->kind != ESMTP_FACT_REPLY || (k > i && (fact->flags & ESMTP_FF_FIRST || fact->index >= end)))
            return k;
        if (fact->flags & ESMTP_FF_LAST)
            return k + 1;
    }
    return n;
}

static void item_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset)
{
    switch ((esmtp_fact_kind_t)fact->kind) {
    case ESMTP_FACT_COMMAND: esmtp_command_add(show, fact, offset); break;
    case ESMTP_FACT_AUTH: esmtp_auth_line_add(show, fact, offset); break;
    case ESMTP_FACT_TEXT:
    case ESMTP_FACT_CHUNK:
    case ESMTP_FACT_BLOB: esmtp_piece_add(show, fact, offset); break;
    case ESMTP_FACT_EOM: esmtp_end_mark_add(show, fact, offset); break;
    case ESMTP_FACT_LINE: esmtp_unknown_add(show, fact, offset); break;
    case ESMTP_FACT_GAP: esmtp_gap_add(show, fact, offset); break;
    case ESMTP_FACT_PART: esmtp_part_add(show, fact, offset); break;
    case ESMTP_FACT_REPLY:
    case ESMTP_FACT_NONE: break;
    }
}

static bool is_end_of_line(const esmtp_fact_t *fact)
{
    bool line = fact->kind == ESMTP_FACT_COMMAND || fact->kind == ESMTP_FACT_AUTH || fact->kind == ESMTP_FACT_LINE;
    return fact->flags & ESMTP_FF_TAIL && line && fact->whole;
}

/* A line whose beginning was shown in an earlier segment, when it was taken for something else: it is shown where it
 * ends, as a source of octets of its own. */
static void whole_line_add(esmtp_show_t *show, const esmtp_fact_t *fact)
{
    tvbuff_t *tvb = show->tvb;
    esmtp_fact_t line = *fact;
    line.len = fact->whole->len;
    line.eol = fact->whole->eol;
    show->tvb = tvb_new_child_real_data(tvb, fact->whole->octets, line.len, (int)line.len);
    add_new_data_source(show->pinfo, show->tvb, "Line in several segments");
    item_add(show, &line, 0);
    show->tvb = tvb;
}

static void fact_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset)
{
    if (is_end_of_line(fact))
        whole_line_add(show, fact);
    else
        item_add(show, fact, offset);
}

static bool is_full(const esmtp_show_t *show)
{
    return show->tree && PTREE_DATA(show->tree)->count > ITEMS_MAX;
}

/* Says how many lines are left out: those of facts i to n - 1. */
static void rest_add(esmtp_show_t *show, size_t i, size_t n, int offset, int len)
{
    proto_item *item = proto_tree_add_uint(show->tree, hf_not_shown, show->tvb, offset, len, (uint32_t)(n - i));
    proto_item_set_generated(item);
    esmtp_finding_add_format(show->pinfo, item, ESMTP_FINDING_LIMIT,
                             "Too many lines in this frame: the rest is not shown");
}

/* Messages that are completed by what is left out are handed over and exported all the same. */
static void messages_of_rest(esmtp_show_t *show, size_t i, size_t n)
{
    for (; i < n; i++) {
        const esmtp_fact_t *fact = esmtp_facts_at(show->facts, i);
        if (fact->flags & ESMTP_FF_COMPLETE)
            (void)esmtp_show_message(show, fact->extra, UINT64_MAX);
    }
}

static void facts_add(esmtp_show_t *show, const esmtp_shown_t *shown)
{
    int offset = (int)shown->old;
    for (size_t i = shown->first; i < shown->last;) {
        const esmtp_fact_t *fact = esmtp_facts_at(show->facts, i);
        show->at = i;
        show->about = NULL;
        if (is_full(show)) {
            rest_add(show, i, shown->last, offset, (int)shown->used - offset);
            messages_of_rest(show, i, shown->last);
            return;
        }
        if (fact->kind != ESMTP_FACT_REPLY) {
            fact_add(show, fact, offset);
            offset += (int)fact->len;
            i++;
            continue;
        }
        size_t n = reply_end(show, i, MIN(shown->last, i + REPLY_LINES_MAX));
        offset = esmtp_reply_add(show, i, n, offset);
        i = n;
    }
}

/* Hands over the messages that ended here, after all items of the call. In the Info column what IMF says of each stands
 * where it ended, before what came later. */
static void messages_add(esmtp_show_t *show)
{
    size_t written = 0;
    wmem_list_frame_t *m = show->messages ? wmem_list_head(show->messages) : NULL;
    for (; m; m = wmem_list_frame_next(m)) {
        const esmtp_completed_t *completed = wmem_list_frame_data(m);
        info_write(show, written, completed->info_len);
        written = completed->info_len;
        esmtp_message_add(show, completed);
    }
    if (!written || written < show->info_len)
        info_write(show, written, show->info_len);
}

/* Whether the server speaks: of octets that were seen before, whoever spoke last on this side. */
static bool is_from_server(const esmtp_shown_t *shown)
{
    size_t i = shown->first < shown->last ? shown->first + 1 : esmtp_facts_find(shown->facts, shown->pinfo->num);
    return i && esmtp_facts_at(shown->facts, i - 1)->flags & ESMTP_FF_FROM_SERVER;
}

/* Whether a line of the call is one of a list of extensions. */
static bool lists_extensions(const esmtp_shown_t *shown)
{
    for (size_t i = shown->first; i < shown->last; i++) {
        const esmtp_fact_t *fact = esmtp_facts_at(shown->facts, i);
        if (fact->kind == ESMTP_FACT_REPLY && fact->flags & ESMTP_FF_HELLO &&
            (fact->index || !(fact->flags & ESMTP_FF_LAST)))
            return true;
    }
    return false;
}

static void parts_add(esmtp_show_t *show, const esmtp_shown_t *shown)
{
    if (shown->first < shown->last) {
        show->lists = show->tree && show->server && show->wanted & ESMTP_WANT_REPLY && lists_extensions(shown);
        show->seq = esmtp_facts_at(show->facts, shown->first)->seq - (uint32_t)shown->old;
        facts_add(show, shown);
        esmtp_connection_add(show, esmtp_facts_at(show->facts, shown->last - 1));
    } else {
        esmtp_retransmission_add(show, shown->old);
        esmtp_connection_add(show, NULL);
    }
}

/* What the end of the connection shows. */
static void end_finding_add(const esmtp_show_t *show, proto_item *item)
{
    esmtp_finding_id_t id = esmtp_connection_end_finding(show->connection);
    if (id)
        esmtp_finding_add(show->pinfo, item, id);
}

void esmtp_show(const esmtp_shown_t *shown, proto_tree *root)
{
    packet_info *pinfo = shown->pinfo;
    char info[COL_MAX_INFO_LEN];
    esmtp_show_t show = {
        .tvb = shown->tvb,
        .pinfo = pinfo,
        .root = root,
        .facts = shown->facts,
        .connection = shown->connection,
        .server = is_from_server(shown),
        .later = PINFO_FD_VISITED(pinfo),
        .tls = shown->tls,
        .tls_version = shown->tls_version,
        .starttls_in = shown->starttls_in,
        .wanted = esmtp_fields_wanted(root, pinfo),
    };
    esmtp_findings_begin();
    proto_item *item = proto_tree_add_item(root, esmtp_smtp_proto(), shown->tvb, 0, (int)shown->used, ENC_NA);
    show.tree = proto_item_add_subtree(item, ett_smtp);
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "SMTP");
    if (pinfo->cinfo && col_get_writable(pinfo->cinfo, COL_INFO)) {
        show.info = info;
        show.more = shown_before(pinfo);
    }
    parts_add(&show, shown);
    if (shown->sum_up)
        esmtp_session_add(&show);
    if (shown->sum_up && show.later)
        end_finding_add(&show, item);
    if (shown->undecided && !show.server)
        esmtp_finding_add(pinfo, item, ESMTP_FINDING_UNDECIDED);
    messages_add(&show);
    esmtp_tell_call(&show, shown->first, shown->last, (int)shown->old);
    if (!show.info)
        return;
    col_set_fence(pinfo->cinfo, COL_INFO);
    last_shown.frame = pinfo->num;
    last_shown.fence = info_fence(pinfo->cinfo);
}

void esmtp_show_register(void)
{
    static hf_register_info hf[] = {
        {&hf_not_shown,
         {"Lines not shown", "smtp.lines_not_shown", FT_UINT32, BASE_DEC, NULL, 0,
          "Lines of this frame that follow and would make its tree too large", HFILL}},
    };
    static int *ett[] = {&ett_smtp};
    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
    esmtp_common_register();
    esmtp_explain_fields_register();
    esmtp_command_register();
    esmtp_reply_register();
    esmtp_answer_register();
    esmtp_ehlo_register();
    esmtp_params_register();
    esmtp_message_register();
    esmtp_auth_register();
    esmtp_transaction_register();
    esmtp_session_register();
}

void esmtp_show_handoff(int proto_esmtp)
{
    esmtp_collect_handoff();
    esmtp_message_handoff(proto_esmtp);
    esmtp_sasl_handoff(proto_esmtp);
}
