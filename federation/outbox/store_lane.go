package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// delivery is the head of a lane.
type delivery struct {
	ID         int64     `db:"id"`
	ActivityID int64     `db:"activity_id"`
	AccountID  int64     `db:"account_id"`
	InboxURI   string    `db:"inbox_uri"`
	Attempt    int       `db:"attempt"`
	NextAt     time.Time `db:"next_at"`
	CreatedAt  time.Time `db:"created_at"` // of the activity
	Body       []byte    `db:"body"`
}

// peer is what we know of a host.
type peer struct {
	Failures     int        `db:"failures"`
	FailingSince *time.Time `db:"failing_since"`
	HeldUntil    *time.Time `db:"held_until"`
}

// headOfLane returns the oldest row that waits; false when the lane is empty.
func headOfLane(ctx context.Context, q sqlx.ExtContext, host string) (d delivery, ok bool, err error) {
	err = sqlx.GetContext(ctx, q, &d, `SELECT d.id, d.activity_id, a.account_id, d.inbox_uri, d.attempt, d.next_at, a.created_at, a.body
		FROM deliveries d JOIN activities a ON a.id = d.activity_id
		WHERE d.host = $1 AND d.state = 'pending' ORDER BY d.id LIMIT 1`, host)
	if errors.Is(err, sql.ErrNoRows) {
		return d, false, nil
	}
	if err != nil {
		return d, false, fmt.Errorf("headOfLane %s: %w", host, err)
	}
	return d, true, nil
}

func laneEmpty(ctx context.Context, q sqlx.ExtContext, host string) (bool, error) {
	var empty bool
	err := sqlx.GetContext(ctx, q, &empty, `SELECT NOT EXISTS (SELECT 1 FROM deliveries WHERE host = $1 AND state = 'pending')`, host)
	if err != nil {
		return false, fmt.Errorf("laneEmpty %s: %w", host, err)
	}
	return empty, nil
}

func markDelivered(ctx context.Context, q sqlx.ExtContext, id int64, status int, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE deliveries SET state = 'delivered', attempt = attempt + 1, last_status = $2, last_error = '', delivered_at = $3
		WHERE id = $1`, id, status, at)
	return err
}

func markFailed(ctx context.Context, q sqlx.ExtContext, id int64, status int, text string) error {
	_, err := q.ExecContext(ctx, `UPDATE deliveries SET state = 'failed', attempt = attempt + 1, last_status = $2, last_error = $3 WHERE id = $1`, id, status, text)
	return err
}

func markRetry(ctx context.Context, q sqlx.ExtContext, id int64, status int, text string, next time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE deliveries SET attempt = attempt + 1, last_status = $2, last_error = $3, next_at = $4 WHERE id = $1`, id, status, text, next)
	return err
}

func peerByHost(ctx context.Context, q sqlx.ExtContext, host string) (peer, error) {
	var p peer
	err := sqlx.GetContext(ctx, q, &p, `SELECT failures, failing_since, held_until FROM peers WHERE host = $1`, host)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	return p, err
}

// peerFailed counts a failure of the host and holds it until the given time, if any.
func peerFailed(ctx context.Context, q sqlx.ExtContext, host string, at time.Time, hold *time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO peers (host, failures, failing_since, held_until) VALUES ($1, 1, $2, $3)
		ON CONFLICT (host) DO UPDATE SET failures = peers.failures + 1, failing_since = coalesce(peers.failing_since, $2), held_until = $3`, host, at, hold)
	return err
}

// peerSeen notes a sign of life, at most once a minute while all is well; it reports whether the host was failing.
func peerSeen(ctx context.Context, q sqlx.ExtContext, host string, at time.Time) (failing bool, err error) {
	p, err := peerByHost(ctx, q, host)
	if err != nil {
		return false, err
	}
	failing = p.Failures > 0 || p.HeldUntil != nil
	_, err = q.ExecContext(ctx, `INSERT INTO peers (host, seen_at) VALUES ($1, $2)
		ON CONFLICT (host) DO UPDATE SET seen_at = $2, failures = 0, failing_since = NULL, held_until = NULL
		WHERE peers.failures > 0 OR peers.held_until IS NOT NULL OR peers.seen_at IS NULL OR peers.seen_at < $2 - interval '1 minute'`, host, at)
	return failing, err
}

// clearWaits lets everything that waits for a host be tried now.
func clearWaits(ctx context.Context, q sqlx.ExtContext, host string) error {
	_, err := q.ExecContext(ctx, `UPDATE deliveries SET next_at = now() WHERE host = $1 AND state = 'pending' AND next_at > now()`, host)
	return err
}

// wakeDeliver makes a Deliver job that sleeps until a retry due at once.
func wakeDeliver(ctx context.Context, q sqlx.ExtContext, host string) error {
	_, err := q.ExecContext(ctx, `UPDATE river_job SET state = 'available', scheduled_at = now()
		WHERE kind = 'activity.deliver' AND args ->> 'host' = $1 AND state IN ('available', 'scheduled', 'retryable') AND scheduled_at > now()`, host)
	return err
}

// dueHosts lists the hosts with something to deliver now.
func dueHosts(ctx context.Context, q sqlx.ExtContext) ([]string, error) {
	var hosts []string
	err := sqlx.SelectContext(ctx, q, &hosts, `SELECT DISTINCT d.host FROM deliveries d LEFT JOIN peers p ON p.host = d.host
		WHERE d.state = 'pending' AND d.next_at <= now() AND (p.held_until IS NULL OR p.held_until <= now())`)
	return hosts, err
}

// reach counts hosts by what became of everything about an object: something waits, all arrived, or the last word failed.
func reach(ctx context.Context, q sqlx.ExtContext, objectURI string) (delivered, pending, failed int, err error) {
	err = q.QueryRowxContext(ctx, `SELECT count(*) FILTER (WHERE NOT waiting AND last = 'delivered'), count(*) FILTER (WHERE waiting),
			count(*) FILTER (WHERE NOT waiting AND last = 'failed')
		FROM (SELECT d.host, bool_or(d.state = 'pending') AS waiting, (array_agg(d.state ORDER BY d.id DESC))[1] AS last
			FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE a.object_uri = $1 GROUP BY d.host) hosts`, objectURI).Scan(&delivered, &pending, &failed)
	return delivered, pending, failed, err
}

// Lane is how the deliveries to one host fare.
type Lane struct {
	Host      string     `db:"host"`
	Pending   int        `db:"pending"`
	Failed    int        `db:"failed"`
	Delivered int        `db:"delivered"`
	LastError string     `db:"last_error"` // of the head that waits, or of the newest that failed
	NextAt    *time.Time `db:"next_at"`    // when the head is tried again, nil when nothing waits
}

func lanes(ctx context.Context, q sqlx.ExtContext) ([]Lane, error) {
	var list []Lane
	err := sqlx.SelectContext(ctx, q, &list, `SELECT l.host, l.pending, l.failed, l.delivered,
			coalesce(CASE WHEN h.id IS NOT NULL THEN h.last_error ELSE (SELECT f.last_error FROM deliveries f
				WHERE f.host = l.host AND f.state = 'failed' ORDER BY f.id DESC LIMIT 1) END, '') AS last_error,
			CASE WHEN h.id IS NOT NULL THEN greatest(h.next_at, p.held_until) END AS next_at
		FROM (SELECT host, count(*) FILTER (WHERE state = 'pending') AS pending, count(*) FILTER (WHERE state = 'failed') AS failed,
				count(*) FILTER (WHERE state = 'delivered') AS delivered FROM deliveries GROUP BY host) l
		LEFT JOIN peers p ON p.host = l.host
		LEFT JOIN LATERAL (SELECT id, last_error, next_at FROM deliveries WHERE host = l.host AND state = 'pending' ORDER BY id LIMIT 1) h ON true
		ORDER BY (h.last_error <> '') DESC NULLS LAST, l.host`)
	return list, err
}
