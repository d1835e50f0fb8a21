/* collect.c
 * Message octets: collected once, in file memory, one copy. Of the octets in the frame that completes the message no
 * copy is kept, as long as the message is short: they are there whenever it is shown. Most mails come in one to four
 * segments.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "collect.h"

#include <epan/prefs-int.h> /* a preference of another module: no other way to read it */

/* What the client says its message will take is believed up to here, and up to so many times its first octets: room for
 * it is made at once. */
#define ROOM_DECLARED (64u << 10)
#define ROOM_TIMES    16

/* To put a message together for a packet takes a copy; with more octets before the last ones these are kept, too.
 */
#define JOINED_MAX (64u << 10)

/* Octets of one message that are kept at most; beyond, a tvb (31 bits) and memory end. */
static unsigned max_message = 1u << 30;

static pref_t *desegment_data;

bool esmtp_collect_joined(void)
{
    return !desegment_data || prefs_get_bool_value(desegment_data, pref_current);
}

uint64_t esmtp_collect_limit(void)
{
    return MIN(max_message, INT32_MAX);
}

/* --- collecting ------------------------------------------------------------------------------- */

static esmtp_collected_t *collected(esmtp_collector_t *collector, const esmtp_facts_t *facts, esmtp_message_t *message)
{
    esmtp_collected_t *c = message->user;
    if (c)
        return c;
    c = message->user = wmem_new0(wmem_file_scope(), esmtp_collected_t);
    c->number = ++collector->messages;
    c->facts = facts;
    return c;
}

/* Most messages are small, and pieces of memory that are given back are seldom of a size that is asked for again: the
 * first room is what is known to be needed. */
static uint32_t room_first(const esmtp_message_t *message, uint32_t n)
{
    uint64_t declared = message->txn ? message->txn->declared : UINT64_MAX;
    return declared <= ROOM_DECLARED ? (uint32_t)MAX(n, MIN(declared, (uint64_t)n * ROOM_TIMES)) : n;
}

static void keep(const esmtp_message_t *message, const uint8_t *p, uint32_t n)
{
    esmtp_collected_t *c = message->user;
    if (c->len + n > c->room) {
        uint64_t room = c->room ? c->room : room_first(message, n);
        while (room < c->len + n)
            room *= 2;
        c->room = (uint32_t)room;
        c->data = wmem_realloc(wmem_file_scope(), c->data, room);
    }
    memcpy(c->data + c->len, p, n);
    c->len += n;
}

/* Leaves octets where they are, as long as they are there. */
static bool borrow(esmtp_feeding_t *feeding, esmtp_message_t *message, const uint8_t *p, uint32_t n)
{
    esmtp_collected_t *c = message->user;
    if (c->len > JOINED_MAX || !feeding || p < feeding->octets.p || p >= feeding->octets.p + feeding->octets.len)
        return false;
    feeding->borrowing = message;
    c->tail_seq = feeding->seq + (uint32_t)(p - feeding->octets.p);
    c->tail = n;
    return true;
}

static void give_back(esmtp_feeding_t *feeding)
{
    esmtp_message_t *message = feeding->borrowing;
    if (!message)
        return;
    esmtp_collected_t *c = message->user;
    uint32_t n = c->tail;
    feeding->borrowing = NULL;
    c->tail = 0;
    keep(message, feeding->octets.p + (c->tail_seq - feeding->seq), n);
}

void esmtp_collect_feed(esmtp_collector_t *collector, esmtp_feeding_t *feeding)
{
    collector->feeding = feeding;
}

void esmtp_collect_fed(esmtp_collector_t *collector)
{
    give_back(collector->feeding);
    collector->feeding = NULL;
}

void esmtp_collect_keep(esmtp_collector_t *collector)
{
    if (collector->feeding)
        give_back(collector->feeding);
}

void esmtp_collect_text(esmtp_collector_t *collector, const esmtp_facts_t *facts, esmtp_message_t *message,
                        const uint8_t *p, size_t n)
{
    esmtp_collected_t *c = collected(collector, facts, message);
    esmtp_collect_keep(collector);
    if (!c->too_big && c->len + n > esmtp_collect_limit()) {
        wmem_free(wmem_file_scope(), c->data);
        c->data = NULL;
        c->len = c->room = 0;
        c->too_big = true;
    }
    if (!c->too_big && !borrow(collector->feeding, message, p, (uint32_t)n))
        keep(message, p, (uint32_t)n);
}

void esmtp_collect_end(esmtp_collector_t *collector, const esmtp_facts_t *facts, esmtp_message_t *message)
{
    esmtp_feeding_t *feeding = collector->feeding;
    esmtp_collected_t *c = collected(collector, facts, message);
    if (feeding && feeding->borrowing == message && !message->incomplete)
        feeding->borrowing = NULL; /* never to be given back */
    if (!c->data || c->room == c->len)
        return;
    c->data = wmem_realloc(wmem_file_scope(), c->data, c->len);
    c->room = c->len;
}

void esmtp_collect_cut(esmtp_collector_t *collector, esmtp_message_t *message, uint64_t octets)
{
    esmtp_collected_t *c = message->user;
    esmtp_collect_keep(collector);
    if (!c)
        return;
    c->tail = 0;
    c->len = (uint32_t)MIN(c->len, octets);
    if (c->len)
        return;
    wmem_free(wmem_file_scope(), c->data);
    c->data = NULL;
    c->room = 0;
}

/* --- what was collected ----------------------------------------------------------------------- */

const esmtp_collected_t *esmtp_collected(const esmtp_message_t *message)
{
    return message->user;
}

esmtp_span_t esmtp_collected_octets(const esmtp_message_t *message, const packet_info *pinfo, tvbuff_t *tvb,
                                    uint32_t seq)
{
    const esmtp_collected_t *c = message->user;
    if (!c || !c->tail)
        return esmtp_span(c ? c->data : NULL, c ? c->len : 0);
    const uint8_t *tail = tvb_get_ptr(tvb, (int)(c->tail_seq - seq), (int)c->tail);
    if (!c->len)
        return esmtp_span(tail, c->tail);
    uint8_t *joined = wmem_alloc(pinfo->pool, (size_t)c->len + c->tail);
    memcpy(joined, c->data, c->len);
    memcpy(joined + c->len, tail, c->tail);
    return esmtp_span(joined, (size_t)c->len + c->tail);
}

void esmtp_collect_register(module_t *module)
{
    prefs_register_uint_preference(
        module, "max_message", "Largest message to collect (octets)",
        "Messages of more octets are not put together, handed to the IMF dissector or exported.", 10, &max_message);
}

void esmtp_collect_handoff(void)
{
    module_t *smtp = prefs_find_module("smtp");
    desegment_data = smtp ? prefs_find_preference(smtp, "desegment_data") : NULL;
}
