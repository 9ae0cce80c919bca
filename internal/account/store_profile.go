package account

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

func statsByIDs(ctx context.Context, db sqlx.ExtContext, ids []int64) (list []Stats, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT account_id, statuses_count, followers_count, following_count, last_status_at
		FROM account_stats WHERE account_id = ANY ($1)`, pq.Int64Array(ids))
	return list, err
}
