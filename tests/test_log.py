"""The log of mails: -z smtp,log."""

import gzip
import shutil
from pathlib import Path

import pytest

from dialogue import C, Capture, S, script
from log import COLUMNS, known_sessions, read_json, read_tsv, without_empty
from mails import GREETING, QUIT, data, envelope, session
from recorded import CAPTURES
from tls import secure
from tshark import TsharkFailed

PASSES = [False, True]
ORACLE = sorted((Path(__file__).parent.parent / "captures/oracle").glob("*.pcapng.gz"))


def log(tshark, capture, *words, form="json", two_pass=False, **options):
    text = tshark.run(capture, "-q", "-z", ",".join(("smtp,log", form, *words)), two_pass=two_pass, **options)
    return {"json": read_json, "tsv": read_tsv}[form](text)


# --- what is known beforehand -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def known():
    """500 sessions, and the rows of the log."""
    return known_sessions()


@pytest.mark.parametrize("two_pass", PASSES)
def test_every_mail_has_the_row_that_was_said(tshark, known, two_pass):
    capture, want = known
    rows = log(tshark, capture, two_pass=two_pass)
    assert len(want) > 500 and {row["outcome"] for row in want} == {"accepted", "rejected", "deferred", "aborted"}
    assert [row["mail"] for row in rows] == [*range(1, len(rows) + 1)]
    for row, wanted in zip(rows, want, strict=True):
        assert abs(row["duration"] - wanted["duration"]) < 2e-6
        assert {name: value for name, value in row.items() if name in wanted or name not in COLUMNS[:6] + ["mail"]
                } == {**wanted, "duration": row["duration"]}
        assert (row["client"], row["server"], row["server_port"]) == ("192.0.2.1", "198.51.100.25", 25)


@pytest.mark.parametrize("two_pass", PASSES)
def test_both_forms_say_the_same(tshark, known, two_pass):
    capture, _ = known
    assert log(tshark, capture, form="tsv", two_pass=two_pass) == without_empty(log(tshark, capture, two_pass=two_pass))


def test_without_a_form_it_is_tsv(tshark, known):
    capture, _ = known
    assert tshark.run(capture, "-q", "-z", "smtp,log") == tshark.run(capture, "-q", "-z", "smtp,log,tsv")


# --- the same as the tree says ------------------------------------------------------------------------

TOLD = {"outcome": "smtp.transaction.outcome", "code": "smtp.transaction.code", "sender": "smtp.transaction.sender",
        "octets": "smtp.transaction.size", "queue_id": "smtp.transaction.queue_id", "mail": "smtp.transaction.id"}


def in_tree(tshark, capture):
    """{mail: (frame, what the tree says of it)} of all mails that have an outcome."""
    found = {}
    names = [*TOLD.values(), "smtp.transaction.recipient", "smtp.transaction.recipient.rejected"]
    for frame in tshark.tree(capture, filter="smtp.transaction.outcome", two_pass=True, tshark=True):
        for layer in frame.layers:
            for item in layer.walk():
                said = [(child.name, child.value) for child in item.children if child.name in names]
                if any(name == "smtp.transaction.outcome" for name, _ in said):
                    number = int(dict(said)["smtp.transaction.id"])
                    assert number not in found, "one outcome each"
                    found[number] = (frame.number, said)
    return found


def test_the_log_says_what_the_tree_says(tshark, recorded, tmp_path):
    captures = [recorded.path]
    for path in ORACLE:
        plain = tmp_path / path.stem
        with gzip.open(path) as packed, open(plain, "wb") as out:
            shutil.copyfileobj(packed, out)
        plain.chmod(0o644)
        captures.append(plain)
    tmp_path.chmod(0o755)
    for capture in captures:
        rows = {row["mail"]: row for row in log(tshark, capture, two_pass=True)}
        tree = in_tree(tshark, capture)
        assert tree and tree.keys() <= rows.keys()
        assert not [row for number, row in rows.items() if "outcome" in row and number not in tree]
        for number, (frame, said) in tree.items():
            row, one = rows[number], dict(said)
            assert row["frame"] == frame
            for name, field in TOLD.items():
                if field in one or name in row:
                    assert str(row.get(name)) == one.get(field), (number, name)
            accepted = [value for name, value in said if name == "smtp.transaction.recipient"]
            if row["outcome"] == "accepted":
                assert [rcpt["address"] for rcpt in row["recipients"] if rcpt["accepted"]] == accepted
            assert all(rcpt["accepted"] is False for rcpt in row["recipients"]) or row["outcome"] == "accepted"


@pytest.mark.parametrize("two_pass", PASSES)
def test_tsv_and_json_of_every_capture(tshark, recorded, two_pass):
    rows = log(tshark, recorded.path, two_pass=two_pass)
    assert len(rows) > 80
    assert without_empty(rows) == log(tshark, recorded.path, form="tsv", two_pass=two_pass)
    assert {row.get("tls") for row in rows} >= {None, "TLSv1.2", "TLSv1.3"}


# --- single questions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("two_pass", PASSES)
def test_hostile_octets_come_back(tshark, two_pass):
    """Separators, control characters and what is no UTF-8, wherever a peer may put them."""
    odd = ['"a,b=c"@x', '"tab\\\\tnl\\\\n"@x', '"back\\\\slash"@x', "jürgen@x", "\u202e@x", "\x1b[2J@x", "a\tb@x"]
    capture = Capture()
    capture.add([*GREETING, C(f"MAIL FROM:<{odd[0]}>\r\n"), S("250 ok\r\n"),
                 *(step for name in odd for step in (C(f"RCPT TO:<{name}>\r\n"), S("550 no,\t=\\ \x07\u2028\r\n"))),
                 C(b"RCPT TO:<\xff\xfe@x>\r\n"), S(b"250 \xff\r\n"), C("DATA\r\n"), S("354 go\r\n"),
                 C(b"Subject: a\r\n\tb \\ \xff\x00 \x1b[2J\r\nMessage-ID: <a\tb,c=d@x>\r\n\r\n.\r\n"),
                 S("250 2.0.0 \t Ok: queued as 4AbCdEf1\r\n"), *QUIT])
    rows = log(tshark, capture, two_pass=two_pass)
    assert without_empty(rows) == log(tshark, capture, form="tsv", two_pass=two_pass)
    row, = rows
    assert row["sender"] == row["recipients"][0]["address"] == odd[0]
    assert row["recipients"][3]["address"] == odd[3]
    assert len(row["recipients"]) == len(odd) + 1
    text = str(rows)
    assert not [c for c in text if ord(c) < 0x20 or c in "\u202e\u2028"]
    assert row["queue_id"] == "4AbCdEf1"


def test_a_mail_is_listed_if_one_of_its_frames_passes_the_filter(tshark, known):
    capture, want = known

    def count(filter):
        return len(log(tshark, capture, filter))

    rejected = [row for row in want if row["outcome"] == "rejected"]
    found = log(tshark, capture, 'smtp.transaction.outcome == "rejected"')
    assert [row["sender"] for row in found] == [row["sender"] for row in rejected]
    assert all("subject" in row or "octets" not in row for row in found), "rows are whole"
    sender = next(row["sender"] for row in want if row["sender"])
    assert count(f'smtp.mail.from == "{sender}"') == 1
    assert count("tcp.port == 1") == 0
    assert count("smtp") == count("tcp") == len(want)


@pytest.mark.parametrize("two_pass", PASSES)
def test_mails_that_nothing_ended_come_last(tshark, two_pass):
    capture = Capture()
    capture.add([*GREETING, *envelope()], end=None)
    capture.add([*GREETING, C("MAIL FROM:<a2@a.example>\r\n"), S("250 ok\r\n"), C("RCPT TO:<b@b>\r\n"), S("550 no\r\n")], end=None)
    capture.add(session(data(b"Subject: s\r\n\r\n", 3)))
    capture.add([*GREETING, C("MAIL FROM:<a4@a.example>\r\n")], end=None)
    rows = log(tshark, capture, two_pass=two_pass)
    assert [(row["sender"], row.get("outcome")) for row in rows] == [
        ("a3@a.example", "accepted"), ("a1@a.example", "aborted"), ("a2@a.example", "rejected"), ("a4@a.example", "aborted")]
    assert [row["frame"] for row in rows[1:]] == sorted(row["frame"] for row in rows[1:])


def test_a_verdict_that_a_later_one_replaces(tshark):
    """A server that says 421 for all and goes on all the same (LMTP) has the last word: one row."""
    capture = Capture()
    capture.add(script("""
        S: 220 mx LMTP
        C: LHLO a
        S: 250 mx
        C: MAIL FROM:<a@a>
        S: 250 ok
        C: RCPT TO:<b@b>
        S: 250 ok
        --
        C: RCPT TO:<c@c>
        S: 250 ok
        C: DATA
        S: 354 go
        C: Subject: x
        C:
        C: .
        S: 421 closing
        --
        S: 250 <c@c> saved
        C: QUIT
        S: 221 bye
    """), port=24)
    for two_pass in PASSES:
        row, = log(tshark, capture, two_pass=two_pass)
        assert row["outcome"] == "accepted"
        assert [(rcpt["address"], rcpt["accepted"]) for rcpt in row["recipients"]] == [("b@b", False), ("c@c", True)]


HIDDEN = b"x\n.\r\nMAIL FROM:<evil@a>\r\nRCPT TO:<v@v>\r\nDATA\r\nSubject: y\r\n\r\nz"


@pytest.mark.parametrize("taken", [False, True])
def test_a_mail_that_was_none_has_no_row(tshark, taken):
    """What stands after a false end is a mail if the server's replies say so, and none if they do not."""
    capture = Capture()
    said = [S("354 go\r\n"), C(b"Subject: x\r\n\r\n" + HIDDEN + b"\r\n.\r\n"), S("250 ok\r\n")]
    if taken:
        said += [S("250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n")]
    capture.add([*GREETING, C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"), C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n"), C("DATA\r\n"),
                 *said, *QUIT])
    for two_pass in PASSES:
        assert [row["sender"] for row in log(tshark, capture, two_pass=two_pass)] == ["a@a", *["evil@a"] * taken]


def test_user_and_tls(tshark):
    capture = Capture()
    inside = [C("EHLO c.example\r\n"), S("250-mx\r\n250 AUTH PLAIN\r\n"), C("AUTH PLAIN AHVzZXIAc2VjcmV0\r\n"),
              S("235 2.7.0 ok\r\n"), *data(b"Subject: s\r\n\r\n")]
    steps, secrets = secure(inside, before=[*GREETING, C("STARTTLS\r\n"), S("220 go\r\n")], version="1.2")
    capture.secrets += secrets
    capture.add(steps)
    row, = log(tshark, capture)
    assert (row["user"], row["tls"], row["helo"]) == ("user", "TLSv1.2", "c.example")


def test_secrets_are_in_no_row(tshark, recorded):
    text = tshark.run(recorded.path, "-q", "-z", "smtp,log,json") + tshark.run(recorded.path, "-q", "-z", "smtp,log")
    assert '"user"' in text and "secret" not in text


@pytest.mark.parametrize("argument", ["smtp,logs", "smtp,log,no.such.field == 1", "smtp,log,json,(((", "smtp,log,jsonx"])
def test_what_is_wrong_with_the_argument_is_said(tshark, argument):
    with pytest.raises(TsharkFailed, match="-z smtp,log: "):
        tshark.run(CAPTURES[0], "-q", "-z", argument)


def test_two_logs_at_once_each_with_its_filter(tshark, known):
    capture, want = known
    text = tshark.run(capture, "-q", "-z", 'smtp,log,json,smtp.transaction.outcome == "deferred"', "-z", "smtp,log,json,smtp")
    assert len(text.splitlines()) == len(want) + sum(row["outcome"] == "deferred" for row in want)


def test_nothing_to_list(tshark):
    capture = Capture()
    capture.add([*GREETING, *QUIT])
    assert log(tshark, capture) == []
    assert log(tshark, capture, form="tsv") == []
