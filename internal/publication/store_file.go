package publication

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const fileColumns = `f.id, f.account_id, f.draft_id, f.post_id, f.revision, f.name, f.content_type, f.file, f.preview_file, f.size, f.created_at`

// insertFile reports false when the id is taken.
func insertFile(ctx context.Context, db sqlx.ExtContext, f Stored) (bool, error) {
	res, err := db.ExecContext(ctx, `
		INSERT INTO publication_files (id, account_id, name, content_type, file, preview_file, size, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`,
		f.ID, f.AccountID, f.Name, f.ContentType, f.File, f.PreviewFile, f.Size, f.CreatedAt)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func fileByID(ctx context.Context, db sqlx.ExtContext, id int64) (f Stored, err error) {
	err = sqlx.GetContext(ctx, db, &f, `SELECT `+fileColumns+` FROM publication_files f WHERE f.id = $1`, id)
	return f, err
}

func filesByIDs(ctx context.Context, db sqlx.ExtContext, ids []int64) (list []Stored, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `SELECT `+fileColumns+` FROM publication_files f WHERE f.id = ANY ($1)`, pq.Array(ids))
	return list, err
}

func filesOfPost(ctx context.Context, db sqlx.ExtContext, postID int64) (list []Stored, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `SELECT `+fileColumns+` FROM publication_files f WHERE f.post_id = $1`, postID)
	return list, err
}

// filesToName returns those of the files that hang on a document in work or on what it is to replace, or were sent by the account and
// hang on nothing yet.
func filesToName(ctx context.Context, db sqlx.ExtContext, accountID, workID int64, postID *int64, ids []int64) (list []Stored, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+fileColumns+` FROM publication_files f
		WHERE f.id = ANY ($4) AND (f.draft_id = $2 OR f.post_id = $3::bigint OR f.draft_id IS NULL AND f.post_id IS NULL AND f.account_id = $1)`,
		accountID, workID, postID, pq.Array(ids))
	return list, err
}

// waitingFiles counts what an account sent and no text names.
func waitingFiles(ctx context.Context, db sqlx.ExtContext, accountID int64) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `
		SELECT count(*) FROM publication_files WHERE account_id = $1 AND revision IS NULL AND draft_id IS NULL AND post_id IS NULL`, accountID)
	return n, err
}

// hangFiles hangs on a document in work what is not published yet.
func hangFiles(ctx context.Context, db sqlx.ExtContext, workID int64, ids []int64) error {
	_, err := db.ExecContext(ctx, `UPDATE publication_files SET draft_id = $1 WHERE id = ANY ($2) AND revision IS NULL`, workID, pq.Array(ids))
	return err
}

// publishFiles makes files those of a published version; what an earlier one listed stays its own.
func publishFiles(ctx context.Context, db sqlx.ExtContext, postID int64, revision int, ids []int64) error {
	_, err := db.ExecContext(ctx, `
		UPDATE publication_files SET draft_id = NULL, post_id = $1, revision = coalesce(revision, $2) WHERE id = ANY ($3)`, postID, revision, pq.Array(ids))
	return err
}

// deleteFiles removes the files of a post and returns what is stored of them.
func deleteFiles(ctx context.Context, db sqlx.ExtContext, postID int64) ([]string, error) {
	return storedNames(ctx, db, `DELETE FROM publication_files WHERE post_id = $1 RETURNING file, preview_file`, postID)
}

// deleteForgottenFiles is deleteFiles for what was sent before, is in no published version and in no text in work.
func deleteForgottenFiles(ctx context.Context, db sqlx.ExtContext, before time.Time) ([]string, error) {
	return storedNames(ctx, db, `
		DELETE FROM publication_files f WHERE f.revision IS NULL AND f.created_at < $1 AND NOT EXISTS (
			SELECT 1 FROM publication_drafts d WHERE d.id = f.draft_id AND d.content -> 'files' @> jsonb_build_array(jsonb_build_object('id', f.id::text)))
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
