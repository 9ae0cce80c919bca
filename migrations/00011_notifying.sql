-- +goose Up

ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN (
    'mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated', 'status', 'poll', 'update', 'report'));
-- Kept apart by the reader's policy: shown only below the request of whoever caused it.
ALTER TABLE notifications ADD COLUMN filtered boolean NOT NULL DEFAULT false;
ALTER TABLE notifications ADD COLUMN report_id bigint;
DROP INDEX notifications_once_key;
CREATE UNIQUE INDEX notifications_once_key ON notifications (account_id, kind, from_account_id, coalesce(post_id, 0), coalesce(report_id, 0));

-- Clients show what is alike as one: favourites and boosts of a post, and new followers, of one day. The upper 48 bits of an
-- id are milliseconds. What is filtered stands alone.
ALTER TABLE notifications ADD COLUMN group_key text NOT NULL GENERATED ALWAYS AS (CASE
    WHEN filtered THEN ''
    WHEN kind = 'favourite' THEN 'favourite-' || post_id::text || '-' || ((id >> 16) / 86400000)::text
    WHEN kind = 'boost' THEN 'reblog-' || post_id::text || '-' || ((id >> 16) / 86400000)::text
    WHEN kind = 'follow' THEN 'follow-' || ((id >> 16) / 86400000)::text
    ELSE '' END) STORED;
-- The newest of its group, kept by a trigger: a page of groups reads heads and nothing else.
ALTER TABLE notifications ADD COLUMN head boolean NOT NULL DEFAULT true;
UPDATE notifications n SET head = false
WHERE group_key <> '' AND EXISTS (SELECT 1 FROM notifications m WHERE m.account_id = n.account_id AND m.group_key = n.group_key AND m.id > n.id);

CREATE INDEX notifications_heads_idx ON notifications (account_id, id DESC) WHERE head AND NOT filtered;
CREATE INDEX notifications_group_idx ON notifications (account_id, group_key, id DESC) WHERE group_key <> '';
CREATE INDEX notifications_kind_idx ON notifications (account_id, kind, id DESC);
CREATE INDEX notifications_from_idx ON notifications (account_id, from_account_id, id DESC);
CREATE INDEX notifications_unread_idx ON notifications (account_id, id DESC) WHERE read_at IS NULL;
CREATE INDEX notifications_post_id_idx ON notifications (post_id) WHERE post_id IS NOT NULL;

-- elect_head makes the newest of a group its head. Its reader's row is locked, so that two that come at once do not both win.
-- +goose StatementBegin
CREATE FUNCTION elect_head() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reader bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.account_id ELSE NEW.account_id END;
    key    text   := CASE TG_OP WHEN 'DELETE' THEN OLD.group_key ELSE NEW.group_key END;
    newest bigint;
BEGIN
    PERFORM 1 FROM accounts WHERE id = reader FOR NO KEY UPDATE;
    SELECT id INTO newest FROM notifications WHERE account_id = reader AND group_key = key AND group_key <> '' ORDER BY id DESC LIMIT 1;
    UPDATE notifications SET head = false
    WHERE account_id = reader AND group_key = key AND head AND NOT filtered AND id <> newest;
    UPDATE notifications SET head = true WHERE id = newest AND NOT head;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER notifications_grouped AFTER INSERT OR UPDATE OF filtered ON notifications
    FOR EACH ROW WHEN (NEW.group_key <> '') EXECUTE FUNCTION elect_head();
CREATE TRIGGER notifications_ungrouped AFTER DELETE ON notifications
    FOR EACH ROW WHEN (OLD.head AND OLD.group_key <> '') EXECUTE FUNCTION elect_head();
-- Who leads a group is nothing that clients must be told.
DROP TRIGGER notifications_changed ON notifications;
CREATE TRIGGER notifications_changed AFTER INSERT OR DELETE OR UPDATE OF read_at, filtered ON notifications
    FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');

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
CREATE INDEX notification_requests_waiting_idx ON notification_requests (account_id, id DESC) WHERE state = 'waiting';
CREATE INDEX notifications_filtered_idx ON notifications (account_id, from_account_id, id DESC) WHERE filtered;

-- Where a client wants to be woken (RFC 8030); one per token.
CREATE TABLE push_subscriptions (
    -- A small number: clients read it into 32 bits.
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_id   bigint NOT NULL UNIQUE REFERENCES api_tokens (id) ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    endpoint   text NOT NULL,
    p256dh     text NOT NULL,
    auth       text NOT NULL,
    alerts     jsonb NOT NULL DEFAULT '{}',
    policy     text NOT NULL DEFAULT 'all' CHECK (policy IN ('all', 'followed', 'follower', 'none')),
    -- Since when nothing got through; parked is given up until the client asks again.
    failing_since timestamptz,
    parked     boolean NOT NULL DEFAULT false,
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
CREATE INDEX reports_account_id_idx ON reports (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX reports_target_id_idx ON reports (target_id);

CREATE TRIGGER notification_policies_changed AFTER INSERT OR UPDATE OR DELETE ON notification_policies FOR EACH ROW EXECUTE FUNCTION tell_change('account_id', 'account_id');
CREATE TRIGGER notification_requests_changed AFTER INSERT OR UPDATE OR DELETE ON notification_requests FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');
CREATE TRIGGER push_subscriptions_changed AFTER INSERT OR DELETE OR UPDATE OF endpoint, p256dh, auth, alerts, policy
    ON push_subscriptions FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');

-- +goose Down
DROP TABLE reports, push_keys, push_subscriptions, notification_requests, notification_policies;
DROP TRIGGER notifications_grouped ON notifications;
DROP TRIGGER notifications_ungrouped ON notifications;
DROP TRIGGER notifications_changed ON notifications;
DROP FUNCTION elect_head();
DELETE FROM notifications WHERE kind IN ('status', 'poll', 'update', 'report') OR filtered;
DROP INDEX notifications_once_key, notifications_kind_idx, notifications_from_idx, notifications_unread_idx, notifications_post_id_idx;
ALTER TABLE notifications DROP COLUMN group_key, DROP COLUMN head, DROP COLUMN filtered, DROP COLUMN report_id;
CREATE UNIQUE INDEX notifications_once_key ON notifications (account_id, kind, from_account_id, coalesce(post_id, 0));
CREATE TRIGGER notifications_changed AFTER INSERT OR UPDATE OR DELETE ON notifications FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');
ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN ('mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated'));
