package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// What a curating instance is for: its desk takes in what another one published, arranges it in a collection, and publishes an
// edition of the paper; a third reads both. Then the source withdraws one practice and changes another: everything that lives
// follows at once, what is frozen stays as it is.
func TestPaper(t *testing.T) {
	t.Parallel()
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	bund := startInstance(t, "bund", organization.Organization{Name: "Green-IT-Initiative des Bundes", ShortName: "Bund", Level: organization.LevelBund})
	editor := map[*instance]string{}
	for _, i := range []*instance{sh, kg, bund} {
		editor[i] = i.member("redaktion", account.RoleEditor)
	}
	kg.followInstance(sh, editor[kg])
	bund.followInstance(sh, editor[bund])
	bund.followInstance(kg, editor[bund])

	var uris, titles []string
	for n := range 9 {
		titles = append(titles, fmt.Sprintf("Beispiel %d: Strom sparen", n+1))
		path := sh.publish(editor[sh], titles[n], "Spart jedes Jahr Strom im Rechenzentrum.", fmt.Sprintf("Wie Schritt %d ging, steht hier.", n+1))
		uris = append(uris, sh.url("/practices/"+strings.TrimPrefix(path, "/praxisbeispiele/")))
	}
	const withdrawn, changed = 1, 4

	var ids []string // on the curating instance
	for _, uri := range uris {
		id := strings.TrimPrefix(kg.pageOf(uri), "/praxisbeispiele/")
		within(t, "a practice waits on the desk", func() bool {
			resp, _ := kg.do("POST", "/redaktion/"+id+"/annehmen", editor[kg], url.Values{"revision": {"1"}})
			return resp.StatusCode == 303
		})
		ids = append(ids, id)
	}

	// A collection with three chapters.
	collection := kg.post("/redaktion/sammlungen", editor[kg], url.Values{"name": {"Strom sparen"}, "introduction": {"Was sich bewährt hat."}, "version": {"0"}})
	collection, _, _ = strings.Cut(collection, "#")
	for n, name := range []string{"Kühlung", "Server", "Arbeitsplatz"} {
		kg.post(collection+"/kapitel", editor[kg], url.Values{"id": {"0"}, "name": {name}})
		_, page := kg.get(collection+"/aufnehmen", editor[kg])
		chapter := page.Find("select[name=chapter] option").FilterFunction(func(_ int, o *goquery.Selection) bool { return strings.TrimSpace(o.Text()) == name }).AttrOr("value", "")
		kg.post(collection+"/aufnehmen", editor[kg], url.Values{"chapter": {chapter}, "post": ids[3*n : 3*n+3]})
	}
	kg.post(collection+"/veroeffentlichen", editor[kg], nil)

	// An edition that takes it over.
	draft := kg.post("/redaktion/papier", editor[kg], nil)
	draft, _, _ = strings.Cut(draft, "#")
	compose := func(draft, title string) {
		t.Helper()
		_, page := kg.get(draft, editor[kg])
		slug := page.Find("select[name=collection] option[value!='']").AttrOr("value", "")
		version := page.Find("input[name=version]").AttrOr("value", "")
		number := page.Find("input[name=number]").AttrOr("value", "")
		kg.post(draft, editor[kg], url.Values{
			"version": {version}, "number": {number}, "title": {title}, "summary": {"Neun Beispiele, die Strom sparen."}, "foreword": {"Bitte nachnutzen."},
			"sums": {"true"}, "collection": {slug}, "action": {"collection"},
		})
	}
	compose(draft, "Best-Practice-Papier")
	publish := func(draft string) string {
		t.Helper()
		_, page := kg.get(draft+"/veroeffentlichen", editor[kg])
		return kg.post(draft+"/veroeffentlichen", editor[kg], url.Values{"version": {page.Find("input[name=version]").AttrOr("value", "")}})
	}
	paper := publish(draft)
	frozen := func() (string, string) {
		t.Helper()
		resp, page := kg.get(paper+".html", "")
		html, err := page.Html()
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(resp.Status, err)
		}
		return html, resp.Header.Get("ETag")
	}
	before, tag := frozen()
	for _, title := range titles {
		if !strings.Contains(before, title) {
			t.Errorf("the paper lacks %q", title)
		}
	}

	// The third instance hears of the paper, and makes the collection a page of its own.
	within(t, "the paper is announced", func() bool {
		_, page := bund.get("/handreichungen", "")
		return strings.Contains(page.Find("main").Text(), "Best-Practice-Papier")
	})
	var there string
	within(t, "the collection is offered", func() bool {
		_, page := bund.get("/redaktion/sammlungen", editor[bund])
		form := page.Find("form[action$='/zeigen']").First()
		if form.Length() == 0 {
			return false
		}
		values := url.Values{}
		form.Find("input[name]").Each(func(_ int, in *goquery.Selection) { values.Set(in.AttrOr("name", ""), in.AttrOr("value", "")) })
		bund.post("/redaktion/sammlungen/zeigen", editor[bund], values)
		there = "/sammlungen/" + values.Get("slug") + "@" + values.Get("host")
		return true
	})
	_, page := kg.get("/sammlungen", "")
	here := page.Find("main a[href^='/sammlungen/']").AttrOr("href", "")
	for i, path := range map[*instance]string{kg: here, bund: there} {
		within(t, "the collection stands on "+i.slug, func() bool {
			_, page := i.get(path, "")
			return slices.Equal(shownTitles(page), titles) && page.Find("section h2").Length() == 3
		})
	}

	// The source goes on.
	sh.post(fmt.Sprintf("/praxisbeispiele/%d/bearbeiten", idIn(t, uris[withdrawn])), editor[sh], url.Values{"action": {"withdraw"}})
	edit := fmt.Sprintf("/praxisbeispiele/%d/bearbeiten", idIn(t, uris[changed]))
	_, form := sh.get(edit, editor[sh])
	sh.post(edit, editor[sh], url.Values{
		"title": {titles[changed]}, "summary": {"Spart jedes Jahr noch mehr Strom im Rechenzentrum."}, "source": {"Jetzt ausführlicher."}, "level": {"kommune"}, "region": {"DE-SH"},
		"licence": {"https://www.govdata.de/dl-de/by-2-0"}, "language": {"de"}, "action": {"publish"}, "version": {form.Find("input[name=version]").AttrOr("value", "")},
	})
	left := slices.Delete(slices.Clone(titles), withdrawn, withdrawn+1)
	for i, path := range map[*instance]string{kg: here, bund: there} {
		within(t, "the collection on "+i.slug+" follows its source", func() bool {
			_, page := i.get(path, "")
			marks := page.Find(".collected__note a").FilterFunction(func(_ int, a *goquery.Selection) bool { return strings.Contains(a.Text(), titles[changed]) })
			return slices.Equal(shownTitles(page), left) && page.Find(".collected__gone").Length() == 1 && marks.Length() == 1
		})
	}
	_, page = kg.get(here, "")
	if _, diff := kg.get(page.Find(".collected__note a").AttrOr("href", ""), ""); !strings.Contains(diff.Find("main").Text(), "noch mehr") {
		t.Error("readers are not told what changed")
	}
	_, page = kg.get("/ueberblick", "")
	if shown := page.Find("main").Text(); strings.Contains(shown, titles[withdrawn]) || !strings.Contains(shown, titles[changed]) {
		t.Error("the overview does not follow")
	}
	if after, now := frozen(); after != before || now != tag {
		t.Error("the frozen edition changed")
	}

	// The next edition offers what is there now.
	next := kg.post("/redaktion/papier", editor[kg], nil)
	compose(next, "Best-Practice-Papier, neu")
	second := publish(next)
	if second == paper {
		t.Fatal("the next edition has the address of the first")
	}
	_, page = kg.get(second+".html", "")
	if shown := page.Find("body").Text(); strings.Contains(shown, titles[withdrawn]) || !strings.Contains(shown, titles[0]) {
		t.Error("the next edition does not follow")
	}

	// The first one is taken back, and who heard of it drops it.
	number := strings.TrimPrefix(paper, "/papier/")
	heardOf := func() (string, bool) {
		_, page := bund.get("/handreichungen?art=edition", "")
		link := page.Find("main a[href^='/handreichungen/']").FilterFunction(func(_ int, a *goquery.Selection) bool {
			return strings.Contains(a.Closest("li").Text(), "Version "+number)
		})
		return link.AttrOr("href", ""), link.Length() > 0
	}
	copied, ok := heardOf()
	if !ok {
		t.Fatalf("edition %s is not listed elsewhere", number)
	}
	kg.post(paper+"/zurueckziehen", editor[kg], url.Values{"reason": {"Ein Gericht hat es angeordnet."}})
	within(t, "who heard of the edition drops it", func() bool {
		_, listed := heardOf()
		resp, _ := bund.get(copied, "")
		return !listed && resp.StatusCode == http.StatusGone
	})
	if resp, page := kg.get(paper+".html", ""); resp.StatusCode != http.StatusGone || !strings.Contains(page.Find("main").Text(), "Ein Gericht hat es angeordnet.") {
		t.Errorf("the edition that was taken back answers %s", resp.Status)
	}
}

// shownTitles are the titles of the practices that a page shows as cards.
func shownTitles(page *goquery.Document) (titles []string) {
	page.Find("main article.card h3 a, main article.card h2 a").Each(func(_ int, a *goquery.Selection) { titles = append(titles, strings.TrimSpace(a.Text())) })
	return titles
}
