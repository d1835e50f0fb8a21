/*
 * A dissector that takes all and shows nothing, for Decode As. Plain data has lines of its own, which -V prints: over
 * plain data, a dissector would have these for nothing.
 *
 * And a search on any port that never finds anything: what Wireshark itself takes to ask one more of them.
 */
#include <stdint.h>

#include <epan/packet.h>
#include <epan/proto.h>
#include <ws_version.h>

const char plugin_version[] = "0";
const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

void plugin_register(void);
uint32_t plugin_describe(void);

#if WIRESHARK_VERSION_MAJOR > 4 || (WIRESHARK_VERSION_MAJOR == 4 && WIRESHARK_VERSION_MINOR >= 4)
typedef bool heur_result_t;
#else
typedef gboolean heur_result_t;
#endif

static int proto;

static int dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    (void)pinfo, (void)tree, (void)data;
    return (int)tvb_captured_length(tvb);
}

static heur_result_t refuse(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    (void)tvb, (void)pinfo, (void)tree, (void)data;
    return 0;
}

static void register_protocol(void)
{
    proto = proto_register_protocol("Nothing", "Nothing", "nothing");
}

static void hand_off(void)
{
    dissector_handle_t handle = create_dissector_handle(dissect, proto);

    dissector_add_for_decode_as("tcp.port", handle);
    dissector_add_for_decode_as("tls.port", handle);
    heur_dissector_add("tcp", refuse, "Nothing over TCP", "nothing_tcp", proto, HEURISTIC_ENABLE);
}

void plugin_register(void)
{
    static proto_plugin plugin;

    plugin.register_protoinfo = register_protocol;
    plugin.register_handoff = hand_off;
    proto_register_plugin(&plugin);
}

uint32_t plugin_describe(void)
{
    return 1; /* WS_PLUGIN_DESC_DISSECTOR, where there is one */
}
