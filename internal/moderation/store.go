package moderation

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/paging"
)

const columns = `id, account_id, target_id, post_ids, rule_ids, category, comment, forward, resolved_by_id, resolved_at, resolution, created_at, host, uri`

func insert(ctx context.Context, db sqlx.ExtContext, r Report) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO reports (id, account_id, target_id, post_ids, rule_ids, category, comment, forward, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		r.ID, r.AccountID, r.TargetID, r.PostIDs, r.RuleIDs, r.Category, r.Comment, r.Forward, r.CreatedAt)
	return err
}

// insertReceived reports false when another server's report came before.
func insertReceived(ctx context.Context, db sqlx.ExtContext, r Report) (inserted bool, err error) {
	result, err := db.ExecContext(ctx, `
		INSERT INTO reports (id, target_id, post_ids, rule_ids, category, comment, created_at, host, uri)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (uri, target_id) WHERE uri <> '' DO NOTHING`,
		r.ID, r.TargetID, r.PostIDs, r.RuleIDs, r.Category, r.Comment, r.CreatedAt, r.Host, r.URI)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// countFromHost counts what a server has reported since.
func countFromHost(ctx context.Context, db sqlx.ExtContext, host string, since time.Time) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `SELECT count(*) FROM reports WHERE host = $1 AND host <> '' AND created_at > $2`, host, since)
	return n, err
}

func reports(ctx context.Context, db sqlx.ExtContext, open bool, page paging.Page) (list []Report, err error) {
	after, before := page.Bounds()
	state := `resolved_at IS NULL`
	if !open {
		state = `resolved_at IS NOT NULL`
	}
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM reports WHERE `+state+` AND id > $1 AND id < $2
		ORDER BY id `+page.Order()+` LIMIT $3`, after, before, page.Size())
	paging.NewestFirst(page, list)
	return list, err
}

func reportsByIDs(ctx context.Context, db sqlx.ExtContext, ids []int64) (list []Report, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `SELECT `+columns+` FROM reports WHERE id = ANY ($1) ORDER BY id DESC`, pq.Array(ids))
	return list, err
}

func lock(ctx context.Context, db sqlx.ExtContext, id int64) (r Report, err error) {
	err = sqlx.GetContext(ctx, db, &r, `SELECT `+columns+` FROM reports WHERE id = $1 FOR UPDATE`, id)
	return r, err
}

func resolve(ctx context.Context, db sqlx.ExtContext, id, actorID int64, note string) error {
	_, err := db.ExecContext(ctx, `UPDATE reports SET resolved_by_id = $2, resolved_at = now(), resolution = $3 WHERE id = $1`, id, actorID, note)
	return err
}
