package app_test

import (
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// A member writes in the short form, which fits one screen, folds out the long one, adds rows without leaving the page, hangs an
// image on it and publishes; another instance shows all of it, and the image through itself.
func TestLongFormInTheBrowser(t *testing.T) {
	t.Parallel()
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	sh.member("rechenzentrum", account.RoleMember)
	kg.followInstance(sh, kg.member("redaktion", account.RoleEditor))
	plan := filepath.Join(t.TempDir(), "Grundriss Süd.png")
	f, err := os.Create(plan)
	if err == nil {
		err = png.Encode(f, image.NewRGBA(image.Rect(0, 0, 600, 400)))
	}
	if err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	b := startBrowser(t)
	b.enter(sh, "rechenzentrum")
	b.open(sh.url("/praxisbeispiele/neu"))
	b.run("short form", fill("title", "Serverräume wärmer betreiben"), fill("summary", "Höhere Temperaturen sparen Kühlenergie."), press("Vorlage einfügen"),
		chromedp.WaitVisible(chromedp.CSS("#f-source:target")))
	if text := eval[string](b, "template", `document.querySelector("#f-source").value`); !strings.Contains(text, "## Vorgehen") {
		t.Fatalf("the template is %q", text)
	}
	b.run("text", fill("source", "## Vorgehen\n\nGrad für Grad von 20 auf 24 °C."))
	eval[int](b, "fold out", `document.querySelectorAll("details.kern-accordion").forEach(d => d.open = true), 0`)
	b.run("long form", fill("situation", "Es war zu kalt."), fill("outcome", "Es ist warm genug."), fill("person_days", "12,5"),
		fill("costs.0.amount", "12.500"), fill("costs.0.name", "Einhausung"), click("button[value=add-cost]"),
		fill("costs.1.amount", "viel"), fill("costs.1.name", "Wartung"), chromedp.SetValue(chromedp.CSS("[name='costs.1.kind']"), "yearly"),
		fill("links.0.href", "https://gitlab.opencode.de/sh/kalt"), click("button[value=add-link]"), fill("links.1.href", "https://www.gesetze-im-internet.de/enefg/"),
		chromedp.SetValue(chromedp.CSS("[name='links.1.rel']"), "law"))
	if legend := eval[string](b, "row", `document.querySelector("[name='costs.1.amount']").closest("fieldset").querySelector("legend").textContent`); legend != "Kosten 2" {
		t.Errorf("the added row is called %q", legend)
	}
	if currency := eval[string](b, "currency", `document.querySelector("[name='costs.1.currency']").value`); currency != "EUR" {
		t.Errorf("the added row has the currency %q", currency)
	}
	b.run("attach", chromedp.SetUploadFiles(chromedp.CSS("#f-upload"), []string{plan}), fill("upload_description", "Grundriss mit zwei Reihen Schränken"),
		click("button.kern-btn[name=action][value=publish]"), chromedp.WaitVisible(chromedp.CSS(".error-summary")))
	if said := b.text(".error-summary"); !strings.Contains(said, "Kosten 2, Betrag: Das ist keine Zahl.") {
		t.Errorf("the mistake is told as %q", said)
	}
	for _, view := range []struct {
		width  int64
		scheme string
	}{{390, "light"}, {1280, "dark"}, {1280, "light"}} {
		b.look(view.width, view.scheme)
		b.barriers("long form with a mistake, " + view.scheme)
		b.fits("long form", view.width)
	}
	b.run("correct", fill("costs.1.amount", "300"), click("button.kern-btn[name=action][value=publish]"))
	path := b.waitPath(`^/praxisbeispiele/\d+$`)
	for _, view := range []struct {
		width  int64
		scheme string
	}{{390, "light"}, {1280, "dark"}, {1280, "light"}} {
		b.look(view.width, view.scheme)
		b.barriers("long practice, " + view.scheme)
		b.fits("long practice", view.width)
	}
	if shown := eval[int](b, "picture", `document.querySelector(".picture img").scrollIntoView(), document.querySelector(".picture img").decode().then(() => document.querySelector(".picture img").naturalWidth)`); shown != 480 {
		t.Errorf("the picture is %d pixels wide", shown)
	}

	uri := sh.url("/practices/" + strings.TrimPrefix(path, "/praxisbeispiele/"))
	_, page := kg.get(kg.pageOf(uri), "")
	text := strings.Join(strings.Fields(page.Find("main").Text()), " ")
	for _, want := range []string{"Es war zu kalt.", "12,5 Personentage", "12.500 Euro einmalig", "300 Euro jährlich", "Grundriss mit zwei Reihen Schränken", "Bild (PNG) bei " + strings.TrimPrefix(sh.url(""), "http://")} {
		if !strings.Contains(text, want) {
			t.Errorf("the other instance does not show %q", want)
		}
	}
	src := page.Find(".picture img").AttrOr("src", "")
	if resp, _ := kg.get(src, ""); !strings.HasPrefix(src, "/media/") || resp.StatusCode != http.StatusOK {
		t.Errorf("the picture stands at %q there, which answers %s", src, resp.Status)
	}
	if href := page.Find("section[aria-labelledby=anhaenge] a").AttrOr("href", ""); !strings.HasPrefix(href, sh.url(path+"/anlagen/")) {
		t.Errorf("the file is linked as %q", href)
	}
}
