/* plugin_fuzz.c
 * The whole plugin inside Wireshark: a script becomes the segments of two TCP connections, which Wireshark dissects as
 * it does a file: once in order, then again in order, then (every other input) from the last to the first, with a tree
 * that is visible from SMTP on. The plugin's sources are built into this program with sanitizers; libwireshark is the
 * machine's own (written for 4.0).
 *
 * What holds: nothing crashes, no dissector bug is reported (but for one that TLS finds in itself), and the SMTP items
 * and the Info column of a later visit do not depend on the order of the visits.
 *
 * Options of the script: 1 with handshakes; 2, 4 port (PORTS); 8 the client's port is the server's; 16 TCP brings
 * segments into order; 32 secrets masked, AUTH not decoded; 64 no tree on the first visit; 128 real sequence numbers. A
 * segment with T is made a record of TLS; on the port of the stand-in for TLS what octet 0x17 separates is called for
 * one by one.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "fuzz.h"

#include "epan/ws_compat.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/column.h>
#include <epan/column-info.h>
#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/exceptions.h>
#include <epan/frame_data.h>
#include <epan/tap.h>
#include <epan/timestamp.h>
#include <wiretap/wtap.h>
#include <wsutil/filesystem.h>
#include <wsutil/privileges.h>
#include <wsutil/wslog.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
void plugin_register(void);

enum { HANDSHAKE = 1, SAME_PORTS = 8, REORDER = 16, MASK = 32, NO_TREE = 64, REAL_NUMBERS = 128 };

/* SMTP; SMTP inside TLS; the stand-in for TLS; nobody's. */
#define STAND_IN 4465
static const uint16_t ports[] = {25, 465, STAND_IN, 4025};

#define FRAMES_MAX (FUZZ_SEGMENTS_MAX * 2 + 8)
#define HEADERS    40
#define FRAME_MAX  (HEADERS + 5 + 255 + FUZZ_SAID_MAX)

typedef struct {
    frame_data fd;
    wtap_rec rec;
    uint8_t *octets;
    uint64_t digest; /* of what the second visit showed */
} frame_t;

typedef struct {
    uint32_t next;
    uint8_t history[255]; /* the octets before it */
} side_t;

/* Inputs that are dissected as parts of one file: to open one takes longer than an input, and what they hold stays in
 * memory until it is closed. Each input has addresses of its own. */
#define INPUTS_PER_FILE 100

typedef struct {
    epan_t *epan;
    uint32_t inputs; /* so far */
    uint32_t frames_before;
    uint8_t options;
    side_t sides[2][2]; /* connection, side */
    size_t n;
    frame_t frames[FRAMES_MAX];
} capture_t;

static column_info columns;

/* --- a stand-in for TLS ----------------------------------------------------------------------- */

static dissector_handle_t inside;

/* Gives its octets to SMTP: all at once, or the records between the octets 0x17. */
static int dissect_stand_in(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    int len = (int)tvb_captured_length(tvb), start = 0;
    (void)data;
    for (int end; start < len; start = end + 1) {
        end = tvb_find_guint8(tvb, start, -1, 0x17);
        bool whole = start == 0 && end < 0;
        if (end < 0)
            end = len;
        pinfo->can_desegment = whole ? pinfo->saved_can_desegment : 0;
        if (end > start)
            call_dissector_only(inside, whole ? tvb : tvb_new_subset_length(tvb, start, end - start), pinfo, tree,
                                NULL);
    }
    return len;
}

static int proto_stand_in = -1;

static void register_stand_in(void)
{
    proto_stand_in = proto_register_protocol("Stand-in for TLS", "Stand-in", "standin");
}

static void hand_off_stand_in(void)
{
    inside = find_dissector("esmtp-inside-tls");
    dissector_add_uint("tcp.port", STAND_IN, create_dissector_handle(dissect_stand_in, proto_stand_in));
}

/* --- Wireshark -------------------------------------------------------------------------------- */

static const nstime_t *frame_time(struct packet_provider_data *provider, guint32 number)
{
    static const nstime_t some = {1, 0};
    (void)provider, (void)number;
    return &some;
}

static bool names_asked_for;

/* Takes the place of libwsutil's. With each file that is opened, Wireshark reads its lists of names of ports and
 * vendors anew, which takes a fifth of a second, and gives back what it had read (8 MB) only at its own end: so there
 * are no lists. The environment variable for this folder does nothing for root. */
char *get_datafile_path(const char *name)
{
    names_asked_for = true;
    return g_build_filename("/nonexistent", name, NULL);
}

static void set_preference(const char *text)
{
    char *copy = g_strdup(text), *error = NULL;
    CHECK(prefs_set_pref(copy, &error) == PREFS_SET_OK);
    g_free(error);
    g_free(copy);
}

static void choose(const char *name, const char *value)
{
    char *text = g_strdup_printf("%s:%s", name, value);
    set_preference(text);
    g_free(text);
}

static void set_preferences(uint8_t options)
{
    static int now = -1;
    uint8_t wanted = options & (REORDER | MASK | REAL_NUMBERS);
    if (now == wanted)
        return;
    now = wanted;
    choose("tcp.reassemble_out_of_order", wanted & REORDER ? "TRUE" : "FALSE");
    choose("tcp.relative_sequence_numbers", wanted & REAL_NUMBERS ? "FALSE" : "TRUE");
    choose("esmtp.mask_secrets", wanted & MASK ? "everywhere" : "off");
    choose("esmtp.decode_auth", wanted & MASK ? "FALSE" : "TRUE");
    prefs_apply_all();
}

/* Other protocols' heuristics only cost time and find bugs of their own (JXTA's asks TCP for more and then declines).
 */
static void keep_ours(const char *table, struct heur_dtbl_entry *entry, void *data)
{
    (void)table, (void)data;
    entry->enabled = g_str_has_prefix(entry->short_name, "smtp_");
}

/* What TLS of 4.0 (packet-tls.c) takes for its own bug when the fragments of a handshake seem to come from the other
 * end at once, and again when such a frame is shown anew. */
static bool is_known_of_tls(const char *text)
{
    return strstr(text, "/packet-tls.c:") &&
           (g_str_has_suffix(text, "failed assertion \"fh\"") ||
            g_str_has_suffix(text, "failed assertion \"frag_info && frag_info->offset == 0\""));
}

/* Takes the place of libwireshark's: what is known is thrown, as Wireshark does. All others stop here. */
void proto_report_dissector_bug(const char *format, ...)
{
    static char text[1000];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (is_known_of_tls(text))
        THROW_MESSAGE(DissectorError, text);
    fprintf(stderr, "dissector bug: %s\n", text);
    abort();
}

static tap_packet_status tap_nothing(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *record,
                                     tap_flags_t flags)
{
    (void)data, (void)pinfo, (void)edt, (void)record, (void)flags;
    return TAP_PACKET_DONT_REDRAW;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static proto_plugin stand_in = {register_stand_in, hand_off_stand_in};
    (void)argc, (void)argv;
    g_setenv("WIRESHARK_DEBUG_WMEM_OVERRIDE", "simple", 1);
    g_setenv("WIRESHARK_ABORT_ON_DISSECTOR_BUG", "1", 1); /* what is wrong with registrations */
    g_setenv("WIRESHARK_ABORT_ON_TOO_MANY_ITEMS", "1", 1);
    g_setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    g_setenv("HOME", "/nonexistent", 1);
    ws_log_set_level(LOG_LEVEL_CRITICAL);
    init_process_policies();
    timestamp_set_type(TS_RELATIVE);
    timestamp_set_precision(TS_PREC_AUTO);
    timestamp_set_seconds_type(TS_SECONDS_DEFAULT);
    wtap_init(FALSE);
    plugin_register();
    proto_register_plugin(&stand_in);
    CHECK(epan_init(NULL, NULL, FALSE));
    CHECK(proto_get_id_by_filter_name("esmtp") > 0 && inside);
    CHECK(names_asked_for);
    e_prefs *preferences = epan_load_settings();
    build_column_format_array(&columns, preferences->num_cols, TRUE);
    heur_dissector_table_foreach("tcp", keep_ours, NULL);
    heur_dissector_table_foreach("tls", keep_ours, NULL);
    GString *error =
        register_tap_listener("credentials", &columns, NULL, TL_REQUIRES_NOTHING, NULL, tap_nothing, NULL, NULL);
    CHECK(!error);
    return 0;
}

static bool payload_seen; /* in this visit */

/* Takes the place of libwireshark's, and calls it: the tree becomes visible with what TCP carries. What is above it
 * takes more than half of the time to label, and nobody looks at it. */
gboolean decode_tcp_ports(tvbuff_t *tvb, int offset, packet_info *pinfo, proto_tree *tree, int src_port, int dst_port,
                          struct tcp_analysis *tcpd, struct tcpinfo *tcpinfo)
{
    static gboolean (*real)(tvbuff_t *, int, packet_info *, proto_tree *, int, int, struct tcp_analysis *,
                            struct tcpinfo *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "decode_tcp_ports");
    payload_seen = true;
    if (tree)
        proto_tree_set_visible(tree, TRUE);
    return real(tvb, offset, pinfo, tree, src_port, dst_port, tcpd, tcpinfo);
}

/* --- from a script to frames ------------------------------------------------------------------ */

enum { FIN = 1, SYN = 2, ACK = 16 };

static void put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
    put16(p, value >> 16);
    put16(p + 2, value);
}

static void put_headers(uint8_t *p, const capture_t *c, bool other, bool server, uint32_t seq, uint32_t ack,
                        uint8_t flags, size_t len)
{
    uint16_t port = ports[c->options >> 1 & 3], client = c->options & SAME_PORTS ? port : 40000 + other;
    memset(p, 0, HEADERS);
    p[0] = 0x45;
    put16(p + 2, (uint32_t)(HEADERS + len));
    p[8] = 64;
    p[9] = 6;
    uint32_t from = (10u << 24) + 2 * c->inputs + other, to = 0xc6336419;
    put32(p + 12, server ? to : from);
    put32(p + 16, server ? from : to);
    put16(p + 20, server ? port : client);
    put16(p + 22, server ? client : port);
    put32(p + 24, seq);
    put32(p + 28, ack);
    p[32] = 5 << 4;
    p[33] = flags;
    put16(p + 34, 65535);
}

static void add_frame(capture_t *c, bool other, bool server, uint32_t seq, uint32_t ack, uint8_t flags,
                      esmtp_span_t payload, size_t cut_off)
{
    if (c->n == FRAMES_MAX)
        return;
    frame_t *f = &c->frames[c->n++];
    size_t len = HEADERS + payload.len, captured = len - MIN(cut_off, payload.len);
    uint8_t whole[FRAME_MAX];
    put_headers(whole, c, other, server, seq, ack, flags, payload.len);
    if (payload.len)
        memcpy(whole + HEADERS, payload.p, payload.len);
    memset(f, 0, sizeof *f);
    f->octets = g_memdup2(whole, captured);
    f->rec.rec_type = REC_TYPE_PACKET;
    f->rec.presence_flags = WTAP_HAS_TS | WTAP_HAS_CAP_LEN;
    f->rec.ts = (nstime_t){1, (int)c->n * 1000};
    f->rec.rec_header.packet_header.caplen = (guint32)captured;
    f->rec.rec_header.packet_header.len = (guint32)len;
    f->rec.rec_header.packet_header.pkt_encap = WTAP_ENCAP_RAW_IP;
    frame_data_init(&f->fd, c->frames_before + (guint32)c->n, &f->rec, 0, 0);
}

static void shake_hands(capture_t *c, bool other)
{
    side_t *sides = c->sides[other];
    esmtp_span_t nothing = {NULL, 0};
    add_frame(c, other, false, sides[0].next++, 0, SYN, nothing, 0);
    add_frame(c, other, true, sides[1].next++, sides[0].next, SYN | ACK, nothing, 0);
    add_frame(c, other, false, sides[0].next, sides[1].next, ACK, nothing, 0);
}

static void remember(side_t *side, esmtp_span_t said)
{
    size_t n = MIN(said.len, sizeof side->history), keep = sizeof side->history - n;
    memmove(side->history, side->history + n, keep);
    memcpy(side->history + keep, said.p + said.len - n, n);
}

static void add_segment(capture_t *c, const fuzz_segment_t *s)
{
    side_t *side = &c->sides[s->other][s->server], *peer = &c->sides[s->other][!s->server];
    uint8_t octets[5 + 255 + FUZZ_SAID_MAX];
    size_t n = s->overlap;
    side->next += s->missing;
    uint32_t seq = side->next - s->overlap;
    memcpy(octets, side->history + sizeof side->history - s->overlap, s->overlap);
    if (s->tls) {
        memcpy(octets + n, "\x17\x03\x03", 3);
        put16(octets + n + 3, (uint32_t)s->octets.len);
        n += 5;
    }
    memcpy(octets + n, s->octets.p, s->octets.len);
    n += s->octets.len;
    for (int i = 0; i <= s->again; i++)
        add_frame(c, s->other, s->server, seq, peer->next + (s->ahead ? 100 : 0), ACK | (s->last ? FIN : 0),
                  esmtp_span(octets, n), s->cut_off);
    side->next = seq + (uint32_t)n;
    remember(side, s->octets);
}

/* --- looking at frames ------------------------------------------------------------------------ */

static void digest_text(uint64_t *digest, const char *text)
{
    for (; *text; text++)
        *digest = (*digest ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
}

static void digest_node(proto_node *node, void *data)
{
    char label[ITEM_LABEL_LENGTH];
    field_info *fi = PNODE_FINFO(node);
    if (fi && fi->rep) {
        digest_text(data, fi->rep->representation);
    } else if (fi) {
        proto_item_fill_label(fi, label);
        digest_text(data, label);
    }
    proto_tree_children_foreach(node, digest_node, data);
}

/* Only SMTP's items: the others are Wireshark's own affair. */
static void digest_layer(proto_node *node, void *data)
{
    field_info *fi = PNODE_FINFO(node);
    if (fi && strcmp(fi->hfinfo->abbrev, "smtp") == 0) {
        CHECK(payload_seen);
        digest_node(node, data);
    }
}

static uint64_t visit(capture_t *c, frame_t *f, bool tree)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    unsigned len = f->rec.rec_header.packet_header.caplen;
    epan_dissect_t *edt = epan_dissect_new(c->epan, tree, FALSE);
    payload_seen = false;
    epan_dissect_run_with_taps(edt, WTAP_FILE_TYPE_SUBTYPE_UNKNOWN, &f->rec,
                               tvb_new_real_data(f->octets, len, (int)f->rec.rec_header.packet_header.len), &f->fd,
                               &columns);
    epan_dissect_fill_in_columns(edt, FALSE, FALSE);
    if (edt->tree)
        proto_tree_children_foreach(edt->tree, digest_layer, &digest);
    digest_text(&digest, col_get_text(&columns, COL_INFO));
    epan_dissect_free(edt);
    return digest;
}

static void visit_all(capture_t *c, bool backwards)
{
    for (size_t i = 0; i < c->n; i++) {
        visit(c, &c->frames[i], !(c->options & NO_TREE));
        c->frames[i].fd.visited = 1;
    }
    for (size_t i = 0; i < c->n; i++)
        c->frames[i].digest = visit(c, &c->frames[i], true);
    for (size_t i = c->n; backwards && i-- > 0;)
        CHECK(visit(c, &c->frames[i], true) == c->frames[i].digest);
}

/* Closes a file that is long, opens one if none is open. */
static void renew(capture_t *c)
{
    static const struct packet_provider_funcs functions = {.get_frame_ts = frame_time};
    if (c->epan && c->inputs % INPUTS_PER_FILE == 0) {
        epan_free(c->epan);
        c->epan = NULL;
        c->frames_before = 0;
    }
    if (!c->epan)
        c->epan = epan_new(NULL, &functions);
}

static void make_frames(capture_t *c, const fuzz_script_t *script)
{
    c->options = script->options;
    c->n = 0;
    for (size_t i = 0; i < 4; i++)
        c->sides[i / 2][i % 2] = (side_t){.next = 1000 + 4000 * (uint32_t)i};
    bool open[2] = {!(c->options & HANDSHAKE), !(c->options & HANDSHAKE)};
    for (size_t i = 0; i < script->n; i++) {
        const fuzz_segment_t *segment = &script->segments[i];
        if (!open[segment->other])
            shake_hands(c, segment->other);
        open[segment->other] = true;
        add_segment(c, segment);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fuzz_script_t script;
    static capture_t c;
    fuzz_read(esmtp_span(data, size), &script);
    set_preferences(script.options);
    renew(&c);
    make_frames(&c, &script);
    visit_all(&c, size % 2);
    for (size_t i = 0; i < c.n; i++) {
        frame_data_destroy(&c.frames[i].fd);
        g_free(c.frames[i].octets);
    }
    c.frames_before += (uint32_t)c.n;
    c.inputs++;
    return 0;
}
