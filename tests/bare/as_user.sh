#!/bin/bash
# as_user.sh - what ./dev does for somebody who is not root: with sudo, with nothing missing, without leave,
# without sudo. Changes the machine (a user, packages): only to be run in a bare root, as  tests/bare/bare.sh
# tests/bare/as_user.sh
set -euo pipefail
[[ ! -e /home/jan && $(stat -c %d:%i /) != $(stat -c %d:%i /proc/1/root/. 2>/dev/null) ]] ||
    { echo "as_user: not outside of a bare root"; exit 1; }

fail() { echo "failed: $*"; exit 1; }
jan() { su jan -c "cd ~/bundelwacht && $1 2>&1"; }

apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends sudo >/dev/null 2>&1
useradd -m -s /bin/bash jan
echo 'jan ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/jan
cp -r . /home/jan/bundelwacht
rm -rf /home/jan/bundelwacht/build
chown -R jan /home/jan/bundelwacht

jan './dev build' | tee /tmp/said
grep -q '^dev: installing ' /tmp/said || fail "nothing was installed"

rm /etc/sudoers.d/jan
jan './dev build && ./dev demo --lines 5000' >/tmp/said ||
    fail "with nothing missing it wanted more: $(cat /tmp/said)"
if grep -q installing /tmp/said; then fail "it installed what was there"; fi

apt-get remove -y -qq libzstd-dev >/dev/null 2>&1
if jan './dev build' >/tmp/said; then fail "without leave it built"; fi
cat /tmp/said

DEBIAN_FRONTEND=noninteractive SUDO_FORCE_REMOVE=yes apt-get remove -y -qq sudo >/dev/null 2>&1
if jan './dev build' >/tmp/said; then fail "without sudo it built"; fi
cat /tmp/said
grep -q 'as root: apt-get update && apt-get install --no-install-recommends libzstd-dev' /tmp/said ||
    fail "it did not say what to do"
echo "as_user: all as it should be"
