package follow

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
)

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

// followers lists who follows a target, and following whom a reader follows, for a viewer; owners see all of their own.
func followers(ctx context.Context, db sqlx.ExtContext, viewerID, targetID int64, page paging.Page) ([]Follow, error) {
	return pageOf(ctx, db, page, viewerID, targetID, `f.target_id = $1 AND f.state = 'accepted' AND `+shown("f.account_id"))
}

func following(ctx context.Context, db sqlx.ExtContext, viewerID, readerID int64, page paging.Page) ([]Follow, error) {
	return pageOf(ctx, db, page, viewerID, readerID, `f.account_id = $1 AND f.state = 'accepted' AND `+shown("f.target_id"))
}

func shown(other string) string {
	return `($2::bigint = $1::bigint OR ` + account.Heard(other, "$2") + `)`
}

func pageOf(ctx context.Context, db sqlx.ExtContext, page paging.Page, viewerID, ofID int64, condition string) (list []Follow, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM follows f
		WHERE `+condition+` AND f.undone_at IS NULL AND f.id > $3 AND f.id < $4
		ORDER BY f.id `+page.Order()+` LIMIT $5`, ofID, viewerID, after, before, page.Size())
	paging.NewestFirst(page, list)
	return list, err
}

// pendingPage is pendingFor, a page at a time and newest first.
func pendingPage(ctx context.Context, db sqlx.ExtContext, targetID int64, page paging.Page) ([]Follow, error) {
	return pageOf(ctx, db, page, targetID, targetID, `f.target_id = $1 AND $2::bigint > 0 AND f.state = 'pending'`)
}

// familiar lists who of those that the viewer follows follows each target. Who keeps that to themselves is left out.
func familiar(ctx context.Context, db sqlx.ExtContext, viewerID int64, targetIDs []int64) (list []Follow, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM follows mine
		JOIN follows f ON f.account_id = mine.target_id AND f.state = 'accepted' AND f.undone_at IS NULL
		JOIN accounts reader ON reader.id = f.account_id AND NOT reader.hide_collections AND reader.state = 'active'
		JOIN accounts target ON target.id = f.target_id AND NOT target.hide_collections
		WHERE mine.account_id = $1 AND mine.state = 'accepted' AND mine.undone_at IS NULL
			AND f.target_id = ANY ($2) AND `+account.Heard("f.account_id", "$1")+`
		ORDER BY f.id DESC`, viewerID, pq.Int64Array(targetIDs))
	return list, err
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
