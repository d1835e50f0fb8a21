/* proxy.c
 * Wireshark has a dissector for these headers, which shows all that is in them. It would go on to whoever has the port,
 * and (from 4.4 on, asked as a heuristic) take the whole conversation for its own: so it gets the header alone.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "proxy.h"

#include <epan/column-info.h> /* to see whether the Info column is read */
#include <epan/to_str.h>

#include "../../core/parse/proxy.h"
#include "../show/fields.h"
#include "../show/findings.h"
#include "../show/items.h"

static int hf_proxy = -1;
static int hf_source = -1;
static int hf_port = -1;
static int ett_smtp = -1;
static int ett_proxy = -1;

/* Wireshark's: handles for version 1 and 2 from 4.4 on; before, a heuristic for both. */
static dissector_handle_t handles[3];
static heur_dtbl_entry_t *heuristic;

static esmtp_span_t octets_of(tvbuff_t *tvb)
{
    size_t len = tvb_captured_length(tvb);
    return esmtp_span(len ? tvb_get_ptr(tvb, 0, (int)len) : NULL, len);
}

uint32_t esmtp_proxy_look(const esmtp_call_t *call, bool *cut)
{
    esmtp_span_t octets = call->octets;
    uint32_t reported = tvb_reported_length(call->tvb);
    esmtp_proxy_t header;
    *cut = false;
    switch (esmtp_proxy_parse(octets, &header)) {
    case ESMTP_PROXY_NONE: return 0;
    case ESMTP_PROXY_WHOLE: return (uint32_t)header.total;
    case ESMTP_PROXY_SHORT: break;
    }
    if (reported > octets.len)
        return octets.len >= ESMTP_PROXY_SIGNATURE ? reported : 0;
    *cut = true;
    return 0;
}

bool esmtp_proxy_begins(tvbuff_t *tvb)
{
    esmtp_proxy_t header;
    return esmtp_proxy_parse(octets_of(tvb), &header) == ESMTP_PROXY_WHOLE;
}

/* --- what it says ----------------------------------------------------------------------------- */

/* The client's address as text; NULL if the header does not tell. */
static const char *source_text(wmem_allocator_t *pool, const esmtp_proxy_t *header)
{
    esmtp_span_t octets = header->source.address;
    address source;
    switch (header->form) {
    case ESMTP_PROXY_UNKNOWN: return NULL;
    case ESMTP_PROXY_TEXT:
    case ESMTP_PROXY_UNIX: return esmtp_text(pool, (const char *)octets.p, octets.len);
    case ESMTP_PROXY_IPV4:
    case ESMTP_PROXY_IPV6: break;
    }
    set_address(&source, header->form == ESMTP_PROXY_IPV4 ? AT_IPv4 : AT_IPv6, (int)octets.len, octets.p);
    return address_to_str(pool, &source);
}

static const char *client_text(wmem_allocator_t *pool, const esmtp_proxy_t *header, const char *source)
{
    if (header->version == 0)
        return "cut by the capture";
    if (!source)
        return header->local ? "the proxy itself" : "no address";
    if (header->form == ESMTP_PROXY_UNIX)
        return source;
    return wmem_strdup_printf(pool, "%s port %u", source, header->source.port);
}

static void source_add(proto_tree *tree, tvbuff_t *tvb, const esmtp_proxy_t *header, const char *source)
{
    esmtp_span_t octets = header->source.address;
    int offset = octets.len ? (int)(octets.p - octets_of(tvb).p) : 0;
    if (!source)
        return;
    esmtp_add_string(tree, hf_source, tvb, offset, (int)octets.len, source);
    if (header->form == ESMTP_PROXY_UNIX)
        return;
    proto_item_set_generated(proto_tree_add_uint(tree, hf_port, tvb, 0, 0, header->source.port));
}

static void header_add(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    esmtp_proxy_t header;
    int len = (int)tvb_captured_length(tvb);
    (void)esmtp_proxy_parse(octets_of(tvb), &header);
    const char *source = source_text(pinfo->pool, &header);
    const char *client = client_text(pinfo->pool, &header, source);
    proto_item *item = proto_tree_add_item(tree, esmtp_smtp_proto(), tvb, 0, len, ENC_NA);
    item = proto_tree_add_none_format(proto_item_add_subtree(item, ett_smtp), hf_proxy, tvb, 0, len,
                                      "PROXY header: the client is %s", client);
    source_add(proto_item_add_subtree(item, ett_proxy), tvb, &header, source);
    esmtp_finding_add(pinfo, item, ESMTP_FINDING_PROXY_HEADER);
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "SMTP");
    col_add_fstr(pinfo->cinfo, COL_INFO, "C: PROXY (%s)", client);
}

/* --- Wireshark's dissector -------------------------------------------------------------------- */

/* Whether it knows the header; a bare "PROXY UNKNOWN" it calls ill-formed. */
static bool is_known(tvbuff_t *tvb, unsigned *version)
{
    static const char bare[] = "PROXY UNKNOWN\r\n";
    esmtp_proxy_t header;
    if (esmtp_proxy_parse(octets_of(tvb), &header) != ESMTP_PROXY_WHOLE || esmtp_span_is(octets_of(tvb), bare))
        return false;
    *version = header.version;
    return true;
}

static void show_all(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    unsigned version;
    if (!is_known(tvb, &version))
        return;
    if (handles[version])
        call_dissector_only(handles[version], tvb, pinfo, tree, NULL);
    else if (heuristic && heuristic->enabled)
        call_heur_dissector_direct(heuristic, tvb, pinfo, tree, NULL);
}

void esmtp_proxy_note(const esmtp_call_t *call, uint32_t seq, uint32_t len)
{
    esmtp_conn_t *conn = call->conn;
    conn->proxy = (esmtp_proxy_place_t){call->pinfo->num, seq, len, call->side};
    conn->ends_told = false; /* the client is somebody else */
    esmtp_stream_pass(call, seq + len - call->seq);
    if (esmtp_session_server(conn->session) == ESMTP_SIDE_NONE)
        esmtp_session_set_server(conn->session, !call->side, false);
}

void esmtp_proxy_dissect(esmtp_call_t *call, proto_tree *tree)
{
    packet_info *pinfo = call->pinfo;
    tvbuff_t *header = tvb_new_subset_length(call->tvb, 0, (int)call->header);
    if (!PINFO_FD_VISITED(pinfo))
        esmtp_proxy_note(call, call->seq, call->header);
    show_all(header, pinfo, tree);
    /* The proxied connection's ends, which that has set for whoever comes next. Ours is the one that TCP has. */
    pinfo->use_conv_addr_port_endpoints = false;
    header_add(header, pinfo, tree);
    bool more = call->header < call->octets.len;
    if (more)
        esmtp_call_set_octets(call, tvb_new_subset_remaining(call->tvb, (int)call->header));
    else
        call->tvb = NULL;
    call->seq += call->header;
}

void esmtp_proxy_add_shown(const esmtp_call_t *call, proto_tree *tree)
{
    tvbuff_t *whole = tvb_get_ds_tvb(call->tvb);
    int offset = tvb_raw_offset(call->tvb) - (int)call->shown;
    if (offset >= 0)
        header_add(tvb_new_subset_length(whole, offset, (int)call->shown), call->pinfo, tree);
}

void esmtp_proxy_register(void)
{
    static hf_register_info hf[] = {
        {&hf_proxy,
         {"PROXY header", "smtp.proxy", FT_NONE, BASE_NONE, NULL, 0,
          "What a proxy or load balancer says of the client, before the dialogue", HFILL}},
        {&hf_source,
         {"Source", "smtp.proxy.source", FT_STRING, BASE_NONE, NULL, 0, "The real client's address", HFILL}},
        {&hf_port, {"Port", "smtp.proxy.port", FT_UINT16, BASE_DEC, NULL, 0, "The real client's port", HFILL}},
    };
    static int *ett[] = {&ett_smtp, &ett_proxy};
    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
}

void esmtp_proxy_handoff(int proto_esmtp)
{
    handles[1] = find_dissector_add_dependency("proxy_v1", proto_esmtp);
    handles[2] = find_dissector_add_dependency("proxy_v2", proto_esmtp);
    heuristic = find_heur_dissector_by_unique_short_name("proxy_tcp");
}
