"""What tshark costs with the plugin, with the built-in dissector, and with neither: for the scripts in tests/bench."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tshark import Tshark

TOP = Path(__file__).resolve().parents[2]
NOBODY = 65534


@dataclass
class Cost:
    """What one run of tshark took."""

    seconds: float
    megabytes: float


def _drop_privileges():
    # As root, tshark looks into no folder but the system's for plugins.
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


class Runner:
    """tshark with the module ("plugin") and without ("none"), without privileges and without anybody's preferences.

    folder: an empty one that anybody may enter; the module is copied into it.
    """

    def __init__(self, module, folder):
        self.folder = folder
        said = subprocess.run(["tshark", "--version"], capture_output=True, text=True).stdout
        self.version = re.search(r"(\d+\.\d+)\.\d+", said).group(0)
        self.tsharks = {}
        home = folder / "home"
        home.mkdir()
        if os.getuid() == 0:
            os.chown(home, NOBODY, NOBODY)
        for name in ("plugin", "none"):
            place = folder / name / self.abi / "epan"
            place.mkdir(parents=True)
            if name == "plugin":
                shutil.copy(module, place / "esmtp.so")
            self.tsharks[name] = Tshark(folder / name, home)
        if not self._has_module("plugin") or self._has_module("none"):
            sys.exit(f"{module} is not loaded, or where it should not be")

    @property
    def abi(self):
        return ".".join(self.version.split(".")[:2])

    def run(self, plugins, arguments, output=subprocess.DEVNULL, before=(), **environment):
        """Runs tshark and returns its Cost; ends the script if tshark fails or complains.

        before: a command that runs it, such as valgrind; environment: further variables.
        """
        command = [*before, "tshark", *map(str, arguments)]
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(command, env=self.tsharks[plugins].environment | environment,
                                       stdin=subprocess.DEVNULL, stdout=output, stderr=said,
                                       preexec_fn=_drop_privileges)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            complaint = said.read().decode(errors="backslashreplace")
        if process.returncode or complaint.strip():
            sys.exit(f"{' '.join(map(str, command))}: {process.returncode}\n{complaint}")
        return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)

    def _has_module(self, plugins):
        with tempfile.TemporaryFile() as output:
            self.run(plugins, ["-G", "protocols"], output)
            output.seek(0)
            return any(b"esmtp" in line.split(b"\t") for line in output.read().splitlines())


def find_module():
    """The module that tests/run has built for this machine's Wireshark, or else the newest one below build."""
    abi = subprocess.run(["pkg-config", "--modversion", "wireshark"], capture_output=True, text=True).stdout
    named = TOP / "build" / ".".join(abi.split(".")[:2]) / "esmtp.so"
    found = [named] if named.exists() else sorted(TOP.glob("build*/**/esmtp.so"), key=lambda p: p.stat().st_mtime)
    if not found:
        sys.exit("no esmtp.so below build: run tests/run, or name one by --module")
    return found[-1]
