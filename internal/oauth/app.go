package oauth

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// OutOfBand is the redirect URI of programs that cannot be called back: the person copies the code.
const OutOfBand = "urn:ietf:wg:oauth:2.0:oob"

const (
	maxName      = 100
	maxAddress   = 2000 // bytes of a website or redirect URI
	maxRedirects = 20
	defaultScope = "read"
)

// App is a registered program. Anyone can register one and call it as they like; it may do nothing until a person allows
// it, and it goes when nobody uses it.
type App struct {
	ID           int64          `db:"id"`
	ClientID     string         `db:"client_id"`
	Name         string         `db:"name"`
	Website      string         `db:"website"`
	RedirectURIs pq.StringArray `db:"redirect_uris"` // as registered, byte by byte
	Scopes       string         `db:"scopes"`        // the most it can be allowed, separated by blanks
	CreatedAt    time.Time      `db:"created_at"`
}

// Registration is what a program says of itself. A redirect URI that contains white space is several.
type Registration struct {
	Name         string
	Website      string
	RedirectURIs []string
	Scopes       string
}

// Register stores a program and returns its secret, once.
func (s *Service) Register(ctx context.Context, r Registration) (App, string, error) {
	a, err := s.newApp(r)
	if err != nil {
		return App{}, "", err
	}
	secret := newSecret()
	if err := insertApp(ctx, s.db, a, hashOf(secret)); err != nil {
		return App{}, "", fmt.Errorf("oauth.Register %q: %w", a.Name, err)
	}
	return a, secret, nil
}

func (s *Service) newApp(r Registration) (App, error) {
	now := s.now()
	a := App{ID: db.NewID(now), ClientID: newSecret(), Name: plainName(r.Name), Website: strings.TrimSpace(r.Website), CreatedAt: now}
	var mistakes []fault.Field
	wrong := func(field, message string) {
		mistakes = append(mistakes, fault.Field{Name: field, Message: message, Args: map[string]any{"Max": maxName, "Scopes": strings.Join(auth.Scopes, " ")}})
	}
	if a.Name == "" || utf8.RuneCountInString(a.Name) > maxName {
		wrong("client_name", "error.oauth.client_name")
	}
	for _, list := range r.RedirectURIs {
		for _, address := range strings.Fields(list) {
			if !slices.Contains(a.RedirectURIs, address) {
				a.RedirectURIs = append(a.RedirectURIs, address)
			}
		}
	}
	if n := len(a.RedirectURIs); n == 0 || n > maxRedirects || slices.ContainsFunc(a.RedirectURIs, func(address string) bool { return !mayReturnTo(address) }) {
		wrong("redirect_uris", "error.oauth.redirect_uris")
	}
	if a.Website != "" && !isPage(a.Website) {
		wrong("website", "error.oauth.website")
	}
	scopes, ok := auth.ParseScopes(r.Scopes)
	if !ok {
		wrong("scopes", "error.oauth.scopes")
	}
	if a.Scopes = strings.Join(scopes, " "); a.Scopes == "" {
		a.Scopes = defaultScope
	}
	return a, fault.Fields(mistakes...)
}

// plainName drops what is not seen but changes what is read: control characters, and those that turn the direction of a line.
func plainName(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, name))
}

// notPrograms are schemes that a browser runs or shows itself: who redirects there lets strangers write our pages.
var notPrograms = []string{"javascript", "data", "vbscript", "blob", "file", "filesystem", "about", "view-source", "chrome", "ws", "wss"}

// mayReturnTo reports whether a browser may be sent to an address with a code: an absolute one without a fragment (RFC 6749,
// 3.1.2), on the web or of a program that opens its own scheme.
func mayReturnTo(address string) bool {
	if address == OutOfBand {
		return true
	}
	u, err := url.Parse(address)
	if err != nil || len(address) > maxAddress || u.Scheme == "" || strings.Contains(address, "#") || slices.Contains(notPrograms, u.Scheme) || u.User != nil {
		return false
	}
	return (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() != ""
}

func isPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(address) <= maxAddress && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// AppByID returns an app; fault.NotFound where there is none.
func (s *Service) AppByID(ctx context.Context, id int64) (App, error) {
	apps, err := s.AppsByIDs(ctx, []int64{id})
	if err != nil {
		return App{}, err
	}
	a, ok := apps[id]
	if !ok {
		return App{}, fault.New(fault.NotFound, "error.oauth.app_not_found")
	}
	return a, nil
}

// AppsByIDs returns apps by id; those that are gone are left out.
func (s *Service) AppsByIDs(ctx context.Context, ids []int64) (map[int64]App, error) {
	apps := make(map[int64]App, len(ids))
	if len(ids) == 0 {
		return apps, nil
	}
	list, err := appsByIDs(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("oauth.AppsByIDs: %w", err)
	}
	for _, a := range list {
		apps[a.ID] = a
	}
	return apps, nil
}

// client is an app as go-oauth2 knows it, with what proves it.
type client struct {
	App
	SecretHash []byte `db:"secret_hash"`
}

// client finds an app by what it calls itself.
func (s *Service) client(ctx context.Context, x sqlx.ExtContext, clientID string) (client, error) {
	if !utf8.ValidString(clientID) || strings.ContainsRune(clientID, 0) {
		return client{}, refuse(InvalidClient) // PostgreSQL takes no such text
	}
	c, err := clientByID(ctx, x, clientID)
	if db.IsNotFound(err) {
		return client{}, refuse(InvalidClient)
	}
	if err != nil {
		return client{}, fmt.Errorf("oauth: app %q: %w", clientID, err)
	}
	return c, nil
}

func (c client) GetID() string     { return c.ClientID }
func (c client) GetSecret() string { return "" } // only its hash is known, see VerifyPassword
func (c client) GetDomain() string { return strings.Join(c.RedirectURIs, "\n") }
func (c client) IsPublic() bool    { return false }
func (c client) GetUserID() string { return "" }

// VerifyPassword implements oauth2.ClientPasswordVerifier.
func (c client) VerifyPassword(secret string) bool {
	return subtle.ConstantTimeCompare(hashOf(secret), c.SecretHash) == 1
}
