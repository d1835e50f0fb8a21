"""The captures of real servers and clients: what the plugin shows is what both ends said happened.

Beside each capture that captures/lab/run made lies a JSON file with the server's word (from its log)
and the client's (from its transcript, or its log where it is a mail server). Neither was read from
the capture.
"""

import json
from pathlib import Path

import pytest

CAPTURES = Path(__file__).parent.parent / "captures"


def _word(path):
    word = json.loads(path.read_text())
    return word if isinstance(word, dict) and {"shows", "server", "client"} <= word.keys() else None


WORDS = {path.stem: word for path in sorted(CAPTURES.glob("*.json")) if (word := _word(path))}

TLS_VERSIONS = {"0x0303": "TLSv1.2", "0x0304": "TLSv1.3"}


class Session:
    """One TCP connection as the plugin shows it."""

    def __init__(self):
        self.codes = []
        self.ehlo = []
        self.mails = []      # {"sender", "code", "recipients": [{"address", "code"}], ...}
        self.recipients = [] # of all RCPT, also of those that no MAIL came before
        self.results = []    # what the final replies say
        self.auth = []
        self.verbs = []
        self.tls = False

    def add(self, item):
        name, value = item.name.removeprefix("smtp."), item.value
        if name == "response.code":
            self.codes.append(int(value))
        elif name == "req.verb":
            self.verbs.append(value)
        elif name == "ehlo.domain":
            self.ehlo.append([])
        elif name == "ehlo.keyword":
            self.ehlo[-1].append(value)
        elif name == "mail.from":
            self.mails.append({"sender": value, "recipients": []})
        elif name == "mail.status":
            self.mails[-1]["code"] = int(value)
        elif name == "rcpt.to":
            self.recipients.append({"address": value})
            if self.mails:
                self.mails[-1]["recipients"].append(self.recipients[-1])
        elif name == "rcpt.status":
            self.recipients[-1]["code"] = int(value)
        elif name == "auth.username":
            self.user = value
        elif name == "auth.outcome":
            self.auth.append({"user": getattr(self, "user", ""), "outcome": value})
        elif name == "tls":
            self.tls = True

    def add_result(self, layer):
        """The final replies of a layer: each begins with smtp.transaction.sender or its number."""
        for reply in layer.walk():
            outcomes = [child for child in reply.children
                        if child.name == "smtp.transaction.outcome"]
            if outcomes:
                self.results.append({
                    "outcome": outcomes[0].value,
                    "sender": _one(reply, "smtp.transaction.sender"),
                    "accepted": reply.values("smtp.transaction.recipient"),
                    "rejected": reply.values("smtp.transaction.recipient.rejected"),
                    "size": _number(reply, "smtp.transaction.size"),
                    "queue_id": _one(reply, "smtp.transaction.queue_id"),
                })


def _one(item, name):
    found = item.values(name)
    return found[0] if found else None


def _number(item, name):
    value = _one(item, name)
    return None if value is None else int(value)


@pytest.fixture(scope="module")
def dissected(recorded):
    """A function: the sessions of a capture, in the order of their connections."""
    captures = {name: {} for name in recorded.first}
    for frame in recorded.frames(two_pass=True).values():
        session = captures[recorded.owner(frame.number)[0]].setdefault(frame.stream, Session())
        for layer in frame.layers:
            for item in layer.walk():
                session.add(item)
            session.add_result(layer)
    return lambda name: [session for _, session in sorted(captures[name].items())]


def _where(*names):
    """The captures whose JSON has that."""
    found = []
    for name, word in WORDS.items():
        for step in names:
            word = word.get(step) if isinstance(word, dict) else None
        if word:
            found.append(name)
    return found


def _pairs(name, dissected):
    """(the client's session, the plugin's session) of each connection."""
    told, shown = WORDS[name]["client"]["sessions"], dissected(name)
    assert len(shown) == len(told), "number of connections"
    return list(zip(told, shown))


def test_there_are_captures():
    assert len(WORDS) >= 40
    for name in WORDS:
        assert (CAPTURES / f"{name}.pcapng").stat().st_size < 300_000
    assert sum((CAPTURES / f"{name}.pcapng").stat().st_size for name in WORDS) < 6_000_000


@pytest.mark.parametrize("name", _where("client", "sessions"))
def test_client_greeting_and_extensions(dissected, name):
    for told, shown in _pairs(name, dissected):
        # Half a greeting, whose last line never comes, has no code: a reply's code stands with its last line.
        if "greeting" in told and name != "postscreen-too-early":
            assert shown.codes[0] == told["greeting"]["code"]
        expected = told.get("ehlo", [])
        assert len(shown.ehlo) == len(expected)
        for mine, its in zip(shown.ehlo, expected):
            # openssl s_client does not print the one in clear.
            assert its is None or mine == its
        assert shown.tls == ("tls" in told)


@pytest.mark.parametrize("name", _where("client", "sessions"))
def test_client_transactions(dissected, name):
    for told, shown in _pairs(name, dissected):
        mails = told.get("transactions", [])
        assert [_plain(mail) for mail in shown.mails] == [_plain(mail) for mail in mails]
        concluded = [mail for mail in mails if "final" in mail]
        assert [result["outcome"] for result in shown.results] == [mail["outcome"] for mail in mails]
        for result, mail in zip(shown.results, concluded):
            codes = {each["address"]: each["code"] for each in mail["recipients"]}
            assert result["sender"] == mail["sender"]
            assert result["accepted"] == [each for each, code in codes.items() if code < 300]
            assert result["rejected"] == [each for each, code in codes.items() if code >= 400]
            if mail.get("size") is not None:
                assert result["size"] == mail["size"]


def _plain(mail):
    return (mail["sender"], mail.get("code"),
            [(each["address"], each.get("code")) for each in mail["recipients"]])


@pytest.mark.parametrize("name", _where("client", "sessions"))
def test_client_authentication(dissected, name):
    for told, shown in _pairs(name, dissected):
        assert shown.auth == [{"user": auth["user"], "outcome": auth["outcome"]}
                              for auth in told.get("auth", [])]


@pytest.mark.parametrize("name", _where("client", "deliveries"))
def test_client_deliveries(dissected, name):
    shown = dissected(name)
    accepted = [each for session in shown for result in session.results
                for each in result["accepted"] if result["outcome"] == "accepted"]
    codes = [(each["address"], each.get("code")) for session in shown
             for mail in session.mails for each in mail["recipients"]]
    for delivery in WORDS[name]["client"]["deliveries"]:
        if delivery["outcome"] == "sent":
            assert delivery["recipient"] in accepted
            accepted.remove(delivery["recipient"])
        elif delivery["code"]:
            assert (delivery["recipient"], delivery["code"]) in codes
    assert accepted == []


@pytest.mark.parametrize("name", WORDS)
def test_server_messages(dissected, name):
    told = WORDS[name]["server"].get("messages", [])
    shown = [result for session in dissected(name) for result in session.results
             if result["outcome"] == "accepted"]
    assert len(shown) == len(told)
    by_id = {result["queue_id"]: result for result in shown}
    for message in told:
        # LMTP: one for each recipient.
        ids = message["queue_id"]
        found = [by_id[each] for each in ([ids] if isinstance(ids, str) else ids) if each in by_id]
        assert found, f"{ids} not in {set(by_id)}"
        result = found[0]
        if "sender" in message:
            assert result["sender"] == message["sender"]
        if "recipients" in message:
            short = "@" not in message["recipients"][0]
            accepted, refused = ({each.partition("@")[0] if short else each for each in result[kind]}
                                 for kind in ("accepted", "rejected"))
            # Servers log those, too, that were refused after the message (LMTP, PRDR).
            assert accepted <= set(message["recipients"]) <= accepted | refused
        if "size" in message:
            assert result["size"] == message["size"]


@pytest.mark.parametrize("name", _where("server", "refused"))
def test_server_refusals(dissected, name):
    refused = []
    for session in dissected(name):
        refused += [(mail["sender"], mail.get("code")) for mail in session.mails]
        refused += [(each["address"], each.get("code")) for each in session.recipients]
    refused = [(address, code) for address, code in refused if code and code >= 400]
    for each in WORDS[name]["server"]["refused"]:
        matching = [(address, code) for address, code in refused
                    if address == each["address"] and code == each.get("code", code)]
        assert matching, each


@pytest.mark.parametrize("name", _where("server", "auth"))
def test_server_user(dissected, name):
    users = [auth["user"] for session in dissected(name) for auth in session.auth
             if auth["outcome"] == "succeeded"]
    assert WORDS[name]["server"]["auth"] in users


@pytest.fixture(scope="module")
def tls_versions(recorded):
    """The TLS versions that the servers of each capture have chosen."""
    older, newer = "tls.handshake.version", "tls.handshake.extensions.supported_version"
    hellos = recorded.fields([older, newer], filter="tls.handshake.type == 2")
    return {name: {TLS_VERSIONS[(row[newer] or row[older])[0]] for row in rows}
            for name, rows in hellos.items()}


@pytest.mark.parametrize("name", sorted({*_where("server", "tls"), *_where("client", "tls")}))
def test_tls_version(dissected, tls_versions, name):
    word = WORDS[name]
    told = {word[end]["tls"] for end in ("server", "client") if "tls" in word[end]}
    assert tls_versions[name] == told
    assert any(session.tls for session in dissected(name))
