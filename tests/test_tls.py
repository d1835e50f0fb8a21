"""The maker of TLS sessions: tshark decrypts what it makes."""

import pytest

from dialogue import Capture, C, S, script, segments_of
from tls import secure

BEFORE = script("""
    S: 220 mx
    C: EHLO a
    S: 250-mx
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go
""")
INSIDE = [C("EHLO b\r\n"), S("250 mx\r\n"), C("QUIT\r\n"), S("221 bye\r\n")]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_tshark_decrypts(builtin, version):
    capture = Capture()
    for before, port in ((BEFORE, 587), ((), 465)):
        steps, keys = secure(INSIDE, before, version)
        capture.add(steps, port=port)
        capture.add(segments_of(steps, 100), port=port)
        capture.secrets += keys
    rows = builtin.by_stream(capture, ["smtp.req.parameter"], filter="tls && smtp.req.command")
    for stream in range(4):
        assert [row["smtp.req.parameter"] for row in rows[stream]] == [["b"], []]


def test_pieces_are_records_of_one_segment(builtin):
    steps, keys = secure([C("NOOP\r\nNOOP\r\n", cut=[6])], BEFORE)
    capture = Capture(secrets=keys)
    capture.add(steps, port=587)
    rows = builtin.fields(capture, ["tls.record.opaque_type"], filter="tls && smtp")
    assert rows == [{"tls.record.opaque_type": ["23", "23"]}]
