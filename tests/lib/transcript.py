"""What tshark dissected of each connection, as lines that a test compares with what is right.

A line is: the packet (the n-th of the connection that carries octets, from 1), who speaks, what, and

    for 4         replies: the packet of the command that it answers
    #1            number of the mail transaction; two if a MAIL's reply ends the one before it, too
    accepted      its outcome, on the reply that ends it
    !gap          expert info smtp.expert.gap; alone after the packet, it is on the packet as a whole; without
                  passes.COMMON
    (...)         what the capture lacks

A command is shown by verb and parameter, a reply by its code ("..." in a packet that has only its
first lines, "?" if it is none), message text by "text", the end mark by "end", a hole in the capture by "gap".
"""

import difflib
from dataclasses import dataclass

from passes import COMMON

# What a whole frame says of its connection.
OF_ALL = {"smtp.lmtp", "smtp.tls", "smtp.starttls_in", "smtp.session"}

TEXT = {"smtp.data.piece": "text", "smtp.eom": "end"}

# What stands beside the client's line that it is about, after it (plugin/epan/show/tree_common.h says why).
BESIDE = {"smtp.transaction", "smtp.response_in", "smtp.refusal", "smtp.not_captured", "smtp.auth.attempt", "smtp.data.total", "smtp.data.size.declared", "smtp.data.size.limit", "smtp.data.fragments",
          "smtp.data.incomplete", "smtp.message.header", "smtp.message.text"}


@dataclass
class Session:
    """One connection: its lines, its Frames and the messages handed to the IMF dissector."""

    lines: list
    frames: list
    messages: list

    def values(self, name):
        return [value for frame in self.frames for value in frame.values(name)]

    def items(self, name):
        return [item for frame in self.frames for item in frame.all(name)]

    def reply(self, number):
        """The reply at that place of the session, from 0; with -1 the last one."""
        return self.items("smtp.response")[number]

    def finals(self):
        """The replies that end a transaction."""
        return [item for item in self.items("smtp.response") if item.all("smtp.transaction.outcome")]

    def final(self):
        """The final reply of the only transaction that has one."""
        reply, = self.finals()
        return reply


def check(session, wanted):
    """Fails unless the session reads as wanted, a text of lines."""
    wanted = [line.strip() for line in wanted.splitlines() if line.strip()]
    assert session.lines == wanted, "\n".join(["- wanted, + found", *difflib.ndiff(wanted, session.lines)])


def sessions(tshark, capture, **options):
    """{tcp.stream: Session} of a dialogue.Capture in which no connections interleave."""
    found, before = {}, 0
    for number, stream in enumerate(capture.streams):
        packets = stream.packets()
        carrying = [before + n for n, packet in enumerate(packets, 1) if packet.data]
        found[number] = (Session([], [], []), {frame: n for n, frame in enumerate(carrying, 1)})
        before += len(packets)
    for frame in tshark.tree(capture, **options):
        session, places = found[frame.stream]
        for layer in frame.layers:
            fold(layer)
        session.frames.append(frame)
        session.lines += [_line(item, places[frame.number], places) for layer in frame.layers
                          for item in layer.children if not item.hidden and item.name not in OF_ALL]
    for number, messages in tshark.messages(capture, **options).items():
        found[number][0].messages.extend(messages)
    return {number: session for number, (session, _) in found.items()}


def fold(layer):
    """Puts what stands beside a line below it."""
    lines = []
    for item in layer.children:
        if item.name in BESIDE and lines:
            lines[-1].children.append(item)
        elif not item.hidden:
            lines.append(item)
    layer.children = lines


def _line(item, packet, places):
    words = [str(packet), *_said(item)]
    words += [f"for {places[int(value)]}" for value in item.values("smtp.request_in")]
    words += [f"#{value}" for value in item.values("smtp.transaction")]
    words += item.values("smtp.transaction.outcome")
    words += sorted("!" + child.name.removeprefix("smtp.expert.") for child in item.walk()
                    if child.name.startswith("smtp.expert.") and child is not item and child.name not in COMMON)
    words += [f"({value})" for value in item.values("smtp.not_captured")]
    return " ".join(words)


def _said(item):
    if item.name == "smtp.command_line":
        return ["C", *item.values("smtp.req.command"), *item.values("smtp.req.parameter")]
    if item.name == "smtp.response":
        unfinished = "..." if item.all("smtp.rsp.parameter") and not item.all("smtp.expert.not_reply") else "?"
        return ["S", *(item.values("smtp.response.code") or [unfinished])]
    if item.name == "smtp.missing":
        return ["gap"]
    if item.name == "_ws.expert":
        return []
    if item.name in TEXT:
        return ["C", TEXT[item.name]]
    return [item.name]
