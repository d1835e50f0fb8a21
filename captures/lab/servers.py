"""The mail servers of the lab: how each is configured and started, and what its log tells.

A server's facts() are read from its own log or record alone, never from the capture:

    tls         version
    auth        user that it let in
    messages    [{queue_id, sender, recipients, size}]: what it accepted
    refused     [{code, address}]
    lost        True if the client went away in the middle
"""

import json
import re

NAME = "mx.example.net"
DOMAIN = "example.net"
# Who has a mailbox, and the passwords of those who may log in.
USERS = ["bob", "carol", "dave"]
PASSWORD = "not-a-real-password"


def bracketed(host):
    """The server's address as it stands before a port."""
    address = host.net.address["server"]
    return f"[{address}]" if ":" in address else address


def merge(*parts):
    """The facts that are there."""
    return {name: value for part in parts for name, value in part.items() if value}


class Server:
    layer = None       # of software.py
    ports = [25]
    auth = False       # lets users log in
    certificate = "ec"

    def __init__(self, port=None, auth=None, **options):
        self.port = port or self.ports[0]
        self.auth = self.auth if auth is None else auth
        self.options = options

    def setup(self, host):
        raise NotImplementedError

    def start(self, host):
        self.setup(host)
        host.wait_port(self.port)

    def facts(self, log):
        raise NotImplementedError


class Postfix(Server):
    """options: main = lines of main.cf, users refused by name"""

    layer = "postfix"
    ports = [25, 465]

    MAIN = """
        compatibility_level = 3.6
        queue_directory = /var/spool/postfix
        command_directory = /usr/sbin
        daemon_directory = /usr/lib/postfix/sbin
        data_directory = /var/lib/postfix
        myhostname = {name}
        mydestination =
        mynetworks = 127.0.0.0/8
        inet_interfaces = all
        inet_protocols = all
        smtp_dns_support_level = disabled
        smtpd_peername_lookup = no
        alias_maps =
        alias_database =
        local_recipient_maps =
        virtual_mailbox_domains = {domain}
        virtual_mailbox_maps = inline:{{ {boxes} }}
        virtual_transport = discard:
        default_transport = discard:
        local_transport = discard:
        notify_classes =
        biff = no
        smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
        smtpd_tls_cert_file = /lab/tls/cert.pem
        smtpd_tls_key_file = /lab/tls/key.pem
        smtpd_tls_security_level = may
        smtpd_tls_loglevel = 1
        smtpd_sasl_path = smtpd
        import_environment = MAIL_CONFIG TZ LANG LD_PRELOAD SSLKEYLOGFILE
        cyrus_sasl_config_path = /etc/postfix/sasl
    """

    def setup(self, host):
        boxes = ", ".join(f"{{{user}@{DOMAIN} = {user}}}" for user in USERS)
        lines = self.MAIN.format(name=NAME, domain=DOMAIN, boxes=boxes).splitlines()
        lines += self.options.get("main", "").splitlines()
        if self.auth:
            lines += ["smtpd_sasl_auth_enable = yes", "smtpd_sasl_local_domain = " + DOMAIN]
            host.write("/etc/postfix/sasl/smtpd.conf",
                       "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n")
            host.run("saslpasswd2", "-p", "-c", "-u", DOMAIN, "alice", input=PASSWORD.encode())
            host.run("chgrp", "postfix", "/etc/sasldb2")
            host.run("chmod", "640", "/etc/sasldb2")
        host.write("/etc/postfix/main.cf", "\n".join(map(str.strip, lines)) + "\n")
        master = re.sub(r"(?m)^((?:\S+\s+){4})y\s", r"\1n ",
                        host.path("/usr/share/postfix/master.cf.dist").read_text())
        master = re.sub(r"(?m)^((?:\S+\s+){4})-\s", r"\1n ", master)
        if self.port == 465:
            master += "smtps inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n"
        elif self.port != 25:
            master += f"{self.port} inet n - n - - smtpd\n"
        if "master" in self.options:
            # Its own lines for port 25 take the place of the usual one.
            master = re.sub(r"(?m)^smtp\s+inet .*$", "", master) + self.options["master"]
        host.write("/etc/postfix/master.cf", master)
        if self.options.get("greylisting"):
            host.run("mkdir", "-p", "/var/lib/postgrey")
            host.run("chown", "postgrey", "/var/lib/postgrey")
            host.spawn("postgrey", "--inet=127.0.0.1:10023", "--user=postgrey",
                       f"--delay={self.options['greylisting']}", "--dbdir=/var/lib/postgrey")
            host.wait_port(10023)
        # For clients that keep their keys to themselves.
        host.run("postfix", "start", env={"LD_PRELOAD": "/lab/keylog.so",
                                          "SSLKEYLOGFILE": "/lab/keys"})

    def facts(self, log):
        return postfix_facts(log)

    def version(self, host):
        return host.run("postconf", "-dh", "mail_version").strip()


def postfix_facts(log):
    messages, refused, out = {}, [], {}
    for line in log:
        if found := re.search(r"TLS connection established from \S+ (TLSv[\d.]+)", line):
            out["tls"] = found[1]
        if found := re.search(r"sasl_username=([^,\s]+)", line):
            out["auth"] = found[1]
        if found := re.search(r"(?:smtpd|postscreen)\[\d+\]: NOQUEUE: reject: (?:RCPT|MAIL) from \S+: (\d+)"
                              r"[^<]*(?:<([^>]*)>)?", line):
            # smtpd's text names the address in question first; postscreen's is of the whole session.
            to = re.search(r"postscreen\[.* RCPT from .*to=<(.*?)>", line)
            refused.append({"code": int(found[1]), "address": to[1] if to else found[2] or ""})
        if found := re.search(r"\[\d+\]: (\w+): reject: (?:RCPT|MAIL) from \S+: (\d+)[^<]*<([^>]*)>",
                              line) if "NOQUEUE" not in line else None:
            refused.append({"code": int(found[2]), "address": found[3]})
        if re.search(r"lost connection after (DATA|BDAT)", line):
            out["lost"] = True
        if found := re.search(r"qmgr\[\d+\]: (\w+): from=<(.*?)>, size=(\d+), nrcpt=\d+ \(queue a",
                              line):
            # qmgr's size holds the Received header that Postfix added, so it is no size of ours.
            messages[found[1]] = {"queue_id": found[1], "sender": found[2], "recipients": []}
        if found := re.search(r"\]: (\w+): to=<(.*?)>.* status=", line):
            if found[1] in messages:
                messages[found[1]]["recipients"].append(found[2])
    return merge(out, {"messages": list(messages.values()), "refused": refused})


class Exim(Server):
    """options: main, rcpt, data, acl = lines of exim.conf in these places; box = where appendfile delivers"""

    layer = "exim"

    CONFIGURATION = """
primary_hostname = {name}
domainlist local_domains = {domain}
daemon_smtp_ports = 25 : 465 : 587
tls_on_connect_ports = 465
exim_user = Debian-exim
exim_group = Debian-exim
log_file_path = syslog
syslog_timestamp = false
log_selector = +received_recipients +received_sender +tls_cipher +smtp_protocol_error \\
    +smtp_syntax_error +lost_incoming_connection
keep_environment = SSLKEYLOGFILE
tls_certificate = /lab/tls/cert.pem
tls_privatekey = /lab/tls/key.pem
{tls}
acl_smtp_rcpt = rcpt
acl_smtp_data = data
acl_smtp_vrfy = vrfy
acl_smtp_expn = vrfy
acl_smtp_etrn = vrfy
never_users =
host_lookup =
helo_try_verify_hosts =
rfc1413_query_timeout = 0s
smtp_accept_max_per_connection = 100
queue_only
{main}
begin acl
rcpt:
{rcpt}
  accept authenticated = *
  accept domains = +local_domains
         verify = recipient
  deny message = relay not permitted
data:
{data}
  accept
vrfy:
  accept
{acl}
begin routers
list:
  driver = redirect
  domains = +local_domains
  local_parts = staff
  data = bob@{domain}, carol@{domain}
box:
  driver = accept
  domains = +local_domains
  local_parts = bob : carol : dave
  transport = hole
begin transports
hole:
  driver = appendfile
  user = mail
{box}
begin authenticators
{authenticators}
"""
    AUTHENTICATORS = f"""
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{alice}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{alice}}}}{{eq{{$auth2}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth1
"""

    def setup(self, host):
        parts = {name: self.options.get(name, "") for name in ("main", "rcpt", "data", "acl")}
        host.write("/etc/exim4/exim4.conf", self.CONFIGURATION.format(
            name=NAME, domain=DOMAIN,
            tls="" if "tls_advertise_hosts" in parts["main"] else "tls_advertise_hosts = *",
            authenticators=self.AUTHENTICATORS if self.auth else "",
            box=self.options.get("box", "  file = /dev/null"),
            **parts))
        host.run("mkdir", "-p", "/var/spool/exim4", "/run/exim4")
        host.run("chown", "-R", "Debian-exim:Debian-exim", "/var/spool/exim4", "/run/exim4")
        host.spawn("exim4", "-bdf")

    def facts(self, log):
        messages, refused, out = [], [], {}
        for line in log:
            if found := re.search(r"(\w{6}-\w{6}-\w\w) <= (\S+)(?: .*?)?"
                                  r"(?: X=(TLS[\d.]+):\S+)?(?: .*?)? for (.*)$", line):
                sender = "" if found[2] == "<>" else found[2]
                messages.append({"queue_id": found[1], "sender": sender,
                                 "recipients": found[4].split()})
                if tls := re.search(r" X=TLS([\d.]+):", line):
                    out["tls"] = "TLSv" + tls[1]
                if auth := re.search(r" A=\w+:(\S+)", line):
                    out["auth"] = auth[1]
            elif found := re.search(r"rejected (RCPT|MAIL) <(.*?)>", line):
                refused.append({"address": found[2]})
            if "unexpected disconnection" in line or "connection lost" in line:
                out["lost"] = True
        return merge(out, {"messages": messages, "refused": refused})

    def version(self, host):
        return re.search(r"Exim version (\S+)", host.run("exim4", "-bV"))[1]


class OpenSMTPD(Server):
    layer = "opensmtpd"
    certificate = "rsa"     # the only kind that it can use

    def setup(self, host):
        for part in ("cert", "key"):
            host.write(f"/etc/tls-{part}.pem", host.path(f"/lab/tls/{part}.pem").read_bytes(), 0o600)
        address = host.net.address["server"]
        boxes = ", ".join(f'"{user}@{DOMAIN}" = "mail"' for user in USERS)
        listen = {25: "tls", 465: "smtps", 587: "tls-require"}[self.port]
        auth = ""
        if self.auth:
            hashed = host.run("openssl", "passwd", "-6", PASSWORD).strip()
            host.write("/etc/mail-users", f"alice {hashed}\n")
            auth = " auth <users>"
        host.write("/etc/smtpd.conf", "\n".join([
            'pki lab cert "/etc/tls-cert.pem"', 'pki lab key "/etc/tls-key.pem"',
            f"table boxes {{ {boxes} }}",
            "table users file:/etc/mail-users" if auth else "",
            *self.options.get("main", "").splitlines(),
            f"listen on {address} port {self.port} {listen} pki lab hostname {NAME}{auth}",
            'action "box" maildir "/tmp/box" virtual <boxes>',
            f'match from any for domain "{DOMAIN}" action "box"', ""]), 0o644)
        host.write("/etc/mailname", NAME + "\n")
        host.spawn("smtpd", "-F")

    def facts(self, log):
        messages, refused, out = {}, [], {}
        for line in log:
            if found := re.search(r"smtp tls ciphers=(TLSv[\d.]+)", line):
                out["tls"] = found[1]
            if found := re.search(r"smtp authentication user=(\S+) .*result=ok", line):
                out["auth"] = found[1]
            if found := re.search(r"smtp failed-command command=\"(RCPT|MAIL) ?(?:\w+:<(.*?)>)?.*\" "
                                  r"result=\"(\d+)", line):
                refused.append({"code": int(found[3]), "address": found[2] or ""})
            if found := re.search(r"smtp envelope evpid=(\w{8})\w+ from=<(.*?)> to=<(.*?)>", line):
                message = messages.setdefault(found[1], {"recipients": []})
                message |= {"queue_id": found[1], "sender": found[2]}
                message["recipients"].append(found[3])
            if found := re.search(r"smtp message msgid=(\w+) size=(\d+)", line):
                messages.setdefault(found[1], {"recipients": []})["taken"] = True
            if "reason=disconnect" in line:
                out["lost"] = True
        taken = [message for message in messages.values() if message.pop("taken", False)]
        return merge(out, {"messages": taken, "refused": refused})

    def version(self, host):
        return re.search(r"OpenSMTPD (\S+)", host.run("smtpd", "-h", check=False))[1].rstrip(",")


class Sendmail(Server):
    layer = "sendmail"

    MC = """divert(0)dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `{name}')dnl
define(`confDELIVERY_MODE', `queueonly')dnl
define(`confPRIVACY_FLAGS', `authwarnings')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confTO_IDENT', `0')dnl
define(`confLOG_LEVEL', `14')dnl
define(`confDELIVER_BY_MIN', `3600')dnl
define(`confSERVER_CERT', `/etc/tls-cert.pem')dnl
define(`confSERVER_KEY', `/etc/tls-key.pem')dnl
define(`confCACERT', `/lab/tls/ca.pem')dnl
define(`confCACERT_PATH', `/etc/ssl/certs')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`accept_unresolvable_domains')dnl
{options}
DAEMON_OPTIONS(`Family={family}, Name=MTA, Port={port}')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
LOCAL_CONFIG
Cw{domain}
"""

    def setup(self, host):
        for part in ("cert", "key"):
            host.write(f"/etc/tls-{part}.pem", host.path(f"/lab/tls/{part}.pem").read_bytes(), 0o600)
        users = "".join(f"{user}:x:{2001 + number}:2000::/tmp:/bin/sh\n"
                        for number, user in enumerate([*USERS, "alice"]))
        host.write("/etc/passwd", host.path("/etc/passwd").read_text() + users)
        host.write("/etc/mail/aliases", "staff: bob, carol\npostmaster: bob\nMAILER-DAEMON: bob\n")
        options = self.options.get("main", "")
        if self.auth:
            options += ("\ndefine(`confAUTH_MECHANISMS', `LOGIN PLAIN')dnl"
                        "\nTRUST_AUTH_MECH(`LOGIN PLAIN')dnl")
            host.write("/etc/mail/sasl/Sendmail.conf",
                       "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n")
            host.write("/usr/lib/sasl2/Sendmail.conf",
                       "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n")
            host.run("saslpasswd2", "-p", "-c", "-u", NAME, "alice", input=PASSWORD.encode())
            host.run("chmod", "600", "/etc/sasldb2")
        host.write("/tmp/lab.mc", self.MC.format(name=NAME, domain=DOMAIN, port=self.port,
                                                 options=options, family="inet6" if ":" in
                                                 host.net.address["server"] else "inet"))
        host.write("/etc/mail/sendmail.cf", host.run("m4", "/tmp/lab.mc"))
        host.run("mkdir", "-p", "/var/spool/mqueue", "/run/sendmail/mta")
        host.write("/etc/mail/service.switch", "hosts files\naliases files\n")
        host.run("rm", "-f", "/etc/mail/aliases.db")
        host.run("chown", "root:root", "/etc/mail", "/var/spool/mqueue")
        host.run("chmod", "755", "/etc/mail")
        host.run("mkdir", "-p", "/var/lib/sendmail/host_status")
        host.run("/usr/sbin/sendmail-mta", "-bi")
        host.spawn("/usr/sbin/sendmail-mta", "-bD")

    def facts(self, log):
        messages, refused, out = [], [], {}
        recipients = {}
        for line in log:
            if found := re.search(r"STARTTLS=server, .*version=(TLSv[\d.]+)", line):
                out["tls"] = found[1]
            if found := re.search(r"AUTH=server, .*authid=([^,\s]+)", line):
                out["auth"] = found[1]
            if found := re.search(r"\]: (\w{14}): <(.*?)>\.\.\. User unknown", line):
                refused.append({"code": 550, "address": found[2]})
            if found := re.search(r"\]: (\w{14}): to=<?(.*?)>?,.*stat=queued", line):
                recipients.setdefault(found[1], []).append(found[2].strip("<>"))
            if found := re.search(r"\]: (\w{14}): from=<?([^>,]*)>?, size=(\d+), .*nrcpts=(\d+), "
                                  r"msgid", line):
                messages.append({"queue_id": found[1], "sender": found[2],
                                 "count": int(found[4])})
            if "lost input channel" in line or "collect: premature EOM" in line:
                out["lost"] = True
        for message in messages:
            if message["queue_id"] in recipients:
                message["recipients"] = recipients[message["queue_id"]]
        return merge(out, {"messages": [m for m in messages if m["count"]], "refused": refused})

    def version(self, host):
        return re.search(r"Version (\S+)", host.run("/usr/sbin/sendmail-mta", "-bt", "-d0.1",
                                                    input=b"", check=False))[1]


class Dovecot(Server):
    """LMTP on port 24, submission on 587. dave's mailbox is over quota."""

    layer = "dovecot"
    ports = [24, 587]
    auth = True

    CONFIGURATION = """
protocols = lmtp submission
hostname = {name}
log_path =
syslog_facility = mail
mail_location = maildir:/tmp/mail/%u
first_valid_uid = 1
mail_plugins = quota
plugin {{
  quota = count:all
  quota_vsizes = yes
}}
mailbox_list_index = yes
auth_mechanisms = plain login
disable_plaintext_auth = no
postmaster_address = postmaster@{domain}
ssl = yes
ssl_cert = </lab/tls/cert.pem
ssl_key = </lab/tls/key.pem
submission_relay_host = 127.0.0.1
submission_relay_port = 2525
submission_relay_trusted = no
submission_max_mail_size = 10M
passdb {{
  driver = passwd-file
  args = /etc/mail-users
}}
userdb {{
  driver = passwd-file
  args = /etc/mail-users
  default_fields = uid=mail gid=mail home=/tmp/mail/%u
}}
service lmtp {{
  inet_listener lmtp {{
    port = 24
  }}
}}
protocol lmtp {{
  mail_plugins = $mail_plugins quota
}}
{main}
"""

    def setup(self, host):
        host.write("/etc/mail-users", "".join(
            f"{user}@{DOMAIN}:{{PLAIN}}{PASSWORD}::::::userdb_quota_rule=*:bytes="
            f"{'10' if user == 'dave' else '1000000'}\n" for user in [*USERS, "alice"]))
        host.run("mkdir", "-p", "/tmp/mail")
        host.run("chown", "mail:mail", "/tmp/mail")
        host.write("/etc/dovecot/dovecot.conf", self.CONFIGURATION.format(
            name=NAME, domain=DOMAIN, main=self.options.get("main", "")))
        if self.port == 587:
            Aiosmtpd(port=2525).setup(host)
            host.wait_port(2525)
        host.spawn("dovecot", "-F")

    def facts(self, log):
        refused, out, ids = [], {}, {}
        for line in log:
            if found := re.search(r"lmtp\((\S+?)\)<\d+><(\S+?)>: .*saved mail to INBOX", line):
                # One id for each recipient: X, X:R2, X:R3.
                ids.setdefault(found[2].partition(":")[0], []).append((found[1], found[2]))
            if found := re.search(r"lmtp\((\S+?)\)<\d+><(\S+?)>: .*save failed to INBOX: (.*)",
                                  line):
                refused.append({"address": found[1], "said": found[3]})
            if found := re.search(r"submission-login: Login: user=<(.*?)>", line):
                out["auth"] = found[1]
        messages = [{"queue_id": [each[1] for each in saved],
                     "recipients": [each[0] for each in saved]} for saved in ids.values()]
        if self.port == 587:
            # It hands mails on to a server behind it, whose replies it passes back.
            next_hop = Aiosmtpd().facts(log)
            for message in next_hop.get("messages", []):
                del message["size"]     # with what Dovecot put before it
            return {**next_hop, **merge(out)}
        return merge(out, {"messages": messages, "refused": refused})

    def version(self, host):
        return host.run("dovecot", "--version").split()[0]


class Scripted(Server):
    """Servers that write down themselves what they received: lines 'LAB {json}'."""

    def facts(self, log):
        out = {"messages": [], "refused": []}
        for line in log:
            if line.startswith("LAB "):
                for name, value in json.loads(line[4:]).items():
                    if name in ("messages", "refused"):
                        out[name].append(value)
                    else:
                        out[name] = value
        return merge(out)

    def arguments(self, host):
        return json.dumps({"address": host.net.address["server"] if self.port != 2525
                           else "127.0.0.1", "port": self.port, "name": NAME, "domain": DOMAIN,
                           "users": USERS, "password": PASSWORD, "auth": self.auth,
                           **self.options})


class Aiosmtpd(Scripted):
    """options: see inside/aiosmtpd_server.py"""

    layer = "clients"

    def setup(self, host):
        host.spawn("/usr/bin/python3", "-B", "/lab/aiosmtpd_server.py", self.arguments(host))

    def version(self, host):
        return host.run("/usr/bin/python3", "-c", "import aiosmtpd; print(aiosmtpd.__version__)").strip()


class SmtpServer(Scripted):
    """The package smtp-server of npm. options: see inside/smtp_server.js"""

    layer = "node"

    def setup(self, host):
        host.spawn("node", "/lab/smtp_server.js", self.arguments(host))

    def version(self, host):
        return json.loads(host.path("/opt/node/node_modules/smtp-server/package.json")
                          .read_text())["version"]


class Haraka(Server):
    layer = "haraka"

    def facts(self, log):
        messages, refused, out = {}, [], {}
        for line in log:
            if found := re.search(r"secured: .*version=(TLSv[\d.]+)", line):
                out["tls"] = found[1]
            if not (found := re.match(r"\[\w+\] \[([-\w]+\.\d+)\] \[core\] (.*)", line)):
                continue
            mail = messages.setdefault(found[1], {"queue_id": found[1], "recipients": []})
            if sender := re.match(r"sender <(.*?)>", found[2]):
                mail["sender"] = sender[1]
            if recipient := re.match(r"recipient <(.*?)> code=(\w+)", found[2]):
                if recipient[2] == "OK":
                    mail["recipients"].append(recipient[1])
                else:
                    refused.append({"address": recipient[1], "code": 550})
            if found[2].startswith("queue code=OK"):
                mail["taken"] = True
        taken = [mail for mail in messages.values() if mail.pop("taken", False)]
        return merge(out, {"messages": taken, "refused": refused})

    def setup(self, host):
        host.run("node", "/opt/node/node_modules/Haraka/bin/haraka", "-i", "/srv/haraka")
        files = {
            "smtp.ini": f"listen={bracketed(host)}:{self.port}\n",
            "me": NAME, "loglevel": "INFO",
            "host_list": DOMAIN + "\n",
            "plugins": "tls\nrcpt_lab\nqueue_lab\n",
            "tls.ini": "key=tls_key.pem\ncert=tls_cert.pem\nrequestCert=false\n",
            "tls_key.pem": host.path("/lab/tls/key.pem").read_text(),
            "tls_cert.pem": host.path("/lab/tls/cert.pem").read_text(),
        }
        for name, text in files.items():
            host.write("/srv/haraka/config/" + name, text)
        host.write("/srv/haraka/plugins/rcpt_lab.js", f"""
exports.hook_rcpt = function (next, connection, params) {{
    const known = {json.dumps([user + "@" + DOMAIN for user in USERS])}
    const address = params[0].address
    if (known.includes(typeof address === 'function' ? params[0].address() : address)) return next(OK)
    next(DENY, 'I have no such mailbox')
}}
""")
        host.write("/srv/haraka/plugins/queue_lab.js",
                   "exports.hook_queue = function (next) { next(OK) }\n")
        host.spawn("node", "/opt/node/node_modules/Haraka/bin/haraka", "-c", "/srv/haraka",
                   env={"HARAKA_LOGS_DIR": "/tmp"})

    def version(self, host):
        return json.loads(host.path("/opt/node/node_modules/Haraka/package.json")
                          .read_text())["version"]
