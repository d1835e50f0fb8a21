"""One pass, two passes, and clicks in any order: what is shown must be the same.

Later passes know of replies that come later; the fields that say so, or that it is too early to say, are left out.
"""

import random
import re
from pathlib import Path

FIELDS = (Path(__file__).parent.parent / "contract/fields.tsv").read_text().splitlines()
# The connection as a whole: on its last frame, which the first pass knows of a goodbye only, unless more is said after that.
SUMMARY = {line.split("\t")[0] for line in FIELDS if line.startswith("smtp.session")}

LATER = {
    "smtp.response_in", "smtp.ehlo.unused", "smtp.refusal", "smtp.line_in", "smtp.not_captured", "smtp.mail.status", "smtp.rcpt.status",
    "smtp.rcpt.status.class", "smtp.data.reassembled.in", "smtp.auth.ended_in",
    "smtp.expert.undecided", "smtp.tls.alert", "smtp.expert.no_verdict", "smtp.expert.no_reply",
    "smtp.expert.client_first",  # the EHLO reply may show that the server takes it
    "smtp.session.complete",  # how a connection ends TCP knows when it has read all
}


def fields_of_smtp(tshark):
    """All fields of SMTP that the first pass knows as well as the second."""
    return sorted(name for name in tshark.types
                  if name.startswith("smtp.") and name not in LATER)


def rows(tshark, capture, *args, **options):
    """For each frame a dict: "protocols", "info" (of frames with SMTP) and all fields of SMTP."""
    # 4.2 gave the columns names in small letters.
    info = "_ws.col.info" if "_ws.col.info" in tshark.types else "_ws.col.Info"
    frames = []
    for row in tshark.fields(capture, [info, "frame.protocols", *fields_of_smtp(tshark)], *args,
                             **options):
        frame = {"protocols": row.pop("frame.protocols")[0]}
        said = "".join(row.pop(info))
        # What TCP and TLS say of segments that they put together is not the same in both passes.
        if "smtp" in frame["protocols"].split(":"):
            frame["info"] = said
        frames.append(frame | {name: values for name, values in row.items() if values})
    return frames


def at_once(one, two):
    """The row of later passes without what became of a mail that the connection's end cut off: too early for one pass."""
    outcome = "smtp.transaction.outcome"
    if "smtp.session" not in one:
        two = {name: values for name, values in two.items() if name not in SUMMARY}
    if len(one.get(outcome, [])) >= len(two.get(outcome, [])):
        return two
    row = dict(two)
    for name in [name for name in row if name.startswith("smtp.transaction.") and name != "smtp.transaction.id"]:
        said, more = one.get(name, []), iter(row.pop(name))
        assert all(value in more for value in said), f"{name}, one pass: {one}\ntwo passes: {two}"
        row |= {name: said} if said else {}
    return row


def one_and_two(tshark, capture, *args, **options):
    """Fails unless one pass and two passes show the same; returns what they show."""
    one = rows(tshark, capture, *args, two_pass=False, **options)
    two = rows(tshark, capture, *args, two_pass=True, **options)
    for first, second in zip(one, two):
        # The first pass names TLS for a segment that holds but the beginning of a record.
        if first["protocols"] == second["protocols"] + ":tls":
            first["protocols"] = second["protocols"]
        second = at_once(first, second)
        if "smtp.session" not in second:
            first = {name: values for name, values in first.items() if name not in SUMMARY}
        assert first == second, f"one pass: {first}\ntwo passes: {second}"
    assert len(one) == len(two)
    return two


def any_order(tshark, capture, prefs=(), seed=1):
    """Fails unless frames clicked on in random order, each of them twice, show what two passes show."""
    shown = one_and_two(tshark, capture, prefs=prefs)
    trees = {frame.number: frame.text() for frame in
             tshark.tree(capture, two_pass=True, filter="frame", prefs=prefs, tshark=True)}
    order = 2 * list(range(1, len(shown) + 1))
    random.Random(seed).shuffle(order)
    clicks = tshark.visit(capture, order, prefs=prefs)
    for number, text in zip(order, clicks):
        _, _, tree = text.partition("\n")
        same_text(tree, trees[number], f"frame {number}")
    layers = tshark.visit(capture, order, protocol="frame", prefs=prefs)
    for number, text in zip(order, layers):
        # A label has room for 240 octets.
        found, = re.findall(r"Protocols in frame(?: ?\[[^]]*\])?: ([^]\n]*)", text)
        protocols = shown[number - 1]["protocols"]
        assert protocols == found or len(found) > 150 and protocols.startswith(found[:150]), number
    return shown


# Expert infos that say what the code of a reply says: test_findings.py is about them.
COMMON = {f"smtp.expert.{name}" for name in ("refused", "deferred", "mail_accepted")}


def experts(tshark, capture, *args, left_out=COMMON, **options):
    """{tcp.stream: [(segment of the stream that has data, from 1; name without smtp.expert.), ...]}"""
    names = [name for name in sorted(tshark.types) if name.startswith("smtp.expert.") and name not in left_out | LATER - {"smtp.expert.client_first"}]
    streams = tshark.by_stream(capture, names, *args, filter="tcp.len > 0", **options)
    return {stream: [(n, name.removeprefix("smtp.expert."))
                     for n, row in enumerate(segments, 1) for name in names if row[name]]
            for stream, segments in streams.items()}


def same_text(ours, theirs, what=""):
    """Fails at the first line that differs. (What pytest does about long texts takes minutes.)"""
    if ours == theirs:
        return
    pairs = zip(ours.splitlines(), theirs.splitlines())
    n, line, other = next(((n, a, b) for n, (a, b) in enumerate(pairs) if a != b), (-1, "", ""))
    before = "\n".join(ours.splitlines()[max(0, n - 8):n])
    raise AssertionError(f"{what}\n{before}\nline {n}: {line[:500]!r}\n instead of: {other[:500]!r}")
