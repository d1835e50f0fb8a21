"""What the lab installs, and how: one layer for each mail server, over one with the clients.

Some mail servers cannot be installed beside another; in layers of their own they need not be.
"""


def apt(*packages, before=""):
    return (f"{before}\napt-get -q -y -o Acquire::Retries=3 install --no-install-recommends "
            + " ".join(packages) + "\napt-get clean")


# Versions of one day: a newer one may ask for others that the registry does not have yet.
NPM = "npm install --before=2026-01-01 --no-audit --no-fund --no-update-notifier --omit=dev "

RECIPES = {
    "clients": {"install": "apt-get -q -o Acquire::Retries=3 update\n" + apt(
        "swaks", "libnet-ssleay-perl", "libio-socket-inet6-perl", "libsocket6-perl",
        "libnet-dns-perl", "libauthen-sasl-perl", "libdigest-hmac-perl",
        "msmtp", "curl", "openssl", "libssl3", "ca-certificates", "python3", "python3-aiosmtpd",
        "iproute2", "procps", "hostname", "netbase")},
    "postfix": {"over": "clients", "install": apt(
        "postfix", "postfix-pcre", "postgrey", "sasl2-bin", "libsasl2-modules",
        before="echo 'postfix postfix/main_mailer_type select No configuration' | "
               "debconf-set-selections")},
    "exim": {"over": "clients", "install": apt("exim4-base", "exim4-config",
                                               "exim4-daemon-heavy")},
    "opensmtpd": {"over": "clients", "install": apt("opensmtpd")},
    "sendmail": {"over": "clients", "install": apt("sendmail-bin", "sendmail-cf",
                                                   "libsasl2-modules", "sasl2-bin", "m4")},
    "dovecot": {"over": "clients", "install": apt("dovecot-core", "dovecot-lmtpd",
                                                  "dovecot-submissiond")},
    # Debian's own node and npm only where there are none: npm brings a few hundred packages.
    "node": {"over": "clients", "install":
             "if ! command -v npm >/dev/null; then " + apt("nodejs", "npm").strip() + "\nfi\n"
             "mkdir -p /opt/node\ncd /opt/node\n"
             + NPM + "smtp-server nodemailer\n"
             "rm -rf /root/.npm"},
    "haraka": {"over": "node", "install": "cd /opt/node\n" + NPM + "Haraka\nrm -rf /root/.npm"},
}

# Enough for Postfix and swaks: what the live test needs of "postfix" and "clients".
LIVE = {
    "clients": {"install": "apt-get -q -o Acquire::Retries=3 update\n" + apt(
        "swaks", "libnet-ssleay-perl", "libio-socket-inet6-perl", "libsocket6-perl", "procps",
        "hostname", "netbase")},
    "postfix": {"over": "clients", "install": apt(
        "postfix", before="echo 'postfix postfix/main_mailer_type select No configuration' | "
                          "debconf-set-selections")},
}
