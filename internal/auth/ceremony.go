package auth

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// purpose keeps the answer of one ceremony from being used in another.
type purpose string

const (
	forRegistration purpose = "registration" // of a new account with an invitation
	forPasskey      purpose = "passkey"      // a further authenticator of someone logged in
	forLogin        purpose = "login"
)

// ceremony is what the server remembers between the two halves of a WebAuthn dialog, under a random secret, for
// ceremonyLifetime. Taking it removes it: an answer can be given once, right or wrong.
type ceremony struct {
	Purpose      purpose              `json:"purpose"`
	Session      webauthn.SessionData `json:"session"`
	AccountID    int64                `json:"account_id,omitempty"` // for registration: the id the account will get
	InvitationID int64                `json:"invitation_id,omitempty"`
	Username     string               `json:"username,omitempty"`
	DisplayName  string               `json:"display_name,omitempty"`
}

func (s *Service) begin(ctx context.Context, c ceremony, options any) (answer []byte, secret string, err error) {
	if answer, err = json.Marshal(options); err != nil {
		return nil, "", fmt.Errorf("auth: options of %s: %w", c.Purpose, err)
	}
	data, err := json.Marshal(c)
	if err != nil {
		return nil, "", fmt.Errorf("auth: ceremony of %s: %w", c.Purpose, err)
	}
	secret, hash := newSecret()
	if err := insertCeremony(ctx, s.db, hash, data, s.now().Add(ceremonyLifetime)); err != nil {
		return nil, "", fmt.Errorf("auth: store ceremony of %s: %w", c.Purpose, err)
	}
	return answer, secret, nil
}

// take returns a ceremony and uses it up.
func (s *Service) take(ctx context.Context, secret string, want purpose) (c ceremony, err error) {
	data, err := deleteCeremony(ctx, s.db, hashOf(secret), s.now())
	if db.IsNotFound(err) {
		return c, errCeremony()
	}
	if err != nil {
		return c, fmt.Errorf("auth: take ceremony: %w", err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("auth: read ceremony: %w", err)
	}
	if c.Purpose != want {
		return ceremony{}, errCeremony()
	}
	return c, nil
}

// errCeremony: unknown, answered or too late; the person begins again.
func errCeremony() error { return fault.New(fault.Conflict, "error.auth.ceremony") }

// user is an account as go-webauthn wants to see it.
type user struct {
	account     account.Account
	credentials []webauthn.Credential
}

func (u user) WebAuthnID() []byte                         { return handleOf(u.account.ID) }
func (u user) WebAuthnName() string                       { return u.account.Username }
func (u user) WebAuthnDisplayName() string                { return u.account.Name() }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

// handleOf is the user handle an authenticator keeps: the account's id in eight bytes, which says nothing of the person.
func handleOf(id int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

func idOf(handle []byte) (int64, bool) {
	if len(handle) != 8 {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(handle)), true
}
