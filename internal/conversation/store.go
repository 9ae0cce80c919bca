package conversation

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// localPeople lists those of our people that a post is from or to.
func localPeople(ctx context.Context, db sqlx.ExtContext, postID, authorID int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT id FROM accounts
		WHERE domain IS NULL AND kind = 'person' AND (id = $2 OR id IN (SELECT account_id FROM mentions WHERE post_id = $1))
		ORDER BY id`, postID, authorID)
	return ids, err
}

// dropMoved removes an account's conversations whose posts have become part of the thread, because its beginning arrived late.
func dropMoved(ctx context.Context, db sqlx.ExtContext, accountID, threadID int64) error {
	_, err := db.ExecContext(ctx, `
		DELETE FROM conversations c USING posts p
		WHERE c.account_id = $1 AND c.thread_id <> $2 AND p.id = c.last_post_id AND p.thread_id = $2`, accountID, threadID)
	return err
}

// upsert lets a conversation go on with p. What the account wrote itself it has read; what arrives late does not become the last.
func upsert(ctx context.Context, db sqlx.ExtContext, id, accountID int64, p post.Post, unread bool) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO conversations AS c (id, account_id, thread_id, last_post_id, unread) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, thread_id) DO UPDATE SET
			last_post_id = greatest(c.last_post_id, excluded.last_post_id),
			unread = excluded.unread OR c.unread AND c.last_post_id > excluded.last_post_id`, id, accountID, p.ThreadID, p.ID, unread)
	return err
}

// row is a conversation with its last post that its owner may see and wants to hear of.
type row struct {
	ID     int64 `db:"id"`
	Cursor int64 `db:"cursor"`
	Unread bool  `db:"unread"`
	PostID int64 `db:"post_id"`
}

func withLast() string {
	return `
		SELECT c.id, c.last_post_id AS cursor, c.unread, last.id AS post_id
		FROM conversations c JOIN posts l ON l.id = c.last_post_id CROSS JOIN LATERAL (
			SELECT p.id FROM posts p
			WHERE p.thread_id = l.thread_id AND p.visibility = 'direct' AND ` + post.ShownTo("p", "$1") + `
			ORDER BY p.id DESC LIMIT 1) last
		WHERE c.account_id = $1`
}

// conversationsOf reads one row more than the page has room for.
func conversationsOf(ctx context.Context, db sqlx.ExtContext, accountID int64, page paging.Page) (rows []row, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &rows, withLast()+` AND c.last_post_id > $2 AND c.last_post_id < $3
		ORDER BY c.last_post_id `+page.Order()+` LIMIT $4`, accountID, after, before, page.Size()+1)
	return rows, err
}

func conversationByID(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (r row, err error) {
	err = sqlx.GetContext(ctx, db, &r, withLast()+` AND c.id = $2`, accountID, id)
	return r, err
}

func setUnread(ctx context.Context, db sqlx.ExtContext, accountID, id int64, unread bool) error {
	_, err := db.ExecContext(ctx, `UPDATE conversations SET unread = $3 WHERE account_id = $1 AND id = $2 AND unread <> $3`, accountID, id, unread)
	return err
}

func remove(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (found bool, err error) {
	res, err := db.ExecContext(ctx, `DELETE FROM conversations WHERE account_id = $1 AND id = $2`, accountID, id)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// directPosts reads what the account wrote and what was written to it, each by an index of its own.
func directPosts(ctx context.Context, db sqlx.ExtContext, accountID int64, page paging.Page) (ids []int64, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT id FROM (
			(SELECT p.id FROM posts p
			WHERE p.account_id = $1 AND p.visibility = 'direct' AND p.id > $2 AND p.id < $3 AND `+post.ShownTo("p", "$1")+`
			ORDER BY p.id `+page.Order()+` LIMIT $4)
			UNION
			(SELECT p.id FROM mentions t JOIN posts p ON p.id = t.post_id
			WHERE t.account_id = $1 AND t.post_id > $2 AND t.post_id < $3 AND p.visibility = 'direct' AND `+post.ShownTo("p", "$1")+`
			ORDER BY t.post_id `+page.Order()+` LIMIT $4)) direct
		ORDER BY id `+page.Order()+` LIMIT $4`, accountID, after, before, page.Size())
	paging.NewestFirst(page, ids)
	return ids, err
}
