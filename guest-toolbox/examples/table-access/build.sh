#!/usr/bin/env bash
# Compiles this guard to the file $1; with --toolchain, names the compiler instead.
# Needs clang and wasm-ld: on Debian `apt-get install clang lld` or any newer version of both.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

newest() {
    local name
    for name in "$1" "$1-22" "$1-21" "$1-20" "$1-19" "$1-18" "$1-17" "$1-16" "$1-15" "$1-14"; do
        if command -v "$name" >/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "build.sh: no \`$1\`; on Debian: apt-get install clang lld" >&2
    exit 1
}

clang=${CLANG:-$(newest clang)}
if [ "${1:-}" = --toolchain ]; then
    "$clang" --version | head -n 1
    exit
fi
linker=${WASM_LD:-$(newest wasm-ld)}
object=$(mktemp)
trap 'rm -f "$object"' EXIT
"$clang" --target=wasm32 -std=c11 -O2 -ffreestanding -nostdlib -fno-ident -Wall -Wextra -Werror \
    -c "$here/src/guard.c" -o "$object"
"$linker" --no-entry --strip-all -z stack-size=16384 "$object" -o "${1:?usage: build.sh OUTPUT}"
