package post

import (
	"context"

	"github.com/jmoiron/sqlx"
)

func revisionOf(ctx context.Context, db sqlx.ExtContext, postID int64, revision int) (r Revision, err error) {
	err = sqlx.GetContext(ctx, db, &r, `
		SELECT post_id, revision, account_id, title, summary, html, source, detail, created_at
		FROM revisions WHERE post_id = $1 AND revision = $2`, postID, revision)
	return r, err
}

// upsertRevision leaves the time of a version that we know.
func upsertRevision(ctx context.Context, db sqlx.ExtContext, r Revision) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO revisions (post_id, revision, account_id, title, summary, html, source, detail, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (post_id, revision) DO UPDATE SET title = EXCLUDED.title, summary = EXCLUDED.summary, html = EXCLUDED.html,
			source = EXCLUDED.source, detail = EXCLUDED.detail`,
		r.PostID, r.Revision, r.AccountID, r.Title, r.Summary, r.HTML, r.Source, jsonOrNull(r.Detail), r.CreatedAt)
	return err
}

// trimRevisions drops the oldest versions beyond most in number or in bytes, but neither the current one nor keep.
func trimRevisions(ctx context.Context, db sqlx.ExtContext, postID int64, current, keep, most, bytes int) error {
	_, err := db.ExecContext(ctx, `
		DELETE FROM revisions r USING (
			SELECT revision, row_number() OVER newest AS n,
				sum(octet_length(title) + octet_length(summary) + octet_length(html) + coalesce(octet_length(detail::text), 0)) OVER newest AS bytes
			FROM revisions WHERE post_id = $1 WINDOW newest AS (ORDER BY revision DESC)
		) k
		WHERE r.post_id = $1 AND r.revision = k.revision AND r.revision <> ALL (ARRAY[$2::integer, $3::integer]) AND (k.n > $4 OR k.bytes > $5)`,
		postID, current, keep, most, bytes)
	return err
}
