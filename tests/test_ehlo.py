"""The extensions of an EHLO reply: keyword, parameters, explanation, and what breaks the syntax."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dialogue import Capture, C, S, cut_everywhere, script, single_octets
from tls import secure

KEYWORDS = (Path(__file__).parent / "unit/tables/data/keywords.txt").read_text().split()


def hello(*lines):
    """A session whose EHLO reply has these extension lines."""
    octets = [line if isinstance(line, bytes) else line.encode() for line in ("mx.example", *lines)]
    reply = b"".join(b"250-" + line + b"\r\n" for line in octets[:-1]) + b"250 " + octets[-1] + b"\r\n"
    return [S("220 mx.example ESMTP\r\n"), C("EHLO a.example\r\n"), S(reply)]


def extensions(tshark, lines, **options):
    """For each line its Extension item; each line in a connection of its own."""
    capture = Capture()
    capture.add_all(hello(line) for line in lines)
    found = [None] * len(lines)
    for frame in tshark.tree(capture, filter="smtp.rsp.parameter", **options):
        for item in frame.all("smtp.rsp.parameter"):
            if "Extension: " in item.label:
                assert found[frame.stream] is None
                found[frame.stream] = item
    assert None not in found
    return found


def experts(item):
    return [each.name for each in item.walk() if each.name.startswith("smtp.expert.")]


def complaints(item):
    return [each.label for each in item.all("smtp.expert.bad_parameter")]


# --- What is right ----------------------------------------------------------------------------


SIZE = """\
Extension: SIZE 35882577
    Keyword: SIZE
    Parameter: 35882577
    Maximum message size: 35882577 octets (34.2 MiB)
    Explanation of SIZE: The largest message that the server takes, in octets (bytes).
        More: A client can give up before it sends; zero means no fixed limit, and without a number the server keeps \
the limit to itself.
        Reference: RFC 1870
"""


def test_a_line_as_a_reader_gets_it(tshark):
    item, = extensions(tshark, ["SIZE 35882577"])
    assert item.text().replace("[", "").replace("]", "") == SIZE
    assert item.value == "SIZE 35882577"
    assert item.find("smtp.ehlo.keyword").raw == b"SIZE"
    assert item.find("smtp.ehlo.parameter").raw == b"35882577"
    assert item.find("smtp.ehlo.size").raw == b"35882577"


# line: {field without smtp.ehlo.: values}
DECODED = {
    "SIZE": {"keyword": ["SIZE"], "parameter": [], "size": []},
    "size 0": {"keyword": ["SIZE"], "size": ["0"]},
    "SIZE 18446744073709551615": {"size": ["18446744073709551615"]},
    "AUTH LOGIN PLAIN XOAUTH2": {"auth.mechanism": ["LOGIN", "PLAIN", "XOAUTH2"],
                                 "auth.mechanism.exposed": ["1", "1", "1"]},
    "AUTH CRAM-MD5\tSCRAM-SHA-256-PLUS": {"auth.mechanism": ["CRAM-MD5", "SCRAM-SHA-256-PLUS"],
                                          "auth.mechanism.exposed": []},
    "AUTH=LOGIN PLAIN": {"keyword": ["AUTH"], "parameter": ["LOGIN PLAIN"],
                         "auth.mechanism": ["LOGIN", "PLAIN"]},
    "X-EXPS GSSAPI NTLM": {"auth.mechanism": ["GSSAPI", "NTLM"]},
    "X-EXPS=LOGIN": {"keyword": ["X-EXPS"], "auth.mechanism": ["LOGIN"]},
    "X-EXPS": {"auth.mechanism": []},
    "LIMITS MAILMAX=1 rcptmax=999999 RCPTDOMAINMAX=20": {
        "limits.mailmax": ["1"], "limits.rcptmax": ["999999"], "limits.rcptdomainmax": ["20"]},
    "LIMITS SOMETHING OTHER=x:y": {"limits.other": ["SOMETHING", "OTHER=x:y"]},
    "DELIVERBY": {"deliverby.min": []},
    "DELIVERBY 240": {"deliverby.min": ["240"], "deliverby.token": []},
    "DELIVERBY 240,a,b": {"deliverby.min": ["240"], "deliverby.token": ["a", "b"]},
    "DELIVERBY ,a": {"deliverby.min": [], "deliverby.token": ["a"]},
    "FUTURERELEASE 86400 2030-12-31T23:59:59Z": {
        "futurerelease.max_interval": ["86400"],
        "futurerelease.max_datetime": ["2030-12-31T23:59:59Z"]},
    "MT-PRIORITY": {"mt_priority.profile": []},
    "MT-PRIORITY STANAG4406": {"mt_priority.profile": ["STANAG4406"]},
    "NO-SOLICITING": {"no_soliciting.keyword": []},
    "NO-SOLICITING net.example:ADV,org.example:X": {
        "no_soliciting.keyword": ["net.example:ADV", "org.example:X"]},
    "BURL": {"burl.option": []},
    "BURL imap imap://imap.example": {"burl.option": ["imap", "imap://imap.example"]},
    "XCLIENT NAME ADDR REVERSE_NAME": {"xclient.attribute": ["NAME", "ADDR", "REVERSE_NAME"]},
    "XFORWARD NAME ADDR SOURCE": {"xforward.attribute": ["NAME", "ADDR", "SOURCE"]},
    "SECURITY=NONE": {"security.level": ["NONE"]},
    "XSECURITY=NONE,STARTTLS": {"keyword": ["XSECURITY"], "security.level": ["NONE", "STARTTLS"]},
    "XVERP": {"xverp.variant": []},
    "XVERP=Courier": {"xverp.variant": ["Courier"]},
    "XLOOP 5C3A9F": {"xloop.id": ["5C3A9F"]},
    "X-MESSAGECONTEXT ADRC-2.1.0.0 EPROP-1.2.0.0": {
        "messagecontext.context": ["ADRC-2.1.0.0", "EPROP-1.2.0.0"]},
    "XPROXYTO anything at all": {"parameter": ["anything at all"]},
    "8bitmime": {"keyword": ["8BITMIME"], "parameter": [], "status": []},
    "XCLIENT ADDR": {"status": ["vendor extension"]},
    "PRDR": {"status": ["experimental"]},
    "TURN": {"status": ["historic"]},
    "x-new thing  two": {"keyword": ["X-NEW"], "parameter": ["thing  two"], "status": []},
}


@pytest.fixture(scope="module")
def decoded(tshark):
    return dict(zip(DECODED, extensions(tshark, list(DECODED)), strict=True))


@pytest.mark.parametrize("line", DECODED)
def test_parameters_are_decoded(decoded, line):
    item = decoded[line]
    assert item.value == line
    for name, values in DECODED[line].items():
        assert item.values("smtp.ehlo." + name) == values, name
    assert complaints(item) == []


LABELS = {
    "SIZE 0": "Maximum message size: 0 (no fixed limit)",
    "SIZE 1": "Maximum message size: 1 octet",
    "SIZE 1000": "Maximum message size: 1000 octets",
    "SIZE 10240": "Maximum message size: 10240 octets (10.0 KiB)",
    "SIZE 5368709120": "Maximum message size: 5368709120 octets (5.0 GiB)",
    "DELIVERBY 5400": "Shortest deadline: 5400 seconds (1 hour, 30 minutes)",
    "AUTH PLAIN": "Mechanism: PLAIN (password or token can be read from the exchange)",
    "MT-PRIORITY NSEP": "Priority profile: NSEP (emergency services)",
    "BURL imap://a.example": "Option: imap://a.example (trusted server)",
    "XCLIENT LOGIN": "Attribute: LOGIN (user name of the client's login)",
    "XFORWARD IDENT": "Attribute: IDENT (queue id of the message at the first server)",
    "LIMITS RCPTMAX=100": "Recipients of a message (RCPTMAX): 100",
    "X-MESSAGECONTEXT ADRC-2.1.0.0": "Context: ADRC-2.1.0.0 (cache of recipients)",
}


def test_labels_say_what_numbers_and_words_mean(tshark):
    for item, label in zip(extensions(tshark, list(LABELS)), LABELS.values(), strict=True):
        assert label in [each.label for each in item.walk()]


def test_every_known_keyword_is_explained(tshark):
    items = extensions(tshark, KEYWORDS)
    assert [item.values("smtp.ehlo.keyword") for item in items] == [
        [keyword.rstrip("=")] for keyword in KEYWORDS]
    for item in items:
        own = [child.name for child in item.children]
        assert own.count("smtp.explanation") == 1 and len(item.all("smtp.reference")) == 1
        assert "nregistered" not in item.find("smtp.explanation").value


def test_an_unknown_keyword_is_called_so(tshark):
    item, = extensions(tshark, ["X-NEW and text"])
    explanation, = item.values("smtp.explanation")
    assert explanation.startswith("Unregistered extension")
    assert item.values("smtp.ehlo.parameter") == ["and text"]
    assert item.values("smtp.reference") == []


def test_every_mechanism_is_explained(tshark):
    item, = extensions(tshark, ["AUTH DIGEST-MD5 X-UNHEARD-OF"])
    names = [child.name for child in item.children]
    known, unknown, keyword = item.all("smtp.explanation")
    assert names[-5:] == ["smtp.ehlo.auth.mechanism", "smtp.explanation"] * 2 + ["smtp.explanation"]
    assert known.values("smtp.reference") == ["RFC 2831, RFC 6331"]
    assert unknown.value.startswith("Unknown mechanism")
    assert unknown.values("smtp.reference") == []


def test_readable_passwords_are_a_note_in_clear_only(tshark):
    lines = hello("AUTH PLAIN", "AUTH SCRAM-SHA-1")
    steps, keys = secure(hello("AUTH PLAIN"), script("""
        S: 220 mx.example
        C: EHLO a.example
        S: 250-mx.example
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 2.0.0 go
    """))
    capture = Capture(secrets=keys)
    capture.add(lines)
    capture.add(steps, port=587)
    marked = [frame.all("smtp.rsp.parameter") for frame in tshark.tree(capture, filter="smtp.ehlo.auth.mechanism")]
    assert [[experts(item) for item in items[1:]] for items in marked] == [
        [["smtp.expert.clear_mechanism"], []], [[]]]


# --- What is wrong ----------------------------------------------------------------------------


BROKEN = {
    "SIZE abc": "Not a number",
    "SIZE 1k": "Not a number",
    "SIZE -1": "Number is negative",
    "SIZE -99999999999999999999999": "Number is negative",
    "SIZE 18446744073709551616": "more than 64 bits",
    "SIZE 99999999999999999999999999": "more than 64 bits",
    "SIZE 100 200": "More parameters",
    "SIZE=100": "directly after the keyword",
    "SIZE ": "Blank at the end",
    "SIZE 100 ": "Blank at the end",
    " SIZE 100": "Blank before",
    "AUTH=": "Parameter is missing",
    "AUTH login": "Not a mechanism",
    "AUTH ABCDEFGHIJKLMNOPQRSTU": "Not a mechanism",
    "AUTH A+B": "Not a mechanism",
    "LIMITS": "Parameter is missing",
    "LIMITS RCPTMAX": "Number is missing",
    "LIMITS RCPTMAX=": "Number is missing",
    "LIMITS RCPTMAX=0": "Out of range: 1 to 999999",
    "LIMITS RCPTMAX=1000000": "Out of range: 1 to 999999",
    "LIMITS MAILMAX=99999999999999999999": "more than 64 bits",
    "LIMITS X=": "Not a limit",
    "LIMITS x+y=1": "Not a limit",
    "DELIVERBY abc": "Not a number",
    "DELIVERBY 1000000000": "Out of range",
    "DELIVERBY 240,": "Empty list element",
    "DELIVERBY 240,,a": "Empty list element",
    "FUTURERELEASE": "Parameter is missing",
    "FUTURERELEASE 86400": "Date and time are missing",
    "FUTURERELEASE 0 2030-12-31T23:59:59Z": "Out of range",
    "FUTURERELEASE 86400 tomorrow": "Not a date",
    "FUTURERELEASE 86400 2030-02-30T00:00:00Z": "Not a date",
    "FUTURERELEASE 86400 2030-12-31T23:59:59+01:00": "Not a date",
    "FUTURERELEASE 86400 2030-12-31T23:59:59Z x": "More parameters",
    "MT-PRIORITY MIXER NSEP": "More than one",
    "MT-PRIORITY a+b": "Not a profile",
    "NO-SOLICITING a,,b": "Empty list element",
    "NO-SOLICITING 1a": "Not a class",
    "BURL pop": "Neither imap",
    "BURL imap://": "Neither imap",
    "XCLIENT": "Parameter is missing",
    "XCLIENT NAME=1": "Not an attribute",
    "XFORWARD": "Parameter is missing",
    "SECURITY=": "Parameter is missing",
    "SECURITY=NONE,TLS": "Neither NONE",
    "XVERP=a b": "More than one",
    "XLOOP xyz": "Not a hexadecimal",
    "X-MESSAGECONTEXT A/B": "Not a context",
    "PIPELINING 5": "takes no parameter",
    "SMTPUTF8 x": "takes no parameter; clients",
    "": "without a keyword",
}


@pytest.fixture(scope="module")
def broken(tshark):
    return dict(zip(BROKEN, extensions(tshark, list(BROKEN)), strict=True))


@pytest.mark.parametrize("line", BROKEN)
def test_what_breaks_the_syntax_is_marked(broken, line):
    item = broken[line]
    assert item.value == line
    assert len(complaints(item)) == 1, item.text()
    assert BROKEN[line] in complaints(item)[0]


@pytest.mark.parametrize("keyword", ["PIPE_CONNECT", "-DSN", "DSN.", "caf\u00e9"])
def test_a_keyword_of_other_characters_is_marked(tshark, keyword):
    item, = extensions(tshark, [keyword])
    assert experts(item) == ["smtp.expert.bad_keyword"]


def test_numbers_out_of_range_are_kept(broken):
    assert broken["LIMITS RCPTMAX=1000000"].values("smtp.ehlo.limits.rcptmax") == ["1000000"]
    assert broken["SIZE 18446744073709551616"].values("smtp.ehlo.size") == []
    assert broken["SIZE 18446744073709551616"].values("smtp.ehlo.parameter") == ["18446744073709551616"]
    assert broken["SIZE=100"].values("smtp.ehlo.size") == ["100"]


def test_any_keyword_with_any_broken_parameter_is_marked(tshark):
    lines = []
    for keyword in [*KEYWORDS, "X-NEW"]:
        lead = keyword if keyword.endswith("=") else keyword + " "
        lines += [lead + "1 ", lead + "9" * 10000, lead + "A " * 5000, lead + "a," * 5000 + "b",
                  lead.encode() + b"\xff\x80", lead + "caf\u00e9"]
    capture = Capture()
    capture.add_all(hello(line) for line in lines)
    marked = tshark.by_stream(capture, ["smtp.ehlo.keyword"], filter="smtp.expert.bad_parameter")
    assert sorted(marked) == list(range(len(lines)))


def test_words_are_not_shown_without_end(tshark):
    item, = extensions(tshark, ["AUTH " + "A " * 10000 + "B"])
    assert len(item.all("smtp.ehlo.auth.mechanism")) == 200
    assert any("More than 200 words" in label for label in complaints(item))


def test_octets_that_are_not_text_do_no_harm(tshark):
    item, = extensions(tshark, [b"X-\xc3\x28 \x80\xff\x01\x7f"])
    assert experts(item) == ["smtp.expert.bad_keyword", "smtp.expert.bad_parameter"]
    keyword, = item.all("smtp.ehlo.keyword")
    assert keyword.raw == b"X-\xc3\x28"


@pytest.mark.parametrize("keyword", ["XXXXXXXX", "XXXX", "XXXXXXXXXA", "xxxxxxxx"])
def test_a_keyword_that_a_firewall_has_masked(tshark, keyword):
    item, = extensions(tshark, [keyword])
    assert experts(item) == ["smtp.expert.masked"]
    assert item.values("smtp.ehlo.keyword") == [keyword.upper()]
    assert "middlebox" in item.find("smtp.expert.masked").label


@pytest.mark.parametrize("keyword", ["XXX", "XOORG", "XEXCH50"])
def test_a_keyword_that_no_firewall_has_masked(tshark, keyword):
    item, = extensions(tshark, [keyword])
    assert experts(item) == []


REPEATED = hello("SIZE 100", "DSN", "size 200", "AUTH LOGIN", "AUTH=LOGIN", "auth=plain", "XXXXXXXX",
                 "XXXXXXXX", "DSN")


def test_a_repeated_keyword_is_marked_wherever_tcp_cuts(tshark):
    capture = Capture()
    capture.add(REPEATED)
    capture.add(single_octets(REPEATED))
    capture.add_all([*REPEATED[:2], replace(REPEATED[2], cut=(n,))]
                    for n in range(1, len(REPEATED[2].data)))
    streams = {}
    for frame in tshark.tree(capture, filter="smtp.ehlo.keyword"):
        streams.setdefault(frame.stream, []).extend(
            item.label for item in frame.all("smtp.rsp.parameter") if "(repeated)" in item.label)
    marked = ["Extension: size 200 (repeated)", "Extension: auth=plain (repeated)",
              "Extension: DSN (repeated)"]
    assert list(streams.values()) == [marked] * len(capture.streams)
    found = tshark.by_stream(capture, ["smtp.rsp.parameter"], filter="smtp.expert.duplicate_keyword")
    assert len(found) == len(capture.streams)


# --- Everywhere the same ----------------------------------------------------------------------


NAMES = ["smtp.rsp.parameter", "smtp.ehlo.keyword", "smtp.ehlo.parameter", "smtp.ehlo.size",
         "smtp.ehlo.auth.mechanism", "smtp.ehlo.limits.rcptmax", "smtp.explanation"]
OFFER = hello("SIZE 52428800", "AUTH PLAIN LOGIN", "LIMITS RCPTMAX=100", "X-NEW thing", "SIZE 7 ")


def test_cuts_change_nothing(tshark):
    capture = Capture()
    capture.add(OFFER)
    capture.add(single_octets(OFFER))
    capture.add_all(cut_everywhere(OFFER))
    facts = list(tshark.facts(capture, NAMES).values())
    assert len(facts[0]) > 20
    for each in facts:
        assert sorted(each) == sorted(facts[0])


def test_two_passes_show_the_same(tshark):
    capture = Capture()
    capture.add_all(hello(line) for line in [*DECODED, *BROKEN])
    once, twice = (tshark.verbose(capture, two_pass=two) for two in (False, True))
    summary = re.compile(r"^    \[Connection: .*\n(?: {8}.*\n)*", re.MULTILINE)  # later passes know where it belongs
    keep = [[line for line in summary.sub("", text).splitlines() if "Response to EHLO in" not in line] for text in (once, twice)]
    assert keep[0] == keep[1]


def test_the_builtin_field_keeps_its_values(tshark, builtin):
    capture = Capture()
    capture.add_all(hello(line, "DSN") for line in DECODED)
    capture.add_all(hello(line, "DSN") for line in BROKEN if line.isascii() and line)
    ours, theirs = (shark.fields(capture, ["smtp.rsp.parameter"], filter="smtp.rsp.parameter")
                    for shark in (tshark, builtin))
    assert ours == theirs


FILTERS = [
    'smtp.ehlo.keyword == "X-NEW"',
    'smtp.ehlo.keyword == "SIZE"',
    'smtp.ehlo.size == 52428800',
    'smtp.ehlo.auth.mechanism == "LOGIN"',
    'smtp.ehlo.limits.rcptmax == 100',
    'smtp.explanation contains "Unregistered"',
    'smtp.reference == "RFC 9422"',
    'smtp.expert.bad_parameter',
]


@pytest.fixture(scope="module")
def filtered():
    capture = Capture()
    capture.add(OFFER)
    return capture


@pytest.mark.parametrize("wanted", FILTERS)
def test_filters_need_no_visible_tree(tshark, filtered, wanted):
    """Each alone."""
    assert len(tshark.passing(filtered, wanted)) == 1


@pytest.mark.parametrize("two_pass", [False, True])
def test_filters_together(tshark, filtered, two_pass):
    """All of them are for the same frame."""
    wanted = " && ".join(f"({each})" for each in FILTERS)
    assert len(tshark.summary(filtered, filter=wanted, two_pass=two_pass)) == 1


def test_helo_has_no_extensions(tshark):
    capture = Capture()
    capture.add(script("""
        S: 220 mx.example
        C: HELO a.example
        S: 250-mx.example
        S: 250 SIZE 100
    """))
    assert tshark.passing(capture, "smtp.ehlo.keyword") == []


def test_experts_need_no_tree(tshark):
    capture = Capture()
    capture.add(hello("SIZE abc", "XXXXXXXX", "AUTH PLAIN"))
    said = tshark.run(capture, "-q", "-z", "expert")
    for words in ("Not a number", "middlebox", "Login exposed"):
        assert said.count(words) == 1


# --- What users add ---------------------------------------------------------------------------


def test_keywords_of_the_user_are_explained(tshark):
    rows = ['uat:esmtp_keywords:"x-acme","Our anvils are heavy.","ACME manual"',
            'uat:esmtp_keywords:"VRFY","Ours tells the truth.",""']
    acme, vrfy, other = extensions(tshark, ["X-ACME 5 t", "VRFY", "X-OTHER"], prefs=rows)
    assert acme.values("smtp.explanation") == ["Our anvils are heavy."]
    assert acme.values("smtp.reference") == ["ACME manual"]
    assert acme.values("smtp.ehlo.parameter") == ["5 t"]
    assert vrfy.values("smtp.explanation") == ["Ours tells the truth."]
    assert other.find("smtp.explanation").value.startswith("Unregistered extension")


LUA = """
local acme = Proto("acme", "ACME extension")
local weight = ProtoField.string("acme.weight", "Weight")
acme.fields = {weight}
function acme.dissector(tvb, pinfo, tree)
    if tvb:len() > 0 then tree:add(weight, tvb()) end
    return tvb:len()
end
DissectorTable.get("smtp.ehlo.keyword"):add("X-ACME", acme)
DissectorTable.get("smtp.ehlo.keyword"):add("SIZE", acme)
"""


def test_a_script_dissects_the_parameter_of_a_keyword(tshark, tmp_path):
    script_file = tmp_path / "acme.lua"
    script_file.write_text(LUA)
    capture = Capture()
    capture.add_all(hello(line) for line in ("x-acme 5 t", "X-ACME", "SIZE 7", "X-ACMES 1"))
    rows = tshark.by_stream(capture, ["acme.weight", "smtp.ehlo.size"], "-X", f"lua_script:{script_file}",
                            filter="smtp.ehlo.keyword")
    assert [rows[n][0]["acme.weight"] for n in range(4)] == [["5 t"], [], ["7"], []]
    assert rows[2][0]["smtp.ehlo.size"] == ["7"]


# --- In clear and inside TLS ------------------------------------------------------------------


def test_what_tls_changes_in_the_offer(tshark):
    def session(clear, inside):
        before = [*hello(*clear), C("STARTTLS\r\n"), S("220 2.0.0 go\r\n")]
        again = [*hello(*inside)[1:], *hello("DSN")[1:]]
        return secure(again, before)

    capture = Capture()
    for clear, inside in (
        (["SIZE 100", "STARTTLS"], ["SIZE 200", "AUTH PLAIN", "AUTH=PLAIN", "x-new"]),
        (["STARTTLS", "DSN"], ["STARTTLS", "DSN"]),
        (["STARTTLS", "X-\u00e9"], ["PIPELINING"]),
    ):
        steps, keys = session(clear, inside)
        capture.add(steps, port=587)
        capture.secrets += keys
    rows = tshark.by_stream(capture, ["smtp.ehlo.added", "smtp.ehlo.removed"], filter="smtp.ehlo.keyword")
    nothing = {"smtp.ehlo.added": [], "smtp.ehlo.removed": []}
    assert rows[0] == [nothing, {"smtp.ehlo.added": ["AUTH", "X-NEW"],
                                 "smtp.ehlo.removed": ["STARTTLS"]}, nothing]
    assert rows[1] == [nothing, nothing, nothing]
    assert rows[2] == [nothing, {"smtp.ehlo.added": ["PIPELINING"],
                                 "smtp.ehlo.removed": ["STARTTLS", "X-\u00e9"]}, nothing]
    assert len(tshark.passing(capture, 'smtp.ehlo.added == "X-NEW"')) == 1


# --- What was offered and never used ----------------------------------------------------------------


OFFERED = "S: 220 mx.example ESMTP\nC: EHLO a\nS: 250-mx.example\n" + "".join(f"S: 250-{line}\n" for line in (
    "SIZE 1000", "8BITMIME", "DSN", "CHUNKING", "VRFY", "PIPELINING", "AUTH PLAIN", "PRDR", "ENHANCEDSTATUSCODES", "X-FOO")) + "S: 250 STARTTLS\n"
ALL = {"SIZE", "8BITMIME", "DSN", "CHUNKING", "VRFY", "PIPELINING", "AUTH", "PRDR", "STARTTLS"}
MAIL = "C: MAIL FROM:<a@a>{}\nS: 250 ok\nC: RCPT TO:<b@b>{}\nS: 250 ok\n"
# What the client says then, and what of the offer it used.
USED = [
    ("", set()),
    (MAIL.format("", ""), set()),
    (MAIL.format(" SIZE=5 BODY=8BITMIME PRDR", ""), {"SIZE", "8BITMIME", "PRDR"}),
    (MAIL.format("", " NOTIFY=NEVER"), {"DSN"}),
    (MAIL.format("", "") + "C: BDAT 0 LAST\nS: 250 ok\n", {"CHUNKING"}),
    ("C: VRFY b\nS: 252 maybe\nC: AUTH PLAIN AGEAYg==\nS: 535 no\nC: STARTTLS\nS: 454 no\n", {"VRFY", "AUTH", "STARTTLS"}),
    ("C: NOOP\nC: NOOP\nS: 250 ok\nS: 250 ok\n", {"PIPELINING"}),
]


def test_offered_and_not_used(tshark):
    """In later passes, on the last frame of the connection, where the client's use can be seen: not ENHANCEDSTATUSCODES, X-FOO."""
    capture = Capture()
    for steps, _ in USED:
        capture.add(script(OFFERED + steps + "C: QUIT\nS: 221 bye\n"))
    capture.add(script("S: 220 mx.example ESMTP\nC: HELO a\nS: 250 mx.example\nC: QUIT\nS: 221 bye\n"))
    names = ["tcp.stream", "frame.number", "smtp.ehlo.unused"]
    assert not tshark.fields(capture, names, filter="smtp.ehlo.unused", two_pass=False)
    rows = {int(row["tcp.stream"][0]): row for row in tshark.fields(capture, names, filter="smtp.ehlo.unused", two_pass=True)}
    assert {stream: {*row["smtp.ehlo.unused"]} for stream, row in rows.items()} == {n: ALL - used for n, (_, used) in enumerate(USED)}
    last = {int(row["tcp.stream"][0]): row["frame.number"] for row in tshark.fields(capture, names[:2], filter="smtp", two_pass=True)}
    assert all(row["frame.number"] == last[stream] for stream, row in rows.items())


def test_unused_inside_tls_is_what_neither_list_saw_used(tshark, recorded):
    """All captures: never STARTTLS where TLS began with it."""
    for frame in recorded.frames(two_pass=True).values():
        if frame.values("smtp.starttls_in"):
            assert "STARTTLS" not in frame.values("smtp.ehlo.unused"), frame.number
