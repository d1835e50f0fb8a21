# Sourced by tests/gui and plugin/doc/pictures/make, which set $top, $folder and $capture, and have sourced debian.sh: Wireshark with this
# plugin and the profile SMTP on a display of its own.
# shellcheck shell=bash disable=SC2154

need "${build_packages[@]}" wireshark xvfb xdotool imagemagick util-linux

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/esmtp-gui.XXXXXX")
mkdir -p "$scratch/plugins/$(wireshark_abi)/epan" "$scratch/home/.config/wireshark/profiles" "$scratch/run"
build_folder "$top/build/$(wireshark_abi)"
build "$top/build/$(wireshark_abi)" esmtp
cp "$top/build/$(wireshark_abi)/esmtp.so" "$scratch/plugins/$(wireshark_abi)/epan"
cp -r "$top/plugin/profile/SMTP" "$scratch/home/.config/wireshark/profiles"
cp "$capture" "$scratch/capture.pcapng"
# As root Wireshark takes no plugin from an unusual folder.
unprivileged=()
if [ "$(id -u)" -eq 0 ]; then
    unprivileged=(setpriv "--reuid=$(id -u nobody)" "--regid=$(id -g nobody)" --clear-groups)
    chown -R "$(id -u nobody):$(id -g nobody)" "$scratch/home" "$scratch/run"
    chmod -R a+rX "$scratch"
fi
chmod 700 "$scratch/run"

Xvfb -displayfd 3 -screen 0 1400x900x24 3>"$scratch/display" >/dev/null 2>&1 &
server=$!
wireshark=
finish() {
    [ -z "$wireshark" ] || kill "$wireshark" 2>/dev/null || true
    kill "$server" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT
for _ in $(seq 50); do
    [ -s "$scratch/display" ] && break
    sleep 0.2
done
DISPLAY=:$(cat "$scratch/display")
export DISPLAY

size=(1400 900) # of the main window

# Starts Wireshark with these options, and waits for its window.
open() {
    "${unprivileged[@]}" env "DISPLAY=$DISPLAY" "HOME=$scratch/home" "XDG_RUNTIME_DIR=$scratch/run" QT_QPA_PLATFORM=xcb \
        "WIRESHARK_PLUGIN_DIR=$scratch/plugins" wireshark -C SMTP "$@" "$scratch/capture.pcapng" >"$scratch/said" 2>&1 &
    wireshark=$!
    await '^(\[.*\] )?capture.pcapng'
    xdotool windowmove "$window" 0 0 windowsize "$window" "${size[@]}"
    main=$window
    xdotool windowfocus "$main"
    sleep 2
}

# Waits for a window whose title fits; its number is in $window.
await() {
    for _ in $(seq 120); do
        kill -0 "$wireshark" || {
            cat "$scratch/said"
            echo "error: Wireshark has ended" >&2
            exit 1
        }
        window=$(xdotool search --onlyvisible --name "$1" 2>/dev/null | tail -1) && [ -n "$window" ] && return
        sleep 0.5
    done
    import -window root "$folder/missing.png"
    echo "error: no window $1; see $folder/missing.png" >&2
    exit 1
}

# Waits until what is drawn stays, and saves a picture: of one window, or of all.
picture() {
    local last='' now=''
    for _ in $(seq 20); do
        import -window "${2:-root}" "$folder/$1.png"
        now=$(cksum <"$folder/$1.png")
        [ "$now" = "$last" ] && break
        last=$now
        sleep 1
    done
    echo "$folder/$1.png"
}

# Ends Wireshark as a user does, with whatever window is open.
close() {
    local status=0
    xdotool windowfocus "$main"
    xdotool key ctrl+q
    for _ in $(seq 60); do
        kill -0 "$wireshark" 2>/dev/null || break
        sleep 0.5
    done
    kill "$wireshark" 2>/dev/null && echo "error: Wireshark does not end" >&2 && exit 1
    wait "$wireshark" || status=$?
    wireshark=
    if [ "$status" -ne 0 ] || grep -iE 'esmtp|smtp' "$scratch/said" | grep -iE 'warn|error|critical|assert'; then
        cat "$scratch/said"
        echo "error: Wireshark ended with $status, or that was said" >&2
        exit 1
    fi
}

# keys KEY...: pressed in the main window, one after the other.
keys() {
    xdotool windowfocus "$window"
    for key; do
        xdotool key "$key"
        sleep 0.7
    done
}


# click X Y: into the window that was waited for last.
click() {
    sleep 0.7
    xdotool mousemove --window "$window" "$1" "$2" click 1
    sleep 0.7
}
