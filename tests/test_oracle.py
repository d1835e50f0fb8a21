"""The oracle: what the plugin shows is what live servers say became of each dialogue.

The dialogues are in tests/oracle/. captures/lab/run spoke them to live servers; captures/oracle/ holds what
went over the wire, and beside it the truth: what each server logged and delivered. Where the plugin is known
to be wrong, tests/oracle/expected.tsv says why; that list must name these and no others. In one pass a connection may
differ, too, where a warning (smtp.expert.read_anew) or an error (fake_end_taken) says that later passes know better: the server disproved a reading
that was shown already.
"""

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import oracle
from tshark import _packets

CAPTURES = Path(__file__).parent.parent / "captures/oracle"
TRUTHS = {path.stem: json.loads(path.read_text()) for path in sorted(CAPTURES.glob("*.json"))}
# _ws.expert.severity
WARNING = 0x600000
# How reasons begin that no reader of the wire could know.
HIDDEN = "the wire does not tell: "


def _expected():
    """{(server, two passes): {dialogue: reason}} of what is known to be shown wrongly."""
    found = {(server, two_pass): {} for server in TRUTHS for two_pass in (False, True)}
    for line in (oracle.FOLDER / "expected.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            dialogue, servers, reason = line.split("\t")
            assert reason.strip(), line
            for word in servers.split():
                server, _, only = word.partition(":")
                for two_pass in {"": (False, True), "1": (False,), "2": (True,)}[only]:
                    assert dialogue in TRUTHS[server]["connections"], line
                    assert dialogue not in found[server, two_pass], line
                    found[server, two_pass][dialogue] = reason
    return found


EXPECTED = _expected()


# --- what the plugin shows --------------------------------------------------------------------


@dataclass
class Shown:
    """One connection. mails: accepted ones, as (sender, recipients); numbers: of all transactions."""

    mails: list = field(default_factory=list)
    numbers: set = field(default_factory=set)
    messages: list = field(default_factory=list)
    logins: list = field(default_factory=list)
    denied: int = 0
    user: str = ""
    anew: bool = False  # a warning says that what was shown before was not what the server made of it


def _read(shown, item):
    """Reads an object of tshark's JSON and all below it."""
    values = {}
    for name, value in item:
        if isinstance(value, list) and not hasattr(value, "child"):
            values.setdefault(name, []).extend(value)
        else:
            values.setdefault(name, []).append(value)
    if "smtp.auth.username" in values:
        shown.user = values["smtp.auth.username"][-1]
    if values.get("smtp.auth.outcome") == ["succeeded"]:
        shown.logins.append(shown.user)
    elif "smtp.auth.outcome" in values:
        shown.denied += 1
    shown.numbers.update(values.get("smtp.transaction", ()))
    if "smtp.expert.read_anew" in values or "smtp.expert.fake_end_taken" in values:
        shown.anew |= any(int(severity, 0) >= WARNING for severity in values["_ws.expert.severity"])
    if values.get("smtp.transaction.outcome") == ["accepted"]:
        shown.mails.append((oracle.address(values["smtp.transaction.sender"][0]),
                            sorted({oracle.address(each) for each in
                                    values.get("smtp.transaction.recipient", ())})))
    for name, value in item:
        if hasattr(value, "child"):
            _read(shown, value)


def _dissected(tshark, server, two_pass):
    """{client's address and port: Shown}, by one run."""
    text = tshark.run(CAPTURES / f"{server}.pcapng.gz", "-T", "json", "-x", "-J", "ip tcp smtp imf",
                      filter="smtp.transaction.outcome || smtp.auth.username || smtp.auth.outcome || imf || "
                             "smtp.expert.read_anew || smtp.expert.fake_end_taken",
                      two_pass=two_pass)
    streams, clients = {}, {}
    for packet in _packets(text):
        layers = packet.child("_source").child("layers")
        ip, tcp = layers.child("ip"), layers.child("tcp")
        stream = tcp.child("tcp.stream")
        ends = sorted(((int(tcp.child(f"tcp.{end}port")), ip.child(f"ip.{end}")) for end in ("src", "dst")))
        clients[stream] = "%s:%d" % (ends[1][1], ends[1][0])
        shown = streams.setdefault(stream, Shown())
        for name, value in layers:
            if name == "smtp":
                _read(shown, value)
            elif name == "imf_raw":
                several = isinstance(value[0], list)
                shown.messages += [bytes.fromhex(raw[0]) for raw in (value if several else [value])]
    return {clients[stream]: shown for stream, shown in streams.items()}


# --- compared ---------------------------------------------------------------------------------


EMPTY = oracle.digest(b"")


def _same(mail, message):
    """Whether a message shown is the one delivered; where servers alter octets, whether the rest of it is."""
    if oracle.ALTERED.search(message):
        return mail["words"] == oracle.words(message)
    return mail["sha256"] == oracle.digest(message)


def differences(told, shown):
    """What of a connection is not as the server says, in words."""
    found = []
    mails = sorted((mail["sender"], mail["recipients"]) for mail in told["mails"])
    if sorted(shown.mails) != mails:
        found.append(f"mails accepted: {sorted(shown.mails)}, the server has {mails}")
    missing, extra = list(told["mails"]), []
    for message in shown.messages:
        same = [mail for mail in missing if _same(mail, message)]
        if same:
            missing.remove(same[0])
        else:
            extra.append(message)
    # An empty message is none to show.
    missing = [mail for mail in missing if mail["sha256"] != EMPTY]
    extra = [message for message in extra if oracle.digest(message) != EMPTY]
    if missing:
        found.append(f"{len(missing)} of {len(mails)} messages delivered are not shown as they are")
    # A message that was refused, or that nothing was said to, is shown all the same.
    if len(extra) > len(shown.numbers) - len(shown.mails):
        found.append(f"{len(extra)} messages shown that are not the server's")
    if len(shown.logins) != len(told["logins"]) or any(
            user and user.partition("@")[0] != name.partition("@")[0]
            for user, name in zip(told["logins"], shown.logins)):
        found.append(f"logins: {shown.logins}, the server let in {told['logins']}")
    # Not each server logs each of them.
    if shown.denied < told["denied"]:
        found.append(f"{shown.denied} logins failed or given up, the server says {told['denied']}")
    return found


@pytest.fixture(scope="module")
def compared(tshark):
    """A function: {dialogue: differences} of a server in one or two passes."""

    @functools.cache
    def compare(server, two_pass):
        dissected = _dissected(tshark, server, two_pass)
        found = {}
        for name, told in TRUTHS[server]["connections"].items():
            shown = dissected.get(told["client"], Shown())
            said = shown.anew and not two_pass
            found[name] = [] if said else differences(told, shown)
        return found

    return compare


def _count(server, two_pass, agree, total):
    reasons = EXPECTED[server, two_pass].values()
    hidden = sum(reason.startswith(HIDDEN) for reason in reasons)
    return (f"{server}, {'two passes' if two_pass else 'one pass'}: {agree} of {total} agree; "
            f"expected to disagree: {len(reasons) - hidden}, and {hidden} that the wire does not tell")


@pytest.mark.parametrize("two_pass", [False, True], ids=["one-pass", "two-passes"])
@pytest.mark.parametrize("server", TRUTHS)
def test_agrees(compared, record_property, server, two_pass):
    found = compared(server, two_pass)
    wrong = {name for name, what in found.items() if what}
    record_property("oracle", _count(server, two_pass, len(found) - len(wrong), len(found)))
    listed = EXPECTED[server, two_pass].keys()
    new, mended = sorted(wrong - listed), sorted(listed - wrong)
    text = [f"{name}: " + "; ".join(found[name]) for name in new]
    text += [f"{name}: agrees now; take it off tests/oracle/expected.tsv" for name in mended]
    if text:
        pytest.fail("\n".join([f"{len(new)} disagree, {len(mended)} agree that should not", *text]), False)


def test_truths_are_those_of_the_dialogues():
    """A dialogue that was changed must be spoken anew."""
    dialogues = oracle.dialogues()
    assert len(dialogues) >= 150
    assert TRUTHS.keys() == oracle.SERVERS.keys()
    for server, truth in TRUTHS.items():
        spoken = {each.name: each.fingerprint(server) for each in dialogues if server in each.servers}
        assert {name: told["said"] for name, told in truth["connections"].items()} == spoken


def test_size():
    assert sum(path.stat().st_size for path in CAPTURES.iterdir()) < 3_000_000
