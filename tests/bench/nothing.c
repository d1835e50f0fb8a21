/*
 * A dissector that takes all and shows nothing, for Decode As. Plain data has lines of its own, which -V prints: over
 * plain data, a dissector would have these for nothing.
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

static int proto;

static int dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    (void)pinfo, (void)tree, (void)data;
    return (int)tvb_captured_length(tvb);
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
