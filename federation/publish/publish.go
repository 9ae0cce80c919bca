// Package publish serves what can be fetched by ActivityPub: actors, posts, collections, the activities we sent. Who asks
// for an object with a browser is sent to its page, and who asks a page for ActivityPub is sent to its object. It only
// reads, and shows only what everyone may see; what one may not see does not exist.
package publish

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/mux"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/quote"
	"github.com/vorbild/vorbild/internal/taxonomy"
)

// Documents gathers what the document of a post states; federation/outbox implements it.
type Documents interface {
	DocumentOf(ctx context.Context, p post.Post) (vocab.PostDoc, error)
}

// Deps are what the endpoints work with.
type Deps struct {
	DB         *sqlx.DB
	Accounts   *account.Service
	Follows    *follow.Service
	Posts      *post.Service
	Curation   *curation.Service
	Quotes     *quote.Service
	Taxonomies *taxonomy.Service
	Directory  *directory.Service
	Documents  Documents
	Render     *vocab.Renderer
	Words      func(language string) vocab.Words
	BaseURL    string
	Peers      *peer.Service
	Verifier   Verifier
	Log        *slog.Logger
}

// Publisher serves GET.
type Publisher struct{ Deps }

// New returns the endpoints.
func New(d Deps) *Publisher { return &Publisher{Deps: d} }

// Register adds the routes. It must come before the routes of the pages, some of which have the same addresses.
func (p *Publisher) Register(r *mux.Router) {
	get := func(path string, f func(http.ResponseWriter, *http.Request) error) {
		r.HandleFunc(path, p.handle(f)).Methods(http.MethodGet, http.MethodHead)
	}
	// ids of actors, always to be had, and what hangs on them
	get("/actor", p.actor)
	get("/actor/{list:outbox|followers|following|featured}", p.guarded(false, p.list))
	get("/{kind:u|g}/{name}", p.actor)
	get("/{kind:u|g}/{name}/{list:outbox|followers|following|featured}", p.guarded(false, p.list))
	get("/{kind:u|g}/{name}/{list:followers}_synchronization", p.synchronization)
	get("/{kind:g}/{name}/collections", p.guarded(false, p.collections))
	get("/{kind:g}/{name}/collections/{id:[0-9]+}", p.guarded(false, p.named))
	get("/{kind:g}/{name}/collections/{slug}", p.guarded(false, p.collection))
	get("/{kind:u|g}/{name}/{list:follows|likes|boosts|announces}/{id:[0-9]+}", p.guarded(false, p.activity))
	get("/actor/{list:follows}/{id:[0-9]+}", p.guarded(false, p.activity))

	// ids of posts and what hangs on them
	get("/{list:practices|publications|notes}/{id:[0-9]+}", p.guarded(true, p.post))
	get("/{list:practices|publications|notes}/{id:[0-9]+}/activity", p.guarded(true, p.create))
	get("/{list:practices|publications|notes}/{id:[0-9]+}/replies", p.guarded(false, p.replies))
	get("/{list:practices|publications|notes}/{id:[0-9]+}/{count:likes|shares}", p.guarded(false, p.counts))
	get("/terms/{id:[0-9]+}", p.guarded(true, p.term))
	get("/directory/{id:[0-9]+}", p.guarded(true, p.listed))
	get("/threads/{id:[0-9]+}", p.guarded(true, p.thread))
	get("/authorizations/{id:[0-9]+}", p.guarded(false, p.stamp))

	// pages, asked for ActivityPub
	page := func(path string, f func(http.ResponseWriter, *http.Request) error) {
		r.HandleFunc(path, p.handle(f)).Methods(http.MethodGet, http.MethodHead).MatcherFunc(wantsActivity)
	}
	page("/", p.fromInstance)
	page("/instanz", p.fromInstance)
	page("/@{handle}", p.fromProfile)
	page("/{page:praxisbeispiele|diskussionen|handreichungen}/{id:[0-9]+}", p.fromPage)
	page("/papier/{number}", p.fromEdition)
	page("/sammlungen/{slug:[a-z0-9-]+}", p.fromCollection)
	methods(r)
}

func (p *Publisher) handle(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept")
		r = r.WithContext(context.WithValue(r.Context(), accessKey{}, &access{caching: everyone}))
		err := CheckPath(r)
		if err == nil {
			err = f(w, r)
		}
		if err != nil {
			Fail(w, r, err, p.Words, p.Log)
		}
	}
}

// CheckPath refuses paths that are no text: nothing can have such a name.
func CheckPath(r *http.Request) error {
	if !utf8.ValidString(r.URL.Path) || strings.ContainsRune(r.URL.Path, 0) {
		return notFound("path %q", r.URL.Path)
	}
	return nil
}

// wantsActivity reports whether the Accept header names ActivityStreams.
func wantsActivity(r *http.Request, _ *mux.RouteMatch) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return strings.Contains(accept, "application/activity+json") || strings.Contains(accept, "application/ld+json")
}

// isBrowser reports whether an object's id was opened by a person.
func isBrowser(r *http.Request) bool {
	return !wantsActivity(r, nil) && strings.Contains(strings.Join(r.Header.Values("Accept"), ","), "text/html")
}

// see sends the client on. The answer depends on Accept, so no cache may keep it for others.
func see(w http.ResponseWriter, r *http.Request, address string) error {
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// document writes a document, or 304 when the client has it.
func document(w http.ResponseWriter, r *http.Request, status int, body []byte) error {
	sum := sha256.Sum256(body)
	etag := `"` + hex.EncodeToString(sum[:12]) + `"`
	w.Header().Set("ETag", etag)
	// RULE: no cache between us may give others what one reader may see.
	caching := cmp.Or(accessOf(r).caching, nobody)
	if caching != everyone {
		personal(w)
	}
	w.Header().Set("Cache-Control", caching)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusOK && matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", vocab.MediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that went away needs no answer
	}
	return nil
}

// matches compares as RFC 9110 says for GET: a proxy that compresses makes the tag weak.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

func notFound(format string, args ...any) error {
	return fault.Wrap(fault.NotFound, "error.federation.not_found", fmt.Errorf("publish: "+format, args...))
}

// number reads an id of a path; one that is too large is an unknown one.
func number(r *http.Request, name string) (int64, error) {
	id, err := strconv.ParseInt(mux.Vars(r)[name], 10, 64)
	if err != nil {
		return 0, notFound("id: %w", err)
	}
	return id, nil
}
