package publication

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// deleteFiles removes the files of a post and returns what is stored of them.
func deleteFiles(ctx context.Context, db sqlx.ExtContext, postID int64) ([]string, error) {
	return storedNames(ctx, db, `DELETE FROM publication_files WHERE post_id = $1 RETURNING file, preview_file`, postID)
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
