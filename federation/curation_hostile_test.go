package federation_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/post"
)

// library is a catalogue kg with one published collection of a practice of house, which reader shows without following house.
type library struct {
	house, kg, reader *ft.Instance
	practice          post.Post
	collection        string // its id
}

func newLibrary(t *testing.T) library {
	t.Helper()
	l := library{house: ft.Start(t, "house"), kg: ft.Start(t, "kg"), reader: ft.Start(t, "reader")}
	curates(t, l.house, false)
	curates(t, l.reader, false)
	l.practice = l.house.Publish("Kiel: Abwärme")
	ft.Settle(l.house)
	l.kg.FollowInstance(l.house)
	l.reader.FollowInstance(l.kg)
	id := arranges(t, l.kg, "Gut", []string{""}, accepts(t, l.kg, l.practice))
	must(t, l.kg.Curation.PublishCollection(t.Context(), l.kg.Editor, id))
	ft.Settle(l.house, l.kg, l.reader)
	reads(t, l.reader)
	shelved(t, l.reader, l.kg, "gut", "Kiel: Abwärme")
	must(t, l.reader.Curation.Show(t.Context(), l.reader.Editor, l.kg.Config.Domain(), "gut", true))
	l.collection = fmt.Sprintf("%s/collections/%d", l.kg.Catalog().URI, id)
	return l
}

// says makes kg's collection what a liar says it is.
func (l library) says(entries ...m) {
	items := []string{}
	for _, e := range entries {
		if e["withdrawn"] != true {
			items = append(items, e["id"].(string))
		}
	}
	l.kg.Extra.Store(strings.TrimPrefix(l.collection, l.kg.Config.BaseURL), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		serve(w, m{"id": l.collection, "type": "OrderedCollection", "vb:kind": "Curation", "attributedTo": l.kg.Catalog().URI, "name": "Gut", "url": l.kg.Config.BaseURL + "/sammlungen/gut",
			"totalItems": 99999999, "orderedItems": items, "vb:entries": entries})
	}))
}

// TestWithdrawnThoughNobodyTold: a practice that its source withdrew leaves the pages of who does not follow the source, also when
// every activity about it was lost: the catalogue's collection has its place only, and so its origin is asked.
func TestWithdrawnThoughNobodyTold(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.reader.Broken.Store(http.StatusForbidden)
	must(t, l.house.Practices.Withdraw(t.Context(), l.house.Editor, l.practice.ID))
	ft.Settle(l.house, l.kg)
	l.reader.Broken.Store(0)
	if p := l.reader.Has(l.practice.URI); p.State != post.StatePublished {
		t.Fatalf("it is %s already", p.State)
	}
	reads(t, l.reader)
	l.reader.Eventually("withdrawn", func() string {
		if p := l.reader.Has(l.practice.URI); p.State != post.StateWithdrawn {
			return string(p.State)
		}
		return ""
	})
	shelved(t, l.reader, l.kg, "gut", "? withdrawn")
}

// TestForgedWithdrawal: a catalogue that calls withdrawn what is not takes it from its own collection only. It does not speak in the
// name of the source, and not to the source about what is the source's own.
func TestForgedWithdrawal(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.house.FollowInstance(l.kg)
	reads(t, l.house)
	shelved(t, l.house, l.kg, "gut", "Kiel: Abwärme")
	l.says(m{"id": l.practice.URI, "withdrawn": true, "note": "Unbrauchbar.", "chapter": "Fort"})
	l.reader.Gets()
	for _, i := range []*ft.Instance{l.house, l.reader} {
		if _, err := i.DB.Exec(`UPDATE curated_collections SET etag = ''`); err != nil {
			t.Fatal(err)
		}
		reads(t, i)
	}
	shelved(t, l.house, l.kg, "gut", "Fort: Kiel: Abwärme (Unbrauchbar.)")
	l.reader.Eventually("only the place is left", func() string {
		c, err := l.reader.Curation.CollectionOf(t.Context(), nil, l.kg.Config.Domain(), "gut")
		if err != nil || len(c.Entries) != 1 || !c.Entries[0].Withdrawn || c.Entries[0].Author != "" || c.Size != 0 {
			return fmt.Sprintf("%+v, %v", c.Entries, err)
		}
		return ""
	})
	if p := l.reader.Has(l.practice.URI); p.State != post.StatePublished {
		t.Errorf("the practice is %s at the reader", p.State)
	}
	if gets := l.house.Gets(); !slices.Contains(gets, strings.TrimPrefix(l.practice.URI, l.house.Config.BaseURL)) {
		t.Errorf("its origin was not asked: %v", gets)
	}
}

// TestAddsWithoutEnd: what a catalogue only ever adds fills nobody's disk, and keeps nothing out of what it holds already.
func TestAddsWithoutEnd(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	ctx := t.Context()
	catalog := l.reader.Knows(l.kg, account.CatalogUsername)
	if _, err := l.reader.DB.Exec(`
		INSERT INTO curated_items (account_id, slug, post_uri, position)
		SELECT $1, c.slug, 'https://flood.example/' || n, n + 1 FROM (VALUES ('gut', $2::integer), ('kuratiert', $3)) AS c (slug, most), generate_series(1, c.most - 2) AS n`,
		catalog.ID, curation.MaxEntries, curation.MaxCurated); err != nil {
		t.Fatal(err)
	}
	for slug, most := range map[string]int{"gut": curation.MaxEntries, "kuratiert": curation.MaxCurated} {
		uri := l.collection
		if slug == "kuratiert" {
			uri = l.kg.Catalog().URI + "/collections/kuratiert"
		}
		for n := range 4 {
			kept, err := l.reader.Curation.Hint(ctx, catalog.ID, uri, true, curation.Item{PostURI: fmt.Sprint("https://flood.example/more/", n)})
			if err != nil || !kept {
				t.Fatalf("%v, %v", kept, err)
			}
		}
		if _, err := l.reader.Curation.Hint(ctx, catalog.ID, uri, true, curation.Item{PostURI: l.practice.URI, Revision: 7}); err != nil {
			t.Fatal(err)
		}
		if n := l.reader.Count(`SELECT count(*) FROM curated_items WHERE account_id = $1 AND slug = $2`, catalog.ID, slug); int(n) != most {
			t.Errorf("%s has %d entries, want %d", slug, n, most)
		}
		if n := l.reader.Count(`SELECT revision FROM curated_items WHERE account_id = $1 AND slug = $2 AND post_uri = $3`, catalog.ID, slug, l.practice.URI); n != 7 {
			t.Errorf("what stands in %s stays at revision %d", slug, n)
		}
	}
}

// TestRulesReachTheExchange: nobody comes across the seals, collections and contacts of a limited instance, or of one that the
// administration refuses; once the rule is gone they are there again.
func TestRulesReachTheExchange(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	ctx := t.Context()
	lists(l.kg, listed("AG Nachhaltige IT"))
	looks(l.reader)
	wantDirectory(l.reader, "AG Nachhaltige IT of kg")
	sealed(t, l.reader, l.practice.URI, "praxis@"+l.kg.Config.Domain())
	seen := func() []string {
		t.Helper()
		list, err := l.reader.Curation.ShownCollections(ctx)
		must(t, err)
		names := []string{directoryOf(l.reader)}
		for _, c := range list {
			names = append(names, fmt.Sprintf("%s %d", c.Name, c.Size))
		}
		return append(names, seals(t, l.reader, l.practice.URI)...)
	}
	all := []string{"AG Nachhaltige IT of kg", "Gut 1", "praxis@" + l.kg.Config.Domain()}
	rule := func(i *ft.Instance, severity peer.Severity) {
		t.Helper()
		_, err := l.reader.Rules.Save(ctx, account.Operator(), peer.Rule{Domain: i.Config.Domain(), Severity: severity}, false)
		must(t, err)
	}
	rule(l.kg, peer.Silence)
	if diff := cmp.Diff([]string{""}, seen()); diff != "" {
		t.Errorf("of a limited catalogue (-want +got):\n%s", diff)
	}
	if c, err := l.reader.Curation.CollectionOf(ctx, nil, l.kg.Config.Domain(), "gut"); err != nil || len(c.Live()) != 1 {
		t.Errorf("by its address: %+v, %v", c.Entries, err)
	}
	must(t, l.reader.Rules.Delete(ctx, account.Operator(), l.kg.Config.Domain()))
	if diff := cmp.Diff(all, seen()); diff != "" {
		t.Errorf("after the rule (-want +got):\n%s", diff)
	}

	// The source is limited: nobody comes across its practice in the collections of others, either.
	rule(l.house, peer.Silence)
	all[1] = "Gut 0"
	if diff := cmp.Diff(all, seen()); diff != "" {
		t.Errorf("with a limited source (-want +got):\n%s", diff)
	}
	if c, err := l.reader.Curation.CollectionOf(ctx, nil, l.kg.Config.Domain(), "gut"); err != nil || len(c.Entries) != 0 {
		t.Errorf("the collection: %+v, %v", c.Entries, err)
	}

	rule(l.kg, peer.Suspend)
	if diff := cmp.Diff([]string{""}, seen()); diff != "" {
		t.Errorf("of a refused catalogue (-want +got):\n%s", diff)
	}
	for who, reader := range map[string]*account.Account{"a visitor": nil, "an editor": &l.reader.Editor} {
		if c, err := l.reader.Curation.CollectionOf(ctx, reader, l.kg.Config.Domain(), "gut"); err == nil {
			t.Errorf("%s sees the collection: %+v", who, c)
		}
	}
}
