"""The script that measures still measures: tests/bench/run, with small captures."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def measured(source, tmp_path_factory):
    if os.environ.get("ESMTP_PRELOAD"):
        pytest.skip("valgrind cannot run a module that has ASan inside")
    module, = Path(os.environ["ESMTP_PLUGINS"]).glob("*/epan/esmtp.so")
    folder = tmp_path_factory.mktemp("bench")
    done = subprocess.run([sys.executable, source / "tests/bench/run", "--quick", "--check", "--only", "short", "--way",
                           "field", "--module", module, "--folder", folder], capture_output=True, text=True)
    assert not done.stderr
    return done


def tables(measured):
    """The row of each table: instructions, then time and memory."""
    rows = [re.split(r" {2,}", line.strip()) for line in measured.stdout.splitlines()]
    return [row for row in rows if row[:2] == ["short", "field"]]


def test_instructions(measured):
    _, _, data, builtin, plugin, packet, octet, times, _, growth, _ = tables(measured)[0]
    data, builtin, plugin, packet, octet, times, growth = map(float, (data, builtin, plugin, packet, octet, times,
                                                                      growth))
    # Thousands for a session of 25 packets and 1,500 octets.
    assert 300 < data < 3000 and 30 < builtin < 1000 and 30 < plugin < 1000
    assert times == pytest.approx(plugin / builtin, abs=0.02)
    assert packet == pytest.approx(plugin / 25, abs=0.1)
    assert octet == pytest.approx(1000 * plugin / 1270, rel=0.1)
    assert 8 < growth < 11


def test_time_and_memory(measured):
    _, _, seconds, *_, data, builtin, plugin, times, _ = tables(measured)[1]
    assert 0.02 < float(seconds) < 20
    assert all(30 < float(megabytes) < 1000 for megabytes in (data, builtin, plugin))
    assert float(times) == pytest.approx(int(plugin) / int(builtin), abs=0.02)


def test_check_tells_what_was_missed(measured):
    over, missed = (len(re.findall(word, measured.stdout)) for word in (r"\bOVER\b", "(?m)^missed: "))
    assert missed <= over <= missed + 1  # seconds do not decide
    assert measured.returncode == (1 if missed else 0)
