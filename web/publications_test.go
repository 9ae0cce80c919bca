package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/publication"
)

func typedDocument(action string) url.Values {
	return url.Values{
		"action": {action}, "draft": {"0"}, "title": {"Leitfaden: Abwärme nutzen"}, "summary": {"Wie ein Rechenzentrum ein Wärmenetz speist."},
		"source": {"## Anlass\n\nEs ist **warm**."}, "type": {"guide"}, "version": {"1.0"}, "language": {"de"},
	}
}

// typed is the form of a document as a page shows it.
func typed(a answer, action string) url.Values {
	form := url.Values{"action": {action}}
	for _, input := range a.Find("form[enctype] input[name], form[enctype] select, form[enctype] textarea").EachIter() {
		if input.Is("[type=file]") {
			continue
		}
		value := input.AttrOr("value", input.Find("[selected]").AttrOr("value", ""))
		if input.Is("textarea") {
			value = input.Text()
		}
		form.Set(input.AttrOr("name", ""), value)
	}
	return form
}

// publishDocument writes a document by the form and publishes it, with the file where there is one.
func (in *curator) publishDocument(form url.Values, file []byte) (path string) {
	in.t.Helper()
	a := in.send(worksPath+"/neu", "editor", "Leitfaden (neu).odt", file, form)
	if a.StatusCode != http.StatusSeeOther {
		in.t.Fatalf("save: %d %s", a.StatusCode, a.text(".error-summary"))
	}
	work := a.Header.Get("Location")
	a = in.get(work, "editor")
	a = in.post(work+"/veroeffentlichen", "editor", url.Values{"draft": {a.Find("[name=draft]").AttrOr("value", "")}})
	if a.StatusCode != http.StatusSeeOther {
		in.t.Fatalf("publish: %d %s", a.StatusCode, a.text(".error-summary"))
	}
	return a.Header.Get("Location")
}

// An editor writes a document with a file, looks at it, publishes it, and writes the next version; readers find both.
func TestDocumentsAreWrittenAndRead(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	if a := in.get(publicationsPath, ""); a.StatusCode != http.StatusOK || a.Find(".empty").Length() != 1 || a.Find("main form").Length() != 0 {
		t.Errorf("before there is any: %d %s", a.StatusCode, a.text("main"))
	}
	form := typedDocument("preview")
	form.Set("upload_name", "Leitfaden als Datei")
	path := in.publishDocument(form, guide(t, "a"))
	a := in.get(path, "")
	if a.StatusCode != http.StatusOK || a.text("h1") != "Leitfaden: Abwärme nutzen" || a.text(".badges") != "HandlungsleitfadenVersion 1.0" || a.text(".practice__main h3") != "Anlass" {
		t.Fatalf("%s: %d %s", path, a.StatusCode, a.text("article"))
	}
	file := a.Find("section[aria-labelledby=dateien] a")
	if got := a.text("section[aria-labelledby=dateien] li"); !strings.HasPrefix(got, "Leitfaden als Datei") || !strings.Contains(got, "kB") {
		t.Errorf("its file: %q", got)
	}
	saved := in.get(file.AttrOr("href", ""), "")
	if saved.StatusCode != http.StatusOK || saved.Header.Get("Content-Disposition") != "attachment; filename=Leitfaden-neu.odt" || strings.Contains(saved.body, "Mustermann") || saved.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("the file: %d %v", saved.StatusCode, saved.Header)
	}
	if a.Find(".practice__aside .actions").Length() != 0 {
		t.Error("a visitor is offered to change it")
	}

	a = in.post(path+"/aendern", "editor", nil)
	edit := a.Header.Get("Location")
	form = typed(in.get(edit, "editor"), "preview")
	if diff := cmp.Diff([]string{"Leitfaden: Abwärme nutzen", "1.0", "guide", "Leitfaden als Datei"}, []string{form.Get("title"), form.Get("version"), form.Get("type"), form.Get("files.0.name")}); diff != "" {
		t.Errorf("the next version begins with (-want +got)\n%s", diff)
	}
	form.Set("source", "## Anlass\n\nEs ist **wärmer**.")
	a = in.post(edit, "editor", form)
	preview := a.Header.Get("Location")
	a = in.get(preview, "editor")
	if !strings.Contains(a.text(".diff__added"), "wärmer") {
		t.Errorf("what changes: %q", a.text(".diff"))
	}
	// It still has the number of the published version, which is said at the field.
	a = in.post(preview+"/veroeffentlichen", "editor", url.Values{"draft": {a.Find("[name=draft]").AttrOr("value", "")}})
	if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.text("#f-version-error"), "neue") || a.Find("#f-source").Text() != "## Anlass\n\nEs ist **wärmer**." {
		t.Fatalf("the same number again: %d %s", a.StatusCode, a.text(".error-summary"))
	}
	form = typed(a, "preview")
	form.Set("version", "1.1")
	a = in.post(edit, "editor", form)
	a = in.get(a.Header.Get("Location"), "editor")
	in.post(preview+"/veroeffentlichen", "editor", url.Values{"draft": {a.Find("[name=draft]").AttrOr("value", "")}}).leadsTo(t, path)
	a = in.get(path+"/verlauf", "")
	if got := a.text(".versions h2"); got != "Version 1.1Version 1.0" || !strings.Contains(a.text(".diff__removed"), "warm") || a.Find(".belongings a").Length() != 2 {
		t.Errorf("history: %q %q", got, a.text(".versions"))
	}

	// In the list, with what narrows it, and in the feed.
	other := typedDocument("preview")
	other.Set("title", "Strategie des Landes")
	other.Set("type", "strategy")
	in.publishDocumentWithout(other)
	for query, want := range map[string]string{
		"": "Strategie des Landes|Leitfaden: Abwärme nutzen", "?art=guide": "Leitfaden: Abwärme nutzen", "?q=Strategien": "Strategie des Landes",
		"?herkunft=local&art=strategy": "Strategie des Landes", "?herkunft=bund.example": "", "?art=%00&q=%27": "",
	} {
		var titles []string
		a := in.get(publicationsPath+query, "")
		for _, title := range a.Find(".rows h3").EachIter() {
			titles = append(titles, strings.TrimSpace(title.Text()))
		}
		if got := strings.Join(titles, "|"); a.StatusCode != http.StatusOK || got != want {
			t.Errorf("%q: %d %q, want %q", query, a.StatusCode, got, want)
		}
	}
	if a = in.get(publicationsPath+".atom", ""); a.StatusCode != http.StatusOK || strings.Count(a.body, "</entry>") != 2 || !strings.Contains(a.body, `<category term="Handlungsleitfaden"`) {
		t.Errorf("feed: %d %s", a.StatusCode, a.body)
	}

	// Once withdrawn, it says so, and its file is gone.
	if a = in.get(path+"/zurueckziehen", "editor"); a.StatusCode != http.StatusOK || !strings.Contains(a.text("main"), "Abwärme") {
		t.Errorf("asked before: %d %s", a.StatusCode, a.text("main"))
	}
	in.post(path+"/zurueckziehen", "editor", nil).leadsTo(t, worksPath)
	if a = in.get(path, ""); a.StatusCode != http.StatusGone || !strings.Contains(a.text("h1"), "zurückgezogen") {
		t.Errorf("withdrawn: %d %s", a.StatusCode, a.text("main"))
	}
	if got := in.get(file.AttrOr("href", ""), "").StatusCode; got != http.StatusNotFound {
		t.Errorf("its file answers %d", got)
	}
	if strings.Contains(in.get(publicationsPath, "").body, "Abwärme") {
		t.Error("it is still listed")
	}
	if log := in.get("/verwaltung/protokoll", "admin").text("main"); !strings.Contains(log, "Handreichung veröffentlicht") || !strings.Contains(log, "Handreichung zurückgezogen") || strings.Contains(log, "audit.") {
		t.Errorf("the administration's log: %q", log)
	}
}

// publishDocumentWithout is publishDocument without a file.
func (in *curator) publishDocumentWithout(form url.Values) (path string) {
	in.t.Helper()
	a := in.post(worksPath+"/neu", "editor", form)
	a = in.get(a.Header.Get("Location"), "editor")
	action := a.Find("form[action$=veroeffentlichen]").AttrOr("action", "")
	a = in.post(action, "editor", url.Values{"draft": {a.Find("[name=draft]").AttrOr("value", "")}})
	if a.StatusCode != http.StatusSeeOther {
		in.t.Fatalf("publish: %d %s", a.StatusCode, a.text(".error-summary"))
	}
	return a.Header.Get("Location")
}

// Whoever is no editor gets nowhere; what was typed comes back whatever happens.
func TestDocumentFormKeepsAndRefuses(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	a := in.post(worksPath+"/neu", "editor", typedDocument("save"))
	edit := a.Header.Get("Location")
	work := strings.TrimSuffix(edit, "/bearbeiten")
	if edit == "" || in.get(work, "editor").StatusCode != http.StatusOK {
		t.Fatalf("saved at %q", edit)
	}
	published := in.publishDocumentWithout(typedDocument("preview"))
	for who, want := range map[string]int{"member": http.StatusForbidden, "guest": http.StatusForbidden, "": http.StatusUnauthorized} {
		for _, path := range []string{worksPath, worksPath + "/neu", work, edit, work + "/verwerfen", published + "/zurueckziehen"} {
			if a := in.get(path, who); a.StatusCode != want && (who != "" || !strings.HasPrefix(a.Header.Get("Location"), "/anmelden")) {
				t.Errorf("%q reads %s: %d, want %d", who, path, a.StatusCode, want)
			}
		}
		for _, path := range []string{worksPath + "/neu", edit, work + "/veroeffentlichen", work + "/verwerfen", published + "/aendern", published + "/zurueckziehen"} {
			if got := in.post(path, who, typedDocument("save")).StatusCode; got != want {
				t.Errorf("%q posts to %s: %d, want %d", who, path, got, want)
			}
		}
	}
	if a = in.post(edit, "", typedDocument("save")); a.Find("#f-title").AttrOr("value", "") != "Leitfaden: Abwärme nutzen" || a.Find(".error-summary a").Length() != 1 {
		t.Errorf("after the session ended: %s", a.text("main"))
	}
	if a = in.send(worksPath+"/neu", "", "a.odt", make([]byte, maxBody+1), typedDocument("save")); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a visitor's large file: %d", a.StatusCode)
	}
	// Gaps are saved, and told when it is to be published.
	form := typedDocument("preview")
	form.Del("summary")
	form.Del("type")
	a = in.post(worksPath+"/neu", "editor", form)
	gaps := a.Header.Get("Location")
	a = in.post(gaps+"/veroeffentlichen", "editor", url.Values{"draft": {"1"}})
	if a.StatusCode != http.StatusUnprocessableEntity || a.Find("#f-summary-error").Length() != 1 || a.Find("#f-type-error").Length() != 1 || a.Find("#f-source").Text() == "" {
		t.Errorf("gaps: %d %s", a.StatusCode, a.text(".error-summary"))
	}
	// What is wrong with a file stands at its input.
	form = typedDocument("add-file")
	form.Set("upload_name", "Programm")
	if a = in.send(worksPath+"/neu", "editor", "a.exe", []byte("MZ no document"), form); a.StatusCode != http.StatusUnprocessableEntity || a.Find("#f-upload-error").Length() != 1 || a.Find("#f-upload_name").AttrOr("value", "") != "Programm" {
		t.Errorf("no document: %d %s", a.StatusCode, a.text(".error-summary"))
	}
	form.Del("upload_name")
	if a = in.send(worksPath+"/neu", "editor", "a.odt", guide(t, "a"), form); a.StatusCode != http.StatusUnprocessableEntity || a.Find("#f-upload_name-error").Length() != 1 {
		t.Errorf("a file without a name: %d %s", a.StatusCode, a.text(".error-summary"))
	}
	if a = in.post(worksPath+"/neu", "editor", typedDocument("add-file")); a.StatusCode != http.StatusUnprocessableEntity || a.Find("#f-upload-error").Length() != 1 {
		t.Errorf("no file: %d", a.StatusCode)
	}
	// Who comes second sees that, keeps the text, and may replace the first.
	first, second := typedDocument("save"), typedDocument("save")
	first.Set("draft", "1")
	second.Set("draft", "1")
	first.Set("title", "Erste")
	second.Set("title", "Zweite")
	in.post(edit, "admin", first).leadsTo(t, edit)
	a = in.post(edit, "editor", second)
	if a.StatusCode != http.StatusConflict || a.Find("#f-title").AttrOr("value", "") != "Zweite" || a.Find(`a[href="`+work+`"]`).Length() != 1 {
		t.Fatalf("the second: %d %s", a.StatusCode, a.text("main"))
	}
	in.post(edit, "editor", typed(a, "save")).leadsTo(t, edit)
	if got := in.get(edit, "editor").Find("#f-title").AttrOr("value", ""); got != "Zweite" {
		t.Errorf("saved again: %q", got)
	}
	in.post(work+"/verwerfen", "editor", nil).leadsTo(t, worksPath)
	if a = in.post(edit, "editor", second); a.StatusCode != http.StatusConflict || a.Find("form[enctype]").AttrOr("action", "") != worksPath+"/neu" || a.Find("#f-title").AttrOr("value", "") != "Zweite" {
		t.Errorf("discarded meanwhile: %d %s", a.StatusCode, a.text("main"))
	}
}

// A script saves what is written by itself: the first time gives the text an address, what somebody else wrote is not written over, and
// nothing comes back as a page.
func TestDocumentSavesItself(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	auto := func(path, who string, form url.Values, status int) map[string]string {
		t.Helper()
		a := in.post(path, who, form, "Accept", "application/json")
		var result map[string]string
		if err := json.Unmarshal([]byte(a.body), &result); err != nil || a.StatusCode != status {
			t.Fatalf("%s: %d %s: %v", path, a.StatusCode, a.body, err)
		}
		return result
	}
	page := in.get(worksPath+"/neu", "editor")
	if form := page.Find("form[data-editor]"); page.Find(`script[src*="editor"]`).Length() != 1 || form.Find(`[name="`+form.AttrOr("data-basis", "version")+`"]`).AttrOr("value", "") != "0" ||
		form.Find("[data-status][role=status]").Length() != 1 || form.Find("[data-conflict-actions][hidden]").Length() != 1 {
		t.Error("the form lacks what the script works with")
	}
	form := typedDocument("save")
	form.Del("summary")
	first := auto(worksPath+"/neu", "editor", form, http.StatusOK)
	if first["version"] != "1" || !strings.HasSuffix(first["action"], "/bearbeiten") {
		t.Fatalf("saved as %v", first)
	}
	edit := first["action"]
	form.Set("draft", first["version"])
	form.Set("title", "Leitfaden, weiter geschrieben")
	if second := auto(edit, "editor", form, http.StatusOK); second["version"] != "2" || second["action"] != edit {
		t.Errorf("saved again as %v", second)
	}
	if got := in.get(edit, "editor").Find("#f-title").AttrOr("value", ""); got != "Leitfaden, weiter geschrieben" {
		t.Errorf("saved %q", got)
	}
	form.Set("title", "Wer zu spät kommt")
	if refused := auto(edit, "admin", form, http.StatusConflict); refused["error"] == "" {
		t.Error("who comes second is not told")
	}
	form.Set("draft", "2")
	form.Set("title", strings.Repeat("x", 201))
	auto(edit, "editor", form, http.StatusUnprocessableEntity)
	auto(edit, "", form, http.StatusUnauthorized)
	if got := in.get(edit, "editor").Find("#f-title").AttrOr("value", ""); got != "Leitfaden, weiter geschrieben" {
		t.Errorf("what was refused is kept: %q", got)
	}
	in.post(strings.TrimSuffix(edit, "/bearbeiten")+"/verwerfen", "editor", nil).leadsTo(t, worksPath)
	auto(edit, "editor", form, http.StatusNotFound)
}

// TestSearchFindsPublications: what the field on top finds has documents and editions of their own.
func TestSearchFindsPublications(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	path := in.publishDocumentWithout(typedDocument("preview"))
	in.indexed(t)
	for _, query := range []string{"q=Wärmenetz", "q=Wärmenetz&art=handreichungen"} {
		a := in.get("/suche?"+query, "")
		if got := a.Find(`[aria-labelledby=treffer-handreichungen] a[href="` + path + `"]`).Text(); got != "Leitfaden: Abwärme nutzen" {
			t.Errorf("%s: %q", query, a.text("main"))
		}
	}
	if a := in.get("/suche?q=Wärmenetz&art=konten", ""); a.Find("[aria-labelledby=treffer-handreichungen], [aria-labelledby=treffer-diskussionen]").Length() != 0 {
		t.Error("a part shows the others too")
	}
}

// Where four eyes are asked for, the preview says so to who wrote it and lets the other publish.
func TestDocumentsNeedFourEyes(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	o, err := in.Organizations.Get(t.Context())
	must(t, err)
	o.FourEyes = true
	must(t, in.Organizations.Save(t.Context(), o))
	work := in.post(worksPath+"/neu", "editor", typedDocument("preview")).Header.Get("Location")
	if a := in.get(work, "editor"); a.Find("form[action$=veroeffentlichen]").Length() != 0 || !strings.Contains(a.text(".kern-alert"), "andere Person") {
		t.Errorf("who wrote it sees %s", a.text("main"))
	}
	if got := in.post(work+"/veroeffentlichen", "editor", url.Values{"draft": {"1"}}).StatusCode; got != http.StatusForbidden {
		t.Errorf("who wrote it publishes: %d", got)
	}
	if a := in.get(work, "admin"); a.Find("form[action$=veroeffentlichen]").Length() != 1 {
		t.Errorf("the other sees %s", a.text("main"))
	}
	if got := in.post(work+"/veroeffentlichen", "admin", url.Values{"draft": {"1"}}).StatusCode; got != http.StatusSeeOther {
		t.Errorf("the other publishes: %d", got)
	}
}

// What other instances publish is read here with its origin; an edition lists what it contains.
func TestPublicationsOfOthers(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	host := "bund.example"
	there, err := in.Accounts.Receive(t.Context(), remote(account.Group, account.CatalogUsername, host))
	must(t, err)
	known := in.publish("member", nil)
	own, err := in.Posts.Get(t.Context(), known)
	must(t, err)
	p, _, err := in.Posts.Receive(t.Context(), post.Received{
		URI: "https://bund.example/publications/1", URL: "https://bund.example/papier/2026-1", AuthorID: there.ID, Kind: post.Article, Role: post.RoleEdition,
		Visibility: post.Public, Title: "Papier des Bundes", Summary: "Gesammelt.", HTML: "<p>Vorwort</p><script>alert(1)</script>",
	}, func(tx *sqlx.Tx, p post.Post) error {
		return in.Publications.Receive(t.Context(), tx, p, publication.Publication{
			Version: "2026-1", Revision: 1, Checksum: strings.Repeat("ab", 32),
			Entries: []publication.Entry{{URI: own.URI, Revision: 1, Chapter: "Eins"}, {URI: "https://far.example/practices/9", Revision: 2}},
			Files:   []publication.File{{URL: "https://bund.example/papier/2026-1.pdf", MediaType: "application/pdf", Name: "PDF", Bytes: 5 << 20}},
		})
	})
	must(t, err)
	a := in.get(fmt.Sprintf("%s/%d", publicationsPath, p.ID), "")
	if a.StatusCode != http.StatusOK || strings.Contains(a.body, "alert(1)") || a.Find(`a[href="https://bund.example/papier/2026-1"]`).Length() != 1 {
		t.Errorf("the page: %d %s", a.StatusCode, a.text("main"))
	}
	if got := a.text("section[aria-labelledby=inhalt] li"); !strings.Contains(got, own.Title) || !strings.Contains(got, "Praxisbeispiel bei far.example") || a.Find(`a[href="`+practiceURL(known)+`"]`).Length() != 1 {
		t.Errorf("what it contains: %q", got)
	}
	if got := a.text("section[aria-labelledby=dateien] li"); !strings.Contains(got, "bund.example") || !strings.Contains(got, "5,0 MB") && !strings.Contains(got, "5 MB") {
		t.Errorf("its files: %q", got)
	}
	if a = in.get(publicationsPath+"?art=edition&herkunft=bund.example", ""); a.text(".rows h3") != "Papier des Bundes" || !strings.Contains(a.text(".rows .row__meta"), host) {
		t.Errorf("the list: %q", a.text(".rows"))
	}
	for _, path := range []string{"/aendern", "/zurueckziehen"} {
		if got := in.post(fmt.Sprintf("%s/%d%s", publicationsPath, p.ID, path), "editor", nil).StatusCode; got != http.StatusNotFound {
			t.Errorf("another's publication at %s: %d", path, got)
		}
	}
	// It is no discussion, and lists of posts lead to its page.
	if a = in.get("/diskussionen", ""); strings.Contains(a.body, "Papier des Bundes") {
		t.Error("it is listed among the discussions")
	}
	in.get(fmt.Sprintf("/beitraege/%d", p.ID), "").leadsTo(t, fmt.Sprintf("%s/%d", publicationsPath, p.ID))
	err = db.InTx(t.Context(), in.db, func(tx *sqlx.Tx) error { return in.Publications.WithdrawIn(t.Context(), tx, p.ID) })
	if err == nil {
		t.Error("another's publication is withdrawn")
	}
}
