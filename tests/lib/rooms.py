#!/usr/bin/env python3
"""The rooms of plugin/ and the arrows between them: rooms.py PLUGIN [FOLDER-OF-WIRESHARK'S-HEADERS]

Reads every #include below PLUGIN, prints what breaks a rule as FILE:LINE: WHAT, and fails if anything does:

* Arrows go down only: a room includes what ROOMS gives it, and two rooms never include each other.
* No circles. What lies on a circle are pieces, not files: a file is one piece with its own header (x.c, x.h), and with
  its private header (x_priv.h, x_private.h) and whatever else includes that. A private header stays in its folder.
* core includes its own files, GLib and the C library, never a header of Wireshark's.
* Versions of Wireshark are told apart in ws_compat.h alone: elsewhere in epan no #if, and no version but in the two
  constants of plugin.c that a module must have.
* A header that Wireshark wants nobody to include (by its name, *-int.h, or by what its first lines say) has the reason
  beside it: a comment in the same line or right above.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

CORE = ("core", "core/tables", "core/parse", "core/mime")
FACTS = ("core/session/facts.h", "core/session/records.h", "core/session/summary.h")  # what may be known of a session outside of it
# Room: what it may include besides itself, rooms or single files. A file's room is its folder, or it is one by itself.
ROOMS = {
    "core": (),
    "core/tables": ("core",),
    "core/parse": ("core", "core/tables"),
    "core/session": ("core", "core/tables", "core/parse"),
    "core/mime": ("core",),
    "epan/plugin.c": ("epan/ws_compat.h", "epan/taps", "epan/wire"),
    "epan/ws_compat.h": (),
    "epan/show": (*CORE, *FACTS, "epan/ws_compat.h", "epan/taps"),
    "epan/taps": (*CORE, *FACTS, "epan/ws_compat.h", "epan/show"),
    "epan/wire": (*CORE, "core/session", "epan/ws_compat.h", "epan/show", "epan/taps"),
}
LIBRARIES = {f"{name}.h" for name in (
    "glib assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg "
    "stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype").split()}
COMPAT = "epan/ws_compat.h"
WANTED = {"epan/plugin.c": re.compile(r"plugin_want_(major|minor) = WIRESHARK_VERSION_(MAJOR|MINOR);$")}
VERSION = re.compile(r"\b(WIRESHARK_)?VERSION_(MAJOR|MINOR|MICRO)\b|\bESMTP_WS_AT_LEAST\b")
UNWANTED = re.compile(r"not include this header|internal (wireshark use|interface)|\"friends\" of", re.IGNORECASE)
PRIVATE = re.compile(r"_priv(ate)?$")


class Plugin:
    def __init__(self, folder, headers=None):
        self.folder, self.headers = Path(folder), headers and Path(headers)
        self.lines = {path.relative_to(self.folder).as_posix(): path.read_text().splitlines()
                      for path in sorted(self.folder.rglob("*.[ch]"))}
        self.faults = []
        self.own, self.foreign = [], []  # (file, line, what it includes)
        for name, lines in self.lines.items():
            for number, line in enumerate(lines, 1):
                if found := re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line):
                    self._include(name, number, *found.groups())

    def _include(self, name, number, mark, what):
        if mark == "<":
            self.foreign.append((name, number, what))
            return
        for start in (self.folder / name).parent, self.folder:
            target = (start / what).resolve()
            if target.is_file() and target.is_relative_to(self.folder.resolve()):
                self.own.append((name, number, target.relative_to(self.folder.resolve()).as_posix()))
                return
        self._fault(name, number, f"no file of the plugin: {what}")

    def _fault(self, name, number, what):
        self.faults.append(f"{self.folder / name}:{number}: {what}")

    def check(self):
        self.check_rooms()
        self.check_circles()
        self.check_foreign()
        self.check_versions()
        return self.faults

    def check_rooms(self):
        sideways = defaultdict(list)
        for name, number, target in self.own:
            room, other = (file if file in ROOMS else Path(file).parent.as_posix() for file in (name, target))
            if room not in ROOMS:
                self._fault(name, number, f"no such room in {Path(__file__).name}: {room}")
            elif room != other and not {other, target} & set(ROOMS[room]):
                self._fault(name, number, f"{room} must not include {target}")
            elif room != other:
                sideways[room, other].append((name, number, target))
            if PRIVATE.search(Path(target).stem) and room != other:
                self._fault(name, number, f"{target} is private to {other}")
        for (room, other), arrows in sideways.items():
            if (other, room) in sideways and len(arrows) <= len(sideways[other, room]):
                for name, number, target in arrows:
                    self._fault(name, number, f"{other} includes {room} already, so {room} must not include {target}")

    def pieces(self):
        """{file: the name of its piece}"""
        names = {file: re.sub(PRIVATE, "", Path(file).with_suffix("").as_posix()) for file in self.lines}
        for name, _, target in self.own:
            if PRIVATE.search(Path(target).stem) and names[name] != names[target]:
                joined = names[name]
                names = {file: names[target] if piece == joined else piece for file, piece in names.items()}
        return names

    def check_circles(self):
        names = self.pieces()
        arrows = defaultdict(set)
        for name, _, target in self.own:
            if names[name] != names[target]:
                arrows[names[name]].add(names[target])
        reached = {piece: reach(arrows, piece) for piece in set(names.values())}
        for name, number, target in self.own:
            here, there = names[name], names[target]
            if here != there and here in reached[there]:
                circle = sorted(piece for piece in reached[there] if here in reached[piece])
                self._fault(name, number, f"{target} closes a circle of {', '.join(circle)}")

    def check_foreign(self):
        for name, number, header in self.foreign:
            if name.startswith("core/"):
                if header not in LIBRARIES:
                    self._fault(name, number, f"core must not include <{header}>")
            elif self._unwanted(name, number, header) and not self._has_reason(name, number):
                self._fault(name, number, f"Wireshark wants nobody to include <{header}>: say why beside it")

    def _unwanted(self, name, number, header):
        if header.endswith("-int.h"):
            return True
        if not self.headers or header in LIBRARIES:
            return False
        if not (self.headers / header).is_file():
            if name != COMPAT:  # there, one for another version
                self._fault(name, number, f"<{header}> is not in {self.headers}")
            return False
        first = (self.headers / header).read_text(errors="replace").splitlines()[:20]
        return bool(UNWANTED.search("\n".join(first)))

    def _has_reason(self, name, number):
        lines = self.lines[name]
        if re.search(r"/[*/]\s*\w", lines[number - 1]):
            return True
        above = number - 2
        if above < 0 or not re.search(r"\*/\s*$|^\s*//", lines[above]):
            return False
        while above > 0 and not re.search(r"/[*/]", lines[above]):
            above -= 1
        return above > 0  # what begins in the first line is about the file

    def check_versions(self):
        for name, lines in self.lines.items():
            if name == COMPAT:
                continue
            for number, line in enumerate(lines, 1):
                constant = name in WANTED and WANTED[name].search(line)
                if VERSION.search(line) and not constant:
                    self._fault(name, number, "a version of Wireshark outside of ws_compat.h")
                elif name.startswith("epan/") and is_condition(lines, number):
                    self._fault(name, number, "what depends on how Wireshark is built belongs into ws_compat.h")


def is_condition(lines, number):
    """Whether a line is an #if, but for a guard against a second inclusion."""
    line = lines[number - 1]
    guard = re.match(r"#ifndef (\w+_H)$", line)
    if guard and number < len(lines) and lines[number] == f"#define {guard[1]}":
        return False
    return bool(re.match(r"\s*#\s*if", line))


def reach(arrows, start):
    reached, ways = set(), [start]
    while ways:
        for piece in arrows[ways.pop()] - reached:
            reached.add(piece)
            ways.append(piece)
    return reached


if __name__ == "__main__":
    found = Plugin(*sys.argv[1:]).check()
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(bool(found))
