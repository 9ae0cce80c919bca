package auth

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
)

const (
	testDomain  = "sh.localhost:8402"
	testBaseURL = "http://" + testDomain
)

// fixture is a service with a clock that a test can turn on.
type fixture struct {
	*Service
	db       *sqlx.DB
	accounts *account.Service
	logged   *bytes.Buffer
	mu       sync.Mutex
	ahead    time.Duration
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	conn := dbtest.New(t)
	accounts := accounttest.New(t, conn, organization.New(conn), job.New(conn, slog.New(slog.DiscardHandler)), testBaseURL, testDomain)
	s, err := New(conn, accounts, testBaseURL, "Schleswig-Holstein")
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Service: s, db: conn, accounts: accounts, logged: &bytes.Buffer{}}
	s.log = slog.New(slog.NewTextHandler(f.logged, nil))
	s.now = func() time.Time {
		f.mu.Lock()
		defer f.mu.Unlock()
		return time.Now().Add(f.ahead)
	}
	return f
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ahead += d
}

func (f *fixture) person(t *testing.T, username string, role account.Role) account.Account {
	t.Helper()
	a, err := f.accounts.CreateLocal(t.Context(), username, "", role)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (f *fixture) suspend(t *testing.T, a account.Account) {
	t.Helper()
	if err := f.accounts.SetState(t.Context(), account.Operator(), a.ID, "suspended"); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) invite(t *testing.T, role account.Role) string {
	t.Helper()
	secret, err := f.Invite(t.Context(), account.Operator(), role, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// register brings a person in by an invitation and returns what they now have.
func (f *fixture) register(t *testing.T, username string, role account.Role) (account.Account, *authenticator, string) {
	t.Helper()
	key := newAuthenticator(t)
	options, ceremony, err := f.BeginRegistration(t.Context(), f.invite(t, role), username, "")
	if err != nil {
		t.Fatal(err)
	}
	a, session, err := f.FinishRegistration(t.Context(), ceremony, "", key.create(t, options))
	if err != nil {
		t.Fatal(err)
	}
	return a, key, session
}

// login answers a new login ceremony with the authenticator.
func (f *fixture) login(t *testing.T, key *authenticator) (account.Account, string, error) {
	t.Helper()
	options, ceremony, err := f.BeginLogin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f.FinishLogin(t.Context(), ceremony, key.get(t, options))
}

func (f *fixture) addPasskeyOf(t *testing.T, a account.Account, key *authenticator, name string) error {
	t.Helper()
	options, ceremony, err := f.BeginAddPasskey(t.Context(), a)
	if err != nil {
		return err
	}
	return f.FinishAddPasskey(t.Context(), a, ceremony, name, key.create(t, options))
}

func (f *fixture) count(t *testing.T, table string) (n int) {
	t.Helper()
	if err := f.db.GetContext(t.Context(), &n, "SELECT count(*) FROM "+table); err != nil {
		t.Fatal(err)
	}
	return n
}

func wantKind(t *testing.T, what string, err error, want fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); got != want {
		t.Errorf("%s: %v, want %q", what, err, want)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for baseURL, ok := range map[string]bool{
		"https://green-it.example": true, "http://sh.localhost:8402": true, "http://localhost:8080": true,
		"http://127.0.0.1:8080": false, "http://[::1]": false, "": false,
	} {
		s, err := New(nil, nil, baseURL, "")
		if (err == nil) != ok {
			t.Errorf("New for %q: %v", baseURL, err)
		}
		if err == nil && strings.Contains(s.webauthn.Config.RPID, ":") {
			t.Errorf("relying party of %q is %q", baseURL, s.webauthn.Config.RPID)
		}
	}
}

// TestRoles says for each method who may call it.
func TestRoles(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	other := f.person(t, "other", account.RoleGuest)
	actors := map[string]account.Account{
		"nobody": {}, "operator": account.Operator(),
		"guest": f.person(t, "guest", account.RoleGuest), "member": f.person(t, "member", account.RoleMember),
		"editor": f.person(t, "editor", account.RoleEditor), "moderator": f.person(t, "moderator", account.RoleModerator),
		"admin": f.person(t, "admin", account.RoleAdmin),
	}
	suspended := f.person(t, "suspended", account.RoleAdmin)
	f.suspend(t, suspended)
	var err error
	if actors["suspended"], err = f.accounts.ByID(ctx, suspended.ID); err != nil {
		t.Fatal(err)
	}
	host := "kg.example"
	actors["remote"] = account.Account{ID: other.ID, Username: "x", Domain: &host, State: account.Active}

	people := "guest member editor moderator admin"
	for _, test := range []struct {
		method string
		call   func(actor account.Account) error
		may    string
	}{
		{"Invite", func(a account.Account) error { _, err := f.Invite(ctx, a, account.RoleAdmin, "", 0); return err }, "operator admin"},
		{"Invitations", func(a account.Account) error { _, err := f.Invitations(ctx, a); return err }, "operator admin"},
		{"RevokeInvitation", func(a account.Account) error {
			return ignore(fault.NotFound, f.RevokeInvitation(ctx, a, 1))
		}, "operator admin"},
		{"LoginLink", func(a account.Account) error { _, err := f.LoginLink(ctx, a, other.ID, 0); return err }, "operator admin"},
		{"Token of oneself", func(a account.Account) error {
			if a.IsOperator() {
				return errForbidden() // has no account
			}
			_, err := f.Token(ctx, a, a.ID, "t", "")
			return err
		}, people},
		{"Token of another", func(a account.Account) error { _, err := f.Token(ctx, a, other.ID, "t", ""); return err }, "operator"},
		{"BeginAddPasskey", func(a account.Account) error { _, _, err := f.BeginAddPasskey(ctx, a); return err }, people},
		{"FinishAddPasskey", func(a account.Account) error {
			return ignore(fault.Conflict, f.FinishAddPasskey(ctx, a, "unknown", "", requestOf("")))
		}, people},
		{"RenamePasskey", func(a account.Account) error {
			return ignore(fault.NotFound, f.RenamePasskey(ctx, a, 1, "x"))
		}, people},
		{"RevokePasskey", func(a account.Account) error { return ignore(fault.NotFound, f.RevokePasskey(ctx, a, 1)) }, people},
	} {
		for name, actor := range actors {
			err := test.call(actor)
			if may := strings.Contains(" "+test.may+" ", " "+name+" "); may && err != nil {
				t.Errorf("%s by %s: %v", test.method, name, err)
			} else if !may && !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s by %s: %v, want forbidden", test.method, name, err)
			}
		}
	}
}

// ignore lets a call through that got past its role check to the kind of error it must end with.
func ignore(kind fault.Kind, err error) error {
	if fault.Is(err, kind) {
		return nil
	}
	if err == nil {
		return fmt.Errorf("no error, want %s", kind)
	}
	return err
}

// TestSecretsAreHashed looks for every secret in every column that could hold it.
func TestSecretsAreHashed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	a, _, session := f.register(t, "anna", account.RoleMember)
	link, err := f.LoginLink(ctx, account.Operator(), a.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	token, err := f.Token(ctx, a, a.ID, "script", "")
	if err != nil {
		t.Fatal(err)
	}
	_, ceremony, err := f.BeginLogin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{session, link, token, ceremony, f.invite(t, account.RoleGuest)}
	seen := map[string]bool{}
	for _, secret := range secrets {
		bits, err := b64.DecodeString(strings.TrimPrefix(secret, "vbt_"))
		if err != nil || len(bits) != 32 || seen[secret] {
			t.Errorf("secret %q is not 256 fresh bits: %v", secret, err)
		}
		seen[secret] = true
		for _, table := range []string{"sessions", "login_links", "api_tokens", "ceremonies", "invitations", "audit_log", "passkeys"} {
			var n int
			if err := f.db.GetContext(ctx, &n, `SELECT count(*) FROM `+table+` x
				WHERE x::text LIKE '%' || $1 || '%' OR x::text LIKE '%' || encode($1::text::bytea, 'hex') || '%'
				OR x::text LIKE '%' || $2 || '%'`, secret, fmt.Sprintf("%x", bits)); err != nil || n != 0 {
				t.Errorf("%s keeps a secret: %d rows, %v", table, n, err)
			}
		}
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	a, _, _ := f.register(t, "anna", account.RoleMember)
	if _, err := f.LoginLink(ctx, account.Operator(), a.ID, time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Token(ctx, a, a.ID, "old", ""); err != nil {
		t.Fatal(err)
	}
	tokens, err := f.Tokens(ctx, a)
	if err != nil || len(tokens) != 1 {
		t.Fatal(tokens, err)
	}
	if err := f.RevokeToken(ctx, a, tokens[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.BeginLogin(ctx); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		advance                                time.Duration
		ceremonies, sessions, links, apiTokens int
	}{
		{0, 1, 1, 1, 1},
		{6 * time.Minute, 0, 1, 1, 1},
		{SessionLifetime - 30*time.Minute, 0, 1, 1, 1},
		{30 * time.Minute, 0, 0, 1, 0},
		{time.Hour, 0, 0, 0, 0},
	} {
		f.advance(step.advance)
		if err := f.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		got := [4]int{f.count(t, "ceremonies"), f.count(t, "sessions"), f.count(t, "login_links"), f.count(t, "api_tokens")}
		if want := [4]int{step.ceremonies, step.sessions, step.links, step.apiTokens}; got != want {
			t.Errorf("%s later: %v ceremonies, sessions, links, tokens; want %v", f.ahead, got, want)
		}
	}
	if f.count(t, "invitations") != 1 || f.count(t, "passkeys") != 1 {
		t.Error("invitations and passkeys must stay")
	}
}
