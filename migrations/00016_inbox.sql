-- +goose Up

-- What arrived waits here until it is applied: each host's activities one after the other, in the order of their arrival.
ALTER TABLE inbox_activities ADD COLUMN host text NOT NULL DEFAULT '';
ALTER TABLE inbox_activities ADD COLUMN attempts smallint NOT NULL DEFAULT 0;
-- When one that could not be applied is tried again; until then it holds up nobody.
ALTER TABLE inbox_activities ADD COLUMN next_at timestamptz;
UPDATE inbox_activities SET host = coalesce(lower(substring(actor_uri FROM '^https?://([^/?#]+)')), '') WHERE processed_at IS NULL;
CREATE INDEX inbox_activities_pending_idx ON inbox_activities (host, id) WHERE processed_at IS NULL;

-- The same key the other way round: an activity is looked for by its id, whichever inbox it came to.
ALTER TABLE inbox_activities DROP CONSTRAINT inbox_activities_scope_uri_key;
CREATE UNIQUE INDEX inbox_activities_uri_scope_key ON inbox_activities (uri, scope);
-- Who took something back is looked for by its object. Most of what arrives are new posts, of which nobody asks that.
DROP INDEX inbox_activities_object_uri_idx;
CREATE INDEX inbox_activities_object_uri_idx ON inbox_activities (object_uri) WHERE type <> 'Create';

-- Activities have been jobs.
-- +goose StatementBegin
DO $$
BEGIN
    IF to_regclass('river_job') IS NOT NULL THEN
        DELETE FROM river_job WHERE kind = 'activity.receive';
    END IF;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP INDEX inbox_activities_object_uri_idx;
CREATE INDEX inbox_activities_object_uri_idx ON inbox_activities (object_uri);
DROP INDEX inbox_activities_uri_scope_key;
ALTER TABLE inbox_activities ADD CONSTRAINT inbox_activities_scope_uri_key UNIQUE (scope, uri);
DROP INDEX inbox_activities_pending_idx;
ALTER TABLE inbox_activities DROP COLUMN next_at, DROP COLUMN attempts, DROP COLUMN host;
