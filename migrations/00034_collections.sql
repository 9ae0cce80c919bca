-- +goose Up

-- Named collections of accepted practices, which editors arrange and publish.
CREATE TABLE collections (
    id           bigint PRIMARY KEY,
    slug         text NOT NULL, -- of its page; it stays once the collection was published
    name         text NOT NULL,
    introduction text NOT NULL DEFAULT '',
    version      integer NOT NULL DEFAULT 1, -- grows with the two above
    published    boolean NOT NULL DEFAULT false,
    published_at timestamptz, -- for the first time
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX collections_slug_key ON collections (slug);

CREATE TABLE collection_chapters (
    id            bigint PRIMARY KEY,
    collection_id bigint NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    name          text NOT NULL,
    introduction  text NOT NULL DEFAULT '',
    position      integer NOT NULL
);
-- Others know chapters by their names.
CREATE UNIQUE INDEX collection_chapters_collection_id_name_key ON collection_chapters (collection_id, lower(name));

-- Which practices stand in a collection. Those that are not accepted any more keep their place, but nobody is shown it.
CREATE TABLE collection_entries (
    collection_id bigint NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    post_id       bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    chapter_id    bigint REFERENCES collection_chapters (id) ON DELETE SET NULL,
    position      integer NOT NULL,
    annotation    text NOT NULL DEFAULT '',
    featured      boolean NOT NULL DEFAULT false,
    PRIMARY KEY (collection_id, post_id)
);
CREATE INDEX collection_entries_post_id_idx ON collection_entries (post_id);
CREATE INDEX collection_entries_chapter_id_idx ON collection_entries (chapter_id);

-- What is told of a collection: a practice came into it or left it; without a practice, the collection itself was published
-- or taken back.
CREATE TABLE collection_changes (
    id            bigint PRIMARY KEY,
    collection_id bigint,                   -- one of collections, or what was one
    slug          text NOT NULL DEFAULT '', -- without collection_id: of one of those that every curating catalogue has
    post_id       bigint REFERENCES posts (id) ON DELETE CASCADE,
    entered       boolean NOT NULL,
    revision      integer NOT NULL DEFAULT 0,
    chapter       text NOT NULL DEFAULT '',
    reason        text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX collection_changes_post_id_idx ON collection_changes (post_id);

CREATE TRIGGER collections_changed AFTER INSERT OR UPDATE OR DELETE ON collections FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
CREATE TRIGGER collection_chapters_changed AFTER INSERT OR UPDATE OR DELETE ON collection_chapters FOR EACH ROW EXECUTE FUNCTION tell_change('collection_id', '');
CREATE TRIGGER collection_entries_changed AFTER INSERT OR UPDATE OR DELETE ON collection_entries FOR EACH ROW EXECUTE FUNCTION tell_change('collection_id', '');

-- The named collections of others stand beside the two that every curating catalogue has.
ALTER TABLE curated_collections DROP CONSTRAINT curated_collections_slug_check;
ALTER TABLE curated_collections
    ADD COLUMN name         text NOT NULL DEFAULT '',
    ADD COLUMN introduction text NOT NULL DEFAULT '',
    ADD COLUMN url          text NOT NULL DEFAULT '',     -- its page at home
    ADD COLUMN chapters     jsonb NOT NULL DEFAULT '[]',  -- of {name, introduction}
    ADD COLUMN shown_at     timestamptz;                  -- since when it is a page of ours
ALTER TABLE curated_items
    ADD COLUMN annotation text NOT NULL DEFAULT '',
    ADD COLUMN featured   boolean NOT NULL DEFAULT false,
    ADD COLUMN withdrawn  boolean NOT NULL DEFAULT false; -- as its catalogue says
CREATE TRIGGER curated_collections_changed AFTER INSERT OR UPDATE OR DELETE ON curated_collections FOR EACH ROW EXECUTE FUNCTION tell_change('account_id', '');

-- +goose Down
DROP TRIGGER curated_collections_changed ON curated_collections;
DELETE FROM curated_collections WHERE slug NOT IN ('kuratiert', 'hervorgehoben');
ALTER TABLE curated_collections DROP COLUMN name, DROP COLUMN introduction, DROP COLUMN url, DROP COLUMN chapters, DROP COLUMN shown_at,
    ADD CONSTRAINT curated_collections_slug_check CHECK (slug IN ('kuratiert', 'hervorgehoben'));
ALTER TABLE curated_items DROP COLUMN annotation, DROP COLUMN featured, DROP COLUMN withdrawn;
DROP TABLE collection_changes, collection_entries, collection_chapters, collections;
