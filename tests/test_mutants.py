"""What tests/lib/mutants.py takes for a mistake, and in what order it makes them."""

from mutants import known_equivalents, mutants_of, ranked, shares, TOP

SOURCE = r"""/* a && b; */
static const int table[] = {
    1, 2, /* no function */
};

static bool look(const char *s, /* more */
                 unsigned *n)
{
    if (n && strcmp(s, "1 && 2") == 0)
        return !*n;
    s->at += 7;
    call(s, '(',
         2);
    call(s, "; &&");
    const char *t = s->first[3]; // 4 == 4
    *n = t->len >= 5 ? 0x10 : LIMIT_2;
    return true;
}
"""
MISTAKES = {
    (9, "and, or", "if (n || strcmp(s, \"1 && 2\") == 0)"),
    (9, "comparison", "if (n && strcmp(s, \"1 && 2\") != 0)"),
    (9, "condition", "if (!(n && strcmp(s, \"1 && 2\") == 0))"),
    (9, "number", "if (n && strcmp(s, \"1 && 2\") == 1)"),
    (11, "assignment", ";"),
    (11, "number", "s->at += 8;"),
    (13, "number", "3);"),
    (14, "call", ";"),
    (15, "number", "const char *t = s->first[4]; // 4 == 4"),
    (16, "assignment", ";"),
    (16, "comparison", "*n = t->len > 5 ? 0x10 : LIMIT_2;"),
    (16, "number", "*n = t->len >= 6 ? 0x10 : LIMIT_2;"),
    (17, "truth", "return false;"),
}


def test_mistakes(tmp_path):
    file = tmp_path / "look.c"
    file.write_text(SOURCE)
    mutants = list(mutants_of(file))
    assert len(mutants) == len(MISTAKES)
    assert {(mutant.line, mutant.kind, mutant.after) for mutant in mutants} == MISTAKES
    before = SOURCE.splitlines()
    for mutant in mutants:
        after = mutant.text.splitlines()
        different = [number for number, lines in enumerate(zip(before, after), 1) if lines[0] != lines[1]]
        assert len(before) == len(after) and different == [mutant.line]
        assert (before[mutant.line - 1].strip(), after[mutant.line - 1].strip()) == (mutant.before, mutant.after)


def test_order(tmp_path):
    """All kinds in turn; the same for the same code; a line that is put in between leaves the order of the others."""
    file = tmp_path / "look.c"
    file.write_text(SOURCE)
    order = ranked(mutants_of(file), "1")
    kinds = {kind for _, kind, _ in MISTAKES}
    assert {mutant.kind for mutant in order[:len(kinds)]} == kinds
    assert order == ranked(mutants_of(file), "1") != ranked(mutants_of(file), "2")
    file.write_text(SOURCE.replace("    return true;", "    more(8);\n    return true;"))
    again = [mutant for mutant in ranked(mutants_of(file), "1") if "8" not in mutant.before + mutant.after]
    for kind in kinds:
        assert [mutant.after for mutant in again if mutant.kind == kind] \
            == [mutant.after for mutant in order if mutant.kind == kind and "8" not in mutant.after]


def test_shares(tmp_path):
    files = [tmp_path / name for name in ("long.c", "short.c", "tiny.c")]
    for file, lines in zip(files, (70, 30, 1)):
        file.write_text("\n" * lines)
    assert list(shares(files, 10).values()) == [7, 3, 1]


def test_mistakes_that_change_nothing(tmp_path):
    file = tmp_path / "mutants.txt"
    file.write_text("Words.\n\nplugin/core/parse/line.c\n- a < b\n+ a <= b\nBecause.\n\n"
                    "plugin/core/parse/body.c\n- without\n+ reason\n")
    assert known_equivalents(file) == {(TOP / "plugin/core/parse/line.c", "a < b", "a <= b")}
