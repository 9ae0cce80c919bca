// Package jobtest lets tests work the jobs that the code under test has enqueued.
package jobtest

import (
	"context"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/job"
)

// patience is how long a test waits for its jobs; only a broken test needs it.
const patience = time.Minute

// Run starts q, whose workers are registered, and stops it when the test ends.
func Run(t testing.TB, q *job.Queue) {
	t.Helper()
	if err := q.Start(t.Context()); err != nil {
		t.Fatalf("jobtest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Errorf("jobtest: %v", err)
		}
	})
}

// Wait returns when no job of the database runs or is due, those included that other jobs enqueued. Jobs that wait for
// a later time, after a failure for instance, are left alone.
func Wait(t testing.TB, db *sqlx.DB) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		var due int
		if err := db.GetContext(t.Context(), &due, `
			SELECT count(*) FROM river_job
			WHERE state IN ('available', 'pending', 'running', 'retryable', 'scheduled') AND scheduled_at <= now() + interval '100 milliseconds'`); err != nil {
			t.Fatalf("jobtest: %v", err)
		}
		if due == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("jobtest: %d jobs still to be done", due)
		}
	}
}
