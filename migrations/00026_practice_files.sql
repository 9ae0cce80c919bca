-- +goose Up

-- Documents and images that belong to a practice. What a published version lists has a position; all else is in work, or left over.
CREATE TABLE practice_files (
    id           bigint PRIMARY KEY,
    account_id   bigint REFERENCES accounts (id) ON DELETE SET NULL, -- who sent it
    post_id      bigint REFERENCES posts (id) ON DELETE CASCADE,     -- NULL until a text names it
    position     integer,
    description  text NOT NULL DEFAULT '', -- as published
    name         text NOT NULL,
    content_type text NOT NULL,
    file         text NOT NULL,
    preview_file text NOT NULL DEFAULT '',
    key          text NOT NULL, -- who got it with a practice for the network may read the file
    size         bigint NOT NULL,
    width        integer NOT NULL DEFAULT 0,
    height       integer NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX practice_files_post_id_idx ON practice_files (post_id, position);
CREATE INDEX practice_files_waiting_idx ON practice_files (account_id) WHERE post_id IS NULL;
CREATE INDEX practice_files_file_idx ON practice_files (file);
CREATE INDEX practice_files_preview_file_idx ON practice_files (preview_file) WHERE preview_file <> '';
CREATE TRIGGER practice_files_changed AFTER INSERT OR UPDATE OR DELETE ON practice_files FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');

-- +goose Down
DROP TABLE practice_files;
