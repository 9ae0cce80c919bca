package quote

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const columns = `post_id, quoted_uri, quoted_id, state, authorization_uri, updated_at`

func quoteOf(ctx context.Context, db sqlx.ExtContext, postID int64) (q Quote, err error) {
	err = sqlx.GetContext(ctx, db, &q, `SELECT `+columns+` FROM quotes WHERE post_id = $1`, postID)
	return q, err
}

func lockQuote(ctx context.Context, db sqlx.ExtContext, postID int64) (q Quote, err error) {
	err = sqlx.GetContext(ctx, db, &q, `SELECT `+columns+` FROM quotes WHERE post_id = $1 FOR UPDATE`, postID)
	return q, err
}

func lockByStamp(ctx context.Context, db sqlx.ExtContext, uri string) (list []Quote, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM quotes WHERE authorization_uri = $1 AND authorization_uri <> '' ORDER BY post_id FOR UPDATE`, uri)
	return list, err
}

func quotesOf(ctx context.Context, db sqlx.ExtContext, postIDs []int64) (list []Quote, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `SELECT `+columns+` FROM quotes WHERE post_id = ANY ($1)`, pq.Array(postIDs))
	return list, err
}

func putQuote(ctx context.Context, db sqlx.ExtContext, q Quote) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO quotes (post_id, quoted_uri, quoted_id, state, authorization_uri, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (post_id) DO UPDATE SET quoted_uri = excluded.quoted_uri, quoted_id = excluded.quoted_id, state = excluded.state,
			authorization_uri = excluded.authorization_uri, updated_at = excluded.updated_at`,
		q.PostID, q.QuotedURI, q.QuotedID, q.State, q.AuthorizationURI, q.UpdatedAt)
	return err
}

func verifyQuote(ctx context.Context, db sqlx.ExtContext, q Quote, quotedID *int64, state State, at time.Time) error {
	_, err := db.ExecContext(ctx, `
		UPDATE quotes SET quoted_id = $4, state = $5, updated_at = $6
		WHERE post_id = $1 AND quoted_uri = $2 AND authorization_uri = $3 AND state = 'pending'`,
		q.PostID, q.QuotedURI, q.AuthorizationURI, quotedID, state, at)
	return err
}

func deleteQuote(ctx context.Context, db sqlx.ExtContext, postID int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM quotes WHERE post_id = $1`, postID)
	return err
}

// authorOf is who wrote a post, 0 for one that we do not know.
func authorOf(ctx context.Context, db sqlx.ExtContext, postID *int64) (accountID int64, err error) {
	err = sqlx.GetContext(ctx, db, &accountID, `SELECT coalesce((SELECT account_id FROM posts WHERE id = $1), 0)`, postID)
	return accountID, err
}

const requestColumns = `id, uri, account_id, quoted_id, interacting_uri, state, created_at, updated_at`

func requestByID(ctx context.Context, db sqlx.ExtContext, id int64) (r Request, err error) {
	err = sqlx.GetContext(ctx, db, &r, `SELECT `+requestColumns+` FROM quote_requests WHERE id = $1`, id)
	return r, err
}

func lockRequest(ctx context.Context, db sqlx.ExtContext, quotedID int64, interactingURI string) (r Request, err error) {
	err = sqlx.GetContext(ctx, db, &r, `
		SELECT `+requestColumns+` FROM quote_requests WHERE quoted_id = $1 AND interacting_uri = $2 FOR UPDATE`, quotedID, interactingURI)
	return r, err
}

// insertRequest reports false when the id is taken.
func insertRequest(ctx context.Context, db sqlx.ExtContext, r Request) (bool, error) {
	res, err := db.ExecContext(ctx, `
		INSERT INTO quote_requests (id, uri, account_id, quoted_id, interacting_uri, state, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (id) DO NOTHING`,
		r.ID, r.URI, r.AccountID, r.QuotedID, r.InteractingURI, r.State, r.CreatedAt)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func updateRequest(ctx context.Context, db sqlx.ExtContext, r Request) error {
	_, err := db.ExecContext(ctx, `UPDATE quote_requests SET uri = $2, state = $3, updated_at = now() WHERE id = $1`, r.ID, r.URI, r.State)
	return err
}

func stampedAccounts(ctx context.Context, db sqlx.ExtContext, quotedID int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT DISTINCT r.account_id FROM quote_requests r JOIN accounts a ON a.id = r.account_id
		WHERE r.quoted_id = $1 AND r.state = 'accepted' AND a.domain IS NOT NULL`, quotedID)
	return ids, err
}
