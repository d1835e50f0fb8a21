"""Machines for the lab: root folders with other software, joined by a cable, and recorded.

A root folder is an overlay: this machine's own files below, over them a layer with packages, over
that one for what a scenario writes. Nothing is ever written into this machine's own files.

    workshop a folder where the others find room
    Layers   installs software, once, into layers
    Net      two namespaces and the recorder (a Lab of captures/make/lab.py)
    Host     one end of the cable: a root folder, a host name, processes of its own, a log
    pair     both ends of a scenario, ready to be started
"""

import contextlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
CAPTURES = HERE.parent
sys.path.insert(0, str(CAPTURES / "make"))
import lab  # noqa: E402

PATIENCE = 20.0

ISSUER = "/O=Made for a packet capture/CN=TEST CA of the esmtp captures, trust it nowhere"
ADDRESSES = {4: ("192.0.2.1", "198.51.100.25"), 6: ("2001:db8:1::1", "2001:db8:25::25")}
HOSTS = ("127.0.0.1 localhost\n::1 localhost\n"
         "{client} client.example.org client\n{server} mx.example.net mx\n")

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    # Not the folder that tests/run has for its own: it is not there, and ssl-cert could not be installed.
    "TMPDIR": "/tmp",
}


def wait_for(what, happens, patience=PATIENCE):
    end = time.monotonic() + patience
    while not (found := happens()):
        if time.monotonic() > end:
            raise RuntimeError(f"waited {patience:g} s in vain for {what}")
        time.sleep(0.05)
    return found


def quiet(host):
    """Waits until a machine has logged nothing for a while."""
    seen, since = None, time.monotonic()
    while time.monotonic() - since < 0.8:
        now = len(host.log), len(host.said())
        if now != seen:
            seen, since = now, time.monotonic()
        time.sleep(0.05)


@contextlib.contextmanager
def workshop():
    """A folder in memory for layers and machines. Takes a mount namespace of this program's own."""
    with tempfile.TemporaryDirectory(prefix="esmtp-lab-") as name:
        folder = Path(name)
        os.chmod(folder, 0o755)
        # Overlays want their layers on another file system than the one below.
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", name], check=True)
        # And namespaces by name are nobody else's business.
        os.makedirs("/run/netns", exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/netns"], check=True)
        try:
            subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-o", folder / "keylog.so",
                            HERE / "inside/keylog.c", "-l:libssl.so.3"], check=True)
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", name])
            subprocess.run(["umount", "--lazy", "/run/netns"])


class Layers:
    """Folders with installed software. packages: {layer: how to install it}; see software.py."""

    def __init__(self, folder, recipes):
        self.folder = Path(folder)
        self.recipes = recipes

    def lower(self, name):
        """The layers that a machine with that software is made of, topmost first."""
        recipe = self.recipes[name]
        if not (self.folder / name / ".done").exists():
            self._install(name, recipe)
        below = self.lower(recipe["over"]) if recipe.get("over") else []
        return [self.folder / name / "files", *below]

    def _install(self, name, recipe):
        below = self.lower(recipe["over"]) if recipe.get("over") else []
        print(f"installing: {name}", flush=True)
        place = self.folder / name
        shutil.rmtree(place, ignore_errors=True)
        for part in ("files", "work", "root"):
            (place / part).mkdir(parents=True)
        script = "\n".join(["set -e", "export DEBIAN_FRONTEND=noninteractive",
                            # No maintainer script starts anything.
                            "printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d",
                            "chmod 755 /usr/sbin/policy-rc.d",
                            recipe["install"]])
        mount = overlay(below, place / "files", place / "work", place / "root")
        root = shlex.quote(str(place / "root"))
        done = subprocess.run(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork",
             "--kill-child", "sh", "-ec",
             f"{mount}; mount -t proc proc {root}/proc; mount --rbind /dev {root}/dev; "
             f"mount -t tmpfs tmpfs {root}/tmp; exec chroot {root} sh -c \"$1\"", "sh", script],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **ENVIRONMENT}, encoding="utf-8", errors="replace")
        if done.returncode:
            raise RuntimeError(f"cannot install {name}:\n{done.stdout[-3000:]}")
        (place / ".done").touch()


def overlay(lower, upper, work, root):
    """The shell command that mounts it."""
    folders = ":".join([*map(str, lower), "/"])
    options = f"lowerdir={folders},upperdir={upper},workdir={work}"
    return shlex.join(["mount", "-t", "overlay", "overlay", "-o", options, str(root)])


class Net(lab.Lab):
    """The two ends, the cable between them, and what is recorded at the client's end.

    cable    what a bad cable does to the segments; see inside/cable.py
    segment  longest TCP segment, in octets of data
    """

    def __init__(self, client, server, cable=None, segment=None):
        super().__init__(client, server)
        self.bad = cable
        self.segment = segment
        self.middle = f"esmtp-cable-{os.getpid()}"

    def _lay_cable(self):
        if self.bad is None:
            super()._lay_cable()
        else:
            self._lay_bad_cable()
        if self.segment:
            for side, other in (self.SIDES, self.SIDES[::-1]):
                lab.run("ip", "-netns", self.namespace[side],
                        "-6" if ":" in self.address[other] else "-4", "route", "change",
                        self.address[other], "dev", "net", "advmss", str(self.segment))

    def _lay_bad_cable(self):
        middle = self.middle
        self.undo.callback(subprocess.run, ["ip", "netns", "del", middle],
                           stderr=subprocess.DEVNULL)
        lab.run("ip", "netns", "add", middle)
        real_run = lab.run

        # The cable of Lab is one veth pair; here it is two, with a program between them.
        def run(*words, **more):
            if words[:4] == ("ip", "link", "add", "net"):
                for side in self.SIDES:
                    real_run("ip", "link", "add", "net", "netns", self.namespace[side], "type",
                             "veth", "peer", "name", side[0], "netns", middle)
                return ""
            return real_run(*words, **more)

        lab.run = run
        try:
            super()._lay_cable()
        finally:
            lab.run = real_run
        ends = ["c", "s"]
        if "window" in self.bad:
            ends += [self.bad["window"]["device"], "nowhere"]
            lab.run("ip", "-netns", middle, "link", "add", ends[2], "type", "veth",
                    "peer", "name", ends[3])
        for end in ends:
            lab.run("ip", "-netns", middle, "link", "set", end, "addrgenmode", "none")
            lab.run("ip", "-netns", middle, "link", "set", end, "up")
        cable = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", middle, sys.executable, "-B",
             str(HERE / "inside/cable.py"), json.dumps(self.bad)],
            stdout=subprocess.PIPE, encoding="utf-8")
        self.undo.callback(cable.wait)
        self.undo.callback(cable.kill)
        if cable.stdout.readline() != "ready\n":
            raise RuntimeError("the bad cable does not work")

    def certificate(self, name, issuer, kind="ec"):
        """key.pem, cert.pem and ca.pem for the host `name`, in a folder of their own."""
        folder = Path(self.folder, "tls")
        folder.mkdir()

        def openssl(*words):
            lab.run("openssl", *words, cwd=folder)

        make = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else ["rsa:2048"]
        (folder / "host.ext").write_text(f"subjectAltName = DNS:{name}\n"
                                         "basicConstraints = critical, CA:FALSE\n")
        openssl("req", "-x509", "-new", "-nodes", "-newkey", *make, "-subj", issuer, "-days", "9999",
                "-keyout", "ca.key", "-out", "ca.pem")
        openssl("req", "-new", "-nodes", "-newkey", *make, "-subj", "/CN=" + name,
                "-keyout", "key.pem", "-out", "host.csr")
        openssl("x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days",
                "9999", "-extfile", "host.ext", "-out", "cert.pem")
        return folder

    def keep(self, path, comment, keys, must_have):
        """Stops recording, checks the capture, puts it at path with the TLS keys that it needs."""
        time.sleep(0.6)
        self._stop()

        def fields(file, wanted, *names):
            return lab.run("tshark", "-n", "-o", "tcp.check_checksum:TRUE", "-o",
                           "ip.check_checksum:TRUE", "-r", file, "-Y", wanted, "-T", "fields",
                           *[word for name in names for word in ("-e", name)]).splitlines()

        randoms = set(fields(self.raw, "tls.handshake.type == 1", "tls.handshake.random"))
        lines = dict.fromkeys(Path(keys).read_text().splitlines()) if Path(keys).exists() else []
        used = [line for line in lines
                if len(line.split()) == 3 and any(line.split()[1].lower() in each
                                                  for each in randoms)]
        ready = os.path.join(self.folder, "ready.pcapng")
        secrets = []
        if used:
            kept = Path(self.folder, "kept-keys")
            kept.write_text("\n".join(used) + "\n")
            secrets = ["--inject-secrets", f"tls,{kept}"]
        lab.run("editcap", "-F", "pcapng", *secrets, "--capture-comment", comment, self.raw, ready)
        for wanted in ["tcp.flags.syn == 1 && tcp.flags.ack == 0", *must_have]:
            if not fields(ready, wanted, "frame.number"):
                raise RuntimeError(f"the capture is not good: no frame for {wanted}")
        # Linux may write a checksum of 0 as 0xffff, of which Wireshark does not approve.
        unwanted = ["tcp.checksum.status == 0 && tcp.checksum != 0xffff", "ip.checksum.status == 0"]
        if self.bad is None:
            unwanted.append("tcp.analysis.lost_segment")
        for each in unwanted:
            if bad := fields(ready, each, "frame.number", "ip.src", "tcp.srcport", "tcp.flags", "tcp.len"):
                raise RuntimeError(f"the capture is not good: {len(bad)} frames for {each}: {bad[:3]}")
        shutil.copyfile(ready, path)
        os.chmod(path, 0o644)


class Host:
    """One end of the cable as a machine: root folder, host name, processes, log.

    shared is a folder that both ends see as /lab.
    """

    def __init__(self, net, side, name, lower, shared, hosts):
        self.net, self.side, self.name = net, side, name
        self.undo = contextlib.ExitStack()
        self.log = []
        self.shared = Path(shared)
        place = Path(tempfile.mkdtemp(prefix=f"{side}-", dir=shared.parent))
        for part in ("files", "work", "root"):
            (place / part).mkdir()
        os.chmod(place, 0o755)
        self._listen()
        root = shlex.quote(str(place / "root"))
        script = "; ".join([
            overlay(lower, place / "files", place / "work", place / "root"),
            f"mount -t proc proc {root}/proc",
            f"mkdir -p {root}/lab {root}/run {root}/tmp",
            f"mount --bind {shlex.quote(str(self.shared))} {root}/lab",
            f"mount -t tmpfs -o mode=755 tmpfs {root}/run",
            f"mount -t tmpfs -o mode=1777 tmpfs {root}/tmp",
            f"mount -t tmpfs -o mode=755 tmpfs {root}/dev",
            f"cd {root}/dev",
            "mknod -m 666 null c 1 3", "mknod -m 666 zero c 1 5", "mknod -m 666 full c 1 7",
            "mknod -m 666 random c 1 8", "mknod -m 666 urandom c 1 9", "mknod -m 666 tty c 5 0",
            "ln -s /proc/self/fd fd", "ln -s fd/0 stdin", "ln -s fd/1 stdout",
            "ln -s fd/2 stderr", "mkdir shm pts", "mount -t devpts devpts pts",
            "chmod 1777 shm", f"ln -s /lab/log-{side} log",
            "cd /", f"hostname {shlex.quote(name)}",
            "umask 022",
            f"exec chroot {root} env -i sleep infinity"])
        self.init = subprocess.Popen(
            # However this program ends, the machine and all that runs on it end too.
            ["setpriv", "--pdeathsig", "KILL", "nsenter",
             f"--net=/run/netns/{net.namespace[side]}", "unshare", "--mount", "--uts",
             "--ipc", "--pid", "--fork", "--kill-child", "--propagation", "private",
             "sh", "-ec", script], stdin=subprocess.DEVNULL)
        self.undo.callback(self.init.wait)
        self.undo.callback(self.init.kill)
        self.pid = wait_for("the machine to start", self._first_process)
        self.write("/etc/hosts", hosts)
        self.write("/etc/hostname", name + "\n")
        self.write("/etc/mailname", name + "\n")
        # Nobody answers there, and says so at once.
        self.write("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        self.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\n"
                                         "hosts: files\nservices: files\nprotocols: files\n")

    def close(self):
        self.undo.close()

    def _first_process(self):
        if self.init.poll() is not None:
            raise RuntimeError(f"the machine {self.name} does not start")
        children = Path(f"/proc/{self.init.pid}/task/{self.init.pid}/children").read_text().split()
        with contextlib.suppress(OSError, IndexError):
            if Path(f"/proc/{children[0]}/comm").read_text() == "sleep\n":
                return int(children[0])

    def _listen(self):
        """The machine's /dev/log: what its programs say ends up in self.log."""
        path = self.shared / f"log-{self.side}"
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        receiver.bind(str(path))
        os.chmod(path, 0o666)
        self.undo.callback(receiver.close)

        def listen():
            with contextlib.suppress(OSError):
                while True:
                    data = receiver.recv(65536).decode("utf-8", "replace")
                    text = re.sub(r"^<\d+>(\w{3} [ \d]\d [\d:]{8} )?", "", data.rstrip("\n\0"))
                    self.log += text.split("\n")

        threading.Thread(target=listen, daemon=True).start()

    def path(self, path):
        """Where a file of this machine is to be found from outside."""
        return Path(f"/proc/{self.pid}/root{path}")

    def write(self, path, text, mode=0o644):
        place = self.path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            place.unlink()
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.chmod(place, mode)

    def _command(self, words, env):
        named = [f"{name}={value}" for name, value in {**ENVIRONMENT, **env}.items()]
        return ["nsenter", "--target", str(self.pid), "--net", "--mount", "--uts", "--ipc",
                "--pid", f"--root=/proc/{self.pid}/root", "env", "-i", "-C", "/", *named, *words]

    def run(self, *words, check=True, timeout=60, input=None, env={}):
        """Runs a command and returns what it said (stdout and stderr together)."""
        done = subprocess.run(self._command(words, env), timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              **({"input": input} if input is not None else
                                 {"stdin": subprocess.DEVNULL}))
        said = done.stdout.decode("utf-8", "replace")
        if check and done.returncode:
            raise RuntimeError(f"{shlex.join(words)}: exit status {done.returncode}\n{said}")
        self.status = done.returncode
        return said

    def spawn(self, *words, env={}):
        """Starts a program that keeps running; it ends with the machine."""
        out = open(self.shared / f"out-{self.side}", "ab")
        process = subprocess.Popen(self._command(words, env), stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=out)
        out.close()
        self.undo.callback(process.wait)
        self.undo.callback(process.kill)
        return process

    def said(self):
        """What spawned programs printed."""
        path = self.shared / f"out-{self.side}"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def wait_port(self, port):
        suffix = f":{port:04X}"

        def listening():
            for table in ("tcp", "tcp6"):
                for line in Path(f"/proc/{self.pid}/net/{table}").read_text().splitlines()[1:]:
                    words = line.split()
                    if words[1].endswith(suffix) and words[3] == "0A":
                        return True

        try:
            wait_for(f"port {port}", listening)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n" + "\n".join(self.log[-20:]) + self.said()[-3000:])

    def wait_log(self, pattern, times=1, patience=PATIENCE):
        found = re.compile(pattern)
        try:
            wait_for(f"{pattern} in the log",
                     lambda: sum(bool(found.search(line)) for line in list(self.log)) >= times,
                     patience)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n" + "\n".join(self.log[-20:]) + self.said()[-2000:])


@contextlib.contextmanager
def pair(scenario, layers, folder):
    """The two ends of a scenario: (net, server, client, the folder that both see as /lab)."""
    shared = Path(tempfile.mkdtemp(prefix="scenario-", dir=folder)) / "shared"
    (shared / "tls").mkdir(parents=True)
    for path in (shared.parent, shared, shared / "tls"):
        os.chmod(path, 0o755)
    for file in (HERE / "inside").iterdir():
        if file.is_file():
            shutil.copy(file, shared)
    shutil.copy(folder / "keylog.so", shared)
    (shared / "message").write_bytes(scenario.message.encode())
    (shared / "keys").touch()
    os.chmod(shared / "keys", 0o666)

    client_address, server_address = ADDRESSES[scenario.ip]
    hosts = HOSTS.format(client=client_address, server=server_address)
    cable = scenario.cable
    if cable and "window" in cable:
        cable = {"window": {**cable["window"], "keys": str(shared / "keys"),
                            "end": str(shared / "end")}}
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, shared.parent, ignore_errors=True)
        net = undo.enter_context(Net(client_address, server_address, cable, scenario.segment))
        made = net.certificate("mx.example.net", ISSUER, scenario.server.certificate)
        for name in ("key.pem", "cert.pem", "ca.pem"):
            shutil.copy(made / name, shared / "tls")
        for file in shared.rglob("*.pem"):
            os.chmod(file, 0o644)

        def host(side, name, software):
            made = Host(net, side, name, layers.lower(software.layer), shared, hosts)
            undo.callback(made.close)
            return made

        server = host("server", "mx.example.net", scenario.server)
        client = host("client", "client.example.org", scenario.client)
        yield net, server, client, shared
