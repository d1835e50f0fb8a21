"""What test_live.py and its stage (tests/stage.py) have to agree on."""

import contextlib
import os
import socket
from pathlib import Path

# What the plugin alone has, and what says whether TLS was decrypted.
FIELDS = ["frame.number", "tcp.stream", "smtp.tls", "smtp.starttls_in", "smtp.req.verb",
          "smtp.response.code", "smtp.transaction.outcome", "smtp.transaction.sender",
          "smtp.transaction.recipient", "smtp.transaction.queue_id", "imf.subject", "udp.srcport"]

# The forms of output: {name: (capture filter, arguments)}. Each is one tshark.
FORMS = {
    "text": ("", ["-V"]),
    "list": ("", ["-z", "smtp,log,json"]),
    "json": ("", ["-T", "json"]),
    "fields": ("port 25", ["-Y", "smtp || udp", "-T", "fields", "-E", "separator=|",
                           *[word for name in FIELDS for word in ("-e", name)]]),
}

# What dumpcap writes for each capture filter.
FILES = {"": "all.pcapng", "port 25": "filtered.pcapng"}

# The versions of TLS that swaks is told to use, one session after the other.
VERSIONS = ["TLSv1.3", "TLSv1.2"]

# Datagrams: the first is for no filter on port 25, the last for all.
NOISE, LAST = (40009, 9), (40025, 25)

DEVICE = "tap"


def options(form, keys):
    """The arguments of tshark for a form, be it live or from a file."""
    return ["-n", "-l", "-o", f"tls.keylog_file:{keys}", *FORMS[form][1]]


def ask(folder, patience):
    """Has the stage play the session, or waits until it has; fails with what it says if it cannot."""
    said = b""
    with socket.socket(socket.AF_UNIX) as stage, contextlib.suppress(OSError):
        stage.settimeout(patience)
        stage.connect(str(Path(folder) / "socket"))
        while piece := stage.recv(65536):
            said += piece
    if said != b"done\n":
        log = Path(folder, "log").read_text(errors="replace")
        raise AssertionError(f"{said.decode(errors='replace') or 'the stage does not answer'}\n{log}")


def stage_folder():
    return os.environ["ESMTP_LIVE"]
