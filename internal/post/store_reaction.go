package post

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

const reactionColumns = `id, account_id, post_id, uri, created_at, undone_at`

// insertReaction reports false when the account's reaction already stands, or its uri was used before, also by one that is
// undone: a replay brings nothing back.
func insertReaction(ctx context.Context, db sqlx.ExtContext, k reactionKind, r Reaction) (inserted bool, err error) {
	res, err := db.ExecContext(ctx, `
		INSERT INTO `+k.table+` (id, account_id, post_id, uri) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		r.ID, r.AccountID, r.PostID, r.URI)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// undoReaction returns the id of the reaction that ended; sql.ErrNoRows when none stood.
func undoReaction(ctx context.Context, db sqlx.ExtContext, k reactionKind, accountID, postID int64, at time.Time) (id int64, err error) {
	err = sqlx.GetContext(ctx, db, &id, `
		UPDATE `+k.table+` SET undone_at = $3
		WHERE account_id = $1 AND post_id = $2 AND undone_at IS NULL RETURNING id`, accountID, postID, at)
	return id, err
}

func reactionByID(ctx context.Context, db sqlx.ExtContext, k reactionKind, id int64) (r Reaction, err error) {
	err = sqlx.GetContext(ctx, db, &r, `SELECT `+reactionColumns+` FROM `+k.table+` WHERE id = $1`, id)
	return r, err
}

func standingReaction(ctx context.Context, db sqlx.ExtContext, k reactionKind, accountID, postID int64) (r Reaction, err error) {
	err = sqlx.GetContext(ctx, db, &r, `
		SELECT `+reactionColumns+` FROM `+k.table+`
		WHERE account_id = $1 AND post_id = $2 AND undone_at IS NULL`, accountID, postID)
	return r, err
}

// standing lists posts that the account's reaction stands on.
func (k reactionKind) standing(ctx context.Context, db sqlx.ExtContext, accountID int64, limit int) (postIDs []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &postIDs, `
		SELECT post_id FROM `+k.table+` WHERE account_id = $1 AND undone_at IS NULL ORDER BY post_id LIMIT $2`, accountID, limit)
	return postIDs, err
}

// recountReactions needs the post's row locked.
func recountReactions(ctx context.Context, db sqlx.ExtContext, k reactionKind, postID int64) error {
	_, err := db.ExecContext(ctx, `
		UPDATE posts SET `+k.counter+` = (SELECT count(*) FROM `+k.table+` r WHERE r.post_id = posts.id AND r.undone_at IS NULL)
		WHERE id = $1`, postID)
	return err
}
