#!/usr/bin/env bash
# The package in a Debian of its own, from installing to purging: chroot.sh SUITE PACKAGE NEXT, as root.
# NEXT is a later version of PACKAGE, with another /etc/dorpel/gateway.yaml. Ends with 0 where everything is as it should be.
set -euo pipefail
suite=$1 package=$2 next=$3
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dorpel
base=$cache/$suite-amd64.tar
place=$(mktemp -d "${TMPDIR:-/tmp}/dorpel-$suite-XXXXXX")
trap 'rm -rf --one-file-system "$place"' EXIT

fail() { printf '%s: %s\n' "$suite" "$*" >&2; exit 1; }
# shellcheck disable=SC2016  # The inner shell's to expand.
# In namespaces of its own: what is mounted and what runs there ends with it.
inside() { unshare --mount --pid --fork --kill-child -- sh -c 'mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && mount -t tmpfs -o mode=755 run "$0/run" && mount --rbind /dev "$0/dev" && exec env -i DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH="$PATH" SYSTEMD_COLORS=0 SYSTEMD_URLIFY=0 chroot "$0" "$@"' "$place" "$@"; }
is() { [[ $2 == "$3" ]] || fail "$1: $2, and should be $3"; }
left() { (cd "$place" && find . -xdev -ipath '*dorpel*' ! -path './var/lib/dpkg/*' ! -path './tmp/*' | head -n 20); }

if [[ ! -f $base ]]; then
  mkdir -p "$cache"
  mmdebstrap --quiet --variant=minbase --include=systemd,udev "$suite" "$base.new"
  mv "$base.new" "$base"
fi
tar -C "$place" -xf "$base" --exclude=./dev
mkdir -p "$place/dev"
cp "$package" "$place/tmp/dorpel.deb"
cp "$next" "$place/tmp/next.deb"
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
version=$(dpkg-deb --field "$package" Version)

# Installing: no network, nothing but what a minimal Debian with systemd has.
inside dpkg --install /tmp/dorpel.deb > "$place/tmp/log" 2>&1 || { cat "$place/tmp/log"; fail 'it does not install'; }
for group in dorpel i2c gpio dialout; do grep -q "^$group:" "$place/etc/group" || fail "there is no group $group"; done
grep -q '^dorpel:x:[0-9]*:[0-9]*:[^:]*:/var/lib/dorpel:.*nologin$' "$place/etc/passwd" || fail 'there is no user dorpel that cannot log in'
is 'mode of /etc/dorpel/keys' "$(stat -c '%a %u:%g' "$place/etc/dorpel/keys")" '700 0:0'
for unit in dorpel.service dorpel-keys.path; do
  [[ -L $place/etc/systemd/system/multi-user.target.wants/$unit ]] || fail "$unit is not switched on"
done

# Running, as the user that the service is.
is 'version' "$(inside dorpel --version)" "$version"
inside dorpel check --config /etc/dorpel/gateway.yaml > /dev/null || fail 'its own config is wrong'
for addon in better-sqlite3 i2c-bus onoff serialport; do
  inside sh -c "cd /usr/lib/dorpel && ./node --eval 'require(\"$addon\")'" || fail "$addon does not load"
done
# As systemd makes it (StateDirectory=).
inside install -d -m 750 -o dorpel -g dorpel /var/lib/dorpel
sed 's#^  path: \.\./data/demo#  path: /var/lib/dorpel#' "$place/usr/share/doc/dorpel/examples/demo.yaml" > "$place/tmp/demo.yaml"
inside timeout --preserve-status --signal=TERM 20 setpriv --reuid=dorpel --regid=dorpel --init-groups \
  dorpel run --simulate --config /tmp/demo.yaml > "$place/tmp/log" 2>&1 || { cat "$place/tmp/log"; fail 'it does not run'; }
grep -q 'code=first-durable' "$place/tmp/log" || { cat "$place/tmp/log"; fail 'nothing became durable'; }
grep -q 'code=stopped' "$place/tmp/log" || fail 'it did not stop in good order'
is 'owner of the outbox' "$(inside stat -c %U /var/lib/dorpel/outbox.db)" dorpel

# What systemd makes of the units. Debian 12's does not know the growing delay; no other complaint is allowed.
complaints=$(inside systemd-analyze verify --man=no /usr/lib/systemd/system/dorpel.service /usr/lib/systemd/system/dorpel-keys.path 2>&1 |
  grep -v -e "Unknown key \(name \)\?'Restart\(Steps\|MaxDelaySec\)'" || true)
is 'complaints of systemd-analyze verify' "$complaints" ''
inside systemd-analyze security --offline=true --no-pager --threshold=15 /usr/lib/systemd/system/dorpel.service > "$place/tmp/log" ||
  { tail -n 1 "$place/tmp/log"; fail 'the service is exposed more than 1.5'; }
if inside udevadm verify --help > /dev/null 2>&1; then
  inside udevadm verify --no-style /usr/lib/udev/rules.d/60-dorpel.rules > "$place/tmp/log" 2>&1 || { cat "$place/tmp/log"; fail 'udev does not take its rules'; }
fi

# Upgrading: what was written into the config stays, and what was switched off stays off.
echo '# ours' >> "$place/etc/dorpel/gateway.yaml"
before=$(md5sum < "$place/etc/dorpel/gateway.yaml")
echo key > "$place/etc/dorpel/keys/gw.key"
inside systemctl disable --quiet dorpel-keys.path
inside dpkg --force-confdef --install /tmp/next.deb > "$place/tmp/log" 2>&1 < /dev/null || { cat "$place/tmp/log"; fail 'it does not upgrade'; }
# shellcheck disable=SC2016
is 'version after the upgrade' "$(inside dpkg-query --show --showformat='${Version}' dorpel)" "$(dpkg-deb --field "$next" Version)"
is 'the config after the upgrade' "$(md5sum < "$place/etc/dorpel/gateway.yaml")" "$before"
[[ -f $place/etc/dorpel/gateway.yaml.dpkg-dist ]] || fail 'the new config is not beside ours'
[[ -L $place/etc/systemd/system/multi-user.target.wants/dorpel.service ]] || fail 'the upgrade has switched it off'
[[ ! -e $place/etc/systemd/system/multi-user.target.wants/dorpel-keys.path ]] || fail 'the upgrade has switched on what was off'
inside dorpel check --config /etc/dorpel/gateway.yaml > /dev/null || fail 'it does not run after the upgrade'

# Removing keeps what is not the package's; purging leaves nothing.
inside dpkg --remove dorpel > "$place/tmp/log" 2>&1 || { cat "$place/tmp/log"; fail 'it cannot be removed'; }
for kept in etc/dorpel/gateway.yaml etc/dorpel/keys/gw.key var/lib/dorpel/outbox.db; do
  [[ -f $place/$kept ]] || fail "removing has taken /$kept"
done
[[ ! -e $place/usr/lib/dorpel ]] || fail "removing has left /usr/lib/dorpel"
inside dpkg --purge dorpel > "$place/tmp/log" 2>&1 || { cat "$place/tmp/log"; fail 'it cannot be purged'; }
is 'what purging has left' "$(left)" ''
echo 'as it should be'
