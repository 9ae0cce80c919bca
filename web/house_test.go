package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/gorilla/mux"
	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/edition"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/imports"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/job/jobtest"
	"github.com/vorbild/vorbild/internal/lane"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/oauth"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/publication"
	"github.com/vorbild/vorbild/internal/quote"
	"github.com/vorbild/vorbild/internal/relationship"
	"github.com/vorbild/vorbild/internal/reuse"
	"github.com/vorbild/vorbild/internal/search"
	"github.com/vorbild/vorbild/internal/taxonomy"
	"github.com/vorbild/vorbild/internal/timeline"
	"github.com/vorbild/vorbild/web/locales"
)

// houseURL is the address of the instance under test.
const houseURL = "http://sh.localhost:8402"

// house is one instance with the real services on a database of its own, and one person of each role, called like the
// role. Only other servers are played.
type house struct {
	Deps
	db       *sqlx.DB
	jobs     *job.Queue
	handler  http.Handler
	people   map[string]account.Account
	sessions map[string]string
	others   *fakeResolver
}

// visitor is who has no account.
const visitorName = ""

func newHouse(t *testing.T) *house {
	t.Helper()
	h := furnish(t)
	h.serve(t)
	return h
}

// furnish is a house without its site, for those who change h.Deps first: to build a site costs more than most pages.
func furnish(t *testing.T) *house {
	t.Helper()
	ctx := t.Context()
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	h := &house{db: dbtest.New(t), people: map[string]account.Account{}, sessions: map[string]string{}}
	cfg := config.Config{BaseURL: houseURL}
	h.jobs = job.New(h.db, log)
	renderer := markup.New()
	bundle, err := locales.Load()
	must(t, err)
	h.Deps = Deps{Config: cfg, I18n: bundle, Log: log, Version: "1.2.3"}
	h.Organizations = organization.New(h.db)
	h.Accounts = accounttest.New(t, h.db, h.Organizations, h.jobs, houseURL, cfg.Domain())
	h.Auth, err = auth.New(h.db, h.Accounts, houseURL, "Test")
	must(t, err)
	h.OAuth = oauth.New(h.db, h.Accounts, h.Auth, houseURL)
	h.Follows = follow.New(h.db, h.Accounts, h.jobs, houseURL, nil)
	h.Relationships = relationship.New(h.db, h.Accounts, h.Follows, h.jobs)
	h.Posts = post.New(h.db, h.Accounts, h.jobs, renderer, houseURL)
	h.Practices = practice.New(h.db, h.Organizations, h.Accounts, h.Posts, h.jobs, renderer, houseURL)
	h.Publications = publication.New(h.db, h.Organizations, h.Accounts, h.Posts, h.jobs, houseURL)
	h.Reuses = reuse.New(h.db, h.Organizations, h.Posts, h.Practices, houseURL)
	h.Assessments = assessment.New(h.db, h.Accounts, h.Posts, h.Practices, h.jobs)
	h.Searches = search.New(h.db, h.Accounts, h.Posts, h.Practices, h.jobs)
	h.Taxonomies = taxonomy.New(h.db, h.Accounts, h.Practices, h.Searches)
	h.Directory = directory.New(h.db, h.Organizations, h.Accounts, h.jobs, houseURL)
	h.Curation = curation.New(h.db, h.Organizations, h.Accounts, h.Posts, h.Practices, h.jobs)
	h.Editions = edition.New(h.db, h.Organizations, h.Accounts, h.Posts, h.Practices, h.Curation, h.Publications, h.jobs, houseURL)
	h.Imports = imports.New(h.db, h.Accounts, h.Practices, h.jobs)
	h.Timeline = timeline.New(h.db, h.Accounts, h.Posts)
	h.Notifications = notification.New(h.db, h.Accounts, h.Follows, h.Posts)
	h.Moderation = moderation.New(h.db, h.Accounts, h.Posts, h.jobs)
	h.Rules = moderation.NewRules(h.db, peer.New(h.db, nil), h.Accounts, h.Follows, h.Posts, h.jobs)
	h.Media = media.New(h.db, h.Accounts, h.Posts, h.jobs, t.TempDir(), houseURL)
	h.Polls = poll.New(h.db, h.Accounts, h.Posts, h.jobs)
	h.Events = event.New(h.db, h.Posts)
	h.Quotes = quote.New(h.db, h.Posts, h.jobs, houseURL)
	h.Lanes = lane.New(h.db, h.Accounts)
	h.others = &fakeResolver{accounts: h.Accounts, known: map[string]account.Account{}}
	h.Resolver, h.Refresh = h.others, h.others.ResolveURI

	must(t, h.Organizations.Save(ctx, organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"}))
	must(t, h.Accounts.Bootstrap(ctx, "Schleswig-Holstein", "land", "DE-SH"))
	must(t, h.Practices.SeedTerms(ctx))
	for _, role := range account.Roles {
		a, err := h.Accounts.CreateLocal(ctx, string(role), "Stelle "+string(role), role)
		must(t, err)
		h.people[string(role)] = a
		h.sessions[string(role)] = h.login(t, a)
	}
	return h
}

// serve builds the site again, after a test changed h.Deps.
func (h *house) serve(t *testing.T) {
	t.Helper()
	site, err := New(h.Deps)
	must(t, err)
	router := mux.NewRouter()
	site.Register(router)
	h.handler = router
}

// login opens a session.
func (h *house) login(t *testing.T, a account.Account) string {
	t.Helper()
	link, err := h.Auth.LoginLink(t.Context(), account.Operator(), a.ID, 0)
	must(t, err)
	_, session, err := h.Auth.UseLoginLink(t.Context(), link, "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
	must(t, err)
	return session
}

// work starts to work the jobs that stay in this house. What would go to other servers is dropped.
func (h *house) work(t *testing.T) {
	t.Helper()
	job.Work(h.jobs, func(ctx context.Context, j *river.Job[job.Notify]) error { return h.Notifications.Notify(ctx, j.Args) })
	job.Work(h.jobs, func(context.Context, *river.Job[job.Distribute]) error { return nil })
	job.Work(h.jobs, func(ctx context.Context, j *river.Job[job.Arrive]) error {
		return h.Curation.Arrived(ctx, j.Args.PostID)
	})
	job.Work(h.jobs, func(ctx context.Context, j *river.Job[job.ClosePoll]) error { return h.Polls.Close(ctx, j.Args.PostID) })
	job.Work(h.jobs, func(ctx context.Context, j *river.Job[job.TellPoll]) error { return h.Polls.Tell(ctx, j.Args.PostID) })
	job.Work(h.jobs, func(_ context.Context, j *river.Job[job.RemoveFiles]) error { return h.Media.RemoveFiles(j.Args.Files) })
	job.Work(h.jobs, func(ctx context.Context, j *river.Job[job.Import]) error { return h.Imports.Work(ctx, j.Args.ID) })
	job.Work(h.jobs, func(ctx context.Context, j *river.Job[job.PrintEdition]) error {
		return h.Editions.Print(ctx, j.Args.ID, j.Attempt >= j.MaxAttempts)
	})
	job.Work(h.jobs, func(context.Context, *river.Job[job.Backfill]) error { return nil })
	job.Work(h.jobs, func(context.Context, *river.Job[job.FetchPost]) error { return nil })
	jobtest.Run(t, h.jobs)
}

// answer is what came back, read and parsed.
type answer struct {
	*http.Response
	*goquery.Document
	body string
}

// do sends a request as a browser of that person would; role "" is a visitor.
func (h *house) do(t *testing.T, role string, r *http.Request) answer {
	t.Helper()
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	}
	if r.Header.Get("Accept-Language") == "" {
		r.Header.Set("Accept-Language", "de")
	}
	if secret := h.sessions[role]; secret != "" {
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: secret})
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
	must(t, err)
	return answer{Response: res, Document: doc, body: string(body)}
}

func (h *house) get(t *testing.T, role, path string) answer {
	t.Helper()
	return h.do(t, role, httptest.NewRequest(http.MethodGet, houseURL+path, nil))
}

func (h *house) post(t *testing.T, role, path string, form url.Values) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, houseURL+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return h.do(t, role, r)
}

// text returns the words of what a selector finds, with single blanks.
func (a answer) text(selector string) string {
	return strings.Join(strings.Fields(a.Find(selector).Text()), " ")
}

// wants fails unless the answer has that status.
func (a answer) wants(t *testing.T, status int) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("status %d, want %d: %s", a.StatusCode, status, a.text("main h1, main .kern-alert"))
	}
	return a
}

// leadsTo fails unless the answer is a redirect to that place.
func (a answer) leadsTo(t *testing.T, place string) {
	t.Helper()
	a.wants(t, http.StatusSeeOther)
	if got := a.Header.Get("Location"); got != place {
		t.Fatalf("leads to %q, want %q", got, place)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fakeResolver plays the other servers: what they say of their accounts is stored as the real resolver does.
type fakeResolver struct {
	accounts *account.Service
	known    map[string]account.Account // by handle, host and URI
	mu       sync.Mutex
	asked    []string
}

func (f *fakeResolver) ResolveHandle(ctx context.Context, handle string) (account.Account, error) {
	return f.resolve(ctx, handle)
}

func (f *fakeResolver) ResolveURI(ctx context.Context, uri string) (account.Account, error) {
	return f.resolve(ctx, uri)
}

func (f *fakeResolver) resolve(ctx context.Context, name string) (account.Account, error) {
	f.mu.Lock()
	f.asked = append(f.asked, name)
	f.mu.Unlock()
	a, ok := f.known[name]
	if !ok {
		return account.Account{}, fault.New(fault.NotFound, "error.account.not_found")
	}
	return f.accounts.Receive(ctx, a)
}

// remote describes an account of another instance.
func remote(kind account.Kind, username, host string) account.Account {
	base := "https://" + host
	uri := base + "/u/" + username
	if kind == account.Group {
		uri = base + "/g/" + username
	}
	if kind == account.Application {
		uri, username = base+"/actor", host
	}
	return account.Account{
		Username: username, Domain: &host, URI: uri, URL: base + "/@" + username, Kind: kind, DisplayName: "Stelle " + username,
		InboxURI: uri + "/inbox", SharedInboxURI: base + "/inbox", OutboxURI: uri + "/outbox", FollowersURI: uri + "/followers",
		PublicKeyID: uri + "#main-key", Discoverable: true,
	}
}

// instance makes another instance that the resolver can find by its host, with catalogue and forum.
func (f *fakeResolver) instance(host string) account.Account {
	a := remote(account.Application, "", host)
	catalog, forum := remote(account.Group, account.CatalogUsername, host), remote(account.Group, account.ForumUsername, host)
	a.CatalogURI, a.ForumURI = catalog.URI, forum.URI
	for _, x := range []account.Account{catalog, forum} {
		f.known[x.URI], f.known[x.Handle()] = x, x
	}
	f.known[host], f.known[a.URI] = a, a
	return a
}
