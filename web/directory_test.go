package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
)

// lists keeps an entry of ours.
func (h *house) lists(t *testing.T, change func(e *directory.Entry)) int64 {
	t.Helper()
	e := directory.Entry{
		Kind: directory.Contact, Name: "Green-IT-Beauftragte Stelle", Level: organization.LevelLand, Region: "DE-SH", Organization: "Staatskanzlei", Unit: "Referat 35",
		Email: "green-it@sh.example.org", Phone: "0431 988-0", Website: "https://www.schleswig-holstein.de/green-it",
	}
	if change != nil {
		change(&e)
	}
	id, err := h.Directory.Save(t.Context(), h.people["editor"], e)
	must(t, err)
	return id
}

// listsElsewhere makes a catalogue that ours follows and that keeps entries.
func (h *house) listsElsewhere(t *testing.T, host string, entries ...directory.Entry) {
	t.Helper()
	a, err := h.Accounts.Receive(t.Context(), remote(account.Group, account.CatalogUsername, host))
	must(t, err)
	catalog, err := h.Accounts.Catalog(t.Context())
	must(t, err)
	_, err = h.db.ExecContext(t.Context(), `INSERT INTO follows (id, account_id, target_id, uri, state) VALUES ($1, $2, $1, $3, 'accepted') ON CONFLICT DO NOTHING`, a.ID, catalog.ID, "https://"+host+"/follow")
	must(t, err)
	for n := range entries {
		entries[n].URI, entries[n].Page = fmt.Sprintf("https://%s/directory/%d", host, n), fmt.Sprintf("https://%s/verzeichnis/%d", host, n)
	}
	source, ok, err := h.Directory.Watched(t.Context(), a.ID)
	must(t, err)
	if !ok {
		t.Fatal("not followed")
	}
	must(t, h.Directory.Receive(t.Context(), source, a.URI+"/collections/verzeichnis", "", entries))
	must(t, h.Directory.Read(t.Context(), source, true, false))
}

// directoryHouse keeps three entries, one of them long unconfirmed, and reads two of another instance.
func directoryHouse(t *testing.T) (h *house, contactID int64) {
	t.Helper()
	h = newCurator(t).house
	contactID = h.lists(t, nil)
	old := h.lists(t, func(e *directory.Entry) {
		e.Kind, e.Name, e.Summary, e.Cadence, e.Members = directory.Committee, "AG Nachhaltige IT", "Stimmt ab:\nZiele <b>und</b> Wege.", "viermal im Jahr", "Ressorts und Dataport"
	})
	h.lists(t, func(e *directory.Entry) {
		e.Kind, e.Name, e.Region, e.Summary = directory.Network, "Nordverbund", "", "Tauscht aus."
	})
	_, err := h.db.ExecContext(t.Context(), `UPDATE directory_entries SET confirmed_at = '2025-03-01' WHERE id = $1`, old)
	must(t, err)
	entry := directory.Entry{Kind: directory.Contact, Name: "Ansprechstelle", Level: organization.LevelLand, Region: "DE-BY", Organization: "Staatsministerium", Email: "=cmd@by.example.org", ConfirmedAt: time.Now().Add(-time.Hour)}
	never := entry
	never.Name, never.ConfirmedAt = "-2+3", time.Time{}
	h.listsElsewhere(t, "by.example", entry, never)
	return h, contactID
}

// Everybody finds contacts, committees and networks by Land, kind and word, with who keeps them and when they were last confirmed.
func TestDirectoryPage(t *testing.T) {
	t.Parallel()
	h, id := directoryHouse(t)
	names := func(query string) string {
		t.Helper()
		a := h.get(t, visitorName, directoryPath+query).wants(t, http.StatusOK)
		checkPage(t, directoryPath+query, a)
		var list []string
		for _, node := range a.Find(".listed h4").EachIter() {
			list = append(list, node.Text())
		}
		return strings.Join(list, ", ")
	}
	const all = "Nordverbund, -2+3, Ansprechstelle, Green-IT-Beauftragte Stelle, AG Nachhaltige IT"
	for query, want := range map[string]string{
		"": all, "?land=DE-SH": "Green-IT-Beauftragte Stelle, AG Nachhaltige IT", "?land=-": "Nordverbund", "?art=gremium": "AG Nachhaltige IT", "?art=netzwerk&land=DE-SH": "",
		"?q=dataport": "AG Nachhaltige IT", "?q=Bayern": "-2+3, Ansprechstelle", "?q=Schleswig+referat": "Green-IT-Beauftragte Stelle, AG Nachhaltige IT",
		"?land=DE-XX": all, "?art=person": all, "?q=" + url.QueryEscape(strings.Repeat("ä ", 5000)): "", "?q=%00%ff": all, "?seite=99": "", "?q=" + url.QueryEscape(`"><script>`): "",
	} {
		if got := names(query); got != want {
			t.Errorf("%.60s: %s, want %s", query, got, want)
		}
	}
	a := h.get(t, visitorName, directoryPath)
	if got := a.text("#laender + p"); got != "2 von 16 Ländern haben Ansprechpersonen eingetragen." {
		t.Errorf("coverage: %s", got)
	}
	if got := a.text(".coverage li:nth-child(1)"); got != "Bayern 2 Ansprechpersonen" {
		t.Errorf("first of the Länder: %s", got)
	}
	if got := a.text(".coverage + p"); strings.Count(got, ",") != 13 || !strings.Contains(got, "Thüringen") || strings.Contains(got, "Bayern") {
		t.Errorf("Länder without: %s", got)
	}
	facts := a.text(".listed:has(#eintrag-" + fmt.Sprint(id) + ") dl")
	for _, want := range []string{"StelleStaatskanzlei", "E-Mailgreen-it@sh.example.org", "Telefon0431 988-0", "Webseitewww.schleswig-holstein.de", "Gepflegt vonKooperationsgruppe", "Zuletzt bestätigt am"} {
		if !strings.Contains(facts, want) {
			t.Errorf("no %q in %s", want, facts)
		}
	}
	whole := a.text("main")
	for _, want := range []string{"Gepflegt vonby.example", "Zuletzt bestätigt am1. März 2025", "Zuletzt bestätigt amohne Angabe", "Ziele <b>und</b> Wege."} {
		if !strings.Contains(whole, want) {
			t.Errorf("no %q in %s", want, whole)
		}
	}
	if n := strings.Count(whole, "Seit über 12 Monaten nicht bestätigt"); n != 2 {
		t.Errorf("%d are marked as not confirmed", n)
	}
	if a.Find(`a[href="/redaktion/verzeichnis"]`).Length() != 0 || h.get(t, "editor", directoryPath).Find(`main a[href="/redaktion/verzeichnis"]`).Length() != 1 {
		t.Error("who may keep it is led there, and nobody else")
	}

	// Each has an address of its own.
	one := h.get(t, visitorName, fmt.Sprintf("%s/%d", directoryPath, id)).wants(t, http.StatusOK)
	checkPage(t, "entry", one)
	if got := one.Find(`link[rel="canonical"]`).AttrOr("href", ""); got != fmt.Sprintf("%s%s/%d", houseURL, directoryPath, id) {
		t.Errorf("canonical %q", got)
	}
	h.get(t, visitorName, directoryPath+"/1").wants(t, http.StatusNotFound)
	h.get(t, visitorName, directoryPath+"/99999999999999999999").wants(t, http.StatusNotFound)
}

func TestDirectoryIsEmpty(t *testing.T) {
	t.Parallel()
	h := newCurator(t).house
	for who, want := range map[string]string{visitorName: "sobald diese Instanz oder eine, der sie folgt, sie einträgt", "editor": "Tragen Sie zuerst die Ansprechperson"} {
		a := h.get(t, who, directoryPath)
		checkPage(t, "empty", a)
		if got := a.text(".empty"); !strings.Contains(got, want) {
			t.Errorf("as %q: %s", who, got)
		}
	}
	desk := h.get(t, "editor", directoryDeskPath).wants(t, http.StatusOK)
	checkPage(t, "empty desk", desk)
	if got := desk.text("main"); !strings.Contains(got, "Noch nichts eingetragen") || !strings.Contains(got, "Noch kein Katalog, dem diese Instanz folgt, hat ein Verzeichnis.") {
		t.Error(got)
	}
}

// What the page shows in parts can be taken away whole; no spreadsheet takes it for formulas.
func TestDirectoryFiles(t *testing.T) {
	t.Parallel()
	h, id := directoryHouse(t)
	a := h.get(t, visitorName, directoryPath+".csv?art=ansprechperson&seite=7").wants(t, http.StatusOK)
	text, marked := strings.CutPrefix(a.body, "\ufeff")
	in := csv.NewReader(strings.NewReader(text))
	in.Comma = ';'
	rows, err := in.ReadAll()
	must(t, err)
	if !marked || len(rows) != 4 || !strings.Contains(a.Header.Get("Content-Disposition"), "verzeichnis.csv") {
		t.Fatalf("%v, %d rows: %q", marked, len(rows), a.body)
	}
	at := func(row int, column string) string {
		for i, head := range rows[0] {
			if head == column {
				return rows[row][i]
			}
		}
		t.Fatalf("no column %q in %v", column, rows[0])
		return ""
	}
	for column, want := range map[string]string{"Bezeichnung": "'-2+3", "E-Mail": "'=cmd@by.example.org", "Land": "Bayern", "Art": "Ansprechperson", "Gepflegt von": "by.example", "Zuletzt bestätigt am": "", "Hinweis": "Seit über 12 Monaten nicht bestätigt"} {
		if got := at(1, column); got != want {
			t.Errorf("%s: %q, want %q", column, got, want)
		}
	}
	if got := at(3, "Telefon"); got != "'0431 988-0" {
		t.Errorf("telephone %q", got)
	}

	var file struct {
		Address string
		Entries []listedRecord
	}
	a = h.get(t, visitorName, directoryPath+".json?land=DE-SH").wants(t, http.StatusOK)
	must(t, json.Unmarshal([]byte(a.body), &file))
	if len(file.Entries) != 2 || file.Address != houseURL+directoryPath+"?land=DE-SH" {
		t.Fatalf("%s", a.body)
	}
	e := file.Entries[0]
	if e.Source != fmt.Sprintf("%s/directory/%d", houseURL, id) || e.Page != fmt.Sprintf("%s/verzeichnis/%d", houseURL, id) || e.Kind != directory.Contact || e.MaintainedBy != "sh.localhost:8402" || e.Stale || len(e.Confirmed) != 10 {
		t.Errorf("%+v", e)
	}
	if !file.Entries[1].Stale || file.Entries[1].Confirmed != "2025-03-01" {
		t.Errorf("%+v", file.Entries[1])
	}
}

// An editor adds, changes, confirms and removes; nothing that was typed is lost by a mistake or by somebody else's change.
func TestKeepDirectory(t *testing.T) {
	t.Parallel()
	h := newCurator(t).house
	for _, kind := range []string{"ansprechperson", "gremium", "netzwerk"} {
		form := h.get(t, "editor", directoryDeskPath+"/neu?art="+kind).wants(t, http.StatusOK)
		checkPage(t, kind, form)
		if meets := form.Find(`[name="cadence"]`).Length() == 1; meets != (kind != "ansprechperson") || form.Find(`[name="region"] option`).Length() != 2 {
			t.Errorf("%s: %s", kind, form.text("form.form"))
		}
	}
	h.get(t, "editor", directoryDeskPath+"/neu?art=person").wants(t, http.StatusNotFound)
	form := url.Values{
		"kind": {"contact"}, "name": {"Green-IT-Stelle"}, "organization": {"Staatskanzlei"}, "unit": {"Referat \"35\""}, "level": {"land"}, "region": {"DE-BY"},
		"email": {"green-it"}, "phone": {"anrufen"}, "website": {"schleswig-holstein.de"}, "summary": {"Fragen zur Beschaffung"},
	}
	bad := h.post(t, "editor", directoryDeskPath+"/neu", form).wants(t, http.StatusUnprocessableEntity)
	checkPage(t, "mistakes", bad)
	if got := bad.Find(".error-summary a").Length(); got != 4 {
		t.Errorf("%d mistakes: %s", got, bad.text(".error-summary"))
	}
	for name, values := range form {
		if field := bad.Find(`[name="` + name + `"]`); name != "region" && name != "level" && field.AttrOr("value", strings.TrimSpace(field.Text())) != values[0] {
			t.Errorf("%s is %q, was %q", name, field.AttrOr("value", field.Text()), values[0])
		}
	}
	form.Set("region", "DE-SH")
	form.Set("email", "green-it@sh.example.org")
	form.Set("phone", "")
	form.Set("website", "")
	h.post(t, "editor", directoryDeskPath+"/neu", form).leadsTo(t, directoryDeskPath)
	desk := h.get(t, "editor", directoryDeskPath)
	checkPage(t, "desk", desk)
	edit := desk.Find(".row__title").First().AttrOr("href", "")
	if got := desk.text(".rows"); !strings.Contains(got, "Green-IT-Stelle") || !strings.Contains(got, "Staatskanzlei · Schleswig-Holstein · Zuletzt bestätigt am") {
		t.Fatalf("the desk: %s", got)
	}
	page := h.get(t, "editor", edit).wants(t, http.StatusOK)
	checkPage(t, "edit", page)

	// Two people change it at once: the second one is told, and what they typed stands there to be saved.
	form.Set("revision", page.Find(`[name="revision"]`).AttrOr("value", ""))
	form.Set("unit", "Referat 36")
	h.post(t, "admin", edit, form).leadsTo(t, directoryDeskPath)
	form.Set("unit", "Referat 37")
	conflict := h.post(t, "editor", edit, form).wants(t, http.StatusConflict)
	checkPage(t, "conflict", conflict)
	if got := conflict.Find(`[name="unit"]`).AttrOr("value", ""); got != "Referat 37" || !strings.Contains(conflict.text(".error-summary"), "Jemand anderes hat diesen Eintrag inzwischen geändert") {
		t.Errorf("%q: %s", got, conflict.text(".error-summary"))
	}
	form.Set("revision", conflict.Find(`[name="revision"]`).AttrOr("value", ""))
	h.post(t, "editor", edit, form).leadsTo(t, directoryDeskPath)

	_, err := h.db.ExecContext(t.Context(), `UPDATE directory_entries SET confirmed_at = now() - interval '13 months'`)
	must(t, err)
	desk = h.get(t, "editor", directoryDeskPath)
	if !strings.Contains(desk.text(".kern-alert"), "1 Eintrag des Verzeichnisses ist zu bestätigen") {
		t.Errorf("no reminder: %s", desk.text("main"))
	}
	for who, n := range map[string]int{"editor": 1, "member": 0} {
		home := h.get(t, who, "/bereich")
		checkPage(t, "home of "+who, home)
		if got := home.Find(`.kern-alert--warning a[href="/redaktion/verzeichnis"]`).Length(); got != n {
			t.Errorf("%s is reminded %d times", who, got)
		}
	}
	h.post(t, "editor", edit+"/bestaetigen", nil).leadsTo(t, directoryDeskPath)
	if desk = h.get(t, "editor", directoryDeskPath); desk.Find(".kern-alert--warning").Length() != 0 || h.get(t, "editor", "/bereich").Find(".kern-alert--warning").Length() != 0 {
		t.Error("reminded of what was confirmed")
	}
	ask := h.get(t, "editor", edit+"/entfernen").wants(t, http.StatusOK)
	checkPage(t, "remove", ask)
	h.post(t, "editor", edit+"/entfernen", nil).leadsTo(t, directoryDeskPath)
	h.get(t, "editor", edit).wants(t, http.StatusNotFound)
	// Who still has the form open loses nothing.
	gone := h.post(t, "editor", edit, form).wants(t, http.StatusConflict)
	checkPage(t, "gone", gone)
	if gone.Find(`form[action="`+directoryDeskPath+`/neu"] [name="unit"][value="Referat 37"]`).Length() != 1 {
		t.Errorf("what was typed is lost: %s", gone.text("main"))
	}
	form.Set("kind", "nobody")
	h.post(t, "editor", edit, form).wants(t, http.StatusNotFound)
}

// What others keep is shown, and where it was read last; it cannot be changed here.
func TestDirectoryOfOthers(t *testing.T) {
	t.Parallel()
	h, _ := directoryHouse(t)
	desk := h.get(t, "editor", directoryDeskPath)
	checkPage(t, "desk", desk)
	if got := desk.text("#andere ~ ul"); !strings.Contains(got, "by.example, 2 Einträge zuletzt gelesen") {
		t.Errorf("sources: %s", got)
	}
	if strings.Contains(desk.text("#unsere ~ ul"), "Ansprechstelle") {
		t.Error("another instance's entry stands among ours")
	}
	list, err := h.Directory.List(t.Context(), directory.Filter{Region: "DE-BY"})
	must(t, err)
	at := fmt.Sprintf("%s/%d", directoryDeskPath, list.Entries[0].ID)
	h.get(t, "editor", at).wants(t, http.StatusNotFound)
	for _, verb := range []string{"/bestaetigen", "/entfernen"} {
		h.post(t, "editor", at+verb, nil).wants(t, http.StatusNotFound)
	}
	page := h.get(t, visitorName, fmt.Sprintf("%s/%d", directoryPath, list.Entries[1].ID)).wants(t, http.StatusOK)
	if got := page.Find(`link[rel="canonical"]`).AttrOr("href", ""); got != "https://by.example/verzeichnis/0" {
		t.Errorf("canonical %q", got)
	}
	if !strings.Contains(page.Find(`dd a[href="https://by.example/verzeichnis/0"]`).AttrOr("rel", ""), "noopener") {
		t.Error("its origin is not linked")
	}
}

// TestDirectoryReminder: who looks after the directory reads which entry waits to be confirmed, and is led to where that is done.
func TestDirectoryReminder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.lists(t, func(e *directory.Entry) { e.Name = "Green-IT-Stelle" })
	_, err := h.db.ExecContext(t.Context(), `UPDATE directory_entries SET confirmed_at = now() - interval '13 months' WHERE id = $1`, id)
	must(t, err)
	must(t, h.Directory.Sweep(t.Context()))
	must(t, h.Notifications.Notify(t.Context(), job.Notify{Event: job.NotifyListed, ID: id}))
	row := h.get(t, "editor", "/bereich/mitteilungen").Find(".row--new")
	if got := row.Text(); !strings.Contains(got, "seit zwölf Monaten nicht bestätigt") || row.Find(`a[href="`+directoryDeskPath+`"]`).FilterFunction(func(_ int, a *goquery.Selection) bool { return a.Text() == "Green-IT-Stelle" }).Length() != 1 {
		t.Errorf("the reminder: %q", got)
	}
}
