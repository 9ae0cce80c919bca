-- +goose Up

-- The names whose rule holds for a host, with or without port: itself, itself without port, and all parents with at least two
-- labels. internal/peer does the same in Go. These functions are asked for each row of large statements: plpgsql keeps their
-- plans, and takes a tenth of what sql does.
-- +goose StatementBegin
CREATE FUNCTION host_names(host text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    name  text := regexp_replace(lower(host), ':[0-9]+$', '');
    names text[] := ARRAY[lower(host), name];
BEGIN
    LOOP
        name := substr(name, nullif(strpos(name, '.'), 0) + 1);
        IF name IS NULL OR strpos(name, '.') = 0 THEN
            RETURN names;
        END IF;
        names := names || name;
    END LOOP;
END $$;
-- +goose StatementEnd

-- The host, with its port where that is not the usual one, of a web address; null for anything else.
-- +goose StatementBegin
CREATE FUNCTION url_host(address text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN regexp_replace(lower(substring(address FROM '^https?://([^/?#]+)')), CASE WHEN address LIKE 'https:%' THEN ':443$' ELSE ':80$' END, '');
END $$;
-- +goose StatementEnd

-- The rule for a host, its own or that of the nearest domain above it, as all that others do with it depends on: whether
-- nothing is exchanged, whether its people are silenced, whether its media are refused.
-- +goose StatementBegin
CREATE FUNCTION verdict_on(host text, OUT refused boolean, OUT silence boolean, OUT no_media boolean) LANGUAGE plpgsql STABLE AS $$
DECLARE
    closed boolean := mode = 'allowlist' FROM federation_policy;
BEGIN
    SELECT r.severity = 'suspend' OR closed AND NOT r.allowed AND NOT r.network, r.severity = 'silence', r.reject_media
    INTO refused, silence, no_media
    FROM domain_rules r WHERE r.domain = ANY (host_names(host)) ORDER BY length(r.domain) DESC LIMIT 1;
    IF NOT FOUND THEN
        refused := closed; silence := false; no_media := false;
    END IF;
END $$;
-- +goose StatementEnd

-- Whether anything is exchanged with a host: peer.Service.Refused for queries.
-- +goose StatementBegin
CREATE FUNCTION federates(host text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce(
        (SELECT r.severity <> 'suspend' AND (r.allowed OR r.network OR p.mode = 'open') FROM domain_rules r
            WHERE r.domain = ANY (host_names(host)) ORDER BY length(r.domain) DESC LIMIT 1),
        p.mode = 'open') FROM federation_policy p;
END $$;
-- +goose StatementEnd

-- silenced is what moderators decided about one account; limited adds what holds for its domain. hidden is shown to nobody:
-- suspended by itself, or its domain does not federate. media_rejected: none of its pictures and files are shown.
ALTER TABLE accounts
    ADD COLUMN silenced       boolean NOT NULL DEFAULT false,
    ADD COLUMN hidden         boolean NOT NULL DEFAULT false,
    ADD COLUMN media_rejected boolean NOT NULL DEFAULT false;
-- Every list of posts asks whether an author is in here: it is small, and so is the index.
CREATE INDEX accounts_restricted_idx ON accounts (id) WHERE hidden OR limited;

-- What the rules make of an account that is known by a domain and lives on a host, which may be two names.
-- +goose StatementBegin
CREATE FUNCTION verdict_on_account(domain text, uri text, OUT refused boolean, OUT silence boolean, OUT no_media boolean) LANGUAGE plpgsql STABLE AS $$
DECLARE
    host text := url_host(uri);
    home record;
BEGIN
    IF domain IS NULL OR NOT EXISTS (SELECT 1 FROM domain_rules) THEN
        refused := domain IS NOT NULL AND (SELECT mode = 'allowlist' FROM federation_policy);
        silence := false; no_media := false;
        RETURN;
    END IF;
    SELECT * INTO refused, silence, no_media FROM verdict_on(domain);
    IF host <> domain THEN
        SELECT * INTO home FROM verdict_on(host);
        refused := refused OR home.refused; silence := silence OR home.silence; no_media := no_media OR home.no_media;
    END IF;
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
    SELECT * INTO verdict FROM verdict_on_account(NEW.domain, NEW.uri);
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
    -- One verdict for all accounts of a host.
    WITH homes AS (
        SELECT a.domain, substring(a.uri FROM '^https?://[^/?#]+') AS origin FROM accounts a WHERE a.domain IS NOT NULL GROUP BY 1, 2
    ), verdicts AS MATERIALIZED (
        SELECT h.domain, h.origin, v.refused, v.silence, v.no_media FROM homes h CROSS JOIN LATERAL verdict_on_account(h.domain, h.origin) v
    )
    UPDATE accounts a SET hidden = a.state = 'suspended' OR v.refused, limited = a.silenced OR v.silence, media_rejected = v.no_media
    FROM verdicts v
    WHERE a.domain = v.domain AND substring(a.uri FROM '^https?://[^/?#]+') IS NOT DISTINCT FROM v.origin
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
DROP FUNCTION restrict_accounts(), hold_accounts(), restrict_account(), verdict_on_account(text, text);
DROP INDEX accounts_restricted_idx;
ALTER TABLE accounts DROP COLUMN silenced, DROP COLUMN hidden, DROP COLUMN media_rejected;
DROP FUNCTION federates(text), verdict_on(text), url_host(text), host_names(text);
