package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/reuse"
)

// arrive stores an answer of another instance to a practice.
func (in *curator) arrive(by account.Account, name, role string, practiceID int64, text string, extra func(tx *sqlx.Tx, p post.Post) error) {
	in.t.Helper()
	parent, err := in.Posts.Get(in.t.Context(), practiceID)
	must(in.t, err)
	_, _, err = in.Posts.Receive(in.t.Context(), post.Received{
		URI: "https://" + by.Host() + "/notes/" + name, AuthorID: by.ID, Kind: post.Note, Visibility: post.Public, Role: role,
		InReplyToURI: parent.URI, HTML: text, Language: "de", PublishedAt: time.Now().Add(-time.Hour),
	}, extra)
	must(in.t, err)
}

func TestReusePages(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := in.publish("editor", nil)
	path := practiceURL(id)

	if page := in.get(path, visitorName); page.Find(`a[href$="/nachnutzen"], form[action$="/uebernehmen"]`).Length() != 0 || page.Find("#nachnutzung .kern-body--muted").Length() != 1 {
		t.Error("a visitor is offered to reuse")
	}
	if page := in.get(path, "editor"); page.Find(`a[href$="/nachnutzen"]`).Length() != 0 {
		t.Error("its author is offered to reuse")
	}
	in.get(path+"/nachnutzen", visitorName).leadsTo(t, "/anmelden?weiter="+url.QueryEscape(path+"/nachnutzen"))
	in.get(path+"/nachnutzen", "editor").wants(t, http.StatusForbidden)
	if form := in.get(path+"/nachnutzen", "member").wants(t, http.StatusOK); form.Find(`input[name="state"]`).Length() != 4 || !strings.Contains(form.text("main"), "Kooperationsgruppe Green-IT") {
		t.Errorf("form %s", form.text("main"))
	}

	// Mistakes stand at their fields, and nothing typed is lost.
	typed := url.Values{"source": {"Läuft *gut*."}, "figures.0.quantity": {"electricity"}, "figures.0.unit": {"MW.h/a"}, "figures.0.change": {"viel"}}
	back := in.post(path+"/nachnutzen", "member", typed).wants(t, http.StatusUnprocessableEntity)
	if back.Find("#f-figures-0-change").AttrOr("value", "") != "viel" || back.text("#f-source") != "Läuft *gut*." || back.text("#f-figures-0-change-error") == "" {
		t.Errorf("unreadable number: %s", back.text("main"))
	}
	typed.Set("figures.0.change", "-12,5")
	if back = in.post(path+"/nachnutzen", "member", typed).wants(t, http.StatusUnprocessableEntity); back.text("#f-state-error") == "" || back.Find("#f-figures-0-change").AttrOr("value", "") != "-12,5" {
		t.Errorf("no state: %s", back.text("main"))
	}
	typed.Set("state", "implementing")
	if lost := in.post(path+"/nachnutzen", visitorName, typed).wants(t, http.StatusUnauthorized); lost.text("#f-source") != "Läuft *gut*." || lost.Find(`#f-state-1[checked]`).Length() != 1 || lost.Find(`a[href^="/anmelden?weiter="]`).Length() == 0 {
		t.Errorf("after the session ended: %s", lost.text("main"))
	}
	more := url.Values{"action": {"add-figure"}, "state": {"planned"}, "figures.0.quantity": {"cost"}}
	if rows := in.post(path+"/nachnutzen", "member", more).wants(t, http.StatusOK); rows.Find(`select[name="figures.1.quantity"]`).Length() != 1 || rows.Find("#f-state-0[checked]").Length() != 1 {
		t.Error("no further row")
	}
	in.post(path+"/nachnutzen", "member", typed).leadsTo(t, path+"#nachnutzung")
	page := in.get(path, "member").wants(t, http.StatusOK)
	for _, want := range []string{"in Umsetzung", "Kooperationsgruppe Green-IT des IT-Planungsrates", "Schleswig-Holstein", "−12,5", "Läuft gut."} {
		if !strings.Contains(page.text("#nachnutzung"), want) {
			t.Errorf("the section does not say %q: %s", want, page.text("#nachnutzung"))
		}
	}
	if page.Find("#nachnutzung .state svg").Length() != 1 || !strings.Contains(page.text("#antworten .answer__badge"), "in Umsetzung") {
		t.Error("the state has no shape, or the comment no badge")
	}
	if edit := page.Find(`#antworten a[href$="/nachnutzen"]`); edit.Length() != 1 {
		t.Error("the comment is not edited where it was said")
	}
	if form := in.get(path+"/nachnutzen", "member"); form.Find("#f-state-1[checked]").Length() != 1 || form.Find("#f-figures-0-change").AttrOr("value", "") != "-12,5" || form.text("#f-source") != "Läuft *gut*." {
		t.Errorf("the form does not hold what was said: %s", form.text("main"))
	}

	// From another instance: who and where, and markup as text.
	stranger := in.stranger(t, "klima", "kiel.example")
	in.arrive(stranger, "1", post.RoleReuse, id, "<p>Ja<script>1</script></p>", func(tx *sqlx.Tx, p post.Post) error {
		return in.Reuses.Receive(t.Context(), tx, p, reuse.Reuse{State: reuse.InUse, OrganizationName: "Stadt <b>Kiel</b>", Level: "kommune", PracticeURI: "https://kiel.example/practices/7"})
	})
	page = in.get(path, visitorName)
	if got := page.text("#nachnutzung .answer:first-child"); !strings.Contains(got, "im Einsatz") || !strings.Contains(got, "Stadt <b>Kiel</b>") || !strings.Contains(got, "kiel.example") || !strings.Contains(got, "Kommune") {
		t.Errorf("from elsewhere: %s", got)
	}
	if page.Find(`#nachnutzung a[href="https://kiel.example/practices/7"]`).Length() != 1 {
		t.Error("no link to their own practice")
	}
	if got := in.get("/praxisbeispiele", visitorName).text(".card__footer"); !strings.Contains(got, "2 Nachnutzungen") {
		t.Errorf("card: %s", got)
	}
}

func TestPracticeFromAnother(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := in.publish("editor", func(d *practice.Draft) { d.Title = "Server [abschalten]" })
	begun := in.post(practiceURL(id)+"/uebernehmen", "member", nil).wants(t, http.StatusSeeOther).Header.Get("Location")
	form := in.get(begun, "member").wants(t, http.StatusOK)
	if got := form.text("#f-source"); !strings.Contains(got, `Server \[abschalten\]`) || !strings.Contains(got, fmt.Sprintf("/praxisbeispiele/%d>", id)) || !strings.Contains(got, "Datenlizenz Deutschland") {
		t.Errorf("credit: %s", got)
	}
	if form.Find("#f-title").AttrOr("value", "") != "Server [abschalten]" {
		t.Error("no title")
	}
	draft, _, err := in.Practices.DraftOf(t.Context(), in.people["member"], idIn(t, begun))
	must(t, err)
	draft.Summary = "Wir haben es auch gemacht, in klein."
	own, err := in.Practices.Publish(t.Context(), in.people["member"], idIn(t, begun), draft)
	must(t, err)
	if link := in.get(practiceURL(own), visitorName).Find(fmt.Sprintf(`#nachnutzung a[href="/praxisbeispiele/%d"]`, id)); link.Text() != "Server [abschalten]" {
		t.Errorf("grew out of %q", link.Text())
	}
	// It can be named as the own one then.
	in.post(practiceURL(id)+"/nachnutzen", "member", url.Values{"state": {"in-use"}, "practice": {fmt.Sprint(own)}}).wants(t, http.StatusSeeOther)
	if in.get(practiceURL(id), visitorName).Find(fmt.Sprintf(`#nachnutzung a[href="/praxisbeispiele/%d"]`, own)).Length() != 1 {
		t.Error("no link to the own practice")
	}
}

func idIn(t *testing.T, address string) (id int64) {
	t.Helper()
	if _, err := fmt.Sscanf(address, "/praxisbeispiele/%d", &id); err != nil {
		t.Fatalf("%q: %v", address, err)
	}
	return id
}

func TestAssessmentPages(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := in.publish("editor", nil)
	path, year := practiceURL(id), fmt.Sprint(in.Assessments.Year()+2)
	in.get(path+"/bewerten", "member").wants(t, http.StatusForbidden)
	in.get(path+"/bewertung-einladen", "member").wants(t, http.StatusForbidden)
	if page := in.get(path, "member"); page.Find(`a[href$="/bewerten"], a[href$="/bewertung-einladen"]`).Length() != 0 {
		t.Error("who is not invited is offered to assess")
	}

	// An editor invites; what cannot be is said at the field.
	for _, wrong := range []string{"", "niemand", "niemand@nirgends.example", "editor"} {
		if back := in.post(path+"/bewertung-einladen", "editor", url.Values{"account": {wrong}}).wants(t, http.StatusUnprocessableEntity); back.text("#f-account-error") == "" || back.Find("#f-account").AttrOr("value", "") != wrong {
			t.Errorf("inviting %q: %s", wrong, back.text("main"))
		}
	}
	in.post(path+"/bewertung-einladen", "editor", url.Values{"account": {"@guest"}}).leadsTo(t, path+"/bewertung-einladen")
	in.others.known["expertin@uni.example"] = in.stranger(t, "expertin", "uni.example")
	in.post(path+"/bewertung-einladen", "editor", url.Values{"account": {"expertin@uni.example"}}).leadsTo(t, path+"/bewertung-einladen")
	list := in.get(path+"/bewertung-einladen", "editor")
	if list.Find(".row").Length() != 2 || !strings.Contains(list.text(".rows"), "uni.example") {
		t.Errorf("invited: %s", list.text(".rows"))
	}
	var message string
	must(t, in.db.Get(&message, `SELECT source FROM posts WHERE role = 'Invitation'`))
	if !strings.Contains(message, "@expertin@uni.example") || !strings.Contains(message, houseURL+path) {
		t.Errorf("message %q", message)
	}

	form := in.get(path+"/bewerten", "guest").wants(t, http.StatusOK)
	if form.Find(`input[name="status"]`).Length() != 3 || form.Find(`select[name="horizon"] option`).Length() != 11 {
		t.Errorf("form %s", form.text("main"))
	}
	typed := url.Values{"horizon": {year}, "urgent": {"true"}, "status": {"attention"}}
	back := in.post(path+"/bewerten", "guest", typed).wants(t, http.StatusUnprocessableEntity)
	if back.text("#f-progress-error") == "" || back.text("#f-source-error") == "" || back.Find("#f-urgent[checked]").Length() != 1 || back.Find("#f-status-1[checked]").Length() != 1 {
		t.Errorf("gaps: %s", back.text("main"))
	}
	if back.Find(fmt.Sprintf(`option[value="%s"][selected]`, year)).Length() != 1 {
		t.Error("the year is lost")
	}
	typed.Set("progress", "begun")
	typed.Set("source", "Die Leitungen *fehlen*.")
	if lost := in.post(path+"/bewerten", visitorName, typed).wants(t, http.StatusUnauthorized); lost.text("#f-source") != "Die Leitungen *fehlen*." {
		t.Errorf("after the session ended: %s", lost.text("main"))
	}
	in.post(path+"/bewerten", "guest", typed).leadsTo(t, path+"#bewertung")
	expert := in.others.known["expertin@uni.example"]
	in.arrive(expert, "2", post.RoleAssessment, id, "<p>Alles gut.</p>", func(tx *sqlx.Tx, p post.Post) error {
		return in.Assessments.Receive(t.Context(), tx, p, assessment.Assessment{Status: assessment.Uncritical, Progress: "completed", Horizon: in.Assessments.Year() + 2})
	})
	page := in.get(path, visitorName).wants(t, http.StatusOK)
	row := page.Find(".lights tbody tr")
	if row.Length() != 1 {
		t.Fatalf("%d years", row.Length())
	}
	// Dissent is shown side by side, each with a shape and a word, and with who says it from where.
	var cells []string
	for _, cell := range row.Find("td").EachIter() {
		cells = append(cells, strings.Join(strings.Fields(cell.Text()), " "))
	}
	if got := strings.Join(cells, "|"); got != "–niemand|1|1|1|1 × am Anfang1 × abgeschlossen" {
		t.Errorf("numbers %q", got)
	}
	for _, want := range []string{"weitere Maßnahmen erforderlich", "hohe Dringlichkeit", "Die Leitungen fehlen.", "unkritisch", "Alles gut.", "uni.example", "(in 2 Jahren)"} {
		if !strings.Contains(page.text("#bewertung"), want) {
			t.Errorf("the section does not say %q: %s", want, page.text("#bewertung"))
		}
	}
	if page.Find("#bewertung .answer .light").Length() < 3 || page.Find("#antworten .answer__badge").Length() != 2 {
		t.Error("a light without shape, or a comment without badge")
	}
	if form := in.get(path+"/bewerten?jahr="+year, "guest"); form.Find("#f-status-1[checked]").Length() != 1 || form.text("#f-source") != "Die Leitungen *fehlen*." {
		t.Errorf("the form does not hold what was said: %s", form.text("main"))
	}
	first := list.Find(".row form").Last().AttrOr("action", "")
	in.post(first, "editor", nil).leadsTo(t, path+"/bewertung-einladen")
	in.get(path+"/bewerten", "guest").wants(t, http.StatusForbidden)
}
