#!/usr/bin/env python3
"""Do the unit tests notice when the code is wrong? mutants.py [-n N] [--seed S] [--folder WORK] [FILE...]

Makes N small mistakes in plugin/core/session and plugin/core/parse (or in FILE...), each in a copy of one file, and
runs the unit tests on each. A mistake that makes a test fail, crash or hang is dead. Fails if fewer than 80 % die;
those that live are shown with their place. tests/mutants.txt holds some that change nothing, each with its reason: they
do not count. Fails, too, if that file names what the code no longer holds.

Which mistakes are made depends on the seed and on the code alone: each possible one has a number made of its file, its
line before and after, so that a change elsewhere leaves it there. Larger files get more of them, all kinds alike.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CORE = TOP / "plugin/core"
SEEN_BY = {"session": ("session",), "parse": ("parse", "session")}  # the rooms whose unit tests run a room's code
LEAST = 80  # percent
LIMITS = ("--cpu=10", "--core=0")  # for a test program, which takes a second
MEMORY = "--as=2000000000"  # and under a sanitizer, which maps far more:
ASAN_OPTIONS = "hard_rss_limit_mb=2000:detect_leaks=0"
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")

Mutant = namedtuple("Mutant", "file line kind before after text")  # text: of the whole file

# --- mistakes ---------------------------------------------------------------------------------

SWAPS = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||", "||": "&&"}
WORDS = {"true": "false", "false": "true"}
NAME = r"\*?[A-Za-z_][\w.\[\]]*(?:->[\w.\[\]]+)*"


def blanked(text):
    """The text with spaces for what is no code: comments, strings, lines for the preprocessor."""
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])+'|^#(?:[^\n]*\\\n)*[^\n]*",
                  lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.DOTALL | re.MULTILINE)


def closing(code, start):
    """The place of the parenthesis that closes the one at start."""
    depth = 0
    for place in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[place], 0)
        if depth == 0:
            return place
    raise ValueError("a parenthesis that nothing closes")


def mistakes(code):
    """(kind, start, end, what stands there instead) for each mistake in the body of a function."""
    for found in re.finditer(r" (==|!=|<=?|>=?) ", code):
        yield "comparison", *found.span(1), SWAPS[found[1]]
    for found in re.finditer(r" (&&|\|\|)(?=\s)", code):
        yield "and, or", *found.span(1), SWAPS[found[1]]
    for found in re.finditer(r"\bif (\()", code):
        start, end = found.start(1), closing(code, found.start(1)) + 1
        yield "condition", start, end, f"(!{code[start:end]})"
    for found in re.finditer(r"(?<=[ (\[])!(?=[\w(])", code):
        yield "negation", *found.span(), ""
    for found in re.finditer(r"\b(true|false)\b", code):
        yield "truth", *found.span(), WORDS[found[1]]
    for found in re.finditer(r"(?<![\w.])\d+(?![\w.])", code):
        yield "number", *found.span(), str(int(found[0]) + 1)
    for found in re.finditer(rf"^ +({NAME}(?: = | [|&+-]= |\+\+|--).*;)$", code, re.MULTILINE):
        yield "assignment", *found.span(1), ";"
    for found in re.finditer(r"^ +(\w+\(.*\);)$", code, re.MULTILINE):
        yield "call", *found.span(1), ";"


def line_at(text, place):
    start = text.rfind("\n", 0, place) + 1
    return text[start:text.find("\n", place)].strip()


def mutants_of(file):
    """All mistakes in the bodies of a file's functions: what stands between braces at the beginning of a line."""
    text = file.read_text()
    code = blanked(text)
    for body in re.finditer(r"^\{\n(.*?)^\}$", code, re.DOTALL | re.MULTILINE):
        for kind, start, end, instead in mistakes(body[1]):
            start, end = start + body.start(1), end + body.start(1)
            if code[start] == "(":
                instead = f"(!{text[start:end]})"  # with the strings that were blanked
            changed = text[:start] + instead + text[end:]
            line = 1 + text.count("\n", 0, start)
            yield Mutant(file, line, kind, line_at(text, start), line_at(changed, start), changed)


def ranked(mutants, seed):
    """In the order in which they are made: one of each kind, then the next. Which, only seed and code decide."""
    def number(mutant):
        words = (seed, mutant.file.name, mutant.kind, mutant.before, mutant.after)
        return hashlib.sha256("\0".join(words).encode()).digest(), mutant.line

    met = Counter()
    rounds = []
    for mutant in sorted(mutants, key=number):
        rounds.append((met[mutant.kind], number(mutant), mutant))
        met[mutant.kind] += 1
    return [mutant for *_, mutant in sorted(rounds, key=lambda row: row[:2])]


def shares(files, n):
    """{file: how many mistakes}, by length, at least one."""
    lines = {file: file.read_text().count("\n") for file in files}
    total = sum(lines.values())
    return {file: max(1, round(n * lines[file] / total)) for file in files}


# --- tests ------------------------------------------------------------------------------------


def flags(*options):
    return subprocess.run(["pkg-config", *options], check=True, capture_output=True, text=True).stdout.split()


class Tests:
    """The unit tests, linked with core as a library that each mutant replaces by its own."""

    def __init__(self, work, sanitize):
        self.work = work
        self.options = ["-std=gnu11", "-O0", "-g", "-fPIC", "-w", "-iquote", TOP / "plugin",
                        *flags("--cflags", "glib-2.0", "cmocka"), *sanitize]
        self.libraries = [*flags("--libs", "glib-2.0"), *sanitize]
        self.limits = ["prlimit", *LIMITS, *([] if sanitize else [MEMORY])]
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        self.objects = {source: self._object(source) for source in sorted(CORE.glob("*/*.c"))}
        tests = [test for room in SEEN_BY for test in sorted((TOP / "tests/unit" / room).rglob("test_*.c"))]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda source: self._compile(source, self.objects[source]), self.objects))
            self._link(work, self.objects.values())
            self.programs = dict(zip(tests, pool.map(self._program, tests)))

    def _object(self, source):
        return self.work / f"{source.parent.name}-{source.stem}.o"

    def _compile(self, source, target, folder=None):
        run("gcc", *self.options, "-iquote", folder or source.parent, "-c", source, "-o", target)

    def _link(self, folder, objects):
        run("gcc", "-shared", *objects, *self.libraries, "-o", folder / "libcore.so")

    def _program(self, source):
        target = self.work / source.stem
        run("gcc", *self.options, source, "-L", self.work, "-lcore", *self.libraries, *flags("--libs", "cmocka"),
            "-o", target)
        return target

    def build(self, mutant, folder):
        """Builds the core with a mistake in it. Returns False if the compiler does not take that."""
        folder.mkdir()
        source = folder / mutant.file.name
        source.write_text(mutant.text)
        try:
            self._compile(source, folder / "mutant.o", mutant.file.parent)
        except subprocess.CalledProcessError:
            return False
        others = [target for source, target in self.objects.items() if source != mutant.file]
        self._link(folder, [*others, folder / "mutant.o"])
        return True

    def failing(self, core, file=None):
        """A test program that fails with the core of a folder, or None. The nearest to the file come first."""
        environment = {**os.environ, "LD_LIBRARY_PATH": str(core), "ASAN_OPTIONS": ASAN_OPTIONS}

        tests = [test for test in self.programs if not file or test.parent.name in SEEN_BY[file.parent.name]]
        for test in sorted(tests, key=lambda test: far(file, test) if file else ()):
            done = subprocess.run([*self.limits, self.programs[test]], env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            if done.returncode:
                return test.name
        return None


def far(file, test):
    return file.parent.name != test.parent.name, f"test_{file.stem}" != test.stem


def run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


# --- all of it --------------------------------------------------------------------------------


def known_equivalents(path):
    """{(file, before, after)} of tests/mutants.txt; what has no reason below it is left out."""
    found = re.findall(r"^(plugin/\S+\.c)\n- (.*)\n\+ (.*)\n\w", path.read_text(), re.MULTILINE)
    return {(TOP / file, before, after) for file, before, after in found}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.splitlines()[0].split("? ")[1])
    parser.add_argument("-n", type=int, default=64)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--folder", type=Path, default=TOP / "build/mutants")
    parser.add_argument("files", nargs="*", type=lambda name: Path(name).resolve(),
                        default=[*sorted(CORE.glob("session/*.c")), *sorted(CORE.glob("parse/*.c"))])
    options = parser.parse_args()
    equivalents = known_equivalents(TOP / "tests/mutants.txt")
    possible = {(mutant.file, mutant.before, mutant.after) for file, *_ in equivalents for mutant in mutants_of(file)}
    gone = sorted(equivalents - possible)
    for file, before, after in gone:
        print(f"tests/mutants.txt: no longer in {file.relative_to(TOP)}:\n- {before}\n+ {after}")
    plain = Tests(options.folder / "plain", ())
    wrong = plain.failing(plain.work)
    if wrong:
        sys.exit(f"{wrong} fails without any mistake")
    sanitized = None

    def judge(mutant, tests):
        """None: not to be made. False: lives."""
        place = f"{mutant.file.stem}-{mutant.line}-{hashlib.sha256(mutant.text.encode()).hexdigest()[:8]}"
        folder = tests.work / place
        built = tests.build(mutant, folder)
        dead = bool(tests.failing(folder, mutant.file)) if built else None
        shutil.rmtree(folder)
        return dead

    def judged(file, n):
        """(mutant, whether it died) for the first n that can be made, but for those known to change nothing."""
        rows, same = [], 0
        for mutant in ranked(mutants_of(file), options.seed):
            if len(rows) + same >= n:
                break
            if (mutant.file, mutant.before, mutant.after) in equivalents:
                same += 1
            elif (dead := judge(mutant, plain)) is not None:
                rows.append((mutant, dead))
        return rows, same

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda row: judged(*row), shares(options.files, options.n).items()))
        survivors = [mutant for rows, _ in results for mutant, dead in rows if not dead]
        if survivors:
            # As in tests/run, the unit tests run under the sanitizers, too: they see what reads a little too far.
            sanitized = Tests(options.folder / "sanitized", SANITIZE)
            seen = pool.map(lambda mutant: judge(mutant, sanitized), survivors)
            survivors = [mutant for mutant, dead in zip(survivors, seen) if not dead]
    for mutant in survivors:
        print(f"lives ({mutant.kind}): {mutant.file.relative_to(TOP)}:{mutant.line}")
        print(f"- {mutant.before}\n+ {mutant.after}")
    made = sum(len(rows) for rows, _ in results)
    same = sum(same for _, same in results)
    died = made - len(survivors)
    percent = 100 * died / max(made, 1)
    print(f"mutants: {died} of {made} died, {percent:.0f} % (at least {LEAST} %); {same} more change nothing")
    return percent < LEAST or bool(gone)


if __name__ == "__main__":
    sys.exit(main())
