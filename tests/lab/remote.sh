#!/usr/bin/env bash
# Ways to an engine that are not its socket, for the tests: everything below one folder, on the loopback only.
#   remote.sh ssh FOLDER PORT OWNER     an ssh server with keys of its own; FOLDER/bin/ssh is a client that knows it
#   remote.sh docker FOLDER OWNER       a second Docker behind mutual TLS, which takes what comes in at the listening socket
#                                       that is the script's standard input; FOLDER/tls holds a client's papers
#   remote.sh registry FOLDER PORT OWNER   a registry of images, without TLS
#   remote.sh install [registry]        installs the Debian packages that are missing, and starts nothing
# What is started ends with the process OWNER, however that ends.
set -eu

die() { printf 'remote: %s\n' "$*" >&2; exit 1; }

install() {
    local programs="/usr/sbin/sshd openssl" packages="openssh-server openssl" program missing=""
    [ "${1:-}" != registry ] || programs=docker-registry packages=docker-registry
    # Tests on several engines come at once, and apt lets only one in.
    exec 9>"${TMPDIR:-/tmp}/econn-lab.apt"
    flock 9
    for program in $programs; do command -v "$program" >/dev/null || missing=yes; done
    [ -n "$missing" ] || return 0
    [ -e /etc/debian_version ] && [ "$(id -u)" = 0 ] || die "install $packages first"
    # A package must not start its service here.
    local policy=/usr/sbin/policy-rc.d made=""
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=$policy; }
    apt-get update -qq
    # shellcheck disable=SC2086 # the names are words on purpose
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages >/dev/null
    [ -z "$made" ] || rm -f "$made"
}

# Ends the process $2 when $1 is gone. It says nothing, so that nobody waits for its output.
end_with() {
    setsid sh -c 'while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 0.5; done; kill "$2" 2>/dev/null' \
        sh "$1" "$2" </dev/null >/dev/null 2>&1 &
}

# Waits until the log $1 says $2.
says() {
    local _
    for _ in $(seq 300); do
        if grep -q "$2" "$1" 2>/dev/null; then return; fi
        sleep 0.2
    done
    tail -5 "$1" >&2
    die "it never said '$2', see $1"
}

ssh() {
    local folder=$1 port=$2 owner=$3
    mkdir -p "$folder/bin"
    # What the server expects to be there on every machine.
    mkdir -p /run/sshd
    ssh-keygen -q -t ed25519 -N '' -f "$folder/host"
    ssh-keygen -q -t ed25519 -N '' -f "$folder/user"
    cp "$folder/user.pub" "$folder/authorized"
    echo "[127.0.0.1]:$port $(cat "$folder/host.pub")" >"$folder/known"
    cat >"$folder/sshd.conf" <<CONF
Port $port
ListenAddress 127.0.0.1
HostKey $folder/host
AuthorizedKeysFile $folder/authorized
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
CONF
    cat >"$folder/client.conf" <<CONF
IdentityFile $folder/user
IdentitiesOnly yes
UserKnownHostsFile $folder/known
GlobalKnownHostsFile /dev/null
CONF
    printf '#!/bin/sh\nexec /usr/bin/ssh -F %s "$@"\n' "$folder/client.conf" >"$folder/bin/ssh"
    chmod +x "$folder/bin/ssh"
    setsid /usr/sbin/sshd -D -f "$folder/sshd.conf" -E "$folder/sshd.log" </dev/null >/dev/null 2>&1 &
    end_with "$owner" $!
    says "$folder/sshd.log" "listening on"
}

# papers FOLDER NAME USAGE: a key and a certificate of the folder's authority.
papers() {
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$1/$2.key" -out "$1/$2.csr" 2>/dev/null
    printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=%s\n' "$3" >"$1/$2.ext"
    openssl x509 -req -in "$1/$2.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 2 \
        -extfile "$1/$2.ext" -out "$1/$2.pem" 2>/dev/null
}

docker() {
    local folder=$1 owner=$2 tls=$1/tls
    mkdir -p "$tls"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=econn-lab -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
    papers "$tls" server serverAuth
    papers "$tls" client clientAuth
    cp "$tls/client.pem" "$tls/cert.pem"
    cp "$tls/client.key" "$tls/key.pem"
    # In a network namespace of its own: beside the first Docker it would remove that one's bridge, even with
    # --bridge=none. A socket stays where it was opened, and is handed over as systemd does it.
    # shellcheck disable=SC2016 # the inner shell's own words
    setsid sh -c 'exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec unshare --net dockerd --host fd:// "$@"' sh \
        --tlsverify --tlscacert "$tls/ca.pem" --tlscert "$tls/server.pem" --tlskey "$tls/server.key" \
        --bridge=none --iptables=false --data-root "$folder/data" --exec-root "$folder/run" \
        --pidfile "$folder/docker.pid" <&0 >"$folder/docker.log" 2>&1 &
    end_with "$owner" $!
    says "$folder/docker.log" "API listen on"
}

registry() {
    local folder=$1 port=$2 owner=$3
    cat >"$folder/registry.yml" <<CONF
version: 0.1
storage:
  filesystem:
    rootdirectory: $folder/images
http:
  addr: 127.0.0.1:$port
CONF
    setsid docker-registry serve "$folder/registry.yml" </dev/null >"$folder/registry.log" 2>&1 &
    end_with "$owner" $!
    says "$folder/registry.log" "listening on"
}

case ${1:-} in
ssh | docker | registry | install) "$@" ;;
*) die "usage: remote.sh ssh FOLDER PORT OWNER, remote.sh docker FOLDER OWNER, remote.sh registry FOLDER PORT OWNER, remote.sh install" ;;
esac
