package curation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// accepted is a practice of another server that our desk accepted.
func (h *house) accepted(name string) post.Post {
	h.Helper()
	p := h.arrives(name, 1)
	h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
	return p
}

// collects makes a published collection of practices.
func (h *house) collects(name string, practices ...post.Post) int64 {
	h.Helper()
	id, err := h.desk.CreateCollection(h.Ctx, h.Editor, curation.CollectionDraft{Name: name})
	h.Must(err)
	ids := make([]int64, len(practices))
	for i, p := range practices {
		ids[i] = p.ID
	}
	h.Must(h.desk.AddEntries(h.Ctx, h.Editor, id, ids, 0))
	h.Must(h.desk.PublishCollection(h.Ctx, h.Editor, id))
	return id
}

// holds lists what everyone sees of a collection: chapter, title, and what is the matter with it.
func (h *house) holds(id int64) []string {
	h.Helper()
	c, err := h.desk.CollectionByID(h.Ctx, id)
	h.Must(err)
	lines := []string{}
	for _, e := range c.Entries {
		line := e.URI[strings.LastIndex(e.URI, "/")+1:]
		if e.Chapter != "" {
			line = e.Chapter + ": " + line
		}
		if e.Changed() {
			line += " changed"
		}
		if e.Withdrawn {
			line += " withdrawn"
		}
		lines = append(lines, line)
	}
	return lines
}

func (h *house) shows(id int64, want ...string) {
	h.Helper()
	if diff := cmp.Diff(append([]string{}, want...), h.holds(id)); diff != "" {
		h.Errorf("the collection (-want +got):\n%s", diff)
	}
}

// changes are what is to be told of collections, oldest first.
func (h *house) changes() []string {
	h.Helper()
	var lines []string
	h.Must(h.DB.SelectContext(h.Ctx, &lines, `
		SELECT concat_ws(' ', CASE WHEN x.entered THEN 'Add' ELSE 'Remove' END, coalesce(nullif(x.slug, ''), c.slug, 'gone'), nullif(p.title, ''), nullif(x.revision, 0), nullif(x.chapter, ''), nullif(x.reason, ''))
		FROM collection_changes x LEFT JOIN collections c ON c.id = x.collection_id LEFT JOIN posts p ON p.id = x.post_id ORDER BY x.id`))
	return lines
}

func TestCollections(t *testing.T) {
	h := newHouse(t)
	a, b, c := h.accepted("a"), h.accepted("b"), h.accepted("c")
	id, err := h.desk.CreateCollection(h.Ctx, h.Editor, curation.CollectionDraft{Name: "  Kühlung & Wärme  ", Introduction: "Eins.\n\nZwei.\n"})
	h.Must(err)
	if list, err := h.desk.Collections(h.Ctx); err != nil || len(list) != 0 {
		t.Fatalf("a draft is listed: %v, %v", list, err)
	}
	if _, err := h.desk.CollectionByID(h.Ctx, id); !fault.Is(err, fault.NotFound) {
		t.Fatalf("a draft is shown: %v", err)
	}
	if err := h.desk.PublishCollection(h.Ctx, h.Editor, id); !fault.Is(err, fault.Conflict) {
		t.Errorf("published with nothing in it: %v", err)
	}
	h.Must(h.desk.AddEntries(h.Ctx, h.Editor, id, []int64{b.ID, a.ID, b.ID}, 0))
	h.Must(h.desk.PublishCollection(h.Ctx, h.Editor, id))
	h.Must(h.desk.PublishCollection(h.Ctx, h.Editor, id)) // a second click
	h.shows(id, "b", "a")
	got, err := h.desk.CollectionBySlug(h.Ctx, "kuehlung-waerme")
	h.Must(err)
	if got.Name != "Kühlung & Wärme" || got.Introduction != "Eins.\n\nZwei." || got.Size != 2 || got.Entries[0].Revision != 1 || got.Entries[0].Host != "vitako.example" {
		t.Errorf("collection %+v", got)
	}

	// Chapters, and the order in them.
	for _, name := range []string{"Betrieb", "Kauf"} {
		h.Must(h.desk.SaveChapter(h.Ctx, h.Editor, id, curation.Chapter{Name: name}))
	}
	if err := h.desk.SaveChapter(h.Ctx, h.Editor, id, curation.Chapter{Name: "betrieb"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("two chapters of one name: %v", err)
	}
	arranged, err := h.desk.Arranged(h.Ctx, h.Editor, id)
	h.Must(err)
	betrieb, kauf := arranged.Chapters[0].ID, arranged.Chapters[1].ID
	h.Must(h.desk.AddEntries(h.Ctx, h.Editor, id, []int64{c.ID}, betrieb))
	h.Must(h.desk.SaveEntry(h.Ctx, h.Editor, id, b.ID, curation.EntryDraft{ChapterID: betrieb, Annotation: " Lohnt sich.\n", Featured: true}))
	h.shows(id, "a", "Betrieb: c", "Betrieb: b")
	h.Must(h.desk.MoveEntry(h.Ctx, h.Editor, id, b.ID, true))
	h.shows(id, "a", "Betrieb: b", "Betrieb: c")
	h.Must(h.desk.MoveEntry(h.Ctx, h.Editor, id, b.ID, true)) // at the top of its chapter already
	h.shows(id, "a", "Betrieb: b", "Betrieb: c")
	h.Must(h.desk.SaveEntry(h.Ctx, h.Editor, id, a.ID, curation.EntryDraft{ChapterID: kauf}))
	h.Must(h.desk.MoveChapter(h.Ctx, h.Editor, id, kauf, true))
	h.shows(id, "Kauf: a", "Betrieb: b", "Betrieb: c")
	if got, err = h.desk.CollectionByID(h.Ctx, id); err != nil || got.Entries[1].Annotation != "Lohnt sich." || !got.Entries[1].Featured {
		t.Errorf("entry %+v, %v", got.Entries[1], err)
	}
	h.Must(h.desk.RemoveChapter(h.Ctx, h.Editor, id, kauf))
	h.shows(id, "a", "Betrieb: b", "Betrieb: c")
	h.Must(h.desk.RemoveEntry(h.Ctx, h.Editor, id, c.ID, "Doppelt."))
	h.shows(id, "a", "Betrieb: b")

	// Its address stays once it was published, and no other one has it.
	if err := h.desk.SaveCollection(h.Ctx, h.Editor, id, curation.CollectionDraft{Name: "Kälte", Version: got.Version - 1}); !fault.Is(err, fault.Conflict) {
		t.Errorf("another editor's words were overwritten: %v", err)
	}
	h.Must(h.desk.SaveCollection(h.Ctx, h.Editor, id, curation.CollectionDraft{Name: "Kälte", Version: got.Version}))
	h.Must(h.desk.UnpublishCollection(h.Ctx, h.Editor, id))
	h.Must(h.desk.PublishCollection(h.Ctx, h.Editor, id))
	if got, err = h.desk.CollectionByID(h.Ctx, id); err != nil || got.Slug != "kuehlung-waerme" || got.Name != "Kälte" {
		t.Errorf("renamed: %+v, %v", got, err)
	}
	other, err := h.desk.CreateCollection(h.Ctx, h.Editor, curation.CollectionDraft{Name: "Kühlung, Wärme!"})
	h.Must(err)
	if arranged, err = h.desk.Arranged(h.Ctx, h.Editor, other); err != nil || arranged.Slug != "kuehlung-waerme-2" {
		t.Errorf("the second one is at %q, %v", arranged.Slug, err)
	}
	h.Must(h.desk.DeleteCollection(h.Ctx, h.Editor, other)) // nobody heard of it
	h.Must(h.desk.DeleteCollection(h.Ctx, h.Editor, id))
	if _, err := h.desk.CollectionByID(h.Ctx, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("a deleted collection: %v", err)
	}
	want := []string{"Add gone", "Add gone c 1 Betrieb", "Remove gone c 1 Betrieb Doppelt.", "Remove gone", "Add gone", "Remove gone"}
	if diff := cmp.Diff(want, h.changes()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if n := len(slices.DeleteFunc(h.told(), func(verb string) bool { return verb != "tell_collection" })); n != len(want) {
		t.Errorf("%d jobs to tell it, want %d", n, len(want))
	}
}

// A practice is in a published collection while it is accepted; its place outlives that.
func TestLeavingAcceptanceLeavesCollections(t *testing.T) {
	h := newHouse(t)
	a, b := h.accepted("a"), h.accepted("b")
	id := h.collects("Kühlung", a, b)
	draft, err := h.desk.CreateCollection(h.Ctx, h.Editor, curation.CollectionDraft{Name: "Im Werden"})
	h.Must(err)
	h.Must(h.desk.AddEntries(h.Ctx, h.Editor, draft, []int64{a.ID}, 0))

	h.Must(h.desk.Decline(h.Ctx, h.Editor, a.ID, "Doppelt: siehe b."))
	h.shows(id, "b")
	arranged, err := h.desk.Arranged(h.Ctx, h.Editor, id)
	h.Must(err)
	if len(arranged.Entries) != 2 || arranged.Entries[0].Accepted || !arranged.Entries[1].Accepted {
		t.Errorf("editors see %+v", arranged.Entries)
	}
	if err := h.desk.AddEntries(h.Ctx, h.Editor, draft, []int64{b.ID, h.arrives("waiting", 1).ID}, 0); !fault.Is(err, fault.Conflict) {
		t.Errorf("what is not accepted came in: %v", err)
	}
	h.Must(h.desk.Accept(h.Ctx, h.Editor, a.ID)) // it was a mistake
	h.shows(id, "a", "b")
	want := []string{"Add kuehlung", "Remove kuehlung a Doppelt: siehe b.", "Add kuehlung a 1"}
	if diff := cmp.Diff(want, h.changes()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	h.curates(false)
	if _, err := h.desk.CollectionByID(h.Ctx, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("a house that does not curate shows a collection: %v", err)
	}
	if list, err := h.desk.Collections(h.Ctx); err != nil || len(list) != 0 {
		t.Errorf("a house that does not curate lists %v, %v", list, err)
	}
}

// What its source changed says so; what it withdrew leaves at once, but for its place.
func TestSourceMovesOn(t *testing.T) {
	h := newHouse(t)
	a, b, c := h.accepted("a"), h.accepted("b"), h.accepted("c")
	id := h.collects("Kühlung", a, b, c)
	h.Must(h.desk.Feature(h.Ctx, h.Editor, b.ID, true))
	h.arrives("a", 2)
	h.shows(id, "a changed", "b", "c")
	h.Must(h.desk.Accept(h.Ctx, h.Editor, a.ID))
	h.shows(id, "a", "b", "c")
	h.Must(h.Posts.ReceiveDelete(h.Ctx, b.URI))
	for range 2 { // the same activity may come twice
		h.Must(h.desk.Unseen(h.Ctx, b.ID))
	}
	h.Must(h.desk.Unseen(h.Ctx, h.arrives("waiting", 1).ID)) // was never accepted
	h.shows(id, "a", "b withdrawn", "c")
	got, err := h.desk.CollectionByID(h.Ctx, id)
	h.Must(err)
	if got.Size != 2 || len(got.Live()) != 2 || got.Entries[1].WithdrawnAt == nil {
		t.Errorf("collection %+v", got)
	}
	want := []string{"Add kuehlung", "Add kuehlung a 2", "Remove kuratiert withdrawn at its source", "Remove hervorgehoben withdrawn at its source", "Remove kuehlung withdrawn at its source"}
	if diff := cmp.Diff(want, h.changes()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	// What moderators hid has no place.
	if _, err := h.DB.ExecContext(h.Ctx, `UPDATE posts SET hidden = true WHERE id = ANY (ARRAY[$1::bigint, $2])`, b.ID, c.ID); err != nil {
		t.Fatal(err)
	}
	h.shows(id, "a")
}

func TestArrangeBy(t *testing.T) {
	h := newHouse(t)
	h.Must(h.practices.SeedTerms(h.Ctx))
	fields, err := h.practices.Terms(h.Ctx, practice.SchemeField)
	h.Must(err)
	receive := func(name, level string, fields ...string) post.Post {
		h.Helper()
		p := h.accepted(name)
		h.Must(db.InTx(h.Ctx, h.DB, func(tx *sqlx.Tx) error {
			if _, err := tx.ExecContext(h.Ctx, `UPDATE practices SET level = $2 WHERE post_id = $1`, p.ID, level); err != nil {
				return err
			}
			for i, f := range fields {
				if _, err := tx.ExecContext(h.Ctx, `INSERT INTO practice_terms (post_id, scheme, name, position) VALUES ($1, 'field', $2, $3)`, p.ID, f, i); err != nil {
					return err
				}
			}
			return nil
		}))
		return p
	}
	first, second := fields[0].Name, fields[1].Name
	a, b, c, d := receive("a", "kommune", second), receive("b", "bund", first, second), receive("c", "kommune"), receive("d", "land", "Von anderswo")
	id := h.collects("Alle", a, b, c, d)
	h.Must(h.desk.SaveChapter(h.Ctx, h.Editor, id, curation.Chapter{Name: "Leer"}))
	h.Must(h.desk.SaveChapter(h.Ctx, h.Editor, id, curation.Chapter{Name: "Geschrieben", Introduction: "Bleibt."}))
	h.Must(h.desk.ArrangeBy(h.Ctx, h.Editor, id, curation.ByField, strings.ToUpper))
	h.shows(id, "c", first+": b", second+": a", "Von anderswo: d")
	h.Must(h.desk.ArrangeBy(h.Ctx, h.Editor, id, curation.ByLevel, strings.ToUpper))
	h.shows(id, "BUND: b", "LAND: d", "KOMMUNE: a", "KOMMUNE: c")
	got, err := h.desk.CollectionByID(h.Ctx, id)
	h.Must(err)
	names := []string{}
	for _, chapter := range got.Chapters {
		names = append(names, chapter.Name)
	}
	if diff := cmp.Diff([]string{"BUND", "LAND", "KOMMUNE", "Geschrieben"}, names); diff != "" {
		t.Errorf("chapters (-want +got):\n%s", diff)
	}
	if err := h.desk.ArrangeBy(h.Ctx, h.Editor, id, "colour", strings.ToUpper); !fault.Is(err, fault.Invalid) {
		t.Errorf("arranged by colour: %v", err)
	}
}

// Only editors of a house that curates change collections, and nobody changes one without end.
func TestCollectionsAreGuarded(t *testing.T) {
	h := newHouse(t)
	p := h.accepted("a")
	id := h.collects("Kühlung", p)
	calls := map[string]func(actor account.Account) error{
		"create": func(a account.Account) error {
			_, err := h.desk.CreateCollection(h.Ctx, a, curation.CollectionDraft{Name: "Neu"})
			return err
		},
		"save": func(a account.Account) error {
			return h.desk.SaveCollection(h.Ctx, a, id, curation.CollectionDraft{Name: "Neu", Version: 1})
		},
		"publish":        func(a account.Account) error { return h.desk.PublishCollection(h.Ctx, a, id) },
		"unpublish":      func(a account.Account) error { return h.desk.UnpublishCollection(h.Ctx, a, id) },
		"chapter":        func(a account.Account) error { return h.desk.SaveChapter(h.Ctx, a, id, curation.Chapter{Name: "Neu"}) },
		"move chapter":   func(a account.Account) error { return h.desk.MoveChapter(h.Ctx, a, id, 1, true) },
		"remove chapter": func(a account.Account) error { return h.desk.RemoveChapter(h.Ctx, a, id, 1) },
		"arrange": func(a account.Account) error {
			return h.desk.ArrangeBy(h.Ctx, a, id, curation.ByLevel, strings.ToUpper)
		},
		"add": func(a account.Account) error { return h.desk.AddEntries(h.Ctx, a, id, []int64{p.ID}, 0) },
		"save entry": func(a account.Account) error {
			return h.desk.SaveEntry(h.Ctx, a, id, p.ID, curation.EntryDraft{Annotation: "x"})
		},
		"move entry":   func(a account.Account) error { return h.desk.MoveEntry(h.Ctx, a, id, p.ID, true) },
		"remove entry": func(a account.Account) error { return h.desk.RemoveEntry(h.Ctx, a, id, p.ID, "") },
		"list":         func(a account.Account) error { _, err := h.desk.AllCollections(h.Ctx, a); return err },
		"read":         func(a account.Account) error { _, err := h.desk.Arranged(h.Ctx, a, id); return err },
		"candidates":   func(a account.Account) error { _, err := h.desk.Candidates(h.Ctx, a, id); return err },
		"elsewhere":    func(a account.Account) error { _, err := h.desk.Elsewhere(h.Ctx, a); return err },
		"delete":       func(a account.Account) error { return h.desk.DeleteCollection(h.Ctx, a, id) },
	}
	for name, call := range calls {
		for _, actor := range []account.Account{{}, h.Member, h.Remote} {
			if err := call(actor); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s by %q: %v", name, actor.Username, err)
			}
		}
	}
	h.curates(false)
	delete(calls, "elsewhere") // whoever shows what others arranged need not curate
	for name, call := range calls {
		if err := call(h.Editor); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s where nothing is curated: %v", name, err)
		}
	}
	h.curates(true)
	long := strings.Repeat("ä", curation.MaxCollectionIntroduction+1)
	for name, d := range map[string]curation.CollectionDraft{"no name": {}, "short": {Name: "Ab"}, "long name": {Name: long}, "long text": {Name: "Neu", Introduction: long}} {
		if _, err := h.desk.CreateCollection(h.Ctx, h.Editor, d); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n := range curation.MaxCollections {
		if _, err := h.desk.CreateCollection(h.Ctx, h.Editor, curation.CollectionDraft{Name: fmt.Sprintf("Sammlung %d", n)}); err != nil {
			if n != curation.MaxCollections-1 || !fault.Is(err, fault.Conflict) {
				t.Fatalf("%d: %v", n, err)
			}
		} else if n == curation.MaxCollections-1 {
			t.Error("one collection too many")
		}
	}
	for n := range curation.MaxChapters + 1 {
		err := h.desk.SaveChapter(h.Ctx, h.Editor, id, curation.Chapter{Name: fmt.Sprintf("Kapitel %d", n)})
		if want := n == curation.MaxChapters; fault.Is(err, fault.Invalid) != want || (err != nil) != want {
			t.Fatalf("chapter %d: %v", n, err)
		}
	}
}
