"""File > Export Objects: the types "smtp" and "smtp-attachments", and what Wireshark's own type "imf" gets from us."""

import base64
import email.message
import email.policy
import json
import random
import subprocess

import pytest

from dialogue import C, Capture, S, segments_of
from mails import GREETING, QUIT, bdat, chunk, data, envelope, session
from tls import secure

PASSES = [False, True]
HEAD = b"From: <a@a.example>\r\nSubject: s\r\n\r\n"


# --- Messages ---------------------------------------------------------------------------------


@pytest.mark.parametrize("two_pass", PASSES)
def test_named_by_transaction_sender_and_queue_id(tshark, two_pass):
    capture = Capture()
    capture.add(session(data(HEAD + b"one\r\n", 1), bdat([HEAD + b"two"], 2)))
    capture.add(segments_of(session(data(HEAD, 3, reply="250 2.0.0 Ok: queued as Xy9ZzQ1\r\n")), 9))
    assert tshark.export(capture, kind="smtp", two_pass=two_pass) == {
        "tcp0-mail1-a1@a.example-4AbCdEf1.eml": HEAD + b"one\r\n",
        "tcp0-mail2-a2@a.example-4AbCdEf2.eml": HEAD + b"two",
        "tcp1-mail1-a3@a.example-Xy9ZzQ1.eml": HEAD,
    }


@pytest.mark.parametrize("two_pass", PASSES)
def test_refused_and_unanswered_messages_are_exported(tshark, two_pass):
    capture = Capture()
    capture.add(session(data(HEAD, 1, reply="554 5.7.1 no\r\n")))
    capture.add([*GREETING, *data(HEAD, 2, reply=None)])
    capture.add(session(data(HEAD, 3)), only="C")
    names = ["tcp0-mail1-a1@a.example.eml", "tcp1-mail1-a2@a.example.eml", "tcp2-mail1-a3@a.example.eml"]
    assert tshark.export(capture, kind="smtp", two_pass=two_pass) == dict.fromkeys(names, HEAD)


@pytest.mark.parametrize("two_pass", PASSES)
def test_every_reply_names_its_own_message(tshark, two_pass):
    """Two messages wait for their replies at once."""
    capture = Capture()
    batch = b"".join(b"MAIL FROM:<a%d@a>\r\nRCPT TO:<b@b>\r\n" % n + chunk(b"%d\r\n" % n, True) for n in range(5))
    for _ in range(3):
        capture.add([*GREETING, C(batch), S("".join(f"250 ok\r\n250 ok\r\n250 Ok: queued as 4AbCdEf{n}\r\n" for n in range(5)),
                                            cut=[40, 90])])
    files = tshark.export(capture, kind="smtp", two_pass=two_pass)
    assert files == {f"tcp{s}-mail{n + 1}-a{n}@a-4AbCdEf{n}.eml": b"%d\r\n" % n for s in range(3) for n in range(5)}


def test_capture_that_begins_inside_a_connection(tshark):
    steps = session(data(HEAD), data(HEAD, 2))
    capture = Capture()
    capture.add(steps, skip=5)
    capture.add([C(b"DATA\r\n"), S("354 go\r\n"), C(HEAD + b".\r\n"), S("250 ok\r\n")], handshake=False)
    files = tshark.export(capture, kind="smtp")
    assert sorted(files.values()) == [HEAD] * 3
    assert "tcp1-message1.eml" in files


SENDERS = {
    "<>": "null",
    "<../../etc/passwd@x>": ".._.._etc_passwd@x",
    "<a\\b:c*d?e|f@x>": "a_b_c_d_e_f@x",
    "<$(reboot)`x`@x>": "_(reboot)_x_@x",
    "<jörg@a.example>": "jörg@a.example",
    "<a\u202egpj@x>": "a_gpj@x",
    "<a\x01\x7f@x>": "a__@x",
    "<" + "x" * 300 + "@x>": "x" * 100,
}


@pytest.mark.parametrize("two_pass", PASSES)
def test_no_sender_leaves_the_folder(tshark, two_pass):
    capture = Capture()
    for sender in SENDERS:
        capture.add([*GREETING, C(f"MAIL FROM:{sender}\r\n"), S("250 ok\r\n"), *data(HEAD)[2:]])
    files = tshark.export(capture, kind="smtp", two_pass=two_pass)
    assert sorted(files) == sorted(f"tcp{n}-mail1-{name}-4AbCdEf1.eml" for n, name in enumerate(SENDERS.values()))
    assert set(files.values()) == {HEAD}


@pytest.mark.parametrize("subjects", [
    [None] * 3, ["same"] * 1100, ["a/b", "..", ".", "/", "C:\\x", "x" * 400, "%s%n", "\x01", "é", ""],
], ids=["none", "equal", "no file names"])
def test_any_subject(tshark, subjects):
    """P25; 4.0's type imf overwrites what has the same name a thousand times."""
    capture = Capture()
    messages = [(f"Subject: {s}\r\n" if s is not None else "From: x\r\n").encode() + b"\r\n%d\r\n" % n
                for n, s in enumerate(subjects)]
    capture.add(session(*(data(message, n) for n, message in enumerate(messages))))
    files = tshark.export(capture, kind="smtp")
    assert sorted(files.values()) == sorted(messages)
    if len(subjects) < 1000:
        assert sorted(tshark.export(capture).values()) == sorted(messages)


def test_inside_tls(tshark):
    steps, keys = secure(segments_of(session(data(HEAD + b".\r\n"), bdat([HEAD], 2)), 30))
    capture = Capture(secrets=keys)
    capture.add(steps, port=465)
    for two_pass in PASSES:
        assert tshark.export(capture, kind="smtp", two_pass=two_pass) == {
            "tcp0-mail1-a1@a.example-4AbCdEf1.eml": HEAD + b".\r\n", "tcp0-mail2-a2@a.example-4AbCdEf2.eml": HEAD}


def test_both_types_at_once(tshark, tmp_path):
    capture = Capture()
    capture.add(session(data(mime(attachment("x.bin", b"1")))))
    home = tshark.home / f"both-{tmp_path.name}"
    tshark.run(capture, "-q", "--export-objects", f"smtp,{home}-1", "--export-objects", f"smtp-attachments,{home}-2")
    assert [len(list(folder.iterdir())) for folder in (home.parent / f"{home.name}-1", home.parent / f"{home.name}-2")] == [1, 1]


def sharkd(tshark, capture, *requests):
    """What sharkd, which works as the window does (frames were visited before), answers to requests."""
    calls = [("load", {"file": str(tshark.path(capture))}), *requests, ("bye", {})]
    lines = [json.dumps({"jsonrpc": "2.0", "id": n, "method": method, "params": params})
             for n, (method, params) in enumerate(calls, 1)]
    done = subprocess.run(["sharkd", "-"], input="\n".join(lines) + "\n", text=True, env=tshark.environment,
                          capture_output=True, timeout=300)
    replies = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert done.returncode == 0 and not any("error" in reply for reply in replies), done.stderr
    return [reply["result"] for reply in replies[1:-1]]


def test_list_of_objects_as_the_window_has_it(tshark):
    """Again and again, with lists begun anew."""
    capture = Capture()
    message = mime(attachment("x.pdf", b"%PDF", "application/pdf"))
    capture.add(session(data(message), data(HEAD, 2, reply="554 no\r\n")))
    tap = [("tap", {"tap0": "eo:smtp"}), ("tap", {"tap0": "eo:smtp-attachments"})]
    answers = sharkd(tshark, capture, *tap, *tap)
    mails, files = ([{key: entry[key] for key in ("hostname", "type", "filename", "len")}
                     for entry in answer["taps"][0]["objects"]] for answer in answers[:2])
    assert mails == [
        {"hostname": "a1@a.example", "type": "message/rfc822", "filename": "tcp0-mail1-a1@a.example-4AbCdEf1.eml",
         "len": len(message)},
        {"hostname": "a2@a.example", "type": "message/rfc822", "filename": "tcp0-mail2-a2@a.example.eml", "len": len(HEAD)},
    ]
    assert files == [{"hostname": "a1@a.example", "type": "application/pdf", "filename": "tcp0-mail1-1-x.pdf", "len": 4}]
    for first, again in zip(answers[:2], answers[2:]):
        names = [[entry["filename"] for entry in answer["taps"][0]["objects"]] for answer in (first, again)]
        assert names[0] == names[1]


def test_off_with_the_plugin(tshark):
    capture = Capture()
    capture.add(session(data(HEAD)))
    assert tshark.export(capture, "--disable-protocol", "esmtp", kind="smtp") == {}


# --- Attachments ------------------------------------------------------------------------------


def attachment(name, octets, kind="application/octet-stream"):
    part = email.message.EmailMessage(email.policy.SMTP)
    main, sub = kind.split("/")
    part.set_content(octets, main, sub, filename=name)
    return part


def mime(*parts, text="text\n"):
    message = email.message.EmailMessage(email.policy.SMTP)
    message["From"] = "a@a.example"
    message["Subject"] = "s"
    message.set_content(text)
    message.make_mixed()
    for part in parts:
        message.attach(part)
    return message.as_bytes()


def raw(*parts, kind="multipart/mixed"):
    """A multipart of parts that are octets, header and body."""
    return (f"MIME-Version: 1.0\r\nContent-Type: {kind}; boundary=\"=_b\"\r\n\r\npreamble\r\n".encode() +
            b"".join(b"--=_b\r\n" + part + b"\r\n" for part in parts) + b"--=_b--\r\nepilogue\r\n")


def exported(tshark, message, **options):
    """{name after "tcp0-mail1-": octets} of the attachments of one message."""
    capture = Capture()
    capture.add(session(data(message)), mss=60000)
    files = tshark.export(capture, kind="smtp-attachments", **options)
    assert all(name.startswith("tcp0-mail1-") for name in files)
    return {name.removeprefix("tcp0-mail1-"): octets for name, octets in files.items()}


@pytest.mark.parametrize("two_pass", PASSES)
def test_attachments_are_decoded(tshark, two_pass):
    contents = {
        "random.bin": random.Random(1).randbytes(5000),
        "empty.bin": b"",
        "text.txt": "Grüße\n".encode(),
        "grüße 你好.pdf": b"%PDF-1.4\r\n",
        "x" * 120 + ".tar.gz": b"1",
        "a b; c=\"d\".png": b"\x89PNG",
    }
    message = mime(*(attachment(name, octets) for name, octets in contents.items()))
    wanted = dict(zip((f"{n}-{name.replace(chr(34), '_')}" for n, name in enumerate(contents, 1)), contents.values()))
    assert exported(tshark, message, two_pass=two_pass) == wanted


NAMES = [
    # header of the part, name of the file
    (b'Content-Disposition: attachment; filename="a.txt"', "a.txt"),
    (b'Content-Disposition: attachment; filename=a b.txt', "a b.txt"),
    (b'Content-Disposition: attachment;\r\n\tfilename="a.txt"', "a.txt"),
    (b'Content-Type: image/png; name="a.png"', "a.png"),
    (b'content-type: IMAGE/PNG; NAME=a.png\r\nContent-Disposition: inline', "a.png"),
    (b"Content-Disposition: attachment; filename*=UTF-8''gr%C3%BC%C3%9Fe.txt", "grüße.txt"),
    (b"Content-Disposition: attachment; filename*=iso-8859-1'de'gr%FC%DFe.txt; filename=plain.txt", "grüße.txt"),
    (b"Content-Disposition: attachment; filename*0*=utf-8''gr%C3; filename*1*=%BC; filename*2=\"e.txt\"", "grüe.txt"),
    (b"Content-Disposition: attachment; filename*1=b.txt; filename*0=a", "ab.txt"),
    (b"Content-Disposition: attachment; filename=\"=?utf-8?B?Z3LDvMOfZS50eHQ=?=\"", "grüße.txt"),
    (b"Content-Disposition: attachment; filename=\"=?iso-8859-1?Q?gr=FC=DF?= =?iso-8859-1?Q?e=5F.txt?=\"", "grüße_.txt"),
    (b"Content-Disposition: attachment; filename=\"=?utf-8?B?w?= =?utf-8?B?7wudHh0?=\"", None),
    (b"Content-Disposition: attachment; filename=\"gr\xc3\xbc\xc3\x9fe.txt\"", "grüße.txt"),
    (b"Content-Disposition: attachment; filename=\"gr\xfc\xdfe.txt\"", "grüße.txt"),
    (b"Content-Disposition: attachment; filename*=x-unknown''a%FF.txt", "aÿ.txt"),
    (b"Content-Disposition: attachment; filename*=''a.txt", "a.txt"),
    (b"Content-Disposition: (a comment; filename=no) attachment; filename=yes", "yes"),
    (b'Content-Disposition: attachment; filename="../../etc/passwd"', "passwd"),
    (b'Content-Disposition: attachment; filename="C:\\\\Windows\\\\x.exe"', "x.exe"),
    (b'Content-Disposition: attachment; filename="/"', "part.txt"),
    (b'Content-Disposition: attachment; filename=".."', "part.txt"),
    (b'Content-Disposition: attachment; filename=".bashrc"', "bashrc"),
    (b'Content-Disposition: attachment; filename="  x.exe. "', "x.exe"),
    (b'Content-Disposition: attachment; filename="a\xe2\x80\xaegpj.exe"', "a_gpj.exe"),
    (b'Content-Disposition: attachment; filename="a\x01\x02\x7fb"', "a___b"),
    (b'Content-Disposition: attachment; filename="a\\"b|c?.txt"', "a_b_c_.txt"),
    (b'Content-Disposition: attachment; filename="' + b"y" * 1000 + b'.pdf"', "y" * 146 + ".pdf"),
    (b'Content-Disposition: attachment; filename="' + "ü".encode() * 500 + b'"', "ü" * 75),
    (b'Content-Disposition: attachment', "part.txt"),
    (b'Content-Type: image/jpeg', "part.jpg"),
    (b'Content-Type: application/x-nobody-knows', "part.bin"),
    (b'Content-Type: text/calendar; name=""\r\nContent-Disposition: attachment; filename=""', "part.ics"),
]


def test_names_of_attachments(tshark):
    message = raw(*(head + b"\r\n\r\n%d" % n for n, (head, _) in enumerate(NAMES)))
    files = exported(tshark, message)
    assert len(files) == len(NAMES)
    by_octets = {octets: name for name, octets in files.items()}
    for n, (head, name) in enumerate(NAMES):
        got = by_octets[b"%d" % n]
        assert len(got.encode()) < 200 and "/" not in got
        if name is not None:
            assert got == f"{n + 1}-{name}", head


def test_what_is_an_attachment(tshark):
    """Text that is shown in the mail is none; what has a name, says so or is no text is one."""
    message = raw(
        b"Content-Type: text/plain\r\n\r\nshown",
        raw(b"Content-Type: text/html\r\n\r\nshown, too", b"Content-Type: image/gif\r\nContent-ID: <x>\r\n\r\nGIF89a",
            kind="multipart/related").replace(b"=_b", b"inner"),
        b"\r\nno header at all",
        b"Content-Type: message/rfc822\r\n\r\n" + HEAD + b"a mail in a mail",
        b"Content-Type: text/x-patch; name=fix.diff\r\n\r\n--- a\r\n+++ b",
    )
    assert exported(tshark, message) == {
        "1-part.gif": b"GIF89a", "2-part.eml": HEAD + b"a mail in a mail", "3-fix.diff": b"--- a\r\n+++ b"}


def test_attachments_inside_a_mail_inside_a_mail(tshark):
    inner = mime(attachment("deep.bin", b"deep"))
    message = raw(b"Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=fwd.eml\r\n\r\n" + inner)
    assert exported(tshark, message) == {"1-deep.bin": b"deep", "2-fwd.eml": inner}


def test_a_message_that_is_an_attachment_itself(tshark):
    octets = random.Random(2).randbytes(400)
    message = (b"Content-Type: application/pdf; name=doc.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
               base64.encodebytes(octets).replace(b"\n", b"\r\n"))
    assert exported(tshark, message) == {"1-doc.pdf": octets}


ENCODED = [
    (b"quoted-printable", b"a=3Db=\r\n c =\t\r\nd=0D=0A=e9 \t\r\ne=", b"a=b c d\r\n\xe9\r\ne"),
    (b"Quoted-Printable (comment)", b"=XX=1 =\r\n", b"=XX=1 "),
    (b"BASE64", b"aGVs bG8=\r\n", b"hello"),
    (b"base64", b"!!aGVs\r\nbG8", b"hello"),
    (b"base64", b"aGVsbA\r\n", b"hell"),
    (b"base64", b"aGVsbA=\r\n", b"hell"),
    (b"base64", b"aGVsbG8h\r\n", b"hello!"),
    (b"base64", b"aGVsb\r\n", b"hel"),
    (b"base64", b"", b""),
    (b"8bit", b"\xe9\r\n.x", b"\xe9\r\n.x"),
    (b"x-unknown", b"=41", b"=41"),
]


def test_encodings(tshark):
    message = raw(*(b"Content-Type: a/b\r\nContent-Transfer-Encoding: " + name + b"\r\n\r\n" + body
                    for name, body, _ in ENCODED))
    files = exported(tshark, message)
    for n, (name, body, wanted) in enumerate(ENCODED, 1):
        assert files[f"{n}-part.bin"] == wanted, (name, body)


def test_equal_names_stay_apart(tshark):
    capture = Capture()
    parts = [attachment("same.txt", b"%d" % n) for n in range(40)]
    capture.add(session(data(mime(*parts)), data(mime(*parts), 2)))
    capture.add(session(data(mime(*parts))))
    files = tshark.export(capture, kind="smtp-attachments")
    assert len(files) == 120
    assert files["tcp0-mail2-40-same.txt"] == b"39"


HOSTILE = {
    "no boundary parameter": b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\na\r\n--x--\r\n",
    "never ends": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: a/b\r\n\r\nrest\r\n",
    "ends in a header": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: a/b",
    "ends in a quote": b"Content-Type: multipart/mixed; boundary=\"x\r\n\r\n--x\r\n\r\n",
    "open comment": b"Content-Type: " + b"(" * 3000 + b"; boundary=x\r\n\r\n",
    "only semicolons": b"Content-Type: a/b" + b";" * 3000 + b"\r\n\r\nx\r\n",
    "many sections": b"Content-Type: a/b; " + b"".join(b"name*%d=x;" % n for n in range(2000)) + b"\r\n\r\nx\r\n",
    "words": b"Content-Type: a/b; name=\"" + b"=?utf-8?B?w7w=?=" * 500 + b"\"\r\n\r\nx\r\n",
    "half words": b"Content-Type: a/b; name=\"" + b"=?utf-8?Q?" * 500 + b"\"\r\n\r\nx\r\n",
    "deep": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(900)),
    "deep mails": b"Content-Type: message/rfc822\r\n\r\n" * 900,
    "dashes": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--\r\n" * 9000,
    "boundary of the outer part": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed;"
                                  b" boundary=y\r\n\r\n--y\r\nContent-Type: a/b\r\n\r\none\r\n--x\r\nContent-Type: a/b\r\n\r\ntwo\r\n--x--\r\n",
}


def test_hostile_mime(tshark):
    capture = Capture()
    for message in HOSTILE.values():
        capture.add(session(bdat([message])), mss=60000)
    files = tshark.export(capture, kind="smtp-attachments")
    streams = {name: n for n, name in enumerate(HOSTILE)}
    assert files[f"tcp{streams['never ends']}-mail1-1-part.bin"] == b"rest\r\n"
    outer = streams["boundary of the outer part"]
    assert files[f"tcp{outer}-mail1-1-part.bin"] == b"one"
    assert files[f"tcp{outer}-mail1-2-part.bin"] == b"two"
    deep = [name for name in files if name.startswith(f"tcp{streams['deep mails']}-")]
    assert len(deep) == 32


def test_number_of_parts_is_bounded(tshark):
    message = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\nContent-Type: a/b\r\n\r\n" * 12000 + b"--x--\r\n"
    assert len(exported(tshark, message)) == 10000


def test_large_attachment(tshark):
    octets = random.Random(3).randbytes(15_000_000)
    assert list(exported(tshark, mime(attachment("big.bin", octets))).values()) == [octets]


def test_what_is_not_whole_is_not_exported_as_whole(tshark):
    """Up to the first hole, under a name that says so; what ends nowhere is known in later passes; what was refused is none."""
    message = mime(attachment("x.bin", b"0123456789" * 30))
    capture = Capture()
    capture.add(session(data(message, cut=[300, 310], drop=[1])))
    capture.add([*GREETING, *envelope(), C("DATA\r\n"), S("354 go\r\n"), C(message)])
    capture.add([*GREETING, *envelope(), C(chunk(message)), S("452 4.3.1 full\r\n"), *QUIT])
    for two_pass in PASSES:
        exports = tshark.exports(capture, kinds=("smtp", "smtp-attachments", "imf"), two_pass=two_pass)
        assert exports["imf"] == {}
        heads = {"tcp0-mail1-a1@a.example-4AbCdEf1-incomplete.eml": message[:300]}
        if two_pass:
            heads["tcp1-mail1-a1@a.example-incomplete.eml"] = message
        assert exports["smtp"] == heads
        assert all(message.find(b"x.bin") < 0 or "-incomplete-" in name or name.startswith("tcp1-")
                   for name in exports["smtp-attachments"])
    assert tshark.export(capture, kind="smtp", prefs=["esmtp.max_message:1"]) == {}
