"""Statistics: the table of mails, counts, response times, follow, flow, mail addresses; in tshark and in sharkd, which asks
as Wireshark's windows do."""

import base64
import collections
import re
import unicodedata

import pytest

from dialogue import C, Capture, S, script
from log import known_sessions, read_json
from mails import GREETING, QUIT, data, envelope, session
from tls import secure

PASSES = [False, True]


@pytest.fixture(scope="module")
def known():
    """500 sessions of which everything is known, and the rows of their mails."""
    return known_sessions()


def log(tshark, capture, filter=None, **options):
    return read_json(tshark.run(capture, "-q", "-z", ",".join(["smtp,log,json", *([filter] if filter else [])]), **options))


# --- the table of mails --------------------------------------------------------------------------------

SAME = {"Frame": "frame", "From": "sender", "Outcome": "outcome", "Code": "code", "Enhanced": "enhanced", "Reason": "reason",
        "Queue id": "queue_id", "TLS": "tls", "User": "user", "Hello": "helo", "Message-ID": "message_id",
        "Subject": "subject", "Mail": "mail", "Connection": "connection"}


def table(tshark, capture, filter=None, **options):
    """Rows of the window's table, as Wireshark's own way to print one shows them."""
    text = tshark.run(capture, "-q", "-z", ",".join(["smtp,table", *([filter] if filter else [])]), **options)
    lines = [line.split(" |")[:-1] for line in text.splitlines() if line.endswith(" |") or line.endswith("|")]
    names = lines[0]
    return [dict(zip(names, line, strict=True)) for line in lines[1:]]


def same_rows(rows, logged):
    """The table has the rows of the log, in the order of MAIL commands."""
    logged = sorted(logged, key=lambda row: row["mail"])
    for row, wanted in zip(rows, logged, strict=True):
        for name, key in SAME.items():
            text = str(wanted.get(key, ""))
            assert row[name] == ("<>" if (name, text) == ("From", "") else text), (name, row, wanted)
        assert row["Octets"] == str(wanted.get("octets", 0))
        assert abs(float(row["Seconds"]) - wanted["duration"]) < 0.0006
        refused = {rcpt["address"] for rcpt in wanted["recipients"] if rcpt.get("code", 0) >= 400}
        assert row["To"] == ", ".join(f"{rcpt['address']} ({rcpt['code']})" if rcpt["address"] in refused else rcpt["address"]
                                      for rcpt in wanted["recipients"])


@pytest.mark.parametrize("two_pass", PASSES)
def test_the_table_has_the_rows_of_the_log(tshark, known, two_pass):
    capture, want = known
    rows = table(tshark, capture, two_pass=two_pass)
    assert len(rows) == len(want)
    same_rows(rows, log(tshark, capture, two_pass=two_pass))


@pytest.mark.parametrize("filter", ["smtp.mail.from", 'smtp.transaction.outcome == "rejected"', "smtp.rcpt.to contains \"x.ex\""])
def test_a_row_is_whole_whatever_passes_the_filter(tshark, known, filter):
    """In one pass, too: the outcome is filled in, though its frame does not pass."""
    capture, _ = known
    rows = table(tshark, capture, filter)
    assert rows
    same_rows(rows, log(tshark, capture, filter))


def test_an_ipv6_address_and_its_port(tshark):
    capture = Capture()
    capture.add(session(data(b"Subject: s\r\n\r\n")), client="2001:db8::1", server="2001:db8::25", client_port=4711)
    row, = table(tshark, capture)
    assert (row["Client"], row["Server"]) == ("[2001:db8::1]:4711", "[2001:db8::25]:25")


# --- the aligned table ----------------------------------------------------------------------------------

RIGHT = ("Frame", "Octets", "Seconds", "Mail", "Connection")


def listing(tshark, capture, filter=None, **options):
    """Titles with the column of the terminal that each is aligned to, and the lines, of -z smtp,mails."""
    head, *lines = tshark.run(capture, "-q", "-z", ",".join(["smtp,mails", *([filter] if filter else [])]), **options).splitlines()
    assert all(line == line.rstrip() for line in [head, *lines])
    return {match[0]: match.end() if match[0] in RIGHT else match.start() for match in re.finditer(r"\S+(?: \S+)*", head)}, lines


def width(text):
    """Columns of a terminal: wide letters take two and marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def assert_aligned(titles, lines, rows):
    """Each cell stands where its title does, whole, with blanks or nothing before and after it; what a cell is longer than
    48 moves the rest of its line, and no other line."""
    for line, row in zip(lines, rows, strict=True):
        at, moved = 0, 0
        for title, column in titles.items():
            begin = column + moved - (width(row[title]) if title in RIGHT else 0)
            cell = row[title]
            if not cell:
                continue
            blanks = begin - width(line[:at])
            assert blanks >= (2 if at else 0) and line[at:].startswith(" " * blanks + cell), (title, line, row)
            at += blanks + len(cell)
            moved += max(0, width(cell) - 48)
        assert not line[at:]


@pytest.mark.parametrize("filter", [None, "smtp.rcpt.to contains \"x.ex\""])
@pytest.mark.parametrize("two_pass", PASSES)
def test_mails_as_an_aligned_table(tshark, known, two_pass, filter):
    """The cells of the window's table, in the order of the log."""
    capture, _ = known
    titles, lines = listing(tshark, capture, filter, two_pass=two_pass)
    rows = {row["Mail"]: row for row in table(tshark, capture, filter, two_pass=two_pass)}
    assert list(titles) == list(next(iter(rows.values())))
    order = [str(row["mail"]) for row in log(tshark, capture, filter, two_pass=two_pass)]
    assert_aligned(titles, lines, [rows.pop(mail) for mail in order])
    assert not rows


def test_a_long_cell_does_not_widen_the_table(tshark):
    """It is whole; the other rows stand as if it were not there. Letters of two columns and of none are counted as such."""
    capture = Capture()
    many = [step for n in range(100) for step in (C(f"RCPT TO:<user{n}@example.net>\r\n"), S("250 2.1.5 Ok\r\n"))]
    capture.add([*GREETING, *envelope()[:2], *many, C("DATA\r\n"), S("354 go\r\n"), C("Subject: s\r\n\r\n.\r\n"), S("250 ok\r\n"),
                 *QUIT])
    for subject in ("s", "\u65e5\u672c\u8a9e", "e\u0301te\u0301"):
        capture.add([*GREETING, *data(f"Subject: {subject}\r\n\r\n".encode()), *QUIT])
    titles, (long, *others) = listing(tshark, capture)
    first, *rows = table(tshark, capture)
    assert first["To"] in long and len(first["To"]) > 1000
    assert [row["Subject"] for row in rows] == ["s", "\u65e5\u672c\u8a9e", "e\u0301te\u0301"]
    assert_aligned(titles, others, rows)
    assert titles["Outcome"] < 120


def test_a_table_without_mails_has_its_titles(tshark):
    capture = Capture()
    capture.add([*GREETING, *QUIT])
    titles, lines = listing(tshark, capture)
    assert titles and not lines


# --- counts -----------------------------------------------------------------------------------------------


def counts(tshark, capture, *words, **options):
    """{path of names: count} of -z smtp,tree."""
    text = tshark.run(capture, "-q", "-z", ",".join(("smtp,tree", *words)), **options)
    found, path = {}, []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("-----"):
            break
    for line in lines:
        match = re.match(r"( *)(.+?) {2,}(\d+) ", line)
        if match:
            depth = len(match[1])
            path[depth:] = [match[2]]
            assert tuple(path) not in found
            found[tuple(path)] = int(match[3])
    return found


def test_counts_of_known_sessions(tshark, known):
    capture, want = known
    found = counts(tshark, capture, two_pass=True)
    outcomes = collections.Counter(row["outcome"] for row in want)
    assert found["Mails",] == len(want)
    assert {name: found["Mails", name] for name in outcomes} == outcomes
    rcpts = [rcpt for row in want for rcpt in row["recipients"]]
    assert found["Recipients",] == len(rcpts)
    accepted = sum(rcpt["accepted"] for rcpt in rcpts)
    refused = [rcpt for rcpt in rcpts if rcpt.get("code", 0) >= 400]
    assert found["Recipients", "accepted"] == accepted
    assert found["Recipients", "rejected"] == sum(rcpt["code"] >= 500 for rcpt in refused)
    assert found["Recipients", "deferred"] == sum(rcpt["code"] < 500 for rcpt in refused)
    domains = collections.Counter(rcpt["address"].partition("@")[2] for rcpt in refused)
    assert {name: found["Recipients refused, by domain", name] for name in domains} == domains
    verbs = collections.Counter(step.data.split()[0].decode() for number, stream in enumerate(capture.streams)
                                for step in stream.dialogue if step.who == "C" and step.data[:1].isupper()
                                and not step.data.startswith(b"Message-ID"))
    assert {name: found["Commands", name] for name in verbs} == verbs
    assert found["Hellos accepted", "EHLO"] == found["Extensions offered, by reply", "CHUNKING"] == 500 == found["Extensions offered, by reply",]
    logins = sum("AUTH PLAIN" in step.data.decode(errors="replace") for stream in capture.streams for step in stream.dialogue)
    assert found["Logins",] == found["Logins", "PLAIN"] == found["Logins", "PLAIN", "succeeded"] == logins
    assert found["Refused and deferred", "by command", "RCPT", "550", "5.1.1"] == sum(
        rcpt.get("reason") == "No such user" for rcpt in rcpts)
    assert found["Refused and deferred", "by server", "198.51.100.25"] == found["Refused and deferred",]
    assert found["Replies", "4yz refused for now"] + found["Replies", "5yz refused"] == found["Refused and deferred",]


def test_one_pass_counts_mails_that_a_reply_ended(tshark, known):
    capture, want = known
    one, two = counts(tshark, capture), counts(tshark, capture, two_pass=True)
    assert {path: n for path, n in one.items() if path[0] == "Replies"} == {
        path: n for path, n in two.items() if path[0] == "Replies"}
    assert one["Mails",] == two["Mails",] == len(want)
    open_end = Capture()
    open_end.add([*GREETING, C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n")])
    assert counts(tshark, open_end).get(("Mails",), 0) == 0
    assert counts(tshark, open_end, two_pass=True)["Mails", "aborted"] == 1


@pytest.mark.parametrize("two_pass", [False, True])
def test_counts_of_connections(tshark, two_pass):
    """By how they were protected and what became of them; and how many of them have a finding."""
    capture = Capture()
    for _ in range(3):
        capture.add([*GREETING, C("AUTH PLAIN AHVzZXIAc2VjcmV0\r\n"), S("535 no\r\n"), C("AUTH PLAIN AHVzZXIAc2VjcmV0\r\n"),
                     S("535 no\r\n"), *QUIT])
    capture.add([S("554 no entry\r\n")])
    capture.add([*GREETING, C("STARTTLS\r\n"), S("454 not now\r\n"), *QUIT])
    capture.add([*GREETING, *envelope()], end=None)
    found = counts(tshark, capture, two_pass=two_pass)
    assert found["Connections",] == found["Connections", "by security"] == found["Connections", "by outcome"] == 6
    assert found["Connections", "by security", "clear"] == 5
    assert found["Connections", "by security", "clear, STARTTLS refused"] == 1
    outcomes = {path[2]: n for path, n in found.items() if path[:2] == ("Connections", "by outcome") and len(path) == 3 and n}
    assert outcomes == ({"login failed": 3, "turned away": 1, "no mail": 1, "cut off": 1} if two_pass
                        else {"login failed": 3, "no mail": 1, "(no end seen)": 2})
    assert found["Connections with findings", "clear_password"] == 3
    assert found["Connections with findings",] == 3  # warnings and errors, as smtp.session.findings: a refusal is a note
    hellos = {path[2]: n for path, n in found.items() if path[:2] == ("Connections", "by hello") and len(path) == 3 and n}
    assert hellos == {"EHLO": 5, "none": 1}


@pytest.mark.parametrize("two_pass", [False, True])
def test_each_connection_is_counted_once(tshark, recorded, two_pass):
    text = tshark.run(recorded.path, "-q", "-z", "smtp,sessions,json", two_pass=two_pass)
    rows = read_json(text, "sessions")
    found = counts(tshark, recorded.path, two_pass=two_pass)
    assert found["Connections",] == len(rows)
    security = collections.Counter(row["security"] for row in rows)
    if two_pass:  # in one pass nobody knows at the last line of SMTP that TLS, which cannot be read, comes after it
        assert {name: found["Connections", "by security", name] for name in security} == security
    findings = collections.Counter(name for row in rows for name in row["finding"])
    counted = {path[1]: n for path, n in found.items() if path[0] == "Connections with findings" and len(path) == 2 and n}
    assert counted == findings
    assert found["Connections with findings",] == sum(row["findings"] > 0 for row in rows)


def test_names_that_peers_choose_are_bounded(tshark):
    capture = Capture()
    for n in range(60):
        capture.add([*GREETING, C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"),
                     C("".join(f"RCPT TO:<b@d{n}-{k}.example>\r\n" for k in range(50))), S("550 no\r\n" * 50), *QUIT])
    found = counts(tshark, capture, two_pass=True)
    nodes = [path for path in found if path[0] == "Recipients refused, by domain" and len(path) == 2]
    assert len(nodes) <= 1001
    assert sum(found[path] for path in nodes) == 60 * 50
    assert found["Recipients refused, by domain", "(others)"] > 1900


# --- response times ---------------------------------------------------------------------------------------


def times(tshark, capture, **options):
    """{command: (calls, least, most, average, sum)} of -z smtp,srt."""
    text = tshark.run(capture, "-q", "-z", "smtp,srt", **options)
    rows = re.findall(r"^ *\d+ +(\S+) +(\d+)((?: +[\d.]+){4})$", text, re.MULTILINE)
    return {name: (int(calls), *map(float, rest.split())) for name, calls, rest in rows}


@pytest.mark.parametrize("two_pass", PASSES)
def test_response_times(tshark, two_pass):
    capture = Capture()
    for wait in (0.25, 0.75):
        capture.add([S("220 mx\r\n", wait=0.5), C("EHLO a\r\n"), S("250 mx\r\n", wait=0.125), C("MAIL FROM:<a@a>\r\n"),
                     S("250 ok\r\n"), C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n"), C("DATA\r\n"), S("354 go\r\n"),
                     C("x\r\n.\r\n"), S("250 ok\r\n", wait=wait), C("FOO\r\n"), S("500 what\r\n"), *QUIT])
    found = times(tshark, capture, two_pass=two_pass)
    assert found["message"] == (2, 0.25, 0.75, 0.5, 1.0)
    assert found["EHLO"] == (2, 0.125, 0.125, 0.125, 0.25)
    assert found["greeting"][0] == 2 and 0.5 <= found["greeting"][1] < 0.51
    assert found["(unknown)"][0] == found["QUIT"][0] == 2
    assert "VRFY" not in found


# --- follow -------------------------------------------------------------------------------------------------


def follow(tshark, capture, mode="ascii", stream=0, **options):
    return tshark.run(capture, "-q", "-z", f"follow,smtp,{mode},{stream}", **options)


def spoken(tshark, capture, stream=0, **options):
    """[(who, octets)] of a dialogue that follow shows raw."""
    lines = [line for line in follow(tshark, capture, "raw", stream, **options).splitlines()
             if re.fullmatch(r"\t?[0-9a-f]+", line)]
    return [("S" if line.startswith("\t") else "C", bytes.fromhex(line.strip())) for line in lines]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_follow_shows_what_was_said_in_clear_and_inside_tls(tshark, version):
    before = [*GREETING, C("STARTTLS\r\n"), S("220 go\r\n")]
    inside = [C("EHLO c.example\r\n"), S("250-mx\r\n250 AUTH PLAIN\r\n"), *data(b"Subject: s\r\n\r\nhi\r\n"), *QUIT]
    capture = Capture()
    steps, secrets = secure(inside, before=before, version=version)
    capture.secrets += secrets
    capture.add(steps)
    said = spoken(tshark, capture)
    want = [(step.who, step.data) for step in (*before, *inside)]
    assert said == want
    shown = follow(tshark, capture)
    assert "Node 0: 192.0.2.1:10000" in shown and "Node 1: 198.51.100.25:25" in shown, "the client is node 0"


@pytest.mark.parametrize("two_pass", PASSES)
def test_follow_masks_as_the_preference_says(tshark, two_pass):
    token = base64.b64encode(b"\0user\0top-secret").decode()
    capture = Capture()
    capture.add([*GREETING, C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("dXNlcg==\r\n"), S("334 UGFzc3dvcmQ6\r\n"),
                 C("dG9wLXNlY3JldA==\r\n"), S("535 no\r\n"), C(f"AUTH PLAIN {token}\r\n"), S("235 ok\r\n"), *QUIT])
    for value, hidden in (("columns", True), ("everywhere", True), ("off", False)):
        text = b"".join(octets for _, octets in
                        spoken(tshark, capture, two_pass=two_pass, prefs=[f"esmtp.mask_secrets:{value}"]))
        assert (b"dG9wLXNlY3JldA==" not in text and token.encode() not in text) == hidden, value
        assert (text.count(b"****\r\n") == 2) == hidden
        assert b"AUTH PLAIN " in text and b"dXNlcg==" in text and b"235 ok" in text


def test_follow_says_what_is_missing(tshark):
    capture = Capture()
    steps = session(data(b"Subject: s\r\n\r\n" + b"x" * 3000 + b"\r\n"))
    capture.add([C(step.data, drop=[1]) if step.who == "C" and len(step.data) > 3000 else step for step in steps])
    text = b"".join(octets for _, octets in spoken(tshark, capture))
    assert b"[1460 octets missing in capture file]" in text


def test_follow_knows_streams_apart(tshark):
    capture = Capture(interleave=True)
    for n in range(3):
        capture.add([S("220 mx\r\n"), C(f"EHLO c{n}.example\r\n"), S("250 mx\r\n"), *QUIT])
    for n in range(3):
        assert spoken(tshark, capture, n)[1] == ("C", b"EHLO c%d.example\r\n" % n)


# --- flow ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("two_pass", PASSES)
def test_flow_has_an_arrow_for_each_command_and_reply(tshark, two_pass):
    capture = Capture()
    capture.add(script("""
        S: 220 mx
        C: EHLO a
        S: 250-mx
        S: 250 SIZE
        C: MAIL FROM:<a@a>
        C: RCPT TO:<b@b>
        S: 250 ok
        S: 550 no
        C: AUTH PLAIN AHUAc2VjcmV0
        S: 535 no
        C: RSET
        S: 250 ok
    """))
    text = tshark.run(capture, "-q", "-z", "flow,smtp,standard", two_pass=two_pass)
    arrows = re.findall(r"^\|[\d.]+ *\| {2,}(.*?) *\|(?: +\|)?([^|\n]*)$", text, re.MULTILINE)
    assert [label for label, _ in arrows] == [
        "220 mx", "EHLO a", "250, 2 lines", "MAIL FROM:<a@a>", "RCPT TO:<b@b>", "250 ok", "550 no", "AUTH PLAIN ****",
        "535 no", "RSET", "250 ok"]
    comments = [comment for _, comment in arrows]
    assert re.fullmatch(r"greeting 220 in 0\.\d{3} s", comments[0])
    assert comments[6] == "RCPT 550 in 0.001 s"
    assert comments[10] == "RSET 250 in 0.001 s, mail rejected"
    assert len(re.findall(r"\(25\) *-+> *\(10000\)", text)) + len(re.findall(r"\(10000\) *<-+ *\(25\)", text)) + len(
        re.findall(r"\(25\) *<-+ *\(10000\)", text)) == len(arrows)


# --- mail addresses -------------------------------------------------------------------------------------------


def test_conversations_and_endpoints_of_mail_addresses(tshark):
    capture = Capture()
    for n in range(3):
        capture.add(session(data(b"Subject: s\r\n\r\n" + b"x" * 100 + b"\r\n")))
    capture.add([*GREETING, C("MAIL FROM:<>\r\n"), S("250 ok\r\n"), C("RCPT TO:<b@b.example>\r\n"), S("550 no\r\n"),
                 C("RSET\r\n"), S("250 ok\r\n")])
    octets = 3 * (len(b"Subject: s\r\n\r\n") + 102)
    text = tshark.run(capture, "-q", "-z", "conv,smtp-mail", "-z", "endpoints,smtp-mail")
    assert re.search(rf"^a1@a\.example +<-> b@b\.example +0 0 bytes +3 {octets} bytes +3 {octets} bytes ", text, re.MULTILINE)
    assert re.search(r"^<> +<-> b@b\.example +0 0 bytes +1 0 bytes ", text, re.MULTILINE)
    assert re.search(rf"^a1@a\.example +3 +{octets}(?: bytes)? +3 +{octets}(?: bytes)? +0 +0", text, re.MULTILINE)
    assert re.search(rf"^b@b\.example +4 +{octets}(?: bytes)? +0 +0(?: bytes)? +4 +{octets}", text, re.MULTILINE)


# --- as windows ask ---------------------------------------------------------------------------------------------


class Windows:
    """sharkd with a file, asked for statistics as Wireshark's windows ask."""

    def __init__(self, tshark, capture):
        self.tshark, self.path = tshark, tshark.path(capture)

    def ask(self, *taps, method="tap", again=False, **params):
        def question(sharkd):
            if again:
                sharkd.loaded = None
            sharkd.load(self.path, ())
            return sharkd.call((method, {f"tap{n}": tap for n, tap in enumerate(taps)} | params))[0]
        return self.tshark._asked(self.path, (), question)

    def table(self, *filters, again=False):
        found = self.ask(*("nstat:smtp,table" + (f",{filter}" if filter else "") for filter in filters), again=again)
        return [tap["tables"][0]["i"] for tap in found["taps"]]


@pytest.fixture
def windows(tshark, known):
    return Windows(tshark, known[0])


def test_a_window_shows_the_table(tshark, known, windows):
    capture, want = known
    rows, = windows.table(None)
    logged = sorted(log(tshark, capture, two_pass=True), key=lambda row: row["mail"])
    assert [[row[0], row[2] or "<>", row[4], row[18]] for row in rows] == [
        [row["frame"], row["sender"] or "<>", row["outcome"], row["mail"]] for row in logged]
    assert len(rows) == len(want)


def test_windows_one_after_the_other_and_together(tshark, known, windows):
    first, = windows.table(None)
    again, = windows.table(None)
    assert again == first
    anew, = windows.table(None, again=True)
    assert anew == first
    both = windows.table(None, None)
    assert both[0] == both[1] == first


def test_frames_in_any_order_leave_the_table_as_it_is(tshark, known, windows):
    first, = windows.table(None)
    tshark._asked(windows.path, (), lambda sharkd: sharkd.clicks(windows.path, [900, 17, 2500, 17, 901, 5]))
    assert windows.table(None)[0] == first
    other = Capture()
    other.add(session(data(b"Subject: s\r\n\r\n")))
    assert len(Windows(tshark, other).table(None)[0]) == 1
    assert windows.table(None)[0] == first


def test_windows_of_all_other_statistics(tshark, known, windows):
    capture, want = known
    found = windows.ask("stat:smtp", "srt:smtp", "seqa:smtp", "conv:SMTP mails", "endpt:SMTP mails")
    by_type = {tap["type"]: tap for tap in found["taps"]}
    mails, = [node for node in by_type["stats"]["stats"] if node["name"] == "Mails"]
    assert mails["count"] == len(want)
    assert {row["n"] for row in by_type["srt"]["tables"][0]["r"]} >= {"greeting", "EHLO", "message"}
    assert len(by_type["flow"]["flows"]) > 1000
    assert len(by_type["conv"]["convs"]) > 100
    said = windows.ask(method="follow", follow="SMTP", filter="tcp.stream == 3")
    assert base64.b64decode(said["payloads"][0]["d"]).startswith(b"220 mx.example")
    assert said["payloads"][0]["s"] == 1, "the server"


def test_lua_listens_to_the_tap(tshark, known, tmp_path):
    capture, _ = known
    code = tmp_path / "count.lua"
    code.write_text("""
        local tap, reply = Listener.new("smtp"), Field.new("smtp.response.code")
        local records, replies = 0, 0
        function tap.packet() records = records + 1; if reply() then replies = replies + 1 end end
        function tap.draw() print("records " .. records .. ", with replies " .. replies) end
    """)
    tmp_path.chmod(0o755)
    code.chmod(0o644)
    text = tshark.run(capture, "-q", "-X", f"lua_script:{code}")
    records, replies = map(int, re.search(r"records (\d+), with replies (\d+)", text).groups())
    assert records > 2 * 500 and 0 < replies < records
