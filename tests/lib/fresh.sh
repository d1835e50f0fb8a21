# Run by tests/fresh in a copy of a root folder: fresh.sh CASE QUICK. /mnt holds the source, older.deb and esmtp.so, an older
# plugin; what is said goes to /mnt/said.
# shellcheck shell=bash
set -u
case=$1 quick=$2
export DEBIAN_FRONTEND=noninteractive
version=$(sed -n 's/^## \([0-9.]*\)$/\1/p' /mnt/source/plugin/CHANGES.md | head -n 1)
who=root
within=() # a command that starts those of the stranger
failed=0
: >/mnt/said

fail() {
    echo "tests/fresh: $*"
    exit 1
}

# try WHAT COMMAND...: a line for it. COMMAND ends by fail if it did not go well.
try() {
    local what=$1 start=$SECONDS word=passed
    shift
    printf '\n##### %s: %s\n' "$case" "$what" >>/mnt/said
    ("$@") >/tmp/said 2>&1 </dev/null || word=FAILED
    cat /tmp/said >>/mnt/said
    printf '%s: %s, %s (%d s)\n' "$word" "$case" "$what" $((SECONDS - start))
    if [ "$word" = FAILED ]; then
        failed=1
        tail -n 25 /tmp/said | sed 's/^/    /'
    fi
}

# stranger COMMAND: what somebody types who has logged in and gone to the source.
stranger() { "${within[@]}" su - "$who" -c "export ESMTP_JOBS=${ESMTP_JOBS-2}; cd esmtp && $1"; }

# somebody NAME [RULE]: a user from here on, with that rule of sudo's.
somebody() {
    who=$1
    useradd --create-home --shell /bin/bash "$who"
    [ -z "${2-}" ] || echo "$who $2" >"/etc/sudoers.d/$who"
    settle
}

# settle: the source lies in the home of $who.
settle() {
    local home
    home=$(getent passwd "$who" | cut -d: -f6)
    cp -R /mnt/source "$home/esmtp"
    chown -R "$who:" "$home/esmtp"
}

install() {
    { apt-get -q update && apt-get -q -y install --no-install-recommends "$@"; } || fail "cannot install $*"
}

# shows WHOSE [NOTE]: captures/show shows the session with the plugin from here (ours) or with the older one, and notes that.
shows() {
    local status=0
    stranger captures/show >/tmp/shown 2>/tmp/errors || status=$?
    cat /tmp/errors
    [ "$status" -eq 0 ] || fail "captures/show ends with $status"
    [ "$(grep -c '^Frame ' /tmp/shown)" -eq 36 ] || fail "the session has 36 frames, shown are $(grep -c '^Frame ' /tmp/shown)"
    case $1 in
        ours) grep -q '\[Explanation of EHLO: ' /tmp/shown ;;
        older) grep -q 'Greeting host of an older plugin: ' /tmp/shown ;;
    esac || fail "it is not shown by the plugin that is $1"
    [ $# -eq 1 ] || grep -qF "$2" /tmp/errors || fail "not noted: $2"
    ! grep -q 'multiple directories' /tmp/errors || fail "two plugins at once"
}

# loads VERSION FOLDER: the one plugin that tshark lists afterwards.
loads() {
    local listed
    listed=$(stranger "tshark -G plugins" 2>&1 | grep esmtp)
    echo "$listed"
    [[ $(wc -l <<<"$listed") -eq 1 && $listed == *"$1"*"$2"*/epan/esmtp.so ]] || fail "not $1 in $2"
}

shows_and_loads() {
    shows "$1"
    loads "$2" "$3"
}

# tested OPTIONS: tests/run passes; nothing is left out.
tested() {
    stranger "tests/run $1" || fail "tests/run $1 does not end well"
    grep -q '^total: [1-9][0-9]* passed, 0 failed, 0 skipped$' /tmp/said || fail "not all tests have passed"
    ! grep -q 'NOT TESTED' /tmp/said || fail "not all was tested"
}

try_tests() {
    if [ "$quick" = yes ]; then
        try "tests/run --quick" tested --quick
        try "tests/run tests/test_live.py" tested tests/test_live.py
    else
        try "tests/run" tested ''
    fi
}

# refuses COMMAND WORDS...: it fails, and says so in an error of its own that has these words.
refuses() {
    local command=$1 status word
    shift
    stranger "$command" >/tmp/refused 2>&1
    status=$?
    cat /tmp/refused
    [ "$status" -eq 1 ] || fail "exit status $status"
    for word; do grep -qF -e "$word" /tmp/refused || fail "does not say: $word"; done
    ! grep -qE 'line [0-9]+:|command not found|Traceback' /tmp/refused || fail "says what only its writer understands"
}

# refuse WHAT WORDS...
refuse() {
    local what=$1
    shift
    try "$what: captures/show" refuses captures/show "$@"
    try "$what: tests/run" refuses tests/run "$@"
}

# untested REASON: what cannot be tested is named, and does not fail.
untested() {
    stranger "tests/run $2" || fail "tests/run $2 does not end well"
    grep -qF "!!! Live test: NOT TESTED, $1" /tmp/said || fail "does not say: NOT TESTED, $1"
    grep -q '^total: [0-9]* passed, 0 failed, 0 skipped$' /tmp/said || fail "not all tests have passed"
}

try_root() {
    settle
    try "captures/show" shows_and_loads ours "$version" /usr/lib/
    try_tests
    try "captures/show again" shows_and_loads ours "$version" /usr/lib/
}

try_root-before() {
    settle
    try "an older plugin, and what it takes" install tshark wireshark-dev pkg-config
    mkdir -p "$(pkg-config --variable=plugindir wireshark)/epan"
    cp /mnt/esmtp.so "$(pkg-config --variable=plugindir wireshark)/epan/"
    try "tshark with the older plugin" loads 0.0.1 /usr/lib/
    try_tests
    try "captures/show with the older plugin there" shows_and_loads ours "$version" /usr/lib/
    try "the package of an older plugin" install /mnt/older.deb
    try "captures/show with that package" shows older "apt-get remove wireshark-esmtp"
}

try_user() {
    local folder=/home/stranger/.local/lib/wireshark/plugins
    try "sudo" install sudo
    somebody stranger 'ALL=(ALL:ALL) NOPASSWD: ALL'
    try "captures/show" shows_and_loads ours "$version" "$folder"
    cp /mnt/esmtp.so "$folder"/*/epan/
    try "tshark with an older plugin" loads 0.0.1 "$folder"
    try_tests
    try "captures/show with the older plugin there" shows_and_loads ours "$version" "$folder"
}

try_user-before() {
    try "sudo, the package of an older plugin" install sudo tshark /mnt/older.deb
    somebody stranger 'ALL=(ALL:ALL) NOPASSWD: ALL'
    try "captures/show" shows ours "esmtp.so, of the package wireshark-esmtp, stays what Wireshark loads"
    try "tshark with the older plugin" loads 0.0.1 /usr/lib/
    try_tests
}

try_refused() {
    somebody nosudo
    refuse "no sudo" "error: packages are missing, and there is no sudo. As root: apt-get install tshark"
    who=root
    settle
    within=(unshare --net)
    refuse "no network" "error: packages are missing" "is there a network?" "As root: apt-get install tshark"
    within=()
    try "sudo" install sudo
    somebody refused 'ALL=(ALL:ALL) /usr/bin/false'
    refuse "sudo says no" "error: packages are missing, and sudo did not let you install them. As root: apt-get install tshark"
    mv /usr/bin/apt-get /root/
    refuse "no apt-get" "no apt-get here, so nothing is installed. Missing: tshark" "Fedora: sudo dnf install wireshark-cli" \
        "Arch:   sudo pacman -S --needed wireshark-cli"
}

try_elsewhere() {
    local reason="it gets Postfix and swaks by apt-get" tests="tests/test_captures.py tests/test_live.py"
    settle
    within=(setpriv --bounding-set -sys_admin)
    try "root may make no namespaces: tests/run tests/test_live.py" untested "root may make no namespaces here" tests/test_live.py
    within=()
    mkdir /root/dpkg
    mv /usr/bin/apt* /usr/bin/dpkg* /root/dpkg/
    somebody stranger
    try "no apt-get: captures/show" shows_and_loads ours "$version" /home/stranger/.local/lib/wireshark/plugins/
    [ "$quick" = yes ] || tests=
    try "no apt-get: tests/run $tests" untested "$reason" "$tests"
    chown -R root: /home/stranger/esmtp
    refuse "root has built there" "error: cannot write into /home/stranger/esmtp/build/" "sudo chown -R stranger "
}

"try_$case"
exit $((failed > 0))
