package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A visitor's choice stands in a cookie of the browser session and goes before what the browser asks for; a member's
// choice stands in the account.
func TestChooseLanguage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.get(t, visitorName, "/").wants(t, http.StatusOK)
	if got := len(h.get(t, visitorName, "/").Header["Set-Cookie"]); got != 0 {
		t.Errorf("looking around sets %d cookies", got)
	}
	chosen := h.post(t, visitorName, "/sprache", url.Values{"sprache": {"en"}, "weiter": {"/impressum"}})
	chosen.leadsTo(t, "/impressum")
	cookie := chosen.Header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, languageCookie+"=en;") || strings.Contains(cookie, "Max-Age") || strings.Contains(cookie, "Expires") {
		t.Errorf("cookie %q", cookie)
	}
	for value, want := range map[string]string{"en": "en", "de": "de", "fr": "de", "": "de"} {
		r := httptest.NewRequest(http.MethodGet, houseURL+"/impressum", nil)
		r.Header.Set("Accept-Language", "de")
		r.AddCookie(&http.Cookie{Name: languageCookie, Value: value})
		page := h.do(t, visitorName, r).wants(t, http.StatusOK)
		if got := page.Find("html").AttrOr("lang", ""); got != want {
			t.Errorf("cookie %q: the page speaks %q, want %q", value, got, want)
		}
	}

	h.post(t, "member", "/sprache", url.Values{"sprache": {"en"}, "weiter": {"//evil.example"}}).leadsTo(t, "/")
	a, err := h.Accounts.ByID(t.Context(), h.people["member"].ID)
	must(t, err)
	if a.Language != "en" {
		t.Errorf("the account speaks %q", a.Language)
	}
	h.post(t, visitorName, "/sprache", url.Values{"sprache": {"xx"}}).wants(t, http.StatusUnprocessableEntity)
}

// Each part of a page is marked with the language it is in: what people wrote, and our words around it.
func TestLanguageOfParts(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	location := in.post("/praxisbeispiele/neu", "member", filled()).Header.Get("Location")
	page := in.get(location, "", "Accept-Language", "en").wants(t, http.StatusOK)
	for selector, want := range map[string]string{"h1": "de", ".prose": "de", ".checked": "de", "#kennzahlen": "en", "#kontakt": "en"} {
		part := page.Find("main " + selector).First()
		if got := part.Closest("[lang]").AttrOr("lang", ""); got != want {
			t.Errorf("%s (%q) is marked as %q, want %q", selector, part.Text(), got, want)
		}
	}
}
