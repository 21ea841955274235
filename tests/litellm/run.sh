#!/usr/bin/env bash
# LiteLLM's own client of the generic guardrail against a sidecar with one small guard: `make litellm`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}

venv=$target/litellm
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -c 'import litellm' 2>/dev/null || "$venv/bin/pip" install --quiet 'litellm>=1.110,<2'

STATE=$(mktemp -d)
KEY=litellm-key-of-the-tests
CACHE=$target/debug/parapet-test-state/cache
# LiteLLM would fetch a table of prices that nothing here needs.
GUARDS=$here/guards
export STATE KEY CACHE GUARDS LITELLM_LOCAL_MODEL_COST_MAP=True
log=$STATE/started
"$target/debug/parapet" serve --json --config "$here/parapet.toml" --state-dir "$STATE" > "$log" 2> "$STATE/stderr" &
sidecar=$!
trap 'kill "$sidecar" 2>/dev/null || true; wait "$sidecar" 2>/dev/null || true; rm -rf "$STATE"' EXIT
until grep -q '"listen"' "$log"; do
    kill -0 "$sidecar" 2>/dev/null || { cat "$STATE/stderr" >&2; exit 1; }
    sleep 0.2
done
url=http://$(sed -n 's/.*"listen":"\([^"]*\)".*/\1/p' "$log")
"$venv/bin/python" "$here/test_litellm.py" "$url" "$KEY"
