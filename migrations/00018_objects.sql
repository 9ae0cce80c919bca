-- +goose Up

-- When and where a post of kind event takes place.
CREATE TABLE events (
    post_id    bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz,
    -- Name of the zone (IANA) whose clocks the organizers mean; '' where they do not say.
    time_zone  text NOT NULL DEFAULT '',
    place      text NOT NULL DEFAULT '',
    address    text NOT NULL DEFAULT '',
    url        text NOT NULL DEFAULT '',
    organizers text[] NOT NULL DEFAULT '{}',
    status     text NOT NULL CHECK (status IN ('confirmed', 'tentative', 'postponed', 'cancelled'))
);
CREATE INDEX events_starts_at_idx ON events (starts_at);

-- What a post quotes, ours or another server's. It is shown as a quote only once the quoted author's server said that it may be.
CREATE TABLE quotes (
    post_id           bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    quoted_uri        text NOT NULL,
    -- null while we do not know that post.
    quoted_id         bigint REFERENCES posts (id) ON DELETE SET NULL,
    state             text NOT NULL CHECK (state IN ('pending', 'accepted', 'rejected', 'revoked')),
    -- The QuoteAuthorization that proves it (FEP-044f); '' where none is needed or there is none.
    authorization_uri text NOT NULL DEFAULT '',
    updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX quotes_quoted_id_idx ON quotes (quoted_id);
CREATE INDEX quotes_authorization_uri_idx ON quotes (authorization_uri) WHERE authorization_uri <> '';

-- What others asked of us about quoting our posts, and what we answered. An accepted one is the stamp that can be fetched.
CREATE TABLE quote_requests (
    id              bigint PRIMARY KEY,
    -- The id of the QuoteRequest.
    uri             text NOT NULL,
    account_id      bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    quoted_id       bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    -- The post that quotes.
    interacting_uri text NOT NULL,
    state           text NOT NULL CHECK (state IN ('accepted', 'rejected', 'revoked')),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (quoted_id, interacting_uri)
);
CREATE INDEX quote_requests_account_id_idx ON quote_requests (account_id);

CREATE TRIGGER events_changed AFTER INSERT OR UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION tell_change('post_id', '');
CREATE TRIGGER quotes_changed AFTER INSERT OR UPDATE OR DELETE ON quotes FOR EACH ROW EXECUTE FUNCTION tell_change('post_id', '');

-- +goose Down
DROP TABLE quote_requests, quotes, events;
