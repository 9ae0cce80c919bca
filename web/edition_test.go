package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/vorbild/vorbild/internal/edition"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/practice"
)

// accepted publishes practices that the desk accepts, called by the titles.
func (in *curator) accepted(titles ...string) (ids []int64) {
	in.t.Helper()
	for _, title := range titles {
		id := in.publish("editor", func(d *practice.Draft) { d.Title = title })
		must(in.t, in.Curation.Accept(in.t.Context(), in.people["editor"], id))
		ids = append(ids, id)
	}
	return ids
}

// composed begins an edition with one chapter that holds the practices, and returns where it is composed.
func (in *curator) composed(ids ...int64) string {
	in.t.Helper()
	begun := in.post(composingPath, "editor", nil).wants(in.t, http.StatusSeeOther)
	place := begun.Header.Get("Location")
	form := in.formOf(place)
	form.Set("summary", "Was Verwaltungen tun, damit ihre IT weniger Strom braucht.")
	form.Set("foreword", "## Worum es geht\n\nGute Beispiele **nachmachen**.")
	form.Set("new_chapter", "Rechenzentrum")
	form.Set("action", "add-chapter")
	in.post(place, "editor", form).leadsTo(in.t, place+"#kapitel-1")
	picks := url.Values{"chapter": {"0"}}
	for _, id := range ids {
		picks.Add("practice", strconv.FormatInt(id, 10))
	}
	in.post(place+"/auswahl", "editor", picks).leadsTo(in.t, place+"#kapitel-1")
	return place
}

// formOf is what a browser would send of the form of an edition.
func (in *curator) formOf(place string) url.Values {
	in.t.Helper()
	page := in.get(place, "editor").wants(in.t, http.StatusOK)
	form := url.Values{"action": {"save"}}
	page.Find("form[data-editor]").Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		name, value := s.AttrOr("name", ""), s.AttrOr("value", "")
		switch {
		case s.Is("textarea"):
			value = strings.TrimPrefix(s.Text(), "\n")
		case s.Is("select"):
			value = s.Find("option[selected]").AttrOr("value", s.Find("option").AttrOr("value", ""))
		case s.Is("[type=checkbox]") && !s.Is("[checked]"):
			return
		}
		form.Set(name, value)
	})
	return form
}

// published publishes what is composed there and returns the address of the edition.
func (in *curator) published(place string) string {
	in.t.Helper()
	page := in.get(place+"/veroeffentlichen", "editor").wants(in.t, http.StatusOK)
	version := page.Find("input[name=version]").AttrOr("value", "")
	if version == "" {
		in.t.Fatalf("the edition cannot be published: %s", page.text("main"))
	}
	return in.post(place+"/veroeffentlichen", "editor", url.Values{"version": {version}}).wants(in.t, http.StatusSeeOther).Header.Get("Location")
}

func sha(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// TestEditionFromFirstWordToPaper: an editor composes an edition in the browser, looks at it, publishes it; everybody reads it and its
// files; what becomes of the practices later changes the page about it, and not it.
func TestEditionFromFirstWordToPaper(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.work(t)
	ids := in.accepted("Wärmere Serverräume", "Freie Kühlung", "Messen statt schätzen")
	place := in.composed(ids...)

	form := in.formOf(place)
	if got := form.Get("chapters.0.title"); got != "Rechenzentrum" {
		t.Errorf("chapter %q", got)
	}
	form.Set("chapters.0.introduction", "Kühlen kostet am meisten.")
	form.Set("chapters.0.entries.2.note", "Gut <b>dokumentiert</b>.")
	form.Set("action", "up.0.2")
	in.post(place, "editor", form).leadsTo(t, place+"#kapitel-1")

	preview := in.get(place+"/vorschau", "editor").wants(t, http.StatusOK)
	if got := preview.text(".notice"); !strings.Contains(got, "Vorschau") {
		t.Errorf("the preview does not say that it is one: %q", got)
	}
	if preview.Header.Get("Cache-Control") != "private, no-store" || preview.Find(`meta[name=robots][content=noindex]`).Length() != 1 {
		t.Error("the preview can be found or kept")
	}
	if in.get("/papier", "").Find(".paper-list").Length() != 0 {
		t.Error("a draft is listed")
	}

	paper := in.published(place)
	about := in.get(paper, "").wants(t, http.StatusOK)
	frozen := in.get(paper+".html", "").wants(t, http.StatusOK)
	if got := about.text(".paper__checksum"); got != sha(frozen.body) {
		t.Errorf("checksum %q of a page with %q", got, sha(frozen.body))
	}
	if got, want := frozen.Header.Get("Content-Security-Policy"), export.PolicyOf([]byte(frozen.body)); got != want {
		t.Errorf("policy %q, want %q", got, want)
	}
	if frozen.Find("meta[name=robots]").Length() != 0 {
		t.Error("search engines are kept from the edition")
	}
	var order []string
	frozen.Find("h3[id^=beispiel-]").Each(func(_ int, s *goquery.Selection) { order = append(order, s.Text()) })
	if got := strings.Join(order, "; "); got != "1.1 Wärmere Serverräume; 1.2 Messen statt schätzen; 1.3 Freie Kühlung" {
		t.Errorf("order %q", got)
	}
	if !strings.Contains(frozen.body, "Gut &lt;b&gt;dokumentiert&lt;/b&gt;.") || !strings.Contains(frozen.text("main"), "Kühlen kostet am meisten.") {
		t.Error("the note or the introduction is missing")
	}
	for format, start := range map[string]string{"odt": "PK", "epub": "PK"} {
		f := in.get(paper+"."+format, "").wants(t, http.StatusOK)
		if !strings.HasPrefix(f.body, start) || !strings.Contains(f.Header.Get("Content-Disposition"), "best-practice-papier-") {
			t.Errorf("%s: %q, %q", format, f.body[:min(len(f.body), 20)], f.Header.Get("Content-Disposition"))
		}
	}
	if got := in.get("/papier", "").text(".paper-list"); !strings.Contains(got, "Ausgabe "+strings.TrimPrefix(paper, "/papier/")) {
		t.Errorf("list: %q", got)
	}
	in.get(place, "editor").leadsTo(t, paper)
	in.get(place+"/verwerfen", "editor").leadsTo(t, paper)
	in.post(place+"/veroeffentlichen", "editor", url.Values{"version": {"1"}}).leadsTo(t, paper)

	must(t, in.Practices.Withdraw(t.Context(), in.people["editor"], ids[0]))
	changed := sampleDraft()
	changed.Title = "Freie Kühlung auch im Sommer"
	_, err := in.Practices.Publish(t.Context(), in.people["editor"], ids[1], changed)
	must(t, err)
	since := in.get(paper, "").text("[aria-labelledby=seither]")
	if !strings.Contains(since, "zurückgezogen") || !strings.Contains(since, "Freie Kühlung auch im Sommer") || strings.Contains(since, "Wärmere Serverräume") {
		t.Errorf("since it appeared: %q", since)
	}
	if got := in.get(paper+".html", "").body; got != frozen.body {
		t.Error("the frozen edition has changed")
	}
}

// TestEditionTakenBack: an editor withdraws an edition with a reason. Its addresses say so, nothing of it can be had any more, lists mark it,
// and the next edition takes its place as the newest, not its number.
func TestEditionTakenBack(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.work(t)
	ids := in.accepted("Wärmere Serverräume", "Freie Kühlung")
	paper := in.published(in.composed(ids...))
	checksum := in.get(paper, "").text(".paper__checksum")
	if link := `a[href="` + paper + `/zurueckziehen"]`; in.get(paper, "member").Find(link).Length() != 0 || in.get(paper, "editor").Find(link).Length() != 1 {
		t.Error("who may take the edition back is not who sees how")
	}
	ask := in.get(paper+"/zurueckziehen", "editor").wants(t, http.StatusOK)
	if ask.Find("input[name=reason][required]").Length() != 1 || !strings.Contains(ask.text("main"), paper) {
		t.Errorf("the question: %s", ask.text("main"))
	}
	for reason, want := range map[string]string{"": "warum", "kurz": "mindestens 10", strings.Repeat("x", 501): "500"} {
		refused := in.post(paper+"/zurueckziehen", "editor", url.Values{"reason": {reason}}).wants(t, http.StatusUnprocessableEntity)
		if got := refused.text("#f-reason-error"); !strings.Contains(got, want) || refused.Find("#f-reason").AttrOr("value", "") != reason {
			t.Errorf("%q is refused with %q", reason, got)
		}
	}
	in.get(paper+".html", "").wants(t, http.StatusOK)

	const reason = "Das Landgericht Kiel hat es angeordnet."
	for range 2 { // a second click
		in.post(paper+"/zurueckziehen", "editor", url.Values{"reason": {reason}}).leadsTo(t, "/papier")
	}
	for _, address := range []string{paper, paper + ".html", paper + ".odt", paper + ".epub", paper + ".pdf", paper + "/zurueckziehen"} {
		who := ""
		if strings.HasSuffix(address, "/zurueckziehen") {
			who = "editor"
		}
		gone := in.get(address, who).wants(t, http.StatusGone)
		for _, want := range []string{reason, checksum, strings.TrimPrefix(paper, "/papier/"), "Erschienen am"} {
			if !strings.Contains(gone.text("main"), want) {
				t.Errorf("%s does not say %q", address, want)
			}
		}
		if gone.Find("meta[name=robots][content=noindex]").Length() != 1 || strings.Contains(gone.body, "Wärmere Serverräume") {
			t.Errorf("%s can be found, or has the text still", address)
		}
	}
	in.get(paper+"/stand", "").wants(t, http.StatusGone)
	if got := in.get("/papier", "").text(".paper-list"); !strings.Contains(got, "Zurückgezogen") || strings.Contains(got, "Neueste") {
		t.Errorf("list: %q", got)
	}
	if got := in.get("/redaktion/papier", "editor").text("[aria-labelledby=erschienen]"); !strings.Contains(got, "zurückgezogen am") {
		t.Errorf("list of editors: %q", got)
	}
	if got := in.get("/ueberblick", "").Find(`a[href="` + paper + `"]`).Length(); got != 0 {
		t.Error("the overview leads to it")
	}
	next := in.published(in.composed(ids...))
	if next == paper {
		t.Error("the number is given again")
	}
	first := in.get("/papier", "").Find(".paper-list li").First().Text()
	if !strings.Contains(first, strings.TrimPrefix(next, "/papier/")) || !strings.Contains(first, "Neueste") {
		t.Errorf("the newest: %q", first)
	}
}

// TestEditionNextOne: what a source withdrew stands in the next edition only as a place, and is offered no more.
func TestEditionNextOne(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	ids := in.accepted("Wärmere Serverräume", "Freie Kühlung")
	place := in.composed(ids...)
	must(t, in.Practices.Withdraw(t.Context(), in.people["editor"], ids[0]))
	form := in.get(place, "editor")
	if got := form.text(".paper-row:first-child"); !strings.Contains(got, "Zurückgezogen") {
		t.Errorf("its place says %q", got)
	}
	if got := in.get(place+"/auswahl?kapitel=0", "editor").text(".paper-picks"); strings.Contains(got, "Wärmere") || !strings.Contains(got, "Freie Kühlung") {
		t.Errorf("offered: %q", got)
	}
	if got := in.get(place+"/veroeffentlichen", "editor").text("main"); !strings.Contains(got, "An dieser Stelle steht nur ein Hinweis") {
		t.Errorf("before publishing: %q", got)
	}
	frozen := in.get(in.published(place)+".html", "")
	if strings.Contains(frozen.body, "Wärmere Serverräume") || !strings.Contains(frozen.text("main"), "1.1 Zurückgezogenes Praxisbeispiel") {
		t.Error("the edition shows what was withdrawn, or does not say that it was")
	}
}

// TestEditionForm: nothing typed is lost when a form is refused, also when somebody else saved meanwhile; buttons rearrange.
func TestEditionForm(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	place := in.composed(in.accepted("Eins", "Zwei")...)
	form := in.formOf(place)
	form.Set("number", "zwanzig")
	form.Set("foreword", "Ein langes Vorwort")
	form.Set("chapters.0.title", strings.Repeat("x", 201))
	refused := in.post(place, "editor", form).wants(t, http.StatusUnprocessableEntity)
	if refused.Find("#f-number[aria-invalid]").Length() != 1 || refused.Find("#f-chapters-0-title[aria-invalid]").Length() != 1 || refused.text("#f-foreword") != "Ein langes Vorwort" {
		t.Errorf("refused form: %s", refused.text(".error-summary"))
	}
	if n := refused.Find(".paper-row").Length(); n != 2 {
		t.Errorf("%d practices in the refused form", n)
	}

	stale := in.formOf(place)
	in.post(place, "admin", in.formOf(place)).leadsTo(t, place)
	stale.Set("foreword", "Meins")
	conflict := in.post(place, "editor", stale).wants(t, http.StatusConflict)
	if conflict.text("#f-foreword") != "Meins" || conflict.Find(".error-summary").Length() != 1 {
		t.Error("what was typed over what somebody else saved is lost")
	}
	stale.Set("version", conflict.Find("input[name=version]").AttrOr("value", ""))
	in.post(place, "editor", stale).leadsTo(t, place)
	if got := in.formOf(place).Get("foreword"); got != "Meins" {
		t.Errorf("saved again: %q", got)
	}
	script := in.post(place, "editor", stale, "Accept", "application/json").wants(t, http.StatusConflict)
	if !strings.Contains(script.body, "error") {
		t.Errorf("the script is told %q", script.body)
	}
	saved := in.post(place, "editor", in.formOf(place), "Accept", "application/json").wants(t, http.StatusOK)
	if !strings.Contains(saved.body, `"version"`) || !strings.Contains(saved.body, place) {
		t.Errorf("the script is told %q", saved.body)
	}

	press := func(action string) url.Values {
		form := in.formOf(place)
		form.Set("action", action)
		in.post(place, "editor", form).wants(t, http.StatusSeeOther)
		return in.formOf(place)
	}
	first := in.formOf(place).Get("chapters.0.entries.0.uri")
	second := in.formOf(place).Get("chapters.0.entries.1.uri")
	press("add-chapter")
	if got := press("down.0.1"); got.Get("chapters.1.entries.0.uri") != second || got.Has("chapters.0.entries.1.uri") {
		t.Errorf("over the end of a chapter: %v", got)
	}
	if got := press("chapter-down.0"); got.Get("chapters.1.entries.0.uri") != first || got.Get("chapters.1.title") != "Rechenzentrum" {
		t.Errorf("chapters change places: %v", got)
	}
	if got := press("up.1.0"); got.Get("chapters.0.entries.1.uri") != first {
		t.Errorf("into the chapter above: %v", got)
	}
	if got := press("remove.0.0"); got.Get("chapters.0.entries.0.uri") != first {
		t.Errorf("removed: %v", got)
	}
	for _, action := range []string{"up.9.9", "remove.0.7", "chapter-remove.-1", "chapter-up.0", "down.x.y", "raise"} {
		press(action)
	}
	if got := press("chapter-remove.0"); got.Has("chapters.1.title") || got.Has("chapters.0.entries.0.uri") {
		t.Errorf("a chapter is removed: %v", got)
	}
}

// TestEditionsAreForEditors: nobody else composes, and nothing is composed where nothing is curated.
func TestEditionsAreForEditors(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	place := in.composed(in.accepted("Eins")...)
	for _, role := range []string{"guest", "member"} {
		for _, path := range []string{composingPath, place, place + "/auswahl", place + "/vorschau", place + "/veroeffentlichen", place + "/verwerfen"} {
			in.get(path, role).wants(t, http.StatusForbidden)
		}
		for _, path := range []string{composingPath, place, place + "/auswahl", place + "/veroeffentlichen", place + "/verwerfen"} {
			in.post(path, role, url.Values{"version": {"3"}}).wants(t, http.StatusForbidden)
		}
	}
	in.get(place, "").wants(t, http.StatusSeeOther)
	o, err := in.Organizations.Get(t.Context())
	must(t, err)
	o.Curates = false
	must(t, in.Organizations.Save(t.Context(), o))
	in.get(place, "editor").wants(t, http.StatusForbidden)
	in.post(composingPath, "editor", nil).wants(t, http.StatusForbidden)
	for _, path := range []string{"/papier/2026-9", "/papier/2026-9.html", "/papier/2026-9.pdf", "/papier/2026-9/stand"} {
		in.get(path, "").wants(t, http.StatusNotFound)
	}
	if got := in.get("/papier", "").wants(t, http.StatusOK).text(".empty"); !strings.Contains(got, "Noch keine Ausgabe") {
		t.Errorf("no edition: %q", got)
	}
}

// TestEditionSaysWhatIsMissing: an edition that is not complete is not published, and its page says why.
func TestEditionSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	ids := in.accepted("Eins")
	place := in.post(composingPath, "editor", nil).Header.Get("Location")
	page := in.get(place+"/veroeffentlichen", "editor")
	for _, want := range []string{"noch kein Kapitel", "worum es in der Ausgabe geht"} {
		if got := page.text(".kern-alert"); !strings.Contains(got, want) {
			t.Errorf("%q is not said: %q", want, got)
		}
	}
	in.post(place+"/veroeffentlichen", "editor", url.Values{"version": {"1"}}).wants(t, http.StatusUnprocessableEntity)
	in.get(place+"/auswahl", "editor").leadsTo(t, place)

	place = in.composed(ids...)
	must(t, in.Curation.Decline(t.Context(), in.people["editor"], ids[0], "Doch nicht belegt."))
	if got := in.get(place+"/veroeffentlichen", "editor").text(".kern-alert"); !strings.Contains(got, "„Eins“ ist nicht mehr angenommen") {
		t.Errorf("what is not accepted any more: %q", got)
	}
	if got := in.get(place, "editor").text(".paper-row"); !strings.Contains(got, "Nicht mehr angenommen") {
		t.Errorf("its place: %q", got)
	}
	in.get(fmt.Sprintf("%s/%d", composingPath, 1), "editor").wants(t, http.StatusNotFound)
}

// editionRules say who may change editions.
func (h *house) editionRules(t *testing.T) map[string][]struct {
	who  allowed
	path func() string
	form url.Values
} {
	t.Helper()
	ctx, editor := t.Context(), h.people["editor"]
	practiceID, err := h.Practices.Publish(ctx, editor, 0, sampleDraft())
	must(t, err)
	must(t, h.Curation.Arrived(ctx, practiceID))
	must(t, h.Curation.Accept(ctx, editor, practiceID))
	begun := func() edition.Edition {
		t.Helper()
		for _, query := range []string{`DELETE FROM editions WHERE state = 'draft'`, `UPDATE organization SET curates = true`} { // another rule says that it does not
			_, err := h.db.ExecContext(ctx, query)
			must(t, err)
		}
		e, err := h.Editions.Create(ctx, editor, edition.Draft{Title: "Papier", Summary: "Worum es in der Ausgabe geht.", Chapters: []edition.Chapter{{Title: "Kapitel"}}})
		must(t, err)
		_, err = h.Editions.Take(ctx, editor, e.ID, 0, []int64{practiceID})
		must(t, err)
		return e
	}
	draft := func(verb string) func() string { return func() string { return composeURL(begun().ID) + verb } }
	published := func(verb string) func() string {
		return func() string {
			t.Helper()
			e, err := h.Editions.Publish(ctx, editor, begun().ID, 2, (&Site{Deps: h.Deps}).freeze("KG"))
			must(t, err)
			return e.Path() + verb
		}
	}
	type rule = struct {
		who  allowed
		path func() string
		form url.Values
	}
	const one, paper = composingPath + "/{id:[0-9]+}", papersPath + "/{number:[0-9-]+}"
	return map[string][]rule{
		composingPath:             {{editors, func() string { begun(); return composingPath }, nil}},
		one:                       {{editors, draft(""), url.Values{"version": {"2"}, "number": {"2031-1"}, "title": {"Anders"}}}},
		one + "/auswahl":          {{editors, draft("/auswahl"), url.Values{"chapter": {"0"}, "practice": {strconv.FormatInt(practiceID, 10)}}}},
		one + "/veroeffentlichen": {{editors, draft("/veroeffentlichen"), url.Values{"version": {"2"}}}},
		one + "/verwerfen":        {{editors, draft("/verwerfen"), nil}},
		paper + "/pdf":            {{editors, published("/pdf"), nil}},
		paper + "/zurueckziehen":  {{editors, published("/zurueckziehen"), url.Values{"reason": {"Ein Gericht hat es angeordnet."}}}},
	}
}
