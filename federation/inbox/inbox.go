// Package inbox is what arrives. Authorize and Store run while the sender waits: they check who speaks, keep the exact
// bytes once and answer. A dispatcher has them applied afterwards, with one file per kind of activity and the rules why
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
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/observe"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/publication"
	"github.com/vorbild/vorbild/internal/quote"
	"github.com/vorbild/vorbild/internal/relationship"
	"github.com/vorbild/vorbild/internal/reuse"
	"github.com/vorbild/vorbild/internal/taxonomy"
)

// Fetcher gets documents and actors from their origin; federation/transport implements it.
type Fetcher interface {
	Get(ctx context.Context, uri string) (transport.Document, error)
	GetIf(ctx context.Context, uri, etag string) (doc transport.Document, changed bool, err error)
	FetchActor(ctx context.Context, uri string) (account.Account, error)
	RefreshActor(ctx context.Context, uri string) (account.Account, error)
}

// Peers is told which hosts are alive; federation/outbox implements it.
type Peers interface {
	PeerSeen(ctx context.Context, host string) error
}

// Deps are what the inbox works with.
type Deps struct {
	DB            *sqlx.DB
	Jobs          *job.Queue
	Accounts      *account.Service
	Follows       *follow.Service
	Posts         *post.Service
	Practices     *practice.Service
	Publications  *publication.Service
	Reuses        *reuse.Service
	Assessments   *assessment.Service
	Media         *media.Service
	Polls         *poll.Service
	Events        *event.Service
	Quotes        *quote.Service
	Curation      *curation.Service
	Taxonomies    *taxonomy.Service
	Directory     *directory.Service
	Fetch         Fetcher
	Peers         Peers
	Policy        *peer.Service
	Moderation    *moderation.Service
	Relationships *relationship.Service
	Changes       Changes          // nil: what other processes accept is found a little later
	Metrics       *observe.Metrics // nil: nothing is counted
	Domain        string           // host[:port] of this instance
	Log           *slog.Logger
}

// Inbox receives.
type Inbox struct {
	Deps
	handlers *vocab.Dispatcher
	fetches  *limiter // by whom is asked
	forwards *limiter // by who forwards
	opened   *opened
	intake   *intake
	room     *room
	dispatch *dispatcher
	greeter  *greeter
	now      func() time.Time
}

// New returns the inbox.
func New(d Deps) (*Inbox, error) {
	in := &Inbox{Deps: d, fetches: newLimiter(fetchRate, fetchBurst), forwards: newLimiter(forwardRate, forwardBurst), opened: newOpened(), room: newRoom(), now: time.Now}
	in.Fetch = yielding{d.Fetch}
	in.dispatch = newDispatcher(in)
	in.intake = &intake{db: d.DB, now: time.Now, stored: in.dispatch.wake}
	in.greeter = &greeter{peers: d.Peers, log: d.Log, hosts: map[string]*greeting{}}
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
		Move:     in.move,
		Block:    in.block,
		Flag:     in.flag,

		QuoteRequest: in.quoteRequest,
	})
	return in, err
}

// Work registers the jobs, and applies what is received as long as they are worked.
func (in *Inbox) Work(q *job.Queue) {
	q.Beside(in.dispatch.run)
	job.Work(q, func(ctx context.Context, j *river.Job[job.FetchPost]) error {
		return in.later(j.JobRow, in.FetchPost(ctx, j.Args.URI))
	})
	job.Work(q, func(ctx context.Context, j *river.Job[job.VerifyQuote]) error {
		return in.later(j.JobRow, in.VerifyQuote(ctx, j.Args))
	})
	job.Work(q, func(ctx context.Context, j *river.Job[job.FetchThread]) error {
		return in.later(j.JobRow, in.FetchThread(ctx, j.Args.PostID))
	})
	job.Work(q, func(ctx context.Context, j *river.Job[job.ReadCurated]) error {
		return in.later(j.JobRow, in.ReadCurated(ctx, j.Args.AccountID))
	})
	job.Work(q, func(ctx context.Context, j *river.Job[job.ReadTaxonomy]) error {
		return in.later(j.JobRow, in.ReadTaxonomy(ctx, j.Args.Scheme))
	})
	job.Work(q, func(ctx context.Context, j *river.Job[job.ReadDirectory]) error {
		return in.later(j.JobRow, in.ReadDirectory(ctx, j.Args))
	})
	job.Work(q, func(ctx context.Context, j *river.Job[job.SynchronizeFollowers]) error {
		return in.later(j.JobRow, in.SynchronizeFollowers(ctx, j.Args))
	})
	job.Work(q, func(ctx context.Context, j *river.Job[job.Backfill]) error {
		return in.later(j.JobRow, in.Backfill(ctx, j.Args.AccountID))
	})
}

// patience is how long a job waits for an allowance before waiting counts as failing.
const patience = time.Hour

// later brings a job back whose host has another one running, or of whose host we have asked much lately: soon at first, then
// seldom, so that a long queue of one slow host does not keep the workers busy with looking. No attempt is lost.
func (in *Inbox) later(j *rivertype.JobRow, err error) error {
	if errors.Is(err, errMore) {
		return river.JobSnooze(roundPause)
	}
	age := in.now().Sub(j.CreatedAt)
	waits := fault.Is(err, fault.Limited) && !errors.Is(err, transport.ErrSpent) && age < patience
	if !errors.Is(err, errBusy) && !waits {
		return err
	}
	return river.JobSnooze(min(max(age/2, time.Second), time.Minute))
}

// ours reports whether an id is on this instance.
func (in *Inbox) ours(uri string) bool { return vocab.HostOf(uri) == in.Domain }
