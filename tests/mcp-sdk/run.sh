#!/usr/bin/env bash
# The official MCP Python SDK, client and server, with Parapet between them, over HTTP and over lines: `make mcp-sdk`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}

venv=$target/mcp-sdk
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -c 'import mcp' 2>/dev/null || "$venv/bin/pip" install --quiet 'mcp>=1.12,<2'

home=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait "${pids[@]}" 2>/dev/null || true; rm -rf "$home"' EXIT

# A free port for the server, as it cannot say which one it took.
port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$venv/bin/python" "$here/server.py" "$port" > "$home/server.log" 2>&1 &
pids+=($!)

cat > "$home/parapet.toml" <<TOML
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
[store]
url = "sqlite:$home/parapet.db"
[audit]
digest_key_file = "$home/digest.key"
[upstreams.notes]
base_url = "http://127.0.0.1:$port"
[[route]]
name = "notes"
surface = "mcp"
upstream = "notes"
upstream_path = "/mcp"
principal = "optional"
tools_denied = ["read_diary"]
[[route]]
name = "local"
surface = "mcp"
tools_denied = ["read_diary"]
TOML

"$target/debug/parapet" serve --json --log warn --config "$home/parapet.toml" --state-dir "$home/state" > "$home/parapet.log" &
pids+=($!)
until [ -s "$home/parapet.log" ] && (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    for pid in "${pids[@]}"; do
        kill -0 "$pid" 2>/dev/null || { cat "$home"/*.log >&2; exit 1; }
    done
    sleep 0.2
done
listen=$(sed -n 's/.*"listen":"\([^"]*\)".*/\1/p' "$home/parapet.log")
"$venv/bin/python" "$here/test_sdk.py" "http://$listen/mcp/notes" \
    "$target/debug/parapet" mcp wrap --config "$home/parapet.toml" --route local --state-dir "$home/state" -- \
    "$venv/bin/python" "$here/server.py"
