"""From what a client wrote down to what became of its mails.

A transcript is a list of [kind, text]: C and S lines as they were said, TLS with the version once it
is on, BODY with the octets of the message where the client does not print it, CONNECT where a
new connection begins. analyse() follows it as a reader with the RFCs at hand would; it shares
nothing with the plugin that it is to check.
"""

import base64
import binascii
import re
from collections import deque


def _path(line):
    found = re.search(r":\s*<([^>]*)>", line) or re.search(r":\s*(\S+)", line)
    return found[1] if found else ""


def _decoded(text):
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


class _Session:
    def __init__(self):
        self.facts = {"ehlo": [], "auth": [], "transactions": []}
        self.waiting = deque()
        self.lines = []
        self.body = None        # octets of the message that is being sent
        self.lmtp = False
        self.auth = None
        self.chunk = 0

    @property
    def mail(self):
        mails = self.facts["transactions"]
        return mails[-1] if mails and not mails[-1].get("over") else None

    def client(self, line):
        if self.body is not None:
            if line == ".":
                self._sent(self.body)
            else:
                octets = line.encode("utf-8", "backslashreplace")
                self.body += len(octets) + 2 - octets.startswith(b".")
            return
        if self.auth is not None and self.auth.get("asked"):
            self.auth["asked"] = False
            self.auth["said"].append(line)
            self.waiting.append(("AUTH", line))
            return
        verb = line.split(" ")[0].upper()
        self.waiting.append((verb, line))
        if verb == "AUTH":
            words = line.split()
            self.auth = {"mechanism": words[1].upper(), "said": words[2:]}
        if verb == "LHLO":
            self.lmtp = True

    def _sent(self, size):
        """The message is out: replies to it come now."""
        self.body = None
        if mail := self.mail:
            mail["size"] = size
            taken = [each for each in mail["recipients"] if each["code"] // 100 == 2]
            for each in taken if self.lmtp else [None]:
                self.waiting.append(("BODY", each))

    def message(self, octets):
        if self.waiting and self.waiting[-1][0] == "BDAT":
            self.chunk += octets
        else:
            self._sent(octets)

    def server(self, line):
        if self.lines and self.lines[-1][:3] != line[:3]:
            # Half a greeting, then the reply to who spoke too early.
            self._end_of_reply()
        self.lines.append(line)
        if len(line) > 3 and line[3] == "-":
            return
        self._end_of_reply()

    def _end_of_reply(self):
        lines, self.lines = self.lines, []
        code = int(lines[-1][:3])
        if "greeting" not in self.facts:
            self.facts["greeting"] = {"code": code, "lines": len(lines)}
            return
        verb, said = self.waiting.popleft() if self.waiting else (None, None)
        if code == 421:
            self.facts["closed"] = 421
        self._reply(code, lines, verb, said)

    def _reply(self, code, lines, verb, said):
        good = code // 100 == 2
        mail = self.mail
        if verb in ("EHLO", "LHLO", "HELO"):
            if mail and good:
                self._over(mail)
            if "not printed" in lines[0]:
                self.facts["ehlo"].append(None)
            elif verb != "HELO" and good:
                self.facts["ehlo"].append(
                    [line[4:].split(" ")[0].split("=")[0].upper() for line in lines[1:]])
        elif verb == "MAIL":
            if mail is None:
                self.facts["transactions"].append(
                    {"sender": _path(said), "code": code, "recipients": []})
                if not good:
                    self._over(self.mail, code)
        elif verb == "RCPT" and mail:
            mail["recipients"].append({"address": _path(said), "code": code})
        elif verb == "DATA" and mail:
            if code in (353, 354):
                self.body = 0
                mail.pop("refused", None)
            else:
                mail["refused"] = code
                if code == 421:
                    self._over(mail, code)
        elif verb == "BODY" and mail:
            if said is not None:
                said["code"] = code
                if any(entry[0] == "BODY" for entry in self.waiting):
                    return
                good = any(each["code"] // 100 == 2 for each in mail["recipients"])
            if not good:
                mail["refused"] = code
            self._over(mail, code, good)
        elif verb == "BDAT" and mail:
            if said.upper().endswith(" LAST") or not good:
                mail["size"], self.chunk = self.chunk, 0
                if not good:
                    mail["refused"] = code
                self._over(mail, code, good)
        elif verb in ("RSET", "QUIT") and mail and (good or verb == "QUIT"):
            self._over(mail, mail.get("refused", code))
        elif verb == "AUTH" and self.auth:
            if code == 334:
                self.auth["asked"] = True
            else:
                self._authenticated(code)

    def _over(self, mail, code=None, accepted=False):
        mail["over"] = True
        mail["outcome"] = "accepted" if accepted else self._refusal(mail)
        if code:
            mail["final"] = code

    @staticmethod
    def _refusal(mail):
        """Of what was not accepted: MAIL, every RCPT, DATA or the message was refused, or nothing was."""
        codes = [each["code"] for each in mail["recipients"]]
        if mail["code"] >= 400:
            deciding = [mail["code"]]
        elif codes and min(codes) >= 400:
            deciding = codes
        else:
            deciding = [mail["refused"]] if "refused" in mail else []
        if not deciding:
            return "aborted"
        return "deferred" if any(code < 500 for code in deciding) else "rejected"

    def _authenticated(self, code):
        auth, self.auth = self.auth, None
        said = [_decoded(each) for each in auth["said"]]
        user = ""
        if auth["mechanism"] == "PLAIN" and said:
            user = said[-1].split("\0")[1] if said[-1].count("\0") == 2 else ""
        elif auth["mechanism"] == "LOGIN" and said:
            user = said[0]
        self.facts["auth"].append({"mechanism": auth["mechanism"], "user": user, "outcome":
                                   "succeeded" if code == 235 else "failed"})

    def end(self):
        if mail := self.mail:
            self._over(mail, mail.get("refused"))
        for each in self.facts["transactions"]:
            for name in ("over", "refused"):
                each.pop(name, None)
        return {name: value for name, value in self.facts.items() if value not in ([], None)}


def analyse(transcript):
    """The sessions of a transcript."""
    sessions = []
    for kind, text in transcript:
        if kind == "CONNECT" or not sessions:
            sessions.append(_Session())
        session = sessions[-1]
        if kind == "C":
            session.client(text)
        elif kind == "S":
            session.server(text)
        elif kind == "TLS":
            session.facts["tls"] = text
            session.waiting.clear()
        elif kind == "BODY":
            session.message(text)
    return [session.end() for session in sessions]
