/* follow.c
 * The dialogue of a connection. See follow.h.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "follow.h"

#include "../show/fields.h"
#include "../show/items.h"
#include "../show/secrets.h"
#include "../show/tell.h"
#include "record.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/follow.h>
#include <epan/funnel.h>
#include <epan/to_str.h>

#define TAP "smtp_follow"

static int tap = -1;

/* What the tap tells: what one side said in a call of the dissector. Lives for one packet. */
typedef struct {
    bool server;
    const uint8_t *octets;
    size_t n;
} said_t;

/* --- what is said ----------------------------------------------------------------------------------- */

static void put(wmem_array_t *out, const void *octets, size_t n)
{
    if (n)
        wmem_array_append(out, octets, (unsigned)n);
}

static void put_fact(const esmtp_show_t *show, wmem_array_t *out, const esmtp_fact_t *fact, int offset)
{
    if (fact->kind == ESMTP_FACT_GAP) {
        char text[64];
        int n = fact->missing ? snprintf(text, sizeof text, "[%u octets missing in capture file]", fact->missing)
                              : snprintf(text, sizeof text, "[octets missing in capture file]");
        put(out, text, (size_t)n);
        return;
    }
    if (!fact->len)
        return;
    const uint8_t *p = tvb_get_ptr(show->tvb, offset, (int)fact->len);
    int len = (int)fact->len - (int)fact->eol;
    int start = esmtp_secrets_hidden_in_columns() ? esmtp_secret_start(fact, p, len) : len;
    if (start >= len) {
        put(out, p, fact->len);
        return;
    }
    put(out, p, (size_t)start);
    put(out, ESMTP_MASK, strlen(ESMTP_MASK));
    put(out, p + len, fact->eol);
}

static bool listens(void)
{
    return have_tap_listener(tap);
}

static void on_call(const esmtp_show_t *show, size_t first, size_t last, int offset)
{
    said_t *said = wmem_new0(show->pinfo->pool, said_t);
    wmem_array_t *out = wmem_array_new(show->pinfo->pool, 1);
    for (size_t i = first; i < last; i++) {
        const esmtp_fact_t *fact = esmtp_facts_at(show->facts, i);
        put_fact(show, out, fact, offset);
        offset += (int)fact->len;
    }
    said->server = show->server;
    said->n = wmem_array_get_count(out);
    said->octets = said->n ? wmem_array_get_raw(out) : NULL;
    if (said->n)
        tap_queue_packet(tap, show->pinfo, said);
}

/* --- Follow ----------------------------------------------------------------------------------------- */

static char *stream_filter(unsigned stream, unsigned sub_stream)
{
    (void)sub_stream;
    return g_strdup_printf("tcp.stream eq %u", stream);
}

/* The form is Wireshark's. NOLINTNEXTLINE(readability-non-const-parameter) */
static char *conversation_filter(epan_dissect_t *edt, packet_info *pinfo, unsigned *stream, unsigned *sub_stream)
{
    (void)edt, (void)sub_stream;
    if (pinfo->ptype != PT_TCP)
        return NULL;
    *stream = esmtp_tap_stream(pinfo);
    return stream_filter(*stream, 0);
}

static char *direction_filter(const char *ip, const char *src, int src_port, const char *dst, int dst_port)
{
    return g_strdup_printf("(%s.src eq %s and tcp.srcport eq %d and %s.dst eq %s and tcp.dstport eq %d)", ip, src,
                           src_port, ip, dst, dst_port);
}

static char *address_filter(address *src, address *dst, int src_port, int dst_port)
{
    const char *ip = src->type == AT_IPv6 ? "ipv6" : "ip";
    char *from = address_to_str(NULL, src), *to = address_to_str(NULL, dst);
    char *there = direction_filter(ip, from, src_port, to, dst_port);
    char *back = direction_filter(ip, to, dst_port, from, src_port);
    char *both = g_strdup_printf("(%s or %s)", there, back);
    g_free(there);
    g_free(back);
    wmem_free(NULL, from);
    wmem_free(NULL, to);
    return both;
}

static char *port_text(wmem_allocator_t *pool, unsigned port)
{
    return wmem_strdup_printf(pool, "%u", port);
}

/* The server speaks first in SMTP: who is the client is what the session says, not who speaks first. */
static void roles_set(follow_info_t *info, const packet_info *pinfo, bool server)
{
    info->client_port = server ? pinfo->destport : pinfo->srcport;
    info->server_port = server ? pinfo->srcport : pinfo->destport;
    copy_address(&info->client_ip, server ? &pinfo->dst : &pinfo->src);
    copy_address(&info->server_ip, server ? &pinfo->src : &pinfo->dst);
}

static tap_packet_status follow_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                       tap_flags_t flags)
{
    follow_info_t *info = tapdata;
    const said_t *said = data;
    (void)edt, (void)flags;
    if (info->client_port == 0)
        roles_set(info, pinfo, said->server);
    follow_record_t *record = g_new0(follow_record_t, 1);
    record->data = g_byte_array_append(g_byte_array_sized_new((unsigned)said->n), said->octets, (unsigned)said->n);
    record->packet_num = pinfo->fd->num;
    record->abs_ts = pinfo->fd->abs_ts;
    record->is_server = said->server;
    info->bytes_written[said->server] += (unsigned)said->n;
    info->payload = g_list_prepend(info->payload, record);
    return TAP_PACKET_DONT_REDRAW;
}

/* --- Tools > SMTP > Dialogue --------------------------------------------------------------------------- */

/* Of one direction a line for each of the dialogue's: frame, who, what. */
static tap_packet_status window_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                       tap_flags_t flags)
{
    GString *text = tapdata;
    const said_t *said = data;
    (void)edt, (void)flags;
    for (size_t at = 0; at < said->n;) {
        esmtp_span_t rest = esmtp_span(said->octets + at, said->n - at);
        size_t end = esmtp_span_find(rest, '\n'), len = end;
        while (len && rest.p[len - 1] == '\r')
            len--;
        g_string_append_printf(text, "%6u %s: %s\n", pinfo->num, said->server ? "S" : "C",
                               esmtp_text_line(pinfo->pool, rest.p, len));
        at += MIN(end + 1, rest.len);
    }
    return TAP_PACKET_DONT_REDRAW;
}

static void window_open(void *userdata)
{
    const funnel_ops_t *ops = funnel_get_funnel_ops();
    (void)userdata;
    if (!ops || !ops->new_text_window)
        return;
    GString *text = g_string_new(NULL);
    GString *error = register_tap_listener(TAP, text, ops->get_filter(ops->ops_id), TL_REQUIRES_NOTHING, NULL,
                                           window_packet, NULL, NULL);
    if (!error) {
        ops->retap_packets(ops->ops_id);
        remove_tap_listener(text);
    }
    funnel_text_window_t *window = ops->new_text_window(ops->ops_id, "SMTP dialogue");
    ops->set_text(window, error ? error->str : text->str);
    g_string_free(text, TRUE);
    if (error)
        g_string_free(error, TRUE);
}

void esmtp_follow_register(void)
{
    static esmtp_listener_t listener = {.listens = listens, .call = on_call};
    tap = register_tap(TAP);
    esmtp_register_follow(esmtp_smtp_proto(), TAP, conversation_filter, stream_filter, address_filter, port_text,
                          follow_packet);
    funnel_register_menu("SMTP/Dialogue", REGISTER_TOOLS_GROUP_UNSORTED, window_open, NULL, NULL, false);
    esmtp_listen(&listener);
}
