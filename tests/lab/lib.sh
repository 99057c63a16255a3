# What every script of the lab shares: where things live, and how to ask an engine.
# Sourced, never run. Bash, because arrays and `local` keep the scripts short.

lab_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root_dir=$(cd "$lab_dir/../.." && pwd)

# Everything that the lab writes is below `state` (data, logs, pids) and `run` (sockets, whose paths must stay
# short: a Unix socket's path ends at 107 bytes). Both are deleted by `engines.sh stop`. Another checkout has another
# state folder, and so another run folder: one must never delete what the other's engines stand on.
state=${ECONN_LAB_STATE:-$root_dir/target/lab}
run=/run/econn-lab-$(cksum <<<"$state" | cut -d' ' -f1)

docker_socket=/var/run/docker.sock
podman_socket=/run/podman/podman.sock
# Both engines, unless the user leaves one out.
engines=${ECONN_TEST_ENGINES:-docker podman}
engines=${engines//,/ }
# Further engines: Debian 13's, and Podman as an unprivileged user; none, unless with-engines.sh or the user names some.
further="docker-26 podman-5 podman-rootless"
# A word with a URL (docker-far=tcp://...) is an engine that somebody else starts and stops.
more=${ECONN_TEST_MORE_ENGINES:-}
more=$(printf '%s\n' ${more//,/ } | grep -v -e = -e '^none$' || true)
# Every object that the lab makes carries this label, so that nothing else is ever removed. Its value is
# `<pid>.<start time>` of the run that made it.
label=econn.lab
run_id() { echo "$$.$(sed 's/.*) //' "/proc/$$/stat" | cut -d' ' -f20)"; }
base_image=econn-lab-python:1
servers_image=econn-lab-servers:1
musl_image=econn-lab-musl:1
java_image=econn-lab-java:1

say() { printf '%s\n' "$*" >&2; }
die() { say "lab: $*"; exit 1; }

# engine docker ARGS... | engine podman ARGS...: one command line for all. Podman is always asked through its
# socket, so that the lab, econn and the user's shell see the same store.
engine() {
    local kind=$1
    shift
    case $kind in
    docker) DOCKER_BUILDKIT=0 docker --host "unix://$docker_socket" "$@" ;;
    podman) podman --url "unix://$podman_socket" "$@" ;;
    *) "$state/bin/$kind" "$@" ;;
    esac
}

# Podman waits ten seconds for a program that ignores the first signal, unless told not to.
remove_containers() {
    local kind=$1 patience=""
    shift
    [ "${kind%%-*}" = docker ] || patience="--time 0"
    # shellcheck disable=SC2086
    engine "$kind" container rm --force $patience "$@" >/dev/null
}

socket_of() {
    case $1 in
    docker) echo "$docker_socket" ;;
    podman) echo "$podman_socket" ;;
    *) echo "$run/$1/engine.sock" ;;
    esac
}

# program NAME COMMAND...: a program of that name that becomes COMMAND; its path is printed.
program() {
    local path=$state/bin/$1
    shift
    mkdir -p "$state/bin"
    printf '#!/bin/sh\nexec env %s"$@"\n' "$(printf '%q ' "$@")" >"$path.$$"
    chmod 755 "$path.$$"
    mv "$path.$$" "$path"
    echo "$path"
}

# Does this engine answer? The CLI's own exit code says it; a dead socket must not hang us.
answers() {
    [ -S "$(socket_of "$1")" ] &&
        (export -f engine; export docker_socket podman_socket state; timeout 10 bash -c "engine $1 version" >/dev/null 2>&1)
}

# The engines that answer, one a line.
answering() { local kind; for kind in $engines $more; do if answers "$kind"; then echo "$kind"; fi; done; }

# A pid file of ours is only believed when that process still is the program that was started for this folder.
ours() {
    local pid
    pid=$(cat "$state/$1.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
    grep -qzF "$state" "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}

# The engines that this folder has started and that still run.
started() { local kind; for kind in $engines $further; do if ours "$kind" >/dev/null; then echo "$kind"; fi; done; }

# Quietly: stops what was started since `started` said $1; what ran before goes on running.
stop_again() {
    if [ -z "$1" ]; then "$lab_dir/engines.sh" stop; else "$lab_dir/engines.sh" sweep; fi >/dev/null 2>&1 || true
}

debian_root() { [ -e /etc/debian_version ] && [ "$(id -u)" = 0 ]; }
