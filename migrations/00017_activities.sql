-- +goose Up

-- Under which other names someone is known, and where they have moved to, as the account itself says. moved_at is when a Move was
-- last carried out: the account's own word that it has moved makes nobody follow the new one.
ALTER TABLE accounts ADD COLUMN also_known_as text[] NOT NULL DEFAULT '{}';
ALTER TABLE accounts ADD COLUMN moved_to_uri text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN moved_at timestamptz;
CREATE TRIGGER accounts_moved_changed AFTER UPDATE OF also_known_as, moved_to_uri ON accounts FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');

-- The id of a block that another server told us of; ours have one built on their number.
ALTER TABLE blocks ADD COLUMN uri text NOT NULL DEFAULT '';

-- Reports of other servers: of who reported, only the host is kept, and the id by which a repeat is known.
ALTER TABLE reports ADD COLUMN host text NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN uri text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX reports_uri_key ON reports (uri, target_id) WHERE uri <> '';
CREATE INDEX reports_host_idx ON reports (host, created_at) WHERE host <> '';

ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN (
    'mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated', 'status', 'poll', 'update', 'report', 'moved'));

-- +goose Down
DELETE FROM notifications WHERE kind = 'moved';
ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN (
    'mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated', 'status', 'poll', 'update', 'report'));
DROP INDEX reports_uri_key, reports_host_idx;
ALTER TABLE reports DROP COLUMN host, DROP COLUMN uri;
ALTER TABLE blocks DROP COLUMN uri;
DROP TRIGGER accounts_moved_changed ON accounts;
ALTER TABLE accounts DROP COLUMN also_known_as, DROP COLUMN moved_to_uri, DROP COLUMN moved_at;
