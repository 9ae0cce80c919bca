// Package outbox is what leaves the instance. Distribute renders one activity, stores its bytes once and fills the lanes
// of the hosts that should get it; GroupAnnounce lets a local group pass on what happens on its board. Both run as jobs. The
// courier empties the lanes, many at once and each in order. It must not decide who may do what (the services did) nor open a
// connection itself (that is transport's).
package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/observe"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/publication"
	"github.com/vorbild/vorbild/internal/quote"
	"github.com/vorbild/vorbild/internal/relationship"
	"github.com/vorbild/vorbild/internal/reuse"
)

// Sender posts a body to an inbox, signed by one of our accounts. federation/transport implements it: status is 0 when
// no answer came, err is nil exactly for 2xx.
type Sender interface {
	Post(ctx context.Context, d transport.Delivery) (status int, retryAfter time.Duration, err error)
}

// Deps are what the outbox works with.
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
	Curation      *curation.Service
	Directory     *directory.Service
	Media         *media.Service
	Polls         *poll.Service
	Quotes        *quote.Service
	Relationships *relationship.Service
	Moderation    *moderation.Service
	Render        *vocab.Renderer
	Sender        Sender
	Metrics       *observe.Metrics
	Domain        string // host[:port] of this instance
	Log           *slog.Logger
}

// Outbox works the jobs that send.
type Outbox struct {
	Deps
	now     func() time.Time
	alive   alive
	digests digests

	mu   sync.Mutex                  // guards stop
	stop func(until context.Context) // nil while no lanes are emptied
}

// New returns the outbox.
func New(d Deps) *Outbox { return &Outbox{Deps: d, now: time.Now} }

// Work registers the jobs.
func (o *Outbox) Work(q *job.Queue) {
	job.Work(q, func(ctx context.Context, j *river.Job[job.Distribute]) error { return o.Distribute(ctx, j.Args) })
	job.Work(q, func(ctx context.Context, j *river.Job[job.GroupAnnounce]) error { return o.GroupAnnounce(ctx, j.Args) })
}

// Start begins to empty the lanes, until Stop. Any number of processes may do so.
func (o *Outbox) Start(ctx context.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stop != nil {
		return
	}
	// Only Stop ends it, not the context of the start.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	patience, cutOff := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		newCourier(o).run(ctx, patience)
	}()
	o.stop = func(until context.Context) {
		cancel()
		defer cutOff()
		select {
		case <-done:
			return
		case <-until.Done():
		}
		cutOff()
		<-done
	}
}

// Stop begins no more requests and waits until those on their way are answered and settled, at most until ctx ends. What is cut
// off then is sent again by the next worker.
func (o *Outbox) Stop(ctx context.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stop != nil {
		o.stop(ctx)
		o.stop = nil
	}
}

// Sweep makes lanes due in which something waits that nobody knows of. Every way into a lane makes it due already; this mends
// what an operator's hand left behind.
func (o *Outbox) Sweep(ctx context.Context) error {
	n, err := mendLanes(ctx, o.DB)
	if err != nil {
		return fmt.Errorf("outbox.Sweep: %w", err)
	}
	if n > 0 {
		o.Log.WarnContext(ctx, "lanes mended", "lanes", n)
	}
	return nil
}

// Reach counts the hosts at which what we said of an object has arrived, is on its way, or could not be delivered.
func (o *Outbox) Reach(ctx context.Context, objectURI string) (delivered, pending, failed int, err error) {
	delivered, pending, failed, err = reach(ctx, o.DB, objectURI)
	if err != nil {
		err = fmt.Errorf("outbox.Reach %s: %w", objectURI, err)
	}
	return delivered, pending, failed, err
}

// PeerSeen notes that a host sent us something valid: it lives, so what waits for it is tried now instead of at the end
// of its pause. It asks the database once in a while only, however much comes.
func (o *Outbox) PeerSeen(ctx context.Context, host string) error {
	if o.alive.recently(host, o.now()) {
		return nil
	}
	failing, err := peerSeen(ctx, o.DB, host)
	if err != nil {
		return fmt.Errorf("outbox.PeerSeen %s: %w", host, err)
	}
	o.alive.note(host, o.now())
	if failing {
		o.Log.InfoContext(ctx, "peer answers again", "host", host)
	}
	return nil
}
