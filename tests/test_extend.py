"""What users add: keywords in a preference table, dissectors of other plugins and Lua scripts."""

import pytest

from dialogue import C, Capture, S

LUA = """
local foo = Proto("xfoo", "An extension of our own")
local value = ProtoField.string("xfoo.value", "Value")
foo.fields = { value }
function foo.dissector(tvb, pinfo, tree)
    tree:add(value, tvb())
    return tvb:len()
end
DissectorTable.get("smtp.ehlo.keyword"):add("XFOO", foo)
DissectorTable.get("smtp.command"):add("XFROB", foo)
"""


@pytest.fixture(scope="module")
def capture():
    capture = Capture()
    capture.add([S("220 mx ESMTP\r\n"), C("EHLO a\r\n"), S("250-mx\r\n250-xFoo bar baz\r\n250 XBAR\r\n"),
                 C("xfrob one two\r\n"), S("250 ok\r\n")])
    return capture


def test_lua_dissects_the_parameter_of_a_keyword_and_of_a_verb(tshark, capture, tmp_path):
    script = tmp_path / "foo.lua"
    script.write_text(LUA)
    rows = tshark.fields(capture, ["xfoo.value"], "-X", f"lua_script:{script}", filter="xfoo.value")
    assert [row["xfoo.value"] for row in rows] == [["bar baz"], ["one two"]]


def test_lua_that_fails_loses_nothing(tshark, capture, tmp_path):
    script = tmp_path / "foo.lua"
    script.write_text(LUA.replace("tree:add(value, tvb())", "tvb(0, 1000)"))
    rows = tshark.fields(capture, ["smtp.ehlo.keyword", "smtp.req.verb", "smtp.response.code"],
                         "-X", f"lua_script:{script}")
    assert ["XFOO", "XBAR"] in [row["smtp.ehlo.keyword"] for row in rows]
    assert [value for row in rows for value in row["smtp.req.verb"]] == ["EHLO", "XFROB"]
    assert [value for row in rows for value in row["smtp.response.code"]] == ["220", "250", "250"]


def test_keywords_of_the_user_are_explained(tshark, capture):
    prefs = ['uat:esmtp_keywords:"XFOO","What our relays say.","Our handbook"']
    frame, = [frame for frame in tshark.tree(capture, prefs=prefs) if frame.all("smtp.ehlo.keyword")]
    foo, bar = [item for item in frame.all("smtp.rsp.parameter") if item.all("smtp.ehlo.keyword")]
    assert foo.values("smtp.explanation") == ["What our relays say."]
    assert foo.values("smtp.reference") == ["Our handbook"]
    assert "Unregistered" in bar.text()


def test_user_keyword_may_speak_of_a_known_one(tshark):
    capture = Capture()
    capture.add([S("220 mx ESMTP\r\n"), C("EHLO a\r\n"), S("250-mx\r\n250 PIPELINING\r\n")])
    prefs = ['uat:esmtp_keywords:"pipelining","Ours is special.",""']
    told = [value for frame in tshark.tree(capture, prefs=prefs) for value in frame.values("smtp.explanation")]
    assert "Ours is special." in told
