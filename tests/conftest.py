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


# --- What it cost -----------------------------------------------------------------------------

_cost = [0, 0]


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["cost"] = [Tshark.starts, Tshark.questions]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    cost = getattr(node, "workeroutput", {}).get("cost", (0, 0))
    _cost[:] = [a + b for a, b in zip(_cost, cost)]


def pytest_terminal_summary(terminalreporter):
    """For whoever reads only the last lines: what tests have counted, by record_property of "oracle" or "model", and
    what they cost. Starts of tshark are what the tests wait for: a new test should not add many."""
    reports = [report for several in terminalreporter.stats.values() for report in several]
    for line in sorted({f"{name}: {value}" for report in reports
                        for name, value in getattr(report, "user_properties", ()) if name in ("oracle", "model")}):
        terminalreporter.write_line(line)
    starts, questions = _cost[0] + Tshark.starts, _cost[1] + Tshark.questions
    terminalreporter.write_line(f"{starts} starts of tshark, {questions} questions to sharkd")


# --- What is run where ------------------------------------------------------------------------

# Tests whose answer does not depend on Wireshark's version: with --all-versions, on this machine's alone. What
# they test in core is the same octets and the same source everywhere, and that each version shows it the same
# is what the golden files prove. {file: (why, words in the names of those tests that every version has)}
NATIVE = {
    "test_auth.py": ("logins are read by core", "credentials row_for_each ntlm kerberos spnego gss inside_tls columns"),
    "test_bench.py": ("figures are compared with each other, not with a version", ""),
    "test_cases.py": ("dialogues are read by core", ""),
    "test_cuts.py": ("where TCP cuts is put together by core", ""),
    "test_dialogue.py": ("the capture maker", ""),
    "test_documents.py": ("the documents show what one version prints", "filters each_example findings"),
    "test_ehlo.py": ("replies are read by core", "user script tree"),
    "test_faults.py": ("dialogues are read by core", ""),
    "test_gaps.py": ("what is missing is found by core", "frames_cut_short"),
    "test_lab.py": ("reads the recorded captures as the golden files do", ""),
    "test_limits.py": ("limits are those of core", "frames"),
    "test_messages.py": ("octets are put together by core", "imf built_in utf8 items off hostile"),
    "test_params.py": ("commands are read by core", "tree"),
    "test_readme.py": ("the documents show what one version prints", "lua"),
    "test_rooms.py": ("the folders of the source", ""),
    "test_run.py": ("tests/run itself", ""),
    "test_transactions.py": ("dialogues are read by core", ""),
    "test_tshark.py": ("the runner", "sharkd visited"),
    "test_vocabulary.py": ("tables of core", ""),
}

# Those that take more than five seconds each: left out by -m "not slow". {file: words in their names; "" is all}
SLOW = {
    "test_auth.py": "cut_anywhere",
    "test_bench.py": "",
    "test_build.py": "personal_install",
    "test_cuts.py": "",
    "test_limits.py": "floods full",
    "test_live.py": "",
    "test_many_captures.py": "machine 5000 tags time",
    "test_mangled.py": "",
    "test_run.py": "",
}


def _named(item, words):
    return any(word in item.name for word in words.split())


def _open():
    """{test: reason} of tests that are known to fail, from open.tsv: the list only gets shorter."""
    lines = (Path(__file__).parent / "open.tsv").read_text().splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))


@pytest.hookimpl(hookwrapper=True)
def pytest_collection_modifyitems(config, items):
    """Marks tests, lets -k and -m choose, and leaves out what is not to be run here. Where the live test cannot be done,
    tests/run says so at the end, if it was chosen."""
    nested = os.environ.get("ESMTP_NESTED") == "yes"
    known = _open()
    for item in items:
        file = item.path.name
        for name, reason in known.items():
            if item.nodeid == name or item.nodeid.startswith(name + "["):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
        if file in NATIVE and not _named(item, NATIVE[file][1]):
            item.add_marker(pytest.mark.native)
        if file in SLOW and (not SLOW[file] or _named(item, SLOW[file])):
            item.add_marker(pytest.mark.slow)
    yield
    live = [] if os.environ.get("ESMTP_LIVE") else [item for item in items if item.path.name == "test_live.py"]
    if live:
        Path(os.environ["HOME"], "live-left-out").touch()
    left_out = live + [item for item in items if nested and item.get_closest_marker("native")]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


# --- Fixtures ---------------------------------------------------------------------------------


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
