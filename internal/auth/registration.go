package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// BeginRegistration starts a WebAuthn registration for an invitation (username, displayName chosen by the person; nothing is
// stored until it succeeds). FinishRegistration makes account, passkey and session. options is the JSON for the browser,
// ceremony the secret that must come back (cookie).
func (s *Service) BeginRegistration(ctx context.Context, invitation, username, displayName string) (options []byte, ceremonySecret string, err error) {
	i, err := s.Invitation(ctx, invitation)
	if err != nil {
		return nil, "", err
	}
	if username, err = s.accounts.CheckLocal(ctx, username, displayName); err != nil {
		return nil, "", err
	}
	c := ceremony{
		Purpose: forRegistration, AccountID: db.NewID(s.now()), InvitationID: i.ID,
		Username: username, DisplayName: strings.TrimSpace(displayName),
	}
	creation, session, err := s.webauthn.BeginRegistration(c.newcomer())
	if err != nil {
		return nil, "", fmt.Errorf("auth.BeginRegistration: %w", err)
	}
	c.Session = *session
	return s.begin(ctx, c, creation)
}

// newcomer is the person a registration will make.
func (c ceremony) newcomer() user {
	return user{account: account.Account{ID: c.AccountID, Username: c.Username, DisplayName: c.DisplayName}}
}

// FinishRegistration checks the authenticator's answer and makes account, passkey and session at once, or nothing. The
// invitation is used up with it; of two that race for it, one fails with fault.NotFound.
func (s *Service) FinishRegistration(ctx context.Context, ceremonySecret, keyName string, r *http.Request) (account.Account, string, error) {
	name, err := passkeyName(keyName)
	if err != nil {
		return account.Account{}, "", err
	}
	c, err := s.take(ctx, ceremonySecret, forRegistration)
	if err != nil {
		return account.Account{}, "", err
	}
	credential, err := s.webauthn.FinishRegistration(c.newcomer(), c.Session, bounded(r))
	if err != nil {
		return account.Account{}, "", refused(fault.Invalid, "error.auth.passkey_refused", err)
	}
	// The keys are made before the transaction; the role is the invitation's, read again within it.
	i, err := invitationByID(ctx, s.db, c.InvitationID)
	if db.IsNotFound(err) {
		return account.Account{}, "", errInvitation()
	}
	if err != nil {
		return account.Account{}, "", fmt.Errorf("auth.FinishRegistration: %w", err)
	}
	draft, err := s.accounts.Draft(ctx, c.AccountID, c.Username, c.DisplayName, i.Role)
	if err != nil {
		return account.Account{}, "", err
	}
	var a account.Account
	var session string
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		now := s.now()
		open, err := useInvitation(ctx, tx, i.ID, now)
		if err != nil {
			return fmt.Errorf("auth.FinishRegistration: use invitation %d: %w", i.ID, err)
		}
		if !open {
			return errInvitation()
		}
		if a, err = s.accounts.CreateIn(ctx, tx, draft); err != nil {
			return err
		}
		if err := setInvitationUser(ctx, tx, i.ID, a.ID); err != nil {
			return fmt.Errorf("auth.FinishRegistration: invitation %d: %w", i.ID, err)
		}
		if err := s.addPasskey(ctx, tx, a, name, credential); err != nil {
			return err
		}
		if session, err = s.openSession(ctx, tx, a, r.UserAgent()); err != nil {
			return err
		}
		return s.accounts.Audit(ctx, tx, a, "invitation.use", a.Username, string(a.Role))
	})
	if err != nil {
		return account.Account{}, "", err
	}
	return a, session, nil
}

// addPasskey stores a checked credential.
func (s *Service) addPasskey(ctx context.Context, tx *sqlx.Tx, a account.Account, name string, credential *webauthn.Credential) error {
	now := s.now()
	p := Passkey{ID: db.NewID(now), AccountID: a.ID, Name: name, CreatedAt: now}
	known, err := insertPasskey(ctx, tx, p, credential)
	if err != nil {
		return fmt.Errorf("auth: store passkey of %d: %w", a.ID, err)
	}
	if known {
		return fault.New(fault.Conflict, "error.auth.passkey_known")
	}
	return nil
}

// bounded keeps a stranger from sending more than any authenticator would.
func bounded(r *http.Request) *http.Request {
	r.Body = http.MaxBytesReader(nil, r.Body, 64<<10)
	return r
}

// refused wraps go-webauthn's verdict, whose reason is for the log only. Trouble of our own stays what it is.
func refused(kind fault.Kind, message string, err error) error {
	var own *ownError
	if errors.As(err, &own) {
		return own.err
	}
	var verdict *protocol.Error
	if errors.As(err, &verdict) && verdict.DevInfo != "" {
		err = fmt.Errorf("%w (%s)", err, verdict.DevInfo)
	}
	return fault.Wrap(kind, message, err)
}

// ownError carries an error of the database through go-webauthn, which would take it for the stranger's mistake.
type ownError struct{ err error }

func (e *ownError) Error() string { return e.err.Error() }
func (e *ownError) Unwrap() error { return e.err }
