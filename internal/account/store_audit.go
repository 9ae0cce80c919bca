package account

import (
	"context"

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
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT l.id, l.account_id, coalesce(a.username, '') AS username, l.action, l.subject, l.detail, l.created_at
		FROM audit_log l LEFT JOIN accounts a ON a.id = l.account_id
		WHERE l.id > $1 AND l.id < $2
		ORDER BY l.id `+page.Order()+` LIMIT $3`, after, before, page.Size())
	paging.NewestFirst(page, list)
	return list, err
}
