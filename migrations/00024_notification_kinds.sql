-- +goose Up

ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN (
    'mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated', 'status', 'poll', 'update', 'report', 'moved',
    'reuse', 'assessment', 'invited', 'review', 'saved_search'));

-- +goose Down
DELETE FROM notifications WHERE kind IN ('reuse', 'assessment', 'invited', 'review', 'saved_search');
ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN (
    'mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated', 'status', 'poll', 'update', 'report', 'moved'));
