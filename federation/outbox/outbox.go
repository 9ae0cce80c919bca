// Package outbox is what leaves the instance. Distribute renders one activity, stores its bytes once and fills the lanes
// of the hosts that should get it; Deliver drains one host's lane in order; GroupAnnounce lets a local group pass on what
// happens on its board. All of it runs as jobs. It must not decide who may do what (the services did) nor open a
// connection itself (that is transport's).
package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// Sender posts a body to an inbox, signed by one of our accounts. federation/transport implements it: status is 0 when
// no answer came, err is nil exactly for 2xx.
type Sender interface {
	Post(ctx context.Context, d transport.Delivery) (status int, retryAfter time.Duration, err error)
}

// Deps are what the outbox works with.
type Deps struct {
	DB        *sqlx.DB
	Jobs      *job.Queue
	Accounts  *account.Service
	Follows   *follow.Service
	Posts     *post.Service
	Practices *practice.Service
	Curation  *curation.Service
	Media     *media.Service
	Polls     *poll.Service
	Render    *vocab.Renderer
	Sender    Sender
	Domain    string // host[:port] of this instance
	Log       *slog.Logger
}

// Outbox works the jobs that send.
type Outbox struct {
	Deps
	now func() time.Time
}

// New returns the outbox.
func New(d Deps) *Outbox { return &Outbox{Deps: d, now: time.Now} }

// Work registers the jobs.
func (o *Outbox) Work(q *job.Queue) {
	job.Work(q, func(ctx context.Context, j *river.Job[job.Distribute]) error { return o.Distribute(ctx, j.Args) })
	job.Work(q, func(ctx context.Context, j *river.Job[job.GroupAnnounce]) error { return o.GroupAnnounce(ctx, j.Args) })
	job.Work(q, o.deliver)
}

// Sweep enqueues a Deliver for every host whose lane has something due. Every way into a lane enqueues one already; this
// mends what an operator's hand or a lost job left behind.
func (o *Outbox) Sweep(ctx context.Context) error {
	hosts, err := dueHosts(ctx, o.DB)
	if err != nil {
		return fmt.Errorf("outbox.Sweep: %w", err)
	}
	return db.InTx(ctx, o.DB, func(tx *sqlx.Tx) error {
		for _, host := range hosts {
			if err := o.Jobs.Enqueue(ctx, tx, job.Deliver{Host: host}); err != nil {
				return err
			}
			if err := wakeDeliver(ctx, tx, host); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reach counts the hosts at which what we said of an object has arrived, is on its way, or could not be delivered.
func (o *Outbox) Reach(ctx context.Context, objectURI string) (delivered, pending, failed int, err error) {
	delivered, pending, failed, err = reach(ctx, o.DB, objectURI)
	if err != nil {
		err = fmt.Errorf("outbox.Reach %s: %w", objectURI, err)
	}
	return delivered, pending, failed, err
}

// Lanes lists every host we deliver to, those in trouble first.
func (o *Outbox) Lanes(ctx context.Context) ([]Lane, error) {
	list, err := lanes(ctx, o.DB)
	if err != nil {
		return nil, fmt.Errorf("outbox.Lanes: %w", err)
	}
	return list, nil
}

// PeerSeen notes that a host sent us something valid: it lives, so what waits for it is tried now instead of at the end
// of its pause.
func (o *Outbox) PeerSeen(ctx context.Context, host string) error {
	failing := false
	err := db.InTx(ctx, o.DB, func(tx *sqlx.Tx) (err error) {
		if failing, err = peerSeen(ctx, tx, host, o.now()); err != nil || !failing {
			return err
		}
		if err := clearWaits(ctx, tx, host); err != nil {
			return err
		}
		if err := o.Jobs.Enqueue(ctx, tx, job.Deliver{Host: host}); err != nil {
			return err
		}
		return wakeDeliver(ctx, tx, host)
	})
	if err != nil {
		return fmt.Errorf("outbox.PeerSeen %s: %w", host, err)
	}
	if failing {
		o.Log.InfoContext(ctx, "peer answers again", "host", host)
	}
	return nil
}
