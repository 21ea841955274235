#!/usr/bin/env bash
# The official OpenAI Python SDK against a sidecar with the demo agents: `make openai-sdk`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}

venv=$target/openai-sdk
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -c 'import openai' 2>/dev/null || "$venv/bin/pip" install --quiet 'openai>=1.60,<3'

# The demo says where it listens; a free port, so that it can run beside another one.
log=$(mktemp)
"$target/debug/parapet" demo --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 > "$log" &
demo=$!
trap 'kill "$demo" 2>/dev/null || true; wait "$demo" 2>/dev/null || true; rm -f "$log"' EXIT
until grep -q 'The sidecar stays up' "$log"; do
    kill -0 "$demo" 2>/dev/null || { cat "$log" >&2; exit 1; }
    sleep 0.2
done
url=$(sed -n 's/^  sidecar *\(http:[^ ]*\).*/\1/p' "$log")
"$venv/bin/python" "$here/test_sdk.py" "$url"
