-- +goose Up

-- How this instance federates as a whole; one row.
CREATE TABLE federation_policy (
    id               smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    -- open: with everyone who is not blocked; allowlist: only with those who are allowed.
    mode             text NOT NULL DEFAULT 'open' CHECK (mode IN ('open', 'allowlist')),
    -- Whether objects and collections are given to signed requests only (secure mode).
    authorized_fetch boolean NOT NULL DEFAULT false,
    -- Whether visitors can read the list of rules.
    rules_public     boolean NOT NULL DEFAULT false,
    updated_at       timestamptz NOT NULL DEFAULT now()
);
INSERT INTO federation_policy DEFAULT VALUES;

-- What an administrator decided about a domain and all names below it.
CREATE TABLE domain_rules (
    domain          text PRIMARY KEY CHECK (domain = lower(domain) AND domain <> ''),
    -- '': nothing is restricted; silence: only followers see it; suspend: nothing comes in or goes out.
    severity        text NOT NULL DEFAULT '' CHECK (severity IN ('', 'silence', 'suspend')),
    -- Federates also where only the allowed do.
    allowed         boolean NOT NULL DEFAULT false,
    -- Belongs to our administration network (Verbund).
    network         boolean NOT NULL DEFAULT false,
    reject_media    boolean NOT NULL DEFAULT false,
    reject_reports  boolean NOT NULL DEFAULT false,
    obfuscate       boolean NOT NULL DEFAULT false,
    public_comment  text NOT NULL DEFAULT '',
    private_comment text NOT NULL DEFAULT '',
    created_by_id   bigint REFERENCES accounts (id) ON DELETE SET NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (NOT (severity = 'suspend' AND (allowed OR network)))
);
INSERT INTO domain_rules (domain, severity) SELECT lower(host), 'suspend' FROM peers WHERE blocked;
ALTER TABLE peers DROP COLUMN blocked;

-- Accounts of silenced domains and those silenced one by one, kept up by the rules.
ALTER TABLE accounts ADD COLUMN limited boolean NOT NULL DEFAULT false;

CREATE TRIGGER federation_policy_changed AFTER INSERT OR UPDATE OR DELETE ON federation_policy FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
-- A rule has no number; that one changed is all that is said.
-- +goose StatementBegin
CREATE FUNCTION tell_domain_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changes', 'domain_rules ' || lower(TG_OP) || ' 0 0');
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER domain_rules_changed AFTER INSERT OR UPDATE OR DELETE ON domain_rules FOR EACH STATEMENT EXECUTE FUNCTION tell_domain_rule();
CREATE TRIGGER accounts_limited_changed AFTER UPDATE OF limited ON accounts FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');

-- +goose Down
DROP TRIGGER accounts_limited_changed ON accounts;
ALTER TABLE accounts DROP COLUMN limited;
ALTER TABLE peers ADD COLUMN blocked boolean NOT NULL DEFAULT false;
INSERT INTO peers (host, blocked) SELECT domain, true FROM domain_rules WHERE severity = 'suspend' ON CONFLICT (host) DO UPDATE SET blocked = true;
DROP TABLE domain_rules, federation_policy;
DROP FUNCTION tell_domain_rule();
