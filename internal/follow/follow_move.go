package follow

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// Lead lets everyone of ours who follows old follow target instead, as they followed old, and tells them. Whom a block parts from
// target stays where they are. Each in a transaction of its own: what an interrupted call left, the next one takes. moved is called
// in the transaction of each reader who goes.
func (s *Service) Lead(ctx context.Context, old, target account.Account, moved func(tx *sqlx.Tx, readerID int64) error) error {
	readers, err := localFollowers(ctx, s.db, old.ID)
	if err != nil {
		return fmt.Errorf("follow.Lead from %d: %w", old.ID, err)
	}
	byID, err := s.accounts.ByIDs(ctx, readers)
	if err != nil {
		return err
	}
	for _, id := range readers {
		err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) error { return s.lead(ctx, tx, byID[id], old, target, moved) })
		if fault.Is(err, fault.Forbidden) {
			continue
		}
		if err != nil {
			return fmt.Errorf("follow.Lead %d from %d to %d: %w", id, old.ID, target.ID, err)
		}
	}
	return nil
}

func (s *Service) lead(ctx context.Context, tx *sqlx.Tx, reader, old, target account.Account, moved func(tx *sqlx.Tx, readerID int64) error) error {
	if err := s.unblocked(ctx, tx, reader, target); err != nil {
		return err
	}
	before, err := lockFollow(ctx, tx, reader.ID, old.ID)
	if db.IsNotFound(err) || err == nil && before.State != Accepted {
		return nil // they left meanwhile
	}
	if err != nil {
		return err
	}
	if reader.ID != target.ID {
		if err := s.followInstead(ctx, tx, reader, target, before); err != nil {
			return err
		}
	}
	if err := s.stop(ctx, tx, old, before); err != nil {
		return err
	}
	if err := moved(tx, reader.ID); err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.Notify{Event: job.NotifyMoved, ID: before.ID})
}

// followInstead makes the follow of target, with the options of the one before. One that stands is left as it is.
func (s *Service) followInstead(ctx context.Context, tx *sqlx.Tx, reader, target account.Account, before Follow) error {
	now := time.Now()
	f := Follow{
		ID: db.NewID(now), AccountID: reader.ID, TargetID: target.ID, State: Pending, CreatedAt: now,
		ShowBoosts: before.ShowBoosts, Notify: before.Notify, Languages: before.Languages,
	}
	f.URI = fmt.Sprintf("%s/follows/%d", reader.URI, f.ID)
	if target.Local() && !target.ApprovesFollowers {
		f.State, f.AcceptedAt = Accepted, &now
	}
	_, inserted, err := s.open(ctx, tx, f)
	switch {
	case err != nil || !inserted:
		return err
	case target.Local():
		return s.jobs.Enqueue(ctx, tx, job.Notify{Event: job.NotifyFollow, ID: f.ID})
	}
	return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.Follow, ID: f.ID})
}
