package poll

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// Close works a job.ClosePoll: who asked and who voted hear that it is over, and other servers hear the result, or are
// asked for theirs. An earlier job than the poll's present end finds nothing to do.
func (s *Service) Close(ctx context.Context, postID int64) error {
	p, err := s.posts.Get(ctx, postID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("poll.Close %d: %w", postID, err)
	}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		r, err := lockPoll(ctx, tx, postID)
		if db.IsNotFound(err) {
			return nil // withdrawn, or no longer a poll
		}
		now := s.now()
		if err != nil || r.ClosedAt != nil || r.ExpiresAt == nil || now.Before(*r.ExpiresAt) {
			return err
		}
		if err := closePoll(ctx, tx, postID, *r.ExpiresAt); err != nil {
			return err
		}
		jobs := []river.JobArgs{job.Notify{Event: job.NotifyPoll, ID: postID}}
		if r.Local {
			jobs = append(jobs, job.Distribute{Verb: job.UpdatePoll, ID: postID})
		} else {
			jobs = append(jobs, job.FetchPost{URI: p.URI})
		}
		return s.jobs.Enqueue(ctx, tx, jobs...)
	})
	if err != nil {
		return fmt.Errorf("poll.Close %d: %w", postID, err)
	}
	return nil
}

// Tell works a job.TellPoll.
func (s *Service) Tell(ctx context.Context, postID int64) error {
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UpdatePoll, ID: postID})
	})
}
