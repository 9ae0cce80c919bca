#!/bin/sh
# restore.sh FILE: reads a dump of backup.sh into the empty database named by VORBILD_DATABASE_URL_FILE or
# VORBILD_DATABASE_URL, all of it or nothing. It refuses a database that has tables, and a file whose checksum differs.
# Stop serve and worker first, and never run them on a restored copy while the original runs: both would speak for
# the same instance.
set -eu

die() { echo "restore.sh: $*" >&2; exit 1; }

[ $# -eq 1 ] || die "usage: restore.sh FILE"
file=$1
if [ -n "${VORBILD_DATABASE_URL_FILE:-}" ]; then
	url=$(cat "$VORBILD_DATABASE_URL_FILE")
else
	url=${VORBILD_DATABASE_URL:-}
fi
[ -n "$url" ] || die "set VORBILD_DATABASE_URL or VORBILD_DATABASE_URL_FILE"
[ -r "$file" ] || die "cannot read $file"
[ -r "$file.sha256" ] || die "$file.sha256 is missing: keep the checksum beside the dump"

expected=$(cut -d ' ' -f 1 "$file.sha256")
actual=$(sha256sum <"$file" | cut -d ' ' -f 1)
[ "$expected" = "$actual" ] || die "$file is damaged: its checksum differs"

tables=$(psql --no-psqlrc --tuples-only --no-align --dbname="$url" --command="SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')")
[ "$tables" -eq 0 ] || die "the database has $tables tables: make an empty one, or drop and create it again"

pg_restore --single-transaction --exit-on-error --no-owner --no-privileges --dbname="$url" "$file"
psql --no-psqlrc --quiet --dbname="$url" --command="ANALYZE"
echo "restored $file"
