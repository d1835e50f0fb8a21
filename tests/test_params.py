"""Paths and parameters of MAIL and RCPT: decoded, explained, and marked where they break the syntax."""

from pathlib import Path

import pytest

from dialogue import Capture, C, S, cut_everywhere, script, single_octets

PARAMETERS = [line.split() for line in
              (Path(__file__).parent / "unit/tables/data/params.txt").read_text().splitlines()]

GREETING = script("""
    S: 220 mx.example ESMTP
    C: EHLO a.example
    S: 250-mx.example
    S: 250 PIPELINING
""")


def session(line):
    octets = line if isinstance(line, bytes) else line.encode()
    return [*GREETING, C(octets + b"\r\n"), S("250 2.1.0 Ok\r\n")]


def commands(tshark, lines, **options):
    """For each line its Command Line item; each line in a connection of its own."""
    capture = Capture()
    capture.add_all(session(line) for line in lines)
    found = [None] * len(lines)
    for frame in tshark.tree(capture, filter='smtp.command_line && !(smtp.req.verb == "EHLO")', **options):
        found[frame.stream], = frame.all("smtp.command_line")
    assert None not in found
    return found


def experts(item):
    """(name without smtp.expert., label) of the expert infos on parameter and path."""
    return [(each.name.removeprefix("smtp.expert."), each.label) for each in item.walk()
            if each.name in ("smtp.expert.bad_path", "smtp.expert.loose_path",
                             "smtp.expert.bad_parameter")]


# --- Paths ------------------------------------------------------------------------------------


# line: ({field: values}, expected experts)
PATHS = {
    "MAIL FROM:<a@b.example>": ({
        "smtp.mail.from": ["a@b.example"], "smtp.mail.from.local": ["a"],
        "smtp.mail.from.domain": ["b.example"], "smtp.path.route": [], "smtp.path.utf8": []}, []),
    "mail from:<a@b.example>": ({"smtp.mail.from": ["a@b.example"]}, []),
    "MAIL FROM:<>": ({"smtp.mail.from": [""], "smtp.mail.from.local": []}, []),
    "RCPT TO:<a@b.example>": ({
        "smtp.rcpt.to": ["a@b.example"], "smtp.rcpt.to.local": ["a"],
        "smtp.rcpt.to.domain": ["b.example"], "smtp.mail.from": []}, []),
    "RCPT TO:<Postmaster>": ({"smtp.rcpt.to": ["Postmaster"], "smtp.rcpt.to.local": ["Postmaster"],
                              "smtp.rcpt.to.domain": []}, []),
    'RCPT TO:<"a b@c"@d.example>': ({
        "smtp.rcpt.to": ['"a b@c"@d.example'], "smtp.rcpt.to.local": ['"a b@c"'],
        "smtp.rcpt.to.domain": ["d.example"]}, []),
    "RCPT TO:<@x.example,@y.example:a@b.example>": ({
        "smtp.rcpt.to": ["@x.example,@y.example:a@b.example"],
        "smtp.path.route": ["@x.example,@y.example"], "smtp.rcpt.to.local": ["a"],
        "smtp.rcpt.to.domain": ["b.example"]}, []),
    "RCPT TO:<a@[192.0.2.7]>": ({
        "smtp.rcpt.to.domain": ["[192.0.2.7]"], "smtp.path.ipv4": ["192.0.2.7"]}, []),
    "RCPT TO:<a@[IPv6:2001:db8::1]>": ({
        "smtp.rcpt.to.domain": ["[IPv6:2001:db8::1]"], "smtp.path.ipv6": ["2001:db8::1"]}, []),
    "MAIL FROM:<j\u00f6rg@b\u00fccher.example> SMTPUTF8": ({
        "smtp.mail.from": ["j\u00f6rg@b\u00fccher.example"], "smtp.path.utf8": ["1"]}, []),
    "RCPT TO:<j\u00f6rg@b.example>": ({"smtp.path.utf8": ["1"]}, []),
    "MAIL FROM: <a@b.example>": ({"smtp.mail.from": ["a@b.example"]}, ["loose_path: Blank after"]),
    "MAIL FROM:a@b.example": ({"smtp.mail.from": ["a@b.example"]}, ["loose_path: No '<' and '>'"]),
    "RCPT TO: b@c.example SIZE": ({"smtp.rcpt.to": ["b@c.example"], "smtp.param": ["SIZE"]},
                                  ["bad_parameter: belongs to MAIL", "bad_parameter: Value is missing",
                                   "loose_path: No '<'"]),
    "MAIL FROM:<a@b.example> SIZE=1 ": ({"smtp.param": ["SIZE=1"]}, ["loose_path: Blank at the end"]),
    "MAIL FROM:<a@b.example> ": ({"smtp.mail.from": ["a@b.example"]}, ["loose_path: Blank at the end"]),
    "MAIL FROM:<root>": ({"smtp.mail.from": ["root"]}, ["loose_path: No domain"]),
    "RCPT TO:<>": ({"smtp.rcpt.to": [""]}, ["bad_path: Recipient is empty"]),
    "MAIL": ({"smtp.mail.from": []}, ["bad_path: Path is missing"]),
    "MAIL FROM:": ({"smtp.mail.from": []}, ["bad_path: Path is missing"]),
    "MAIL SIZE=3": ({"smtp.mail.from": [], "smtp.mail.size": ["3"]}, ["bad_path: Path is missing"]),
    "MAIL <a@b.example>": ({"smtp.mail.from": ["a@b.example"]}, ["bad_path: \"FROM:\" is missing"]),
    "RCPT FROM:<a@b.example>": ({}, ["bad_path: Not a path", "bad_path: \"TO:\" is missing"]),
    "MAIL FROM:<<a@b.example>>": ({"smtp.mail.from": ["a@b.example"]}, ["bad_path: Not a path"]),
    "MAIL FROM:<a@b.example": ({"smtp.mail.from": ["a@b.example"]}, ["bad_path: Not a path"]),
    "MAIL FROM:Some One <a@b.example>": ({"smtp.mail.from": ["a@b.example"]}, ["bad_path: Not a path"]),
    "MAIL FROM:<@b.example>": ({"smtp.mail.from.domain": ["b.example"]}, ["bad_path: Not a path"]),
    "MAIL FROM:<a@b.example>SIZE=3": ({"smtp.mail.size": ["3"]}, ["bad_path: No blank"]),
    "MAIL FROM:<a@[192.0.2.700]>": ({"smtp.path.ipv4": []}, ["bad_path: Address literal"]),
    "MAIL FROM:<a@[2001:db8::1]>": ({"smtp.path.ipv6": []}, ["bad_path: Address literal"]),
    "MAIL FROM:<a@[]>": ({"smtp.path.ipv4": []}, ["bad_path: Address literal"]),
    "MAIL FROM:<j\u00f6rg@b.example>": ({"smtp.path.utf8": ["1"]}, ["bad_path: UTF-8 in the address"]),
    b"MAIL FROM:<j\xf6rg@b.example>": ({"smtp.path.utf8": ["1"]}, ["bad_path: Octets that are neither"]),
    "MAIL FROM:<%s@b.example>" % ("a" * 64): ({}, []),
    "MAIL FROM:<%s@b.example>" % ("a" * 65): ({}, ["bad_path: Local part of more than 64"]),
    "MAIL FROM:<a@%s>" % ("b." * 130): ({}, ["bad_path: Domain of more", "bad_path: Path of more"]),
    "MAIL FROM:<%s" % ("<" * 10000): ({}, ["bad_path: Not a path", "bad_path: Path of more"]),
    "XMRG FROM:<a@b.example> VERP": ({"smtp.mail.from": ["a@b.example"], "smtp.param.name": ["VERP"]}, []),
    "SOML FROM:<a@b.example>": ({"smtp.mail.from": ["a@b.example"]}, []),
}


@pytest.fixture(scope="module")
def paths(tshark):
    return dict(zip(PATHS, commands(tshark, list(PATHS)), strict=True))


def check_experts(item, expected):
    found = [f"{name}: {label}" for name, label in experts(item)]
    assert len(found) == len(expected), item.text()
    for each, wanted in zip(found, expected):
        name, words = wanted.split(": ", 1)
        assert each.startswith(name) and words in each, item.text()


@pytest.mark.parametrize("line", PATHS, ids=lambda line: repr(line)[:50])
def test_paths(paths, line):
    fields, expected = PATHS[line]
    for name, values in fields.items():
        assert paths[line].values(name) == values, name
    check_experts(paths[line], expected)


def test_items_of_a_path_cover_its_octets(paths):
    item = paths["RCPT TO:<@x.example,@y.example:a@b.example>"]
    assert item.find("smtp.rcpt.to").raw == b"@x.example,@y.example:a@b.example"
    assert item.find("smtp.path.route").raw == b"@x.example,@y.example"
    assert item.find("smtp.rcpt.to.local").raw == b"a"
    assert item.find("smtp.rcpt.to.domain").raw == b"b.example"
    assert paths["MAIL FROM:<>"].find("smtp.mail.from").raw == b"<>"


def test_paths_speak_to_the_reader(paths):
    labels = [each.label for item in paths.values() for each in item.walk()]
    for label in (
        "Sender (reverse-path): a@b.example",
        "Sender (reverse-path): <> (nobody: a report, which must not cause another one)",
        "Recipient (forward-path): Postmaster (who looks after this server's mail)",
        "Recipient (forward-path): @x.example,@y.example:a@b.example (with a source route, which servers ignore)",
    ):
        assert label in labels


# --- Parameters -------------------------------------------------------------------------------


ENVELOPES = {"MAIL": "MAIL FROM:<a@b.example> ", "RCPT": "RCPT TO:<a@b.example> "}


def lines_of(words):
    """MAIL SIZE=1 -> MAIL FROM:<a@b.example> SIZE=1"""
    return [ENVELOPES[line[:4]] + line[5:] for line in words]


# line: {field: values}
DECODED = {
    "MAIL SIZE=1000000": {"smtp.param": ["SIZE=1000000"], "smtp.param.name": ["SIZE"],
                          "smtp.param.value": ["1000000"], "smtp.mail.size": ["1000000"]},
    "MAIL size=0": {"smtp.param.name": ["SIZE"], "smtp.mail.size": ["0"]},
    "MAIL SIZE=18446744073709551615": {"smtp.mail.size": ["18446744073709551615"]},
    "MAIL BODY=7BIT": {"smtp.mail.body": ["7BIT"]},
    "MAIL BODY=8bitmime": {"smtp.mail.body": ["8bitmime"]},
    "MAIL BODY=BINARYMIME": {"smtp.mail.body": ["BINARYMIME"]},
    "MAIL RET=FULL": {"smtp.mail.ret": ["FULL"]},
    "MAIL RET=HDRS": {"smtp.mail.ret": ["HDRS"]},
    "MAIL ENVID=QQ314159": {"smtp.mail.envid": ["QQ314159"]},
    "MAIL ENVID=a+2Bb+3Dc+C3+A9": {"smtp.mail.envid": ["a+b=c\u00e9"],
                                   "smtp.param.value": ["a+2Bb+3Dc+C3+A9"]},
    "MAIL AUTH=<>": {"smtp.mail.auth": ["<>"]},
    "MAIL AUTH=e+3Dmc2@b.example": {"smtp.mail.auth": ["e=mc2@b.example"]},
    "MAIL SMTPUTF8": {"smtp.mail.smtputf8": ["1"], "smtp.param.value": []},
    "MAIL SMTPUTF8 AUTH=j\\x{F6}rg@b.example": {"smtp.mail.auth": ["j\u00f6rg@b.example"]},
    "MAIL REQUIRETLS": {"smtp.mail.requiretls": ["1"]},
    "MAIL HOLDFOR=86400": {"smtp.mail.holdfor": ["86400"]},
    "MAIL HOLDUNTIL=2030-12-31T23:59:59Z": {"smtp.mail.holduntil": ["2030-12-31T23:59:59Z"]},
    "MAIL BY=120;R": {"smtp.mail.by.time": ["120"], "smtp.mail.by.mode": ["R"]},
    "MAIL BY=-5;NT": {"smtp.mail.by.time": ["-5"], "smtp.mail.by.mode": ["NT"]},
    "MAIL BY=+999999999;rt": {"smtp.mail.by.time": ["999999999"], "smtp.mail.by.mode": ["rt"]},
    "MAIL MT-PRIORITY=-9": {"smtp.mail.mt_priority": ["-9"]},
    "MAIL MT-PRIORITY=0": {"smtp.mail.mt_priority": ["0"]},
    "MAIL MT-PRIORITY=6": {"smtp.mail.mt_priority": ["6"]},
    "MAIL MTRK=2jmj7l5rSw0yVb/vlWAYkK/YBwk=": {
        "smtp.mail.mtrk.certifier": ["2jmj7l5rSw0yVb/vlWAYkK/YBwk="], "smtp.mail.mtrk.timeout": []},
    "MAIL MTRK=2jmj7l5rSw0yVb/vlWAYkK/YBwk=:86400": {"smtp.mail.mtrk.timeout": ["86400"]},
    "MAIL SOLICIT=net.example:ADV,org.example:X": {
        "smtp.mail.solicit": ["net.example:ADV", "org.example:X"]},
    "MAIL TRANSID=<12345@b.example>": {"smtp.mail.transid": ["<12345@b.example>"]},
    "MAIL SECURITY=STARTTLS": {"smtp.mail.security": ["STARTTLS"]},
    "MAIL XATTRDIRECT=Originating": {"smtp.mail.xattrdirect": ["Originating"]},
    "MAIL XVERP": {"smtp.mail.xverp": []},
    "MAIL XVERP=+=": {"smtp.param.name": ["XVERP"], "smtp.mail.xverp": ["+="]},
    "MAIL SUBMITTER=a+40b.example": {"smtp.param.decoded": ["a@b.example"]},
    "MAIL XOORG=b.example": {"smtp.param.decoded": ["b.example"]},
    "MAIL XSHADOW=0f1e2d": {"smtp.param.value": ["0f1e2d"], "smtp.param.decoded": []},
    "MAIL SIZE=1 BODY=7BIT": {"smtp.param.name": ["SIZE", "BODY"]},
    "MAIL  SIZE=1  BODY=7BIT": {"smtp.param": ["SIZE=1", "BODY=7BIT"]},
    "MAIL X-NEW=some": {"smtp.param.name": ["X-NEW"], "smtp.param.value": ["some"],
                        "smtp.reference": ["RFC 5321 section 4.1.1.2"]},
    "RCPT NOTIFY=NEVER": {"smtp.rcpt.notify": ["NEVER"]},
    "RCPT NOTIFY=SUCCESS,failure,DELAY": {"smtp.rcpt.notify": ["SUCCESS", "failure", "DELAY"]},
    "RCPT ORCPT=rfc822;a+2Bb@c.example": {"smtp.rcpt.orcpt.type": ["rfc822"],
                                          "smtp.rcpt.orcpt.address": ["a+b@c.example"]},
    "RCPT ORCPT=utf-8;j\\x{F6}rg\\x{2B}x@b.example": {"smtp.rcpt.orcpt.type": ["utf-8"],
                                                      "smtp.rcpt.orcpt.address": ["j\u00f6rg+x@b.example"]},
    "RCPT ORCPT=utf-8;j\u00f6rg@b.example": {"smtp.rcpt.orcpt.address": ["j\u00f6rg@b.example"]},
    "RCPT ORCPT=x400;/C+3DDE/": {"smtp.rcpt.orcpt.type": ["x400"], "smtp.rcpt.orcpt.address": ["/C=DE/"]},
    "RCPT RRVS=2014-04-03T23:01:00Z": {"smtp.rcpt.rrvs": ["2014-04-03T23:01:00Z"],
                                       "smtp.rcpt.rrvs.action": []},
    "RCPT RRVS=2014-04-03T23:01:00+02:00;C": {"smtp.rcpt.rrvs": ["2014-04-03T23:01:00+02:00"],
                                              "smtp.rcpt.rrvs.action": ["C"]},
    "RCPT CONNEG": {"smtp.param.name": ["CONNEG"]},
    "RCPT XRCPTFORWARD=a+3D1+09b+3D2": {"smtp.param.decoded": ["a=1\tb=2"]},
}


@pytest.fixture(scope="module")
def decoded(tshark):
    return dict(zip(DECODED, commands(tshark, lines_of(DECODED)), strict=True))


@pytest.mark.parametrize("line", DECODED)
def test_parameters_are_decoded(decoded, line):
    for name, values in DECODED[line].items():
        assert decoded[line].values(name) == values, name
    assert experts(decoded[line]) == []


def test_items_of_a_parameter_cover_its_octets(decoded):
    item = decoded["RCPT ORCPT=rfc822;a+2Bb@c.example"]
    assert item.find("smtp.param").raw == b"ORCPT=rfc822;a+2Bb@c.example"
    assert item.find("smtp.param.name").raw == b"ORCPT"
    assert item.find("smtp.param.value").raw == b"rfc822;a+2Bb@c.example"
    assert item.find("smtp.rcpt.orcpt.type").raw == b"rfc822"
    assert item.find("smtp.rcpt.orcpt.address").raw == b"a+2Bb@c.example"
    assert decoded["MAIL BY=-5;NT"].find("smtp.mail.by.time").raw == b"-5"
    assert decoded["MAIL BY=-5;NT"].find("smtp.mail.by.mode").raw == b"NT"


PARAMETER = """\
Parameter: SIZE=1000000
    Name: SIZE
    Value: 1000000
    Message size: 1000000 octets (976.6 KiB)
[Explanation of SIZE: How big the message is, by the client's reckoning in octets.]
    [More: The server can refuse at once what it would not take.]
    [Reference: RFC 1870]
"""


def test_a_parameter_as_a_reader_gets_it(tshark):
    capture = Capture()
    capture.add(session("MAIL FROM:<a@b.example> SIZE=1000000"))
    text = tshark.verbose(capture, filter="smtp.param")
    assert "".join(f"        {line}\n" for line in PARAMETER.splitlines()) in text


LABELS = {
    "MAIL BODY=8BITMIME": "Body type: 8BITMIME (lines that may hold octets above 127)",
    "MAIL RET=HDRS": "Returned in a failure report: HDRS (a report of failure returns the header only)",
    "MAIL AUTH=<>": "Submitted by: <> (nobody is known)",
    "MAIL BY=120;R": "By-mode: R (return: after the deadline give up, and return the message)",
    "MAIL BY=-1;N": "Deliver within: -1 seconds (the deadline has passed)",
    "MAIL BY=3600;N": "Deliver within: 3600 seconds (1 hour)",
    "MAIL HOLDFOR=3600": "Hold for: 3600 seconds (1 hour)",
    "MAIL MT-PRIORITY=-1": "Priority: -1 (less urgent than normal)",
    "MAIL MT-PRIORITY=0": "Priority: 0 (normal)",
    "MAIL MT-PRIORITY=3": "Priority: 3 (more urgent than normal)",
    "RCPT NOTIFY=DELAY": "Notify: DELAY (report when delivery is delayed)",
    "RCPT ORCPT=rfc822;a@b": "Original recipient's type: rfc822 (Internet mail address)",
    "RCPT RRVS=2014-04-03T23:01:00Z;R": "Where RRVS is not supported: R (refuse where a server does not know RRVS)",
}


def test_labels_say_what_numbers_and_words_mean(tshark):
    for item, label in zip(commands(tshark, lines_of(LABELS)), LABELS.values(), strict=True):
        assert label in [each.label for each in item.walk()], item.text()


def test_every_known_parameter_is_explained(tshark):
    items = commands(tshark, lines_of(f"{verb} {name}=x" for verb, name in PARAMETERS))
    for (_, name), item in zip(PARAMETERS, items, strict=True):
        parameter = item.find("smtp.param")
        assert parameter.values("smtp.param.name") == [name]
        explanation = item.children[item.children.index(parameter) + 1]
        assert explanation.name == "smtp.explanation" and len(explanation.all("smtp.reference")) == 1
        assert "nknown parameter" not in explanation.value
        assert not any("belongs to" in label for _, label in experts(parameter))


def test_an_unknown_parameter_is_called_so(decoded):
    item = decoded["MAIL X-NEW=some"]
    explanation = item.children[item.children.index(item.find("smtp.param")) + 1]
    assert explanation.value.startswith("Unknown parameter")


# --- What is wrong ----------------------------------------------------------------------------


BROKEN = {
    "MAIL SIZE": "Value is missing",
    "MAIL SIZE=": "Value is missing",
    "MAIL SIZE=abc": "Not a number",
    "MAIL SIZE=-1": "Number is negative",
    "MAIL SIZE=18446744073709551616": "more than 64 bits",
    "MAIL BODY=9BIT": "None of 7BIT",
    "MAIL BODY": "Value is missing",
    "MAIL RET=ALL": "Neither FULL",
    "MAIL ENVID=a+b": "Not xtext",
    "MAIL ENVID=a+2b": "Not xtext",
    "MAIL ENVID=a=b": "Not xtext",
    "MAIL ENVID=a+00b": "Control character",
    "MAIL ENVID=a+0D+0Ab": "Control character",
    "MAIL ENVID=" + "a" * 101: "Value too long: 101 octets, 100",
    "MAIL AUTH=": "Value is missing",
    "MAIL SMTPUTF8=1": "takes no value",
    "MAIL SMTPUTF8=": "takes no value",
    "MAIL REQUIRETLS=yes": "takes no value",
    "MAIL HOLDFOR=0": "Out of range: 1 to 999999999",
    "MAIL HOLDFOR=1000000000": "Out of range",
    "MAIL HOLDFOR=99999999999999999999": "Number too large",
    "MAIL HOLDUNTIL=tomorrow": "Not a date",
    "MAIL HOLDUNTIL=2030-02-30T00:00:00Z": "Not a date",
    "MAIL HOLDFOR=5 HOLDUNTIL=2030-12-31T23:59:59Z": "cannot be used together",
    "MAIL HOLDUNTIL=2030-12-31T23:59:59Z HOLDFOR=5": "cannot be used together",
    "MAIL BY=120": "Mode is missing",
    "MAIL BY=120;": "Mode is missing",
    "MAIL BY=120;X": "Mode is not one of",
    "MAIL BY=;R": "Time is not a number",
    "MAIL BY=-1;R": "Mode R needs",
    "MAIL BY=1000000000;N": "more than nine digits",
    "MAIL BY=99999999999;N": "more than nine digits",
    "MAIL MT-PRIORITY=10": "Not a number from -9",
    "MAIL MT-PRIORITY=+3": "Not a number from -9",
    "MAIL MT-PRIORITY=-0": "Not a number from -9",
    "MAIL MT-PRIORITY=high": "Not a number from -9",
    "MAIL MTRK=???": "not base64",
    "MAIL MTRK=2jmj7l5rSw0yVb/vlWAYkK/YBwk=:": "Number is missing",
    "MAIL MTRK=2jmj7l5rSw0yVb/vlWAYkK/YBwk=:x": "Not a number",
    "MAIL SOLICIT=1a": "Not a class",
    "MAIL TRANSID=12345": "Not of the form <local@domain>",
    "MAIL SECURITY=TLS": "Neither NONE",
    "MAIL XATTRDIRECT=Sideways": "Neither Incoming",
    "MAIL XVERP=": "Value is missing",
    "MAIL XVERP=+": "Not two characters",
    "MAIL SIZE=1 SIZE=1": "same name",
    "MAIL X-NEW X-OLD x-new=1": "same name",
    "MAIL NOTIFY=NEVER": "belongs to RCPT",
    "MAIL X-NEW=": "Value is missing",
    "MAIL X_NEW=1": "Name has characters other",
    "MAIL =1": "Name has characters other",
    "MAIL X-NEW=caf\u00e9": "not printable ASCII",
    "RCPT NOTIFY=NEVER,DELAY": "NEVER must be the only",
    "RCPT NOTIFY=SOMETIMES": "Not one of NEVER",
    "RCPT NOTIFY=": "Value is missing",
    "RCPT ORCPT=a@b.example": "Not of the form type;address",
    "RCPT ORCPT=;a@b.example": "Not of the form type;address",
    "RCPT ORCPT=rfc822;": "Address is missing",
    "RCPT ORCPT=rfc822;a=b": "Not xtext",
    "RCPT ORCPT=utf-8;a\\x{110000}b": "not followed by x{...}",
    "RCPT ORCPT=rfc822;" + "a" * 494: "Value too long: 501 octets, 500",
    "RCPT RRVS=yesterday": "Not a date",
    "RCPT RRVS=2014-04-03T23:01:00.5Z": "Not a date",
    "RCPT RRVS=2014-04-03T23:01:00Z;X": "Action is neither",
    "RCPT SIZE=1": "belongs to MAIL",
    "RCPT CONNEG=x": "takes no value",
}


@pytest.fixture(scope="module")
def broken(tshark):
    return dict(zip(BROKEN, commands(tshark, lines_of(BROKEN)), strict=True))


@pytest.mark.parametrize("line", BROKEN, ids=lambda line: line[:50])
def test_what_breaks_the_syntax_is_marked(broken, line):
    check_experts(broken[line], ["bad_parameter: " + BROKEN[line]])
    words = line[5:].split()
    assert broken[line].values("smtp.param") == words


def test_text_survives_what_it_decodes_to(broken):
    assert broken["MAIL ENVID=a+00b"].values("smtp.mail.envid") == ["a\ufffdb"]
    assert broken["MAIL ENVID=a+2b"].values("smtp.mail.envid") == ["a+2b"]
    assert broken["MAIL NOTIFY=NEVER"].values("smtp.rcpt.notify") == ["NEVER"]


def test_any_parameter_with_any_broken_value_is_marked(tshark):
    lines = []
    for verb, name in [*PARAMETERS, ("MAIL", "X-NEW")]:
        lead = f"{ENVELOPES[verb]}{name}="
        lines += [lead, lead + "1\x7f", lead + "9" * 10000, lead + "a," * 5000, lead.encode() + b"\xff\x80",
                  lead + "\u00e9" * 600, f"{ENVELOPES[verb]}{name} {name}"]
    capture = Capture()
    capture.add_all(session(line) for line in lines)
    marked = tshark.by_stream(capture, ["smtp.param"], filter="smtp.expert.bad_parameter")
    assert sorted(marked) == list(range(len(lines)))


def test_parameters_are_not_shown_without_end(tshark):
    item, = commands(tshark, [ENVELOPES["MAIL"] + "A " * 10000 + "B"])
    assert len(item.all("smtp.param")) == 200
    assert any("More than 200 words" in label for _, label in experts(item))


# --- Everywhere the same ----------------------------------------------------------------------


NAMES = ["smtp.mail.from", "smtp.mail.from.domain", "smtp.rcpt.to", "smtp.rcpt.to.local", "smtp.param",
         "smtp.param.name", "smtp.mail.size", "smtp.mail.envid", "smtp.rcpt.notify",
         "smtp.rcpt.orcpt.address", "smtp.explanation"]
MAIL = [*GREETING, C("MAIL FROM:<a@b.example> SIZE=1000 ENVID=a+2Bb X-NEW=1\r\n"
                     "RCPT TO:<c@d.example> NOTIFY=DELAY,FAILURE ORCPT=rfc822;c+2Bx@d.example\r\n"
                     "RCPT TO: e@f.example\r\n"),
        S("250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n250 2.1.5 Ok\r\n")]


def test_cuts_change_nothing(tshark):
    capture = Capture()
    capture.add(MAIL)
    capture.add(single_octets(MAIL))
    capture.add_all(cut_everywhere(MAIL))
    facts = list(tshark.facts(capture, NAMES).values())
    assert len(facts[0]) > 30
    for each in facts:
        assert sorted(each) == sorted(facts[0])


def test_two_passes_show_the_same(tshark):
    capture = Capture()
    capture.add_all(session(line) for line in [*PATHS, *lines_of(DECODED), *lines_of(BROKEN)])
    names = [*NAMES, "smtp.path.route", "smtp.mail.by.time", "_ws.expert.message"]
    once, twice = (tshark.fields(capture, names, filter="smtp.req", two_pass=two)
                   for two in (False, True))
    assert once == twice


FILTERS = [
    'smtp.mail.from == "a@b.example"',
    'smtp.mail.from.domain == "b.example"',
    'smtp.param.name == "X-NEW"',
    'smtp.mail.size == 1000',
    'smtp.mail.envid == "a+b"',
    'smtp.rcpt.notify == "FAILURE"',
    'smtp.rcpt.orcpt.address == "c+x@d.example"',
    'smtp.explanation contains "Unknown parameter"',
    'smtp.expert.loose_path',
]


@pytest.fixture(scope="module")
def filtered():
    capture = Capture()
    capture.add(MAIL)
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


def test_experts_need_no_tree(tshark):
    capture = Capture()
    capture.add(session("MAIL FROM: <a@@b.example> SIZE=x ENVID=+"))
    capture.add(session("RCPT TO:<a@b.example"))
    said = tshark.run(capture, "-q", "-z", "expert")
    for words in ("Blank after the colon", "Not a number", "Not xtext", "Not a path"):
        assert said.count(words) == 1
