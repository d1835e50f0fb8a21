"""Segments that an ICMP error quotes: shown, and nothing more. No session learns anything from them."""

import struct

import pytest

import faults
from dialogue import C, Capture, S, _checksum, script
from passes import any_order, experts, one_and_two, rows, same_text
from tls import secure

MAIL = script("""
    C: EHLO client.example
    S: 250-mx.example
    S: 250 PIPELINING
    C: MAIL FROM:<a@client.example>
    S: 250 ok
    C: RCPT TO:<b@mx.example>
    S: 250 ok
    C: DATA
    S: 354 go
    C: Subject: x
    C:
    C: hello
    C: .
    S: 250 queued as ABC
    C: QUIT
    S: 221 bye
""")
GREETED = [S("220 mx.example ESMTP\r\n"), *MAIL]
UPGRADE = script("""
    S: 220 mx.example ESMTP
    C: EHLO client.example
    S: 250-mx.example
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go
""")


class Quoting(Capture):
    """A capture in which a router answers every data segment with an error that quotes it.

    wait: so many packets later; octets: as many of the quoted packet, all if None.
    """

    wait = 0
    octets = None

    def frames(self):
        waiting = []
        for time, data, length in super().frames():
            yield time, data, length
            v6 = data[12:14] == b"\x86\xdd"
            if len(data) > 14 + (60 if v6 else 40):
                waiting.append(icmp(data, self.octets, v6))
            while len(waiting) > self.wait:
                error = waiting.pop(0)
                yield time + 1, error, len(error)


def icmp(frame, octets, v6):
    """The error, from a router to whoever sent the frame."""
    quoted = frame[14:][:octets]
    macs = frame[6:12] + frame[:6]
    if v6:
        message = struct.pack("!BBHI", 2, 0, 0, 1280) + quoted
        source, target = bytes.fromhex("20010db8" + 23 * "0" + "9"), quoted[8:24]
        pseudo = source + target + struct.pack("!II", len(message), 58)
        message = message[:2] + struct.pack("!H", _checksum(pseudo + message)) + message[4:]
        return (macs + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(message), 58, 64) + source + target + message)
    message = struct.pack("!BBHHH", 3, 4, 0, 0, 576) + quoted
    message = message[:2] + struct.pack("!H", _checksum(message)) + message[4:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(message), 0, 0, 64, 1, 0, bytes([192, 0, 2, 99]), quoted[12:16])
    return macs + b"\x08\x00" + head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + message


def sessions(kind, **options):
    """The entries of the plugin: our ports, a guest's, heuristics, STARTTLS, a port of TLS.

    Where TLS begins on a port of nobody, its own dissector takes what is quoted for live.
    """
    capture = kind()
    vars(capture).update(options)
    capture.add(GREETED)
    capture.add(GREETED, server="2001:db8::25")
    capture.add(GREETED, port=2525)
    capture.add(GREETED, port=10025)
    capture.add([S("220 welcome\r\n"), *MAIL], port=10025)
    capture.add(GREETED, handshake=False)
    steps, keys = secure(GREETED)
    capture.secrets += keys
    capture.add(steps, port=465)
    for port in (587, 10025):
        steps, keys = secure(MAIL, UPGRADE)
        capture.secrets += keys
        capture.add(steps, port=port)
    return capture


NAMES = ["smtp.command_line", "smtp.req.verb", "smtp.response.code", "smtp.rsp.parameter", "smtp.transaction.outcome",
         "smtp.data.total", "smtp.tls", "smtp.missing", "smtp.seen_before"]


@pytest.fixture(scope="module")
def right(tshark):
    return tshark.lists(sessions(Capture), NAMES, filter="smtp")


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
@pytest.mark.parametrize("wait, octets", [(0, None), (0, 548), (0, 60), (5, None), (2, 45)])
def test_nothing_is_learnt(tshark, right, two_pass, wait, octets):
    capture = sessions(Quoting, wait=wait, octets=octets)
    assert tshark.lists(capture, NAMES, filter="smtp && !icmp && !icmpv6", two_pass=two_pass) == right
    assert len(tshark.export(capture, two_pass=two_pass)) == 9
    errors = rows(tshark, capture, filter="(icmp || icmpv6) && smtp", two_pass=two_pass)
    assert {name for row in errors for name in row if name not in ("protocols", "info")} <= {
        "smtp.quoted", "smtp.quoted.line", "smtp.quoted.octets"}


def test_the_order_of_visits_does_not_matter(tshark):
    any_order(tshark, sessions(Quoting, wait=1))


def test_they_are_shown_as_what_they_are(tshark):
    """All lines that were said, and octets where they are no text."""
    capture = sessions(Quoting)
    names = ["frame.protocols", "smtp.quoted", "smtp.quoted.line", "smtp.quoted.octets", "smtp.req", "smtp.rsp", "tcp.payload"]
    found = tshark.by_stream(capture, names, filter="icmp || icmpv6", two_pass=True)
    for stream in (0, 1, 2, 3, 5):
        lines = b"".join(step.data for step in GREETED).decode().splitlines(keepends=True)
        shown = [line for row in found[stream] for line in row["smtp.quoted.line"]]
        assert shown == lines
    for stream in (6, 7, 8):
        assert any(row["smtp.quoted.octets"] for row in found[stream])
    for row in (row for stream in (0, 1, 2, 5, 6, 7) for row in found[stream]):
        assert row["frame.protocols"][0].endswith(":tcp:smtp") and row["smtp.quoted"] == ["1"]
        assert not row["smtp.req"] and not row["smtp.rsp"]


def test_text(tshark):
    text = tshark.run(faults.FOLDER / "f01-icmp-mail-548.pcap", "-V", filter="icmp")
    assert text.endswith(
        "    Simple Mail Transfer Protocol, quoted in an ICMP error\n"
        "        [Quoted in an ICMP error: True]\n"
        "        Line: MAIL FROM:<a@client.example.org>\\r\\n\n\n")


@pytest.mark.parametrize("two_pass", [False, True])
def test_the_well_known_capture(tshark, two_pass):
    capture = faults.FOLDER / "f01-icmp-mail-548.pcap"
    assert tshark.lists(capture, ["smtp.req.verb"], two_pass=two_pass)[0]["smtp.req.verb"] == [
        "EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    (mail,) = tshark.export(capture, two_pass=two_pass).values()
    assert mail == b"Subject: x\r\n\r\nhello\r\n"
    assert experts(tshark, capture, two_pass=two_pass) == {0: []}
    one_and_two(tshark, capture)


def test_secrets(tshark):
    """Nobody knows what a quoted line answered: what is no plain command may be a password."""
    said = [S("220 mx\r\n"), C("EHLO a\r\n"), S("250 AUTH LOGIN PLAIN\r\n"), C("AUTH PLAIN AHVzZXIAcGFzcw==\r\n"),
            S("235 ok\r\n"), C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("dXNlcg==\r\n"), C("cGFz"), C("cw==\r\n"),
            C("MAIL FROM:<a@b>\r\n"), C("\r\n")]
    capture = Quoting()
    capture.add(said)
    def lines(*prefs):
        frames = tshark.fields(capture, ["smtp.quoted.line"], filter="icmp", prefs=prefs)
        return [line.rstrip("\r\n") for row in frames for line in row["smtp.quoted.line"]]
    shown = [step.data.decode().rstrip("\r\n") for step in said]
    assert lines() == shown
    hidden = {3, 5, 6, 7, 8, 9}
    assert lines("esmtp.mask_secrets:everywhere") == ["****" if n in hidden else line for n, line in enumerate(shown)]


def test_others_are_left_alone(tshark, builtin):
    """What is quoted from other protocols, on a port that may be a client's, stays with them."""
    capture = Quoting()
    capture.add([C("GET / HTTP/1.0\r\n\r\n"), S("HTTP/1.0 200 OK\r\n\r\nx")], port=80, client_port=2525)
    capture.add([C("GET / HTTP/1.0\r\n\r\n"), S("HTTP/1.0 200 OK\r\n\r\nx")], port=2525)
    capture.add([S("220 mx ESMTP\r\n"), C("NOOP\r\n")], port=21)
    for two_pass in (False, True):
        same_text(tshark.run(capture, "-V", two_pass=two_pass), builtin.run(tshark.path(capture), "-V", two_pass=two_pass))
