"""What tests/lib/rooms.py finds: a small plugin that keeps the rules, then one fault at a time."""

import pytest

from rooms import Plugin

GUARDED = "#ifndef {0}_H\n#define {0}_H\n{1}#endif\n"
PLUGIN = {
    "core/span.h": "#include <glib.h>\n#include <stdint.h>\n",
    "core/tables/tables.h": '#include "../span.h"\n',
    "core/tables/tables_private.h": '#include "tables.h"\n',
    "core/tables/verbs.c": '#include "tables_private.h"\n',
    "core/tables/codes.c": '#include "tables_private.h"\n',
    "core/parse/line.h": '#include "../span.h"\n',
    "core/parse/reply.h": '#include "../tables/tables.h"\n',
    "core/parse/reply.c": '#include "reply.h"\n',
    "core/mime/mime.h": '#include "../span.h"\n',
    "core/session/facts.h": '#include "../span.h"\n',
    "core/session/session.h": '#include "facts.h"\n#include "../parse/reply.h"\n',
    "core/session/session_priv.h": '#include "session.h"\n',
    "core/session/pairing.h": "",
    "core/session/pairing.c": '#include "pairing.h"\n#include "session_priv.h"\n',
    "epan/plugin.c": '#include "ws_compat.h"\n#include "wire/wire.h"\n'
                     "const int plugin_want_major = WIRESHARK_VERSION_MAJOR;\n",
    "epan/ws_compat.h": "#if WIRESHARK_VERSION_MAJOR > 4\n#include <epan/new.h>\n#endif\n",
    "epan/show/show.h": GUARDED.format("SHOW", '#include "../ws_compat.h"\n'),
    "epan/show/show.c": '/* show.c */\n#include "show.h"\n#include <string.h>\n#include <epan/packet.h>\n'
                        '#include <epan/column-info.h> /* the fence */\n'
                        '/* One\n * reason. */\n#include <epan/prefs-int.h>\n'
                        '#include "core/session/facts.h"\n#include "../taps/taps.h"\n',
    "epan/taps/taps.h": '#include "../../core/session/facts.h"\n',
    "epan/wire/wire.h": "",
    "epan/wire/wire.c": '#include "wire.h"\n#include "../show/show.h"\n#include "../../core/session/session.h"\n',
}
HEADERS = {
    "epan/packet.h": "/* packet.h\n * Definitions for packet disassembly\n */\n",
    "epan/column-info.h": "/* column-info.h\n * For internal Wireshark use only. "
                          "Don't include this header in dissectors!\n */\n",
    "epan/uat_intern.h": "/** @file\n *  Internal interface\n */\n",
    "epan/friends.h": '/* used by "friends" of the preferences type. */\n',
    "epan/prefs-int.h": "",
}
# Label, file, what it holds besides, and each line that must be found: file, and a word of what is said.
FAULTS = [
    ("core reaches into epan", "core/span.h", '#include "../epan/ws_compat.h"',
     [("core/span.h", "core must not include epan/ws_compat.h")]),
    ("a header of Wireshark's in core", "core/parse/reply.c", "#include <epan/packet.h>",
     [("core/parse/reply.c", "core must not include <epan/packet.h>")]),
    ("and one of its utilities", "core/mime/mime.h", "#include <wsutil/str_util.h>",
     [("core/mime/mime.h", "core must not include <wsutil/str_util.h>")]),
    ("a parser reads the session", "core/parse/reply.c", '#include "../session/facts.h"',
     [("core/parse/reply.c", "core/parse must not include core/session/facts.h")]),
    ("tables parse", "core/tables/verbs.c", '#include "../parse/line.h"',
     [("core/tables/verbs.c", "core/tables must not include core/parse/line.h")]),
    ("the session reads MIME", "core/session/pairing.c", '#include "../mime/mime.h"',
     [("core/session/pairing.c", "core/session must not include core/mime/mime.h")]),
    ("MIME knows SMTP", "core/mime/mime.h", '#include "../parse/line.h"',
     [("core/mime/mime.h", "core/mime must not include core/parse/line.h")]),
    ("the tree reads the live session", "epan/show/show.c", '#include "core/session/session.h"',
     [("epan/show/show.c", "epan/show must not include core/session/session.h")]),
    ("a tap as well", "epan/taps/taps.h", '#include "../../core/session/session.h"',
     [("epan/taps/taps.h", "epan/taps must not include core/session/session.h")]),
    ("the tree calls the wire", "epan/show/tree.c", '#include "../wire/wire.h"',
     [("epan/show/tree.c", "epan/show must not include epan/wire/wire.h")]),
    ("ws_compat.h needs something of the plugin's", "epan/ws_compat.h", '#include "show/show.h"',
     [("epan/ws_compat.h", "must not include"), ("epan/ws_compat.h", "a circle"), ("epan/show/show.h", "a circle")]),
    ("two rooms that need each other", "epan/taps/export.c", '#include "../show/show.h"',
     [("epan/taps/export.c", "epan/show includes epan/taps already"),
      ("epan/show/show.c", "epan/taps includes epan/show already")]),
    ("a room nobody knows", "epan/attic/old.c", '#include "../show/show.h"', [("epan/attic/old.c", "no such room")]),
    ("what is private elsewhere", "epan/wire/wire.c", '#include "core/session/session_priv.h"',
     [("epan/wire/wire.c", "core/session/session_priv.h is private to core/session")]),
    ("a file that is not there", "epan/show/show.c", '#include "tree_all.h"', [("epan/show/show.c", "no file")]),
    ("a circle of two headers", "core/session/facts.h", '#include "session.h"',
     [("core/session/facts.h", "circle of core/session/facts, core/session/session"),
      ("core/session/session.h", "circle")]),
    ("a circle that goes through sources", "core/session/facts.c", '#include "facts.h"\n#include "pairing.h"',
     [("core/session/facts.c", "circle"), ("core/session/session.h", "circle")]),
    ("a header Wireshark keeps to itself", "epan/show/show.c", "\n#include <epan/uat_intern.h>",
     [("epan/show/show.c", "wants nobody to include <epan/uat_intern.h>")]),
    ("or to its friends", "epan/show/show.c", "\n#include <epan/friends.h>",
     [("epan/show/show.c", "wants nobody to include <epan/friends.h>")]),
    ("known by its name, and the file's own comment is no reason", "epan/show/tree.c",
     "/* The tree */\n#include <epan/tvbuff-int.h>",
     [("epan/show/tree.c", "wants nobody to include <epan/tvbuff-int.h>")]),
    ("a header that this Wireshark lacks", "epan/show/show.c", "#include <epan/new.h>",
     [("epan/show/show.c", "<epan/new.h> is not in")]),
    ("a version", "epan/show/show.c", "int n = WIRESHARK_VERSION_MICRO;",
     [("epan/show/show.c", "a version of Wireshark")]),
    ("a version by our macro", "epan/show/show.c", "#if ESMTP_WS_AT_LEAST(4, 2)",
     [("epan/show/show.c", "a version of Wireshark")]),
    ("a version in plugin.c", "epan/plugin.c", "#if WIRESHARK_VERSION_MAJOR > 4",
     [("epan/plugin.c", "a version of Wireshark")]),
    ("a version by what is defined", "epan/plugin.c", "#ifdef WS_PLUGIN_DESC_DISSECTOR",
     [("epan/plugin.c", "ws_compat.h")]),
]


def faults_of(folder, plugin):
    for part, files in ("plugin", plugin), ("include", HEADERS):
        for name, text in files.items():
            (folder / part / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / part / name).write_text(text)
    return Plugin(folder / "plugin", folder / "include").check()


def test_rules_kept(tmp_path):
    assert faults_of(tmp_path, PLUGIN) == []


@pytest.mark.parametrize("name, more, expected", [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_fault(tmp_path, name, more, expected):
    found = faults_of(tmp_path, {**PLUGIN, name: PLUGIN.get(name, "") + more + "\n"})
    assert len(found) == len(expected), found
    for line, (file, words) in zip(sorted(found), sorted(expected)):
        assert f"/plugin/{file}:" in line and words in line
