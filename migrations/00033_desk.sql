-- +goose Up

-- Where it is on, nobody takes a practice into the aggregate view, or out of it, alone.
ALTER TABLE organization ADD COLUMN two_editors boolean NOT NULL DEFAULT false;

ALTER TABLE curations
    ADD COLUMN editor_id bigint REFERENCES accounts (id) ON DELETE SET NULL, -- who looks after it
    ADD COLUMN later_until timestamptz,                                      -- put aside until then
    ADD COLUMN question_id bigint REFERENCES posts (id) ON DELETE SET NULL,  -- what its authors were asked, until the next decision
    -- What one editor proposes and another one is to agree to, about which revision.
    ADD COLUMN proposal text NOT NULL DEFAULT '' CHECK (proposal IN ('', 'accept', 'decline')),
    ADD COLUMN proposal_reason text NOT NULL DEFAULT '',
    ADD COLUMN proposal_revision integer NOT NULL DEFAULT 0,
    ADD COLUMN proposed_by_id bigint REFERENCES accounts (id) ON DELETE SET NULL,
    ADD COLUMN proposed_at timestamptz,
    ADD COLUMN lead_id bigint REFERENCES curations (post_id) ON DELETE SET NULL, -- the entry that stands for a group it belongs to
    ADD COLUMN noticed boolean NOT NULL DEFAULT false;                           -- the desk knows that it was withdrawn
CREATE INDEX curations_editor_id_idx ON curations (editor_id) WHERE editor_id IS NOT NULL;
CREATE INDEX curations_question_id_idx ON curations (question_id) WHERE question_id IS NOT NULL;
CREATE INDEX curations_lead_id_idx ON curations (lead_id) WHERE lead_id IS NOT NULL;

-- Decisions are cited by number and year: 12/2026.
CREATE TABLE curation_numbers (
    year integer PRIMARY KEY,
    last integer NOT NULL
);
ALTER TABLE curation_decisions
    DROP CONSTRAINT curation_decisions_decision_check,
    ADD CONSTRAINT curation_decisions_decision_check CHECK (decision IN ('accept', 'decline', 'feature', 'unfeature', 'annotate', 'reopen',
        'propose_accept', 'propose_decline', 'later', 'question', 'assign', 'group', 'ungroup', 'lead', 'notice', 'undo')),
    ADD COLUMN year integer,
    ADD COLUMN number integer,
    ADD COLUMN public boolean NOT NULL DEFAULT false,                           -- the world was told of it
    ADD COLUMN editor_id bigint REFERENCES accounts (id) ON DELETE SET NULL,    -- who was given it
    ADD COLUMN other_id bigint REFERENCES posts (id) ON DELETE SET NULL,        -- the practice it was grouped with
    ADD COLUMN note_id bigint REFERENCES posts (id) ON DELETE SET NULL,         -- the question or annotation that was published
    ADD COLUMN until timestamptz,
    ADD COLUMN before jsonb,                                                    -- how the entry stood, to take the decision back
    ADD COLUMN undoes_id bigint REFERENCES curation_decisions (id) ON DELETE SET NULL,
    ADD COLUMN undone boolean NOT NULL DEFAULT false;
UPDATE curation_decisions d SET year = n.year, number = n.number, public = d.decision NOT IN ('reopen', 'decline')
FROM (SELECT id, extract(year FROM created_at AT TIME ZONE 'Europe/Berlin')::integer AS year,
        row_number() OVER (PARTITION BY extract(year FROM created_at AT TIME ZONE 'Europe/Berlin') ORDER BY id)::integer AS number
    FROM curation_decisions) n
WHERE n.id = d.id;
INSERT INTO curation_numbers (year, last) SELECT year, max(number) FROM curation_decisions GROUP BY year;
ALTER TABLE curation_decisions ALTER COLUMN year SET NOT NULL, ALTER COLUMN number SET NOT NULL;
CREATE UNIQUE INDEX curation_decisions_number_key ON curation_decisions (year, number);
CREATE INDEX curation_decisions_account_id_idx ON curation_decisions (account_id, id DESC);
CREATE TRIGGER curation_decisions_changed AFTER INSERT OR UPDATE OR DELETE ON curation_decisions FOR EACH ROW EXECUTE FUNCTION tell_change('post_id', '');

-- Versions of others' practices are kept from now on; the one that is known begins with what is known of it.
INSERT INTO revisions (post_id, revision, account_id, title, summary, html, detail, created_at)
SELECT p.id, d.revision, p.account_id, p.title, p.summary, p.html, jsonb_strip_nulls(jsonb_build_object(
        'level', d.level, 'region', d.region, 'organization_name', d.organization_name, 'organization_url', d.organization_url,
        'implementation', d.implementation, 'situation', d.situation, 'outcome', d.outcome, 'prerequisites', d.prerequisites,
        'pitfalls', d.pitfalls, 'measures', to_jsonb(d.measures), 'legal_basis', to_jsonb(d.legal_basis), 'person_days', d.person_days,
        'costs', d.costs, 'services', d.services, 'links', d.links, 'ars', d.ars, 'reuse_of', d.reuse_of,
        'goals', (SELECT jsonb_agg(jsonb_build_object('notation', coalesce(t.notation, ''), 'name', t.name) ORDER BY t.position)
            FROM practice_terms t WHERE t.post_id = p.id AND t.scheme = 'goal'),
        'fields', (SELECT jsonb_agg(jsonb_build_object('notation', coalesce(t.notation, ''), 'name', t.name) ORDER BY t.position)
            FROM practice_terms t WHERE t.post_id = p.id AND t.scheme = 'field'),
        'figures', (SELECT jsonb_agg(jsonb_build_object('quantity', f.quantity, 'name', f.name, 'unit', f.unit, 'before', f.value_before,
                'after', f.value_after, 'change', f.change, 'from', f.period_from, 'to', f.period_to, 'method', f.method, 'scope', f.scope) ORDER BY f.position)
            FROM practice_figures f WHERE f.post_id = p.id),
        'contact_name', d.contact_name, 'contact_unit', d.contact_unit, 'contact_email', d.contact_email, 'contact_url', d.contact_url,
        'licence', d.licence)),
    coalesce(p.edited_at, p.published_at, p.created_at)
FROM posts p JOIN practices d ON d.post_id = p.id
WHERE NOT p.local AND p.state = 'published'
ON CONFLICT DO NOTHING;

-- +goose Down
DELETE FROM revisions r USING posts p JOIN practices d ON d.post_id = p.id WHERE p.id = r.post_id AND NOT p.local;
DELETE FROM curation_decisions WHERE decision NOT IN ('accept', 'decline', 'feature', 'unfeature', 'annotate', 'reopen');
DROP TRIGGER curation_decisions_changed ON curation_decisions;
DROP INDEX curation_decisions_account_id_idx;
ALTER TABLE curation_decisions
    DROP CONSTRAINT curation_decisions_decision_check,
    ADD CONSTRAINT curation_decisions_decision_check CHECK (decision IN ('accept', 'decline', 'feature', 'unfeature', 'annotate', 'reopen')),
    DROP COLUMN year, DROP COLUMN number, DROP COLUMN public, DROP COLUMN editor_id, DROP COLUMN other_id, DROP COLUMN note_id, DROP COLUMN until,
    DROP COLUMN before, DROP COLUMN undoes_id, DROP COLUMN undone;
DROP TABLE curation_numbers;
ALTER TABLE curations
    DROP COLUMN editor_id, DROP COLUMN later_until, DROP COLUMN question_id, DROP COLUMN proposal, DROP COLUMN proposal_reason,
    DROP COLUMN proposal_revision, DROP COLUMN proposed_by_id, DROP COLUMN proposed_at, DROP COLUMN lead_id, DROP COLUMN noticed;
ALTER TABLE organization DROP COLUMN two_editors;
