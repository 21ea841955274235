#!/usr/bin/env bash
# Compiles this guard to the file $1; with --toolchain, names the compiler instead. Needs Node 20 or newer and npm.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$(sed -n 's/.*"assemblyscript": "\(.*\)".*/\1/p' "$here/package.json")
if [ "${1:-}" = --toolchain ]; then
    echo "assemblyscript $version"
    exit
fi
output=$(realpath -m "${1:?usage: build.sh OUTPUT}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$here/package.json" "$here/package-lock.json" "$here/src" "$scratch"
cd "$scratch"
npm ci --silent --ignore-scripts --no-audit --no-fund
npx --no-install asc src/guard.ts --outFile guard.wasm -O3 --runtime stub --use abort=
cp guard.wasm "$output"
