"""Text that is not written by way of Wireshark, to save time: labels, the Info column, its end, several records, frames shown anew."""

import pytest

from dialogue import C, S, Capture, script
from tls import secure

# COL_MAX_INFO_LEN, less the octet that ends a string in C.
LONGEST = 4095


def one(steps, **options):
    capture = Capture()
    capture.add(steps, **options)
    return capture


def infos(tshark, capture, filter="smtp", **options):
    # 4.2 gave the columns names in small letters.
    column = "_ws.col.info" if "_ws.col.info" in tshark.types else "_ws.col.Info"
    return ["".join(row[column]) for row in tshark.fields(capture, [column], filter=filter, **options)]


# --- octets in the Info column -----------------------------------------------------------------------------------


ODD = [bytes([octet]) for octet in range(256) if octet not in b"\r\n"]
ODD += ["é".encode(), "€".encode(), "😀".encode(), b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80",
        b"\xf5\x80\x80\x80", b"\xc0\x80", b"\xff\xfe", b"\\x01"]


@pytest.mark.parametrize("place", [0, 1, 7, 8, 15])
def test_odd_octets_as_the_built_in_dissector_shows_them(tshark, builtin, place):
    """Lines of printable ASCII go into the column as they are, all others by way of Wireshark."""
    steps = [S("220 mx\r\n")]
    for odd in ODD:
        text = b"x" * place + odd + b"yz"
        steps += [C(b"NOOP " + text + b"\r\n"), S(b"250 " + text + b"\r\n")]
    capture = one(steps)
    ours, theirs = infos(tshark, capture), infos(builtin, capture)
    assert len(ours) == len(steps)
    assert ours == theirs


def test_an_odd_octet_spoils_no_other_line(tshark):
    capture = one([S("220 mx\r\n"), C(b"NOOP a\r\nNOOP b\x01\r\nNOOP \xc3\xa9\r\nNOOP d\r\n")])
    assert infos(tshark, capture)[-1] == "C: NOOP a | NOOP b\\001 | NOOP é | NOOP d"


# --- labels -----------------------------------------------------------------------------------


LABELS = ["smtp.command_line", "smtp.req.command", "smtp.req.parameter", "smtp.response",
          "smtp.response.code", "smtp.rsp.parameter"]


def labels(tshark, capture):
    """Of each frame (name, label, value, octets) of what the built-in dissector has, too; it takes all text for ASCII."""
    return [[(item.name, item.label, item.value, item.raw) for name in LABELS for item in frame.all(name)
             if not item.hidden] for frame in tshark.tree(capture)]


def same_labels(tshark, builtin, texts):
    steps = [S("220 mx\r\n")]
    for text in texts:
        steps += [C(b"NOOP " + text), S(b"250 " + text)]
    capture = one(steps, mss=9000)
    ours, theirs = labels(tshark, capture), labels(builtin, capture)
    assert len(ours) == len(steps) and all(len(items) >= 3 for items in ours[1:])
    for mine, its in zip(ours[1:], theirs[1:]):  # the greeting names its code without "<domain>"
        assert mine == its


def test_labels_of_odd_octets(tshark, builtin):
    same_labels(tshark, builtin, [b"x" * n + odd + b"yz\r\n" for n in (1, 50) for odd in ODD
                                  if odd.isascii() and odd not in (b"\0", b"\x1b")])


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("word", [b"x", b"%s", b"\\", b"\"", b"\\x01"])
def test_labels_of_any_length(tshark, builtin, word, end):
    """Short ones, long ones, and those that Wireshark cuts."""
    texts = [(word * n)[:n] for n in range(1, 300)]
    same_labels(tshark, builtin, [text + b"." + end for text in texts])


@pytest.mark.parametrize("word", ["x", "é", "\x01", "\r"])
def test_labels_under_another_name(tshark, word):
    """Lines of an EHLO reply, short ones, long ones, and those that Wireshark cuts."""
    keywords = [("X" + word * n)[:n] + "Z" for n in range(1, 300)]
    reply = "250-mx\r\n" + "".join(f"250-{keyword}\r\n" for keyword in keywords) + "250 HELP\r\n"
    capture = one([S("220 mx\r\n"), C("EHLO c\r\n"), S(reply)], mss=60000)
    shown = [item.label for frame in tshark.tree(capture) for item in frame.all("smtp.rsp.parameter")][2:-1]
    assert len(shown) == len(keywords)
    for label, keyword in zip(shown, keywords):
        if label.startswith("Extension: "):
            assert label == "Extension: " + keyword.replace("\x01", "\\001").replace("\r", "\\r")
        else:
            # What is cut says so; that differs from version to version.
            assert "Extension: X" in label and len(label.encode()) >= 230


def test_labels_of_sizes(tshark):
    sizes = {"0": "0 (no fixed limit)", "1": "1 octet", "1023": "1023 octets", "1024": "1024 octets (1.0 KiB)",
             "1126": "1126 octets (1.1 KiB)", "35882577": "35882577 octets (34.2 MiB)", "1048575": "1048575 octets (1024.0 KiB)",
             "1048576": "1048576 octets (1.0 MiB)", "18446744073709551615": "18446744073709551615 octets (16.0 EiB)"}
    capture = Capture()
    for size in sizes:
        capture.add([S("220 mx\r\n"), C("EHLO c\r\n"), S(f"250-mx\r\n250 SIZE {size}\r\n")])
    shown = [item.label for frame in tshark.tree(capture) for item in frame.all("smtp.ehlo.size")]
    assert shown == [f"Maximum message size: {text}" for text in sizes.values()]


def test_labels_of_times(tshark):
    """As those of TCP's times, which are Wireshark's. Later versions show them in the unit that suits them."""
    steps = [S("220 mx\r\n")]
    for wait in (0, 0.000001, 0.001, 0.25, 1, 59.5, 4000):
        steps += [C("NOOP\r\n"), S("250 ok\r\n", wait=wait)]
    capture = one(steps)
    compared = 0
    for ours, theirs in zip(tshark.tree(capture), tshark.tree(capture, protocol="tcp")):
        assert ours.number == theirs.number
        for time, delta in zip(ours.all("smtp.time"), theirs.all("tcp.time_delta")):
            if time.value == delta.value:
                assert time.label.partition(": ")[2] == delta.label.partition(": ")[2]
                compared += 1
    assert compared >= 7


# --- end of the Info column ----------------------------------------------------------------------------------


def clients(tshark, texts):
    """The columns of segments that clients send, each in a connection of its own."""
    capture = Capture()
    for text in texts:
        capture.add([S("220 mx\r\n"), C(text)], mss=60000)
    return [info for info in infos(tshark, capture) if info != "S: 220 mx"]


def test_a_full_column_ends_with_a_whole_character(tshark):
    dialogues = [["RSET" + "x" * shift] + ["NOOP " + word] * 200 for shift in range(4)
                 for word in ("x" * 40, "é" * 20, "a€" * 10, "😀" * 10 + "b")]
    columns = clients(tshark, ["".join(line + "\r\n" for line in lines) for lines in dialogues])
    assert len(columns) == len(dialogues)
    for lines, shown in zip(dialogues, columns):
        said = ("C: " + " | ".join(lines)).encode()[:LONGEST].decode(errors="ignore")
        # Where a character was too long there may be room for a bar, or part of it.
        assert shown.startswith(said) and " | ".startswith(shown[len(said):])
        assert LONGEST - 4 < len(shown.encode()) <= LONGEST


def test_one_line_that_fills_it(tshark):
    words = [odd + "x" * n for odd in ("", "\x01") for n in range(LONGEST - 12, LONGEST + 3)]
    columns = clients(tshark, [f"NOOP {word}\r\nRSET\r\n" for word in words])
    shown = [word.replace("\x01", "\\001") for word in words]
    assert columns == [f"C: NOOP {word} | RSET"[:LONGEST] for word in shown]


def test_many_replies_fill_it(tshark):
    capture = one([S("220 mx\r\n"), C("HELP\r\n"), S("214-some text\r\n" * 1000 + "214 end\r\n")], mss=60000)
    said = infos(tshark, capture)[-1]
    assert said == ("S: 214-some text" + " | some text" * 1000)[:LONGEST]


# --- more than one call for a frame -----------------------------------------------------------


BEFORE = script("""
    S: 220 mx.example ESMTP
    C: EHLO client.example
    S: 250-mx.example
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go ahead
""")


def ends(text):
    """A cut after each line."""
    return [n + 1 for n, octet in enumerate(text) if octet == "\n"]


INSIDE = [
    "EHLO client.example\r\n",
    "250-mx.example\r\n250-SIZE 10240000\r\n250-8BITMIME\r\n250 PIPELINING\r\n",
    "MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\nRCPT TO:<c@mx.example>\r\nDATA\r\n",
    "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n550 5.1.1 no\001\r\n354 go ahead\r\n",
]


def records(inside, cut, **options):
    """A capture in which each text is a segment, of a record for each of its lines if cut."""
    steps = [(C, S)[n % 2](text, cut=ends(text) if cut else []) for n, text in enumerate(inside)]
    capture = Capture()
    made, keys = secure(steps, BEFORE, close=False)
    capture.add(made, **options)
    capture.secrets += keys
    return capture


@pytest.mark.parametrize("two_pass", [False, True])
def test_many_records_in_a_frame(tshark, two_pass):
    """What they add stands one after another, and who speaks is said once."""
    many, single = (infos(tshark, records(INSIDE, cut), filter="smtp && tls", two_pass=two_pass)[-len(INSIDE):]
                    for cut in (True, False))
    assert many[2] == "C: MAIL FROM:<a@client.example> | RCPT TO:<b@mx.example> | RCPT TO:<c@mx.example> | DATA"
    assert many[3] == "S: 250 2.1.0 Ok | 250 2.1.5 Ok | 550 5.1.1 no\\001 | 354 go ahead"
    assert [info.count("C: ") + info.count("S: ") for info in many] == [1] * len(INSIDE)
    assert [many[0], *many[2:]] == [single[0], *single[2:]]
    clear = infos(tshark, one([*BEFORE, *((C, S)[n % 2](text) for n, text in enumerate(INSIDE))]))
    assert single == clear[-len(INSIDE):]


def test_records_that_fill_it(tshark):
    """Wireshark itself takes five hundred layers in a frame, so lines are long."""
    lines = [f"NOOP {n} of them" for n in range(300)]
    inside = ["EHLO a\r\n", "250 mx\r\n", "".join(line + "\r\n" for line in lines)]
    said = infos(tshark, records(inside, True, mss=60000), filter="smtp && tls")[-1]
    assert said == ("C: " + " | ".join(lines))[:LONGEST]


def test_a_frame_shown_anew_begins_anew(tshark):
    """The same frame again, at once or later, in the window: its column is not added to."""
    for capture in (records(INSIDE, True), records(INSIDE, False),
                    one([*BEFORE[:4], C("NOOP\r\n" * 3), S("250 ok\r\n" * 3)])):
        column = "_ws.col.info" if "_ws.col.info" in tshark.types else "_ws.col.Info"
        n = len(tshark.fields(capture, [column]))
        frames = list(range(1, n + 1))
        once = tshark.visit(capture, frames)
        assert any(" | " in text.partition("\n")[0] for text in once)
        assert tshark.visit(capture, [n for n in frames for _ in range(3)]) == [text for text in once for _ in range(3)]


def test_frames_with_one_number_in_two_files(tshark):
    """What the last frame of one file has shown says nothing of the frame with its number in the next."""
    capture = records(INSIDE, True)
    last = int(tshark.fields(capture, ["frame.number"], filter="smtp")[-1]["frame.number"][0])
    text, same = tshark.visit(capture, [last], then=[["esmtp.desegment:TRUE"]])
    assert text == same and text.startswith("S: 250 2.1.0 Ok | 250 2.1.5 Ok")
