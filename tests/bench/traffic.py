"""The traffic that tests/bench measures.

All of it is the same each time, but for TLS: OpenSSL takes no seed, so that what is measured is kept.
"""

import base64
import fcntl
import functools
import hashlib
import json
import multiprocessing
import random
import sys
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "lib"))

from dialogue import C, Capture, S  # noqa: E402
from tls import secure  # noqa: E402

MB = 1000 * 1000
WORDS = 999


# --- Mails --------------------------------------------------------------------------------------


@functools.cache
def text(size):
    """A mail of that many octets: lines of up to 76 octets."""
    dice = random.Random(size)
    words = [bytes(dice.choices(b"abcdefghijklmnopqrstuvwxyz", k=dice.randint(2, 11))) for _ in range(WORDS)]
    block = b"".join(b" ".join(dice.choices(words, k=14))[:76] + b"\r\n" for _ in range(1000))
    head = b"From: <a@a.example>\r\nTo: <b@b.example>\r\nSubject: text\r\n\r\n"
    return (head + block * (size // len(block) + 1))[:size - 2] + b"\r\n"


def attachment(size):
    """A mail of about that many octets, nearly all of them base64 in a MIME part, as large mails are."""
    octets = random.Random(size).randbytes(min(size, MB) // 57 * 57)
    block = base64.encodebytes(octets).replace(b"\n", b"\r\n") or b"eA==\r\n"
    head = (b"From: <a@a.example>\r\nTo: <b@b.example>\r\nSubject: attachment\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=\"b0\"\r\n\r\n"
            b"--b0\r\nContent-Type: text/plain\r\n\r\nSee what is attached.\r\n"
            b"--b0\r\nContent-Type: application/octet-stream; name=\"x.bin\"\r\n"
            b"Content-Transfer-Encoding: base64\r\n"
            b"Content-Disposition: attachment; filename=\"x.bin\"\r\n\r\n")
    tail = b"--b0--\r\n"
    room = max(size - len(head) - len(tail), 78)
    lines = (block * (room // len(block) + 1))[:room // 78 * 78]
    return head + lines + tail


def short_mail(dice):
    """A mail of about 800 octets."""
    head = (f"From: Alice <alice@example.net>\r\nTo: Bob <bob@example.org>\r\nSubject: Report {dice.randrange(10**6)}\r\n"
            f"Date: Sun, 28 Jul 2024 12:{dice.randrange(60):02}:{dice.randrange(60):02} +0000\r\n"
            f"Message-ID: <{dice.randrange(10**9)}@client.example.net>\r\n\r\n").encode()
    body = text(1000).partition(b"\r\n\r\n")[2]
    return head + body[:800 - len(head) - 2] + b"\r\n.\r\n"


# --- Sessions -----------------------------------------------------------------------------------

KEYWORDS = ("mx.example.org", "PIPELINING", "SIZE 10240000", "VRFY", "ETRN", "STARTTLS", "ENHANCEDSTATUSCODES",
            "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING")


def hello(keywords=KEYWORDS):
    lines = [f"250-{keyword}\r\n" for keyword in keywords[:-1]] + [f"250 {keywords[-1]}\r\n"]
    return [S("220 mx.example.org ESMTP Postfix\r\n"), C("EHLO client.example.net\r\n", acked=True), S("".join(lines))]


def envelope(dice, size):
    return [f"MAIL FROM:<alice{dice.randrange(10**4)}@example.net> SIZE={size}\r\n", "RCPT TO:<bob@example.org>\r\n",
            "RCPT TO:<carol@example.org>\r\n", "DATA\r\n"]


REPLIES = ["250 2.1.0 Ok\r\n", "250 2.1.5 Ok\r\n",
           "550 5.1.1 <carol@example.org>: Recipient address rejected: User unknown\r\n",
           "354 End data with <CR><LF>.<CR><LF>\r\n"]


def queued(dice):
    return S(f"250 2.0.0 Ok: queued as 4{dice.randrange(16**9):09X}\r\n")


QUIT = [C("QUIT\r\n", acked=True), S("221 2.0.0 Bye\r\n")]


def short_session(n):
    """One mail, in 25 packets with those of TCP."""
    dice = random.Random(n)
    mail = short_mail(dice)
    commands, *rest = zip(envelope(dice, len(mail)), REPLIES)
    steps = [C(commands[0], acked=True), S(commands[1])]
    for command, reply in rest:
        steps += [C(command), S(reply)]
    return [*hello(), *steps, C(mail, acked=True), queued(dice), *QUIT]


def pipelined_session(n):
    """The same, with MAIL to DATA in one segment, and the replies in one."""
    dice = random.Random(n)
    mail = short_mail(dice)
    return [*hello(), C("".join(envelope(dice, len(mail))), acked=True), S("".join(REPLIES)), C(mail, acked=True),
            queued(dice), *QUIT]


def large_session(mail):
    dice = random.Random(len(mail))
    commands = envelope(dice, len(mail))
    steps = [step for command, reply in zip(commands, REPLIES) for step in (C(command), S(reply))]
    return [*hello(), *steps, C(mail + b".\r\n"), queued(dice), *QUIT]


def command_session(count):
    """So many NOOPs, and their replies, ten in a segment: with one in each it would be TCP that is measured."""
    turn = [C("NOOP\r\n" * 10), S("250 2.0.0 Ok\r\n" * 10)]
    return [*hello(), *turn * (count // 10), *QUIT]


# --- Captures -----------------------------------------------------------------------------------


def _each(session):
    def make(count):
        capture = Capture()
        capture.add_all(session(n) for n in range(count))
        return capture, None
    return make


def _mails(count):
    steps = large_session(attachment(200_000))
    capture = Capture()
    capture.add_all([steps] * count, mss=1400, acks=True)
    return capture, None


def _one(session):
    def make(size):
        capture = Capture()
        capture.add(session(size), mss=1400, acks=True)
        return capture, None
    return make


def _implicit_tls(count):
    capture = Capture()
    for n in range(count):
        steps, keys = secure(short_session(n))
        capture.add(steps, port=465, acks=True)
        capture.secrets += keys
    return capture, None


def _starttls(count):
    """Decoded as plain data, it needs a capture in which what is inside TLS has a port of its own."""
    capture, apart = Capture(), Capture()
    before = [*hello(), C("STARTTLS\r\n"), S("220 2.0.0 Ready to start TLS\r\n")]
    for n in range(count):
        steps, keys = secure(short_session(n)[1:], before)
        capture.add(steps, acks=True)
        apart.add(steps[:len(before)], end=None, acks=True)
        apart.add(steps[len(before):], handshake=False, port=465, acks=True)
        capture.secrets += keys
    apart.secrets = capture.secrets
    return capture, apart


# --- What is not SMTP -----------------------------------------------------------------------------


def _lines(dice, count, size):
    return b"".join(bytes(dice.choices(b"abcdefghijklmnopqrstuvwxyz     ", k=size)) + b"\r\n" for _ in range(count))


def _http(dice):
    head = b"GET /index.html?q=%d HTTP/1.1\r\nHost: www.example\r\nAccept: */*\r\n\r\n" % dice.randrange(10**6)
    page = _lines(dice, 30, 100)
    return [C(head), S(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(page) + page)] * 3


def _ftp(dice):
    return [S("220 ftp.example FTP server ready\r\n"), C("USER anonymous\r\n"), S("331 Guest login ok\r\n"),
            C("PASS guest\r\n"), S("230 Logged in\r\n"), *[C("CWD /pub\r\n"), S("250 Okay\r\n")] * 5, C("QUIT\r\n"),
            S("221 Goodbye\r\n")]


def _chat(dice):
    """Text in lines of 1 kB, as of a chat or a log."""
    return [C("NICK somebody\r\n"), *(S(_lines(dice, 1, 1000)) for _ in range(20))]


def _binary(dice):
    return [step for _ in range(10) for step in (C(dice.randbytes(200)), S(dice.randbytes(1000)))]


def _dns(dice):
    asked = dice.randbytes(2) + bytes.fromhex("0100000100000000000003777777076578616d706c650000010001")
    answer = asked[:2] + bytes.fromhex("8180000100010000000003777777076578616d706c650000010001c00c00010001000000ff0004c0000201")
    return [C(len(asked).to_bytes(2, "big") + asked), S(len(answer).to_bytes(2, "big") + answer)]


def _tls(dice):
    record = lambda size: b"\x17\x03\x03" + size.to_bytes(2, "big") + dice.randbytes(size)
    return [step for _ in range(10) for step in (C(record(200)), S(record(1200)))]


# Each: a session; its port, mostly one that is nobody's; what finding SMTP on any port may add to reading it.
FOREIGN = {"HTTP": (_http, 8099, 0.003), "FTP": (_ftp, 2199, 0.003), "chat": (_chat, 6999, 0.003),
           "binary": (_binary, 7999, 0.001), "DNS": (_dns, 53, 0.001), "TLS": (_tls, 4499, 0.001)}


def _foreign(name):
    def make(count):
        session, port, _ = FOREIGN[name]
        capture = Capture()
        for n in range(count):
            capture.add(session(random.Random(n)), port=port, acks=True)
        return capture, None
    return make


@dataclass(frozen=True)
class Traffic:
    """A kind of traffic.

    make: gives a Capture of so many units, and another one to be decoded as plain data, or None if the first will do;
    whole: how many units are timed; few: how many callgrind sees, and then ten times as many; few_shown: the same where a tree is shown;
    goal: what the plugin may add where no tree is shown, as a multiple of what the built-in dissector adds;
    memory: what it may take at its peak, as a multiple of what the built-in dissector takes.
    """

    title: str
    unit: str
    make: object
    whole: int
    few: int
    few_shown: int
    goal: float
    memory: float = 1.1


TRAFFIC = {
    "short": Traffic("short sessions of 25 packets", "session", _each(short_session), 5000, 20, 5, 0.95),
    "pipelined": Traffic("the same, pipelined", "session", _each(pipelined_session), 5000, 20, 5, 0.95),
    "mails": Traffic("mails of 200 kB in segments of 1,400 octets", "mail", _mails, 500, 1, 1, 0.7),
    "large": Traffic("one mail of 40 MB", "kB", _one(lambda size: large_session(attachment(1000 * size))), 40_000, 4000,
                     100, 0.1),
    "commands": Traffic("a million commands in one session, ten in a segment", "command", _one(command_session), MB, 400, 100, 1.0, 1.4),
    "tls": Traffic("short sessions inside TLS", "session", _implicit_tls, 1000, 12, 3, 1.0),
    "starttls": Traffic("short sessions with STARTTLS", "session", _starttls, 1000, 12, 3, 1.0),
}


@dataclass
class Made:
    """A capture file that was made, and the one that holds the same for plain data."""

    path: Path
    apart: Path
    packets: int
    octets: int


@functools.cache
def _sources():
    names = [__file__, TOP / "tests/lib/dialogue.py", TOP / "tests/lib/tls.py"]
    return hashlib.sha256(b"".join(Path(name).read_bytes() for name in names)).hexdigest()[:12]


def made(name, size, folder):
    """The capture of so much traffic of that kind, made if the folder does not hold it."""
    stem = f"{name}-{size}-{_sources()}"
    notes = folder / f"{stem}.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may need it, too
        if not notes.exists():
            for old in folder.glob(f"{name}-{size}-*"):
                old.unlink()
            in_child(_make, name, size, folder, stem, notes)
    path, beside, packets, octets = json.loads(notes.read_text())
    return Made(folder / path, folder / beside, packets, octets)


def _make(name, size, folder, stem, notes):
    capture, apart = _foreign(name)(size) if name in FOREIGN else TRAFFIC[name].make(size)
    path = capture.save(folder / f"{stem}.{'pcapng' if capture.secrets else 'pcap'}")
    beside = apart.save(folder / f"{stem}-apart.pcapng") if apart else path
    packets = sum(1 for stream in capture.streams for _ in stream.packets())
    octets = sum(len(step.data) for stream in capture.streams for step in stream.dialogue)
    notes.write_text(json.dumps([path.name, beside.name, packets, octets]))


def in_child(call, *args):
    """Calls it in a process of its own: a process's peak of memory begins with the size of the one that forked it."""
    child = multiprocessing.get_context("fork").Process(target=call, args=args)
    child.start()
    child.join()
    if child.exitcode:
        sys.exit(child.exitcode)
