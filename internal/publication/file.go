package publication

import (
	"context"
	"path"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/job"
)

func (s *Service) discardFiles(ctx context.Context, tx *sqlx.Tx, names []string) error {
	if len(names) == 0 {
		return nil
	}
	return s.jobs.Enqueue(ctx, tx, job.RemoveFiles{Files: names})
}

// Label is what a link to the file is called.
func (f File) Label() string {
	if f.Name != "" {
		return f.Name
	}
	return path.Base(f.URL)
}
