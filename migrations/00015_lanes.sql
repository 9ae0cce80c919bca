-- +goose Up

-- Of a host's lane: when its head is to be sent, who sends it, and how the host fares. A lane of which nothing waits stays
-- as long as there is something to say of its host.
CREATE TABLE lanes (
    host          text PRIMARY KEY,
    -- When the head is to be sent; null while nothing waits.
    next_at       timestamptz,
    -- Who empties the lane: the number of the session lock that proves that it lives; null while nobody does.
    worker        integer,
    -- Counts what came in while somebody emptied the lane: it is put down only by who has seen all of it.
    fills         bigint NOT NULL DEFAULT 0,
    -- Failures of the host as a whole, one after the other; from the fifth on it is held.
    failures      integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    last_error    text NOT NULL DEFAULT '',
    -- Since when the lane has not been empty, or since when its head waits.
    waiting_since timestamptz,
    answered_at   timestamptz
) WITH (fillfactor = 70);
CREATE INDEX lanes_due_idx ON lanes (next_at) WHERE worker IS NULL AND next_at IS NOT NULL;

INSERT INTO lanes (host, next_at, failures, failing_since, waiting_since)
SELECT h.host, greatest(h.next_at, p.held_until), coalesce(p.failures, 0), p.failing_since, h.waiting_since
FROM (SELECT DISTINCT ON (d.host) d.host, d.next_at, a.created_at AS waiting_since
    FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE d.state = 'pending' ORDER BY d.host, d.id) h
LEFT JOIN peers p ON p.host = h.host;
INSERT INTO lanes (host, failures, failing_since)
SELECT host, failures, failing_since FROM peers WHERE failures > 0 ON CONFLICT (host) DO NOTHING;
INSERT INTO lanes (host) SELECT DISTINCT host FROM deliveries WHERE state = 'failed' ON CONFLICT (host) DO NOTHING;
ALTER TABLE peers DROP COLUMN failures, DROP COLUMN failing_since, DROP COLUMN held_until;

-- dropped: an operator, or the bound of a lane whose host is dead, decided that it is not sent.
ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check CHECK (state IN ('pending', 'delivered', 'failed', 'dropped'));
CREATE INDEX deliveries_lost_idx ON deliveries (host, state, id) WHERE state IN ('failed', 'dropped');

-- Who else gets it is a secret between us and each host: such requests say who of that host follows (FEP-8fcf).
ALTER TABLE activities ADD COLUMN followers_only boolean NOT NULL DEFAULT false;

-- Lanes were jobs before; no kind of job of that name is worked any more.
-- +goose StatementBegin
DO $$ BEGIN
    IF to_regclass('river_job') IS NOT NULL THEN
        DELETE FROM river_job WHERE kind = 'activity.deliver';
    END IF;
END $$;
-- +goose StatementEnd

-- +goose Down
ALTER TABLE activities DROP COLUMN followers_only;
DROP INDEX deliveries_lost_idx;
UPDATE deliveries SET state = 'failed' WHERE state = 'dropped';
ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check CHECK (state IN ('pending', 'delivered', 'failed'));
ALTER TABLE peers ADD COLUMN failures integer NOT NULL DEFAULT 0, ADD COLUMN failing_since timestamptz, ADD COLUMN held_until timestamptz;
INSERT INTO peers (host, failures, failing_since, held_until)
SELECT host, failures, failing_since, CASE WHEN failures >= 5 THEN next_at END FROM lanes WHERE failures > 0
ON CONFLICT (host) DO UPDATE SET failures = excluded.failures, failing_since = excluded.failing_since, held_until = excluded.held_until;
DROP TABLE lanes;
