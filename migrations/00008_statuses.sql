-- +goose Up

-- How source is to be read: what clients send is plain text, what the web's forms send is Markdown.
ALTER TABLE posts ADD COLUMN source_type text NOT NULL DEFAULT 'text/markdown' CHECK (source_type IN ('text/markdown', 'text/plain'));
-- The program a post was written with, where it says so.
ALTER TABLE posts ADD COLUMN app_id bigint REFERENCES oauth_apps (id) ON DELETE SET NULL;
CREATE INDEX posts_app_id_idx ON posts (app_id) WHERE app_id IS NOT NULL;

CREATE TABLE bookmarks (
    id         bigint NOT NULL UNIQUE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    post_id    bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, post_id)
);
CREATE INDEX bookmarks_account_id_id_idx ON bookmarks (account_id, id DESC);
CREATE INDEX favourites_account_id_id_idx ON favourites (account_id, id DESC) WHERE undone_at IS NULL;

CREATE TABLE pins (
    id         bigint NOT NULL UNIQUE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    post_id    bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, post_id)
);

-- Threads whose answers an account no longer wants to hear of.
CREATE TABLE thread_mutes (
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    thread_id  bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, thread_id)
);

-- A client that does not hear our answer sends again; within the hour it gets the same post.
CREATE TABLE idempotency_keys (
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    key        text NOT NULL,
    result_id  bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, key)
);

CREATE TABLE scheduled_posts (
    id           bigint PRIMARY KEY,
    account_id   bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    scheduled_at timestamptz NOT NULL,
    params       jsonb NOT NULL,
    app_id       bigint REFERENCES oauth_apps (id) ON DELETE SET NULL,
    -- Why it could not be published at its time; '' as long as it waits.
    error        text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX scheduled_posts_account_id_idx ON scheduled_posts (account_id, id DESC);
CREATE INDEX scheduled_posts_due_idx ON scheduled_posts (scheduled_at) WHERE error = '';

-- A direct exchange as one of its people sees it.
CREATE TABLE conversations (
    id           bigint NOT NULL UNIQUE,
    account_id   bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    thread_id    bigint NOT NULL,
    last_post_id bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    unread       boolean NOT NULL DEFAULT true,
    PRIMARY KEY (account_id, thread_id)
);
CREATE INDEX conversations_account_id_last_idx ON conversations (account_id, last_post_id DESC);
CREATE INDEX conversations_last_post_id_idx ON conversations (last_post_id);

-- All direct posts of one person, by time.
CREATE INDEX posts_direct_idx ON posts (account_id, id DESC) WHERE visibility = 'direct';
DROP INDEX mentions_account_id_idx;
CREATE INDEX mentions_account_id_post_id_idx ON mentions (account_id, post_id DESC);

CREATE TRIGGER bookmarks_changed AFTER INSERT OR UPDATE OR DELETE ON bookmarks FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');
CREATE TRIGGER pins_changed AFTER INSERT OR UPDATE OR DELETE ON pins FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
CREATE TRIGGER thread_mutes_changed AFTER INSERT OR UPDATE OR DELETE ON thread_mutes FOR EACH ROW EXECUTE FUNCTION tell_change('thread_id', 'account_id');
CREATE TRIGGER scheduled_posts_changed AFTER INSERT OR UPDATE OR DELETE ON scheduled_posts FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');
CREATE TRIGGER conversations_changed AFTER INSERT OR UPDATE OR DELETE ON conversations FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');

-- +goose Down
DROP TABLE conversations, scheduled_posts, idempotency_keys, thread_mutes, pins, bookmarks;
DROP INDEX posts_direct_idx, mentions_account_id_post_id_idx, favourites_account_id_id_idx;
CREATE INDEX mentions_account_id_idx ON mentions (account_id);
ALTER TABLE posts DROP COLUMN source_type, DROP COLUMN app_id;
