package web

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

type readFeed struct {
	ID      string `xml:"id"`
	Title   string `xml:"title"`
	Updated string `xml:"updated"`
	Links   []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Entries []struct {
		ID         string `xml:"id"`
		Title      string `xml:"title"`
		Author     string `xml:"author>name"`
		Content    string `xml:"content"`
		Categories []struct {
			Term string `xml:"term,attr"`
		} `xml:"category"`
		Links []struct {
			Href string `xml:"href,attr"`
		} `xml:"link"`
	} `xml:"entry"`
}

func (in *curator) feed(path, who string) (f readFeed) {
	in.t.Helper()
	a := in.get(path, who).wants(in.t, http.StatusOK)
	if got := a.Header.Get("Content-Type"); got != "application/atom+xml; charset=utf-8" {
		in.t.Errorf("%s: %s", path, got)
	}
	must(in.t, xml.Unmarshal([]byte(a.body), &f))
	return f
}

func (f readFeed) titles() (list []string) {
	for _, e := range f.Entries {
		list = append(list, e.Title)
	}
	return list
}

func TestFeeds(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	own, other := in.sample()
	all := in.feed("/praxisbeispiele.atom", "")
	if len(all.Entries) != 4 || all.ID != houseURL+"/praxisbeispiele.atom" || !strings.Contains(all.Title, "Praxisbeispiele") {
		t.Errorf("catalogue: %s %q with %q", all.ID, all.Title, all.titles())
	}
	land := in.feed("/praxisbeispiele.atom?land=DE-SH&unbekannt=1&seite=9", "")
	if len(land.Entries) != 1 || land.Entries[0].Links[0].Href != houseURL+practiceURL(other) || !strings.HasPrefix(land.Entries[0].ID, "https://sh.example/") || land.Links[0].Href != houseURL+"/praxisbeispiele.atom?land=DE-SH" ||
		!strings.Contains(land.Title, "Schleswig-Holstein") {
		t.Errorf("of a Land: %+v", land)
	}
	if got := in.feed("/praxisbeispiele.atom?q=Serverraum", "").Entries; len(got) != 1 || got[0].Author != "Stelle member" || len(got[0].Categories) != 3 || got[0].Categories[0].Term != "Rechenzentrum" || !strings.Contains(got[0].Content, "einhausen") || got[0].Links[0].Href != houseURL+practiceURL(own) {
		t.Errorf("of a search: %+v", got)
	}
	if got := in.feed("/praxisbeispiele.atom?q=gibtesnicht", ""); len(got.Entries) != 0 || got.Updated != "1970-01-01T00:00:00Z" {
		t.Errorf("of nothing: %+v", got)
	}
	if got := in.feed("/diskussionen.atom", "").titles(); len(got) != 2 || got[0] != "Austauschtermin der Länder im Herbst" {
		t.Errorf("discussions: %q", got)
	}
	if got := in.feed("/@editor.atom", ""); len(got.Entries) != 4 || got.Links[1].Href != houseURL+"/@editor" {
		t.Errorf("what an editor wrote: %q", got.titles())
	}
	for _, path := range []string{"/@niemand.atom", "/@green-it@sh.example.atom", "/suchen/" + strings.Repeat("a", 32) + ".atom", "/suchen/x.atom"} {
		if a := in.get(path, ""); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	for page, feed := range map[string]string{
		"/praxisbeispiele": "/praxisbeispiele.atom", "/praxisbeispiele?land=DE-SH&sort=neu": "/praxisbeispiele.atom?land=DE-SH", "/diskussionen": "/diskussionen.atom", "/@member": "/@member.atom",
	} {
		a := in.get(page, "")
		for _, where := range []string{"head link[rel=alternate][type='application/atom+xml'][title]", "main .feed-link a"} {
			if got := a.Find(where).AttrOr("href", ""); got != feed {
				t.Errorf("%s: %s leads to %q", page, where, got)
			}
		}
	}
}

// TestFeedConditional: who has the newest feed gets 304; one more practice, or one less, and it is sent again. It has no time of its
// last change: by that, who asks would keep what was withdrawn.
func TestFeedConditional(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	goes := in.publish("member", nil)
	const path = "/praxisbeispiele.atom"
	ask := func(tag string, want int) answer {
		t.Helper()
		a := in.get(path, "", "If-None-Match", tag).wants(t, want)
		if modified := a.Header.Get("Last-Modified"); modified != "" {
			t.Errorf("last modified %s", modified)
		}
		return a
	}
	tag := ask("", http.StatusOK).Header.Get("ETag")
	if a := ask(tag, http.StatusNotModified); a.body != "" {
		t.Errorf("sent again: %s", a.body)
	}
	in.publish("member", func(d *practice.Draft) { d.Title = "Ein weiteres Beispiel" })
	more := ask(tag, http.StatusOK)
	if !strings.Contains(more.body, "Ein weiteres Beispiel") {
		t.Errorf("after one more: %s", more.body)
	}
	must(t, in.Practices.Withdraw(t.Context(), in.people["editor"], goes))
	if a := ask(more.Header.Get("ETag"), http.StatusOK); strings.Contains(a.body, "Grad für Grad") {
		t.Errorf("after one less: %s", a.body)
	}
}

// TestFeedLimits: a feed has an end, and what an author warns of is only named.
func TestFeedLimits(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	for i := range feedLength + 3 {
		_, err := in.Posts.Create(t.Context(), in.people["member"], post.Draft{Title: fmt.Sprint("Thema ", i), Source: "Text", Visibility: post.Public, Language: "de"})
		must(t, err)
	}
	_, err := in.Posts.Create(t.Context(), in.people["member"], post.Draft{Title: "Mit Warnung", Summary: "Warnung", Sensitive: true, Source: "Das Verborgene", Visibility: post.Public, Language: "de"})
	must(t, err)
	for _, v := range []post.Visibility{post.Network, post.Followers, post.Unlisted} {
		_, err := in.Posts.Create(t.Context(), in.people["member"], post.Draft{Title: "Nicht für alle " + string(v), Source: "Text", Visibility: v, Language: "de"})
		must(t, err)
	}
	// What only some may read takes no place of what everybody may.
	in.publish("editor", func(d *practice.Draft) { d.Title = "Für alle" })
	for i := range feedLength {
		in.publish("editor", func(d *practice.Draft) {
			d.Title, d.Visibility = fmt.Sprint("Verbund ", i), post.Network
		})
	}
	for _, who := range []string{"", "member"} {
		if got := in.feed("/praxisbeispiele.atom", who).titles(); len(got) != 1 || got[0] != "Für alle" {
			t.Errorf("catalogue as %q: %q", who, got)
		}
	}
	for _, path := range []string{"/diskussionen.atom", "/@member.atom", "/praxisbeispiele.atom", "/katalog.jsonld"} {
		if in.get(path, "").body != in.get(path, "member").body {
			t.Errorf("%s says something else to a member than to a visitor, and both may keep it for others", path)
		}
	}
	for _, path := range []string{"/diskussionen.atom", "/@member.atom"} {
		for _, who := range []string{"", "member"} {
			got := in.feed(path, who)
			if len(got.Entries) > feedLength || len(got.Entries) < feedLength-3 {
				t.Errorf("%s: %d entries", path, len(got.Entries))
			}
			if text := strings.Join(got.titles(), "|"); strings.Contains(text, "Nicht für alle") || !strings.Contains(text, "Mit Warnung") {
				t.Errorf("%s as %q shows %s", path, who, text)
			}
			for _, e := range got.Entries {
				if strings.Contains(e.Content, "Verborgene") {
					t.Errorf("%s shows what is behind a warning", path)
				}
			}
		}
	}
}

// TestSavedFeed: whoever knows the address of a saved search reads what of it is public, and nobody keeps it for others.
func TestSavedFeed(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.publish("member", nil)
	in.publish("member", func(d *practice.Draft) { d.Title, d.Visibility = "Nur im Verbund wärmer", post.Network })
	in.publish("member", func(d *practice.Draft) { d.Title, d.Region = "Anderswo", "DE-BY" })
	in.post("/bereich/suchen", "member", url.Values{"name": {"Unser Land"}, "query": {"land=DE-NW"}}).wants(t, http.StatusSeeOther)
	address := in.get("/bereich/suchen", "member").Find("a[href$='.atom']").AttrOr("href", "")
	if address == "" {
		t.Fatal("no address")
	}
	for _, who := range []string{"", "member"} {
		if got := in.feed(address, who); got.Title != "Unser Land" || len(got.Entries) != 1 || got.Entries[0].Title != sampleDraft().Title {
			t.Errorf("as %q: %q with %q", who, got.Title, got.titles())
		}
	}
	if a := in.get(address, ""); a.Header.Get("Cache-Control") != "private, no-store" || a.Header.Get("X-Robots-Tag") != "noindex" {
		t.Errorf("Cache-Control %q, robots %q", a.Header.Get("Cache-Control"), a.Header.Get("X-Robots-Tag"))
	}
}

// TestPreview: links to a practice or a discussion are previewed with what it is, when it was published and who wrote it.
func TestPreview(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	own, other := in.sample()
	thread, err := in.Posts.Create(t.Context(), in.people["editor"], post.Draft{Title: "Wohin mit der Abwärme?", Source: "Wir **suchen** Abnehmer.", Visibility: post.Public, Language: "de"})
	must(t, err)
	for path, want := range map[string][3]string{
		practiceURL(own): {sampleDraft().Title, sampleDraft().Summary, "@member@sh.localhost:8402"}, discussionURL(thread.ID): {"Wohin mit der Abwärme?", "Wir suchen Abnehmer.", "@editor@sh.localhost:8402"},
	} {
		a := in.get(path, "").wants(t, http.StatusOK)
		meta := func(name string) string {
			return a.Find(fmt.Sprintf("meta[property='%[1]s'], meta[name='%[1]s']", name)).AttrOr("content", "")
		}
		if got := [3]string{meta("og:title"), meta("og:description"), meta("fediverse:creator")}; got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
		if meta("og:type") != "article" || meta("og:url") != houseURL+path || meta("og:locale") != "de_DE" || !strings.Contains(meta("og:site_name"), "Kooperationsgruppe") {
			t.Errorf("%s: type %q, url %q, locale %q, site %q", path, meta("og:type"), meta("og:url"), meta("og:locale"), meta("og:site_name"))
		}
		if at, err := time.Parse(time.RFC3339, meta("article:published_time")); err != nil || time.Since(at) > time.Hour {
			t.Errorf("%s: published %q", path, meta("article:published_time"))
		}
	}
	a := in.get(practiceURL(own), "")
	if a.Find("meta[name=robots]").Length() > 0 || a.Find("link[rel=describedby][type='application/ld+json']").AttrOr("href", "") != practiceURL(own)+".jsonld" {
		t.Error("a public practice is hidden from search engines, or its data is")
	}
	var page, file map[string]any
	must(t, json.Unmarshal([]byte(a.Find("script[type='application/ld+json']").Text()), &page))
	must(t, json.Unmarshal([]byte(in.get(practiceURL(own)+".jsonld", "").body), &file))
	if page["@id"] != file["@id"] || page["license"] != practice.Licences[0] || !strings.HasPrefix(fmt.Sprint(page["@id"]), houseURL+"/practices/") {
		t.Errorf("in the page %v, in the file %v", page["@id"], file["@id"])
	}
	must(t, json.Unmarshal([]byte(in.get(practiceURL(other), "").Find("script[type='application/ld+json']").Text()), &page))
	if !strings.HasPrefix(fmt.Sprint(page["url"]), "https://sh.example/") {
		t.Errorf("another instance's practice is said to stand at %v", page["url"])
	}
}

// TestCatalogue: portals find each practice of ours once, over all pages, and none of others.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.sample()
	for i := range cataloguePage {
		in.publish("member", func(d *practice.Draft) { d.Title = fmt.Sprint("Beispiel Nummer ", i) })
	}
	seen := map[string]bool{}
	pages := 0
	for next := houseURL + "/katalog.jsonld"; next != ""; pages++ {
		if pages > 3 {
			t.Fatal("the catalogue has no end")
		}
		a := in.get(strings.TrimPrefix(next, houseURL), "", "Accept", "application/ld+json").wants(t, http.StatusOK)
		if a.Header.Get("Content-Type") != "application/ld+json; charset=utf-8" || a.Header.Get("ETag") == "" {
			t.Errorf("%s: %v", next, a.Header)
		}
		var doc struct {
			Graph []map[string]any `json:"@graph"`
		}
		must(t, json.Unmarshal([]byte(a.body), &doc))
		next = ""
		for _, node := range doc.Graph {
			switch node["@type"] {
			case "dcat:Dataset":
				id := fmt.Sprint(node["@id"])
				if seen[id] || !strings.HasPrefix(id, houseURL+"/") {
					t.Errorf("%s stands there twice or is not ours", id)
				}
				seen[id] = true
			case "hydra:PagedCollection":
				next, _ = node["hydra:nextPage"].(string)
				if node["hydra:totalItems"] != float64(cataloguePage+1) {
					t.Errorf("%v in all", node["hydra:totalItems"])
				}
			}
		}
	}
	if len(seen) != cataloguePage+1 || pages != 2 {
		t.Errorf("%d practices on %d pages", len(seen), pages)
	}
	if got := in.get("/praxisbeispiele", "").Find("link[rel=describedby][type='application/ld+json']").AttrOr("href", ""); got != "/katalog.jsonld" {
		t.Errorf("the list of practices leads portals to %q", got)
	}
	if a := in.get("/katalog.jsonld?seite=3", ""); a.StatusCode != http.StatusNotFound {
		t.Errorf("a page after the last: %d", a.StatusCode)
	}
}
