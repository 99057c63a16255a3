#!/usr/bin/env bash
# A Swarm of two Docker nodes on this machine, for the trials that need one. Each node has a network namespace, a host name
# and a store of its own, and a third namespace is the switch between them; nothing of it touches the machine's own network.
#   swarm.sh start     prints the sockets of both nodes, the manager's first
#   swarm.sh stop      ends both and removes everything
#   swarm.sh cut       lets no packet of the overlay networks through to the second node; `swarm.sh heal` does again
set -eu
. "$(dirname "$0")/lib.sh"

store=$state/swarm
subnet=192.168.231

namespace() { echo "econn-swarm-$(basename "$run")-$1"; }
# Not `ip netns exec`: it mounts /sys anew, and hides the control groups that dockerd needs.
inside() { local name=$1; shift; nsenter --net="/run/netns/$(namespace "$name")" "$@"; }
socket() { echo "$run/swarm-$1.sock"; }
node() { local name=$1; shift; docker --host "unix://$(socket "$name")" "$@"; }

alive() {
    local pid
    pid=$(cat "$store/$1.pid" 2>/dev/null) && [ -n "$pid" ] && grep -qzF "$store/$1" "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}

wire() {
    local name=$1 address=$2
    ip netns add "$(namespace "$name")"
    ip link add "ec$name$$" netns "$(namespace switch)" type veth peer name eth0 netns "$(namespace "$name")"
    inside switch ip link set "ec$name$$" master br0 up
    inside "$name" ip link set lo up
    inside "$name" ip address add "$address/24" dev eth0
    inside "$name" ip link set eth0 up
    inside "$name" ip route add default via "$subnet.254" dev eth0
}

start_node() {
    local name=$1 bip=$2
    mkdir -p "$store/$name"
    rm -f "$run/swarm-$name.pid"
    # shellcheck disable=SC2016 # the inner shell fills it in
    setsid nsenter --net="/run/netns/$(namespace "$name")" unshare --uts sh -c 'hostname "$1"; shift; exec "$@"' sh \
        "node-$name" dockerd --host "unix://$(socket "$name")" --data-root "$store/$name" --exec-root "$run/swarm-$name" \
        --pidfile "$run/swarm-$name.pid" --bip "$bip" --cgroup-parent "/econn-swarm-$name" \
        </dev/null >"$store/$name.log" 2>&1 9>&- &
    echo $! >"$store/$name.pid"
}

await() {
    local name=$1 deadline=$((SECONDS + 60))
    until node "$name" version >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] && kill -0 "$(cat "$store/$name.pid")" 2>/dev/null ||
            { tail -5 "$store/$name.log" >&2; die "node $name of the swarm did not start, see $store/$name.log"; }
        sleep 0.2
    done
}

start() {
    [ "$(id -u)" = 0 ] || die "only root can start a swarm of two nodes"
    if [ -n "$(alive a)" ] && [ -n "$(alive b)" ]; then sockets; return; fi
    stop
    mkdir -p "$store" "$run"
    ip netns add "$(namespace switch)"
    inside switch ip link add br0 type bridge
    inside switch ip link set br0 up
    wire a $subnet.1
    wire b $subnet.2
    start_node a 172.31.1.1/24
    start_node b 172.31.2.1/24
    local name
    for name in a b; do
        await "$name"
        engine docker image save "$base_image" | node "$name" image load --quiet >/dev/null
    done
    node a swarm init --advertise-addr $subnet.1 --data-path-addr $subnet.1 --listen-addr $subnet.1:2377 >/dev/null
    node b swarm join --advertise-addr $subnet.2 --data-path-addr $subnet.2 --listen-addr $subnet.2:2377 \
        --token "$(node a swarm join-token --quiet worker)" $subnet.1:2377 >/dev/null
    sockets
}

sockets() { printf 'unix://%s\n' "$(socket a)" "$(socket b)"; }

cut() { inside b iptables --insert INPUT --protocol udp --dport 4789 --jump DROP; }
heal() { inside b iptables --delete INPUT --protocol udp --dport 4789 --jump DROP; }

stop() {
    local name pid
    for name in b a; do
        pid=$(alive "$name") || continue
        # Its containers would outlive it.
        node "$name" swarm leave --force >/dev/null 2>&1 || true
        node "$name" container ls --all --quiet 2>/dev/null | xargs -r docker --host "unix://$(socket "$name")" rm --force >/dev/null 2>&1 || true
        kill "$pid"
        for _ in $(seq 100); do [ -n "$(alive "$name")" ] || break; sleep 0.2; done
        if [ -n "$(alive "$name")" ]; then kill -9 "$pid"; fi
    done
    awk -v a="$store/" -v b="$run/swarm-" 'index($2, a) == 1 || index($2, b) == 1 {print $2}' /proc/mounts | sort -r |
        while read -r mount; do umount "$mount" || umount -l "$mount"; done
    # The networks and bridges of the engines go with their namespaces.
    for name in a b switch; do
        if [ -e "/run/netns/$(namespace "$name")" ]; then ip netns delete "$(namespace "$name")"; fi
    done
    rm -rf --one-file-system "${store:?}" "${run:?}"/swarm-*
    for name in a b; do
        find /sys/fs/cgroup -depth -type d -path "*/econn-swarm-$name*" -exec rmdir {} + 2>/dev/null || true
    done
}

mkdir -p "$state"
exec 9>"$state/swarm.lock"
flock 9
case ${1:-} in
start | stop | cut | heal) "$1" ;;
*) die "usage: swarm.sh start|stop|cut|heal" ;;
esac
