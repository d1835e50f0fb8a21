"""Which ports are ours, and what is left of us where they are not.

Where this plugin does not dissect, Wireshark's own dissector must, and print byte for byte what it
prints when there is no plugin.
"""

import re
import subprocess

import pytest

from dialogue import C, Capture, S, script, segments_of
from passes import any_order, one_and_two, same_text
from tls import secure

CLEAR = script("""
    S: 220 mx.example ready
    C: EHLO client.example
    S: 250-mx.example
    S: 250 SIZE 1000
    C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
    S: 235 ok
    C: MAIL FROM:<a@client.example>
    S: 250 ok
    C: RCPT TO:<b@mx.example>
    S: 250 ok
    C: DATA
    S: 354 go
    C: Subject: x
    C:
    C: ..hello
    C: .
    S: 250 queued
    C: QUIT
    S: 221 bye
""")
UPGRADE = script("""
    S: 220 mx.example ready
    C: EHLO client.example
    S: 250-mx.example
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go
""")
# Of these only ours has the first, and both have the second.
OURS, ANYBODYS = "smtp.response.class", "smtp.rsp"


class Ports:
    """A capture with a session on each port; who dissects it?"""

    def __init__(self, clear=(), tls=(), starttls=()):
        self.capture = Capture()
        self.kinds = []
        for port in clear:
            self.add(f"{port}", CLEAR, port)
        for port in tls:
            steps, keys = secure(CLEAR)
            self.capture.secrets += keys
            self.add(f"{port} tls", steps, port)
        for port in starttls:
            steps, keys = secure(CLEAR[1:], UPGRADE)
            self.capture.secrets += keys
            self.add(f"{port} starttls", steps, port)

    def add(self, kind, steps, port):
        self.kinds.append(kind)
        self.capture.add(steps, port=port)

    def owners(self, tshark, *args, filter=None, **options):
        """{kind: "ours", "theirs" or None}, by the replies of each session."""
        names = [ANYBODYS] + ([OURS] if OURS in tshark.types else [])
        rows = tshark.by_stream(self.capture, ["frame.protocols", *names], *args, filter=ANYBODYS,
                                **options)
        owners = {}
        for stream, kind in enumerate(self.kinds):
            replies = rows.get(stream, [])
            ours = any(row.get(OURS) for row in replies)
            owners[kind] = "ours" if ours else "theirs" if replies else None
        return owners


@pytest.fixture(scope="module")
def ports():
    return Ports([24, 25, 465, 587, 1025, 2525, 4444], [465, 2465], [25, 587, 4444])


QUIET = ["esmtp.heuristics:FALSE"]
ALL_OURS = {"24": "ours", "25": "ours", "465": "ours", "587": "ours", "1025": None, "2525": "ours",
            "4444": None, "465 tls": "ours", "2465 tls": None, "25 starttls": "ours",
            "587 starttls": "ours", "4444 starttls": None}
ALL_THEIRS = {"24": None, "25": "theirs", "465": None, "587": "theirs", "1025": None,
              "2525": None, "4444": None, "465 tls": "theirs", "2465 tls": None,
              "25 starttls": "theirs", "587 starttls": "theirs", "4444 starttls": None}


def test_what_they_have(builtin, ports):
    assert ports.owners(builtin) == ALL_THEIRS


PREFERENCES = {
    "default": ([], {}),
    "given up": (["esmtp.tcp.ports:587", "esmtp.tls.ports:"],
                 {"24": None, "25": "theirs", "25 starttls": "theirs", "465": None,
                  "465 tls": "theirs", "2525": None}),
    "others": (["esmtp.tcp.ports:25,587,4444", "esmtp.tls.ports:465,2465"],
               {"24": None, "2525": None, "4444": "ours", "4444 starttls": "ours",
                "2465 tls": "ours"}),
    "ranges": (["esmtp.tcp.ports:1-5000"],
               {"465": "ours", "465 tls": "ours", "1025": "ours", "4444": "ours",
                "4444 starttls": "ours"}),
    "one port, both ways": (["esmtp.tcp.ports:25,587,2465", "esmtp.tls.ports:587,2465"],
                            {"24": None, "2525": None, "465": None, "465 tls": "theirs",
                             "2465 tls": "ours"}),
    "none": (["esmtp.tcp.ports:", "esmtp.tls.ports:"],
             {**ALL_THEIRS}),
    "theirs": (["smtp.tcp.port:25,4444"], {"4444": "ours", "4444 starttls": "ours"}),
}


@pytest.mark.parametrize("name", PREFERENCES)
@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_preferences(tshark, ports, name, two_pass):
    prefs, changes = PREFERENCES[name]
    owners = ports.owners(tshark, prefs=[*QUIET, *prefs], two_pass=two_pass)
    assert owners == ALL_OURS | changes


def test_decode_as(tshark, ports):
    rules = ["-d", "tcp.port==4444,smtp", "-d", "tcp.port==1025,smtp", "-d", "tls.port==2465,smtp"]
    for two_pass in (False, True):
        assert ports.owners(tshark, *rules, prefs=QUIET, two_pass=two_pass) == ALL_OURS | {
            "4444": "ours", "4444 starttls": "ours", "1025": "ours", "2465 tls": "ours"}
    # Anything else that was decided stands.
    rules = ["-d", "tcp.port==25,echo", "-d", "tcp.port==2525,echo", "-d", "tls.port==465,http"]
    assert ports.owners(tshark, *rules, prefs=QUIET) == ALL_OURS | {
        "25": None, "25 starttls": None, "2525": None, "465 tls": None}
    # Inside TLS heuristics are asked before ports.
    for other in ("http", "data"):
        assert ports.owners(tshark, "-d", f"tls.port==465,{other}")["465 tls"] is None
    assert ports.owners(tshark, "-d", "tls.port==465,smtp")["465 tls"] == "ours"


def test_decode_as_on_the_port_of_another(tshark):
    ports = Ports([80], [993])
    rules = ["-d", "tcp.port==80,smtp", "-d", "tls.port==993,smtp"]
    assert ports.owners(tshark, *rules, prefs=QUIET) == {"80": "ours", "993 tls": "ours"}
    off = ["--disable-protocol", "esmtp"]
    assert ports.owners(tshark, *rules, *off) == {"80": "theirs", "993 tls": "theirs"}
    assert ports.owners(tshark, prefs=QUIET) == {"80": None, "993 tls": None}
    wanted = [*QUIET, "esmtp.tcp.ports:80", "esmtp.tls.ports:993"]
    assert ports.owners(tshark, prefs=wanted) == {"80": "ours", "993 tls": "ours"}


def test_decode_as_saved_by_the_window(tshark, ports):
    """The window saves the description of what an entry has become; it must be known again."""
    folder = tshark.home / ".config" / "wireshark"
    folder.mkdir(parents=True, exist_ok=True)
    saved = folder / "decode_as_entries"
    saved.write_text("decode_as_entry: tcp.port,4444,(none),SMTP\n"
                     "decode_as_entry: tcp.port,25,SMTP,SMTP\n"
                     "decode_as_entry: tls.port,2465,(none),SMTP\n")
    try:
        assert ports.owners(tshark, prefs=QUIET) == ALL_OURS | {
            "4444": "ours", "4444 starttls": "ours", "2465 tls": "ours"}
        assert ports.owners(tshark, "--disable-protocol", "esmtp") == ALL_THEIRS | {
            "4444": "theirs", "4444 starttls": "theirs", "2465 tls": "theirs"}
    finally:
        saved.unlink()


def test_decode_as_offers_one_smtp(tshark, builtin):
    """Names a user can choose from: our entries add none to those that Wireshark has."""
    for table in ("tcp.port", "tls.port"):
        ours, theirs = (subprocess.run([each.program, "-r", "x", "-d", f"{table}==1,nobody"], env=each.environment,
                                       capture_output=True, text=True).stderr for each in (tshark, builtin))
        assert ours == theirs
        assert re.findall(r"^\s+(smtp.*|esmtp.*)", ours, re.MULTILINE) == ["smtp (Simple Mail Transfer Protocol)"]


# --- lines that are not put together -------------------------------------------------------------

PIECES = [S("220 mx.example ESMTP\r\n"), C("EHLO client\r\n", cut=[9]), S("250-mx\r\n250 SIZE 1000\r\n", cut=[17]),
          C("NOOP\r\n"), S("250 ok\r\n")]


@pytest.mark.parametrize("pref", [None, "esmtp.desegment", "smtp.desegment_lines"])
def test_desegment(tshark, pref):
    """Wireshark's own preference is respected, in clear and inside TLS."""
    steps, keys = secure(PIECES)
    capture = Capture(secrets=keys)
    capture.add(PIECES)
    capture.add(steps, port=465)
    rows = one_and_two(tshark, capture, filter="smtp", prefs=[f"{pref}:FALSE"] if pref else [])
    clear, inside = ([row for row in rows if bool(row.get("smtp.tls")) == tls] for tls in (False, True))
    for half in (clear, inside):
        said = [line for row in half for line in row.get("smtp.command_line", [])]
        sizes = [size for row in half for size in row.get("smtp.ehlo.size", [])]
        cut = sum(len(row.get("smtp.expert.no_line_end", [])) for row in half)
        if pref:
            assert said[0] == "EHLO clie" and said[-1] == "NOOP\r\n" and sizes == [] and cut == 2
        else:
            assert said == ["EHLO client\r\n", "NOOP\r\n"] and sizes == ["1000"] and cut == 0


# --- switched at run time ----------------------------------------------------------------------


def test_between_two_loads_of_a_file(tshark):
    """Ports come and go with the preferences, as often as one likes."""
    ports = Ports([25, 587, 4444, 80], [465, 2465])
    replies = [row["frame.number"][0] for row in
               tshark.fields(ports.capture, ["frame.number"], filter="smtp.rsp || tcp.len > 0",
                             prefs=["esmtp.tcp.ports:1-5000", "esmtp.tls.ports:465,2465"])]
    rows = tshark.by_stream(ports.capture, ["frame.number"], filter="tcp.len > 0 && tcp.srcport < 6000")
    last = [int(rows[stream][-2 if "tls" in kind else -1]["frame.number"][0])
            for stream, kind in enumerate(ports.kinds)]
    assert replies

    def owners(texts):
        return {kind: "ours" if "Class: " in text else "theirs" if "Response: " in text else None
                for kind, text in zip(ports.kinds, texts)}

    default = "esmtp.tcp.ports:24,25,587,2525", "esmtp.tls.ports:465"
    settings = [
        (default, {"4444": None, "80": None, "2465 tls": None}),
        (("esmtp.tcp.ports:25,4444,80", "esmtp.tls.ports:2465"), {"587": "theirs", "465 tls": "theirs"}),
        (("esmtp.tcp.ports:", "esmtp.tls.ports:"),
         {"25": "theirs", "587": "theirs", "465 tls": "theirs", "4444": None, "80": None,
          "2465 tls": None}),
        (("esmtp.tcp.ports:25,587,2465", "esmtp.tls.ports:465"),
         {"4444": None, "80": None, "2465 tls": None}),
        (default, {"4444": None, "80": None, "2465 tls": None}),
        (("smtp.tcp.port:25,4444", *default), {"80": None, "2465 tls": None}),
        # Wireshark's own dissector does not give it up here either.
        (("smtp.tcp.port:25", *default), {"80": None, "2465 tls": None}),
    ]
    first, *rest = [list(prefs) for prefs, _ in settings]
    texts = tshark.visit(ports.capture, last, prefs=[*QUIET, *first], then=rest)
    for n, (prefs, changes) in enumerate(settings):
        found = owners(texts[n * len(last):(n + 1) * len(last)])
        assert found == dict.fromkeys(ports.kinds, "ours") | changes, (n, prefs)


@pytest.mark.parametrize("protocol, clear, tls", [("imap", 143, 993), ("pop", 110, 995)])
def test_another_protocol_is_back_when_its_port_is_given_up(tshark, builtin, protocol, clear, tls):
    dialogue = {"imap": [S("* OK ready\r\n"), C("a NOOP\r\n"), S("a OK done\r\n")],
                "pop": [S("+OK ready\r\n"), C("NOOP\r\n"), S("+OK done\r\n")]}[protocol]
    steps, keys = secure(dialogue)
    capture = Capture(secrets=keys)
    capture.add(dialogue, port=clear)
    capture.add(steps, port=tls)
    frames = list(range(4, 22))
    taken = [f"esmtp.tcp.ports:{clear}", f"esmtp.tls.ports:{tls}"]
    texts = tshark.visit(capture, frames, protocol, prefs=taken,
                         then=[["esmtp.tcp.ports:25", "esmtp.tls.ports:465"], taken])
    n = len(frames)
    theirs = builtin.visit(capture, frames, protocol)
    assert texts[n:2 * n] == theirs
    assert sum("\n    " in text for text in theirs) == 6
    assert not any("\n    " in text for text in texts[:n] + texts[2 * n:])


# --- a client's port ---------------------------------------------------------------------------

OTHERS = {
    21: [S("220 Welcome\r\n"), C("USER a\r\n"), S("331 password?\r\n")],
    80: [C("GET / HTTP/1.0\r\n\r\n"), S("HTTP/1.0 200 OK\r\n\r\nx")],
    119: [S("200 news.example ready\r\n"), C("QUIT\r\n"), S("205 bye\r\n")],
    110: [S("+OK ready\r\n"), C("QUIT\r\n"), S("+OK\r\n")],
    143: [S("* OK ready\r\n"), C("a NOOP\r\n"), S("a OK\r\n")],
    6667: [C("NICK a\r\nUSER a 0 * :a\r\n"), S(":irc.example 001 a :hello\r\n")],
    8080: [C("GET / HTTP/1.0\r\n\r\n"), S("HTTP/1.0 200 OK\r\n\r\nx")],
    443: [C(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"), S(b"\x15\x03\x01\x00\x02\x02\x28")],
    9999: [C("SSH-2.0-x\r\n"), S("SSH-2.0-y\r\n")],
}


@pytest.mark.parametrize("handshake", [True, False])
def test_a_client_whose_port_is_2525(tshark, builtin, handshake):
    """A port of ours at the wrong end of a connection takes nothing away from others."""
    capture = Capture()
    for port, dialogue in OTHERS.items():
        capture.add(dialogue, port=port, client_port=2525, handshake=handshake)
    for two_pass in (False, True):
        same_text(tshark.run(capture, "-V", two_pass=two_pass),
                  builtin.run(capture, "-V", two_pass=two_pass))


# --- switched off ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everything():
    ports = Ports([24, 25, 465, 587, 1025, 2525, 4444], [465, 2465], [25, 587, 4444])
    steps, keys = secure(CLEAR[1:], UPGRADE, "1.2")
    ports.capture.secrets += keys
    ports.add("587 starttls, cut", segments_of(steps, 33), 587)
    ports.add("25, cut", segments_of(CLEAR, 7), 25)
    ports.add("25 to 25", CLEAR, 25)
    ports.capture.streams[-1].client_port = 25
    ports.add("25, broken", [S("220 x\r\n"), C("STARTTLS\r\nNOOP\r\n"), S("220 go\r\n250 ok\r\n"),
                             C(b"\xff\xfe\r\n")], 25)
    ports.capture.add(steps, port=25, skip=6)
    ports.capture.add(CLEAR, port=25, only="C")
    ports.capture.add(CLEAR, port=25, snaplen=60)
    return ports.capture


OUTPUTS = {
    "details and octets": ["-V", "-x"],
    "columns": [],
    "json": ["-T", "json"],
    "ek": ["-T", "ek"],
    "pdml": ["-T", "pdml"],
    "psml": ["-T", "psml"],
    "taps": ["-q", "-z", "expert", "-z", "io,phs", "-z", "io,stat,0,COUNT(smtp.rsp)smtp.rsp", "-z", "credentials"],
    "fields": ["-T", "fields", "-e", "frame.protocols", "-e", "smtp.req.command",
               "-e", "smtp.req.parameter", "-e", "smtp.response.code", "-e", "smtp.rsp.parameter"],
}
SETTINGS = {
    "default": [],
    "decode as": ["-d", "tcp.port==4444,smtp", "-d", "tls.port==2465,smtp",
                  "-d", "tcp.port==465,smtp"],
    "smtp.tcp.port": ["-o", "smtp.tcp.port:26,1025,4444"],
    "no desegmentation": ["-o", "smtp.desegment_lines:FALSE", "-o", "smtp.desegment_data:FALSE"],
    "decryption": ["-o", "smtp.decryption:TRUE"],
    "heuristics first": ["-o", "tcp.try_heuristic_first:TRUE"],
}
# What one version says of another's work: when it was done.
DATES = re.compile(r' time="[^"]*"')


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
@pytest.mark.parametrize("output", OUTPUTS)
def test_switched_off(tshark, builtin, everything, output, two_pass):
    args = [*SETTINGS["decode as"], *OUTPUTS[output]]
    ours = tshark.run(everything, "--disable-protocol", "esmtp", *args, two_pass=two_pass)
    theirs = builtin.run(tshark.path(everything), *args, two_pass=two_pass)
    same_text(DATES.sub("", ours), DATES.sub("", theirs))


@pytest.mark.parametrize("name", SETTINGS)
def test_switched_off_with_settings(tshark, builtin, everything, name):
    args = [*SETTINGS[name], "-V"]
    for two_pass in (False, True):
        ours = tshark.run(everything, "--disable-protocol", "esmtp", *args, two_pass=two_pass)
        same_text(ours, builtin.run(tshark.path(everything), *args, two_pass=two_pass))


def test_smtp_switched_off(tshark, builtin, everything):
    """With Wireshark's protocol SMTP off, nothing of ours is left either."""
    off = ["--disable-protocol", "smtp"]
    rows = tshark.fields(everything, ["frame.protocols"], *off, filter="smtp")
    assert rows == []
    assert (tshark.run(everything, "-T", "fields", "-e", "frame.protocols", *off)
            == builtin.run(tshark.path(everything), "-T", "fields", "-e", "frame.protocols", *off))


def test_tls_switched_off(tshark, builtin, everything):
    """Nobody can tell what is inside, and octets of TLS are no text."""
    off = ["--disable-protocol", "tls"]
    rows = one_and_two(tshark, everything, *off)
    assert not any("tls" in row["protocols"].split(":") for row in rows)
    verbs = {verb for row in rows for verb in row.get("smtp.req.verb", [])}
    assert {"EHLO", "STARTTLS", "MAIL"} <= verbs


def test_imf_switched_off(tshark, everything):
    one_and_two(tshark, everything, "--disable-protocol", "imf")


def test_the_order_of_visits_does_not_matter(tshark, everything):
    any_order(tshark, everything)


# --- TLS ports ---------------------------------------------------------------------------------


def test_clear_and_tls_on_465(tshark):
    """Each connection by itself, cut anywhere; the server that speaks in clear may offer STARTTLS."""
    capture = Capture()
    kinds = []
    for cut in (None, 1, 3, 7):
        steps, keys = secure(CLEAR)
        capture.secrets += keys
        upgraded, keys = secure(CLEAR[1:], UPGRADE)
        capture.secrets += keys
        for kind, dialogue in (("clear", CLEAR), ("tls", steps), ("starttls", upgraded)):
            capture.add(segments_of(dialogue, cut) if cut else dialogue, port=465)
            kinds.append(kind)
    wanted = {"clear": ["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]}
    wanted["tls"] = wanted["clear"]
    wanted["starttls"] = ["EHLO", "STARTTLS", *wanted["clear"]]
    for two_pass in (False, True):
        facts = tshark.facts(capture, ["smtp.req.verb", "smtp.tls"], two_pass=two_pass)
        for stream, kind in enumerate(kinds):
            assert [v for name, v in facts[stream] if name == "smtp.req.verb"] == wanted[kind], stream
            assert ("smtp.tls", "1") in facts[stream] or kind == "clear"


def test_a_greeting_in_clear_on_465_need_not_say_smtp(tshark):
    capture = Capture()
    capture.add([S("220 welcome\r\n"), C("HELO\r\n"), S("501 name?\r\n")], port=465)
    capture.add([C("NOOP\r\n"), S("250 ok\r\n")], port=465, handshake=False)
    rows = tshark.by_stream(capture, ["smtp.req.verb", "smtp.response.code"], filter="smtp")
    assert [len(rows[stream]) for stream in (0, 1)] == [3, 2]
