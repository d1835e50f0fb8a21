"""captures/log: the log of many captures, cut into parts, joined, and read on other machines."""

import os
import re
import shutil
import subprocess

import pytest

from dialogue import Capture, _pcap
from log import known_sessions
from machines import free_port, ssh_servers
from mails import GREETING, QUIT, data, session
from tls import secure

# Capture and part, before what one of its programs says.
SAID = re.compile(r"^(.+)\t(whole|joined|\d+/\d+)\t(.*)$", re.MULTILINE)
NUMBERS = re.compile(r'"frame":\d+,|,"mail":\d+,"connection":\d+(?=}$)')


def of_part(row):
    """A row without the numbers that those of parts do not have."""
    return NUMBERS.sub("", row)


@pytest.fixture(scope="module")
def log(tshark, source):
    """captures/log: (rows or lines, what it said, exit status)."""
    def call(*words, cut=10**9, environment={}, **more):
        done = subprocess.run([source / "captures/log", *map(str, words)], capture_output=True, encoding="utf-8", timeout=300,
                              env={**tshark.environment, "SMTP_LOG_CUT": str(cut), **environment}, stdin=subprocess.DEVNULL, **more)
        return done.stdout.splitlines(), done.stderr, done.returncode
    return call


def rows_of(tshark, name, capture, *words, form="json"):
    """What the log of one capture ought to be, row by row."""
    rows = tshark.run(capture, "-q", "-z", ",".join(["smtp,log", form, *words])).splitlines()
    if form == "tsv":
        return [f"{name}\t{row}" for row in rows[1:]]
    return [f'{{"capture":"{name}",{row[1:]}' for row in rows]


@pytest.fixture(scope="module")
def mixed():
    """A capture of IPv4 and IPv6, in plaintext and with the keys to its TLS inside, all connections at the same time."""
    capture = Capture(interleave=True)
    for n in range(24):
        server = "2001:db8:25::25" if n % 3 == 0 else "198.51.100.25"
        steps, port = session(data(b"Subject: s\r\n\r\n", n)), 25
        if n % 4 == 0:
            steps, secrets = secure(steps)
            capture.secrets += secrets
            port = 465
        capture.add(steps, server=server, port=port)
    return capture


# --- whole captures -----------------------------------------------------------------------------------


def test_rows_of_several_captures(log, tshark, captures):
    names = ["gmail-starttls.pcapng", "exim-recipient-refused.pcapng", "postfix-two-mails.pcapng"]
    for form, options in (("json", ["--json"]), ("tsv", [])):
        lines, said, status = log(*options, "--jobs", 2, *names, cwd=captures)
        rows = [row for name in names for row in rows_of(tshark, name, captures / name, form=form)]
        assert (said, status) == ("", 0)
        if form == "tsv":
            assert lines.pop(0).startswith("capture\tframe\ttime\t")
        assert lines == rows and len(rows) == 4


def test_filter_and_options_go_to_tshark(log, tshark, tmp_path):
    capture = Capture()
    for n in range(3):
        capture.add(session(data(b"Subject: s\r\n\r\n", n)), port=1234)
    path = capture.save(tmp_path / "it's \"a\" $x {1} .pcap")
    wanted = 'smtp.mail.from == "a1@a.example"'
    more = ["-o", "esmtp.heuristics:FALSE", "-d", "tcp.port==1234,smtp"]
    lines, said, status = log("--json", "--filter", wanted, path, "--", *more)
    assert (said, status, len(lines)) == ("", 0, 1)
    assert lines == [row.replace(path.name, path.name.replace('"', '\\"')) for row in rows_of(tshark, path, path, wanted)]
    assert log("--json", path, "--", "-o", "esmtp.heuristics:FALSE") == ([], "", 0)


# --- cut and joined -----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["pcapng", "pcapng.gz"])
def test_parts_are_the_whole(log, tshark, mixed, tmp_path, suffix):
    path = mixed.save(tmp_path / "mixed.pcapng")
    wanted = sorted(map(of_part, rows_of(tshark, "mixed." + suffix, path)))
    if suffix.endswith("gz"):
        subprocess.run(["gzip", path], check=True)
    lines, said, status = log("--json", "--jobs", 3, "mixed." + suffix, cut=1, cwd=tmp_path)
    assert (said, status) == ("", 0)
    assert sorted(lines) == wanted and len(wanted) == 24 and sum('"tls"' in row for row in wanted) == 6


def shares(log, path, jobs):
    """How many frames each part's tshark reads, seen by what it is asked to say."""
    lines, _, status = log("--json", "--jobs", jobs, path, "--", "-z", "io,stat,0,smtp.req.verb", cut=1)
    assert status == 0
    return [int(re.search(r"<>[^|]*\| *(\d+)", line)[1]) for line in lines if "<>" in line]


def test_each_part_has_its_share(log, mixed, tmp_path):
    frames = shares(log, mixed.save(tmp_path / "mixed.pcapng"), 3)
    assert len(frames) == 3 and min(frames) > max(frames) / 3


def test_each_part_has_its_share_of_one_client(log, tmp_path):
    """Linux takes even ports alone as long as there are any."""
    capture = Capture()
    for n in range(40):
        capture.add(session(data(b"Subject: s\r\n\r\n", n)), client="192.0.2.1", server="198.51.100.25", client_port=40000 + 2 * n)
    for jobs in (2, 4):
        assert len(set(shares(log, capture.save(tmp_path / "one.pcap"), jobs))) == 1


def test_the_same_in_tsv(log, tshark, mixed, tmp_path):
    path = mixed.save(tmp_path / "mixed.pcapng")
    lines, _, _ = log("--jobs", 3, "mixed.pcapng", cut=1, cwd=tmp_path)
    head = lines.pop(0).split("\t")
    gone = [head.index(name) for name in ("frame", "mail", "connection")]
    rows = [row.split("\t") for row in rows_of(tshark, "mixed.pcapng", path, form="tsv")]
    assert sorted(lines) == sorted("\t".join("" if n in gone else cell for n, cell in enumerate(row)) for row in rows)


def tagged(frame, *tags):
    return frame[:12] + b"".join(bytes([kind >> 8, kind & 255, 0, 7]) for kind in tags) + frame[12:]


def fragments(frame):
    """An IPv4 frame in two pieces, if it has enough."""
    length = int.from_bytes(frame[16:18], "big") - 20
    if frame[12:14] != b"\x08\x00" or length < 60:
        return [frame]
    made = []
    for at, end, more in ((0, 48, 0x2000), (48, length, 0)):
        head = bytearray(frame[14:34])
        head[2:4] = (20 + end - at).to_bytes(2, "big")
        head[4:6] = (hash(frame) & 0xFFFF).to_bytes(2, "big")
        head[6:8] = (more | at // 8).to_bytes(2, "big")
        made.append(frame[:14] + bytes(head) + frame[34 + at:34 + end])
    return made


def inside_ip(frame):
    """In a tunnel: IPv4 in IPv4."""
    if frame[12:14] != b"\x08\x00":
        return frame
    return frame[:14] + bytes.fromhex("4500%04x000000004004000001010101ffffffff" % (len(frame) + 6)) + frame[14:]


def test_tags_fragments_and_tunnels_are_not_lost(log, tshark, tmp_path):
    kinds = [lambda f: [f], lambda f: [tagged(f, 0x8100)], lambda f: [tagged(f, 0x88A8, 0x8100)], fragments, lambda f: [inside_ip(f)]]
    capture = Capture()
    for n in range(40):
        capture.add(session(data(b"Subject: s\r\n\r\n" + b"text\r\n" * 50, n)),
                    server="2001:db8:25::25" if n % 4 == 0 else "198.51.100.25")
    made, number, stream = [], -1, None
    for time_, frame, _ in capture.frames():
        ports = frame[34:38] if frame[12:14] == b"\x08\x00" else frame[54:58]
        if (ports := frozenset((ports[:2], ports[2:]))) != stream:
            stream, number = ports, number + 1
        made += [(time_, each, len(each)) for each in kinds[number % 5](frame)]
    path = tmp_path / "odd.pcap"
    path.write_bytes(b"".join(_pcap(made)))
    wanted = sorted(map(of_part, rows_of(tshark, "odd.pcap", path)))
    lines, said, status = log("--json", "--jobs", 4, "odd.pcap", cut=1, cwd=tmp_path)
    assert (said, status) == ("", 0)
    assert sorted(lines) == wanted and len(wanted) == 40


@pytest.mark.parametrize("names", ["mx_00001_20261128040000.pcap mx_00002_20261128050000.pcap mx_00003_20261128060000.pcap",
                                   "mx_20261128040000_00001.pcap mx_20261128050000_00002.pcap mx_20261128060000_00003.pcap",
                                   "mx.pcap mx.pcap1 mx.pcap2", "mx.pcap c a"])
def test_what_was_cut_by_time_is_joined(log, tshark, tmp_path, names):
    """A session begins in one file and ends in another. Names come in any order."""
    capture = Capture(interleave=True)
    for n in range(6):
        capture.add(session(data(b"Subject: s\r\n\r\n" + b"text\r\n" * 9, n)))
    frames = list(capture.frames())
    for n, name in enumerate(names.split()):
        (tmp_path / name).write_bytes(b"".join(_pcap(frames[n * len(frames) // 3:(n + 1) * len(frames) // 3])))
    whole = capture.save(tmp_path / "whole")
    wanted = sorted(map(of_part, rows_of(tshark, "mx.pcap", whole)))
    join = ["--join"] if names.endswith(" a") else []
    given = names.split() if join else names.split()[::-1]
    for cut in (1, 10**9):
        lines, said, status = log("--json", "--jobs", 2, *join, *given, cut=cut, cwd=tmp_path)
        assert (said, status) == ("", 0)
        assert sorted(lines) == wanted and len(wanted) == 6


def test_5000_sessions(log, tshark, tmp_path):
    capture, _ = known_sessions(5000)
    path = capture.save(tmp_path / "many.pcap")
    wanted = sorted(map(of_part, rows_of(tshark, "many.pcap", path)))
    lines, said, status = log("--json", "--jobs", 2, "many.pcap", cut=1, cwd=tmp_path)
    assert (said, status) == ("", 0)
    assert len(wanted) >= 5000 and sorted(lines) == wanted


# --- what goes wrong ----------------------------------------------------------------------------------


def test_a_damaged_part_is_named_and_what_it_has_is_printed(log, tshark, captures, mixed, tmp_path):
    whole = mixed.save(tmp_path / "mixed.pcapng")
    plain = Capture()
    plain.add_all([session(data(b"Subject: s\r\n\r\n", n)) for n in range(8)])
    plain.save(tmp_path / "plain.pcap")
    for name in ("mixed.pcapng", "plain.pcap"):
        octets = (tmp_path / name).read_bytes()
        (tmp_path / f"cut-{name}").write_bytes(octets[:-30])
    good = rows_of(tshark, "good", captures / "gmail-starttls.pcapng")
    shutil.copy(captures / "gmail-starttls.pcapng", tmp_path / "good")
    for name in ("cut-plain.pcap", "cut-mixed.pcapng"):
        for cut in (1, 10**9):
            lines, said, status = log("--json", "--jobs", 2, name, "good", "nowhere", cut=cut, cwd=tmp_path)
            assert status == 1 and "error: cannot read nowhere\n" in said
            assert re.search(f"^error: {name}, part (whole|./2): exit status", said, re.MULTILINE), said
            assert "cut short" in said or "truncated" in said
            assert list(map(of_part, good)) == [of_part(row) for row in lines if row.startswith('{"capture":"good"')]
            rest = sum(row.startswith('{"capture":"cut-') for row in lines)
            assert rest >= (7 if name == "cut-plain.pcap" else 20)
    assert whole.exists()


def test_what_is_no_capture(log, tmp_path):
    (tmp_path / "text").write_text("no capture\n")
    lines, said, status = log("text", cwd=tmp_path)
    assert status == 1 and len(lines) == 1 and "error: text, part whole: exit status" in said


@pytest.mark.parametrize("words, says", [
    ([], "error: which captures?"),
    (["--jobs", "0", "x"], "error: --jobs takes a number"),
    (["--nonsense", "x"], "error: unknown option --nonsense"),
    (["--hosts", "nowhere", "x"], "error: cannot read nowhere"),
    (["--filter", "no.such.field == 1", "x"], "-z smtp,log: "),
    (["x", "--", "--no-such-option"], "error: tshark does not take this"),
])
def test_what_is_wrong_is_said_at_once(log, tmp_path, words, says):
    lines, said, status = log(*words, cwd=tmp_path)
    assert (lines, status) == ([], 1) and says in said and len(said.splitlines()) < 60


def test_without_the_plugin(log, builtin, captures):
    lines, said, status = log(captures / "gmail-starttls.pcapng", environment=builtin.environment)
    assert (lines, said, status) == ([], "error: this tshark has no plugin esmtp; captures/show installs it\n", 1)


def test_without_a_program(log, captures, tmp_path):
    for name in ("bash", "env", "nproc", "tshark", "sed"):
        (tmp_path / name).symlink_to(shutil.which(name))
    lines, said, status = log(captures / "gmail-starttls.pcapng", environment={"PATH": str(tmp_path)})
    assert (lines, status) == ([], 1) and said.startswith("error: no parallel here (Debian: apt-get install parallel ")


def test_after_an_interruption_the_rest_is_done(log, captures, tmp_path):
    names = [captures / f"{name}.pcapng" for name in ("gmail-starttls", "postfix-swaks", "exim-swaks-pipelined")]
    done = tmp_path / "done"
    first, _, status = log("--json", "--jobs", 1, "--resume", done, *names)
    assert (len(first), status) == (3, 0)
    # As if it had ended after the first.
    done.write_text("".join(done.read_text().splitlines(keepends=True)[:2]))
    assert log("--json", "--jobs", 1, "--resume", done, *names) == (first[1:], "", 0)
    assert log("--json", "--jobs", 1, "--resume", done, *names) == ([], "", 0)


# --- other machines -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """Two ssh servers on addresses of this machine's own, and what reaches them: {"PARALLEL_SSH": ...}, [host, ...].

    Whoever logs in has a home of its own, and the plugin that is tested.
    """
    folder = tmp_path_factory.mktemp("machines")
    addresses = ["127.0.0.2", "127.0.0.3"]
    with ssh_servers(folder, os.environ["ESMTP_PLUGINS"], addresses, free_port(addresses[0])) as (hosts, environment):
        yield folder, hosts, environment


@pytest.mark.skipif(bool(os.environ.get("ESMTP_PRELOAD")), reason="a login shell has no ASan for the module")
def test_on_other_machines(log, tshark, machines, mixed, tmp_path):
    folder, hosts, environment = machines
    path = mixed.save(tmp_path / "mixed.pcapng")
    wanted = sorted(map(of_part, rows_of(tshark, "mixed.pcapng", path)))
    (tmp_path / "hosts").write_text("# two machines\n" + "\n".join(hosts) + "\n")
    lines, said, status = log("--json", "--jobs", 2, "--hosts", "hosts", "mixed.pcapng", cut=1, cwd=tmp_path,
                              environment=environment)
    assert (said, status) == ("", 0)
    assert sorted(lines) == wanted
    for host in hosts:
        assert "Pubkey auth succeeded" in (folder / f"log-{host.partition('@')[2]}").read_text()


@pytest.mark.skipif(bool(os.environ.get("ESMTP_PRELOAD")), reason="a login shell has no ASan for the module")
def test_a_machine_that_is_not_there(log, machines, captures, tmp_path):
    """The other one does its part; where none is there, that is said."""
    _, hosts, environment = machines
    nobody = hosts[0].partition("@")[0] + "@127.0.0.9"
    capture = captures / "gmail-starttls.pcapng"
    for given, rows, wanted in (([nobody, hosts[0]], 2, 0), ([nobody], 0, 1)):
        (tmp_path / "hosts").write_text("\n".join(given) + "\n")
        lines, said, status = log("--json", "--jobs", 1, "--hosts", "hosts", capture, captures / "postfix-swaks.pcapng",
                                  cwd=tmp_path, environment=environment)
        assert (len(lines), status) == (rows, wanted), said
        assert wanted == 0 or f"error: {capture}, part whole: exit status 255" in said


@pytest.mark.skipif(bool(os.environ.get("ESMTP_PRELOAD")), reason="a login shell has no ASan for the module")
def test_each_machine_reads_its_own(machines, source, captures, tmp_path):
    """The command of plugin/doc/many.md."""
    _, hosts, environment = machines
    command = re.search(r"^parallel --nonall .*$", (source / "plugin/doc/many.md").read_text(), re.MULTILINE)[0]
    (tmp_path / "hosts").write_text("\n".join(hosts) + "\n")
    shutil.copy(captures / "postfix-swaks.pcapng", tmp_path / "a.pcap")
    command = command.replace("captures/log", str(source / "captures/log"), 1).replace("/var/captures", str(tmp_path))
    subprocess.run(["bash", "-c", command], cwd=tmp_path, env={**os.environ, **environment}, check=True, timeout=120, stdin=subprocess.DEVNULL)
    rows = (tmp_path / "mails.json").read_text().splitlines()
    assert len(rows) == 2 and all(row.startswith('{"capture":') for row in rows)
