"""tshark captures live while Postfix and swaks talk through STARTTLS and log their keys.

The session is played once by tests/stage.py, for all tests here. What is compared needs no change:
what tshark prints from the file is what it printed live, octet for octet, times and frame numbers too,
since each frame gets its time once, before anybody who captures is handed it.
"""

import json
import re
from pathlib import Path

import live
import pytest

# Installing Postfix takes the most of it.
PATIENCE = 300

MAIL = ("alice@example.org", "bob@example.net", "A mail through the lab")


@pytest.fixture(scope="module")
def folder():
    stage = live.stage_folder()
    live.ask(stage, PATIENCE)
    return Path(stage)


@pytest.fixture(scope="module")
def word(folder):
    """What the programs say."""
    return json.loads((folder / "word.json").read_text())


def _printed(folder, form):
    return (folder / f"live-{form}").read_text(errors="backslashreplace")


def _rows(text):
    """The lines of the form "fields", each as {field: list of values}."""
    return [{name: value.split(",") if value else [] for name, value in
             zip(live.FIELDS, line.split("|"), strict=True)} for line in text.splitlines()]


@pytest.mark.parametrize("form", live.FORMS)
def test_same_as_from_the_file(tshark, folder, form):
    file = folder / live.FILES[live.FORMS[form][0]]
    assert _printed(folder, form) == tshark.call("-r", file, *live.options(form, folder / "keys"))


def test_capture_filter(folder):
    noise, last = str(live.NOISE[0]), str(live.LAST[0])
    assert f"Src Port: {noise}" in _printed(folder, "text")
    assert f"Src Port: {last}" in _printed(folder, "text")
    ports = [port for row in _rows(_printed(folder, "fields")) for port in row["udp.srcport"]]
    assert ports == [last]


@pytest.mark.parametrize("stream, version", list(enumerate(live.VERSIONS)))
def test_facts(folder, word, stream, version):
    """What the programs say of a session is what was shown live."""
    told = word["sessions"][stream]
    assert (told["tls"], told["exit"], len(told["transactions"])) == (version, 0, 1)
    mail = told["transactions"][0]
    assert (mail["sender"], mail["outcome"]) == (MAIL[0], "accepted")
    message = next(each for each in word["server"]["messages"]
                   if each["queue_id"] == told["queue_id"])
    assert (message["sender"], message["recipients"]) == (MAIL[0], [MAIL[1]])

    rows = [row for row in _rows(_printed(folder, "fields")) if row["tcp.stream"] == [str(stream)]]
    clear = [row for row in rows if not row["smtp.tls"]]
    inside = [row for row in rows if row["smtp.tls"]]
    assert _column(clear, "smtp.req.verb") == ["EHLO", "STARTTLS"]
    assert _column(clear, "smtp.response.code") == ["220", "250", "220"]
    assert _column(inside, "smtp.req.verb") == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert _column(inside, "smtp.response.code") == ["250", "250", "250", "354", "250", "221"]
    answer = next(row for row in reversed(clear) if row["smtp.response.code"] == ["220"])
    assert set(_column(inside, "smtp.starttls_in")) == set(answer["frame.number"])
    assert _column(inside, "imf.subject") == [MAIL[2]]
    verdict, = [row for row in inside if row["smtp.transaction.outcome"]]
    assert [verdict[f"smtp.transaction.{name}"] for name in
            ("outcome", "sender", "recipient", "queue_id")] == [
                ["accepted"], [MAIL[0]], [MAIL[1]], [told["queue_id"]]]


def _column(rows, name):
    return [value for row in rows for value in row[name]]


@pytest.mark.parametrize("stream", range(len(live.VERSIONS)))
def test_shown_while_it_went_on(folder, word, stream):
    """All of a mail was printed before the end of its connection was let through."""
    told = word["sessions"][stream]

    def shown(form):
        octets = (folder / f"live-{form}").read_bytes()[:told["shown"][form]]
        return octets.decode(errors="backslashreplace")

    rows = [row for row in _rows(shown("fields")) if row["tcp.stream"] == [str(stream)]]
    assert _column([row for row in rows if row["smtp.tls"]], "smtp.req.verb")[:4] == [
        "EHLO", "MAIL", "RCPT", "DATA"]
    assert [MAIL[2]] in [row["imf.subject"] for row in rows]
    assert [told["queue_id"]] in [row["smtp.transaction.queue_id"] for row in rows]
    # A connection that has ended says so with a FIN from either side.
    assert len(re.findall(r"\[FIN", shown("list"))) == len(
        re.findall(r"\[FIN", _before(folder, stream)))
    for form in ("text", "list", "json"):
        assert told["queue_id"] in shown(form)


def test_log_when_the_capture_stops(folder, word):
    """After the last frame, as from the file; a row for each mail."""
    *_, frame, first, second = _printed(folder, "list").splitlines()
    assert str(live.LAST[0]) in frame
    rows = [json.loads(line) for line in (first, second)]
    assert [(row["queue_id"], row["outcome"], row["sender"], [rcpt["address"] for rcpt in row["recipients"]]) for row in rows] == [
        (told["queue_id"], "accepted", MAIL[0], [MAIL[1]]) for told in word["sessions"]]


def _before(folder, stream):
    """The packet list up to the first frame of a stream."""
    lines = _printed(folder, "list").splitlines(keepends=True)
    first = [number for number, line in enumerate(lines) if re.search(r"→ 25 \[SYN\]", line)]
    return "".join(lines[:first[stream]])


def test_text_of_the_tree(folder, word):
    """The tree, too, has what only the plugin says, and nothing went wrong in it."""
    text = _printed(folder, "text")
    for told in word["sessions"]:
        assert f"Queue id: {told['queue_id']}" in text
    assert text.count("Internet Message Format") == len(live.VERSIONS)
    assert not re.search("Dissector bug|Malformed Packet", text)
    for packet in json.loads(_printed(folder, "json")):
        assert "_ws.malformed" not in packet["_source"]["layers"]
