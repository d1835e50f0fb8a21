"""Messages: their octets, pieces and ends; what is handed to IMF; what is said of those that are not whole.

Their export is in test_export.py. What SMTP makes of the replies to them is tested elsewhere.
"""

import hashlib
import re
from collections import Counter

import pytest

from dialogue import C, Capture, S, random_cuts, script, segments_of, single_octets
from mails import GREETING, QUIT, bdat, chunk, data, envelope, session, stuffed
from tls import secure

PASSES = [False, True]
HEAD = b"From: <a@a.example>\r\nSubject: s\r\n\r\n"

# What the tests of the octets send by DATA and by BDAT.
MESSAGES = {
    "plain": HEAD + b"hello\r\nworld\r\n",
    "no header": b"hello\r\n",
    "no subject": b"From: <a@a.example>\r\n\r\nhello\r\n",
    "empty": b"",
    "one empty line": b"\r\n",
    "only dots": b".\r\n..\r\n...\r\n.\r\n",
    "one dot": b".\r\n",
    "dots in every place": b".Subject: .s\r\nX: .\r\n\r\n.\r\n..a\r\n.a.\r\na.\r\n\r\n.\r\n\r\n..\r\n",
    "8 bit": HEAD + "grüße, 你好\r\n.grüße\r\n".encode(),
    "every octet": HEAD + bytes(n for n in range(256) if n not in (0, 10, 13)) + b"\r\n",
    "NUL": HEAD + b"a\0b\0\0\r\n",
    "bare CR and LF": HEAD + b"a\rb\nc\r\rd\n\ne\r\n",
    "long line": HEAD + b"x" * 3000 + b"\r\n",
    "blanks at the ends": HEAD + b" a \t\r\n\t\r\n  \r\n",
}
# And what only BDAT can send.
BINARY = {
    "end mark inside": HEAD + b"a\r\n.\r\nMAIL FROM:<x@x>\r\n.\r\n",
    "NULs": HEAD.replace(b"\r\n\r\n", b"\r\nContent-Type: application/octet-stream\r\n\r\n") + bytes(300),
    "no line end": HEAD + b"no line end",
    "begins with a dot": b".\r\n",
    "every octet": HEAD + bytes(range(256)) * 2,
    "looks like a reply": b"250 2.0.0 Ok\r\n354 go\r\n",
}


def digest(octets):
    return hashlib.sha256(octets).hexdigest()


def variants(dialogue, seed):
    """Ways in which TCP may cut a dialogue."""
    yield dialogue
    yield single_octets(dialogue)
    for size in (2, 3, 5, 17):
        yield segments_of(dialogue, size)
    yield from random_cuts(dialogue, seed, variants=4)


# --- 1. Exact octets --------------------------------------------------------------------------


def filled(digests):
    """Without the messages of no octets."""
    some = {stream: [d for d in each if d != digest(b"")] for stream, each in digests.items()}
    return {stream: each for stream, each in some.items() if each}


def check_octets(tshark, capture, wanted):
    """wanted: {stream: [message, ...]}. Through IMF's layer, IMF's export and ours; one pass and two."""
    digests = {stream: [digest(message) for message in messages] for stream, messages in wanted.items()}
    every = Counter(d for each in digests.values() for d in each)
    for two_pass in PASSES:
        # Each by itself: IMF's layers with a tree and nobody who exports, exports without a tree.
        layers, exports = tshark.digests(capture, two_pass=two_pass), tshark.exports(capture, two_pass=two_pass)
        # A layer of no octets leaves no bytes in the output of tshark; sharkd shows it.
        assert filled(layers) == filled(digests)
        # IMF's export makes up to a thousand names of one subject.
        assert Counter(map(digest, exports["imf"].values())) == every
        ours = {}
        for name, octets in exports["smtp"].items():
            stream = int(re.match(r"tcp(\d+)-", name).group(1))
            ours.setdefault(stream, []).append(digest(octets))
        assert {s: sorted(d) for s, d in ours.items()} == {s: sorted(d) for s, d in digests.items()}


@pytest.mark.parametrize("way", ["DATA", "BDAT"])
def test_octets_for_many_cuts(tshark, way):
    capture, wanted = Capture(), {}
    messages = MESSAGES if way == "DATA" else MESSAGES | BINARY
    for seed, message in enumerate(messages.values()):
        mail = data(message) if way == "DATA" else bdat([message])
        for variant in variants(session(mail), seed):
            wanted[capture.add(variant)] = [message]
    check_octets(tshark, capture, wanted)


def test_octets_cut_at_each_place(tshark):
    capture, wanted = Capture(), {}
    for name in ("dots in every place", "only dots", "empty", "8 bit"):
        body = stuffed(MESSAGES[name]) + b"QUIT\r\n"
        steps = session(data(MESSAGES[name]))
        at = next(n for n, step in enumerate(steps) if step.data == stuffed(MESSAGES[name]))
        for place in range(1, len(body)):
            dialogue = [*steps[:at], C(body, [place]), S("250 ok\r\n221 bye\r\n")]
            wanted[capture.add(dialogue)] = [MESSAGES[name]]
    check_octets(tshark, capture, wanted)


def test_octets_of_two_mails_cut_at_each_place(tshark):
    """P7 and its kin: the second mail is pipelined after the end of the first."""
    first, second = HEAD + b"one\r\n.\r\n", HEAD + b"two\r\n"
    batch = (stuffed(first) + b"MAIL FROM:<c@c>\r\nRCPT TO:<d@d>\r\nDATA\r\n")
    capture, wanted = Capture(), {}
    for place in range(len(batch)):
        steps = [*GREETING, *envelope(), C("DATA\r\n"), S("354 go\r\n"), C(batch, [place]),
                 S("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"), C(stuffed(second)), S("250 ok\r\n")]
        wanted[capture.add(steps)] = [first, second]
    check_octets(tshark, capture, wanted)


def test_chunks_of_any_length(tshark):
    message = HEAD + b".a\r\n.\r\n\0\r\n..\r\n"
    capture, wanted = Capture(), {}
    for place in range(len(message) + 1):
        two = [message[:place], message[place:]]
        wanted[capture.add(session(bdat(two)))] = [message]
        wanted[capture.add(segments_of(session(bdat([*two, b""])), 7))] = [message]
    wanted[capture.add(session(bdat([bytes([octet]) for octet in message])))] = [message]
    wanted[capture.add(session(bdat([b"", message, b"", b""])))] = [message]
    check_octets(tshark, capture, wanted)


def test_zero_length_last(tshark):
    capture = Capture()
    capture.add(session(bdat([HEAD, b""])))
    capture.add(session(bdat([b""])))
    check_octets(tshark, capture, {0: [HEAD], 1: [b""]})
    frames = tshark.tree(capture, filter="smtp.data.total")
    assert [frame.values("smtp.data.total") for frame in frames] == [[str(len(HEAD))], ["0"]]
    assert [frame.values("smtp.req.parameter") for frame in frames] == [["0 LAST"], ["0 LAST"]]


def test_octets_inside_tls(tshark):
    messages = [MESSAGES["dots in every place"], MESSAGES["8 bit"], BINARY["NULs"]]
    dialogue = session(data(messages[0], 1, cut=[3, 30]), data(messages[1], 2), bdat([messages[2]], 3))
    capture, wanted = Capture(), {}
    for variant in (dialogue, segments_of(dialogue, 20)):
        steps, keys = secure(variant)
        wanted[capture.add(steps, port=465)] = messages
        capture.secrets += keys
    check_octets(tshark, capture, wanted)


@pytest.mark.parametrize("shape", ["lines", "attachment"])
def test_forty_megabytes(tshark, shape, tmp_path):
    if shape == "lines":
        message = HEAD + (b".%s\r\n" % (b"x" * 997)) * 40000
    else:
        head = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" \
               b"Content-Type: application/octet-stream; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        message = head + (b"ABCD" * 19 + b"\r\n") * 512820 + b"--b--\r\n"
    assert len(message) > 39.9e6
    capture = Capture()
    capture.add(session(data(message)), mss=60000)
    for kind in ("imf", "smtp"):
        octets, = tshark.export(capture, kind=kind).values()
        assert digest(octets) == digest(message)


def test_retransmission_and_overlap(tshark):
    message = HEAD + b"0123456789\r\n" * 20
    capture, wanted = Capture(), {}
    for how in ({"again": True}, {"again": [1]}, {"overlap": {1: 5, 2: 9}}, {"again": {1: 2}}):
        steps = session(data(message, cut=[50, 100, 150], **how))
        prefs = ["tcp.reassemble_out_of_order:TRUE"] if "overlap" in how else []
        one = Capture()
        one.add(steps)
        assert tshark.messages(one, prefs=prefs) == {0: [message]}, how
        if not prefs:
            wanted[capture.add(steps)] = [message]
    check_octets(tshark, capture, wanted)


def test_out_of_order(tshark):
    capture, message = Capture(), HEAD + b"0123456789\r\n" * 20
    capture.add(session(data(message, cut=[50, 100, 150], late=[1])))
    prefs = ["tcp.reassemble_out_of_order:TRUE"]
    for two_pass in PASSES:
        assert tshark.messages(capture, prefs=prefs, two_pass=two_pass) == {0: [message]}


# --- 2. Any number ----------------------------------------------------------------------------


def test_many_in_one_connection_by_both_ways(tshark):
    """P9: BDAT and DATA in turn, no RSET between."""
    messages = [HEAD + b"%d\r\n.\r\n" % n for n in range(40)]
    mails = [data(m, n) if n % 2 else bdat([m[:10], m[10:]], n) for n, m in enumerate(messages)]
    capture = Capture()
    capture.add(session(*mails))
    capture.add(segments_of(session(*mails), 11))
    check_octets(tshark, capture, {0: messages, 1: messages})


def test_many_in_one_frame(tshark):
    messages = [b"Subject: %d\r\n\r\n%d\r\n" % (n, n) for n in range(30)]
    batch = b"".join(b"MAIL FROM:<a%d@a>\r\nRCPT TO:<b@b>\r\n" % n + chunk(m, True) for n, m in enumerate(messages))
    capture = Capture()
    capture.add([*GREETING, C(batch), S("250 ok\r\n" * 90), *QUIT], mss=60000)
    check_octets(tshark, capture, {0: messages})
    frame, = tshark.tree(capture, filter="imf", protocol="smtp")
    assert frame.values("smtp.data.total") == [str(len(m)) for m in messages]
    row, = tshark.fields(capture, ["imf.subject"], filter="imf")
    assert row["imf.subject"] == [str(n) for n in range(30)]


def test_more_in_one_frame_than_layers(tshark):
    """Wireshark takes 500 layers in a packet for a bug; each message is one."""
    batch = b"MAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nBDAT 3 LAST\r\na\r\n" * 1100
    capture = Capture()
    capture.add([*GREETING, C(batch), S("250 ok\r\n" * 3300), *QUIT], mss=60000)
    rows = tshark.fields(capture, ["smtp.data.total", "smtp.message"], filter="smtp.data.total")
    assert sum(len(row["smtp.data.total"]) for row in rows) == 1100
    assert sum(len(row["smtp.message"]) for row in rows) > 500
    assert list(tshark.export(capture, kind="smtp").values()) == [b"a\r\n"] * 1100


def test_interleaved_connections(tshark):
    capture, wanted = Capture(interleave=True), {}
    for n in range(12):
        messages = [HEAD + b"connection %d mail %d\r\n.\r\n" % (n, k) for k in range(3)]
        mails = [data(m, k, cut=[n + 1, 40]) if (n + k) % 2 else bdat([m], k) for k, m in enumerate(messages)]
        wanted[capture.add(session(*mails))] = messages
    check_octets(tshark, capture, wanted)


def refused_chunk():
    """P10: a chunk is refused, the client begins anew."""
    return [*envelope(1), C(chunk(HEAD + b"lost\r\n")), S("503 5.5.1 no\r\n"),
            *bdat([HEAD, b"right\r\n"], 2)]


def reset_chunk():
    return [*envelope(1), C(chunk(HEAD + b"lost\r\n")), S("250 ok\r\n"), C("RSET\r\n"), S("250 ok\r\n"),
            *bdat([HEAD + b"right\r\n"], 2)]


def new_mail_over_chunk():
    """Not what RFC 3030 wants, but the server decides: the second MAIL is accepted."""
    return [*envelope(1), C(chunk(HEAD + b"lost\r\n")), S("250 ok\r\n"), *bdat([HEAD + b"right\r\n"], 2)]


@pytest.mark.parametrize("mail, why", [
    (refused_chunk, "the server refused a part of it"), (reset_chunk, "the client aborted it"),
    (new_mail_over_chunk, "the client aborted it"),
])
def test_given_up_in_the_middle(tshark, mail, why):
    capture, wanted = Capture(), {}
    right = HEAD + b"right\r\n"
    for variant in (session(mail()), single_octets(session(mail())), *random_cuts(session(mail()), 3, variants=3)):
        wanted[capture.add(variant)] = [right]
    check_octets(tshark, capture, wanted)
    assert tshark.fields(capture, ["smtp.data.incomplete"], filter="smtp.data.incomplete", two_pass=False) == []
    later = tshark.by_stream(capture, ["smtp.data.incomplete", "smtp.message"], filter="smtp.data.incomplete",
                             two_pass=True)
    assert later.keys() == wanted.keys()
    for rows in later.values():
        assert rows == [{"smtp.data.incomplete": [why], "smtp.message": [
            "From: <a@a.example>\r\n", "Subject: s\r\n", "\r\n", "lost\r\n"]}]


def test_closed_in_the_middle(tshark):
    begin = HEAD + b"line one\r\n.dotted\r\nhalf a li"
    ways = {"DATA": [C("DATA\r\n"), S("354 go\r\n"), C(begin.replace(b"\n.", b"\n.."), [12, 30])],
            "BDAT": [C(b"BDAT 1000\r\n" + begin, [4, 20, 40])]}
    capture = Capture()
    closed = {capture.add([*GREETING, *envelope(), *steps], end=end): (way, end)
              for way, steps in ways.items() for end in ("fin", "rst", None)}
    whole = capture.add(session(data(HEAD)))
    for two_pass in PASSES:
        # Later passes know that no more comes: what there is is shown, and exported under a name that says so.
        heads = dict.fromkeys(closed, [begin]) if two_pass else {}
        assert tshark.messages(capture, two_pass=two_pass) == heads | {whole: [HEAD]}
        exports = tshark.exports(capture, two_pass=two_pass)
        assert list(exports["imf"].values()) == [HEAD]
        assert {name.endswith("-incomplete.eml"): octets for name, octets in exports["smtp"].items()} == \
            ({True: begin} if two_pass else {}) | {False: HEAD}
        assert len(exports["smtp"]) == len(heads) + 1
    names = ["smtp.data.incomplete", "smtp.message", "smtp.data.fragment.count", "smtp.expert.message_incomplete",
             "smtp.data.reassembled.in"]
    assert tshark.fields(capture, names, filter="smtp.data.incomplete", two_pass=False) == []
    rows = tshark.by_stream(capture, names, filter="smtp.data.incomplete", two_pass=True)
    assert rows.keys() == closed.keys()
    for stream, (row,) in rows.items():
        assert row["smtp.data.incomplete"] == ["the connection or the capture ended first"], closed[stream]
        assert row["smtp.message"] == ["From: <a@a.example>\r\n", "Subject: s\r\n", "\r\n", "line one\r\n",
                                       ".dotted\r\n", "half a li"], closed[stream]
        assert len(row["smtp.data.fragment.count"]) == len(row["smtp.expert.message_incomplete"]) == 1
        assert row["smtp.data.reassembled.in"] == []
    # The octets are a data source of their own.
    text = tshark.run(capture, "-x", filter="smtp.data.incomplete", two_pass=True)
    assert text.count("SMTP message (incomplete)") == len(closed)


def test_any_order_of_visits(tshark):
    capture = Capture()
    capture.add([*session(data(HEAD + b"one\r\n", cut=[5, 20]))[:-2], *refused_chunk(),
                 *envelope(4), C("DATA\r\n"), S("354 go\r\n"), C(HEAD, [9])])
    count = len(list(capture.frames()))
    frames = range(1, count + 1)
    assert tshark.visit(capture, frames) == tshark.visit(capture, reversed(frames))[::-1]


# --- Holes ------------------------------------------------------------------------------------


def test_a_hole_is_marked(tshark):
    """P14."""
    message = HEAD + b"line one\r\nline two\r\nline three\r\n"
    capture = Capture()
    capture.add(session(data(message, cut=[50, 56], drop=[1])))
    capture.add(session(data(message, cut=[56], drop=[0])))
    capture.add(session(bdat([message])))
    for two_pass in PASSES:
        assert tshark.messages(capture, two_pass=two_pass) == {0: [message[:50]], 2: [message]}
        exports = tshark.exports(capture, kinds=["imf", "smtp", "smtp-attachments"], two_pass=two_pass)
        assert [list(files.values()) for files in exports.values()] == [[message], [message[:50], message], []]
        rows = tshark.fields(capture, ["smtp.data.incomplete", "smtp.message", "smtp.message.missing", "smtp.eom",
                                       "smtp.data.reassembled.length", "smtp.expert.message_incomplete"],
                             filter="smtp.data.incomplete", two_pass=two_pass)
        assert [row["smtp.message.missing"] for row in rows] == [["6"], ["56"]]
        for row in rows:
            assert row["smtp.data.incomplete"] == ["octets are missing from the capture"]
            assert len(row["smtp.eom"]) == len(row["smtp.expert.message_incomplete"]) == 1
            assert row["smtp.data.reassembled.length"] == []
    assert rows[0]["smtp.message"] == ["From: <a@a.example>\r\n", "Subject: s\r\n", "\r\n", "line one\r\n", "line ",
                                       "ine three\r\n"]
    assert rows[1]["smtp.message"] == ["ine three\r\n"]
    frame = tshark.tree(capture, filter="smtp.message.missing")[0]
    text = frame.layers[0].find("smtp.message.text")
    assert [item.name for item in text.children] == ["smtp.message"] * 5 + ["smtp.message.missing", "smtp.message"]


def test_a_hole_in_a_chunk(tshark):
    message = HEAD + b"0123456789\r\n" * 4
    steps = session([*envelope(), C(chunk(message, True), [40, 50], drop=[1]), S("250 ok\r\n")])
    capture = Capture()
    capture.add(steps)
    capture.add(session(bdat([message])))
    for two_pass in PASSES:
        assert tshark.messages(capture, two_pass=two_pass) == {0: [message[:40 - len("BDAT 83 LAST\r\n")]], 1: [message]}
        row, = tshark.fields(capture, ["smtp.message.missing", "smtp.data.total"], filter="smtp.data.incomplete",
                             two_pass=two_pass)
        assert row == {"smtp.message.missing": ["10"], "smtp.data.total": [str(len(message) - 10)]}


def test_frames_cut_by_the_capture(tshark):
    capture = Capture()
    capture.add(session(data(HEAD + b"x" * 500 + b"\r\n", cut=[400])), snaplen=200)
    rows = tshark.fields(capture, ["smtp.data.incomplete"], filter="smtp.data.incomplete", two_pass=True)
    (head,), = tshark.messages(capture).values()
    assert rows and (HEAD + b"x" * 500).startswith(head)
    assert tshark.export(capture, kind="smtp") == {"tcp0-mail1-a1@a.example-4AbCdEf1-incomplete.eml": head}


# --- 3. Hand-over -----------------------------------------------------------------------------

MIME = (b"From: <a@a.example>\r\nSubject: three parts\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\ntext\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n"
        b"--b\r\nContent-Type: application/json\r\n\r\n{\"a\": 1}\r\n"
        b"--b--\r\n")


def test_headers_and_parts_below(tshark):
    capture = Capture()
    capture.add(session(data(MIME, cut=[60])))
    row, = tshark.fields(capture, ["frame.protocols", "imf.subject", "json.value.number"], filter="imf")
    assert row["imf.subject"] == ["three parts"] and row["json.value.number"] == ["1"]
    assert re.search(r"smtp:imf:mime_multipart:.*json", row["frame.protocols"][0])


def test_info_column_says_what_it_is(tshark):
    capture = Capture()
    capture.add(session(data(HEAD + b"hello\r\n", cut=[10]), bdat([HEAD])))
    capture.add(session(data(b"")))
    for two_pass in PASSES:
        lines = tshark.summary(capture, filter="smtp.data.total", two_pass=two_pass)
        assert re.search(r" SMTP/IMF .*C: DATA fragment, 32 bytes \| \. \| [Ff]rom: <a@a.example>, [Ss]ubject: s", lines[0])
        assert re.search(r" SMTP/IMF .*C: BDAT 35 LAST \| DATA fragment, 35 bytes \| [Ff]rom: <a@a.example>", lines[1])
        assert re.search(r"C: \.\s*$", lines[2])


def test_with_imf_switched_off(tshark):
    capture = Capture()
    capture.add(session(data(HEAD + b".hello\r\n")))
    capture.add(session(bdat([HEAD + b"hello"])))
    off = ["--disable-protocol", "imf"]
    for two_pass in PASSES:
        rows = tshark.fields(capture, ["frame.protocols", "smtp.message"], *off, filter="smtp.data.total",
                             two_pass=two_pass)
        head = ["From: <a@a.example>\r\n", "Subject: s\r\n", "\r\n"]
        assert [row["smtp.message"] for row in rows] == [[*head, ".hello\r\n"], [*head, "hello"]]
        assert all("imf" not in row["frame.protocols"][0] for row in rows)
        assert "SMTP message" in tshark.run(capture, "-x", *off, filter="smtp.data.total", two_pass=two_pass)
    assert not any(line.rstrip().endswith("|") for line in tshark.summary(capture, *off))
    assert len(tshark.export(capture, *off, kind="smtp")) == 2


def test_binary_bodies_are_no_lines(tshark):
    binary = " BODY=BINARYMIME"
    body = b"\0\1\r\n\n\r" * 40
    typed = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Type: application/octet-stream\r\n\r\n") + body
    capture = Capture()
    capture.add(session(bdat([HEAD + body], parameters=binary)))
    capture.add(session(bdat([typed], parameters=binary)))
    capture.add([*GREETING, *envelope(1, binary), C(b"BDAT 900\r\n" + HEAD + body)])
    rows = tshark.fields(capture, ["frame.protocols", "imf.subject", "data.data"],
                         filter="imf && smtp.data.total", two_pass=True)
    assert rows[0]["imf.subject"] == rows[1]["imf.subject"] == ["s"]
    assert rows[0]["data.data"] == [body.hex()]
    assert all("imf:data" in row["frame.protocols"][0] for row in rows)
    row, = tshark.fields(capture, ["smtp.message", "smtp.message.text"], filter="smtp.data.incomplete", two_pass=True)
    assert row["smtp.message"] == [] and len(row["smtp.message.text"]) == 1
    for row in tshark.fields(capture, ["smtp.message", "smtp.message.text"], "--disable-protocol", "imf",
                             filter="smtp.data.total"):
        assert row["smtp.message"] == [] and len(row["smtp.message.text"]) == 1


def test_headers_in_utf8_are_readable(tshark):
    message = ("From: Jörg <jörg@a.example>\r\nSubject: Grüße,\r\n 你好\r\nX-Plain: yes\r\n"
               "To: =?utf-8?B?SsO2?= =?utf-8?B?cmc=?= <b@b.example>\r\n\r\nhello\r\n").encode()
    capture = Capture()
    capture.add(session(data(message, parameters=" SMTPUTF8")))
    for two_pass in PASSES:
        row, = tshark.fields(capture, ["smtp.message.header"], filter="imf", two_pass=two_pass)
        assert row["smtp.message.header"] == ["From: Jörg <jörg@a.example>", "Subject: Grüße, 你好",
                                              "To: Jörg <b@b.example>"]


def test_built_in_preference_not_to_put_together(tshark):
    capture = Capture()
    capture.add(session(data(HEAD + b"hello\r\nworld\r\n", cut=[40])))
    prefs = ["smtp.desegment_data:FALSE"]
    assert tshark.messages(capture, prefs=prefs) == {}
    rows = tshark.fields(capture, ["smtp.message", "smtp.data.reassembled.in"], filter="smtp.data.piece", prefs=prefs,
                         two_pass=True)
    assert [row["smtp.message"] for row in rows] == [
        ["From: <a@a.example>\r\n", "Subject: s\r\n", "\r\n", "hello"], ["\r\n", "world\r\n"]]
    assert rows[0]["smtp.data.reassembled.in"] == []
    assert "C: Message Body, 40 bytes" in "\n".join(tshark.summary(capture, prefs=prefs))
    assert len(tshark.export(capture, kind="smtp", prefs=prefs)) == 1


def test_one_dot_of_two(tshark):
    """P24."""
    capture = Capture()
    capture.add(session(data(HEAD + b".dot\r\n")))
    assert tshark.messages(capture) == {0: [HEAD + b".dot\r\n"]}
    row, = tshark.fields(capture, ["smtp.data.piece.length", "smtp.data.piece.octets"], filter="smtp.eom")
    assert row == {"smtp.data.piece.length": [str(len(HEAD) + 7)], "smtp.data.piece.octets": [str(len(HEAD) + 6)]}


# --- 4. Fields --------------------------------------------------------------------------------

BUILTIN_FIELDS = ["frame.number", "smtp.eom", "smtp.data.fragment", "smtp.data.fragment.count", "smtp.data.reassembled.in",
                  "smtp.data.reassembled.length"]


def plain(row):
    """smtp.eom has no value; versions print that differently."""
    return row | {"smtp.eom": len(row["smtp.eom"])}


@pytest.mark.parametrize("two_pass", PASSES)
def test_fields_are_those_of_the_built_in(tshark, builtin, two_pass):
    """Where the built-in dissector is right: DATA, segments of whole lines, the end mark after text. Of a single piece 4.6
    makes no list, and an end mark alone in its segment is a fragment to it."""
    capture = Capture()
    message = HEAD + b"hello\r\nworld\r\n"
    length = len(message)
    for cut in ([21], [21, 33], [33, 35, 42], [21, length]):
        capture.add(session(data(message, cut=cut)))
    theirs = builtin.fields(capture, BUILTIN_FIELDS, filter="smtp.data.fragment || smtp.data.reassembled.in || smtp.eom",
                            two_pass=two_pass)
    ours = tshark.fields(capture, BUILTIN_FIELDS, filter="smtp.data.fragment || smtp.data.reassembled.in || smtp.eom",
                         two_pass=two_pass)
    assert len(theirs) == (12 if two_pass else 4)
    ours, theirs = list(map(plain, ours)), list(map(plain, theirs))
    for rows in (ours, theirs):
        rows[-1]["smtp.data.fragment"] = rows[-1]["smtp.data.fragment"][:2]
        rows[-1]["smtp.data.fragment.count"] = []
    assert ours == theirs


def test_each_piece_says_what_it_is(tshark):
    message = b".first\r\n" + b"second\r\n"
    capture = Capture()
    capture.add(session(data(message, cut=[4, 9, 17, 18])))
    names = ["smtp.data.piece.number", "smtp.data.piece.length", "smtp.data.piece.octets", "smtp.data.piece.total",
             "smtp.transaction"]
    for two_pass in PASSES:
        rows = tshark.fields(capture, names, filter="smtp.data.piece", two_pass=two_pass)
        pieces = [[row[name][0] for name in names] for row in rows]
        assert pieces == [["1", "4", "3", "3", "1"], ["2", "5", "5", "8", "1"], ["3", "8", "8", "16", "1"],
                          ["4", "1", "0", "16", "1"]]


def test_chunks_are_pieces(tshark):
    capture = Capture()
    capture.add(session(bdat([b"abc", b"de\r\n"])))
    rows = tshark.fields(capture, ["smtp.data.piece.number", "smtp.data.piece.octets", "smtp.data.piece.total",
                                   "smtp.data.fragment", "smtp.data.reassembled.in", "smtp.data.total", "frame.number"],
                         filter="smtp.data.piece", two_pass=True)
    first, last = rows
    assert [first[n] for n in list(first)[:3]] == [["1"], ["3"], ["3"]]
    assert [last[n] for n in list(last)[:3]] == [["2"], ["4"], ["7"]]
    assert first["smtp.data.reassembled.in"] == last["frame.number"]
    assert last["smtp.data.fragment"] == [first["frame.number"][0], last["frame.number"][0]]
    assert last["smtp.data.total"] == ["7"]


def test_total_and_size(tshark):
    capture = Capture()
    message = HEAD + b"hello\r\n"
    length = len(message)
    for declared in ("", f" SIZE={length}", f" SIZE={length + 5}", f" SIZE={length - 5}"):
        capture.add(session(data(message, parameters=declared)))
    small = [S("220 mx\r\n"), C("EHLO a\r\n"), S("250-mx\r\n250 SIZE 10\r\n")]
    capture.add([*small, *data(message)])
    capture.add([S("220 mx\r\n"), C("EHLO a\r\n"), S("250-mx\r\n250 SIZE 0\r\n"), *data(message)])
    frames = tshark.tree(capture, filter="smtp.eom")
    assert [frame.values("smtp.data.total") for frame in frames] == [[str(length)]] * 6
    labels = [[item.label for item in frame.all("smtp.data.size.declared")] for frame in frames]
    assert labels[0] == [] and "(exact)" in labels[1][0] and "5 octets smaller" in labels[2][0]
    assert "5 octets larger" in labels[3][0]
    limits = [frame.values("smtp.data.size.limit") for frame in frames]
    assert limits[:4] == [["within the server's limit of 1000000 octets"]] * 4
    assert limits[4:] == [["above the server's limit of 10 octets"], []]
    assert len(tshark.fields(capture, ["frame.number"], filter="smtp.expert.message_above_limit")) == 1


def test_transaction_size(tshark):
    capture = Capture()
    capture.add(session(data(HEAD + b".\r\n"), bdat([b"a", b"bc"], 2)))
    rows = tshark.fields(capture, ["smtp.transaction.size"], filter="smtp.transaction.size")
    assert [row["smtp.transaction.size"] for row in rows] == [[str(len(HEAD) + 3)], ["3"]]


# --- 6. Limits --------------------------------------------------------------------------------


def test_larger_than_the_preference(tshark):
    capture = Capture()
    message = HEAD + b"x" * 100 + b"\r\n"
    capture.add(session(data(message, cut=[20, 60]), bdat([message[:40], message[40:]], 2), data(HEAD, 3)))
    for limit, kept in ((len(message), [message, message, HEAD]), (len(message) - 1, [HEAD]), (0, [])):
        prefs = [f"esmtp.max_message:{limit}"]
        for two_pass in PASSES:
            assert tshark.messages(capture, prefs=prefs, two_pass=two_pass).get(0, []) == kept
            assert list(tshark.export(capture, kind="smtp", prefs=prefs, two_pass=two_pass).values()) == kept
            rows = tshark.fields(capture, ["smtp.expert.limit", "smtp.data.total", "smtp.data.reassembled.length"],
                                 filter="smtp.expert.limit", prefs=prefs, two_pass=two_pass)
            assert len(rows) == 3 - len(kept)
            assert all(row["smtp.data.total"] and not row["smtp.data.reassembled.length"] for row in rows)


BOUNDS = "smtp.expert.limit || smtp.expert.limit"


def test_more_lines_than_a_tree_holds(tshark):
    message = HEAD + b"\r\n" * 1200000
    capture = Capture()
    capture.add([*session(data(message))[:-3], S("250 ok\r\n"), *QUIT], mss=60000)
    row, = tshark.fields(capture, ["imf.subject", "smtp.eom"], filter="smtp.expert.limit")
    assert row["imf.subject"] == ["s"] and len(row["smtp.eom"]) == 1
    assert "Simple Mail Transfer Protocol" in tshark.verbose(capture, filter="smtp.expert.limit")
    for kind in ("imf", "smtp"):
        octets, = tshark.export(capture, kind=kind).values()
        assert octets == message
        octets, = tshark.export(capture, "-Y", "smtp.eom", kind=kind, two_pass=True).values()
        assert octets == message


MANY_ITEMS = {
    "text": b"Content-Type: text/plain\r\n\r\n" + b"a\r\n" * 9000,
    "multipart": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + b"a\n" * 9000 + b"\r\n--b--\r\n",
    "base64": b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"CgoK" * 3000 +
              b"\r\n",
    "bare CR": b"\r\n" + b"a\r" * 9000 + b"\r\n",
    "addresses": b"To: " + b"a@a," * 9000 + b"b\r\n\r\ntext\r\n",
    "fields": b"X: y\r\n" * 9000 + b"\r\ntext\r\n",
}


@pytest.mark.parametrize("two_pass", PASSES)
def test_more_items_than_a_small_tree_holds(tshark, two_pass):
    """The same with fewer octets: Wireshark's limit set lower."""
    capture = Capture()
    more = b"MAIL FROM:<c@c>\r\n"
    messages = {name: b"Subject: s\r\n" + body for name, body in MANY_ITEMS.items()}
    for message in messages.values():
        capture.add([*GREETING, *envelope(), C("DATA\r\n"), S("354 go\r\n"), C(stuffed(message) + more),
                     S("250 ok\r\n250 ok\r\n"), *QUIT], mss=60000)
    prefs = ["gui.max_tree_items:5000"]
    rows = tshark.by_stream(capture, ["imf.subject", "smtp.eom", "smtp.mail.from"], filter=BOUNDS, prefs=prefs,
                            two_pass=two_pass)
    for stream, name in enumerate(MANY_ITEMS):
        row, = rows[stream]
        assert row["imf.subject"] == ["s"] and len(row["smtp.eom"]) == 1 and row["smtp.mail.from"] == ["c@c"], name
    exported = tshark.export(capture, kind="smtp", prefs=prefs, two_pass=two_pass).values()
    assert sorted(exported) == sorted(messages.values())


def test_base64_of_files_is_no_text(tshark):
    """Lines of a coded file make no items: such a message is handed over whole."""
    message = (b"Content-Type: application/octet-stream; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
               b"AAAA\r\n" * 9000)
    capture = Capture()
    capture.add(session(data(message)), mss=60000)
    prefs = ["gui.max_tree_items:5000"]
    assert tshark.fields(capture, ["frame.number"], filter=BOUNDS, prefs=prefs) == []
    assert tshark.messages(capture, prefs=prefs) == {0: [message]}


def test_list_of_fragments_is_bounded(tshark):
    message = HEAD + b"x" * 500 + b"\r\n"
    capture = Capture()
    capture.add(segments_of(session(data(message)), 1))
    row, = tshark.fields(capture, ["smtp.data.fragment", "smtp.data.fragment.count"], filter="smtp.eom && smtp.data.total",
                         prefs=["gui.max_tree_items:1000"])
    assert len(row["smtp.data.fragment"]) == 200
    assert int(row["smtp.data.fragment.count"][0]) >= len(message)


def test_text_of_what_is_incomplete_is_bounded(tshark):
    capture = Capture()
    capture.add([*GREETING, *envelope(), C("DATA\r\n"), S("354 go\r\n"), C(b"a\r\n" * 3000)], mss=60000)
    row, = tshark.fields(capture, ["smtp.message", "smtp.message.rest"], filter="smtp.data.incomplete", two_pass=True,
                         prefs=["gui.max_tree_items:1000"])
    assert len(row["smtp.message"]) == 200 and row["smtp.message.rest"] == [str(3 * 2800)]


HOSTILE = {
    "nested multiparts": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(600)),
    "nested messages": b"Content-Type: message/rfc822\r\n\r\n" * 600,
    "many parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 3000,
    "empty boundary": b"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n--\r\n----\r\n",
    "no end of the header": b"Content-Type: multipart/mixed; boundary=b\r\nX",
    "cut base64": b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoAAAANSUhEUg=\r\n",
    "cut asn.1": b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIBIjANBgk=\r\n",
    "colons": b":" * 5000,
    "a field without end": b"Subject: " + b"x" * 50000,
    "http inside": b"Content-Type: application/http\r\n\r\nGET / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n",
}


def test_a_message_of_many_parts(tshark):
    """Each part is a layer of the packet, of which Wireshark has five hundred: the first ones are shown."""
    parts = b"".join(b"--b\r\nContent-Type: text/plain\r\n\r\npart %d\r\n" % n for n in range(1000)) + b"--b--\r\n"
    message = b"Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + parts
    capture = Capture()
    capture.add([*GREETING, *envelope(), C("DATA\r\n"), S("354 go\r\n"), C(message + b".\r\nNOOP later\r\n"),
                 S("250 ok\r\n250 ok\r\n"), *QUIT], mss=64000)
    for two_pass in PASSES:
        row, = tshark.fields(capture, ["smtp.req.parameter", "imf.subject", "_ws.malformed", "_ws.expert.message"],
                             filter="smtp.eom", two_pass=two_pass)
        assert row["smtp.req.parameter"] == ["later"] and row["imf.subject"] == ["parts"]
        assert not row["_ws.malformed"] and "bug" not in str(row["_ws.expert.message"])
    shown = tshark.run(capture, "-V")
    assert 300 < shown.count("    part ") < 1000


def test_hostile_messages(tshark):
    """Nothing is thrown out of the message, and what comes after it in the packet is there."""
    capture = Capture()
    for octets in HOSTILE.values():
        message = octets + b"\r\n"
        capture.add([*GREETING, *envelope(), C("DATA\r\n"), S("354 go\r\n"), C(stuffed(message) + b"NOOP later\r\n"),
                     S("250 ok\r\n250 ok\r\n"), *bdat([HEAD], 2), *QUIT], mss=64000)
    for two_pass in PASSES:
        rows = tshark.by_stream(capture, ["smtp.req.parameter", "smtp.eom"], filter="smtp.eom", two_pass=two_pass)
        for stream, name in enumerate(HOSTILE):
            row, = rows[stream]
            assert row["smtp.req.parameter"] == ["later"] and len(row["smtp.eom"]) == 1, name
        assert all(HEAD in messages for messages in tshark.messages(capture, two_pass=two_pass).values())
        assert len(tshark.export(capture, kind="smtp", two_pass=two_pass)) == 2 * len(HOSTILE)


def test_nothing_is_said_of_ordinary_mails(tshark):
    capture = Capture()
    capture.add(session(data(MIME), bdat([HEAD], 2)))
    capture.add(script("""
        S: 220 mx
        C: HELO a
        S: 250 mx
        C: MAIL FROM:<a@a>
        S: 250 ok
        C: RCPT TO:<b@b>
        S: 250 ok
        C: DATA
        S: 354 go
        C: hello
        C: .
        S: 250 ok
    """))
    assert tshark.fields(capture, ["frame.number"], filter='_ws.expert.severity > 0x200000 && smtp', two_pass=True) == []
