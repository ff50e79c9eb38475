#!/bin/bash
# bare.sh [--keep] [COMMAND...] - a fresh clone in a bare Debian 12 root: what a newcomer sees. Needs root and
# debootstrap.
#
# Each COMMAND is run by bash in the clone, one after the other; without any: "./dev demo" and "./dev test".
# There is no ../shared there, nothing is installed but Debian's minbase, and /proc is mounted. The network is
# the host's: its apt settings, name servers and own certificate authorities are copied in. Not part of ./dev
# test. The bare root is kept as build/bare/<release>.tar.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

release=${BARE_RELEASE:-bookworm}
mirror=${BARE_MIRROR:-http://deb.debian.org/debian}
tar=build/bare/$release.tar
options=() script=()
if [[ $mirror == *ubuntu* ]]; then
    options=('--components=main,universe' --no-check-gpg)
    script=(/usr/share/debootstrap/scripts/gutsy)
fi
keep=
if [[ ${1:-} == --keep ]]; then
    keep=1
    shift
fi
[[ $# -gt 0 ]] || set -- './dev demo' './dev test'
[[ $EUID -eq 0 ]] || { echo "bare: debootstrap and chroot need root" >&2; exit 1; }

root=$(mktemp -d /tmp/bundelwacht-bare-XXXXXX)
leave() {
    umount "$root/proc" 2>/dev/null || true
    if [[ -n $keep ]]; then
        echo "bare: kept $root"
    elif ! mountpoint -q "$root/proc"; then
        rm -rf "$root"
    fi
}
trap leave EXIT

if [[ ! -f $tar ]]; then
    mkdir -p build/bare
    echo "bare: debootstrap of $release"
    debootstrap --variant=minbase "${options[@]}" "$release" "$root" "$mirror" "${script[@]}" \
        >build/bare/debootstrap.log 2>&1 ||
        { tail -n 20 build/bare/debootstrap.log; exit 1; }
    tar -C "$root" -cf "$tar.part" --exclude=./proc/* . && mv "$tar.part" "$tar"
else
    tar -C "$root" -xf "$tar"
fi

chmod 755 "$root" # users of the root want to enter it, too

# The host's way to the network.
cp /etc/resolv.conf /etc/hosts "$root/etc/"
mkdir -p "$root/usr/local/share/ca-certificates"
cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
grep -lsiE 'proxy|Acquire' /etc/apt/apt.conf /etc/apt/apt.conf.d/* 2>/dev/null |
    xargs -r cp -t "$root/etc/apt/apt.conf.d/" || true
mount -t proc proc "$root/proc"

git clone -q --no-hardlinks . "$root/root/bundelwacht"
echo "bare: $(git log -1 --format='%h %s'), $(chroot "$root" dpkg-query -W | wc -l) packages before"

network=()
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [[ -z ${!name:-} ]] || network+=("$name=${!name}")
done
for command; do
    echo "bare: \$ $command"
    begin=$SECONDS code=0
    chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        CI=true "${network[@]}" \
        bash -c "cd /root/bundelwacht && $command" </dev/null || code=$?
    echo "bare: \$ $command ended with $code after $((SECONDS - begin)) s"
    [[ $code -eq 0 ]] || exit "$code"
done
