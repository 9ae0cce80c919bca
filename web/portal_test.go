package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

const portalHost = "hh.example"

// portal is an instance whose desk accepted three practices, one of which grew out of another; one of them is ours.
func portal(t *testing.T) (in *curator, own, first int64) {
	t.Helper()
	in = newCurator(t)
	own = in.publish("member", nil) // DE-NW, −110 MWh/a and −50 t/a
	first = in.receive("sh.example", "Land Schleswig-Holstein", "Stromsparplan", practice.Practice{
		Level: organization.LevelLand, Region: "DE-SH", Licence: practice.Licences[2], Fields: []practice.Term{{Name: "Rechenzentrum"}, {Name: "Beschaffung"}},
		Figures: []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: number(-2000), Method: "Zähler je Raum"}},
	})
	second := in.receive(portalHost, "Hansestadt", `Nachgebaut <b>&</b> "geprüft"`, practice.Practice{
		Level: organization.LevelLand, Region: "DE-HH", ReuseOf: "https://sh.example/practices/Stromsparplan", Fields: []practice.Term{{Name: "Rechenzentrum"}},
		Figures: []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: number(-7000)}},
	})
	in.receive("by.example", "Freistaat", "Wartet noch", practice.Practice{Level: organization.LevelLand, Region: "DE-BY", Figures: []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: number(-31)}}})
	inner := in.publish("editor", func(d *practice.Draft) { d.Title, d.Visibility = "Unter uns", post.Network })
	// No desk has it, and even then nobody else learns of it.
	_, err := in.db.Exec(`INSERT INTO curations (post_id, state, revision_accepted) VALUES ($1, 'accepted', 1)`, inner)
	must(t, err)
	for _, id := range []int64{own, first, second} {
		must(t, in.Curation.Accept(t.Context(), in.people["editor"], id))
	}
	must(t, in.Curation.Feature(t.Context(), in.people["editor"], first, true))
	return in, own, first
}

// The map and the list beside it say the same, lead to the same, and count what the reader finds there.
func TestPortalMap(t *testing.T) {
	t.Parallel()
	in, _, _ := portal(t)
	page := in.get("/ueberblick", "").wants(t, http.StatusOK)
	read := func(a answer, from string) (list []string) {
		for _, link := range a.Find(from).EachIter() {
			text := link.AttrOr("aria-label", "")
			if text == "" {
				text = link.Text() + ": " + link.Parent().Find(".lands__count").Text()
			}
			list = append(list, text+" "+link.AttrOr("href", ""))
		}
		slices.Sort(list)
		return list
	}
	want := []string{
		"Hamburg: 1 Praxisbeispiel /ueberblick?land=DE-HH#ergebnisse", "Nordrhein-Westfalen: 1 Praxisbeispiel /ueberblick?land=DE-NW#ergebnisse",
		"Schleswig-Holstein: 1 Praxisbeispiel /ueberblick?land=DE-SH#ergebnisse",
	}
	for _, from := range []string{"svg.map__drawing a", ".lands a"} {
		if diff := cmp.Diff(want, read(page, from)); diff != "" {
			t.Errorf("%s: %s", from, diff)
		}
	}
	drawing := page.Find("svg.map__drawing")
	if drawing.Find("path").Length() != 16 || drawing.Find("title").Text() == "" || !strings.Contains(drawing.Find("desc").Text(), "In 3 Ländern") {
		t.Errorf("drawing of %d Länder: %q", drawing.Find("path").Length(), drawing.Find("desc").Text())
	}
	if drawing.Find("text").Length() != 3 || drawing.Find("g.land--0[aria-hidden=true]").Length() != 13 {
		t.Errorf("%d numbers", drawing.Find("text").Length())
	}
	if got := page.text(".map__list"); !strings.Contains(got, "Noch keine gibt es aus: Baden-Württemberg, Bayern,") || !strings.Contains(got, "Strom −2.000 MWh/a") || strings.Contains(got, "7.000") {
		t.Errorf("list: %q", got)
	}

	// One Land chosen: the map still leads to the others, and away from it again.
	one := in.get("/ueberblick?land=DE-SH&ebene=land", "").wants(t, http.StatusOK)
	chosen := one.Find("svg.map__drawing a[aria-current=true]")
	if chosen.Length() != 1 || chosen.AttrOr("href", "") != "/ueberblick?ebene=land#ergebnisse" || one.Find("svg.map__drawing a").Length() != 2 || one.Find(".lands a[aria-current=true]").Text() != "Schleswig-Holstein" {
		t.Errorf("chosen: %v", read(one, "svg.map__drawing a"))
	}
	if cards := one.Find("article.card"); cards.Length() != 1 || !strings.Contains(cards.Text(), "Stromsparplan") {
		t.Errorf("cards: %s", cards.Text())
	}
	// Further pages have the list only.
	if far := in.get("/ueberblick?seite=2", ""); far.Find("svg, #laender, #gemessen").Not(".icon, .logo").Length() != 0 {
		t.Error("a page further on repeats what stands around the list")
	}
	// The start page of who curates leads there.
	start := in.get("/", "").wants(t, http.StatusOK)
	if diff := cmp.Diff(want, read(start, "svg.map__drawing a")); diff != "" {
		t.Errorf("start: %s", diff)
	}
	if got := start.text("main"); strings.Contains(got, "Wartet noch") || !strings.Contains(got, "Stromsparplan") || start.Find(".chips a[href='/ueberblick?ebene=land']").Length() != 1 {
		t.Errorf("start page: %q", got)
	}
}

// Sums say what they rest on, in words and numbers, and a reuse is counted once in all of them.
func TestPortalEffects(t *testing.T) {
	t.Parallel()
	in, _, _ := portal(t)
	page := in.get("/ueberblick", "").wants(t, http.StatusOK)
	if got := page.text(".impacts"); !strings.Contains(got, "−2.110 MWh/a") || !strings.Contains(got, "aus 2 Praxisbeispielen mit Zahlen, 1 Nachnutzung nicht doppelt gezählt") {
		t.Errorf("band: %q", got)
	}
	if got := in.get("/", "").text(".impacts"); !strings.Contains(got, "−2.110 MWh/a") {
		t.Errorf("start: %q", got)
	}
	electricity := page.Find("section[aria-labelledby=wirkung-electricity]")
	said := strings.Join(strings.Fields(electricity.Text()), " ")
	for _, want := range []string{
		"Die Summe beruht auf 2 von 3 Praxisbeispielen", "Bei 1 davon steht, wie die Zahl ermittelt wurde.", "1 Nachnutzung ist nicht mitgezählt, weil ihr Vorbild schon in der Summe steht.",
		"Ermittelt durch: Zähler je Raum", "Wie die Zahl ermittelt wurde, ist nicht angegeben.", "Original bei " + portalHost,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %q", want, said)
		}
	}
	var rows []string
	for _, row := range electricity.Find("tbody tr").EachIter() {
		row.Find(".kern-sr-only").Remove()
		rows = append(rows, strings.Join(strings.Fields(row.Text()), " "))
	}
	if diff := cmp.Diff([]string{"Beschaffung −2.000 MWh/a 1", "Rechenzentrum −2.000 MWh/a 1"}, rows); diff != "" {
		t.Error(diff)
	}
	if n := electricity.Find("svg.chart rect.chart__bar").Length(); n != 2 || electricity.Find("svg.chart title").Length() != 1 {
		t.Errorf("%d bars", n)
	}
	if strings.Contains(said, "nicht für ein Jahr") {
		t.Errorf("all say it: %q", said)
	}
	if got := page.text("section[aria-labelledby=wirkung-emissions]"); !strings.Contains(got, "auf 1 von 3 Praxisbeispielen. Bei 1 davon steht, wie die Zahl ermittelt wurde. 2 Praxisbeispiele nennen diese Zahl nicht oder nicht für ein Jahr.") {
		t.Errorf("emissions: %q", got)
	}
	// A search for one figure does not show what others have of another one.
	narrowed := in.get("/ueberblick?kennzahl=emissions", "").wants(t, http.StatusOK)
	if got := narrowed.text("section[aria-labelledby=wirkung-electricity]"); strings.Contains(got, "Stromsparplan") || !strings.Contains(got, "1 von 1 Praxisbeispielen") {
		t.Errorf("electricity of those with emissions: %q", got)
	}
	// Every practice names and links its origin.
	for _, card := range page.Find("article.card").EachIter() {
		if link := card.Find("a.card__host"); strings.Contains(card.Text(), "Stromsparplan") && (link.AttrOr("href", "") != "https://sh.example/praxisbeispiele/Stromsparplan" || !strings.Contains(link.Text(), "sh.example")) {
			t.Errorf("origin: %q", link.AttrOr("href", ""))
		}
	}
	partners := page.text(".partners")
	for _, want := range []string{"sh.example", portalHost, "Diese Instanz"} {
		if !strings.Contains(partners, want) {
			t.Errorf("%q does not name %s", partners, want)
		}
	}
	if strings.Contains(partners, "by.example") {
		t.Errorf("whose practice waits is named: %q", partners)
	}
}

// The piece for other websites is complete without them, brings nothing that runs or looks, and shows what a visitor sees.
func TestPortalFragment(t *testing.T) {
	t.Parallel()
	in, own, first := portal(t)
	for _, who := range []string{"", "member"} {
		a := in.get("/ueberblick.fragment.html", who).wants(t, http.StatusOK)
		if strings.Contains(a.body, "<html") || strings.Contains(a.body, "<!doctype") || a.Find("script, style, link, img, iframe, object, svg, form, [style], [onclick], [id]").Length() != 0 {
			t.Errorf("as %q: more than a list: %s", who, a.body)
		}
		links := 0
		a.Find("a").Each(func(_ int, link *goquery.Selection) {
			links++
			if href := link.AttrOr("href", ""); !strings.HasPrefix(href, "http://") && !strings.HasPrefix(href, "https://") {
				t.Errorf("not absolute: %q", href)
			}
		})
		var titles []string
		for _, h := range a.Find("h3 a").EachIter() {
			titles = append(titles, h.Text()+" "+h.AttrOr("href", ""))
		}
		want := []string{
			"Serverräume Grad für Grad wärmer betreiben " + houseURL + practiceURL(own), `Nachgebaut <b>&</b> "geprüft" https://hh.example/praxisbeispiele/` + url.PathEscape(url.PathEscape(`Nachgebaut <b>&</b> "geprüft"`)),
			"Stromsparplan https://sh.example/praxisbeispiele/Stromsparplan",
		}
		slices.Sort(want)
		slices.Sort(titles)
		for i := range titles { // however the address is escaped
			titles[i], want[i] = strings.ReplaceAll(titles[i], "%25", "%"), strings.ReplaceAll(want[i], "%25", "%")
		}
		if diff := cmp.Diff(want, titles); diff != "" {
			t.Errorf("as %q: %s", who, diff)
		}
		if a.Find("b").Length() != 0 || links < 10 || a.Find("section").AttrOr("lang", "") != "de" || a.Find("h2").Length() != 1 {
			t.Errorf("as %q: %s", who, a.body)
		}
		if got := a.text("section"); !strings.Contains(got, "Herkunft: sh.example") || !strings.Contains(got, "2.110 Megawattstunden pro Jahr weniger (aus 2 Praxisbeispielen mit Zahlen; 1 Nachnutzung nicht doppelt gezählt)") || strings.Contains(got, "Wartet noch") || strings.Contains(got, "Unter uns") {
			t.Errorf("as %q: %s", who, got)
		}
		if h := a.Header; h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cache-Control") != "no-cache" || h.Get("X-Robots-Tag") != "noindex" || h.Get("Content-Type") != "text/html; charset=utf-8" || h.Get("Set-Cookie") != "" ||
			h.Get("Link") != "<"+houseURL+`/ueberblick>; rel="canonical"` {
			t.Errorf("as %q: %v", who, h)
		}
		again := in.get("/ueberblick.fragment.html", who, "If-None-Match", a.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified || again.body != "" {
			t.Errorf("as %q: asked again: %d", who, again.StatusCode)
		}
	}
	for path, want := range map[string]struct {
		items   int
		heading string
		says    string
	}{
		"?auswahl=hervorgehoben": {1, "h2", "Hervorgehobene Praxisbeispiele"}, "?anzahl=2&ueberschrift=5": {2, "h5", "Alle 3 Praxisbeispiele"}, "?anzahl=999999&ueberschrift=99": {3, "h2", ""},
		"?anzahl=-1&ueberschrift=0": {3, "h2", ""}, "?land=DE-HH": {1, "h2", ": Hamburg"}, "?land=DE-BY": {0, "h2", "noch keine Praxisbeispiele"}, "?sprache=en": {3, "h2", "Selected by"},
		"?sprache=fr": {3, "h2", "Ausgewählt von"}, "?q=%00%ff<script>": {0, "h2", ""},
	} {
		a := in.get("/ueberblick.fragment.html"+path, "").wants(t, http.StatusOK)
		if a.Find("li").Length() != want.items || a.Find(want.heading).Length() == 0 || a.Find("script").Length() != 0 || !strings.Contains(a.body, want.says) {
			t.Errorf("%s: %d entries under %d %s: %s", path, a.Find("li").Length(), a.Find(want.heading).Length(), want.heading, a.body)
		}
	}
	if e := embeddingOf(url.Values{"anzahl": {"51"}}); e.Count != embedMost || e.Filter.Limit != embedMost {
		t.Errorf("as many as %d", e.Count)
	}
	head := in.ask(httptest.NewRequest(http.MethodHead, houseURL+"/ueberblick.fragment.html", nil), "", nil)
	if head.StatusCode != http.StatusOK || head.body != "" || head.Header.Get("ETag") == "" {
		t.Errorf("HEAD: %d %q", head.StatusCode, head.body)
	}

	// What its source withdraws, and what the desk gives back, is gone at once.
	must(t, in.Practices.Withdraw(t.Context(), in.people["member"], own))
	must(t, in.Curation.Decline(t.Context(), in.people["editor"], first, "Die Zahlen werden noch einmal geprüft."))
	for _, path := range []string{"/ueberblick.fragment.html", "/ueberblick.json", "/ueberblick.atom", "/einbetten", "/ueberblick"} {
		if a := in.get(path, "").wants(t, http.StatusOK); strings.Contains(a.body, "Serverräume") || strings.Contains(a.body, "von Land Schleswig-Holstein") || !strings.Contains(a.body, "Nachgebaut") {
			t.Errorf("%s still shows it", path)
		}
	}
	o, err := in.Organizations.Get(t.Context())
	must(t, err)
	o.Curates = false
	must(t, in.Organizations.Save(t.Context(), o))
	for _, path := range []string{"/ueberblick", "/ueberblick.fragment.html", "/ueberblick.json", "/ueberblick.atom", "/einbetten"} {
		in.get(path, "editor").wants(t, http.StatusNotFound)
	}
}

// Programs read the same page by page, with where each practice is from and what the sums rest on.
func TestPortalJSON(t *testing.T) {
	t.Parallel()
	in, _, _ := portal(t)
	ask := func(path string) (list portalList) {
		t.Helper()
		a := in.get(path, "member").wants(t, http.StatusOK)
		if a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: %v", path, a.Header)
		}
		must(t, json.Unmarshal([]byte(a.body), &list))
		return list
	}
	all := ask("/ueberblick.json")
	want := []portalSum{
		{Quantity: "electricity", Unit: "MW.h/a", Sum: number(-2110), Practices: 2, Repeated: 1, Of: 3},
		{Quantity: "emissions", Unit: "t/a", Sum: number(-50), Practices: 1, Of: 3},
	}
	if diff := cmp.Diff(want, all.Sums); diff != "" {
		t.Error(diff)
	}
	if all.Total != 3 || len(all.Items) != 3 || all.Next != "" || all.ID != houseURL+"/ueberblick.json" || all.Publisher.URL != houseURL || len(all.Counts["region"]) != 3 {
		t.Errorf("%+v", all)
	}
	i := slices.IndexFunc(all.Items, func(i portalItem) bool { return i.Title == "Stromsparplan" })
	if got := all.Items[i]; got.ID != "https://sh.example/practices/Stromsparplan" || got.Page != "https://sh.example/praxisbeispiele/Stromsparplan" || got.Instance.Host != "sh.example" || got.Instance.Home != "https://sh.example/" ||
		got.Organization != "Land Schleswig-Holstein" || got.Region != "DE-SH" || got.Accepted != 1 || !got.Featured || len(got.Figures) != 1 || got.Figures[0].Method != "Zähler je Raum" || !strings.HasPrefix(got.Here, houseURL+"/praxisbeispiele/") {
		t.Errorf("%+v", got)
	}
	for n := range portalPage {
		id := in.receive("st.example", "Land", fmt.Sprintf("Beispiel %d", n), practice.Practice{Level: organization.LevelLand, Region: "DE-ST"})
		must(t, in.Curation.Accept(t.Context(), in.people["editor"], id))
	}
	seen := map[string]bool{}
	next := "/ueberblick.json"
	for pages := 0; next != "" && pages < 3; pages++ {
		list := ask(next)
		for _, item := range list.Items {
			seen[item.ID] = true
		}
		next = strings.TrimPrefix(list.Next, houseURL)
	}
	if len(seen) != portalPage+3 || next != "" {
		t.Errorf("%d practices on all pages, then %q", len(seen), next)
	}
	if far := ask("/ueberblick.json?seite=77&land=DE-ST"); len(far.Items) != 0 || far.Total != portalPage || far.Previous != houseURL+"/ueberblick.json?land=DE-ST" {
		t.Errorf("beyond the end: %+v", far)
	}
	feed := in.feed("/ueberblick.atom?land=DE-SH", "")
	if diff := cmp.Diff([]string{"Stromsparplan"}, feed.titles()); diff != "" || !strings.Contains(feed.Title, "Schleswig-Holstein") || feed.ID != houseURL+"/ueberblick.atom?land=DE-SH" {
		t.Errorf("feed %q %s: %s", feed.ID, feed.Title, diff)
	}
}

// A card says that its practice moved on after the desk accepted it; programs are told both revisions.
func TestPortalTellsOfChanges(t *testing.T) {
	t.Parallel()
	in, own, _ := portal(t)
	card := func() string {
		return in.get("/ueberblick", "").text(fmt.Sprintf("article.card:has(a[href='%s'])", practiceURL(own)))
	}
	if got := card(); strings.Contains(got, "geändert") || !strings.Contains(got, "Kuratiert") {
		t.Errorf("as accepted: %q", got)
	}
	d := sampleDraft()
	d.Summary = "Mit Einhausung der Gänge sinkt der Kühlaufwand."
	_, err := in.Practices.Publish(t.Context(), in.people["member"], own, d)
	must(t, err)
	if got := card(); !strings.Contains(got, "seit der Kuratierung geändert") {
		t.Errorf("changed: %q", got)
	}
	var list portalList
	must(t, json.Unmarshal([]byte(in.get("/ueberblick.json?land=DE-NW", "").body), &list))
	if len(list.Items) != 1 || list.Items[0].Revision != 2 || list.Items[0].Accepted != 1 {
		t.Errorf("%+v", list.Items)
	}
}

// The guide puts addresses together that lead to what it shows.
func TestEmbedGuide(t *testing.T) {
	t.Parallel()
	in, _, _ := portal(t)
	page := in.get("/einbetten?land=DE-SH&anzahl=5&ueberschrift=4&sprache=en&kennzahl=electricity&q=Strom", "").wants(t, http.StatusOK)
	checkPage(t, "guide", page)
	address := page.Find("#fragment").AttrOr("value", "")
	if address != houseURL+"/ueberblick.fragment.html?anzahl=5&kennzahl=electricity&land=DE-SH&q=Strom&sprache=en&ueberschrift=4" {
		t.Errorf("address %q", address)
	}
	shown := in.get(strings.TrimPrefix(address, houseURL), "").wants(t, http.StatusOK)
	if got := shown.text("h5 a"); got != "Stromsparplan" || page.text(".embedded h4 a") != got {
		t.Errorf("shows %q, the preview %q", got, page.text(".embedded h4 a"))
	}
	for _, id := range []string{"json", "feed"} {
		in.get(strings.TrimPrefix(page.Find("#"+id).AttrOr("value", ""), houseURL), "").wants(t, http.StatusOK)
	}
	if page.Find("select[name=land] option[selected]").AttrOr("value", "") != "DE-SH" || page.Find("input[type=hidden][name=kennzahl]").AttrOr("value", "") != "electricity" || page.Find("select[name=sprache] option[selected]").AttrOr("value", "") != "en" {
		t.Error("the form forgets what was chosen")
	}
	// A line for a shell stays one word whatever is searched for.
	if code := in.get("/einbetten?q="+url.QueryEscape("x'; rm -rf / #"), "").text(".steps code"); strings.Count(code, "'") != 2 {
		t.Errorf("line: %s", code)
	}
}

// Nothing accepted yet: the page says what would stand here, and has neither a map nor sums.
func TestPortalEmpty(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.publish("member", nil)
	page := in.get("/ueberblick", "").wants(t, http.StatusOK)
	checkPage(t, "empty", page)
	if got := page.text(".empty"); !strings.Contains(got, "Noch keine kuratierten Praxisbeispiele") || page.Find("svg.map__drawing, .impacts, article.card").Length() != 0 {
		t.Errorf("empty: %q", got)
	}
	if start := in.get("/", ""); start.Find("svg.map__drawing").Length() != 0 || start.Find("article.card").Length() != 1 {
		t.Error("the start page of who has not begun to curate")
	}
	if a := in.get("/ueberblick.fragment.html", "").wants(t, http.StatusOK); !strings.Contains(a.body, "noch keine Praxisbeispiele") {
		t.Errorf("fragment: %s", a.body)
	}
}

// What the desk made of the practices leads on from the overview and from the start page, once it is published.
func TestPortalShowsCollectionsAndEditions(t *testing.T) {
	t.Parallel()
	in, own, first := portal(t)
	ctx, editor := t.Context(), in.people["editor"]
	collection, err := in.Curation.CreateCollection(ctx, editor, curation.CollectionDraft{Name: "Rechenzentren, die sparen"})
	must(t, err)
	must(t, in.Curation.AddEntries(ctx, editor, collection, []int64{own, first}, 0))
	place := in.composed(own, first)
	for _, path := range []string{"/ueberblick", "/"} {
		if a := in.get(path, "editor"); a.Find("#zusammengestellt").Length() != 0 {
			t.Errorf("%s shows what is not published", path)
		}
	}
	must(t, in.Curation.PublishCollection(ctx, editor, collection))
	paper := in.published(place)
	for _, path := range []string{"/ueberblick", "/"} {
		a := in.get(path, "").wants(t, http.StatusOK)
		links := a.Find("section[aria-labelledby=zusammengestellt] .row__text a")
		if links.Length() != 2 || links.First().AttrOr("href", "") != paper || links.Last().AttrOr("href", "") != "/sammlungen/rechenzentren-die-sparen" {
			t.Errorf("%s: %s", path, a.text("section[aria-labelledby=zusammengestellt]"))
		}
		links.Each(func(_ int, link *goquery.Selection) { in.get(link.AttrOr("href", ""), "").wants(t, http.StatusOK) })
	}
	if a := in.get("/ueberblick?land=DE-SH", ""); a.Find("#zusammengestellt").Length() != 0 {
		t.Error("a search shows what is not part of it")
	}
}
