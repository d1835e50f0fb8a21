"""The wire between the model's client and server.

The client says octets; the server reads them at once, and each of its replies remembers how much of
the client's stream it had read. When the client waits, all is put on the wire in an order that is
possible: no reply before the octets that it answers.
"""

import random

from dialogue import C, S


class Closed(Exception):
    """The connection is closed, and the client has seen it."""


class Talk:
    def __init__(self, seed, server):
        self.dice = random.Random(f"wire {seed}")
        self.server = server
        self.truth = server.truth
        self.wire = []  # [who, octets] in order; one entry is at least one segment
        self.said = b""  # the client's stream
        self.sent = 0  # how much of it is on the wire
        self.heard = 0  # how many replies are on the wire
        self.read = 0  # how many replies the client has read
        # How the two of them share the line.
        self.batch = self.dice.random() < 0.6
        self.joins = self.dice.choice((0.0, 0.5, 1.0))

    def note(self, *names):
        self.truth.ingredients.update(names)

    def offers(self, keyword):
        """Whether the client may use an extension: the last hello that was accepted decides."""
        return self.server.hello in ("EHLO", "LHLO") and self.server.policy.offers(keyword)

    def say(self, octets, wish=None):
        """The client says octets; wish: what the server is to answer, if its state lets it."""
        octets = octets.encode() if isinstance(octets, str) else octets
        if wish is not None:
            self.server.wishes[len(self.said)] = wish
        self.said += octets
        self.server.receive(octets)

    def line(self, text, wish=None, end=b"\r\n"):
        self.say((text.encode() if isinstance(text, str) else text) + end, wish)

    def wait(self):
        """All that was said and answered goes over the wire. Returns the codes not yet read."""
        fresh = True
        self.server.group += 1
        begun = 0  # octets of the reply that is being sent
        while self.sent < len(self.said) or self.heard < len(self.server.replies):
            reply = self.server.replies[self.heard] if self.heard < len(self.server.replies) else None
            may_reply = reply is not None and reply.seen <= self.sent
            more = self.sent < len(self.said)
            if may_reply and not (more and (self.batch or self.dice.random() < 0.5)):
                whole = reply.octets[begun:]
                piece = whole
                if more and len(whole) > 1 and self.dice.random() < 0.2:
                    piece = whole[:self.dice.randrange(1, len(whole))]
                self._put("S", piece, fresh)
                begun += len(piece)
                if begun == len(reply.octets):
                    self.heard, begun = self.heard + 1, 0
            else:
                rest = self.said[self.sent:]
                piece = rest
                if reply is not None and not self.batch:
                    # As far as the next line, or as far as the server wants it, or anywhere.
                    line = rest.find(b"\n") + 1 or len(rest)
                    place = self.dice.choice((line, line, reply.seen - self.sent, self.dice.randrange(1, len(rest) + 1)))
                    piece = rest[:place] if place > 0 else rest
                self._put("C", piece, fresh)
                self.sent += len(piece)
            fresh = False
        codes = [reply.code for reply in self.server.replies[self.read:]]
        self.read = len(self.server.replies)
        if self.server.closed:
            raise Closed
        return codes

    def _put(self, who, octets, fresh):
        if not fresh and self.wire[-1][0] == who and self.dice.random() < self.joins:
            self.wire[-1][1] += octets
        else:
            self.wire.append([who, octets])

    def steps(self, dice, cuts=True):
        """The wire as steps of a dialogue.Capture, cut and sent again at random."""
        share = dice.choice((0, 0, 0, 0, 0.02, 0.05, 0.2)) if cuts else 0
        again = dice.choice((0, 0, 0.05)) if cuts else 0
        steps = []
        for who, octets in self.wire:
            cut = []
            if share:
                cut = [p for p in range(1, len(octets)) if dice.random() < share][:12]
            repeated = {}
            if again:
                repeated = {n: dice.choice((0, 0, 1, 3)) for n in range(len(cut) + 1) if dice.random() < again}
            make = C if who == "C" else S
            steps.append(make(octets, cut, again=repeated or False))
        return steps
