"""The lists for programs, -z smtp,log and -z smtp,sessions, read strictly; and sessions whose log is known beforehand."""

import base64
import json
import random
import re

from dialogue import C, Capture, S

# What a column holds, for each list. A pair list holds addresses and codes; what is told is in TSV alone: JSON has it in the pairs.
_LOG = {"frame": int, "time": float, "client": str, "client_port": int, "server": str, "server_port": int, "helo": str,
        "sender": str, "recipients": "pairs", "outcome": str, "code": int, "enhanced": str, "reason": str, "octets": int,
        "duration": float, "queue_id": str, "tls": str, "user": str, "message_id": str, "subject": str, "mail": int,
        "connection": int, "refused": "told"}
_SESSIONS = {"time": float, "client": str, "client_port": int, "server": str, "server_port": int, "security": str,
             "starttls_offered": bool, "login": str, "login_user": list, "login_failed": int, "login_exposed": bool,
             "mails": int, "mails_accepted": int, "recipients": int, "recipients_refused": int, "octets": int, "errors": int,
             "last_error": str, "outcome": str, "duration": float, "slowest": float, "slowest_verb": str, "findings": int,
             "finding": list, "worst": str, "complete": bool, "connection": int}
LISTS = {"log": _LOG, "sessions": _SESSIONS}
COLUMNS = [*_LOG]
ESCAPES = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r", "\\x2c": ",", "\\x3d": "="}


def read_json(text, of="log"):
    """The rows of the JSON form; fails on anything that a strict reader would not take."""
    def no_twice(pairs):
        assert len({name for name, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    kinds = LISTS[of]
    assert not text or text.endswith("\n")
    rows = [json.loads(line, object_pairs_hook=no_twice, parse_constant=int) for line in text.splitlines()]
    for row in rows:
        assert [name for name in kinds if name in row] == [*row], "names and their order are a contract"
        assert not any(kinds[name] == "told" for name in row)
        for name, value in row.items():
            assert isinstance(value, list if kinds[name] == "pairs" else kinds[name]), (name, value)
        for rcpt in row["recipients"] if kinds["recipients"] == "pairs" else ():
            assert rcpt.keys() <= {"address", "code", "enhanced", "reason", "accepted"}
    return rows


def _unescaped(text):
    assert not re.search(r"[\t\n\r]", text)
    return re.sub(r"\\(?:x2c|x3d|.)", lambda match: ESCAPES[match[0]], text)


def _pairs(text):
    for part in text.split(",") if text else []:
        address, code = part.split("=")
        yield (_unescaped(address), int(code) if code else None)


def _value(kind, cell):
    if kind == "pairs":
        return [*_pairs(cell)]
    if kind is list:
        return [_unescaped(part) for part in cell.split(",")] if cell else []
    if kind is bool:
        return {"true": True, "false": False}[cell]
    if kind is float:
        assert re.fullmatch(r"-?\d+\.\d{6}", cell), cell
        return float(cell)
    return int(cell) if kind is int else _unescaped(cell)


def read_tsv(text, of="log"):
    """The rows of the TSV form, as those of read_json, but recipients as pairs (address, code)."""
    kinds = LISTS[of]
    names, *lines = text.split("\n")
    assert names.split("\t") == [*kinds]
    assert lines.pop() == ""
    rows = []
    for line in lines:
        cells = line.split("\t")
        assert len(cells) == len(kinds), line
        rows.append({name: _value(kind, cell) for (name, kind), cell in zip(kinds.items(), cells)
                     if cell or kind in ("pairs", list)})
    return rows


def _refused(recipients):
    words = ("address", "code", "enhanced", "reason")
    refused = [[str(rcpt[word]) for word in words if word in rcpt] for rcpt in recipients if rcpt.get("code", 0) >= 400]
    return " | ".join(f"{address}: {' '.join(rest)}" for address, *rest in refused)


def without_empty(rows):
    """The rows of read_json as TSV can say them: what is empty is not told from what is not known, recipients are pairs."""
    rows = [{**row, "refused": _refused(row["recipients"])} if isinstance(row.get("recipients"), list) else row for row in rows]
    return [{name: [(rcpt["address"], rcpt.get("code")) for rcpt in value]
             if name == "recipients" and isinstance(value, list) else value
             for name, value in row.items() if value != ""} for row in rows]


# --- sessions with known rows -----------------------------------------------------------------------

STEP = 0.001  # seconds from packet to packet, as Capture has it


class Talk:
    """A session that is made up, and the rows that the log must have of it."""

    def __init__(self, dice, number):
        self.dice, self.number = dice, number
        self.steps, self.rows = [S("220 mx.example ESMTP\r\n")], []
        self.clock = 0
        self.helo = f"client{number}.example"
        self.say(f"EHLO {self.helo}", "250-mx.example\r\n250-CHUNKING\r\n250 ENHANCEDSTATUSCODES")
        self.user = None
        if dice.random() < 0.2:
            self.user = f"user{number}"
            self.say("AUTH PLAIN " + _base64(f"\0{self.user}\0secret{number}"), "235 2.7.0 ok")
        for mail in range(dice.choice((0, 1, 1, 2, 3))):
            self.mail(mail)
        if dice.random() < 0.8:
            self.say("QUIT", "221 2.0.0 bye")
            self.ended("aborted", self.clock)

    def say(self, line, reply=None, octets=b"", wait=STEP):
        self.steps.append(C(line.encode() + b"\r\n" + octets))
        self.clock += STEP
        if reply:
            self.steps.append(S(reply + "\r\n", wait=wait))
            self.clock += wait

    def ended(self, outcome, time, **more):
        """The outcome of the mail that is open, if one is."""
        if self.row is not None:
            self.row |= {"outcome": outcome, "duration": time - self.begun, **more}
            self.rows.append(self.row)
        self.row = None

    row = None

    def decided(self, code, enhanced, reason):
        return {"code": code, **({"enhanced": enhanced} if enhanced else {}), "reason": reason}

    def mail(self, number):
        dice = self.dice
        sender = dice.choice(("", f"s{self.number}.{number}@a.example"))
        self.begun = self.clock + STEP
        self.row = {"sender": sender, "recipients": [], "helo": self.helo, **({"user": self.user} if self.user else {})}
        if dice.random() < 0.1:
            self.say(f"MAIL FROM:<{sender}>", "451 4.3.0 Try later")
            self.ended("deferred", self.clock, **self.decided(451, "4.3.0", "Try later"))
            return
        self.say(f"MAIL FROM:<{sender}>", "250 2.1.0 ok")
        accepted = [self.recipient(number, n) for n in range(dice.choice((1, 1, 2, 3)))].count(True)
        if not accepted:
            refusals = [rcpt for rcpt in self.row["recipients"]]
            self.say("RSET", "250 2.0.0 ok")
            last = next((rcpt for rcpt in refusals if rcpt["code"] < 500), refusals[-1])
            self.ended("deferred" if last["code"] < 500 else "rejected", self.clock,
                       **{name: last[name] for name in ("code", "enhanced", "reason")})
            return
        if dice.random() < 0.1:
            return self.leave()
        self.message(number)

    def leave(self):
        self.say("RSET", "250 2.0.0 ok")
        self.undecided()
        self.ended("aborted", self.clock)

    def undecided(self):
        for rcpt in self.row["recipients"]:
            if rcpt.get("code", 250) == 250:
                rcpt.pop("code", None)
                rcpt.pop("enhanced", None)

    def recipient(self, number, n):
        address = f"r{self.number}.{number}.{n}@{self.dice.choice('xyz')}.example"
        code, enhanced, reason = self.dice.choice(
            ((250, "2.1.5", "ok"), (250, "2.1.5", "ok"), (250, "2.1.5", "ok"), (550, "5.1.1", "No such user"),
             (450, "4.2.1", "Mailbox busy")))
        self.say(f"RCPT TO:<{address}>", f"{code} {enhanced} {reason}")
        rcpt = {"address": address, "code": code, "enhanced": enhanced, "accepted": False}
        self.row["recipients"].append(rcpt | ({"reason": reason} if code >= 400 else {}))
        return code < 400

    def message(self, number):
        name = f"m{self.number}.{number}"
        text = f"Message-ID: <{name}@a.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n {name}\r\n\r\n".encode() + b"x" * self.dice.randrange(50)
        self.row |= {"message_id": f"<{name}@a.example>", "subject": f"Grüße {name}"}
        wait = self.dice.choice((STEP, 0.25))
        queue_id = f"4{self.number:04X}{number}"
        code, enhanced, reason = self.dice.choice(
            ((250, "2.0.0", f"Ok: queued as {queue_id}"), (250, "2.0.0", f"Ok: queued as {queue_id}"),
             (554, "5.7.1", "Spam"), (452, "4.3.1", "Disk full")))
        if self.dice.random() < 0.3:
            self.row["octets"] = len(text)
            self.say(f"BDAT {len(text)} LAST", f"{code} {enhanced} {reason}", octets=text, wait=wait)
        else:
            self.say("DATA", "354 go on")
            self.steps.append(C(text + b"\r\n.\r\n"))
            self.steps.append(S(f"{code} {enhanced} {reason}\r\n", wait=wait))
            self.row["octets"] = len(text) + 2
            self.clock += STEP + wait
        for rcpt in self.row["recipients"]:
            if rcpt["code"] == 250:
                rcpt |= {"code": code, "enhanced": enhanced, "accepted": code == 250}
                if code >= 400:
                    rcpt["reason"] = reason
        outcome = "accepted" if code == 250 else "deferred" if code < 500 else "rejected"
        self.ended(outcome, self.clock, **self.decided(code, enhanced, reason),
                   **({"queue_id": queue_id} if code == 250 else {}))


def _base64(text):
    return base64.b64encode(text.encode()).decode()


def known_sessions(n=500, seed=7):
    """A capture of n sessions, and the rows of the log in their order."""
    dice = random.Random(seed)
    capture, rows = Capture(), []
    for number in range(n):
        talk = Talk(dice, number)
        capture.add(talk.steps, server="198.51.100.25")
        rows += [{**row, "connection": number} for row in talk.rows]
    return capture, rows
