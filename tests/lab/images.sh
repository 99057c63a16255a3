#!/usr/bin/env bash
# The lab's base image, without any registry: Python, its standard library and busybox (a shell, coreutils, wget, nc)
# unpacked from Debian's packages. A local tag satisfies FROM in both builders; runs use `--pull never`.
#   images.sh build   makes the image's tar once, and imports it into every engine that answers and lacks it
set -eu
. "$(dirname "$0")/lib.sh"

cache=$state/images
tar=$cache/base.tar

# The two programs and the libraries that they need, and none of the packages that only matter to an installer.
packages() {
    apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
        python3 busybox | grep '^[a-z]' |
        grep -vxE 'dpkg|tar|install-info|perl.*|libperl.*|mailcap|mime-support|debconf.*|cdebconf|gcc-.*' | sort -u
}

make_tar() {
    command -v apt-get >/dev/null || die "the base image is unpacked from Debian packages: apt-get is needed"
    local debs=$cache/debs root=$cache/root deb
    say "lab: unpacking the base image"
    rm -rf "$debs" "$root"
    mkdir -p "$debs" "$root"/{etc,tmp,root,proc,sys,dev,run,var/tmp}
    # apt wants to download as the user _apt, who may not enter our folder; that warning is not worth a line.
    # shellcheck disable=SC2046
    (cd "$debs" && apt-get download -qq $(packages) 2>"$cache/apt.log") || { cat "$cache/apt.log" >&2; exit 1; }
    for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$root"; done
    "$root/bin/busybox" --list-full | while read -r applet; do
        [ -e "$root/$applet" ] || { mkdir -p "$(dirname "$root/$applet")"; ln -s /bin/busybox "$root/$applet"; }
    done
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/false\n' >"$root/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
    printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
    chmod 1777 "$root/tmp" "$root/var/tmp"
    rm -rf "$root"/usr/share/{doc,man,locale,info,lintian,applications,pixmaps,bash-completion} "$root/usr/share/python3/debpython"
    # Compiled once here, instead of at every start of a container.
    chroot "$root" /usr/bin/python3 -c 'import http.server, http.client, urllib.request, json, ssl, socketserver, concurrent.futures' ||
        say "lab: the image's Python could not be tried (not root); going on"
    tar -C "$root" --owner=0 --group=0 --numeric-owner -cf "$tar.part" .
    mv "$tar.part" "$tar"
    rm -rf "$debs" "$root"
}

build() {
    local kind
    mkdir -p "$cache"
    for kind in $(answering); do
        if ! engine "$kind" image inspect "$base_image" >/dev/null 2>&1; then
            [ -e "$tar" ] || make_tar
            engine "$kind" import --change "LABEL $label=base" --change "CMD [\"/bin/sh\"]" \
                --change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "$tar" "$base_image" >/dev/null
            touch "$state/$kind.imported"
        fi
        say "lab: $kind has $base_image ($(engine "$kind" image inspect --format '{{.Id}}' "$base_image"))"
    done
}

case ${1:-} in
build) build ;;
*) die "usage: images.sh build" ;;
esac
