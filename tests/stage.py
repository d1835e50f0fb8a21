"""The stage of test_live.py: Postfix and swaks talk, tshark with the plugin captures meanwhile.

    stage.py FOLDER USER GROUP

Runs as root in a mount and a process namespace of its own; tests/run starts it. It waits until a
test asks, by connecting to FOLDER/socket, plays the session, once, and answers each who asked
when the results are in the folder:

    all.pcapng, filtered.pcapng   what dumpcap recorded
    live-FORM                     what tshark printed, for each of live.FORMS
    keys                          the TLS keys that the programs logged
    word.json                     what Postfix and swaks say, and how far the output had come while
                                  each connection was still open

tshark and dumpcap run as that user (by number), with the two capabilities that capturing takes:
run by root, tshark would not load the plugin. When stdin ends, the stage and all on it end.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS / "lib"), str(TESTS.parent / "captures" / "lab")]
import live  # noqa: E402
import machine  # noqa: E402
import software  # noqa: E402
from clients import Swaks  # noqa: E402
from scenarios import Scenario  # noqa: E402
from servers import Postfix  # noqa: E402
from tshark import Tshark  # noqa: E402

# A busy machine starts four tsharks slowly. Less than the cable's patience for showing.
STARTING, SHOWING = 60, 20

# What tshark and dumpcap say of a capture that went well: nothing was dropped.
NORMAL = re.compile(r"^Capturing on '\w+'$|\[Main MESSAGE\] -- (Capture started|File: )|^tshark: *$"
                    r"|^File: |^Packets captured: |^\d+ packets? captured$"
                    r"|^Packets received/dropped on interface '\w+': \d+/0 ")

LAST = b"This is the last frame."


class Capturer:
    """A tshark or dumpcap that captures at the cable's window, without being root."""

    def __init__(self, net, folder, user, group, name, words):
        self.name, self.undo = name, contextlib.ExitStack()
        self.temporary = folder / f"tmp-{name}"
        self.temporary.mkdir()
        os.chown(self.temporary, user, group)
        tshark = Tshark(os.environ["ESMTP_PLUGINS"], self.temporary,
                        preload=os.environ.get("ESMTP_PRELOAD"))
        self.output, self.errors = folder / f"live-{name}", folder / f"errors-{name}"
        # Where only members of a group may run dumpcap, the user is one.
        dumpcap = os.stat(shutil.which("dumpcap")).st_gid
        with open(self.output, "wb") as output, open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{net.middle}",
                 "setpriv", f"--reuid={user}", f"--regid={group}",
                 f"--groups={dumpcap}" if dumpcap else "--clear-groups",
                 "--inh-caps=+net_raw,+net_admin", "--ambient-caps=+net_raw,+net_admin", *words],
                env=tshark.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)

    def listens(self):
        """Whether it has made its file: it does so when the capture is open and the filter set."""
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} captures nothing:\n{self.said()}")
        return self.recorded() != b""

    def recorded(self):
        return b"".join(file.read_bytes() for file in self.temporary.glob("*.pcapng"))

    def printed(self):
        return self.output.read_bytes()

    def said(self):
        return self.errors.read_text(errors="replace")

    def stop(self):
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        if self.process.wait(machine.PATIENCE):
            raise RuntimeError(f"{self.name}: exit status {self.process.returncode}\n{self.said()}")
        unexpected = [line for line in self.said().splitlines() if line.strip() and not NORMAL.search(line)]
        if unexpected:
            raise RuntimeError(f"{self.name} complained:\n" + "\n".join(unexpected))


def play(folder, user, group):
    window = {"device": live.DEVICE, "last": live.LAST[0]}
    clients = [Swaks("--tls", "--tls-protocol", version.lower().replace(".", "_"))
               for version in live.VERSIONS]
    scenario = Scenario("live", "", Postfix(), clients[0], 6, cable={"window": window})
    with machine.workshop() as place:
        layers = machine.Layers(place / "layers", software.LIVE)
        with machine.pair(scenario, layers, place) as (net, server, client, shared):
            scenario.server.start(server)
            capturers = capture(net, place, user, group, shared / "keys")
            tsharks = [each for each in capturers if each.name in live.FORMS]
            with socket_at(net, "server", live.NOISE[1]), socket_at(net, "server", live.LAST[1]):
                datagram(net, live.NOISE, b"This is nobody's business.")
                sessions = [session(net, each, server, client, tsharks, shared / "end", number)
                            for number, each in enumerate(clients, 1)]
                datagram(net, live.LAST, LAST)
                wait_shown(tsharks, {"text": "Src Port: %d", "list": "%d ", "json": '"%d"',
                                     "fields": "|%d\n"}, live.LAST[0])
                machine.wait_for("dumpcap to record the last frame", lambda: all(
                    LAST in each.recorded() for each in capturers if each not in tsharks))
            for each in capturers:
                each.stop()
            server.wait_log(r"qmgr\[\d+\]: \w+: removed", len(clients))
            word = {"server": scenario.server.facts(server.log), "sessions": sessions,
                    "log": server.log}
            keep(folder, capturers, shared / "keys", word, user, group)


def capture(net, place, user, group, keys):
    """Starts all who capture, and returns them when they do."""
    plan = {form: ["tshark", "-i", live.DEVICE, *(["-f", wanted] if wanted else []),
                   *live.options(form, keys)] for form, (wanted, _) in live.FORMS.items()}
    for wanted, name in live.FILES.items():
        plan[name] = ["dumpcap", "-q", "-i", live.DEVICE, *(["-f", wanted] if wanted else []),
                      "-w", str(place / f"tmp-{name}" / name)]
    capturers = [Capturer(net, place, user, group, name, words) for name, words in plan.items()]
    for each in capturers:
        machine.wait_for(f"{each.name} to capture", each.listens, STARTING)
    return capturers


def socket_at(net, side, port):
    """A UDP socket there, so that a datagram to it is answered by nothing."""
    with net.inside(side):
        made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    made.bind((net.address[side], port))
    return made


def datagram(net, ports, data):
    with socket_at(net, "client", ports[0]) as sender:
        sender.sendto(data, (net.address["server"], ports[1]))


def session(net, swaks, server, client, tsharks, end, number):
    """One mail. The end of its connection is let through when all have shown what was before."""
    told = swaks.talk(client)
    if told["exit"]:
        raise RuntimeError(f"swaks: exit status {told['exit']}\n{swaks.said}\n" + "\n".join(server.log[-20:]))
    server.wait_log(r"smtpd\[\d+\]: \w+: client=", number)
    ids = [found[1] for line in server.log
           if (found := re.search(r"smtpd\[\d+\]: (\w+): client=", line))]
    wait_shown(tsharks, {each.name: "%s" for each in tsharks}, ids[number - 1])
    shown = {each.name: len(each.printed()) for each in tsharks}
    end.touch()
    machine.wait_for("the end of the connection", lambda: not (
        connections(server) or connections(client)))
    end.unlink()
    return {**told["sessions"][0], "exit": told["exit"], "queue_id": ids[number - 1],
            "shown": shown}


def connections(host):
    """How many TCP connections that machine has, without those that merely wait to be forgotten."""
    listening, time_wait = "0A", "06"
    lines = Path(f"/proc/{host.pid}/net/tcp6").read_text().splitlines()[1:]
    return sum(line.split()[3] not in (listening, time_wait) for line in lines)


def wait_shown(tsharks, patterns, value):
    end = time.monotonic() + SHOWING
    for each in tsharks:
        text = (patterns[each.name] % value).encode()
        while text not in each.printed():
            if time.monotonic() > end:
                raise RuntimeError(f"tshark ({each.name}) does not show {text} while it captures; its"
                                   f" last lines:\n{each.printed()[-2000:].decode(errors='replace')}"
                                   f"\n{each.said()}")
            time.sleep(0.05)


def keep(folder, capturers, keys, word, user, group):
    for each in capturers:
        if each.name in live.FORMS:
            shutil.copy(each.output, folder)
        else:
            shutil.copy(each.temporary / each.name, folder)
    shutil.copy(keys, folder)
    (folder / "word.json").write_text(json.dumps(word, indent=1))
    for file in folder.iterdir():
        os.chmod(file, 0o644 if file.is_file() else 0o666)


def main():
    folder, user, group = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    # The first process of a namespace takes all others with it.
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    answer = None
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        os.chmod(folder / "socket", 0o666)
        listener.listen(64)
        while True:
            asking, _ = listener.accept()
            with asking:
                if answer is None:
                    try:
                        play(folder, user, group)
                        answer = "done\n"
                    except (Exception, SystemExit):
                        answer = traceback.format_exc()
                with contextlib.suppress(OSError):
                    asking.sendall(answer.encode())


main()
