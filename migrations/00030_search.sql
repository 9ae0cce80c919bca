-- +goose Up

-- What practices are found by: one narrow row for each that was ever published, written whenever the practice is. What a post
-- says of who may see it is repeated here, so that a search reads nothing else.
CREATE TABLE practice_index (
    post_id      bigint PRIMARY KEY REFERENCES practices (post_id) ON DELETE CASCADE,
    account_id   bigint NOT NULL,
    visibility   text NOT NULL,
    published_at timestamptz,
    listed       boolean NOT NULL, -- published, not hidden and not unlisted
    archived     boolean NOT NULL DEFAULT false,
    rules        integer NOT NULL, -- the version of the program's rules it was written by; 0 for none
    -- What is saved in a year, negative when it is less: t CO2e and MWh; null where nothing says so.
    emissions    double precision,
    electricity  double precision,
    facets       integer[] NOT NULL DEFAULT '{}', -- facet_values
    packed       bytea NOT NULL DEFAULT '',       -- facets and savings, to be counted by the program
    title        tsvector NOT NULL DEFAULT ''::tsvector,
    words        tsvector NOT NULL DEFAULT ''::tsvector,
    vocabulary   text[] NOT NULL DEFAULT '{}'
) WITH (toast_tuple_target = 512);
-- The words stand apart, what every search reads beside its row.
ALTER TABLE practice_index ALTER COLUMN title SET STORAGE MAIN, ALTER COLUMN facets SET STORAGE MAIN, ALTER COLUMN packed SET STORAGE MAIN;
CREATE INDEX practice_index_words_idx ON practice_index USING gin (words);
CREATE INDEX practice_index_newest_idx ON practice_index (published_at DESC, post_id DESC) WHERE listed AND NOT archived;
-- Counts the changes of practice_index: who knows the last number knows whether there was one since.
CREATE SEQUENCE practice_index_version;
CREATE INDEX practice_index_rules_idx ON practice_index (rules, post_id);

-- Values that practices are narrowed by, by number: the kind of value in the highest byte, what counts the values below it.
CREATE SEQUENCE facet_values_id_seq AS integer MAXVALUE 16777215;
CREATE TABLE facet_values (
    id    integer PRIMARY KEY,
    facet text NOT NULL,
    value text NOT NULL, -- in small letters where case does not matter
    name  text NOT NULL, -- as it was first written
    UNIQUE (facet, value)
);

-- +goose StatementBegin
CREATE FUNCTION practice_index_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE practice_index SET visibility = NEW.visibility, published_at = NEW.published_at,
        listed = NEW.state = 'published' AND NOT NEW.hidden AND NEW.visibility <> 'unlisted'
    WHERE post_id = NEW.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER posts_practice_index AFTER UPDATE OF state, hidden, visibility, published_at ON posts
    FOR EACH ROW WHEN (NEW.kind = 'article') EXECUTE FUNCTION practice_index_follow();
-- +goose StatementBegin
CREATE FUNCTION practice_index_archive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE practice_index SET archived = NEW.archived_at IS NOT NULL WHERE post_id = NEW.post_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER practices_practice_index AFTER UPDATE OF archived_at ON practices
    FOR EACH ROW WHEN (OLD.archived_at IS DISTINCT FROM NEW.archived_at) EXECUTE FUNCTION practice_index_archive();

-- What is there is listed at once, and found by its words once the program has looked at it.
INSERT INTO practice_index (post_id, account_id, visibility, published_at, listed, archived, rules)
SELECT p.id, p.account_id, p.visibility, p.published_at, p.state = 'published' AND NOT p.hidden AND p.visibility <> 'unlisted', pr.archived_at IS NOT NULL, 0
FROM practices pr JOIN posts p ON p.id = pr.post_id WHERE pr.revision > 0;
DROP INDEX practices_search_idx;
ALTER TABLE practices DROP COLUMN search;

-- Words of public practices, and in how many each stands: for suggestions, and to take compounds apart.
CREATE TABLE search_words (
    word      text PRIMARY KEY,
    practices integer NOT NULL
);

-- Discussions (which stand on a board or have a title) and what is said in them, found by their words. They are written down here by a job, so that nothing that
-- arrives has to wait for it; what changes is gone from here at once.
CREATE TABLE note_index (
    post_id    bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    account_id bigint NOT NULL,
    visibility text NOT NULL,
    rules      integer NOT NULL,
    words      tsvector NOT NULL
) WITH (toast_tuple_target = 256);
CREATE INDEX note_index_words_idx ON note_index USING gin (words);
CREATE INDEX note_index_rules_idx ON note_index (rules, post_id);
CREATE INDEX accounts_unsearched_idx ON accounts (id) WHERE NOT indexable;
CREATE TABLE search_queue (
    post_id bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE
);
-- +goose StatementBegin
CREATE FUNCTION note_index_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM note_index WHERE post_id = NEW.id;
    END IF;
    IF NEW.state = 'published' AND NOT NEW.hidden AND NEW.visibility IN ('public', 'network') AND (NEW.board_id IS NOT NULL OR NEW.thread_id <> NEW.id OR NEW.title <> '') THEN
        INSERT INTO search_queue (post_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER posts_note_index AFTER INSERT OR UPDATE OF title, summary, html, state, hidden, visibility, board_id ON posts
    FOR EACH ROW WHEN (NEW.kind <> 'article') EXECUTE FUNCTION note_index_follow();
INSERT INTO search_queue (post_id)
SELECT id FROM posts WHERE kind <> 'article' AND state = 'published' AND NOT hidden AND visibility IN ('public', 'network') AND (board_id IS NOT NULL OR thread_id <> id OR title <> '');

-- Searches that people want to hear of.
CREATE TABLE saved_searches (
    id         bigint PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name       text NOT NULL,
    query      text NOT NULL,          -- the parameters of the page's address
    token      text NOT NULL UNIQUE,   -- of the address of its feed
    rules      integer NOT NULL,
    text       text NOT NULL,          -- what its text asks for; '' when it has none
    matches    text NOT NULL,          -- the same as a tsquery
    facets     text[] NOT NULL,        -- facet=value, all of which a practice has
    accepted   boolean NOT NULL DEFAULT false,
    told_on    date,                   -- when its owner was last told of something
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, query)
);
CREATE TABLE saved_search_hits (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    search_id  bigint NOT NULL REFERENCES saved_searches (id) ON DELETE CASCADE,
    post_id    bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    UNIQUE (search_id, post_id)
);
CREATE INDEX saved_search_hits_post_id_idx ON saved_search_hits (post_id);
CREATE TRIGGER saved_searches_changed AFTER INSERT OR UPDATE OR DELETE ON saved_searches FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');

-- +goose Down
DROP TABLE saved_search_hits, saved_searches, search_queue;
DROP TRIGGER posts_note_index ON posts;
DROP FUNCTION note_index_follow();
DROP INDEX accounts_unsearched_idx;
DROP TABLE note_index, search_words, facet_values;
DROP SEQUENCE facet_values_id_seq, practice_index_version;
DROP TRIGGER posts_practice_index ON posts;
DROP FUNCTION practice_index_follow();
DROP TRIGGER practices_practice_index ON practices;
DROP FUNCTION practice_index_archive();
DROP TABLE practice_index;
ALTER TABLE practices ADD COLUMN search tsvector NOT NULL DEFAULT ''::tsvector;
CREATE INDEX practices_search_idx ON practices USING gin (search);
