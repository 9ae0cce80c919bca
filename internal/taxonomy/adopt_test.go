package taxonomy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/taxonomy"
)

const origin = "https://kg.example/terms/"

// said is an entry of the other instance: "3 name", "3 name > 4" when it went into another one.
func said(entries ...string) []taxonomy.Said {
	var list []taxonomy.Said
	for _, e := range entries {
		id, name, _ := strings.Cut(e, " ")
		name, into, merged := strings.Cut(name, " > ")
		s := taxonomy.Said{URI: origin + id, Name: name, Description: "Was es heißt."}
		if merged {
			s.ReplacedBy = origin + into
		}
		list = append(list, s)
	}
	return list
}

func offer(entries ...string) taxonomy.Offer {
	return taxonomy.Offer{Scheme: practice.SchemeField, URI: "https://kg.example/g/praxis/collections/fields", ETag: `"1"`, Terms: said(entries...)}
}

func (h *house) adopt(entries ...string) {
	h.Helper()
	h.Must(h.taxonomies.Adopt(h.Ctx, h.Editor, h.Curators, []taxonomy.Offer{offer(entries...)}))
}

func (h *house) receive(entries ...string) {
	h.Helper()
	h.Must(h.taxonomies.Receive(h.Ctx, offer(entries...)))
}

// only leaves our list these fields.
func (h *house) only(names ...string) {
	h.Helper()
	_, err := h.DB.Exec(`DELETE FROM terms WHERE scheme = 'field'`)
	h.Must(err)
	for _, name := range names {
		h.save(practice.Term{Name: name})
	}
}

func (h *house) preview(entries ...string) []string {
	h.Helper()
	steps, err := h.taxonomies.Preview(h.Ctx, h.Editor, []taxonomy.Offer{offer(entries...)})
	h.Must(err)
	list := []string{}
	for _, s := range steps {
		switch {
		case s.Kind == taxonomy.Merge:
			list = append(list, fmt.Sprintf("merge %s > %s (%d)", s.Was, s.Said.Name, s.Uses.Ours))
		case s.Renamed():
			list = append(list, fmt.Sprintf("%s %s > %s (%d)", s.Kind, s.Was, s.Said.Name, s.Uses.Ours))
		case s.Kind == taxonomy.Retire:
			list = append(list, "retire "+s.Was)
		case s.Kind == taxonomy.Add, s.Kind == taxonomy.Join, s.Kind == taxonomy.Keep:
			list = append(list, s.Kind+" "+s.Said.Name)
		}
	}
	return list
}

func TestAdopt(t *testing.T) {
	h := newHouse(t)
	h.only("Eigenes", "rechenzentrum", "RZ")
	one, both := h.publish("RZ"), h.publish("rechenzentrum", "RZ", "Eigenes")
	list := []string{"1 Beschaffung", "2 Rechenzentrum", "3 RZ > 2", "4 Software"}
	h.same("preview", h.preview(list...), []string{"add Beschaffung", "join rechenzentrum > Rechenzentrum (1)", "add Software", "merge RZ > Rechenzentrum (2)"})
	h.same("nothing happened", h.offered(), []string{"Eigenes", "rechenzentrum", "RZ"})

	h.adopt(list...)
	h.same("list", h.offered(), []string{"= Beschaffung", "= Rechenzentrum", "= Software", "Eigenes"})
	h.same("one", h.words(one), []string{"Rechenzentrum"})
	h.same("both", h.words(both), []string{"Eigenes", "Rechenzentrum"})
	if v, err := h.practices.Get(h.Ctx, one); err != nil || v.Fields[0].URI != origin+"2" {
		t.Errorf("ours say %+v, %v", v.Fields, err)
	}
	if n := h.found("rz"); n != 2 {
		t.Errorf("%d found by the old word", n)
	}
	// Its own host alone maintains it.
	e := h.term("Software")
	h.Want(h.taxonomies.Save(h.Ctx, h.Editor, practice.Term{ID: e.ID, Scheme: e.Scheme, Name: "Programme"}), fault.Conflict)
	h.Want(h.taxonomies.Merge(h.Ctx, h.Editor, e.ID, h.term("Eigenes").ID), fault.Conflict)
	h.Want(h.taxonomies.Retire(h.Ctx, h.Editor, e.ID), fault.Conflict)
	h.Want(h.taxonomies.Move(h.Ctx, h.Editor, e.ID, true), fault.Conflict)
	// Ours stay ours.
	h.save(practice.Term{Name: "Fuhrpark"})
	h.Must(h.taxonomies.Move(h.Ctx, h.Editor, h.term("Fuhrpark").ID, true))
	h.Must(h.taxonomies.Move(h.Ctx, h.Editor, h.term("Fuhrpark").ID, true)) // not above theirs
	h.same("with ours", h.offered(), []string{"= Beschaffung", "= Rechenzentrum", "= Software", "Fuhrpark", "Eigenes"})
	theirs := h.arrives("theirs", practice.Term{Scheme: practice.SchemeField, URI: origin + "4", Name: "Anwendungen"})

	// The origin goes on: another order, two exchange their names, one is called as one of ours, one is gone, one is new.
	h.receive("4 Beschaffung", "1 Software", "2 Fuhrpark", "5 Neues")
	h.same("changed", h.offered(), []string{"= Beschaffung", "= Software", "= Fuhrpark", "= Neues", "Eigenes"})
	h.same("one follows", h.words(one), []string{"Fuhrpark"})
	h.same("theirs keep their word", h.words(theirs), []string{"Anwendungen"})
	if n := h.found("Beschaffung"); n != 1 {
		t.Errorf("theirs is not found by the id: %d", n)
	}
	for _, word := range []string{"Fuhrpark", "Rechenzentrum", "RZ"} {
		if n := h.found(word); n != 2 {
			t.Errorf("%d found by %q", n, word)
		}
	}
	h.receive("4 Beschaffung", "2 Fuhrpark")
	h.same("less", h.offered(), []string{"= Beschaffung", "= Fuhrpark", "Eigenes"})
	h.receive("4 Beschaffung", "2 Fuhrpark", "5 Neues")
	h.same("more again", h.offered(), []string{"= Beschaffung", "= Fuhrpark", "= Neues", "Eigenes"})
	// What went into a list of yet another instance, its origin cannot say any more: it stays.
	h.receive("4 Beschaffung", "2 Fuhrpark", "5 Neues > https://anderswo.example/terms/9")
	h.same("moved on", h.offered(), []string{"= Beschaffung", "= Fuhrpark", "= Neues", "Eigenes"})

	// What is empty, by whatever mistake, takes nothing away.
	h.Want(h.taxonomies.Receive(h.Ctx, offer()), fault.Invalid)
	h.Want(h.taxonomies.Receive(h.Ctx, offer("4 Beschaffung > 2")), fault.Invalid)
	long := make([]string, taxonomy.MaxTerms+1)
	for i := range long {
		long[i] = fmt.Sprintf("%d Feld %d", i+100, i)
	}
	h.Want(h.taxonomies.Receive(h.Ctx, offer(long...)), fault.Invalid)
	h.same("unharmed", h.offered(), []string{"= Beschaffung", "= Fuhrpark", "= Neues", "Eigenes"})
	// Another list of the same host is not the one that we follow.
	other := offer("4 Ganz anders")
	other.URI += "/other"
	h.Must(h.taxonomies.Receive(h.Ctx, other))
	h.same("still", h.offered(), []string{"= Beschaffung", "= Fuhrpark", "= Neues", "Eigenes"})

	// From then on they are ours, and found by both ids.
	h.Must(h.taxonomies.Release(h.Ctx, h.Editor, practice.SchemeField))
	h.Must(h.taxonomies.Release(h.Ctx, h.Editor, practice.SchemeField))
	h.same("ours", h.offered(), []string{"Beschaffung", "Fuhrpark", "Neues", "Eigenes"})
	e = h.term("Fuhrpark")
	if e.URI != h.practices.TermURI(e.ID) {
		t.Errorf("ours is called %s", e.URI)
	}
	e.Name = "Fahrzeuge"
	h.save(e.Term)
	h.arrives("by their id", practice.Term{Scheme: practice.SchemeField, URI: origin + "2", Name: "Wagen"})
	h.arrives("by our id", practice.Term{Scheme: practice.SchemeField, URI: e.URI, Name: "Autos"})
	if n := h.found("Fahrzeuge"); n != 4 {
		t.Errorf("%d found", n)
	}
	h.Must(h.taxonomies.Receive(h.Ctx, offer("2 Kommt zu spät")))
	h.same("followed no more", h.offered(), []string{"Beschaffung", "Fahrzeuge", "Neues", "Eigenes"})
	// Who follows again finds the same entries by their ids.
	h.adopt("2 Fuhrpark")
	h.same("again", h.offered(), []string{"= Fuhrpark", "Beschaffung", "Neues", "Eigenes"})
	if n := h.found("Fahrzeuge"); n != 4 {
		t.Errorf("%d found after all", n)
	}
}

func TestTheirWordsAreTidied(t *testing.T) {
	h := newHouse(t)
	h.only("Eigenes")
	o := offer("1 Beschaffung", "2 Be\u200bschaffung\x00\n", "3 x", "1 Noch einmal", "4 <b>Fett</b>")
	o.Terms = append(o.Terms, taxonomy.Said{URI: origin + "5", Name: strings.Repeat("x", 201)},
		taxonomy.Said{URI: origin + "6", Name: "Lang erklärt", Notation: strings.Repeat("9", 21), Description: strings.Repeat("ä", 5000)})
	h.Must(h.taxonomies.Adopt(h.Ctx, h.Editor, h.Curators, []taxonomy.Offer{o}))
	names := h.offered()
	if !slices.Contains(names, "= <b>Fett</b>") || !slices.Contains(names, "= Lang erklärt") || slices.Contains(names, "= x") || slices.Contains(names, "= Noch einmal") || len(names) > 5 {
		t.Errorf("taken: %q", names)
	}
	e := h.term("Lang erklärt")
	if e.Notation != "" || len([]rune(e.Description)) != 1000 {
		t.Errorf("notation %q, description of %d", e.Notation, len([]rune(e.Description)))
	}
	for _, offers := range [][]taxonomy.Offer{nil, {{Scheme: "mood", URI: o.URI, Terms: o.Terms}}} {
		h.Want(h.taxonomies.Adopt(h.Ctx, h.Editor, h.Curators, offers), fault.Invalid)
	}
	h.Want(h.taxonomies.Adopt(h.Ctx, h.Editor, h.Catalog, []taxonomy.Offer{o}), fault.Invalid)
}
