package lane

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// stateOf is the SQL of a lane's state; it repeats HeldAfter and DeadAfter.
const stateOf = `CASE WHEN l.worker IS NOT NULL THEN 'running'
	WHEN l.next_at IS NULL AND EXISTS (SELECT 1 FROM deliveries f WHERE f.host = l.host AND f.state IN ('failed', 'dropped') AND f.state = 'failed') THEN 'lost'
	WHEN l.next_at IS NULL THEN 'quiet'
	WHEN l.failing_since < now() - interval '7 days' THEN 'parked'
	WHEN l.failures >= 5 THEN 'held' ELSE 'waiting' END`

// inFull adds to lanes what is counted.
const inFull = `SELECT s.host, s.state, s.failures, s.failing_since, s.waiting_since, s.next_at, s.answered_at, greatest(s.answered_at, p.seen_at) AS seen_at,
		(SELECT count(*) FROM deliveries d WHERE d.host = s.host AND d.state = 'pending') AS pending,
		(SELECT count(*) FROM deliveries d WHERE d.host = s.host AND d.state IN ('failed', 'dropped') AND d.state = 'failed') AS failed,
		(SELECT count(*) FROM deliveries d WHERE d.host = s.host AND d.state IN ('failed', 'dropped') AND d.state = 'dropped') AS dropped,
		CASE WHEN s.last_error <> '' OR s.next_at IS NOT NULL THEN s.last_error ELSE coalesce((SELECT d.last_error FROM deliveries d
			WHERE d.host = s.host AND d.state IN ('failed', 'dropped') AND d.state = 'failed' ORDER BY d.id DESC LIMIT 1), '') END AS last_error`

func list(ctx context.Context, q sqlx.ExtContext, f Filter) (found []Lane, total int, err error) {
	const chosen = `SELECT l.host, l.failures, l.failing_since, l.waiting_since, l.next_at, l.answered_at, l.last_error, ` + stateOf + ` AS state
		FROM lanes l WHERE $1 = '' OR position($1 IN l.host) > 0`
	err = sqlx.GetContext(ctx, q, &total, `SELECT count(*) FROM (`+chosen+`) s WHERE $2 = '' OR s.state = $2`, f.Query, string(f.State))
	if err != nil {
		return nil, 0, fmt.Errorf("count: %w", err)
	}
	err = sqlx.SelectContext(ctx, q, &found, inFull+` FROM (SELECT * FROM (`+chosen+`) c WHERE $2 = '' OR c.state = $2
			ORDER BY array_position(ARRAY['parked', 'held', 'lost', 'waiting', 'running', 'quiet'], c.state), c.host LIMIT $3 OFFSET $4) s
		LEFT JOIN peers p ON p.host = s.host
		ORDER BY array_position(ARRAY['parked', 'held', 'lost', 'waiting', 'running', 'quiet'], s.state), s.host`,
		f.Query, string(f.State), f.Limit, f.Offset)
	return found, total, err
}

func byHost(ctx context.Context, q sqlx.ExtContext, host string) (Lane, error) {
	var l Lane
	err := sqlx.GetContext(ctx, q, &l, inFull+` FROM (SELECT l.host, l.failures, l.failing_since, l.waiting_since, l.next_at, l.answered_at, l.last_error, `+
		stateOf+` AS state FROM lanes l WHERE l.host = $1) s LEFT JOIN peers p ON p.host = s.host`, host)
	return l, err
}

func counts(ctx context.Context, q sqlx.ExtContext) (map[State]int, error) {
	var rows []struct {
		State State `db:"state"`
		N     int   `db:"n"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT s.state, count(*) AS n FROM (SELECT `+stateOf+` AS state FROM lanes l) s GROUP BY s.state`)
	byState := make(map[State]int, len(States))
	for _, s := range States {
		byState[s] = 0
	}
	for _, r := range rows {
		byState[r.State] = r.N
	}
	return byState, err
}

// oldest leaves out hosts that are held or parked: how long these wait says nothing of ours.
func oldest(ctx context.Context, q sqlx.ExtContext) (seconds float64, err error) {
	err = sqlx.GetContext(ctx, q, &seconds, `SELECT coalesce(extract(epoch FROM now() - min(waiting_since)), 0)::float8 FROM lanes
		WHERE next_at IS NOT NULL AND failures < $1`, HeldAfter)
	return seconds, err
}

const deliveryColumns = `d.id, d.host, d.inbox_uri, d.state, d.attempt, CASE WHEN d.state = 'pending' AND d.attempt > 0 THEN d.next_at END AS next_at,
	d.last_status, d.last_error, a.type, a.object_uri, a.created_at, coalesce(o.type, '') AS of_type, coalesce(o.object_uri, '') AS of_uri`

// deliveryTables are deliveries with their activities, and those of ours that these are about.
const deliveryTables = `deliveries d JOIN activities a ON a.id = d.activity_id
	LEFT JOIN activities o ON o.uri = a.object_uri AND a.type IN ('Undo', 'Announce')`

func deliveries(ctx context.Context, q sqlx.ExtContext, host, state string, after int64, limit int) ([]Delivery, error) {
	var found []Delivery
	// Each names the condition of its index.
	query := `SELECT ` + deliveryColumns + ` FROM ` + deliveryTables + `
		WHERE d.host = $1 AND d.state = 'pending' AND $2 = 'pending' AND d.id > $3 ORDER BY d.id LIMIT $4`
	if state != Pending {
		query = `SELECT ` + deliveryColumns + ` FROM ` + deliveryTables + `
			WHERE d.host = $1 AND d.state IN ('failed', 'dropped') AND d.state = $2 AND ($3 = 0 OR d.id < $3) ORDER BY d.id DESC LIMIT $4`
	}
	err := sqlx.SelectContext(ctx, q, &found, query, host, state, after, limit)
	return found, err
}

func deliveryByID(ctx context.Context, q sqlx.ExtContext, id int64) (Delivery, error) {
	var d Delivery
	err := sqlx.GetContext(ctx, q, &d, `SELECT `+deliveryColumns+` FROM `+deliveryTables+` WHERE d.id = $1`, id)
	return d, err
}

// lock holds a lane's row against who fills and empties it; sql.ErrNoRows when there is none.
func lock(ctx context.Context, q sqlx.ExtContext, host string) error {
	var got string
	return sqlx.GetContext(ctx, q, &got, `SELECT host FROM lanes WHERE host = $1 FOR NO KEY UPDATE`, host)
}

// wake makes a lane due in which something waits, and tells who empties it.
func wake(ctx context.Context, q sqlx.ExtContext, host string) error {
	_, err := q.ExecContext(ctx, `WITH woken AS (
			UPDATE lanes SET next_at = now(), waiting_since = coalesce(waiting_since, now()), fills = fills + 1
			WHERE host = $1 AND EXISTS (SELECT 1 FROM deliveries WHERE host = $1 AND state = 'pending'))
		SELECT pg_notify($2, '')`, host, Channel)
	return err
}

// rest ends the wait of a lane in which nothing waits any more, and lets another go on whose head was taken away, unless its host
// is held. The caller has locked it.
func rest(ctx context.Context, q sqlx.ExtContext, host string) error {
	_, err := q.ExecContext(ctx, `WITH rested AS (
			UPDATE lanes l SET next_at = CASE WHEN w.waits THEN now() END, waiting_since = CASE WHEN w.waits THEN l.waiting_since END
			FROM (SELECT EXISTS (SELECT 1 FROM deliveries WHERE host = $1 AND state = 'pending') AS waits) w
			WHERE l.host = $1 AND l.worker IS NULL AND l.next_at IS NOT NULL AND (l.failures < $3 OR NOT w.waits))
		SELECT pg_notify($2, '')`, host, Channel, HeldAfter)
	return err
}

// reopen lets a delivery that was given up wait again.
func reopen(ctx context.Context, q sqlx.ExtContext, id int64) error {
	_, err := q.ExecContext(ctx, `UPDATE deliveries SET state = 'pending', attempt = 0, next_at = now() WHERE id = $1 AND state IN ('failed', 'dropped')`, id)
	return err
}

func drop(ctx context.Context, q sqlx.ExtContext, id int64) error {
	_, err := q.ExecContext(ctx, `UPDATE deliveries SET state = 'dropped' WHERE id = $1 AND state IN ('pending', 'failed')`, id)
	return err
}

func dropAll(ctx context.Context, q sqlx.ExtContext, host string) error {
	_, err := q.ExecContext(ctx, `UPDATE deliveries SET state = 'dropped' WHERE host = $1 AND (state = 'pending' OR state IN ('failed', 'dropped') AND state = 'failed')`, host)
	return err
}
