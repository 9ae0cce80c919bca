-- +goose Up

-- An edition that was published can be taken back, as when a court orders it. Its text is deleted; that there was one, and why it is gone, stays.
ALTER TABLE editions ADD COLUMN withdrawn_at timestamptz;
ALTER TABLE editions ADD COLUMN withdrawn_by_id bigint REFERENCES accounts (id) ON DELETE SET NULL;
ALTER TABLE editions ADD COLUMN withdrawn_reason text NOT NULL DEFAULT ''; -- in words, for everybody
ALTER TABLE editions DROP CONSTRAINT editions_state_check;
ALTER TABLE editions ADD CONSTRAINT editions_state_check CHECK (state IN ('draft', 'published', 'withdrawn'));
ALTER TABLE editions DROP CONSTRAINT editions_check;
ALTER TABLE editions ADD CONSTRAINT editions_check CHECK (state = 'draft' OR checksum <> '' AND published_at IS NOT NULL AND (html IS NOT NULL) = (state = 'published'));
ALTER TABLE editions ADD CONSTRAINT editions_withdrawn_check CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL AND withdrawn_reason <> ''));
DROP INDEX editions_published_at_idx;
CREATE INDEX editions_published_at_idx ON editions (published_at DESC) WHERE state <> 'draft';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION keep_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (NEW.number, NEW.title, NEW.checksum, NEW.published_at) IS DISTINCT FROM (OLD.number, OLD.title, OLD.checksum, OLD.published_at)
        OR OLD.state = 'published' AND NEW.state <> 'withdrawn' AND (NEW.state, NEW.html) IS DISTINCT FROM (OLD.state, OLD.html)
        OR OLD.state = 'withdrawn' AND (NEW.state, NEW.withdrawn_at, NEW.withdrawn_reason) IS DISTINCT FROM (OLD.state, OLD.withdrawn_at, OLD.withdrawn_reason) THEN
        RAISE EXCEPTION 'edition % is published and stays as it is', OLD.number;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- +goose Down
DELETE FROM editions WHERE state = 'withdrawn'; -- nothing is left of them that could be published
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION keep_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'published' AND (NEW.state, NEW.number, NEW.title, NEW.html, NEW.checksum, NEW.published_at)
        IS DISTINCT FROM (OLD.state, OLD.number, OLD.title, OLD.html, OLD.checksum, OLD.published_at) THEN
        RAISE EXCEPTION 'edition % is published and stays as it is', OLD.number;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
DROP INDEX editions_published_at_idx;
CREATE INDEX editions_published_at_idx ON editions (published_at DESC) WHERE state = 'published';
ALTER TABLE editions DROP CONSTRAINT editions_withdrawn_check;
ALTER TABLE editions DROP CONSTRAINT editions_check;
ALTER TABLE editions ADD CONSTRAINT editions_check CHECK (state = 'draft' OR html IS NOT NULL AND checksum <> '' AND published_at IS NOT NULL);
ALTER TABLE editions DROP CONSTRAINT editions_state_check;
ALTER TABLE editions ADD CONSTRAINT editions_state_check CHECK (state IN ('draft', 'published'));
ALTER TABLE editions DROP COLUMN withdrawn_at, DROP COLUMN withdrawn_by_id, DROP COLUMN withdrawn_reason;
