# Programs of Debian 13 on an older Debian, with an apt of the lab's own: the machine's sources stay as they are.
# Sourced after lib.sh, never run.

trixie=$state/trixie

# The mirror that this machine takes its own packages from.
mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' | grep -v security | head -n 1 | grep . ||
        die "apt knows no mirror of Debian here (apt-get update makes it known)"
}

# trixie_apt PROGRAM ARGS...: apt-get or apt-cache, with trixie as its only source.
trixie_apt() {
    [ -e "$trixie/apt.conf" ] || write_apt
    APT_CONFIG=$trixie/apt.conf "$@"
}

write_apt() {
    local keys=/usr/share/keyrings/debian-archive-keyring.gpg
    command -v apt-get >/dev/null || die "programs of Debian 13 come from Debian's packages: apt-get is needed"
    mkdir -p "$trixie"/apt/{lists,cache,parts}
    : >"$trixie/apt/status"
    cat >"$trixie/apt/debian.list" <<LIST
deb [signed-by=$keys] $(mirror) trixie main
LIST
    cat >"$trixie/apt.conf.part" <<CONF
Dir::State "$trixie/apt";
Dir::State::lists "$trixie/apt/lists";
Dir::State::status "$trixie/apt/status";
Dir::Cache "$trixie/apt/cache";
Dir::Etc::sourcelist "$trixie/apt/debian.list";
Dir::Etc::sourceparts "$trixie/apt/parts";
Dir::Etc::preferencesparts "$trixie/apt/parts";
APT::Sandbox::User "root";
CONF
    APT_CONFIG=$trixie/apt.conf.part apt-get update -qq || die "Debian 13's list of packages cannot be fetched from $(mirror)"
    mv "$trixie/apt.conf.part" "$trixie/apt.conf"
}

# unpack_trixie PACKAGE: its files under a folder of its own, whose path is printed. Nothing is installed.
unpack_trixie() {
    local root=$trixie/$1
    if ! [ -d "$root" ]; then
        mkdir -p "$root.debs"
        (cd "$root.debs" && trixie_apt apt-get download -qq "$1") >&2 || die "Debian 13's $1 cannot be fetched"
        dpkg-deb -x "$root.debs/$1"_*.deb "$root.part"
        rm -rf "$root.debs"
        mv "$root.part" "$root"
    fi
    echo "$root"
}

# The engines of Debian 13 with everything that they need, under a root of their own.
trixie_engines="docker.io docker-cli docker-buildx podman netavark aardvark-dns runc nftables iptables catatonit kmod base-files"
trixie_root() {
    local root=$trixie/root deb
    if ! [ -d "$root" ]; then
        say "lab: unpacking Debian 13's Docker and Podman"
        mkdir -p "$trixie"
        # shellcheck disable=SC2086 # the names are words on purpose
        trixie_apt apt-get install -qq -y --download-only --no-install-recommends $trixie_engines >"$trixie/apt.log" 2>&1 ||
            { cat "$trixie/apt.log" >&2; die "Debian 13's Docker and Podman cannot be fetched from $(mirror)"; }
        rm -rf "$root.part"
        mkdir -p "$root.part"/usr/{bin,sbin,lib,lib64}
        for deb in bin sbin lib lib64; do ln -s "usr/$deb" "$root.part/$deb"; done
        for deb in "$trixie"/apt/cache/archives/*.deb; do dpkg-deb -x "$deb" "$root.part"; done
        # What the packages' own scripts would link.
        for deb in iptables{,-save,-restore} ip6tables{,-save,-restore}; do ln -sf xtables-nft-multi "$root.part/usr/sbin/$deb"; done
        rm -rf "$trixie"/apt/cache/archives/*.deb "$root.part"/usr/share/{doc,man,locale,info}
        mv "$root.part" "$root"
    fi
    echo "$root"
}
