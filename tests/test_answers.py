"""A reply says what it answers, and whom: smtp.request, smtp.request.verb, smtp.rcpt.address, smtp.eom_in."""

import re
import shlex
from pathlib import Path

import pytest

from dialogue import C, Capture, S, cut_everywhere, script
from mails import GREETING, QUIT, bdat, data, envelope

NAMES = ["frame.number", "smtp.response.code", "smtp.request", "smtp.request.verb", "smtp.rcpt.address", "smtp.request_in",
         "smtp.eom_in"]
PASSES = [False, True]
ROOT = Path(__file__).parent.parent


def answers(tshark, capture, two_pass):
    """A list for each frame with replies: of each field its values."""
    return [{name: row[name] for name in NAMES} for row in
            tshark.fields(capture, NAMES, filter="smtp.response.code", two_pass=two_pass)]


@pytest.mark.parametrize("two_pass", PASSES)
def test_which_of_five_recipients_was_refused(tshark, two_pass):
    """Five replies in one frame, to commands in one frame."""
    capture = Capture()
    capture.add([*GREETING, C("MAIL FROM:<a@a>\r\n" + "".join(f"RCPT TO:<r{n}@x>\r\n" for n in range(5))),
                 S("250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n450 wait\r\n250 ok\r\n"), *QUIT])
    row = answers(tshark, capture, two_pass)[2]
    assert row["smtp.response.code"] == ["250", "250", "550", "250", "450", "250"]
    assert row["smtp.rcpt.address"] == [f"r{n}@x" for n in range(5)]
    assert row["smtp.request"] == ["MAIL FROM:<a@a>", *(f"RCPT TO:<r{n}@x>" for n in range(5))]
    assert row["smtp.request.verb"] == ["MAIL", *["RCPT"] * 5]
    found = tshark.fields(capture, ["smtp.rcpt.address", "smtp.response.code"], filter="smtp.rcpt.address && smtp.response.class >= 4")
    assert len(found) == 1


@pytest.mark.parametrize("two_pass", PASSES)
def test_lmtp_and_its_recipients(tshark, two_pass):
    capture = Capture()
    capture.add(script("""
        S: 220 mx LMTP
        C: LHLO a
        S: 250 mx
        C: MAIL FROM:<>
        S: 250 ok
        C: RCPT TO:<b@b>
        C: RCPT TO:<no@b>
        C: RCPT TO:<c@c>
        S: 250 ok
        S: 550 no
        S: 250 ok
        C: DATA
        S: 354 go
        C: Subject: x
        C:
        C: .
        S: 250 saved
        S: 552 full
    """), port=24)
    rows = answers(tshark, capture, two_pass)
    assert rows[2]["smtp.request"] == ["MAIL FROM:<>"]
    assert rows[3]["smtp.rcpt.address"] == ["b@b", "no@b", "c@c"]
    end = rows[-1]
    assert end["smtp.rcpt.address"] == ["b@b", "c@c"]
    assert end["smtp.request"] == ["DATA, end of the message, for <b@b>", "DATA, end of the message, for <c@c>"]
    assert end["smtp.request.verb"] == ["DATA"] * 2
    assert end["smtp.eom_in"] == [str(int(end["frame.number"][0]) - 1)] * 2


@pytest.mark.parametrize("two_pass", PASSES)
@pytest.mark.parametrize("mail", [data(b"Subject: s\r\n\r\n" + b"x" * 3000 + b"\r\n"), bdat([b"a" * 2000, b"b" * 2000])],
                         ids=["DATA", "BDAT"])
def test_the_reply_to_a_message_and_its_end(tshark, mail, two_pass):
    """The time counts from there."""
    capture = Capture()
    capture.add([*GREETING, *mail, *QUIT])
    row, = [row for row in answers(tshark, capture, two_pass) if row["smtp.eom_in"]]
    assert row["smtp.request.verb"] in (["DATA"], ["BDAT"])
    assert row["smtp.request"] in (["DATA, end of the message"], ["BDAT"])
    assert row["smtp.eom_in"] == [str(int(row["frame.number"][0]) - 1)]
    assert int(row["smtp.request_in"][0]) < int(row["smtp.eom_in"][0])


@pytest.mark.parametrize("two_pass", PASSES)
def test_a_verb_that_no_table_has(tshark, two_pass):
    """It is the first word of the line, whatever that is; no word that may be a secret."""
    capture = Capture()
    capture.add([*GREETING, C("xyzzy 1\r\n"), S("500 what\r\n"), C("X\r\nNOOP\r\nfoo-bar\r\n"), S("250-ok\r\n250 ok\r\n250 ok\r\n"),
                 S("502 no\r\n"), *QUIT])
    capture.add([*GREETING, *envelope(), C("BUY now\r\n"), S("354 go\r\n"), C("x\r\n.\r\n"), S("250 ok\r\n"), *data(b"y\r\n"), *QUIT])
    capture.add([*GREETING, C("AUTH LOGIN\r\n"), S("503 no\r\n"), C("c2VjcmV0\r\n"), S("500 what\r\n"), C("AUTHPLAINc2VjcmV0\r\n"),
                 S("500 what\r\n"), *QUIT])
    seen = tshark.lists(capture, ["smtp.request.verb", "smtp.request"], two_pass=two_pass)
    assert seen[0]["smtp.request.verb"] == ["EHLO", "XYZZY", "X", "NOOP", "FOO-BAR", "QUIT"] == seen[0]["smtp.request"]
    assert seen[1]["smtp.request.verb"] == ["EHLO", *["MAIL", "RCPT", "BUY", "BUY"], *["MAIL", "RCPT", "DATA", "DATA"], "QUIT"]
    assert [said for said in seen[1]["smtp.request"] if said[0] in "BD"] == ["BUY", "BUY, end of the message", "DATA", "DATA, end of the message"]
    assert seen[2]["smtp.request.verb"] == ["EHLO", "AUTH", "QUIT"]
    counted = [line.split() for line in tshark.call("-q", "-z", "smtp,srt", "-r", tshark.path(capture)).splitlines()]
    assert {line[1]: line[2] for line in counted if len(line) > 2 and line[0].isdigit()}["message"] == "2"


FIVE = [*GREETING, C("MAIL FROM:<a@a>\r\n" + "".join(f"RCPT TO:<r{n}@x>\r\n" for n in range(5)) + "DATA\r\n"),
        S("250 ok\r\n250 ok\r\n550-5.1.1 no, never\r\n550 5.1.1 more\r\n250 ok\r\n450 wait\r\n250 ok\r\n354 go\r\n"),
        C("x\r\n.\r\nVRFY a\r\n"), S("554 spam\r\n252 maybe\r\n"), *QUIT]


@pytest.mark.parametrize("two_pass", PASSES)
def test_the_recipe_for_refused_recipients(tshark, two_pass):
    """Of the cookbook, on five replies in one frame: whom, code and reason in one value each."""
    capture = Capture()
    capture.add(FIVE)
    recipe, = [line for line in (ROOT / "plugin/doc/cookbook.md").read_text().splitlines()
               if line.startswith("$ tshark") and "smtp.rcpt.refused" in line]
    arguments = shlex.split(recipe)[2:]
    arguments[arguments.index("-r") + 1] = tshark.path(capture)
    assert tshark.call(*arguments, *(["-2"] if two_pass else [])) == "8\tr1@x: 550 5.1.1 no, never|r3@x: 450 wait\n"


def test_a_refused_command_has_the_words_of_its_refusal(tshark):
    """In later passes: first line of the reply, on the command or the message that it refuses, and on nothing else."""
    capture = Capture()
    capture.add(FIVE)
    capture.add([*GREETING, C("FOO\r\n"), S("500 what\r\n"), C("STARTTLS\r\n"), S("454 4.3.0 not now\r\n"), C("AUTH LOGIN\r\n"),
                 S("334 VXNlcm5hbWU6\r\n"), C("c2VjcmV0\r\n"), S("535 no\r\n"), C("HELP\r\n"), S("421\r\n")])
    names = ["smtp.refusal", "smtp.rcpt.refused"]
    assert not any(row["smtp.refusal"] for row in tshark.fields(capture, names, two_pass=False))
    first, second = tshark.lists(capture, names, two_pass=True).values()
    assert first["smtp.refusal"] == ["550 5.1.1 no, never", "450 wait", "554 spam"]
    assert first["smtp.rcpt.refused"] == ["r1@x: 550 5.1.1 no, never", "r3@x: 450 wait"]
    assert second["smtp.refusal"] == ["500 what", "454 4.3.0 not now", "535 no", "421 "] and not second["smtp.rcpt.refused"]
    said = [item.label for frame in tshark.tree(capture) for item in frame.all("smtp.refusal")]
    assert said == [f"Refusal of {what}" for what in ("RCPT: 550 5.1.1 no, never", "RCPT: 450 wait", "the message: 554 spam", "FOO: 500 what",
                                                      "STARTTLS: 454 4.3.0 not now", "AUTH: 535 no", "HELP: 421 ")]


def test_in_lmtp_each_recipient_has_its_refusal(tshark):
    capture = Capture()
    capture.add(script("""
        S: 220 mx LMTP
        C: LHLO a
        S: 250 mx
        C: MAIL FROM:<>
        S: 250 ok
        C: RCPT TO:<b@b>
        S: 250 ok
        C: RCPT TO:<c@c>
        S: 250 ok
        C: DATA
        S: 354 go
        C: x
        C: .
        S: 250 saved
        S: 552 5.2.2 full
    """), port=24)
    found = {row["smtp.rcpt.to"][0] if row["smtp.rcpt.to"] else None: row["smtp.refusal"]
             for row in tshark.fields(capture, ["smtp.rcpt.to", "smtp.refusal"], filter="smtp.refusal")}
    assert found == {"c@c": ["552 5.2.2 full"]}


def test_no_refusal_repeats_a_secret(tshark):
    """A server that answers with what the client sent as a password."""
    capture = Capture()
    capture.add([*GREETING, C("AUTH LOGIN\r\n"), S("503 no\r\n"), C("c2VjcmV0cGFzc3dvcmQ=\r\n"), S("500 what is c2VjcmV0cGFzc3dvcmQ=\r\n"), *QUIT])
    assert tshark.lists(capture, ["smtp.refusal"])[0]["smtp.refusal"] == ["503 no"]


def test_what_answers_nothing_says_so(tshark):
    capture = Capture()
    capture.add([S("220 mx\r\n"), S("421 4.4.2 timeout\r\n")])
    for row in answers(tshark, capture, True):
        assert not row["smtp.request"] and not row["smtp.rcpt.address"]


def test_it_does_not_depend_on_where_tcp_cuts(tshark):
    dialogue = [*GREETING, C("MAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nRCPT TO:<c@c>\r\n"), S("250 ok\r\n550 no\r\n250 ok\r\n"), *QUIT]
    whole, cut = Capture(), Capture()
    whole.add(dialogue)
    cut.add_all([*cut_everywhere(dialogue)][60:])
    names = ["smtp.request", "smtp.request.verb", "smtp.rcpt.address"]
    want = tshark.lists(whole, names)[0]
    assert want["smtp.rcpt.address"] == ["b@b", "c@c"]
    assert all(found == want for found in tshark.lists(cut, names).values())


def test_every_answer_is_to_what_was_said(tshark, recorded):
    """In all captures: the frame that smtp.request_in names has that verb, and that recipient."""
    said = {row["frame.number"][0]: row for row in tshark.fields(
        recorded.path, ["frame.number", "smtp.req.verb", "smtp.rcpt.to"], filter="smtp", two_pass=True)}
    rcpts = verbs = 0
    for row in tshark.fields(recorded.path, NAMES, filter="smtp.request", two_pass=True):
        commands = [said[frame] for frame in row["smtp.request_in"]]
        known = {verb for command in commands for verb in command["smtp.req.verb"]}
        for verb in row["smtp.request.verb"]:
            verbs += 1
            assert verb in known or verb == "AUTH", row
        if not row["smtp.eom_in"]:
            there = {address for command in commands for address in command["smtp.rcpt.to"]}
            rcpts += len(row["smtp.rcpt.address"])
            assert set(row["smtp.rcpt.address"]) <= there, row
    assert verbs > 700 and rcpts > 80


def test_each_of_nine_thousand_recipients_has_its_answer(tshark):
    """In one connection, one command after the other."""
    capture = Capture()
    capture.add([*GREETING, C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"),
                 *(step for k in range(9000) for step in (C(f"RCPT TO:<r{k}@x>\r\n"), S("250 ok\r\n"))), *QUIT])
    rows = answers(tshark, capture, False)
    assert [row["smtp.rcpt.address"][0] for row in rows if row["smtp.rcpt.address"]] == [f"r{k}@x" for k in range(9000)]


MAIL = "Subject: first\r\n\r\nx\r\n.\r\n"


@pytest.mark.parametrize("two_pass", PASSES)
@pytest.mark.parametrize("sent, info", [
    (MAIL + "QUIT\r\n", r"C: DATA fragment, \d+ bytes \| \. \| .*subject: first.* \| QUIT"),
    (MAIL + "MAIL FROM:<b@b>\r\nRCPT TO:<c@c>\r\n", r".* \| \. \| .*subject: first.* \| MAIL FROM:<b@b> \| RCPT TO:<c@c>"),
    (MAIL + "RSET\r\nQUIT\r\n", r".* \| \. \| .*subject: first.* \| RSET \| QUIT"),
    (MAIL, r".* \| \. \| .*subject: first.*"),
], ids=["QUIT", "MAIL", "RSET", "alone"])
def test_what_imf_says_stands_where_the_message_ended(tshark, sent, info, two_pass):
    """In the Info column nothing of it comes after later commands of the frame."""
    capture = Capture()
    capture.add([*GREETING, *envelope(), C("DATA\r\n"), S("354 go\r\n"), C(sent)])
    column = "_ws.col.info" if "_ws.col.info" in tshark.types else "_ws.col.Info"
    row, = tshark.fields(capture, [column], filter="smtp.eom", two_pass=two_pass)
    assert re.fullmatch(info, row[column][0]), row


@pytest.mark.parametrize("two_pass", PASSES)
def test_what_imf_says_of_two_messages_in_one_frame(tshark, two_pass):
    capture = Capture()
    chunk = "Subject: {}\r\n\r\nx\r\n"
    size = len(chunk.format("first"))
    capture.add([*GREETING, *envelope(), C(f"BDAT {size} LAST\r\n" + chunk.format("first") + "MAIL FROM:<b@b>\r\nRCPT TO:<c@c>\r\n"
                                           + f"BDAT {size} LAST\r\n" + chunk.format("again") + "QUIT\r\n")])
    column = "_ws.col.info" if "_ws.col.info" in tshark.types else "_ws.col.Info"
    row, = tshark.fields(capture, [column], filter="imf", two_pass=two_pass)
    assert re.fullmatch(r"C: BDAT \d+ LAST \| DATA fragment, \d+ bytes \| .*subject: first.* \| MAIL FROM:<b@b> \| RCPT TO:<c@c> \| BDAT \d+ LAST"
                        r" \| DATA fragment, \d+ bytes \| .*subject: again.* \| QUIT", row[column][0]), row


@pytest.mark.parametrize("two_pass", PASSES)
def test_the_info_column_says_what_became_of_the_mail(tshark, two_pass):
    capture = Capture()
    capture.add([*GREETING, C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"), C("RCPT TO:<b@b>\r\nRCPT TO:<c@c>\r\n"), S("250 ok\r\n550 no\r\n"),
                 C("DATA\r\n"), S("354 go\r\n"), C("x\r\n.\r\n"), S("250 2.0.0 Ok: queued as 4ABC\r\n"),
                 *data(b"x\r\n", reply="554 5.7.1 spam\r\n"), *envelope(), C("RSET\r\n"), S("250 reset\r\n"),
                 C("MAIL FROM:<a@a>\r\n"), S("452 full\r\n"), *QUIT])
    lines = [line.split(" S: ", 1)[1] for line in tshark.summary(capture, filter="smtp.transaction.outcome", two_pass=two_pass)]
    assert lines == ["250 2.0.0 Ok: queued as 4ABC -> accepted 1 of 2, queue id 4ABC", "554 5.7.1 spam -> rejected 554",
                     "250 reset -> aborted", "452 full -> deferred 452"]


def test_there_and_back_ends_where_it_began(recorded):
    """All captures: a double click on a reply's link, and on the one that is found there. The reply to a message has a link to its end;
    that to DATA leads to the 354."""
    frames = recorded.frames(two_pass=True)
    logins = messages = others = 0
    for number, frame in frames.items():
        for reply in frame.all("smtp.response"):
            link, = reply.values("smtp.eom_in") or reply.values("smtp.request_in") or [None]
            if link is None:
                continue
            assert str(number) in frames[int(link)].values("smtp.response_in"), (number, link, reply.text())
            logins += bool(reply.values("smtp.auth.attempt"))
            messages += bool(reply.values("smtp.eom_in"))
            others += 1
    assert logins > 100 and messages > 50 and others > 800, (logins, messages, others)
