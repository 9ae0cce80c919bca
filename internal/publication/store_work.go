package publication

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"
)

const workColumns = `d.id, d.post_id, d.account_id, d.version, d.created_at, d.updated_at, d.content`

// workRow is a document in work as it is stored.
type workRow struct {
	Work
	Content string `db:"content"`
}

func (r workRow) whole() (Work, error) {
	w := r.Work
	if err := json.Unmarshal([]byte(r.Content), &w.Text); err != nil {
		return w, fmt.Errorf("text of %d: %w", w.ID, err)
	}
	return w, nil
}

func works(ctx context.Context, db sqlx.ExtContext, limit int) ([]Work, error) {
	var rows []workRow
	if err := sqlx.SelectContext(ctx, db, &rows, `
		SELECT `+workColumns+` FROM publication_drafts d ORDER BY d.updated_at DESC, d.id DESC LIMIT $1`, limit); err != nil {
		return nil, err
	}
	list := make([]Work, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = r.whole(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func countWorks(ctx context.Context, db sqlx.ExtContext) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `SELECT count(*) FROM publication_drafts`)
	return n, err
}

func workByID(ctx context.Context, db sqlx.ExtContext, id int64) (Work, error) {
	return oneWork(ctx, db, `SELECT `+workColumns+` FROM publication_drafts d WHERE d.id = $1`, id)
}

func workOfPost(ctx context.Context, db sqlx.ExtContext, postID int64) (Work, error) {
	return oneWork(ctx, db, `SELECT `+workColumns+` FROM publication_drafts d WHERE d.post_id = $1`, postID)
}

// lockWork is workByID that makes other writers of the row wait.
func lockWork(ctx context.Context, db sqlx.ExtContext, id int64) (Work, error) {
	return oneWork(ctx, db, `SELECT `+workColumns+` FROM publication_drafts d WHERE d.id = $1 FOR UPDATE`, id)
}

func oneWork(ctx context.Context, db sqlx.ExtContext, query string, id int64) (Work, error) {
	var r workRow
	if err := sqlx.GetContext(ctx, db, &r, query, id); err != nil {
		return Work{}, err
	}
	return r.whole()
}

// insertWork reports false when the id is taken.
func insertWork(ctx context.Context, db sqlx.ExtContext, w Work) (bool, error) {
	content, err := json.Marshal(w.Text)
	if err != nil {
		return false, err
	}
	res, err := db.ExecContext(ctx, `
		INSERT INTO publication_drafts (id, post_id, account_id, content, version) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`,
		w.ID, w.PostID, w.AccountID, string(content), w.Version)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func updateWork(ctx context.Context, db sqlx.ExtContext, w Work) error {
	content, err := json.Marshal(w.Text)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `
		UPDATE publication_drafts SET account_id = $2, content = $3, version = $4, updated_at = now() WHERE id = $1`,
		w.ID, w.AccountID, string(content), w.Version)
	return err
}

func deleteWork(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM publication_drafts WHERE id = $1`, id)
	return err
}

func deleteWorkOf(ctx context.Context, db sqlx.ExtContext, postID int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM publication_drafts WHERE post_id = $1`, postID)
	return err
}
