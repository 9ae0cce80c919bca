package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
)

func TestLoginLeadsOnlyToOwnPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for wanted, want := range map[string]string{
		"":                             "/bereich",
		"/diskussionen/neu?x=1":        "/diskussionen/neu?x=1",
		"https://evil.example/":        "/bereich",
		"//evil.example/":              "/bereich",
		`/\evil.example`:               "/bereich",
		"javascript:alert(1)":          "/bereich",
		"/anmelden?weiter=/anmelden":   "/bereich",
		"/anmeldelink/secret":          "/bereich",
		"/praxisbeispiele#antworten":   "/praxisbeispiele#antworten",
		"/\r\nLocation: //evil":        "/bereich",
		"/webauthn/anmeldung/beginn":   "/bereich",
		"/einladung/abc":               "/bereich",
		"http:/evil.example/pfad":      "/bereich",
		"/suche?q=https://example.org": "/suche?q=https://example.org",
	} {
		path := "/anmelden?weiter=" + url.QueryEscape(wanted)
		page := h.get(t, visitorName, path).wants(t, http.StatusOK)
		if got := page.Find("main input[name=weiter]").AttrOr("value", ""); got != want {
			t.Errorf("weiter=%q: the form leads to %q, want %q", wanted, got, want)
		}
		h.get(t, "member", path).leadsTo(t, want)
	}
}

func TestLoginPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.get(t, visitorName, "/anmelden").wants(t, http.StatusOK)
	if page.Find("form[data-passkey=anmeldung] button").Length() != 1 {
		t.Error("no single button to log in with")
	}
	if n := page.Find("script:not([src]), [onclick], [style]").Length(); n != 0 {
		t.Errorf("%d inline scripts or styles", n)
	}
	for _, sentence := range []string{"wait", "cancelled", "known", "insecure", "unsupported", "network", "failed"} {
		if page.Find("form[data-message-"+sentence+"]").Length() == 0 {
			t.Errorf("the script has no words for %q", sentence)
		}
	}
	if !strings.Contains(page.text("main"), "Anmeldelink") {
		t.Error("the page does not say what to do without a key")
	}
}

func TestPagesAskForLogin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/bereich", "/einstellungen", "/verwaltung", "/diskussionen/neu"} {
		h.get(t, visitorName, path).leadsTo(t, "/anmelden?weiter="+url.QueryEscape(path))
	}
}

func TestLoginLink(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	secret, err := h.Auth.LoginLink(t.Context(), account.Operator(), h.people["member"].ID, 0)
	must(t, err)
	path := "/anmeldelink/" + secret
	for range 2 { // looking does not use it up
		page := h.get(t, visitorName, path).wants(t, http.StatusOK)
		if !strings.Contains(page.text("main"), "Stelle member") {
			t.Fatalf("the page does not name the account: %s", page.text("main"))
		}
		if len(page.Cookies()) != 0 {
			t.Fatal("looking at the link logs in")
		}
	}
	done := h.post(t, visitorName, path, nil)
	done.leadsTo(t, "/einstellungen/zugangsschluessel")
	var session *http.Cookie
	for _, c := range done.Cookies() {
		if c.Name == sessionCookie {
			session = c
		}
	}
	if session == nil || !session.HttpOnly || session.SameSite != http.SameSiteLaxMode {
		t.Fatalf("session cookie %v", session)
	}
	h.sessions["new"] = session.Value
	if got := h.get(t, "new", "/einstellungen/zugangsschluessel").wants(t, http.StatusOK).Find(".kern-alert--warning").Length(); got == 0 {
		t.Error("nothing suggests to make a passkey")
	}
	h.post(t, visitorName, path, nil).wants(t, http.StatusNotFound)
	h.get(t, visitorName, "/anmeldelink/unknown").wants(t, http.StatusNotFound)
}

func TestInvitationPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	secret, err := h.Auth.Invite(t.Context(), h.people["admin"], account.RoleEditor, "", 0)
	must(t, err)
	page := h.get(t, visitorName, "/einladung/"+secret).wants(t, http.StatusOK)
	if got := page.Find("form[data-passkey=registrierung] input[name=invitation]").AttrOr("value", ""); got != secret {
		t.Errorf("the form carries %q", got)
	}
	for _, name := range []string{"username", "display_name", "name"} {
		input := page.Find("input[name=" + name + "]")
		if input.Length() != 1 || page.Find("label[for="+input.AttrOr("id", "")+"]").Length() != 1 {
			t.Errorf("no labelled input %s", name)
		}
	}
	if got := page.Find("main h2").Length(); got != 3 {
		t.Errorf("%d steps, want 3", got)
	}
	if !strings.Contains(page.text("main"), "Redaktion") {
		t.Error("the page does not tell the role")
	}
	gone := h.get(t, visitorName, "/einladung/unknown").wants(t, http.StatusNotFound)
	if !strings.Contains(gone.text("main"), "Einladung") {
		t.Errorf("no explanation: %s", gone.text("main"))
	}
}

// script sends what passkey.js sends.
func (h *house) script(t *testing.T, role, path, language, body string, cookies ...*http.Cookie) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, houseURL+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Accept-Language", language)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return h.do(t, role, r)
}

func TestPasskeyDialogBegins(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	secret, err := h.Auth.Invite(t.Context(), h.people["admin"], account.RoleMember, "", 0)
	must(t, err)
	for _, c := range []struct{ role, path, body string }{
		{visitorName, "/webauthn/anmeldung/beginn", `{}`},
		{visitorName, "/webauthn/registrierung/beginn", `{"invitation":"` + secret + `","username":"neu","display_name":"Neue Stelle"}`},
		{"member", "/webauthn/schluessel/beginn", `{}`},
	} {
		begun := h.script(t, c.role, c.path, "de", c.body).wants(t, http.StatusOK)
		var options struct {
			PublicKey struct {
				Challenge string `json:"challenge"`
			} `json:"publicKey"`
		}
		if err := json.Unmarshal([]byte(begun.body), &options); err != nil || options.PublicKey.Challenge == "" {
			t.Errorf("%s: no challenge (%v): %s", c.path, err, begun.body)
		}
		var cookie *http.Cookie
		for _, x := range begun.Cookies() {
			if x.Name == ceremonyCookie {
				cookie = x
			}
		}
		if cookie == nil || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.MaxAge <= 0 || cookie.MaxAge > 600 || cookie.Path != "/webauthn/" {
			t.Errorf("%s: cookie %v", c.path, cookie)
		}
	}
}

func TestPasskeyDialogRefusesInWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	secret, err := h.Auth.Invite(t.Context(), h.people["admin"], account.RoleMember, "", 0)
	must(t, err)
	for _, c := range []struct {
		name, role, path, language, body string
		cookie                           string
		status                           int
		field                            string
	}{
		{"taken username", visitorName, "/webauthn/registrierung/beginn", "de", `{"invitation":"` + secret + `","username":"member","display_name":"X Y"}`, "", http.StatusConflict, ""},
		{"bad username", visitorName, "/webauthn/registrierung/beginn", "de", `{"invitation":"` + secret + `","username":"a b","display_name":"X Y"}`, "", http.StatusUnprocessableEntity, "username"},
		{"bad username in English", visitorName, "/webauthn/registrierung/beginn", "en", `{"invitation":"` + secret + `","username":"a b","display_name":"X Y"}`, "", http.StatusUnprocessableEntity, "username"},
		{"unknown invitation", visitorName, "/webauthn/registrierung/beginn", "de", `{"invitation":"x","username":"neu","display_name":"X Y"}`, "", http.StatusNotFound, ""},
		{"no JSON", visitorName, "/webauthn/registrierung/beginn", "de", `nonsense`, "", http.StatusUnprocessableEntity, ""},
		{"not logged in", visitorName, "/webauthn/schluessel/beginn", "de", `{}`, "", http.StatusUnauthorized, ""},
		{"no ceremony", visitorName, "/webauthn/anmeldung/abschluss", "de", `{}`, "", http.StatusUnprocessableEntity, ""},
		{"unknown ceremony", visitorName, "/webauthn/anmeldung/abschluss", "en", `{}`, "invented", http.StatusUnprocessableEntity, ""},
		{"nonsense from the authenticator", visitorName, "/webauthn/registrierung/abschluss", "de", `{"id":1}`, "invented", http.StatusUnprocessableEntity, ""},
	} {
		var cookies []*http.Cookie
		if c.cookie != "" {
			cookies = append(cookies, &http.Cookie{Name: ceremonyCookie, Value: c.cookie})
		}
		res := h.script(t, c.role, c.path, c.language, c.body, cookies...)
		var got ceremonyError
		if err := json.Unmarshal([]byte(res.body), &got); err != nil {
			t.Errorf("%s: no JSON: %s", c.name, res.body)
			continue
		}
		if res.StatusCode != c.status && !(c.status == http.StatusUnprocessableEntity && res.StatusCode < 500 && res.StatusCode >= 400) {
			t.Errorf("%s: status %d, want %d: %s", c.name, res.StatusCode, c.status, res.body)
		}
		if got.Error == "" || strings.Contains(got.Error, "error.") {
			t.Errorf("%s: not in words: %q", c.name, got.Error)
		}
		if c.field != "" && (got.Fields[c.field] == "" || strings.Contains(got.Fields[c.field], "error.")) {
			t.Errorf("%s: field %s not explained: %v", c.name, c.field, got.Fields)
		}
		for _, cookie := range res.Cookies() {
			if cookie.Name == sessionCookie {
				t.Errorf("%s: logged in", c.name)
			}
		}
	}
}

func TestLogoutEndsTheSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.get(t, "member", "/bereich").wants(t, http.StatusOK)
	h.post(t, "member", "/abmelden", nil).leadsTo(t, "/")
	h.get(t, "member", "/bereich").wants(t, http.StatusSeeOther) // the old cookie is worth nothing
}

func TestOtherSitesCannotSendForms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, site := range []string{"cross-site", "same-site"} {
		r := httptest.NewRequest(http.MethodPost, houseURL+"/beitraege", strings.NewReader(url.Values{"title": {"Fremd gesendet"}, "source": {"Text"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", site)
		h.do(t, "member", r).wants(t, http.StatusForbidden)
	}
	if got := h.get(t, visitorName, "/diskussionen").text("main"); strings.Contains(got, "Fremd gesendet") {
		t.Error("a form of another site was carried out")
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.sessions["other device"] = h.login(t, h.people["member"])
	page := h.get(t, "member", "/einstellungen/sitzungen").wants(t, http.StatusOK)
	if got := page.Find("main .row").Length(); got != 2 {
		t.Fatalf("%d sessions listed, want 2", got)
	}
	if got := page.Find("main .kern-badge").Length(); got != 1 {
		t.Errorf("%d sessions are this device", got)
	}
	if !strings.Contains(page.text("main"), "Firefox auf Linux") {
		t.Errorf("device not named: %s", page.text("main"))
	}
	var other string
	page.Find("main .row").Each(func(_ int, row *goquery.Selection) {
		if row.Find(".kern-badge").Length() == 0 {
			other = row.Find("form").AttrOr("action", "")
		}
	})
	h.post(t, "editor", other, nil) // someone else's session stays
	h.get(t, "other device", "/bereich").wants(t, http.StatusOK)
	h.post(t, "member", other, nil).leadsTo(t, "/einstellungen/sitzungen")
	h.get(t, "other device", "/bereich").wants(t, http.StatusSeeOther)
	h.get(t, "member", "/bereich").wants(t, http.StatusOK)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := url.Values{"display_name": {"Green-IT-Leitstelle"}, "note": {"Fragen zu **Strom**."}, "language": {"en"}, "approves_followers": {"true"}}
	h.post(t, "member", "/einstellungen", form).leadsTo(t, "/einstellungen")
	a, err := h.Accounts.ByID(t.Context(), h.people["member"].ID)
	must(t, err)
	got := []any{a.DisplayName, a.NoteSource, a.Language, a.ApprovesFollowers}
	if diff := cmp.Diff([]any{"Green-IT-Leitstelle", "Fragen zu **Strom**.", "en", true}, got); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
	page := h.get(t, "member", "/einstellungen").wants(t, http.StatusOK)
	if got := page.Find("html").AttrOr("lang", ""); got != "en" {
		t.Errorf("the interface speaks %q", got)
	}

	form.Set("display_name", strings.Repeat("x", 500))
	form.Set("note", `<script>alert(1)</script> bleibt`)
	back := h.post(t, "member", "/einstellungen", form).wants(t, http.StatusUnprocessableEntity)
	if got := back.Find("textarea[name=note]").Text(); !strings.Contains(got, "bleibt") {
		t.Errorf("text lost: %q", got)
	}
	if back.Find(".error-summary a[href='#f-display_name']").Length() != 1 || back.Find("#f-display_name[aria-invalid=true]").Length() != 1 {
		t.Error("the mistake is not at its field and in the summary")
	}
	if back.Find("main script").Length() != 0 {
		t.Error("typed text became markup")
	}
}
