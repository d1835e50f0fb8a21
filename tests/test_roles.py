"""Who is the server: by the SYN, then by what is said, then by the port; and turned when that proves wrong."""

import pytest

import faults
from dialogue import C, Capture, S, cut_everywhere, script, segments_of
from passes import any_order, experts, one_and_two

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
GREETINGS = [S("220 mx.example ESMTP\r\n"), S("220 welcome\r\n")]
VERBS = ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
CODES = ["220", "250", "250", "250", "354", "250", "221"]
NAMES = ["smtp.req.verb", "smtp.response.code", "smtp.transaction.outcome", "smtp.missing"]
RIGHT = {"smtp.req.verb": VERBS, "smtp.response.code": CODES, "smtp.transaction.outcome": ["accepted"], "smtp.missing": []}
PORTS = [(25, 25), (25, 587), (587, 25), (2525, 25), (25, 2525), (2525, 2525), (10025, 25), (25, 40000), (465, 25)]


@pytest.fixture(params=[False, True], ids=["one pass", "two passes"])
def two_pass(request):
    return request.param


class Hosts(Capture):
    """Each client is a host of its own, since its port is often the same."""

    def add(self, dialogue, **options):
        options.setdefault("client", f"192.0.2.{1 + len(self.streams)}")
        return super().add(dialogue, **options)


def all_right(tshark, capture, two_pass, right=RIGHT):
    found = tshark.lists(capture, NAMES, two_pass=two_pass)
    # Wireshark counts a connection through a proxy as a TCP stream of its own.
    assert list(found.values()) == [right] * len(capture.streams)


@pytest.mark.parametrize("handshake", [True, False], ids=["SYN", "no SYN"])
def test_ports_that_are_ours_on_both_ends(tshark, two_pass, handshake):
    capture = Hosts()
    for server, client in PORTS:
        for greeting in GREETINGS:
            if server == 10025 and greeting.data.startswith(b"220 w"):
                continue  # a port of nobody
            capture.add([greeting, *MAIL], port=server, client_port=client, handshake=handshake)
    all_right(tshark, capture, two_pass)
    found = experts(tshark, capture, two_pass=two_pass)
    assert {name for each in found.values() for _, name in each} <= {"clear_on_tls_port"}  # one of the ports is 465
    assert len(tshark.export(capture, two_pass=two_pass)) == len(capture.streams)


def test_whichever_address_is_higher(tshark, two_pass):
    capture = Hosts()
    for n in range(8):
        client, server = (f"192.0.2.{n}", "198.51.100.25") if n % 2 else ("198.51.100.25", f"192.0.2.{n}")
        dialogue = MAIL if n & 4 else [GREETINGS[1], *MAIL]
        capture.add(dialogue, client=client, server=server, client_port=25, handshake=bool(n & 2))
    found = tshark.lists(capture, NAMES, two_pass=two_pass)
    assert all(found[stream]["smtp.req.verb"] == VERBS for stream in range(len(capture.streams)))


def test_a_capture_that_begins_late(tshark, two_pass):
    """Wherever it begins: what is said tells, or the port does."""
    capture = Hosts()
    whole = [GREETINGS[0], *MAIL]
    for skip in range(1, len(whole) - 1):
        for server, client in ((25, 40000), (25, 25), (587, 25)):
            capture.add(whole, port=server, client_port=client, skip=skip)
    rows = tshark.by_stream(capture, ["tcp.srcport", "smtp.req", "smtp.rsp", "smtp.message", "smtp.eom"],
                            filter="smtp", two_pass=two_pass)
    assert set(rows) == set(range(len(capture.streams)))
    for stream, frames in rows.items():
        if capture.streams[stream].client_port == 25:
            continue
        for row in frames:
            server = row["tcp.srcport"] == ["25"]
            assert not row["smtp.req" if server else "smtp.rsp"], (stream, row)


# --- a client that says 220, a server that dials out -------------------------------------------


@pytest.mark.parametrize("port", [25, 587, 2525, 10025])
def test_a_client_that_says_220(tshark, two_pass, port):
    said = faults.read("a24")[0].steps
    capture = Hosts()
    capture.add(said, port=port)
    capture.add([C("220 x ESMTP\r\n"), S("220 welcome\r\n"), *MAIL], port=port)
    capture.add([GREETINGS[0], C("220 x ESMTP\r\n"), S("500 what\r\n"), *MAIL], port=port)
    found = tshark.lists(capture, NAMES, two_pass=two_pass)
    for stream in range(3):
        assert found[stream]["smtp.req.verb"] == ["220", *VERBS]
        assert found[stream]["smtp.transaction.outcome"] == ["accepted"]
    assert len(tshark.export(capture, two_pass=two_pass)) == 3


def test_a_client_that_says_220_without_a_syn(tshark, two_pass):
    """What it says first is taken for the truth until the other side's greeting and its own hello show better."""
    capture = Hosts()
    capture.add(faults.read("a24")[0].steps, port=25, handshake=False)
    found = tshark.lists(capture, NAMES, two_pass=two_pass)
    assert found[0]["smtp.req.verb"][-5:] == VERBS
    assert found[0]["smtp.transaction.outcome"] == ["accepted"]


@pytest.mark.parametrize("port", [25, 587, 2525])
def test_a_server_that_dials_out(tshark, two_pass, port):
    """Its SYN says that it is the client; its greeting and the other side's hello say more."""
    turned = [(S if step.who == "C" else C)(step.data) for step in [GREETINGS[0], *MAIL]]
    capture = Hosts()
    capture.add(turned, port=port)
    capture.add(turned, port=port, client_port=25)
    found = tshark.lists(capture, NAMES, two_pass=two_pass)
    for stream in (0, 1):
        assert found[stream]["smtp.req.verb"][-5:] == VERBS
        assert found[stream]["smtp.response.code"][-6:] == CODES[1:]
        assert found[stream]["smtp.transaction.outcome"] == ["accepted"]
    assert len(tshark.export(capture, two_pass=two_pass)) == 2


def test_the_port_was_all_that_was_known(tshark, two_pass):
    """The client's own port is one of ours, and the capture begins with something that anybody may have said."""
    capture = Hosts()
    capture.add([C("some text\r\n"), S("250 ok\r\n"), *MAIL], port=587, client_port=25, handshake=False)
    found = tshark.lists(capture, NAMES, two_pass=two_pass)
    assert found[0]["smtp.req.verb"] == VERBS
    assert found[0]["smtp.transaction.outcome"] == ["accepted"]


def test_a_server_never_turns_for_a_word(tshark, two_pass):
    """A reply's text, or a line of a message, is no hello."""
    capture = Hosts()
    capture.add([GREETINGS[0], *MAIL[:8], C("EHLO a\r\n220 x ESMTP\r\nEHLO b\r\n.\r\n"), *MAIL[9:]])
    capture.add([S("220-EHLO x\r\n220 mx\r\n"), *MAIL])
    found = tshark.lists(capture, NAMES, two_pass=two_pass)
    for stream in (0, 1):
        assert found[stream]["smtp.req.verb"] == VERBS
        assert found[stream]["smtp.transaction.outcome"] == ["accepted"]


# --- through a proxy ---------------------------------------------------------------------------

CONNECT = [C("CONNECT mx.example:25 HTTP/1.1\r\nHost: mx.example:25\r\n\r\n"), S("HTTP/1.1 200 Connection established\r\n\r\n")]
SOCKS5 = [C(b"\x05\x01\x00"), S(b"\x05\x00"), C(b"\x05\x01\x00\x01\xcb\x00\x71\x19\x00\x19"),
          S(b"\x05\x00\x00\x01\xc0\x00\x02\x01\x9c\x40")]
SOCKS4 = [C(b"\x04\x01\x00\x19\xcb\x00\x71\x19\x00"), S(b"\x00\x5a\x00\x19\xcb\x00\x71\x19")]
PROXIES = {"CONNECT": (CONNECT, 8080), "SOCKS 5": (SOCKS5, 1080), "SOCKS 4": (SOCKS4, 1080)}


@pytest.mark.parametrize("name", PROXIES)
def test_through_a_proxy(tshark, two_pass, name):
    before, port = PROXIES[name]
    capture = Hosts()
    for greeting in GREETINGS:
        for handshake in (True, False):
            capture.add([*before, greeting, *MAIL], port=port, handshake=handshake)
    all_right(tshark, capture, two_pass)
    assert len(tshark.export(capture, two_pass=two_pass)) == 4


def test_greeting_and_the_proxys_answer_in_one_segment(tshark, two_pass):
    """Wireshark keeps such a greeting to itself; nothing is missing for that."""
    capture = Hosts()
    for greeting in GREETINGS:
        capture.add([CONNECT[0], S(CONNECT[1].data + greeting.data), *MAIL], port=8080)
    all_right(tshark, capture, two_pass, RIGHT | {"smtp.response.code": CODES[1:]})


def test_fault_r47(tshark, two_pass):
    capture = faults.capture("r47")
    all_right(tshark, capture, two_pass)
    assert list(tshark.export(capture, two_pass=two_pass).values()) == [b"a: b\r\n\r\nc\r\n"]


# --- cuts, and the order of visits -------------------------------------------------------------


def test_wherever_tcp_cuts(tshark, two_pass):
    capture = Hosts()
    dialogue = [GREETINGS[0], *MAIL]
    capture.add_all(list(cut_everywhere(dialogue))[:60], client_port=25)
    capture.add(segments_of(dialogue, 1), client_port=587)
    found = tshark.lists(capture, NAMES, two_pass=two_pass)
    assert all(found[stream]["smtp.req.verb"] == VERBS for stream in found)


def test_the_order_of_visits_does_not_matter(tshark):
    capture = faults.capture("r47")
    capture.add([(S if step.who == "C" else C)(step.data) for step in [GREETINGS[0], *MAIL]])
    capture.add([C("some text\r\n"), S("250 ok\r\n"), *MAIL], port=587, client_port=25, handshake=False)
    capture.add([CONNECT[0], S(CONNECT[1].data + GREETINGS[0].data), *MAIL], port=8080)
    any_order(tshark, capture)
