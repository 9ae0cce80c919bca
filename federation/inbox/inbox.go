// Package inbox is what arrives. Authorize and Store run while the sender waits: they check who speaks, keep the exact
// bytes once and answer. Everything else is the job Receive, with one file per kind of activity and the rules why
// something is believed beside the code that believes it. It must not write domain rows itself (the services do) and
// never trusts an object that its origin did not say.
package inbox

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// Fetcher gets documents and actors from their origin; federation/transport implements it.
type Fetcher interface {
	Get(ctx context.Context, uri string) (transport.Document, error)
	FetchActor(ctx context.Context, uri string) (account.Account, error)
	RefreshActor(ctx context.Context, uri string) (account.Account, error)
}

// Peers is told which hosts are alive; federation/outbox implements it.
type Peers interface {
	PeerSeen(ctx context.Context, host string) error
}

// Deps are what the inbox works with.
type Deps struct {
	DB        *sqlx.DB
	Jobs      *job.Queue
	Accounts  *account.Service
	Follows   *follow.Service
	Posts     *post.Service
	Practices *practice.Service
	Media     *media.Service
	Polls     *poll.Service
	Fetch     Fetcher
	Peers     Peers
	Policy    *peer.Service
	Domain    string // host[:port] of this instance
	Log       *slog.Logger
}

// Inbox receives.
type Inbox struct {
	Deps
	handlers *vocab.Dispatcher
	fetches  *limiter
	now      func() time.Time
}

// New returns the inbox.
func New(d Deps) (*Inbox, error) {
	in := &Inbox{Deps: d, fetches: newLimiter(), now: time.Now}
	var err error
	in.handlers, err = vocab.NewDispatcher(vocab.Handlers{
		Create:   in.create,
		Update:   in.update,
		Delete:   in.delete,
		Follow:   in.follow,
		Accept:   in.accept,
		Reject:   in.reject,
		Undo:     in.undo,
		Like:     in.like,
		Announce: in.announce,
		Add:      in.collected,
		Remove:   in.collected,
	})
	return in, err
}

// Work registers the jobs.
func (in *Inbox) Work(q *job.Queue) {
	job.Work(q, func(ctx context.Context, j *river.Job[job.Receive]) error {
		return in.later(j.JobRow, in.Receive(ctx, j.Args.ID, j.Attempt))
	})
	job.Work(q, func(ctx context.Context, j *river.Job[job.FetchPost]) error {
		return in.later(j.JobRow, in.FetchPost(ctx, j.Args.URI))
	})
	job.Work(q, func(ctx context.Context, j *river.Job[job.Backfill]) error {
		return in.later(j.JobRow, in.Backfill(ctx, j.Args.AccountID))
	})
}

// later brings a job back whose host has another one running: soon at first, then seldom, so that a long queue of one
// slow host does not keep the workers busy with looking.
func (in *Inbox) later(j *rivertype.JobRow, err error) error {
	if !errors.Is(err, errBusy) {
		return err
	}
	return river.JobSnooze(min(max(in.now().Sub(j.CreatedAt)/2, time.Second), time.Minute))
}

// ours reports whether an id is on this instance.
func (in *Inbox) ours(uri string) bool { return vocab.HostOf(uri) == in.Domain }
