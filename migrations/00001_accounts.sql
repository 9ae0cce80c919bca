-- +goose Up

-- The one organisation this instance belongs to.
CREATE TABLE organization (
    id            smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    name          text NOT NULL,
    short_name    text NOT NULL,
    description   text NOT NULL DEFAULT '',
    level         text NOT NULL CHECK (level IN ('bund', 'land', 'kommune', 'verband', 'extern')),
    region        text NOT NULL DEFAULT '',
    website       text NOT NULL DEFAULT '',
    contact_name  text NOT NULL DEFAULT '',
    contact_email text NOT NULL DEFAULT '',
    imprint       text NOT NULL DEFAULT '',
    privacy       text NOT NULL DEFAULT '',
    curates       boolean NOT NULL DEFAULT false,
    updated_at    timestamptz NOT NULL DEFAULT now()
);

-- Everyone who can publish: people, groups, services; ours (domain is null) and others'.
CREATE TABLE accounts (
    id                bigint PRIMARY KEY,
    username          text NOT NULL,
    domain            text,
    uri               text NOT NULL UNIQUE,
    url               text NOT NULL DEFAULT '',
    kind              text NOT NULL CHECK (kind IN ('person', 'group', 'application', 'service', 'organization')),
    display_name      text NOT NULL DEFAULT '',
    note              text NOT NULL DEFAULT '',
    note_source       text NOT NULL DEFAULT '',
    level             text NOT NULL DEFAULT '',
    region            text NOT NULL DEFAULT '',
    inbox_uri         text NOT NULL DEFAULT '',
    shared_inbox_uri  text NOT NULL DEFAULT '',
    outbox_uri        text NOT NULL DEFAULT '',
    followers_uri     text NOT NULL DEFAULT '',
    following_uri     text NOT NULL DEFAULT '',
    featured_uri      text NOT NULL DEFAULT '',
    catalog_uri       text NOT NULL DEFAULT '',
    forum_uri         text NOT NULL DEFAULT '',
    public_key_id     text NOT NULL DEFAULT '',
    public_key_pem    text NOT NULL DEFAULT '',
    private_key_pem   text NOT NULL DEFAULT '',
    approves_followers boolean NOT NULL DEFAULT false,
    discoverable      boolean NOT NULL DEFAULT true,
    role              text NOT NULL DEFAULT '' CHECK (role IN ('', 'guest', 'member', 'editor', 'moderator', 'admin')),
    language          text NOT NULL DEFAULT 'de',
    state             text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'gone')),
    fetched_at        timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX accounts_username_domain_key ON accounts (lower(username), coalesce(domain, ''));
CREATE INDEX accounts_public_key_id_idx ON accounts (public_key_id) WHERE public_key_id <> '';
CREATE INDEX accounts_domain_idx ON accounts (domain) WHERE domain IS NOT NULL;

CREATE TABLE passkeys (
    id            bigint PRIMARY KEY,
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    credential_id bytea NOT NULL UNIQUE,
    credential    jsonb NOT NULL,
    name          text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    used_at       timestamptz
);
CREATE INDEX passkeys_account_id_idx ON passkeys (account_id);

-- A started WebAuthn registration or login, waiting for the authenticator's answer.
CREATE TABLE ceremonies (
    token_hash bytea PRIMARY KEY,
    data       jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE sessions (
    id           bigint PRIMARY KEY,
    token_hash   bytea NOT NULL UNIQUE,
    account_id   bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    user_agent   text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL DEFAULT now(),
    seen_at      timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL
);
CREATE INDEX sessions_account_id_idx ON sessions (account_id);

CREATE TABLE api_tokens (
    id         bigint PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name       text NOT NULL,
    scopes     text NOT NULL DEFAULT 'read write follow',
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_tokens_account_id_idx ON api_tokens (account_id);

-- An invitation makes a new account; a login link opens a session for an existing one.
CREATE TABLE invitations (
    id            bigint PRIMARY KEY,
    token_hash    bytea NOT NULL UNIQUE,
    role          text NOT NULL CHECK (role IN ('guest', 'member', 'editor', 'moderator', 'admin')),
    note          text NOT NULL DEFAULT '',
    created_by_id bigint REFERENCES accounts (id) ON DELETE SET NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    used_by_id    bigint REFERENCES accounts (id) ON DELETE SET NULL,
    used_at       timestamptz,
    revoked_at    timestamptz
);

CREATE TABLE login_links (
    token_hash bytea PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);

-- Who did what to accounts, settings and curation; shown to administrators.
CREATE TABLE audit_log (
    id         bigint PRIMARY KEY,
    account_id bigint REFERENCES accounts (id) ON DELETE SET NULL,
    action     text NOT NULL,
    subject    text NOT NULL DEFAULT '',
    detail     text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE follows (
    id          bigint PRIMARY KEY,
    account_id  bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    target_id   bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    uri         text NOT NULL UNIQUE,
    state       text NOT NULL CHECK (state IN ('pending', 'accepted', 'rejected')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    accepted_at timestamptz,
    undone_at   timestamptz
);
CREATE UNIQUE INDEX follows_account_id_target_id_key ON follows (account_id, target_id) WHERE undone_at IS NULL;
CREATE INDEX follows_target_id_idx ON follows (target_id) WHERE undone_at IS NULL;

-- +goose Down
DROP TABLE follows, audit_log, login_links, invitations, api_tokens, sessions, ceremonies, passkeys, accounts, organization;
