// Package follow is who reads whom: requests, approvals, the follower lists that deliveries fan out to. It must not
// render or send activities: it enqueues jobs for that.
package follow

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// State of a follow.
type State string

const (
	Pending  State = "pending"
	Accepted State = "accepted"
	Rejected State = "rejected" // also: accepted once, then sent away
)

// Follow is one arrow from AccountID (the reader) to TargetID. At most one of a pair is not undone; undone ones are
// kept, since their Undo may still be on its way.
type Follow struct {
	ID         int64      `db:"id"`
	AccountID  int64      `db:"account_id"`
	TargetID   int64      `db:"target_id"`
	URI        string     `db:"uri"`
	State      State      `db:"state"`
	CreatedAt  time.Time  `db:"created_at"`
	AcceptedAt *time.Time `db:"accepted_at"`
	UndoneAt   *time.Time `db:"undone_at"`
	// How the reader wants to hear of the target.
	ShowBoosts bool           `db:"show_boosts"`
	Notify     bool           `db:"notify"`    // be told of each post
	Languages  pq.StringArray `db:"languages"` // only posts in these; none: in all
}

// Options are how a reader wants to hear of whom they follow; what is nil stays as it is, at first boosts, no notices and
// all languages.
type Options struct {
	ShowBoosts, Notify *bool
	Languages          []string
}

func (o Options) apply(f Follow) Follow {
	if o.ShowBoosts != nil {
		f.ShowBoosts = *o.ShowBoosts
	}
	if o.Notify != nil {
		f.Notify = *o.Notify
	}
	if o.Languages != nil {
		f.Languages = o.Languages
	}
	return f
}

// Relation is what stands between two accounts.
type Relation struct {
	Following, Requested, FollowedBy bool
}

// Request is a follow with the account at its other end.
type Request struct {
	Follow  Follow
	Account account.Account
}

// Service makes and ends follows.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	jobs     *job.Queue
	baseURL  string
	// autoAccept are hosts whose follows of our groups need no approval.
	autoAccept []string
	remembered remembered
}

// New returns the service. autoAccept holds hosts (with port if not the usual one), "*.example" for all below example.
func New(db *sqlx.DB, accounts *account.Service, jobs *job.Queue, baseURL string, autoAccept []string) *Service {
	return &Service{db: db, accounts: accounts, jobs: jobs, baseURL: baseURL, autoAccept: autoAccept}
}

// Follow lets reader follow target: pending until the target's server (or its owner, if local and approving)
// accepts. A second call changes nothing, but asks again after a refusal. Local targets without approval are accepted
// at once. A remote target gets job.Distribute{Follow}. actor is who clicked: reader itself (member or above), or an
// editor acting for one of our groups. Following an Application means following its catalogue and forum: the web layer
// resolves those and calls Follow for each.
func (s *Service) Follow(ctx context.Context, actor account.Account, readerID, targetID int64) (Follow, error) {
	return s.FollowWith(ctx, actor, readerID, targetID, Options{})
}

// FollowWith is Follow that also says, now or again, how the reader wants to hear of the target.
func (s *Service) FollowWith(ctx context.Context, actor account.Account, readerID, targetID int64, options Options) (Follow, error) {
	options, err := options.checked()
	if err != nil {
		return Follow{}, err
	}
	reader, target, err := s.pair(ctx, readerID, targetID)
	if err != nil {
		return Follow{}, err
	}
	if !mayActAs(actor, reader, account.RoleMember) {
		return Follow{}, errForbidden()
	}
	switch {
	case reader.ID == target.ID:
		return Follow{}, fault.New(fault.Conflict, "error.follow.self")
	case target.State != account.Active:
		return Follow{}, fault.New(fault.Conflict, "error.follow.unavailable")
	case target.Kind == account.Application:
		return Follow{}, fault.New(fault.Conflict, "error.follow.application")
	}
	now := time.Now()
	f := options.apply(Follow{ID: db.NewID(now), AccountID: reader.ID, TargetID: target.ID, State: Pending, CreatedAt: now, ShowBoosts: true})
	f.URI = fmt.Sprintf("%s/follows/%d", reader.URI, f.ID)
	if target.Local() && !target.ApprovesFollowers {
		f.State, f.AcceptedAt = Accepted, &now
	}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := s.unblocked(ctx, tx, reader, target); err != nil {
			return err
		}
		old, inserted, err := s.open(ctx, tx, f)
		if err != nil {
			return fmt.Errorf("follow.Follow %d -> %d: %w", reader.ID, target.ID, err)
		}
		if !inserted {
			f = options.apply(old)
			if err := setOptions(ctx, tx, f); err != nil {
				return fmt.Errorf("follow.Follow %d -> %d: options: %w", reader.ID, target.ID, err)
			}
			return nil
		}
		if err := s.audit(ctx, tx, actor, reader, "follow.begin", target); err != nil {
			return err
		}
		if target.Local() {
			return s.jobs.Enqueue(ctx, tx, job.Notify{Event: job.NotifyFollow, ID: f.ID})
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.Follow, ID: f.ID})
	})
	if err != nil {
		return Follow{}, err
	}
	return f, nil
}

// open stores f unless the pair has a follow that stands; then it returns that one, locked. A refused one makes room,
// and gives up its URI, as any undone one does.
func (s *Service) open(ctx context.Context, tx *sqlx.Tx, f Follow) (old Follow, inserted bool, err error) {
	old, err = lockFollow(ctx, tx, f.AccountID, f.TargetID)
	switch {
	case err == nil && old.State != Rejected:
		return old, false, nil
	case err == nil:
		if err := undo(ctx, tx, old.ID, f.CreatedAt); err != nil {
			return old, false, err
		}
	case !db.IsNotFound(err):
		return old, false, err
	}
	if err := releaseURI(ctx, tx, f.URI, f.AccountID); err != nil {
		return old, false, err
	}
	if inserted, err = insertFollow(ctx, tx, f); err != nil || inserted {
		return f, inserted, err
	}
	// Someone was quicker; their transaction has committed, or the insert would still wait for it.
	old, err = lockFollow(ctx, tx, f.AccountID, f.TargetID)
	if db.IsNotFound(err) {
		err = fault.New(fault.Conflict, "error.follow.uri")
	}
	return old, false, err
}

// Unfollow ends it (also a pending request) and enqueues job.Distribute{UndoFollow} for remote targets. Nothing to end
// is no error. Whoever may no longer follow may still stop following.
func (s *Service) Unfollow(ctx context.Context, actor account.Account, readerID, targetID int64) error {
	reader, target, err := s.pair(ctx, readerID, targetID)
	if err != nil {
		return err
	}
	if !mayActAs(actor, reader, account.RoleGuest) {
		return errForbidden()
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		f, err := lockFollow(ctx, tx, reader.ID, target.ID)
		if db.IsNotFound(err) {
			return nil
		}
		if err == nil {
			err = s.stop(ctx, tx, target, f)
		}
		if err != nil {
			return fmt.Errorf("follow.Unfollow %d -> %d: %w", reader.ID, target.ID, err)
		}
		return s.audit(ctx, tx, actor, reader, "follow.end", target)
	})
}

// Answer lets the followed account (or an editor for our groups) approve or refuse a waiting request. Refusing an
// accepted one sends the follower away.
func (s *Service) Answer(ctx context.Context, actor account.Account, followID int64, accept bool) error {
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		f, err := lockFollowByID(ctx, tx, followID)
		if db.IsNotFound(err) || (err == nil && f.UndoneAt != nil) {
			return errNotFound()
		}
		if err != nil {
			return fmt.Errorf("follow.Answer %d: %w", followID, err)
		}
		target, err := s.accounts.ByIDIn(ctx, tx, f.TargetID)
		if err != nil {
			return err
		}
		reader, err := s.accounts.ByIDIn(ctx, tx, f.AccountID)
		if err != nil {
			return err
		}
		if !mayActAs(actor, target, account.RoleGuest) {
			return errForbidden()
		}
		want, verb, action := Rejected, job.RejectFollow, "follow.reject"
		if accept {
			want, verb, action = Accepted, job.AcceptFollow, "follow.accept"
		}
		if f.State == want {
			return nil
		}
		if err := setState(ctx, tx, f.ID, want, time.Now()); err != nil {
			return fmt.Errorf("follow.Answer %d: %w", followID, err)
		}
		if err := s.audit(ctx, tx, actor, target, action, reader); err != nil {
			return err
		}
		if reader.Local() {
			return nil
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: verb, ID: f.ID})
	})
}

// audit notes what somebody does in the name of the house; whom people follow themselves is nobody's business.
func (s *Service) audit(ctx context.Context, tx *sqlx.Tx, actor, as account.Account, action string, about account.Account) error {
	if actor.ID == as.ID {
		return nil
	}
	return s.accounts.Audit(ctx, tx, actor, action, about.Handle(), as.Username)
}

func (s *Service) pair(ctx context.Context, readerID, targetID int64) (reader, target account.Account, err error) {
	if reader, err = s.accounts.ByID(ctx, readerID); err != nil {
		return reader, target, err
	}
	target, err = s.accounts.ByID(ctx, targetID)
	return reader, target, err
}

func errForbidden() error { return fault.New(fault.Forbidden, "error.follow.forbidden") }

func errNotFound() error { return fault.New(fault.NotFound, "error.follow.not_found") }
