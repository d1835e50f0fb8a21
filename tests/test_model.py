"""Random dialogues between a server and a client written from the RFCs, held against their truth.

How they are made is told in lib/model/__init__.py. What this plugin is known to read otherwise stands,
with the reason, in oracle/model-expected.tsv; that list may only become shorter.

ESMTP_MODEL_SEEDS dialogues from seed ESMTP_MODEL_FROM on; tests/oracle/model sets them.
"""

import os
import sys

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


@pytest.fixture(scope="module")
def verdict(tshark, expected, lacking):
    verdict = judge.Verdict(expected)
    for n, first in enumerate(range(FROM, FROM + SEEDS, AT_ONCE)):
        dialogues = [Dialogue(seed) for seed in range(first, min(first + AT_ONCE, FROM + SEEDS))]
        for honest in (True, False):
            # What a hostile dialogue is, later replies tell: the first pass may show what it seems.
            passes = (True, False) if honest else (True,)
            some = [dialogue for dialogue in dialogues if dialogue.honest == honest]
            for case in judge.show(tshark, some, interleave=n % 2 == 1, passes=passes, lacking=lacking):
                verdict.add(case)
    return verdict


def test_what_is_shown_is_what_was_said(tshark, verdict, lacking, capfd):
    with capfd.disabled():
        print(f"\n{verdict.text()}", file=sys.stderr)
    told = [judge.report(judge.shorten(tshark, case, verdict.expected, lacking)) for case in verdict.failed[:TOLD]]
    seeds = [case.dialogue.seed for case in verdict.failed]
    assert not seeds, "\n\n".join([f"{verdict.text()}\nseeds {seeds}", *told])


def test_expectations_only_fall(verdict):
    """What no dialogue needs any more is mended: its row goes."""
    # Few dialogues need not have each ingredient.
    idle = [f"{row.ingredient} ({row.reason})" for row in verdict.idle() if SEEDS >= 1000]
    assert not idle, f"take these out of tests/oracle/model-expected.tsv: {idle}"


def test_lacking_fields_only_fall(tshark, lacking):
    assert not [name for name in lacking if name in tshark.types], "take these out of tests/oracle/model-lacking.txt"
