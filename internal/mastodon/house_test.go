package mastodon

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/change"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/conversation"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/filter"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/job/jobtest"
	"github.com/vorbild/vorbild/internal/list"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/oauth"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/push"
	"github.com/vorbild/vorbild/internal/quote"
	"github.com/vorbild/vorbild/internal/relationship"
	"github.com/vorbild/vorbild/internal/reuse"
	"github.com/vorbild/vorbild/internal/schedule"
	"github.com/vorbild/vorbild/internal/tag"
	"github.com/vorbild/vorbild/internal/timeline"
	"github.com/vorbild/vorbild/web/locales"
)

// house is one instance with the real services on a database of its own. Its people are called like their roles (guest,
// member, editor, moderator, admin) plus other, a second member; they hold tokens for everything. klima@vitako.example and
// fremd@m.example live elsewhere. Only other servers are played.
type house struct {
	Deps
	t       testing.TB
	ground  *posttest.House
	db      *sqlx.DB
	jobs    *job.Queue
	server  *Server
	handler http.Handler
	people  map[string]account.Account // by name; also praxis and forum, the groups
	tokens  map[string]string          // by name of a person
	others  *otherServers
	working bool
}

// newHouse returns a house; the test runs in parallel with others.
func newHouse(t testing.TB) *house {
	t.Helper()
	g := posttest.New(t)
	h := &house{t: t, ground: g, db: g.DB, jobs: g.Queue, people: map[string]account.Account{}, tokens: map[string]string{}}
	cfg := config.Config{BaseURL: posttest.Base, DataDir: t.TempDir()}
	bundle, err := locales.Load()
	h.must(err)
	h.Deps = Deps{
		Config: cfg, I18n: bundle, Version: "1.2.3", Organizations: g.Organizations, Accounts: g.Accounts, Posts: g.Posts,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	h.wire()
	h.move()
	h.serve()
	return h
}

// wire makes the services as internal/app does.
func (h *house) wire() {
	h.t.Helper()
	base := h.Config.BaseURL
	var err error
	h.Auth, err = auth.New(h.db, h.Accounts, base, "Vorbild")
	h.must(err)
	h.OAuth = oauth.New(h.db, h.Accounts, h.Auth, base)
	h.Follows = follow.New(h.db, h.Accounts, h.jobs, base, nil)
	h.Relationships = relationship.New(h.db, h.Accounts, h.Follows, h.jobs)
	h.Practices = practice.New(h.db, h.Organizations, h.Accounts, h.Posts, h.jobs, h.ground.Markup, base)
	h.Reuses = reuse.New(h.db, h.Organizations, h.Posts, h.Practices, base)
	h.Assessments = assessment.New(h.db, h.Accounts, h.Posts, h.Practices, h.jobs)
	h.Curation = curation.New(h.db, h.Organizations, h.Accounts, h.Posts, h.Practices, h.jobs)
	h.Media = media.New(h.db, h.Accounts, h.Posts, h.jobs, h.Config.MediaPath(), base)
	h.Polls = poll.New(h.db, h.Accounts, h.Posts, h.jobs)
	h.Events = event.New(h.db, h.Posts)
	h.Quotes = quote.New(h.db, h.Posts, h.jobs, base)
	h.Timeline = timeline.New(h.db, h.Accounts, h.Posts)
	h.Tags = tag.New(h.db, h.Accounts, h.Posts)
	h.Lists = list.New(h.db, h.Accounts, h.Follows)
	h.Filters = filter.New(h.db, h.Posts)
	h.Conversations = conversation.New(h.db, h.Accounts, h.Posts)
	h.Schedule = schedule.New(h.db, h.Accounts, h.Posts, h.Media, h.Polls, h.jobs)
	h.Notifications = notification.New(h.db, h.Accounts, h.Follows, h.Posts)
	h.Push = push.New(h.db, h.Accounts, h.Notifications, h.jobs)
	h.Moderation = moderation.New(h.db, h.Accounts, h.Posts, h.jobs)
	h.Rules = moderation.NewRules(h.db, peer.New(h.db, nil), h.Accounts, h.Follows, h.Posts, h.jobs)
	h.Changes = change.New(h.db, h.Log) // hears nothing until live
	h.others = &otherServers{accounts: h.Accounts, known: map[string]account.Account{}, posts: map[string]post.Post{}}
	h.Resolver, h.FetchPost = h.others, h.others.fetchPost
}

// move lets the people in.
func (h *house) move() {
	h.t.Helper()
	ctx := h.t.Context()
	h.must(h.Practices.SeedTerms(ctx))
	_, err := h.db.ExecContext(ctx, `
		INSERT INTO accounts (id, username, uri, url, kind, display_name) VALUES ($1, 'sh.example', $2, $3, 'application', 'Schleswig-Holstein')`,
		db.NewID(time.Now()), posttest.Base+"/actor", posttest.Base+"/instanz")
	h.must(err)
	h.people[account.CatalogUsername], h.people[account.ForumUsername] = h.ground.Catalog, h.ground.Forum
	for _, role := range account.Roles {
		h.person(string(role), role)
	}
	h.person("other", account.RoleMember)
	h.people["klima"] = h.ground.Remote
	h.people["fremd"] = h.ground.Account("fremd", "m.example", account.Person, "")
	h.exec(`UPDATE accounts SET discoverable = true`)
}

// person lets one more person in.
func (h *house) person(name string, role account.Role) account.Account {
	h.t.Helper()
	h.people[name] = h.ground.Account(name, "", account.Person, role)
	h.tokens[name] = h.token(name)
	return h.people[name]
}

// token mints another token of a person, for everything unless scopes are given.
func (h *house) token(who string, scopes ...string) string {
	h.t.Helper()
	secret, err := h.Auth.Token(h.t.Context(), account.Operator(), h.id(who), "Test", strings.Join(scopes, " "))
	h.must(err)
	return secret
}

// id returns the account id of someone in the house.
func (h *house) id(who string) int64 {
	h.t.Helper()
	a, ok := h.people[who]
	if !ok {
		h.t.Fatalf("nobody in the house is called %q", who)
	}
	return a.ID
}

// serve builds the surface anew, after a test changed h.Deps.
func (h *house) serve() {
	h.server = New(h.Deps)
	router := mux.NewRouter()
	h.server.Register(router)
	h.handler = router
}

// listen opens a real port, for streams; it returns the address to call.
func (h *house) listen() string {
	h.t.Helper()
	s := httptest.NewServer(h.handler)
	h.t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

// work does the jobs that wait and stay in this house, and those that follow from them. What would go to other servers is
// dropped.
func (h *house) work() {
	h.t.Helper()
	if !h.working {
		h.working = true
		job.Work(h.jobs, func(ctx context.Context, j *river.Job[job.Notify]) error { return h.Notifications.Notify(ctx, j.Args) })
		job.Work(h.jobs, func(ctx context.Context, j *river.Job[job.Arrive]) error {
			return h.Curation.Arrived(ctx, j.Args.PostID)
		})
		job.Work(h.jobs, func(context.Context, *river.Job[job.Distribute]) error { return nil })
		job.Work(h.jobs, func(context.Context, *river.Job[job.Backfill]) error { return nil })
		job.Work(h.jobs, func(context.Context, *river.Job[job.FetchPost]) error { return nil })
		job.Work(h.jobs, func(context.Context, *river.Job[job.PushSend]) error { return nil })
		jobtest.Run(h.t, h.jobs)
	}
	jobtest.Wait(h.t, h.db)
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// exec writes to the database what no service of ours writes.
func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	_, err := h.db.ExecContext(h.t.Context(), query, args...)
	h.must(err)
}

// follow lets reader follow target, accepted at once.
func (h *house) follow(reader, target string) {
	h.t.Helper()
	h.ground.Follow(h.people[reader], h.people[target])
}

// block, mute and blockDomain write what the services of relationships write.
func (h *house) block(who, target string) {
	h.t.Helper()
	h.exec(`INSERT INTO blocks (id, account_id, target_id) VALUES ($1, $2, $3)`, db.NewID(time.Now()), h.id(who), h.id(target))
}

func (h *house) mute(who, target string) {
	h.t.Helper()
	h.exec(`INSERT INTO mutes (id, account_id, target_id) VALUES ($1, $2, $3)`, db.NewID(time.Now()), h.id(who), h.id(target))
}

func (h *house) blockDomain(who, domain string) {
	h.t.Helper()
	h.exec(`INSERT INTO domain_blocks (id, account_id, domain) VALUES ($1, $2, $3)`, db.NewID(time.Now()), h.id(who), domain)
}

// thread publishes a public discussion, answer an answer in it.
func (h *house) thread(by, title string) post.Post {
	h.t.Helper()
	return h.ground.Thread(h.people[by], title)
}

func (h *house) answer(by string, to post.Post, text string) post.Post {
	h.t.Helper()
	return h.ground.Answer(h.people[by], to, text)
}

// write publishes a discussion that only some may see. Whom text mentions may see it whatever the visibility.
func (h *house) write(by string, visibility post.Visibility, text string) post.Post {
	h.t.Helper()
	return h.ground.Write(h.people[by], post.Draft{Title: "Notiz von " + by, Source: text, Visibility: visibility})
}

// arrives stores a public note of a remote account that is an hour old; change says what is special about it.
func (h *house) arrives(by, name string, change func(*post.Received)) post.Post {
	h.t.Helper()
	return h.ground.Arrives(h.people[by], name, change)
}

// practice publishes a practice with figures; change says what is special about it.
func (h *house) practice(by string, change func(*practice.Draft)) post.Post {
	h.t.Helper()
	before, after := 420.0, 310.0
	d := practice.Draft{
		Title: "Serverräume Grad für Grad wärmer betreiben", Summary: "Mit 24 statt 20 °C sinkt der Kühlaufwand.",
		Source: "## Ausgangslage\n\nDie Räume wurden auf 20 °C gekühlt.\n\n## Vorgehen\n\n- Gänge einhausen\n- Temperatur anheben\n\nNach jedem Schritt wurde gemessen.",
		Level:  organization.LevelKommune, Region: "DE-SH", Implementation: "completed", Language: "de", Measures: []string{"Kalt- und Warmgänge einhausen"},
		Figures: []practice.Figure{
			{Quantity: "electricity", Name: "Strom für Kühlung", Unit: "MW.h/a", Before: &before, After: &after, From: "2022", To: "2023", Scope: "Rechenzentrum Nord"},
		},
		ContactName: "Rechenzentrum", ContactUnit: "Betrieb", ContactEmail: "rz@example.org", Licence: practice.Licences[0],
	}
	if change != nil {
		change(&d)
	}
	id, err := h.Practices.Publish(h.t.Context(), h.people[by], 0, d)
	h.must(err)
	return h.ground.Get(id)
}

// otherServers plays what we ask other servers for: accounts by handle and URI, posts by address. What they say is stored
// as the real federation does.
type otherServers struct {
	accounts *account.Service
	mu       sync.Mutex
	known    map[string]account.Account
	posts    map[string]post.Post
	asked    []string
}

func (o *otherServers) ask(what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, what)
}

// wasAsked reports whether the network would have been used for it.
func (o *otherServers) wasAsked(what string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Contains(o.asked, what)
}

func (o *otherServers) ResolveHandle(ctx context.Context, handle string) (account.Account, error) {
	return o.resolve(ctx, handle)
}

func (o *otherServers) ResolveURI(ctx context.Context, uri string) (account.Account, error) {
	return o.resolve(ctx, uri)
}

func (o *otherServers) resolve(ctx context.Context, name string) (account.Account, error) {
	o.ask(name)
	a, ok := o.known[name]
	if !ok {
		return account.Account{}, fault.New(fault.NotFound, "error.account.not_found")
	}
	return o.accounts.Receive(ctx, a)
}

func (o *otherServers) fetchPost(_ context.Context, address string) (post.Post, error) {
	o.ask(address)
	p, ok := o.posts[address]
	if !ok {
		return post.Post{}, fault.New(fault.NotFound, "error.post.not_found")
	}
	return p, nil
}

// lives makes an account known to its server; we hear of it when we ask.
func (o *otherServers) lives(username, host string) {
	base := "https://" + host
	uri := base + "/users/" + username
	a := account.Account{
		Username: username, Domain: &host, URI: uri, URL: base + "/@" + username, Kind: account.Person, DisplayName: "Stelle " + username,
		InboxURI: uri + "/inbox", SharedInboxURI: base + "/inbox", OutboxURI: uri + "/outbox", FollowersURI: uri + "/followers",
		PublicKeyID: uri + "#main-key", Discoverable: true,
	}
	for _, name := range []string{uri, a.URL, a.Handle(), fmt.Sprintf("@%s@%s", username, host)} {
		o.known[name] = a
	}
}
