// Package federation is the ActivityPub surface of an instance: what other servers can fetch, what they send us, what we
// send them. It puts its rooms together and names their routes and jobs; the rooms are transport (signed HTTP), vocab
// (documents), publish (GET), gofed and inbox (POST and what follows), outbox (sending). Discovery stands beside it in wellknown.
package federation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gorilla/mux"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/gofed"
	"github.com/vorbild/vorbild/federation/inbox"
	"github.com/vorbild/vorbild/federation/outbox"
	"github.com/vorbild/vorbild/federation/publish"
	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/change"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/i18n"
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

// sweepEvery is how often lanes are looked for in which something waits that nobody knows of, tidyEvery how often old letters go.
const (
	sweepEvery = 5 * time.Minute
	tidyEvery  = 6 * time.Hour
)

// Deps are the services the surface stands on.
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
	Media         *media.Service
	Polls         *poll.Service
	Relationships *relationship.Service
	Moderation    *moderation.Service
	Events        *event.Service
	Quotes        *quote.Service
	Taxonomies    *taxonomy.Service
	Directory     *directory.Service
	Peers         *peer.Service
	Changes       *change.Hub // nil: other processes are not heard
	Transport     *transport.Client
	Metrics       *observe.Metrics
	Messages      *i18n.Bundle
	Config        config.Config
	Log           *slog.Logger
}

// Federation is the surface.
type Federation struct {
	Deps
	outbox  *outbox.Outbox
	inbox   *inbox.Inbox
	publish *publish.Publisher
	door    *gofed.Inbox
}

// New puts it together.
func New(d Deps) (*Federation, error) {
	words := func(language string) vocab.Words { return d.Messages.For(language) }
	render := vocab.NewRenderer(d.Config.BaseURL, words)
	f := &Federation{Deps: d}
	f.outbox = outbox.New(outbox.Deps{
		DB: d.DB, Jobs: d.Jobs, Accounts: d.Accounts, Follows: d.Follows, Posts: d.Posts, Practices: d.Practices, Publications: d.Publications, Reuses: d.Reuses, Assessments: d.Assessments,
		Curation: d.Curation, Directory: d.Directory, Media: d.Media, Polls: d.Polls, Quotes: d.Quotes, Relationships: d.Relationships, Moderation: d.Moderation, Render: render, Sender: d.Transport, Metrics: d.Metrics, Domain: d.Config.Domain(), Log: d.Log,
	})
	var changes inbox.Changes
	if d.Changes != nil {
		changes = d.Changes
	}
	var err error
	f.inbox, err = inbox.New(inbox.Deps{
		DB: d.DB, Jobs: d.Jobs, Accounts: d.Accounts, Follows: d.Follows, Posts: d.Posts, Practices: d.Practices, Publications: d.Publications, Reuses: d.Reuses, Assessments: d.Assessments,
		Media: d.Media, Polls: d.Polls, Events: d.Events, Quotes: d.Quotes, Curation: d.Curation, Taxonomies: d.Taxonomies, Directory: d.Directory, Relationships: d.Relationships, Moderation: d.Moderation, Fetch: d.Transport, Peers: f.outbox, Policy: d.Peers, Changes: changes, Metrics: d.Metrics, Domain: d.Config.Domain(), Log: d.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("federation.New: %w", err)
	}
	f.publish = publish.New(publish.Deps{
		DB: d.DB, Accounts: d.Accounts, Follows: d.Follows, Posts: d.Posts, Curation: d.Curation, Quotes: d.Quotes, Taxonomies: d.Taxonomies, Directory: d.Directory, Documents: f.outbox,
		Render: render, Words: words, BaseURL: d.Config.BaseURL, Peers: d.Peers, Verifier: d.Transport, Log: d.Log,
	})
	f.door = gofed.NewInbox(d.Transport, f.inbox, func(w http.ResponseWriter, r *http.Request, err error) {
		publish.Fail(w, r, err, words, d.Log)
	}, d.Metrics)
	return f, nil
}

// Routes adds the routes. It must be called before the pages are routed: some addresses answer both, by Accept.
func (f *Federation) Routes(r *mux.Router) {
	r.HandleFunc("/inbox", f.sharedInbox).Methods(http.MethodPost)
	r.HandleFunc("/actor/inbox", f.ownInbox).Methods(http.MethodPost)
	r.HandleFunc("/{kind:u|g}/{name}/inbox", f.ownInbox).Methods(http.MethodPost)
	f.publish.Register(r)
}

// Work registers the jobs Distribute, GroupAnnounce, Receive, FetchPost and Backfill.
func (f *Federation) Work(q *job.Queue) {
	f.outbox.Work(q)
	f.inbox.Work(q)
}

// Deliveries counts at how many other instances a post of ours has arrived, is on its way, and could not be delivered.
func (f *Federation) Deliveries(ctx context.Context, postURI string) (delivered, pending, failed int, err error) {
	return f.outbox.Reach(ctx, postURI)
}

// FetchPost gets a post by its ActivityPub id or page address, from the store or its origin, for someone who waits for
// it. Errors: fault.NotFound, fault.Unavailable.
func (f *Federation) FetchPost(ctx context.Context, address string) (post.Post, error) {
	return f.inbox.Find(ctx, address)
}

// ThreadOpened is called when somebody looks at a post: the rest of its thread may have to be fetched, in a job.
func (f *Federation) ThreadOpened(ctx context.Context, p post.Post) { f.inbox.ThreadOpened(ctx, p) }

// ReadDue has the collections of other catalogues read that are due, the taxonomies and the directories.
func (f *Federation) ReadDue(ctx context.Context) error {
	return errors.Join(f.inbox.ReadDue(ctx), f.inbox.ReadTaxonomiesDue(ctx), f.inbox.ReadDirectoriesDue(ctx))
}

// TaxonomiesOf reads the taxonomies that another instance's catalogue offers, for someone who waits for them.
func (f *Federation) TaxonomiesOf(ctx context.Context, catalog account.Account) ([]taxonomy.Offer, error) {
	return f.inbox.TaxonomiesOf(ctx, catalog)
}

// Deliver begins to send what waits in the lanes, until StopDelivering. Any process that works jobs may do it, also several.
func (f *Federation) Deliver(ctx context.Context) { f.outbox.Start(ctx) }

// StopDelivering waits until what is on its way is answered and settled, at most until ctx ends.
func (f *Federation) StopDelivering(ctx context.Context) { f.outbox.Stop(ctx) }

// Sweep makes lanes due in which something waits that nobody knows of.
func (f *Federation) Sweep(ctx context.Context) error { return f.outbox.Sweep(ctx) }

// DropRefused gives up what waits for hosts that rules keep it from.
func (f *Federation) DropRefused(ctx context.Context) error { return f.outbox.DropRefused(ctx) }

// Tidy removes what was sent and received so long ago that nothing builds upon it any more.
func (f *Federation) Tidy(ctx context.Context) error {
	return errors.Join(f.inbox.Tidy(ctx), f.outbox.Tidy(ctx), f.Posts.Tidy(ctx), f.Accounts.ForgetKeys(ctx))
}

// Run watches the lanes and tidies up until ctx ends. Any process that works jobs may run it, also several.
func (f *Federation) Run(ctx context.Context) {
	sweep, tidy := time.NewTicker(sweepEvery), time.NewTicker(tidyEvery)
	defer sweep.Stop()
	defer tidy.Stop()
	f.keep(ctx, "sweep of the lanes", f.Sweep)
	for {
		select {
		case <-ctx.Done():
			return
		case <-sweep.C:
			f.keep(ctx, "sweep of the lanes", f.Sweep)
			f.keep(ctx, "collections that are due", f.ReadDue)
		case <-tidy.C:
			f.keep(ctx, "tidying up", f.Tidy)
		}
	}
}

func (f *Federation) keep(ctx context.Context, what string, do func(context.Context) error) {
	if err := do(ctx); err != nil && ctx.Err() == nil {
		f.Log.ErrorContext(ctx, what, "error", err)
	}
}

func (f *Federation) sharedInbox(w http.ResponseWriter, r *http.Request) {
	f.door.Serve(w, r, inbox.SharedScope)
}

// ownInbox is the inbox of one account; that there is none is said before anything is read.
func (f *Federation) ownInbox(w http.ResponseWriter, r *http.Request) {
	a, err := f.owner(r)
	if err == nil && a.State != account.Active {
		err = fault.New(fault.Gone, "error.federation.gone")
	}
	if err != nil {
		publish.Fail(w, r, err, func(l string) vocab.Words { return f.Messages.For(l) }, f.Log)
		return
	}
	f.door.Serve(w, r, a.URI)
}

func (f *Federation) owner(r *http.Request) (account.Account, error) {
	if err := publish.CheckPath(r); err != nil {
		return account.Account{}, err
	}
	if name := mux.Vars(r)["name"]; name != "" {
		return f.Accounts.ByUsername(r.Context(), name)
	}
	return f.Accounts.Instance(r.Context())
}
