package account

import (
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/paging"
)

func insertEntry(ctx context.Context, db sqlx.ExtContext, e Entry) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO audit_log (id, account_id, action, subject, detail) VALUES ($1, $2, $3, $4, $5)`,
		e.ID, e.AccountID, e.Action, e.Subject, e.Detail)
	return err
}

func entries(ctx context.Context, db sqlx.ExtContext, page paging.Page) (list []Entry, err error) {
	order := "DESC"
	if page.MinID > 0 {
		order = "ASC" // the page right above the cursor is counted from below
	}
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT l.id, l.account_id, coalesce(a.username, '') AS username, l.action, l.subject, l.detail, l.created_at
		FROM audit_log l LEFT JOIN accounts a ON a.id = l.account_id
		WHERE ($1::bigint = 0 OR l.id < $1) AND l.id > greatest($2::bigint, $3::bigint)
		ORDER BY l.id `+order+`
		LIMIT $4`, page.MaxID, page.SinceID, page.MinID, page.Size())
	if page.MinID > 0 {
		slices.Reverse(list)
	}
	return list, err
}
