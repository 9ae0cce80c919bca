-- +goose Up

-- One row per practice that reached the desk; state waiting until an editor decides.
CREATE TABLE curations (
    post_id           bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    state             text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'accepted', 'declined')),
    featured          boolean NOT NULL DEFAULT false,
    revision_accepted integer NOT NULL DEFAULT 0,
    reason            text NOT NULL DEFAULT '',
    decided_by_id     bigint REFERENCES accounts (id) ON DELETE SET NULL,
    decided_at        timestamptz,
    received_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX curations_state_idx ON curations (state, post_id DESC);

-- Every decision, kept: who, when, what, why.
CREATE TABLE curation_decisions (
    id         bigint PRIMARY KEY,
    post_id    bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    account_id bigint REFERENCES accounts (id) ON DELETE SET NULL,
    decision   text NOT NULL CHECK (decision IN ('accept', 'decline', 'feature', 'unfeature', 'annotate', 'reopen')),
    revision   integer NOT NULL DEFAULT 0,
    reason     text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX curation_decisions_post_id_idx ON curation_decisions (post_id, id);

-- +goose Down
DROP TABLE curation_decisions, curations;
