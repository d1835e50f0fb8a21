"""TLS of real servers and clients, with the keys in the file, from wherever the capture begins.

And whatever of it this plugin has, Wireshark's own dissector has when the plugin is switched off, to the byte
(test_main_job.py has that for whole captures).
"""

import functools

import pytest

from passes import fields_of_smtp, same_text
from recorded import CAPTURES, Joined, read

# One of each server, TLS 1.2 and 1.3, with segments lost on the way; all begin in clear.
STARTTLS = ["gmail-starttls", "postfix-starttls-tls12", "postfix-exim-client-bdat", "exim-dsn-postfix",
            "sendmail-msmtp", "haraka-swaks", "dovecot-submission-auth", "smtp-server-nodemailer",
            "aiosmtpd-hello", "tcp-loss-tls"]
LATE = "smtp.expert.tls_before_capture"
# With which frame a capture begins; the last is the one after the server's hello.
WHOLE, *WITH_KEYS, WITHOUT_KEYS = "whole", "STARTTLS", "its 220", "client's hello", "handshake"
PASSES = pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])


class Late:
    """The first connection of each of these captures, whole and with other beginnings; the keys stay."""

    def __init__(self, tshark, recorded, folder):
        marks = ['smtp.req.verb == "STARTTLS"', "smtp.response.code == 220", "tls.handshake.type == 1",
                 "tls.handshake.type == 2"]
        packets, *marked = ([(name, int(row["tcp.stream"][0]), int(row["frame.number"][0]))
                             for name, rows in recorded.fields(["tcp.stream"], filter=mark).items() for row in rows]
                            for mark in ("tcp", *marks))
        sources = {}
        for path in CAPTURES:
            if path.stem not in STARTTLS:
                continue
            frames, secrets = read(path)
            connection = min([name, stream] for name, stream, _ in packets if name == path.stem)
            own, starttls, replies, client, server = ([number for *whose, number in mark if whose == connection]
                                                      for mark in (packets, *marked))
            beginnings = (1, starttls[0], replies[1], client[0], server[0] + 1)
            for what, first in zip((WHOLE, *WITH_KEYS, WITHOUT_KEYS), beginnings):
                sources[path.stem, what] = [frames[n - 1] for n in own if n >= first], secrets
        self.joined = Joined(tshark, folder / "late.pcapng", sources)

    @functools.cache
    def inside(self, two_pass):
        """What was said inside TLS; but for the numbers of frames and what was before: {(name, beginning): rows}"""
        hidden = ("smtp.starttls_in", "smtp.ehlo.added", "smtp.ehlo.removed", "smtp.data.fragment",
                  "smtp.transaction", "smtp.transaction.id", "smtp.auth.attempt", "smtp.time.server")
        names = [name for name in fields_of_smtp(self.joined.tshark)
                 if name not in hidden and not name.endswith("_in") and not name.startswith(("smtp.expert", "smtp.session"))]
        found = self.joined.fields(names, filter="smtp.tls", two_pass=two_pass)
        return {key: [{name: row[name] for name in names} for row in rows] for key, rows in found.items()}

    @functools.cache
    def fields(self, name, filter, two_pass):
        return self.joined.fields([name], filter=filter, two_pass=two_pass)


@pytest.fixture(scope="module")
def late(tshark, recorded, tmp_path_factory):
    return Late(tshark, recorded, tmp_path_factory.mktemp("late"))


@PASSES
@pytest.mark.parametrize("name", STARTTLS)
def test_a_capture_that_begins_late(late, name, two_pass):
    """As long as it has the handshake, the keys reach all of it; what began before it is said to be missing."""
    whole = late.inside(two_pass)[name, WHOLE]
    assert sum(bool(row["smtp.req.verb"]) for row in whole) > 1
    for beginning in WITH_KEYS:
        assert late.inside(two_pass)[name, beginning] == whole, beginning
        notes = late.fields("tls.handshake.type", LATE, two_pass)[name, beginning]
        assert [row["tls.handshake.type"] for row in notes] == [["1"]] * (beginning != WITH_KEYS[0]), beginning


@PASSES
@pytest.mark.parametrize("name", STARTTLS)
def test_a_capture_that_begins_behind_the_keys(late, name, two_pass):
    """TLS has it, once it is said why, and none of it is taken for SMTP."""
    def packets(filter):
        return len(late.fields("tcp.stream", filter, two_pass)[name, WITHOUT_KEYS])

    assert packets(LATE) == 1
    # The end of a record that the capture begins in the middle of is nobody's; but no line of it is a command or a reply.
    assert packets("smtp.req.verb || smtp.response.code") == 0
    assert packets("tls") > 3


# --- switched off ------------------------------------------------------------------------------


def same_when_off(tshark, builtin, path, two_pass, *args):
    ours = tshark.run(path, "--disable-protocol", "esmtp", "-T", "json", *args, two_pass=two_pass)
    same_text(ours, builtin.run(path, "-T", "json", *args, two_pass=two_pass))


@PASSES
def test_switched_off_with_decode_as(tshark, builtin, recorded, two_pass):
    decode_as = ["-d", "tcp.port==2424,smtp", "-d", "tls.port==2424,smtp", "-d", "tls.port==2465,smtp"]
    found = recorded.fields(["tcp.stream"], *decode_as, filter="smtp.req.verb", prefs=["esmtp.heuristics:FALSE"],
                            two_pass=two_pass)
    assert all(found[name] for name in ("smtp-server-smtps-2465", "smtp-server-lmtp", "dovecot-lmtp-tls"))
    same_when_off(tshark, builtin, recorded.path, two_pass, *decode_as)


@PASSES
def test_switched_off_when_the_capture_begins_late(tshark, builtin, late, two_pass):
    same_when_off(tshark, builtin, late.joined.path, two_pass)
