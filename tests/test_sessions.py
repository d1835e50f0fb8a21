"""The list of connections: -z smtp,sessions."""

import base64

import pytest

from dialogue import C, Capture, S
from log import known_sessions, read_json, read_tsv, without_empty
from mails import GREETING, QUIT, envelope
from tshark import TsharkFailed

PASSES = [False, True]

# Columns and the fields of the tree that say the same.
TOLD = {"security": "smtp.session.security", "starttls_offered": "smtp.session.starttls_offered", "login": "smtp.session.login",
        "login_failed": "smtp.session.login.failed", "mails": "smtp.session.mails", "mails_accepted": "smtp.session.mails.accepted",
        "recipients": "smtp.session.recipients", "recipients_refused": "smtp.session.recipients.refused",
        "octets": "smtp.session.octets", "errors": "smtp.session.errors", "outcome": "smtp.session.outcome",
        "findings": "smtp.session.findings", "complete": "smtp.session.complete", "duration": "smtp.session.duration",
        "slowest": "smtp.session.slowest", "last_error": "smtp.session.last_error", "login_user": "smtp.session.login.user",
        "finding": "smtp.session.finding", "worst": "smtp.session.worst"}
SEVERITIES = {0x200000: "Chat", 0x400000: "Note", 0x600000: "Warning", 0x800000: "Error"}


def sessions(tshark, capture, *words, form="json", two_pass=False, **options):
    text = tshark.run(capture, "-q", "-z", ",".join(("smtp,sessions", form, *words)), two_pass=two_pass, **options)
    return {"json": read_json, "tsv": read_tsv}[form](text, "sessions")


def in_tree(tshark, capture):
    """{connection: {column: values}} as the trees of all connections say it."""
    streams = tshark.lists(capture, [*TOLD.values()], filter="smtp.session", two_pass=True)
    return {int(stream): {column: told[field] for column, field in TOLD.items()} for stream, told in streams.items()}


def as_shown(value):
    """A value of the list as tshark shows that of a field; times apart."""
    if isinstance(value, list):
        return value
    return [] if value is None else [{True: "1", False: "0"}[value] if isinstance(value, bool) else str(value)]


@pytest.mark.parametrize("two_pass", PASSES)
def test_the_list_says_what_the_tree_says(tshark, recorded, two_pass):
    rows = {row["connection"]: row for row in sessions(tshark, recorded.path, two_pass=two_pass)}
    tree = in_tree(tshark, recorded.path)
    assert len(rows) > 80 and rows.keys() == tree.keys()
    for number, told in tree.items():
        for column, values in told.items():
            value = rows[number].get(column)
            if column in ("duration", "slowest"):
                assert [round(float(v) * 1e6) // 10 for v in values] == [round(v * 1e6) // 10 for v in (value,) if v is not None]
            elif column == "worst":
                assert [SEVERITIES[int(v, 0)] for v in values] == as_shown(value)
            elif values in (["True"], ["False"]):
                assert [str(value)] == values
            else:
                assert as_shown(value) == values, (number, column)


@pytest.mark.parametrize("two_pass", PASSES)
def test_both_forms_say_the_same(tshark, recorded, two_pass):
    assert (sessions(tshark, recorded.path, form="tsv", two_pass=two_pass)
            == without_empty(sessions(tshark, recorded.path, two_pass=two_pass)))


def users(stream):
    """Who logs in by AUTH PLAIN in a stream of known_sessions()."""
    sent = [step.data.split()[-1] for step in stream.dialogue if step.data.startswith(b"AUTH PLAIN ")]
    return [base64.b64decode(message).split(b"\0")[1].decode() for message in sent]


@pytest.mark.parametrize("two_pass", PASSES)
def test_connections_whose_truth_is_known(tshark, two_pass):
    """A row for each, whether it has mails or none, ended or not, in the order in which they began."""
    capture, mails = known_sessions()
    rows = sessions(tshark, capture, two_pass=two_pass)
    assert [row["connection"] for row in rows] == [*range(500)]
    for row in rows:
        own = [mail for mail in mails if mail["connection"] == row["connection"]]
        assert row["mails"] == len(own)
        assert row["mails_accepted"] == sum(mail["outcome"] == "accepted" for mail in own)
        assert row["recipients"] == sum(len(mail["recipients"]) for mail in own)
        assert row["octets"] == sum(mail["octets"] for mail in own if mail["outcome"] == "accepted")
        assert row["login_user"] == users(capture.streams[row["connection"]])
        assert (row["client"], row["server"], row["server_port"]) == ("192.0.2.1", "198.51.100.25", 25)


@pytest.mark.parametrize("two_pass", PASSES)
def test_a_connection_that_breaks_off_has_its_row(tshark, two_pass):
    capture = Capture()
    capture.add([*GREETING, *envelope()], end=None)
    capture.add([S("554 5.7.1 no\t=,\\ \x07 entry\r\n")])
    capture.add([*GREETING, *QUIT])
    rows = sessions(tshark, capture, two_pass=two_pass)
    assert [row["outcome"] for row in rows] == ["cut off", "turned away", "no mail"]
    assert [row["complete"] for row in rows] == [False, True, True]
    assert rows[1]["last_error"] == "554 5.7.1 no\\t=,\\ \\a entry"
    assert sessions(tshark, capture, form="tsv", two_pass=two_pass)[1]["last_error"] == rows[1]["last_error"]


def test_a_connection_is_listed_if_one_of_its_frames_passes_the_filter(tshark):
    capture, _ = known_sessions()
    rows = sessions(tshark, capture)
    exposed = sessions(tshark, capture, "smtp.auth.username")
    assert exposed == [row for row in rows if row["login_user"]] and exposed
    assert sessions(tshark, capture, "tcp.port == 1") == []


def test_a_secret_that_the_server_repeats_is_masked(tshark):
    capture = Capture()
    capture.add([S("220 mx\r\n"), C("AUTH PLAIN AHVzZXIAc2VjcmV0\r\n"), S("535 no AHVzZXIAc2VjcmV0\r\n"), *QUIT])
    text = tshark.run(capture, "-q", "-z", "smtp,sessions", prefs=["esmtp.mask_secrets:everywhere"])
    assert "535" in text and "c2VjcmV0" not in text


@pytest.mark.parametrize("argument", ["smtp,sessionsx", "smtp,sessions,no.such.field == 1", "smtp,sessions,json,((("])
def test_what_is_wrong_with_the_argument_is_said(tshark, recorded, argument):
    with pytest.raises(TsharkFailed, match="-z smtp,sessions: "):
        tshark.run(recorded.path, "-q", "-z", argument)
