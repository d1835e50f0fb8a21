"""Each field asked for alone is what it is among all others.

The plugin makes only those items of a frame that somebody asks for, in groups (esmtp_fields_wanted): what a filter, a column or
a statistic on one field gets must not depend on what else is asked for.
"""

import pytest

from passes import LATER
from recorded import CAPTURES, Joined, read

# A part of the captures, with one of each kind.
PART = [path for n, path in enumerate(CAPTURES) if n % 5 == 0 or path.stem.startswith(("auth-", "tcp-loss"))]


@pytest.fixture(scope="module")
def part(tshark, tmp_path_factory):
    return Joined(tshark, tmp_path_factory.mktemp("alone") / "part.pcapng", {path.stem: read(path) for path in PART})


@pytest.fixture(scope="module")
def together(part):
    """A function: {frame number: [value, ...]} of a field in a tree that has all of them, in one pass or two."""
    found = {False: {}, True: {}}
    for two_pass, fields in found.items():
        for number, frame in part.frames(two_pass).items():
            for layer in frame.layers:
                for item in layer.walk():
                    fields.setdefault(item.name, {}).setdefault(number, []).append(item.value)
    return lambda name, two_pass: found[two_pass].get(name, {})


def same(text, values, string):
    """Whether a column shows these values: it has room for 255 octets, words for some numbers, nothing for empty text, and
    escapes of its own in each version, which are passed over."""
    whole = ",".join(filter(None, values))
    text = text.removeprefix("[…] ")  # what was cut, since 4.2
    if string:
        odd = not whole.isprintable() or "\\" in whole
        return odd or text == whole or len(text.encode()) > 230 and whole.startswith(text)
    numbers = all(value.isdigit() for value in values) and text.replace(",", "").isdigit()
    return not numbers or text == whole


def test_each_field_in_a_filter_and_in_a_column(tshark, part, together):
    """A filter and a column of that field alone, in later passes, with a tree that is not visible."""
    shown = 0
    for name in sorted(tshark.types):
        if not name.startswith("smtp."):
            continue
        wanted = together(name, True)
        texts = tshark.column(part.path, name)
        assert sorted(texts) == sorted(wanted), name
        shown += bool(wanted)
        for number, values in wanted.items():
            assert same(texts[number], values, tshark.types[name] == {"FT_STRING"}), f"{name} in frame {number}: {texts[number]}, {values}"
    assert shown > 100


@pytest.mark.parametrize("n", range(6))
def test_some_fields_in_one_pass(tshark, part, together, n):
    """One field of many in the first pass: a filter on it, and no other field in the output."""
    names = [name for name in sorted(tshark.types) if name.startswith("smtp.") and name not in LATER and together(name, False)]
    for name in names[n * 7::42]:
        lines = tshark.summary(part.path, filter=name, two_pass=False)
        assert [int(line.split()[0]) for line in lines] == sorted(together(name, False)), name
