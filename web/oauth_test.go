package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/oauth"
)

const phanpy = "https://phanpy.example/app?v=1"

// registered is a program and what it proves itself with.
type registered struct {
	oauth.App
	secret string
}

func (h *house) program(t *testing.T, name, scopes string, redirects ...string) registered {
	t.Helper()
	a, secret, err := h.OAuth.Register(t.Context(), oauth.Registration{Name: name, Website: "https://phanpy.example", RedirectURIs: redirects, Scopes: scopes})
	must(t, err)
	return registered{a, secret}
}

// asks is the address to which a program sends people; pairs change its parameters.
func asks(a registered, redirect string, pairs ...string) string {
	q := url.Values{"client_id": {a.ClientID}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {a.Scopes}, "state": {"a b&c="}}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return authorizePath + "?" + q.Encode()
}

var (
	yes = url.Values{"antwort": {"erlauben"}}
	no  = url.Values{"antwort": {"ablehnen"}}
)

// redeem exchanges a code as the program does, and returns whom the token stands for.
func (h *house) redeem(t *testing.T, a registered, code, redirect string) account.Account {
	t.Helper()
	_, secret, err := h.OAuth.Exchange(t.Context(), oauth.TokenRequest{GrantType: "authorization_code", ClientID: a.ClientID, ClientSecret: a.secret, Code: code, RedirectURI: redirect})
	must(t, err)
	g, err := h.Auth.Grant(t.Context(), secret)
	must(t, err)
	return g.Account
}

// From the program to the login and back with everything it said, to the page, and on to the program with a code.
func TestAuthorize(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.program(t, "Phanpy", "read write push", phanpy)
	path := asks(a, phanpy, "force_login", "true")
	a1 := h.get(t, visitorName, path)
	a1.leadsTo(t, "/anmelden?weiter="+url.QueryEscape(path))
	login := h.get(t, visitorName, a1.Header.Get("Location")).wants(t, http.StatusOK)
	if got := login.Find("main input[name=weiter]").AttrOr("value", ""); got != path {
		t.Errorf("after the login it goes on at %q", got)
	}
	page := h.get(t, "member", path).wants(t, http.StatusOK)
	for _, want := range []string{"Phanpy", "phanpy.example", "Stelle member", "@member@sh.localhost:8402", "In Ihrem Namen handeln", "Mitteilungen auf Ihr Gerät"} {
		if !strings.Contains(page.text("main"), want) {
			t.Errorf("the page does not say %q: %s", want, page.text("main"))
		}
	}
	for name, answer := range map[string]answer{"the redirect to the login": a1, "the login": login, "the page": page} {
		if got := answer.Header.Get("Cross-Origin-Opener-Policy"); got != "" {
			t.Errorf("%s cuts the opener off: %q", name, got)
		}
	}
	if csp := page.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https:;") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("policy %q", csp)
	}
	form := page.Find("form:has([name=antwort])")
	if got := form.AttrOr("action", ""); got != path {
		t.Fatalf("the form goes to %q", got)
	}

	to, err := url.Parse(h.post(t, "member", path, yes).wants(t, http.StatusSeeOther).Header.Get("Location"))
	must(t, err)
	code := to.Query().Get("code")
	if rest, _, _ := strings.Cut(to.String(), "&code="); rest != phanpy || to.Query().Get("state") != "a b&c=" || code == "" {
		t.Fatalf("leads to %s", to)
	}
	if who := h.redeem(t, a, code, phanpy); who.ID != h.people["member"].ID {
		t.Errorf("the token is of %s", who)
	}

	to, err = url.Parse(h.post(t, "member", path, no).wants(t, http.StatusSeeOther).Header.Get("Location"))
	must(t, err)
	if got := to.Query(); !strings.HasPrefix(to.String(), phanpy+"&") || got.Get("error") != "access_denied" || got.Get("state") != "a b&c=" || got.Has("code") {
		t.Errorf("refusing leads to %s", to)
	}
	h.post(t, visitorName, path, yes).wants(t, http.StatusUnauthorized)
}

// TestAuthorizeOutOfBand: who cannot be called back gets a code to copy, and nothing when refused. toot ends the path with a slash.
func TestAuthorizeOutOfBand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.program(t, "toot", "read write follow", oauth.OutOfBand)
	path := asks(a, oauth.OutOfBand)
	slash := strings.Replace(path, "?", "/?", 1)
	if got := h.get(t, "guest", slash).wants(t, http.StatusOK).Find("form:has([name=antwort])").AttrOr("action", ""); got != path {
		t.Errorf("the form goes to %q", got)
	}
	login := h.get(t, visitorName, h.get(t, visitorName, slash).Header.Get("Location")).wants(t, http.StatusOK)
	if got := login.Find("main input[name=weiter]").AttrOr("value", ""); got != slash || login.Header.Get("Cross-Origin-Opener-Policy") != "" {
		t.Errorf("after the login it goes on at %q, %v", got, login.Header)
	}
	if page := h.get(t, "guest", path).wants(t, http.StatusOK); !strings.Contains(page.text("main"), "einen Code") {
		t.Errorf("says nothing of a code: %s", page.text("main"))
	}
	page := h.post(t, "guest", path, yes).wants(t, http.StatusOK)
	if who := h.redeem(t, a, page.Find("#code").AttrOr("value", ""), oauth.OutOfBand); who.ID != h.people["guest"].ID {
		t.Errorf("the token is of %s", who)
	}
	if got := page.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("the code is kept: %q", got)
	}
	if page := h.post(t, "guest", path, no).wants(t, http.StatusOK); page.Find("#code").Length() != 0 || !strings.Contains(page.text("main"), "keinen Zugang") {
		t.Errorf("refused: %s", page.text("main"))
	}
}

// TestAuthorizeSchemes: the form may lead to where the program is, and nowhere else; no program writes the policy.
func TestAuthorizeSchemes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for redirect, want := range map[string]string{
		"https://elk.zone/api/x":        "form-action 'self' https:;",
		"http://localhost:8080/":        "form-action 'self' http://localhost:8080 https:;",
		"http://[::1]:8080/":            "form-action 'self' http: https:;",
		"http://a;script-src/":          "form-action 'self' http: https:;",
		"icecubesapp://":                "form-action 'self' icecubesapp:;",
		"com.tusky:/oauth;x":            "form-action 'self' com.tusky:;",
		"http://a.example,b.example/x'": "form-action 'self' http: https:;",
	} {
		a := h.program(t, "x", "read", redirect)
		csp := h.get(t, "guest", asks(a, redirect)).wants(t, http.StatusOK).Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, want) || strings.Count(csp, ";") != strings.Count(contentSecurityPolicy, ";") || strings.Contains(csp, ",") {
			t.Errorf("%s: %q", redirect, csp)
		}
		if got := h.post(t, "guest", asks(a, redirect), yes).wants(t, http.StatusSeeOther).Header.Get("Location"); !strings.HasPrefix(got, redirect+"?code=") {
			t.Errorf("%s: leads to %q", redirect, got)
		}
	}
}

// TestAuthorizeAbuse: nobody is led to where no program registered, or anywhere without a click; what a program calls itself
// is only text.
func TestAuthorizeAbuse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.program(t, `<script>alert("x")</script>{{.Account}}`, "read", phanpy)
	for name, pairs := range map[string][]string{
		"unknown program": {"client_id", "x"}, "no program": {"client_id", ""}, "NUL": {"client_id", "\x00"}, "other redirect": {"redirect_uri", "https://evil.example/"},
		"redirect beneath": {"redirect_uri", phanpy + "&x"}, "no redirect": {"redirect_uri", ""}, "script": {"redirect_uri", "javascript:alert(1)"}, "out of band": {"redirect_uri", oauth.OutOfBand},
	} {
		path := asks(a, phanpy, pairs...)
		for _, answer := range []answer{h.get(t, visitorName, path), h.get(t, "member", path), h.post(t, "member", path, yes), h.post(t, "member", path, no)} {
			answer.wants(t, http.StatusBadRequest)
			if answer.Header.Get("Location") != "" || answer.Find("main a").Length() != 0 || strings.Contains(answer.text("main"), "evil") {
				t.Errorf("%s: leads on: %s", name, answer.text("main"))
			}
		}
	}
	for want, pairs := range map[string][]string{
		"unsupported_response_type": {"response_type", "token"}, "invalid_scope": {"scope", "read write"}, "invalid_request": {"code_challenge", strings.Repeat("x", 43)},
	} {
		path := asks(a, phanpy, pairs...)
		for _, answer := range []answer{h.get(t, visitorName, path), h.post(t, "member", path, yes)} {
			answer.wants(t, http.StatusBadRequest)
			back, err := url.Parse(answer.Find("main a").AttrOr("href", ""))
			must(t, err)
			if answer.Header.Get("Location") != "" || !strings.HasPrefix(back.String(), phanpy+"&error=") || back.Query().Get("error") != want || back.Query().Get("state") != "a b&c=" {
				t.Errorf("%s: %q, back %q", want, answer.Header.Get("Location"), back)
			}
		}
	}
	page := h.get(t, "member", asks(a, phanpy))
	if got := page.text("main h1"); !strings.Contains(got, `<script>alert("x")</script>{{.Account}}`) || page.Find("main script").Length() != 0 {
		t.Errorf("name shown as %q", got)
	}

	// Another site cannot say yes in a reader's name, nor can a program with the token it has.
	r := httptest.NewRequest(http.MethodPost, houseURL+asks(a, phanpy), strings.NewReader(yes.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	h.do(t, "member", r).wants(t, http.StatusForbidden)
	token, err := h.Auth.Token(t.Context(), account.Operator(), h.people["member"].ID, "Skript", "")
	must(t, err)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		r = httptest.NewRequest(method, houseURL+asks(a, phanpy), strings.NewReader(yes.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer "+token)
		h.do(t, visitorName, r).wants(t, http.StatusForbidden)
	}
}

// TestAuthorizeAsSomeoneElse: one can change the account and the language, and comes back with the window still open to who
// opened it.
func TestAuthorizeAsSomeoneElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.program(t, "Phanpy", "read", phanpy)
	path := asks(a, phanpy)
	page := h.get(t, "member", path)
	change := page.Find("main form[action='/abmelden']")
	if got := change.Find("[name=weiter]").AttrOr("value", ""); got != path {
		t.Fatalf("back to %q", got)
	}
	for name, leaves := range map[string]answer{
		"log out":               h.post(t, "member", "/abmelden", url.Values{"weiter": {path}}),
		"language":              h.post(t, "editor", "/sprache", url.Values{"weiter": {path}, "sprache": {"en"}}),
		"language at the login": h.post(t, visitorName, "/sprache", url.Values{"weiter": {"/anmelden?weiter=" + url.QueryEscape(path)}, "sprache": {"en"}}),
	} {
		if got := leaves.wants(t, http.StatusSeeOther); got.Header.Get("Cross-Origin-Opener-Policy") != "" || !strings.Contains(got.Header.Get("Location"), "authorize") {
			t.Errorf("%s: %v", name, got.Header)
		}
	}
	h.get(t, "member", path).wants(t, http.StatusSeeOther) // logged out
	if got := h.post(t, "guest", "/abmelden", url.Values{"weiter": {"https://evil.example/"}}).Header; got.Get("Location") != "/" || got.Get("Cross-Origin-Opener-Policy") != "same-origin" {
		t.Errorf("logging out leads to %v", got)
	}

	english := h.get(t, visitorName, asks(a, phanpy, "lang", "en"))
	if len(english.Cookies()) != 1 || english.Cookies()[0].Value != "en" {
		t.Errorf("lang=en: cookies %v", english.Cookies())
	}
	if got := h.get(t, visitorName, asks(a, "https://evil.example/", "lang", "en")).Find("html").AttrOr("lang", ""); got != "en" {
		t.Errorf("lang=en is answered in %q", got)
	}
	if got := h.get(t, "moderator", asks(a, phanpy, "lang", "en")).Find("html").AttrOr("lang", ""); got != "de" {
		t.Errorf("who has chosen German is answered in %q", got)
	}
}

// TestPrograms: who can act as somebody is seen and ended by them, and by nobody else.
func TestPrograms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const place = "/einstellungen/programme"
	if page := h.get(t, "member", place).wants(t, http.StatusOK); page.Find("main .row").Length() != 0 || page.Find("main .empty").Length() != 1 {
		t.Errorf("programs where there are none: %s", page.text("main"))
	}
	a := h.program(t, "Phanpy", "read write", phanpy)
	to, err := url.Parse(h.post(t, "member", asks(a, phanpy), yes).Header.Get("Location"))
	must(t, err)
	h.redeem(t, a, to.Query().Get("code"), phanpy)
	secret, err := h.Auth.Token(t.Context(), account.Operator(), h.people["member"].ID, "Nachtlauf", "read")
	must(t, err)

	page := h.get(t, "member", place).wants(t, http.StatusOK)
	rows := page.Find("main .row")
	if rows.Length() != 2 || !strings.Contains(rows.First().Text(), "Phanpy") || !strings.Contains(rows.First().Text(), "phanpy.example") || !strings.Contains(rows.First().Text(), "lesen, in Ihrem Namen handeln") ||
		!strings.Contains(rows.Last().Text(), "Nachtlauf") || strings.Contains(rows.Last().Text(), "handeln") {
		t.Fatalf("listed: %s", page.text("main"))
	}
	for i, still := range []int{1, 0} {
		form := page.Find("main .row form").Eq(i).AttrOr("action", "")
		h.post(t, "editor", form, nil).wants(t, http.StatusNotFound)
		h.post(t, "member", form, nil).leadsTo(t, place)
		if got := h.get(t, "member", place).Find("main .row").Length(); got != still {
			t.Errorf("%s: %d left, want %d", form, got, still)
		}
	}
	if _, err := h.Auth.AuthenticateToken(t.Context(), secret, "read"); err == nil {
		t.Error("a revoked token opens the house")
	}
}

// TestRightsSayEverything: each scope is said in words, by itself and within the coarse ones.
func TestRightsSayEverything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, scope := range []string{"read", "write", "follow", "push", "profile"} {
		if len(rightsOf([]string{scope})) == 0 {
			t.Errorf("%s is not said", scope)
		}
	}
	said := 0
	for _, x := range rights {
		for _, scope := range x.scopes {
			said++
			for _, lang := range languages {
				for _, key := range []string{"oauth.right." + x.kind + "." + x.key, "oauth.right." + x.kind, "oauth.right." + x.kind + ".short"} {
					if h.I18n.For(lang).T(key) == key {
						t.Errorf("%s: no words for %s (%s)", lang, scope, key)
					}
				}
			}
		}
	}
	if fine := countFine(); said != fine {
		t.Errorf("%d scopes are said, there are %d", said, fine)
	}
}

// countFine counts the scopes that include no others.
func countFine() (n int) {
	for _, scope := range auth.Scopes {
		if strings.Contains(scope, ":") || scope == "profile" || scope == "push" {
			n++
		}
	}
	return n
}
