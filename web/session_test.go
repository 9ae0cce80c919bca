package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
)

// TestSessionCookie: with https the session is bound to this very host, and one that another site under the same domain put
// into the browser is not taken; a login always opens a new session.
func TestSessionCookie(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Config.BaseURL = strings.Replace(houseURL, "http://", "https://", 1)
	h.serve(t)
	planted := h.sessions["member"]
	h.sessions = nil
	link, err := h.Auth.LoginLink(t.Context(), account.Operator(), h.people["guest"].ID, 0)
	must(t, err)
	r := httptest.NewRequest(http.MethodPost, h.Config.BaseURL+"/anmeldelink/"+link, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: "__Host-vorbild_session", Value: planted})
	a := h.do(t, visitorName, r).wants(t, http.StatusSeeOther)
	var session *http.Cookie
	for _, c := range a.Cookies() {
		if strings.Contains(c.Name, "session") {
			session = c
		}
	}
	if session == nil || session.Name != "__Host-vorbild_session" || !session.Secure || !session.HttpOnly || session.Path != "/" || session.Domain != "" || session.SameSite != http.SameSiteLaxMode {
		t.Fatalf("cookie %v", session)
	}
	if session.Value == planted {
		t.Error("the session from before the login goes on")
	}
	if got := a.Header.Get("Strict-Transport-Security"); got == "" {
		t.Error("no Strict-Transport-Security")
	}
	for name, want := range map[string]int{"__Host-vorbild_session": http.StatusOK, "vorbild_session": http.StatusSeeOther} {
		r := httptest.NewRequest(http.MethodGet, h.Config.BaseURL+"/einstellungen", nil)
		r.AddCookie(&http.Cookie{Name: name, Value: session.Value})
		if a := h.do(t, visitorName, r); a.StatusCode != want {
			t.Errorf("with %s: %d, want %d", name, a.StatusCode, want)
		}
	}
}
