// Package web is the HTML surface: pages for people, rendered on the server, complete without JavaScript. A handler
// decodes what was asked, calls one service of the domain and renders; every rule about who may do what stands in the
// services, not here. The package must not know the federation or any other surface.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/edition"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/imports"
	"github.com/vorbild/vorbild/internal/lane"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/oauth"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/publication"
	"github.com/vorbild/vorbild/internal/quote"
	"github.com/vorbild/vorbild/internal/relationship"
	"github.com/vorbild/vorbild/internal/request"
	"github.com/vorbild/vorbild/internal/reuse"
	"github.com/vorbild/vorbild/internal/search"
	"github.com/vorbild/vorbild/internal/taxonomy"
	"github.com/vorbild/vorbild/internal/timeline"
)

// Deps is everything the pages need. All services are required; the functions may be nil, their parts of a page are
// left out then.
type Deps struct {
	Config        config.Config
	Organizations *organization.Service
	Accounts      *account.Service
	Auth          *auth.Service
	OAuth         *oauth.Service
	Follows       *follow.Service
	Relationships *relationship.Service
	Posts         *post.Service
	Practices     *practice.Service
	Publications  *publication.Service
	Reuses        *reuse.Service
	Assessments   *assessment.Service
	Curation      *curation.Service
	Editions      *edition.Service
	Imports       *imports.Service
	Timeline      *timeline.Service
	Notifications *notification.Service
	Moderation    *moderation.Service
	Searches      *search.Service
	Rules         *moderation.Rules
	Media         *media.Service
	Polls         *poll.Service
	Events        *event.Service
	Quotes        *quote.Service
	Taxonomies    *taxonomy.Service
	Directory     *directory.Service
	Lanes         *lane.Service
	Resolver      account.Resolver
	// TaxonomiesOf reads the taxonomies that the catalogue of another instance offers.
	TaxonomiesOf func(ctx context.Context, catalog account.Account) ([]taxonomy.Offer, error)
	// Refresh reads an account of another instance from its origin, however lately that was done.
	Refresh func(ctx context.Context, uri string) (account.Account, error)
	I18n    *i18n.Bundle
	Log     *slog.Logger

	// Deliveries counts at how many other instances a post of ours has arrived, is on its way, and could not be delivered.
	Deliveries func(ctx context.Context, postURI string) (delivered, pending, failed int, err error)
	// FetchPost gets a post by its ActivityPub id or page address from its origin, for a member who looks for it.
	// Errors: fault.NotFound, fault.Unavailable.
	FetchPost func(ctx context.Context, address string) (post.Post, error)
	// ThreadOpened is told which post's thread somebody looks at, so that a job can complete it. It returns at once.
	ThreadOpened func(ctx context.Context, p post.Post)
	// Printer makes PDF files; nil where no browser is installed that prints them.
	Printer *export.Printer
	// Version of the software, as the page about this instance says it.
	Version string
}

// Site serves the pages of one instance.
type Site struct {
	Deps
	templates templateSets
	assets    *assets
	guards    guards
	proxies   request.Proxies
	secure    bool // cookies only over https
}

// New parses the templates and compresses the static files; a broken one is an error here, not in front of a reader.
func New(deps Deps) (*Site, error) {
	s := &Site{Deps: deps, secure: strings.HasPrefix(deps.Config.BaseURL, "https://")}
	var err error
	if s.proxies, err = request.ParseProxies(deps.Config.TrustedProxies); err != nil {
		return nil, fmt.Errorf("web.New: %w", err)
	}
	if s.assets, err = shipped(); err != nil {
		return nil, fmt.Errorf("web.New: %w", err)
	}
	if s.templates, err = s.newTemplateSets(); err != nil {
		return nil, fmt.Errorf("web.New: %w", err)
	}
	if s.guards, err = s.newGuards(); err != nil {
		return nil, fmt.Errorf("web.New: base URL %q: %w", deps.Config.BaseURL, err)
	}
	return s, nil
}

// Register adds all routes. Surfaces that answer on the same paths (ActivityPub by its Accept header) register first.
func (s *Site) Register(r *mux.Router) {
	r.PathPrefix(staticPrefix).Methods(http.MethodGet, http.MethodHead).Handler(s.assets)
	r.Handle("/favicon.ico", http.RedirectHandler(s.assets.url("favicon.svg"), http.StatusFound)).Methods(http.MethodGet, http.MethodHead)

	pages := r.NewRoute().Subrouter()
	pages.Use(s.recoverPanics, s.securityHeaders, compress, plainQuery, s.limitBody, s.visit, s.sameOrigin, s.limitWrites)
	s.routes(pages)

	// Unknown addresses get a page in words too.
	notFound := s.recoverPanics(s.securityHeaders(compress(s.visit(s.handle(s.showNotFound)))))
	r.NotFoundHandler = notFound
	r.MethodNotAllowedHandler = notFound
}
