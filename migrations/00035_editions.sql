-- +goose Up

-- Editions of the paper that an instance publishes: composed from practices it accepted, then frozen. What is frozen stays as it is.
CREATE TABLE editions (
    id              bigint PRIMARY KEY,
    number          text NOT NULL,                 -- "2026-1"
    state           text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'published')),
    title           text NOT NULL DEFAULT '',
    summary         text NOT NULL DEFAULT '',
    foreword        text NOT NULL DEFAULT '',      -- Markdown, like introductions, credits and imprint
    credits         text NOT NULL DEFAULT '',
    imprint         text NOT NULL DEFAULT '',
    sums            boolean NOT NULL DEFAULT true, -- whether it says what its practices save together
    language        text NOT NULL DEFAULT 'de',
    version         integer NOT NULL DEFAULT 1,    -- grows whenever the draft is saved
    updated_by_id   bigint REFERENCES accounts (id) ON DELETE SET NULL,
    updated_at      timestamptz NOT NULL DEFAULT now(),
    created_at      timestamptz NOT NULL DEFAULT now(),
    published_by_id bigint REFERENCES accounts (id) ON DELETE SET NULL,
    published_at    timestamptz,
    html            bytea,                         -- the frozen page
    checksum        text NOT NULL DEFAULT '',      -- its SHA-256, in hexadecimal digits
    announcement    text NOT NULL DEFAULT '',      -- what followers are told, Markdown
    post_id         bigint REFERENCES posts (id) ON DELETE SET NULL, -- what followers were told
    CHECK (state = 'draft' OR html IS NOT NULL AND checksum <> '' AND published_at IS NOT NULL)
);
CREATE UNIQUE INDEX editions_number_key ON editions (number);
CREATE INDEX editions_published_at_idx ON editions (published_at DESC) WHERE state = 'published';

CREATE TABLE edition_chapters (
    edition_id   bigint NOT NULL REFERENCES editions (id) ON DELETE CASCADE,
    position     integer NOT NULL,
    title        text NOT NULL,
    introduction text NOT NULL,
    PRIMARY KEY (edition_id, position)
);

-- A practice at a fixed revision. What it was called and where it came from is kept, to say which one it was that is gone.
CREATE TABLE edition_entries (
    edition_id bigint NOT NULL,
    chapter    integer NOT NULL,
    position   integer NOT NULL,
    post_id    bigint REFERENCES posts (id) ON DELETE SET NULL,
    uri        text NOT NULL,
    revision   integer NOT NULL,
    title      text NOT NULL,
    origin     text NOT NULL,
    note       text NOT NULL DEFAULT '',
    PRIMARY KEY (edition_id, chapter, position),
    CONSTRAINT edition_entries_uri_key UNIQUE (edition_id, uri),
    FOREIGN KEY (edition_id, chapter) REFERENCES edition_chapters (edition_id, position) ON DELETE CASCADE
);
CREATE INDEX edition_entries_post_id_idx ON edition_entries (post_id);

-- The same text as files of other programs.
CREATE TABLE edition_files (
    edition_id bigint NOT NULL REFERENCES editions (id) ON DELETE CASCADE,
    format     text NOT NULL CHECK (format IN ('pdf', 'odt', 'epub')),
    state      text NOT NULL CHECK (state IN ('waiting', 'done', 'failed', 'missing')),
    content    bytea,
    size       bigint NOT NULL DEFAULT 0,
    checksum   text NOT NULL DEFAULT '',
    made_at    timestamptz,
    PRIMARY KEY (edition_id, format),
    CHECK (state <> 'done' OR content IS NOT NULL AND checksum <> '')
);

-- +goose StatementBegin
CREATE FUNCTION keep_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'published' AND (NEW.state, NEW.number, NEW.title, NEW.html, NEW.checksum, NEW.published_at)
        IS DISTINCT FROM (OLD.state, OLD.number, OLD.title, OLD.html, OLD.checksum, OLD.published_at) THEN
        RAISE EXCEPTION 'edition % is published and stays as it is', OLD.number;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER editions_kept BEFORE UPDATE ON editions FOR EACH ROW EXECUTE FUNCTION keep_edition();
CREATE TRIGGER editions_changed AFTER INSERT OR UPDATE OR DELETE ON editions FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
CREATE TRIGGER edition_files_changed AFTER INSERT OR UPDATE OR DELETE ON edition_files FOR EACH ROW EXECUTE FUNCTION tell_change('edition_id', '');

-- +goose Down
DROP TABLE edition_files, edition_entries, edition_chapters, editions;
DROP FUNCTION keep_edition();
