package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/lane"
)

// claim takes lanes that are due, the longest first, for who holds the lock of that number: without it nothing is taken. Lanes
// that are being filled right now are left for the next time.
func claim(ctx context.Context, q sqlx.ExtContext, number int32, limit int) ([]string, error) {
	var hosts []string
	// The rows are chosen once, whatever plan is made: a join could choose again for each lane, and take them all.
	err := sqlx.SelectContext(ctx, q, &hosts, `WITH due AS MATERIALIZED (
			SELECT host FROM lanes WHERE worker IS NULL AND next_at IS NOT NULL AND next_at <= now()
				AND EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
					AND classid::bigint = $3 AND objid::bigint = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
			ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED)
		UPDATE lanes SET worker = $1 WHERE host = ANY (ARRAY (SELECT host FROM due)) RETURNING host`, number, limit, laneLock)
	if err != nil {
		return nil, fmt.Errorf("claim lanes: %w", err)
	}
	return hosts, nil
}

// freeClaims puts the lanes down that belong to workers that live no longer.
func freeClaims(ctx context.Context, q sqlx.ExtContext) error {
	_, err := q.ExecContext(ctx, `UPDATE lanes SET worker = NULL WHERE worker IS NOT NULL AND NOT EXISTS (
		SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid::bigint = $1
			AND objid::bigint = lanes.worker AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`, laneLock)
	if err != nil {
		return fmt.Errorf("free claims: %w", err)
	}
	return nil
}

// untilDue returns how long it takes until the next lane is due; a long time if none waits.
func untilDue(ctx context.Context, q sqlx.ExtContext) (time.Duration, error) {
	var seconds sql.NullFloat64
	err := sqlx.GetContext(ctx, q, &seconds, `SELECT extract(epoch FROM min(next_at) - now())::float8 FROM lanes WHERE worker IS NULL AND next_at IS NOT NULL`)
	if err != nil {
		return 0, fmt.Errorf("until lanes are due: %w", err)
	}
	if !seconds.Valid || seconds.Float64 > lookEvery.Seconds() {
		return lookEvery, nil
	}
	return max(0, time.Duration(seconds.Float64*float64(time.Second))), nil
}

// waiting is what a lane holds.
type waiting struct {
	Fills        int64
	Failures     int
	FailingSince *time.Time
	LastError    string
	queue        []delivery
}

// heads reads the first rows of lanes that number claimed, by host. It must be a statement after the one that claimed them: so
// it sees what those before us committed.
func heads(ctx context.Context, q sqlx.ExtContext, number int32, hosts []string, limit int) (map[string]*waiting, error) {
	rows, err := q.QueryxContext(ctx, `SELECT l.host, l.fills, l.failures, l.failing_since, l.last_error, d.id, d.activity_id, d.inbox_uri, d.attempt
		FROM lanes l LEFT JOIN LATERAL (SELECT id, activity_id, inbox_uri, attempt FROM deliveries
			WHERE host = l.host AND state = 'pending' ORDER BY id LIMIT $3) d ON true
		WHERE l.host = ANY ($1) AND l.worker = $2 ORDER BY l.host, d.id`, pq.Array(hosts), number, limit)
	if err != nil {
		return nil, fmt.Errorf("heads of lanes: %w", err)
	}
	defer rows.Close()
	byHost := make(map[string]*waiting, len(hosts))
	for rows.Next() {
		var (
			host     string
			w        waiting
			id, from sql.NullInt64
			inbox    sql.NullString
			attempt  sql.NullInt32
		)
		if err := rows.Scan(&host, &w.Fills, &w.Failures, &w.FailingSince, &w.LastError, &id, &from, &inbox, &attempt); err != nil {
			return nil, fmt.Errorf("heads of lanes: %w", err)
		}
		known, ok := byHost[host]
		if !ok {
			known = &w
			byHost[host] = known
		}
		if id.Valid {
			known.queue = append(known.queue, delivery{ID: id.Int64, ActivityID: from.Int64, InboxURI: inbox.String, Attempt: int(attempt.Int32)})
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("heads of lanes: %w", err)
	}
	return byHost, nil
}

func lettersByID(ctx context.Context, q sqlx.ExtContext, ids []int64) (map[int64]*letter, error) {
	var list []*letter
	err := sqlx.SelectContext(ctx, q, &list, `SELECT id, account_id, body, created_at, followers_only FROM activities WHERE id = ANY ($1)`, pq.Array(ids))
	if err != nil {
		return nil, fmt.Errorf("letters: %w", err)
	}
	byID := make(map[int64]*letter, len(list))
	for _, l := range list {
		byID[l.ID] = l
	}
	return byID, nil
}

// left says how a lane was left.
type left struct {
	Host   string `db:"host"`
	Freed  bool   `db:"freed"`
	Ours   bool   `db:"ours"`   // it was still ours
	Filled bool   `db:"filled"` // something came in since it was read
}

// settle commits what became of deliveries and puts lanes down, in one statement, and says for each lane how it was left. A
// delivery that somebody else decided about meanwhile stays as it is. A lane is not freed when something came into one that is
// said to be empty, when it is being filled at this moment, or when it is no longer ours.
func settle(ctx context.Context, q sqlx.ExtContext, number int32, marks []mark, downs []putDown) ([]left, error) {
	var (
		ids, waits                    []int64
		attempts, statuses            []int64
		states, texts                 []string
		hosts, errs                   []string
		idle, answered                []bool
		fills, pauses, failures       []int64
		failingSince, waitingSinceAll []int64
	)
	for _, m := range marks {
		ids, attempts, waits = append(ids, m.ID), append(attempts, int64(m.Attempt)), append(waits, m.Wait.Milliseconds())
		states, statuses, texts = append(states, m.State), append(statuses, int64(m.Status)), append(texts, m.Error)
	}
	for _, d := range downs {
		t := d.turn
		hosts, idle, fills = append(hosts, t.host), append(idle, d.idle), append(fills, t.fills)
		pauses, failures = append(pauses, d.wait.Milliseconds()), append(failures, int64(t.failures))
		failingSince, waitingSinceAll = append(failingSince, millis(t.failingSince)), append(waitingSinceAll, millis(d.since))
		answered, errs = append(answered, t.answered), append(errs, t.lastError)
	}
	var list []left
	err := sqlx.SelectContext(ctx, q, &list, `
		WITH marked AS (
			UPDATE deliveries d SET state = m.state, attempt = d.attempt + 1, last_status = m.status, last_error = m.error,
				next_at = now() + m.wait * interval '1 millisecond', delivered_at = CASE WHEN m.state = 'delivered' THEN now() END
			FROM unnest($2::bigint[], $3::integer[], $4::text[], $5::integer[], $6::text[], $7::bigint[]) m (id, attempt, state, status, error, wait)
			WHERE d.id = m.id AND d.state = 'pending' AND d.attempt = m.attempt
		), downs AS (
			SELECT * FROM unnest($8::text[], $9::boolean[], $10::bigint[], $11::bigint[], $12::integer[], $13::bigint[], $14::bigint[], $15::boolean[], $16::text[])
				WITH ORDINALITY x (host, idle, fills, wait, failures, failing, waiting, answered, error, n)
		), free AS (
			SELECT l.host FROM lanes l JOIN downs x ON x.host = l.host
			WHERE l.worker = $1 AND (NOT x.idle OR l.fills = x.fills) ORDER BY l.host FOR UPDATE OF l SKIP LOCKED
		), freed AS (
			UPDATE lanes l SET worker = NULL, next_at = CASE WHEN NOT x.idle THEN now() + x.wait * interval '1 millisecond' END,
				failures = x.failures, failing_since = to_timestamp(nullif(x.failing, 0) / 1000.0), last_error = x.error,
				waiting_since = CASE WHEN NOT x.idle THEN coalesce(to_timestamp(nullif(x.waiting, 0) / 1000.0), l.waiting_since) END,
				answered_at = CASE WHEN x.answered THEN now() ELSE l.answered_at END
			FROM free f JOIN downs x ON x.host = f.host WHERE l.host = f.host
			RETURNING l.host
		)
		SELECT x.host, f.host IS NOT NULL AS freed, coalesce(l.worker = $1, false) AS ours, coalesce(l.fills, 0) <> x.fills AS filled
		FROM downs x LEFT JOIN freed f ON f.host = x.host LEFT JOIN lanes l ON l.host = x.host ORDER BY x.n`,
		number, pq.Array(ids), pq.Array(attempts), pq.Array(states), pq.Array(statuses), pq.Array(texts), pq.Array(waits),
		pq.Array(hosts), pq.Array(idle), pq.Array(fills), pq.Array(pauses), pq.Array(failures), pq.Array(failingSince), pq.Array(waitingSinceAll),
		pq.Array(answered), pq.Array(errs))
	if err != nil {
		return nil, fmt.Errorf("settle %d deliveries and %d lanes: %w", len(marks), len(downs), err)
	}
	if len(list) != len(downs) {
		return nil, fmt.Errorf("settle: %d of %d lanes answered for", len(list), len(downs))
	}
	return list, nil
}

// millis is a time as the statement above takes it, 0 for none.
func millis(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMilli()
}

// Bounds of what waits for a host that has been dead for a week and is probed once a day only.
const (
	parkedRows = 1000
	parkedAge  = 30 * 24 * time.Hour
)

// dropOld drops what waits for a dead host beyond the bounds, the oldest first, and says how much that was. Later activities
// about the same things stay: peers take an Update for what it is, also without its Create.
func dropOld(ctx context.Context, q sqlx.ExtContext, host string) (int64, error) {
	result, err := q.ExecContext(ctx, `UPDATE deliveries d SET state = 'dropped' FROM activities a
		WHERE a.id = d.activity_id AND d.host = $1 AND d.state = 'pending' AND (a.created_at < now() - $2 * interval '1 second'
			OR d.id <= (SELECT id FROM deliveries WHERE host = $1 AND state = 'pending' ORDER BY id DESC OFFSET $3 LIMIT 1))`,
		host, parkedAge.Seconds(), parkedRows)
	if err != nil {
		return 0, fmt.Errorf("drop what waits for %s: %w", host, err)
	}
	return result.RowsAffected()
}

// mendLanes makes lanes due that have something waiting although they say they have not, whatever hand did that.
func mendLanes(ctx context.Context, q sqlx.ExtContext) (int64, error) {
	var n int64
	// One step of the index for each host, however much waits there.
	err := sqlx.GetContext(ctx, q, &n, `
		WITH RECURSIVE hosts AS (
			(SELECT host FROM deliveries WHERE state = 'pending' ORDER BY host LIMIT 1)
			UNION ALL
			SELECT (SELECT d.host FROM deliveries d WHERE d.state = 'pending' AND d.host > h.host ORDER BY d.host LIMIT 1) FROM hosts h WHERE h.host IS NOT NULL
		), mended AS (
			INSERT INTO lanes (host, next_at, waiting_since) SELECT h.host, now(), now() FROM hosts h LEFT JOIN lanes l ON l.host = h.host
				WHERE h.host IS NOT NULL AND l.next_at IS NULL AND l.worker IS NULL ORDER BY h.host
			ON CONFLICT (host) DO UPDATE SET next_at = coalesce(lanes.next_at, excluded.next_at),
				waiting_since = coalesce(lanes.waiting_since, excluded.waiting_since), fills = lanes.fills + 1
			RETURNING host
		)
		SELECT n FROM (SELECT count(*) AS n FROM mended) c, LATERAL (SELECT CASE WHEN c.n > 0 THEN pg_notify($1, '') END) told`, lane.Channel)
	if err != nil {
		return 0, fmt.Errorf("mend lanes: %w", err)
	}
	return n, nil
}

// peerSeen notes a sign of life, at most once a minute, and makes the lane of a host that was failing due at once; it reports
// whether it was.
func peerSeen(ctx context.Context, q sqlx.ExtContext, host string) (failing bool, err error) {
	err = q.QueryRowxContext(ctx, `
		WITH seen AS (
			INSERT INTO peers (host, seen_at) VALUES ($1, now())
			ON CONFLICT (host) DO UPDATE SET seen_at = now() WHERE peers.seen_at IS NULL OR peers.seen_at < now() - interval '1 minute'
		), revived AS (
			UPDATE lanes SET failures = 0, failing_since = NULL, next_at = CASE WHEN next_at IS NOT NULL THEN now() END
			WHERE host = $1 AND failures > 0 AND worker IS NULL RETURNING host
		)
		SELECT true FROM revived, LATERAL (SELECT pg_notify($2, '')) told`, host, lane.Channel).Scan(&failing)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return failing, err
}

// reach counts hosts by what became of everything about an object: something waits, all arrived, or the last word failed.
func reach(ctx context.Context, q sqlx.ExtContext, objectURI string) (delivered, pending, failed int, err error) {
	err = q.QueryRowxContext(ctx, `SELECT count(*) FILTER (WHERE NOT waiting AND last = 'delivered'), count(*) FILTER (WHERE waiting),
			count(*) FILTER (WHERE NOT waiting AND last IN ('failed', 'dropped'))
		FROM (SELECT d.host, bool_or(d.state = 'pending') AS waiting, (array_agg(d.state ORDER BY d.id DESC))[1] AS last
			FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE a.object_uri = $1 GROUP BY d.host) hosts`, objectURI).Scan(&delivered, &pending, &failed)
	return delivered, pending, failed, err
}
