"""Sessions that the built-in dissector reads wrongly: each must be read right, in one pass and in two.

How the lines are written is told in lib/transcript.py.
"""

import hashlib

import pytest

from dialogue import C, Capture, S
from transcript import check, sessions

CAPTURE = Capture()

HELLO = [S("220 mx ESMTP\r\n"), C("EHLO a\r\n"), S("250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n")]
READ_HELLO = """
    1 S 220
    2 C EHLO a
    3 S 250 for 2
"""
ENVELOPE = [C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"), C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n")]
READ_ENVELOPE = READ_HELLO + """
    4 C MAIL FROM:<a@a> #1
    5 S 250 for 4 #1
    6 C RCPT TO:<b@b> #1
    7 S 250 for 6 #1
"""
DATA = [C("DATA\r\n"), S("354 go\r\n")]
READ_DATA = READ_ENVELOPE + """
    8 C DATA #1
    9 S 354 for 8 #1
"""
QUIT = [C("QUIT\r\n"), S("221 bye\r\n")]
FIRST = "Subject: first\r\n\r\nfirst text\r\n"
SECOND = "Subject: second\r\n\r\nsecond text, longer\r\n"


@pytest.fixture(scope="module", params=[False, True], ids=["one pass", "two passes"])
def two_pass(request):
    return request.param


@pytest.fixture(scope="module")
def read(tshark, two_pass):
    """Every session of this file: {number: Session}."""
    return sessions(tshark, CAPTURE, two_pass=two_pass)


def held(session, *messages):
    """The session's messages are these, to the octet."""
    digests = [hashlib.sha256(message).hexdigest() for message in session.messages]
    assert digests == [hashlib.sha256(message.encode()).hexdigest() for message in messages]


EHLO_REPLY = "250-mx\r\n250-SIZE 52428800\r\n250 HELP\r\n"
P02 = CAPTURE.add([S("220 mx\r\n"), C("EHLO a\r\n"), S(EHLO_REPLY, cut=[EHLO_REPLY.index("2428800")]), *QUIT])


def test_P02_ehlo_reply_cut_inside_size(read):
    session = read[P02]
    check(session, """
        1 S 220
        2 C EHLO a
        3 S ...
        4 S 250 for 2
        5 C QUIT
        6 S 221 for 5
    """)
    assert session.values("smtp.response.code") == ["220", "250", "221"]
    assert session.values("smtp.ehlo.size") == ["52428800"]
    assert session.values("smtp.ehlo.keyword") == ["SIZE", "HELP"]


P03 = CAPTURE.add([S("220 mx\r\n"), C("EHLO a\r\n"), S(EHLO_REPLY, cut=[EHLO_REPLY.index("250 HELP")]), *QUIT])


def test_P03_ehlo_reply_cut_between_two_lines(read):
    session = read[P03]
    check(session, """
        1 S 220
        2 C EHLO a
        3 S ...
        4 S 250 for 2
        5 C QUIT
        6 S 221 for 5
    """)
    assert session.frames[2].values("smtp.rsp.parameter") == ["mx", "SIZE 52428800"]
    assert session.frames[3].values("smtp.rsp.parameter") == ["HELP"]
    assert session.values("smtp.time") == ["0.003000000", "0.002000000", "0.001000000"]


BATCH = "MAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\n"
P04 = CAPTURE.add([*HELLO, C(BATCH, cut=[BATCH.index("@b>")]), S("250 ok\r\n250 ok\r\n"), *DATA,
                   C(FIRST + ".\r\n"), S("250 ok\r\n")])


def test_P04_last_line_of_a_batch_cut(read):
    session = read[P04]
    check(session, READ_HELLO + """
        4 C MAIL FROM:<a@a> #1
        5 C RCPT TO:<b@b> #1
        6 S 250 for 4 #1
        6 S 250 for 5 #1
        7 C DATA #1
        8 S 354 for 7 #1
        9 C text #1
        9 C end #1
        10 S 250 for 7 #1 accepted
    """)
    assert session.values("smtp.rcpt.to") == ["b@b"]
    held(session, FIRST)


AFTER_REFUSED_DATA = [C("RSET\r\n"), S("250 ok\r\n"), C("MAIL FROM:<c@c>\r\n"), S("250 ok\r\n"), *QUIT]
P05_ALONE = CAPTURE.add([*HELLO, *ENVELOPE, C("DATA\r\n"), S("554 no\r\n"), *AFTER_REFUSED_DATA])
P05_PIPELINED = CAPTURE.add([*HELLO, C(BATCH + "DATA\r\n"), S("250 ok\r\n550 no\r\n554 no\r\n"), *AFTER_REFUSED_DATA])


def test_P05_data_refused(read):
    check(read[P05_ALONE], READ_ENVELOPE + """
        8 C DATA #1
        9 S 554 for 8 #1
        10 C RSET #1
        11 S 250 for 10 #1 rejected
        12 C MAIL FROM:<c@c> #2
        13 S 250 for 12 #2
        14 C QUIT #2
        15 S 221 for 14 #2 aborted
    """)
    assert read[P05_ALONE].values("smtp.transaction.recipient") == ["b@b"]
    assert read[P05_ALONE].values("smtp.transaction.code") == ["554"]
    held(read[P05_ALONE])


def test_P05_data_refused_pipelined_after_a_550(read):
    session = read[P05_PIPELINED]
    check(session, READ_HELLO + """
        4 C MAIL FROM:<a@a> #1
        4 C RCPT TO:<b@b> #1
        4 C DATA #1
        5 S 250 for 4 #1
        5 S 550 for 4 #1
        5 S 554 for 4 #1
        6 C RSET #1
        7 S 250 for 6 #1 rejected
        8 C MAIL FROM:<c@c> #2
        9 S 250 for 8 #2
        10 C QUIT #2
        11 S 221 for 10 #2 aborted
    """)
    assert session.values("smtp.transaction.recipient") == []
    assert session.values("smtp.transaction.recipient.rejected") == ["b@b"]
    assert session.values("smtp.transaction.code") == ["550"]
    held(session)


P06 = CAPTURE.add([*HELLO, *ENVELOPE, *DATA, C(FIRST + ".\r\n", cut=[len(FIRST) + 1]), S("250 ok\r\n"), *QUIT])


def test_P06_end_mark_cut_behind_its_dot(read):
    session = read[P06]
    check(session, READ_DATA + """
        10 C text #1
        11 C end #1
        12 S 250 for 8 #1 accepted
        13 C QUIT
        14 S 221 for 13
    """)
    held(session, FIRST)


P07 = CAPTURE.add([*HELLO, *ENVELOPE, *DATA, C(f"{FIRST}.\r\nMAIL FROM:<c@c>\r\nRCPT TO:<d@d>\r\nDATA\r\n"),
                   S("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"), C(SECOND + ".\r\n"), S("250 ok\r\n"), *QUIT])


def test_P07_second_mail_pipelined_behind_the_end_of_the_first(read):
    session = read[P07]
    check(session, READ_DATA + """
        10 C text #1
        10 C end #1
        10 C MAIL FROM:<c@c> #2
        10 C RCPT TO:<d@d> #2
        10 C DATA #2
        11 S 250 for 8 #1 accepted
        11 S 250 for 10 #2
        11 S 250 for 10 #2
        11 S 354 for 10 #2
        12 C text #2
        12 C end #2
        13 S 250 for 10 #2 accepted
        14 C QUIT
        15 S 221 for 14
    """)
    assert session.values("smtp.transaction.recipient") == ["b@b", "d@d"]
    held(session, FIRST, SECOND)


def bdat(text, last=True):
    return f"BDAT {len(text)}{' LAST' if last else ''}\r\n{text}"


P08 = CAPTURE.add([*HELLO, *ENVELOPE, C(bdat(FIRST)), S("250 ok\r\n"), *QUIT])


def test_P08_bdat_line_and_chunk_in_one_segment(read):
    session = read[P08]
    check(session, READ_ENVELOPE + f"""
        8 C BDAT {len(FIRST)} LAST #1
        8 C text #1
        9 S 250 for 8 #1 accepted
        10 C QUIT
        11 S 221 for 10
    """)
    held(session, FIRST)


P09 = CAPTURE.add([*HELLO, *ENVELOPE, C(bdat(FIRST)), S("250 ok\r\n"), *ENVELOPE, *DATA, C(SECOND + ".\r\n"),
                   S("250 ok\r\n"), *QUIT])


def test_P09_bdat_mail_then_data_mail(read):
    session = read[P09]
    check(session, READ_ENVELOPE + f"""
        8 C BDAT {len(FIRST)} LAST #1
        8 C text #1
        9 S 250 for 8 #1 accepted
        10 C MAIL FROM:<a@a> #2
        11 S 250 for 10 #2
        12 C RCPT TO:<b@b> #2
        13 S 250 for 12 #2
        14 C DATA #2
        15 S 354 for 14 #2
        16 C text #2
        16 C end #2
        17 S 250 for 14 #2 accepted
        18 C QUIT
        19 S 221 for 18
    """)
    held(session, FIRST, SECOND)


P10 = CAPTURE.add([*HELLO, *ENVELOPE, C(bdat(FIRST, last=False)), S("503 no\r\n"), *ENVELOPE, C(bdat(SECOND)),
                   S("250 ok\r\n"), *QUIT])


def test_P10_chunk_refused_then_a_new_mail(read, two_pass):
    session = read[P10]
    # Only a further pass knows that no more of this message will come.
    later = " !message_incomplete" if two_pass else ""
    check(session, READ_ENVELOPE + f"""
        8 C BDAT {len(FIRST)} #1
        8 C text #1{later}
        9 S 503 for 8 #1
        10 C MAIL FROM:<a@a> #2 !out_of_order
        11 S 250 for 10 #2 #1 rejected
        12 C RCPT TO:<b@b> #2
        13 S 250 for 12 #2
        14 C BDAT {len(SECOND)} LAST #2
        14 C text #2
        15 S 250 for 14 #2 accepted
        16 C QUIT
        17 S 221 for 16
    """)
    held(session, SECOND)
    assert session.values("smtp.transaction.size") == [str(len(SECOND))]


P13 = CAPTURE.add([*HELLO, *ENVELOPE, *DATA, C(FIRST + ".\r\n"), S("250 ok\r\n"), *QUIT], client_port=25, port=25)


def test_P13_both_ports_are_25(read):
    session = read[P13]
    check(session, READ_DATA + """
        10 C text #1
        10 C end #1
        11 S 250 for 8 #1 accepted
        12 C QUIT
        13 S 221 for 12
    """)
    held(session, FIRST)


P14 = CAPTURE.add([*HELLO, *ENVELOPE, *DATA, C(SECOND + ".\r\n", cut=[20, 30], drop=[1]), S("250 ok\r\n"), *QUIT])


def test_P14_segment_of_the_body_missing(read):
    session = read[P14]
    check(session, READ_DATA + """
        10 C text #1
        11 gap !gap
        11 C text #1
        11 C end #1 !message_incomplete
        12 S 250 for 8 #1 accepted
        13 C QUIT
        14 S 221 for 13
    """)
    assert SECOND.encode() not in session.messages
    assert not any(SECOND[:20].encode() + SECOND[30:].encode() == message for message in session.messages)


ODD = ["XCLIENT NAME=x ADDR=192.0.2.7", "XFORWARD NAME=x ADDR=192.0.2.7", "X-ANONYMOUSTLS", "X", "FOOBAR y", " NOOP",
       "NOOP\tx", "NOOP"]
P15 = CAPTURE.add(HELLO + [step for line in ODD for step in (C(line + "\r\n"), S("500 no\r\n"))])


def test_P15_verbs_of_every_kind(read):
    session = read[P15]
    commands = session.items("smtp.command_line")[1:]
    assert [command.value for command in commands] == [line + "\r\n" for line in ODD]
    assert [command.values("smtp.req.command") for command in commands] == [[line.split()[0]] for line in ODD]
    assert [command.values("smtp.req.parameter") for command in commands] == [line.split(None, 1)[1:] for line in ODD]
    assert [line.split()[1:] for line in session.lines if " S " in line][2:] == \
        [["S", "500", "for", str(n)] for n in range(4, 4 + 2 * len(ODD), 2)]
    assert not session.items("smtp.data.piece")


SMUGGLED = "MAIL FROM:<evil@a>\r\nRCPT TO:<evil@b>\r\nDATA\r\nSubject: evil\r\n\r\nevil\r\n"
FAKE_ENDS = ["\n.\r\n", "\r\n.\n"]
P26 = [CAPTURE.add([*HELLO, *ENVELOPE, *DATA, C(f"Subject: x\r\n\r\nx{end}{SMUGGLED}.\r\n"), S("250 ok\r\n"), *QUIT])
       for end in FAKE_ENDS]


@pytest.mark.parametrize("number", range(len(FAKE_ENDS)), ids=["LF . CRLF", "CRLF . LF"])
def test_P26_second_envelope_behind_an_end_that_is_none(read, number, two_pass):
    session = read[P26[number]]
    # Until the server has answered QUIT, the one 250 may have been for the false end.
    undecided = ("\n10 !undecided", "\n12 !undecided") if not two_pass else ("", "")
    check(session, READ_DATA + f"""
        10 C text #1 !fake_end !smuggling_attempt
        10 C end #1 !body_octets{undecided[0]}
        11 S 250 for 8 #1 accepted
        12 C QUIT{undecided[1]}
        13 S 221 for 12
    """)
    kept = "\n.\r\n" if number == 0 else "\r\n\n"  # a dot at the start of a line is stuffing
    held(session, f"Subject: x\r\n\r\nx{kept}{SMUGGLED}")
    severity = session.items("smtp.data.piece")[0].find("_ws.expert").label
    assert severity.startswith("Expert Info (Warning/Security)")


P28 = CAPTURE.add([C("EHLO a\r\n"), S("220 mx\r\n"), S("250 mx\r\n"), *QUIT])


def test_P28_client_before_the_greeting(read):
    session = read[P28]
    check(session, """
        1 C EHLO a !client_first
        2 S 220
        3 S 250 for 1
        4 C QUIT
        5 S 221 for 4
    """)
    assert session.items("_ws.expert")[0].label.startswith("Expert Info (Warning/Sequence)")


CODES = ["521", "523", "555", "556", "455", "999"]
P29 = CAPTURE.add([*HELLO, *(step for code in CODES for step in (C("NOOP\r\n"), S(f"{code} text\r\n"))),
                   C("NOOP\r\n"), S("what is this\r\n"), S("250 ok\r\n"), *QUIT])


def test_P29_rare_codes_and_a_line_that_is_no_reply(read):
    session = read[P29]
    check(session, READ_HELLO + """
        4 C NOOP
        5 S 521 for 4
        6 C NOOP
        7 S 523 for 6
        8 C NOOP
        9 S 555 for 8
        10 C NOOP
        11 S 556 for 10
        12 C NOOP
        13 S 455 for 12
        14 C NOOP
        15 S 999 for 14 !wrong_code
        16 C NOOP
        17 S ? !not_reply
        18 S 250 for 16
        19 C QUIT
        20 S 221 for 19
    """)
    labels = {item.value: item.label for item in session.items("smtp.response.code")}
    for code in CODES[:-1]:
        assert "Unknown" not in labels[code], labels[code]
    assert session.values("smtp.rsp.parameter").count("what is this") == 1


P33 = CAPTURE.add([S("220 mx ESMTP\r\n", again=True), C("EHLO a\r\n", again=True),
                   S("250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n", again=True),
                   *(type(step)(step.who, step.data, again=True) for step in [*ENVELOPE, *DATA]),
                   C(SECOND + ".\r\n", cut=[10, 30], again={0: 2, 1: 0, 2: 0}), S("250 ok\r\n", again=True),
                   C("QUIT\r\n", again=True), S("221 bye\r\n", again=True)])


def test_P33_retransmissions_show_nothing_twice(read):
    session = read[P33]
    # Each packet comes twice; the three of the body with the first one's copy after the third.
    check(session, """
        1 S 220
        3 C EHLO a
        5 S 250 for 3
        7 C MAIL FROM:<a@a> #1
        9 S 250 for 7 #1
        11 C RCPT TO:<b@b> #1
        13 S 250 for 11 #1
        15 C DATA #1
        17 S 354 for 15 #1
        19 C text #1
        20 C text #1
        22 C text #1
        22 C end #1
        25 S 250 for 15 #1 accepted
        27 C QUIT
        29 S 221 for 27
    """)
    held(session, SECOND)


P34_STARTTLS = CAPTURE.add([*HELLO, C("STARTTLS\r\n"), S("454 4.7.0 not now\r\n"), C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"), *QUIT])
DOTTED = "Subject: dot\r\n\r\n.\r\n..\r\nend\r\n.\r\n"
P34_CHUNK = CAPTURE.add([*HELLO, *ENVELOPE, C(bdat(DOTTED)), S("250 ok\r\n"), *QUIT])
P34_EMPTY = CAPTURE.add([*HELLO, *ENVELOPE, *DATA, C(".\r\n"), S("250 ok\r\n"), *QUIT])


def test_P34_starttls_refused(read):
    check(read[P34_STARTTLS], READ_HELLO + """
        4 C STARTTLS !not_offered
        5 S 454 for 4
        6 C MAIL FROM:<a@a> #1
        7 S 250 for 6 #1
        8 C QUIT #1
        9 S 221 for 8 #1 aborted
    """)
    assert not read[P34_STARTTLS].items("smtp.tls")


def test_P34_chunk_that_holds_an_end_mark(read):
    check(read[P34_CHUNK], READ_ENVELOPE + f"""
        8 C BDAT {len(DOTTED)} LAST #1
        8 C text #1
        9 S 250 for 8 #1 accepted
        10 C QUIT
        11 S 221 for 10
    """)
    held(read[P34_CHUNK], DOTTED)


def test_P34_empty_mail(read):
    session = read[P34_EMPTY]
    check(session, READ_DATA + """
        10 C end #1
        11 S 250 for 8 #1 accepted
        12 C QUIT
        13 S 221 for 12
    """)
    assert session.values("smtp.transaction.size") == ["0"]
    assert b"".join(session.messages) == b""


def test_commands_point_to_their_replies(read, two_pass):
    """response_in, where a further pass knows it, is the other end of request_in."""
    for session in read.values():
        back = {}
        for frame in session.frames:
            for reply in frame.all("smtp.response"):
                for value in reply.values("smtp.request_in"):
                    back.setdefault(int(value), set()).add(frame.number)
        for frame in session.frames:
            for item in frame.all("smtp.command_line"):
                found = {int(value) for value in item.values("smtp.response_in")}
                assert found <= back.get(frame.number, set()), item.text()
                assert found or not two_pass, item.text()
