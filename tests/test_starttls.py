"""STARTTLS: handed over after the 220 that answers it, whatever comes before, between or instead.

All sessions have real records of OpenSSL, with TLS 1.2 and with TLS 1.3, and the keys to read them.
"""

from dataclasses import dataclass, field as default, replace

import pytest

from dialogue import C, Capture, S, script, segments_of, single_octets
from passes import any_order, experts
from tls import secure

OFFER = "250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"
HELLO = [S("220 mx.example ESMTP\r\n"), C("EHLO client.example\r\n"), S(OFFER)]
GO = [C("STARTTLS\r\n"), S("220 2.0.0 go ahead\r\n")]
INSIDE = [
    C("EHLO client.example\r\n"),
    S("250-mx.example\r\n250-PIPELINING\r\n250 AUTH PLAIN\r\n"),
    C("QUIT\r\n"),
    S("221 2.0.0 bye\r\n"),
]
VERBS_INSIDE = ["EHLO", "QUIT"]


def keep(records):
    return records


@dataclass
class Session:
    """before: in clear; change: what is done to the steps after that, which are those of TLS.

    clear, inside: verbs that must be found in clear and inside TLS; opened: number (from 1) of the
    segment that opens TLS, None if nothing does; experts: (segment, name); start: the first
    segment of TLS, if that is not the one after before.
    """

    before: list
    inside: list = default(default_factory=lambda: INSIDE)
    change: object = keep
    options: dict = default(default_factory=dict)
    clear: str = "EHLO STARTTLS"
    verbs: list = default(default_factory=lambda: VERBS_INSIDE)
    opened: int = None
    experts: list = default(default_factory=list)


def after(n, *steps):
    """Puts steps after the n-th of TLS."""
    return lambda records: [*records[:n], *steps, *records[n:]]


def instead(*steps):
    return lambda records: list(steps)


MAIL = [C("MAIL FROM:<a@client.example>\r\n"), S("250 ok\r\n"),
        C("RCPT TO:<b@mx.example>\r\n"), S("250 ok\r\n")]
REFUSED = [C("STARTTLS\r\n"), S("454 4.7.0 not now\r\n"), C("NOOP\r\n"), S("250 ok\r\n"),
           C("STARTTLS\r\n"), S("502 5.5.1 never\r\n")]

SESSIONS = {
    "plain": Session(HELLO + GO, opened=5),
    "small letters": Session([*HELLO, C("starttls\r\n"), S("220 go\r\n")], opened=5),
    "pipelined after EHLO": Session(
        [S("220 mx ESMTP\r\n"), C("EHLO client.example\r\nSTARTTLS\r\n"),
         S(OFFER + "220 go\r\n")], opened=3, experts=[(2, "unsynchronized")]),
    "pipelined, answered in two segments": Session(
        [S("220 mx ESMTP\r\n"), C("EHLO client.example\r\nSTARTTLS\r\n"), S(OFFER),
         S("220 go\r\n")], opened=4, experts=[(2, "unsynchronized")]),
    "commands pipelined before it": Session(
        [*HELLO, C("NOOP\r\nRSET\r\nSTARTTLS\r\n"), S("250 ok\r\n"), S("250 ok\r\n220 go\r\n")],
        clear="EHLO NOOP RSET STARTTLS", opened=6),
    "220 cut": Session([*HELLO, C("STARTTLS\r\n"), S("220 go ahead\r\n", cut=[2, 5, 13])], opened=8),
    "220 of several lines": Session(
        [*HELLO, C("STARTTLS\r\n"), S("220-go\r\n220 ahead\r\n")], opened=5),
    "220 of several lines, cut": Session(
        [*HELLO, C("STARTTLS\r\n"), S("220-go\r\n"), S("220 ahead\r\n", cut=[3])], opened=7),
    "STARTTLS cut": Session([*HELLO, C("STARTTLS\r\n", cut=[4, 9]), S("220 go\r\n")], opened=7),
    "refused, then in clear": Session(
        [*HELLO, *REFUSED, C("QUIT\r\n"), S("221 bye\r\n")], change=instead(), verbs=[],
        clear="EHLO STARTTLS NOOP STARTTLS QUIT", experts=[(5, "starttls_refused")]),
    "refused, then tried again": Session(
        [*HELLO, *REFUSED, *GO], clear="EHLO STARTTLS NOOP STARTTLS STARTTLS", opened=11,
        experts=[(5, "starttls_refused")]),
    "220 of another command": Session(
        [*HELLO, C("XCLIENT NAME=a\r\nSTARTTLS\r\n"), S("220 mx.example ESMTP\r\n"), S("454 no\r\n"),
         C("NOOP\r\n"), S("250 ok\r\n")], change=instead(), verbs=[], clear="EHLO XCLIENT STARTTLS NOOP",
        experts=[(4, "not_offered"), (5, "identity_replaced")]),
    "220 of another command, and its own": Session(
        [*HELLO, C("XCLIENT NAME=a\r\nSTARTTLS\r\n"), S("220 mx.example ESMTP\r\n"), S("220 go\r\n")],
        clear="EHLO XCLIENT STARTTLS", opened=6, experts=[(4, "not_offered"), (5, "identity_replaced")]),
    "inside a transaction": Session(
        [*HELLO, *MAIL, *GO], clear="EHLO MAIL RCPT STARTTLS", opened=9,
        experts=[(4, "clear_mail"), (8, "out_of_order")]),
    "X-ANONYMOUSTLS": Session(
        [S("220 mx ESMTP\r\n"), C("EHLO client.example\r\n"),
         S("250-mx.example\r\n250 X-ANONYMOUSTLS\r\n"), C("X-ANONYMOUSTLS\r\n"),
         S("220 2.0.0 SMTP server ready\r\n")], clear="EHLO X-ANONYMOUSTLS", opened=5),
    "LMTP": Session(
        [S("220 mx.example LMTP\r\n"), C("LHLO client.example\r\n"), S(OFFER), *GO],
        inside=[C("LHLO client.example\r\n"), *INSIDE[1:]], verbs=["LHLO", "QUIT"],
        clear="LHLO STARTTLS", opened=5),

    "command after STARTTLS": Session(
        [*HELLO, C("STARTTLS\r\nNOOP\r\n"), S("220 go\r\n")], clear="EHLO STARTTLS NOOP", opened=5,
        experts=[(5, "clear_after_starttls")]),
    "reply after the 220": Session(
        [*HELLO, C("STARTTLS\r\nNOOP\r\n"), S("220 go\r\n250 ok\r\n")],
        clear="EHLO STARTTLS NOOP", opened=5,
        experts=[(5, "clear_after_220"), (5, "clear_after_starttls")]),
    "command in a later segment": Session(
        [*HELLO, C("STARTTLS\r\n"), C("NOOP\r\n"), S("220 go\r\n")], clear="EHLO STARTTLS NOOP",
        opened=6, experts=[(6, "clear_after_starttls")]),
    "commands after the 220": Session(
        [*HELLO, *GO, C("NOOP\r\n"), C("RSET\r\n")], clear="EHLO STARTTLS NOOP RSET", opened=5,
        experts=[(6, "clear_after_starttls"), (6, "no_tls_record")]),
    "reply in a later segment": Session(
        [*HELLO, *GO, S("250 ok\r\n")], opened=5,
        experts=[(6, "clear_after_220"), (6, "no_command")]),
    "reply after the client's hello": Session(
        HELLO + GO, change=after(1, S("250 ok\r\n")), opened=5,
        experts=[(7, "clear_after_220"), (7, "no_command")]),
    "decrypted in place": Session(
        HELLO + GO, change=instead(*INSIDE), clear="EHLO STARTTLS EHLO QUIT", verbs=[], opened=5,
        experts=[(6, "no_tls_record"), (7, "clear_mechanism")]),
    "goes on in clear": Session(
        HELLO + GO, change=instead(*MAIL, C("QUIT\r\n"), S("221 bye\r\n")), verbs=[], opened=5,
        clear="EHLO STARTTLS MAIL RCPT QUIT",
        experts=[(6, "clear_after_starttls"), (6, "clear_mail"), (6, "no_tls_record")]),
    "broken": Session(
        HELLO + GO, change=instead(C(b"\x99\x98\x97\x96\x95 rubbish\r\n"), S("500 what?\r\n")),
        clear=None, verbs=[], opened=5, experts=[(6, "no_tls_record"), (6, "not_command")]),
    "handshake fails": Session(
        HELLO + GO, verbs=[], opened=5, clear="EHLO STARTTLS QUIT",
        change=lambda records: [*records[:2], C(b"\x15\x03\x03\x00\x02\x02\x30"),
                                S("554 Security failure\r\n"), C("QUIT\r\n"), S("221 bye\r\n")],
        experts=[(9, "clear_after_tls")]),
    "handshake answered in clear": Session(
        HELLO + GO, verbs=[], opened=5, clear="EHLO STARTTLS MAIL RCPT NOOP",
        change=lambda records: [records[0], S("454-4.7.0 TLS is\r\n454 4.7.0 out of order\r\n"), *MAIL,
                                C("NOOP\r\n"), S("250 ok\r\n")],
        experts=[(7, "clear_after_tls"), (8, "clear_after_tls"), (8, "clear_mail")]),
    "handshake answered in clear, by a reply that is no refusal": Session(
        HELLO + GO, verbs=[], opened=5,
        change=lambda records: [records[0], S("250 ok\r\n")],
        experts=[(7, "clear_after_220"), (7, "no_command")]),
    "handshake not in the capture": Session(
        HELLO + GO, verbs=[], opened=5,
        change=lambda records: [replace(records[0], drop=True), S("554 5.7.0 no TLS\r\n")],
        experts=[(6, "clear_after_tls")]),
    "server hangs up instead": Session(
        HELLO + GO, verbs=[], opened=5, change=instead(S("421 4.4.2 Timeout\r\n"))),
    "refusal after the 220": Session(
        [*HELLO, C("STARTTLS\r\n"), S("220 go\r\n554 no\r\n")], opened=5,
        experts=[(5, "clear_after_220")]),
    "refusal before the client's hello": Session(
        [*HELLO, *GO, S("500 what?\r\n")], opened=5,
        experts=[(6, "clear_after_220"), (6, "no_command")]),
    "handshake fails, and is tried again": Session(
        HELLO + GO, opened=9, clear="EHLO STARTTLS STARTTLS",
        change=lambda records: [records[0], S("454 4.7.0 not now\r\n"), *GO, *records],
        experts=[(7, "clear_after_tls"), (8, "clear_after_tls")]),
    "handshake fails, is tried again, and TLS ends": Session(
        HELLO + GO, opened=9, clear="EHLO STARTTLS STARTTLS NOOP",
        change=lambda records: [records[0], S("454 4.7.0 not now\r\n"), *GO, *records, C("NOOP\r\n"), S("250 ok\r\n")],
        experts=[(7, "clear_after_tls"), (8, "clear_after_tls"), (19, "clear_after_tls"), (20, "clear_after_tls")]),
    "TLS ends, the session does not": Session(
        HELLO + GO, opened=5, clear="EHLO STARTTLS NOOP",
        change=lambda records: [*records, C("NOOP\r\n"), S("250 ok\r\n")],
        experts=[(15, "clear_after_tls"), (16, "clear_after_tls")]),
    "TLS before the 220": Session(
        [*HELLO, C("STARTTLS\r\n")], change=after(1, S("220 go\r\n")), opened=6,
        experts=[(5, "tls_without_starttls")]),
    "TLS without STARTTLS": Session(
        HELLO, clear="EHLO", experts=[(4, "tls_without_starttls")]),
    "TLS from the first octet": Session(
        [], inside=[S("220 mx ESMTP\r\n"), *INSIDE], clear="",
        experts=[(1, "tls_without_starttls")]),
    "TLS to a server that knows none": Session(
        [], change=lambda records: [records[0], S("220 mx ESMTP\r\n500 5.5.1 what?\r\n")],
        clear="", verbs=[], experts=[(1, "tls_without_starttls")]),
    "STARTTLS again inside TLS": Session(
        HELLO + GO, inside=[INSIDE[0], S(OFFER), C("STARTTLS\r\n"), S("503 5.5.1 twice\r\n")],
        verbs=["EHLO", "STARTTLS"], opened=5, experts=[(12, "tls_twice")]),

    "STARTTLS again inside TLS, accepted": Session(
        HELLO + GO, inside=[INSIDE[0], S(OFFER), C("STARTTLS\r\n"), S("220 go\r\n"), C("NOOP\r\n"), S("250 ok\r\n")],
        verbs=["EHLO", "STARTTLS", "NOOP"], opened=5, experts=[(12, "tls_twice")]),
    "each segment twice": Session(
        [replace(step, again=True) for step in HELLO + GO], opened=9,
        change=lambda records: [replace(step, again=True) for step in records]),

    "capture begins with STARTTLS": Session(HELLO + GO, options={"skip": 3}, clear="STARTTLS", opened=2),
    "capture begins with the 220": Session(
        HELLO + GO, options={"skip": 4}, clear="", experts=[(2, "tls_before_capture")]),
    "capture begins with the handshake": Session(
        HELLO + GO, options={"skip": 5}, clear="", experts=[(1, "tls_before_capture")]),
    "capture begins in the middle of the handshake": Session(
        HELLO + GO, options={"skip": 6}, clear="", verbs=[], experts=[(1, "tls_before_capture")]),
    "capture begins with application data": Session(
        HELLO + GO, options={"skip": 9}, clear="", verbs=[], experts=[(1, "tls_before_capture")]),
    "the 220 is missing": Session(
        [*HELLO, GO[0], replace(GO[1], drop=True)], experts=[(5, "tls_before_capture")]),
    "STARTTLS and the 220 are missing": Session(
        [*HELLO, *(replace(step, drop=True) for step in GO)], clear="EHLO",
        experts=[(4, "tls_before_capture")]),
}
VERSIONS = ["1.2", "1.3"]


class Made:
    """All sessions in one capture: stream number by name and version."""

    def __init__(self):
        self.capture = Capture()
        self.streams = {}
        for version in VERSIONS:
            for name, session in SESSIONS.items():
                steps, keys = secure(session.inside, session.before, version)
                count = len(session.before)
                steps = [*steps[:count], *session.change(steps[count:])]
                self.capture.secrets += keys
                # A step is a segment, however long the keys are that this OpenSSL offers.
                self.streams[name, version] = self.capture.add(steps, mss=20000, **session.options)


@pytest.fixture(scope="module")
def made():
    return Made()


@pytest.fixture(scope="module", params=[False, True], ids=["one pass", "two passes"])
def passes(request):
    return request.param


@pytest.fixture(scope="module")
def rows(tshark, made, passes):
    names = ["frame.number", "frame.protocols", "smtp.req.verb", "smtp.tls", "smtp.starttls_in",
             "smtp.command_line", "smtp.response"]
    return tshark.by_stream(made.capture, names, filter="tcp.len > 0", two_pass=passes)


@pytest.fixture(scope="module")
def found(tshark, made, passes):
    return experts(tshark, made.capture, two_pass=passes)


def is_tls(row):
    return "tls" in row["frame.protocols"][0].split(":")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SESSIONS)
class TestSession:
    def test_commands_in_clear(self, rows, made, name, version):
        said = [verb for row in rows[made.streams[name, version]] if not row["smtp.tls"]
                for verb in row["smtp.req.verb"]]
        if SESSIONS[name].clear is not None:
            assert said == SESSIONS[name].clear.split()

    def test_commands_inside(self, rows, made, name, version):
        inside = [row for row in rows[made.streams[name, version]] if row["smtp.tls"]]
        assert [verb for row in inside for verb in row["smtp.req.verb"]] == SESSIONS[name].verbs
        assert all(is_tls(row) for row in inside)

    def test_every_smtp_layer_in_tls_says_so(self, rows, made, name, version):
        segments = rows[made.streams[name, version]]
        opened = SESSIONS[name].opened
        frame = segments[opened - 1]["frame.number"] if opened else []
        for row in segments:
            layers = row["frame.protocols"][0].split(":").count("smtp") if is_tls(row) else 0
            assert row["smtp.tls"] == ["1"] * layers
            assert row["smtp.starttls_in"] == frame * layers

    def test_what_is_wrong(self, found, made, name, version):
        assert found[made.streams[name, version]] == SESSIONS[name].experts

    def test_each_octet_has_one_owner(self, rows, made, name, version):
        """No segment with data is left without SMTP or TLS, but those that TCP puts together."""
        for row in rows[made.streams[name, version]]:
            owners = {"smtp", "tls"} & set(row["frame.protocols"][0].split(":"))
            assert owners or not (row["smtp.command_line"] or row["smtp.response"])
            if not is_tls(row) and owners:
                assert row["smtp.command_line"] or row["smtp.response"]


def test_the_verb_is_whole(rows, made, tshark, passes):
    """P1"""
    lists = tshark.lists(made.capture, ["smtp.req.command", "smtp.req.parameter"], two_pass=passes)
    found = lists[made.streams["plain", "1.3"]]
    assert found["smtp.req.command"][:2] == ["EHLO", "STARTTLS"]
    assert found["smtp.req.parameter"][:2] == ["client.example", "client.example"]


def test_the_220_is_the_answer_to_starttls(tshark, made):
    """Paired like any reply, so the 220 of another command does not open TLS."""
    rows = tshark.by_stream(made.capture, ["frame.number", "smtp.request_in", "smtp.response_in"],
                            filter="smtp", two_pass=True)
    for name in ("plain", "X-ANONYMOUSTLS"):
        stream = rows[made.streams[name, "1.2"]]
        assert stream[4]["smtp.request_in"] == stream[3]["frame.number"]
        assert stream[3]["smtp.response_in"] == stream[4]["frame.number"]


def test_the_order_of_visits_does_not_matter(tshark, made):
    any_order(tshark, made.capture)


@pytest.mark.parametrize("version", VERSIONS)
def test_records_that_the_capture_cut_are_no_hole(tshark, passes, version):
    """TLS gives up where the octets end; they were TLS all the same."""
    steps, keys = secure(INSIDE, HELLO + GO, version)
    refused = [*HELLO, *GO, steps[len(HELLO + GO)], S("454 4.7.0 no TLS\r\n"), C("QUIT\r\n"), S("221 bye\r\n")]
    capture = Capture(secrets=keys)
    # A client's hello of these days fills more than a segment of Ethernet.
    capture.add(refused, snaplen=120, mss=20000)
    capture.add(refused, mss=20000)
    capture.add(steps, skip=len(HELLO + GO), snaplen=120, mss=20000)
    found = experts(tshark, capture, two_pass=passes)
    opened = len(HELLO + GO)
    assert found[0] == found[1] == [(opened + 2, "clear_after_tls")]
    assert found[2] == [(1, "tls_before_capture")]


# --- the same, cut elsewhere -------------------------------------------------------------------

CUT_NAMES = ["smtp.req.verb", "smtp.response.code", "smtp.rsp.parameter", "smtp.tls",
             "smtp.expert.clear_after_starttls", "smtp.expert.clear_after_220",
             "smtp.expert.no_tls_record", "smtp.expert.tls_twice", "smtp.expert.clear_after_tls"]
# Octets that are no text make a line for each segment; what is missing is missing as a segment; and
# a single octet that comes again is a keep-alive for TCP, after which 4.6 puts nothing together.
CUT = [name for name, session in SESSIONS.items() if session.clear is not None
       and not any(step.drop or step.again for step in session.before)]


class Variants:
    """Those sessions, each as it is, in single octets, and in segments of 3 and 7 octets."""

    def __init__(self):
        self.capture = Capture()
        self.streams = {}
        for name in CUT:
            session = SESSIONS[name]
            for version in VERSIONS:
                steps, self.capture.secrets = self.steps(session, version, self.capture.secrets)
                late = {"handshake": False} if session.options else {}
                variants = [steps, single_octets(steps), segments_of(steps, 3), segments_of(steps, 7)]
                self.streams[name, version] = self.capture.add_all(variants, **late)

    @staticmethod
    def steps(session, version, secrets):
        steps, keys = secure(session.inside, session.before, version)
        count = len(session.before)
        steps = [*steps[:count], *session.change(steps[count:])]
        return steps[session.options.get("skip", 0):], secrets + keys


@pytest.fixture(scope="module")
def variants():
    return Variants()


@pytest.fixture(scope="module")
def cut_facts(tshark, variants, passes):
    return tshark.lists(variants.capture, CUT_NAMES, two_pass=passes)


@pytest.fixture(scope="module")
def cut_starts(tshark, variants, passes):
    names = [f"smtp.expert.tls_{name}" for name in ("before_capture", "without_starttls")]
    return tshark.by_stream(variants.capture, names, filter=" || ".join(names), two_pass=passes)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", CUT)
def test_where_tcp_cuts_does_not_matter(variants, cut_facts, cut_starts, name, version):
    whole, *others = variants.streams[name, version]
    for stream in others:
        for wanted in CUT_NAMES:
            values = [cut_facts[n][wanted] if n in cut_facts else [] for n in (stream, whole)]
            if wanted == "smtp.tls":  # once in each layer
                values = [set(found) for found in values]
            assert values[0] == values[1], (stream, wanted)
        assert cut_starts.get(stream) == cut_starts.get(whole), stream
    said = "tls_before" in str(SESSIONS[name].experts) or "tls_without" in str(SESSIONS[name].experts)
    assert len(cut_starts.get(whole, [])) == said


# --- knowledge from before ---------------------------------------------------------------------


def test_transactions_count_on_and_begin_anew(tshark, passes):
    inside = [INSIDE[0], INSIDE[1], C("DATA\r\n"), S("503 5.5.1 what?\r\n"), *MAIL,
              C("RSET\r\n"), S("250 ok\r\n")]
    steps, keys = secure(inside, [*HELLO, *MAIL, *GO])
    capture = Capture(secrets=keys)
    capture.add(steps)
    names = ["smtp.req.verb", "smtp.transaction", "smtp.transaction.outcome",
             "smtp.transaction.sender"]
    rows = tshark.fields(capture, names, filter="smtp", two_pass=passes)
    numbers = {}
    for row in rows:
        for verb in row["smtp.req.verb"]:
            numbers.setdefault(verb, []).append(row["smtp.transaction"])
    assert numbers["MAIL"] == [["1"], ["2"]]
    assert numbers["RCPT"] == [["1"], ["2"]]
    assert numbers["DATA"] == [[]]
    assert numbers["STARTTLS"] == [["1"]]
    final = [row for row in rows if row["smtp.transaction.outcome"]]
    assert [(row["smtp.transaction"], row["smtp.transaction.outcome"]) for row in final] == [
        (["1"], ["aborted"]), (["2"], ["aborted"])]


def test_a_refused_starttls_leaves_the_transaction(tshark, passes):
    capture = Capture()
    for verb in ("STARTTLS", "X-ANONYMOUSTLS"):
        capture.add([*HELLO, *MAIL, C(f"{verb}\r\n"), S("454 no\r\n"),
                     C("RCPT TO:<c@mx.example>\r\n"), S("250 ok\r\n")])
    rows = tshark.by_stream(capture, ["smtp.rcpt.to", "smtp.transaction"], two_pass=passes,
                            filter='smtp.req.verb == "RCPT"')
    for stream in (0, 1):
        assert [row["smtp.transaction"] for row in rows[stream]] == [["1"], ["1"]]


def test_logins_count_on_and_are_forgotten(tshark, passes):
    login = [C("AUTH PLAIN AGEAYg==\r\n"), S("235 ok\r\n")]
    steps, keys = secure([*INSIDE[:2], *login, *login], [*HELLO, *login, *GO])
    capture = Capture(secrets=keys)
    capture.add(steps)
    rows = tshark.fields(capture, ["smtp.auth.attempt", "smtp.expert.out_of_order"],
                         filter='smtp.req.verb == "AUTH"', two_pass=passes)
    assert [row["smtp.auth.attempt"] for row in rows] == [["1"], ["2"], ["3"]]
    assert [bool(row["smtp.expert.out_of_order"]) for row in rows] == [False, False, True]


def test_a_command_that_was_smuggled_in_waits_for_nothing(tshark):
    steps, keys = secure(INSIDE, [*HELLO, C("STARTTLS\r\nNOOP\r\n"), S("220 go\r\n")])
    capture = Capture(secrets=keys)
    capture.add(steps)
    frame, = tshark.tree(capture, filter='smtp.req.verb == "NOOP"', two_pass=True)
    assert not frame.all("smtp.not_captured") and "Response in" not in str(
        frame.all("smtp.command_line")[1].text())
    rows = tshark.fields(capture, ["smtp.req.verb", "smtp.response_in"], filter="smtp.req && tls",
                         two_pass=True)
    assert all(row["smtp.response_in"] for row in rows)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("begin", ["DATA", "BDAT"])
def test_what_follows_tls_is_no_part_of_its_message(tshark, passes, begin, version):
    """The client closes TLS in the middle of a message: plaintext is neither counted to a chunk nor taken for text."""
    begun = {"DATA": [C("DATA\r\n"), S("354 go\r\n"), C("Subject: x\r\n\r\nhalf\r\n")],
             "BDAT": [C("BDAT 100 LAST\r\nSubject: x\r\n\r\nhalf\r\n")]}[begin]
    steps, keys = secure([INSIDE[0], INSIDE[1], *MAIL, *begun], HELLO + GO, version)
    capture = Capture(secrets=keys)
    capture.add([*steps, C("QUIT\r\n"), S("221 bye\r\n")], mss=20000)
    names = ["smtp.req.verb", "smtp.transaction.outcome", "smtp.expert.tls_closed_in_message"]
    found = tshark.lists(capture, names, two_pass=passes)[0]
    assert found["smtp.req.verb"][-2:] == [begin, "QUIT"]
    assert found["smtp.transaction.outcome"] == ["aborted"]
    assert len(found["smtp.expert.tls_closed_in_message"]) == 1


@pytest.mark.parametrize("hello", ["EHLO", "LHLO"])
def test_what_appeared_and_what_vanished(tshark, passes, hello):
    offers = {
        "clear": "250-mx\r\n250-PIPELINING\r\n250-STARTTLS\r\n250-SIZE 5\r\n250 AUTH PLAIN\r\n",
        "tls": "250-mx\r\n250-size 7\r\n250-AUTH LOGIN\r\n250-X-NEW a b\r\n250 CHUNKING\r\n",
    }
    before = [S("220 mx\r\n"), C(f"{hello} a\r\n"), S(offers["clear"]), *GO]
    again = [C(f"{hello} a\r\n"), S(offers["tls"])]
    capture = Capture()
    # None in clear, none inside, and the second one inside is compared with nothing.
    for steps in ([*again, *again], again):
        steps, keys = secure(steps, before if len(steps) == 4 else [S("220 mx\r\n"), *GO])
        capture.secrets += keys
        capture.add(steps)
    steps, keys = secure([C(f"{hello} a\r\n"), S("250 mx\r\n")], before)
    capture.secrets += keys
    capture.add(steps)
    rows = tshark.by_stream(capture, ["smtp.ehlo.added", "smtp.ehlo.removed"],
                            filter="smtp.rsp && tls", two_pass=passes)
    assert rows[0] == [
        {"smtp.ehlo.added": ["X-NEW", "CHUNKING"], "smtp.ehlo.removed": ["PIPELINING", "STARTTLS"]},
        {"smtp.ehlo.added": [], "smtp.ehlo.removed": []},
    ]
    assert rows[1] == [{"smtp.ehlo.added": [], "smtp.ehlo.removed": []}]
    assert rows[2] == [{"smtp.ehlo.added": [],
                        "smtp.ehlo.removed": ["PIPELINING", "STARTTLS", "SIZE", "AUTH"]}]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("side, verbs", [("C", ["EHLO", "STARTTLS"]), ("S", [])])
def test_one_direction_alone(tshark, passes, side, verbs, version):
    """Nothing can be decrypted; but where TLS begins is clear, and the rest is nothing but TLS."""
    steps, keys = secure(INSIDE, HELLO + GO, version)
    capture = Capture(secrets=keys)
    capture.add(steps, only=side, mss=20000)
    rows = tshark.fields(capture, ["frame.protocols", "smtp.req.verb", "smtp.response.code"], filter="tcp.len > 0",
                         two_pass=passes)
    assert [verb for row in rows for verb in row["smtp.req.verb"]] == verbs
    count = sum(step.who == side for step in HELLO + GO)
    assert all(is_tls(row) for row in rows[count:]) and not any(is_tls(row) for row in rows[:count])
    assert experts(tshark, capture, two_pass=passes)[0] == [(count + 1, "tls_before_capture")]


# --- the same address pair again ---------------------------------------------------------------


def test_a_second_session_on_the_same_addresses(tshark):
    """Same addresses, same ports: what the first one knew is no business of the second."""
    capture = Capture()
    for version in VERSIONS:
        steps, keys = secure(INSIDE, HELLO + GO, version)
        capture.secrets += keys
        capture.add(steps, client_port=40001)
    capture.add([*HELLO, C("NOOP\r\n"), S("250 ok\r\n"), C("QUIT\r\n"), S("221 bye\r\n")],
                client_port=40001, isn=(70000, 90000))
    capture.streams[1].isn = (30000, 50000)
    shown = any_order(tshark, capture)
    assert len({row["protocols"] for row in shown}) > 2
    rows = tshark.by_stream(capture, ["frame.number", "smtp.req.verb", "smtp.starttls_in"],
                            filter="smtp", two_pass=True)
    for stream in (0, 1):
        verbs = [verb for row in rows[stream] for verb in row["smtp.req.verb"]]
        assert verbs == ["EHLO", "STARTTLS", *VERBS_INSIDE]
        opened = rows[stream][4]["frame.number"]
        assert [row["smtp.starttls_in"] for row in rows[stream]] == 5 * [[]] + 4 * [opened]
    assert [verb for row in rows[2] for verb in row["smtp.req.verb"]] == ["EHLO", "NOOP", "QUIT"]
    assert not any(row["smtp.starttls_in"] for row in rows[2])


def test_sessions_that_run_side_by_side(tshark):
    capture = Capture(interleave=True)
    for n in range(6):
        steps, keys = secure([C(f"EHLO inside{n}\r\n"), S("250 mx\r\n")], HELLO + GO,
                             VERSIONS[n % 2])
        capture.secrets += keys
        capture.add(steps, port=(25, 587)[n % 2])
    rows = tshark.by_stream(capture, ["smtp.helo.domain"], filter="smtp.helo.domain")
    for n in range(6):
        assert rows[n] == [{"smtp.helo.domain": ["client.example"]},
                           {"smtp.helo.domain": [f"inside{n}"]}]


# --- what a careful reader should see ----------------------------------------------------------


def clear(*steps):
    return [S("220 mx.example ESMTP\r\n"), *steps]


LOGIN = [C("AUTH PLAIN AGEAYg==\r\n"), S("235 ok\r\n")]
EHLO = C("EHLO client.example\r\n")
ODDITIES = {
    "AUTH in clear": (clear(EHLO, S(OFFER), *LOGIN), "clear_password", 4),
    "MAIL in clear": (clear(EHLO, S(OFFER), *MAIL), "clear_mail", 4),
    "AUTH without offer": (clear(EHLO, S("250-mx\r\n250 AUTH PLAIN\r\n"), *LOGIN), "clear_login", None),
    "MAIL without offer": (clear(EHLO, S("250-mx\r\n250 SIZE\r\n"), *MAIL), "clear_mail", None),
    "MAIL after HELO": (clear(EHLO, S(OFFER), C("HELO a\r\n"), S("250 mx\r\n"), *MAIL),
                        "clear_mail", None),
    "STARTTLS first": (clear(EHLO, S("250-STARTTLS\r\n250 SIZE\r\n")), "starttls_first", 3),
    "STARTTLS alone": (clear(EHLO, S("250 STARTTLS\r\n")), "starttls_first", 3),
    "STARTTLS second": (clear(EHLO, S("250-mx\r\n250-STARTTLS\r\n250 SIZE\r\n")),
                        "starttls_first", None),
    "a host of that name": (clear(EHLO, S("250-starttls.example\r\n250 SIZE\r\n")),
                            "starttls_first", None),
    "no extension list": (clear(C("HELO a\r\n"), S("250 STARTTLS\r\n")), "starttls_first", None),
    "MAIL after STARTTLS first": (clear(EHLO, S("250-STARTTLS\r\n250 SIZE\r\n"), *MAIL),
                                  "clear_mail", 4),
    "masked keywords": (clear(EHLO, S("250-mx\r\n250-XXXXXXXX\r\n250 XXXXXXXA\r\n")),
                        "masked", 3),
    "unmasked keywords": (clear(EHLO, S("250-mx\r\n250-X-STARTTLS\r\n250 XCLIENT\r\n")),
                          "masked", None),
    "masked hello": (clear(C("XXXX client.example\r\n"), S("500 what?\r\n")), "masked", 2),
    "masked STARTTLS": (clear(EHLO, S(OFFER), C("XXXXXXXX\r\n"), S("500 what?\r\n")), "masked", 4),
    "unmasked commands": (clear(C("XXX\r\n"), S("500 what?\r\n"), C("XSTARTTLS\r\n"), S("500 what?\r\n")),
                          "masked", None),
    "masked greeting": ([S("220 " + "*" * 40 + "2" + "*" * 4 + "200\r\n"), EHLO], "masked", 1),
    "masked, with blanks": ([S("220 ******** ***** *******\r\n"), EHLO], "masked", 1),
    "masked, of two lines": ([S("220-**********\r\n220 **********\r\n"), EHLO], "masked", 1),
    "a few asterisks": ([S("220 *** mx.example ESMTP ***\r\n"), EHLO], "masked", None),
    "asterisks later": (clear(EHLO, S("250 **********\r\n")), "masked", None),
}


@pytest.fixture(scope="module")
def odd(tshark, passes):
    capture = Capture()
    capture.add_all(dialogue for dialogue, _, _ in ODDITIES.values())
    return experts(tshark, capture, two_pass=passes)


@pytest.mark.parametrize("name", ODDITIES)
def test_oddities(odd, name):
    _, expert, segment = ODDITIES[name]
    places = [place for place, found in odd[list(ODDITIES).index(name)] if found == expert]
    assert places == ([segment] if segment else [])


def test_a_first_line_that_is_an_extension(tshark, passes):
    capture = Capture()
    capture.add(clear(EHLO, S("250-STARTTLS\r\n250 SIZE 5\r\n")))
    frame, = tshark.tree(capture, filter="smtp.response.code == 250", two_pass=passes)
    assert frame.values("smtp.ehlo.keyword") == ["STARTTLS", "SIZE"]
    assert frame.values("smtp.rsp.parameter") == ["STARTTLS", "SIZE 5"]
    assert not frame.all("smtp.ehlo.domain")


def test_severities(tshark, made):
    """Injection is an error, the rest a warning or a note."""
    text = tshark.call("-G", "fields")
    assert "smtp.expert.clear_after_starttls" in text
    out = tshark.run(made.capture, "-q", "-z", "expert,error")
    errors = {line.split(maxsplit=3)[3].strip() for line in out.splitlines()
              if line.split()[1:2] == ["Security"]}
    assert errors == {
        "Command injection: plaintext after STARTTLS. The server must discard it",
        "Response injection: plaintext reply after the 220 to STARTTLS. The client must discard it"}
