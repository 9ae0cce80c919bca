package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/practice"
)

// whole is the long form as a browser sends it, with the empty rows that wait in it.
func whole() url.Values {
	f := filled()
	for name, value := range map[string]string{
		"situation": "Jede Leiste lief durch.", "outcome": "Weniger Verbrauch,\nund weniger Lärm.", "prerequisites": "Schaltbare Leisten", "pitfalls": "Die Drucker",
		"person_days": "12,5", "legal_basis": "- § 11 EnEfG\n• DIN EN 50600", "ars": "01 002 0000000", "reuse_of": "https://rlp.example/practices/7",
		"costs.0.amount": "12.500", "costs.0.currency": "EUR", "costs.0.kind": "once", "costs.0.name": "Leisten",
		"costs.1.amount": "", "costs.1.currency": "EUR", "costs.1.kind": "once", "costs.1.name": "",
		"costs.2.amount": "300", "costs.2.currency": "eur", "costs.2.kind": "yearly", "costs.2.name": "Wartung",
		"costs.3.amount": "2.500,50", "costs.3.currency": "EUR", "costs.3.kind": "once", "costs.3.name": "Einbau",
		"services.0.scheme": "leika", "services.0.key": "99050 012104000", "services.0.name": "Gewerbe anmelden",
		"services.1.scheme": "leika", "services.1.key": "", "services.1.name": "",
		"links.0.rel": "law", "links.0.href": "https://www.gesetze-im-internet.de/enefg/", "links.0.name": "EnEfG",
		"links.1.rel": "opencode", "links.1.href": "https://gitlab.opencode.de/sh/leisten", "links.1.name": "",
	} {
		f.Set(name, value)
	}
	return f
}

// TestLongForm publishes all that the long form offers; the page says it, and the form brings it back.
func TestLongForm(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	a := in.post("/praxisbeispiele/neu", "member", whole())
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d: %s", a.StatusCode, a.text(".error-summary"))
	}
	at := a.Header.Get("Location")
	page := in.get(at, "")
	checkPage(t, "long practice", page)
	main := page.text("main")
	for _, want := range []string{
		"Jede Leiste lief durch.", "Schaltbare Leisten", "Die Drucker", "12,5 Personentage", "15.000,50 Euro einmalig (Summe aus 2 Angaben)",
		"300 Euro jährlich", "12.500 Euro einmalig (Leisten)", "§ 11 EnEfG", "DIN EN 50600", "Gewerbe anmelden (LeiKa 99050012104000)", "010020000000",
	} {
		if !strings.Contains(main, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	var links []string
	for _, link := range page.Find(".belongings a").EachIter() {
		links = append(links, link.AttrOr("href", ""))
	}
	if diff := cmp.Diff([]string{"https://gitlab.opencode.de/sh/leisten", "https://www.gesetze-im-internet.de/enefg/"}, links); diff != "" {
		t.Errorf("links, the source code first: %s", diff)
	}
	form := in.get(at+"/bearbeiten", "member")
	checkPage(t, "long form", form)
	for name, want := range map[string]string{
		"situation": "Jede Leiste lief durch.", "outcome": "Weniger Verbrauch,\nund weniger Lärm.", "person_days": "12,5", "legal_basis": "§ 11 EnEfG\nDIN EN 50600",
		"ars": "010020000000", "reuse_of": "https://rlp.example/practices/7", "costs.1.amount": "300", "costs.1.currency": "EUR", "costs.2.amount": "2500,5",
		"services.0.key": "99050012104000", "links.1.href": "https://gitlab.opencode.de/sh/leisten", "costs.3.amount": "",
	} {
		input := form.Find(fmt.Sprintf("[name='%s']", name))
		if got := input.AttrOr("value", strings.TrimPrefix(input.Text(), "\n")); input.Length() != 1 || got != want {
			t.Errorf("%s stands in the form as %q, want %q", name, got, want)
		}
	}
	if folded := form.Find("details.kern-accordion:not([open])").Length(); folded != 2 { // licence and language, more figures
		t.Errorf("%d parts of the form are folded although they were filled in", folded-2)
	}
}

// TestLongFormMistakes: each mistake is said at its field, in words that name the row; its part stands open and nothing is lost.
func TestLongFormMistakes(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	for _, c := range []struct{ field, value, said string }{
		{"person_days", "viele", "Aufwand in Personentagen: Das ist keine Zahl. Bitte nur Ziffern, zum Beispiel 12.500 oder 12,5."},
		{"person_days", "-3", "Aufwand in Personentagen: Bitte geben Sie die Personentage als Zahl ab 0 an, zum Beispiel 12,5."},
		{"costs.0.amount", "teuer", "Kosten 1, Betrag: Das ist keine Zahl. Bitte nur Ziffern, zum Beispiel 12.500 oder 12,5."},
		{"costs.2.amount", "", "Kosten 2, Betrag: Bitte geben Sie einen Betrag über 0 an, zum Beispiel 12.500."},
		{"costs.0.currency", "Taler", "Kosten 1, Währung: Bitte geben Sie die Währung mit drei Buchstaben an, zum Beispiel EUR."},
		{"services.0.key", "123", "Leistung 1, Schlüssel: Ein LeiKa-Schlüssel hat 14 Ziffern, zum Beispiel 99050012104000."},
		{"links.1.href", "gitlab", "Link 2, Adresse: Bitte geben Sie eine vollständige Adresse ein, zum Beispiel https://www.beispiel.de."},
		{"ars", "12", "Amtlicher Regionalschlüssel: Bitte geben Sie den Regionalschlüssel mit 12 Ziffern an, zum Beispiel 053340002002."},
		{"reuse_of", "das von nebenan", "Entstanden aus: Bitte geben Sie eine vollständige Adresse ein, zum Beispiel https://www.beispiel.de."},
	} {
		form := whole()
		form.Set(c.field, c.value)
		a := in.post("/praxisbeispiele/neu", "member", form)
		if a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s=%q: status %d, want 422", c.field, c.value, a.StatusCode)
			continue
		}
		checkPage(t, c.field, a)
		if got := a.text(".error-summary a"); got != c.said {
			t.Errorf("%s=%q: the summary says %q", c.field, c.value, got)
		}
		wrong := a.Find("[aria-invalid=true]")
		if wrong.Length() != 1 || wrong.AttrOr("value", "") != c.value {
			t.Errorf("%s=%q: %d fields are marked, with %q", c.field, c.value, wrong.Length(), wrong.AttrOr("value", ""))
		}
		if wrong.Closest("details").Is(":not([open])") {
			t.Errorf("%s=%q: the part with the mistake is folded", c.field, c.value)
		}
		if got := a.Find("[name='pitfalls']").Text(); !strings.Contains(got, "Die Drucker") {
			t.Errorf("%s: what was typed elsewhere is lost: %q", c.field, got)
		}
	}
	form := whole()
	for i := range 31 {
		form.Set(fmt.Sprintf("links.%d.href", i), "https://a.example/")
	}
	if a := in.post("/praxisbeispiele/neu", "member", form); a.Find(".error-summary a[href='#f-links']").Length() != 1 || a.Find("[name$='.href']").Length() < 31 {
		t.Errorf("31 links: %d %q", a.StatusCode, a.text(".error-summary"))
	}
}

// TestRowsGrow: without a script a button adds a row and keeps what was typed, also what is not right yet.
func TestRowsGrow(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	for action, name := range map[string]string{"add-cost": "costs.%d.amount", "add-service": "services.%d.key", "add-link": "links.%d.href"} {
		form := url.Values{"title": {"Ein Anfang"}, "action": {action}, fmt.Sprintf(name, 0): {"noch nicht fertig"}, fmt.Sprintf(name, 1): {""}}
		a := in.post("/praxisbeispiele/neu", "member", form)
		checkPage(t, action, a)
		if got := a.Find("[name='"+fmt.Sprintf(name, 0)+"']").AttrOr("value", ""); a.StatusCode != http.StatusOK || got != "noch nicht fertig" {
			t.Errorf("%s: %d, the first row says %q", action, a.StatusCode, got)
		}
		if a.Find("[name='"+fmt.Sprintf(name, 2)+"']").Length() != 1 {
			t.Errorf("%s: there is no third row", action)
		}
	}
}

// TestTemplate: the template guides an empty text, never overwrites one, and its questions are not published.
func TestTemplate(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := filled()
	form.Set("action", "template")
	form.Set("source", "")
	a := in.post("/praxisbeispiele/neu", "member", form)
	text := a.Find("#f-source").Text()
	for _, want := range []string{"## Ausgangslage", "## Vorgehen", "## Ergebnis", "## Stolpersteine", "Was haben Sie getan"} {
		if !strings.Contains(text, want) {
			t.Errorf("the template lacks %q", want)
		}
	}
	if a.Find("#f-title").AttrOr("value", "") != form.Get("title") {
		t.Error("the template took the title away")
	}
	checkPage(t, "template", a)
	form.Set("action", "publish")
	form.Set("source", strings.TrimSpace(text))
	if a = in.post("/praxisbeispiele/neu", "member", form); a.StatusCode != http.StatusUnprocessableEntity || a.Find("#f-source-error").Length() != 1 {
		t.Errorf("the questions are published: %d %s", a.StatusCode, a.text(".error-summary"))
	}
	form.Set("action", "save")
	if a = in.post("/praxisbeispiele/neu", "member", form); a.StatusCode != http.StatusSeeOther {
		t.Errorf("a draft with questions is not saved: %d", a.StatusCode)
	}
	form.Set("action", "template")
	form.Set("source", "Mein Text.")
	if a = in.post("/praxisbeispiele/neu", "member", form); a.Find("#f-source").Text() != "Mein Text." || !strings.Contains(a.text("[role=status]"), "Im Text steht schon etwas") {
		t.Errorf("a written text became %q, said is %q", a.Find("#f-source").Text(), a.text("[role=status]"))
	}
}

// TestShortForm: the short form alone is enough, with what the organisation says filled in.
func TestShortForm(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	a := in.get("/praxisbeispiele/neu", "member")
	if got := a.Find("details.kern-accordion[open]").Length(); got != 0 {
		t.Errorf("%d parts of an empty form stand open", got)
	}
	if a.Find("#f-level [selected]").Length() != 1 || a.Find("#f-region [selected]").Length() != 1 || a.Find("#f-contact_name").AttrOr("value", "") == "" {
		t.Error("level, Land or contact is not filled in")
	}
	form := url.Values{"action": {"publish"}, "title": {"Server abschalten"}, "summary": {"Was nicht läuft, braucht keinen Strom."}, "source": {"Wir haben sie abgeschaltet."}, "version": {"0"}}
	for _, input := range a.Find("form[data-editor] select, form[data-editor] input").EachIter() {
		if name := input.AttrOr("name", ""); form.Get(name) == "" && !input.Is("[type=checkbox]") && (!input.Is("[type=radio]") || input.Is("[checked]")) {
			form.Set(name, input.AttrOr("value", input.Find("[selected]").AttrOr("value", "")))
		}
	}
	if a = in.post("/praxisbeispiele/neu", "member", form); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d: %s", a.StatusCode, a.text(".error-summary"))
	}
	if page := in.get(a.Header.Get("Location"), ""); page.Find("#aufwand, #verweise").Length() != 0 {
		t.Error("the page has empty boxes")
	}
}

func TestCostWords(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	days := 1.0
	f := newFacts(in.I18n.For("de"), practice.Practice{
		PersonDays: &days,
		Costs:      []practice.Cost{{Amount: 10, Currency: "CHF", Kind: "yearly"}, {Amount: 1, Currency: "EUR", Kind: "once"}, {Amount: 5, Currency: "CHF", Kind: "yearly"}},
	}, "de")
	if diff := cmp.Diff([]string{"1 Euro einmalig", "15 CHF jährlich (Summe aus 2 Angaben)"}, f.Sums); diff != "" {
		t.Error(diff)
	}
	if f.Effort != "1 Personentag" {
		t.Errorf("effort %q", f.Effort)
	}
}
