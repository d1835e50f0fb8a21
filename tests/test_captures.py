"""Every capture in every way of reading: no complaint, the same facts each time, and those of the
golden files.

Golden files are made from each capture by itself. Nearly all tests read the captures one after the
other in one file, since to start tshark costs more than to read one.
"""

import collections
import functools
import json
import re

import pytest

import golden
from passes import LATER, SUMMARY, at_once
from recorded import CAPTURES

GOLDEN = CAPTURES[0].parent.parent / "tests/golden"
HIDDEN = re.compile(r" *\S+ hidden: ")
MAKE = "Is that meant? tests/golden/make writes it anew, and shows what has changed."

OURS = re.compile(r"smtp\..*")
MESSAGE = re.compile(r"smtp\.(data\.(fragment.*|incomplete)|message.*|expert\.message_incomplete)")


# --- golden files -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def texts():
    return json.loads((GOLDEN / "texts.json").read_text())


def is_golden(name, found, texts, hidden=True):
    """Fails unless these lines are those of the golden file of that name, hidden items or not."""
    unknown = golden.texts_of(found) - {*texts}
    if unknown:
        pytest.fail("not in texts.json:\n" + "\n".join(sorted(unknown)) + f"\n{MAKE}", False)
    shown = golden.shortened(found, texts)
    kept = json.loads((GOLDEN / f"{name}.json").read_text())
    for number in sorted({*shown, *kept}, key=int):
        mine, its = ([line for line in lines.get(number, []) if hidden or not HIDDEN.match(line)]
                     for lines in (shown, kept))
        if mine != its:
            n = next((n for n, (a, b) in enumerate(zip(mine, its)) if a != b),
                     min(len(mine), len(its)))
            pytest.fail(f"{name}, frame {number}, line {n + 1}:\n"
                        f"  shown:  {mine[n] if n < len(mine) else 'nothing more'}\n"
                        f"  golden: {its[n] if n < len(its) else 'nothing more'}\n{MAKE}", False)


@pytest.mark.parametrize("name", [path.stem for path in CAPTURES])
def test_golden(tshark, recorded, texts, name):
    """Also in one file with all the others: what one capture leaves behind does not touch the next."""
    frames = [frame for number, frame in recorded.frames(True).items() if recorded.owner(number)[0] == name]
    is_golden(name, golden.lines_of(tshark, frames, recorded.first[name]), texts)


@pytest.mark.parametrize("path", CAPTURES[::8], ids=lambda path: path.stem)
def test_golden_alone(tshark, texts, path):
    """As tests/golden/make reads each of them."""
    is_golden(path.stem, golden.frames(tshark, path), texts)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_golden_in_the_window(tshark, texts, path):
    """Opened one after the other, each by itself; hidden items are left out there."""
    is_golden(path.stem, golden.lines_of(tshark, tshark.tree(path, two_pass=True)), texts, hidden=False)


def test_golden_files_are_those_of_the_captures(texts):
    names = {path.stem for path in GOLDEN.glob("*.json")} - {"texts"}
    assert names == {path.stem for path in CAPTURES}, MAKE
    total = sum(path.stat().st_size for path in GOLDEN.glob("*.json"))
    assert total < 2_500_000, "the repository should stay small"
    # Each text is shown somewhere.
    lines = {line.strip() for path in GOLDEN.glob("*.json") if path.stem != "texts"
             for frame in json.loads(path.read_text()).values() for line in frame}
    shown = {golden.text_of(line) for line in lines} - {None}
    assert shown == {golden.beginning(text, texts) for text in texts}, MAKE


# --- ways of reading --------------------------------------------------------------------------


class Everything:
    """What each frame of the captures holds: {frame number: {field: [value, ...]}}, by -T pdml."""

    def __init__(self, recorded):
        self.tshark = recorded.tshark
        self.recorded = recorded

    @functools.cache
    def facts(self, two_pass=False):
        return {number: _by_name((item.name, item.value) for layer in frame.layers
                                 for item in layer.walk())
                for number, frame in self.recorded.frames(two_pass).items()}

    def same(self, shown, two_pass, what):
        """Fails unless these are the facts, whatever their order, which is not that of the tree everywhere."""
        _same(self._levelled(shown), self._levelled(self.facts(two_pass)), what)

    def _levelled(self, facts):
        def values(name, several):
            if "FT_NONE" in self.tshark.types[name]:
                return [len(several)]
            # Empty text is nothing at all in -T fields, and since 4.2 that doubles backslashes.
            return sorted(value.replace("\\\\", "\\")
                          for value in self.tshark._plain(name, several) if value)

        return {number: {name: said for name, several in fields.items()
                         if (said := values(name, several))}
                for number, fields in facts.items()}


@pytest.fixture(scope="module")
def everything(recorded):
    return Everything(recorded)


def _by_name(pairs):
    """{field of ours: [value, ...]}"""
    found = collections.defaultdict(list)
    for name, value in pairs:
        if OURS.fullmatch(name):
            found[name].append(golden.escaped(value))
    return dict(found)


def _same(mine, its, what):
    """Fails at the first frame that differs. (What pytest does about large dicts takes minutes.)"""
    for number in sorted({*mine, *its}):
        a, b = mine.get(number, {}), its.get(number, {})
        for name in sorted({*a, *b}):
            assert a.get(name) == b.get(name), f"{what}: frame {number}, {name}"


PASSES = pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])


def test_one_pass_shows_what_two_show(everything):
    def known(two_pass):
        # That a message or a transaction has no end is known when all was read; then its last frame shows it.
        one, two = everything.facts(False), everything.facts(True)
        endless = {number for number, facts in two.items()
                   if "smtp.data.incomplete" in facts}
        cut_off = {number for number, facts in two.items()
                   if "smtp.transaction.outcome" in facts and "smtp.transaction.outcome" not in one[number]}
        return {number: {name: values for name, values in facts.items()
                         if name not in LATER
                         and not (number in endless and MESSAGE.fullmatch(name))
                         and not (number in cut_off and name.startswith("smtp.transaction."))}
                for number, facts in everything.facts(two_pass).items()}

    one = known(False)
    two = {number: at_once(one.get(number, {}), facts) for number, facts in known(True).items()}
    for number, facts in one.items():
        if "smtp.session" in facts and "smtp.session" not in two.get(number, {}):  # more was said after a goodbye
            one[number] = {name: values for name, values in facts.items() if name not in SUMMARY}
    _same(one, two, "one pass, two passes")


@PASSES
def test_text(recorded, two_pass):
    """-V prints each label; in brackets what is generated."""
    shown, number, inside = {}, 0, False
    for line in recorded.run("-O", "smtp", two_pass=two_pass).splitlines():
        if match := re.match(r"Frame (\d+):", line):
            number = int(match[1])
        if not line.startswith(" "):
            inside = line == "Simple Mail Transfer Protocol"
        if inside:
            shown.setdefault(number, []).append(line)
    for number, frame in recorded.frames(two_pass).items():
        lines = frame.text().splitlines()
        for mine, label in zip(shown[number], lines):
            indent = label[:len(label) - len(label.lstrip())]
            assert mine in (label, f"{indent}[{label.lstrip()}]"), f"frame {number}"
        assert len(lines) == len(shown[number]), f"frame {number}"
    assert shown.keys() == recorded.frames(two_pass).keys()


@pytest.mark.parametrize("args, two_pass", [([], False), (["--no-duplicate-keys"], True)],
                         ids=["one pass", "two passes, strict"])
def test_json(recorded, everything, args, two_pass):
    def pairs(value):
        for name, several in value:
            for each in several if type(several) is list else [several]:
                # What has no value but only items below it is an object itself.
                if name in recorded.tshark.types:
                    yield name, "" if isinstance(each, Pairs) else each
                if isinstance(each, Pairs):
                    yield from pairs(each)

    def object_(found):
        assert not args or len({name for name, _ in found}) == len(found), "a key twice"
        return Pairs(found)

    text = recorded.run("-T", "json", *args, two_pass=two_pass)
    shown = {}
    for number, packet in enumerate(json.loads(text, object_pairs_hook=object_), 1):
        layers = packet.child("_source").child("layers")
        smtp = [(name, layer) for name, layer in layers if name == "smtp"]
        if smtp:
            shown[number] = _by_name(pairs(smtp))
    assert number == recorded.count
    everything.same(shown, two_pass, "json")


class Pairs(list):
    """A JSON object as it is written."""

    def child(self, key):
        return next(value for name, value in self if name == key)


@PASSES
def test_ek(recorded, everything, two_pass):
    """Lines for Elasticsearch: an index line and a packet, over and over."""
    lines = recorded.run("-T", "ek", two_pass=two_pass).splitlines()
    assert len(lines) == 2 * recorded.count
    names = {f"smtp_{name.replace('.', '_')}": name for name in recorded.tshark.types}
    shown = {}
    for number, (index, line) in enumerate(zip(lines[::2], lines[1::2]), 1):
        assert json.loads(index)["index"]
        layers = json.loads(line, object_pairs_hook=Pairs).child("layers")
        smtp = [layer for name, layer in layers if name == "smtp"]
        if smtp:
            shown[number] = _by_name((names.get(name, name), _in_hex(names.get(name, name), value))
                                     for name, value in _ek_pairs(smtp))
    everything.same(shown, two_pass, "ek")


def _in_hex(name, value):
    """4.6 writes into ek in decimal what is shown in hexadecimal."""
    return f"0x{int(value, 0):08x}" if name == "smtp.session.worst" else value


def _ek_pairs(value):
    for each in value:
        if isinstance(each, Pairs):
            for name, inner in each:
                several = inner if isinstance(inner, list) and not isinstance(inner, Pairs) \
                    else [inner]
                for one in several:
                    if isinstance(one, Pairs):
                        yield from _ek_pairs([one])
                    else:
                        said = {None: "", True: "1", False: "0"}
                        yield name, one if isinstance(one, str) else said[one]
        elif isinstance(each, list):
            yield from _ek_pairs(each)


@PASSES
def test_fields(recorded, everything, two_pass):
    facts = everything.facts(two_pass)
    names = sorted({name for fields in facts.values() for name in fields})
    wanted = [word for name in names for word in ("-e", name)]
    text = recorded.run("-T", "fields", "-E", "separator=\x02", "-E", "aggregator=\x03", *wanted,
                          two_pass=two_pass)
    rows = text.splitlines()
    assert len(rows) == recorded.count
    shown = {}
    for number, row in enumerate(rows, 1):
        found = {name: value.split("\x03") for name, value in zip(names, row.split("\x02")) if value}
        if found:
            shown[number] = found
    everything.same(shown, two_pass, "fields")


def test_list(recorded):
    """The packet list without a tree, with one that nobody sees, with one that is filtered on."""
    def packets(**options):
        return [line for line in recorded.run(**options).splitlines() if " SMTP" in line]

    plain = packets()
    assert plain and plain == packets(filter="frame") == packets(filter="smtp")
    later = packets(two_pass=True)
    assert later == packets(filter="smtp", two_pass=True)
    assert len(plain) == len(later)
    for one, two in zip(plain, later):
        if "[message incomplete]" in two:
            # That no more of a message comes is known when all was read; then its last frame shows what there is.
            assert "[message incomplete]" in one or two.replace(" SMTP/IMF ", " SMTP ").startswith(
                f"{one.rstrip()} | [message incomplete]"), (one, two)
        else:
            assert one == two


def test_read_filter(recorded):
    """-R drops in the first pass what does not match; what is left is the same."""
    text = recorded.run("-R", "smtp", "-T", "json", "-J", "smtp", two_pass=True)
    assert len(json.loads(text)) == len(recorded.frames(True))


def test_nothing_is_malformed(recorded, builtin):
    def malformed(tshark):
        return tshark.fields(recorded.path, ["frame.number"], filter="_ws.malformed")

    # Wireshark's TCP itself says so where a segment inside a TLS record came late and again.
    assert malformed(recorded.tshark) == malformed(builtin)
