package edition

import (
	"context"

	"github.com/jmoiron/sqlx"
)

func filesOf(ctx context.Context, db sqlx.ExtContext, id int64) (list []File, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT format, state, size, checksum, made_at FROM edition_files WHERE edition_id = $1 ORDER BY array_position(ARRAY['pdf', 'odt', 'epub'], format)`, id)
	return list, err
}

func insertFile(ctx context.Context, db sqlx.ExtContext, id int64, f File) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO edition_files (edition_id, format, state, content, size, checksum, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, f.Format, f.State, f.content, f.Size, f.Checksum, f.MadeAt)
	return err
}

// settleFile says what became of a file that waits, and whether one waited.
func settleFile(ctx context.Context, db sqlx.ExtContext, id int64, f File) (bool, error) {
	result, err := db.ExecContext(ctx, `
		UPDATE edition_files SET state = $3, content = $4, size = $5, checksum = $6, made_at = $7
		WHERE edition_id = $1 AND format = $2 AND state = 'waiting'`, id, f.Format, f.State, f.content, f.Size, f.Checksum, f.MadeAt)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// awaitFile makes a file wait again that is not there, and says whether there was one.
func awaitFile(ctx context.Context, db sqlx.ExtContext, id int64, format string) (bool, error) {
	result, err := db.ExecContext(ctx, `
		UPDATE edition_files SET state = 'waiting' WHERE edition_id = $1 AND format = $2 AND state <> 'done'`, id, format)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

func pageByNumber(ctx context.Context, db sqlx.ExtContext, number string) (page []byte, err error) {
	err = sqlx.GetContext(ctx, db, &page, `SELECT html FROM editions WHERE number = $1 AND state = 'published'`, number)
	return page, err
}

func contentByNumber(ctx context.Context, db sqlx.ExtContext, number, format string) (content []byte, err error) {
	err = sqlx.GetContext(ctx, db, &content, `
		SELECT f.content FROM edition_files f JOIN editions e ON e.id = f.edition_id
		WHERE e.number = $1 AND e.state = 'published' AND f.format = $2 AND f.state = 'done'`, number, format)
	return content, err
}

// announcedEdition is a published edition with what followers are told of it.
type announcedEdition struct {
	Edition
	Announcement  string `db:"announcement"`
	PublishedByID *int64 `db:"published_by_id"`
	PageSize      int64  `db:"page_size"`
}

func announced(ctx context.Context, db sqlx.ExtContext, id int64) (e announcedEdition, err error) {
	err = sqlx.GetContext(ctx, db, &e, `SELECT `+columns+`, announcement, published_by_id, octet_length(html) AS page_size FROM editions WHERE id = $1`, id)
	return e, err
}

func setPost(ctx context.Context, db sqlx.ExtContext, id, postID int64) error {
	_, err := db.ExecContext(ctx, `UPDATE editions SET post_id = $2 WHERE id = $1`, id, postID)
	return err
}
