package reuse_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/reuse"
)

type house struct {
	*posttest.House
	practices *practice.Service
	reuses    *reuse.Service
}

func newHouse(t *testing.T) *house {
	h := &house{House: posttest.New(t)}
	h.practices = practice.New(h.DB, h.Organizations, h.Accounts, h.Posts, h.Queue, h.Markup, posttest.Base)
	h.reuses = reuse.New(h.DB, h.Organizations, h.Posts, h.practices, posttest.Base)
	h.Must(h.practices.SeedTerms(h.Ctx))
	return h
}

func number(v float64) *float64 { return &v }

func (h *house) draft() practice.Draft {
	h.Helper()
	goals, err := h.practices.Terms(h.Ctx, practice.SchemeGoal)
	h.Must(err)
	return practice.Draft{
		Title: "Serverräume wärmer betreiben", Summary: "24 statt 20 Grad sparen jedes Jahr Strom.", Source: "So ging es.", Level: organization.LevelLand,
		Measures: []string{"Warmgang einhausen"}, Goals: []int64{goals[2].ID}, Figures: []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: number(-120)}},
		Licence: practice.Licences[2],
	}
}

func (h *house) publish(by account.Account, change func(*practice.Draft)) post.Post {
	h.Helper()
	d := h.draft()
	if change != nil {
		change(&d)
	}
	id, err := h.practices.Publish(h.Ctx, by, 0, d)
	h.Must(err)
	return h.Get(id)
}

func (h *house) save(by account.Account, practiceID int64, d reuse.Draft) post.Post {
	h.Helper()
	p, err := h.reuses.Save(h.Ctx, by, practiceID, d)
	h.Must(err)
	return p
}

func (h *house) of(viewer account.Account, practiceID int64) []reuse.View {
	h.Helper()
	list, err := h.reuses.Of(h.Ctx, post.Viewer{AccountID: viewer.ID}, practiceID)
	h.Must(err)
	return list
}

// states says who is listed with what.
func (h *house) states(viewer account.Account, practiceID int64) []string {
	list := []string{}
	for _, v := range h.of(viewer, practiceID) {
		list = append(list, v.Author.Username+" "+string(v.Reuse.State))
	}
	return list
}

func (h *house) count(viewer account.Account, practiceID int64) int {
	h.Helper()
	counts, err := h.reuses.Counts(h.Ctx, post.Viewer{AccountID: viewer.ID}, []int64{practiceID})
	h.Must(err)
	return counts[practiceID]
}

// arrives is a reuse of another instance.
func (h *house) arrives(by account.Account, name, parent string, r reuse.Reuse, at time.Time) post.Post {
	h.Helper()
	p, _, err := h.Posts.Receive(h.Ctx, post.Received{
		URI: "https://" + by.Host() + "/notes/" + name, AuthorID: by.ID, Kind: post.Note, Visibility: post.Public, Role: post.RoleReuse,
		InReplyToURI: parent, HTML: "<p>Gut.</p>", PublishedAt: at,
	}, func(tx *sqlx.Tx, p post.Post) error { return h.reuses.Receive(h.Ctx, tx, p, r) })
	h.Must(err)
	return p
}

func TestReuseIsSaidOnceAndChanged(t *testing.T) {
	h := newHouse(t)
	p := h.publish(h.Editor, nil)
	h.Jobs("activity.distribute")
	first := h.save(h.Member, p.ID, reuse.Draft{State: reuse.Planned, Source: "Wir fangen an.", Figures: []practice.Figure{{Quantity: "electricity", Unit: "MWh/a", Change: number(-30)}}})
	if first.Role != post.RoleReuse || *first.InReplyToID != p.ID || first.Visibility != post.Public || first.HTML != "<p>Wir fangen an.</p>\n" {
		t.Errorf("note %+v", first)
	}
	got := h.of(account.Account{}, p.ID)
	if len(got) != 1 || got[0].Own != nil {
		t.Fatalf("listed %+v", got)
	}
	want := reuse.Reuse{
		PostID: first.ID, State: reuse.Planned, OrganizationName: "Land Schleswig-Holstein", OrganizationURL: "https://www.schleswig-holstein.de",
		Level: organization.LevelLand, Region: "DE-SH", Figures: []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: number(-30)}},
	}
	got[0].Reuse.UpdatedAt = time.Time{}
	if diff := cmp.Diff(want, got[0].Reuse); diff != "" {
		t.Error("what is said", diff)
	}
	h.Jobs("activity.distribute")

	again := h.save(h.Member, p.ID, reuse.Draft{State: reuse.Planned, Source: "Wir fangen an.", Figures: []practice.Figure{{Quantity: "electricity", Unit: "MWh/a", Change: number(-30)}}})
	if jobs := h.Jobs("activity.distribute"); again.ID != first.ID || again.EditedAt != nil || len(jobs) != 0 {
		t.Errorf("the same again: %+v, %v", again, jobs)
	}
	changed := h.save(h.Member, p.ID, reuse.Draft{State: reuse.InUse, Source: "Läuft."})
	if jobs := h.Jobs("activity.distribute"); changed.ID != first.ID || changed.EditedAt == nil || len(jobs) != 1 || !strings.Contains(jobs[0], "update_post") {
		t.Errorf("changed: %+v, %v", changed, jobs)
	}
	if diff := cmp.Diff([]string{"rechenzentrum in-use"}, h.states(h.Other, p.ID)); diff != "" {
		t.Error(diff)
	}
	if got := h.of(h.Other, p.ID)[0].Reuse.Figures; len(got) != 0 {
		t.Errorf("figures %v", got)
	}
	h.save(h.Other, p.ID, reuse.Draft{State: reuse.Rejected, Source: "Zu laut."})
	if n := h.count(h.Guest, p.ID); n != 1 {
		t.Errorf("counted %d", n)
	}
	if diff := cmp.Diff([]string{"rechenzentrum in-use", "einkauf rejected"}, h.states(h.Guest, p.ID)); diff != "" {
		t.Error(diff)
	}
	// Withdrawn, the note takes it along; then it can be said anew.
	h.Must(h.Posts.Delete(h.Ctx, h.Member, first.ID))
	if n := h.Count(`SELECT count(*) FROM reuses`); n != 1 || len(h.states(h.Guest, p.ID)) != 1 {
		t.Errorf("%d rows after the withdrawal", n)
	}
	if _, _, err := h.reuses.Own(h.Ctx, h.Member, p.ID); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if anew := h.save(h.Member, p.ID, reuse.Draft{State: reuse.Planned}); anew.ID == first.ID || anew.HTML != "" {
		t.Errorf("anew %+v", anew)
	}
}

func TestTwoWindowsSayOneReuse(t *testing.T) {
	h := newHouse(t)
	p := h.publish(h.Editor, nil)
	var all sync.WaitGroup
	errs := make(chan error, 4)
	for _, s := range []reuse.State{reuse.Planned, reuse.Implementing, reuse.InUse, reuse.Rejected} {
		all.Go(func() {
			_, err := h.reuses.Save(context.WithoutCancel(h.Ctx), h.Member, p.ID, reuse.Draft{State: s, Source: string(s)})
			errs <- err
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		h.Must(err)
	}
	if n := h.Count(`SELECT count(*) FROM posts WHERE role = 'Reuse'`); n != 1 {
		t.Errorf("%d notes", n)
	}
	if got := h.of(h.Member, p.ID)[0]; got.Post.Source != string(got.Reuse.State) {
		t.Errorf("text %q of one window, state %q of another", got.Post.Source, got.Reuse.State)
	}
}

func TestWhoMaySayAReuse(t *testing.T) {
	h := newHouse(t)
	p := h.publish(h.Editor, nil)
	thread := h.Thread(h.Other, "Kein Praxisbeispiel")
	ok := reuse.Draft{State: reuse.Planned}
	gone := h.publish(h.Editor, nil)
	h.Must(h.practices.Withdraw(h.Ctx, h.Editor, gone.ID))
	suspended := h.Other
	suspended.State = account.Suspended
	for _, c := range []struct {
		name string
		by   account.Account
		id   int64
		d    reuse.Draft
		want fault.Kind
	}{
		{"guest", h.Guest, p.ID, ok, fault.Forbidden},
		{"another instance's", h.Remote, p.ID, ok, fault.Forbidden},
		{"suspended", suspended, p.ID, ok, fault.Forbidden},
		{"its author", h.Editor, p.ID, ok, fault.Forbidden},
		{"no practice", h.Member, thread.ID, ok, fault.NotFound},
		{"withdrawn", h.Member, gone.ID, ok, fault.Gone},
		{"no state", h.Member, p.ID, reuse.Draft{}, fault.Invalid},
		{"a state of its own", h.Member, p.ID, reuse.Draft{State: "loved"}, fault.Invalid},
		{"a figure without unit", h.Member, p.ID, reuse.Draft{State: reuse.Planned, Figures: []practice.Figure{{Quantity: "cost", Change: number(1)}}}, fault.Invalid},
		{"another's practice", h.Member, p.ID, reuse.Draft{State: reuse.Planned, PracticeID: h.publish(h.Other, nil).ID}, fault.Invalid},
		{"the practice itself", h.Member, p.ID, reuse.Draft{State: reuse.Planned, PracticeID: p.ID}, fault.Invalid},
		{"a text without end", h.Member, p.ID, reuse.Draft{State: reuse.Planned, Source: strings.Repeat("x", post.MaxNote+1)}, fault.Invalid},
	} {
		if _, err := h.reuses.Save(h.Ctx, c.by, c.id, c.d); !fault.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if n := h.Count(`SELECT (SELECT count(*) FROM reuses) + (SELECT count(*) FROM posts WHERE role <> '')`); n != 0 {
		t.Errorf("%d rows", n)
	}
}

func TestOwnPracticeLinksBothWays(t *testing.T) {
	h := newHouse(t)
	p := h.publish(h.Editor, nil)
	own := h.publish(h.Member, nil)
	h.save(h.Member, p.ID, reuse.Draft{State: reuse.InUse, PracticeID: own.ID})
	if got := h.of(h.Guest, p.ID); len(got) != 1 || got[0].Own == nil || got[0].Own.ID != own.ID {
		t.Fatalf("%+v", got)
	}
	source := func(id int64) (int64, string) {
		t.Helper()
		v, err := h.practices.ByID(h.Ctx, post.Viewer{}, id)
		h.Must(err)
		from, address, err := h.reuses.Source(h.Ctx, post.Viewer{}, v)
		h.Must(err)
		if from == nil {
			return 0, address
		}
		return from.ID, address
	}
	if id, address := source(own.ID); id != p.ID || address != p.URI {
		t.Errorf("grew out of %d %q", id, address)
	}
	if id, address := source(p.ID); id != 0 || address != "" {
		t.Errorf("the first grew out of %d %q", id, address)
	}
	// Nobody of another house says where ours comes from.
	claim := h.arrives(h.Remote, "claims", own.URI, reuse.Reuse{State: reuse.InUse, PracticeURI: p.URI}, time.Now().Add(-time.Hour))
	if _, err := h.DB.Exec(`UPDATE reuses SET practice_uri = $2 WHERE post_id = $1`, claim.ID, p.URI); err != nil { // as if it had been believed
		t.Fatal(err)
	}
	if id, address := source(p.ID); id != 0 || address != "" {
		t.Errorf("a stranger's word: %d %q", id, address)
	}
	// A practice says it itself, also of one that is not known here.
	named := h.publish(h.Other, func(d *practice.Draft) { d.ReuseOf = "https://kg.example/practices/9" })
	if id, address := source(named.ID); id != 0 || address != "https://kg.example/practices/9" {
		t.Errorf("its own word: %d %q", id, address)
	}
}

func TestBeginTakesOverWhatCarriesOver(t *testing.T) {
	h := newHouse(t)
	p := h.publish(h.Editor, func(d *practice.Draft) {
		d.Outcome, d.Prerequisites, d.Costs = "Viel.", "Ein Kran.", []practice.Cost{{Amount: 100, Currency: "EUR", Kind: "once"}}
	})
	id, err := h.reuses.Begin(h.Ctx, h.Member, p.ID, "Grundlage: [Titel]("+p.URL+")")
	h.Must(err)
	d, _, err := h.practices.DraftOf(h.Ctx, h.Member, id)
	h.Must(err)
	if d.ReuseOf != p.URI || d.Licence != practice.Licences[2] || d.Prerequisites != "Ein Kran." || len(d.Measures) != 1 || len(d.Goals) != 1 || !strings.Contains(d.Source, p.URL) {
		t.Errorf("carried over: %+v", d)
	}
	if len(d.Figures) != 0 || len(d.Costs) != 0 || d.Outcome != "" || d.Summary != "" {
		t.Errorf("the other house's own: %+v", d)
	}
	if _, err := h.reuses.Begin(h.Ctx, h.Guest, p.ID, ""); !fault.Is(err, fault.Forbidden) {
		t.Errorf("guest: %v", err)
	}
}

func TestReusesOfOtherInstances(t *testing.T) {
	h := newHouse(t)
	p := h.publish(h.Editor, nil)
	thread := h.Thread(h.Other, "Kein Praxisbeispiel")
	hour := func(n int) time.Time { return time.Now().Add(time.Duration(n) * time.Hour) }
	h.arrives(h.Remote, "first", p.URI, reuse.Reuse{State: reuse.Planned}, hour(-3))
	h.arrives(h.Remote, "second", p.URI, reuse.Reuse{
		State: reuse.InUse, OrganizationName: "Stadt Kiel\u202e", OrganizationURL: "javascript:alert(1)", Level: "galaxy", Region: "DE-XX",
		PracticeURI: "https://elsewhere.example/practices/1", Figures: []practice.Figure{{Quantity: "cost", Unit: "EUR", Change: number(-5)}, {Quantity: "magic", Change: number(1)}, {Quantity: "cost"}},
	}, hour(-2))
	h.arrives(h.RemoteOther, "no-practice", thread.URI, reuse.Reuse{State: reuse.InUse}, hour(-2))
	list := h.of(h.Member, p.ID)
	if len(list) != 1 {
		t.Fatalf("listed %v", h.states(h.Member, p.ID))
	}
	got := list[0].Reuse
	if got.State != reuse.InUse || got.OrganizationName != "Stadt Kiel" || got.OrganizationURL != "" || got.Level != "" || got.Region != "" || got.PracticeURI != "" || len(got.Figures) != 1 {
		t.Errorf("believed %+v", got)
	}
	if h.of(h.Member, thread.ID) != nil && len(h.of(h.Member, thread.ID)) != 0 {
		t.Error("a discussion is reused")
	}
	// What was said last counts, an edit is said later.
	edited := time.Now().Add(-time.Minute)
	_, _, err := h.Posts.Receive(h.Ctx, post.Received{
		URI: "https://vitako.example/notes/first", AuthorID: h.Remote.ID, Kind: post.Note, Visibility: post.Public, Role: post.RoleReuse,
		InReplyToURI: p.URI, PublishedAt: hour(-3), UpdatedAt: &edited,
	}, func(tx *sqlx.Tx, p post.Post) error {
		return h.reuses.Receive(h.Ctx, tx, p, reuse.Reuse{State: reuse.Rejected})
	})
	h.Must(err)
	if diff := cmp.Diff([]string{"klima rejected"}, h.states(h.Member, p.ID)); diff != "" || h.count(h.Member, p.ID) != 0 {
		t.Error(diff)
	}
	// An answer that comes before its practice hangs below it later.
	h.arrives(h.Remote, "early", "https://kg.example/practices/7", reuse.Reuse{State: reuse.Implementing}, hour(-1))
	late, _, err := h.Posts.Receive(h.Ctx, post.Received{
		URI: "https://kg.example/practices/7", AuthorID: h.Curators.ID, Kind: post.Article, Visibility: post.Public, Title: "Spät", PublishedAt: hour(-5),
	}, func(tx *sqlx.Tx, p post.Post) error {
		return h.practices.Receive(h.Ctx, tx, p, practice.Practice{Revision: 1, Level: organization.LevelBund})
	})
	h.Must(err)
	if diff := cmp.Diff([]string{"klima implementing"}, h.states(h.Member, late.ID)); diff != "" {
		t.Error("late practice", diff)
	}
	// Nobody reuses their own, and who is hidden is not counted.
	h.arrives(h.Curators, "own", "https://kg.example/practices/7", reuse.Reuse{State: reuse.InUse}, hour(-1))
	if diff := cmp.Diff([]string{"klima implementing"}, h.states(h.Member, late.ID)); diff != "" {
		t.Error("its own author", diff)
	}
	if _, err := h.DB.Exec(`UPDATE accounts SET state = 'suspended' WHERE id = $1`, h.Remote.ID); err != nil {
		t.Fatal(err)
	}
	if n := h.count(h.Member, late.ID); n != 0 || len(h.states(h.Member, late.ID)) != 0 {
		t.Errorf("%d of who is suspended", n)
	}
}

// What only the administration network may read is reused there, and nobody else hears of that.
func TestReuseInTheNetwork(t *testing.T) {
	h := newHouse(t)
	p := h.publish(h.Editor, func(d *practice.Draft) { d.Visibility = post.Network })
	note := h.save(h.Member, p.ID, reuse.Draft{State: reuse.Planned})
	if note.Visibility != post.Network {
		t.Errorf("visibility %s", note.Visibility)
	}
	if got := h.states(account.Account{}, p.ID); len(got) != 0 || h.count(account.Account{}, p.ID) != 0 {
		t.Errorf("a visitor sees %v", got)
	}
	if got := h.states(h.Other, p.ID); len(got) != 1 {
		t.Errorf("a member sees %v", got)
	}

	// What everyone may read does not say that it grew out of it.
	own := h.publish(h.Member, nil)
	h.save(h.Member, p.ID, reuse.Draft{State: reuse.InUse, PracticeID: own.ID})
	v, err := h.practices.ByID(h.Ctx, post.Viewer{}, own.ID)
	h.Must(err)
	for who, want := range map[*account.Account]string{{}: "", &h.Other: p.URI} {
		if _, address, err := h.reuses.Source(h.Ctx, post.Viewer{AccountID: who.ID}, v); err != nil || address != want {
			t.Errorf("account %d is told of %q, want %q: %v", who.ID, address, want, err)
		}
	}
	// Nor does a reuse that everyone may read name a practice that is internal.
	public, internal := h.publish(h.Editor, nil), h.publish(h.Member, func(d *practice.Draft) { d.Visibility = post.Network })
	_, err = h.reuses.Save(h.Ctx, h.Member, public.ID, reuse.Draft{State: reuse.InUse, PracticeID: internal.ID})
	h.Want(err, fault.Invalid)
	h.save(h.Member, p.ID, reuse.Draft{State: reuse.InUse, PracticeID: internal.ID})
}
