"""What the lab that plays the oracle's dialogues and the test that compares have to agree on.

The dialogues are those of tests/oracle/dialogues; tests/oracle/README.md says how to read them.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "oracle"

# Who can be spoken to, and in which protocol.
SERVERS = {"postfix": "smtp", "exim": "smtp", "opensmtpd": "smtp", "sendmail": "smtp",
           "aiosmtpd": "smtp", "dovecot": "lmtp"}
HELLO = {"smtp": "EHLO", "lmtp": "LHLO"}

ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\", "s": b" "}


@dataclass
class Dialogue:
    """steps: ("send", octets), ("await", number of replies), or (what,) and (what, seconds)."""

    name: str
    shows: str
    number: int
    servers: list = field(default_factory=list)
    steps: list = field(default_factory=list)

    def client(self):
        """The address that speaks it, by which servers' logs and captures tell it from others."""
        assert self.number < 3 * 253, "more dialogues than addresses"
        net, host = divmod(self.number, 253)
        return f"{('192.0.2', '203.0.113', '198.18.0')[net]}.{host + 2}"

    def steps_for(self, server):
        """The steps, with the hello of that server's protocol."""
        hello = HELLO[SERVERS[server]].encode()
        return [(step[0], step[1].replace(b"\0HELLO", hello)) if step[0] == "send" else step
                for step in self.steps]

    def fingerprint(self, server):
        return hashlib.sha256(repr(self.steps_for(server)).encode()).hexdigest()[:12]


def octets(text):
    """The octets of a line: \\r \\n \\t \\s (blank) \\\\ \\xHH, \\{N text} for N times text; \\c at its end: no CRLF."""
    out, at = b"", 0
    while at < len(text):
        if text[at] != "\\":
            out += text[at].encode()
            at += 1
            continue
        kind = text[at + 1]
        if kind == "c" and at + 2 == len(text):
            return out
        if kind == "x":
            out += bytes.fromhex(text[at + 2:at + 4])
            at += 4
        elif kind == "{":
            end = text.index("}", at)
            times, _, what = text[at + 2:end].partition(" ")
            repeated = octets(what + "\\c")
            out += int(times) * repeated
            at = end + 1
        else:
            out += ESCAPES[kind]
            at += 2
    return out + b"\r\n"


def _step(line, steps):
    if found := re.fullmatch(r"C(:|\+)(?: (.*))?", line):
        # EHLO or LHLO, as the server wants it.
        said = octets(re.sub(r"^HELLO\b", "\\\\x00HELLO", found[2] or ""))
        if found[1] == "+":
            said = steps.pop()[1] + said
        steps.append(("send", said))
    elif found := re.fullmatch(r"S(?: (\d+))?", line):
        steps.append(("await", int(found[1] or 1)))
    elif line == "...":
        steps.append(("silence",))
    elif found := re.fullmatch(r"pause ([\d.]+)", line):
        steps.append(("pause", float(found[1])))
    elif line in ("TLS", "reset", "close"):
        steps.append((line,))
    else:
        raise ValueError(f"no step of a dialogue: {line}")


def dialogues():
    """All of them, in the order of files and lines; each has a number of its own for good."""
    parts, found, current = {}, [], None
    files = sorted((FOLDER / "dialogues").glob("*.txt"), key=lambda path: (path.stem != "parts", path.stem))
    for path in files:
        for line in path.read_text().split("\n"):
            if begin := re.fullmatch(r"=== (\S+?)(?:: (.*))?", line):
                if begin[1].startswith("@"):
                    current = Dialogue(begin[1], "", 0)
                    parts[begin[1]] = current
                else:
                    current = Dialogue(begin[1], begin[2], len(found), list(SERVERS))
                    assert begin[1] not in {each.name for each in found}, begin[1]
                    found.append(current)
            elif line.startswith("to: "):
                wanted = line[4:].split()
                current.servers = [name for name, kind in SERVERS.items()
                                   if name in wanted or kind in wanted]
                assert current.servers, line
            elif line.startswith("@"):
                current.steps += parts[line].steps
            elif line and not line.startswith("#"):
                _step(line, current.steps)
    return found


# --- what is compared -------------------------------------------------------------------------

HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")


def canonical(message):
    """(header lines, body) of a message, with what servers do not keep made equal.

    They keep lines, not how these ended: CRLF and LF are one, and the last line has an end. Between header and
    body stands an empty line, which they add if there was none.
    """
    text = message.replace(b"\r\n", b"\n")
    if text and not text.endswith(b"\n"):
        text += b"\n"
    header, lines = [], text.split(b"\n")[:-1]
    while lines and (HEADER.match(lines[0]) or header and lines[0][:1] in (b" ", b"\t")):
        header.append(lines.pop(0))
    if lines and not lines[0]:
        lines.pop(0)
    return header, lines


def digest(message):
    """SHA-256 of a message as canonical() has it."""
    header, lines = canonical(message)
    return hashlib.sha256(b"\n".join([*header, b"", *lines])).hexdigest()


# What servers make blanks of, or line ends, or nothing.
ALTERED = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")


def words(message):
    """SHA-256 of what is left of a message where servers alter it: see ALTERED.

    Postfix makes a blank of a stray CR, Exim a line end; Exim makes a blank of a stray LF, Postfix a line end;
    some drop NUL. Whoever ends a line there takes a dot off the next one.
    """
    text = re.sub(rb"(?:(?<=[\r\n\0])|\A)\.+(?![. \r\n\0]|\Z)", b"", message)
    return hashlib.sha256(re.sub(rb"[\r\n\t \0]", b"", text)).hexdigest()


def address(path):
    """A path as servers log it: no brackets, no source route, no quotes, the domain in small letters."""
    path = re.sub(r"^@[^:]*:", "", path[1:-1] if path[:1] + path[-1:] == "<>" else path)
    # However somebody writes NUL.
    path = re.sub(r"\0|\u2400|\ufffd|\\x00|\\000|\\0", r"\\0", path)
    local, at, domain = path.rpartition("@")
    if not at:
        local, domain = path, ""
    if re.fullmatch(r'".*"', local):
        local = local[1:-1]
    return local + at + domain.lower()
