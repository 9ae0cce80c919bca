package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// clientSeen is what the client of testdata/client.html has got so far.
type clientSeen struct {
	Refused string
	Token   string
	Scope   string
	Account struct {
		Acct   string
		Source map[string]any
	}
	Home []struct {
		Account struct{ Acct string }
		Content string
	}
	Link     string
	Protocol bool
	Updates  []struct {
		Stream []string
		Event  string
		Status json.RawMessage
	}
}

// A web client on another origin, as it really is: it registers across origins, opens the authorization in a window, where the
// person logs in with the passkey and says no at first and then yes; the window hands the code to who opened it; the
// client reads the home timeline page by page and hears of a new post at once. Afterwards the person takes the access back.
func TestWebClientLogsIn(t *testing.T) {
	t.Parallel()
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	client := httptest.NewServer(http.FileServer(http.Dir("testdata")))
	t.Cleanup(client.Close)
	origin := strings.Replace(client.URL, "127.0.0.1", "localhost", 1)

	// Someone who writes, and a reader with a passkey who follows them.
	writer := sh.member("rechenzentrum", account.RoleMember)
	publish := func(title string) {
		t.Helper()
		sh.post("/beitraege", writer, url.Values{"title": {title}, "source": {title + " Erfahrungen sind willkommen."}, "visibility": {"public"}})
	}
	invitation, err := sh.Auth.Invite(t.Context(), account.Operator(), account.RoleMember, "Green-IT-Stelle", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	b := startBrowser(t)
	b.open(sh.url("/einladung/" + invitation))
	b.run("register", fill("username", "green-it"), fill("display_name", "Green-IT-Stelle"), fill("name", "Dienstrechner"), click("[data-passkey-start]"))
	b.waitPath("/bereich")
	b.open(sh.url("/@rechenzentrum"))
	b.press("form[action='/@rechenzentrum/folgen'] button", "form[action='/@rechenzentrum/entfolgen']")
	eval[int](b, "log out", `document.querySelector("form[action='/abmelden']").submit(), 0`)
	b.waitPath("/$")
	publish("Erste Frage.")
	publish("Zweite Frage.")

	b.open(origin + "/client.html?instance=" + url.QueryEscape(sh.Config.BaseURL))
	seen := func() (s clientSeen) {
		t.Helper()
		if failed := eval[string](b, "failed", `window.failed ?? ""`); failed != "" {
			t.Fatalf("the client: %s", failed)
		}
		if err := json.Unmarshal([]byte(eval[string](b, "seen", `JSON.stringify(window.seen)`)), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	within(t, "the client registers", func() bool { seen(); return eval[bool](b, "ready", `!document.querySelector("#login").disabled`) })

	// Not logged in: the passkey first, then the page, in the language the client asks for until someone is known. No.
	p := b.popup("open the authorization", click("#login"))
	p.waitPath("^/anmelden$")
	if got := eval[string](p, "language", "document.documentElement.lang"); got != "en" {
		t.Errorf("the login speaks %q", got)
	}
	p.run("log in", click("[data-passkey-start]"))
	p.waitPath("^/oauth/authorize$")
	for _, want := range []string{"A client", strings.TrimPrefix(origin, "http://"), "Green-IT-Stelle", "@green-it@" + sh.Config.Domain()} {
		if text := p.text("main"); !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	p.barriers("authorization")
	eval[int](p, "refuse", `document.querySelector("[value=ablehnen]").click(), 0`)
	within(t, "the client hears the no", func() bool { return seen().Refused == "access_denied" })

	// Yes.
	p = b.popup("open the authorization again", click("#login"))
	p.waitPath("^/oauth/authorize$")
	eval[int](p, "allow", `document.querySelector("[value=erlauben]").click(), 0`)
	within(t, "the client reads the home timeline", func() bool { return len(seen().Home) > 0 })
	s := seen()
	if s.Scope != "read write follow push" || s.Account.Acct != "green-it" || s.Account.Source == nil {
		t.Errorf("logged in with %q as %+v", s.Scope, s.Account)
	}
	if len(s.Home) != 1 || s.Home[0].Account.Acct != "rechenzentrum" || !strings.Contains(s.Home[0].Content, "Zweite Frage.") {
		t.Errorf("home %+v", s.Home)
	}
	if !strings.Contains(s.Link, `rel="next"`) {
		t.Errorf("the client cannot page on: Link %q", s.Link)
	}

	// Live.
	within(t, "the socket is open", func() bool { return seen().Protocol })
	within(t, "the client hears of a new post", func() bool {
		publish("Neue Frage.")
		time.Sleep(time.Second)
		return len(seen().Updates) > 0
	})
	if u := seen().Updates[0]; u.Event != "update" || !slices.Equal(u.Stream, []string{"user"}) || !strings.Contains(string(u.Status), "Neue Frage.") || !strings.Contains(string(u.Status), "rechenzentrum") {
		t.Errorf("heard %s on %q: %s", u.Event, u.Stream, u.Status)
	}

	// The person sees the program and takes the access back.
	b.open(sh.url("/einstellungen/programme"))
	if text := b.text("main"); !strings.Contains(text, "A client") || !strings.Contains(text, "in Ihrem Namen handeln") {
		t.Errorf("the settings do not name the client and its rights:\n%s", text)
	}
	b.barriers("programs")
	home := func() int {
		t.Helper()
		resp, _ := sh.get("/api/v1/timelines/home", s.Token)
		return resp.StatusCode
	}
	if status := home(); status != http.StatusOK {
		t.Errorf("with access the home timeline answers %d", status)
	}
	b.run("withdraw", click("form[action$='/entziehen'] button"), chromedp.WaitVisible(chromedp.CSS("main .empty")))
	if status := home(); status != http.StatusUnauthorized {
		t.Errorf("without access the home timeline answers %d", status)
	}
}
