"""Dialogues kept as text: sessions that were once read wrongly, in tests/faults/*.txt.

    C: text          the client says text, and CRLF, in a segment of its own; S: the server
    C+ text          goes on in the same segment; S+ likewise
    text\\c           without CRLF
    @port N          the server's port of this connection; without it 25
    @new [N [M]]     the next connection, to port N, from the client's port M
    @nosyn           the capture has not this connection's beginning
    # ...            a comment, on a line of its own

Text is what stands after one space after the colon or plus sign. \\xHH, \\0, \\t, \\r, \\n and \\\\ stand for octets;
all else is sent as UTF-8.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from dialogue import C, Capture, S

FOLDER = Path(__file__).parent.parent / "faults"

_LINE = re.compile(r"([CS])([:+])(?: (.*))?", re.DOTALL)
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.|$)", re.DOTALL)
_PLAIN = {b"0": b"\0", b"t": b"\t", b"r": b"\r", b"n": b"\n", b"\\": b"\\", b"c": b""}


@dataclass
class Connection:
    """One dialogue: its steps, and the options of Capture.add that its file names."""

    steps: list = field(default_factory=list)
    options: dict = field(default_factory=dict)


class _BadLine(ValueError):
    pass


def _octets(text):
    """What a line's text says, with its line end."""
    def meant(match):
        word = match[1]
        if word[:1] == b"x" and len(word) == 3:
            return bytes([int(word[1:], 16)])
        if word not in _PLAIN or (word == b"c" and match.end() != len(match.string)):
            raise _BadLine("no such escape: " + match[0].decode(errors="replace"))
        return _PLAIN[word]

    said = text.encode()
    goes_on = any(match[1] == b"c" for match in _ESCAPE.finditer(said))
    return _ESCAPE.sub(meant, said) + (b"" if goes_on else b"\r\n")


def _order(connections, words):
    """A line that begins with "@"."""
    name, *numbers = words
    current = connections[-1]
    if name == "@new" and len(numbers) <= 2:
        if current.steps or current.options:
            connections.append(current := Connection())
        current.options |= zip(("port", "client_port"), map(int, numbers))
    elif name == "@port" and len(numbers) == 1 and not current.steps:
        current.options["port"] = int(numbers[0])
    elif name == "@nosyn" and not numbers and not current.steps:
        current.options["handshake"] = False
    else:
        raise _BadLine("no such order, or not here")


def _say(connections, line):
    match = _LINE.fullmatch(line)
    if not match:
        raise _BadLine("neither C nor S nor an order")
    who, how, text = match.groups(default="")
    steps = connections[-1].steps
    if how == ":":
        steps.append({"C": C, "S": S}[who](_octets(text)))
    elif steps and steps[-1].who == who:
        steps[-1] = replace(steps[-1], data=steps[-1].data + _octets(text))
    else:
        raise _BadLine("nothing that this goes on from")


def parse(text):
    """The Connections of a file's text."""
    connections = [Connection()]
    for number, line in enumerate(text.split("\n"), 1):
        try:
            if line.startswith("@"):
                _order(connections, line.split())
            elif line and not line.startswith("#"):
                _say(connections, line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}: {line!r}") from error
    if not all(connection.steps for connection in connections):
        raise ValueError("a connection in which nobody says anything")
    return connections


def read(name):
    """The Connections of tests/faults/NAME.txt; the beginning of its name will do: read("a24")."""
    found = [path for path in FOLDER.glob("*.txt") if path.stem == name or path.stem.startswith(f"{name}-")]
    if len(found) != 1:
        raise FileNotFoundError(f"{len(found)} files in {FOLDER} are named {name}")
    return parse(found[0].read_text())


def capture(*names, **options):
    """A Capture of these files' connections, in order. options: of Capture.add, before what the files say."""
    made = Capture()
    for name in names:
        for connection in read(name):
            made.add(connection.steps, **options | connection.options)
    return made
