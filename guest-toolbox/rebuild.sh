#!/usr/bin/env bash
# Rebuilds the committed WebAssembly artifacts of guest-toolbox.
#
#   guest-toolbox/rebuild.sh [NAME...]           builds all, or only those named, and replaces the committed files
#   guest-toolbox/rebuild.sh --check [NAME...]   builds them elsewhere and compares every byte with the committed ones
#
# A wasm32 standard library comes either from rustup (`rustup target add wasm32-unknown-unknown`) or from Debian
# (`apt-get install rustc-web rust-web-src`, built with -Zbuild-std). GUEST_TOOLCHAIN=rustup or =debian forces one.
set -euo pipefail

fail() {
    echo "rebuild.sh: $*" >&2
    exit 1
}

real_toolbox=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=${CARGO_TARGET_DIR:-$real_toolbox/guests/target}
export CARGO_TARGET_DIR=$target

# Cargo mixes the folder of a package into its symbols, and the linker orders functions by them: every machine has to
# build at the same place for the bytes to be the same.
toolbox=/tmp/parapet-guest-toolbox
ln -sfn "$real_toolbox" "$toolbox"
[ "$(readlink "$toolbox")" = "$real_toolbox" ] || fail "\`$toolbox\` belongs to somebody else; remove it"
workspace=$toolbox/guests

check=false
if [ "${1:-}" = --check ]; then
    check=true
    shift
fi
wanted=("$@")

is_wanted() {
    [ ${#wanted[@]} -eq 0 ] || printf '%s\n' "${wanted[@]}" | grep -qxF -- "$1"
}

host_sysroot=$(rustc --print sysroot)
host=$(rustc -vV | sed -n 's/^host: //p')
debian_rustc=/usr/bin/rustc
debian_library=/usr/lib/rustlib/src/rust/library

choose_toolchain() {
    if [ -n "${GUEST_TOOLCHAIN:-}" ]; then
        echo "$GUEST_TOOLCHAIN"
    elif [ -d "$host_sysroot/lib/rustlib/wasm32-unknown-unknown" ]; then
        echo rustup
    elif [ -x "$debian_rustc" ] && [ -d "$debian_library" ]; then
        echo debian
    else
        fail "no wasm32 standard library: run \`rustup target add wasm32-unknown-unknown\`, or on Debian \`apt-get install rustc-web rust-web-src\`"
    fi
}

kind=$(choose_toolchain)
case $kind in
rustup)
    compiler=rustc
    library=$host_sysroot/lib/rustlib/src/rust/library
    build_std=()
    ;;
debian)
    compiler=$debian_rustc
    library=$(readlink -f "$debian_library")
    build_std=(-Zbuild-std=std,panic_abort)
    export RUSTC=$debian_rustc RUSTC_BOOTSTRAP=1
    # Debian's compiler has no linker for wasm32; rustup's does.
    export PATH="$host_sysroot/lib/rustlib/$host/bin:$PATH"
    ;;
*) fail "GUEST_TOOLCHAIN is \`$kind\`; it must be \`rustup\` or \`debian\`" ;;
esac
toolchain="$("$compiler" --version), $(cargo --version), $kind"

# No path of this machine may end in an artifact: panic messages carry file names.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
separator=$'\x1f'
flags=(
    "--remap-path-prefix=$toolbox=/guest-toolbox"
    "--remap-path-prefix=$real_toolbox=/guest-toolbox"
    "--remap-path-prefix=$cargo_home=/cargo"
    "--remap-path-prefix=$library=/library"
    "--remap-path-prefix=$debian_library=/library"
)
# The folder of a registry differs from machine to machine too. It exists once the crates are fetched.
cargo fetch --quiet --locked --manifest-path "$workspace/Cargo.toml"
for sources in "$cargo_home"/registry/src/*/; do
    flags+=("--remap-path-prefix=${sources%/}=/crates")
done
printf -v encoded "%s$separator" "${flags[@]}"

# Rhai's hash map takes its seed from the clock of the build, unless told.
export CONST_RANDOM_SEED=parapet

pack() {
    env -u RUSTC -u RUSTC_BOOTSTRAP -u CARGO_ENCODED_RUSTFLAGS \
        cargo run --quiet --manifest-path "$workspace/Cargo.toml" --package parapet-pack --locked -- "$@"
}

snapshot() {
    env -u RUSTC -u RUSTC_BOOTSTRAP -u CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR="$target/snapshot" \
        cargo run --quiet --release --manifest-path "$toolbox/snapshot/Cargo.toml" --locked -- "$@"
}

build_package() {
    CARGO_ENCODED_RUSTFLAGS=${encoded%"$separator"} cargo build --quiet --manifest-path "$workspace/Cargo.toml" \
        --package "$1" --lib --release --locked --target wasm32-unknown-unknown "${build_std[@]}"
}

# Leaves the finished artifact $1 of package $2 at $3.
build() {
    local compiled
    if [ "$2" = - ]; then
        compiled=$(mktemp)
        "$toolbox/examples/$1/build.sh" "$compiled"
        pack finish "$toolbox" "$1" "$compiled" "$("$toolbox/examples/$1/build.sh" --toolchain)" "$3"
        rm -f "$compiled"
    else
        build_package "$2"
        compiled=$target/wasm32-unknown-unknown/release/${2//-/_}.wasm
        if [ "$1" = rhai-guest ]; then
            # The interpreter is made once, here, so that every instance starts with it in memory.
            snapshot "$compiled" guard_init "$compiled.initialised"
            compiled=$compiled.initialised
        fi
        pack finish "$toolbox" "$1" "$compiled" "$toolchain" "$3"
    fi
}

compare() {
    local name=$1 committed=$2 fresh=$3 made_with now
    made_with=$(pack toolchain "$committed")
    now=$(pack toolchain "$fresh")
    if cmp -s "$committed" "$fresh"; then
        echo "$name: same bytes ($now)"
    elif [ "$made_with" = "$now" ]; then
        echo "$name: DIFFERS from the committed artifact, made with the same toolchain ($now)"
        return 1
    else
        echo "$name: cannot be compared: committed with $made_with, this machine has $now"
    fi
}

list=$(pack list)
for name in "${wanted[@]}"; do
    grep -q "^$name " <<<"$list" || fail "no artifact is called \`$name\`; there are: $(cut -d' ' -f1 <<<"$list" | xargs)"
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"; rm -f "$toolbox"' EXIT
failed=0
while read -r name package output; do
    is_wanted "$name" || continue
    if $check; then
        build "$name" "$package" "$scratch/$name.wasm"
        compare "$name" "$toolbox/$output" "$scratch/$name.wasm" || failed=1
    else
        build "$name" "$package" "$toolbox/$output"
        echo "$name: $(wc -c <"$toolbox/$output") bytes, $(pack toolchain "$toolbox/$output")"
    fi
done <<<"$list"
exit $failed
