# Sourced by captures/show and tests/run, which set $top: what a Debian or Ubuntu machine needs, and the build.
# shellcheck shell=bash disable=SC2034,SC2154

build_packages=(tshark wireshark-common wireshark-dev cmake ninja-build gcc libc6-dev pkg-config
    libglib2.0-dev)

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

# as_root COMMAND...: runs it as root, through sudo where needed.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root, and there is no sudo: $*"
    fi
}

# need PACKAGE...: installs those that are missing; asks nothing of a machine that has them all.
need() {
    local package installed missing=()
    command -v apt-get >/dev/null || {
        others_need
        return
    }
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null) || true # it does not know each
    for package; do
        grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
        die "packages are missing, and there is no sudo. As root: apt-get install ${missing[*]}"
    say "installing: ${missing[*]}"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600
        -o Acquire::Retries=3)
    as_root "${apt[@]}" update >&2 || say "note: apt-get update failed, trying with the old lists"
    as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" >&2 </dev/null ||
        die "could not install: ${missing[*]} (apt-get says why above)"
}

# Without apt nothing is installed: it says what to install, and ends unless that is there.
others_need() {
    local tool missing=()
    for tool in tshark cmake ninja gcc pkg-config; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    pkg-config --exists wireshark 2>/dev/null || missing+=("Wireshark's development files")
    pkg-config --exists glib-2.0 2>/dev/null || missing+=("GLib's")
    [ ${#missing[@]} -eq 0 ] && return
    say "no apt-get here, so nothing is installed. Missing: $(printf '%s, ' "${missing[@]}" | sed 's/, $//')"
    say "  Fedora: sudo dnf install wireshark-cli wireshark-devel cmake ninja-build gcc pkgconf-pkg-config glib2-devel"
    say "          for the tests also: libcmocka-devel openssl python3-pytest python3-pytest-xdist iproute valgrind"
    say "  Arch:   sudo pacman -S --needed wireshark-cli cmake ninja gcc pkgconf glib2"
    say "          for the tests also: cmocka openssl python-pytest python-pytest-xdist iproute2 valgrind"
    exit 1
}

# wireshark_abi: the x.y of the Wireshark to build for; a module loads into no other.
wireshark_abi() {
    pkg-config --modversion wireshark | cut -d. -f1,2
}

# build FOLDER TARGET [cmake options]: configures and builds; other runs in this folder wait.
build() {
    local folder=$1 target=$2
    shift 2
    cmake -S "$top" -B "$folder" -G Ninja "$@" >"$folder.log" 2>&1 || {
        cat "$folder.log" >&2
        die "cmake could not configure $folder"
    }
    cmake --build "$folder" --target "$target" >"$folder.log" 2>&1 || {
        cat "$folder.log" >&2
        die "the build failed"
    }
}
