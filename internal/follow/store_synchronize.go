package follow

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

func followersHere(ctx context.Context, db sqlx.ExtContext, targetID int64, limit int) (uris []string, err error) {
	err = sqlx.SelectContext(ctx, db, &uris, `
		SELECT a.uri FROM follows f JOIN accounts a ON a.id = f.account_id AND a.domain IS NULL
		WHERE f.target_id = $1 AND f.state = 'accepted' AND f.undone_at IS NULL ORDER BY a.id LIMIT $2`, targetID, limit)
	return uris, err
}

// localReaders lists our accounts that follow an account.
func localReaders(ctx context.Context, db sqlx.ExtContext, targetID int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT a.id FROM follows f JOIN accounts a ON a.id = f.account_id AND a.domain IS NULL
		WHERE f.target_id = $1 AND f.state = 'accepted' AND f.undone_at IS NULL ORDER BY a.id`, targetID)
	return ids, err
}

type remoteFollower struct {
	Domain string `db:"domain"`
	URI    string `db:"uri"`
}

// remoteFollowers lists followers at other servers, of one host where it is given.
func remoteFollowers(ctx context.Context, db sqlx.ExtContext, targetID int64, host string, limit int) (rows []remoteFollower, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT a.domain, a.uri FROM follows f JOIN accounts a ON a.id = f.account_id AND a.domain IS NOT NULL
		WHERE f.target_id = $1 AND f.state = 'accepted' AND f.undone_at IS NULL AND ($2 = '' OR a.domain = $2) ORDER BY a.id LIMIT $3`,
		targetID, host, limit)
	return rows, err
}

func localAccounts(ctx context.Context, db sqlx.ExtContext, uris []string) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `SELECT id FROM accounts WHERE uri = ANY ($1) AND domain IS NULL ORDER BY id`, pq.Array(uris))
	return ids, err
}

func undoneSince(ctx context.Context, db sqlx.ExtContext, accountID, targetID int64, since time.Time) (yes bool, err error) {
	err = sqlx.GetContext(ctx, db, &yes, `
		SELECT EXISTS (SELECT 1 FROM follows WHERE account_id = $1 AND target_id = $2 AND undone_at > $3)`, accountID, targetID, since)
	return yes, err
}

// insertUndone stores a follow that has ended already.
func insertUndone(ctx context.Context, db sqlx.ExtContext, f Follow, now time.Time) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO follows (id, account_id, target_id, uri, state, created_at, undone_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		f.ID, f.AccountID, f.TargetID, f.URI, f.State, f.CreatedAt, now)
	return err
}
