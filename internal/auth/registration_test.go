package auth

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

func TestRegistrationAndLogin(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	invitation := f.invite(t, account.RoleEditor)
	key := newAuthenticator(t)

	options, ceremony, err := f.BeginRegistration(ctx, invitation, "Anna", " Anna B. ")
	if err != nil {
		t.Fatal(err)
	}
	asked := parseOptions(t, options).PublicKey
	if asked.RP.ID != "sh.localhost" || asked.RP.Name != "Schleswig-Holstein" || asked.User.Name != "anna" || asked.Attestation != "none" {
		t.Errorf("options for %q (%q), user %q, attestation %q", asked.RP.ID, asked.RP.Name, asked.User.Name, asked.Attestation)
	}
	if s := asked.AuthenticatorSelection; s.ResidentKey != "required" || !s.RequireResidentKey || s.UserVerification != "required" {
		t.Errorf("selection %+v, want a resident key with user verification", s)
	}
	if f.count(t, "accounts") != 0 {
		t.Error("an account before the authenticator has answered")
	}
	a, session, err := f.FinishRegistration(ctx, ceremony, " Dienst-Laptop ", key.create(t, options))
	if err != nil {
		t.Fatal(err)
	}
	if a.Username != "anna" || a.DisplayName != "Anna B." || a.Role != account.RoleEditor || a.URI != testBaseURL+"/u/anna" {
		t.Errorf("made %s, %q, %q, %s", a.Username, a.DisplayName, a.Role, a.URI)
	}
	if string(key.registeredAs) != string(handleOf(a.ID)) {
		t.Errorf("user handle %x, want the account's id %x", key.registeredAs, handleOf(a.ID))
	}
	who, s, err := f.Authenticate(ctx, session)
	if err != nil || who.ID != a.ID || s.UserAgent != "Test browser" {
		t.Errorf("session of the registration: %v, %+v, %v", who, s, err)
	}
	list, err := f.Invitations(ctx, account.Operator())
	if err != nil || len(list) != 1 || list[0].UsedByID == nil || *list[0].UsedByID != a.ID || list[0].Open(time.Now()) {
		t.Errorf("invitation after use: %+v, %v", list, err)
	}

	for range 2 {
		who, session, err = f.login(t, key)
		if err != nil || who.ID != a.ID {
			t.Fatalf("login: %v, %v", who, err)
		}
	}
	if who, _, err := f.Authenticate(ctx, session); err != nil || who.ID != a.ID {
		t.Errorf("session of the login: %v, %v", who, err)
	}
	keys, err := f.Passkeys(ctx, a)
	if err != nil || len(keys) != 1 || keys[0].Name != "Dienst-Laptop" || keys[0].UsedAt == nil {
		t.Errorf("passkeys %+v, %v", keys, err)
	}
	credentials, err := credentialsOf(ctx, f.db, a.ID)
	if err != nil || credentials[0].Authenticator.SignCount != key.counter {
		t.Errorf("stored counter %d, %v; the authenticator is at %d", credentials[0].Authenticator.SignCount, err, key.counter)
	}
	if f.count(t, "ceremonies") != 0 {
		t.Error("finished ceremonies are still stored")
	}
}

// spoiled are answers that look right but for one thing.
var spoiled = map[string]func(*authenticator){
	"another origin":          func(k *authenticator) { k.origin = "http://evil.localhost:8402" },
	"another port":            func(k *authenticator) { k.origin = "http://sh.localhost:8403" },
	"another scheme":          func(k *authenticator) { k.origin = "https://sh.localhost:8402" },
	"another relying party":   func(k *authenticator) { k.rpID = "kg.localhost" },
	"another challenge":       func(k *authenticator) { k.challenge = b64.EncodeToString(make([]byte, 32)) },
	"no user verification":    func(k *authenticator) { k.unverified = true },
	"an empty challenge":      func(k *authenticator) { k.challenge = "AA" },
	"the parent domain":       func(k *authenticator) { k.rpID = "localhost" },
	"an origin that contains": func(k *authenticator) { k.origin = testBaseURL + ".evil.example" },
}

func TestRegistrationRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	invitation := f.invite(t, account.RoleMember)
	try := func(answer func(options []byte) *http.Request) error {
		t.Helper()
		options, ceremony, err := f.BeginRegistration(ctx, invitation, "anna", "")
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = f.FinishRegistration(ctx, ceremony, "", answer(options))
		return err
	}
	for name, spoil := range spoiled {
		wantKind(t, name, try(func(options []byte) *http.Request {
			key := newAuthenticator(t)
			spoil(key)
			return key.create(t, options)
		}), fault.Invalid)
	}
	for name, body := range map[string]string{
		"nothing": "", "no JSON": "{", "an empty object": "{}", "a list": "[]",
		"too much": `{"id":"` + strings.Repeat("x", 70_000) + `"}`,
	} {
		wantKind(t, name, try(func([]byte) *http.Request { return requestOf(body) }), fault.Invalid)
	}
	wantKind(t, "the answer of a login", try(func(options []byte) *http.Request {
		return newAuthenticator(t).get(t, options)
	}), fault.Invalid)

	if f.count(t, "accounts")+f.count(t, "passkeys")+f.count(t, "sessions") != 0 {
		t.Error("a refused answer has left something behind")
	}
	if _, err := f.Invitation(ctx, invitation); err != nil {
		t.Errorf("the invitation is used up by refused answers: %v", err)
	}
}

func TestRegistrationNames(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	invitation := f.invite(t, account.RoleMember)
	_, _, err := f.BeginRegistration(ctx, invitation, "praxis", "")
	wantKind(t, "a reserved name", err, fault.Invalid)
	_, _, err = f.BeginRegistration(ctx, "unknown", "anna", "")
	wantKind(t, "no invitation", err, fault.NotFound)

	// The name is free when the dialog begins and taken when it ends.
	options, ceremony, err := f.BeginRegistration(ctx, invitation, "anna", "")
	if err != nil {
		t.Fatal(err)
	}
	f.person(t, "anna", account.RoleGuest)
	_, _, err = f.FinishRegistration(ctx, ceremony, "", newAuthenticator(t).create(t, options))
	wantKind(t, "a name taken meanwhile", err, fault.Conflict)
	if _, err := f.Invitation(ctx, invitation); err != nil {
		t.Errorf("the invitation is used up: %v", err)
	}

	options, ceremony, err = f.BeginRegistration(ctx, invitation, "ben", "")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = f.FinishRegistration(ctx, ceremony, strings.Repeat("x", 101), newAuthenticator(t).create(t, options))
	wantKind(t, "a long name of the key", err, fault.Invalid)
	if _, _, err = f.FinishRegistration(ctx, ceremony, "short", newAuthenticator(t).create(t, options)); err != nil {
		t.Errorf("a wrong name of the key must not use up the ceremony: %v", err)
	}
}

func TestCeremonyIsUsedOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	a, key, _ := f.register(t, "anna", account.RoleMember)

	options, ceremony, err := f.BeginLogin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	answer := key.get(t, options)
	body := new(strings.Builder)
	if err := answer.Write(body); err != nil { // keep a copy, as someone who listens would
		t.Fatal(err)
	}
	_, copied, _ := strings.Cut(body.String(), "\r\n\r\n")
	if _, _, err := f.FinishLogin(ctx, ceremony, requestOf(copied)); err != nil {
		t.Fatal(err)
	}
	_, _, err = f.FinishLogin(ctx, ceremony, requestOf(copied))
	wantKind(t, "the same answer again", err, fault.Conflict)
	_, fresh, err := f.BeginLogin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = f.FinishLogin(ctx, fresh, requestOf(copied))
	wantKind(t, "the old answer in a new ceremony", err, fault.Unauthorized)

	// A wrong answer uses the ceremony up as well.
	options, ceremony, err = f.BeginLogin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = f.FinishLogin(ctx, ceremony, requestOf("{}"))
	wantKind(t, "a wrong answer", err, fault.Unauthorized)
	_, _, err = f.FinishLogin(ctx, ceremony, key.get(t, options))
	wantKind(t, "a second answer", err, fault.Conflict)

	// It belongs to one purpose.
	options, ceremony, err = f.BeginAddPasskey(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = f.FinishRegistration(ctx, ceremony, "", newAuthenticator(t).create(t, options))
	wantKind(t, "a new account by the ceremony of a further passkey", err, fault.Conflict)

	// And to five minutes.
	for _, test := range []struct {
		after time.Duration
		want  fault.Kind
	}{{ceremonyLifetime - time.Second, ""}, {ceremonyLifetime, fault.Conflict}} {
		options, ceremony, err = f.BeginLogin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		f.advance(test.after)
		_, _, err = f.FinishLogin(ctx, ceremony, key.get(t, options))
		wantKind(t, "answer after "+test.after.String(), err, test.want)
	}
	_, _, err = f.FinishLogin(ctx, "unknown", requestOf("{}"))
	wantKind(t, "an unknown ceremony", err, fault.Conflict)
}

// TestInvitationRace lets several people finish their registration with one invitation at the same moment.
func TestInvitationRace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	invitation := f.invite(t, account.RoleMember)
	names := []string{"anna", "ben", "carla"}
	errs := make([]error, len(names))
	var wait sync.WaitGroup
	for i, name := range names {
		options, ceremony, err := f.BeginRegistration(ctx, invitation, name, "")
		if err != nil {
			t.Fatal(err)
		}
		answer := newAuthenticator(t).create(t, options)
		wait.Go(func() { _, _, errs[i] = f.FinishRegistration(ctx, ceremony, "", answer) })
	}
	wait.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wantKind(t, "the slower ones", err, fault.NotFound)
		}
	}
	if won != 1 || f.count(t, "accounts") != 1 || f.count(t, "sessions") != 1 || f.count(t, "passkeys") != 1 {
		t.Errorf("%d got in; %d accounts, %d sessions, %d passkeys", won, f.count(t, "accounts"), f.count(t, "sessions"), f.count(t, "passkeys"))
	}
}

func TestInvitationEnds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	admin := f.person(t, "admin", account.RoleAdmin)

	for name, err := range map[string]error{
		"role":      second(f.Invite(ctx, admin, "chief", "", 0)),
		"note":      second(f.Invite(ctx, admin, account.RoleGuest, strings.Repeat("x", 501), 0)),
		"lifetime":  second(f.Invite(ctx, admin, account.RoleGuest, "", 91*24*time.Hour)),
		"lifetime ": second(f.Invite(ctx, admin, account.RoleGuest, "", -time.Hour)),
	} {
		wantKind(t, "Invite with a wrong "+name, err, fault.Invalid)
	}
	secret, err := f.Invite(ctx, admin, account.RoleMember, "für Anna", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	i, err := f.Invitation(ctx, secret)
	if err != nil || i.Role != account.RoleMember || i.Note != "für Anna" {
		t.Fatalf("invitation %+v, %v", i, err)
	}
	// What was begun in time cannot be finished after the end.
	finish := func() error {
		options, ceremony, err := f.BeginRegistration(ctx, secret, "anna", "")
		if err != nil {
			t.Fatal(err)
		}
		f.advance(2 * time.Minute)
		_, _, err = f.FinishRegistration(ctx, ceremony, "", newAuthenticator(t).create(t, options))
		return err
	}
	f.advance(59 * time.Minute)
	wantKind(t, "finished after the invitation's end", finish(), fault.NotFound)
	_, err = f.Invitation(ctx, secret)
	wantKind(t, "an expired invitation", err, fault.NotFound)

	if secret, err = f.Invite(ctx, admin, account.RoleMember, "", 0); err != nil {
		t.Fatal(err)
	}
	if i, err = f.Invitation(ctx, secret); err != nil {
		t.Fatal(err)
	}
	options, ceremony, err := f.BeginRegistration(ctx, secret, "anna", "")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.RevokeInvitation(ctx, admin, i.ID); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err = f.FinishRegistration(ctx, ceremony, "", newAuthenticator(t).create(t, options))
	wantKind(t, "finished after the invitation was revoked", err, fault.NotFound)
	_, err = f.Invitation(ctx, secret)
	wantKind(t, "a revoked invitation", err, fault.NotFound)
	_, err = f.Invitation(ctx, "unknown")
	wantKind(t, "an unknown invitation", err, fault.NotFound)
	wantKind(t, "revoking an unknown invitation", f.RevokeInvitation(ctx, admin, 1), fault.NotFound)

	f.register(t, "ben", account.RoleGuest)
	list, err := f.Invitations(ctx, admin)
	if err != nil || len(list) != 3 {
		t.Fatalf("invitations %+v, %v", list, err)
	}
	for _, used := range list {
		if used.UsedAt != nil {
			wantKind(t, "revoking a used invitation", f.RevokeInvitation(ctx, admin, used.ID), fault.Conflict)
		}
	}
}

func second[T any](_ T, err error) error { return err }
