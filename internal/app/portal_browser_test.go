package app_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// Who opens the aggregate view without an account gets to the practices of a Land by the keyboard alone, sees what they save and
// what that rests on, and finds how to show them elsewhere: in both widths, light and dark, without barriers.
func TestPortalInTheBrowser(t *testing.T) {
	t.Parallel()
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	editor := kg.member("redaktion", account.RoleEditor)
	for region, title := range map[string]string{"DE-SH": "Gänge einhausen", "DE-BE": "Ausgemusterte Geräte weitergeben", "DE-BY": "Server über Nacht abschalten"} {
		location := kg.post("/praxisbeispiele/neu", editor, url.Values{
			"title": {title}, "summary": {"So sinkt der Strombedarf im Rechenzentrum um ein Viertel."}, "source": {"Erst messen, dann ändern."}, "level": {"land"}, "region": {region},
			"licence": {"https://www.govdata.de/dl-de/by-2-0"}, "language": {"de"}, "action": {"publish"},
			"figures.0.quantity": {"electricity"}, "figures.0.unit": {"MW.h/a"}, "figures.0.change": {map[string]string{"DE-SH": "-120", "DE-BE": "35", "DE-BY": "-8"}[region]}, "figures.0.method": {"Zähler"},
		})
		practice := strings.Split(strings.TrimPrefix(location, "/praxisbeispiele/"), "?")[0]
		within(t, "the practice is on the desk", func() bool {
			_, desk := kg.get("/redaktion", editor)
			return desk.Find("main a[href$='/"+practice+"']").Length() > 0
		})
		kg.post("/redaktion/"+practice+"/annehmen", editor, nil)
	}
	b := startBrowser(t)
	views := []struct {
		width  int64
		scheme string
	}{{390, "light"}, {390, "dark"}, {1280, "dark"}, {1280, "light"}}
	for _, path := range []string{"/ueberblick", "/ueberblick?land=DE-BE", "/", "/einbetten"} {
		b.open(kg.url(path))
		for _, view := range views {
			b.look(view.width, view.scheme)
			b.barriers(path + ", " + view.scheme)
			b.fits(path, view.width)
		}
	}

	b.open(kg.url("/ueberblick"))
	const berlin = "svg.map__drawing a[href*='DE-BE']"
	// Small Länder lie on top of those around them: what is pointed at is Berlin, not Brandenburg.
	if hit := eval[string](b, "point at Berlin", `(() => {
		const mark = document.querySelector("`+berlin+` circle");
		mark.scrollIntoView({block: "center", behavior: "instant"});
		const r = mark.getBoundingClientRect();
		return document.elementFromPoint(r.x + r.width / 2, r.y + 3).closest("a")?.getAttribute("aria-label") ?? "nothing";
	})()`); hit != "Berlin: 1 Praxisbeispiel" {
		t.Errorf("on Berlin lies %q", hit)
	}
	// Who goes from link to link hears the number too, and sees where they are.
	eval[int](b, "to the link before", `document.querySelector("svg.map__drawing").parentElement.parentElement.querySelector("svg a").focus(), 0`)
	reached := ""
	for range 5 {
		if reached = eval[string](b, "where", `document.activeElement.getAttribute("aria-label") ?? ""`); strings.HasPrefix(reached, "Berlin") {
			break
		}
		b.run("tab", chromedp.KeyEvent(kb.Tab))
	}
	if reached != "Berlin: 1 Praxisbeispiel" {
		t.Fatalf("by the keyboard one comes to %q", reached)
	}
	if focus, rest := eval[string](b, "focused", `getComputedStyle(document.activeElement.querySelector("circle")).strokeWidth`), eval[string](b, "others",
		`getComputedStyle(document.querySelector("svg.map__drawing a[href*='DE-SH'] circle")).strokeWidth`); focus == rest {
		t.Errorf("the focus cannot be seen: %s, others %s", focus, rest)
	}
	b.run("choose", chromedp.KeyEvent(kb.Enter), holds(`location.search === "?land=DE-BE" && document.querySelectorAll("article.card").length === 1`))
	b.run("all of the page", holds(`document.readyState === "complete"`))
	if got := b.text("section[aria-labelledby=wirkung-electricity]"); !strings.Contains(got, "+35") || !strings.Contains(got, "1 von 1") || !strings.Contains(got, "Ermittelt durch: Zähler") {
		t.Errorf("effects: %s", got)
	}
}
