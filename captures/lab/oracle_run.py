"""Plays the dialogues of tests/oracle to live servers, and writes what the servers say became of them.

Each dialogue is spoken by a raw socket from an address of its own. By that address the server's log, and the
header that the server puts before each mail that it delivers, tell one connection from the others.
The truth is read from these alone, never from the capture and never from what the dialogue means to do.

captures/oracle/SERVER.json:
    server       name and version
    connections  {dialogue: {"client": address and port, "mails": [...], "logins": [...], "refused": number}}
    mails        what was delivered: sender, recipients, sha256 and words (see digest() and words() of
                 tests/lib/oracle.py), octets, and how the message begins
    logins       the users let in ("" where the server does not log the name)
    said         which octets the client said, and when: changes when the dialogue is changed
    denied       logins that the server says failed
"""

import base64
import concurrent.futures
import gzip
import json
import os
import re
import socket
import ssl
import struct
import sys
import time
from collections import namedtuple
from pathlib import Path

import machine
from clients import Smtplib
from scenarios import Scenario
from servers import DOMAIN, NAME, Aiosmtpd, Dovecot, Exim, OpenSMTPD, Postfix, Sendmail

sys.path.insert(0, str(machine.HERE.parent.parent / "tests" / "lib"))
import oracle as common  # noqa: E402

NETS = ("192.0.2.0/24", "203.0.113.0/24", "198.18.0.0/24")
AT_ONCE = 12
# How long a dialogue waits for a reply that it asks for, and for how long silence is silence.
REPLY, SILENCE = 3, 0.5
SIZE = 20000

# Frames that carry nothing but an acknowledgement are not kept: they would be half of the file.
WANTED = ("tcp and (tcp[13] & 7 != 0 or "
          "ip[2:2] - ((ip[0] & 15) << 2) - ((tcp[12] & 240) >> 2) != 0)")


# --- the client -------------------------------------------------------------------------------


class Client:
    """One connection: says the steps of a dialogue, whatever the server makes of them."""

    def __init__(self, net, dialogue, server, port, shared):
        self.net, self.dialogue, self.shared = net, dialogue, shared
        self.steps = dialogue.steps_for(server)
        self.address, self.port = dialogue.client(), 20000 + dialogue.number
        with net.inside("client"):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.bind((self.address, self.port))
        self.socket.settimeout(machine.PATIENCE)
        self.socket.connect((net.address["server"], port))
        self.heard, self.replies, self.awaited, self.ended = b"", 0, 0, False

    def listen(self, patience):
        """Hears what comes next; False if nothing does."""
        if self.ended:
            return False
        self.socket.settimeout(patience)
        try:
            said = self.socket.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError):
            return False
        except OSError:
            said = b""
        if not said:
            self.ended = True
            return False
        *lines, self.heard = (self.heard + said).split(b"\n")
        self.replies += sum(bool(re.match(rb"\d{3}(?!-)", line)) for line in lines)
        return True

    def step(self, what, value=None):
        if what == "send":
            # Replies that nobody waited for are not taken for those to come.
            self.awaited = max(self.awaited, self.replies)
            self.socket.sendall(value)
        elif what == "await":
            self.awaited += value
            end = time.monotonic() + REPLY
            while self.replies < self.awaited and not self.ended and (left := end - time.monotonic()) > 0:
                self.listen(left)
            self.awaited = min(self.awaited, self.replies)
        elif what == "silence":
            while self.listen(SILENCE):
                pass
        elif what == "pause":
            end = time.monotonic() + value
            while (left := end - time.monotonic()) > 0:
                self.listen(left)
                if self.ended:
                    break
        elif what == "TLS":
            context = ssl.create_default_context(cafile=self.shared / "tls" / "ca.pem")
            context.keylog_filename = str(self.shared / "keys")
            self.socket.settimeout(machine.PATIENCE)
            self.socket = context.wrap_socket(self.socket, server_hostname=NAME)
        elif what == "reset":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.socket.close()
            self.ended = True
        elif what == "close":
            self.socket.shutdown(socket.SHUT_WR)

    def talk(self):
        try:
            for step in self.steps:
                if self.ended and step[0] == "send":
                    break
                self.step(*step)
            if self.ended:
                return
            self.step("silence")
            self.socket.shutdown(socket.SHUT_WR)
            while self.listen(3):
                pass
        except OSError:
            # The server has closed the connection, or does not do TLS.
            pass
        finally:
            self.socket.close()


# --- the servers' word ------------------------------------------------------------------------


Delivered = namedtuple("Delivered", "id address sender recipients text")


def delivered(folder):
    """The mails in a server's mail folders: what it put before each, and what is the client's own."""
    for path in sorted(folder.rglob("new/*"), key=lambda path: path.stat().st_mtime_ns):
        text = path.read_bytes().replace(b"\r\n", b"\n")
        # The first Received header that is this server's, with its further lines, ends what it added.
        found = re.search(rb"(?m)^Received: [^\n]*(?:\n[ \t][^\n]*)*\n", text)
        added = re.sub(r"\n[ \t]+", " ", text[:found.end()].decode("utf-8", "backslashreplace"))

        def header(name):
            return [each for line in re.findall(rf"(?mi)^{name}: ?(.*)$", added)
                    for each in line.split(", ")]

        yield Delivered(re.search(r"\bid <?([^\s;>]+)", added)[1],
                        re.search(r"\[(?:IPv6:)?([\d.]+)\]", added)[1],
                        (header("Return-Path") or [None])[0],
                        header("Envelope-To") or header("Delivered-To"),
                        text[found.end():])


class Word(dict):
    """{client's address: its truth}"""

    def __missing__(self, address):
        self[address] = {"mails": [], "logins": [], "denied": 0}
        return self[address]

    def mail(self, address, sender, recipients, text):
        begins = text.replace(b"\r\n", b"\n")[:60].decode("latin-1").replace("\n", "|")
        self[address]["mails"].append({
            "sender": common.address(sender),
            "recipients": sorted({common.address(each) for each in recipients}),
            "sha256": common.digest(text), "words": common.words(text), "octets": len(text), "begins": begins})


class OfPostfix:
    """Log lines of one smtpd process between "connect" and the next are of one connection."""

    def __init__(self):
        self.server = Postfix(auth=True, main=f"""
            smtpd_client_port_logging = yes
            virtual_transport = virtual
            virtual_mailbox_base = /tmp/box
            virtual_mailbox_maps = inline:{{ {{bob@{DOMAIN} = bob/}}, {{carol@{DOMAIN} = carol/}}, {{dave@{DOMAIN} = dave/}} }}
            virtual_uid_maps = static:8
            virtual_gid_maps = static:8
            virtual_minimum_uid = 1
            smtpd_error_sleep_time = 0
            smtpd_timeout = 6s
            smtpd_authorized_xclient_hosts = {' '.join(NETS)}
            smtpd_sender_restrictions = check_sender_access inline:{{ {{refused@example.org = 550 5.7.1 I do not like you}}, {{later@example.org = 450 4.7.1 Not now}} }}
            smtpd_recipient_restrictions = check_recipient_access inline:{{ {{later@{DOMAIN} = 450 4.2.0 Not now}} }}
            message_size_limit = {SIZE}
        """)

    def word(self, host, log):
        word, clients, owners, mails = Word(), {}, {}, {}
        for line in log:
            found = re.search(r"smtpd\[(\d+)\]: (.*)$", line)
            if found:
                pid, said = found.groups()
                if connect := re.match(r"connect from \S+?\[([\d.]+)\]", said):
                    clients[pid] = connect[1]
                elif owner := re.match(r"([0-9A-F]+): client=", said):
                    owners[owner[1]] = clients[pid]
                    if user := re.search(r"sasl_username=([^,\s]+)", said):
                        word[clients[pid]].setdefault("user", user[1])
                elif said.startswith("disconnect from ") and (auth := re.search(r" auth=(\d+)(?:/(\d+))?", said)):
                    taken, tried = int(auth[1]), int(auth[2] or auth[1])
                    client = word[clients[pid]]
                    client["logins"] += taken * [client.pop("user", "")]
                    client["denied"] += tried - taken
            elif found := re.search(r"qmgr\[\d+\]: (\w+): from=<(.*)>, size=\d+, nrcpt=\d+ \(queue a", line):
                mails[found[1]] = found[2]
        boxed = {}
        for each in delivered(host.path("/tmp/box")):
            boxed.setdefault(each.id, []).append(each)
        same(boxed, mails)
        for name, sender in mails.items():
            word.mail(owners[name], sender, [to for each in boxed[name] for to in each.recipients],
                      boxed[name][0].text)
        return word


class OfExim:
    def __init__(self):
        self.server = Exim(
            auth=True,
            # What was accepted is delivered after all is said: see settle().
            main=f"""
acl_smtp_mail = mail
acl_smtp_quit = end
acl_smtp_notquit = end
acl_smtp_data_prdr = prdr
prdr_enable
smtp_accept_max = 0
write_rejectlog = false
message_size_limit = {SIZE}
smtp_receive_timeout = 6s
""",
            box="""  directory = /tmp/box
  maildir_format
  batch_max = 100
  return_path_add
  envelope_to_add""",
            rcpt=f"""  defer recipients = later@{DOMAIN}
        message = Not now
""",
            acl=f"""mail:
  deny senders = refused@example.org
       message = I do not like you
  defer senders = later@example.org
        message = Not now
  accept
prdr:
  deny local_parts = dave
       message = dave wants no such mail
  accept
end:
  accept condition = ${{if def:authenticated_id}}
         logwrite = LAB login $sender_host_address $authenticated_id
  accept
""")

    def settle(self, host):
        host.run("exim4", "-qff", timeout=300)

    def word(self, host, log):
        word, mails = Word(), {}
        for line in log:
            if found := re.search(r"(\w{6}-\w{6}-\w\w) <= (\S+) .*?\[([\d.]+)\]", line):
                mails[found[1]] = found[3]
            elif found := re.search(r"LAB login ([\d.]+) (.*)$", line):
                word[found[1]]["logins"].append(found[2])
            elif found := re.search(r"authenticator failed for .*?\[([\d.]+)\]", line):
                word[found[1]]["denied"] += 1
        boxed = {each.id: each for each in delivered(host.path("/tmp/box"))}
        same(boxed, mails)
        for name, address in mails.items():
            each = boxed[name]
            word.mail(address, each.sender, each.recipients, each.text)
        return word


class OfOpenSMTPD:
    """The first word of its log lines is the session's."""

    def __init__(self):
        self.server = OpenSMTPD(main=f"smtp max-message-size {SIZE}")

    def word(self, host, log):
        word, clients, mails, senders = Word(), {}, {}, {}
        for line in log:
            if not (found := re.search(r"\b([0-9a-f]{16}) (?:smtp|mda) (.*)$", line)):
                continue
            session, said = found.groups()
            if found := re.match(r"connected address=([\d.]+)", said):
                clients[session] = found[1]
            elif found := re.match(r"envelope evpid=(\w{8})\w+ from=<(.*)> to=<", said):
                senders[found[1]] = found[2]
            elif found := re.match(r"message msgid=(\w+) ", said):
                mails[found[1]] = clients[session]
        boxed = {}
        for each in delivered(host.path("/tmp/box")):
            boxed.setdefault(each.id, []).append(each)
        same(boxed, mails)
        for name, address in mails.items():
            word.mail(address, senders[name], [to for each in boxed[name] for to in each.recipients],
                      boxed[name][0].text)
        return word


class OfAiosmtpd:
    """Its lines are written by a handler of the lab."""

    def __init__(self):
        self.server = Aiosmtpd(auth=True, auth_require_tls=False, whole=True, size=SIZE)

    def word(self, host, log):
        word = Word()
        for line in log:
            if not line.startswith("LAB "):
                continue
            said = json.loads(line[4:])
            if mail := said.get("messages"):
                word.mail(mail["client"], mail["sender"], mail["recipients"],
                          base64.b64decode(mail["content"]))
            elif "auth" in said:
                word[said["client"]]["logins"].append(said["auth"])
        return word


class OfSendmail:
    """It keeps what it accepted in its queue: the envelope and the header in qf*, the body in df*."""

    def __init__(self):
        self.server = Sendmail(main=f"define(`confMAX_MESSAGE_SIZE', `{SIZE}')dnl\n"
                                    # However busy this machine is.
                                    "define(`confREFUSE_LA', `9999')dnl\ndefine(`confDELAY_LA', `9999')dnl")

    def word(self, host, log):
        word = Word()
        queue = host.path("/var/spool/mqueue")
        for path in sorted(queue.glob("qf*")):
            text = path.read_bytes()
            # Lines of the header that the client did not send have letters between the question marks.
            lines = re.findall(rb"(?m)^H\?\?(.*(?:\n[ \t].*)*)\n", text)
            header = [line for line in lines if not line.startswith((b"Received:", b"X-Authentication-Warning:"))]
            body = (queue / ("df" + path.name[2:])).read_bytes()
            said = text.decode("utf-8", "backslashreplace")
            word.mail(re.search(r"(?m)^\$_\[?.*?([\d.]+)\]?$", said)[1],
                      re.search(r"(?m)^S<?(.*?)>?$", said)[1],
                      re.findall(r"(?m)^R[A-Z]*:<?(.*?)>?$", said),
                      b"".join(line + b"\n" for line in header) + b"\n" + body)
        return word


class OfDovecot:
    """LMTP: a mail of several recipients is put into the mailbox of each, under the same id."""

    def __init__(self):
        self.server = Dovecot(main=f"login_trusted_networks = {' '.join(NETS)}")

    def word(self, host, log):
        word, boxed = Word(), {}
        for user in host.path("/tmp/mail").iterdir():
            for each in delivered(user):
                boxed.setdefault((each.address, each.id, each.text), []).append((each.sender, user.name))
        for (address, _, text), several in boxed.items():
            word.mail(address, several[0][0], [user for _, user in several], text)
        return word


def same(delivered, accepted):
    """Fails unless all that was accepted was delivered."""
    assert delivered.keys() == accepted.keys(), \
        f"delivered {sorted(delivered.keys() - accepted.keys())}, lost {sorted(accepted.keys() - delivered.keys())}"


SERVERS = {"postfix": OfPostfix, "exim": OfExim, "opensmtpd": OfOpenSMTPD, "sendmail": OfSendmail,
           "aiosmtpd": OfAiosmtpd, "dovecot": OfDovecot}


# --- all of it --------------------------------------------------------------------------------


def routes(net):
    """All addresses of the clients are the client's end."""
    client = net.namespace["client"], net.namespace["server"]
    for each in NETS:
        machine.lab.run("ip", "-netns", client[0], "route", "add", "local", each, "dev", "lo")
        machine.lab.run("ip", "-netns", client[1], "route", "add", each, "via",
                        net.address["client"], "dev", "net")
    for side in net.SIDES:
        with net.inside(side):
            Path("/proc/sys/net/ipv4/tcp_timestamps").write_text("0\n")


def play(name, layers, output, folder):
    """Makes NAME.pcapng.gz (Wireshark opens it as it is) and NAME.json; returns the former."""
    oracle = SERVERS[name]()
    server = oracle.server
    wanted = [each for each in common.dialogues() if name in each.servers]
    scenario = Scenario(name, f"Dialogues of tests/oracle with {type(server).__name__}", server, Smtplib())
    with machine.pair(scenario, layers, folder) as (net, host, _, shared):
        routes(net)
        host.run("mkdir", "-p", "/tmp/box")
        host.run("chown", "mail:mail", "/tmp/box")
        server.start(host)
        net.record(WANTED)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            talks = [pool.submit(lambda each=each: Client(net, each, name, server.port, shared).talk())
                     for each in wanted]
            for each in talks:
                each.result()
        if hasattr(oracle, "settle"):
            oracle.settle(host)
        machine.quiet(host)
        log = [*host.log, *host.said().splitlines()]
        if os.environ.get("LAB_VERBOSE"):
            print("\n".join(log))
        word = oracle.word(host, log)
        version = server.version(host)
        plain = Path(net.folder, f"{name}.pcapng")
        net.keep(plain, scenario.shows, shared / "keys", [])
        output.mkdir(parents=True, exist_ok=True)
        capture = output / f"{name}.pcapng.gz"
        capture.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    known = {each.client(): each for each in wanted}
    assert word.keys() <= known.keys(), word.keys() - known.keys()
    rows = [f" {json.dumps(each.name)}: " + json.dumps(
        {"client": f"{address}:{20000 + each.number}", "said": each.fingerprint(name), **word[address]},
        ensure_ascii=False)
        for address, each in known.items()]
    head = {"software": type(server).__name__, "version": version}
    (output / f"{name}.json").write_text(
        f'{{"server": {json.dumps(head)},\n"connections": {{\n' + ",\n".join(rows) + "\n}}\n")
    return capture
