-- +goose Up

-- How requests to a host are signed, and how we know.
ALTER TABLE peers
    ADD COLUMN sig_scheme     text NOT NULL DEFAULT '' CHECK (sig_scheme IN ('', 'cavage', 'rfc9421')),
    ADD COLUMN sig_learned_at timestamptz,
    ADD COLUMN sig_evidence   text NOT NULL DEFAULT '' CHECK (sig_evidence IN ('', 'knock', 'signed', 'implements'));
CREATE INDEX peers_sig_learned_at_idx ON peers (sig_learned_at DESC) WHERE sig_learned_at IS NOT NULL;

-- Keys that our accounts signed with before: what was made until the Update that tells of the next key is signed by them.
CREATE TABLE former_keys (
    id              bigserial PRIMARY KEY,
    account_id      bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    private_key_pem text NOT NULL,
    rotated_at      timestamptz NOT NULL,
    told_at         timestamptz -- when that Update was made
);
CREATE INDEX former_keys_account_id_idx ON former_keys (account_id);

-- Processes keep keys in memory, ours and others'. They hear when one changes, or whether its owner may still act.
-- +goose StatementBegin
CREATE FUNCTION tell_account_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changes', concat_ws(' ', 'account_keys', lower(TG_OP), NEW.id, NEW.id));
    RETURN NULL;
END $$;
CREATE FUNCTION tell_former_key() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    account bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.account_id ELSE NEW.account_id END;
BEGIN
    PERFORM pg_notify('changes', concat_ws(' ', 'account_keys', lower(TG_OP), account, account));
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER accounts_key_changed AFTER UPDATE ON accounts FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.limited IS DISTINCT FROM NEW.limited OR OLD.domain IS DISTINCT FROM NEW.domain
        OR OLD.public_key_id IS DISTINCT FROM NEW.public_key_id OR OLD.public_key_pem IS DISTINCT FROM NEW.public_key_pem
        OR OLD.private_key_pem IS DISTINCT FROM NEW.private_key_pem)
    EXECUTE FUNCTION tell_account_key();
CREATE TRIGGER former_keys_changed AFTER INSERT OR UPDATE OR DELETE ON former_keys FOR EACH ROW EXECUTE FUNCTION tell_former_key();

-- +goose Down
DROP TRIGGER accounts_key_changed ON accounts;
DROP TABLE former_keys;
DROP FUNCTION tell_account_key(), tell_former_key();
ALTER TABLE peers DROP COLUMN sig_scheme, DROP COLUMN sig_learned_at, DROP COLUMN sig_evidence;
