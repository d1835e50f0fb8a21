/* plugin.c
 * The symbols that Wireshark looks for in a module, and nothing else.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ws_compat.h"

#include "wire/packet-esmtp.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT const char plugin_version[] = ESMTP_VERSION;
EXPORT const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
EXPORT const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

EXPORT void plugin_register(void);
EXPORT uint32_t plugin_describe(void);

EXPORT void plugin_register(void)
{
    static proto_plugin plugin;

    plugin.register_protoinfo = esmtp_proto_register;
    plugin.register_handoff = esmtp_proto_handoff;
    proto_register_plugin(&plugin);
}

EXPORT uint32_t plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR;
}
