# The engines beyond the machine's own two, each in mounts of its own (inside.sh). Sourced by engines.sh.

packages_podman_rootless="podman netavark aardvark-dns runc catatonit uidmap slirp4netns"

# begin KIND COMMAND...: the engine as a process of ours. Its socket lies in $run/KIND.
begin() {
    local kind=$1
    shift
    mkdir -p "$run/$kind" "$state/$kind"
    setsid env -C "$state" "$lab_dir/inside.sh" "$@" </dev/null >"$state/$kind.log" 2>&1 &
    echo $! >"$state/$kind.pid"
}

start_docker-26() {
    local root
    root=$(trixie_root)
    # Its own command line, with BuildKit: what docker-buildx builds with the daemon's own builder.
    mkdir -p "$state/bin/docker-config/cli-plugins"
    ln -sf "$root/usr/libexec/docker/cli-plugins/docker-buildx" "$state/bin/docker-config/cli-plugins/"
    program docker-26 DOCKER_BUILDKIT=1 "DOCKER_CONFIG=$state/bin/docker-config" "$root/usr/bin/docker" \
        --host "unix://$(socket_of docker-26)" >/dev/null
    rm -f "$run/docker-26/docker.pid"
    begin docker-26 debian13 "$run/docker-26" "$root" dockerd --host "unix://$(socket_of docker-26)" \
        --data-root "$state/docker-26" --exec-root "$run/docker-26/exec" --pidfile "$run/docker-26/docker.pid" \
        --cgroup-parent /econn-docker-26
}

start_podman-5() {
    local root
    root=$(trixie_root)
    configure_podman podman-5
    # Its own command line needs libraries that an older Debian lacks: it is started by their loader.
    program podman-5 PODMAN_IGNORE_CGROUPSV1_WARNING=1 "$(ls "$root"/usr/lib*/ld-linux-*.so.*)" \
        --library-path "$root/usr/lib/$(uname -m)-linux-gnu" "$root/usr/bin/podman" --url "unix://$(socket_of podman-5)" >/dev/null
    CONTAINERS_CONF=$state/podman-5/containers.conf begin podman-5 debian13 "$run/podman-5" "$root" \
        podman --root "$state/podman-5/storage" --runroot "$run/podman-5/run" \
        system service --time=0 "unix://$(socket_of podman-5)"
}

start_podman-rootless() {
    configure_podman podman-rootless
    program podman-rootless podman --url "unix://$(socket_of podman-rootless)" >/dev/null
    # Its user may not write to a folder for temporary files that is root's alone.
    TMPDIR=/tmp CONTAINERS_CONF=$state/podman-rootless/containers.conf begin podman-rootless rootless "$run/podman-rootless" \
        "$state/podman-rootless" podman --root "$state/podman-rootless/storage" --runroot "$run/podman-rootless/run" \
        --storage-driver overlay system service --time=0 "unix://$(socket_of podman-rootless)"
}

# Nobody else has this user's number.
rootless_user=64123
of_user() { [ "$1" = podman-rootless ] && [ "$(stat -c %u "$2" 2>/dev/null)" = $rootless_user ]; }
