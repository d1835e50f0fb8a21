"""The main job: two recorded sessions, as people know them, in every way of reading."""

import re

import pytest

from passes import SUMMARY, same_text

RECORDED = """\
0c 9a 3c ab ac e8 c4 48 fa d5 b8 e0 86 dd 60 00
00 00 00 6d 06 ef 26 03 10 46 09 00 00 40 00 00
00 00 00 00 00 02 24 00 1a 00 b1 e0 9a 93 9c 3e
6d 73 43 2d 8c 39 02 4b c4 f6 35 b4 11 d4 d1 5a
bb bd 50 18 40 02 b1 90 00 00 32 35 30 20 42 4d
31 50 32 38 37 43 41 30 30 31 35 2e 6f 75 74 6c
6f 6f 6b 2e 6f 66 66 69 63 65 33 36 35 2e 63 6f
6d 20 48 65 6c 6c 6f 20 5b 32 34 30 30 3a 31 61
30 30 3a 62 31 65 30 3a 39 61 39 33 3a 39 63 33
65 3a 36 64 37 33 3a 34 33 32 64 3a 38 63 33 39
5d 0d 0a
"""

OUTLOOK = "BM1P287CA0015.outlook.office365.com Hello [2400:1a00:b1e0:9a93:9c3e:6d73:432d:8c39]"


@pytest.fixture(scope="module")
def gmail(captures):
    return captures / "gmail-starttls.pcapng"


@pytest.fixture(scope="module")
def outlook(captures):
    return captures / "outlook-helo.pcap"


def test_outlook_frame_is_the_recorded_one(tshark, outlook):
    octets = bytes.fromhex("".join(RECORDED.split()))
    assert octets in outlook.read_bytes()


def test_outlook_tree_begins_as_people_know_it(tshark, outlook):
    lines = tshark.verbose(outlook, filter="smtp.response.code == 250").splitlines()
    lines = [line.strip() for line in lines]
    start = lines.index("Simple Mail Transfer Protocol")
    assert lines[start:start + 4] == [
        "Simple Mail Transfer Protocol",
        f"Response: 250 {OUTLOOK}\\r\\n",
        "Response code: Requested mail action okay, completed (250)",
        f"Response parameter: {OUTLOOK}",
    ]


def test_gmail_filters(tshark, gmail):
    def frames(filter, *names):
        return tshark.fields(gmail, ["frame.number", *names], filter=filter)

    reply = frames("smtp.ehlo.size == 35882577 && !smtp.tls", "smtp.ehlo.keyword", "smtp.ehlo.domain")
    assert [row["smtp.ehlo.keyword"] for row in reply] == \
        [["SIZE", "8BITMIME", "STARTTLS", "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING", "SMTPUTF8"]]
    assert reply[0]["smtp.ehlo.domain"] == ["smtp.gmail.com"]
    assert len(frames('smtp.req.command == "STARTTLS"')) == 1
    assert len(frames('smtp.req.command == "ehlo"')) == 1
    assert len(frames('smtp.tls && smtp.req.verb == "MAIL"')) == 1
    assert len(frames("imf")) == 1
    handed, = frames("smtp.response.code == 220 && smtp.request_in")
    assert len(frames(f"frame.number > {handed['frame.number'][0]} && tls.handshake.type == 1")) == 1
    assert not frames(f"frame.number > {handed['frame.number'][0]} && smtp && !tls")
    assert not frames("tcp.payload && !smtp && !tls && !tcp.reassembled_in"), "octets shown as plain TCP data"
    inside = frames("smtp && tls", "smtp.tls", "smtp.starttls_in")
    assert len(inside) > 10
    for row in inside:
        assert row["smtp.tls"] == ["1"] and row["smtp.starttls_in"] == handed["frame.number"]


def test_gmail_ehlo_reply_reads_as_promised(tshark, gmail):
    text = tshark.verbose(gmail, filter="smtp.ehlo.keyword && !smtp.tls")
    for line in ("        EHLO host: smtp.gmail.com\n", "        Extension: SIZE 35882577\n", "            Keyword: SIZE\n",
                 "            Parameter: 35882577\n", "            Maximum message size: 35882577 octets (34.2 MiB)\n",
                 "            [Reference: RFC 1870]\n"):
        assert line in text
    assert "[Explanation of SIZE: The largest message" in text


@pytest.mark.parametrize("name", ["gmail-starttls.pcapng", "outlook-helo.pcap"])
def test_smtp_lists_the_same_frames_with_and_without_the_plugin(tshark, builtin, captures, name):
    def frames(which):
        return [row["frame.number"] for row in which.fields(captures / name, ["frame.number"], filter="smtp")]

    assert frames(tshark) == frames(builtin)


@pytest.mark.parametrize("name", ["gmail-starttls.pcapng", "outlook-helo.pcap"])
def test_every_way_of_reading_agrees(tshark, captures, name):
    capture = captures / name
    known_later = {"smtp.response_in", "smtp.refusal", "smtp.ehlo.unused", "smtp.mail.status", "smtp.rcpt.status", "smtp.rcpt.status.class",
                   "smtp.data.reassembled.in", "smtp.not_captured", "smtp.auth.ended_in"}
    one, two = (
        [[(item.name, item.value) for layer in frame.layers for item in layer.walk() if item.name not in known_later | SUMMARY]
         for frame in tshark.tree(capture, two_pass=passes, tshark=True)]
        for passes in (False, True)
    )
    assert one == two
    # Without a tree, with one that nobody sees, with one that is printed: the same packet list.
    def packets(**options):
        return [line for line in tshark.summary(capture, **options) if " SMTP" in line]

    assert packets()
    assert packets() == packets(two_pass=True) == packets(filter="frame")
    codes = sum(len(row["smtp.response.code"]) for row in tshark.fields(capture, ["smtp.response.code"], filter="smtp.response.code"))
    counted = tshark.run(capture, "-q", "-z", "io,stat,0,smtp.response.code,COUNT(smtp.response.code)smtp.response.code")
    row, = (line for line in counted.splitlines() if "<>" in line)
    assert int(row.split("|")[4]) == codes


@pytest.mark.parametrize("name", ["auth-clear.pcapng", "aiosmtpd-421-body.pcapng", "aiosmtpd-greylisting.pcapng"])
def test_expert_infos_are_the_same_whoever_asks(tshark, captures, name):
    """By a filter nobody sees a tree, by a column there may be none: what is wrong must be found all the same."""
    capture = captures / name
    seen = {frame.number for frame in tshark.tree(capture) if frame.all("_ws.expert")}
    assert seen
    for filter in ("_ws.expert.group", "_ws.expert.message", '_ws.expert.severity >= "Chat"'):
        assert {int(line.split()[0]) for line in tshark.summary(capture, filter=f"smtp && {filter}")} >= seen
    columns = 'gui.column.format:"No.","%m","Expert","%a","Protocol","%p"'
    packets = [line.split() for line in tshark.summary(capture, "-o", columns)]
    assert {int(words[0]) for words in packets if words[1] in ("Chat", "Note", "Warning", "Error")} >= seen


@pytest.mark.parametrize("way", [["-V"], ["-V", "-2"], ["-T", "json"], ["-T", "json", "-2"], ["-T", "pdml"], ["-T", "ek"], [],
                                 ["-T", "psml"], ["-q", "-z", "expert"], ["-q", "-z", "io,phs", "-z", "credentials"],
                                 ["-T", "fields", "-e", "frame.protocols", "-e", "smtp.req.command", "-e", "smtp.rsp.parameter"]],
                         ids=" ".join)
def test_switched_off_it_is_the_built_in_dissector(tshark, builtin, recorded, way):
    """All captures of the repository, to the byte."""
    def output(which, *more):
        text = which.run(recorded.path, *way, *more)
        return re.sub(r' (?:creator|time)="[^"]*"', "", text)

    same_text(output(tshark, "--disable-protocol", "esmtp"), output(builtin))


MALFORMED = {
    "no code": b"hello there\r\n",
    "two digits": b"25 ok\r\n",
    "NUL": b"250 a\0b\r\n",
    "8-bit": b"250 \xe9\xff\xfe\r\n",
    "empty line": b"\r\n",
    "bare LF": b"250 ok\n",
    "bare CR": b"250 a\rb\r\n",
    "only a CR": b"\r\r\n",
    "100 kB without line end": b"250 " + b"x" * 100000,
    "100 kB": b"250 " + b"x" * 100000 + b"\r\n",
}


@pytest.mark.parametrize("who", ["C", "S"])
def test_malformed_lines_are_shown_as_what_they_are(tshark, who):
    from dialogue import C, Capture, S
    say = {"C": C, "S": S}[who]
    capture = Capture()
    for octets in MALFORMED.values():
        capture.add([S("220 mx ESMTP\r\n"), C("NOOP\r\n"), say(octets), C("QUIT\r\n"), S("221 bye\r\n")])
        capture.add([S("220 mx ESMTP\r\n"), C("NOOP\r\n"), say(octets), C("QUIT\r\n"), S("221 bye\r\n")], snaplen=70)
    for two_pass in (False, True):
        seen = {}
        for frame in tshark.tree(capture, two_pass=two_pass):
            seen.setdefault(frame.stream, []).extend(frame.layers)
        for stream in range(0, len(capture.streams), 2):
            text = "".join(layer.text() for layer in seen[stream])
            assert "220 mx ESMTP" in text and "[Malformed" not in text
    marks = {stream: [item.name for layer in layers for item in layer.walk() if item.name.startswith("smtp.expert.")]
             for stream, layers in seen.items()}
    for number, label in enumerate(MALFORMED):
        if label not in ("8-bit", "100 kB") and not (who == "C" and label in ("no code", "two digits")):
            assert marks[2 * number], label
