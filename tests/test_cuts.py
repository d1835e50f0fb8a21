"""Where TCP cuts a session must not matter.

Each dialogue here is cut at every single position, into segments of one octet, into small segments
and at random. All variants, as streams of one capture, must give the commands, replies,
transactions and messages that the uncut dialogue gives; and those must be the right ones.
"""

import hashlib
import random

import pytest

from dialogue import (C, Capture, S, cut_everywhere, random_cuts, script, segments_of,
                      single_octets)

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
LATER = ["smtp.rcpt.status", "smtp.mail.status"]
UNDECIDED = "Interpretation open"


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
