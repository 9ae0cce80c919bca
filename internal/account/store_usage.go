package account

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// countUsage takes as active who was logged in, used a token or wrote something in the last 30 or 180 days.
func countUsage(ctx context.Context, db sqlx.ExtContext, now time.Time) (u Usage, err error) {
	err = sqlx.GetContext(ctx, db, &u, `
		WITH people AS (
			SELECT a.id, greatest(
				(SELECT max(s.seen_at) FROM sessions s WHERE s.account_id = a.id),
				(SELECT max(t.used_at) FROM api_tokens t WHERE t.account_id = a.id),
				(SELECT s.last_status_at FROM account_stats s WHERE s.account_id = a.id)) AS seen_at
			FROM accounts a WHERE a.domain IS NULL AND a.kind = 'person' AND a.state = 'active'
		), written AS (
			SELECT count(*) AS posts, count(*) FILTER (WHERE thread_id <> id) AS comments
			FROM posts WHERE local AND state = 'published' AND visibility IN ('public', 'unlisted')
		)
		SELECT (SELECT count(*) FROM people) AS people,
			(SELECT count(*) FROM people WHERE seen_at > $1::timestamptz - interval '30 days') AS active_month,
			(SELECT count(*) FROM people WHERE seen_at > $1::timestamptz - interval '180 days') AS active_halfyear,
			(SELECT coalesce(sum(s.statuses_count), 0) FROM account_stats s JOIN accounts a ON a.id = s.account_id WHERE a.domain IS NULL) AS statuses,
			written.posts - written.comments AS threads, written.comments,
			(SELECT count(DISTINCT domain) FROM accounts WHERE domain IS NOT NULL) AS domains
		FROM written`, now)
	return u, err
}

// countWeeks reads the newest posts of our accounts only. Ids grow with time: milliseconds, then 16 bits.
func countWeeks(ctx context.Context, db sqlx.ExtContext, now time.Time) (list []Week, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT w.start,
			(SELECT count(*) FROM accounts a JOIN posts p ON p.account_id = a.id
				WHERE a.domain IS NULL AND p.state = 'published' AND p.visibility IN ('public', 'unlisted')
					AND p.id >= ((extract(epoch FROM w.start) * 1000)::bigint << 16) AND p.id < ((extract(epoch FROM w.start + interval '7 days') * 1000)::bigint << 16)) AS statuses,
			(SELECT count(DISTINCT x.account_id) FROM (
				SELECT account_id, created_at FROM sessions UNION ALL SELECT account_id, created_at FROM api_tokens) x
				WHERE x.created_at >= w.start AND x.created_at < w.start + interval '7 days') AS logins,
			(SELECT count(*) FROM accounts a
				WHERE a.domain IS NULL AND a.kind = 'person' AND a.created_at >= w.start AND a.created_at < w.start + interval '7 days') AS registrations
		FROM (SELECT date_trunc('week', $1::timestamptz AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - n * interval '7 days' AS start FROM generate_series(0, 11) n) w
		ORDER BY w.start DESC`, now)
	return list, err
}

func knownHosts(ctx context.Context, db sqlx.ExtContext) (list []string, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `SELECT DISTINCT domain FROM accounts WHERE domain IS NOT NULL AND NOT hidden ORDER BY domain`)
	return list, err
}
