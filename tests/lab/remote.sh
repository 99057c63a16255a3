#!/usr/bin/env bash
# Ways to an engine that are not its socket, for the tests: everything below one folder, on the loopback only.
#   remote.sh ssh FOLDER PORT OWNER     an ssh server with keys of its own; FOLDER/bin/ssh is a client that knows it
#   remote.sh docker FOLDER PORT OWNER  a second Docker behind mutual TLS; FOLDER/tls holds a client's papers
#   remote.sh install                   installs the Debian packages that are missing, and starts nothing
# What is started ends with the process OWNER, however that ends.
set -eu

die() { printf 'remote: %s\n' "$*" >&2; exit 1; }

install() {
    if command -v /usr/sbin/sshd >/dev/null && command -v openssl >/dev/null; then return; fi
    [ -e /etc/debian_version ] && [ "$(id -u)" = 0 ] || die "install openssh-server and openssl first"
    # A package must not start its service here.
    local policy=/usr/sbin/policy-rc.d made=""
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=$policy; }
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends openssh-server openssl >/dev/null
    [ -z "$made" ] || rm -f "$made"
}

# Ends the process $2 when $1 is gone. It says nothing, so that nobody waits for its output.
end_with() {
    setsid sh -c 'while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 0.5; done; kill "$2" 2>/dev/null' \
        sh "$1" "$2" </dev/null >/dev/null 2>&1 &
}

# Waits until something listens on the port.
listens() {
    local _
    for _ in $(seq 150); do
        if (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
        sleep 0.2
    done
    tail -5 "$2" >&2
    die "nothing listens on port $1, see $2"
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
    listens "$port" "$folder/sshd.log"
}

# papers FOLDER NAME USAGE: a key and a certificate of the folder's authority.
papers() {
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$1/$2.key" -out "$1/$2.csr" 2>/dev/null
    printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=%s\n' "$3" >"$1/$2.ext"
    openssl x509 -req -in "$1/$2.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 2 \
        -extfile "$1/$2.ext" -out "$1/$2.pem" 2>/dev/null
}

docker() {
    local folder=$1 port=$2 owner=$3 tls=$1/tls
    mkdir -p "$tls"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=econn-lab -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
    papers "$tls" server serverAuth
    papers "$tls" client clientAuth
    cp "$tls/client.pem" "$tls/cert.pem"
    cp "$tls/client.key" "$tls/key.pem"
    # Without a bridge and without rules it leaves the first Docker's alone.
    setsid dockerd --host "tcp://127.0.0.1:$port" --tlsverify --tlscacert "$tls/ca.pem" --tlscert "$tls/server.pem" \
        --tlskey "$tls/server.key" --bridge=none --iptables=false --data-root "$folder/data" --exec-root "$folder/run" \
        --pidfile "$folder/docker.pid" </dev/null >"$folder/docker.log" 2>&1 &
    end_with "$owner" $!
    listens "$port" "$folder/docker.log"
}

case ${1:-} in
ssh | docker) [ $# = 4 ] || die "usage: remote.sh $1 FOLDER PORT OWNER"; "$@" ;;
install) install ;;
*) die "usage: remote.sh ssh|docker FOLDER PORT OWNER, remote.sh install" ;;
esac
