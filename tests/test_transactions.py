"""Transactions: which lines belong to which mail, what became of it, and who answers whom.

How the lines are written is told in lib/transcript.py.
"""

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
MAIL = [C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n")]
READ_MAIL = READ_HELLO + """
    4 C MAIL FROM:<a@a> #1
    5 S 250 for 4 #1
"""
RCPT = [C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n")]
READ_ENVELOPE = READ_MAIL + """
    6 C RCPT TO:<b@b> #1
    7 S 250 for 6 #1
"""
DATA = [C("DATA\r\n"), S("354 go\r\n")]
READ_DATA = READ_ENVELOPE + """
    8 C DATA #1
    9 S 354 for 8 #1
"""
TEXT = "Subject: x\r\n\r\nhello\r\n"
QUIT = [C("QUIT\r\n"), S("221 bye\r\n")]


def say(line, reply="250 ok"):
    return [C(line + "\r\n"), S(reply + "\r\n")]


def mail(reply="250 ok", text=TEXT):
    return [*MAIL, *RCPT, *DATA, C(text + ".\r\n"), S(reply + "\r\n")]


@pytest.fixture(scope="module", params=[False, True], ids=["one pass", "two passes"])
def two_pass(request):
    return request.param


@pytest.fixture(scope="module")
def read(tshark, two_pass):
    """Every session of this file: {number: Session}."""
    return sessions(tshark, CAPTURE, two_pass=two_pass)


def told(reply, *names):
    """What a final reply tells of the transaction, a list for each name."""
    return [reply.values(f"smtp.transaction{'.' if name else ''}{name}") for name in names]


# --- Numbers --------------------------------------------------------------------------------------

NUMBERS = CAPTURE.add([*HELLO, *MAIL, *RCPT, *DATA, C(TEXT + ".\r\n", cut=[10, len(TEXT) + 1]), S("250 ok\r\n"),
                       *mail(), *QUIT])


def test_number_on_commands_fragments_end_mark_and_replies(read):
    check(read[NUMBERS], READ_DATA + """
        10 C text #1
        11 C text #1
        12 C end #1
        13 S 250 for 8 #1 accepted
        14 C MAIL FROM:<a@a> #2
        15 S 250 for 14 #2
        16 C RCPT TO:<b@b> #2
        17 S 250 for 16 #2
        18 C DATA #2
        19 S 354 for 18 #2
        20 C text #2
        20 C end #2
        21 S 250 for 18 #2 accepted
        22 C QUIT
        23 S 221 for 22
    """)


REFUSED = CAPTURE.add([*HELLO, *say("MAIL FROM:<x@x>", "550 no"), *say("RCPT TO:<b@b>", "503 no"), *MAIL, *QUIT])


def test_refused_mail_takes_a_number(read):
    check(read[REFUSED], READ_HELLO + """
        4 C MAIL FROM:<x@x> #1
        5 S 550 for 4 #1 rejected
        6 C RCPT TO:<b@b> !out_of_order
        7 S 503 for 6
        8 C MAIL FROM:<a@a> #2
        9 S 250 for 8 #2
        10 C QUIT #2
        11 S 221 for 10 #2 aborted
    """)
    first = read[REFUSED].reply(2)
    assert told(first, "sender", "recipient", "recipient.rejected", "code", "reason", "size") == [
        ["x@x"], [], [], ["550"], ["no"], []]


NESTED_REFUSED = CAPTURE.add([*HELLO, *MAIL, *say("MAIL FROM:<x@x>", "503 nested"), *RCPT, *DATA, C(TEXT + ".\r\n"), S("250 ok\r\n")])
NESTED_PIPELINED = CAPTURE.add([*HELLO, *MAIL, C("MAIL FROM:<x@x>\r\nRCPT TO:<b@b>\r\nDATA\r\n"),
                                S("503 nested\r\n250 ok\r\n354 go\r\n"), C(TEXT + ".\r\n"), S("250 ok\r\n")])
NESTED_ACCEPTED = CAPTURE.add([*HELLO, *MAIL, *RCPT, *say("MAIL FROM:<x@x>"), *say("RCPT TO:<y@y>"), *DATA, C(TEXT + ".\r\n"), S("250 ok\r\n")])


# Of the one inside, then of the outer one.
NESTED_ROWS = [[["2"], ["x@x"], [], ["503"]], [["1"], ["a@a"], ["b@b"], ["250"]]]


def test_second_mail_refused_has_a_row_and_changes_nothing(read):
    session = read[NESTED_REFUSED]
    check(session, READ_MAIL + """
        6 C MAIL FROM:<x@x> #2 !out_of_order
        7 S 503 for 6 #2 rejected
        8 C RCPT TO:<b@b> #1
        9 S 250 for 8 #1
        10 C DATA #1
        11 S 354 for 10 #1
        12 C text #1
        12 C end #1
        13 S 250 for 10 #1 accepted
    """)
    assert [told(final, "", "sender", "recipient", "code") for final in session.finals()] == NESTED_ROWS


def test_second_mail_refused_with_more_behind_it_in_the_batch(read, two_pass):
    session = read[NESTED_PIPELINED]
    # What stands after the MAIL belongs to it until its reply comes.
    number = 1 if two_pass else 2
    check(session, READ_MAIL + f"""
        6 C MAIL FROM:<x@x> #2 !out_of_order
        6 C RCPT TO:<b@b> #{number}
        6 C DATA #{number}
        7 S 503 for 6 #2 rejected
        7 S 250 for 6 #1
        7 S 354 for 6 #1
        8 C text #1
        8 C end #1
        9 S 250 for 6 #1 accepted
    """)
    assert [told(final, "", "sender", "recipient", "code") for final in session.finals()] == NESTED_ROWS


def test_second_mail_accepted_begins_the_next(read):
    session = read[NESTED_ACCEPTED]
    check(session, READ_ENVELOPE + """
        8 C MAIL FROM:<x@x> #2 !out_of_order
        9 S 250 for 8 #2 #1 aborted
        10 C RCPT TO:<y@y> #2
        11 S 250 for 10 #2
        12 C DATA #2
        13 S 354 for 12 #2
        14 C text #2
        14 C end #2
        15 S 250 for 12 #2 accepted
    """)
    assert [told(final, "", "sender", "recipient", "code") for final in session.finals()] == [
        [["2", "1"], ["a@a"], ["b@b"], []], [["2"], ["x@x"], ["y@y"], ["250"]]]


REFUSED_BATCH = CAPTURE.add([*HELLO, C("MAIL FROM:<x@x>\r\nRCPT TO:<b@b>\r\nDATA\r\n"),
                             S("451 4.3.0 later\r\n503 no\r\n503 no\r\n"), *MAIL, *QUIT])


def test_what_is_sent_with_a_refused_mail_belongs_to_none(read, two_pass):
    session = read[REFUSED_BATCH]
    # In one pass it is shown before the reply comes.
    number = "" if two_pass else " #1"
    check(session, READ_HELLO + f"""
        4 C MAIL FROM:<x@x> #1
        4 C RCPT TO:<b@b>{number}
        4 C DATA{number}
        5 S 451 for 4 #1 deferred
        5 S 503 for 4
        5 S 503 for 4
        6 C MAIL FROM:<a@a> #2
        7 S 250 for 6 #2
        8 C QUIT #2
        9 S 221 for 8 #2 aborted
    """)
    first, *_ = session.finals()
    assert told(first, "sender", "recipient", "recipient.rejected", "code", "reason") == [
        ["x@x"], [], [], ["451"], ["4.3.0 later"]]


# --- Ends -----------------------------------------------------------------------------------------

ENDS = {line: CAPTURE.add([*HELLO, *MAIL, *RCPT, *say(line), *say("RCPT TO:<c@c>", "503 no"), *MAIL])
        for line in ["RSET", "HELO a", "EHLO a"]}


@pytest.mark.parametrize("line", ENDS)
def test_transaction_ends_with(read, line, two_pass):
    session = read[ENDS[line]]
    # The connection ends before the second one does: only later passes know.
    left = " aborted" if two_pass else ""
    check(session, READ_ENVELOPE + f"""
        8 C {line} #1
        9 S 250 for 8 #1 aborted
        10 C RCPT TO:<c@c> !out_of_order
        11 S 503 for 10
        12 C MAIL FROM:<a@a> #2
        13 S 250 for 12 #2{left}
    """)
    first, *_ = session.finals()
    assert told(first, "sender", "recipient", "code", "reason", "size") == [["a@a"], ["b@b"], [], [], []]


GOES_ON = {line: CAPTURE.add([*HELLO, *MAIL, *RCPT, *say(line, reply), *say("RCPT TO:<c@c>"), *DATA, C(TEXT + ".\r\n"), S("250 ok\r\n")])
           for line, reply in [("RSET", "500 no"), ("HELO a", "503 no"), ("EHLO a", "504 no"), ("STARTTLS", "454 no")]}


@pytest.mark.parametrize("line", GOES_ON)
def test_transaction_goes_on_when_refused(read, line):
    session = read[GOES_ON[line]]
    code, = [line.split()[2] for line in session.lines if line.startswith("9 ")]
    found = " !not_offered !out_of_order" if line == "STARTTLS" else ""
    check(session, READ_ENVELOPE + f"""
        8 C {line} #1{found}
        9 S {code} for 8 #1
        10 C RCPT TO:<c@c> #1
        11 S 250 for 10 #1
        12 C DATA #1
        13 S 354 for 12 #1
        14 C text #1
        14 C end #1
        15 S 250 for 12 #1 accepted
    """)
    assert told(session.final(), "recipient") == [["b@b", "c@c"]]


RSET_IN_BATCH = CAPTURE.add([*HELLO, *MAIL, C("RSET\r\nMAIL FROM:<x@x>\r\n"), S("500 no\r\n503 nested\r\n"), *RCPT, *DATA,
                             C(TEXT + ".\r\n"), S("250 ok\r\n")])


def test_transaction_goes_on_when_rset_and_the_mail_behind_it_are_refused(read):
    check(read[RSET_IN_BATCH], READ_MAIL + """
        6 C RSET #1
        6 C MAIL FROM:<x@x> #2
        7 S 500 for 6 #1
        7 S 503 for 6 #2 rejected
        8 C RCPT TO:<b@b> #1
        9 S 250 for 8 #1
        10 C DATA #1
        11 S 354 for 10 #1
        12 C text #1
        12 C end #1
        13 S 250 for 10 #1 accepted
    """)
    assert [told(final, "", "sender", "recipient", "code") for final in read[RSET_IN_BATCH].finals()] == NESTED_ROWS


QUIT_REFUSED = CAPTURE.add([*HELLO, *MAIL, *say("QUIT", "500 no"), *say("RSET")])
STARTTLS = CAPTURE.add([*HELLO, *MAIL, *say("STARTTLS", "220 go")])


def test_quit_that_is_refused_leaves_it_open(read):
    check(read[QUIT_REFUSED], READ_MAIL + """
        6 C QUIT #1
        7 S 500 for 6 #1
        8 C RSET #1
        9 S 250 for 8 #1 aborted
    """)


def test_starttls_ends_it_on_220(read):
    check(read[STARTTLS], READ_MAIL + """
        6 C STARTTLS #1 !not_offered !out_of_order
        7 S 220 for 6 #1 aborted
    """)


# --- What became of it ----------------------------------------------------------------------------

STUFFED = "Subject: x\r\n\r\n..\r\n..two\r\n. \r\nend\r\n"
DETAILS = CAPTURE.add([*HELLO, *MAIL, *say("RCPT TO:<no@b>", "550 5.1.1 no"), *RCPT, *say("RCPT TO:<later@b>", "451 4.7.1 grey"),
                       *DATA, C(STUFFED + ".\r\n", wait=2), S("250 2.0.0 Ok: queued as 4XyZ1k2mJ1z9rV\r\n", wait=3), *QUIT])
REJECTED = CAPTURE.add([*HELLO, *mail("554 5.7.1 spam; queued as NOTHING"), *QUIT])
NOBODY = CAPTURE.add([*HELLO, *say("MAIL FROM:<>"), *say("RCPT TO:<no@b>", "550 no"), *say("DATA", "503 no"), *QUIT])


def test_all_that_a_final_reply_tells(read):
    final = read[DETAILS].final()
    assert told(final, "", "sender", "recipient", "recipient.rejected", "outcome", "size", "duration", "queue_id") == [
        ["1"], ["a@a"], ["b@b"], ["no@b", "later@b"], ["accepted"], [str(len(STUFFED) - 3)], ["5.009000000"],
        ["4XyZ1k2mJ1z9rV"]]
    assert final.values("smtp.time") == ["3.000000000"]
    assert len(read[DETAILS].messages[0]) == len(STUFFED) - 3


def test_rejected_after_the_message(read):
    final = read[REJECTED].final()
    assert told(final, "outcome", "recipient", "recipient.rejected", "size", "queue_id") == [
        ["rejected"], ["b@b"], [], [str(len(TEXT))], []]


def test_refused_data_does_not_end_it(read):
    check(read[NOBODY], READ_HELLO + """
        4 C MAIL FROM:<> #1
        5 S 250 for 4 #1
        6 C RCPT TO:<no@b> #1
        7 S 550 for 6 #1
        8 C DATA #1 !out_of_order
        9 S 503 for 8 #1
        10 C QUIT #1
        11 S 221 for 10 #1 rejected
    """)
    # The refusals of its recipients decide, not the 503 that follows from them.
    assert told(read[NOBODY].final(), "sender", "recipient", "recipient.rejected", "code", "reason") == [
        [""], [], ["no@b"], ["550"], ["no"]]


SECOND_TRY = CAPTURE.add([*HELLO, *MAIL, *say("DATA", "503 no recipient"), *RCPT, *DATA, C(TEXT + ".\r\n"), S("250 ok\r\n")])


def test_reply_to_the_message_counts_not_that_to_a_refused_data(read):
    check(read[SECOND_TRY], READ_MAIL + """
        6 C DATA #1 !out_of_order
        7 S 503 for 6 #1
        8 C RCPT TO:<b@b> #1
        9 S 250 for 8 #1
        10 C DATA #1
        11 S 354 for 10 #1
        12 C text #1
        12 C end #1
        13 S 250 for 10 #1 accepted
    """)


LMTP_RCPTS = [step for name in ("one", "two", "three") for step in say(f"RCPT TO:<{name}@b>")]
LHLO = [S("220 mx LMTP\r\n"), C("LHLO a\r\n"), S("250-mx\r\n250 PIPELINING\r\n")]
LMTP = CAPTURE.add([*LHLO, *MAIL, *LMTP_RCPTS, *DATA, C(TEXT + ".\r\n"), S("250 ok\r\n552 full\r\n"), S("250 ok\r\n"), *QUIT], port=24)
LMTP_NONE = CAPTURE.add([*LHLO, *MAIL, *RCPT, *say("RCPT TO:<no@b>", "550 no"), *DATA, C(TEXT + ".\r\n"), S("452 full\r\n"), *QUIT], port=24)
LMTP_BDAT = CAPTURE.add([*LHLO, *MAIL, *LMTP_RCPTS, C(f"BDAT {len(TEXT)} LAST\r\n{TEXT}"), S("250 ok\r\n552 full\r\n250 ok\r\n"), *QUIT], port=24)


def test_lmtp_replies_once_per_recipient(read, two_pass):
    session = read[LMTP]
    check(session, """
        1 S 220
        2 C LHLO a
        3 S 250 for 2
        4 C MAIL FROM:<a@a> #1
        5 S 250 for 4 #1
        6 C RCPT TO:<one@b> #1
        7 S 250 for 6 #1
        8 C RCPT TO:<two@b> #1
        9 S 250 for 8 #1
        10 C RCPT TO:<three@b> #1
        11 S 250 for 10 #1
        12 C DATA #1
        13 S 354 for 12 #1
        14 C text #1
        14 C end #1
        15 S 250 for 12 #1
        15 S 552 for 12 #1
        16 S 250 for 12 #1 accepted
        17 C QUIT
        18 S 221 for 17
    """)
    for number in (LMTP, LMTP_BDAT):
        assert told(read[number].final(), "outcome", "recipient", "recipient.rejected") == [
            ["accepted"], ["one@b", "three@b"], ["two@b"]]
        assert read[number].values("smtp.rcpt.status") == (["250", "552", "250"] if two_pass else [])
        assert read[number].values("smtp.rcpt.status.class") == (["2", "5", "2"] if two_pass else [])


def test_lmtp_with_nobody_left(read, two_pass):
    session = read[LMTP_NONE]
    # One of the two codes that decide is a 4yz.
    assert told(session.final(), "outcome", "recipient", "recipient.rejected", "code", "reason") == [
        ["deferred"], [], ["b@b", "no@b"], ["452"], ["full"]]
    assert session.values("smtp.rcpt.status") == (["452", "550"] if two_pass else [])
    assert session.lines[-2:] == ["14 C QUIT", "15 S 221 for 14"]


QUEUE_IDS = [
    ("250 2.0.0 Ok: queued as 4XyZ1k2mJ1z9rV", "4XyZ1k2mJ1z9rV"),  # Postfix
    ("250 OK id=1abcDE-00000001abc-2XYZ", "1abcDE-00000001abc-2XYZ"),  # Exim
    ("250 2.0.0 46SDx1aB012345 Message accepted for delivery", "46SDx1aB012345"),  # Sendmail
    ("250 2.6.0 <a@b> [InternalId=95992519094146, Hostname=c.example.com] 13478 bytes in 0.277, 47.373 KB/sec"
     " Queued mail for delivery", "95992519094146"),  # Exchange
    ("250 2.0.0 OK  1722170092 d9443c01a7336-1fed7c9e3ecsi12345678.123 - gsmtp",
     "d9443c01a7336-1fed7c9e3ecsi12345678.123"),  # Gmail
    ("250 2.0.0 5a6b7c8d Message accepted for delivery", "5a6b7c8d"),  # OpenSMTPD
    ("250 Message Queued (14490C56-76FB-4932-A59B-A8299DB2B693.1)", "14490C56-76FB-4932-A59B-A8299DB2B693.1"),  # Haraka
    ("250 ok 1722170092 qp 12345", "1722170092 qp 12345"),  # qmail
    ("250 Ok", None),
    ("250 2.0.0 Message accepted for delivery", None),
    ("250 2.0.0 Message queued", None),
    ("250 Requested mail action okay, completed: id is not told", None),
    ("550 5.7.1 id=1abcDE-00000001abc-2XYZ", None),
]
IDS = [CAPTURE.add([*HELLO, *mail(reply)]) for reply, _ in QUEUE_IDS]


@pytest.mark.parametrize("number", range(len(QUEUE_IDS)), ids=[reply[4:30] for reply, _ in QUEUE_IDS])
def test_queue_id(read, number):
    wanted = QUEUE_IDS[number][1]
    assert told(read[IDS[number]].final(), "queue_id") == [[wanted] if wanted else []]


def test_recipients_by_their_fate(tshark):
    rows = tshark.by_stream(CAPTURE, ["smtp.rcpt.to"], filter="smtp.rcpt.status == 451 || smtp.rcpt.status == 552", two_pass=True)
    assert rows == {DETAILS: [{"smtp.rcpt.to": ["later@b"]}], LMTP: [{"smtp.rcpt.to": ["two@b"]}],
                    LMTP_BDAT: [{"smtp.rcpt.to": ["two@b"]}]}


LEFT = CAPTURE.add([*HELLO, *MAIL, *RCPT, *DATA, C(TEXT + ".\r\n")])
LEFT_REFUSED = CAPTURE.add([*HELLO, *MAIL, *say("RCPT TO:<b@b>", "450 4.2.0 later"), *say("NOOP")])

LEFT_INSIDE = CAPTURE.add([*HELLO, *MAIL, *RCPT, *say("MAIL FROM:<x@x>")])


def test_connection_that_ends_first(read, two_pass):
    aborted, deferred = (" aborted", " deferred") if two_pass else ("", "")
    check(read[LEFT], READ_DATA + f"""
        10 C text #1
        10 C end #1{aborted}{" (no reply in the capture)" if two_pass else ""}
        {"10 !no_verdict" if two_pass else ""}
    """)
    check(read[LEFT_REFUSED], READ_MAIL + f"""
        6 C RCPT TO:<b@b> #1
        7 S 450 for 6 #1{deferred}
        8 C NOOP
        9 S 250 for 8
    """)
    # The reply to the MAIL inside ends the outer one, and is the last that is known of the inner one.
    check(read[LEFT_INSIDE], READ_ENVELOPE + f"""
        8 C MAIL FROM:<x@x> #2 !out_of_order
        9 S 250 for 8 #2 #1 aborted{aborted}
    """)


def test_every_mail_has_one_outcome(read, two_pass):
    """The rows of smtp.transaction.outcome are the mails; those that the connection's end cut off come in later passes."""
    assert sum(len(session.values("smtp.mail.from")) for session in read.values()) > 50
    for number, session in read.items():
        mails, outcomes = len(session.values("smtp.mail.from")), len(session.values("smtp.transaction.outcome"))
        assert outcomes == mails or not two_pass and outcomes < mails, f"stream {number}"


# --- Who answers whom -----------------------------------------------------------------------------

BUSY = CAPTURE.add([*HELLO, S("421 busy\r\n")])
BUSY_GREETING = CAPTURE.add([S("421 busy\r\n")])
BUSY_RCPT = CAPTURE.add([*HELLO, *MAIL, *say("RCPT TO:<b@b>", "421 busy")])
BUSY_DATA = CAPTURE.add([*HELLO, *MAIL, *RCPT, *say("DATA", "421 busy")])
BUSY_TEXT = CAPTURE.add([*HELLO, *MAIL, *RCPT, *DATA, C(TEXT), S("421 timeout\r\n")])
BUSY_END = CAPTURE.add([*HELLO, *mail("421 busy")])


def test_421_at_any_time(read, two_pass):
    # It ends no transaction by itself, but it is the last that was said: known in later passes.
    left = " deferred" if two_pass else ""
    check(read[BUSY], READ_HELLO + "4 S 421")
    check(read[BUSY_GREETING], "1 S 421")
    check(read[BUSY_RCPT], READ_MAIL + f"""
        6 C RCPT TO:<b@b> #1
        7 S 421 for 6 #1{left}
    """)
    check(read[BUSY_DATA], READ_ENVELOPE + f"""
        8 C DATA #1
        9 S 421 for 8 #1{left}
    """)
    check(read[BUSY_TEXT], READ_DATA + f"""
        10 C text #1{" !message_incomplete" if two_pass else ""}
        11 S 421 for 8 #1{left} !early_reply
    """)
    check(read[BUSY_END], READ_DATA + """
        10 C text #1
        10 C end #1
        11 S 421 for 8 #1 deferred
    """)


ALONE = CAPTURE.add([*HELLO, S("250 out of the blue\r\n"), *say("NOOP")])
UNANSWERED = CAPTURE.add([*HELLO, *say("NOOP"), C("HELP\r\n")])
LATE = CAPTURE.add([*HELLO, *MAIL, *RCPT, *QUIT], skip=4)


def test_replies_without_a_command(read):
    check(read[ALONE], READ_HELLO + """
        4 S 250 !no_command
        5 C NOOP
        6 S 250 for 5
    """)
    check(read[LATE], """
        1 S 250 (no command in the capture)
        2 C RCPT TO:<b@b>
        3 S 250 for 2
        4 C QUIT
        5 S 221 for 4
    """)


def test_commands_without_a_reply(read, two_pass):
    check(read[UNANSWERED], READ_HELLO + f"""
        4 C NOOP
        5 S 250 for 4
        6 C HELP{" (no reply in the capture)" if two_pass else ""}
        {"6 !no_reply" if two_pass else ""}
    """)


SLOW = CAPTURE.add([S("220-wait\r\n220 mx\r\n", cut=[10], wait=1.5), C("NOOP\r\n"), S("250 ok\r\n", wait=0.25)])


def test_times(read):
    # The SYN came 2 ms before the last packet of the handshake; the greeting is over 1 ms later.
    assert [item.values("smtp.time") for item in read[SLOW].items("smtp.response")] == [[], ["1.503000000"], ["0.250000000"]]


TURN = {line: CAPTURE.add([*HELLO, *say(line), C("220 a\r\n"), S("EHLO mx\r\n"), C("250-a\r\n250 SIZE 99\r\n"),
                           S("MAIL FROM:<mx@mx>\r\n"), C("250 ok\r\n"), S("RCPT TO:<me@a>\r\n"), C("250 ok\r\n"), S("DATA\r\n"),
                           C("354 go\r\n"), S(TEXT + ".\r\n"), C("250 ok\r\n"), S("QUIT\r\n"), C("221 bye\r\n")])
        for line in ("TURN", "ATRN a.example")}
NO_TURN = CAPTURE.add([*HELLO, *say("TURN", "502 no"), *MAIL, *QUIT])


@pytest.mark.parametrize("line", TURN)
def test_turn_swaps_the_roles(read, line):
    session = read[TURN[line]]
    found = "" if line == "TURN" else " !not_offered"
    check(session, READ_HELLO + f"""
        4 C {line}{found}
        5 S 250 for 4
        6 S 220
        7 C EHLO mx
        8 S 250 for 7
        9 C MAIL FROM:<mx@mx> #1
        10 S 250 for 9 #1
        11 C RCPT TO:<me@a> #1
        12 S 250 for 11 #1
        13 C DATA #1
        14 S 354 for 13 #1
        15 C text #1
        15 C end #1
        16 S 250 for 13 #1 accepted
        17 C QUIT
        18 S 221 for 17
    """)
    assert session.messages == [TEXT.encode()]
    assert session.values("smtp.ehlo.size") == ["99"]


def test_turn_refused_swaps_nothing(read):
    check(read[NO_TURN], READ_HELLO + """
        4 C TURN
        5 S 502 for 4
        6 C MAIL FROM:<a@a> #1
        7 S 250 for 6 #1
        8 C QUIT #1
        9 S 221 for 8 #1 aborted
    """)


PAIR = {"client": "192.0.2.77", "client_port": 40001}
ONCE = CAPTURE.add([*HELLO, *mail(), *MAIL], **PAIR)
AGAIN = CAPTURE.add([*HELLO, *mail("550 no"), *QUIT], isn=(70000, 90000), **PAIR)


def test_same_addresses_and_ports_again(read):
    for number, outcome in (ONCE, "accepted"), (AGAIN, "rejected"):
        assert read[number].lines[:13] == [*(line.strip() for line in READ_DATA.splitlines() if line.strip()), "10 C text #1",
                                           "10 C end #1", f"11 S {'250' if outcome == 'accepted' else '550'} for 8 #1 {outcome}",
                                           "12 C MAIL FROM:<a@a> #2" if number == ONCE else "12 C QUIT"]
        assert read[number].messages == [TEXT.encode()]


BETWEEN = [("VRFY b", "252"), ("EXPN list", "250"), ("HELP", "214"), ("NOOP", "250"), ("ETRN b", "253")]
OTHERS = CAPTURE.add([*HELLO, *MAIL, *(step for line, code in BETWEEN for step in say(line, f"{code} text")), *RCPT, *DATA,
                      C(TEXT + ".\r\n"), S("250 ok\r\n"), *QUIT])


def test_other_commands_between(read):
    check(read[OTHERS], READ_MAIL + """
        6 C VRFY b
        7 S 252 for 6
        8 C EXPN list
        9 S 250 for 8 !user_revealed
        10 C HELP
        11 S 214 for 10
        12 C NOOP
        13 S 250 for 12
        14 C ETRN b !not_offered
        15 S 253 for 14
        16 C RCPT TO:<b@b> #1
        17 S 250 for 16 #1
        18 C DATA #1
        19 S 354 for 18 #1
        20 C text #1
        20 C end #1
        21 S 250 for 18 #1 accepted
        22 C QUIT
        23 S 221 for 22
    """)


@pytest.mark.parametrize("two_pass", [False, True])
def test_a_mail_has_one_number_in_the_file(tshark, two_pass):
    """Two connections that are spoken at the same time: each mail has a number of its own, on all that belongs to it."""
    capture = Capture()
    capture.add(HELLO + mail() + mail(reply="550 no"))
    capture.add(HELLO + mail())
    seen = {}
    names = ["tcp.stream", "smtp.transaction", "smtp.transaction.id"]
    for row in tshark.fields(capture, names, filter="smtp.transaction", two_pass=two_pass):
        stream, number, mail_id = ([int(n) for n in row[name]] for name in names)
        assert len(number) == len(mail_id)
        for pair in zip(number, mail_id):
            seen.setdefault((stream[0], pair[0]), set()).add(pair[1])
    assert sorted(seen) == [(0, 1), (0, 2), (1, 1)]
    assert sorted(seen.values()) == [{1}, {2}, {3}]
