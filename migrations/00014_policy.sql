-- +goose Up

-- The names whose rule holds for a host, with or without port: itself, itself without port, and all parents with at least two
-- labels. internal/peer does the same in Go.
-- +goose StatementBegin
CREATE FUNCTION host_names(host text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ARRAY[lower(host), n.name] || ARRAY (
        SELECT array_to_string(n.labels[i:], '.') FROM generate_series(2, array_length(n.labels, 1) - 1) i)
    FROM (SELECT w.name, string_to_array(w.name, '.') AS labels FROM (SELECT regexp_replace(lower(host), ':[0-9]+$', '') AS name) w) n
$$;
-- +goose StatementEnd

-- The host, with its port where that is not the usual one, of a web address; null for anything else.
-- +goose StatementBegin
CREATE FUNCTION url_host(address text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(lower(substring(address FROM '^https?://([^/?#]+)')), CASE WHEN address LIKE 'https:%' THEN ':443$' ELSE ':80$' END, '')
$$;
-- +goose StatementEnd

-- The rule for a host: its own, or that of the nearest domain above it.
-- +goose StatementBegin
CREATE FUNCTION rule_of(host text) RETURNS SETOF domain_rules LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT * FROM domain_rules WHERE domain = ANY (host_names($1)) ORDER BY length(domain) DESC LIMIT 1
$$;
-- +goose StatementEnd

-- Whether anything is exchanged with a host: peer.Service.Refused for queries. Without any rule it looks nothing up.
-- +goose StatementBegin
CREATE FUNCTION federates(host text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN EXISTS (SELECT 1 FROM domain_rules) THEN coalesce(
            (SELECT r.severity <> 'suspend' AND (r.allowed OR r.network OR (SELECT mode = 'open' FROM federation_policy))
                FROM domain_rules r WHERE r.domain = ANY (host_names($1)) ORDER BY length(r.domain) DESC LIMIT 1),
            (SELECT mode = 'open' FROM federation_policy))
        ELSE (SELECT mode = 'open' FROM federation_policy) END
$$;
-- +goose StatementEnd

-- silenced is what moderators decided about one account; limited adds what holds for its domain. hidden is shown to nobody:
-- suspended by itself, or its domain does not federate. media_rejected: none of its pictures and files are shown.
ALTER TABLE accounts
    ADD COLUMN silenced       boolean NOT NULL DEFAULT false,
    ADD COLUMN hidden         boolean NOT NULL DEFAULT false,
    ADD COLUMN media_rejected boolean NOT NULL DEFAULT false;
-- Every list of posts asks whether an author is in here: it is small, and so is the index.
CREATE INDEX accounts_restricted_idx ON accounts (id) WHERE hidden OR limited;

-- What the rules make of an account that lives on a host and is known by a domain, which may be two names.
-- +goose StatementBegin
CREATE FUNCTION verdict_on(domain text, host text, OUT refused boolean, OUT silence boolean, OUT no_media boolean) LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF domain IS NULL THEN
        refused := false; silence := false; no_media := false;
        RETURN;
    END IF;
    refused := NOT (federates(domain) AND federates(coalesce(host, domain)));
    SELECT coalesce(bool_or(r.severity = 'silence'), false), coalesce(bool_or(r.reject_media), false) INTO silence, no_media
    FROM (SELECT * FROM rule_of(domain) UNION ALL SELECT * FROM rule_of(coalesce(host, domain))) r;
END $$;
-- +goose StatementEnd

-- No writer of accounts has to know the rules. Who adds an account while rules are being saved waits for them: neither would
-- see the other.
-- +goose StatementBegin
CREATE FUNCTION restrict_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    verdict record;
BEGIN
    IF NEW.domain IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock_shared('domain_rules'::regclass::oid::bigint);
    END IF;
    SELECT * INTO verdict FROM verdict_on(NEW.domain, url_host(NEW.uri));
    NEW.hidden := NEW.state = 'suspended' OR verdict.refused;
    NEW.limited := NEW.silenced OR verdict.silence;
    NEW.media_rejected := verdict.no_media;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER accounts_restricted BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION restrict_account();
CREATE TRIGGER accounts_restricted_again BEFORE UPDATE OF state, domain, silenced ON accounts FOR EACH ROW
    WHEN ((OLD.state, OLD.domain, OLD.silenced) IS DISTINCT FROM (NEW.state, NEW.domain, NEW.silenced)) EXECUTE FUNCTION restrict_account();

-- +goose StatementBegin
CREATE FUNCTION hold_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock('domain_rules'::regclass::oid::bigint);
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- What all accounts are after rules or the policy changed.
-- +goose StatementBegin
CREATE FUNCTION restrict_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH hosts AS (
        SELECT a.domain, url_host(a.uri) AS host FROM accounts a WHERE a.domain IS NOT NULL GROUP BY 1, 2
    ), verdicts AS MATERIALIZED (
        SELECT h.domain, h.host, v.refused, v.silence, v.no_media FROM hosts h CROSS JOIN LATERAL verdict_on(h.domain, h.host) v
    )
    UPDATE accounts a SET hidden = a.state = 'suspended' OR v.refused, limited = a.silenced OR v.silence, media_rejected = v.no_media
    FROM verdicts v
    WHERE a.domain = v.domain AND url_host(a.uri) IS NOT DISTINCT FROM v.host
        AND (a.hidden, a.limited, a.media_rejected) IS DISTINCT FROM (a.state = 'suspended' OR v.refused, a.silenced OR v.silence, v.no_media);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER domain_rules_hold BEFORE INSERT OR UPDATE OR DELETE ON domain_rules FOR EACH STATEMENT EXECUTE FUNCTION hold_accounts();
CREATE TRIGGER federation_policy_hold BEFORE UPDATE OF mode ON federation_policy FOR EACH STATEMENT EXECUTE FUNCTION hold_accounts();
CREATE TRIGGER domain_rules_restrict AFTER INSERT OR UPDATE OR DELETE ON domain_rules FOR EACH STATEMENT EXECUTE FUNCTION restrict_accounts();
CREATE TRIGGER federation_policy_restrict AFTER UPDATE OF mode ON federation_policy FOR EACH STATEMENT EXECUTE FUNCTION restrict_accounts();

-- Told once, however many accounts a rule concerns.
DROP TRIGGER accounts_limited_changed ON accounts;
-- +goose StatementBegin
CREATE FUNCTION tell_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changes', 'accounts update 0 0');
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER accounts_restricted_changed AFTER UPDATE OF hidden, limited, media_rejected, silenced ON accounts
    FOR EACH STATEMENT EXECUTE FUNCTION tell_accounts();

UPDATE accounts SET hidden = true WHERE state = 'suspended';
UPDATE federation_policy SET mode = mode;

-- A post that moderators took out of everyone's sight, here only. Its origin knows nothing of it, and an edit does not bring it back.
ALTER TABLE posts ADD COLUMN hidden boolean NOT NULL DEFAULT false;
CREATE TABLE hidden_posts (
    post_id    bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    account_id bigint REFERENCES accounts (id) ON DELETE SET NULL,
    reason     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- +goose StatementBegin
CREATE FUNCTION hide_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE posts SET hidden = false WHERE id = OLD.post_id;
    ELSE
        UPDATE posts SET hidden = true WHERE id = NEW.post_id;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER hidden_posts_hide AFTER INSERT OR DELETE ON hidden_posts FOR EACH ROW EXECUTE FUNCTION hide_post();

-- As in 00005, with what moderators hide: it goes from streams, and comes back as an edit does.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION tell_post() RETURNS trigger LANGUAGE plpgsql AS $$
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
    ELSIF TG_OP = 'UPDATE' AND (NEW.state = 'withdrawn' AND OLD.state <> 'withdrawn' OR NEW.hidden AND NOT OLD.hidden) THEN
        verb := 'withdraw';
    ELSIF TG_OP = 'UPDATE' AND (NEW.edited_at IS DISTINCT FROM OLD.edited_at OR OLD.hidden AND NOT NEW.hidden) THEN
        verb := 'edit';
    END IF;
    PERFORM pg_notify('changes', concat_ws(' ', 'posts', verb, NEW.id, 0));
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE hidden_posts;
DROP FUNCTION hide_post();
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION tell_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    verb text := 'touch';
BEGIN
    IF TG_OP = 'DELETE' THEN
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
ALTER TABLE posts DROP COLUMN hidden;
DROP TRIGGER accounts_restricted_changed ON accounts;
DROP FUNCTION tell_accounts();
CREATE TRIGGER accounts_limited_changed AFTER UPDATE OF limited ON accounts FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
DROP TRIGGER federation_policy_restrict ON federation_policy;
DROP TRIGGER domain_rules_restrict ON domain_rules;
DROP TRIGGER federation_policy_hold ON federation_policy;
DROP TRIGGER domain_rules_hold ON domain_rules;
DROP TRIGGER accounts_restricted_again ON accounts;
DROP TRIGGER accounts_restricted ON accounts;
DROP FUNCTION restrict_accounts(), hold_accounts(), restrict_account(), verdict_on(text, text);
DROP INDEX accounts_restricted_idx;
ALTER TABLE accounts DROP COLUMN silenced, DROP COLUMN hidden, DROP COLUMN media_rejected;
DROP FUNCTION federates(text), rule_of(text), url_host(text), host_names(text);
