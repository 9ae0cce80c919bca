package taxonomy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/search"
	"github.com/vorbild/vorbild/internal/taxonomy"
)

type house struct {
	*posttest.House
	practices  *practice.Service
	searches   *search.Service
	taxonomies *taxonomy.Service
}

func newHouse(t *testing.T) *house {
	h := &house{House: posttest.New(t)}
	h.practices = practice.New(h.DB, h.Organizations, h.Accounts, h.Posts, h.Queue, h.Markup, posttest.Base)
	h.searches = search.New(h.DB, h.Accounts, h.Posts, h.practices, h.Queue)
	h.taxonomies = taxonomy.New(h.DB, h.Accounts, h.practices, h.searches)
	h.Must(h.practices.SeedTerms(h.Ctx))
	return h
}

// term finds a field, offered or not, by its name.
func (h *house) term(name string) taxonomy.Entry {
	h.Helper()
	list, err := h.taxonomies.List(h.Ctx, practice.SchemeField)
	h.Must(err)
	i := slices.IndexFunc(list, func(e taxonomy.Entry) bool { return e.Name == name })
	if i < 0 {
		h.Fatalf("no field %q in %v", name, list)
	}
	return list[i]
}

// offered are the names of the fields in order; those of another instance are marked.
func (h *house) offered() []string {
	h.Helper()
	list, err := h.taxonomies.List(h.Ctx, practice.SchemeField)
	h.Must(err)
	var names []string
	for _, e := range list {
		switch {
		case !e.Offered():
		case e.Adopted:
			names = append(names, "= "+e.Name)
		default:
			names = append(names, e.Name)
		}
	}
	return names
}

func (h *house) draft(fields ...string) practice.Draft {
	d := practice.Draft{
		Title: "Server abschalten", Summary: "Nachts laufen nur die, die es müssen.", Source: "So ging es. #Nachtruhe", Level: organization.LevelLand,
		Measures: []string{"Zeitplan"}, Licence: practice.Licences[0],
	}
	for _, name := range fields {
		d.Fields = append(d.Fields, h.term(name).ID)
	}
	return d
}

func (h *house) publish(fields ...string) int64 {
	h.Helper()
	id, err := h.practices.Publish(h.Ctx, h.Member, 0, h.draft(fields...))
	h.Must(err)
	return id
}

// arrives stores a practice of another instance.
func (h *house) arrives(name string, fields ...practice.Term) int64 {
	h.Helper()
	r := post.Received{
		URI: "https://" + h.Remote.Host() + "/practices/" + name, AuthorID: h.Remote.ID, Kind: post.Article, Title: name,
		HTML: "<p>Text</p>", Visibility: post.Public, PublishedAt: time.Now().Add(-time.Hour),
	}
	p, _, err := h.Posts.Receive(h.Ctx, r, func(tx *sqlx.Tx, p post.Post) error {
		return h.practices.Receive(h.Ctx, tx, p, practice.Practice{Revision: 1, Fields: fields})
	})
	h.Must(err)
	return p.ID
}

// words are what a practice says it is of.
func (h *house) words(id int64) []string {
	h.Helper()
	v, err := h.practices.ByID(h.Ctx, post.Viewer{AccountID: h.Member.ID}, id)
	h.Must(err)
	words := []string{}
	for _, t := range v.Practice.Fields {
		words = append(words, t.Name)
	}
	return words
}

// found counts what is found under a field, once all that waits is indexed.
func (h *house) found(field string) int {
	h.Helper()
	for n := 1; n > 0; {
		var err error
		n, err = h.practices.Reindex(h.Ctx)
		h.Must(err)
	}
	list, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{Field: field})
	h.Must(err)
	return list.Total
}

func (h *house) save(t practice.Term) {
	h.Helper()
	t.Scheme = practice.SchemeField
	h.Must(h.taxonomies.Save(h.Ctx, h.Editor, t))
}

func (h *house) same(what string, got, want any) {
	h.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestRename(t *testing.T) {
	h := newHouse(t)
	ours := h.publish("Rechenzentrum", "Software")
	theirs := h.arrives("theirs", practice.Term{Scheme: practice.SchemeField, Name: "rechenzentrum"})
	draft, err := h.practices.SaveDraft(h.Ctx, h.Member, 0, h.draft("Rechenzentrum"))
	h.Must(err)
	_, err = h.searches.Save(h.Ctx, h.Member, "RZ", "feld=Rechenzentrum", practice.Filter{Field: "Rechenzentrum"})
	h.Must(err)
	if n := h.found("Rechenzentrum"); n != 2 {
		t.Fatalf("%d found before", n)
	}
	before := h.Get(ours)
	h.Jobs("activity.distribute")

	e := h.term("Rechenzentrum")
	e.Name = "Serverbetrieb"
	h.save(e.Term)
	h.same("ours", h.words(ours), []string{"Serverbetrieb", "Software"})
	h.same("theirs keep their words", h.words(theirs), []string{"rechenzentrum"})
	for _, field := range []string{"Serverbetrieb", "Rechenzentrum", "RECHENZENTRUM"} {
		if n := h.found(field); n != 2 {
			t.Errorf("%d found by %q", n, field)
		}
	}
	list, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{})
	h.Must(err)
	for _, f := range list.Facets["field"] {
		if f.Value == "Rechenzentrum" || f.Value == "Serverbetrieb" && f.Count != 2 {
			t.Errorf("facet %v", f)
		}
	}
	// Others hear of it at once, and it is no new version.
	jobs := h.Jobs("activity.distribute")
	if len(jobs) != 1 || !strings.Contains(jobs[0], fmt.Sprint(ours)) || !strings.Contains(jobs[0], "update_post") {
		t.Errorf("told: %v", jobs)
	}
	after := h.Get(ours)
	if after.EditedAt == nil || before.EditedAt != nil && !after.EditedAt.After(*before.EditedAt) {
		t.Error("the change is not newer than what others have")
	}
	if n := h.Count(`SELECT count(*) FROM revisions WHERE post_id = $1`, ours); n != 1 {
		t.Errorf("%d versions", n)
	}
	var tags []string
	h.Must(h.DB.SelectContext(h.Ctx, &tags, `SELECT name FROM tags WHERE post_id = $1 ORDER BY name`, ours))
	h.same("hashtags", tags, []string{"GreenIT", "Nachtruhe", "Serverbetrieb", "Software"})
	// What is kept follows too.
	if n := h.Count(`SELECT count(*) FROM saved_searches WHERE facets = ARRAY['field=serverbetrieb']`); n != 1 {
		t.Error("the saved search asks for the old word")
	}
	d, _, err := h.practices.DraftOf(h.Ctx, h.Member, draft)
	h.Must(err)
	h.same("draft", d.Fields, []int64{e.ID})
	// An unchanged save tells nobody anything.
	h.save(e.Term)
	if jobs := h.Jobs("activity.distribute"); len(jobs) != 0 {
		t.Errorf("told again: %v", jobs)
	}
	if log, err := h.Accounts.AuditLog(h.Ctx, h.Admin, paging.Page{}); err != nil || log[0].Action != "practice.term" || log[0].Detail != "Rechenzentrum → Serverbetrieb" || *log[0].AccountID != h.Editor.ID {
		t.Errorf("log: %+v, %v", log, err)
	}

	// A former word can become the name of another entry; who says it means that one from then on.
	h.save(practice.Term{Name: "Rechenzentrum"})
	if ours, theirs := h.found("Serverbetrieb"), h.found("Rechenzentrum"); ours != 1 || theirs != 1 {
		t.Errorf("%d and %d found", ours, theirs)
	}
}

func TestMerge(t *testing.T) {
	h := newHouse(t)
	both, one := h.publish("Software", "Organisation"), h.publish("Software")
	byName := h.arrives("name", practice.Term{Scheme: practice.SchemeField, Name: "Software"})
	old, into := h.term("Software"), h.term("Organisation")
	byID := h.arrives("id", practice.Term{Scheme: practice.SchemeField, URI: old.URI, Name: "Programme"})
	draft, err := h.practices.SaveDraft(h.Ctx, h.Member, 0, h.draft("Software", "Organisation"))
	h.Must(err)
	waits := h.draft("Software")

	h.Must(h.taxonomies.Merge(h.Ctx, h.Editor, old.ID, into.ID))
	h.same("both", h.words(both), []string{"Organisation"})
	h.same("one", h.words(one), []string{"Organisation"})
	h.same("theirs by name", h.words(byName), []string{"Software"})
	h.same("theirs by id", h.words(byID), []string{"Programme"})
	for _, field := range []string{"Software", "Organisation"} {
		if n := h.found(field); n != 4 {
			t.Errorf("%d found by %q", n, field)
		}
	}
	jobs := h.Jobs("activity.distribute")
	for _, id := range []int64{both, one} {
		if !slices.ContainsFunc(jobs, func(j string) bool {
			return strings.Contains(j, fmt.Sprint(id)) && strings.Contains(j, "update_post")
		}) {
			t.Errorf("nobody is told of %d", id)
		}
	}
	d, _, err := h.practices.DraftOf(h.Ctx, h.Member, draft)
	h.Must(err)
	h.same("draft", d.Fields, []int64{into.ID})
	// A form that was open meanwhile.
	id, err := h.practices.Publish(h.Ctx, h.Member, 0, waits)
	h.Must(err)
	h.same("published afterwards", h.words(id), []string{"Organisation"})
	if late := h.arrives("late", practice.Term{Scheme: practice.SchemeField, URI: old.URI, Name: "Software"}); h.found("Organisation") != 6 {
		t.Errorf("%d, which came later, is not found", late)
	}

	// And on into a third one.
	third := h.term("Beschaffung")
	h.Must(h.taxonomies.Merge(h.Ctx, h.Editor, into.ID, third.ID))
	if n := h.found("Software"); n != 6 {
		t.Errorf("%d found by the first word", n)
	}
	if got := h.term("Software").ReplacedBy; got == nil || *got != third.ID {
		t.Errorf("the first one is replaced by %v", got)
	}
	formers, err := h.taxonomies.Formers(h.Ctx, practice.SchemeField)
	h.Must(err)
	want := []taxonomy.Former{{URI: old.URI, ReplacedBy: third.URI, Name: third.Name}, {URI: into.URI, ReplacedBy: third.URI, Name: third.Name}}
	slices.SortFunc(want, func(a, b taxonomy.Former) int { return strings.Compare(b.URI, a.URI) })
	h.same("formers", formers, want)

	h.Want(h.taxonomies.Merge(h.Ctx, h.Editor, old.ID, third.ID), fault.Conflict)
	h.Want(h.taxonomies.Merge(h.Ctx, h.Editor, third.ID, third.ID), fault.Invalid)
	h.Want(h.taxonomies.Merge(h.Ctx, h.Editor, third.ID, into.ID), fault.Invalid)
	h.Want(h.taxonomies.Merge(h.Ctx, h.Editor, third.ID, 1), fault.Invalid)
	h.Want(h.taxonomies.Merge(h.Ctx, h.Editor, 1, third.ID), fault.NotFound)
	goals, err := h.practices.Terms(h.Ctx, practice.SchemeGoal)
	h.Must(err)
	h.Want(h.taxonomies.Merge(h.Ctx, h.Editor, third.ID, goals[0].ID), fault.Invalid)
}

func TestOrderAndRetire(t *testing.T) {
	h := newHouse(t)
	id := h.publish("Software")
	before := h.offered()
	h.Must(h.taxonomies.Move(h.Ctx, h.Editor, h.term(before[0]).ID, true)) // is there already
	h.Must(h.taxonomies.Move(h.Ctx, h.Editor, h.term(before[0]).ID, false))
	h.Must(h.taxonomies.Move(h.Ctx, h.Editor, h.term(before[len(before)-1]).ID, true))
	want := slices.Clone(before)
	want[0], want[1] = want[1], want[0]
	n := len(want)
	want[n-1], want[n-2] = want[n-2], want[n-1]
	h.same("order", h.offered(), want)

	software := h.term("Software")
	h.Must(h.taxonomies.Retire(h.Ctx, h.Editor, software.ID))
	h.Must(h.taxonomies.Retire(h.Ctx, h.Editor, software.ID))
	offers := func(chosen ...int64) bool {
		terms, err := h.practices.Terms(h.Ctx, practice.SchemeField, chosen...)
		h.Must(err)
		return slices.ContainsFunc(terms, func(x practice.Term) bool { return x.ID == software.ID })
	}
	if offers() || !offers(software.ID) {
		t.Error("a retired term is offered to all, or lost to who has it")
	}
	h.same("keeps", h.words(id), []string{"Software"})
	if h.found("Software") != 1 {
		t.Error("not found any more")
	}
	h.Want(h.taxonomies.Save(h.Ctx, h.Editor, practice.Term{Scheme: practice.SchemeField, Name: "software"}), fault.Invalid)
	h.Must(h.taxonomies.Restore(h.Ctx, h.Editor, software.ID))
	if !offers() {
		t.Error("not offered again")
	}
	if n := h.Count(`SELECT count(*) FROM audit_log WHERE action IN ('practice.term_retire', 'practice.term_restore', 'practice.term_move')`); n != 4 {
		t.Errorf("%d lines of the log", n)
	}
}

func TestOnlyEditors(t *testing.T) {
	h := newHouse(t)
	e := h.term("Software")
	offer := []taxonomy.Offer{{Scheme: practice.SchemeField, URI: "https://kg.example/fields", Terms: []taxonomy.Said{{URI: "https://kg.example/1", Name: "Alles"}}}}
	before := h.offered()
	for _, actor := range []account.Account{{}, h.Guest, h.Member, h.Remote} {
		h.Want(h.taxonomies.Save(h.Ctx, actor, practice.Term{Scheme: practice.SchemeField, Name: "Neu"}), fault.Forbidden)
		h.Want(h.taxonomies.Merge(h.Ctx, actor, e.ID, h.term("Beschaffung").ID), fault.Forbidden)
		h.Want(h.taxonomies.Retire(h.Ctx, actor, e.ID), fault.Forbidden)
		h.Want(h.taxonomies.Restore(h.Ctx, actor, e.ID), fault.Forbidden)
		h.Want(h.taxonomies.Move(h.Ctx, actor, e.ID, true), fault.Forbidden)
		h.Want(h.taxonomies.Adopt(h.Ctx, actor, h.Curators, offer), fault.Forbidden)
		h.Want(h.taxonomies.Release(h.Ctx, actor, practice.SchemeField), fault.Forbidden)
		_, err := h.taxonomies.Preview(h.Ctx, actor, offer)
		h.Want(err, fault.Forbidden)
	}
	for _, wrong := range []practice.Term{
		{Scheme: "mood", Name: "Gut"}, {Scheme: practice.SchemeField}, {Scheme: practice.SchemeField, Name: "x"}, {Scheme: practice.SchemeField, Name: strings.Repeat("x", 201)},
		{Scheme: practice.SchemeField, Name: "Gut", Notation: strings.Repeat("1", 21)}, {Scheme: practice.SchemeField, Name: "RECHENZENTRUM"},
	} {
		h.Want(h.taxonomies.Save(h.Ctx, h.Editor, wrong), fault.Invalid)
	}
	h.Want(h.taxonomies.Save(h.Ctx, h.Editor, practice.Term{ID: 1, Scheme: practice.SchemeField, Name: "Neu"}), fault.NotFound)
	h.Want(h.taxonomies.Save(h.Ctx, h.Editor, practice.Term{ID: e.ID, Scheme: practice.SchemeGoal, Name: "Neu"}), fault.NotFound)
	h.same("fields", h.offered(), before)

	_, err := h.DB.Exec(`INSERT INTO terms (id, scheme, name) SELECT (SELECT max(id) FROM terms) + n, 'field', 'Feld Nr. ' || n FROM generate_series(1, $1::int) n`, taxonomy.MaxTerms-len(before))
	h.Must(err)
	h.Want(h.taxonomies.Save(h.Ctx, h.Editor, practice.Term{Scheme: practice.SchemeField, Name: "Eins zu viel"}), fault.Invalid)
}
