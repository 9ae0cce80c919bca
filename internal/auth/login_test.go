package auth

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

func TestLoginRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	anna, key, _ := f.register(t, "anna", account.RoleMember)
	ben, _, _ := f.register(t, "ben", account.RoleMember)
	before := f.count(t, "sessions")

	for name, spoil := range spoiled {
		bad := *key
		spoil(&bad)
		_, _, err := f.login(t, &bad)
		wantKind(t, name, err, fault.Unauthorized)
	}
	for name, spoil := range map[string]func(*authenticator){
		"as someone else":     func(k *authenticator) { k.userHandle = handleOf(ben.ID) },
		"as nobody":           func(k *authenticator) { k.userHandle = handleOf(1) },
		"without handle":      func(k *authenticator) { k.userHandle = []byte{} },
		"with a long handle":  func(k *authenticator) { k.userHandle = make([]byte, 64) },
		"with an unknown key": func(k *authenticator) { *k = *newAuthenticator(t); k.registeredAs = handleOf(anna.ID) },
		"with another's signature": func(k *authenticator) {
			k.key = newAuthenticator(t).key
		},
	} {
		bad := *key
		spoil(&bad)
		_, _, err := f.login(t, &bad)
		wantKind(t, name, err, fault.Unauthorized)
	}
	f.suspend(t, anna)
	_, _, err := f.login(t, key)
	wantKind(t, "while suspended", err, fault.Unauthorized)
	if got := f.count(t, "sessions"); got != before-1 { // the suspension ended Anna's
		t.Errorf("%d sessions, want %d: a refused login opened one", got, before-1)
	}
}

func TestClonedPasskeyIsLogged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, key, _ := f.register(t, "anna", account.RoleMember)
	clone := *key
	for range 3 {
		if _, _, err := f.login(t, key); err != nil {
			t.Fatal(err)
		}
	}
	if f.logged.Len() != 0 {
		t.Fatalf("logged without a reason: %s", f.logged)
	}
	if _, _, err := f.login(t, &clone); err != nil {
		t.Fatalf("a counter that went back: %v", err)
	}
	if line := f.logged.String(); !strings.Contains(line, "cloned") || !strings.Contains(line, "account.handle=anna") {
		t.Errorf("log %q, want a warning", line)
	}
}

func TestPasskeys(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	anna, first, _ := f.register(t, "anna", account.RoleMember)
	ben, _, _ := f.register(t, "ben", account.RoleMember)
	keys, err := f.Passkeys(ctx, anna)
	if err != nil || len(keys) != 1 || keys[0].Name != "Passkey" {
		t.Fatalf("passkeys %+v, %v", keys, err)
	}
	wantKind(t, "revoking the last one", f.RevokePasskey(ctx, anna, keys[0].ID), fault.Conflict)

	options, _, err := f.BeginAddPasskey(ctx, anna)
	if err != nil {
		t.Fatal(err)
	}
	if x := parseOptions(t, options).PublicKey.ExcludeCredentials; len(x) != 1 || x[0].ID != b64.EncodeToString(first.id) {
		t.Errorf("excluded %+v, want the one she has", x)
	}
	secondKey := newAuthenticator(t)
	if err := f.addPasskeyOf(t, anna, secondKey, "Telefon"); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "the same passkey again", f.addPasskeyOf(t, ben, secondKey, ""), fault.Conflict)
	secondKey.registeredAs = handleOf(anna.ID)
	if who, _, err := f.login(t, secondKey); err != nil || who.ID != anna.ID {
		t.Errorf("login with the second one: %v, %v", who, err)
	}
	// A ceremony that Anna began is nothing to Ben.
	options, ceremony, err := f.BeginAddPasskey(ctx, anna)
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, "in another's ceremony", f.FinishAddPasskey(ctx, ben, ceremony, "", newAuthenticator(t).create(t, options)), fault.Conflict)
	options, ceremony, err = f.BeginAddPasskey(ctx, anna)
	if err != nil {
		t.Fatal(err)
	}
	wrong := newAuthenticator(t)
	wrong.origin = "http://evil.localhost"
	wantKind(t, "from another origin", f.FinishAddPasskey(ctx, anna, ceremony, "", wrong.create(t, options)), fault.Invalid)

	for name, err := range map[string]error{
		"no name": f.RenamePasskey(ctx, anna, keys[0].ID, " "), "long name": f.RenamePasskey(ctx, anna, keys[0].ID, strings.Repeat("x", 101)),
		"line break": f.RenamePasskey(ctx, anna, keys[0].ID, "a\nb"),
	} {
		wantKind(t, name, err, fault.Invalid)
	}
	wantKind(t, "renaming another's", f.RenamePasskey(ctx, ben, keys[0].ID, "meiner"), fault.NotFound)
	wantKind(t, "revoking another's", f.RevokePasskey(ctx, ben, keys[0].ID), fault.NotFound)
	if err := f.RenamePasskey(ctx, anna, keys[0].ID, "Laptop"); err != nil {
		t.Fatal(err)
	}
	if keys, err = f.Passkeys(ctx, anna); err != nil || len(keys) != 2 || keys[0].Name != "Laptop" || keys[1].Name != "Telefon" {
		t.Fatalf("passkeys %+v, %v", keys, err)
	}
	if others, err := f.Passkeys(ctx, ben); err != nil || len(others) != 1 {
		t.Errorf("Ben's passkeys %+v, %v", others, err)
	}

	// Two at once, of the last two: the second waits for the first and then finds that its own is the last.
	tx, err := f.db.BeginTxx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it is a no-op
	if _, err := deletePasskey(ctx, tx, anna.ID, keys[0].ID); err != nil {
		t.Fatal(err)
	}
	slower := make(chan error, 1)
	go func() { slower <- f.RevokePasskey(ctx, anna, keys[1].ID) }()
	select {
	case err := <-slower:
		t.Fatalf("did not wait for the other: %v", err)
	case <-time.After(100 * time.Millisecond):
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		wantKind(t, "revoking the last one at the same time", <-slower, fault.Conflict)
	}
	if keys, err = f.Passkeys(ctx, anna); err != nil || len(keys) != 1 {
		t.Fatalf("passkeys left %+v, %v", keys, err)
	}
	_, _, err = f.login(t, first)
	wantKind(t, "login with a revoked passkey", err, fault.Unauthorized)
}

func TestLoginLinks(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	admin := f.person(t, "admin", account.RoleAdmin)
	anna := f.person(t, "anna", account.RoleMember)
	link := func(valid time.Duration) string {
		t.Helper()
		secret, err := f.LoginLink(ctx, admin, anna.ID, valid)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}

	secret := link(0)
	for range 2 { // looking does not use it up
		if a, err := f.CheckLoginLink(ctx, secret); err != nil || a.ID != anna.ID {
			t.Fatalf("CheckLoginLink: %v, %v", a, err)
		}
	}
	errs, sessions := make([]error, 4), make([]string, 4)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() { _, sessions[i], errs[i] = f.UseLoginLink(ctx, secret, "Browser") })
	}
	wait.Wait()
	won := 0
	for i, err := range errs {
		if err != nil {
			wantKind(t, "the slower ones", err, fault.NotFound)
			continue
		}
		won++
		if a, _, err := f.Authenticate(ctx, sessions[i]); err != nil || a.ID != anna.ID {
			t.Errorf("session of the link: %v, %v", a, err)
		}
	}
	if won != 1 || f.count(t, "sessions") != 1 {
		t.Errorf("%d of %d used the link, %d sessions", won, len(errs), f.count(t, "sessions"))
	}
	_, err := f.CheckLoginLink(ctx, secret)
	wantKind(t, "a used link", err, fault.NotFound)

	short, long := link(time.Hour), link(0)
	f.advance(time.Hour)
	_, err = f.CheckLoginLink(ctx, short)
	wantKind(t, "looking at an expired link", err, fault.NotFound)
	_, _, err = f.UseLoginLink(ctx, short, "")
	wantKind(t, "an expired link", err, fault.NotFound)
	if _, err = f.CheckLoginLink(ctx, long); err != nil {
		t.Errorf("the default is longer than an hour: %v", err)
	}
	_, _, err = f.UseLoginLink(ctx, "unknown", "")
	wantKind(t, "an unknown link", err, fault.NotFound)

	for name, test := range map[string]struct {
		id    int64
		valid time.Duration
		want  fault.Kind
	}{
		"for nobody": {1, 0, fault.NotFound}, "for too long": {anna.ID, 8 * 24 * time.Hour, fault.Invalid}, "for no time": {anna.ID, -1, fault.Invalid},
	} {
		_, err := f.LoginLink(ctx, admin, test.id, test.valid)
		wantKind(t, "a link "+name, err, test.want)
	}
	f.suspend(t, anna)
	_, _, err = f.UseLoginLink(ctx, long, "")
	wantKind(t, "a link of a suspended account", err, fault.NotFound)
	_, err = f.LoginLink(ctx, admin, anna.ID, 0)
	wantKind(t, "a link for a suspended account", err, fault.Conflict)
	if err := f.accounts.SetState(ctx, admin, anna.ID, "active"); err != nil {
		t.Fatal(err)
	}
	_, _, err = f.UseLoginLink(ctx, long, "")
	wantKind(t, "a link from before the suspension", err, fault.NotFound)
}

func TestSessions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	anna, key, session := f.register(t, "anna", account.RoleMember)
	ben, _, bens := f.register(t, "ben", account.RoleMember)

	authenticate := func(secret string) (Session, error) {
		_, s, err := f.Authenticate(ctx, secret)
		return s, err
	}
	start, err := authenticate(session)
	if err != nil {
		t.Fatal(err)
	}
	f.advance(seenEvery - time.Minute)
	s, err := authenticate(session)
	if err != nil || !s.SeenAt.Equal(start.SeenAt) {
		t.Errorf("used again soon: seen at %s (was %s), %v; want no write", s.SeenAt, start.SeenAt, err)
	}
	f.advance(SessionLifetime - seenEvery)
	if s, err = authenticate(session); err != nil || !s.ExpiresAt.After(start.ExpiresAt.Add(SessionLifetime-seenEvery)) {
		t.Errorf("used on the last day: expires at %s, %v; want 30 days more", s.ExpiresAt, err)
	}
	f.advance(SessionLifetime - time.Minute)
	if _, err = authenticate(session); err != nil {
		t.Errorf("used every month: %v", err)
	}
	_, err = authenticate(bens)
	wantKind(t, "a session that was not used for a month", err, fault.Unauthorized)
	f.advance(SessionLifetime)
	_, err = authenticate(session)
	wantKind(t, "an expired session", err, fault.Unauthorized)

	var open [3]string
	for i := range open {
		if _, open[i], err = f.login(t, key); err != nil {
			t.Fatal(err)
		}
	}
	list, err := f.Sessions(ctx, anna)
	if err != nil || len(list) != 3 {
		t.Fatalf("sessions %+v, %v; want the three open ones", list, err)
	}
	if err := f.Logout(ctx, open[0]); err != nil {
		t.Fatal(err)
	}
	s, err = authenticate(open[1])
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, "revoking another's", f.RevokeSession(ctx, ben, s.ID), fault.NotFound)
	if err := f.RevokeSession(ctx, anna, s.ID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "revoking it again", f.RevokeSession(ctx, anna, s.ID), fault.NotFound)
	if _, err := authenticate(open[2]); err != nil {
		t.Errorf("the third one: %v", err)
	}
	// Whatever the reason, the answer is the same.
	f.suspend(t, anna)
	if _, err := f.db.ExecContext(ctx, `
		INSERT INTO sessions (id, token_hash, account_id, expires_at) VALUES (1, $1, $2, now() + interval '1 year')`,
		hashOf("survived"), anna.ID); err != nil {
		t.Fatal(err)
	}
	var answers []string
	for _, secret := range []string{session, open[0], open[1], open[2], "survived", "unknown", "", strings.Repeat("x", 10_000)} {
		_, err := authenticate(secret)
		wantKind(t, "a session that is over", err, fault.Unauthorized)
		answers = append(answers, err.Error())
	}
	for _, answer := range answers {
		if answer != answers[0] {
			t.Errorf("answers differ: %q, %q", answers[0], answer)
		}
	}
	if err := f.Logout(ctx, "unknown"); err != nil {
		t.Errorf("logging out without a session: %v", err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	anna, ben := f.person(t, "anna", account.RoleMember), f.person(t, "ben", account.RoleMember)
	mint := func(scopes string) string {
		t.Helper()
		token, err := f.Token(ctx, account.Operator(), anna.ID, " Skript ", scopes)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	all := mint("")
	if !strings.HasPrefix(all, "vbt_") {
		t.Errorf("token %q", all)
	}
	for range 2 {
		if a, err := f.AuthenticateToken(ctx, all); err != nil || a.ID != anna.ID {
			t.Fatalf("AuthenticateToken: %v, %v", a, err)
		}
	}
	reader := mint(" read  follow read")
	_, err := f.AuthenticateToken(ctx, reader)
	wantKind(t, "a form with a token that may not write", err, fault.Forbidden)
	_, err = f.AuthenticateToken(ctx, reader, "write")
	wantKind(t, "writing with a token that may not write", err, fault.Forbidden)
	if _, err = f.AuthenticateToken(ctx, reader, "read"); err != nil {
		t.Errorf("reading: %v", err)
	}
	list, err := f.Tokens(ctx, anna)
	if err != nil || len(list) != 2 {
		t.Fatalf("tokens %+v, %v", list, err)
	}
	var scopes []string
	for _, token := range list {
		scopes = append(scopes, token.Name+": "+token.Scopes)
		if token.UsedAt == nil {
			t.Errorf("%s was used", token.Scopes)
		}
	}
	if !cmp.Equal(scopes, []string{"Skript: read follow", "Skript: read write follow push"}) && !cmp.Equal(scopes, []string{"Skript: read write follow push", "Skript: read follow"}) {
		t.Errorf("tokens %q", scopes)
	}

	for name, err := range map[string]error{
		"no name":   second(f.Token(ctx, anna, anna.ID, " ", "")),
		"long name": second(f.Token(ctx, anna, anna.ID, strings.Repeat("x", 101), "")),
		"scopes":    second(f.Token(ctx, anna, anna.ID, "x", "read admin")),
	} {
		wantKind(t, name, err, fault.Invalid)
	}
	wantKind(t, "for nobody", second(f.Token(ctx, account.Operator(), 1, "x", "")), fault.NotFound)

	for _, token := range list {
		wantKind(t, "revoking another's", f.RevokeToken(ctx, ben, token.ID), fault.NotFound)
		if token.Scopes == "read follow" {
			if err := f.RevokeToken(ctx, anna, token.ID); err != nil {
				t.Fatal(err)
			}
			wantKind(t, "revoking it again", f.RevokeToken(ctx, anna, token.ID), fault.NotFound)
		}
	}
	f.suspend(t, anna)
	if _, err := f.db.ExecContext(ctx, `UPDATE api_tokens SET revoked_at = NULL WHERE token_hash = $1`, hashOf(all)); err != nil {
		t.Fatal(err) // the suspension has revoked it; being suspended must be enough
	}
	for name, token := range map[string]string{"revoked": reader, "suspended": all, "unknown": "vbt_x", "empty": "", "a session secret": strings.TrimPrefix(all, "vbt_")} {
		_, err := f.AuthenticateToken(ctx, token, "read")
		wantKind(t, name, err, fault.Unauthorized)
	}
}

func TestCeremonySurvivesStorage(t *testing.T) {
	t.Parallel()
	c := ceremony{Purpose: forRegistration, AccountID: 1<<62 + 1, Username: "anna"}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back ceremony
	if err := json.Unmarshal(data, &back); err != nil || back.AccountID != c.AccountID {
		t.Errorf("%+v became %+v, %v: ids must keep all their digits", c, back, err)
	}
	for _, id := range []int64{1, c.AccountID, 117656463983611552} {
		if got, ok := idOf(handleOf(id)); !ok || got != id {
			t.Errorf("handle of %d reads %d, %t", id, got, ok)
		}
	}
}
