package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/organization"
)

// An editor writes a guide with a file in a real browser, makes mistakes, looks at the preview and publishes it, then a second
// version; the instance that follows reads both. Every page of this is searched for barriers, in both widths.
func TestDocumentsInTheBrowser(t *testing.T) {
	t.Parallel()
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	sh.member("redaktion", account.RoleEditor)
	kg.followInstance(sh, kg.member("redaktion", account.RoleEditor))
	file, err := export.ODT(export.Document{Title: "Checkliste", Language: "de", Blocks: []export.Block{export.Paragraph{Text: export.Plain("Erst messen.")}}})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "Checkliste.odt")
	if err := os.WriteFile(name, file, 0o600); err != nil {
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
	b.open(sh.url("/handreichungen"))
	looks("no documents")
	b.open(sh.url("/redaktion/handreichungen"))
	looks("nothing in work")
	b.open(sh.url("/redaktion/handreichungen/neu"))
	looks("a new document")
	b.run("write", fill("title", "Leitfaden zum Messen"), fill("source", "## Warum\n\nWer misst, findet."))
	b.press("button[value=preview]:not(.kern-sr-only)", "form[action$='/veroeffentlichen']")
	b.press("form[action$='/veroeffentlichen'] button", "#f-summary-error")
	looks("a document with gaps")
	b.run("complete", fill("summary", "Wie eine Verwaltung anfängt zu messen."), chromedp.SetValue(chromedp.CSS("#f-type"), "guide"),
		fill("upload_name", "Checkliste als Text"), chromedp.SetUploadFiles(chromedp.CSS("#f-upload"), []string{name}))
	b.press("button[value=add-file]", "#f-files-0-name")
	looks("a document with a file")
	b.press("button[value=preview]:not(.kern-sr-only)", "form[action$='/veroeffentlichen']")
	looks("preview")
	b.open(sh.url("/redaktion/handreichungen"))
	looks("a document in work")
	b.press(".rows .kern-title a", "form[action$='/veroeffentlichen']")
	b.press("form[action$='/veroeffentlichen'] button", "article.practice")
	page := b.waitPath(`^/handreichungen/\d+$`)
	looks("a document")
	if text := b.text("article"); !strings.Contains(text, "Checkliste als Text") || !strings.Contains(text, "Handlungsleitfaden") {
		t.Errorf("the page: %s", text)
	}

	// The next version.
	b.press("form[action$='/aendern'] button", "#f-version")
	b.run("write", fill("version", "2.0"), fill("source", "## Warum\n\nWer misst, findet und spart."))
	b.press("button[value=preview]:not(.kern-sr-only)", ".diff")
	looks("preview of a version")
	b.press("form[action$='/veroeffentlichen'] button", "article.practice")
	b.open(sh.url(page + "/verlauf"))
	looks("versions")
	b.open(sh.url(page + "/zurueckziehen"))
	looks("withdraw?")

	// Who follows reads it, with its versions.
	within(t, "the document at the KG", func() bool {
		b.open(kg.url("/handreichungen"))
		return strings.Contains(b.text("main"), "Version 2.0")
	})
	looks("the list at the KG")
	b.press(".rows h3 a", "article.practice")
	looks("a document of another instance")
	if text := b.text("article"); !strings.Contains(text, "findet und spart") || !strings.Contains(text, "Checkliste als Text") || !strings.Contains(text, "@praxis@sh.") {
		t.Errorf("at the KG: %s", text)
	}
}
