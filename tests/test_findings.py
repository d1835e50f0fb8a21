"""Findings: what raises each of them and what nearly does, in plaintext and inside TLS, whole and cut, one pass and two."""

import collections
import re
from dataclasses import replace
from pathlib import Path

import pytest

from dialogue import C, Capture, S, script
from passes import LATER, experts
from tls import secure

HELLO = """
    S: 220 mx.example ESMTP
    C: EHLO client.example
    S: 250-mx.example
    S: 250-PIPELINING
    S: 250 AUTH PLAIN LOGIN CRAM-MD5
"""
MAIL = """
    C: MAIL FROM:<a@client.example>
    S: 250 ok
    C: RCPT TO:<b@mx.example>
    S: 250 ok
    C: DATA
    S: 354 go
"""
FAILED = """
    C: AUTH PLAIN AGJvYgBzZWNyZXQ=
    S: 535 no
"""
SMUGGLED = "MAIL FROM:<evil@client.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n"


def text(octets, reply="250 ok"):
    return [*script(HELLO + MAIL), C(octets), S(f"{reply}\r\n")]


def guess(n, code):
    return script(HELLO + "C: MAIL FROM:<a@client.example>\nS: 250 ok\n" +
                  f"C: RCPT TO:<b@mx.example>\nS: {code} who?\n" * n)


CLEAR = {  # these are about plaintext
    "clear_password", "clear_login", "clear_mail", "starttls_refused", "requiretls", "clear_mechanism", "auth_downgrade",
    "hello_name",   # a host's name matters between servers
    "slow_reply"}   # what is put inside TLS keeps no time

# name: (a session that raises it, one that nearly does)
FINDINGS = {
    "bare_lf": ([S("220 mx ESMTP\r\n"), C("NOOP\n"), S("250 ok\r\n")], [S("220 mx ESMTP\r\n"), C("NOOP\r\n"), S("250 ok\r\n")]),
    "mixed_line_ends": ([S("220 mx ESMTP\r\n"), C("NOOP\r\n"), S("250 ok\r\n"), C("NOOP\n"), S("250 ok\r\n")],
                        [S("220 mx ESMTP\r\n"), C("NOOP\n"), S("250 ok\r\n"), C("NOOP\n"), S("250 ok\r\n")]),
    "fake_end": (text("x\r\n\r\ny\r\n.\ny\r\n.\r\n"), text("x\r\n\r\ny\r\n..\r\ny\r\n.\r\n")),
    "smuggling_attempt": (text("x\r\n.\n" + SMUGGLED + "y\r\n.\r\n"), text("x\r\n.\nMAIL is late\r\ny\r\n.\r\n")),
    "lenient_end": ([replace(step, data=step.data.replace(b"\r\n", b"\n")) if step.who == "C" else step
                     for step in text("x\r\n.\r\n")], text("x\r\n.\r\n")),
    "body_octets": (text("x\ny\r\n.\r\n"), text("x\r\ny\r\n.\r\n")),
    "unstuffed_dot": (text("x\r\n.y\r\n.\r\n"), text("x\r\n..y\r\n.\r\n")),
    "long_text_line": (text("x" * 999 + "\r\n.\r\n"), text("x" * 998 + "\r\n.\r\n")),
    "eight_bit": (text("x\u00e4\r\n.\r\n"),
                  [replace(step, data=step.data.replace(b"<a@client.example>", b"<a@client.example> BODY=8BITMIME"))
                   for step in text("x\u00e4\r\n.\r\n")]),
    "clear_password": (script(HELLO + FAILED), script(HELLO + "C: AUTH CRAM-MD5\nS: 535 no\n")),
    "clear_login": (script(HELLO + "C: AUTH CRAM-MD5\nS: 535 no\n"), script(HELLO + FAILED)),
    "many_failed_logins": (script(HELLO + FAILED * 3), script(HELLO + FAILED * 2)),
    "login_after_failures": (script(HELLO + FAILED * 3 + FAILED.replace("535", "235")),
                             script(HELLO + FAILED * 2 + FAILED.replace("535", "235"))),
    "text_after_refusal": (script(HELLO + "C: DATA\nS: 503 no\nC: Subject: x\nS: 500 what?\n"),
                           script(HELLO + "C: DATA\nS: 503 no\nC: RSET\nS: 250 ok\n")),
    "foreign_protocol": (script("S: 220 mx ESMTP\nC: GET / HTTP/1.1\nS: 500 what?\n"),
                         script("S: 220 mx ESMTP\nC: GETS\nS: 500 what?\n")),
    "starttls_refused": (script("S: 220 mx ESMTP\nC: EHLO a\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 454 no\n"),
                         script("S: 220 mx ESMTP\nC: EHLO a\nS: 250-mx\nS: 250 PIPELINING\nC: STARTTLS\nS: 502 no\n")),
    "requiretls": (script(HELLO + "C: MAIL FROM:<a@client.example> REQUIRETLS\nS: 250 ok\n"),
                   script(HELLO + "C: MAIL FROM:<a@client.example> SIZE=1\nS: 250 ok\n")),
    "known_tool": (script("S: 220 mx ESMTP\nC: EHLO Hydra\nS: 250 mx\n"), script("S: 220 mx ESMTP\nC: EHLO hydra.example\nS: 250 mx\n")),
    "user_revealed": (script(HELLO + "C: VRFY bob\nS: 250 <b@mx.example>\n"), script(HELLO + "C: VRFY bob\nS: 252 maybe\n")),
    "harvesting": (guess(10, 550), guess(9, 550)),
    "identity_replaced": (script(HELLO + "C: XCLIENT NAME=a\nS: 220 mx ESMTP\n"), script(HELLO + "C: XCLIENT NAME=a\nS: 550 no\n")),
    "ehlo_refused": (script("S: 220 mx\nC: EHLO a\nS: 502 no\n"), script("S: 220 mx\nC: EHLO a\nS: 421 no\n")),
    "long_command": (script(HELLO + f"C: NOOP {'x' * 506}\nS: 250 ok\n"), script(HELLO + f"C: NOOP {'x' * 505}\nS: 250 ok\n")),
    "injected_command": ([*script(HELLO), C("MAIL FROM:<a\r\nRCPT TO:<evil@x.example>\r\n"), S("501 no\r\n503 no\r\n")],
                         [*script(HELLO), C("MAIL FROM:<a\r\n"), S("501 no\r\n"), C("RCPT TO:<evil@x.example>\r\n"), S("503 no\r\n")]),
    "ambiguous_address": (script(HELLO + 'C: MAIL FROM:<"a@b.example> x"@client.example>\nS: 250 ok\n'),
                          script(HELLO + 'C: MAIL FROM:<"a b"@client.example>\nS: 250 ok\n')),
    "relay_probe": (script(HELLO + "C: MAIL FROM:<a@client.example>\nS: 250 ok\nC: RCPT TO:<b%other.example@mx.example>\nS: 550 no\n"),
                    script(HELLO + "C: MAIL FROM:<a%other.example@client.example>\nS: 250 ok\nC: RCPT TO:<b%5@mx.example>\nS: 550 no\n")),
    "code_in_address": (script(HELLO + "C: MAIL FROM:<${run{/bin/true}}@client.example>\nS: 250 ok\n"),
                        script(HELLO + "C: MAIL FROM:<${x}@client.example>\nS: 250 ok\n")),
    "not_offered": (script(HELLO + "C: MAIL FROM:<a@client.example> SIZE=1\nS: 250 ok\n"),
                    script(HELLO + "C: MAIL FROM:<a@client.example> AUTH=<>\nS: 250 ok\n")),
    "out_of_order": (script(HELLO + "C: RCPT TO:<b@mx.example>\nS: 503 no\n"), script(HELLO + MAIL)),
    "auth_downgrade": (script(HELLO + "C: AUTH CRAM-MD5\nS: 535 no\n" + FAILED), script(HELLO + "C: AUTH CRAM-MD5\nS: 454 later\n" + FAILED)),
    "hello_name": (script("S: 220 mx ESMTP\nC: EHLO 192.0.2.1\nS: 250 mx\n"), script("S: 220 mx ESMTP\nC: EHLO [192.0.2.1]\nS: 250 mx\n")),
    "hello_is_server": (script("S: 220 mx.example ESMTP\nC: EHLO MX.example\nS: 250 mx.example\n"), script(HELLO)),
    "mail_loop": (text("Received: x\r\n" * 51 + "\r\nx\r\n.\r\n"), text("Received: x\r\n" * 50 + "\r\nReceived: x\r\n.\r\n")),
    "mail_accepted": (text("x\r\n.\r\n"), text("x\r\n.\r\n", reply="554 spam")),
    "refused": (guess(1, 550), guess(1, 450)),
    "deferred": (guess(1, 450), guess(1, 550)),
    "block_list": (script("S: 554 192.0.2.1 is in zen.spamhaus.org\n"), script("S: 554 go away\n")),
    "slow_reply": ([*script(HELLO), C("MAIL FROM:<a@client.example>\r\n"), S("250 ok\r\n", wait=31)],
                   [*script(HELLO), C("MAIL FROM:<a@client.example>\r\n"), S("250 ok\r\n", wait=29)]),
    "masked": (script("S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 XXXXXXXA\n"), script("S: 220 ***** welcome *****\nC: EHLO a\nS: 250-mx\nS: 250 XXX\n")),
    "bad_keyword": (script("S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 A_B\n"), script("S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 A-B\n")),
    "enhanced_class": (script(HELLO + "C: NOOP\nS: 250 5.0.0 ok\n"), script(HELLO + "C: NOOP\nS: 250 2.0.0 ok\n")),
    "starttls_first": (script("S: 220 mx\nC: EHLO a\nS: 250-STARTTLS\nS: 250 SIZE\n"), script("S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 STARTTLS\n")),
    "clear_mechanism": (script(HELLO), script(HELLO.replace("PLAIN LOGIN ", ""))),
    "pipelining": (script(HELLO.replace("    S: 250-PIPELINING\n", "") + "C: NOOP\nC: NOOP\nS: 250 ok\nS: 250 ok\n"),
                   script(HELLO + "C: NOOP\nC: NOOP\nS: 250 ok\nS: 250 ok\n")),
    "bad_path": (script(HELLO + "C: MAIL FROM:<a@client.example\nS: 501 no\n"), script(HELLO + "C: MAIL FROM:<>\nS: 250 ok\n")),
    "bad_parameter": (script(HELLO + "C: MAIL FROM:<a@client.example> SIZE=x\nS: 501 no\n"),
                      [*script(HELLO), C("MAIL FROM:<a@client.example> SIZE=1 \r\n"), S("250 ok\r\n")]),
    "loose_path": (script(HELLO + "C: MAIL FROM: <a@client.example>\nS: 250 ok\n"),
                   script(HELLO + "C: MAIL FROM:<a@client.example>\nS: 250 ok\nC: RCPT TO:<Postmaster>\nS: 250 ok\n")),
    "auth_malformed": (script(HELLO + "C: AUTH PLAIN Ym9i\nS: 501 no\n"), script(HELLO + FAILED)),
    "bad_chunk_size": (script(HELLO.replace("PIPELINING", "CHUNKING") + "C: BDAT x\nS: 501 no\n"),
                       script(HELLO.replace("PIPELINING", "CHUNKING") + "C: BDAT 0 LAST\nS: 503 no\n")),
    "duplicate_keyword": (script("S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250-SIZE\nS: 250 SIZE\n"),
                          script("S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250-AUTH PLAIN\nS: 250 AUTH LOGIN\n")),
    "control": ([*script(HELLO), C("NOOP a\0b\r\n"), S("250 ok\r\n")], [*script(HELLO), C("NOOP a\tb\r\n"), S("250 ok\r\n")]),
    "not_reply": ([*script(HELLO), C("NOOP\r\n"), S("hello\r\n")], [*script(HELLO), C("NOOP\r\n"), S("250 hello\r\n")]),
    "clear_mail": (script("S: 220 mx ESMTP\nC: EHLO a\nS: 250-mx\nS: 250 STARTTLS\nC: MAIL FROM:<a@client.example>\nS: 250 ok\n"),
                   script("S: 220 mx ESMTP\nC: EHLO a\nS: 250-mx\nS: 250 SIZE\nC: MAIL FROM:<a@client.example>\nS: 250 ok\n")),
    "client_first": ([C("EHLO a\r\n"), S("220 mx\r\n"), S("250 mx\r\n")], [S("220 mx\r\n"), C("EHLO a\r\n"), S("250 mx\r\n")]),
    "no_command": (script(HELLO + "C: NOOP\nS: 250 ok\nS: 250 again\n"), script(HELLO + "C: NOOP\nS: 250 ok\nS: 451 4.7.0 Timeout\n")),
    "unsynchronized": (script(HELLO + "C: VRFY bob\nC: NOOP\nS: 252 maybe\nS: 250 ok\n"),
                       script(HELLO + "C: NOOP\nC: NOOP\nS: 250 ok\nS: 250 ok\n")),
}



class Said:
    """A session with what packets have besides its steps: keys to read them, and options of Capture.add."""

    def __init__(self, steps, keys="", **options):
        self.steps, self.keys, self.options = steps, keys, options


STARTTLS = "S: 220 mx ESMTP\nC: EHLO a\nS: 250-mx\nS: 250 STARTTLS\n"
ASKED = STARTTLS + "C: STARTTLS\nS: 220 go\n"
CHUNKS = HELLO.replace("PIPELINING", "CHUNKING")
BDAT = HELLO + MAIL.partition("    C: DATA")[0] + "C: BDAT 12 LAST\nC: NOOP\nC: RSET\nC: QUIT\n"
CHUNK_LOST = (script(BDAT + "S: 502 no\nS: 250 ok\nS: 250 ok\nS: 221 bye\n"), script(BDAT.replace("PIPELINING", "CHUNKING") + "S: 552 no\nS: 221 bye\n"))
SENT = HELLO + MAIL + "C: x\nC: .\n"


def handshake(after, inside=(), before=ASKED, close=False):
    """TLS, and what is said in plaintext after it."""
    steps, keys = secure(script(inside) if isinstance(inside, str) else inside, before=script(before), close=close)
    return Said([*steps, *script(after)], keys, mss=20000)


def hello_of_tls(after):
    """Both hellos, and the handshake goes no further."""
    steps = handshake("").steps
    first = next(n for n, step in enumerate(steps) if step.data[:1] == b"\x16")
    return Said([*steps[:first + 2], *script(after)])


# Of these the packets matter, or TLS itself: each is said in one way only.
FINDINGS |= {
    "wrong_code": (script(HELLO + "C: TURN\nS: 300 hello\n"), script(HELLO + "C: TURN\nS: 502 no\n")),
    "not_command": (script(HELLO + "C: ?!\nS: 500 what?\n"), script(HELLO + "C: NOOP 12345\nS: 250 ok\n")),
    "early_text": ([*script(HELLO + MAIL.partition("S: 354")[0]), C("Subject: x\r\n\r\nx\r\n.\r\n"), S("354 go\r\n250 ok\r\n")],
                   text("x\r\n.\r\n")),
    "early_auth": ([*script(HELLO), C("AUTH LOGIN\r\nYm9i\r\n"), S("334 VXNlcm5hbWU6\r\n")],
                   [*script(HELLO), C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("Ym9i\r\n")]),
    "early_reply": ([*script(HELLO + MAIL), C("x\r\n"), S("552 too big\r\n")], [*script(HELLO + MAIL), C("x\r\n.\r\n"), S("552 too big\r\n")]),
    "fake_end_taken": (text("x\r\n.\n" + SMUGGLED + "y\r\n.\r\n", "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken"),
                       text("x\r\n.\n" + SMUGGLED + "y\r\n.\r\n")),
    "chunk_read_as_commands": CHUNK_LOST, "read_anew": CHUNK_LOST,
    "base64_decode": (script(HELLO + "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: Y!9i\nS: 501 no\n"),
                      script(HELLO + "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: Ym9i\nS: 501 no\n")),
    "response.code.unexpected": (script(HELLO + "C: NOOP\nS: 250-ok\nS: 251 ok\n"), script(HELLO + "C: NOOP\nS: 250-ok\nS: 250 ok\n")),
    "auth_no_challenge": (script(HELLO + "C: AUTH CRAM-MD5\nS: 334\n"), [*script(HELLO + "C: AUTH PLAIN\n"), S("334 \r\n")]),
    "message_above_limit": (script(HELLO.replace("PIPELINING", "SIZE 3") + MAIL + "C: 1234\nC: .\nS: 552 no\n"),
                            script(HELLO.replace("PIPELINING", "SIZE 6") + MAIL + "C: 1234\nC: .\nS: 250 ok\n")),
    "tls_twice": (script(HELLO + "C: STARTTLS\nS: 503 no\n"), script(HELLO + "C: NOOP\nS: 250 ok\n")),
    "proxy_header": ([C("PROXY TCP4 192.0.2.7 198.51.100.9 1000 25\r\n"), *script(HELLO)], [C("PROXY me\r\n"), *script(HELLO)]),
    "no_verdict": (script(SENT), script(SENT + "S: 250 ok\n")),
    "no_reply": (Said(script(HELLO + "C: NOOP\n"), end="rst"), Said(script(HELLO + "C: QUIT\n"), end="rst")),
    "gap": ([*script(HELLO), C("NOOP\r\n", drop=True), S("250 ok\r\n"), C("NOOP\r\n"), S("250 ok\r\n")], script(HELLO + "C: NOOP\nS: 250 ok\n")),
    "message_incomplete": ([*script(HELLO + MAIL), C("x\r\n"), C("y\r\n", drop=True), C("z\r\n.\r\n"), S("250 ok\r\n")], text("x\r\n.\r\n")),
    "no_line_end": (Said(script(HELLO + f"C: NOOP {'x' * 300}\n"), snaplen=200), Said(script(HELLO + f"C: NOOP {'x' * 30}\n"), snaplen=200)),
    "limit": (script(HELLO + f"C: {'x' * 70000}\nS: 500 what?\n"), script(HELLO + f"C: {'x' * 60000}\nS: 500 what?\n")),
    "clear_on_tls_port": (Said(script(HELLO), port=465), Said(script(HELLO), port=587)),
    "clear_after_starttls": (script(STARTTLS + "C: STARTTLS\nC: NOOP\nS: 220 go\n"), script(STARTTLS + "C: STARTTLS\nC: NOOP\nS: 454 no\nS: 250 ok\n")),
    "clear_after_220": (script(ASKED + "S: 250 injected\n"), script(ASKED + "S: 421 bye\n")),
    "clear_after_tls": (hello_of_tls("C: MAIL FROM:<a@a.example>\nS: 250 ok\n"), hello_of_tls("C: QUIT\nS: 221 bye\n")),
    "tls_closed_in_message": (handshake("C: y\n", "C: EHLO a\nS: 250 mx\n" + MAIL + "C: x\n", close=True),
                              handshake("C: y\n", "C: EHLO a\nS: 250 mx\n" + MAIL + "C: x\nC: .\n", close=True)),
    "no_tls_record": (script(ASKED + "C: EHLO a\nS: 250 mx\n"), handshake("", "C: EHLO a\nS: 250 mx\n")),
    "tls_without_starttls": (handshake("", "C: EHLO a\nS: 250 mx\n", before=STARTTLS), handshake("", "C: EHLO a\nS: 250 mx\n")),
    "tls_before_capture": (Said(handshake("", "C: EHLO a\nS: 250 mx\n").steps, handshake=False, skip=6), handshake("", "C: EHLO a\nS: 250 mx\n")),
    "negative_time": ([*script(HELLO), C("NOOP\r\n"), S("250 ok\r\n", wait=-5)], script(HELLO + "C: NOOP\nS: 250 ok\n")),
}
ONE_WAY = {"tls_twice", "proxy_header", "no_reply", "gap", "message_incomplete", "no_line_end", "clear_on_tls_port", "clear_after_starttls",
           "clear_after_220", "clear_after_tls", "tls_closed_in_message", "no_tls_record", "tls_without_starttls", "tls_before_capture",
           "negative_time", "no_verdict"}
# The one names packets by number; of the other, TCP hands over neither half where the capture holds only the beginning of one.
NOT_CUT = {"tls_before_capture", "no_line_end"}
IN_LATER_PASSES = {"no_verdict", "no_reply"}
# Those that need several connections, and what the first pass says alone.
ELSEWHERE = {"starttls_vanished": "test_peers.py", "tls_fallback": "test_peers.py", "undecided": "test_cases.py"}

CUTS = {"whole": lambda step: (), "halves": lambda step: (len(step.data) // 2,), "after one": lambda step: (1,)}


class Made:
    def __init__(self):
        self.capture = Capture()
        self.streams = {}
        for name, sessions in FINDINGS.items():
            for raises, said in zip((True, False), sessions):
                self.add(name, raises, said if isinstance(said, Said) else Said(said))

    def add(self, name, raises, said):
        self.capture.secrets += said.keys
        for cut, places in CUTS.items():
            if name == "tls_twice" or cut != "whole" and name in NOT_CUT:
                continue
            steps = [replace(step, cut=places(step)) for step in said.steps]
            self.streams[name, raises, cut] = self.capture.add(steps, **said.options)
        if name in CLEAR | ONE_WAY - {"no_verdict", "tls_twice"}:
            return
        for cut in "whole", "halves":
            steps, keys = secure(said.steps)
            self.capture.secrets += keys
            steps = [replace(step, cut=CUTS[cut](step)) for step in steps]
            self.streams[name, raises, f"TLS {cut}"] = self.capture.add(steps, port=465, mss=20000)


@pytest.fixture(scope="module")
def made():
    return Made()


@pytest.fixture(scope="module", params=[False, True], ids=["one pass", "two passes"])
def found(request, tshark, made):
    """Whether it was two passes, and {stream: names of what was found}."""
    names = [name for name in table() if name != "smtp.expert.undecided"]
    streams = tshark.by_stream(made.capture, names, filter="tcp.len > 0", two_pass=request.param)
    return request.param, {stream: {RAISED.fullmatch(name)[1] for row in rows for name in names if row[name]}
                           for stream, rows in streams.items()}


@pytest.mark.parametrize("name", FINDINGS)
def test_finding(found, made, name):
    two_pass, found = found
    if name in IN_LATER_PASSES and not two_pass:
        assert not any(name in names for names in found.values())
        return
    wrong = [(raises, how) for (which, raises, how), stream in made.streams.items()
             if which == name and (name in found[stream]) != raises]
    assert wrong == []


def test_a_verdict_that_is_not_in_the_capture(tshark):
    """Octets of the server are missing at the end: its FIN or what the client acknowledges tells of them."""
    capture = Capture()
    lost = [*script(SENT), S("250 ok\r\n", drop=True)]
    capture.add(lost)
    capture.add(lost, end="rst")
    capture.add([*script(HELLO), C("NOOP\r\n"), S("250 ok\r\n", drop=True)], end="rst")
    names = ["smtp.expert.no_verdict", "smtp.expert.no_reply"]
    assert not any(row[name] for row in tshark.fields(capture, names, filter="smtp", two_pass=True) for name in names)


MORE = MAIL + "C: x\nC: .\nS: 250 ok\nC: QUIT\nS: 221 bye\n"
STARTTLS = "S: 220 mx ESMTP\nC: EHLO a\nS: 250-mx\nS: 250 STARTTLS\n"

# A session, and what its summary says: security, outcome, login, mails, accepted, recipients, refused, findings, worst.
SUMMARIES = {
    "one mail": (HELLO + MORE, ["clear", "accepted", "none", "1", "1", "1", "0", [], "0x00400000"]),
    "offered": (STARTTLS + MORE, ["clear, STARTTLS offered", "accepted", "none", "1", "1", "1", "0", [], "0x00400000"]),
    "refused": (STARTTLS + "C: STARTTLS\nS: 454 no\nC: QUIT\nS: 221 bye\n",
                ["clear, STARTTLS refused", "no mail", "none", "0", "0", "0", "0", ["starttls_refused"], "0x00600000"]),
    "masked": ("S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 XXXXXXXA\nC: QUIT\nS: 221 bye\n",
               ["clear, STARTTLS masked", "no mail", "none", "0", "0", "0", "0", ["masked"], "0x00600000"]),
    "turned away": ("S: 554 go away\n", ["clear", "turned away", "none", "0", "0", "0", "0", [], "0x00400000"]),
    "login failed": (HELLO + FAILED + "C: QUIT\nS: 221 bye\n",
                     ["clear", "login failed", "failed", "0", "0", "0", "0", ["clear_password"], "0x00600000"]),
    "partly": (HELLO + MAIL.replace("C: DATA", "C: RCPT TO:<c@mx.example>\n    S: 550 who?\n    C: DATA") +
               "C: x\nC: .\nS: 250 ok\n",
               ["clear", "partly accepted", "none", "1", "1", "2", "1", [], "0x00400000"]),
    "deferred": (HELLO + "C: MAIL FROM:<a@client.example>\nS: 451 later\nC: QUIT\nS: 221 bye\n",
                 ["clear", "deferred", "none", "1", "0", "0", "0", [], "0x00400000"]),
    "cut off": (HELLO + MAIL + "C: x\nC: .\n", ["clear", "cut off", "none", "1", "0", "1", "0", ["no_verdict"], "0x00600000"]),
}
IN_ONE_PASS = {name for name, (text, _) in SUMMARIES.items() if "221" in text}


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_summary(tshark, two_pass):
    capture = Capture()
    streams = {name: capture.add(script(text)) for name, (text, _) in SUMMARIES.items()}
    names = ["security", "outcome", "login", "mails", "mails.accepted", "recipients", "recipients.refused", "finding", "worst"]
    rows = tshark.by_stream(capture, [f"smtp.session.{name}" for name in names], filter="smtp.session", two_pass=two_pass)
    found = {}
    for name, stream in streams.items():
        if stream in rows:
            row, = rows[stream]
            values = list(row.values())
            found[name] = [value if n == 7 else value[0] for n, value in enumerate(values)]
    wanted = {name: summary for name, (_, summary) in SUMMARIES.items() if two_pass or name in IN_ONE_PASS}
    assert {name: row[:-1] for name, row in found.items()} == {name: row[:-1] for name, row in wanted.items()}
    assert {name: int(row[-1], 0) for name, row in found.items()} == {name: int(row[-1], 0) for name, row in wanted.items()}


RAISED = re.compile(r"smtp\.(?:expert\.)?(.+)")


def warnings_and_summaries(tshark, path, two_pass):
    """{stream: (names of warnings and errors that are shown, names in the summary)} of streams that have one.

    The summaries are asked for alone: what they say does not depend on who else reads."""
    grave = {name for name, (severity, _, _) in table().items() if severity in ("WARN", "ERROR")}
    if not two_pass:
        grave -= LATER
    shown = {stream: {RAISED.fullmatch(name)[1] for name, values in fields if name in grave and values}
             for stream, fields in fields_by_stream(tshark, path, sorted(grave), two_pass)}
    told = {stream: {name for field, values in fields for name in values if field == "smtp.session.finding"}
            for stream, fields in fields_by_stream(tshark, path, ["smtp.session.findings", "smtp.session.finding"], two_pass)
            if any(field == "smtp.session.findings" and values for field, values in fields)}
    return {stream: (shown[stream], names) for stream, names in told.items()}


def fields_by_stream(tshark, path, names, two_pass):
    rows = tshark.by_stream(path, names, filter="smtp || tls", two_pass=two_pass)
    return [(stream, [(name, [value for value in values if value]) for row in frames for name, values in row.items()])
            for stream, frames in rows.items()]


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_summary_counts_all_that_is_raised(tshark, recorded, made, two_pass):
    """No warning stands beside a summary that does not name it, nor the reverse."""
    for path in recorded.path, made.capture:
        found = warnings_and_summaries(tshark, path, two_pass)
        assert found
        assert {stream: both for stream, both in found.items() if both[0] != both[1]} == {}


def test_summary_inside_tls(tshark):
    capture = Capture()
    steps, keys = secure(script(HELLO + MORE))
    capture.secrets += keys
    capture.add(steps, port=465, mss=20000)
    row, = tshark.fields(capture, ["smtp.session.security", "smtp.session.outcome", "smtp.session.complete"], filter="smtp.session")
    assert [value[0] for value in row.values()][:2] == ["tls", "accepted"]


def test_caps(tshark):
    """What could be said of each line of a hostile client is said once: Wireshark has room for so many items only."""
    capture = Capture()
    capture.add([*script(HELLO + "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\n"), *[C("\r\n" * 2000)] * 30])
    rows = tshark.fields(capture, ["smtp.expert.early_auth", "smtp.expert.not_command", "smtp.expert.pipelining"],
                         two_pass=True)
    for name in rows[0]:
        assert sum(len(row[name]) for row in rows) <= 1


# Sessions that are odd and honest: an administrator who is warned of them stops to read warnings.
ODD = {
    "Exchange times out, and offers AUTH without mechanisms": [
        *script("S: 220 mx ESMTP\nC: EHLO a.example\nS: 250-mx\nS: 250-AUTH\nS: 250 HELP\n"), S("451 4.7.0 Timeout waiting for client input\r\n")],
    "554 of its own accord": [*script(HELLO + "C: NOOP\nS: 250 ok\n"), S("554 5.7.1 go away\r\n")],
    "blank at the end of MAIL": [*script(HELLO), C("MAIL FROM:<a@client.example> \r\n"), S("250 ok\r\n")],
    "Postmaster": script(HELLO + "C: MAIL FROM:<a@client.example>\nS: 250 ok\nC: RCPT TO:<Postmaster>\nS: 250 ok\n"),
    "address literals": script(HELLO.replace("client.example", "[192.0.2.1]") + "C: MAIL FROM:<a@[192.0.2.1]>\nS: 250 ok\nC: RCPT TO:<b@[IPv6:2001:db8::1]>\nS: 250 ok\n"),
    "AUTH on two lines": script("S: 220 mx\nC: EHLO a.example\nS: 250-mx\nS: 250-AUTH CRAM-MD5\nS: 250 AUTH=CRAM-MD5\n"),
    "empty line after the end mark": [*script(HELLO + MAIL), C("x\r\n.\r\n\r\n"), S("250 ok\r\n500 what?\r\n"), C("QUIT\r\n"), S("221 bye\r\n")],
    "QUIT after a failed handshake": hello_of_tls("C: QUIT\nS: 221 bye\n"),
    "354 with 3.0.0": script(HELLO + MAIL.replace("354 go", "354 3.0.0 go") + "C: x\nC: .\nS: 250 ok\n"),
    "stars and words": script("S: 220-*******************\nS: 220-* Welcome to mx.example *\nS: 220 *******************\nC: EHLO a.example\nS: 250 mx.example\n"),
    "554 4.7.1": script(HELLO + "C: MAIL FROM:<a@client.example>\nS: 250 ok\nC: RCPT TO:<b@mx.example>\nS: 554 4.7.1 no\n"),
    "several enhanced codes": script(HELLO + "C: MAIL FROM:<a@client.example>\nS: 250-2.1.0 ok\nS: 250 2.1.5 fine\n"),
    "early pipelining that was offered": [C("EHLO a.example\r\n"), S("220 mx ESMTP\r\n250-mx\r\n250-PIPELINING\r\n250 PIPECONNECT\r\n"), C("NOOP\r\n"), S("250 ok\r\n")],
    "PROXY header": [C("PROXY TCP4 192.0.2.7 198.51.100.9 1000 25\r\n"), *script(HELLO)],
    "netcat": [replace(step, data=step.data.replace(b"\r\n", b"\n")) if step.who == "C" else step for step in text("x\r\n.\r\n")],
}
KNOWN_LATER = {"early pipelining that was offered"}


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_odd_but_honest(tshark, two_pass):
    capture = Capture()
    streams = {}
    for name, said in ODD.items():
        said = said if isinstance(said, Said) else Said(said)
        streams[name] = capture.add(said.steps, **said.options)
    grave = [name for name, (severity, _, _) in table().items() if severity in ("WARN", "ERROR")]
    rows = tshark.by_stream(capture, grave, filter="tcp.len > 0", two_pass=two_pass)
    warned = {name: [field for row in rows[stream] for field in grave if row[field]] for name, stream in streams.items()
              if two_pass or name not in KNOWN_LATER}
    assert {name: found for name, found in warned.items() if found} == {}


TESTS = Path(__file__).parent
ABOUT_LOGINS = {"clear_password", "many_failed_logins", "login_after_failures"}
SHOWN = re.compile(r'"\s+(smtp\.(?:expert\.\w+|base64_decode|response\.code\.unexpected))[:=]')


def shown_of_captures():
    """{capture: names of what was found}, each as often as it is shown: of the golden files, which test_captures.py holds against the plugin."""
    found = {}
    for path in sorted((TESTS / "golden").glob("*.json")):
        names = [match[1] for line in path.read_text().splitlines() if (match := SHOWN.match(line))]
        found[path.stem] = [RAISED.fullmatch(name)[1] for name in names]
    return found


def test_quiet_where_all_is_well():
    """Honest captures raise no warning and no error but about logins; and what is raised over all of them is pinned."""
    captures = TESTS.parent / "captures"
    rows = [line.split("\t") for line in (captures / "index.tsv").read_text().splitlines()[1:]]
    assert [name for name, *_ in rows] == sorted(path.name for path in captures.glob("*.pcap*"))
    severities = {RAISED.fullmatch(name)[1]: severity for name, (severity, _, _) in table().items()}
    found = shown_of_captures()
    honest = {Path(name).stem for name, is_honest, _ in rows if is_honest == "yes"}
    assert len(honest) > 80 and honest <= {*found}
    warned = {name: {one for one in found[name] if severities[one] in ("WARN", "ERROR")} - ABOUT_LOGINS for name in honest}
    assert {name: names for name, names in warned.items() if names} == {}
    count = collections.Counter(severities[one] for names in found.values() for one in names)
    assert count == {"ERROR": 1, "WARN": 27, "NOTE": 164, "CHAT": 77}


ROW = re.compile(r'ROW\(\w+, "([^"]+)", (\w+), (\w+), ([\w()]+),')


def catalogue():
    """{name: row} of the findings that the plugin is to have, and the names of those still to be made."""
    lines = (TESTS / "contract/findings.tsv").read_text().splitlines()
    names, *rows = [line.split("\t") for line in lines]
    pending = [line for line in (TESTS / "contract/pending-findings.txt").read_text().splitlines() if line[0] != "#"]
    return {row[0]: dict(zip(names, row)) for row in rows}, pending


def table():
    """{name: (severity, group, cap)} as the plugin has them."""
    return {name: rest for name, *rest in ROW.findall((TESTS.parent / "plugin/core/tables/finding_rows.h").read_text())}


def test_rows_have_names_of_their_own(tshark):
    """One expert info of each row of the table is there."""
    names = ROW.findall((TESTS.parent / "plugin/core/tables/finding_rows.h").read_text())
    assert len(names) == len(table()) and not {*table()} - {*tshark.types}


def test_catalogue():
    """Each finding of the catalogue is there, or is listed as still to be made; and none that it does not have."""
    rows, pending = catalogue()
    have = table()
    assert not {*pending} & {*have}, "made by now, so to be taken out of pending-findings.txt"
    assert {*rows} - {*pending} == {*have}
    wrong = {name: (severity, group) for name, (severity, group, _) in have.items()
             if (rows[name]["severity"], rows[name]["group"]) != (severity.lower(), group.lower().replace("_", "-"))}
    assert wrong == {}


def test_every_row_has_a_session():
    """One that raises it and one that nearly does: a row without them proves nothing."""
    names = {RAISED.fullmatch(name)[1] for name in table()}
    assert {*FINDINGS} | {*ELSEWHERE} == names and not {*FINDINGS} & {*ELSEWHERE}
    for name, file in ELSEWHERE.items():
        assert name in (TESTS / file).read_text(), f"{name}: not in {file}"


def test_mechanisms_of_several_lines_are_offered(tshark):
    """Exchange and others list them so: neither line repeats the other, and a mechanism of each may be used."""
    capture = Capture()
    hello = "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250-AUTH CRAM-MD5\nS: 250 AUTH LOGIN\n"
    for mechanism in "CRAM-MD5", "LOGIN", "PLAIN":
        capture.add(script(hello + f"C: AUTH {mechanism}\nS: 535 no\n"))
    raised = experts(tshark, capture, left_out=set(), two_pass=True)
    names = [{name for _, name in raised.get(stream, [])} for stream in range(3)]
    assert ["not_offered" in each for each in names] == [False, False, True]
    assert not any("duplicate_keyword" in each for each in names)


def test_findings_with_names_of_the_builtin(tshark):
    capture = Capture()
    capture.add(script(HELLO + "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: Y!9i\nS: 501 no\n"))
    capture.add(script(HELLO + "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: Ym9i\nS: 501 no\n"))
    capture.add(script(HELLO + "C: NOOP\nS: 250-ok\nS: 251 ok\n"))
    capture.add(script(HELLO + "C: NOOP\nS: 250-ok\nS: 250 ok\n"))
    for two_pass in False, True:
        assert [*tshark.by_stream(capture, ["frame.number"], filter="smtp.base64_decode", two_pass=two_pass)] == [0]
        assert [*tshark.by_stream(capture, ["frame.number"], filter="smtp.response.code.unexpected", two_pass=two_pass)] == [2]


# --- what went well -------------------------------------------------------------------------------


@pytest.mark.parametrize("two_pass", [True, False])
def test_a_chat_for_each_mail_that_was_accepted(recorded, two_pass):
    """All captures, so that the expert infos of a clean one are not empty: one for each outcome "accepted", and for no other."""
    names = ["smtp.transaction.outcome", "smtp.expert.mail_accepted"]
    accepted = others = 0
    for row in recorded.tshark.fields(recorded.path, names, filter="smtp.transaction.outcome || smtp.expert.mail_accepted", two_pass=two_pass):
        wanted = row["smtp.transaction.outcome"].count("accepted")
        assert len(row["smtp.expert.mail_accepted"]) == wanted, row
        accepted += wanted
        others += len(row["smtp.transaction.outcome"]) - wanted
    assert accepted > 60 and others > 10


def test_what_the_chat_says(tshark):
    capture = Capture()
    capture.add(script("""
        S: 220 mx.example ESMTP
        C: EHLO a
        S: 250 mx.example
        C: MAIL FROM:<a@a.example>
        S: 250 ok
        C: RCPT TO:<b@b>
        S: 250 ok
        C: RCPT TO:<c@c>
        S: 550 no
        C: DATA
        S: 354 go
        C: x
        C: .
        S: 250 2.0.0 Ok: queued as 4ABC
        C: MAIL FROM:<>
        S: 250 ok
        C: RCPT TO:<b@b>
        S: 250 ok
        C: DATA
        S: 354 go
        C: x
        C: .
        S: 250 fine
        C: QUIT
        S: 221 bye
    """))
    said = [item.label for frame in tshark.tree(capture) for item in frame.all("_ws.expert") if "Mail accepted" in item.label]
    assert said == ["Expert Info (Chat/Response): Mail accepted: from <a@a.example> for 1 of 2 recipients, 3 octets, queue id 4ABC",
                    "Expert Info (Chat/Response): Mail accepted: from <> for 1 recipient, 3 octets"]
