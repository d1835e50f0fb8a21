"""What the capture lacks is said, and never filled by a guess.

Each segment of a dialogue is left out in turn; captures begin late, show one direction, or cut frames short. Every fact that is
shown must be one of the whole capture's facts; the lack must be marked.
"""

from collections import Counter
from dataclasses import replace

import pytest

from dialogue import C, Capture, S

FACTS = ["smtp.req.verb", "smtp.mail.from", "smtp.rcpt.to", "smtp.response.code", "smtp.ehlo.size",
         "smtp.transaction.outcome", "smtp.transaction.sender", "smtp.transaction.recipient", "smtp.transaction.recipient.rejected",
         "smtp.transaction.queue_id", "smtp.rcpt.status", "smtp.mail.status", "smtp.auth.outcome"]
MARKS = ["smtp.missing", "smtp.not_captured", "smtp.expert.gap", "smtp.expert.message_incomplete", "smtp.data.incomplete"]

# Each reply has words of its own, so that a pair of command and reply tells itself.
LOCKSTEP = [
    S("220 mx.example ESMTP one\r\n"), C("EHLO client.example\r\n"),
    S("250-mx.example two\r\n250-SIZE 52428800\r\n250-AUTH PLAIN LOGIN\r\n250 PIPELINING\r\n"),
    C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("YWxpY2U=\r\n"), S("334 UGFzc3dvcmQ6\r\n"), C("c2VjcmV0\r\n"),
    S("235 2.7.0 three\r\n"),
    C("MAIL FROM:<a@client.example>\r\n"), S("250 2.1.0 four\r\n"),
    C("RCPT TO:<b@mx.example>\r\n"), S("250 2.1.5 five\r\n"),
    C("RCPT TO:<c@mx.example>\r\n"), S("550 5.1.1 six\r\n"),
    C("NOOP\r\n"), S("250 seven\r\n"),
    C("DATA\r\n"), S("354 eight\r\n"),
    C("Subject: first\r\n\r\nfirst line\r\n"), C("second line\r\n"), C("last line\r\n.\r\n"), S("250 2.0.0 Ok: queued as NINE\r\n"),
    C("RSET\r\n"), S("250 ten\r\n"),
    C("MAIL FROM:<d@client.example>\r\n"), S("250 2.1.0 eleven\r\n"),
    C("RCPT TO:<e@mx.example>\r\n"), S("250 2.1.5 twelve\r\n"),
    C("BDAT 10\r\n0123456789"), S("250 thirteen\r\n"), C("BDAT 6 LAST\r\nabcdef"), S("250 2.0.0 Ok: queued as FOURTEEN\r\n"),
    C("QUIT\r\n"), S("221 fifteen\r\n"),
]

PIPELINED = [
    S("220 mx.example ESMTP one\r\n"), C("EHLO client.example\r\n"), S("250-mx.example two\r\n250-SIZE 52428800\r\n250 PIPELINING\r\n"),
    C("MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\nRCPT TO:<c@mx.example>\r\nDATA\r\n", cut=[30, 55, 80]),
    S("250 2.1.0 three\r\n"), S("250 2.1.5 four\r\n"), S("550 5.1.1 five\r\n"), S("354 six\r\n"),
    C("Subject: x\r\n\r\nbody\r\n.\r\n"), S("250 2.0.0 Ok: queued as SEVEN\r\n"),
    C("MAIL FROM:<d@client.example>\r\nRCPT TO:<e@mx.example>\r\nDATA\r\n"), S("250 2.1.0 eight\r\n550 5.1.1 nine\r\n554 5.5.1 ten\r\n"),
    C("RSET\r\nQUIT\r\n"), S("250 eleven\r\n", cut=[5]), S("221 twelve\r\n"),
]

DIALOGUES = {"lockstep": LOCKSTEP, "pipelined": PIPELINED}


class Seen:
    """What was shown of one stream."""

    def __init__(self):
        self.facts = Counter()
        self.pairs = set()
        self.marks = Counter()
        self.lines = {}
        self.replies = []

    def add(self, frame):
        for layer in frame.layers:
            for item in layer.walk():
                if item.name in FACTS:
                    self.facts[item.name, item.value] += 1
                if item.name in MARKS:
                    self.marks[item.name] += 1
                if item.name in ("smtp.command_line", "smtp.eom"):
                    self.lines.setdefault(frame.number, []).append(item.label)
                if item.name == "smtp.response":
                    asked = item.values("smtp.request_in")
                    self.replies.append((item.values("smtp.rsp.parameter")[-1:], asked))

    def finish(self):
        for text, asked in self.replies:
            for frame in asked:
                lines = self.lines.get(int(frame), ["?"])
                self.pairs.add((tuple(text), lines[0] if len(lines) == 1 else "several"))
        return self


def seen(tshark, capture, **options):
    streams = {}
    for frame in tshark.tree(capture, two_pass=True, tshark=True, **options):
        streams.setdefault(frame.stream, Seen()).add(frame)
    return {stream: one.finish() for stream, one in streams.items()}


def dropped(dialogue):
    """The dialogue without each of its segments in turn."""
    for n, step in enumerate(dialogue):
        for piece in range(len(step.cut) + 1):
            yield [*dialogue[:n], type(step)(**{**vars(step), "drop": {piece}}), *dialogue[n + 1:]]


def assert_nothing_invented(whole, part, what):
    invented = part.facts - whole.facts
    assert not invented, (what, invented)
    # Commands of one segment cannot be told apart by frame.
    wrong = {pair for pair in part.pairs if pair not in whole.pairs and "several" not in pair}
    assert not wrong, (what, wrong)


@pytest.mark.parametrize("name", DIALOGUES)
def test_a_missing_segment_is_marked_and_nothing_invented(tshark, name):
    capture = Capture()
    capture.add(DIALOGUES[name])
    variants = list(dropped(DIALOGUES[name]))
    capture.add_all(variants)
    streams = seen(tshark, capture)
    whole = streams.pop(0)
    assert whole.facts["smtp.transaction.outcome", "accepted"] and not whole.marks
    assert len(streams) == len(variants)
    for stream, part in streams.items():
        assert_nothing_invented(whole, part, variants[stream - 1])
        assert part.marks, variants[stream - 1]


@pytest.mark.parametrize("name", DIALOGUES)
def test_after_a_hole_the_session_is_found_again(tshark, name):
    """Whatever segment of the first half is missing, the end of the session is read rightly."""
    capture = Capture()
    variants = [variant for variant in dropped(DIALOGUES[name]) if any(step.drop for step in variant[3:10])]
    capture.add_all(variants)
    for stream, part in seen(tshark, capture).items():
        assert part.facts["smtp.req.verb", "QUIT"], variants[stream]
        assert part.facts["smtp.response.code", "221"], variants[stream]


@pytest.mark.parametrize("name", DIALOGUES)
@pytest.mark.parametrize("side", ["C", "S"])
def test_one_direction(tshark, name, side):
    capture = Capture()
    capture.add(DIALOGUES[name])
    capture.add(DIALOGUES[name], only=side)
    streams = seen(tshark, capture)
    whole, part = streams[0], streams[1]
    assert_nothing_invented(whole, part, side)
    assert part.marks
    field = "smtp.req.verb" if side == "C" else "smtp.response.code"
    shown = Counter({fact: n for fact, n in part.facts.items() if fact[0] == field})
    assert shown == Counter({fact: n for fact, n in whole.facts.items() if fact[0] == field})


@pytest.mark.parametrize("name", DIALOGUES)
def test_the_capture_begins_late(tshark, name):
    capture = Capture()
    capture.add(DIALOGUES[name])
    segments = sum(len(step.cut) + 1 for step in DIALOGUES[name])
    for skip in range(1, segments - 1):
        capture.add(DIALOGUES[name], handshake=False, skip=skip)
    streams = seen(tshark, capture)
    whole = streams.pop(0)
    for stream, part in streams.items():
        assert_nothing_invented(whole, part, f"begins at segment {stream}")
        assert part.facts["smtp.response.code", "221"]


def test_frames_cut_short(tshark):
    capture = Capture()
    capture.add(LOCKSTEP)
    capture.add(LOCKSTEP, snaplen=96)
    streams = seen(tshark, capture)
    whole, part = streams[0], streams[1]
    assert_nothing_invented(whole, part, "snaplen 96")
    assert part.marks["smtp.missing"]


@pytest.mark.parametrize("drop", [0, 1, 2])
def test_a_message_with_a_hole_is_passed_on_up_to_it(tshark, drop):
    dialogue = list(LOCKSTEP)
    n = next(i for i, step in enumerate(dialogue) if step.data.startswith(b"Subject"))
    dialogue[n + drop] = C(dialogue[n + drop].data.decode(), drop=True)
    capture = Capture()
    capture.add(dialogue)
    in_front = b"".join(step.data for step in LOCKSTEP[n:n + drop])
    *head, chunks = tshark.messages(capture)[0]
    assert head == ([in_front] if drop else []) and len(chunks) == 16
    frames = tshark.tree(capture, two_pass=True)
    assert any(frame.all("smtp.expert.message_incomplete") or frame.all("smtp.expert.message_incomplete") for frame in frames)


# --- the capture begins in the middle of a mail ------------------------------------------------

MAIL = [
    S("220 mx.example ESMTP\r\n"), C("EHLO client.example\r\n"), S("250 mx.example\r\n"), C("MAIL FROM:<a@client.example>\r\n"), S("250 ok\r\n"),
    C("RCPT TO:<b@mx.example>\r\n"), S("250 ok\r\n"), C("DATA\r\n"), S("354 go\r\n"),
    C("Subject: x\r\n\r\none\r\n"), C("two\r\n"), C(".\r\n"), S("250 2.0.0 Ok: queued as ABC\r\n"), C("QUIT\r\n"), S("221 bye\r\n"),
]
GO = 8
TEXT = b"".join(step.data for step in MAIL[GO + 1:GO + 3])


@pytest.fixture(params=[False, True], ids=["one pass", "two passes"])
def two_pass(request):
    return request.param


def test_a_message_whose_354_is_captured_is_collected(tshark, two_pass):
    """Not if its first octets are missing: the 354 says where they begin."""
    capture = Capture()
    capture.add(MAIL, skip=GO)
    capture.add([*MAIL[:GO + 1], replace(MAIL[GO + 1], drop=True), *MAIL[GO + 2:]], skip=GO)
    assert list(tshark.export(capture, two_pass=two_pass).values()) == [TEXT]
    frames = [frame for frame in tshark.tree(capture, two_pass=two_pass) if frame.stream == 0]
    assert [frame.values("smtp.not_captured") for frame in frames if frame.all("smtp.not_captured")] == [["no command in the capture"]]
    assert frames[0].all("smtp.not_captured")


@pytest.mark.parametrize("first", [GO, GO + 1, GO + 2, GO + 3])
def test_the_end_mark_has_its_reply(tshark, first):
    capture = Capture()
    capture.add(MAIL, skip=first)
    end, = tshark.tree(capture, filter="smtp.eom", two_pass=True)
    reply, = tshark.tree(capture, filter='smtp.rsp.parameter contains "queued"', two_pass=True)
    assert end.values("smtp.response_in") == [str(reply.number)]
    assert float(reply.values("smtp.time")[0]) == pytest.approx(0.001)
    assert not end.all("smtp.not_captured") and not reply.all("smtp.not_captured")
