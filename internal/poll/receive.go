package poll

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// Received is a poll as another server describes it.
type Received struct {
	Multiple    bool
	HideTotals  bool
	ExpiresAt   *time.Time
	ClosedAt    *time.Time
	VotersCount int
	Options     []Option
}

// Receive stores how a poll of another server stands. Other answers than before make it another poll; then the votes of
// our people are gone, as they are at its origin.
func (s *Service) Receive(ctx context.Context, tx *sqlx.Tx, p post.Post, r Received) error {
	known, err := lockPoll(ctx, tx, p.ID)
	if err != nil && !db.IsNotFound(err) {
		return fmt.Errorf("poll.Receive %d: %w", p.ID, err)
	}
	open := db.IsNotFound(err) || known.ClosedAt == nil
	titles, votes := make([]string, len(r.Options)), make([]int64, len(r.Options))
	for i, o := range r.Options {
		titles[i], votes[i] = o.Title, int64(o.Votes)
	}
	next := row{PostID: p.ID, Multiple: r.Multiple, HideTotals: r.HideTotals, ExpiresAt: r.ExpiresAt, ClosedAt: r.ClosedAt}
	if r.ClosedAt == nil && known.ClosedAt != nil && equal(known.ExpiresAt, r.ExpiresAt) {
		next.ClosedAt = known.ClosedAt // its time was over here before its server said so
	}
	if err := s.write(ctx, tx, next, titles); err != nil {
		return fmt.Errorf("poll.Receive %d: %w", p.ID, err)
	}
	if err := takeOver(ctx, tx, p.ID, votes, r.VotersCount); err != nil {
		return fmt.Errorf("poll.Receive %d: %w", p.ID, err)
	}
	if open && r.ClosedAt != nil && known.PostID != 0 {
		return s.jobs.Enqueue(ctx, tx, job.Notify{Event: job.NotifyPoll, ID: p.ID})
	}
	return nil
}

func equal(a, b *time.Time) bool { return a != nil && b != nil && a.Equal(*b) }
