package app_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/practice"
)

// An editor takes over the lists of the KG in a browser, orders and merges what is the house's own, and gives the lists up again.
// Every page of this is searched for barriers, in both widths.
func TestTermsInTheBrowser(t *testing.T) {
	t.Parallel()
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	kg.member("redaktion", account.RoleEditor)
	sh.member("redaktion", account.RoleEditor)
	ctx := t.Context()
	id := func(i *instance, name string) int64 {
		t.Helper()
		terms, err := i.Practices.Terms(ctx, practice.SchemeField)
		if err != nil {
			t.Fatal(err)
		}
		for _, term := range terms {
			if term.Name == name {
				return term.ID
			}
		}
		t.Fatalf("no field %q", name)
		return 0
	}
	editor := mustByUsername(t, sh, "redaktion")
	for _, name := range []string{"Küste", "Häfen"} {
		if err := sh.Taxonomies.Save(ctx, editor, practice.Term{Scheme: practice.SchemeField, Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	software := id(sh, "Software")
	if _, err := sh.Practices.Publish(ctx, editor, 0, practice.Draft{
		Title: "Büros: Programme zusammenlegen", Summary: "Weniger Programme brauchen weniger Server und weniger Pflege.", Source: "So ging es.", Language: "de",
		Measures: []string{"Programme zählen"}, Fields: []int64{software, id(sh, "Häfen")}, ContactName: "Green-IT",
	}); err != nil {
		t.Fatal(err)
	}
	theirs := mustByUsername(t, kg, "redaktion")
	if err := kg.Taxonomies.Merge(ctx, theirs, id(kg, "Software"), id(kg, "Organisation")); err != nil {
		t.Fatal(err)
	}
	if err := kg.Taxonomies.Save(ctx, theirs, practice.Term{Scheme: practice.SchemeField, Name: "Künstliche Intelligenz"}); err != nil {
		t.Fatal(err)
	}

	b := startBrowser(t)
	b.enter(sh, "redaktion")
	looks := func(name string) {
		t.Helper()
		for _, width := range []int64{390, 1280} {
			b.run("resize", chromedp.EmulateViewport(width, 900))
			b.barriers(fmt.Sprintf("%s (%d px)", name, width))
			b.fits(name, width)
		}
	}
	const terms = "/redaktion/begriffe"
	b.open(sh.url(terms))
	eval[int](b, "open all", `document.querySelectorAll("main details").forEach(d => d.open = true), 0`)
	looks("terms")

	// Our own: in another order, and two of them one.
	harbors := fmt.Sprintf("#begriff-%d", id(sh, "Häfen"))
	b.open(sh.url(terms))
	b.run("open", click(harbors+" summary"))
	b.press(harbors+" form[action$='/hoch'] button", harbors)
	if got := eval[string](b, "order", `[...document.querySelectorAll("#field > .stack > details summary")].map(s => s.innerText.trim()).slice(-3).join("|")`); !strings.HasPrefix(got, "Häfen") {
		t.Errorf("the last ones are %q", got)
	}
	b.open(fmt.Sprintf("%s/%d/zusammenfuehren", sh.url(terms), id(sh, "Häfen")))
	looks("merge")
	b.press("form button[type=submit]", ".kern-error")
	looks("merge with nothing")
	b.run("choose", chromedp.SetValue(chromedp.CSS("#f-into"), fmt.Sprint(id(sh, "Küste"))))
	b.press("form button[type=submit]", ".kern-list")
	looks("merge?")
	if text := b.text("main"); !strings.Contains(text, "1 Praxisbeispiel dieser Instanz") {
		t.Errorf("the question: %s", text)
	}
	b.press("form button[type=submit]", "#field")

	// The KG's.
	b.run("address", chromedp.SetValue(chromedp.CSS("#f-q"), "nirgends.localhost"))
	b.press("form[action$='/uebernehmen'] button", "#f-q-error")
	looks("an address that does not exist")
	kgURL, err := url.Parse(kg.url("/"))
	if err != nil {
		t.Fatal(err)
	}
	b.run("address", chromedp.SetValue(chromedp.CSS("#f-q"), kgURL.Host))
	b.press("form[action$='/uebernehmen'] button", "form .kern-btn--tertiary")
	looks("preview")
	if text := b.text("main"); !strings.Contains(text, "„Software“ geht auf in „Organisation“ (1 Praxisbeispiel)") || !strings.Contains(text, "Künstliche Intelligenz") {
		t.Errorf("the preview: %s", text)
	}
	b.press("form button[type=submit]", "#uebernehmen")
	eval[int](b, "open all", `document.querySelectorAll("main details").forEach(d => d.open = true), 0`)
	looks("followed")
	if text := b.text("#field"); !strings.Contains(text, "Diese Liste wird von "+kgURL.Host+" übernommen.") || !strings.Contains(strings.Join(strings.Fields(text), " "), "Küste eigener 1 Praxisbeispiel") {
		t.Errorf("the list: %s", text)
	}
	b.open(sh.url("/praxisbeispiele?feld=Software"))
	if text := b.text("main"); !strings.Contains(text, "Büros: Programme zusammenlegen") {
		t.Errorf("by the old word: %s", text)
	}
	b.open(sh.url(terms + "/field/freigeben"))
	looks("release?")
	b.press("form button[type=submit]", "#field")
	if n := b.count("#field .panel"); n != 0 {
		t.Error("still followed")
	}
}
