"""The runner: what it returns, and what it refuses to pass over. Mostly with the built-in dissector."""

import hashlib
from dataclasses import replace

import pytest

from dialogue import C, Capture, S, script
from recorded import CAPTURES
from sharkd import HIDDEN
from tls import secure
from tshark import SMALL, TsharkFailed

MAIL = script("""
    S: 220 mx.example ESMTP
    C: EHLO client.example
    S: 250-mx.example
    S: 250 SIZE 1000
    C: MAIL FROM:<a@a>
    S: 250 ok
    C: RCPT TO:<b@b>
    S: 250 ok
    C: DATA
    S: 354 go
    C: Subject: x
    C:
    C: hello
    C: .
    S: 250 queued
""")
MESSAGE = b"Subject: x\r\n\r\nhello\r\n"


@pytest.fixture(scope="module")
def capture():
    capture = Capture(interleave=True)
    capture.add(MAIL)
    capture.add([S("220 x\r\n"), C("HELO y\r\n"), S("250 \"z\"\t<&>\r\n")])
    return capture


def test_fields_are_lists(builtin, capture):
    names = ["smtp.req.command", "smtp.rsp.parameter", "smtp.rsp"]
    rows = builtin.fields(capture, names, filter="smtp && tcp.stream == 0")
    assert rows[1] == {"smtp.req.command": ["EHLO"], "smtp.rsp.parameter": [], "smtp.rsp": []}
    assert rows[2] == {"smtp.req.command": [], "smtp.rsp.parameter": ["mx.example", "SIZE 1000"],
                       "smtp.rsp": ["1"]}


def test_by_stream(builtin, capture):
    rows = builtin.by_stream(capture, ["smtp.req.command"], filter="smtp.req.command")
    verbs = {stream: [row["smtp.req.command"][0] for row in rows[stream]] for stream in rows}
    assert verbs == {0: ["EHLO", "MAIL", "RCPT", "DATA"], 1: ["HELO"]}


def test_facts_keep_order_and_octets(builtin, capture):
    names = ["smtp.req.command", "smtp.response.code", "smtp.rsp.parameter"]
    for two_pass in (False, True):
        facts = builtin.facts(capture, names, two_pass=two_pass)
        assert facts[1] == [
            ("smtp.response.code", "220"), ("smtp.rsp.parameter", "x"),
            ("smtp.req.command", "HELO"),
            ("smtp.response.code", "250"), ("smtp.rsp.parameter", '"z"\t<&>'),
        ]
        assert [value for name, value in facts[0] if name == "smtp.req.command"] == [
            "EHLO", "MAIL", "RCPT", "DATA"
        ]


def test_lists(builtin, capture):
    assert builtin.lists(capture, ["smtp.response.code", "smtp.req.command"])[1] == {
        "smtp.response.code": ["220", "250"], "smtp.req.command": ["HELO"]
    }


def test_facts_of_several_layers_in_one_frame(builtin):
    steps, keys = secure([C("NOOP 1\r\nNOOP 2\r\n", cut=[8])])
    capture = Capture(secrets=keys)
    capture.add(steps, port=465)
    assert builtin.facts(capture, ["smtp.req.parameter"])[0] == [
        ("smtp.req.parameter", "1"), ("smtp.req.parameter", "2")
    ]
    frame, = builtin.tree(capture)
    assert len(frame.layers) == 2
    assert frame.values("smtp.req.parameter") == ["1", "2"]


def test_tree(builtin, capture):
    frames = builtin.tree(capture, filter="smtp.response.code == 250", tshark=True)
    assert [frame.stream for frame in frames] == [0, 1, 0, 0, 0]
    ehlo, helo = frames[:2]
    assert ehlo.text() == (
        "Simple Mail Transfer Protocol\n"
        "    Response: 250-mx.example\\r\\n\n"
        "        Response code: Requested mail action okay, completed (250)\n"
        "        Response parameter: mx.example\n"
        "        Response parameter: SIZE 1000\n"
    )
    response = ehlo.layers[0].find("smtp.response")
    assert response.value == "250-mx.example\r\n"
    assert response.raw == b"250-mx.example\r\n"
    assert response.values("smtp.rsp.parameter") == ["mx.example", "SIZE 1000"]
    hidden, = ehlo.all("smtp.rsp")
    assert hidden.hidden and hidden.value == "1"
    assert helo.values("smtp.rsp.parameter") == ['"z"\t<&>']


def without_hidden(item):
    """The item as sharkd has it: no hidden ones, and of the severity and group of an expert info only the words."""
    value = "" if item.name in ("_ws.expert.severity", "_ws.expert.group") else item.value
    return replace(item, value=value, children=[without_hidden(child) for child in item.children if not child.hidden])


@pytest.mark.parametrize("path", [path for path in CAPTURES if path.stat().st_size <= SMALL][::6], ids=lambda path: path.stem)
def test_sharkd_shows_what_tshark_shows(tshark, path):
    """Frames, trees with each value and its octets, fields, messages, filters."""
    names = [name for name in tshark.types if name.startswith("smtp.") and name not in HIDDEN]
    columns = [*filter(tshark.in_sharkd, names), "frame.protocols", "tcp.stream", "tcp.len"]
    assert len(columns) > 200 and tshark.shown(path, columns, []), "sharkd is not asked"
    for ours, theirs in zip(tshark.tree(path), tshark.tree(path, two_pass=True, tshark=True), strict=True):
        assert (ours.number, ours.stream) == (theirs.number, theirs.stream)
        assert [without_hidden(item) for item in ours.layers] == [without_hidden(item) for item in theirs.layers]
    # What any -X is given makes it tshark's answer.
    real = ["-X", "none:"]
    for ours, theirs in zip(tshark.fields(path, columns), tshark.fields(path, columns, *real, two_pass=True), strict=True):
        for name in columns:
            assert len(ours[name]) == len(theirs[name]), name
            assert ours[name] == theirs[name] or "FT_NONE" in tshark.types[name], name
    assert tshark.messages(path) == tshark.messages(path, *real, two_pass=True)
    assert tshark.passing(path, "smtp.rsp") == [int(row["frame.number"][0]) for row in tshark.fields(
        path, ["frame.number"], *real, two_pass=True, filter="smtp.rsp")]


def test_sharkd_forgets_preferences(builtin, capture):
    def lines(**options):
        return builtin.tree(capture, **options)[-1].text()

    before = lines()
    assert lines(prefs=["smtp.desegment_lines:FALSE", "tcp.relative_sequence_numbers:FALSE"])
    assert before == lines()
    numbers = [builtin.tree(capture, filter="frame", protocol="tcp", prefs=prefs)[-1].values("tcp.seq")
               for prefs in ([], ["tcp.relative_sequence_numbers:FALSE"], [])]
    assert numbers[0] == numbers[2] != numbers[1]


def test_sharkd_that_ended_is_started_again(builtin, capture):
    assert builtin.passing(capture, "smtp")
    builtin.sharkd.process.kill()
    with pytest.raises(TsharkFailed):
        builtin.tree(capture, filter="smtp.req.command")
    assert builtin.tree(capture)


def test_verbose_shows_only_the_protocols_named(builtin, capture):
    text = builtin.verbose(capture, filter="smtp.req.command == \"EHLO\"")
    assert "    Command Line: EHLO client.example\\r\\n" in text
    assert "Source Port:" not in text


def test_messages_and_exports(builtin, capture):
    for two_pass in (False, True):
        assert builtin.messages(capture, two_pass=two_pass) == {0: [MESSAGE]}
    assert builtin.digests(capture) == {0: [hashlib.sha256(MESSAGE).hexdigest()]}
    assert list(builtin.export(capture).values()) == [MESSAGE]


def test_a_capture_may_grow_between_runs(builtin):
    capture = Capture()
    for count in (1, 2):
        capture.add(MAIL)
        assert len(builtin.facts(capture, ["smtp.req.command"])) == count


def test_nothing_there_is_an_empty_answer(builtin, capture):
    assert builtin.fields(capture, ["frame.number"], filter="dns") == []
    assert builtin.facts(capture, ["smtp.req.command"], filter="dns") == {}
    assert builtin.tree(capture, filter="dns") == []


def test_errors_and_complaints_are_failures(builtin, capture, tmp_path):
    with pytest.raises(TsharkFailed):
        builtin.run(tmp_path / "none.pcap")
    with pytest.raises(TsharkFailed):
        builtin.fields(capture, ["no.such.field"])
    # Half a packet: tshark reads what is there, and says so.
    whole = builtin.path(capture).read_bytes()
    (tmp_path / "half.pcap").write_bytes(whole[:-10])
    with pytest.raises(TsharkFailed):
        builtin.run(tmp_path / "half.pcap")


def test_frames_visited_in_any_order(builtin, capture, tmp_path):
    later, first, again = builtin.visit(capture, [8, 7, 8])
    assert later == again != first
    assert first.startswith("S: 220 mx.example ESMTP\nSimple Mail Transfer Protocol\n    Response:")
    with pytest.raises(TsharkFailed):
        builtin.visit(tmp_path / "none.pcap", [1])
