package timeline

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

func markers(ctx context.Context, db sqlx.ExtContext, accountID int64, timelines []string) (list []Marker, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT timeline, last_read_id, version, updated_at FROM markers WHERE account_id = $1 AND timeline = ANY ($2) ORDER BY timeline`,
		accountID, pq.Array(timelines))
	return list, err
}

func saveMarker(ctx context.Context, db sqlx.ExtContext, accountID int64, timeline string, lastReadID int64, now time.Time) (m Marker, err error) {
	err = sqlx.GetContext(ctx, db, &m, `
		INSERT INTO markers AS m (account_id, timeline, last_read_id, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id, timeline) DO UPDATE SET last_read_id = $3, version = m.version + 1, updated_at = $4
		RETURNING timeline, last_read_id, version, updated_at`, accountID, timeline, lastReadID, now)
	return m, err
}
