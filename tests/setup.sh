#!/usr/bin/env bash
# Installs what a Make target needs and the machine lacks. Usage: tests/setup.sh build|test|bench|deny|fuzz|python
# On Debian and Ubuntu it installs, as root or through sudo; elsewhere it lists what to install and stops.
set -euo pipefail

readonly RUST_VERSION=1.95
packages=() # Debian packages still missing
missing=()  # what they are, for other systems

# want COMMAND PACKAGE WHAT: remembers PACKAGE when COMMAND is not there.
want() { command -v "$1" >/dev/null || { packages+=("$2"); missing+=("$3"); }; }

want_postgres() {
    local found
    for found in "${PG_BIN:-/nonexistent}" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
        [ -x "$found/initdb" ] && return
    done
    command -v initdb >/dev/null || { packages+=(postgresql); missing+=("PostgreSQL 15 or newer (initdb, pg_ctl)"); }
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo -- "$@"
    else
        echo "error: ${packages[*]} must be installed by root; run as root: apt-get install -y ${packages[*]}" >&2
        exit 1
    fi
}

install_packages() {
    [ ${#packages[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "error: install these first, then run the command again:" >&2
        printf '  - %s\n' "${missing[@]}" >&2
        exit 1
    fi
    echo "installing ${packages[*]}" >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2
}

rust_is_new_enough() {
    local have
    have=$(cargo --version 2>/dev/null | cut -d' ' -f2) || return 1
    [ -n "$have" ] && [ "$(printf '%s\n%s\n' "$RUST_VERSION" "$have" | sort -V | head -n1)" = "$RUST_VERSION" ]
}

install_rust() {
    export PATH="$HOME/.cargo/bin:$PATH"
    rust_is_new_enough && return
    if command -v rustup >/dev/null; then
        rustup toolchain install --profile minimal --component rustfmt,clippy stable >&2 && rust_is_new_enough && return
        echo "error: Rust $RUST_VERSION or newer is needed; run \`rustup default stable\`" >&2
        exit 1
    fi
    command -v curl >/dev/null || { packages+=(curl ca-certificates); install_packages; }
    echo "installing Rust with rustup" >&2
    curl --proto '=https' --tlsv1.2 -fsS https://sh.rustup.rs |
        sh -s -- -y --no-modify-path --profile minimal --component rustfmt,clippy >&2 && return
    # Where rustup's server cannot be reached, Debian's packages for building browsers are new enough.
    if command -v apt-get >/dev/null && as_root apt-get update -qq >&2 && apt-cache show cargo-web >/dev/null 2>&1; then
        packages=(rustc-web cargo-web rustfmt-web rust-web-clippy) && install_packages
        rust_is_new_enough && return
    fi
    echo "error: rustup could not be fetched; install Rust $RUST_VERSION or newer (https://rustup.rs)" >&2
    exit 1
}

# cargo_tool SUBCOMMAND CRATE: compiles a cargo subcommand once.
cargo_tool() {
    cargo "$1" --version >/dev/null 2>&1 && return
    echo "installing $2 (compiles once)" >&2
    cargo install --quiet --locked "$2" >&2
}

need_build() { want cc gcc "a C compiler"; want make make "GNU make"; }
need_test() {
    need_build
    want_postgres
    want strace strace "strace"
    want chromium chromium "Chromium"
    want chromedriver chromium-driver "ChromeDriver"
}

case "${1:-}" in
    build) need_build; install_packages; install_rust ;;
    test) need_test; install_packages; install_rust; cargo_tool nextest cargo-nextest ;;
    bench) need_build; install_packages; install_rust ;;
    deny) need_build; install_packages; install_rust; cargo_tool deny cargo-deny ;;
    fuzz) need_build; want c++ g++ "a C++ compiler"; install_packages; install_rust; cargo_tool fuzz cargo-fuzz ;;
    python)
        need_build
        want python3 python3 "Python 3.9 or newer"
        python3 -m venv --help >/dev/null 2>&1 || { packages+=(python3-venv); missing+=("Python's venv module"); }
        install_packages; install_rust ;;
    *) echo "usage: tests/setup.sh build|test|bench|deny|fuzz|python" >&2; exit 2 ;;
esac
