"""What every test here can use: the fixtures tshark, builtin and recorded.

Started by tests/run, which builds the plugin and says by ESMTP_* variables where it is.
"""

import contextlib
import hashlib
import os
from pathlib import Path

import pytest

from recorded import all_captures
from tshark import Tshark, TsharkFailed

SOURCE = Path(__file__).parent.parent


def _sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _make_tshark(home, plugins=None):
    return Tshark(
        plugins=plugins or os.environ["ESMTP_PLUGINS"],
        home=home,
        program=os.environ.get("ESMTP_TSHARK", "tshark"),
        preload=os.environ.get("ESMTP_PRELOAD"),
    )


def _loaded_module(tshark):
    """Fails unless tshark loads exactly one esmtp.so, and that is the one just built."""
    modules = [line.split("\t") for line in tshark.call("-G", "plugins").splitlines()]
    modules = [words for words in modules if words[0].strip().startswith("esmtp")]
    if len(modules) != 1:
        where = ", ".join(words[-1] for words in modules) or "none"
        raise TsharkFailed(f"tshark should load one esmtp.so, but loads: {where}")
    path = modules[0][-1].strip()
    if _sha256(path) != os.environ["ESMTP_MODULE_SHA256"]:
        raise TsharkFailed(f"tshark loads {path}, which is not the module just built")
    protocols = tshark.call("-G", "protocols").splitlines()
    if not any("esmtp" in line.split("\t") for line in protocols):
        raise TsharkFailed(f"{path} is loaded, but registers no protocol esmtp")
    return path


def pytest_sessionstart(session):
    # Without this, a run of the built-in dissector could pass for a run of the plugin.
    if hasattr(session.config, "workerinput"):
        return
    if "ESMTP_PLUGINS" not in os.environ:
        pytest.exit("start these tests by tests/run: it builds the plugin to be tested", 2)
    if os.getuid() == 0:
        pytest.exit("tshark run by root loads installed plugins only: start tests/run instead", 2)
    try:
        _loaded_module(_make_tshark(os.environ["HOME"]))
    except TsharkFailed as failure:
        pytest.exit(str(failure), 2)


def pytest_collection_modifyitems(config, items):
    """Without root the live test cannot be done: tests/run says so at the end."""
    if not os.environ.get("ESMTP_LIVE"):
        left_out = [item for item in items if item.path.name == "test_live.py"]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def source():
    """The folder of the source tree."""
    return SOURCE


@pytest.fixture(scope="session")
def captures():
    """The folder of the recorded captures."""
    return SOURCE / "captures"


@pytest.fixture(scope="session")
def recorded(tshark, tmp_path_factory):
    """The recorded captures in one file; see lib/recorded.py."""
    return all_captures(tshark, tmp_path_factory.mktemp("recorded") / "all.pcapng")


@pytest.fixture(scope="session")
def tshark(tmp_path_factory):
    """tshark with the plugin just built; see lib/tshark.py."""
    with contextlib.closing(_make_tshark(tmp_path_factory.mktemp("tshark"))) as made:
        yield made


@pytest.fixture(scope="session")
def builtin(tmp_path_factory):
    """The same tshark without the plugin: what the built-in dissector says."""
    folders = tmp_path_factory.mktemp("builtin"), tmp_path_factory.mktemp("no-plugins")
    with contextlib.closing(_make_tshark(*folders)) as made:
        yield made
