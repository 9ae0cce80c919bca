package outbox

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/quote"
	"github.com/vorbild/vorbild/internal/relationship"
)

const base = "https://sh.example"

// house is an instance whose post is taken by a fake.
type house struct {
	*Outbox
	t      *testing.T
	ctx    context.Context
	author account.Account
	mail   *mail
	remote int
}

// mail notes what is sent and answers as told.
type mail struct {
	mu     sync.Mutex
	sent   []string // inbox and type
	answer func(inbox string, body []byte) (int, time.Duration, error)
	slow   func(inbox string, body []byte)
	wait   func(ctx context.Context) error
}

func (m *mail) Post(ctx context.Context, d transport.Delivery) (int, time.Duration, error) {
	a, err := vocab.ParseActivity(d.Body)
	if err != nil {
		return 0, 0, err
	}
	m.mu.Lock()
	m.sent = append(m.sent, d.Inbox+" "+a.Type)
	answer, slow, wait := m.answer, m.slow, m.wait
	m.mu.Unlock()
	if trace := httptrace.ContextClientTrace(ctx); trace != nil {
		trace.GetConn(d.Inbox) // it is signed, as net/http would say now
	}
	if slow != nil {
		slow(d.Inbox, d.Body)
	}
	if wait != nil {
		if err := wait(ctx); err != nil {
			return 0, 0, err
		}
	}
	if answer != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		return answer(d.Inbox, d.Body)
	}
	return http.StatusAccepted, 0, nil
}

func newHouse(t *testing.T) *house {
	t.Helper()
	d := dbtest.New(t)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	q := job.New(d, log)
	renderer := markup.New()
	messages, err := i18n.Load(os.DirFS("../../web/locales"))
	if err != nil {
		t.Fatal(err)
	}
	organizations := organization.New(d)
	accounts := accounttest.New(t, d, organizations, q, base, "sh.example")
	follows := follow.New(d, accounts, q, base, nil)
	posts := post.New(d, accounts, q, renderer, base)
	practices := practice.New(d, organizations, accounts, posts, q, renderer, base)
	h := &house{t: t, ctx: t.Context(), mail: &mail{}}
	h.Outbox = New(Deps{
		DB: d, Jobs: q, Accounts: accounts, Follows: follows, Relationships: relationship.New(d, accounts, follows, q), Posts: posts, Practices: practices,
		Curation: curation.New(d, organizations, accounts, posts, practices, q), Sender: h.mail, Domain: "sh.example", Log: log,
		Media: media.New(d, accounts, posts, q, t.TempDir(), base), Polls: poll.New(d, accounts, posts, q),
		Quotes: quote.New(d, posts, q, base), Moderation: moderation.New(d, accounts, posts, q),
		Render: vocab.NewRenderer(base, func(l string) vocab.Words { return messages.For(l) }),
	})
	h.must(organizations.Save(h.ctx, organization.Organization{Name: "Land", ShortName: "SH", Level: organization.LevelLand, Region: "DE-SH"}))
	h.must(accounts.Bootstrap(h.ctx, "SH", "land", "DE-SH"))
	h.author, err = accounts.CreateLocal(h.ctx, "anna", "Anna", account.RoleEditor)
	h.must(err)
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// follower makes an account of another host that follows target.
func (h *house) follower(host string, shared bool, target account.Account) account.Account {
	h.t.Helper()
	h.remote++
	uri := fmt.Sprintf("https://%s/u/%d", host, h.remote)
	a := account.Account{
		Username: fmt.Sprintf("u%d", h.remote), Domain: &host, URI: uri, Kind: account.Person, InboxURI: uri + "/inbox", FollowersURI: uri + "/followers",
		PublicKeyID: uri + "#main-key", PublicKeyPEM: "key", State: account.Active,
	}
	if shared {
		a.SharedInboxURI = "https://" + host + "/inbox"
	}
	a, err := h.Accounts.Receive(h.ctx, a)
	h.must(err)
	if target.ID != 0 {
		h.must(h.Follows.Receive(h.ctx, a.ID, target.ID, uri+"/follows/1"))
	}
	return a
}

func (h *house) note(text string, v post.Visibility) post.Post {
	h.t.Helper()
	p, err := h.Posts.Create(h.ctx, h.author, post.Draft{Title: "Titel: " + text, Source: text, Visibility: v, Language: "de"})
	h.must(err)
	return p
}

func (h *house) distribute(verb job.Verb, id int64) {
	h.t.Helper()
	h.must(h.Distribute(h.ctx, job.Distribute{Verb: verb, ID: id}))
}

// lanes lists what stands in the lanes: host, inbox and type.
func (h *house) rows() []string {
	h.t.Helper()
	var rows []string
	h.must(h.DB.SelectContext(h.ctx, &rows, `SELECT d.host || ' ' || d.inbox_uri || ' ' || a.type FROM deliveries d JOIN activities a ON a.id = d.activity_id ORDER BY 1`))
	return rows
}

func (h *house) count(query string, args ...any) int {
	h.t.Helper()
	var n int
	h.must(h.DB.GetContext(h.ctx, &n, query, args...))
	return n
}

// TestFanOut: shared inboxes are folded, our own and blocked hosts left out, direct posts go to the person's own inbox.
func TestFanOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("shared.example", true, h.author)
	h.follower("shared.example", true, h.author)
	h.follower("each.example", false, h.author)
	h.follower("each.example", false, h.author)
	h.follower("blocked.example", true, h.author)
	h.follower("sub.blocked.example", true, h.author)
	h.follower("stranger.example", true, account.Account{})
	h.follower("pending.example", true, account.Account{})
	h.DB.MustExec(`INSERT INTO domain_rules (domain, severity) VALUES ('blocked.example', 'suspend')`)
	p := h.note("Hallo", post.Public)
	h.distribute(job.CreatePost, p.ID)
	h.distribute(job.CreatePost, p.ID) // a repeated job sends nothing twice
	want := []string{
		"each.example https://each.example/u/3/inbox Create",
		"each.example https://each.example/u/4/inbox Create",
		"shared.example https://shared.example/inbox Create",
	}
	if diff := cmp.Diff(want, h.rows()); diff != "" {
		t.Errorf("lanes (-want +got):\n%s", diff)
	}
	if n := h.count(`SELECT count(*) FROM lanes WHERE next_at <= now() AND waiting_since IS NOT NULL`); n != 2 {
		t.Errorf("%d lanes are due for two hosts", n)
	}
}

func TestDirectGoesToThePerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	friend := h.follower("shared.example", true, h.author)
	p, err := h.Posts.Create(h.ctx, h.author, post.Draft{Title: "Vertraulich", Source: "Nur für @" + friend.Handle(), Visibility: post.Direct, Language: "de"})
	h.must(err)
	h.follower("other.example", true, h.author)
	h.distribute(job.CreatePost, p.ID)
	if diff := cmp.Diff([]string{"shared.example " + friend.InboxURI + " Create"}, h.rows()); diff != "" {
		t.Errorf("lanes (-want +got):\n%s", diff)
	}
	if n := h.count(`SELECT count(*) FROM activities WHERE public`); n != 0 {
		t.Error("a direct post's activity can be fetched by everyone")
	}
	if n := h.count(`SELECT count(*) FROM river_job WHERE kind = 'group.announce'`); n != 0 {
		t.Error("a group announces a direct post")
	}
}

// TestDistributeTruth: what is sent is what is true when the job runs, whatever order the jobs come in.
func TestDistributeTruth(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.follower("b.example", true, h.author)
	types := func() (list []string) {
		t.Helper()
		h.must(h.DB.SelectContext(h.ctx, &list, `SELECT type FROM activities ORDER BY id`))
		return list
	}
	gone := h.note("Gleich wieder weg", post.Public)
	h.must(h.Posts.Delete(h.ctx, h.author, gone.ID))
	h.distribute(job.CreatePost, gone.ID)
	h.distribute(job.DeletePost, gone.ID)
	if got := types(); len(got) != 0 {
		t.Errorf("created and withdrawn before anyone was told: %v", got)
	}
	p := h.note("Bleibt", post.Public)
	_, err := h.Posts.Edit(h.ctx, h.author, p.ID, "Titel", "Neuer Text")
	h.must(err)
	h.distribute(job.UpdatePost, p.ID) // overtook the Create
	if got := types(); len(got) != 0 {
		t.Errorf("update before create: %v", got)
	}
	h.distribute(job.CreatePost, p.ID)
	h.distribute(job.DeletePost, p.ID) // not true
	if diff := cmp.Diff([]string{"Create"}, types()); diff != "" {
		t.Error(diff)
	}
	h.must(h.Posts.Delete(h.ctx, h.author, p.ID))
	h.distribute(job.UpdatePost, p.ID)
	h.distribute(job.DeletePost, p.ID)
	h.distribute(job.DeletePost, p.ID)
	if diff := cmp.Diff([]string{"Create", "Delete"}, types()); diff != "" {
		t.Error(diff)
	}
	// An id that exists no more is no error that would come back for days.
	h.distribute(job.CreatePost, 1)
	h.distribute(job.Like, 1)
	h.distribute(job.Follow, 1)
	h.distribute(job.AddCurated, 1)
}

// TestDeleteReachesFormerFollowers: who was told of a post is told of its end.
func TestDeleteReachesFormerFollowers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	former := h.follower("former.example", true, h.author)
	p := h.note("Hallo", post.Public)
	h.distribute(job.CreatePost, p.ID)
	h.must(h.Follows.ReceiveUndo(h.ctx, former.ID, h.author.ID))
	h.follower("new.example", true, h.author)
	h.must(h.Posts.Delete(h.ctx, h.author, p.ID))
	h.distribute(job.DeletePost, p.ID)
	want := []string{
		"former.example https://former.example/inbox Create", "former.example https://former.example/inbox Delete",
		"new.example https://new.example/inbox Delete",
	}
	if diff := cmp.Diff(want, h.rows()); diff != "" {
		t.Errorf("lanes (-want +got):\n%s", diff)
	}
}

// TestGroupAnnounce: the group passes the very bytes on, announces a new thread once more by its id, and spares the host
// where an answer came from.
func TestGroupAnnounce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	forum, err := h.Accounts.Forum(h.ctx)
	h.must(err)
	h.follower("b.example", true, forum)
	h.follower("c.example", true, forum)
	p := h.note("Thread", post.Public)
	h.distribute(job.CreatePost, p.ID)
	create, err := activityByURI(h.ctx, h.DB, vocab.CreateURI(p))
	h.must(err)
	for range 2 {
		h.must(h.GroupAnnounce(h.ctx, job.GroupAnnounce{GroupID: forum.ID, ActivityID: create.ID}))
	}
	var bodies []string
	h.must(h.DB.SelectContext(h.ctx, &bodies, `SELECT convert_from(body, 'UTF8') FROM activities WHERE type = 'Announce' ORDER BY object_uri`))
	if len(bodies) != 2 {
		t.Fatalf("%d announces, want that of the post and that of the activity", len(bodies))
	}
	raw := []byte(`{"@context":"https://www.w3.org/ns/activitystreams", "id":"https://b.example/1","type":"Create" ,"actor":"https://b.example/u/9","object":{"id":"https://b.example/n/1","type":"Note","content":"Kiel: <p>"}}`)
	var inboxID int64
	h.must(h.DB.GetContext(h.ctx, &inboxID, `INSERT INTO inbox_activities (scope, uri, actor_uri, type, body) VALUES ('shared', 'https://b.example/1', 'https://b.example/u/9', 'Create', $1) RETURNING id`, raw))
	h.must(h.GroupAnnounce(h.ctx, job.GroupAnnounce{GroupID: forum.ID, InboxID: inboxID}))
	passed, err := activityByURI(h.ctx, h.DB, AnnounceURI(forum, inboxID))
	h.must(err)
	inner, err := vocab.ParseActivity(passed.Body)
	h.must(err)
	if string(inner.Object) != string(raw) {
		t.Errorf("passed on as %s", inner.Object)
	}
	if n := h.count(`SELECT count(*) FROM deliveries WHERE activity_id = $1 AND host = 'c.example'`, passed.ID); n != 1 {
		t.Error("not passed on to the others")
	}
	if n := h.count(`SELECT count(*) FROM deliveries WHERE activity_id = $1 AND host = 'b.example'`, passed.ID); n != 0 {
		t.Error("sent back to where it came from")
	}
}
