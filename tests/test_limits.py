"""Each limit gone over, and peers that want to fill memory or burn time.

Big inputs are scaled down so that a run takes seconds; ESMTP_BIG=10 makes them ten times as large.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass

import pytest

from dialogue import C, S, Capture
from tls import secure

# Other dissectors have bugs of their own: in 4.0 TLS asserts on damaged handshakes.
BUG = re.compile(rb"Dissector bug, protocol (E?SMTP|IMF)")

BIG = int(os.environ.get("ESMTP_BIG", "1"))
CORE = "plugin/core"

# What an IPv4 packet holds, with room for its headers.
JUMBO = 65000

HELLO = [
    S("220 mx ESMTP\r\n"),
    C("EHLO a\r\n"),
    S("250-mx\r\n250 PIPELINING\r\n"),
]


def limit(source, name, file):
    """The value of a named limit."""
    text = (source / "plugin" / file).read_text()
    return int(re.search(rf"#define {name}\s+(\d+)", text)[1])


def one(steps, **options):
    capture = Capture()
    capture.add(steps, **options)
    return capture


@dataclass
class Cost:
    seconds: float
    megabytes: float


# Runs a command and writes what it cost into a file. A process of its own: what the tests themselves hold is counted to whatever they start.
MEASURED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], "w").write(f"{used.ru_utime} {used.ru_maxrss / 1024}")
sys.exit(code)
"""


def cost(tshark, capture, *args):
    """What a run costs in processor time and memory. Fails if tshark does or reports a bug."""
    told = tshark.home / f"cost-{os.getpid()}"
    command = [sys.executable, "-c", MEASURED, str(told), tshark.program, "-n", "-r", str(tshark.path(capture)), *args]
    child = subprocess.Popen(command, env=tshark.environment, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    said, bug = b"", None
    while piece := child.stdout.read(1 << 20):
        said = said[-4000:] + piece
        bug = bug or BUG.search(said) and said
    assert child.wait() == 0 and not bug, (bug or said)[-4000:].decode(errors="replace")
    return Cost(*map(float, told.read_text().split()))


def check_linear(tshark, make, n, *args, megabytes_each=0.004):
    """Four times the input costs about four times as much, and memory grows by the facts alone."""
    nothing = cost(tshark, one(HELLO), *args)
    small, large = (cost(tshark, make(k * BIG), *args) for k in (n, 4 * n))
    spent = [each.seconds - nothing.seconds for each in (small, large)]
    # Quadratic would be sixteen; the machine may be busy with other things.
    assert spent[1] < 8 * max(spent[0], 0.05) + 0.2, spent
    grown = large.megabytes - nothing.megabytes
    assert grown < 60 + megabytes_each * 4 * n * BIG, f"{grown} MB for {4 * n * BIG}"
    return large


# --- named limits -----------------------------------------------------------------------------


@pytest.mark.parametrize("who, name", [(C, "smtp.command_line"), (S, "smtp.response")])
def test_line_without_end(tshark, source, who, name):
    """ESMTP_LINE_MAX: cut off there, said so. The rest of the line is no line, and what follows is understood again."""
    longest = limit(source, "ESMTP_LINE_MAX", "core/parse/line.h")
    line = (b"NOOP " if who is C else b"250 ") + b"x" * (3 * longest)
    end = [S("250 fine\r\n"), C("RSET\r\n"), S("250 done\r\n")] if who is C else [C("RSET\r\n"), S("250 done\r\n")]
    capture = one([*HELLO, who(line), who("\r\n"), *end])
    frames = tshark.tree(capture)
    marked = [frame for frame in frames if frame.all("smtp.expert.limit")]
    assert len(marked) == 1
    commands = [value for frame in frames for value in frame.values("smtp.req.command")]
    assert commands == (["EHLO", "NOOP", "RSET"] if who is C else ["EHLO", "RSET"])
    codes = [value for frame in frames for value in frame.values("smtp.response.code")]
    assert codes == ["220", "250", "250", "250"]
    assert not any(frame.all("smtp.expert.not_reply") for frame in frames)
    assert all(len(item.raw) <= longest for frame in frames for item in frame.all(name))


# What is said once of a connection or a line, and of each line and its reply.
FOUND = {
    "once": (1_000_000, b"\0<\r" + b"x" * 20 + b"\nGET / HTTP\r\n", b"", {"control", "mixed_line_ends", "foreign_protocol"}),
    "each": (100_000, b"MAIL FROM:<a\r\nRCPT TO:<b\r\nBDAT x\r\nMAIL FROM:<a@b> SIZE=x\r\n", b"501 no\r\n" * 4,
             {"bad_path", "bad_chunk_size", "bad_parameter"}),
}


@pytest.mark.parametrize("how", FOUND)
def test_lines_that_would_each_be_found(tshark, how):
    """Ten times the lines cost ten times the time, and memory that the limits bound."""
    n, lines, replies, names = FOUND[how]
    batch = 100
    costs = []
    for most in n // 10, n:
        steps = [*HELLO]
        for _ in range(most // (batch * lines.count(b"\n"))):
            steps += [C(lines * batch), S(replies * batch)] if replies else [C(lines * batch)]
        capture = one(steps, mss=20000)
        costs.append(cost(tshark, capture, "-2", "-T", "fields", "-e", "smtp.session.finding", "-Y", "smtp.session"))
    row, = tshark.fields(capture, ["smtp.session.finding"], filter="smtp.session", two_pass=True)
    assert names <= {*row["smtp.session.finding"]}
    assert costs[1].seconds < 13 * costs[0].seconds
    assert costs[1].megabytes < 500


def test_pending_commands(tshark, source):
    """ESMTP_PENDING_MAX: the oldest is given up, and no reply is tied to a wrong command."""
    most = limit(source, "ESMTP_PENDING_MAX", "core/session/session.h")
    extra = 10
    capture = one([*HELLO, C(b"NOOP\r\n" * extra), C(b"NOOP\r\n" * most), S("250 ok\r\n" * 3)], mss=JUMBO)
    names = ["smtp.expert.limit", "smtp.response.code", "smtp.request_in"]
    rows = tshark.fields(capture, names, filter="smtp", two_pass=True)
    assert sum(len(row["smtp.expert.limit"]) for row in rows) == extra
    # They answer the first ones, which are forgotten: not those that are left.
    assert rows[-1]["smtp.response.code"] == ["250"] * 3
    assert rows[-1]["smtp.request_in"] == []


def test_as_many_pending_commands_as_may_be(tshark, source):
    most = limit(source, "ESMTP_PENDING_MAX", "core/session/session.h")
    capture = one([*HELLO, C(b"NOOP\r\n" * most), S("250 ok\r\n" * 3)], mss=JUMBO)
    names = ["frame.number", "smtp.expert.limit", "smtp.request_in"]
    rows = tshark.fields(capture, names, filter="smtp", two_pass=True)
    assert not any(row["smtp.expert.limit"] for row in rows)
    # The greeting, the hello and its reply stand before it.
    assert rows[-1]["smtp.request_in"] == rows[3]["frame.number"] * 3


def test_recipients(tshark, source):
    """ESMTP_RECIPIENTS_MAX: further ones are counted."""
    most = limit(source, "ESMTP_RECIPIENTS_MAX", "core/session/records.h")
    n = most + 5
    rcpt = "".join(f"RCPT TO:<u{k}@x>\r\n" for k in range(n))
    steps = [*HELLO, C("MAIL FROM:<a@b>\r\n"), S("250 ok\r\n"), C(rcpt), S("250 ok\r\n" * n),
             C("DATA\r\n"), S("354 go\r\n"), C("x\r\n.\r\n"), S("250 done\r\n")]
    capture = one(steps, mss=JUMBO)
    names = ["smtp.transaction.recipient", "smtp.transaction.recipients_not_shown",
             "smtp.expert.limit"]
    rows = tshark.fields(capture, names, filter="smtp", two_pass=True)
    shown = len(rows[-1]["smtp.transaction.recipient"])
    more, = rows[-1]["smtp.transaction.recipients_not_shown"]
    assert 0 < shown <= most and shown + int(more) == n
    assert sum(len(row["smtp.expert.limit"]) for row in rows) == n - most


def test_extensions(tshark, source):
    """ESMTP_OFFER_MAX: all lines of an EHLO reply are shown, the first ones are remembered."""
    most = limit(source, "ESMTP_OFFER_MAX", "core/session/session.h")
    n = 5000

    def offered(n):
        lines = "".join(f"250-X{k}\r\n" for k in range(n)) + "250-X1\r\n250-STARTTLS\r\n250 LAST\r\n"
        steps = [S("220 x\r\n"), C("EHLO a\r\n"), S("250-mx\r\n" + lines), C("MAIL FROM:<a@b>\r\n")]
        names = ["smtp.ehlo.keyword", "smtp.expert.clear_mail", "smtp.expert.duplicate_keyword"]
        rows = tshark.fields(one(steps), names, filter="smtp")
        assert sum(len(row["smtp.ehlo.keyword"]) for row in rows) == n + 3
        return rows

    assert 2 < most < n
    within = offered(2)
    assert any(row["smtp.expert.duplicate_keyword"] for row in within) and within[-1]["smtp.expert.clear_mail"]
    rows = offered(n)
    # What lies beyond the limit is forgotten: neither repeated nor offered.
    assert not any(row["smtp.expert.duplicate_keyword"] for row in rows)
    assert not rows[-1]["smtp.expert.clear_mail"]


def test_largest_message(tshark):
    """Preference esmtp.max_message: a larger one is said to be so, and is not handed over."""
    mail = [C("MAIL FROM:<a@b>\r\n"), S("250 ok\r\n"), C("RCPT TO:<c@d>\r\n"), S("250 ok\r\n"),
            C("DATA\r\n"), S("354 go\r\n")]
    text = "Subject: x\r\n\r\n" + "0123456789\r\n" * 1000
    steps = [*HELLO, *mail, C(text + ".\r\n"), S("250 ok\r\n"),
             *mail, C("Subject: y\r\n\r\n.\r\n"), S("250 ok\r\n")]
    capture = one(steps)
    assert tshark.messages(capture)[0] == [text.encode(), b"Subject: y\r\n\r\n"]
    prefs = [f"esmtp.max_message:{len(text) - 1}"]
    assert tshark.messages(capture, prefs=prefs)[0] == [b"Subject: y\r\n\r\n"]
    marks = tshark.fields(capture, ["smtp.expert.limit"], prefs=prefs)
    assert sum(len(row["smtp.expert.limit"]) for row in marks) == 1
    prefs = [f"esmtp.max_message:{len(text)}"]
    assert len(tshark.messages(capture, prefs=prefs)[0]) == 2


# --- what a frame shows -----------------------------------------------------------------------


FULL = {
    "empty lines": [C(b"\n" * JUMBO)],
    "one letter": [C(b"A\n" * (JUMBO // 2))],
    "NULs": [C(b"\0\n" * (JUMBO // 2))],
    "empty lines of a server": [S(b"\n" * JUMBO)],
    "replies": [S(b"250\n" * (JUMBO // 4))],
    "one reply": [C("HELP\r\n"), S(b"214-\n" * (JUMBO // 5) + b"214 x\r\n")],
    "one EHLO reply": [C("EHLO a\r\n"), S(b"250-A\n" * (JUMBO // 6) + b"250 x\r\n")],
    "mechanisms": [C("EHLO a\r\n"), S(b"250-x\r\n250 AUTH " + b"A " * 32000 + b"\r\n")],
    "lines of a login": [C("AUTH PLAIN\r\n"), C(b"\n" * JUMBO)],
    "logins": [C(b"AUTH PLAIN\n" * (JUMBO // 11))],
    "challenges": [C("AUTH PLAIN\r\n"), S(b"334\n" * (JUMBO // 4))],
    "parameters": [C(b"MAIL FROM:<a@b> " + b"A=B " * 16000 + b"\r\n")],
    "conditions": [C(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d> NOTIFY=" + b"A," * 32000 + b"\r\n")],
    "chunks": [C(b"MAIL FROM:<a@b>\r\n"), C(b"BDAT 1\nx" * (JUMBO // 8))],
    "attributes": [C(b"XCLIENT " + b"A=B " * 16000 + b"\r\n")],
    "chunk of nothing": [C(b"BDAT 0 LAST\n" * (JUMBO // 12))],
}


@pytest.mark.parametrize("steps", FULL.values(), ids=FULL)
def test_full_frames(tshark, steps):
    """No dissector bug, and not much time, for a frame with as many lines or words as it can hold."""
    capture = one([*HELLO, *steps], mss=JUMBO)
    assert cost(tshark, capture, "-V").seconds < 10
    assert cost(tshark, capture, "-T", "fields", "-e", "smtp.response.code").seconds < 10


def test_frames_that_are_too_full(tshark):
    """Segments larger than IP's packets, as a capturing machine with offload sees them: the rest
    of the lines is counted."""
    n = 260000
    capture = one([*HELLO, C("AUTH PLAIN\r\n"), C(b"\n" * n)], mss=n)
    text = tshark.verbose(capture, filter="smtp")
    left, = re.findall(r"\[Lines not shown: (\d+)\]", text)
    assert 0 < int(left) < n
    # Who asks for that alone gets it, too.
    rows = tshark.fields(capture, ["smtp.expert.limit"], filter="tcp.len > 0")
    assert [len(row["smtp.expert.limit"]) for row in rows] == [0, 0, 0, 0, 1]


# --- floods -----------------------------------------------------------------------------------


def flood(*steps, **options):
    return one([*HELLO, *steps], mss=options.pop("mss", 8000), **options)


def mails(n):
    return flood(C("MAIL FROM:<a@b>\r\n"), S("250 ok\r\n"), C(b"RCPT TO:<c@d>\r\n" * n))


def octets(who, n):
    """A line of n octets, each in a segment of its own. Without acknowledgements TCP's own list of segments is what takes longest."""
    line = (b"NOOP " if who is C else b"250 ") + b"x" * n + b"\r\n"
    return flood(who(line, cut=tuple(range(1, len(line)))), acks=True)


def records(who, n):
    """Likewise inside TLS: each in a record and segment of its own."""
    line = (b"NOOP " if who is C else b"250 ") + b"x" * n + b"\r\n"
    steps, keys = secure([*HELLO, *(who(line[i:i + 1]) for i in range(len(line)))])
    capture = Capture()
    capture.add(steps, port=465, acks=True)
    capture.secrets += keys
    return capture


FLOODS = {
    "a command in single octets": lambda n: octets(C, n),
    "a reply in single octets": lambda n: octets(S, n),
    "a command in single octets, inside TLS": lambda n: records(C, n),
    "endless line": lambda n: flood(C(b"x" * (40 * n))),
    "endless reply line": lambda n: flood(S(b"x" * (40 * n))),
    "RCPT": mails,
    "replies without commands": lambda n: flood(S(b"250 ok\r\n" * n)),
    "commands without replies": lambda n: flood(C(b"NOOP\r\n" * n)),
    "MAIL without replies": lambda n: flood(C(b"MAIL FROM:<a@b>\r\n" * n), S(b"250 ok\r\n" * n)),
    "endless EHLO reply": lambda n: flood(C("EHLO a\r\n"), S(b"250-A\r\n" * n)),
    "challenges": lambda n: flood(C("AUTH LOGIN\r\n"), S(b"334 x\r\n" * n)),
    "lines of a login after a full queue": lambda n: flood(
        C("AUTH LOGIN\r\n"), C(b"NOOP\r\n" * n), C(b"x\r\n" * n)),
    "chunks": lambda n: flood(C("MAIL FROM:<a@b>\r\n"), C(b"BDAT 1\r\nx" * n)),
    "messages that were to be large": lambda n: flood(C(b"MAIL FROM:<a@b> SIZE=65536\r\nBDAT 1\r\nxRSET\r\n" * 2 * n)),
    "text": lambda n: flood(C("DATA\r\n"), S("354 go\r\n"), C(b"x\r\n" * 13 * n)),
    "roles": lambda n: flood(C(b"TURN\r\n" * n), S(b"250 ok\r\n" * n)),
    "STARTTLS": lambda n: flood(C(b"STARTTLS\r\n" * n), S(b"454 no\r\n" * n)),
}


@pytest.mark.parametrize("make", FLOODS.values(), ids=FLOODS)
def test_floods(tshark, make):
    """Linear time and memory, without a tree and with one that is not visible."""
    check_linear(tshark, make, 15000, "-q", "-z", "io,stat,0,smtp.response.code")
