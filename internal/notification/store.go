package notification

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

const columns = `n.id, n.account_id, n.kind, n.from_account_id, n.post_id, n.report_id, n.practice_log_id, n.directory_entry_id, n.created_at, n.read_at, n.filtered, n.group_key`

// insert writes one notification and returns its number; sql.ErrNoRows when the account was told before.
func insert(ctx context.Context, db sqlx.ExtContext, n Notification) (id int64, err error) {
	err = sqlx.GetContext(ctx, db, &id, `
		INSERT INTO notifications (account_id, kind, from_account_id, post_id, report_id, practice_log_id, directory_entry_id, created_at, filtered)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id`,
		n.AccountID, n.Kind, n.FromAccountID, n.PostID, n.ReportID, n.PracticeLogID, n.ListedID, n.CreatedAt, n.Filtered)
	return id, err
}

// removeRequests drops "wants to follow" once the follow stands.
func removeRequests(ctx context.Context, db sqlx.ExtContext, accountID, fromID int64) error {
	_, err := db.ExecContext(ctx, `
		DELETE FROM notifications WHERE account_id = $1 AND from_account_id = $2 AND kind = 'follow_request'`, accountID, fromID)
	return err
}

// removeBefore drops what an account was told of a post before what it is told now.
func removeBefore(ctx context.Context, db sqlx.ExtContext, accountID, postID int64, kind string, before time.Time) error {
	_, err := db.ExecContext(ctx, `
		DELETE FROM notifications WHERE account_id = $1 AND post_id = $2 AND kind = $3 AND created_at < $4`, accountID, postID, kind, before)
	return err
}

// shown is the condition that account $1, whose notification n is, can still see what it is about and still wants to hear of
// whoever caused it. It holds for lists and counts alike: else a number would stand there that no reading takes away.
func shown(n string) string { return `(` + about(n) + ` AND ` + from(n) + `)` }

// about is the first half of shown. The post is not looked for with EXISTS, which below an OR may be answered by reading all
// posts there are.
func about(n string) string {
	return `(` + n + `.post_id IS NULL OR (
		SELECT true FROM posts p WHERE p.id = ` + n + `.post_id AND ` + post.VisibleTo("p", "$1") + `
			AND (` + n + `.kind = 'assigned' OR NOT EXISTS (SELECT 1 FROM thread_mutes t WHERE t.account_id = $1 AND t.thread_id = p.thread_id))))`
}

// from is the second half. Nobody's report is missed because a moderator would rather not hear of them, nor what people of one
// house decide about a text or give each other to do.
func from(n string) string {
	return `CASE WHEN ` + n + `.kind = 'report'
		THEN EXISTS (SELECT 1 FROM accounts r WHERE r.id = $1 AND r.role IN ('moderator', 'admin'))
		WHEN ` + n + `.kind IN ('assigned', 'unconfirmed')
		THEN EXISTS (SELECT 1 FROM accounts r WHERE r.id = $1 AND r.role IN ('editor', 'moderator', 'admin'))
		ELSE ` + n + `.kind = 'review' OR ` + account.Told(n+".from_account_id", "$1") + ` END`
}

// untyped lists the kinds that programs have no name for, as SQL.
var untyped = func() string {
	var list []string
	for _, kind := range Kinds {
		if Types[kind] == "" {
			list = append(list, pq.QuoteLiteral(kind))
		}
	}
	return strings.Join(list, ", ")
}()

// where is the condition of a query on notifications n of account $1 between $2 and $3.
func (q Query) where(args *[]any) string {
	condition := `n.account_id = $1 AND n.id > $2 AND n.id < $3`
	if !q.Filtered {
		condition += ` AND NOT n.filtered`
	}
	if q.Typed {
		condition += ` AND n.kind NOT IN (` + untyped + `)`
	}
	if q.FromID != 0 {
		*args = append(*args, q.FromID)
		condition += fmt.Sprintf(` AND n.from_account_id = $%d`, len(*args))
	}
	return condition
}

// selectIn is the text of a SELECT of a page in which the rows of each kind are read by their own index, so that it costs
// the same however much of other kinds lies between.
func (q Query) selectIn(condition string, args *[]any) string {
	*args = append(*args, q.Page.Size())
	tail := fmt.Sprintf(` ORDER BY n.id %s LIMIT $%d`, q.Page.Order(), len(*args))
	if q.Kinds == nil {
		return `SELECT ` + columns + ` FROM notifications n WHERE ` + condition + tail
	}
	*args = append(*args, pq.Array(q.Kinds))
	return fmt.Sprintf(`
		SELECT `+columns+` FROM unnest($%d::text[]) AS k (kind)
		CROSS JOIN LATERAL (SELECT `+columns+` FROM notifications n WHERE n.kind = k.kind AND `+condition+tail+`) n`, len(*args)) + tail
}

func find(ctx context.Context, db sqlx.ExtContext, accountID int64, q Query) (items []Notification, err error) {
	after, before := q.Page.Bounds()
	args := []any{accountID, after, before}
	condition := q.where(&args) + ` AND ` + shown("n")
	query := q.selectIn(condition, &args)
	err = sqlx.SelectContext(ctx, db, &items, query, args...)
	paging.NewestFirst(q.Page, items)
	return items, err
}

func byID(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (n Notification, err error) {
	err = sqlx.GetContext(ctx, db, &n, `
		SELECT `+columns+` FROM notifications n WHERE n.id = $2 AND n.account_id = $1 AND `+shown("n"), accountID, id)
	return n, err
}

func unread(ctx context.Context, db sqlx.ExtContext, accountID int64, q Query) (n int, err error) {
	after, before := q.Page.Bounds()
	args := []any{accountID, after, before}
	condition := q.where(&args) + ` AND n.read_at IS NULL AND ` + shown("n")
	if q.Kinds != nil {
		args = append(args, pq.Array(q.Kinds))
		condition += fmt.Sprintf(` AND n.kind = ANY ($%d)`, len(args))
	}
	args = append(args, q.Page.Limit)
	err = sqlx.GetContext(ctx, db, &n, fmt.Sprintf(`
		SELECT count(*) FROM (SELECT 1 FROM notifications n WHERE `+condition+` LIMIT $%d) AS listed`, len(args)), args...)
	return n, err
}

func markRead(ctx context.Context, db sqlx.ExtContext, accountID, upToID int64, at time.Time) error {
	_, err := db.ExecContext(ctx, `
		UPDATE notifications SET read_at = $3 WHERE account_id = $1 AND id <= $2 AND read_at IS NULL`, accountID, upToID, at)
	return err
}

func remove(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (int64, error) {
	result, err := db.ExecContext(ctx, `DELETE FROM notifications WHERE account_id = $1 AND id = $2`, accountID, id)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func removeAll(ctx context.Context, db sqlx.ExtContext, accountID int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM notifications WHERE account_id = $1 AND NOT filtered`, accountID)
	return err
}
