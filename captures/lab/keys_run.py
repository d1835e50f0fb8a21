"""Tries each way to get TLS keys that plugin/doc/keys.md tells of: which program logs them, and how it is made to.

Only the program in question is given a way to log keys; then its keys are injected into the capture by editcap, and whoever reads it must
find the handshake's last message, which is encrypted, or not where the way is one that does not work.
"""

from dataclasses import replace
from pathlib import Path

import machine
from clients import Client, Curl, EximClient, Msmtp, Nodemailer, PostfixClient, SClient, Smtplib, Swaks
from scenarios import MAIL, Scenario
from servers import Dovecot, Exim, Postfix, Server

KEYS = "/lab/wanted-keys"
VARIABLE = {"SSLKEYLOGFILE": KEYS}
SPOOL = "/var/spool/exim4/keys"  # Exim writes keys nowhere but below its spool
IN_SPOOL = {"SSLKEYLOGFILE": SPOOL}
PRELOAD = {**VARIABLE, "LD_PRELOAD": "/lab/keylog.so"}
TLS_MAIL = [["ehlo"], ["starttls"], ["ehlo"], *MAIL]
LINES = ("EHLO client.example.org", "MAIL FROM:<alice@example.org>", "QUIT")


class Asking:
    """A machine whose programs get these variables of ours in place of those that the lab gives."""

    def __init__(self, host, given):
        self.host, self.given = host, given

    def __getattr__(self, name):
        return getattr(self.host, name)

    def _env(self, env):
        return {name: value for name, value in env.items() if name not in PRELOAD} | self.given

    def run(self, *words, env={}, **more):
        words = [KEYS + ".unwanted" if word == "/lab/keys" else word for word in words]
        return self.host.run(*words, env=self._env(env), **more)

    def spawn(self, *words, env={}):
        return self.host.spawn(*words, env=self._env(env))


class SServer(Server):
    """openssl s_server, whose lines somebody types."""

    layer = "clients"
    ports = [465]

    def setup(self, host):
        host.spawn("sh", "-c", "(sleep 2; printf '220 mx ESMTP\\r\\n'; sleep 1; printf '250 mx\\r\\n'; sleep 3) | openssl s_server -quiet -accept 465 "
                   "-cert /lab/tls/cert.pem -key /lab/tls/key.pem " + self.options["more"])


class Typed(Client):
    software = "openssl s_client"

    def talk(self, host):
        host.run("sh", "-c", "(sleep 3; printf 'EHLO client.example.org\\r\\n'; sleep 2) | openssl s_client -quiet -connect "
                 + self.target(host) + ":465", check=False)


class WantedSClient(SClient):
    """Its script names the key log by itself."""

    def talk(self, host):
        script = host.path("/lab/s_client.py")
        script.write_text(script.read_text().replace('"/lab/keys"', repr(KEYS)))
        return super().talk(host)


class NodeKeys(Nodemailer):
    def talk(self, host):
        host.host.run("node", "--version")
        real = host.host.run
        host.run = lambda *words, **more: real(*[f"--tls-keylog={KEYS}" if word.startswith("--tls-keylog") else word for word in words], **more)
        return super().talk(host)


class EximUnset(Exim):
    CONFIGURATION = Exim.CONFIGURATION.replace("keep_environment = SSLKEYLOGFILE", "keep_environment =")


class EximSends(EximClient):
    CLIENT = EximClient.CLIENT.replace("add_environment = SSLKEYLOGFILE=/lab/keys\n", "")


DOVECOT = "import_environment = TZ LD_PRELOAD=/lab/keylog.so SSLKEYLOGFILE=" + KEYS
LMTP_TLS = Smtplib(["lhlo"], ["starttls"], ["lhlo"], ["quit"], port=24, lmtp=True)
SUBMISSION = Smtplib(["ehlo"], ["starttls"], ["ehlo"], ["quit"], port=587)

# Name, how: who is given what: server, client, the server's variables, the client's, whether it works.
WAYS = [
    ("curl", "SSLKEYLOGFILE", Postfix(465), Curl("--ssl-reqd", "-k", scheme="smtps", port=465), {}, VARIABLE, True),
    ("python", "SSLKEYLOGFILE", Postfix(), Smtplib(*TLS_MAIL), {}, VARIABLE, True),
    ("msmtp", "SSLKEYLOGFILE", Postfix(), Msmtp("--tls=on", "--tls-starttls=on"), {}, VARIABLE, True),
    ("s_client", "-keylogfile", Postfix(), WantedSClient(*LINES), {}, {}, True),
    ("s_server", "-keylogfile", SServer(more="-keylogfile " + KEYS), Typed(), {}, {}, True),
    ("s_server-variable", "SSLKEYLOGFILE", SServer(more=""), Typed(), VARIABLE, {}, False),
    ("node", "--tls-keylog", Postfix(), NodeKeys({"from": "alice@example.org", "to": ["bob@example.net"], "raw": "Subject: x\r\n\r\nx\r\n"}), {}, {}, True),
    ("swaks-variable", "SSLKEYLOGFILE", Postfix(), Swaks("--tls"), {}, VARIABLE, False),
    ("swaks", "LD_PRELOAD", Postfix(), Swaks("--tls"), {}, PRELOAD, True),
    ("postfix-variable", "SSLKEYLOGFILE, import_environment", Postfix(), Smtplib(*TLS_MAIL), VARIABLE, {}, False),
    ("postfix", "LD_PRELOAD, import_environment", Postfix(), Smtplib(*TLS_MAIL), PRELOAD, {}, True),
    ("postfix-client", "LD_PRELOAD, import_environment", Exim(), PostfixClient(), {}, PRELOAD, True),
    ("exim-unset", "SSLKEYLOGFILE, not in keep_environment", EximUnset(), Smtplib(*TLS_MAIL), IN_SPOOL, {}, False),
    ("exim-elsewhere", "SSLKEYLOGFILE not below the spool", Exim(), Smtplib(*TLS_MAIL), VARIABLE, {}, False),
    ("exim", "SSLKEYLOGFILE, keep_environment", Exim(), Smtplib(*TLS_MAIL), IN_SPOOL, {}, True),
    ("exim-client", "SSLKEYLOGFILE, keep_environment", Postfix(), EximSends(), {}, IN_SPOOL, True),
    ("dovecot-variable", "SSLKEYLOGFILE, import_environment", Dovecot(main="import_environment = TZ SSLKEYLOGFILE=" + KEYS), LMTP_TLS, {}, {}, False),
    ("dovecot-lmtp", "LD_PRELOAD, import_environment", Dovecot(main=DOVECOT), LMTP_TLS, {}, {}, True),
    ("dovecot-submission-chroot", "LD_PRELOAD, import_environment", Dovecot(port=587, main=DOVECOT), SUBMISSION, {}, {}, False),
    ("dovecot-submission", "LD_PRELOAD, import_environment, no chroot",
     Dovecot(port=587, main=DOVECOT + "\nservice submission-login {\n  chroot =\n}"), SUBMISSION, {}, {}, True),
]


def attempt(way, layers, folder):
    """Plays it, and returns (whether what is inside TLS can be read, how many lines the key log has, what went wrong)."""
    name, how, server, client, server_env, client_env, _ = way
    scenario = replace(Scenario(f"keys-{name}", how, server, client), must_have=[])
    with machine.pair(scenario, layers, folder) as (net, server_host, client_host, shared):
        log = shared / "wanted-keys"
        log.touch()
        log.chmod(0o666)
        server.start(Asking(server_host, server_env))
        asking = Asking(client_host, client_env)
        client.setup(asking)
        net.record("tcp")
        client.talk(asking)
        machine.quiet(server_host)
        for host in (server_host, client_host):
            if host.path(SPOOL).exists():
                log.write_text(log.read_text() + host.path(SPOOL).read_text())
        lines = len(log.read_text().splitlines())
        try:
            net.keep(folder / f"{name}.pcapng", how, log, ["tls.handshake.type == 20"])
            return True, lines, ""
        except RuntimeError as error:
            return False, lines, str(error)[:300]


def run(names, layers, folder):
    """Tries the ways named, or all; returns the names of those that did not go as WAYS says."""
    wrong = []
    for way in WAYS:
        name, how, *_, works = way
        if names and name not in names:
            continue
        try:
            read, lines, said = attempt(way, layers, Path(folder))
        except Exception as error:
            read, lines, said = None, 0, str(error)[-600:]
        print(f"{name:26} {how:42} {lines:3} lines  {'read' if read else 'not read'}{'' if read == works else '  UNEXPECTED ' + said}", flush=True)
        if read != works:
            wrong.append(name)
    return wrong
