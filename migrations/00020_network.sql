-- +goose Up

-- What only the administration network (Verbund) may read: our own people, and the instances that belong to it.
ALTER TABLE posts DROP CONSTRAINT posts_visibility_check;
ALTER TABLE posts ADD CONSTRAINT posts_visibility_check CHECK (visibility IN ('public', 'unlisted', 'network', 'followers', 'direct'));

-- The nearest rule decides, as in peer.Service.InNetwork.
-- +goose StatementBegin
CREATE FUNCTION in_network(host text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce((
        SELECT r.network AND r.severity <> 'suspend' FROM domain_rules r
        WHERE r.domain IN (lower(host), split_part(lower(host), ':', 1))
            OR r.domain LIKE '%.%' AND right(split_part(lower(host), ':', 1), length(r.domain) + 1) = '.' || r.domain
        ORDER BY length(r.domain) DESC LIMIT 1), false)
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION in_network(text);
UPDATE posts SET visibility = 'followers' WHERE visibility = 'network';
ALTER TABLE posts DROP CONSTRAINT posts_visibility_check;
ALTER TABLE posts ADD CONSTRAINT posts_visibility_check CHECK (visibility IN ('public', 'unlisted', 'followers', 'direct'));
