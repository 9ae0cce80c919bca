package web

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/httprate"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/request"
)

// maxBody bounds what a form may send.
const maxBody = 1 << 20

// contentSecurityPolicy allows only what comes from this instance, and nothing inline.
const contentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func (s *Site) securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		// Only our own pages learn where a reader comes from; a login link never leaves in a header.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()")
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// recoverPanics turns a panic into a logged 500 page.
func (s *Site) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // the documented sentinel is compared
				panic(v)
			}
			s.Log.ErrorContext(r.Context(), "page panicked", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
			s.fail(w, r, fault.Wrap(fault.Internal, "", fmt.Errorf("panic: %v", v)))
		}()
		next.ServeHTTP(w, r)
	})
}

// plainQuery leaves out of the parameters of an address what is no text: PostgreSQL takes neither NUL nor what is not UTF-8.
func plainQuery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "%") {
			changed, query := false, url.Values{}
			for name, values := range r.URL.Query() {
				for _, value := range append([]string{name}, values...) {
					changed = changed || plain(value) != value
				}
				for _, value := range values {
					query.Add(plain(name), plain(value))
				}
			}
			if changed {
				address := *r.URL
				address.RawQuery = query.Encode()
				r = r.WithContext(r.Context())
				r.URL = &address
			}
		}
		next.ServeHTTP(w, r)
	})
}

func plain(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}

func (s *Site) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			var most int64 = maxBody
			switch {
			case takesFile(r):
				most = maxFileBody
			case r.URL.Path == importsPath:
				most = maxSheetBody
			}
			r = keepBeginning(r)
			r.Body = http.MaxBytesReader(w, r.Body, most)
		}
		next.ServeHTTP(w, r)
	})
}

// visit finds out who asks: an API token, else the session cookie, else a visitor. A session that has ended is
// forgotten and the page is shown as to a visitor; a wrong token is an error, a script must learn of it.
func (s *Site) visit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visitor{}
		var err error
		if usesToken(r) {
			var a account.Account
			if a, err = s.Auth.AuthenticateToken(r.Context(), request.Bearer(r)); err == nil {
				v.account = &a
			}
		} else if c, cookieErr := r.Cookie(s.cookieName()); cookieErr == nil && c.Value != "" {
			var a account.Account
			var session auth.Session
			a, session, err = s.Auth.Authenticate(r.Context(), c.Value)
			switch {
			case err == nil:
				v.account, v.session, v.secret = &a, session, c.Value
			case fault.Is(err, fault.Unauthorized), fault.Is(err, fault.NotFound):
				s.clearSession(w)
				err = nil
			}
		}
		language := chosenLanguage(r)
		if v.account != nil {
			language = v.account.Language
		}
		v.localizer = s.I18n.For(language, r.Header.Get("Accept-Language"))
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		if err != nil {
			s.fail(w, r, fmt.Errorf("who asks: %w", err))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Limits per minute. They stop scripts that run wild, not people.
const (
	loginsPerMinute = 120
	writesPerMinute = 300
	printsPerMinute = 20 // of what was not printed before
	// What is made for each who asks: whole comparisons, files of a practice, histories. A visitor behind the proxy of an
	// administration shares the number with all of it.
	madePerMinute = 240
)

// guards are what middleware remembers between requests. The router wraps handlers anew for each request, so these
// are made once.
type guards struct {
	origin                       *http.CrossOriginProtection
	logins, writes, prints, made *httprate.RateLimiter
}

func (s *Site) newGuards() (guards, error) {
	g := guards{origin: http.NewCrossOriginProtection()}
	// Behind a proxy that changes the Host header our own pages must still be ours.
	if err := g.origin.AddTrustedOrigin(s.Config.BaseURL); err != nil {
		return g, err
	}
	g.origin.SetDenyHandler(s.handle(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Forbidden, "web.error.cross_origin")
	}))
	refuse := httprate.WithLimitHandler(s.handle(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Limited, "web.error.limited.text")
	}).ServeHTTP)
	g.logins = httprate.NewRateLimiter(loginsPerMinute, time.Minute, refuse, httprate.WithKeyFuncs(func(r *http.Request) (string, error) {
		return s.proxies.ClientIP(r), nil
	}))
	g.writes = httprate.NewRateLimiter(writesPerMinute, time.Minute, refuse, httprate.WithKeyFuncs(func(r *http.Request) (string, error) {
		return s.client(r), nil
	}))
	g.prints = httprate.NewRateLimiter(printsPerMinute, time.Minute, refuse)
	g.made = httprate.NewRateLimiter(madePerMinute, time.Minute, refuse)
	return g, nil
}

// client is who is counted: the account, else the address.
func (s *Site) client(r *http.Request) string {
	if a := currentAccount(r); a != nil {
		return fmt.Sprint("account ", a.ID)
	}
	return s.proxies.ClientIP(r)
}

// limitMade bounds how often one reader has made what takes long.
func (s *Site) limitMade(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if s.guards.made.RespondOnLimit(w, r, s.client(r)) {
			return nil
		}
		return h(w, r)
	}
}

// sameOrigin refuses forms that another site sent in a reader's name.
func (s *Site) sameOrigin(next http.Handler) http.Handler { return s.guards.origin.Handler(next) }

// limitWrites bounds logins per address, and everything else that is sent per account, else per address.
func (s *Site) limitWrites(next http.Handler) http.Handler {
	logins, writes := s.guards.logins.Handler(next), s.guards.writes.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.Path
		secret := strings.HasPrefix(p, "/webauthn/") || strings.HasPrefix(p, "/anmeldelink/") || strings.HasPrefix(p, "/einladung/")
		switch {
		case secret:
			logins.ServeHTTP(w, r)
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			next.ServeHTTP(w, r)
		default:
			writes.ServeHTTP(w, r)
		}
	})
}

func usesToken(r *http.Request) bool { return request.Bearer(r) != "" }

// wantsJSON reports whether one of our scripts asks; browsers that load pages name text/html first.
func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}

// wantsActivity reports whether another server asks for the object instead of the page.
func wantsActivity(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/activity+json") || strings.Contains(accept, "application/ld+json")
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
