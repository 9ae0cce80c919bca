package account

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// formerKeys lists an account's replaced keys, the oldest first.
func formerKeys(ctx context.Context, q sqlx.ExtContext, accountID int64) (list []FormerKey, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `SELECT private_key_pem, rotated_at, told_at FROM former_keys WHERE account_id = $1 ORDER BY id`, accountID)
	return list, err
}

// replaceKey puts a new key in the place of the old one, which it keeps; false where there is no such account of ours.
func replaceKey(ctx context.Context, tx *sqlx.Tx, accountID int64, pair keyPair, at time.Time) (bool, error) {
	// The account is locked before the former key is read, so that two rotations at once keep both.
	res, err := tx.ExecContext(ctx, `WITH old AS (
			SELECT id, private_key_pem FROM accounts WHERE id = $1 AND domain IS NULL AND private_key_pem <> '' AND state = 'active' FOR NO KEY UPDATE
		), kept AS (
			INSERT INTO former_keys (account_id, private_key_pem, rotated_at) SELECT id, private_key_pem, $4 FROM old
		)
		UPDATE accounts a SET public_key_pem = $2, private_key_pem = $3, updated_at = $4 FROM old WHERE a.id = old.id`,
		accountID, pair.public, pair.private, at)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func markTold(ctx context.Context, q sqlx.ExtContext, accountID int64, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE former_keys SET told_at = $2 WHERE account_id = $1 AND told_at IS NULL`, accountID, at)
	return err
}

func deleteFormerKeys(ctx context.Context, q sqlx.ExtContext, accountID int64) error {
	_, err := q.ExecContext(ctx, `DELETE FROM former_keys WHERE account_id = $1`, accountID)
	return err
}

func deleteKeysBefore(ctx context.Context, q sqlx.ExtContext, before time.Time) error {
	_, err := q.ExecContext(ctx, `DELETE FROM former_keys WHERE rotated_at < $1`, before)
	return err
}

// localSigners lists our accounts that have a key, the instance's own actors first.
func localSigners(ctx context.Context, q sqlx.ExtContext) (list []Account, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `SELECT `+columns+` FROM accounts
		WHERE domain IS NULL AND private_key_pem <> '' AND state = 'active' ORDER BY id`)
	return list, err
}
