"""tests/run itself: a live test that cannot be done is NOT TESTED, with the reason; a name that is no test's fails."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

# Programs in place of the machine's. Only after sudo has let it does tests/run try to make namespaces.
LETS = 'exec "$@"'
SAYS_NO = "echo 'unshare failed: Operation not permitted' >&2; exit 1"
REFUSES = "exit 1"

NO_NAMESPACES = ("root may make no namespaces here (unshare failed: Operation not permitted), as in a container",
                 {"sudo": LETS, "unshare": SAYS_NO})
NO_ROOT = ("it captures packets, and that takes root or sudo", {"sudo": REFUSES})


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build folder with the module that is tested here, as far as tests/run --built wants one."""
    folder = tmp_path_factory.mktemp("built")
    module, = Path(os.environ["ESMTP_PLUGINS"]).glob("*/epan/esmtp.so")
    shutil.copy(module, folder)
    (folder / "cmake_install.cmake").write_text(
        f'file(INSTALL DESTINATION "$ENV{{DESTDIR}}/plugins/{module.parts[-3]}/epan" TYPE MODULE FILES "{folder}/esmtp.so")\n')
    return folder


def run(source, built, folder, programs, *options):
    # Where there is no apt-get at all, that would be the first reason; here it is never called.
    for name, does in {"apt-get": REFUSES, **programs}.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    if os.environ.get("ESMTP_PRELOAD"):
        options += ("--sanitize",)
    done = subprocess.run([source / "tests" / "run", "--built", built, *options], capture_output=True, text=True,
                          env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "TMPDIR": str(folder), "ESMTP_JOBS": "1"},
                          stdin=subprocess.DEVNULL, timeout=300)
    _, _, summary = done.stdout.partition("=== Summary\n")
    return done.returncode, summary


@pytest.mark.parametrize("reason, programs", [NO_NAMESPACES, NO_ROOT])
def test_live_test_alone(source, built, tmp_path, reason, programs):
    status, summary = run(source, built, tmp_path, programs, "tests/test_live.py")
    assert "(this machine): NOT TESTED (0 passed, 0 failed, 0 skipped;" in summary
    assert f"!!! Live test: NOT TESTED, {reason} !!!" in summary
    assert status == 0


def test_live_test_and_others(source, built, tmp_path):
    """What can be tested decides; it is said all the same."""
    reason, programs = NO_NAMESPACES
    status, summary = run(source, built, tmp_path, programs, "tests/test_live.py", "tests/test_rooms.py", "-k", "live or circle")
    assert "(this machine): passed (" in summary
    assert f"!!! Live test: NOT TESTED, {reason} !!!" in summary
    assert status == 0


@pytest.mark.parametrize("options", [["tests/test_live.py", "-k", "nosuchtest"], ["tests/test_rooms.py", "-k", "nosuchtest"]])
def test_a_name_that_no_test_has(source, built, tmp_path, options):
    """Nothing is tested then either, but it is the caller's mistake."""
    status, summary = run(source, built, tmp_path, NO_NAMESPACES[1], *options)
    assert "NOT TESTED" not in summary
    assert status == 1
