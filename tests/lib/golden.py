"""Golden files: all that the plugin shows of a capture, tests/golden/NAME.json for captures/NAME.*

    {"8": [                                              a frame: its SMTP layers, a line an item
    "smtp",                                              indented as the tree is;
    " smtp.response: Response: 220 mx ESMTP\\r\\n",        abbreviation: label
    "  smtp.explanation: Explanation of 220: The server gree...",
    "  smtp.time=0.25: Time",                            =value where the label does not show it
    " smtp.rsp=1 hidden: Response: True"
    ]}

Labels and not values alone, since labels hold what Wireshark's value tables and our own tables say.
Two passes, so that the links to later frames are there.

Explanations stand whole in texts.json, once, and where they are shown by as many first words as tell
them apart: a new wording is a line there, and all the files stay small.

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

TEXTS = {"smtp.explanation", "smtp.explanation.more", "smtp.response.next_step", "smtp.auth.exchange"}
BEGINNING = 20
MAIL = re.compile(r" *smtp\.transaction\.id(?: hidden)?: Mail in the file: (\d+)")
CUT = re.compile(r" \[(?:truncated|\N{HORIZONTAL ELLIPSIS})\]:.*")
OURS = re.compile(r"e?smtp(\..*)?|_ws\.expert.*|")


def frames(tshark, capture):
    """{frame number: [line, ...]} of all frames with SMTP, explanations whole."""
    return lines_of(tshark, tshark.tree(capture, two_pass=True, tshark=True))


def lines_of(tshark, found, first=0):
    """That of these frames; first: how many frames stand before the capture that they are of."""
    return _mails_from_one({str(frame.number - first): [line for layer in frame.layers
                                                        for line in _lines(tshark, layer, 0, first)]
                            for frame in found
                            if not all(item.name == "smtp.seen_before"
                                       for layer in frame.layers for item in layer.children)})


def _mails_from_one(found):
    """Likewise with the numbers of mails as if no other capture stood before this one."""
    numbers = [int(hit[1]) for lines in found.values() for line in lines if (hit := MAIL.fullmatch(line))]
    return {frame: [f"{hit.group().removesuffix(hit[1])}{int(hit[1]) - min(numbers) + 1}"
                    if (hit := MAIL.fullmatch(line)) else line for line in lines]
            for frame, lines in found.items()}


def write(found):
    """The text of a golden file: JSON, a line an item, so that diff shows what has changed."""
    return "{" + ",\n".join(f'"{number}": {_list(lines)}' for number, lines in found.items()) + "}\n"


def write_texts(texts):
    return _list(sorted(texts)) + "\n"


def texts_of(found):
    """The explanations in what frames() returned: {"The server...", ...}"""
    return {text for lines in found.values() for line in lines if (text := text_of(line))}


def shortened(found, texts):
    """What frames() returned with explanations by their beginnings, each of which is that of one."""
    short = {text: beginning(text, texts) for text in texts}
    return {number: [line.replace(text, short.get(text, text)) if (text := text_of(line)) else line
                     for line in lines] for number, lines in found.items()}


def beginning(text, texts):
    length = BEGINNING
    while length < len(text) and any(other.startswith(text[:length]) for other in texts
                                     if other != text):
        length += 10
    return text if len(text) <= length else text[:length] + "..."


def text_of(line):
    """What a line explains; None: it is of another kind."""
    name, _, text = line.lstrip().partition(": ")
    if name == "smtp.explanation":
        text = text.partition(": ")[2]  # "Explanation of MAIL: Begins ..."
    return text if name in TEXTS else None


def _list(lines):
    return "[\n" + ",\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n]"


def _lines(tshark, item, depth, first):
    if not OURS.fullmatch(item.name):
        yield " " * depth + item.name
        return
    if item.name == "smtp":
        yield item.name
        for child in item.children:
            yield from _lines(tshark, child, depth + 1, first)
        return
    label, value = escaped(item.label), escaped(item.value)
    if "FT_RELATIVE_TIME" in tshark.types.get(item.name, ()):
        label = label.partition(":")[0]
    if first and "FT_FRAMENUM" in tshark.types.get(item.name, ()):
        there, value = value, str(int(value) - first)
        label = re.sub(rf"(?<!\w){there}(?!\w)", value, label)
    if item.name in TEXTS:
        # The label may have no room for all of it.
        label, value = f"{label.partition(':')[0]}: {value}", ""
    label = CUT.sub(" [truncated]", label)
    shown = not value or re.search(rf"(?<!\w){re.escape(value)}(?!\w)", label)
    yield (" " * depth + item.name + ("" if shown else f"={value}")
           + (" hidden" if item.hidden else "") + f": {label}")
    for child in item.children:
        # Severity, group and message are in the expert item's label.
        if not child.name.startswith("_ws.expert."):
            yield from _lines(tshark, child, depth + 1, first)


def escaped(text):
    """Control characters as a label shows them."""
    for octet, shown in (("\r", "\\r"), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(octet, shown)
    return text


def make(tshark, captures, output):
    """Writes all golden files into a folder."""
    found = {path.stem: frames(tshark, path) for path in captures}
    texts = set().union(*map(texts_of, found.values()))
    for name, shown in found.items():
        (output / f"{name}.json").write_text(write(shortened(shown, texts)))
    (output / "texts.json").write_text(write_texts(texts))


if __name__ == "__main__":
    from tshark import Tshark
    plugins, home, captures, output = map(Path, sys.argv[1:])
    tshark = Tshark(plugins, home)
    if "smtp.explanation" not in tshark.types:
        sys.exit(f"tshark does not load the plugin in {plugins}")
    make(tshark, sorted(captures.glob("*.pcap*")), output)
