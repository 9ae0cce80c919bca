package job

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/internal/db/dbtest"
)

// What one session locks no other gets, until it is given back or the session has ended; and a companion that fails is started
// again with the queue.
func TestBeside(t *testing.T) {
	t.Parallel()
	conn := dbtest.New(t)
	sessions := make(chan *Session, 10)
	companion := func(ctx context.Context, s *Session) error {
		sessions <- s
		select {
		case <-s.Stopping():
		case <-ctx.Done():
		}
		return nil
	}
	queue := func() *Queue {
		q := New(conn, quiet)
		Work(q, func(context.Context, *river.Job[Forget]) error { return nil })
		return q
	}
	a, b := queue(), queue()
	a.Beside(companion)
	b.Beside(companion)
	start(t, a)
	first := <-sessions
	start(t, b)
	second := <-sessions
	try := func(s *Session) bool {
		t.Helper()
		got, err := s.TryLock(t.Context(), 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if !try(first) || try(second) {
		t.Error("two sessions have one lock")
	}
	if err := first.Unlock(t.Context(), 1, 2, 3); err != nil {
		t.Fatal(err)
	}
	if !try(second) || try(first) {
		t.Error("a lock that was given back is not free")
	}
	stop(t, b)
	if !try(first) {
		t.Error("the lock of a queue that stopped is not free")
	}

	failing := queue()
	runs := make(chan struct{}, 10)
	failing.Beside(func(context.Context, *Session) error {
		runs <- struct{}{}
		return errors.New("lost")
	})
	start(t, failing)
	for range 2 {
		select {
		case <-runs:
		case <-time.After(time.Minute):
			t.Fatal("a companion that failed is not started again")
		}
	}
}
