package oauth

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
)

const (
	testBase = "http://sh.localhost:8402"
	callback = "https://phanpy.example/"
	verifier = "a-verifier-of-at-least-forty-three-characters-0123"
)

// fixture is a service with a clock that a test can turn on, a person, and a program with all rights.
type fixture struct {
	*Service
	t      *testing.T
	db     *sqlx.DB
	anna   account.Account
	app    App
	secret string
	ahead  time.Duration
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	conn := dbtest.New(t)
	accounts := accounttest.New(t, conn, organization.New(conn), job.New(conn, slog.New(slog.DiscardHandler)), testBase, "sh.localhost:8402")
	tokens, err := auth.New(conn, accounts, testBase, "Test")
	f := &fixture{Service: New(conn, accounts, tokens, testBase), t: t, db: conn}
	f.must(err)
	f.now = func() time.Time { return time.Now().Add(f.ahead) }
	f.anna, err = accounts.CreateLocal(t.Context(), "anna", "Anna", account.RoleMember)
	f.must(err)
	f.app, f.secret = f.register("read write follow push")
	return f
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) register(scopes string) (App, string) {
	f.t.Helper()
	a, secret, err := f.Register(f.t.Context(), Registration{Name: "Phanpy", Website: "https://phanpy.example", RedirectURIs: []string{callback + " " + OutOfBand}, Scopes: scopes})
	f.must(err)
	return a, secret
}

// request is what the program asks; change says what is special about it.
func (f *fixture) request(change func(*Request)) Request {
	r := Request{ClientID: f.app.ClientID, RedirectURI: callback, ResponseType: "code", Scope: "read write", State: "s t&a"}
	if change != nil {
		change(&r)
	}
	return r
}

func (f *fixture) allow(change func(*Request)) string {
	f.t.Helper()
	_, secret, err := f.Allow(f.t.Context(), f.anna, f.request(change))
	f.must(err)
	return secret
}

func withPKCE(r *Request) {
	sum := sha256.Sum256([]byte(verifier))
	r.Challenge, r.ChallengeMethod = base64.RawURLEncoding.EncodeToString(sum[:]), "S256"
}

// exchange shows a code as the program does; change spoils it.
func (f *fixture) exchange(secret string, change func(*TokenRequest)) (auth.Token, string, error) {
	r := TokenRequest{GrantType: "authorization_code", ClientID: f.app.ClientID, ClientSecret: f.secret, Code: secret, RedirectURI: callback}
	if change != nil {
		change(&r)
	}
	return f.Exchange(f.t.Context(), r)
}

// wantCode fails unless err is that refusal, as programs and as people are told it.
func wantCode(t *testing.T, what string, err error, want Code) {
	t.Helper()
	var got Code
	if !errors.As(err, &got) || got != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
	if k := fault.KindOf(err); k != refusals[want].Kind {
		t.Errorf("%s: kind %q, want %q", what, k, refusals[want].Kind)
	}
}

func (f *fixture) opens(secret string) bool {
	f.t.Helper()
	_, err := f.auth.Grant(f.t.Context(), secret)
	if err != nil && !fault.Is(err, fault.Unauthorized) {
		f.t.Fatal(err)
	}
	return err == nil
}

func TestRegister(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	odd := "  Tusky\u202e \x00\tfür <b>alle</b>  "
	a, secret, err := f.Register(t.Context(), Registration{
		Name: odd, RedirectURIs: []string{"icecubesapp://\nhttp://localhost:8080/?a=1&b", "urn:ietf:wg:oauth:2.0:oob", "icecubesapp://"}, Scopes: "read:statuses+follow read:statuses",
	})
	f.must(err)
	stored, err := f.AppByID(t.Context(), a.ID)
	f.must(err)
	if diff := cmp.Diff(a, stored, cmp.Comparer(func(a, b time.Time) bool { return a.Sub(b).Abs() < time.Millisecond })); diff != "" {
		t.Errorf("stored (-said +kept):\n%s", diff)
	}
	got := []any{a.Name, strings.Join(a.RedirectURIs, " "), a.Scopes, a.Website}
	if diff := cmp.Diff([]any{"Tusky für <b>alle</b>", "icecubesapp:// http://localhost:8080/?a=1&b urn:ietf:wg:oauth:2.0:oob", "read:statuses follow", ""}, got); diff != "" {
		t.Errorf("registered (-want +got):\n%s", diff)
	}
	if _, err := f.Authenticate(t.Context(), a.ClientID, secret); err != nil {
		t.Error(err)
	}
	var known int
	f.must(f.db.Get(&known, `SELECT count(*) FROM oauth_apps WHERE secret_hash = $1 OR client_id = $1::text`, []byte(secret)))
	if known != 0 || secret == a.ClientID {
		t.Error("the secret stands in the database")
	}
	for name, pair := range map[string][2]string{
		"wrong secret": {a.ClientID, secret + "x"}, "no secret": {a.ClientID, ""}, "another's secret": {a.ClientID, f.secret}, "unknown": {"x", secret},
		"nothing": {"", ""}, "no text": {"a\x00\xff", secret},
	} {
		_, err := f.Authenticate(t.Context(), pair[0], pair[1])
		wantCode(t, name, err, InvalidClient)
	}
	if plain, _, err := f.Register(t.Context(), Registration{Name: "x", RedirectURIs: []string{OutOfBand}}); err != nil || plain.Scopes != "read" {
		t.Errorf("without scopes: %q, %v", plain.Scopes, err)
	}
}

func TestRegisterRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	field := func(r Registration) string {
		t.Helper()
		_, _, err := f.Register(t.Context(), r)
		var e *fault.Error
		if !errors.As(err, &e) || len(e.Fields) != 1 {
			t.Errorf("%+v: %v", r, err)
			return ""
		}
		return e.Fields[0].Name
	}
	for _, name := range []string{"", " \u202e ", strings.Repeat("x", 101)} {
		if got := field(Registration{Name: name, RedirectURIs: []string{OutOfBand}}); got != "client_name" {
			t.Errorf("name %q: %q", name, got)
		}
	}
	for _, address := range []string{
		"", "/relative", "phanpy.example/", "https://", "https:///path", "javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:x", "data:text/html,x", "vbscript:x", "blob:https://x/y",
		"file:///etc/passwd", "https://a.example/#x", "https://user:pass@a.example/", "https://a b.example/", "://x", "https://a.example/" + strings.Repeat("x", 2000),
		"https://a.example/ javascript:x", "\x00https://a.example/",
	} {
		if got := field(Registration{Name: "x", RedirectURIs: []string{address}}); got != "redirect_uris" {
			t.Errorf("redirect %q: %q", address, got)
		}
	}
	var many []string
	for i := range maxRedirects + 1 {
		many = append(many, callback+strings.Repeat("x", i))
	}
	if got := field(Registration{Name: "x", RedirectURIs: many}); got != "redirect_uris" {
		t.Errorf("too many: %q", got)
	}
	for _, website := range []string{"phanpy.example", "javascript:alert(1)", "ftp://a.example/", "https://a.example\u0000", "https://user@bank.example"} {
		if got := field(Registration{Name: "x", RedirectURIs: []string{OutOfBand}, Website: website}); got != "website" {
			t.Errorf("website %q: %q", website, got)
		}
	}
	for _, scopes := range []string{"read admin", "admin:read", "read,write", "write:everything"} {
		if got := field(Registration{Name: "x", RedirectURIs: []string{OutOfBand}, Scopes: scopes}); got != "scopes" {
			t.Errorf("scopes %q: %q", scopes, got)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.app, f.secret = f.register("read write:statuses")
	for name, c := range map[string]struct {
		change func(*Request)
		want   Code
		told   bool // whether the program may be told
	}{
		"unknown program":         {func(r *Request) { r.ClientID = "x" }, InvalidClient, false},
		"other redirect":          {func(r *Request) { r.RedirectURI = callback + "evil" }, InvalidRedirect, false},
		"prefix of the redirect":  {func(r *Request) { r.RedirectURI = strings.TrimSuffix(callback, "/") }, InvalidRedirect, false},
		"redirect in other case":  {func(r *Request) { r.RedirectURI = strings.ToUpper(callback) }, InvalidRedirect, false},
		"no redirect":             {func(r *Request) { r.RedirectURI = "" }, InvalidRedirect, false},
		"javascript":              {func(r *Request) { r.RedirectURI = "javascript:alert(1)" }, InvalidRedirect, false},
		"implicit":                {func(r *Request) { r.ResponseType = "token" }, UnsupportedResponseType, true},
		"no response type":        {func(r *Request) { r.ResponseType = "" }, UnsupportedResponseType, true},
		"plain challenge":         {func(r *Request) { withPKCE(r); r.ChallengeMethod = "plain" }, InvalidRequest, true},
		"challenge of no method":  {func(r *Request) { withPKCE(r); r.ChallengeMethod = "" }, InvalidRequest, true},
		"short challenge":         {func(r *Request) { r.Challenge, r.ChallengeMethod = "x", "S256" }, InvalidRequest, true},
		"method of no challenge":  {func(r *Request) { r.ChallengeMethod = "S256" }, InvalidRequest, true},
		"unknown scope":           {func(r *Request) { r.Scope = "read root" }, InvalidScope, true},
		"more than registered":    {func(r *Request) { r.Scope = "read write" }, InvalidScope, true},
		"other than registered":   {func(r *Request) { r.Scope = "write:media" }, InvalidScope, true},
		"a state without an end":  {func(r *Request) { r.State = strings.Repeat("x", maxState+1) }, InvalidRequest, true},
		"the old name of follows": {func(r *Request) { r.Scope = "follow" }, InvalidScope, true},
	} {
		asked, err := f.Check(t.Context(), f.request(func(r *Request) { r.Scope = "read"; c.change(r) }))
		wantCode(t, name, err, c.want)
		if told := asked.App.ID != 0 && asked.RedirectURI == callback; told != c.told || (!told && asked.App.ID != 0) {
			t.Errorf("%s: told %+v", name, asked)
		}
	}
	for wanted, want := range map[string]string{"": "read", "read": "read", "read:accounts": "read:accounts", "write:statuses+read:lists": "write:statuses read:lists", "profile": "profile"} {
		asked, err := f.Check(t.Context(), f.request(func(r *Request) { r.Scope = wanted }))
		if got := strings.Join(asked.Scopes, " "); err != nil || got != want {
			t.Errorf("scope %q: %q, %v", wanted, got, err)
		}
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://a.example/":         "https://a.example/?code=c+d&state=s%26t",
		"https://a.example/?x=%2f&y": "https://a.example/?x=%2f&y&code=c+d&state=s%26t",
		"icecubesapp://":             "icecubesapp://?code=c+d&state=s%26t",
	} {
		if got := (Asked{Request: Request{RedirectURI: address, State: "s&t"}}).Granted("c d"); got != want {
			t.Errorf("granted %q", got)
		}
	}
	u, err := url.Parse((Asked{Request: Request{RedirectURI: callback}}).Refused(refuse(InvalidScope)))
	if err != nil || u.Query().Get("error") != "invalid_scope" || u.Query().Has("state") {
		t.Errorf("refused %v, %v", u, err)
	}
}
