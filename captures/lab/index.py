"""Writes the lab's table into captures/README.md, from the JSON beside each capture."""

import json
import re
from pathlib import Path

CAPTURES = Path(__file__).parent.parent
BEGIN = "<!-- Written by captures/lab/run: -->\n"
END = "<!-- end -->\n"


def rows():
    for path in sorted(CAPTURES.glob("*.json")):
        word = json.loads(path.read_text())
        if "server" not in word or "client" not in word or "shows" not in word:
            continue

        def name(end):
            return f"{word[end]['software']} {word[end]['version']}"

        yield (f"| [{path.stem}]({path.stem}.pcapng) | {word['shows']} | {name('server')} | "
               f"{name('client')} | {word['ip']} |\n")


def write():
    readme = CAPTURES / "README.md"
    text = readme.read_text()
    table = ("| File | Shows | Server | Client | IP |\n| --- | --- | --- | --- | --- |\n"
             + "".join(rows()))
    if BEGIN not in text:
        return
    readme.write_text(re.sub(re.escape(BEGIN) + ".*?" + re.escape(END),
                             lambda _: BEGIN + "\n" + table + "\n" + END, text, flags=re.S))
