-- +goose Up

-- Pictures of other servers that we keep for a while, made anew, so that nobody who reads here is seen there.
CREATE TABLE remote_files (
    -- SHA-256 of the use and the address: what is asked for, however long its address is.
    key          bytea PRIMARY KEY,
    use          text NOT NULL CHECK (use IN ('image', 'avatar', 'header')),
    url          text NOT NULL,
    file         text NOT NULL DEFAULT '',
    preview_file text NOT NULL DEFAULT '',
    size         bigint NOT NULL DEFAULT 0,
    -- Why there is no file, and when that was found out.
    error        text NOT NULL DEFAULT '',
    fetched_at   timestamptz NOT NULL DEFAULT now(),
    used_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX remote_files_used_at_idx ON remote_files (used_at);
CREATE INDEX remote_files_file_idx ON remote_files (file) WHERE file <> '';
CREATE INDEX remote_files_preview_file_idx ON remote_files (preview_file) WHERE preview_file <> '';

-- What makes an address that only we can have written; one row.
CREATE TABLE media_secret (
    id     smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    secret bytea NOT NULL
);

-- +goose Down
DROP TABLE media_secret, remote_files;
