package outbox

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/lane"
)

// fillLanes is the fan-out, one statement however many receivers there are: a row per inbox, shared inboxes folded, our own
// host and refused ones left out. Lanes that got something are due, unless their head waits already; who empties one at this
// moment is told so by its count. It returns how many rows it made. Lanes are locked until the transaction ends, in the order of
// their hosts: call it last.
func fillLanes(ctx context.Context, q sqlx.ExtContext, activityID int64, r recipients, domain string) (int, error) {
	var filled int
	err := sqlx.GetContext(ctx, q, &filled, `
		WITH reached AS (
			SELECT a.inbox_uri, a.shared_inbox_uri FROM follows f JOIN accounts a ON a.id = f.account_id
			WHERE f.target_id = ANY($2) AND f.state = 'accepted' AND f.undone_at IS NULL AND a.domain IS NOT NULL AND a.state = 'active'
			UNION ALL
			SELECT inbox_uri, shared_inbox_uri FROM accounts WHERE id = ANY($3) AND domain IS NOT NULL AND state = 'active'
		), inboxes AS (
			SELECT CASE WHEN $4 OR shared_inbox_uri = '' THEN inbox_uri ELSE shared_inbox_uri END AS inbox_uri FROM reached
			UNION
			SELECT d.inbox_uri FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE $5 <> '' AND a.object_uri = $5
			UNION
			SELECT inbox_uri FROM deliveries WHERE activity_id = $8
		), hosted AS (
			SELECT inbox_uri, url_host(inbox_uri) AS host FROM inboxes WHERE inbox_uri <> ''
		), allowed AS (
			SELECT host FROM (SELECT DISTINCT host FROM hosted) h
			WHERE host IS NOT NULL AND host <> $6 AND host <> $7 AND federates(host) AND (NOT $9 OR in_network(host))
		), filled AS (
			INSERT INTO deliveries (activity_id, inbox_uri, host)
			SELECT $1, h.inbox_uri, h.host FROM hosted h JOIN allowed a ON a.host = h.host
			ON CONFLICT (activity_id, inbox_uri) DO NOTHING
			RETURNING host
		), due AS (
			INSERT INTO lanes (host, next_at, waiting_since) SELECT DISTINCT host, now(), now() FROM filled ORDER BY host
			ON CONFLICT (host) DO UPDATE SET next_at = coalesce(lanes.next_at, excluded.next_at),
				waiting_since = coalesce(lanes.waiting_since, excluded.waiting_since), fills = lanes.fills + 1
			WHERE lanes.next_at IS NULL OR lanes.worker IS NOT NULL
		)
		SELECT n FROM (SELECT count(*) AS n FROM filled) c, LATERAL (SELECT CASE WHEN c.n > 0 THEN pg_notify($10, '') END) told`,
		activityID, pq.Array(r.FollowersOf), pq.Array(r.Accounts), r.Personal, r.ToldOf, domain, r.NotHost, r.ToldBy, r.NetworkOnly, lane.Channel)
	if err != nil {
		return 0, fmt.Errorf("fillLanes %d: %w", activityID, err)
	}
	return filled, nil
}

// manyRows is from how many on it is asked whether a fan-out made the tables something else than they were.
const manyRows = 1000

// analyzeLanes counts the tables again after so many rows came in at once that plans which were made before are not theirs: the
// server would do so itself, but a minute later, and all is delivered by then.
func analyzeLanes(ctx context.Context, q sqlx.ExtContext, filled int) error {
	var known float64
	if err := sqlx.GetContext(ctx, q, &known, `SELECT reltuples::float8 FROM pg_class WHERE oid = 'deliveries'::regclass`); err != nil {
		return fmt.Errorf("analyzeLanes: %w", err)
	}
	if float64(filled) < known/5 {
		return nil
	}
	if _, err := q.ExecContext(ctx, `ANALYZE deliveries, lanes`); err != nil {
		return fmt.Errorf("analyzeLanes: %w", err)
	}
	return nil
}
