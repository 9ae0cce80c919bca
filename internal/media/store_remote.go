package media

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
)

const remoteColumns = `r.key, r.use, r.url, r.file, r.preview_file, r.size, r.error, r.fetched_at, r.used_at`

// secretOr returns the secret that all processes share, which is fresh when there was none.
func secretOr(ctx context.Context, q sqlx.ExtContext, fresh []byte) (secret []byte, err error) {
	if _, err := q.ExecContext(ctx, `INSERT INTO media_secret (secret) VALUES ($1) ON CONFLICT (id) DO NOTHING`, fresh); err != nil {
		return nil, err
	}
	err = sqlx.GetContext(ctx, q, &secret, `SELECT secret FROM media_secret`)
	return secret, err
}

func remoteByKey(ctx context.Context, q sqlx.ExtContext, key []byte) (f remoteFile, err error) {
	err = sqlx.GetContext(ctx, q, &f, `SELECT `+remoteColumns+` FROM remote_files r WHERE r.key = $1`, key)
	return f, err
}

// replaceRemote stores what we have now and returns what we had, whose files nobody needs any more.
func replaceRemote(ctx context.Context, d *sqlx.DB, f remoteFile) (old remoteFile, err error) {
	err = db.InTx(ctx, d, func(tx *sqlx.Tx) error {
		err := sqlx.GetContext(ctx, tx, &old, `DELETE FROM remote_files r WHERE r.key = $1 RETURNING `+remoteColumns, f.Key)
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO remote_files (key, use, url, file, preview_file, size, error, fetched_at, used_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (key) DO UPDATE SET file = $4, preview_file = $5, size = $6, error = $7, fetched_at = $8, used_at = $9`,
			f.Key, f.Use, f.URL, f.File, f.PreviewFile, f.Size, f.Error, f.FetchedAt, f.UsedAt)
		return err
	})
	return old, err
}

func useRemote(ctx context.Context, q sqlx.ExtContext, key []byte, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE remote_files SET used_at = $2 WHERE key = $1`, key, at)
	return err
}

// removeRemote forgets what was used last before unused, failures from before failed, and, of the rest, what does not fit into
// most bytes when the newest in use come first. It returns the files.
func removeRemote(ctx context.Context, q sqlx.ExtContext, unused, failed time.Time, most int64) ([]string, error) {
	return filesOf(ctx, q, `
		WITH ranked AS (
			SELECT key, used_at, file, fetched_at, sum(size) OVER (ORDER BY used_at DESC, key) AS so_far FROM remote_files)
		DELETE FROM remote_files f USING ranked r
		WHERE r.key = f.key AND (r.used_at < $1 OR r.file = '' AND r.fetched_at < $2 OR r.so_far > $3)
		RETURNING f.file, f.preview_file`, unused, failed, most)
}
