"""What a reader is taught: in its place, right for the session at hand, once, and not at all if esmtp.explain is off."""

import collections
import json
import re

import pytest

from dialogue import C, Capture, S, script
from tls import secure

TAUGHT = {"smtp.explanation", "smtp.explanation.more", "smtp.reference", "smtp.response.next_step"}


def lines_of(item):
    """What is taught of an item and of all below it, as one text."""
    return " ".join(each.value for each in item.walk() if each.name in TAUGHT - {"smtp.reference"})


def replies(tshark, *dialogues, tls=False, port=25):
    """The item of the last reply of each dialogue (what precedes it is said by the dialogue itself)."""
    capture = Capture()
    for steps in dialogues:
        capture.add(script(steps), port=port)
    last = {}
    for frame in tshark.tree(capture, filter="smtp"):
        for item in frame.all("smtp.response"):
            last[frame.stream] = item
    return [last[stream] for stream in sorted(last)]


# --- The preference -----------------------------------------------------------------------------


def without_taught(item):
    return (item.name, item.label, [without_taught(child) for child in item.children if child.name not in TAUGHT])


def test_off_leaves_out_what_is_taught_and_nothing_else(tshark, recorded):
    full = recorded.run("-T", "pdml", "-Y", "smtp", two_pass=True)
    off = recorded.run("-T", "pdml", "-Y", "smtp", "-o", "esmtp.explain:off", two_pass=True)
    names = {name: len(re.findall(f'<field name="{re.escape(name)}"', full)) for name in TAUGHT}
    assert min(names.values()) > 100
    for name in TAUGHT:
        assert f'<field name="{name}"' not in off
    other = re.compile(r'<field name="(smtp\.[^"]*)"')
    count = collections.Counter(name for name in other.findall(full) if name not in TAUGHT)
    assert count == collections.Counter(other.findall(off))


def test_a_filter_for_explanations_finds_none_when_they_are_off(tshark):
    capture = Capture()
    capture.add([S("220 mx\r\n"), C("NOOP\r\n"), S("250 ok\r\n")])
    assert tshark.passing(capture, "smtp.explanation")
    assert not tshark.passing(capture, "smtp.explanation", prefs=["esmtp.explain:off"])


# --- Elasticsearch ------------------------------------------------------------------------------


class Pairs(list):
    """A JSON object as it is written."""


@pytest.mark.parametrize("two_pass", [True, False])
def test_ek_has_no_member_twice(recorded, two_pass):
    """4.0 writes a field that has two parent fields in a frame as two members of one name, which Elasticsearch refuses. Expert infos
    (_ws.expert) hang on whatever they are about, in all of Wireshark's dissectors."""
    found = 0
    for line in recorded.run("-T", "ek", "-Y", "smtp", two_pass=two_pass).splitlines()[1::2]:
        for name, layers in json.loads(line, object_pairs_hook=Pairs):
            for protocol, layer in layers if name == "layers" else ():
                for each in [layer] if protocol == "smtp" and isinstance(layer, Pairs) else layer if protocol == "smtp" else ():
                    names = collections.Counter(key for key, _ in each)
                    assert [key for key, n in names.items() if n > 1 and key != "_ws_expert"] == []
                    found += 1
    assert found > 500


# --- In context ---------------------------------------------------------------------------------


def test_nothing_is_taught_that_the_session_contradicts(tshark, recorded):
    """All captures: no STARTTLS inside TLS, no EHLO in LMTP, no missing recipient where there is one, no further chunk after the last.
    What is about the word itself, a command or a keyword, may name it."""
    seen = collections.Counter()
    accepted = collections.defaultdict(set)
    for frame in recorded.frames(two_pass=True).values():
        inside, lmtp = bool(frame.all("smtp.tls")), bool(frame.all("smtp.lmtp"))
        for reply in frame.all("smtp.response"):
            request = " ".join(reply.values("smtp.request"))
            told = " ".join(lines_of(child) for child in reply.children if child.name in TAUGHT)
            if inside and "STARTTLS" not in request:
                seen["tls"] += 1
                assert "STARTTLS" not in told and "starts TLS" not in told, reply.text()
            if lmtp and "EHLO" not in request:
                seen["lmtp"] += 1
                assert "EHLO" not in told, reply.text()
            if request.startswith("RCPT") and reply.values("smtp.response.class") == ["2"]:
                accepted[frame.stream] |= {request}
            if re.fullmatch(r"DATA|BDAT.*", request) and accepted[frame.stream]:
                seen["recipient"] += 1
                assert not re.search(r"without an accepted recipient|[Nn]o recipient was accepted", told) \
                    or not accepted[frame.stream], reply.text()
            if request.startswith(("MAIL", "RSET", "EHLO", "HELO", "LHLO")) or "end of" in request:
                accepted[frame.stream] = set()
            if request.startswith("BDAT") and reply.values("smtp.eom_in"):
                seen["last"] += 1
                assert "next chunk" not in told, reply.text()
    assert min(seen[name] for name in ("tls", "lmtp", "recipient", "last")) > 5, seen


HELLO = """
    S: 220 mx.example ESMTP
    C: EHLO a.example
    S: 250-mx.example
    S: 250-CHUNKING
    S: 250 STARTTLS
"""
MAIL = """
    C: MAIL FROM:<a@a.example>
    S: 250 ok
    C: RCPT TO:<b@b.example>
"""
# What follows the hello, words that must be taught of the last reply, and words that must not.
RIGHT = [
    (HELLO + "C: STARTTLS\nS: 454 not now", "TLS cannot be started", "password|login"),
    (HELLO + "C: STARTTLS\nS: 220 go", "says hello again inside TLS", "EHLO"),
    (HELLO + "C: AUTH PLAIN\nS: 535 5.7.0 no", "login failed", "succeeded"),
    (HELLO + "C: VRFY bob\nS: 252 maybe", "550 all the same", "to keep addresses"),
    (HELLO + MAIL + "S: 552 5.5.3 too many", "to the rest afterwards", "Only this recipient fails"),
    (HELLO + MAIL + "S: 552 5.2.2 full", "Only this recipient fails", "rest afterwards"),
    (HELLO + MAIL + "S: 250 ok\nC: DATA\nS: 503 bad", "wrong time", "without an accepted recipient"),
    (HELLO + MAIL + "S: 550 no\nC: DATA\nS: 503 bad", "without an accepted recipient", "wrong time"),
    (HELLO + MAIL + "S: 250 ok\nC: BDAT 3 LAST\nC: a\nS: 250 ok", "deletes its copy", "next chunk"),
    (HELLO + MAIL + "S: 250 ok\nC: BDAT 3\nC: a\nS: 250 ok", "next chunk", "deletes its copy"),
]


@pytest.mark.parametrize("steps, right, wrong", RIGHT, ids=[right for _, right, _ in RIGHT])
def test_what_was_wrong_once(tshark, steps, right, wrong):
    item, = replies(tshark, steps)
    told = lines_of(item)
    assert re.search(right, told) and not re.search(wrong, told), told


def test_lmtp_tells_of_each_recipient(tshark):
    capture = Capture()
    capture.add(script("""
        S: 220 mx.example LMTP
        C: LHLO a.example
        S: 250-mx.example
        S: 250 STARTTLS
        C: MAIL FROM:<a@a.example>
        S: 250 ok
        C: RCPT TO:<b@b.example>
        S: 250 ok
        C: RCPT TO:<c@b.example>
        S: 250 ok
        C: DATA
        S: 354 go
        C: x
        C: .
        S: 250 2.0.0 <b@b.example> saved
        S: 452 4.2.2 <c@b.example> quota
    """), port=24)
    items = [item for frame in tshark.tree(capture) for item in frame.all("smtp.response")]
    hello, first, second = items[1], items[-2], items[-1]
    assert "EHLO" not in lines_of(hello)
    assert "each other one gets a reply" in lines_of(first) and "deletes its copy" not in lines_of(first)
    assert "this recipient's copy" in lines_of(second) and "each other one" in lines_of(second)


def test_inside_tls_nobody_starts_tls(tshark):
    steps, keys = secure([S("220 mx.example\r\n"), C("EHLO a\r\n"), S("250-mx.example\r\n250 AUTH PLAIN\r\n"),
                          C("MAIL FROM:<a@b.example>\r\n"), S("530 5.7.0 login\r\n")])
    capture = Capture(secrets=keys)
    capture.add(steps, port=465)
    told = [lines_of(item) for frame in tshark.tree(capture) for item in frame.all("smtp.response")]
    assert len(told) == 3
    assert not any("STARTTLS" in text or "starts TLS" in text for text in told[1:])
    assert "logs in if it has to" in told[1] and "wants a login first" in told[2]


def test_names_of_codes_that_mislead(tshark):
    first, second, third = replies(tshark, HELLO + "C: STARTTLS\nS: 454 not now", HELLO + "C: STARTTLS\nS: 220 go", "S: 220 mx.example ESMTP")
    labels = [item.find("smtp.response.code").label for item in (first, second, third)]
    assert labels == ["Response code: TLS not available due to temporary reason (454)", "Response code: Ready to start TLS (220)",
                      "Response code: Service ready (220)"]


def test_references_name_the_section(tshark):
    greeting, starttls, recipient = replies(tshark, "S: 220 mx.example ESMTP", HELLO + "C: STARTTLS\nS: 454 not now", HELLO + MAIL + "S: 550 5.1.1 no")
    assert greeting.values("smtp.reference") == ["RFC 5321 section 3.1"]
    assert starttls.values("smtp.reference") == ["RFC 3207 section 4"]
    assert recipient.values("smtp.reference") == ["RFC 5321 section 4.3.2, RFC 3463 section 3.2"]


# --- What belongs to what -------------------------------------------------------------------------


NAMES = {"smtp.req.verb", "smtp.param.name", "smtp.auth.mechanism", "smtp.response.code", "smtp.response.enhanced_code", "smtp.ehlo.keyword",
         "smtp.ehlo.auth.mechanism"}
BESIDE = {"smtp.response_in": "Response to {} in", "smtp.refusal": "Refusal of {}", "smtp.transaction": "Transaction of {}",
          "smtp.not_captured": "Note on {}",
          "smtp.auth.attempt": "Login attempt of {}"}


def names_what_it_explains(item, siblings):
    """Whether an explanation names, in its label, one of the words that its line shows before it."""
    what, _, text = item.label.removeprefix("Explanation of ").partition(": ")
    before = [word for sibling in siblings[:siblings.index(item)] for each in sibling.walk() if each.name in NAMES
              for word in (each.value, each.value.upper())]
    return item.label.startswith("Explanation of ") and what in before


def test_an_explanation_names_what_it_explains(recorded):
    """All captures: and of one line no two explain the same word."""
    seen = collections.Counter()
    for frame in recorded.frames(two_pass=True).values():
        for line in [item for layer in frame.layers for item in layer.walk()]:
            explained = [child for child in line.children if child.name == "smtp.explanation"]
            for child in explained:
                assert names_what_it_explains(child, line.children), line.text()
            seen[len(explained)] += 1
            words = [child.label.partition(": ")[0] for child in explained]
            assert line.name == "smtp.rsp.parameter" or len(words) == len(set(words)), line.text()
    assert min(seen[1], seen[2], seen[3]) > 5, seen


def test_what_stands_beside_a_line_names_it(recorded):
    """All captures: links, transactions and logins that follow the client's lines."""
    seen = collections.Counter()
    for frame in recorded.frames(two_pass=True).values():
        for layer in frame.layers:
            about = None
            for item in layer.children:
                if item.name == "smtp.command_line":
                    about = (item.values("smtp.req.verb") or ["this line"])[0]
                elif item.name in ("smtp.data.piece", "smtp.eom"):
                    about = "the message"
                elif item.name == "smtp.auth.line":
                    about = "this line"
                elif item.name in BESIDE:
                    assert item.label.startswith(BESIDE[item.name].format(about) + ": "), layer.text()
                    seen[item.name] += 1
            for reply in layer.all("smtp.response"):
                assert all(item.label.startswith("Transaction: ") for item in reply.all("smtp.transaction"))
    assert len(seen) == len(BESIDE) and min(seen.values()) > 3, seen


def test_odd_names_are_not_repeated_in_labels(tshark):
    capture = Capture()
    capture.add(script("""
        S: 220 mx.example ESMTP
        C: EHLO a
        S: 250-mx.example
        S: 250 X-%s
        C: foo bar
        S: 500 no
    """ % ("A" * 60)))
    text = "".join(frame.text() for frame in tshark.tree(capture))
    assert "Explanation: Unregistered extension" in text and "Explanation of foo: No registry" in text, text


# --- Once, and where one looks --------------------------------------------------------------------


def test_what_is_said_once_is_not_shown_twice(tshark, recorded):
    """All captures, as read from top to bottom: items of one line that say the same."""
    for frame in recorded.frames(two_pass=True).values():
        for line in frame.all("smtp.command_line") + frame.all("smtp.response") + frame.all("smtp.auth.line"):
            shown = [item for item in line.walk() if not item.hidden]
            labels = [item.label for item in shown if item.name in ("smtp.response.class", "smtp.response.enhanced_code.class",
                                                                    "smtp.req.verb", "smtp.request", "smtp.request.verb",
                                                                    "smtp.rcpt.status.class")]
            values = [item.value.upper() for item in shown if item.name in ("smtp.request", "smtp.request.verb")]
            assert len(labels) == len(set(labels)) and len(values) == len(set(values)), line.text()
            verbs = [item.value for item in shown if item.name in ("smtp.req.verb", "smtp.req.command")]
            assert len(verbs) == len(set(verbs)), line.text()
            sentences = [item.label for item in shown if item.name in ("smtp.response.enhanced_code.detail",)]
            assert not any("(" in label for label in sentences), line.text()


@pytest.mark.parametrize("line, sent, octets", [("Subject: x", 12, 12), ("..", 4, 3)])
def test_the_sizes_of_a_mail_in_one_piece(tshark, line, sent, octets):
    capture = Capture()
    capture.add(script(HELLO + MAIL + f"S: 250 ok\nC: DATA\nS: 354 go\nC: {line}\nC: .\nS: 250 ok"))
    text = "".join(frame.text() for frame in tshark.tree(capture, filter="smtp.eom"))
    assert f"DATA fragment, {sent} bytes" in text and "on the wire" not in text, text
    assert f"Octets of the message: {octets}\n" in text and len(re.findall(rf"\b{octets}\b", text)) <= 3, text
    assert "End of message, a line that holds only a dot" in text


def test_the_teaching_stands_after_the_facts(tshark):
    capture = Capture()
    capture.add(script(HELLO + MAIL + "S: 550 5.1.1 no such user"))
    frames = tshark.tree(capture)
    for frame in frames:
        for line in frame.all("smtp.command_line") + frame.all("smtp.response"):
            names = [child.name for child in line.children if child.name not in TAUGHT and not child.name.startswith("_ws")]
            kinds = [child.name in TAUGHT for child in line.children if not child.name.startswith("_ws")]
            assert kinds == sorted(kinds), line.text()
            assert names


# --- The share of the network -----------------------------------------------------------------------


@pytest.mark.parametrize("two_pass", [True, False])
def test_time_of_the_server(tshark, recorded, two_pass):
    """What TCP calls the initial round trip is taken off; nothing is said where the capture lacks the handshake."""
    names = ["tcp.stream", "tcp.analysis.initial_rtt", "smtp.time", "smtp.time.server"]
    trips, found = {}, 0
    for row in recorded.tshark.fields(recorded.path, names, "-Y", "tcp", two_pass=two_pass):
        stream, trip, times, servers = (row[name] for name in names)
        if trip and stream:
            trips[stream[0]] = float(trip[0])
        if not times:
            assert not servers
            continue
        known = trips.get(stream[0])
        assert len(servers) == (len(times) if known else 0), row
        for time, server in zip(times, servers):
            assert float(server) == pytest.approx(max(float(time) - known, 0), abs=2e-6), row
            found += 1
    assert found > 300


def test_no_time_of_the_server_without_a_handshake(tshark):
    capture = Capture()
    capture.add([S("220 mx\r\n"), C("NOOP\r\n"), S("250 ok\r\n")], handshake=False)
    row = tshark.fields(capture, ["smtp.time", "smtp.time.server"], filter="smtp.time")[-1]
    assert row["smtp.time"] and not row["smtp.time.server"]
