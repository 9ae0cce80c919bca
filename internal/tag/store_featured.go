package tag

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// featuredBy counts what anyone may read.
func featuredBy(ctx context.Context, db sqlx.ExtContext, accountID int64) (list []Featured, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT f.id, f.account_id, f.name, count(p.id) AS statuses_count, max(p.published_at) AS last_status_at
		FROM featured_tags f
			LEFT JOIN tags t ON lower(t.name) = lower(f.name)
				AND t.post_id IN (SELECT id FROM posts WHERE account_id = $1 AND state = 'published' AND visibility IN ('public', 'unlisted'))
			LEFT JOIN posts p ON p.id = t.post_id
		WHERE f.account_id = $1
		GROUP BY f.id, f.account_id, f.name ORDER BY count(p.id) DESC, lower(f.name)`, accountID)
	return list, err
}

// lockFeatured makes two that feature for one account take turns.
func lockFeatured(ctx context.Context, db sqlx.ExtContext, accountID int64) error {
	_, err := db.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('featured tags of ' || $1::text, 0))`, accountID)
	return err
}

func insertFeatured(ctx context.Context, db sqlx.ExtContext, id, accountID int64, name string) error {
	_, err := db.ExecContext(ctx, `INSERT INTO featured_tags (id, account_id, name) VALUES ($1, $2, $3)`, id, accountID, name)
	return err
}

func deleteFeatured(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (bool, error) {
	result, err := db.ExecContext(ctx, `DELETE FROM featured_tags WHERE account_id = $1 AND id = $2`, accountID, id)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func deleteFeaturedName(ctx context.Context, db sqlx.ExtContext, accountID int64, key string) error {
	_, err := db.ExecContext(ctx, `DELETE FROM featured_tags WHERE account_id = $1 AND lower(name) = $2`, accountID, key)
	return err
}

func usedMost(ctx context.Context, db sqlx.ExtContext, accountID int64, limit int) (keys []string, err error) {
	err = sqlx.SelectContext(ctx, db, &keys, `
		SELECT lower(t.name) FROM posts p JOIN tags t ON t.post_id = p.id
		WHERE p.account_id = $1 AND p.state = 'published' AND p.visibility IN ('public', 'unlisted')
			AND NOT EXISTS (SELECT 1 FROM featured_tags f WHERE f.account_id = $1 AND lower(f.name) = lower(t.name))
		GROUP BY lower(t.name) ORDER BY count(*) DESC, lower(t.name) LIMIT $2`, accountID, limit)
	return keys, err
}
