-- +goose Up

-- What a practice says beyond its text: see vb:legalBasis, vb:effort, vb:cost, vb:services, vb:links, vb:ars, vb:reuseOf.
ALTER TABLE practices
    ADD COLUMN legal_basis text[] NOT NULL DEFAULT '{}',
    ADD COLUMN person_days double precision,
    ADD COLUMN costs jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN services jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN links jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN ars text NOT NULL DEFAULT '',
    -- The ActivityPub id of the practice it grew out of.
    ADD COLUMN reuse_of text NOT NULL DEFAULT '';
CREATE INDEX practices_reuse_of_idx ON practices (reuse_of) WHERE reuse_of <> '';

-- +goose Down
ALTER TABLE practices
    DROP COLUMN legal_basis, DROP COLUMN person_days, DROP COLUMN costs, DROP COLUMN services, DROP COLUMN links, DROP COLUMN ars, DROP COLUMN reuse_of;
