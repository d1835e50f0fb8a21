"""What plugin/doc promises: the reference is that of this plugin, and its filters find what they are for."""

import re

import pytest

import reference

@pytest.fixture(scope="module")
def examples(tshark, source):
    """The Examples of fields that there are by now."""
    return [example for example in reference.examples(source) if example.field in tshark.types]


def test_reference_is_up_to_date(tshark, source):
    """If not: plugin/doc/make, and read the difference."""
    assert (source / "plugin/doc/reference.md").read_text().splitlines() == list(reference.lines(tshark.call, source))


def test_each_field_has_a_place_and_a_meaning(tshark, source, examples):
    fields = reference.fields(tshark.call("-G", "fields"))
    findings = {row.name for row in reference.findings(source)}
    named = [example.field for example in examples]
    assert len(named) == len(set(named))
    assert {name for name in fields if not name.startswith("smtp.expert.")} - findings == set(named)
    assert not [name for name, field in fields.items() if len(field.meaning) < 3]


def test_each_example_is_of_its_field(examples):
    assert not [example for example in examples if not re.search(rf"(^|[ !]){re.escape(example.field)}( |$)", example.filter)]


def test_findings_are_those_of_the_plugin(tshark, source):
    """Text and all."""
    said = {}
    for line in tshark.call("-G", "fields").splitlines():
        words = line.split("\t")
        if words[0] == "F" and words[2].startswith("smtp.expert."):
            said[words[2]] = words[1]
    assert said == {row.name: row.text for row in reference.findings(source) if row.name.startswith("smtp.expert.")}
    assert len(said) > 80


def counts(recorded, filters, two_pass):
    """How many frames of all captures pass each filter, by one tshark."""
    said = recorded.run("-q", "-z", ",".join(["io,stat", "0", *filters]), two_pass=two_pass)
    row = [line for line in said.splitlines() if "<>" in line][-1]
    return [int(cell) for cell in row.strip("|").split("|")[1::2]]


def test_filters_find_what_they_are_for(tshark, recorded, source, examples):
    """All filters at once: each is accepted, and finds something if the captures have its field at all; in one pass
    what it finds in two, if the reference says so."""
    findings = [row.name for row in reference.findings(source)]
    asked = [example.filter for example in examples] + [example.field for example in examples] + findings
    both, once = (counts(recorded, asked, two_pass) for two_pass in (True, False))
    assert len(both) == len(asked)
    half, wrong = len(examples), []
    for n, example in enumerate(examples):
        if both[half + n] and not both[n]:
            wrong.append(f"finds nothing: {example.filter}")
        if both[half + n] and example.later != ((both[n], both[half + n]) != (once[n], once[half + n])):
            wrong.append(f"in one pass {once[n]}, in two {both[n]}: {example.filter}")
    assert "\n".join(wrong) == ""
    assert sum(map(bool, both[:half])) >= 140
