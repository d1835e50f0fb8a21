/* addresses.c
 * Conversations of mail addresses. See addresses.h.
 *
 * A mail counts when a reply ended it, once for each of its recipients, whether that was accepted or not.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "addresses.h"

#include "../show/items.h"
#include "record.h"

#include <epan/conversation_table.h>

/* Addresses are strings and not fields of a packet that one filter could name: none is offered for "<>". */
static const char *conversation_field(conv_item_t *item, conv_filter_type_e filter)
{
    (void)item;
    switch (filter) {
    case CONV_FT_SRC_ADDRESS: return "smtp.transaction.sender";
    case CONV_FT_DST_ADDRESS: return "smtp.transaction.recipient";
    default: return CONV_FILTER_INVALID;
    }
}

static const char *endpoint_field(endpoint_item_t *item, conv_filter_type_e filter)
{
    (void)item, (void)filter;
    return CONV_FILTER_INVALID;
}

static ct_dissector_info_t conversation_info = {conversation_field};
static et_dissector_info_t endpoint_info = {endpoint_field};

/* The tables copy addresses and show them as they are. */
static void set_mail_address(wmem_allocator_t *pool, address *a, const char *octets)
{
    const char *text = octets && *octets ? esmtp_text_line(pool, octets, strlen(octets)) : "<>";
    set_address(a, AT_STRINGZ, (int)strlen(text) + 1, text);
}

static const esmtp_verdict_t *verdict_of(const esmtp_record_t *record)
{
    return record->ended && !record->ended->withdrawn ? esmtp_txn_verdict(record->ended) : NULL;
}

static int octets_of(const esmtp_verdict_t *verdict)
{
    return verdict->octets == UINT64_MAX ? 0 : (int)MIN(verdict->octets, INT32_MAX);
}

static tap_packet_status conversation_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                             tap_flags_t flags)
{
    conv_hash_t *hash = tapdata;
    const esmtp_verdict_t *verdict = verdict_of(data);
    address from, to;
    (void)edt;
    if (!verdict)
        return TAP_PACKET_DONT_REDRAW;
    hash->flags = flags;
    set_mail_address(pinfo->pool, &from, verdict->txn->sender);
    uint32_t n = 0;
    for (const esmtp_rcpt_t *rcpt = verdict->txn->rcpts; rcpt && n < verdict->n_rcpts; rcpt = rcpt->next, n++) {
        set_mail_address(pinfo->pool, &to, rcpt->address);
        add_conversation_table_data(hash, &from, &to, 0, 0, 1, octets_of(verdict), &pinfo->rel_ts, &pinfo->abs_ts,
                                    &conversation_info, CONVERSATION_NONE);
    }
    return TAP_PACKET_REDRAW;
}

static tap_packet_status endpoint_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                         tap_flags_t flags)
{
    conv_hash_t *hash = tapdata;
    const esmtp_verdict_t *verdict = verdict_of(data);
    address a;
    (void)edt;
    if (!verdict)
        return TAP_PACKET_DONT_REDRAW;
    hash->flags = flags;
    set_mail_address(pinfo->pool, &a, verdict->txn->sender);
    add_endpoint_table_data(hash, &a, 0, true, 1, octets_of(verdict), &endpoint_info, ENDPOINT_NONE);
    uint32_t n = 0;
    for (const esmtp_rcpt_t *rcpt = verdict->txn->rcpts; rcpt && n < verdict->n_rcpts; rcpt = rcpt->next, n++) {
        set_mail_address(pinfo->pool, &a, rcpt->address);
        add_endpoint_table_data(hash, &a, 0, false, 1, octets_of(verdict), &endpoint_info, ENDPOINT_NONE);
    }
    return TAP_PACKET_REDRAW;
}

void esmtp_addresses_register(void)
{
    register_conversation_table(esmtp_mail_proto(), true, conversation_packet, endpoint_packet);
}
