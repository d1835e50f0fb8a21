"""Dialogues that send mails, for the tests of messages and of their export."""

import re

from dialogue import C, S

GREETING = [
    S("220 mx.example ESMTP\r\n"), C("EHLO client.example\r\n"),
    S("250-mx.example\r\n250-SIZE 1000000\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-BINARYMIME\r\n"
      "250-SMTPUTF8\r\n250 8BITMIME\r\n"),
]
QUIT = [C("QUIT\r\n"), S("221 2.0.0 bye\r\n")]
QUEUED = "250 2.0.0 Ok: queued as 4AbCdEf%d\r\n"


def stuffed(message):
    """A message as DATA sends it: a dot before each line that begins with one, and the end mark."""
    assert not message or message.endswith(b"\r\n")
    return re.sub(rb"(\A|\r\n)\.", rb"\1..", message) + b".\r\n"


def envelope(number=1, parameters=""):
    return [C(f"MAIL FROM:<a{number}@a.example>{parameters}\r\n"), S("250 2.1.0 Ok\r\n"),
            C("RCPT TO:<b@b.example>\r\n"), S("250 2.1.5 Ok\r\n")]


def data(message, number=1, parameters="", cut=(), reply=QUEUED, **how):
    """A mail by DATA; cut and how are those of the step that holds the message and its end mark."""
    return [*envelope(number, parameters), C("DATA\r\n"), S("354 go ahead\r\n"),
            C(stuffed(message), cut, **how), *([S(reply % number if "%" in reply else reply)] if reply else [])]


def chunk(octets, last=False):
    return b"BDAT %d%s\r\n" % (len(octets), b" LAST" if last else b"") + octets


def bdat(chunks, number=1, parameters="", reply=QUEUED):
    """A mail by BDAT, the last chunk with LAST; each chunk in one step with its command."""
    steps = envelope(number, parameters)
    for octets in chunks[:-1]:
        steps += [C(chunk(octets)), S(f"250 2.0.0 {len(octets)} octets\r\n")]
    return [*steps, C(chunk(chunks[-1], True)), S(reply % number if "%" in reply else reply)]


def session(*mails):
    """The mails in one connection."""
    return [*GREETING, *(step for mail in mails for step in mail), *QUIT]
