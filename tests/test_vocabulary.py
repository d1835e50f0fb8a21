"""One session that says everything: each keyword, parameter, code and mechanism is explained.

The names come from the same files as those of the unit test of the tables (unit/tables/data).
"""

import re

import pytest

from dialogue import C, Capture, S

# Codes below 200 are no replies of their own (050: progress lines of Sendmail).
UNPAIRED = {"050"}

ENHANCED = re.compile(r"([24-5X])\.(\d+|X)\.(\d+)(?:-(\d+))?$")


def names(source, kind):
    lines = (source / "tests/unit/tables/data" / f"{kind}.txt").read_text().splitlines()
    return [line.split("\t")[0].strip() for line in lines if line.strip() and line[0] != "#"]


def explained(items):
    """Every item has an explanation right below it, and that a reference."""
    for item in items:
        explanation, = [child for child in item.children if child.name == "smtp.explanation"][:1] or [None]
        assert explanation, item.text()
        assert [child.name for child in explanation.children][-1:] == ["smtp.reference"], item.text()
    return len(items)


def explained_after(parent, name):
    """Those of a parent, each with its explanation right after it."""
    children = parent.children
    items = [(child, after) for child, after in zip(children, children[1:]) if child.name == name]
    assert items and all(after.name == "smtp.explanation" for _, after in items), parent.text()
    return items


@pytest.fixture(scope="module")
def keywords(source):
    return names(source, "keywords")


def test_every_keyword_is_explained(tshark, keywords):
    lines = "".join(f"250-{name}\r\n" for name in keywords)
    capture = Capture()
    capture.add([S("220 mx ESMTP\r\n"), C("EHLO a\r\n"), S(f"250-mx\r\n{lines}250 HELP\r\n")])
    frame, = [frame for frame in tshark.tree(capture) if frame.all("smtp.ehlo.keyword")]
    shown = [item for item in frame.all("smtp.rsp.parameter")
             if any(child.name == "smtp.ehlo.keyword" for child in item.children)]
    assert explained(shown) == len(keywords) + 1
    told = " ".join(item.text() for item in shown)
    assert "nregistered" not in told


@pytest.mark.parametrize("verb, on", [("MAIL FROM:<a@b.example>", "MAIL"), ("RCPT TO:<c@d.example>", "RCPT")])
def test_every_parameter_is_explained(tshark, source, verb, on):
    lines = (source / "tests/unit/tables/data/params.txt").read_text().splitlines()
    wanted = [line.split()[1] for line in lines if line.startswith(on)]
    assert len(wanted) > 5
    capture = Capture()
    line = " ".join([verb, *(f"{name}=x" for name in wanted)])
    capture.add([S("220 mx ESMTP\r\n"), C("EHLO a\r\n"), S("250 mx\r\n"), C(line + "\r\n"), S("250 ok\r\n")])
    line, = [item for frame in tshark.tree(capture) for item in frame.all("smtp.command_line") if item.all("smtp.param")]
    assert len(explained_after(line, "smtp.param")) == len(wanted)


def test_every_code_is_explained_and_named(tshark, source):
    codes = [code for code in names(source, "codes") if code not in UNPAIRED]
    dialogue = [S("220 mx ESMTP\r\n")]
    for code in codes:
        dialogue += [C("NOOP\r\n"), S(f"{code} text\r\n")]
    capture = Capture()
    capture.add(dialogue)
    replies = [item for frame in tshark.tree(capture) for item in frame.all("smtp.response")][1:]
    assert explained(replies) == len(codes)
    for code, reply in zip(codes, replies):
        label = reply.find("smtp.response.code").label
        assert label.endswith(f"({code})") and "Unknown" not in label


def test_unknown_codes_are_called_unknown_with_the_meaning_of_their_class(tshark):
    capture = Capture()
    capture.add([S("220 mx ESMTP\r\n"), C("NOOP\r\n"), S("599 no\r\n"), C("NOOP\r\n"), S("299 yes\r\n")])
    replies = [item for frame in tshark.tree(capture) for item in frame.all("smtp.response")][1:]
    assert [reply.find("smtp.response.code").label for reply in replies] == \
        ["Response code: Unknown (599)", "Response code: Unknown (299)"]
    assert [reply.find("smtp.response.class").label for reply in replies] == \
        ["Class: permanent failure (5)", "Class: success (2)"]


def test_every_enhanced_code_is_explained(tshark, source):
    codes = []
    for name in names(source, "enhanced"):
        match = ENHANCED.match(name)
        if match and "X" not in match.group(2):
            first = "5" if match.group(1) == "X" else match.group(1)
            codes.append(f"{first}.{match.group(2)}.{match.group(3)}")
    assert len(codes) > 70
    dialogue = [S("220 mx ESMTP\r\n")]
    for code in codes:
        dialogue += [C("NOOP\r\n"), S(f"{code[0]}50 {code} text\r\n")]
    capture = Capture()
    capture.add(dialogue)
    items = [item for frame in tshark.tree(capture, tshark=True) for item in frame.all("smtp.response.enhanced_code")]
    assert [item.value for item in items] == codes
    for item in items:
        assert "No registry knows" not in item.text()
        parts = [int(item.find(f"smtp.response.enhanced_code.{part}").value) for part in ("class", "subject", "detail")]
        assert ".".join(map(str, parts)) == item.value


def test_enhanced_code_that_nobody_knows_or_that_contradicts_the_reply(tshark):
    capture = Capture()
    capture.add([S("220 mx ESMTP\r\n"), C("NOOP\r\n"), S("250 2.9.99 x\r\n"), C("NOOP\r\n"), S("250 5.1.1 x\r\n")])
    first, second = [frame for frame in tshark.tree(capture) if frame.all("smtp.response.enhanced_code")]
    assert "No registry knows" in first.text()
    assert not first.all("smtp.expert.enhanced_class")
    assert second.all("smtp.expert.enhanced_class")


def test_every_mechanism_is_explained(tshark, source):
    mechanisms = [name.replace("*", "NONE") for name in names(source, "mechanisms")]
    capture = Capture()
    capture.add([S("220 mx ESMTP\r\n"), C("EHLO a\r\n"), S(f"250-mx\r\n250 AUTH {' '.join(mechanisms)}\r\n")])
    line, = [item for frame in tshark.tree(capture) for item in frame.all("smtp.rsp.parameter")
             if item.all("smtp.ehlo.auth.mechanism")]
    items = explained_after(line, "smtp.ehlo.auth.mechanism")
    assert [item.value for item, _ in items] == mechanisms
    assert not any("Unknown mechanism" in explanation.value for _, explanation in items)


def test_every_verb_is_explained(tshark, source):
    verbs = [name for name in names(source, "verbs") if name not in (".", "*")]
    # These are followed by octets or change what the connection speaks; each gets one of its own.
    dialogues = [[S("220 mx ESMTP\r\n"), C(f"{verb}\r\n"), S("500 no\r\n")] for verb in verbs]
    capture = Capture()
    capture.add_all(dialogues)
    shown = {frame.stream: item for frame in tshark.tree(capture, tshark=True)
             for item in frame.all("smtp.command_line")}
    assert len(shown) == len(verbs)
    explained(list(shown.values()))
    for stream, item in shown.items():
        assert item.find("smtp.req.verb").value == verbs[stream]
        assert "No registry" not in item.text()


# The same code in other places; words that its explanation must have.
CONTEXTS = [
    ("EHLO a", "250", "extension"),
    ("HELO a", "250", "HELO"),
    ("RSET", "250", ""),
    ("VRFY x", "252", "exist"),
    ("ETRN x", "252", "queue|wait|mail"),
    ("ETRN x", "251", "queue|wait|mail"),
    ("STARTTLS", "454", "TLS"),
    ("AUTH PLAIN AGEAYg==", "454", "log|auth|password|credential"),
    ("RCPT TO:<a@b>", "550", "recipient"),
    ("MAIL FROM:<a@b>", "550", "sender"),
    ("DATA", "354", "message"),
    ("NOOP", "421", "clos"),
]


def test_the_same_code_means_something_else_after_another_verb(tshark):
    capture = Capture()
    for verb, code, _ in CONTEXTS:
        capture.add([S("220 mx ESMTP\r\n"), C(f"{verb}\r\n"), S(f"{code} text\r\n")])
    told = {}
    for frame in tshark.tree(capture):
        for item in frame.all("smtp.response"):
            explanation = item.find("smtp.explanation")
            told[frame.stream] = " ".join([explanation.value, *explanation.values("smtp.explanation.more")])
    for stream, (verb, code, words) in enumerate(CONTEXTS):
        assert re.search(words, told[stream], re.IGNORECASE), (verb, code, told[stream])
    by_code = {}
    for stream, (verb, code, _) in enumerate(CONTEXTS):
        by_code.setdefault(code, []).append(told[stream])
    for code in ("250", "252", "454", "550"):
        assert len(set(by_code[code])) == len(by_code[code]), code


def test_next_step_is_told(tshark):
    capture = Capture()
    capture.add([S("220 mx ESMTP\r\n"), C("MAIL FROM:<a@b>\r\n"), S("451 4.7.1 greylisted\r\n"),
                 C("RCPT TO:<a@b>\r\n"), S("550 5.1.1 no\r\n"), C("MAIL FROM:<a@b>\r\n"), S("530 5.7.0 auth\r\n")])
    steps = [item.value for frame in tshark.tree(capture) for item in frame.all("smtp.response.next_step")]
    assert "later" in steps[1] and "recipient" in steps[2] and re.search("log|TLS", steps[3]), steps


RECIPIENTS = ["RCPT TO:<one@x.example>\r\n", "RCPT TO:<two@x.example>\r\n", "RCPT TO:<three@x.example>\r\n"]


def delivery(*replies):
    steps = [S("220 mx ESMTP\r\n"), C("EHLO a\r\n"), S("250 mx\r\n"), C("MAIL FROM:<a@b.example>\r\n"), S("250 ok\r\n")]
    for rcpt in RECIPIENTS:
        steps += [C(rcpt), S("250 ok\r\n")]
    return [*steps, C("DATA\r\n"), S("354 go\r\n"), C("Subject: x\r\n\r\nx\r\n.\r\n"), *map(S, replies), C("QUIT\r\n"), S("221 bye\r\n")]


@pytest.mark.parametrize("replies, accepted, rejected, outcome, code", [
    (["353 wait\r\n250 ok\r\n", "550 no\r\n452 full\r\n", "250 done\r\n"], ["one"], ["two", "three"], "accepted", "250"),
    (["558-250 ok\r\n558-550-no\r\n558-550 really\r\n558 250 ok\r\n"], ["one", "three"], ["two"], "accepted", "250"),
    (["558-550 no\r\n558-550 no\r\n558 552 full\r\n"], [], ["one", "two", "three"], "rejected", "558"),
], ids=["PRDR 353", "EXDATA 558", "EXDATA 558, all refused"])
def test_verdicts_after_the_message(tshark, replies, accepted, rejected, outcome, code):
    capture = Capture()
    capture.add(delivery(*replies))
    for two_pass in (False, True):
        frames = tshark.tree(capture, two_pass=two_pass)
        final = [frame for frame in frames if frame.all("smtp.transaction.outcome")]
        assert len(final) == 1
        assert final[0].values("smtp.transaction.outcome") == [outcome]
        assert final[0].values("smtp.transaction.code") == [code]
        assert final[0].values("smtp.transaction.recipient") == [f"{name}@x.example" for name in accepted]
        assert final[0].values("smtp.transaction.recipient.rejected") == [f"{name}@x.example" for name in rejected]


def test_355_resumes_and_is_no_failure(tshark):
    capture = Capture()
    capture.add([S("220 mx ESMTP\r\n"), C("EHLO a\r\n"), S("250-mx\r\n250 CHECKPOINT\r\n"),
                 C("MAIL FROM:<a@b> TRANSID=<1@a>\r\n"), S("355 6135 is the transaction offset\r\n"),
                 C("DATA\r\n"), S("354 go\r\n"), C("rest\r\n.\r\n"), S("250 ok\r\n")])
    frames = tshark.tree(capture, two_pass=True)
    mail, = [item for frame in frames for item in frame.all("smtp.command_line") if item.all("smtp.mail.status")]
    assert mail.find("smtp.mail.status").value == "355"
    assert not any(frame.all("smtp.expert.wrong_code") for frame in frames)
    assert [value for frame in frames for value in frame.values("smtp.transaction.outcome")] == ["accepted"]
