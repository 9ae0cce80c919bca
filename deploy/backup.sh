#!/bin/sh
# backup.sh DIRECTORY: writes DIRECTORY/vorbild-TIME.dump (pg_dump's custom format, read back as a whole) and its SHA-256
# beside it, and prints the path. The instance may keep running. Reads the database from VORBILD_DATABASE_URL_FILE or
# VORBILD_DATABASE_URL. With BACKUP_KEEP_DAYS=n, older dumps in DIRECTORY are deleted after this one has succeeded.
set -eu

die() { echo "backup.sh: $*" >&2; exit 1; }

[ $# -eq 1 ] || die "usage: backup.sh DIRECTORY"
directory=$1
if [ -n "${VORBILD_DATABASE_URL_FILE:-}" ]; then
	url=$(cat "$VORBILD_DATABASE_URL_FILE")
else
	url=${VORBILD_DATABASE_URL:-}
fi
[ -n "$url" ] || die "set VORBILD_DATABASE_URL or VORBILD_DATABASE_URL_FILE"
keep=${BACKUP_KEEP_DAYS:-}
case $keep in *[!0-9]*) die "BACKUP_KEEP_DAYS is not a number: $keep" ;; esac
[ -d "$directory" ] || die "there is no directory $directory"

# The dump holds the instance's private keys and who wrote drafts: for its owner's eyes only.
umask 077
name=vorbild-$(date -u +%Y%m%dT%H%M%SZ).dump
partial=$(mktemp -d "$directory/.vorbild-backup.XXXXXX")
trap 'rm -rf "$partial"' EXIT
trap 'exit 1' HUP INT TERM

pg_dump --format=custom --no-owner --no-privileges --file="$partial/$name" --dbname="$url"
# Reads every block back, so that a truncated or damaged file never counts as a backup.
pg_restore --file=/dev/null "$partial/$name"
(cd "$partial" && sha256sum "$name" >"$name.sha256")
mv "$partial/$name.sha256" "$directory/$name.sha256"
mv "$partial/$name" "$directory/$name"

if [ -n "$keep" ]; then
	find "$directory" -maxdepth 1 -type f \( -name 'vorbild-*.dump' -o -name 'vorbild-*.dump.sha256' \) -mtime "+$keep" -delete
fi
echo "$directory/$name"
