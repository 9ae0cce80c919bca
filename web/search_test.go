package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/post"
)

// indexed writes what is new into the index.
func (h *house) indexed(t *testing.T) {
	t.Helper()
	for {
		n, err := h.Searches.CatchUp(t.Context())
		must(t, err)
		if n == 0 {
			break
		}
	}
	must(t, h.Practices.Learn(t.Context()))
}

// The search page shows a little of practices, discussions and people, how many there are, where they were found, and the way to
// all of them.
func TestSearchPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for n := range 4 {
		d := sampleDraft()
		d.Title, d.Source = fmt.Sprint("Wärmerückgewinnung ", n), "Die <Abwärme> wird genutzt."
		_, err := h.Practices.Publish(t.Context(), h.people["editor"], 0, d)
		must(t, err)
	}
	for n := range 25 {
		_, err := h.Posts.Create(t.Context(), h.people["member"], post.Draft{Title: fmt.Sprint("Frage ", n), Source: "Wohin mit der Abwärme?", Visibility: post.Public, Language: "de"})
		must(t, err)
	}
	_, err := h.Posts.Create(t.Context(), h.people["member"], post.Draft{Title: "Intern", Source: "Abwärme, nur für uns", Visibility: post.Network, Language: "de"})
	must(t, err)
	h.indexed(t)

	page := h.get(t, visitorName, "/suche?q=abw%C3%A4rme").wants(t, http.StatusOK)
	for selector, want := range map[string]string{"#treffer-praxis": "4 Treffer", "#treffer-diskussionen": "25 Treffer"} {
		if got := page.Find(selector).Text(); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %s", selector, got, want)
		}
	}
	if n := page.Find("#treffer-diskussionen ~ ul li").Length(); n != bestNotes {
		t.Errorf("%d notes", n)
	}
	marked := page.Find(".excerpt mark")
	if marked.Length() != bestPractices+bestNotes || marked.First().Text() != "Abwärme" {
		t.Errorf("marked: %d, %q", marked.Length(), marked.First().Text())
	}
	if got := page.Find("main").Text(); strings.Contains(got, "Intern") {
		t.Error("a visitor reads what only the network may")
	}
	if got := h.get(t, "member", "/suche?q=abw%C3%A4rme").wants(t, http.StatusOK).Find("#treffer-diskussionen").Text(); !strings.Contains(got, "26 Treffer") {
		t.Errorf("a member finds %q", got)
	}
	more, _ := page.Find("a[href*='art=beitraege']").Attr("href")
	all := h.get(t, visitorName, more).wants(t, http.StatusOK)
	if all.Find("#treffer-diskussionen ~ ul li").Length() != hitsPerPage || all.Find("#treffer-praxis").Length() != 0 {
		t.Errorf("all of them: %s", all.Find("main").Text())
	}
	next, _ := all.Find("a[href*='seite=2']").First().Attr("href")
	if n := h.get(t, visitorName, next).wants(t, http.StatusOK).Find("#treffer-diskussionen ~ ul li").Length(); n != 5 {
		t.Errorf("the second page has %d", n)
	}
	people := h.get(t, visitorName, "/suche?q=Stelle&art=konten").wants(t, http.StatusOK)
	if people.Find("#treffer-konten ~ ul li").Length() < 5 || people.Find("#treffer-praxis, #treffer-diskussionen").Length() != 0 {
		t.Errorf("people: %s", people.Find("main").Text())
	}
	for _, q := range []string{"%00", "%ff", strings.Repeat("w%C3%A4rme+", 900), "%25", "%27%3B--", "%3Cscript%3E", "q&art=x&seite=-1", "q&art=beitraege&seite=99999999999", "q&art=konten&seite=400"} {
		if got := h.get(t, visitorName, "/suche?q="+q).wants(t, http.StatusOK); got.Find("main script").Length() != 0 {
			t.Errorf("%.30s: a script", q)
		}
		h.get(t, visitorName, "/praxisbeispiele?q="+q+"&stand="+q+"&jahr="+q+"&kennzahl="+q+"&sort="+q).wants(t, http.StatusOK)
	}
}

func TestSavedSearchPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if page := h.get(t, visitorName, "/praxisbeispiele?q=Strom").wants(t, http.StatusOK); page.Find(".results__keep").Length() != 0 {
		t.Error("visitors are offered to keep a search")
	}
	if page := h.get(t, "member", "/praxisbeispiele").wants(t, http.StatusOK); page.Find(".results__keep").Length() != 0 {
		t.Error("members are offered to keep everything")
	}
	list := h.get(t, "member", "/praxisbeispiele?q=Strom&ebene=land&sort=neu&seite=2&fremd=x").wants(t, http.StatusOK)
	href, _ := list.Find(".results__keep a").Attr("href")
	form := h.get(t, "member", href).wants(t, http.StatusOK)
	query, _ := form.Find("input[name=query]").Attr("value")
	if query != "ebene=land&q=Strom" {
		t.Errorf("kept is %q", query)
	}
	name, _ := form.Find("input[name=name]").Attr("value")
	if name != "„Strom“, Land" {
		t.Errorf("its name is %q", name)
	}
	refused := h.post(t, "member", savedPath, url.Values{"query": {query}, "name": {" "}}).wants(t, http.StatusUnprocessableEntity)
	if refused.Find("#f-name-error").Length() != 1 {
		t.Errorf("refused: %s", refused.Find("main").Text())
	}
	h.post(t, "member", savedPath, url.Values{"query": {query}, "name": {"Strom im Land"}}).wants(t, http.StatusSeeOther)
	h.post(t, "member", savedPath, url.Values{"query": {""}, "name": {"Alles"}}).wants(t, http.StatusUnprocessableEntity)
	kept := h.get(t, "member", savedPath).wants(t, http.StatusOK)
	if link, _ := kept.Find(".saved__name a").Attr("href"); link != "/praxisbeispiele?ebene=land&q=Strom" {
		t.Errorf("leads to %q", link)
	}
	forget, _ := kept.Find("form[action$='/entfernen']").Attr("action")
	h.post(t, "editor", forget, nil).wants(t, http.StatusNotFound)
	h.post(t, "member", forget, nil).wants(t, http.StatusSeeOther)
	if page := h.get(t, "member", savedPath).wants(t, http.StatusOK); page.Find(".saved__name").Length() != 0 {
		t.Error("it is still kept")
	}
}
