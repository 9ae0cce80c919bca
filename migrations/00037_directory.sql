-- +goose Up

-- Whose directories we read: those of the catalogues that our groups follow.
CREATE TABLE directory_sources (
    account_id bigint PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    uri        text NOT NULL DEFAULT '', -- of the directory; '' while none is known
    etag       text NOT NULL DEFAULT '',
    next_at    timestamptz NOT NULL,
    read_at    timestamptz,
    failures   integer NOT NULL DEFAULT 0, -- in a row
    hints      integer NOT NULL DEFAULT 0, -- how often its owner told of a change
    hints_read integer NOT NULL DEFAULT 0  -- of these, how many had come before it was last read
);
CREATE INDEX directory_sources_next_at_idx ON directory_sources (next_at);

-- Contact persons, committees and networks: ours, and as others say of theirs.
CREATE TABLE directory_entries (
    id           bigint PRIMARY KEY,
    account_id   bigint REFERENCES directory_sources (account_id) ON DELETE CASCADE, -- the catalogue that keeps it; null: ours
    uri          text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('contact', 'committee', 'network')),
    name         text NOT NULL,
    summary      text NOT NULL DEFAULT '',
    level        text NOT NULL,
    region       text NOT NULL DEFAULT '', -- ISO 3166-2:DE; '' where it is of several Länder or of the Bund
    organization text NOT NULL DEFAULT '', -- that it belongs to
    unit         text NOT NULL DEFAULT '',
    cadence      text NOT NULL DEFAULT '', -- how often it meets, in words
    members      text NOT NULL DEFAULT '', -- in words
    email        text NOT NULL DEFAULT '',
    phone        text NOT NULL DEFAULT '',
    website      text NOT NULL DEFAULT '',
    page         text NOT NULL DEFAULT '', -- for people, at its origin
    revision     integer NOT NULL,         -- grows with every change and every confirmation
    confirmed_at timestamptz NOT NULL,     -- by who keeps it
    updated_at   timestamptz NOT NULL
);
CREATE UNIQUE INDEX directory_entries_uri_key ON directory_entries (uri);
CREATE INDEX directory_entries_account_id_idx ON directory_entries (account_id);
-- A form that is sent twice makes one entry.
CREATE UNIQUE INDEX directory_entries_own_key ON directory_entries (kind, region, lower(name), lower(organization)) WHERE account_id IS NULL;

CREATE TRIGGER directory_entries_changed AFTER INSERT OR UPDATE OR DELETE ON directory_entries FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');

-- +goose Down
DROP TABLE directory_entries, directory_sources;
