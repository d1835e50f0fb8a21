# Sourced by tests/run, tests/release and tests/fresh, which set $top, $scratch and $cache: root folders of other Debian suites.
# shellcheck shell=bash disable=SC2034,SC2154

cache_folder() {
    if [ -n "${XDG_CACHE_HOME-}" ]; then
        echo "$XDG_CACHE_HOME/esmtp-ws"
    elif [ "$(id -u)" -eq 0 ]; then
        echo /var/cache/esmtp-ws
    else
        echo "$HOME/.cache/esmtp-ws"
    fi
}

# copy_source FOLDER: the files that are there, without history and builds.
copy_source() {
    mkdir -p "$1"
    tar -C "$top" --exclude='./build*' --exclude=./.git --exclude=__pycache__ -cf - . |
        tar -C "$1" --no-same-owner -xf -
}

# inside ROOT COMMAND...: runs a command in a root folder. /proc is mounted in a mount namespace of
# the command's own, so that nothing stays mounted however it ends. The folder is mounted on itself:
# unshare, which the live test needs, refuses to work where / is no mount.
inside() {
    local root=$1
    shift
    set -- "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        ${http_proxy:+http_proxy="$http_proxy"} "$@"
    if as_root unshare --mount true 2>/dev/null; then
        as_root unshare --mount sh -c \
            'mount --bind "$1" "$1"; mount -t proc proc "$1/proc" || mount --rbind /proc "$1/proc"; exec chroot "$@"' \
            sh "$@"
    else
        as_root chroot "$@"
    fi
}

# inside_copy ROOT FOLDER COMMAND...: the same in a copy of it, which lives in memory and is gone afterwards; FOLDER, of this
# machine, is /mnt there.
inside_copy() {
    local root=$1 folder=$2
    shift 2
    as_root unshare --mount sh -ec '
        root=$1 folder=$2
        shift 2
        mount -t tmpfs -o mode=755 tmpfs /mnt
        mkdir /mnt/upper /mnt/work /mnt/root
        mount -t overlay overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
        mount --bind "$folder" /mnt/root/mnt
        mount -t proc proc /mnt/root/proc || mount --rbind /proc /mnt/root/proc
        mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts /mnt/root/dev/pts
        cp -L /etc/resolv.conf /mnt/root/etc/
        exec chroot /mnt/root "$@"' \
        sh "$root" "$folder" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        ${http_proxy:+http_proxy="$http_proxy"} "$@"
}

# The mirror that this machine's apt uses for Debian; nothing if it uses none.
debian_mirror() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(SITE)' 'Created-By: Packages' |
        sed -n 's/^Debian|Debian|//p' | head -n 1
}

# make_root NAME SUITE: a root folder with what debootstrap takes for the least, if there is none yet. Others wait.
make_root() {
    local root=$cache/$1 lock=$cache/$1.lock
    as_root mkdir -p "$cache"
    as_root touch "$lock" && as_root chmod 666 "$lock"
    exec 8>"$lock"
    flock 8
    [ ! -e "$root/.done" ] || return 0
    command -v apt-get >/dev/null || die "root folders of Debian are made on Debian and Ubuntu only: there is no apt-get"
    need debootstrap debian-archive-keyring
    as_root rm -rf --one-file-system "$root.new"
    as_root debootstrap --variant=minbase "$2" "$root.new" "$(debian_mirror)" \
        /usr/share/debootstrap/scripts/sid || return 1
    as_root rm -rf --one-file-system "$root"
    # A mirror may hold a suite for longer than its Release file says it is good for.
    echo 'Acquire::Check-Valid-Until "false";' |
        as_root tee "$root.new/etc/apt/apt.conf.d/90valid-until" >/dev/null
    as_root mv "$root.new" "$root"
    as_root touch "$root/.done"
}

# prepare_root SUITE: makes the root folder of a suite, or brings an old one up to date.
# Returns 0 or 1, and leaves what was said in $scratch/SUITE.log.
prepare_root() (
    suite=$1 root=$cache/$1
    exec >"$scratch/$1.log" 2>&1 </dev/null
    make_root "$suite" "$suite" || exit 1
    # Nobody keeps anything there that a power failure may not have, or reads its manuals.
    printf '%s\n' force-unsafe-io path-exclude=/usr/share/{doc,man,locale}/\* |
        as_root tee "$root/etc/dpkg/dpkg.cfg.d/90quick" >/dev/null
    as_root cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    place=$(as_root mktemp -d "$root/tmp/esmtp-prepare.XXXXXX")
    as_root mkdir -p "$place/tests/lib"
    as_root cp "$top/tests/run" "$place/tests/"
    as_root cp "$top/tests/lib/debian.sh" "$top/tests/lib/roots.sh" "$place/tests/lib/"
    inside "$root" bash "${place#"$root"}/tests/run" --prepare
    status=$?
    as_root rm -rf "$place"
    exit $status
)
