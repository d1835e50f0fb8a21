"""Dialogues inside TLS, with real records made by OpenSSL and the keys to read them.

    capture = Capture()
    steps, keys = secure(before=script('''...C: STARTTLS / S: 220 go'''), inside=[C("EHLO a\\r\\n")])
    capture.add(steps, port=587)
    capture.secrets += keys          # tshark finds the keys in the file (pcapng)

Each step inside becomes one TCP step: a record for each of its pieces (cut=...), one after the
other in the same segment. What secure() returns are ordinary steps, so that TCP can cut them again.
For implicit TLS, leave out before.
"""

import functools
import ssl
import subprocess
import tempfile
from pathlib import Path

from dialogue import C, S

_LONGEST_RECORD = 16384


def secure(inside, before=(), version="1.3", close=True):
    """Returns (steps, key log lines). version: "1.2" or "1.3"; close: ends with close_notify."""
    with tempfile.TemporaryDirectory() as folder:
        key_log = Path(folder) / "keys"
        sides = _Sides(version, key_log)
        steps = [*before, *sides.handshake()]
        for step in inside:
            pieces = [piece for _, piece in step.pieces(_LONGEST_RECORD)]
            steps.append((C if step.who == "C" else S)(sides.send(step.who, pieces)))
        if close:
            steps.append(C(sides.close()))
        return steps, key_log.read_text()


class _Sides:
    """A client and a server that speak TLS through memory."""

    def __init__(self, version, key_log):
        limit = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname = False
        client.verify_mode = ssl.CERT_NONE
        client.keylog_filename = str(key_log)
        server = _server()
        for context in (client, server):
            # In this order the two never cross, whatever they were.
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.maximum_version = limit
            context.minimum_version = limit
        self.wire = {"C": ssl.MemoryBIO(), "S": ssl.MemoryBIO()}
        self.ends = {
            "C": client.wrap_bio(self.wire["S"], self.wire["C"], server_hostname="mx.example"),
            "S": server.wrap_bio(self.wire["C"], self.wire["S"], server_side=True),
        }

    def _sent(self, who):
        """Takes what that side has put on the wire, and leaves it there for the other side."""
        data = self.wire[who].read()
        self.wire[who].write(data)
        return data

    def handshake(self):
        """The flights of the handshake, as steps."""
        steps = []
        waiting = ["C", "S"]
        while waiting:
            who = waiting.pop(0)
            try:
                self.ends[who].do_handshake()
            except ssl.SSLWantReadError:
                waiting.append(who)
            if flight := self._sent(who):
                steps.append((C if who == "C" else S)(flight))
        self._receive("C")
        return steps

    def send(self, who, pieces):
        """Writes each piece as a record and returns the records."""
        for piece in pieces:
            self.ends[who].write(piece)
        records = self._sent(who)
        self._receive("S" if who == "C" else "C")
        return records

    def close(self):
        try:
            self.ends["C"].unwrap()
        except ssl.SSLWantReadError:
            pass
        return self._sent("C")

    def _receive(self, who):
        try:
            while self.ends[who].read(65536):
                pass
        except ssl.SSLWantReadError:
            pass


@functools.cache
def _server():
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
                        certificate, "-days", "30", "-subj", "/CN=mx.example"],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context
