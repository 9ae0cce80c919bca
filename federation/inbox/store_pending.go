package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// pendingTable is what processes tell each other to look at.
const pendingTable = "inbox_activities"

// insertReceived stores what has arrived, with one statement and so in one commit. It returns the hosts of what did not come to
// that inbox before. The bodies go as one value, which PostgreSQL cuts up: as an array they would be written out and read again.
func insertReceived(ctx context.Context, q sqlx.ExtContext, list []*arrival, at time.Time) (hosts []string, err error) {
	var scopes, uris, actors, names, types, objects pq.StringArray
	var sizes, offsets pq.Int64Array
	var bodies []byte
	for _, w := range list {
		scopes, uris, actors = append(scopes, w.scope), append(uris, w.a.ID), append(actors, w.a.Actor)
		names, types, objects = append(names, w.host), append(types, w.a.Type), append(objects, w.a.ObjectID)
		offsets, sizes = append(offsets, int64(len(bodies))+1), append(sizes, int64(len(w.a.Raw)))
		bodies = append(bodies, w.a.Raw...)
	}
	err = sqlx.SelectContext(ctx, q, &hosts, `
		INSERT INTO inbox_activities (scope, uri, actor_uri, host, type, object_uri, body, received_at)
		SELECT scope, uri, actor_uri, host, type, object_uri, substring($7::bytea FROM start FOR size), $10
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $8::int[], $9::int[])
			WITH ORDINALITY AS r (scope, uri, actor_uri, host, type, object_uri, start, size, place)
		ORDER BY place
		ON CONFLICT (uri, scope) DO NOTHING RETURNING host`,
		scopes, uris, actors, names, types, objects, bodies, offsets, sizes, at)
	return hosts, err
}

// announcePending tells the other processes that something arrived. It concerns no account: nothing that is shown changed yet.
func announcePending(ctx context.Context, q sqlx.ExtContext) error {
	_, err := q.ExecContext(ctx, `SELECT pg_notify('changes', $1 || ' insert 0 -1')`, pendingTable)
	return err
}

// pendingHosts lists the hosts that have something pending, one step of the index for each.
func pendingHosts(ctx context.Context, q sqlx.ExtContext) (hosts []string, err error) {
	err = sqlx.SelectContext(ctx, q, &hosts, `
		WITH RECURSIVE hosts AS (
			(SELECT host FROM inbox_activities WHERE processed_at IS NULL ORDER BY host LIMIT 1)
			UNION ALL
			SELECT (SELECT i.host FROM inbox_activities i WHERE i.processed_at IS NULL AND i.host > hosts.host ORDER BY i.host LIMIT 1)
			FROM hosts WHERE hosts.host IS NOT NULL)
		SELECT host FROM hosts WHERE host IS NOT NULL`)
	return hosts, err
}

// pendingOf returns the next of a host's activities that were not tried yet, and whether there are more.
func pendingOf(ctx context.Context, q sqlx.ExtContext, host string) (rows []row, more bool, err error) {
	var list []struct {
		row
		Waiting int `db:"waiting"`
	}
	err = sqlx.SelectContext(ctx, q, &list, `
		SELECT id, scope, uri, actor_uri, type, object_uri, body, attempts, waiting FROM (
			SELECT id, scope, uri, actor_uri, type, object_uri, body, attempts,
				count(*) OVER () AS waiting, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS before
			FROM (
				SELECT id, scope, uri, actor_uri, type, object_uri, body, attempts FROM inbox_activities
				WHERE processed_at IS NULL AND host = $1 AND attempts = 0 ORDER BY id LIMIT $2) next) sized
		WHERE before < $3 ORDER BY id`, host, batchRows, batchBytes)
	if err != nil {
		return nil, false, fmt.Errorf("pendingOf %s: %w", host, err)
	}
	rows = make([]row, len(list))
	for n, r := range list {
		rows[n] = r.row
		more = more || r.Waiting == batchRows || r.Waiting > len(list)
	}
	return rows, more, nil
}

// dueOf returns a few of a host's activities that are to be tried again now.
func dueOf(ctx context.Context, q sqlx.ExtContext, host string, now time.Time) (rows []row, err error) {
	err = sqlx.SelectContext(ctx, q, &rows, `
		SELECT id, scope, uri, actor_uri, type, object_uri, body, attempts FROM inbox_activities
		WHERE processed_at IS NULL AND host = $1 AND attempts > 0 AND next_at <= $2 ORDER BY next_at LIMIT $3`, host, now, retryRows)
	if err != nil {
		return nil, fmt.Errorf("dueOf %s: %w", host, err)
	}
	return rows, nil
}

// markWorked notes what became of activities. It does not wait for the disk: should that be lost, they are done once more.
func markWorked(ctx context.Context, q sqlx.ExtContext, list []result, at time.Time) error {
	var ids, attempts pq.Int64Array
	var outcomes, notes, objects pq.StringArray
	next := make([]*time.Time, len(list))
	for n, r := range list {
		ids, attempts = append(ids, r.id), append(attempts, int64(r.attempts))
		outcomes, notes, objects = append(outcomes, r.outcome), append(notes, r.note), append(objects, r.about)
		if !r.next.IsZero() {
			next[n] = &r.next
		}
	}
	_, err := q.ExecContext(ctx, `
		WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true))
		UPDATE inbox_activities i SET outcome = r.outcome, note = r.note, attempts = r.attempts, next_at = r.next_at,
			processed_at = CASE WHEN r.outcome <> '' THEN $7::timestamptz END,
			object_uri = CASE WHEN r.object_uri = '' THEN i.object_uri ELSE r.object_uri END
		FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::timestamptz[]) AS r (id, outcome, note, object_uri, attempts, next_at),
			unhurried
		WHERE i.id = r.id`, ids, outcomes, notes, objects, attempts, pq.Array(next), at)
	if err != nil {
		return fmt.Errorf("markWorked: %w", err)
	}
	return nil
}

// countPending counts what is pending of a host, and of one of its actors, with the bytes of the host's bodies.
func countPending(ctx context.Context, q sqlx.ExtContext, host, actor string) (ofHost, ofActor, bytes int, err error) {
	var n struct {
		Host  int `db:"host"`
		Actor int `db:"actor"`
		Bytes int `db:"bytes"`
	}
	err = sqlx.GetContext(ctx, q, &n, `SELECT count(*) AS host, count(*) FILTER (WHERE actor_uri = $2) AS actor, coalesce(sum(octet_length(body)), 0) AS bytes
		FROM inbox_activities WHERE processed_at IS NULL AND host = $1`, host, actor)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("countPending %s: %w", host, err)
	}
	return n.Host, n.Actor, n.Bytes, nil
}
