-- +goose Up

-- A program that people let act for them. Its secret is stored as a hash.
CREATE TABLE oauth_apps (
    id            bigint PRIMARY KEY,
    client_id     text NOT NULL UNIQUE,
    secret_hash   bytea NOT NULL,
    name          text NOT NULL,
    website       text NOT NULL DEFAULT '',
    redirect_uris text[] NOT NULL,
    scopes        text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    used_at       timestamptz
);

-- What a person allowed, for the program to fetch once. Its token stands beside it: a code that comes a second time has been
-- stolen, and what was given for it ends.
CREATE TABLE oauth_codes (
    code_hash        bytea PRIMARY KEY,
    app_id           bigint NOT NULL REFERENCES oauth_apps (id) ON DELETE CASCADE,
    account_id       bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    redirect_uri     text NOT NULL,
    scopes           text NOT NULL,
    challenge        text NOT NULL DEFAULT '',
    challenge_method text NOT NULL DEFAULT '',
    created_at       timestamptz NOT NULL DEFAULT now(),
    expires_at       timestamptz NOT NULL,
    used_at          timestamptz,
    token_id         bigint REFERENCES api_tokens (id) ON DELETE SET NULL
);
CREATE INDEX oauth_codes_app_id_idx ON oauth_codes (app_id);
CREATE INDEX oauth_codes_token_id_idx ON oauth_codes (token_id) WHERE token_id IS NOT NULL;

-- A token of an app; without an account where the app acts for itself (client credentials).
ALTER TABLE api_tokens ADD COLUMN app_id bigint REFERENCES oauth_apps (id) ON DELETE CASCADE;
ALTER TABLE api_tokens ALTER COLUMN account_id DROP NOT NULL;
ALTER TABLE api_tokens ADD CONSTRAINT api_tokens_whose_check CHECK (account_id IS NOT NULL OR app_id IS NOT NULL);
CREATE INDEX api_tokens_app_id_idx ON api_tokens (app_id) WHERE app_id IS NOT NULL;

-- +goose Down
DELETE FROM api_tokens WHERE account_id IS NULL;
ALTER TABLE api_tokens DROP CONSTRAINT api_tokens_whose_check;
ALTER TABLE api_tokens ALTER COLUMN account_id SET NOT NULL;
ALTER TABLE api_tokens DROP COLUMN app_id;
DROP TABLE oauth_codes, oauth_apps;
