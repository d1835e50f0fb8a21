"""Segments that come twice, late or overlapping."""

import pytest

from dialogue import C, Capture, S, script

DIALOGUE = [
    *script("""
        S: 220 mx.example ESMTP
        C: EHLO client.example
        S: 250-mx.example
        S: 250-SIZE 1000
        S: 250 PIPELINING
        C: MAIL FROM:<a@client.example>
        C: RCPT TO:<b@mx.example>
        C: DATA
        S: 250 2.1.0 ok
        S: 250 2.1.5 ok
        S: 354 go
    """),
    C("Subject: one\r\n\r\n"), C("line one\r\n"), C("line two\r\n"), C("..line three\r\n.\r\n"),
    S("250 2.0.0 Ok: queued as ABC\r\n"), C("QUIT\r\n"), S("221 bye\r\n"),
]
NAMES = ["smtp.req.verb", "smtp.req.parameter", "smtp.response.code", "smtp.rsp.parameter", "smtp.ehlo.size",
         "smtp.transaction.outcome", "smtp.transaction.recipient", "smtp.transaction.queue_id", "smtp.transaction.size"]
IN_ORDER = ["tcp.reassemble_out_of_order:TRUE"]


def changed(n, **what):
    step = DIALOGUE[n]
    return [*DIALOGUE[:n], type(step)(**{**vars(step), **what}), *DIALOGUE[n + 1:]]


def places(who=None):
    return [n for n, step in enumerate(DIALOGUE) if n and (who is None or step.who == who)]


@pytest.fixture(scope="module")
def right(tshark):
    capture = Capture()
    capture.add(DIALOGUE)
    return tshark.lists(capture, NAMES)[0], tshark.digests(capture)[0]


@pytest.mark.parametrize("prefs", [[], IN_ORDER], ids=["default", "in order"])
@pytest.mark.parametrize("again", [True, {0: 2}], ids=["at once", "later"])
def test_what_comes_twice_counts_once(tshark, right, prefs, again):
    capture = Capture()
    capture.add_all(changed(n, again=again) for n in places())
    facts, digests = tshark.lists(capture, NAMES, prefs=prefs), tshark.digests(capture, prefs=prefs)
    for stream in facts:
        assert facts[stream] == right[0], DIALOGUE[places()[stream]]
        assert digests[stream] == right[1], DIALOGUE[places()[stream]]


@pytest.mark.parametrize("two_pass", [False, True])
def test_order_is_restored_where_tcp_restores_it(tshark, right, two_pass):
    # The pieces of the message, in every other order of neighbours; and segments that repeat octets before them.
    body = [n for n in places("C") if DIALOGUE[n].data[:4] in (b"Subj", b"line", b"..li")]
    capture = Capture()
    capture.add_all(changed(n, late=True) for n in body[:-1])
    capture.add_all(changed(n, overlap={0: 4}) for n in body[1:])
    facts = tshark.lists(capture, NAMES, prefs=IN_ORDER, two_pass=two_pass)
    digests = tshark.digests(capture, prefs=IN_ORDER, two_pass=two_pass)
    assert len(facts) == 2 * len(body) - 2
    for stream in facts:
        assert facts[stream] == right[0]
        assert digests[stream] == right[1]


def test_by_default_a_late_segment_is_a_hole_that_names_the_preference(tshark):
    body = [n for n in places("C") if DIALOGUE[n].data[:4] == b"line"]
    capture = Capture()
    capture.add_all(changed(n, late=True) for n in body)
    # The message up to the hole is passed on, and nothing is put together over it.
    subject = DIALOGUE[body[0] - 1].data
    assert tshark.messages(capture) == {0: [subject], 1: [subject + DIALOGUE[body[0]].data]}
    streams = {}
    for frame in tshark.tree(capture, tshark=True):
        streams.setdefault(frame.stream, []).append(frame)
    for frames in streams.values():
        holes = [item for frame in frames for item in frame.all("smtp.expert.gap")]
        assert holes and "tcp.reassemble_out_of_order" in holes[0].text() + frames[0].text() + "".join(
            frame.text() for frame in frames)
        assert [value for frame in frames for value in frame.values("smtp.req.verb")] == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


def test_reused_addresses_and_ports_start_anew(tshark, right):
    capture = Capture()
    capture.add(DIALOGUE, client_port=4444, isn=(1000, 5000))
    capture.add(DIALOGUE[:4], client_port=4444, isn=(700000, 900000), end="rst")
    capture.add(DIALOGUE, client_port=4444, isn=(2000000, 3000000))
    facts = tshark.lists(capture, NAMES)
    assert facts[0] == facts[2] == right[0]
    numbers = tshark.lists(capture, ["smtp.transaction"])
    assert set(numbers[2]["smtp.transaction"]) == {"1"}
