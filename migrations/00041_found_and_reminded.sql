-- +goose Up

-- Documents and editions are found by their words like discussions.
ALTER TABLE note_index ADD COLUMN publication boolean NOT NULL DEFAULT false;
DROP TRIGGER posts_note_index ON posts;
CREATE TRIGGER posts_note_index AFTER INSERT OR UPDATE OF title, summary, html, state, hidden, visibility, board_id ON posts
    FOR EACH ROW WHEN (NEW.kind <> 'article' OR NEW.role IN ('Document', 'Edition')) EXECUTE FUNCTION note_index_follow();
INSERT INTO search_queue (post_id)
SELECT id FROM posts WHERE kind = 'article' AND role IN ('Document', 'Edition') AND state = 'published' AND NOT hidden AND visibility IN ('public', 'network') ON CONFLICT DO NOTHING;

-- Editors are told once that an entry of the directory waits to be confirmed, and again when that is so a year later.
ALTER TABLE directory_entries ADD COLUMN reminded_at timestamptz;
CREATE INDEX directory_entries_confirmed_at_idx ON directory_entries (confirmed_at) WHERE account_id IS NULL;
ALTER TABLE notifications ADD COLUMN directory_entry_id bigint REFERENCES directory_entries (id) ON DELETE CASCADE;
CREATE INDEX notifications_directory_entry_id_idx ON notifications (directory_entry_id) WHERE directory_entry_id IS NOT NULL;
DROP INDEX notifications_once_key;
CREATE UNIQUE INDEX notifications_once_key ON notifications (account_id, kind, from_account_id, coalesce(post_id, 0), coalesce(report_id, 0), coalesce(practice_log_id, 0), coalesce(directory_entry_id, 0));
ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN (
    'mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated', 'status', 'poll', 'update', 'report', 'moved',
    'reuse', 'assessment', 'invited', 'review', 'saved_search', 'assigned', 'unconfirmed'));

-- +goose Down
DELETE FROM notifications WHERE kind = 'unconfirmed';
ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN (
    'mention', 'reply', 'follow', 'follow_request', 'favourite', 'boost', 'curated', 'status', 'poll', 'update', 'report', 'moved',
    'reuse', 'assessment', 'invited', 'review', 'saved_search', 'assigned'));
DROP INDEX notifications_once_key;
CREATE UNIQUE INDEX notifications_once_key ON notifications (account_id, kind, from_account_id, coalesce(post_id, 0), coalesce(report_id, 0), coalesce(practice_log_id, 0));
ALTER TABLE notifications DROP COLUMN directory_entry_id;
DROP INDEX directory_entries_confirmed_at_idx;
ALTER TABLE directory_entries DROP COLUMN reminded_at;
DELETE FROM note_index WHERE publication;
DELETE FROM search_queue q USING posts p WHERE p.id = q.post_id AND p.kind = 'article';
ALTER TABLE note_index DROP COLUMN publication;
DROP TRIGGER posts_note_index ON posts;
CREATE TRIGGER posts_note_index AFTER INSERT OR UPDATE OF title, summary, html, state, hidden, visibility, board_id ON posts
    FOR EACH ROW WHEN (NEW.kind <> 'article') EXECUTE FUNCTION note_index_follow();
