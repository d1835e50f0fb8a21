"""SMTP on ports that nobody named: found by its first line, and nothing else is.

The greetings are those that the programs named send; hosts, dates and ids are made up.
"""

import pytest

from dialogue import C, Capture, S, cut_everywhere, script, segments_of
from passes import any_order, one_and_two, same_text
from tls import secure

REST = script("""
    C: EHLO client.example
    S: 250-mx.example
    S: 250 SIZE 1000
    C: MAIL FROM:<a@client.example>
    S: 250 ok
    C: RCPT TO:<b@mx.example>
    S: 250 ok
    C: DATA
    S: 354 go
    C: Subject: x
    C:
    C: hello
    C: .
    S: 250 queued
    C: QUIT
    S: 221 bye
""")
LMTP = [C("LHLO client.example\r\n"), *REST[1:]]
VERBS = ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]

# --- what is SMTP ------------------------------------------------------------------------------

GREETINGS = {
    "Postfix": "220 mx.example.org ESMTP Postfix (Debian/GNU)",
    "Postfix, terse": "220 mx.example.org ESMTP",
    "Exim": "220 mx.example.org ESMTP Exim 4.96 Sun, 28 Jul 2024 12:34:51 +0000",
    "cPanel": "220-mx.example.org ESMTP Exim 4.96.2 #2 Sun, 28 Jul 2024 12:34:51 +0000 \r\n"
              "220-We do not authorize the use of this system to transport unsolicited, \r\n"
              "220 and/or bulk e-mail.",
    "Sendmail": "220 mx.example.org ESMTP Sendmail 8.17.1.9/8.17.1.9/Debian-2; Sun, 28 Jul 2024 "
                "12:34:51 GMT; (No UCE/UBE) logging access from: client.example(FAIL)",
    "Exchange": "220 EX1.corp.example.org Microsoft ESMTP MAIL Service ready at Sun, 28 Jul 2024 "
                "12:34:51 +0000",
    "Exchange Online": "220 AM0EUR02FT034.mail.protection.outlook.com Microsoft ESMTP MAIL Service"
                       " ready at Sun, 28 Jul 2024 12:34:51 +0000",
    "IIS": "220 web.example.org Microsoft ESMTP MAIL Service, Version: 6.0.3790.4675 ready at  "
           "Sun, 28 Jul 2024 12:34:51 +0000 ",
    "Gmail": "220 mx.google.com ESMTP 5b1f17b1804b1-42808457d2asi1234567f8f.123 - gsmtp",
    "Gmail submission": "220 smtp.gmail.com ESMTP 5b1f17b1804b1-42808457d2asm12345f8f.11 - gsmtp",
    "Yahoo": "220 smtp.mail.yahoo.com ESMTP ready",
    "qmail": "220 mx.example.org ESMTP",
    "OpenSMTPD": "220 mx.example.org ESMTP OpenSMTPD",
    "Haraka": "220 mx.example.org ESMTP Haraka/3.0.3 ready (1A2B3C)",
    "James": "220 mx.example.org SMTP Server (JAMES SMTP Server 2.3.2) ready Sun, 28 Jul 2024 "
             "12:34:51 +0000 (UTC)",
    "Domino": "220 mx.example.org ESMTP Service (HCL Domino Release 12.0.2) ready at Sun, 28 Jul "
              "2024 12:34:51 +0000",
    "MDaemon": "220 mx.example.org ESMTP MDaemon 23.5.2; Sun, 28 Jul 2024 12:34:51 +0000",
    "Kerio": "220 mx.example.org Kerio Connect 10.0.4 ESMTP ready",
    "MERCUR": "220 mx.example.org MERCUR SMTP-Server (v5.00.19 OEM) for Windows ready at Sun",
    "Python smtpd": "220 mx.example.org Python SMTP proxy version 0.3",
    "aiosmtpd": "220 mx.example.org Python SMTP 1.4.4.post2",
    "MailHog": "220 mailhog.example ESMTP MailHog",
    "Mailpit": "220 4f6c0a8b1c2d Mailpit ESMTP Service ready",
    "Barracuda": "220 mx.example.org ESMTP (0123456789abcdef0123456789abcdef)",
    "RFC 5321": "220 foo.com Simple Mail Transfer Service Ready",
    "no host": "220 ESMTP Postfix",
    "a host named ftp": "220 ftp.example.org ESMTP Postfix",
    "Cyrus LMTP": "220 mx.example.org Cyrus LMTP 3.6.1-Debian-3.6.1-4 server ready",
    "OpenSMTPD LMTP": "220 mx.example.org LMTP ready",
    "refused": "554 mx.example.org ESMTP not accepting messages",
    "too busy": "421 mx.example.org ESMTP service not available, closing transmission channel",
}
# These do not say what they are; the client's next line does.
SILENT = {
    "Dovecot LMTP": "220 mx.example.org Dovecot ready.",
    "GroupWise": "220 mx.example.org GroupWise Internet Agent 18.4 Ready",
    "a PIX": "220 ****************************************2****200*******************",
    "hidden": "220 welcome",
    "a host named smtp": "220 smtp.example.org ready",
    "an address": "220 [192.0.2.25] at your service, postmaster@smtp.example.org",
}


class Found:
    """Greetings on odd ports, in clear; in which frame of its session is each found?"""

    def __init__(self, greetings, rest=REST):
        self.names = list(greetings)
        self.capture = Capture()
        for n, greeting in enumerate(greetings.values()):
            self.capture.add([S(greeting + "\r\n"), *rest], port=(1025, 2526, 10024, 30000)[n % 4] + n)

    def rows(self, tshark, *args, **options):
        names = ["frame.protocols", "smtp.req.verb", "smtp.rsp.parameter", "smtp.lmtp"]
        rows = tshark.by_stream(self.capture, names, *args, filter="tcp.len > 0", **options)
        return {name: rows[stream] for stream, name in enumerate(self.names)}


def is_smtp(row):
    return "smtp" in row["frame.protocols"][0].split(":")


@pytest.fixture(scope="module", params=[False, True], ids=["one pass", "two passes"])
def passes(request):
    return request.param


@pytest.fixture(scope="module")
def greeted(tshark, passes):
    return Found(GREETINGS).rows(tshark, two_pass=passes)


@pytest.fixture(scope="module")
def silent(tshark, passes):
    return Found(SILENT).rows(tshark, two_pass=passes)


@pytest.mark.parametrize("name", GREETINGS)
def test_found_by_the_greeting(greeted, name):
    assert all(map(is_smtp, greeted[name]))
    assert [verb for row in greeted[name] for verb in row["smtp.req.verb"]] == VERBS


@pytest.mark.parametrize("name", SILENT)
def test_found_by_the_hello(silent, name):
    greeting, *rest = silent[name]
    assert not is_smtp(greeting) and all(map(is_smtp, rest))
    assert [verb for row in rest for verb in row["smtp.req.verb"]] == VERBS


def test_kinds_of_hello(tshark):
    hellos = ["EHLO client.example", "ehlo [192.0.2.1]", "HELO client", "LHLO client.example", "EHLO",
              "EHLO two words"]
    capture = Capture()
    for hello in hellos:
        capture.add([S("220 welcome\r\n"), C(hello + "\r\n"), S("250 mx\r\n")], port=1025)
        capture.add([C(hello + "\r\n"), S("250 mx\r\n")], port=1025, handshake=False)
    rows = one_and_two(tshark, capture, filter="tcp.len > 0")
    for hello, five in zip(hellos, zip(*[iter(rows)] * 5, strict=True), strict=True):
        assert [row["protocols"].endswith("smtp") for row in five] == [False, True, True, True, True], hello
        assert "smtp.expert.client_first" not in five[1]


def test_lmtp(tshark):
    found = Found({"says so": "220 mx LMTP ready", "does not": "220 mx.example Dovecot ready."}, LMTP)
    for two_pass in (False, True):
        rows = found.rows(tshark, two_pass=two_pass)
        assert all(row["smtp.lmtp"] for row in rows["says so"][1:])
        assert all(row["smtp.lmtp"] for row in rows["does not"][1:])


def test_ports_that_mail_is_known_for(tshark):
    """P30: each in clear, none of them a port of Wireshark's own dissector."""
    capture = Capture()
    for port in (2525, 1025, 465):
        capture.add([S("220 mx.example ESMTP\r\n"), *REST], port=port)
    capture.add([S("220 mx.example Dovecot ready.\r\n"), *LMTP], port=24)
    any_order(tshark, capture)
    rows = tshark.by_stream(capture, ["smtp.req.verb", "smtp.lmtp"], filter="smtp")
    for stream in range(4):
        verbs = [verb for row in rows[stream] for verb in row["smtp.req.verb"]]
        assert verbs == (VERBS if stream < 3 else ["LHLO", *VERBS[1:]])
        assert len(rows[stream]) == 13, "the greeting, too"


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_in_tls(tshark, version):
    """P31: the greeting, or the hello, tells; in one segment, or many."""
    capture = Capture()
    sessions = [[S(f"{greeting}\r\n"), *REST] for greeting in
                ("220 mx.example ESMTP", "220 welcome")]
    # The greeting and what the server sends next in one segment: nobody waits for a hello.
    sessions.append([S("220 mx.example ESMTP\r\n220 x\r\n", cut=[22]), *REST])
    sessions.append([C("NOOP\r\nEHLO a\r\nNOOP\r\n", cut=[6, 14]), S("250 ok\r\n250 mx\r\n")])
    for dialogue in sessions:
        steps, keys = secure(dialogue, version=version)
        capture.secrets += keys
        capture.add(steps, port=2465, mss=20000)
        capture.add(segments_of(steps, 50), port=2465)
    any_order(tshark, capture)
    rows = tshark.by_stream(capture, ["smtp.req.verb", "smtp.rsp.parameter", "smtp.tls"],
                            filter="smtp", two_pass=True)
    for stream in range(6):
        verbs = [verb for row in rows[stream] for verb in row["smtp.req.verb"]]
        assert verbs == VERBS
        greeting = rows[stream][0]["smtp.rsp.parameter"]
        assert greeting[:1] == (["mx.example ESMTP"] if stream not in (2, 3) else [])
        assert all(row["smtp.tls"] for row in rows[stream])
    for stream in (6, 7):
        verbs = [verb for row in rows[stream] for verb in row["smtp.req.verb"]]
        assert verbs == ["EHLO", "NOOP"]


def test_starttls_on_any_port(tshark):
    before = script("""
        S: 220 mx.example ESMTP
        C: EHLO client.example
        S: 250-mx.example
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 go
    """)
    capture = Capture()
    for greeting in ("220 mx.example ESMTP\r\n", "220 welcome\r\n"):
        for version in ("1.2", "1.3"):
            steps, keys = secure(REST, [S(greeting), *before[1:]], version)
            capture.secrets += keys
            capture.add(steps, port=2526)
    any_order(tshark, capture)
    rows = tshark.by_stream(capture, ["smtp.req.verb", "smtp.starttls_in"], filter="smtp")
    for stream in range(4):
        verbs = [verb for row in rows[stream] for verb in row["smtp.req.verb"]]
        assert verbs == ["EHLO", "STARTTLS", *VERBS]
        assert rows[stream][-1]["smtp.starttls_in"]


def test_the_order_of_visits_does_not_matter(tshark):
    capture = Capture()
    for greeting in [*GREETINGS.values(), *SILENT.values()]:
        capture.add([S(greeting + "\r\n"), *REST], port=2526)
        capture.add(segments_of([S(greeting + "\r\n"), *REST], 30), port=2526)
    any_order(tshark, capture)


@pytest.mark.parametrize("greeting", ["220 mx.example ESMTP\r\n", "220 welcome\r\n"])
def test_found_wherever_tcp_cuts(tshark, passes, greeting):
    """A line that is cut before it tells is nobody's; the other side's tells, then."""
    dialogue = [S(greeting), *REST]
    tells = greeting.startswith("220 mx")
    capture = Capture()
    variants = [dialogue, *cut_everywhere(dialogue)]
    capture.add_all(variants, port=2526)
    rows = tshark.by_stream(capture, ["smtp.req.verb"], filter="smtp", two_pass=passes)
    missed = [n for n in range(len(variants))
              if [verb for row in rows.get(n, []) for verb in row["smtp.req.verb"]] != VERBS]
    assert missed == ([] if tells else list(range(len(greeting), len(greeting) + len("EHLO "))))


# --- what is not -------------------------------------------------------------------------------

FTP = [C("USER alice\r\n"), S("331 Password required for alice\r\n"), C("PASS x\r\n"),
       S("230 User alice logged in\r\n"), C("SYST\r\n"), S("215 UNIX Type: L8\r\n"),
       C("FEAT\r\n"), S("211-Features:\r\n MDTM\r\n AUTH TLS\r\n211 End\r\n"), C("NOOP\r\n"),
       S("200 NOOP command successful\r\n"), C("HELP\r\n"),
       S("214-The following commands are recognized (* =>'s unimplemented):\r\n NOOP  QUIT\r\n"
         "214 Direct comments to ftp-admin@smtp.example.org\r\n"),
       C("QUIT\r\n"), S("221 Goodbye.\r\n")]
POP3 = [C("CAPA\r\n"), S("+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nSTLS\r\nUSER\r\nSASL PLAIN\r\n.\r\n"),
        C("USER alice\r\n"), S("+OK\r\n"), C("QUIT\r\n"), S("+OK Logging out\r\n")]
IMAP = [C("a1 CAPABILITY\r\n"), S("* CAPABILITY IMAP4rev1 LOGIN-REFERRALS ID ENABLE IDLE STARTTLS\r\n"
                                  "a1 OK Pre-login capabilities listed.\r\n"),
        C("a2 NOOP\r\n"), S("a2 OK NOOP completed.\r\n"), C("a3 LOGOUT\r\n"), S("* BYE\r\na3 OK\r\n")]
NNTP = [C("MODE READER\r\n"), S("200 news.example.org InterNetNews NNRP server ready (posting ok)\r\n"),
        C("HELP\r\n"), S("100 Legal commands\r\n  ARTICLE\r\n.\r\n"), C("QUIT\r\n"), S("205 Bye!\r\n")]
IRC = [C("CAP LS 302\r\nNICK alice\r\nUSER alice 0 * :Alice\r\n"),
       S(":irc.example.org NOTICE * :*** Looking up your hostname...\r\n"
         ":irc.example.org 001 alice :Welcome to the SMTP fans' network\r\n"),
       C("PING x\r\n"), S(":irc.example.org PONG irc.example.org x\r\n"), C("QUIT :bye\r\n")]
HTTP = [C("GET /smtp HTTP/1.1\r\nHost: smtp.example.org\r\nUser-Agent: curl/7.88.1\r\n\r\n"),
        S("HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 12\r\n\r\nESMTP ready\n")]
SIP = [C("REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK1\r\n"
         "From: <sip:a@example.org>;tag=1\r\nTo: <sip:a@example.org>\r\nCall-ID: 1@192.0.2.1\r\n"
         "CSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"),
       S("SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK1\r\n"
         "From: <sip:a@example.org>;tag=1\r\nTo: <sip:a@example.org>;tag=2\r\nCall-ID: 1@192.0.2.1\r\n"
         "CSeq: 1 REGISTER\r\nServer: kamailio (5.6.3 (x86_64/linux))\r\nContent-Length: 0\r\n\r\n")]
XMPP = [C("<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams'>"),
        S("<?xml version='1.0'?><stream:stream id='1' from='example.org' version='1.0' "
          "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
          "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"),
        C("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
        S("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")]
SIEVE = [S('"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n"SIEVE" "fileinto reject envelope"\r\n'
           '"NOTIFY" "mailto"\r\n"SASL" "PLAIN"\r\n"STARTTLS"\r\n"VERSION" "1.0"\r\n'
           'OK "Dovecot ready."\r\n'),
         C('AUTHENTICATE "PLAIN" "AGEAYg=="\r\n'), S('OK "Logged in."\r\n'), C("STARTTLS\r\n"),
         S('OK "Begin TLS negotiation now."\r\n'), C("NOOP\r\n"), S('OK "NOOP completed."\r\n'),
         C("LOGOUT\r\n"), S('OK "Logout completed."\r\n')]
SSH = [S("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"), C("SSH-2.0-PuTTY_Release_0.78\r\n"),
       S(b"\0\0\0\x2c\x06\x14" + bytes(42))]

OTHERS = {
    "ProFTPD": [S("220 ProFTPD Server (Debian) [::ffff:192.0.2.21]\r\n"), *FTP],
    "ProFTPD, named smtp": [S("220 ProFTPD 1.3.8 Server (smtp) [192.0.2.21]\r\n"), *FTP],
    "vsftpd": [S("220 (vsFTPd 3.0.3)\r\n"), *FTP],
    "FileZilla": [S("220-FileZilla Server 1.8.2\r\n220 Please visit https://filezilla-project.org/"
                    "\r\n"), *FTP],
    "FileZilla 0.9": [S("220-FileZilla Server 0.9.60 beta\r\n220-written by Tim Kosse "
                        "(tim.kosse@filezilla-project.org)\r\n220 Please visit "
                        "https://filezilla-project.org/\r\n"), *FTP],
    "IIS FTP": [S("220 Microsoft FTP Service\r\n"), *FTP],
    "IIS FTP, named smtp": [S("220-Microsoft FTP Service\r\n220 SMTP team's files\r\n"), *FTP],
    "Pure-FTPd": [S("220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n"
                    "220-You are user number 1 of 50 allowed.\r\n"
                    "220-Local time is now 12:34. Server port: 21.\r\n"
                    "220-This is a private system - No anonymous login\r\n"
                    "220-IPv6 connections are also welcome on this server.\r\n"
                    "220 You will be disconnected after 15 minutes of inactivity.\r\n"), *FTP],
    "Serv-U": [S("220 Serv-U FTP Server v15.1 ready...\r\n"), *FTP],
    "wu-ftpd on a mail host": [S("220 smtp.example.org FTP server (Version wu-2.6.2(1) Mon Jul 1 "
                                 "12:34:51 UTC 2024) ready.\r\n"), *FTP],
    "an FTP server that hides": [S("220 Welcome to smtp.example.org\r\n"), *FTP],
    "an FTP server that is full": [S("421 Too many connections (8) from this IP\r\n")],
    "Dovecot POP3": [S("+OK Dovecot (Debian) ready.\r\n"), *POP3],
    "Courier POP3": [S("+OK Hello there.\r\n"), *POP3],
    "qpopper": [S("+OK Qpopper (version 4.1.0) at smtp.example.org starting. "
                  "<1234.1722170091@smtp.example.org>\r\n"), *POP3],
    "Dovecot IMAP": [S("* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ "
                       "STARTTLS AUTH=PLAIN] Dovecot (Debian) ready.\r\n"), *IMAP],
    "Exchange IMAP": [S("* OK The Microsoft Exchange IMAP4 service is ready.\r\n"), *IMAP],
    "Cyrus IMAP": [S("* OK [CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE STARTTLS] smtp.example.org "
                     "Cyrus IMAP 3.6.1 server ready\r\n"), *IMAP],
    "INN": [S("200 news.example.org InterNetNews NNRP server INN 2.7.1 ready (posting ok)\r\n"), *NNTP],
    "INN, read only": [S("201 news.example.org InterNetNews server INN 2.7.1 ready (transit mode)\r\n"),
                       *NNTP],
    "leafnode": [S("200 Leafnode NNTP Daemon, version 1.12.0 running at smtp.example.org\r\n"), *NNTP],
    "IRC": IRC,
    "IRC, server first": [S("NOTICE AUTH :*** Looking up your hostname\r\n"), *IRC],
    "HTTP": HTTP,
    "HTTP, POST": [C("POST /EHLO HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nEHLO a\r\n"), *HTTP[1:]],
    "HTTP, error": [HTTP[0], S("HTTP/1.1 220 ESMTP\r\nContent-Length: 0\r\n\r\n")],
    "SIP": SIP,
    "XMPP": XMPP,
    "ManageSieve": SIEVE,
    "SSH": SSH,
    "Telnet": [S(b"\xff\xfd\x18\xff\xfd\x20smtp login: "), C(b"\xff\xfb\x18alice\r\n")],
    "DICT": [S("220 dict.example.org dictd 1.13.0/rf on Linux 6.1 <auth.mime> "
               "<1.1234.1722170091@dict.example.org>\r\n"), C("CLIENT x\r\n"), S("250 ok\r\n"),
             C("HELP\r\n"), S("113 help text follows\r\n.\r\n250 ok\r\n")],
    "Redis": [C("HELLO 3\r\n"), S("-ERR unknown command `HELLO`\r\n"), C("PING\r\n"), S("+PONG\r\n")],
    "memcached": [C("version\r\n"), S("VERSION 1.6.18\r\n"), C("quit\r\n")],
    "a HELO of another kind": [C("HELO 1 2 3\r\n"), S("OK\r\n"), C("HELOISE a\r\n"), S("OK\r\n")],
    "HTML": [S("220 <html>EHLO</html>\r\n"), C("EHLOA b\r\n"), C(" EHLO a\r\n"), C("X EHLO a\r\n")],
    "numbers": [S("2200 ESMTP\r\n"), S("220ESMTP ready\r\n"), S("22 ESMTP\r\n"), S("250 ESMTP\r\n"),
                S("120 ESMTP\r\n")],
    "binary": [S(b"220 \0\x01\x02 ESMTP\r\n"), C(b"EHLO \0\x01\r\n"), S(bytes(range(256)))],
    "a long line": [S("220 " + "x" * 3000 + " ESMTP\r\n"), C("NOOP " + "EHLO " * 500 + "\r\n")],
    "nothing but ends": [S("\r\n\r\n"), C("\n"), S("\r"), C("220")],
}
# Ports of nobody, and ports of somebody else.
ODD = [2121, 3333, 8025, 10001, 20025, 50587]


def foreign():
    capture = Capture()
    for n, dialogue in enumerate(OTHERS.values()):
        for port in ODD:
            capture.add(dialogue, port=port + n)
        capture.add(dialogue, port=ODD[n % 6], handshake=False)
        capture.add(segments_of(dialogue, 9), port=ODD[n % 6])
    return capture


SETTINGS = {
    "default": [],
    "heuristics first": ["tcp.try_heuristic_first:TRUE"],
    "heuristics off": ["esmtp.heuristics:FALSE"],
}


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
@pytest.mark.parametrize("name", SETTINGS)
def test_nothing_else_is_taken_for_smtp(tshark, builtin, name, two_pass):
    """Not one line of what Wireshark says of other protocols is changed."""
    prefs = SETTINGS[name]
    capture = foreign()
    ours = tshark.run(capture, "-V", prefs=prefs, two_pass=two_pass)
    theirs = builtin.run(tshark.path(capture), "-V", two_pass=two_pass,
                         prefs=[pref for pref in prefs if not pref.startswith("esmtp")])
    same_text(ours, theirs)
    assert tshark.summary(capture, filter="smtp", prefs=prefs, two_pass=two_pass) == []


def test_wherever_tcp_cuts_it(tshark):
    capture = Capture()
    whose = {capture.add(variant, port=2121): name for name, dialogue in OTHERS.items()
             for variant in cut_everywhere([step for step in dialogue if len(step.data) < 700])}
    taken = tshark.by_stream(capture, ["frame.protocols"], filter="smtp")
    assert {whose[stream] for stream in taken} == set()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_nothing_else_in_tls(tshark, builtin, version):
    """Neither on odd ports nor on those of others."""
    capture = Capture()
    for dialogue in OTHERS.values():
        steps, keys = secure(dialogue, version=version)
        capture.secrets += keys
        for port in (990, 993, 995, 563, 6697, 443, 5061, 5223, 2022, 40001):
            capture.add(steps, port=port)
    same_text(tshark.run(capture, "-V"), builtin.run(tshark.path(capture), "-V"))
    assert tshark.summary(capture, filter="smtp") == []


# --- switched off ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def both():
    """Stream 0 in clear, stream 1 in TLS, both on odd ports."""
    steps, keys = secure([S("220 mx.example ESMTP\r\n"), *REST])
    capture = Capture(secrets=keys)
    capture.add([S("220 mx.example ESMTP\r\n"), *REST], port=1025)
    capture.add(steps, port=2465)
    return capture


OFF = {
    "nothing": ([], {0, 1}),
    "smtp_tcp": (["--disable-heuristic", "smtp_tcp"], {1}),
    "smtp_tls": (["--disable-heuristic", "smtp_tls"], {0}),
    "both": (["--disable-heuristic", "smtp_tcp", "--disable-heuristic", "smtp_tls"], set()),
    "preference": (["-o", "esmtp.heuristics:FALSE"], set()),
    "protocol": (["--disable-protocol", "esmtp"], set()),
    "built-in": (["--disable-protocol", "smtp"], set()),
}


@pytest.mark.parametrize("name", OFF)
def test_switched_off(tshark, both, passes, name):
    args, found = OFF[name]
    assert set(tshark.by_stream(both, ["smtp.rsp"], *args, filter="smtp", two_pass=passes)) == found


def test_on_by_default(tshark):
    lines = [line.split("\t") for line in tshark.call("-G", "heuristic-decodes").splitlines()]
    rows = [words[:3] for words in lines if "F" not in words[2:4]]
    assert ["tcp", "smtp", "T"] in rows and ["tls", "smtp", "T"] in rows


@pytest.mark.parametrize("port", [24, 2525])
def test_mail_in_a_request_of_http(tshark, port):
    """On ports that may be anybody's: whoever makes a web client talk to a mail server."""
    request = "POST / HTTP/1.1\r\nHost: mx.example\r\nContent-Length: 999\r\n\r\n"
    replies = S("220 mx\r\n" + "500 what\r\n" * 4 + "250 ok\r\n")
    capture = Capture()
    for line in ("MAIL FROM:<a@a>", "EHLO c", "a line"):
        capture.add([C(request + line + "\r\n"), replies], port=port)
    seen = tshark.lists(capture, ["smtp.req.verb"])
    assert [seen[s]["smtp.req.verb"][-1:] for s in (0, 1)] == [["MAIL"], ["EHLO"]]
    assert not [verb for verb in seen.get(2, {"smtp.req.verb": []})["smtp.req.verb"] if verb == "POST"]


@pytest.mark.parametrize("two_pass", [False, True])
def test_a_greeting_that_may_be_anybodys_is_not_missed(tshark, two_pass):
    """FTP says 220, too: its frame is left as it is, in every pass. The hello tells that it was ours."""
    capture = Capture()
    dialogue = [S("220 mx\r\n"), *REST]
    capture.add(dialogue, port=10025)
    capture.add([S("220-mx\r\n"), S("220 hi\r\n"), *REST], port=10025)
    capture.add(dialogue[:1], port=10025)
    names = ["smtp.req.verb", "smtp.missing", "smtp.not_captured", "smtp.expert.gap", "smtp.expert.client_first", "smtp.session.complete",
             "smtp.transaction.outcome"]
    seen = tshark.lists(capture, names, two_pass=two_pass)
    for stream in (0, 1):
        assert seen[stream]["smtp.req.verb"] == VERBS and seen[stream]["smtp.transaction.outcome"] == ["accepted"]
        assert seen[stream]["smtp.session.complete"] in (["True"], ["1"]) or not two_pass
        assert not any(seen[stream][name] for name in names[1:5]), seen[stream]
    assert not any(seen.get(2, {}).values())
