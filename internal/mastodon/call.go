package mastodon

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/request"
)

// access says who may call a route, before the services look closer.
type access struct {
	kind  accessKind
	scope string // what a token must allow, if there is one
}

type accessKind int

const (
	anybody accessKind = iota // a token is not looked at
	visitor                   // with or without a token: what is public
	program                   // a token, be it of an app or of a person
	person                    // a person's token
)

var open = access{kind: anybody}

// public answers visitors too; who sends a token must be allowed scope.
func public(scope string) access { return access{visitor, scope} }

// user answers people whose token allows scope; "" takes every token of a person.
func user(scope string) access { return access{person, scope} }

// app answers programs, with or without a person.
func app(scope string) access { return access{program, scope} }

// handler answers one call with an entity (or nil for {}), or an error of package fault.
type handler func(c *call) (any, error)

type route struct {
	method, path string
	access       access
	do           handler
}

// call is one request: who asks, for what, and the headers of the answer.
type call struct {
	*http.Request
	params params
	grant  auth.Grant
	header http.Header // of the answer
	status int         // of the answer, 200 unless set
}

// viewer is who looks; the zero Viewer is a visitor.
func (c *call) viewer() post.Viewer { return post.Viewer{AccountID: c.grant.Account.ID} }

// account is the person who asks; the zero Account where there is none.
func (c *call) account() account.Account { return c.grant.Account }

func (c *call) ctx() context.Context { return c.Context() }

// path returns a variable of the route.
func (c *call) path(name string) string { return storable(mux.Vars(c.Request)[name]) }

// id returns a numeric variable of the route; NotFound where it is no number, for no such thing can exist.
func (c *call) id(name string) (int64, error) {
	id, err := strconv.ParseInt(c.path(name), 10, 64)
	if err != nil || id <= 0 {
		return 0, errNotFound()
	}
	return id, nil
}

// handle turns a route into an http.Handler: body, token, scope, handler, JSON.
func (s *Server) handle(x route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Request: r, header: w.Header(), status: http.StatusOK}
		defer c.forget()
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler { //nolint:errorlint // the documented sentinel is compared
					panic(v)
				}
				s.Log.ErrorContext(r.Context(), "client call panicked", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
				s.fail(w, c, fault.Wrap(fault.Internal, "", fmt.Errorf("panic: %v", v)))
			}
		}()
		if err := s.answer(w, c, x); err != nil {
			s.fail(w, c, err)
		}
	})
}

// forget removes the files that a form left on disk. The server would, but only for the request that it made itself, and this
// one has been copied on its way here.
func (c *call) forget() {
	if c.MultipartForm != nil {
		_ = c.MultipartForm.RemoveAll() // what cannot be removed now is the system's to clean up
	}
}

func (s *Server) answer(w http.ResponseWriter, c *call, x route) (err error) {
	var refused error
	c.grant, refused = s.authorize(c.Request, x.access)
	if err := s.limited(w, c); err != nil {
		return err
	}
	if refused != nil {
		return refused
	}
	if c.Method == http.MethodGet {
		return s.read(w, c, x)
	}
	entity, err := s.do(w, c, x)
	s.changed(c, x) // whatever became of it
	if err != nil {
		return err
	}
	body, err := encode(entity)
	if err != nil {
		return err
	}
	sendJSON(w, c.status, body)
	return nil
}

// do reads what was sent and lets the handler answer.
func (s *Server) do(w http.ResponseWriter, c *call, x route) (entity any, err error) {
	if c.params, err = readParams(w, c.Request, x.uploads()); err != nil {
		return nil, err
	}
	return x.do(c)
}

// authorize finds out who asks. The token stands in the Authorization header, or, for streams, elsewhere.
func (s *Server) authorize(r *http.Request, need access) (g auth.Grant, err error) {
	if need.kind == anybody {
		return g, nil
	}
	if secret := request.Bearer(r); secret != "" {
		if g, err = s.grantFor(r.Context(), secret); err != nil {
			return g, err
		}
	}
	return g, allowed(g, need)
}

// allowed checks a grant, the zero one being that of a visitor.
func allowed(g auth.Grant, need access) error {
	switch {
	case g.Token.ID == 0 && need.kind == visitor:
		return nil
	case g.Token.ID == 0:
		return fault.New(fault.Unauthorized, "mastodon.error.token_missing")
	case need.kind == person && g.Account.ID == 0:
		return errUserRequired()
	case need.scope != "" && !g.Allows(need.scope):
		return fault.New(fault.Forbidden, "error.auth.scope_missing")
	}
	return nil
}
