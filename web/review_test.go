package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job/jobtest"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/practice"
)

// over names in a form the version of the text that its member reads now, as the page with the form does.
func (in *curator) over(at string, form url.Values) url.Values {
	in.t.Helper()
	form.Set("version", in.get(at, "member").Find("form[data-editor] [name=version]").AttrOr("value", ""))
	return form
}

// fourEyes switches the rule on, by the page that administrators have for it.
func (in *curator) fourEyes() {
	in.t.Helper()
	form := url.Values{}
	page := in.get("/verwaltung", "admin")
	for name, values := range map[string]string{"name": "input", "short_name": "input"} {
		form.Set(name, page.Find(values+"[name="+name+"]").AttrOr("value", ""))
	}
	form.Set("level", string(organization.LevelVerband))
	form.Set("curates", "true")
	form.Set("four_eyes", "true")
	in.post("/verwaltung", "admin", form).leadsTo(in.t, "/verwaltung")
	if in.get("/verwaltung", "admin").Find("input[name=four_eyes][checked]").Length() != 1 {
		in.t.Fatal("the rule is not switched on")
	}
}

// TestFourEyesByForm goes the whole way: a member writes, an editor returns, the member changes, the editor approves.
func TestFourEyesByForm(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	if got := in.get("/praxisbeispiele/neu", "member").Find("button[value=publish]").Length(); got != 1 {
		t.Errorf("%d buttons to publish where nobody else approves", got)
	}
	in.fourEyes()
	form := in.get("/praxisbeispiele/neu", "member")
	if form.Find("button[value=publish]").Length() != 0 || form.Find("button[value=ask]").Length() != 1 {
		t.Error("the form still publishes at once")
	}
	// A form that is older than the rule asks, too.
	sent := filled()
	sent.Set("figures.0.before", "viel")
	in.post("/praxisbeispiele/neu", "member", sent).wants(t, http.StatusUnprocessableEntity)
	a := in.post("/praxisbeispiele/neu", "member", filled())
	review := a.Header.Get("Location")
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(review, "/redaktion/pruefung/") {
		t.Fatalf("%d to %q", a.StatusCode, review)
	}
	edit := "/praxisbeispiele/" + strings.TrimPrefix(review, "/redaktion/pruefung/") + "/bearbeiten"

	own := in.get(review, "member").wants(t, http.StatusOK)
	if own.Find("form[action$='/freigeben'], form[action$='/zurueckgeben']").Length() != 0 || own.Find("form[action$='/kommentieren']").Length() != 1 {
		t.Error("the author decides about their own text, or cannot say anything")
	}
	for _, who := range []string{"", "guest"} {
		if a := in.get(review, who); a.StatusCode == http.StatusOK {
			t.Errorf("%q sees the review", who)
		}
	}
	in.post(review+"/freigeben", "member", url.Values{"version": {"2"}}).wants(t, http.StatusForbidden)

	queue := in.get("/redaktion/pruefung", "editor").wants(t, http.StatusOK)
	if queue.Find("a[href='"+review+"']").Length() != 1 || !strings.Contains(queue.text(".menu__list"), "Freigaben (1)") {
		t.Errorf("the editor is not told: %s", queue.text(".menu__list"))
	}
	in.get("/redaktion/pruefung", "member").wants(t, http.StatusForbidden)
	if waits := in.get("/bereich/entwuerfe", "editor"); waits.Find("#pruefen").Length() != 1 {
		t.Error("the editor's own area does not say that a text waits")
	}
	page := in.get(review, "editor").wants(t, http.StatusOK)
	for _, want := range []string{"Strom am Arbeitsplatz sparen", "Wir haben Leisten verteilt.", "1.250,5", "Bildschirme tauschen", "green-it@sh.example"} {
		if !strings.Contains(page.text("main"), want) {
			t.Errorf("the review does not show %q", want)
		}
	}
	refused := in.post(review+"/zurueckgeben", "editor", url.Values{"reason": {"nö"}}).wants(t, http.StatusUnprocessableEntity)
	if got := strings.TrimSpace(refused.Find("#f-reason").Text()); got != "nö" {
		t.Errorf("the reason came back as %q", got)
	}
	checkPage(t, "refused return", refused)
	in.post(review+"/kommentieren", "editor", url.Values{"comment": {"Woher kommen die Zahlen?"}}).leadsTo(t, review)
	in.post(review+"/zurueckgeben", "editor", url.Values{"reason": {"Bitte die Quelle nennen."}}).leadsTo(t, review)
	if said := in.get(review, "member").text(".log"); !strings.Contains(said, "Bitte die Quelle nennen.") || !strings.Contains(said, "Woher kommen die Zahlen?") {
		t.Errorf("the author reads %q", said)
	}
	if said := in.get("/bereich/entwuerfe", "member").text("main"); !strings.Contains(said, "zurückgegeben") {
		t.Errorf("the drafts say %q", said)
	}

	// The editor's page grows old while the member goes on.
	change := filled()
	change.Set("source", "Wir haben *Leisten* verteilt. Quelle: Zähler.")
	change.Set("action", "ask")
	in.post(edit, "member", in.over(edit, change)).leadsTo(t, review)
	seen := in.get(review, "editor").Find("form[action$='/freigeben'] [name=version]").AttrOr("value", "")
	change.Set("source", "Wir haben *Leisten* verteilt. Quelle: Zähler, Stand 2025.")
	change.Set("action", "save")
	in.post(edit, "member", in.over(edit, change)).leadsTo(t, edit)
	stale := in.post(review+"/freigeben", "editor", url.Values{"version": {seen}}).wants(t, http.StatusConflict)
	if !strings.Contains(stale.text(".error-summary"), "inzwischen geändert") || !strings.Contains(stale.text(".prose"), "Stand 2025") {
		t.Errorf("approving what is old answers %q", stale.text(".error-summary"))
	}
	checkPage(t, "stale approval", stale)
	version := stale.Find("form[action$='/freigeben'] [name=version]").AttrOr("value", "")
	a = in.post(review+"/freigeben", "editor", url.Values{"version": {version}}).wants(t, http.StatusSeeOther)
	if public := in.get(a.Header.Get("Location"), "").wants(t, http.StatusOK); !strings.Contains(public.text(".prose"), "Stand 2025") {
		t.Error("published is not what was approved")
	}
	in.post(review+"/freigeben", "editor", url.Values{"version": {version}}).wants(t, http.StatusNotFound)
}

// TestReviewNotices: what is told of a review leads to it and says what happened.
func TestReviewNotices(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.work(t)
	id, version, err := in.Practices.Ask(t.Context(), in.people["member"], 0, sampleDraft())
	must(t, err)
	jobtest.Wait(t, in.db)
	list := in.get("/bereich/mitteilungen", "editor")
	if list.Find(".rows a[href='"+reviewURL(id)+"']").Length() == 0 || !strings.Contains(list.text(".rows"), "gibt einen Text zur Freigabe:") || !strings.Contains(list.text(".rows"), sampleDraft().Title) {
		t.Errorf("the notice says %q", list.text(".rows"))
	}
	checkPage(t, "notices of reviews", list)
	_, err = in.Practices.Approve(t.Context(), in.people["editor"], id, version)
	must(t, err)
	jobtest.Wait(t, in.db)
	if said := in.get("/bereich/mitteilungen", "member").text(".rows"); !strings.Contains(said, "hat einen Text freigegeben:") {
		t.Errorf("the author is told %q", said)
	}
	// Who is no editor any more has nothing to do with it.
	must(t, in.Accounts.SetRole(t.Context(), in.people["admin"], in.people["editor"].ID, account.RoleMember))
	if got := in.get("/bereich/mitteilungen", "editor").text("main"); strings.Contains(got, sampleDraft().Title) {
		t.Error("a former editor still reads the titles of drafts")
	}
}

// TestConflict: two windows write over the same text; nothing is overwritten and nothing is lost.
func TestConflict(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := filled()
	form.Set("action", "save")
	a := in.post("/praxisbeispiele/neu", "member", form).wants(t, http.StatusSeeOther)
	edit := a.Header.Get("Location")
	first, second := in.over(edit, filled()), in.over(edit, filled())
	first.Set("action", "save")
	first.Set("title", "Titel des ersten Fensters")
	first.Set("source", "Gemeinsamer Anfang.\n\nNur im ersten Fenster.")
	in.post(edit, "member", first).leadsTo(t, edit)

	second.Set("title", "Titel des zweiten Fensters")
	second.Set("source", "Gemeinsamer Anfang.\n\nNur im zweiten Fenster.")

	for _, action := range []string{"save", "publish"} {
		second.Set("action", action)
		page := in.post(edit, "member", second).wants(t, http.StatusConflict)
		checkPage(t, "conflict on "+action, page)
		if said := page.text(".diff"); !strings.Contains(said, "Nur im ersten Fenster.") || !strings.Contains(said, "Nur im zweiten Fenster.") || !strings.Contains(said, "Gemeinsamer Anfang.") {
			t.Errorf("the comparison shows %q", said)
		}
		if del, ins := page.text(".diff del"), page.text(".diff ins"); !strings.Contains(del, "ersten") || !strings.Contains(ins, "zweiten") {
			t.Errorf("marked as theirs %q, as mine %q", del, ins)
		}
		if whole := page.text("details"); !strings.Contains(whole, "Titel des ersten Fensters") || !strings.Contains(whole, "Titel des zweiten Fensters") {
			t.Errorf("both texts in whole: %q", whole)
		}
		for name, values := range second {
			if name == "action" || name == "version" {
				continue
			}
			if got := page.Find("form input[type=hidden][name='"+name+"']").AttrOr("value", ""); got != values[0] {
				t.Errorf("%s: of %s the page keeps %q", action, name, got)
			}
		}
	}
	if got := in.get(edit, "member").Find("#f-title").AttrOr("value", ""); got != "Titel des ersten Fensters" {
		t.Fatalf("stored is %q", got)
	}
	// The script that saves by itself hears of it and writes nothing.
	second.Set("action", "save")
	auto := in.post(edit, "member", second, "Accept", "application/json").wants(t, http.StatusConflict)
	var said map[string]string
	if err := json.Unmarshal([]byte(auto.body), &said); err != nil || !strings.Contains(said["error"], "inzwischen geändert") {
		t.Errorf("autosave hears %s", auto.body)
	}
	// Discarding what was not seen, as well.
	gone := in.post(edit, "member", url.Values{"action": {"discard"}, "version": {second.Get("version")}}).wants(t, http.StatusConflict)
	if !strings.Contains(gone.text("main"), "inzwischen geändert") {
		t.Errorf("discarding answers %q", gone.text("main"))
	}
	checkPage(t, "stale discard", gone)
	// A form without a version is older than versions are.
	none := filled()
	none.Set("action", "save")
	in.post(edit, "member", none).wants(t, http.StatusConflict)

	// Merge: the own text in the form, the other one above it.
	page := in.post(edit, "member", second)
	merge := url.Values{"action": {"merge"}}
	page.Find("form input[type=hidden]").Each(func(_ int, s *goquery.Selection) { merge.Add(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	merged := in.post(edit, "member", merge).wants(t, http.StatusOK)
	checkPage(t, "merge", merged)
	if got := merged.Find("#f-title").AttrOr("value", ""); got != "Titel des zweiten Fensters" || !strings.Contains(merged.text("section[aria-labelledby=andere]"), "Nur im ersten Fenster.") {
		t.Errorf("merging shows %q above %q", merged.text("section[aria-labelledby=andere]"), got)
	}
	merge.Set("action", "save")
	merge.Set("version", merged.Find("form[data-editor] [name=version]").AttrOr("value", ""))
	merge.Set("source", "Gemeinsamer Anfang.\n\nNur im ersten Fenster.\n\nNur im zweiten Fenster.")
	in.post(edit, "member", merge).leadsTo(t, edit)
	if got := in.get(edit, "member").text("#f-source"); !strings.Contains(got, "ersten") || !strings.Contains(got, "zweiten") {
		t.Errorf("merged is %q", got)
	}
}

// TestCompareAnyTwo: any two versions can be compared by their address, the text in work by its people only.
func TestCompareAnyTwo(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	days, cost := 12.5, practice.Cost{Amount: 4000, Currency: "EUR", Kind: "once", Name: "Steckdosenleisten"}
	id := in.publish("member", nil)
	at := practiceURL(id) + "/verlauf"
	d, _, err := in.Practices.DraftOf(t.Context(), in.people["member"], id)
	must(t, err)
	for _, change := range []func(){
		func() { d.Title = "Zweiter Titel" },
		func() { d.PersonDays, d.Costs, d.Situation = &days, []practice.Cost{cost}, "Alles lief immer." },
	} {
		change()
		d.Version = 0
		_, err = in.Practices.Publish(t.Context(), in.people["member"], id, d)
		must(t, err)
	}
	d.Title = "Vierter Titel"
	_, err = in.Practices.SaveDraft(t.Context(), in.people["member"], id, d)
	must(t, err)

	public := in.get(at+"?von=1&bis=3", "").wants(t, http.StatusOK)
	checkPage(t, "comparison", public)
	changed := public.text("#vergleich .diff ins, #vergleich .diff__added")
	for _, want := range []string{"Zweiter", "12,5 Personentage", "4.000 EUR", "Alles lief immer."} {
		if !strings.Contains(changed, want) {
			t.Errorf("of what changed from the first to the third %q is not marked: %s", want, changed)
		}
	}
	if public.Find("#f-von [selected]").AttrOr("value", "") != "1" || public.Find("#f-bis [selected]").AttrOr("value", "") != "3" {
		t.Error("the choice does not say what is shown")
	}
	if got := in.get(at+"?von=2&bis=2", "").text("#vergleich"); !strings.Contains(got, "Beide Fassungen sagen dasselbe") {
		t.Errorf("a version beside itself: %q", got)
	}
	for _, query := range []string{"", "?von=1", "?von=7&bis=1", "?von=entwurf&bis=1", "?von=%3Cb%3E&bis=1"} {
		if page := in.get(at+query, ""); page.StatusCode != http.StatusOK || page.Find("#vergleich").Length() != 0 || strings.Contains(page.body, "Vierter Titel") {
			t.Errorf("%s compares something for a visitor", query)
		}
	}
	if page := in.get(at+"?von=entwurf&bis=1", "guest"); strings.Contains(page.body, "Vierter Titel") || page.Find(".log").Length() != 0 {
		t.Error("a guest sees what is in work, or who did what")
	}
	if got := in.get(at+"?von=3&bis=entwurf", "member").text("#vergleich ins"); !strings.Contains(got, "Vierter") {
		t.Errorf("the author compares %q", got)
	}
	if got := in.get(at, "member").text(".log"); !strings.Contains(got, "Veröffentlicht") || !strings.Contains(got, "Stelle member") {
		t.Errorf("the log says %q", got)
	}
}

// TestArchiveByForm: archived with a reason that everyone reads, found no more, and restored.
func TestArchiveByForm(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	draft, err := in.Practices.SaveDraft(t.Context(), in.people["member"], 0, sampleDraft())
	must(t, err)
	in.get(practiceURL(draft)+"/archivieren", "member").leadsTo(t, practiceURL(draft)+"/bearbeiten") // nobody has read it
	id := in.publish("member", nil)
	at := practiceURL(id)
	refused := in.post(at+"/archivieren", "member", url.Values{"reason": {"alt"}}).wants(t, http.StatusUnprocessableEntity)
	if strings.TrimSpace(refused.Find("#f-reason").Text()) != "alt" {
		t.Error("the reason is lost")
	}
	checkPage(t, "refused archive", refused)
	in.post(at+"/archivieren", "member", url.Values{"reason": {"Der Raum ist geschlossen."}}).leadsTo(t, at)
	page := in.get(at, "").wants(t, http.StatusOK)
	checkPage(t, "archived", page)
	if said := page.text("section[aria-labelledby=archiviert]"); !strings.Contains(said, "Der Raum ist geschlossen.") || page.Find("form[action$='/wiederherstellen']").Length() != 0 {
		t.Errorf("the page says %q", said)
	}
	if in.get("/praxisbeispiele", "").Find("article.card").Length() != 0 {
		t.Error("what is archived is listed")
	}
	checkPage(t, "archived, for its author", in.get(at, "member"))
	in.post(at+"/wiederherstellen", "member", nil).leadsTo(t, at)
	if in.get(at, "").Find("#archiviert").Length() != 0 || in.get("/praxisbeispiele", "").Find("article.card").Length() != 1 {
		t.Error("what was restored is not listed")
	}
}

// TestReviewPages opens every page of this part in both languages.
func TestReviewPages(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	published := in.publish("member", nil)
	d := sampleDraft()
	d.Title = "Geändert"
	_, _, err := in.Practices.Ask(t.Context(), in.people["member"], published, d)
	must(t, err)
	d.Title = "Ganz neu"
	draft, _, err := in.Practices.Ask(t.Context(), in.people["editor"], 0, d)
	must(t, err)
	must(t, in.Practices.Comment(t.Context(), in.people["editor"], published, "Woher kommen die Zahlen?"))
	in.fourEyes()
	for _, p := range []struct{ path, who string }{
		{"/redaktion/pruefung", "editor"}, {"/redaktion/pruefung", "admin"}, {reviewURL(published), "editor"}, {reviewURL(published), "member"}, {reviewURL(draft), "editor"},
		{reviewURL(draft), "admin"}, {practiceURL(published) + "/bearbeiten", "member"}, {practiceURL(draft) + "/bearbeiten", "editor"},
		{practiceURL(published) + "/verwerfen", "member"}, {practiceURL(draft) + "/zurueckziehen", "editor"}, {practiceURL(published) + "/archivieren", "member"},
		{practiceURL(published) + "/verlauf?von=1&bis=entwurf", "member"}, {"/bereich/entwuerfe", "member"}, {"/bereich/entwuerfe", "editor"}, {"/verwaltung", "admin"},
	} {
		for _, lang := range languages {
			a := in.get(p.path, p.who, "Accept-Language", lang)
			if a.StatusCode != http.StatusOK {
				t.Errorf("%s as %s: %d", p.path, p.who, a.StatusCode)
				continue
			}
			checkPage(t, fmt.Sprint(p.path, " as ", p.who, " in ", lang), a)
		}
	}
	// What is over leads to the practice.
	must(t, in.Practices.Withdraw(t.Context(), in.people["editor"], draft))
	other, err := in.Practices.SaveDraft(t.Context(), in.people["member"], 0, d)
	must(t, err)
	in.get(reviewURL(other), "member").leadsTo(t, "/praxisbeispiele/"+strconv.FormatInt(other, 10))
}

// TestReviewShowsFiles: who approves can look at what hangs on the text before anybody else can.
func TestReviewShowsFiles(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.fourEyes()
	form := filled()
	form.Set("action", "ask")
	form.Set("upload_description", "Leitfaden zum Nachmachen")
	a := in.send("/praxisbeispiele/neu", "member", "leitfaden.odt", guide(t, "Schritt für Schritt"), form).wants(t, http.StatusSeeOther)
	page := in.get(a.Header.Get("Location"), "editor").wants(t, http.StatusOK)
	checkPage(t, "review with a file", page)
	file := page.Find("section[aria-labelledby=anhaenge] a").AttrOr("href", "")
	if !strings.Contains(page.text("section[aria-labelledby=anhaenge]"), "Leitfaden zum Nachmachen") || !strings.Contains(file, "/anlagen/") {
		t.Fatalf("the review shows the files %q", page.text("section[aria-labelledby=anhaenge]"))
	}
	in.get(file, "editor").wants(t, http.StatusOK)
	in.get(file, "guest").wants(t, http.StatusNotFound)

	// In a conflict the file that came with the form is kept with the rest of it.
	edit := "/praxisbeispiele/" + strings.TrimPrefix(a.Header.Get("Location"), "/redaktion/pruefung/") + "/bearbeiten"
	form = sent(in.get(edit, "member"), "save")
	form.Set("version", "1")
	form.Set("upload_description", "Noch ein Leitfaden")
	conflict := in.send(edit, "member", "zweiter.odt", guide(t, "Noch ein Schritt"), form).wants(t, http.StatusConflict)
	for _, name := range []string{"files.0.id", "files.1.id"} {
		if conflict.Find("form input[type=hidden][name='"+name+"']").AttrOr("value", "") == "" {
			t.Errorf("the conflict loses %s", name)
		}
	}
	if marked := conflict.text(".diff ins"); !strings.Contains(marked, "Noch ein Leitfaden") {
		t.Errorf("the comparison marks %q", marked)
	}
}
