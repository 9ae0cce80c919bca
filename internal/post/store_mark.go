package post

import (
	"context"
	"database/sql"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

func insertBookmark(ctx context.Context, db sqlx.ExtContext, id, accountID, postID int64) error {
	_, err := db.ExecContext(ctx, `INSERT INTO bookmarks (id, account_id, post_id) VALUES ($1, $2, $3) ON CONFLICT (account_id, post_id) DO NOTHING`, id, accountID, postID)
	return err
}

func deleteBookmark(ctx context.Context, db sqlx.ExtContext, accountID, postID int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM bookmarks WHERE account_id = $1 AND post_id = $2`, accountID, postID)
	return err
}

func insertThreadMute(ctx context.Context, db sqlx.ExtContext, accountID, threadID int64) error {
	_, err := db.ExecContext(ctx, `INSERT INTO thread_mutes (account_id, thread_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, accountID, threadID)
	return err
}

func deleteThreadMute(ctx context.Context, db sqlx.ExtContext, accountID, threadID int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM thread_mutes WHERE account_id = $1 AND thread_id = $2`, accountID, threadID)
	return err
}

// countOtherPins counts an account's pins beside that of postID. What was withdrawn holds no place.
func countOtherPins(ctx context.Context, db sqlx.ExtContext, accountID, postID int64) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `
		SELECT count(*) FROM pins JOIN posts p ON p.id = pins.post_id
		WHERE pins.account_id = $1 AND pins.post_id <> $2 AND p.state = 'published'`, accountID, postID)
	return n, err
}

// insertPin reports false when the post is pinned.
func insertPin(ctx context.Context, db sqlx.ExtContext, id, accountID, postID int64) (inserted bool, err error) {
	result, err := db.ExecContext(ctx, `INSERT INTO pins (id, account_id, post_id) VALUES ($1, $2, $3) ON CONFLICT (account_id, post_id) DO NOTHING`, id, accountID, postID)
	return changedOne(result, err)
}

// deletePin reports false when the post was not pinned.
func deletePin(ctx context.Context, db sqlx.ExtContext, accountID, postID int64) (deleted bool, err error) {
	result, err := db.ExecContext(ctx, `DELETE FROM pins WHERE account_id = $1 AND post_id = $2`, accountID, postID)
	return changedOne(result, err)
}

func changedOne(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func pinByPost(ctx context.Context, db sqlx.ExtContext, accountID, postID int64) (id int64, err error) {
	err = sqlx.GetContext(ctx, db, &id, `SELECT id FROM pins WHERE account_id = $1 AND post_id = $2`, accountID, postID)
	return id, err
}

// keepPins removes all pins of an account but those of the posts, or with none given all beyond the newest of a number.
func keepPins(ctx context.Context, db sqlx.ExtContext, accountID int64, postIDs []int64, newest int) error {
	_, err := db.ExecContext(ctx, `
		DELETE FROM pins WHERE account_id = $1 AND ($2::bigint[] IS NOT NULL AND post_id <> ALL ($2::bigint[])
			OR id NOT IN (SELECT p.id FROM pins p WHERE p.account_id = $1 ORDER BY p.id DESC LIMIT $3))`, accountID, pq.Array(postIDs), newest)
	return err
}

func pinnedBy(ctx context.Context, db sqlx.ExtContext, viewerID, accountID int64, limit int) (list []Post, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM pins JOIN posts p ON p.id = pins.post_id
		WHERE pins.account_id = $2 AND `+VisibleTo("p", "$1")+`
		ORDER BY pins.id DESC LIMIT $3`, viewerID, accountID, limit)
	return list, err
}
