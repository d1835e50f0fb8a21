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
    """In the reply's frame, as no octet of the client's: said to be inferred. The end mark itself needs no such words."""
    def mail(text, **how):
        return [S("220 mx\r\n"), C("EHLO c\r\n"), S("250 mx\r\n"), C("MAIL FROM:<a@a>\r\n"), S("250 ok\r\n"),
                C("RCPT TO:<b@b>\r\n"), S("250 ok\r\n"), C("DATA\r\n"), S("354 go\r\n"), C(text, **how), S("250 ok\r\n")]

    capture = Capture()
    capture.add(mail("A: b\r\n\r\ntext\r\n.\r\n"))
    capture.add(mail("A: b\r\n\r\ntext\r\n.\r\n", cut=[10], drop=[1]))
    capture.add(mail("A: b\r\n\r\ntext\r\n.\n"))
    frames = [frame for frame in tshark.tree(capture, filter="smtp.eom")]
    marks = [frame.all("smtp.eom")[0] for frame in frames]
    assert [mark.label for mark in marks] == ["C: ."] + ["C: . (inferred from the reply)"] * 2
    assert [mark.values("smtp.not_captured") for mark in marks[1:]] == [
        ["the end mark is not in the capture: the server's reply shows that it came"],
        ["no end mark was sent: the server took the octets before for it"],
    ]
    infos = [line.split("SMTP", 1)[1] for line in tshark.summary(capture, filter="smtp.eom")]
    assert ["inferred" in info for info in infos] == [False, True, True]


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
    seen = tshark.lists(one(steps), ["smtp.req.verb", "smtp.req.command", "smtp.expert.not_command"])[0]
    assert seen["smtp.req.verb"] == ["RSET"] * 4
    assert seen["smtp.req.command"] == ["RSET"] * 4 + ["R", "\\000RSET"]
    assert len(seen["smtp.expert.not_command"]) == 2


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
    seen = tshark.lists(capture, ["smtp.expert.incomplete", "smtp.missing", "smtp.data.incomplete"], two_pass=two_pass)
    assert [len(seen[s]["smtp.expert.incomplete"]) for s in (0, 1)] == [1, 1]
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
    assert tshark.messages(capture) == {}
    assert tshark.messages(capture, two_pass=True) == {0: [PARTS]}
    exports = tshark.exports(capture, kinds=("smtp", "smtp-attachments", "imf"), two_pass=True)
    assert exports == {"smtp": {"tcp0-mail1-a@a-incomplete.eml": PARTS}, "imf": {},
                       "smtp-attachments": {"tcp0-mail1-1-one.bin": b"one", "tcp0-mail1-2-incomplete-two.bin": b"tw"}}
