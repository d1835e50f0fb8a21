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

# Words of debootstrap and apt for a mirror that does not answer.
unreachable="Failed getting release file|Couldn't download|Unable to (connect|fetch)|Failed to fetch"
unreachable+="|Temporary failure resolving|Could not (resolve|connect)"

# need PACKAGE...: installs those that are missing; asks nothing of a machine that has them all.
need() {
    local package installed missing=() by_hand said
    command -v apt-get >/dev/null || {
        others_need "$@"
        return
    }
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null) || true # it does not know each
    for package; do
        grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    by_hand="As root: apt-get install ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "packages are missing, and there is no sudo. $by_hand"
        say "packages are missing, to be installed through sudo: ${missing[*]}"
        sudo true || die "packages are missing, and sudo did not let you install them. $by_hand"
    fi
    say "installing: ${missing[*]}"
    said=$(mktemp)
    apt_get update || say "note: apt-get update failed, trying with the old lists"
    apt_get install --no-install-recommends "${missing[@]}" || {
        ! grep -qE "$unreachable" "$said" || by_hand="no mirror answers apt-get: is there a network? Once there is, try again. $by_hand"
        rm -f "$said"
        die "packages are missing, and apt-get could not install them (it says why above). $by_hand"
    }
    rm -f "$said"
}

# apt_get COMMAND...: what it says goes to stderr, and into the file $said.
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@" </dev/null 2>&1 |
        tee -a "$said" >&2
    return "${PIPESTATUS[0]}"
}

# A python3 that has pytest and pytest-xdist.
python_with_pytest() {
    local python
    for python in /usr/bin/python3 python3; do
        "$python" -c 'import pytest, xdist' 2>/dev/null && {
            echo "$python"
            return
        }
    done
    return 1
}

# Without apt nothing is installed: it says what to install for the build, or for the tests if their packages are among those
# needed, and ends unless that is there.
others_need() {
    local tool tools=(tshark cmake ninja gcc pkg-config) missing=() tests=no
    [[ " $* " != *" python3-pytest "* ]] || tests=yes
    [ $tests = no ] || tools+=(openssl valgrind parallel tcpdump rsync ssh dropbear)
    for tool in "${tools[@]}"; do
        PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || missing+=("$tool") # no user's path has that
    done
    pkg-config --exists wireshark 2>/dev/null || missing+=("Wireshark's development files")
    pkg-config --exists glib-2.0 2>/dev/null || missing+=("GLib's")
    if [ $tests = yes ]; then
        pkg-config --exists cmocka 2>/dev/null || missing+=("cmocka's")
        python_with_pytest >/dev/null || missing+=("a python3 with pytest and pytest-xdist")
    fi
    [ ${#missing[@]} -eq 0 ] && return
    say "no apt-get here, so nothing is installed. Missing: $(printf '%s, ' "${missing[@]}" | sed 's/, $//')"
    say "  Fedora: sudo dnf install wireshark-cli wireshark-devel cmake ninja-build gcc pkgconf-pkg-config glib2-devel"
    say "          for the tests also: libcmocka-devel openssl python3-pytest python3-pytest-xdist iproute valgrind parallel tcpdump rsync openssh-clients dropbear nss_wrapper"
    say "  Arch:   sudo pacman -S --needed wireshark-cli cmake ninja gcc pkgconf glib2"
    say "          for the tests also: cmocka openssl python-pytest python-pytest-xdist iproute2 valgrind parallel tcpdump rsync openssh dropbear nss_wrapper"
    exit 1
}

# wireshark_abi: the x.y of the Wireshark to build for; a module loads into no other.
wireshark_abi() {
    pkg-config --modversion wireshark | cut -d. -f1,2
}

# build_folder FOLDER: makes it, or says why it cannot be used.
build_folder() {
    local each
    mkdir -p "$1" 2>/dev/null || true
    for each in "$1" "$1.lock" "$1.log"; do
        if [ -e "$each" ] && [ ! -w "$each" ] || [ ! -d "$1" ]; then
            die "cannot write into $1: it is somebody else's. If root has built there: sudo chown -R $(id -un) $top"
        fi
    done
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
