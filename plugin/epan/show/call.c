/* call.c
 * What one call of the dissector has shown so far: its Info column and the messages that were completed.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "call.h"

#include "collect.h"
#include "items.h"

/* --- Info column ------------------------------------------------------------------------------ */

static void info_put(esmtp_show_t *show, const char *p, size_t n)
{
    size_t room = COL_MAX_INFO_LEN - 1 - show->info_len;
    if (n > room) { /* cut, but not in the middle of a character */
        const char *end;
        g_utf8_validate(p, (gssize)room, &end);
        n = (size_t)(end - p);
    }
    memcpy(show->info + show->info_len, p, n);
    show->info_len += n;
}

static void info_separate(esmtp_show_t *show)
{
    bool begins = show->info_len == 0 && !show->more;
    info_put(show, begins ? (show->server ? "S: " : "C: ") : " | ", 3);
}

void esmtp_show_info(esmtp_show_t *show, const char *text)
{
    if (!show->info)
        return;
    info_separate(show);
    info_put(show, text, strlen(text));
}

void esmtp_show_info_more(esmtp_show_t *show, const char *text)
{
    if (show->info)
        info_put(show, text, strlen(text));
}

void esmtp_show_info_octets(esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len)
{
    if (!show->info)
        return;
    if (!(fact->flags & ESMTP_FF_PLAIN) || len <= 0) {
        const void *p = len > 0 ? tvb_get_ptr(show->tvb, offset, len) : NULL;
        esmtp_show_info(show, p ? esmtp_text_line(show->pinfo->pool, p, (size_t)len) : "");
        return;
    }
    info_separate(show);
    info_put(show, (const char *)tvb_get_ptr(show->tvb, offset, len), (size_t)len);
}

int esmtp_show_whole(const esmtp_show_t *show, const esmtp_fact_t *fact, int offset, int len)
{
    int captured = (int)tvb_captured_length(show->tvb);
    bool cut = esmtp_fact_has(fact, ESMTP_FINDING_NO_EOL) && !fact->eol && offset + len == captured &&
               captured < (int)tvb_reported_length(show->tvb);
    if (!cut || len <= 0)
        return len;
    return (int)esmtp_span_but_last_word(esmtp_span(tvb_get_ptr(show->tvb, offset, len), (size_t)len)).len;
}

/* --- messages --------------------------------------------------------------------------------- */

const esmtp_completed_t *esmtp_show_message(esmtp_show_t *show, esmtp_message_t *message, uint64_t head)
{
    esmtp_completed_t *completed = wmem_new(show->pinfo->pool, esmtp_completed_t);
    completed->message = message;
    esmtp_span_t octets = esmtp_collected_octets(message, show->pinfo, show->tvb, show->seq);
    completed->octets = esmtp_span_to(octets, (size_t)MIN(head, SIZE_MAX));
    completed->incomplete = head != UINT64_MAX;
    completed->info_len = show->info_len;
    if (!show->messages)
        show->messages = wmem_list_new(show->pinfo->pool);
    wmem_list_append(show->messages, completed);
    return completed;
}
