-- +goose Up

CREATE TABLE followed_tags (
    id         bigint NOT NULL UNIQUE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name       text NOT NULL, -- lower case
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, name)
);

CREATE TABLE featured_tags (
    id         bigint NOT NULL UNIQUE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name       text NOT NULL, -- as its owner writes it
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX featured_tags_account_id_name_key ON featured_tags (account_id, lower(name));

-- The page of a hashtag is read by id.
DROP INDEX tags_name_idx;
-- By text_pattern_ops, so that it also serves a search by the beginning of a name.
CREATE INDEX tags_name_post_id_idx ON tags (lower(name) text_pattern_ops, post_id DESC);

-- The public timelines of ours and of others: neither is a needle among the other.
CREATE INDEX posts_public_local_idx ON posts (local, id DESC) WHERE state = 'published' AND visibility = 'public' AND in_reply_to_id IS NULL AND in_reply_to_uri = '';

CREATE TABLE lists (
    id             bigint PRIMARY KEY,
    account_id     bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    title          text NOT NULL,
    replies_policy text NOT NULL DEFAULT 'list' CHECK (replies_policy IN ('followed', 'list', 'none')),
    exclusive      boolean NOT NULL DEFAULT false,
    created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX lists_account_id_idx ON lists (account_id);

CREATE TABLE list_members (
    id        bigint NOT NULL UNIQUE,
    list_id   bigint NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
    target_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (list_id, target_id)
);
CREATE INDEX list_members_target_id_idx ON list_members (target_id);

CREATE TABLE filters (
    id         bigint PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    title      text NOT NULL,
    contexts   text[] NOT NULL,
    action     text NOT NULL DEFAULT 'warn' CHECK (action IN ('warn', 'hide', 'blur')),
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX filters_account_id_idx ON filters (account_id);

CREATE TABLE filter_keywords (
    id         bigint PRIMARY KEY,
    filter_id  bigint NOT NULL REFERENCES filters (id) ON DELETE CASCADE,
    keyword    text NOT NULL,
    whole_word boolean NOT NULL DEFAULT true
);
CREATE INDEX filter_keywords_filter_id_idx ON filter_keywords (filter_id);

CREATE TABLE filter_statuses (
    id        bigint PRIMARY KEY,
    filter_id bigint NOT NULL REFERENCES filters (id) ON DELETE CASCADE,
    post_id   bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    UNIQUE (filter_id, post_id)
);
CREATE INDEX filter_statuses_post_id_idx ON filter_statuses (post_id);

-- How far someone has read, shared by all their clients.
CREATE TABLE markers (
    account_id   bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    timeline     text NOT NULL CHECK (timeline IN ('home', 'notifications')),
    last_read_id bigint NOT NULL,
    version      integer NOT NULL DEFAULT 1,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, timeline)
);

-- A filter and its parts are one: whose it is, and that it changed, is told once for all that a transaction does to it.
-- +goose StatementBegin
CREATE FUNCTION tell_filter() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.filter_id ELSE NEW.filter_id END;
BEGIN
    -- Where the filter itself has gone, it was told.
    PERFORM pg_notify('changes', concat_ws(' ', 'filters', 'update', f.id, f.account_id)) FROM filters f WHERE f.id = changed;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER filter_keywords_changed AFTER INSERT OR UPDATE OR DELETE ON filter_keywords FOR EACH ROW EXECUTE FUNCTION tell_filter();
CREATE TRIGGER filter_statuses_changed AFTER INSERT OR UPDATE OR DELETE ON filter_statuses FOR EACH ROW EXECUTE FUNCTION tell_filter();
CREATE TRIGGER followed_tags_changed AFTER INSERT OR UPDATE OR DELETE ON followed_tags FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');
CREATE TRIGGER featured_tags_changed AFTER INSERT OR UPDATE OR DELETE ON featured_tags FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
CREATE TRIGGER lists_changed AFTER INSERT OR UPDATE OR DELETE ON lists FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');
CREATE TRIGGER list_members_changed AFTER INSERT OR UPDATE OR DELETE ON list_members FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
CREATE TRIGGER filters_changed AFTER INSERT OR UPDATE OR DELETE ON filters FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');
CREATE TRIGGER markers_changed AFTER INSERT OR UPDATE OR DELETE ON markers FOR EACH ROW EXECUTE FUNCTION tell_change('last_read_id', 'account_id');

-- +goose Down
DROP INDEX posts_public_local_idx;
DROP TABLE markers, filter_statuses, filter_keywords, filters, list_members, lists, featured_tags, followed_tags;
DROP FUNCTION tell_filter();
DROP INDEX tags_name_post_id_idx;
CREATE INDEX tags_name_idx ON tags (lower(name));
