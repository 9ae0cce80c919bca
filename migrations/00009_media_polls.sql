-- +goose Up

-- Files that belong to a post; ours are stored under file, others' are only known by their address.
CREATE TABLE media (
    id           bigint PRIMARY KEY,
    account_id   bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    post_id      bigint REFERENCES posts (id) ON DELETE CASCADE,
    position     integer NOT NULL DEFAULT 0,
    kind         text NOT NULL CHECK (kind IN ('image', 'gifv', 'video', 'audio', 'unknown')),
    content_type text NOT NULL DEFAULT '',
    file         text NOT NULL DEFAULT '',
    preview_file text NOT NULL DEFAULT '',
    remote_url   text NOT NULL DEFAULT '',
    size         bigint NOT NULL DEFAULT 0,
    width        integer NOT NULL DEFAULT 0,
    height       integer NOT NULL DEFAULT 0,
    preview_width  integer NOT NULL DEFAULT 0,
    preview_height integer NOT NULL DEFAULT 0,
    description  text NOT NULL DEFAULT '',
    blurhash     text NOT NULL DEFAULT '',
    focus_x      double precision NOT NULL DEFAULT 0,
    focus_y      double precision NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX media_post_id_idx ON media (post_id, position) WHERE post_id IS NOT NULL;
CREATE INDEX media_unattached_idx ON media (created_at) WHERE post_id IS NULL;
CREATE INDEX media_account_id_idx ON media (account_id, post_id DESC);

-- A post of kind question, 1:1.
CREATE TABLE polls (
    post_id      bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    multiple     boolean NOT NULL DEFAULT false,
    hide_totals  boolean NOT NULL DEFAULT false,
    expires_at   timestamptz,
    closed_at    timestamptz,
    voters_count integer NOT NULL DEFAULT 0
);
CREATE INDEX polls_open_idx ON polls (expires_at) WHERE closed_at IS NULL;

CREATE TABLE poll_options (
    post_id     bigint NOT NULL REFERENCES polls (post_id) ON DELETE CASCADE,
    position    integer NOT NULL,
    title       text NOT NULL,
    votes_count integer NOT NULL DEFAULT 0,
    PRIMARY KEY (post_id, position)
);

CREATE TABLE poll_votes (
    id         bigint NOT NULL UNIQUE,
    post_id    bigint NOT NULL,
    position   integer NOT NULL,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    uri        text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (post_id, account_id, position),
    FOREIGN KEY (post_id, position) REFERENCES poll_options (post_id, position) ON DELETE CASCADE
);

CREATE TRIGGER media_changed AFTER INSERT OR UPDATE OR DELETE ON media FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
CREATE TRIGGER polls_changed AFTER INSERT OR UPDATE OR DELETE ON polls FOR EACH ROW EXECUTE FUNCTION tell_change('post_id', '');
CREATE TRIGGER poll_votes_changed AFTER INSERT OR UPDATE OR DELETE ON poll_votes FOR EACH ROW EXECUTE FUNCTION tell_change('post_id', '');

-- +goose Down
DROP TABLE poll_votes, poll_options, polls, media;
