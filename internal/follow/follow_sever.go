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

// Sever ends what one of ours and another are to each other, in the caller's transaction: ours stops following, the
// other is sent away. Until that transaction ends, neither can begin to follow the other.
func (s *Service) Sever(ctx context.Context, tx *sqlx.Tx, ours, other account.Account) error {
	if err := lockPair(ctx, tx, ours.ID, other.ID); err != nil {
		return fmt.Errorf("follow.Sever %d and %d: lock: %w", ours.ID, other.ID, err)
	}
	f, err := lockFollow(ctx, tx, ours.ID, other.ID)
	if err == nil {
		err = s.stop(ctx, tx, other, f)
	}
	if err != nil && !db.IsNotFound(err) {
		return fmt.Errorf("follow.Sever %d -> %d: %w", ours.ID, other.ID, err)
	}
	f, err = lockFollow(ctx, tx, other.ID, ours.ID)
	if err == nil {
		err = s.refuse(ctx, tx, other, f)
	}
	if err != nil && !db.IsNotFound(err) {
		return fmt.Errorf("follow.Sever %d -> %d: %w", other.ID, ours.ID, err)
	}
	return nil
}

// SeverHost is Sever for all accounts of a host.
func (s *Service) SeverHost(ctx context.Context, tx *sqlx.Tx, ours account.Account, host string) error {
	others, err := connectedOn(ctx, tx, ours.ID, host)
	if err != nil {
		return fmt.Errorf("follow.SeverHost %s: %w", host, err)
	}
	byID, err := s.accounts.ByIDs(ctx, others)
	if err != nil {
		return err
	}
	for _, id := range others { // in the order of ids, as everyone who locks several
		if err := s.Sever(ctx, tx, ours, byID[id]); err != nil {
			return err
		}
	}
	return nil
}

// SeverHome ends all follows from and to the accounts of a home that is suspended. Nobody there is told: nothing goes out to them.
// It begins with the newest and takes some at a time, so that it holds nobody up; what an interrupted call left, the next one takes.
func (s *Service) SeverHome(ctx context.Context, home account.Home) error {
	for {
		n, err := undoRefused(ctx, s.db, home, time.Now())
		if err != nil {
			return fmt.Errorf("follow.SeverHome %s: %w", home.Domain, err)
		}
		if n == 0 {
			return nil
		}
	}
}

// stop undoes a follow of target and tells its server.
func (s *Service) stop(ctx context.Context, tx *sqlx.Tx, target account.Account, f Follow) error {
	if err := undo(ctx, tx, f.ID, time.Now()); err != nil {
		return err
	}
	if target.Local() || f.State == Rejected {
		return nil
	}
	return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UndoFollow, ID: f.ID})
}

// refuse sends reader away and tells their server.
func (s *Service) refuse(ctx context.Context, tx *sqlx.Tx, reader account.Account, f Follow) error {
	if err := setState(ctx, tx, f.ID, Rejected, time.Now()); err != nil {
		return err
	}
	if reader.Local() {
		return nil
	}
	return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.RejectFollow, ID: f.ID})
}

// AnswerReader is Answer for clients, who know a waiting request by its reader. fault.NotFound where none waits.
func (s *Service) AnswerReader(ctx context.Context, actor account.Account, readerID int64, accept bool) error {
	f, err := liveFollow(ctx, s.db, readerID, actor.ID)
	if db.IsNotFound(err) || (err == nil && f.State != Pending) {
		return errNotFound()
	}
	if err != nil {
		return fmt.Errorf("follow.AnswerReader %d: %w", readerID, err)
	}
	return s.Answer(ctx, actor, f.ID, accept)
}

// Dismiss sends a follower away, or one who asked. Who does not follow is no error.
func (s *Service) Dismiss(ctx context.Context, actor account.Account, readerID int64) error {
	if !actor.Able(account.RoleGuest) {
		return errForbidden()
	}
	f, err := liveFollow(ctx, s.db, readerID, actor.ID)
	if db.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("follow.Dismiss %d: %w", readerID, err)
	}
	if err = s.Answer(ctx, actor, f.ID, false); fault.Is(err, fault.NotFound) {
		return nil // they left meanwhile
	}
	return err
}
