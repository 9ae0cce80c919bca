package federation_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/post"
)

// accepts puts a practice of another instance into the overview of kg, and returns it as kg knows it.
func accepts(t *testing.T, kg *ft.Instance, p post.Post) post.Post {
	t.Helper()
	there := kg.Has(p.URI)
	kg.Eventually("on the desk", func() string {
		if err := kg.Curation.Accept(t.Context(), kg.Editor, there.ID); err != nil {
			return err.Error()
		}
		return ""
	})
	return there
}

// arranges makes a collection of practices that kg accepted, each in the chapter of that name.
func arranges(t *testing.T, kg *ft.Instance, name string, chapters []string, practices ...post.Post) int64 {
	t.Helper()
	ctx := t.Context()
	id, err := kg.Curation.CreateCollection(ctx, kg.Editor, curation.CollectionDraft{Name: name, Introduction: "Was sich bewährt hat."})
	must(t, err)
	for i, p := range practices {
		if chapters[i] == "" {
			must(t, kg.Curation.AddEntries(ctx, kg.Editor, id, []int64{p.ID}, 0))
			continue
		}
		must(t, kg.Curation.SaveChapter(ctx, kg.Editor, id, curation.Chapter{Name: chapters[i], Introduction: "Zu " + chapters[i]}))
		c, err := kg.Curation.Arranged(ctx, kg.Editor, id)
		must(t, err)
		must(t, kg.Curation.AddEntries(ctx, kg.Editor, id, []int64{p.ID}, c.Chapters[len(c.Chapters)-1].ID))
	}
	return id
}

// shelf is what an editor of i sees of a collection of kg: chapter, title and what is the matter with each practice.
func shelf(i *ft.Instance, kg *ft.Instance, slug string) []string {
	i.T.Helper()
	lines := []string{}
	c, err := i.Curation.CollectionOf(i.T.Context(), &i.Editor, kg.Config.Domain(), slug)
	if err != nil {
		return lines
	}
	for _, e := range c.Entries {
		line := "?"
		if views, err := i.Practices.Views(i.T.Context(), post.Viewer{}, []int64{e.PostID}); err == nil && len(views) == 1 {
			line = views[0].Post.Title
		}
		if e.Chapter != "" {
			line = e.Chapter + ": " + line
		}
		if e.Annotation != "" {
			line += " (" + e.Annotation + ")"
		}
		if e.Featured {
			line += " *"
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

func shelved(t *testing.T, i, kg *ft.Instance, slug string, want ...string) {
	t.Helper()
	i.Eventually("collection "+slug, func() string { return cmp.Diff(append([]string{}, want...), shelf(i, kg, slug)) })
}

// TestNamedCollections: a collection that editors arranged is read by who follows their catalogue, may be shown there, and is
// what its catalogue says although every activity was lost.
func TestNamedCollections(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	house, kg, reader := ft.Start(t, "house"), ft.Start(t, "kg"), ft.Start(t, "reader")
	curates(t, house, false)
	curates(t, reader, false)
	kiel, luebeck, husum := house.Publish("Kiel: Abwärme"), house.Publish("Lübeck: Server aus"), house.Publish("Husum: 27 °C")
	ft.Settle(house)
	kg.FollowInstance(house)
	reader.FollowInstance(kg) // and not house
	a, b, c := accepts(t, kg, kiel), accepts(t, kg, luebeck), accepts(t, kg, husum)
	ft.Settle(house, kg, reader)
	id := arranges(t, kg, "Rechenzentren", []string{"Wärme", "Betrieb"}, a, b)
	must(t, kg.Curation.SaveEntry(ctx, kg.Editor, id, b.ID, curation.EntryDraft{ChapterID: chapterOf(t, kg, id, b.ID), Annotation: "Lohnt\nsich", Featured: true}))
	reads(t, reader)
	if list, err := reader.Curation.Elsewhere(ctx, reader.Editor); err != nil || len(list) != 0 {
		t.Fatalf("a draft is read: %v, %v", list, err)
	}

	// Publishing is told, and read at once.
	must(t, kg.Curation.PublishCollection(ctx, kg.Editor, id))
	shelved(t, reader, kg, "rechenzentren", "Wärme: Kiel: Abwärme", "Betrieb: Lübeck: Server aus (Lohnt\nsich) *")
	list, err := reader.Curation.Elsewhere(ctx, reader.Editor)
	must(t, err)
	if len(list) != 1 || list[0].Name != "Rechenzentren" || list[0].Size != 2 || list[0].Shown || list[0].URL != kg.Config.BaseURL+"/sammlungen/rechenzentren" {
		t.Errorf("elsewhere there is %+v", list)
	}

	// It is a page only once an editor says so.
	domain := kg.Config.Domain()
	if _, err := reader.Curation.CollectionOf(ctx, &reader.Author, domain, "rechenzentren"); err == nil {
		t.Error("a member sees it although no editor shows it")
	}
	must(t, reader.Curation.Show(ctx, reader.Editor, domain, "rechenzentren", true))
	got, err := reader.Curation.CollectionOf(ctx, nil, domain, "rechenzentren")
	must(t, err)
	if diff := cmp.Diff([]curation.Chapter{{Name: "Wärme", Introduction: "Zu Wärme"}, {Name: "Betrieb", Introduction: "Zu Betrieb"}}, got.Chapters); diff != "" || got.Introduction != "Was sich bewährt hat." {
		t.Errorf("%q, chapters (-want +got):\n%s", got.Introduction, diff)
	}

	// An Add is taken at once, with its chapter.
	must(t, kg.Curation.AddEntries(ctx, kg.Editor, id, []int64{c.ID}, chapterOf(t, kg, id, b.ID)))
	shelved(t, reader, kg, "rechenzentren", "Wärme: Kiel: Abwärme", "Betrieb: Lübeck: Server aus (Lohnt\nsich) *", "Betrieb: Husum: 27 °C")

	// Every activity is lost: order, chapters and acceptance are read nevertheless.
	reader.Broken.Store(http.StatusForbidden)
	must(t, kg.Curation.MoveEntry(ctx, kg.Editor, id, c.ID, true))
	must(t, kg.Curation.Decline(ctx, kg.Editor, a.ID, "Doppelt: siehe Lübeck."))
	ft.Settle(kg, house)
	reader.Broken.Store(0)
	reads(t, reader)
	shelved(t, reader, kg, "rechenzentren", "Betrieb: Husum: 27 °C", "Betrieb: Lübeck: Server aus (Lohnt\nsich) *")

	// The source goes on. kg says so; whoever does not follow the source hears of it when kg accepts the new version.
	if _, err := house.Practices.Publish(ctx, house.Editor, luebeck.ID, house.Sample("Lübeck: alle Server aus")); err != nil {
		t.Fatal(err)
	}
	ft.Settle(house, kg, reader)
	kg.Eventually("changed since it was accepted", func() string {
		c, err := kg.Curation.CollectionByID(ctx, id)
		if err != nil || !slices.ContainsFunc(c.Entries, func(e curation.Entry) bool { return e.URI == luebeck.URI && e.Changed() }) {
			return fmt.Sprint(c.Entries, err)
		}
		return ""
	})
	accepts(t, kg, luebeck)
	ft.Settle(house, kg, reader)
	reads(t, reader)
	shelved(t, reader, kg, "rechenzentren", "Betrieb: Husum: 27 °C", "Betrieb: Lübeck: alle Server aus (Lohnt\nsich) *")

	// The source withdraws: it leaves the view at once, also where nobody follows the source; its place says so.
	must(t, house.Practices.Withdraw(ctx, house.Editor, husum.ID))
	ft.Settle(house, kg, reader)
	reader.Eventually("is withdrawn", func() string {
		if p, err := reader.Posts.Find(ctx, husum.URI); err != nil || p.State != post.StateWithdrawn {
			return fmt.Sprint(p.State, err)
		}
		return ""
	})
	reads(t, reader)
	shelved(t, reader, kg, "rechenzentren", "Betrieb: ? withdrawn", "Betrieb: Lübeck: alle Server aus (Lohnt\nsich) *")

	if n := kg.Count(`SELECT count(*) FROM activities WHERE type = 'Remove' AND object_uri = $1`, husum.URI); n != 2 {
		t.Errorf("kg told %d times that it left, want once of what it accepted and once of the collection", n)
	}

	// Taken back, it is no page any more, here or there.
	must(t, kg.Curation.UnpublishCollection(ctx, kg.Editor, id))
	shelved(t, reader, kg, "rechenzentren")
	if _, err := reader.Curation.CollectionOf(ctx, nil, domain, "rechenzentren"); err == nil {
		t.Error("what was taken back is still shown")
	}
}

// chapterOf is the chapter in which a practice stands.
func chapterOf(t *testing.T, kg *ft.Instance, id, postID int64) int64 {
	t.Helper()
	c, err := kg.Curation.Arranged(t.Context(), kg.Editor, id)
	must(t, err)
	i := slices.IndexFunc(c.Entries, func(e curation.Entry) bool { return e.PostID == postID })
	if i < 0 {
		t.Fatalf("%d is not in %+v", postID, c.Entries)
	}
	return c.Entries[i].ChapterID
}

// TestCollectionPages: every page can be fetched, says what belongs to it, and has an ETag that changes with what is on any of
// them.
func TestCollectionPages(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	kg := ft.Start(t, "kg")
	const many = 30
	var practices []post.Post
	var chapters []string
	for n := range many {
		p := kg.Publish(fmt.Sprintf("Praxisbeispiel %d", n))
		ft.Settle(kg)
		practices, chapters = append(practices, accepts(t, kg, p)), append(chapters, "")
	}
	id := arranges(t, kg, "Alle", chapters, practices...)
	path := strings.TrimPrefix(kg.Catalog().URI, kg.Config.BaseURL) + "/collections"
	accept := "application/activity+json"
	if status, _, _ := kg.Get(fmt.Sprintf("%s/%d", path, id), accept); status != http.StatusNotFound {
		t.Errorf("a draft: %d", status)
	}
	if _, _, index := kg.Get(path, accept); index["totalItems"] != float64(0) || len(index["orderedItems"].([]any)) != 0 {
		t.Errorf("the list names a draft: %v", index)
	}
	curates(t, kg, false)
	if status, _, _ := kg.Get(path, accept); status != http.StatusNotFound {
		t.Errorf("the list of who does not curate: %d", status)
	}
	curates(t, kg, true)
	must(t, kg.Curation.PublishCollection(ctx, kg.Editor, id))
	_, _, index := kg.Get(path, accept)
	one := fmt.Sprintf("%s%s/%d", kg.Config.BaseURL, path, id)
	if diff := cmp.Diff([]any{one}, index["orderedItems"]); diff != "" || index["vb:kind"] != "Collections" {
		t.Errorf("the list: %v", index)
	}
	if status, header, _ := kg.Get("/sammlungen/alle", accept); status != http.StatusSeeOther || header.Get("Location") != one {
		t.Errorf("the page leads to %d %q", status, header.Get("Location"))
	}
	_, header, doc := kg.Get(strings.TrimPrefix(one, kg.Config.BaseURL), accept)
	if doc["totalItems"] != float64(many) || doc["name"] != "Alle" || doc["url"] != kg.Config.BaseURL+"/sammlungen/alle" || doc["attributedTo"] != kg.Catalog().URI {
		t.Errorf("the collection: %v", doc)
	}
	var seen []string
	pages := 0
	for next := doc["first"]; next != nil; pages++ {
		status, _, page := kg.Get(strings.TrimPrefix(next.(string), kg.Config.BaseURL), accept)
		if status != http.StatusOK || page["partOf"] != one || page["id"] != next || (page["prev"] == nil) != (pages == 0) || pages > many {
			t.Fatalf("page %v: %d %v", next, status, page)
		}
		for _, item := range page["orderedItems"].([]any) {
			seen = append(seen, item.(string))
		}
		next = page["next"]
	}
	var want []string
	for _, p := range practices {
		want = append(want, p.URI)
	}
	if diff := cmp.Diff(want, seen); diff != "" || pages != 2 {
		t.Errorf("%d pages (-want +got):\n%s", pages, diff)
	}
	for _, wrong := range []string{"0", "3", "-1", "x", "99999999999999999999"} {
		if status, _, _ := kg.Get(fmt.Sprintf("%s/%d?page=%s", path, id, wrong), accept); status != http.StatusNotFound {
			t.Errorf("page %s: %d", wrong, status)
		}
	}

	etag := header.Get("ETag")
	same := func() bool { return kg.GetIf(fmt.Sprintf("%s/%d", path, id), accept, etag) == http.StatusNotModified }
	if etag == "" || !same() {
		t.Fatalf("ETag %q is not known again", etag)
	}
	must(t, kg.Curation.SaveEntry(ctx, kg.Editor, id, practices[many-1].ID, curation.EntryDraft{Annotation: "Neu"}))
	if same() {
		t.Error("an annotation on the last page changes nothing")
	}
	must(t, kg.Practices.Withdraw(ctx, kg.Editor, practices[0].ID))
	_, _, doc = kg.Get(fmt.Sprintf("%s/%d", path, id), accept)
	_, _, page := kg.Get(fmt.Sprintf("%s/%d?page=1", path, id), accept)
	first, _ := page["vb:entries"].([]any)[0].(map[string]any)
	if doc["totalItems"] != float64(many-1) || slices.Contains(page["orderedItems"].([]any), any(practices[0].URI)) || first["id"] != practices[0].URI || first["withdrawn"] != true {
		t.Errorf("withdrawn: %v, %v", doc["totalItems"], first)
	}
	if status, _, _ := kg.Get(strings.Replace(path, "praxis", "forum", 1), accept); status != http.StatusNotFound {
		t.Errorf("the forum's collections: %d", status)
	}
}

// TestHostileNamedCollections: what lies about whose it is, has no end, or takes another's name is not kept, and keeps nobody from
// what is true.
func TestHostileNamedCollections(t *testing.T) {
	t.Parallel()
	house, kg, reader := ft.Start(t, "house"), ft.Start(t, "kg"), ft.Start(t, "reader")
	curates(t, reader, false)
	first := house.Publish("Kiel: Abwärme")
	ft.Settle(house)
	kg.FollowInstance(house)
	reader.FollowInstance(kg)
	id := arranges(t, kg, "Gut", []string{""}, accepts(t, kg, first))
	must(t, kg.Curation.PublishCollection(t.Context(), kg.Editor, id))
	ft.Settle(house, kg, reader)
	reads(t, reader)
	shelved(t, reader, kg, "gut", "Kiel: Abwärme")

	base := kg.Catalog().URI + "/collections"
	good := fmt.Sprintf("%s/%d", base, id)
	at := func(uri string) string { return strings.TrimPrefix(uri, kg.Config.BaseURL) }
	named := func(id, owner, page string, items ...string) m {
		return m{"id": id, "type": "OrderedCollection", "vb:kind": "Curation", "attributedTo": owner, "name": "Falsch", "url": kg.Config.BaseURL + "/sammlungen/" + page, "orderedItems": items}
	}
	owner := kg.Catalog().URI
	lies := map[string]m{
		"another's":       named(base+"/1", house.Catalog().URI, "anders", first.URI),
		"other id":        named(base+"/999", owner, "anders", first.URI),
		"the same name":   named(base+"/3", owner, "gut", first.URI),
		"reserved":        named(base+"/4", owner, "kuratiert", first.URI),
		"no kind":         {"id": base + "/5", "type": "OrderedCollection", "attributedTo": owner, "name": "Falsch", "orderedItems": []string{first.URI}},
		"does not add up": named(base+"/6", owner, "summe", first.URI),
		"without end":     {"id": base + "/7", "type": "OrderedCollection", "vb:kind": "Curation", "attributedTo": owner, "name": "Lang", "first": base + "/7?page=1"},
		"broken":          nil,
	}
	lies["does not add up"]["vb:checksum"] = "00"
	number := map[string]int{"another's": 1, "other id": 2, "the same name": 3, "reserved": 4, "no kind": 5, "does not add up": 6, "without end": 7, "broken": 8}
	list := []string{house.Catalog().URI + "/collections/1", "javascript:alert(1)"}
	for name, doc := range lies {
		uri := fmt.Sprintf("%s/%d", base, number[name])
		list = append(list, uri)
		kg.Extra.Store(at(uri), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case doc == nil:
				w.WriteHeader(http.StatusInternalServerError)
			case r.URL.RawQuery != "":
				var n int
				_, _ = fmt.Sscanf(r.URL.RawQuery, "page=%d", &n)
				serve(w, m{"id": kg.Config.BaseURL + r.URL.RequestURI(), "type": "OrderedCollectionPage", "orderedItems": []string{fmt.Sprintf("%s/nothing/%d", kg.Config.BaseURL, n)}, "next": fmt.Sprintf("%s?page=%d", uri, n+1)})
			default:
				serve(w, doc)
			}
		}))
	}
	kg.Extra.Store(at(base), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		serve(w, m{"id": base, "type": "OrderedCollection", "orderedItems": append([]string{good}, list...)})
	}))
	kg.Gets()
	house.Gets()
	reads(t, reader)
	if n := len(kg.Gets()); n > 100 {
		t.Errorf("%d requests", n)
	}
	if gets := house.Gets(); slices.ContainsFunc(gets, func(g string) bool { return strings.Contains(g, "/collections/1") }) {
		t.Errorf("another host was asked for kg's collection: %v", gets)
	}
	kept, err := reader.Curation.Elsewhere(t.Context(), reader.Editor)
	must(t, err)
	if len(kept) != 1 || kept[0].Slug != "gut" || kept[0].Name != "Gut" {
		t.Errorf("kept %+v", kept)
	}
	shelved(t, reader, kg, "gut", "Kiel: Abwärme")
	sealed(t, reader, first.URI, "praxis@"+kg.Config.Domain())

	// A list without an end says nothing of what is not in it.
	kg.Extra.Store(at(base), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		long := make([]string, curation.MaxCollections+1)
		for n := range long {
			long[n] = fmt.Sprintf("%s/%d", base, 1000+n)
		}
		serve(w, m{"id": base, "type": "OrderedCollection", "orderedItems": long})
	}))
	reads(t, reader)
	shelved(t, reader, kg, "gut", "Kiel: Abwärme")

	// Nobody else publishes or takes back a collection of kg, or puts something into it.
	for _, body := range []string{
		`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s#x1","type":"Remove","actor":"%[1]s","object":"%[3]s","target":"%[2]s","to":["https://www.w3.org/ns/activitystreams#Public"]}`,
		`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s#x2","type":"Add","actor":"%[1]s","object":"%[1]s/x","target":"%[2]s","to":["https://www.w3.org/ns/activitystreams#Public"]}`,
	} {
		house.Send(house.Catalog(), ft.Letter{To: reader.Config.BaseURL + "/inbox", Body: fmt.Sprintf(body, house.Catalog().URI, good, first.URI)})
	}
	ft.Settle(reader)
	shelved(t, reader, kg, "gut", "Kiel: Abwärme")
}
