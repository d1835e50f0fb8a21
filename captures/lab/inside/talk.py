"""A client with smtplib. Its one argument is JSON: {host, port, lmtp, implicit, tls, early, steps: [...]}.

    lmtp      speaks LMTP
    implicit  TLS from the first octet
    tls       the only version of TLS, as in ssl.TLSVersion
    early     what it says before the greeting

    ["ehlo"] ["helo"] ["lhlo"]          as smtplib does it
    ["starttls"]                        and then TLS
    ["login", user, password, how]      how: PLAIN or LOGIN
    ["say", line]                       one line, one reply
    ["mail", sender, options...]  ["rcpt", recipient, options...]
    ["data", text]                      DATA and the message
    ["bdat", text, last]                one chunk
    ["batch", [line, ...], replies]     lines in one write, then so many replies
    ["body", text]                      message and dot as they are, after a batch; then one reply
    ["pieces", [text, ...], seconds]    written one after the other, no reply awaited
    ["reply"]                           a reply of its own accord
    ["sleep", seconds]  ["quit"]  ["drop"] (reset)  ["close"]

Prints what was said as JSON, a line for each: ["C", line], ["S", line], ["TLS", version],
["BODY", octets of the message], ["ERROR", text].
"""

import json
import smtplib
import socket
import ssl
import struct
import sys
import time

plan = json.loads(sys.argv[1])


def note(kind, value):
    print(json.dumps([kind, value]), flush=True)


class Overheard:
    """The server's lines, each noted as it comes."""

    def __init__(self, file):
        self.file = file

    def readline(self, *limit):
        line = self.file.readline(*limit)
        if line:
            note("S", line.decode("utf-8", "backslashreplace").rstrip("\r\n"))
        return line

    def close(self):
        self.file.close()


class Client(smtplib.LMTP if plan.get("lmtp") else smtplib.SMTP):
    quiet = False

    def _get_socket(self, host, port, timeout):
        made = socket.create_connection((host, port), timeout)
        if plan.get("implicit"):
            made = context().wrap_socket(made, server_hostname="mx.example.net")
            note("TLS", made.version())
        if plan.get("early"):
            note("C", plan["early"].rstrip())
            made.sendall(plan["early"].encode())
        return made

    def connect(self, host="localhost", port=0, source_address=None):
        return smtplib.SMTP.connect(self, host, port, source_address)

    def send(self, s):
        if not self.quiet:
            text = s if isinstance(s, str) else s.decode("utf-8", "backslashreplace")
            for line in text.split("\r\n")[:-1]:
                note("C", line)
        super().send(s)

    def getreply(self):
        if self.file is None:
            self.file = Overheard(self.sock.makefile("rb"))
        return super().getreply()

    def data(self, text):
        self.putcmd("data")
        code, said = self.getreply()
        if code == 354:
            self.body(text)
            if not plan.get("lmtp"):
                self.getreply()

    def body(self, text):
        octets = smtplib._fix_eols(text).encode()
        note("BODY", len(octets))
        self.quiet = True
        self.send(smtplib._quote_periods(octets) + b".\r\n")
        self.quiet = False


def context():
    made = ssl.create_default_context(cafile="/lab/tls/ca.pem")
    if plan.get("tls"):
        made.minimum_version = made.maximum_version = getattr(ssl.TLSVersion, plan["tls"])
    return made


def main():
    client = Client(local_hostname="client.example.org", timeout=30)
    client._host = "mx.example.net"
    accepted = 0
    client.connect(plan["host"], plan["port"])
    for what, *rest in plan["steps"]:
        if what in ("ehlo", "helo"):
            getattr(client, what)()
        elif what == "lhlo":
            client.ehlo()
        elif what == "starttls":
            code, _ = client.starttls(context=context())
            if code == 220:
                note("TLS", client.sock.version())
        elif what == "login":
            client.user, client.password = rest[0], rest[1]
            try:
                client.auth(rest[2], getattr(client, "auth_" + rest[2].lower()),
                            initial_response_ok=rest[2] == "PLAIN")
            except smtplib.SMTPAuthenticationError:
                pass
        elif what == "say":
            client.docmd(rest[0])
        elif what == "mail":
            client.mail(rest[0], rest[1:])
            accepted = 0
        elif what == "rcpt":
            accepted += client.rcpt(rest[0], rest[1:])[0] == 250
        elif what == "data":
            client.data(rest[0])
            if plan.get("lmtp"):
                for _ in range(accepted):
                    client.getreply()
        elif what == "bdat":
            octets = rest[0].replace("\n", "\r\n")
            note("C", f"BDAT {len(octets.encode())}" + (" LAST" if rest[1] else ""))
            client.quiet = True
            client.send(f"BDAT {len(octets.encode())}" + (" LAST" if rest[1] else "") + "\r\n" + octets)
            client.quiet = False
            note("BODY", len(octets.encode()))
            client.getreply()
        elif what == "batch":
            client.send("".join(line + "\r\n" for line in rest[0]))
            for _ in range(rest[1]):
                client.getreply()
        elif what == "body":
            client.body(rest[0])
            client.getreply()
        elif what == "pieces":
            client.quiet = True
            for piece in rest[0]:
                client.send(piece.replace("\n", "\r\n"))
                time.sleep(rest[1])
            client.quiet = False
        elif what == "reply":
            client.getreply()
        elif what == "sleep":
            time.sleep(rest[0])
        elif what == "quit":
            client.quit()
        elif what == "drop":
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        elif what == "close":
            client.close()
        else:
            raise ValueError(what)


try:
    main()
except (smtplib.SMTPException, OSError) as error:
    note("ERROR", f"{type(error).__name__}: {error}")
