package practice

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const fileColumns = `f.id, f.account_id, f.post_id, f.position, f.description, f.name, f.content_type, f.file, f.preview_file, f.key, f.size,
	f.width, f.height, f.created_at`

// insertFile reports false when the id is taken.
func insertFile(ctx context.Context, db sqlx.ExtContext, f File) (bool, error) {
	res, err := db.ExecContext(ctx, `
		INSERT INTO practice_files (id, account_id, name, content_type, file, preview_file, key, size, width, height, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING`,
		f.ID, f.AccountID, f.Name, f.ContentType, f.File, f.PreviewFile, f.Key, f.Size, f.Width, f.Height, f.CreatedAt)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func fileByID(ctx context.Context, db sqlx.ExtContext, id int64) (f File, err error) {
	err = sqlx.GetContext(ctx, db, &f, `SELECT `+fileColumns+` FROM practice_files f WHERE f.id = $1`, id)
	return f, err
}

// publishedFiles returns what the published versions of practices list, in their order.
func publishedFiles(ctx context.Context, db sqlx.ExtContext, postIDs []int64) (list []File, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+fileColumns+` FROM practice_files f WHERE f.post_id = ANY ($1) AND f.position IS NOT NULL
		ORDER BY f.post_id, f.position`, pq.Array(postIDs))
	return list, err
}

// filesToName returns those of the files that hang on one of the posts, or were sent by the account and hang on none yet.
func filesToName(ctx context.Context, db sqlx.ExtContext, accountID int64, postIDs, ids []int64) (list []File, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+fileColumns+` FROM practice_files f
		WHERE f.id = ANY ($3) AND (f.post_id = ANY ($2) OR f.post_id IS NULL AND f.account_id = $1)`,
		accountID, pq.Array(postIDs), pq.Array(ids))
	return list, err
}

// waitingFiles counts what an account sent and no text names.
func waitingFiles(ctx context.Context, db sqlx.ExtContext, accountID int64) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `SELECT count(*) FROM practice_files WHERE account_id = $1 AND post_id IS NULL`, accountID)
	return n, err
}

func hangFiles(ctx context.Context, db sqlx.ExtContext, postID int64, ids []int64) error {
	_, err := db.ExecContext(ctx, `UPDATE practice_files SET post_id = $1 WHERE id = ANY ($2) AND post_id IS DISTINCT FROM $1`, postID, pq.Array(ids))
	return err
}

// listFiles makes files of a post those of its published version, and no others.
func listFiles(ctx context.Context, db sqlx.ExtContext, postID int64, refs []FileRef) error {
	if _, err := db.ExecContext(ctx, `
		UPDATE practice_files SET position = NULL WHERE post_id = $1 AND position IS NOT NULL AND id <> ALL ($2)`, postID, pq.Array(idsOf(refs))); err != nil {
		return err
	}
	for i, ref := range refs {
		if _, err := db.ExecContext(ctx, `
			UPDATE practice_files SET position = $3, description = $4 WHERE id = $2 AND post_id = $1`, postID, ref.ID, i, ref.Description); err != nil {
			return err
		}
	}
	return nil
}

// deleteFiles removes the files of a post and returns what is stored of them.
func deleteFiles(ctx context.Context, db sqlx.ExtContext, postID int64) ([]string, error) {
	return storedNames(ctx, db, `DELETE FROM practice_files WHERE post_id = $1 RETURNING file, preview_file`, postID)
}

// deleteForgottenFiles is deleteFiles for what was sent before, is in no published version and in no text in work.
func deleteForgottenFiles(ctx context.Context, db sqlx.ExtContext, before time.Time) ([]string, error) {
	return storedNames(ctx, db, `
		DELETE FROM practice_files f WHERE f.position IS NULL AND f.created_at < $1 AND NOT EXISTS (
			SELECT 1 FROM practices pr WHERE pr.post_id = f.post_id AND pr.pending -> 'files' @> jsonb_build_array(jsonb_build_object('id', f.id::text)))
		RETURNING file, preview_file`, before)
}

func storedNames(ctx context.Context, db sqlx.ExtContext, statement string, args ...any) (names []string, err error) {
	var rows []struct {
		File        string `db:"file"`
		PreviewFile string `db:"preview_file"`
	}
	if err := sqlx.SelectContext(ctx, db, &rows, statement, args...); err != nil {
		return nil, err
	}
	for _, r := range rows {
		names = append(names, r.File)
		if r.PreviewFile != "" {
			names = append(names, r.PreviewFile)
		}
	}
	return names, nil
}
