"""The script that measures still measures: tests/bench/run, with small captures."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


def rows(text):
    """The row of each table: instructions, then time and memory."""
    split = [re.split(r" {2,}", line.strip()) for line in text.splitlines()]
    return [row for row in split if row[:2] == ["short", "field"]]


@pytest.mark.skipif(bool(os.environ.get("ESMTP_PRELOAD")), reason="valgrind cannot run a module that has ASan inside")
def test_quick_run_prints_sane_figures(source, tmp_path):
    module, = Path(os.environ["ESMTP_PLUGINS"]).glob("*/epan/esmtp.so")
    done = subprocess.run([sys.executable, source / "tests/bench/run", "--quick", "--check", "--only", "short", "--way",
                           "field", "--module", module, "--folder", tmp_path], capture_output=True, text=True)
    assert not done.stderr
    instructions, time = rows(done.stdout)

    _, _, data, builtin, plugin, packet, octet, times, _, growth, _ = instructions
    data, builtin, plugin, packet, octet, times, growth = (
        float(cell.replace(",", "")) for cell in (data, builtin, plugin, packet, octet, times, growth))
    # Thousands for a session of 25 packets and 1,330 octets.
    assert 300 < data < 3000 and 30 < builtin < 1000 and 30 < plugin < 1000
    assert times == pytest.approx(plugin / builtin, abs=0.02)
    assert packet == pytest.approx(plugin / 25, abs=0.1)
    assert octet == pytest.approx(1000 * plugin / 1330, rel=0.1)
    # In so few sessions what is done once weighs; ten times as much may cost no more than ten times.
    assert 4 < growth < 11

    _, _, seconds, *_, data, builtin, plugin, times, _ = time
    assert 0.02 < float(seconds) < 60
    assert all(30 < float(megabytes) < 1000 for megabytes in (data, builtin, plugin))
    assert float(times) == pytest.approx(int(plugin) / int(builtin), abs=0.02)

    over, missed = (len(re.findall(word, done.stdout)) for word in (r"\bOVER\b", "(?m)^missed: "))
    assert missed <= over <= missed + 1  # seconds do not decide
    assert done.returncode == (1 if missed else 0)
