// Package app is the composition root: it alone knows every part, wires them and runs them. The same App runs in
// production and in the tests.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation"
	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/change"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/conversation"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/edition"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/filter"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/imports"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/lane"
	"github.com/vorbild/vorbild/internal/list"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/oauth"
	"github.com/vorbild/vorbild/internal/observe"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/postgres"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/publication"
	"github.com/vorbild/vorbild/internal/push"
	"github.com/vorbild/vorbild/internal/quote"
	"github.com/vorbild/vorbild/internal/relationship"
	"github.com/vorbild/vorbild/internal/reuse"
	"github.com/vorbild/vorbild/internal/schedule"
	"github.com/vorbild/vorbild/internal/search"
	"github.com/vorbild/vorbild/internal/tag"
	"github.com/vorbild/vorbild/internal/taxonomy"
	"github.com/vorbild/vorbild/internal/timeline"
	"github.com/vorbild/vorbild/web/locales"
)

// App is one instance: its services on an open, migrated database.
type App struct {
	Config        config.Config
	DB            *sqlx.DB
	Organizations *organization.Service
	Peers         *peer.Service
	Accounts      *account.Service
	Auth          *auth.Service
	Follows       *follow.Service
	Posts         *post.Service
	Practices     *practice.Service
	Publications  *publication.Service
	Reuses        *reuse.Service
	Assessments   *assessment.Service
	Curation      *curation.Service
	Editions      *edition.Service
	Taxonomies    *taxonomy.Service
	Directory     *directory.Service
	Imports       *imports.Service
	Timeline      *timeline.Service
	Notifications *notification.Service
	OAuth         *oauth.Service
	Relationships *relationship.Service
	Media         *media.Service
	Polls         *poll.Service
	Events        *event.Service
	Quotes        *quote.Service
	Tags          *tag.Service
	Lists         *list.Service
	Filters       *filter.Service
	Conversations *conversation.Service
	Schedule      *schedule.Service
	Searches      *search.Service
	Moderation    *moderation.Service
	Rules         *moderation.Rules
	Push          *push.Service
	Lanes         *lane.Service
	Changes       *change.Hub

	log        *slog.Logger
	metrics    *observe.Metrics // nil unless they are asked for
	jobs       *job.Queue
	messages   *i18n.Bundle
	transport  *transport.Client
	federation *federation.Federation
	printer    *export.Printer   // nil where no browser is installed that prints
	cluster    *postgres.Cluster // nil when the operator gave a database
}

// New opens and migrates the database, the private cluster first where no database is configured, and makes the actors
// every instance has. Nothing runs yet; Close releases what New opened.
func New(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *App, err error) {
	a := &App{Config: cfg, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err := a.openDatabase(ctx); err != nil {
		return nil, err
	}
	if err := a.wire(ctx); err != nil {
		return nil, err
	}
	return a, a.bootstrap(ctx)
}

func (a *App) openDatabase(ctx context.Context) error {
	dsn := a.Config.DatabaseURL
	if dsn == "" {
		cluster, err := postgres.Start(ctx, postgres.Options{DataDir: a.Config.DataDir, Log: a.log, Progress: func(line string) { a.log.Info(line) }})
		if err != nil {
			return err
		}
		a.cluster = cluster
		if err := cluster.EnsureDatabase(ctx, "vorbild"); err != nil {
			return err
		}
		dsn = cluster.DSN("vorbild")
	}
	var err error
	if a.DB, err = db.Open(ctx, dsn, a.Config.DatabaseConns); err != nil {
		return err
	}
	return db.Migrate(ctx, a.DB, a.log)
}

func (a *App) wire(ctx context.Context) error {
	base, domain := a.Config.BaseURL, a.Config.Domain()
	if a.Config.MetricsListen != "" {
		a.metrics = observe.NewMetrics()
	}
	a.jobs = job.New(a.DB, a.log)
	renderer := markup.New()
	a.Changes = change.New(a.DB, a.log)
	a.Organizations = organization.New(a.DB)
	a.Peers = peer.New(a.DB, a.Changes)
	a.Accounts = account.New(a.DB, a.Organizations, a.jobs, base, domain)
	var err error
	if a.Auth, err = auth.New(a.DB, a.Accounts, base, "Vorbild "+domain); err != nil {
		return err
	}
	a.Follows = follow.New(a.DB, a.Accounts, a.jobs, base, a.Config.AutoAcceptHosts)
	a.Accounts.Remember(a.Changes)
	a.Follows.Remember(a.Changes)
	a.Posts = post.New(a.DB, a.Accounts, a.jobs, renderer, base)
	a.Practices = practice.New(a.DB, a.Organizations, a.Accounts, a.Posts, a.jobs, renderer, base)
	a.Publications = publication.New(a.DB, a.Organizations, a.Accounts, a.Posts, a.jobs, base)
	a.Reuses = reuse.New(a.DB, a.Organizations, a.Posts, a.Practices, base)
	a.Assessments = assessment.New(a.DB, a.Accounts, a.Posts, a.Practices, a.jobs)
	a.Searches = search.New(a.DB, a.Accounts, a.Posts, a.Practices, a.jobs)
	a.Taxonomies = taxonomy.New(a.DB, a.Accounts, a.Practices, a.Searches)
	a.Directory = directory.New(a.DB, a.Organizations, a.Accounts, a.jobs, base)
	a.Curation = curation.New(a.DB, a.Organizations, a.Accounts, a.Posts, a.Practices, a.jobs)
	a.Editions = edition.New(a.DB, a.Organizations, a.Accounts, a.Posts, a.Practices, a.Curation, a.Publications, a.jobs, base)
	a.printer = export.FindPrinter(filepath.Join(a.Config.DataDir, "pdf"))
	a.Editions.PrintBy(a.printer)
	a.Imports = imports.New(a.DB, a.Accounts, a.Practices, a.jobs)
	a.Timeline = timeline.New(a.DB, a.Accounts, a.Posts)
	a.Notifications = notification.New(a.DB, a.Accounts, a.Follows, a.Posts)
	a.OAuth = oauth.New(a.DB, a.Accounts, a.Auth, base)
	a.Relationships = relationship.New(a.DB, a.Accounts, a.Follows, a.jobs)
	a.Media = media.New(a.DB, a.Accounts, a.Posts, a.jobs, a.Config.MediaPath(), base)
	a.Polls = poll.New(a.DB, a.Accounts, a.Posts, a.jobs)
	a.Events = event.New(a.DB, a.Posts)
	a.Quotes = quote.New(a.DB, a.Posts, a.jobs, base)
	a.Tags = tag.New(a.DB, a.Accounts, a.Posts)
	a.Lists = list.New(a.DB, a.Accounts, a.Follows)
	a.Filters = filter.New(a.DB, a.Posts)
	a.Conversations = conversation.New(a.DB, a.Accounts, a.Posts)
	a.Schedule = schedule.New(a.DB, a.Accounts, a.Posts, a.Media, a.Polls, a.jobs)
	a.Moderation = moderation.New(a.DB, a.Accounts, a.Posts, a.jobs)
	a.Rules = moderation.NewRules(a.DB, a.Peers, a.Accounts, a.Follows, a.Posts, a.jobs)
	a.Push = push.New(a.DB, a.Accounts, a.Notifications, a.jobs)
	a.Lanes = lane.New(a.DB, a.Accounts)
	a.watch()
	a.transport = transport.New(a.DB, a.Accounts, a.Peers, a.Config, a.log)
	a.transport.KeepBy(a.Changes)
	if err := a.Media.Proxy(ctx, a.transport, int64(a.Config.MediaCacheMB)<<20); err != nil {
		return err
	}
	if a.messages, err = locales.Load(); err != nil {
		return err
	}
	a.federation, err = federation.New(federation.Deps{
		DB: a.DB, Jobs: a.jobs, Accounts: a.Accounts, Follows: a.Follows, Posts: a.Posts, Practices: a.Practices, Publications: a.Publications, Reuses: a.Reuses, Assessments: a.Assessments, Curation: a.Curation, Taxonomies: a.Taxonomies, Directory: a.Directory,
		Media: a.Media, Polls: a.Polls, Events: a.Events, Quotes: a.Quotes, Relationships: a.Relationships, Moderation: a.Moderation, Peers: a.Peers, Changes: a.Changes, Transport: a.transport, Metrics: a.metrics, Messages: a.messages, Config: a.Config, Log: a.log,
	})
	return err
}

// bootstrap makes sure that the instance has an organisation, its actors and its taxonomies.
func (a *App) bootstrap(ctx context.Context) error {
	o, err := a.Organizations.Get(ctx)
	if fault.Is(err, fault.NotFound) {
		// Until an administrator says whose instance this is, it is called after its address.
		o = organization.Organization{Name: a.Config.Domain(), ShortName: a.Config.Domain(), Level: organization.LevelExtern}
		err = a.Organizations.Save(ctx, o)
	}
	if err != nil {
		return fmt.Errorf("app: organisation: %w", err)
	}
	if err := a.Accounts.Bootstrap(ctx, o.ShortName, string(o.Level), o.Region); err != nil {
		return err
	}
	return a.Practices.SeedTerms(ctx)
}
