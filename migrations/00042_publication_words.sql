-- +goose Up
-- What a publication is found by, in words: read when it is written, not whenever somebody searches. Long texts take 50 ms each.
ALTER TABLE publications ADD COLUMN words tsvector NOT NULL DEFAULT '';
UPDATE publications pu SET words = to_tsvector('german', p.title || ' ' || p.summary || ' ' || left(p.html, 200000) || ' ' || pu.version)
FROM posts p WHERE p.id = pu.post_id;

-- +goose Down
ALTER TABLE publications DROP COLUMN words;
