"""Random dialogues between a server and a client written from the RFCs, held against their truth.

How they are made is told in lib/model/__init__.py. What this plugin is known to read otherwise stands,
with the reason, in oracle/model-expected.tsv; that list may only become shorter.

ESMTP_MODEL_SEEDS dialogues from seed ESMTP_MODEL_FROM on; tests/oracle/model sets them.
"""

import os
from copy import copy
from dataclasses import replace

import pytest

from model import judge
from model.client import Dialogue

SEEDS = int(os.environ.get("ESMTP_MODEL_SEEDS") or 1000)
FROM = int(os.environ.get("ESMTP_MODEL_FROM") or 1)
# In one capture: tshark keeps the state of all.
AT_ONCE = 500
# Differences that are told whole.
TOLD = 5


@pytest.fixture(scope="module")
def expected(source):
    return judge.read_expected(source / "tests/oracle/model-expected.tsv")


@pytest.fixture(scope="module")
def lacking(source):
    """Fields of the contract that the plugin does not have yet."""
    return (source / "tests/oracle/model-lacking.txt").read_text().split()


def readable(tshark, dialogue):
    """TCP of 4.2 and later takes octets of a line away that come after a segment sent twice, from the built-in dissector as well."""
    return tshark.version < (4, 2) or not any(step.again for step in dialogue.steps)


@pytest.fixture(scope="module")
def verdict(tshark, expected, lacking):
    verdict = judge.Verdict(expected)
    for n, first in enumerate(range(FROM, FROM + SEEDS, AT_ONCE)):
        dialogues = [Dialogue(seed) for seed in range(first, min(first + AT_ONCE, FROM + SEEDS))]
        dialogues = [dialogue for dialogue in dialogues if readable(tshark, dialogue)]
        for honest in (True, False):
            # What a hostile dialogue is, later replies tell: the first pass may show what it seems.
            passes = (True, False) if honest else (True,)
            some = [dialogue for dialogue in dialogues if dialogue.honest == honest]
            for case in judge.show(tshark, some, interleave=n % 2 == 1, passes=passes, lacking=lacking):
                verdict.add(case)
    return verdict


def test_what_is_shown_is_what_was_said(tshark, verdict, lacking, record_property):
    record_property("model", verdict.text())
    told = [judge.report(judge.shorten(tshark, case, verdict.expected, lacking)) for case in verdict.failed[:TOLD]]
    seeds = [case.dialogue.seed for case in verdict.failed]
    assert not seeds, "\n\n".join([f"model: {verdict.text()}\nseeds {seeds}", *told])


def test_expectations_only_fall(verdict):
    """What no dialogue needs any more is mended: its row goes."""
    # Few dialogues need not have each ingredient.
    asked = {f"seed {seed}" for seed in range(FROM, FROM + SEEDS)}
    idle = [f"{row.ingredient} ({row.reason})" for row in verdict.idle() if SEEDS >= 1000 and (row.ingredient in asked or row.ingredient[:5] != "seed ")]
    assert not idle, f"take these out of tests/oracle/model-expected.tsv: {idle}"


def test_lacking_fields_only_fall(tshark, lacking):
    assert not [name for name in lacking if name in tshark.types], "take these out of tests/oracle/model-lacking.txt"


# --- The judge itself -----------------------------------------------------------------------------


def lies(truth, lacking):
    """Truths that are wrong by one thing, each with the kind of difference that tells."""
    found = {fact.field: index for index, fact in reversed(list(enumerate(truth.facts)))}
    for name, index in found.items():
        if name not in lacking and name not in truth.unsure:
            yield judge.KIND_OF[name], replace(truth, facts=truth.facts[:index] + truth.facts[index + 1:])
    mail, = truth.mails
    yield "mails", replace(truth, mails=[replace(mail, sender="nobody@example")])
    yield "outcome", replace(truth, mails=[replace(mail, accepted=False)])
    yield "mails", replace(truth, mails=[replace(mail, rcpts=mail.rcpts[1:])])
    yield "size", replace(truth, mails=[replace(mail, size=mail.size + 1)])
    octets, shown = truth.messages[0]
    yield "messages", replace(truth, messages=[(octets + b" ", shown)])
    yield "messages", replace(truth, messages=[])
    side, begin, end, number = truth.ranges[0]
    yield "numbers", replace(truth, ranges=[(side, begin, end, number + 1), *truth.ranges[1:]], mails=[mail, replace(mail, number=2)])


def test_the_judge_finds_each_lie(tshark, lacking):
    """A judge that compares nothing would find that all agree."""
    def fit(dialogue):
        truth = dialogue.truth
        return len(truth.mails) == 1 and truth.mails[0].accepted and len(truth.messages) == 1

    honest = [dialogue for seed in range(1, 200) if fit(dialogue := Dialogue(seed, honest=True))]
    kinds, liars = [], []
    for dialogue in honest[:12]:
        for kind, truth in lies(dialogue.truth, lacking):
            kinds.append(kind)
            liars.append(copy(dialogue))
            liars[-1].truth = truth
    assert {"commands", "replies", "pairing", "envelope", "hello", "login", "bdat", "queue-id", "mails", "outcome", "size", "numbers",
            "messages"} <= set(kinds)
    for kind, case in zip(kinds, judge.show(tshark, liars, passes=(True,), lacking=lacking)):
        assert kind in {difference.kind for difference in case.differences}, judge.report(case)
