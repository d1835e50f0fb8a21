"""sharkd: Wireshark's dissection without the start.

tshark takes a fifth of a second to start, ten times what it takes to read a dialogue. sharkd starts once, then loads file after
file and shows frames as Wireshark's window does: after the whole file was read, so with all that two passes know.

What it cannot do, and tshark is started for (see Tshark): one pass, tables of the user (UAT), Decode As, -z, export, other forms of
output. It leaves out hidden items, and before 4.6 it does not name items without a value that cover octets (NAMELESS helps).
"""

import base64
import json
import re
import subprocess

# A load, a query and a few hundred replies must fit into the pipes, or both sides wait for ever.
AT_ONCE = 100

# Items of ours that have no value but octets, by their labels.
NAMELESS = {
    "smtp.eom": re.compile(r"End of message, .*"),
    "smtp.data.piece": re.compile(r"(DATA fragment|Message Body), \d+ bytes?.*"),
    "smtp.message.text": re.compile(r"Message, \d+ bytes?.*"),
    "smtp.auth.cancel": re.compile(r"Cancelled by the client.*"),
    "smtp.auth.empty": re.compile(r"Empty response.*"),
}

# What is hidden, and tshark must be asked for.
HIDDEN = {"smtp.req", "smtp.rsp", "smtp.rcpt.refused"}

# What is hidden where another item says it already. A column shows it all the same; none of their values has a comma.
REPEATED = {"smtp.req.verb", "smtp.request.verb", "smtp.rcpt.status.class", "smtp.response.enhanced_code.class",
            "smtp.transaction.id", "smtp.data.fragment.count", "smtp.data.reassembled.length",
            "smtp.data.piece.number", "smtp.data.piece.length", "smtp.data.piece.octets", "smtp.data.piece.total", "smtp.auth.begun_in",
            "smtp.auth.ended_in"}

# Preferences of Wireshark's that leave something behind when they are set back: after them it is started anew.
STICKY = {"smtp.tcp.port"}

# What it says on stderr when nothing is wrong.
CHATTER = re.compile(r"Hello in child\.|load: filename=.*|sharkd_session_process_tap\(\) count=\d+|\s*|Running as user .*")

ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|[0-7]{3}|.)", re.DOTALL)
ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}


class SharkdFailed(Exception):
    """It ended, said no, or complained."""


class Unknown(Exception):
    """It answers, but not what was asked: ask tshark."""


class Node:
    """An item of a frame's tree: its filter's left side and right side, label and octets."""

    __slots__ = ("name", "value", "label", "raw", "protocol", "children")

    def __init__(self, node, sources, layer=None):
        layer = layer or node.get("f")
        self.label = node["l"]
        self.name, self.value = _name_and_value(node, layer)
        start, length = node.get("h", (0, 0))
        self.protocol = node.get("t") == "proto"
        self.raw = sources[node.get("ds", 0)][start:start + length]
        self.children = [Node(child, sources, layer) for child in node.get("n", ())]

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()


def _name_and_value(node, layer):
    said = node.get("f", "")
    name, _, value = said.partition(" == ")
    if not said or name.startswith("frame["):
        label = node["l"]
        known = [name for name, pattern in NAMELESS.items() if layer == "smtp" and pattern.fullmatch(label)]
        return (known[0], "") if known else (None, label)
    if node.get("t") == "proto":
        return name, ""
    return name, _unquoted(value)


def _unquoted(value):
    if not value.startswith('"'):
        return value
    if "\\" not in value:
        return value[1:-1]

    def octet(match):
        word = match[1]
        if word[0] == "x" and len(word) == 3:
            return bytes([int(word[1:], 16)])
        if len(word) == 3:
            return bytes([int(word, 8)])
        return bytes([ESCAPES[word]]) if word in ESCAPES else word.encode()

    parts, at = [], 0
    inside = value[1:-1]
    for match in ESCAPE.finditer(inside):
        parts += [inside[at:match.start()].encode(), octet(match)]
        at = match.end()
    return b"".join([*parts, inside[at:].encode()]).decode(errors="replace")


class Shown:
    """A frame: number, Info column and the nodes of its layers."""

    def __init__(self, number, reply):
        self.number = number
        self.info = reply.get("col", [""])[-1]
        sources = [base64.b64decode(reply.get("bytes", ""))]
        sources += [base64.b64decode(source["bytes"]) for source in reply.get("ds", ())]
        self.layers = [Node(node, sources) for node in reply["tree"]]

    def walk(self):
        for layer in self.layers:
            yield from layer.walk()


class Sharkd:
    """One process; errors is the file for its stderr."""

    def __init__(self, environment, errors):
        self.environment = environment
        self.errors = errors
        self.process = None

    def _start(self):
        self.said = open(self.errors, "wb+")
        self.process = subprocess.Popen(["sharkd", "-"], env=self.environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.said)
        self.count = 0
        self.prefs, self.defaults = {}, {}
        self.loaded, self.seen = None, {}
        self.filters = 0
        self.complaints = 0

    def close(self):
        if self.process is not None:
            process, self.process = self.process, None
            process.communicate(b'{"jsonrpc":"2.0","id":1,"method":"bye"}\n', timeout=60)
            self.said.close()

    def call(self, *calls):
        """Makes the calls, each (method, parameters), and returns what they returned."""
        try:
            return self._call(calls)
        except BaseException:
            # Whatever state it is in by now, nobody else shall meet it.
            if self.process is not None:
                self.process.kill()
                self.process.wait()
                self.process = None
            raise

    def _call(self, calls):
        if self.process is None:
            self._start()
        results = []
        for at in range(0, len(calls), AT_ONCE):
            some = calls[at:at + AT_ONCE]
            lines = []
            for method, params in some:
                self.count += 1
                lines.append(json.dumps({"jsonrpc": "2.0", "id": self.count, "method": method, "params": params}))
            try:
                self.process.stdin.write("".join(line + "\n" for line in lines).encode())
                self.process.stdin.flush()
            except BrokenPipeError:
                self._failed("it has ended")
            for n, line in enumerate(lines, self.count - len(lines) + 1):
                reply = self.process.stdout.readline()
                while reply and not reply.startswith(b"{"):
                    reply = self.process.stdout.readline()
                if not reply:
                    self._failed(f"it has ended at {line}")
                results.append(self._result(n, line, reply))
        self._complained()
        return results

    def _result(self, n, line, reply):
        if b"Dissector bug" in reply or b"DISSECTOR_ASSERT" in reply:
            self._failed(f"{line}: {reply[:3000].decode(errors='replace')}")
        found = json.loads(reply)
        if found.get("id") != n or "error" in found:
            self._failed(f"{line}: {found}")
        return found["result"]

    def _failed(self, why):
        self.said.seek(0)
        raise SharkdFailed(f"sharkd: {why}\n{self.said.read()[-3000:].decode(errors='replace')}")

    def _complained(self):
        self.said.seek(self.complaints)
        lines = self.said.read()
        self.complaints += len(lines)
        bad = [line for line in lines.decode(errors="replace").splitlines() if not CHATTER.fullmatch(line)]
        if bad:
            self._failed("\n".join(bad))

    def load(self, path, prefs):
        """Reads a file, unless it is the one that was read last."""
        wanted = dict(pref.split(":", 1) for pref in prefs)
        at = (str(path), path.exists() and path.stat().st_mtime_ns, tuple(sorted(wanted.items())))
        if self.process is not None and self.loaded == at:
            return
        if self.process is not None and self.prefs.keys() & STICKY - wanted.keys():
            self.close()
        if self.process is None:
            self._start()
        self.loaded, self.seen = None, {}
        for name in wanted:
            if name not in self.defaults:
                found, = self.call(("dumpconf", {"pref": name}))
                self.defaults[name] = _as_text(name, found["prefs"])
        # What is set stays set for all files to come.
        change = [(name, value) for name, value in {**self.defaults, **wanted}.items()
                  if self.prefs.get(name, self.defaults[name]) != value]
        self.call(*[("setconf", {"name": name, "value": value}) for name, value in change], ("load", {"file": str(path)}))
        self.prefs |= dict(change)
        self.loaded = at

    def numbers(self, filter):
        """The frames that pass the filter."""
        if filter in (None, "frame"):
            status, = self.call(("status", {}))
            return list(range(1, status["frames"] + 1))
        return [row["num"] for row in self._rows(filter)]

    def _rows(self, filter, **columns):
        # 4.0 remembers what passed a filter by its text, whatever was loaded since.
        self.filters += 1
        found, = self.call(("frames", {"filter": f"({filter}) && frame.number != {4000000000 + self.filters}", **columns}))
        return found

    def passing(self, path, filter, prefs=()):
        self.load(path, prefs)
        return self.numbers(filter)

    def column(self, path, name, prefs=()):
        self.load(path, prefs)
        return {row["num"]: row["c"][0] for row in self._rows(name, column0=f"{name}:0")}

    def frames(self, path, filter=None, prefs=()):
        """The frames that pass the filter, each as Shown."""
        self.load(path, prefs)
        numbers = self.numbers(filter)
        new = [n for n in numbers if n not in self.seen]
        params = {"proto": True, "columns": True, "bytes": True}
        for n, reply in zip(new, self.call(*[("frame", {"frame": n, **params}) for n in new])):
            self.seen[n] = Shown(n, reply)
        return [self.seen[n] for n in numbers]

    def clicks(self, path, order, prefs=()):
        """Opens the file anew and asks for frames in that order; what it replies for each."""
        self.loaded = None
        self.load(path, prefs)
        # What was clicked on now is no longer as frames() finds it.
        self.loaded = None
        return self.call(*[("frame", {"frame": n, "proto": True, "columns": True}) for n in order])


def _as_text(name, prefs):
    """A preference's value as setconf takes it."""
    known = prefs.get(name)
    if known is None:
        raise Unknown(name)
    kind, value = next(iter(known.items()))
    if kind == "b":
        return "TRUE" if value else "FALSE"
    if kind == "e":
        chosen, = [row["d"] for row in value if row.get("s")]
        return chosen
    if kind in ("u", "s", "r"):
        return str(value)
    raise Unknown(name)
