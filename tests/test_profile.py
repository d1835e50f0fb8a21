"""The profile SMTP: what is in it works, and what a user has changed stays."""

import re
import shutil
import subprocess
import zipfile

import pytest

from recorded import CAPTURES

REFUSED = next(path for path in CAPTURES if path.stem == "exim-recipient-refused")


@pytest.fixture
def profile(source):
    return source / "plugin/profile/SMTP"


def uat(path):
    """The rows of a table that Wireshark keeps in a file."""
    return [[re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), cell) for cell in re.findall(r'"([^"]*)"', line)]
            for line in path.read_text().splitlines() if line and not line.startswith("#")]


def filters(profile):
    colours = [line.split("@")[1:] for line in (profile / "colorfilters").read_text().splitlines() if line.startswith("@")]
    return {**{f"colour {name}": text for name, text, _ in colours},
            **{f"button {row[1]}": row[2] for row in uat(profile / "dfilter_buttons")},
            **{f"saved {name}": text for name, text in re.findall(r'^"(.*?)" (.*)$', (profile / "dfilters").read_text(), re.MULTILINE)},
            **{f"graph {row[1]}": row[2] or row[6] for row in uat(profile / "io_graphs")}}


def test_every_filter_is_one_and_finds_something(tshark, recorded, profile):
    for name, text in filters(profile).items():
        frames = tshark.run(recorded.path, "-T", "fields", "-e", "frame.number", filter=text, two_pass=True).split()
        assert frames, (name, text)


def test_the_colours_are_as_wireshark_reads_them(profile):
    for line in (profile / "colorfilters").read_text().splitlines()[1:]:
        assert re.fullmatch(r"@[^@]+@[^@]+@\[\d+,\d+,\d+\]\[\d+,\d+,\d+\]", line), line


def test_tshark_shows_the_columns(tshark, profile):
    """As with -C SMTP, whose folder the tests cannot write into Wireshark's own."""
    there = tshark.home / ".config/wireshark/profiles/SMTP"
    shutil.copytree(profile, there)
    try:
        text = tshark.call("-n", "-r", REFUSED, "-C", "SMTP", "-2", "-T", "tabs")
    finally:
        shutil.rmtree(there)
    rows = {int(row[0]): row[6:] for row in ([cell.strip() for cell in line.split("\t")] for line in text.splitlines())}
    # From, To, Code, Outcome, Reply time
    assert rows[8][:2] == ["alice@example.org", ""]
    assert rows[12][1] == "someone@example.com" and rows[13][2] == "550"
    sender, recipients, code, outcome, time = rows[20][:5]
    assert (sender, code, outcome) == ("alice@example.org", "250", "accepted")
    assert set(recipients.split(",")) == {"bob@example.net", "carol@example.net", "someone@example.com"}
    assert re.fullmatch(r"0\.000250+0*|250\.?\d* .*", time), time


def installed(source, *options, to):
    return subprocess.run(["cmake", f"-DFROM={source}/plugin/profile/SMTP", f"-DTO={to}", *options, "-P",
                           f"{source}/plugin/package/profile.cmake"], capture_output=True, text=True, check=True).stdout


def test_what_a_user_has_changed_stays(source, profile, tmp_path):
    to = tmp_path / "profiles/SMTP"
    installed(source, to=to)
    assert {path.name: path.read_text() for path in to.iterdir()} == {path.name: path.read_text() for path in profile.iterdir()}
    (to / "preferences").write_text("mine")
    (to / "dfilters").unlink()
    (to / "notes").write_text("mine, too")
    said = installed(source, to=to)
    assert "Left as it is" in said and str(to / "preferences") in said
    assert (to / "preferences").read_text() == "mine" and (to / "dfilters").exists()
    installed(source, "-DREMOVE=ON", to=to)
    assert sorted(path.name for path in to.iterdir()) == ["notes", "preferences"]
    for path in to.iterdir():
        path.unlink()
    installed(source, to=to)
    installed(source, "-DREMOVE=ON", to=to)
    assert not to.exists()


def test_every_file_that_is_shipped_is_listed(source, profile):
    """So that the next version may replace it."""
    done = subprocess.run(["sha256sum", "--quiet", "-c", "-"], cwd=profile, capture_output=True, text=True, check=False,
                          input="".join(line + "\n" for line in (source / "plugin/package/profile.sha256").read_text().splitlines()[-len([*profile.iterdir()]):]))
    assert done.returncode == 0, done.stdout


def test_the_zip_holds_the_folder(source, profile, tmp_path):
    subprocess.run(["cmake", "-E", "tar", "cf", tmp_path / "p.zip", "--format=zip", "--", "SMTP"], cwd=profile.parent, check=True)
    names = set(zipfile.ZipFile(tmp_path / "p.zip").namelist())
    assert {f"SMTP/{path.name}" for path in profile.iterdir()} <= names
