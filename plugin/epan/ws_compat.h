/* ws_compat.h
 * The only place that knows that Wireshark's plugin interface changes: newest names for all, mapped backwards. Each
 * shim says what changed when, and goes when that version goes.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_WS_COMPAT_H
#define ESMTP_WS_COMPAT_H

#include <stdbool.h>
#include <stdint.h>

#include <ws_version.h>

#define ESMTP_WS_AT_LEAST(major, minor) \
    (WIRESHARK_VERSION_MAJOR > (major) || (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

/* The dissector headers of 4.0 name this macro before they define it. */
#if !ESMTP_WS_AT_LEAST(4, 2)
#include <ws_symbol_export.h>
#endif

/* format_text() moved to wsutil/str_util.h in 4.2. */
#if !ESMTP_WS_AT_LEAST(4, 2)
#include <epan/strutil.h>
#endif

#include <epan/conversation.h>
#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/prefs.h>
#include <epan/proto_data.h>
#include <epan/tap.h>
#include <epan/tvbuff.h>
#include <wsutil/str_util.h>

/* 4.4 renamed the octet getters. */
#if !ESMTP_WS_AT_LEAST(4, 4)
#define tvb_get_uint8  tvb_get_guint8
#define tvb_find_uint8 tvb_find_guint8
#endif

/* 4.4 turned gboolean into bool in preferences and heuristics, 4.2 already in the callbacks of a table that users edit.
 * The sizes differ: a bool where a gboolean is expected would be written over its end. */
#if ESMTP_WS_AT_LEAST(4, 4)
typedef bool esmtp_bool_t;
#else
typedef gboolean esmtp_bool_t;
#endif
#if ESMTP_WS_AT_LEAST(4, 2)
typedef bool esmtp_uat_bool_t;
#else
typedef gboolean esmtp_uat_bool_t;
#endif

/* 4.4: plugins describe themselves. */
#if ESMTP_WS_AT_LEAST(4, 4)
#include <wsutil/plugins.h>
#else
#define WS_PLUGIN_DESC_DISSECTOR 0
#endif

/* 4.2 wants format_text() to get a char pointer; 4.0 an unsigned one. */
#if ESMTP_WS_AT_LEAST(4, 2)
#define esmtp_format_text(scope, s, len) format_text(scope, (const char *)(s), len)
#else
#define esmtp_format_text(scope, s, len) format_text(scope, (const guchar *)(s), len)
#endif

/* 4.6 named this anew, and calls the old name deprecated. */
#if ESMTP_WS_AT_LEAST(4, 6)
#define esmtp_try_string(table, name, tvb, pinfo, tree) \
    dissector_try_string_with_data(table, name, tvb, pinfo, tree, true, NULL)
#else
#define esmtp_try_string(table, name, tvb, pinfo, tree) dissector_try_string(table, name, tvb, pinfo, tree, NULL)
#endif

/* 4.0 has no name for the parameter of string tables. */
#ifndef STRING_CASE_INSENSITIVE
#define STRING_CASE_INSENSITIVE 1
#endif

/* What a TLS heuristic gets as data: 4.0 a pointer to the session's handle, 4.2 a struct that holds one. Taken for one
 * another, they let it write into memory that is not its own. */
#include <epan/dissectors/packet-tls.h>
static inline void esmtp_set_tls_app_handle(void *data, dissector_handle_t handle)
{
#if ESMTP_WS_AT_LEAST(4, 2)
    struct tlsinfo *info = data;
    if (info && info->app_handle)
        *info->app_handle = handle;
#else
    dissector_handle_t *app_handle = data;
    if (app_handle)
        *app_handle = handle;
#endif
}

/* What TLS keeps of a frame: the plaintext of its records. packet-tls-utils.h, which declares it, wants the headers of
 * libgcrypt for other things; tests/test_copies.py holds this against it. (4.2: not known whether it has
 * dtls13_seq_suffix; with 64 bits next lies where it does in 4.0 and in 4.4.) */
typedef struct esmtp_tls_record {
    unsigned char *plain_data;
    unsigned data_len;
    int id;
    int type; /* of the plaintext: ContentType */
    void *flow;
#if ESMTP_WS_AT_LEAST(4, 6)
    uint64_t record_seq;
    uint32_t seq;
#elif ESMTP_WS_AT_LEAST(4, 4)
    uint32_t seq;
    uint16_t dtls13_seq_suffix;
#else
    uint32_t seq;
#endif
    struct esmtp_tls_record *next;
} esmtp_tls_record_t;

typedef struct {
    esmtp_tls_record_t *records;
} esmtp_tls_packet_t;

/* 4.6: what begins a statistic says whether it could. */
#if ESMTP_WS_AT_LEAST(4, 6)
typedef bool esmtp_stat_init_t;
#define ESMTP_STAT_INIT_DONE return true
#else
typedef void esmtp_stat_init_t;
#define ESMTP_STAT_INIT_DONE return
#endif

/* 4.2: a follower says how many streams there are, so that windows can go to the next one. For whoever includes
 * packet-tcp.h and follow.h. */
#if ESMTP_WS_AT_LEAST(4, 2)
#define esmtp_register_follow(proto, tap, conversation, index, addresses, port, packet) \
    register_follow_stream(proto, tap, conversation, index, addresses, port, packet, get_tcp_stream_count, NULL)
#else
#define esmtp_register_follow register_follow_stream
#endif

/* epan/sequence_analysis.h is not installed by any version; 4.4 turned its gboolean into bool. */
typedef struct {
    uint32_t frame_number;
    address src_addr;
    uint16_t port_src;
    address dst_addr;
    uint16_t port_dst;
    char *frame_label; /* on the arrow */
    char *time_str;
    char *comment;     /* beside the graph */
    uint16_t conv_num; /* for colours */
    unsigned fg_color, bg_color;
    esmtp_bool_t has_color_filter;
    esmtp_bool_t display;
    unsigned src_node, dst_node;
    uint16_t line_style;
    uint32_t info_type;
    void *info_ptr;
} esmtp_seq_item_t;
/* As far as it is used. */
typedef struct {
    const char *name;
    esmtp_bool_t any_addr;
    int nconv;
    GQueue *items;
} esmtp_seq_info_t;
extern void register_seq_analysis(const char *name, const char *ui_name, const int proto_id, const char *tap_listener,
                                  unsigned tap_flags, tap_packet_cb tap_func);
extern esmtp_seq_item_t *sequence_analysis_create_sai_with_addresses(packet_info *pinfo, esmtp_seq_info_t *info);
extern void sequence_analysis_use_color_filter(packet_info *pinfo, esmtp_seq_item_t *item);

/* 4.6 shows a span of time in the unit that suits it; older ones show all of them in seconds. */
#define ESMTP_TIMES_IN_SECONDS (!ESMTP_WS_AT_LEAST(4, 6))

/* 4.6: a label knows where in it the value stands. */
static inline void esmtp_label_value(item_label_t *label, size_t pos, size_t len)
{
#if ESMTP_WS_AT_LEAST(4, 6)
    label->value_pos = pos;
    label->value_len = len;
#else
    (void)label, (void)pos, (void)len;
#endif
}

#endif /* ESMTP_WS_COMPAT_H */
