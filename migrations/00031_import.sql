-- +goose Up

-- A table that somebody sent to make drafts of its rows. The sheet and its rows are forgotten after some days; that there was an
-- import and what became of it stays longer.
CREATE TABLE imports (
    id          bigint PRIMARY KEY,
    account_id  bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name        text NOT NULL,       -- of the file
    sheet       text,                -- JSON, as package sheet read it; null once it is forgotten
    mapping     jsonb,               -- what its columns mean; null until somebody said so
    state       text NOT NULL CHECK (state IN ('open', 'running', 'done')),
    counts      jsonb,               -- how many rows became what, once it is done
    created_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE INDEX imports_account_id_idx ON imports (account_id, id DESC);
-- Two that run at once for one account could make the same draft twice.
CREATE UNIQUE INDEX imports_running_key ON imports (account_id) WHERE state = 'running';

CREATE TABLE import_rows (
    import_id bigint NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    number    integer NOT NULL,                 -- of the line in the sheet
    state     text NOT NULL CHECK (state IN ('waiting', 'created', 'changed', 'unchanged', 'edited', 'review', 'published', 'withdrawn', 'broken')),
    title     text NOT NULL,
    identity  text NOT NULL,                    -- by which the row is known again
    draft     text,                             -- JSON, of rows that are no mistake
    mistakes  jsonb,                            -- of those that are
    post_id   bigint REFERENCES posts (id) ON DELETE SET NULL,
    PRIMARY KEY (import_id, number)
);
CREATE INDEX import_rows_post_id_idx ON import_rows (post_id) WHERE post_id IS NOT NULL;

-- What became of which row: the same row makes no second draft. version and digest are those of the draft as an import wrote it.
CREATE TABLE import_keys (
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    identity   text NOT NULL,
    post_id    bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    version    integer NOT NULL,
    digest     text NOT NULL,
    PRIMARY KEY (account_id, identity)
);
CREATE INDEX import_keys_post_id_idx ON import_keys (post_id);

-- What the columns of a table meant, by their headers, for the next table that has the same.
CREATE TABLE import_mappings (
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    headers    text NOT NULL,                   -- digest
    mapping    jsonb NOT NULL,
    used_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, headers)
);

-- +goose Down
DROP TABLE import_mappings, import_keys, import_rows, imports;
