package practice_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/practice"
)

type house struct {
	*posttest.House
	practices     *practice.Service
	goals, fields map[string]int64
}

func newHouse(t *testing.T) *house {
	base := posttest.New(t)
	h := &house{House: base, goals: map[string]int64{}, fields: map[string]int64{}}
	h.practices = practice.New(base.DB, base.Organizations, base.Accounts, base.Posts, base.Queue, base.Markup, posttest.Base)
	h.Must(h.practices.SeedTerms(h.Ctx))
	for scheme, ids := range map[string]map[string]int64{practice.SchemeGoal: h.goals, practice.SchemeField: h.fields} {
		terms, err := h.practices.Terms(h.Ctx, scheme)
		h.Must(err)
		for _, term := range terms {
			ids[term.Name] = term.ID
		}
	}
	return h
}

func number(v float64) *float64 { return &v }

func (h *house) draft() practice.Draft {
	return practice.Draft{
		Title: "Kaltgang und Warmgang trennen", Summary: "Jedes Grad mehr im Serverraum spart Kühlenergie.",
		Source: "# Was wir taten\n\nWir hoben die **Temperatur** Grad für Grad. #Kühlung\n\nDank an @redaktion", Implementation: "completed",
		Goals: []int64{h.goals["Kennzahlen"]}, Fields: []int64{h.fields["Rechenzentrum"]},
		Measures: []string{"Einhausung", " ", "Temperatur 24 °C"},
		Figures: []practice.Figure{
			{Quantity: "electricity", Name: "Strom", Unit: "MWh/a", Before: number(120), After: number(70), From: "2022", To: "2023-06"},
			{},
			{Quantity: "pue", Before: number(1.5), After: number(1.3)},
		},
		ContactName: "Green-IT", ContactEmail: "green-it@sh.example",
	}
}

func (h *house) publish(by account.Account, d practice.Draft) int64 {
	h.Helper()
	id, err := h.practices.Publish(h.Ctx, by, 0, d)
	h.Must(err)
	return id
}

func (h *house) byID(id int64) practice.View {
	h.Helper()
	v, err := h.practices.ByID(h.Ctx, post.Viewer{}, id)
	h.Must(err)
	return v
}

// arrive stores a remote practice.
func (h *house) arrive(by account.Account, name string, updated *time.Time, p practice.Practice, change func(*post.Received)) post.Post {
	h.Helper()
	r := post.Received{
		URI: "https://" + by.Host() + "/practices/" + name, AuthorID: by.ID, Kind: post.Article, Visibility: post.Public,
		Title: name, Summary: "Von nebenan", HTML: "<p>Text von " + name + "</p>", PublishedAt: time.Now().Add(-time.Hour), UpdatedAt: updated,
	}
	if change != nil {
		change(&r)
	}
	stored, _, err := h.Posts.Receive(h.Ctx, r, func(tx *sqlx.Tx, stored post.Post) error {
		return h.practices.Receive(h.Ctx, tx, stored, p)
	})
	h.Must(err)
	return stored
}

func TestPublish(t *testing.T) {
	h := newHouse(t)
	id := h.publish(h.Member, h.draft())
	v := h.byID(id)
	p, d := v.Post, v.Practice
	if p.URI != fmt.Sprint(posttest.Base, "/practices/", id) || p.URL != fmt.Sprint(posttest.Base, "/praxisbeispiele/", id) ||
		p.Kind != post.Article || p.State != post.StatePublished || *p.BoardID != h.Catalog.ID || p.ThreadID != id || p.EditedAt != nil {
		t.Errorf("post: %+v", p)
	}
	if !strings.Contains(p.HTML, "<h2>Was wir taten</h2>") {
		t.Errorf("html: %s", p.HTML)
	}
	want := practice.Practice{
		PostID: id, Revision: 1, Level: organization.LevelLand, Region: "DE-SH", OrganizationName: "Land Schleswig-Holstein",
		OrganizationURL: "https://www.schleswig-holstein.de", Implementation: "completed", Measures: []string{"Einhausung", "Temperatur 24 °C"},
		ContactName: "Green-IT", ContactEmail: "green-it@sh.example", Licence: practice.Licences[0],
		Goals:  []practice.Term{{ID: h.goals["Kennzahlen"], URI: h.practices.TermURI(h.goals["Kennzahlen"]), Scheme: "goal", Notation: "7", Name: "Kennzahlen"}},
		Fields: []practice.Term{{ID: h.fields["Rechenzentrum"], URI: h.practices.TermURI(h.fields["Rechenzentrum"]), Scheme: "field", Name: "Rechenzentrum"}},
		Figures: []practice.Figure{
			{Quantity: "electricity", Name: "Strom", Unit: "MW.h/a", Before: number(120), After: number(70), From: "2022", To: "2023-06"},
			{Quantity: "pue", Unit: "1", Before: number(1.5), After: number(1.3)},
		},
	}
	if diff := cmp.Diff(want, d, cmpopts.IgnoreFields(practice.Practice{}, "UpdatedAt")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"GreenIT", "Kühlung", "Rechenzentrum"}, v.Tags); diff != "" {
		t.Error("tags", diff)
	}
	if len(v.Mentions) != 1 || v.Mentions[0].ID != h.Editor.ID {
		t.Errorf("mentions: %v", v.Mentions)
	}
	if diff := cmp.Diff([]string{fmt.Sprintf(`{"id": %d, "verb": "create_post"}`, id)}, h.Jobs("activity.distribute")); diff != "" {
		t.Error(diff)
	}
	if got := h.Jobs("curation.arrive"); len(got) != 1 {
		t.Errorf("arrive: %v", got)
	}
}

func TestPublishFieldErrors(t *testing.T) {
	h := newHouse(t)
	for name, test := range map[string]struct {
		change func(*practice.Draft)
		fields []string
	}{
		"nothing":        {func(d *practice.Draft) { *d = practice.Draft{} }, []string{"title", "summary", "source"}},
		"too short":      {func(d *practice.Draft) { d.Title, d.Summary = "ab", "kurz" }, []string{"title", "summary"}},
		"too long":       {func(d *practice.Draft) { d.Title, d.Source = strings.Repeat("ä", 201), strings.Repeat("ä", 50_001) }, []string{"title", "source"}},
		"choices":        {func(d *practice.Draft) { d.Level, d.Region, d.Implementation = "x", "DE-XX", "done" }, []string{"level", "region", "implementation"}},
		"unknown terms":  {func(d *practice.Draft) { d.Goals, d.Fields = []int64{1}, []int64{h.goals["Kennzahlen"]} }, []string{"goals", "fields"}},
		"all in order":   {func(d *practice.Draft) { d.Licence, d.Title, d.Goals = "x", "", []int64{1} }, []string{"title", "goals", "licence"}},
		"contact":        {func(d *practice.Draft) { d.ContactEmail, d.ContactURL = "nobody", "ftp://x" }, []string{"contact_email", "contact_url"}},
		"no one's email": {func(d *practice.Draft) { d.ContactName = "" }, []string{"contact_name"}},
		"quantity":       {func(d *practice.Draft) { d.Figures[0].Quantity = "Strom" }, []string{"figures.0.quantity"}},
		"unit":           {func(d *practice.Draft) { d.Figures[0].Unit = "" }, []string{"figures.0.unit"}},
		"no value":       {func(d *practice.Draft) { d.Figures[2].Before, d.Figures[2].After = nil, nil }, []string{"figures.1.change"}},
		"no number":      {func(d *practice.Draft) { d.Figures[0].Before = number(math.Inf(1)) }, []string{"figures.0.before"}},
		"date":           {func(d *practice.Draft) { d.Figures[0].From = "letztes Jahr" }, []string{"figures.0.from"}},
		"period":         {func(d *practice.Draft) { d.Figures[0].From = "2024" }, []string{"figures.0.to"}},
	} {
		d := h.draft()
		test.change(&d)
		_, err := h.practices.Publish(h.Ctx, h.Member, 0, d)
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, field := range f.Fields {
			got = append(got, field.Name)
		}
		if diff := cmp.Diff(test.fields, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if n := h.Count(`SELECT count(*) FROM posts`); n != 0 {
		t.Errorf("%d posts were stored", n)
	}
}

func TestPublishAgain(t *testing.T) {
	h := newHouse(t)
	id := h.publish(h.Member, h.draft())
	h.Jobs("activity.distribute")
	again, err := h.practices.Publish(h.Ctx, h.Member, id, h.draft())
	h.Must(err)
	if v := h.byID(id); again != id || v.Practice.Revision != 1 || v.Post.EditedAt != nil || len(h.Jobs("activity.distribute")) != 0 {
		t.Errorf("the same again is revision %d", v.Practice.Revision)
	}

	d := h.draft()
	d.Figures[0].After = number(60)
	_, err = h.practices.Publish(h.Ctx, h.Editor, id, d)
	h.Must(err)
	v := h.byID(id)
	if v.Practice.Revision != 2 || v.Post.EditedAt == nil || *v.Practice.Figures[0].After != 60 || v.Author.ID != h.Member.ID {
		t.Errorf("after a change: %+v", v)
	}
	if diff := cmp.Diff([]string{fmt.Sprintf(`{"id": %d, "verb": "update_post"}`, id)}, h.Jobs("activity.distribute")); diff != "" {
		t.Error(diff)
	}
	revisions, err := h.Posts.Revisions(h.Ctx, post.Viewer{}, id)
	h.Must(err)
	var told []string
	for _, r := range revisions {
		old, err := practice.Detail(r)
		h.Must(err)
		told = append(told, fmt.Sprint(r.Revision, " ", *r.AccountID == h.Editor.ID, " ", *old.Figures[0].After, " ", old.Goals[0].Name))
	}
	if diff := cmp.Diff([]string{"2 true 60 Kennzahlen", "1 false 70 Kennzahlen"}, told); diff != "" {
		t.Error(diff)
	}
}

func TestPublishAtOnceKeepsEveryVersion(t *testing.T) {
	h := newHouse(t)
	id := h.publish(h.Member, h.draft())
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			d := h.draft()
			d.Title = fmt.Sprint("Fassung ", i)
			if _, err := h.practices.Publish(h.Ctx, h.Member, id, d); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	if v, n := h.byID(id), h.Count(`SELECT count(DISTINCT title) FROM revisions WHERE post_id = $1`, id); v.Practice.Revision != 9 || n != 9 {
		t.Errorf("revision %d, %d versions kept; want 9", v.Practice.Revision, n)
	}
}

func TestDrafts(t *testing.T) {
	h := newHouse(t)
	_, err := h.practices.SaveDraft(h.Ctx, h.Guest, 0, h.draft())
	h.Want(err, fault.Forbidden)
	gaps := practice.Draft{Title: "Noch\x00 nichts", Level: "unbekannt", Goals: []int64{1}, Figures: []practice.Figure{{Name: "später"}}}
	draft, err := h.practices.SaveDraft(h.Ctx, h.Member, 0, gaps)
	h.Must(err)
	for _, v := range []post.Viewer{{}, {AccountID: h.Other.ID}} {
		_, err = h.practices.ByID(h.Ctx, v, draft)
		h.Want(err, fault.NotFound)
	}
	for _, a := range []account.Account{h.Member, h.Editor} {
		v, err := h.practices.ByID(h.Ctx, post.Viewer{AccountID: a.ID}, draft)
		h.Must(err)
		if v.Post.Title != "Noch nichts" || v.Practice.Revision != 0 {
			t.Errorf("%s sees %+v", a, v)
		}
	}
	_, _, err = h.practices.DraftOf(h.Ctx, h.Other, draft)
	h.Want(err, fault.NotFound)
	got, _, err := h.practices.DraftOf(h.Ctx, h.Member, draft)
	h.Must(err)
	if got.Level != "unbekannt" || got.Figures[0].Name != "später" {
		t.Errorf("the draft lost what was typed: %+v", got)
	}
	long := h.draft()
	long.Title = strings.Repeat("x", 201)
	_, err = h.practices.SaveDraft(h.Ctx, h.Member, draft, long)
	h.Want(err, fault.Invalid)

	id, err := h.practices.Publish(h.Ctx, h.Member, draft, h.draft())
	h.Must(err)
	if id <= draft || h.byID(id).Practice.Revision != 1 {
		t.Error("the published practice does not bear the time of its publication")
	}
	_, err = h.practices.ByID(h.Ctx, post.Viewer{AccountID: h.Member.ID}, draft)
	h.Want(err, fault.NotFound)
	drafts, err := h.practices.Drafts(h.Ctx, h.Member, 0, 10)
	h.Must(err)
	if len(drafts) != 0 {
		t.Errorf("%d drafts left", len(drafts))
	}
}

func TestDraftOfPublished(t *testing.T) {
	h := newHouse(t)
	id := h.publish(h.Member, h.draft())
	published, _, err := h.practices.DraftOf(h.Ctx, h.Member, id)
	h.Must(err)
	if again, err := h.practices.Publish(h.Ctx, h.Member, id, published); err != nil || again != id || h.byID(id).Practice.Revision != 1 {
		t.Errorf("what the form starts with is a change: %v", err)
	}
	change := h.draft()
	change.Title = "Neuer Titel in Arbeit"
	_, err = h.practices.SaveDraft(h.Ctx, h.Member, id, change)
	h.Must(err)
	if v := h.byID(id); v.Post.Title != h.draft().Title {
		t.Errorf("others see the draft: %s", v.Post.Title)
	}
	waiting, p, err := h.practices.DraftOf(h.Ctx, h.Member, id)
	h.Must(err)
	if waiting.Title != change.Title || p.Title != h.draft().Title {
		t.Errorf("draft %q, published %q", waiting.Title, p.Title)
	}
	drafts, err := h.practices.Drafts(h.Ctx, h.Member, 0, 10)
	h.Must(err)
	if len(drafts) != 1 || drafts[0].Post.Title != change.Title || drafts[0].Post.State != post.StatePublished {
		t.Errorf("drafts: %+v", drafts)
	}
	_, err = h.practices.Publish(h.Ctx, h.Member, id, waiting)
	h.Must(err)
	if drafts, err = h.practices.Drafts(h.Ctx, h.Member, 0, 10); err != nil || len(drafts) != 0 {
		t.Errorf("the published change still waits: %v %v", drafts, err)
	}
}

func TestRoles(t *testing.T) {
	h := newHouse(t)
	id := h.publish(h.Member, h.draft())
	remote := h.arrive(h.Remote, "fremd", nil, practice.Practice{Revision: 1}, nil)
	thread := h.Thread(h.Member, "Kein Praxisbeispiel")
	for name, test := range map[string]struct {
		by   account.Account
		id   int64
		kind fault.Kind
	}{
		"guest":        {h.Guest, 0, fault.Forbidden},
		"another":      {h.Other, id, fault.Forbidden},
		"remote's own": {h.Remote, remote.ID, fault.Forbidden},
		"ours of it":   {h.Editor, remote.ID, fault.Forbidden},
		"a thread":     {h.Member, thread.ID, fault.NotFound},
		"nothing":      {h.Member, 1, fault.NotFound},
	} {
		if _, err := h.practices.Publish(h.Ctx, test.by, test.id, h.draft()); !fault.Is(err, test.kind) {
			t.Errorf("publish, %s: %v, want %s", name, err, test.kind)
		}
		if test.id == 0 {
			continue
		}
		if err := h.practices.Withdraw(h.Ctx, test.by, test.id); !fault.Is(err, test.kind) {
			t.Errorf("withdraw, %s: %v, want %s", name, err, test.kind)
		}
		if _, _, err := h.practices.DraftOf(h.Ctx, test.by, test.id); !fault.Is(err, test.kind) {
			t.Errorf("draft, %s: %v, want %s", name, err, test.kind)
		}
	}
}

func TestWithdraw(t *testing.T) {
	h := newHouse(t)
	id := h.publish(h.Member, h.draft())
	h.Jobs("activity.distribute")
	for range 2 {
		h.Must(h.practices.Withdraw(h.Ctx, h.Editor, id))
	}
	if diff := cmp.Diff([]string{fmt.Sprintf(`{"id": %d, "verb": "delete_post"}`, id)}, h.Jobs("activity.distribute")); diff != "" {
		t.Error(diff)
	}
	_, err := h.practices.ByID(h.Ctx, post.Viewer{}, id)
	h.Want(err, fault.Gone)
	_, err = h.practices.Publish(h.Ctx, h.Member, id, h.draft())
	h.Want(err, fault.Gone)
	_, err = h.Posts.Revisions(h.Ctx, post.Viewer{}, id)
	h.Want(err, fault.Gone)
	if versions, err := h.Posts.Revisions(h.Ctx, post.Viewer{AccountID: h.Member.ID}, id); err != nil || len(versions) != 1 {
		t.Errorf("the author lost the versions: %v", err)
	}
	if list, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{}); err != nil || list.Total != 0 || len(list.Items) != 0 || len(list.Impact) != 0 {
		t.Errorf("still listed: %+v %v", list, err)
	}
	draft, err := h.practices.SaveDraft(h.Ctx, h.Member, 0, h.draft())
	h.Must(err)
	h.Must(h.practices.Withdraw(h.Ctx, h.Member, draft))
	if n := h.Count(`SELECT count(*) FROM posts WHERE id = $1`, draft); n != 0 {
		t.Error("a discarded draft stays")
	}
}

func TestReceive(t *testing.T) {
	h := newHouse(t)
	details := practice.Practice{
		Revision: 3, Level: "galaxis", Region: "FR-75", Implementation: "begun", Situation: strings.Repeat("x", 10_001), Outcome: "gut\x00",
		OrganizationName: "VITAKO", OrganizationURL: "javascript:x", ContactName: "Wer", ContactEmail: "kaputt", Licence: "https://example.org/l",
		Measures: slices.Repeat([]string{"m"}, 150),
		Goals:    []practice.Term{{Scheme: "field", Name: "Kennzahlen"}, {Name: " "}},
		Figures: []practice.Figure{
			{Quantity: "emissions", Unit: "t/a", Change: number(-50), From: "gestern"},
			{Quantity: "emissions", Unit: "t/a", Change: number(math.NaN())},
			{Quantity: "unicorns", Unit: "1", Change: number(1)},
		},
	}
	p := h.arrive(h.Remote, "gut", nil, details, nil)
	got, err := h.practices.Get(h.Ctx, p.ID)
	h.Must(err)
	want := practice.Practice{
		PostID: p.ID, Revision: 3, Implementation: "begun", Outcome: "gut", OrganizationName: "VITAKO", ContactName: "Wer",
		Licence: "https://example.org/l", Measures: slices.Repeat([]string{"m"}, 100),
		Goals:   []practice.Term{{ID: h.goals["Kennzahlen"], URI: h.practices.TermURI(h.goals["Kennzahlen"]), Scheme: "goal", Name: "Kennzahlen"}},
		Figures: []practice.Figure{{Quantity: "emissions", Unit: "t/a", Change: number(-50)}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(practice.Practice{}, "UpdatedAt")); diff != "" {
		t.Error(diff)
	}
	if got := h.Jobs("curation.arrive"); len(got) != 1 {
		t.Errorf("arrive: %v", got)
	}
	later, latest := time.Now().Add(-time.Minute), time.Now()
	h.arrive(h.Remote, "gut", &later, practice.Practice{Revision: 2, OrganizationName: "alt"}, nil)
	if got, _ := h.practices.Get(h.Ctx, p.ID); got.OrganizationName != "VITAKO" {
		t.Error("an older revision was taken")
	}
	h.arrive(h.Remote, "gut", &latest, practice.Practice{Revision: 4, OrganizationName: "neu"}, nil)
	if got, _ := h.practices.Get(h.Ctx, p.ID); got.OrganizationName != "neu" || got.Revision != 4 || len(got.Figures) != 0 {
		t.Errorf("a newer revision was not taken whole: %+v", got)
	}
	h.Must(h.Posts.ReceiveDelete(h.Ctx, p.URI))
	if got, _ := h.practices.Get(h.Ctx, p.ID); got.OrganizationName != "" || got.ContactName != "" || len(got.Goals) != 0 {
		t.Errorf("after its deletion we keep %+v", got)
	}
}

func TestTerms(t *testing.T) {
	h := newHouse(t)
	h.Must(h.practices.SeedTerms(h.Ctx))
	if len(h.goals) != 10 || len(h.fields) != 9 || h.Count(`SELECT count(*) FROM terms`) != 19 {
		t.Errorf("%d goals, %d fields", len(h.goals), len(h.fields))
	}
}
