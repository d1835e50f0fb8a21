/* tls.c
 * RFC 3207: behind the 220 that answers STARTTLS everything is TLS.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls.h"

/* packet-tls-utils.h, which declares this, wants the headers of libgcrypt for other things. */
extern uint32_t ssl_starttls_ack(dissector_handle_t tls_handle, packet_info *pinfo, dissector_handle_t app_handle);

static dissector_handle_t tls_handle;
static dissector_handle_t inside_handle;

void esmtp_tls_hand_off(const esmtp_call_t *call, const esmtp_found_t *found)
{
    for (size_t i = found->first; i < found->last; i++) {
        const esmtp_fact_t *fact = esmtp_facts_at(&found->stream->facts, i);
        if (fact->flags & ESMTP_FF_TLS_NEXT && tls_handle)
            ssl_starttls_ack(tls_handle, call->pinfo, inside_handle);
    }
}

void esmtp_tls_handoff(int proto_esmtp, dissector_handle_t inside)
{
    tls_handle = find_dissector_add_dependency("tls", proto_esmtp);
    inside_handle = inside;
}
