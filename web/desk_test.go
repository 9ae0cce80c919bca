package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/job/jobtest"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// decided returns the address of the last decision about a practice.
func (in *curator) decided(id int64) string {
	in.t.Helper()
	log, err := in.Curation.Decisions(in.t.Context(), id)
	must(in.t, err)
	if len(log) == 0 {
		in.t.Fatal("nothing was decided")
	}
	return fmt.Sprintf("/redaktion/entscheidungen/%d", log[0].ID)
}

// TestDecisionsCanBeCited: what the world was told of has a page for everyone, without the names of those who decided; what the
// editors do among themselves has none.
func TestDecisionsCanBeCited(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := in.receive("sh.example", "Land Schleswig-Holstein", "Server bündeln", practice.Practice{})
	at := fmt.Sprintf("/redaktion/%d", id)
	in.post(at+"/zuweisen", "editor", url.Values{"editor": {"ich"}}).wants(t, http.StatusSeeOther)
	assigned := in.decided(id)
	in.post(at+"/annehmen", "editor", url.Values{"revision": {"1"}}).wants(t, http.StatusSeeOther)
	accepted := in.decided(id)

	for _, who := range []string{"", "member"} {
		in.get(assigned, who).wants(t, http.StatusNotFound)
		page := in.get(accepted, who).wants(t, http.StatusOK)
		text := strings.Join(strings.Fields(page.Find("main").Text()), " ")
		for _, want := range []string{fmt.Sprintf("Entscheidung 2/%d", in.Assessments.Year()), "Angenommen", "Server bündeln", "Fassung 1", houseURL + accepted} {
			if !strings.Contains(text, want) {
				t.Errorf("%q reads no %q: %s", who, want, text)
			}
		}
		if strings.Contains(text, "Stelle editor") || page.Find("main form").Length() != 0 {
			t.Errorf("%q learns who decided, or could take it back: %s", who, text)
		}
		checkPage(t, "decision", page)
	}
	inside := in.get(accepted, "editor").wants(t, http.StatusOK)
	if text := inside.Find("main").Text(); !strings.Contains(text, "Stelle editor") || inside.Find("form[action$='/zuruecknehmen']").Length() != 1 {
		t.Errorf("an editor reads %s", text)
	}
	in.get(assigned, "editor").wants(t, http.StatusOK)
	in.get("/redaktion/entscheidungen", "member").wants(t, http.StatusForbidden)
	in.get("/redaktion/entscheidungen/4711", "editor").wants(t, http.StatusNotFound)

	in.post(accepted+"/zuruecknehmen", "editor", url.Values{"weiter": {accepted}}).wants(t, http.StatusSeeOther)
	in.post(accepted+"/zuruecknehmen", "editor", nil).wants(t, http.StatusConflict)
	if text := in.get(accepted, "").Find("main").Text(); !strings.Contains(text, "Diese Entscheidung wurde zurückgenommen.") {
		t.Errorf("what was taken back does not say so: %s", text)
	}
	if text := in.get(at, "editor").Find("#protokoll ~ .log").Text(); !strings.Contains(text, "Entscheidung zurückgenommen") || !strings.Contains(text, "Zugewiesen") {
		t.Errorf("the log says %s", text)
	}
	p, err := in.Posts.Get(t.Context(), id)
	must(t, err)
	must(t, in.Posts.ReceiveDelete(t.Context(), p.URI))
	if text := in.get(accepted, "").wants(t, http.StatusOK).Find("main").Text(); strings.Contains(text, "Server bündeln") || !strings.Contains(text, "nicht mehr zu lesen") {
		t.Errorf("a decision about something withdrawn says %s", text)
	}
	if text := in.get("/redaktion/entscheidungen", "editor").wants(t, http.StatusOK).Find("main").Text(); strings.Contains(text, "Server bündeln") {
		t.Errorf("the log keeps the title of what was withdrawn: %s", text)
	}
}

// TestDeskGivesBackWhatWasTyped: a refused form comes back with what stood in it, at its own place among the others.
func TestDeskGivesBackWhatWasTyped(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := in.publish("member", nil)
	at := fmt.Sprintf("/redaktion/%d", id)
	for _, test := range []struct {
		verb   string
		form   url.Values
		field  string
		stands string
	}{
		{"ablehnen", url.Values{"reason": {"nö"}}, "#f-ablehnen-reason-%d", "nö"},
		{"nachfragen", url.Values{"source": {strings.Repeat("Warum? ", 4000)}}, "#f-nachfragen-source-%d", "Warum?"},
		{"anmerken", url.Values{"source": {""}}, "#f-anmerken-source-%d", ""},
		{"spaeter", url.Values{"until": {"gestern"}, "reason": {"Wir warten."}}, "#f-spaeter-reason-%d", "Wir warten."},
		{"zuweisen", url.Values{"editor": {"4711"}}, "#f-zuweisen-editor-%d", ""},
	} {
		a := in.post(at+"/"+test.verb, "editor", test.form).wants(t, http.StatusUnprocessableEntity)
		checkPage(t, "refused "+test.verb, a)
		field := a.Find(fmt.Sprintf(test.field, id))
		if got := field.AttrOr("value", "") + field.Text(); field.Length() != 1 || !strings.Contains(got, test.stands) {
			t.Errorf("%s: the field says %.40q", test.verb, got)
		}
		link := a.Find(".error-summary a").AttrOr("href", "#nowhere")
		if wrong := a.Find(link); wrong.AttrOr("aria-invalid", "") != "true" {
			t.Errorf("%s: the summary leads to %s, which is not marked", test.verb, link)
		}
		if n := a.Find("[aria-invalid=true]").Length(); n != 1 {
			t.Errorf("%s: %d fields are marked", test.verb, n)
		}
	}
	if log, err := in.Curation.Decisions(t.Context(), id); err != nil || len(log) != 0 {
		t.Errorf("%d decisions came of refused forms, %v", len(log), err)
	}
	in.post(at+"/annehmen", "editor", url.Values{"revision": {"7"}}).wants(t, http.StatusConflict)
	in.post(at+"/zuweisen", "editor", url.Values{"editor": {"viele"}}).wants(t, http.StatusUnprocessableEntity)
	in.post("/redaktion/4711/annehmen", "editor", nil).wants(t, http.StatusNotFound)
}

func TestDeskFilters(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.receive("sh.example", "Land Schleswig-Holstein", "Server bündeln", practice.Practice{Level: "land", Region: "DE-SH", Fields: []practice.Term{{Name: "Rechenzentrum"}}})
	mine := in.receive("vitako.example", "VITAKO", "Geräte weitergeben", practice.Practice{Level: "verband", Fields: []practice.Term{{Name: "Kreislaufwirtschaft"}}})
	must(t, in.Curation.Assign(t.Context(), in.people["editor"], mine, in.people["editor"].ID))
	for query, want := range map[string]string{
		"": "Server bündeln|Geräte weitergeben", "herkunft=sh.example": "Server bündeln", "ebene=verband": "Geräte weitergeben", "land=DE-SH": "Server bündeln",
		"feld=Kreislaufwirtschaft": "Geräte weitergeben", "zustaendig=ich": "Geräte weitergeben", "zustaendig=niemand": "Server bündeln",
		"zustaendig=4711": "", "herkunft=nirgends.example": "", "ebene=land&zustaendig=ich": "", "zustaendig=x&seite=%00": "Server bündeln|Geräte weitergeben",
	} {
		page := in.get("/redaktion?"+query, "editor").wants(t, http.StatusOK)
		var titles []string
		for _, link := range page.Find(".desk__link").EachIter() {
			titles = append(titles, link.Text())
		}
		if got := strings.Join(titles, "|"); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
		if want == "" && page.Find(".empty a[href='/redaktion?stand=waiting']").Length() != 1 {
			t.Errorf("%s: no way back to all", query)
		}
		checkPage(t, query, page)
		if text := page.Find("main").Text(); strings.Contains(text, "desk.") {
			t.Errorf("%s: words are missing in %s", query, text)
		}
	}
}

// TestVersionsOfOthersAreCompared: the page of versions works for practices of other instances as well, and the desk says what
// changed since it accepted one.
func TestVersionsOfOthersAreCompared(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	ctx := t.Context()
	id := in.receive("sh.example", "Land Schleswig-Holstein", "Server bündeln", practice.Practice{})
	must(t, in.Curation.Accept(ctx, in.people["editor"], id))
	p, err := in.Posts.Get(ctx, id)
	must(t, err)
	edited := time.Now()
	_, _, err = in.Posts.Receive(ctx, post.Received{
		URI: p.URI, URL: p.URL, AuthorID: p.AccountID, Kind: post.Article, Visibility: post.Public, Title: "Server und Speicher bündeln", Summary: p.Summary,
		HTML: "<p>Text von nebenan, ergänzt.</p>", Language: "de", PublishedAt: *p.PublishedAt, UpdatedAt: &edited,
	}, func(tx *sqlx.Tx, p post.Post) error {
		return in.Practices.Receive(ctx, tx, p, practice.Practice{Revision: 2})
	})
	must(t, err)
	history := in.get(practiceURL(id)+"/verlauf?von=1&bis=2", "").wants(t, http.StatusOK)
	if got := history.Find("#vergleich ins").Text(); !strings.Contains(got, "und Speicher") || !strings.Contains(got, "ergänzt") {
		t.Errorf("compared: %q", got)
	}
	if got := in.get(fmt.Sprintf("/redaktion/%d", id), "editor").wants(t, http.StatusOK).Find("#seither ins").Text(); !strings.Contains(got, "und Speicher") {
		t.Errorf("the desk compares %q", got)
	}
	old := in.get(practiceURL(id)+".odt?fassung=1", "").wants(t, http.StatusOK)
	if kind := old.Header.Get("Content-Type"); !strings.Contains(kind, "opendocument") {
		t.Errorf("the old version as a file is %s", kind)
	}
	in.get(practiceURL(id)+".odt?fassung=9", "").wants(t, http.StatusNotFound)
	if got := in.get("/redaktion?stand=changed", "editor").Find(".desk__link").Text(); got != "Server und Speicher bündeln" {
		t.Errorf("changed: %q", got)
	}
}

// TestAssignedEditorIsTold: who was given a practice reads so among the notifications, and gets from there to where it is decided.
func TestAssignedEditorIsTold(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	id := in.publish("member", func(d *practice.Draft) { d.Title = "Server bündeln" })
	must(t, in.Curation.Arrived(t.Context(), id))
	at := fmt.Sprintf("/redaktion/%d", id)
	in.post(at+"/zuweisen", "editor", url.Values{"editor": {fmt.Sprint(in.people["admin"].ID)}}).wants(t, http.StatusSeeOther)
	in.work(t)
	jobtest.Wait(t, in.db)
	list := in.get("/bereich/mitteilungen", "admin").wants(t, http.StatusOK)
	checkPage(t, "notifications", list)
	row := list.Find("main .row:contains('Server bündeln')")
	if text := row.Text(); !strings.Contains(text, "Stelle editor hat Ihnen dieses Praxisbeispiel in der Redaktion zugewiesen") || !strings.Contains(text, "neu") {
		t.Errorf("the line: %s", text)
	}
	if n := row.Find("a[href='" + at + "']").Length(); n != 2 {
		t.Errorf("%d links lead to the desk: %s", n, row.Text())
	}
	if text := in.get("/bereich/mitteilungen", "editor").Find("main .rows").Text(); strings.Contains(text, "zugewiesen") {
		t.Errorf("who assigned it hears of it: %s", text)
	}
}

// TestDeskWithoutWork: where nothing is new the desk says what to do first, or where something else waits, to each what they may do.
func TestDeskWithoutWork(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	for who, leads := range map[string]int{"editor": 0, "admin": 1} {
		page := in.get("/redaktion", who).wants(t, http.StatusOK)
		checkPage(t, "empty desk of "+who, page)
		if text := page.Find("main").Text(); !strings.Contains(text, "Erste Schritte") || !strings.Contains(text, "folgt noch keiner anderen Instanz") || strings.Contains(text, "sind eingegangen") {
			t.Errorf("%s reads %s", who, text)
		}
		if n := page.Find("main a[href='/verwaltung/foederation']").Length(); n != leads {
			t.Errorf("%s is led to who is followed %d times", who, n)
		}
		if page.Find("main a[href$='stand=proposed']").Length() != 0 {
			t.Error("a second editor is spoken of where one is enough")
		}
	}
	var last int64
	for n := range deskPerPage + 1 {
		last = in.receive("sh.example", "Land Schleswig-Holstein", fmt.Sprintf("Server bündeln %d", n), practice.Practice{})
	}
	// The last one of a page leads to the page before, not to one that says that nothing is there.
	second := "/redaktion?seite=2"
	if n := in.get(second, "editor").wants(t, http.StatusOK).Find(".desk__item").Length(); n != 1 {
		t.Fatalf("%d on the second page", n)
	}
	on := in.get(second, "editor").Find(".desk__item").AttrOr("data-item", "")
	in.post("/redaktion/"+on+"/annehmen", "editor", url.Values{"weiter": {second}}).wants(t, http.StatusSeeOther)
	if a := in.get(second, "editor").wants(t, http.StatusSeeOther); a.Header.Get("Location") != "/redaktion" {
		t.Errorf("led to %q", a.Header.Get("Location"))
	}
	// The page of one leads to another one that waits.
	if next := in.get(fmt.Sprintf("/redaktion/%d", last), "editor").Find("[data-next]").AttrOr("href", ""); !strings.HasPrefix(next, "/redaktion/") || strings.HasSuffix(next, fmt.Sprint(last)) {
		t.Errorf("next comes %q", next)
	}
	none := in.get("/redaktion/entscheidungen?art=decline", "editor").wants(t, http.StatusOK)
	checkPage(t, "no decisions of a kind", none)
	if text := none.Find(".empty").Text(); !strings.Contains(text, "Entscheidungen dieser Art gibt es noch nicht.") {
		t.Errorf("the log says %s", text)
	}
}
