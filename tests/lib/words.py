#!/usr/bin/env python3
"""Plain English: words and phrases that an English reader stumbles over, and what to write instead.

words.py: looks through what git knows of the repository (labels, texts, comments, documents, tests) and prints each place
that has one; exits 1 if there is any. What others wrote (captures, golden files, inputs of fuzzers) is left out, and the
contract's own words are not changed by this list.
"""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]

# Any place that has the left side, in capitals or not: the right side says what to write.
INSTEAD = {
    r"\bbehind\b": "after",
    r"\bin front of\b": "before",
    r"\bamid\b": "in the middle of",
    r"\bnot met in mail\b": "not seen in mail",
    r"\bbreaks its syntax\b": "malformed",
    r"\bis no answer to this command\b": "not expected for this command",
    r"\bmore than this dissector keeps track of\b": "tracking limit exceeded",
    r"\bas strict servers do not take it\b": "what is wrong with it",
    r"\bseparates nothing\b": "empty list element",
    r"\ba login whose password\b": "plaintext login",
    r"\bcould not be shown to the end\b": "shown in part",
    r"\ba double of\b": "a duplicate of",
    r"\ban own\b": "its own",
    r"\ba number does not read\b": "malformed number",
    r"\bpadding are missing\b": "padding is missing",
    r'"Else"|"Demand"|"Without support"|"Beyond ASCII"': "a label that says what it means",
    r"\besmtp_(auth_gift_t|session_rest|tls_sort_again)\b": "a name that says what it is",
}

# Left out: written by others or kept as it was agreed on.
NOT_OURS = ("captures/log/", "tests/golden/", "tests/fuzz/corpus/", "tests/contract/", "tests/faults/", "tests/lib/words.py")
SUFFIXES = (".pcap", ".pcapng", ".png", ".gz", ".zip")

# Right where it stands: file, what its line has in it.
ALLOWED = [
    ("captures/lab/servers.py", "a server behind it"),
    ("captures/make/lab.py", "leaves nothing behind"),
    ("plugin/doc/install.md", "**Behind a proxy:**"),
    ("tests/lib/memcheck.supp", "what is behind it"),
    ("tests/lib/sharkd.py", "leave something behind"),
    ("tests/test_captures.py", "leaves behind"),
    ("tests/test_peers.py", '"behind a proxy"'),
]


def ours(name):
    return not name.startswith(NOT_OURS) and not name.endswith(SUFFIXES)


def allowed(name, line):
    return any(name == file and words in line for file, words in ALLOWED)


def found(name, text):
    """Each line that has a word of the list: (number, the words, what to write)."""
    for number, line in enumerate(text.split("\n"), 1):
        if allowed(name, line):
            continue
        for pattern, instead in INSTEAD.items():
            match = re.search(pattern, line, re.IGNORECASE)
            if match:
                yield number, match[0], instead


def main():
    names = subprocess.run(["git", "-C", TOP, "ls-files", "--cached", "--others", "--exclude-standard"], capture_output=True,
                           text=True, check=True).stdout.split("\n")
    bad = 0
    for name in filter(None, names):
        path = TOP / name
        if not ours(name) or not path.is_file():
            continue
        for number, words, instead in found(name, path.read_text(encoding="utf-8", errors="replace")):
            print(f"{name}:{number}: {words!r}: write {instead!r}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
