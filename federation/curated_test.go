package federation_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// seals are the names of who curated a practice, as its page shows them.
func seals(t *testing.T, i *ft.Instance, uri string) []string {
	t.Helper()
	found := []string{}
	p, err := i.Posts.Find(t.Context(), uri)
	if err != nil {
		return found
	}
	views, err := i.Practices.Views(t.Context(), post.Viewer{}, []int64{p.ID})
	if err != nil || len(views) != 1 {
		t.Fatalf("%d views, %v", len(views), err)
	}
	for _, s := range views[0].Seals {
		name := s.Handle
		if s.Own {
			name = "own"
		}
		if s.Featured {
			name += " *"
		}
		if s.Changed {
			name += " changed"
		}
		found = append(found, name)
	}
	return found
}

func sealed(t *testing.T, i *ft.Instance, uri string, want ...string) {
	t.Helper()
	i.Eventually("seals of "+uri, func() string { return cmp.Diff(append([]string{}, want...), seals(t, i, uri)) })
}

// reads lets an hour pass.
func reads(t *testing.T, i *ft.Instance) {
	t.Helper()
	if _, err := i.DB.Exec(`UPDATE curators SET next_at = now()`); err != nil {
		t.Fatal(err)
	}
	if err := i.Federation.ReadDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	ft.Settle(i)
}

// curates says whether the instance's organisation curates.
func curates(t *testing.T, i *ft.Instance, yes bool) {
	t.Helper()
	if _, err := i.DB.Exec(`UPDATE organization SET curates = $1`, yes); err != nil {
		t.Fatal(err)
	}
}

// TestCollectionIsTheTruth: who follows a catalogue that curates shows its seals as its collections have them, also when
// every activity about them was lost.
func TestCollectionIsTheTruth(t *testing.T) {
	t.Parallel()
	house, kg, reader := ft.Start(t, "house"), ft.Start(t, "kg"), ft.Start(t, "reader")
	curates(t, house, false)
	curates(t, reader, false)
	first, second := house.Publish("Kiel: Abwärme nutzen"), house.Publish("Lübeck: Server abschalten")
	ft.Settle(house)
	kg.FollowInstance(house)
	reader.FollowInstance(kg)
	house.FollowInstance(kg)
	byKG := "praxis@" + kg.Config.Domain()
	if byKG != kg.Catalog().Username+"@"+kg.Config.Domain() {
		t.Fatalf("the catalogue is called %s", kg.Catalog().Username)
	}
	accept := func(p post.Post) {
		t.Helper()
		there := kg.Has(p.URI)
		kg.Eventually("on the desk", func() string {
			if err := kg.Curation.Accept(t.Context(), kg.Editor, there.ID); err != nil {
				return err.Error()
			}
			return ""
		})
	}

	// The Add is a hint that is taken at once.
	accept(first)
	sealed(t, reader, first.URI, byKG)
	sealed(t, house, first.URI, byKG)
	ft.Settle(house, kg, reader)
	reads(t, reader)
	sealed(t, reader, first.URI, byKG)

	// Nothing changed: the two groups, the two collections and the list of others are asked, nothing is read.
	kg.Gets()
	reads(t, reader)
	if gets := kg.Gets(); len(gets) != 5 || slices.ContainsFunc(gets, func(g string) bool { return strings.Contains(g, "page=") }) {
		t.Errorf("fetched although nothing changed: %v", gets)
	}

	// Every activity is lost from here on.
	lost := func(f func()) {
		t.Helper()
		reader.Broken.Store(http.StatusForbidden)
		f()
		ft.Settle(kg, house)
		reader.Broken.Store(0)
	}
	lost(func() { accept(second) })
	sealed(t, reader, second.URI)
	reads(t, reader)
	sealed(t, reader, second.URI, byKG)

	lost(func() {
		if err := kg.Curation.Feature(t.Context(), kg.Editor, kg.Has(second.URI).ID, true); err != nil {
			t.Fatal(err)
		}
		if err := kg.Curation.Reopen(t.Context(), kg.Editor, kg.Has(first.URI).ID); err != nil {
			t.Fatal(err)
		}
	})
	sealed(t, reader, first.URI, byKG)
	reads(t, reader)
	sealed(t, reader, first.URI)
	sealed(t, reader, second.URI, byKG+" *")

	// The origin goes on; what was accepted was another version.
	if _, err := house.Practices.Publish(t.Context(), house.Editor, second.ID, house.Sample("Lübeck: Server abschalten, erweitert")); err != nil {
		t.Fatal(err)
	}
	ft.Settle(house, kg, reader)
	sealed(t, house, second.URI, byKG+" * changed")
	sealed(t, reader, second.URI, byKG+" * changed")
	lost(func() { accept(second) })
	reads(t, reader)
	sealed(t, reader, second.URI, byKG+" *")

	// A late Remove, of before, is believed at first; the collection knows better, although it has not changed since.
	remove := fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%s#late","type":"Remove","actor":"%s","object":"%s","target":"%s/collections/kuratiert","to":["https://www.w3.org/ns/activitystreams#Public"]}`,
		kg.Catalog().URI, kg.Catalog().URI, second.URI, kg.Catalog().URI)
	if status := kg.Send(kg.Catalog(), ft.Letter{To: reader.Config.BaseURL + "/inbox", Body: remove}); status != http.StatusAccepted {
		t.Fatalf("answered %d", status)
	}
	sealed(t, reader, second.URI)
	reads(t, reader)
	sealed(t, reader, second.URI, byKG+" *")

	// Who ceases to curate has no collection, and its seals go; also where it put them itself.
	sealed(t, kg, second.URI, "own *")
	curates(t, kg, false)
	sealed(t, kg, second.URI)
	reads(t, reader)
	sealed(t, reader, second.URI)
	curates(t, kg, true)
	reads(t, reader)
	sealed(t, reader, second.URI, byKG+" *")

	// Whom our groups follow no longer says nothing on our pages.
	if err := reader.Follows.Unfollow(t.Context(), reader.Editor, reader.Catalog().ID, reader.Knows(kg, "praxis").ID); err != nil {
		t.Fatal(err)
	}
	reads(t, reader)
	sealed(t, reader, second.URI)
}

// TestSealsOfStrangers: only a catalogue that our own groups follow puts seals on our pages, however it tries.
func TestSealsOfStrangers(t *testing.T) {
	t.Parallel()
	a, stranger := ft.Start(t, "a"), ft.Start(t, "stranger")
	curates(t, a, false)
	p := a.Publish("Kiel: Abwärme nutzen")
	ft.Settle(a)
	stranger.FollowInstance(a)
	a.Follow(a.Author, stranger, "praxis") // a member's taste is not the house's
	there := stranger.Has(p.URI)
	ft.Settle(a, stranger)
	stranger.Eventually("on the desk", func() string {
		if err := stranger.Curation.Accept(t.Context(), stranger.Editor, there.ID); err != nil {
			return err.Error()
		}
		return ""
	})
	ft.Settle(a, stranger)
	reads(t, a)
	sealed(t, a, p.URI)
	if n := a.Count(`SELECT count(*) FROM inbox_activities WHERE type = 'Add'`); n != 1 {
		t.Errorf("%d Adds arrived, want one", n)
	}
}

// TestHostileCollections: a collection without an end, or one that changes while it is read, is not the truth, and costs no
// more than one visit.
func TestHostileCollections(t *testing.T) {
	t.Parallel()
	house, kg, reader := ft.Start(t, "house"), ft.Start(t, "kg"), ft.Start(t, "reader")
	curates(t, reader, false)
	first := house.Publish("Kiel: Abwärme nutzen")
	ft.Settle(house)
	reader.FollowInstance(house)
	kg.FollowInstance(house)
	reader.FollowInstance(kg)
	there := kg.Has(first.URI)
	kg.Eventually("on the desk", func() string {
		if err := kg.Curation.Accept(t.Context(), kg.Editor, there.ID); err != nil {
			return err.Error()
		}
		return ""
	})
	byKG := "praxis@" + kg.Config.Domain()
	sealed(t, reader, first.URI, byKG)
	ft.Settle(house, kg, reader)

	house.Extra.Store("/elsewhere", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		serve(w, m{"id": house.Config.BaseURL + "/elsewhere", "type": "OrderedCollectionPage", "orderedItems": []string{}})
	}))
	id := kg.Catalog().URI + "/collections/" + curation.Curated
	path := strings.TrimPrefix(id, kg.Config.BaseURL)
	for name, list := range map[string]http.HandlerFunc{
		"without end": func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.Atoi(r.URL.Query().Get("page"))
			serve(w, m{"id": kg.Config.BaseURL + r.URL.RequestURI(), "type": "OrderedCollectionPage", "orderedItems": []string{fmt.Sprintf("%s/nothing/%d", kg.Config.BaseURL, n)},
				"next": fmt.Sprintf("%s?page=%d", id, n+1), "totalItems": 1_000_000})
		},
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			serve(w, m{"id": kg.Config.BaseURL + r.URL.RequestURI(), "type": "OrderedCollection", "first": house.Config.BaseURL + "/elsewhere"})
		},
		"does not add up": func(w http.ResponseWriter, r *http.Request) {
			serve(w, m{"id": id, "type": "OrderedCollection", "orderedItems": []string{}, "vb:checksum": "00"})
		},
		"broken": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"no list": func(w http.ResponseWriter, _ *http.Request) {
			serve(w, m{"id": id, "type": "Article"})
		},
	} {
		kg.Extra.Store(path, list)
		kg.Gets()
		house.Gets()
		reads(t, reader)
		if n := len(kg.Gets()) + len(house.Gets()); n == 0 || n > 100 {
			t.Errorf("%s: %d requests", name, n)
		}
		if diff := cmp.Diff([]string{byKG}, seals(t, reader, first.URI)); diff != "" {
			t.Errorf("%s: seals (-want +got):\n%s", name, diff)
		}
		if _, asked := house.Asked.Load("/elsewhere"); asked {
			t.Errorf("%s: a page of another host was fetched", name)
		}
	}

	// What does not exist is no practice here, and is not asked for every hour.
	nothing := kg.Config.BaseURL + "/nothing/1"
	kg.Extra.Store(path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		serve(w, m{"id": id, "type": "OrderedCollection", "orderedItems": []string{first.URI, nothing}})
	}))
	reads(t, reader)
	kg.Gets()
	reads(t, reader)
	if gets := kg.Gets(); slices.Contains(gets, "/nothing/1") {
		t.Errorf("asked again for what is not there: %v", gets)
	}
	sealed(t, reader, first.URI, byKG)
	reader.HasNot(nothing)
}

// TestLongCollection: a collection of several pages is read to its end.
func TestLongCollection(t *testing.T) {
	t.Parallel()
	kg, reader := ft.Start(t, "kg"), ft.Start(t, "reader")
	const many = 230
	p := kg.Publish("Kiel: Abwärme nutzen")
	ft.Settle(kg)
	if _, err := kg.DB.Exec(`UPDATE curations SET state = 'accepted', revision_accepted = 1, decided_at = now() WHERE post_id = $1`, p.ID); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`INSERT INTO posts (id, uri, url, account_id, local, kind, state, visibility, thread_id, title, published_at)
			SELECT p.id + n, p.uri || n, p.url || n, p.account_id, true, 'article', 'published', 'public', p.id + n, p.title || n, now()
			FROM posts p, generate_series(1, $1::integer) n WHERE p.kind = 'article'`,
		`INSERT INTO practices (post_id, revision) SELECT id, 1 FROM posts p WHERE kind = 'article' AND NOT EXISTS (SELECT 1 FROM practices r WHERE r.post_id = p.id) AND $1::integer > 0`,
		`INSERT INTO curations (post_id, state, revision_accepted, decided_at) SELECT id, 'accepted', 1, now() FROM posts p WHERE kind = 'article' AND $1::integer > 0 ON CONFLICT DO NOTHING`,
		`INSERT INTO practice_index (post_id, account_id, visibility, published_at, listed, archived, rules, facets, packed, title, words, vocabulary)
			SELECT p.id, i.account_id, i.visibility, p.published_at, i.listed, i.archived, i.rules, i.facets, i.packed, i.title, i.words, i.vocabulary
			FROM practice_index i, posts p WHERE p.kind = 'article' AND $1::integer > 0 ON CONFLICT DO NOTHING`,
	} {
		if _, err := kg.DB.Exec(statement, many-1); err != nil {
			t.Fatal(err)
		}
	}
	reader.FollowInstance(kg)
	reader.Eventually("whole collection", func() string {
		if n := reader.Count(`SELECT count(*) FROM curated_items WHERE slug = 'kuratiert' AND revision = 1`); n != many {
			return fmt.Sprintf("%d entries", n)
		}
		return ""
	})
	list, err := kg.Practices.List(t.Context(), post.Viewer{}, practice.Filter{Accepted: true, Limit: 1})
	if err != nil || list.Total != many {
		t.Errorf("%d accepted, %v", list.Total, err)
	}
}
