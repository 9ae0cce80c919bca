-- +goose Up

-- Where it is on, nobody publishes a practice alone.
ALTER TABLE organization ADD COLUMN four_eyes boolean NOT NULL DEFAULT false;

ALTER TABLE practices
    -- Grows with each change of the text in work. Whoever writes over it names the version they read; 0 is none.
    ADD COLUMN draft_version integer NOT NULL DEFAULT 1,
    -- Who changed the text in work last, and when; null when there is none.
    ADD COLUMN draft_account_id bigint REFERENCES accounts (id) ON DELETE SET NULL,
    ADD COLUMN draft_saved_at timestamptz,
    -- Readable, but no longer recommended: found only by who asks for it.
    ADD COLUMN archived_at timestamptz,
    ADD COLUMN archive_reason text NOT NULL DEFAULT '';
UPDATE practices pr SET draft_account_id = p.account_id, draft_saved_at = pr.updated_at
FROM posts p WHERE p.id = pr.post_id AND p.local AND pr.pending IS NOT NULL;

-- The text in work of a practice that somebody asked to approve, until it is published.
CREATE TABLE practice_reviews (
    post_id    bigint PRIMARY KEY REFERENCES practices (post_id) ON DELETE CASCADE,
    state      text NOT NULL CHECK (state IN ('asked', 'returned')),
    account_id bigint REFERENCES accounts (id) ON DELETE SET NULL, -- who asked
    asked_at   timestamptz NOT NULL
);
CREATE INDEX practice_reviews_asked_idx ON practice_reviews (asked_at) WHERE state = 'asked';
CREATE TRIGGER practice_reviews_changed AFTER INSERT OR UPDATE OR DELETE ON practice_reviews FOR EACH ROW EXECUTE FUNCTION tell_change('post_id', '');

-- Who did what with a practice, and what was said about it before it was published.
CREATE TABLE practice_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    post_id    bigint NOT NULL REFERENCES practices (post_id) ON DELETE CASCADE,
    account_id bigint REFERENCES accounts (id) ON DELETE SET NULL,
    event      text NOT NULL CHECK (event IN (
        'saved', 'asked', 'commented', 'returned', 'approved', 'reminded', 'published', 'changed', 'archived', 'restored', 'withdrawn')),
    text       text NOT NULL DEFAULT '', -- a comment or a reason
    revision   integer NOT NULL DEFAULT 0, -- the version that was published
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX practice_log_post_id_idx ON practice_log (post_id, id);
CREATE TRIGGER practice_log_changed AFTER INSERT OR UPDATE OR DELETE ON practice_log FOR EACH ROW EXECUTE FUNCTION tell_change('post_id', '');
INSERT INTO practice_log (post_id, account_id, event, revision, created_at)
SELECT r.post_id, r.account_id, CASE WHEN r.revision = 1 THEN 'published' ELSE 'changed' END, r.revision, r.created_at
FROM revisions r JOIN practices pr ON pr.post_id = r.post_id JOIN posts p ON p.id = r.post_id AND p.local
ORDER BY r.created_at, r.revision;
INSERT INTO practice_log (post_id, event, created_at)
SELECT p.id, 'withdrawn', p.withdrawn_at FROM posts p JOIN practices pr ON pr.post_id = p.id WHERE p.local AND p.withdrawn_at IS NOT NULL ORDER BY p.withdrawn_at;

ALTER TABLE notifications ADD COLUMN practice_log_id bigint REFERENCES practice_log (id) ON DELETE CASCADE;
CREATE INDEX notifications_practice_log_id_idx ON notifications (practice_log_id) WHERE practice_log_id IS NOT NULL;
-- Each event is told once.
DROP INDEX notifications_once_key;
CREATE UNIQUE INDEX notifications_once_key ON notifications (account_id, kind, from_account_id, coalesce(post_id, 0), coalesce(report_id, 0), coalesce(practice_log_id, 0));

-- +goose Down
DELETE FROM notifications WHERE practice_log_id IS NOT NULL;
DROP INDEX notifications_once_key;
CREATE UNIQUE INDEX notifications_once_key ON notifications (account_id, kind, from_account_id, coalesce(post_id, 0), coalesce(report_id, 0));
ALTER TABLE notifications DROP COLUMN practice_log_id;
DROP TABLE practice_log, practice_reviews;
ALTER TABLE practices DROP COLUMN draft_version, DROP COLUMN draft_account_id, DROP COLUMN draft_saved_at, DROP COLUMN archived_at, DROP COLUMN archive_reason;
ALTER TABLE organization DROP COLUMN four_eyes;
