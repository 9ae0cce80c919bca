package list

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/paging"
)

const columns = `l.id, l.account_id, l.title, l.replies_policy, l.exclusive`

// follows is the condition that the owner follows the member m.
const follows = `EXISTS (SELECT 1 FROM follows f WHERE f.account_id = $1 AND f.target_id = m.target_id AND f.state = 'accepted' AND f.undone_at IS NULL)`

func listsOf(ctx context.Context, db sqlx.ExtContext, ownerID int64) (list []List, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `SELECT `+columns+` FROM lists l WHERE l.account_id = $1 ORDER BY lower(l.title), l.id`, ownerID)
	return list, err
}

func listsWith(ctx context.Context, db sqlx.ExtContext, ownerID, targetID int64) (list []List, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM lists l JOIN list_members m ON m.list_id = l.id
		WHERE l.account_id = $1 AND m.target_id = $2 AND `+follows+` ORDER BY lower(l.title), l.id`, ownerID, targetID)
	return list, err
}

func listByID(ctx context.Context, db sqlx.ExtContext, ownerID, id int64) (l List, err error) {
	err = sqlx.GetContext(ctx, db, &l, `SELECT `+columns+` FROM lists l WHERE l.account_id = $1 AND l.id = $2`, ownerID, id)
	return l, err
}

// lockCount makes two that create lists of one owner take turns.
func lockCount(ctx context.Context, db sqlx.ExtContext, ownerID int64) (n int, err error) {
	if _, err = db.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('lists of ' || $1::text, 0))`, ownerID); err != nil {
		return 0, err
	}
	err = sqlx.GetContext(ctx, db, &n, `SELECT count(*) FROM lists WHERE account_id = $1`, ownerID)
	return n, err
}

func insertList(ctx context.Context, db sqlx.ExtContext, l List) error {
	_, err := db.ExecContext(ctx, `INSERT INTO lists (id, account_id, title, replies_policy, exclusive) VALUES ($1, $2, $3, $4, $5)`,
		l.ID, l.AccountID, l.Title, l.RepliesPolicy, l.Exclusive)
	return err
}

func updateList(ctx context.Context, db sqlx.ExtContext, ownerID int64, l List) (updated List, err error) {
	err = sqlx.GetContext(ctx, db, &updated, `
		UPDATE lists l SET title = $3, replies_policy = $4, exclusive = $5 WHERE l.account_id = $1 AND l.id = $2 RETURNING `+columns,
		ownerID, l.ID, l.Title, l.RepliesPolicy, l.Exclusive)
	return updated, err
}

func deleteList(ctx context.Context, db sqlx.ExtContext, ownerID, id int64) (deleted bool, err error) {
	result, err := db.ExecContext(ctx, `DELETE FROM lists WHERE account_id = $1 AND id = $2`, ownerID, id)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// member pages by its own id: accounts have older ones.
type member struct {
	ID       int64 `db:"id"`
	TargetID int64 `db:"target_id"`
}

func membersOf(ctx context.Context, db sqlx.ExtContext, ownerID, listID int64, page paging.Page, limit int) (list []member, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT m.id, m.target_id FROM list_members m
		WHERE m.list_id = $2 AND m.id > $3 AND m.id < $4 AND `+follows+`
		ORDER BY m.id `+page.Order()+` LIMIT $5`, ownerID, listID, after, before, limit)
	return list, err
}

func followedOf(ctx context.Context, db sqlx.ExtContext, ownerID int64, targetIDs []int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT f.target_id FROM follows f WHERE f.account_id = $1 AND f.target_id = ANY ($2) AND f.state = 'accepted' AND f.undone_at IS NULL`,
		ownerID, pq.Array(targetIDs))
	return ids, err
}

// addMember reports false when the account is a member already.
func addMember(ctx context.Context, db sqlx.ExtContext, listID, targetID, id int64) (added bool, err error) {
	result, err := db.ExecContext(ctx, `INSERT INTO list_members (id, list_id, target_id) VALUES ($1, $2, $3) ON CONFLICT (list_id, target_id) DO NOTHING`,
		id, listID, targetID)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func removeMembers(ctx context.Context, db sqlx.ExtContext, listID int64, targetIDs []int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM list_members WHERE list_id = $1 AND target_id = ANY ($2)`, listID, pq.Array(targetIDs))
	return err
}
