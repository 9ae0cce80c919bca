package account

import (
	"context"

	"github.com/jmoiron/sqlx"
)

func refusedHomes(ctx context.Context, db sqlx.ExtContext) (list []Home, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT domain, coalesce(url_host(uri), domain) AS host FROM accounts WHERE domain IS NOT NULL AND hidden GROUP BY 1, 2 ORDER BY 1, 2`)
	return list, err
}

func refusedAt(ctx context.Context, db sqlx.ExtContext, h Home, after int64, limit int) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT id FROM accounts WHERE domain = $1 AND coalesce(url_host(uri), domain) = $2 AND hidden AND id > $3
		ORDER BY id LIMIT $4`, h.Domain, h.Host, after, limit)
	return ids, err
}

func eraseRefused(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `
		UPDATE accounts SET display_name = '', note = '', avatar = '', header = '', fields = '[]', fetched_at = NULL, updated_at = now()
		WHERE id = $1 AND domain IS NOT NULL AND hidden`, id)
	return err
}
