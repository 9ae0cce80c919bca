package post

import (
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/paging"
)

type profileLine struct {
	Post
	Cursor    int64      `db:"cursor"`
	BoostedAt *time.Time `db:"boosted_at"`
}

// profileLines reads one row more than the page has room for. Each part is read along an index of the account and ends with the
// page, so that it costs the same however much the account has written.
func profileLines(ctx context.Context, db sqlx.ExtContext, viewerID, accountID int64, group bool, o ProfileOptions, page paging.Page) (rows []profileLine, err error) {
	parts := []string{ownLines(o)}
	if !o.ownOnly() {
		parts = append(parts, `
			SELECT b.id AS cursor, b.post_id, b.created_at AS boosted_at FROM boosts b JOIN posts p ON p.id = b.post_id
			WHERE b.account_id = $2 AND b.undone_at IS NULL AND b.id > $3 AND b.id < $4 AND p.board_id IS DISTINCT FROM $2
				AND `+ShownTo("p", "$1")+`
			ORDER BY b.id {order} LIMIT $5`)
	}
	if group && !o.ownOnly() {
		parts = append(parts, `
			SELECT p.id AS cursor, p.id AS post_id, NULL::timestamptz AS boosted_at FROM posts p
			WHERE p.board_id = $2 AND p.account_id <> $2 AND p.in_reply_to_id IS NULL AND p.in_reply_to_uri = ''
				AND p.id > $3 AND p.id < $4 AND `+ShownTo("p", "$1")+`
			ORDER BY p.id {order} LIMIT $5`)
	}
	after, before := page.Bounds()
	args := []any{viewerID, accountID, after, before, page.Size() + 1}
	if o.Tagged != "" {
		args = append(args, o.Tagged)
	}
	query := `
		SELECT l.cursor, l.boosted_at, ` + columns + `
		FROM ((` + strings.Join(parts, `) UNION ALL (`) + `)) l JOIN posts p ON p.id = l.post_id
		WHERE NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = $2 AND target_id = $1::bigint)
		ORDER BY l.cursor {order} LIMIT $5`
	err = sqlx.SelectContext(ctx, db, &rows, strings.ReplaceAll(query, "{order}", page.Order()), args...)
	return rows, err
}

// ownLines are the posts of the account itself.
func ownLines(o ProfileOptions) string {
	from, condition := `posts p`, ``
	if o.OnlyMedia {
		from = `(SELECT DISTINCT m.post_id FROM media m WHERE m.account_id = $2 AND m.post_id > $3 AND m.post_id < $4) m JOIN posts p ON p.id = m.post_id`
	}
	if o.ExcludeReplies {
		condition += ` AND (p.in_reply_to_id IS NULL AND p.in_reply_to_uri = ''
			OR EXISTS (SELECT 1 FROM posts parent WHERE parent.id = p.in_reply_to_id AND parent.account_id = $2))`
	}
	if o.Tagged != "" {
		condition += ` AND EXISTS (SELECT 1 FROM tags t WHERE t.post_id = p.id AND lower(t.name) = lower($6))`
	}
	return `
		SELECT p.id AS cursor, p.id AS post_id, NULL::timestamptz AS boosted_at FROM ` + from + `
		WHERE p.account_id = $2 AND p.id > $3 AND p.id < $4 AND ` + VisibleTo("p", "$1") + condition + `
		ORDER BY p.id {order} LIMIT $5`
}
