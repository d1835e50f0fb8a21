"""Runs tshark on captures and returns what it dissected, as data.

Each start of tshark costs a fifth of a second and more: put many streams into one capture
(dialogue.Capture) and group by stream afterwards. Where the pass does not matter, or two are asked for,
a sharkd that runs already answers for the small captures (lib/sharkd.py); test_tshark.py proves that it
shows the same. Every run fails the test if tshark or sharkd fails, says anything on stderr, or reports
a dissector bug.
"""

import collections
import functools
import hashlib
import json
import os
import re
import subprocess
import xml.etree.ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from dialogue import Capture
from sharkd import HIDDEN, REPEATED, Sharkd, SharkdFailed, Unknown

TIMEOUT = 300

# Octets of a capture up to which sharkd is asked: beyond some hundred frames a tshark of its own is quicker.
SMALL = 60_000

# Fields of others than SMTP that sharkd's tree holds as tshark has them.
OTHERS = {"frame.number", "frame.protocols", "tcp.stream", "tcp.len", "_ws.col.info", "_ws.col.Info"}

# Types whose values sharkd writes as tshark does.
PLAIN = {"FT_BOOLEAN", "FT_CHAR", "FT_FRAMENUM", "FT_IPv4", "FT_IPv6", "FT_NONE", "FT_RELATIVE_TIME", "FT_STRING",
         "FT_STRINGZ", "FT_UINT8", "FT_UINT16", "FT_UINT24", "FT_UINT32", "FT_UINT64", "FT_INT8", "FT_INT16", "FT_INT32"}

# tshark reports this in its output, and exits 0 all the same.
BUG = re.compile(r"Dissector bug, protocol|DISSECTOR_ASSERT")


class TsharkFailed(AssertionError):
    """tshark exited with an error, complained, or reported a dissector bug."""


@dataclass
class Item:
    """A tree item: abbreviation, label as shown, value, octets it covers, and what is below it."""

    name: str
    label: str
    value: str
    raw: bytes
    hidden: bool
    children: list = field(default_factory=list)

    def walk(self):
        """This item and all below it, in tree order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def all(self, name):
        """All items of that abbreviation, in tree order."""
        return [item for item in self.walk() if item.name == name]

    def find(self, name):
        """The first item of that abbreviation; fails if there is none."""
        found = self.all(name)
        assert found, f"no {name} in:\n{self.text()}"
        return found[0]

    def values(self, name):
        return [item.value for item in self.all(name)]

    def text(self, depth=0):
        """The labels, indented; without hidden items, and without the brackets of generated ones."""
        if self.hidden:
            return ""
        below = "".join(child.text(depth + 1) for child in self.children)
        return "    " * depth + self.label + "\n" + below


@dataclass
class Frame:
    """One frame with its layers of the protocols asked for."""

    number: int
    stream: int
    layers: list

    def all(self, name):
        return [item for layer in self.layers for item in layer.all(name)]

    def values(self, name):
        return [item.value for item in self.all(name)]

    def text(self):
        return "".join(layer.text() for layer in self.layers)


class Tshark:
    """tshark with the plugins of one folder; home holds no preferences of anybody.

    A capture is the path of a file or a dialogue.Capture. Options of every call:
    filter    a display filter (-Y)
    two_pass  True for -2, False for one pass; left out, any will do
    prefs     preferences, as for -o: ["tcp.reassemble_out_of_order:TRUE"]
    args      any other arguments
    stderr    a regular expression that each line on stderr must match (default: nothing may be said)
    """

    # Of all instances.
    starts = questions = 0

    def __init__(self, plugins, home, program="tshark", preload=None):
        self.program = program
        self.home = Path(home)
        self.saved = {}
        self.sharkd = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "TMPDIR": str(home),
            # A system-wide installed module of an older day must not be tested by mistake.
            "WIRESHARK_PLUGIN_DIR": str(plugins),
            # Capture helpers are of no use here, and hang under ASan.
            "WIRESHARK_EXTCAP_DIR": str(self.home / "no-extcap"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }
        # Wireshark's start is a hundred megabytes of small allocations. In large pages and without growing a bit at a
        # time it takes two thirds of the time, and the tests are thousands of starts.
        self.environment |= {
            "MALLOC_ARENA_MAX": "1",
            "MALLOC_TOP_PAD_": str(128 << 20),
            "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
        }
        if "GCOV_PREFIX" in os.environ:
            self.environment["GCOV_PREFIX"] = os.environ["GCOV_PREFIX"]
        if preload:
            self.environment |= {
                "LD_PRELOAD": preload,
                "ASAN_OPTIONS": "detect_leaks=0",
                "WIRESHARK_DEBUG_WMEM_OVERRIDE": "simple",
            }

    def path(self, capture):
        """The file of a capture; a Capture is written on first use."""
        if not isinstance(capture, Capture):
            return Path(capture)
        held = self.saved.get(id(capture))
        if held is None or held[0] != len(capture.streams):
            suffix = ".pcapng" if capture.secrets else ".pcap"
            path = capture.save(self.home / f"capture-{os.getpid()}-{len(self.saved)}{suffix}")
            # The Capture is kept, too: its id must not be given to another one.
            held = self.saved[id(capture)] = (len(capture.streams), path, capture)
        return held[1]

    def call(self, *args, stderr=None):
        """Runs tshark with these arguments alone and returns what it printed."""
        command = [self.program, *map(str, args)]
        Tshark.starts += 1
        done = subprocess.run(command, env=self.environment, capture_output=True, timeout=TIMEOUT,
                              stdin=subprocess.DEVNULL)
        output = done.stdout.decode(errors="backslashreplace")
        said = done.stderr.decode(errors="backslashreplace")
        unexpected = [line for line in said.splitlines()
                      if line.strip() and not (stderr and re.search(stderr, line))]
        bug = BUG.search(output)
        if done.returncode or unexpected or bug:
            at = output[max(0, bug.start() - 1000):bug.end() + 500] if bug else ""
            raise TsharkFailed(f"{' '.join(command)}\nexit status {done.returncode}\n{said}\n{at}")
        return output

    def close(self):
        """Ends the sharkd, if there is one."""
        if self.sharkd:
            self.sharkd.close()

    def shown(self, capture, names, args, filter=None, two_pass=None, prefs=(), stderr=None):
        """The frames as sharkd shows them (sharkd.Shown), or None where tshark must be asked."""
        path = self.path(capture)
        if (two_pass is False or args or stderr or any(pref.startswith("uat:") for pref in prefs)
                or not all(map(self.in_sharkd, names)) or not path.exists() or path.stat().st_size > SMALL):
            return None
        try:
            return self._asked(path, prefs, lambda sharkd: sharkd.frames(path, filter, prefs))
        except Unknown:
            return None

    def _asked(self, path, prefs, question):
        Tshark.questions += 1
        if self.sharkd is None:
            self.sharkd = Sharkd(self.environment, self.home / f"sharkd-{os.getpid()}.log")
        try:
            return question(self.sharkd)
        except SharkdFailed as failure:
            raise TsharkFailed(f"{path}, preferences {prefs}: {failure}") from None

    def in_sharkd(self, name):
        """Whether sharkd has the values of a field as tshark has them."""
        types = self.types.get(name, {""})
        return name in OTHERS or (name.startswith("smtp.") and name not in HIDDEN and types <= PLAIN
                                  and ("FT_NONE" not in types or name.startswith("smtp.expert.")))

    def run(self, capture, *args, filter=None, two_pass=None, prefs=(), stderr=None):
        """Reads a capture and returns what tshark printed."""
        options = ["-n", "-r", self.path(capture)]
        if two_pass:
            options.append("-2")
        for pref in prefs:
            options += ["-o", pref]
        if filter:
            options += ["-Y", filter]
        return self.call(*options, *args, stderr=stderr)

    def summary(self, capture, *args, **options):
        """The packet list, a line for each frame."""
        return self.run(capture, *args, **options).splitlines()

    def verbose(self, capture, *args, protocols="smtp", **options):
        """The text of -V for these protocols, a line for each other layer."""
        return self.run(capture, "-O", protocols, *args, **options)

    def passing(self, capture, filter, prefs=()):
        """The numbers of the frames that pass a filter, by sharkd: no tree is visible, and of all fields the
        dissectors are asked for those alone that the filter names."""
        path = self.path(capture)
        return self._asked(path, prefs, lambda sharkd: sharkd.passing(path, filter, prefs))

    def column(self, capture, name, prefs=()):
        """{frame number: text} of a column of that field alone, in the frames that have it, by sharkd."""
        path = self.path(capture)
        return self._asked(path, prefs, lambda sharkd: sharkd.column(path, name, prefs))

    def fields(self, capture, names, *args, **options):
        """A dict for each frame (that passes the filter): field -> list of values, as strings."""
        if (frames := self.shown(capture, names, args, **options)) is not None:
            columns = {name: self.column(capture, name, options.get("prefs", ())) for name in names if name in REPEATED}
            return [self._row(frame, names, columns) for frame in frames]
        wanted = [word for name in names for word in ("-e", name)]
        text = self.run(capture, "-T", "json", *wanted, *args, **options)
        rows = (packet["_source"]["layers"] for packet in json.loads(text or "[]"))
        return [{name: self._plain(name, _listed(row.get(name))) for name in names}
                for row in rows]

    def _row(self, frame, names, columns):
        row = {name: [] for name in names}
        for node in frame.walk():
            if node.name in row and node.name not in columns:
                row[node.name].append(node.value)
        for name, texts in columns.items():
            row[name] = texts[frame.number].split(",") if frame.number in texts else []
        for name in row.keys() & {"_ws.col.info", "_ws.col.Info"}:
            row[name] = [frame.info]
        return {name: self._plain(name, values) for name, values in row.items()}

    @functools.cached_property
    def version(self):
        """(4, 0) and the like."""
        return tuple(int(number) for number in re.search(r"(\d+)\.(\d+)", self.call("--version")).groups())

    @functools.cached_property
    def types(self):
        """{field: set of its types} of all fields that this tshark knows."""
        types = {}
        for line in self.call("-G", "fields").splitlines():
            words = line.split("\t")
            if words[0] == "F":
                types.setdefault(words[2], set()).add(words[3])
        return types

    def _plain(self, name, values):
        # 4.0 says 1 and 0 where later versions say True and False.
        if not {"True", "False"}.isdisjoint(values) and "FT_BOOLEAN" in self.types.get(name, ()):
            return [{"True": "1", "False": "0"}[value] for value in values]
        return values

    def by_stream(self, capture, names, *args, **options):
        """As fields(), grouped: {tcp.stream: [dict, ...]}."""
        streams = {}
        for row in self.fields(capture, ["tcp.stream", *names], *args, **options):
            stream = row.pop("tcp.stream")
            streams.setdefault(int(stream[0]), []).append(row)
        return streams

    def facts(self, capture, names, *args, filter="smtp", protocol="smtp", **options):
        """What was dissected, whatever the frames: {tcp.stream: [(field, value), ...]}.

        All values of the fields named, in capture order and inside a frame in tree order.
        """
        names = set(names)
        streams = {}
        frames = None if names & REPEATED else self.shown(capture, names, args, filter=filter, **options)
        if frames is not None:
            for frame in frames:
                facts = streams.setdefault(_stream_of(frame), [])
                facts += [(node.name, *self._plain(node.name, [node.value])) for layer in frame.layers
                          if layer.name == protocol for node in layer.walk() if node.name in names]
            return streams
        text = self.run(capture, "-T", "json", "-J", f"tcp {protocol}", *args, filter=filter,
                        **options)
        for packet in _packets(text):
            layers = packet.child("_source").child("layers")
            facts = streams.setdefault(_stream(layers), [])
            for name, layer in layers:
                if name == protocol and isinstance(layer, _Object):
                    facts += _values(layer, names)
        return streams

    def lists(self, capture, names, *args, filter="smtp", **options):
        """As facts(), each field by itself: {tcp.stream: {field: [value, ...]}}.

        This is what must not depend on where TCP cut. The order of different fields may: the code
        of a reply stands in the frame of its last line, the text of each line in that line's.
        """
        def empty():
            return {name: [] for name in names}

        streams = collections.defaultdict(empty)
        if all(name.startswith("smtp.") for name in names):
            # The same by far less text: nobody else's fields are named so.
            for stream, rows in self.by_stream(capture, names, *args, filter=filter, **options).items():
                for row in rows:
                    for name in names:
                        # Versions differ in what they say of a field that has no value.
                        none = "FT_NONE" in self.types[name]
                        streams[stream][name] += [""] * len(row[name]) if none else row[name]
            return dict(streams)
        for stream, facts in self.facts(capture, names, *args, filter=filter, **options).items():
            streams[stream] = empty()
            for name, value in facts:
                streams[stream][name].append(value)
        return dict(streams)

    def tree(self, capture, *args, filter="smtp", protocol="smtp", tshark=False, **options):
        """The Frames that pass the filter, each with its layers of that protocol as Item trees.

        tshark=True: tshark's PDML in any case, with the items that are hidden.
        """
        frames = None if tshark else self.shown(capture, [], args, filter=filter, **options)
        if frames is not None and not any(node.name is None for frame in frames for layer in frame.layers
                                          if layer.name == protocol for node in layer.walk()):
            return [Frame(frame.number, _stream_of(frame), [self._item_of(layer) for layer in frame.layers
                                                            if layer.name == protocol]) for frame in frames]
        text = self.run(capture, "-T", "pdml", "-J", f"tcp {protocol}", *args, filter=filter,
                        **options)
        # Inside an attribute they come as they are, and XML would make them spaces.
        text = text.replace("\r\n", "&#13;&#10;").replace("\t", "&#9;")
        text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "\ufffd", text)
        frames = []
        for packet in xml.etree.ElementTree.fromstring(text).iter("packet"):
            number = packet.find("proto[@name='geninfo']/field[@name='num']").get("show")
            stream = packet.find(".//field[@name='tcp.stream']")
            layers = [self._item(proto) for proto in packet.iterfind(f"proto[@name='{protocol}']")]
            frames.append(Frame(int(number), -1 if stream is None else int(stream.get("show")),
                                layers))
        return frames

    def _item_of(self, node):
        value, = self._plain(node.name, [node.value])
        # PDML has no octets of protocols, and of what has no value.
        raw = b"" if node.protocol or "FT_NONE" in self.types.get(node.name, ()) else node.raw
        return Item(node.name, node.label, value, raw, False, [self._item_of(child) for child in node.children])

    def _item(self, element):
        name, show = element.get("name"), element.get("show", "")
        value, = self._plain(name, [show])
        try:
            raw = bytes.fromhex(element.get("unmaskedvalue") or element.get("value") or "")
        except ValueError:
            raw = b""
        label = element.get("showname") or show
        hidden = element.get("hide") == "yes"
        return Item(name, label, value, raw, hidden, [self._item(child) for child in element])

    def messages(self, capture, *args, **options):
        """The messages handed to the IMF dissector, to the octet: {tcp.stream: [bytes, ...]}."""
        streams = {}
        if (frames := self.shown(capture, [], args, filter="imf", **options)) is not None:
            for frame in frames:
                streams.setdefault(_stream_of(frame), []).extend(
                    layer.raw for layer in frame.layers if layer.name == "imf")
            return streams
        text = self.run(capture, "-T", "json", "-x", "-J", "tcp imf", *args, filter="imf",
                        **options)
        for packet in _packets(text):
            layers = packet.child("_source").child("layers")
            found = streams.setdefault(_stream(layers), [])
            for name, value in layers:
                if name == "imf_raw":
                    several = isinstance(value[0], list)
                    found += [bytes.fromhex(raw[0]) for raw in (value if several else [value])]
        return streams

    def digests(self, capture, *args, **options):
        """As messages(), but their SHA-256 in hexadecimal."""
        return {stream: [hashlib.sha256(message).hexdigest() for message in messages]
                for stream, messages in self.messages(capture, *args, **options).items()}

    def export(self, capture, *args, kind="imf", **options):
        """What File > Export Objects writes: {file name: octets}."""
        return self.exports(capture, *args, kinds=[kind], **options)[kind]

    def exports(self, capture, *args, kinds=("imf", "smtp"), **options):
        """Several kinds of export() in one run: {kind: {file name: octets}}."""
        n = len(list(self.home.glob("export-*")))
        folders = {kind: self.home / f"export-{os.getpid()}-{n}-{kind}" for kind in kinds}
        wanted = [word for kind, folder in folders.items() for word in ("--export-objects", f"{kind},{folder}")]
        self.run(capture, "-q", *wanted, *args, **options)
        return {kind: {file.name: file.read_bytes() for file in sorted(folder.iterdir())}
                for kind, folder in folders.items()}

    def visit(self, capture, order, protocol="smtp", prefs=(), then=()):
        """Opens the capture as Wireshark's window does and clicks on frames in that order.

        Returns a list with one text for each click: the Info column, then the tree of that
        protocol. A frame may be clicked on again and again; nothing may depend on the order.
        then: lists of preferences; after each the capture is opened again and clicked on again.
        """
        path, texts = self.path(capture), []
        for n in range(len(then) + 1):
            settings = [*prefs, *(pref for more in then[:n] for pref in more)]
            for reply in self._asked(path, settings, lambda sharkd: sharkd.clicks(path, order, settings)):
                layers = [node for node in reply["tree"] if node.get("f") == protocol]
                info = reply.get("col", [""])[-1]
                texts.append(f"{info}\n" + "".join(_node_text(node) for node in layers))
        return texts


# --- From sharkd's frames -------------------------------------------------------------------------


def _stream_of(frame):
    for layer in frame.layers:
        if layer.name == "tcp":
            return next(int(node.value) for node in layer.children if node.name == "tcp.stream")
    return -1


# --- From tshark's JSON and PDML --------------------------------------------------------------


class _Object(list):
    """A JSON object as a list of (key, value): tshark repeats keys, and their order tells."""

    def child(self, key):
        return next(value for name, value in self if name == key)


def _packets(text):
    return json.loads(text or "[]", object_pairs_hook=_Object)


def _stream(layers):
    for name, layer in layers:
        if name == "tcp":
            return int(layer.child("tcp.stream"))
    return -1


def _values(layer, names):
    for name, value in layer:
        if isinstance(value, _Object):
            yield from _values(value, names)
        elif name in names:
            for each in _listed(value):
                yield name, each


def _listed(value):
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _node_text(node, depth=0):
    below = "".join(_node_text(child, depth + 1) for child in node.get("n", []))
    return "    " * depth + node["l"] + "\n" + below
