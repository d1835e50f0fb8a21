"""Inside TLS the answers are those in clear, however records and segments cut the session.

Each dialogue is spoken once in clear; inside TLS each piece of a step is a record, and TCP may cut
the records again. All variants must give the same facts and the same messages.
"""

import hashlib
import itertools
import random

import pytest

from dialogue import (C, Capture, S, cut_everywhere, random_cuts, script, segments_of,
                      single_octets)
from passes import any_order, one_and_two
from tls import secure

BEFORE = script("""
    S: 220 mx.example ESMTP
    C: EHLO client.example
    S: 250-mx.example
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go ahead
""")
MESSAGE = b"Subject: x\r\nTo: b@mx.example\r\n\r\n.one\r\n..two\r\n.\r\nQUIT\r\nend\r\n"


def stuffed(message):
    return message.replace(b"\r\n.", b"\r\n..") + b".\r\n"


DIALOGUES = {
    "mail": script("""
        C: EHLO client.example
        S: 250-mx.example
        S: 250-SIZE 52428800
        S: 250-PIPELINING
        S: 250 AUTH PLAIN LOGIN
        C: MAIL FROM:<a@client.example> SIZE=500
        C: RCPT TO:<b@mx.example>
        C: RCPT TO:<c@mx.example>
        C: DATA
        S: 250 2.1.0 Ok
        S: 250 2.1.5 Ok
        S: 550 5.1.1 no such user
        S: 354 go ahead
    """) + [
        C(stuffed(MESSAGE)), S("250 2.0.0 Ok: queued as 4XyZ123abc\r\n"),
        C("QUIT\r\n"), S("221 2.0.0 bye\r\n"),
    ],
    "chunks": [
        C("EHLO a\r\n"), S("250-mx\r\n250 CHUNKING\r\n"),
        C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"), C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n"),
        C(b"BDAT 20\r\n" + MESSAGE[:20]), S("250 ok\r\n"),
        C(b"BDAT %d LAST\r\n" % len(MESSAGE[20:]) + MESSAGE[20:]), S("250 ok\r\n"),
        C("RSET\r\n"), S("250 ok\r\n"),
    ],
    "login": script("""
        C: EHLO a
        S: 250-mx
        S: 250 AUTH LOGIN
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: YWxpY2U=
        S: 334 UGFzc3dvcmQ6
        C: c2VjcmV0
        S: 235 2.7.0 ok
        C: NOOP
        S: 250 ok
    """),
}
NAMES = [
    "smtp.req.verb", "smtp.req.parameter", "smtp.command_line", "smtp.response.code",
    "smtp.rsp.parameter", "smtp.ehlo.keyword", "smtp.mail.from", "smtp.mail.size", "smtp.rcpt.to",
    "smtp.rcpt.status", "smtp.bdat.size", "smtp.response.enhanced_code", "smtp.transaction.outcome",
    "smtp.transaction.recipient", "smtp.transaction.recipient.rejected", "smtp.transaction.size",
    "smtp.transaction.queue_id", "smtp.auth.mechanism", "smtp.auth.username", "smtp.auth.password",
    "smtp.auth.outcome", "smtp.data.reassembled.length",
]


class Cut:
    """For one dialogue: stream 0 is the one in clear, all others are inside TLS."""

    def __init__(self, inside):
        self.capture = Capture()
        self.capture.add([*BEFORE[:3], *inside])
        self.everywhere(inside)
        self.at_random(inside)
        self.octets(inside)

    def add(self, records, segments=(lambda steps: steps,), version="1.3"):
        for variant in records:
            steps, keys = secure(variant, BEFORE, version)
            self.capture.secrets += keys
            count = len(BEFORE)
            for change in segments:
                self.capture.add([*steps[:count], *change(steps[count:])])

    def everywhere(self, inside):
        self.add([inside, *cut_everywhere(inside), single_octets(inside)])

    def at_random(self, inside):
        """Records of random length, in segments of random length, TLS 1.2."""
        def segments(steps):
            return next(random_cuts(steps, seed=len(steps[0].data)))

        def joined(steps):
            return segments_of(steps, 1000)

        variants = [*random_cuts(inside, seed=5, variants=20), segments_of(inside, 3)]
        self.add(variants, [segments, joined, lambda steps: segments_of(steps, 17)], "1.2")

    def octets(self, inside):
        """Segments of one octet."""
        self.add([inside, segments_of(inside, 11)], [single_octets])


@pytest.fixture(scope="module", params=DIALOGUES)
def cut(request):
    return Cut(DIALOGUES[request.param])


@pytest.mark.parametrize("passes", [False, True], ids=["one pass", "two passes"])
def test_the_same_facts_as_in_clear(tshark, cut, passes):
    # In clear there are a handshake of TCP, a greeting and a first EHLO in front.
    lists = tshark.lists(cut.capture, NAMES, two_pass=passes,
                         filter="smtp.tls || smtp && tcp.stream == 0 && frame.number > 6")
    assert set(lists) == set(range(len(cut.capture.streams)))
    for stream in range(1, len(cut.capture.streams)):
        for name in NAMES:
            assert lists[stream][name] == lists[0][name], (stream, name)


@pytest.mark.parametrize("passes", [False, True], ids=["one pass", "two passes"])
def test_the_same_messages(tshark, cut, passes):
    messages = tshark.messages(cut.capture, two_pass=passes)
    sent = any(b"Subject" in step.data for step in cut.capture.streams[0].dialogue)
    expected = [MESSAGE] if sent else []
    for stream in range(len(cut.capture.streams)):
        assert messages.get(stream, []) == expected, stream


@pytest.mark.parametrize("name", DIALOGUES)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_order_of_visits_does_not_matter(tshark, name, version):
    capture = Capture()
    inside = DIALOGUES[name]
    for variant in (inside, segments_of(inside, 1), segments_of(inside, 7), segments_of(inside, 40)):
        steps, keys = secure(variant, BEFORE, version)
        capture.secrets += keys
        capture.add(steps, mss=20000)
    any_order(tshark, capture)


def test_three_records_in_a_segment(tshark):
    """P11"""
    batch = b"MAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\n"
    inside = [C("EHLO a\r\n"), S("250-mx\r\n250 PIPELINING\r\n"),
              C(batch + stuffed(MESSAGE), cut=[33, len(batch)]),
              S("250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n")]
    steps, keys = secure(inside, BEFORE)
    capture = Capture(secrets=keys)
    capture.add(steps, mss=20000)
    frame = one_and_two(tshark, capture, filter="smtp.mail.from")[0]
    assert frame["smtp.req.verb"] == ["MAIL", "RCPT", "DATA"]
    assert frame["smtp.tls"] == 3 * ["1"]
    assert frame["info"].startswith(
        "C: MAIL FROM:<a@a> | RCPT TO:<b@b> | DATA | DATA fragment,")
    assert tshark.messages(capture) == {0: [MESSAGE]}


def test_info_column_of_several_records(tshark):
    inside = [C("EHLO a\r\n"), S("250-mx\r\n250 PIPELINING\r\n", cut=[8]),
              C("NOOP 1\r\nNOOP 2\r\nNOOP 3\r\n", cut=[8, 12]),
              S("250 1\r\n250 2\r\n250 3\r\n", cut=[7, 10, 14])]
    steps, keys = secure(inside, BEFORE)
    capture = Capture(secrets=keys)
    capture.add(steps, mss=20000)
    shown = one_and_two(tshark, capture, filter="smtp.tls")
    assert [row["info"] for row in shown] == [
        "C: EHLO a", "S: 250-mx | 250 PIPELINING", "C: NOOP 1 | NOOP 2 | NOOP 3",
        "S: 250 1 | 250 2 | 250 3"]


def test_megabytes(tshark):
    dice = random.Random(1)
    capture, sent = Capture(), []
    for version, port in itertools.product(("1.2", "1.3"), (25, 465)):
        lines = (bytes(dice.choices(b"abcdefghijklmnop .", k=70)) + b"\r\n" for _ in range(30000))
        message = b"Subject: big\r\n\r\n" + b"".join(lines)
        assert len(message) > 2_000_000
        sent.append(message)
        inside = [C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"), C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n"),
                  C("DATA\r\n"), S("354 go\r\n"), C(stuffed(message)), S("250 queued\r\n")]
        before = BEFORE if port == 25 else []
        greeting = [] if before else [S("220 mx\r\n")]
        steps, keys = secure([*greeting, *INTRODUCED, *inside], before, version)
        capture.secrets += keys
        capture.add(steps, port=port)
    for two_pass in (False, True):
        exported = tshark.export(capture, two_pass=two_pass).values()
        assert sorted(hashlib.sha256(each).digest() for each in exported) == \
            sorted(hashlib.sha256(each).digest() for each in sent)
        rows = tshark.by_stream(capture, ["smtp.transaction.size", "smtp.transaction.outcome"],
                                filter="smtp.transaction.outcome", two_pass=two_pass)
        assert rows == {stream: [{"smtp.transaction.size": [str(len(message))],
                                  "smtp.transaction.outcome": ["accepted"]}] for stream, message in enumerate(sent)}


INTRODUCED = [C("EHLO a\r\n"), S("250 mx\r\n")]


def test_implicit_tls(tshark):
    """Port 465: no STARTTLS, so nothing names its frame; nothing to compare the EHLO reply with."""
    capture = Capture()
    for version in ("1.2", "1.3"):
        steps, keys = secure([S("220 mx ESMTP\r\n"), *DIALOGUES["mail"]], version=version)
        capture.secrets += keys
        capture.add(steps, port=465)
        capture.add(segments_of(steps, 13), port=465)
    rows = tshark.by_stream(capture, ["smtp.tls", "smtp.starttls_in", "smtp.ehlo.added",
                                      "smtp.req.verb"], filter="smtp", two_pass=True)
    for stream in range(4):
        verbs = [verb for row in rows[stream] for verb in row["smtp.req.verb"]]
        assert verbs == ["EHLO", "MAIL", "RCPT", "RCPT", "DATA", "QUIT"]
        assert all(row["smtp.tls"] for row in rows[stream])
        assert not any(row["smtp.starttls_in"] or row["smtp.ehlo.added"] for row in rows[stream])


def test_without_keys_nothing_is_said(tshark):
    steps, _ = secure(DIALOGUES["mail"], BEFORE)
    capture = Capture()
    capture.add(steps)
    rows = tshark.fields(capture, ["smtp.req.verb"], filter="smtp.req")
    assert [row["smtp.req.verb"] for row in rows] == [["EHLO"], ["STARTTLS"]]
    assert tshark.summary(capture, filter="tls && smtp") == []


def test_records_are_not_put_together_if_tls_is_told_not_to(tshark):
    inside = segments_of(DIALOGUES["mail"], 9)
    steps, keys = secure(inside, BEFORE)
    capture = Capture(secrets=keys)
    capture.add(steps, mss=20000)
    for two_pass in (False, True):
        rows = tshark.fields(capture, ["smtp.req.verb", "smtp.expert.no_line_end"], filter="smtp.tls",
                             two_pass=two_pass,
                             prefs=["tls.desegment_ssl_application_data:FALSE"])
        assert any(row["smtp.expert.no_line_end"] for row in rows)
