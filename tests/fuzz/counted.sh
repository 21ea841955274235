#!/usr/bin/env bash
# A compiler for RUSTC_WRAPPER that puts the fuzzer's counters into our own crates alone. In the engine's compiler they would
# take an hour and gigabytes, and tell a fuzzer of guests nothing.
set -euo pipefail

case " $* " in
    *" --crate-name parapet_"* | *" --crate-name abi "*)
        exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
            -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
            -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing
        ;;
esac
exec "$@"
