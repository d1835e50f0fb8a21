#!/usr/bin/env python3
"""The documents for users, and the commands in them: documents.py SOURCE DOCUMENT > DOCUMENT with the output that its commands have now

A block of code that begins with "$ " holds commands, each with the output that it prints, here run by bash in a folder of its own with
the repository's captures and plugin in it. A line "..." in the output stands for any lines.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A command may go on in lines after a backslash.
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


class Step(NamedTuple):
    command: str
    output: str


def names(source):
    """The documents, by their names below source."""
    return ["README.md", *sorted(f"plugin/doc/{path.name}" for path in (Path(source) / "plugin/doc").glob("*.md"))]


def blocks(text):
    """(language, text) of each block of code."""
    return BLOCK.findall(text)


def steps(block):
    """The Steps of a block, or none if it shows no command."""
    return [Step(*found) for found in COMMAND.findall(block)] if block.startswith("$ ") else []


def run(source, steps, environment):
    """What each Step prints now."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        for name in ("captures", "plugin"):
            os.symlink(Path(source).resolve() / name, Path(folder) / name)
        for step in steps:
            done = subprocess.run(["bash", "-c", step.command], cwd=folder, env={**environment, "TZ": "UTC", "LC_ALL": "C.UTF-8"}, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=300)
            yield "\n".join(line.rstrip() for line in done.stdout.splitlines())


def fits(shown, printed):
    """Whether a command prints what is shown."""
    parts = re.split(r"^\.\.\.$\n?", "\n".join(line.rstrip() for line in shown.splitlines()) + "\n", flags=re.MULTILINE)
    return re.fullmatch("(?:.*\n)*".join(map(re.escape, parts)), printed.rstrip("\n") + "\n") is not None


def renewed(source, text, environment):
    """A document's text with the output that its commands have now, where that does not fit."""
    def block(found):
        made = steps(found[2])
        now = run(source, made, environment)
        lines = [f"$ {step.command}\n" + (step.output if fits(step.output, said) else said.rstrip("\n") + "\n" if said else "")
                 for step, said in zip(made, now)]
        return f"```{found[1]}\n{''.join(lines)}```" if made else found[0]

    return BLOCK.sub(block, text)


if __name__ == "__main__":
    top, document = map(Path, sys.argv[1:])
    sys.stdout.write(renewed(top, document.read_text(), dict(os.environ)))
