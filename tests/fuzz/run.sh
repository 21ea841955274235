#!/usr/bin/env bash
# Fuzzes each target for a while and says how it went. Usage: tests/fuzz/run.sh SECONDS [TARGET…]
# What is found anew is kept in the corpus, minimised; an input of which a property does not hold stays in artifacts/.
set -euo pipefail

readonly seconds=$1
shift
target_dir=$(realpath -m "${CARGO_TARGET_DIR:-$(dirname "$0")/../../target}")/fuzz
cd "$(dirname "$0")"

# Sanitizers and counters are options of the compiler that are not stable; a stable compiler has them all the same.
export RUSTC_BOOTSTRAP=1

targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(sse streams edits mcp abi requests)

# fuzz COMMAND TARGET ARGUMENT…: cargo-fuzz with the features of the target.
fuzz() {
    local command=$1 target=$2 features=()
    shift 2
    [ "$target" = abi ] && features=(--features wall)
    cargo fuzz "$command" --fuzz-dir . --target-dir "$target_dir" "${features[@]}" "$target" "$@"
}

# value LOG NAME: a number that libFuzzer printed at its end.
value() { sed -n "s/^stat::$2: *//p" "$1" | tail -n 1; }

passed=0
failed=0
for target in "${targets[@]}"; do
    dictionary=json
    case $target in sse | streams) dictionary=stream ;; esac
    log=$(mktemp)
    mkdir -p "artifacts/$target"
    before=$(find "artifacts/$target" -type f | wc -l)
    if fuzz run "$target" -- -max_total_time="$seconds" -max_len=4096 -timeout=60 -print_final_stats=1 \
        -dict="dictionaries/$dictionary.dict" >"$log" 2>&1; then
        fuzz cmin "$target" >>"$log" 2>&1
        result=ok passed=$((passed + 1))
    else
        tail -n 40 "$log"
        result=FAILED failed=$((failed + 1))
    fi
    crashes=$(($(find "artifacts/$target" -type f | wc -l) - before))
    echo "$result $target: $(value "$log" number_of_executed_units) executions," \
        "$(value "$log" average_exec_per_sec) a second, $(find "corpus/$target" -type f | wc -l) inputs kept, $crashes crashes"
    rm -f "$log"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
