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

// disownPause is how long after we ended a follow its Undo may still be on its way.
const disownPause = 10 * time.Minute

// FollowersHere lists the ids (URI) of our accounts that follow an account, at most limit.
func (s *Service) FollowersHere(ctx context.Context, targetID int64, limit int) ([]string, error) {
	uris, err := followersHere(ctx, s.db, targetID, limit)
	if err != nil {
		return nil, fmt.Errorf("follow.FollowersHere %d: %w", targetID, err)
	}
	return uris, nil
}

// FollowersByHost lists the ids (URI) of the followers of one of our accounts at other servers, by host. It returns nil when
// there are more than limit.
func (s *Service) FollowersByHost(ctx context.Context, targetID int64, limit int) (map[string][]string, error) {
	rows, err := remoteFollowers(ctx, s.db, targetID, "", limit+1)
	if err != nil {
		return nil, fmt.Errorf("follow.FollowersByHost %d: %w", targetID, err)
	}
	if len(rows) > limit {
		return nil, nil
	}
	byHost := map[string][]string{}
	for _, r := range rows {
		byHost[r.Domain] = append(byHost[r.Domain], r.URI)
	}
	return byHost, nil
}

// FollowersOn lists the ids (URI) of the followers of one of our accounts on one host, at most limit.
func (s *Service) FollowersOn(ctx context.Context, targetID int64, host string, limit int) ([]string, error) {
	rows, err := remoteFollowers(ctx, s.db, targetID, host, limit)
	if err != nil {
		return nil, fmt.Errorf("follow.FollowersOn %d: %w", targetID, err)
	}
	uris := make([]string, len(rows))
	for i, r := range rows {
		uris[i] = r.URI
	}
	return uris, nil
}

// Synchronize makes our side of the follows of a remote account what its server says (FEP-8fcf): listed are the ids of all
// our accounts that it counts among the followers. Who is not listed follows no longer. Who waits for an answer has got it.
// Who is listed without following is taken back.
func (s *Service) Synchronize(ctx context.Context, targetID int64, listed []string) error {
	target, err := s.accounts.ByID(ctx, targetID)
	if err != nil {
		return err
	}
	if target.Local() {
		return errForbidden()
	}
	ours, err := localAccounts(ctx, s.db, listed)
	if err != nil {
		return fmt.Errorf("follow.Synchronize %d: %w", targetID, err)
	}
	among := make(map[int64]bool, len(ours))
	for _, id := range ours { // in the order of ids, as everyone who locks several
		among[id] = true
		if err := s.confirm(ctx, target, id); err != nil {
			return fmt.Errorf("follow.Synchronize %d -> %d: %w", id, targetID, err)
		}
	}
	readers, err := localReaders(ctx, s.db, targetID)
	if err != nil {
		return fmt.Errorf("follow.Synchronize %d: %w", targetID, err)
	}
	for _, id := range readers {
		if among[id] {
			continue
		}
		if err := s.severed(ctx, target, id); err != nil {
			return fmt.Errorf("follow.Synchronize %d -> %d: %w", id, targetID, err)
		}
	}
	return nil
}

// severed ends a follow of ours that the other server does not know. The Undo costs nothing, and helps where it knows after all.
func (s *Service) severed(ctx context.Context, target account.Account, readerID int64) error {
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		f, err := lockFollow(ctx, tx, readerID, target.ID)
		if db.IsNotFound(err) || err == nil && f.State != Accepted {
			return nil
		}
		if err != nil {
			return err
		}
		return s.stop(ctx, tx, target, f)
	})
}

// confirm sees to it that one of ours whom the other server counts as a follower is one.
func (s *Service) confirm(ctx context.Context, target account.Account, readerID int64) error {
	reader, err := s.accounts.ByID(ctx, readerID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := lockPair(ctx, tx, reader.ID, target.ID); err != nil {
			return err
		}
		f, err := lockFollow(ctx, tx, reader.ID, target.ID)
		switch {
		case err == nil && f.State == Accepted:
			return nil
		case err == nil && f.State == Pending:
			return setState(ctx, tx, f.ID, Accepted, time.Now())
		case err != nil && !db.IsNotFound(err):
			return err
		}
		now := time.Now()
		if asked, err := undoneSince(ctx, tx, reader.ID, target.ID, now.Add(-disownPause)); err != nil || asked {
			return err
		}
		// A follow that exists only to be undone gives the Undo its id.
		id := db.NewID(now)
		f = Follow{ID: id, AccountID: reader.ID, TargetID: target.ID, URI: fmt.Sprintf("%s/follows/%d", reader.URI, id), State: Rejected, CreatedAt: now}
		if err := insertUndone(ctx, tx, f, now); err != nil {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.DisownFollow, ID: f.ID})
	})
}
