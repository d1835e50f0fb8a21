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
    command -v dpkg-query >/dev/null || {
        say "note: no Debian or Ubuntu, so nothing is installed; needed are: $*"
        return
    }
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null)
    for package; do
        grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing: ${missing[*]}"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600
        -o Acquire::Retries=3)
    as_root "${apt[@]}" update >&2 || say "note: apt-get update failed, trying with the old lists"
    as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" >&2 </dev/null ||
        die "could not install: ${missing[*]}"
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
