package web

import (
	"context"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
)

// sessionCookie holds the session secret; there is no other cookie that outlives the browser.
const sessionCookie = "vorbild_session"

// cookieName is the name under which a browser keeps the session. With the prefix it accepts the cookie only from this very
// host over https: no other site under the same domain can put a session of its own in its place.
func (s *Site) cookieName() string {
	if s.secure {
		return "__Host-" + sessionCookie
	}
	return sessionCookie
}

type visitKey struct{}

// visitor is who asks, found out once per request by the middleware visit.
type visitor struct {
	account   *account.Account
	session   auth.Session
	secret    string // session secret, "" with a token
	localizer *i18n.Localizer
}

func visitorOf(r *http.Request) *visitor {
	v, _ := r.Context().Value(visitKey{}).(*visitor)
	if v == nil {
		return &visitor{}
	}
	return v
}

// currentAccount returns who is logged in, nil for a visitor.
func currentAccount(r *http.Request) *account.Account { return visitorOf(r).account }

// currentSession returns the session the request came with; zero for visitors and tokens.
func currentSession(r *http.Request) auth.Session { return visitorOf(r).session }

// viewer returns who looks, for the services.
func viewer(r *http.Request) post.Viewer {
	if a := currentAccount(r); a != nil {
		return post.Viewer{AccountID: a.ID}
	}
	return post.Viewer{}
}

// localizer speaks the reader's language: the account's, else the one a visitor chose, else the browser's, else German.
func (s *Site) localizer(r *http.Request) *i18n.Localizer {
	if l := visitorOf(r).localizer; l != nil {
		return l
	}
	return s.I18n.For(chosenLanguage(r), r.Header.Get("Accept-Language"))
}

// t translates for the reader.
func (s *Site) t(r *http.Request, key string, args ...any) string {
	return s.localizer(r).T(key, args...)
}

// organization returns whose instance this is; before it was set up it is named after its address.
func (s *Site) organization(ctx context.Context) (organization.Organization, error) {
	o, err := s.Organizations.Get(ctx)
	if fault.Is(err, fault.NotFound) {
		return organization.Organization{Name: s.Config.Domain(), ShortName: s.Config.Domain()}, nil
	}
	return o, err
}

// setSession makes the browser keep a session secret.
func (s *Site) setSession(w http.ResponseWriter, secret string) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Value: secret, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
}

// clearSession makes it forget.
func (s *Site) clearSession(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
}
