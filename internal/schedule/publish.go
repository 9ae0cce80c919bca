package schedule

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Publish publishes what waits under id if its time has come. It does nothing for what was moved, cancelled or published
// already, so that it can run twice. What cannot be published stays, with the reason.
func (s *Service) Publish(ctx context.Context, id int64) error {
	r, err := waitingEntry(ctx, s.db, id)
	if db.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("schedule.Publish %d: %w", id, err)
	}
	if r.ScheduledAt.After(s.now()) {
		return nil
	}
	e, err := r.entry()
	if err != nil {
		return err
	}
	err = s.publish(ctx, e)
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Kind == fault.Internal || refused.Kind == fault.Unavailable {
		return err
	}
	reason := refused.Message
	if len(refused.Fields) > 0 {
		reason = refused.Fields[0].Message
	}
	if err := failEntry(ctx, s.db, id, e.At, reason); err != nil {
		return fmt.Errorf("schedule.Publish %d: %w", id, err)
	}
	return nil
}

func (s *Service) publish(ctx context.Context, e Entry) error {
	actor, err := s.accounts.ByID(ctx, e.AccountID)
	if err != nil {
		return err
	}
	draft, err := s.Draft(actor, e.Params)
	if err != nil {
		return err
	}
	draft.AppID = e.AppID
	if err := s.posts.May(actor, draft); err != nil {
		return err
	}
	composed, err := s.posts.Compose(ctx, actor, draft)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		r, err := lockWaiting(ctx, tx, e.ID)
		if db.IsNotFound(err) {
			return nil // another process was faster, or it was cancelled
		}
		if err != nil {
			return fmt.Errorf("schedule.Publish %d: %w", e.ID, err)
		}
		if !r.ScheduledAt.Equal(e.At) {
			return nil // moved meanwhile; the job of its new time comes
		}
		if _, err := s.posts.PublishIn(ctx, tx, composed); err != nil {
			return err
		}
		return deleteEntry(ctx, tx, e.ID)
	})
}
