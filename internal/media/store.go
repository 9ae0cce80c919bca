package media

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const columns = `m.id, m.account_id, m.post_id, m.position, m.kind, m.content_type, m.file, m.preview_file, m.remote_url, m.size, m.width, m.height,
	m.preview_width, m.preview_height, m.description, m.blurhash, m.focus_x, m.focus_y, m.created_at`

func mediaOfPosts(ctx context.Context, db sqlx.ExtContext, postIDs []int64) (list []Media, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM media m WHERE m.post_id = ANY ($1) ORDER BY m.post_id, m.position, m.id`, pq.Array(postIDs))
	return list, err
}

// shownOfPosts is mediaOfPosts without the files of accounts whose media are refused.
func shownOfPosts(ctx context.Context, db sqlx.ExtContext, postIDs []int64) (list []Media, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM media m WHERE m.post_id = ANY ($1)
			AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = m.account_id AND a.media_rejected)
		ORDER BY m.post_id, m.position, m.id`, pq.Array(postIDs))
	return list, err
}

func mediaByID(ctx context.Context, db sqlx.ExtContext, id int64) (m Media, err error) {
	err = sqlx.GetContext(ctx, db, &m, `SELECT `+columns+` FROM media m WHERE m.id = $1`, id)
	return m, err
}

// insert reports false when the id is taken.
func insert(ctx context.Context, db sqlx.ExtContext, m Media) (bool, error) {
	res, err := db.ExecContext(ctx, `
		INSERT INTO media (id, account_id, post_id, position, kind, content_type, file, preview_file, remote_url, size, width, height,
			preview_width, preview_height, description, blurhash, focus_x, focus_y, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT DO NOTHING`,
		m.ID, m.AccountID, m.PostID, m.Position, m.Kind, m.ContentType, m.File, m.PreviewFile, m.RemoteURL, m.Size, m.Width, m.Height,
		m.PreviewWidth, m.PreviewHeight, m.Description, m.Blurhash, m.FocusX, m.FocusY, m.CreatedAt)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// ownMedia locks what is there of an account's media with these ids.
func ownMedia(ctx context.Context, db sqlx.ExtContext, accountID int64, ids []int64) (list []Media, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM media m WHERE m.account_id = $1 AND m.id = ANY ($2) ORDER BY m.id FOR UPDATE`, accountID, pq.Array(ids))
	return list, err
}

func waiting(ctx context.Context, db sqlx.ExtContext, accountID int64) (n int, err error) {
	err = sqlx.GetContext(ctx, db, &n, `SELECT count(*) FROM media WHERE account_id = $1 AND post_id IS NULL`, accountID)
	return n, err
}

// describe writes what people say about a file.
func describe(ctx context.Context, db sqlx.ExtContext, m Media) error {
	_, err := db.ExecContext(ctx, `UPDATE media SET description = $2, focus_x = $3, focus_y = $4 WHERE id = $1`, m.ID, m.Description, m.FocusX, m.FocusY)
	return err
}

func attach(ctx context.Context, db sqlx.ExtContext, id, postID int64, position int) error {
	_, err := db.ExecContext(ctx, `UPDATE media SET post_id = $2, position = $3 WHERE id = $1`, id, postID, position)
	return err
}

// remove deletes media and returns the files that go with them.
func remove(ctx context.Context, db sqlx.ExtContext, ids ...int64) ([]string, error) {
	return filesOf(ctx, db, `DELETE FROM media WHERE id = ANY ($1) RETURNING file, preview_file`, pq.Array(ids))
}

// removeOthers is remove for what hangs on a post and is not among ids.
func removeOthers(ctx context.Context, db sqlx.ExtContext, postID int64, ids []int64) ([]string, error) {
	return filesOf(ctx, db, `DELETE FROM media WHERE post_id = $1 AND id <> ALL (coalesce($2::bigint[], '{}')) RETURNING file, preview_file`, postID, pq.Array(ids))
}

// removeForgotten is remove for uploads that never became part of a post; a scheduled post names its media in params.
func removeForgotten(ctx context.Context, db sqlx.ExtContext, before time.Time) ([]string, error) {
	return filesOf(ctx, db, `
		DELETE FROM media m WHERE m.post_id IS NULL AND m.created_at < $1 AND NOT EXISTS (
			SELECT 1 FROM scheduled_posts s WHERE s.account_id = m.account_id AND position(m.id::text IN s.params::text) > 0)
		RETURNING file, preview_file`, before)
}

func filesOf(ctx context.Context, db sqlx.ExtContext, statement string, args ...any) ([]string, error) {
	var rows []struct {
		File        string `db:"file"`
		PreviewFile string `db:"preview_file"`
	}
	if err := sqlx.SelectContext(ctx, db, &rows, statement, args...); err != nil {
		return nil, err
	}
	var files []string
	for _, r := range rows {
		for _, f := range []string{r.File, r.PreviewFile} {
			if f != "" {
				files = append(files, f)
			}
		}
	}
	return files, nil
}

// unnamed returns those of the files that no row names.
func unnamed(ctx context.Context, db sqlx.ExtContext, files []string) (list []string, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT f FROM unnest($1::text[]) AS f
		WHERE NOT EXISTS (SELECT 1 FROM media m WHERE m.file = f)
			AND NOT EXISTS (SELECT 1 FROM media m WHERE m.preview_file = f)
			AND NOT EXISTS (SELECT 1 FROM remote_files r WHERE r.file = f AND r.file <> '')
			AND NOT EXISTS (SELECT 1 FROM remote_files r WHERE r.preview_file = f AND r.preview_file <> '')
			AND NOT EXISTS (SELECT 1 FROM practice_files p WHERE p.file = f)
			AND NOT EXISTS (SELECT 1 FROM practice_files p WHERE p.preview_file = f AND p.preview_file <> '')
			AND NOT EXISTS (SELECT 1 FROM publication_files p WHERE p.file = f)
			AND NOT EXISTS (SELECT 1 FROM publication_files p WHERE p.preview_file = f AND p.preview_file <> '')
			AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.avatar = f AND a.avatar <> '')
			AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.header = f AND a.header <> '')`, pq.Array(files))
	return list, err
}

// release lets what hangs on a post wait for another one.
func release(ctx context.Context, db sqlx.ExtContext, postID int64) error {
	_, err := db.ExecContext(ctx, `UPDATE media SET post_id = NULL, position = 0, created_at = now() WHERE post_id = $1 AND file <> ''`, postID)
	return err
}
