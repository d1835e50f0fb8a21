"""Where TCP cuts a session must not matter.

Each dialogue here is cut at every single position, into segments of one octet, into small segments
and at random. All variants, as streams of one capture, must give the commands, replies,
transactions and messages that the uncut dialogue gives; and those must be the right ones.
"""

import hashlib
import random
from dataclasses import replace

import pytest

import passes

from dialogue import (C, Capture, S, cut_everywhere, random_cuts, script, segments_of,
                      single_octets)
from tls import secure

NAMES = [
    "smtp.req.verb", "smtp.req.command", "smtp.req.parameter", "smtp.command_line",
    "smtp.response.code", "smtp.response.class", "smtp.rsp.parameter",
    "smtp.response.enhanced_code", "smtp.ehlo.keyword", "smtp.ehlo.parameter",
    "smtp.mail.from", "smtp.rcpt.to", "smtp.param", "smtp.bdat.size",
    "smtp.transaction.sender", "smtp.transaction.recipient",
    "smtp.transaction.recipient.rejected", "smtp.transaction.outcome", "smtp.transaction.size",
    "smtp.transaction.queue_id",
    "smtp.auth.mechanism", "smtp.auth.username", "smtp.auth.outcome",
]
# Known only when the reply has been seen: on later passes.
LATER = ["smtp.rcpt.status", "smtp.mail.status", "smtp.refusal"]
UNDECIDED = "Interpretation open"
FALSE_ENDS = "SMTP smuggling: line ends in the message that some servers take for its end."


class Session:
    """A dialogue and what is to be read out of it."""

    def __init__(self, dialogue, verbs, codes, messages=(), outcomes=()):
        self.dialogue = dialogue
        self.verbs = verbs.split()
        self.codes = codes.split()
        self.messages = list(messages)
        self.outcomes = list(outcomes)


SESSIONS = {
    "plain": Session(
        script("""
            S: 220 mx.example ESMTP
            C: EHLO client.example
            S: 250-mx.example
            S: 250-SIZE 52428800
            S: 250-8BITMIME
            S: 250 ENHANCEDSTATUSCODES
            C: MAIL FROM:<a@client.example> SIZE=31 BODY=8BITMIME
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@mx.example>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 go ahead
            C: Subject: x
            C:
            C: ..dots
            C: ...
            C: QUIT
            C: .
            S: 250 2.0.0 Ok: queued as 4XyZ123abc
            C: QUIT
            S: 221 2.0.0 Bye
        """),
        verbs="EHLO MAIL RCPT DATA QUIT",
        codes="220 250 250 250 354 250 221",
        messages=[b"Subject: x\r\n\r\n.dots\r\n..\r\nQUIT\r\n"],
        outcomes=["accepted"],
    ),
    "pipelined, two mails": Session(
        script("""
            S: 220 mx.example ESMTP
            C: EHLO client.example
            S: 250-mx.example
            S: 250 PIPELINING
            C: MAIL FROM:<a@client.example>
            C: RCPT TO:<b@mx.example>
            C: RCPT TO:<c@mx.example>
            C: DATA
            S: 250 2.1.0 Ok
            S: 250 2.1.5 Ok
            S: 550 5.1.1 no such user
            S: 354 go ahead
            C: Subject: one
            C:
            C: 1
            C: .
            C: MAIL FROM:<>
            C: RCPT TO:<d@mx.example>
            C: DATA
            S: 250 2.0.0 Ok: queued as AAAA1111
            S: 250 2.1.0 Ok
            S: 250 2.1.5 Ok
            S: 354 go ahead
            C: Subject: two
            C:
            C: 2
            C: .
            C: QUIT
            S: 250 2.0.0 Ok: queued as BBBB2222
            S: 221 2.0.0 Bye
        """),
        verbs="EHLO MAIL RCPT RCPT DATA MAIL RCPT DATA QUIT",
        codes="220 250 250 250 550 354 250 250 250 354 250 221",
        messages=[b"Subject: one\r\n\r\n1\r\n", b"Subject: two\r\n\r\n2\r\n"],
        outcomes=["accepted", "accepted"],
    ),
    "BDAT in chunks, then DATA": Session(
        [
            *script("""
                S: 220 mx.example ESMTP
                C: EHLO client.example
                S: 250-mx.example
                S: 250-CHUNKING
                S: 250 PIPELINING
                C: MAIL FROM:<a@client.example>
                C: RCPT TO:<b@mx.example>
            """),
            S("250 ok\r\n250 ok\r\n"),
            C("BDAT 14\r\nSubject: x\r\n\r\nBDAT 7\r\n.\r\n\r\n.\r"),
            S("250 14 octets\r\n250 7 octets\r\n"),
            C("BDAT 1\r\n\nBDAT 0 LAST\r\n"),
            S("250 1 octet\r\n250 done\r\n"),
            C("MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\n"
              "BDAT 6 LAST\r\nS: y\r\n"),
            S("250 ok\r\n250 ok\r\n250 done\r\n"),
            *script("""
                C: MAIL FROM:<a@client.example>
                C: RCPT TO:<b@mx.example>
                C: DATA
                S: 250 ok
                S: 250 ok
                S: 354 go
                C: Subject: z
                C: .
                S: 250 done
                C: QUIT
                S: 221 bye
            """),
        ],
        verbs="EHLO MAIL RCPT BDAT BDAT BDAT BDAT MAIL RCPT BDAT MAIL RCPT DATA QUIT",
        codes="220 250 250 250 250 250 250 250 250 250 250 250 250 354 250 221",
        messages=[b"Subject: x\r\n\r\n.\r\n\r\n.\r\n", b"S: y\r\n", b"Subject: z\r\n"],
        outcomes=["accepted", "accepted", "accepted"],
    ),
    "refused DATA and refused BDAT": Session(
        [
            *script("""
                S: 220 mx.example ESMTP
                C: EHLO client.example
                S: 250-mx.example
                S: 250-PIPELINING
                S: 250 CHUNKING
                C: MAIL FROM:<a@client.example>
                C: RCPT TO:<b@mx.example>
                C: DATA
                S: 250 ok
                S: 550-5.7.1 not
                S: 550 5.7.1 you
                S: 554 5.5.1 no valid recipients
                C: RSET
                S: 250 ok
                C: DATA
                S: 503 5.5.1 MAIL first
                C: NOOP
                S: 250 ok
            """),
            C("BDAT 7\r\nQUIT\r\n!"),
            S("503 5.5.1 MAIL first\r\n"),
            *script("""
                C: MAIL FROM:<a@client.example>
                C: RCPT TO:<b@mx.example>
                C: BDAT 12 LAST
                C: Subject: w
                S: 250 ok
                S: 250 ok
                S: 250 done
                C: QUIT
                S: 221 bye
            """),
        ],
        verbs="EHLO MAIL RCPT DATA RSET DATA NOOP BDAT MAIL RCPT BDAT QUIT",
        codes="220 250 250 550 554 250 503 250 503 250 250 250 221",
        messages=[b"Subject: w\r\n"],
        outcomes=["rejected", "accepted"],
    ),
    "AUTH": Session(
        script("""
            S: 220 mx.example ESMTP
            C: EHLO client.example
            S: 250-mx.example
            S: 250 AUTH PLAIN LOGIN CRAM-MD5
            C: AUTH LOGIN
            S: 334 VXNlcm5hbWU6
            C: YWxpY2U=
            S: 334 UGFzc3dvcmQ6
            C: d3Jvbmc=
            S: 535 5.7.8 Authentication failed
            C: AUTH PLAIN
            S: 334
            C: *
            S: 501 5.7.0 Cancelled
            C: AUTH PLAIN AGJvYgBzZWNyZXQ=
            S: 235 2.7.0 Ok
            C: QUIT
            S: 221 bye
        """),
        verbs="EHLO AUTH AUTH AUTH QUIT",
        codes="220 250 334 334 535 334 501 235 221",
    ),
    "LMTP with three recipients": Session(
        script("""
            S: 220 mx.example LMTP
            C: LHLO client.example
            S: 250-mx.example
            S: 250 PIPELINING
            C: MAIL FROM:<a@client.example>
            C: RCPT TO:<b@mx.example>
            C: RCPT TO:<c@mx.example>
            C: RCPT TO:<d@mx.example>
            C: RCPT TO:<e@mx.example>
            C: DATA
            S: 250 2.1.0 ok
            S: 250 2.1.5 ok
            S: 250 2.1.5 ok
            S: 550 5.1.1 unknown
            S: 250 2.1.5 ok
            S: 354 go
            C: Subject: x
            C:
            C: x
            C: .
            S: 250 2.0.0 delivered
            S: 452 4.2.2 mailbox
            S: 250-2.0.0 delivered
            S: 250 2.0.0 too
            C: QUIT
            S: 221 bye
        """),
        verbs="LHLO MAIL RCPT RCPT RCPT RCPT DATA QUIT",
        codes="220 250 250 250 250 550 250 354 250 452 250 221",
        messages=[b"Subject: x\r\n\r\nx\r\n"],
        outcomes=["accepted"],
    ),
    "other commands": Session(
        script("""
            S: 220-mx.example ESMTP
            S: 220-with
            S: 220 manners
            C: HELO client.example
            S: 250 mx.example
            C: NOOP
            S: 250 ok
            C: VRFY bob
            S: 252 2.1.5 maybe
            C: EXPN list
            S: 250-<a@mx.example>
            S: 250-
            S: 250 <b@mx.example>
            C: HELP
            S: 214-help
            S: 214 yourself
            C: ETRN mx.example
            S: 458 4.3.0 no
            C: MAIL FROM:<a@client.example>
            S: 250 ok
            C: RSET
            S: 250 ok
            C: XYZZY and more
            S: 502 5.5.2 what?
            C: QUIT
            S: 221 bye
        """),
        verbs="HELO NOOP VRFY EXPN HELP ETRN MAIL RSET XYZZY QUIT",
        codes="220 250 250 252 250 214 458 250 250 502 221",
        outcomes=["aborted"],
    ),
    "an empty message and one of bare line feeds": Session(
        [
            *script("""
                S: 220 mx.example ESMTP
                C: EHLO client.example
                S: 250 mx.example
                C: MAIL FROM:<a@client.example>
                S: 250 ok
                C: RCPT TO:<b@mx.example>
                S: 250 ok
                C: DATA
                S: 354 go
                C: .
                S: 250 ok
                C: MAIL FROM:<a@client.example>
                S: 250 ok
                C: RCPT TO:<b@mx.example>
                S: 250 ok
                C: DATA
                S: 354 go
            """),
            C("Subject: x\n\n.\n\r\n.\n\n.\r\nMAIL\r.\r\r\n..\r\n.\r\n"),
            *script("""
                S: 250 ok
                C: QUIT
                S: 221 bye
            """),
        ],
        verbs="EHLO MAIL RCPT DATA MAIL RCPT DATA QUIT",
        codes="220 250 250 250 354 250 250 250 354 250 221",
        messages=[b"Subject: x\n\n.\n\r\n\n\n.\r\nMAIL\r.\r\r\n.\r\n"],
        outcomes=["accepted", "accepted"],
    ),
}


def variants(dialogue):
    yield dialogue
    yield single_octets(dialogue)
    yield from (segments_of(dialogue, size) for size in (2, 3, 5, 17))
    yield from random_cuts(dialogue, seed=20240728, variants=40)
    yield from cut_everywhere(dialogue)


@pytest.fixture(scope="module", params=SESSIONS, ids=lambda name: name.replace(" ", "-"))
def session(request):
    session = SESSIONS[request.param]
    session.capture = Capture()
    session.streams = session.capture.add_all(variants(session.dialogue))
    return session


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_the_same_wherever_tcp_cuts(tshark, session, two_pass):
    names = NAMES + (LATER if two_pass else [])
    lists = tshark.lists(session.capture, names, two_pass=two_pass)
    uncut = lists[0]
    assert uncut["smtp.req.verb"] == session.verbs
    assert uncut["smtp.response.code"] == session.codes
    assert uncut["smtp.transaction.outcome"] == session.outcomes
    for stream in session.streams:
        assert lists[stream] == uncut, f"stream {stream}"


def test_messages_are_the_same_to_the_octet(tshark, session):
    expected = [hashlib.sha256(message).hexdigest() for message in session.messages if message]
    digests = tshark.digests(session.capture)
    for stream in session.streams:
        assert digests.get(stream, []) == expected, f"stream {stream}"


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_no_variant_is_found_faulty(tshark, session, two_pass):
    """Only what the sender did wrong may be marked, and it is marked in every variant alike."""
    marks = tshark.lists(session.capture, ["_ws.expert.message"], two_pass=two_pass)
    # The first pass says in every frame until the server decides that it has yet to: as often as there are frames.
    faults = {stream: [mark for mark in marks.get(stream, {}).get("_ws.expert.message", [])
                       if two_pass or not mark.startswith(UNDECIDED)] for stream in session.streams}
    # False ends are marked in each segment that holds some: once or more.
    for found in faults.values():
        ends = [n for n, mark in enumerate(found) if mark.startswith(FALSE_ENDS)]
        for n in reversed(ends[1:]):
            del found[n]
    for stream in session.streams:
        assert faults[stream] == faults[0], f"stream {stream}"


def test_frames_look_the_same_in_any_order_of_visits(tshark, session):
    capture = Capture()
    capture.add_all(random_cuts(session.dialogue, seed=1, variants=5))
    capture.add(session.dialogue)
    order = list(range(1, len(list(capture.frames())) + 1))
    straight = tshark.visit(capture, order + order)[len(order):]
    random.Random(5).shuffle(order)
    for number, text in zip(order, tshark.visit(capture, order)):
        assert text == straight[number - 1], f"frame {number}"


# --- lines in more segments than TCP puts together ------------------------------------------------

# Longer than so many segments (ESMTP_KEPT_AFTER) as TCP puts together of one line.
LONG = 130
LONG_LINES = [
    S("220 mx.example ESMTP\r\n"),
    C("EHLO client.example\r\n"),
    S(f"250-mx.example {'greets you ' * 12}\r\n250-SIZE 1000\r\n250 PIPELINING\r\n"),
    C(f"NOOP {'n' * LONG}\r\nMAIL FROM:<a@client.example>\r\n"),
    S(f"250 2.0.0 {'k' * LONG}\r\n250 2.1.0 Ok\r\n"),
    C(f"RCPT TO:<{'r' * LONG}@mx.example>\r\n"),
    S(f"550 5.1.1 <{'r' * LONG}@mx.example>: User unknown\n"),
    C("RCPT TO:<b@mx.example>\r\nDATA\r\n"),
    S("250 2.1.5 Ok\r\n354 go\r\n"),
    C(f"Subject: x\r\n\r\n{'t' * 2 * LONG}\r\n.\r\n"),
    S("250 2.0.0 Ok: queued as 4XyZ123abc\r\n"),
    C("QUIT\r\n"),
    S("221 2.0.0 Bye\r\n"),
]


def singly_but_for(dialogue, begin, end):
    """Each octet in a segment, but for those from begin to end of each step: they come in one."""
    for step in dialogue:
        yield replace(step, cut=tuple(n for n in range(1, len(step.data)) if not begin < n < end))


def long_variants(dialogue):
    yield dialogue
    yield single_octets(dialogue)
    for n in range(LONG - 35, LONG + 30):
        yield list(singly_but_for(dialogue, n, 10 * LONG))  # the line is kept up to there
        yield list(singly_but_for(dialogue, 10, n))  # not kept, or later
    for n in range(LONG - 25, LONG + 30, 9):
        yield list(singly_but_for(dialogue, n, n + 7))


def one_frame_each(dialogue):
    return [(C if step.who == "C" else S)(octets) for step in dialogue for _, octets in step.pieces(1000)]


@pytest.fixture(scope="module")
def long_lines():
    """A capture, and the streams of it; the first is uncut."""
    capture = Capture()
    streams = capture.add_all(long_variants(LONG_LINES))
    for inside in (LONG_LINES, single_octets(LONG_LINES), one_frame_each(single_octets(LONG_LINES))):
        steps, keys = secure(inside)
        streams.append(capture.add(steps, port=465))
        capture.secrets += keys
    return capture, streams


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_lines_in_very_many_segments(tshark, long_lines, two_pass):
    capture, streams = long_lines
    lists = tshark.lists(capture, NAMES + (LATER if two_pass else []) + ["_ws.expert.message"], two_pass=two_pass)
    for n, stream in enumerate(streams):
        assert lists[stream] == lists[streams[0 if n < len(streams) - 3 else -3]], f"stream {stream}"
    assert lists[streams[0]]["smtp.req.verb"] == "EHLO NOOP MAIL RCPT RCPT DATA QUIT".split()
    assert lists[streams[0]]["smtp.response.code"] == "220 250 250 250 550 250 354 250 221".split()
    assert lists[streams[0]]["smtp.rcpt.to"] == [f"{'r' * LONG}@mx.example", "b@mx.example"]


def test_parts_of_a_line_name_the_frame_that_ends_it(tshark, long_lines):
    capture, streams = long_lines
    names = ["tcp.stream", "frame.number", "smtp.line_part", "smtp.line_in", "smtp.command_line", "smtp.response"]
    rows = tshark.fields(capture, names, filter="smtp", two_pass=True)
    lines = {row["frame.number"][0] for row in rows if row["smtp.command_line"] or row["smtp.response"]}
    parts = [row for row in rows if row["smtp.line_part"]]
    assert {row["tcp.stream"][0] for row in parts} >= {str(stream) for stream in streams[1:2] + streams[-2:]}
    assert {row["smtp.line_in"][0] for row in parts} <= lines
    assert not any(row["smtp.line_part"] for row in rows if row["tcp.stream"] == [str(streams[0])])


def test_lines_in_very_many_segments_in_any_order_of_visits(tshark):
    capture = Capture()
    capture.add(single_octets(LONG_LINES))
    capture.add([C("EHLO a\r\n"), *single_octets([C("NOOP " + LONG * "n")])], end=None)  # never ends
    passes.any_order(tshark, capture)


def test_a_hole_in_a_line_of_very_many_segments(tshark):
    """What was kept of the line is no line; what comes after the hole is understood."""
    capture = Capture()
    line, rest = [segment.data for segment in (C("NOOP " + 3 * LONG * "n" + "\r\n"), C("RSET\r\n"))]
    cut = tuple(range(1, len(line)))
    capture.add([*LONG_LINES[:3], C(line, cut=cut, drop=[2 * LONG]), S("250 ok\r\n"), C(rest), S("250 ok\r\n")])
    found = tshark.lists(capture, ["smtp.req.verb", "smtp.response.code", "smtp.missing"])[0]
    assert found["smtp.missing"] == ["1"]
    assert found["smtp.req.verb"][-1] == "RSET"
    assert found["smtp.response.code"] == ["220", "250", "250", "250"]
