/* options.c
 * Preferences are read anew for each capture, when all of them are in force. smtp.decryption is not among them: it
 * is off by default, esmtp.decode_auth on, and nobody can tell a default from a choice.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "options.h"

#include <epan/prefs-int.h> /* to read a preference of Wireshark's own dissector */

static esmtp_bool_t desegment = true;

static bool lines = true;
static bool tcp_withholds;

/* A preference of a dissector of Wireshark's own; true if it has none of that name. */
static bool builtin_option(const char *protocol, const char *name)
{
    module_t *module = prefs_find_module(protocol);
    pref_t *pref = module ? prefs_find_preference(module, name) : NULL;
    return !pref || prefs_get_bool_value(pref, pref_current);
}

static void read_options(void)
{
    lines = desegment && builtin_option("smtp", "desegment_lines");
    tcp_withholds = builtin_option("tcp", "analyze_sequence_numbers") &&
                    builtin_option("tcp", "no_subdissector_on_error") &&
                    !builtin_option("tcp", "reassemble_out_of_order");
}

bool esmtp_option_lines(void)
{
    return lines;
}

bool esmtp_option_tcp_withholds(void)
{
    return tcp_withholds;
}

void esmtp_options_register(module_t *module)
{
    prefs_register_bool_preference(module, "desegment",
                                   "Reassemble lines that span several TCP segments or TLS records",
                                   "Otherwise what each segment or record holds is shown as it is. Wireshark's own "
                                   "smtp.desegment_lines means the same: if either is off, lines are not reassembled.",
                                   &desegment);
    register_init_routine(read_options);
}
