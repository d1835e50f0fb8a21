"""A bad cable: carries frames between the devices c and s, and treats some of them badly.

    cable.py '{"drop": {"c": [7], "s": [9]}, "again": {...}, "late": {...}}'

For each direction (by the device where the frames come in) the numbers, counted from 0, of those TCP
segments with data that are lost, come twice, or come only after the two segments behind them.
Which segments these are is the same in every run; what the two TCPs make of it is theirs.
"""

import json
import select
import socket
import struct
import sys
import time

# A frame kept back comes after this many later ones, or after this time.
PLACES, SECONDS = 2, 0.15


def has_data(frame):
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == 0x0800:
        begin, total = 14 + (frame[14] & 15) * 4, struct.unpack_from("!H", frame, 16)[0]
        protocol, end = frame[23], 14 + total
    elif kind == 0x86DD:
        begin, protocol = 54, frame[20]
        end = 54 + struct.unpack_from("!H", frame, 18)[0]
    else:
        return False
    return protocol == 6 and end - begin > (frame[begin + 12] >> 4) * 4


def main():
    plan = json.loads(sys.argv[1])
    ends = {}
    for name in "cs":
        ends[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        ends[name].bind((name, 0))
    names = {end: name for name, end in ends.items()}
    count = {"c": 0, "s": 0}
    kept = {"c": [], "s": []}  # [frame, places to wait, latest time]

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
        now = time.monotonic()
        for side in "cs":
            for entry in list(kept[side]):
                if entry[1] <= 0 or now > entry[2]:
                    ends["s" if side == "c" else "c"].send(entry[0])
                    kept[side].remove(entry)


main()
