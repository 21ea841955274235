#!/usr/bin/env bash
# TRL's loaders over data sets of a scripted model: `make longbench-trl`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}

venv=$target/longbench-trl
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps 'trl>=1,<2'

dir=$(mktemp -d)
ended() {
    [ -z "${author:-}" ] || { kill "$author" 2>/dev/null || true; wait "$author" 2>/dev/null || true; }
    rm -rf "$dir"
}
trap ended EXIT

"$target/debug/scripted_author" > "$dir/author.log" &
author=$!
until [ -s "$dir/author.log" ]; do
    kill -0 "$author" 2>/dev/null || exit 1
    sleep 0.1
done
PARAPET_MODEL_URL=$(head -n1 "$dir/author.log")
export PARAPET_MODEL_URL PARAPET_MODEL_NAME=scripted

for form in chat text; do
    "$target/debug/parapet" longbench dataset --instructions "$here/instructions.jsonl" --out "$dir/$form" --pairs 4 --form "$form"
done
export HF_HOME=$dir/hf HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error HF_DATASETS_DISABLE_PROGRESS_BARS=1 PYTHONDONTWRITEBYTECODE=1
"$venv/bin/python" "$here/test_trl.py" "$dir/chat" "$dir/text"
