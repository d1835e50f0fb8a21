"""The client: acts that it puts on for the server, and dialogues made of them.

An act holds all that it will do and what the server is to answer, drawn once from its own dice: acts
can be dropped or made smaller without changing the others. Acts of the honest grade do what the
standards allow; clumsy and hostile ones bear their ingredient's name.
"""

import base64
import hashlib
import random

from .server import Policy, Server
from .talk import Closed, Talk

WORDS = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor".split()

SENDERS = ["a@client.example", "", "alice+tag@client.example", '"a b"@client.example', '"x>y"@client.example',
           "bounce-77=b=mx.example@client.example"]
RECIPIENTS = ["b@mx.example", "c@mx.example", "d.e@mx.example", "postmaster", '"f g"@mx.example', '"h\\"i"@mx.example',
              "@hop.example:j@mx.example", "k@[192.0.2.7]"]
MAIL_PARAMETERS = {"SIZE": "SIZE=12345", "8BITMIME": "BODY=8BITMIME", "DSN": "RET=HDRS ENVID=QQ314159"}
RCPT_PARAMETERS = {"DSN": "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x@mx.example"}


# --- Parts ------------------------------------------------------------------------------------


def text_lines(dice, bare=True):
    """The lines of a message, each with what ends it inside the line, but for its CRLF."""
    lines = []
    if dice.random() < 0.85:
        lines += [b"Subject: " + dice.choice(WORDS).encode(), b""]
    special = [b".", b"..", b"...", b".x", b". ", b"QUIT", b"MAIL FROM:<x@y>", b"RCPT TO:<x@y>", b"DATA", b"BDAT 5",
               b"BDAT 5 LAST", b"250 ok", b"354 go", b"AUTH LOGIN", b"STARTTLS", b"RSET", b"", b"\t", b"  ", b"\x00",
               b"caf\xe9", "\u00fcber".encode(), b"a\rb", b"x" * 998, b"y" * 3000, b"-" * 70, b"From here"]
    if bare:
        special += [b"one\ntwo", b"one\n", b"\nx", b"a\n.b"]
    for _ in range(dice.choice((0, 1, 2, 3, 5, 8, 30))):
        if dice.random() < 0.5:
            lines.append(dice.choice(special))
        else:
            lines.append(" ".join(dice.choices(WORDS, k=dice.randrange(1, 9))).encode())
    return lines


def stuffed(lines):
    """Lines as DATA sends them (RFC 5321 section 4.5.2), without the end mark."""
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)


def b64(text):
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def cased(dice, line):
    """Verbs may be written in any case (RFC 5321 section 2.4)."""
    verb, blank, rest = line.partition(" ")
    kind = dice.random()
    verb = verb.lower() if kind < 0.1 else verb.title() if kind < 0.15 else verb
    return verb + blank + rest


class Act:
    """grade: honest, or hostile for all that the standards do not allow."""

    first = False  # said before the greeting
    needs = None  # the extension without which the client says nothing (now and then it tries)

    def __init__(self, dice, policy):
        self.dice_seed = dice.getrandbits(64)
        self.tries = dice.random() < 0.1
        self.draw(dice, policy)

    def draw(self, dice, policy):
        pass

    def smaller(self):
        """Acts that do less of the same, for the shrinker."""
        return []

    def copy(self, **changed):
        made = object.__new__(type(self))
        made.__dict__ |= self.__dict__ | changed
        return made

    def say_to(self, talk):
        raise NotImplementedError


# --- Honest acts ------------------------------------------------------------------------------


class Hello(Act):
    def draw(self, dice, policy):
        self.verb = "LHLO" if policy.lmtp else "EHLO" if dice.random() < 0.93 else "HELO"
        self.host = dice.choice(["client.example", "[192.0.2.1]", "[IPv6:2001:db8::1]", "pc"])
        self.refusal = dice.choice((500, 502, 450, 550)) if dice.random() < 0.05 else None

    def say_to(self, talk):
        talk.line(f"{self.verb} {self.host}", self.refusal)
        code, = talk.wait()
        if code >= 400 and self.verb == "EHLO":
            talk.line(f"HELO {self.host}")
            talk.wait()
        elif code >= 400:
            talk.line(f"{self.verb} {self.host}")
            talk.wait()


class Question(Act):
    """A command that changes nothing, or RSET."""

    KINDS = [("NOOP", 250), ("NOOP with words", 250), ("VRFY bob", 252), ("VRFY bob", 250), ("VRFY x", 550), ("VRFY x", 502),
             ("EXPN list", 250), ("EXPN list", 550), ("HELP", 214), ("HELP MAIL", 214), ("HELP", 502), ("RSET", 250),
             ("XYZZY", 500), ("FOOBAR and more", 502), ("ETRN mx.example", 458), ("NOOP", 421), ("NOOP", 451), ("X", 500)]

    def draw(self, dice, policy):
        self.line, self.wish = dice.choice(self.KINDS)
        if self.wish == 421 and dice.random() < 0.7:
            self.wish = 250
        self.line = cased(dice, self.line)

    def say_to(self, talk):
        if self.line.upper().split()[0] in ("XYZZY", "FOOBAR", "X"):
            talk.note("unknown-verb")
        talk.line(self.line, self.wish)
        talk.wait()


class Login(Act):
    needs = "AUTH"

    def draw(self, dice, policy):
        offered = policy.mechanisms or ["PLAIN"]
        self.mechanism = dice.choice([*offered, "LOGIN", "X-OTHER"])
        self.user = dice.choice(["alice", "bob@mx.example", "\u00fcser"])
        self.password = dice.choice(["secret", "pass word", "*", "x" * 40])
        self.initial = dice.random() < 0.5
        self.wish = dice.choice((None, None, None, 535, 535, 534, 454, 538, 421))
        self.cancel = dice.choice((0, 0, 0, 1, 2))
        self.broken = dice.random() < 0.05
        self.busy = dice.random() < 0.03
        self.challenge_in_answer = None

    def answers(self):
        if self.mechanism == "PLAIN":
            return [f"\0{self.user}\0{self.password}"]
        if self.mechanism == "LOGIN":
            return [self.user, self.password]
        digest = hashlib.md5(self.password.encode()).hexdigest()
        return [f"{self.user} {digest}"]

    def say_to(self, talk):
        answers = [b64(answer) for answer in self.answers()]
        if self.broken:
            answers[-1] = "!not base64!"
        line = f"AUTH {self.mechanism}"
        if self.initial and self.mechanism != "CRAM-MD5":
            line += " " + answers.pop(0)
        talk.line(line, self.wish)
        codes = talk.wait()
        turn = 1
        while codes[-1:] == [334]:
            if turn == self.cancel:
                talk.line("*")
            else:
                talk.line(answers.pop(0), 421 if self.busy else None)
            codes = talk.wait()
            turn += 1


class StartTls(Act):
    needs = "STARTTLS"

    def draw(self, dice, policy):
        self.line = "STARTTLS" if dice.random() < 0.9 else "STARTTLS now"
        self.wish = dice.choice((454, 454, 502, 500))

    def say_to(self, talk):
        talk.line(self.line, self.wish)
        talk.wait()


class Xclient(Act):
    needs = "XCLIENT"

    def draw(self, dice, policy):
        self.line = "XCLIENT " + dice.choice(["NAME=spike.example ADDR=168.100.189.2", "ADDR=192.0.2.9 PORT=4242", "HELO=x PROTO=ESMTP"])
        self.wish = dice.choice((None, None, 550, 501))

    def say_to(self, talk):
        talk.line(self.line, self.wish)
        codes = talk.wait()
        if codes == [220]:
            talk.line("EHLO spike.example")
            talk.wait()


class Send(Act):
    """A mail, by DATA or in chunks. The client pipelines if it may, and gives up as RFC 5321 wants."""

    # Said in the middle of a transaction, and the answer.
    BETWEEN = [("NOOP", 250), ("VRFY bob", 252), ("HELP", 214), ("EHLO client.example", 250), ("EHLO client.example", 503),
               ("HELO client.example", 504), ("STARTTLS", 454), ("AUTH PLAIN AGEAYg==", None), ("XCLIENT ADDR=192.0.2.9", None),
               ("XYZZY", 500), ("RCPT TO:<late@mx.example>", 250), ("RCPT TO:<late@mx.example>", 452), ("RSET", 250)]

    def draw(self, dice, policy):
        self.sender = dice.choice(SENDERS)
        self.rcpts = []
        rate = dice.choice((0, 0, 0, 0.3, 1))
        refusals = dice.choice(((450, 451, 452), (550, 551, 553), (450, 550, 421) if dice.random() < 0.3 else (450, 550)))
        for path in dice.sample(RECIPIENTS, dice.choice((1, 1, 1, 2, 3, 5))):
            wish = dice.choice(refusals) if dice.random() < rate else dice.choice((250, 250, 251))
            self.rcpts.append((path, wish, dice.random() < 0.2 and policy.offers("DSN")))
        self.mail = dice.choice((451, 550, 553, 452, 421)) if dice.random() < 0.06 else None
        self.data = dice.choice((451, 554, 421, 503)) if dice.random() < 0.06 else None
        self.lines = text_lines(dice)
        self.codes = [dice.choice((250, 250, 250, 452, 550, 554)) if policy.lmtp or policy.offers("PRDR")
                      else dice.choice((250, 250, 250, 250, 451, 554, 421 if dice.random() < 0.3 else 552)) for _ in range(5)]
        self.busy = dice.random() if dice.random() < 0.03 else None
        self.chunks = None
        if policy.offers("CHUNKING") and dice.random() < 0.5:
            self.chunks = dice.choice((1, 1, 2, 3))
        self.last_line_open = dice.random() < 0.2  # a chunk need not end with a line
        self.zero_last = dice.random() < 0.3
        self.refused_chunk = dice.choice((451, 554, 552)) if dice.random() < 0.15 else None
        self.parameters = [MAIL_PARAMETERS[name] for name in MAIL_PARAMETERS if policy.offers(name) and dice.random() < 0.3]
        if policy.offers("PRDR"):
            self.parameters.append("PRDR")
        self.pipelines = policy.offers("PIPELINING") and dice.random() < 0.8
        self.next_at_once = dice.random() < 0.4
        self.write = dice.random() < 0.1
        self.waits = dice.random() < 0.2
        self.reset = dice.choice(("RSET", "RSET", None))
        self.lower = dice.random() < 0.1
        self.late_reset = dice.random() < 0.05
        self.between = dice.choice(self.BETWEEN) if dice.random() < 0.12 else None

    def smaller(self):
        for n in range(len(self.rcpts)):
            if len(self.rcpts) > 1:
                yield self.copy(rcpts=self.rcpts[:n] + self.rcpts[n + 1:])
        if len(self.lines) > 1:
            half = len(self.lines) // 2
            yield self.copy(lines=self.lines[:half])
            yield self.copy(lines=self.lines[half:])
        if self.parameters:
            yield self.copy(parameters=[])
        if self.pipelines:
            yield self.copy(pipelines=False)
        if self.next_at_once:
            yield self.copy(next_at_once=False)
        if self.chunks and self.chunks > 1:
            yield self.copy(chunks=self.chunks - 1)

    def said(self, line):
        return line.lower() if self.lower and "<" not in line else line

    def pause(self, talk, codes):
        if not self.pipelining:
            codes += talk.wait()

    def envelope(self, talk):
        """MAIL and RCPT. Returns the replies that were waited for."""
        codes = []
        extended = talk.server.hello in ("EHLO", "LHLO")
        talk.line(" ".join([f"MAIL FROM:<{self.sender}>", *(self.parameters if extended else ())]), self.mail)
        self.pause(talk, codes)
        if not self.pipelining and codes[0] >= 400:
            return codes
        for path, wish, notify in self.rcpts:
            more = " " + RCPT_PARAMETERS["DSN"] if notify and extended else ""
            talk.line(f"RCPT TO:<{path}>{more}", wish)
            self.pause(talk, codes)
        return codes

    def say_to(self, talk):
        self.pipelining = self.pipelines and talk.offers("PIPELINING")
        codes = self.envelope(talk)
        if self.between:
            line, wish = self.between
            talk.wait()
            talk.note("between-" + line.split()[0].lower())
            talk.line(line, wish)
            talk.wait()
        nobody = codes and (codes[0] >= 400 or all(code >= 400 for code in codes[1:]))
        if nobody:
            self.give_up(talk)
        elif self.late_reset:
            codes += talk.wait()
            talk.line(self.said("RSET"))
            talk.wait()
        elif self.chunks and talk.offers("CHUNKING"):
            self.send_chunks(talk)
        else:
            self.send_text(talk)

    def give_up(self, talk):
        if self.reset:
            talk.line(self.said(self.reset))
            talk.wait()

    def send_text(self, talk):
        talk.line(self.said("DATA"), self.data)
        codes = talk.wait()
        if codes[-1] != 354:
            return self.give_up(talk)
        text = stuffed(self.lines) + b".\r\n"
        wish = {"codes": self.codes}
        if self.busy is not None and len(text) > 10:
            wish["421 at"] = round(self.busy * (len(text) - 8))
            # What was on its way already when the server gave up.
            text = text[:wish["421 at"] + 1 + round(self.busy * 4)]
        talk.say(text, wish)
        # The next group may begin right after the text (RFC 2920 section 3.1), if that has an end.
        if not (self.pipelining and self.next_at_once and "421 at" not in wish):
            talk.wait()
        return None

    def send_chunks(self, talk):
        octets = b"\r\n".join(self.lines) + (b"" if self.last_line_open else b"\r\n")
        if self.chunks > 1:
            dice = random.Random(self.dice_seed)
            edges = sorted(dice.randrange(len(octets) + 1) for _ in range(self.chunks - 1))
        else:
            edges = []
        parts = [octets[a:b] for a, b in zip([0, *edges], [*edges, len(octets)])]
        if self.zero_last:
            parts.append(b"")
        parts = [part for part in parts[:-1] if part] + parts[-1:]
        for n, part in enumerate(parts):
            last = n == len(parts) - 1
            refused = self.refused_chunk if n == 0 and not last else None
            talk.say(f"BDAT {len(part)}{' LAST' if last else ''}\r\n".encode() + part, {"codes": self.codes} if last else refused)
            if not self.pipelining:
                codes = talk.wait()
                if codes[-1] >= 400:
                    if talk.server.mail:
                        talk.line("RSET")
                        talk.wait()
                    return
        if not (self.pipelining and self.next_at_once) or talk.server.failed:
            codes = talk.wait()
            if codes and codes[-1] >= 400 and talk.server.mail:
                talk.line("RSET")
                talk.wait()


class Quit(Act):
    def say_to(self, talk):
        talk.line("QUIT")
        talk.wait()


class Drop(Act):
    """The client goes without a word."""

    def say_to(self, talk):
        talk.wait()
        raise Closed


# --- Clumsy and hostile ones --------------------------------------------------------------------


class Blast(Send):
    """A mail in one go, text and all, without waiting for any reply."""

    def draw(self, dice, policy):
        super().draw(dice, policy)
        self.lines = text_lines(dice, bare=False)[:6]
        self.data = dice.choice((None, None, 451, 554))
        self.busy = self.mail = None
        self.more = dice.choice(("", "", "QUIT", "NOOP", "RSET"))

    def say_to(self, talk):
        self.pipelining = True
        self.envelope(talk)
        talk.line("DATA", self.data)
        before = talk.server.mode
        text = stuffed(self.lines) + b".\r\n"
        talk.note("text-before-354" if before == "text" else "data-refused-text-follows")
        talk.say(text, {"codes": self.codes} if before == "text" else None)
        if self.more:
            talk.note("commands-after-text")
            talk.line(self.more)
        talk.wait()


class CommandsAfterData(Blast):
    """What follows DATA in the batch are commands, as the client means it."""

    def say_to(self, talk):
        self.pipelining = True
        self.envelope(talk)
        talk.line("DATA", self.data)
        talk.note("commands-after-data-354" if talk.server.mode == "text" else "commands-after-data-refused")
        wish = {"codes": self.codes} if talk.server.mode == "text" else None
        talk.say("NOOP\r\nRSET\r\nMAIL FROM:<two@client.example>\r\n", wish)
        talk.wait()
        if talk.server.mode == "text":
            talk.say(".\r\n")
            talk.wait()


class WholeSession(Blast):
    """Hello, mail and goodbye in one go."""

    def say_to(self, talk):
        talk.note("session-in-one-go")
        talk.line(("LHLO" if talk.server.policy.lmtp else "EHLO") + " client.example")
        super().say_to(talk)


class TlsLookalike(Act):
    def draw(self, dice, policy):
        self.octets = dice.choice((b"\x16\x03\x01\x40\x00\x01", b"\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03abcdefgh",
                                   b"\x80\x2e\x01\x03\x01\x00\x15", b"\x15\x03\x01\x00\x02\x02\x28"))
        self.more = dice.random() < 0.5

    def say_to(self, talk):
        talk.note("tls-lookalike")
        talk.line(self.octets)
        if self.more:
            talk.line("NOOP")
        talk.wait()


class WrongHello(Act):
    def say_to(self, talk):
        lmtp = talk.server.policy.lmtp
        talk.line("EHLO client.example" if lmtp else "LHLO client.example")
        talk.wait()
        talk.line("LHLO client.example" if lmtp else "EHLO client.example")
        talk.wait()


class ChunksUnasked(Send):
    """BDAT to a server that does not offer CHUNKING."""

    def draw(self, dice, policy):
        super().draw(dice, policy)
        policy.keywords = tuple(word for word in policy.keywords if word != "CHUNKING")
        self.code = dice.choice((500, 502, 503))
        self.mail = self.busy = None
        self.lines = text_lines(dice, bare=False)[:4]
        self.at_once = dice.random() < 0.6

    def say_to(self, talk):
        self.pipelining = False
        self.envelope(talk)
        octets = b"\r\n".join(self.lines) + b"\r\n"
        talk.note("bdat-not-offered-text-follows" if self.at_once else "bdat-not-offered")
        talk.line(f"BDAT {len(octets)} LAST", self.code)
        if self.at_once:
            talk.say(octets)
        talk.wait()
        talk.line("RSET")
        talk.wait()


class BadChunk(Act):
    """BDAT with arguments that are none."""

    def draw(self, dice, policy):
        if not policy.offers("CHUNKING"):
            policy.keywords += ("CHUNKING",)
        self.argument = dice.choice(("", " x", " x LAST", " -1", " 5 LAST x", " 0x10", " 5 FIRST", " 123456789012345678901234567890", " LAST", " 5LAST"))

    def say_to(self, talk):
        talk.line("MAIL FROM:<a@client.example>")
        talk.wait()
        talk.line("RCPT TO:<b@mx.example>")
        talk.wait()
        talk.line("BDAT" + self.argument)
        talk.wait()
        talk.line("RSET")
        talk.wait()


class BrokenOff(Send):
    """A command that ends a mail between its chunks, refused or not."""

    def draw(self, dice, policy):
        super().draw(dice, policy)
        if not policy.offers("CHUNKING"):
            policy.keywords += ("CHUNKING",)
        self.mail = self.busy = self.refused_chunk = None
        hello = "LHLO" if policy.lmtp else "EHLO"
        self.ends = dice.choice((("QUIT now", None), ("RSET", 501), ("RSET", 250), ("STARTTLS now", 501), (hello, 501)))
        self.parts = [b"Subject: in parts\r\n\r\n", b"The text.\r\n" * dice.choice((0, 1, 200))]
        self.at_once = dice.random() < 0.5

    def say_to(self, talk):
        self.pipelining = False
        if not talk.offers("CHUNKING"):
            return
        self.envelope(talk)
        first, last = self.parts
        talk.note("broken-off" if self.ends[1] == 250 else "broken-off-refused")
        talk.say(f"BDAT {len(first)}\r\n".encode() + first)
        if not self.at_once:
            talk.wait()
        talk.line(*self.ends)
        if not self.at_once:
            talk.wait()
        talk.say(f"BDAT {len(last)} LAST\r\n".encode() + last, {"codes": self.codes})
        talk.wait()


class LoginInOneGo(Login):
    def say_to(self, talk):
        answers = [b64(answer) for answer in self.answers()]
        talk.line(f"AUTH {self.mechanism}", self.wish if self.wish != 421 else None)
        if talk.server.mode == "exchange":
            talk.note("auth-in-batch")
        else:
            # Nonsense to the server, and secrets all the same.
            talk.note("auth-refused-lines-follow")
            talk.truth.unsure |= {f"smtp.auth.{name}" for name in ("attempt", "mechanism", "username", "password")}
        for answer in answers:
            talk.line(answer)
        talk.wait()


class OddVerb(Send):
    """A message begun by something else than DATA."""

    def draw(self, dice, policy):
        super().draw(dice, policy)
        self.rcpts = [(path, 250, False) for path, _, _ in self.rcpts]
        self.data = self.busy = self.mail = None
        self.verb = dice.choice(("DATA\x0b", "D\x00ATA", "TEXT", "BODY"))
        policy.cleans_verbs = True
        policy.texts += ("TEXT", "BODY")

    def say_to(self, talk):
        self.pipelining = False
        self.envelope(talk)
        if self.verb.startswith("D"):
            talk.note("data-with-control")
        talk.line(self.verb)
        talk.wait()
        if talk.server.mode == "text":
            talk.say(stuffed(self.lines) + b".\r\n", {"codes": self.codes})
            talk.wait()


class FalseEnd(Send):
    """Something that some servers take for the end of a message, and commands after it (smuggling)."""

    MARKS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n"]
    # Such as no server of today takes, but scanners try.
    OTHERS = [b"\r.\r", b"\r\n.\r\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\n\n.\n\n", b"\r.\r\n"]

    def draw(self, dice, policy):
        super().draw(dice, policy)
        self.mark = dice.choice(self.MARKS)
        self.taken = dice.random() < 0.5
        if not self.taken and dice.random() < 0.5:
            self.mark = dice.choice(self.OTHERS)
        if self.taken:
            policy.ends = policy.ends | {self.mark}
        self.mail = self.data = self.busy = None
        self.lines = text_lines(dice, bare=False)[:5]
        self.smuggled = dice.choice((
            b"MAIL FROM:<evil@client.example>\r\nRCPT TO:<victim@mx.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n",
            b"NOOP\r\n", b"harmless words\r\n", b"RSET\r\nMAIL FROM:<evil@client.example>\r\n"))
        self.decoy = dice.choice(self.MARKS) + b"words\r\nmore words" if self.taken and dice.random() < 0.4 else b""

    def say_to(self, talk):
        self.pipelining = False
        self.envelope(talk)
        talk.line("DATA")
        talk.wait()
        if talk.server.mode != "text":
            return
        talk.note("false-end-taken" if self.taken else "false-end-not-taken")
        text = stuffed(self.lines).removesuffix(b"\r\n")
        if self.decoy and self.smuggled != b"harmless words\r\n":
            talk.note("false-end-before-it")
            text += self.decoy
        talk.say(text + self.mark + self.smuggled + b".\r\n", {"codes": self.codes})
        talk.wait()


class StaysOpen(Send):
    """A server that keeps the transaction of a refused message."""

    def draw(self, dice, policy):
        super().draw(dice, policy)
        policy.keeps_refused = True
        self.codes = [554] * 5
        self.rcpts = [(path, 250, False) for path, _, _ in self.rcpts]
        self.mail = self.data = self.busy = self.refused_chunk = None
        self.late_reset = self.next_at_once = False
        self.between = None


class RefusedReset(Send):
    """A server that refuses RSET: the transaction goes on."""

    def draw(self, dice, policy):
        super().draw(dice, policy)
        self.between = ("RSET", 500)
        self.mail = self.busy = None


class Clumsy(Act):
    """Commands that servers take although they are not written as they should be."""

    KINDS = [("lf", b"NOOP\n"), ("crcrlf", b"NOOP\r\r\n"), ("blank-before-verb", b" NOOP\r\n"), ("blank-after-verb", b"NOOP \r\n"),
             ("tab", b"HELP\tMAIL\r\n"), ("empty-line", b"\r\n"), ("long-line", b"NOOP " + b"x" * 3000 + b"\r\n"),
             ("control", b"NO\x01OP\r\n"), ("quit-with-words", b"QUIT now\r\n"), ("eight-bit", b"caf\xe9 noir\r\n")]
    ENVELOPES = [("blank-before-path", "MAIL FROM: <a@client.example>", "RCPT TO: <b@mx.example>"),
                 ("no-brackets", "MAIL FROM:a@client.example", "RCPT TO:b@mx.example"),
                 ("blanks-at-end", "MAIL FROM:<a@client.example>  ", "RCPT TO:<b@mx.example> "),
                 ("verb-tab", "MAIL\tFROM:<a@client.example>", "RCPT\tTO:<b@mx.example>"),
                 ("small-keyword", "mail from:<a@client.example>", "rcpt to:<b@mx.example>")]

    def draw(self, dice, policy):
        self.name, self.octets = dice.choice(self.KINDS)
        self.envelope = dice.choice(self.ENVELOPES) if dice.random() < 0.5 else None

    def say_to(self, talk):
        if self.envelope:
            name, sender, rcpt = self.envelope
            talk.note(f"clumsy-{name}")
            talk.line(sender)
            talk.wait()
            talk.line(rcpt)
            talk.wait()
            talk.line("RSET")
        else:
            talk.note(f"clumsy-{self.name}")
            talk.say(self.octets, 250 if b"NO" in self.octets else None)
        talk.wait()


class ServerOdd(Act):
    """What a server should not do."""

    def draw(self, dice, policy):
        self.kind = dice.choice(("silent", "says_more", "bans", "nested", "reply_end"))
        setattr(policy, self.kind, {"silent": ("NOOP",), "says_more": ("NOOP",), "bans": ("SUBJECT:", "GET"), "nested": 250,
                                    "reply_end": b"\n"}[self.kind])

    def say_to(self, talk):
        if self.kind == "silent":
            talk.line("NOOP")
            talk.wait()
            talk.line("QUIT")
        elif self.kind == "says_more":
            talk.line("NOOP")
        elif self.kind == "bans":
            talk.line("GET / HTTP/1.1")
            talk.line("Host: mx.example")
        elif self.kind == "nested":
            for _ in range(2):
                talk.line("MAIL FROM:<a@client.example>")
                talk.wait()
                talk.line("RCPT TO:<b@mx.example>")
                talk.wait()
            talk.line("RSET")
        else:
            talk.note("reply-by-lf")
            talk.line("HELP")
        talk.wait()


class GreetsFirst(Act):
    first = True

    def say_to(self, talk):
        talk.note("client-says-220")
        talk.line("220 client.example ESMTP")
        talk.wait()


class TalksFirst(Act):
    """A client that does not wait for the greeting."""

    first = True

    def say_to(self, talk):
        talk.note("talks-before-greeting")
        talk.line(("LHLO" if talk.server.policy.lmtp else "EHLO") + " client.example")
        talk.wait()


class TlsInOneGo(Act):
    """STARTTLS that is refused, with more in the same batch."""

    def say_to(self, talk):
        talk.note("starttls-in-batch")
        talk.line("STARTTLS", 454)
        talk.line("NOOP")
        talk.line("HELP")
        talk.wait()


HOSTILE = [RefusedReset, Blast, Blast, CommandsAfterData, CommandsAfterData, WholeSession, TlsLookalike, WrongHello, ChunksUnasked, BadChunk, BrokenOff,
           LoginInOneGo, LoginInOneGo, OddVerb, FalseEnd, FalseEnd, FalseEnd, StaysOpen, Clumsy, Clumsy, Clumsy, ServerOdd,
           ServerOdd, ServerOdd, GreetsFirst, TalksFirst, TlsInOneGo]

HONEST = [(Send, 6), (Question, 3), (Login, 2), (StartTls, 0.6), (Xclient, 0.6), (Hello, 0.5)]


# --- Dialogues --------------------------------------------------------------------------------


def draw_policy(dice):
    lmtp = dice.random() < 0.2
    offers = ["PIPELINING", "SIZE 52428800", "8BITMIME", "DSN", "CHUNKING", "STARTTLS", "SMTPUTF8", "HELP", "ETRN",
              "XCLIENT NAME ADDR PORT HELO PROTO", "AUTH PLAIN LOGIN CRAM-MD5", "AUTH LOGIN PLAIN", "ENHANCEDSTATUSCODES", "PRDR"]
    likely = {"PIPELINING": 0.8, "CHUNKING": 0.5, "PRDR": 0.1}
    keywords = [word for word in offers if dice.random() < likely.get(word, 0.4)]
    if "AUTH PLAIN LOGIN CRAM-MD5" in keywords and "AUTH LOGIN PLAIN" in keywords:
        keywords.remove("AUTH LOGIN PLAIN")
    if lmtp:
        keywords = [word for word in keywords if word != "PRDR" and not word.startswith("XCLIENT")]
    dice.shuffle(keywords)
    esmtp = lmtp or dice.random() < 0.93
    greeting = dice.choices((220, 554, 421), (96, 2, 2))[0]
    return Policy(lmtp=lmtp, esmtp=esmtp, keywords=tuple(keywords) if esmtp else (), enhanced="ENHANCEDSTATUSCODES" in keywords,
                  queue_ids=dice.random() < 0.7, long_replies=dice.choice((0, 0.1, 0.4)), checks_late=dice.random() < 0.2,
                  greeting=greeting)


def draw_acts(dice, policy, honest):
    """Hello, some acts, goodbye. One act of the hostile grade is enough to tell what it does to the rest."""
    kinds, weights = zip(*HONEST)
    acts = [Hello(dice, policy)]
    for _ in range(dice.choice((1, 1, 2, 3, 4, 6) if honest else (0, 1))):
        acts.append(dice.choices(kinds, weights)[0](dice, policy))
    if not honest:
        odd = dice.choice(HOSTILE)(dice, policy)
        acts.insert(0 if odd.first else len(acts), odd)
        acts += [Question(dice, policy), Send(dice, policy)][:dice.randrange(3)]
    acts.append(dice.choices((Quit, Drop), (9, 1))[0](dice, policy))
    return acts


class Dialogue:
    """A dialogue of that seed, with its truth; or another one made of some of its acts."""

    def __init__(self, seed, honest=None, policy=None, acts=None, cuts=True):
        # Of five dialogues two are hostile.
        honest = seed % 5 < 3 if honest is None else honest
        self.seed, self.honest, self.cuts = seed, honest, cuts
        if acts is None:
            dice = random.Random(f"dialogue {seed} {honest}")
            policy = draw_policy(dice)
            acts = draw_acts(dice, policy, honest)
        self.policy, self.acts = policy, acts
        server = Server(self.policy, seed)
        self.talk = Talk(seed, server)
        try:
            if not (self.acts and self.acts[0].first):
                self.talk.wait()
            for act in self.acts:
                self.talk.read = len(server.replies)
                if act.needs is None or act.tries or self.talk.offers(act.needs):
                    act.say_to(self.talk)
                    self.settle()
            self.talk.wait()
        except Closed:
            pass
        server.never_judged()
        self.truth = server.truth
        self.talk.note(*(mail.outcome() for mail in self.truth.mails))
        if any(mail.ended is None for mail in self.truth.mails):
            self.talk.note("ends-in-transaction")
            if server.chunks:  # what there is of a message may be shown
                self.truth.messages.append((server.chunks, False))
        self.steps = self.talk.steps(random.Random(f"cuts {seed}"), cuts)
        self.port = 24 if self.policy.lmtp else random.Random(seed).choice((25, 25, 587))

    def settle(self):
        """The next act begins where a command can be said."""
        server = self.talk.server
        for mode, line in (("exchange", "*"), ("text", "\r\n."), ("chunk", "x" * 5000)):
            if server.mode == mode and not server.closed:
                self.talk.line(line)
                self.talk.wait()

    def variants(self):
        """Dialogues that are simpler by one thing."""
        for n in range(len(self.acts)):
            if len(self.acts) > 1:
                yield Dialogue(self.seed, self.honest, self.policy, self.acts[:n] + self.acts[n + 1:], self.cuts)
        if self.cuts:
            yield Dialogue(self.seed, self.honest, self.policy, self.acts, False)
        for n, act in enumerate(self.acts):
            for smaller in act.smaller():
                yield Dialogue(self.seed, self.honest, self.policy, [*self.acts[:n], smaller, *self.acts[n + 1:]], self.cuts)

    def transcript(self):
        lines = []
        for who, octets in self.talk.wire:
            text = octets.decode("latin-1").encode("unicode_escape").decode()
            text = text.replace("\\r\\n", "\n").removesuffix("\n") if octets.endswith(b"\r\n") else text.replace("\\r\\n", "\n") + "\\c"
            first = True
            for line in text.split("\n"):
                lines.append(f"{who}{':' if first else '+'} {line if len(line) < 200 else line[:100] + '...' + line[-60:]}")
                first = False
        return "\n".join(lines)
