package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// Practices come from a spreadsheet in a real browser: upload, mapping, preview, the drafts made by a job while the page tells how
// far it is, and the rows that were left out. Every page of this is searched for barriers, wide and narrow.
func TestImportInTheBrowser(t *testing.T) {
	t.Parallel()
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	sh.member("klimaschutz", account.RoleMember)
	b := startBrowser(t)
	b.enter(sh, "klimaschutz")
	look := func(name string) {
		for _, width := range []int64{1280, 390} {
			b.run("resize", chromedp.EmulateViewport(width, 900))
			b.barriers(name)
			b.fits(name, width)
		}
	}
	var table strings.Builder
	table.WriteString("Nr;Titel;Kurzbeschreibung;Beschreibung;Ebene;Strom vorher (MWh/a);Strom nachher (MWh/a);CO2 Einsparung (t/a);Interne Notiz\n")
	for n := range 240 {
		fmt.Fprintf(&table, "%d;Serverraum %d wärmer betreiben;Höhere Temperaturen sparen Kühlenergie.;In vier Schritten von 20 auf 24 °C.;Kommune;1.250,5;1.%d;12;geheim\n", n, n, 100+n)
	}
	table.WriteString("241;;Ohne Titel;x;Planet;viel;1;-3;\n")
	file := filepath.Join(t.TempDir(), "praxisbeispiele.csv")
	if err := os.WriteFile(file, []byte(table.String()), 0o600); err != nil {
		t.Fatal(err)
	}

	b.open(sh.url("/bereich/entwuerfe"))
	b.run("go to the import", click("main a[href='/praxisbeispiele/importieren']"))
	b.waitPath(`^/praxisbeispiele/importieren$`)
	look("import")
	b.run("upload", chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), []string{file}), click("main form button[type=submit]"))
	mapping := b.waitPath(`^/praxisbeispiele/importieren/\d+/zuordnung$`)
	place := strings.TrimSuffix(mapping, "/zuordnung")
	look("mapping")
	b.run("accept", click("main form button[type=submit]"))
	b.waitPath(place + "/vorschau$")
	look("preview")
	if text := strings.ReplaceAll(b.text("main"), "\u00a0", " "); !strings.Contains(text, "Strom: 1.250,5 MWh/a → 1.100 MWh/a") || !strings.Contains(text, "Zeile 242 · Ebene") {
		t.Errorf("the preview says %.1500s", text)
	}
	b.run("begin", click("main form[action$='/vorschau'] button"))
	b.waitPath(place + "$")
	b.waitText("Das ist aus der Tabelle geworden") // the page finds out by itself
	look("result")
	if text := b.text("main dl.facts"); !strings.Contains(text, "240") {
		t.Errorf("the result says %s", text)
	}
	b.open(sh.url("/praxisbeispiele/importieren"))
	look("imports")
	b.open(sh.url("/bereich/entwuerfe?seite=2"))
	look("drafts")
	b.open(sh.url(place + "/loeschen"))
	look("delete")
}
