"""What tshark shows of the model's dialogues, held against their truth.

Differences are sorted into kinds (KINDS). The expectations say, by ingredient, which kinds may
differ and why; a dialogue that differs in anything else has failed, and is made as short as it gets.
"""

import collections
import itertools
import json
import re
import sys
from dataclasses import dataclass, field

from dialogue import Capture

from .truth import Ref

KINDS = {
    "commands": ["smtp.req.command", "smtp.req.verb"],
    "replies": ["smtp.response.code", "smtp.response.class", "smtp.rsp.parameter", "smtp.response.enhanced_code"],
    "pairing": ["smtp.request_in", "smtp.request.verb", "smtp.response_in", "smtp.eom", "smtp.eom_in"],
    "envelope": ["smtp.mail.from", "smtp.rcpt.to", "smtp.param", "smtp.mail.status", "smtp.rcpt.status", "smtp.rcpt.address"],
    "bdat": ["smtp.bdat.size", "smtp.bdat.last"],
    "hello": ["smtp.ehlo.keyword", "smtp.greeting.domain"],
    "login": ["smtp.auth.attempt", "smtp.auth.mechanism", "smtp.auth.username", "smtp.auth.password", "smtp.auth.challenge", "smtp.auth.outcome"],
    "queue-id": ["smtp.transaction.queue_id"],
    "mails": ["smtp.transaction.sender", "smtp.transaction.recipient", "smtp.transaction.recipient.rejected"],
    "outcome": ["smtp.transaction.outcome"],
    "size": ["smtp.transaction.size"],
    "numbers": ["smtp.transaction"],
    "session": ["smtp.session.mails", "smtp.session.mails.accepted", "smtp.session.recipients", "smtp.session.recipients.refused",
                "smtp.session.errors", "smtp.session.login", "smtp.session.login.failed"],
    # Findings that no session of a conforming client and server may have.
    "noise": [f"smtp.expert.{name}" for name in (
        "no_command", "wrong_code", "not_command", "not_reply", "early_text", "early_auth", "gap", "fake_end", "fake_end_taken",
        "smuggling_attempt", "client_first", "unsynchronized", "pipelining", "foreign_protocol",
        "injected_command", "masked", "text_after_refusal")],
    "messages": [],
}
NAMES = [name for names in KINDS.values() for name in names]
KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}
# An item without a value: only how many there are.
COUNTED = {"smtp.eom"}
# Compared where they are words: how other octets are escaped, and where a verb ends that holds some, is not the model's
# business.
WORDS = {"smtp.req.command", "smtp.req.verb", "smtp.request.verb"}
WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
# Of a verb that no server knows a reply names so much.
LONGEST = 1000
# The warning that a reply disproved what was shown before.
ANEW = "smtp.expert.read_anew"
# Once in a frame is as good as twice there.
ONCE = {"smtp.response_in", "smtp.auth.mechanism"}


@dataclass
class Difference:
    kind: str
    two_pass: bool
    text: str
    anew: bool = False  # a warning in that pass says that later ones know better


@dataclass
class Case:
    """A dialogue as a stream of a capture, and what is wrong with what was shown."""

    dialogue: object
    stream: int
    frames: list = field(default_factory=list)  # (number, who, begin, end) of octets seen first
    differences: list = field(default_factory=list)

    def frame(self, side, end):
        """The number of the frame that brought the octet before that offset."""
        for number, who, begin, stop in self.frames:
            if who == side and begin < end <= stop:
                return number
        return None


def number_frames(capture, cases):
    """Gives each case its frames, in the order in which Capture.frames() writes them."""
    lists = [[(n, packet) for packet in stream.packets()] for n, stream in enumerate(capture.streams)]
    if capture.interleave:
        ordered = [entry for turn in itertools.zip_longest(*lists) for entry in turn if entry]
    else:
        ordered = itertools.chain.from_iterable(lists)
    begun = collections.Counter()
    for number, (stream, packet) in enumerate(ordered, 1):
        if packet.data:
            isn = capture.streams[stream].isn[packet.who == "S"]
            begin = packet.seq - isn - 1
            end = begin + len(packet.data)
            # Sent again: TCP has had these octets.
            if end > begun[stream, packet.who]:
                begun[stream, packet.who] = end
                cases[stream].frames.append((number, packet.who, begin, end))


def show(tshark, dialogues, interleave=False, passes=(True, False), lacking=()):
    """Puts the dialogues into one capture and has tshark read it. Returns the Cases, compared.

    lacking: fields that this plugin does not have.
    """
    # A finding that this plugin does not know it cannot raise.
    names = [name for name in NAMES if name not in lacking and (KIND_OF[name] != "noise" or name in tshark.types)]
    capture = Capture(interleave=interleave)
    cases = []
    for dialogue in dialogues:
        cases.append(Case(dialogue, capture.add(dialogue.steps, port=dialogue.port, end="fin")))
    number_frames(capture, cases)
    for two_pass in passes:
        rows = _rows(tshark, capture, names, two_pass)
        messages = tshark.messages(capture, two_pass=two_pass)
        for case in cases:
            compare(case, rows.get(case.stream, []), messages.get(case.stream, []), two_pass, names)
    return cases


def _rows(tshark, capture, names, two_pass):
    """As Tshark.by_stream(), which looks at each value; here are millions."""
    wanted = [word for name in ("tcp.stream", "frame.number", *names, ANEW) for word in ("-e", name)]
    streams = collections.defaultdict(list)
    for packet in json.loads(tshark.run(capture, "-T", "json", *wanted, filter="smtp", two_pass=two_pass) or "[]"):
        row = packet["_source"]["layers"]
        if "smtp.bdat.last" in row:
            # 4.0 says 1 and 0 where later versions say True and False.
            row["smtp.bdat.last"] = [{"True": "1", "False": "0"}.get(value, value) for value in row["smtp.bdat.last"]]
        streams[int(row["tcp.stream"][0])].append(row)
    return streams


def compare(case, rows, messages, two_pass, names):
    truth = case.dialogue.truth
    seen = collections.defaultdict(list)  # field -> [(frame, value)]
    for row in rows:
        number = int(row["frame.number"][0])
        for name in names:
            if name in row:
                seen[name] += [(number, "" if name in COUNTED else value) for value in row[name]]
    wanted = collections.defaultdict(list)
    for fact in sorted(truth.facts, key=lambda fact: (fact.side, fact.end)):
        if fact.later and not two_pass:
            continue
        value = str(case.frame(fact.value.side, fact.value.end)) if isinstance(fact.value, Ref) else fact.value
        wanted[fact.field].append((case.frame(fact.side, fact.end), value))

    odd = {frame for name in WORDS for frame, value in wanted[name] if not WORD.fullmatch(value)}

    anew = any(ANEW in row for row in rows)

    def differ(kind, text):
        case.differences.append(Difference(kind, two_pass, text, anew))

    for name in names:
        if (kind := KIND_OF[name]) in ("mails", "outcome", "numbers", "session", "size") or name in truth.unsure:
            continue
        if kind == "noise" and not case.dialogue.honest:
            continue
        want, found = sorted(wanted[name], key=lambda pair: pair[0]), seen[name]
        if name == "smtp.request.verb":
            want, found = ([(frame, verb[:LONGEST]) for frame, verb in pairs] for pairs in (want, found))
        if name in WORDS:
            want, found = ([pair for pair in pairs if pair[0] not in odd] for pairs in (want, found))
        if name in ONCE:
            want, found = sorted(set(want)), sorted(set(found))
        if want != found:
            differ(kind, f"{name}: {_diff(want, found)}")
    _compare_mails(case, truth, seen, two_pass, differ)
    if two_pass and not truth.vague and not any(mail.loose for mail in truth.mails):
        _compare_numbers(case, truth, seen, differ)
    if two_pass and not truth.vague:
        _compare_session(truth, seen, names, differ)
    _compare_messages(truth, messages, differ)


def _compare_session(truth, seen, names, differ):
    """The connection's summary: numbers that follow from all the rest."""
    def count(name, good=lambda value: True):
        return str(sum(good(fact.value) for fact in truth.facts if fact.field == name))

    def refused(code):
        return int(code) >= 400

    attempts = [fact.value for fact in truth.facts if fact.field == "smtp.auth.attempt"]
    outcomes = [fact.value for fact in truth.facts if fact.field == "smtp.auth.outcome"]
    ended = len(set(attempts)) == len(outcomes)
    want = {
        "smtp.session.mails": str(len(truth.mails)),
        "smtp.session.mails.accepted": str(sum(mail.accepted for mail in truth.mails)),
        "smtp.session.recipients": count("smtp.rcpt.to"),
        "smtp.session.recipients.refused": count("smtp.rcpt.status", refused),
        "smtp.session.errors": count("smtp.response.code", refused),
        "smtp.session.login": "none" if not attempts else outcomes[-1] if ended else "open",
        "smtp.session.login.failed": count("smtp.auth.outcome", "failed".__eq__),
    }
    for name, value in want.items():
        if name in names and name not in truth.unsure:
            found = [shown for _, shown in seen[name]]
            if found != [value]:
                differ("session", f"{name}: wanted {value}, shown {found}")


def _compare_mails(case, truth, seen, two_pass, differ):
    if truth.vague:
        return
    told = []
    for mail in truth.mails:
        if mail.ended:
            told.append((case.frame(*mail.ended), mail.ended[1], mail))
        elif two_pass:
            last = max((number for number, _ in _frames_of(case, truth, mail.number)), default=0)
            told.append((last, mail.last[1] if mail.last and case.frame(*mail.last) == last else sys.maxsize, mail))
    told.sort(key=lambda entry: entry[:2])
    loose = any(mail.loose for _, _, mail in told)
    sizes = [str(mail.size) for _, _, mail in told if mail.size is not None and not mail.loose]
    if not loose and sizes != [size for _, size in seen["smtp.transaction.size"]]:
        differ("size", f"smtp.transaction.size: wanted {sizes}, shown {seen['smtp.transaction.size']}")
    for name in [*KINDS["mails"], *KINDS["outcome"]]:
        if name == "smtp.transaction.outcome":
            choices = [sorted(mail.choices()) for _, _, mail in told]
            options = [list(zip((frame for frame, _, _ in told), choice)) for choice in itertools.product(*choices)]
        else:
            options = [[(frame, value) for frame, _, mail in told for value in mail.told()[name]]]
        found = seen[name]
        if loose:
            options = [sorted(value for _, value in option) for option in options]
            found = sorted(value for _, value in found)
        if found not in options:
            differ(KIND_OF[name], f"{name}: wanted {options[0]}, shown {found}")


def _frames_of(case, truth, number):
    for side, begin, end, of in truth.ranges:
        if of == number:
            for frame, who, start, stop in case.frames:
                if who == side and start < end and begin < stop:
                    yield frame, (side, begin, end)


def _compare_numbers(case, truth, seen, differ):
    want, found = collections.defaultdict(set), collections.defaultdict(set)
    for frame, value in seen["smtp.transaction"]:
        found[frame].add(value)
    text = {frame for frame, who, begin, end in case.frames}
    for mail in truth.mails:
        for frame, (side, begin, end) in _frames_of(case, truth, mail.number):
            want[frame].add(str(mail.number))
    # A frame with only the beginning of a line shows nothing of it.
    shown = set(found) | {frame for name in ("smtp.req.command", "smtp.response.code", "smtp.eom") for frame, _ in seen[name]}
    want = {frame: numbers for frame, numbers in want.items() if frame in shown and frame in text}
    if want != dict(found):
        differ("numbers", f"smtp.transaction: {_diff(sorted((f, v) for f, s in want.items() for v in s), sorted((f, v) for f, s in found.items() for v in s))}")


def _compare_messages(truth, messages, differ):
    want = [octets for octets, _ in truth.messages]
    must = [octets for octets, shown in truth.messages if shown]
    if messages == must or messages == want:
        return
    # What need not be shown may be.
    rest = iter(messages)
    position = 0
    for octets, shown in truth.messages:
        if position < len(messages) and messages[position] == octets:
            position += 1
        elif shown:
            break
    else:
        # A mail that the server cut off is shown as far as it came.
        cut_off = "421-in-text" in truth.ingredients
        if len(messages) - position in ((0, 1) if cut_off else (0,)):
            return
    differ("messages", f"wanted {[m[:60] for m in must]} ({[len(m) for m in must]} octets), shown {[m[:60] for m in messages]} ({[len(m) for m in messages]})")


def _diff(want, found):
    lacking = list((collections.Counter(want) - collections.Counter(found)).elements())
    extra = list((collections.Counter(found) - collections.Counter(want)).elements())
    if not lacking and not extra:
        return f"wanted in this order {want}, shown {found}"
    return f"wanted but not shown {lacking[:8]}, shown but not wanted {extra[:8]}"


# --- Expectations -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """Dialogues with this ingredient, or the one "seed N", may differ in these kinds ("*": in all; "1:*": in all, but
    in one pass only, where a warning says so)."""

    ingredient: str
    kinds: frozenset
    reason: str

    def is_about(self, dialogue):
        return self.ingredient in dialogue.truth.ingredients or self.ingredient == f"seed {dialogue.seed}"

    def allows(self, difference):
        return bool(self.kinds & {difference.kind, "*"}) or ("1:*" in self.kinds and not difference.two_pass and difference.anew)


def read_expected(path):
    with open(path, newline="") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]
    return [Expected(name, frozenset(kinds.split(",")), reason) for name, kinds, reason in rows]


def explained_by(case, expected):
    """The rows that allow this case's differences, or None if some are not allowed."""
    rows = [row for row in expected if row.is_about(case.dialogue)]
    used = [row for row in rows if any(map(row.allows, case.differences))]
    if all(any(row.allows(difference) for row in used) for difference in case.differences):
        return used
    return None


@dataclass
class Verdict:
    """What became of many dialogues."""

    expected: list
    agree: int = 0
    explained: collections.Counter = field(default_factory=collections.Counter)  # ingredient: dialogues
    needed: set = field(default_factory=set)  # rows without which a dialogue would have failed
    failed: list = field(default_factory=list)  # Cases

    def add(self, case):
        if not case.differences:
            self.agree += 1
            return
        used = explained_by(case, self.expected)
        if used is None:
            self.failed.append(case)
            return
        alone = [row for row in used if explained_by(case, [other for other in self.expected if other != row]) is None]
        self.needed.update(alone)
        self.explained.update(row.ingredient for row in (alone or used)[:1])

    def count(self):
        return self.agree + sum(self.explained.values()) + len(self.failed)

    def idle(self):
        """The rows that no dialogue needs any more."""
        return [row for row in self.expected if row not in self.needed]

    def text(self):
        text = f"{self.count()} dialogues, {self.agree} agree, {sum(self.explained.values())} expected to differ"
        if self.explained:
            text += f" ({', '.join(f'{name} {count}' for name, count in self.explained.most_common())})"
        return text + (f", {len(self.failed)} differ" if self.failed else "")


# --- Shorter ----------------------------------------------------------------------------------


def shorten(tshark, case, expected, lacking=(), rounds=12):
    """The smallest dialogue found that differs in one of the same kinds and is not expected to."""
    kinds = {difference.kind for difference in case.differences}
    passes = sorted({difference.two_pass for difference in case.differences})
    for _ in range(rounds):
        cases = show(tshark, case.dialogue.variants(), passes=passes, lacking=lacking)
        worse = [other for other in cases if kinds & {difference.kind for difference in other.differences}
                 and explained_by(other, expected) is None]
        if not worse:
            break
        case = min(worse, key=lambda other: (len(other.dialogue.talk.wire), len(other.dialogue.talk.said)))
    return case


def report(case):
    """A dialogue, what is true of it, and what was shown."""
    dialogue = case.dialogue
    lines = [f"seed {dialogue.seed} ({'honest' if dialogue.honest else 'hostile'}), port {dialogue.port}, "
             f"ingredients: {', '.join(sorted(dialogue.truth.ingredients)) or 'none'}"]
    lines += ["    " + line for line in dialogue.transcript().split("\n")]
    for difference in case.differences:
        lines.append(f"  {'two passes' if difference.two_pass else 'one pass'}, {difference.kind}: {difference.text}")
    told = " ".join(difference.text for difference in case.differences)
    spoken = {"C": dialogue.talk.said, "S": b"".join(octets for who, octets in dialogue.talk.wire if who == "S")}
    for number, who, begin, end in case.frames:
        if str(number) in told:
            lines.append(f"  frame {number}: {who} {spoken[who][begin:end][:150]!r}")
    return "\n".join(lines)
