"""What the documents promise: their commands print what stands there, their links lead somewhere."""

import itertools
import os
import re

import pytest

import documents
import reference
from conftest import SOURCE as TOP

DOCUMENTS = documents.names(TOP)
BLOCKS = [(name, number, block) for name in DOCUMENTS
          for number, (_, block) in enumerate(documents.blocks((TOP / name).read_text()), 1)]
SHOWN = [(name, number, block) for name, number, block in BLOCKS if documents.steps(block)]

# First lines of blocks that are not run here: by whom they are.
ELSEWHERE = {
    "captures/show": "tests/fresh",
    "tests/run": "this is it",
    "sudo apt-get install cmake make gcc pkg-config libglib2.0-dev wireshark-dev": "test_build, and tests/release",
    "gcc -shared -fPIC captures/lab/inside/keylog.c -o keylog.so -l:libssl.so.3": "captures/lab/machine.py, for each capture",
    "sudo captures/lab/run --keys": "takes root, and servers from Debian's mirror: by hand",
    "parallel --nonall --sshloginfile hosts 'captures/log --json /var/captures/*.pcap' >mails.json":
        "test_many_captures::test_each_machine_reads_its_own",
    "set(CUSTOM_PLUGIN_SRC_DIR plugins/epan/esmtp)": "tests/intree",
    'local foo = Proto("xfoo", "An extension of our own")': "test_lua_of_the_documents_works",
    """tshark -r FILE -O smtp -o 'uat:esmtp_keywords:"XFOO","What our relays say to each other.","Our handbook"'""": "test_extend",
}


@pytest.mark.parametrize("name,number,block", SHOWN, ids=[f"{name.rpartition('/')[2]}-{number}" for name, number, _ in SHOWN])
def test_commands_print_what_is_shown(tshark, source, name, number, block):
    """If not: plugin/doc/make, and read the difference."""
    steps = documents.steps(block)
    environment = {**tshark.environment, "PATH": os.environ["PATH"]}
    for step, printed in zip(steps, documents.run(source, steps, environment)):
        assert documents.fits(step.output, printed), f"$ {step.command}\n{printed}"


def test_each_block_is_run_by_somebody():
    assert {block.partition("\n")[0] for _, _, block in BLOCKS if not documents.steps(block)} == set(ELSEWHERE)


def test_twenty_five_questions_are_answered(source):
    text = (source / "plugin/doc/cookbook.md").read_text()
    assert [int(n) for n in re.findall(r"^\*\*(\d+)\. .*\?\*\*", text, re.MULTILINE)] == list(range(1, 26))
    asked = text.split("\n**")[1:]
    assert all(len(documents.blocks(each)) == 1 and documents.steps(documents.blocks(each)[0][1])[0].output for each in asked)


def test_filters_of_the_documents_name_fields_that_are_there(tshark, source):
    """Whoever copies a name from the text finds it."""
    experts = {f"smtp.{word}" for word in ("req", "expert")}
    for name in DOCUMENTS:
        for field in re.findall(r"`(smtp\.[a-z0-9_.]*[a-z0-9])`", (source / name).read_text()):
            known = field in tshark.types or field in experts or any(other.startswith(field + ".") for other in tshark.types)
            assert known or field in OTHER_NAMES, (name, field)


# Preferences of Wireshark, and a dissector table.
OTHER_NAMES = {"smtp.tcp.port", "smtp.desegment_lines", "smtp.desegment_data", "smtp.decryption", "smtp.command"}


def test_a_command_that_prints_something_else_is_found():
    assert documents.fits("a\n...\nd\n", "a\nb\nc\nd") and documents.fits("a\n...\nd\n", "a\nd") and documents.fits("", "")
    assert not documents.fits("a\n...\nd\n", "a\nb\nc") and not documents.fits("a\n", "a\nb") and not documents.fits("a\n", "")


def test_picture_comes_early(source):
    """Two screens of text, then it shows what it looks like: five pictures."""
    lines = (source / "README.md").read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("!["))
    width = 100
    assert sum(1 + len(line) // width for line in itertools.islice(lines, first)) <= 2 * 45
    pictures = [source / path for path in re.findall(r"^!\[.+\]\((.+)\)$", "\n".join(lines), re.MULTILINE)]
    assert len(pictures) == 5 and all(picture.stat().st_size < 150_000 for picture in pictures)


def anchors(text):
    """What GitHub makes of headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(source, name):
    text = (source / name).read_text()
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        place = (source / name).parent / path if path else source / name
        assert place.exists(), link
        assert not anchor or anchor in anchors(place.read_text()), link


def test_each_document_is_linked(source):
    links = set(re.findall(r"\]\(([^)#:]+)", (source / "README.md").read_text()))
    assert set(DOCUMENTS) - {"README.md"} <= links


def test_preferences_of_the_reference_are_all(tshark, source):
    there = dict(re.findall(r"^#?(esmtp\.[^:]*): (.*)$", tshark.call("-G", "defaultprefs"), re.MULTILINE))
    assert {name: default for name, default, _ in reference.preferences(tshark.call("-G", "defaultprefs"))} == there


def test_lua_of_the_documents_works(tshark, source, tmp_path):
    from dialogue import C, Capture, S
    script = tmp_path / "foo.lua"
    script.write_text(re.search(r"```lua\n(.*?)```", (source / "plugin/doc/extend.md").read_text(), re.DOTALL).group(1))
    capture = Capture()
    capture.add([S("220 mx ESMTP\r\n"), C("EHLO a\r\n"), S("250-mx\r\n250 XFOO bar\r\n"), C("XFROB baz\r\n"), S("250 ok\r\n")])
    rows = tshark.fields(capture, ["xfoo.value"], "-X", f"lua_script:{script}", filter="xfoo.value")
    assert [row["xfoo.value"] for row in rows] == [["bar"], ["baz"]]
