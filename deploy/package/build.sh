#!/usr/bin/env bash
# Builds the Debian packages, on an amd64 machine with Debian 12: build.sh [amd64|arm64]...
# Everything comes from the npm registry and from this tree; two builds of one tree are the same, byte for byte.
# What takes long (the runtime, the add-ons) is kept in $XDG_CACHE_HOME/dorpel.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dorpel
build=$root/build/package
most_bytes=$((45 * 1024 * 1024))
version=$(node -p 'require(process.argv[1]).version' "$root/package.json")
node_version=$(< "$here/node-version")
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022

say() { printf 'package: %s\n' "$*"; }
fail() { printf 'package: %s\n' "$*" >&2; exit 1; }

# The unpacked platform package of Node, from the npm registry; npm checks what it downloads.
runtime() {
  local make=$1 folder=$cache/node-linux-$1-$node_version
  if [[ ! -f $folder/version ]]; then
    rm -rf "$folder" "$folder.new"
    mkdir -p "$folder.new"
    (cd "$folder.new" && npm pack --silent "node-linux-$make@$node_version" > /dev/null && tar -xzf ./*.tgz --strip-components=1 && rm ./*.tgz)
    echo "$node_version" > "$folder.new/version"
    mv "$folder.new" "$folder"
  fi
  printf '%s\n' "$folder"
}

# Production dependencies, as the lock file has them, nothing of them run.
stage() {
  rm -rf "$build/stage"
  mkdir -p "$build/stage"
  cp "$root/package.json" "$root/package-lock.json" "$build/stage/"
  (cd "$build/stage" && npm ci --omit=dev --omit=peer --ignore-scripts --no-audit --no-fund --silent)
}

# The add-ons for an architecture: built once for each set of versions.
addons() {
  local architecture=$1 node=$2 key folder
  key=$(cat "$root/package-lock.json" "$here/addons.sh" "$here/node-version" | sha256sum | cut -c1-16)
  folder=$cache/addons-$architecture-$key
  if [[ ! -d $folder ]]; then
    say "building the add-ons for $architecture" >&2
    rm -rf "$folder.new"
    "$here/addons.sh" "$build/stage" "$node" "$architecture" "$folder.new" > "$build/addons-$architecture.log" 2>&1 ||
      fail "the add-ons could not be built: $build/addons-$architecture.log"
    mv "$folder.new" "$folder"
  fi
  printf '%s\n' "$folder"
}

# Of a package, what runs: no sources, types, maps, tests, bundles for browsers, prebuilt add-ons of other machines.
prune() {
  local modules=$1 make=$2
  rm -rf "$modules"/better-sqlite3/{deps,src,build,binding.gyp} "$modules"/{i2c-bus,epoll}/{src,build,binding.gyp} \
    "$modules"/mqtt/dist "$modules"/mqtt/build/bin "$modules"/yaml/browser "$modules"/node-cron/src
  find "$modules"/@serialport/bindings-cpp -name binding.gyp -delete
  find "$modules" -path '*/prebuilds/*' -name '*.node' ! -path "*/linux-$make/*glibc.node" -delete
  find "$modules" -type d \( -name test -o -name tests -o -name integration-test -o -name example -o -name examples -o -name .github -o -name benchmark \) -prune -exec rm -rf {} +
  find "$modules" -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -name '*.flow' -o -name '*.tsbuildinfo' \
    -o -name '*.md' -o -name '*.yml' -o -name '*.sh' -o -name '.*' \) -delete
  find "$modules" -type d -empty -delete
}

modules() {
  local architecture=$1 make=$2 tree=$3 node=$4 folder package
  folder=$(addons "$architecture" "$node")
  node "$here/needed.mjs" "$build/stage" > "$build/needed"
  while read -r package; do
    mkdir -p "$tree/usr/lib/dorpel/${package#"$build/stage/"}"
    # A package within a package is on the list by itself.
    tar -C "$package" --exclude=./node_modules -c . | tar -C "$tree/usr/lib/dorpel/${package#"$build/stage/"}" -x
  done < "$build/needed"
  local target=$tree/usr/lib/dorpel/node_modules
  prune "$target" "$make"
  install -D -m 644 "$folder/better_sqlite3.node" -t "$target/better-sqlite3/build/Release"
  install -D -m 644 "$folder/i2c.node" -t "$target/i2c-bus/build/Release"
  install -D -m 644 "$folder/epoll.node" -t "$target/epoll/build/Release"
}

program() {
  local tree=$1 library=$1/usr/lib/dorpel
  mkdir -p "$library/dist"
  cp -r "$root/dist/src" "$root/dist/drivers" "$library/dist/"
  find "$library/dist" -name '*.map' -delete
  find "$library/dist" -type f -name '*.js' -exec sed -i '/^\/\/# sourceMappingURL=/d' {} +
  # Version and module type are read from it.
  cp "$root/package.json" "$library/"
  install -D -m 755 "$here/dorpel.sh" "$tree/usr/bin/dorpel"
  install -m 755 "$root/systemd/notified" "$root/systemd/reboot-if-wedged" "$library/"
}

system() {
  local tree=$1 from=$root/systemd to=$1/usr/lib
  install -D -m 644 "$from"/dorpel.service "$from"/dorpel-keys.service "$from"/dorpel-keys.path -t "$to/systemd/system"
  install -D -m 644 "$from/dorpel.sysusers" "$to/sysusers.d/dorpel.conf"
  install -D -m 644 "$from/dorpel.tmpfiles" "$to/tmpfiles.d/dorpel.conf"
  install -D -m 644 "$from/dorpel.rules" "$to/udev/rules.d/60-dorpel.rules"
  install -D -m 644 "$from/journald.conf" "$to/systemd/journald.conf.d/50-dorpel.conf"
  install -D -m 644 "$from/watchdog.conf" "$to/systemd/system.conf.d/50-dorpel.conf"
  install -D -m 644 "$here/gateway.yaml" "$tree/etc/dorpel/gateway.yaml"
}

# Whose work is in it besides ours: a line for each package, and in the other file its licence.
licences() {
  local node=$1 list=$2 texts=$3 package licence title
  printf 'Node.js %s: MIT, and others of what is built into it\n' "$node_version" > "$list"
  { printf 'Node.js %s\n\n' "$node_version"; cat "$node/LICENSE"; } > "$texts"
  while read -r package; do
    title=$(node -p "$title_of" "$package/package.json")
    licence=$(find "$package" -maxdepth 1 -iname 'licen[sc]e*' -type f | sort | head -n 1)
    printf '%s\n' "$title" >> "$list"
    { printf '\n\n%s\n\n' "$title"; [[ -z $licence ]] || cat "$licence"; } >> "$texts"
  done < "$build/needed"
}
# shellcheck disable=SC2016  # It is Node's to expand.
title_of='const { name, version, license } = require(process.argv[1]); `${name} ${version}: ${license}`'

documents() {
  local tree=$1 node=$2 documents=$1/usr/share/doc/dorpel page
  mkdir -p "$documents/examples"
  licences "$node" "$build/list" "$build/licences"
  cat "$here/copyright" "$build/list" > "$documents/copyright"
  gzip -9n < "$build/licences" > "$documents/licences.gz"
  gzip -9n < "$root/LICENSE" > "$documents/EUPL-1.2.gz"
  find "$tree/usr/lib/dorpel/node_modules" -iname 'licen[sc]e*' -type f -delete
  printf 'dorpel (%s) stable; urgency=medium\n\n  * What has changed is in changelog.gz.\n\n -- %s  %s\n' \
    "$version" "$(sed -n 's/^Maintainer: //p' "$here/control.in")" "$(date --utc --date="@$SOURCE_DATE_EPOCH" --rfc-email)" |
    gzip -9n > "$documents/changelog.Debian.gz"
  gzip -9n < "$root/CHANGELOG.md" > "$documents/changelog.gz"
  cp "$root/README.md" "$documents/"
  cp "$root/systemd/README.md" "$documents/systemd.md"
  cp -r "$root/config/." "$documents/examples/"
  # Made by other parts of the tree, where it has them.
  for page in "$root"/man/*.1; do
    if [[ -f $page ]]; then mkdir -p "$tree/usr/share/man/man1" && gzip -9n < "$page" > "$tree/usr/share/man/man1/${page##*/}.gz"; fi
  done
  if [[ -f $root/man/completion.bash ]]; then
    install -D -m 644 "$root/man/completion.bash" "$tree/usr/share/bash-completion/completions/dorpel"
  fi
  install -D -m 644 "$here/lintian-overrides" "$tree/usr/share/lintian/overrides/dorpel"
}

# The C library that everything in it can do with, from the versions that it asks for.
libc_version() {
  find "$1" \( -name '*.node' -o -path '*/dorpel/node' \) -type f -exec readelf --version-info {} + |
    grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1 | sed 's/GLIBC_//'
}

control() {
  local architecture=$1 tree=$2
  mkdir "$tree/DEBIAN"
  sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@LIBC@/$(libc_version "$tree/usr/lib/dorpel")/" \
    -e "s/@SIZE@/$(du -sk --apparent-size --exclude=DEBIAN "$tree" | cut -f1)/" "$here/control.in" > "$tree/DEBIAN/control"
  echo /etc/dorpel/gateway.yaml > "$tree/DEBIAN/conffiles"
  install -m 755 "$here/postinst" "$here/prerm" "$here/postrm" "$tree/DEBIAN/"
  (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | sort | xargs -d '\n' md5sum > DEBIAN/md5sums)
}

package() {
  local architecture=$1 make tree=$build/$1 node prefix file bytes
  case $architecture in
    amd64) make=x64 prefix=x86_64-linux-gnu ;;
    arm64) make=arm64 prefix=aarch64-linux-gnu ;;
    *) fail "$architecture is neither amd64 nor arm64" ;;
  esac
  rm -rf "$tree"
  mkdir -p "$tree/usr/lib/dorpel"
  node=$(runtime "$make")
  "$prefix-strip" --strip-unneeded -o "$tree/usr/lib/dorpel/node" "$node/bin/node"
  chmod 755 "$tree/usr/lib/dorpel/node"
  modules "$architecture" "$make" "$tree" "$node"
  program "$tree"
  system "$tree"
  documents "$tree" "$node"
  control "$architecture" "$tree"
  chmod -R u=rwX,go=rX "$tree"
  find "$tree" -type f ! -path '*/DEBIAN/*' ! -path '*/usr/bin/*' ! -path '*/dorpel/node' ! -path '*/dorpel/notified' ! -path '*/dorpel/reboot-if-wedged' -exec chmod 644 {} +
  find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  file=$root/build/dorpel_${version}_$architecture.deb
  dpkg-deb --root-owner-group -Zxz --build "$tree" "$file" > /dev/null
  bytes=$(stat -c %s "$file")
  say "$(printf '%s: %d.%d MiB, unpacked %d MiB' "${file#"$root/"}" $((bytes / 1048576)) $((bytes % 1048576 * 10 / 1048576)) "$(($(du -sk "$tree" | cut -f1) / 1024))")"
  [[ $bytes -le $most_bytes ]] || fail "more than $most_bytes bytes"
}

mkdir -p "$build" "$cache"
stage
[[ $# -gt 0 ]] || set -- arm64 amd64
for architecture in "$@"; do package "$architecture"; done
