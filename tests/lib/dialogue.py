"""Captures made from a readable script of a dialogue.

A dialogue is a list of steps: C(...) is what the client says, S(...) what the server says, exact
to the octet. A Capture holds any number of dialogues, each as a TCP connection of its own; the
n-th one added is tcp.stream n. Sequence numbers, acknowledgements and checksums are right.

    capture = Capture()
    capture.add([S("220 mx\\r\\n"), C("EHLO a\\r\\n", cut=[3]), S("250 mx\\r\\n")])
    capture.add(script('''
        S: 220 mx
        C: EHLO a
        S: 250 mx
    '''), server="2001:db8::25", client="2001:db8::1", port=587)
    capture.save("x.pcap")

Each step is at least one segment. What TCP, the network and the capturing machine do to it:

    cut=[3, 9]        segment ends after octets 3 and 9 of the step
    drop=True         not in the capture (a gap); drop=[1] only piece 1, counted from 0
    again=True        retransmitted at once; again=[1] only piece 1; again={1: 4} four packets later
    late={1: 2}       piece 1 arrives two packets later (reordering); late=True: all, by one
    overlap={1: 5}    piece 1 repeats the five octets before it
    acked=True        an empty acknowledgement comes back
    wait=2.5          seconds before the step, instead of the capture's step
"""

import functools
import ipaddress
import itertools
import random
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10


def _octets(data):
    return data.encode() if isinstance(data, str) else bytes(data)


@dataclass(frozen=True)
class Step:
    who: str
    data: bytes
    cut: tuple = ()
    drop: object = False
    again: object = False
    late: object = False
    overlap: object = False
    acked: bool = False
    wait: float = None

    def pieces(self, mss):
        """The step's segments as (offset in the step, octets)."""
        edges = sorted({0, len(self.data), *(c for c in self.cut if 0 < c < len(self.data))})
        for begin, end in itertools.pairwise(edges):
            for offset in range(begin, end, mss):
                yield offset, self.data[offset:min(offset + mss, end)]


def C(data, cut=(), **what):
    """The client says data (str is sent as UTF-8)."""
    return Step("C", _octets(data), tuple(cut), **what)


def S(data, cut=(), **what):
    """The server says data."""
    return Step("S", _octets(data), tuple(cut), **what)


def script(text):
    """A dialogue from lines "C: ..." and "S: ...", each ended by CRLF.

    Lines of one side in a row are one step (one segment); a line "--" between them makes two.
    A line "C:" or "S:" with nothing after it is an empty line of that side.
    """
    steps = []
    join = False
    for line in text.splitlines():
        line = line.strip()
        if not line:
            continue
        if line == "--":
            join = False
            continue
        who, colon, said = line.partition(":")
        if who not in ("C", "S") or not colon:
            raise ValueError(f"neither 'C: ...' nor 'S: ...' nor '--': {line!r}")
        data = said.removeprefix(" ").encode() + b"\r\n"
        if join and steps[-1].who == who:
            steps[-1] = replace(steps[-1], data=steps[-1].data + data)
        else:
            steps.append(Step(who, data))
        join = True
    return steps


# --- Variants of a dialogue: the same octets, cut elsewhere -----------------------------------


def said(dialogue, who):
    """All that one side says, in one piece."""
    return b"".join(step.data for step in dialogue if step.who == who)


def cut_everywhere(dialogue):
    """For each place inside a step one variant that is cut there, once."""
    for n, step in enumerate(dialogue):
        for place in range(1, len(step.data)):
            yield [*dialogue[:n], replace(step, cut=(*step.cut, place)), *dialogue[n + 1:]]


def single_octets(dialogue):
    """The variant in which each segment holds one octet."""
    return segments_of(dialogue, 1)


def segments_of(dialogue, size):
    """The variant with segments of size octets."""
    return [replace(step, cut=tuple(range(size, len(step.data), size))) for step in dialogue]


def random_cuts(dialogue, seed, variants=1):
    """Variants cut at random; the same seed gives the same ones."""
    dice = random.Random(seed)
    for _ in range(variants):
        share = dice.choice((0.02, 0.1, 0.3, 0.7))
        yield [
            replace(step, cut=tuple(p for p in range(1, len(step.data)) if dice.random() < share))
            for step in dialogue
        ]


# --- From steps to packets --------------------------------------------------------------------


@dataclass
class _Packet:
    who: str
    order: float
    wait: float
    seq: int
    ack: int
    flags: int
    data: bytes = b""
    step: int = None  # index of the step for data, None for what only TCP needs


def _pieces_named(value, default):
    """Which pieces a step's option names: a function from piece number to value or None."""
    if value is True:
        return lambda piece: default
    if value is False:
        return lambda piece: None
    if isinstance(value, dict):
        return value.get
    named = {value} if isinstance(value, int) else set(value)
    return lambda piece: default if piece in named else None


@dataclass
class Stream:
    """One TCP connection. See Capture.add for the options."""

    dialogue: list
    client: str = "192.0.2.1"
    server: str = "198.51.100.25"
    client_port: int = 40000
    port: int = 25
    mss: int = 1460
    handshake: bool = True
    end: str = "fin"
    acks: bool = False
    only: str = None
    skip: int = 0
    snaplen: int = None
    isn: tuple = (1000, 5000)

    def packets(self):
        """The packets of this connection in the order in which they were captured."""
        packets = sorted(self._sent(), key=lambda packet: packet.order)
        if self.skip:
            data = [n for n, packet in enumerate(packets) if packet.step is not None]
            packets = packets[data[self.skip]:] if self.skip < len(data) else []
        if self.only:
            packets = [packet for packet in packets if packet.who == self.only]
        return packets

    def _sent(self):
        count = itertools.count()
        next_seq = {"C": self.isn[0], "S": self.isn[1]}
        other = {"C": "S", "S": "C"}
        spoken = {"C": b"", "S": b""}

        def packet(who, flags, wait=None, **more):
            ack = next_seq[other[who]] if flags & ACK else 0
            made = _Packet(who, next(count), wait, next_seq[who], ack, flags, **more)
            next_seq[who] += len(made.data) + bool(flags & (SYN | FIN))
            return made

        opening = [packet("C", SYN), packet("S", SYN | ACK), packet("C", ACK)]
        if self.handshake:
            yield from opening

        for number, step in enumerate(self.dialogue):
            drop, again = _pieces_named(step.drop, True), _pieces_named(step.again, 0)
            late, overlap = _pieces_named(step.late, 1), _pieces_named(step.overlap, 1)
            for piece, (offset, data) in enumerate(step.pieces(self.mss)):
                wait = step.wait if offset == 0 else None
                sent = packet(step.who, PSH | ACK, wait, data=data, step=number)
                if repeat := overlap(piece):
                    before = (spoken[step.who][-4096:] + step.data[:offset])[-repeat:]
                    sent.data, sent.seq = before + data, sent.seq - len(before)
                copy = replace(sent, wait=None)
                if (places := late(piece)) is not None:
                    sent.order += places + 0.5
                if not drop(piece):
                    yield sent
                if (places := again(piece)) is not None:
                    copy.order += places + 0.25
                    yield copy
                if self.acks or step.acked:
                    yield packet(other[step.who], ACK)
            spoken[step.who] = (spoken[step.who] + step.data)[-4096:]

        if self.end == "fin":
            yield from [packet("S", FIN | ACK), packet("C", FIN | ACK), packet("S", ACK)]
        elif self.end == "rst":
            yield packet("C", RST | ACK)
        elif self.end is not None:
            raise ValueError(f"end is 'fin', 'rst' or None, not {self.end!r}")

    def frame(self, packet):
        """The packet as an Ethernet frame."""
        ends = [
            (_address(self.client), self.client_port, b"\x02\0\0\0\0\x01"),
            (_address(self.server), self.port, b"\x02\0\0\0\0\x02"),
        ]
        if packet.who == "S":
            ends.reverse()
        (source, source_port, source_mac), (target, target_port, target_mac) = ends
        modulo = 1 << 32
        tcp = struct.pack("!HHIIBBHHH", source_port, target_port, packet.seq % modulo,
                          packet.ack % modulo, 5 << 4, packet.flags, 65535, 0, 0) + packet.data
        pseudo = source.packed + target.packed + struct.pack("!IHH", len(tcp), 0, 6)
        tcp = tcp[:16] + struct.pack("!H", _checksum(pseudo + tcp)) + tcp[18:]
        if source.version == 4:
            # Segmentation offload leaves 0 where the length does not fit.
            length = (20 + len(tcp)) if len(tcp) < 65516 else 0
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, 0, 0x4000, 64, 6, 0,
                             source.packed, target.packed)
            ip = ip[:10] + struct.pack("!H", _checksum(ip)) + ip[12:]
            kind = 0x0800
        else:
            ip = struct.pack("!IHBB16s16s", 6 << 28, len(tcp), 6, 64, source.packed, target.packed)
            kind = 0x86DD
        return target_mac + source_mac + struct.pack("!H", kind) + ip + tcp


_address = functools.lru_cache(ipaddress.ip_address)


def _checksum(data):
    # The ones' complement sum of 16-bit words is the number itself modulo 65535, where a
    # multiple of 65535 other than 0 gives 65535.
    total = int.from_bytes(data + b"\0" * (len(data) % 2), "big")
    return 0xFFFF - (total and (total - 1) % 0xFFFF + 1)


# --- Capture files ----------------------------------------------------------------------------


@dataclass
class Capture:
    """Connections to be written into one capture file.

    start: time of the first packet, seconds since 1970; step: seconds between packets;
    interleave: one packet of each connection in turn, instead of one connection after the other;
    secrets: lines of a TLS key log, put into the file (pcapng only).
    """

    start: float = 1722170091.0
    step: float = 0.001
    interleave: bool = False
    secrets: str = ""
    streams: list = field(default_factory=list)

    def add(self, dialogue, **options):
        """Adds a connection and returns its number, which is its tcp.stream.

        client, server     addresses, IPv4 or IPv6; unless told each connection but the first has a server of its own,
                           since what is known of one is remembered
        client_port, port  ports; each connection has a client_port of its own unless told
        mss=1460           longest segment
        handshake=True     with SYN, SYN ACK, ACK
        end="fin"          how it ends: "fin", "rst", None
        acks=False         with an empty acknowledgement of each segment
        only=None          "C" or "S": only that direction was captured
        skip=0             the capture starts late: neither handshake nor the first segments
        snaplen=None       octets captured of each frame
        isn=(1000, 5000)   initial sequence numbers of client and server
        """
        number = len(self.streams)
        if number and not {"client", "server", "client_port"} & {*options}:
            options["server"] = f"198.18.{number // 256 % 256}.{number % 256}"
        options.setdefault("client_port", 10000 + number % 50000)
        dialogue = list(dialogue)
        if "client" not in options:
            host = 1 + number // 50000
            v6 = ":" in options.get("server", Stream.server)
            options["client"] = f"2001:db8::{host:x}" if v6 else f"192.0.2.{host}"
        self.streams.append(Stream(dialogue, **options))
        return number

    def add_all(self, dialogues, **options):
        """Adds a connection for each dialogue and returns their numbers."""
        return [self.add(dialogue, **options) for dialogue in dialogues]

    def frames(self):
        """All frames as (time in microseconds, octets captured, length on the wire)."""
        lists = [[(stream, packet) for packet in stream.packets()] for stream in self.streams]
        if self.interleave:
            turns = itertools.zip_longest(*lists)
            ordered = [entry for turn in turns for entry in turn if entry]
        else:
            ordered = [entry for packets in lists for entry in packets]
        now = round(self.start * 1e6)
        for n, (stream, packet) in enumerate(ordered):
            if n or packet.wait is not None:
                now += round((self.step if packet.wait is None else packet.wait) * 1e6)
            frame = stream.frame(packet)
            yield now, frame[:stream.snaplen], len(frame)

    def save(self, path):
        """Writes the capture: pcapng if path ends so, else pcap. Returns the path."""
        path = Path(path)
        if path.suffix == ".pcapng":
            parts = _pcapng(self.frames(), self.secrets)
        elif self.secrets:
            raise ValueError("only pcapng can hold secrets")
        else:
            parts = _pcap(self.frames())
        with path.open("wb") as file:
            file.writelines(parts)
        return path


def _pcap(frames):
    yield struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    for time, data, length in frames:
        yield struct.pack("<IIII", time // 10**6, time % 10**6, len(data), length) + data


def _pcapng(frames, secrets):
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        size = struct.pack("<I", len(body) + 12)
        return struct.pack("<I", kind) + size + body + size

    yield block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    if secrets:
        lines = secrets.encode()
        yield block(0x0A, struct.pack("<II", 0x544C534B, len(lines)) + lines)
    yield block(0x01, struct.pack("<HHI", 1, 0, 262144))
    for time, data, length in frames:
        yield block(0x06, struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF,
                                      len(data), length) + data)
