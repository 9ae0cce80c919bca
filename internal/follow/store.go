package follow

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/paging"
)

const columns = `f.id, f.account_id, f.target_id, f.uri, f.state, f.created_at, f.accepted_at, f.undone_at`

// insertFollow reports false when the pair has a follow that is not undone, or someone else's follow has that URI.
func insertFollow(ctx context.Context, db sqlx.ExtContext, f Follow) (inserted bool, err error) {
	result, err := db.ExecContext(ctx, `
		INSERT INTO follows (id, account_id, target_id, uri, state, created_at, accepted_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`,
		f.ID, f.AccountID, f.TargetID, f.URI, f.State, f.CreatedAt, f.AcceptedAt)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// releaseURI takes the id from an undone follow of the same follower, so that a new one can bear it.
func releaseURI(ctx context.Context, db sqlx.ExtContext, uri string, accountID int64) error {
	_, err := db.ExecContext(ctx, `
		UPDATE follows SET uri = uri || '#undone-' || id WHERE uri = $1 AND account_id = $2 AND undone_at IS NOT NULL`,
		uri, accountID)
	return err
}

func setURI(ctx context.Context, db sqlx.ExtContext, id int64, uri string) error {
	_, err := db.ExecContext(ctx, `UPDATE follows SET uri = $2 WHERE id = $1`, id, uri)
	return err
}

// setState keeps the time of the first accept.
func setState(ctx context.Context, db sqlx.ExtContext, id int64, state State, now time.Time) error {
	_, err := db.ExecContext(ctx, `
		UPDATE follows SET state = $2, accepted_at = CASE WHEN $2 = 'accepted' THEN coalesce(accepted_at, $3) ELSE accepted_at END
		WHERE id = $1`, id, state, now)
	return err
}

func undo(ctx context.Context, db sqlx.ExtContext, id int64, now time.Time) error {
	_, err := db.ExecContext(ctx, `UPDATE follows SET undone_at = $2 WHERE id = $1`, id, now)
	return err
}

// undoByInbox ends the follows of all accounts of other servers that read an inbox.
func undoByInbox(ctx context.Context, db sqlx.ExtContext, inboxURI string, now time.Time) error {
	_, err := db.ExecContext(ctx, `
		UPDATE follows f SET undone_at = $2 FROM accounts a
		WHERE a.id = f.account_id AND a.domain IS NOT NULL AND (a.inbox_uri = $1 OR a.shared_inbox_uri = $1) AND f.undone_at IS NULL`, inboxURI, now)
	return err
}

func followByID(ctx context.Context, db sqlx.ExtContext, id int64) (f Follow, err error) {
	err = sqlx.GetContext(ctx, db, &f, `SELECT `+columns+` FROM follows f WHERE f.id = $1`, id)
	return f, err
}

func lockFollowByID(ctx context.Context, db sqlx.ExtContext, id int64) (f Follow, err error) {
	err = sqlx.GetContext(ctx, db, &f, `SELECT `+columns+` FROM follows f WHERE f.id = $1 FOR UPDATE`, id)
	return f, err
}

// lockFollow finds the one follow of the pair that is not undone.
func lockFollow(ctx context.Context, db sqlx.ExtContext, accountID, targetID int64) (f Follow, err error) {
	err = sqlx.GetContext(ctx, db, &f, `
		SELECT `+columns+` FROM follows f
		WHERE f.account_id = $1 AND f.target_id = $2 AND f.undone_at IS NULL
		FOR UPDATE`, accountID, targetID)
	return f, err
}

func lockSentByURI(ctx context.Context, db sqlx.ExtContext, uri string, targetID int64) (f Follow, err error) {
	err = sqlx.GetContext(ctx, db, &f, `
		SELECT `+columns+` FROM follows f JOIN accounts reader ON reader.id = f.account_id
		WHERE f.uri = $1 AND f.target_id = $2 AND f.undone_at IS NULL AND reader.domain IS NULL
		FOR UPDATE OF f`, uri, targetID)
	return f, err
}

func lockSentByReader(ctx context.Context, db sqlx.ExtContext, readerURI string, targetID int64) (f Follow, err error) {
	err = sqlx.GetContext(ctx, db, &f, `
		SELECT `+columns+` FROM follows f JOIN accounts reader ON reader.id = f.account_id
		WHERE reader.uri = $1 AND f.target_id = $2 AND f.undone_at IS NULL AND reader.domain IS NULL
		FOR UPDATE OF f`, readerURI, targetID)
	return f, err
}

func followsBetween(ctx context.Context, db sqlx.ExtContext, readerID int64, otherIDs []int64) (list []Follow, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM follows f
		WHERE f.undone_at IS NULL
		AND ((f.account_id = $1 AND f.target_id = ANY($2)) OR (f.target_id = $1 AND f.account_id = ANY($2)))`,
		readerID, pq.Int64Array(otherIDs))
	return list, err
}

func pendingFor(ctx context.Context, db sqlx.ExtContext, targetID int64) (list []Follow, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM follows f
		WHERE f.target_id = $1 AND f.state = 'pending' AND f.undone_at IS NULL
		ORDER BY f.id`, targetID)
	return list, err
}

func sentBy(ctx context.Context, db sqlx.ExtContext, readerID int64) (list []Follow, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM follows f WHERE f.account_id = $1 AND f.undone_at IS NULL ORDER BY f.id DESC`, readerID)
	return list, err
}

// A cursor is the id of an account in the list; its place there is that of its latest follow, undone or not, so that
// a list does not break off when the last one shown stops following.

func followerIDs(ctx context.Context, db sqlx.ExtContext, targetID int64, page paging.Page) ([]int64, error) {
	return pageOf(ctx, db, page, `
		SELECT f.account_id FROM follows f
		WHERE f.target_id = $1 AND f.state = 'accepted' AND f.undone_at IS NULL
		AND ($2::bigint = 0 OR f.id < (SELECT max(c.id) FROM follows c WHERE c.target_id = $1 AND c.account_id = $2))
		AND ($3::bigint = 0 OR f.id > (SELECT max(c.id) FROM follows c WHERE c.target_id = $1 AND c.account_id = $3))
		ORDER BY f.id `, targetID)
}

func followingIDs(ctx context.Context, db sqlx.ExtContext, readerID int64, page paging.Page) ([]int64, error) {
	return pageOf(ctx, db, page, `
		SELECT f.target_id FROM follows f
		WHERE f.account_id = $1 AND f.state = 'accepted' AND f.undone_at IS NULL
		AND ($2::bigint = 0 OR f.id < (SELECT max(c.id) FROM follows c WHERE c.account_id = $1 AND c.target_id = $2))
		AND ($3::bigint = 0 OR f.id > (SELECT max(c.id) FROM follows c WHERE c.account_id = $1 AND c.target_id = $3))
		ORDER BY f.id `, readerID)
}

func pageOf(ctx context.Context, db sqlx.ExtContext, page paging.Page, query string, ofID int64) (ids []int64, err error) {
	newer := page.SinceID
	if page.Upwards() {
		newer = page.MinID
	}
	err = sqlx.SelectContext(ctx, db, &ids, query+page.Order()+` LIMIT $4`, ofID, page.MaxID, newer, page.Size())
	paging.NewestFirst(page, ids)
	return ids, err
}

func counts(ctx context.Context, db sqlx.ExtContext, accountID int64) (followers, following int, err error) {
	err = db.QueryRowxContext(ctx, `
		SELECT
			(SELECT count(*) FROM follows WHERE target_id = $1 AND state = 'accepted' AND undone_at IS NULL),
			(SELECT count(*) FROM follows WHERE account_id = $1 AND state = 'accepted' AND undone_at IS NULL)`, accountID).
		Scan(&followers, &following)
	return followers, following, err
}

func followedByUs(ctx context.Context, db sqlx.ExtContext, accountID int64) (yes bool, err error) {
	err = sqlx.GetContext(ctx, db, &yes, `
		SELECT EXISTS (
			SELECT 1 FROM follows f JOIN accounts reader ON reader.id = f.account_id
			WHERE f.target_id = $1 AND f.state = 'accepted' AND f.undone_at IS NULL AND reader.domain IS NULL)`, accountID)
	return yes, err
}
