"""A laboratory for captures of mail sessions over real TCP and TLS.

Two network namespaces, `client` and `server`, joined by one virtual cable and by nothing else: no
packet can leave them, whatever addresses they use. dumpcap listens at the client's end.

    with Lab(client="192.0.2.1", server="198.51.100.1") as lab:
        lab.record("tcp port 25")
        script.play(lab, port=25)
        lab.save("captures/some.pcapng", start=..., must_have=[...])

Needs root, and of Debian the packages tshark (with dumpcap and editcap), iproute2, openssl and util-linux.
Nothing else: the two ends of the dialogue are threads of this process.
"""

import concurrent.futures
import contextlib
import ctypes
import fcntl
import os
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import textwrap
import time

CAPTURES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# How long any one step may take. A side that waits longer is a bug in a script.
PATIENCE = 15.0

# The packages (Debian names) where the programs are to be had.
PROGRAMS = {
    "dumpcap": "wireshark-common",
    "editcap": "wireshark-common",
    "tshark": "tshark",
    "ip": "iproute2",
    "openssl": "openssl",
    "setpriv": "util-linux",
}


def run(*command, **more):
    """The output of a command; if it fails, the end of this program with what it said."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", **more)
    if done.returncode != 0:
        sys.exit("%s: exit code %d\n%s" % (" ".join(command), done.returncode,
                                           done.stderr.strip()))
    return done.stdout


class Lab:
    """The namespaces, the cable and the recorder. All of it is gone at the end of `with`."""

    SIDES = ("client", "server")

    # Addresses for documentation (RFC 7042, 2.1.2).
    MAC = {"client": "00:00:5e:00:53:65", "server": "00:00:5e:00:53:6c"}

    def __init__(self, client, server):
        self.address = {"client": client, "server": server}
        self.namespace = {side: "esmtp-%s-%d" % (side, os.getpid()) for side in self.SIDES}
        self.recorder = None
        self.undo = contextlib.ExitStack()

    def __enter__(self):
        os.environ["PATH"] += os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"
        missing = sorted({package for program, package in PROGRAMS.items()
                          if not shutil.which(program)})
        if missing:
            sys.exit("Please install: " + " ".join(missing))
        if os.geteuid() != 0:
            sys.exit("Network namespaces need root: run this with sudo.")
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit("stopped"))
        try:
            self.folder = self.undo.enter_context(tempfile.TemporaryDirectory(prefix="esmtp-lab-"))
            self.keys = os.path.join(self.folder, "keys")
            self._lay_cable()
        except BaseException:
            self.undo.close()
            raise
        return self

    def __exit__(self, *_):
        self.undo.close()

    def _lay_cable(self):
        for side in self.SIDES:
            # First the way back, so that being stopped in between leaves nothing behind.
            self.undo.callback(subprocess.run, ["ip", "netns", "del", self.namespace[side]],
                               stderr=subprocess.DEVNULL)
            run("ip", "netns", "add", self.namespace[side])
        run("ip", "link", "add", "net", "netns", self.namespace["client"], "type", "veth",
            "peer", "name", "net", "netns", self.namespace["server"])
        for side in self.SIDES:
            def ip(*words):
                run("ip", "-netns", self.namespace[side], *words)
            ip("link", "set", "lo", "up")
            ip("link", "set", "net", "address", self.MAC[side], "addrgenmode", "none")
            with self.inside(side):
                finish_packets_before_sending("net")
            ip("link", "set", "net", "up")
            ip("address", "add", self.address[side], "dev", "net",
               *(["nodad"] if ":" in self.address[side] else []))
        for side, other in (self.SIDES, self.SIDES[::-1]):
            version = "-6" if ":" in self.address[other] else "-4"
            run("ip", "-netns", self.namespace[side], version, "route", "add",
                self.address[other], "dev", "net")
            run("ip", "-netns", self.namespace[side], "neighbour", "replace",
                self.address[other], "lladdr", self.MAC[other], "dev", "net",
                "nud", "permanent")

    @contextlib.contextmanager
    def inside(self, side):
        """Sockets that this thread opens here belong to that side's namespace for good."""
        libc = ctypes.CDLL(None, use_errno=True)
        clone_newnet = 0x40000000

        def enter(descriptor):
            if libc.setns(descriptor, clone_newnet) != 0:
                raise OSError(ctypes.get_errno(), "setns")

        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            there = os.open("/run/netns/" + self.namespace[side], os.O_RDONLY)
            try:
                enter(there)
            finally:
                os.close(there)
            try:
                yield
            finally:
                enter(home)
        finally:
            os.close(home)

    # --- Recording

    def record(self, what):
        """Start dumpcap at the client's end; return when it listens."""
        self.raw = os.path.join(self.folder, "raw.pcap")
        said = os.path.join(self.folder, "dumpcap.txt")
        with open(said, "wb") as out:
            self.recorder = subprocess.Popen(
                # However this program ends, the recorder ends with it.
                # -P: classic pcap, which names neither this computer nor its processor.
                ["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", self.namespace["client"],
                 "dumpcap", "-P", "-q", "-i", "net", "-f", what, "-w", self.raw],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.undo.callback(self._stop)
        end = time.monotonic() + PATIENCE
        while not (os.path.exists(self.raw) and os.path.getsize(self.raw) >= 24):
            if self.recorder.poll() is not None or time.monotonic() > end:
                with open(said, encoding="utf-8", errors="replace") as text:
                    sys.exit("dumpcap does not record:\n" + text.read())
            time.sleep(0.05)
        time.sleep(0.3)

    def _stop(self):
        if self.recorder.poll() is None:
            self.recorder.send_signal(signal.SIGINT)
            try:
                self.recorder.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.recorder.kill()
                self.recorder.wait()

    def save(self, path, start, comment, must_have):
        """Stop recording, check the capture and put it at path as pcapng with its TLS keys.

        start      the time (seconds since 1970) that the first frame is to have: the dialogue
                   names dates, and they should fit
        must_have  display filters that must each find a frame
        """
        # The kernel hands packets to dumpcap in batches: let the last batch arrive.
        time.sleep(1.0)
        self._stop()
        first = run("tshark", "-r", self.raw, "-c", "1", "-T", "fields", "-e", "frame.time_epoch")
        ready = os.path.join(self.folder, "ready.pcapng")
        secrets = []
        if os.path.exists(self.keys):
            secrets = ["--inject-secrets", "tls," + self.keys]
        run("editcap", "-F", "pcapng", "-t", seconds_between(first.strip(), start), *secrets,
            "--capture-comment", comment, self.raw, ready)

        def count(wanted):
            return len(run("tshark", "-o", "tcp.check_checksum:TRUE",
                           "-o", "ip.check_checksum:TRUE",
                           "-r", ready, "-Y", wanted).splitlines())

        for wanted in ["tcp.flags.syn == 1 && tcp.flags.ack == 0", *must_have]:
            if count(wanted) == 0:
                sys.exit("The capture is not good: no frame for %s" % wanted)
        for unwanted in ["tcp.checksum.status == 0", "ip.checksum.status == 0",
                         "tcp.analysis.retransmission", "tcp.analysis.lost_segment",
                         "tcp.analysis.ack_lost_segment", "tcp.flags.reset == 1",
                         "_ws.malformed"]:
            if count(unwanted) != 0:
                sys.exit("The capture is not good: there are frames for %s" % unwanted)
        shutil.copyfile(ready, path)
        print("%s: %d octets" % (os.path.relpath(path), os.path.getsize(path)))

    # --- TLS

    def certificate(self, name, issuer):
        """A new certificate for the host `name` from a new authority called `issuer`.

        Returns (chain with key for the server, authority for the client): two PEM files.
        """
        def path(file):
            return os.path.join(self.folder, file)

        with open(path("ca.cnf"), "w", encoding="utf-8") as out:
            out.write(textwrap.dedent("""\
                [ca]
                default_ca = lab
                [lab]
                database = {folder}/index.txt
                rand_serial = yes
                new_certs_dir = {folder}
                unique_subject = no
                default_md = sha256
                # The dialogues play in 2024, the computer that makes them lives later.
                default_startdate = 20240101000000Z
                default_enddate = 20991231235959Z
                policy = policy
                [policy]
                organizationName = optional
                commonName = supplied
                [authority]
                basicConstraints = critical, CA:TRUE
                keyUsage = critical, keyCertSign, cRLSign
                subjectKeyIdentifier = hash
                [host]
                basicConstraints = critical, CA:FALSE
                keyUsage = critical, digitalSignature
                extendedKeyUsage = serverAuth
                subjectAltName = DNS:{name}
                [req]
                distinguished_name = none
                [none]
                """).format(folder=self.folder, name=name))
        open(path("index.txt"), "w").close()
        for who, subject in (("authority", issuer), ("host", "/CN=" + name)):
            run("openssl", "req", "-config", path("ca.cnf"), "-new", "-nodes", "-newkey", "ec",
                "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", subject,
                "-keyout", path(who + ".key"), "-out", path(who + ".csr"))
            run("openssl", "ca", "-config", path("ca.cnf"), "-batch", "-notext",
                "-extensions", who, "-in", path(who + ".csr"), "-out", path(who + ".pem"),
                *(["-selfsign"] if who == "authority" else ["-cert", path("authority.pem")]),
                "-keyfile", path("authority.key"))
        with open(path("chain.pem"), "w", encoding="ascii") as out:
            for part in ("host.key", "host.pem", "authority.pem"):
                with open(path(part), encoding="ascii") as file:
                    out.write(file.read())
        return path("chain.pem"), path("authority.pem")


def seconds_between(past, future):
    """future - past with all decimals of past, as editcap -t takes it."""
    whole, _, fraction = past.partition(".")
    nanoseconds = round(future * 1e6) * 1000 - (int(whole) * 10**9 + int(fraction.ljust(9, "0")))
    sign = "-" if nanoseconds < 0 else ""
    return "%s%d.%09d" % (sign, *divmod(abs(nanoseconds), 10**9))


def finish_packets_before_sending(device):
    """Switch off checksum and segmentation offload, or the capture has unfinished packets.

    What `ethtool -K DEVICE tx off tso off gso off gro off` does, without that program.
    """
    siocethtool = 0x8946
    set_tx_checksum, set_tso, set_gso, set_gro = 0x17, 0x1f, 0x24, 0x2c
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        for order in (set_tx_checksum, set_tso, set_gso, set_gro):
            value = ctypes.create_string_buffer(struct.pack("=II", order, 0))
            request = struct.pack("16sP16x", device.encode(), ctypes.addressof(value))
            fcntl.ioctl(handle, siocethtool, request)


class Script:
    """A dialogue as text, played by both ends over a real connection.

        S: line       a line that the server sends, CRLF is added
        C: line       a line that the client sends
        TLS           both ends do a TLS handshake here
        # remark

    Lines of one side that follow each other are sent at once. Each side insists on receiving
    what the script says. After the last line both close.
    """

    # Time that the server takes for a reply, that reply times may be seen in the capture.
    THINKING = 0.02

    def __init__(self, text):
        self.steps = []  # ("S" or "C", octets) or ("TLS", None)
        for line in text.splitlines():
            if not line or line.startswith("#"):
                continue
            if line == "TLS":
                self.steps.append(("TLS", None))
                continue
            found = re.fullmatch(r"([SC]):(?: (.*))?", line)
            if not found:
                raise ValueError("not a line of a dialogue: %r" % line)
            side, octets = found[1], (found[2] or "").encode("utf-8") + b"\r\n"
            if self.steps and self.steps[-1][0] == side:
                octets = self.steps.pop()[1] + octets
            self.steps.append((side, octets))

    def play(self, lab, port, name=None, certificate=None):
        """Play it from client to server. TLS uses the certificate made by lab.certificate()."""
        family = socket.AF_INET6 if ":" in lab.address["server"] else socket.AF_INET
        with lab.inside("server"):
            listener = socket.socket(family, socket.SOCK_STREAM)
        with lab.inside("client"):
            caller = socket.socket(family, socket.SOCK_STREAM)
        with listener, caller:
            listener.bind((lab.address["server"], port))
            listener.listen(1)
            listener.settimeout(PATIENCE)
            caller.settimeout(PATIENCE)

            def server():
                connection, _ = listener.accept()
                connection.settimeout(PATIENCE)

                def handshake(plain):
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.minimum_version = ssl.TLSVersion.TLSv1_3
                    context.load_cert_chain(certificate[0])
                    return context.wrap_socket(plain, server_side=True)

                self._speak("S", connection, handshake)

            def client():
                caller.connect((lab.address["server"], port))

                def handshake(plain):
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                    context.minimum_version = ssl.TLSVersion.TLSv1_3
                    context.load_verify_locations(certificate[1])
                    context.keylog_filename = lab.keys
                    return context.wrap_socket(plain, server_hostname=name)

                self._speak("C", caller, handshake)

            with concurrent.futures.ThreadPoolExecutor() as pool:
                ends = [pool.submit(server), pool.submit(client)]
                for end in concurrent.futures.as_completed(ends):
                    end.result()

    def _speak(self, me, connection, handshake):
        try:
            for side, octets in self.steps:
                if side == "TLS":
                    connection = handshake(connection)
                elif side == me:
                    if me == "S":
                        time.sleep(self.THINKING)
                    connection.sendall(octets)
                else:
                    self._expect(connection, octets)
            if isinstance(connection, ssl.SSLSocket):
                connection = connection.unwrap()  # close_notify both ways
            # The server waits for the client's end, so that nobody answers with a reset.
            if me == "S":
                connection.shutdown(socket.SHUT_WR)
                self._expect(connection, b"", end=True)
        finally:
            connection.close()

    @staticmethod
    def _expect(connection, octets, end=False):
        got = b""
        while len(got) < len(octets) or end:
            piece = connection.recv(len(octets) - len(got) or 1)
            if not piece:
                break
            got += piece
        if got != octets:
            raise RuntimeError("expected %r, got %r" % (octets, got))
