#!/usr/bin/env bash
# The real clients against a sidecar in front of a scripted model server: `make clients`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}

venv=$target/clients
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"

dir=$(mktemp -d)
ended() {
    for process in "${sidecar:-}" "${upstream:-}"; do
        [ -z "$process" ] || { kill "$process" 2>/dev/null || true; wait "$process" 2>/dev/null || true; }
    done
    rm -rf "$dir"
}
trap ended EXIT

# line FILE PATTERN PROCESS: the first line of FILE with PATTERN, as soon as PROCESS has written it.
line() {
    until grep -qE "$2" "$1"; do
        kill -0 "$3" 2>/dev/null || { cat "$dir"/*.log >&2; exit 1; }
        sleep 0.1
    done
    grep -m1 -E "$2" "$1"
}

python3 "$here/upstream.py" > "$dir/upstream.log" 2>&1 &
upstream=$!
UPSTREAM_PORT=$(line "$dir/upstream.log" '^[0-9]+$' "$upstream")
export UPSTREAM_PORT DIR="$dir" LISTEN=127.0.0.1:0 ADMIN_LISTEN=127.0.0.1:0
"$target/debug/parapet" serve --json --config "$here/parapet.toml" --state-dir "$dir/state" > "$dir/parapet.log" 2> "$dir/errors.log" &
sidecar=$!
PARAPET_URL=http://$(line "$dir/parapet.log" '"listen"' "$sidecar" | sed -E 's/.*"listen": ?"([^"]+)".*/\1/')
export PARAPET_URL PYTHONDONTWRITEBYTECODE=1

failed=0
for test in "$here"/test_*.py; do
    echo "== $(basename "$test")"
    PYTHONPATH="$here/../../deploy/examples" "$venv/bin/python" "$test" || failed=1
done
exit "$failed"
