package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/practice"
)

// taken puts a practice of another instance into the overview.
func (in *curator) taken(host, title string, details practice.Practice) int64 {
	in.t.Helper()
	id := in.receive(host, "Land Schleswig-Holstein", title, details)
	must(in.t, in.Curation.Accept(in.t.Context(), in.people["editor"], id))
	return id
}

// arrange begins a collection with the form, and returns where it is arranged.
func (in *curator) arrange(name string, ids ...int64) string {
	in.t.Helper()
	begun := in.post(collectionsPath, "editor", url.Values{"name": {name}, "introduction": {"Was sich bewährt hat.\n\nFür alle."}}).wants(in.t, http.StatusSeeOther)
	place := begun.Header.Get("Location")
	if len(ids) > 0 {
		form := url.Values{"chapter": {"0"}}
		for _, id := range ids {
			form.Add("post", fmt.Sprint(id))
		}
		in.goesTo(in.post(place+"/aufnehmen", "editor", form), place+"#beispiele")
	}
	return place
}

// places lists what stands in a collection, as its page has it: chapter, then titles, with what is said of them.
func places(a answer) []string {
	lines := []string{}
	a.Find("main section.section").Each(func(_ int, section *goquery.Selection) {
		lines = append(lines, "# "+strings.TrimSpace(section.Find("h2").Text()))
		section.Find("li.collected").Each(func(_ int, place *goquery.Selection) {
			line := strings.TrimSpace(place.Find("h3").Text())
			if place.Find(".mark--featured").Length() > 0 {
				line += " *"
			}
			place.Find(".collected__note, .collected__gone").Each(func(_ int, note *goquery.Selection) {
				line += " | " + strings.Join(strings.Fields(note.Find("a, time").Remove().End().Text()), " ")
			})
			lines = append(lines, strings.TrimSpace(line))
		})
	})
	return lines
}

func (in *curator) shows(path string, want ...string) {
	in.t.Helper()
	page := in.get(path, visitorName).wants(in.t, http.StatusOK)
	checkPage(in.t, path, page)
	if diff := cmp.Diff(want, places(page)); diff != "" {
		in.t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// An editor makes a collection from the first word to the published page, by forms alone.
func TestArrangeCollection(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	checkPage(t, "no collection yet", in.get("/sammlungen", visitorName).wants(t, http.StatusOK))
	checkPage(t, "nothing to arrange yet", in.get(collectionsPath, "editor").wants(t, http.StatusOK))
	heat := in.taken("sh.example", "Abwärme nutzen", practice.Practice{Level: "land", Region: "DE-SH"})
	cool := in.taken("sh.example", "Kühlung & Lüftung", practice.Practice{Level: "kommune"})
	own := in.publish("member", nil)
	must(t, in.Curation.Accept(t.Context(), in.people["editor"], own))
	waiting := in.receive("sh.example", "Land Schleswig-Holstein", "Wartet noch", practice.Practice{})

	bad := in.post(collectionsPath, "editor", url.Values{"name": {"Ab"}, "introduction": {"Bleibt stehen."}}).wants(t, http.StatusUnprocessableEntity)
	checkPage(t, "a name that is too short", bad)
	if got := bad.Find("#f-introduction").Text(); strings.TrimSpace(got) != "Bleibt stehen." {
		t.Errorf("what was typed is lost: %q", got)
	}
	place := in.arrange("Räume: Kühlung")
	checkPage(t, "an empty collection", in.get(place, "editor").wants(t, http.StatusOK))
	checkPage(t, "nothing to publish", in.post(place+"/veroeffentlichen", "editor", nil).wants(t, http.StatusConflict))

	// What may be chosen, found by words; what was ticked stays ticked when the form comes back.
	choose := in.get(place+"/aufnehmen?q=k%C3%BChlung+l%C3%BCftung", "editor").wants(t, http.StatusOK)
	checkPage(t, "choose", choose)
	if got := choose.Find(`main input[name="post"]`).Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") }); !slices.Equal(got, []string{fmt.Sprint(cool)}) {
		t.Errorf("found %v", got)
	}
	none := in.post(place+"/aufnehmen", "editor", url.Values{"q": {"kühlung"}}).wants(t, http.StatusUnprocessableEntity)
	checkPage(t, "nothing chosen", none)
	if none.Find(`.error-summary a[href="#f-post"]`).Length() != 1 || none.Find("#f-post").Length() != 1 {
		t.Error("the summary leads nowhere")
	}
	refused := in.post(place+"/aufnehmen", "editor", url.Values{"post": {fmt.Sprint(heat), fmt.Sprint(waiting)}}).wants(t, http.StatusConflict)
	if refused.Find(fmt.Sprintf("#f-post-%d[checked]", heat)).Length() != 1 {
		t.Error("what was ticked is lost")
	}
	in.goesTo(in.post(place+"/aufnehmen", "editor", url.Values{"post": {fmt.Sprint(heat), fmt.Sprint(cool), fmt.Sprint(own)}, "chapter": {"0"}}), place+"#beispiele")

	// Chapters by hand; a refused one comes back open, with what was typed.
	in.goesTo(in.post(place+"/kapitel", "editor", url.Values{"id": {"0"}, "name": {"Betrieb"}, "introduction": {"Ohne Umbau."}}), place+"#neues-kapitel")
	twice := in.post(place+"/kapitel", "editor", url.Values{"id": {"0"}, "name": {"BETRIEB"}, "introduction": {"Noch einmal."}}).wants(t, http.StatusUnprocessableEntity)
	checkPage(t, "two chapters of one name", twice)
	if got := strings.TrimSpace(twice.Find("#neues-kapitel[open] #f-neues-kapitel-introduction").Text()); got != "Noch einmal." || twice.Find(`.error-summary a[href="#f-neues-kapitel-name"]`).Length() != 1 {
		t.Errorf("the refused chapter: %q", got)
	}
	chapter := in.get(place, "editor").Find(fmt.Sprintf("#f-beispiel-%d-chapter option:last-child", cool)).AttrOr("value", "")
	at := func(id int64, verb string) string { return fmt.Sprintf("%s/beispiele/%d%s", place, id, verb) }
	in.goesTo(in.post(at(cool, ""), "editor", url.Values{"chapter": {chapter}, "annotation": {"Lohnt sich.\nSofort."}, "featured": {"true"}}), fmt.Sprintf("%s#beispiel-%d", place, cool))
	in.goesTo(in.post(at(own, "/hoch"), "editor", nil), fmt.Sprintf("%s#beispiel-%d", place, own))
	long := in.post(at(heat, ""), "editor", url.Values{"chapter": {chapter}, "annotation": {strings.Repeat("ä", 1001)}}).wants(t, http.StatusUnprocessableEntity)
	checkPage(t, "a long annotation", long)
	if long.Find(fmt.Sprintf(`#beispiel-%d details[open] textarea`, heat)).Length() != 1 || long.Find(fmt.Sprintf(`#f-beispiel-%d-chapter option[value="%s"][selected]`, heat, chapter)).Length() != 1 {
		t.Error("what was typed about an entry is lost")
	}

	// A draft is for editors; published it is for everyone.
	preview := in.get(place+"/vorschau", "editor").wants(t, http.StatusOK)
	checkPage(t, "preview", preview)
	in.get("/sammlungen/raeume-kuehlung", "editor").wants(t, http.StatusNotFound)
	in.goesTo(in.post(place+"/veroeffentlichen", "editor", nil), place)
	in.goesTo(in.get(place+"/vorschau", "editor"), "/sammlungen/raeume-kuehlung")
	const path = "/sammlungen/raeume-kuehlung"
	in.shows(path, "# Praxisbeispiele", "Serverräume Grad für Grad wärmer betreiben", "Abwärme nutzen", "# Betrieb", "Kühlung & Lüftung * | Anmerkung der Redaktion: Lohnt sich. Sofort.")
	if got := strings.Join(places(preview), "\n"); got != strings.Join(places(in.get(path, visitorName)), "\n") {
		t.Errorf("the preview was another: %s", got)
	}
	list := in.get("/sammlungen", visitorName).wants(t, http.StatusOK)
	checkPage(t, "list", list)
	if got := list.text("main li.row"); !strings.Contains(got, "Räume: Kühlung") || !strings.Contains(got, "3 Praxisbeispiele") {
		t.Errorf("the list says %q", got)
	}

	// Chapters made of what the practices say, then taken away again.
	in.goesTo(in.post(place+"/gliedern", "editor", url.Values{"by": {"level"}}), place+"#beispiele")
	in.shows(path, "# Land", "Abwärme nutzen", "# Kommune", "Serverräume Grad für Grad wärmer betreiben", "Kühlung & Lüftung * | Anmerkung der Redaktion: Lohnt sich. Sofort.")
	ask := in.get(at(own, "/entfernen"), "editor").wants(t, http.StatusOK)
	checkPage(t, "remove?", ask)
	in.goesTo(in.post(at(own, "/entfernen"), "editor", url.Values{"reason": {"Doppelt."}}), place+"#beispiele")
	in.get(at(own, "/entfernen"), "editor").wants(t, http.StatusNotFound)
	in.shows(path, "# Land", "Abwärme nutzen", "# Kommune", "Kühlung & Lüftung * | Anmerkung der Redaktion: Lohnt sich. Sofort.")

	// Two editors: nobody's words are overwritten unseen.
	version := in.get(place, "editor").Find("#text input[name=version]").AttrOr("value", "")
	in.goesTo(in.post(place, "editor", url.Values{"name": {"Kühle Räume"}, "introduction": {"Die eine."}, "version": {version}}), place)
	conflict := in.post(place, "admin", url.Values{"name": {"Kalte Räume"}, "introduction": {"Die andere."}, "version": {version}}).wants(t, http.StatusConflict)
	checkPage(t, "two editors", conflict)
	if mine, theirs := strings.TrimSpace(conflict.Find("#f-introduction").Text()), conflict.text("#text .panel.stack"); mine != "Die andere." || !strings.Contains(theirs, "Die eine.") {
		t.Errorf("mine %q, theirs %q", mine, theirs)
	}
	in.goesTo(in.post(place, "admin", url.Values{"name": {"Kalte Räume"}, "introduction": {"Beide."}, "version": {conflict.Find("#text input[name=version]").AttrOr("value", "")}}), place)
	if got := in.get(path, visitorName).text("h1"); got != "Kalte Räume" {
		t.Errorf("it is called %q", got)
	}

	checkPage(t, "delete?", in.get(place+"/loeschen", "editor").wants(t, http.StatusOK))
	in.goesTo(in.post(place+"/loeschen", "editor", nil), collectionsPath)
	in.get(path, visitorName).wants(t, http.StatusNotFound)
}

// What its source changed says so, with the way to what changed; what it withdrew leaves only its place.
func TestCollectionFollowsItsSources(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	ctx := t.Context()
	heat, cool := in.taken("sh.example", "Abwärme", practice.Practice{}), in.taken("sh.example", "Kühlung", practice.Practice{})
	place := in.arrange("Räume", heat, cool)
	in.goesTo(in.post(place+"/veroeffentlichen", "editor", nil), place)
	in.shows("/sammlungen/raeume", "# Praxisbeispiele", "Abwärme", "Kühlung")
	_, err := in.db.Exec(`UPDATE practices SET revision = 3 WHERE post_id = $1`, heat)
	must(t, err)
	in.shows("/sammlungen/raeume", "# Praxisbeispiele", "Abwärme | Seit der Aufnahme geändert. Aufgenommen wurde Fassung 1, inzwischen gibt es Fassung 3.", "Kühlung")
	if href := in.get("/sammlungen/raeume", visitorName).Find(".collected__note a").AttrOr("href", ""); href != practiceURL(heat)+"/verlauf?von=1&bis=3" {
		t.Errorf("what changed is at %q", href)
	}
	gone, err := in.Posts.Get(ctx, cool)
	must(t, err)
	must(t, in.Posts.ReceiveDelete(ctx, gone.URI))
	in.shows("/sammlungen/raeume", "# Praxisbeispiele", "Abwärme | Seit der Aufnahme geändert. Aufgenommen wurde Fassung 1, inzwischen gibt es Fassung 3.",
		"| Hier stand ein Praxisbeispiel von Land Schleswig-Holstein. Die Quelle hat es zurückgezogen.")
	checkPage(t, "arranged with a place", in.get(place, "editor").wants(t, http.StatusOK))
	checkPage(t, "remove the place?", in.get(fmt.Sprintf("%s/beispiele/%d/entfernen", place, cool), "editor").wants(t, http.StatusOK))
	must(t, in.Curation.Decline(ctx, in.people["editor"], heat, "Doppelt."))
	in.shows("/sammlungen/raeume", "# Praxisbeispiele", "| Hier stand ein Praxisbeispiel von Land Schleswig-Holstein. Die Quelle hat es zurückgezogen.")
	if got := in.get(place, "editor").text(fmt.Sprintf("#beispiel-%d", heat)); !strings.Contains(got, "Nicht mehr aufgenommen") {
		t.Errorf("editors read %q", got)
	}
}

// A collection of another instance becomes a page only when an editor says so, and names where it comes from.
func TestCollectionOfAnother(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	ctx := t.Context()
	catalog, err := in.Accounts.Catalog(ctx)
	must(t, err)
	other := in.stranger(t, "praxis", "hh.example")
	_, err = in.db.Exec(`UPDATE accounts SET kind = 'group', display_name = 'Katalog <Hamburg>' WHERE id = $1`, other.ID)
	must(t, err)
	_, err = in.Follows.Follow(ctx, in.people["editor"], catalog.ID, other.ID)
	must(t, err)
	must(t, in.Follows.ReceiveAnswer(ctx, other.ID, "", catalog.URI, true))
	if _, ok, err := in.Curation.Watched(ctx, other.ID); err != nil || !ok {
		t.Fatal("not watched", err)
	}
	known, err := in.Posts.Get(ctx, in.receive("sh.example", "Land Schleswig-Holstein", "Abwärme", practice.Practice{}))
	must(t, err)
	must(t, in.Curation.ReceiveCollection(ctx, other.ID, curation.Kept{
		Slug: "hafen", URI: "https://hh.example/g/praxis/collections/7", Name: "Hafen & <b>Wasser</b>", Introduction: "<script>alert(1)</script>", URL: "https://hh.example/sammlungen/hafen",
		Chapters: []curation.Chapter{{Name: "Kai", Introduction: "Am Kai."}},
	}, []curation.Item{
		{PostURI: known.URI, Revision: 1, Chapter: "Kai", Annotation: "Gut & günstig"}, {PostURI: "https://nirgends.example/practices/1", Chapter: "Kai"},
		{PostURI: "https://nirgends.example/practices/2", Withdrawn: true},
	}))
	const path = "/sammlungen/hafen@hh.example"
	in.get(path, visitorName).wants(t, http.StatusNotFound)
	in.get(path, "member").wants(t, http.StatusNotFound)
	preview := in.get(path, "editor").wants(t, http.StatusOK)
	checkPage(t, "preview", preview)
	manage := in.get(collectionsPath, "editor").wants(t, http.StatusOK)
	checkPage(t, "manage", manage)
	if got := manage.text("section[aria-labelledby=andere] li"); !strings.Contains(got, "Hafen & <b>Wasser</b>") || !strings.Contains(got, "Katalog <Hamburg>") {
		t.Errorf("offered as %q", got)
	}
	form := url.Values{"host": {"hh.example"}, "slug": {"hafen"}}
	in.goesTo(in.post(collectionsPath+"/zeigen", "editor", form), collectionsPath+"#andere")
	in.shows(path, "# Kai", "Abwärme | Anmerkung der Redaktion: Gut & günstig", "# Praxisbeispiele", "| Hier stand ein Praxisbeispiel, das seine Quelle zurückgezogen hat.")
	page := in.get(path, visitorName)
	if got := page.text("main"); !strings.Contains(got, "1 weiteres Praxisbeispiel hat diese Instanz noch nicht gelesen") || !strings.Contains(got, "<script>alert(1)</script>") || page.Find("main script").Length() != 0 {
		t.Errorf("the page says %q", got)
	}
	if page.Find(`main a[href="https://hh.example/sammlungen/hafen"]`).Length() != 1 || page.Find(`link[rel=canonical]`).AttrOr("href", "") != "https://hh.example/sammlungen/hafen" {
		t.Error("it does not lead to where it comes from")
	}
	list := in.get("/sammlungen", visitorName)
	if got := list.text("main li.row"); !strings.Contains(got, "hh.example") {
		t.Errorf("the list says %q", got)
	}
	for _, wrong := range []url.Values{{"host": {"hh.example"}, "slug": {"kuratiert"}}, {"host": {"hh.example"}}, {"slug": {"hafen"}}, nil} {
		in.post(collectionsPath+"/zeigen", "editor", wrong).wants(t, http.StatusNotFound)
	}
	// Also where nothing is curated.
	_, err = in.db.Exec(`UPDATE organization SET curates = false`)
	must(t, err)
	in.get(path, visitorName).wants(t, http.StatusOK)
	manage = in.get(collectionsPath, "editor").wants(t, http.StatusOK)
	checkPage(t, "manage where nothing is curated", manage)
	if manage.Find("#eigene").Length() != 0 {
		t.Error("offers to arrange where nothing is curated")
	}
	in.post(collectionsPath, "editor", url.Values{"name": {"Kühlung"}}).wants(t, http.StatusForbidden)
	_, err = in.db.Exec(`INSERT INTO domain_rules (domain, severity) VALUES ('hh.example', 'suspend')`)
	must(t, err)
	in.get(path, visitorName).wants(t, http.StatusNotFound)
}
