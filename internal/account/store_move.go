package account

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// updateMoved reports whether that changed anything.
func updateMoved(ctx context.Context, db sqlx.ExtContext, a Account) (changed bool, err error) {
	result, err := db.ExecContext(ctx, `
		UPDATE accounts SET also_known_as = coalesce($2::text[], '{}'), moved_to_uri = $3, moved_at = $4, updated_at = now()
		WHERE id = $1 AND (also_known_as, moved_to_uri, moved_at) IS DISTINCT FROM (coalesce($2::text[], '{}'), $3, $4)`,
		a.ID, a.AlsoKnownAs, a.MovedToURI, a.MovedAt)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func activeByURIs(ctx context.Context, db sqlx.ExtContext, uris []string) (list []Account, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `SELECT `+columns+` FROM accounts WHERE uri = ANY ($1) AND state = 'active'`, pq.StringArray(uris))
	return list, err
}

// closeAccount forgets the words and keys of one of ours, but not the key that signs the news.
func closeAccount(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `
		WITH p AS (DELETE FROM passkeys WHERE account_id = $1)
		UPDATE accounts SET state = 'gone', role = '', display_name = '', note = '', note_source = '', avatar = '', header = '', fields = '[]',
			discoverable = false, indexable = false, also_known_as = '{}', moved_to_uri = '', updated_at = now()
		WHERE id = $1 AND domain IS NULL`, id)
	return err
}
