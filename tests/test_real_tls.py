"""TLS of real servers and clients, with the keys in the file: on each kind of port, from wherever the capture begins.

And whatever of it this plugin has, Wireshark's own dissector has when the plugin is switched off, to the byte.
"""

import functools
import struct

import pytest

from passes import fields_of_smtp, same_text
from test_lab import CAPTURES

PACKET = 6  # type of the block of pcapng that holds one

# One of each server, TLS 1.2 and 1.3, with segments lost on the way; all begin in clear.
STARTTLS = ["gmail-starttls", "postfix-starttls-tls12", "postfix-exim-client-bdat", "exim-dsn-postfix",
            "sendmail-msmtp", "haraka-swaks", "dovecot-submission-auth", "smtp-server-nodemailer",
            "aiosmtpd-hello", "tcp-loss-tls"]
# Implicit TLS, other ports, LMTP, logins, handshakes that fail.
OTHERS = ["postfix-smtps", "exim-smtps", "smtp-server-smtps-2465", "smtp-server-lmtp", "dovecot-lmtp-tls",
          "dovecot-lmtp-postfix", "auth-tls", "auth-clear", "postfix-starttls-pipelined",
          "postfix-starttls-refused", "postfix-starttls-untrusted", "exim-starttls-untrusted",
          "opensmtpd-starttls-broken", "tcp-segments-of-88-tls", "postfix-too-large-sent"]
LATE = "smtp.expert.tls_before_capture"


def capture(name):
    return CAPTURES / f"{name}.pcapng"


def blocks(data):
    while data:
        kind, length = struct.unpack_from("<II", data)
        yield kind, data[:length]
        data = data[length:]


def late(name, first, folder):
    """That capture without the packets in front of frame first; its keys stay."""
    kept, frame = b"", 0
    for kind, block in blocks(capture(name).read_bytes()):
        frame += kind == PACKET
        if kind != PACKET or frame >= first:
            kept += block
    path = folder / f"{name}-{first}.pcapng"
    path.write_bytes(kept)
    return path


@pytest.fixture(scope="module")
def frames(tshark):
    """A function: the frames of the STARTTLS, its 220, the hello of the client and that of the server."""

    @functools.cache
    def find(name):
        marks = ['smtp.req.verb == "STARTTLS"', "smtp.response.code == 220", "tls.handshake.type == 1",
                 "tls.handshake.type == 2"]
        rows = [[int(row["frame.number"][0]) for row in
                 tshark.fields(capture(name), ["frame.number"], filter=f"tcp.stream == 0 && {mark}")]
                for mark in marks]
        return [rows[0][0], rows[1][1], rows[2][0], rows[3][0]]

    return find


def inside(tshark, path, **options):
    """What was said inside TLS, of a connection; but for the numbers of frames and what was before."""
    hidden = ("smtp.starttls_in", "smtp.ehlo.added", "smtp.ehlo.removed", "smtp.data.fragment",
              "smtp.transaction", "smtp.auth.attempt")
    names = [name for name in fields_of_smtp(tshark)
             if name not in hidden and not name.endswith("_in") and not name.startswith("smtp.expert")]
    return tshark.fields(path, names, filter="tcp.stream == 0 && smtp.tls", **options)


@pytest.mark.parametrize("name", STARTTLS)
def test_a_capture_that_begins_late(tshark, frames, tmp_path, name):
    """As long as it has the handshake, the keys reach all of it; what began before it is said to be missing."""
    starttls, ready, client, server = frames(name)
    whole = inside(tshark, capture(name))
    assert sum(bool(row["smtp.req.verb"]) for row in whole) > 1
    for first in (starttls, ready, client):
        path = late(name, first, tmp_path)
        assert inside(tshark, path, two_pass=first == client) == whole, first
        notes = tshark.fields(path, ["tls.handshake.type"], filter=f"tcp.stream == 0 && {LATE}")
        assert len(notes) == (first > starttls), first
        assert all(row["tls.handshake.type"] == ["1"] for row in notes)


@pytest.mark.parametrize("name", STARTTLS)
def test_a_capture_that_begins_behind_the_keys(tshark, frames, tmp_path, name):
    """TLS has it, once it is said why, and none of it is taken for SMTP."""
    server = frames(name)[3]
    path = late(name, server + 1, tmp_path)
    for two_pass in (False, True):
        assert len(tshark.summary(path, filter=f"tcp.stream == 0 && {LATE}", two_pass=two_pass)) == 1
        # The end of a record that the capture begins amid is nobody's; but no line of it is a command or a reply.
        said = "tcp.stream == 0 && (smtp.req.verb || smtp.response.code)"
        assert tshark.summary(path, filter=said, two_pass=two_pass) == []
        assert len(tshark.summary(path, filter="tcp.stream == 0 && tls", two_pass=two_pass)) > 3


# --- switched off ------------------------------------------------------------------------------

DECODE_AS = ["-d", "tcp.port==2424,smtp", "-d", "tls.port==2424,smtp", "-d", "tls.port==2465,smtp"]


def same_when_off(tshark, builtin, path, *args):
    for two_pass in (False, True):
        ours = tshark.run(path, "--disable-protocol", "esmtp", "-T", "json", *args, two_pass=two_pass)
        same_text(ours, builtin.run(path, "-T", "json", *args, two_pass=two_pass))


@pytest.mark.parametrize("name", [*STARTTLS, *OTHERS])
def test_switched_off(tshark, builtin, name):
    same_when_off(tshark, builtin, capture(name))


@pytest.mark.parametrize("name", ["smtp-server-smtps-2465", "smtp-server-lmtp", "dovecot-lmtp-tls"])
def test_switched_off_with_decode_as(tshark, builtin, name):
    assert tshark.summary(capture(name), *DECODE_AS, filter="smtp.req.verb", prefs=["esmtp.heuristics:FALSE"])
    same_when_off(tshark, builtin, capture(name), *DECODE_AS)


@pytest.mark.parametrize("name", ["gmail-starttls", "postfix-starttls-tls12"])
def test_switched_off_when_the_capture_begins_late(tshark, builtin, frames, tmp_path, name):
    starttls, _, client, server = frames(name)
    for first in (starttls, client, server + 1):
        same_when_off(tshark, builtin, late(name, first, tmp_path))
