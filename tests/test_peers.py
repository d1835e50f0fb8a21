"""Findings that need more than one connection: what earlier ones told of a server, and of a client."""

from pathlib import Path

import pytest

from dialogue import C, Capture, S, script
from passes import experts
from tls import secure

OFFERED = "S: 220 mx ESMTP\nC: EHLO a.example\nS: 250-mx\nS: 250 STARTTLS\n"
BARE = OFFERED.replace("STARTTLS", "HELP")
HELO = "S: 220 mx ESMTP\nC: HELO a.example\nS: 250 mx\n"
MAIL = "C: MAIL FROM:<a@a.example>\nS: 250 ok\nC: QUIT\nS: 221 bye\n"
LOGIN = "S: 220 mx ESMTP\nC: EHLO a.example\nS: 250-mx\nS: 250 AUTH CRAM-MD5\nC: AUTH CRAM-MD5\nS: 334 eA==\nC: Ym9iIDAw\n"
WRONG, RIGHT = LOGIN + "S: 535 no\n", LOGIN + "S: 235 ok\n"

# RFC 8446 section 6: a record of an alert: fatal, unknown CA; a warning, the end.
UNKNOWN_CA, END = b"\x15\x03\x03\0\2\2\x30", b"\x15\x03\x03\0\2\1\0"
PASSES = pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])


def handshake(alert, who=C):
    steps, _ = secure([], before=script(OFFERED + "C: STARTTLS\nS: 220 go\n"), close=False)
    hello = next(n for n, step in enumerate(steps) if step.data.startswith(b"\x16"))
    return [*steps[:hello + 2], who(alert)]


# name: (connections: (what is said, who says it to whom), findings of each)
HERE, THERE = {"client": "192.0.2.1", "server": "198.51.100.1"}, {"client": "192.0.2.1", "server": "198.51.100.2"}
OTHER = {**HERE, "client": "192.0.2.2"}
NO = set()
SEQUENCES = {
    "vanished": ([(OFFERED, HERE), (BARE, OTHER), (BARE, HERE)], [NO, {"starttls_vanished"}, {"starttls_vanished"}]),
    "of another server": ([(OFFERED, HERE), (BARE, THERE)], [NO, NO]),
    "on another port": ([(OFFERED, HERE), (BARE, {**HERE, "port": 587})], [NO, NO]),
    "offered later": ([(BARE, HERE), (OFFERED, HERE)], [NO, NO]),
    "HELO": ([(OFFERED, HERE), (HELO, HERE)], [NO, NO]),
    "in one connection": ([(OFFERED + BARE.partition("\n")[2], HERE)], [NO]),
    "end not captured": ([(OFFERED, HERE), ([*script(BARE)[:-1], S("250-mx\r\n"), S("250-SIZE\r\n", drop=True),
                                            S("250 HELP\r\n")], HERE)], [NO, NO]),
    "alert of the client": ([(handshake(UNKNOWN_CA), HERE), (OFFERED + MAIL, HERE)], [NO, {"tls_fallback"}]),
    "alert of the server": ([(handshake(UNKNOWN_CA, S), HERE), (OFFERED + MAIL, HERE)], [NO, {"tls_fallback"}]),
    "login after an alert": ([(handshake(UNKNOWN_CA), HERE), (WRONG, HERE)], [NO, {"tls_fallback", "starttls_vanished"}]),
    "in the same connection": ([(handshake(UNKNOWN_CA) + script("S: 421 no TLS\n"), HERE)], [NO]),
    "refused records": ([(handshake(b"")[:-1] + script("S: 454 no TLS\nC: QUIT\nS: 221 bye\n"), HERE),
                         (OFFERED + MAIL, HERE)], [NO, {"tls_fallback"}]),
    "a polite end": ([(handshake(END), HERE), (OFFERED + MAIL, HERE)], [NO, NO]),
    "of another client": ([(handshake(UNKNOWN_CA), HERE), (OFFERED + MAIL, OTHER)], [NO, NO]),
    "nothing given": ([(handshake(UNKNOWN_CA), HERE), (OFFERED + "C: QUIT\nS: 221 bye\n", HERE)], [NO, NO]),
    "five": ([(WRONG, HERE)] * 6, [NO] * 4 + [{"many_failed_logins"}] * 2),
    "four": ([(WRONG, HERE)] * 4 + [(RIGHT, HERE)], [NO] * 5),
    "five and the right one": ([(WRONG, HERE)] * 5 + [(RIGHT, HERE)], [NO] * 4 + [{"many_failed_logins"}, {"login_after_failures"}]),
    "from two": ([(WRONG, HERE)] * 4 + [(WRONG, OTHER)] * 4 + [(RIGHT, OTHER)], [NO] * 9),
    "at two": ([(WRONG, HERE)] * 4 + [(WRONG, THERE)] * 4 + [(RIGHT, THERE)], [NO] * 9),
    "slowly": ([(WRONG, HERE)] * 4 + [([step if n else S(step.data, wait=601) for n, step in enumerate(script(WRONG))], HERE)], [NO] * 5),
    "behind a proxy": ([([C(b"PROXY TCP4 192.0.2.7 198.51.100.9 1000 25\r\n"), *script(WRONG)], HERE)] * 6, [NO] * 6),
}
ACROSS = {"starttls_vanished", "tls_fallback", "many_failed_logins", "login_after_failures"}


def found(tshark, capture, n, two_pass):
    streams = experts(tshark, capture, two_pass=two_pass, left_out={"smtp.expert.undecided"})
    return [{name for _, name in streams.get(stream, [])} & ACROSS for stream in range(n)]


def made(connections):
    capture = Capture()
    for n, (said, options) in enumerate(connections):
        capture.add(script(said) if isinstance(said, str) else said, client_port=20000 + n, **options)
    return capture


@PASSES
@pytest.mark.parametrize("name", SEQUENCES)
def test_sequence(tshark, name, two_pass):
    """Each capture alone, one after the other in one process: nothing of a file is left when the next one is read."""
    connections, wanted = SEQUENCES[name]
    assert found(tshark, made(connections), len(connections), two_pass) == wanted


def test_inside_tls(tshark):
    """Passwords are guessed inside TLS as well."""
    capture = Capture()
    for n, said in enumerate([WRONG] * 5 + [RIGHT]):
        steps, keys = secure(script(said))
        capture.secrets += keys
        capture.add(steps, client_port=20000 + n, port=465, mss=20000, **HERE)
    assert found(tshark, capture, 6, True) == [NO] * 4 + [{"many_failed_logins"}, {"login_after_failures"}]


def test_texts_name_the_frame(tshark):
    capture = made([(handshake(UNKNOWN_CA), HERE), (BARE + MAIL, HERE)])
    lines = tshark.verbose(capture, two_pass=False).splitlines()
    first, = tshark.fields(capture, ["frame.number"], filter='smtp.rsp.parameter == "STARTTLS"', two_pass=False)
    failed, = tshark.fields(capture, ["frame.number"], filter="tls.alert_message.desc", two_pass=False)
    assert any(f"STARTTLS vanished: this server offered it in frame {first['frame.number'][0]}." in line for line in lines)
    assert any(f"handshake of this client failed in frame {failed['frame.number'][0]}." in line for line in lines)
    row, = tshark.fields(capture, ["smtp.session.security", "smtp.session.finding"], filter="smtp.session and smtp.response.code == 221")
    assert [*row.values()] == [["clear, STARTTLS vanished"], ["starttls_vanished", "tls_fallback"]]


def test_in_any_order(tshark):
    """What a frame shows does not depend on which were looked at before."""
    capture = made([(WRONG, HERE)] * 6 + [(RIGHT, HERE), (OFFERED, HERE), (BARE, HERE)])
    numbers = [int(row["frame.number"][0]) for row in tshark.fields(capture, ["frame.number"], filter="smtp")]
    assert tshark.visit(capture, numbers) == tshark.visit(capture, numbers[::-1])[::-1]
    assert tshark.visit(capture, numbers[::3]) == tshark.visit(capture, numbers)[::3]


ALERTS = {
    "client": (handshake(UNKNOWN_CA), "client: unknown CA (48): it does not trust the certificate's issuer"),
    "server": (handshake(b"\x15\x03\x03\0\2\2\x28", S), "server: handshake failure (40): the two sides have no cipher"),
    "unheard of": (handshake(b"\x15\x03\x03\0\2\2\xfe", S), "server: alert 254"),
    "end": (handshake(END), None),
    "none": (handshake(b"")[:-1], None),
}


@pytest.mark.parametrize("name", ALERTS)
def test_alert(tshark, name):
    """Which side ended TLS and why: on STARTTLS and in the summary, where an alert can be read."""
    steps, wanted = ALERTS[name]
    capture = Capture()
    capture.add(steps)
    for two_pass in False, True:
        rows = tshark.fields(capture, ["smtp.tls.alert", "smtp.req.command", "smtp.session.security"], filter="smtp", two_pass=two_pass)
        told = [(row["smtp.req.command"], row["smtp.tls.alert"][0]) for row in rows if row["smtp.tls.alert"]]
        if wanted and two_pass:
            assert [command for command, _ in told] == [["STARTTLS"], []]
            assert all(text.startswith(wanted) for _, text in told)
            assert rows[-1]["smtp.session.security"] == ["starttls, failed"]
        else:
            assert told == []


@pytest.mark.parametrize("name, wanted", [
    ("postfix-starttls-untrusted", "client: unknown CA (48): "),           # in plaintext
    ("opensmtpd-starttls-broken", "server: internal error (80): "),        # decrypted
    ("exim-starttls-untrusted", None)])                                    # msmtp just hangs up
def test_alert_of_real_software(tshark, name, wanted):
    path = Path(__file__).parent.parent / f"captures/{name}.pcapng"
    rows = tshark.fields(path, ["smtp.tls.alert"], filter="smtp", two_pass=True)
    told = [row["smtp.tls.alert"][0] for row in rows if row["smtp.tls.alert"]]
    assert len(told) == (2 if wanted else 0) and all(text.startswith(wanted) for text in told)
