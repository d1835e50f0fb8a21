"""The capture maker itself: tshark must find nothing to complain about in what it writes."""

import re

import pytest

import faults
from dialogue import (C, S, Capture, Stream, cut_everywhere, random_cuts, said, script,
                      segments_of, single_octets)

MAIL = script("""
    S: 220 mx.example ESMTP
    C: EHLO client.example
    S: 250-mx.example
    S: 250 PIPELINING
    C: MAIL FROM:<a@client.example>
    C: RCPT TO:<b@mx.example>
    C: DATA
    S: 250 sender ok
    S: 250 recipient ok
    S: 354 go ahead
    C: Subject: x
    C:
    C: hello
    C: .
    S: 250 queued
    C: QUIT
    S: 221 bye
""")
STRICT = ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE"]


def payload(tshark, capture, stream, who, **options):
    """The octets of one side that TCP hands on, segment by segment as they arrive."""
    port = "tcp.srcport" if who == "C" else "tcp.dstport"
    rows = tshark.fields(capture, ["tcp.payload"], filter=f"tcp.stream == {stream} && tcp.len > 0"
                         f" && {port} >= 10000", **options)
    return [bytes.fromhex(row["tcp.payload"][0].replace(":", "")) for row in rows]


def followed(tshark, capture):
    """Follow TCP Stream, of each: all octets of the client, then all of the server."""
    wanted = [word for stream in range(len(capture.streams)) for word in ("-z", f"follow,tcp,raw,{stream}")]
    found = {}
    for text in tshark.run(capture, "-q", *wanted).split("Follow: ")[1:]:
        stream = int(re.search(r"tcp\.stream eq (\d+)", text)[1])
        first, lines = re.search(r"Node 0: .*:(\d+)\n.*\n((?:\t?[0-9a-f]+\n)*)", text).groups()
        sides = ["", ""]
        for line in lines.splitlines():
            sides[line.startswith("\t")] += line.strip()
        if int(first) != capture.streams[stream].client_port:
            sides.reverse()
        found[stream] = tuple(bytes.fromhex(side) for side in sides)
    return [found[stream] for stream in range(len(capture.streams))]


def everything():
    capture = Capture()
    capture.add(MAIL)
    capture.add(MAIL, server="2001:db8::25", port=587)
    capture.add(single_octets(MAIL))
    capture.add(MAIL, mss=7, acks=True)
    capture.add(MAIL, handshake=False, end=None)
    capture.add(MAIL, end="rst")
    capture.add(MAIL, isn=(0xFFFFFFF0, 0xFFFFFF00))
    capture.add_all(random_cuts(MAIL, seed=1, variants=5))
    return capture


@pytest.mark.parametrize("interleave", [False, True])
@pytest.mark.parametrize("name", ["x.pcap", "x.pcapng"])
def test_tshark_has_no_complaints(builtin, tmp_path, interleave, name):
    capture = everything()
    capture.interleave = interleave
    path = capture.save(tmp_path / name)
    odd = "_ws.malformed || tcp.analysis.flags"
    assert builtin.summary(path, filter=odd, prefs=STRICT) == []
    assert len(builtin.summary(path)) == len(list(capture.frames()))


def test_checksums_are_those_that_tshark_expects(builtin):
    rows = builtin.fields(everything(), ["tcp.checksum.status", "ip.checksum.status"], prefs=STRICT)
    assert {row["tcp.checksum.status"][0] for row in rows} == {"1"}
    assert {row["ip.checksum.status"][0] for row in rows if row["ip.checksum.status"]} == {"1"}


def test_follow_stream_gives_back_what_was_said(builtin):
    capture = everything()
    for stream, sides in enumerate(followed(builtin, capture)):
        assert sides == (said(MAIL, "C"), said(MAIL, "S")), stream


def test_streams_are_numbered_as_added(builtin):
    capture = Capture(interleave=True)
    for n in range(20):
        assert capture.add([S("220 x\r\n"), C(f"NOOP {n}\r\n")]) == n
    for stream, rows in builtin.by_stream(capture, ["smtp.req.parameter"], filter="smtp.req").items():
        assert rows == [{"smtp.req.parameter": [str(stream)]}]


def test_script_joins_lines_of_one_side():
    steps = script("""
        S: 220 x
        C: NOOP
        C: NOOP  two
        --
        C: QUIT
        C:
    """)
    assert [(step.who, step.data) for step in steps] == [
        ("S", b"220 x\r\n"),
        ("C", b"NOOP\r\nNOOP  two\r\n"),
        ("C", b"QUIT\r\n\r\n"),
    ]


def test_script_refuses_other_lines():
    with pytest.raises(ValueError):
        script("X: what")


def test_variants_say_the_same():
    variants = [*cut_everywhere(MAIL), single_octets(MAIL), segments_of(MAIL, 17),
                *random_cuts(MAIL, seed=7, variants=10)]
    assert len(list(cut_everywhere(MAIL))) == sum(len(step.data) - 1 for step in MAIL)
    for variant in variants:
        for who in "CS":
            pieces = [piece for step in variant if step.who == who
                      for _, piece in step.pieces(1460)]
            assert b"".join(pieces) == said(MAIL, who)
    assert [list(random_cuts(MAIL, 3))] == [list(random_cuts(MAIL, 3))]
    assert list(random_cuts(MAIL, 3)) != list(random_cuts(MAIL, 4))


def test_cut_makes_segments(builtin):
    capture = Capture()
    capture.add([C("EHLO client\r\n", cut=[2, 5])])
    assert payload(builtin, capture, 0, "C") == [b"EH", b"LO ", b"client\r\n"]


def test_a_dropped_piece_is_a_gap(builtin):
    capture = Capture()
    capture.add([C("EHLO client\r\n", cut=[2, 5], drop=1), S("250 x\r\n")])
    assert payload(builtin, capture, 0, "C") == [b"EH", b"client\r\n"]
    lost = builtin.summary(capture, filter="tcp.analysis.lost_segment")
    assert len(lost) == 1
    # The server has it all the same, and says so.
    assert builtin.fields(capture, ["tcp.ack"], filter="tcp.srcport == 25 && tcp.len > 0") == [
        {"tcp.ack": ["14"]}
    ]


def test_a_repeated_piece_is_a_retransmission(builtin):
    capture = Capture()
    capture.add([C("EHLO a\r\n", cut=[2], again=[0]), S("250 x\r\n")])
    capture.add([C("EHLO a\r\n", cut=[2], again={0: 1}), S("250 x\r\n")])
    assert payload(builtin, capture, 0, "C") == [b"EH", b"EH", b"LO a\r\n"]
    assert payload(builtin, capture, 1, "C") == [b"EH", b"LO a\r\n", b"EH"]
    again = "tcp.analysis.retransmission || tcp.analysis.out_of_order"
    assert len(builtin.summary(capture, filter=again)) == 2


def test_a_late_piece_is_out_of_order(builtin):
    capture = Capture()
    capture.add([C("EHLO a\r\n", cut=[2, 4], late={0: 2}), S("250 x\r\n")])
    assert payload(builtin, capture, 0, "C") == [b"LO", b" a\r\n", b"EH"]
    assert followed(builtin, capture)[0] == (b"EHLO a\r\n", b"250 x\r\n")


def test_an_overlap_repeats_what_stood_before(builtin):
    capture = Capture()
    capture.add([C("NOOP\r\n"), C("EHLO a\r\n", cut=[4], overlap={0: 3, 1: 2}), S("250 x\r\n")])
    assert payload(builtin, capture, 0, "C") == [b"NOOP\r\n", b"P\r\nEHLO", b"LO a\r\n"]
    assert followed(builtin, capture)[0] == (b"NOOP\r\nEHLO a\r\n", b"250 x\r\n")


def test_one_direction_a_late_start_and_truncation(builtin):
    capture = Capture()
    capture.add(MAIL, only="S")
    capture.add(MAIL, skip=2)
    capture.add(MAIL, snaplen=60)
    rows = builtin.by_stream(capture, ["tcp.srcport", "tcp.flags.syn", "tcp.len", "frame.cap_len",
                                       "frame.len"])
    assert {row["tcp.srcport"][0] for row in rows[0]} == {"25"}
    assert "1" not in {row["tcp.flags.syn"][0] for row in rows[1]}
    assert rows[1][0]["tcp.len"] == [str(len(MAIL[2].data))]
    assert {int(row["frame.cap_len"][0]) for row in rows[2]} <= set(range(54, 61))
    assert any(int(row["frame.len"][0]) > 60 for row in rows[2])


def test_times(builtin):
    capture = Capture(start=1000.5, step=0.25)
    capture.add([S("220 x\r\n", wait=3), C("QUIT\r\n")], handshake=False, end=None)
    rows = builtin.fields(capture, ["frame.time_epoch"])
    assert [float(row["frame.time_epoch"][0]) for row in rows] == [1003.5, 1003.75]


def test_every_option_of_a_connection_is_described():
    for name in Stream.__dataclass_fields__:
        assert name == "dialogue" or name in Capture.add.__doc__, name


# --- dialogues kept as text (lib/faults.py) ---------------------------------------------------


def test_a_dialogue_from_a_file():
    first, second, third = faults.parse(r"""# a comment
@port 587
S: 220 mx
C: EHLO \xe4\0\t\\c
C+ NOOP\c
C+
C:
C:  two
@new 2525 25
@nosyn
S: a\r\n.\c
S+ b
@new
C: é #1
""")
    assert first.options == {"port": 587}
    assert first.steps == [S("220 mx\r\n"), C(b"EHLO \xe4\0\t\\c\r\nNOOP\r\n"), C("\r\n"), C(" two\r\n")]
    assert second.options == {"port": 2525, "client_port": 25, "handshake": False}
    assert second.steps == [S("a\r\n.b\r\n")]
    assert third.options == {} and third.steps == [C("é #1\r\n")]


@pytest.mark.parametrize("text", [
    "X: a", "C a", "C:a", "S+ a", "C: a\nS+ b", "C: \\q", "C: \\x4", "C: a\\cb", "C: a\\", "C: a\n@port 25",
    "C: a\n@nosyn", "@new a\nC: a", "@new 1 2 3\nC: a", "@old\nC: a", "C: a\n@new", "# nobody",
])
def test_a_file_that_is_none(text):
    with pytest.raises(ValueError):
        faults.parse(text)


def test_files_are_found_by_the_beginning_of_their_names():
    assert faults.read("r47") == faults.read("r47-http-connect-roles")
    assert [len(connection.steps) for connection in faults.read("r01")] == [6, 14, 6]
    with pytest.raises(FileNotFoundError):
        faults.read("r0")
    streams = faults.capture("r49", "r01", snaplen=96, port=26).streams
    assert [(stream.port, stream.snaplen) for stream in streams] == [(10587, 96)] + [(26, 96)] * 3
