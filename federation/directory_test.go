package federation_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/organization"
)

func listed(name string) directory.Entry {
	return directory.Entry{
		Kind: directory.Committee, Name: name, Summary: "Stimmt ab: Ziele & Wege.", Level: organization.LevelLand, Region: "DE-SH", Organization: "Staatskanzlei", Cadence: "viermal im Jahr",
		Members: "Ressorts", Email: "green-it@sh.example.org", Phone: "+49 431 988-0", Website: "https://www.schleswig-holstein.de/",
	}
}

func lists(i *ft.Instance, e directory.Entry) directory.Entry {
	i.T.Helper()
	id, err := i.Directory.Save(i.T.Context(), i.Editor, e)
	if err != nil {
		i.T.Fatal(err)
	}
	if e, err = i.Directory.OwnByID(i.T.Context(), id); err != nil {
		i.T.Fatal(err)
	}
	return e
}

// directoryOf are the entries an instance shows, as name of host.
func directoryOf(i *ft.Instance) string {
	i.T.Helper()
	list, err := i.Directory.List(i.T.Context(), directory.Filter{})
	if err != nil {
		return err.Error()
	}
	var said []string
	for _, e := range list.Entries {
		if e.Local() {
			said = append(said, e.Name)
		} else {
			said = append(said, e.Name+" of "+strings.Split(e.Host, ".")[0])
		}
	}
	return strings.Join(said, ", ")
}

func wantDirectory(i *ft.Instance, want string) {
	i.T.Helper()
	i.Eventually("directory", func() string {
		if got := directoryOf(i); got != want {
			return fmt.Sprintf("%q, want %q", got, want)
		}
		return ""
	})
}

// looks lets an hour pass.
func looks(i *ft.Instance) {
	i.T.Helper()
	if _, err := i.DB.Exec(`UPDATE directory_sources SET next_at = now()`); err != nil {
		i.T.Fatal(err)
	}
	if err := i.Federation.ReadDue(i.T.Context()); err != nil {
		i.T.Fatal(err)
	}
	ft.Settle(i)
}

// Who follows a catalogue has its directory: new, changed, confirmed and removed entries within moments, by the activity; and all of
// it by looking, whatever did not arrive.
func TestDirectoryIsFollowed(t *testing.T) {
	t.Parallel()
	kg, land := ft.Start(t, "kg"), ft.Start(t, "land")
	ctx := t.Context()
	before := lists(land, listed("Schon da"))
	kg.FollowInstance(land)
	looks(kg)
	wantDirectory(kg, "Schon da of land")

	e := lists(land, listed("AG Nachhaltige IT"))
	wantDirectory(kg, "AG Nachhaltige IT of land, Schon da of land")
	list, err := kg.Directory.List(ctx, directory.Filter{Words: []directory.Word{{Text: "nachhaltige"}}})
	if err != nil || len(list.Entries) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	got := list.Entries[0]
	want := e
	want.ID, want.AccountID, want.Host, want.Maintainer = got.ID, got.AccountID, land.Config.Domain(), land.Catalog().Name()
	want.ConfirmedAt, want.UpdatedAt = got.ConfirmedAt, got.UpdatedAt
	if diff := cmp.Diff(want, got); diff != "" || got.ConfirmedAt.UTC().Format("2006-01-02") != e.ConfirmedAt.UTC().Format("2006-01-02") {
		t.Errorf("confirmed %v\n%s", got.ConfirmedAt, diff)
	}
	e.Name = "AG Grüne IT"
	e = lists(land, e)
	wantDirectory(kg, "AG Grüne IT of land, Schon da of land")
	if err := land.Directory.Confirm(ctx, land.Editor, e.ID); err != nil {
		t.Fatal(err)
	}
	kg.Eventually("confirmed", func() string {
		if n := kg.Count(`SELECT revision FROM directory_entries WHERE uri = $1`, e.URI); n != 3 {
			return fmt.Sprintf("revision %d", n)
		}
		return ""
	})
	ft.Settle(land, kg)

	// Nothing changed: the actor and the directory are asked, no page is read.
	land.Gets()
	looks(kg)
	if gets := land.Gets(); slices.ContainsFunc(gets, func(g string) bool { return strings.Contains(g, "verzeichnis?page=") }) ||
		!slices.ContainsFunc(gets, func(g string) bool { return strings.HasSuffix(g, "/collections/verzeichnis") }) {
		t.Errorf("fetched although nothing changed: %v", gets)
	}

	if err := land.Directory.Remove(ctx, land.Editor, e.ID); err != nil {
		t.Fatal(err)
	}
	wantDirectory(kg, "Schon da of land")
	ft.Settle(land, kg)

	// What an activity did not tell, the directory does.
	kg.Broken.Store(http.StatusBadGateway)
	if err := land.Directory.Remove(ctx, land.Editor, before.ID); err != nil {
		t.Fatal(err)
	}
	looks(kg)
	wantDirectory(kg, "")
}

// Whom we no longer follow, whose directory is gone and who is gone stands nowhere any more.
func TestDirectoryIsLeft(t *testing.T) {
	t.Parallel()
	kg, land := ft.Start(t, "kg"), ft.Start(t, "land")
	lists(land, listed("AG Nachhaltige IT"))
	kg.FollowInstance(land)
	looks(kg)
	wantDirectory(kg, "AG Nachhaltige IT of land")
	path := "/g/praxis/collections/verzeichnis"
	land.Extra.Store(path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	looks(kg)
	wantDirectory(kg, "AG Nachhaltige IT of land")
	if n := kg.Count(`SELECT failures FROM directory_sources WHERE failures > 0`); n != 1 {
		t.Errorf("%d failures noted", n)
	}
	land.Extra.Store(path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }))
	looks(kg)
	wantDirectory(kg, "")
	land.Extra.Delete(path)
	looks(kg)
	wantDirectory(kg, "AG Nachhaltige IT of land")

	catalog := kg.Knows(land, account.CatalogUsername)
	if err := kg.Follows.Unfollow(t.Context(), kg.Editor, kg.Catalog().ID, catalog.ID); err != nil {
		t.Fatal(err)
	}
	wantDirectory(kg, "")
}

// Entries are served by their ids and lead people to their page; others' are not ours to serve.
func TestDirectoryIsServed(t *testing.T) {
	t.Parallel()
	kg, land := ft.Start(t, "kg"), ft.Start(t, "land")
	e := lists(land, listed("AG Nachhaltige IT"))
	kg.FollowInstance(land)
	looks(kg)
	wantDirectory(kg, "AG Nachhaltige IT of land")
	status, _, doc := land.Get(strings.TrimPrefix(e.URI, land.Config.BaseURL), activityJSON)
	if status != http.StatusOK || doc["id"] != e.URI || doc["type"] != "Object" || doc["name"] != e.Name || doc["vb:kind"] != "Committee" || doc["context"] != land.Catalog().URI+"/collections/verzeichnis" {
		t.Errorf("%d, %v", status, doc)
	}
	contact := listed("Ansprechstelle")
	contact.Kind = directory.Contact
	contact = lists(land, contact)
	if _, _, doc := land.Get(strings.TrimPrefix(contact.URI, land.Config.BaseURL), activityJSON); doc["vb:kind"] != "ContactPerson" || doc["vb:cadence"] != nil {
		t.Errorf("%v", doc)
	}
	router := mux.NewRouter()
	land.Federation.Routes(router)
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, e.URI, nil)
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	router.ServeHTTP(w, r)
	if at := w.Header().Get("Location"); w.Code != http.StatusSeeOther || at != e.Page {
		t.Errorf("people: %d %s", w.Code, at)
	}
	foreign := kg.Count(`SELECT id FROM directory_entries`)
	for _, path := range []string{fmt.Sprint("/directory/", foreign), "/directory/1", "/directory/99999999999999999999", "/g/praxis/collections/verzeichnis?page=3", "/g/praxis/collections/verzeichnis?page=0",
		"/g/praxis/collections/verzeichnis?page=x", "/g/forum/collections/verzeichnis"} {
		if status, _ := get(t, kg, path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if _, _, doc := kg.Get("/g/praxis/collections/verzeichnis", activityJSON); doc["totalItems"] != float64(0) || doc["vb:kind"] != "Directory" {
		t.Errorf("the directory of who only reads others': %v", doc)
	}
	// By pages, to the end.
	for n := range 60 {
		lists(land, listed(fmt.Sprint("AG ", n)))
	}
	ft.Settle(land, kg)
	looks(kg)
	if n := kg.Count(`SELECT count(*) FROM directory_entries`); n != 62 {
		t.Errorf("%d entries", n)
	}
}

// What is no directory of its owner's, or was not read to its end, changes nothing; nor does it lead us elsewhere.
func TestHostileDirectories(t *testing.T) {
	t.Parallel()
	kg, land, third := ft.Start(t, "kg"), ft.Start(t, "land"), ft.Start(t, "third")
	lists(land, listed("AG Nachhaltige IT"))
	kg.FollowInstance(land)
	looks(kg)
	const before = "AG Nachhaltige IT of land"
	wantDirectory(kg, before)
	id := land.Catalog().URI + "/collections/verzeichnis"
	path := strings.TrimPrefix(id, land.Config.BaseURL)
	entry := func(uri, name string) m {
		return m{"id": uri, "type": "Object", "vb:kind": "Committee", "vb:level": "land", "name": name, "vb:confirmed": "2026-01-01"}
	}
	ours := land.Config.BaseURL + "/directory/7"
	list := func(change m) m {
		doc := m{"id": id, "type": "OrderedCollection", "attributedTo": land.Catalog().URI, "vb:kind": "Directory", "orderedItems": []m{entry(ours, "Böses")}}
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
		many[n] = entry(fmt.Sprint(ours, n), fmt.Sprint("AG ", n))
	}
	for name, doc := range map[string]any{
		"of another":        list(m{"attributedTo": third.Catalog().URI}),
		"of nobody":         list(m{"attributedTo": ""}),
		"another id":        list(m{"id": third.Config.BaseURL + "/elsewhere"}),
		"no directory":      list(m{"vb:kind": "Curation"}),
		"does not add up":   list(m{"vb:checksum": "00"}),
		"goes on elsewhere": list(m{"next": third.Config.BaseURL + "/elsewhere"}),
		"begins elsewhere":  list(m{"orderedItems": []m{}, "first": third.Config.BaseURL + "/elsewhere"}),
		"goes on for ever":  list(m{"next": id + "?page=1", "orderedItems": many[:10]}),
		"too long":          list(m{"orderedItems": many}),
		"no list":           m{"id": id, "type": "Article"},
		"no JSON":           "<html>",
	} {
		land.Extra.Store(path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { serve(w, doc) }))
		land.Gets()
		looks(kg)
		if n := len(land.Gets()); n == 0 || n > 20 {
			t.Errorf("%s: %d requests", name, n)
		}
		if got := directoryOf(kg); got != before {
			t.Errorf("%s: the directory is %s", name, got)
		}
		if _, asked := third.Asked.Load("/elsewhere"); asked {
			t.Fatalf("%s: a page of another host was fetched", name)
		}
	}
	// Of what is the owner's, what is the owner's is kept.
	land.Extra.Store(path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		serve(w, list(m{"orderedItems": []any{entry(ours, "Gutes"), entry(third.Config.BaseURL+"/directory/1", "Böses"), entry(kg.Config.BaseURL+"/directory/1", "Böses"), 7, nil, "x", m{}, []int{1}}}))
	}))
	looks(kg)
	wantDirectory(kg, "Gutes of land")
	// A third one cannot take it out.
	kg.FollowInstance(third)
	if kept, err := kg.Directory.Hint(t.Context(), kg.Knows(third, account.CatalogUsername).ID, third.Catalog().URI+"/collections/verzeichnis", ours); err != nil || !kept {
		t.Errorf("%v, %v", kept, err)
	}
	ft.Settle(kg, third)
	wantDirectory(kg, "Gutes of land")
}
