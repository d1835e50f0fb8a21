/* plugin.c
 * The symbols that Wireshark looks for in a module, and nothing else.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* For WS_DLL_PUBLIC: a module for Windows exports by it. */
#define WS_BUILD_DLL
#include "ws_compat.h"
#include <ws_symbol_export.h>

#include <epan/tap.h>

#include "taps/taps.h"
#include "wire/packet-esmtp.h"

WS_DLL_PUBLIC_DEF const char plugin_version[] = ESMTP_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC uint32_t plugin_describe(void);

void plugin_register(void)
{
    static proto_plugin plugin;

    plugin.register_protoinfo = esmtp_proto_register;
    plugin.register_handoff = esmtp_proto_handoff;
    proto_register_plugin(&plugin);

    static tap_plugin taps;
    taps.register_tap_listener = esmtp_taps_register_options;
    tap_register_plugin(&taps);
}

uint32_t plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR;
}
