package web

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/job/jobtest"
	"github.com/vorbild/vorbild/internal/sheet"
)

// sendFile sends a form with a file, as a browser does.
func (h *house) sendFile(t *testing.T, role, place, name string, content []byte) answer {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", name)
	must(t, err)
	_, err = part.Write(content)
	must(t, errors.Join(err, w.Close()))
	r := httptest.NewRequest(http.MethodPost, houseURL+place, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return h.do(t, role, r)
}

// take uploads a sheet and returns the address of its import.
func (h *house) take(t *testing.T, role string, content []byte) string {
	t.Helper()
	a := h.sendFile(t, role, importsPath, "praxis.csv", content).wants(t, http.StatusSeeOther)
	place, ok := strings.CutSuffix(a.Header.Get("Location"), "/zuordnung")
	if !ok {
		t.Fatalf("a sheet leads to %q", a.Header.Get("Location"))
	}
	return place
}

// sheetOf leaves somebody with one sheet that was begun, and returns the address of its import.
func (h *house) sheetOf(t *testing.T, role string) string {
	t.Helper()
	list, err := h.Imports.List(t.Context(), h.people[role])
	must(t, err)
	for _, i := range list {
		must(t, h.Imports.Remove(t.Context(), h.people[role], i.ID))
	}
	i, err := h.Imports.Take(t.Context(), h.people[role], "praxis.csv", []byte("Titel;Beschreibung\nKühlung;wärmer\n"))
	must(t, err)
	return importURL(i.ID)
}

// chosen is the mapping as the page proposes it, ready to be sent.
func chosen(a answer) url.Values {
	form := url.Values{}
	for _, column := range a.Find("select[name=columns]").EachIter() {
		form.Add("columns", column.Find("option[selected]").AttrOr("value", ""))
	}
	for _, kind := range a.Find("select[name^='figures.']").EachIter() {
		form.Add(kind.AttrOr("name", ""), kind.Find("option[selected]").AttrOr("value", ""))
	}
	return form
}

// begin accepts the mapping that is proposed, and the preview.
func (h *house) begin(t *testing.T, role, place string) answer {
	t.Helper()
	h.post(t, role, place+"/zuordnung", chosen(h.get(t, role, place+"/zuordnung").wants(t, http.StatusOK))).leadsTo(t, place+"/vorschau")
	preview := h.get(t, role, place+"/vorschau").wants(t, http.StatusOK)
	if a := h.post(t, role, place+"/vorschau", nil); a.Header.Get("Location") != place {
		t.Fatalf("status %d: %s", a.StatusCode, preview.text("main"))
	}
	return preview
}

// count returns what a page says of how many rows have a state.
func (a answer) count(name string) string {
	for _, line := range a.Find("dl.facts div").EachIter() {
		if strings.TrimSpace(line.Find("dt").Text()) == name {
			return strings.Fields(line.Find("dd").Text())[0]
		}
	}
	return "0"
}

func (h *house) drafts(t *testing.T) (n int) {
	t.Helper()
	must(t, h.db.GetContext(t.Context(), &n, `SELECT count(*) FROM practices pr JOIN posts p ON p.id = pr.post_id WHERE p.state = 'draft'`))
	return n
}

// largeSheet has 500 rows below its header, 20 of which are broken in ten ways.
func largeSheet(t *testing.T) (content []byte, broken map[int]string) {
	t.Helper()
	rows := [][]string{{"Nr", "Titel", "Kurzbeschreibung", "Beschreibung", "Ebene", "Bundesland", "Handlungsfeld", "Strom vorher (MWh/a)", "Strom nachher (MWh/a)", "CO2 Einsparung (t/a)", "Zeitraum von", "Zeitraum bis", "E-Mail", "Ansprechperson"}}
	broken = map[int]string{}
	for n := 2; n <= 501; n++ {
		row := []string{fmt.Sprint(n), fmt.Sprintf("Praxisbeispiel %d", n), "Das spart Strom und Arbeit, ganz ohne Aufwand.", "Wir haben\nausprobiert; es \"wirkt\".", "Kommune", "Schleswig-Holstein",
			"Rechenzentrum", "1.250,5", "1.100", fmt.Sprint(n), "2023", "2024", "it@stadt.example", "IT-Stelle"}
		if n%25 == 0 {
			mistakes := []struct {
				column       int
				value, about string
			}{
				{1, "", "Titel"}, {1, strings.Repeat("lang ", 50), "Titel"}, {4, "Planet", "Ebene"}, {5, "Atlantis", "Bundesland"}, {6, "Zauberei", "Handlungsfeld"},
				{7, "sehr viel", "Strom vorher (MWh/a)"}, {9, "-12", "CO2 Einsparung (t/a)"}, {10, "gestern", "Zeitraum von"}, {12, "keine Adresse", "E-Mail"}, {0, "2", "Nr"},
			}
			m := mistakes[(n/25)%len(mistakes)]
			row[m.column], broken[n] = m.value, m.about
		}
		rows = append(rows, row)
	}
	var file bytes.Buffer
	must(t, sheet.WriteCSV(&file, rows))
	return file.Bytes(), broken
}

// TestImport: a sheet of 500 rows, 20 of them broken, makes 480 drafts and explains 20 rows. Sent again it makes none; mended it
// makes the 20 that lacked.
func TestImport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.work(t)
	content, broken := largeSheet(t)
	if len(broken) != 20 {
		t.Fatalf("%d rows are broken, want 20", len(broken))
	}
	place := h.take(t, "member", content)
	preview := h.begin(t, "member", place)
	if got := preview.count("neu") + " " + preview.count("mit Fehlern"); got != "480 20" {
		t.Fatalf("the preview says %s, want 480 20: %s", got, preview.text("main"))
	}
	jobtest.Wait(t, h.db)
	result := h.get(t, "member", place).wants(t, http.StatusOK)
	if got := result.count("neu") + " " + result.count("mit Fehlern"); got != "480 20" {
		t.Fatalf("the result says %s, want 480 20: %s", got, result.text("main"))
	}
	if n := h.drafts(t); n != 480 {
		t.Fatalf("%d drafts, want 480", n)
	}
	last := h.get(t, "member", "/bereich/entwuerfe?seite=10").wants(t, http.StatusOK)
	checkPage(t, "drafts", last)
	if n := last.Find("section[aria-labelledby=entwuerfe] li.row").Length(); n != 30 {
		t.Errorf("the last page lists %d drafts, want 30 of 480", n)
	}
	explained := map[int]bool{}
	for _, line := range result.Find("li.mistake").EachIter() {
		var row int
		title := strings.TrimSpace(line.Find(".row__title").Text())
		_, err := fmt.Sscanf(title, "Zeile %d", &row)
		must(t, err)
		_, column, _ := strings.Cut(title, " · ")
		if broken[row] != column {
			t.Errorf("%s is explained at %q, want %q", title, column, broken[row])
		}
		if reason := strings.TrimSpace(line.Find(".row__text").Text()); len(reason) < 20 || strings.Contains(reason, "error.") {
			t.Errorf("row %d: %q", row, reason)
		}
		explained[row] = true
	}
	if len(explained) != 20 {
		t.Errorf("%d rows are explained", len(explained))
	}

	// The same sheet again.
	again := h.take(t, "member", content)
	if got := h.begin(t, "member", again).count("unverändert"); got != "480" {
		t.Errorf("%s rows are unchanged, want 480", got)
	}
	jobtest.Wait(t, h.db)
	if a := h.get(t, "member", again); h.drafts(t) != 480 || a.count("neu") != "0" || a.count("unverändert") != "480" {
		t.Errorf("sent twice: %d drafts, %s", h.drafts(t), a.text("dl.facts"))
	}

	// The broken rows come back as a file; mended there they make their drafts.
	file := h.get(t, "member", place+"/fehler.csv").wants(t, http.StatusOK)
	table, err := sheet.Read([]byte(file.body))
	must(t, err)
	if len(table.Rows) != 20 || table.Headers[len(table.Headers)-1] != "Warum ausgelassen" {
		t.Fatalf("the file has %d rows and the columns %q", len(table.Rows), table.Headers)
	}
	rows := [][]string{table.Headers}
	for n, row := range table.Rows {
		if reason := row.Cells[len(row.Cells)-1]; !strings.Contains(reason, ": ") {
			t.Errorf("row %d: reason %q", row.Number, reason)
		}
		copy(row.Cells, []string{fmt.Sprint("neu ", n), fmt.Sprint("Verbessert ", n)})
		copy(row.Cells[4:], []string{"Land", "", "Software", "10 MWh/a", "8", "1", "2023", "04/2024", "it@stadt.example"})
		rows = append(rows, row.Cells)
	}
	var mended bytes.Buffer
	must(t, sheet.WriteCSV(&mended, rows))
	third := h.take(t, "member", mended.Bytes())
	if preview := h.begin(t, "member", third); preview.count("neu") != "20" || preview.count("mit Fehlern") != "0" {
		t.Errorf("mended: %s", preview.text("main"))
	}
	if n := h.drafts(t); n != 500 { // few rows are made at once
		t.Errorf("%d drafts, want 500", n)
	}
}

// TestImportedDraft: what stands in the columns stands in the draft, and who changes it by hand keeps the change.
func TestImportedDraft(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	write := func(title, summary, before string) []byte {
		var file bytes.Buffer
		must(t, sheet.WriteCSV(&file, [][]string{
			{"Kennung", "Titel", "Zusammenfassung", "Beschreibung", "Maßnahmen", "Strom vorher (kWh/a)", "Strom nachher (kWh/a)", "Kosten einmalig", "Kernziele", "Links", "E-Mail", "Ansprechstelle", "Status"},
			{"A-1", title, summary, "Text", "Leisten verteilen; Bildschirme tauschen", before, "900", "1.500 €", "9; Mess- und Berichtswesen", "https://gitlab.opencode.de/a https://beispiel.de/b", "it@sh.example", "IT", "umgesetzt"},
		}))
		return file.Bytes()
	}
	h.begin(t, "member", h.take(t, "member", write("Strom sparen", "Leisten senken den Verbrauch.", "1.250,5")))
	list, err := h.Practices.Drafts(t.Context(), h.people["member"], 0, 10)
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("%d drafts, want 1", len(list))
	}
	id := list[0].Post.ID
	form := practiceURL(id) + "/bearbeiten"
	read := func(name string) string {
		input := h.get(t, "member", form).wants(t, http.StatusOK).Find(fmt.Sprintf("[name='%s']", name))
		if input.Is("select") {
			return input.Find("[selected]").AttrOr("value", "")
		}
		return input.AttrOr("value", strings.TrimPrefix(input.First().Text(), "\n"))
	}
	for name, want := range map[string]string{
		"title": "Strom sparen", "summary": "Leisten senken den Verbrauch.", "source": "Text", "measures": "Leisten verteilen\nBildschirme tauschen", "level": "land", "region": "DE-SH",
		"figures.0.quantity": "electricity", "figures.0.unit": "kW.h/a", "figures.0.before": "1250,5", "figures.0.after": "900", "contact_name": "IT", "contact_email": "it@sh.example",
	} {
		if got := read(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	d, _, err := h.Practices.DraftOf(t.Context(), h.people["member"], id)
	must(t, err)
	if len(d.Goals) != 2 || len(d.Links) != 2 || d.Links[0].Rel != "opencode" || len(d.Costs) != 1 || d.Costs[0].Amount != 1500 || d.Implementation != "completed" {
		t.Errorf("the draft is %+v", d)
	}

	// A changed row changes its draft, also under another title: the key says which.
	place := h.take(t, "member", write("Strom am Arbeitsplatz sparen", "Leisten senken den Verbrauch.", "1.300"))
	if preview := h.begin(t, "member", place); preview.count("geändert") != "1" {
		t.Errorf("a changed row: %s", preview.text("main"))
	}
	if got := read("title") + " " + read("figures.0.before"); got != "Strom am Arbeitsplatz sparen 1300" {
		t.Errorf("the draft says %q", got)
	}

	// Changed by hand it stays.
	d, _, err = h.Practices.DraftOf(t.Context(), h.people["member"], id)
	must(t, err)
	d.Summary = "Von Hand geschrieben."
	_, err = h.Practices.SaveDraft(t.Context(), h.people["member"], id, d)
	must(t, err)
	place = h.take(t, "member", write("Strom sparen", "Aus der Tabelle, neu.", "1.300"))
	if preview := h.begin(t, "member", place); preview.count("von Hand bearbeitet, bleibt wie es ist") != "1" {
		t.Errorf("edited by hand: %s", preview.text("main"))
	}
	if got := read("summary"); got != "Von Hand geschrieben." {
		t.Errorf("the summary became %q", got)
	}

	// Published it is left alone, under its new number.
	d.Version = 0
	published, err := h.Practices.Publish(t.Context(), h.people["member"], id, d)
	must(t, err)
	place = h.take(t, "member", write("Strom sparen", "Noch einmal neu aus der Tabelle.", "1.400"))
	if preview := h.begin(t, "member", place); preview.count("ist bereits veröffentlicht") != "1" || preview.Find(fmt.Sprintf("li.row a[href='%s']", practiceURL(published))).Length() != 1 {
		t.Errorf("published: %s", preview.text("main"))
	}
	if n := h.drafts(t); n != 0 {
		t.Errorf("%d drafts, want none", n)
	}
	// And once it is withdrawn.
	must(t, h.Practices.Withdraw(t.Context(), h.people["member"], published))
	if preview := h.begin(t, "member", h.take(t, "member", write("Strom sparen", "Und noch einmal aus der Tabelle.", "1.400"))); preview.count("wurde zurückgezogen") != "1" {
		t.Errorf("withdrawn: %s", preview.text("main"))
	}
}

// TestHandWritten: a row that means what somebody wrote by hand makes no second one.
func TestHandWritten(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o, err := h.Organizations.Get(t.Context())
	must(t, err)
	form := filled()
	form.Set("contact_unit", o.Name)
	h.post(t, "member", "/praxisbeispiele/neu", form).wants(t, http.StatusSeeOther)
	form.Set("title", "Noch ein Entwurf")
	form.Set("action", "save")
	h.post(t, "member", "/praxisbeispiele/neu", form).wants(t, http.StatusSeeOther)
	preview := h.begin(t, "member", h.take(t, "member", []byte("Titel;Text\nSTROM am Arbeitsplatz: sparen;x\nNoch ein  Entwurf;y\nEtwas Neues;z\n")))
	if got := preview.count("ist bereits veröffentlicht") + preview.count("von Hand bearbeitet, bleibt wie es ist") + preview.count("neu"); got != "111" {
		t.Errorf("the preview says %s: %s", got, preview.text("main"))
	}
	if n := h.drafts(t); n != 2 {
		t.Errorf("%d drafts, want 2", n)
	}
	// Somebody else's titles are their own business.
	if preview := h.begin(t, "editor", h.take(t, "editor", []byte("Titel;Text\nNoch ein Entwurf;x\n"))); preview.count("neu") != "1" {
		t.Errorf("for somebody else: %s", preview.text("main"))
	}
}

// TestMapping: what was said of the columns is proposed again, mistakes in it are named, and nothing goes on without a title.
func TestMapping(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	content := []byte("Worum geht es;Spalte B;Strom vorher;Strom nachher\nKühlung;egal;10;8\nLüftung;egal;20;15\n")
	place := h.take(t, "member", content)
	page := h.get(t, "member", place+"/zuordnung").wants(t, http.StatusOK)
	checkPage(t, "mapping", page)
	if got := chosen(page)["columns"]; strings.Join(got, ",") != ",,figures.1.before,figures.1.after" {
		t.Errorf("guessed %q", got)
	}
	if got := page.text(".mapping__column:first-child"); !strings.Contains(got, "Kühlung · Lüftung") {
		t.Errorf("samples: %q", got)
	}
	form := chosen(page)
	a := h.post(t, "member", place+"/zuordnung", form).wants(t, http.StatusUnprocessableEntity)
	if a.Find(".error-summary a[href='#f-columns']").Length() != 1 {
		t.Errorf("without a title: %s", a.text(".error-summary"))
	}
	form["columns"] = []string{"title", "title", "figures.1.before", "figures.2.before"}
	a = h.post(t, "member", place+"/zuordnung", form).wants(t, http.StatusUnprocessableEntity)
	checkPage(t, "mistaken mapping", a)
	for _, field := range []string{"f-columns-1", "f-figures-1-quantity"} {
		if a.Find(".error-summary a[href='#"+field+"']").Length() != 1 || a.Find("#"+field+"[aria-invalid=true]").Length() != 1 {
			t.Errorf("%s is not named: %s", field, a.text(".error-summary"))
		}
	}
	h.get(t, "member", place+"/vorschau").leadsTo(t, place+"/zuordnung")
	form["columns"] = []string{"title", "", "figures.1.before", "figures.1.after"}
	form.Set("figures.0.unit", "MW.h/a")
	h.post(t, "member", place+"/zuordnung", form).leadsTo(t, place+"/vorschau")
	preview := h.get(t, "member", place+"/vorschau")
	checkPage(t, "preview", preview)
	if got := preview.text("main"); !strings.Contains(got, "Strom: 10 MWh/a → 8 MWh/a") || !strings.Contains(got, "noch zu ergänzen: Kurz gesagt, Beschreibung") {
		t.Errorf("the preview says %s", got)
	}
	// Another sheet with the same headers, and a page for one that was left.
	again := h.get(t, "member", h.take(t, "member", []byte("WORUM geht es;Spalte B;Strom vorher;Strom nachher\nX;y;1;2\n"))+"/zuordnung")
	if got := chosen(again); strings.Join(got["columns"], ",") != "title,,figures.1.before,figures.1.after" || got.Get("figures.0.unit") != "MW.h/a" {
		t.Errorf("remembered %v", got)
	}
	if other := h.get(t, "editor", h.take(t, "editor", content)+"/zuordnung"); strings.Join(chosen(other)["columns"], ",") != ",,figures.1.before,figures.1.after" {
		t.Error("somebody else is shown what the first one said")
	}
	list := h.get(t, "member", importsPath)
	checkPage(t, "imports", list)
	if list.Find("a[href='"+place+"']").Length() != 1 {
		t.Errorf("the import is not listed: %s", list.text("main"))
	}
	h.get(t, "member", place).leadsTo(t, place+"/vorschau")
}

// TestSampleSheet: the samples fit as they are, in both forms and languages.
func TestSampleSheet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, lang := range languages {
		for _, form := range []string{"csv", "xlsx"} {
			h.post(t, "member", "/sprache", url.Values{"sprache": {lang}}).wants(t, http.StatusSeeOther)
			file := h.get(t, "member", importsPath+"/muster."+form).wants(t, http.StatusOK)
			if got := file.Header.Get("Content-Disposition"); !strings.HasSuffix(got, "."+form+`"`) {
				t.Errorf("%s %s is called %q", lang, form, got)
			}
			place := h.take(t, "member", []byte(file.body))
			got := chosen(h.get(t, "member", place+"/zuordnung"))["columns"]
			for n, want := range sampleColumns {
				if got[n] != string(want) {
					t.Errorf("%s %s: column %d is taken for %q, want %q", lang, form, n, got[n], want)
				}
			}
			if preview := h.begin(t, "member", place); preview.count(h.I18n.For(lang).T("import.state.broken")) != "0" || preview.Find("li.row").Length() != 1 || strings.Contains(preview.text("main"), h.I18n.For(lang).T("import.row.gaps")) {
				t.Errorf("%s %s: %s", lang, form, preview.text("main"))
			}
		}
	}
}
