"""The mail clients of the lab: how each is called, and how what it says is read.

A client's talk() lets it do its work and returns its word: {"exit": status, "sessions": [...]} with
sessions as facts.analyse() makes them; or, for mail servers that deliver, {"deliveries": [...]} from
their log: {recipient, code, outcome}.
"""

import json
import re

import facts
from servers import DOMAIN, PASSWORD, NAME, Exim, OpenSMTPD, Postfix, Sendmail

SENDER = "alice@example.org"


class Client:
    layer = "clients"
    host_name = "client.example.org"

    def setup(self, host):
        pass

    def target(self, host):
        return host.net.address["server"]


class Swaks(Client):
    """swaks with these options; the message is the scenario's."""

    software = "swaks"

    def __init__(self, *options, to=f"bob@{DOMAIN}", sender=SENDER, port=25, times=1, message=True):
        self.options, self.to, self.sender, self.port = options, to, sender, port
        self.times, self.message = times, message

    def talk(self, host):
        words = ["swaks", "--server", self.target(host), "--port", str(self.port),
                 "--helo", self.host_name, "--from", self.sender, "--to", self.to,
                 "--timeout", "30"]
        if ":" in self.target(host):
            words.append("-6")
        if self.message:
            words += ["--data", "@/lab/message"]
        transcript = []
        for _ in range(self.times):
            said = host.run(*words, *self.options, check=False,
                            env={"LD_PRELOAD": "/lab/keylog.so", "SSLKEYLOGFILE": "/lab/keys"})
            transcript += [["CONNECT", ""], *self.read(said)]
        self.said = said
        return {"exit": host.status, "sessions": facts.analyse(transcript)}

    def read(self, said):
        for line in said.splitlines():
            if found := re.match(r" [-~]> ?(.*)", line):
                yield ["C", found[1]]
            elif found := re.match(r"<[-~*][ *] {1,2}(.*)", line):
                yield ["S", found[1]]
            elif found := re.match(r"=== TLS started with cipher (TLSv[\d.]+)", line):
                yield ["TLS", found[1]]

    def version(self, host):
        return host.run("swaks", "--version").split()[2]


class Curl(Client):
    """curl with these options."""

    software = "curl"

    def __init__(self, *options, to=(f"bob@{DOMAIN}",), sender=SENDER, port=25, scheme="smtp",
                 name=None):
        self.options, self.to, self.sender, self.port = options, to, sender, port
        self.scheme, self.name = scheme, name

    def talk(self, host):
        address = self.target(host)
        address = self.name or (f"[{address}]" if ":" in address else address)
        words = ["curl", "-sS", "-v", "--no-progress-meter", "--url",
                 f"{self.scheme}://{address}:{self.port}/{self.host_name}",
                 "--mail-from", self.sender, "--upload-file", "/lab/message"]
        for each in self.to:
            words += ["--mail-rcpt", each]
        self.said = host.run(*words, *self.options, check=False,
                             env={"SSLKEYLOGFILE": "/lab/keys"})
        return {"exit": host.status, "sessions": facts.analyse(self.read(host, self.said))}

    def read(self, host, said):
        size = len(host.path("/lab/message").read_bytes())
        for line in said.splitlines():
            if line.startswith("> "):
                yield ["C", line[2:]]
            elif line.startswith("< "):
                yield ["S", line[2:]]
                if line.startswith("< 354"):
                    yield ["BODY", size]
            elif found := re.match(r"\* SSL connection using (TLSv[\d.]+)", line):
                yield ["TLS", found[1]]

    def version(self, host):
        return host.run("curl", "--version").split()[1]


class Msmtp(Client):
    software = "msmtp"

    def __init__(self, *options, to=(f"bob@{DOMAIN}",), sender=SENDER, port=25):
        self.options, self.to, self.sender, self.port = options, to, sender, port

    def talk(self, host):
        host.write("/etc/lab-msmtprc", f"account default\nhost {self.target(host)}\nport {self.port}\n"
                   f"from {self.sender}\ndomain {self.host_name}\nset_date_header off\n"
                   "set_msgid_header off\ntls_trust_file /lab/tls/ca.pem\n"
                   f"tls_host_override {NAME}\n", 0o600)
        self.said = host.run("msmtp", "--file=/etc/lab-msmtprc", "--debug", *self.options, "--",
                             *self.to, check=False, env={"SSLKEYLOGFILE": "/lab/keys"},
                             input=host.path("/lab/message").read_bytes().replace(b"\r\n", b"\n"))
        return {"exit": host.status, "sessions": facts.analyse(self.read(host, self.said))}

    def read(self, host, said):
        size = len(host.path("/lab/message").read_bytes())
        for line in said.splitlines():
            if line.startswith("--> "):
                yield ["C", line[4:]]
            elif line.startswith("<-- "):
                yield ["S", line[4:]]
                if line.startswith("<-- 354"):
                    yield ["BODY", size]
            elif found := re.search(r"\(TLS([\d.]+)\)", line):
                yield ["TLS", "TLSv" + found[1]]

    def version(self, host):
        return host.run("msmtp", "--version").split()[2]


class Smtplib(Client):
    """smtplib of Python: steps as in inside/talk.py."""

    software = "Python smtplib"

    def __init__(self, *steps, port=25, **plan):
        self.steps, self.port, self.plan = steps, port, plan

    def talk(self, host):
        plan = {"host": self.target(host), "port": self.port, "steps": self.steps, **self.plan}
        self.said = host.run("/usr/bin/python3", "-B", "/lab/talk.py", json.dumps(plan),
                             check=False, env={"SSLKEYLOGFILE": "/lab/keys"})
        if host.status:
            raise RuntimeError(self.said.splitlines()[-1])
        transcript = [json.loads(line) for line in self.said.splitlines()]
        errors = [text for kind, text in transcript if kind == "ERROR"]
        told = {"exit": host.status, "sessions": facts.analyse(transcript)}
        return {**told, "errors": errors} if errors else told

    def version(self, host):
        return host.run("/usr/bin/python3", "--version").split()[1]


class SClient(Client):
    """openssl s_client -starttls smtp: lines typed by hand, a reply awaited after each."""

    software = "openssl s_client"

    def __init__(self, *lines, options=(), port=25, implicit=False):
        self.lines, self.options, self.port, self.implicit = lines, options, port, implicit

    def talk(self, host):
        plan = {"address": self.target(host), "port": self.port, "lines": self.lines,
                "options": self.options, "implicit": self.implicit, "name": self.host_name}
        self.said = host.run("/usr/bin/python3", "-B", "/lab/s_client.py", json.dumps(plan),
                             check=False)
        transcript = [json.loads(line) for line in self.said.splitlines()
                      if line.startswith('["')]
        return {"exit": host.status, "sessions": facts.analyse(transcript)}

    def version(self, host):
        return host.run("openssl", "version").split()[1]


class Nodemailer(Client):
    layer = "node"
    software = "nodemailer"

    def __init__(self, *mails, port=25, **transport):
        self.mails, self.transport = mails, {"port": port, "name": self.host_name, **transport}

    def talk(self, host):
        plan = {"transport": {"host": self.target(host), **self.transport}, "mails": self.mails}
        self.said = host.run("node", "--tls-keylog=/lab/keys", "/lab/mail.js", json.dumps(plan),
                             check=False)
        transcript = [json.loads(line) for line in self.said.splitlines()
                      if line.startswith('["')]
        return {"exit": host.status, "sessions": facts.analyse(self.read(transcript))}

    def read(self, transcript):
        """Its log shows lines as they are, but secrets masked, and the message as others do not."""
        for kind, text in transcript:
            if found := re.search(r"<(\d+) bytes encoded mime message", text):
                yield ["BODY", None]
            elif kind in ("CONNECT", "TLS") or text:
                yield [kind, text]

    def version(self, host):
        return json.loads(host.path("/opt/node/node_modules/nodemailer/package.json")
                          .read_text())["version"]


class Mta(Client):
    """A mail server that delivers what is submitted to it by its sendmail program.

    submit: for each mail (sender, recipients, further arguments of sendmail)
    """

    def __init__(self, *submit, port=25, times=1, **options):
        self.submit = submit or ((SENDER, (f"bob@{DOMAIN}",), ()),)
        self.port, self.options, self.times = port, options, times

    sendmail = ("sendmail",)

    def send(self, host):
        for sender, recipients, more in self.submit:
            host.run(*self.sendmail, "-f", sender, "-oi", *more, *recipients,
                     input=host.path("/lab/message").read_bytes().replace(b"\r\n", b"\n"))

    def expected(self):
        return sum(len(recipients) for _, recipients, _ in self.submit) * self.times


class PostfixClient(Mta, Postfix):
    layer = "postfix"
    software = "Postfix"
    greylisting = None

    MAIN = """
        compatibility_level = 3.6
        queue_directory = /var/spool/postfix
        command_directory = /usr/sbin
        daemon_directory = /usr/lib/postfix/sbin
        data_directory = /var/lib/postfix
        myhostname = {name}
        myorigin = example.org
        mydestination =
        mynetworks = 127.0.0.0/8
        inet_interfaces = all
        inet_protocols = all
        smtp_dns_support_level = disabled
        alias_maps =
        alias_database =
        local_recipient_maps =
        local_transport = discard:
        notify_classes =
        bounce_queue_lifetime = 0
        minimal_backoff_time = 1s
        import_environment = MAIL_CONFIG TZ LANG LD_PRELOAD SSLKEYLOGFILE
        export_environment = TZ LANG LD_PRELOAD SSLKEYLOGFILE
        smtp_tls_CAfile = /lab/tls/ca.pem
        smtp_tls_security_level = may
        smtp_tls_loglevel = 1
        relayhost = {relay}
        default_transport = smtp
        smtp_bind_address =
    """

    def setup(self, host):
        relay = f"[{self.target(host)}]:{self.port}"
        lines = self.MAIN.format(name=self.host_name, relay=relay).splitlines()
        lines += self.options.get("main", "").splitlines()
        host.write("/etc/postfix/main.cf", "\n".join(map(str.strip, lines)) + "\n")
        master = re.sub(r"(?m)^((?:\S+\s+){4})y\s", r"\1n ",
                        host.path("/usr/share/postfix/master.cf.dist").read_text())
        master = re.sub(r"(?m)^((?:\S+\s+){4})-\s", r"\1n ", master)
        master = re.sub(r"(?m)^smtp\s+inet .*$", "", master)
        host.write("/etc/postfix/master.cf", master)
        host.run("postfix", "start", env={"LD_PRELOAD": "/lab/keylog.so",
                                          "SSLKEYLOGFILE": "/lab/keys"})

    def talk(self, host):
        self.send(host)
        expected = sum(len(recipients) for _, recipients, _ in self.submit)
        for n in range(1, self.times + 1):
            host.wait_log(r"status=(sent|deferred|bounced)", expected * n)
            if n < self.times:
                import time
                time.sleep(self.options.get("pause", 3))
                host.run("postqueue", "-f")
        out = []
        tls = None
        for line in host.log:
            if found := re.search(r"TLS connection established to \S+ (TLSv[\d.]+)", line):
                tls = found[1]
            if found := re.search(r"to=<(.*?)>.* status=(\w+) \((.*)\)", line):
                code = re.search(r"(?:said: |^)(\d{3})\b", found[3])
                out.append({"recipient": found[1], "outcome": found[2],
                            "code": int(code[1]) if code else None})
        told = {"deliveries": out}
        return {**told, "tls": tls} if tls else told


class EximClient(Mta, Exim):
    layer = "exim"
    software = "Exim"
    sendmail = ("exim4", "-odq")

    CLIENT = """
primary_hostname = {name}
qualify_domain = example.org
exim_user = Debian-exim
exim_group = Debian-exim
trusted_users = root
log_file_path = syslog
syslog_timestamp = false
log_selector = +smtp_confirmation +received_recipients +tls_cipher
keep_environment = SSLKEYLOGFILE
add_environment = SSLKEYLOGFILE=/lab/keys
never_users =
host_lookup =
rfc1413_query_timeout = 0s
local_interfaces =
daemon_smtp_ports = 2525
{main}
begin acl
begin routers
relay:
  driver = manualroute
  route_list = * mx.example.net byname
  self = send
  transport = relay
  no_more
begin transports
relay:
  driver = smtp
  port = {port}
  {transport}
begin retry
* * F,1h,1s
"""

    def setup(self, host):
        host.write("/etc/exim4/exim4.conf", self.CLIENT.format(
            name=self.host_name, port=self.port,
            main=self.options.get("main", ""),
            transport=self.options.get("transport", "").strip().replace("\n", "\n  ")))
        host.run("mkdir", "-p", "/var/spool/exim4", "/run/exim4")
        host.run("chown", "-R", "Debian-exim:Debian-exim", "/var/spool/exim4", "/run/exim4")

    def talk(self, host):
        self.send(host)
        for n in range(self.times):
            host.run("exim4", "-qff", env={"SSLKEYLOGFILE": "/lab/keys"})
        host.wait_log(r" (=>|->|==|\*\*) ", 1)
        out, tls = [], None
        for line in host.log:
            if found := re.search(r" (=>|->|==|\*\*) (\S+@\S+?)[: ].*", line):
                code = (re.search(r' C="(\d{3})', line) or
                        re.search(r": (\d{3})[ -]\S", line[found.end(2):]))
                out.append({"recipient": found[2], "code": int(code[1]) if code else None,
                            "outcome": {"=": "sent", "-": "sent", "==": "deferred"}.get(
                                found[1] if found[1] == "==" else found[1][0], "bounced")})
            if found := re.search(r" X=TLS([\d.]+):", line):
                tls = "TLSv" + found[1]
        told = {"deliveries": out}
        return {**told, "tls": tls} if tls else told


class SendmailClient(Mta, Sendmail):
    layer = "sendmail"
    software = "Sendmail"
    sendmail = ("/usr/sbin/sendmail-mta", "-Am", "-i")

    def setup(self, host):
        host.write("/tmp/lab.mc", f"""divert(0)dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `{self.host_name}')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confTO_IDENT', `0')dnl
define(`confLOG_LEVEL', `14')dnl
define(`confCACERT', `/lab/tls/ca.pem')dnl
define(`confCACERT_PATH', `/etc/ssl/certs')dnl
define(`SMART_HOST', `relay:[{NAME}]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {self.port}')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
""")
        host.write("/etc/mail/sendmail.cf", host.run("m4", "/tmp/lab.mc"))
        host.write("/etc/mail/aliases", "postmaster: root\nMAILER-DAEMON: root\n")
        host.run("mkdir", "-p", "/var/spool/mqueue")
        host.write("/etc/mail/service.switch", "hosts files\naliases files\n")
        host.run("rm", "-f", "/etc/mail/aliases.db")
        host.run("chown", "root:root", "/etc/mail", "/var/spool/mqueue")
        host.run("chmod", "755", "/etc/mail")
        host.run("mkdir", "-p", "/var/lib/sendmail/host_status")
        host.run("/usr/sbin/sendmail-mta", "-bi")

    def talk(self, host):
        for sender, recipients, more in self.submit:
            host.run(*self.sendmail, "-f", sender, *more, *recipients, check=False,
                     input=host.path("/lab/message").read_bytes().replace(b"\r\n", b"\n"),
                     env={"LD_PRELOAD": "/lab/keylog.so", "SSLKEYLOGFILE": "/lab/keys"})
        host.wait_log(r"stat=(Sent|User unknown|Deferred|Service)")
        out, tls = [], None
        for line in host.log:
            if found := re.search(r" to=(.*?), .*?(?:dsn=([\d.]+), )?stat=(.*)", line):
                sent = found[3].startswith("Sent")
                for each in found[1].split(","):
                    out.append({"recipient": each.strip("<>"), "outcome": "sent" if sent else
                                "bounced", "code": 250 if sent else None})
            if found := re.search(r"STARTTLS=client, .*version=(TLSv[\d.]+)", line):
                tls = found[1]
        told = {"deliveries": out}
        return {**told, "tls": tls} if tls else told


class OpensmtpdClient(Mta, OpenSMTPD):
    layer = "opensmtpd"
    software = "OpenSMTPD"

    def setup(self, host):
        address = self.target(host)
        address = f"[{address}]" if ":" in address else address
        host.write("/etc/smtpd.conf", "\n".join([
            "listen on lo", f'action "relay" relay host smtp://{address}:{self.port} '
            f'helo {self.host_name}' + self.options.get("relay", ""),
            'match from any for any action "relay"', ""]))
        host.spawn("smtpd", "-F", env={"LD_PRELOAD": "/lab/keylog.so",
                                       "SSLKEYLOGFILE": "/lab/keys"})
        host.wait_port(25)

    def talk(self, host):
        self.send(host)
        host.wait_log(r"delivery .*result=", self.expected())
        out, tls = [], None
        for line in host.log:
            if found := re.search(r"mta delivery .*to=<(.*?)>.*result=\"(\w+)\" stat=\"(\d*)", line):
                out.append({"recipient": found[1], "code": int(found[3] or 0) or None, "outcome":
                            {"Ok": "sent", "TempFail": "deferred"}.get(found[2], "bounced")})
            if found := re.search(r"mta tls ciphers=(TLSv[\d.]+)", line):
                tls = found[1]
        told = {"deliveries": out}
        return {**told, "tls": tls} if tls else told
