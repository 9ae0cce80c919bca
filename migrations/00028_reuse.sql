-- +goose Up

-- Who reuses a practice says so in an answer to it; what the answer says beyond its text stands here. To which practice it belongs
-- stands in posts.in_reply_to_id: an answer that came before its practice hangs below it later.
CREATE TABLE reuses (
    post_id           bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    state             text NOT NULL CHECK (state IN ('planned', 'implementing', 'in-use', 'rejected')),
    organization_name text NOT NULL DEFAULT '',
    organization_url  text NOT NULL DEFAULT '',
    level             text NOT NULL DEFAULT '',
    region            text NOT NULL DEFAULT '',
    -- The ActivityPub id of the reuser's own practice.
    practice_uri      text NOT NULL DEFAULT '',
    figures           jsonb NOT NULL DEFAULT '[]',
    updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reuses_practice_uri_idx ON reuses (practice_uri) WHERE practice_uri <> '';
CREATE INDEX posts_reuse_idx ON posts (in_reply_to_id) WHERE role = 'Reuse';
CREATE TRIGGER reuses_changed AFTER INSERT OR UPDATE OR DELETE ON reuses FOR EACH ROW EXECUTE FUNCTION tell_change('post_id', '');

-- +goose Down
DROP INDEX posts_reuse_idx;
DROP TABLE reuses;
