#!/usr/bin/env python3
"""Lines of the source that were run: coverage.py LABEL AT-LEAST FOLDER PATTERN

FOLDER holds the objects and counters of a build with -DESMTP_COVERAGE=ON; PATTERN names the sources
(plugin/core/). Prints a figure for each and for all; fails below AT-LEAST percent.
"""

import json
import subprocess
import sys
from pathlib import Path


def executed(folder, pattern):
    """{source: {line: times}}"""
    lines = {}
    for counters in sorted(Path(folder).rglob("*.gcda")):
        done = subprocess.run(["gcov", "--json-format", "--stdout", counters.name],
                              cwd=counters.parent, capture_output=True, text=True, check=True)
        for text in done.stdout.splitlines():
            for file in json.loads(text)["files"]:
                name = file["file"]
                if pattern not in name:
                    continue
                known = lines.setdefault(name[name.index(pattern):], {})
                for line in file["lines"]:
                    number = line["line_number"]
                    known[number] = known.get(number, 0) + line["count"]
    return lines


def main(label, least, folder, pattern):
    lines = executed(folder, pattern)
    total = run = 0
    for name, known in sorted(lines.items()):
        hit = sum(count > 0 for count in known.values())
        missed = [number for number, count in sorted(known.items()) if not count]
        print(f"    {100 * hit / len(known):5.1f} %  {name}"
              + (f"  (not: {', '.join(map(str, missed[:12]))}{' ...' if missed[12:] else ''})"
                 if missed else ""))
        total += len(known)
        run += hit
    figure = 100 * run / max(total, 1)
    print(f"{label}: {figure:.1f} % of {total} lines (at least {least} %)")
    return figure < float(least)


sys.exit(main(*sys.argv[1:]))
