/* tree_common.c
 * What several kinds of thing have: links between commands and replies, marks of the connection, holes.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree_common.h"

#include "findings.h"
#include "fields.h"
#include "items.h"
#include "wanted.h"

static int hf_req = -1;
static int hf_request_in = -1;
static int hf_response_in = -1;
static int hf_refusal = -1;
static int hf_time = -1;
static int hf_time_server = -1;
static int hf_lmtp = -1;
static int hf_tls = -1;
static int hf_starttls_in = -1;
static int hf_alert = -1;
static int hf_gap = -1;
static int hf_retransmission = -1;
static int hf_not_captured = -1;
static int hf_line_part = -1;
static int hf_line_in = -1;

void esmtp_note_add(esmtp_show_t *show, const char *words)
{
    esmtp_add_gen_words_about(show->tree, hf_not_captured, show->tvb, "Note on ", show->about, words);
}

void esmtp_request_mark(esmtp_show_t *show)
{
    if (!show->hidden_done && show->wanted & ESMTP_WANT_COMMAND)
        proto_item_set_hidden(proto_tree_add_boolean(show->tree, hf_req, show->tvb, 0, 0, 1));
    show->hidden_done = true;
}

static void refusal_add(esmtp_show_t *show, const esmtp_fact_t *fact)
{
    const char *words = esmtp_fact_refusal(fact);
    if (!words || !esmtp_wanted(show->tree, hf_refusal))
        return;
    words =
        wmem_strdup_printf(show->pinfo->pool, "%u %s", fact->code, esmtp_text(show->pinfo->pool, words, strlen(words)));
    proto_item *item = esmtp_add_gen_string(show->tree, hf_refusal, show->tvb, words);
    if (show->about && esmtp_seen(show->tree))
        proto_item_set_text(item, "Refusal of %s: %s", show->about, words);
}

static void link_add(esmtp_show_t *show, uint32_t frame)
{
    esmtp_add_gen_uint_about(show->tree, hf_response_in, show->tvb, "Response to ", show->about, " in", frame);
}

/* The replies to a message for one recipient each (LMTP, PRDR), but the last of all, which the fact has. */
static void links_for_each_add(esmtp_show_t *show, const esmtp_fact_t *fact)
{
    const esmtp_message_t *message = fact->flags & ESMTP_FF_MESSAGE ? fact->extra : NULL;
    const esmtp_txn_t *txn = message ? message->txn : NULL;
    const esmtp_rcpt_t *rcpt = txn && txn->message == message ? txn->rcpts : NULL;
    for (uint32_t before = 0; rcpt; rcpt = rcpt->next) {
        uint32_t frame = rcpt->final ? rcpt->final->frame : 0;
        if (frame > before && frame != fact->link)
            link_add(show, frame);
        before = MAX(before, frame);
    }
}

void esmtp_response_in_add(esmtp_show_t *show, const esmtp_fact_t *fact)
{
    if (!show->tree || !show->later || !(show->wanted & ESMTP_WANT_PAIRING))
        return;
    if (fact->link) {
        links_for_each_add(show, fact);
        link_add(show, fact->link);
    } else if (!(fact->flags & ESMTP_FF_UNEXPECTED_NONE)) {
        esmtp_note_add(show, "no reply in the capture");
    }
    refusal_add(show, fact);
}

/* What of the time of a reply is not the network's: that of a round trip is taken off. The time counts from where the
 * capture was made; close to the server little of it is the network's, and nothing may be left. */
static void server_time_add(esmtp_show_t *show, proto_tree *tree, int64_t time_of_reply)
{
    int64_t trip = esmtp_connection_round_trip(show->connection);
    if (trip > 0 && time_of_reply >= 0)
        esmtp_add_gen_time(tree, hf_time_server, show->tvb, MAX(time_of_reply - trip, 0));
}

void esmtp_request_in_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact)
{
    if (!tree || !(show->wanted & ESMTP_WANT_PAIRING))
        return;
    if (fact->link)
        esmtp_add_gen_uint(tree, hf_request_in, show->tvb, fact->link);
    if (fact->flags & ESMTP_FF_TIMED) {
        proto_item *item = esmtp_add_gen_time(tree, hf_time, show->tvb, fact->delta);
        if (fact->delta < 0)
            esmtp_finding_add(show->pinfo, item, ESMTP_FINDING_NEGATIVE_TIME);
        server_time_add(show, tree, fact->delta);
    }
    if (fact->flags & ESMTP_FF_LOST_PEER)
        esmtp_note_add(show, "no command in the capture");
}

void esmtp_connection_add(esmtp_show_t *show, const esmtp_fact_t *last)
{
    if (!show->tree || !(show->wanted & ESMTP_WANT_CONNECTION))
        return;
    if (last && last->flags & ESMTP_FF_LMTP)
        esmtp_add_gen_true(show->tree, hf_lmtp, show->tvb);
    if (!show->tls)
        return;
    esmtp_add_gen_true(show->tree, hf_tls, show->tvb);
    if (show->starttls_in)
        esmtp_add_gen_uint(show->tree, hf_starttls_in, show->tvb, show->starttls_in);
}

void esmtp_alert_add(esmtp_show_t *show, proto_tree *tree)
{
    const char *alert = esmtp_connection_alert(show->pinfo->pool, show->connection);
    if (alert)
        esmtp_add_gen_words(tree, hf_alert, show->tvb, alert);
}

static const char *gap_text(esmtp_show_t *show, const esmtp_fact_t *fact)
{
    if (!fact->missing)
        return "an unknown number of octets";
    return wmem_strdup_printf(show->pinfo->pool, "%u octet%s", fact->missing, plurality(fact->missing, "", "s"));
}

void esmtp_gap_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset)
{
    const char *text = gap_text(show, fact);
    static const char *const names[] = {"Missing from the capture", "Not captured", "Withheld by TCP",
                                        "Cut off by the capture"};
    proto_item *item = proto_tree_add_uint_format(show->tree, hf_gap, show->tvb, offset, 0, fact->missing, "%s: %s",
                                                  names[fact->code % G_N_ELEMENTS(names)], text);
    proto_item_set_generated(item);
    esmtp_findings_add(show->pinfo, show->wanted, item, fact);
    esmtp_show_info(show, wmem_strdup_printf(show->pinfo->pool, "[%s missing]", text));
}

void esmtp_part_add(esmtp_show_t *show, const esmtp_fact_t *fact, int offset)
{
    proto_tree_add_uint_format(show->tree, hf_line_part, show->tvb, offset, (int)fact->len, fact->len,
                               "Part of a line: %u octet%s", fact->len, plurality(fact->len, "", "s"));
    if (fact->link)
        esmtp_add_gen_uint(show->tree, hf_line_in, show->tvb, fact->link);
    esmtp_show_info(show, "Part of a line");
}

void esmtp_retransmission_add(esmtp_show_t *show, size_t n)
{
    proto_item *item = proto_tree_add_uint_format(show->tree, hf_retransmission, show->tvb, 0, (int)n, (uint32_t)n,
                                                  "Seen before: %zu octet%s", n, plurality(n, "", "s"));
    proto_item_set_generated(item);
    esmtp_show_info(show, "[seen before]");
}

void esmtp_common_register(void)
{
    static hf_register_info hf[] = {
        {&hf_req, {"Request", "smtp.req", FT_BOOLEAN, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_request_in,
         {"Request in", "smtp.request_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0,
          "Frame of the command that this answers", HFILL}},
        {&hf_response_in,
         {"Response in", "smtp.response_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0,
          "Frame of the reply to this command", HFILL}},
        {&hf_refusal,
         {"Refusal", "smtp.refusal", FT_STRING, BASE_NONE, NULL, 0,
          "Of a command or message: code and first line of the reply that refused it", HFILL}},
        {&hf_time,
         {"Time", "smtp.time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "Time since the command; of the greeting: since the connection was opened", HFILL}},
        {&hf_time_server,
         {"Time of the server", "smtp.time.server", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "That time less the connection's initial round trip; not below 0", HFILL}},
        {&hf_lmtp,
         {"LMTP connection", "smtp.lmtp", FT_BOOLEAN, BASE_NONE, NULL, 0, "The connection speaks LMTP (RFC 2033)",
          HFILL}},
        {&hf_tls, {"Inside TLS", "smtp.tls", FT_BOOLEAN, BASE_NONE, NULL, 0, "Decrypted from TLS", HFILL}},
        {&hf_alert,
         {"TLS alert", "smtp.tls.alert", FT_STRING, BASE_NONE, NULL, 0,
          "Which side ended TLS, and why: known in later passes, where its alert can be read", HFILL}},
        {&hf_starttls_in,
         {"TLS started in", "smtp.starttls_in", FT_FRAMENUM, BASE_NONE, NULL, 0, "Frame of the 220 that opened TLS",
          HFILL}},
        {&hf_gap,
         {"Missing octets", "smtp.missing", FT_UINT32, BASE_DEC, NULL, 0,
          "Octets that the capture lacks here; 0 if their number is not known", HFILL}},
        {&hf_retransmission,
         {"Octets seen before", "smtp.seen_before", FT_UINT32, BASE_DEC, NULL, 0,
          "Octets of a retransmission, dissected in an earlier frame", HFILL}},
        {&hf_line_part,
         {"Part of a line", "smtp.line_part", FT_UINT32, BASE_DEC, NULL, 0,
          "Octets of a line that comes in very many segments", HFILL}},
        {&hf_line_in,
         {"Line ends in", "smtp.line_in", FT_FRAMENUM, BASE_NONE, NULL, 0, "Frame that ends this line and shows it",
          HFILL}},
        {&hf_not_captured,
         {"Note", "smtp.not_captured", FT_STRING, BASE_NONE, NULL, 0, "What the capture lacks", HFILL}},
    };
    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
}
