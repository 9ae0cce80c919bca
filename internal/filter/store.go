package filter

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// filtersOf reads filters whole, all of an account or, with an id, one.
func filtersOf(ctx context.Context, db sqlx.ExtContext, accountID, id int64) ([]Filter, error) {
	var rows []struct {
		ID        int64          `db:"id"`
		AccountID int64          `db:"account_id"`
		Title     string         `db:"title"`
		Contexts  pq.StringArray `db:"contexts"`
		Action    string         `db:"action"`
		ExpiresAt *time.Time     `db:"expires_at"`
	}
	err := sqlx.SelectContext(ctx, db, &rows, `
		SELECT id, account_id, title, contexts, action, expires_at FROM filters
		WHERE account_id = $1 AND ($2::bigint = 0 OR id = $2) ORDER BY id`, accountID, id)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	list, ids, at := make([]Filter, len(rows)), make([]int64, len(rows)), make(map[int64]int, len(rows))
	for i, r := range rows {
		list[i] = Filter{ID: r.ID, AccountID: r.AccountID, Title: r.Title, Contexts: r.Contexts, Action: r.Action, ExpiresAt: r.ExpiresAt}
		ids[i], at[r.ID] = r.ID, i
	}
	var keywords []Keyword
	err = sqlx.SelectContext(ctx, db, &keywords, `
		SELECT id, filter_id, keyword, whole_word FROM filter_keywords WHERE filter_id = ANY ($1) ORDER BY id`, pq.Array(ids))
	if err != nil {
		return nil, err
	}
	for _, k := range keywords {
		f := &list[at[k.FilterID]]
		f.Keywords = append(f.Keywords, k)
	}
	var statuses []Status
	err = sqlx.SelectContext(ctx, db, &statuses, `
		SELECT id, filter_id, post_id FROM filter_statuses WHERE filter_id = ANY ($1) ORDER BY id`, pq.Array(ids))
	if err != nil {
		return nil, err
	}
	for _, x := range statuses {
		f := &list[at[x.FilterID]]
		f.Statuses = append(f.Statuses, x)
	}
	return list, nil
}

// lockCount makes two that create filters of one account take turns.
func lockCount(ctx context.Context, db sqlx.ExtContext, accountID int64) (n int, err error) {
	if _, err = db.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('filters of ' || $1::text, 0))`, accountID); err != nil {
		return 0, err
	}
	err = sqlx.GetContext(ctx, db, &n, `SELECT count(*) FROM filters WHERE account_id = $1`, accountID)
	return n, err
}

func insertFilter(ctx context.Context, db sqlx.ExtContext, f Filter) error {
	_, err := db.ExecContext(ctx, `INSERT INTO filters (id, account_id, title, contexts, action, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		f.ID, f.AccountID, f.Title, pq.Array(f.Contexts), f.Action, f.ExpiresAt)
	return err
}

func updateFilter(ctx context.Context, db sqlx.ExtContext, f Filter) error {
	_, err := db.ExecContext(ctx, `UPDATE filters SET title = $2, contexts = $3, action = $4, expires_at = $5 WHERE id = $1`,
		f.ID, f.Title, pq.Array(f.Contexts), f.Action, f.ExpiresAt)
	return err
}

func deleteFilter(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (bool, error) {
	return deleted(ctx, db, `DELETE FROM filters WHERE account_id = $1 AND id = $2`, accountID, id)
}

func saveKeyword(ctx context.Context, db sqlx.ExtContext, k Keyword) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO filter_keywords (id, filter_id, keyword, whole_word) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET keyword = $3, whole_word = $4`, k.ID, k.FilterID, k.Keyword, k.WholeWord)
	return err
}

func countKeywords(ctx context.Context, db sqlx.ExtContext, accountID int64) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `SELECT count(*) FROM filter_keywords k JOIN filters f ON f.id = k.filter_id WHERE f.account_id = $1`, accountID)
	return n, err
}

func deleteKeyword(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM filter_keywords WHERE id = $1`, id)
	return err
}

func filterOfKeyword(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (filterID int64, err error) {
	err = sqlx.GetContext(ctx, db, &filterID, `
		SELECT k.filter_id FROM filter_keywords k JOIN filters f ON f.id = k.filter_id WHERE f.account_id = $1 AND k.id = $2`, accountID, id)
	return filterID, err
}

func statusByID(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (x Status, err error) {
	err = sqlx.GetContext(ctx, db, &x, `
		SELECT s.id, s.filter_id, s.post_id FROM filter_statuses s JOIN filters f ON f.id = s.filter_id WHERE f.account_id = $1 AND s.id = $2`, accountID, id)
	return x, err
}

// countOtherStatuses counts what the account filters by itself, beside one post.
func countOtherStatuses(ctx context.Context, db sqlx.ExtContext, accountID, filterID, postID int64) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `
		SELECT count(*) FROM filter_statuses s JOIN filters f ON f.id = s.filter_id
		WHERE f.account_id = $1 AND NOT (s.filter_id = $2 AND s.post_id = $3)`, accountID, filterID, postID)
	return n, err
}

func insertStatus(ctx context.Context, db sqlx.ExtContext, x Status) (saved Status, err error) {
	err = sqlx.GetContext(ctx, db, &saved, `
		INSERT INTO filter_statuses AS s (id, filter_id, post_id) VALUES ($1, $2, $3)
		ON CONFLICT (filter_id, post_id) DO UPDATE SET id = s.id RETURNING s.id, s.filter_id, s.post_id`, x.ID, x.FilterID, x.PostID)
	return saved, err
}

func deleteStatus(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (bool, error) {
	return deleted(ctx, db, `
		DELETE FROM filter_statuses s USING filters f WHERE f.id = s.filter_id AND f.account_id = $1 AND s.id = $2`, accountID, id)
}

func deleted(ctx context.Context, db sqlx.ExtContext, statement string, accountID, id int64) (bool, error) {
	result, err := db.ExecContext(ctx, statement, accountID, id)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
