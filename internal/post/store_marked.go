package post

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/paging"
)

type markedPost struct {
	Post
	Cursor int64 `db:"cursor"`
}

// markedBy reads one row more than the page has room for. table is bookmarks or favourites.
func markedBy(ctx context.Context, db sqlx.ExtContext, table string, viewerID int64, page paging.Page) (rows []markedPost, err error) {
	after, before := page.Bounds()
	standing := ""
	if table == favourites.table {
		standing = ` AND k.undone_at IS NULL`
	}
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT k.id AS cursor, `+columns+` FROM `+table+` k JOIN posts p ON p.id = k.post_id
		WHERE k.account_id = $1 AND k.id > $2 AND k.id < $3`+standing+` AND `+ShownTo("p", "$1")+`
		ORDER BY k.id `+page.Order()+` LIMIT $4`, viewerID, after, before, page.Size()+1)
	return rows, err
}

type reactor struct {
	Cursor    int64 `db:"cursor"`
	AccountID int64 `db:"account_id"`
}

// reactorsOf reads one row more than the page has room for.
func reactorsOf(ctx context.Context, db sqlx.ExtContext, k reactionKind, viewerID, postID int64, page paging.Page) (rows []reactor, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT r.id AS cursor, r.account_id FROM `+k.table+` r JOIN accounts a ON a.id = r.account_id
		WHERE r.post_id = $2 AND r.undone_at IS NULL AND r.id > $3 AND r.id < $4 AND a.state = 'active' AND `+Heard("r.account_id", "$1")+`
		ORDER BY r.id `+page.Order()+` LIMIT $5`, viewerID, postID, after, before, page.Size()+1)
	return rows, err
}

func shownBoost(ctx context.Context, db sqlx.ExtContext, viewerID, id int64) (r Reaction, err error) {
	err = sqlx.GetContext(ctx, db, &r, `
		SELECT r.id, r.account_id, r.post_id, r.uri, r.created_at, r.undone_at FROM boosts r
		WHERE r.id = $2 AND r.undone_at IS NULL AND `+Heard("r.account_id", "$1"), viewerID, id)
	return r, err
}
