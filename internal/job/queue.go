package job

import (
	"context"
	"log/slog"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"
)

// Queue inserts jobs and, once started, works them. A queue that is never started only inserts.
type Queue struct{}

// New returns a queue on db, whose River tables must exist (db.Migrate makes them).
func New(db *sqlx.DB, log *slog.Logger) *Queue { panic("not built") }

// Work registers who works jobs of type T; call it before Start. f may return river.JobSnooze or river.JobCancel.
func Work[T river.JobArgs](q *Queue, f func(ctx context.Context, job *river.Job[T]) error) {
	panic("not built")
}

// Start begins to work jobs until Stop.
func (q *Queue) Start(ctx context.Context) error { panic("not built") }

// Stop lets running jobs end, within ctx.
func (q *Queue) Stop(ctx context.Context) error { panic("not built") }

// Enqueue inserts jobs in tx: they exist exactly when tx commits. A unique job that already waits is not inserted twice.
func (q *Queue) Enqueue(ctx context.Context, tx *sqlx.Tx, args ...river.JobArgs) error {
	panic("not built")
}
