"""Sessions that were read wrongly once: the files of tests/faults, and dialogues of the same kinds."""

import base64
import xml.etree.ElementTree

import pytest

import faults
from dialogue import C, Capture, S, single_octets

PASSES = [False, True]


def b64(text):
    return base64.b64encode(text.encode()).decode()


def one(steps, **options):
    capture = Capture()
    capture.add(steps, **options)
    return capture


# --- Line ends --------------------------------------------------------------------------------


@pytest.mark.parametrize("two_pass", PASSES)
def test_cr_cr_lf_ends_commands_and_replies(tshark, two_pass):
    names = ["smtp.req.verb", "smtp.ehlo.keyword", "smtp.mail.from", "smtp.rcpt.to", "smtp.expert.control",
             "smtp.expert.not_command", "smtp.transaction.outcome"]
    seen = tshark.lists(faults.FOLDER / "p01-cr-cr-lf.pcap", names, two_pass=two_pass)
    mail = ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert {s: seen[s]["smtp.req.verb"] for s in seen} == {0: mail, 1: mail, 2: ["EHLO", "STARTTLS"]}
    assert [seen[s]["smtp.ehlo.keyword"] for s in seen] == [["8BITMIME"], ["8BITMIME"], ["STARTTLS"]]
    assert [seen[s]["smtp.mail.from"] for s in seen] == [["a@b.c"], ["a@b.c"], []]
    assert [seen[s]["smtp.transaction.outcome"] for s in seen] == [["accepted"], ["accepted"], []]
    assert all(len(seen[s]["smtp.expert.control"]) == 1 and not seen[s]["smtp.expert.not_command"] for s in seen)


def test_cr_cr_lf_wherever_it_is_cut(tshark):
    """Also line ends of many CRs, and replies of several lines."""
    end = b"\r" * 40 + b"\n"
    steps = [S(b"220 mx\r\r\n"), C(b"EHLO c" + end), S(b"250-mx\r\n250-SIZE 9" + end + b"250-PIPELINING\r\r\n250 HELP\r\r\n"),
             C(b"NOOP\r\r\nVRFY x\r \r\nQUIT" + end), S(b"250 ok\r\r\n252 x\r\n221 bye" + end)]
    capture = Capture()
    capture.add(steps)
    capture.add(single_octets(steps))
    names = ["smtp.req.verb", "smtp.req.parameter", "smtp.ehlo.keyword", "smtp.ehlo.size", "smtp.rsp.parameter"]
    seen = tshark.lists(capture, names)
    assert seen[0] == seen[1]
    assert seen[0] == {
        "smtp.req.verb": ["EHLO", "NOOP", "VRFY", "QUIT"], "smtp.req.parameter": ["c", "x\r"],
        "smtp.ehlo.keyword": ["SIZE", "PIPELINING", "HELP"],
        "smtp.ehlo.size": ["9"],
        "smtp.rsp.parameter": ["mx", "mx", "SIZE 9", "PIPELINING", "HELP", "ok", "x", "bye"],
    }


# --- Attachments ------------------------------------------------------------------------------


def test_base64_without_padding_is_exported_whole(tshark):
    files = tshark.export(faults.FOLDER / "p02-base64-without-padding.pcap", kind="smtp-attachments")
    whole = {"1-padded": b"Hello world", "2-unpadded": b"Hello world", "3-unpadded2": b"Hello worl",
             "4-lone": b"Hello world!", "5-garbage": b"Hello world", "6-concat": b"Hello world"}
    first = {name: octets for name, octets in files.items() if name.startswith("tcp0-")}
    assert first == {f"tcp0-mail1-{name}.bin": octets for name, octets in whole.items()}
    # The second mail: a message labelled base64 that is none, and one without label.
    assert files["tcp1-mail1-1-inner.exe"] == files["tcp1-mail1-3-inner.exe"] == b"Hello world"
    assert len(files) == len(first) + 4


def test_mail_in_a_mail_labelled_base64(tshark):
    """RFC 2046 section 5.2.1 gives message/rfc822 no encoding: the label is wrong, the mail is there."""
    inner = b"Subject: inner\r\nContent-Type: application/pdf; name=in.pdf\r\n\r\noctets"
    mail = (b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n"
            b"Content-Disposition: attachment; filename=fwd.eml\r\n\r\n" + inner + b"\r\n")
    steps = [S("220 mx\r\n"), C("EHLO c\r\n"), S("250 mx\r\n"), C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"),
             C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n"), C("DATA\r\n"), S("354 go\r\n"), C(mail + b".\r\n"), S("250 ok\r\n")]
    assert tshark.export(one(steps), kind="smtp-attachments") == {
        "tcp0-mail1-1-in.pdf": b"octets\r\n", "tcp0-mail1-2-fwd.eml": inner + b"\r\n",
    }


# --- Ends of messages -------------------------------------------------------------------------


def test_end_mark_that_only_the_reply_proves(tshark):
    """In the reply's frame, as no octet of the client's: said to be inferred. The end mark itself needs no such words, nor do
    line ends that the server took for it, which the client sent."""
    def mail(text, **how):
        return [S("220 mx\r\n"), C("EHLO c\r\n"), S("250 mx\r\n"), C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"),
                C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n"), C("DATA\r\n"), S("354 go\r\n"), C(text, **how), S("250 ok\r\n")]

    capture = Capture()
    capture.add(mail("A: b\r\n\r\ntext\r\n.\r\n"))
    capture.add(mail("A: b\r\n\r\ntext\r\n.\r\n", cut=[10], drop=[1]))
    capture.add(mail("A: b\r\n\r\ntext\r\n.\n"))
    frames = [frame for frame in tshark.tree(capture, filter="smtp.eom", two_pass=True)]
    marks = [frame.all("smtp.eom")[0] for frame in frames]
    assert [mark.label for mark in marks] == [
        f"End of message, {how}" for how in ("a line that holds only a dot", "inferred from the reply", "a line that holds only a dot")]
    assert [frame.values("smtp.not_captured") for frame in frames] == [
        [], ["the end mark is not in the capture: the server's reply shows that it came"], []]
    # The server's taking of a false end is said on the reply that proves it.
    proofs = tshark.fields(capture, ["tcp.stream", "smtp.response.code"], filter="smtp.expert.fake_end_taken", two_pass=True)
    assert [(row["tcp.stream"], row["smtp.response.code"]) for row in proofs] == [(["2"], ["250"])]
    infos = [line.split("SMTP", 1)[1] for line in tshark.summary(capture, filter="smtp.eom", two_pass=True)]
    assert ["inferred" in info for info in infos] == [False, True, False]


# --- Odd octets -------------------------------------------------------------------------------


@pytest.mark.parametrize("two_pass", PASSES)
def test_nul_in_a_recipient(tshark, two_pass):
    names = ["smtp.rcpt.to", "smtp.transaction.recipient", "smtp.expert.bad_path", "smtp.expert.control",
             "smtp.expert.not_command", "smtp.transaction.outcome"]
    seen = tshark.lists(faults.capture("a19"), names, two_pass=two_pass)[0]
    assert seen["smtp.rcpt.to"] == seen["smtp.transaction.recipient"] == ["bob\\000@evil.example"]
    assert [len(seen[name]) for name in names[2:]] == [1, 1, 0, 1]


def test_control_octets_behind_a_verb(tshark):
    steps = [S("220 mx\r\n")]
    for verb in (b"RSET\0", b"RSET\x01x", b"RSET \x7f", b"RSET\rx", b"R\0SET", b"\0RSET"):
        steps += [C(verb + b"\r\n"), S("250 ok\r\n")]
    seen = tshark.lists(one(steps), ["smtp.req.verb", "smtp.req.command", "smtp.expert.control", "smtp.expert.not_command"])[0]
    assert seen["smtp.req.verb"] == ["RSET"] * 4
    assert seen["smtp.req.command"] == ["RSET"] * 4 + ["R", "\\000RSET"]
    assert len(seen["smtp.expert.control"]) == 3 and not seen["smtp.expert.not_command"]


HARMFUL = {"\x1b": "\\033", "\x9b": "\\u009B", "\ufffe": "\\uFFFE", "\uffff": "\\uFFFF", "\u2028": "\\u2028", "\u2029": "\\u2029"}
HARMFUL |= {chr(c): f"\\u{c:04X}" for c in [*range(0x202a, 0x202f), *range(0x2066, 0x206a)]}


def test_what_could_harm_a_display_is_escaped(tshark):
    """In the tree's values and labels, in columns, in the credentials; and the XML of -T pdml is well-formed."""
    text = "a" + "b".join(HARMFUL) + "é€😀"
    shown = "a" + "b".join(HARMFUL.values()) + "é€😀"
    steps = [S(f"220 mx {text}\r\n"), C("EHLO c\r\n"), S(f"250-mx\r\n250-X {text}\r\n250 AUTH LOGIN\r\n"),
             C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C(b64(text) + "\r\n"), S("334 UGFzc3dvcmQ6\r\n"),
             C(b64("secret") + "\r\n"), S("235 ok\r\n"), C(f"MAIL FROM:<{text}>\r\n"), S(f"250 {text}\r\n"),
             C(f"VRFY {text}\r\n"), S("252 x\r\n")]
    capture = one(steps)
    frames = tshark.tree(capture)
    for field in ("smtp.rsp.parameter", "smtp.auth.username", "smtp.auth.user", "smtp.mail.from", "smtp.req.parameter",
                  "smtp.ehlo.parameter", "smtp.command_line", "smtp.response"):
        items = [item for frame in frames for item in frame.all(field)]
        assert any(shown in item.value and shown in item.label for item in items), field
    everything = [tshark.verbose(capture), tshark.run(capture), tshark.call("-q", "-z", "credentials", "-r", tshark.path(capture)),
                  tshark.run(capture, "-T", "pdml"), tshark.run(capture, "-T", "json")]
    for output in everything:
        assert shown in output.replace("\\\\", "\\") and not any(c in output for c in HARMFUL)
    xml.etree.ElementTree.fromstring(tshark.run(faults.capture("a20"), "-T", "pdml"))


# --- Mails with a hole ------------------------------------------------------------------------


@pytest.mark.parametrize("two_pass", PASSES)
def test_mail_with_a_hole_is_shown_and_exported_up_to_it(tshark, two_pass):
    """Default preferences: TCP withholds a segment that was sent again in another cut, or the capture lacks one."""
    capture = faults.FOLDER / "p03-hole-in-a-mail.pcap"
    seen = tshark.lists(capture, ["smtp.expert.message_incomplete", "smtp.missing", "smtp.data.incomplete"], two_pass=two_pass)
    assert [len(seen[s]["smtp.expert.message_incomplete"]) for s in (0, 1)] == [1, 1]
    assert [seen[s]["smtp.missing"] for s in (0, 1)] == [["842"], ["1460"]]
    assert "TCP withholds" in seen[0]["smtp.data.incomplete"][0]
    assert "missing from the capture" in seen[1]["smtp.data.incomplete"][0]
    messages = tshark.messages(capture, two_pass=two_pass)
    assert [len(octets) for s in (0, 1) for octets in messages[s]] == [6458, 1460]
    exports = tshark.exports(capture, two_pass=two_pass, kinds=("smtp", "imf"))
    assert exports["smtp"] == {f"tcp{s}-mail1-a@b.c-incomplete.eml": messages[s][0] for s in (0, 1)}
    assert exports["imf"] == {}
    infos = tshark.summary(capture, filter="imf", two_pass=two_pass)
    assert len(infos) == 2 and all("[message incomplete]" in info and "subject: findme" in info for info in infos)


def test_what_is_known_of_a_hole(tshark):
    mail = b"A: b\r\n\r\n" + b"line of text\r\n" * 20 + b".\r\n"
    steps = [S("220 mx\r\n"), C("EHLO c\r\n"), S("250 mx\r\n"), C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"),
             C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n"), C("DATA\r\n"), S("354 go\r\n")]
    capture = Capture()
    capture.add([*steps, C(mail, cut=[100, 150], drop=[1]), S("250 ok\r\n")])
    capture.add([*steps, C(mail, cut=[100, 150], late={1: 1}), S("250 ok\r\n")])
    gaps = [item for frame in tshark.tree(capture, filter="smtp.missing") for item in frame.all("smtp.missing")]
    assert [gap.label for gap in gaps] == ["Not captured: 50 octets"] * 2
    assert all("not captured" in text and "reassemble_out_of_order" in text
               for gap in gaps for text in gap.values("_ws.expert.message"))
    unknown = tshark.tree(capture, filter="smtp.missing", prefs=["tcp.analyze_sequence_numbers:FALSE"])
    assert {item.label for frame in unknown for item in frame.all("smtp.missing")} <= {"Missing from the capture: 50 octets"}


PARTS = (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: a/b; name=one.bin\r\n\r\none\r\n"
         b"--b\r\nContent-Type: a/b; name=two.bin\r\n\r\ntw")


@pytest.mark.parametrize("two_pass", PASSES)
def test_attachments_in_front_of_a_hole_are_whole(tshark, two_pass):
    steps = [S("220 mx\r\n"), C("EHLO c\r\n"), S("250 mx\r\n"), C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"),
             C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n"), C("DATA\r\n"), S("354 go\r\n")]
    capture = Capture()
    mail = PARTS + b"o octets\r\n--b\r\nContent-Type: a/b; name=three.bin\r\n\r\nthree\r\n--b--\r\n.\r\n"
    capture.add([*steps, C(mail, cut=[len(PARTS), len(PARTS) + 5], drop=[1]), S("250 Ok: queued as 4AbC\r\n")])
    capture.add([*steps, C(mail), S("250 Ok: queued as 4AbC\r\n")])
    exports = tshark.exports(capture, kinds=("smtp", "smtp-attachments"), two_pass=two_pass)
    assert exports["smtp"] == {"tcp0-mail1-a@a-4AbC-incomplete.eml": PARTS, "tcp1-mail1-a@a-4AbC.eml": mail[:-3]}
    assert exports["smtp-attachments"] == {
        "tcp0-mail1-1-one.bin": b"one", "tcp0-mail1-2-incomplete-two.bin": b"tw",
        "tcp1-mail1-1-one.bin": b"one", "tcp1-mail1-2-two.bin": b"two octets", "tcp1-mail1-3-three.bin": b"three",
    }


def test_capture_that_ends_inside_a_mail(tshark):
    """No frame ends it: later passes know its last one."""
    capture = one([S("220 mx\r\n"), C("EHLO c\r\n"), S("250 mx\r\n"), C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"),
                   C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n"), C("DATA\r\n"), S("354 go\r\n"), C(PARTS, cut=[50])], end=None)
    assert tshark.messages(capture, two_pass=False) == {}
    assert tshark.messages(capture, two_pass=True) == {0: [PARTS]}
    exports = tshark.exports(capture, kinds=("smtp", "smtp-attachments", "imf"), two_pass=True)
    assert exports == {"smtp": {"tcp0-mail1-a@a-incomplete.eml": PARTS}, "imf": {},
                       "smtp-attachments": {"tcp0-mail1-1-one.bin": b"one", "tcp0-mail1-2-incomplete-two.bin": b"tw"}}


# --- Captures of the first octets of each packet ----------------------------------------------


@pytest.mark.parametrize("two_pass", PASSES)
def test_no_value_from_a_word_that_the_capture_cuts(tshark, two_pass):
    names = ["smtp.ehlo.size", "smtp.ehlo.keyword", "smtp.ehlo.auth.mechanism", "smtp.mail.from", "smtp.mail.size",
             "smtp.mail.ret", "smtp.rcpt.to", "smtp.auth.username", "smtp.auth.password", "smtp.response.enhanced_code",
             "smtp.helo.domain", "smtp.greeting.domain", "smtp.transaction.sender", "smtp.transaction.recipient"]
    whole = tshark.lists(faults.capture("r45"), names)[0]
    capture = Capture()
    for snaplen in range(56, 160):
        capture.add(faults.read("r45")[0].steps, snaplen=snaplen)
    for stream, seen in tshark.lists(capture, names, two_pass=two_pass).items():
        for name in names:
            assert set(seen[name]) <= set(whole[name]), (name, stream)
    text = tshark.verbose(faults.capture("r45", snaplen=96))
    assert "SIZE 1 (cut off by the capture)" in text and "subdomain.exam (cut off by the capture)" in text


def test_line_that_the_capture_cuts_in_front_of_its_lf(tshark):
    """Ethernet, IPv4 and TCP take 54 octets."""
    line = b"RCPT TO:<bob.builder@another.example.com>\r\n"
    steps = [S("220 mx\r\n"), C("EHLO c\r\n"), S("250 mx\r\n"), C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"), C(line), S("250 ok\r\n")]
    seen = tshark.lists(one(steps, snaplen=54 + len(line) - 1), ["smtp.rcpt.to", "smtp.missing", "smtp.expert.control"])[0]
    assert seen == {"smtp.rcpt.to": ["bob.builder@another.example.com"], "smtp.missing": ["1"], "smtp.expert.control": []}


# --- Secrets ----------------------------------------------------------------------------------


PASSWORD = "SeCrEtPw77"
BLOB = b64("\0user\0" + PASSWORD)
HIDDEN = [PASSWORD, b64(PASSWORD), BLOB]
HELLO = [S("220 mx\r\n"), C("EHLO c\r\n"), S("250 mx\r\n")]


def said(*lines):
    return [(C if line.startswith("C: ") else S)(line[3:] + "\r\n") for line in lines]


LOGINS = {
    "asked for the password first": said("C: AUTH LOGIN", "S: 334 UGFzc3dvcmQ6", "C: " + b64(PASSWORD), "S: 334 VXNlcm5hbWU6",
                                         "C: " + b64("user"), "S: 235 ok"),
    "PLAIN in LOGIN": said("C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", "C: " + BLOB, "S: 535 no"),
    "PLAIN in LOGIN, initial": said("C: AUTH LOGIN " + BLOB, "S: 535 no"),
    "cancelled": said("C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", "C: *", "S: 501 cancelled", "C: " + b64("user"), "S: 500 what",
                      "C: " + b64(PASSWORD), "S: 500 what", "C: " + PASSWORD, "S: 500 what"),
    "refused": said("C: AUTH LOGIN", "S: 503 no", "C: " + b64("user"), "S: 500 what", "C: " + b64(PASSWORD), "S: 500 what"),
    "AUTHPLAIN": said("C: AUTHPLAIN " + BLOB, "S: 500 what"),
    "AUTHPLAIN in one word": said("C: AUTHPLAIN" + BLOB, "S: 500 what"),
    "AUTHLOGIN": said("C: AUTHLOGIN", "S: 500 what", "C: " + b64("user"), "S: 500 what", "C: " + b64(PASSWORD), "S: 500 what"),
    "AUTH=PLAIN": said("C: AUTH=PLAIN " + BLOB, "S: 500 what"),
    "PASS": said("C: USER user", "S: 500 what", "C: PASS " + PASSWORD, "S: 500 what"),
    "echo, refused": said("C: AUTH LOGIN", "S: 503 no", "C: " + b64(PASSWORD), f"S: 500 unknown command '{b64(PASSWORD)}'"),
    "echo, decoded": said("C: AUTH PLAIN " + BLOB, f"S: 535-no such login:\r\n535 user, {PASSWORD}"),
    "echo of PASS": said("C: PASS " + PASSWORD, f"S: 502 PASS {PASSWORD} not implemented"),
}


@pytest.mark.parametrize("two_pass", PASSES)
def test_no_octet_of_a_login_is_shown(tshark, two_pass):
    capture = Capture()
    for steps in LOGINS.values():
        capture.add([*HELLO, *steps, C("QUIT\r\n"), S("221 bye\r\n")])
    everywhere = ["esmtp.mask_secrets:everywhere"]
    columns = tshark.run(capture, two_pass=two_pass)
    tree = tshark.verbose(capture, prefs=everywhere, two_pass=two_pass)
    for secret in HIDDEN:
        assert secret not in columns and secret not in tree
    # Masking is what hides them: without it they are there, and what is no secret is there all the same.
    plain = tshark.verbose(capture, prefs=["esmtp.mask_secrets:off"])
    assert PASSWORD in plain and b64(PASSWORD) in plain
    verbs = tshark.lists(capture, ["smtp.req.verb"], prefs=everywhere)
    assert all(seen["smtp.req.verb"][0] == "EHLO" and seen["smtp.req.verb"][-1] == "QUIT" for seen in verbs.values())


@pytest.mark.parametrize("two_pass", PASSES)
def test_login_that_began_before_the_capture(tshark, two_pass):
    """Also its last line alone, whose challenge the capture lacks."""
    steps = said("C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", "C: " + b64("user"), "S: 334 UGFzc3dvcmQ6", "C: " + b64(PASSWORD),
                 "S: 235 ok", "C: MAIL FROM:<a@a>", "S: 250 ok")
    capture = Capture()
    for skip in range(4, 9):
        capture.add([*HELLO, *steps], skip=skip)
    columns = tshark.run(capture, two_pass=two_pass)
    tree = tshark.verbose(capture, prefs=["esmtp.mask_secrets:everywhere"], two_pass=two_pass)
    assert b64(PASSWORD) not in columns + tree and PASSWORD not in columns + tree
    assert all(seen["smtp.mail.from"] == ["a@a"] for seen in tshark.lists(capture, ["smtp.mail.from"]).values())


@pytest.mark.parametrize("two_pass", PASSES)
def test_the_prompt_decides_what_a_line_of_login_is(tshark, two_pass):
    capture = Capture()
    capture.add([*HELLO, *LOGINS["asked for the password first"]])
    capture.add([*HELLO, *said("C: AUTH LOGIN " + b64("user"), "S: 334 VXNlcm5hbWU6", "C: " + b64("user"), "S: 334 UGFzc3dvcmQ6",
                               "C: " + b64(PASSWORD), "S: 235 ok")])
    capture.add([*HELLO, *LOGINS["PLAIN in LOGIN"]])
    seen = tshark.lists(capture, ["smtp.auth.username", "smtp.auth.password", "smtp.auth.user"], two_pass=two_pass)
    assert [seen[s]["smtp.auth.username"] for s in seen] == [["user"], ["user", "user"], ["user"]]
    assert [seen[s]["smtp.auth.password"] for s in seen] == [[PASSWORD]] * 3
    assert [seen[s]["smtp.auth.user"] for s in seen] == [["user"]] * 3


# --- Small things -----------------------------------------------------------------------------


def test_host_of_a_greeting(tshark):
    seen = tshark.lists(faults.capture("r05", "r42"), ["smtp.greeting.domain", "smtp.explanation", "smtp.response.code"])
    assert [host for stream in seen.values() for host in stream["smtp.greeting.domain"]] == ["[192.0.2.9]"]
    for stream in seen.values():
        if stream["smtp.response.code"][0] != "220":
            assert stream["smtp.explanation"][0].startswith("The server refuses the connection") or \
                stream["smtp.response.code"][0] in ("421", "550", "554"), stream
            assert "mailbox" not in stream["smtp.explanation"][0].lower()


def test_hello_reply_that_begins_with_an_extension(tshark):
    capture = Capture()
    for line in ("PIPELINING", "SIZE 1000", "STARTTLS", "mx.example", "size"):
        capture.add([S("220 mx\r\n"), C("EHLO c\r\n"), S(f"250-{line}\r\n250 HELP\r\n")])
    seen = tshark.lists(capture, ["smtp.ehlo.domain", "smtp.ehlo.keyword", "smtp.expert.starttls_first"])
    assert [seen[s]["smtp.ehlo.domain"] for s in seen] == [[], [], [], ["mx.example"], ["size"]]
    assert [seen[s]["smtp.ehlo.keyword"][:-1] for s in seen] == [["PIPELINING"], ["SIZE"], ["STARTTLS"], [], []]
    assert [len(seen[s]["smtp.expert.starttls_first"]) for s in seen] == [1, 1, 1, 0, 0]


def test_gssapi_as_smtplib_and_exchange_speak_it(tshark):
    names = ["smtp.auth.challenge", "smtp.auth.response", "smtp.base64_decode", "smtp.expert.auth_malformed", "smtp.auth.outcome"]
    seen = tshark.lists(faults.capture("r12"), names, two_pass=True)[0]
    assert seen["smtp.auth.challenge"][0] == "GSSAPI supported" and len(seen["smtp.auth.challenge"]) == 3
    assert seen["smtp.auth.response"] == ["050404ff000c00000000000016f6ce6701000000"]
    assert not seen["smtp.base64_decode"] and len(seen["smtp.expert.auth_malformed"]) == 3
    assert seen["smtp.auth.outcome"] == ["succeeded"]


def test_empty_command_line_has_its_reply(tshark):
    rows = tshark.fields(faults.capture("r12"), ["frame.number", "smtp.response_in"], filter='smtp.command_line == "\\r\\n"', two_pass=True)
    assert [[int(row["frame.number"][0]) + 1] for row in rows] == [[int(n) for n in row["smtp.response_in"]] for row in rows]
    assert len(rows) == 1


def test_reply_older_than_its_command(tshark):
    capture = one([S("220 mx\r\n"), C("NOOP\r\n"), S("250 ok\r\n", wait=-5), C("NOOP\r\n"), S("250 ok\r\n", wait=1)])
    seen = tshark.lists(capture, ["smtp.time", "smtp.expert.negative_time"])[0]
    assert [float(time) < 0 for time in seen["smtp.time"]].count(True) == len(seen["smtp.expert.negative_time"]) == 1


def test_queue_ids_of_well_known_services(tshark):
    seen = tshark.lists(faults.capture("r30"), ["smtp.transaction.queue_id"])
    ids = {s + 1: seen[s]["smtp.transaction.queue_id"] for s in seen}
    assert [s for s in ids if not ids[s]] == [10, 18, 19, 20]
    assert {s: ids[s] for s in (5, 11, 12, 15, 21, 24)} == {
        5: ["1a2b3c4d5e6f"], 11: ["5A/3B-12345-6789ABCD"], 12: ["2f1f4a6c9e0b11ee8a2c0242ac120002"], 15: ["abcDEF123xyz.de12"],
        21: ["1MzQkC-1w"], 24: ["abc123"],
    }


def test_code_000_answers_nothing(tshark):
    capture = one([S("220 mx\r\n"), C("NOOP\r\n"), S("000 x\r\n"), S("050 y\r\n"), S("250 ok\r\n"), C("NOOP\r\n"), S("250 ok\r\n")])
    rows = tshark.fields(capture, ["smtp.response.code", "smtp.request_in", "smtp.expert.wrong_code"], filter="smtp.rsp")
    assert [row["smtp.response.code"] for row in rows] == [["220"], ["0"], ["50"], ["250"], ["250"]]
    assert [bool(row["smtp.request_in"]) for row in rows] == [False, False, False, True, True]
    assert [bool(row["smtp.expert.wrong_code"]) for row in rows] == [False, True, False, False, False]


# --- The server has the last word -------------------------------------------------------------


LOOKS_LIKE_TLS = b"\x80\x2e\x01\x03\x01\x00\x15\r\n"


@pytest.mark.parametrize("two_pass", PASSES)
def test_a_client_that_goes_on_in_clear_said_no_tls(tshark, two_pass):
    """The server refuses what looks like TLS, and all that follows: a client of TLS would say nothing in clear."""
    steps = [S("220 mx\r\n"), C("EHLO c\r\n"), S("250 mx\r\n"), C(LOOKS_LIKE_TLS), S("500 what\r\n"),
             C("NOOP\r\n"), S("451 later\r\n"), C("VRFY x\r\n"), S("550 no\r\n")]
    capture = Capture()
    capture.add(steps)
    capture.add(single_octets(steps))
    capture.add(steps[:5])
    seen = tshark.lists(capture, ["smtp.req.verb", "smtp.request_in"], two_pass=two_pass)
    for stream in (0, 1):
        assert [verb for verb in seen[stream]["smtp.req.verb"] if verb.isalpha()] == ["EHLO", "NOOP", "VRFY"]
    assert seen[0]["smtp.request_in"][-2:] == ["9", "11"]
    assert seen[2]["smtp.req.verb"] == ["EHLO"]  # nothing tells that it was none


@pytest.mark.parametrize("two_pass", PASSES)
def test_no_hello_of_tls_on_a_port_that_may_be_anybodys(tshark, two_pass):
    """Wireshark's search for TLS would wait for 16 KiB, and nothing of the client would ever be seen."""
    steps = [C(b"\x16\x03\x01\x40\x00\x01\r\nHELLO c\r\n"), S("220 mx\r\n500 what\r\n500 what\r\n"),
             C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n")]
    for port in (24, 2525):
        seen = tshark.lists(one(steps, port=port), ["smtp.req.verb", "smtp.request_in"], two_pass=two_pass)[0]
        assert seen["smtp.req.verb"][-2:] == ["HELLO", "MAIL"] and seen["smtp.request_in"] == ["4", "4", "6"]
    assert not tshark.lists(one(steps[:1], port=2526), ["smtp.req.verb"], two_pass=two_pass)


def test_a_line_is_refused_before_its_end(tshark):
    """Servers need not wait for the LF of a line that is too long or has a CR in it."""
    steps = [S("220 mx\r\n"), C("EHLO c\rMAIL FROM:<a@a>\r"), S("500 no bare CR\r\n"), C("\n"),
             C("MAIL FROM:<b@b>\r\n"), S("250 ok\r\n"), C("NOOP " + 50 * "x"), S("500 too long\r\n"), C("x\r\n"),
             C("RCPT TO:<c@c>\r\n"), S("250 ok\r\n")]
    names = ["smtp.request_in", "smtp.response_in", "smtp.rcpt.status", "smtp.mail.status",
             "smtp.expert.no_command"]
    seen = tshark.lists(one(steps), names)[0]
    assert seen["smtp.request_in"] == ["7", "8", "12", "13"]
    assert seen["smtp.response_in"] == ["6", "9", "11", "14"]
    assert seen["smtp.rcpt.status"] == seen["smtp.mail.status"] == ["250"]
    assert not seen["smtp.expert.no_command"]
    # The same refusal of a line that was not begun is nobody's.
    late = [S("220 mx\r\n"), C("EHLO c\r\n"), S("250 ok\r\n"), S("500 why\r\n"), C("NOOP\r\n"), S("250 ok\r\n")]
    seen = tshark.lists(one(late), names)[0]
    assert seen["smtp.request_in"] == ["5", "8"] and len(seen["smtp.expert.no_command"]) == 1


# Of each file: verbs, and what became of each mail: outcome, sender, recipients, those refused.
JUDGED = {
    "a01": ("EHLO MAIL RCPT DATA QUIT", [("accepted", "a@b", ["c@d"], [])]),
    "a02": ("LHLO EHLO MAIL RCPT RCPT RCPT DATA MAIL RCPT DATA QUIT",
            [("accepted", "one@x", ["a@d", "b@d", "c@d"], []), ("accepted", "two@x", ["a@d"], [])]),
    "a03": ("LHLO MAIL RCPT RCPT BDAT BDAT BDAT RSET NOOP QUIT", [("rejected", "a@b", ["bob@d", "carol@d"], [])]),
    "a05": ("MAIL RCPT RCPT DATA QUIT", [("accepted", "a@b", ["c@d"], ["e@f"])]),
    "a07": ("EHLO MAIL RCPT BDAT QUIT", [("aborted", "a@b", ["bob@d"], [])]),
    "a08": ("EHLO BDAT MAIL RCPT DATA QUIT", [("accepted", "a@b", ["bob@d"], [])]),
    "a09": ("EHLO MAIL RCPT DATA MAIL RCPT DATA QUIT", [("accepted", "one@b", ["c@d"], []), ("accepted", "two@b", ["e@d"], [])]),
    "a10": ("EHLO MAIL RCPT DATA QUIT", [("accepted", "one@b", ["c@d"], [])]),
    "a11": ("EHLO MAIL RCPT DATA BUY QUIT", [("rejected", "one@b", [], ["c@d"])]),
    "a13": ("EHLO XACK MAIL RCPT DATA QUIT", [("accepted", "a@b", ["bob@d"], [])]),
    "a14": ("EHLO MAIL RCPT BDAT MAIL RCPT DATA QUIT",
            [("rejected", "boss@corp", [], []), ("accepted", "evil@b", ["bob@d"], ["nobody@d"])]),
    "r29": ("HELO MAIL RCPT DATA QUIT", [("rejected", "alice@mail.example", ["alice@mail.example"], [])]),
}


def judged(rows):
    """The mails of a connection, from the items of its frames."""
    fields = ["smtp.transaction.sender", "smtp.transaction.recipient", "smtp.transaction.recipient.rejected"]
    return [(row["smtp.transaction.outcome"][0], row[fields[0]][0], row[fields[1]], row[fields[2]])
            for row in rows if row["smtp.transaction.outcome"]]


@pytest.mark.parametrize("two_pass", PASSES)
def test_mails_are_the_servers(tshark, two_pass):
    """What first looked otherwise: TLS, LMTP, a chunk, commands, text, a goodbye for an acceptance, XACK, a closed mail."""
    capture = faults.capture(*JUDGED)
    names = ["smtp.req.verb", "smtp.transaction.outcome", "smtp.transaction.sender", "smtp.transaction.recipient",
             "smtp.transaction.recipient.rejected", "smtp.bdat.last", "smtp.expert.bad_chunk_size"]
    seen = tshark.by_stream(capture, names, filter="smtp", two_pass=two_pass)
    for stream, (name, (verbs, mails)) in enumerate(JUDGED.items()):
        assert judged(seen[stream]) == mails, name
        if two_pass or name not in ("a01", "a09", "a11", "a14"):  # these the first pass sees too late
            said = [verb for row in seen[stream] for verb in row["smtp.req.verb"] if verb.isalpha()]
            assert said == verbs.split(), name
    bad = [row for row in seen[list(JUDGED).index("a07")] if row["smtp.expert.bad_chunk_size"]]
    assert len(bad) == 1 and bad[0]["smtp.bdat.last"] != ["1"]


def test_messages_are_the_servers(tshark):
    sent = tshark.messages(faults.capture(*JUDGED))
    names = {stream: name for stream, name in enumerate(JUDGED)}
    assert {names[stream]: [octets[-12:] for octets in messages] for stream, messages in sent.items()} == {
        "a01": [b"hidden\r\n\r\nx\r\n"[-12:]], "a02": [b"x\r\n", b"hidden\r\n\r\ny\r\n"[-12:]], "a03": [b"abcdeabcde"],
        "a05": [b"x\r\n"], "a08": [b"hidden\r\n\r\nx\r\n"[-12:]],
        "a09": [b"QUIT\r\n", b" real\r\n\r\nx\r\n"], "a10": [b"\n\r\nRSET\r\nx\r\n"[-12:]], "a13": [b"x\r\n"],
        "a14": [b"xx", b"Subject: x\r\n\r\nx\r\n"[-12:]]}


def test_no_explanation_contradicts_what_is_known(tshark):
    """503 to DATA though a recipient was accepted, to RCPT though MAIL was: for policy. Without, it says what is missing."""
    without = [S("220 mx\r\n"), C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"), C("DATA\r\n"), S("503 no\r\n"),
               C("RCPT TO:<b@b>\r\n"), S("503 no\r\n"), C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n")]
    capture = faults.capture("r29")
    capture.add(without)
    seen = tshark.by_stream(capture, ["smtp.explanation"], filter="smtp.response.code == 503")
    said = {stream: [row["smtp.explanation"][0] for row in rows] for stream, rows in seen.items()}
    assert "recipient" not in said[0][0]
    assert "without an accepted recipient" in said[1][0] and "without an accepted MAIL" not in said[1][1]


@pytest.mark.parametrize("two_pass", PASSES)
def test_a_login_is_given_up_by_a_command(tshark, two_pass):
    seen = tshark.lists(faults.capture("r40"), ["smtp.req.verb", "smtp.auth.outcome"], two_pass=two_pass)
    rows = [(seen[stream]["smtp.req.verb"][2:], seen[stream]["smtp.auth.outcome"]) for stream in sorted(seen)]
    assert rows == [(["QUIT"] if two_pass else ["RSET", "QUIT"], ["failed"]), (["QUIT"], []), ([] if two_pass else ["QUIT"], []),
                    (["MAIL", "QUIT"], ["failed"]), (["AUTH", "QUIT"], ["succeeded"]), ([], ["failed"]), ([], [])]


@pytest.mark.parametrize("two_pass", PASSES)
def test_an_end_mark_of_a_mail_begun_before_the_capture_has_its_reply(tshark, two_pass):
    seen = tshark.lists(faults.capture("r41"), ["smtp.eom", "smtp.response_in"], two_pass=two_pass)[0]
    assert len(seen["smtp.eom"]) == 1
    if two_pass:
        assert seen["smtp.response_in"] == ["6"]


@pytest.mark.parametrize("two_pass", PASSES)
def test_a_client_that_ends_all_lines_with_lf(tshark, two_pass):
    """netcat: the end mark is the end mark, no octet of it in the message, the reply's time counts from it."""
    steps = [S("220 mx\r\n"), C("HELO c\n"), S("250 mx\r\n"), C("MAIL FROM:<a@a>\n"), S("250 ok\r\n"),
             C("RCPT TO:<b@b>\n"), S("250 ok\r\n"), C("DATA\n"), S("354 go\r\n"), C("Subject: x\n\nText\n"), C(".\n"),
             S("250 ok\r\n"), C("QUIT\n"), S("221 bye\r\n")]
    names = ["smtp.eom", "smtp.time", "_ws.expert.severity", "smtp.transaction.outcome", "smtp.transaction.size"]
    rows = {int(row["frame.number"][0]): row
            for row in tshark.fields(one(steps), ["frame.number", *names], filter="smtp", two_pass=two_pass)}
    assert [number for number, row in rows.items() if row["smtp.eom"]] == [14]
    assert rows[15]["smtp.transaction.outcome"] == ["accepted"] and rows[15]["smtp.transaction.size"] == ["17"]
    assert float(rows[15]["smtp.time"][0]) == pytest.approx(0.001)
    severities = [int(value, 0) for row in rows.values() for value in row["_ws.expert.severity"]]
    assert max(severities) < 0x800000  # no error
    assert tshark.messages(one(steps), two_pass=two_pass) == {0: [b"Subject: x\n\nText\n"]}
