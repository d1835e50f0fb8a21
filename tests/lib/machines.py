"""Machines that are reached by ssh, all of them this one: dropbear on addresses of its own, or in network namespaces."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import time


@contextlib.contextmanager
def ssh_servers(folder, plugins, addresses, port, before=lambda address: (), uid=None):
    """A dropbear on each address: (hosts as --hosts takes them, variables by which they are reached).

    Whoever logs in is the user (uid, or whoever this is) with a home of its own, and the plugins of that folder. before: the words by which a
    server is started on an address; folder: an empty one; its log-ADDRESS holds what a server says.
    """
    uid = os.getuid() if uid is None else uid
    entry = pwd.getpwuid(uid)
    home = folder / "home"
    (home / ".ssh").mkdir(mode=0o700, parents=True)
    # Not the system's copy of the plugin, if there is one.
    (home / ".bashrc").write_text(f"export WIRESHARK_PLUGIN_DIR={plugins}\n")
    (folder / "passwd").write_text(f"{entry.pw_name}:x:{uid}:{entry.pw_gid}::{home}:/bin/bash\n")
    (folder / "group").write_text(f"users:x:{entry.pw_gid}:\n")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
    subprocess.run(["dropbearkey", "-t", "ed25519", "-f", folder / "host"], check=True, capture_output=True)
    shutil.copy(folder / "key.pub", home / ".ssh/authorized_keys")
    for path, mode in ((home / ".ssh/authorized_keys", 0o600), (home, 0o700)):
        path.chmod(mode)
    wrapper = {"LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_PASSWD": str(folder / "passwd"),
               "NSS_WRAPPER_GROUP": str(folder / "group")}
    (folder / "ssh").write_text(f"#!/bin/sh\nexec ssh -p {port} -i {folder}/key -o StrictHostKeyChecking=no "
                                f"-o UserKnownHostsFile={folder}/known -o LogLevel=ERROR -F none \"$@\"\n")
    (folder / "ssh").chmod(0o755)
    if uid != os.getuid():
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, entry.pw_gid)
    dropbear = shutil.which("dropbear", path=os.environ["PATH"] + ":/usr/sbin")  # no user's path has that
    with contextlib.ExitStack() as undo:
        for address in addresses:
            names = [f"{name}={value}" for name, value in wrapper.items()]
            server = subprocess.Popen([*before(address), "env", *names, dropbear, "-F", "-E", "-s", "-p", f"{address}:{port}",
                                       "-r", folder / "host", "-P", folder / f"pid-{address}"],
                                      stderr=(folder / f"log-{address}").open("w"))
            undo.callback(server.wait)
            undo.callback(server.terminate)
            try:
                wait_for(address, port)
            except AssertionError as failure:
                raise AssertionError(f"{failure}: {(folder / f'log-{address}').read_text()}") from None
        yield [f"{entry.pw_name}@{address}" for address in addresses], {**wrapper, "PARALLEL_SSH": str(folder / "ssh")}


def wait_for(address, port):
    end = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError), socket.create_connection((address, port), 1):
            return
        assert time.monotonic() < end, f"no ssh server on {address}"
        time.sleep(0.05)


def free_port(address):
    with socket.socket() as free:
        free.bind((address, 0))
        return free.getsockname()[1]

