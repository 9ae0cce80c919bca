-- +goose Up

ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN (
    'mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated', 'status', 'poll', 'update', 'report'));
-- Kept apart by the reader's policy: shown only below the request of whoever caused it.
ALTER TABLE notifications ADD COLUMN filtered boolean NOT NULL DEFAULT false;
ALTER TABLE notifications ADD COLUMN report_id bigint;

-- What a person does with notifications of strangers: accept, filter (ask first) or drop.
CREATE TABLE notification_policies (
    account_id          bigint PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    for_not_following   text NOT NULL DEFAULT 'accept' CHECK (for_not_following IN ('accept', 'filter', 'drop')),
    for_not_followers   text NOT NULL DEFAULT 'accept' CHECK (for_not_followers IN ('accept', 'filter', 'drop')),
    for_new_accounts    text NOT NULL DEFAULT 'accept' CHECK (for_new_accounts IN ('accept', 'filter', 'drop')),
    for_private_mentions text NOT NULL DEFAULT 'filter' CHECK (for_private_mentions IN ('accept', 'filter', 'drop')),
    for_limited_accounts text NOT NULL DEFAULT 'filter' CHECK (for_limited_accounts IN ('accept', 'filter', 'drop'))
);

-- Whose notifications wait for an answer, or were let through (accepted) or put away (dismissed).
CREATE TABLE notification_requests (
    id              bigint NOT NULL UNIQUE,
    account_id      bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    from_account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'accepted', 'dismissed')),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, from_account_id)
);

-- Where a client wants to be woken (RFC 8030); one per token.
CREATE TABLE push_subscriptions (
    id         bigint PRIMARY KEY,
    token_id   bigint NOT NULL UNIQUE REFERENCES api_tokens (id) ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    endpoint   text NOT NULL,
    p256dh     text NOT NULL,
    auth       text NOT NULL,
    standard   boolean NOT NULL DEFAULT true,
    alerts     jsonb NOT NULL DEFAULT '{}',
    policy     text NOT NULL DEFAULT 'all' CHECK (policy IN ('all', 'followed', 'follower', 'none')),
    failures   integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX push_subscriptions_account_id_idx ON push_subscriptions (account_id);

-- The instance's own key pair for Web Push (VAPID, RFC 8292); made once.
CREATE TABLE push_keys (
    id          smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    public_key  text NOT NULL,
    private_key text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- What someone reported to the moderators of this instance.
CREATE TABLE reports (
    id              bigint PRIMARY KEY,
    account_id      bigint REFERENCES accounts (id) ON DELETE SET NULL,
    target_id       bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    post_ids        bigint[] NOT NULL DEFAULT '{}',
    rule_ids        bigint[] NOT NULL DEFAULT '{}',
    category        text NOT NULL DEFAULT 'other' CHECK (category IN ('spam', 'legal', 'violation', 'other')),
    comment         text NOT NULL DEFAULT '',
    forward         boolean NOT NULL DEFAULT false,
    resolved_by_id  bigint REFERENCES accounts (id) ON DELETE SET NULL,
    resolved_at     timestamptz,
    resolution      text NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reports_open_idx ON reports (id DESC) WHERE resolved_at IS NULL;

CREATE TRIGGER notification_policies_changed AFTER INSERT OR UPDATE OR DELETE ON notification_policies FOR EACH ROW EXECUTE FUNCTION tell_change('account_id', 'account_id');
CREATE TRIGGER notification_requests_changed AFTER INSERT OR UPDATE OR DELETE ON notification_requests FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');

-- +goose Down
DROP TABLE reports, push_keys, push_subscriptions, notification_requests, notification_policies;
DELETE FROM notifications WHERE kind IN ('status', 'poll', 'update', 'report');
ALTER TABLE notifications DROP COLUMN filtered, DROP COLUMN report_id;
ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN ('mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated'));
