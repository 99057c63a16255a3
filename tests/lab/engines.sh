#!/usr/bin/env bash
# Docker and Podman for the tests, on a machine that may have neither, without systemd and without a registry.
#   engines.sh install [docker|podman]   installs the Debian packages that are missing
#   engines.sh start   [docker|podman]   uses the engines that answer, starts the others
#   engines.sh stop                      removes what the lab made, ends what `start` started
#   engines.sh status                    one line for each engine
# An engine that already answers on its default socket belongs to the user: it is used and never stopped.
set -eu
. "$(dirname "$0")/lib.sh"

packages_docker="docker.io iptables iproute2"
packages_podman="podman netavark aardvark-dns runc catatonit iptables iproute2"

install() {
    local kind package missing=""
    for kind in ${1:-$engines}; do
        answers "$kind" && continue
        local list=packages_$kind
        for package in ${!list}; do
            dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
                missing="$missing $package"
        done
    done
    # shellcheck disable=SC2086 # the names are words on purpose
    missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
    [ -n "${missing// /}" ] || return 0
    debian_root || die "install Docker or Podman first (on Debian, as root: apt-get install --no-install-recommends $missing)"
    say "lab: installing $missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >"$state/apt.log" 2>&1 ||
        { tail -5 "$state/apt.log" >&2; die "apt-get failed, see $state/apt.log"; }
}

# A pid file of ours is only believed when that process still is the program that was started for this folder.
ours() {
    local pid
    pid=$(cat "$state/$1.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
    grep -qzF "$state" "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}

start_docker() {
    # A killed daemon leaves its pid file, and the next one refuses to start beside it. Ours is elsewhere than
    # /var/run/docker.pid, and is removed when no process of ours is left.
    rm -f "$run/docker.pid"
    setsid dockerd --host "unix://$docker_socket" --data-root "$state/docker" --exec-root "$run/docker" \
        --pidfile "$run/docker.pid" </dev/null >"$state/docker.log" 2>&1 &
    echo $! >"$state/docker.pid"
}

start_podman() {
    mkdir -p "$(dirname "$podman_socket")"
    # - netavark: the only back end with names on user networks in Podman 4 and 5.
    # - runc: crun refuses machines with hybrid cgroups.
    # - cgroupfs and file: there may be no systemd and no journal.
    # - ulimits: the defaults may lie above what this machine allows.
    cat >"$state/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "$run/podman/tmp"
[network]
network_backend = "netavark"
network_config_dir = "$state/podman/networks"
CONF
    # A service reads containers.conf once, when it starts.
    CONTAINERS_CONF=$state/containers.conf setsid podman --root "$state/podman/storage" --runroot "$run/podman/run" \
        system service --time=0 "unix://$podman_socket" </dev/null >"$state/podman.log" 2>&1 &
    echo $! >"$state/podman.pid"
}

start() {
    local kind deadline
    for kind in ${1:-$engines}; do
        answers "$kind" && continue
        [ "$(id -u)" = 0 ] || die "$kind does not answer on $(socket_of "$kind"), and only root can start it"
        # What the engines change for the whole machine, to be put back by `stop`.
        [ -e "$state/forwarding" ] || { sysctl -n net.ipv4.ip_forward; iptables -S FORWARD | sed -n 's/^-P FORWARD //p'; } \
            >"$state/forwarding"
        "start_$kind"
        deadline=$((SECONDS + 60))
        until answers "$kind"; do
            [ $SECONDS -lt $deadline ] && kill -0 "$(cat "$state/$kind.pid")" 2>/dev/null ||
                { tail -5 "$state/$kind.log" >&2; die "$kind did not start, see $state/$kind.log"; }
            sleep 0.2
        done
    done
    status "${1:-$engines}"
}

status() {
    local kind owner
    for kind in ${1:-$engines}; do
        if ! answers "$kind"; then say "lab: $kind does not answer"; continue; fi
        owner="not ours"
        if ours "$kind" >/dev/null; then owner="started by the lab, pid $(ours "$kind"), data in $state"; fi
        say "lab: $kind $(engine "$kind" version --format '{{.Server.Version}}') on $(socket_of "$kind") ($owner)"
    done
}

# Removes everything of one kind (container, network, image) that the lab made, on an engine of the user's too;
# on an engine of the lab's own everything is the lab's.
remove_objects() {
    local kind=$1 object ids list filter=(--filter "label=$label")
    if ours "$kind" >/dev/null; then filter=(); fi
    for object in container network image; do
        list=(ls --quiet "${filter[@]}")
        [ $object != container ] || list+=(--all)
        ids=$(engine "$kind" $object "${list[@]}" 2>/dev/null | sort -u || true)
        # One by one and forgiving: a default network cannot be removed, an image may be in use by a later one.
        for id in $ids; do
            case $object in
            network) engine "$kind" network rm "$id" ;;
            *) engine "$kind" $object rm --force "$id" ;;
            esac >/dev/null 2>&1 || true
        done
    done
}

# End one daemon that we started, by its pid, and wait until it is gone.
end() {
    local pid
    pid=$(ours "$1") || return 0
    kill "$pid"
    for _ in $(seq 100); do ours "$1" >/dev/null || return 0; sleep 0.2; done
    kill -9 "$pid"
}

# Bridges, rules and chains that an engine of ours left in the kernel.
clean_kernel() {
    local pattern=$1 bridge
    iptables-save | grep -v "$pattern" | iptables-restore
    for bridge in $(ip -brief link show type bridge | awk '{print $1}' | grep -x "$2" || true); do
        ip link delete "$bridge" || true
    done
}

stop() {
    local kind ended=""
    for kind in $engines; do
        if answers "$kind"; then remove_objects "$kind"; fi
        if ours "$kind" >/dev/null; then ended="$ended $kind"; end "$kind"; fi
        rm -f "$state/$kind.pid"
    done
    case $ended in *docker*) clean_kernel 'DOCKER\|docker0\|br-' 'docker0\|br-[0-9a-f]*'; rm -f "$docker_socket" ;; esac
    case $ended in *podman*) clean_kernel 'NETAVARK' 'podman[0-9]*'; rm -f "$podman_socket" ;; esac
    if [ -n "$ended" ] && [ -e "$state/forwarding" ]; then
        { read -r forward; read -r policy; } <"$state/forwarding"
        sysctl -q -w "net.ipv4.ip_forward=$forward"
        iptables -P FORWARD "$policy"
    fi
    if [ -z "$(answering)" ] || [ -n "$ended" ]; then
        # Storage drivers leave mounts behind when they are killed; never delete through one.
        awk -v a="$state/" -v b="$run/" 'index($2, a) == 1 || index($2, b) == 1 {print $2}' /proc/mounts | sort -r |
            while read -r mount; do umount "$mount" || umount -l "$mount"; done
        rm -rf --one-file-system "${state:?}/docker" "${state:?}/podman" "${run:?}"
        rm -f "$state/containers.conf" "$state/forwarding"
    fi
}

mkdir -p "$state"
[ "$(id -u)" != 0 ] || mkdir -p "$run"
case ${1:-} in
install | start | stop | status) "$@" ;;
*) die "usage: engines.sh install|start|stop|status" ;;
esac
