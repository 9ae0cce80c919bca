-- +goose Up

-- A taxonomy is data that editors maintain, or that is kept as another instance has it.
ALTER TABLE terms
    ADD COLUMN uri         text NOT NULL DEFAULT '',         -- its id; '' until the program has said what ours are called
    ADD COLUMN adopted     boolean NOT NULL DEFAULT false,   -- as another instance says
    ADD COLUMN replaced_by bigint REFERENCES terms (id),     -- what it was merged into: never itself one that was replaced
    ADD COLUMN retired_at  timestamptz;                      -- not to be chosen any more
DROP INDEX terms_scheme_name_key;
CREATE UNIQUE INDEX terms_scheme_name_key ON terms (scheme, lower(name)) WHERE replaced_by IS NULL;
CREATE UNIQUE INDEX terms_uri_key ON terms (uri) WHERE uri <> '';
CREATE INDEX terms_replaced_by_idx ON terms (replaced_by);

-- What a term is and was called, and the ids it has and had: whoever says one of them means the term.
CREATE TABLE term_words (
    scheme  text NOT NULL,
    word    text NOT NULL, -- in small letters
    term_id bigint NOT NULL REFERENCES terms (id) ON DELETE CASCADE,
    PRIMARY KEY (scheme, word)
);
CREATE INDEX term_words_term_id_idx ON term_words (term_id);
CREATE TABLE term_uris (
    uri     text PRIMARY KEY,
    term_id bigint NOT NULL REFERENCES terms (id) ON DELETE CASCADE
);
CREATE INDEX term_uris_term_id_idx ON term_uris (term_id);
INSERT INTO term_words (scheme, word, term_id) SELECT scheme, lower(name), id FROM terms;

-- term_of finds our term for what a practice says: by the id, else by the words.
-- +goose StatementBegin
CREATE FUNCTION term_of(wanted_scheme text, wanted_uri text, wanted_name text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT u.term_id FROM term_uris u JOIN terms t ON t.id = u.term_id WHERE u.uri = wanted_uri AND t.scheme = wanted_scheme),
        (SELECT w.term_id FROM term_words w WHERE w.scheme = wanted_scheme AND w.word = lower(wanted_name)))
$$;
-- +goose StatementEnd

ALTER TABLE practice_terms
    ADD COLUMN uri     text NOT NULL DEFAULT '', -- the id that another instance said
    ADD COLUMN term_id bigint REFERENCES terms (id);
UPDATE practice_terms SET term_id = term_of(scheme, uri, name);
CREATE INDEX practice_terms_term_id_idx ON practice_terms (term_id);
CREATE INDEX practice_terms_uri_idx ON practice_terms (uri) WHERE uri <> '';

-- Whose list a taxonomy is kept as.
CREATE TABLE taxonomy_sources (
    scheme     text PRIMARY KEY CHECK (scheme IN ('goal', 'field')),
    account_id bigint REFERENCES accounts (id) ON DELETE SET NULL, -- the catalogue that maintains it
    host       text NOT NULL,
    uri        text NOT NULL,
    etag       text NOT NULL DEFAULT '',
    read_at    timestamptz NOT NULL,
    next_at    timestamptz NOT NULL,
    failures   integer NOT NULL DEFAULT 0 -- in a row
);

CREATE TRIGGER terms_changed AFTER INSERT OR UPDATE OR DELETE ON terms FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');

-- +goose Down
DROP TRIGGER terms_changed ON terms;
DROP TABLE taxonomy_sources;
ALTER TABLE practice_terms DROP COLUMN uri, DROP COLUMN term_id;
DROP FUNCTION term_of(text, text, text);
DROP TABLE term_words, term_uris;
DROP INDEX terms_scheme_name_key;
UPDATE terms SET replaced_by = NULL WHERE replaced_by IS NOT NULL;
DELETE FROM terms t USING terms other WHERE other.scheme = t.scheme AND lower(other.name) = lower(t.name) AND other.id < t.id;
ALTER TABLE terms DROP COLUMN uri, DROP COLUMN adopted, DROP COLUMN replaced_by, DROP COLUMN retired_at;
CREATE UNIQUE INDEX terms_scheme_name_key ON terms (scheme, lower(name));
