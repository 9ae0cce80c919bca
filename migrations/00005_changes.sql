-- +goose Up

-- Every process listens on the channel "changes": who keeps answers drops them, who streams looks the row up. Triggers tell it,
-- so that no writer can forget to. A message is "table verb id account": the account is 0 where it concerns everyone.

-- tell_change(id column, account column or '') is the trigger of tables with nothing to add.
-- +goose StatementBegin
CREATE FUNCTION tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
BEGIN
    PERFORM pg_notify('changes', concat_ws(' ', TG_TABLE_NAME, lower(TG_OP), changed ->> TG_ARGV[0],
        CASE WHEN TG_ARGV[1] = '' THEN '0' ELSE coalesce(changed ->> TG_ARGV[1], '0') END));
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- What became of a post: publish, edit, withdraw, or touch where only its counters moved.
-- +goose StatementBegin
CREATE FUNCTION tell_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    verb text := 'touch';
BEGIN
    IF TG_OP = 'DELETE' THEN
        -- Drafts have been seen by nobody but their authors, and not by clients; what was withdrawn is gone already.
        IF OLD.state <> 'draft' THEN
            PERFORM pg_notify('changes', concat_ws(' ', 'posts', CASE OLD.state WHEN 'published' THEN 'delete' ELSE 'touch' END, OLD.id, 0));
        END IF;
        RETURN NULL;
    END IF;
    IF NEW.state = 'draft' THEN
        RETURN NULL;
    END IF;
    IF NEW.state = 'published' AND (TG_OP = 'INSERT' OR OLD.state = 'draft') THEN
        verb := 'publish';
    ELSIF TG_OP = 'UPDATE' AND NEW.state = 'withdrawn' AND OLD.state <> 'withdrawn' THEN
        verb := 'withdraw';
    ELSIF TG_OP = 'UPDATE' AND NEW.edited_at IS DISTINCT FROM OLD.edited_at THEN
        verb := 'edit';
    END IF;
    PERFORM pg_notify('changes', concat_ws(' ', 'posts', verb, NEW.id, 0));
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER posts_changed AFTER INSERT OR UPDATE OR DELETE ON posts FOR EACH ROW EXECUTE FUNCTION tell_post();
CREATE TRIGGER boosts_changed AFTER INSERT OR UPDATE OR DELETE ON boosts FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
CREATE TRIGGER favourites_changed AFTER INSERT OR UPDATE OR DELETE ON favourites FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');
CREATE TRIGGER follows_changed AFTER INSERT OR UPDATE OR DELETE ON follows FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
CREATE TRIGGER notifications_changed AFTER INSERT OR UPDATE OR DELETE ON notifications FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');
CREATE TRIGGER practices_changed AFTER INSERT OR UPDATE OR DELETE ON practices FOR EACH ROW EXECUTE FUNCTION tell_change('post_id', '');
CREATE TRIGGER curations_changed AFTER INSERT OR UPDATE OR DELETE ON curations FOR EACH ROW EXECUTE FUNCTION tell_change('post_id', '');
CREATE TRIGGER organization_changed AFTER INSERT OR UPDATE OR DELETE ON organization FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
CREATE TRIGGER accounts_changed AFTER INSERT OR DELETE OR UPDATE OF username, domain, url, kind, display_name, note, note_source, level, region,
    approves_followers, discoverable, role, language, state ON accounts FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
CREATE TRIGGER api_tokens_changed AFTER DELETE OR UPDATE OF scopes, revoked_at ON api_tokens FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');

-- The numbers beside an account, kept by triggers at the end of each transaction so that its row is locked only for a moment.
CREATE TABLE account_stats (
    account_id      bigint PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    statuses_count  integer NOT NULL DEFAULT 0,
    followers_count integer NOT NULL DEFAULT 0,
    following_count integer NOT NULL DEFAULT 0,
    last_status_at  timestamptz
);

-- +goose StatementBegin
CREATE FUNCTION count_account(account bigint, statuses integer, followers integer, following integer, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account_stats s SET
        statuses_count = greatest(s.statuses_count + statuses, 0), followers_count = greatest(s.followers_count + followers, 0),
        following_count = greatest(s.following_count + following, 0), last_status_at = greatest(s.last_status_at, at)
    WHERE s.account_id = account;
    IF FOUND THEN
        RETURN;
    END IF;
    INSERT INTO account_stats AS s (account_id, statuses_count, followers_count, following_count, last_status_at)
    SELECT account, greatest(statuses, 0), greatest(followers, 0), greatest(following, 0), at
    WHERE EXISTS (SELECT 1 FROM accounts WHERE id = account)
    ON CONFLICT (account_id) DO UPDATE SET
        statuses_count = greatest(s.statuses_count + statuses, 0), followers_count = greatest(s.followers_count + followers, 0),
        following_count = greatest(s.following_count + following, 0), last_status_at = greatest(s.last_status_at, at);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION count_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- What only the addressed may see is not counted.
    before boolean := TG_OP <> 'INSERT' AND OLD.state = 'published' AND OLD.visibility <> 'direct';
    after  boolean := TG_OP <> 'DELETE' AND NEW.state = 'published' AND NEW.visibility <> 'direct';
BEGIN
    IF before AND NOT after THEN
        PERFORM count_account(OLD.account_id, -1, 0, 0, NULL);
    ELSIF after AND NOT before THEN
        PERFORM count_account(NEW.account_id, 1, 0, 0, NEW.published_at);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION count_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before boolean := TG_OP <> 'INSERT' AND OLD.state = 'accepted' AND OLD.undone_at IS NULL;
    after  boolean := TG_OP <> 'DELETE' AND NEW.state = 'accepted' AND NEW.undone_at IS NULL;
BEGIN
    IF before AND NOT after THEN
        PERFORM count_account(OLD.account_id, 0, 0, -1, NULL), count_account(OLD.target_id, 0, -1, 0, NULL);
    ELSIF after AND NOT before THEN
        PERFORM count_account(NEW.account_id, 0, 0, 1, NULL), count_account(NEW.target_id, 0, 1, 0, NULL);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

INSERT INTO account_stats (account_id, statuses_count, followers_count, following_count, last_status_at)
SELECT a.id, coalesce(p.n, 0), coalesce(f.n, 0), coalesce(r.n, 0), p.at
FROM accounts a
LEFT JOIN (SELECT account_id, count(*) AS n, max(published_at) AS at FROM posts WHERE state = 'published' AND visibility <> 'direct' GROUP BY 1) p ON p.account_id = a.id
LEFT JOIN (SELECT target_id, count(*) AS n FROM follows WHERE state = 'accepted' AND undone_at IS NULL GROUP BY 1) f ON f.target_id = a.id
LEFT JOIN (SELECT account_id, count(*) AS n FROM follows WHERE state = 'accepted' AND undone_at IS NULL GROUP BY 1) r ON r.account_id = a.id;

CREATE CONSTRAINT TRIGGER posts_counted AFTER INSERT OR DELETE OR UPDATE OF state, visibility ON posts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_post();
CREATE CONSTRAINT TRIGGER follows_counted AFTER INSERT OR DELETE OR UPDATE OF state, undone_at ON follows
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_follow();

-- +goose Down
DROP TRIGGER posts_counted ON posts;
DROP TRIGGER follows_counted ON follows;
DROP TRIGGER posts_changed ON posts;
DROP TRIGGER boosts_changed ON boosts;
DROP TRIGGER favourites_changed ON favourites;
DROP TRIGGER follows_changed ON follows;
DROP TRIGGER notifications_changed ON notifications;
DROP TRIGGER practices_changed ON practices;
DROP TRIGGER curations_changed ON curations;
DROP TRIGGER organization_changed ON organization;
DROP TRIGGER accounts_changed ON accounts;
DROP TRIGGER api_tokens_changed ON api_tokens;
DROP FUNCTION tell_change(), tell_post(), count_post(), count_follow(), count_account(bigint, integer, integer, integer, timestamptz);
DROP TABLE account_stats;
