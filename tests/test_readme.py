"""What README.md promises: its commands print what stands there, its links lead somewhere."""

import re
import shlex

import pytest

BLOCK = re.compile(r"^```\n\$ (tshark .*)\n((?:.*\n)*?)```$", re.MULTILINE)


def readme(source):
    return (source / "README.md").read_text()


def test_there_are_eleven_commands(source):
    assert len(BLOCK.findall(readme(source))) == 11


@pytest.mark.parametrize("number", range(11))
def test_filter_prints_what_the_readme_shows(tshark, source, number):
    command, output = BLOCK.findall(readme(source))[number]
    words = shlex.split(command)[1:]
    words = [str(source / word) if word.startswith("captures/") else word for word in words]
    assert tshark.call(*words).rstrip() == output.rstrip()


def test_each_preference_is_explained(tshark, source):
    """With the default that it has."""
    told = dict(re.findall(r"^\| `(esmtp\.\w[^`]*)` \| `([^`]*)` \|", readme(source), re.MULTILINE))
    there = dict(re.findall(r"^#?(esmtp\.[^:]*): (.*)$", tshark.call("-G", "currentprefs"), re.MULTILINE))
    assert there.pop("esmtp.mask_secrets") == "In columns" and told.pop("esmtp.mask_secrets") == "columns"
    assert told == there


def test_links_lead_somewhere(source):
    links = re.findall(r"\]\(([^)#:]+)\)", readme(source))
    assert "captures/gmail-ehlo.png" in links
    for link in links:
        assert (source / link).exists(), link


def test_lua_of_the_readme_works(tshark, source, tmp_path):
    from dialogue import C, Capture, S
    script = tmp_path / "foo.lua"
    script.write_text(re.search(r"```lua\n(.*?)```", readme(source), re.DOTALL).group(1))
    capture = Capture()
    capture.add([S("220 mx ESMTP\r\n"), C("EHLO a\r\n"), S("250-mx\r\n250 XFOO bar\r\n"), C("XFROB baz\r\n"), S("250 ok\r\n")])
    rows = tshark.fields(capture, ["xfoo.value"], "-X", f"lua_script:{script}", filter="xfoo.value")
    assert [row["xfoo.value"] for row in rows] == [["bar"], ["baz"]]
