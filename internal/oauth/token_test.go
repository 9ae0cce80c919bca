package oauth

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

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
