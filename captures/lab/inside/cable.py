"""A bad cable: carries frames between the devices c and s, and treats some of them badly.

    cable.py '{"drop": {"c": [7], "s": [9]}, "again": {...}, "late": {...}}'

For each direction (by the device where the frames come in) the numbers, counted from 0, of those TCP
segments with data that are lost, come twice, or come only after the two segments after them.
Which segments these are is the same in every run; what the two TCPs make of it is theirs.

    cable.py '{"window": {"device": "tap", "keys": FILE, "end": FILE, "last": PORT}}'

A cable with a window: whoever listens at the device sees all that goes over it, both ways, each
frame before it goes on. So that what is encrypted can be read the moment it is seen, frames of a TLS
session wait until the file of keys has those that they need: programs log a key when they use it,
and that may be after the segment is on its way. Frames that end a connection wait for the other file
to be there. After a UDP datagram from the port `last` the window is shut, the cable goes on.
"""

import json
import os
import select
import socket
import struct
import sys
import time
from collections import deque
from dataclasses import dataclass

# A frame kept back comes after this many later ones, or after this time.
PLACES, SECONDS = 2, 0.15

# A frame that waits longer than this goes on all the same, and after it no other waits for keys.
FOR_KEYS, FOR_END = 10, 60

# What must be in the key log before a reader is shown the server's first records, and the client's
# next ones. A reader looks into the file when it comes to them, and then never again.
SERVER_KEYS = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
               "SERVER_TRAFFIC_SECRET_0"}
CLIENT_KEYS = SERVER_KEYS | {"CLIENT_TRAFFIC_SECRET_0"}
CLIENT_KEYS_1_2 = {"CLIENT_RANDOM"}

FIN = 1


@dataclass
class Segment:
    """What matters of a frame: protocol, ports and data; of TCP also number and flags."""

    protocol: int
    ports: tuple
    data: bytes
    number: int = 0
    flags: int = 0


def segment_of(frame):
    """The TCP segment or UDP datagram of a frame; None if it holds neither."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == 0x0800:
        begin, total = 14 + (frame[14] & 15) * 4, struct.unpack_from("!H", frame, 16)[0]
        protocol, end = frame[23], 14 + total
    elif kind == 0x86DD:
        begin, protocol = 54, frame[20]
        end = 54 + struct.unpack_from("!H", frame, 18)[0]
    else:
        return None
    if protocol not in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
        return None
    ports = struct.unpack_from("!HH", frame, begin)
    if protocol == socket.IPPROTO_UDP:
        return Segment(protocol, ports, frame[begin + 8:end])
    data = frame[begin + (frame[begin + 12] >> 4) * 4:end]
    return Segment(protocol, ports, data, struct.unpack_from("!I", frame, begin + 4)[0],
                   frame[begin + 13])


def has_data(frame):
    segment = segment_of(frame)
    return bool(segment and segment.protocol == socket.IPPROTO_TCP and segment.data)


class Window:
    """Passes frames on in order, each when a reader at the window may see it."""

    def __init__(self, ends, device, keys, end, last):
        self.ends, self.keys, self.end, self.last = ends, keys, end, last
        self.device = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.device.bind((device, 0))
        self.queues = {"c": deque(), "s": deque()}  # (frame, its segment)
        self.since = {}      # {direction: when its first frame began to wait}
        self.randoms = {}    # {the client's port: random of its ClientHello}
        self.versions = {}   # {the client's port: "1.3" or "1.2"}
        self.shut = False
        self.hopeless = False

    def add(self, side, frame):
        segment = segment_of(frame)
        # TCP sends again what waits here too long; a reader need not see that.
        if segment and (segment.data or segment.flags & FIN) and \
                any(other == segment for _, other in self.queues[side]):
            return
        self.queues[side].append((frame, segment))

    def pass_on(self):
        moved = True
        while moved:
            moved = False
            for side, other in ("cs", "sc"):
                if self.queues[side] and self._may_pass(side, self.queues[side][0][1]):
                    frame, segment = self.queues[side].popleft()
                    self.since.pop(side, None)
                    if not self.shut:
                        self.device.send(frame)
                    if segment and segment.protocol == socket.IPPROTO_UDP \
                            and segment.ports[0] == self.last:
                        self.shut = True
                    self.ends[other].send(frame)
                    moved = True

    def _may_pass(self, side, segment):
        if not segment or segment.protocol != socket.IPPROTO_TCP:
            return True
        waits = time.monotonic() - self.since.setdefault(side, time.monotonic())
        if segment.flags & FIN and not os.path.exists(self.end):
            return waits > FOR_END
        missing = self._wanted(side, segment) if segment.data else set()
        if missing:
            missing -= self._logged(segment.ports["cs".index(side)])
        if missing and not self.hopeless and waits > FOR_KEYS:
            print(f"cable: waited {FOR_KEYS} s in vain for {' '.join(sorted(missing))} in the log of"
                  " keys", file=sys.stderr, flush=True)
            self.hopeless = True
        return not missing or self.hopeless

    def _wanted(self, side, segment):
        """The keys without which a reader could not read this and what follows."""
        client, data = segment.ports["cs".index(side)], segment.data
        # A handshake record of TLS, and in it the hello of that side. Both fit into one segment.
        if data[0] == 22 and len(data) > 43 and data[5] == (1 if side == "c" else 2):
            if side == "c":
                self.randoms[client] = data[11:43].hex()
            elif client in self.randoms:
                suite = 44 + data[43]
                self.versions[client] = "1.3" if data[suite] == 0x13 else "1.2"
        if client not in self.versions:
            return set()
        if self.versions[client] == "1.2":
            return set(CLIENT_KEYS_1_2) if side == "c" else set()
        return set(CLIENT_KEYS if side == "c" else SERVER_KEYS)

    def _logged(self, client):
        """Which keys of that client's session are in the file, in whole lines."""
        with open(self.keys, encoding="ascii") as file:
            lines = file.read().split("\n")[:-1]
        rows = (line.split() for line in lines)
        return {row[0] for row in rows if len(row) == 3 and row[1] == self.randoms[client]}


def main():
    plan = json.loads(sys.argv[1])
    ends = {}
    for name in "cs":
        ends[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        ends[name].bind((name, 0))
    names = {end: name for name, end in ends.items()}
    count = {"c": 0, "s": 0}
    kept = {"c": [], "s": []}  # [frame, places to wait, latest time]
    window = Window(ends, **plan["window"]) if "window" in plan else None

    def chosen(what, side, number):
        return number in plan.get(what, {}).get(side, [])

    print("ready", flush=True)
    while True:
        ready, _, _ = select.select(list(names), [], [], 0.02)
        for end in ready:
            frame, address = end.recvfrom(65536)
            if address[2] == socket.PACKET_OUTGOING:
                continue
            side = names[end]
            other = ends["s" if side == "c" else "c"]
            if window:
                window.add(side, frame)
                continue
            copies = 1
            if has_data(frame):
                number, count[side] = count[side], count[side] + 1
                if chosen("late", side, number):
                    kept[side].append([frame, PLACES, time.monotonic() + SECONDS])
                    continue
                copies = 0 if chosen("drop", side, number) else 2 if chosen("again", side, number) else 1
            for _ in range(copies):
                other.send(frame)
            for entry in kept[side]:
                entry[1] -= copies > 0
        if window:
            window.pass_on()
        now = time.monotonic()
        for side in "cs":
            for entry in list(kept[side]):
                if entry[1] <= 0 or now > entry[2]:
                    ends["s" if side == "c" else "c"].send(entry[0])
                    kept[side].remove(entry)


main()
