package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/practice"
)

// TestCurationReport: the page says what the tables of the database say, in words, drawings and files.
func TestCurationReport(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	_, other := in.sample()
	_, err := in.db.ExecContext(t.Context(), `UPDATE curations SET received_at = now() - interval '40 days' WHERE post_id = $1`, other)
	must(t, err)
	catalog, err := in.Accounts.Catalog(t.Context())
	must(t, err)
	page := in.get("/redaktion/berichte", "editor").wants(t, http.StatusOK)
	checkPage(t, "report", page)
	facts := page.text(".impacts")
	for _, want := range []string{"Eingegangen4von 4 Instanzen", "Angenommen2", "Abgelehnt1", "Offen1am", "unter 1 Tagim Median von 3 Praxisbeispielen"} {
		if !strings.Contains(facts, want) {
			t.Errorf("the facts do not say %q: %s", want, facts)
		}
	}
	if got := page.text("[aria-labelledby=titel-herkunft] tbody"); !strings.Contains(got, catalog.Name()+"diese Instanz 1 1 0 0 0 0 ") || !strings.Contains(got, "sh.example 1 1 0 0 0 40") {
		t.Errorf("origins: %s", got)
	}
	if got := page.text("[aria-labelledby=titel-dauer] tbody"); got != "höchstens 1 Tag 2 2 bis 7 Tage 0 8 bis 30 Tage 0 31 bis 90 Tage 1 über 90 Tage 0" {
		t.Errorf("delay: %s", got)
	}
	if rows := page.Find("[aria-labelledby=titel-laender] tbody tr").Length(); rows != 17 { // every Land, and what names none
		t.Errorf("%d rows of Länder", rows)
	}
	if got := page.text("[aria-labelledby=titel-offen] ol"); !strings.Contains(got, "CPU-Auslastung dauerhaft messen") {
		t.Errorf("longest waiting: %s", got)
	}
	// Every drawing has a name, a description and a table with the same rows.
	charts := page.Find("svg.rowchart__drawing")
	if charts.Length() != 4 {
		t.Errorf("%d charts", charts.Length())
	}
	for i, chart := range charts.EachIter() {
		if chart.Find("title").Text() == "" || !strings.Contains(chart.Find("desc").Text(), "Alle Zahlen stehen in der Tabelle.") {
			t.Errorf("chart %d has no words", i)
		}
		if rows, drawn := chart.Closest(".compare").Find("tbody tr").Length(), chart.Find(".rowchart__label").Length(); rows != drawn || rows == 0 {
			t.Errorf("chart %d shows %d rows, its table %d", i, drawn, rows)
		}
	}
	// No line of time stands under two names, and all numbers of a table stand in its file.
	for _, link := range page.Find("a[download]").EachIter() {
		at := link.AttrOr("href", "")
		file := in.get(at, "editor").wants(t, http.StatusOK)
		table := link.Closest("section").Find("tbody tr").Length()
		lines := strings.Split(strings.TrimSuffix(file.body, "\r\n"), "\r\n")
		if len(lines) != table+1 || !strings.HasPrefix(file.body, "\ufeff") || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment;") {
			t.Errorf("%s has %d lines for %d rows: %s", at, len(lines), table, file.Header.Get("Content-Disposition"))
		}
		if columns := link.Closest("section").Find("thead th").Length(); strings.Count(lines[0], ";") != columns-1 {
			t.Errorf("%s begins with %s", at, lines[0])
		}
	}
	if file := in.get("/redaktion/berichte/herkunft.csv", "editor"); !strings.Contains(file.body, catalog.Name()+" (diese Instanz);1;1;0;0;0;0\r\n") {
		t.Errorf("origins as a file: %s", file.body)
	}
}

// TestCurationReportOfAPeriod: what lies outside is not counted, mistakes are said at their field and keep what was typed.
func TestCurationReportOfAPeriod(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.sample()
	tomorrow := time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	before := in.get("/redaktion/berichte?von=2024-01-01&bis=31.12.2024", "editor").wants(t, http.StatusOK)
	checkPage(t, "empty report", before)
	if got := before.text("main"); !strings.Contains(got, "Vom 1. Januar 2024 bis zum 31. Dezember 2024") || !strings.Contains(got, "In diesem Zeitraum ist nichts eingegangen") {
		t.Errorf("2024: %s", got)
	}
	for _, c := range []struct{ query, said string }{
		{"von=gestern", "Erster Tag: Bitte geben Sie einen Tag an"},
		{"von=" + tomorrow, "Erster Tag: Dieser Tag liegt in der Zukunft"},
		{"von=2026-02-01&bis=2026-01-01", "Letzter Tag: Der letzte Tag liegt vor dem ersten."},
		{"von=1900-01-01", "Erster Tag: Ein Bericht umfasst höchstens 20 Jahre."},
	} {
		page := in.get("/redaktion/berichte?"+c.query, "editor").wants(t, http.StatusUnprocessableEntity)
		checkPage(t, c.query, page)
		if got := page.text(".error-summary"); !strings.Contains(got, c.said) {
			t.Errorf("%s: %s", c.query, got)
		}
		from, _, _ := strings.Cut(strings.TrimPrefix(c.query, "von="), "&")
		if got := page.Find("[name=von]").AttrOr("value", ""); got != from {
			t.Errorf("%s: the field says %q", c.query, got)
		}
		if n := page.Find("table").Length(); n != 0 {
			t.Errorf("%s: %d tables of a period that nobody asked for", c.query, n)
		}
	}
	in.get("/redaktion/berichte/verlauf.csv?von=gestern", "editor").wants(t, http.StatusUnprocessableEntity)
	in.get("/redaktion/berichte/geheim.csv", "editor").wants(t, http.StatusNotFound)
}

// TestCurationReportIsForEditors of an instance that curates; nothing on it is a formula, and no title of another language loses it.
func TestCurationReportIsForEditors(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.receive("fies.example", "=HYPERLINK(\"https://fies.example\")", "<b>Fett</b>", practice.Practice{Region: "DE-BY"})
	for _, at := range []string{"/redaktion/berichte", "/redaktion/berichte/verlauf.csv"} {
		if a := in.get(at, ""); a.StatusCode == http.StatusOK {
			t.Errorf("a visitor reads %s", at)
		}
		in.get(at, "member").wants(t, http.StatusForbidden)
	}
	page := in.get("/redaktion/berichte", "editor")
	if page.Find("main b").Length() != 0 || !strings.Contains(page.text("main"), "<b>Fett</b>") {
		t.Error("a title is taken for markup")
	}
	// Their catalogue may call itself what it likes; a file does not calculate it.
	catalog := remote(account.Group, account.CatalogUsername, "fies.example")
	catalog.DisplayName = "=1+1"
	_, err := in.Accounts.Receive(t.Context(), catalog)
	must(t, err)
	if file := in.get("/redaktion/berichte/herkunft.csv", "editor"); strings.Contains(file.body, "\n=1+1") || !strings.Contains(file.body, "'=1+1") {
		t.Errorf("the file calculates: %s", file.body)
	}
	o, err := in.Organizations.Get(t.Context())
	must(t, err)
	o.Curates = false
	must(t, in.Organizations.Save(t.Context(), o))
	in.serve(t)
	in.get("/redaktion/berichte", "editor").wants(t, http.StatusForbidden)
	if in.get("/redaktion/begriffe", "editor").Find(fmt.Sprintf("a[href='%s']", curationReportPath)).Length() != 0 {
		t.Error("reports are offered where nothing is curated")
	}
}
