#!/usr/bin/env bash
# Docker and Podman for the tests, on a machine that may have neither, without systemd and without a registry.
#   engines.sh install [docker|podman|pip|reference|compose]   installs the Debian packages that are missing
#   engines.sh start   [docker|podman|docker-26|podman-5|podman-rootless]   uses the engines that answer, starts the others
#   engines.sh where   ENGINE            its URL, and the program that speaks to it
#   engines.sh network ENGINE            the pid of a process in the network of its machine
#   engines.sh stop    [ENGINE]          removes what the lab made, ends what `start` started
#   engines.sh sweep                     removes what killed runs left
#   engines.sh status                    one line for each engine
# An engine that already answers on its default socket belongs to the user: it is used and never stopped.
set -eu
. "$(dirname "$0")/lib.sh"
. "$lab_dir/trixie.sh"
. "$lab_dir/further.sh"

packages_docker="docker.io iptables iproute2"
packages_podman="podman netavark aardvark-dns runc catatonit iptables iproute2"
# For the image of tests/servers only.
packages_pip="python3-pip"
# What `tests/reference` asks: parsers and resolvers that others wrote.
packages_reference="python3-yaml libpq5 default-jdk-headless python3-pymongo python3-sqlalchemy python3-pika python3-redis
    python3-kafka libmariadb-java libpostgresql-jdbc-java"
# Compose 1, and what podman-compose needs of Python.
packages_compose="docker-compose python3-dotenv python3-yaml"

reference_answers() {
    command -v javac >/dev/null && python3 -c 'import ctypes, yaml; ctypes.CDLL("libpq.so.5")' 2>/dev/null &&
        /usr/bin/python3 -c 'import kafka, pika, pymongo, redis, sqlalchemy' 2>/dev/null &&
        [ -e /usr/share/java/mariadb-java-client.jar ] && [ -e /usr/share/java/postgresql.jar ]
}

install() {
    local kind package missing=""
    for kind in ${1:-$engines $more}; do
        if [ "$kind" = reference ]; then reference_answers; else answers "$kind"; fi && continue
        # What Debian 13 has comes when such an engine is started.
        local list=packages_${kind//-/_}
        [ -n "${!list:-}" ] || continue
        for package in ${!list}; do
            dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
                missing="$missing $package"
        done
    done
    # shellcheck disable=SC2086 # the names are words on purpose
    missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
    [ -n "${missing// /}" ] || return 0
    debian_root || die "this machine lacks ${1:-Docker or Podman} (on Debian, as root: apt-get install --no-install-recommends $missing)"
    say "lab: installing $missing"
    apt-get update -qq
    # Debian 13 has the program apart from its daemon.
    [[ " $missing " != *" docker.io "* ]] || [ -z "$(apt-cache search --names-only '^docker-cli$')" ] || missing+=" docker-cli"
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >"$state/apt.log" 2>&1 ||
        { tail -5 "$state/apt.log" >&2; die "apt-get failed, see $state/apt.log"; }
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
    configure_podman podman
    # A service reads containers.conf once, when it starts.
    # Where a container runs out of memory, its monitor leaves an empty file `oom` in the folder that it was started in.
    CONTAINERS_CONF=$state/podman/containers.conf setsid env -C "$state/podman" podman --root "$state/podman/storage" --runroot "$run/podman/run" \
        system service --time=0 "unix://$podman_socket" </dev/null >"$state/podman.log" 2>&1 &
    echo $! >"$state/podman.pid"
}

# configure_podman NAME: its containers.conf.
# - netavark: the only back end with names on user networks in Podman 4 and 5.
# - runc: crun refuses machines with hybrid cgroups.
# - cgroupfs and file: there may be no systemd and no journal.
# - ulimits: the defaults may lie above what this machine allows.
configure_podman() {
    mkdir -p "$state/$1"
    cat >"$state/$1/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "$run/$1/tmp"
[network]
network_backend = "netavark"
network_config_dir = "$state/$1/networks"
CONF
}

start() {
    local kind deadline
    for kind in ${1:-$engines $more}; do
        answers "$kind" && continue
        [ "$(id -u)" = 0 ] || die "$kind does not answer on $(socket_of "$kind"), and only root can start it"
        mkdir -p "$run"
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
    status "${1:-$engines $more}"
}

where() {
    case " $engines $further " in
    *" $1 "*) echo "unix://$(socket_of "$1")" ;;
    *) die "there is no engine $1; there are $engines $further" ;;
    esac
    if [ -x "$state/bin/$1" ]; then echo "$state/bin/$1"; else echo "$1"; fi
}

# A process that stands in the network of the engine's machine, where the firewall's rules for containers are.
network() {
    local pid thread
    case $1 in
    # Bridges of an unprivileged user are in a network of their own, as long as a container is on one.
    *-rootless) pid=$(pgrep -f "aardvark-dns --config $run/$1/" | head -n 1) ;;
    # One thread of the engine may be in a container's network for a moment, or for good: most of them are at home.
    *)
        pid=$(ours "$1")
        local home
        home=$(for thread in "/proc/$pid/task/"*; do readlink "$thread/ns/net"; done | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
        for thread in "/proc/$pid/task/"*; do
            if [ "$(readlink "$thread/ns/net")" = "$home" ]; then pid=${thread##*/}; break; fi
        done
        ;;
    esac
    [ -n "$pid" ] && echo "$pid" || die "$1 has no network that one could enter"
}

status() {
    local kind owner
    for kind in ${1:-$engines $more}; do
        if ! answers "$kind"; then say "lab: $kind does not answer"; continue; fi
        owner="not ours"
        if ours "$kind" >/dev/null; then owner="started by the lab, pid $(ours "$kind"), data in $state"; fi
        say "lab: $kind $(engine "$kind" version --format '{{.Server.Version}}') on $(socket_of "$kind") ($owner)"
    done
}

# Is the run that a label names still alive?
alive() {
    local pid=${1%%.*}
    [ "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f20)" = "${1#*.}" ]
}

# Removes what runs of the lab made that are no longer alive; on an engine of the lab's own, with `all`, everything.
remove_objects() {
    local kind=$1 what=${2:-dead} object id owner list
    for object in container network image; do
        list=(ls --quiet)
        [ "$what" = all ] || list+=(--filter "label=$label")
        [ $object != container ] || list+=(--all)
        for id in $(engine "$kind" $object "${list[@]}" 2>/dev/null | sort -u); do
            if [ "$what" = dead ]; then
                owner=$(engine "$kind" $object inspect --format \
                    "{{index $([ $object = network ] || echo .Config).Labels \"$label\"}}" "$id" 2>/dev/null) || continue
                if [ "$owner" = base ] || alive "$owner"; then continue; fi
                say "lab: $kind: removing $object $id, left by a run that was killed"
            fi
            # Forgiving: a default network cannot be removed, an image may be in use by a later one.
            case $object in
            container) remove_containers "$kind" "$id" ;;
            network) engine "$kind" network rm "$id" ;;
            image) engine "$kind" image rm --force "$id" ;;
            esac >/dev/null 2>&1 || true
        done
    done
}

sweep() { local kind; for kind in $(answering); do remove_objects "$kind"; done; }

# End one daemon that we started, by its pid, and wait until it is gone.
end() {
    local pid
    pid=$(ours "$1") || return 0
    kill "$pid"
    for _ in $(seq 100); do ours "$1" >/dev/null || break; sleep 0.2; done
    if ours "$1" >/dev/null; then kill -9 "$pid"; fi
}

# What an engine's processes leave behind. Podman keeps a monitor for five minutes after each `exec` through its socket;
# what that runs when it ends would make the deleted store anew.
end_left() {
    local kind=$1 process
    for process in /proc/[0-9]*; do
        if tr '\0' ' ' 2>/dev/null <"$process/cmdline" | grep -qF "$run/$kind/" || of_user "$kind" "$process"; then
            kill -9 "${process#/proc/}" 2>/dev/null || true
        fi
    done
}

# The rules, chains and bridges that an engine of ours left in the kernel.
clean_kernel() {
    local rules bridges tables bridge
    # What stands in a network of its own has taken that with it.
    case $1 in
    *-*) return ;;
    docker) rules='DOCKER\|docker0\|br-[0-9a-f]\{12\}' bridges='docker0\|docker_gwbridge\|br-[0-9a-f]\{12\}' ;;
    podman) rules='NETAVARK' bridges='podman[0-9]\+' ;;
    esac
    for tables in iptables ip6tables; do
        command -v $tables-save >/dev/null || continue
        # shellcheck disable=SC2094 # the whole of it is read before the first line is written back
        $tables-save | grep -v "$rules" | $tables-restore || true
    done
    for bridge in $(ip -brief link show type bridge | awk '{print $1}' | grep -x "$bridges" || true); do
        ip link delete "$bridge" || true
    done
}

# Storage drivers leave mounts behind when they are killed; never delete through one.
delete() {
    local mount
    awk -v a="$1" '$2 == a || index($2, a "/") == 1 {print $2}' /proc/mounts | sort -r |
        while read -r mount; do umount "$mount" || umount -l "$mount"; done
    rm -rf --one-file-system "${1:?}"
}

stop() {
    local kind
    # Also the further engines that an earlier run has started.
    for kind in ${1:-$engines $further}; do
        if answers "$kind"; then
            remove_objects "$kind"
            # The lab's images go too, where this folder brought them.
            if [ -e "$state/$kind.imported" ]; then
                engine "$kind" image rm "$base_image" "$servers_image" "$musl_image" "$java_image" >/dev/null 2>&1 || true
            fi
        fi
        rm -f "$state/$kind.imported"
        if [ -e "$state/$kind.pid" ]; then
            if ours "$kind" >/dev/null; then
                if answers "$kind"; then remove_objects "$kind" all; fi
                end "$kind"
            fi
            [ "$kind" = docker ] || end_left "$kind"
            rm -f "$state/$kind.pid"
            answers "$kind" || { clean_kernel "$kind"; rm -f "$(socket_of "$kind")"; }
        fi
        delete "$state/$kind"
        delete "$run/$kind"
    done
    [ -z "$(started)" ] || return 0
    if [ -e "$state/forwarding" ] && [ -z "$(answering)" ]; then
        { read -r forward; read -r policy; } <"$state/forwarding"
        sysctl -q -w "net.ipv4.ip_forward=$forward"
        iptables -P FORWARD "$policy"
    fi
    delete "$run"
    rm -f "$state/forwarding"
}

mkdir -p "$state"
case ${1:-} in
install | start | stop | status | sweep | where | network) "$@" ;;
*) die "usage: engines.sh install|start|stop|status|sweep|where|network" ;;
esac
