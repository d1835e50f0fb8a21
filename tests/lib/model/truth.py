"""What is true of a connection.

A Fact is a field's value at an octet of one side's stream; in which frame that octet came is known
only when TCP has cut the stream. Ref is such an octet as a value: the frame that it is in.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ref:
    """The frame that holds the octet before this offset of that side's stream."""

    side: str
    end: int


@dataclass(frozen=True)
class Fact:
    side: str
    end: int
    field: str
    value: object
    later: bool = False  # known in later passes only


@dataclass
class Mail:
    """A mail transaction: RFC 5321 section 3.3, verdict as in tests/contract/fields.tsv."""

    number: int
    sender: str
    status: int = None  # of the reply to MAIL
    rcpts: list = field(default_factory=list)  # [forward-path, code of the reply that decides, ...]
    body: list = field(default_factory=list)  # codes that the last DATA, BDAT or the message got
    size: int = None  # None: no whole message
    accepted: bool = False
    prdr: bool = False
    ended: tuple = None  # (side, end) of the reply that ended it
    last: tuple = None  # (side, end) of the last that belongs to it
    loose: bool = False  # in which frame it ends is for the reader to choose
    outcomes: frozenset = None  # where the rules leave a choice

    def codes(self):
        """The codes that decided against it."""
        codes = []
        if self.status and self.status >= 400:
            codes.append(self.status)
        if self.rcpts and all(rcpt[1] >= 400 for rcpt in self.rcpts):
            codes += [rcpt[1] for rcpt in self.rcpts]
        codes += [code for code in self.body if code >= 400]
        return codes

    def outcome(self):
        if self.accepted:
            return "accepted"
        codes = self.codes()
        if not codes:
            return "aborted"
        return "deferred" if any(code < 500 for code in codes) else "rejected"

    def choices(self):
        """The outcomes that the rules allow: where the stages of a mail refuse by different classes, which of them
        decided is for the reader to choose."""
        if self.accepted:
            return {"accepted"}
        if self.outcomes:
            return self.outcomes
        stages = [[rcpt[1] for rcpt in self.rcpts if not rcpt[2].judged], [rcpt[1] for rcpt in self.rcpts if rcpt[2].judged], self.body]
        classes = [{code // 100 for code in codes if code >= 400} for codes in stages]
        classes = [found for found in classes if found]
        if self.outcome() != "aborted" and any(found != classes[0] for found in classes):
            return {"deferred", "rejected"}
        return {self.outcome()}

    def told(self):
        """The fields that its last reply tells, as {field: [values]}."""
        refused = [rcpt[0] for rcpt in self.rcpts if rcpt[1] >= 400]
        taken = [rcpt[0] for rcpt in self.rcpts if rcpt[1] < 400]
        return {
            "smtp.transaction.sender": [self.sender],
            "smtp.transaction.recipient": taken,
            "smtp.transaction.recipient.rejected": refused,
            "smtp.transaction.outcome": [self.outcome()],
        }


@dataclass
class Truth:
    facts: list = field(default_factory=list)
    mails: list = field(default_factory=list)
    messages: list = field(default_factory=list)  # (octets, must they be shown)
    ranges: list = field(default_factory=list)  # (side, begin, end, number of the mail)
    ingredients: set = field(default_factory=set)
    unsure: set = field(default_factory=set)  # fields that are for the reader to choose
    vague: bool = False  # which mail what belongs to is for the reader to choose

    def add(self, side, end, name, value, later=False):
        self.facts.append(Fact(side, end, name, value, later))
