package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/mux"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/wellknown"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/mastodon"
	"github.com/vorbild/vorbild/internal/observe"
	"github.com/vorbild/vorbild/internal/push"
	"github.com/vorbild/vorbild/web"
)

const (
	shutdownTime = 15 * time.Second
	sweepEvery   = time.Hour
)

// Serve answers requests, and works the jobs unless that is left to others, until ctx ends.
func (a *App) Serve(ctx context.Context) error {
	listener, err := net.Listen("tcp", a.Config.ListenAddress())
	if err != nil {
		return fmt.Errorf("cannot listen on %s (VORBILD_LISTEN): %w", a.Config.ListenAddress(), err)
	}
	transport.MakeRoom()
	return a.ServeOn(ctx, listener)
}

// ServeOn is Serve on a listener that is open already.
func (a *App) ServeOn(ctx context.Context, listener net.Listener) error {
	handler, err := a.Handler()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	if err := a.serveMetrics(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	go a.Changes.Run(ctx)
	if a.Config.Worker {
		if err := a.startJobs(ctx); err != nil {
			if ctx.Err() != nil {
				err = nil // stopped while it started
			}
			return errors.Join(err, listener.Close())
		}
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	go giveBackMemory(ctx)
	a.log.InfoContext(ctx, "serving", slog.String("url", a.Config.BaseURL), slog.String("listen", listener.Addr().String()), slog.String("version", Version()))
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if shutErr := server.Shutdown(stopping); shutErr != nil {
		a.log.Warn("requests were cut off at the end", slog.Any("error", shutErr))
	}
	if a.Config.Worker {
		err = errors.Join(err, a.stopJobs(stopping))
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Work works the jobs until ctx ends.
func (a *App) Work(ctx context.Context) error {
	transport.MakeRoom()
	if err := a.serveMetrics(ctx); err != nil {
		return err
	}
	go a.Changes.Run(ctx)
	if err := a.startJobs(ctx); err != nil {
		return err
	}
	go giveBackMemory(ctx)
	a.log.InfoContext(ctx, "working jobs", slog.String("version", Version()))
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	return a.stopJobs(stopping)
}

// Handler is all three surfaces as one: what ActivityPub asks for is answered first, the rest are pages.
func (a *App) Handler() (http.Handler, error) {
	site, err := web.New(web.Deps{
		Config: a.Config, Organizations: a.Organizations, Accounts: a.Accounts, Auth: a.Auth, OAuth: a.OAuth, Follows: a.Follows,
		Relationships: a.Relationships, Posts: a.Posts, Practices: a.Practices, Searches: a.Searches, Publications: a.Publications, Reuses: a.Reuses, Assessments: a.Assessments, Imports: a.Imports, Media: a.Media, Polls: a.Polls, Events: a.Events, Quotes: a.Quotes, Curation: a.Curation, Editions: a.Editions, Taxonomies: a.Taxonomies, Directory: a.Directory, TaxonomiesOf: a.federation.TaxonomiesOf, Timeline: a.Timeline, Notifications: a.Notifications, Moderation: a.Moderation, Rules: a.Rules,
		Resolver: a.transport, Refresh: a.transport.RefreshActor, I18n: a.messages, Log: a.log, Deliveries: a.federation.Deliveries,
		Lanes: a.Lanes, FetchPost: a.federation.FetchPost, ThreadOpened: a.federation.ThreadOpened, Version: Version(),
		Printer: a.printer,
	})
	if err != nil {
		return nil, err
	}
	clients := mastodon.New(mastodon.Deps{
		Config: a.Config, Organizations: a.Organizations, Accounts: a.Accounts, Auth: a.Auth, OAuth: a.OAuth, Follows: a.Follows,
		Relationships: a.Relationships, Posts: a.Posts, Practices: a.Practices, Reuses: a.Reuses, Assessments: a.Assessments, Curation: a.Curation, Media: a.Media, Polls: a.Polls, Events: a.Events, Quotes: a.Quotes,
		Timeline: a.Timeline, Tags: a.Tags, Lists: a.Lists, Filters: a.Filters, Conversations: a.Conversations, Schedule: a.Schedule,
		Notifications: a.Notifications, Push: a.Push, Moderation: a.Moderation, Rules: a.Rules, Changes: a.Changes, Resolver: a.transport,
		I18n: a.messages, Log: a.log, FetchPost: a.federation.FetchPost, ThreadOpened: a.federation.ThreadOpened, Version: Version(),
	})
	router := mux.NewRouter()
	router.HandleFunc(healthPath, a.health).Methods(http.MethodGet, http.MethodHead)
	wellknown.Register(router, a.Accounts, a.Config, Version(), a.log)
	a.federation.Routes(router)
	clients.Register(router)
	site.Register(router)
	return mastodon.CORS(observe.Requests(a.log, a.metrics, router)), nil
}

// startJobs says who works which kind of job, and begins. The house keeps itself clean by the same clock.
func (a *App) startJobs(ctx context.Context) error {
	a.federation.Work(a.jobs)
	job.Work(a.jobs, func(ctx context.Context, j *river.Job[job.Notify]) error { return a.Notifications.Notify(ctx, j.Args) })
	sender := push.NewSender(a.Push, a.transport, a.messages, a.Media, a.Config.BaseURL)
	job.Work(a.jobs, func(ctx context.Context, j *river.Job[job.PushSend]) error { return sender.Send(ctx, j.Args) })
	job.Work(a.jobs, func(ctx context.Context, j *river.Job[job.Arrive]) error {
		return errors.Join(a.Curation.Arrived(ctx, j.Args.PostID), a.Searches.Arrived(ctx, j.Args.PostID))
	})
	job.Work(a.jobs, func(ctx context.Context, j *river.Job[job.Move]) error {
		return a.Relationships.Moved(ctx, j.Args.AccountID, j.Args.TargetID)
	})
	job.Work(a.jobs, func(ctx context.Context, j *river.Job[job.Forget]) error {
		return errors.Join(a.Posts.Forget(ctx, j.Args.AccountID), a.Curation.TellUnseen(ctx))
	})
	job.Work(a.jobs, func(ctx context.Context, _ *river.Job[job.TellUnseen]) error { return a.Curation.TellUnseen(ctx) })
	job.Work(a.jobs, func(ctx context.Context, j *river.Job[job.PublishScheduled]) error {
		return a.Schedule.Publish(ctx, j.Args.ID)
	})
	job.Work(a.jobs, func(ctx context.Context, j *river.Job[job.RemindReview]) error {
		return a.Practices.Remind(ctx, j.Args)
	})
	job.Work(a.jobs, func(ctx context.Context, j *river.Job[job.Import]) error { return a.Imports.Work(ctx, j.Args.ID) })
	job.Work(a.jobs, func(ctx context.Context, j *river.Job[job.PrintEdition]) error {
		return a.Editions.Print(ctx, j.Args.ID, j.Attempt >= j.MaxAttempts)
	})
	job.Work(a.jobs, func(ctx context.Context, j *river.Job[job.ClosePoll]) error { return a.Polls.Close(ctx, j.Args.PostID) })
	job.Work(a.jobs, func(ctx context.Context, j *river.Job[job.TellPoll]) error { return a.Polls.Tell(ctx, j.Args.PostID) })
	job.Work(a.jobs, func(_ context.Context, j *river.Job[job.RemoveFiles]) error { return a.Media.RemoveFiles(j.Args.Files) })
	job.Work(a.jobs, func(ctx context.Context, _ *river.Job[job.Enforce]) error {
		return errors.Join(a.Rules.Enforce(ctx), a.federation.DropRefused(ctx))
	})
	job.Work(a.jobs, func(ctx context.Context, j *river.Job[job.Purge]) error { return a.Rules.Purge(ctx, j.Args.Domain) })
	if err := a.jobs.Start(ctx); err != nil {
		return err
	}
	a.federation.Deliver(ctx)
	go a.federation.Run(ctx)
	go a.sweep(ctx)
	go a.Searches.Run(ctx, a.log)
	return nil
}

func (a *App) stopJobs(ctx context.Context) error {
	delivered := make(chan struct{})
	go func() {
		defer close(delivered)
		a.federation.StopDelivering(ctx)
	}()
	err := a.jobs.Stop(ctx)
	<-delivered
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil // what did not end in time is taken up again at the next start
}

// sweep removes expired sessions, links, ceremonies and codes, programs that nobody uses, and files that nothing names, now and
// then.
func (a *App) sweep(ctx context.Context) {
	for {
		if err := errors.Join(a.Auth.Sweep(ctx), a.OAuth.Sweep(ctx), a.Media.Sweep(ctx), a.Practices.Sweep(ctx), a.Publications.Sweep(ctx), a.Directory.Sweep(ctx), a.Relationships.Sweep(ctx), a.Imports.Sweep(ctx)); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "sweep", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(sweepEvery):
		}
	}
}

// Close releases the database and, if it is ours, stops it.
func (a *App) Close() error {
	var err error
	if a.transport != nil {
		a.transport.Close()
	}
	if a.DB != nil {
		err = a.DB.Close()
	}
	if a.cluster != nil {
		err = errors.Join(err, a.cluster.Stop())
	}
	return err
}
