#!/usr/bin/env bash
# Builds the native add-ons of node_modules in STAGE for one architecture, on an amd64 machine, into FOLDER:
#   addons.sh STAGE NODE amd64|arm64 FOLDER
# NODE is the unpacked platform package of the runtime: its include/ is what the add-ons are built with.
# serialport's add-on is not built: its package brings one for each architecture.
set -euo pipefail
stage=$1 node=$2 architecture=$3 folder=$4

# Name of the package, and of its add-on in build/Release.
addons=(better-sqlite3:better_sqlite3.node i2c-bus:i2c.node epoll:epoll.node)

case $architecture in
  amd64) target=x64 prefix=x86_64-linux-gnu ;;
  arm64) target=arm64 prefix=aarch64-linux-gnu ;;
  *) echo "addons.sh: $architecture is neither amd64 nor arm64" >&2; exit 2 ;;
esac
command -v "$prefix-g++" > /dev/null || {
  echo "addons.sh: $prefix-g++ is missing: apt install g++ (amd64) or g++-aarch64-linux-gnu (arm64)" >&2
  exit 1
}
# node-gyp itself, not through npx: with npx a nodedir in the user's npm configuration would win over ours.
gyp=$(npm root --global)/npm/node_modules/node-gyp/bin/node-gyp.js
export CC=$prefix-gcc CXX=$prefix-g++ AR=$prefix-ar
# The same bytes whatever the folder is called.
export CFLAGS="-ffile-prefix-map=$stage=." CXXFLAGS="-ffile-prefix-map=$stage=."

mkdir -p "$folder"
for addon in "${addons[@]}"; do
  package=${addon%%:*} file=${addon##*:}
  (
    cd "$stage/node_modules/$package"
    env -u npm_config_nodedir node "$gyp" rebuild --release --jobs=2 --loglevel=error \
      --arch="$target" --target="$(< "$node/version")" --nodedir="$node"
  )
  "$prefix-strip" --strip-unneeded -o "$folder/$file" "$stage/node_modules/$package/build/Release/$file"
done
