package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

type goFile struct{ name, source string }

func goFiles(t *testing.T) []goFile {
	t.Helper()
	names, err := filepath.Glob("*.go")
	must(t, err)
	var files []goFile
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		content, err := os.ReadFile(name)
		must(t, err)
		files = append(files, goFile{name, string(content)})
	}
	return files
}

// filled is the form as a browser sends it.
func filled() url.Values {
	return url.Values{
		"title": {"Strom am Arbeitsplatz sparen"}, "summary": {"Schaltbare Leisten senken den Verbrauch um ein Zehntel."}, "source": {"Wir haben *Leisten* verteilt."},
		"language": {"de"}, "level": {"land"}, "region": {"DE-SH"}, "implementation": {"advanced"}, "measures": {"Leisten ausgeben\n- Bildschirme tauschen"},
		"contact_name": {"Green-IT-Beauftragte"}, "contact_email": {"green-it@sh.example"}, "licence": {practice.Licences[0]},
		"figures.0.quantity": {"electricity"}, "figures.0.unit": {"MW.h/a"}, "figures.0.before": {"1.250,5"}, "figures.0.after": {"1.100"}, "action": {"publish"},
	}
}

func TestPublishByForm(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	a := in.post("/praxisbeispiele/neu", "member", filled())
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d: %s", a.StatusCode, a.Find("main").Text())
	}
	page := in.get(a.Header.Get("Location"), "")
	for _, want := range []string{"Strom am Arbeitsplatz sparen", "1.250,5", "−150,5", "MWh/a", "Bildschirme tauschen", "green-it@sh.example", "Schleswig-Holstein", "fortgeschritten"} {
		if !strings.Contains(page.Find("main").Text(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if got := page.Find("link[type='application/activity+json']").AttrOr("href", ""); !strings.HasPrefix(got, houseURL+"/practices/") {
		t.Errorf("alternate %q", got)
	}
	if a := in.get(a.Header.Get("Location"), "", "Accept", "application/activity+json"); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), houseURL+"/practices/") {
		t.Errorf("asked for the object: %d to %q", a.StatusCode, a.Header.Get("Location"))
	}
	// The author reads where it has arrived; a visitor does not.
	if own := in.get(a.Header.Get("Location"), "member"); !strings.Contains(own.Find("main").Text(), "ist angekommen bei 2 von 3 Instanzen") {
		t.Error("the author is not told where it has arrived")
	}
	if strings.Contains(page.Find("main").Text(), "angekommen") {
		t.Error("a visitor is told where it has arrived")
	}
}

// TestBadInput: each mistake is said, at its field and in the summary, and all that was typed is still there.
func TestBadInput(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	for name, change := range map[string]func(url.Values){
		"f-title":            func(f url.Values) { f.Set("title", "a") },
		"f-summary":          func(f url.Values) { f.Set("summary", "") },
		"f-source":           func(f url.Values) { f.Set("source", "") },
		"f-level":            func(f url.Values) { f.Set("level", "planet") },
		"f-contact_email":    func(f url.Values) { f.Set("contact_email", "keine adresse") },
		"f-figures-0-before": func(f url.Values) { f.Set("figures.0.before", "sehr viel") },
		"f-figures-1-after": func(f url.Values) {
			f.Set("figures.1.quantity", "emissions")
			f.Set("figures.1.unit", "t/a")
			f.Set("figures.1.after", "12 Tonnen")
		},
	} {
		form := filled()
		change(form)
		a := in.post("/praxisbeispiele/neu", "member", form)
		if a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d, want 422", name, a.StatusCode)
			continue
		}
		checkPage(t, name, a)
		if a.Find(".error-summary a[href='#"+name+"']").Length() != 1 {
			t.Errorf("%s: the summary does not lead there: %s", name, a.Find(".error-summary").Text())
		}
		if a.Find("#"+name+"[aria-invalid=true]").Length() != 1 || a.Find("#"+name+"-error").Length() != 1 {
			t.Errorf("%s: the field does not say it", name)
		}
		for field, values := range form {
			if field == "action" || field == "level" && values[0] == "planet" {
				continue
			}
			input := a.Find(fmt.Sprintf("[name='%s']", field))
			got := input.AttrOr("value", strings.TrimPrefix(input.Text(), "\n"))
			switch {
			case input.Is("select"):
				got = input.Find("[selected]").AttrOr("value", "")
			case input.Is("[type=radio]"):
				got = input.Filter("[checked]").AttrOr("value", "")
			}
			if got != values[0] {
				t.Errorf("%s: %s came back as %q, want %q", name, field, got, values[0])
			}
		}
	}
	// All mistakes are named at once, also beside an unreadable number.
	form := filled()
	form.Set("title", "a")
	form.Set("contact_email", "keine adresse")
	form.Set("figures.0.after", "wenig")
	a := in.post("/praxisbeispiele/neu", "member", form)
	if got := a.Find(".error-summary a").Length(); got != 3 {
		t.Errorf("%d of 3 mistakes are named: %s", got, a.text(".error-summary"))
	}
	// Read alone, each says which field it is about.
	if got := a.Find(".error-summary a[href='#f-title']").Text(); got != "Titel: Bitte schreiben Sie mindestens 3 Zeichen." {
		t.Errorf("the summary says %q", got)
	}
	list, err := in.Practices.List(t.Context(), post.Viewer{}, practice.Filter{})
	must(t, err)
	if list.Total != 0 {
		t.Errorf("%d practices were published", list.Total)
	}
}

// TestSessionLost: whoever was logged out while writing keeps the text on the screen.
func TestSessionLost(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	a := in.post("/praxisbeispiele/neu", "", filled())
	if a.StatusCode != http.StatusUnauthorized {
		t.Fatalf("status %d, want 401", a.StatusCode)
	}
	if got := a.Find("#f-source").Text(); !strings.Contains(got, "Wir haben *Leisten* verteilt.") {
		t.Errorf("the text came back as %q", got)
	}
	if a.Find("[role=alert] a[href^='/anmelden']").Length() != 1 {
		t.Error("no way to the login")
	}
	// The script that saves by itself learns it in JSON.
	a = in.post("/praxisbeispiele/neu", "", filled(), "Accept", "application/json")
	var said map[string]string
	if err := json.Unmarshal([]byte(a.body), &said); err != nil || a.StatusCode != http.StatusUnauthorized || said["error"] == "" {
		t.Errorf("autosave without a session: %d %s", a.StatusCode, a.body)
	}
}

// TestDraft saves, previews, adds a figure, edits and discards.
func TestDraft(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := url.Values{"title": {"Nur ein Anfang"}, "action": {"save"}}
	a := in.post("/praxisbeispiele/neu", "member", form, "Accept", "application/json")
	var saved struct{ ID, Action string }
	if err := json.Unmarshal([]byte(a.body), &saved); err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("autosave: %d %s", a.StatusCode, a.body)
	}
	if page := in.get(saved.Action, "member"); page.Find("#f-title").AttrOr("value", "") != "Nur ein Anfang" {
		t.Errorf("the draft is not there: %d", page.StatusCode)
	}
	if a := in.get(practiceURL(1)[:17]+saved.ID, ""); a.StatusCode != http.StatusNotFound {
		t.Errorf("a visitor sees the draft: %d", a.StatusCode)
	}
	form = filled()
	form.Set("action", "preview")
	a = in.post(saved.Action, "member", form)
	if a.Find("#vorschau em").Text() != "Leisten" || a.Find("#f-title").AttrOr("value", "") != form.Get("title") {
		t.Errorf("preview: %d %s", a.StatusCode, a.Find("#vorschau").Text())
	}
	checkPage(t, "preview", a)
	for range 4 {
		form.Set("action", "add-figure")
		a = in.post(saved.Action, "member", form)
		n := a.Find("[name$='.quantity']").Length()
		form.Set(fmt.Sprintf("figures.%d.name", n-1), "noch eine")
	}
	if n := a.Find("[name$='.quantity']").Length(); n < 4 {
		t.Errorf("%d rows of figures after adding", n)
	}
	form = in.over(saved.Action, filled())
	form.Set("action", "save")
	if a = in.post(saved.Action, "member", form); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != saved.Action {
		t.Errorf("save: %d to %q", a.StatusCode, a.Header.Get("Location"))
	}
	if a = in.post(saved.Action, "member", in.over(saved.Action, url.Values{"action": {"withdraw"}})); a.StatusCode != http.StatusSeeOther {
		t.Errorf("discard: %d", a.StatusCode)
	}
	if a = in.get(saved.Action, "member"); a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusGone {
		t.Errorf("the discarded draft answers %d", a.StatusCode)
	}
	// What another window still sends about it comes back as a new text, and nothing is stored.
	form.Set("action", "publish")
	a = in.post(saved.Action, "member", form)
	if a.StatusCode != http.StatusConflict || a.Find("#f-title").AttrOr("value", "") != form.Get("title") || a.Find("form[data-editor]").AttrOr("action", "") != "/praxisbeispiele/neu" {
		t.Errorf("a text for a discarded draft answers %d with the title %q", a.StatusCode, a.Find("#f-title").AttrOr("value", ""))
	}
	checkPage(t, "vanished draft", a)
}

// TestHistory: an edit shows what changed; a withdrawn practice says so.
func TestHistory(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	a := in.post("/praxisbeispiele/neu", "member", filled())
	at := a.Header.Get("Location")
	form := filled()
	form.Set("source", "Wir haben *neue Leisten* verteilt.")
	if a = in.post(at+"/bearbeiten", "member", in.over(at+"/bearbeiten", form)); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("edit: %d", a.StatusCode)
	}
	history := in.get(at+"/verlauf", "")
	if got := history.Find(".diff ins").Text(); !strings.Contains(got, "neue") {
		t.Errorf("the history marks %q as new", got)
	}
	checkPage(t, "history", history)
	form.Set("figures.0.after", "61,5")
	form.Set("level", "verband")
	if a = in.post(at+"/bearbeiten", "member", in.over(at+"/bearbeiten", form)); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("edit of facts: %d", a.StatusCode)
	}
	marked := in.get(at+"/verlauf", "").Find(".version").First().Find(".diff ins").Text()
	if !strings.Contains(marked, "61,5") || !strings.Contains(marked, "Verband") || strings.Contains(marked, "Leisten") {
		t.Errorf("of the facts that changed the history marks %q", marked)
	}
	if a = in.post(at+"/bearbeiten", "member", url.Values{"action": {"withdraw"}}); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("withdraw: %d", a.StatusCode)
	}
	gone := in.get(at, "")
	if gone.StatusCode != http.StatusGone || !strings.Contains(gone.Find("h1").Text(), "zurückgezogen") {
		t.Errorf("withdrawn: %d %q", gone.StatusCode, gone.Find("h1").Text())
	}
	checkPage(t, "withdrawn", gone)
}

// TestHostile: words of others are words.
func TestHostile(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	attack := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	form := filled()
	form.Set("title", attack)
	form.Set("summary", attack+" und noch mehr Worte.")
	form.Set("source", attack+"\n\n[klick](javascript:alert(1))")
	form.Set("contact_name", attack)
	form.Set("figures.0.name", attack)
	form.Set("measures", attack)
	a := in.post("/praxisbeispiele/neu", "member", form)
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d: %s", a.StatusCode, a.Find(".error-summary").Text())
	}
	at := a.Header.Get("Location")
	for _, p := range []struct{ path, who string }{
		{at, ""}, {at + "/bearbeiten", "member"}, {at + "/verlauf", ""}, {"/", ""}, {"/praxisbeispiele?q=" + url.QueryEscape(attack), ""},
		{"/praxisbeispiele?feld=" + url.QueryEscape(attack), ""}, {"/ueberblick?herkunft=" + url.QueryEscape(attack), ""}, {"/redaktion", "editor"}, {"/redaktion?stand=" + url.QueryEscape(attack), "editor"},
	} {
		page := in.get(p.path, p.who)
		if page.Find("script:not([src]):not([type='application/ld+json']), img, [onerror], a[href^='javascript']").Length() > 0 {
			t.Errorf("%s lets it through", p.path)
		}
		if page.StatusCode >= 500 {
			t.Errorf("%s: %d", p.path, page.StatusCode)
		}
	}
	// A cookie cannot put words on our pages.
	page := in.get("/praxisbeispiele", "", "Cookie", flashCookie+"=danger:Ihr Konto ist gesperrt")
	if page.Find(".flash").Length() != 0 {
		t.Error("the message of a foreign cookie is shown")
	}
}

// TestTooLarge: more than a megabyte is refused in words.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := filled()
	form.Set("source", strings.Repeat("a", maxBody+1))
	if a := in.post("/praxisbeispiele/neu", "member", form); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", a.StatusCode)
	}
	for _, path := range []string{"/praxisbeispiele?q=%00%ff", "/praxisbeispiele?seite=-3&ebene=%00", "/praxisbeispiele?q=" + strings.Repeat("x", 5000), "/praxisbeispiele?q=%22%26%7C%21%28"} {
		if a := in.get(path, ""); a.StatusCode != http.StatusOK {
			t.Errorf("%.40s: status %d", path, a.StatusCode)
		}
	}
}

// TestDesk decides as an editor does, and the overview follows.
func TestDesk(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := in.publish("member", nil)
	at := fmt.Sprintf("/redaktion/%d", id)
	if a := in.get("/redaktion", "editor"); a.Find(fmt.Sprintf("form[action='%s/annehmen']", at)).Length() != 1 {
		t.Fatal("the practice does not wait on the desk")
	}
	if a := in.post(at+"/ablehnen", "editor", url.Values{"reason": {"nö"}}); a.StatusCode != http.StatusUnprocessableEntity || a.Find("textarea[name=reason]").Text() == "" {
		t.Errorf("declining with too short a reason: %d", a.StatusCode)
	} else {
		checkPage(t, "refused decision", a)
	}
	if a := in.get("/ueberblick", ""); a.Find("article.card").Length() != 0 {
		t.Error("a waiting practice stands in the overview")
	}
	for _, verb := range []string{"annehmen", "hervorheben"} {
		if a := in.post(at+"/"+verb, "editor", url.Values{"weiter": {"/redaktion?stand=accepted"}}); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/redaktion?stand=accepted" {
			t.Errorf("%s: %d to %q", verb, a.StatusCode, a.Header.Get("Location"))
		}
	}
	overview := in.get("/ueberblick", "")
	if got := overview.Find(".impact").Text(); !strings.Contains(got, "50") || !strings.Contains(got, "110") || !strings.Contains(got, "aus 1 Praxisbeispiel") {
		t.Errorf("impact: %q", strings.Join(strings.Fields(got), " "))
	}
	if overview.Find("article.card").Length() != 2 {
		t.Errorf("%d cards, want it featured and listed", overview.Find("article.card").Length())
	}
	if a := in.get(practiceURL(id), ""); !strings.Contains(a.Find(".curation").Text(), "Von KG Green-IT kuratiert") {
		t.Errorf("the practice says %q", a.Find(".curation").Text())
	}
	if a := in.post(at+"/ablehnen", "editor", url.Values{"reason": {"Die Zahlen werden noch einmal geprüft."}}); a.StatusCode != http.StatusSeeOther {
		t.Errorf("declining: %d", a.StatusCode)
	}
	if a := in.get("/ueberblick", ""); a.Find("article.card").Length() != 0 {
		t.Error("a declined practice stands in the overview")
	}
	log := in.get(at, "editor").Find(".log").Text()
	for _, want := range []string{"Angenommen", "Hervorgehoben", "Abgelehnt", "Die Zahlen werden noch einmal geprüft.", "Stelle editor"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %q", want)
		}
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	if a := in.post("/redaktion/begriffe", "editor", url.Values{"scheme": {"field"}, "id": {"0"}, "name": {"Fuhrpark"}}); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("add: %d", a.StatusCode)
	}
	if a := in.get("/praxisbeispiele/neu", "member"); !strings.Contains(a.Find("[id='f-fields']").Text(), "Fuhrpark") {
		t.Error("the form does not offer the new field")
	}
	a := in.post("/redaktion/begriffe", "editor", url.Values{"scheme": {"goal"}, "id": {"0"}, "name": {""}, "description": {"Bleibt stehen."}})
	if a.StatusCode != http.StatusUnprocessableEntity || a.Find("#f-goal-0-description").Text() == "" {
		t.Errorf("an empty name: %d", a.StatusCode)
	}
	checkPage(t, "terms", a)
}

func TestCompareVersions(t *testing.T) {
	t.Parallel()
	before := "Titel\n\neins\nzwei\ndrei\nvier\nDie Räume haben 20 Grad.\nEnde"
	after := "Titel\n\neins\nzwei\ndrei\nvier\nDie Räume haben 24 Grad.\nEnde\nNachtrag"
	want := []changedLine{
		{Kind: "gap"},
		{Kind: "same", Parts: []change{{"same", "drei"}}},
		{Kind: "same", Parts: []change{{"same", "vier"}}},
		{Kind: "removed", Parts: []change{{"same", "Die Räume haben "}, {"removed", "20 "}, {"same", "Grad."}}},
		{Kind: "added", Parts: []change{{"same", "Die Räume haben "}, {"added", "24 "}, {"same", "Grad."}}},
		{Kind: "same", Parts: []change{{"same", "Ende"}}},
		{Kind: "added", Parts: []change{{"added", "Nachtrag"}}},
	}
	if diff := cmp.Diff(want, compareVersions(before, after)); diff != "" {
		t.Error(diff)
	}
	if got := compareVersions(before, before); len(got) != 1 || got[0].Kind != "gap" {
		t.Errorf("equal versions differ: %v", got)
	}
}

func TestFacetsKeepTheSearch(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.sample()
	a := in.get("/praxisbeispiele?q=IT&ebene=land", "")
	if a.Find(".facet__list a.chosen").Length() != 1 {
		t.Errorf("%d chosen facets", a.Find(".facet__list a.chosen").Length())
	}
	if href := a.Find(".facet__list a.chosen").AttrOr("href", ""); href != "/praxisbeispiele?q=IT" {
		t.Errorf("taking the filter away leads to %q", href)
	}
	if a.Find("form.search input[type=hidden][name=ebene][value=land]").Length() != 1 {
		t.Error("a new search would lose the filter")
	}
	if got := a.Find("article.card").Length(); got != 1 {
		t.Errorf("%d cards, want the one of the Land", got)
	}
	// What was searched for can be taken away like a filter.
	if href := a.Find(".chips a:contains('IT')").First().AttrOr("href", ""); href != "/praxisbeispiele?ebene=land" {
		t.Errorf("taking the search away leads to %q", href)
	}
	card := in.get("/praxisbeispiele?land=DE-SH", "").Find("article.card").Text()
	for _, want := range []string{"Green-IT-Strategie 2.0", "Land Schleswig-Holstein", "sh.example", "−2.400", "2.400 Megawattstunden pro Jahr weniger", "fortgeschritten", "Übergreifende Maßnahmen"} {
		if !strings.Contains(card, want) {
			t.Errorf("the card does not say %q", want)
		}
	}
}
