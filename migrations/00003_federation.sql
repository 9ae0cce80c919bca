-- +goose Up

-- What we sent: the exact bytes, stored once.
CREATE TABLE activities (
    id         bigint PRIMARY KEY,
    uri        text NOT NULL UNIQUE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    type       text NOT NULL,
    object_uri text NOT NULL,
    public     boolean NOT NULL,
    body       bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX activities_account_id_idx ON activities (account_id, id DESC);
CREATE INDEX activities_object_uri_idx ON activities (object_uri, type);

-- One row per activity and inbox; a host's rows are its lane, drained in order of id.
CREATE TABLE deliveries (
    id           bigserial PRIMARY KEY,
    activity_id  bigint NOT NULL REFERENCES activities (id) ON DELETE CASCADE,
    inbox_uri    text NOT NULL,
    host         text NOT NULL,
    state        text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    attempt      integer NOT NULL DEFAULT 0,
    next_at      timestamptz NOT NULL DEFAULT now(),
    last_status  integer NOT NULL DEFAULT 0,
    last_error   text NOT NULL DEFAULT '',
    delivered_at timestamptz,
    UNIQUE (activity_id, inbox_uri)
);
CREATE INDEX deliveries_lane_idx ON deliveries (host, id) WHERE state = 'pending';

-- What we know about another host: how it signs, whether it answers.
CREATE TABLE peers (
    host          text PRIMARY KEY,
    software      text NOT NULL DEFAULT '',
    failures      integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    held_until    timestamptz,
    blocked       boolean NOT NULL DEFAULT false,
    seen_at       timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- What we received: the exact bytes, unique per inbox scope and activity id.
CREATE TABLE inbox_activities (
    id           bigserial PRIMARY KEY,
    scope        text NOT NULL,
    uri          text NOT NULL,
    actor_uri    text NOT NULL,
    type         text NOT NULL,
    object_uri   text NOT NULL DEFAULT '',
    body         bytea NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz,
    -- '', 'applied', 'ignored', 'rejected'; the reason stands in note.
    outcome      text NOT NULL DEFAULT '',
    note         text NOT NULL DEFAULT '',
    UNIQUE (scope, uri)
);
CREATE INDEX inbox_activities_object_uri_idx ON inbox_activities (object_uri);

-- +goose Down
DROP TABLE inbox_activities, peers, deliveries, activities;
