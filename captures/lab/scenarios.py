"""What the lab plays: one row for each capture.

    name       of the capture
    shows      what is to be seen in it, for the index
    server     see servers.py
    client     see clients.py
    ip         4 or 6
    message    the mail; see message()
    cable      what a bad cable does; see inside/cable.py
    segment    longest TCP segment
    asked      made only when named: too big for the repository
    must_have  display filters that must find frames
"""

from dataclasses import dataclass, field

from clients import (SENDER, Curl, EximClient, Msmtp, Nodemailer, OpensmtpdClient, PostfixClient,
                     SClient, SendmailClient, Smtplib, Swaks)
from servers import (DOMAIN, NAME, PASSWORD, Aiosmtpd, Dovecot, Exim, Haraka, OpenSMTPD, Postfix,
                     Sendmail, SmtpServer)

BOB, CAROL, DAVE = (f"{user}@{DOMAIN}" for user in ("bob", "carol", "dave"))
NOBODY = f"nobody@{DOMAIN}"


def message(subject="A mail through the lab", lines=(), headers=()):
    """A mail as the client is given it, lines ended by CRLF."""
    return "\r\n".join([
        f"From: Alice Example <{SENDER}>", f"To: Bob Example <{BOB}>", f"Subject: {subject}",
        "Date: Sun, 28 Jul 2024 18:19:50 +0545", "Message-ID: <20240728.1@client.example.org>",
        *headers, "", *(lines or ["Hello Bob,", "", "this line is followed by two with dots.",
                                  ".one", "..two", "", "Alice"]), ""])


def long_message(octets):
    line = "The quick brown fox jumps over the lazy dog, and the dog does not care. %06d"
    size = len(line % 0) + 2
    return message(f"About {octets} octets", [line % n for n in range(octets // size)])


UTF8 = message("Gr\u00fc\u00dfe aus K\u00f6ln", ["\u00c4pfel, \u00d6l und \u00dcbermut."],
               ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
                "Content-Transfer-Encoding: 8bit"])
TEXT = message().replace("\r\n", "\n")


@dataclass
class Scenario:
    name: str
    shows: str
    server: object
    client: object
    ip: int = 4
    message: str = message()
    cable: dict = None
    segment: int = None
    asked: bool = False
    must_have: list = field(default_factory=list)


HELLO = [["ehlo"], ["starttls"], ["ehlo"], ["quit"]]
MAIL = [["mail", SENDER], ["rcpt", BOB], ["data", TEXT], ["quit"]]


def hello(name, what, server, port=25, ip=4, tls=True):
    steps = HELLO if tls else [["ehlo"], ["quit"]]
    shows = f"{what}: greeting and EHLO reply, in clear" + (" and again inside TLS" if tls else "")
    return Scenario(f"{name}-hello", shows, server, Smtplib(*steps, port=port), ip,
                    must_have=["tls && smtp"] if tls else [])


SCENARIOS = [
    # --- What each server says of itself
    hello("postfix", "Postfix", Postfix()),
    hello("exim", "Exim", Exim(), ip=6),
    hello("opensmtpd", "OpenSMTPD", OpenSMTPD(), tls=False),
    hello("sendmail", "Sendmail", Sendmail(), ip=6),
    hello("dovecot-submission", "Dovecot's submission service", Dovecot(port=587), 587),
    hello("aiosmtpd", "aiosmtpd", Aiosmtpd(), ip=6),
    hello("smtp-server", "smtp-server of npm", SmtpServer()),
    hello("haraka", "Haraka", Haraka()),
    Scenario("dovecot-lmtp-hello", "Dovecot's LMTP service: greeting and LHLO reply, in clear and "
             "again inside TLS", Dovecot(), Smtplib(["lhlo"], ["starttls"], ["lhlo"], ["quit"],
                                                    port=24, lmtp=True), 6),
    Scenario("postfix-helo", "An old client: HELO, no extensions, a mail",
             Postfix(), Swaks("--protocol", "SMTP")),

    # --- Delivery
    Scenario("postfix-swaks", "A mail, DATA, each command awaiting its reply", Postfix(), Swaks()),
    Scenario("exim-swaks-pipelined", "A mail, MAIL, RCPT and DATA in one segment", Exim(),
             Swaks("--pipeline"), 6),
    Scenario("opensmtpd-curl", "A mail from curl, two recipients", OpenSMTPD(),
             Curl(to=(BOB, CAROL)), 6),
    Scenario("sendmail-msmtp", "A mail from msmtp through STARTTLS", Sendmail(),
             Msmtp("--tls=on", "--tls-starttls=on"), must_have=["tls && smtp.req.command"]),
    Scenario("smtp-server-nodemailer", "Two mails from nodemailer, each on a connection of its own, "
             "through STARTTLS", SmtpServer(),
             Nodemailer(*[{"from": SENDER, "to": [BOB], "raw": message(f"Mail {n}")}
                          for n in (1, 2)]), 6),
    Scenario("haraka-swaks", "A mail through STARTTLS; the queue id of Haraka", Haraka(),
             Swaks("--tls"), 6),
    Scenario("aiosmtpd-swaks", "A mail with SIZE, to aiosmtpd", Aiosmtpd(), Swaks()),
    Scenario("exim-postfix-client", "Postfix as client: STARTTLS, then all commands pipelined, "
             "SIZE declared", Exim(), PostfixClient()),
    Scenario("postfix-exim-client-bdat", "Exim as client to Postfix: STARTTLS, BDAT LAST, pipelined",
             Postfix(), EximClient(), 6, must_have=["tls && smtp"]),
    Scenario("exim-exim-bdat-clear", "Exim to Exim without TLS: BDAT after MAIL and RCPT",
             Exim(main="tls_advertise_hosts ="), EximClient(),
             must_have=["tcp contains \"BDAT\""]),
    Scenario("exim-exim-prdr", "Exim to Exim with PRDR: a reply for each recipient after the body, "
             "of which one refuses, then one for all",
             Exim(main="prdr_enable\ntls_advertise_hosts =\nchunking_advertise_hosts =\nacl_smtp_data_prdr = prdr",
                  acl="prdr:\n  deny local_parts = carol\n"
                      "       message = carol wants no such mail\n  accept\n"),
             EximClient((SENDER, (BOB, CAROL, DAVE), ()), transport="hosts_try_prdr = *")),
    Scenario("exim-exim-early-pipe", "Exim to Exim with X_PIPE_CONNECT: the second connection speaks "
             "before the greeting",
             Exim(main="pipelining_connect_advertise_hosts = *\ntls_advertise_hosts =\n"
                       "acl_smtp_connect = slow", acl="slow:\n  accept delay = 1s\n"),
             EximClient((SENDER, (BOB,), ()), (SENDER, (CAROL,), ()),
                        transport="hosts_pipe_connect = *")),
    Scenario("postfix-sendmail-client", "Sendmail as client to Postfix: STARTTLS, two recipients",
             Postfix(), SendmailClient((SENDER, (BOB, CAROL), ())),
             must_have=["tls && smtp"]),
    Scenario("postfix-opensmtpd-client", "OpenSMTPD as client to Postfix: STARTTLS", Postfix(),
             OpensmtpdClient(), 6, must_have=["tls && smtp"]),
    Scenario("postfix-two-mails", "Two mails on one connection, RSET between, the first without "
             "STARTTLS, the second BODY=8BITMIME", Postfix(),
             Smtplib(["ehlo"], ["mail", SENDER], ["rcpt", BOB], ["data", TEXT], ["say", "RSET"],
                     ["mail", SENDER, "BODY=8BITMIME"], ["rcpt", CAROL], ["data", TEXT], ["quit"])),
    Scenario("postfix-bdat-chunks", "BDAT in three chunks, the last one empty", Postfix(),
             Smtplib(["ehlo"], ["mail", SENDER], ["rcpt", BOB], ["bdat", TEXT[:150], False],
                     ["bdat", TEXT[150:], False], ["bdat", "", True], ["quit"]), 6),
    Scenario("exim-bdat-chunks", "BDAT in two chunks, cut inside a line, then a mail by DATA", Exim(),
             Smtplib(["ehlo"], ["mail", SENDER], ["rcpt", BOB], ["bdat", TEXT[:160], False],
                     ["bdat", TEXT[160:], True], ["mail", SENDER], ["rcpt", CAROL],
                     ["data", TEXT], ["quit"])),
    Scenario("postfix-two-mails-pipelined", "Two mails, the second envelope in one segment with the "
             "end of the first", Postfix(),
             Smtplib(["ehlo"], ["batch", [f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{BOB}>", "DATA"], 3],
                     ["body", TEXT],
                     ["batch", [f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{CAROL}>",
                                f"RCPT TO:<{NOBODY}>", "DATA"], 4],
                     ["body", TEXT], ["quit"])),

    # --- Refusals
    Scenario("postfix-recipient-refused", "Three recipients, the second unknown (550 5.1.1)", Postfix(),
             Swaks("--pipeline", to=f"{BOB},{NOBODY},{CAROL}")),
    Scenario("exim-recipient-refused", "Three recipients, one for relaying (550); the rest accepted",
             Exim(), Smtplib(["ehlo"], ["mail", SENDER], ["rcpt", BOB],
                             ["rcpt", "someone@example.com"], ["rcpt", CAROL], ["data", TEXT],
                             ["quit"]), 6),
    Scenario("opensmtpd-all-refused", "The only recipient unknown, DATA refused", OpenSMTPD(),
             Smtplib(["ehlo"], ["mail", SENDER], ["rcpt", NOBODY], ["data", TEXT], ["quit"])),
    Scenario("postfix-all-refused-pipelined", "MAIL, RCPT and DATA pipelined, the recipient unknown: "
             "DATA answered 554, the client goes on with RSET", Postfix(),
             Smtplib(["ehlo"], ["batch", [f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{NOBODY}>", "DATA"], 3],
                     ["say", "RSET"], ["mail", SENDER], ["rcpt", BOB], ["data", TEXT], ["quit"])),
    Scenario("sendmail-recipient-refused", "A recipient unknown (550 5.1.1), one accepted", Sendmail(),
             Smtplib(["ehlo"], ["mail", SENDER], ["rcpt", NOBODY], ["rcpt", BOB], ["data", TEXT],
                     ["quit"])),
    Scenario("postfix-sender-refused", "The sender refused at MAIL (550 5.7.1), another one accepted",
             Postfix(main="smtpd_sender_restrictions = check_sender_access "
                          "inline:{spammer@example.com=REJECT}\nsmtpd_delay_reject = no"),
             Smtplib(["ehlo"], ["mail", "spammer@example.com"], ["mail", SENDER], ["rcpt", BOB],
                     ["data", TEXT], ["quit"])),
    Scenario("exim-content-refused", "The message refused after the body (550)",
             Exim(data="  deny condition = ${if match{$h_subject:}{lottery}}\n"
                       "       message = This looks like spam\n"),
             Swaks(), message=message("You won the lottery")),
    Scenario("postgrey-greylisting", "Greylisting: 450 from Postfix with postgrey, success on the "
             "second connection some seconds later",
             Postfix(greylisting=2, main="smtpd_recipient_restrictions = reject_unauth_destination, "
                     "check_policy_service inet:127.0.0.1:10023"),
             PostfixClient(times=2, pause=4)),
    Scenario("aiosmtpd-greylisting", "Greylisting: 450 at RCPT, and the same recipient again on the "
             "same connection", Aiosmtpd(greylist=True),
             Smtplib(["ehlo"], ["mail", SENDER], ["rcpt", BOB], ["say", "RSET"], ["sleep", 1],
                     ["mail", SENDER], ["rcpt", BOB], ["data", TEXT], ["quit"]), 6),
    Scenario("postfix-too-large-declared", "SIZE= declares more than the server takes: 552 at MAIL",
             Postfix(main="message_size_limit = 2000"), Curl(), message=long_message(4000)),
    Scenario("postfix-too-large-sent", "A message without SIZE= that grows too large: 552 after the body",
             Postfix(main="message_size_limit = 2000"), Swaks(), 6, message=long_message(4000)),
    Scenario("exim-too-large-sent", "Message too large after the body (552), by BDAT",
             Exim(main="message_size_limit = 2000"),
             Smtplib(["ehlo"], ["mail", SENDER], ["rcpt", BOB],
                     ["bdat", long_message(4000).replace("\r\n", "\n"), True], ["quit"])),

    # --- TLS
    Scenario("postfix-starttls-tls12", "STARTTLS with TLS 1.2, a mail", Postfix(),
             Smtplib(["ehlo"], ["starttls"], ["ehlo"], *MAIL, tls="TLSv1_2"), 6),
    Scenario("postfix-starttls-s-client", "openssl s_client -starttls smtp: a mail by hand", Postfix(),
             SClient("EHLO client.example.org", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{BOB}>", "DATA",
                     "Subject: By hand\n\nHello Bob.\n.", "QUIT"), 6),
    Scenario("postfix-starttls-refused", "STARTTLS offered but answered 454: the certificate cannot be "
             "read; the mail goes in clear",
             Postfix(main="smtpd_tls_cert_file = /lab/tls/none.pem\nsmtpd_tls_key_file = "
                          "/lab/tls/none.pem"), Swaks("--tls-optional")),
    Scenario("exim-starttls-not-offered", "STARTTLS asked for where it is not offered: 503",
             Exim(main="tls_advertise_hosts ="),
             Smtplib(["ehlo"], ["say", "STARTTLS"], *MAIL), 6),
    Scenario("postfix-starttls-untrusted", "STARTTLS, and the client does not trust the certificate: an "
             "alert, no more SMTP", Postfix(), Curl("--ssl-reqd")),
    Scenario("exim-starttls-untrusted", "STARTTLS, and msmtp does not trust the certificate",
             Exim(), Msmtp("--tls=on", "--tls-trust-file=/etc/ssl/certs/ca-certificates.crt"), 6),
    Scenario("opensmtpd-starttls-broken", "STARTTLS accepted, but the server cannot do TLS: OpenSMTPD 6.8 "
             "with OpenSSL 3 ends every handshake with an alert", OpenSMTPD(),
             Smtplib(["ehlo"], ["starttls"], ["ehlo"]), 6),
    Scenario("postfix-smtps", "TLS from the first octet on port 465, a mail from curl",
             Postfix(port=465), Curl("--cacert", "/lab/tls/ca.pem", "--resolve",
                                     "mx.example.net:465:198.51.100.25", port=465, scheme="smtps",
                                     name="mx.example.net")),
    Scenario("exim-smtps", "TLS from the first octet on port 465, a mail pipelined by swaks",
             Exim(port=465), Swaks("--tls-on-connect", "--pipeline", port=465), 6),
    Scenario("smtp-server-smtps-2465", "TLS from the first octet on port 2465",
             SmtpServer(port=2465, secure=True),
             Nodemailer({"from": SENDER, "to": [BOB], "raw": message()}, port=2465, secure=True)),
    Scenario("postfix-starttls-pipelined", "STARTTLS with a command after it in the same segment, "
             "which the server throws away", Postfix(),
             Smtplib(["ehlo"], ["pieces", ["STARTTLS\nNOOP\n"], 0.5], ["reply"], ["close"])),

    # --- Logging in
    Scenario("postfix-auth-plain", "AUTH PLAIN inside TLS, then a mail to another domain", Postfix(auth=True,
             port=587), Swaks("--tls", "--auth", "PLAIN", "--auth-user", f"alice@{DOMAIN}",
                              "--auth-password", PASSWORD, port=587, to="zoe@example.com")),
    Scenario("exim-auth-login", "AUTH LOGIN in clear", Exim(auth=True, port=587),
             Swaks("--auth", "LOGIN", "--auth-user", "alice", "--auth-password", PASSWORD,
                   port=587), 6),
    Scenario("exim-auth-failed", "AUTH PLAIN with a wrong password (535), then AUTH LOGIN with the right one",
             Exim(auth=True, port=587),
             Smtplib(["ehlo"], ["login", "alice", "wrong", "PLAIN"],
                     ["login", "alice", PASSWORD, "LOGIN"], *MAIL, port=587)),
    Scenario("dovecot-submission-auth", "Dovecot's submission service: STARTTLS, AUTH PLAIN, a mail",
             Dovecot(port=587),
             Smtplib(["ehlo"], ["starttls"], ["ehlo"], ["login", f"alice@{DOMAIN}", PASSWORD, "PLAIN"],
                     ["mail", SENDER], ["rcpt", BOB], ["data", TEXT], ["quit"], port=587), 6),
    Scenario("sendmail-auth-plain", "msmtp logs in to Sendmail (AUTH PLAIN inside TLS)",
             Sendmail(port=587, auth=True),
             Msmtp("--tls=on", "--auth=plain", f"--user=alice@{NAME}",
                   f"--passwordeval=echo {PASSWORD}", port=587)),
    Scenario("smtp-server-auth-login", "curl logs in by AUTH LOGIN inside TLS", SmtpServer(auth=True,
             port=587), Curl("--ssl-reqd", "--cacert", "/lab/tls/ca.pem", "--login-options",
                             "AUTH=LOGIN", "--user", f"alice:{PASSWORD}", "--resolve",
                             "mx.example.net:587:198.51.100.25", port=587, name="mx.example.net")),

    # --- Parameters
    Scenario("postfix-dsn-msmtp", "DSN parameters from msmtp: RET, NOTIFY", Postfix(),
             Msmtp("--tls=off", "--dsn-notify=failure,delay", "--dsn-return=hdrs"), 6),
    Scenario("exim-dsn-postfix", "DSN parameters from Postfix: RET, ENVID, NOTIFY, ORCPT",
             Exim(main="dsn_advertise_hosts = *"),
             PostfixClient((SENDER, (BOB,), ("-V", "lab+1=a", "-N", "success,failure", "-R", "hdrs")))),
    Scenario("sendmail-deliverby", "DELIVERBY: BY= with a trace, to Sendmail; a second mail asks for less "
             "time than the server promises", Sendmail(),
             Smtplib(["ehlo"], ["mail", SENDER, "BY=7200;RT"], ["rcpt", BOB, "NOTIFY=NEVER"],
                     ["data", TEXT], ["mail", SENDER, "BY=10;R"], ["say", "RSET"], ["quit"])),
    Scenario("postfix-smtputf8-curl", "SMTPUTF8: a sender and a header in UTF-8, from curl",
             Postfix(), Curl(sender="j\u00fcrgen@example.org"), message=UTF8),
    Scenario("postfix-smtputf8-client", "SMTPUTF8 and 8BITMIME from Postfix to Postfix", Postfix(),
             PostfixClient(("j\u00fcrgen@example.org", (BOB,), ())), 6, message=UTF8),
    Scenario("postfix-xclient", "XCLIENT: swaks says for whom it speaks, and is greeted again",
             Postfix(main="smtpd_authorized_xclient_hosts = 192.0.2.0/24"),
             Swaks("--xclient", "ADDR=203.0.113.9 NAME=far.example.com HELO=far.example.com")),
    Scenario("postfix-xforward", "XFORWARD: a Postfix filter hands on whom it got the mail from",
             Postfix(main="smtpd_authorized_xforward_hosts = 192.0.2.0/24"),
             PostfixClient(main="smtp_send_xforward_command = yes\nsmtp_tls_security_level = none")),
    Scenario("postfix-null-sender", "A bounce: MAIL FROM:<>", Postfix(), Swaks(sender="<>"), 6),

    # --- LMTP
    Scenario("dovecot-lmtp-over-quota", "LMTP: three recipients, a reply for each; the third is over quota",
             Dovecot(), Swaks("--protocol", "LMTP", to=f"{BOB},{CAROL},{DAVE}", port=24)),
    Scenario("dovecot-lmtp-postfix", "LMTP from Postfix: pipelined, three recipients, one over quota",
             Dovecot(), PostfixClient((SENDER, (BOB, CAROL, DAVE), ()), port=24,
                                      main="default_transport = lmtp\nlmtp_tls_security_level = none"),
             6),
    Scenario("dovecot-lmtp-tls", "LMTP through STARTTLS: one recipient unknown, one accepted", Dovecot(),
             Smtplib(["lhlo"], ["starttls"], ["lhlo"], ["mail", SENDER], ["rcpt", NOBODY],
                     ["rcpt", BOB], ["data", TEXT], ["quit"], port=24, lmtp=True)),
    Scenario("smtp-server-lmtp", "LMTP on port 2424: three recipients, the third refused after the body "
             "(452)", SmtpServer(lmtp=True, port=2424),
             Smtplib(["lhlo"], ["mail", SENDER], ["rcpt", BOB], ["rcpt", CAROL], ["rcpt", DAVE],
                     ["data", TEXT], ["quit"], port=2424, lmtp=True), 6),

    # --- Rare commands
    *[Scenario(f"{name}-commands", f"{what}: VRFY, EXPN, HELP, ETRN, NOOP, an unknown command, RSET",
               server, Smtplib(["ehlo"], ["say", "VRFY bob"], ["say", "VRFY nobody"],
                               ["say", "EXPN staff"], ["say", "HELP"], ["say", "HELP RCPT"],
                               ["say", "ETRN example.net"], ["say", "NOOP"], ["say", "FOOBAR now"],
                               ["say", "RCPT TO:<bob@example.net>"], ["say", "RSET"], ["quit"]), ip)
      for name, what, server, ip in (
          ("postfix", "Postfix", Postfix(), 4), ("exim", "Exim", Exim(), 6),
          ("sendmail", "Sendmail", Sendmail(), 4), ("opensmtpd", "OpenSMTPD", OpenSMTPD(), 6),
          ("aiosmtpd", "aiosmtpd", Aiosmtpd(), 4))],

    # --- Trouble
    Scenario("postfix-dropped", "The client resets the connection in the middle of the body", Postfix(),
             Smtplib(["ehlo"], ["mail", SENDER], ["rcpt", BOB], ["batch", ["DATA"], 1],
                     ["pieces", [TEXT[:100], TEXT[100:200]], 0.2], ["drop"])),
    Scenario("exim-dropped-bdat", "The client closes the connection in the middle of a BDAT chunk",
             Exim(), Smtplib(["ehlo"], ["mail", SENDER], ["rcpt", BOB],
                             ["pieces", ["BDAT 5000 LAST\n" + TEXT], 0.3], ["close"]), 6),
    Scenario("postfix-421-errors", "421 4.7.0 after too many errors", Postfix(main="smtpd_hard_error_limit = 3\n"
             "smtpd_soft_error_limit = 2\nsmtpd_error_sleep_time = 0"),
             Smtplib(["ehlo"], ["mail", SENDER], ["rcpt", BOB], ["rcpt", NOBODY],
                     ["rcpt", "nobody2@example.net"], ["rcpt", "nobody3@example.net"],
                     ["reply"], ["close"])),
    Scenario("postfix-421-timeout", "421 4.4.2 of its own accord: the client is silent for too long",
             Postfix(main="smtpd_timeout = 2s\nsmtpd_starttls_timeout = 2s"),
             Smtplib(["ehlo"], ["mail", SENDER], ["sleep", 2.5], ["reply"], ["close"]), 6),
    Scenario("aiosmtpd-421-body", "421 instead of a reply to the message", Aiosmtpd(close_at="BODY"),
             Smtplib(["ehlo"], ["mail", SENDER], ["rcpt", BOB], ["data", TEXT], ["close"])),
    Scenario("aiosmtpd-slow", "A server that takes a second for each reply", Aiosmtpd(slow=1),
             Smtplib(["ehlo"], *MAIL)),
    Scenario("postscreen-greeting", "Postscreen: the first line of the greeting, two seconds later the "
             "second", Postfix(main="postscreen_greet_action = enforce\npostscreen_greet_wait = 2s\n"
                               "postscreen_greet_banner = mx.example.net one moment please",
                               master="smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n"
                               "tlsproxy unix - - n - 0 tlsproxy\n"),
             Smtplib(["ehlo"], *MAIL)),
    Scenario("postscreen-too-early", "Postscreen: the client speaks before the greeting is complete, and is "
             "refused (550 5.5.1)",
             Postfix(main="postscreen_greet_action = enforce\npostscreen_greet_wait = 2s\n"
                     "postscreen_greet_banner = mx.example.net one moment please",
                     master="smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n"
                     "tlsproxy unix - - n - 0 tlsproxy\n"),
             Smtplib(["ehlo"], *MAIL, early="EHLO early.example.org\r\n"), 6),

    # --- TCP
    Scenario("tcp-loss", "TCP segments lost and sent again, in both directions; a mail of 40 kB", Postfix(),
             Swaks(), message=long_message(40000),
             cable={"drop": {"c": [2, 6, 9, 17], "s": [2, 4]}}),
    Scenario("tcp-reordering", "TCP segments that overtake one another", Postfix(), Swaks(), 6,
             message=long_message(40000), cable={"late": {"c": [6, 10, 15, 16, 24], "s": []}}),
    Scenario("tcp-duplicates", "TCP segments that come twice, in both directions", Postfix(), Swaks(),
             message=long_message(20000),
             cable={"again": {"c": [0, 1, 3, 4, 6, 8, 11], "s": [0, 1, 3, 5, 6]}}),
    Scenario("tcp-loss-tls", "TCP segments lost, late and twice, under STARTTLS", Postfix(),
             Swaks("--tls"), 6, message=long_message(30000),
             cable={"drop": {"c": [4, 14], "s": [4]}, "again": {"c": [7], "s": [3, 6]},
                    "late": {"c": [10, 18], "s": []}}),
    Scenario("tcp-segments-of-88", "Segments of at most 88 octets (MSS 100): commands, replies and body "
             "cut anywhere, EHLO replies in several segments", Postfix(),
             Swaks("--pipeline", to=",".join([BOB, NOBODY, CAROL, DAVE])), segment=100),
    Scenario("tcp-segments-of-88-tls", "Segments of at most 88 octets under STARTTLS", Exim(),
             Swaks("--tls", "--pipeline", to=f"{BOB},{CAROL}"), segment=100),

    # --- Made when asked
    Scenario("big", "A mail of 2 MB", Postfix(), Swaks(), message=long_message(2_000_000),
             asked=True),
]
