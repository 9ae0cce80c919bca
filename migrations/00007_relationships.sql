-- +goose Up

-- How one account of ours takes another: what it hides, shuts out, notes and recommends. The ids page the lists.
ALTER TABLE follows ADD COLUMN show_boosts boolean NOT NULL DEFAULT true;
ALTER TABLE follows ADD COLUMN notify boolean NOT NULL DEFAULT false;
ALTER TABLE follows ADD COLUMN languages text[] NOT NULL DEFAULT '{}';
-- The lists of followers and followed are read by id.
DROP INDEX follows_target_id_idx;
CREATE INDEX follows_target_id_id_idx ON follows (target_id, id DESC) WHERE undone_at IS NULL;
CREATE INDEX follows_account_id_id_idx ON follows (account_id, id DESC) WHERE undone_at IS NULL;

CREATE TABLE blocks (
    id         bigint NOT NULL UNIQUE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    target_id  bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, target_id)
);
CREATE INDEX blocks_target_id_idx ON blocks (target_id);
CREATE INDEX blocks_account_id_id_idx ON blocks (account_id, id DESC);

CREATE TABLE mutes (
    id            bigint NOT NULL UNIQUE,
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    target_id     bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    notifications boolean NOT NULL DEFAULT true,
    expires_at    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, target_id)
);

CREATE INDEX mutes_account_id_id_idx ON mutes (account_id, id DESC);
CREATE INDEX mutes_expires_at_idx ON mutes (expires_at) WHERE expires_at IS NOT NULL;

-- A person's own list of instances to hear nothing of.
CREATE TABLE domain_blocks (
    id         bigint NOT NULL UNIQUE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    domain     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, domain)
);

CREATE INDEX domain_blocks_account_id_id_idx ON domain_blocks (account_id, id DESC);

CREATE TABLE account_notes (
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    target_id  bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    comment    text NOT NULL,
    PRIMARY KEY (account_id, target_id)
);

CREATE TABLE endorsements (
    id         bigint NOT NULL UNIQUE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    target_id  bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, target_id)
);

CREATE INDEX endorsements_account_id_id_idx ON endorsements (account_id, id DESC);

-- Accounts that a person does not want to be advised to follow.
CREATE TABLE suggestion_dismissals (
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    target_id  bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, target_id)
);

CREATE TRIGGER blocks_changed AFTER INSERT OR UPDATE OR DELETE ON blocks FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');
CREATE TRIGGER mutes_changed AFTER INSERT OR UPDATE OR DELETE ON mutes FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');
CREATE TRIGGER domain_blocks_changed AFTER INSERT OR UPDATE OR DELETE ON domain_blocks FOR EACH ROW EXECUTE FUNCTION tell_change('id', 'account_id');
CREATE TRIGGER account_notes_changed AFTER INSERT OR UPDATE OR DELETE ON account_notes FOR EACH ROW EXECUTE FUNCTION tell_change('target_id', 'account_id');
CREATE TRIGGER endorsements_changed AFTER INSERT OR UPDATE OR DELETE ON endorsements FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');

CREATE TRIGGER suggestion_dismissals_changed AFTER INSERT OR DELETE ON suggestion_dismissals FOR EACH ROW EXECUTE FUNCTION tell_change('target_id', 'account_id');

-- People are found by how a word of their name begins.
CREATE FUNCTION account_words(username text, display_name text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector('simple'::regconfig, translate(username || ' ' || display_name, '.-_@/', '     '));
CREATE INDEX accounts_words_idx ON accounts USING gin (account_words(username, display_name)) WHERE state = 'active';
CREATE INDEX accounts_username_idx ON accounts (lower(username) text_pattern_ops);

-- What a person shows of themselves, and how they like to write.
ALTER TABLE accounts ADD COLUMN avatar text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN header text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN fields jsonb NOT NULL DEFAULT '[]';
ALTER TABLE accounts ADD COLUMN bot boolean NOT NULL DEFAULT false;
ALTER TABLE accounts ADD COLUMN hide_collections boolean NOT NULL DEFAULT false;
ALTER TABLE accounts ADD COLUMN indexable boolean NOT NULL DEFAULT true;
ALTER TABLE accounts ADD COLUMN default_visibility text NOT NULL DEFAULT 'public' CHECK (default_visibility IN ('public', 'unlisted', 'followers', 'direct'));
ALTER TABLE accounts ADD COLUMN default_sensitive boolean NOT NULL DEFAULT false;
CREATE TRIGGER accounts_shown_changed AFTER UPDATE OF avatar, header, fields, bot, hide_collections, indexable, default_visibility, default_sensitive
    ON accounts FOR EACH ROW EXECUTE FUNCTION tell_change('id', '');

-- +goose Down
DROP TRIGGER accounts_shown_changed ON accounts;
ALTER TABLE accounts DROP COLUMN avatar, DROP COLUMN header, DROP COLUMN fields, DROP COLUMN bot, DROP COLUMN hide_collections, DROP COLUMN indexable,
    DROP COLUMN default_visibility, DROP COLUMN default_sensitive;
DROP INDEX accounts_words_idx, accounts_username_idx;
DROP FUNCTION account_words(text, text);
DROP TABLE suggestion_dismissals, endorsements, account_notes, domain_blocks, mutes, blocks;
DROP INDEX follows_target_id_id_idx, follows_account_id_id_idx;
CREATE INDEX follows_target_id_idx ON follows (target_id) WHERE undone_at IS NULL;
ALTER TABLE follows DROP COLUMN show_boosts, DROP COLUMN notify, DROP COLUMN languages;
