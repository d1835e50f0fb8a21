"""Every capture of the repository, damaged: octets changed, frames cut short, out of order, mixed.

Many variants go into one file, each with addresses of its own. Nothing may crash, no
dissector bug may be reported, and damage must not cost time. tests/check runs this with the plugin
under ASan and UBSan and with more seeds (ESMTP_SEEDS).
"""

import os
import random

import pytest

from recorded import CAPTURES, Variants, addresses, moved, read
from test_limits import cost

SEEDS = int(os.environ.get("ESMTP_SEEDS", "3"))
PARTS = 8

# --- damage -----------------------------------------------------------------------------------


def mangled(frame, dice, share=0.02):
    """Two of a hundred octets of what TCP carries changed; now and then its numbers, too."""
    places = addresses(frame.data)
    if not places:
        return frame
    data = bytearray(frame.data)
    tcp = places[2]
    start = tcp + (data[tcp + 12] >> 4) * 4
    for at in range(start, len(data)):
        if dice.random() < share:
            data[at] = dice.choice((dice.randrange(256), *b"\r\n.- <>=0"))
    if dice.random() < share:
        data[tcp + dice.randrange(4, 12)] = dice.randrange(256)
    return frame._replace(data=bytes(data))


def mangle(frames, dice):
    return [mangled(frame, dice) for frame in frames]


def truncate(frames, dice):
    snaplen = dice.randrange(60, 201)
    return [frame._replace(data=frame.data[:snaplen]) for frame in frames]


def reorder(frames, dice):
    reach = dice.choice((2, 5, 20))
    places = [n + dice.random() * reach for n in range(len(frames))]
    return [frame for _, frame in sorted(zip(places, frames), key=lambda pair: pair[0])]


def lose(frames, dice):
    return [frame for frame in frames if dice.random() > 0.1]


DAMAGE = {"mangled": mangle, "truncated": truncate, "reordered": reorder, "lossy": lose}


def intact(frames, dice):
    return frames


def variants(paths, name, change):
    """Each of the captures SEEDS times, all in one: to start tshark costs more than to read one."""
    ready, keys = [], ""
    for n, path in enumerate(paths):
        frames, secrets = read(path)
        keys += secrets
        for seed in range(SEEDS):
            dice = random.Random(f"{path.name} {name} {seed}")
            place = n * SEEDS + seed + 1
            ready += [moved(frame, place) for frame in change(frames, dice)]
    return Variants(secrets=keys, ready=ready)


# --- tests ------------------------------------------------------------------------------------


# All that listens to the plugin's taps, at once.
LISTENERS = [word for name in ("smtp,log", "smtp,log,json", "smtp,sessions", "smtp,mails", "smtp,table", "smtp,tree", "smtp,srt",
                               "flow,smtp,standard", "follow,smtp,ascii,0", "conv,smtp-mail", "endpoints,smtp-mail")
             for word in ("-z", name)]


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged(tshark, part):
    paths = CAPTURES[part::PARTS]
    whole = cost(tshark, variants(paths, "whole", intact), "-V", "-2")
    for name, change in DAMAGE.items():
        each = cost(tshark, variants(paths, name, change), "-V", "-2")
        assert each.seconds < 10 * whole.seconds, (name, each.seconds, whole.seconds)


def test_mixed(tshark):
    """One frame of each of many damaged captures in turn."""
    lists, secrets = [], ""
    for n, path in enumerate(CAPTURES):
        frames, said = read(path)
        secrets += said
        for m, change in enumerate(DAMAGE.values()):
            dice = random.Random(f"{path.name} {m}")
            lists.append([moved(frame, 1000 + 4 * n + m) for frame in change(frames, dice)])
    longest = max(map(len, lists))
    ready = [frames[n] for n in range(longest) for frames in lists if n < len(frames)]
    capture = Variants(secrets=secrets, ready=ready)
    for args in (["-V"], ["-V", "-2"], ["-T", "json"], ["-2"], ["-q", *LISTENERS], ["-q", "-2", *LISTENERS],
                 ["-V", "-o", "tcp.reassemble_out_of_order:TRUE"],
                 ["-V", "-o", "tcp.desegment_tcp_streams:FALSE"]):
        cost(tshark, capture, *args)
