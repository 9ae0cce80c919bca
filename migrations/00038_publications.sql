-- +goose Up

-- What stands beside the post of an article that an instance publishes as such and that is no practice: a document (guide,
-- recommendation, strategy) or the edition of a paper.
CREATE TABLE publications (
    post_id    bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('Document', 'Edition')),
    type       text NOT NULL DEFAULT '' CHECK (type IN ('', 'guide', 'recommendation', 'strategy', 'other')),
    version    text NOT NULL DEFAULT '',
    revision   integer NOT NULL DEFAULT 1,
    -- What an edition is made of: [{"uri", "revision", "chapter"}].
    entries    jsonb NOT NULL DEFAULT '[]',
    checksum   text NOT NULL DEFAULT '',
    -- What can be saved: [{"url", "media_type", "name", "bytes"}].
    files      jsonb NOT NULL DEFAULT '[]',
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX publications_kind_idx ON publications (kind, post_id DESC);
CREATE TRIGGER publications_changed AFTER INSERT OR UPDATE OR DELETE ON publications FOR EACH ROW EXECUTE FUNCTION tell_change('post_id', '');

-- A document in work, or a change to a published one.
CREATE TABLE publication_drafts (
    id         bigint PRIMARY KEY,
    post_id    bigint UNIQUE REFERENCES posts (id) ON DELETE CASCADE, -- NULL until it is published for the first time
    account_id bigint REFERENCES accounts (id) ON DELETE SET NULL,    -- who wrote this version
    content    jsonb NOT NULL,
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Files of documents. What any published version lists has the number of the first that did, and stays as long as the document.
CREATE TABLE publication_files (
    id           bigint PRIMARY KEY,
    account_id   bigint REFERENCES accounts (id) ON DELETE SET NULL, -- who sent it
    draft_id     bigint REFERENCES publication_drafts (id) ON DELETE SET NULL,
    post_id      bigint REFERENCES posts (id) ON DELETE CASCADE,
    revision     integer,
    name         text NOT NULL,
    content_type text NOT NULL,
    file         text NOT NULL,
    preview_file text NOT NULL DEFAULT '',
    size         bigint NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX publication_files_post_id_idx ON publication_files (post_id);
CREATE INDEX publication_files_draft_id_idx ON publication_files (draft_id);
CREATE INDEX publication_files_waiting_idx ON publication_files (created_at) WHERE revision IS NULL;
CREATE INDEX publication_files_file_idx ON publication_files (file);
CREATE INDEX publication_files_preview_file_idx ON publication_files (preview_file) WHERE preview_file <> '';

-- +goose Down
DROP TABLE publication_files;
DROP TABLE publication_drafts;
DROP TABLE publications;
