"""The plugin under valgrind's memcheck, over all captures at once; tests/check runs this.

Wireshark has errors and leaks of its own: those count in whose stack the plugin stands, but for
what tests/lib/memcheck.supp explains.
"""

import os
import re
import subprocess

from test_mangled import LISTENERS

OURS = re.compile(r"plugin/(core|epan)/[\w/]+\.c:\d+")


def test_memcheck(tshark, recorded, source, tmp_path):
    log = tmp_path / "memcheck.log"
    command = ["valgrind", "--leak-check=full", "--show-leak-kinds=definite,indirect",
               "--errors-for-leak-kinds=definite", "--num-callers=50", "--fullpath-after=",
               "--keep-debuginfo=yes", f"--log-file={log}",
               f"--suppressions={source / 'tests/lib/memcheck.supp'}",
               tshark.program, "-n", "-r", str(recorded.path), "-V", "-2", *LISTENERS]
    environment = tshark.environment | {"WIRESHARK_DEBUG_WMEM_OVERRIDE": "simple",
                                        "G_SLICE": "always-malloc"}
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, timeout=1200)
    text = log.read_text(errors="replace")
    assert done.returncode == 0, text[-3000:]
    records = re.split(r"\n==\d+== *\n", text)
    ours = [record for record in records if OURS.search(record)]
    print(f"{len(records)} records, {len(ours)} with the plugin")
    if keep := os.environ.get("ESMTP_MEMCHECK_LOG"):
        with open(keep, "w") as file:
            file.write(text)
    assert not ours, "\n\n".join(ours[:20])
