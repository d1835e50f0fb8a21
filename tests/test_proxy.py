"""Headers of the PROXY protocol, versions 1 and 2: shown, no part of the dialogue, wherever TCP cuts them."""

import socket
import struct

import pytest

import faults
from dialogue import C, Capture, S, cut_everywhere, script, segments_of
from passes import any_order, experts, one_and_two, same_text
from tls import secure

NAMED = """\
        Expert Info (Chat/Protocol): PROXY header: a load balancer names the real client
            PROXY header: a load balancer names the real client
            Severity level: Chat
            Group: Protocol
"""
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v1(family="TCP4", source="192.0.2.7", target="198.51.100.9", port=56324):
    return f"PROXY {family} {source} {target} {port} 25\r\n".encode()


def v2(kind=0x11, addresses=b"", more=b"", command=1):
    block = addresses + more
    return SIGNATURE + struct.pack("!BBH", 0x20 | command, kind, len(block)) + block


def ends(source, target, port=56324):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    return socket.inet_pton(family, source) + socket.inet_pton(family, target) + struct.pack("!HH", port, 25)


def named(experts):
    return {name for infos in experts.values() for _, name in infos}


# Each header, and what smtp.proxy.source and smtp.proxy.port must be.
HEADERS = {
    "1 TCP4": (v1(), ["192.0.2.7"], ["56324"]),
    "1 TCP6": (v1("TCP6", "2001:db8::7", "2001:db8::25"), ["2001:db8::7"], ["56324"]),
    "1 UNKNOWN": (b"PROXY UNKNOWN\r\n", [], []),
    "1 UNKNOWN and more": (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", [], []),
    "2 IPv4": (v2(0x11, ends("192.0.2.7", "198.51.100.9")), ["192.0.2.7"], ["56324"]),
    "2 IPv6": (v2(0x21, ends("2001:db8::7", "2001:db8::25")), ["2001:db8::7"], ["56324"]),
    "2 IPv4 and more": (v2(0x11, ends("192.0.2.7", "198.51.100.9"), b"\x04\0\x01x\x01\0\x02h2"), ["192.0.2.7"], ["56324"]),
    "2 UNIX": (v2(0x31, b"/run/lb".ljust(108, b"\0") + bytes(108)), ["/run/lb"], []),
    "2 LOCAL": (v2(0, command=0), [], []),
    "2 LOCAL with address": (v2(0x11, ends("192.0.2.7", "198.51.100.9"), command=0), [], []),
    "2 UNSPEC": (v2(0), [], []),
}
MAIL = script("""
    C: EHLO client.example
    S: 250-mx.example
    S: 250 PIPELINING
    C: MAIL FROM:<a@client.example>
    C: RCPT TO:<b@mx.example>
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 354 go
    C: Subject: x
    C:
    C: hello
    C: .
    S: 250 queued as ABC
    C: QUIT
    S: 221 bye
""")
GREETING = S("220 mx.example ESMTP\r\n")
UPGRADE = script("""
    C: EHLO client.example
    S: 250-mx.example
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go
""")
NAMES = ["smtp.command_line", "smtp.req.verb", "smtp.response.code", "smtp.rsp.parameter", "smtp.transaction.outcome",
         "smtp.data.total", "smtp.tls", "smtp.missing", "smtp.seen_before", "smtp.not_captured"]
ALL = [*NAMES, "smtp.proxy.source", "smtp.proxy.port"]


def first(header):
    """The header before the greeting, alone."""
    return [C(header), GREETING, *MAIL]


def greeted(header):
    """The header after the greeting, alone."""
    return [GREETING, C(header), *MAIL]


def with_hello(header):
    """The header after the greeting, before EHLO."""
    return [GREETING, C(header + MAIL[0].data), *MAIL[1:]]


PLACES = [first, greeted, with_hello]


def without(steps):
    return [step for step in steps if step.data]


@pytest.fixture(scope="module")
def right(tshark):
    """What is shown of the session without any header."""
    capture = Capture()
    capture.add([GREETING, *MAIL])
    return tshark.lists(capture, NAMES)[0]


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
@pytest.mark.parametrize("port", [25, 587, 2525])
def test_all_headers_in_all_places(tshark, right, port, two_pass):
    capture = Capture()
    wanted = {}
    for header, source, number in HEADERS.values():
        for place in PLACES:
            stream = capture.add(place(header), port=port)
            wanted[stream] = right | {"smtp.proxy.source": source, "smtp.proxy.port": number}
    found = tshark.lists(capture, ALL, two_pass=two_pass)
    assert found == wanted
    assert named(experts(tshark, capture, two_pass=two_pass)) == {"proxy_header"}
    assert len(tshark.export(capture, two_pass=two_pass)) == len(wanted)


def test_what_is_shown(tshark):
    """Wireshark's own dissector shows what is in the header, we say who the client is."""
    capture = Capture()
    capture.add(first(v1()))
    capture.add(greeted(v2(0x11, ends("192.0.2.7", "198.51.100.9"))))
    capture.add(first(v2(0, command=0)))
    rows = tshark.fields(capture, ["tcp.stream", "frame.protocols", "proxy.src.ipv4", "proxy.srcport", "smtp.proxy.source"],
                         filter="smtp.proxy")
    assert [row["proxy.src.ipv4"] for row in rows] == [["192.0.2.7"], ["192.0.2.7"], []]
    assert [row["proxy.srcport"] for row in rows] == [["56324"], ["56324"], []]
    assert all(row["frame.protocols"][0].endswith(":tcp:smtp:proxy") for row in rows)
    texts = [frame.text() for frame in tshark.tree(capture, filter="smtp.proxy")]
    assert texts == [
        "Simple Mail Transfer Protocol\n"
        "    PROXY header: the client is 192.0.2.7 port 56324\n"
        "        Source: 192.0.2.7\n"
        "        Port: 56324\n" + NAMED] * 2 + [
        "Simple Mail Transfer Protocol\n"
        "    PROXY header: the client is the proxy itself\n" + NAMED]
    lines = [line.split(" SMTP ")[1] for line in tshark.summary(capture, filter="smtp.proxy")]
    assert [line.split(" ", 1)[1] for line in lines] == [
        "C: PROXY (192.0.2.7 port 56324)"] * 2 + ["C: PROXY (the proxy itself)"]


def test_wireshark_finds_nothing_wrong(tshark):
    capture = Capture()
    for header, _, _ in HEADERS.values():
        capture.add(first(header))
    assert tshark.fields(capture, ["frame.number"], filter="proxy && _ws.expert && !smtp.expert.proxy_header && !(_ws.expert.message contains \"cut\")") == []


# --- before TLS ---------------------------------------------------------------------------


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_before_tls(tshark, right, version, two_pass):
    capture = Capture()
    wanted = {}
    for header, source, number in HEADERS.values():
        steps, keys = secure([GREETING, *MAIL], version=version)
        capture.secrets += keys
        for dialogue in ([C(header), *steps], [C(header + steps[0].data), *steps[1:]]):
            stream = capture.add(dialogue, port=465)
            wanted[stream] = source, number
        steps, keys = secure(MAIL, [GREETING, *UPGRADE], version)
        capture.secrets += keys
        stream = capture.add([steps[0], C(header), *steps[1:]], port=587)
        wanted[stream] = source, number
    found = tshark.lists(capture, ALL, two_pass=two_pass)
    verbs = right["smtp.req.verb"]
    for stream, (source, number) in wanted.items():
        assert found[stream]["smtp.proxy.source"] == source and found[stream]["smtp.proxy.port"] == number
        assert found[stream]["smtp.req.verb"] == (["EHLO", "STARTTLS", *verbs] if stream % 3 == 2 else verbs)
        assert found[stream]["smtp.transaction.outcome"] == ["accepted"]
        assert found[stream]["smtp.missing"] == [] and found[stream]["smtp.tls"]
    assert named(experts(tshark, capture, two_pass=two_pass)) == {"proxy_header"}


def test_in_front_of_clear_text_on_465(tshark, right):
    capture = Capture()
    for place in PLACES:
        capture.add(place(v1()), port=465)
    for two_pass in (False, True):
        found = tshark.lists(capture, NAMES, two_pass=two_pass)
        assert found == dict.fromkeys(range(3), right)


# --- cut anywhere ------------------------------------------------------------------------------


CUT = {name: HEADERS[name] for name in ("1 TCP4", "1 UNKNOWN", "2 IPv4", "2 LOCAL")}


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
@pytest.mark.parametrize("name", CUT)
def test_wherever_tcp_cuts(tshark, right, name, two_pass):
    header, source, number = CUT[name]
    wanted = right | {"smtp.proxy.source": source, "smtp.proxy.port": number}
    capture = Capture()
    for place in (first, with_hello):
        step = 0 if place is first else 1
        dialogue = place(header)
        for n in range(1, len(dialogue[step].data)):
            if place is with_hello and header[0] == 13 and n in (2, 4):
                continue  # see the next test
            steps = list(dialogue)
            steps[step] = C(steps[step].data, cut=[n])
            capture.add(steps)
    capture.add(segments_of(first(header), 3))
    capture.add(segments_of(with_hello(header), 7))
    found = tshark.lists(capture, ALL, two_pass=two_pass)
    assert found == dict.fromkeys(range(len(capture.streams)), wanted)


def test_empty_lines_are_what_they_look_like(tshark):
    """Scanners send them to see what the server says; nobody waits for a header then."""
    capture = Capture()
    capture.add([GREETING, C("\r\n\r\n"), S("500 what\r\n500 what\r\n"), C("QUIT\r\n"), S("221 bye\r\n")])
    capture.add([GREETING, C("\r\n"), S("500 what\r\n"), C("QUIT\r\n"), S("221 bye\r\n")])
    capture.add([C("\r\n\r\nHELO x\r\n"), GREETING, S("500 what\r\n500 what\r\n250 x\r\n")])
    rows = one_and_two(tshark, capture, filter="tcp.len > 0")
    assert [row["smtp.command_line"] for row in rows if "smtp.command_line" in row] == [
        ["\r\n", "\r\n"], ["QUIT\r\n"], ["\r\n"], ["QUIT\r\n"], ["\r\n", "\r\n", "HELO x\r\n"]]


def test_a_line_that_is_no_header_is_a_command(tshark):
    lines = ["PROXY\r\n", "PROXY TCP4 here there 1 2\r\n", "PROXY TCP4 192.0.2.7 198.51.100.9 1\r\n", "P\r\n",
             "PROXY UNKNOWN" + "x" * 100 + "\r\n", "\r\n\r\n\0\r\n"]
    capture = Capture()
    for line in lines:
        capture.add([GREETING, C(line), S("500 what\r\n"), C(v1()), S("500 what\r\n")])
    rows = one_and_two(tshark, capture, filter="tcp.len > 0")
    assert not any("smtp.proxy" in row for row in rows)
    assert not any("proxy" in row["protocols"].split(":") for row in rows)


# --- other things that happen to octets --------------------------------------------------------


def test_retransmitted(tshark, right):
    capture = Capture()
    capture.add([C(v1(), again=True), GREETING, *MAIL])
    capture.add([GREETING, C(v1() + MAIL[0].data, again={0: 2}), *MAIL[1:]])
    for prefs in ([], ["tcp.no_subdissector_on_error:FALSE"]):
        for two_pass in (False, True):
            found = tshark.lists(capture, [*NAMES[:6], "smtp.missing", "smtp.proxy.source"], prefs=prefs, two_pass=two_pass)
            for stream in (0, 1):
                assert found[stream]["smtp.proxy.source"] == ["192.0.2.7"], (stream, prefs)
                assert all(found[stream][name] == right[name] for name in [*NAMES[:6], "smtp.missing"])


def test_one_side_only(tshark):
    capture = Capture()
    capture.add(first(v1()), only="C")
    capture.add(first(v1()), handshake=False)
    capture.add(with_hello(v2(0x11, ends("192.0.2.7", "198.51.100.9"))), handshake=False)
    rows = tshark.by_stream(capture, ["smtp.proxy.source", "smtp.req.verb", "smtp.missing"], filter="smtp")
    for stream in range(3):
        assert [v for row in rows[stream] for v in row["smtp.proxy.source"]] == ["192.0.2.7"]
        assert [v for row in rows[stream] for v in row["smtp.req.verb"]][0] == "EHLO"
        assert not any(row["smtp.missing"] for row in rows[stream])


def test_cut_by_the_capture(tshark):
    """The header is known by its beginning; whom it names nobody can tell."""
    capture = Capture()
    capture.add(first(v1()), snaplen=54 + 30)
    capture.add(first(v2(0x11, ends("192.0.2.7", "198.51.100.9"))), snaplen=54 + 20)
    rows = one_and_two(tshark, capture, filter="tcp.len > 0")
    heads = [row for row in rows if "smtp.proxy" in row]
    assert len(heads) == 2
    assert not any("smtp.proxy.source" in row or "smtp.req" in row for row in heads)


def test_several_headers(tshark):
    """A server reads one; what follows it is to it a command, as its replies show."""
    capture = faults.capture("r02")
    rows = one_and_two(tshark, capture, filter="tcp.stream == 1 && smtp")
    assert rows[0]["smtp.proxy.source"] == ["192.0.2.7"]
    assert [row.get("smtp.response.code") for row in rows] == [None, ["220"], ["500"], ["500"], None, ["221"]]
    assert [row.get("smtp.request_in", []) for row in rows[2:4]] == [["24"], ["24"]]


# --- on ports of nobody ------------------------------------------------------------------------


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_on_any_port(tshark, right, two_pass):
    """What only SMTP says must follow; a header alone stays with Wireshark's dissector."""
    capture = Capture()
    for header in (v1(), v2(0x11, ends("192.0.2.7", "198.51.100.9"))):
        capture.add(first(header), port=10587)
        capture.add(with_hello(header), port=10587)
        capture.add([C(header + MAIL[0].data), GREETING, *MAIL[1:]], port=10587)
    found = tshark.lists(capture, ALL, two_pass=two_pass)
    for stream in range(6):
        assert found[stream]["smtp.req.verb"] == right["smtp.req.verb"], stream
        assert found[stream]["smtp.missing"] == []
        assert found[stream]["smtp.transaction.outcome"] == ["accepted"]
    for stream in (1, 2, 4, 5):
        assert found[stream]["smtp.proxy.source"] == ["192.0.2.7"]
    rows = tshark.by_stream(capture, ["proxy.src.ipv4"], filter="proxy", two_pass=two_pass)
    assert all([row["proxy.src.ipv4"] for row in rows[stream]] == [["192.0.2.7"]] for stream in range(6))


def test_a_silent_greeting_behind_a_header_on_any_port(tshark):
    capture = Capture()
    capture.add([C(v1()), S("220 welcome\r\n"), *MAIL], port=10587)
    rows = one_and_two(tshark, capture, filter="smtp")
    assert [verb for row in rows for verb in row.get("smtp.req.verb", [])] == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert not any("smtp.missing" in row for row in rows)


def test_other_protocols_behind_a_header(tshark, builtin):
    """Not one line of what Wireshark says of them is changed."""
    capture = Capture()
    http = [C("GET / HTTP/1.0\r\n\r\n"), S("HTTP/1.0 200 OK\r\n\r\nx")]
    pop = [S("+OK ready\r\n"), C("QUIT\r\n"), S("+OK\r\n")]
    # From 4.4 on Wireshark goes by the port that the header names.
    for header in (v1().replace(b" 25\r", b" 80\r"), v2(0x11, ends("192.0.2.7", "198.51.100.9")[:-2] + b"\0\x50")):
        for port, client in ((80, 40000), (110, 40001), (8080, 2525), (9999, 40002), (9998, 2525)):
            capture.add([C(header), *http], port=port, client_port=client)
            capture.add([C(header + http[0].data), *http[1:]], port=port, client_port=client + 100)
            capture.add([C(header), *pop], port=port, client_port=client + 200)
    for two_pass in (False, True):
        same_text(tshark.run(capture, "-V", two_pass=two_pass), builtin.run(tshark.path(capture), "-V", two_pass=two_pass))


# --- the sessions that were read wrongly -------------------------------------------------------


@pytest.mark.parametrize("name", ["r01", "r02", "r49"])
def test_faults(tshark, name):
    capture = faults.capture(name)
    rows = any_order(tshark, capture)
    assert not any("smtp.missing" in row for row in rows)
    verbs = {stream: [verb for row in rows for verb in row["smtp.req.verb"]] for stream, rows in
             tshark.by_stream(capture, ["smtp.req.verb"], filter="smtp").items()}
    mail = ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert verbs == {"r01": {0: [], 1: mail, 2: ["EHLO", "QUIT"]}, "r02": {0: mail, 1: ["PROXY", "PROXY", "QUIT"]},
                     "r49": {0: ["EHLO", "MAIL", "QUIT"]}}[name]


@pytest.mark.parametrize("first_asked", ["tcp.try_heuristic_first:TRUE", "tcp.try_heuristic_first:FALSE"])
def test_whoever_is_asked_first(tshark, first_asked):
    """Wireshark's own heuristic, which takes the header before us, changes nothing else."""
    capture = Capture()
    for port in (25, 2525, 10587):
        for header in (v1(), v2(0x11, ends("192.0.2.7", "198.51.100.9"))):
            for place in PLACES:
                capture.add(place(header), port=port)
    rows = one_and_two(tshark, capture, filter="smtp", prefs=[first_asked])
    assert not any("smtp.missing" in row for row in rows)
    verbs = tshark.lists(capture, ["smtp.req.verb"], prefs=[first_asked])
    assert all(verbs[stream]["smtp.req.verb"] == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
               for stream in range(len(capture.streams)))
