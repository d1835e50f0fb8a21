/* kept.c
 * Known limit: a line with octets missing in the middle has parts without an end.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kept.h"

#include "../../core/session/framing.h"

/* Lines of one direction. Lives with the capture file. */
struct esmtp_kept {
    esmtp_whole_line_t *line; /* the one under way; NULL if none is */
    uint32_t room;            /* for octets of it */
    uint32_t first;           /* its first part among these */
    uint32_t next;            /* TCP: sequence number of the octet that comes next */
    bool follows;             /* no octets are missing before it */
    uint32_t peer;            /* facts of the peer when its newest part came */
    esmtp_facts_t parts;      /* PART: in order; with .whole, where a line ends */
};

static esmtp_stream_t *stream_of(const esmtp_call_t *call)
{
    return &call->conn->streams[call->layer][call->side];
}

/* --- keeping ---------------------------------------------------------------------------------- */

static void octets_add(esmtp_kept_t *kept, esmtp_span_t octets)
{
    uint32_t n = kept->line ? kept->line->len : 0;
    if (!kept->line || n + octets.len > kept->room) {
        kept->room = MAX(2 * kept->room, n + (uint32_t)octets.len);
        kept->line = wmem_realloc(wmem_file_scope(), kept->line, sizeof *kept->line + kept->room);
    }
    memcpy(kept->line->octets + n, octets.p, octets.len);
    kept->line->len = n + (uint32_t)octets.len;
}

/* The octets of the call, but for the old ones at its start, are a part. */
static esmtp_fact_t *part_add(const esmtp_call_t *call, esmtp_kept_t *kept, size_t old)
{
    bool server = esmtp_session_server(call->conn->session) == call->side;
    esmtp_fact_t *part = esmtp_stream_fact(&kept->parts);
    part->kind = ESMTP_FACT_PART;
    part->flags = server ? ESMTP_FF_FROM_SERVER : 0;
    part->frame = call->pinfo->num;
    part->call = (uint16_t)esmtp_stream_calls(call);
    part->seq = call->seq + (uint32_t)old;
    part->len = (uint32_t)(call->octets.len - old);
    return part;
}

/* What is shown of a call that is a part. */
static void part_found(const esmtp_call_t *call, const esmtp_kept_t *kept, size_t i, esmtp_found_t *found)
{
    const esmtp_fact_t *part = esmtp_facts_at(&kept->parts, i);
    *found = (esmtp_found_t){.facts = &kept->parts, .first = i, .last = i + 1};
    found->old = call->have_seq ? part->seq - call->seq : 0;
    found->used = found->old + part->len;
    esmtp_stream_call_used(call);
}

void esmtp_kept_begin(const esmtp_call_t *call, esmtp_found_t *found)
{
    esmtp_stream_t *stream = stream_of(call);
    if (found->used || !call->can_ask || stream->asked <= ESMTP_KEPT_AFTER)
        return;
    if (!stream->kept)
        stream->kept = wmem_new0(wmem_file_scope(), esmtp_kept_t);
    esmtp_kept_t *kept = stream->kept;
    kept->first = kept->parts.n;
    kept->room = 0;
    kept->peer = call->conn->streams[call->layer][!call->side].facts.n;
    kept->next = call->seq + (uint32_t)call->octets.len;
    kept->follows = !call->have_seq || call->seq == stream->next;
    octets_add(kept, call->octets);
    part_add(call, kept, 0);
    part_found(call, kept, kept->first, found);
}

/* --- going on --------------------------------------------------------------------------------- */

/* Whether octets are taken now that end with these n: the line ends, or something else tells what they are. */
static bool is_taken(const esmtp_call_t *call, esmtp_kept_t *kept, size_t n)
{
    const esmtp_stream_t *stream = stream_of(call);
    esmtp_session_t *session = call->conn->session;
    esmtp_span_t line = esmtp_span(kept->line->octets, kept->line->len);
    bool cut = tvb_reported_length(call->tvb) > call->octets.len;
    bool answered = kept->peer != call->conn->streams[call->layer][!call->side].facts.n;
    kept->peer = call->conn->streams[call->layer][!call->side].facts.n;
    if (answered) {
        esmtp_stamp_t at = esmtp_stream_stamp(call, stream->next);
        esmtp_session_text_due(session, &at);
    }
    return esmtp_framing_takes(session, call->side, line, line.len - n, !call->can_ask || cut || call->fin);
}

/* The call gets the line, which ends with its own octets. */
static void join(esmtp_call_t *call, const esmtp_whole_line_t *line)
{
    uint32_t captured = (uint32_t)call->octets.len;
    uint32_t lost = tvb_reported_length(call->tvb) - captured;
    call->kept = line->len - captured;
    call->seq -= call->kept;
    esmtp_call_set_octets(call, tvb_new_child_real_data(call->tvb, line->octets, line->len, (int)(line->len + lost)));
    add_new_data_source(call->pinfo, call->tvb, "Line in many segments");
}

/* The line under way ends in this call. */
static void end(esmtp_call_t *call, esmtp_kept_t *kept, size_t old)
{
    for (uint32_t i = kept->first; i < kept->parts.n; i++)
        esmtp_facts_at(&kept->parts, i)->link = call->pinfo->num;
    part_add(call, kept, old)->whole = kept->line;
    join(call, kept->line);
    kept->line = NULL;
}

/* Octets are missing in the middle of the line: what was kept of it is nothing. */
static void drop(esmtp_kept_t *kept)
{
    wmem_free(wmem_file_scope(), kept->line);
    kept->line = NULL;
}

bool esmtp_kept_go_on(esmtp_call_t *call, esmtp_found_t *found)
{
    esmtp_stream_t *stream = stream_of(call);
    esmtp_kept_t *kept = stream->kept;
    size_t captured = call->octets.len;
    if (!kept || !kept->line)
        return false;
    int32_t old = call->have_seq ? (int32_t)(kept->next - call->seq) : 0;
    if (old < 0) {
        drop(kept);
        stream->asked = 0;
        return false;
    }
    if ((size_t)old >= captured) {
        *found = (esmtp_found_t){.facts = &stream->facts, .first = stream->facts.n, .last = stream->facts.n};
        found->used = found->old = captured;
        return true;
    }
    size_t n = captured - (size_t)old;
    octets_add(kept, esmtp_span_from(call->octets, (size_t)old));
    if (is_taken(call, kept, n)) {
        end(call, kept, (size_t)old);
        return false;
    }
    part_add(call, kept, (size_t)old);
    part_found(call, kept, kept->parts.n - 1, found);
    kept->next += (uint32_t)n;
    if (kept->follows)
        stream->partial += (uint32_t)n;
    return true;
}

/* --- later visits ----------------------------------------------------------------------------- */

/* Which part the octets of the call are; kept->parts.n if they are none. */
static size_t part_of(const esmtp_call_t *call, const esmtp_kept_t *kept)
{
    size_t i = esmtp_facts_find(&kept->parts, call->pinfo->num);
    while (i < kept->parts.n && esmtp_facts_at(&kept->parts, i)->frame == call->pinfo->num) {
        if (esmtp_stream_belongs(call, esmtp_facts_at(&kept->parts, i)))
            return i;
        i++;
    }
    return kept->parts.n;
}

bool esmtp_kept_find(esmtp_call_t *call, esmtp_found_t *found)
{
    const esmtp_kept_t *kept = stream_of(call)->kept;
    size_t i = kept ? part_of(call, kept) : 0;
    if (!kept || i == kept->parts.n)
        return false;
    const esmtp_fact_t *part = esmtp_facts_at(&kept->parts, i);
    if (part->whole) {
        join(call, part->whole);
        return false;
    }
    part_found(call, kept, i, found);
    return true;
}

bool esmtp_kept_is_open(const esmtp_call_t *call)
{
    const esmtp_kept_t *kept = stream_of(call)->kept;
    if (!kept)
        return false;
    return PINFO_FD_VISITED(call->pinfo) ? part_of(call, kept) < kept->parts.n : kept->line != NULL;
}
