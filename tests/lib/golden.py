"""Golden files: all that the plugin shows of a capture, tests/golden/NAME.json for captures/NAME.*

    {"8": [                                              a frame: its SMTP layers, a line an item
    "smtp: Simple Mail Transfer Protocol",               indented as the tree is;
    " smtp.response: Response: 220 mx ESMTP\\r\\n",        abbreviation: label
    "  smtp.explanation: The server greets the cl...",
    "  smtp.time=0.25: Time",                            =value where the label does not show it
    " smtp.rsp=1 hidden: Response: True"
    ]}

Labels and not values alone, since labels hold what Wireshark's value tables and our own tables say.
Two passes, so that the links to later frames are there.

Explanations stand whole in texts.json, once, and by their first words where they are shown: a new
wording is one line there, and all the files stay small.

tests/golden/make writes the files anew. One set serves all versions of Wireshark; what these do
differently is left out:

    times     4.6 puts milliseconds and microseconds into the label where others put seconds
    booleans  4.0 says 1 and 0 where later ones say True and False (Tshark does that)
    others    what other dissectors add below our items (NTLM, certificates): but the topmost name
    length    4.0 marks a label too short for its value in another way; the value holds all of it
    seen      which segments that came before (out of order, say) TCP hands over once more: 4.4 does
              so where 4.0 and 4.6 do not, and the built-in dissector gets them, too
"""

import json
import re
import sys
from pathlib import Path

TEXTS = {"smtp.explanation", "smtp.response.next_step", "smtp.auth.exchange"}
BEGINNING = 40
CUT = re.compile(r" \[(?:truncated|\N{HORIZONTAL ELLIPSIS})\]:.*")
OURS = re.compile(r"e?smtp(\..*)?|_ws\.expert.*|")


def frames(tshark, capture, texts):
    """{frame number: [line, ...]} of all frames with SMTP. Adds to the set texts what was shortened."""
    return {str(frame.number): [line for layer in frame.layers
                                for line in _lines(tshark, layer, 0, texts)]
            for frame in tshark.tree(capture, two_pass=True)
            if not all(item.name == "smtp.seen_before"
                       for layer in frame.layers for item in layer.children)}


def write(found):
    """The text of a golden file: JSON, a line an item, so that diff shows what has changed."""
    return "{" + ",\n".join(f'"{number}": {_list(lines)}' for number, lines in found.items()) + "}\n"


def write_texts(texts):
    return _list(sorted(texts)) + "\n"


def beginning(text):
    """By what a text is known in the golden files."""
    return text if len(text) <= BEGINNING else text[:BEGINNING] + "..."


def _list(lines):
    return "[\n" + ",\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n]"


def _lines(tshark, item, depth, texts):
    if not OURS.fullmatch(item.name):
        yield " " * depth + item.name
        return
    label, value = escaped(item.label), escaped(item.value)
    if "FT_RELATIVE_TIME" in tshark.types.get(item.name, ()):
        label = label.partition(":")[0]
    if item.name in TEXTS:
        # The label may have no room for all of it.
        texts.add(f"{label.partition(':')[0]}: {value}")
        label, value = beginning(value), ""
    label = CUT.sub(" [truncated]", label)
    shown = not value or item.name == "smtp" \
        or re.search(rf"(?<!\w){re.escape(value)}(?!\w)", label)
    yield (" " * depth + item.name + ("" if shown else f"={value}")
           + (" hidden" if item.hidden else "") + f": {label}")
    for child in item.children:
        yield from _lines(tshark, child, depth + 1, texts)


def escaped(text):
    """Control characters as a label shows them."""
    for octet, shown in (("\r", "\\r"), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(octet, shown)
    return text


def make(tshark, captures, output):
    """Writes all golden files into a folder."""
    texts = set()
    for path in captures:
        (output / f"{path.stem}.json").write_text(write(frames(tshark, path, texts)))
    (output / "texts.json").write_text(write_texts(texts))


if __name__ == "__main__":
    from tshark import Tshark
    plugins, home, captures, output = map(Path, sys.argv[1:])
    tshark = Tshark(plugins, home)
    if "smtp.explanation" not in tshark.types:
        sys.exit(f"tshark does not load the plugin in {plugins}")
    make(tshark, sorted(captures.glob("*.pcap*")), output)
