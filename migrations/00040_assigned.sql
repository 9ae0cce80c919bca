-- +goose Up

-- An editor is told that a practice on the desk was given to them.
ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN (
    'mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated', 'status', 'poll', 'update', 'report', 'moved',
    'reuse', 'assessment', 'invited', 'review', 'saved_search', 'assigned'));

-- +goose Down
DELETE FROM notifications WHERE kind = 'assigned';
ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN (
    'mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated', 'status', 'poll', 'update', 'report', 'moved',
    'reuse', 'assessment', 'invited', 'review', 'saved_search'));
