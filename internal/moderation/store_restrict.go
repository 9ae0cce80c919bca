package moderation

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// hidePost lets a trigger mark the post.
func hidePost(ctx context.Context, db sqlx.ExtContext, h Hidden) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO hidden_posts (post_id, account_id, reason, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (post_id) DO UPDATE SET account_id = excluded.account_id, reason = excluded.reason`, h.PostID, h.AccountID, h.Reason, h.CreatedAt)
	return err
}

func showPost(ctx context.Context, db sqlx.ExtContext, id int64) (bool, error) {
	result, err := db.ExecContext(ctx, `DELETE FROM hidden_posts WHERE post_id = $1`, id)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func hiddenPosts(ctx context.Context, db sqlx.ExtContext, ids []int64) (list []Hidden, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `SELECT post_id, account_id, reason, created_at FROM hidden_posts WHERE post_id = ANY ($1)`, pq.Array(ids))
	return list, err
}
