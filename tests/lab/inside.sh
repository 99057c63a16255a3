#!/usr/bin/env bash
# inside.sh debian13 RUN ROOT COMMAND...   COMMAND on Debian 13: its /usr and its /run, and a network of its own
# inside.sh rootless RUN HOME COMMAND...   COMMAND as an unprivileged user who is known to nobody else
# Runs in mounts of its own that go away with it; everything else of the machine, the processes too, is where it always
# is. So a path means the same to the engine, to econn and to the tests. RUN is the folder of the engine's sockets.
set -eu
[ "${ECONN_LAB_INSIDE:-}" = yes ] || {
    [ "$1" = debian13 ] && own=--net
    ECONN_LAB_INSIDE=yes exec unshare --mount --propagation private ${own:-} "$0" "$@"
}
kind=$1 run=$2 at=$3
shift 3

debian13() {
    ip link set lo up
    mkdir -p "$at/hold"
    mount --bind "$run" "$at/hold"
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p "$run" /run/lock
    mount --move "$at/hold" "$run"
    mount --bind "$at/usr" /usr
    exec "$@"
}

# Also in further.sh.
user=econn-lab id=64123
# The repository may lie where others may not enter, such as root's home: then it stands alone in an open folder there.
open_way() {
    local repository folder
    repository=$(cd "$(dirname "$0")/../.." && pwd)
    folder=$repository
    while [ "$folder" != / ]; do
        folder=$(dirname "$folder")
        [ $((0$(stat -c %a "$folder") & 1)) = 1 ] && continue
        mkdir -p "$run/hold"
        mount --bind "$repository" "$run/hold"
        mount -t tmpfs -o mode=755 tmpfs "$folder"
        mkdir -p "$repository"
        mount --move "$run/hold" "$repository"
    done
}

rootless() {
    local file
    open_way
    # An own list of users, and a device for the user's network that others than root may open.
    for file in passwd group subuid subgid; do cp -p "/etc/$file" "$run/$file"; done
    echo "$user:x:$id:$id::$at:/bin/sh" >>"$run/passwd"
    echo "$user:x:$id:" >>"$run/group"
    for file in subuid subgid; do echo "$user:1000000000:65536" >>"$run/$file"; done
    for file in passwd group subuid subgid; do mount --bind "$run/$file" "/etc/$file"; done
    [ -e "$run/tun" ] || mknod -m 666 "$run/tun" c 10 200
    mount --bind "$run/tun" /dev/net/tun
    chown "$id:$id" "$run" "$at"
    cd "$at"
    HOME=$at XDG_RUNTIME_DIR=$run exec setpriv --reuid "$id" --regid "$id" --init-groups "$@"
}

"$kind" "$@"
