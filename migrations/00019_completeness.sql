-- +goose Up

-- When a thread that began elsewhere was last read where it stands.
CREATE TABLE thread_visits (
    -- The thread's first post, as far as we know it.
    post_id    bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    visited_at timestamptz NOT NULL,
    -- How many visits in a row ended before the thread did; 0 once it was read to its end.
    rounds     integer NOT NULL DEFAULT 0
);

-- Other servers' catalogues that one of our groups follows: their collections are the truth about what they curate.
CREATE TABLE curators (
    account_id bigint PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    next_at    timestamptz NOT NULL,
    read_at    timestamptz,
    failures   integer NOT NULL DEFAULT 0
);
CREATE INDEX curators_next_at_idx ON curators (next_at);

CREATE TABLE curated_collections (
    account_id bigint NOT NULL REFERENCES curators (account_id) ON DELETE CASCADE,
    slug       text NOT NULL CHECK (slug IN ('kuratiert', 'hervorgehoben')),
    uri        text NOT NULL,
    etag       text NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, slug)
);

CREATE TABLE curated_items (
    account_id bigint NOT NULL,
    slug       text NOT NULL,
    post_uri   text NOT NULL,
    position   integer NOT NULL,
    -- The revision that was accepted, 0 where the catalogue does not say.
    revision   integer NOT NULL DEFAULT 0,
    chapter    text NOT NULL DEFAULT '',
    -- When we last tried to get the post, which we do not know.
    tried_at   timestamptz,
    PRIMARY KEY (account_id, slug, post_uri),
    FOREIGN KEY (account_id, slug) REFERENCES curated_collections ON DELETE CASCADE
);
CREATE INDEX curated_items_post_uri_idx ON curated_items (post_uri);

-- A seal that comes or goes changes the practice's page as a decision of our own desk does.
-- +goose StatementBegin
CREATE FUNCTION tell_curated_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changes', 'curations update ' || p.id || ' 0') FROM posts p
    WHERE p.uri = CASE TG_OP WHEN 'DELETE' THEN OLD.post_uri ELSE NEW.post_uri END;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER curated_items_changed AFTER INSERT OR DELETE OR UPDATE OF revision, chapter ON curated_items FOR EACH ROW EXECUTE FUNCTION tell_curated_item();

-- +goose Down
DROP TABLE curated_items, curated_collections, curators, thread_visits;
DROP FUNCTION tell_curated_item();
