// Package mastodon is the surface for clients: the REST API, the streaming API and the OAuth endpoints that programs made
// for Mastodon speak (https://docs.joinmastodon.org). A handler reads its parameters, calls one service of the domain
// and returns an entity; who may do what, and who may see what, is decided by the services. The package must not know the
// federation or the pages.
//
// One file per page of Mastodon's documentation, entity_*.go for what goes over the wire, routes.go for the whole table.
package mastodon

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/gorilla/mux"
	"github.com/maypok86/otter/v2"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/change"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/conversation"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/filter"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/list"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/oauth"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/push"
	"github.com/vorbild/vorbild/internal/quote"
	"github.com/vorbild/vorbild/internal/relationship"
	"github.com/vorbild/vorbild/internal/request"
	"github.com/vorbild/vorbild/internal/reuse"
	"github.com/vorbild/vorbild/internal/schedule"
	"github.com/vorbild/vorbild/internal/tag"
	"github.com/vorbild/vorbild/internal/timeline"
)

// Deps is everything the surface needs; all of it is required.
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
	Reuses        *reuse.Service
	Assessments   *assessment.Service
	Curation      *curation.Service
	Media         *media.Service
	Polls         *poll.Service
	Events        *event.Service
	Quotes        *quote.Service
	Timeline      *timeline.Service
	Tags          *tag.Service
	Lists         *list.Service
	Filters       *filter.Service
	Conversations *conversation.Service
	Schedule      *schedule.Service
	Notifications *notification.Service
	Push          *push.Service
	Moderation    *moderation.Service
	Rules         *moderation.Rules
	Changes       *change.Hub
	Resolver      account.Resolver
	I18n          *i18n.Bundle
	Log           *slog.Logger

	// FetchPost gets a post by its ActivityPub id or page address from its origin, for a member who looks for it.
	// Errors: fault.NotFound, fault.Unavailable.
	FetchPost func(ctx context.Context, address string) (post.Post, error)
	// ThreadOpened is told which post's thread somebody looks at, so that a job can complete it; nil: nobody is. It returns at
	// once.
	ThreadOpened func(ctx context.Context, p post.Post)
	// Version of the software.
	Version string
}

// Server answers clients.
type Server struct {
	Deps
	proxies  request.Proxies
	quotas   *quotas // nil: none
	answers  *memory[question, *answer]
	grants   *memory[[32]byte, auth.Grant]
	streams  *streams
	contents *otter.Cache[contentKey, string]
}

// New returns the surface.
func New(deps Deps) *Server {
	s := &Server{
		Deps: deps,
		contents: otter.Must(&otter.Options[contentKey, string]{
			MaximumWeight: contentsMemory,
			Weigher:       func(_ contentKey, content string) uint32 { return uint32(len(content)) + 100 }, //nolint:gosec // a post is not that long
		}),
		answers: newMemory[question, *answer](answersMemory),
		grants:  newMemory[[32]byte, auth.Grant](grantsMemory),
	}
	s.streams = newStreams(s)
	if deps.Config.RateLimits {
		s.quotas = newQuotas()
	}
	var err error
	if s.proxies, err = request.ParseProxies(deps.Config.TrustedProxies); err != nil {
		deps.Log.Error("addresses of clients are those of proxies", slog.Any("error", err)) // package config refuses it before
	}
	return s
}

// Register adds all routes, and JSON answers for addresses below /api and /oauth that do not exist.
func (s *Server) Register(r *mux.Router) {
	for _, x := range s.routes() {
		r.Handle(x.path, s.handle(x)).Methods(x.method)
	}
	s.registerStreaming(r)
	s.registerFiles(r)
	unknown := s.handle(route{access: open, do: func(*call) (any, error) { return nil, errNotFound() }})
	r.PathPrefix("/api/").Handler(unknown)
	// The page where people answer is one of web.
	r.PathPrefix("/oauth/").Methods(http.MethodPost).MatcherFunc(func(r *http.Request, _ *mux.RouteMatch) bool {
		return r.URL.Path != "/oauth/authorize"
	}).Handler(unknown)
}
