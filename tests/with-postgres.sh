#!/bin/sh
# Runs a command against a fresh Postgres server of its own, then stops and removes the server:
#
#     tests/with-postgres.sh cargo nextest run -p parapet-store
#
# The command finds an admin URL in PARAPET_TEST_POSTGRES_URL. The server lives in a temporary directory, listens on a
# free port of 127.0.0.1 and on a unix socket in that directory, and has fsync on like a real one.
# PARAPET_TEST_POSTGRES_OPTIONS adds server options, such as "-c fsync=off".
# Works as a normal user, and as root, where the server runs as `postgres` or `nobody` (Postgres refuses root).
set -eu

die() { echo "with-postgres: $*" >&2; exit 69; }

[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT...]" >&2; exit 64; }

# The newest installed version, from Debian's directories, from Homebrew's and the PGDG's, or from PATH.
find_bin() {
    for dir in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin \
        /usr/local/opt/postgresql@*/bin 2>/dev/null) "$(dirname "$(command -v initdb 2>/dev/null || echo /none/initdb)")"
    do
        [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] || continue
        version=$("$dir/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
        echo "$version $dir"
    done | sort -n | tail -n 1
}

found=$(find_bin)
[ -n "$found" ] || die "no Postgres server is installed. Debian or Ubuntu: apt-get install postgresql. Fedora: dnf install postgresql-server. macOS: brew install postgresql@17"
version=${found%% *}
bin=${found#* }
[ "$version" -ge 15 ] || die "the newest Postgres installed is $version (in $bin), but 15 or newer is needed. Debian or Ubuntu: apt-get install postgresql"

# Everything about the server runs as `owner`.
if [ "$(id -u)" -eq 0 ]; then
    owner=postgres
    id "$owner" >/dev/null 2>&1 || owner=nobody
    if command -v runuser >/dev/null 2>&1; then
        as_owner() { runuser -u "$owner" -- "$@"; }
    elif command -v setpriv >/dev/null 2>&1; then
        as_owner() { setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups -- "$@"; }
    else
        die "as root, runuser or setpriv is needed to start Postgres as \`$owner\`. Debian or Ubuntu: apt-get install util-linux"
    fi
else
    owner=$(id -un)
    as_owner() { "$@"; }
fi

# Short, because the path of a unix socket ends at about 100 bytes.
dir=$(mktemp -d /tmp/parapet-pg.XXXXXX)
stop() {
    status=$?
    trap - EXIT INT TERM HUP
    (cd / && as_owner "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1) || true
    rm -rf "$dir"
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
[ "$(id -u)" -ne 0 ] || chown "$owner" "$dir"

log="$dir/log"
here=$(pwd)
cd /
as_owner "$bin/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 \
    || { cat "$dir/initdb.log" >&2; die "initdb failed"; }

# Another process can take a free port before the server does, so a few are tried.
started=
for _ in 1 2 3 4 5 6 7 8 9 10; do
    port=$(( 20000 + $(od -An -N2 -tu2 /dev/urandom) % 30000 ))
    # -c on the command line wins over what initdb wrote.
    # shellcheck disable=SC2086
    if as_owner "$bin/pg_ctl" -D "$dir/data" -l "$log" -w -t 60 start \
        -o "-p $port -k $dir -c listen_addresses=127.0.0.1 -c max_connections=200 ${PARAPET_TEST_POSTGRES_OPTIONS:-}" >/dev/null 2>&1
    then
        started=yes
        break
    fi
    grep -q "could not bind\|Address already in use" "$log" || break
done
[ -n "$started" ] || { cat "$log" >&2; die "Postgres $version did not start"; }
cd "$here"

PARAPET_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
PARAPET_TEST_POSTGRES_SOCKET="$dir"
# For a test that has to stop and start the server itself.
PARAPET_TEST_POSTGRES_BIN="$bin"
PARAPET_TEST_POSTGRES_DATA="$dir/data"
export PARAPET_TEST_POSTGRES_URL PARAPET_TEST_POSTGRES_SOCKET PARAPET_TEST_POSTGRES_BIN PARAPET_TEST_POSTGRES_DATA

"$@"
