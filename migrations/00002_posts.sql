-- +goose Up

-- Everything that federates as an object. Details stand 1:1 in their own tables (practices, ...).
CREATE TABLE posts (
    id               bigint PRIMARY KEY,
    uri              text NOT NULL UNIQUE,
    url              text NOT NULL DEFAULT '',
    account_id       bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    local            boolean NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('note', 'article', 'question', 'event', 'link')),
    state            text NOT NULL CHECK (state IN ('draft', 'published', 'withdrawn')),
    visibility       text NOT NULL CHECK (visibility IN ('public', 'unlisted', 'followers', 'direct')),
    -- vb:kind of a note: '', 'CurationNote', 'Question' ...
    role             text NOT NULL DEFAULT '',
    board_id         bigint REFERENCES accounts (id) ON DELETE SET NULL,
    in_reply_to_id   bigint REFERENCES posts (id) ON DELETE SET NULL,
    in_reply_to_uri  text NOT NULL DEFAULT '',
    -- The first post of the thread; its own id for the first post itself.
    thread_id        bigint NOT NULL,
    context_uri      text NOT NULL DEFAULT '',
    title            text NOT NULL DEFAULT '',
    summary          text NOT NULL DEFAULT '',
    html             text NOT NULL DEFAULT '',
    source           text NOT NULL DEFAULT '',
    language         text NOT NULL DEFAULT 'de',
    sensitive        boolean NOT NULL DEFAULT false,
    replies_count    integer NOT NULL DEFAULT 0,
    boosts_count     integer NOT NULL DEFAULT 0,
    favourites_count integer NOT NULL DEFAULT 0,
    published_at     timestamptz,
    edited_at        timestamptz,
    withdrawn_at     timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX posts_account_id_idx ON posts (account_id, id DESC);
CREATE INDEX posts_thread_id_idx ON posts (thread_id, id);
CREATE INDEX posts_in_reply_to_id_idx ON posts (in_reply_to_id);
CREATE INDEX posts_orphans_idx ON posts (in_reply_to_uri) WHERE in_reply_to_id IS NULL AND in_reply_to_uri <> '';
CREATE INDEX posts_context_uri_idx ON posts (context_uri) WHERE in_reply_to_uri = '';
CREATE INDEX posts_url_idx ON posts (url) WHERE url <> '';
CREATE INDEX posts_board_id_idx ON posts (board_id, id DESC) WHERE in_reply_to_id IS NULL;
CREATE INDEX posts_public_idx ON posts (id DESC) WHERE state = 'published' AND visibility = 'public';

CREATE TABLE mentions (
    post_id    bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (post_id, account_id)
);
CREATE INDEX mentions_account_id_idx ON mentions (account_id);

CREATE TABLE tags (
    post_id bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    name    text NOT NULL,
    PRIMARY KEY (post_id, name)
);
CREATE INDEX tags_name_idx ON tags (lower(name));

-- Every published version of a post, the current one included.
CREATE TABLE revisions (
    post_id    bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    revision   integer NOT NULL,
    account_id bigint REFERENCES accounts (id) ON DELETE SET NULL,
    title      text NOT NULL DEFAULT '',
    summary    text NOT NULL DEFAULT '',
    html       text NOT NULL DEFAULT '',
    source     text NOT NULL DEFAULT '',
    detail     jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (post_id, revision)
);

CREATE TABLE boosts (
    id         bigint PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    post_id    bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    uri        text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    undone_at  timestamptz
);
CREATE UNIQUE INDEX boosts_account_id_post_id_key ON boosts (account_id, post_id) WHERE undone_at IS NULL;
CREATE INDEX boosts_post_id_idx ON boosts (post_id) WHERE undone_at IS NULL;
CREATE INDEX boosts_account_id_id_idx ON boosts (account_id, id DESC) WHERE undone_at IS NULL;

CREATE TABLE favourites (
    id         bigint PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    post_id    bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    uri        text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    undone_at  timestamptz
);
CREATE UNIQUE INDEX favourites_account_id_post_id_key ON favourites (account_id, post_id) WHERE undone_at IS NULL;
CREATE INDEX favourites_post_id_idx ON favourites (post_id) WHERE undone_at IS NULL;

-- Ids of objects deleted at their origin before we knew them, so that a late Create is dropped.
CREATE TABLE tombstones (
    uri        text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Taxonomies an editor maintains: goals (Kernziele) and fields (Handlungsfelder).
CREATE TABLE terms (
    id          bigint PRIMARY KEY,
    scheme      text NOT NULL CHECK (scheme IN ('goal', 'field')),
    notation    text NOT NULL DEFAULT '',
    name        text NOT NULL,
    description text NOT NULL DEFAULT '',
    position    integer NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX terms_scheme_name_key ON terms (scheme, lower(name));

CREATE TABLE practices (
    post_id           bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    revision          integer NOT NULL DEFAULT 0,
    level             text NOT NULL DEFAULT '',
    region            text NOT NULL DEFAULT '',
    organization_name text NOT NULL DEFAULT '',
    organization_url  text NOT NULL DEFAULT '',
    implementation    text NOT NULL DEFAULT '',
    situation         text NOT NULL DEFAULT '',
    outcome           text NOT NULL DEFAULT '',
    prerequisites     text NOT NULL DEFAULT '',
    pitfalls          text NOT NULL DEFAULT '',
    measures          text[] NOT NULL DEFAULT '{}',
    contact_name      text NOT NULL DEFAULT '',
    contact_unit      text NOT NULL DEFAULT '',
    contact_email     text NOT NULL DEFAULT '',
    contact_url       text NOT NULL DEFAULT '',
    licence           text NOT NULL DEFAULT '',
    -- What a draft of an already published practice would change; null when there is none.
    pending           jsonb,
    search            tsvector NOT NULL DEFAULT ''::tsvector,
    updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX practices_search_idx ON practices USING gin (search);

CREATE TABLE practice_terms (
    post_id  bigint NOT NULL REFERENCES practices (post_id) ON DELETE CASCADE,
    scheme   text NOT NULL CHECK (scheme IN ('goal', 'field')),
    position integer NOT NULL,
    notation text NOT NULL DEFAULT '',
    name     text NOT NULL,
    PRIMARY KEY (post_id, scheme, position)
);
CREATE INDEX practice_terms_name_idx ON practice_terms (scheme, lower(name));

CREATE TABLE practice_figures (
    post_id      bigint NOT NULL REFERENCES practices (post_id) ON DELETE CASCADE,
    position     integer NOT NULL,
    quantity     text NOT NULL,
    name         text NOT NULL,
    unit         text NOT NULL DEFAULT '',
    value_before double precision,
    value_after  double precision,
    change       double precision,
    period_from  text NOT NULL DEFAULT '',
    period_to    text NOT NULL DEFAULT '',
    method       text NOT NULL DEFAULT '',
    scope        text NOT NULL DEFAULT '',
    PRIMARY KEY (post_id, position)
);

CREATE TABLE notifications (
    id              bigint PRIMARY KEY,
    account_id      bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind            text NOT NULL CHECK (kind IN ('mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated')),
    from_account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    post_id         bigint REFERENCES posts (id) ON DELETE CASCADE,
    created_at      timestamptz NOT NULL DEFAULT now(),
    read_at         timestamptz
);
CREATE UNIQUE INDEX notifications_once_key ON notifications (account_id, kind, from_account_id, coalesce(post_id, 0));
CREATE INDEX notifications_account_id_idx ON notifications (account_id, id DESC);

-- +goose Down
DROP TABLE notifications, practice_figures, practice_terms, practices, terms, tombstones, favourites, boosts, revisions, tags, mentions, posts;
