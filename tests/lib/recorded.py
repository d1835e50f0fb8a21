"""The recorded captures of the repository: their frames, and all of them in one file.

To start tshark costs more than to read a capture. So most tests read them one after the other in one file,
each between hosts of its own; that it shows the same then is a test of test_captures.py.
"""

import functools
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dialogue import Capture

CAPTURES = sorted((Path(__file__).parent.parent.parent / "captures").glob("*.pcap*"))

ETHERNET = 1


class Frame(NamedTuple):
    """octets as captured; length on the wire; time in microseconds since 1970"""

    data: bytes
    length: int
    time: int


# --- frames of a file -------------------------------------------------------------------------


def pcap_frames(data):
    assert struct.unpack_from("<I", data, 20)[0] & 0xFFFF == ETHERNET
    at = 24
    while at < len(data):
        seconds, micro, captured, length = struct.unpack_from("<IIII", data, at)
        yield Frame(data[at + 16:at + 16 + captured], length, seconds * 10**6 + micro)
        at += 16 + captured


def pcapng_blocks(data):
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        yield kind, data[at + 8:at + size - 4]
        at += size


def pcapng_options(data):
    at = 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from("<HH", data, at)
        yield code, data[at + 4:at + 4 + size]
        at += 4 + size + -size % 4


def read(path):
    """The frames of a capture, and its TLS secrets."""
    data = path.read_bytes()
    if data[:4] == b"\xd4\xc3\xb2\xa1":
        return list(pcap_frames(data)), ""
    frames, secrets = [], ""
    for kind, body in pcapng_blocks(data):
        if kind == 0x01:
            assert struct.unpack_from("<H", body)[0] == ETHERNET
            assert dict(pcapng_options(body[8:])).get(9, b"\6") == b"\6", "times are not in microseconds"
        if kind == 0x0A:
            size, = struct.unpack_from("<I", body, 4)
            secrets += body[8:8 + size].decode()
        if kind == 0x06:
            high, low, captured, length = struct.unpack_from("<IIII", body, 4)
            frames.append(Frame(body[20:20 + captured], length, high << 32 | low))
    return frames, secrets


# --- frames put together ----------------------------------------------------------------------


@dataclass
class Variants(Capture):
    """A capture of ready-made Frames."""

    ready: list = field(default_factory=list)

    def frames(self):
        for data, length, time in self.ready:
            yield time, data, length


def addresses(data):
    """Where an IP frame's addresses lie, and its TCP header; None if it is none."""
    kind = data[12:14]
    if kind == b"\x08\x00" and data[23] == 6:
        return 26, 30, 34
    if kind == b"\x86\xdd" and data[20] == 6:
        return 22, 38, 54
    return None


def moved(frame, variant):
    """The Frame between other hosts."""
    places = addresses(frame.data)
    if not places:
        return frame
    data = bytearray(frame.data)
    for at in places[:2]:
        data[at + 1] ^= variant & 0xFF
        data[at + 2] ^= variant >> 8
    return frame._replace(data=bytes(data))


class Joined:
    """Captures one after the other in one file, and what tshark shows of them.

    sources: {name: (its Frames, its TLS secrets)}; first: the number of frames before each; count: of all.
    """

    def __init__(self, tshark, path, sources):
        self.tshark = tshark
        ready, secrets, self.first = [], "", {}
        for n, (name, (frames, said)) in enumerate(sources.items(), 1):
            self.first[name] = len(ready)
            ready += [moved(frame, n) for frame in frames]
            secrets += said
        self.count = len(ready)
        self.path = Variants(secrets=secrets, ready=ready).save(path)

    def owner(self, number):
        """The name of the capture that a frame is of, and the frame's number in that."""
        first, name = max((first, name) for name, first in self.first.items() if first < int(number))
        return name, int(number) - first

    @functools.cache
    def run(self, *args, filter=None, two_pass=False):
        return self.tshark.run(self.path, *args, filter=filter, two_pass=two_pass)

    @functools.cache
    def frames(self, two_pass=False):
        """{frame number: its Frame}, by -T pdml."""
        return {frame.number: frame for frame in self.tshark.tree(self.path, two_pass=two_pass, tshark=True)}

    def fields(self, names, *args, **options):
        """As Tshark.fields(), of each capture: {name: [dict, ...]}; frame.number is that of the capture."""
        found = {name: [] for name in self.first}
        for row in self.tshark.fields(self.path, ["frame.number", *names], *args, **options):
            name, number = self.owner(row["frame.number"][0])
            found[name].append(row | {"frame.number": [str(number)]})
        return found


def all_captures(tshark, path):
    """All captures of the repository."""
    return Joined(tshark, path, {path.stem: read(path) for path in CAPTURES})
