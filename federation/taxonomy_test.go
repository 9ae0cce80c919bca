package federation_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/taxonomy"
)

// field finds an entry by its name, offered or not.
func field(i *ft.Instance, name string) taxonomy.Entry {
	i.T.Helper()
	list, err := i.Taxonomies.List(i.T.Context(), practice.SchemeField)
	if err != nil {
		i.T.Fatal(err)
	}
	at := slices.IndexFunc(list, func(e taxonomy.Entry) bool { return e.Name == name })
	if at < 0 {
		i.T.Fatalf("%s has no field %q", i.Name, name)
	}
	return list[at]
}

// offers are the names of the fields that can be chosen, those of another instance marked.
func offers(i *ft.Instance) string {
	i.T.Helper()
	list, err := i.Taxonomies.List(i.T.Context(), practice.SchemeField)
	if err != nil {
		i.T.Fatal(err)
	}
	var names []string
	for _, e := range list {
		if e.Offered() && e.Adopted {
			names = append(names, "= "+e.Name)
		} else if e.Offered() {
			names = append(names, e.Name)
		}
	}
	return strings.Join(names, ", ")
}

// fieldsOf are the fields of a practice as an instance has it: their words, and whose ids they have.
func fieldsOf(i *ft.Instance, uri string) string {
	i.T.Helper()
	p, err := i.Posts.Find(i.T.Context(), uri)
	if err != nil {
		return err.Error()
	}
	details, err := i.Practices.Get(i.T.Context(), p.ID)
	if err != nil {
		return err.Error()
	}
	var said []string
	for _, f := range details.Fields {
		said = append(said, f.Name+" of "+vocab.HostOf(f.URI))
	}
	return strings.Join(said, ", ")
}

func wantFields(i *ft.Instance, uri, want string) {
	i.T.Helper()
	i.Eventually("fields", func() string {
		if got := fieldsOf(i, uri); got != want {
			return fmt.Sprintf("fields %q, want %q", got, want)
		}
		return ""
	})
}

// findsBy counts what is found under a field.
func findsBy(i *ft.Instance, name string) int {
	i.T.Helper()
	for n := 1; n > 0; {
		var err error
		if n, err = i.Practices.Reindex(i.T.Context()); err != nil {
			i.T.Fatal(err)
		}
	}
	list, err := i.Practices.List(i.T.Context(), post.Viewer{}, practice.Filter{Field: name})
	if err != nil {
		i.T.Fatal(err)
	}
	return list.Total
}

// adopts takes over the other's lists as an editor does.
func adopts(i, other *ft.Instance) {
	i.T.Helper()
	catalog := i.Knows(other, account.CatalogUsername)
	lists, err := i.Federation.TaxonomiesOf(i.T.Context(), catalog)
	if err != nil || len(lists) != 2 {
		i.T.Fatalf("%d lists, %v", len(lists), err)
	}
	if err := i.Taxonomies.Adopt(i.T.Context(), i.Editor, catalog, lists); err != nil {
		i.T.Fatal(err)
	}
}

// compares lets an hour pass.
func compares(i *ft.Instance) {
	i.T.Helper()
	if _, err := i.DB.Exec(`UPDATE taxonomy_sources SET next_at = now()`); err != nil {
		i.T.Fatal(err)
	}
	if err := i.Federation.ReadDue(i.T.Context()); err != nil {
		i.T.Fatal(err)
	}
	ft.Settle(i)
}

// Whoever takes over a list has it as it is at its origin from then on: what is renamed and merged there is so here, practices
// follow, and old words and ids lead to the new ones.
func TestTaxonomyIsFollowed(t *testing.T) {
	t.Parallel()
	kg, land := ft.Start(t, "kg"), ft.Start(t, "land")
	byKG, byLand := kg.Config.Domain(), land.Config.Domain()
	ctx := t.Context()
	kg.FollowInstance(land)
	if err := land.Taxonomies.Save(ctx, land.Editor, practice.Term{Scheme: practice.SchemeField, Name: "Küste"}); err != nil {
		t.Fatal(err)
	}
	p := land.Publish("Kiel: Abwärme nutzen")
	own, err := land.Practices.Publish(ctx, land.Editor, 0, func() practice.Draft {
		d := land.Sample("Husum: Wind")
		d.Fields = []int64{field(land, "Software").ID, field(land, "Organisation").ID, field(land, "Küste").ID}
		return d
	}())
	if err != nil {
		t.Fatal(err)
	}
	wind, err := land.Posts.Get(ctx, own)
	if err != nil {
		t.Fatal(err)
	}
	wantFields(kg, p.URI, "Zentrale IT-Infrastruktur of "+byLand)

	adopts(land, kg)
	ft.Settle(land, kg)
	const before = "= Zentrale IT-Infrastruktur, = IT-Arbeitsplatzausstattung, = Übergreifende Maßnahmen, = Beschaffung, = Rechenzentrum, = Software, = Kreislaufwirtschaft, = Organisation, = Digitalisierung/EfA, Küste"
	if got := offers(land); got != before {
		t.Errorf("the list: %s", got)
	}
	wantFields(land, p.URI, "Zentrale IT-Infrastruktur of "+byKG)

	// Nothing changed: the two lists are asked, nothing is read.
	kg.Gets()
	compares(land)
	if gets := kg.Gets(); len(gets) != 2 || slices.ContainsFunc(gets, func(g string) bool { return strings.Contains(g, "page=") }) {
		t.Errorf("fetched although nothing changed: %v", gets)
	}

	// Renamed and merged at the origin.
	e := field(kg, "Zentrale IT-Infrastruktur")
	e.Name, e.Notation, e.Description = "Zentrale Infrastruktur", "1", "Netze, Server, Speicher."
	if err := kg.Taxonomies.Save(ctx, kg.Editor, e.Term); err != nil {
		t.Fatal(err)
	}
	software, organisation := field(kg, "Software"), field(kg, "Organisation")
	if err := kg.Taxonomies.Merge(ctx, kg.Editor, software.ID, organisation.ID); err != nil {
		t.Fatal(err)
	}
	if err := kg.Taxonomies.Retire(ctx, kg.Editor, field(kg, "Kreislaufwirtschaft").ID); err != nil {
		t.Fatal(err)
	}
	compares(land)
	if got := offers(land); got != "= Zentrale Infrastruktur, = IT-Arbeitsplatzausstattung, = Übergreifende Maßnahmen, = Beschaffung, = Rechenzentrum, = Organisation, = Digitalisierung/EfA, Küste" {
		t.Errorf("the list: %s", got)
	}
	if e := field(land, "Zentrale Infrastruktur"); e.Notation != "1" || e.Description != "Netze, Server, Speicher." {
		t.Errorf("the entry: %+v", e)
	}
	for _, i := range []*ft.Instance{land, kg} { // the origin hears it from the practice's own instance
		wantFields(i, p.URI, "Zentrale Infrastruktur of "+byKG)
		wantFields(i, wind.URI, "Organisation of "+byKG+", Küste of "+byLand)
		ft.Settle(i)
		for _, word := range []string{"Zentrale IT-Infrastruktur", "Zentrale Infrastruktur", "Software", "Organisation"} {
			if n := findsBy(i, word); n != 1 {
				t.Errorf("%s: %d found by %q", i.Name, n, word)
			}
		}
	}
	// It was no new version of anybody's text.
	if details, err := kg.Practices.Get(ctx, kg.Has(p.URI).ID); err != nil || details.Revision != 1 {
		t.Errorf("revision %d, %v", details.Revision, err)
	}

	// From then on they are ours, whatever happens there.
	if err := land.Taxonomies.Release(ctx, land.Editor, practice.SchemeField); err != nil {
		t.Fatal(err)
	}
	e.Name = "Ganz anders"
	if err := kg.Taxonomies.Save(ctx, kg.Editor, e.Term); err != nil {
		t.Fatal(err)
	}
	compares(land)
	wantFields(land, p.URI, "Zentrale Infrastruktur of "+byLand)
}

// Entries are served by their ids, and lead people to the practices.
func TestTermsAreServed(t *testing.T) {
	t.Parallel()
	kg, land := ft.Start(t, "kg"), ft.Start(t, "land")
	e := field(kg, "Rechenzentrum")
	status, body := get(t, kg, strings.TrimPrefix(e.URI, kg.Config.BaseURL))
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v", status, err)
	}
	if doc["id"] != e.URI || doc["name"] != "Rechenzentrum" || doc["context"] != kg.Catalog().URI+"/collections/fields" || doc["vb:replacedBy"] != nil {
		t.Errorf("the term: %s", body)
	}
	router := mux.NewRouter()
	kg.Federation.Routes(router)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, e.URI, nil)
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	router.ServeHTTP(w, r)
	if at := w.Header().Get("Location"); w.Code != http.StatusSeeOther || at != kg.Config.BaseURL+"/praxisbeispiele?feld=Rechenzentrum" {
		t.Errorf("people: %d %s", w.Code, at)
	}
	for _, path := range []string{"/terms/1", "/terms/99999999999999999999", "/g/praxis/collections/fields?page=9", "/g/praxis/collections/fields?page=x", "/g/forum/collections/fields"} {
		if status, _ := get(t, kg, path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	// What was ours says which one took its place; in our list, others' are but named.
	was := field(land, "Rechenzentrum")
	adopts(land, kg)
	if _, body := get(t, land, strings.TrimPrefix(was.URI, land.Config.BaseURL)); !strings.Contains(string(body), `"vb:replacedBy":"`+e.URI+`"`) {
		t.Errorf("ours: %s", body)
	}
	_, body = get(t, land, strings.TrimPrefix(land.Catalog().URI, land.Config.BaseURL)+"/collections/fields?page=1")
	list, err := vocab.ParseTaxonomy(body)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(list.Terms, func(x vocab.Term) bool { return x.ID == e.URI && x.Name == "" }) ||
		!slices.ContainsFunc(list.Terms, func(x vocab.Term) bool { return x.ID == was.URI && x.ReplacedBy == e.URI }) {
		t.Errorf("our list: %+v", list.Terms)
	}
}

// What is no list of its owner's, or was not read to its end, changes nothing; nor does it lead us elsewhere.
func TestHostileTaxonomies(t *testing.T) {
	t.Parallel()
	kg, land, third := ft.Start(t, "kg"), ft.Start(t, "land"), ft.Start(t, "third")
	adopts(land, kg)
	ft.Settle(land)
	before := offers(land)
	id := kg.Catalog().URI + "/collections/fields"
	path := strings.TrimPrefix(id, kg.Config.BaseURL)
	term := func(uri, name string) m { return m{"id": uri, "type": "Object", "name": name} }
	ours := kg.Config.BaseURL + "/terms/7"
	list := func(change m) m {
		doc := m{"id": id, "type": "OrderedCollection", "attributedTo": kg.Catalog().URI, "vb:kind": "Taxonomy", "vb:scheme": "fields", "orderedItems": []m{term(ours, "Böses")}}
		for key, value := range change {
			doc[key] = value
		}
		return doc
	}
	third.Extra.Store("/elsewhere", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		serve(w, list(m{"id": third.Config.BaseURL + "/elsewhere"}))
	}))
	many := make([]m, 500)
	for n := range many {
		many[n] = term(fmt.Sprint(ours, n), fmt.Sprint("Feld ", n))
	}
	for name, doc := range map[string]any{
		"of another":         list(m{"attributedTo": third.Catalog().URI}),
		"of nobody":          list(m{"attributedTo": ""}),
		"another id":         list(m{"id": third.Config.BaseURL + "/elsewhere"}),
		"another taxonomy":   list(m{"vb:scheme": "goals"}),
		"no taxonomy":        list(m{"vb:kind": "Curation"}),
		"empty":              list(m{"orderedItems": []m{}}),
		"all merged":         list(m{"orderedItems": []m{{"id": ours, "name": "Böses", "vb:replacedBy": ours + "1"}}}),
		"entries of others":  list(m{"orderedItems": []m{term(third.Config.BaseURL+"/terms/1", "Böses")}}),
		"does not add up":    list(m{"vb:checksum": "00"}),
		"goes on elsewhere":  list(m{"next": third.Config.BaseURL + "/elsewhere"}),
		"begins elsewhere":   list(m{"orderedItems": []m{}, "first": third.Config.BaseURL + "/elsewhere"}),
		"goes on for ever":   list(m{"next": id + "?page=1", "orderedItems": many[:10]}),
		"too long":           list(m{"orderedItems": many}),
		"longer than ours":   list(m{"orderedItems": many[:taxonomy.MaxTerms+1]}),
		"no list":            m{"id": id, "type": "Article"},
		"no JSON":            "<html>",
		"entries of no kind": list(m{"orderedItems": []any{7, nil, "x", m{}, []int{1}}}),
	} {
		kg.Extra.Store(path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { serve(w, doc) }))
		kg.Gets()
		compares(land)
		if n := len(kg.Gets()); n == 0 || n > 15 {
			t.Errorf("%s: %d requests", name, n)
		}
		if got := offers(land); got != before {
			t.Errorf("%s: the list is %s", name, got)
		}
		if _, asked := third.Asked.Load("/elsewhere"); asked {
			t.Fatalf("%s: a page of another host was fetched", name)
		}
	}
	if n := land.Count(`SELECT failures FROM taxonomy_sources WHERE scheme = 'field'`); n < 15 {
		t.Errorf("%d failures noted", n)
	}
	kg.Extra.Store(path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		serve(w, list(m{"orderedItems": []m{term(field(land, "Software").URI, "Programme"), term(third.Config.BaseURL+"/terms/1", "Böses")}}))
	}))
	compares(land)
	if got := offers(land); got != "= Programme" {
		t.Errorf("what can be believed: %s", got)
	}
}
