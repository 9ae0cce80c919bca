package oauth

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
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
	accounts := account.New(conn, organization.New(conn), job.New(conn, slog.New(slog.DiscardHandler)), testBase, "sh.localhost:8402")
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

func TestExchange(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, change := range map[string]func(*Request){"plain": nil, "PKCE": withPKCE, "padded": func(r *Request) { withPKCE(r); r.Challenge += "=" }} {
		code := f.allow(change)
		token, secret, err := f.exchange(code, func(r *TokenRequest) {
			if change != nil {
				r.Verifier = verifier
			}
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		g, err := f.auth.Grant(t.Context(), secret)
		f.must(err)
		if g.Account.ID != f.anna.ID || *g.Token.AppID != f.app.ID || g.Token.Name != "Phanpy" || token.Scopes != "read write" || !g.Allows("write:media") || g.Allows("push") {
			t.Errorf("%s: %+v", name, g)
		}
		// What a program was allowed are calls, not the pages.
		_, err = f.auth.AuthenticateToken(t.Context(), secret, "read")
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s opens the pages: %v", name, err)
		}
		var stored int
		f.must(f.db.Get(&stored, `SELECT (SELECT count(*) FROM api_tokens WHERE token_hash = $1) + (SELECT count(*) FROM oauth_codes WHERE code_hash = $2)`, []byte(secret), []byte(code)))
		if stored != 0 {
			t.Error("a secret stands in the database")
		}
	}
	if list, err := f.auth.Tokens(t.Context(), f.anna); err != nil || len(list) != 3 {
		t.Errorf("%d tokens, %v; each login has its own", len(list), err)
	}
}

func TestExchangeRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other, otherSecret := f.register("read write")
	for name, c := range map[string]struct {
		asked  func(*Request)
		change func(*TokenRequest)
		want   Code
		spent  bool // the code is of no more use
	}{
		"wrong secret":          {nil, func(r *TokenRequest) { r.ClientSecret = "x" }, InvalidClient, false},
		"no secret":             {nil, func(r *TokenRequest) { r.ClientSecret = "" }, InvalidClient, false},
		"unknown program":       {nil, func(r *TokenRequest) { r.ClientID = "x" }, InvalidClient, false},
		"another program":       {nil, func(r *TokenRequest) { r.ClientID, r.ClientSecret = other.ClientID, otherSecret }, InvalidGrant, false},
		"unknown code":          {nil, func(r *TokenRequest) { r.Code = "x" }, InvalidGrant, false},
		"other redirect":        {nil, func(r *TokenRequest) { r.RedirectURI = OutOfBand }, InvalidGrant, false},
		"unregistered redirect": {nil, func(r *TokenRequest) { r.RedirectURI = "https://evil.example/" }, InvalidGrant, false},
		"no redirect":           {nil, func(r *TokenRequest) { r.RedirectURI = "" }, InvalidRequest, false},
		"no code":               {nil, func(r *TokenRequest) { r.Code = "" }, InvalidRequest, false},
		"no grant type":         {nil, func(r *TokenRequest) { r.GrantType = "" }, InvalidRequest, false},
		"password":              {nil, func(r *TokenRequest) { r.GrantType = "password" }, UnsupportedGrantType, false},
		"refreshing":            {nil, func(r *TokenRequest) { r.GrantType = "refresh_token" }, UnsupportedGrantType, false},
		"no verifier":           {withPKCE, nil, InvalidGrant, true},
		"wrong verifier":        {withPKCE, func(r *TokenRequest) { r.Verifier = verifier + "x" }, InvalidGrant, true},
		"the challenge itself":  {withPKCE, func(r *TokenRequest) { q := Request{}; withPKCE(&q); r.Verifier = q.Challenge }, InvalidGrant, true},
		"verifier out of place": {nil, func(r *TokenRequest) { r.Verifier = verifier }, InvalidGrant, true},
	} {
		code := f.allow(c.asked)
		token, secret, err := f.exchange(code, c.change)
		wantCode(t, name, err, c.want)
		if token.ID != 0 || secret != "" {
			t.Errorf("%s: token %+v", name, token)
		}
		_, _, err = f.exchange(code, func(r *TokenRequest) {
			if c.asked != nil {
				r.Verifier = verifier
			}
		})
		if (err != nil) != c.spent {
			t.Errorf("%s: afterwards the code gives %v", name, err)
		}
	}
}

func TestCodeExpires(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	early, late := f.allow(nil), f.allow(nil)
	f.ahead = codeLifetime - time.Second
	if _, _, err := f.exchange(early, nil); err != nil {
		t.Error(err)
	}
	f.ahead = codeLifetime + time.Second
	_, _, err := f.exchange(late, nil)
	wantCode(t, "ten minutes later", err, InvalidGrant)
}

// A code works once. Whoever shows it again, the token it brought ends: one of the two has stolen it.
func TestCodeIsUsedOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other, otherSecret := f.register("read write")
	code := f.allow(nil)
	_, secret, err := f.exchange(code, nil)
	f.must(err)
	_, untouched, err := f.exchange(f.allow(nil), nil)
	f.must(err)
	_, _, err = f.exchange(code, func(r *TokenRequest) { r.ClientSecret = "x" })
	wantCode(t, "again by who is not the program", err, InvalidClient)
	_, _, err = f.exchange(code, func(r *TokenRequest) { r.ClientID, r.ClientSecret = other.ClientID, otherSecret })
	wantCode(t, "again by another program", err, InvalidGrant)
	if !f.opens(secret) {
		t.Fatal("strangers can end a token")
	}
	_, _, err = f.exchange(code, nil)
	wantCode(t, "again", err, InvalidGrant)
	if f.opens(secret) {
		t.Error("the token of a stolen code goes on")
	}
	if !f.opens(untouched) {
		t.Error("another token has ended with it")
	}
}

func TestCodeIsUsedOnceAtTheSameTime(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	code := f.allow(nil)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, _, errs[i] = f.exchange(code, nil) })
	}
	wg.Wait()
	if given := len(errs) - len(slices.DeleteFunc(errs, func(err error) bool { return err == nil })); given != 1 {
		t.Errorf("%d tokens for one code", given)
	}
	if list, err := f.auth.Tokens(t.Context(), f.anna); err != nil || len(list) != 0 {
		t.Errorf("%d tokens go on, %v", len(list), err)
	}
}

func TestSuspended(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	code := f.allow(nil)
	_, secret, err := f.exchange(f.allow(nil), nil)
	f.must(err)
	f.must(f.accounts.SetState(t.Context(), account.Operator(), f.anna.ID, "suspended"))
	_, _, err = f.exchange(code, nil)
	wantCode(t, "a code of someone suspended", err, InvalidGrant)
	if f.opens(secret) {
		t.Error("a token of someone suspended opens")
	}
	f.anna, err = f.accounts.ByID(t.Context(), f.anna.ID)
	f.must(err)
	for name, who := range map[string]account.Account{"suspended": f.anna, "nobody": {}, "the command line": account.Operator()} {
		if _, _, err := f.Allow(t.Context(), who, f.request(nil)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s allows: %v", name, err)
		}
	}
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	itself := func(scope string) func(*TokenRequest) {
		return func(r *TokenRequest) {
			r.GrantType, r.Code, r.RedirectURI, r.Scope = "client_credentials", "", OutOfBand, scope
		}
	}
	token, secret, err := f.exchange("", itself(""))
	f.must(err)
	g, err := f.auth.Grant(t.Context(), secret)
	f.must(err)
	if token.Scopes != "read" || g.Account.ID != 0 || *g.Token.AppID != f.app.ID {
		t.Errorf("grant %+v", g)
	}
	if _, err := f.auth.AuthenticateToken(t.Context(), secret, "read"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("nobody stands behind it, but: %v", err)
	}
	_, _, err = f.exchange("", itself("read root"))
	wantCode(t, "unknown scope", err, InvalidScope)
	f.app, f.secret = f.register("read")
	_, _, err = f.exchange("", itself("write"))
	wantCode(t, "more than registered", err, InvalidScope)
	_, _, err = f.exchange("", func(r *TokenRequest) { itself("")(r); r.ClientSecret = "x" })
	wantCode(t, "wrong secret", err, InvalidClient)
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, secret, err := f.exchange(f.allow(nil), nil)
	f.must(err)
	other, otherSecret := f.register("read write")
	own, err := f.auth.Token(t.Context(), f.anna, f.anna.ID, "Skript", "")
	f.must(err)
	wantCode(t, "wrong secret", f.Revoke(t.Context(), f.app.ClientID, "x", secret), InvalidClient)
	wantCode(t, "another's token", f.Revoke(t.Context(), other.ClientID, otherSecret, secret), UnauthorizedClient)
	wantCode(t, "a token made by hand", f.Revoke(t.Context(), f.app.ClientID, f.secret, own), UnauthorizedClient)
	wantCode(t, "no token", f.Revoke(t.Context(), f.app.ClientID, f.secret, ""), InvalidRequest)
	if !f.opens(secret) || !f.opens(own) {
		t.Fatal("ended by who may not")
	}
	for range 2 {
		f.must(f.Revoke(t.Context(), f.app.ClientID, f.secret, secret))
	}
	f.must(f.Revoke(t.Context(), f.app.ClientID, f.secret, "unknown"))
	if f.opens(secret) {
		t.Error("a revoked token opens")
	}
}

func TestAccesses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ben, err := f.accounts.CreateLocal(t.Context(), "ben", "", account.RoleGuest)
	f.must(err)
	_, first, err := f.exchange(f.allow(nil), nil)
	f.must(err)
	_, second, err := f.exchange(f.allow(func(r *Request) { r.Scope = "push read" }), nil)
	f.must(err)
	if _, err := f.auth.Token(t.Context(), f.anna, f.anna.ID, "Skript", ""); err != nil {
		t.Fatal(err)
	}
	list, err := f.Accesses(t.Context(), f.anna)
	f.must(err)
	if len(list) != 1 || list[0].App.Name != "Phanpy" || list[0].UsedAt != nil {
		t.Fatalf("accesses %+v", list)
	}
	if got := slices.Sorted(slices.Values(list[0].Scopes)); !cmp.Equal(got, []string{"push", "read", "write"}) {
		t.Errorf("scopes %q", got)
	}
	f.opens(first)
	if list, err = f.Accesses(t.Context(), f.anna); err != nil || len(list) != 1 || list[0].UsedAt == nil {
		t.Errorf("after a call %+v, %v", list, err)
	}
	if list, err := f.Accesses(t.Context(), ben); err != nil || len(list) != 0 {
		t.Errorf("ben's accesses %+v, %v", list, err)
	}
	pending := f.allow(nil)
	if err := f.Withdraw(t.Context(), ben, f.app.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("ben withdraws: %v", err)
	}
	f.must(f.Withdraw(t.Context(), f.anna, f.app.ID))
	if f.opens(first) || f.opens(second) {
		t.Error("a token opens after the withdrawal")
	}
	_, _, err = f.exchange(pending, nil)
	wantCode(t, "a code from before the withdrawal", err, InvalidGrant)
	if err := f.Withdraw(t.Context(), f.anna, f.app.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("again: %v", err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	unused := f.app
	f.app, f.secret = f.register("read write")
	used := f.allow(nil)
	_, secret, err := f.exchange(used, nil)
	f.must(err)
	counts := func() (n [2]int) {
		f.must(f.db.Get(&n[0], `SELECT count(*) FROM oauth_apps`))
		f.must(f.db.Get(&n[1], `SELECT count(*) FROM oauth_codes`))
		return n
	}
	for _, step := range []struct {
		ahead time.Duration
		want  [2]int
	}{{0, [2]int{2, 1}}, {codeLifetime + keepCodes - time.Minute, [2]int{2, 1}}, {codeLifetime + keepCodes + time.Minute, [2]int{2, 0}}, {keepApps + time.Minute, [2]int{1, 0}}} {
		f.ahead = step.ahead
		f.must(f.Sweep(t.Context()))
		if got := counts(); got != step.want {
			t.Errorf("%s later: %v apps and codes, want %v", step.ahead, got, step.want)
		}
	}
	if _, err := f.AppByID(t.Context(), unused.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("the unused app: %v", err)
	}
	// An app that is deleted takes its tokens along.
	if _, err := f.db.ExecContext(t.Context(), `DELETE FROM oauth_apps`); err != nil {
		t.Fatal(err)
	}
	if f.opens(secret) {
		t.Error("a token without its app opens")
	}
}
