-- +goose Up

-- Who assesses a practice says so in an answer to it; what the answer says beyond its text, the reason, stands here. One account may
-- assess a practice for several years.
CREATE TABLE assessments (
    post_id    bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    status     text NOT NULL CHECK (status IN ('critical', 'attention', 'uncritical')),
    progress   text NOT NULL CHECK (progress IN ('begun', 'advanced', 'completed')),
    urgent     boolean NOT NULL,
    -- The year it is about.
    horizon    integer NOT NULL CHECK (horizon BETWEEN 2000 AND 2200),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX posts_assessment_idx ON posts (in_reply_to_id) WHERE role = 'Assessment';
CREATE TRIGGER assessments_changed AFTER INSERT OR UPDATE OR DELETE ON assessments FOR EACH ROW EXECUTE FUNCTION tell_change('post_id', '');

-- Whom an editor, of ours or of another instance, asked to assess a practice. The practice is named by its ActivityPub id: an
-- invitation of another instance may come before it.
CREATE TABLE assessment_invitations (
    id            bigint PRIMARY KEY,
    practice_uri  text NOT NULL,
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    invited_by_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- The direct message that carries it to another instance, or brought it from there.
    note_id       bigint REFERENCES posts (id) ON DELETE SET NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    revoked_at    timestamptz
);
CREATE UNIQUE INDEX assessment_invitations_practice_uri_account_id_key ON assessment_invitations (practice_uri, account_id) WHERE revoked_at IS NULL;
CREATE INDEX assessment_invitations_account_id_idx ON assessment_invitations (account_id);
CREATE INDEX assessment_invitations_note_id_idx ON assessment_invitations (note_id) WHERE note_id IS NOT NULL;
CREATE TRIGGER assessment_invitations_changed AFTER INSERT OR UPDATE OR DELETE ON assessment_invitations FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');

-- +goose Down
DROP TABLE assessment_invitations;
DROP INDEX posts_assessment_idx;
DROP TABLE assessments;
