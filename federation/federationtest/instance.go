// Package federationtest runs whole instances, without pages, on loopback for the tests of the federation: each with its
// own database, keys, jobs and HTTP server, reached over real HTTP under a name of its own.
package federationtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/federation"
	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/wellknown"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/notification"
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
)

// Instance is one Vorbild without pages.
type Instance struct {
	T             testing.TB
	Name          string
	Config        config.Config
	DB            *sqlx.DB
	Accounts      *account.Service
	Peers         *peer.Service
	Follows       *follow.Service
	Posts         *post.Service
	Practices     *practice.Service
	Publications  *publication.Service
	Reuses        *reuse.Service
	Assessments   *assessment.Service
	Curation      *curation.Service
	Searches      *search.Service
	Taxonomies    *taxonomy.Service
	Directory     *directory.Service
	Media         *media.Service
	Polls         *poll.Service
	Events        *event.Service
	Quotes        *quote.Service
	Relationships *relationship.Service
	Moderation    *moderation.Service
	Rules         *moderation.Rules
	Transport     *transport.Client
	Federation    *federation.Federation
	Author        account.Account // a member
	Editor        account.Account
	Log           *slog.Logger
	jobs          *job.Queue
	handler       http.Handler
	listener      net.Listener
	server        *http.Server
	stopJobs      func(patience time.Duration)
	Broken        atomic.Int32 // status that every POST gets instead of being handled; 0: none
	PostsTaken    atomic.Int32 // POSTs that reached the handler
	Extra         sync.Map     // path -> document (string) or http.HandlerFunc served before everything else: what a liar publishes
	Asked         sync.Map     // path -> true: what was fetched of Extra
	dsn           string
	organizations *organization.Service
	gets          log
}

// log is what was asked for over HTTP, in order.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

// Gets returns what others fetched from the instance since the last call: path and query.
func (i *Instance) Gets() []string {
	i.gets.mu.Lock()
	defer i.gets.mu.Unlock()
	lines := i.gets.lines
	i.gets.lines = nil
	return lines
}

// Start runs an instance under http://name.localhost:port until the test ends.
func Start(t testing.TB, name string) *Instance {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i := &Instance{T: t, Name: name, listener: listener, dsn: dbtest.DSN(t)}
	i.Config = config.Config{
		BaseURL:      fmt.Sprintf("http://%s.localhost:%d", name, listener.Addr().(*net.TCPAddr).Port),
		PrivateHosts: []string{"*.localhost"}, Worker: true,
	}
	i.Log = slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: logLevel()})).With("instance", name)
	if i.DB, err = db.Open(t.Context(), i.dsn, 24); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.DB.Close() })
	i.wire()
	i.populate()
	i.Serve()
	i.Work()
	t.Cleanup(func() {
		i.StopWork()
		i.StopServing()
		i.Transport.Close()
	})
	return i
}

func logLevel() slog.Level {
	if os.Getenv("FEDERATION_LOG") != "" {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

// testLog shows what an instance logs when a test fails.
type testLog struct{ t testing.TB }

func (w testLog) Write(b []byte) (int, error) {
	if w.t.Context().Err() == nil { // after the test, only the clean-up talks
		w.t.Log(strings.TrimSpace(string(b)))
	}
	return len(b), nil
}

func (i *Instance) wire() {
	i.T.Helper()
	base, domain := i.Config.BaseURL, i.Config.Domain()
	renderer := markup.New()
	i.jobs = job.New(i.DB, i.Log)
	i.organizations = organization.New(i.DB)
	i.Peers = peer.New(i.DB, nil)
	i.Accounts = accounttest.New(i.T, i.DB, i.organizations, i.jobs, base, domain)
	i.Follows = follow.New(i.DB, i.Accounts, i.jobs, base, nil)
	i.Posts = post.New(i.DB, i.Accounts, i.jobs, renderer, base)
	i.Practices = practice.New(i.DB, i.organizations, i.Accounts, i.Posts, i.jobs, renderer, base)
	i.Publications = publication.New(i.DB, i.organizations, i.Accounts, i.Posts, i.jobs, base)
	i.Reuses = reuse.New(i.DB, i.organizations, i.Posts, i.Practices, base)
	i.Assessments = assessment.New(i.DB, i.Accounts, i.Posts, i.Practices, i.jobs)
	i.Searches = search.New(i.DB, i.Accounts, i.Posts, i.Practices, i.jobs)
	i.Taxonomies = taxonomy.New(i.DB, i.Accounts, i.Practices, i.Searches)
	i.Directory = directory.New(i.DB, i.organizations, i.Accounts, i.jobs, base)
	i.Curation = curation.New(i.DB, i.organizations, i.Accounts, i.Posts, i.Practices, i.jobs)
	i.Media = media.New(i.DB, i.Accounts, i.Posts, i.jobs, filepath.Join(i.T.TempDir(), "media"), base)
	i.Polls = poll.New(i.DB, i.Accounts, i.Posts, i.jobs)
	i.Relationships = relationship.New(i.DB, i.Accounts, i.Follows, i.jobs)
	i.Moderation = moderation.New(i.DB, i.Accounts, i.Posts, i.jobs)
	i.Rules = moderation.NewRules(i.DB, i.Peers, i.Accounts, i.Follows, i.Posts, i.jobs)
	i.Events = event.New(i.DB, i.Posts)
	i.Quotes = quote.New(i.DB, i.Posts, i.jobs, base)
	i.Transport = transport.New(i.DB, i.Accounts, i.Peers, i.Config, i.Log)
	messages, err := i18n.Load(os.DirFS(localesDir(i.T)))
	if err != nil {
		i.T.Fatal(err)
	}
	i.Federation, err = federation.New(federation.Deps{
		DB: i.DB, Jobs: i.jobs, Accounts: i.Accounts, Follows: i.Follows, Posts: i.Posts, Practices: i.Practices, Publications: i.Publications, Reuses: i.Reuses, Assessments: i.Assessments,
		Curation: i.Curation, Taxonomies: i.Taxonomies, Directory: i.Directory, Media: i.Media, Polls: i.Polls, Events: i.Events, Quotes: i.Quotes, Relationships: i.Relationships, Moderation: i.Moderation, Peers: i.Peers, Transport: i.Transport, Messages: messages, Config: i.Config, Log: i.Log,
	})
	if err != nil {
		i.T.Fatal(err)
	}
	router := mux.NewRouter()
	wellknown.Register(router, i.Accounts, i.Config, "test", i.Log)
	i.Federation.Routes(router)
	i.handler = router
}

// localesDir finds web/locales from the directory of the test.
func localesDir(t testing.TB) string {
	t.Helper()
	dir := "web/locales"
	for range 5 {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
		dir = "../" + dir
	}
	t.Fatal("web/locales not found")
	return ""
}

func (i *Instance) populate() {
	i.T.Helper()
	ctx := i.T.Context()
	o := organization.Organization{Name: "Behörde " + i.Name, ShortName: i.Name, Level: organization.LevelLand, Region: "DE-SH", Curates: true}
	i.must(i.organizations.Save(ctx, o))
	i.must(i.Accounts.Bootstrap(ctx, o.ShortName, string(o.Level), o.Region))
	i.must(i.Practices.SeedTerms(ctx))
	var err error
	i.Author, err = i.Accounts.CreateLocal(ctx, "author", "Green-IT: "+i.Name, account.RoleMember)
	i.must(err)
	i.Editor, err = i.Accounts.CreateLocal(ctx, "editor", "Redaktion "+i.Name, account.RoleEditor)
	i.must(err)
}

func (i *Instance) must(err error) {
	i.T.Helper()
	if err != nil {
		i.T.Fatalf("%s: %v", i.Name, err)
	}
}

// Serve answers HTTP on the instance's address.
func (i *Instance) Serve() {
	i.T.Helper()
	if i.listener == nil {
		var err error
		address := i.Config.BaseURL[strings.LastIndex(i.Config.BaseURL, ":"):]
		for range 50 { // the old socket may take a moment to go
			if i.listener, err = net.Listen("tcp", "127.0.0.1"+address); err == nil {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		i.must(err)
	}
	i.server = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := int(i.Broken.Load()); status != 0 && r.Method == http.MethodPost {
			w.WriteHeader(status)
			return
		}
		if r.Method == http.MethodPost {
			i.PostsTaken.Add(1)
		} else {
			i.gets.add(r.URL.RequestURI())
		}
		if doc, ok := i.Extra.Load(r.URL.Path); ok && r.Method == http.MethodGet {
			i.Asked.Store(r.URL.Path, true)
			if serve, ok := doc.(http.HandlerFunc); ok {
				serve(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/activity+json")
			_, _ = io.WriteString(w, doc.(string))
			return
		}
		i.handler.ServeHTTP(w, r)
	})}
	server, listener := i.server, i.listener
	go func() { _ = server.Serve(listener) }()
}

// StopServing closes the server with all its connections, as a crash would.
func (i *Instance) StopServing() {
	if i.server != nil {
		_ = i.server.Close()
		i.server, i.listener = nil, nil
	}
}

// Work works the jobs, with a queue of its own so that it can begin again after StopWork.
func (i *Instance) Work() {
	i.T.Helper()
	q := job.New(i.DB, i.Log)
	notifications := notification.New(i.DB, i.Accounts, i.Follows, i.Posts)
	i.Federation.Work(q)
	job.Work(q, func(ctx context.Context, j *river.Job[job.Notify]) error { return notifications.Notify(ctx, j.Args) })
	job.Work(q, func(ctx context.Context, j *river.Job[job.Arrive]) error {
		return i.Curation.Arrived(ctx, j.Args.PostID)
	})
	job.Work(q, func(ctx context.Context, j *river.Job[job.ClosePoll]) error { return i.Polls.Close(ctx, j.Args.PostID) })
	job.Work(q, func(ctx context.Context, j *river.Job[job.TellPoll]) error { return i.Polls.Tell(ctx, j.Args.PostID) })
	job.Work(q, func(_ context.Context, j *river.Job[job.RemoveFiles]) error { return i.Media.RemoveFiles(j.Args.Files) })
	job.Work(q, func(ctx context.Context, j *river.Job[job.Move]) error {
		return i.Relationships.Moved(ctx, j.Args.AccountID, j.Args.TargetID)
	})
	job.Work(q, func(ctx context.Context, j *river.Job[job.Forget]) error {
		return errors.Join(i.Posts.Forget(ctx, j.Args.AccountID), i.Curation.TellUnseen(ctx))
	})
	job.Work(q, func(ctx context.Context, _ *river.Job[job.TellUnseen]) error { return i.Curation.TellUnseen(ctx) })
	job.Work(q, func(ctx context.Context, _ *river.Job[job.Enforce]) error {
		return errors.Join(i.Rules.Enforce(ctx), i.Federation.DropRefused(ctx))
	})
	job.Work(q, func(ctx context.Context, j *river.Job[job.Purge]) error { return i.Rules.Purge(ctx, j.Args.Domain) })
	i.must(q.Start(context.WithoutCancel(i.T.Context())))
	i.Federation.Deliver(i.T.Context())
	i.stopJobs = func(patience time.Duration) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		i.Federation.StopDelivering(ctx)
		_ = q.Stop(ctx)
	}
}

// Enqueue inserts jobs.
func (i *Instance) Enqueue(args ...river.JobArgs) {
	i.T.Helper()
	i.must(db.InTx(i.T.Context(), i.DB, func(tx *sqlx.Tx) error { return i.jobs.Enqueue(i.T.Context(), tx, args...) }))
}

// StopWork ends the worker after the jobs that run.
func (i *Instance) StopWork() { i.endWork(20 * time.Second) }

// KillWork interrupts the jobs that run.
func (i *Instance) KillWork() { i.endWork(time.Nanosecond) }

func (i *Instance) endWork(patience time.Duration) {
	if i.stopJobs != nil {
		i.stopJobs(patience)
		i.stopJobs = nil
	}
}

// Eventually waits until check returns "", and fails with what it said last.
func (i *Instance) Eventually(what string, check func() string) {
	i.T.Helper()
	var last string
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if last = check(); last == "" {
			return
		}
	}
	i.T.Fatalf("%s: %s: %s\n%s", i.Name, what, last, i.Diary())
}

// Diary is what the instance received and sent, for failure messages.
func (i *Instance) Diary() string {
	var b strings.Builder
	rows, err := i.DB.Queryx(`SELECT 'received ' || type || ' ' || uri || ' -> ' || outcome || ' ' || note FROM inbox_activities ORDER BY id`)
	if err == nil {
		for rows.Next() {
			var line string
			if rows.Scan(&line) == nil {
				b.WriteString(line + "\n")
			}
		}
		rows.Close()
	}
	rows, err = i.DB.Queryx(`SELECT 'sent ' || a.type || ' ' || a.uri || ' to ' || d.inbox_uri || ' ' || d.state || ' ' || d.last_status || ' ' || d.last_error
		FROM deliveries d JOIN activities a ON a.id = d.activity_id ORDER BY d.id`)
	if err == nil {
		for rows.Next() {
			var line string
			if rows.Scan(&line) == nil {
				b.WriteString(line + "\n")
			}
		}
		rows.Close()
	}
	return b.String()
}

// Get asks the instance and decodes the answer.
func (i *Instance) Get(path, accept string) (status int, header http.Header, doc map[string]any) {
	i.T.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = i.Config.Domain()
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	i.handler.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	_ = json.Unmarshal(body, &doc)
	return w.Code, w.Header(), doc
}

// GetIf asks for a document the client may have and returns the status.
func (i *Instance) GetIf(path, accept, etag string) int {
	i.T.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept", accept)
	r.Header.Set("If-None-Match", etag)
	w := httptest.NewRecorder()
	i.handler.ServeHTTP(w, r)
	return w.Code
}
