#!/usr/bin/env bash
# compose.sh v1|v2|podman: prints the path of a program that is used like `docker-compose` (`$(compose.sh v2) -f FILE up -d`)
# and asks the lab's engine. Gets what is missing; the machine's own sources of packages stay as they are.
#   v1      docker-compose 1.29, Debian 12's package
#   v2      docker-compose 2.26, the program of Debian 13's package
#   podman  podman-compose 1.3 of Debian 13, on Podman's socket
set -eu
. "$(dirname "$0")/lib.sh"
. "$lab_dir/trixie.sh"

# Version 1 is Python; what it needs is what podman-compose needs, too.
installed() { [ -x /usr/bin/docker-compose ] || "$lab_dir/engines.sh" install compose; }

# Without a builder of their own the images are built by the engine, from what is there: nothing is pulled.
v1() { installed; program compose-v1 "DOCKER_HOST=unix://$docker_socket" DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0 /usr/bin/docker-compose; }
v2() {
    local root
    root=$(unpack_trixie docker-compose)
    program compose-v2 "DOCKER_HOST=unix://$docker_socket" DOCKER_BUILDKIT=0 "$root/usr/libexec/docker/cli-plugins/docker-compose"
}
podman() {
    local root client
    installed
    root=$(unpack_trixie podman-compose)
    client=$(program podman-of-the-lab podman --url "unix://$podman_socket")
    program podman-compose "PYTHONPATH=$root/usr/lib/python3/dist-packages" /usr/bin/python3 "$root/usr/bin/podman-compose" --podman-path "$client"
}

case ${1:-} in
v1 | v2 | podman) mkdir -p "$state"; exec 9>"$state/compose.lock"; flock 9; "$1" 9>&- ;;
*) die "usage: compose.sh v1|v2|podman" ;;
esac
