"""The module as a file: loaded, named, complete, and what cmake says and does."""

import os
import subprocess
from pathlib import Path

import pytest

from tshark import Tshark

CONTRACT = Path(__file__).parent / "contract"


def version_of(source):
    for line in (source / "plugin" / "CHANGES.md").read_text().splitlines():
        if line.startswith("## "):
            return line.split()[1]
    raise AssertionError("CHANGES.md names no version")


def modules(tshark):
    lines = (line.split("\t") for line in tshark.call("-G", "plugins").splitlines())
    return [[word.strip() for word in line] for line in lines if line[0].strip() == "esmtp.so"]


def contract():
    """The fields that filters and scripts may rely on, and those of them still to be made."""
    lines = (CONTRACT / "fields.tsv").read_text().splitlines()
    fields = dict(line.split("\t")[:2] for line in lines if line and not line.startswith("#"))
    lines = (CONTRACT / "pending-fields.txt").read_text().splitlines()
    return fields, {line for line in lines if line and not line.startswith("#")}


def cmake(*args, home, **more):
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), **more}
    return subprocess.run(["cmake", *map(str, args)], env=environment, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=300)


def test_tshark_lists_the_plugin_with_its_version(tshark, source):
    assert [module[1:3] for module in modules(tshark)] == [[version_of(source), "dissector"]]


def test_without_the_module_there_is_no_esmtp(builtin):
    assert modules(builtin) == []
    assert not any("esmtp" in line.split("\t")
                   for line in builtin.call("-G", "protocols").splitlines())


def test_contract_fields(tshark):
    fields, pending = contract()
    types = tshark.types
    assert pending <= set(fields), f"not in fields.tsv: {sorted(pending - set(fields))}"
    missing = sorted(set(fields) - pending - set(types))
    assert not missing, f"fields that are missing: {missing}"
    wrong = {name: types[name] for name, kind in fields.items()
             if name in types and types[name] != {kind}}
    assert not wrong, f"fields of another type: {wrong}"
    made = sorted(pending & set(types))
    assert not made, f"made by now, so to be taken out of pending-fields.txt: {made}"


def test_only_the_plugin_interface_is_exported(tshark):
    path = modules(tshark)[0][-1]
    symbols = subprocess.run(["nm", "-D", "--defined-only", path], capture_output=True, text=True,
                             check=True).stdout
    names = {line.split()[-1] for line in symbols.splitlines() if "__odr_asan" not in line}
    assert names <= {"plugin_version", "plugin_want_major", "plugin_want_minor", "plugin_register",
                     "plugin_describe"}


def test_personal_install_and_uninstall(source, tmp_path, builtin):
    """What a user does who is not root: build, install, look, uninstall."""
    home, build = tmp_path / "home", tmp_path / "build"
    home.mkdir()
    steps = [
        ("-S", source, "-B", build, "-G", "Ninja", "-DESMTP_INSTALL=personal",
         "-DBUILD_TESTING=OFF"),
        ("--build", build),
        ("--install", build),
    ]
    for step in steps:
        done = cmake(*step, home=home)
        assert done.returncode == 0, done.stdout + done.stderr
    installed = list(home.rglob("esmtp.so"))
    assert len(installed) == 1 and installed[0].parent.name == "epan"

    profile = home / ".config/wireshark/profiles/SMTP"
    assert {path.name for path in profile.iterdir()} == {path.name for path in (source / "plugin/profile/SMTP").iterdir()}

    no_others = builtin.environment["WIRESHARK_PLUGIN_DIR"]
    tshark = Tshark(no_others, home)
    assert [module[-1] for module in modules(tshark)] == [str(installed[0])]

    done = cmake("--build", build, "--target", "uninstall", home=home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert modules(Tshark(no_others, home)) == []
    assert not profile.exists()


def wireshark_package(folder, version):
    """A folder with the least of a Wireshark package for CMake."""
    folder.mkdir()
    major, minor, _ = version.split(".")
    (folder / "WiresharkConfig.cmake").write_text(
        f"set(Wireshark_VERSION {version})\n"
        f"set(Wireshark_MAJOR_VERSION {major})\n"
        f"set(Wireshark_MINOR_VERSION {minor})\n"
        "set(Wireshark_PLUGINS_ENABLED 1)\n"
        f"set(Wireshark_INCLUDE_DIR {folder})\n"
    )
    return folder


@pytest.mark.parametrize("lacking, said", [
    ("wireshark", ["development files of Wireshark are missing", "wireshark-dev"]),
    ("headers", ["headers of Wireshark 4.4.0 are missing", "wireshark-dev"]),
    ("new", ["Wireshark 3.6.2 is too old", "4.0"]),
    ("glib", ["GLib", "libglib2.0-dev"]),
    ("pkg-config", ["pkg-config is missing", "apt-get install pkg-config"]),
])
def test_configure_error_names_the_package(source, tmp_path, lacking, said):
    option, environment = {
        "wireshark": ("-DCMAKE_DISABLE_FIND_PACKAGE_Wireshark=ON", {}),
        "headers": (f"-DWireshark_DIR={wireshark_package(tmp_path / 'headers', '4.4.0')}", {}),
        "new": (f"-DWireshark_DIR={wireshark_package(tmp_path / 'old', '3.6.2')}", {}),
        "glib": ("-DCMAKE_BUILD_TYPE=Debug", {"PKG_CONFIG_LIBDIR": str(tmp_path)}),
        "pkg-config": ("-DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON", {}),
    }[lacking]
    done = cmake("-S", source, "-B", tmp_path / "build", "-G", "Ninja", option, home=tmp_path,
                 **environment)
    text = " ".join(done.stderr.split())
    assert done.returncode != 0
    for words in said:
        assert words in text


def test_a_newer_wireshark_is_tried_with_a_warning(source, tmp_path):
    folder = wireshark_package(tmp_path / "newer", "4.98.0")
    (folder / "epan").mkdir()
    (folder / "epan" / "packet.h").touch()
    done = cmake("-S", source, "-B", tmp_path / "build", "-G", "Ninja", f"-DWireshark_DIR={folder}", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Wireshark 4.98.0 is newer than any that this plugin was tried with" in " ".join(done.stderr.split())


def test_an_unknown_place_to_install_is_refused(source, tmp_path):
    done = cmake("-S", source, "-B", tmp_path / "build", "-G", "Ninja", "-DESMTP_INSTALL=elsewhere",
                 home=tmp_path)
    assert done.returncode != 0 and "system or personal" in done.stderr
