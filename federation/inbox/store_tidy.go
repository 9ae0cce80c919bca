package inbox

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jmoiron/sqlx"
)

// deleteReceived removes what was processed before the given time, a portion at a time so that nobody waits for its locks. It goes
// through the oldest rows and ends where a whole portion is newer.
func deleteReceived(ctx context.Context, q sqlx.ExtContext, before time.Time) error {
	for after := int64(0); ; {
		var seen struct {
			Last  *int64 `db:"last"`
			Newer bool   `db:"newer"`
		}
		err := sqlx.GetContext(ctx, q, &seen, `
			WITH portion AS (SELECT id, uri, received_at, processed_at FROM inbox_activities WHERE id > $2 ORDER BY id LIMIT 2000),
			removed AS (DELETE FROM inbox_activities WHERE id IN (
				SELECT i.id FROM portion i WHERE i.received_at < $1 AND i.processed_at < $1
					AND NOT EXISTS (SELECT 1 FROM follows x WHERE x.uri = i.uri AND x.undone_at IS NULL)
					AND NOT EXISTS (SELECT 1 FROM favourites x WHERE x.uri = i.uri AND x.undone_at IS NULL)
					AND NOT EXISTS (SELECT 1 FROM boosts x WHERE x.uri = i.uri AND x.undone_at IS NULL)))
			SELECT max(id) AS last, coalesce(bool_and(received_at >= $1), true) AS newer FROM portion`, before, after)
		if err != nil {
			return fmt.Errorf("deleteReceived: %w", err)
		}
		if seen.Newer {
			return nil
		}
		after = *seen.Last
	}
}

// emptyUnused takes the bodies of what changed nothing, because it was ignored or rejected: of what came before the given time,
// and of all but the newest once they are more bytes than bound. It goes back from the newest row, a portion at a time, and ends
// where a whole portion came before the time done: there it was before.
func emptyUnused(ctx context.Context, q sqlx.ExtContext, before, done time.Time, bound int64) error {
	for next, kept := int64(math.MaxInt64), int64(0); ; {
		var seen struct {
			First *int64 `db:"first"`
			Kept  int64  `db:"kept"`
			Older bool   `db:"older"`
		}
		err := sqlx.GetContext(ctx, q, &seen, `
			WITH portion AS (SELECT id, received_at, outcome, octet_length(body) AS size FROM inbox_activities WHERE id < $1 ORDER BY id DESC LIMIT 2000),
			unused AS (SELECT id, received_at, $2::bigint + sum(size) OVER (ORDER BY id DESC) AS total FROM portion
				WHERE outcome IN ('ignored', 'rejected') AND size > 0),
			emptied AS (UPDATE inbox_activities SET body = '' WHERE id IN (SELECT id FROM unused WHERE received_at < $3 OR total > $4))
			SELECT min(id) AS first, coalesce((SELECT max(total) FROM unused), $2)::bigint AS kept, coalesce(bool_and(received_at < $5), true) AS older FROM portion`,
			next, kept, before, bound, done)
		if err != nil {
			return fmt.Errorf("emptyUnused: %w", err)
		}
		if seen.Older {
			return nil
		}
		next, kept = *seen.First, seen.Kept
	}
}
