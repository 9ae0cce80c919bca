package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/organization"
)

// An editor arranges a collection in a browser and publishes it; an editor of another instance shows it there. Every page of this is
// searched for barriers, in all widths, also what a refused form looks like.
func TestCollectionsInTheBrowser(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	kg.member("redaktion", account.RoleEditor)
	token := sh.member("redaktion", account.RoleEditor)
	sh.followInstance(kg, token)
	editor := mustByUsername(t, kg, "redaktion")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var ids []int64
	for _, title := range []string{"Serverräume: wärmer betreiben", "Kühlung: Gänge einhausen", "Strom: messen statt schätzen"} {
		id, err := kg.Practices.Publish(ctx, editor, 0, draft(title))
		must(err)
		must(until(func() error { return kg.Curation.Accept(ctx, editor, id) }))
		ids = append(ids, id)
	}

	b := startBrowser(t)
	b.enter(kg, "redaktion")
	looks := func(name string) {
		t.Helper()
		for _, width := range []int64{390, 1280} {
			b.run("resize", chromedp.EmulateViewport(width, 900))
			b.barriers(fmt.Sprintf("%s (%d px)", name, width))
			b.fits(name, width)
		}
	}
	b.open(kg.url("/redaktion/sammlungen"))
	looks("nothing arranged")
	b.run("name", chromedp.SetValue(chromedp.CSS("#f-name"), "Kühle Räume"))
	b.press("form[action='/redaktion/sammlungen'] button", "#beispiele")
	looks("an empty collection")
	place := b.waitPath(`^/redaktion/sammlungen/\d+$`)

	b.press("a[href$='/aufnehmen']", "#f-chapter")
	looks("choose")
	b.press("form[method=post] button", ".error-summary")
	looks("nothing chosen")
	for _, id := range ids {
		b.run("tick", click(fmt.Sprintf("label[for='f-post-%d']", id)))
	}
	b.press("form[method=post] button", "#beispiele li")
	b.press("form[action$='/gliedern'] button", "#beispiele li")
	var id int64
	if _, err := fmt.Sscanf(place, "/redaktion/sammlungen/%d", &id); err != nil {
		t.Fatal(err)
	}
	must(kg.Curation.SaveChapter(ctx, editor, id, curation.Chapter{Name: "Betrieb", Introduction: "Ohne Umbau."}))
	arranged, err := kg.Curation.Arranged(ctx, editor, id)
	must(err)
	must(kg.Curation.SaveEntry(ctx, editor, id, ids[0], curation.EntryDraft{ChapterID: arranged.Chapters[len(arranged.Chapters)-1].ID, Annotation: "Lohnt sich.", Featured: true}))
	b.open(kg.url(place))
	b.press(fmt.Sprintf("form[action$='/%d/hoch'] button", ids[1]), "#beispiele li")
	eval[int](b, "open all", `document.querySelectorAll("main details").forEach(d => d.open = true), 0`)
	looks("arranged")
	b.press("form[action$='/veroeffentlichen'] button", "form[action$='/zuruecknehmen']")

	// Its source moves on, and another one withdraws.
	if _, err := kg.Practices.Publish(ctx, editor, ids[1], draft("Kühlung: Gänge ganz einhausen")); err != nil {
		t.Fatal(err)
	}
	must(kg.Practices.Withdraw(ctx, editor, ids[2]))
	b.open(kg.url("/sammlungen/kuehle-raeume"))
	looks("published")
	if text := b.text("main"); !strings.Contains(text, "Seit der Aufnahme geändert.") || !strings.Contains(text, "Die Quelle hat es zurückgezogen.") || !strings.Contains(text, "Lohnt sich.") {
		t.Errorf("the page says: %s", text)
	}
	b.press(".collected__note a", ".diff")
	looks("what changed")
	for _, path := range []string{"/sammlungen", place, fmt.Sprintf("%s/beispiele/%d/entfernen", place, ids[2]), fmt.Sprintf("%s/beispiele/%d/entfernen", place, ids[0]), place + "/loeschen"} {
		b.open(kg.url(path))
		looks(path)
	}

	// Elsewhere.
	b.enter(sh, "redaktion")
	must(until(func() error {
		list, err := sh.Curation.Elsewhere(ctx, mustByUsername(t, sh, "redaktion"))
		if err == nil && len(list) == 0 {
			return fmt.Errorf("no collection has been read")
		}
		return err
	}))
	b.open(sh.url("/redaktion/sammlungen"))
	looks("offered")
	b.press("form[action$='/zeigen'] button", "form[action$='/nicht-zeigen']")
	b.press("section[aria-labelledby=andere] li a", "h1")
	looks("of another")
	if text := b.text("main"); !strings.Contains(text, "Änderungen dort erscheinen auch hier.") {
		t.Errorf("the page says: %s", text)
	}
	b.open(sh.url("/sammlungen"))
	looks("list with one of another")
}
