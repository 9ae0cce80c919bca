package follow

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

const maxURI = 2_048

// Receive notes a Follow that arrived for a local target and accepts it at once unless the target approves
// followers (and the host is not in autoAccept); it enqueues AcceptFollow and Notify. Repeats re-send the Accept. Whom the
// target blocks is refused at once.
func (s *Service) Receive(ctx context.Context, followerID, targetID int64, uri string) error {
	follower, target, err := s.pair(ctx, followerID, targetID)
	if err != nil {
		return err
	}
	switch {
	case follower.Local() || follower.State != account.Active:
		return errForbidden()
	case !target.Local() || target.State != account.Active:
		return errNotFound()
	case target.Kind == account.Application:
		return fault.New(fault.Forbidden, "error.follow.application")
	}
	now := time.Now()
	f := Follow{ID: db.NewID(now), AccountID: follower.ID, TargetID: target.ID, URI: uri, State: Pending, CreatedAt: now, ShowBoosts: true}
	if !s.needsApproval(follower, target) {
		f.State, f.AcceptedAt = Accepted, &now
	}
	switch {
	case f.URI == "":
		f.URI = fmt.Sprintf("%s#follow-%d", follower.URI, f.ID)
	// RULE: the id lies on the follower's host, or it could take the place of a follow of someone else.
	case len(f.URI) > maxURI || !sameHost(f.URI, follower.URI):
		return fault.New(fault.Invalid, "error.follow.uri")
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := s.unblocked(ctx, tx, follower, target); fault.Is(err, fault.Forbidden) {
			f.State, f.AcceptedAt = Rejected, nil
		} else if err != nil {
			return err
		}
		old, inserted, err := s.open(ctx, tx, f)
		if err != nil {
			return fmt.Errorf("follow.Receive %d -> %d: %w", follower.ID, target.ID, err)
		}
		if f.State == Rejected {
			return s.refuse(ctx, tx, follower, old)
		}
		if inserted {
			return s.answerAtOnce(ctx, tx, f, job.Notify{Event: job.NotifyFollow, ID: f.ID})
		}
		// A repeat. Its id replaces the old one, which the follower may have forgotten: the Accept names it.
		if old.URI != f.URI && uri != "" {
			err := setURI(ctx, tx, old.ID, f.URI)
			if db.IsUniqueViolation(err, "") {
				return fault.Wrap(fault.Conflict, "error.follow.uri", err)
			}
			if err != nil {
				return fmt.Errorf("follow.Receive %s: %w", f.URI, err)
			}
		}
		if old.State == Pending && f.State == Accepted {
			if err := setState(ctx, tx, old.ID, Accepted, now); err != nil {
				return fmt.Errorf("follow.Receive %s: %w", f.URI, err)
			}
			old.State = Accepted
		}
		return s.answerAtOnce(ctx, tx, old)
	})
}

// answerAtOnce enqueues the Accept of an accepted follow, and more.
func (s *Service) answerAtOnce(ctx context.Context, tx *sqlx.Tx, f Follow, more ...job.Notify) error {
	for _, n := range more {
		if err := s.jobs.Enqueue(ctx, tx, n); err != nil {
			return err
		}
	}
	if f.State != Accepted {
		return nil
	}
	return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.AcceptFollow, ID: f.ID})
}

// ReceiveUndo ends a follow of a remote reader. Nothing to end is no error.
func (s *Service) ReceiveUndo(ctx context.Context, followerID, targetID int64) error {
	follower, err := s.accounts.ByID(ctx, followerID)
	if err != nil {
		return err
	}
	if follower.Local() {
		return errForbidden()
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		f, err := lockFollow(ctx, tx, followerID, targetID)
		if db.IsNotFound(err) {
			return nil
		}
		if err == nil {
			err = undo(ctx, tx, f.ID, time.Now())
		}
		if err != nil {
			return fmt.Errorf("follow.ReceiveUndo %d -> %d: %w", followerID, targetID, err)
		}
		return nil
	})
}

// ReceiveAnswer notes Accept (true) or Reject (false) by targetID of our follow: by its uri, else by the pair.
// The accept that makes us its first follower enqueues job.Backfill, that of a group's follow of a group what reads the other's
// collections and directory. fault.NotFound when we asked nothing of that target.
func (s *Service) ReceiveAnswer(ctx context.Context, targetID int64, followURI string, readerURI string, accepted bool) error {
	defer s.remembered.touch()
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		f, err := s.asked(ctx, tx, targetID, followURI, readerURI)
		if err != nil {
			return err
		}
		want := Rejected
		if accepted {
			want = Accepted
		}
		if f.State == want {
			return nil
		}
		known, err := followedByUs(ctx, tx, targetID)
		if err != nil {
			return fmt.Errorf("follow.ReceiveAnswer %d: %w", f.ID, err)
		}
		if err := setState(ctx, tx, f.ID, want, time.Now()); err != nil {
			return fmt.Errorf("follow.ReceiveAnswer %d: %w", f.ID, err)
		}
		if !accepted {
			return nil
		}
		var jobs []river.JobArgs
		if !known {
			jobs = append(jobs, job.Backfill{AccountID: targetID})
		}
		// RULE: whom our groups follow is read for the house, also where one of our people was there first.
		watched, err := FollowedByGroup(ctx, tx, targetID)
		if err != nil {
			return fmt.Errorf("follow.ReceiveAnswer %d: %w", f.ID, err)
		}
		if watched {
			jobs = append(jobs, job.ReadCurated{AccountID: targetID}, job.ReadDirectory{AccountID: targetID})
		}
		return s.jobs.Enqueue(ctx, tx, jobs...)
	})
}

// asked finds and locks the follow that an answer is about.
func (s *Service) asked(ctx context.Context, tx *sqlx.Tx, targetID int64, followURI, readerURI string) (Follow, error) {
	// RULE: only the followed one answers, so the target is part of both look-ups.
	f, err := lockSentByURI(ctx, tx, followURI, targetID)
	if db.IsNotFound(err) {
		f, err = lockSentByReader(ctx, tx, readerURI, targetID)
	}
	if db.IsNotFound(err) {
		return f, errNotFound()
	}
	if err != nil {
		return f, fmt.Errorf("follow.ReceiveAnswer %q by %d: %w", followURI, targetID, err)
	}
	return f, nil
}

func sameHost(a, b string) bool {
	u, errA := url.Parse(a)
	v, errB := url.Parse(b)
	return errA == nil && errB == nil && u.Host != "" && strings.EqualFold(u.Host, v.Host)
}

// DropFollowers ends all follows by those who read an inbox that is there no longer.
func (s *Service) DropFollowers(ctx context.Context, inboxURI string) error {
	if err := undoByInbox(ctx, s.db, inboxURI, time.Now()); err != nil {
		return fmt.Errorf("follow.DropFollowers %s: %w", inboxURI, err)
	}
	return nil
}
