#!/usr/bin/env bash
# Judges the packages in build/: run.sh, as root on an amd64 Debian. Prints a table: step, seconds, result.
# shellcheck disable=SC2317  # Steps are called by name.
# Needs lintian, mmdebstrap, systemd, qemu-user-static and the cross compiler's C library (libc6-arm64-cross).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
version=$(node -p 'require(process.argv[1]).version' "$root/package.json")
work=$(mktemp -d "${TMPDIR:-/tmp}/dorpel-package-XXXXXX")
trap 'rm -rf "$work"' EXIT
rows=()
failed=0

package() { printf '%s/build/dorpel_%s_%s.deb\n' "$root" "$version" "$1"; }

step() {
  local title=$1 began=$SECONDS code result
  shift
  # Not in a condition: bash would go on after an error inside.
  set +e
  (set -e; "$@") > "$work/said" 2>&1
  code=$?
  set -e
  if [[ $code -eq 0 ]]; then
    result=$(tail -n 1 "$work/said")
  else
    result=BAD failed=1
    sed 's/^/  | /' "$work/said"
  fi
  rows+=("$(printf '%-52s %4d s  %s' "$title" $((SECONDS - began)) "${result:-good}")")
}

programs() {
  local program missing=()
  for program in lintian mmdebstrap unshare systemd-analyze readelf qemu-aarch64-static; do
    command -v "$program" > /dev/null || missing+=("$program")
  done
  [[ ${#missing[@]} -eq 0 ]] || { echo "missing: ${missing[*]}"; return 1; }
}

# A later version with another config, made of the package itself.
next() {
  dpkg-deb --raw-extract "$(package amd64)" "$work/next"
  sed -i "s/^Version: .*/Version: $version+next/" "$work/next/DEBIAN/control"
  echo '# A line of the next version.' >> "$work/next/etc/dorpel/gateway.yaml"
  dpkg-deb --root-owner-group -Znone --build "$work/next" "$work/next.deb" > /dev/null
}

lint() {
  lintian --fail-on error --no-tag-display-limit "$(package "$1")" > "$work/lint" 2>&1 || { cat "$work/lint"; return 1; }
  echo "no errors, $(grep -c '^W:' "$work/lint" || true) warnings"
}

# What is in it: add-ons for this machine alone, nothing that only a developer needs, no path of the machine it was built on.
contents() {
  local architecture=$1 machine=$2 tree=$work/$1 addon count=0 most=$((45 * 1024 * 1024)) bytes
  bytes=$(stat -c %s "$(package "$architecture")")
  [[ $bytes -le $most ]] || { echo "$bytes bytes, more than $most"; return 1; }
  dpkg-deb --extract "$(package "$architecture")" "$tree"
  while read -r addon; do
    readelf --file-header "$addon" | grep -q "Machine:.*$machine" || { echo "$addon is not for $machine"; return 1; }
    count=$((count + 1))
  done < <(find "$tree" -name '*.node' -o -path '*/dorpel/node' -type f)
  [[ $count -eq 5 ]] || { echo "$count binaries, not 5: Node, SQLite, I2C, epoll, serial"; return 1; }
  if find "$tree/usr/lib" \( -name '*.ts' -o -name '*.map' -o -name '*.test.js' -o -name '*.c' -o -name '*.gyp' -o -name prebuild-install -o -name vitest -o -name aedes \) | grep .; then
    echo 'that is for developers'; return 1
  fi
  if grep -rlF -e "$root" -e "$HOME/" "$tree"; then echo 'names a path of this machine'; return 1; fi
  echo "$((bytes / 1048576)) MiB, $count binaries for $machine"
}

# The arm64 package runs: its own Node and add-ons, on an emulated processor with the cross compiler's C library.
arm64() {
  local library=$work/arm64/usr/lib/dorpel code
  emulated() { (cd "$library" && timeout --preserve-status --signal=TERM 60 qemu-aarch64-static -L /usr/aarch64-linux-gnu ./node "$@"); }
  [[ $(emulated dist/src/dorpel.cjs --version) == "$version" ]] || { echo 'another version'; return 1; }
  emulated --eval 'for (const name of ["better-sqlite3", "i2c-bus", "onoff", "serialport"]) require(name)'
  sed "s#^  path: \.\./data/demo#  path: $work/arm64-data#" "$work/arm64/usr/share/doc/dorpel/examples/demo.yaml" > "$work/demo.yaml"
  emulated dist/src/dorpel.cjs run --simulate --config "$work/demo.yaml" > "$work/arm64.log" 2>&1 || { cat "$work/arm64.log"; return 1; }
  for code in first-durable stopped; do
    grep -q "code=$code" "$work/arm64.log" || { cat "$work/arm64.log"; return 1; }
  done
  echo 'runs, keeps, stops'
}

step 'programs that this needs' programs
step 'lintian, amd64' lint amd64
step 'lintian, arm64' lint arm64
step 'contents, amd64' contents amd64 X86-64
step 'contents, arm64' contents arm64 AArch64
step 'a next version to upgrade to' next
step 'Debian 12: install, run, upgrade, remove, purge' "$here/chroot.sh" bookworm "$(package amd64)" "$work/next.deb"
step 'Debian 13: install, run, upgrade, remove, purge' "$here/chroot.sh" trixie "$(package amd64)" "$work/next.deb"
step 'arm64 under qemu-user' arm64
printf '%s\n' "${rows[@]}"
exit "$failed"
