"""A server for SMTP and LMTP after RFC 5321, 2033, 3030, 4954 and the PRDR draft.

It takes the client's octets, answers them, and writes down what it made of them. What it answers
where the standards leave it a choice is the client's wish (see client.py): acts and their answers
stay together, so that a dialogue can be made shorter without becoming another one.
"""

import base64
import binascii
import random
import re
from dataclasses import dataclass, field

from .truth import Mail, Ref, Truth

EOL = b"\r\n"

# Commands that are part of a transaction or may end it; others in the middle of one have no part in it.
OF_A_MAIL = {"RCPT", "DATA", "BDAT", "RSET", "QUIT", "HELO", "EHLO", "LHLO", "STARTTLS", "XCLIENT"}

TEXTS = {
    211: ["System status, nothing to report"],
    214: ["See RFC 5321", "Commands: EHLO HELO MAIL RCPT DATA RSET NOOP QUIT", "2.0.0 no help here"],
    220: ["go ahead"],
    221: ["Bye", "mx.example closing connection", "see you"],
    235: ["Authentication successful", "ok, go ahead"],
    250: ["Ok", "ok", "done", "accepted", "Requested mail action okay, completed"],
    251: ["User not local; will forward to <x@y.example>"],
    252: ["Cannot VRFY user, but will accept message", "send some mail, I'll try my best"],
    354: ["Enter mail, end with \".\" on a line by itself", "go ahead", "End data with <CR><LF>.<CR><LF>"],
    421: ["mx.example Service not available, closing transmission channel", "Too many errors", "timeout"],
    432: ["A password transition is needed"],
    450: ["mailbox unavailable", "Greylisted, see you later"],
    451: ["Local error in processing", "try again later"],
    452: ["insufficient system storage", "Too many recipients"],
    454: ["not available due to temporary reason", "Temporary authentication failure"],
    455: ["Server unable to accommodate parameters"],
    458: ["Unable to queue messages"],
    500: ["Syntax error, command unrecognized", "what?"],
    501: ["Syntax error in parameters", "Bad arguments"],
    502: ["Command not implemented", "not here"],
    503: ["Bad sequence of commands", "not now"],
    504: ["Command parameter not implemented", "Unrecognized authentication type"],
    530: ["Authentication required", "Must issue a STARTTLS command first"],
    534: ["Authentication mechanism is too weak"],
    535: ["Authentication credentials invalid", "Authentication failed"],
    538: ["Encryption required for requested authentication mechanism"],
    550: ["No such user here", "mailbox unavailable", "policy says no"],
    551: ["User not local"],
    552: ["Exceeded storage allocation"],
    553: ["mailbox name not allowed"],
    554: ["Transaction failed", "no valid recipients", "message refused: spam"],
    555: ["MAIL FROM/RCPT TO parameters not recognized or not implemented"],
}

KNOWN = set("HELO EHLO LHLO MAIL RCPT DATA BDAT RSET VRFY EXPN HELP NOOP QUIT ETRN STARTTLS AUTH XCLIENT".split())

DETAILS = {  # enhanced status codes (RFC 3463) that these replies are known to carry
    "MAIL": "1.0 1.7 7.1", "RCPT": "1.5 1.1 2.1 2.2 7.1", "DATA": "5.1 7.1 6.0", "AUTH": "7.8 7.0 5.4",
    "end": "0.0 7.1 2.2 6.0", "BDAT": "0.0 5.1 6.0",
}

QUEUED = [
    ("Ok: queued as {}", ["4XyZ1k2mJ1z9rV", "9F3C2A01B7", "4cKhZL5hqLz3V"]),
    ("OK id={}", ["1abcDE-00000001abc-2XYZ", "1xWi7j-0004Qg-1v"]),
    ("{} Message accepted for delivery", ["46SDx1aB012345", "5a6b7c8d"]),
]


@dataclass
class Policy:
    """What the server is like."""

    lmtp: bool = False
    esmtp: bool = True
    keywords: tuple = ()  # lines of the EHLO reply
    enhanced: bool = False
    queue_ids: bool = True
    long_replies: float = 0.1  # share of replies of several lines
    checks_late: bool = False  # takes DATA without a recipient and refuses the message (RFC 2920)
    nested: int = 503  # to MAIL inside a transaction
    ends: frozenset = frozenset({b"\r\n.\r\n"})  # what it takes for the end of a message
    bare_lf: bool = True  # takes LF for the end of a command line
    greeting: int = 220
    keeps_refused: bool = False  # a refused message leaves the transaction open
    cleans_verbs: bool = False  # takes control octets in a verb for nothing
    texts: tuple = ()  # verbs that it takes for DATA
    bans: tuple = ()  # verbs that it answers with a goodbye nobody asked for
    silent: tuple = ()  # verbs that it does not answer
    says_more: tuple = ()  # verbs after whose reply it says one more
    reply_end: bytes = EOL

    def offers(self, keyword):
        return any(line.split()[0] == keyword for line in self.keywords)

    @property
    def mechanisms(self):
        return next((line.split()[1:] for line in self.keywords if line.split()[0] == "AUTH"), [])


@dataclass
class Reply:
    code: int
    octets: bytes
    seen: int  # octets of the client's stream that were read before
    end: int  # offset of the reply's end in the server's stream


@dataclass
class Asked:
    """Something that gets a reply: a command, a line of a login's exchange, the end of a message."""

    verb: str
    end: int
    number: int = None  # of the mail that it belongs to
    path: str = None  # RCPT's
    judged: bool = False
    token: str = ""  # verb, as it was sent but for the case

    def __post_init__(self):
        self.token = self.token or self.verb


@dataclass
class Login:
    number: int
    mechanism: str
    user: str = None
    said: list = field(default_factory=list)
    wish: int = None


class Server:
    def __init__(self, policy, seed):
        self.policy = policy
        self.seed = seed
        self.truth = Truth()
        self.replies = []
        self.wishes = {}  # offset in the client's stream: the answer to what begins there
        self.stream = bytearray()
        self.place = 0  # how much of it is used up
        self.spoken = 0  # octets of the server's stream
        self.mode = "command"
        self.closed = False
        self.hello = None
        self.login = None
        self.logins = 0
        self.user = None  # logged in
        self.mail = None
        self.kept = None  # transaction of a refused message, kept open unseen
        self.chunks = None  # message so far, by BDAT
        self.failed = False  # a chunk was refused
        self.attempt = None
        self.data = None  # Asked of the DATA or BDAT under way
        self.begun = 0  # where the text began
        self.group = 0  # number of the group of commands that the client is sending
        self.rcpt_in = None  # group of the last RCPT
        self.refused_in = None  # group in which MAIL was refused
        self.greet()

    # --- What it says -------------------------------------------------------------------------

    def note(self, *names):
        self.truth.ingredients.update(names)

    def dice(self, *key):
        return random.Random(f"{self.seed} {self.place} {key}")

    def reply(self, code, to=None, lines=None, eom=None, answers=True, extra=(), enhanced=True):
        """One reply. to: what it answers; eom: the end of the message that it judges."""
        dice = self.dice(len(self.replies))
        if lines is None:
            lines = [dice.choice(TEXTS.get(code, ["no text"]))]
            if dice.random() < self.policy.long_replies:
                lines += [dice.choice(["and more", "see https://mx.example/help", "", "250 is a number", "end"])
                          for _ in range(dice.randrange(1, 4))]
                self.note("reply-of-lines")
        detail = None
        if self.policy.enhanced and enhanced and code // 100 in (2, 4, 5) and to and to.verb not in ("HELO", "EHLO", "LHLO"):
            wanted = DETAILS.get("end" if eom else to.verb, "0.0 5.1")
            detail = f"{code // 100}.{dice.choice(wanted.split())}"
        octets = b""
        for n, text in enumerate(lines):
            text = f"{detail} {text}".rstrip() if detail else text
            separator = "-" if n < len(lines) - 1 else " "
            octets += (f"{code}{separator}{text}" if text or separator == "-" else f"{code}").encode() + self.policy.reply_end
            at = self.spoken + len(octets)
            if text or separator == "-":
                self.truth.add("S", at, "smtp.rsp.parameter", text)
            if found := re.match(r"[245]\.\d{1,3}\.\d{1,3}(?![^ ])", text):
                self.truth.add("S", at, "smtp.response.enhanced_code", found[0])
            if to and to.number is not None:
                self.belongs("S", at - 1, at, to.number)
        self.spoken += len(octets)
        end = self.spoken
        self.truth.add("S", end, "smtp.response.code", str(code))
        self.truth.add("S", end, "smtp.response.class", str(code // 100))
        if to:
            self.truth.add("S", end, "smtp.request_in", Ref("C", to.end))
            # A word after a login may be one of its secrets: then it is not told again.
            if to.verb in KNOWN or not self.logins:
                self.truth.add("S", end, "smtp.request.verb", to.token)
            else:
                self.truth.unsure.add("smtp.request.verb")
            if eom is None and answers:
                self.truth.add("C", to.end, "smtp.response_in", Ref("S", end), later=True)
        if eom is not None:
            self.truth.add("S", end, "smtp.eom_in", Ref("C", eom))
        for name, value in extra:
            self.truth.add("S", end, name, value)
        self.replies.append(Reply(code, octets, self.place, end))
        if code == 421:
            self.close()
        return end

    def belongs(self, side, begin, end, number):
        self.truth.ranges.append((side, begin, end, number))
        self.truth.mails[number - 1].last = (side, end)

    def close(self):
        self.closed = True
        self.mode = "command"

    def end_mail(self, at):
        """The open transaction ends with the reply that ends at that offset."""
        if self.mail.rcpts and not self.taken and not self.mail.body:
            self.note("every-rcpt-refused")
        self.never_judged()
        self.mail.ended = ("S", at)
        self.mail, self.chunks, self.failed = None, None, False

    def never_judged(self):
        """Recipients that LMTP or PRDR did not come to judge keep what RCPT got."""
        for rcpt in self.mail.rcpts if self.mail and (self.policy.lmtp or self.mail.prdr) else ():
            if rcpt[1] < 400 and not rcpt[2].judged:
                self.verdict(rcpt[2], rcpt[1])

    def verdict(self, asked, code):
        """What became of a recipient: of a transaction that stayed open the last verdict counts."""
        self.truth.facts = [fact for fact in self.truth.facts
                            if (fact.side, fact.end, fact.field) != ("C", asked.end, "smtp.rcpt.status")]
        self.truth.add("C", asked.end, "smtp.rcpt.status", str(code), later=True)

    # --- What it hears ------------------------------------------------------------------------

    def receive(self, octets):
        self.stream += octets
        while getattr(self, f"take_{self.mode}")():
            pass

    def take_line(self):
        """The next line without its end, its offset, and the offset after it; or None."""
        place = self.stream.find(b"\n" if self.policy.bare_lf else EOL, self.place)
        if place < 0:
            return None
        begin, end = self.place, place + (1 if self.policy.bare_lf else 2)
        self.place = end
        return bytes(self.stream[begin:end]).rstrip(b"\r\n"), begin, end

    def take_command(self):
        taken = self.take_line()
        if taken is None:
            return False
        line, begin, end = taken
        words = [word for word in re.split(rb"[ \t]+", line.strip(b" \t"), maxsplit=1) if word]
        token = words[0].decode("latin-1") if words else ""
        verb = token.upper()
        if self.policy.cleans_verbs:
            verb = "".join(letter for letter in verb if letter > " ")
        argument = words[1].decode("utf-8", "replace").strip(" \t") if len(words) > 1 else ""
        asked = Asked(verb, end, token=token.upper())
        self.truth.add("C", end, "smtp.req.command", token)
        self.truth.add("C", end, "smtp.req.verb", verb)
        if verb == "MAIL":
            self.new_mail(asked, argument)
        elif self.mail is not None and (verb in OF_A_MAIL or (verb in self.policy.texts and self.may_send)):
            asked.number = self.mail.number
        if asked.number is not None:
            self.belongs("C", end - 1, end, asked.number)
        if verb == "RCPT":
            self.rcpt_in = self.group
        if verb == "BDAT" and self.policy.lmtp and self.rcpt_in == self.group:
            self.note("lmtp-bdat-in-batch")
        if verb in ("RCPT", "DATA", "BDAT") and self.refused_in == self.group:
            self.note("mail-refused-in-batch")
        wish = self.wishes.get(begin)
        if verb == "BDAT":
            self.bdat_fields(asked, argument)
        if verb == "RCPT":
            asked.path = path_in(argument)
            self.truth.add("C", end, "smtp.rcpt.to", asked.path)
            self.parameters(asked, argument)
        if self.closed and verb == "AUTH":
            self.logins += 1
            self.attempt = Login(self.logins, argument.split()[0].upper() if argument else "")
            self.of_attempt("C", end)
            if len(argument.split()) > 1:
                self.decode(asked, argument.split()[1])
        if self.closed:
            # Nobody reads it any more; the capture shows it.
            self.note("unanswered")
            if verb == "RCPT" and self.mail:
                # Not every RCPT was refused; whether those that were decide is for the reader to choose.
                self.mail.outcomes = frozenset({"aborted", *self.mail.choices()})
            if verb == "MAIL":
                self.truth.vague |= self.mail is not None
                self.mail, self.chunks = self.truth.mails[-1], None
            if verb == "BDAT" and not self.policy.offers("CHUNKING"):
                self.note("bdat-unanswered")
            if verb == "BDAT" and self.policy.offers("CHUNKING") and (size := chunk_size(argument)) is not None:
                last = argument.upper().endswith("LAST")
                self.data, self.begun, self.mode = (asked, size, last, None), end, "chunk"
            return True
        if wish == 421 and verb != "AUTH":
            self.note("421")
            self.refuse(asked, 421)
            return True
        if verb in self.policy.silent:
            self.note("reply-missing")
            return True
        if verb in self.policy.bans:
            self.note("goodbye-unasked")
            self.reply(221, asked)
            self.close()
            return True
        if verb != token.upper() and asked.number:
            # A refusal does not tell whether the server knew the verb.
            self.mail.loose = True
        if verb in self.policy.texts:
            self.note("unknown-verb-354")
            verb = "DATA"
        known = re.fullmatch(r"[A-Z]+", verb) and getattr(self, "on_" + verb.lower(), None)
        (known or self.unknown)(asked, argument, wish)
        if verb in self.policy.says_more and not self.closed:
            self.note("reply-unasked")
            self.reply(250)
        return True

    def refuse(self, asked, code, eom=None):
        """A refusal that changes no state but the transaction's verdict. eom: of the message that ends here all the same."""
        end = self.reply(code, asked, eom=eom)
        if asked.verb == "MAIL":
            self.refused_mail(asked, code, end)
        elif asked.verb == "RCPT":
            self.judged(asked, asked.path, code)
            if self.mail:
                self.mail.rcpts.append([asked.path, code, asked])
        elif asked.verb in ("DATA", "BDAT") and self.mail:
            before, self.mail.body = self.mail.body, [code]
            if before and before[-1] // 100 != code // 100:
                # The chunk that was refused first, or the last one, of which it is the consequence.
                self.mail.outcomes = frozenset({"deferred", "rejected"})
        elif asked.verb == "QUIT" and self.mail:
            self.end_mail(end)

    def unknown(self, asked, argument, wish):
        self.reply(wish or self.dice().choice((500, 500, 502)), asked)

    # --- Hello --------------------------------------------------------------------------------

    def greet(self):
        code = self.policy.greeting
        if code != 220:
            self.note("greeting-refused")
        host = "mx.example"
        lines = [f"{host} {'LMTP' if self.policy.lmtp else 'ESMTP'} ready"] if code == 220 else None
        if lines and self.dice("greeting").random() < 0.15:
            lines += ["with manners", "no spam please"]
            self.note("reply-of-lines")
        self.reply(code, lines=lines)
        if code == 220:
            first = self.replies[-1].octets.index(b"\n") + 1
            self.truth.add("S", first, "smtp.greeting.domain", host)

    def on_helo(self, asked, argument, wish):
        self.say_hello(asked, argument, wish)

    on_ehlo = on_lhlo = on_helo

    def say_hello(self, asked, argument, wish):
        lmtp = asked.verb == "LHLO"
        if lmtp != self.policy.lmtp or (asked.verb == "EHLO" and not self.policy.esmtp):
            self.note(f"{asked.verb.lower()}-refused")
            self.reply(wish if wish in (500, 502) else 500, asked)
        elif not argument:
            self.reply(501, asked)
        elif wish and wish >= 400:
            self.note(f"{asked.verb.lower()}-refused")
            self.reply(wish, asked)
        elif self.policy.greeting >= 500:
            self.reply(503, asked)
        else:
            lines = ["mx.example"]
            if asked.verb != "HELO":
                lines = [self.dice().choice(["mx.example", "mx.example greets " + argument, "mx.example Hello"]),
                         *self.policy.keywords]
            keywords = [("smtp.ehlo.keyword", line.split()[0]) for line in lines[1:]]
            self.hello, self.kept = asked.verb, None
            end = self.reply(250, asked, lines=lines)
            more = 4 + len(self.policy.reply_end)
            at = self.spoken - sum(len(line) + more for line in lines)
            for line in lines:
                at += len(line) + more
                if line is not lines[0]:
                    name, value = keywords.pop(0)
                    self.truth.add("S", at, name, value)
            if self.mail:
                self.note("hello-in-transaction")
                self.end_mail(end)

    # --- Mail ---------------------------------------------------------------------------------

    def new_mail(self, asked, argument):
        mail = Mail(len(self.truth.mails) + 1, path_in(argument))
        self.truth.mails.append(mail)
        asked.number = mail.number
        self.truth.add("C", asked.end, "smtp.mail.from", mail.sender)
        self.parameters(asked, argument)

    def parameters(self, asked, argument):
        path = path_in(argument)
        path = f"<{path}>" if "<" in argument else path
        for parameter in argument[argument.find(path) + len(path):].split():
            self.truth.add("C", asked.end, "smtp.param", parameter)

    def refused_mail(self, asked, code, end):
        mail = self.truth.mails[asked.number - 1]
        mail.status, mail.ended = code, ("S", end)
        self.refused_in = self.group
        self.truth.add("C", asked.end, "smtp.mail.status", str(code), later=True)

    def on_mail(self, asked, argument, wish):
        mail = self.truth.mails[asked.number - 1]
        self.reopen()
        if self.hello is None:
            self.note("mail-before-hello")
            self.refuse(asked, 503)
        elif self.mail and self.policy.nested >= 400:
            self.note("nested-mail-refused")
            self.refuse(asked, self.policy.nested)
        elif wish and wish >= 400:
            self.note("mail-refused")
            self.refuse(asked, wish)
        else:
            outer = self.mail
            end = self.reply(250, asked)
            if outer:
                self.note("nested-mail-accepted")
                # The reply that begins the one ends the other.
                self.belongs("S", end - 1, end, outer.number)
                self.end_mail(end)
            mail.status = 250
            mail.prdr = self.policy.offers("PRDR") and "PRDR" in argument.split()
            self.truth.add("C", asked.end, "smtp.mail.status", "250", later=True)
            self.mail, self.chunks, self.failed = mail, None, False

    def judged(self, asked, path, code):
        """The reply to a RCPT. What LMTP takes is judged after the body."""
        if self.mail:  # outside of a mail there is no recipient to judge
            self.truth.add("S", self.spoken, "smtp.rcpt.address", path)
        if code >= 400 or not (self.policy.lmtp or self.mail.prdr):
            self.truth.add("C", asked.end, "smtp.rcpt.status", str(code), later=True)

    def reopen(self):
        """What follows a refused message shows that its transaction was kept."""
        if self.kept:
            self.note("transaction-stays-open")
            self.mail, self.kept = self.kept, None
            self.mail.ended, self.mail.size = None, None

    def on_rcpt(self, asked, argument, wish):
        if self.kept:
            self.reopen()
            asked.number = self.mail.number
            self.belongs("C", asked.end - 1, asked.end, asked.number)
        if self.mail is None:
            self.note("rcpt-out-of-place")
            self.refuse(asked, 503)
        elif self.chunks is not None:
            self.note("rcpt-out-of-place")
            self.refuse(asked, 503)
        elif wish and wish >= 400:
            self.note("rcpt-refused")
            self.refuse(asked, wish)
        else:
            code = wish or 250
            self.reply(code, asked)
            self.judged(asked, asked.path, code)
            self.mail.rcpts.append([asked.path, code, asked])

    def judge_recipients(self, codes, data, eom):
        """LMTP's and PRDR's reply for each recipient that RCPT took, in their order."""
        codes = list(codes)
        for rcpt in self.mail.rcpts:
            if rcpt[1] >= 400:
                continue
            code = codes.pop(0) if codes else 250
            end = self.reply(code, data, eom=eom, answers=False)
            rcpt[1], rcpt[2].judged = code, True
            if eom is not None:
                self.truth.add("C", eom, "smtp.response_in", Ref("S", end), later=True)
            self.truth.add("S", end, "smtp.rcpt.address", rcpt[0])
            self.verdict(rcpt[2], code)
        return end

    # --- Message ------------------------------------------------------------------------------

    @property
    def taken(self):
        return [rcpt for rcpt in self.mail.rcpts if rcpt[1] < 400] if self.mail else []

    @property
    def may_send(self):
        return bool(self.taken) or (self.policy.checks_late and self.mail.rcpts and not self.policy.lmtp)

    def on_data(self, asked, argument, wish):
        if self.mail is None:
            self.note("data-out-of-place")
            self.reply(503, asked)
        elif self.chunks is not None or self.failed:
            self.note("data-after-bdat")
            self.refuse(asked, 503)
        elif not self.may_send:
            self.note("data-without-recipient")
            self.refuse(asked, wish if wish in (503, 554) else 503)
        elif wish and wish >= 400:
            self.note("data-refused")
            self.refuse(asked, wish)
        else:
            self.reply(354, asked)
            self.data, self.begun, self.mode = asked, asked.end, "text"

    def take_text(self):
        text = self.stream[self.begun:]
        wish = self.wishes.get(self.begun) or {}
        # If the client has sent all of it, the capture cannot tell where the server stopped.
        if "421 at" in wish and len(text) > wish["421 at"] and self.find_end(text)[0] is None:
            self.place = self.begun + wish["421 at"]
            self.note("421-in-text")
            if self.mail:
                self.belongs("C", self.begun, self.place, self.mail.number)
                self.mail.body = [421]
                self.mail.outcomes = frozenset({"deferred", "aborted"} if self.taken else {"deferred", "aborted", "rejected"})
            self.reply(421, self.data, answers=False)
            self.mode = "lost"
            return True
        end, mark = self.find_end(text)
        if end is None:
            return False
        self.place = self.begun + end + len(mark)
        lines = bytes(text[:end])
        message = re.sub(rb"(\A|\r\n)\.", rb"\1", lines)
        self.truth.add("C", self.place, "smtp.eom", "")
        self.mode = "command"
        number = self.mail.number if self.mail else None
        if number:
            self.belongs("C", self.begun, self.place, number)
        self.message(message, wish, self.data, Asked("DATA", self.place, number))
        return True

    def find_end(self, text):
        """Where the message ends (its last line end included), and the mark that is not part of it."""
        best = None
        padded = b"\r\n" + bytes(text)
        for mark in self.policy.ends:
            place = padded.find(mark)
            # The line end before the dot is the message's.
            if place >= 0:
                before = mark.index(b".")
                candidate = (place + before - 2, mark[before:])
                if best is None or candidate[0] < best[0]:
                    best = candidate
        return best or (None, b"")

    def take_lost(self):
        """After 421 in the middle of a message nobody reads on; to the capture it is that message still."""
        if self.mail and self.place < len(self.stream):
            self.belongs("C", self.place, len(self.stream), self.mail.number)
        self.place = len(self.stream)
        return False

    def message(self, octets, wish, data, end):
        """The message is whole: one reply, or one for each recipient."""
        mail, codes = self.mail, list(wish.get("codes", ()))
        if octets:
            self.truth.messages.append((octets, True))
        else:
            self.note("empty-message")
        mail.size = len(octets)
        mark = end.end
        if codes[:1] == [421]:
            self.note("421-after-end")
            if "false-end-taken" in self.truth.ingredients:
                self.note("421-after-false-end")
            mail.body = [421]
            at = self.reply(421, data, eom=mark)
        elif not self.taken:
            self.note("late-refusal")
            mail.body = [554]
            at = self.reply(554, data, eom=mark)
        elif self.policy.lmtp:
            self.note("lmtp-message")
            at = self.judge_recipients(codes, data, mark)
            mail.accepted = any(rcpt[1] < 400 for rcpt in mail.rcpts)
            if data.verb == "BDAT" and codes[0] >= 400:
                self.note("lmtp-bdat-last-refused")
        elif mail.prdr and len(self.taken) > 1:
            self.note("prdr-message")
            self.reply(353, data, lines=["PRDR content analysis begins"], eom=mark, answers=False, enhanced=False)
            self.judge_recipients(codes, data, mark)
            good = any(rcpt[1] < 400 for rcpt in mail.rcpts)
            code = 250 if good else 550
            mail.accepted, mail.body = good, [] if good else [code]
            at = self.reply(code, data, eom=mark)
        else:
            code = codes[0] if codes else 250
            lines, extra = None, []
            if code == 250 and self.policy.queue_ids:
                text, ids = self.dice().choice(QUEUED)
                queue_id = self.dice("id").choice(ids)
                lines = [text.format(queue_id)]
                extra = [("smtp.transaction.queue_id", queue_id)]
            if code >= 400:
                self.note("message-refused")
                mail.body = [code]
            else:
                mail.accepted = True
                mail.body = []
            at = self.reply(code, data, lines=lines, eom=mark, extra=extra)
        # By BDAT there is no mark; the command itself has the reply.
        self.truth.add("C", data.end if data.verb == "BDAT" else mark, "smtp.response_in", Ref("S", at), later=True)
        self.end_mail(at)
        # Where each recipient has had its verdict nobody knows what such a server would say next.
        each = self.policy.lmtp or any(rcpt[2].judged for rcpt in mail.rcpts)
        if self.policy.keeps_refused and not each and not mail.accepted and not self.closed:
            self.kept = mail

    # --- BDAT (RFC 3030) ----------------------------------------------------------------------

    def bdat_fields(self, asked, argument):
        if (size := chunk_size(argument)) is not None:
            self.truth.add("C", asked.end, "smtp.bdat.size", str(size))
            self.truth.add("C", asked.end, "smtp.bdat.last", "1" if argument.upper().endswith("LAST") else "0")

    def on_bdat(self, asked, argument, wish):
        size = chunk_size(argument)
        if not self.policy.offers("CHUNKING"):
            self.note("bdat-not-offered")
            self.refuse(asked, 500 if not isinstance(wish, int) else wish)
        elif size is None:
            self.note("bdat-bad-argument")
            self.refuse(asked, 501)
        else:
            self.data = (asked, size, argument.upper().split()[-1] == "LAST", wish)
            self.begun, self.mode = asked.end, "chunk"

    def take_chunk(self):
        """Octets of a chunk; the reply comes after them."""
        asked, size, last, wish = self.data
        if len(self.stream) - self.begun < size:
            return False
        self.place = self.begun + size
        self.mode = "command"
        number = self.mail.number if self.mail else None
        if number and size:
            self.belongs("C", self.begun, self.place, number)
        if self.closed:
            self.chunks = (self.chunks or b"") + bytes(self.stream[self.begun:self.place])
            if last and self.chunks:
                self.truth.messages.append((self.chunks, False))
            if last:
                # The client is through with this mail.
                self.never_judged()
                self.chunks = self.mail = None
        else:
            self.chunk(bytes(self.stream[self.begun:self.place]), asked, last, wish)
            # The end of the last chunk is the message's, and has that reply as well.
            if last:
                self.truth.add("C", self.place, "smtp.response_in", Ref("S", self.spoken), later=True)
        return True

    def chunk(self, octets, asked, last, wish):
        codes = list(wish.get("codes", ())) if isinstance(wish, dict) else []
        wish = wish if isinstance(wish, int) else None
        whole = (self.chunks or b"") + octets
        if self.mail is None or self.failed or not self.taken:
            self.note("bdat-refused")
            if self.mail is not None and not self.failed and not self.taken:
                self.note("bdat-without-recipient")
            if last and whole:
                self.truth.messages.append((whole, False))
                if self.failed:
                    self.note("last-chunk-after-refused-ones")
            if self.mail:
                self.failed = True
                self.mail.loose = True
            self.chunks = whole if not last else b"" if self.mail else None
            self.refuse(asked, 503, eom=self.place if last and self.mail else None)
            if last and self.mail:
                self.truth.add("C", asked.end, "smtp.response_in", Ref("S", self.spoken), later=True)
        elif wish and wish >= 400 and not last:
            self.note("bdat-refused")
            self.failed, self.chunks = True, whole
            self.mail.loose = True
            self.refuse(asked, wish)
        elif last:
            self.note("bdat-last")
            if not octets:
                self.note("bdat-zero-last")
            self.message(whole, {"codes": codes or [wish or 250]}, asked, Asked("BDAT", self.place))
        else:
            self.note("bdat-chunk")
            self.chunks, self.mail.body = whole, []
            self.reply(250, asked, lines=[f"{len(octets)} octets received"])

    # --- Others -------------------------------------------------------------------------------

    def on_rset(self, asked, argument, wish):
        if wish and wish >= 400:
            self.note("rset-refused")
            self.reply(wish, asked)
            return
        end = self.reply(250, asked)
        self.kept = None
        if self.mail:
            self.note("rset-in-transaction")
            self.end_mail(end)

    def on_noop(self, asked, argument, wish):
        self.reply(wish or 250, asked)

    def on_vrfy(self, asked, argument, wish):
        self.reply(wish or 252, asked)

    def on_expn(self, asked, argument, wish):
        code = wish or 250
        self.reply(code, asked, lines=["<a@mx.example>", "<b@mx.example>"] if code == 250 else None)

    def on_help(self, asked, argument, wish):
        self.reply(wish or 214, asked)

    def on_quit(self, asked, argument, wish):
        if argument:
            self.reply(501, asked)
            return
        end = self.reply(221, asked)
        if self.mail:
            self.note("quit-in-transaction")
            self.end_mail(end)
        self.close()

    def on_starttls(self, asked, argument, wish):
        self.note("starttls-refused")
        if not self.policy.offers("STARTTLS"):
            self.reply(wish if wish in (500, 502) else 502, asked)
        elif argument:
            self.reply(501, asked)
        else:
            self.reply(wish or 454, asked)

    def on_xclient(self, asked, argument, wish):
        if not self.policy.offers("XCLIENT"):
            self.reply(wish if wish in (500, 502, 550) else 502, asked)
        elif self.mail:
            self.note("xclient-in-transaction")
            self.reply(503, asked)
        elif wish and wish >= 400:
            self.note("xclient-refused")
            self.reply(wish, asked)
        else:
            self.note("xclient")
            self.reply(220, asked, lines=["mx.example ESMTP ready"])
            self.hello, self.user = None, None

    # --- AUTH (RFC 4954) ----------------------------------------------------------------------

    def on_auth(self, asked, argument, wish):
        words = argument.split()
        mechanism = words[0].upper() if words else ""
        self.attempt = Login(self.logins + 1, mechanism)
        self.logins += 1
        self.of_attempt("C", asked.end)
        self.attempt.said = [self.decode(asked, words[1])] if len(words) > 1 else []
        refusal = None
        if not words:
            refusal = 501
        elif self.hello in (None, "HELO") or self.user or self.mail:
            self.note("auth-out-of-place")
            refusal = 503
        elif mechanism not in self.policy.mechanisms:
            refusal = 504
        elif wish and wish >= 400 and wish != 535:
            refusal = wish
        if refusal:
            self.note("auth-refused")
            self.login_ends(asked, refusal)
            return
        self.attempt.wish = wish
        if len(words) > 1:
            self.note("auth-initial-response")
            self.answer(asked)
        else:
            self.challenge(asked)

    def of_attempt(self, side, end):
        self.truth.add(side, end, "smtp.auth.attempt", str(self.attempt.number))
        if self.attempt.mechanism:
            self.truth.add(side, end, "smtp.auth.mechanism", self.attempt.mechanism)

    def login_ends(self, asked, code, outcome=None):
        outcome = outcome or ("succeeded" if code == 235 else "failed")
        if code == 235:
            self.user = self.attempt.user or "?"
        self.mode = "command"
        end = self.reply(code, asked, extra=[("smtp.auth.outcome", outcome)])
        self.of_attempt("S", end)
        self.attempt = None

    def challenge(self, asked, text=b""):
        prompts = {"LOGIN": [b"Username:", b"Password:"], "CRAM-MD5": [b"<1896.697170952@mx.example>"]}
        if not text:
            wanted = prompts.get(self.attempt.mechanism, [])
            text = wanted[len(self.attempt.said)] if len(self.attempt.said) < len(wanted) else b""
        words = base64.b64encode(text).decode()
        # RFC 4954 section 4: a 334 without a challenge has its blank all the same.
        octets = f"334 {words}".encode() + self.policy.reply_end
        begin, self.spoken = self.spoken, self.spoken + len(octets)
        end = self.spoken
        self.of_attempt("S", end)
        self.truth.add("S", end, "smtp.rsp.parameter", words)
        if words:
            self.truth.add("S", end, "smtp.auth.challenge", text.decode())
        for name, value in (("smtp.response.code", "334"), ("smtp.response.class", "3"),
                            ("smtp.request_in", Ref("C", asked.end)), ("smtp.request.verb", "AUTH")):
            self.truth.add("S", end, name, value)
        self.truth.add("C", asked.end, "smtp.response_in", Ref("S", end), later=True)
        self.replies.append(Reply(334, octets, self.place, end))
        self.mode = "exchange"

    def take_exchange(self):
        taken = self.take_line()
        if taken is None:
            return False
        line, begin, end = taken
        asked = Asked("AUTH", end)
        self.of_attempt("C", end)
        self.note("auth-exchange")
        if line == b"*":
            self.note("auth-cancelled")
            self.login_ends(asked, 501, "cancelled")
        else:
            self.attempt.said.append(self.decode(asked, line.decode("latin-1")))
            if self.wishes.get(begin) == 421:
                self.note("421-in-auth")
                self.login_ends(asked, 421)
            else:
                self.answer(asked)
        return True

    def decode(self, asked, text):
        """What the client says of itself, whatever becomes of the login; None if it is no base64."""
        attempt = self.attempt
        try:
            said = (b"" if text == "=" else base64.b64decode(text, validate=True)).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            if attempt.mechanism == "LOGIN":
                # What is no base64 is what the client takes for the answer.
                self.truth.add("C", asked.end, "smtp.auth.password" if attempt.said else "smtp.auth.username", text)
            return None
        user = password = None
        if attempt.mechanism == "PLAIN" and said.count("\0") == 2:
            _, user, password = said.split("\0")
        elif attempt.mechanism == "LOGIN":
            user, password = (None, said) if attempt.said else (said, None)
        elif attempt.mechanism == "CRAM-MD5":
            user = said.rpartition(" ")[0]
        for name, value in (("username", user), ("password", password)):
            if value is not None:
                self.truth.add("C", asked.end, f"smtp.auth.{name}", value)
        attempt.user = user or attempt.user
        return said

    def answer(self, asked):
        attempt = self.attempt
        verdict = attempt.wish or 235
        if attempt.said[-1] is None:
            self.note("auth-bad-base64")
            self.login_ends(asked, 501)
        elif attempt.mechanism == "LOGIN" and len(attempt.said) == 1:
            self.challenge(asked)
        else:
            if verdict == 535:
                self.note("auth-wrong")
            self.login_ends(asked, verdict)


def path_in(argument):
    """The path between angle brackets, quoted strings respected (RFC 5321 section 4.1.2)."""
    begin = argument.find("<")
    if begin < 0:
        return argument.partition(":")[2].strip().partition(" ")[0]
    quoted = False
    for n in range(begin + 1, len(argument)):
        if argument[n] == '"' and argument[n - 1] != "\\":
            quoted = not quoted
        elif argument[n] == ">" and not quoted:
            return argument[begin + 1:n]
    return argument[begin + 1:]


def chunk_size(argument):
    """The octets of a chunk, or None if the arguments are none (RFC 3030 section 2)."""
    found = re.fullmatch(r"(\d{1,20})(?: +LAST)?", argument, re.IGNORECASE)
    return int(found[1]) if found else None
