package wellknown

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

type usage struct {
	People         int `db:"people"`
	ActiveMonth    int `db:"active_month"`
	ActiveHalfyear int `db:"active_halfyear"`
	Posts          int `db:"posts"`
	Comments       int `db:"comments"`
}

// countUsage counts our people and what everybody can read of theirs. Active is who was logged in, used a token or
// wrote something in the last 30 or 180 days.
func countUsage(ctx context.Context, q sqlx.ExtContext, now time.Time) (usage, error) {
	var u usage
	err := sqlx.GetContext(ctx, q, &u, `
		WITH people AS (
			SELECT a.id, greatest(
				(SELECT max(s.seen_at) FROM sessions s WHERE s.account_id = a.id),
				(SELECT max(t.used_at) FROM api_tokens t WHERE t.account_id = a.id),
				(SELECT max(p.created_at) FROM posts p WHERE p.account_id = a.id AND p.local)) AS seen_at
			FROM accounts a
			WHERE a.domain IS NULL AND a.kind = 'person' AND a.state = 'active'
		), written AS (
			SELECT thread_id <> id AS comment
			FROM posts
			WHERE local AND state = 'published' AND visibility IN ('public', 'unlisted')
		)
		SELECT (SELECT count(*) FROM people) AS people,
			(SELECT count(*) FROM people WHERE seen_at > $1::timestamptz - interval '30 days') AS active_month,
			(SELECT count(*) FROM people WHERE seen_at > $1::timestamptz - interval '180 days') AS active_halfyear,
			(SELECT count(*) FROM written WHERE NOT comment) AS posts,
			(SELECT count(*) FROM written WHERE comment) AS comments`, now)
	if err != nil {
		return usage{}, fmt.Errorf("wellknown.countUsage: %w", err)
	}
	return u, nil
}
