"""One side of a session only: what it says is read by its form."""

from base64 import b64encode

import pytest

from dialogue import C, Capture, S

GREETING = [S("220 mx.example ESMTP\r\n"), C("EHLO client.example\r\n"),
            S("250-mx.example\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN CRAM-MD5\r\n")]
MAIL = [C("MAIL FROM:<a@client.example>\r\n"), S("250 ok\r\n"), C("RCPT TO:<b@mx.example>\r\n"), S("250 ok\r\n"),
        C("DATA\r\n"), S("354 go\r\n"), C("Subject: x\r\n\r\nhello\r\n.\r\n"), S("250 2.0.0 Ok: queued as ABC\r\n"),
        C("QUIT\r\n"), S("221 bye\r\n")]
TEXT = b"Subject: x\r\n\r\nhello\r\n"
LINES = ["MAIL", "RCPT", "DATA", "QUIT"]


def b64(text):
    return b64encode(text.encode()).decode()


def login(*lines):
    """Each line of the client and the challenge before it."""
    steps = []
    for n, (asked, line) in enumerate(lines):
        steps += ([S(f"334 {asked}\r\n")] if n else []) + [C(f"{line}\r\n")]
    return [*steps, S("235 ok\r\n")]


PLAIN = b64("\0alice\0secret")
LOGINS = {
    "none": [],
    "PLAIN, initial response": login(("", f"AUTH PLAIN {PLAIN}")),
    "PLAIN": login(("", "AUTH PLAIN"), ("", PLAIN)),
    "LOGIN": login(("", "AUTH LOGIN"), ("VXNlcm5hbWU6", b64("alice")), ("UGFzc3dvcmQ6", b64("secret"))),
    "LOGIN, initial response": login(("", f"AUTH LOGIN {b64('alice')}"), ("UGFzc3dvcmQ6", b64("secret"))),
    "CRAM-MD5": login(("", "AUTH CRAM-MD5"), (b64("<1.2@mx>"), b64("alice 0123456789abcdef0123456789abcdef"))),
}


@pytest.fixture(params=[False, True], ids=["one pass", "two passes"])
def two_pass(request):
    return request.param


def alone(side, **options):
    capture = Capture()
    for steps in LOGINS.values():
        capture.add([*GREETING, *steps, *MAIL], only=side, **options)
    return capture


@pytest.mark.parametrize("handshake", [True, False], ids=["SYN", "no SYN"])
def test_the_client_alone(tshark, two_pass, handshake):
    """No mail is lost for a login before it, and no line of it is taken for a secret."""
    capture = alone("C", handshake=handshake)
    assert list(tshark.export(capture, two_pass=two_pass).values()) == [TEXT] * len(LOGINS)
    found = tshark.lists(capture, ["smtp.req.verb", "smtp.auth.username"], two_pass=two_pass)
    for stream, name in enumerate(LOGINS):
        assert found[stream]["smtp.req.verb"] == ["EHLO", *(["AUTH"] if stream else []), *LINES], name
        assert found[stream]["smtp.auth.username"] == (["alice"] if stream else []), name
    for frame in tshark.tree(capture, filter="smtp.message || smtp.eom", two_pass=two_pass):
        assert "****" not in str(frame.text())


def test_the_server_alone(tshark, two_pass):
    """Greeting, goodbye, and the hello's reply, which its form tells: a name, then extensions."""
    names = ["smtp.response.code", "smtp.ehlo.domain", "smtp.ehlo.keyword", "smtp.ehlo.size", "smtp.greeting.domain"]
    found = tshark.lists(alone("S"), names, two_pass=two_pass)
    assert len(found) == len(LOGINS)
    for row in found.values():
        assert row["smtp.response.code"][:2] == ["220", "250"] and row["smtp.response.code"][-1] == "221"
        assert row["smtp.ehlo.domain"] == row["smtp.greeting.domain"] == ["mx.example"]
        assert row["smtp.ehlo.keyword"] == ["SIZE", "8BITMIME", "AUTH"]
        assert row["smtp.ehlo.size"] == ["1000"]


def test_other_replies_of_several_lines_are_no_hello(tshark, two_pass):
    capture = Capture()
    for lines in ("250-2.1.5 ok\r\n250 2.1.5 SIZE\r\n", "250-mx.example\r\n250 fine\r\n", "214-mx.example\r\n214 SIZE\r\n"):
        capture.add([GREETING[0], S(lines)], only="S")
    found = tshark.lists(capture, ["smtp.ehlo.keyword", "smtp.ehlo.domain"], two_pass=two_pass)
    assert len(found) == 3 and not any(row["smtp.ehlo.keyword"] or row["smtp.ehlo.domain"] for row in found.values())
