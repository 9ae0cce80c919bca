package notification

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

const columns = `n.id, n.account_id, n.kind, n.from_account_id, n.post_id, n.created_at, n.read_at`

// insert writes one notification; it reports nothing when the account was told before.
func insert(ctx context.Context, db sqlx.ExtContext, n Notification) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO notifications (id, account_id, kind, from_account_id, post_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		n.ID, n.AccountID, n.Kind, n.FromAccountID, n.PostID, n.CreatedAt)
	return err
}

// removeRequests drops "wants to follow" once the follow stands.
func removeRequests(ctx context.Context, db sqlx.ExtContext, accountID, fromID int64) error {
	_, err := db.ExecContext(ctx, `
		DELETE FROM notifications WHERE account_id = $1 AND from_account_id = $2 AND kind = 'follow_request'`, accountID, fromID)
	return err
}

// shown is the condition that what a notification is about can still be seen by whom it is for. It holds for the list
// and for the count alike: else a number would stand there that no reading takes away.
var shown = `(n.post_id IS NULL OR EXISTS (SELECT 1 FROM posts p WHERE p.id = n.post_id AND ` + post.VisibleTo("p", "n.account_id") + `))`

func list(ctx context.Context, db sqlx.ExtContext, accountID int64, page paging.Page) (items []Notification, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &items, `
		SELECT `+columns+` FROM notifications n
		WHERE n.account_id = $1 AND n.id > $2 AND n.id < $3 AND `+shown+`
		ORDER BY n.id `+page.Order()+` LIMIT $4`, accountID, after, before, page.Size())
	paging.NewestFirst(page, items)
	return items, err
}

func unread(ctx context.Context, db sqlx.ExtContext, accountID int64) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `SELECT count(*) FROM notifications n WHERE n.account_id = $1 AND n.read_at IS NULL AND `+shown, accountID)
	return n, err
}

func markRead(ctx context.Context, db sqlx.ExtContext, accountID, upToID int64, at time.Time) error {
	_, err := db.ExecContext(ctx, `
		UPDATE notifications SET read_at = $3 WHERE account_id = $1 AND id <= $2 AND read_at IS NULL`, accountID, upToID, at)
	return err
}

// editors are those who look after our groups.
func editors(ctx context.Context, db sqlx.ExtContext) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT id FROM accounts
		WHERE domain IS NULL AND kind = 'person' AND state = 'active' AND role IN ('editor', 'moderator', 'admin')`)
	return ids, err
}
