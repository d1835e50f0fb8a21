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

    folder: an empty one that anybody may enter; modules are copied into it.
    """

    def __init__(self, module, folder):
        self.folder = folder
        said = subprocess.run(["tshark", "--version"], capture_output=True, text=True).stdout
        self.version = re.search(r"(\d+\.\d+)\.\d+", said).group(0)
        self.tsharks = {}
        self.home = folder / "home"
        self.home.mkdir()
        if os.getuid() == 0:
            os.chown(self.home, NOBODY, NOBODY)
        self.add("none")
        self.add("plugin", module)
        if not self.has_protocol("plugin", "esmtp") or self.has_protocol("none", "esmtp"):
            sys.exit(f"{module} is not loaded, or where it should not be")

    def add(self, name, *modules):
        """A tshark with these modules alone."""
        place = self.folder / name / ".".join(self.version.split(".")[:2]) / "epan"
        place.mkdir(parents=True)
        for module in modules:
            shutil.copy(module, place)
        self.tsharks[name] = Tshark(self.folder / name, self.home)

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

    def has_protocol(self, plugins, protocol):
        with tempfile.TemporaryFile() as output:
            self.run(plugins, ["-G", "protocols"], output)
            output.seek(0)
            return any(protocol.encode() in line.split(b"\t") for line in output.read().splitlines())


def find_module():
    """The module that tests/run has built for this machine's Wireshark, or else the newest one below build."""
    abi = subprocess.run(["pkg-config", "--modversion", "wireshark"], capture_output=True, text=True).stdout
    named = TOP / "build" / ".".join(abi.split(".")[:2]) / "esmtp.so"
    found = [named] if named.exists() else sorted(TOP.glob("build*/**/esmtp.so"), key=lambda p: p.stat().st_mtime)
    if not found:
        sys.exit("no esmtp.so below build: run tests/run, or name one by --module")
    return found[-1]
