package post

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// claimKey reports false when the key is taken; it waits for who is about to take it.
func claimKey(ctx context.Context, db sqlx.ExtContext, accountID int64, key string) (claimed bool, err error) {
	res, err := db.ExecContext(ctx, `
		INSERT INTO idempotency_keys (account_id, key, result_id) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`, accountID, key)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func setResult(ctx context.Context, db sqlx.ExtContext, accountID int64, key string, id int64) error {
	_, err := db.ExecContext(ctx, `UPDATE idempotency_keys SET result_id = $3 WHERE account_id = $1 AND key = $2`, accountID, key, id)
	return err
}

func resultOf(ctx context.Context, db sqlx.ExtContext, accountID int64, key string, since time.Time) (id int64, err error) {
	err = sqlx.GetContext(ctx, db, &id, `
		SELECT result_id FROM idempotency_keys WHERE account_id = $1 AND key = $2 AND created_at >= $3`, accountID, key, since)
	return id, err
}

func forgetKeys(ctx context.Context, db sqlx.ExtContext, accountID int64, before time.Time) error {
	_, err := db.ExecContext(ctx, `DELETE FROM idempotency_keys WHERE account_id = $1 AND created_at < $2`, accountID, before)
	return err
}
