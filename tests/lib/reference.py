#!/usr/bin/env python3
"""plugin/doc/reference.md, made of what the loaded plugin says of itself: reference.py TSHARK SOURCE > reference.md

Fields, their types and meanings and the preferences are tshark's, by -G; severity, group and how often a finding is raised are those of
its row in plugin/core/tables/finding_rows.h, the table that the plugin is built from. Order and example filters of fields are in
plugin/doc/examples.tsv. plugin/doc/make writes the file; tests/test_documents.py fails when it is out of date.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROW = re.compile(r'^ROW\((\w+), "([\w.]+)", (\w+), (\w+), ([\w()]+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+), (NULL|"[^"]*")\)', re.MULTILINE)

# What a user writes after a comparison.
KINDS = {"FT_STRING": "text", "FT_BOOLEAN": "1 or 0", "FT_FRAMENUM": "frame number", "FT_RELATIVE_TIME": "seconds", "FT_NONE": "is there",
         "FT_BYTES": "octets", "FT_IPv4": "IPv4 address", "FT_IPv6": "IPv6 address"}

# Of fields that Wireshark or the plugin gives a name only.
MEANINGS = {
    "smtp.req": "The frame holds commands",
    "smtp.rsp": "The frame holds replies",
    "smtp.command_line": "A whole command line with its line end",
    "smtp.req.command": "The verb as on the wire",
    "smtp.req.parameter": "What follows the verb",
    "smtp.response": "The lines of the reply that are in this frame; the value is the first of them",
    "smtp.response.code": "Reply code",
    "smtp.response.enhanced_code.class": "First number of the enhanced status code",
    "smtp.response.enhanced_code.subject": "Second number of the enhanced status code",
    "smtp.response.enhanced_code.detail": "Third number of the enhanced status code",
    "smtp.rsp.parameter": "The text of a reply line",
    "smtp.eom": "The line with a dot that ends a message",
    "smtp.message": "A line of a message that is shown as lines",
    "smtp.data.fragment.count": "Pieces of the message",
    "smtp.data.piece.number": "Number of the piece in its message",
    "smtp.data.piece.length": "Octets of the piece as they were sent",
    "smtp.data.piece.total": "Octets of the message up to this piece",
    "smtp.data.total": "Octets of the whole message",
    "smtp.data.size.declared": "Octets that SIZE= of MAIL announced",
    "smtp.auth.username": "User name, decoded",
    "smtp.auth.password": "Password, decoded",
    "smtp.auth.username_password": "Base64 that holds user name and password",
    "smtp.auth.digest.realm": "Realm that the password is for",
    "smtp.auth.digest.algorithm": "Algorithm of the digest",
    "smtp.auth.digest.charset": "Character set of user name and password",
    "smtp.auth.digest.cipher": "Ciphers for auth-conf",
    "smtp.auth.digest.maxbuf": "Largest buffer, in octets",
    "smtp.transaction.recipient.rejected": "Recipient that was refused",
    "smtp.session.mails.accepted": "Mails that were accepted",
}

# Fields of Wireshark's own dissector that are there, since the plugin registers its fields beside them, and stay empty.
EMPTY = re.compile(r"smtp\.data\.fragment\.(overlap|multiple|too_long|error)")

SEVERITIES = {"CHAT": "chat", "NOTE": "note", "WARN": "warning", "ERROR": "error"}


class Field(NamedTuple):
    name: str
    type: str
    meaning: str


class Finding(NamedTuple):
    name: str
    severity: str
    group: str
    cap: str
    text: str
    reference: str


class Example(NamedTuple):
    field: str
    filter: str
    later: bool  # finds more in two passes
    section: str


def fields(said):
    """{name: Field} of "tshark -G fields": what the plugin shows, expert infos aside."""
    found = {}
    for line in said.splitlines():
        kind, title, name, kind_of_value, *rest = [*line.split("\t"), "", "", "", ""]
        if kind == "F" and name.startswith("smtp.") and rest[0] == "smtp" and not EMPTY.match(name):
            blurb = rest[3].strip()
            found.setdefault(name, Field(name, kind_of_value, MEANINGS.get(name) or blurb or title))
    return found


def findings(source):
    """All Findings, worst first."""
    def text(literals):
        return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)).replace('\\"', '"')

    def cap(word):
        times = re.fullmatch(r"TIMES\((\d+)\)", word)
        return f"{times[1]} times" if times else {"ONCE": "once", "ONCE_A_SIDE": "once a side", "EACH": "each time"}[word]

    rows = ROW.findall((Path(source) / "plugin/core/tables/finding_rows.h").read_text())
    made = [Finding(name, SEVERITIES[severity], about.lower().replace("_", " "), cap(often), text(said), text(reference))
            for _, name, severity, about, often, said, reference in rows]
    order = list(SEVERITIES.values())[::-1]
    return sorted(made, key=lambda row: order.index(row.severity))


def examples(source):
    """The Examples in their order."""
    made, section = [], ""
    for line in (Path(source) / "plugin/doc/examples.tsv").read_text().splitlines():
        if line.startswith("# "):
            section = line[2:]
        elif line and not line.startswith("#"):
            name, *rest = line.split("\t")
            made.append(Example(name, (rest or [name])[0], rest[1:] == ["-2"], section))
    return made


def preferences(said):
    """(name, default, meaning) of "tshark -G defaultprefs"."""
    for block in said.split("\n\n"):
        if found := re.search(r"^#(esmtp\.[^:]+): (.*)$", block, re.MULTILINE):
            comment = [line[2:] for line in block.splitlines() if line.startswith("# ")]
            meaning = [line for line in comment if not re.match(r"(A |TRUE or|\(case|One of)", line)]
            values = [f"One of {line[8:].lower()}" for line in comment if line.startswith("One of: ")]
            yield found[1], found[2], " ".join([*meaning, *(f"{line}." for line in values)])


def cell(text):
    return text.replace("|", "\\|")


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "| " + " | ".join("---" for _ in head) + " |"
    for row in rows:
        yield "| " + " | ".join(map(cell, row)) + " |"


def field_row(field, example):
    kind = KINDS.get(field.type, "number")
    return f"`{field.name}`", kind, field.meaning, f"`{example.filter}`" + (" (`-2`)" if example.later else "")


def lines(tshark, source):
    """The lines of reference.md; tshark(word, ...) returns what it prints."""
    known, found = fields(tshark("-G", "fields")), findings(source)
    experts = {row.name for row in found}
    shown = [example for example in examples(source) if example.field in known]
    named = {example.field for example in shown} | experts
    shown += [Example(name, name, False, "Others") for name in known if name not in named and not name.startswith("smtp.expert.")]
    yield from HEAD.format(fields=len(shown), findings=len(found)).splitlines()
    section = None
    for example in shown:
        if example.section != section:
            section = example.section
            yield from ["", f"### {section}", ""]
            rows = [field_row(known[each.field], each) for each in shown if each.section == section]
            yield from table(("Field", "Compared with", "Meaning", "For example"), rows)
    yield from [*FINDINGS.splitlines(), ""]
    yield from table(("Filter", "How bad", "How often", "What it says", "Defined in"),
                     [(f"`{row.name}`", row.severity, row.cap, row.text, row.reference) for row in found])
    yield from [*PREFERENCES.splitlines(), ""]
    yield from table(("Preference", "Default", "What it decides"),
                     [(f"`{name}`", f"`{default}`", meaning) for name, default, meaning in preferences(tshark("-G", "defaultprefs"))])


HEAD = """<!-- Written by plugin/doc/make: change the plugin, plugin/doc/examples.tsv or tests/lib/reference.py -->
# Reference

{fields} fields, {findings} findings, and the preferences of the plugin, as the loaded plugin names them. In Wireshark the same names stand in the status line
when you click on a line of the packet details, and *Prepare as Filter* writes them for you.

## Fields

Where `-2` stands, the filter finds all that it should in Wireshark's window and in tshark's second pass (`tshark -2`): the field is
known only when a later packet was seen. All other filters find the same in one pass.

Text is compared with `==`, `contains` and `matches`, which takes regular expressions. A field that a packet has several times passes if any of them does."""

FINDINGS = """
## Findings

What is odd, wrong or dangerous. Each is an expert info of the packet that proves it, and a filter by its name. All of one connection stand in its
summary: `smtp.session.finding` (without `smtp.expert.`) and `smtp.session.worst`. *How often* is how often at most in a connection."""

PREFERENCES = """
## Preferences

*Preferences > Protocols > ESMTP*, or `tshark -o NAME:VALUE`. Wireshark's own preferences count as well: `smtp.tcp.port` adds ports, as Decode As does;
`smtp.desegment_lines` off is `esmtp.desegment` off; `smtp.desegment_data` off leaves messages in pieces. `smtp.decryption` decides nothing here: `esmtp.decode_auth` does."""


if __name__ == "__main__":
    def ask(*words):
        return subprocess.run([sys.argv[1], *words], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout

    print("\n".join(lines(ask, sys.argv[2])))
