package web

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/httprate"
	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// suffixes are the ends of the addresses of one practice's files.
var suffixes = []string{".html", ".odt", ".md", ".json", ".jsonld", ".pdf"}

// fakePrinter prints the file that holds what was printed how often, or fails.
func fakePrinter(t *testing.T, script string) *export.Printer {
	t.Helper()
	browser := filepath.Join(t.TempDir(), "browser")
	must(t, os.WriteFile(browser, []byte("#!/bin/sh\nfor a; do case $a in --print-to-pdf=*) out=${a#*=};; esac; done\n"+script), 0o700))
	return export.NewPrinter(browser, t.TempDir())
}

const printsPDF = `printf '%%PDF-1.4' > "$out"` + "\n"

// TestExportVisibility: who may not read a practice gets none of its files; who may, gets what no cache keeps; feeds and the
// catalogue show what a visitor sees, whoever asks.
func TestExportVisibility(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.Printer = fakePrinter(t, printsPDF)
	in.serve(t)
	publish := func(title string, v post.Visibility) int64 {
		return in.publish("editor", func(d *practice.Draft) { d.Title, d.Visibility = title, v })
	}
	open, network := publish("Offenes Beispiel", post.Public), publish("Verbundsache", post.Network)
	draft, err := in.Practices.SaveDraft(t.Context(), in.people["editor"], 0, practice.Draft{Title: "Entwurfssache", Source: "Noch roh."})
	must(t, err)
	gone := publish("Zurückgezogenes", post.Public)
	must(t, in.Practices.Withdraw(t.Context(), in.people["editor"], gone))
	changed := publish("Mit neuem Entwurf", post.Public)
	pending := sampleDraft()
	pending.Title, pending.Source = "Geheime neue Fassung", "Neu."
	_, err = in.Practices.SaveDraft(t.Context(), in.people["editor"], changed, pending)
	must(t, err)

	for _, suffix := range suffixes {
		for _, c := range []struct {
			id     int64
			query  string
			who    string
			status int
			public bool
			says   string
		}{
			{open, "", "", 200, true, "Offenes Beispiel"}, {open, "", "member", 200, true, "Offenes Beispiel"},
			{network, "", "", 404, false, ""}, {network, "?fassung=1", "", 404, false, ""}, {network, "", "member", 200, false, "Verbundsache"},
			{draft, "", "", 404, false, ""}, {draft, "", "member", 404, false, ""}, {draft, "", "editor", 200, false, "Entwurfssache"}, {draft, "?fassung=1", "member", 404, false, ""},
			{gone, "", "", 410, false, ""}, {gone, "?fassung=1", "", 410, false, ""},
			{changed, "", "", 200, true, "Mit neuem Entwurf"}, {changed, "?fassung=entwurf", "", 404, false, ""}, {changed, "?fassung=entwurf", "member", 404, false, ""},
			{changed, "?fassung=entwurf", "editor", 200, false, "Geheime neue Fassung"}, {open, "?fassung=entwurf", "editor", 404, false, ""}, {open, "?fassung=7", "", 404, false, ""},
		} {
			path := practiceURL(c.id) + suffix + c.query
			a := in.get(path, c.who)
			if a.StatusCode != c.status {
				t.Errorf("%s as %q: %d, want %d", path, c.who, a.StatusCode, c.status)
				continue
			}
			cache, robots := a.Header.Get("Cache-Control"), a.Header.Get("X-Robots-Tag")
			switch {
			case c.status != 200:
				if strings.Contains(a.body, "Verbundsache") || strings.Contains(a.body, "Geheime") || strings.Contains(a.body, "Entwurfssache") {
					t.Errorf("%s as %q tells what it refuses to tell", path, c.who)
				}
				continue
			case c.public && (cache != "no-cache" || a.Header.Get("ETag") == "" || robots != ""):
				t.Errorf("%s as %q: Cache-Control %q, robots %q", path, c.who, cache, robots)
			case !c.public && (cache != "private, no-store" || a.Header.Get("ETag") != "" || robots != "noindex"):
				t.Errorf("%s as %q: Cache-Control %q, robots %q", path, c.who, cache, robots)
			}
			if suffix != ".odt" && suffix != ".pdf" && !strings.Contains(a.body, c.says) {
				t.Errorf("%s as %q does not say %q", path, c.who, c.says)
			}
		}
	}
	for _, path := range []string{"/praxisbeispiele.atom", "/katalog.jsonld", "/@editor.atom", "/@" + account.CatalogUsername + ".atom"} {
		for _, who := range []string{"", "member", "editor"} {
			a := in.get(path, who).wants(t, http.StatusOK)
			if !strings.Contains(a.body, "Offenes Beispiel") {
				t.Errorf("%s as %q does not show what is public", path, who)
			}
			for _, secret := range []string{"Verbundsache", "Entwurfssache", "Zurückgezogenes", "Geheime"} {
				if strings.Contains(a.body, secret) {
					t.Errorf("%s as %q shows %q", path, who, secret)
				}
			}
			if got := a.Header.Get("Cache-Control"); got != "no-cache" {
				t.Errorf("%s as %q: Cache-Control %q", path, who, got)
			}
		}
	}
	// The page of what is not public says it to search engines, and gives previews nothing.
	if a := in.get(practiceURL(network), "member"); a.Find("meta[name=robots][content=noindex]").Length() != 1 || a.Find("script[type='application/ld+json'], meta[name='fediverse:creator'], link[rel=describedby]").Length() > 0 {
		t.Error("the page of a practice for the network is described to others")
	} else if !strings.Contains(a.text(".downloads"), "Nicht öffentlich") {
		t.Error("who takes out a practice for the network is not told")
	}
}

// TestExportVersions: an older version is what it was, with a note; the newest number is the current one.
func TestExportVersions(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := in.publish("member", func(d *practice.Draft) { d.Title = "Alter Titel" })
	d := sampleDraft()
	d.Title, d.Figures = "Neuer Titel", d.Figures[:1]
	_, err := in.Practices.Publish(t.Context(), in.people["member"], id, d)
	must(t, err)
	read := func(query string) (p export.Practice) {
		a := in.get(practiceURL(id)+".json"+query, "").wants(t, http.StatusOK)
		must(t, json.Unmarshal([]byte(a.body), &p))
		return p
	}
	now, old := read(""), read("?fassung=1")
	if now.Title != "Neuer Titel" || now.Revision != 2 || now.Updated == nil || len(now.Figures) != 1 {
		t.Errorf("current: %q, revision %d, updated %v", now.Title, now.Revision, now.Updated)
	}
	if old.Title != "Alter Titel" || old.Revision != 1 || old.Updated != nil || len(old.Figures) != 3 || old.Level != "kommune" || !strings.Contains(old.Content, "einhausen") {
		t.Errorf("older: %+v", old)
	}
	if got := read("?fassung=2"); got.Title != now.Title {
		t.Errorf("version 2 is %q", got.Title)
	}
	a := in.get(practiceURL(id)+".md?fassung=1", "").wants(t, http.StatusOK)
	if !strings.Contains(a.body, "ältere Fassung") || a.Header.Get("X-Robots-Tag") != "noindex" {
		t.Errorf("an older version does not say so: %s", a.body)
	}
	for _, path := range []string{".pdf?fassung=1", ".odt?fassung=1", ".pdf?fassung=2", ".odt?fassung=2"} {
		if in.get(practiceURL(id)+"/verlauf", "").Find("a[href='"+practiceURL(id)+path+"']").Length() != 1 {
			t.Errorf("the history does not lead to %s", path)
		}
	}
	if got := in.get(practiceURL(id)+".md", "").Header.Get("Content-Disposition"); got != `attachment; filename="neuer-titel-fassung-2.md"` {
		t.Errorf("name %s", got)
	}
	must(t, in.Practices.Archive(t.Context(), in.people["member"], id, "Die Technik ist überholt."))
	if a := in.get(practiceURL(id)+".html", ""); !strings.Contains(a.text(".notice"), "Archiviert seit") || !strings.Contains(a.text(".notice"), "Die Technik ist überholt.") {
		t.Errorf("archived: %q", a.text(".notice"))
	}
}

// TestExportFiles: what the files say, and that who has one is told that it did not change.
func TestExportFiles(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	own, other := in.sample()
	types := map[string]string{".html": "text/html; charset=utf-8", ".odt": export.ODTType, ".md": "text/markdown; charset=utf-8", ".json": "application/json; charset=utf-8", ".jsonld": export.LDType}
	for suffix, mediaType := range types {
		a := in.get(practiceURL(own)+suffix, "", "Range", "bytes=0-9").wants(t, http.StatusOK)
		if got := a.Header.Get("Content-Type"); got != mediaType {
			t.Errorf("%s: %q", suffix, got)
		}
		if got := a.Header.Get("Link"); got != "<"+houseURL+practiceURL(own)+`>; rel="canonical"` {
			t.Errorf("%s: Link %q", suffix, got)
		}
		if again := in.get(practiceURL(own)+suffix, "", "If-None-Match", a.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || again.body != "" {
			t.Errorf("%s again: %d with %d bytes", suffix, again.StatusCode, len(again.body))
		}
		// Asked for by the types of the federation the file is still the file.
		if a := in.get(practiceURL(own)+suffix, "", "Accept", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`); a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != mediaType {
			t.Errorf("%s for the federation: %d %s", suffix, a.StatusCode, a.Header.Get("Content-Type"))
		}
	}
	page := in.get(practiceURL(own)+".html", "")
	if got := page.Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("print view: policy %q", got)
	}
	for _, want := range []string{"Serverräume Grad für Grad", "Kommune", "Nordrhein-Westfalen", "abgeschlossen", "Datenlizenz Deutschland", houseURL + practiceURL(own), "Strom für Kühlung", "310 MWh/a", "Rechenzentrum Nord", "Ermittelt durch: Angabe des Betreibers", "Gänge einhausen"} {
		if !strings.Contains(strings.ReplaceAll(page.text("main"), "\u00a0", " "), want) {
			t.Errorf("print view does not say %q", want)
		}
	}
	var p export.Practice
	must(t, json.Unmarshal([]byte(in.get(practiceURL(other)+".json", "").body), &p))
	if !strings.HasPrefix(p.ID, "https://sh.example/") || p.Instance != "sh.example" || p.Author.Handle == "" {
		t.Errorf("another instance's: %s from %s by %s", p.ID, p.Instance, p.Author.Handle)
	}
	if a := in.get(practiceURL(other)+".md", ""); !strings.Contains(a.Header.Get("Link"), "https://sh.example/") {
		t.Errorf("another instance's: canonical %s", a.Header.Get("Link"))
	}
	if a := in.get(export.SchemaPath, ""); a.StatusCode != http.StatusOK || p.Schema != houseURL+export.SchemaPath || !strings.Contains(a.body, "json-schema.org") {
		t.Errorf("schema at %q: %d", p.Schema, a.StatusCode)
	}
	// A file speaks the language of its text, whoever reads it.
	english := in.publish("member", func(d *practice.Draft) { d.Title, d.Language = "Warmer server rooms", "en" })
	if a := in.get(practiceURL(english)+".html", ""); a.Find("html").AttrOr("lang", "") != "en" || !strings.Contains(a.text("main"), "Published by") || strings.Contains(a.text("main"), "Fassung") {
		t.Errorf("in English: %s", a.text("main header"))
	}
	// The page is still what the federation is led by.
	if a := in.get(practiceURL(own), "", "Accept", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), houseURL+"/practices/") {
		t.Errorf("the page for the federation: %d to %q", a.StatusCode, a.Header.Get("Location"))
	}
}

// TestExportInjection: what people write becomes no element, script or entry of another format.
func TestExportInjection(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	const evil = `</script><script>alert(1)</script><img src="http://evil.example/a.png">]]>`
	id := in.publish("member", func(d *practice.Draft) {
		d.Title, d.Summary, d.Source = evil, evil+evil, evil+"\n\n![x](file:///etc/passwd) [y](http://evil.example)\n\n<iframe src=\"file:///etc/passwd\"></iframe>"
		d.Situation, d.Measures, d.ContactName = evil, []string{evil}, evil
	})
	_, err := in.Posts.Create(t.Context(), in.people["member"], post.Draft{Title: evil, Source: evil, Visibility: post.Public, Language: "de"})
	must(t, err)
	for _, path := range []string{practiceURL(id), practiceURL(id) + ".html"} {
		a := in.get(path, "").wants(t, http.StatusOK)
		scripts := a.Find("script:not([src])")
		if a.Find("img, iframe").Length() > 0 || strings.Contains(scripts.Text(), "</script") || a.Find("title").Length() != 1 {
			t.Errorf("%s: something was smuggled in", path)
		}
		if n := a.Find("script:not([src]):not([type='application/ld+json'])").Length(); n > 0 {
			t.Errorf("%s: %d scripts", path, n)
		}
	}
	var data map[string]any
	must(t, json.Unmarshal([]byte(in.get(practiceURL(id), "").Find("script[type='application/ld+json']").Text()), &data))
	if data["headline"] != evil || data["@type"] != "TechArticle" {
		t.Errorf("linked data: %v", data["headline"])
	}
	for _, path := range []string{"/praxisbeispiele.atom", "/diskussionen.atom", "/@member.atom"} {
		var feed struct {
			Entries []struct {
				Title   string `xml:"title"`
				Content string `xml:"content"`
			} `xml:"entry"`
		}
		must(t, xml.Unmarshal([]byte(in.get(path, "").body), &feed))
		if len(feed.Entries) == 0 || feed.Entries[0].Title != evil || strings.Contains(feed.Entries[0].Content, "<script") || strings.Contains(feed.Entries[0].Content, "<img") {
			t.Errorf("%s: %+v", path, feed.Entries)
		}
	}
	must(t, json.Unmarshal([]byte(in.get("/katalog.jsonld", "").body), &data))
	if body := in.get("/katalog.jsonld", "").body; strings.Contains(body, "<") {
		t.Errorf("the catalogue is not escaped: %s", body)
	}
}

// TestExportPDF prints with a real browser, once for each version.
func TestExportPDF(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	if in.Printer = export.FindPrinter(t.TempDir()); in.Printer == nil {
		t.Fatal("no browser is installed (Debian: chromium)")
	}
	in.serve(t)
	own, _ := in.sample()
	a := in.get(practiceURL(own)+".pdf", "").wants(t, http.StatusOK)
	if a.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(a.body, "%PDF-") || a.Header.Get("Content-Disposition") != `attachment; filename="serverraeume-grad-fuer-grad-waermer-betreiben.pdf"` {
		t.Fatalf("%v: %.20q", a.Header, a.body)
	}
	if again := in.get(practiceURL(own)+".pdf", "member"); again.body != a.body {
		t.Error("the same version was printed twice")
	}
	path := filepath.Join(t.TempDir(), "a.pdf")
	must(t, os.WriteFile(path, []byte(a.body), 0o600))
	out, err := exec.Command("pdfinfo", "-struct-text", path).Output()
	must(t, err)
	tags := strings.Join(strings.Fields(string(out)), " ")
	for _, want := range []string{`H1 (block) NonStruct "Serverräume Grad für Grad wärmer betreiben"`, `H2 (block) NonStruct "Kennzahlen"`, `H2 (block) NonStruct "Beschreibung"`, `H3 (block) NonStruct "Vorgehen"`, "/Scope /Row", "/Scope /Column", "L (block)"} {
		if !strings.Contains(tags, want) {
			t.Errorf("no tag %s", want)
		}
	}
	info, err := exec.Command("pdfinfo", path).Output()
	must(t, err)
	if !strings.Contains(string(info), "Tagged:          yes") || !strings.Contains(string(info), "Title:           Serverräume Grad für Grad wärmer betreiben") || !strings.Contains(a.body, "/Lang (de)") {
		t.Errorf("%s", info)
	}
}

// TestNoPDF: without a browser, with one that fails, and for who prints too much, a page says so and what there is instead.
func TestNoPDF(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := in.publish("member", nil)
	instead := func(name string, a answer, status int, says string) {
		t.Helper()
		if a.StatusCode != status || !strings.Contains(a.text("main"), says) {
			t.Errorf("%s: %d: %s", name, a.StatusCode, a.text("main"))
		}
		checkPage(t, name, a)
		if a.Find(fmt.Sprintf("a[href='%[1]s.html'], a[href='%[1]s.odt']", practiceURL(id))).Length() != 2 {
			t.Errorf("%s: nothing is offered instead", name)
		}
		if a.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: Cache-Control %q", name, a.Header.Get("Cache-Control"))
		}
	}
	for _, lang := range languages {
		instead("none installed", in.get(practiceURL(id)+".pdf", "", "Accept-Language", lang), http.StatusNotImplemented, "chromium")
	}
	in.Printer = fakePrinter(t, "exit 1\n")
	in.serve(t)
	instead("fails", in.get(practiceURL(id)+".pdf", ""), http.StatusBadGateway, "konnte nicht erstellt werden")

	// Who printed much waits; what is printed already, and everybody else, does not.
	runs := filepath.Join(t.TempDir(), "runs")
	in.Printer = fakePrinter(t, "echo x >> "+runs+"\n"+printsPDF)
	site, err := New(in.Deps)
	must(t, err)
	site.guards.prints = httprate.NewRateLimiter(printsPerMinute, 24*time.Hour) // a minute may end in between
	router := mux.NewRouter()
	site.Register(router)
	in.handler = router
	in.get(practiceURL(id)+".pdf", "").wants(t, http.StatusOK)
	fresh := in.publish("member", func(d *practice.Draft) { d.Title = "Noch eines" })
	visitor := httptest.NewRequest(http.MethodGet, houseURL+"/", nil)
	for range printsPerMinute {
		site.guards.prints.OnLimit(httptest.NewRecorder(), visitor, site.client(visitor))
	}
	for path, want := range map[string]int{practiceURL(fresh) + ".pdf": 429, practiceURL(id) + ".pdf": 200, practiceURL(fresh) + ".odt": 200} {
		if a := in.get(path, ""); a.StatusCode != want {
			t.Errorf("%s after many: %d, want %d", path, a.StatusCode, want)
		}
	}
	in.get(practiceURL(fresh)+".pdf", "member").wants(t, http.StatusOK)
	if out, err := os.ReadFile(runs); err != nil || strings.Count(string(out), "x") != 2 {
		t.Errorf("%d runs for 2 practices (%v)", strings.Count(string(out), "x"), err)
	}
}
