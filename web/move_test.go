package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/post"
)

// Moving out and in, as the page leads through it.
func TestMovePage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	there := remote(account.Person, "neu", "bund.example")
	h.others.known["neu@bund.example"], h.others.known["@neu@bund.example"], h.others.known[there.URI] = there, there, there
	send := func(path string, pairs ...string) answer {
		form := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return h.post(t, "member", path, form)
	}
	h.get(t, visitorName, "/einstellungen/umzug").wants(t, http.StatusSeeOther)
	h.get(t, "guest", "/einstellungen/umzug").wants(t, http.StatusOK)

	// The new account must know the old one; until then nothing is even asked.
	for _, path := range []string{"/einstellungen/umzug", "/einstellungen/umzug/abschliessen"} {
		if got := send(path, "target", "neu@bund.example").wants(t, http.StatusUnprocessableEntity).text("#f-target-error"); !strings.Contains(got, "nennt dieses Konto nicht") {
			t.Errorf("%s: %q", path, got)
		}
	}
	if got := send("/einstellungen/umzug", "target", "niemand@bund.example").wants(t, http.StatusUnprocessableEntity).text("#f-target-error"); !strings.Contains(got, "kein Konto gefunden") {
		t.Errorf("nobody: %q", got)
	}
	there.AlsoKnownAs = []string{h.people["member"].URI}
	h.others.known["neu@bund.example"], h.others.known["@neu@bund.example"], h.others.known[there.URI] = there, there, there

	ask := send("/einstellungen/umzug", "target", "neu@bund.example").wants(t, http.StatusOK)
	target, _ := ask.Find("input[name=target]").Attr("value")
	if !strings.Contains(ask.text("main"), "@neu@bund.example") || target != "@neu@bund.example" {
		t.Fatalf("confirmation: %s", ask.text("main"))
	}
	if a, err := h.Accounts.ByID(ctx, h.people["member"].ID); err != nil || a.MovedToURI != "" {
		t.Fatalf("moved before it was confirmed: %q, %v", a.MovedToURI, err)
	}
	send("/einstellungen/umzug/abschliessen", "target", target).leadsTo(t, "/einstellungen/umzug")
	if got := h.get(t, "member", "/einstellungen/umzug").text("main"); !strings.Contains(got, "Sie sind umgezogen") || !strings.Contains(got, "@neu@bund.example") {
		t.Errorf("after the move: %s", got)
	}
	profile := h.get(t, visitorName, "/@member")
	if got := profile.text(".kern-alert"); !strings.Contains(got, "Stelle member ist umgezogen") || profile.Find(".kern-alert a[href='/@neu@bund.example']").Length() != 1 {
		t.Errorf("the profile says %q", got)
	}
	if n := h.get(t, "guest", "/@member").Find("form[action$='/folgen']").Length(); n != 0 {
		t.Error("readers are invited to follow who has left")
	}
	send("/einstellungen/umzug/zuruecknehmen").leadsTo(t, "/einstellungen/umzug")
	if got := h.get(t, visitorName, "/@member").text(".kern-alert"); got != "" {
		t.Errorf("the notice stays: %q", got)
	}
	if got := send("/einstellungen/umzug/abschliessen", "target", target).wants(t, http.StatusUnprocessableEntity).text("#f-target-error"); !strings.Contains(got, "30 Tage") {
		t.Errorf("moves again at once: %q", got)
	}

	// Moving in: the old accounts are named, and can be taken off.
	send("/einstellungen/umzug/konten", "alias", "neu@bund.example").leadsTo(t, "/einstellungen/umzug")
	if a, err := h.Accounts.ByID(ctx, h.people["member"].ID); err != nil || !slices.Equal(a.AlsoKnownAs, []string{there.URI}) {
		t.Errorf("aliases %v, %v", a.AlsoKnownAs, err)
	}
	if got := send("/einstellungen/umzug/konten", "alias", "member").wants(t, http.StatusUnprocessableEntity).text("#f-alias-error"); got == "" {
		t.Error("an account can be an alias of itself")
	}
	send("/einstellungen/umzug/konten/entfernen", "uri", there.URI).leadsTo(t, "/einstellungen/umzug")
	if a, err := h.Accounts.ByID(ctx, h.people["member"].ID); err != nil || len(a.AlsoKnownAs) != 0 {
		t.Errorf("aliases %v, %v", a.AlsoKnownAs, err)
	}
}

// A notice of a move leads to the old profile, which leads to the new one.
func TestMoveNotice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	old, err := h.Accounts.Receive(ctx, remote(account.Person, "alt", "bund.example"))
	must(t, err)
	f, err := h.Follows.Follow(ctx, h.people["member"], h.people["member"].ID, old.ID)
	must(t, err)
	must(t, h.Notifications.Notify(ctx, job.Notify{Event: job.NotifyMoved, ID: f.ID}))
	page := h.get(t, "member", "/bereich/mitteilungen").wants(t, http.StatusOK)
	if got := page.text("main .rows"); !strings.Contains(got, "ist umgezogen") || page.Find("main .rows a[href='/@alt@bund.example']").Length() == 0 {
		t.Errorf("notification: %s", got)
	}
}

// Everyone with an account can report a post or an account; of one elsewhere also to its own moderators.
func TestReportPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	p, err := h.Posts.Create(ctx, h.people["member"], post.Draft{Title: "Im Vertrauen", Source: "Kauft!", Visibility: post.Public, Language: "de"})
	must(t, err)
	secret, err := h.Posts.Create(ctx, h.people["member"], post.Draft{Title: "Geheim", Source: "@editor", Visibility: post.Direct, Language: "de"})
	must(t, err)
	path := fmt.Sprintf("/beitraege/%d/melden", p.ID)
	h.get(t, visitorName, path).wants(t, http.StatusSeeOther)
	h.get(t, "guest", fmt.Sprintf("/beitraege/%d/melden", secret.ID)).wants(t, http.StatusNotFound)
	h.get(t, "member", path).wants(t, http.StatusNotFound) // one's own
	if h.get(t, "guest", fmt.Sprintf("/diskussionen/%d", p.ID)).Find("a[href='"+path+"']").Length() == 0 {
		t.Error("nothing leads to the form")
	}
	form := h.get(t, "guest", path).wants(t, http.StatusOK)
	if got := form.text("main"); !strings.Contains(got, "Im Vertrauen") || form.Find("input[name=forward]").Length() != 0 {
		t.Errorf("form: %s", got)
	}
	long := url.Values{"category": {"spam"}, "comment": {strings.Repeat("x", 1001)}}
	if got := h.post(t, "guest", path, long).wants(t, http.StatusUnprocessableEntity).text("#f-comment-error"); got != "Die Anmerkung darf höchstens 1000 Zeichen lang sein." || form.text("label[for=f-comment]") != "Anmerkung optional" {
		t.Errorf("a comment without end: %q, its field is called %q", got, form.text("label[for=f-comment]"))
	}
	h.post(t, "guest", path, url.Values{"category": {"spam"}, "comment": {"Werbung"}}).wants(t, http.StatusSeeOther)

	far, err := h.Accounts.Receive(ctx, remote(account.Person, "fern", "bund.example"))
	must(t, err)
	away := h.get(t, "guest", "/@fern@bund.example/melden").wants(t, http.StatusOK)
	if got := away.text("main"); !strings.Contains(got, "bund.example") || away.Find("input[name=forward]").Length() != 1 {
		t.Errorf("form about an account elsewhere: %s", got)
	}
	h.post(t, "guest", "/@fern@bund.example/melden", url.Values{"category": {"legal"}, "forward": {"on"}}).leadsTo(t, "/@fern@bund.example")
	type row struct {
		Target   int64  `db:"target_id"`
		Category string `db:"category"`
		Forward  bool   `db:"forward"`
	}
	var rows []row
	must(t, h.db.SelectContext(ctx, &rows, `SELECT target_id, category, forward FROM reports ORDER BY id`))
	if want := []row{{h.people["member"].ID, "spam", false}, {far.ID, "legal", true}}; !slices.Equal(rows, want) {
		t.Errorf("reports %v, want %v", rows, want)
	}
	if n := count(t, h, `SELECT count(*) FROM river_job WHERE kind = 'activity.distribute' AND args->>'verb' = 'flag'`); n != 1 {
		t.Errorf("%d reports go to other servers", n)
	}
}

// Of a report that another server sent only the server is shown.
func TestReportFromElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	must(t, h.Moderation.Receive(ctx, moderation.Received{Host: "bund.example", URI: "https://bund.example/actor#flag-1", TargetID: h.people["member"].ID, Comment: "<p>Werbung</p>"}))
	var id int64
	must(t, h.db.GetContext(ctx, &id, `SELECT id FROM reports`))
	must(t, h.Notifications.Notify(ctx, job.Notify{Event: job.NotifyReport, ID: id}))
	notice := h.get(t, "moderator", "/bereich/mitteilungen")
	if got := notice.text("main .rows"); !strings.Contains(got, "Eine andere Instanz hat etwas gemeldet") || notice.Find("main .rows .author").Length() != 0 {
		t.Errorf("notification: %s", got)
	}
	if link := notice.Find(fmt.Sprintf("main .rows a.kern-link[href='/verwaltung/meldungen/%d']", id)); link.Text() != "Meldung lesen" {
		t.Errorf("the report is reached by %q", link.Text())
	}
	for _, path := range []string{"/verwaltung/meldungen", fmt.Sprintf("/verwaltung/meldungen/%d", id)} {
		if got := h.get(t, "moderator", path).wants(t, http.StatusOK).text("main"); !strings.Contains(got, "jemandem auf bund.example") {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := h.get(t, "moderator", fmt.Sprintf("/verwaltung/meldungen/%d", id)).text("main"); !strings.Contains(got, "Werbung") || strings.Contains(got, "<p>") {
		t.Errorf("report: %s", got)
	}
}

// An administrator closes an account for good; nobody can come back under its name.
func TestCloseAccount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	a := h.people["member"]
	path := fmt.Sprintf("/verwaltung/konten/%d/schliessen", a.ID)
	if _, err := h.Follows.Follow(ctx, a, a.ID, h.people["editor"].ID); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"guest", "moderator"} {
		h.get(t, who, path).wants(t, http.StatusForbidden)
	}
	h.get(t, "admin", fmt.Sprintf("/verwaltung/konten/%d/schliessen", h.people["admin"].ID)).wants(t, http.StatusNotFound)
	if got := h.get(t, "admin", path).wants(t, http.StatusOK).text("main"); !strings.Contains(got, "@member") || !strings.Contains(got, "nicht rückgängig") {
		t.Errorf("confirmation: %s", got)
	}
	h.post(t, "admin", path, nil).leadsTo(t, "/verwaltung/konten")
	if h.get(t, "member", "/bereich").StatusCode == http.StatusOK {
		t.Error("the closed account is still logged in")
	}
	h.get(t, visitorName, "/@member").wants(t, http.StatusGone)
	if strings.Contains(h.get(t, "admin", "/verwaltung/konten").text("main"), "@member") {
		t.Error("the closed account is still listed")
	}
	if _, err := h.Accounts.CreateLocal(ctx, "member", "Neu", account.RoleMember); err == nil {
		t.Error("the name was given away again")
	}
	if n := count(t, h, `SELECT count(*) FROM follows WHERE undone_at IS NULL`); n != 0 {
		t.Errorf("%d follows stand", n)
	}
	if n := count(t, h, `SELECT count(*) FROM river_job WHERE args->>'verb' = 'delete_account' OR kind = 'account.forget'`); n != 2 {
		t.Errorf("%d jobs, want the news and the forgetting", n)
	}
	// Nor can the last administrator be closed by the one who is not there any more.
	if err := h.Accounts.Close(ctx, a, h.people["guest"].ID); err == nil {
		t.Error("who was closed closes others")
	}
}

func count(t *testing.T, h *house, query string) int {
	t.Helper()
	var n int
	must(t, h.db.GetContext(t.Context(), &n, query))
	return n
}

// What somebody pinned stands on top of their profile.
func TestPinnedOnProfile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	if h.get(t, visitorName, "/@member").Find("#profil-angeheftet").Length() != 0 {
		t.Error("nothing is pinned, and it says so")
	}
	p, err := h.Posts.Create(ctx, h.people["member"], post.Draft{Title: "Wichtig", Source: "Zuerst lesen.", Visibility: post.Public, Language: "de"})
	must(t, err)
	must(t, h.Posts.Pin(ctx, h.people["member"], p.ID))
	if got := h.get(t, visitorName, "/@member").text("section[aria-labelledby=profil-angeheftet]"); !strings.Contains(got, "Wichtig") {
		t.Errorf("pinned: %q", got)
	}
}
